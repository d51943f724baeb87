//! The reconnect rule: its curve with band and cap, every wait that was drawn, why this one, and what comes
//! next; and the rule's editor, for this session.

use std::time::Duration;

use egui::{
    Align, Align2, Color32, DragValue, FontId, Layout, Mesh, Pos2, Rect, Role, Shape, Stroke, Ui, UiBuilder, pos2, vec2,
};

use super::command::UiCommand;
use super::paint::{self, Look};
use super::state::State;
use super::tokens::Tokens;
use crate::journal::Status;
use crate::model::{Backoff, Delay, DisplayDuration, limit};

const HEAD: f32 = 30.0;
const ROW: f32 = 20.0;
/// The curve is not drawn lower than this: words go first.
const LOWEST_CURVE: f32 = 64.0;
/// Retries on the curve: at least, and at most.
const FEWEST: u32 = 7;
const MOST: u32 = 24;

/// Draws it.
pub fn show(ui: &mut Ui, rect: Rect, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let inside = rect.shrink2(vec2(tokens.size.pad, 0.0));
    show_head(ui, tokens, Rect::from_min_size(inside.min, vec2(inside.width(), HEAD)), state, asked);
    let mut rest = Rect::from_min_max(pos2(inside.left(), inside.top() + HEAD), inside.max - vec2(0.0, 6.0));
    if let Some(mut draft) = state.backoff_draft.clone() {
        rest.max.y -= show_editor(ui, rest, state, &mut draft, asked);
        state.backoff_draft = Some(draft);
    } else {
        rest.max.y -= show_words(ui, tokens, rest, state);
    }
    if rest.height() >= LOWEST_CURVE - ROW {
        Curve::of(state, rest).draw(ui, tokens, state);
    }
}

/// The rule that is shown: the edited one while it is edited.
fn shown(state: &State) -> &Backoff {
    state.backoff_draft.as_ref().unwrap_or(&state.snapshot.backoff)
}

fn show_head(ui: &mut Ui, tokens: &Tokens, head: Rect, state: &State, asked: &mut Vec<UiCommand>) {
    let mut row =
        ui.new_child(UiBuilder::new().max_rect(head).layout(Layout::right_to_left(Align::Center)).id_salt("backoff"));
    let ui = &mut row;
    ui.spacing_mut().item_spacing.x = 6.0;
    ui.spacing_mut().button_padding = vec2(6.0, 1.0);
    ui.spacing_mut().interact_size.y = 20.0;
    let edit = if state.backoff_draft.is_some() { "Close" } else { "Edit…" };
    let response = paint::button(ui, state, UiCommand::EditBackoff, Look::Plain, Some(edit), vec2(0.0, 20.0), asked);
    response.accessible_name(UiCommand::EditBackoff.label(state));
    let rest = ui.available_rect_before_wrap();
    let font = tokens.bold(tokens.size.small);
    let title = paint::cut_text(ui, rest, Align2::LEFT_CENTER, "Backoff", font, *tokens.color.muted);
    let rest = rest.with_min_x(title.rect.right() + 10.0);
    let (text, color) = if state.is_backoff_changed() {
        (format!("changed for this session: {}", rule_text(&state.snapshot.backoff)), *tokens.color.warn)
    } else {
        (rule_text(&state.snapshot.backoff), *tokens.color.muted)
    };
    paint::cut_text(ui, rest, Align2::RIGHT_CENTER, &text, FontId::proportional(tokens.size.small), color);
}

/// `250 ms ×2, cap 5.0 s, ±25 %`.
fn rule_text(rule: &Backoff) -> String {
    let Backoff { base, factor, cap, jitter, .. } = rule;
    format!("{} ×{factor}, cap {}, ±{} %", DisplayDuration(*base), DisplayDuration(*cap), percent(*jitter))
}

/// A share in per cent, with no more digits than it has.
fn percent(share: f64) -> f64 {
    (share * 1_000.0).round() / 10.0
}

/// Whole milliseconds with a thin gap between thousands.
fn millis(duration: Duration) -> String {
    let whole = (duration.as_secs_f64() * 1_000.0).round() as u64;
    if whole < 1_000 { whole.to_string() } else { format!("{} {:03}", whole / 1_000, whole % 1_000) }
}

