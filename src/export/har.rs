//! The requests of a session as an HTTP Archive 1.2, which browsers' developer tools open.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use url::Url;

use super::session::Session;
use super::writer::Writer;
use crate::journal::recording::{Header, MessageRecord};
use crate::journal::{Direction, MessageKind};
use crate::model::{
    Address, AttemptId, DriverEvent, Entry, Event, Failure, FaultName, FlowEvent, GreetingFailure, HttpMethod, Moment,
    Phase, Profile, RequestFailure, Service, Step, Template, TraceId, status_text,
};

pub(super) const HAR: Writer = Writer {
    name: "har",
    label: "HAR",
    explanation: "All requests as an HTTP Archive, for a browser's developer tools",
    write: har,
};

/// One request and what is known of its answer.
struct Exchange {
    phase: Phase,
    /// Which of the requests of this phase it is, from 0.
    number: usize,
    attempt: Option<AttemptId>,
    trace: TraceId,
    /// When the first of its parts began.
    start: Moment,
    parts: Vec<(Phase, Duration)>,
    status: u16,
    comment: Option<&'static str>,
    /// The fault that made its answer up.
    simulated: Option<FaultName>,
}

/// The archive. Queries are left out: there the ticket would be.
fn har(session: Session<'_>) -> String {
    let mut archive = Vec::new();
    // A JSON value can be printed always, and is UTF-8.
    let _ = write_har(session, &mut archive);
    String::from_utf8(archive).unwrap_or_default()
}

/// Writes the archive, a line at a time, into `out`.
///
/// # Errors
/// Those of `out`.
pub fn write_har(session: Session<'_>, out: impl io::Write) -> io::Result<()> {
    let Session { header, entries, messages } = session;
    let (mut exchanges, mut dialling) = (Vec::<Exchange>::new(), Vec::new());
    entries.for_each(|entry| apply(&entry, &mut exchanges, &mut dialling));
    let mut of_attempt: BTreeMap<AttemptId, Vec<&MessageRecord>> = BTreeMap::new();
    for message in &*messages {
        of_attempt.entry(message.attempt).or_default().push(message);
    }
    let comment = format!("Report {}: queries, bodies and message texts are not recorded", header.report_id());
    let entries = Entries { header: &header, exchanges: &exchanges, of_attempt };
    let creator = Creator { name: "Ticketscope", version: env!("CARGO_PKG_VERSION") };
    let log = Log { comment, creator, entries, pages: [], version: "1.2" };
    serde_json::to_writer_pretty(out, &Archive { log }).map_err(io::Error::from)
}

#[derive(Serialize)]
struct Archive<'a> {
    log: Log<'a>,
}

#[derive(Serialize)]
struct Log<'a> {
    comment: String,
    creator: Creator,
    entries: Entries<'a>,
    pages: [(); 0],
    version: &'static str,
}

#[derive(Serialize)]
struct Creator {
    name: &'static str,
    version: &'static str,
}

/// The requests, each of which becomes JSON when it is its turn.
struct Entries<'a> {
    header: &'a Header,
    exchanges: &'a [Exchange],
    of_attempt: BTreeMap<AttemptId, Vec<&'a MessageRecord>>,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.exchanges.iter().map(|exchange| self.json(exchange)))
    }
}

impl Entries<'_> {
    fn json(&self, exchange: &Exchange) -> Value {
        let start = self.date(exchange.start).to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut entry = exchange.json(&self.header.profile, &start);
        if exchange.phase == Phase::Upgrade && exchange.status == 101 {
            let own = exchange.attempt.and_then(|attempt| self.of_attempt.get(&attempt));
            let seconds = |at| self.date(at).timestamp_micros() as f64 / 1e6;
            let frames = own.into_iter().flatten().map(|message| frame(message, seconds(message.at)));
            entry["_webSocketMessages"] = frames.collect();
            entry["_resourceType"] = "websocket".into();
        }
        entry
    }

    fn date(&self, at: Moment) -> DateTime<Utc> {
        let elapsed = chrono::TimeDelta::from_std(at.since_start()).unwrap_or_default();
        self.header.start.checked_add_signed(elapsed).unwrap_or(self.header.start)
    }
}

