//! What is happening, why, what comes next and who can fix it; and how long until then.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Frame, Layout, Panel, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::button::{Look, button};
use super::command::UiCommand;
use super::paint;
use super::state::State;
use super::tokens::Tokens;
use crate::model::{Delay, DisplayDuration};
use crate::view::Status;
use crate::view::Tone;

const STATUS_WIDTH: f32 = 172.0;
const COUNTDOWN_WIDTH: f32 = 212.0;
const FINDINGS_WIDTH: f32 = 106.0;
/// In a narrow window the words have a line of their own below this.
const HEAD: f32 = 34.0;

/// Draws it in a panel as high as the verdict's words need.
pub fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let delay = match &state.pane.view.snapshot().status {
        Status::Waiting(delay) => Some(delay),
        _ => None,
    };
    let (margin, width) = (tokens.size.margin, ui.available_width());
    let is_narrow = width < tokens.size.narrow;
    let has_findings = !state.pane.verdict.findings.is_empty();
    let right = if delay.is_some() { COUNTDOWN_WIDTH } else { margin };
    let more = if has_findings { FINDINGS_WIDTH } else { 0.0 };
    let (left, room, around) = match is_narrow {
        true => (margin, width - 2.0 * margin, HEAD + 10.0),
        false => (margin + STATUS_WIDTH, width - margin - STATUS_WIDTH - more - right, 24.0),
    };
    let galley = ui.painter().layout_job(words(tokens, state, room));
    let height = (galley.size().y + around).max(tokens.size.verdict_bar);
    let panel = Panel::top("verdict").exact_size(height).resizable(false).frame(Frame::new());
    panel.show(ui, |ui| {
        let has_proof = !state.pane.verdict.evidence().is_empty();
        let sense = if has_proof { Sense::CLICK } else { Sense::HOVER };
        let (rect, response) = ui.allocate_exact_size(ui.available_size(), sense);
        let head = if is_narrow { rect.with_max_y(rect.top() + HEAD) } else { rect };
        let top = if is_narrow { head.bottom() } else { rect.center().y - galley.size().y / 2.0 };
        paint::fade(ui, rect, tokens.color.tint(state.pane.verdict.tone), *tokens.color.bar, 0.45);
        status(ui, tokens, state, head, is_narrow);
        ui.painter().galley(pos2(rect.left() + left, top), galley, *tokens.color.text);
        let verdict = &state.pane.verdict;
        response.widget_info(|| {
            let text = format!("{}: {}. {}", verdict.status, verdict.title, verdict.detail);
            WidgetInfo::labeled(Role::Label, true, text)
        });
        if response.clicked() {
            asked.push(UiCommand::Proof(0));
        }
        if has_proof {
            response.on_hover_text(UiCommand::Proof(0).explanation(state));
        }
        if has_findings {
            let place = Rect::from_center_size(
                pos2(rect.right() - right - more / 2.0 + 4.0, head.center().y),
                vec2(more - 12.0, 26.0),
            );
            let mut child = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Max)));
            button(&mut child, state, UiCommand::Findings, Look::Plain, None, vec2(0.0, 26.0), asked);
        }
        if let Some(delay) = delay {
            let place = head.with_min_x(rect.right() - right);
            countdown(ui, tokens, state, delay, place, is_narrow);
        }
    });
}

fn status(ui: &Ui, tokens: &Tokens, state: &State, head: Rect, is_narrow: bool) {
    let (color, size) = (&tokens.color, &tokens.size);
    let verdict = &state.pane.verdict;
    let tone = color.tone(verdict.tone);
    let dot = pos2(head.left() + size.margin + 10.0, head.center().y);
    ui.painter().circle_filled(dot, 10.0, tone.gamma_multiply(0.18));
    ui.painter().circle_filled(dot, 6.0, tone);
    let status = ui.painter().layout_no_wrap(verdict.status.to_owned(), tokens.bold(size.title), tone);
    let mut at = dot + vec2(16.0, -status.size().y / 2.0);
    if verdict.is_simulated() && matches!(verdict.tone, Tone::Warning | Tone::Bad) {
        let badge = if is_narrow { vec2(24.0 + status.size().x, -9.0) } else { vec2(16.0, 2.0) };
        paint::badge(ui, Rect::from_min_size(dot + badge, vec2(0.0, 18.0)), "SIMULATED");
        at.y -= if is_narrow { 0.0 } else { 9.0 };
    }
    ui.painter().galley(at, status, tone);
}

fn words(tokens: &Tokens, state: &State, width: f32) -> LayoutJob {
    let (color, size) = (&tokens.color, &tokens.size);
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    let title = TextFormat { line_height: Some(22.0), ..TextFormat::simple(tokens.bold(size.title), *color.strong) };
    job.append(&state.pane.verdict.title, 0.0, title);
    let detail = TextFormat { line_height: Some(17.0), ..TextFormat::simple(tokens.font(), *color.text) };
    job.append("\n", 0.0, detail.clone());
    job.append(&state.pane.verdict.detail, 0.0, detail);
    job
}

fn countdown(ui: &mut Ui, tokens: &Tokens, state: &State, delay: &Delay, rect: Rect, is_narrow: bool) {
    let (color, size) = (&tokens.color, &tokens.size);
    let left = delay.until.since(state.pane.now);
    let share = left.as_secs_f32() / delay.wait.as_secs_f32().max(f32::EPSILON);

    let time = super::state::countdown(left);
    let of = format!("until retry {} · of {}", delay.retry, DisplayDuration(delay.wait));
    let muted = ui.painter().layout_no_wrap(of.clone(), egui::FontId::proportional(size.small), *color.muted);
    let middle = rect.left_center();
    if is_narrow {
        paint::ring(ui, middle + vec2(16.0, 0.0), 8.0, share, *color.warn);
        let galley = ui.painter().layout_no_wrap(time.clone(), tokens.bold(size.text), *color.strong);
        ui.painter().galley(middle + vec2(31.0, -galley.size().y / 2.0), galley, *color.strong);
        ui.painter().galley(middle + vec2(70.0, -muted.size().y / 2.0), muted, *color.muted);
    } else {
        paint::ring(ui, middle + vec2(34.0, 0.0), 22.0, share, *color.warn);
        let galley = ui.painter().layout_no_wrap(time.clone(), tokens.bold(size.countdown), *color.strong);
        ui.painter().galley(middle + vec2(70.0, -24.0), galley, *color.strong);
        ui.painter().galley(middle + vec2(70.0, 5.0), muted, *color.muted);
    }
    let response = paint::describe(ui, rect, Role::Timer, &format!("{time} {of}"));
    let asked = delay
        .floor
        .map_or_else(String::new, |floor| format!("\nThe server asked for at least {}", DisplayDuration(floor)));
    response.on_hover_text(format!(
        "Backoff {}, with jitter {}{asked}",
        DisplayDuration(delay.nominal),
        DisplayDuration(delay.drawn)
    ));
}
