//! Turns attempts into entries of a recording, as our own client would have recorded them, without what the files lack.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::secrets::without_told;
use super::sighting::{MessageSeen, Opened, RequestSeen, Sighting, SocketEnd, SocketSeen, TicketSeen, Time, TokenSeen};
use crate::flow::{Policy, class_of};
use crate::journal::recording::{Header, MessageRecord, Note, write_line};
use crate::model::{
    Answer, AttemptId, Browser, Class, ClockOffset, Delay, DialFailure, DriverEvent, Entry, Event, Failure, FileEvent,
    FileKind, Fingerprint, FlowEvent, Hidden, Moment, Phase, Profile, Redactor, ReplayEvent, RequestFailure,
    RequestFailureKind, RequestHead, SECRET, SafeText, Source, SourceFile, Timing, TokenSource, TraceId, Transport,
    Trigger, Unseen,
};

/// What was found in the files, put together.
#[derive(Debug)]
pub(super) struct Account {
    /// The attempts, in order.
    pub sightings: Vec<Sighting>,
    /// The files.
    pub files: Vec<SourceFile>,
    /// What they tell of time.
    pub timing: Timing,
    /// The browser that was used.
    pub browser: Option<Browser>,
    /// How far the user's clock is ahead of the server's.
    pub clock: Option<ClockOffset>,
}

/// Writes the account as a recording of a session with `profile`, without the secrets that `redactor` knows.
///
/// # Errors
/// Serialization errors; none expected.
pub(super) fn recording(account: &Account, profile: &Profile, redactor: &Redactor) -> serde_json::Result<Vec<u8>> {
    let start = account.sightings.iter().filter_map(Sighting::first).min();
    let mut writer = Writer {
        start,
        policy: Policy::from(profile),
        is_timed: account.timing != Timing::Order,
        names_files: account.files.len() > 1 || account.files.iter().any(|file| file.kind == FileKind::ServerLog),
        now: Moment::START,
        attempt: None,
        entries: Vec::new(),
        messages: Vec::new(),
    };
    writer.say(None, FileEvent::Begins { timing: account.timing, browser: account.browser });
    for (number, sighting) in account.sightings.iter().enumerate() {
        writer.attempt = Some(AttemptId(number as u64));
        writer.attempt(sighting);
    }
    writer.attempt = None;
    if let Some(offset) = account.clock {
        writer.say(None, DriverEvent::ClockCompared { offset });
    }
    if account.timing == Timing::Order {
        writer.say(None, FileEvent::NotSeen { what: Unseen::Times });
    }
    writer.say(account.sightings.iter().filter_map(Sighting::last).max(), FileEvent::Ends);
    let names: Vec<_> = account.files.iter().map(|file| file.name.as_str()).collect();
    let identity = Fingerprint::of(&format!("{names:?} {start:?} {}", writer.entries.len())).to_string();
    let seed = u64::from_str_radix(&identity, 16).unwrap_or_default();
    let header = Header {
        files: account.files.iter().map(|file| without_secrets(file, redactor)).collect(),
        ..Header::new(profile, seed, start.unwrap_or(DateTime::<Utc>::UNIX_EPOCH))
    };
    let mut lines = Vec::new();
    // The addresses of the service are what everybody is to see.
    write_line(&mut lines, &header)?;
    for entry in &writer.entries {
        push(&mut lines, entry, redactor)?;
    }
    for message in writer.messages {
        write_line(&mut lines, &Note::Message(message))?;
    }
    write_line(&mut lines, &Note::End(writer.entries.len() as u64))?;
    Ok(lines)
}

fn without_secrets(file: &SourceFile, redactor: &Redactor) -> SourceFile {
    let shown = |text: &SafeText| redactor.text(text.as_str().as_bytes(), 200);
    SourceFile { name: shown(&file.name), writer: shown(&file.writer), ..file.clone() }
}

/// Appends a line. Whatever a reader of files let pass, no secret passes here.
fn push(lines: &mut Vec<u8>, line: &impl serde::Serialize, redactor: &Redactor) -> serde_json::Result<()> {
    let mut bytes = Vec::new();
    write_line(&mut bytes, line)?;
    let said: Value = serde_json::from_slice(&bytes)?;
    let mut kept = said.clone();
    let known = Some(redactor).filter(|redactor| redactor.bytes(&bytes) != bytes);
    hide(&mut kept, known);
    if kept == said {
        lines.extend(bytes);
        return Ok(());
    }
    write_line(lines, &kept)
}

