//! What passed over the socket: each message with time, direction, kind and size, one of them at length, and a field
//! to send one.

use std::collections::VecDeque;
use std::sync::Arc;

use egui::{Align, Align2, FontId, Id, Label, Layout, Rect, Response, RichText, TextEdit, Ui, pos2, vec2};
use strum::IntoEnumIterator as _;

use super::command::{Sift, UiCommand};
use super::lines::Filter;
use super::paint::{self, Look};
use super::rows::Rows;
use super::state::State;
use super::tokens::Tokens;
use crate::journal::recording::{MessageRecord, Unlisted};
use crate::journal::{Direction, Message, MessageKind, NewMessages, Traffic};
use crate::model::{AttemptId, JsonObject, Moment};

/// From this width on the message that is looked at stands beside the others, else below them.
const WIDE: f32 = 860.0;

/// The messages, and how a person looks at them.
pub struct Messages {
    kept: VecDeque<Message>,
    /// The number of the first that is kept.
    first: u64,
    /// All that passed so far, and how many of them are not kept any more.
    total: u64,
    dropped: u64,
    /// The numbers of those that are shown.
    passing: VecDeque<u64>,
    /// The number of the first that is not shown: it is of the future of the moment that is looked at.
    until: u64,
    /// Whether they are those of a recording, which holds no text.
    is_recorded: bool,
    filter: Filter,
    filter_text: String,
    sifts: [bool; 5],
    /// Whether the list stands still; messages are collected all the same.
    pub is_paused: bool,
    /// Whether the newest message is kept in view.
    pub follow: bool,
    /// Whether JSON is shown with a line for each value.
    pub is_unfolded: bool,
    rows: Rows,
    text_rows: Rows,
    selected: Option<u64>,
    draft: String,
    /// Why the draft was not sent.
    refusal: Option<String>,
}

impl Default for Messages {
    fn default() -> Self {
        Self {
            kept: VecDeque::new(),
            first: 0,
            total: 0,
            dropped: 0,
            passing: VecDeque::new(),
            until: u64::MAX,
            is_recorded: false,
            filter: Filter::default(),
            filter_text: String::new(),
            sifts: std::array::from_fn(|index| index != Sift::Heartbeats as usize),
            is_paused: false,
            follow: true,
            is_unfolded: false,
            rows: Rows::default(),
            text_rows: Rows::default(),
            selected: None,
            draft: String::new(),
            refusal: None,
        }
    }
}

impl Messages {
    /// Those that a recording lists; of `unlisted` it knows the number.
    pub fn of_recording(messages: &[MessageRecord], unlisted: Unlisted) -> Self {
        let no_text: Arc<[u8]> = Arc::default();
        let message = |record: &MessageRecord| {
            let MessageRecord { at, attempt, direction, kind, len, is_simulated } = *record;
            Message { at, attempt, direction, kind, len, head: Arc::clone(&no_text), is_simulated }
        };
        let kept: VecDeque<_> = messages.iter().map(message).collect();
        let dropped = unlisted.received.saturating_add(unlisted.sent);
        let total = kept.len() as u64;
        let mut view = Self { kept, total, dropped, until: 0, is_recorded: true, ..Self::default() };
        view.filter_again();
        view
    }

    /// Shows what had passed when the session's clock showed `now`.
    pub fn show_until(&mut self, now: Moment) {
        self.until = self.kept.partition_point(|message| message.at <= now) as u64;
    }

