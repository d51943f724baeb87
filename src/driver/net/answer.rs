//! What HTTP answers have in common, whoever reads them.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName};
use serde_json::Value;
use url::Url;

use crate::clock;
use crate::model::Redactor;
use crate::model::failure::{Answer, AnswerParts, BodyKind, status_text};

/// No wait or lifetime that a server asks for is taken to be longer.
pub const LONGEST: Duration = Duration::from_secs(86_400);

/// More of a reason phrase is not shown, in characters.
const MAX_PHRASE: usize = 160;

/// An answer of which the facts are wanted.
pub struct Received<'a> {
    /// The status.
    pub status: u16,
    /// The version that it claims.
    pub version: &'a str,
    /// The reason phrase beside the status; empty if there is none, or the usual one.
    pub phrase: &'a [u8],
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body, or the beginning of it.
    pub body: &'a [u8],
    /// What was asked.
    pub url: &'a Url,
    /// Whether the body may hold a credential.
    pub may_grant: bool,
    /// What may not be shown.
    pub secrets: &'a Redactor,
}

/// The facts of an answer.
pub fn facts(received: &Received<'_>) -> Answer {
    let Received { status, version, phrase, headers, body, url, may_grant, secrets } = *received;
    let pairs: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let retry_after = retry_after(headers);
    let parts = AnswerParts { status, version, headers: &pairs, retry_after, body, url, may_grant };
    let mut answer = Answer::read(&parts, secrets);
    if answer.body.kind == BodyKind::Empty && says_why(status, phrase) {
        answer.body.title = Some(secrets.text(phrase, MAX_PHRASE));
    }
    answer
}

/// Whether a refusal has words of its own in the place of its status' name: more than one word.
fn says_why(status: u16, phrase: &[u8]) -> bool {
    let usual = status_text(status).as_bytes();
    status >= 400 && phrase.trim_ascii().contains(&b' ') && !phrase.trim_ascii().eq_ignore_ascii_case(usual)
}

/// Whether an object at any depth of `json` has `key`.
pub fn has_key(json: &Value, key: &str) -> bool {
    match json {
        Value::Object(map) => map.iter().any(|(name, value)| name == key || has_key(value, key)),
        Value::Array(items) => items.iter().any(|item| has_key(item, key)),
        _ => false,
    }
}

/// `Retry-After` (RFC 9110 §10.2.3) as a wait from now. A date is compared with the answer's own `Date`,
/// so that a wrong clock on either side does not matter.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, &RETRY_AFTER)?.trim();
    let wait = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let now = date(headers).unwrap_or_else(clock::utc_now);
            (http_date(value)? - now).to_std().unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST))
}

/// The date of the answer, by the server's clock.
pub fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    text(headers, &DATE).and_then(http_date)
}

/// A header's value, if there is one and it is text.
pub fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A date as answers write it: RFC 3339, the same without an offset (which is UTC then), or as in a header.
pub fn date_in(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let with_offset =
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    let without = || text.replacen(' ', "T", 1).parse::<NaiveDateTime>().ok().map(|date| date.and_utc());
    with_offset.ok().map(|date| date.with_timezone(&Utc)).or_else(without).or_else(|| http_date(text))
}

/// A date in any of the three forms of RFC 9110 §5.6.7.
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    Some(httpdate::parse_http_date(text).ok()?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(pairs: &[(HeaderName, &str)]) -> Option<Duration> {
        retry_after(&pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect())
    }

    #[test]
    fn a_refusal_may_say_why_beside_its_status() {
        for (status, phrase, body, words) in [
            (
                401,
                "InvalidSignature: The token has an invalid signature.",
                "",
                Some("InvalidSignature: The token has an invalid signature."),
            ),
            (401, "Authentication failed", "no such user", Some("no such user")),
            (401, "unauthorized", "", None),
            (404, "NOT FOUND", "", None),
            (403, "X", "", None),
            (200, "Script output follows", "", None),
        ] {
            let (headers, url) = (HeaderMap::new(), Url::parse("https://a.example/").unwrap());
            let (version, phrase, body, secrets) =
                ("HTTP/1.1", phrase.as_bytes(), body.as_bytes(), Redactor::default());
            let received = Received {
                status,
                version,
                phrase,
                headers: &headers,
                body,
                url: &url,
                may_grant: false,
                secrets: &secrets,
            };
            assert_eq!(facts(&received).own_words().as_deref(), words, "{status}");
        }
    }

    #[test]
    fn a_date_is_written_in_many_ways() {
        for text in [
            "2026-01-25T12:00:00Z",
            "2026-01-25T13:00:00.000+01:00",
            "2026-01-25T12:00:00.000000",
            "2026-01-25 12:00:00",
            "2026-01-25T12:00:00+0000",
            "Sun, 25 Jan 2026 12:00:00 GMT",
        ] {
            assert_eq!(date_in(text).map(|date| date.timestamp()), Some(1_769_342_400), "{text}");
        }
        assert_eq!(date_in("soon"), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(wait(&[(RETRY_AFTER, "60")]), Some(Duration::from_secs(60)));
        assert_eq!(wait(&[(RETRY_AFTER, "99999999999999")]), Some(LONGEST));
        let date = (DATE, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(
            wait(&[date.clone(), (RETRY_AFTER, "Sun, 06 Nov 1994 08:50:07 GMT")]),
            Some(Duration::from_secs(30))
        );
        assert_eq!(wait(&[date, (RETRY_AFTER, "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(Duration::ZERO));
        let soon = httpdate::fmt_http_date((clock::utc_now() + Duration::from_secs(100)).into());
        let wait_until = wait(&[(RETRY_AFTER, &soon)]).unwrap();
        assert!((Duration::from_secs(90)..=Duration::from_secs(100)).contains(&wait_until), "{wait_until:?}");
        let date = (DATE, "Sunday, 06-Nov-94 08:49:37 GMT");
        assert_eq!(wait(&[date, (RETRY_AFTER, "Sun Nov  6 08:49:47 1994")]), Some(Duration::from_secs(10)));
        for nonsense in ["-1", "soon", "", "1.5"] {
            assert_eq!(wait(&[(RETRY_AFTER, nonsense)]), None, "{nonsense}");
        }
    }
}
