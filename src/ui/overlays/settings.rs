//! The settings, over the window.

use std::ops::RangeInclusive;

use egui::{Checkbox, Grid, RichText, TextEdit, Ui};

use super::super::command::{UiCommand, ViewCommand};
use super::super::state::State;
use super::super::tokens::Tokens;
use crate::model::SafeText;
use crate::settings::{Recording, recordings};

/// A number that can be chosen.
struct Limit<'a> {
    label: &'static str,
    value: &'a mut u64,
    range: RangeInclusive<u64>,
    unit: &'static str,
}

impl Limit<'_> {
    /// Takes in what was typed; says what is wrong with it, if anything is.
    fn apply(&mut self, typed: &str) -> Option<String> {
        let Self { label, value, range, unit } = self;
        match typed.trim().parse() {
            Ok(number) if range.contains(&number) => {
                **value = number;
                None
            }
            Ok(_) | Err(_) => {
                let (least, most) = (range.start(), range.end());
                Some(format!("✖ {label}: expected a number from {least} to {most}; {value} {unit} still hold"))
            }
        }
    }
}

/// Draws them.
pub fn show(ui: &mut Ui, tokens: &Tokens, state: &mut State, typed: &mut [String; 3], asked: &mut Vec<UiCommand>) {
    let color = &tokens.color;
    let muted = |text: String| RichText::new(text).size(tokens.size.small).color(*color.muted);
    ui.label(RichText::new("Settings").font(tokens.bold(tokens.size.title)).color(*color.strong));
    ui.add_space(6.0);
    let mut is_on = state.settings.recording.on;
    let switch = ui.checkbox(&mut is_on, &*UiCommand::RecordSessions.label(state));
    if switch.on_hover_text(UiCommand::RecordSessions.explanation(state)).clicked() {
        asked.push(UiCommand::RecordSessions);
    }
    let recording = &state.pane.view.snapshot().recording;
    let (mark, tone) = if recording.is_failure() { ("⚠ ", *color.warn) } else { ("", *color.text) };
    ui.colored_label(tone, format!("{mark}This session: {recording}"));
    ui.add_space(6.0);
    limits(ui, tokens, state, typed);
    ui.add_space(6.0);
    match recordings() {
        Some(folder) => ui.label(muted(format!("Recordings are in {}", SafeText::of_path(&folder)))),
        None => ui.colored_label(*color.warn, "⚠ This user has no home folder: nothing can be recorded"),
    };
    let what =
        "They hold what happened and when, fingerprints of tokens and tickets, and of messages only time and size";
    ui.label(muted(what.to_owned()));
    ui.label(muted("Limits hold from the next session on; switching off holds at once".to_owned()));
    ui.add_space(6.0);
    ui.horizontal_wrapped(|ui| {
        for (command, mut is_on) in
            [(ViewCommand::Notices, state.settings.notices), (ViewCommand::Tray, state.settings.tray)]
        {
            let command = UiCommand::View(command);
            let row = command.row(state);
            let switch = ui.add_enabled(row.obstacle.is_none(), Checkbox::new(&mut is_on, &*row.label));
            let switch = switch.on_hover_text(row.explanation).on_disabled_hover_text(row.obstacle.unwrap_or_default());
            if switch.clicked() {
                asked.push(command);
            }
        }
    });
    ui.horizontal_wrapped(|ui| {
        let times = UiCommand::View(ViewCommand::Times);
        for command in [UiCommand::FaultPanel, UiCommand::Theme, times] {
            if ui.button(&*command.label(state)).on_hover_text(command.explanation(state)).clicked() {
                asked.push(command);
            }
        }
    });
}

fn limits(ui: &mut Ui, tokens: &Tokens, state: &mut State, typed: &mut [String; 3]) {
    let is_on = state.settings.recording.on;
    let Recording { max_file_mb: file, max_total_mb: total, max_age_days: age, .. } = &mut state.settings.recording;
    let sizes = Recording::MEGABYTES;
    // One recording has to have room among all of them.
    let (largest, least) = (*total, *file);
    let limits = [
        Limit { label: "Largest recording", value: file, range: *sizes.start()..=largest, unit: "MB" },
        Limit { label: "All recordings together", value: total, range: least..=*sizes.end(), unit: "MB" },
        Limit { label: "Kept for at most", value: age, range: Recording::DAYS, unit: "days" },
    ];
    let mut problems = Vec::new();
    ui.add_enabled_ui(is_on, |ui| {
        Grid::new("recording").num_columns(2).spacing([24.0, 7.0]).show(ui, |ui| {
            for (mut limit, typed) in limits.into_iter().zip(typed) {
                let label = ui.label(limit.label);
                ui.horizontal(|ui| {
                    let field = TextEdit::singleline(typed).desired_width(64.0).char_limit(12);
                    ui.add(field.margin(egui::Margin::symmetric(6, 4))).labelled_by(label.id);
                    ui.label(limit.unit);
                });
                ui.end_row();
                problems.extend(limit.apply(typed));
            }
        });
    });
    for problem in problems {
        ui.colored_label(*tokens.color.bad, problem);
    }
}
