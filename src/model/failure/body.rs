//! Bodies of answers: what they are, and of what they say what may be kept.

use std::fmt;

use serde_json::Value;

use super::entities::decoded;
use super::{Hint, Hints, Product};
use crate::model::{Redactor, SafeText};

/// Characters of a title that are kept.
const MAX_TITLE: usize = 120;

/// What is known of an answer's body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// What it is.
    pub kind: BodyKind,
    /// `code` of a JSON body, such as `REDIS_UNAVAILABLE`.
    pub code: Option<SafeText>,
    /// The title of a web page.
    pub title: Option<SafeText>,
    /// What kind of page it is.
    pub page: Option<PageKind>,
    /// The product between client and server that a page names.
    pub names: Option<Product>,
    /// The beginning of what it says, as a person reads it: of a page the text without its tags, of JSON the values
    /// that explain a refusal. `None` where it may hold a fresh secret.
    pub excerpt: Option<SafeText>,
    /// Where in JSON that may hold a fresh secret something stands, as JSON pointers: names alone, no values.
    pub fields: Vec<SafeText>,
}

/// What a body is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BodyKind {
    /// There is none.
    #[default]
    Empty,
    /// A JSON object or array.
    Json,
    /// A web page.
    Page,
    /// Text of another kind.
    Text,
    /// Anything else.
    Binary,
}

/// What a web page is there for, as its title says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageKind {
    /// To log in, as networks for guests have it.
    Login,
    /// A web app's own page, which its scripts fill (`index.html`).
    WebApp,
    /// Anything else.
    Other,
}

/// Keys of a JSON body whose values explain a refusal.
const EXPLANATIONS: [&str; 36] = [
    "code",
    "description",
    "detail",
    "details",
    "error",
    "error_code",
    "error_description",
    "errorcode",
    "error_message",
    "error_msg",
    "errormessage",
    "errors",
    // What Kong says of a JWT that has expired.
    "exp",
    "faultstring",
    "field",
    "instance",
    "limit",
    "loc",
    "message",
    "messages",
    "method",
    "msg",
    "ok",
    "param",
    "path",
    "pointer",
    "reason",
    "remaining",
    "retryafter",
    "retry_after",
    "scope",
    "status",
    "statuscode",
    "timestamp",
    "title",
    "type",
];

/// Whether the value of this key of a JSON body explains a refusal.
pub fn is_explanation(name: &str) -> bool {
    EXPLANATIONS.contains(&name.to_ascii_lowercase().as_str())
}

impl Body {
    pub(super) fn read(body: &[u8], content_type: Option<&str>, may_grant: bool, secrets: &Redactor) -> Self {
        let kind = BodyKind::of(body, content_type);
        let limit = SafeText::MAX_CHARS;
        match kind {
            BodyKind::Empty | BodyKind::Binary => Self { kind, ..Self::default() },
            BodyKind::Page => {
                let shown = |text: &str, limit| secrets.text(SafeText::readable(&decoded(text)).as_bytes(), limit);
                let title = html_title(body).map(|title| shown(&String::from_utf8_lossy(title), MAX_TITLE));
                let page = PageKind::of(title.as_ref().map_or("", SafeText::as_str), body);
                let may_be_read = !may_grant || title.as_ref().is_some_and(|title| grants_nothing(title.as_str()));
                let text = page_text(body);
                let text = if may_be_read { Some(text) } else { refusing_words(&text) };
                let excerpt = text.map(|text| shown(&text, limit));
                let excerpt = excerpt.filter(|text| !text.is_empty());
                let names = Product::named_in(&String::from_utf8_lossy(body));
                Self { kind, title, page: Some(page), names, excerpt, ..Self::default() }
            }
            BodyKind::Json => {
                let json = serde_json::from_slice::<Value>(body).ok();
                let code = json.as_ref().and_then(error_code).map(str::to_owned);
                let code = code.or_else(|| cut_off_code(&String::from_utf8_lossy(body)).map(str::to_owned));
                let code = code.filter(|_| !may_grant || json.is_some()).map(|code| secrets.text(code.as_bytes(), 64));
                // What is cut off cannot be told from a credential.
                let fields = json.iter().filter(|_| may_grant).flat_map(|json| outline(json, secrets)).collect();
                let explained = json.filter(|json| !may_grant && says_more_than_a_code(json));
                let excerpt = explained.map(|json| secrets.text(explanation(&json, secrets, limit).as_bytes(), limit));
                Self { kind, code, excerpt, fields, ..Self::default() }
            }
            BodyKind::Text => {
                let said = xml_error(body).unwrap_or_else(|| squeezed(&String::from_utf8_lossy(body)).into_bytes());
                let said = readable(&said);
                let said = if may_grant { refusing_words(&said) } else { Some(said) };
                let excerpt = said.map(|said| secrets.text(said.as_bytes(), limit));
                let names = Product::named_in(&String::from_utf8_lossy(body));
                Self { kind, names, excerpt: excerpt.filter(|text| !text.is_empty()), ..Self::default() }
            }
        }
    }
}

