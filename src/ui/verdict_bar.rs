//! What is happening, why, what comes next and who can fix it; and how long until then.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, FontId, Frame, Panel, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::button::{Look, button, menu_entry};
use super::command::{CopyCommand, ReportCommand, UiCommand};
use super::paint;
use super::state::State;
use super::tokens::Tokens;
use crate::model::{Delay, DisplayDuration};
use crate::settings::Layout;
use crate::view::Status;
use crate::view::Tone;

const STATUS_WIDTH: f32 = 172.0;
const COUNTDOWN_WIDTH: f32 = 212.0;
const FINDINGS_WIDTH: f32 = 106.0;
/// The column of buttons where the verdict is large, and the height that they need.
const SUPPORT_WIDTH: f32 = 128.0;
const SUPPORT_HEIGHT: f32 = 122.0;
/// The button for the answer in a narrow window.
const ANSWER_WIDTH: f32 = 116.0;
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
    let is_large = state.settings.window.layout == Layout::Support && !is_narrow;
    let has_findings = !state.verdict().findings.is_empty();
    let right = if delay.is_some() { COUNTDOWN_WIDTH } else { margin };
    let more = match (is_large, has_findings) {
        (true, _) => SUPPORT_WIDTH,
        (false, true) => FINDINGS_WIDTH,
        (false, false) => 0.0,
    };
    let (left, room, around) = match is_narrow {
        true => (margin, width - 2.0 * margin, HEAD + 10.0),
        false => (margin + STATUS_WIDTH, width - margin - STATUS_WIDTH - more - right, 24.0),
    };
    let galley = ui.painter().layout_job(words(tokens, state, room, is_large));
    let least = if is_large { SUPPORT_HEIGHT } else { tokens.size.verdict_bar };
    let height = (galley.size().y + around).max(least);
    let panel = Panel::top("verdict").exact_size(height).resizable(false).frame(Frame::new());
    panel.show(ui, |ui| {
        let has_proof = !state.verdict().evidence().is_empty();
        let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::CLICK | Sense::DRAG);
        let head = if is_narrow { rect.with_max_y(rect.top() + HEAD) } else { rect };
        let top = if is_narrow { head.bottom() } else { rect.center().y - galley.size().y / 2.0 };
        paint::fade(ui, rect, tokens.color.tint(state.verdict().tone), *tokens.color.bar, 0.45);
        status(ui, tokens, state, head, is_narrow);
        paint::selectable(ui, &response, pos2(rect.left() + left, top), galley, *tokens.color.text);
        paint::focus(ui, rect, &response);
        let verdict = state.verdict();
        response.widget_info(|| {
            let text = format!("{}: {}. {}", verdict.status, verdict.title, verdict.detail);
            WidgetInfo::labeled(Role::Label, true, text)
        });
        if response.clicked() && has_proof {
            asked.push(UiCommand::Proof(0));
        }
        menu(&response, state, asked);
        if has_proof && state.overlay.is_none() {
            response.on_hover_text(UiCommand::Proof(0).explanation(state));
        }
        if is_large {
            let size = vec2(SUPPORT_WIDTH - 14.0, SUPPORT_HEIGHT - 20.0);
            let place = Rect::from_center_size(pos2(rect.right() - margin - size.x / 2.0, rect.center().y), size);
            support_buttons(ui, state, place, asked);
        } else if has_findings {
            let place = Rect::from_center_size(
                pos2(rect.right() - right - more / 2.0 + 4.0, head.center().y),
                vec2(more - 12.0, 26.0),
            );
            let mut child = ui.new_child(UiBuilder::new().max_rect(place).layout(egui::Layout::top_down(Align::Max)));
            button(&mut child, state, UiCommand::Findings, Look::Plain, None, vec2(0.0, 26.0), asked);
        }
        if is_narrow && state.settings.window.layout == Layout::Support {
            let right = rect.right() - right - more;
            let place = Rect::from_center_size(
                pos2(right - ANSWER_WIDTH / 2.0, head.center().y),
                vec2(ANSWER_WIDTH - 8.0, 26.0),
            );
            let layout = egui::Layout::top_down(Align::Max);
            let mut child = ui.new_child(UiBuilder::new().max_rect(place).layout(layout).id_salt("answer"));
            let command = UiCommand::Copies(CopyCommand::UserAnswer);
            button(&mut child, state, command, Look::Primary, None, vec2(0.0, 26.0), asked);
        }
        if let Some(delay) = delay {
            let end = if is_large { rect.right() - more } else { rect.right() };
            let place = head.with_min_x(end - right).with_max_x(end);
            countdown(ui, tokens, state, delay, place, is_narrow);
        }
    });
}

/// What can be done with the verdict.
fn menu(response: &Response, state: &State, asked: &mut Vec<UiCommand>) {
    response.context_menu(|ui| {
        for command in
            [UiCommand::Copies(CopyCommand::Answer), UiCommand::Copies(CopyCommand::Findings), UiCommand::Findings]
        {
            menu_entry(ui, state, command, 140.0, asked);
        }
    });
}

/// What those who answer users do with the verdict.
fn support_buttons(ui: &mut Ui, state: &State, place: Rect, asked: &mut Vec<UiCommand>) {
    let layout = egui::Layout::top_down_justified(Align::Min);
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
    child.spacing_mut().item_spacing.y = 8.0;
    let size = vec2(0.0, Tokens::at(ui).size.button);
    button(&mut child, state, UiCommand::Copies(CopyCommand::UserAnswer), Look::Primary, None, size, asked);
    button(&mut child, state, UiCommand::Findings, Look::Plain, None, size, asked);
    button(&mut child, state, UiCommand::Report(ReportCommand::Make), Look::Plain, None, size, asked);
}

fn status(ui: &Ui, tokens: &Tokens, state: &State, head: Rect, is_narrow: bool) {
    let (color, size) = (&tokens.color, &tokens.size);
    let verdict = state.verdict();
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

fn words(tokens: &Tokens, state: &State, width: f32, is_large: bool) -> LayoutJob {
    let (color, size) = (&tokens.color, &tokens.size);
    let (title_size, title_line) = if is_large { (size.verdict_title, 28.0) } else { (size.title, 22.0) };
    let (detail_font, detail_line) = match is_large {
        true => (FontId::proportional(size.verdict_detail), 20.0),
        false => (tokens.font(), 17.0),
    };
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    let title =
        TextFormat { line_height: Some(title_line), ..TextFormat::simple(tokens.bold(title_size), *color.strong) };
    job.append(&state.verdict().title, 0.0, title);
    let detail = TextFormat { line_height: Some(detail_line), ..TextFormat::simple(detail_font, *color.text) };
    job.append("\n", 0.0, detail.clone());
    job.append(&state.verdict().detail, 0.0, detail);
    job
}

fn countdown(ui: &mut Ui, tokens: &Tokens, state: &State, delay: &Delay, rect: Rect, is_narrow: bool) {
    let (color, size) = (&tokens.color, &tokens.size);
    let left = delay.until.since(state.pane.now);
    let share = left.as_secs_f32() / delay.wait.as_secs_f32().max(f32::EPSILON);

    let time = super::state::countdown(left);
    let of = format!("until retry {} · of {}", delay.retry, DisplayDuration(delay.wait));
    let muted = ui.painter().layout_no_wrap(of.clone(), FontId::proportional(size.small), *color.muted);
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
