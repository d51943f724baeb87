//! One line of a server's log: what it means, when it was, and the fields that matter.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value;
use url::Url;

use super::access::Request;
use super::value::{inline, origin_of, written};
use crate::evidence::sighting::Time;
use crate::model::{LogMapping, LogMeaning, SafeText};

/// Where the shells of other programs have the service's own line.
const SHELLS: [&str; 6] = ["log", "message", "msg", "MESSAGE", "textPayload", "line"];
/// Those of them that no service uses itself.
const OF_OTHERS: [&str; 4] = ["log", "MESSAGE", "textPayload", "line"];
/// What loggers call the words of a line.
const TEXTS: [&str; 10] =
    ["msg", "message", "event", "log", "@m", "@mt", "RenderedMessage", "MessageTemplate", "body", "short_message"];
/// What they call its time.
const TIMES: [&str; 15] = [
    "time",
    "time_iso8601",
    "time_local",
    "StartUTC",
    "timestamp",
    "ts",
    "@timestamp",
    "Timestamp",
    "@t",
    "datetime",
    "date",
    "asctime",
    "eventTime",
    "t",
    "__REALTIME_TIMESTAMP",
];
/// How many shells of other programs a line may be in.
const MAX_SHELLS: usize = 3;

/// A field that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// What finds the request in other logs.
    Trace,
    /// The ticket's hash.
    Ticket,
    /// How long the ticket lives, in seconds.
    Lifetime,
    /// Why.
    Reason,
    /// The origin of the page.
    Origin,
    /// The status of an answer.
    Status,
    /// The code of an answer or a close.
    Code,
}

/// The names that each field has.
const FIELDS: [(Field, &[&str]); 7] = [
    (
        Field::Trace,
        &[
            "traceId",
            "trace_id",
            "trace.id",
            "traceID",
            "TraceId",
            "requestId",
            "request_id",
            "reqId",
            "correlationId",
            "x-trace-id",
            "x-request-id",
        ],
    ),
    (Field::Ticket, &["ticketHash", "ticket_hash"]),
    (Field::Lifetime, &["ttl", "expiresInSeconds"]),
    (Field::Reason, &["reason"]),
    (Field::Origin, &["origin", "originHost"]),
    (Field::Status, &["status", "statusCode"]),
    (Field::Code, &["code", "errorCode"]),
];

/// The seed's words and those of deployed servers (contract §6).
const WORDS: [(&str, LogMeaning); 20] = [
    ("[Auth] Token issued", LogMeaning::Token),
    ("[Auth] Rejected", LogMeaning::TokenRefused),
    ("[WSTicket] Ticket generated", LogMeaning::Ticket),
    ("[WSTicket] Rejected", LogMeaning::TicketRefused),
    ("[WSTicket] Redis", LogMeaning::TicketRefused),
    ("[WSTicket] Failed", LogMeaning::TicketRefused),
    ("[WSTicket] Error", LogMeaning::TicketRefused),
    ("[WSTicket] Answered", LogMeaning::TicketRefused),
    ("[WS] Authenticated", LogMeaning::Opened),
    ("websocket_connected", LogMeaning::Opened),
    ("WS: Rejected", LogMeaning::Refused),
    ("WS: Connection rejected", LogMeaning::Refused),
    ("WS: Connected", LogMeaning::Opened),
    ("WS: Closed", LogMeaning::Closed),
    ("Rate limit exceeded", LogMeaning::TicketRefused),
    ("[WS] Closed", LogMeaning::Closed),
    ("websocket_disconnected", LogMeaning::Closed),
    // Phoenix, daphne, Action Cable
    ("REFUSED CONNECTION TO", LogMeaning::Refused),
    ("WebSocket REJECT", LogMeaning::Refused),
    ("An unauthorized connection attempt was rejected", LogMeaning::Refused),
];

/// What frameworks say of an origin that they do not accept: Action Cable and gorilla/websocket, Phoenix, Jupyter, Spring.
const OF_ORIGIN: [&str; 4] = [
    "equest origin not allowed",
    "Could not check origin for",
    "Blocking Cross Origin WebSocket Attempt",
    "Handshake request rejected, Origin header value",
];
/// The reason that says the same (contract §2).
const ORIGIN_BLOCKED: &str = "ORIGIN_BLOCKED";

/// A line that tells something.
#[derive(Debug)]
pub struct ServerLogLine {
    /// When it was written.
    pub at: Option<Time>,
    /// What it tells.
    pub meaning: LogMeaning,
    /// Of an access log's line: the address of the client.
    pub client: Option<String>,
    /// Of the same: the socket's address.
    pub socket: Option<Url>,
    is_about_ticket: bool,
    is_without_ticket: bool,
    is_of_access_log: bool,
    fields: HashMap<Field, String>,
}

