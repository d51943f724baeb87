//! Answers of HTTP: the facts that tell who answered and why, and nothing that could be a secret.

use std::fmt;
use std::time::Duration;

use url::Url;

use super::{Body, BodyKind, Hints, header_value};
use crate::model::{DisplayDuration, LifeUnit, Redactor, SafeText};

/// An answer that is not the one that was hoped for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The version that it claims.
    pub version: HttpVersion,
    /// Its headers, at most [`Self::MAX_HEADERS`].
    pub headers: Vec<Header>,
    /// `Retry-After`, as a wait from now.
    pub retry_after: Option<Duration>,
    /// Its body.
    pub body: Body,
}

/// A version of HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.0: no WebSocket server speaks it (RFC 6455 §4.2.2).
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2.
    Http2,
    /// Another one, as the answer spells it.
    Other(SafeText),
}

/// A header of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its name, in lower case.
    pub name: SafeText,
    /// Its value; `None` if it is not among those that are known to be harmless.
    pub value: Option<SafeText>,
}

/// What an answer is asked to look like, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct AnswerParts<'a> {
    /// The status.
    pub status: u16,
    /// The version that it claims.
    pub version: &'a str,
    /// Names and values of its headers.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// `Retry-After`, as a wait from now.
    pub retry_after: Option<Duration>,
    /// Its body, or the beginning of it.
    pub body: &'a [u8],
    /// What was asked: a redirect may lead to a place that is relative to it.
    pub url: &'a Url,
    /// Whether the body may hold a credential that was asked for: then nothing but a page's title is kept of it.
    pub may_grant: bool,
}

/// Headers whose values tell who answered and why, or find the request in other logs, and hold nobody's secret.
const HARMLESS: [&str; 56] = [
    "accept-ranges",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "cf-cache-status",
    "cf-mitigated",
    "cf-ray",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expires",
    "keep-alive",
    "location",
    "ngrok-error-code",
    "retry-after",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "server",
    "server-timing",
    "strict-transport-security",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "www-authenticate",
    "proxy-authenticate",
    "x-amz-cf-pop",
    "x-amzn-errortype",
    "x-amzn-waf-action",
    "x-cache",
    "x-content-type-options",
    "x-envoy-upstream-service-time",
    "x-frame-options",
    "x-powered-by",
    "x-served-by",
    "x-vercel-mitigated",
    "x-azure-ref",
    "fly-request-id",
    "request-id",
    "traceparent",
    "x-amz-cf-id",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-correlation-id",
    "x-request-id",
    "x-vercel-id",
];

/// Whether the value of the header called `name`, in lower case, tells who answered and why, and holds nobody's secret.
pub fn is_harmless_header(name: &str) -> bool {
    HARMLESS.contains(&name)
}

