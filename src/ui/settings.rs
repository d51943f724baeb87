//! The settings, over the window.

use egui::{DragValue, Grid, RichText, Ui};

use super::command::UiCommand;
use super::state::State;
use super::tokens::Tokens;
use crate::model::SafeText;
use crate::settings::{Recording, recordings};

/// Draws them.
pub fn show(ui: &mut Ui, tokens: &Tokens, state: &mut State, asked: &mut Vec<UiCommand>) {
    let color = &tokens.color;
    let muted = |text: String| RichText::new(text).size(tokens.size.small).color(*color.muted);
    ui.label(RichText::new("Settings").font(tokens.bold(tokens.size.title)).color(*color.strong));
    ui.add_space(6.0);
    for command in [UiCommand::RecordSessions, UiCommand::FaultPanel, UiCommand::Theme] {
        let button = match command {
            UiCommand::RecordSessions => egui::Button::selectable(command.is_on(state), &*command.label(state)),
            _ => egui::Button::new(&*command.label(state)),
        };
        if ui.add(button).on_hover_text(command.explanation(state)).clicked() {
            asked.push(command);
        }
    }
    ui.add_space(6.0);
    let is_on = state.settings.recording.on;
    let Recording { max_file_mb, max_total_mb, max_age_days, .. } = &mut state.settings.recording;
    ui.add_enabled_ui(is_on, |ui| {
        Grid::new("recording").num_columns(2).spacing([24.0, 7.0]).show(ui, |ui| {
            for (label, value, range, unit) in [
                ("Largest recording", max_file_mb, Recording::MEGABYTES, " MB"),
                ("All recordings together, at most", max_total_mb, Recording::MEGABYTES, " MB"),
                ("Kept for, at most", max_age_days, Recording::DAYS, " days"),
            ] {
                let label = ui.label(label);
                ui.add(DragValue::new(value).range(range).suffix(unit)).labelled_by(label.id);
                ui.end_row();
            }
        });
    });
    ui.add_space(6.0);
    if let Some(folder) = recordings() {
        ui.label(muted(format!("Recordings are in {}", SafeText::new(&folder.to_string_lossy()))));
    }
    let what =
        "They hold what happened and when, fingerprints of tokens and tickets, and of messages only time and size";
    ui.label(muted(what.to_owned()));
    ui.label(muted("Changes to recordings hold from the next session on".to_owned()));
}
