//! Every request of the attempts, and one of them at length: what was sent, and what was answered.

use std::fmt::Write as _;
use std::time::Duration;

use egui::{
    Align, Align2, FontId, Key, Label, Layout, Rect, RichText, Role, ScrollArea, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::super::button::{Look, button};
use super::super::command::{PanelCommand, Row, UiCommand};
use super::super::paint;
use super::super::panel::Panel;
use super::super::requests::{Requests, looked_at};
use super::super::scrolling;
use super::super::state::State;
use super::super::tab::{Tab, TabId};
use super::super::tokens::Tokens;
use crate::export;
use crate::model::failure::Header;
use crate::model::{Answer, DisplayDuration, Phase, status_text};
use crate::view::{Exchange, ExchangeOutcome, ExchangeTimes, Tone};

/// The list's share of the width.
const LIST: f32 = 0.4;
/// In less width the list stands above what is chosen.
const BESIDE: f32 = 620.0;
/// In more width the answer stands beside the request.
const TWO_COLUMNS: f32 = 600.0;
/// In less width the list says of no request which attempt sent it.
const NARROW_LIST: f32 = 340.0;
/// In less width the buttons have short names.
const NARROW: f32 = 620.0;

/// The panel.
pub static PANEL: Panel = Panel {
    show,
    commands: || vec![&COPY_CURL, &COPY_POWERSHELL, &COPY],
    ..Panel::new(Tab {
        key: Some(Key::U),
        ..Tab::new(TabId::REQUESTS, |_| "Requests".into(), "What was sent and answered, without secrets")
    })
};

/// Copies the request as a command of a shell.
static COPY_CURL: PanelCommand = PanelCommand {
    name: "copy request as curl",
    row: |state| {
        let command = looked_at(state).map(|exchange| match &exchange.head {
            Some(head) => export::curl_of_head(head, exchange.phase),
            None => export::curl_of(&state.pane.view.snapshot().profile, exchange.phase),
        });
        let obstacle = command.is_none().then_some("No request was sent");
        let explanation = "Copy the request as a shell command; secrets are variables";
        Row::new("Copy request as curl", explanation, |cx| cx.copy(command.unwrap_or_default())).unless(obstacle)
    },
};

/// Copies the request as a command of Windows' shell.
static COPY_POWERSHELL: PanelCommand = PanelCommand {
    name: "copy request as powershell",
    row: |state| {
        let command =
            looked_at(state).map(|exchange| export::powershell_of(&state.pane.view.snapshot().profile, exchange.phase));
        let obstacle = command.is_none().then_some("No request was sent");
        let explanation = "Copy the request for PowerShell; secrets are variables";
        Row::new("Copy request as PowerShell", explanation, |cx| cx.copy(command.unwrap_or_default())).unless(obstacle)
    },
};

/// Copies the request and its answer.
static COPY: PanelCommand = PanelCommand {
    name: "copy request",
    row: |state| {
        let text = looked_at(state).map(|exchange| whole(state, exchange));
        let obstacle = text.is_none().then_some("No request was sent");
        let explanation = "Copy request and answer, without secrets";
        Row::new("Copy request and answer", explanation, |cx| cx.copy(text.unwrap_or_default())).unless(obstacle)
    },
};

fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    if looked_at(state).is_none() {
        paint::empty(ui, "No request was sent so far");
        return;
    }
    let all = ui.available_rect_before_wrap();
    let (list_place, rest) = if all.width() > BESIDE {
        let middle = all.left() + all.width() * LIST;
        (all.with_max_x(middle - 8.0), all.with_min_x(middle + 8.0))
    } else {
        let middle = all.top() + all.height() * LIST;
        (all.with_max_y(middle), all.with_min_y(middle + 6.0))
    };
    let mut left = ui.new_child(UiBuilder::new().max_rect(list_place).id_salt("requests"));
    list(&mut left, state);
    let mut right = ui.new_child(UiBuilder::new().max_rect(rest).id_salt("request"));
    if let Some(seq) = at_length(&mut right, state, asked) {
        state.own.get_mut::<Requests>().chosen = Some(seq);
    }
    ui.advance_cursor_after_rect(all);
}

