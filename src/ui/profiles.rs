//! The profiles of this computer in the window: which there are, and the one whose text is being edited.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

mod draft;
mod new;

pub use draft::{Draft, Field};
pub use new::{Beginning, NewProfile, preset};

use super::waker::Waker;
use crate::journal::Change;
use crate::model::{Profile, SafeText};
use crate::profiles::folder::{Done, Folder, Job, Listing};
use crate::profiles::form::Part;
use crate::profiles::in_words;
use crate::watchdog;

/// How often it is looked whether files have changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The window's end of the thread that reads and writes profiles.
#[derive(Default)]
pub struct ProfileFiles {
    thread: Option<(Sender<Job>, Receiver<News>)>,
}

enum News {
    Listing(Listing),
    Done(Done),
}

impl ProfileFiles {
    /// Reads and writes in `folder`, and watches it, on a thread of its own, which ends with this.
    pub fn watch(folder: PathBuf, waker: Waker) -> Self {
        let (jobs, queue) = channel();
        let (tell, news) = channel();
        let work = move || {
            let mut folder = Folder::new(folder.clone());
            loop {
                let listing = folder.news().map(News::Listing);
                let done = match listing {
                    Some(listing) => Some(listing),
                    None => match queue.recv_timeout(LOOK_EVERY) {
                        Ok(job) => Some(News::Done(folder.work(job))),
                        Err(RecvTimeoutError::Timeout) => None,
                        Err(RecvTimeoutError::Disconnected) => return,
                    },
                };
                if let Some(done) = done {
                    if tell.send(done).is_err() {
                        return;
                    }
                    waker.wake(Change::Fact);
                }
            }
        };
        let started = watchdog::spawn("profiles", work, |_, _| {});
        Self { thread: started.is_ok().then_some((jobs, news)) }
    }

    /// Hands `job` to the folder's thread; `false` if there is none.
    pub fn ask(&self, job: Job) -> bool {
        self.thread.as_ref().is_some_and(|(jobs, _)| jobs.send(job).is_ok())
    }

    /// Takes in what is new. Returns the profiles that can be chosen, if those are others now.
    pub fn apply(&self, state: &mut ProfilesState) -> Option<Vec<Profile>> {
        let (_, news) = self.thread.as_ref()?;
        let mut usable = None;
        for news in news.try_iter() {
            match news {
                News::Listing(listing) => {
                    usable = Some(listing.usable.iter().map(|(profile, _)| profile.clone()).collect());
                    state.list(listing, |file| {
                        self.ask(Job::Read(file));
                    });
                }
                News::Done(done) => state.done(done),
            }
        }
        usable
    }
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What people call it; of a broken file its name.
    pub name: String,
    /// Where it leads, or what is wrong with the file.
    pub about: String,
    /// Its file; `None`: built in.
    pub file: Option<PathBuf>,
    /// Whether its file cannot be used.
    pub is_broken: bool,
}

/// What the window knows of profiles.
#[derive(Default)]
pub struct ProfilesState {
    listing: Listing,
    /// What is searched for.
    pub query: String,
    /// The text that is shown.
    pub draft: Option<Draft>,
    /// Texts that were left before they were saved.
    left: BTreeMap<PathBuf, Draft>,
    /// The profile that is about to be made.
    pub new: Option<NewProfile>,
    /// What was deleted last, and can be brought back.
    pub deleted: Option<(PathBuf, String)>,
    /// Why the last thing could not be done.
    pub problem: Option<String>,
    /// What was done last, in words.
    pub notice: Option<String>,
    /// Whether the check that is going on or was the last is of the text that is shown.
    pub is_tried: bool,
    /// That text, as it was when the check began.
    pub tried_text: String,
    /// The part whose form is shown.
    pub part: Part,
    /// Whether the file is shown in the place of the form, where there is no room for both.
    pub shows_file: bool,
}

impl ProfilesState {
    /// The rows of the list that have to do with what is searched for.
    pub fn rows(&self) -> Vec<Listed> {
        let usable = self.listing.usable.iter().map(|(profile, file)| Listed {
            name: profile.name.to_string(),
            about: match profile.is_local_demo() {
                true => "a server inside this program".to_owned(),
                false => in_words::addresses(profile).join(" · "),
            },
            file: file.clone(),
            is_broken: false,
        });
        let broken = self.listing.broken.iter().map(|(file, problem)| Listed {
            name: SafeText::of_path(file.file_name().unwrap_or_default().as_ref()).to_string(),
            about: problem.clone(),
            file: Some(file.clone()),
            is_broken: true,
        });
        let query = self.query.to_lowercase();
        let fits = |listed: &Listed| {
            let all = format!("{} {}", listed.name, listed.about).to_lowercase();
            query.split_whitespace().all(|word| all.contains(word))
        };
        usable.chain(broken).filter(fits).collect()
    }

