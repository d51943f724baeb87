//! One message at length: JSON as an outline whose parts fold, text line by line, bytes as a hex dump.

use std::ops::Range;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Color32, Id, Key, Modifiers, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use serde::de::IgnoredAny;

use super::super::paint;
use super::super::rows::Rows;
use super::super::tokens::Tokens;
use super::outline::{Name, Outline, Value};
use crate::journal::{Message, MessageKind};
use crate::model::SafeText;

/// A string that is longer is cut until all of it is asked for, in bytes.
const LONG: usize = 160;
/// Rows that are unfolded at first.
const AT_FIRST: usize = 40;
/// The height of a row.
const ROW: f32 = 18.0;
/// How much further to the right each level begins.
const INDENT: f32 = 14.0;

/// The message that is looked at. It stays when the list keeps it no longer.
pub struct MessageInspector {
    /// Its number.
    pub number: u64,
    pub message: Message,
    body: Body,
    /// Why a message that seems to be JSON is not shown as such.
    pub problem: Option<String>,
    /// The row that the keyboard is at.
    cursor: usize,
    rows: Rows,
}

enum Body {
    /// Which nodes of the outline of a text are unfolded, or shown at length.
    Json { text: String, outline: Outline, open: Vec<bool> },
    /// Lines that are harmless to show.
    Lines(Vec<String>),
}

/// What stands in a row.
enum Row {
    /// A node of the outline.
    Node(usize),
    /// A part of a long text of this level.
    Part(usize, String),
}

impl MessageInspector {
    /// Looks at `message`.
    pub fn at(number: u64, message: Message) -> Self {
        let (body, problem) = body(&message);
        Self { number, message, body, problem, cursor: 0, rows: Rows::default() }
    }

    /// Whether something in it can be folded.
    pub fn folds(&self) -> bool {
        matches!(self.body, Body::Json { .. })
    }

    /// Whether all of it is unfolded; long strings are another matter.
    pub fn is_unfolded(&self) -> bool {
        match &self.body {
            Body::Json { outline, open, .. } => {
                outline.nodes.iter().zip(open).all(|(node, open)| *open || !node.value.is_container())
            }
            Body::Lines(_) => false,
        }
    }

    /// Unfolds all of it, or folds all but the outermost level.
    pub fn unfold_all(&mut self) {
        let unfold = !self.is_unfolded();
        if let Body::Json { outline, open, .. } = &mut self.body {
            let containers = outline.nodes.iter().zip(open).filter(|(node, _)| node.value.is_container());
            containers.for_each(|(node, open)| *open = unfold || node.depth == 0);
        }
    }

    fn toggle(&mut self, node: usize) {
        if let Body::Json { outline, open, .. } = &mut self.body
            && outline.nodes.get(node).is_some_and(|node| folds(&node.value))
        {
            open[node] ^= true;
        }
    }

    /// What is to be seen, if a row has room for `columns` letters.
    fn rows(&self, columns: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        match &self.body {
            Body::Lines(lines) => {
                rows.extend(lines.iter().flat_map(|line| parts(line, columns)).map(|part| Row::Part(0, part)));
            }
            Body::Json { text, outline, open } => {
                let mut index = 0;
                while let Some(node) = outline.nodes.get(index) {
                    rows.push(Row::Node(index));
                    if let (Value::Scalar(place), true) = (&node.value, open[index])
                        && place.len() > LONG
                    {
                        let taken = (node.depth + 2) * 2;
                        let parts = parts(&shown(&text[place.clone()]), columns.saturating_sub(taken));
                        rows.extend(parts.into_iter().map(|part| Row::Part(node.depth + 1, part)));
                    }
                    index = if node.value.is_container() && !open[index] { node.after } else { index + 1 };
                }
            }
        }
        rows
    }

