//! Everything that was found wrong: causes, and under each what follows from it.

use egui::{Align, Frame, Label, Layout, Margin, RichText, ScrollArea, Ui};

use super::super::button::{Look, button};
use super::super::command::{CopyCommand, SecretCommand, UiCommand};
use super::super::paint;
use super::super::scrolling;
use super::super::state::State;
use super::super::tokens::Tokens;
use crate::diagnosis::{Code, Finding, LogReference, Severity};
use crate::view::Tone;

/// How far a symptom is moved in under its cause.
const INDENT: f32 = 26.0;

/// Draws the list; returns whether it is to be closed.
pub fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) -> bool {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    ui.horizontal(|ui| {
        ui.label(RichText::new("Findings").font(tokens.bold(tokens.size.title)).color(*color.strong));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            copy(ui, state, CopyCommand::Findings, "Copy all", asked);
        });
    });
    ui.add_space(4.0);
    if state.verdict().findings.is_empty() {
        ui.label("Nothing is wrong at this moment");
        return false;
    }
    let room = ui.ctx().content_rect().height() - 180.0;
    let area = ScrollArea::vertical().max_height(room).min_scrolled_height(room).auto_shrink([false, true]);
    scrolling::show(ui, "All findings", area, |ui, area| {
        area.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 3.0;
            for (row, (depth, finding)) in state.findings().enumerate() {
                let indent = INDENT * depth as f32;
                let margin = Margin { left: indent as i8, right: 8, top: 6, bottom: 6 };
                let frame = Frame::new().inner_margin(margin);
                frame.show(ui, |ui| show_finding(ui, state, row, depth > 0, finding, asked));
            }
        })
    });
    // What is copied is looked at on.
    asked.iter().any(|command| !matches!(command, UiCommand::Copies(_)))
}

/// A button that copies.
fn copy(ui: &mut Ui, state: &State, what: CopyCommand, text: &str, asked: &mut Vec<UiCommand>) {
    let command = UiCommand::Copies(what);
    let response = button(ui, state, command, Look::Plain, Some(text), egui::vec2(0.0, 22.0), asked);
    response.accessible_name(command.label(state));
}

fn show_finding(
    ui: &mut Ui,
    state: &State,
    row: usize,
    is_symptom: bool,
    finding: &Finding,
    asked: &mut Vec<UiCommand>,
) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let problem = &finding.problem;
    let (icon, word, tone) = match problem.severity {
        Severity::Error => ("✖", "Error", Tone::Bad),
        Severity::Warning => ("▲", "Warning", Tone::Warning),
        Severity::Notice => ("●", "Notice", Tone::Neutral),
    };
    let small = |text: String| RichText::new(text).size(tokens.size.small).color(*color.muted);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(format!("{icon} {word}")).color(color.tone(tone)));
        if is_symptom {
            ui.label(small("follows from the above".to_owned()));
        }
        ui.label(RichText::new(problem.code.to_string()).font(tokens.mono()).color(*color.muted));
        if let Some(fault) = &finding.simulated {
            let size = egui::vec2(paint::badge_width(ui, "SIMULATED"), 18.0);
            let (rect, _) = ui.allocate_exact_size(size, egui::Sense::HOVER);
            let drawn = paint::badge(ui, rect, "SIMULATED");
            let badge = paint::describe(ui, drawn, egui::Role::Label, "SIMULATED");
            badge.on_hover_text(format!("Brought about by the fault “{fault}”"));
        }
    });
    let title = RichText::new(&problem.title).font(tokens.bold(tokens.size.text)).color(*color.strong);
    ui.add(Label::new(title).wrap().selectable(true));
    ui.add(Label::new(format!("{} {}", problem.cause, problem.next)).wrap().selectable(true));
    ui.horizontal_wrapped(|ui| {
        let log_reference = match &finding.log_reference {
            Some(LogReference::Trace(trace)) => format!(" · trace id {trace}"),
            Some(LogReference::Ticket(ticket)) => format!(" · ticketHash #{ticket}"),
            None => String::new(),
        };
        let entries = match finding.evidence.len() {
            1 => "1 entry proves it".to_owned(),
            count => format!("{count} entries prove it"),
        };
        ui.label(small(format!("Owner: {}{log_reference} · {entries}", problem.owner)));
        if !finding.evidence.is_empty() {
            button(ui, state, UiCommand::Proof(row), Look::Plain, None, egui::vec2(0.0, 22.0), asked);
        }
        copy(ui, state, CopyCommand::Finding(row), "Copy", asked);
        if problem.code == Code::SecretMissing {
            button(ui, state, UiCommand::Secret(SecretCommand::Show), Look::Plain, None, egui::vec2(0.0, 22.0), asked);
        }
    });
}