impl ServerLogLine {
    /// Reads a line of a log; `None` if it tells nothing.
    pub fn parse(line: &str, mapping: &LogMapping) -> Option<Self> {
        let (before, object) = object_in(line);
        let said = beginning(before.trim());
        let inner = object.and_then(|object| Self::shelled(&object, said, mapping, 0));
        // Some loggers write their words before the object with the fields.
        inner.or_else(|| Self::of(Source::Text(line), said, mapping))
    }

    /// The same of an object.
    pub fn of_json(object: &Value, mapping: &LogMapping) -> Option<Self> {
        Self::shelled(object, None, mapping, 0)
    }

    /// Docker's `{"log":"…","time":"…"}` and the like: what they put around the service's own line is no more than a time.
    fn shelled(object: &Value, said: Option<Time>, mapping: &LogMapping, depth: usize) -> Option<Self> {
        let said = of_names(object).or(said);
        let is_deep = depth >= MAX_SHELLS;
        // Google's logging has the service's own object as it is.
        let payload = object.get("jsonPayload").filter(|payload| payload.is_object() && !is_deep);
        if let Some(found) = payload.and_then(|payload| Self::shelled(payload, said, mapping, depth + 1)) {
            return Some(found);
        }
        let inner = SHELLS.iter().find_map(|name| object.get(*name)?.as_str());
        let inner = inner.filter(|_| !is_deep).and_then(|inner| {
            let value = serde_json::from_str::<Value>(inner.trim()).ok().filter(Value::is_object);
            match value {
                Some(value) => Self::shelled(&value, said, mapping, depth + 1),
                None => OF_OTHERS
                    .iter()
                    .find_map(|name| object.get(*name))
                    .and_then(|_| Self::of(Source::Text(inner), said, mapping)),
            }
        });
        inner.or_else(|| Self::of(Source::Json(object), said, mapping))
    }

    fn of(source: Source<'_>, said: Option<Time>, mapping: &LogMapping) -> Option<Self> {
        let text = mapping.text.as_ref().and_then(|place| source.at(place)).unwrap_or_else(|| source.words());
        let known = || WORDS.iter().find(|(words, _)| text.contains(words)).map(|(_, meaning)| *meaning);
        let is_of_origin = OF_ORIGIN.iter().any(|words| text.contains(words));
        let meaning = mapping.meaning(&text).or_else(known).or(is_of_origin.then_some(LogMeaning::Refused))?;
        let at = mapping.time.as_ref().and_then(|place| source.at(place)).and_then(|text| date(&text));
        let said = said.or_else(|| source.time());
        let mut fields = HashMap::new();
        for (field, names) in FIELDS {
            let place = match field {
                Field::Trace => &mapping.trace,
                Field::Ticket => &mapping.ticket,
                Field::Lifetime => &mapping.lifetime,
                Field::Reason => &mapping.reason,
                Field::Origin => &mapping.origin,
                Field::Status => &mapping.status,
                Field::Code => &mapping.code,
            };
            let value = match place {
                Some(place) => source.at(place),
                None => names.iter().find_map(|name| source.named(name)).or_else(|| source.of_ecs(field)),
            };
            fields.extend(value.map(|value| (field, value)));
        }
        if is_of_origin {
            let origin = text.split([' ', ',', '"', '\'']).find_map(origin_of);
            fields.extend(origin.map(|origin| (Field::Origin, origin)));
            fields.entry(Field::Reason).or_insert_with(|| ORIGIN_BLOCKED.to_owned());
        }
        let is_about_ticket = text.contains("WS: Rejected");
        let is_without_ticket = is_about_ticket && text.contains("no auth ticket");
        let (client, socket, is_of_access_log) = (None, None, false);
        Some(Self {
            at: at.or(said),
            meaning,
            client,
            socket,
            is_about_ticket,
            is_without_ticket,
            is_of_access_log,
            fields,
        })
    }

    /// Reads a line of an access log; `None` if its request is for no step.
    pub fn of_access_log(line: &str) -> Option<Self> {
        let (before, object) = object_in(line);
        let Some(object) = object else { return Self::of_request(Request::of_text(line)?, beginning(before.trim())) };
        Self::of_access_json(&object).or_else(|| Self::of_request(Request::of_text(line)?, of_names(&object)))
    }

