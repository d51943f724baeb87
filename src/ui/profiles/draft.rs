//! A profile that is being edited: its text, and the form that is read from it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::{FileError, Profile, SafeText};
use crate::profiles::form::{At, Edit, Key, ProfileText, Section, Spot};

/// A field of the form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The table.
    pub at: At,
    /// The key.
    pub key: &'static str,
    /// Which of the key's fields: the place in a list, and whether it is a name.
    pub slot: (usize, bool),
}

/// A text that is being edited.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its file; `None`: it is built in, and can be looked at and copied.
    pub file: Option<PathBuf>,
    /// The text.
    pub text: String,
    /// What the file held when it was read last.
    pub(super) saved: String,
    /// Whether somebody else has changed the file while this was being edited.
    pub is_outdated: bool,
    /// What the text stands for.
    checked: Result<Arc<Profile>, FileError>,
    /// The text as a form; `None` if it is no TOML.
    form: Option<Arc<ProfileText>>,
    /// Where in the form the problem is.
    wrong: Option<Spot>,
    /// What was typed into a field and is nothing that the file could hold, and why.
    typed: Option<(Field, String, &'static str)>,
    /// Fields of keys that are not in the file and were asked for.
    opened: HashSet<(At, &'static str)>,
    /// The line that the file is to show.
    pub wanted_line: Option<usize>,
    /// The line of the file's cursor.
    pub cursor_line: usize,
}

impl Draft {
    /// `text`, as `file` holds it.
    pub fn new(file: Option<PathBuf>, text: String) -> Self {
        let mut draft = Self {
            file,
            saved: text.clone(),
            text,
            is_outdated: false,
            checked: Err(FileError::at_key("", "", "")),
            form: None,
            wrong: None,
            typed: None,
            opened: HashSet::new(),
            wanted_line: None,
            cursor_line: 1,
        };
        draft.edited();
        draft
    }

    /// Whether it is not what the file holds.
    pub fn is_changed(&self) -> bool {
        self.text != self.saved
    }

    /// The text was changed.
    pub fn edited(&mut self) {
        self.checked = Profile::from_toml(&self.text).map(Arc::new);
        self.form = ProfileText::read(&self.text).map(Arc::new);
        self.typed = None;
        // What concerns the whole file is told of its beginning.
        let place = self.checked.as_ref().err().filter(|error| (error.line, error.column) != (1, 1));
        self.wrong = place.zip(self.form.as_ref()).and_then(|(error, form)| form.spot(error.line));
    }

    /// The text as a form; `None` if it is no TOML.
    pub fn form(&self) -> Option<Arc<ProfileText>> {
        self.form.clone()
    }

    /// Puts `text` in the place of the one that is there.
    pub fn set_text(&mut self, text: String) {
        self.text = text;
        self.edited();
    }

    /// A field was changed. What the file cannot hold stays in the field, with the reason.
    pub fn edit(&mut self, field: Field, key: &Key, edit: &Edit) {
        let Some(form) = self.form() else { return };
        match form.edited(&field.at, key, edit) {
            Ok(text) => {
                // A field that was emptied stays, to be filled again.
                self.open(field.at, key);
                self.set_text(text);
            }
            Err(problem) => {
                let typed = match edit {
                    Edit::Text(text) | Edit::Entry(_, text) => text,
                    Edit::Pair(_, name, value) => {
                        if field.slot.1 {
                            name
                        } else {
                            value
                        }
                    }
                    _ => return,
                };
                self.typed = Some((field, typed.clone(), problem));
            }
        }
    }

    /// Another name was typed for the table of `field`.
    pub fn rename(&mut self, field: Field, name: &str) {
        let Some(form) = self.form() else { return };
        match form.renamed(&field.at, name) {
            Ok(text) => self.set_text(text),
            Err(problem) => self.typed = Some((field, name.to_owned(), problem)),
        }
    }

    /// What was typed into `field` and is not in the file, and why.
    pub fn typed_in(&self, field: &Field) -> Option<(&str, &'static str)> {
        let (typed, text, problem) = self.typed.as_ref()?;
        (typed == field).then_some((text.as_str(), *problem))
    }

    /// A table of `section` is to be in it.
    pub fn add(&mut self, section: &Section) {
        if let Some(form) = self.form() {
            let (text, at) = form.with_new(section);
            self.set_text(text);
            self.wanted_line = self.form.as_ref().and_then(|form| form.line_of(&at, None));
        }
    }

    /// The table at `at` goes.
    pub fn remove(&mut self, at: &At) {
        if let Some(form) = self.form() {
            self.set_text(form.without(at));
        }
    }

    /// Whether the field of a key that is not in the file was asked for.
    pub fn is_open(&self, at: &At, key: &Key) -> bool {
        self.opened.contains(&(at.clone(), key.name))
    }

    /// A field of a key that is not in the file is to be there.
    pub fn open(&mut self, at: At, key: &Key) {
        self.opened.insert((at, key.name));
    }

    /// What is wrong with it, if anything is.
    pub fn problem(&self) -> Option<&FileError> {
        self.checked.as_ref().err()
    }

    /// Where in the form that is.
    pub fn wrong(&self) -> Option<&Spot> {
        self.wrong.as_ref()
    }

    /// What is wrong with `key` of the table at `at`.
    pub fn problem_of(&self, at: &At, key: &Key) -> Option<&SafeText> {
        let is_here = |spot: &&Spot| spot.at == *at && spot.key == Some(key.name);
        self.wrong.as_ref().filter(is_here).and_then(|_| self.problem()).map(|error| &error.problem)
    }

    /// What it stands for, as if it were in its file.
    pub fn profile(&self) -> Option<Profile> {
        let mut profile = Profile::clone(self.checked.as_ref().ok()?);
        if let Some(folder) = self.file.as_deref().and_then(Path::parent) {
            for file in profile.tls.files_mut() {
                *file = folder.join(file.as_path()).into();
            }
        }
        Some(profile)
    }
}
