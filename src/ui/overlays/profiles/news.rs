//! What has just been done with a file.

use egui::{Color32, Label, RichText, Ui, vec2};

use super::super::super::button::{Look, button};
use super::super::super::command::UiCommand;
use super::super::super::state::State;
use super::super::super::tokens::Tokens;
use super::commands::UNDO;
use crate::model::SafeText;

/// The height of buttons and fields of the dialog.
pub(super) const FIELD: f32 = 28.0;

/// What has just been done, or could not be.
pub(super) fn show(ui: &mut Ui, tokens: &Tokens, state: &State, asked: &mut Vec<UiCommand>) {
    let (color, files) = (&tokens.color, &state.files);
    let say = |ui: &mut Ui, words: String, tone: Color32| {
        ui.add(Label::new(RichText::new(words).size(tokens.size.small).color(tone)).truncate());
    };
    if let Some((file, _)) = &files.deleted {
        button(ui, state, UiCommand::Panel(&UNDO), Look::Plain, None, vec2(0.0, FIELD), asked);
        let name = SafeText::of_path(file.file_name().unwrap_or_default().as_ref());
        say(ui, format!("{name} was deleted"), *color.text);
    }
    match (&files.problem, &files.notice) {
        (Some(problem), _) => say(ui, format!("✖ {problem}"), *color.bad),
        (None, Some(notice)) => say(ui, format!("✓ {notice}"), *color.good),
        (None, None) => {}
    }
}
