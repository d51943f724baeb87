//! The seed's console lines: each entry of the journal as zero or more lines (contract §4).

use std::borrow::Cow;

use crate::model::{
    Backoff, Class, DisplayDuration, Entry, Event, Failure, FlowCommand, RequestFailure, RequestFailureKind, SafeText,
    TokenSource, Trigger, status_text,
};

/// How much a line matters, as a browser's console colours it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Of interest to developers only; hidden unless asked for.
    Debug,
    /// The normal course.
    Info,
    /// Something failed that will be tried again.
    Warn,
    /// Something failed.
    Error,
}

/// One line of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it starts with: `[WS]`, `[Auth]`, …
    pub tag: &'static str,
    /// How much it matters.
    pub level: Level,
    /// The rest.
    pub text: Cow<'static, str>,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.tag, self.text)
    }
}

const WS: &str = "[WS]";
const AUTH: &str = "[Auth]";
const USER: &str = "[User]";
const FAULT: &str = "[Fault]";
const SERVER: &str = "[Server]";
const NET: &str = "[Net]";
const KEYCHAIN: &str = "[Keychain]";
const APP: &str = "[App]";

fn line(tag: &'static str, level: Level, text: impl Into<Cow<'static, str>>) -> Line {
    Line { tag, level, text: text.into() }
}

