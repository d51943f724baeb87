//! The lines of a log: bounded, filtered, and drawn as many as fit.

use std::borrow::Cow;
use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use egui::text::{LayoutJob, TextFormat};
use egui::{Rect, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint;
use super::state::Calendar;
use super::tokens::Tokens;
use crate::journal::{Level, lines};
use crate::model::{Entry, Event, FaultName};

/// Lines kept; older ones are dropped and counted.
pub const MAX_LINES: usize = 100_000;

/// A log and how a person looks at it.
#[derive(Default)]
pub struct LogView {
    lines: VecDeque<LogLine>,
    /// Lines that are gone: the number of the first that is kept.
    dropped: u64,
    /// Journal entries that were gone before this window came for them.
    lost: u64,
    /// The numbers of the lines that pass the filter.
    passing: VecDeque<u64>,
    filter: Filter,
    /// Whether the newest line is kept in view.
    pub follow: bool,
    selected: Option<u64>,
    /// The line to be brought into view.
    wanted: Option<u64>,
}

struct LogLine {
    /// The journal entry that it belongs to.
    seq: u64,
    time: DateTime<Utc>,
    tag: &'static str,
    level: Level,
    text: Cow<'static, str>,
    simulated: Option<FaultName>,
}

#[derive(Default)]
struct Filter {
    text: String,
    /// The text in lower case.
    needle: String,
    details: bool,
}

impl Filter {
    /// `scratch` is overwritten; it saves an allocation per line.
    fn passes(&self, line: &LogLine, scratch: &mut String) -> bool {
        if line.level == Level::Debug && !self.details {
            return false;
        }
        if self.needle.is_empty() {
            return true;
        }
        scratch.clear();
        scratch.extend(line.tag.chars().flat_map(char::to_lowercase));
        scratch.push(' ');
        scratch.extend(line.text.chars().flat_map(char::to_lowercase));
        if line.simulated.is_some() {
            scratch.push_str(" simulated");
        }
        scratch.contains(&self.needle)
    }
}

impl LogLine {
    fn copied(&self, calendar: &Calendar) -> String {
        let Self { time, tag, text, simulated, .. } = self;
        let mark = simulated.as_ref().map_or_else(String::new, |fault| format!(" [SIMULATED {fault}]"));
        format!("{} {tag} {text}{mark}", calendar.precise(*time))
    }
}

impl LogView {
    /// A log that shows lines for developers from the start.
    pub fn with_details() -> Self {
        Self { filter: Filter { details: true, ..Filter::default() }, ..Self::following() }
    }

    /// A log that keeps its end in view.
    pub fn following() -> Self {
        Self { follow: true, ..Self::default() }
    }

    /// Takes in the lines of `entry`.
    pub fn append(&mut self, entry: &Entry) {
        let simulated = match &entry.event {
            Event::FaultFired { fault, .. } => Some(fault),
            _ => entry.simulated.as_ref(),
        };
        let mut scratch = String::new();
        for line in lines(entry) {
            let line = LogLine {
                seq: entry.seq,
                time: entry.time,
                tag: line.tag,
                level: line.level,
                text: line.text,
                simulated: simulated.cloned(),
            };
            if self.lines.len() == MAX_LINES {
                self.lines.pop_front();
                self.dropped += 1;
                if self.passing.front().is_some_and(|&number| number < self.dropped) {
                    self.passing.pop_front();
                }
            }
            if self.filter.passes(&line, &mut scratch) {
                self.passing.push_back(self.dropped + self.lines.len() as u64);
            }
            self.lines.push_back(line);
        }
    }

    /// Entries were dropped before they came here.
    pub fn count_lost(&mut self, entries: u64) {
        self.lost += entries;
    }

    /// Forgets the lines; filter and follow stay.
    pub fn clear(&mut self) {
        let Self { filter, .. } = std::mem::take(self);
        *self = Self { filter, ..Self::following() };
    }

    /// The filter's text.
    pub fn filter(&self) -> &str {
        &self.filter.text
    }

    /// Shows only lines that contain `text`, in whatever case.
    pub fn set_filter(&mut self, text: String) {
        self.filter.needle = text.trim().to_lowercase();
        self.filter.text = text;
        self.filter_again();
    }

    /// Whether lines for developers are shown.
    pub fn details(&self) -> bool {
        self.filter.details
    }

    /// Shows or hides lines for developers.
    pub fn set_details(&mut self, details: bool) {
        self.filter.details = details;
        self.filter_again();
    }

    fn filter_again(&mut self) {
        let mut scratch = String::new();
        let numbered = (self.dropped..).zip(&self.lines);
        self.passing =
            numbered.filter(|(_, line)| self.filter.passes(line, &mut scratch)).map(|(number, _)| number).collect();
    }

    /// The lines that pass the filter, as text with times; simulated ones say so.
    pub fn copied(&self, calendar: &Calendar) -> String {
        self.passing.iter().filter_map(|&number| self.line(number)).map(|line| line.copied(calendar) + "\n").collect()
    }

    /// The line that was clicked.
    pub fn copied_selection(&self, calendar: &Calendar) -> Option<String> {
        Some(self.line(self.selected?)?.copied(calendar))
    }

    /// Selects the first line of the journal entries `seqs` and brings it into view; returns whether there is one.
    pub fn reveal(&mut self, seqs: &[u64]) -> bool {
        let Some(at) = self.lines.iter().position(|line| seqs.contains(&line.seq)) else { return false };
        let number = self.dropped + at as u64;
        (self.selected, self.wanted, self.follow) = (Some(number), Some(number), false);
        self.filter =
            Filter { details: self.filter.details || self.lines[at].level == Level::Debug, ..Filter::default() };
        self.filter_again();
        true
    }

    /// Selects nothing.
    pub fn deselect(&mut self) {
        self.selected = None;
    }

    fn line(&self, number: u64) -> Option<&LogLine> {
        self.lines.get(usize::try_from(number.checked_sub(self.dropped)?).ok()?)
    }

    /// What is not shown, in words; `None` if everything is.
    pub fn omissions(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.filter.needle.is_empty() {
            parts.push(format!("{} of {} lines", self.passing.len(), self.lines.len()));
        }
        if self.dropped > 0 {
            parts.push(format!("{} older lines are gone", self.dropped));
        }
        if self.lost > 0 {
            parts.push(format!("{} entries came too fast to be shown", self.lost));
        }
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    /// Draws the lines that fit; `empty` says why there are none.
    pub fn show(&mut self, ui: &mut Ui, calendar: &Calendar, empty: &str) {
        let tokens = Tokens::at(ui);
        if self.passing.is_empty() {
            let nothing_passes = format!("No line contains “{}”", self.filter.text.trim());
            paint::empty(
                ui,
                if self.lines.is_empty() || self.filter.needle.is_empty() { empty } else { &nothing_passes },
            );
            return;
        }
        let row = tokens.size.log_row;
        let end = (self.passing.len() as f32 * row - ui.available_height()).max(0.0);
        let mut area = ScrollArea::vertical().id_salt("log").auto_shrink(false).animated(false);
        if self.follow {
            area = area.vertical_scroll_offset(end);
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        if let Some(wanted) = self.wanted.take() {
            let index = self.passing.partition_point(|&number| number < wanted);
            let above = (index as f32 * row - ui.available_height() / 2.0).clamp(0.0, end);
            area = area.vertical_scroll_offset(above);
        }
        let output = area.show_rows(ui, row, self.passing.len(), |ui, rows| {
            for index in rows {
                if let Some(&number) = self.passing.get(index) {
                    self.show_line(ui, tokens, calendar, number);
                }
            }
        });
        if self.follow && output.state.clamped_offset().y < end - 0.5 {
            self.follow = false;
        }
    }

    fn show_line(&mut self, ui: &mut Ui, tokens: &Tokens, calendar: &Calendar, number: u64) {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), tokens.size.log_row), Sense::CLICK);
        if response.clicked() {
            self.selected = (self.selected != Some(number)).then_some(number);
        }
        let Some(line) = self.line(number) else { return };
        let color = &tokens.color;
        if self.selected == Some(number) {
            ui.painter().rect_filled(rect, 0, *color.selection);
        } else if response.hovered() {
            ui.painter().rect_filled(rect, 0, *color.raised);
        }
        let badge = if line.simulated.is_some() { paint::badge_width(ui, "SIMULATED") + 8.0 } else { 0.0 };
        let galley = ui.painter().layout_job(job(line, tokens, calendar, rect.width() - badge - tokens.size.margin));
        let elided = galley.elided;
        let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
        let right = at.x + galley.size().x;
        ui.painter().galley(at, galley, *color.text);
        if line.simulated.is_some() {
            paint::badge(ui, Rect::from_min_size(pos2(right + 8.0, rect.top()), vec2(0.0, rect.height())), "SIMULATED");
        }
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, line.copied(calendar)));
        if elided || line.simulated.is_some() {
            response.on_hover_ui(|ui| {
                if elided {
                    ui.monospace(format!("{} {}", line.tag, line.text));
                }
                if let Some(fault) = &line.simulated {
                    ui.label(format!("Brought about by the fault “{fault}”"));
                }
            });
        }
    }
}

