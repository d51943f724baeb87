//! One entry of a clean copy.

use serde_json::{Map, Value, json};
use url::Url;

use super::message;
use super::said::{Cleaner, number};
use crate::evidence::exchange::http;
use crate::evidence::har::{body_of, is_of_recorder};
use crate::evidence::secrets::{self, STAND_IN, is_placeholder};
use crate::model::failure::{AnswerParts, BodyKind, Product};
use crate::model::{Answer, Redactor, SafeText, is_explanation, is_harmless_header, is_harmless_request_header};

/// Secrets shorter than this have no fingerprint in a copy: all of them could be tried out.
const MIN_FINGERPRINT: usize = 12;
/// Values shorter than this in a query tell nothing.
const MIN_QUERY_VALUE: usize = 4;
/// Shorter numbers are no secrets, whatever they are called.
const MIN_NUMBER: usize = 8;
/// What a header has in the place of its value: that it is there tells who asked and who answered.
const NO_VALUE: &str = "redacted";
/// Numbers of a body that are no secret, beside those that explain a refusal.
const LIFETIMES: [&str; 6] = ["expiresInSeconds", "expires_in", "expiresIn", "ttl", "ttlSeconds", "lifetime"];

/// The entry as it may be passed on; `None` if it has no address.
pub fn clean(entry: &Value, redactor: &Redactor) -> Option<Value> {
    let cleaner = Cleaner { redactor };
    let at = |path: &str| entry.pointer(path);
    let text = |path: &str| cleaner.text(at(path));
    let url = Url::parse(at("/request/url")?.as_str()?).ok()?;
    // Where a relative redirect leads is read of the request as it went out.
    let place = http(&url);
    let place = Some(&place);
    let mut copy = json!({
        "startedDateTime": text("/startedDateTime"),
        "time": number(at("/time")),
        "request": {
            "method": text("/request/method"), "url": cleaner.url(&url), "httpVersion": text("/request/httpVersion"),
            "headers": cleaner.headers(at("/request/headers"), place, true),
            "queryString": [], "cookies": [], "headersSize": -1, "bodySize": -1,
        },
        "response": {
            "status": number(at("/response/status")), "statusText": text("/response/statusText"),
            "httpVersion": text("/response/httpVersion"), "headers": cleaner.headers(at("/response/headers"), place, false),
            "cookies": [], "content": cleaner.content(at("/response"), &url),
            "redirectURL": "", "headersSize": -1, "bodySize": -1,
        },
        "cache": {},
        "timings": cleaner.timings(at("/timings")),
    });
    let object = copy.as_object_mut()?;
    for name in ["_fromCache", "_resourceType", "_securityState", "serverIPAddress"] {
        if entry.get(name).is_some_and(Value::is_string) {
            object.insert(name.to_owned(), text(&format!("/{name}")));
        }
    }
    if let Some(error) = at("/response/_error").filter(|error| error.is_string()) {
        object["response"]["_error"] = cleaner.text(Some(error));
    }
    if let Some(messages) = message::NAMES.iter().find_map(|name| entry.get(*name)?.as_array()) {
        object.insert("_webSocketMessages".to_owned(), message::all(messages, &cleaner).into());
    }
    if let Some(close) = entry.get("_webSocketClose").filter(|close| close.is_object()) {
        let reason = cleaner.text(close.get("reason"));
        let (code, timestamp) = (number(close.get("code")), cleaner.stamp(close.get("timestamp")));
        object.insert("_webSocketClose".to_owned(), json!({ "code": code, "reason": reason, "timestamp": timestamp }));
    }
    Some(copy)
}