/// The lines of `entry`: the seed's, word for word, wherever it has one.
pub fn lines(entry: &Entry) -> Vec<Line> {
    use Level::{Debug, Error, Info, Warn};
    let one = |tag, level, text: Cow<'static, str>| vec![line(tag, level, text)];
    match &entry.event {
        Event::Command { command } => {
            let text = match command {
                FlowCommand::Connect => "Connect",
                FlowCommand::Disconnect => "Disconnect",
                FlowCommand::RetryNow => "Retry now",
                FlowCommand::NewSession => "New session",
            };
            one(USER, Debug, text.into())
        }
        Event::BackoffChanged { backoff } => {
            let Backoff { base, factor, cap, jitter, reset_after } = backoff;
            let [base, cap, reset] = [base, cap, reset_after].map(|duration| DisplayDuration(*duration));
            let jitter = (jitter * 1_000.0).round() / 10.0;
            let text = format!("Backoff is now {base} ×{factor}, cap {cap}, ±{jitter} %, reset after {reset} open");
            one(USER, Info, text.into())
        }
        Event::AttemptStarted { trigger } => {
            let why = match trigger {
                Trigger::Person => "asked for by a person",
                Trigger::Backoff => "the wait is over",
                Trigger::Restart => "the client was started again",
            };
            let number = entry.attempt.map_or_else(String::new, |attempt| format!(" {attempt}"));
            one(WS, Debug, format!("Attempt{number} begins: {why}").into())
        }
        Event::EnsuringToken => one(WS, Info, "Ensuring JWT token exists...".into()),
        Event::FetchingToken => one(AUTH, Info, "Fetching JWT token from backend...".into()),
        Event::TokenAcquired { .. } => one(AUTH, Info, "✅ JWT token acquired".into()),
        Event::TokenReady { source, .. } => {
            let mut lines = one(WS, Info, "JWT ready".into());
            if *source == TokenSource::Keychain {
                lines.push(line(KEYCHAIN, Debug, "The JWT came from the OS keychain"));
            }
            lines
        }
        Event::RequestingTicket => one(WS, Info, "Requesting WebSocket ticket...".into()),
        Event::RefreshingToken { status, code } => {
            one(AUTH, Warn, format!("Received {status} {code}, refreshing token...").into())
        }
        Event::RetryingTicket => one(AUTH, Info, "Retrying request with new token".into()),
        Event::TicketObtained { ticket, lifetime, .. } => vec![
            line(WS, Info, "Ticket obtained, connecting to WebSocket..."),
            line(WS, Debug, format!("ticketHash {ticket}, lives {}", DisplayDuration(*lifetime))),
        ],
        Event::TicketSpent { ticket, age } => {
            one(WS, Debug, format!("Ticket {ticket} spent at the age of {}", DisplayDuration(*age)).into())
        }
        Event::Connected => one(WS, Info, "Connected".into()),
        Event::BackoffReset => one(WS, Debug, "Open long enough: the next wait would be the shortest".into()),
        Event::AttemptFailed { failure, class } => failed(failure, *class),
        Event::Disconnected { close, class } => {
            let mut lines = vec![line(WS, if class.is_some() { Warn } else { Info }, format!("Disconnected {close}"))];
            if *class == Some(Class::Hard) {
                lines.push(line(WS, Error, format!("Hard failure - stopping reconnect {close}")));
            }
            lines
        }
        Event::BackoffScheduled { delay } => {
            let millis = (delay.wait.as_secs_f64() * 1_000.0).round();
            let mut text = format!("Reconnecting in {millis}ms (attempt {})", delay.retry);
            if let Some(floor) = delay.floor.filter(|floor| *floor >= delay.wait) {
                text += &format!(" - the server asked for {}", DisplayDuration(floor));
            }
            one(WS, Info, text.into())
        }
        Event::Stopped => one(WS, Info, "Stopped by the user - not reconnecting".into()),
        Event::CredentialReplaced { token } => {
            let text = match token {
                Some(token) => format!("The stored JWT is now {}", token.fingerprint),
                None => "The stored JWT is gone".to_owned(),
            };
            one(AUTH, Warn, text.into())
        }
        Event::SessionDropped => one(AUTH, Info, "JWT and session dropped".into()),
        Event::LateAnswer { from, what } => {
            one(WS, Debug, format!("Ignored a late answer for attempt {from}: {what}").into())
        }
        Event::PhaseFinished { phase, took, ok, detail } => {
            let outcome = if *ok { "took" } else { "failed after" };
            one(NET, Debug, format!("{phase} {outcome} {}: {detail}", DisplayDuration(*took)).into())
        }
        Event::RequestSent { phase, trace } => one(NET, Debug, format!("{phase} sent, trace id {trace}").into()),
        Event::Keychain { state } => {
            one(KEYCHAIN, if state.is_failure() { Warn } else { Debug }, state.to_string().into())
        }
        Event::Pong { rtt } => one(WS, Debug, format!("Pong after {}", DisplayDuration(*rtt)).into()),
        Event::MessageRefused { reason } => one(WS, Warn, format!("Message not sent: {reason}").into()),
        // What the machine makes of what it is told has lines of its own.
        Event::MachineStarted { .. } | Event::Input { .. } => Vec::new(),
        Event::Recording { state } => {
            let text = format!("This session is {state}");
            one(APP, if state.is_failure() { Warn } else { Debug }, text.into())
        }
        Event::ClockCompared { offset } => one(NET, Debug, format!("This computer's clock: {offset}").into()),
        Event::HealthAnswered { health, page: None } => {
            one(NET, Debug, format!("The server's health: {health}").into())
        }
        Event::HealthAnswered { health, page: Some(title) } => {
            let text = format!("Instead of the server's health a web page came: {} “{title}”", health.status);
            one(NET, Debug, text.into())
        }
        Event::CertificateAccepted { issuer } => {
            one(NET, Debug, format!("The server's certificate is accepted, issued by {issuer}").into())
        }
        Event::AddressesLost { lost, .. } => {
            let lost: Vec<_> = lost.iter().map(ToString::to_string).collect();
            one(NET, Debug, format!("Not every address can be connected to: {}", lost.join(", ")).into())
        }
        Event::DriverCrashed { message } => {
            one(APP, Error, format!("The client crashed and is started again: {message}").into())
        }
        Event::DriverRestarted => one(APP, Info, "The client works again".into()),
        Event::ServerStarted { address } => one(SERVER, Info, format!("Local server listens on {address}").into()),
        Event::ServerStopped => one(SERVER, Warn, "Local server stopped".into()),
        Event::ServerLog { line } => one(SERVER, Debug, line.to_string().into()),
        Event::FaultArmed { fault, times, probability } => {
            let text = format!("{fault} armed, {}{}", how_often(*times), in_cases(*probability));
            one(FAULT, Warn, text.into())
        }
        Event::FaultFired { fault, left } => {
            let left = match left {
                Some(0) => "for the last time".to_owned(),
                Some(left) => format!("{left} more to come"),
                None => "until cleared".to_owned(),
            };
            one(FAULT, Warn, format!("{fault} acts, {left}").into())
        }
        Event::FaultCleared { fault } => one(FAULT, Info, format!("{fault} cleared").into()),
        Event::FaultRefused { fault, reason } => one(FAULT, Error, format!("{fault} not possible: {reason}").into()),
    }
}