    /// Takes in what is new, unless the list is paused.
    pub fn take_in(&mut self, traffic: &Traffic) {
        self.total = traffic.received() + traffic.sent();
        if self.is_paused {
            return;
        }
        self.dropped = traffic.dropped();
        let next = self.first + self.kept.len() as u64;
        let NewMessages { first, messages } = traffic.since(next);
        if first > next {
            self.kept.clear();
            self.first = first;
        }
        let new = first.max(self.first);
        self.kept.extend(messages);
        let gone = usize::try_from(self.dropped.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.kept.drain(..gone.min(self.kept.len()));
        self.first = self.first.max(self.dropped);
        while self.passing.front().is_some_and(|number| *number < self.first) {
            self.passing.pop_front();
        }
        let end = self.first + self.kept.len() as u64;
        let passes = |number: &u64| self.message(*number).is_some_and(|message| self.passes(message));
        let passing: Vec<u64> = (new.max(self.first)..end).filter(passes).collect();
        self.passing.extend(passing);
    }

    /// Forgets the messages; choices and the draft stay.
    pub fn clear(&mut self) {
        let Self { filter, filter_text, sifts, is_unfolded, draft, .. } = std::mem::take(self);
        *self = Self { filter, filter_text, sifts, is_unfolded, draft, ..Self::default() };
    }

    fn message(&self, number: u64) -> Option<&Message> {
        self.kept.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    fn passes(&self, message: &Message) -> bool {
        let direction = match message.direction {
            Direction::In => Sift::Received,
            Direction::Out => Sift::Sent,
        };
        let kind = match message.kind {
            MessageKind::Text => Sift::Text,
            MessageKind::Binary => Sift::Binary,
            MessageKind::Ping | MessageKind::Pong => Sift::Heartbeats,
        };
        let text = || match std::str::from_utf8(&message.head) {
            _ if self.is_recorded => self.filter.is_in(&row(message)),
            Ok(text) => self.filter.is_in(text),
            Err(_) => self.filter.is_in(message.text().as_str()),
        };
        self.lets_through(direction) && self.lets_through(kind) && (!self.filter.has_text() || text())
    }

    /// Whether messages of this sort are shown.
    pub fn lets_through(&self, sift: Sift) -> bool {
        self.sifts[sift as usize]
    }

    /// Shows or hides messages of a sort.
    pub fn toggle(&mut self, sift: Sift) {
        self.sifts[sift as usize] ^= true;
        self.filter_again();
    }

    /// The filter's text.
    pub fn filter(&self) -> &str {
        &self.filter_text
    }

    /// Shows only messages that contain `text`, in whatever case.
    pub fn set_filter(&mut self, text: String) {
        self.filter = Filter::new(&text, true);
        self.filter_text = text;
        self.filter_again();
    }

    fn filter_again(&mut self) {
        let numbered = (self.first..).zip(&self.kept);
        self.passing = numbered.filter(|(_, message)| self.passes(message)).map(|(number, _)| number).collect();
    }

    /// How many are shown.
    fn len(&self) -> usize {
        if self.until == u64::MAX { self.passing.len() } else { self.passing.partition_point(|n| *n < self.until) }
    }

    /// What is not shown, in words.
    pub fn omissions(&self) -> Option<String> {
        let mut parts = Vec::new();
        if self.filter.has_text() {
            let all = usize::try_from(self.until).unwrap_or(usize::MAX).min(self.kept.len());
            parts.push(format!("{} of {all} messages", self.len()));
        }
        if self.is_recorded && self.dropped > 0 {
            parts.push(format!("{} were counted and not listed", self.dropped));
        } else if self.dropped > 0 {
            parts.push(format!("{} older messages were counted and not kept", self.dropped));
        }
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    /// How many came since the list was paused.
    fn unseen(&self) -> u64 {
        self.total - (self.first + self.kept.len() as u64)
    }

    /// The messages that are shown, as text.
    pub fn copied(&self, time: impl Fn(&Message) -> String) -> String {
        let messages = self.passing.iter().take(self.len()).filter_map(|number| self.message(*number));
        messages.map(|message| one_line(message, &time(message)) + "\n").collect()
    }

    /// The payload of the message that was clicked.
    pub fn copied_selection(&self) -> Option<String> {
        let message = self.message(self.selected?)?;
        if self.is_recorded {
            return Some(row(message));
        }
        let text = message.text();
        Some(if self.is_unfolded { indented(text.as_str()) } else { text.as_str().to_owned() })
    }

    /// Whether one is looked at.
    pub fn has_selection(&self) -> bool {
        self.selected.is_some_and(|number| self.message(number).is_some())
    }

    /// Looks at none.
    pub fn deselect(&mut self) {
        self.selected = None;
    }

    /// What is to be sent; if it is not an object the person is told so.
    pub fn take_draft(&mut self) -> Option<JsonObject> {
        match JsonObject::parse(&self.draft) {
            Ok(object) => {
                self.refusal = None;
                Some(object)
            }
            Err(error) => {
                self.refusal = Some(error.to_string());
                None
            }
        }
    }

    /// The session has taken the draft.
    pub fn sent(&mut self) {
        self.draft.clear();
    }
}

fn one_line(message: &Message, time: &str) -> String {
    let mark = if message.is_simulated { " [SIMULATED flood]" } else { "" };
    let cut = if message.is_cut() && !message.head.is_empty() { "…" } else { "" };
    let text = format!("{time} {} {}{cut}{mark}", row(message), message.text());
    text.trim_end().to_owned()
}

/// What its row says of a message besides time and text.
fn row(message: &Message) -> String {
    format!("{} {} {}", direction(message).1, kind(message), size(message.len))
}

fn direction(message: &Message) -> (&'static str, &'static str) {
    match message.direction {
        Direction::In => ("↓", "in"),
        Direction::Out => ("↑", "out"),
    }
}

fn kind(message: &Message) -> &'static str {
    match message.kind {
        MessageKind::Text => "text",
        MessageKind::Binary => "binary",
        MessageKind::Ping => "ping",
        MessageKind::Pong => "pong",
    }
}

/// A number of bytes with its unit.
pub fn size(bytes: usize) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_240_000 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        _ => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
    }
}

