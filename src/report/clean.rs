//! What may leave this computer: text without secrets, and without what tells who and where its user is.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use super::address::addresses;
use super::own::Own;
use super::spelling::{is_opaque, readings};
use crate::model::{
    Fingerprint, Judgement, Next, SECRET, hide_secrets, is_credential, is_mail, is_reference_name, is_unprintable,
    without_worded_mails,
};

/// Bytes of values that are remembered, at most, as they stand in JSON, and how long each may be: a storm repeats one answer,
/// with its page.
const MAX_KNOWN: usize = 256 << 10;
const MAX_KNOWN_LENGTH: usize = 8 << 10;

/// Text that a report may hold. There are two ways to make one: from text that is part of the program, and with
/// a [`Cleaner`]. A report's writers take nothing else, so a raw text does not compile:
///
/// ```compile_fail
/// let said_by_a_server = String::from("eyJhbGciOi…");
/// let file = ticketscope::report::Clean::from(said_by_a_server.as_str());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clean(String);

impl Clean {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Adds a copy of `more` at its end.
    pub(super) fn append(&mut self, more: &Self) {
        self.0.push_str(&more.0);
    }

    /// Adds `more` at its end.
    pub fn push(&mut self, more: impl Into<Self>) {
        self.0.push_str(&more.into().0);
    }

    /// The same text as a writer's syntax spells it. What `spell` is given is clean, and it only escapes.
    pub(super) fn spelt(&self, spell: impl FnOnce(&str) -> String) -> Self {
        Self(spell(&self.0))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same without `end`, if that is how it ends.
    pub(super) fn without_end(&self, end: &str) -> Self {
        Self(self.0.strip_suffix(end).unwrap_or(&self.0).to_owned())
    }

    /// Its parts, one behind the other.
    pub fn concat<const N: usize>(parts: [Self; N]) -> Self {
        Self(parts.map(|part| part.0).concat())
    }
}

impl From<&'static str> for Clean {
    fn from(text: &'static str) -> Self {
        Self(text.to_owned())
    }
}

impl From<u64> for Clean {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl From<crate::model::ReportId> for Clean {
    fn from(id: crate::model::ReportId) -> Self {
        Self(id.to_string())
    }
}

/// Values of JSON, each with its clean one.
#[derive(Debug, Default)]
struct Known {
    values: HashMap<String, String>,
    /// Bytes of both.
    size: usize,
}

impl Known {
    fn remember(&mut self, spelt: &str, clean: String) {
        let more = spelt.len() + clean.len();
        if self.size + more > MAX_KNOWN {
            *self = Self::default();
        }
        self.size += more;
        self.values.insert(spelt.to_owned(), clean);
    }
}

/// Makes texts clean. The same address has the same stand-in in all of them.
pub struct Cleaner {
    own: Own,
    /// The addresses of the service.
    service: HashSet<IpAddr>,
    /// The addresses that were replaced, and the number of each.
    replaced: Mutex<HashMap<IpAddr, usize>>,
    /// The trace ids of the session: they find its requests in the service's log.
    traces: HashSet<String>,
    /// Values of JSON that came lately, and what became of them.
    known: Mutex<Known>,
}

impl Cleaner {
    /// Keeps what belongs to the user, `own`, out of texts. Public addresses are kept if they are those of the
    /// `service`.
    pub fn new(own: Own, service: HashSet<IpAddr>) -> Self {
        Self { own, service, replaced: Mutex::default(), traces: HashSet::new(), known: Mutex::default() }
    }

    /// The same, which leaves `traces` as they are.
    #[must_use]
    pub fn leaving(self, traces: HashSet<String>) -> Self {
        Self { traces, ..self }
    }

    /// `text` without secrets, names and addresses.
    pub fn text(&self, text: &str) -> Clean {
        self.text_behind(Next::Anything, text)
    }

