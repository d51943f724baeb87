//! The log of the service: JSON lines (contract §6) or text lines with what finds an attempt behind them
//! (`ticketHash=… traceId=…`), or as the profile's `[log]` says; with or without what Docker, Kubernetes and journald put
//! before a line. Fingerprints of tickets are in it, tickets never are.

mod access;
mod line;
mod value;

use std::collections::HashMap;

use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::browser_error::BrowserError;
use super::secrets::in_text;
use super::sighting::{Opened, RequestSeen, Sighting, SocketEnd, SocketSeen, TicketSeen, TokenSeen};
use crate::model::{
    Answer, Close, CloseCause, CloseCode, Failure, Fingerprint, Hidden, LogMapping, LogMeaning, Redactor,
    RequestFailureKind, SafeText, Timing, TraceId, Unseen,
};
use access::GIVEN_UP;
use line::{Field, ServerLogLine};

/// Lines that are read.
const MAX_LINES: usize = 200_000;
/// Bytes of a line that are looked at.
const MAX_LINE: usize = 16 << 10;
/// Attempts that are kept.
const MAX_ATTEMPTS: usize = 5_000;

/// How long the steps of one attempt may take by an access log.
const NEXT_STEP: chrono::TimeDelta = chrono::TimeDelta::seconds(60);

/// The statuses of the codes that services of this kind have (contract §2, §6).
const STATUSES: [(&str, u16); 9] = [
    ("INVALID_TOKEN", 401),
    ("MISSING_AUTH", 401),
    ("MISSING_SESSION", 401),
    ("UNAUTHORIZED", 401),
    ("FORBIDDEN", 403),
    ("RATE_LIMIT_EXCEEDED", 429),
    ("INTERNAL_ERROR", 500),
    ("TICKET_GENERATION_FAILED", 500),
    ("REDIS_UNAVAILABLE", 503),
];

/// What a server's log holds.
#[derive(Debug, Default)]
pub(super) struct ServerLog {
    /// What is secret in it.
    pub secrets: Vec<Zeroizing<String>>,
    lines: Vec<ServerLogLine>,
}

impl ServerLog {
    /// Reads the text of a log whose service's profile says `mapping`; `None` if no line tells anything.
    pub fn parse(text: &str, mapping: &LogMapping) -> Option<Self> {
        let list = text.trim_start().starts_with('[').then(|| serde_json::from_str(text).ok()).flatten();
        // As Amazon CloudWatch gives it out.
        let list = list.or_else(|| {
            let is_alone = text.trim_start().starts_with('{') && text.contains("\"events\"");
            let mut all = is_alone.then(|| serde_json::from_str::<Value>(text).ok()).flatten()?;
            all.get_mut("events").map(Value::take)
        });
        let lines: Vec<_> = match &list {
            Some(Value::Array(list)) => {
                let read = |read: &dyn Fn(&Value) -> Option<ServerLogLine>| -> Vec<_> {
                    list.iter().take(MAX_LINES).filter_map(read).collect()
                };
                // The service's own words say more than its requests.
                let own = read(&|value| ServerLogLine::of_json(value, mapping));
                if own.is_empty() { read(&ServerLogLine::of_access_json) } else { own }
            }
            _ => {
                let read = |read: &dyn Fn(&str) -> Option<ServerLogLine>| -> Vec<_> {
                    let lines = text.lines().take(MAX_LINES).filter(|line| line.len() <= MAX_LINE);
                    lines.filter_map(read).collect()
                };
                let own = read(&|line| ServerLogLine::parse(line, mapping));
                match own.is_empty() {
                    true if text.contains("#Fields:") => ServerLogLine::all_of_w3c(text),
                    true => read(&ServerLogLine::of_access_log),
                    false => own,
                }
            }
        };
        (!lines.is_empty()).then(|| Self { secrets: in_text(text), lines })
    }

    /// Whether `value` is a line of an access log that is about one of the steps.
    pub fn is_request(value: &Value) -> bool {
        ServerLogLine::of_access_json(value).is_some()
    }

