//! The parts of a snapshot: what is shown of files, steps, cards, closes and faults.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::model::{
    AttemptId, Browser, Class, Close, Delay, Failure, FaultName, FileKind, FilePart, Fingerprint, GreetingFailure,
    MaskedId, Moment, Phase, SafeText, Source, Timing, TokenFacts, TokenSource, TraceId, Unseen,
};

/// What is known of the files that a session was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesView {
    /// What they tell of time.
    pub timing: Timing,
    /// The browser that was used.
    pub browser: Option<Browser>,
    /// What they cannot tell, each with the attempt that it was told of last.
    pub unseen: BTreeMap<Unseen, Option<AttemptId>>,
    /// Whether they have the login or the ticket request of the newest attempt.
    pub has_requests: bool,
    /// Where they are several, or one is a log: which of them tell of each part of the newest attempt.
    pub told: BTreeMap<FilePart, Vec<FileKind>>,
}

impl FilesView {
    /// Which of several tell of `part`; `None` if that is not known, or there is one only.
    pub fn told_by(&self, part: FilePart) -> Option<String> {
        let by: Vec<_> = self.told.get(&part)?.iter().map(ToString::to_string).collect();
        Some(by.join(", "))
    }

    /// Whether all that they tell is from the service's log, and nothing from the user.
    pub fn is_log(&self) -> bool {
        !self.told.is_empty() && self.told.values().flatten().all(|kind| *kind == FileKind::ServerLog)
    }

    /// Whether they cannot tell `what`, of the attempt `of`.
    pub fn lacks(&self, what: Unseen, of: Option<AttemptId>) -> bool {
        self.unseen.get(&what).is_some_and(|attempt| attempt.is_none() || *attempt == of)
    }
}

/// What the client is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// Nothing: it waits for a person or, if something has just failed, is about to say when it tries again.
    Idle,
    /// Working on an attempt.
    Connecting(Step),
    /// The socket is open.
    Connected {
        /// Since when.
        since: Moment,
    },
    /// Waiting for the next attempt.
    Waiting(Delay),
    /// Stopped by a hard failure; waiting for a person.
    Stopped,
    /// The client crashed and is being started again.
    Crashed {
        /// What it said.
        message: SafeText,
        /// The fault that made it.
        simulated: Option<FaultName>,
    },
    /// The files that it was read from end here.
    Ended(LastSeen),
}

/// How a session stood when the files that tell of it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastSeen {
    /// Nothing was going on, or a wait.
    Quiet,
    /// An attempt was going on.
    Connecting(Step),
    /// The socket was open, or its end is not told of.
    Open {
        /// Since when.
        since: Moment,
    },
}

/// The steps of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Getting a JWT.
    Token,
    /// Getting a ticket.
    Ticket,
    /// Opening the socket.
    Socket,
    /// What a service says before its socket is of use.
    Greeting,
}

/// How a step of the current attempt stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepState {
    /// Not reached.
    #[default]
    Pending,
    /// Going on.
    Running,
    /// Succeeded.
    Done,
    /// Failed.
    Failed,
}

/// The JWT.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenView {
    /// How step 1 stands.
    pub state: StepState,
    /// What may be known of the token that is in use.
    pub token: Option<TokenFacts>,
    /// The session it belongs to.
    pub session_id: Option<MaskedId>,
    /// Where it came from.
    pub source: Option<TokenSource>,
    /// When the server was last asked for one.
    pub requested_at: Option<Moment>,
    /// How long getting it took.
    pub took: Option<Duration>,
    /// Whether it was replaced after a refusal in this attempt.
    pub refreshed: bool,
    /// Where a person is asked to sign in, as long as that is waited for.
    pub sign_in: Option<SignInView>,
}

/// Where a person is asked to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInView {
    /// The page.
    pub address: SafeText,
    /// The code to be typed there, if one is.
    pub code: Option<SafeText>,
    /// Until when that is waited for.
    pub until: Moment,
    /// Whether the page was opened.
    pub is_opened: bool,
}

/// The ticket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TicketView {
    /// How step 2 stands.
    pub state: StepState,
    /// How long the request took.
    pub took: Option<Duration>,
    /// The newest ticket.
    pub last: Option<TicketLife>,
}

/// The life of one ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketLife {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The attempt it was for.
    pub attempt: Option<AttemptId>,
    /// When it was asked for.
    pub requested_at: Moment,
    /// How long it lives; `None` if the server does not say.
    pub lifetime: Option<Duration>,
    /// How old it was when it went out; `None` if it was not used.
    pub spent_at_age: Option<Duration>,
}

