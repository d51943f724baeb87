//! One entry of a clean copy.

use serde_json::{Map, Value, json};
use url::Url;

use crate::evidence::har::Number;
use crate::evidence::secrets::{self, STAND_IN};
use crate::model::{Redactor, SafeText, is_explanation, is_harmless_header, without_mails};

/// Secrets shorter than this have no fingerprint in a copy: all of them could be tried out.
const MIN_FINGERPRINT: usize = 12;
/// Values shorter than this in a query tell nothing.
const MIN_QUERY_VALUE: usize = 4;
/// Bodies that are looked at, in bytes.
const MAX_BODY: usize = 64 << 10;
/// Request headers that are harmless, beside those of answers.
const REQUEST_HEADERS: [&str; 7] = [
    "accept",
    "access-control-request-headers",
    "access-control-request-method",
    "host",
    "origin",
    "sec-fetch-mode",
    "user-agent",
];
/// Numbers of a body that are no secret, beside those that explain a refusal.
const LIFETIMES: [&str; 6] = ["expiresInSeconds", "expires_in", "expiresIn", "ttl", "ttlSeconds", "lifetime"];

/// The entry as it may be passed on; `None` if it has no address.
pub fn clean(entry: &Value, redactor: &Redactor) -> Option<Value> {
    let cleaner = Cleaner { redactor };
    let at = |path: &str| entry.pointer(path);
    let text = |path: &str| cleaner.text(at(path));
    let url = Url::parse(at("/request/url")?.as_str()?).ok()?;
    let mut copy = json!({
        "startedDateTime": text("/startedDateTime"),
        "time": number(at("/time")),
        "request": {
            "method": text("/request/method"), "url": cleaner.url(&url), "httpVersion": text("/request/httpVersion"),
            "headers": cleaner.headers(at("/request/headers"), true),
            "queryString": [], "cookies": [], "headersSize": -1, "bodySize": -1,
        },
        "response": {
            "status": number(at("/response/status")), "statusText": text("/response/statusText"),
            "httpVersion": text("/response/httpVersion"), "headers": cleaner.headers(at("/response/headers"), false),
            "cookies": [], "content": cleaner.content(at("/response/content")),
            "redirectURL": "", "headersSize": -1, "bodySize": -1,
        },
        "cache": {},
        "timings": cleaner.timings(at("/timings")),
    });
    let object = copy.as_object_mut()?;
    for name in ["_resourceType", "_securityState", "serverIPAddress"] {
        if entry.get(name).is_some_and(Value::is_string) {
            object.insert(name.to_owned(), text(&format!("/{name}")));
        }
    }
    if let Some(error) = at("/response/_error").filter(|error| error.is_string()) {
        object["response"]["_error"] = cleaner.text(Some(error));
    }
    if let Some(messages) = entry.get("_webSocketMessages").and_then(Value::as_array) {
        let messages: Vec<_> = messages.iter().map(|message| cleaner.message(message)).collect();
        object.insert("_webSocketMessages".to_owned(), messages.into());
    }
    if let Some(close) = entry.get("_webSocketClose").filter(|close| close.is_object()) {
        let reason = cleaner.text(close.get("reason"));
        let (code, timestamp) = (number(close.get("code")), number(close.get("timestamp")));
        object.insert("_webSocketClose".to_owned(), json!({ "code": code, "reason": reason, "timestamp": timestamp }));
    }
    Some(copy)
}

/// Makes values of files harmless.
pub struct Cleaner<'a> {
    /// What hides the secrets that were found.
    pub redactor: &'a Redactor,
}