    /// Whether it is an access log, without any words of the service's own.
    pub fn is_of_requests(&self) -> bool {
        self.lines.iter().all(ServerLogLine::is_of_access_log)
    }

    /// What it tells of time.
    pub fn timing(&self) -> Timing {
        let is_dated = self.lines.iter().all(|line| line.at.is_some());
        if is_dated { Timing::Dated } else { Timing::Order }
    }

    /// The origins and hosts of pages that it names.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| line.field(Field::Origin))
    }

    /// The address of the service's socket, if an access log names it.
    pub fn socket(&self) -> Option<Url> {
        self.lines.iter().rev().find_map(|line| line.socket.clone())
    }

    /// The attempts that it tells of, by ticket, and where there is none by trace.
    pub fn sightings(&self, redactor: &Redactor) -> Vec<Sighting> {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut found: Vec<Sighting> = Vec::new();
        for line in &self.lines {
            let ticket = line.field(Field::Ticket).and_then(fingerprint);
            let keys = [ticket.map(|ticket| format!("#{ticket}")), line.field(Field::Trace).map(str::to_owned)];
            let known = keys.iter().flatten().find_map(|key| places.get(key).copied());
            let client = line.client.as_ref().map(|client| format!("@{client}"));
            let continued = || {
                let place = client.as_ref().and_then(|key| places.get(key)).copied();
                place.filter(|place| line.continues(&found[*place]))
            };
            let known = known.or_else(continued);
            let place = known.unwrap_or_else(|| {
                found.push(Sighting { begun: line.at, ..Sighting::default() });
                found.len() - 1
            });
            if place >= MAX_ATTEMPTS {
                break;
            }
            places.extend(keys.into_iter().flatten().chain(client).map(|key| (key, place)));
            line.tell(&mut found[place], ticket, redactor);
        }
        found
    }
}

impl ServerLogLine {
    /// Whether this request of the same client can be the next step of the attempt that `sighting` is.
    fn continues(&self, sighting: &Sighting) -> bool {
        let is_next = match self.meaning {
            LogMeaning::Token | LogMeaning::TokenRefused => false,
            LogMeaning::Ticket | LogMeaning::TicketRefused => {
                sighting.ticket.is_none() && sighting.token.as_ref().is_some_and(RequestSeen::is_granted)
            }
            LogMeaning::Opened | LogMeaning::Refused | LogMeaning::Closed => {
                sighting.ticket.as_ref().is_some_and(RequestSeen::is_granted)
            }
        };
        let is_soon = self.at.zip(sighting.begun).is_none_or(|(at, begun)| (at - begun).abs() <= NEXT_STEP);
        is_next && sighting.socket.is_none() && is_soon
    }