    /// The same of a text before which stands what `next` says.
    fn text_behind(&self, next: Next, text: &str) -> Clean {
        let text = self.own.without_home(text);
        let evaluate = |word: &str, is_reference: bool| {
            let is_trace = self.traces.contains(word.trim_end_matches(['.', ',', ';', ':']));
            let is_secret = || match is_reference {
                true => is_credential(word) || is_mail(word) || is_card(word),
                false => self.is_secret(word),
            };
            match is_trace {
                true => Judgement::Plain,
                false if is_secret() => Judgement::Secret,
                false => Judgement::Depends,
            }
        };
        let text = without_worded_mails(&text);
        Clean(hide_secrets(&text, next, evaluate, |word| self.addresses(&self.own.without_names(word)).into()))
    }

    /// A JSON text with every value that is a string made clean. Keys are the program's own words.
    pub fn json(&self, json: &str) -> Clean {
        let mut clean = String::with_capacity(json.len());
        let (mut rest, mut key, mut name) = (json, "", String::new());
        while let Some(start) = rest.find('"') {
            // What has no end may be anything.
            let Some(length) = string_length(&rest[start..]) else {
                clean.push_str(&rest[..start]);
                return Clean(clean + "\"" + SECRET + "\"");
            };
            let (string, after) = (&rest[start..start + length], &rest[start + length..]);
            clean.push_str(&rest[..start]);
            let is_key = after.trim_start().starts_with(':');
            match serde_json::from_str::<String>(string) {
                _ if is_key => {
                    key = string;
                    clean.push_str(&printable(string));
                }
                _ if is_fingerprint(key, string) => clean.push_str(string),
                Ok(text) => {
                    // `{"name":"cf-ray","value":"…"}`, as recordings and HAR files have headers.
                    let called = if key == "\"value\"" { &*name } else { key.trim_matches('"') };
                    match is_reference_name(called) {
                        true => clean.push_str(&as_json(&self.text_behind(Next::References, &text))),
                        false => self.value(string, &text, &mut clean),
                    }
                    name = if key == "\"name\"" { text } else { String::new() };
                }
                Err(_) => clean.push_str(&format!("\"{SECRET}\"")),
            }
            rest = after;
        }
        clean.push_str(rest);
        Clean(clean)
    }

    /// Adds `text`, which is `spelt` so in JSON, made clean. Most are the same few over and over.
    fn value(&self, spelt: &str, text: &str, clean: &mut String) {
        if is_date(text) {
            return clean.push_str(spelt);
        }
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).values.get(spelt) {
            return clean.push_str(known);
        }
        let value = as_json(&self.text(text));
        clean.push_str(&value);
        if spelt.len() <= MAX_KNOWN_LENGTH {
            self.known.lock().unwrap_or_else(PoisonError::into_inner).remember(spelt, value);
        }
    }

    fn is_secret(&self, word: &str) -> bool {
        readings(word).iter().enumerate().any(|(index, reading)| {
            // As it stands, what is the user's own is replaced; in a disguise the whole word is.
            is_opaque(reading)
                || is_credential(reading)
                || is_mail(reading)
                || is_card(reading)
                || index > 0 && (self.own.is_in(reading) || has_private_address(reading))
        })
    }

    /// `text` with a stand-in for every address that is not the service's.
    fn addresses(&self, text: &str) -> String {
        let (mut clean, mut copied) = (String::with_capacity(text.len()), 0);
        for (place, address) in addresses(text) {
            let stand_in = self.stand_in(address);
            if stand_in != address {
                clean.push_str(&text[copied..place.start]);
                clean.push_str(&stand_in.to_string());
                copied = place.end;
            }
        }
        clean + &text[copied..]
    }

    /// `address` if it gives nothing away, or else one that is reserved for documentation (RFC 5737, RFC 3849).
    fn stand_in(&self, address: IpAddr) -> IpAddr {
        let plain = address.to_canonical();
        if is_nobodys(plain) || self.service.contains(&plain) && is_public(plain) {
            return address;
        }
        let mut replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        let next = replaced.len() + 1;
        let number = u8::try_from(*replaced.entry(plain).or_insert(next)).unwrap_or(u8::MAX);
        match plain {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number.into())),
        }
    }

    /// How many addresses were replaced so far.
    pub fn replaced(&self) -> u64 {
        self.replaced.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }
}

