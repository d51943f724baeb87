//! The check: its steps as they are done, and what they add up to.

use egui::{Align, Align2, Color32, FontId, Layout, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::super::button::{Look, button};
use super::super::check::CheckView;
use super::super::command::{PanelCommand, Row, UiCommand};
use super::super::paint;
use super::super::panel::Panel;
use super::super::scrolling;
use super::super::state::State;
use super::super::tab::{Tab, TabId};
use super::super::tokens::Tokens;
use crate::check::{Conclusion, StepResult, StepState, USUAL_SILENCE, armed_line, not_tried, others, shown_time};
use crate::model::DisplayDuration;
use crate::view::Tone;

/// Copies the last check.
static COPY: PanelCommand = PanelCommand {
    name: "copy check",
    row: |state| {
        let text = state.check.copied();
        let obstacle = text.is_none().then_some("No check is over yet");
        let explanation = "Copy the last check as text, for a ticket";
        Row::new("Copy the check", explanation, |cx| cx.copy(text.unwrap_or_default())).unless(obstacle)
    },
};

/// Checks once more, and keeps a second connection silent meanwhile.
static QUIET: PanelCommand = PanelCommand {
    name: "quiet check",
    row: |state| {
        let explanation = "Check, and keep a second connection for 90 s on which nothing is sent, as a silent page in a \
                           browser: our own pings hide what cuts such a connection";
        let is_running = state.check.is_running().then_some("A check is going on");
        Row::new("Quiet check", explanation, |cx| cx.check(Some(USUAL_SILENCE)))
            .unless(state.player.has_recording().then_some("This is a recording"))
            .unless(is_running)
    },
};

/// The panel.
pub static PANEL: Panel = Panel {
    show: |ui, state, asked| show(ui, state, asked),
    commands: || vec![&COPY, &QUIET],
    ..Panel::new(Tab {
        wants_room: true,
        obstacle: |state| (!state.check.has_begun()).then_some("No check has been run"),
        tick: |state| state.check.tick(state.pace.countdown),
        ..Tab::new(TabId::CHECK, |_| "Check".into(), "The steps of the last check, and what they add up to")
    })
};

fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let check = &state.check;
    let tokens = Tokens::at(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical().id_salt("check").auto_shrink(false);
    scrolling::show(ui, "The check", area, |ui, area| {
        area.show(ui, |ui| {
            let verdict = verdict(state);
            summary(ui, tokens, state, &verdict, asked);
            ui.add_space(8.0);
            for result in &check.steps {
                row(ui, tokens, state, result);
            }
            ui.add_space(8.0);
        })
    });
}

/// What the check has come to so far.
fn verdict(state: &State) -> Conclusion {
    let check = &state.check;
    if let Some(outcome) = &check.outcome {
        return outcome.conclusion();
    }
    let done = check.steps.iter().filter(|result| result.state.is_over()).count();
    let running = check.steps.iter().rev().find(|result| result.state == StepState::Running);
    let (tone, status, title, cause) = if check.is_broken {
        let title = "Ticketscope's own check crashed".to_owned();
        (Tone::Bad, "CRASHED", title, "Please tell the developers of Ticketscope.".to_owned())
    } else {
        let title = running.map_or("The check begins", |result| result.step.question()).to_owned();
        (Tone::Busy, "CHECKING", title, format!("{done} of {} steps are over.", check.steps.len()))
    };
    Conclusion { tone, status, code: String::new(), title, cause, owner: String::new(), next: String::new() }
}

fn summary(ui: &mut Ui, tokens: &Tokens, state: &State, verdict: &Conclusion, asked: &mut Vec<UiCommand>) {
    const STATUS: f32 = 130.0;
    const BUTTONS: f32 = 252.0;
    let (color, size) = (&tokens.color, &tokens.size);
    let check = &state.check;
    let width = ui.available_width() - size.margin;
    let words_width = (width - STATUS - BUTTONS).max(160.0);
    let words = ui.painter().layout_job(words(tokens, check, verdict, words_width));
    let height = words.size().y + 20.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::CLICK | Sense::DRAG);
    ui.painter().rect_filled(rect, size.card_radius, color.tint(verdict.tone));
    let tone = color.tone(verdict.tone);
    let at = pos2(rect.left() + 14.0, rect.top() + 11.0);
    ui.painter().text(at, Align2::LEFT_TOP, verdict.status, tokens.bold(size.title), tone);
    let below = pos2(at.x, at.y + 21.0);
    let took =
        check.outcome.as_ref().map_or_else(String::new, |outcome| format!("{} in all", DisplayDuration(outcome.took)));
    ui.painter().text(below, Align2::LEFT_TOP, &took, FontId::proportional(size.small), *color.muted);
    let spoken = format!("{}: {}. {} {} {}", verdict.status, verdict.title, verdict.cause, verdict.owner, verdict.next);
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Label, true, &spoken));
    let at = pos2(rect.left() + STATUS + 14.0, rect.top() + 10.0);
    paint::selectable(ui, &response, at, words, *color.text);

    let place =
        Rect::from_min_max(pos2(rect.right() - BUTTONS, rect.top() + 8.0), pos2(rect.right() - 10.0, rect.bottom()));
    let mut buttons = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Min)));
    let least = vec2(0.0, size.fault_button);
    let again = (!check.is_running()).then_some("Run again");
    button(&mut buttons, state, UiCommand::Check, Look::Plain, again, least, asked);
    button(&mut buttons, state, UiCommand::Panel(&QUIET), Look::Plain, Some("Quiet"), least, asked);
    button(&mut buttons, state, UiCommand::Panel(&COPY), Look::Plain, Some("Copy"), least, asked);
}