    fn tell(&self, sighting: &mut Sighting, ticket: Option<Fingerprint>, redactor: &Redactor) {
        let trace = self.field(Field::Trace);
        let trace = trace.map_or_else(TraceId::unseen, |trace| TraceId::from_file(SafeText::new(trace)));
        let at = self.at;
        let status: Option<u16> = self.field(Field::Status).and_then(|status| status.parse().ok());
        let gave_up = status.filter(|status| self.is_of_access_log() && GIVEN_UP.contains(status));
        let refused = || {
            if gave_up.is_some() {
                return RequestFailureKind::Hidden(Hidden::GivenUp { after: None });
            }
            let code = self.field(Field::Code).map(|code| redactor.text(code.as_bytes(), 64));
            let known = || STATUSES.iter().find(|(known, _)| code.as_ref().is_some_and(|code| code.as_str() == *known));
            let Some(status) = status.or_else(|| known().map(|(_, status)| *status)) else {
                return RequestFailureKind::Hidden(Hidden::Refused);
            };
            let answer = Answer::of_file(status);
            RequestFailureKind::Status(Box::new(match code {
                Some(code) => answer.with_code(code.as_str()),
                None => answer,
            }))
        };
        // A host alone is no origin: its scheme and port are not told.
        let origin = self.field(Field::Origin).filter(|origin| origin.contains("://"));
        sighting.origin = sighting.origin.take().or(origin.map(str::to_owned));
        match self.meaning {
            LogMeaning::Token => {
                sighting.token = Some(RequestSeen::at(at, trace, Some(Ok(TokenSeen::default()))));
            }
            LogMeaning::TokenRefused => {
                sighting.token = Some(RequestSeen::at(at, trace, Some(Err(refused()))));
            }
            LogMeaning::Ticket => {
                let lifetime = self.field(Field::Lifetime).and_then(|seconds| seconds.parse().ok());
                let lifetime = lifetime.and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
                let result = Some(Ok(TicketSeen { fingerprint: ticket, lifetime }));
                sighting.ticket = Some(RequestSeen::at(at, trace, result));
            }
            LogMeaning::TicketRefused => {
                sighting.ticket = Some(RequestSeen::at(at, trace, Some(Err(refused()))));
            }
            LogMeaning::Opened | LogMeaning::Refused | LogMeaning::Closed => {
                let socket = sighting.socket.get_or_insert_with(|| SocketSeen { at, ticket, ..SocketSeen::default() });
                socket.ticket = socket.ticket.or(ticket);
                self.tell_of_socket(socket, status, redactor);
                if self.is_of_access_log() && socket.end.is_some() {
                    sighting.unseen.insert(Unseen::CloseReason);
                }
            }
        }
    }

    fn tell_of_socket(&self, socket: &mut SocketSeen, status: Option<u16>, redactor: &Redactor) {
        let at = self.at;
        let reason = self.field(Field::Reason).map(|reason| redactor.text(reason.as_bytes(), 123));
        if matches!(socket.opened, Opened::Unseen) {
            socket.opened = Opened::Yes(at);
        }
        match (self.meaning, status) {
            (LogMeaning::Refused, Some(status)) if self.is_of_access_log() && GIVEN_UP.contains(&status) => {
                let failure = BrowserError::GivenUp.of_dial(None);
                socket.opened = Opened::No { failure, at };
            }
            (LogMeaning::Opened, _) if self.is_of_access_log() => {
                socket.end = Some(SocketEnd { at: None, close: Close::unseen(), is_ordered: false });
            }
            (LogMeaning::Refused, Some(status)) if status >= 300 => {
                let failure = Failure::UpgradeRefused(Box::new(Answer::of_file(status)));
                socket.opened = Opened::No { failure, at };
            }
            (LogMeaning::Refused, _) => {
                // Of the seed's two lines only that about the origin gives the reason with which it closes.
                let reason = reason.filter(|_| !self.is_about_ticket());
                let reason = reason.map_or_else(|| "NOT_AUTHORIZED".to_owned(), |reason| reason.to_string());
                socket.refusal = Some(SafeText::new(&reason));
                let cause = if self.is_without_ticket() { CloseCause::TicketMissing } else { CloseCause::PeerFrame };
                let close = Close { code: CloseCode::UNSEEN, cause, ..Close::received(None, &reason) };
                socket.end = Some(SocketEnd::of(at, close));
            }
            (LogMeaning::Closed, _) => {
                let code: Option<u16> = self.field(Field::Code).and_then(|code| code.parse().ok());
                let close = match code {
                    Some(1006) => Close::abnormal(CloseCause::Unseen),
                    code => Close::received(
                        code.filter(|code| *code != 1005),
                        reason.as_ref().map_or("", |reason| reason.as_str()),
                    ),
                };
                socket.end = Some(SocketEnd::of(at, close));
            }
            (
                LogMeaning::Opened
                | LogMeaning::Token
                | LogMeaning::TokenRefused
                | LogMeaning::Ticket
                | LogMeaning::TicketRefused,
                _,
            ) => {}
        }
    }
}

fn fingerprint(hash: &str) -> Option<Fingerprint> {
    serde_json::from_value(Value::String(hash.trim_start_matches('#').to_ascii_lowercase())).ok()
}