/// Whether the program wrote `string` in the place of a secret. It is a number, whatever its digits can be read as.
fn is_fingerprint(key: &str, string: &str) -> bool {
    matches!(key, "\"ticket\"" | "\"fingerprint\"") && serde_json::from_str::<Fingerprint>(string).is_ok()
}

/// Whether `text` is a date and time of UTC as a recording has them (RFC 3339), and so nobody's secret.
fn is_date(text: &str) -> bool {
    let is_like = |pattern: &str, text: &str| {
        let fits = |(like, byte): (u8, u8)| if like == b'0' { byte.is_ascii_digit() } else { byte == like };
        pattern.len() == text.len() && pattern.bytes().zip(text.bytes()).all(fits)
    };
    let Some(time) = text.strip_suffix('Z') else { return false };
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, "0"));
    is_like("0000-00-00T00:00:00", seconds) && is_like(&"000000000"[..fraction.len().min(9)], fraction)
}

/// `json`, a string's, with an escape for each character that does something to a terminal.
fn printable(json: &str) -> std::borrow::Cow<'_, str> {
    if !json.chars().any(is_unprintable) {
        return json.into();
    }
    let mut printable = String::with_capacity(json.len() + 8);
    for character in json.chars() {
        if is_unprintable(character) {
            character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| printable.push_str(&format!("\\u{unit:04x}")));
        } else {
            printable.push(character);
        }
    }
    printable.into()
}

/// `text` as JSON has it.
fn as_json(text: &Clean) -> String {
    printable(&serde_json::Value::from(text.as_str()).to_string()).into_owned()
}

/// The length of the JSON string that `text` begins with.
fn string_length(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })?;
    Some(end + 2)
}

fn has_private_address(text: &str) -> bool {
    addresses(text).any(|(_, address)| !is_public(address.to_canonical()))
}

/// Whether `text` holds the address of a network card (IEEE 802, `00:1a:2b:3c:4d:5e`).
fn is_card(text: &str) -> bool {
    text.as_bytes().windows(17).any(|window| {
        window.iter().enumerate().all(|(at, byte)| match at % 3 {
            2 => matches!(byte, b':' | b'-'),
            _ => byte.is_ascii_hexdigit(),
        })
    })
}

/// Whether everybody has it, or it is reserved for documentation.
fn is_nobodys(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_unspecified() || address.is_documentation(),
        IpAddr::V6(address) => {
            let is_documentation = address.segments()[..2] == [0x2001, 0xdb8];
            address.is_loopback() || address.is_unspecified() || is_documentation
        }
    }
}