impl Cleaner<'_> {
    /// A text without secrets.
    pub fn text(&self, value: Option<&Value>) -> Value {
        json!(self.said(value.and_then(Value::as_str).unwrap_or_default()))
    }

    /// What somebody says, without secrets and mail addresses.
    fn said(&self, text: &str) -> SafeText {
        self.redactor.text(without_mails(text.trim()).as_bytes(), 512)
    }

    /// What stands for a secret: its fingerprint, unless the secret could be found out from it.
    fn stand_in(value: &str) -> String {
        match value.len() {
            _ if value.starts_with(STAND_IN) => value.to_owned(),
            MIN_FINGERPRINT.. => format!("{STAND_IN}{}", secrets::fingerprint(value)),
            _ => "redacted".to_owned(),
        }
    }

    /// An address, with fingerprints in the places of what can be secret in it.
    pub fn url(&self, url: &Url) -> String {
        let mut copy = url.clone();
        // Fails only where there can be none.
        let _ = copy.set_username("").and_then(|()| copy.set_password(None));
        copy.set_fragment(None);
        let segments = url.path().split('/').map(|segment| match secrets::is_hidden_in_path(segment) {
            true => Self::stand_in(segment),
            false => segment.to_owned(),
        });
        copy.set_path(&segments.collect::<Vec<_>>().join("/"));
        copy.set_query(None);
        for (name, value) in url.query_pairs() {
            let value = if value.len() < MIN_QUERY_VALUE { value.into_owned() } else { Self::stand_in(&value) };
            copy.query_pairs_mut().append_pair(&self.redactor.text(name.as_bytes(), 64).to_string(), &value);
        }
        String::from_utf8_lossy(&self.redactor.bytes(copy.as_str().as_bytes())).into_owned()
    }

    fn headers(&self, headers: Option<&Value>, is_request: bool) -> Vec<Value> {
        let mut kept = Vec::new();
        for header in headers.and_then(Value::as_array).into_iter().flatten() {
            let text = |name| header.get(name).and_then(Value::as_str).unwrap_or_default();
            let (name, value) = (text("name"), text("value"));
            let Some(value) = self.header(name, value, is_request) else { continue };
            kept.push(json!({ "name": self.redactor.text(name.as_bytes(), 64), "value": value }));
        }
        kept
    }

    /// The value of a header, if it is one that may be passed on.
    pub fn header(&self, name: &str, value: &str, is_request: bool) -> Option<SafeText> {
        let lower = name.to_ascii_lowercase();
        let value = match lower.as_str() {
            "authorization" if is_request => {
                let (scheme, credential) = value.split_once(' ').unwrap_or(("", value));
                format!("{scheme} {}", Self::stand_in(credential))
            }
            "sec-websocket-protocol" => {
                let one = |value: &str| {
                    if secrets::looks_secret(value) { Self::stand_in(value) } else { value.to_owned() }
                };
                value.split(',').map(|value| one(value.trim())).collect::<Vec<_>>().join(", ")
            }
            "location" => Url::parse(value).map_or_else(|_| String::new(), |url| self.url(&url)),
            "x-trace-id" | "x-request-id" | "x-correlation-id" => value.to_owned(),
            lower if is_harmless_header(lower) || is_request && REQUEST_HEADERS.contains(&lower) => value.to_owned(),
            _ => return None,
        };
        Some(self.said(&value))
    }

    fn content(&self, content: Option<&Value>) -> Value {
        let mime = self.text(content.and_then(|content| content.get("mimeType")));
        let mut copy = json!({ "size": number(content.and_then(|content| content.get("size"))), "mimeType": mime });
        let text = content
            .and_then(|content| content.get("text"))
            .and_then(Value::as_str)
            .filter(|text| text.len() <= MAX_BODY);
        if let Some(body) = text.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
            copy["text"] = json!(self.body(&body, "", 0).to_string());
        }
        copy
    }

    /// JSON with the same keys.
    fn body(&self, json: &Value, name: &str, depth: usize) -> Value {
        if depth > 12 {
            return Value::Null;
        }
        let is_told = is_explanation(name) || matches!(name, "traceId" | "requestId" | "trace_id");
        match json {
            Value::Object(object) => {
                let fields = object.iter().take(200).map(|(name, value)| {
                    let shown = self.redactor.text(name.as_bytes(), 64).to_string();
                    (shown, self.body(value, name, depth + 1))
                });
                Value::Object(fields.collect::<Map<_, _>>())
            }
            Value::Array(list) => list.iter().take(200).map(|value| self.body(value, name, depth + 1)).collect(),
            Value::String(text) if is_told => json!(self.said(text)),
            Value::String(text) => match Url::parse(text).ok().filter(Url::has_host) {
                Some(url) => json!(self.url(&url)),
                None => json!(Self::stand_in(text)),
            },
            Value::Number(_) if is_told || LIFETIMES.contains(&name) => json.clone(),
            Value::Number(_) => json!(0),
            Value::Bool(_) | Value::Null => json.clone(),
        }
    }

    fn timings(&self, timings: Option<&Value>) -> Value {
        let names = ["blocked", "dns", "connect", "ssl", "send", "wait", "receive"];
        let fields = names.iter().filter_map(|name| {
            let value = timings?.get(*name)?;
            Some(((*name).to_owned(), number(Some(value))))
        });
        Value::Object(fields.collect())
    }

    fn message(&self, message: &Value) -> Value {
        let opcode = number(message.get("opcode"));
        let data = message.get("data").and_then(Value::as_str).unwrap_or_default();
        let is_of_browser = opcode.as_f64().is_some_and(|opcode| opcode < 0.0);
        let len = if opcode.as_f64() == Some(2.0) { data.len() / 4 * 3 } else { data.len() };
        json!({
            "type": self.text(message.get("type")), "time": number(message.get("time")), "opcode": opcode,
            "data": if is_of_browser { self.text(message.get("data")) } else { json!("") },
            "_length": len,
        })
    }
}

/// A number as it may be passed on.
fn number(value: Option<&Value>) -> Value {
    let number: Number =
        value.map(|value| serde_json::from_value(value.clone()).unwrap_or_default()).unwrap_or_default();
    number.0.map_or(Value::Null, |number| json!(number))
}
