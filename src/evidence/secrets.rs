//! The secrets of files: found wherever they can stand, to keep them out of what is shown, and then forgotten.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::exchange::{Exchange, RawEnd};
use super::stand_in::stood_for;
pub(super) use super::stand_in::{STAND_IN, fingerprint, is_jwt, stand_in, token_facts};
pub(super) use crate::model::is_secret_name;
use crate::model::{
    Redactor, Ticket, is_harmless_header, is_pod_name, is_reference_name, references, without_mails,
    without_quoted_secrets,
};

/// Values of one body that are looked at.
const MAX_LEAVES: usize = 500;
/// How deep they are looked for.
const MAX_DEPTH: usize = 12;
/// Secrets of all files that are kept out of what is shown; there are a few per attempt.
const MAX_SECRETS: usize = 5_000;
/// Words of one text that look like secrets, those that find requests in other logs among them.
const MAX_UNNAMED: usize = 100_000;
/// A value of at least so many bytes that looks like no word is taken for a secret, whatever it is called.
const MIN_UNNAMED: usize = 16;
/// In a line of text a value of at least so many bytes is taken for a secret if its name is that of one.
const MIN_NAMED: usize = 8;
/// So many bytes in a row that are in a secret and in a host's name are the host's.
const SHARED: usize = 8;

/// The secrets of files.
#[derive(Default)]
pub(super) struct Secrets {
    redactor: Redactor,
    count: usize,
    /// The hosts of the files: they are in the addresses that everybody is to see.
    hosts: BTreeSet<String>,
    /// What is in their names, in pieces of [`SHARED`] bytes.
    pieces: HashSet<Vec<u8>>,
}

impl Secrets {
    /// Remembers the host of an address, or of an origin: it is no secret, whatever it is called elsewhere.
    pub fn know(&mut self, address: &str) {
        let url = Url::parse(address).ok();
        let host = url.as_ref().map_or(Some(address), Url::host_str).unwrap_or_default().to_ascii_lowercase();
        self.pieces.extend(host.as_bytes().windows(SHARED).map(<[u8]>::to_vec));
        self.hosts.insert(host);
    }

    /// Takes in those of a request and its answer.
    pub fn take_exchange(&mut self, exchange: &Exchange) {
        if let Some(authorization) = exchange.authorization.as_ref().filter(|value| !value.contains(STAND_IN)) {
            self.add(|redactor| redactor.hiding_authorization(authorization));
            self.take(authorization.rsplit(' ').next().unwrap_or_default());
        }
        exchange.sent.iter().chain(&exchange.protocols).filter(|value| looks_secret(value)).for_each(|v| self.take(v));
        self.take_url(&exchange.url, exchange.socket.is_some());
        for (name, value) in &exchange.headers {
            if name == "set-cookie" {
                value.split('\n').for_each(|line| self.take_cookie(line));
            } else if !is_harmless_header(name)
                && (is_secret_name(name) || name.starts_with("x-") && looks_secret(value) && !is_told(name))
            {
                self.take(value);
            }
        }
        match exchange.json() {
            Some(json) => self.take_json(&json),
            None => exchange.body.iter().for_each(|body| self.take_text(body)),
        }
        if let Some(socket) = &exchange.socket {
            socket.secrets.iter().for_each(|secret| self.take(secret));
            socket.last_word.iter().for_each(|word| self.take_text(word.reason.as_str()));
            if let RawEnd::Closed { close, .. } = &socket.end {
                self.take_text(close.reason.as_str());
            }
        }
    }

    /// Takes in what is secret in the words of somebody: a message of an error quotes what it is about.
    fn take_text(&mut self, text: &str) {
        in_text(text).iter().for_each(|secret| self.take(secret));
    }

    fn take_cookie(&mut self, line: &str) {
        let value = line.split(';').next().and_then(|pair| pair.split_once('=')).map_or("", |(_, value)| value.trim());
        if self.is_in_host(value) || is_placeholder(value) {
            return;
        }
        self.add(|redactor| redactor.hiding_cookie(line.as_bytes()));
    }