/// JSON with a line for each value. Nothing is decoded or left out, and what was cut stays cut.
fn indented(text: &str) -> String {
    const DEEPEST: usize = 40;
    let mut result = String::with_capacity(text.len() * 2);
    let (mut depth, mut in_string, mut escaped, mut is_empty) = (0_usize, false, false, false);
    let line = |result: &mut String, depth: usize| {
        result.push('\n');
        result.extend(std::iter::repeat_n("  ", depth.min(DEEPEST)));
    };
    for character in text.chars() {
        if in_string {
            result.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        if character.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(character, '}' | ']');
        if closes {
            depth = depth.saturating_sub(1);
        }
        if is_empty != closes && (is_empty || closes) {
            line(&mut result, depth);
        }
        is_empty = matches!(character, '{' | '[');
        depth += usize::from(is_empty);
        result.push(character);
        match character {
            '"' => in_string = true,
            ':' => result.push(' '),
            ',' => line(&mut result, depth),
            _ => {}
        }
    }
    result
}

/// The field to write a message, so that its keys are known.
pub fn draft_id() -> Id {
    Id::unique("message draft")
}

/// Draws them.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let all = ui.available_rect_before_wrap();
    let (tools, rest) = all.split_top_bottom_at_y(all.top() + 28.0);
    let (list, compose) = rest.split_top_bottom_at_y(rest.bottom() - 34.0);
    let child = |rect: Rect| egui::UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center));
    tools_row(&mut ui.new_child(child(tools.with_max_x(tools.right() - tokens.size.margin))), state, asked);
    let compose = &mut ui.new_child(child(compose.with_max_x(compose.right() - tokens.size.margin)));
    if state.messages_view.is_recorded {
        let text = "The text of messages is not recorded: only time, direction, kind and size";
        compose.add(Label::new(RichText::new(text).color(*tokens.color.muted)).truncate());
    } else {
        compose_row(compose, state, asked);
    }

    let view = &state.messages_view;
    let selected = view.selected.filter(|_| !view.is_recorded).and_then(|number| view.message(number)).cloned();
    let list = list.with_max_y(list.bottom() - 4.0);
    let (list, detail) = match &selected {
        Some(_) if list.width() >= WIDE => list.split_left_right_at_fraction(0.55),
        Some(_) => list.split_top_bottom_at_fraction(0.45),
        None => (list, Rect::NOTHING),
    };
    let mut list = ui.new_child(egui::UiBuilder::new().id_salt("list").max_rect(list));
    show_list(&mut list, state, tokens);
    if let Some(message) = selected {
        let detail = detail.with_min_x(detail.left() + 10.0);
        ui.painter().vline(detail.left() - 6.0, detail.y_range(), tokens.outline());
        let detail = egui::UiBuilder::new().id_salt("detail").max_rect(detail);
        show_detail(&mut ui.new_child(detail), state, tokens, &message, asked);
    }
    ui.advance_cursor_after_rect(all);
}

