//! Steps 1 and 2 of contract §1: the token and ticket requests.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, Response, Version};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};
use url::Url;
use zeroize::Zeroizing;

use super::access::{CacheHit, Net};
use super::answer::{self, LONGEST, Received, date, has_key, text};
use super::encoding::decoded;
use super::transport;
use crate::clock::utc_now;
use crate::model::failure::{Answer, AnswerFault, MalformedAnswer};
use crate::model::{
    ClockOffset, HttpMethod, JsonPointer, Jwt, PageRequest, Path, Profile, Redactor, RequestFailure,
    RequestFailureKind, SafeText, SessionId, Ticket, TicketGrant, TokenGrant, TraceId,
};

/// The headers by which caches tell that an answer was not made for this request: its age (RFC 9111 §5.1), if it says so,
/// and the header as it came.
fn cache_hit(headers: &HeaderMap) -> Option<CacheHit> {
    let value = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let shown = |name, value: &str| SafeText::with_limit(&format!("{name}: {value}"), 80);
    let age =
        value("age").and_then(|age| age.trim().parse().ok()).map(Duration::from_secs).filter(|age| !age.is_zero());
    let is_hit = |name| value(name).filter(|value| value.to_ascii_lowercase().contains("hit"));
    let named =
        ["cf-cache-status", "x-cache", "x-cache-status"].into_iter().find_map(|name| Some((name, is_hit(name)?)));
    match (named, age) {
        (Some((name, value)), age) => Some((age, shown(name, value))),
        (None, Some(age)) => Some((Some(age), shown("age", &age.as_secs().to_string()))),
        (None, None) => None,
    }
}

/// More of an answer than this is not read.
const MAX_BODY: usize = 64 << 10;

/// An answer as it came.
struct RawAnswer {
    status: u16,
    version: Version,
    headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
}

impl Net {
    /// Step 1: asks for a JWT, for `session_id` if there is one.
    ///
    /// # Errors
    /// Any other answer than a success with the profile's JSON, no complete answer within `timeouts.http`, or no connection.
    pub async fn token(&self, session_id: Option<&SessionId>, trace: &TraceId) -> Result<TokenGrant, RequestFailure> {
        let endpoint = &self.0.profile.endpoints.token;
        let body = match session_id {
            Some(id) => json!({ "sessionId": id.expose() }),
            None => json!({}),
        };
        let mut secrets = session_id.into_iter().fold(self.secrets(), Redactor::hiding_session);
        let request = self.request(endpoint.method, &endpoint.path, trace, &body);
        let grant = async {
            let answer = self.answer(request, &mut secrets).await?;
            self.0.cors.hear(PageRequest::Token, &answer.headers);
            let malformed = |fault| self.malformed(&answer, fault, &secrets);
            let json = answer.json(&endpoint.field, &secrets).map_err(malformed)?;
            let token = string(&json, &endpoint.field).map_err(malformed)?;
            if HeaderValue::from_str(token).is_err() {
                return Err(malformed(AnswerFault::NotSendable { field: shown(&endpoint.field) }));
            }
            let session_id = json.get("sessionId").and_then(Value::as_str).filter(|id| !id.is_empty());
            self.seen_secrets().jwt(token);
            session_id.into_iter().for_each(|id| self.seen_secrets().session(id));
            Ok(TokenGrant { jwt: Jwt::new(token), session_id: session_id.map(SessionId::new) })
        };
        grant.await.map_err(|kind| RequestFailure { trace: trace.clone(), kind })
    }