    /// Takes in the values of `json` that are secret by their names, or by their looks.
    pub fn take_json(&mut self, json: &Value) {
        for (pointer, value) in leaves(json) {
            let name = pointer.rsplit('/').next().unwrap_or_default();
            let is_reference = || value.split_once(['=', ':']).is_some_and(|(name, _)| is_reference_name(name));
            if !is_told(name) && (is_secret_name(name) || looks_secret(&value) && !is_reference()) {
                self.take(&value);
            } else if let Some(url) = Url::parse(&value).ok().filter(Url::has_host) {
                self.take_url(&url, false);
            } else if value.contains(char::is_whitespace) || !is_told(name) {
                self.take_text(&value);
            }
        }
    }

    /// Takes in what can be secret in an address.
    pub fn take_url(&mut self, url: &Url, is_socket: bool) {
        for (name, value) in url.query_pairs() {
            if is_socket && is_value(&value) || is_secret_name(&name) || looks_secret(&value) {
                self.take(&value);
            }
        }
        url.password().into_iter().for_each(|password| self.take(password));
        let segments = url.path_segments().into_iter().flatten();
        segments.filter(|segment| looks_secret(segment)).for_each(|segment| self.take(segment));
        url.fragment().filter(|fragment| looks_secret(fragment)).into_iter().for_each(|fragment| self.take(fragment));
    }

    /// Takes in one value: of an address what can be secret in it, and of what holds a host's name the rest.
    pub fn take(&mut self, value: &str) {
        if value.starts_with(STAND_IN) || is_placeholder(value) {
            return;
        }
        if let Some(url) = Url::parse(value).ok().filter(Url::has_host) {
            return self.take_url(&url, matches!(url.scheme(), "ws" | "wss"));
        }
        if !self.is_in_host(value) {
            return self.hide(value);
        }
        for rest in self.beside_hosts(value) {
            self.hide(rest);
        }
    }

    fn hide(&mut self, value: &str) {
        self.add(|redactor| redactor.hiding_value(value).hiding_ticket(&Ticket::new(value)));
    }

    /// Whether to hide `value` would hide a part of a host's name.
    fn is_in_host(&self, value: &str) -> bool {
        let lower = value.to_ascii_lowercase();
        !lower.is_empty()
            && (self.hosts.iter().any(|host| host.contains(&lower))
                || lower.as_bytes().windows(SHARED).any(|piece| self.pieces.contains(piece)))
    }

    /// What of `value` is in no host's name, as far as it is long enough to be a secret.
    fn beside_hosts<'v>(&self, value: &'v str) -> Vec<&'v str> {
        let lower = value.to_ascii_lowercase();
        let mut is_shared = vec![false; value.len()];
        for (place, piece) in lower.as_bytes().windows(SHARED).enumerate() {
            if self.pieces.contains(piece) {
                is_shared[place..place + SHARED].fill(true);
            }
        }
        let (mut parts, mut from) = (Vec::new(), 0);
        for (end, is_end) in is_shared.into_iter().chain([true]).enumerate() {
            if is_end {
                parts.extend(value.get(from..end).filter(|part| part.len() >= MIN_NAMED && part.len() < value.len()));
                from = end + 1;
            }
        }
        parts
    }

    fn add(&mut self, hide: impl FnOnce(Redactor) -> Redactor) {
        if self.count < MAX_SECRETS {
            self.count += 1;
            self.redactor = hide(std::mem::take(&mut self.redactor));
        }
    }

    /// How many there are, about.
    pub fn count(&self) -> usize {
        self.count
    }

    /// What keeps them out of texts.
    pub fn into_redactor(self) -> Redactor {
        self.redactor
    }
}

/// Whether a program that takes secrets out of files put `value` there: `[REDACTED]`, `<redacted>`, `xxxxxxxx`, `***`.
pub(super) fn is_placeholder(value: &str) -> bool {
    const LONGEST: usize = 64;
    const WORDS: [&str; 10] = [
        "redacted",
        "removed",
        "hashed",
        "masked",
        "filtered",
        "sanitized",
        "omitted",
        "scrubbed",
        "stripped",
        "anonymized",
    ];
    let Some(first) = value.chars().next() else { return false };
    let is_one = matches!(first, 'x' | 'X' | '0') || !first.is_alphanumeric();
    let lower = value.to_ascii_lowercase();
    let mut words = lower.split(|letter: char| !letter.is_ascii_alphabetic());
    // `[128 bytes were stripped]` counts what was there.
    let is_told = value.contains(' ') || !value.bytes().any(|byte| byte.is_ascii_digit());
    value.len() <= LONGEST
        && stood_for(value).is_none()
        && (is_one && value.chars().all(|letter| letter == first) || is_told && words.any(|word| WORDS.contains(&word)))
}