/// Fields of an entry with words of our own, which may be somebody's password too.
const OWN_WORDS: [&str; 10] =
    ["type", "source", "trigger", "phase", "what", "class", "timing", "browser", "part", "time"];

/// Hides the secrets that `known` knows, if any of them is there, and those that are told in words.
fn hide(value: &mut Value, known: Option<&Redactor>) {
    match value {
        Value::String(text) => {
            let kept = known.map_or(text.as_bytes().into(), |redactor| redactor.bytes(text.as_bytes()));
            *text = without_told(&String::from_utf8_lossy(&kept)).into_owned();
        }
        Value::Array(list) => list.iter_mut().for_each(|value| hide(value, known)),
        Value::Object(object) => {
            let others = object.iter_mut().filter(|(name, _)| !OWN_WORDS.contains(&name.as_str()));
            for (name, value) in others {
                hide(value, known);
                // An id that is a secret as well finds nothing any more.
                if name == "trace" && value.as_str().is_some_and(|trace| trace.contains(SECRET)) {
                    *value = Value::from("");
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

struct Writer {
    start: Option<Time>,
    policy: Policy,
    /// Whether the files tell of time.
    is_timed: bool,
    /// Whether it is said which file tells what: of several files, and of a log, which is not the user's.
    names_files: bool,
    /// When the newest entry was.
    now: Moment,
    attempt: Option<AttemptId>,
    entries: Vec<Entry>,
    messages: Vec<MessageRecord>,
}

impl Writer {
    /// When `at` is on the session's clock; the newest entry's moment if it is not known.
    fn moment(&self, at: Option<Time>) -> Moment {
        let since = at.zip(self.start).and_then(|(at, start)| (at - start).to_std().ok());
        since.map_or(self.now, |since| Moment::START + since)
    }

    fn say(&mut self, at: Option<Time>, event: impl Into<Event>) {
        let elapsed = self.moment(at).max(self.now);
        self.now = elapsed;
        let since = chrono::TimeDelta::from_std(elapsed.since_start()).unwrap_or_default();
        let time = self.start.unwrap_or_default().checked_add_signed(since).unwrap_or_default();
        let (seq, attempt) = (self.entries.len() as u64, self.attempt);
        let event = event.into();
        let source = Source::File;
        self.entries.push(Entry { seq, elapsed, time, attempt, source, simulated: None, event });
    }

    fn attempt(&mut self, sighting: &Sighting) {
        let Sighting { token, stored, ticket, cured, cached, socket, wait, blocks, unseen, told, .. } = sighting;
        self.say(sighting.first(), FlowEvent::AttemptStarted { trigger: Trigger::Unseen });
        if self.names_files {
            for (part, by) in told {
                self.say(None, FileEvent::Told { part: *part, by: by.clone() });
            }
        }
        let mut is_going_on = true;
        if let (Some(first), Some((status, code))) = (stored, cured) {
            self.say(None, FlowEvent::TokenReady { token: first.clone(), source: TokenSource::Memory });
            self.say(None, FlowEvent::RequestingTicket);
            self.say(None, FlowEvent::RefreshingToken { status: *status, code: code.clone() });
        } else if let Some((status, code)) = cured {
            self.say(None, FlowEvent::RequestingTicket);
            self.say(None, FlowEvent::RefreshingToken { status: *status, code: code.clone() });
        } else if let Some(facts) = stored {
            self.say(None, FlowEvent::TokenReady { token: facts.clone(), source: TokenSource::Memory });
        }
        if let Some(asked) = token {
            is_going_on = self.token(asked);
        }
        if let Some(asked) = ticket.as_ref().filter(|_| is_going_on) {
            is_going_on = self.ticket(asked, cured.is_some());
        }
        if let Some(said) = cached.filter(|_| ticket.as_ref().is_some_and(RequestSeen::is_granted)) {
            self.say(None, DriverEvent::AnsweredFromCache { phase: Phase::Ticket, age: None, said: said.into() });
        }
        if let Some(socket) = socket.as_ref().filter(|_| is_going_on) {
            self.socket(socket, ticket.is_some(), unseen);
        }
        for what in unseen.iter().filter(|what| !matches!(what, Unseen::SocketEnd | Unseen::Times)) {
            self.say(None, FileEvent::NotSeen { what: *what });
        }
        if !blocks.is_empty() {
            self.say(None, DriverEvent::BrowserStopped { blocks: blocks.clone() });
        }
        if let Some((retry, wait)) = wait {
            let (retry, wait) = (retry.unwrap_or(1), *wait);
            let until = self.now + wait;
            let delay = Delay { retry, nominal: wait, drawn: wait, floor: None, wait, until };
            self.say(None, FlowEvent::BackoffScheduled { delay });
        }
    }

    /// Returns whether the attempt goes on.
    fn token(&mut self, asked: &RequestSeen<TokenSeen>) -> bool {
        self.say(asked.at, FlowEvent::FetchingToken);
        self.sent(Phase::Token, &asked.trace, &asked.head);
        let end = asked.answered_at();
        match &asked.result {
            Some(Ok(seen)) => {
                self.took(Phase::Token, end, asked.took, true);
                self.answered(Phase::Token, end, &asked.answer);
                if let Some(token) = &seen.facts {
                    let session_id = seen.session.clone();
                    self.say(end, FlowEvent::TokenAcquired { token: token.clone(), session_id });
                    self.say(end, FlowEvent::TokenReady { token: token.clone(), source: TokenSource::Server });
                }
                true
            }
            Some(Err(kind)) => {
                self.took(Phase::Token, end, asked.took, false);
                self.fail(end, Failure::Token(failure(&asked.trace, kind)));
                false
            }
            None => true,
        }
    }

    fn ticket(&mut self, asked: &RequestSeen<TicketSeen>, is_again: bool) -> bool {
        self.say(asked.at, if is_again { FlowEvent::RetryingTicket } else { FlowEvent::RequestingTicket });
        let requested_at = self.now;
        self.sent(Phase::Ticket, &asked.trace, &asked.head);
        let end = asked.answered_at();
        match &asked.result {
            Some(Ok(seen)) => {
                self.took(Phase::Ticket, end, asked.took, true);
                self.answered(Phase::Ticket, end, &asked.answer);
                match seen.fingerprint {
                    Some(ticket) => {
                        self.say(end, FlowEvent::TicketObtained { ticket, lifetime: seen.lifetime, requested_at });
                    }
                    None => self.say(end, FlowEvent::Dialling),
                }
                true
            }
            Some(Err(kind)) => {
                self.took(Phase::Ticket, end, asked.took, false);
                self.fail(end, Failure::Ticket(failure(&asked.trace, kind)));
                false
            }
            None => true,
        }
    }

    fn sent(&mut self, phase: Phase, trace: &TraceId, head: &Option<Box<RequestHead>>) {
        self.say(None, DriverEvent::RequestSent { phase, trace: trace.clone(), head: head.clone() });
    }

    fn answered(&mut self, phase: Phase, at: Option<Time>, answer: &Option<Box<Answer>>) {
        if let Some(answer) = answer {
            self.say(at, DriverEvent::Answered { phase, answer: answer.clone(), first_byte: None, body: None });
        }
    }

    fn took(&mut self, phase: Phase, at: Option<Time>, took: Option<Duration>, ok: bool) {
        if let Some(took) = took.filter(|_| at.is_some()) {
            self.say(at, DriverEvent::PhaseFinished { phase, took, ok, detail: SafeText::default(), lookup: None });
        }
    }

    fn socket(&mut self, socket: &SocketSeen, has_ticket: bool, unseen: &BTreeSet<Unseen>) {
        if let (Opened::Unseen, Some(end)) = (&socket.opened, &socket.end) {
            self.say(end.at, FileEvent::NotSeen { what: Unseen::Beginning });
            return self.end(end);
        }
        if !has_ticket {
            self.say(socket.at, FlowEvent::Dialling);
        }
        for seen in &socket.phases {
            let (phase, took, ok, detail) = (seen.phase, seen.took, seen.ok, seen.detail.clone());
            if phase != Phase::Upgrade {
                self.say(None, DriverEvent::PhaseFinished { phase, took, ok, detail, lookup: None });
            }
        }
        if !socket.lost.is_empty() {
            let (lost, connected) = (socket.lost.clone(), socket.connected);
            self.say(socket.at, DriverEvent::AddressesLost { lost, connected });
        }
        let is_sent = match &socket.opened {
            Opened::No { failure: Failure::Dial(failure), .. } => can_be_sent(failure),
            Opened::No { .. } | Opened::Yes(_) | Opened::Unseen => true,
        };
        if let Some(issuer) = socket.issuer.as_ref().filter(|_| is_sent) {
            self.say(socket.at, DriverEvent::CertificateAccepted { issuer: issuer.clone() });
        }
        if is_sent {
            self.spend(socket);
            self.sent(Phase::Upgrade, &TraceId::unseen(), &socket.head);
        }
        match &socket.opened {
            Opened::Yes(at) => {
                let upgrade = socket.phases.iter().find(|seen| seen.phase == Phase::Upgrade);
                self.took(Phase::Upgrade, *at, upgrade.map(|seen| seen.took), true);
                self.answered(Phase::Upgrade, *at, &socket.answer);
                if let Some(failure) = &socket.greeting {
                    self.say(*at, FlowEvent::Greeting);
                    return self.fail(*at, Failure::Greeting(failure.clone()));
                }
                self.say(*at, FlowEvent::Connected);
                self.open(socket, unseen);
            }
            Opened::No { failure, at } => self.fail(*at, failure.clone()),
            Opened::Unseen => {}
        }
    }

    fn spend(&mut self, socket: &SocketSeen) {
        let Some(ticket) = socket.ticket else { return self.say(socket.at, FlowEvent::Upgrading) };
        let obtained = self.entries.iter().rev().find_map(|entry| match &entry.event {
            Event::Flow(FlowEvent::TicketObtained { ticket: obtained, requested_at, .. }) if *obtained == ticket => {
                Some(*requested_at)
            }
            Event::Flow(_) | Event::Driver(_) | Event::Server(_) | Event::Fault(_) | Event::File(_) => None,
            Event::Replay(ReplayEvent::MachineStarted { .. } | ReplayEvent::Input { .. }) => None,
        });
        let age = obtained.filter(|_| socket.at.is_some()).map(|at| self.moment(socket.at).since(at));
        self.say(socket.at, FlowEvent::TicketSpent { ticket, age });
    }

    fn open(&mut self, socket: &SocketSeen, unseen: &BTreeSet<Unseen>) {
        let attempt = self.attempt.unwrap_or_default();
        let record = |MessageSeen { at, direction, kind, len }: &MessageSeen| {
            let (at, direction, kind, len) = (self.moment(Some(*at)), *direction, *kind, *len);
            MessageRecord { at, attempt, direction, kind, len, is_simulated: false }
        };
        let messages: Vec<_> = socket.messages.iter().map(record).collect();
        self.messages.extend(messages);
        let Some(end) = &socket.end else {
            if unseen.contains(&Unseen::SocketEnd) {
                self.say(
                    socket.messages.last().map(|message| message.at),
                    FileEvent::NotSeen { what: Unseen::SocketEnd },
                );
            }
            return;
        };
        if let Some(word) = &socket.last_word {
            self.say(
                socket.messages.last().map(|message| message.at),
                DriverEvent::LastWordHeard { word: word.clone() },
            );
        }
        if end.at.is_none() && self.is_timed {
            self.say(None, FileEvent::NotSeen { what: Unseen::SocketEnd });
        }
        self.end(end);
    }

    fn end(&mut self, end: &SocketEnd) {
        let SocketEnd { at, close, is_ordered } = end;
        let class = class_of(&self.policy, &Failure::Closed(close.clone()));
        let class = (!is_ordered || class == Class::Hard).then_some(class);
        self.say(*at, FlowEvent::Disconnected { close: close.clone(), class });
    }

    fn fail(&mut self, at: Option<Time>, failure: Failure) {
        let class = class_of(&self.policy, &failure);
        self.say(at, FlowEvent::AttemptFailed { failure, class });
    }
}

/// Whether the request for the upgrade, with the ticket in it, can have gone out.
fn can_be_sent(failure: &DialFailure) -> bool {
    match failure {
        DialFailure::Transport(Transport::Broken(_)) | DialFailure::BadHandshake(_) | DialFailure::Timeout { .. } => {
            true
        }
        DialFailure::Hidden(Hidden::Refused | Hidden::Untold { .. } | Hidden::GivenUp { .. }) => true,
        DialFailure::Hidden(Hidden::Blocked(_) | Hidden::Absent)
        | DialFailure::Unusable { .. }
        | DialFailure::Identity { .. } => false,
        DialFailure::Transport(Transport::Dns(_) | Transport::Tcp(_) | Transport::Tls(_) | Transport::Proxy(_)) => {
            false
        }
    }
}

fn failure(trace: &TraceId, kind: &RequestFailureKind) -> RequestFailure {
    RequestFailure { trace: trace.clone(), kind: kind.clone() }
}