/// The socket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SocketView {
    /// How step 3 stands.
    pub state: StepState,
    /// Whether a person has asked for the end of the connection that is open, or was the last. It ends when
    /// the server answers or a limit is reached.
    pub closing: bool,
    /// The newest round trips of pings, oldest first, at most [`Snapshot::MAX_ROUND_TRIPS`](super::Snapshot::MAX_ROUND_TRIPS).
    pub round_trips: VecDeque<Duration>,
}

impl SocketView {
    /// The middle one of the newest round trips.
    pub fn median_round_trip(&self) -> Option<Duration> {
        let mut sorted: Vec<_> = self.round_trips.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }
}

/// One timed part of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseView {
    /// Which.
    pub phase: Phase,
    /// When it ended.
    pub ended: Moment,
    /// How long it took.
    pub took: Duration,
    /// Whether it succeeded.
    pub ok: bool,
    /// What is worth knowing.
    pub detail: SafeText,
}

/// A failure and its circumstances.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// The failure.
    pub failure: Failure,
    /// How it is treated.
    pub class: Class,
    /// The fault that brought it about.
    pub simulated: Option<FaultName>,
    /// When.
    pub at: Moment,
    /// The entry that says so.
    pub seq: u64,
}

impl Failed {
    /// The trace id of the request that failed, if it was one.
    pub fn trace(&self) -> Option<&TraceId> {
        match &self.failure {
            Failure::Token(request) | Failure::Ticket(request) => Some(&request.trace),
            Failure::Greeting(GreetingFailure::Request { request, .. }) => Some(&request.trace),
            Failure::Setup(_)
            | Failure::TicketExpired { .. }
            | Failure::Dial(_)
            | Failure::UpgradeRefused(_)
            | Failure::Greeting(_)
            | Failure::Closed(_) => None,
        }
    }
}

/// What follows from a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterClose {
    /// The client connects again.
    Reconnects,
    /// The client stays stopped.
    Stops,
    /// Nothing: the person here asked for it.
    ByPerson,
    /// Nothing: in somebody's file it ended as it should.
    InOrder,
}

impl AfterClose {
    /// After a close that was classified as `class`, as `source` tells.
    pub fn of(class: Option<Class>, source: Source) -> Self {
        match class {
            Some(Class::Soft) => Self::Reconnects,
            Some(Class::Hard) => Self::Stops,
            None if source == Source::File => Self::InOrder,
            None => Self::ByPerson,
        }
    }

    /// How the close was classified; `None` if nothing was wrong.
    pub const fn class(self) -> Option<Class> {
        match self {
            Self::Reconnects => Some(Class::Soft),
            Self::Stops => Some(Class::Hard),
            Self::ByPerson | Self::InOrder => None,
        }
    }

    /// In words: `closed by you`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Reconnects => "reconnects",
            Self::Stops => "stopped",
            Self::ByPerson => "closed by you",
            Self::InOrder => "closed in order",
        }
    }
}

/// One close of an open socket.
#[derive(Clone, Debug, PartialEq)]
pub struct CloseRecord {
    /// The attempt that had opened it.
    pub attempt: Option<AttemptId>,
    /// When, by this computer's clock.
    pub time: DateTime<Utc>,
    /// How.
    pub close: Close,
    /// How long it had been open; `None` if a file does not tell.
    pub open_for: Option<Duration>,
    /// What follows from it.
    pub after: AfterClose,
    /// The fault that brought it about.
    pub simulated: Option<FaultName>,
}

/// A fault that will act.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmedFault {
    /// Which.
    pub fault: FaultName,
    /// How often; `None` until it is cleared.
    pub left: Option<u32>,
    /// The probability that it acts at an occasion.
    pub probability: f64,
}

impl ArmedFault {
    /// What is left of it, in short: `2 left`, `on`, `on, 30 %`.
    pub fn countdown(&self) -> String {
        let left = self.left.map_or_else(|| "on".to_owned(), |left| format!("{left} left"));
        let percent = (self.probability * 100.0).round();
        if self.probability < 1.0 { format!("{left}, {percent} %") } else { left }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_person_here_closes_what_no_class_explains() {
        for (class, source, words) in [
            (None, Source::Flow, "closed by you"),
            (None, Source::File, "closed in order"),
            (Some(Class::Soft), Source::File, "reconnects"),
            (Some(Class::Hard), Source::Flow, "stopped"),
        ] {
            let after = AfterClose::of(class, source);
            assert_eq!((after.words(), after.class()), (words, class));
        }
    }
}