/// The words of a `text` that refuses: what may be a secret is taken out, as anything that is no plain word.
fn refusing_words(text: &str) -> Option<String> {
    /// A longer one is no word of a sentence.
    const LONGEST: usize = 16;
    let is_plain = |word: &str| {
        let word = word.trim_matches(|c: char| ".,:;!?()\"'“”‘’".contains(c));
        let is_written = word.chars().all(|c| c.is_alphabetic() || "'’-/".contains(c));
        let has_case = word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
        is_written && !has_case && word.chars().count() <= LONGEST
    };
    let words = text.split_whitespace().map(|word| if is_plain(word) { word } else { "…" });
    (grants_nothing(text) || is_refusal(text)).then(|| words.collect::<Vec<_>>().join(" "))
}

/// Whether a text that is no page says that the request is refused.
fn is_refusal(text: &str) -> bool {
    let hints = Hints::in_texts([text]);
    [
        Hint::Unauthorized,
        Hint::BadCredential,
        Hint::NoCredential,
        Hint::Origin,
        Hint::Rate,
        Hint::Connections,
        Hint::Overload,
    ]
    .iter()
    .any(|hint| hints.has(*hint))
}

/// Whether what says this refuses, or stands in the place of what was asked: no credential is in a page with such a title.
fn grants_nothing(title: &str) -> bool {
    let hints = Hints::in_texts([title]);
    [Hint::Blocked, Hint::Country, Hint::Challenge, Hint::Maintenance, Hint::Suspended, Hint::Tunnel]
        .iter()
        .any(|hint| hints.has(*hint))
}

/// More fields of an answer are not named.
const MAX_FIELDS: usize = 16;
/// Deeper ones are not looked for.
const MAX_DEPTH: usize = 4;

/// The pointers to what stands in `json`, as far as the names on the way are plain words: others may be values.
fn outline(json: &Value, secrets: &Redactor) -> Vec<SafeText> {
    fn walk(json: &Value, at: &str, depth: usize, found: &mut Vec<String>) {
        let is_word = |name: &str| {
            let is_part = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-');
            (1..=32).contains(&name.len())
                && name.chars().all(|c| is_part(c) || c.is_ascii_digit())
                && name.contains(is_part)
        };
        match json {
            Value::Object(fields) if depth < MAX_DEPTH => {
                for (name, value) in fields.iter().filter(|(name, _)| is_word(name)) {
                    walk(value, &format!("{at}/{name}"), depth + 1, found);
                }
            }
            Value::Array(items) if depth < MAX_DEPTH => {
                items.iter().take(1).for_each(|first| walk(first, &format!("{at}/0"), depth + 1, found));
            }
            Value::Object(_) | Value::Array(_) | Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {
                if !at.is_empty() && found.len() < MAX_FIELDS {
                    found.push(at.to_owned());
                }
            }
        }
    }
    let mut found = Vec::new();
    walk(json, "", 0, &mut found);
    found.iter().map(|pointer| secrets.text(pointer.as_bytes(), SafeText::MAX_CHARS)).collect()
}