fn words(tokens: &Tokens, check: &CheckView, verdict: &Conclusion, width: f32) -> egui::text::LayoutJob {
    let (color, size) = (&tokens.color, &tokens.size);
    let mut job = egui::text::LayoutJob::default();
    job.wrap.max_width = width;
    let format =
        |font, color, height| egui::TextFormat { line_height: Some(height), ..egui::TextFormat::simple(font, color) };
    let plain = format(tokens.font(), *color.text, 18.0);
    let label = format(tokens.font(), *color.muted, 18.0);
    job.append(&verdict.title, 0.0, format(tokens.bold(size.title), *color.strong, 22.0));
    job.append(&format!("\n{}", verdict.cause), 0.0, plain.clone());
    for (name, text) in [("Who can fix it: ", &verdict.owner), ("Next step: ", &verdict.next)] {
        if !text.is_empty() {
            job.append(&format!("\n{name}"), 0.0, label.clone());
            job.append(text, 0.0, plain.clone());
        }
    }
    if let Some(outcome) = &check.outcome {
        for finding in others(outcome) {
            let problem = &finding.problem;
            job.append(&format!("\nAlso ({}): ", problem.severity), 0.0, label.clone());
            job.append(&format!("{}. {}", problem.title, problem.cause), 0.0, plain.clone());
        }
        if let Some(not_tried) = not_tried(outcome) {
            job.append(&format!("\n{not_tried}"), 0.0, label.clone());
        }
        if let Some(armed) = armed_line(outcome) {
            job.append(&format!("\n{}", armed.trim()), 0.0, format(tokens.font(), *color.warn, 18.0));
        }
    }
    job.append(
        &format!("\nProfile {}", check.profile),
        0.0,
        format(FontId::proportional(size.small), *color.muted, 18.0),
    );
    job
}

fn row(ui: &mut Ui, tokens: &Tokens, state: &State, result: &StepResult) {
    const ICON: f32 = 22.0;
    const LABEL: f32 = 108.0;
    const STATE: f32 = 66.0;
    const TIME: f32 = 72.0;
    let (color, size) = (&tokens.color, &tokens.size);
    let StepResult { step, state: stands, found, details, .. } = result;
    let state_color = colour(tokens, *stands);
    let is_open = !matches!(stands, StepState::Waiting | StepState::Running);
    let words = if is_open { found.as_str() } else { step.question() };
    let words_color = match stands {
        StepState::Passed => *color.text,
        StepState::Warning | StepState::Failed => *color.strong,
        StepState::Running => *color.text,
        StepState::Waiting | StepState::Skipped | StepState::NotRun => *color.muted,
    };
    let width = ui.available_width() - size.margin;
    let left = ICON + LABEL + STATE;
    let room = (width - left - TIME).max(120.0);
    let galley = ui.painter().layout(words.to_owned(), tokens.font(), words_color, room);
    let height = (galley.size().y + 6.0).max(size.drill_row);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::CLICK | Sense::DRAG);
    let time = match stands {
        StepState::Running => elapsed(state),
        _ => shown_time(result),
    };
    let top = rect.top() + 3.0;
    let put = |x: f32, text: &str, font: FontId, color: Color32| {
        ui.painter().text(pos2(rect.left() + x, top), Align2::LEFT_TOP, text, font, color);
    };
    put(2.0, stands.icon(), tokens.bold(size.text), state_color);
    put(ICON, step.label(), tokens.bold(size.text), if is_open { *color.strong } else { *color.muted });
    put(ICON + LABEL, stands.label(), tokens.font(), state_color);
    paint::selectable(ui, &response, pos2(rect.left() + left, top), galley, words_color);
    let right = pos2(rect.right() - 4.0, top);
    ui.painter().text(right, Align2::RIGHT_TOP, &time, tokens.font(), *color.muted);
    let spoken = format!("{}: {} {time} {words}", step.label(), stands.label());
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Label, true, &spoken));
    for detail in details {
        let galley =
            ui.painter().layout(detail.to_string(), FontId::proportional(size.small), *color.muted, room + TIME);
        let (place, response) = ui.allocate_exact_size(vec2(width, galley.size().y + 2.0), Sense::CLICK | Sense::DRAG);
        paint::selectable(ui, &response, pos2(place.left() + left, place.top()), galley, *color.muted);
        response.widget_info(|| egui::WidgetInfo::labeled(Role::Label, true, detail.as_str()));
    }
    let line = ui.cursor().top();
    ui.painter().hline(rect.x_range(), line, egui::Stroke::new(1.0, *color.track));
    ui.add_space(1.0);
}

fn elapsed(state: &State) -> String {
    let Some(since) = state.check.since else { return String::new() };
    let tenths = state.present.since(since).as_millis() / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

fn colour(tokens: &Tokens, state: StepState) -> Color32 {
    let color = &tokens.color;
    *match state {
        StepState::Passed => color.good,
        StepState::Failed => color.bad,
        StepState::Running => color.busy,
        StepState::Warning => color.warn,
        StepState::Waiting | StepState::Skipped | StepState::NotRun => color.muted,
    }
}