/// Whether it can be a service's, and not one of a private network (RFC 1918, RFC 6598, RFC 4193, RFC 4291).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let is_shared = first == 100 && second & 0b1100_0000 == 64;
            !(address.is_private() || address.is_link_local() || address.is_multicast() || is_shared)
        }
        IpAddr::V6(address) => {
            !(address.is_unique_local() || address.is_unicast_link_local() || address.is_multicast())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaner() -> Cleaner {
        let own = Own::new(Some("/home/annemarie".to_owned()), &["annemarie"], &["desk-47", "proxy.corp.test"]);
        Cleaner::new(own, ["203.0.113.9".parse().unwrap(), "8.8.4.4".parse().unwrap()].into())
    }

    fn cleaned(text: &str) -> String {
        cleaner().text(text).0
    }

    #[test]
    fn what_engineers_need_stays() {
        for text in [
            "",
            "503 REDIS_UNAVAILABLE, trace id 7f3a91c0-12",
            "websocket_connected ticketHash=0123456789ab traceId=7f3a91c0-3 sessionId…",
            "http://127.0.0.1:43117/api/v1/ws-ticket · origin http://localhost:4200",
            "api.going2eat.food: 8.8.4.4, 203.0.113.9",
            "TLS 1.3 · certificate by R11 (Let's Encrypt) until 2027-01-30",
            "2026-11-23T00:28:49.527913001Z",
            "the ticket request failed: the token is there",
            "expected JSON with /token, got text/html with the title \"Hotel Wi-Fi login\"",
            "{ code: 1006, reason: '', wasClean: false }",
            "sess_8f3c…21 ✓ 日本",
            "[Auth] Token issued { sessionId: 'sess_9…f3' } tokenHash=a8fda400dfff traceId=cc8dd391-1",
        ] {
            assert_eq!(cleaned(text), text);
        }
    }

    #[test]
    fn names_and_addresses_have_stand_ins() {
        let cleaner = cleaner();
        for (text, expected) in [
            ("/home/annemarie/ca.pem: no such file", "~/ca.pem: no such file"),
            ("/home/other/ca.pem, C:\\Users\\Other\\x", "/home/(user)/ca.pem, C:\\Users\\(user)\\x"),
            ("Annemarie's profile on desk-47", "(user)'s profile on (host)"),
            ("proxy.corp.test:3128 refused", "(host):3128 refused"),
            ("10.1.2.3:3128, 192.168.7.7", "192.0.2.1:3128, 192.0.2.2"),
            ("http://10.1.2.3/ and [fd00::7]:443", "http://192.0.2.1/ and [2001:db8::3]:443"),
            ("your address is 198.18.0.9.", "your address is 192.0.2.4."),
        ] {
            assert_eq!(cleaner.text(text).as_str(), expected);
            assert_eq!(cleaner.text(expected).as_str(), expected, "cleaning twice changes nothing");
        }
        assert_eq!(cleaner.replaced(), 4);
    }

    #[test]
    fn what_a_server_says_of_a_user_by_the_way_is_hidden() {
        for text in [
            "ip:192.168.7.9",
            "client:10.9.8.7 gone",
            "hosta10.1.2.3",
            "10.0.0.5.443",
            "client_secret=hunter2zz",
            "ws_ticket:tk77abc",
            "accessToken=shorty1",
            "accesstoken: shorty1",
            "client_secret: hunter2zz",
            "apikey=kk99aa",
            "pwd=pp88bb",
            "auth=zz11yy",
            "cookie_sid=qq22ww",
            "bob@corp.example",
            "mac=00:1a:2b:3c:4d:5e",
            "AKIAIOSFODNN7EXAMPLE1",
            "ghp_abcdefghijklmnopqrstuvwxyz012345",
        ] {
            let secret = text.rsplit(['=', ' ']).next().unwrap_or(text).trim_start_matches("ip:");
            let clean = cleaned(text);
            let is_hidden = clean.contains(SECRET) || clean.contains("192.0.2.1");
            assert!(is_hidden && !clean.contains(secret) || text.contains(" gone"), "{text}: {clean}");
            assert!(!clean.contains("10.9.8.7"), "{clean}");
        }
    }

    #[test]
    fn thousands_of_names_and_addresses_are_replaced() {
        let text: String = (0..20_000_u32)
            .map(|number| {
                let [_, b, c, d] = number.to_be_bytes();
                format!("/home/a{number}/x 172.{}.{c}.{d}\n", 16 + b)
            })
            .collect();
        let clean = cleaned(&text);
        assert!(clean.starts_with("/home/(user)/x 192.0.2.1\n/home/(user)/x 192.0.2.2\n"));
        assert!(!clean.contains("/home/a") && !clean.contains("172."));
    }

    #[test]
    fn a_fingerprint_stays_whatever_it_can_be_read_as() {
        // In hex, `mail@a.b`; a recording with such a ticket was left out of its report.
        let ticket = r#"{"seq":4,"ticket":"614062632e64","said":"62406f62642e6465"}"#;
        let clean = cleaner().json(ticket);
        assert_eq!(clean.as_str(), r#"{"seq":4,"ticket":"614062632e64","said":"(secret)"}"#);
        assert_eq!(cleaner().json(r#"{"ticket":"tk77-10.0.0.1"}"#).as_str(), r#"{"ticket":"tk77-192.0.2.1"}"#);
    }

    #[test]
    fn what_a_server_says_in_a_sentence_is_hidden_too() {
        for (text, expected) in [
            (
                "Your code is SEKRET83 otp: SEKRET84, password SEKRET85.",
                "Your code is (secret) otp: (secret), password (secret)",
            ),
            ("go to https://a.example/x?sig=SEKRET87 now", "go to https://a.example/x?… now"),
            ("see /reset?code=SEKRET91", "see /reset?…"),
            ("X-Served-By: x key=SEKRET89", "X-Served-By: x (secret)"),
            (
                r#"Bearer realm="a", error="invalid_token", nonce="S3nonce""#,
                r#"Bearer realm="a", error="invalid_token", nonce="(secret)""#,
            ),
            ("Negotiate YIIabc==", "Negotiate (secret)"),
            ("PIN 48213901", "PIN (secret)"),
            ("“pin 48213901.” it said", "“pin (secret)” it said"),
            ("no ticket 'tk77ab' here, token is: tk77ab", "no ticket '(secret)' here, token is: (secret)"),
        ] {
            assert_eq!(cleaned(text), expected);
            assert_eq!(cleaned(expected), expected, "cleaning twice changes nothing");
        }
        for text in [
            "close code 1006, error code 40142, code=1006, code: 'INVALID_TOKEN'",
            "Basic auth in front; Bearer authentication is required",
            "wss://a.example/ws?EIO=4&transport=websocket",
            "the secret is out, the password is missing",
            "a JWT RS256 of 2026-11-30, the token 2026-11-30T10:00:00Z",
        ] {
            assert_eq!(cleaned(text), text);
        }
    }

    #[test]
    fn what_finds_a_request_in_the_services_log_stays() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let cleaner = cleaner().leaving(HashSet::from([trace.to_owned()]));
        let text = format!("Trace id {trace} finds this request in the server's log; {}", trace.replace('0', "1"));
        let clean = cleaner.text(&text);
        assert_eq!(clean.as_str(), format!("Trace id {trace} finds this request in the server's log; (secret)"));
        assert_eq!(cleaner.json(&format!("{{\"trace\":\"{trace}\"}}")).as_str(), format!("{{\"trace\":\"{trace}\"}}"));
    }

    #[test]
    fn nothing_in_it_acts_on_a_terminal() {
        let clean = cleaner().json("{\"na\u{9b}me\":\"a\u{202e}b\u{9b}31m\"}");
        assert_eq!(clean.as_str(), r#"{"na\u009bme":"a\u202eb\u009b31m"}"#);
    }

    #[test]
    fn what_only_looks_a_little_like_a_mail_address_stays() {
        for text in ["m@.8", "x@y", "@a.bc", "a@b.c", "6d472e1b4030"] {
            assert_eq!(cleaned(text), text);
        }
        for text in ["a@b.de", "o.brien+x@m\u{fc}ller.example.", "to:ann_@corp.example;x"] {
            assert_eq!(cleaned(text), SECRET, "{text}");
        }
    }

    #[test]
    fn json_keeps_its_keys_numbers_and_order() {
        let json = r#"{"token":{"b":1.50,"annemarie":"annemarie \"10.0.0.1\" \\"},"a":[null,"x"]}"#;
        let clean = cleaner().json(json);
        assert_eq!(clean.as_str(), r#"{"token":{"b":1.50,"annemarie":"(user) \"192.0.2.1\" \\"},"a":[null,"x"]}"#);
        let odd = cleaner().json(r#"{"a":"\ud800 10.0.0.1","b":"no end 10.0.0.1"#);
        assert_eq!(odd.as_str(), r#"{"a":"(secret)","b":"(secret)""#);
    }
}
