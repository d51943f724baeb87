//! The verdict line: what is happening, why, what the client will do next, and who can mend it.

use crate::faults::Kind;
use crate::journal::{Failed, Snapshot, Status, Step};
use crate::model::{
    Class, Close, CloseCause, DialFailure, DisplayDuration, Failure, FaultName, Fingerprint, Phase, Refusal,
    RequestFailure, RequestFailureKind, Transport,
};

/// How the state should feel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Tone {
    /// Nothing is going on.
    Neutral,
    /// Something is going on that should end well.
    Busy,
    /// All is well.
    Good,
    /// It failed and is tried again.
    Warning,
    /// It failed and nothing more happens by itself.
    Bad,
}

/// The state of a session in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How it should feel.
    pub tone: Tone,
    /// One or two words: `RECONNECTING`.
    pub status: &'static str,
    /// What is the matter, in a few words.
    pub title: String,
    /// Why, what the client does next, who can mend it.
    pub detail: String,
}

impl Verdict {
    fn new(tone: Tone, status: &'static str, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { tone, status, title: title.into(), detail: detail.into() }
    }
}

/// What `snapshot` means. It says nothing that changes by the mere passing of time, so that a window that
/// shows it can sleep.
pub fn verdict(snapshot: &Snapshot) -> Verdict {
    match &snapshot.status {
        Status::Idle => Verdict::new(Tone::Neutral, "NOT CONNECTED", "Not connected", "Press Connect to begin."),
        Status::Connecting(step) => connecting(snapshot, *step),
        Status::Connected { .. } if snapshot.socket.closing => Verdict::new(
            Tone::Busy,
            "CLOSING",
            "Closing the WebSocket",
            "A person asked for it; the client waits a moment for the server's goodbye. Nothing to do.",
        ),
        Status::Connected { .. } => {
            let answers = match snapshot.socket.median_round_trip() {
                Some(rtt) => format!("the server answers pings in {}", DisplayDuration(rtt)),
                None => "the first ping is still to come".to_owned(),
            };
            let detail = format!("The login works and the socket is open; {answers}. Nothing to do.");
            Verdict::new(Tone::Good, "CONNECTED", "JWT, ticket and WebSocket are in order", detail)
        }
        Status::Waiting(_) => match &snapshot.failed {
            Some(failed) => failure(snapshot, Tone::Warning, "RECONNECTING", failed),
            None => {
                Verdict::new(Tone::Warning, "RECONNECTING", "Reconnecting", "The client waits for its next attempt.")
            }
        },
        Status::Stopped => match &snapshot.failed {
            Some(failed) => failure(snapshot, Tone::Bad, "STOPPED", failed),
            None => Verdict::new(Tone::Bad, "STOPPED", "Stopped", "Press Connect to try again."),
        },
        Status::Crashed { simulated: Some(name), .. } => Verdict::new(
            Tone::Bad,
            "CRASHED",
            "The client was made to crash",
            format!("It is started again by itself. Simulated by the fault “{}”.", fault_label(name)),
        ),
        Status::Crashed { message, simulated: None } => Verdict::new(
            Tone::Bad,
            "CRASHED",
            "Ticketscope's own client crashed",
            format!("It is started again by itself. Please tell the developers of Ticketscope: {message}"),
        ),
    }
}

fn connecting(snapshot: &Snapshot, step: Step) -> Verdict {
    let (title, mut detail) = match step {
        Step::Token if snapshot.token.refreshed => {
            ("Fetching a new JWT", "The server refused the old one; the client asks for a new one and tries again.")
        }
        Step::Token => ("Getting a JWT", "Step 1 of 3: the JWT comes from the keychain or from the server."),
        Step::Ticket => ("Asking for a ticket", "Step 2 of 3: the JWT is exchanged for a one-time ticket."),
        Step::Socket => ("Opening the WebSocket", "Step 3 of 3: the ticket is used for the upgrade."),
    };
    let last;
    if let Some(failed) = &snapshot.failed {
        last = format!("{detail} Last time: {}.", Finding::of(&failed.failure).title);
        detail = &last;
    }
    Verdict::new(Tone::Busy, "CONNECTING", title, detail)
}

fn fault_label(name: &FaultName) -> &str {
    match Kind::named(name) {
        Some(kind) => kind.label(),
        None => name.as_str(),
    }
}