    /// Whether a draft of the file at `path` is not saved.
    pub fn is_unsaved(&self, path: &Path) -> bool {
        let shown = self.draft.as_ref().filter(|draft| draft.file.as_deref() == Some(path));
        shown.or(self.left.get(path)).is_some_and(Draft::is_changed)
    }

    /// Shows a text that is not saved, and says so; `false` if all are.
    pub fn show_unsaved(&mut self) -> bool {
        if !self.draft.as_ref().is_some_and(Draft::is_changed) {
            let Some(file) = self.left.iter().find(|(_, draft)| draft.is_changed()).map(|(file, _)| file.clone())
            else {
                return false;
            };
            self.leave();
            self.draft = self.left.remove(&file);
        }
        self.problem =
            Some("This profile is not saved. Save it, or close the window again to lose what was edited".into());
        true
    }

    /// Shows the text of `listed`; returns the file that has to be read for it.
    pub fn show(&mut self, listed: &Listed) -> Option<PathBuf> {
        self.leave();
        (self.problem, self.notice, self.is_tried, self.part) = (None, None, false, Part::default());
        let Some(file) = &listed.file else {
            let built_in = self.listing.usable.iter().find(|(profile, _)| profile.name.as_str() == listed.name);
            let text = built_in.and_then(|(profile, _)| toml::to_string(profile).ok()).unwrap_or_default();
            self.draft = Some(Draft::new(None, text));
            return None;
        };
        match self.left.remove(file) {
            Some(draft) => {
                self.draft = Some(draft);
                None
            }
            None => Some(file.clone()),
        }
    }

    /// Shows the list again; what is not saved is kept for later.
    pub fn leave(&mut self) {
        self.new = None;
        if let Some(draft) = self.draft.take()
            && draft.is_changed()
            && let Some(file) = draft.file.clone()
        {
            self.left.insert(file, draft);
        }
    }

    /// Begins a new profile.
    pub fn begin(&mut self, beginning: Beginning) {
        let name = match &beginning {
            Beginning::Copy { of, .. } => format!("{of} copy"),
            Beginning::Preset(_) | Beginning::Address => String::new(),
        };
        self.leave();
        (self.problem, self.notice, self.is_tried, self.part) = (None, None, false, Part::default());
        self.new = Some(NewProfile { name, beginning, address: String::new(), is_fresh: true });
    }

    /// The name of the profile that is shown.
    pub fn shown_name(&self) -> Option<String> {
        let draft = self.draft.as_ref()?;
        let listed = self.listing.usable.iter().find(|(_, file)| file.is_some() && *file == draft.file);
        let name = draft.profile().map(|profile| profile.name.to_string());
        let built_in = || text_name(&draft.text);
        name.or_else(|| listed.map(|(profile, _)| profile.name.to_string())).or_else(built_in)
    }

    /// Where in the list of usable profiles the one is that is shown, if it is saved and can be used.
    pub fn place_shown(&self) -> Option<usize> {
        let draft = self.draft.as_ref().filter(|draft| !draft.is_changed())?;
        match &draft.file {
            Some(_) => self.listing.usable.iter().position(|(_, file)| *file == draft.file),
            None => {
                let name = text_name(&draft.text)?;
                self.listing.usable.iter().position(|(profile, file)| file.is_none() && profile.name.as_str() == name)
            }
        }
    }

    /// What the text that is shown stands for.
    pub fn profile_shown(&self) -> Option<Profile> {
        let built_in = || self.place_shown().and_then(|place| self.listing.usable.get(place));
        let draft = self.draft.as_ref()?;
        draft.profile().or_else(|| built_in().map(|(profile, _)| profile.clone()))
    }

    /// Takes in what is there now; texts that are shown and not edited are to be `read` again.
    fn list(&mut self, listing: Listing, mut read: impl FnMut(PathBuf)) {
        self.listing = listing;
        let file = self.draft.as_ref().and_then(|draft| draft.file.clone());
        file.into_iter().for_each(&mut read);
    }