/// Draws the waits so far and the sentences at the lower end of `rest`, and returns their height.
fn show_words(ui: &mut Ui, tokens: &Tokens, rest: Rect, state: &State) -> f32 {
    let (color, size) = (&tokens.color, &tokens.size);
    let small = FontId::proportional(size.small);
    let delays = &state.snapshot.delays;
    let mut sentence = why(&state.snapshot.backoff, delays.back().filter(|_| state.deadline().is_some()));
    sentence += &next(&state.snapshot.backoff, delays.back().map_or(0, |delay| delay.retry));
    let words = ui.painter().layout(sentence.clone(), small.clone(), *color.text, rest.width());
    let has_waited = !delays.is_empty();
    let line = if has_waited { ROW } else { 0.0 };
    let fits = rest.height() - line - words.size().y - 4.0 >= LOWEST_CURVE;
    let height = if fits { line + words.size().y + 4.0 } else { line };
    let top = rest.bottom() - height;
    if has_waited {
        let place = Rect::from_min_size(pos2(rest.left(), top), vec2(rest.width(), ROW));
        let key = paint::cut_text(ui, place, Align2::LEFT_CENTER, "waited so far", small, *color.muted);
        let values = place.with_min_x(key.rect.right() + 10.0);
        let response = paint::cut_text(
            ui,
            values,
            Align2::RIGHT_CENTER,
            &waited(state, values.width(), ui),
            tokens.mono(),
            *color.text,
        );
        response.on_hover_text(&sentence);
    }
    if fits {
        let place = Rect::from_min_size(pos2(rest.left(), top + line), words.size());
        ui.painter().galley(place.min, words, *color.text);
        paint::describe(ui, place, Role::Label, &sentence);
    }
    height
}

/// The newest waits that fit in `width`, oldest first.
fn waited(state: &State, width: f32, ui: &Ui) -> String {
    let character = ui.ctx().fonts_mut(|fonts| fonts.glyph_width(&Tokens::at(ui).mono(), '0'));
    let room = (width / character.max(1.0)) as usize;
    let mut text = " ms".to_owned();
    for (count, delay) in state.snapshot.delays.iter().rev().enumerate() {
        let one = millis(delay.wait);
        if text.chars().count() + one.chars().count() + 5 > room && count > 0 {
            return format!("… {text}");
        }
        text = if count == 0 { one + &text } else { format!("{one} · {text}") };
    }
    text
}

/// Why the client waits this long.
fn why(rule: &Backoff, delay: Option<&Delay>) -> String {
    let Some(delay) = delay else { return String::new() };
    let exponent = delay.retry.saturating_sub(1);
    let off = percent(delay.drawn.as_secs_f64() / delay.nominal.as_secs_f64().max(f64::MIN_POSITIVE) - 1.0);
    let grown = rule.base.mul_f64_saturating(rule.factor.powf(f64::from(exponent)));
    let how = if rule.nominal(exponent) != delay.nominal {
        format!("{} by the rule before it was changed", DisplayDuration(delay.nominal))
    } else if grown > rule.cap {
        format!(
            "{} × {}^{exponent} is more than the cap, so {}",
            DisplayDuration(rule.base),
            rule.factor,
            DisplayDuration(delay.nominal)
        )
    } else {
        format!("{} × {}^{exponent} = {} ms", DisplayDuration(rule.base), rule.factor, millis(delay.nominal))
    };
    let floor = match delay.floor {
        Some(floor) if floor > delay.drawn => {
            format!(", but the server asked for {} (Retry-After)", DisplayDuration(floor))
        }
        Some(floor) => format!("; the server asked for only {} (Retry-After)", DisplayDuration(floor)),
        None => String::new(),
    };
    format!("Retry {}: {how}; drawn {off:+} %: {} ms{floor}. ", delay.retry, millis(delay.drawn))
}

/// What the client would do after `retries` in a row.
fn next(rule: &Backoff, retries: u32) -> String {
    let (low, high) = rule.window(retries);
    let window =
        if low == high { DisplayDuration(low).to_string() } else { format!("{}–{} ms", millis(low), millis(high)) };
    let reset = if rule.reset_after.is_zero() {
        "as soon as it is open".to_owned()
    } else {
        format!("after {} open", DisplayDuration(rule.reset_after))
    };
    format!("The next failure waits {window}; {reset} it starts over at {}.", DisplayDuration(rule.base))
}

