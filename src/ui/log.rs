//! A log as a person looks at it: filtered, followed, and drawn as many lines as fit.

use std::collections::VecDeque;
use std::ops::Range;

use egui::Ui;

use super::calendar::Calendar;
use super::fonts;
use super::lines::{Filter, LineStore, Lines};
use super::log_line::{copied, show_line};
use super::paint;
use super::rows::Rows;
use super::tab::Listing;
use super::tokens::Tokens;
use crate::journal::Level;
use crate::model::Entry;
use crate::view::{Edge, Machine};

/// Lines kept of a session; older ones are dropped and counted.
pub const MAX_LINES: usize = 1_000_000;
/// Lines that are copied at most, the newest.
pub const MAX_COPIED: usize = 100_000;
/// Lines that are filtered in one frame: a few milliseconds' work.
const SLICE: u64 = 65_536;

/// A log and how a person looks at it. The lines are a session's, or any that can be reached by number.
pub struct LogView<L = LineStore> {
    lines: L,
    /// Journal entries that were gone before this window came for them.
    lost: u64,
    /// The numbers of the lines that pass the filter; `None` if all do.
    passing: Option<VecDeque<u64>>,
    /// The edges of the client's state machine that the lines tell of, in their order.
    steps: VecDeque<Step>,
    machine: Machine,
    /// The edge whose lines alone are shown, whatever the filter.
    edge: Option<Edge>,
    /// Lines that were there before the filter and have not been looked at yet.
    unseen: Range<u64>,
    filter: Filter,
    filter_text: String,
    /// Whether the newest line is kept in view.
    pub follow: bool,
    /// The number after the last line that was there while the newest was kept in view.
    followed_until: u64,
    rows: Rows,
    selected: Option<Selection>,
    /// Whether a line has letters that the program's own fonts lack.
    is_lacking_fonts: bool,
    /// Whether the pointer is drawing a selection.
    is_selecting: bool,
    /// The line to be brought into view.
    wanted: Option<u64>,
    /// The line that was at the top when the filter changed.
    anchor: Option<u64>,
    /// The number of the first line that is not shown: it is of the future of the moment that is looked at.
    until: u64,
}

/// Lines in a row that were chosen, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Selection {
    /// The first that was chosen.
    anchor: u64,
    /// The last.
    head: u64,
}

impl Selection {
    const fn one(number: u64) -> Self {
        Self { anchor: number, head: number }
    }

    fn contains(self, number: u64) -> bool {
        (self.anchor.min(self.head)..=self.anchor.max(self.head)).contains(&number)
    }
}

/// What a person did with the lines in one frame.
#[derive(Default)]
struct LineInput {
    /// The line that was clicked.
    clicked: Option<u64>,
    /// The line from which a selection is drawn.
    pressed: Option<u64>,
    /// The line under the pointer.
    under: Option<u64>,
    /// Whether the selection is to be copied.
    copies: bool,
    /// The entry whose request is to be shown.
    request: Option<u64>,
}

/// The client's state machine took an edge.
struct Step {
    lines: Range<u64>,
    edge: Edge,
}

impl LogView {
    /// A log that shows lines for developers from the start.
    pub fn with_details() -> Self {
        let filter = Filter::new("", true);
        Self { filter, passing: None, ..Self::following() }
    }

    /// A log that keeps its end in view.
    pub fn following() -> Self {
        Self { follow: true, ..Self::over(LineStore::new(MAX_LINES)) }
    }

    /// The log of a recording: it keeps all lines, and only those until a moment are shown.
    pub fn of_recording(details: bool) -> Self {
        let lines = LineStore::new(usize::MAX);
        Self { follow: true, filter: Filter::new("", details), until: 0, ..Self::over(lines) }
    }

    /// Shows what was said before the journal entry `seq`.
    pub fn show_until(&mut self, seq: u64) {
        self.until = self.lines.first_from(seq);
    }

    /// Takes in the lines of `entry`.
    pub fn append(&mut self, entry: &Entry) {
        let before = self.lines.numbers().start;
        let count = self.lines.append(entry);
        let Range { start, end } = self.lines.numbers();
        let new = end - count..end;
        self.is_lacking_fonts |=
            new.clone().any(|number| self.lines.line(number).is_some_and(|line| fonts::are_lacking(line.whole)));
        while self.steps.front().is_some_and(|step| step.lines.start < start) {
            self.steps.pop_front();
        }
        let edge = self.machine.apply(entry);
        self.steps.extend(edge.map(|edge| Step { lines: new.clone(), edge }));
        self.unseen.start = self.unseen.start.max(start).min(self.unseen.end);
        let Some(passing) = &mut self.passing else {
            self.rows.lost(start - before);
            return;
        };
        while passing.front().is_some_and(|number| *number < start) {
            passing.pop_front();
            self.rows.lost(1);
        }
        if self.edge.is_some() {
            passing.extend(new.filter(|_| self.edge == edge));
        } else {
            let passes = |number: &u64| self.lines.line(*number).is_some_and(|line| self.filter.passes(&line));
            passing.extend(new.filter(passes));
        }
    }

