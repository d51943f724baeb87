//! The log of the service: JSON lines (contract §6) or text lines with what finds an attempt behind them
//! (`ticketHash=… traceId=…`). Fingerprints of tickets are in it, tickets never are.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::sighting::{Asked, End, Opened, Sighting, SocketSeen, TicketSeen, Time, TokenSeen};
use crate::model::{Answer, Close, Fingerprint, Redactor, RequestFailureKind, SafeText, Timing, TraceId};

/// Lines that are read.
const MAX_LINES: usize = 200_000;
/// Bytes of a line that are looked at.
const MAX_LINE: usize = 16 << 10;
/// Attempts that are kept.
const MAX_ATTEMPTS: usize = 5_000;

/// What a server's log holds.
#[derive(Debug, Default)]
pub(super) struct ServerLog {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    at: Option<Time>,
    text: String,
    fields: HashMap<&'static str, String>,
}

/// The fields that matter, by the names that they have.
const FIELDS: [(&str, &[&str]); 7] = [
    ("trace", &["traceId", "trace_id", "requestId", "x-trace-id"]),
    ("ticket", &["ticketHash", "ticket_hash"]),
    ("ttl", &["ttl", "expiresInSeconds"]),
    ("reason", &["reason"]),
    ("origin", &["origin", "originHost"]),
    ("status", &["status", "statusCode"]),
    ("code", &["code", "errorCode"]),
];

impl ServerLog {
    /// Reads the text of a log; `None` if no line is of a service of this kind.
    pub fn parse(text: &str) -> Option<Self> {
        let lines = text.lines().take(MAX_LINES).filter(|line| line.len() <= MAX_LINE);
        let lines: Vec<_> = lines.filter_map(Line::parse).filter(|line| line.is_of_use()).collect();
        (!lines.is_empty()).then_some(Self { lines })
    }

    /// What it tells of time.
    pub fn timing(&self) -> Timing {
        let is_dated = self.lines.iter().all(|line| line.at.is_some());
        if is_dated { Timing::Dated } else { Timing::Order }
    }

    /// The origin that was refused last, or else the last one.
    pub fn origin(&self) -> Option<String> {
        let named = self.lines.iter().rev().find_map(|line| line.fields.get("origin"))?;
        Some(if named.contains("://") { named.clone() } else { format!("https://{named}") })
    }

