//! What HTTP answers have in common, whoever reads them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName};
use serde_json::Value;

use crate::clock;
use crate::model::{Redactor, SafeText};

/// No wait or lifetime that a server asks for is taken to be longer.
pub const LONGEST: Duration = Duration::from_secs(86_400);

/// `code` of an error's JSON: `{"code":…}` or `{"error":{"code":…}}`.
pub fn error_code(body: &[u8], secrets: &Redactor) -> Option<SafeText> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let code = json.get("code").or_else(|| json.pointer("/error/code"))?.as_str()?;
    Some(secrets.text(code.as_bytes(), 64))
}

/// Whether an object at any depth of `json` has `key`.
pub fn has_key(json: &Value, key: &str) -> bool {
    match json {
        Value::Object(map) => map.iter().any(|(name, value)| name == key || has_key(value, key)),
        Value::Array(items) => items.iter().any(|item| has_key(item, key)),
        _ => false,
    }
}

/// What is in the `<title>` of an HTML page.
pub fn html_title(page: &[u8]) -> Option<&[u8]> {
    let lowercase = page.to_ascii_lowercase();
    let find = |from: usize, what: &[u8]| Some(from + lowercase[from..].windows(what.len()).position(|at| at == what)?);
    let start = find(find(0, b"<title")?, b">")? + 1;
    Some(&page[start..find(start, b"</title")?])
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

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SessionId;

    fn wait(pairs: &[(HeaderName, &str)]) -> Option<Duration> {
        retry_after(&pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect())
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
        let soon = (clock::utc_now() + Duration::from_secs(100)).to_rfc2822();
        let wait_until = wait(&[(RETRY_AFTER, &soon)]).unwrap();
        assert!((Duration::from_secs(90)..=Duration::from_secs(100)).contains(&wait_until), "{wait_until:?}");
        for nonsense in ["-1", "soon", "", "1.5"] {
            assert_eq!(wait(&[(RETRY_AFTER, nonsense)]), None, "{nonsense}");
        }
    }

    #[test]
    fn only_the_title_of_a_page_is_taken() {
        let page = b"<!doctype html><html><HEAD><Title lang=en>Sign in</TITLE></head>more";
        assert_eq!(html_title(page).unwrap(), b"Sign in");
        for without in ["", "<title", "<title>cut off", "</title><p>", "<p>title</p>"] {
            assert_eq!(html_title(without.as_bytes()), None, "{without}");
        }
    }

    #[test]
    fn the_code_is_found_in_both_forms() {
        let code = |body: &str| {
            error_code(body.as_bytes(), &Redactor::default().hiding_session(&SessionId::new("s3cret")))
                .map(|code| code.as_str().to_owned())
        };
        assert_eq!(code(r#"{"code":"A"}"#).unwrap(), "A");
        assert_eq!(code(r#"{"error":{"code":"B"}}"#).unwrap(), "B");
        assert_eq!(code(r#"{"code":"no s3cret"}"#).unwrap(), "no (secret)");
        assert_eq!(code(r#"{"code":7}"#), None);
        assert_eq!(code("<html>"), None);
    }
}
