//! What of an answer is its own words, to be quoted to people.

use serde_json::{Map, Value};

use super::answer::status_text;
use super::product_names::spaced;
use super::{Answer, BodyKind, Hints};
use crate::model::SafeText;

/// Characters of the name of a place that are kept.
const MAX_PLACE: usize = 80;
/// Deeper in JSON nothing is looked for.
const MAX_DEPTH: u8 = 4;

impl Answer {
    /// Its own words, to be quoted: of a page the sentence that says most, of JSON its message, else what it begins with, else
    /// why a credential is refused, or what it lacks (RFC 6750 §3.1: 400, 401 and 403).
    pub fn own_words(&self) -> Option<String> {
        let page = self.sentence_of_page().filter(|_| self.body.kind == BodyKind::Page);
        let words = page.or_else(|| self.first_words());
        // What refuses a credential says why in the header, and at most a name in the body.
        let is_named = words.as_deref().is_none_or(|words| !words.trim().contains(char::is_whitespace));
        let is_telling =
            self.challenge().is_some_and(|challenge| challenge.is_explained() || challenge.is_telling() && is_named);
        let reason = self.challenge().and_then(|challenge| challenge.described());
        let challenge = reason.or_else(|| self.header("www-authenticate").map(str::to_owned));
        let number = self.status.to_string();
        challenge.filter(|_| is_telling).or(words).filter(|words| !words.trim().is_empty() && words.trim() != number)
    }

    /// What it says first: of a page its title, of JSON its message, else what it begins with.
    pub fn first_words(&self) -> Option<String> {
        let excerpt = self.body.excerpt.as_ref().and_then(|excerpt| match self.body.kind {
            BodyKind::Json => message(excerpt.as_str(), self.status),
            BodyKind::Empty | BodyKind::Page | BodyKind::Text | BodyKind::Binary => Some(excerpt.as_str().to_owned()),
        });
        let title = self.body.title.as_ref().filter(|title| !title.is_empty());
        title.map(|title| title.as_str().to_owned()).or(excerpt)
    }

    /// The title of a page, if it says more than the status, with the sentence of the page that says most.
    fn sentence_of_page(&self) -> Option<String> {
        let title = self.body.title.as_ref().map_or("", SafeText::as_str);
        let number = self.status.to_string();
        let known = [title, title.strip_prefix(&number).unwrap_or_default().trim_start(), status_text(self.status)];
        let excerpt = self.body.excerpt.as_ref().map_or("", SafeText::as_str);
        let excerpt = labelled_reason(excerpt).unwrap_or(excerpt);
        // There is nothing to choose from.
        if title.is_empty() && excerpt.chars().count() <= MAX_WITH_TITLE {
            let said = after_repeats(excerpt, self.status, &[status_text(self.status)]);
            // What goes on in small letters is the same sentence.
            let is_sentence = said.starts_with(char::is_uppercase) && said.split_whitespace().count() >= MIN_WORDS;
            let said = if is_sentence { said } else { excerpt };
            return Some(said.to_owned()).filter(|said| !said.is_empty());
        }
        let sentence = telling_sentence(excerpt, self.status, &known);
        let is_telling = !after_repeats(title, self.status, &[status_text(self.status)]).is_empty();
        let length = |text: &str| text.chars().count();
        match (is_telling, sentence) {
            (true, Some(sentence)) if length(title) + length(&sentence) < MAX_WITH_TITLE => {
                Some(format!("{title} — {sentence}"))
            }
            // A title that is a sentence itself, where the other would have to be cut.
            (true, Some(sentence)) if length(&sentence) > MAX_WITH_TITLE && length(title) >= LONG_TITLE => {
                Some(title.to_owned())
            }
            (_, Some(sentence)) => Some(sentence),
            (true, None) => Some(title.to_owned()),
            (false, None) => None,
        }
    }
}

/// Words with which a page begins to name its status once more.
const OF_STATUS: [&str; 10] = [
    "detailed error",
    "error",
    "error code",
    "http error",
    "http status",
    "iis",
    "server error",
    "status",
    "type status report description",
    "type status report message",
];
/// A longer sentence is quoted without the title.
const MAX_WITH_TITLE: usize = 115;
/// A longer title is a sentence itself.
const LONG_TITLE: usize = 60;
/// A sentence of fewer words says nothing, unless a reason that is known stands in it.
const MIN_WORDS: usize = 3;
/// A shorter sentence is quoted with the one behind it.
const SHORT: usize = 40;

