//! One attempt's lane: its segments, its outcome, and both as text.

use egui::{Align2, Color32, FontId, Id, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::super::button::menu_entry;
use super::super::command::{CopyCommand, TimelineCommand, UiCommand};
use super::super::paint;
use super::super::state::{State, countdown};
use super::super::tokens::Tokens;
use super::chart::{Chart, NUMBERS};
use crate::model::{Class, DisplayDuration, Moment, Phase};
use crate::view::{Lane, Part, Segment, SegmentState};

impl Part {
    /// What the legend calls it.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Wait => "waiting",
            Self::Keychain => "keychain",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Ticket => "ticket",
            Self::Dns => "DNS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Upgrade => "upgrade",
            Self::Greeting => "greeting",
            Self::Open => "open",
            Self::Close => "close",
        }
    }

    const fn pattern(self) -> &'static [Lines] {
        match self {
            Self::Ticket => &[],
            Self::Wait | Self::Refresh | Self::Close => &[Lines::Rising],
            Self::Keychain => &[Lines::Level],
            Self::Token => &[Lines::Upright(4.0)],
            Self::Dns => &[Lines::Upright(2.0)],
            Self::Tcp => &[Lines::Upright(4.0), Lines::Level],
            Self::Tls => &[Lines::Rising, Lines::Falling],
            Self::Upgrade => &[Lines::Upright(7.0)],
            Self::Greeting => &[Lines::Upright(7.0), Lines::Level],
            Self::Open => &[Lines::Middle],
        }
    }

    fn color(self, tokens: &Tokens) -> Color32 {
        let color = &tokens.color;
        *match self {
            Self::Wait => color.track,
            Self::Keychain => color.part_keychain,
            Self::Token => color.part_token,
            Self::Refresh => color.part_refresh,
            Self::Ticket => color.part_ticket,
            Self::Dns => color.part_dns,
            Self::Tcp => color.part_tcp,
            Self::Tls => color.part_tls,
            Self::Upgrade | Self::Greeting => color.part_upgrade,
            Self::Open => color.part_open,
            Self::Close => color.part_close,
        }
    }
}

/// One attempt's lane in one frame.
#[derive(Clone, Copy)]
pub(super) struct LaneView<'a> {
    pub tokens: &'a Tokens,
    pub chart: &'a Chart,
    pub state: &'a State,
    /// Its row among all attempts.
    pub row: usize,
    pub lane: &'a Lane,
}

