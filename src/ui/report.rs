//! The report as the window knows it: made, looked at and saved, on threads of its own.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use directories::UserDirs;

use super::waker::Waker;
use crate::check::Outcome;
use crate::clock::utc_now;
use crate::journal::recording::{Recording, so_far};
use crate::model::{ReportId, SafeText};
use crate::replay::Playback;
use crate::report::{Annotation, Own, Report, plain_text};
use crate::session::Engine;

/// Characters of a row in the preview, so many as fit; a line that is longer goes on in the next.
const ROW: usize = 86;

/// What the window shows of the report that is being made or was the last.
#[derive(Default)]
pub struct ReportView {
    pub(super) progress: ReportState,
    /// What is looked at.
    pub(super) shown: ReportPart,
    /// What is written for who reads it. It stays until another session is reported on.
    pub(super) annotation: Annotation,
    of: Option<ReportId>,
    /// Where it is to be saved.
    pub(super) path: String,
    /// Whether the system was asked to show its folder; it does not tell whether it did.
    pub is_folder_asked_for: bool,
}

/// How far it has come.
#[derive(Default)]
pub(super) enum ReportState {
    #[default]
    None,
    Making,
    Made(Arc<Preview>),
    Saving(Arc<Preview>),
    Saved(Arc<Preview>, PathBuf),
    NotSaved(Arc<Preview>, SafeText),
    Failed(SafeText),
}

/// A part of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ReportPart {
    /// Its page, as readers see it.
    #[default]
    Page,
    /// The file at this place, byte by byte.
    File(usize),
}

/// A report and where the rows of its files begin and end.
pub(super) struct Preview {
    pub report: Report,
    pub rows: Vec<Vec<Range<usize>>>,
    /// What it says of a person's own.
    annotation: Annotation,
}

impl Preview {
    fn new(report: Report, annotation: &Annotation) -> Self {
        let rows = report.files().iter().map(|file| rows(file.text.as_str())).collect();
        let mut preview = Self { report, rows, annotation: Annotation::default() };
        preview.annotate(annotation);
        preview
    }

    fn annotate(&mut self, annotation: &Annotation) {
        if self.annotation != *annotation {
            self.annotation = annotation.clone();
            let changed = self.report.annotate(annotation).iter().map(|file| rows(file.text.as_str()));
            self.rows.iter_mut().zip(changed).for_each(|(rows, changed)| *rows = changed);
        }
    }
}

enum News {
    Made(Result<(Arc<Preview>, PathBuf), SafeText>),
    Saved(Result<PathBuf, SafeText>),
}

impl ReportView {
    /// Whether there is one that can be saved now.
    pub fn can_save(&self) -> bool {
        matches!(self.progress, ReportState::Made(_) | ReportState::NotSaved(..) | ReportState::Saved(..))
            && !self.path.trim().is_empty()
    }

    /// Where the last one was saved.
    pub fn saved_path(&self) -> Option<&Path> {
        match &self.progress {
            ReportState::Saved(_, path) => Some(path),
            ReportState::None
            | ReportState::Making
            | ReportState::Made(_)
            | ReportState::Saving(_)
            | ReportState::NotSaved(..)
            | ReportState::Failed(_) => None,
        }
    }

    /// Its first page as plain text, if there is one to look at.
    pub fn summary(&self) -> Option<String> {
        Some(plain_text(self.preview()?.report.document()))
    }

    /// Whether there is one to look at.
    pub fn has_preview(&self) -> bool {
        self.preview().is_some()
    }

    /// It is to be saved as `path`; returns whether that is possible now.
    pub fn set_path(&mut self, path: &Path) -> bool {
        self.path = path.to_string_lossy().into_owned();
        self.can_save()
    }

    pub(super) fn preview(&self) -> Option<&Arc<Preview>> {
        match &self.progress {
            ReportState::Made(preview)
            | ReportState::Saving(preview)
            | ReportState::Saved(preview, _)
            | ReportState::NotSaved(preview, _) => Some(preview),
            ReportState::None | ReportState::Making | ReportState::Failed(_) => None,
        }
    }

    /// Whether what is written can still get into it.
    pub(super) fn can_be_annotated(&self) -> bool {
        matches!(self.progress, ReportState::Made(_) | ReportState::NotSaved(..))
    }

    /// Puts what is written into the report that is looked at.
    pub(super) fn annotate(&mut self) {
        if let ReportState::Made(preview) | ReportState::NotSaved(preview, _) = &mut self.progress
            && let Some(preview) = Arc::get_mut(preview)
        {
            preview.annotate(&self.annotation);
        }
    }

    fn apply(&mut self, news: News) {
        self.progress = match (news, self.preview().cloned()) {
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
        let of = match &recorded {
            Some(playback) => playback.recording().header().report_id(),
            None => header.report_id(),
        };
        let annotation = if view.of == Some(of) { std::mem::take(&mut view.annotation) } else { Annotation::default() };
        let written = annotation.clone();
        let made = self.work(waker, move || {
            let made = |recording: &Recording, check: Option<&Outcome>| {
                let report = Report::new(recording, check, Own::of_this_computer(), utc_now());
                let path = usual_folder().join(report.file_name());
                (Arc::new(Preview::new(report, &written)), path)
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
            progress: if made { ReportState::Making } else { ReportState::None },
            annotation,
            of: Some(of),
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
            view.progress = ReportState::Saving(preview);
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

/// Where files are saved unless a person says otherwise: the downloads, or else the home folder.
pub fn usual_folder() -> PathBuf {
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
