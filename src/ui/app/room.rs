//! How large the window is, and what it has no room for.

use egui::{Rect, Vec2, ViewportCommand, vec2};

/// How large the window is, and what it has no room for.
#[derive(Default)]
pub struct Room {
    /// Its place and size in the last frame.
    pub geometry: Geometry,
    /// Frames in which it was looked at whether the window fits its screen.
    looked: u32,
    /// Whether the window was too narrow for the QA panel in the last frame.
    pub was_narrow: Option<bool>,
    /// Whether it was too low for the pane.
    pub was_low: Option<bool>,
}

/// What a desktop's own bar may need beside a window.
const DESKTOP_BAR: f32 = 48.0;
/// A window has no frame before the desktop has given it one, which takes a few frames.
const MOST_LOOKS: u32 = 12;

impl Room {
    /// Sees where the window is, and makes it smaller if it is larger than its screen at the start.
    pub fn look(&mut self, ctx: &egui::Context) {
        self.geometry = Geometry::now(ctx);
        let viewport = ctx.input(|input| {
            let viewport = input.viewport();
            viewport.monitor_size.zip(viewport.outer_rect).zip(viewport.inner_rect)
        });
        let Some(((screen, outer), inner)) = viewport.filter(|_| self.looked < MOST_LOOKS) else { return };
        self.looked += 1;
        let is_larger = outer.width() > screen.x || outer.height() > screen.y;
        if is_larger && !self.geometry.is_maximized {
            self.looked = MOST_LOOKS;
            let fitting = screen - (outer.size() - inner.size()) - vec2(0.0, DESKTOP_BAR);
            ctx.send_viewport_cmd(ViewportCommand::InnerSize(inner.size().min(fitting)));
        }
    }
}

/// Where the window is on the screen, in points that do not change with the size of texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Geometry {
    /// With its frame; unknown on Wayland.
    pub outer: Option<Rect>,
    /// Without.
    pub inner_size: Option<Vec2>,
    /// Whether it fills the screen.
    pub is_maximized: bool,
}

impl Geometry {
    /// As the system tells in this frame.
    pub fn now(ctx: &egui::Context) -> Self {
        let zoom = ctx.zoom_factor();
        ctx.input(|input| {
            let viewport = input.viewport();
            Self {
                outer: viewport.outer_rect.map(|rect| rect * zoom),
                inner_size: viewport.inner_rect.map(|rect| rect.size() * zoom),
                is_maximized: viewport.maximized == Some(true) || viewport.fullscreen == Some(true),
            }
        })
    }
}
