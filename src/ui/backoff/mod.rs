//! The reconnect rule: its curve with band and cap, every wait that was drawn, why this one, and what comes
//! next; and the rule's editor, for this session.

mod curve;
mod editor;

use std::time::Duration;

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Align2, FontId, Layout, Rect, Role, Ui, UiBuilder, pos2, vec2};

use super::command::UiCommand;
use super::paint::{self, Look};
use super::state::State;
use super::tokens::Tokens;
use crate::model::{Backoff, Delay, DisplayDuration};
use curve::Curve;

const HEAD: f32 = 30.0;
const ROW: f32 = 20.0;
/// The curve is not drawn lower than this: words go first.
const LOWEST_CURVE: f32 = 64.0;

/// Draws it.
pub fn show(ui: &mut Ui, rect: Rect, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let inside = rect.shrink2(vec2(tokens.size.pad, 0.0));
    let head = show_head(ui, tokens, inside, state, asked);
    let mut rest = Rect::from_min_max(pos2(inside.left(), inside.top() + head), inside.max - vec2(0.0, 6.0));
    if state.backoff_draft.is_some() {
        rest = editor::show(ui, rest, state, asked);
    } else {
        rest.max.y -= show_words(ui, tokens, rest, state);
    }
    if rest.height() >= LOWEST_CURVE - ROW {
        Curve::of(state, rest).draw(ui, tokens, state);
    }
}

/// Draws the heading at the upper end of `inside`, and returns its height.
fn show_head(ui: &mut Ui, tokens: &Tokens, inside: Rect, state: &State, asked: &mut Vec<UiCommand>) -> f32 {
    let head = Rect::from_min_size(inside.min, vec2(inside.width(), HEAD));
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
    let font = FontId::proportional(tokens.size.small);
    let width = ui.painter().layout_no_wrap(text.clone(), font.clone(), color).size().x;
    if width <= rest.width() {
        paint::cut_text(ui, rest, Align2::RIGHT_CENTER, &text, font, color);
        return HEAD;
    }
    let below = Rect::from_min_size(head.left_bottom() - vec2(0.0, 6.0), vec2(inside.width(), ROW));
    paint::cut_text(ui, below, Align2::LEFT_CENTER, &text, font, color);
    HEAD - 6.0 + ROW
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
    let rule = &state.snapshot.backoff;
    let newest = state.snapshot.delays_in_a_row().next_back();
    let mut sentence = why(rule, newest.filter(|_| state.deadline().is_some()));
    sentence += &next(rule, newest.map_or(0, |delay| delay.retry));
    let words = ui.painter().layout(unbroken(&sentence), small.clone(), *color.text, rest.width());
    let has_waited = !state.snapshot.delays.is_empty();
    let line = if has_waited { ROW } else { 0.0 };
    let fits = rest.height() - line - words.size().y - 4.0 >= LOWEST_CURVE;
    let height = if fits { line + words.size().y + 4.0 } else { line };
    let top = rest.bottom() - height;
    if has_waited {
        let place = Rect::from_min_size(pos2(rest.left(), top), vec2(rest.width(), ROW));
        let key = paint::cut_text(ui, place, Align2::LEFT_CENTER, "waited so far", small, *color.muted);
        let values = place.with_min_x(key.rect.right() + 10.0);
        let galley = ui.painter().layout_job(waited(ui, state, values.width()));
        let at = Align2::RIGHT_CENTER.align_size_within_rect(galley.size(), values);
        let text = galley.text().to_owned();
        ui.painter().galley(at.min, galley, *color.text);
        paint::describe(ui, at, Role::Label, &text).on_hover_text(&sentence);
    }
    if fits {
        let place = Rect::from_min_size(pos2(rest.left(), top + line), words.size());
        ui.painter().galley(place.min, words, *color.text);
        paint::describe(ui, place, Role::Label, &sentence);
    }
    height
}

/// The newest waits that fit in `width`, oldest first; a bar stands where retries were counted from one again, and
/// those before that are pale.
fn waited(ui: &Ui, state: &State, width: f32) -> LayoutJob {
    let tokens = Tokens::at(ui);
    let character = ui.ctx().fonts_mut(|fonts| fonts.glyph_width(&tokens.mono(), '0'));
    let delays = &state.snapshot.delays;
    let mut room = (width / character.max(1.0)) as usize;
    let mut first = delays.len();
    for (index, delay) in delays.iter().enumerate().rev() {
        // What separates it from the next one or, after the last, the unit; what stands for those left out.
        let wanted = millis(delay.wait).chars().count() + 3 + if index > 0 { 2 } else { 0 };
        if wanted > room && first < delays.len() {
            break;
        }
        (room, first) = (room.saturating_sub(wanted - if index > 0 { 2 } else { 0 }), index);
    }
    let mut job = LayoutJob::default();
    let mut append = |text: &str, is_over: bool| {
        let color = if is_over { *tokens.color.muted } else { *tokens.color.text };
        job.append(text, 0.0, TextFormat::simple(tokens.mono(), color));
    };
    if first > 0 {
        append("… ", true);
    }
    for (index, delay) in delays.iter().enumerate().skip(first) {
        let is_over = index < state.snapshot.delays_over;
        if index > first {
            append(if delay.retry == 1 { " │ " } else { " · " }, is_over || delay.retry == 1);
        }
        append(&millis(delay.wait), is_over);
    }
    append(" ms", state.snapshot.delays_over == delays.len());
    job
}

/// `text` with no-break spaces in numbers and before their units.
fn unbroken(text: &str) -> String {
    let characters: Vec<_> = text.chars().collect();
    let is_in_number = |at: usize| {
        let after = &characters[at + 1..];
        let unit: String = after.iter().take_while(|character| character.is_alphabetic()).collect();
        let is_followed = after.first().is_some_and(|next| next.is_ascii_digit() || *next == '%');
        at > 0 && characters[at - 1].is_ascii_digit() && (is_followed || ["ms", "s", "m", "h", "d"].contains(&&*unit))
    };
    let spaced = |(at, character): (usize, &char)| match character {
        ' ' if is_in_number(at) => '\u{a0}',
        character => *character,
    };
    characters.iter().enumerate().map(spaced).collect()
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
    format!("The next failure waits {window}; {reset} it starts over at {}.", DisplayDuration(rule.nominal(0)))
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
        let flat = Backoff { base: Duration::from_secs(9), cap: Duration::from_secs(5), ..seed.clone() };
        assert_eq!(next(&flat, 3), "The next failure waits 5.0 s; as soon as it is open it starts over at 5.0 s.");
        assert_eq!(next(&seed, 0), "The next failure waits 250 ms; as soon as it is open it starts over at 250 ms.");
    }

    #[test]
    fn numbers_stay_with_their_units() {
        let text = "Retry 4: drawn +0.6 %: 2 013 ms. It waits 5 s more";
        assert_eq!(unbroken(text).replace('\u{a0}', "_"), "Retry 4: drawn +0.6_%: 2_013_ms. It waits 5_s more");
    }
}
