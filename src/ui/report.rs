//! The report: what will be in it, before anything is saved.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use directories::UserDirs;
use egui::{Align, Layout, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::command::UiCommand;
use super::messages;
use super::paint::{self, Look};
use super::state::State;
use super::tokens::Tokens;
use super::waker::Waker;
use crate::check::Outcome;
use crate::clock::utc_now;
use crate::journal::recording::{Recording, so_far};
use crate::model::SafeText;
use crate::replay::Playback;
use crate::report::{Own, Report};
use crate::session::Engine;

/// Characters of a row in the preview, so many as fit; a line that is longer goes on in the next.
const ROW: usize = 86;

/// What the window shows of the report that is being made or was the last.
#[derive(Default)]
pub struct ReportView {
    state_of_report: ReportState,
    /// The file that is looked at.
    file: usize,
    /// Where it is to be saved.
    path: String,
}

#[derive(Default)]
enum ReportState {
    #[default]
    None,
    Making,
    Made(Arc<Preview>),
    Saving(Arc<Preview>),
    Saved(Arc<Preview>, PathBuf),
    NotSaved(Arc<Preview>, SafeText),
    Failed(SafeText),
}

/// A report and where the rows of its files begin and end.
struct Preview {
    report: Report,
    rows: Vec<Vec<Range<usize>>>,
}

enum News {
    Made(Result<(Arc<Preview>, PathBuf), SafeText>),
    Saved(Result<PathBuf, SafeText>),
}

impl ReportView {
    /// Whether there is one that can be saved now.
    pub fn can_save(&self) -> bool {
        matches!(self.state_of_report, ReportState::Made(_) | ReportState::NotSaved(..) | ReportState::Saved(..))
            && !self.path.trim().is_empty()
    }

    /// Where the last one was saved.
    pub fn saved_path(&self) -> Option<&Path> {
        match &self.state_of_report {
            ReportState::Saved(_, path) => Some(path),
            ReportState::None
            | ReportState::Making
            | ReportState::Made(_)
            | ReportState::Saving(_)
            | ReportState::NotSaved(..)
            | ReportState::Failed(_) => None,
        }
    }

    fn preview(&self) -> Option<&Arc<Preview>> {
        match &self.state_of_report {
            ReportState::Made(preview)
            | ReportState::Saving(preview)
            | ReportState::Saved(preview, _)
            | ReportState::NotSaved(preview, _) => Some(preview),
            ReportState::None | ReportState::Making | ReportState::Failed(_) => None,
        }
    }

    fn apply(&mut self, news: News) {
        self.state_of_report = match (news, self.preview().cloned()) {
            (News::Made(Ok((preview, path))), _) => {
                self.path = path.to_string_lossy().into_owned();
                ReportState::Made(preview)
            }
            (News::Saved(Ok(path)), Some(preview)) => ReportState::Saved(preview, path),
            (News::Saved(Err(problem)), Some(preview)) => ReportState::NotSaved(preview, problem),
            (News::Made(Err(problem)) | News::Saved(Err(problem)), _) => ReportState::Failed(problem),
            (News::Saved(Ok(_)), None) => return,
        };
    }
}

/// The window's end of making and saving reports, which threads of their own do.
#[derive(Default)]
pub struct Reporter {
    news: Option<Receiver<News>>,
}

impl Reporter {
    /// Makes a report on what `engine` has done so far, with the last check, or on a recording that is looked at;
    /// `false` if that is not possible.
    pub fn make(
        &mut self,
        view: &mut ReportView,
        engine: &dyn Engine,
        recorded: Option<Arc<Playback>>,
        check: Option<Arc<Outcome>>,
        waker: &Waker,
    ) -> bool {
        let (journal, header) = (engine.journal().clone(), engine.header());
        // It may have been another service's.
        let check = check.filter(|check| check.profile.name == header.profile.name);
        let made = self.work(waker, move || {
            let made = |recording: &Recording, check: Option<&Outcome>| {
                let report = Report::new(recording, check, Own::of_this_computer(), utc_now());
                let path = usual_folder().join(report.file_name());
                let rows = report.files().iter().map(|file| rows(file.text.as_str())).collect();
                (Arc::new(Preview { report, rows }), path)
            };
            if let Some(playback) = recorded {
                return News::Made(Ok(made(playback.recording(), None)));
            }
            let recording = so_far(&header, &journal).map_err(|error| error.to_string());
            let recording = recording.and_then(|bytes| Recording::from_bytes(bytes).map_err(|error| error.to_string()));
            let recording = recording.map_err(|problem| SafeText::new(&problem));
            News::Made(recording.map(|recording| made(&recording, check.as_deref())))
        });
        *view = ReportView {
            state_of_report: if made { ReportState::Making } else { ReportState::None },
            ..ReportView::default()
        };
        made
    }

    /// Saves the report that is looked at; `false` if that is not possible.
    pub fn save(&mut self, view: &mut ReportView, waker: &Waker) -> bool {
        let Some(preview) = view.preview().cloned() else { return false };
        let (path, saved) = (PathBuf::from(view.path.trim()), Arc::clone(&preview));
        let is_started = self.work(waker, move || {
            let result = saved.report.save(&path).map_err(|error| SafeText::new(&error.to_string()));
            News::Saved(result.map(|()| std::path::absolute(&path).unwrap_or(path)))
        });
        if is_started {
            view.state_of_report = ReportState::Saving(preview);
        }
        is_started
    }

    fn work(&mut self, waker: &Waker, work: impl FnOnce() -> News + Send + 'static) -> bool {
        self.news = waker.in_background("report", work);
        self.news.is_some()
    }

    /// Takes in what is new.
    pub fn apply(&mut self, view: &mut ReportView) {
        let Some(news) = &self.news else { return };
        let news = match news.try_recv() {
            Ok(news) => news,
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => {
                News::Saved(Err("it failed inside; please tell the developers of Ticketscope".into()))
            }
        };
        self.news = None;
        view.apply(news);
    }
}

fn usual_folder() -> PathBuf {
    let dirs = UserDirs::new();
    let downloads = dirs.as_ref().and_then(|dirs| dirs.download_dir()).filter(|folder| folder.is_dir());
    downloads.or(dirs.as_ref().map(|dirs| dirs.home_dir())).map_or_else(PathBuf::new, Path::to_owned)
}

/// Where the rows of `text` begin and end.
fn rows(text: &str) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let (mut from, end) = (start, start + line.trim_end_matches('\n').len());
        loop {
            let to = text[from..end].char_indices().nth(ROW).map_or(end, |(at, _)| {
                // Between two words, unless the word is as good as the row.
                let space = text[from..from + at].rfind(' ').filter(|space| *space > at / 2);
                from + space.map_or(at, |space| space + 1)
            });
            rows.push(from..to);
            from = to;
            if from == end {
                break;
            }
        }
        start += line.len();
    }
    rows
}