impl BodyKind {
    fn of(body: &[u8], content_type: Option<&str>) -> Self {
        let start = body.trim_ascii_start();
        let content_type = content_type.unwrap_or_default().trim_start().to_ascii_lowercase();
        let begins =
            |text: &str| start.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text.as_bytes()));
        if start.is_empty() {
            Self::Empty
        } else if content_type.starts_with("text/html")
            || content_type.is_empty() && is_tag(start)
            || begins("<!doctype html")
            || begins("<html")
        {
            Self::Page
        } else if matches!(start.first(), Some(b'{' | b'[')) {
            Self::Json
        } else if std::str::from_utf8(body).is_ok() || content_type.starts_with("text/") {
            Self::Text
        } else {
            Self::Binary
        }
    }
}

/// With what a body begins that a browser takes for a page where no header says what it is (MIME Sniffing §7.1).
const TAGS: [&str; 17] = [
    "!--",
    "!doctype html",
    "a",
    "b",
    "body",
    "br",
    "div",
    "font",
    "h1",
    "head",
    "html",
    "iframe",
    "p",
    "script",
    "style",
    "table",
    "title",
];

/// Whether `body` begins as a page does.
fn is_tag(body: &[u8]) -> bool {
    let Some(body) = body.strip_prefix(b"<") else { return false };
    TAGS.iter().any(|tag| {
        let begins = body.get(..tag.len()).is_some_and(|name| name.eq_ignore_ascii_case(tag.as_bytes()));
        begins && (*tag == "!--" || matches!(body.get(tag.len()), Some(b' ' | b'>' | b'\n' | b'\r' | b'\t')))
    })
}

impl PageKind {
    /// The page with this title and text.
    fn of(title: &str, page: &[u8]) -> Self {
        /// What bundlers and frameworks leave in a page that scripts fill.
        const FILLED: [&str; 11] = [
            "type=\"module\"",
            "type=module",
            "id=\"root\"",
            "id=root",
            "id=\"app\"",
            "id=app",
            "id=\"__next\"",
            "id=\"__nuxt\"",
            "<app-root",
            "/static/js/main.",
            "runtime-main.",
        ];
        match Self::titled(title) {
            Self::Other => {
                let page = String::from_utf8_lossy(page).to_lowercase();
                let is_filled = page.contains("<script") && FILLED.iter().any(|mark| page.contains(mark));
                if is_filled { Self::WebApp } else { Self::Other }
            }
            known @ (Self::Login | Self::WebApp) => known,
        }
    }

    /// The page with this title or address.
    pub fn titled(title: &str) -> Self {
        const LOGIN: [&str; 9] =
            ["log in", "login", "sign in", "hotspot", "wi-fi", "wifi", "wlan", "portal", "network access"];
        let title = title.to_lowercase();
        if LOGIN.iter().any(|word| title.contains(word)) { Self::Login } else { Self::Other }
    }
}

impl fmt::Display for PageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Login => "a page to log in",
            Self::WebApp => "a web app's page",
            Self::Other => "a web page",
        })
    }
}

/// `code` of an error's JSON: `{"code":…}` or `{"error":{"code":…}}`.
fn error_code(json: &Value) -> Option<&str> {
    json.get("code").or_else(|| json.pointer("/error/code"))?.as_str()
}

/// The first `"code"` of the JSON that `body` is the beginning of.
fn cut_off_code(body: &str) -> Option<&str> {
    let (_, rest) = body.trim_start().strip_prefix('{')?.split_once("\"code\"")?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    value.split_once('"').map(|(code, _)| code)
}

/// Whether there is more in `json` than its [`error_code`].
fn says_more_than_a_code(json: &Value) -> bool {
    fn scalars(json: &Value) -> usize {
        match json {
            Value::Object(map) => map.values().map(scalars).sum(),
            Value::Array(items) => items.iter().map(scalars).sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
        }
    }
    scalars(json) > usize::from(error_code(json).is_some())
}

/// The text in `said`, without what only a program reads.
fn readable(said: &[u8]) -> String {
    SafeText::readable(&String::from_utf8_lossy(said))
}

