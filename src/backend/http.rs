//! The HTTP routes, and what every request goes through first.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

use super::core::{self, AuthError, TicketRecord};
use super::deployed::Broken;
use super::shared::Shared;
use super::socket::Pending;
use super::store::StoreError;
use crate::clock::utc_now;
use crate::faults::{FAULT_HEADER, Fault, MadeUpAnswer};
use crate::launch;
use crate::model::{ContractReason, Fingerprint, Origin, SafeText};

/// The largest request body, in bytes.
const BODY_LIMIT: usize = 64 * 1_024;
/// The longest that a request body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);
/// By how many characters the name of a JWT is longer that is too long for a keychain.
const LONG_JWT: usize = 2_560;
/// The longest ticket that is looked up, in bytes; ours have 32.
const TICKET_LIMIT: usize = 256;
const TRACE_HEADER: HeaderName = HeaderName::from_static("x-trace-id");

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/v1/auth/token", post(issue_token))
        .route("/api/v1/ws-ticket", get(issue_ticket))
        .route("/ws", get(open_socket))
        .route("/healthz", get(health))
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "this path wants another method")
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), frame))
        .with_state(shared)
}

/// The trace id of a request: the client's own if it may be echoed.
#[derive(Clone)]
struct Trace(SafeText);

/// The faults that act on a request, and whether it is answered as a deployed server would.
#[derive(Clone, Default)]
struct Acting {
    faults: Vec<Fault>,
    as_deployed: bool,
}

impl Acting {
    fn on(shared: &Shared, headers: &HeaderMap) -> Self {
        let header = headers.get(FAULT_HEADER).filter(|_| shared.config.obeys_faults);
        let given = launch::secret().zip(header);
        let given = given.and_then(|(secret, header)| header.as_bytes().strip_prefix(secret.as_bytes()));
        let faults: Vec<_> = given.and_then(|given| serde_json::from_slice(given).ok()).unwrap_or_default();
        let as_deployed = shared.config.as_deployed || faults.contains(&Fault::AsDeployed);
        Self { faults, as_deployed }
    }

    /// Before the store is used: it is stopped if this request says so, or else runs.
    async fn stop_store(&self, shared: &Shared) {
        if shared.config.obeys_faults {
            shared.set_store_stopped(self.faults.contains(&Fault::StopStore)).await;
        }
    }

    fn names(&self) -> Option<HeaderValue> {
        let names: Vec<_> = self.faults.iter().map(|fault| fault.name().to_string()).collect();
        HeaderValue::try_from(names.join(", ")).ok().filter(|_| !names.is_empty())
    }

    /// The time by the server's clock.
    fn now(&self) -> DateTime<Utc> {
        let ahead = self.faults.iter().find_map(|fault| match fault {
            Fault::SkewClock { ahead } => TimeDelta::from_std(*ahead).ok(),
            _ => None,
        });
        utc_now().checked_add_signed(ahead.unwrap_or_default()).unwrap_or_else(utc_now)
    }
}