fn apply(entry: &Entry, exchanges: &mut Vec<Exchange>, dialling: &mut Vec<(Phase, Duration)>) {
    let Entry { elapsed, attempt, event, .. } = entry;
    match event {
        Event::Flow(FlowEvent::AttemptStarted { .. }) => dialling.clear(),
        Event::Driver(DriverEvent::RequestSent { phase, trace, .. }) => {
            let parts = if *phase == Phase::Upgrade { std::mem::take(dialling) } else { Vec::new() };
            let before: Duration = parts.iter().map(|(_, took)| *took).sum();
            let start = Moment::START + elapsed.since_start().saturating_sub(before);
            let (phase, attempt, trace) = (*phase, *attempt, trace.clone());
            let (status, comment, simulated) = (0, Some("no answer was recorded"), None);
            let before = last(exchanges, attempt, phase).filter(|before| before.status < 300);
            let number = before.map_or(0, |before| {
                // A greeting goes on only after an answer that is a success, and no entry tells of that.
                if phase == Phase::Greeting {
                    (before.status, before.comment) = (200, None);
                }
                before.number + 1
            });
            exchanges.push(Exchange { phase, number, attempt, trace, start, parts, status, comment, simulated });
        }
        Event::Driver(DriverEvent::PhaseFinished {
            phase: phase @ (Phase::Dns | Phase::Tcp | Phase::Proxy | Phase::Tls),
            took,
            ..
        }) => {
            dialling.push((*phase, *took));
        }
        Event::Driver(DriverEvent::PhaseFinished {
            phase: phase @ (Phase::Token | Phase::Ticket | Phase::Upgrade),
            took,
            ok,
            ..
        }) => {
            if let Some(exchange) = last(exchanges, *attempt, *phase) {
                exchange.parts.push((*phase, *took));
                exchange.simulated = entry.simulated.clone().or(exchange.simulated.take());
                if *ok {
                    exchange.status = if *phase == Phase::Upgrade { 101 } else { 200 };
                    exchange.comment = None;
                }
            }
        }
        Event::Driver(DriverEvent::PhaseFinished { phase: Phase::Greeting, ok: true, .. }) => {
            answered(exchanges, entry, Phase::Greeting, Some(200));
        }
        Event::Flow(FlowEvent::RefreshingToken { status, .. }) => {
            answered(exchanges, entry, Phase::Ticket, Some(*status))
        }
        Event::Flow(FlowEvent::AttemptFailed { failure, .. }) => match failure {
            Failure::Token(request) => answered(exchanges, entry, Phase::Token, status(request)),
            Failure::Ticket(request) => answered(exchanges, entry, Phase::Ticket, status(request)),
            Failure::Greeting(GreetingFailure::Request { request, .. }) => {
                answered(exchanges, entry, Phase::Greeting, status(request));
            }
            Failure::UpgradeRefused(refusal) => answered(exchanges, entry, Phase::Upgrade, Some(refusal.status)),
            Failure::Setup(_)
            | Failure::TicketExpired { .. }
            | Failure::Dial(_)
            | Failure::Greeting(_)
            | Failure::Closed(_) => {}
        },
        Event::Flow(_) | Event::Driver(_) | Event::Replay(_) | Event::Server(_) | Event::Fault(_) | Event::File(_) => {}
    }
}

fn last(exchanges: &mut [Exchange], attempt: Option<AttemptId>, phase: Phase) -> Option<&mut Exchange> {
    exchanges.last_mut().filter(|exchange| exchange.attempt == attempt && exchange.phase == phase)
}

/// `entry` tells how the request of `phase` was answered: with `status`, or not at all.
fn answered(exchanges: &mut [Exchange], entry: &Entry, phase: Phase, status: Option<u16>) {
    let Some(exchange) = last(exchanges, entry.attempt, phase) else { return };
    exchange.simulated = entry.simulated.clone().or(exchange.simulated.take());
    if let Some(status) = status {
        exchange.status = status;
        exchange.comment = None;
    }
}

