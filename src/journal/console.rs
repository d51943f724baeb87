//! The seed's console lines: each entry of the journal as zero or more lines (contract §4).

use std::borrow::Cow;

use crate::model::failure::ProtocolFault;
use crate::model::{
    Answer, Class, CloseCause, DisplayDuration, DriverEvent, Entry, Event, Failure, FaultEvent, FileEvent, FlowCommand,
    FlowEvent, RequestFailure, RequestFailureKind, SafeText, ServerEvent, Source, Timing, TokenSource, Trigger,
    status_text,
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
pub struct ConsoleLine {
    /// What it starts with: `[WS]`, `[Auth]`, …
    pub tag: &'static str,
    /// How much it matters.
    pub level: Level,
    /// The rest.
    pub text: Cow<'static, str>,
}

impl std::fmt::Display for ConsoleLine {
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
const FILE: &str = "[File]";

fn line(tag: &'static str, level: Level, text: impl Into<Cow<'static, str>>) -> ConsoleLine {
    ConsoleLine { tag, level, text: text.into() }
}

/// The lines of `entry` as text for files: its number and its time before each, and what is simulated marked.
pub fn numbered_lines(entry: &Entry) -> impl Iterator<Item = String> {
    let mark = entry.simulated.as_ref().map_or_else(String::new, |fault| format!(" [SIMULATED {fault}]"));
    let (seq, elapsed) = (entry.seq, entry.elapsed);
    lines(entry).into_iter().map(move |line| format!("{seq} {elapsed} {line}{mark}"))
}

/// The lines of `entry`: the seed's, word for word, wherever it has one.
pub fn lines(entry: &Entry) -> Vec<ConsoleLine> {
    match &entry.event {
        Event::Flow(event) => of_flow(entry, event),
        Event::Driver(event) => of_driver(event),
        Event::Server(event) => of_server(event),
        Event::Fault(event) => of_fault(event),
        Event::File(event) => of_file(event),
        // Inputs print nothing; their resulting events do.
        Event::Replay(_) => Vec::new(),
    }
}

fn one(tag: &'static str, level: Level, text: impl Into<Cow<'static, str>>) -> Vec<ConsoleLine> {
    vec![line(tag, level, text)]
}

fn of_flow(entry: &Entry, event: &FlowEvent) -> Vec<ConsoleLine> {
    let attempt = entry.attempt;
    // What another client decided is in no file.
    let decided = |class| Some(class).filter(|_| entry.source != Source::File);
    use Level::{Debug, Error, Info, Warn};
    match event {
        FlowEvent::Command { command } => {
            let text = match command {
                FlowCommand::Connect => "Connect",
                FlowCommand::Disconnect => "Disconnect",
                FlowCommand::RetryNow => "Retry now",
                FlowCommand::NewSession => "New session",
            };
            one(USER, Debug, text)
        }
        FlowEvent::BackoffChanged { backoff } => one(USER, Info, format!("Backoff is now {backoff}")),
        FlowEvent::AttemptStarted { trigger } => {
            let why = match trigger {
                Trigger::Person => "asked for by a person",
                Trigger::Backoff => "the wait is over",
                Trigger::Restart => "the client was started again",
                Trigger::Renewal => "the server wants its client to come again",
                Trigger::Unseen => "why is not in this file",
            };
            let number = attempt.map_or_else(String::new, |attempt| format!(" {attempt}"));
            one(WS, Debug, format!("Attempt{number} begins: {why}"))
        }
        FlowEvent::EnsuringToken => one(WS, Info, "Ensuring JWT token exists..."),
        FlowEvent::FetchingToken => one(AUTH, Info, "Fetching JWT token from backend..."),
        FlowEvent::TokenAcquired { .. } => one(AUTH, Info, "✅ JWT token acquired"),
        FlowEvent::TokenReady { source, .. } => {
            let mut lines = one(WS, Info, "JWT ready");
            if *source == TokenSource::Keychain {
                lines.push(line(KEYCHAIN, Debug, "The JWT came from the OS keychain"));
            }
            lines
        }
        FlowEvent::RequestingTicket => one(WS, Info, "Requesting WebSocket ticket..."),
        FlowEvent::RefreshingToken { status, code } => {
            one(AUTH, Warn, format!("Received {status} {code}, refreshing token..."))
        }
        FlowEvent::RetryingTicket => one(AUTH, Info, "Retrying request with new token"),
        FlowEvent::TicketObtained { ticket, lifetime, .. } => vec![
            line(WS, Info, "Ticket obtained, connecting to WebSocket..."),
            line(
                WS,
                Debug,
                match lifetime {
                    Some(lifetime) => format!("ticketHash {ticket}, lives {}", DisplayDuration(*lifetime)),
                    None => format!("ticketHash {ticket}, the server does not say how long it lives"),
                },
            ),
        ],
        FlowEvent::TicketSpent { ticket, age } => {
            let age = age.map_or_else(String::new, |age| format!(" at the age of {}", DisplayDuration(age)));
            one(WS, Debug, format!("Ticket {ticket} spent{age}"))
        }
        FlowEvent::Dialling => one(WS, Info, "Connecting to WebSocket..."),
        FlowEvent::Upgrading => one(WS, Debug, "The connection stands, upgrading"),
        FlowEvent::Greeting => one(WS, Info, "Socket open, greeting..."),
        FlowEvent::Connected => one(WS, Info, "Connected"),
        FlowEvent::BackoffReset => one(WS, Debug, "Open long enough: the next wait would be the shortest"),
        FlowEvent::AttemptFailed { failure, class } => failed(failure, decided(*class)),
        FlowEvent::Disconnected { close, class } => {
            let mut lines = vec![line(WS, if class.is_some() { Warn } else { Info }, format!("Disconnected {close}"))];
            if let CloseCause::Protocol(fault @ ProtocolFault::CloseCode { .. }) = &close.cause {
                lines.push(line(WS, Warn, format!("The server sent {fault}")));
            }
            if let CloseCause::Announced(announced) = &close.cause {
                lines.push(line(WS, Warn, format!("The server announced it: {announced}")));
            }
            if class.and_then(decided) == Some(Class::Hard) {
                lines.push(line(WS, Error, format!("Hard failure - stopping reconnect {close}")));
            }
            lines
        }
        FlowEvent::BackoffScheduled { delay } => {
            let millis = (delay.wait.as_secs_f64() * 1_000.0).round();
            let mut text = format!("Reconnecting in {millis}ms (attempt {})", delay.retry);
            if let Some(floor) = delay.floor.filter(|floor| *floor >= delay.wait) {
                text += &format!(" - the server asked for {}", DisplayDuration(floor));
            }
            one(WS, Info, text)
        }
        FlowEvent::Stopped => one(WS, Info, "Stopped by the user - not reconnecting"),
        FlowEvent::CredentialReplaced { token } => {
            let text = match token {
                Some(token) => format!("The JWT is now {}", token.fingerprint),
                None => "The JWT is gone".to_owned(),
            };
            one(AUTH, Warn, text)
        }
        FlowEvent::SessionDropped => one(AUTH, Info, "JWT and session dropped"),
        FlowEvent::LateAnswer { from, what } => {
            one(WS, Debug, format!("Ignored a late answer for attempt {from}: {what}"))
        }
    }
}

fn of_file(event: &FileEvent) -> Vec<ConsoleLine> {
    match event {
        FileEvent::Begins { timing, browser } => {
            let by = browser.map_or_else(String::new, |browser| format!(", by {browser}"));
            let times = match timing {
                Timing::Dated => "with times",
                Timing::TimeOfDay => "with times of day",
                Timing::Order => "without times",
            };
            one(FILE, Level::Debug, format!("Read from a file {times}{by}"))
        }
        FileEvent::Told { part, by } => {
            let by: Vec<_> = by.iter().map(ToString::to_string).collect();
            one(FILE, Level::Debug, format!("{part}: told by {}", by.join(" and ")))
        }
        FileEvent::NotSeen { what } => one(FILE, Level::Debug, format!("Not in this file: {}", what.label())),
        FileEvent::Ends => one(FILE, Level::Info, "The file ends here"),
    }
}

fn of_driver(event: &DriverEvent) -> Vec<ConsoleLine> {
    use Level::{Debug, Error, Info, Warn};
    match event {
        DriverEvent::PhaseFinished { phase, took, ok, detail, .. } => {
            let outcome = if *ok { "took" } else { "failed after" };
            one(NET, Debug, format!("{phase} {outcome} {}: {detail}", DisplayDuration(*took)))
        }
        DriverEvent::RequestSent { phase, trace, .. } if trace.is_known() => {
            one(NET, Debug, format!("{phase} sent, trace id {trace}"))
        }
        DriverEvent::RequestSent { phase, .. } => one(NET, Debug, format!("{phase} sent")),
        DriverEvent::Answered { phase, answer, first_byte, body } => {
            let body = body.map_or_else(String::new, |body| format!(", its body {} later", DisplayDuration(body)));
            let after = first_byte.map_or_else(String::new, |after| format!(" after {}", DisplayDuration(after)));
            one(NET, Debug, format!("{phase} answered {answer}{after}{body}"))
        }
        DriverEvent::Keychain { state } => {
            one(KEYCHAIN, if state.is_failure() { Warn } else { Debug }, state.to_string())
        }
        DriverEvent::SignInAsked { address, code, within, is_opened } => {
            let code = code.as_ref().map_or_else(String::new, |code| format!(", with the code {code}"));
            let opened = if *is_opened { "the browser was opened; if it was not: " } else { "open " };
            let text = format!("Sign in within {}{code} - {opened}{address}", DisplayDuration(*within));
            one(AUTH, Warn, text)
        }
        DriverEvent::Pong { rtt } => one(WS, Debug, format!("Pong after {}", DisplayDuration(*rtt))),
        DriverEvent::MessageRefused { reason } => one(WS, Warn, format!("Message not sent: {reason}")),
        DriverEvent::Recording { state } => {
            let text = format!("This session is {state}");
            one(APP, if state.is_failure() { Warn } else { Debug }, text)
        }
        DriverEvent::AnsweredFromCache { phase, said, .. } => {
            one(NET, Info, format!("The answer to the {phase} came from a cache: {said}"))
        }
        DriverEvent::TicketCharacters { characters } => {
            one(NET, Debug, format!("The ticket has characters that are percent-encoded in the address: {characters}"))
        }
        DriverEvent::LastWordHeard { word } => {
            one(WS, Info, format!("The server's last message is {}: {}", word.protocol, word.reason))
        }
        DriverEvent::ClockCompared { offset } => one(NET, Debug, format!("This computer's clock: {offset}")),
        DriverEvent::HealthAnswered { health, page: None } => one(NET, Debug, format!("The server's health: {health}")),
        DriverEvent::HealthAnswered { health, page: Some(page) } => {
            let text = format!("Instead of the server's health {page} came ({})", health.status);
            one(NET, Debug, text)
        }
        DriverEvent::HealthUnanswered { failure } => {
            one(NET, Info, format!("The server's health could not be asked: {failure}"))
        }
        DriverEvent::CertificateAccepted { issuer } => {
            one(NET, Debug, format!("The server's certificate is accepted, issued by {issuer}"))
        }
        DriverEvent::AddressesLost { lost, .. } => {
            let lost: Vec<_> = lost.iter().map(ToString::to_string).collect();
            one(NET, Debug, format!("Not every address can be connected to: {}", lost.join(", ")))
        }
        DriverEvent::ProxyVariableIgnored { variable, mistake } => {
            one(NET, Info, format!("{variable} names no proxy and is ignored: {mistake}"))
        }
        DriverEvent::PingSet { every: Some(every) } => {
            one(USER, Info, format!("Pings go out every {} now", DisplayDuration(*every)))
        }
        DriverEvent::PingSet { every: None } => one(USER, Info, "No pings any more, as in a browser"),
        DriverEvent::SilenceKept { lasted, close: None, .. } => {
            one(NET, Debug, format!("A silent connection stayed open for {}", DisplayDuration(*lasted)))
        }
        DriverEvent::SilenceKept { lasted, close: Some(close), .. } => {
            let lasted = DisplayDuration(*lasted);
            one(NET, Warn, format!("A silent connection ended after {lasted}: {}", close.meaning()))
        }
        DriverEvent::BrowserStopped { blocks } => {
            let requests: Vec<_> = blocks.iter().map(|block| block.request.label()).collect();
            one(NET, Warn, format!("A browser would not get through: {}", requests.join(", ")))
        }
        DriverEvent::Crashed { message } => {
            one(APP, Error, format!("The client crashed and is started again: {message}"))
        }
        DriverEvent::Restarted => one(APP, Info, "The client works again"),
        DriverEvent::ThreadCrashed { thread, message, is_restarted } => {
            let then = if *is_restarted { "it is started again" } else { "what it had to do is not done" };
            one(APP, Error, format!("The program's thread “{thread}” crashed, {then}: {message}"))
        }
    }
}

fn of_server(event: &ServerEvent) -> Vec<ConsoleLine> {
    use Level::{Debug, Info, Warn};
    match event {
        ServerEvent::Started { address } => one(SERVER, Info, format!("Local server listens on {address}")),
        ServerEvent::Stopped => one(SERVER, Warn, "Local server stopped"),
        ServerEvent::Log { line } => one(SERVER, Debug, line.to_string()),
    }
}

fn of_fault(event: &FaultEvent) -> Vec<ConsoleLine> {
    use Level::{Error, Info, Warn};
    match event {
        FaultEvent::Armed { fault, times, probability } => {
            let text = format!("{fault} armed, {}{}", how_often(*times), in_cases(*probability));
            one(FAULT, Warn, text)
        }
        FaultEvent::Fired { fault, left } => {
            let left = match left {
                Some(0) => "for the last time".to_owned(),
                Some(left) => format!("{left} more to come"),
                None => "until cleared".to_owned(),
            };
            one(FAULT, Warn, format!("{fault} acts, {left}"))
        }
        FaultEvent::Cleared { fault } => one(FAULT, Info, format!("{fault} cleared")),
        FaultEvent::Refused { fault, reason } => one(FAULT, Error, format!("{fault} not possible: {reason}")),
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

/// A failure, and what the client decided, if that is known.
fn failed(failure: &Failure, class: Option<Class>) -> Vec<ConsoleLine> {
    let (request, what) = match failure {
        Failure::Setup(_) => return vec![line(WS, Level::Error, format!("Failed to connect: {failure}"))],
        Failure::Token(request) => (request, "Token"),
        Failure::Ticket(request) => (request, "Ticket"),
        Failure::TicketExpired { .. }
        | Failure::Dial(_)
        | Failure::UpgradeRefused(_)
        | Failure::Greeting(_)
        | Failure::Closed(_) => {
            let mut lines = vec![line(WS, Level::Error, format!("Failed to connect: {failure}"))];
            lines.extend(class.map(|class| match class {
                Class::Soft => line(WS, Level::Warn, "Soft failure - will retry"),
                Class::Hard => line(WS, Level::Error, "Hard failure - stopping reconnect"),
            }));
            lines.extend(failure.answer().into_iter().flat_map(answer));
            return lines;
        }
    };
    let mut lines = vec![line(WS, Level::Error, format!("Failed to connect {}", HttpErrorResponse(request)))];
    match &request.kind {
        _ if class.is_none() => {}
        RequestFailureKind::Status(answer) if class == Some(Class::Hard) => {
            let status = answer.status;
            let name = match status {
                401 => "UNAUTHORIZED".to_owned(),
                status => status_text(status).to_uppercase(),
            };
            let code = answer.code().unwrap_or("none");
            let cause = format!("Hard failure - auth error {{ status: {status}, code: '{code}' }}");
            lines.push(line(WS, Level::Error, cause));
            lines.push(line(WS, Level::Error, format!("{what} request failed: {status} {name} - stopping reconnect")));
        }
        RequestFailureKind::Status(_)
        | RequestFailureKind::Refused(_)
        | RequestFailureKind::Malformed(_)
        | RequestFailureKind::NotSendable
        | RequestFailureKind::SecretMissing { .. }
        | RequestFailureKind::OtherHost { .. }
        | RequestFailureKind::SignIn(_)
        | RequestFailureKind::Identity { .. }
        | RequestFailureKind::Unusable { .. }
        | RequestFailureKind::Timeout { .. }
        | RequestFailureKind::Transport(_)
        | RequestFailureKind::Hidden(_) => {
            let cause = soft_cause(&request.kind);
            lines.push(match class == Some(Class::Hard) {
                true => line(WS, Level::Error, format!("Hard failure - {cause}, stopping reconnect")),
                false => line(WS, Level::Warn, format!("Soft failure - {cause}, will retry")),
            });
        }
    }
    lines.extend(failure.answer().into_iter().flat_map(answer));
    lines
}

/// What is known of an answer besides its status.
fn answer(answer: &Answer) -> impl Iterator<Item = ConsoleLine> {
    let says = match (&answer.body.title, &answer.body.excerpt) {
        (Some(title), Some(text)) => SafeText::new(&format!("{title} — {text}")),
        (Some(text), None) | (None, Some(text)) => text.clone(),
        (None, None) => SafeText::default(),
    };
    let parts = [("The answer's headers", answer.header_line()), ("The answer says", says)];
    let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
    parts.map(|(what, text)| line(NET, Level::Debug, format!("{what}: {text}")))
}

fn soft_cause(kind: &RequestFailureKind) -> Cow<'static, str> {
    match kind {
        RequestFailureKind::Status(answer) if answer.status == 503 => "service unavailable (503)".into(),
        RequestFailureKind::Status(answer) => {
            format!("{} ({})", status_text(answer.status).to_lowercase(), answer.status).into()
        }
        RequestFailureKind::Malformed(_) => "unexpected answer".into(),
        RequestFailureKind::Refused(_) => "refused inside a success".into(),
        RequestFailureKind::SecretMissing { .. } => "a secret is missing".into(),
        RequestFailureKind::OtherHost { .. } => "an answer names another host".into(),
        RequestFailureKind::SignIn(_) => "nobody signed in".into(),
        RequestFailureKind::Identity { .. } => "the client certificate cannot be used".into(),
        RequestFailureKind::Unusable { .. } => "an answer does not fit the profile".into(),
        RequestFailureKind::NotSendable => "the JWT cannot be sent".into(),
        RequestFailureKind::Timeout { .. } => "no answer in time".into(),
        RequestFailureKind::Transport(_) | RequestFailureKind::Hidden(_) => "network error".into(),
    }
}

/// A failed request as the seed's web framework prints it.
struct HttpErrorResponse<'a>(&'a RequestFailure);

impl std::fmt::Display for HttpErrorResponse<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let RequestFailureKind::Status(answer) = &self.0.kind else {
            let status = self.0.kind.answer().map_or(0, |answer| answer.status);
            return write!(f, "HttpErrorResponse {{ status: {status}, ... }} - {}", self.0);
        };
        let status = answer.status;
        match answer.code() {
            // The seed's own line for a 401 keeps the rest to itself; the code follows in the next line.
            Some(code) if status != 401 => {
                write!(f, "HttpErrorResponse {{ status: {status}, error: {{ code: '{code}' }} }}")
            }
            Some(_) | None => write!(f, "HttpErrorResponse {{ status: {status}, ... }}"),
        }
    }
}