    /// Shows only the lines that tell of `edge`, selects what it was taken for last, and returns whether there are
    /// any. Any other filter takes its place.
    pub fn show_edge(&mut self, edge: Edge) -> bool {
        let steps = || self.steps.iter().filter(|step| step.edge == edge);
        let Some(last) = steps().take_while(|step| step.lines.start < self.until).last() else { return false };
        (self.wanted, self.anchor, self.follow) = (None, None, true);
        self.selected = Some(Selection::one(last.lines.start));
        self.passing = Some(steps().flat_map(|step| step.lines.clone()).collect());
        (self.edge, self.unseen) = (Some(edge), 0..0);
        self.filter = Filter::new("", self.filter.details);
        self.filter_text.clear();
        true
    }

    /// Shows the lines of all edges again.
    pub fn show_all_edges(&mut self) {
        self.change_filter(self.filter.clone());
    }

    /// Entries were dropped before they came here.
    pub fn count_lost(&mut self, entries: u64) {
        self.lost += entries;
    }

    /// Forgets the lines; filter and follow stay.
    pub fn clear(&mut self) {
        let (filter, filter_text) = (std::mem::take(&mut self.filter), std::mem::take(&mut self.filter_text));
        *self = Self { filter, filter_text, ..Self::following() };
        self.filter_again();
    }
}

impl<L: Lines> LogView<L> {
    /// A log of `lines`, from the first on.
    pub fn over(lines: L) -> Self {
        let mut log = Self {
            lines,
            lost: 0,
            passing: None,
            steps: VecDeque::new(),
            machine: Machine::default(),
            edge: None,
            unseen: 0..0,
            filter: Filter::default(),
            filter_text: String::new(),
            follow: false,
            rows: Rows::default(),
            followed_until: 0,
            selected: None,
            is_lacking_fonts: false,
            is_selecting: false,
            wanted: None,
            anchor: None,
            until: u64::MAX,
        };
        log.filter_again();
        log
    }

    /// Whether a line has letters that the program's own fonts lack.
    pub fn is_lacking_fonts(&self) -> bool {
        self.is_lacking_fonts
    }

    /// The edge whose lines alone are shown.
    pub fn edge(&self) -> Option<Edge> {
        self.edge
    }

    fn change_filter(&mut self, filter: Filter) {
        let was_of_edge = self.edge.take().is_some();
        if filter == self.filter && !was_of_edge {
            return;
        }
        self.anchor = self.number(self.rows.top()).filter(|_| !self.follow);
        let before = std::mem::replace(&mut self.filter, filter);
        // Who types on only narrows what has passed.
        let is_short = |passing: &&mut VecDeque<u64>| passing.len() as u64 <= SLICE;
        if !was_of_edge
            && self.filter.is_within(&before)
            && self.unseen.is_empty()
            && let Some(passing) = self.passing.as_mut().filter(is_short)
        {
            passing.retain(|number| self.lines.line(*number).is_some_and(|line| self.filter.passes(&line)));
        } else {
            self.filter_again();
        }
    }

    fn filter_again(&mut self) {
        self.passing = (!self.filter.is_open()).then(VecDeque::new);
        self.unseen = if self.passing.is_some() { self.lines.numbers() } else { 0..0 };
        self.filter_on();
    }

    /// Filters some of the lines that have not been looked at, the newest first. Returns whether there are more.
    fn filter_on(&mut self) -> bool {
        let Some(passing) = &mut self.passing else { return false };
        let Range { start, end } = self.unseen;
        let from = start.max(end.saturating_sub(SLICE));
        let mut found = Vec::new();
        self.lines.search(from..end, &self.filter, &mut found);
        found.into_iter().rev().for_each(|number| passing.push_front(number));
        self.unseen.end = from;
        !self.unseen.is_empty()
    }

    /// The numbers of the lines of the past.
    fn numbers(&self) -> Range<u64> {
        let Range { start, end } = self.lines.numbers();
        start..end.min(self.until).max(start)
    }

    /// How many lines pass, as far as is known.
    fn len(&self) -> usize {
        let numbers = self.numbers();
        match &self.passing {
            Some(passing) => passing.partition_point(|number| *number < numbers.end),
            None => usize::try_from(numbers.end - numbers.start).unwrap_or(usize::MAX),
        }
    }