fn list(ui: &mut Ui, state: &mut State) {
    let tokens = Tokens::at(ui);
    let looked_at = looked_at(state).map(|exchange| exchange.seq);
    let until = state.pane.view.next_seq();
    let is_of_files = state.pane.view.snapshot().files.is_some();
    let own = state.own.get_mut::<Requests>();
    let (mut rows, mut follow, mut clicked) = (own.rows, own.follow, None);
    let shown: Vec<&Exchange> = state.pane.exchanges.before(until).collect();
    rows.show(ui, tokens.size.log_row, shown.len(), &mut follow, |ui, index, rect, response| {
        let Some(exchange) = shown.get(index) else { return };
        paint::row(ui, rect, &response, looked_at == Some(exchange.seq));
        let (words, tone) = outcome(exchange, is_of_files);
        let attempt = exchange.attempt.map_or_else(String::new, |attempt| format!("attempt {attempt}"));
        let took = match exchange.took {
            Some(took) => DisplayDuration(took).to_string(),
            None if !exchange.is_sent => "simulated, not sent".to_owned(),
            None if is_of_files => "—".to_owned(),
            None => "…".to_owned(),
        };
        let time = state.pane.calendar.precise_at(exchange.at);
        let name = format!("{time} {attempt}: {}, {words}, {took}", exchange.phase);
        let small = FontId::proportional(tokens.size.small);
        let mut x = rect.left();
        // What came of it needs the room of a narrow list.
        let attempt_width = if rect.width() < NARROW_LIST { 0.0 } else { 74.0 };
        let columns = [
            (96.0, time.as_str(), tokens.mono(), *tokens.color.muted),
            (attempt_width, if attempt_width > 0.0 { &attempt } else { "" }, small.clone(), *tokens.color.muted),
        ];
        for (width, text, font, ink) in columns {
            ui.painter().text(pos2(x, rect.center().y), Align2::LEFT_CENTER, text, font, ink);
            x += width;
        }
        // How long it took is always seen; the words before it are cut.
        let right = pos2(rect.right() - 6.0, rect.center().y);
        let took = ui.painter().text(right, Align2::RIGHT_CENTER, &took, small.clone(), *tokens.color.muted);
        let text = format!("{} · {words}", exchange.phase);
        let place = Rect::from_min_max(pos2(x, rect.top()), pos2(took.left() - 8.0, rect.bottom()));
        let job = egui::text::LayoutJob {
            wrap: egui::text::TextWrapping::truncate_at_width(place.width().max(0.0)),
            ..egui::text::LayoutJob::simple_singleline(text, small, tokens.color.tone(tone))
        };
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(place.left_center() - vec2(0.0, galley.size().y / 2.0), galley, *tokens.color.text);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if response.clicked() {
            clicked = Some(exchange.seq);
        }
    });
    let own = state.own.get_mut::<Requests>();
    (own.rows, own.follow) = (rows, follow);
    if clicked.is_some() {
        own.chosen = clicked;
    }
}

/// What came of it, in few words.
fn outcome(exchange: &Exchange, is_of_files: bool) -> (String, Tone) {
    match &exchange.outcome {
        ExchangeOutcome::Running if is_of_files => ("answer not in this file".to_owned(), Tone::Neutral),
        ExchangeOutcome::Running => ("waiting for the answer".to_owned(), Tone::Busy),
        ExchangeOutcome::Worked(None) => ("✓ worked".to_owned(), Tone::Good),
        ExchangeOutcome::Worked(Some(answer)) => (format!("✓ {}", answer.status), Tone::Good),
        ExchangeOutcome::Answered(answer) => {
            let code = answer.code().map_or_else(String::new, |code| format!(" {code}"));
            (format!("✕ {}{code}", answer.status), Tone::Warning)
        }
        ExchangeOutcome::Failed(detail) if detail.is_empty() => ("✕ failed".to_owned(), Tone::Warning),
        ExchangeOutcome::Failed(detail) => (format!("✕ {detail}"), Tone::Warning),
    }
}

/// Draws the whole of the request that is looked at; returns it if somebody reads on in it, and a newer one is not to take
/// its place.
fn at_length(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) -> Option<u64> {
    let tokens = Tokens::at(ui);
    let exchange = looked_at(state)?;
    ui.horizontal_wrapped(|ui| {
        let size = vec2(0.0, tokens.size.fault_button);
        let is_narrow = ui.available_width() < NARROW;
        for (command, short) in [(&COPY, "Copy"), (&COPY_CURL, "As curl"), (&COPY_POWERSHELL, "As PowerShell")] {
            let command = UiCommand::Panel(command);
            let name = command.label(state);
            let response = button(ui, state, command, Look::Plain, is_narrow.then_some(short), size, asked);
            response.accessible_name(name);
        }
        let reveal = UiCommand::Reveal(exchange.seq);
        let response = button(ui, state, reveal, Look::Plain, Some("In the log"), size, asked);
        response.accessible_name(reveal.label(state));
        if let Some(fault) = &exchange.simulated {
            let size = vec2(paint::badge_width(ui, "SIMULATED"), 18.0);
            let (rect, _) = ui.allocate_exact_size(size, egui::Sense::HOVER);
            let drawn = paint::badge(ui, rect, "SIMULATED");
            let badge = paint::describe(ui, drawn, Role::Label, "SIMULATED");
            badge.on_hover_text(format!("Brought about by the fault “{fault}”"));
        }
    });
    let area = ScrollArea::vertical().id_salt("request").auto_shrink(false);
    let area = scrolling::show(ui, "Request and answer", area, |ui, area| {
        area.show(ui, |ui| {
            let text = |ui: &mut Ui, text: String| {
                let text = RichText::new(text).font(tokens.mono()).color(*tokens.color.text);
                let lines = Layout::top_down(Align::Min);
                ui.with_layout(lines, |ui| ui.add(Label::new(text).wrap().selectable(true)));
            };
            let (request, answer) = (request(state, exchange), answer(state, exchange));
            if ui.available_width() > TWO_COLUMNS {
                ui.spacing_mut().item_spacing.x = tokens.size.margin;
                ui.columns_const(|[left, right]| {
                    text(left, request);
                    text(right, answer);
                });
            } else if matches!(exchange.outcome, ExchangeOutcome::Answered(_) | ExchangeOutcome::Failed(_)) {
                // The answer is what somebody came for, and is in view without scrolling.
                text(ui, answer);
                text(ui, request);
            } else {
                text(ui, request);
                text(ui, answer);
            }
        })
    });
    (area.state.clamped_offset().y > 0.0).then_some(exchange.seq)
}