    /// Step 2: asks for a ticket with `jwt`.
    ///
    /// # Errors
    /// As [`Net::token`].
    pub async fn ticket(&self, jwt: &Jwt, trace: &TraceId) -> Result<TicketGrant, RequestFailure> {
        let endpoint = &self.0.profile.endpoints.ticket;
        let mut secrets = self.secrets().hiding_jwt(jwt);
        let request = self.request(endpoint.method, &endpoint.path, trace, &json!({}));
        let grant = async {
            let bearer = Zeroizing::new(format!("Bearer {}", jwt.expose()));
            let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| RequestFailureKind::NotSendable)?;
            bearer.set_sensitive(true);
            let request = request.header(AUTHORIZATION, bearer);
            let answer = self.answer(request, &mut secrets).await?;
            self.0.cors.hear(PageRequest::Ticket, &answer.headers);
            self.ticket_in(&answer, &secrets)
        };
        grant.await.map_err(|kind| RequestFailure { trace: trace.clone(), kind })
    }

    /// What the client makes of `answer` to step 2, wherever it comes from. Nothing is sent.
    ///
    /// # Errors
    /// As [`Net::ticket`].
    pub fn read_ticket(&self, answer: Response<Vec<u8>>, trace: &TraceId) -> Result<TicketGrant, RequestFailure> {
        let (parts, body) = answer.into_parts();
        let answer = RawAnswer {
            status: parts.status.as_u16(),
            version: parts.version,
            headers: parts.headers,
            body: Zeroizing::new(body),
        };
        let secrets = Redactor::default();
        let grant =
            if answer.is_success() { self.ticket_in(&answer, &secrets) } else { Err(self.refused(&answer, &secrets)) };
        grant.map_err(|kind| RequestFailure { trace: trace.clone(), kind })
    }

    fn ticket_in(&self, answer: &RawAnswer, secrets: &Redactor) -> Result<TicketGrant, RequestFailureKind> {
        let endpoint = &self.0.profile.endpoints.ticket;
        let malformed = |fault| self.malformed(answer, fault, secrets);
        let json = answer.json(&endpoint.field, secrets).map_err(malformed)?;
        let ticket = string(&json, &endpoint.field).map_err(malformed)?;
        let lifetime = match endpoint.ttl_field.find(&json) {
            // Unknown: the ticket is used at once, and nothing is assumed (contract §1).
            None | Some(Value::Null) => None,
            Some(value) => {
                let seconds = value.as_f64().filter(|&seconds| seconds > 0.0);
                let fault = || malformed(AnswerFault::NotSeconds { field: shown(&endpoint.ttl_field) });
                Some(Duration::from_secs_f64(seconds.ok_or_else(fault)?.min(LONGEST.as_secs_f64())))
            }
        };
        self.seen_secrets().ticket(ticket);
        Ok(TicketGrant { ticket: Ticket::new(ticket), lifetime })
    }

    fn request(&self, method: HttpMethod, path: &Path, trace: &TraceId, body: &Value) -> reqwest::RequestBuilder {
        let url = self.0.profile.api.join(path);
        let cookies = self.cookie_header(&url);
        let request = match method {
            HttpMethod::Get => self.0.http.request(Method::GET, url),
            HttpMethod::Post => {
                let request = self.0.http.request(Method::POST, url);
                request.header(CONTENT_TYPE, "application/json").body(body.to_string())
            }
        };
        let request = match cookies {
            Some(cookies) => request.header(COOKIE, cookies),
            None => request,
        };
        let request = match &self.1 {
            Some((name, value)) => request.header(name, value),
            None => request,
        };
        let origin = self.0.profile.origin.as_str();
        request.header(ORIGIN, origin).header("x-trace-id", trace.as_str()).header(ACCEPT, "application/json")
    }

    /// Gets `path`, within `timeouts.http`: the facts and the body. A body that is too long is cut.
    pub(super) async fn get(
        &self,
        path: &Path,
        trace: &TraceId,
    ) -> Result<(Answer, Zeroizing<Vec<u8>>), RequestFailureKind> {
        let request = self.request(HttpMethod::Get, path, trace, &json!({}));
        let mut secrets = self.secrets();
        let (answer, whole) = self.heard(request, &mut secrets).await?;
        match whole {
            // Of any other status than success, the status says all.
            Err(problem @ (RequestFailureKind::Timeout { .. } | RequestFailureKind::Transport(_)))
                if answer.is_success() =>
            {
                Err(problem)
            }
            Ok(()) | Err(_) => Ok((answer.facts(&self.0.profile, &secrets), answer.body)),
        }
    }

    /// Sends `request` and reads the whole answer, within `timeouts.http`. Of an answer that is no success, the status
    /// counts: it is an answer even if its body is too long or does not arrive.
    async fn answer(
        &self,
        request: reqwest::RequestBuilder,
        secrets: &mut Redactor,
    ) -> Result<RawAnswer, RequestFailureKind> {
        let (answer, whole) = self.heard(request, secrets).await?;
        if answer.is_success() { whole.map(|()| answer) } else { Err(self.refused(&answer, secrets)) }
    }

    /// What is known of an answer that is no success.
    fn refused(&self, answer: &RawAnswer, secrets: &Redactor) -> RequestFailureKind {
        RequestFailureKind::Status(Box::new(answer.facts(&self.0.profile, secrets)))
    }

    /// What is known of a success with this `fault`.
    fn malformed(&self, answer: &RawAnswer, fault: AnswerFault, secrets: &Redactor) -> RequestFailureKind {
        let answer = answer.facts(&self.0.profile, secrets);
        RequestFailureKind::Malformed(Box::new(MalformedAnswer { fault, answer }))
    }

    /// Sends `request` and reads the answer, within `timeouts.http`; and whether all of its body came.
    async fn heard(
        &self,
        request: reqwest::RequestBuilder,
        secrets: &mut Redactor,
    ) -> Result<(RawAnswer, Result<(), RequestFailureKind>), RequestFailureKind> {
        let limit = self.0.profile.timeouts.http;
        let late = |_| RequestFailureKind::Timeout { after: limit };
        let sent = Instant::now();
        let deadline = sent + limit;
        let response = timeout_at(deadline, request.send()).await.map_err(late)?;
        let mut response = response.map_err(|error| self.broken(&error))?;
        self.take_cookies(response.url(), response.headers(), secrets);
        let offset = date(response.headers()).map(|date| ClockOffset::measured(date, utc_now(), sent.elapsed()));
        self.hear_clock(offset);
        self.hear_cache(cache_hit(response.headers()));
        let mut body = Zeroizing::new(Vec::with_capacity(MAX_BODY));
        let read = timeout_at(deadline, self.read_body(&mut response, &mut body)).await;
        let (status, version) = (response.status().as_u16(), response.version());
        let headers = std::mem::take(response.headers_mut());
        let (body, fits) = decoded(&headers, std::mem::take(&mut *body), MAX_BODY);
        let answer = RawAnswer { status, version, headers, body: Zeroizing::new(body) };
        let whole = match read.unwrap_or_else(|elapsed| Err(late(elapsed))) {
            Ok(true) if fits => Ok(()),
            Ok(_) => {
                let limit_kib = u32::try_from(MAX_BODY >> 10).unwrap_or(u32::MAX);
                Err(self.malformed(&answer, AnswerFault::TooLong { limit_kib }, secrets))
            }
            Err(problem) => Err(problem),
        };
        Ok((answer, whole))
    }

    /// Reads a body; `false` if it is longer than is taken in.
    async fn read_body(
        &self,
        response: &mut reqwest::Response,
        body: &mut Vec<u8>,
    ) -> Result<bool, RequestFailureKind> {
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            let room = MAX_BODY - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn broken(&self, error: &reqwest::Error) -> RequestFailureKind {
        let url: &Url = self.0.profile.api.url();
        RequestFailureKind::Transport(transport::of_request(error, url, self.0.http_proxy.as_ref()))
    }
}

