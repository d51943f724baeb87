//! The line at the bottom: what stays in the background.

use egui::{Align, Label, Layout, RichText, Ui};

use super::command::UiCommand;
use super::state::State;
use super::tokens::Tokens;

/// Less room is not worth a beginning of a word.
const LEAST: f32 = 40.0;

/// Draws it.
pub fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let small = |text: String| RichText::new(text).size(tokens.size.small).color(*color.muted);
    ui.spacing_mut().item_spacing.x = 18.0;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        armed(ui, state, tokens, asked);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let snapshot = state.pane.view.snapshot();
            if let Some(notice) = state.notice {
                ui.label(small(notice.to_owned()).color(*color.bad));
            }
            let (received, sent) = state.pane.messages;
            let facts = [
                snapshot.attempt.map_or_else(|| "No attempt yet".to_owned(), |last| format!("Attempts {}", last.0 + 1)),
                format!("Closes {}", state.closes()),
                format!("Messages {received} in, {sent} out"),
                format!("Events {}", state.pane.view.counts().events),
            ];
            let session = snapshot.token.session_id.as_ref().map_or("none".to_owned(), ToString::to_string);
            let clock = snapshot.clock.map(|offset| match offset.ahead_millis {
                _ if offset.size() <= offset.within => "Clock in step".to_owned(),
                ..0 => format!("Clock {} behind", offset.amount()),
                0.. => format!("Clock {} ahead", offset.amount()),
            });
            let facts: Vec<_> = std::iter::once(format!("Session {session}")).chain(clock).chain(facts).collect();
            let report = state.shown_report_id().map(|id| format!("Report {id}"));
            // The state of the recording is hidden during playback.
            let is_lost = snapshot.recording.is_failure() && !state.player.has_recording();
            let recording = match &snapshot.recording {
                _ if state.player.has_recording() => String::new(),
                recording if is_lost => format!("⚠ {recording}"),
                recording => recording.to_string(),
            };
            // The keychain may have much to say; it gets what the others leave.
            let font = egui::FontId::proportional(tokens.size.small);
            let width = |text: &String| ui.painter().layout_no_wrap(text.clone(), font.clone(), *color.muted).size().x;
            let others: f32 = facts
                .iter()
                .chain([&recording])
                .chain(&report)
                .map(|text| width(text) + ui.spacing().item_spacing.x)
                .sum();
            ui.scope(|ui| {
                ui.set_max_width((ui.available_width() - others).max(90.0));
                let mark = if snapshot.keychain_simulated.is_some() { "SIMULATED " } else { "" };
                ui.add(Label::new(small(format!("Keychain: {mark}{}", snapshot.keychain))).truncate());
            });
            if let Some(id) = &report {
                let response = ui.add(Label::new(small(id.clone())).sense(egui::Sense::CLICK).selectable(false));
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, id));
                let copies = UiCommand::CopyReportId;
                if response.on_hover_text(format!("{}. Press to copy it", copies.explanation(state))).clicked() {
                    asked.push(copies);
                }
            }
            let recording = small(recording).color(if is_lost { *color.warn } else { *color.muted });
            // What is lost is told before what is known, and nothing where there is no room for a word of it.
            let (first, last) = if is_lost { (Some(recording), None) } else { (None, Some(recording)) };
            let all = first.into_iter().chain(facts.into_iter().map(small)).chain(last);
            for fact in all.filter(|fact| !fact.text().is_empty()) {
                if ui.available_width() < LEAST {
                    break;
                }
                ui.add(Label::new(fact).truncate());
            }
        });
    });
}

fn armed(ui: &mut Ui, state: &State, tokens: &Tokens, asked: &mut Vec<UiCommand>) {
    let count = state.pane.view.snapshot().faults.len();
    if count == 0 {
        let text = RichText::new("Simulated results are always marked");
        ui.label(text.size(tokens.size.small).color(*tokens.color.muted));
        return;
    }
    let text = if count == 1 { "1 fault active".to_owned() } else { format!("{count} faults active") };
    let badge = RichText::new(text).font(tokens.bold(tokens.size.small)).color(*tokens.color.on_badge);
    let names: Vec<_> = state.pane.view.snapshot().faults.iter().map(|armed| armed.fault.as_str()).collect();
    let button = egui::Button::new(badge).fill(*tokens.color.badge).small();
    let response = ui.add(button).on_hover_text(format!("Armed: {}. Press to see them", names.join(", ")));
    if response.clicked() && !state.panel_open {
        asked.push(UiCommand::FaultPanel);
    }
}