impl Answer {
    /// Headers kept.
    pub const MAX_HEADERS: usize = 32;
    /// The longest `Retry-After` that is obeyed (contract §2).
    pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);
    /// Characters of a header's value that are kept.
    const MAX_VALUE: usize = 256;

    /// An answer of which nothing but its status is known.
    pub fn of_status(status: u16) -> Self {
        Self { status, version: HttpVersion::Http11, headers: Vec::new(), retry_after: None, body: Body::default() }
    }

    /// One of which a file has the status alone.
    pub fn of_file(status: u16) -> Self {
        Self { version: HttpVersion::Other(SafeText::default()), ..Self::of_status(status) }
    }

    /// The same with `code` in a JSON body.
    #[must_use]
    pub fn with_code(mut self, code: &str) -> Self {
        self.body = Body { kind: BodyKind::Json, code: Some(SafeText::new(code)), ..self.body };
        self
    }

    /// The same with a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(Header { name: SafeText::new(name), value: Some(SafeText::new(value)) });
        self
    }

    /// The facts of an answer, without `secrets`.
    pub fn read(parts: &AnswerParts<'_>, secrets: &Redactor) -> Self {
        let AnswerParts { status, version, headers, retry_after, body, url, may_grant } = *parts;
        let headers = headers.iter().take(Self::MAX_HEADERS).map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let value = header_value::told(&name, value, url);
            let value = value.filter(|_| is_harmless_header(&name)).map(|value| secrets.text(&value, Self::MAX_VALUE));
            Header { name: secrets.text(name.as_bytes(), 64), value }
        });
        let headers = headers.collect();
        let version = HttpVersion::named(version, secrets);
        let mut answer = Self { status, version, headers, retry_after, body: Body::default() };
        answer.body = Body::read(body, answer.header("content-type"), may_grant, secrets);
        answer
    }

    /// An answer with these headers and this body.
    #[cfg(test)]
    pub fn of_text(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let url = Url::parse("https://api.example/api/v1/ws-ticket").expect("an address of the test's own");
        let (version, headers, body) = ("HTTP/1.1", headers.as_slice(), body.as_bytes());
        let parts = AnswerParts { status, version, headers, retry_after: None, body, url: &url, may_grant: false };
        Self::read(&parts, &Redactor::default())
    }

    /// The value of the first header called `name`, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|header| header.name.as_str() == name)?;
        header.value.as_ref().map(SafeText::as_str)
    }

    /// Whether there is a header called `name`, which is in lower case, whether its value is known or not.
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|header| header.name.as_str() == name)
    }

    /// `code` of a JSON body.
    pub fn code(&self) -> Option<&str> {
        self.body.code.as_ref().map(SafeText::as_str)
    }

    /// What it says, as far as its words are known.
    pub fn hints(&self) -> Hints {
        let body = [&self.body.title, &self.body.excerpt, &self.body.code];
        let headers =
            ["www-authenticate", "x-amzn-errortype", "cf-mitigated"].into_iter().filter_map(|name| self.header(name));
        Hints::in_texts(body.into_iter().flatten().map(SafeText::as_str).chain(headers))
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<Url> {
        Url::parse(self.header("location")?).ok()
    }

    /// Its headers in one line, those without a known value by their names.
    pub fn header_line(&self) -> SafeText {
        let shown = self.headers.iter().map(|Header { name, value }| match value {
            Some(value) => format!("{name}: {value}"),
            None => format!("{name}: (hidden)"),
        });
        SafeText::with_limit(&shown.collect::<Vec<_>>().join("; "), 2 * SafeText::MAX_CHARS)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body.code {
            Some(code) => write!(f, "{} {code}", self.status),
            None => write!(f, "{} {}", self.status, status_text(self.status)),
        }
    }
}

impl HttpVersion {
    /// Whether it is known: a file may have the status alone.
    pub fn is_seen(&self) -> bool {
        *self != Self::Other(SafeText::default())
    }

    /// The version that is called `name`: `HTTP/1.1`.
    pub fn named(name: &str, secrets: &Redactor) -> Self {
        match name {
            "HTTP/1.0" => Self::Http10,
            "HTTP/1.1" => Self::Http11,
            "HTTP/2" | "HTTP/2.0" => Self::Http2,
            other => Self::Other(secrets.text(other.as_bytes(), 16)),
        }
    }
}

impl fmt::Display for HttpVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
            Self::Other(name) => name.as_str(),
        })
    }
}

/// A success whose body is not what the contract promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedAnswer {
    /// What is wrong with it.
    pub fault: AnswerFault,
    /// What came.
    pub answer: Answer,
}

/// What is wrong with the body of a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerFault {
    /// It is not JSON.
    NotJson {
        /// The pointer to the field that was wanted.
        wanted: SafeText,
        /// What the answer calls it.
        content_type: Option<SafeText>,
        /// Its length in bytes.
        bytes: u64,
    },
    /// It is JSON with something before it.
    NotAlone {
        /// The pointer to the field that was wanted.
        wanted: SafeText,
        /// How many bytes come before it.
        before: u64,
    },
    /// It is JSON without the field.
    Missing {
        /// The pointer to the field.
        field: SafeText,
    },
    /// The field is an empty text.
    Empty {
        /// The pointer to the field.
        field: SafeText,
    },
    /// The field is no text.
    NotText {
        /// The pointer to the field.
        field: SafeText,
    },
    /// The field is no number of seconds above 0.
    NotSeconds {
        /// The pointer to the field.
        field: SafeText,
    },
    /// The field is no date.
    NotADate {
        /// The pointer to the field.
        field: SafeText,
    },
    /// The field is a number that makes no sense in the unit that the profile names.
    OtherUnit {
        /// The pointer to the field.
        field: SafeText,
        /// The profile's unit.
        wanted: LifeUnit,
        /// The unit in which it makes sense.
        likely: LifeUnit,
    },
    /// The token holds characters that no HTTP header can carry.
    NotSendable {
        /// The pointer to the field.
        field: SafeText,
    },
    /// What was asked for again and again did not come about.
    NotYet {
        /// What has to stand in the answer.
        wanted: SafeText,
        /// How long it was waited for.
        within: Duration,
    },
    /// The field holds a longer text than is taken in.
    ValueTooLong {
        /// The pointer to the field.
        field: SafeText,
        /// The limit in KiB: our own.
        limit_kib: u32,
    },
    /// It is longer than is read.
    TooLong {
        /// The limit in KiB: our own.
        limit_kib: u32,
    },
}