    /// The same of an object.
    pub fn of_access_json(object: &Value) -> Option<Self> {
        let said = of_names(object);
        let inner = || SHELLS.iter().find_map(|name| object.get(*name)?.as_str()).and_then(Self::of_access_log);
        let payload = || object.get("jsonPayload").and_then(Self::of_access_json);
        let found = Request::of_json(object).and_then(|request| Self::of_request(request, said));
        let found = found.or_else(inner).or_else(payload)?;
        Some(Self { at: found.at.or(said), ..found })
    }

    /// The lines of a text in the W3C's extended log file format.
    pub fn all_of_w3c(text: &str) -> Vec<Self> {
        Request::all_of_w3c(text).into_iter().filter_map(|request| Self::of_request(request, None)).collect()
    }

    fn of_request(request: Request, said: Option<Time>) -> Option<Self> {
        let Request { meaning, status, ticket, client, origin, time, socket } = request;
        let fields = [(Field::Status, Some(status.to_string())), (Field::Ticket, ticket), (Field::Origin, origin)];
        Some(Self {
            at: said.or_else(|| date(&time?)),
            meaning: meaning?,
            client,
            socket,
            is_about_ticket: false,
            is_without_ticket: false,
            is_of_access_log: true,
            fields: fields.into_iter().filter_map(|(field, value)| Some((field, value?))).collect(),
        })
    }

    /// The value of a field.
    pub fn field(&self, field: Field) -> Option<&str> {
        self.fields.get(&field).map(String::as_str)
    }

    /// Whether it is about one request: what became of an open socket it does not say.
    pub fn is_of_access_log(&self) -> bool {
        self.is_of_access_log
    }

    /// Whether it says that the client sent none.
    pub fn is_without_ticket(&self) -> bool {
        self.is_without_ticket
    }

    /// Whether it says that a ticket was not accepted, rather than something else about the connection.
    pub fn is_about_ticket(&self) -> bool {
        self.is_about_ticket
    }
}

/// What fields are looked for in.
#[derive(Clone, Copy)]
enum Source<'a> {
    Json(&'a Value),
    Text(&'a str),
}

impl Source<'_> {
    /// What stands at a place of the profile's.
    fn at(self, place: &SafeText) -> Option<String> {
        match (self, place.as_str()) {
            (Self::Json(object), pointer) if pointer.starts_with('/') => object.pointer(pointer).and_then(written),
            (Self::Text(_), pointer) if pointer.starts_with('/') => None,
            (_, name) => self.named(name),
        }
    }

    /// The value of the field called `name`: of an object or of one of the groups in it, or in a text.
    fn named(self, name: &str) -> Option<String> {
        match self {
            Self::Text(text) => inline(text, name),
            Self::Json(object) => {
                let nested = || {
                    let groups = [
                        "context",
                        "meta",
                        "data",
                        "fields",
                        "err",
                        "error",
                        "req",
                        "res",
                        "attributes",
                        "Properties",
                        "extra",
                    ];
                    groups.iter().find_map(|group| object.get(*group)?.get(name))
                };
                let in_words = || inline(&self.words(), name);
                object.get(name).or_else(nested).and_then(written).or_else(in_words)
            }
        }
    }

    /// The value of a field as the Elastic Common Schema has it in groups.
    fn of_ecs(self, field: Field) -> Option<String> {
        let (Self::Json(object), Field::Trace) = (self, field) else { return None };
        object.pointer("/trace/id").and_then(written)
    }

    /// When a text says that it was, as logfmt does: `ts=2026-03-05T09:12:02Z`.
    fn time(self) -> Option<Time> {
        let Self::Text(text) = self else { return None };
        TIMES.iter().find_map(|name| date(&inline(text, name)?))
    }

    fn words(self) -> String {
        match self {
            Self::Text(text) => text.to_owned(),
            Self::Json(object) => {
                let text = TEXTS.iter().find_map(|name| object.get(*name)?.as_str());
                text.map_or_else(|| object.to_string(), str::to_owned)
            }
        }
    }
}

/// The object at the end of a line, and what stands before it.
fn object_in(line: &str) -> (&str, Option<Value>) {
    line.find('{').map_or((line, None), |place| {
        let object = serde_json::from_str::<Value>(line[place..].trim()).ok().filter(Value::is_object);
        (&line[..place], object)
    })
}

/// When an object says that it was.
fn of_names(object: &Value) -> Option<Time> {
    TIMES.iter().find_map(|name| date(&written(object.get(*name)?)?))
}

/// The date with which a line begins, behind what `docker compose logs` and `kubectl logs --prefix` put before it.
fn beginning(line: &str) -> Option<Time> {
    let line = match line.split_once('|') {
        Some((name, rest)) if !name.trim().contains(' ') => rest.trim_start(),
        _ => line,
    };
    let line = match line.strip_prefix("[pod/").and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest.trim_start(),
        None => line,
    };
    let mut words = line.splitn(3, ' ');
    let (first, second) = (words.next()?, words.next().unwrap_or_default());
    // Before a tab, as zap has it.
    let first = first.split('\t').next().unwrap_or_default();
    date(first.trim_matches(['[', ']', ',']))
        .or_else(|| date(format!("{first} {second}").trim_matches(['[', ']', ','])))
}