fn job(line: &LogLine, tokens: &Tokens, calendar: &Calendar, width: f32) -> LayoutJob {
    let color = &tokens.color;
    let (text_color, tag_color) = match line.level {
        Level::Debug => (*color.muted, *color.muted),
        Level::Info => (*color.text, *color.accent),
        Level::Warn | Level::Error => (color.level(line.level), color.level(line.level)),
    };
    let format =
        |color| TextFormat { font_id: tokens.mono(), color, valign: egui::Align::Center, ..Default::default() };
    let mut job = LayoutJob { break_on_newline: false, ..LayoutJob::default() };
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    job.append(&calendar.precise(line.time), 0.0, format(*color.muted));
    job.append(line.tag, 12.0, format(tag_color));
    job.append(&line.text, 7.0, format(text_color));
    job
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Moment, SafeText, Source};

    fn entry(seq: u64, event: Event) -> Entry {
        let simulated = None;
        Entry {
            seq,
            elapsed: Moment::START,
            time: DateTime::UNIX_EPOCH,
            attempt: None,
            source: Source::Flow,
            simulated,
            event,
        }
    }

    fn shown(log: &LogView) -> Vec<String> {
        log.passing.iter().map(|&number| log.line(number).unwrap().text.to_string()).collect()
    }

    #[test]
    fn the_filter_ignores_case_and_looks_at_what_is_seen() {
        let mut log = LogView::default();
        log.append(&entry(0, Event::EnsuringToken));
        log.append(&entry(1, Event::Pong { rtt: std::time::Duration::from_millis(3) }));
        log.append(&entry(2, Event::Connected));
        assert_eq!(shown(&log), ["Ensuring JWT token exists...", "Connected"]);
        log.set_filter("[ws] CONN".to_owned());
        log.append(&entry(3, Event::Connected));
        log.append(&entry(4, Event::EnsuringToken));
        assert_eq!(shown(&log), ["Connected", "Connected"]);
        assert_eq!(log.omissions().unwrap(), "2 of 5 lines");
        log.set_filter(String::new());
        log.set_details(true);
        assert_eq!(shown(&log).len(), 5);
    }

    #[test]
    fn the_oldest_lines_make_room_and_are_counted() {
        let mut log = LogView::with_details();
        for seq in 0..MAX_LINES as u64 + 3 {
            let line = SafeText::new(&format!("line {seq}"));
            log.append(&entry(seq, Event::ServerLog { line }));
        }
        assert_eq!((log.lines.len(), log.passing.len()), (MAX_LINES, MAX_LINES));
        assert_eq!(shown(&log)[0], "line 3");
        assert_eq!(log.omissions().unwrap(), "3 older lines are gone");
        log.set_filter("line 100002".to_owned());
        assert_eq!(shown(&log), ["line 100002"]);
    }
}
