//! Opening a window with the first way to draw that this computer has.

use std::cell::RefCell;
use std::rc::Rc;

use eframe::egui::ViewportBuilder;
use eframe::{App, CreationContext, NativeOptions, Renderer};

/// The ways to draw, the best first. Windows has OpenGL only by a driver of the graphics card's: over Remote Desktop, in a
/// virtual machine and in the Sandbox there is 1.1. Direct3D 12 is there always, in software if need be.
#[cfg(windows)]
const RENDERERS: [Renderer; 2] = [Renderer::Wgpu, Renderer::Glow];
/// The way to draw: wgpu would cost six times the time where the processor draws.
#[cfg(not(windows))]
const RENDERERS: [Renderer; 1] = [Renderer::Glow];

/// Why there is no window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWindow {
    /// There is no screen, or the program may not use it.
    #[error("there is no display")]
    Display,
    /// There is one, and nothing to draw with.
    #[error("{}", if cfg!(windows) {
        "this computer has neither Direct3D 12 nor OpenGL 2.0; install its graphics driver, or update Windows"
    } else {
        "this display has no OpenGL 2.0; install a graphics driver, such as Mesa's (libgl1-mesa-dri)"
    })]
    Graphics,
    /// What the window is made of failed otherwise.
    #[error("it could not be made")]
    Other,
}

impl From<&eframe::Error> for NoWindow {
    fn from(error: &eframe::Error) -> Self {
        match error {
            eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => Self::Display,
            eframe::Error::Glutin(_) | eframe::Error::NoGlutinConfigs(..) | eframe::Error::OpenGL(_) => Self::Graphics,
            #[cfg(windows)]
            eframe::Error::Wgpu(_) => Self::Graphics,
            eframe::Error::AppCreation(_) => Self::Other,
        }
    }
}

/// Opens the window of the app that `make` makes, and stays until it is closed.
///
/// # Errors
/// If there is no window, with the reason of the last way that was tried.
pub fn open<A: App + 'static>(
    viewport: &ViewportBuilder,
    make: impl FnOnce(&CreationContext<'_>) -> A + 'static,
) -> Result<(), NoWindow> {
    // It is made once: by the first way that has something to draw with.
    let make = Rc::new(RefCell::new(Some(make)));
    let mut problem = NoWindow::Other;
    for renderer in RENDERERS {
        let once = Rc::clone(&make);
        let create = move |cc: &CreationContext<'_>| match once.take() {
            Some(make) => Ok(Box::new(make(cc)) as Box<dyn App>),
            None => Err("the window was open already".into()),
        };
        match eframe::run_native("Ticketscope", options(renderer, viewport.clone()), Box::new(create)) {
            Ok(()) => return Ok(()),
            Err(error) => {
                tracing::info!("{renderer} cannot draw: {error}");
                problem = NoWindow::from(&error);
            }
        }
        if make.borrow().is_none() {
            break;
        }
    }
    Err(problem)
}

fn options(renderer: Renderer, viewport: ViewportBuilder) -> NativeOptions {
    #[cfg_attr(not(windows), expect(unused_mut, reason = "only Windows has a choice"))]
    // Nothing here fades so slowly that its steps could be seen.
    let mut options = NativeOptions { viewport, renderer, dithering: false, ..NativeOptions::default() };
    #[cfg(windows)]
    if let eframe::egui_wgpu::WgpuSetup::CreateNew(setup) = &mut options.wgpu_options.wgpu_setup {
        // A second graphics card sleeps on.
        setup.power_preference = eframe::wgpu::PowerPreference::LowPower;
    }
    options
}