/// What explains the refusal in `json`, as JSON: all other values are left out. Long ones are cut so that all of it has
/// `limit` characters, if that is possible.
fn explanation(json: &Value, secrets: &Redactor, limit: usize) -> String {
    const LONGEST: [usize; 3] = [400, 160, 60];
    fn explained(json: &Value, is_named: bool, secrets: &Redactor, longest: usize) -> Value {
        match json {
            Value::Object(map) => {
                let kept = map.iter().map(|(key, value)| {
                    // What is said of each field stands in a list: {"errors":{"room":["It is required."]}}.
                    let is_named = EXPLANATIONS.contains(&&*key.to_ascii_lowercase()) || is_named && value.is_array();
                    (key.clone(), explained(value, is_named, secrets, longest))
                });
                Value::Object(kept.collect())
            }
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| explained(item, is_named, secrets, longest)).collect())
            }
            // Before JSON escapes what the peer has escaped already.
            Value::String(text) if is_named => {
                let text = readable(&secrets.bytes(text.as_bytes()));
                Value::String(String::from(SafeText::with_limit(&text, longest)))
            }
            Value::Number(_) | Value::Bool(_) | Value::Null if is_named => json.clone(),
            Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => Value::String("…".to_owned()),
        }
    }
    let whole = |longest| explained(json, false, secrets, longest).to_string();
    let fits = |text: &String| text.chars().count() <= limit;
    LONGEST.into_iter().map(whole).find(fits).unwrap_or_else(|| whole(limit))
}

/// Code and message of an error in XML: `<Error><Code>…</Code><Message>…</Message>`, a SOAP fault and the like.
fn xml_error(body: &[u8]) -> Option<Vec<u8>> {
    const CODES: [&str; 3] = ["code", "errorcode", "faultcode"];
    const MESSAGES: [&str; 7] =
        ["message", "errormessage", "error_description", "faultstring", "description", "detail", "reason"];
    let text = std::str::from_utf8(body).ok()?.trim_start();
    // Letters of ASCII alone, so that places stay the same.
    let lower = text.to_ascii_lowercase();
    let element = |name: &&str| {
        let start = lower.find(&format!("<{name}>"))? + name.len() + 2;
        let end = start + lower[start..].find(&format!("</{name}>"))?;
        Some(text[start..end].trim()).filter(|content| !content.is_empty() && !content.contains('<'))
    };
    let is_xml =
        text.starts_with("<?xml") || text.strip_prefix('<').is_some_and(|rest| rest.starts_with(char::is_alphabetic));
    let found = [CODES.iter().find_map(element), MESSAGES.iter().find_map(element)];
    let all: Vec<_> = found.into_iter().flatten().collect();
    (is_xml && !all.is_empty()).then(|| all.join(": ").into_bytes())
}

/// What is in the `<title>` of an HTML page.
fn html_title(page: &[u8]) -> Option<&[u8]> {
    let lowercase = page.to_ascii_lowercase();
    let find = |from: usize, what: &[u8]| Some(from + lowercase[from..].windows(what.len()).position(|at| at == what)?);
    let start = find(find(0, b"<title")?, b">")? + 1;
    Some(page[start..find(start, b"</title")?].trim_ascii())
}

/// The text of an HTML page as a person reads it: without tags, scripts and styles, with single spaces.
fn page_text(page: &[u8]) -> String {
    let page = String::from_utf8_lossy(page);
    let lower = page.to_ascii_lowercase();
    let (mut text, mut at) = (String::new(), 0);
    while let Some(open) = lower[at..].find('<').map(|open| at + open) {
        text.push_str(&page[at..open]);
        text.push(' ');
        let skipped = ["script", "style", "title"].into_iter().find(|name| lower[open + 1..].starts_with(name));
        let end = match skipped {
            Some(name) => lower[open..].find(&format!("</{name}")).map(|end| open + end + 1),
            None => Some(open + 1),
        };
        let Some(close) = end.and_then(|end| Some(end + lower[end..].find('>')? + 1)) else { return squeezed(&text) };
        at = close;
    }
    text.push_str(&page[at..]);
    squeezed(&text)
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