/// Draws the fields at the lower end of `rest`, and returns their height.
fn show_editor(ui: &mut Ui, rest: Rect, state: &State, draft: &mut Backoff, asked: &mut Vec<UiCommand>) -> f32 {
    const HEIGHT: f32 = 84.0;
    let place = Rect::from_min_max(pos2(rest.left(), rest.bottom() - HEIGHT.min(rest.height())), rest.max);
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt("backoff editor"));
    let ui = &mut child;
    ui.spacing_mut().item_spacing = vec2(6.0, 5.0);
    ui.spacing_mut().button_padding = vec2(6.0, 1.0);
    ui.spacing_mut().interact_size.y = 22.0;
    ui.horizontal_wrapped(|ui| {
        let most = limit::MAX.as_secs_f64() * 1_000.0;
        time(ui, "first wait", &mut draft.base, 1.0..=most);
        let factor = DragValue::new(&mut draft.factor).range(Backoff::FACTORS).speed(0.02).max_decimals(2).prefix("× ");
        ui.add(factor).accessible_name("Backoff: factor").on_hover_text("Each further wait is so many times as long");
        time(ui, "cap", &mut draft.cap, 1.0..=most);
        let mut share = percent(draft.jitter);
        let jitter = DragValue::new(&mut share).range(0.0..=100.0).max_decimals(1).prefix("± ").suffix(" %");
        let jitter = ui.add(jitter).accessible_name("Backoff: jitter");
        if jitter.on_hover_text("Drawn at random on either side, after the cap").changed() {
            draft.jitter = share / 100.0;
        }
        time(ui, "reset after", &mut draft.reset_after, 0.0..=most);
    });
    ui.horizontal(|ui| {
        let size = vec2(0.0, 22.0);
        paint::button(ui, state, UiCommand::UseBackoff, Look::Primary, None, size, asked);
        paint::button(ui, state, UiCommand::ProfileBackoff, Look::Plain, None, size, asked);
    });
    place.height()
}

fn time(ui: &mut Ui, name: &str, duration: &mut Duration, range: std::ops::RangeInclusive<f64>) {
    let mut value = duration.as_secs_f64() * 1_000.0;
    let field =
        DragValue::new(&mut value).range(range).max_decimals(0).speed(10.0).prefix(format!("{name} ")).suffix(" ms");
    let response = ui.add(field).accessible_name(format!("Backoff: {name}"));
    if response.on_hover_text("Drag, or click and type").changed() {
        *duration = Duration::from_secs_f64(value / 1_000.0);
    }
}

/// The curve in one frame.
struct Curve {
    rect: Rect,
    rule: Backoff,
    first: u32,
    last: u32,
    highest: Duration,
}

impl Curve {
    fn of(state: &State, rest: Rect) -> Self {
        let rule = shown(state).clone();
        let newest = state.snapshot.delays.back().map_or(0, |delay| delay.retry);
        let last = newest.saturating_add(2).max(FEWEST);
        let first = last.saturating_sub(MOST - 1).max(1);
        let drawn = state.snapshot.delays.iter().filter(|delay| delay.retry >= first).map(|delay| delay.drawn).max();
        let highest = (first..=last).map(|retry| rule.window(retry - 1).1).chain(drawn).max().unwrap_or_default();
        let rect = Rect::from_min_max(rest.min + vec2(44.0, 6.0), rest.max - vec2(8.0, 20.0));
        Self { rect, rule, first, last, highest: highest.max(Duration::from_millis(1)) }
    }

    fn at(&self, retry: u32, wait: Duration) -> Pos2 {
        let steps = (self.last - self.first).max(1) as f32;
        let x = self.rect.left() + retry.saturating_sub(self.first) as f32 / steps * self.rect.width();
        let share = (wait.as_secs_f64() / self.highest.as_secs_f64()).min(1.0) as f32;
        pos2(x, self.rect.bottom() - share * self.rect.height())
    }