    /// The attempts that it tells of, by ticket, and where there is none by trace.
    pub fn sightings(&self, redactor: &Redactor) -> Vec<Sighting> {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut found: Vec<Sighting> = Vec::new();
        for line in &self.lines {
            let ticket = line.fields.get("ticket").and_then(|hash| fingerprint(hash));
            let keys = [ticket.map(|ticket| format!("#{ticket}")), line.fields.get("trace").cloned()];
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

impl Line {
    fn parse(line: &str) -> Option<Self> {
        if let Ok(Value::Object(object)) = serde_json::from_str::<Value>(line) {
            let object = Value::Object(object);
            let text = ["msg", "message", "event"].iter().find_map(|name| object.get(*name)?.as_str());
            let at = ["time", "timestamp", "ts", "@timestamp"].iter().find_map(|name| time(object.get(*name)?));
            let value = |name: &str| {
                let nested =
                    || ["context", "meta", "data", "fields"].iter().find_map(|group| object.get(*group)?.get(name));
                let value = object.get(name).or_else(nested)?;
                value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()))
            };
            let fields =
                FIELDS.iter().filter_map(|(field, names)| Some((*field, names.iter().find_map(|name| value(name))?)));
            return Some(Self { at, text: text.unwrap_or_default().to_owned(), fields: fields.collect() });
        }
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line, ""));
        let at = DateTime::parse_from_rfc3339(word).ok().map(|at| at.with_timezone(&Utc));
        let text = if at.is_some() { rest } else { line.trim() };
        let fields = FIELDS
            .iter()
            .filter_map(|(field, names)| Some((*field, names.iter().find_map(|name| inline(text, name))?)));
        Some(Self { at, text: text.to_owned(), fields: fields.collect() })
    }

    fn says(&self, words: &str) -> bool {
        self.text.contains(words)
    }

    fn is_of_use(&self) -> bool {
        let words = [
            "[WSTicket]",
            "[WS] Authenticated",
            "websocket_connected",
            "WS: Rejected",
            "WS: Connection rejected",
            "[Auth] Token issued",
            "[WS] Closed",
        ];
        words.iter().any(|words| self.says(words))
    }

    fn tell(&self, sighting: &mut Sighting, ticket: Option<Fingerprint>, redactor: &Redactor) {
        let trace =
            self.fields.get("trace").map_or_else(TraceId::unseen, |trace| TraceId::from_file(SafeText::new(trace)));
        let at = self.at;
        let refused = || {
            let status = self.fields.get("status").and_then(|status| status.parse().ok()).unwrap_or(500);
            let code = self.fields.get("code").map(|code| redactor.text(code.as_bytes(), 64));
            let answer = Answer::of_status(status);
            RequestFailureKind::Status(Box::new(match code {
                Some(code) => answer.with_code(code.as_str()),
                None => answer,
            }))
        };
        if self.says("Token issued") {
            let result = Some(Ok(TokenSeen::default()));
            sighting.token = Some(Asked { at, took: None, trace, result });
        } else if self.says("[WSTicket] Ticket generated") {
            let lifetime = self.fields.get("ttl").and_then(|ttl| ttl.parse().ok()).map(std::time::Duration::from_secs);
            let result = Some(Ok(TicketSeen { fingerprint: ticket, lifetime }));
            sighting.ticket = Some(Asked { at, took: None, trace, result });
        } else if self.says("[WSTicket]") {
            sighting.ticket = Some(Asked { at, took: None, trace, result: Some(Err(refused())) });
        } else {
            let socket = sighting.socket.get_or_insert_with(|| SocketSeen { at, ticket, ..SocketSeen::default() });
            socket.ticket = socket.ticket.or(ticket);
            if self.says("Authenticated via ticket") || self.says("websocket_connected") {
                if matches!(socket.opened, Opened::Unseen) {
                    socket.opened = Opened::Yes(at);
                }
            } else if self.says("ejected") {
                let blocked = self.says("Connection rejected");
                let given = self.fields.get("reason").map(|reason| redactor.text(reason.as_bytes(), 64));
                let reason =
                    given.filter(|_| blocked).map_or_else(|| "NOT_AUTHORIZED".to_owned(), |reason| reason.to_string());
                socket.opened = Opened::Yes(at);
                socket.end = Some(End::of(at, Close::received(Some(1008), &reason)));
            }
        }
    }
}

/// A time as loggers write it: text, UNIX seconds or milliseconds.
fn time(value: &Value) -> Option<Time> {
    if let Some(text) = value.as_str() {
        return DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc));
    }
    let number = value.as_f64()?;
    let millis = if number > 1e11 { number } else { number * 1e3 };
    DateTime::from_timestamp_millis(millis as i64)
}

/// The value of `name` in a text line: `name=value`, `name: 'value'`.
fn inline(text: &str, name: &str) -> Option<String> {
    let place = [format!("{name}="), format!("{name}: ")]
        .iter()
        .find_map(|start| text.find(start.as_str()).map(|place| place + start.len()))?;
    let rest = &text[place..];
    let value = match rest.strip_prefix('\'') {
        Some(quoted) => quoted.split('\'').next()?,
        None => rest.split([' ', ',', '}']).next()?,
    };
    (!value.is_empty()).then(|| value.to_owned())
}

fn fingerprint(hash: &str) -> Option<Fingerprint> {
    serde_json::from_value(Value::String(hash.trim_start_matches('#').to_ascii_lowercase())).ok()
}