    /// The number of the line that is shown in row `index`.
    fn number(&self, index: usize) -> Option<u64> {
        match &self.passing {
            Some(passing) => passing.get(index).copied(),
            None => Some(self.lines.numbers().start + index as u64).filter(|number| *number < self.lines.numbers().end),
        }
    }

    /// The row of the line `number`, or of the next that passes.
    fn row(&self, number: u64) -> usize {
        match &self.passing {
            Some(passing) => passing.partition_point(|passing| *passing < number),
            None => usize::try_from(number.saturating_sub(self.lines.numbers().start)).unwrap_or(usize::MAX),
        }
    }

    /// Selects the first line of the journal entries `seqs` and brings it into view; returns whether there is one.
    pub fn reveal(&mut self, seqs: &[u64]) -> bool {
        let firsts = seqs.iter().filter_map(|seq| self.lines.first_of(*seq));
        let Some(number) = firsts.min().filter(|number| *number < self.until) else { return false };
        let is_detail = self.lines.line(number).is_some_and(|line| line.level == Level::Debug);
        self.change_filter(Filter::new("", self.filter.details || is_detail));
        self.filter_text.clear();
        (self.wanted, self.follow, self.anchor) = (Some(number), false, None);
        self.selected = Some(Selection::one(number));
        true
    }

    /// Draws the lines that fit; `empty` says why there are none. Returns the entry of the journal whose request a person
    /// asked for.
    pub fn show(&mut self, ui: &mut Ui, calendar: &Calendar, empty: &str) -> Option<u64> {
        let tokens = Tokens::at(ui);
        if !self.unseen.is_empty() {
            self.filter_on();
            ui.ctx().request_repaint();
        }
        let count = self.len();
        if count == 0 && self.unseen.is_empty() {
            let nothing_passes = format!("No line contains “{}”", self.filter_text.trim());
            let is_filtered = !self.numbers().is_empty() && self.filter.has_text();
            paint::empty(ui, if is_filtered { &nothing_passes } else { empty });
            return None;
        }
        if let Some(wanted) = self.wanted.take_if(|wanted| *wanted >= self.unseen.end) {
            self.rows.center_on(self.row(wanted));
        }
        if let Some(anchor) = self.anchor {
            self.rows.go_to(self.row(anchor));
            self.anchor.take_if(|anchor| *anchor >= self.unseen.end);
        }
        let (pointer, is_down, is_extending) = ui.input(|input| {
            let is_extending = |event: &egui::Event| matches!(event, egui::Event::PointerButton { pressed: false, modifiers, .. } if modifiers.shift);
            (input.pointer.interact_pos(), input.pointer.primary_down(), input.events.iter().any(is_extending))
        });
        let (mut rows, mut follow, mut touched) = (self.rows, self.follow, LineInput::default());
        let place = ui.available_rect_before_wrap();
        rows.show(ui, tokens.size.log_row, count, &mut follow, |ui, index, rect, response| {
            let Some(number) = self.number(index) else { return };
            let Some(line) = self.lines.line(number) else { return };
            if response.clicked() {
                touched.clicked = Some(number);
            }
            if response.drag_started() {
                touched.pressed = Some(number);
            }
            if pointer.is_some_and(|pointer| rect.y_range().contains(pointer.y)) {
                touched.under = Some(number);
            }
            let is_selected = self.selected.is_some_and(|selected| selected.contains(number));
            response.context_menu(|ui| {
                let is_several = is_selected && self.selected.is_some_and(|selected| selected.anchor != selected.head);
                if ui.button(if is_several { "Copy the lines" } else { "Copy the line" }).clicked() {
                    if is_several {
                        touched.copies = true;
                    } else {
                        ui.copy_text(copied(&line, calendar));
                    }
                    ui.close();
                }
                if ui.button("Show its request").clicked() {
                    touched.request = Some(line.seq);
                    ui.close();
                }
            });
            show_line(ui, tokens, calendar, &line, is_selected, rect, response);
        });
        (self.rows, self.follow) = (rows, follow);
        self.select(&touched, is_down, is_extending);
        if touched.copies
            && let Some(text) = self.copied_selection(calendar)
        {
            ui.copy_text(text);
        }
        self.show_new(ui, place);
        touched.request
    }

