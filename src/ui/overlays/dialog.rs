//! What the window says about the system's file dialog.

use egui::{Label, RichText, Ui};

use super::super::dialogs::DialogState;
use super::super::state::State;
use super::super::tokens::Tokens;

/// Says whether the dialog is open, or that nothing was chosen in it.
pub fn words(ui: &mut Ui, tokens: &Tokens, state: &State) {
    let text = match state.dialog {
        DialogState::Closed => return,
        DialogState::Open => "The dialog is open…",
        DialogState::ChoseNothing => "No file was chosen; a path can be entered as well",
    };
    ui.add(Label::new(RichText::new(text).size(tokens.size.small).color(*tokens.color.muted)).truncate());
}