/// The first sentence of a page's `text` that has a reason which is known, else the first that is none of `known` once more.
fn telling_sentence(text: &str, status: u16, known: &[&str]) -> Option<String> {
    let is_new = |sentence: &str, words| {
        let said = letters(sentence);
        sentence.split_whitespace().count() >= words && !known.iter().any(|known| letters(known).contains(&said))
    };
    let all: Vec<_> = sentences(after_repeats(text, status, known)).collect();
    let is_known = |sentence: &str| {
        is_new(sentence, MIN_WORDS - 1) && !is_advice(sentence) && !Hints::in_texts([sentence]).is_empty()
    };
    let known = all.iter().position(|sentence| is_known(sentence));
    let first = known.or_else(|| all.iter().position(|said| is_new(said, MIN_WORDS) && !is_signature(said)))?;
    let next = all.get(first + 1).filter(|next| all[first].chars().count() < SHORT && !is_signature(next));
    let sentence = next.map_or_else(|| all[first].to_owned(), |next| format!("{} {next}", all[first]));
    Some(sentence.trim_end_matches('.').to_owned())
}

/// Whether a sentence says who made the page, or under which number it is kept, and not why.
fn is_signature(sentence: &str) -> bool {
    const SIGNATURES: [&str; 12] = [
        "all rights reserved",
        "cache server",
        "contact the server administrator",
        "copyright",
        "guru meditation",
        "if you are the owner",
        "more information about this error",
        "powered by",
        "ray id",
        "reference id",
        "request id",
        "that s all we know",
    ];
    let sentence = spaced(sentence);
    SIGNATURES.iter().any(|signature| sentence.contains(signature))
}

/// The reason on a page that puts it behind a label, between others: Tomcat's `Message … Description`, Jetty's `MESSAGE: … SERVLET:`.
fn labelled_reason(text: &str) -> Option<&str> {
    const LABELS: [(&str, &str); 4] = [
        ("Type Status Report Message ", " Description "),
        ("Type Exception Report Message ", " Description "),
        (" MESSAGE: ", " SERVLET:"),
        (" MESSAGE: ", " CAUSED BY:"),
    ];
    LABELS.into_iter().find_map(|(label, next)| {
        let (_, reason) = text.split_once(label)?;
        reason.split_once(next).map(|(reason, _)| reason.trim())
    })
}

/// Whether a sentence says what to do, and not why.
fn is_advice(sentence: &str) -> bool {
    let first = sentence.split_whitespace().next().unwrap_or_default();
    ["please", "try"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// The sentences of `text`: an abbreviation or a number with a full stop within ends none.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let ends = rest.match_indices(['.', '!', '?']).map(|(at, end)| at + end.len());
        let end = ends.into_iter().find(|end| rest[*end..].starts_with(' ')).unwrap_or(rest.len());
        let (sentence, after) = rest.split_at(end);
        rest = after;
        (!sentence.is_empty()).then_some(sentence)
    })
}

/// `text` without what at its beginning only repeats the status or one of `known`.
fn after_repeats<'a>(text: &'a str, status: u16, known: &[&str]) -> &'a str {
    let number = status.to_string();
    let is_gap = |c: char| c.is_whitespace() || "-:.,;!()–—|·".contains(c);
    let mut rest = text.trim_start_matches(is_gap);
    loop {
        let repeated = known.iter().copied().chain([&*number]).chain(OF_STATUS).filter(|word| !word.is_empty());
        let ends = repeated.filter_map(|word| {
            let is_it = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
            let is_whole = |after: &str| !after.starts_with(|c: char| c.is_alphanumeric() || c == '\'');
            (is_it && is_whole(&rest[word.len()..])).then_some(word.len())
        });
        let Some(end) = ends.max() else { return rest };
        // A number may have a part behind a full stop: 404.15.
        rest =
            rest[end..].trim_start_matches(|c: char| is_gap(c) || c.is_ascii_digit() && !rest[end..].starts_with(' '));
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Answer {
    /// Where in the request something is missing or wrong, as its JSON names the place: `body.client_id`.
    pub fn named_place(&self) -> Option<SafeText> {
        let excerpt = self.body.excerpt.as_ref().filter(|_| self.body.kind == BodyKind::Json)?;
        let json = serde_json::from_str::<Value>(excerpt.as_str()).ok()?;
        place(&json, 0).map(|place| SafeText::with_limit(&place, MAX_PLACE))
    }
}

/// The methods of HTTP with which programs name what they were asked.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "HEAD", "OPTIONS"];

impl Answer {
    /// The path that the program was asked for, as it says itself: `Cannot GET /ws`, `[/ws] is not available`, `"path":"/ws"`.
    pub fn named_path(&self) -> Option<String> {
        let excerpt = self.body.excerpt.as_ref()?.as_str();
        if self.body.kind == BodyKind::Json {
            let json = serde_json::from_str::<Value>(excerpt).ok()?;
            let path = ["path", "instance"].iter().find_map(|key| json.get(*key)?.as_str());
            return path.and_then(path_alone).or_else(|| named_in(&message(excerpt, self.status)?));
        }
        named_in(excerpt)
    }
}

/// The first path of `text` that stands behind a method or in brackets.
fn named_in(text: &str) -> Option<String> {
    let bare = |word: &str| word.trim_matches(|c: char| "\"'`[](){}<>.,;:“”‘’".contains(c)).to_owned();
    let mut before = String::new();
    text.split_whitespace().find_map(|word| {
        let method = std::mem::replace(&mut before, bare(word));
        let joined = word.split_once(':').filter(|(first, _)| METHODS.contains(&&*bare(first))).map(|(_, path)| path);
        let is_named = METHODS.contains(&&*method) || word.starts_with("[/");
        joined.or(is_named.then_some(word)).and_then(|path| path_alone(&bare(path)))
    })
}

/// `path` without its query, if it is a path.
fn path_alone(path: &str) -> Option<String> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.starts_with('/').then(|| path.to_owned())
}

