//! Turns keys into commands.

use egui::text_selection::LabelSelectionState;
use egui::{Event, Key, Modifiers, Popup};

use super::App;
use crate::ui::command::{OpenCommand, UiCommand, filter_id};
use crate::ui::playback::bars;
use crate::ui::{attempts, overlays, panels};

impl App {
    /// Takes the keys of this frame, before anything is drawn.
    pub(super) fn take_keys(&mut self, ctx: &egui::Context) {
        if let Some(panel) = panels::shown(self.state.tab) {
            (panel.take_keys)(ctx, &mut self.asked);
        }
        overlays::take_keys(ctx, &self.state, &mut self.asked);
        // Somebody comes back, perhaps from an editor with a drill's file in it.
        if ctx.input(|input| input.events.contains(&Event::WindowFocused(true))) {
            self.workers.drills.load(&self.waker);
        }
        let is_typing = ctx.text_edit_focused();
        if ctx.input(|input| input.events.iter().any(|event| matches!(event, Event::Key { pressed: true, .. }))) {
            self.take_shortcuts(ctx, is_typing);
        }
        if !is_typing && let Some(text) = pasted(ctx) {
            self.state.player.pasted = Some(text);
            self.asked.push(UiCommand::Open(OpenCommand::Pasted));
        }
        let wants_copy = !is_typing && ctx.input(|input| input.events.contains(&Event::Copy));
        // A text that is selected elsewhere is what is meant.
        let has_text = ctx.plugin::<LabelSelectionState>().lock().has_selection();
        if wants_copy
            && !has_text
            && let Some(line) = self.state.copied_selection()
        {
            ctx.copy_text(line);
        }
    }

    fn take_shortcuts(&mut self, ctx: &egui::Context, is_typing: bool) {
        let is_moving = ctx.memory(|memory| {
            [attempts::id(), bars::line_id()].into_iter().any(|moved_by_keys| memory.has_focus(moved_by_keys))
        });
        for command in panels::commands(&self.state) {
            let Some(keys) = command.row(&self.state).keys else { continue };
            // The key goes to the newest line; only the button lets go of it.
            let is_moot = keys.logical_key == Key::End && (is_typing || is_moving || self.state.listing().follows());
            if !is_moot && ctx.input_mut(|input| input.consume_shortcut(&keys)) {
                self.asked.push(command);
            }
        }
        if !is_typing && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Questionmark)) {
            self.asked.push(UiCommand::Help);
        }
        // A menu or a list that is open takes the key itself.
        let is_taken = self.state.overlay.is_some() || Popup::is_any_open(ctx);
        if !is_taken && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            let listing = self.state.listing_mut();
            listing.set_filter(String::new());
            listing.deselect();
            self.state.faults.query.clear();
            self.state.start.query.clear();
            ctx.memory_mut(|memory| memory.surrender_focus(filter_id()));
        }
    }
}

/// A text that was pasted into no field: lines of a console, a probe's code.
fn pasted(ctx: &egui::Context) -> Option<String> {
    ctx.input(|input| {
        input.events.iter().find_map(|event| match event {
            Event::Paste(text) if !text.trim().is_empty() => Some(text.clone()),
            _ => None,
        })
    })
}