/// Draws it; returns whether it is to be closed.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) -> bool {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let muted = |text: String| RichText::new(text).size(tokens.size.small).color(*color.muted);
    ui.label(RichText::new("Report").font(tokens.bold(tokens.size.title)).color(*color.strong));
    ui.add_space(4.0);
    let Some(preview) = state.report.preview().cloned() else {
        match &state.report.state_of_report {
            ReportState::Failed(problem) => ui.colored_label(*color.bad, format!("✖ No report can be made: {problem}")),
            _ => ui.label("● The report is being made…"),
        };
        return ui.button("Cancel").clicked();
    };
    let id = preview.report.id();
    ui.label(format!("This is exactly what will be in it. Report {id}: the server's log finds it as {id}-…"));
    ui.label(muted(
        "Without tokens, tickets, cookies, message texts, your name, your folders and addresses".to_owned(),
    ));
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        for (index, file) in preview.report.files().iter().enumerate() {
            let text = format!("{} · {}", file.name, messages::size(file.text.as_str().len()));
            ui.selectable_value(&mut state.report.file, index, text);
        }
    });
    // What stands below the text has the room that it needed last time; the text has the rest.
    let (below, least) = (ui.scope_id().with("below"), 90.0);
    let needed = ui.data(|data| data.get_temp::<f32>(below)).unwrap_or(least);
    let end = ui.ctx().content_rect().bottom() - tokens.size.pad - tokens.size.margin;
    text(ui, tokens, &preview, state.report.file, (end - needed - ui.cursor().top()).max(least));
    let top = ui.cursor().top();
    let is_closed = save(ui, tokens, state, asked);
    let height = ui.cursor().top() - top;
    if height != needed {
        ui.data_mut(|data| data.insert_temp(below, height));
        ui.ctx().request_repaint();
    }
    is_closed
}

