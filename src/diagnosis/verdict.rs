//! The verdict line: what is happening, why, what the client will do next, and who can fix it.

use serde::Serialize;

use super::Code;
use super::finding::{Finding, LogReference};
use super::problem::{Outlook, Severity};
use crate::faults::FaultKind;
use crate::journal::{Snapshot, Status, Step};
use crate::model::{Class, DisplayDuration, FaultName};

/// How the state should feel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, Serialize)]
#[serde(rename_all = "lowercase")]
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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// How it should feel.
    pub tone: Tone,
    /// One or two words: `RECONNECTING`.
    pub status: &'static str,
    /// What is the matter, in a few words.
    pub title: String,
    /// Why, who can fix it and how, what the client does next.
    pub detail: String,
    /// What was found, the cause of the title first.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// What `findings`, as [`super::Diagnoser::findings`] gives them, mean for the session that `snapshot` shows. It says
    /// nothing that changes by the mere passing of time, so that a window that shows it can sleep.
    pub fn new(snapshot: &Snapshot, findings: Vec<Finding>) -> Self {
        let (tone, status, title, detail) = line(snapshot, &findings);
        Self { tone, status, title, detail, findings }
    }

    /// The same of a moment that is over: it says what was so and gives nobody anything to do.
    pub fn of_past(snapshot: &Snapshot, findings: Vec<Finding>) -> Self {
        let (tone, status, title, _) = line(snapshot, &findings);
        let mut detail = format!("At this moment {}.", then(snapshot));
        if let Some(finding) = findings.first() {
            let problem = &finding.problem;
            detail += &format!(" {} The advice was: {}{}", problem.cause, problem.next, marks(finding));
        }
        Self { tone, status, title, detail, findings }
    }

    /// The code of the first finding.
    pub fn code(&self) -> Option<Code> {
        self.findings.first().map(|finding| finding.problem.code)
    }

    /// The entries that prove the first finding.
    pub fn evidence(&self) -> &[u64] {
        self.findings.first().map_or(&[], |finding| &finding.evidence)
    }

    /// How many findings there are beside the first, with those that follow from others.
    pub fn more(&self) -> usize {
        self.findings.iter().map(Finding::count).sum::<usize>().saturating_sub(1)
    }

    /// Whether a fault brought the first finding about.
    pub fn is_simulated(&self) -> bool {
        self.findings.first().is_some_and(|finding| finding.simulated.is_some())
    }
}

