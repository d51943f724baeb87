//! What support passes on: an answer that the user understands, and what operations can search for.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::{FilesView, LastSeen, SessionView, Snapshot, Status, Step};
use crate::diagnosis::{Finding, ForUser, LogReference, Outlook, Owner, Severity};
use crate::model::{Browser, Profile, Remedy, Timing, Unseen};

/// What support passes on of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Support {
    /// The answer for the user, in plain words and without anything internal.
    pub answer: String,
    /// Whether that is something to send: before anything was tried, it only says so.
    #[serde(skip)]
    pub is_answered: bool,
    /// What operations need, each with what it is called.
    pub operations: Vec<Fact>,
    /// What the files cannot tell, and why.
    pub unseen: Vec<Fact>,
    /// The file that would settle the cause, if the cause is not known.
    pub ask: Option<Ask>,
}

/// A fact with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is called.
    pub name: &'static str,
    /// What it is.
    pub value: String,
}

/// A file to ask the user for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ask {
    /// What it is called.
    pub file: &'static str,
    /// How the user makes it, step by step.
    pub steps: &'static str,
}

impl Support {
    /// What is to be passed on of the session that `view` shows.
    pub fn of(view: &SessionView) -> Self {
        // After a person has ended it, what was wrong before is what matters.
        let findings =
            view.ended().filter(|_| view.findings().is_empty()).map_or(view.findings(), |ended| &ended.findings);
        Self::of_findings(view, findings)
    }

    /// The same where `findings` are what is wrong, of which the session itself may not tell all.
    pub fn of_findings(view: &SessionView, findings: &[Finding]) -> Self {
        let snapshot = view.snapshot();
        let first = findings.first();
        let ask = ask(snapshot, first);
        let (answer, is_answered) = match answer(snapshot, first, ask.as_ref()) {
            Ok(answer) => (answer, true),
            Err(nothing) => (nothing.to_owned(), false),
        };
        Self { answer, is_answered, operations: operations(view, first), unseen: unseen(snapshot), ask }
    }

    /// The block for operations, as text to be pasted.
    pub fn operations_text(&self) -> String {
        lines(&self.operations)
    }
}

/// What a user of `browser` is asked for who has sent nothing yet, with the steps.
pub fn request(browser: Browser) -> String {
    let part = |remedy: Remedy| format!("{}:\n{}", remedy.label(), remedy.steps(browser));
    let (har, console) = (part(Remedy::FreshHar), part(Remedy::ConsoleWithTimes));
    format!("Please send us two files that tell why it does not connect.\n\nFirst, {har}\n\nThen, {console}\n")
}

fn lines(facts: &[Fact]) -> String {
    facts.iter().map(|fact| format!("{}: {}\n", fact.name, fact.value)).collect()
}

fn unseen(snapshot: &Snapshot) -> Vec<Fact> {
    let files = snapshot.files.iter().flat_map(|files| files.unseen.keys());
    files.map(|what| Fact { name: what.label(), value: what.reason().to_owned() }).collect()
}

/// The file that would tell the cause, if it is not known.
fn ask(snapshot: &Snapshot, first: Option<&Finding>) -> Option<Ask> {
    let files = snapshot.files.as_ref()?;
    if files.is_log() {
        return None;
    }
    let browser = files.browser.unwrap_or(Browser::Chromium);
    let ask = |remedy: Remedy| Ask { file: remedy.label(), steps: remedy.steps(browser) };
    // Chrome writes down when a socket ended; from others' files it cannot be told whether it did.
    let is_end_untold = files.unseen.contains_key(&Unseen::SocketEnd) && files.browser != Some(Browser::Chromium);
    let last_seen = last_seen(snapshot).filter(|_| first.is_none());
    if is_end_untold && matches!(last_seen, Some(LastSeen::Open { .. })) {
        return Some(ask(Remedy::Console));
    }
    if let Some(LastSeen::Connecting(step)) = last_seen {
        // What a rule of the browser's stops after the ticket is in its console alone.
        let is_stopped = step == Step::Socket && files.timing == Timing::Dated;
        return Some(ask(if is_stopped { Remedy::Console } else { Remedy::FreshHar }));
    }
    if let Some(remedy) = first.and_then(|finding| finding.problem.asks) {
        return Some(ask(remedy));
    }
    let is_known = first.is_none_or(|finding| finding.problem.owner != Owner::Unknown);
    let lacks = |what: &Unseen| files.unseen.contains_key(what);
    let wanted = [
        Unseen::UpgradeStatus,
        Unseen::Beginning,
        Unseen::CloseReason,
        Unseen::Socket,
        Unseen::Answer,
        Unseen::DialFailure,
        Unseen::Times,
    ];
    let what = wanted.into_iter().find(lacks).filter(|_| !is_known)?;
    Some(ask(what.remedy()?))
}