    /// Draws it in what is left of `ui`.
    pub fn show(&mut self, ui: &mut Ui) {
        let tokens = Tokens::at(ui);
        let all = ui.available_rect_before_wrap();
        let pane = ui.interact(all, pane_id(), Sense::click());
        pane.widget_info(|| WidgetInfo::labeled(Role::Tree, true, "The message, row by row"));
        let letter = ui.painter().layout_no_wrap("0".to_owned(), tokens.mono(), Color32::PLACEHOLDER).size().x.max(1.0);
        let columns = ((all.width() - 40.0) / letter).max(8.0) as usize;
        if pane.has_focus() {
            self.take_keys(ui, columns);
        }
        let rows = self.rows(columns);
        self.cursor = self.cursor.min(rows.len().saturating_sub(1));
        let (mut view, mut never, mut clicked) = (self.rows, false, None);
        view.show(ui, ROW, rows.len(), &mut never, |ui, index, rect, response| {
            if pane.has_focus() && index == self.cursor {
                ui.painter().rect_filled(rect, 2, *tokens.color.selection);
            }
            if response.clicked() {
                clicked = Some(index);
            }
            match &rows[index] {
                Row::Node(node) => self.show_node(ui, tokens, *node, rect, &response),
                Row::Part(depth, text) => {
                    let place = rect.with_min_x(text_left(rect, *depth));
                    paint_row(ui, &response, place, [(text.as_str(), *tokens.color.text)], tokens);
                    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
                }
            }
        });
        self.rows = view;
        if let Some(index) = clicked {
            self.cursor = index;
            ui.memory_mut(|memory| memory.request_focus(pane_id()));
            if let Row::Node(node) = rows[index] {
                self.toggle(node);
            }
        }
        if pane.has_focus() {
            let outline = Stroke::new(1.0, tokens.color.accent);
            ui.painter().rect_stroke(all.expand(2.0), tokens.size.radius, outline, egui::StrokeKind::Inside);
        }
    }

    /// The keys of a tree: up and down, right unfolds, left folds and then leads to what is around.
    fn take_keys(&mut self, ui: &Ui, columns: usize) {
        let arrows = egui::EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(pane_id(), arrows));
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let before = self.cursor;
        let last = self.rows(columns).len().saturating_sub(1);
        if pressed(Key::ArrowDown) {
            self.cursor = (self.cursor + 1).min(last);
        }
        if pressed(Key::ArrowUp) {
            self.cursor = self.cursor.saturating_sub(1);
        }
        let node = match self.rows(columns).get(self.cursor) {
            Some(Row::Node(node)) => Some(*node),
            Some(Row::Part(..)) | None => None,
        };
        let (left, right) = (pressed(Key::ArrowLeft), pressed(Key::ArrowRight));
        let toggles = pressed(Key::Enter) || pressed(Key::Space);
        if let (Some(node), Body::Json { outline, open, .. }) = (node, &self.body) {
            let can_fold = folds(&outline.nodes[node].value);
            if can_fold && (toggles || left && open[node] || right && !open[node]) {
                self.toggle(node);
            } else if left && let Some(around) = outline.parent(node) {
                let is_it = |row: &Row| matches!(row, Row::Node(node) if *node == around);
                self.cursor = self.rows(columns).iter().position(is_it).unwrap_or(self.cursor);
            }
        }
        if self.cursor != before {
            self.rows.keep_in_view(self.cursor);
        }
    }

    fn show_node(&self, ui: &Ui, tokens: &Tokens, index: usize, rect: Rect, response: &Response) {
        let Body::Json { text, outline, open } = &self.body else { return };
        let (node, is_open, color) = (&outline.nodes[index], open[index], &tokens.color);
        if response.hovered() && folds(&node.value) {
            ui.painter().rect_filled(rect, 2, *color.raised);
        }
        let left = text_left(rect, node.depth);
        if node.value.is_container() {
            ui.painter().add(triangle(pos2(left - 8.0, rect.center().y), is_open, *color.muted));
        }
        let (name, name_color) = match &node.name {
            Name::Root => (String::new(), *color.accent),
            Name::Key(key) => (shown(cut(text, key, LONG)) + ": ", *color.accent),
            Name::Index(index) => (format!("{index}: "), *color.muted),
        };
        let (remark, value) = match &node.value {
            Value::Object(count) => (counted("{", *count, "member", "}"), String::new()),
            Value::Array(count) => (counted("[", *count, "item", "]"), String::new()),
            Value::Scalar(place) if place.len() > LONG => {
                let all = shown(&text[place.clone()]).chars().count();
                let value = if is_open { String::new() } else { shown(cut(text, place, LONG)) + "…" };
                let remark = if is_open { "show less".to_owned() } else { format!("show all {all} characters  ") };
                (remark, value)
            }
            Value::Scalar(place) => (String::new(), shown(&text[place.clone()])),
        };
        let remark_color = if matches!(node.value, Value::Scalar(_)) { *color.busy } else { *color.muted };
        let pieces = [(name.as_str(), name_color), (&remark, remark_color), (&value, *color.text)];
        let is_cut = paint_row(ui, response, rect.with_min_x(left), pieces, tokens);
        let label = || {
            let indent = "  ".repeat(node.depth);
            let state = if !folds(&node.value) {
                ""
            } else if is_open {
                ", unfolded"
            } else {
                ", folded"
            };
            WidgetInfo::labeled(Role::TreeItem, true, format!("{indent}{name}{remark}{value}{state}"))
        };
        response.widget_info(label);
        if is_cut {
            response.clone().on_hover_text(format!("{name}{remark}{value}"));
        }
    }
}

