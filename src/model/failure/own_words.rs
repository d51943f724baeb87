//! What of an answer is its own words, to be quoted to people.

use serde_json::{Map, Value};

use super::{Answer, BodyKind};
use crate::model::SafeText;

/// Characters of the name of a place that are kept.
const MAX_PLACE: usize = 80;
/// Deeper in JSON nothing is looked for.
const MAX_DEPTH: u8 = 4;

impl Answer {
    /// Its own words, to be quoted: of a page its title, of JSON its message, else what it begins with, else why a
    /// credential is refused, or what it lacks (RFC 6750 §3.1: 400, 401 and 403).
    pub fn own_words(&self) -> Option<String> {
        let excerpt = self.body.excerpt.as_ref().and_then(|excerpt| match self.body.kind {
            BodyKind::Json => message(excerpt.as_str()),
            BodyKind::Empty | BodyKind::Page | BodyKind::Text | BodyKind::Binary => Some(excerpt.as_str().to_owned()),
        });
        let words = self.body.title.as_ref().map(|title| title.as_str().to_owned()).or(excerpt);
        // What refuses a credential says why in the header, and at most a name in the body.
        let is_named = words.as_deref().is_none_or(|words| !words.trim().contains(char::is_whitespace));
        let is_telling =
            self.challenge().is_some_and(|challenge| challenge.is_explained() || challenge.is_telling() && is_named);
        let challenge = self.header("www-authenticate").map(str::to_owned);
        challenge.filter(|_| is_telling).or(words).filter(|words| !words.trim().is_empty())
    }
}

impl Answer {
    /// Where in the request something is missing or wrong, as its JSON names the place: `body.client_id`.
    pub fn named_place(&self) -> Option<SafeText> {
        let excerpt = self.body.excerpt.as_ref().filter(|_| self.body.kind == BodyKind::Json)?;
        let json = serde_json::from_str::<Value>(excerpt.as_str()).ok()?;
        place(&json, 0).map(|place| SafeText::with_limit(&place, MAX_PLACE))
    }
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

/// What JSON says to people.
fn message(json: &str) -> Option<String> {
    let json = serde_json::from_str::<Value>(json).ok()?;
    said(json.get("error").filter(|error| error.is_object()).unwrap_or(&json), 0)
}

/// The same of a part of it: of a list what its first item says, and where.
fn said(json: &Value, depth: u8) -> Option<String> {
    const KEYS: [&str; 12] = [
        "message",
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
        Value::Array(items) if depth < 3 => said(items.first()?, depth + 1),
        Value::Object(fields) if depth < 3 => {
            let words = KEYS.iter().find_map(|key| said(fields.get(*key)?, depth + 1))?;
            Some(place_of(fields).map_or_else(|| words.clone(), |place| format!("{words} ({place})")))
        }
        Value::Array(_) | Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
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
        assert_eq!(Answer::of_text(403, &[("www-authenticate", scope)], "").own_words().as_deref(), Some(scope));
        let bidi = format!(r#"{{"message":"the \u202eroom{}"}}"#, " is gone".repeat(200));
        let words = Answer::of_text(400, &json, &bidi).own_words().unwrap();
        assert!(words.starts_with("the room is gone is gone") && words.ends_with('…'), "{words}");
        let named = [("www-authenticate", "Bearer realm=\"a\", error=\"invalid_token\"")];
        let words = |body| Answer::of_text(401, &named, body).own_words();
        assert_eq!(words("Jwt issuer is not configured").as_deref(), Some("Jwt issuer is not configured"));
        assert_eq!(words("").as_deref(), Some("Bearer realm=\"a\", error=\"invalid_token\""));
    }
}