/// What to tell the user, or why there is nothing to tell yet.
fn answer(snapshot: &Snapshot, first: Option<&Finding>, ask: Option<&Ask>) -> Result<String, &'static str> {
    if let Some(finding) = first {
        return Ok(answer_to(finding, snapshot, ask));
    }
    let is_log = snapshot.files.as_ref().is_some_and(FilesView::is_log);
    let words = if let Some(ask) = ask {
        let shows = if matches!(last_seen(snapshot), Some(LastSeen::Connecting(_))) {
            "It ends before the connection has either worked or failed. Please record it once more, wait until the page \
             shows what is wrong, and send us"
        } else {
            "It shows that the connection is made, and cannot show whether it lasts. If the page still does not work, \
             please send us as well"
        };
        format!("Thank you for the file. {shows} {}:\n\n{}", ask.file, ask.steps)
    } else if is_log {
        "Our server's log shows no failure of this connection. If the page does not work, please send us what your browser \
         shows of it."
            .to_owned()
    } else if snapshot.files.is_some() {
        "In the file that you sent the connection works. If it fails again, please send a new file that was recorded \
         while it fails."
            .to_owned()
    } else {
        unfailing(snapshot)?.to_owned()
    };
    Ok(words)
}

/// What to tell the user whose connection has this problem.
fn answer_to(finding: &Finding, snapshot: &Snapshot, ask: Option<&Ask>) -> String {
    let is_file = snapshot.files.is_some();
    if let Some(ask) = ask {
        let shows = match finding.severity() {
            Severity::Notice => {
                "the connection works and that it was closed later, but not why. If it should have stayed open,"
            }
            Severity::Warning | Severity::Error => "the connection fails, but not why. Therefore,",
        };
        return format!(
            "Thank you for the file. It shows that {shows} please send us {} as well:\n\n{}",
            ask.file, ask.steps
        );
    }
    let problem = &finding.problem;
    let host = snapshot.profile.websocket.url().host_str().filter(|host| *host != Profile::UNKNOWN_HOST);
    let host = host.unwrap_or("our server").to_owned();
    let again = match problem.outlook {
        Outlook::Passing => " Please try again in a few minutes.",
        Outlook::Lasting => " We will tell you when it works again.",
    };
    match &problem.for_user {
        ForUser::Said(words) => return words.clone().into_owned(),
        ForUser::SaidOfFiles(words) if is_file => return (*words).to_owned(),
        ForUser::SaidOfFiles(_) | ForUser::ByOwner => {}
    }
    match problem.owner {
        Owner::Operations | Owner::Developers | Owner::ProfileAuthor => format!(
            "Your computer and your account are fine. There is a fault in our service, and we are passing it on to those who \
             can fix it. You do not have to do anything.{again}"
        ),
        Owner::UserIt => format!(
            "Your account is fine. Something between your computer and our service keeps the page from connecting: a \
             firewall, a proxy or a virus scanner. Please pass this on to your IT: the computer needs to reach {host} by \
             WebSocket (wss, port {}).",
            snapshot.profile.websocket.url().port_or_known_default().unwrap_or(443)
        ),
        Owner::User => "Please sign out and in again, and load the page again (F5). If that does not help, please write to us \
                        once more."
            .to_owned(),
        Owner::Nobody if finding.severity() < Severity::Error => {
            "There was a short interruption that passed by itself. If the page does not work yet, please load it again (F5)."
                .to_owned()
        }
        Owner::Nobody | Owner::Unknown => {
            format!("The connection fails, and we are looking for the cause.{again}")
        }
    }
}

