//! One attempt, as far as files tell of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::journal::{Direction, MessageKind};
use crate::model::failure::{GreetingFailure, LastWord};
use crate::model::{
    Answer, BrowserBlock, Close, DialFailure, Failure, FileKind, FilePart, Fingerprint, Hidden, Issuer, LostAddress,
    MaskedId, Phase, RequestFailureKind, RequestHead, SafeText, TokenFacts, TraceId, Unseen,
};

/// A moment by some file's clock.
pub(super) type Time = DateTime<Utc>;

/// One attempt, as far as a file, or several together, tell of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Sighting {
    /// When it began.
    pub begun: Option<Time>,
    /// Step 1, if a token was asked for.
    pub token: Option<RequestSeen<TokenSeen>>,
    /// The JWT that was there already, if it is known.
    pub stored: Option<TokenFacts>,
    /// Step 2.
    pub ticket: Option<RequestSeen<TicketSeen>>,
    /// The refusal of a first ticket request, which a new JWT cured.
    pub cured: Option<(u16, SafeText)>,
    /// What shows that a cache answered step 2.
    pub cached: Option<&'static str>,
    /// Step 3.
    pub socket: Option<SocketSeen>,
    /// The wait that was announced after it, and which retry in a row follows.
    pub wait: Option<(Option<u32>, Duration)>,
    /// Where a browser stops and another client would not.
    pub blocks: Vec<BrowserBlock>,
    /// What the files cannot tell of it.
    pub unseen: BTreeSet<Unseen>,
    /// The origin of the page, as the server's log has it.
    pub origin: Option<String>,
    /// Which files tell of each of its parts.
    pub told: BTreeMap<FilePart, Vec<FileKind>>,
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub(super) struct RequestSeen<T> {
    /// When it was sent.
    pub at: Option<Time>,
    /// How long it took.
    pub took: Option<Duration>,
    /// What finds it in the server's log.
    pub trace: TraceId,
    /// What was sent, if the file has it.
    pub head: Option<Box<RequestHead>>,
    /// The status and headers of a good answer, if the file has them.
    pub answer: Option<Box<Answer>>,
    /// What came back; `None` if the file does not tell.
    pub result: Option<Result<T, RequestFailureKind>>,
}

/// What is known of a new token.
#[derive(Clone, Debug, Default)]
pub(super) struct TokenSeen {
    /// The token; `None` if the file does not have it.
    pub facts: Option<TokenFacts>,
    /// The session that the server named.
    pub session: Option<MaskedId>,
}

/// What is known of a new ticket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TicketSeen {
    /// The ticket; `None` if the file does not have it.
    pub fingerprint: Option<Fingerprint>,
    /// How long it lives.
    pub lifetime: Option<Duration>,
}

/// What is known of a socket.
#[derive(Clone, Debug, Default)]
pub(super) struct SocketSeen {
    /// When it was asked for.
    pub at: Option<Time>,
    /// The ticket in its address.
    pub ticket: Option<Fingerprint>,
    /// The parts of making the connection.
    pub phases: Vec<PhaseSeen>,
    /// Addresses that could not be connected to, and the one that could.
    pub lost: Vec<LostAddress>,
    /// The one that could.
    pub connected: Option<SocketAddr>,
    /// Who issued the certificate.
    pub issuer: Option<Issuer>,
    /// What was sent, if the file has it.
    pub head: Option<Box<RequestHead>>,
    /// The status and headers of the answer that opened it, if the file has them.
    pub answer: Option<Box<Answer>>,
    /// The result of the upgrade.
    pub opened: Opened,
    /// Why the open socket is of no use.
    pub greeting: Option<GreetingFailure>,
    /// What became of the open socket.
    pub end: Option<SocketEnd>,
    /// Why the server's log says that it refused: whether before or after opening, only others can tell.
    pub refusal: Option<SafeText>,
    /// The messages on it.
    pub messages: Vec<MessageSeen>,
    /// What the server said last.
    pub last_word: Option<LastWord>,
}

/// A part of making a connection.
#[derive(Clone, Debug)]
pub(super) struct PhaseSeen {
    /// Which.
    pub phase: Phase,
    /// How long it took.
    pub took: Duration,
    /// Whether it succeeded.
    pub ok: bool,
    /// What is worth knowing.
    pub detail: SafeText,
}

/// The result of an upgrade.
#[derive(Clone, Debug, Default)]
pub(super) enum Opened {
    /// The file does not tell.
    #[default]
    Unseen,
    /// The socket opened.
    Yes(Option<Time>),
    /// It did not.
    No {
        /// Why.
        failure: Failure,
        /// When that was known.
        at: Option<Time>,
    },
}

/// How an open socket ended.
#[derive(Clone, Debug)]
pub(super) struct SocketEnd {
    /// When; `None` if no file tells.
    pub at: Option<Time>,
    /// How.
    pub close: Close,
    /// Whether the page or its user ended it, or nothing was wrong.
    pub is_ordered: bool,
}

/// A message on a socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct MessageSeen {
    /// When.
    pub at: Time,
    /// Which way.
    pub direction: Direction,
    /// Its kind.
    pub kind: MessageKind,
    /// Its payload's length in bytes.
    pub len: usize,
}

impl<T> RequestSeen<T> {
    /// A request that was sent at a time; nothing else is known of it but what came back.
    pub fn at(at: Option<Time>, trace: TraceId, result: Option<Result<T, RequestFailureKind>>) -> Self {
        Self { at, took: None, trace, head: None, answer: None, result }
    }