/// An answer that is not 200. [`frame`] gives it its body and logs it.
#[derive(Clone)]
struct Refusal {
    tag: &'static str,
    status: StatusCode,
    code: &'static str,
    message: String,
    /// What only the log may say.
    cause: Option<SafeText>,
    /// A web page in the place of the JSON.
    page: Option<&'static str>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: &str) -> Self {
        Self { tag: "[HTTP]", status, code, message: message.to_owned(), cause: None, page: None }
    }

    fn tagged(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    fn internal(error: impl std::error::Error) -> Self {
        let refusal = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "the server failed; try again");
        Self { cause: Some(SafeText::new(&error.to_string())), ..refusal }
    }

    /// Says `error` in the log.
    fn because(self, error: &StoreError) -> Self {
        Self { cause: Some(SafeText::new(&error.to_string())), ..self }
    }

    fn page(self, page: &'static str) -> Self {
        Self { page: Some(page), ..self }
    }

    fn auth(error: AuthError) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, error.code(), &error.to_string())
    }

    fn store(error: &StoreError) -> Self {
        let code = match error {
            StoreError::Redis { .. }
            | StoreError::Refused { .. }
            | StoreError::AnswerLost { .. }
            | StoreError::Never
            | StoreError::Stopped => "REDIS_UNAVAILABLE",
            StoreError::Full => "TICKET_STORE_FULL",
        };
        let message = match error {
            StoreError::Refused { refusal, .. } => format!("tickets cannot be kept now: Redis says {refusal}"),
            StoreError::AnswerLost { .. } => {
                "the ticket may be spent, and its answer was lost; ask for another".to_owned()
            }
            StoreError::Redis { .. } | StoreError::Full | StoreError::Never | StoreError::Stopped => {
                "tickets cannot be kept now; try again".to_owned()
            }
        };
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, &message).because(error)
    }

    fn line(&self, trace: &SafeText) -> String {
        let Self { tag, status, code, cause, .. } = self;
        let cause = cause.as_ref().map(|cause| format!(", error: '{cause}'")).unwrap_or_default();
        format!("{tag} Rejected {{ status: {}, code: '{code}'{cause} }} traceId={trace}", status.as_u16())
    }

    fn answer(self, trace: &SafeText) -> Response {
        let Self { status, code, message, page, .. } = self;
        let mut answer = match page {
            Some(page) => (status, Html(page)).into_response(),
            None => (status, Json(json!({ "code": code, "message": message, "traceId": trace }))).into_response(),
        };
        let headers = answer.headers_mut();
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            }
            StatusCode::UPGRADE_REQUIRED => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
                headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            }
            _ => {}
        }
        answer
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What surrounds every request: its trace id, the check of `Host`, CORS (Fetch standard, "CORS protocol"), refusals as
/// JSON, and no caching of secrets.
async fn frame(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let trace = core::client_trace(bytes(request.headers(), &TRACE_HEADER)).unwrap_or_else(|| shared.fresh_trace());
    request.extensions_mut().insert(Trace(trace.clone()));
    let acting = Acting::on(&shared, request.headers());
    request.extensions_mut().insert(acting.clone());
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed = |origin: &HeaderValue| core::origin_allowed(&shared.config.origins, Some(origin.as_bytes()));
    let request_path = request.uri().path().to_owned();
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);

    let mut has_cors = true;
    let mut response = if !is_for_this_server(&request, shared.port) {
        let message = "this server only answers to localhost and loopback addresses, with its port";
        Refusal::new(StatusCode::MISDIRECTED_REQUEST, "HOST_NOT_ALLOWED", message).into_response()
    } else if is_preflight {
        StatusCode::NO_CONTENT.into_response()
    } else if acting.as_deployed && shared.deployed.is_too_much(shared.now()) {
        has_cors = false;
        Refusal::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "300 requests a minute are allowed")
            .into_response()
    } else if acting.as_deployed && request.uri().path().starts_with("/api/") && !origin.as_ref().is_some_and(allowed) {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "the server failed").into_response()
    } else {
        next.run(request).await
    };

    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        shared.log.line(refusal.line(&trace));
        // There the body is read, and the requests are counted, before the part that writes CORS headers is reached.
        let is_unread = refusal.status == StatusCode::BAD_REQUEST && request_path == "/api/v1/auth/token";
        has_cors &= !(acting.as_deployed && is_unread);
        let allow = response.headers_mut().remove(header::ALLOW);
        let is_nowhere = acting.as_deployed && refusal.status == StatusCode::NOT_FOUND;
        let refusal =
            if is_nowhere { refusal.page("<!DOCTYPE html><title>Error</title><pre>Not found</pre>") } else { refusal };
        response = refusal.answer(&trace);
        response.headers_mut().extend(allow.map(|methods| (header::ALLOW, methods)));
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers.extend(date(utc_now()).map(|date| (header::DATE, date)));
    headers.extend(acting.names().map(|names| (HeaderName::from_static(FAULT_HEADER), names)));
    if let Some(origin) = origin.filter(|origin| has_cors && allowed(origin)) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if is_preflight {
            let methods = HeaderValue::from_static("GET, POST");
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            let names = HeaderValue::from_static("authorization, content-type, x-trace-id");
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        }
    }
    response
}

fn is_for_this_server(request: &Request, port: u16) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let target = request.uri().authority().map_or(host, |authority| authority.as_str());
    core::host_allowed(host, port) && core::host_allowed(target, port)
}

fn bytes<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    headers.get(name).map(HeaderValue::as_bytes)
}

fn random<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(Refusal::internal)?;
    Ok(bytes)
}