/// Draws where it is to be saved, and what has come of it; returns whether the overlay is to be closed.
fn save(ui: &mut Ui, tokens: &Tokens, state: &mut State, asked: &mut Vec<UiCommand>) -> bool {
    let color = &tokens.color;
    ui.add_space(6.0);
    let is_saving = matches!(state.report.state_of_report, ReportState::Saving(_));
    let label = ui.label("Save as");
    let field = TextEdit::singleline(&mut state.report.path).desired_width(f32::INFINITY);
    ui.add_enabled(!is_saving, field.margin(egui::Margin::symmetric(8, 6))).labelled_by(label.id);
    match &state.report.state_of_report {
        ReportState::Saved(_, path) => {
            let path = SafeText::new(&path.to_string_lossy());
            ui.colored_label(*color.good, format!("✓ Saved: {path}"));
        }
        ReportState::NotSaved(_, problem) => {
            ui.colored_label(*color.bad, format!("✖ Not saved: {problem}"));
        }
        ReportState::Saving(_) => {
            ui.label("● Saving…");
        }
        ReportState::None | ReportState::Making | ReportState::Made(_) | ReportState::Failed(_) => {}
    }
    ui.add_space(4.0);
    let row = vec2(ui.available_width(), tokens.size.button);
    let buttons = Layout::right_to_left(Align::Center);
    ui.allocate_ui_with_layout(row, buttons, |ui| {
        let button = vec2(0.0, tokens.size.button);
        if state.report.saved_path().is_some() {
            paint::button(ui, state, UiCommand::CopyReportPath, Look::Primary, None, button, asked);
        } else {
            paint::button(ui, state, UiCommand::SaveReport, Look::Primary, None, button, asked);
        }
        let word = if state.report.saved_path().is_some() { "Close" } else { "Cancel" };
        ui.button(word).clicked()
    })
    .inner
}

/// The rows that are in view, in a frame that is `room` high.
fn text(ui: &mut Ui, tokens: &Tokens, preview: &Preview, file: usize, room: f32) {
    let (Some(rows), Some(file)) = (preview.rows.get(file), preview.report.files().get(file)) else { return };
    let font = egui::FontId::monospace(tokens.size.small);
    let height = ui.fonts_mut(|fonts| fonts.row_height(&font));
    let room = room - 16.0;
    egui::Frame::new().fill(*tokens.color.window).inner_margin(8).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let area = ScrollArea::both().id_salt(file.name).max_height(room).min_scrolled_height(room);
        area.auto_shrink([false, false]).show_rows(ui, height, rows.len(), |ui, shown| {
            for row in rows.get(shown).unwrap_or_default() {
                let row = file.text.as_str().get(row.clone()).unwrap_or_default();
                let row = RichText::new(row).font(font.clone()).color(*tokens.color.text);
                ui.add(egui::Label::new(row).extend());
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_all_of_the_text_and_none_is_too_long() {
        let text = format!("a\n\n{}ü\nend", "é".repeat(2 * ROW));
        let rows: Vec<_> = rows(&text).into_iter().map(|row| &text[row]).collect();
        assert_eq!(rows.concat(), text.replace('\n', ""));
        assert_eq!((rows.len(), rows[1], rows[5]), (6, "", "end"));
        assert!(rows.iter().all(|row| row.chars().count() <= ROW));
    }

    #[test]
    fn a_long_line_goes_on_with_a_whole_word() {
        let text = "word ".repeat(40);
        let rows: Vec<_> = rows(&text).into_iter().map(|row| &text[row]).collect();
        assert!(rows.len() == 3 && rows.iter().all(|row| row.len().is_multiple_of(5)), "{rows:?}");
    }
}