/// A date as loggers write it: RFC 3339, the same without a zone (UTC, then), or seconds or milliseconds since 1970.
fn date(text: &str) -> Option<Time> {
    const EARLIEST: f64 = 9e8;
    if let Ok(date) = DateTime::parse_from_rfc3339(text) {
        return Some(date.with_timezone(&Utc));
    }
    let text = text.replace(',', ".");
    let forms = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f"];
    if let Some(date) = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok()) {
        return Some(date.and_utc());
    }
    // Of access logs: the second is HAProxy's and daphne's.
    if let Ok(date) = DateTime::parse_from_str(&text, "%d/%b/%Y:%H:%M:%S %z") {
        return Some(date.with_timezone(&Utc));
    }
    if let Ok(date) = NaiveDateTime::parse_from_str(&text, "%d/%b/%Y:%H:%M:%S%.f") {
        return Some(date.and_utc());
    }
    let number: f64 = text.parse().ok().filter(|number: &f64| *number > EARLIEST)?;
    // Nanoseconds, as Loki has them, microseconds, as journald has them, milliseconds or seconds.
    let millis = match number {
        1e17.. => number / 1e6,
        1e14.. => number / 1e3,
        1e11.. => number,
        _ => number * 1e3,
    };
    DateTime::from_timestamp_millis(millis as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_in_whatever_shell_they_come() {
        let own = r#"{"time":1769349722000,"msg":"WS: Connection rejected","origin":"https://app.example.com","reason":"ORIGIN_BLOCKED","ticketHash":"05ace096c47e"}"#;
        let docker =
            serde_json::json!({ "log": format!("{own}\n"), "stream": "stdout", "time": "2026-01-25T14:02:02Z" });
        for line in [
            own.to_owned(),
            format!("api-1  | {own}"),
            format!("2026-01-25T14:02:02.000000000Z stderr F {own}"),
            format!("Jan 25 14:02:02 web1 node[812]: {own}"),
            docker.to_string(),
            "2026-01-25 14:02:02 WS: Connection rejected { origin: 'https://app.example.com', reason: 'ORIGIN_BLOCKED' } \
             ticketHash=05ace096c47e"
                .to_owned(),
            "ts=2026-01-25T14:02:02Z level=warn msg=\"WS: Connection rejected\" origin=https://app.example.com \
             reason=ORIGIN_BLOCKED ticketHash=05ace096c47e"
                .to_owned(),
            format!("[pod/api-7d9f8b6c5d-x2k4q/api] {own}"),
            "api-1    | 2026-01-25T14:02:02.000Z WS: Connection rejected { origin: 'https://app.example.com', reason: \
             'ORIGIN_BLOCKED' } ticketHash=05ace096c47e"
                .to_owned(),
            "2026-01-25T14:02:02.000Z\tWARN\tws.go:88\tWS: Connection rejected\t{\"origin\":\"https://app.example.com\",\
             \"reason\":\"ORIGIN_BLOCKED\",\"ticketHash\":\"05ace096c47e\"}"
                .to_owned(),
            serde_json::json!({ "jsonPayload": serde_json::from_str::<Value>(own).unwrap(), "severity": "WARNING" })
                .to_string(),
            serde_json::json!({ "MESSAGE": own, "__REALTIME_TIMESTAMP": "1769349722000000" }).to_string(),
            serde_json::json!({
                "@t": "2026-01-25T14:02:02Z", "@m": "WS: Connection rejected", "origin": "https://app.example.com",
                "reason": "ORIGIN_BLOCKED", "ticketHash": "05ace096c47e",
            })
            .to_string(),
        ] {
            let told = ServerLogLine::parse(&line, &LogMapping::default()).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(told.meaning, LogMeaning::Refused, "{line}");
            assert_eq!(told.at.map(|at| at.timestamp()), Some(1_769_349_722), "{line}");
            assert_eq!(told.field(Field::Reason), Some("ORIGIN_BLOCKED"), "{line}");
            assert_eq!(told.field(Field::Ticket), Some("05ace096c47e"), "{line}");
            assert_eq!(told.field(Field::Origin), Some("https://app.example.com"), "{line}");
        }
        assert!(ServerLogLine::parse(r#"{"msg":"hello"}"#, &LogMapping::default()).is_none());
    }
}