async fn issue_token(
    State(shared): State<Arc<Shared>>,
    Extension(Trace(trace)): Extension<Trace>,
    Extension(acting): Extension<Acting>,
    body: Body,
) -> Result<Json<Value>, Refusal> {
    let body = read(body).await.map_err(|refusal| refusal.tagged("[Auth]"))?;
    let session = core::requested_session(&body, random()?).map_err(|error| {
        Refusal::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", &error.to_string()).tagged("[Auth]")
    })?;
    let padding = if acting.faults.contains(&Fault::JwtTooLong) { LONG_JWT } else { 0 };
    let jwt = shared.issue(Some(&session), padding, acting.now()).map_err(Refusal::internal)?;
    let (masked, hash) = (session.masked(), jwt.fingerprint());
    shared.log.line(format!("[Auth] Token issued {{ sessionId: '{masked}' }} tokenHash={hash} traceId={trace}"));
    Ok(Json(json!({ "token": jwt.expose(), "sessionId": session.expose(), "traceId": trace })))
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    let body = timeout(BODY_TIME, Limited::new(body, BODY_LIMIT).collect()).await.map_err(|_| {
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "the body took longer than 10 s to arrive")
    })?;
    match body {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", "a body may have 64 KiB at most"))
        }
        Err(_) => Err(Refusal::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "the body is damaged")),
    }
}

async fn issue_ticket(
    State(shared): State<Arc<Shared>>,
    Extension(Trace(trace)): Extension<Trace>,
    Extension(acting): Extension<Acting>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if let Some(answer) = acting.faults.iter().find_map(Fault::ticket_answer) {
        shared.log.line(format!("[WSTicket] Answered on purpose {{ status: {} }} traceId={trace}", answer.status));
        return made_up(answer).map_err(Refusal::internal);
    }
    let now = acting.now();
    let authorization = bytes(&headers, &header::AUTHORIZATION);
    let session = shared.authority().authenticate(authorization, now).map_err(|error| {
        let as_answered =
            if acting.as_deployed && error == AuthError::MissingSession { AuthError::InvalidToken } else { error };
        Refusal::auth(as_answered).tagged("[WSTicket]")
    })?;
    let ticket = core::new_ticket(random()?);
    let hash = ticket.fingerprint();
    let ticket = ticket.spend();
    let seconds = core::ticket_seconds(shared.config.ticket_lifetime);
    acting.stop_store(&shared).await;
    let kept = shared.store.put(&ticket, &TicketRecord::new(session, now), seconds).await;
    if acting.as_deployed
        && let Err(error @ StoreError::Refused { refusal, .. }) = &kept
    {
        // Redis is not lost: deployed ones pass on what it says, and work again as soon as it does.
        let answer = Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "TICKET_GENERATION_FAILED", &refusal.to_string());
        return Err(answer.because(error).tagged("[WSTicket]"));
    }
    if acting.as_deployed {
        shared.deployed.store_answered(shared.now(), kept.is_ok()).map_err(|broken| {
            let refusal = match broken {
                Broken::FromTheStart => Refusal::store(&StoreError::Never),
                Broken::Since => {
                    let message = "no ticket; the server has to be restarted unless the outage was short";
                    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "TICKET_GENERATION_FAILED", message)
                }
            };
            let refusal = kept.as_ref().err().into_iter().fold(refusal, Refusal::because);
            refusal.tagged("[WSTicket]")
        })?;
    }
    kept.map_err(|error| Refusal::store(&error).tagged("[WSTicket]"))?;
    let ttl = format!("{{ hasUserId: false, ttl: {seconds} }}");
    shared.log.line(format!("[WSTicket] Ticket generated {ttl} ticketHash={hash} traceId={trace}"));
    Ok(Json(json!({ "ticket": *ticket, "expiresInSeconds": seconds, "traceId": trace })).into_response())
}

/// The date of an answer (RFC 9110 §6.6.1), unless `now` is a time that it cannot show, at which the HTTP library would panic.
fn date(now: DateTime<Utc>) -> Option<HeaderValue> {
    let text = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::try_from(text).ok().filter(|_| (1970..=9999).contains(&now.year()))
}

fn made_up(answer: MadeUpAnswer) -> Result<Response, axum::http::Error> {
    let MadeUpAnswer { status, content_type, retry_after, body } = answer;
    let mut response = Response::builder().status(status).header(header::CONTENT_TYPE, content_type);
    if let Some(seconds) = retry_after {
        response = response.header(header::RETRY_AFTER, seconds);
    }
    response.body(Body::from(body))
}