impl RawAnswer {
    /// Any 2xx (contract §1).
    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What may be known of it. One that says success may hold a fresh secret, wherever it likes.
    fn facts(&self, profile: &Profile, secrets: &Redactor) -> Answer {
        let may_grant = self.is_success() || self.may_grant(profile);
        answer::facts(&Received {
            status: self.status,
            version: &format!("{:?}", self.version),
            headers: &self.headers,
            body: &self.body,
            url: profile.api.url(),
            may_grant,
            secrets,
        })
    }

    /// Whether the body is JSON that holds a token, ticket or session id, or is cut off so that it cannot be told.
    fn may_grant(&self, profile: &Profile) -> bool {
        let Ok(json) = serde_json::from_slice::<Value>(&self.body) else {
            return matches!(self.body.trim_ascii_start().first(), Some(b'{' | b'['));
        };
        let is_there = |field: &JsonPointer| {
            let pointer = field.to_string();
            field.find(&json).is_some() || pointer.rsplit('/').next().is_some_and(|name| has_key(&json, name))
        };
        let endpoints = &profile.endpoints;
        is_there(&endpoints.token.field) || is_there(&endpoints.ticket.field) || has_key(&json, "sessionId")
    }

    /// The body, which should be JSON with `field`.
    fn json(&self, field: &JsonPointer, secrets: &Redactor) -> Result<Value, AnswerFault> {
        serde_json::from_slice(&self.body).map_err(|_| AnswerFault::NotJson {
            wanted: shown(field),
            content_type: text(&self.headers, &CONTENT_TYPE).map(|kind| secrets.text(kind.as_bytes(), 64)),
            bytes: self.body.len() as u64,
        })
    }
}

fn string<'a>(json: &'a Value, field: &JsonPointer) -> Result<&'a str, AnswerFault> {
    match field.find(json) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::String(_)) => Err(AnswerFault::Empty { field: shown(field) }),
        Some(_) => Err(AnswerFault::NotText { field: shown(field) }),
        None => Err(AnswerFault::Missing { field: shown(field) }),
    }
}

fn shown(field: &JsonPointer) -> SafeText {
    SafeText::new(&field.to_string())
}