fn tools_row(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    ui.spacing_mut().button_padding.y = 1.0;
    ui.spacing_mut().item_spacing.x = 4.0;
    let height = vec2(0.0, 22.0);
    for sift in Sift::iter() {
        paint::button(ui, state, UiCommand::Sift(sift), Look::Switch, Some(sift.word()), height, asked);
    }
    ui.add_space(8.0);
    let view = &state.messages_view;
    if !view.is_recorded {
        paint::button(ui, state, UiCommand::Pause, Look::Switch, None, height, asked);
    }
    let text = if view.is_recorded {
        format!("{} had passed by this moment", view.until)
    } else if view.is_paused {
        format!("{} new", view.unseen())
    } else {
        format!("{} passed, {} kept", view.total, view.kept.len())
    };
    let color = if view.is_paused { *tokens.color.warn } else { *tokens.color.muted };
    ui.add(Label::new(RichText::new(text).size(tokens.size.small).color(color)).truncate());
}

fn compose_row(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let mut draft = std::mem::take(&mut state.messages_view.draft);
    let hint = RichText::new("A JSON object to send, such as {\"v\":1,\"type\":\"subscribe\"} — Ctrl+Enter sends");
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        paint::button(ui, state, UiCommand::SendMessage, Look::Plain, Some("Send"), vec2(64.0, 24.0), asked);
        if let Some(refusal) = &state.messages_view.refusal {
            let text = RichText::new(refusal).size(tokens.size.small).color(*tokens.color.bad);
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width() * 0.5);
                ui.add(Label::new(text).truncate());
            });
        }
        let field = TextEdit::singleline(&mut draft)
            .id(draft_id())
            .font(tokens.mono())
            .hint_text(hint.color(*tokens.color.muted))
            .desired_width(ui.available_width())
            .char_limit(JsonObject::MAX)
            .margin(egui::Margin::symmetric(8, 3));
        let response = ui.add(field).accessible_name("Message to send");
        if response.changed() {
            state.messages_view.refusal = None;
        }
    });
    state.messages_view.draft = draft;
}

fn show_list(ui: &mut Ui, state: &mut State, tokens: &Tokens) {
    let view = &state.messages_view;
    let count = view.len();
    if count == 0 {
        let text = if view.until == 0 {
            "At this moment no message that is listed had passed"
        } else if view.total == 0 {
            "No message has passed yet"
        } else if view.filter.has_text() {
            "No message contains what the filter says"
        } else {
            "No message of the chosen sorts; pings and pongs are hidden unless chosen"
        };
        paint::empty(ui, text);
        return;
    }
    let (mut rows, mut follow, mut clicked) = (view.rows, view.follow && !view.is_paused, None);
    let keeps_following = view.follow;
    rows.show(ui, tokens.size.log_row, count, &mut follow, |ui, index, rect, response| {
        let Some((number, message)) = view.passing.get(index).and_then(|n| Some((*n, view.message(*n)?))) else {
            return;
        };
        if response.clicked() {
            clicked = Some(number);
        }
        let time = time(state, message);
        show_message(ui, tokens, message, &time, view.selected == Some(number), rect, response);
    });
    let view = &mut state.messages_view;
    view.rows = rows;
    view.follow = if view.is_paused { keeps_following } else { follow };
    if let Some(number) = clicked {
        view.selected = (view.selected != Some(number)).then_some(number);
        view.text_rows = Rows::default();
    }
}

/// When a message passed.
pub fn time(state: &State, message: &Message) -> String {
    state.calendar.date(message.at).map_or_else(|| message.at.to_string(), |date| state.calendar.precise(date))
}

