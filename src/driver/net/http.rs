//! Steps 1 and 2 of contract §1: the token and ticket requests.

use std::io;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, ORIGIN, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::ClientConfig;
use serde_json::{Value, json};
use tokio::net::lookup_host;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;
use zeroize::Zeroizing;

use super::answer::{LONGEST, date, error_code, has_key, html_title, retry_after, text};
use super::proxy::Proxy;
use super::{Net, NetError, transport};
use crate::clock::utc_now;
use crate::faults::{FAULT_HEADER, MadeUpAnswer};
use crate::model::{
    ClockOffset, HttpMethod, JsonPointer, Jwt, Path, Profile, Redactor, RequestFailure, RequestFailureKind, SafeText,
    SessionId, Ticket, TicketGrant, Timeouts, TokenGrant, TraceId,
};

/// More of an answer than this is not read.
const MAX_BODY: usize = 64 << 10;

/// An idle connection is used again for this long. Well below what servers allow (Node: 5 s), because a request over
/// a connection that the server is just closing fails.
const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// The share of a request's limit after which a connection that is not there counts as unreachable: before the request
/// itself would count as unanswered.
const CONNECTING: f64 = 0.9;

/// The client for a profile's requests, through `proxy` if there is one.
pub fn client(config: ClientConfig, proxy: Option<&Proxy>, timeouts: &Timeouts) -> Result<reqwest::Client, NetError> {
    let setup = |error: reqwest::Error| NetError::Setup(error.to_string());
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .no_proxy()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .pool_idle_timeout(KEEP_ALIVE)
        .dns_resolver(Resolver { limit: timeouts.dial })
        .connect_timeout((2 * timeouts.dial).min(timeouts.http.mul_f64(CONNECTING)));
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy.for_reqwest().map_err(setup)?);
    }
    builder.build().map_err(setup)
}