    /// When its answer was there.
    pub fn answered_at(&self) -> Option<Time> {
        later(self.at?, self.took?)
    }

    /// Why it failed.
    pub fn failure(&self) -> Option<&RequestFailureKind> {
        self.result.as_ref()?.as_ref().err()
    }

    /// Whether it succeeded.
    pub fn is_granted(&self) -> bool {
        matches!(self.result, Some(Ok(_)))
    }
}

/// `time` and `duration` after it.
pub(super) fn later(time: Time, duration: Duration) -> Option<Time> {
    time.checked_add_signed(chrono::TimeDelta::from_std(duration).ok()?)
}

impl Sighting {
    /// Remembers that all that is known so far was told by a file of this kind.
    pub fn tell_by(&mut self, kind: FileKind) {
        let socket = self.socket.as_ref();
        let is_told = [
            (FilePart::Token, self.token.is_some() || self.stored.is_some()),
            (FilePart::Ticket, self.ticket.is_some()),
            (FilePart::Socket, socket.is_some_and(|socket| !matches!(socket.opened, Opened::Unseen))),
            (FilePart::End, socket.is_some_and(|socket| socket.end.as_ref().is_some_and(|end| end.close.is_told()))),
        ];
        self.told = is_told.into_iter().filter(|(_, is_told)| *is_told).map(|(part, _)| (part, vec![kind])).collect();
    }

    /// When something is first known to have happened.
    pub fn first(&self) -> Option<Time> {
        let token = self.token.as_ref().and_then(|token| token.at);
        let ticket = self.ticket.as_ref().and_then(|ticket| ticket.at);
        let socket = self.socket.as_ref().and_then(|socket| socket.at);
        [self.begun, token, ticket, socket].into_iter().flatten().min()
    }

    /// When something is last known to have happened.
    pub fn last(&self) -> Option<Time> {
        let token = self.token.as_ref().and_then(|token| token.answered_at().or(token.at));
        let ticket = self.ticket.as_ref().and_then(|ticket| ticket.answered_at().or(ticket.at));
        let socket = self.socket.iter().flat_map(|socket| {
            let opened = match &socket.opened {
                Opened::Yes(at) | Opened::No { at, .. } => *at,
                Opened::Unseen => None,
            };
            let end = socket.end.as_ref().and_then(|end| end.at);
            [socket.at, opened, end, socket.messages.last().map(|message| message.at)]
        });
        [self.begun, token, ticket].into_iter().chain(socket).flatten().max()
    }

    /// The ticket that it is about.
    pub fn ticket_fingerprint(&self) -> Option<Fingerprint> {
        let given = self.ticket.as_ref().and_then(|ticket| match &ticket.result {
            Some(Ok(seen)) => seen.fingerprint,
            Some(Err(_)) | None => None,
        });
        self.socket.as_ref().and_then(|socket| socket.ticket).or(given)
    }

    /// The ids by which the server's log knows its requests.
    pub fn traces(&self) -> impl Iterator<Item = &TraceId> {
        let token = self.token.as_ref().map(|token| &token.trace);
        let ticket = self.ticket.as_ref().map(|ticket| &ticket.trace);
        token.into_iter().chain(ticket).filter(|trace| trace.is_known())
    }

    /// Moves all of its times by `millis`.
    pub fn shift(&mut self, millis: i64) {
        let by = chrono::TimeDelta::milliseconds(millis);
        let move_on = |time: &mut Option<Time>| *time = time.and_then(|time| time.checked_add_signed(by));
        move_on(&mut self.begun);
        self.token.iter_mut().for_each(|token| move_on(&mut token.at));
        self.ticket.iter_mut().for_each(|ticket| move_on(&mut ticket.at));
        if let Some(socket) = &mut self.socket {
            move_on(&mut socket.at);
            match &mut socket.opened {
                Opened::Yes(at) | Opened::No { at, .. } => move_on(at),
                Opened::Unseen => {}
            }
            socket.end.iter_mut().for_each(|end| move_on(&mut end.at));
            for message in &mut socket.messages {
                message.at = message.at.checked_add_signed(by).unwrap_or(message.at);
            }
        }
    }

    /// How it ended, as far as two files can be compared by it.
    pub fn outcome(&self) -> Outcome {
        let failed = |result: Option<bool>| matches!(result, Some(false));
        let token = self.token.as_ref().and_then(|token| token.result.as_ref().map(Result::is_ok));
        let ticket = self.ticket.as_ref().and_then(|ticket| ticket.result.as_ref().map(Result::is_ok));
        if failed(token) {
            return Outcome::TokenFailed;
        }
        if failed(ticket) {
            return Outcome::TicketFailed;
        }
        if self.socket.as_ref().is_some_and(|socket| socket.refusal.is_some()) {
            return Outcome::Unknown;
        }
        match self.socket.as_ref().map(|socket| &socket.opened) {
            Some(Opened::Yes(_)) => Outcome::Opened,
            Some(Opened::No { failure: Failure::Dial(DialFailure::Hidden(Hidden::Absent)), .. }) => Outcome::Unknown,
            Some(Opened::No { .. }) => Outcome::NotOpened,
            Some(Opened::Unseen) | None => Outcome::Unknown,
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Without a token.
    TokenFailed,
    /// Without a ticket.
    TicketFailed,
    /// Without a socket.
    NotOpened,
    /// With an open socket.
    Opened,
    /// Unknown.
    Unknown,
}

impl Outcome {
    /// Whether two accounts can be of the same attempt.
    pub fn fits(self, other: Self) -> bool {
        self == other || self == Self::Unknown || other == Self::Unknown
    }
}