/// What can be answered where nothing has failed.
fn unfailing(snapshot: &Snapshot) -> Result<&'static str, &'static str> {
    let has_been_open = snapshot.closes.back().is_some();
    match snapshot.status {
        Status::Connected { .. } | Status::Ended(LastSeen::Open { .. }) => Ok(WORKS),
        Status::Idle | Status::Stopped | Status::Ended(LastSeen::Quiet) if has_been_open => Ok(WORKS),
        Status::Idle | Status::Stopped | Status::Ended(LastSeen::Quiet) => {
            Err("There is no answer yet: nothing has been tried. Press Connect, or open what the user sent.")
        }
        Status::Connecting(_)
        | Status::Waiting(_)
        | Status::Crashed { .. }
        | Status::Ended(LastSeen::Connecting(_)) => Err("There is no answer yet: it is still connecting."),
    }
}

const WORKS: &str = "The connection works. If the page still shows old data, please load it again (F5).";

/// How the session stood when the files ended.
fn last_seen(snapshot: &Snapshot) -> Option<LastSeen> {
    if let Status::Ended(last) = snapshot.status { Some(last) } else { None }
}

fn operations(view: &SessionView, first: Option<&Finding>) -> Vec<Fact> {
    let snapshot = view.snapshot();
    let profile = view.profile();
    let mut facts = Vec::new();
    let mut push = |name, value: String| facts.push(Fact { name, value });
    if let Some(finding) = first {
        push("problem", format!("{} ({})", finding.problem.title, finding.problem.code));
        push("cause", finding.problem.cause.clone());
        push("who can fix it", finding.problem.owner.to_string());
    }
    let is_known = |text: &str| !text.contains(Profile::UNKNOWN_HOST);
    let address = profile.websocket.join(&profile.endpoints.socket.path).to_string();
    if is_known(&address) {
        push("address", address);
    }
    match profile.sent_origin().filter(|origin| is_known(origin.as_str())) {
        Some(origin) => push("origin", origin.to_string()),
        None if snapshot.files.is_some() && first.is_some() => push("origin", "not in these files".to_owned()),
        None => {}
    }
    let own = snapshot.ticket.last.filter(|ticket| ticket.attempt == snapshot.attempt);
    let (mut trace, mut ticket) = (None, own.map(|ticket| ticket.fingerprint));
    match first.and_then(|finding| finding.log_reference.clone()) {
        Some(LogReference::Trace(found)) => trace = Some(found),
        Some(LogReference::Ticket(found)) => ticket = Some(found),
        None => {}
    }
    let is_of_files = snapshot.files.is_some() && first.is_some();
    let mut find = |name, value: Option<String>| {
        let missing = || is_of_files.then(|| "not in these files".to_owned());
        value.or_else(missing).into_iter().for_each(|value| push(name, value));
    };
    find("trace id", trace.map(|trace| trace.to_string()));
    find("ticketHash", ticket.map(|ticket| ticket.to_string()));
    if let Some(time) = failed_at(view) {
        push("time (UTC)", time.to_rfc3339_opts(SecondsFormat::Millis, true));
    }
    if let Some(finding) = first {
        push("what to do", finding.problem.next.to_string());
    }
    facts
}

/// When it failed, if that is known as a date.
fn failed_at(view: &SessionView) -> Option<DateTime<Utc>> {
    let snapshot = view.snapshot();
    let is_dated = snapshot.files.as_ref().is_none_or(|files| files.timing == Timing::Dated);
    let (newest, time) = view.newest().filter(|_| is_dated)?;
    let at = snapshot.failed.as_ref().map_or(newest, |failed| failed.at);
    let before = chrono::TimeDelta::from_std(newest.since(at)).ok()?;
    time.checked_sub_signed(before)
}