/// Looks up names as the dialling of the socket does, with a limit.
struct Resolver {
    limit: Duration,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let limit = self.limit;
        Box::pin(async move {
            // The port is the request's own.
            let found = timeout(limit, lookup_host((name.as_str(), 0))).await;
            let late = |_| io::Error::from(io::ErrorKind::TimedOut);
            let found: Vec<_> = found.map_err(late)??.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// A whole answer.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
}

impl Net {
    /// Step 1: asks for a JWT, for `session_id` if there is one.
    ///
    /// # Errors
    /// Any other answer than a 200 with the profile's JSON, no complete answer within `timeouts.http`, or no connection.
    pub async fn token(&self, session_id: Option<&SessionId>, trace: &TraceId) -> Result<TokenGrant, RequestFailure> {
        let endpoint = &self.0.profile.endpoints.token;
        let body = match session_id {
            Some(id) => json!({ "sessionId": id.expose() }),
            None => json!({}),
        };
        let mut secrets = session_id.into_iter().fold(self.secrets(), Redactor::hiding_session);
        let request = self.request(endpoint.method, &endpoint.path, trace, &body);
        let grant = async {
            let json = self.answer(request, &mut secrets).await?.json(&endpoint.field, &secrets)?;
            let token = string(&json, &endpoint.field)?;
            if HeaderValue::from_str(token).is_err() {
                return Err(malformed(&format!("{} holds characters that no HTTP header can carry", endpoint.field)));
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
            let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| {
                malformed("the JWT holds characters that no HTTP header can carry; begin a new session to replace it")
            })?;
            bearer.set_sensitive(true);
            let request = request.header(AUTHORIZATION, bearer);
            self.ticket_in(&self.answer(request, &mut secrets).await?, &secrets)
        };
        grant.await.map_err(|kind| RequestFailure { trace: trace.clone(), kind })
    }

    /// What the client makes of an answer to step 2 that a fault made up. Nothing is sent.
    ///
    /// # Errors
    /// As [`Net::ticket`].
    pub fn made_up_ticket(&self, answer: MadeUpAnswer, trace: &TraceId) -> Result<TicketGrant, RequestFailure> {
        let MadeUpAnswer { status, content_type, retry_after, body } = answer;
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        headers.extend(retry_after.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))));
        let answer = Answer { status, headers, body: Zeroizing::new(body.into_bytes()) };
        let grant = if status == 200 {
            self.ticket_in(&answer, &Redactor::default())
        } else {
            Err(answer.refusal(&self.0.profile, &Redactor::default()))
        };
        grant.map_err(|kind| RequestFailure { trace: trace.clone(), kind })
    }

    fn ticket_in(&self, answer: &Answer, secrets: &Redactor) -> Result<TicketGrant, RequestFailureKind> {
        let endpoint = &self.0.profile.endpoints.ticket;
        let json = answer.json(&endpoint.field, secrets)?;
        let ticket = string(&json, &endpoint.field)?;
        let lifetime = endpoint.ttl_field.find(&json).and_then(Value::as_f64).filter(|&seconds| seconds > 0.0);
        let lifetime = lifetime
            .ok_or_else(|| malformed(&format!("expected a number of seconds above 0 at {}", endpoint.ttl_field)))?;
        let lifetime = Duration::from_secs_f64(lifetime.min(LONGEST.as_secs_f64()));
        self.seen_secrets().ticket(ticket);
        Ok(TicketGrant { ticket: Ticket::new(ticket), lifetime })
    }

    fn request(&self, method: HttpMethod, path: &Path, trace: &TraceId, body: &Value) -> reqwest::RequestBuilder {
        let url = self.0.profile.api.join(path);
        let request = match method {
            HttpMethod::Get => self.0.http.request(Method::GET, url),
            HttpMethod::Post => {
                let request = self.0.http.request(Method::POST, url);
                request.header(CONTENT_TYPE, "application/json").body(body.to_string())
            }
        };
        let request = match self.fault_header() {
            Some(orders) => request.header(FAULT_HEADER, orders),
            None => request,
        };
        let origin = self.0.profile.origin.as_str();
        request.header(ORIGIN, origin).header("x-trace-id", trace.as_str()).header(ACCEPT, "application/json")
    }

    /// Gets `path`, within `timeouts.http`: the status and the body. A body that is too long is cut.
    pub(super) async fn get(
        &self,
        path: &Path,
        trace: &TraceId,
    ) -> Result<(u16, Zeroizing<Vec<u8>>), RequestFailureKind> {
        let request = self.request(HttpMethod::Get, path, trace, &json!({}));
        let (Answer { status, body, .. }, whole) = self.heard(request, &mut self.secrets()).await?;
        match whole {
            // Of any other status than success, the status says all.
            Err(problem @ (RequestFailureKind::Timeout { .. } | RequestFailureKind::Transport(_)))
                if (200..300).contains(&status) =>
            {
                Err(problem)
            }
            Ok(()) | Err(_) => Ok((status, body)),
        }
    }

    /// Sends `request` and reads the whole answer, within `timeouts.http`. Of an answer that is not 200, the status
    /// counts: it is an answer even if its body is too long or does not arrive.
    async fn answer(
        &self,
        request: reqwest::RequestBuilder,
        secrets: &mut Redactor,
    ) -> Result<Answer, RequestFailureKind> {
        let (answer, whole) = self.heard(request, secrets).await?;
        if answer.status == 200 { whole.map(|()| answer) } else { Err(answer.refusal(&self.0.profile, secrets)) }
    }

    /// Sends `request` and reads the answer, within `timeouts.http`; and whether all of its body came.
    async fn heard(
        &self,
        request: reqwest::RequestBuilder,
        secrets: &mut Redactor,
    ) -> Result<(Answer, Result<(), RequestFailureKind>), RequestFailureKind> {
        let limit = self.0.profile.timeouts.http;
        let late = |_| RequestFailureKind::Timeout { after: limit };
        let sent = Instant::now();
        let deadline = sent + limit;
        let response = timeout_at(deadline, request.send()).await.map_err(late)?;
        let mut response = response.map_err(|error| self.broken(&error))?;
        self.take_cookies(response.headers(), secrets);
        let offset = date(response.headers()).map(|date| ClockOffset::measured(date, utc_now(), sent.elapsed()));
        self.hear_clock(offset);
        let mut body = Zeroizing::new(Vec::with_capacity(MAX_BODY));
        let whole = timeout_at(deadline, self.read_body(&mut response, &mut body)).await;
        let whole = whole.unwrap_or_else(|elapsed| Err(late(elapsed)));
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        Ok((Answer { status, headers, body }, whole))
    }

    async fn read_body(&self, response: &mut reqwest::Response, body: &mut Vec<u8>) -> Result<(), RequestFailureKind> {
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            let room = MAX_BODY - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                return Err(malformed(&format!("answer larger than {} KiB", MAX_BODY >> 10)));
            }
        }
        Ok(())
    }

    fn broken(&self, error: &reqwest::Error) -> RequestFailureKind {
        let url: &Url = self.0.profile.api.url();
        RequestFailureKind::Transport(transport::of_request(error, url, self.0.http_proxy.as_ref()))
    }
}

