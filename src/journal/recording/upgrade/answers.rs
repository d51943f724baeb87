//! Answers to token, ticket and upgrade.

use serde_json::Value;
use url::Url;

use super::transports;
use super::values::{nanos, text};
use crate::model::failure::{
    Answer, AnswerFault, AnswerParts, Body, BodyKind, MalformedAnswer, PageKind, RequestFailureKind,
};
use crate::model::{Redactor, SafeText};

pub fn request_kind(old: &Value) -> Option<RequestFailureKind> {
    Some(match old.get("kind")?.as_str()? {
        "status" => RequestFailureKind::Status(Box::new(status(old)?)),
        "malformed" => malformed(old.get("problem")?.as_str()?),
        "timeout" => RequestFailureKind::Timeout { after: nanos(old.get("after")?)? },
        "transport" => RequestFailureKind::Transport(transports::transport(old)?),
        _ => return None,
    })
}

fn status(old: &Value) -> Option<Answer> {
    let status = u16::try_from(old.get("status")?.as_u64()?).ok()?;
    let excerpt = old.get("excerpt").and_then(Value::as_str).unwrap_or_default();
    // Of a redirect the place it leads to came first, and of a success nothing but a page's title.
    let (location, body) =
        match excerpt.strip_prefix("location: ").map(|rest| rest.split_once(' ').unwrap_or((rest, ""))) {
            Some((location, body)) => (Some(location), body),
            None => (None, excerpt),
        };
    let headers: Vec<_> = location.map(|location| ("location", location.as_bytes())).into_iter().collect();
    let mut answer = read(status, "HTTP/1.1", &headers, body);
    if (200..300).contains(&status) && !body.is_empty() {
        answer.body = page(body);
    }
    if let Some(code) = old.get("code").and_then(text) {
        answer.body = Body { kind: BodyKind::Json, code: Some(code), ..answer.body };
    }
    answer.retry_after = old.get("retry_after").and_then(nanos);
    Some(answer)
}

pub fn refusal(old: &Value) -> Option<Answer> {
    let status = u16::try_from(old.get("status")?.as_u64()?).ok()?;
    let headers = old.get("headers")?.as_array()?.iter().map(|pair| {
        let [name, value] = pair.as_array()?.as_slice() else { return None };
        Some((name.as_str()?, value.as_str()?.as_bytes()))
    });
    let headers = headers.collect::<Option<Vec<_>>>()?;
    let (version, excerpt) = (old.get("version")?.as_str()?, old.get("excerpt")?.as_str()?);
    let mut answer = read(status, version, &headers, excerpt);
    answer.retry_after = old.get("retry_after").and_then(nanos);
    Some(answer)
}

/// The facts of an answer of which `body` was kept.
fn read(status: u16, version: &str, headers: &[(&str, &[u8])], body: &str) -> Answer {
    // Addresses were written down whole, so that nothing is relative to this one.
    let url = Url::parse("http://unknown.invalid/").expect("an address of the program's own");
    let parts =
        AnswerParts { status, version, headers, retry_after: None, body: body.as_bytes(), url: &url, may_grant: false };
    Answer::read(&parts, &Redactor::default())
}

fn page(title: &str) -> Body {
    let page = Some(PageKind::titled(title));
    Body { kind: BodyKind::Page, title: Some(SafeText::new(title)), page, ..Body::default() }
}

fn malformed(said: &str) -> RequestFailureKind {
    let mut answer = Answer::of_status(200);
    let fault = if said.starts_with("the JWT holds characters that no HTTP header can carry") {
        return RequestFailureKind::NotSendable;
    } else if let Some((wanted, got)) =
        said.strip_prefix("expected JSON with ").and_then(|rest| rest.split_once(", got "))
    {
        let wanted = SafeText::new(wanted);
        match got {
            "JSON without it" => AnswerFault::Missing { field: wanted },
            "an empty body" => AnswerFault::NotJson { wanted, content_type: None, bytes: 0 },
            got => {
                let (content_type, title) = match got.split_once(" with the title \"") {
                    Some((kind, title)) => (kind, title.strip_suffix('"')),
                    None => (got.split(", ").next().unwrap_or(got), None),
                };
                if let Some(title) = title {
                    answer.body = page(title);
                }
                let content_type = (content_type != "no content type").then(|| SafeText::new(content_type));
                AnswerFault::NotJson { wanted, content_type, bytes: bytes_in(got) }
            }
        }
    } else if let Some(field) = said.strip_suffix(" is empty") {
        AnswerFault::Empty { field: SafeText::new(field) }
    } else if let Some(field) = said.strip_prefix("expected a text at ") {
        AnswerFault::NotText { field: SafeText::new(field) }
    } else if let Some(field) = said.strip_prefix("expected a number of seconds above 0 at ") {
        AnswerFault::NotSeconds { field: SafeText::new(field) }
    } else if let Some(field) = said.strip_suffix(" holds characters that no HTTP header can carry") {
        AnswerFault::NotSendable { field: SafeText::new(field) }
    } else if let Some(limit) = said.strip_prefix("answer larger than ") {
        let limit_kib = limit.strip_suffix(" KiB").and_then(|limit| limit.parse().ok()).unwrap_or_default();
        AnswerFault::TooLong { limit_kib }
    } else {
        AnswerFault::NotJson { wanted: SafeText::default(), content_type: None, bytes: 0 }
    };
    RequestFailureKind::Malformed(Box::new(MalformedAnswer { fault, answer }))
}

/// `text/plain, 17 bytes: …`; at least one, which an answer with a content has.
fn bytes_in(got: &str) -> u64 {
    let bytes = got.split(", ").find_map(|part| part.split_once(" bytes").and_then(|(bytes, _)| bytes.parse().ok()));
    bytes.unwrap_or(1)
}