/// The first place that is named in JSON.
fn place(json: &Value, depth: u8) -> Option<String> {
    match json {
        Value::Object(fields) if depth < MAX_DEPTH => {
            place_of(fields).or_else(|| fields.values().find_map(|value| place(value, depth + 1)))
        }
        Value::Array(items) if depth < MAX_DEPTH => place(items.first()?, depth + 1),
        Value::Array(_) | Value::Object(_) | Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// The place that these fields name.
fn place_of(fields: &Map<String, Value>) -> Option<String> {
    let name = |place: &Value| place.as_str().map(str::to_owned);
    let place = ["loc", "field", "param"].iter().find_map(|key| {
        let found = fields.get(*key)?;
        let path = found.as_array().map(|path| path.iter().filter_map(name).collect::<Vec<_>>().join("."));
        path.or_else(|| name(found))
    });
    place.filter(|place| !place.is_empty())
}

/// What JSON says to people, as the body of an answer with `status`.
fn message(json: &str, status: u16) -> Option<String> {
    let json = serde_json::from_str::<Value>(json).ok()?;
    let inner = ["error", "fault"].iter().find_map(|key| json.get(*key).filter(|inner| inner.is_object()));
    said(inner.unwrap_or(&json), status, 0)
}

/// The same of a part of it: of a list what its first item says, and where.
fn said(json: &Value, status: u16, depth: u8) -> Option<String> {
    const KEYS: [&str; 13] = [
        "message",
        "error_msg",
        "error_description",
        "detail",
        "description",
        "reason",
        "msg",
        "title",
        "error",
        "messages",
        "errors",
        "faultstring",
        "exp",
    ];
    match json {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if depth < 3 => said(items.first()?, status, depth + 1),
        Value::Object(fields) if depth < 3 => {
            let field =
                |name: &str| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            let all = || KEYS.iter().filter_map(|key| said(field(key)?, status, depth + 1));
            let by_field = || field("errors").and_then(|errors| said_of_field(errors, status, depth));
            // What is told of one field says more than that something is wrong.
            let telling = all().find(|words| !is_commonplace(words, status)).or_else(by_field);
            let words = telling.or_else(|| all().next())?;
            let text = |name: &str| field(name).and_then(Value::as_str);
            // OAuth has a code, words beside it and the scope that is missing (RFC 6749 §5.2, RFC 6750 §3).
            let code = text("error").filter(|code| *code != words && text("error_description").is_some());
            let words = code.map_or_else(|| words.clone(), |code| format!("{code}: {words}"));
            let place = place_of(fields).or_else(|| text("scope").map(|scope| format!("scope {scope}")));
            Some(place.map_or_else(|| words.clone(), |place| format!("{words} ({place})")))
        }
        Value::Array(_) | Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// What is said of the first of the fields that are the keys: `{"ticket":["The ticket field is required."]}`.
fn said_of_field(errors: &Value, status: u16, depth: u8) -> Option<String> {
    let (field, value) = errors.as_object()?.iter().next()?;
    Some(format!("{} ({field})", said(value, status, depth + 1)?))
}

/// Whether words say no more than that a request was refused.
fn is_commonplace(words: &str, status: u16) -> bool {
    const COMMONPLACES: [&str; 8] = [
        "anerroroccurred",
        "error",
        "internalerror",
        "invalidrequest",
        "oneormorevalidationerrorsoccurred",
        "requestfailed",
        "validationerror",
        "validationfailed",
    ];
    let said = letters(words);
    said == letters(status_text(status)) || COMMONPLACES.contains(&&*said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_says_is_found_in_lists_and_beside_a_challenge_that_only_names_an_error() {
        let json = [("content-type", "application/json")];
        for (body, expected) in [
            (
                r#"{"detail":[{"loc":["query","ticket"],"msg":"field required"}]}"#,
                Some("field required (query.ticket)"),
            ),
            (r#"{"message":["ticket must be a string"],"statusCode":400}"#, Some("ticket must be a string")),
            (r#"{"errors":[{"message":"no such room","field":"room"}]}"#, Some("no such room (room)")),
            (r#"{"errors":[]}"#, None),
            (r#"{"error":"Bad Request","errors":[{"message":"no such room"}]}"#, Some("no such room")),
            (r#"{"message":"Validation failed","errors":[{"message":"no such room"}]}"#, Some("no such room")),
            (
                r#"{"title":"One or more validation errors occurred.","status":400,"errors":{"room":["It is required."]}}"#,
                Some("It is required. (room)"),
            ),
            (r#"{"title":"Denied","detail":"The room is closed"}"#, Some("The room is closed")),
            (r#"{"message":"Bad Request"}"#, Some("Bad Request")),
        ] {
            assert_eq!(Answer::of_text(400, &json, body).own_words().as_deref(), expected, "{body}");
        }
        for (body, expected) in [
            (
                r#"{"detail":[{"type":"missing","loc":["body","client_id"],"msg":"Field required"}]}"#,
                Some("body.client_id"),
            ),
            (r#"{"errors":[{"message":"no such room","field":"room"}]}"#, Some("room")),
            (r#"{"detail":"Field required"}"#, None),
            (r#"{"detail":[{"loc":[],"msg":"Field required"}]}"#, None),
        ] {
            let place = Answer::of_text(422, &json, body).named_place();
            assert_eq!(place.as_ref().map(SafeText::as_str), expected, "{body}");
        }
        let scope = r#"Bearer error="insufficient_scope", error_description="The token lacks the scope chat""#;
        let words = Answer::of_text(403, &[("www-authenticate", scope)], "").own_words();
        assert_eq!(words.as_deref(), Some("insufficient_scope: The token lacks the scope chat"));
        let bidi = format!(r#"{{"message":"the \u202eroom{}"}}"#, " is gone".repeat(200));
        let words = Answer::of_text(400, &json, &bidi).own_words().unwrap();
        assert!(words.starts_with("the room is gone is gone") && words.ends_with('…'), "{words}");
        let named = [("www-authenticate", "Bearer realm=\"a\", error=\"invalid_token\"")];
        let words = |body| Answer::of_text(401, &named, body).own_words();
        assert_eq!(words("Jwt issuer is not configured").as_deref(), Some("Jwt issuer is not configured"));
        assert_eq!(words("").as_deref(), Some("Bearer realm=\"a\", error=\"invalid_token\""));
    }

    #[test]
    fn of_a_page_the_reason_is_quoted_and_not_who_made_it() {
        let html = [("content-type", "text/html")];
        let tomcat = "<title>HTTP Status 404 – Not Found</title><h1>HTTP Status 404 – Not Found</h1><p><b>Type</b> Status Report</p>\
                      <p><b>Message</b> The requested resource [/ws] is not available</p><p><b>Description</b> The origin server did \
                      not find a current representation.</p><h3>Apache Tomcat/10.1</h3>";
        let jetty = "<title>Error 404 Not Found</title><h2>HTTP ERROR 404 Not Found</h2><tr><th>URI:</th><td>/ws</td></tr><tr><th>\
                     MESSAGE:</th><td>Not Found</td></tr><tr><th>SERVLET:</th><td>-</td></tr>";
        let varnish = "<title>503 Backend fetch failed</title><h1>Error 503 Backend fetch failed</h1><p>Backend fetch failed</p>\
                       <h3>Guru Meditation:</h3><p>XID: 3</p><p>Varnish cache server</p>";
        let haproxy = "<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>";
        for (status, body, expected) in [
            (404, tomcat, Some("HTTP Status 404 – Not Found — The requested resource [/ws] is not available")),
            (404, jetty, Some("Error 404 Not Found")),
            (503, varnish, Some("503 Backend fetch failed")),
            (400, haproxy, Some("Your browser sent an invalid request.")),
            (403, "<title>403</title>403 Forbidden", None),
        ] {
            let words = Answer::of_text(status, &html, body).own_words();
            assert!(
                words.as_deref() == expected
                    || expected.is_some_and(|it| words.as_deref().is_some_and(|said| it.ends_with(said))),
                "{body}: {words:?}"
            );
        }
    }
}