fn failure(snapshot: &Snapshot, tone: Tone, status: &'static str, failed: &Failed) -> Verdict {
    let Finding { title, cause, owner } = Finding::of(&failed.failure);
    let mut detail = match failed.class {
        Class::Soft if is_lasting(&failed.failure) => format!(
            "Soft failure: the client keeps retrying. {cause} Retrying will not help until it is mended. {owner}"
        ),
        Class::Soft => format!("Soft failure: the client keeps retrying. {cause} {owner}"),
        Class::Hard => {
            format!("Hard failure: the client has stopped, trying again by itself cannot help. {cause} {owner}")
        }
    };
    if let Some(name) = &failed.simulated {
        detail += &format!(" Simulated by the fault “{}”.", fault_label(name));
    } else if let Some(trace) = failed.trace().filter(|_| may_have_arrived(&failed.failure)) {
        detail += &format!(" Trace id {trace} finds this request in the server's log.");
    } else if let Some(ticket) = spent_ticket(snapshot, &failed.failure) {
        detail += &format!(" ticketHash #{ticket} finds it in the server's log.");
    }
    Verdict::new(tone, status, title, detail)
}

/// Whether every retry ends the same until somebody mends the cause: a wrong address, a bad certificate, an
/// answer that is not this API's (contract §2).
fn is_lasting(failure: &Failure) -> bool {
    match failure {
        Failure::Token(request) | Failure::Ticket(request) => match &request.kind {
            RequestFailureKind::Status { status, .. } => is_of_another_server(*status),
            RequestFailureKind::Malformed { .. } => true,
            RequestFailureKind::Transport(transport) => is_about_certificate(transport),
            RequestFailureKind::Timeout { .. } => false,
        },
        Failure::Dial(DialFailure::Transport(transport)) => is_about_certificate(transport),
        Failure::Dial(DialFailure::BadHandshake { .. }) => true,
        Failure::UpgradeRefused(refusal) => is_of_another_server(refusal.status),
        Failure::Dial(DialFailure::Timeout { .. })
        | Failure::Setup(_)
        | Failure::TicketExpired { .. }
        | Failure::Closed(_) => false,
    }
}

fn is_of_another_server(status: u16) -> bool {
    matches!(status, 300..=399 | 404)
}

/// The driver's words for every certificate that is not accepted contain the word.
fn is_about_certificate(transport: &Transport) -> bool {
    matches!(transport, Transport::Tls(error) if error.as_str().contains("certificate"))
}

/// Whether the server may have seen, and logged, the request.
fn may_have_arrived(failure: &Failure) -> bool {
    let (Failure::Token(request) | Failure::Ticket(request)) = failure else { return false };
    match &request.kind {
        RequestFailureKind::Status { .. }
        | RequestFailureKind::Malformed { .. }
        | RequestFailureKind::Timeout { .. }
        | RequestFailureKind::Transport(Transport::Broken(_)) => true,
        RequestFailureKind::Transport(
            Transport::Dns(_) | Transport::Tcp(_) | Transport::Tls(_) | Transport::Proxy(_),
        ) => false,
    }
}

/// The ticket that went out with the upgrade, if the failure came after that.
fn spent_ticket(snapshot: &Snapshot, failure: &Failure) -> Option<Fingerprint> {
    let is_of_socket = matches!(failure, Failure::Dial(_) | Failure::UpgradeRefused(_) | Failure::Closed(_));
    let ticket = snapshot.ticket.last.filter(|ticket| is_of_socket && ticket.attempt == snapshot.attempt)?;
    ticket.spent_at_age.map(|_| ticket.fingerprint)
}

/// What a failure means to somebody who has to answer for it.
struct Finding {
    title: String,
    cause: String,
    owner: &'static str,
}

impl Finding {
    fn of(failure: &Failure) -> Self {
        match failure {
            Failure::Setup(problem) => Self {
                title: "This profile cannot be used on this computer".to_owned(),
                cause: format!("{problem}."),
                owner: "Whoever set up this computer or wrote the profile can mend it; then press Connect.",
            },
            Failure::Token(request) => Self::of_request("token", request),
            Failure::Ticket(request) => Self::of_request("ticket", request),
            Failure::TicketExpired { age, lifetime } => Self {
                title: "The ticket expired before it could be used".to_owned(),
                cause: format!(
                    "Dialling took {}, a ticket lives {}; it was not sent.",
                    DisplayDuration(*age),
                    DisplayDuration(*lifetime)
                ),
                owner: "The user's network is very slow: their IT can look into it.",
            },
            Failure::Dial(failure) => Self::of_dial(failure),
            Failure::UpgradeRefused(refusal) => Self::of_refusal(refusal),
            Failure::Closed(close) => Self::of_close(close),
        }
    }