type Words = (Tone, &'static str, String, String);

fn line(snapshot: &Snapshot, findings: &[Finding]) -> Words {
    let first = findings.first();
    let words = |tone, status, title: &str, detail: &str| (tone, status, title.to_owned(), detail.to_owned());
    match &snapshot.status {
        Status::Idle => words(Tone::Neutral, "NOT CONNECTED", "Not connected", "Press Connect to begin."),
        Status::Connecting(step) => connecting(snapshot, *step, first),
        Status::Connected { .. } if snapshot.socket.closing => words(
            Tone::Busy,
            "CLOSING",
            "Closing the WebSocket",
            "A person asked for it; the client waits a moment for the server's goodbye. Nothing to do.",
        ),
        Status::Connected { .. } => connected(snapshot, first),
        Status::Waiting(_) => match first {
            Some(finding) => failed(snapshot, Tone::Warning, "RECONNECTING", finding),
            None => words(Tone::Warning, "RECONNECTING", "Reconnecting", "The client waits for its next attempt."),
        },
        Status::Stopped => match first {
            Some(finding) => failed(snapshot, Tone::Bad, "STOPPED", finding),
            None => words(Tone::Bad, "STOPPED", "Stopped", "Press Connect to try again."),
        },
        Status::Crashed { simulated: Some(name), .. } => (
            Tone::Bad,
            "CRASHED",
            "The client was made to crash".to_owned(),
            format!("It is started again by itself. {}", simulated_by(name)),
        ),
        Status::Crashed { message, simulated: None } => (
            Tone::Bad,
            "CRASHED",
            "Ticketscope's own client crashed".to_owned(),
            format!("It is started again by itself. Please tell the developers of Ticketscope: {message}"),
        ),
    }
}

fn connected(snapshot: &Snapshot, first: Option<&Finding>) -> Words {
    if let Some(finding) = first {
        let problem = &finding.problem;
        let tone = if finding.severity() == Severity::Notice { Tone::Good } else { Tone::Warning };
        let detail = format!("The connection is open now. {} {}{}", problem.cause, problem.next, marks(finding));
        return (tone, "CONNECTED", problem.title.clone(), detail);
    }
    let answers = match snapshot.socket.median_round_trip() {
        Some(rtt) => format!("the server answers pings in {}", DisplayDuration(rtt)),
        None => "the first ping is still to come".to_owned(),
    };
    let detail = format!("The login works and the socket is open; {answers}. Nothing to do.");
    (Tone::Good, "CONNECTED", "JWT, ticket and WebSocket are in order".to_owned(), detail)
}

fn connecting(snapshot: &Snapshot, step: Step, first: Option<&Finding>) -> Words {
    let (title, detail) = match step {
        Step::Token if snapshot.token.refreshed => {
            ("Fetching a new JWT", "The server refused the old one; the client asks for a new one and tries again.")
        }
        Step::Token => ("Getting a JWT", "Step 1 of 3: the JWT comes from the keychain or from the server."),
        Step::Ticket => ("Asking for a ticket", "Step 2 of 3: the JWT is exchanged for a one-time ticket."),
        Step::Socket => ("Opening the WebSocket", "Step 3 of 3: the ticket is used for the upgrade."),
    };
    let last = first.map_or_else(String::new, |finding| format!(" Last time: {}.", finding.problem.title));
    (Tone::Busy, "CONNECTING", title.to_owned(), format!("{detail}{last}"))
}

fn failed(snapshot: &Snapshot, tone: Tone, status: &'static str, finding: &Finding) -> Words {
    let problem = &finding.problem;
    let client = match snapshot.failed.as_ref().map(|failed| failed.class) {
        Some(Class::Hard) => "The client has stopped: trying again by itself cannot help.",
        Some(Class::Soft) | None if problem.outlook == Outlook::Lasting && tone == Tone::Warning => {
            "The client keeps retrying, which will not help until it is fixed."
        }
        Some(Class::Soft) | None => "The client keeps retrying by itself.",
    };
    let detail = format!("{} {} {client}{}", problem.cause, problem.next, marks(finding));
    (tone, status, problem.title.clone(), detail)
}

/// What the client was doing, as the end of a sentence about the past.
fn then(snapshot: &Snapshot) -> String {
    let text = match &snapshot.status {
        Status::Idle if snapshot.attempt.is_none() => "nothing had begun",
        Status::Idle => "nothing was going on: the connection or attempt had been ended on purpose",
        Status::Connecting(Step::Token) if snapshot.token.refreshed => {
            "the client fetched a new JWT, because the server had refused the old one"
        }
        Status::Connecting(Step::Token) => "the client was getting a JWT, step 1 of 3",
        Status::Connecting(Step::Ticket) => "the client was asking for a ticket, step 2 of 3",
        Status::Connecting(Step::Socket) => "the client was opening the WebSocket, step 3 of 3",
        Status::Connected { .. } if snapshot.socket.closing => {
            "a person had asked for the end, and the client waited for the server's goodbye"
        }
        Status::Connected { .. } => match snapshot.socket.median_round_trip() {
            Some(rtt) => {
                return format!("the socket was open and the server answered pings in {}", DisplayDuration(rtt));
            }
            None => "the socket was open, and the first ping was still to come",
        },
        Status::Waiting(_) => "the client waited to try again by itself",
        Status::Stopped => "the client had stopped: trying again by itself could not help",
        Status::Crashed { .. } => "the client had crashed and was being started again",
    };
    text.to_owned()
}

/// Who made it up, or where to look it up.
fn marks(finding: &Finding) -> String {
    if let Some(name) = &finding.simulated {
        return format!(" {}", simulated_by(name));
    }
    match &finding.log_reference {
        Some(LogReference::Trace(trace)) => format!(" Trace id {trace} finds this request in the server's log."),
        Some(LogReference::Ticket(ticket)) => format!(" ticketHash #{ticket} finds it in the server's log."),
        None => finding.symptoms.iter().map(marks).find(|marks| !marks.is_empty()).unwrap_or_default(),
    }
}

/// Who made it up, as a sentence.
pub(crate) fn simulated_by(name: &FaultName) -> String {
    let label = FaultKind::named(name).map_or_else(|| name.as_str(), |kind| kind.label());
    format!("Simulated by the fault “{label}”.")
}