impl fmt::Display for MalformedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            AnswerFault::NotJson { wanted, bytes: 0, .. } => {
                let got = match self.answer.body.kind {
                    BodyKind::Page => "a web page",
                    BodyKind::Text | BodyKind::Binary | BodyKind::Json => "something else",
                    BodyKind::Empty => "an empty body",
                };
                write!(f, "expected JSON with {wanted}, got {got}")
            }
            AnswerFault::NotJson { wanted, content_type, bytes } => {
                let kind = content_type.as_ref().map_or("no content type", SafeText::as_str);
                match &self.answer.body.title {
                    Some(title) => write!(f, "expected JSON with {wanted}, got {kind} with the title \"{title}\""),
                    None => write!(f, "expected JSON with {wanted}, got {kind}, {bytes} bytes that are not JSON"),
                }
            }
            AnswerFault::NotAlone { wanted, before } => {
                write!(f, "expected JSON with {wanted}, got {before} other bytes before the JSON")
            }
            AnswerFault::Missing { field } => {
                write!(f, "expected JSON with {field}, got JSON without it")?;
                match self.answer.body.fields.as_slice() {
                    [] => Ok(()),
                    fields => {
                        let fields: Vec<_> = fields.iter().map(SafeText::as_str).collect();
                        write!(f, "; it has {}", fields.join(", "))
                    }
                }
            }
            AnswerFault::Empty { field } => write!(f, "{field} is empty"),
            AnswerFault::NotText { field } => write!(f, "expected a text at {field}"),
            AnswerFault::NotSeconds { field } => write!(f, "expected a number of seconds above 0 at {field}"),
            AnswerFault::NotADate { field } => {
                write!(f, "expected a date such as 2026-01-25T12:00:00Z at {field}")
            }
            AnswerFault::OtherUnit { field, wanted, likely } => {
                write!(f, "expected {} at {field}, got a number that reads as {}", wanted.words(), likely.words())
            }
            AnswerFault::NotSendable { field } => {
                write!(f, "{field} holds characters that no HTTP header can carry")
            }
            AnswerFault::NotYet { wanted, within } => {
                write!(f, "after {} of asking, the answer does not say {wanted}", DisplayDuration(*within))
            }
            AnswerFault::ValueTooLong { field, limit_kib } => write!(f, "{field} is longer than {limit_kib} KiB"),
            AnswerFault::TooLong { limit_kib } => write!(f, "answer larger than {limit_kib} KiB"),
        }
    }
}