    fn of_request(name: &str, request: &RequestFailure) -> Self {
        match &request.kind {
            RequestFailureKind::Status { status, code, .. } => {
                Self::of_status(name, *status, code.as_ref().map(|c| c.as_str()), request)
            }
            RequestFailureKind::Malformed { problem } => Self {
                title: format!("The answer to the {name} request is not this API's"),
                cause: format!("{problem}."),
                owner: "Check the profile's address; a captive portal or proxy may answer in the server's place. The user's IT or the developers can mend it.",
            },
            RequestFailureKind::Timeout { after } => Self {
                title: format!("No answer to the {name} request within {}", DisplayDuration(*after)),
                cause: "The connection was made or is being made, and nothing comes back.".to_owned(),
                owner: "Operations can look at the server's load; the user's IT at the network.",
            },
            RequestFailureKind::Transport(transport) => Self::of_transport(transport),
        }
    }

    fn of_status(name: &str, status: u16, code: Option<&str>, request: &RequestFailure) -> Self {
        let title = |what: &str| format!("{what} — {request}");
        let (title, cause, owner) = match (status, code) {
            (503, Some("REDIS_UNAVAILABLE")) => (
                title("The ticket service is unavailable"),
                "Nothing is wrong with this user's token; Redis behind the API is down.",
                "Operations can mend it; if Redis is up again, the API has to be restarted.",
            ),
            (503, _) => (
                title("The service is unavailable"),
                "Nothing is wrong with this user's token; the API, or what it needs, is down.",
                "Operations can mend it.",
            ),
            (401, _) if name == "token" => (
                title("The server gives this user no JWT"),
                "The token request itself was refused.",
                "The user can sign in again; if that does not help, the developers can mend it.",
            ),
            (401, Some("MISSING_SESSION")) => (
                title("The JWT has no sessionId"),
                "The server knows the JWT but it belongs to no session.",
                "The user can mend it: New session (in the web app, refresh the page).",
            ),
            (401, Some("MISSING_AUTH")) => (
                title("The JWT did not arrive"),
                "The client sent it, so a proxy or gateway on the way takes the Authorization header out.",
                "Operations, or the user's IT if only this user is affected, can mend it.",
            ),
            (401, Some("INVALID_TOKEN")) => (
                title("The server refuses the JWT that it gives out"),
                "The JWT was asked for anew, and what the server gave is refused: its parts do not agree on the \
                 signing key or on the time, or the JWT has no sessionId.",
                "The developers or operations can mend it.",
            ),
            (401, _) => (
                title("The server does not accept the JWT"),
                "The ticket request was refused in a way that a new token does not cure.",
                "The user can try New session; if that does not help, the developers can mend it.",
            ),
            (429, _) => (
                title("Too many requests"),
                "The server limits how often this address may ask.",
                "It ends by itself; operations own the limit.",
            ),
            (404, _) => (
                title(&format!("There is no {name} endpoint at this address")),
                "The profile's address or path is wrong, or the server is another one.",
                "Whoever wrote the profile can mend it.",
            ),
            (500, Some("TICKET_GENERATION_FAILED")) => (
                title("The API has lost its ticket store"),
                "A server of this kind does not recover from a Redis outage by itself.",
                "Operations can mend it by restarting the API.",
            ),
            (300..=399, _) => (
                title(&format!("The {name} request was redirected")),
                "Redirects are not followed: the profile's address is not the API's, or a login page is in the way.",
                "Whoever wrote the profile, or the user's IT, can mend it.",
            ),
            (500, Some("INTERNAL_ERROR")) => (
                title("The server does not allow this origin, or failed inside"),
                "A server of this kind answers so when the Origin is missing or not on its list.",
                "Whoever wrote the profile can check its origin; operations can add it to the server's list.",
            ),
            (502 | 504 | 520..=599, _) => (
                title("The server behind the gateway is down"),
                "The gateway answered in its place; nothing is wrong with this user's token.",
                "Operations can mend it.",
            ),
            (500.., _) => (
                title("The server failed inside"),
                "It does not say why.",
                "Operations can look it up in its log; the developers may have to mend it.",
            ),
            (_, _) => (
                title(&format!("Unexpected answer to the {name} request")),
                "The contract does not know this status.",
                "The developers can tell what it means.",
            ),
        };
        Self { title, cause: cause.to_owned(), owner }
    }

    fn of_refusal(refusal: &Refusal) -> Self {
        let (title, cause, owner) = match refusal.status {
            401 => (
                "The server refused the WebSocket",
                "The ticket was fresh, so the server does not allow this origin or has lost its ticket store.",
                "Operations can mend it.",
            ),
            404 => (
                "There is no WebSocket at this address",
                "The path of the profile's WebSocket address is wrong, or the server is another one.",
                "Whoever wrote the profile can mend it.",
            ),
            429 => (
                "Too many requests",
                "The server limits how often this address may ask.",
                "It ends by itself; operations own the limit.",
            ),
            300..=399 => (
                "The WebSocket request was redirected",
                "Redirects are not followed: the profile's address is not the server's, or a login page is in the way.",
                "Whoever wrote the profile, or the user's IT, can mend it.",
            ),
            500 => (
                "The server failed inside",
                "It does not say why.",
                "Operations can look it up in its log; the developers may have to mend it.",
            ),
            501.. => (
                "The server behind the gateway is down",
                "The gateway answered in its place; nothing is wrong with this user's ticket.",
                "Operations can mend it.",
            ),
            _ => (
                "The server refused the WebSocket",
                "A proxy or gateway on the way, or the server itself, does not let WebSockets through.",
                "Operations, or the user's IT if only this user is affected, can mend it.",
            ),
        };
        Self { title: format!("{title} — {refusal}"), cause: cause.to_owned(), owner }
    }

