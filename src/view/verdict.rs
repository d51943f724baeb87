//! The verdict line: what is happening, why, what the client will do next, and who can fix it.

use serde::{Deserialize, Serialize};

use super::{Ended, LastSeen, Snapshot, Status, Step};
use crate::diagnosis::{Code, Finding, LogReference, Outlook, Severity};
use crate::faults::FaultKind;
use crate::model::{Browser, Class, DisplayDuration, Failure, FaultName, Remedy};

/// How the state should feel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Nothing is going on.
    #[default]
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

/// From where somebody looks at a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standpoint {
    /// It is going on, and this is how it is now.
    Present,
    /// It was recorded, and this is a moment of it.
    Past,
    /// It was recorded, and this is where the recording ends.
    End,
    /// The same for the reader of a report: the state before a person ended the session counts.
    Report,
}

impl Verdict {
    /// What a session in the state `snapshot` in which this was found means, from `standpoint`. It says nothing that changes by the mere passing of time, so that a window
    /// that shows it can sleep.
    pub(super) fn new(
        snapshot: &Snapshot,
        findings: &[Finding],
        ended: Option<&Ended>,
        standpoint: Standpoint,
    ) -> Self {
        let last = ended.map_or(&[][..], |ended| &ended.findings);
        let ((tone, status, title, detail), findings) = match (standpoint, ended) {
            (Standpoint::Present, _) => match last.first().filter(|_| snapshot.status == Status::Idle) {
                Some(problem) => (last_problem(problem), last),
                None => (line(snapshot, findings), findings),
            },
            (Standpoint::Past, _) => (past(snapshot, findings), findings),
            // Since a person ended it, nothing is wrong any more.
            (Standpoint::End, Some(ended)) if snapshot.status == Status::Idle => (last_moment(ended), &*ended.findings),
            (Standpoint::Report, Some(ended)) => (before_end(ended), &*ended.findings),
            (Standpoint::End | Standpoint::Report, _) => (end(snapshot, findings), findings),
        };
        Self { tone, status, title, detail, findings: findings.to_vec() }
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

/// What was wrong when a person ended it.
fn last_problem(finding: &Finding) -> Words {
    let problem = &finding.problem;
    let detail = format!("{} {} Press Connect to try again.{}", problem.cause, problem.next, marks(finding));
    (Tone::Neutral, "NOT CONNECTED", format!("Last problem: {}", problem.title), detail)
}

/// A past moment: it says what was the case, without a next step.
fn past(snapshot: &Snapshot, findings: &[Finding]) -> Words {
    let (tone, status, title, _) = line(snapshot, findings);
    let mut detail = format!("At this moment {}.", then(snapshot));
    if let Some(finding) = findings.first() {
        let problem = &finding.problem;
        detail += &format!(" {} The advice was: {}{}", problem.cause, problem.next, marks(finding));
    }
    (tone, status, title, detail)
}

/// The last moment that is known of. What is wrong is still to be fixed.
fn end(snapshot: &Snapshot, findings: &[Finding]) -> Words {
    let (tone, status, title, detail) = line(snapshot, findings);
    if snapshot.files.is_some() {
        return (tone, status, title, detail);
    }
    (tone, status, title, at_the_end(findings.first(), &then(snapshot)))
}

/// The same where a person had ended the session.
fn last_moment(ended: &Ended) -> Words {
    let problem = ended.findings.first();
    let title =
        problem.map_or("Not connected".to_owned(), |finding| format!("Last problem: {}", finding.problem.title));
    let (_, _, _, detail) = before_end(ended);
    (Tone::Neutral, "NOT CONNECTED", title, detail)
}

/// What was so before a person ended the session.
fn before_end(ended: &Ended) -> Words {
    let Ended { snapshot, findings } = ended;
    let (tone, status, title, _) = line(snapshot, findings);
    let then = format!("a person had ended the session; before, {}", then(snapshot));
    (tone, status, title, at_the_end(findings.first(), &then))
}

fn at_the_end(problem: Option<&Finding>, then: &str) -> String {
    let over = format!("The recording ends here: {then}.");
    match problem {
        Some(finding) => format!("{} {} {over}{}", finding.problem.cause, finding.problem.next, marks(finding)),
        None => over,
    }
}

fn line(snapshot: &Snapshot, findings: &[Finding]) -> Words {
    let first = findings.first();
    let words = |tone, status, title: &str, detail: &str| (tone, status, title.to_owned(), detail.to_owned());
    match &snapshot.status {
        Status::Idle if snapshot.failed.is_some() => failing(snapshot, first),
        Status::Idle => words(Tone::Neutral, "NOT CONNECTED", "Not connected", "Press Connect to begin."),
        Status::Connecting(step) => connecting(snapshot, *step, first),
        Status::Connected { .. } if snapshot.socket.closing => words(
            Tone::Busy,
            "CLOSING",
            "Closing the WebSocket",
            "A person asked for it; the client waits a moment for the server's goodbye. Nothing to do.",
        ),
        Status::Connected { .. } => connected(snapshot, first),
        Status::Waiting(_) => failing(snapshot, first),
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
        Status::Ended(last) => at_file_end(snapshot, *last, first),
        Status::Crashed { message, simulated: None } => (
            Tone::Bad,
            "CRASHED",
            "Ticketscope's own client crashed".to_owned(),
            format!("It is started again by itself. Please tell the developers of Ticketscope: {message}"),
        ),
    }
}

/// The files end: what was going on may have gone on.
fn at_file_end(snapshot: &Snapshot, last: LastSeen, first: Option<&Finding>) -> Words {
    if let Some(finding) = first {
        let (tone, status) = match (last, finding.severity()) {
            (LastSeen::Open { .. }, Severity::Notice) => (Tone::Good, "WORKED"),
            (LastSeen::Open { .. }, _) => (Tone::Warning, "OPEN"),
            (LastSeen::Quiet, Severity::Notice) => (Tone::Good, "WORKED"),
            (LastSeen::Quiet, _) if is_close(snapshot) => (Tone::Bad, "CLOSED"),
            (LastSeen::Quiet | LastSeen::Connecting(_), _) => (Tone::Bad, "FAILED"),
        };
        let problem = &finding.problem;
        let detail = format!("{} {}{}", problem.cause, problem.next, marks(finding));
        return (tone, status, problem.title.clone(), detail);
    }
    let words = |tone, status, title: &str, detail: &str| (tone, status, title.to_owned(), detail.to_owned());
    match last {
        LastSeen::Open { .. } if snapshot.files.as_ref().and_then(|files| files.browser) == Some(Browser::Chromium) => {
            words(
                Tone::Good,
                "WORKED",
                "The connection was made",
                &format!(
                    "{}. Whether it stayed open is not in this file: it was open when the file was saved, or the page was \
                     loaded again.",
                    works(snapshot)
                ),
            )
        }
        LastSeen::Open { .. } => {
            let console = Remedy::Console.label();
            let detail = format!(
                "{}. Whether it stayed open is not in this file: if the user still has the trouble, ask for {console}, which \
                 tells how it ended.",
                works(snapshot)
            );
            (Tone::Neutral, "OPENED", "The connection was made; how it ended is not in this file".to_owned(), detail)
        }
        LastSeen::Quiet if snapshot.closes.back().is_some() => words(
            Tone::Good,
            "WORKED",
            "The connection was made, and closed in order",
            &format!("{}, and it was closed normally.", works(snapshot)),
        ),
        LastSeen::Quiet => words(Tone::Neutral, "NO FAILURE", "Nothing failed in this file", "It shows no connection."),
        LastSeen::Connecting(step) => {
            let before = match step {
                Step::Token => "the JWT was there",
                Step::Ticket => "the ticket was there",
                Step::Socket => "the WebSocket was open",
                Step::Greeting => "the service had greeted",
            };
            let detail = format!("The file ends before {before}; it shows no failure.");
            (Tone::Neutral, "NOT OVER", "The file ends in the middle of an attempt".to_owned(), detail)
        }
    }
}

/// What worked, as far as the files tell.
fn works(snapshot: &Snapshot) -> &'static str {
    match snapshot.files.as_ref().is_none_or(|files| files.has_requests) {
        true => "Login, ticket and WebSocket work",
        false => "The WebSocket works; login and ticket request are not in this file",
    }
}

/// Whether what went wrong last is that an open socket ended.
fn is_close(snapshot: &Snapshot) -> bool {
    snapshot.failed.as_ref().is_some_and(|failed| matches!(failed.failure, Failure::Closed(_)))
}

fn connected(snapshot: &Snapshot, first: Option<&Finding>) -> Words {
    let status = if snapshot.is_use_unknown() { "OPEN" } else { "CONNECTED" };
    if let Some(finding) = first {
        let problem = &finding.problem;
        let tone = if finding.severity() == Severity::Notice { Tone::Good } else { Tone::Warning };
        let detail = format!("The connection is open now. {} {}{}", problem.cause, problem.next, marks(finding));
        return (tone, status, problem.title.clone(), detail);
    }
    let answers = match snapshot.socket.median_round_trip() {
        Some(rtt) => format!("the server answers pings in {}", DisplayDuration(rtt)),
        // Whether anything else has come does not show here, and whatever comes is a sign of life.
        None if snapshot.ping.is_some() => "no ping has been answered yet".to_owned(),
        None => "no pings are sent".to_owned(),
    };
    if snapshot.profile.service.is_some() {
        let pings = if snapshot.ping.is_some() { format!("; {answers}") } else { String::new() };
        if snapshot.is_use_unknown() {
            let detail = format!(
                "The upgrade was accepted{pings}. The service may wait for a first message all the same: say in the profile what \
                 it says first ([[hello]]), or that it says nothing (without = [\"greeting\"])."
            );
            let title = "The socket is open; whether it is of use cannot be told";
            return (Tone::Neutral, status, title.to_owned(), detail);
        }
        let detail = format!("The service accepts this client, and the socket is of use{pings}. Nothing to do.");
        return (Tone::Good, status, "The connection is in order".to_owned(), detail);
    }
    let detail = format!("The login works and the socket is open; {answers}. Nothing to do.");
    (Tone::Good, status, "JWT, ticket and WebSocket are in order".to_owned(), detail)
}

fn connecting(snapshot: &Snapshot, step: Step, first: Option<&Finding>) -> Words {
    let (title, detail) = match step {
        Step::Token if snapshot.token.refreshed => {
            ("Fetching a new JWT", "The server refused the old one; the client asks for a new one and tries again.")
        }
        Step::Token => ("Getting a JWT", "Step 1 of 3: the JWT comes from the keychain or from the server."),
        Step::Ticket => ("Asking for a ticket", "Step 2 of 3: the JWT is exchanged for a one-time ticket."),
        Step::Socket => ("Opening the WebSocket", "Step 3 of 3: the ticket is used for the upgrade."),
        Step::Greeting => {
            ("Greeting the service", "The socket is open; it is of use once the service's greeting is over.")
        }
    };
    let last = first.map_or_else(String::new, |finding| format!(" Last time: {}.", finding.problem.title));
    (Tone::Busy, "CONNECTING", title.to_owned(), format!("{detail}{last}"))
}

/// It failed and is tried again.
fn failing(snapshot: &Snapshot, first: Option<&Finding>) -> Words {
    let (tone, status) = (Tone::Warning, "RECONNECTING");
    match first {
        Some(finding) => failed(snapshot, tone, status, finding),
        None => (tone, status, "Reconnecting".to_owned(), "The client waits for its next attempt.".to_owned()),
    }
}

fn failed(snapshot: &Snapshot, tone: Tone, status: &'static str, finding: &Finding) -> Words {
    let problem = &finding.problem;
    let client = match snapshot.failed.as_ref().map(|failed| failed.class) {
        // Of a web app that is not known.
        Some(Class::Hard) if snapshot.files.is_some() => "Trying again by itself cannot help.",
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
        Status::Idle if snapshot.failed.is_some() => "the client waited to try again by itself",
        Status::Idle => "nothing was going on: the connection or attempt had been ended on purpose",
        Status::Connecting(Step::Token) if snapshot.token.refreshed => {
            "the client fetched a new JWT, because the server had refused the old one"
        }
        Status::Connecting(Step::Token) => "the client was getting a JWT, step 1 of 3",
        Status::Connecting(Step::Ticket) => "the client was asking for a ticket, step 2 of 3",
        Status::Connecting(Step::Socket) => "the client was opening the WebSocket, step 3 of 3",
        Status::Connecting(Step::Greeting) => "the socket was open, and the service's greeting was not over",
        Status::Connected { .. } if snapshot.socket.closing => {
            "a person had asked for the end, and the client waited for the server's goodbye"
        }
        Status::Connected { .. } => match snapshot.socket.median_round_trip() {
            Some(rtt) => {
                return format!("the socket was open and the server answered pings in {}", DisplayDuration(rtt));
            }
            None => "the socket was open, and no ping had been answered",
        },
        Status::Waiting(_) => "the client waited to try again by itself",
        Status::Stopped => "the client had stopped: trying again by itself could not help",
        Status::Crashed { .. } => "the client had crashed and was being started again",
        Status::Ended(LastSeen::Open { .. }) => "the socket had been opened",
        Status::Ended(LastSeen::Connecting(_)) => "an attempt was going on",
        Status::Ended(LastSeen::Quiet) => "nothing was going on",
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
    format!("Simulated by the fault “{}”.", fault_label(name))
}

/// What people call the fault that has this name.
pub(crate) fn fault_label(name: &FaultName) -> &str {
    FaultKind::named(name).map_or_else(|| name.as_str(), |kind| kind.label())
}
