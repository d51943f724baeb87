//! The log of the service: JSON lines (contract §6) or text lines with what finds an attempt behind them
//! (`ticketHash=… traceId=…`), or as the profile's `[log]` says; with or without what Docker, Kubernetes and journald put
//! before a line. Fingerprints of tickets are in it, tickets never are.

mod line;

use std::collections::HashMap;

use serde_json::Value;
use zeroize::Zeroizing;

use super::secrets::in_text;
use super::sighting::{Opened, RequestSeen, Sighting, SocketEnd, SocketSeen, TicketSeen, TokenSeen};
use crate::model::{
    Answer, Close, CloseCause, CloseCode, Failure, Fingerprint, Hidden, LogMapping, LogMeaning, Redactor,
    RequestFailureKind, SafeText, Timing, TraceId,
};
use line::{Field, ServerLogLine};

/// Lines that are read.
const MAX_LINES: usize = 200_000;
/// Bytes of a line that are looked at.
const MAX_LINE: usize = 16 << 10;
/// Attempts that are kept.
const MAX_ATTEMPTS: usize = 5_000;

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
        let lines: Vec<_> = match list {
            Some(Value::Array(list)) => {
                list.iter().take(MAX_LINES).filter_map(|value| ServerLogLine::of_json(value, mapping)).collect()
            }
            _ => {
                let lines = text.lines().take(MAX_LINES).filter(|line| line.len() <= MAX_LINE);
                lines.filter_map(|line| ServerLogLine::parse(line, mapping)).collect()
            }
        };
        (!lines.is_empty()).then(|| Self { secrets: in_text(text), lines })
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

    /// The attempts that it tells of, by ticket, and where there is none by trace.
    pub fn sightings(&self, redactor: &Redactor) -> Vec<Sighting> {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut found: Vec<Sighting> = Vec::new();
        for line in &self.lines {
            let ticket = line.field(Field::Ticket).and_then(fingerprint);
            let keys = [ticket.map(|ticket| format!("#{ticket}")), line.field(Field::Trace).map(str::to_owned)];
            let known = keys.iter().flatten().find_map(|key| places.get(key).copied());
            let place = known.unwrap_or_else(|| {
                found.push(Sighting { begun: line.at, ..Sighting::default() });
                found.len() - 1
            });
            if place >= MAX_ATTEMPTS {
                break;
            }
            places.extend(keys.into_iter().flatten().map(|key| (key, place)));
            line.tell(&mut found[place], ticket, redactor);
        }
        found
    }
}

impl ServerLogLine {
    fn tell(&self, sighting: &mut Sighting, ticket: Option<Fingerprint>, redactor: &Redactor) {
        let trace = self.field(Field::Trace);
        let trace = trace.map_or_else(TraceId::unseen, |trace| TraceId::from_file(SafeText::new(trace)));
        let at = self.at;
        let status: Option<u16> = self.field(Field::Status).and_then(|status| status.parse().ok());
        let refused = || {
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