/// How likely a fault acts, unless it always does.
fn in_cases(probability: f64) -> String {
    let percent = (probability * 100.0).round();
    if probability < 1.0 { format!(", in {percent} % of cases") } else { String::new() }
}

fn how_often(times: Option<u32>) -> String {
    match times {
        None => "until cleared".to_owned(),
        Some(1) => "once".to_owned(),
        Some(times) => format!("{times} times"),
    }
}

fn failed(failure: &Failure, class: Class) -> Vec<Line> {
    let (request, what) = match failure {
        Failure::Setup(_) => return vec![line(WS, Level::Error, format!("Failed to connect: {failure}"))],
        Failure::Token(request) => (request, "Token"),
        Failure::Ticket(request) => (request, "Ticket"),
        Failure::TicketExpired { .. } | Failure::Dial(_) | Failure::UpgradeRefused(_) | Failure::Closed(_) => {
            let mut lines = vec![
                line(WS, Level::Error, format!("Failed to connect: {failure}")),
                line(WS, Level::Warn, "Soft failure - will retry"),
            ];
            if let Failure::UpgradeRefused(refusal) = failure {
                lines.extend(answer(&refusal.headers, &refusal.excerpt));
            }
            return lines;
        }
    };
    let mut lines = vec![line(WS, Level::Error, format!("Failed to connect {}", HttpErrorResponse(request)))];
    if let (Class::Hard, RequestFailureKind::Status { status, code, .. }) = (class, &request.kind) {
        let code = code.as_ref().map_or("none", |code| code.as_str());
        let name = match status {
            401 => "UNAUTHORIZED".to_owned(),
            status => status_text(*status).to_uppercase(),
        };
        let cause = format!("Hard failure - auth error {{ status: {status}, code: '{code}' }}");
        lines.push(line(WS, Level::Error, cause));
        lines.push(line(WS, Level::Error, format!("{what} request failed: {status} {name} - stopping reconnect")));
    } else {
        lines.push(line(WS, Level::Warn, format!("Soft failure - {}, will retry", soft_cause(&request.kind))));
    }
    if let RequestFailureKind::Status { excerpt: Some(excerpt), .. } = &request.kind {
        lines.extend(answer(&[], excerpt));
    }
    lines
}

/// What is known of an answer besides its status.
fn answer(headers: &[(SafeText, SafeText)], excerpt: &SafeText) -> impl Iterator<Item = Line> {
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let headers = SafeText::with_limit(&headers.join("; "), 2 * SafeText::MAX_CHARS);
    let parts = [("The answer's headers", headers), ("The answer says", excerpt.clone())];
    let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
    parts.map(|(what, text)| line(NET, Level::Debug, format!("{what}: {text}")))
}

fn soft_cause(kind: &RequestFailureKind) -> Cow<'static, str> {
    match kind {
        RequestFailureKind::Status { status: 503, .. } => "service unavailable (503)".into(),
        RequestFailureKind::Status { status, .. } => {
            format!("{} ({status})", status_text(*status).to_lowercase()).into()
        }
        RequestFailureKind::Malformed { .. } => "unexpected answer".into(),
        RequestFailureKind::Timeout { .. } => "no answer in time".into(),
        RequestFailureKind::Transport(_) => "network error".into(),
    }
}

/// A failed request as the seed's web framework prints it.
struct HttpErrorResponse<'a>(&'a RequestFailure);

impl std::fmt::Display for HttpErrorResponse<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.kind {
            // The seed's own line for a 401 keeps the rest to itself; the code follows in the next line.
            RequestFailureKind::Status { status: 401, .. } => f.write_str("HttpErrorResponse { status: 401, ... }"),
            RequestFailureKind::Status { status, code: Some(code), .. } => {
                write!(f, "HttpErrorResponse {{ status: {status}, error: {{ code: '{code}' }} }}")
            }
            RequestFailureKind::Status { status, code: None, .. } => {
                write!(f, "HttpErrorResponse {{ status: {status}, ... }}")
            }
            RequestFailureKind::Malformed { .. } => write!(f, "HttpErrorResponse {{ status: 200, ... }} - {}", self.0),
            RequestFailureKind::Timeout { .. } | RequestFailureKind::Transport(_) => {
                write!(f, "HttpErrorResponse {{ status: 0, ... }} - {}", self.0)
            }
        }
    }
}