    /// Takes in what a person chose: a line, with Shift all up to it, or those that the pointer was drawn over.
    fn select(&mut self, touched: &LineInput, is_down: bool, is_extending: bool) {
        if let Some(number) = touched.clicked {
            self.selected = match self.selected {
                Some(selected) if is_extending => Some(Selection { head: number, ..selected }),
                Some(selected) if selected == Selection::one(number) => None,
                _ => Some(Selection::one(number)),
            };
        }
        if let Some(number) = touched.pressed {
            (self.selected, self.is_selecting) = (Some(Selection::one(number)), true);
        }
        self.is_selecting &= is_down;
        if let (true, Some(selected), Some(head)) = (self.is_selecting, &mut self.selected, touched.under) {
            selected.head = head;
        }
    }

    /// How many lines came since the newest was kept in view.
    fn new_lines(&self) -> usize {
        self.len().saturating_sub(self.row(self.followed_until))
    }

    /// Says at the lower end of `place` how many new lines there are below it; a press leads to them.
    fn show_new(&mut self, ui: &mut Ui, place: egui::Rect) {
        if self.follow {
            self.followed_until = self.numbers().end;
            return;
        }
        let count = self.new_lines();
        if count == 0 {
            return;
        }
        let text = if count == 1 {
            "1 new line ↓".to_owned()
        } else {
            format!("{} new lines ↓", paint::grouped(count as u64))
        };
        let size = egui::vec2(130.0, 22.0);
        let center = place.center_bottom() - egui::vec2(0.0, size.y / 2.0 + 4.0);
        let button = egui::Button::new(text).min_size(size);
        if ui
            .put(egui::Rect::from_center_size(center, size), button)
            .on_hover_text("Keep the newest line in view")
            .clicked()
        {
            self.follow = true;
        }
    }
}

impl<L: Lines> Listing for LogView<L> {
    fn follows(&self) -> bool {
        self.follow
    }

    fn set_follow(&mut self, follow: bool) {
        self.follow = follow;
    }

    fn filter(&self) -> &str {
        &self.filter_text
    }

    fn set_filter(&mut self, text: String) {
        self.change_filter(Filter::new(&text, self.filter.details));
        self.filter_text = text;
    }

    fn copied(&mut self, calendar: &Calendar) -> String {
        while self.filter_on() {}
        let len = self.len();
        let numbers = (len.saturating_sub(MAX_COPIED)..len).filter_map(|index| self.number(index));
        numbers.filter_map(|number| self.lines.line(number)).map(|line| copied(&line, calendar) + "\n").collect()
    }

    fn copied_selection(&self, calendar: &Calendar) -> Option<String> {
        let Selection { anchor, head } = self.selected?;
        let range = self.row(anchor.min(head))..self.row(anchor.max(head)).saturating_add(1);
        let numbers = range.take(MAX_COPIED).map_while(|row| self.number(row));
        let lines: Vec<String> =
            numbers.filter_map(|number| self.lines.line(number)).map(|line| copied(&line, calendar)).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn deselect(&mut self) {
        self.selected = None;
    }

    fn cut_copy(&self) -> Option<&'static str> {
        let is_cut = self.len() > MAX_COPIED;
        is_cut.then_some("Only the newest 100 000 lines were copied: more are too many for a clipboard")
    }