/// The name of an HTTP status (RFC 9110 §15), that of its class for one without a name.
pub fn status_text(status: u16) -> &'static str {
    let name = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    name.unwrap_or(match status {
        100..=199 => "Informational",
        200..=299 => "Success",
        300..=399 => "Redirection",
        400..=499 => "Client Error",
        500..=599 => "Server Error",
        _ => "Unknown Status",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SessionId;
    use crate::model::failure::PageKind;

    fn read(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let url = Url::parse("https://api.example/api/v1/ws-ticket").unwrap();
        let parts = AnswerParts {
            status,
            version: "HTTP/1.1",
            headers: &headers,
            retry_after: None,
            body: body.as_bytes(),
            url: &url,
            may_grant: false,
        };
        Answer::read(&parts, &Redactor::default().hiding_session(&SessionId::new("s3cret-session")))
    }

    #[test]
    fn of_a_success_only_a_page_that_refuses_is_read() {
        let url = Url::parse("https://api.example/api/v1/ws-ticket").unwrap();
        for (body, is_read) in [
            ("<title>Request Rejected</title>The requested URL was rejected.", true),
            ("<title>Your ticket</title>t1ck3t", false),
            ("<p>The requested URL was rejected: t1ck3t", true),
            ("<p>Here it is: t1ck3t", false),
        ] {
            let headers: &[(&str, &[u8])] = &[("content-type", b"text/html")];
            let (version, body) = ("HTTP/1.1", body.as_bytes());
            let parts =
                AnswerParts { status: 200, version, headers, retry_after: None, body, url: &url, may_grant: true };
            let excerpt = Answer::read(&parts, &Redactor::default()).body.excerpt;
            assert_eq!(excerpt.is_some(), is_read);
            assert!(!excerpt.is_some_and(|text| text.as_str().contains("t1ck3t")), "what may be a ticket is taken out");
        }
    }

    #[test]
    fn only_headers_that_hold_nobodys_secret_are_shown() {
        let answer = read(
            401,
            &[
                ("Server", "nginx/1.22"),
                ("X-Auth-Token", "abc"),
                ("Set-Cookie", "sid=1"),
                ("Location", "/login?code=abc#x"),
                ("Link", "<https://a.example/?sig=1>"),
            ],
            "",
        );
        assert_eq!(
            answer.header_line().as_str(),
            "server: nginx/1.22; x-auth-token: (hidden); set-cookie: (hidden); \
             location: https://api.example/login; link: (hidden)"
        );
        assert_eq!(
            (answer.header("server"), answer.has_header("link"), answer.header("link")),
            (Some("nginx/1.22"), true, None)
        );
        for (sent, shown) in [
            ("data:text/html,hunter2zz", "data:…"),
            ("myapp://callback/hunter2zz?code=1", "myapp:…"),
            ("//user:hunter2zz@other.example/x", "https://other.example/x"),
        ] {
            assert_eq!(read(302, &[("Location", sent)], "").header("location"), Some(shown));
        }
    }

    #[test]
    fn of_json_only_what_explains_a_refusal_is_shown() {
        let answer = read(
            403,
            &[],
            r#"{"error":{"code":"NO","message":"not s3cret-session"},"otp":123456,"key":"k","ok":false}"#,
        );
        assert_eq!(answer.code(), Some("NO"));
        let shown = answer.body.excerpt.unwrap();
        for (part, is_there) in [("NO", true), ("(secret)", true), ("false", true), ("123456", false), ("\"k\"", false)]
        {
            assert_eq!(shown.as_str().contains(part), is_there, "{part} in {shown}");
        }
        assert_eq!(
            read(403, &[], r#"{"code":"#).body.excerpt,
            None,
            "what is cut off cannot be told from a credential"
        );
    }

    #[test]
    fn of_a_page_its_title_and_its_text_are_shown() {
        let page = "<!doctype html><html><HEAD><Title lang=en> Sign in </TITLE><style>p{}</style></head>\
                    <body><p>Please <b>log in</b></p><input value=\"csrf\"><script>var x='secret'</script></body>";
        let Body { title, page, excerpt, kind, .. } = read(200, &[("content-type", "text/html")], page).body;
        assert_eq!((title.unwrap().as_str(), page, kind), ("Sign in", Some(PageKind::Login), BodyKind::Page));
        assert_eq!(excerpt.unwrap().as_str(), "Please log in");
        for cut in ["<html><p>text</p", "<html><script>never ended", "<html><!-- a", "<html"] {
            read(200, &[], cut);
        }
    }

    #[test]
    fn of_an_error_in_xml_only_code_and_message_are_shown() {
        let error = "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message>\
                     <RequestId>7F</RequestId></Error>";
        let answer = read(403, &[("content-type", "application/xml")], error);
        assert_eq!(answer.own_words().as_deref(), Some("AccessDenied: Access Denied"));
        assert!(answer.is_of_storage());
        let other = read(403, &[("content-type", "text/plain")], "<Error> is what I got");
        assert_eq!((other.own_words().as_deref(), other.is_of_storage()), (Some("<Error> is what I got"), false));
    }

    #[test]
    fn bodies_are_told_apart_whatever_they_call_themselves() {
        for (content_type, body, kind) in [
            ("text/html", "Unauthorized", BodyKind::Page),
            ("text/plain", "<HTML><p>x", BodyKind::Page),
            ("application/json", "oops", BodyKind::Text),
            ("text/html; charset=utf-8", " ", BodyKind::Empty),
            ("", "[1]", BodyKind::Json),
        ] {
            assert_eq!(read(500, &[("content-type", content_type)], body).body.kind, kind, "{content_type} {body}");
        }
    }
}