/// Whether a segment of a path is not to be shown: an id that may be a secret, or somebody's mail address.
pub(super) fn is_hidden_in_path(segment: &str) -> bool {
    looks_secret(segment) || without_mails(segment) != segment
}

/// What somebody says, without mail addresses and without secrets that are known by the words before them: those are in no
/// other place of the file.
pub(super) fn without_told(text: &str) -> Cow<'_, str> {
    match without_mails(text) {
        Cow::Borrowed(text) => without_quoted_secrets(text),
        Cow::Owned(text) => Cow::Owned(without_quoted_secrets(&text).into_owned()),
    }
}

/// Whether `value` looks like a secret: long, without gaps, and no word.
pub(super) fn looks_secret(value: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~+/=%".contains(&byte);
    let has = |wanted: fn(&u8) -> bool| value.as_bytes().iter().any(wanted);
    value.len() >= MIN_UNNAMED
        && value.bytes().all(is_token)
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && value.parse::<chrono::DateTime<chrono::Utc>>().is_err()
        && !value.starts_with(STAND_IN)
        && !is_pod_name(value.rsplit('/').next().unwrap_or(value))
}

/// What is secret in lines of text: values that are called so, and what looks like no word. Host names and what finds a
/// request in other logs are left.
pub(super) fn in_text(text: &str) -> Vec<Zeroizing<String>> {
    let (mut found, mut unnamed) = (Vec::new(), BTreeSet::new());
    named_words(text, |called, word| {
        if !is_told(called) {
            if is_secret_name(called) && is_value(word) {
                found.push(Zeroizing::new(word.to_owned()));
            } else if is_secret_word(word) {
                unnamed.insert(word);
            }
        }
        found.len() < MAX_SECRETS && unnamed.len() < MAX_UNNAMED
    });
    if !unnamed.is_empty() {
        // What is called a trace id in one line is one in the others.
        for reference in text.lines().flat_map(references) {
            unnamed.remove(reference.as_str());
        }
    }
    let room = MAX_SECRETS.saturating_sub(found.len());
    found.extend(unnamed.into_iter().take(room).map(|word| Zeroizing::new(word.to_owned())));
    found
}

/// Gives each word of `text` to `take` with what it is called, if anything, as long as that wants more.
fn named_words<'t>(text: &'t str, mut take: impl FnMut(&'t str, &'t str) -> bool) {
    let is_token = |letter: char| letter.is_ascii_alphanumeric() || "-_.~+%".contains(letter);
    for line in text.lines() {
        let mut name = "";
        let mut rest = line;
        while let Some(begin) = rest.find(is_token) {
            // `ticket=…`, `"token": "…"`, `Authorization: Bearer …`
            let gap = &rest[..begin];
            let is_named =
                gap.contains([':', '=']) || gap == " " && is_secret_name(name) || matches!(name, "Bearer" | "Basic");
            let word = &rest[begin..];
            let (word, after) = word.split_at(word.find(|letter| !is_token(letter)).unwrap_or(word.len()));
            // What ends a sentence belongs to no value.
            let word = word.trim_end_matches('.');
            if !take(if is_named { name } else { "" }, word) {
                return;
            }
            (name, rest) = (word, after);
        }
    }
}

/// What is secret in a message: its JSON may follow the number of a packet and a namespace, as socket.io's does.
pub(super) fn in_message(text: &str) -> Vec<Zeroizing<String>> {
    let place = text.find(['{', '[']).filter(|place| *place <= MIN_UNNAMED);
    let Some(json) =
        place.and_then(|place| serde_json::from_str::<Value>(text[place..].trim_end_matches('\u{1e}')).ok())
    else {
        return Vec::new();
    };
    let is_secret = |pointer: &str, value: &str| {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        !is_told(name) && (is_secret_name(name) && value.len() >= MIN_NAMED || looks_secret(value))
    };
    leaves(&json).into_iter().filter(|(pointer, value)| is_secret(pointer, value)).map(|(_, value)| value).collect()
}

/// Whether what has this name finds something in other logs, or says what went wrong, and is no secret.
pub(super) fn is_told(name: &str) -> bool {
    let lower = name.to_ascii_lowercase().replace(['_', '-'], "");
    // A passcode and the hash of a password are none of these.
    is_reference_name(name)
        || matches!(lower.as_str(), "code" | "error" | "errorcode" | "statuscode" | "closecode" | "tickethash")
}

