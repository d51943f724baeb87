//! What the answer to each of the three requests means.

use std::time::Duration;

use super::super::browser_error::{BrowserError, PATIENCE};
use super::super::exchange::{Exchange, http};
use super::super::secrets::{self, is_placeholder};
use super::super::sighting::{Opened, RequestSeen, TicketSeen, TokenSeen, later};
use super::head::head;
use crate::model::failure::{AnswerFault, AnswerParts, Body, MalformedAnswer};
use crate::model::{
    Answer, BrowserBlock, BrowserRule, DialFailure, Failure, Hidden, Redactor, RequestFailureKind, SafeText, SessionId,
    TokenFacts, TraceId, Transport, Unseen, is_reference_name,
};

/// Names of a number of seconds that a ticket lives.
const LIFETIMES: [&str; 6] = ["expiresInSeconds", "expires_in", "expiresIn", "ttl", "ttlSeconds", "lifetime"];

/// A token request.
pub fn token(exchange: &Exchange, redactor: &Redactor) -> RequestSeen<TokenSeen> {
    let json = exchange.json();
    let leaves: Vec<_> = json.iter().flat_map(secrets::leaves).collect();
    let jwt = leaves.iter().find(|(_, value)| secrets::is_jwt(value));
    let named =
        || leaves.iter().find(|(name, value)| is_secret(name, value) && value.len() >= 16 && !is_placeholder(value));
    let facts = jwt.or_else(named).map(|(_, value)| secrets::token_facts(value));
    let session = leaves.iter().find(|(name, _)| name.ends_with("/sessionId"));
    let session = session.map(|(_, value)| SessionId::new(value.as_str()).masked());
    let seen = TokenSeen { session, facts };
    asked(exchange, redactor, "/token", seen.facts.is_some() || is_taken_out(exchange), seen)
}

/// A ticket request.
pub fn ticket(exchange: &Exchange, redactor: &Redactor) -> RequestSeen<TicketSeen> {
    let json = exchange.json();
    let leaves: Vec<_> = json.iter().flat_map(secrets::leaves).collect();
    let named =
        leaves.iter().find(|(name, value)| is_secret(name, value) && value.len() >= 8 && !is_placeholder(value));
    let is_reference = |name: &str| is_reference_name(name.rsplit('/').next().unwrap_or_default());
    let looks = || leaves.iter().find(|(name, value)| secrets::looks_secret(value) && !is_reference(name));
    let fingerprint = named.or_else(looks).map(|(_, value)| secrets::fingerprint(value));
    let lifetime = leaves.iter().find(|(name, _)| LIFETIMES.iter().any(|known| name.ends_with(&format!("/{known}"))));
    let lifetime = lifetime.and_then(|(_, value)| value.parse().ok()).filter(|seconds: &f64| *seconds > 0.0);
    let lifetime = lifetime.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let seen = TicketSeen { fingerprint, lifetime };
    asked(exchange, redactor, "/ticket", fingerprint.is_some() || is_taken_out(exchange), seen)
}

/// Whether `value` at this place of JSON is a secret by its name, and not the code of an error.
fn is_secret(pointer: &str, value: &str) -> bool {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let is_code = secrets::is_told(name) && !secrets::looks_secret(value);
    secrets::is_secret_name(pointer) && !is_code && !is_reference_name(name)
}

/// Whether a placeholder stands for a secret of the answer, which was removed from the file.
pub fn is_taken_out(exchange: &Exchange) -> bool {
    let json = exchange.json();
    let mut leaves = json.iter().flat_map(secrets::leaves);
    leaves.any(|(name, value)| secrets::is_secret_name(&name) && is_placeholder(&value))
}