    fn of_dial(failure: &DialFailure) -> Self {
        match failure {
            DialFailure::Transport(transport) => Self::of_transport(transport),
            DialFailure::Timeout { phase: phase @ Phase::Upgrade, after } => Self {
                title: format!("The server does not answer the {phase} within {}", DisplayDuration(*after)),
                cause: "The connection is there, but the WebSocket handshake gets no answer.".to_owned(),
                owner: "Operations can look at the server and its proxies; the user's IT at theirs.",
            },
            DialFailure::Timeout { phase, after } => Self {
                title: format!("{phase} took longer than {}", DisplayDuration(*after)),
                cause: "Packets are lost on the way or a firewall swallows them.".to_owned(),
                owner: "The user's network or their IT; if many users are affected, operations.",
            },
            DialFailure::BadHandshake { problem } => Self {
                title: "The answer to the upgrade is not a WebSocket server's".to_owned(),
                cause: format!("{problem}."),
                owner: "A proxy in between, or a wrong address: the user's IT or the developers can mend it.",
            },
        }
    }

    fn of_transport(transport: &Transport) -> Self {
        let (title, cause, owner) = match transport {
            Transport::Dns(error) => (
                "The server's name cannot be resolved",
                error,
                "If the user is online, their DNS fails: the user's IT can mend it.",
            ),
            Transport::Tcp(error) => (
                "The server cannot be reached",
                error,
                "If the user is online and others are affected too, operations can mend it; else the user's IT.",
            ),
            Transport::Tls(error) => (
                "No secure connection to the server",
                error,
                "A company's proxy, a wrong clock or the server's certificate: the user's IT or operations can mend it.",
            ),
            Transport::Proxy(error) => {
                ("The proxy does not connect to the server", error, "The user's IT can mend it.")
            }
            Transport::Broken(error) => {
                ("The connection broke", error, "The network or the server: operations can look, if it goes on.")
            }
        };
        Self { title: title.to_owned(), cause: sentence(cause.as_str()), owner }
    }

    fn of_close(close: &Close) -> Self {
        let reason = close.reason.as_str();
        let (title, owner) = match (&close.cause, reason) {
            (CloseCause::PeerFrame, "NOT_AUTHORIZED") => (
                "The server did not accept the ticket",
                "If the connection had worked for a while, the server's ticket store failed. Press Connect; if it \
                 happens again, operations can mend it.",
            ),
            (CloseCause::PeerFrame, "ORIGIN_BLOCKED") => {
                ("The server does not allow this origin", "Operations can add it to the server's list of origins.")
            }
            (CloseCause::PeerFrame, "BAD_SUBSCRIBE" | "INVALID_REQUEST") => {
                ("The server did not understand the client", "The developers can mend it.")
            }
            (CloseCause::PeerFrame, "SERVER_SHUTDOWN") => {
                ("The server is restarting", "Nobody has to do anything, unless it stays away: then operations.")
            }
            (CloseCause::PeerFrame, "IDLE_TIMEOUT") => {
                ("The server closed an idle connection", "Nobody has to do anything.")
            }
            (CloseCause::PeerFrame, "HEARTBEAT_TIMEOUT") | (CloseCause::NoPong { .. }, _) => (
                "The link went dead",
                "The user's network: a sleeping laptop, a lost Wi-Fi, a firewall that forgets connections.",
            ),
            (CloseCause::EndOfStream | CloseCause::Io(_), _) => (
                "The connection broke",
                "The network, a proxy's time limit, or a server that died. If it goes on, operations can look.",
            ),
            (CloseCause::Protocol(_), _) => {
                ("What the server sent is not WebSocket", "A proxy in between or the server: the developers can look.")
            }
            (CloseCause::PeerFrame | CloseCause::OwnFrame, _) => {
                ("The server closed the connection", "If it goes on, the developers can tell why.")
            }
        };
        let shown = if reason.is_empty() { String::new() } else { format!(" {reason}") };
        Self { title: format!("{title} — {}{shown}", close.code), cause: sentence(&close.meaning()), owner }
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain(['.']).collect()
}