    fn draw(&self, ui: &mut Ui, tokens: &Tokens, state: &State) {
        let color = &tokens.color;
        let font = FontId::proportional(tokens.size.section);
        let text = |at: Pos2, align: Align2, text: String| {
            ui.painter().text(at, align, text, font.clone(), *color.muted);
        };
        ui.painter().hline(self.rect.x_range(), self.rect.bottom(), tokens.outline());
        text(pos2(self.rect.left() - 6.0, self.rect.bottom() + 2.0), Align2::RIGHT_BOTTOM, "0 s".to_owned());
        let cap = self.at(self.first, self.rule.cap);
        if self.rule.cap <= self.highest {
            let dotted = Shape::dashed_line(&[cap, pos2(self.rect.right(), cap.y)], tokens.outline(), 2.0, 4.0);
            ui.painter().extend(dotted);
            text(cap - vec2(6.0, 0.0), Align2::RIGHT_CENTER, DisplayDuration(self.rule.cap).to_string());
        }
        let every = ((self.last - self.first) as f32 * 34.0 / self.rect.width().max(1.0)).ceil().max(1.0);
        for retry in (self.first..=self.last).step_by(every as usize) {
            let at = pos2(self.at(retry, Duration::ZERO).x, self.rect.bottom() + 3.0);
            text(at, Align2::CENTER_TOP, retry.to_string());
        }
        text(pos2(self.rect.left() - 14.0, self.rect.bottom() + 3.0), Align2::RIGHT_TOP, "retry".to_owned());

        self.band(ui, color.busy.gamma_multiply(0.18));
        let middle: Vec<_> =
            (self.first..=self.last).map(|retry| self.at(retry, self.rule.nominal(retry - 1))).collect();
        ui.painter().extend(Shape::dashed_line(&middle, Stroke::new(1.5, color.busy), 5.0, 4.0));

        let waiting = matches!(state.snapshot.status, Status::Waiting(_));
        let delays: Vec<_> = state.snapshot.delays.iter().filter(|delay| delay.retry >= self.first).copied().collect();
        for (index, delay) in delays.iter().enumerate() {
            let at = self.at(delay.retry, delay.drawn);
            if waiting && index + 1 == delays.len() {
                self.deadline(ui, tokens, state, delay, at);
            } else {
                ui.painter().circle_filled(at, 3.5, *color.warn);
            }
            let name = format!("Retry {}: waited {} ms", delay.retry, millis(delay.wait));
            let place = Rect::from_center_size(at, vec2(12.0, 12.0));
            paint::describe(ui, place, Role::Label, &name).on_hover_text(why(&self.rule, Some(delay)));
        }
    }

    /// The wait that is going on: how much of it is over rises to the ring.
    fn deadline(&self, ui: &Ui, tokens: &Tokens, state: &State, delay: &Delay, at: Pos2) {
        let color = &tokens.color;
        let left = delay.until.since(state.now).as_secs_f32() / delay.wait.as_secs_f32().max(f32::EPSILON);
        let ground = self.rect.bottom();
        let over = ground + (at.y - ground) * (1.0 - left.clamp(0.0, 1.0));
        ui.painter().vline(at.x, at.y..=ground, Stroke::new(3.0, color.track));
        ui.painter().vline(at.x, over..=ground, Stroke::new(3.0, color.warn));
        ui.painter().circle(at, 5.0, *color.card, Stroke::new(2.0, color.strong));
    }

    fn band(&self, ui: &Ui, color: Color32) {
        let mut mesh = Mesh::default();
        for retry in self.first..=self.last {
            let (low, high) = self.rule.window(retry - 1);
            mesh.colored_vertex(self.at(retry, high), color);
            mesh.colored_vertex(self.at(retry, low), color);
        }
        for corner in (0..2 * (self.last - self.first)).step_by(2) {
            mesh.add_triangle(corner, corner + 1, corner + 2);
            mesh.add_triangle(corner + 1, corner + 2, corner + 3);
        }
        ui.painter().add(mesh);
    }
}

/// Multiplying without a panic where the product is too long to be a duration.
trait Saturating {
    fn mul_f64_saturating(self, factor: f64) -> Duration;
}

impl Saturating for Duration {
    fn mul_f64_saturating(self, factor: f64) -> Duration {
        Duration::try_from_secs_f64(self.as_secs_f64() * factor).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;

    fn delay(retry: u32, nominal: u64, drawn: u64, floor: Option<u64>) -> Delay {
        let (nominal, drawn) = (Duration::from_millis(nominal), Duration::from_millis(drawn));
        let floor = floor.map(Duration::from_secs);
        Delay { retry, nominal, drawn, floor, wait: drawn.max(floor.unwrap_or_default()), until: Moment::START }
    }

    #[test]
    fn every_wait_is_explained() {
        let rule = Backoff::default();
        let text = |delay| why(&rule, Some(&delay));
        assert_eq!(text(delay(4, 2_000, 2_013, None)), "Retry 4: 250 ms × 2^3 = 2 000 ms; drawn +0.6 %: 2 013 ms. ");
        assert!(text(delay(8, 5_000, 4_000, None)).contains("is more than the cap, so 5.0 s; drawn -20 %: 4 000 ms"));
        assert!(text(delay(1, 250, 245, Some(60))).contains("but the server asked for 60 s (Retry-After)"));
        assert!(text(delay(2, 900, 800, None)).contains("900 ms by the rule before it was changed"));
        assert_eq!(next(&rule, 4), "The next failure waits 3 000–5 000 ms; after 5.0 s open it starts over at 250 ms.");
        let seed = Backoff { reset_after: Duration::ZERO, jitter: 0.0, ..rule };
        assert_eq!(next(&seed, 0), "The next failure waits 250 ms; as soon as it is open it starts over at 250 ms.");
    }
}