fn asked<T>(exchange: &Exchange, redactor: &Redactor, field: &str, has_value: bool, seen: T) -> RequestSeen<T> {
    let is_kept_from_page = exchange.error.is_some() && exchange.body.is_none();
    let result = if exchange.is_success() && !is_kept_from_page && (has_value || exchange.body.is_none()) {
        Some(Ok(seen))
    } else if exchange.is_success() && !is_kept_from_page {
        Some(Err(malformed(exchange, redactor, field)))
    } else if let Some(status) = exchange.status.filter(|_| !exchange.is_success()) {
        Some(Err(RequestFailureKind::Status(Box::new(answer(exchange, status, redactor, false)))))
    } else {
        match &exchange.error {
            // The page gave it up, or was left, and nothing had come until then.
            Some(BrowserError::Aborted) => {
                let after = exchange.took.filter(|took| *took >= PATIENCE);
                after.map(|after| Err(RequestFailureKind::Timeout { after }))
            }
            error => error.clone().map(|error| Err(hidden(error.of_request(), exchange))),
        }
    };
    let answer = result.as_ref().filter(|result| result.is_ok()).and_then(|_| good(exchange, redactor));
    let (at, took, trace, head) = (exchange.at, exchange.took, trace(exchange), head(exchange, redactor));
    RequestSeen { at, took, trace, head, answer, result }
}

/// A failed preflight tells why its request failed.
pub fn explain<T>(asked: &mut RequestSeen<T>, blocks: &[BrowserBlock], preflight: Option<&Exchange>) {
    let Some(Err(kind @ RequestFailureKind::Hidden(Hidden::Untold { .. }))) = &mut asked.result else { return };
    let unreached = preflight.filter(|preflight| preflight.status.is_none()).and_then(|it| it.error.clone());
    match unreached.map(BrowserError::of_request) {
        Some(reached @ RequestFailureKind::Transport(_)) => *kind = reached,
        _ if !blocks.is_empty() => *kind = RequestFailureKind::Hidden(Hidden::Blocked(BrowserRule::Cors)),
        _ => {}
    }
}

/// Whether the browser hides why a request failed.
pub fn is_answer_hidden<T>(asked: &RequestSeen<T>) -> bool {
    matches!(asked.result, Some(Err(RequestFailureKind::Hidden(Hidden::Untold { .. }))))
}

/// Where the browser keeps an answer of another origin from its page it says no more than that it failed.
fn hidden(kind: RequestFailureKind, exchange: &Exchange) -> RequestFailureKind {
    match kind {
        RequestFailureKind::Hidden(Hidden::Untold { .. }) => {
            RequestFailureKind::Hidden(Hidden::Untold { after: exchange.took })
        }
        other => other,
    }
}

fn malformed(exchange: &Exchange, redactor: &Redactor, field: &str) -> RequestFailureKind {
    let answer = answer(exchange, exchange.status.unwrap_or(200), redactor, true);
    let wanted = SafeText::new(field);
    let fault = match exchange.json() {
        Some(_) => AnswerFault::Missing { field: wanted },
        None => AnswerFault::NotJson {
            wanted,
            content_type: exchange.header("content-type").map(|value| redactor.text(value.as_bytes(), 100)),
            bytes: exchange.body.as_ref().map_or(0, |body| body.len() as u64),
        },
    };
    RequestFailureKind::Malformed(Box::new(MalformedAnswer { fault, answer }))
}

/// The facts of an answer.
fn answer(exchange: &Exchange, status: u16, redactor: &Redactor, may_grant: bool) -> Answer {
    let headers: Vec<_> = exchange.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let version = match exchange.version.as_str() {
        "H2" | "HTTP/2.0" => "HTTP/2",
        version => version,
    };
    let body = exchange.body.as_ref().map_or(&[][..], |body| body.as_bytes());
    let url = http(&exchange.url);
    let retry_after = retry_after(exchange);
    let parts = AnswerParts { status, version, headers: &headers, retry_after, body, url: &url, may_grant };
    Answer::read(&parts, redactor)
}

/// Status and headers of a good answer, if the file has any header: of the body, which holds what was asked for, nothing.
pub fn good(exchange: &Exchange, redactor: &Redactor) -> Option<Box<Answer>> {
    let status = exchange.status.filter(|_| !exchange.headers.is_empty())?;
    Some(Box::new(Answer { body: Body::default(), ..answer(exchange, status, redactor, true) }))
}

