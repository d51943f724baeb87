//! What happened, and how to do it again, in the words of other programs: pure functions over a profile and a
//! journal. Nothing secret is in them, because no journal holds anything secret.

mod attempts;
mod shell;
mod trace;

use std::sync::Arc;

use crate::model::{Entry, Profile};

/// What can be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Format {
    /// Token and ticket request for a shell.
    #[default]
    Curl,
    /// The socket, for a shell.
    Websocat,
    /// The attempts as JSON.
    Json,
    /// The attempts as a table (RFC 4180).
    Csv,
    /// The attempts as a timeline (Chrome's trace event format).
    Trace,
}

impl Format {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Websocat => "websocat",
            Self::Json => "JSON",
            Self::Csv => "CSV",
            Self::Trace => "Perfetto trace",
        }
    }

    /// What it is for.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::Curl => "Token and ticket request as shell commands; the JWT is a variable",
            Self::Websocat => "The WebSocket as a shell command; the ticket is a variable",
            Self::Json => "All attempts so far, with their phases",
            Self::Csv => "All attempts so far, as a table",
            Self::Trace => "All attempts so far, as a timeline for ui.perfetto.dev or chrome://tracing",
        }
    }

    /// Writes it.
    pub fn write(self, profile: &Profile, entries: &[Arc<Entry>]) -> String {
        match self {
            Self::Curl => shell::curl(profile),
            Self::Websocat => shell::websocat(profile),
            Self::Json => attempts::json(profile, entries),
            Self::Csv => attempts::csv(entries),
            Self::Trace => trace::trace(entries),
        }
    }
}

/// Entries that the journal kept no longer.
fn dropped(entries: &[Arc<Entry>]) -> u64 {
    entries.first().map_or(0, |first| first.seq)
}