impl Answer {
    /// What an answer that is not 200 says. One that says success may hold a fresh secret, wherever it likes.
    fn refusal(&self, profile: &Profile, secrets: &Redactor) -> RequestFailureKind {
        let (code, excerpt) = if (200..300).contains(&self.status) {
            (None, self.title(secrets))
        } else {
            let code = error_code(&self.body, secrets);
            let is_shown = code.is_none() && !self.body.is_empty() && !self.may_grant(profile);
            let mut shown = self.location(profile.api.url()).unwrap_or_default();
            if is_shown {
                shown += &String::from_utf8_lossy(&self.body);
            }
            (code, (!shown.is_empty()).then(|| secrets.text(shown.trim_end().as_bytes(), SafeText::MAX_CHARS)))
        };
        RequestFailureKind::Status { status: self.status, code, excerpt, retry_after: retry_after(&self.headers) }
    }

    /// Where a redirect of `api` leads, without the query, which may hold secrets of others.
    fn location(&self, api: &Url) -> Option<String> {
        let mut target =
            api.join(text(&self.headers, &LOCATION)?).ok().filter(|_| (300..400).contains(&self.status))?;
        target.set_query(None);
        target.set_fragment(None);
        // Fails only where there can be none.
        let _ = target.set_username("").and_then(|()| target.set_password(None));
        Some(format!("location: {target} "))
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

    /// The title, if the body is an HTML page.
    fn title(&self, secrets: &Redactor) -> Option<SafeText> {
        let kind = text(&self.headers, &CONTENT_TYPE)?.trim_start().to_ascii_lowercase();
        let title = kind.starts_with("text/html").then(|| html_title(&self.body))??;
        Some(secrets.text(title, 120))
    }

    /// The body, which should be JSON with `field`. Nothing of it but an HTML page's title is quoted.
    fn json(&self, field: &JsonPointer, secrets: &Redactor) -> Result<Value, RequestFailureKind> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let kind = text(&self.headers, &CONTENT_TYPE).unwrap_or("no content type");
            let kind = secrets.text(kind.as_bytes(), 64);
            let got = match self.title(secrets) {
                Some(title) => format!("{kind} with the title \"{title}\""),
                None if self.body.is_empty() => "an empty body".to_owned(),
                None => format!("{kind}, {} bytes: {error}", self.body.len()),
            };
            malformed(&format!("expected JSON with {field}, got {got}"))
        })
    }
}

fn string<'a>(json: &'a Value, field: &JsonPointer) -> Result<&'a str, RequestFailureKind> {
    match field.find(json) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::String(_)) => Err(malformed(&format!("{field} is empty"))),
        Some(_) => Err(malformed(&format!("expected a text at {field}"))),
        None => Err(malformed(&format!("expected JSON with {field}, got JSON without it"))),
    }
}

fn malformed(problem: &str) -> RequestFailureKind {
    RequestFailureKind::Malformed { problem: problem.into() }
}