/// `Retry-After` (RFC 9110 §10.2.3), counted from the answer.
fn retry_after(exchange: &Exchange) -> Option<Duration> {
    let value = exchange.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let said = exchange.header("date").and_then(|date| httpdate::parse_http_date(date).ok());
    let now = said.or_else(|| exchange.at.map(std::time::SystemTime::from))?;
    until.duration_since(now).ok()
}

/// What finds the request in the server's log.
fn trace(exchange: &Exchange) -> TraceId {
    const LONGEST: usize = 128;
    let in_body = || {
        let json = exchange.json()?;
        Some(json.get("traceId")?.as_str()?.to_owned())
    };
    let names = ["x-trace-id", "x-request-id", "x-correlation-id"];
    let in_head = names.iter().find_map(|name| exchange.header(name).map(str::to_owned));
    let trace = in_head.or_else(in_body).filter(|trace| (3..=LONGEST).contains(&trace.len()));
    trace.map_or_else(TraceId::unseen, |trace| TraceId::from_file(SafeText::new(&trace)))
}

/// Status and code of a refused request.
pub fn refusal<T>(asked: &RequestSeen<T>) -> Option<(u16, SafeText)> {
    match asked.result.as_ref()?.as_ref().err()? {
        RequestFailureKind::Status(answer) => Some((answer.status, answer.body.code.clone().unwrap_or_default())),
        _ => None,
    }
}

/// The JWT with which a request was sent.
pub fn bearer(exchange: &Exchange) -> Option<TokenFacts> {
    let value = exchange.authorization.as_ref()?;
    let (scheme, credential) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secrets::token_facts(credential))
}

/// A socket that did not open, or whose opening is unknown.
pub fn not_opened(exchange: &Exchange, redactor: &Redactor) -> Opened {
    let at = exchange.at.zip(exchange.took).and_then(|(at, took)| later(at, took)).or(exchange.at);
    let failure = match (exchange.status, &exchange.error) {
        (Some(status), _) => Failure::UpgradeRefused(Box::new(answer(exchange, status, redactor, false))),
        (None, Some(BrowserError::Aborted) | None) => return Opened::Unseen,
        (None, Some(error)) => match error.clone().of_dial(exchange.took) {
            Failure::UpgradeRefused(known) => {
                Failure::UpgradeRefused(Box::new(answer(exchange, known.status, redactor, false)))
            }
            other => other,
        },
    };
    Opened::No { failure: with_issuer(failure, exchange), at }
}

/// The same with who issued the certificate and the addresses that were tried, if the file knows them.
fn with_issuer(failure: Failure, exchange: &Exchange) -> Failure {
    let Some(raw) = &exchange.socket else { return failure };
    match failure {
        Failure::Dial(DialFailure::Transport(Transport::Tls(mut tls))) => {
            tls.issuer = tls.issuer.or_else(|| raw.issuer.clone());
            Failure::Dial(DialFailure::Transport(Transport::Tls(tls)))
        }
        Failure::Dial(DialFailure::Transport(Transport::Tcp(_))) if !raw.lost.is_empty() && raw.connected.is_none() => {
            let tcp = crate::model::failure::TcpFailure::Addresses(raw.lost.clone());
            Failure::Dial(DialFailure::Transport(Transport::Tcp(tcp)))
        }
        other => other,
    }
}

/// What the file cannot tell of a socket that did not open.
pub fn unseen_of(failure: &Failure) -> Option<Unseen> {
    match failure {
        Failure::Dial(DialFailure::Hidden(Hidden::Untold { .. })) => Some(Unseen::DialFailure),
        Failure::Dial(DialFailure::Hidden(Hidden::Refused)) => Some(Unseen::UpgradeStatus),
        _ => None,
    }
}

/// Whether the browser hides why a socket did not open.
pub fn is_untold(failure: &Failure) -> bool {
    unseen_of(failure).is_some()
}