impl Cleaner<'_> {
    /// What stands for a secret: its fingerprint, unless the secret could be found out from it, and of a JWT what is said
    /// of it anyway.
    fn stand_in(&self, value: &str) -> String {
        match value.len() {
            _ if value.starts_with(STAND_IN) || is_placeholder(value) => value.to_owned(),
            MIN_FINGERPRINT.. => secrets::stand_in(value, |text| self.said(text)),
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
            true => self.stand_in(segment),
            false => segment.to_owned(),
        });
        copy.set_path(&segments.collect::<Vec<_>>().join("/"));
        copy.set_query(None);
        for (name, value) in url.query_pairs() {
            let value = if value.len() < MIN_QUERY_VALUE { value.into_owned() } else { self.stand_in(&value) };
            copy.query_pairs_mut().append_pair(&self.redactor.text(name.as_bytes(), 64).to_string(), &value);
        }
        String::from_utf8_lossy(&self.redactor.bytes(copy.as_str().as_bytes())).into_owned()
    }

    fn headers(&self, headers: Option<&Value>, place: Option<&Url>, is_request: bool) -> Vec<Value> {
        let mut kept = Vec::new();
        for header in headers.and_then(Value::as_array).into_iter().flatten() {
            let text = |name| header.get(name).and_then(Value::as_str).unwrap_or_default();
            let (name, value) = (text("name"), text("value"));
            let Some(value) = self.header(name, value, place, is_request) else { continue };
            kept.push(json!({ "name": self.redactor.text(name.as_bytes(), 64), "value": value }));
        }
        kept
    }

    /// The value of a header, as far as it may be passed on, of a request to `place` or its answer. Of other headers
    /// only that they are there.
    pub fn header(&self, name: &str, value: &str, place: Option<&Url>, is_request: bool) -> Option<SafeText> {
        let lower = name.to_ascii_lowercase();
        let value = match lower.as_str() {
            "authorization" if is_request => {
                let (scheme, credential) = value.split_once(' ').unwrap_or(("", value));
                let scheme = self.redactor.text(scheme.as_bytes(), 32);
                // Nothing looks for a credential in what stands for one.
                return Some(SafeText::new(format!("{scheme} {}", self.stand_in(credential)).trim_start()));
            }
            "sec-websocket-protocol" => {
                let one = |value: &str| {
                    if secrets::looks_secret(value) { self.stand_in(value) } else { value.to_owned() }
                };
                value.split(',').map(|value| one(value.trim())).collect::<Vec<_>>().join(", ")
            }
            "location" => {
                let target = Url::parse(value).ok().or_else(|| place?.join(value).ok());
                target.map_or_else(String::new, |url| self.url(&url))
            }
            "x-trace-id" | "x-request-id" | "x-correlation-id" => value.to_owned(),
            lower if is_harmless_header(lower) || is_request && is_harmless_request_header(lower) => value.to_owned(),
            _ => return Some(NO_VALUE.into()),
        };
        Some(self.said(&value))
    }

    fn content(&self, response: Option<&Value>, url: &Url) -> Value {
        let content = response.and_then(|response| response.get("content"));
        let mime = self.text(content.and_then(|content| content.get("mimeType")));
        let mut copy = json!({ "size": number(content.and_then(|content| content.get("size"))), "mimeType": mime });
        let Some(text) = response.and_then(body_of) else { return copy };
        copy["text"] = match serde_json::from_str::<Value>(&text) {
            Ok(body) => json!(self.body(&body, "", 0).to_string()),
            Err(_) if text.trim().is_empty() => json!(text.as_str()),
            Err(_) => json!(self.other_body(response, &text, url)),
        };
        copy
    }

    /// A body that is not JSON, made anew of what is shown of it: a page of its title and its text, and the name of the
    /// product that it tells.
    fn other_body(&self, response: Option<&Value>, text: &str, url: &Url) -> String {
        // A page by how it begins.
        if is_of_recorder(text) {
            return self.said(&SafeText::readable(text)).to_string();
        }
        let headers = response.and_then(|response| response.get("headers")).and_then(Value::as_array);
        let said = |header: &Value, name| header.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut headers = headers.into_iter().flatten();
        let kind = headers.find(|header| said(header, "name").eq_ignore_ascii_case("content-type"));
        let kind = kind.map(|header| said(header, "value"));
        let headers: Vec<_> = kind.iter().map(|value| ("content-type", value.as_bytes())).collect();
        let status = number(response.and_then(|response| response.get("status"))).as_f64().unwrap_or_default() as u16;
        // What may be the token or ticket itself is not quoted.
        let may_grant = (200..300).contains(&status);
        let (body, version) = (text.as_bytes(), "");
        let parts = AnswerParts { status, version, headers: &headers, retry_after: None, body, url, may_grant };
        let body = Answer::read(&parts, self.redactor).body;
        let shown = |text: &Option<SafeText>| text.as_ref().map(|text| self.said(text.as_str()).to_string());
        let excerpt = shown(&body.excerpt).unwrap_or_default();
        let mut copy = match body.kind {
            BodyKind::Page => {
                let title = shown(&body.title).map_or_else(String::new, |title| format!("<title>{title}</title>"));
                let page = format!("<!doctype html><html><head>{title}</head><body>{excerpt}</body></html>");
                let by = body.names.filter(|product| Product::named_in(&page) != Some(*product)).map(names);
                page + &by.map_or_else(String::new, |name| format!("<!-- {name} -->"))
            }
            BodyKind::Json => {
                let code = shown(&body.code).map_or_else(String::new, |code| format!("\"code\":\"{code}\","));
                format!("{{{code}")
            }
            BodyKind::Empty | BodyKind::Text | BodyKind::Binary => match (excerpt.is_empty(), body.names) {
                (false, _) => excerpt,
                (true, Some(product)) => names(product),
                (true, None) => "…".to_owned(),
            },
        };
        // Of an answer that should be JSON the length is told.
        let missing = text.len().saturating_sub(copy.len());
        if may_grant {
            copy.extend(std::iter::repeat_n(' ', missing));
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
                None => json!(self.stand_in(text)),
            },
            Value::Number(number)
                if secrets::is_secret_name(name) && !is_told && number.to_string().len() >= MIN_NUMBER =>
            {
                json!(self.stand_in(&number.to_string()))
            }
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
}

/// A word with which a page names `product`.
fn names(product: Product) -> String {
    let words = [product.to_string(), product.label().to_owned()];
    let found = words.into_iter().find(|word| Product::named_in(word) == Some(product));
    found.unwrap_or_default()
}