async fn health(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let (status, word) = match shared.store.check().await {
        _ if shared.deployed.is_broken_from_the_start() => (StatusCode::SERVICE_UNAVAILABLE, "MISSING_CLIENT"),
        Ok(()) => (StatusCode::OK, "UP"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "DOWN"),
    };
    let overall = if word == "UP" { "UP" } else { "DOWN" };
    (status, Json(json!({ "status": overall, "checks": { "server": "UP", "redis": word } })))
}

/// Upgrades whoever asks for it properly; a refusal follows as a close frame, as the seed's server does it.
async fn open_socket(
    State(shared): State<Arc<Shared>>,
    Extension(Trace(trace)): Extension<Trace>,
    Extension(acting): Extension<Acting>,
    Extension(sockets): Extension<mpsc::Sender<Pending>>,
    mut request: Request,
) -> Result<Response, Refusal> {
    let answer = create_response_with_body(&request, Body::empty).map_err(|error| {
        let message = format!("this is a WebSocket: {error}");
        Refusal::new(StatusCode::UPGRADE_REQUIRED, "UPGRADE_REQUIRED", &message).tagged("WS:")
    })?;
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let ticket = url::form_urlencoded::parse(query).find(|(name, _)| name == "ticket").map(|(_, ticket)| ticket);
    let ticket = ticket.filter(|ticket| !ticket.is_empty());
    let origin = bytes(request.headers(), &header::ORIGIN);
    let origins = if acting.faults.contains(&Fault::ChangeOrigins) { &[][..] } else { &shared.config.origins };
    acting.stop_store(&shared).await;
    let admission = admit(&shared, origins, origin, ticket.as_deref(), &trace).await;
    if acting.as_deployed && !matches!(admission, Ok(Ok(()))) {
        let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "the same answer whatever is wrong");
        let refusal = admission.as_ref().err().into_iter().fold(refusal, Refusal::because);
        return Err(refusal.page("Unauthorized").tagged("WS:"));
    }
    let admission = admission.map_err(|error| {
        // A passing fault: 1008 NOT_AUTHORIZED would stop the client for good.
        Refusal::store(&error).tagged("WS:")
    })?;
    let origin_host = origin.map(host_of).unwrap_or_default();
    let ticket_hash = ticket.as_deref().map(Fingerprint::of);
    let upgrade = hyper::upgrade::on(&mut request);
    let as_deployed = acting.as_deployed;
    let pending = Pending { upgrade, admission, origin_host, ticket_hash, trace, as_deployed };
    sockets.try_send(pending).map_err(Refusal::internal)?;
    Ok(answer)
}

/// Admits or refuses an upgrade and says so in the log. A blocked origin does not spend the ticket.
async fn admit(
    shared: &Shared,
    origins: &[Origin],
    origin: Option<&[u8]>,
    ticket: Option<&str>,
    trace: &SafeText,
) -> Result<Result<(), ContractReason>, StoreError> {
    let shown = origin
        .map_or_else(|| SafeText::new("none"), |origin| SafeText::with_limit(&String::from_utf8_lossy(origin), 128));
    let hash = ticket.map(|ticket| format!(" ticketHash={}", Fingerprint::of(ticket))).unwrap_or_default();
    let say = |line: String| shared.log.line(format!("{line}{hash} traceId={trace}"));
    if !core::origin_allowed(origins, origin) {
        let reason = ContractReason::OriginBlocked;
        say(format!("WS: Connection rejected {{ origin: '{shown}', reason: '{reason}' }}"));
        return Ok(Err(reason));
    }
    let Some(ticket) = ticket else {
        say("WS: Rejected - no auth ticket".to_owned());
        return Ok(Err(ContractReason::NotAuthorized));
    };
    let record = if ticket.len() <= TICKET_LIMIT { shared.store.take(ticket).await? } else { None };
    let Some(record) = record else {
        say(format!("WS: Rejected - ticket invalid or expired {{ origin: '{shown}' }}"));
        return Ok(Err(ContractReason::NotAuthorized));
    };
    say(format!("[WS] Authenticated via ticket {{ hasUserId: {} }}", record.user_id.is_some()));
    Ok(Ok(()))
}

fn host_of(origin: &[u8]) -> SafeText {
    let url = str::from_utf8(origin).ok().and_then(|origin| url::Url::parse(origin).ok());
    SafeText::with_limit(url.as_ref().and_then(|url| url.host_str()).unwrap_or_default(), 128)
}