/// The status of the answer to a request that failed, if there was one.
fn status(request: &RequestFailure) -> Option<u16> {
    request.kind.answer().map(|answer| answer.status)
}

impl Exchange {
    /// Method and address of the step that it is of.
    fn of_steps(&self, profile: &Profile, service: &Service) -> (HttpMethod, Url) {
        let api = profile.api.url();
        let step = |step: &Step| match &step.address {
            Address::Path(path) => (step.method, below(api, &with_names(&path.0))),
            Address::Url(template) => (step.method, named(template, api)),
        };
        let sent = match self.phase {
            Phase::Token => {
                // The sign-in in the browser is before the steps.
                let before = usize::from(service.oauth.is_some());
                self.number.checked_sub(before).and_then(|number| service.login.get(number))
            }
            Phase::Ticket => service.ticket.get(self.number),
            Phase::Greeting => service.hello.iter().filter_map(|hello| hello.request.as_ref()).nth(self.number),
            Phase::Keychain | Phase::Dns | Phase::Tcp | Phase::Proxy | Phase::Tls | Phase::Upgrade => None,
        };
        if let Some(sent) = sent {
            return step(sent);
        }
        match (self.phase, &service.oauth) {
            (Phase::Token, Some(oauth)) if self.number == 0 => (HttpMethod::Post, oauth.token.url().clone()),
            (Phase::Token | Phase::Ticket | Phase::Greeting, _) => (HttpMethod::Get, api.clone()),
            (Phase::Keychain | Phase::Dns | Phase::Tcp | Phase::Proxy | Phase::Tls | Phase::Upgrade, _) => {
                let socket = &service.socket;
                let base = profile.websocket.url();
                let base = socket.url.as_ref().map_or_else(|| base.clone(), |url| named(url, base));
                let path = socket.path.as_ref().map_or_else(String::new, |path| with_names(&path.0));
                (HttpMethod::Get, below(&base, &path))
            }
        }
    }

    fn json(&self, profile: &Profile, started: &str) -> Value {
        let endpoints = &profile.endpoints;
        let (method, url) = match (self.phase, &profile.service) {
            (_, Some(service)) => self.of_steps(profile, service),
            (phase, None) => match phase {
                Phase::Token => (endpoints.token.method, profile.api.join(&endpoints.token.path)),
                Phase::Ticket => (endpoints.ticket.method, profile.api.join(&endpoints.ticket.path)),
                Phase::Keychain
                | Phase::Dns
                | Phase::Tcp
                | Phase::Proxy
                | Phase::Tls
                | Phase::Upgrade
                | Phase::Greeting => (HttpMethod::Get, profile.websocket.join(&endpoints.socket.path)),
            },
        };
        let trace = self.trace.is_known().then(|| json!({ "name": "x-trace-id", "value": self.trace }));
        let mut headers: Vec<_> = trace.into_iter().collect();
        headers.splice(0..0, profile.sent_origin().map(|origin| json!({ "name": "Origin", "value": origin })));
        let text = match self.status {
            0 => "",
            101 => "Switching Protocols",
            status => status_text(status),
        };
        let took = |wanted: &[Phase]| {
            let parts = self.parts.iter().filter(|(phase, _)| wanted.contains(phase));
            // -1 is what the format has for a part that does not apply.
            parts.map(|(_, took)| took.as_secs_f64() * 1_000.0).reduce(|sum, took| sum + took).unwrap_or(-1.0)
        };
        let wait = took(&[self.phase]).max(0.0);
        let (dns, connect) = (took(&[Phase::Dns]), took(&[Phase::Tcp, Phase::Proxy, Phase::Tls]));
        let mut entry = json!({
            "startedDateTime": started,
            "time": wait + dns.max(0.0) + connect.max(0.0),
            "request": {
                "method": method, "url": without_query(url), "httpVersion": "HTTP/1.1",
                "cookies": [], "queryString": [], "headersSize": -1, "bodySize": -1,
                "headers": headers,
            },
            "response": {
                "status": self.status, "statusText": text, "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
                "content": { "size": 0, "mimeType": "x-unknown" },
                "redirectURL": "", "headersSize": -1, "bodySize": -1,
                "comment": self.comment.unwrap_or_default(),
            },
            "cache": {},
            "timings": {
                "blocked": -1, "dns": dns, "connect": connect, "ssl": took(&[Phase::Tls]),
                "send": 0, "wait": wait, "receive": 0,
            },
            "_attempt": self.attempt,
        });
        if let Some(fault) = &self.simulated {
            entry["_simulated"] = json!(fault);
        }
        entry
    }
}