fn show_message(
    ui: &mut Ui,
    tokens: &Tokens,
    message: &Message,
    time: &str,
    is_selected: bool,
    rect: Rect,
    response: Response,
) {
    /// Characters that can be seen of a payload in one row.
    const SEEN: usize = 600;
    let color = &tokens.color;
    if is_selected {
        ui.painter().rect_filled(rect, 0, *color.selection);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 0, *color.raised);
    }
    let (arrow, word) = direction(message);
    let direction_color = if message.direction == Direction::In { *color.accent } else { *color.busy };
    let (small, mono) = (FontId::proportional(tokens.size.small), tokens.mono());
    let text = crate::model::SafeText::with_limit(message.text().as_str(), SEEN);
    let cells = [
        (92.0, time.to_owned(), *color.muted, mono.clone()),
        (46.0, format!("{arrow} {word}"), direction_color, small.clone()),
        (50.0, kind(message).to_owned(), *color.muted, small.clone()),
        (74.0, size(message.len), *color.text, small),
    ];
    let mut left = rect.left();
    for (width, text, text_color, font) in cells {
        let place = Rect::from_min_size(pos2(left, rect.top()), vec2(width - 8.0, rect.height()));
        let galley = ui.painter().layout_no_wrap(text, font, text_color);
        let at = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), place).min;
        ui.painter().galley(at, galley, text_color);
        left += width;
    }
    let mut place = Rect::from_min_max(pos2(left, rect.top()), rect.max);
    if message.is_simulated {
        place.min.x = paint::badge(ui, place, "SIMULATED").right() + 8.0;
    }
    let mut job = egui::text::LayoutJob::simple_singleline(text.as_str().to_owned(), mono, *color.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(place.width().max(10.0));
    let galley = ui.painter().layout_job(job);
    let at = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), place).min;
    ui.painter().galley(at, galley, *color.text);
    let label = || egui::WidgetInfo::labeled(egui::Role::Label, true, one_line(message, time));
    response.widget_info(label);
}

fn show_detail(ui: &mut Ui, state: &mut State, tokens: &Tokens, message: &Message, asked: &mut Vec<UiCommand>) {
    let color = &tokens.color;
    let AttemptId(attempt) = message.attempt;
    let (_, word) = direction(message);
    let mut head = format!("{word} · {} · {} · attempt {attempt}", kind(message), size(message.len));
    if message.is_cut() {
        head += &format!(" · cut: only the first {} are kept", size(Message::HEAD));
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().button_padding.y = 1.0;
        let height = vec2(0.0, 22.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(tokens.size.margin);
            paint::button(ui, state, UiCommand::CopyMessage, Look::Plain, None, height, asked);
            paint::button(ui, state, UiCommand::Unfold, Look::Switch, None, height, asked);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(RichText::new(head).size(tokens.size.small).color(*color.muted)).truncate());
            });
        });
    });
    let text = message.text();
    let text = if state.messages_view.is_unfolded { indented(text.as_str()) } else { text.as_str().to_owned() };
    let letter = ui.painter().layout_no_wrap("0".to_owned(), tokens.mono(), *color.text).size().x.max(1.0);
    let columns = ((ui.available_width() - 16.0) / letter).max(8.0) as usize;
    let lines = wrapped(&text, columns);
    let mut never = false;
    let mut rows = state.messages_view.text_rows;
    rows.show(ui, 16.0, lines.len(), &mut never, |ui, index, rect, response| {
        let Some(line) = lines.get(index) else { return };
        ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, line, tokens.mono(), *color.text);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, line));
    });
    state.messages_view.text_rows = rows;
}

/// The lines of `text`, none longer than `columns`; what goes on is indented as its line is.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let indent = line.chars().take_while(|c| *c == ' ').count().min(columns / 2);
        let characters: Vec<char> = line.chars().collect();
        let (first, rest) = characters.split_at(characters.len().min(columns));
        lines.push(first.iter().collect());
        let more = rest.chunks((columns - indent).max(1));
        lines.extend(more.map(|part| " ".repeat(indent) + &part.iter().collect::<String>()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_gets_a_line_for_each_value_and_is_not_changed_otherwise() {
        let text = r#"{"v":1, "a":[],"s":"x, \"{[\\" ,"n":{"big":12345678901234567890,"u":"\u0041"}}"#;
        let expected = r#"{
  "v": 1,
  "a": [],
  "s": "x, \"{[\\",
  "n": {
    "big": 12345678901234567890,
    "u": "\u0041"
  }
}"#;
        assert_eq!(indented(text), expected);
        assert_eq!(indented(r#"[{"a":"cut he"#), "[\n  {\n    \"a\": \"cut he");
        let deep = "[".repeat(5_000);
        assert!(indented(&deep).len() < 5_000 * 90);
    }

    #[test]
    fn long_lines_are_broken_and_nothing_is_lost() {
        assert_eq!(wrapped("  abcdef\ng", 5), ["  abc", "  def", "g"]);
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!([size(64), size(20_480), size(16 << 20)], ["64 B", "20.0 KiB", "16.0 MiB"]);
    }
}
