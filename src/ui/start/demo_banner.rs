//! What the very first start says above the demo.

use egui::{Align, Label, Layout, RichText, Ui, vec2};

use super::super::button::{Look, button, more};
use super::super::command::{OpenCommand, StartCommand, UiCommand};
use super::super::state::State;
use super::super::tokens::Tokens;

/// In less width two of the ways on are in a menu.
const ROOM_FOR_ALL: f32 = 520.0;

/// Draws it: what is shown, and three ways on.
pub fn banner(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let size = vec2(0.0, tokens.size.button);
    ui.spacing_mut().item_spacing.x = 8.0;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let (keep, open) = (UiCommand::Start(StartCommand::KeepDemo), UiCommand::Open(OpenCommand::Choose));
        if ui.available_width() < ROOM_FOR_ALL {
            more(ui, state, "More ways on", &[open, keep], asked);
        } else {
            button(ui, state, keep, Look::Plain, None, size, asked);
            let response = button(ui, state, open, Look::Plain, Some("Open what a user sent"), size, asked);
            response.accessible_name("Open what a user sent");
        }
        let page = UiCommand::Start(StartCommand::Page);
        button(ui, state, page, Look::Primary, Some("Check a service"), size, asked);
        let words = "DEMO: a server inside this program, to try everything on. Nothing else is contacted.";
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let text = RichText::new(words).color(*tokens.color.strong);
            ui.add(Label::new(text).truncate()).on_hover_text(words);
        });
    });
}
