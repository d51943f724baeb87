//! The line at the bottom: what stays in the background.

use egui::{Align, Label, Layout, RichText, Ui};

use super::button::bare;
use super::command::{ReportCommand, UiCommand, ViewCommand};
use super::fault_result;
use super::messages;
use super::page::Page;
use super::state::State;
use super::tokens::Tokens;
use crate::model::RecordingState;
use crate::settings::Times;

/// Between two facts.
const GAP: f32 = 18.0;
/// The keychain's share of the room, and what it has at least.
const KEYCHAIN_SHARE: f32 = 0.7;
const KEYCHAIN_LEAST: f32 = 90.0;

/// In less width what is said of simulated results is left out.
const ROOM_FOR_PROMISE: f32 = 800.0;

/// Draws it.
pub fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    ui.spacing_mut().item_spacing.x = GAP;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if state.page == Page::Session {
            armed(ui, state, tokens, asked);
        }
        times(ui, state, tokens, asked);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            if state.has_copied() {
                ui.label(small(tokens, "✓ Copied".to_owned()).color(*color.good));
            }
            if let Some(saved) = state.player.saved() {
                ui.label(small(tokens, format!("✓ {saved}")).color(*color.good));
            }
            if let Some(notice) = &state.notice {
                ui.label(small(tokens, notice.to_string()).color(*color.bad));
            }
            let snapshot = state.pane.view.snapshot();
            if state.player.has_files() {
                // Whatever made them, it had no keychain of ours.
                session(ui, state, tokens, asked);
                return;
            }
            let mark = if snapshot.keychain_simulated.is_some() { "SIMULATED " } else { "" };
            // The keychain may have much to say, and comes first: what it says last may be cut.
            let keychain = format!("Keychain: {mark}{}", snapshot.keychain);
            ui.scope(|ui| {
                ui.set_max_width((ui.available_width() * KEYCHAIN_SHARE).max(KEYCHAIN_LEAST));
                ui.add(Label::new(small(tokens, keychain.clone())).truncate()).on_hover_text(&keychain);
            });
            match state.page {
                Page::Start => {
                    ui.add(Label::new(small(tokens, kept(state))).truncate());
                }
                Page::Session => session(ui, state, tokens, asked),
            }
        });
    });
}

fn small(tokens: &Tokens, text: String) -> RichText {
    RichText::new(text).size(tokens.size.small).color(*tokens.color.muted)
}

/// How much the recordings of this computer take.
fn kept(state: &State) -> String {
    let Some(kept) = &state.player.kept else { return String::new() };
    let bytes: u64 = kept.iter().map(|kept| kept.bytes).sum();
    let (count, size) = (kept.len(), messages::size(usize::try_from(bytes).unwrap_or(usize::MAX)));
    match count {
        0 => "No recordings".to_owned(),
        1 => format!("Recordings: 1 file, {size}"),
        _ => format!("Recordings: {count} files, {size}"),
    }
}

/// Facts about the session, as many as fit.
fn session(ui: &mut Ui, state: &State, tokens: &Tokens, asked: &mut Vec<UiCommand>) {
    let color = &tokens.color;
    let snapshot = state.pane.view.snapshot();
    if let Some(id) = state.shown_report_id().map(|id| format!("Report {id}")) {
        let response = ui.add(Label::new(small(tokens, id.clone())).sense(egui::Sense::CLICK).selectable(false));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &id));
        let copies = UiCommand::Report(ReportCommand::CopyId);
        if response.on_hover_text(format!("{}. Press to copy it", copies.explanation(state))).clicked() {
            asked.push(copies);
        }
    }
    let (received, sent) = state.pane.messages;
    let session = snapshot.token.session_id.as_ref().map_or("none".to_owned(), ToString::to_string);
    let clock = snapshot.clock.map(|offset| match offset.ahead_millis {
        _ if offset.size() <= offset.within => "Clock in step".to_owned(),
        ..0 => format!("Clock {} behind", offset.amount()),
        0.. => format!("Clock {} ahead", offset.amount()),
    });
    let facts = [
        Some(format!("Session {session}")),
        clock,
        Some(snapshot.attempt.map_or_else(|| "No attempt yet".to_owned(), |last| format!("Attempts {}", last.0 + 1))),
        Some(format!("Closes {}", state.closes())),
        Some(format!("Messages {received} in, {sent} out")),
        Some(format!("Events {}", state.pane.view.counts().events)),
    ];
    // The state of the recording is hidden during playback.
    let is_lost = snapshot.recording.is_failure() && !state.player.has_recording();
    let recording = match &snapshot.recording {
        _ if state.player.has_recording() => None,
        RecordingState::Off if state.settings.recording.on && snapshot.attempt.is_none() => {
            Some("recording begins with the first attempt".to_owned())
        }
        recording if is_lost => Some(format!("⚠ {recording}")),
        recording => Some(recording.to_string()),
    };
    let recording = recording.map(|text| small(tokens, text).color(if is_lost { *color.warn } else { *color.muted }));
    // What is lost is told before what is known, and what has no room for all of it is left out.
    let (first, last) = if is_lost { (recording, None) } else { (None, recording) };
    if let Some(lost) = first {
        ui.add(Label::new(lost).truncate());
    }
    let font = egui::FontId::proportional(tokens.size.small);
    for fact in facts.into_iter().flatten().map(|fact| small(tokens, fact)).chain(last) {
        let width = ui.painter().layout_no_wrap(fact.text().to_owned(), font.clone(), *color.muted).size().x;
        if width > ui.available_width() {
            break;
        }
        ui.label(fact);
    }
}

/// The zone of all times, which a press changes.
fn times(ui: &mut Ui, state: &State, tokens: &Tokens, asked: &mut Vec<UiCommand>) {
    let command = UiCommand::View(ViewCommand::Times);
    let zone = state.pane.calendar.zone_name().filter(|_| state.settings.times == Times::Local);
    let text = match zone {
        Some(zone) => format!("Times: local, {zone}"),
        None => command.label(state).into_owned(),
    };
    ui.spacing_mut().interact_size.y = tokens.size.card_row;
    ui.spacing_mut().button_padding.y = 0.0;
    bare(ui, state, command, small(tokens, text), asked).accessible_name(command.label(state));
}

fn armed(ui: &mut Ui, state: &State, tokens: &Tokens, asked: &mut Vec<UiCommand>) {
    let count = state.pane.view.snapshot().faults.len();
    if let Some(kind) = fault_result::acting(state).filter(|_| count == 0) {
        let text = RichText::new(format!("{} acts", kind.label())).font(tokens.bold(tokens.size.small));
        let badge = egui::Button::new(text.color(*tokens.color.on_badge)).fill(*tokens.color.badge).small();
        ui.add(badge).on_hover_text("Until the client has noticed it");
        return;
    }
    if count == 0 {
        // In what a user sent nothing is simulated.
        if ui.available_width() >= ROOM_FOR_PROMISE && !state.player.has_files() {
            let text = RichText::new("Simulated results are always marked");
            ui.label(text.size(tokens.size.small).color(*tokens.color.muted));
        }
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