    fn omissions(&self) -> Option<String> {
        let mut parts = Vec::new();
        let numbers = self.numbers();
        if self.filter.has_text() || self.edge.is_some() {
            parts.push(format!("{} of {} lines", self.len(), numbers.end - numbers.start));
        }
        if !self.unseen.is_empty() {
            parts.push("searching…".to_owned());
        }
        if numbers.start > 0 {
            parts.push(format!("{} older lines are gone", numbers.start));
        }
        if self.lost > 0 {
            parts.push(format!("{} entries came too fast to be shown", self.lost));
        }
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    fn details(&self) -> Option<bool> {
        Some(self.filter.details)
    }

    fn set_details(&mut self, details: bool) {
        let mut filter = self.filter.clone();
        filter.details = details;
        self.change_filter(filter);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::{DriverEvent, Event, Fingerprint, FlowEvent, Moment, SafeText, ServerEvent, Source, Trigger};
    use crate::view::FlowState;

    fn entry(seq: u64, event: Event) -> Entry {
        let (elapsed, time) = (Moment::START, DateTime::UNIX_EPOCH);
        Entry { seq, elapsed, time, attempt: None, source: Source::Flow, simulated: None, event }
    }

    fn shown<L: Lines>(log: &LogView<L>) -> Vec<String> {
        let numbers = (0..log.len()).map(|index| log.number(index).unwrap());
        numbers.map(|number| log.lines.line(number).unwrap().text().to_owned()).collect()
    }

    #[test]
    fn the_filter_ignores_case_and_looks_at_what_is_seen() {
        let mut log = LogView::following();
        log.append(&entry(0, Event::Flow(FlowEvent::EnsuringToken)));
        log.append(&entry(1, Event::Driver(DriverEvent::Pong { rtt: std::time::Duration::from_millis(3) })));
        log.append(&entry(2, Event::Flow(FlowEvent::Connected)));
        assert_eq!(shown(&log), ["Ensuring JWT token exists...", "Connected"]);
        log.set_filter("[ws] CONN".to_owned());
        log.append(&entry(3, Event::Flow(FlowEvent::Connected)));
        log.append(&entry(4, Event::Flow(FlowEvent::EnsuringToken)));
        assert_eq!(shown(&log), ["Connected", "Connected"]);
        assert_eq!(log.omissions().unwrap(), "2 of 5 lines");
        log.set_filter("[ws] CONNect".to_owned());
        assert_eq!(shown(&log).len(), 2);
        log.set_filter("[ws] CONNectx".to_owned());
        assert_eq!(shown(&log).len(), 0);
        log.set_filter(String::new());
        log.set_details(true);
        assert_eq!(shown(&log).len(), 5);
    }

    #[test]
    fn the_lines_of_an_edge_are_shown_alone_until_another_filter_is_set() {
        let (ready, connected) = ((FlowState::Upgrading, FlowState::Connected), "Connected");
        let mut log = LogView::following();
        let attempt = |log: &mut LogView, seq: u64| {
            log.append(&entry(seq, Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Person })));
            log.append(&entry(seq + 1, Event::Flow(FlowEvent::RequestingTicket)));
            let (ticket, age) = (Fingerprint::of("x"), std::time::Duration::ZERO);
            log.append(&entry(seq + 2, Event::Flow(FlowEvent::TicketSpent { ticket, age: Some(age) })));
            log.append(&entry(seq + 3, Event::Flow(FlowEvent::Connected)));
        };
        attempt(&mut log, 0);
        attempt(&mut log, 10);
        assert!(log.show_edge(ready));
        assert_eq!(shown(&log), [connected; 2]);
        attempt(&mut log, 20);
        assert_eq!(shown(&log), [connected; 3], "it was taken again");
        assert_eq!(log.omissions().unwrap(), "3 of 12 lines");
        // Lines for developers are shown when they are asked for in this way.
        assert!(log.show_edge((FlowState::RequestingTicket, FlowState::Upgrading)));
        assert_eq!(shown(&log).len(), 3);
        log.set_filter("conn".to_owned());
        assert_eq!((log.edge(), shown(&log)), (None, vec![connected.to_owned(); 3]));
        assert!(log.show_edge(ready) && !log.show_edge((FlowState::Waiting, FlowState::Stopped)));
        log.show_all_edges();
        assert_eq!((log.edge(), shown(&log).len()), (None, 6));
    }

    #[test]
    fn the_oldest_lines_make_room_and_are_counted() {
        let mut log = LogView::with_details();
        for seq in 0..MAX_LINES as u64 + 3 {
            let line = SafeText::new(&format!("line {seq}"));
            log.append(&entry(seq, Event::Server(ServerEvent::Log { line })));
        }
        assert_eq!(log.len(), MAX_LINES);
        assert_eq!(log.lines.line(log.number(0).unwrap()).unwrap().text(), "line 3");
        assert_eq!(log.omissions().unwrap(), "3 older lines are gone");
        log.set_filter(format!("line {}", MAX_LINES + 2));
        assert!(log.omissions().unwrap().contains("searching…"), "a long log is not filtered in one go");
        while log.filter_on() {}
        assert_eq!(shown(&log), [format!("line {}", MAX_LINES + 2)]);
        log.append(&entry(MAX_LINES as u64 + 3, Event::Server(ServerEvent::Log { line: "other".into() })));
        assert_eq!(log.omissions().unwrap(), format!("1 of {MAX_LINES} lines · 4 older lines are gone"));
    }

    #[test]
    fn what_comes_while_a_filter_works_is_found_too_and_in_order() {
        let mut log = LogView::with_details();
        let say = |log: &mut LogView, seq: u64| {
            log.append(&entry(seq, Event::Server(ServerEvent::Log { line: SafeText::new(&format!("n{}", seq % 2)) })));
        };
        let before = 3 * SLICE;
        (0..before).for_each(|seq| say(&mut log, seq));
        log.set_filter("n1".to_owned());
        (before..before + 10).for_each(|seq| say(&mut log, seq));
        while log.filter_on() {}
        assert_eq!(log.len() as u64, (before + 10) / 2);
        assert!(log.passing.as_ref().unwrap().iter().is_sorted());
    }
}