impl LaneView<'_> {
    /// Draws it in `line`.
    pub fn show(&self, ui: &mut Ui, line: Rect, asked: &mut Vec<UiCommand>) {
        let Self { tokens, chart, state, row, lane } = *self;
        let color = &tokens.color;
        let (top, bottom) = (line.top() + 4.0, line.bottom() - 4.0);
        if let Some(wait) = lane.wait
            && lane.outcome.is_none()
            && let Some(ahead) = chart.span(lane.start, wait.until, top, bottom)
        {
            ui.painter().rect_stroke(ahead, 2, Stroke::new(1.0, color.border_strong), egui::StrokeKind::Inside);
        }
        let whole = ui.interact(line, Id::unique(("lane", lane.seq)), Sense::HOVER);
        whole.on_hover_ui(|ui| self.tell(ui));
        for segment in state.pane.view.attempts().segments(row, chart.now) {
            let Some(place) = chart.span(segment.start, segment.end, top, bottom) else { continue };
            fill(ui, tokens, segment.part, segment.state, place);
            let response =
                ui.interact(place, Id::unique(("segment", segment.seq, segment.part, segment.start)), Sense::CLICK);
            let name = format!("Attempt {}: {}, {}", lane.numeral(), segment.part.label(), duration(&segment));
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            if response.clicked() {
                asked.push(UiCommand::Reveal(segment.seq));
            }
            self.menu(&response, Some(&segment), asked);
            response.on_hover_ui(|ui| self.explain(ui, &segment));
        }
        let (text, text_color) = self.outcome();
        let number = Rect::from_min_max(line.min, pos2(chart.rect.left() - 4.0, line.bottom()));
        let number_color = if lane.outcome.is_none() { text_color } else { *color.muted };
        let numeral = paint::cut_text(ui, number, Align2::LEFT_CENTER, &lane.numeral(), tokens.mono(), number_color);
        if let Some(wait) = lane.wait.filter(|_| number.width() > NUMBERS) {
            let place = number.with_min_x(numeral.rect.right() + 5.0);
            let font = FontId::proportional(tokens.size.badge);
            paint::cut_text(ui, place, Align2::LEFT_CENTER, &format!("retry {}", wait.retry), font, *color.muted);
        }
        let response = ui.interact(number, Id::unique(("zoom", lane.seq)), Sense::CLICK);
        let name = format!("Attempt {}: zoom to it", lane.numeral());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if response.clicked() {
            asked.push(UiCommand::Timeline(TimelineCommand::ZoomTo(lane.seq)));
        }
        self.menu(&response, None, asked);
        response.on_hover_ui(|ui| {
            self.tell(ui);
            ui.weak("Click to zoom to it");
        });
        let mut place = Rect::from_min_max(pos2(chart.rect.right() + 10.0, line.top()), line.max);
        let is_simulated = lane.outcome.as_ref().is_some_and(|outcome| outcome.is_simulated);
        if is_simulated {
            // In a narrow column the whole word would leave no room for the outcome.
            let mark = if place.width() < 220.0 { "SIM" } else { "SIMULATED" };
            let badge = paint::badge_width(ui, mark);
            let at = Rect::from_min_max(pos2(place.right() - badge, place.top()), place.max);
            let drawn = paint::badge(ui, at, mark);
            paint::describe(ui, drawn, Role::Label, "SIMULATED").on_hover_text("Brought about by a fault");
            place.max.x -= badge + 5.0;
        }
        paint::cut_text(ui, place, Align2::LEFT_CENTER, &text, tokens.mono(), text_color);
        let target = Rect::from_min_max(pos2(chart.rect.right() + 8.0, line.top()), line.max);
        let response = ui.interact(target, Id::unique(("outcome", lane.seq)), Sense::CLICK);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Attempt {}: {text}", lane.numeral())));
        if response.clicked() {
            asked.push(UiCommand::Reveal(self.last_entry()));
        }
        self.menu(&response, None, asked);
    }

    /// The entry of the attempt's outcome, or of its start while it runs.
    fn last_entry(&self) -> u64 {
        self.lane.outcome.as_ref().map_or(self.lane.seq, |outcome| outcome.seq)
    }

    /// The context menu of the attempt or of one of its segments.
    fn menu(&self, response: &Response, segment: Option<&Segment>, asked: &mut Vec<UiCommand>) {
        let (state, lane) = (self.state, self.lane);
        response.context_menu(|ui| {
            let request = segment.and_then(|segment| self.request(segment.part)).unwrap_or(self.last_entry());
            let lines = segment.map_or(self.last_entry(), |segment| segment.seq);
            for command in [
                UiCommand::ShowRequest(request),
                UiCommand::Reveal(lines),
                UiCommand::Timeline(TimelineCommand::ZoomTo(lane.seq)),
                UiCommand::Copies(CopyCommand::TraceId(request)),
                UiCommand::Copies(CopyCommand::Curl(request)),
            ] {
                menu_entry(ui, state, command, 140.0, asked);
            }
        });
    }

    /// The entry of the request that `part` sent.
    fn request(&self, part: Part) -> Option<u64> {
        let (state, lane) = (self.state, self.lane);
        let phase = match part {
            Part::Token | Part::Refresh => Phase::Token,
            Part::Ticket => Phase::Ticket,
            Part::Dns | Part::Tcp | Part::Tls | Part::Upgrade | Part::Open | Part::Close => Phase::Upgrade,
            Part::Greeting => Phase::Greeting,
            Part::Wait | Part::Keychain => return None,
        };
        let mut sent = state.pane.exchanges.before(state.pane.view.next_seq()).rev();
        sent.find(|sent| sent.attempt == Some(lane.attempt) && sent.phase == phase).map(|sent| sent.seq)
    }

    /// The outcome or current state, and its colour.
    fn outcome(&self) -> (String, Color32) {
        let Self { state, row, lane, .. } = *self;
        let color = &self.tokens.color;
        if let Some(outcome) = &lane.outcome {
            let text_color = match outcome.class {
                Some(Class::Soft) => *color.warn,
                Some(Class::Hard) => *color.bad,
                None => *color.muted,
            };
            return (outcome.text.as_str().to_owned(), text_color);
        }
        let running = state
            .pane
            .view
            .attempts()
            .segments(row, state.pane.now)
            .last()
            .filter(|last| last.state == SegmentState::Running);
        match (running.map(|segment| segment.part), lane.wait) {
            (Some(Part::Wait), Some(wait)) => {
                (format!("in {}…", countdown(wait.until.since(state.pane.now))), *color.muted)
            }
            (Some(Part::Open), _) => ("✓ open".to_owned(), *color.good),
            (Some(part), _) => (format!("{}…", part.label()), *color.busy),
            (None, _) => ("…".to_owned(), *color.busy),
        }
    }

    /// Tooltip with all segments, which are too thin to tell apart when zoomed out.
    fn tell(&self, ui: &mut Ui) {
        let Self { state, row, lane, .. } = *self;
        let (text, _) = self.outcome();
        ui.strong(format!("Attempt {} · {text}", lane.numeral()));
        for segment in state.pane.view.attempts().segments(row, state.pane.now) {
            ui.label(format!("{}: {}", segment.part.label(), duration(&segment)));
        }
    }

    /// Tooltip with a segment's exact times.
    fn explain(&self, ui: &mut Ui, segment: &Segment) {
        let (state, lane) = (self.state, self.lane);
        let exact = |at: Moment| {
            state.pane.calendar.date(at).map_or_else(|| at.to_string(), |date| state.pane.calendar.precise(date))
        };
        ui.label(format!("Attempt {} · {} · {}", lane.numeral(), segment.part.label(), duration(segment)));
        let micros = segment.end.since(segment.start).as_nanos() / 1_000;
        let took = format!("{}.{:03} ms", micros / 1_000, micros % 1_000);
        let end = match segment.state {
            SegmentState::Running => "now".to_owned(),
            SegmentState::Done | SegmentState::Failed => exact(segment.end),
        };
        ui.monospace(format!("{} – {end} ({took})", exact(segment.start)));
        if let (Part::Wait, Some(wait)) = (segment.part, lane.wait) {
            let planned = wait.until.since(lane.start);
            let asked = if planned > wait.drawn { ", the server asked for more" } else { "" };
            let text = format!(
                "Retry {} in a row: the rule says {}, drawn {}, planned {}{asked}",
                wait.retry,
                DisplayDuration(wait.nominal),
                DisplayDuration(wait.drawn),
                DisplayDuration(planned)
            );
            ui.label(text);
        }
        ui.weak("Click for its lines in the log");
    }
}