/// Where the keys of the tree go.
pub fn pane_id() -> Id {
    Id::unique("message at length")
}

fn folds(value: &Value) -> bool {
    value.is_container() || matches!(value, Value::Scalar(place) if place.len() > LONG)
}

/// What is shown of `message`, and what is wrong with it.
fn body(message: &Message) -> (Body, Option<String>) {
    if message.kind != MessageKind::Text {
        let lines = match std::str::from_utf8(&message.head) {
            Ok(text) if message.kind != MessageKind::Binary && text.chars().all(|c| !c.is_control()) => lines(text),
            Ok(_) | Err(_) => dump(&message.head),
        };
        return (Body::Lines(lines), None);
    }
    let text = String::from_utf8_lossy(&message.head).into_owned();
    if !text.trim_start().starts_with(['{', '[']) {
        return (Body::Lines(lines(&text)), None);
    }
    let error = serde_json::from_str::<IgnoredAny>(&text).err().filter(|_| !message.is_cut());
    let problem = error.map(|error| format!("Not JSON, shown as text: {error}"));
    match Outline::of(&text).filter(|_| problem.is_none()) {
        Some(outline) => {
            let open = outline.unfolded(AT_FIRST);
            let is_open = |(node, open): (&super::outline::Node, bool)| open && node.value.is_container();
            let open = outline.nodes.iter().zip(open).map(is_open).collect();
            (Body::Json { text, outline, open }, None)
        }
        None => (Body::Lines(lines(&text)), Some(problem.unwrap_or_else(|| "Not JSON, shown as text".to_owned()))),
    }
}

/// `text` as it may be shown in one line.
fn shown(text: &str) -> String {
    SafeText::with_limit(text, usize::MAX).into()
}

/// At most about `limit` bytes of what is at `place`.
fn cut<'a>(text: &'a str, place: &Range<usize>, limit: usize) -> &'a str {
    let end = (place.start + limit).min(place.end);
    &text[place.start..text.floor_char_boundary(end)]
}

/// The lines of `text`, harmless to show.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| shown(&line.replace('\t', "    "))).collect()
}

/// Bytes in rows of 16: the place of the first, hex digits, and what is ASCII.
fn dump(bytes: &[u8]) -> Vec<String> {
    let row = |(index, row): (usize, &[u8])| {
        let mut line = format!("{:04x}  ", index * 16);
        for place in 0..16 {
            line += &row.get(place).map_or_else(|| "   ".to_owned(), |byte| format!("{byte:02x} "));
        }
        line.push(' ');
        line.extend(row.iter().map(|byte| if (32..127).contains(byte) { char::from(*byte) } else { '.' }));
        line
    };
    bytes.chunks(16).enumerate().map(row).collect()
}

/// The parts of `line`, none longer than `columns`.
fn parts(line: &str, columns: usize) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    if letters.is_empty() {
        return vec![String::new()];
    }
    letters.chunks(columns.max(8)).map(|part| part.iter().collect()).collect()
}

fn counted(before: &str, count: usize, what: &str, after: &str) -> String {
    match count {
        0 => format!("{before}{after}"),
        1 => format!("{before} 1 {what} {after}"),
        _ => format!("{before} {count} {what}s {after}"),
    }
}

/// Where the text of a row begins that is so many levels deep.
fn text_left(row: Rect, depth: usize) -> f32 {
    row.left() + 14.0 + (depth as f32 * INDENT).min(row.width() * 0.4)
}

fn triangle(center: egui::Pos2, is_open: bool, color: Color32) -> Shape {
    let corners = if is_open {
        [vec2(-4.0, -2.5), vec2(4.0, -2.5), vec2(0.0, 3.5)]
    } else {
        [vec2(-2.5, -4.0), vec2(3.5, 0.0), vec2(-2.5, 4.0)]
    };
    Shape::convex_polygon(corners.map(|corner| center + corner).to_vec(), color, Stroke::NONE)
}

