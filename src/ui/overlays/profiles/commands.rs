//! What can be asked of the profiles.

use egui::Key;

use super::super::super::choices::Switch;
use super::super::super::command::{PanelCommand, Row};
use super::super::super::profiles::Beginning;
use crate::profiles::folder::Job;

/// Begins a new profile.
pub(super) static NEW: PanelCommand = PanelCommand {
    name: "new profile",
    row: |_| {
        let explanation = "Make a profile: from a preset, from an address, or as a copy";
        Row::new("New…", explanation, |cx| cx.state.files.begin(Beginning::Preset(0)))
    },
};

/// Makes it.
pub(super) static CREATE: PanelCommand = PanelCommand {
    name: "create profile",
    row: |state| {
        let new = state.files.new.as_ref();
        let is_ready = new.is_some_and(|new| new.text().is_ok());
        Row::new("Make it", "Write it into the configuration folder", |cx| {
            let Some(new) = cx.state.files.new.clone() else { return };
            if let Ok(text) = new.text() {
                cx.ask_files(Job::Create(new.name.trim().to_owned(), text));
            }
        })
        .unless((!is_ready).then_some("Something is missing: see below"))
    },
};

/// Forgets it.
pub(super) static CANCEL: PanelCommand = PanelCommand {
    name: "cancel new profile",
    row: |_| Row::new("Cancel", "Make no profile", |cx| cx.state.files.new = None),
};

/// Begins another one with the same text.
pub(super) static DUPLICATE: PanelCommand = PanelCommand {
    name: "duplicate profile",
    row: |state| {
        let obstacle = state.files.draft.is_none().then_some("Choose a profile first");
        Row::new("Duplicate", "Begin a new profile with this text", |cx| {
            let of = cx.state.files.shown_name().unwrap_or_else(|| "Profile".to_owned());
            if let Some(draft) = &cx.state.files.draft {
                let text = draft.text.clone();
                cx.state.files.begin(Beginning::Copy { of, text });
            }
        })
        .unless(obstacle)
    },
};

/// Keeps what was edited.
pub(super) static SAVE: PanelCommand = PanelCommand {
    name: "save profile",
    row: |state| {
        let draft = state.files.draft.as_ref();
        let job = draft.and_then(|draft| Some(Job::Replace(draft.file.clone()?, draft.text.clone())));
        Row::new("Save", "Write it into its file", |cx| {
            if let Some(job) = job {
                cx.ask_files(job);
            }
        })
        .key(Key::S)
        .unless(match draft {
            None => Some("Choose a profile first"),
            Some(draft) if draft.file.is_none() => Some("It is built in: duplicate it to change it"),
            Some(draft) if !draft.is_changed() => Some("It is saved"),
            Some(draft) if draft.problem().is_some() => Some("It cannot be used yet: see below the text"),
            Some(_) => None,
        })
    },
};

/// Forgets what was edited.
pub(super) static REVERT: PanelCommand = PanelCommand {
    name: "revert profile",
    row: |state| {
        let is_changed = state.files.draft.as_ref().is_some_and(|draft| draft.is_changed());
        Row::new("Read the file again", "Forget what was edited here", |cx| {
            if let Some(file) = cx.state.files.revert() {
                cx.ask_files(Job::Read(file));
            }
        })
        .unless((!is_changed).then_some("Nothing was edited"))
    },
};

/// Deletes the file.
pub(super) static DELETE: PanelCommand = PanelCommand {
    name: "delete profile",
    row: |state| {
        let draft = state.files.draft.as_ref();
        let file = draft.and_then(|draft| draft.file.clone());
        let obstacle = match draft {
            None => Some("Choose a profile first"),
            Some(_) => file.is_none().then_some("It is built in"),
        };
        Row::new("Delete", "Delete its file; that can be undone until this window is closed", |cx| {
            if let Some(file) = file {
                cx.ask_files(Job::Delete(file));
            }
        })
        .unless(obstacle)
    },
};

/// Brings it back.
pub(super) static UNDO: PanelCommand = PanelCommand {
    name: "undo delete",
    row: |state| {
        let obstacle = state.files.deleted.is_none().then_some("Nothing was deleted");
        Row::new("Undo", "Write the file again", |cx| {
            if let Some((file, text)) = cx.state.files.deleted.clone() {
                cx.ask_files(Job::Restore(file, text));
            }
        })
        .unless(obstacle)
    },
};

/// Checks the service with the text as it stands there.
pub(super) static TRY: PanelCommand = PanelCommand {
    name: "try profile",
    row: |state| {
        let is_usable = state.files.profile_shown().is_some();
        let explanation = "Check every part of the way with what stands here; this session is not touched";
        Row::new("Try it", explanation, |cx| cx.try_profile())
            .unless((!is_usable).then_some("It cannot be used yet: see below the text"))
            .unless(state.check.is_running().then_some("A check is going on"))
    },
};

/// Makes it the profile of the session.
pub(super) static USE: PanelCommand = PanelCommand {
    name: "use profile",
    row: |state| {
        let place = state.files.place_shown();
        Row::new("Use it", "End this session and begin one with this profile", move |cx| {
            cx.state.profiles.switch = place.map(|to| Switch { to, then: None });
            cx.state.overlay = None;
        })
        .unless(place.is_none().then_some("Save it first"))
    },
};

/// Shows the list again.
pub(super) static LIST: PanelCommand = PanelCommand {
    name: "list profiles",
    row: |_| {
        let explanation = "The list of profiles; what is not saved is kept until this window is closed";
        Row::new("‹ Profiles", explanation, |cx| cx.state.files.leave())
    },
};

/// Shows the file, where there is no room for form and file.
pub(super) static SHOW_FILE: PanelCommand = PanelCommand {
    name: "show profile's file",
    row: |state| {
        let is_on = state.files.shows_file;
        Row::new("File", "Show the file in the place of the form", move |cx| cx.state.files.shows_file = !is_on)
            .on(is_on)
    },
};