fn duration(segment: &Segment) -> String {
    let took = DisplayDuration(segment.end.since(segment.start));
    match segment.state {
        SegmentState::Running => format!("{took} so far"),
        SegmentState::Done => took.to_string(),
        SegmentState::Failed if segment.part == Part::Open => format!("{took}, then closed"),
        SegmentState::Failed => format!("failed after {took}"),
    }
}

/// Fills `rect` with the colour and pattern of `part`.
pub(super) fn fill(ui: &Ui, tokens: &Tokens, part: Part, state: SegmentState, rect: Rect) {
    let color = &tokens.color;
    // The close is shown beside the lane; the open period itself did not fail.
    let is_failed = state == SegmentState::Failed && part != Part::Open;
    let ground = if is_failed { *color.warn } else { part.color(tokens) };
    ui.painter().rect_filled(rect, 2, ground);
    let ink = if part == Part::Wait && !is_failed { *color.muted } else { *color.on_part };
    let pattern = if is_failed { &[Lines::Falling] } else { part.pattern() };
    for lines in pattern {
        lines.draw(ui, rect, ink.gamma_multiply(0.55));
    }
    let font = FontId::proportional(tokens.size.badge);
    let word = part.label();
    if rect.width() < 24.0 || part == Part::Wait {
        return;
    }
    let text = if is_failed { format!("✕ {word}") } else { word.to_owned() };
    let galley = ui.painter().layout_no_wrap(text, font, *color.on_part);
    if galley.size().x + 8.0 < rect.width() {
        let at = pos2(rect.left() + 4.0, rect.center().y - galley.size().y / 2.0);
        let under = Rect::from_min_size(at, galley.size()).expand2(vec2(2.0, -1.0));
        ui.painter().rect_filled(under, 0, ground);
        ui.painter().galley(at, galley, *color.on_part);
    }
}

/// Patterns that distinguish segments without colour.
#[derive(Clone, Copy)]
enum Lines {
    /// Aslant, upwards.
    Rising,
    /// Aslant, downwards: the sign of a failure.
    Falling,
    /// So many points apart.
    Upright(f32),
    /// Two, one above the other.
    Level,
    /// One.
    Middle,
}

impl Lines {
    fn draw(self, ui: &Ui, rect: Rect, color: Color32) {
        let stroke = Stroke::new(1.0, color);
        match self {
            Self::Rising => hatch(ui, rect, color, false),
            Self::Falling => hatch(ui, rect, color, true),
            Self::Upright(step) => {
                let mut x = rect.left() + step;
                while x < rect.right() {
                    ui.painter().vline(x, rect.y_range(), stroke);
                    x += step;
                }
            }
            Self::Level => {
                for share in [0.33, 0.67] {
                    ui.painter().hline(rect.x_range(), rect.top() + share * rect.height(), stroke);
                }
            }
            Self::Middle => {
                ui.painter().hline(rect.x_range(), rect.center().y, stroke);
            }
        }
    }
}

/// Lines that rise through `rect`, or fall if what it stands for failed.
fn hatch(ui: &Ui, rect: Rect, color: Color32, falls: bool) {
    const STEP: f32 = 6.0;
    let stroke = Stroke::new(1.2, color);
    let height = rect.height();
    // Fixed to the screen, so that the pattern does not crawl while the segment grows.
    let mut x = ((rect.left() - height) / STEP).floor() * STEP;
    while x < rect.right() {
        let (left, right) = (x.max(rect.left()), (x + height).min(rect.right()));
        if left < right {
            let y = |at: f32| if falls { rect.top() + (at - x) } else { rect.bottom() - (at - x) };
            ui.painter().line_segment([pos2(left, y(left)), pos2(right, y(right))], stroke);
        }
        x += STEP;
    }
}