/// Request, answer and times, without secrets.
fn whole(state: &State, exchange: &Exchange) -> String {
    format!("{}\n{}", request(state, exchange), answer(state, exchange))
}

/// What was sent.
fn request(state: &State, exchange: &Exchange) -> String {
    let profile = &state.pane.view.snapshot().profile;
    let is_of_files = state.pane.view.snapshot().files.is_some();
    let mut text = match (&exchange.head, exchange.is_sent, is_of_files) {
        (Some(head), ..) => export::request_of_head(head),
        (None, false, _) => "Simulated: no request was sent; our client would send:\n\n".to_owned(),
        (None, true, true) => "The file does not have this request's headers; our client would send:\n\n".to_owned(),
        (None, true, false) => String::new(),
    };
    if exchange.head.is_none() {
        text += &export::request_of(profile, exchange.phase);
    }
    if exchange.trace.is_known() && !is_of_files {
        let _ = writeln!(text, "x-trace-id: {}", exchange.trace);
    }
    text
}

/// When it was sent, how long it took, and what was answered.
fn answer(state: &State, exchange: &Exchange) -> String {
    let is_of_files = state.pane.view.snapshot().files.is_some();
    let at = state.pane.calendar.precise_at(exchange.at);
    let mut text = match exchange.is_sent {
        true => format!("— sent {at}, {} —\n\n", times(exchange, is_of_files)),
        false => format!("— {at}, answered by the fault in the service's place —\n\n"),
    };
    match &exchange.outcome {
        ExchangeOutcome::Running if is_of_files => text.push_str("The answer is not in this file\n"),
        ExchangeOutcome::Running => text.push_str("No answer yet\n"),
        ExchangeOutcome::Worked(None) if is_of_files => {
            text.push_str("It worked. The file does not have the answer's headers\n");
        }
        ExchangeOutcome::Worked(None) => text.push_str("It worked. The answer's headers are not in this recording\n"),
        ExchangeOutcome::Worked(Some(answer)) => {
            text.push_str(&told(answer, is_of_files));
            if exchange.phase != Phase::Upgrade {
                text.push_str("(no body is kept of a good answer: it holds tokens and tickets)\n");
            }
        }
        ExchangeOutcome::Failed(detail) => {
            let _ = writeln!(text, "No answer: {detail}");
        }
        ExchangeOutcome::Answered(answer) => text.push_str(&told(answer, is_of_files)),
    }
    if exchange.trace.is_known() && is_of_files {
        let _ = writeln!(text, "\nIn the server's log: trace id {}", exchange.trace);
    }
    text
}

/// How long it took, part by part where that is known.
fn times(exchange: &Exchange, is_of_files: bool) -> String {
    let ExchangeTimes { connecting, first_byte, body } = &exchange.times;
    let part = |name: &str, took: Duration| format!("{name} {}", DisplayDuration(took));
    let listed = |before: &str, parts: Vec<String>, after: &str| match parts.is_empty() {
        true => String::new(),
        false => format!("{before}{}{after}", parts.join(", ")),
    };
    let inside = [("first byte after", first_byte), ("body", body)];
    let inside = inside.into_iter().filter_map(|(name, took)| Some(part(name, (*took)?))).collect();
    let connecting = connecting.iter().map(|(phase, took)| part(&phase.to_string(), *took)).collect();
    let running = if is_of_files { "how long it took is not in this file" } else { "not over" };
    let took = exchange.took.map_or_else(|| running.to_owned(), |took| part("took", took));
    format!("{took}{}{}", listed(" (", inside, ")"), listed(", before that ", connecting, ""))
}

/// An answer as it came, as far as it may be shown.
fn told(answer: &Answer, is_of_files: bool) -> String {
    let line = format!("{} {} {}", answer.version, answer.status, status_text(answer.status));
    // Not every file tells the version.
    let mut text = format!("{}\n", line.trim());
    for Header { name, value } in &answer.headers {
        let value = value.as_ref().map_or("(hidden: it may hold a secret)", |value| value.as_str());
        let _ = writeln!(text, "{name}: {value}");
    }
    if answer.headers.is_empty() {
        text.push_str(if is_of_files {
            "(its headers are not in this file)\n"
        } else {
            "(its headers were not kept)\n"
        });
    }
    let body = &answer.body;
    for (name, value) in [("code", &body.code), ("title", &body.title)] {
        if let Some(value) = value {
            let _ = write!(text, "\n{name}: {value}");
        }
    }
    if let Some(excerpt) = &body.excerpt {
        let _ = write!(text, "\n{excerpt}");
    }
    text.push('\n');
    text
}