/// `template` with the names of its values in their place.
fn with_names(template: &Template) -> String {
    template.translated(str::to_owned, |name, _| format!(":{name}"))
}

/// `path` below `url`.
fn below(url: &Url, path: &str) -> Url {
    let mut below = url.clone();
    below.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
    below
}

/// The address that `template` is, or else `base`: the address that an answer names is not in a recording.
fn named(template: &Template, base: &Url) -> Url {
    Url::parse(&with_names(template)).ok().filter(Url::has_host).unwrap_or_else(|| base.clone())
}

fn without_query(mut url: Url) -> Url {
    url.set_query(None);
    url
}

fn frame(message: &MessageRecord, seconds: f64) -> Value {
    let kind = match message.direction {
        Direction::In => "receive",
        Direction::Out => "send",
    };
    // RFC 6455 §5.2.
    let opcode = match message.kind {
        MessageKind::Text => 1,
        MessageKind::Binary => 2,
        MessageKind::Ping => 9,
        MessageKind::Pong => 10,
    };
    let mut frame = json!({ "type": kind, "time": seconds, "opcode": opcode, "data": "", "_length": message.len });
    if message.is_simulated {
        frame["_simulated"] = json!(true);
    }
    frame
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::Source;

    #[test]
    fn each_request_of_a_services_own_steps_has_its_address() {
        let text = "name = 'x'\napi = 'https://a.example/base'\n\
            [[login]]\npost = '/one'\ntake = { token = '/t' }\n\
            [[ticket]]\npost = 'https://b.example/two'\nauth = '{{token}}'\ntake = { room = '/r' }\n\
            [[ticket]]\nput = '/three/{{room|url}}'\ntake = { ticket = '/t' }\n\
            [socket]\npath = '/ws/{{room|url}}'\nquery = { t = '{{ticket}}' }\n\
            [[hello]]\nrequest = { get = '/four' }\nexpect = { text = 'hi' }\n";
        let profile = Profile::from_toml(text).unwrap();
        let sent = |phase| Event::Driver(DriverEvent::RequestSent { phase, trace: TraceId::unseen(), head: None });
        let phases = [Phase::Token, Phase::Ticket, Phase::Ticket, Phase::Upgrade, Phase::Greeting];
        let entries = (0..).zip(phases).map(|(seq, phase)| {
            Arc::new(Entry {
                seq,
                elapsed: Moment::from_millis(seq),
                time: DateTime::UNIX_EPOCH,
                attempt: Some(AttemptId(1)),
                source: Source::Driver,
                simulated: None,
                event: sent(phase),
            })
        });
        let archive = har(Session::new(Header::new(&profile, 7, DateTime::UNIX_EPOCH), entries.collect(), Vec::new()));
        let archive: Value = serde_json::from_str(&archive).unwrap();
        let requests = archive["log"]["entries"].as_array().unwrap().iter().map(|entry| {
            let request = &entry["request"];
            format!("{} {}", request["method"].as_str().unwrap(), request["url"].as_str().unwrap())
        });
        assert_eq!(
            requests.collect::<Vec<_>>(),
            [
                "POST https://a.example/base/one",
                "POST https://b.example/two",
                "PUT https://a.example/base/three/:room",
                "GET wss://a.example/base/ws/:room",
                "GET https://a.example/base/four",
            ]
        );
    }
}