/// Paints `pieces` in a row, where they can be selected, and returns whether there was no room for all.
fn paint_row<'a>(
    ui: &Ui,
    row: &Response,
    place: Rect,
    pieces: impl IntoIterator<Item = (&'a str, Color32)>,
    tokens: &Tokens,
) -> bool {
    let mut job = LayoutJob::default();
    for (text, color) in pieces {
        job.append(text, 0.0, TextFormat::simple(tokens.mono(), color));
    }
    job.wrap = TextWrapping::truncate_at_width(place.width().max(10.0));
    let galley = ui.painter().layout_job(job);
    let (top, is_cut) = (place.center().y - galley.size().y / 2.0, galley.elided);
    paint::selectable(ui, row, pos2(place.left(), top), galley, *tokens.color.text);
    is_cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Direction;
    use crate::model::{AttemptId, Moment};

    fn inspector(kind: MessageKind, payload: &[u8]) -> MessageInspector {
        MessageInspector::at(0, Message::new(Moment::START, AttemptId(0), Direction::In, kind, payload))
    }

    fn count(inspector: &MessageInspector) -> usize {
        inspector.rows(60).len()
    }

    #[test]
    fn each_value_folds_by_itself_and_all_of_them_at_once() {
        let mut json = inspector(MessageKind::Text, br#"{"a":{"b":[1,2,3]},"c":4}"#);
        assert_eq!(count(&json), 7, "a short one is unfolded");
        json.toggle(2);
        assert_eq!(count(&json), 4);
        json.toggle(1);
        assert_eq!(count(&json), 3);
        json.toggle(1);
        assert_eq!(count(&json), 4, "what was folded within stays folded");
        json.unfold_all();
        assert!(json.is_unfolded());
        json.unfold_all();
        assert_eq!(count(&json), 3);
        json.toggle(6);
        assert_eq!(count(&json), 3, "a number does not fold");
    }

    #[test]
    fn a_long_string_is_cut_until_all_of_it_is_asked_for() {
        let payload = format!(r#"{{"long":"{}","next":1}}"#, "é".repeat(600));
        let mut json = inspector(MessageKind::Text, payload.as_bytes());
        assert_eq!(count(&json), 3);
        json.toggle(1);
        let rows = json.rows(106);
        let parts: String = rows
            .iter()
            .filter_map(|row| if let Row::Part(_, text) = row { Some(text.as_str()) } else { None })
            .collect();
        assert_eq!((rows.len(), parts.chars().filter(|c| *c == 'é').count()), (10, 600));
    }

    #[test]
    fn what_is_no_json_is_text_and_says_why_if_it_looks_like_it() {
        let body = |payload: &[u8]| inspector(MessageKind::Text, payload);
        assert_eq!(body(b"hello\n\tthere").rows(60).len(), 2);
        assert!(body(b"hello").problem.is_none());
        assert!(body(br#"{"a":1,}"#).problem.unwrap().contains("line 1 column 8"));
        assert!(body(br#"{"a":1} x"#).problem.is_some());
        let cut = format!(r#"{{"long":"{}"}}"#, "x".repeat(2 * Message::HEAD));
        assert!(body(cut.as_bytes()).problem.is_none() && body(cut.as_bytes()).folds());
        let Body::Lines(lines) = inspector(MessageKind::Binary, b"ABCDEFGHIJKLMNOP\x00\xff").body else { panic!() };
        assert_eq!(lines[0], "0000  41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50  ABCDEFGHIJKLMNOP");
        assert!(lines[1].starts_with("0010  00 ff  ") && lines[1].ends_with(" .."));
    }

    #[test]
    fn the_largest_message_is_laid_out_within_a_frame_whatever_is_in_it() {
        let deep = "[".repeat(Message::HEAD);
        let wide = format!("[{}", "1,".repeat(Message::HEAD / 2));
        let escaped = format!("\"{}", "\u{202e}".repeat(Message::HEAD / 3));
        for payload in [deep, wide, format!("{{\"a\":{escaped}"), escaped] {
            let mut inspector = inspector(MessageKind::Text, payload.as_bytes());
            inspector.unfold_all();
            assert!(count(&inspector) <= Message::HEAD, "{}", count(&inspector));
        }
    }
}
