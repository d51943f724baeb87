//! A window without a screen: what a frame costs, from the news that it takes in to the triangles.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use eframe::App as _;
use egui::{Context, DroppedFile, Event, FullOutput, Pos2, RawInput, Rect, Vec2, pos2};
use ticketscope::session::Engine;
use ticketscope::ui::App;
use tokio::time::Instant;

const SIZE: Vec2 = Vec2::new(1360.0, 860.0);

/// The program's window over one session.
pub struct Window {
    ctx: Context,
    app: App,
    frame: eframe::Frame,
    time: f64,
}

impl Window {
    /// A window that shows `engine`'s session.
    pub fn new(profile: ticketscope::model::Profile, engine: Box<dyn Engine>) -> Self {
        let ctx = Context::default();
        let mut engine = Some(engine);
        let open = Box::new(move |_: &_, _| engine.take().expect("one session is opened"));
        let app = App::new(&eframe::CreationContext::_new_kittest(ctx.clone()), vec![profile], 0, open);
        Self { ctx, app, frame: eframe::Frame::_new_kittest(), time: 0.0 }
    }

    /// Draws a frame after `events` and returns how long that took.
    pub fn frame(&mut self, events: Vec<Event>) -> Duration {
        self.time += 1.0 / 60.0;
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, SIZE));
        let input = RawInput { screen_rect, time: Some(self.time), events, ..RawInput::default() };
        let begin = Instant::now();
        let FullOutput { shapes, pixels_per_point, mut textures_delta, .. } = self.ctx.run_ui(input, |ui| {
            self.app.logic(&ui.ctx().clone(), &mut self.frame);
            self.app.ui(ui, &mut self.frame);
        });
        std::hint::black_box(self.ctx.tessellate(shapes, pixels_per_point));
        let took = begin.elapsed();
        textures_delta.clear();
        took
    }

    /// Draws one more frame, and returns where something is whose label has this part.
    pub fn find(&mut self, part: &str) -> Option<Rect> {
        self.ctx.enable_accesskit();
        let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)), ..RawInput::default() };
        let mut output = self.ctx.run_ui(input, |ui| {
            self.app.logic(&ui.ctx().clone(), &mut self.frame);
            self.app.ui(ui, &mut self.frame);
        });
        self.ctx.disable_accesskit();
        output.textures_delta.clear();
        let nodes = output.platform_output.accesskit_update?.nodes;
        let bounds =
            nodes.iter().find(|(_, node)| node.label().is_some_and(|label| label.contains(part)))?.1.bounds()?;
        Some(Rect::from_min_max(pos2(bounds.x0 as f32, bounds.y0 as f32), pos2(bounds.x1 as f32, bounds.y1 as f32)))
    }

    /// Drops a file onto the window.
    pub fn drop_file(&mut self, path: &Path) {
        let dropped_files = vec![Arc::new(Dropped(path.to_owned())) as _];
        let _ = self.ctx.run_ui(RawInput { dropped_files, ..RawInput::default() }, |ui| {
            self.app.ui(ui, &mut self.frame);
        });
    }

    /// Presses a key with the command modifier.
    pub fn press(&mut self, key: egui::Key) {
        self.press_with(egui::Modifiers::COMMAND, key);
    }

    /// Presses a key with these modifiers.
    pub fn press_with(&mut self, modifiers: egui::Modifiers, key: egui::Key) {
        let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        self.frame(vec![event(true), event(false)]);
        self.frame(Vec::new());
    }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

/// The time that all but a hundredth of `times` stay within, and the longest, in ms.
pub fn p99(times: &mut [Duration]) -> (f64, f64) {
    times.sort();
    let ms = |index: usize| times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    (ms(times.len() * 99 / 100), ms(times.len().saturating_sub(1)))
}