    /// Takes in what became of a job.
    fn done(&mut self, done: Done) {
        (self.problem, self.notice) = (None, self.notice.take());
        match done {
            Done::Text(file, text) => match &mut self.draft {
                Some(draft) if draft.file.as_ref() == Some(&file) => {
                    if draft.is_changed() {
                        draft.is_outdated = draft.saved != text;
                    } else if draft.saved != text {
                        *draft = Draft::new(Some(file), text);
                    }
                }
                Some(_) => {}
                None if self.new.is_none() => self.draft = Some(Draft::new(Some(file), text)),
                None => {}
            },
            Done::Created(file, text) => {
                self.new = None;
                self.draft = Some(Draft::new(Some(file), text));
                self.notice = Some("Made: it is in the list now".to_owned());
            }
            Done::Replaced(file, text) => {
                if let Some(draft) = self.draft.as_mut().filter(|draft| draft.file.as_ref() == Some(&file)) {
                    draft.saved = text;
                    draft.is_outdated = false;
                }
                self.notice = Some("Saved".to_owned());
            }
            Done::Deleted(file, text) => {
                if self.draft.as_ref().is_some_and(|draft| draft.file.as_ref() == Some(&file)) {
                    self.draft = None;
                }
                self.left.remove(&file);
                self.notice = None;
                self.deleted = Some((file, text));
            }
            Done::Restored(_) => {
                self.deleted = None;
                self.notice = Some("It is there again".to_owned());
            }
            Done::Failed(problem) => self.problem = Some(problem),
        }
    }

    /// Forgets what was edited, for what the file holds; returns the file.
    pub fn revert(&mut self) -> Option<PathBuf> {
        self.draft.take().and_then(|draft| draft.file)
    }
}

/// The name that stands in `text`.
fn text_name(text: &str) -> Option<String> {
    let table: toml::Table = toml::from_str(text).ok()?;
    table.get("name")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name = 'Mine'\napi = 'https://a.test'\n[socket]\n";

    fn listing() -> Listing {
        let mine = (Profile::from_toml(GOOD).unwrap(), Some(PathBuf::from("mine.toml")));
        Listing {
            usable: vec![(Profile::production(), None), mine],
            broken: vec![(PathBuf::from("/x/bad.toml"), "line 3, column 1: no".to_owned())],
        }
    }

    #[test]
    fn what_is_edited_is_not_lost_by_looking_elsewhere_and_not_overwritten_unasked() {
        let mut state = ProfilesState::default();
        state.list(listing(), |_| {});
        let rows = state.rows();
        assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["Production", "Mine", "bad.toml"]);
        let file = state.show(&rows[1]).unwrap();
        state.done(Done::Text(file.clone(), GOOD.to_owned()));
        assert_eq!(state.place_shown(), Some(1));
        let draft = state.draft.as_mut().unwrap();
        draft.text = draft.text.replace("[socket]", "[sockt]");
        draft.edited();
        assert_eq!(draft.problem().map(|problem| problem.line), Some(3));
        assert_eq!((state.show(&rows[0]), state.place_shown(), state.is_unsaved(&file)), (None, Some(0), true));
        assert_eq!(state.show(&rows[1]), None, "the draft is still there");
        assert!(state.draft.as_ref().unwrap().text.contains("[sockt]"));
        state.done(Done::Text(file.clone(), GOOD.replace("a.test", "b.test")));
        assert!(state.draft.as_ref().unwrap().is_outdated && state.draft.as_ref().unwrap().text.contains("[sockt]"));
        state.query = "BAD line".to_owned();
        assert_eq!(state.rows().len(), 1);
        state.done(Done::Deleted(file, GOOD.to_owned()));
        assert!(state.draft.is_none() && state.deleted.is_some());
    }

    #[test]
    fn a_new_profile_says_what_is_missing() {
        let mut new = NewProfile {
            name: String::new(),
            beginning: Beginning::Address,
            address: "wss://a.test".to_owned(),
            is_fresh: true,
        };
        assert!(new.text().unwrap_err().starts_with("Name: "));
        new.name = " Mine ".to_owned();
        assert!(new.text().unwrap().contains("name = \"Mine\""));
        new.address = "nonsense".to_owned();
        assert!(new.text().unwrap_err().starts_with("Address: "));
        new.beginning = Beginning::Preset(0);
        assert!(Profile::from_toml(&new.text().unwrap()).is_ok());
    }
}