/// A host or a file has a dot in its name; a JWT is known by its form. `ERR_HTTP2_PROTOCOL_ERROR` is what a browser calls an
/// error.
fn is_secret_word(word: &str) -> bool {
    let is_error = (["ERR_", "NS_ERROR_"].iter().any(|start| word.starts_with(start)))
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    looks_secret(word) && !word.contains('.') && !is_error
}

/// Not `code: ORIGIN_BLOCKED`, `ticket: missing` or `ttl: 30`.
fn is_value(word: &str) -> bool {
    word.len() >= MIN_NAMED && word.bytes().any(|byte| byte.is_ascii_digit()) && !word.contains('.')
}

/// The texts in `json`, each with its pointer (RFC 6901).
pub(super) fn leaves(json: &Value) -> Vec<(String, Zeroizing<String>)> {
    let mut found = Vec::new();
    collect(json, &mut String::new(), 0, &mut found);
    found
}

fn collect(json: &Value, path: &mut String, depth: usize, found: &mut Vec<(String, Zeroizing<String>)>) {
    if found.len() >= MAX_LEAVES || depth > MAX_DEPTH {
        return;
    }
    let known = path.len();
    match json {
        Value::String(text) => found.push((path.clone(), Zeroizing::new(text.clone()))),
        Value::Number(number) => found.push((path.clone(), Zeroizing::new(number.to_string()))),
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                path.push_str(&format!("/{index}"));
                collect(value, path, depth + 1, found);
                path.truncate(known);
            }
        }
        Value::Object(object) => {
            for (name, value) in object {
                path.push('/');
                path.push_str(&name.replace('~', "~0").replace('/', "~1"));
                collect(value, path, depth + 1, found);
                path.truncate(known);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_word_or_a_date_is_no_secret() {
        for (value, is_secret) in [
            ("46f578175bc6e0d9be66bc6f60f567b5", true),
            ("2026-11-28T22:44:57Z", false),
            ("internationalization", false),
            ("REDIS_UNAVAILABLE", false),
            ("sk-live-4eC39HqLyjWDarjtT1zdp7dc", true),
            ("redacted-0a1b2c3d4e5f", false),
        ] {
            assert_eq!(looks_secret(value), is_secret, "{value}");
        }
    }

    #[test]
    fn secrets_are_found_in_lines_of_text() {
        let found = |text| in_text(text).iter().map(|word| word.to_string()).collect::<Vec<_>>();
        for (line, secret) in [
            (r#"GET /ws?ticket=4c1f0e9a7b3d4e5f&v=2 from 192.0.2.1"#, "4c1f0e9a7b3d4e5f"),
            (r#"{"headers":{"authorization":"Bearer ab12cd34ef"},"traceId":"0123456789abcdef0123"}"#, "ab12cd34ef"),
            ("Cookie: sid=hunter22222; theme=dark", "hunter22222"),
            ("passcode: 12345678, statusCode: 401", "12345678"),
            ("requestToken=ab12cd34 requestId=ab12cd35", "ab12cd34"),
            ("no ticket 4c1f0e9a7b3d4e5f8a6b for app-2.customers.example.com", "4c1f0e9a7b3d4e5f8a6b"),
        ] {
            assert_eq!(found(line), [secret], "{line}");
        }
        for line in [
            "[WSTicket] Ticket generated { hasUserId: false, ttl: 30 } ticketHash=05ace096c47e traceId=0000000f-0000-2222",
            "2026-01-25T14:02:02.123456Z WS: Connection rejected { origin: 'https://app-1.eu.example.com', code: 1008 }",
            "code: REDIS_UNAVAILABLE, session: none, key: missing",
            "failed: Error in connection establishment: net::ERR_HTTP2_PROTOCOL_ERROR",
            "pod api-7d9f8b6c5d-x2k4q says no, cf-ray: 8f2b1c3d4e5f6a7b-FRA, trace=0af7651916cd43dd8448eb211c80319c",
            "request id 7f3a91c0-1234-4abc-8def-0123456789ab, Ray ID: 8f2b1c3d4e5f6a7b, trace 1af7651916cd43dd8448eb211c80319c",
            "trace_id=0af7651916cd43dd8448eb211c80319c\nrequest 0af7651916cd43dd8448eb211c80319c failed",
        ] {
            assert_eq!(found(line), [""; 0], "{line}");
        }
    }
}
