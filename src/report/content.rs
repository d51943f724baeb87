//! What a report tells people, in the order in which they ask.

use chrono::{DateTime, Utc};

use super::annotation::Annotation;
use super::clean::{Clean, Cleaner};
use super::facts::Facts;
use crate::check::{Conclusion, Outcome, armed_line, others, shown_time};
use crate::diagnosis::{Finding, LogReference};
use crate::model::{Class, DisplayDuration, Profile, SafeText, SourceFile};
use crate::view::Tone;

/// A report in words, whatever it is written in.
#[derive(Clone)]
pub struct Document {
    /// What it is called.
    pub id: Clean,
    /// The ticket that a person says it belongs to; empty if nobody says so.
    pub ticket: Clean,
    /// The lines of a person's note.
    pub note: Vec<Clean>,
    /// The verdict in a few words, and how it should feel.
    pub status: Clean,
    /// How that should feel.
    pub tone: Tone,
    /// What is the matter.
    pub title: Clean,
    /// Why, who can fix it and how.
    pub detail: Clean,
    /// Everything else, in the order in which people ask for it.
    pub sections: Vec<Section>,
    /// What is not in it.
    pub end: Clean,
}

/// A part with a heading.
#[derive(Clone)]
pub struct Section {
    /// What it is called.
    pub heading: &'static str,
    /// What it says.
    pub body: Body,
}

/// How a part is laid out.
#[derive(Clone)]
pub enum Body {
    /// Names and what they stand for.
    Facts(Vec<(&'static str, Clean)>),
    /// Rows below a head.
    Table {
        /// What the columns are called.
        head: &'static [&'static str],
        /// A cell for each of them.
        rows: Vec<Vec<Clean>>,
    },
    /// Lines as they are.
    Lines {
        /// From the first to the last.
        lines: Vec<Clean>,
        /// Whether they have no place in a ticket.
        long: bool,
    },
}

impl Document {
    /// Says what a person adds, instead of what was added before.
    pub(super) fn annotate(&mut self, cleaner: &Cleaner, annotation: &Annotation) {
        self.ticket = clean(cleaner, &annotation.ticket);
        self.note = annotation.note.trim().lines().map(|line| clean(cleaner, line)).collect();
        self.end = end(cleaner);
    }
}

/// A line that a person wrote.
fn clean(cleaner: &Cleaner, line: &str) -> Clean {
    cleaner.text(SafeText::new(line.trim()).as_str())
}

fn end(cleaner: &Cleaner) -> Clean {
    Clean::concat([
        "No token, ticket, cookie or message text is in this report. Addresses of the user's own network that were "
            .into(),
        "replaced by ones like 192.0.2.1, which are nobody's: ".into(),
        cleaner.replaced().into(),
    ])
}

/// Puts `facts` into clean words.
pub(super) fn document(cleaner: &Cleaner, facts: &Facts<'_>, made: DateTime<Utc>) -> Document {
    let clean = |text: &str| cleaner.text(text);
    let mut sections = Vec::new();
    let mut add = |heading, body| sections.push(Section { heading, body });
    for (index, (depth, finding)) in facts.verdict.findings.iter().flat_map(Finding::with_symptoms).enumerate() {
        let heading = match index {
            0 => "What is wrong",
            _ => "Also found",
        };
        add(heading, Body::Facts(finding_facts(cleaner, finding, depth > 0)));
    }
    add("Session", Body::Facts(session(cleaner, facts, made)));
    let unseen = facts.view.snapshot().files.iter().flat_map(|files| files.unseen.keys());
    let unseen: Vec<_> = unseen.map(|what| (what.label(), clean(what.reason()))).collect();
    if !unseen.is_empty() {
        add("Not in these files", Body::Facts(unseen));
    }
    if facts.lanes().next().is_some() {
        add("Last attempts", attempts(cleaner, facts));
    }
    if facts.closes().0.next().is_some() {
        add("Closes", closes(cleaner, facts));
    }
    match facts.check {
        Some(check) => {
            add("Check", Body::Facts(check_facts(cleaner, facts, check)));
            add("Steps of the check", steps(cleaner, check));
        }
        None => add("Check", Body::Lines { lines: vec![Clean::from("No check was run")], long: false }),
    }
    let log = facts.log.iter().map(|(time, line)| match facts.clock_time(*time) {
        Some(time) => clean(&format!("{time} {line}")),
        None => clean(&line.to_string()),
    });
    add("End of the log", Body::Lines { lines: log.collect(), long: true });
    Document {
        id: facts.id.into(),
        ticket: Clean::default(),
        note: Vec::new(),
        status: facts.verdict.status.into(),
        tone: facts.verdict.tone,
        title: clean(&facts.verdict.title),
        detail: clean(&facts.verdict.detail),
        sections,
        end: end(cleaner),
    }
}

fn finding_facts(cleaner: &Cleaner, finding: &Finding, is_symptom: bool) -> Vec<(&'static str, Clean)> {
    let problem = &finding.problem;
    let mut rows = vec![
        ("Finding", cleaner.text(&problem.title)),
        ("Code", <&str>::from(problem.code).into()),
        ("Cause", cleaner.text(&problem.cause)),
        ("Who can fix it", cleaner.text(&problem.owner.to_string())),
        ("Next step", cleaner.text(&problem.next)),
    ];
    if is_symptom {
        rows.push(("Depends on", "the finding above".into()));
    }
    match &finding.log_reference {
        Some(LogReference::Trace(trace)) => {
            rows.push(("In the server's log", cleaner.text(&format!("trace id {trace}"))))
        }
        Some(LogReference::Ticket(ticket)) => {
            rows.push(("In the server's log", cleaner.text(&format!("ticketHash {ticket}"))))
        }
        None => {}
    }
    if let Some(fault) = &finding.simulated {
        rows.push(("SIMULATED", cleaner.text(&format!("brought about by the fault {fault}"))));
    }
    let proof: Vec<_> = finding.evidence.iter().map(ToString::to_string).collect();
    if !proof.is_empty() {
        rows.push(("Proof", cleaner.text(&format!("{} of recording.jsonl", numbered(&proof)))));
    }
    rows
}

/// `entry 5`, `entries 5, 9`.
fn numbered(entries: &[String]) -> String {
    let word = if entries.len() == 1 { "entry" } else { "entries" };
    format!("{word} {}", entries.join(", "))
}

/// Where each finding of `check` is proven.
fn proofs<'a>(facts: &'a Facts<'_>, check: &'a Outcome) -> impl Iterator<Item = String> + 'a {
    let file = facts.check_entries().unwrap_or_default();
    check.findings.iter().flat_map(Finding::with_symptoms).map(move |(_, finding)| {
        let entries: Vec<_> = finding.evidence.iter().map(ToString::to_string).collect();
        format!("{}: {} of {file}", finding.problem.code, numbered(&entries))
    })
}

/// What stands where the files do not tell.
const UNTOLD: &str = "not in these files";

fn session(cleaner: &Cleaner, facts: &Facts<'_>, made: DateTime<Utc>) -> Vec<(&'static str, Clean)> {
    let profile = &facts.header.profile;
    let snapshot = facts.view.snapshot();
    let files = snapshot.files.as_ref();
    let clean = |text: &str| cleaner.text(text);
    let date = |date: DateTime<Utc>| clean(&date.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    let closes = snapshot.closes.len() as u64 + snapshot.closes_dropped;
    let armed: Vec<_> = snapshot.faults.iter().map(|armed| armed.fault.to_string()).collect();
    // Whom nobody named has an address of no one's.
    let known = |text: String| if files.is_some() && text.contains(Profile::UNKNOWN_HOST) { None } else { Some(text) };
    let told = |text: Option<String>| text.map_or_else(|| UNTOLD.into(), |text| clean(&text));
    let places = [known(profile.api.to_string()), known(profile.websocket.to_string())];
    let places = places.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let origin = match profile.sent_origin() {
        Some(origin) => known(origin.to_string()),
        None => files.is_none().then(|| "none is sent".to_owned()),
    };
    let (received, sent) = facts.summary.messages;
    let messages = (files.is_none() || received + sent > 0).then(|| format!("{received} received, {sent} sent"));
    let mut rows = vec![
        ("Profile", clean(profile.name.as_str())),
        ("Service", told(Some(places).filter(|places| !places.is_empty()))),
        ("Origin", told(origin)),
        ("Began", facts.began().map_or_else(|| UNTOLD.into(), |began| clean(&began))),
        ("Lasted", told(facts.lasted().map(|lasted| DisplayDuration(lasted).to_string()))),
        ("Attempts", facts.attempts().into()),
        ("Tickets", snapshot.tickets.into()),
        ("Closes", closes.into()),
        ("Messages", told(messages)),
    ];
    if files.is_some() {
        // What this computer is like says nothing of the user's.
        rows.extend(snapshot.clock.as_ref().map(|offset| ("Clock", clean(&format!("the user's is {offset}")))));
        rows.extend(facts.header.files.iter().map(|file| ("File", clean(&named(file)))));
        rows.push(("Report made", date(made)));
        rows.push(("Opened by", clean(&format!("Ticketscope {}", facts.header.program))));
    } else {
        let clock = match &snapshot.clock {
            Some(offset) => clean(&format!("this computer's is {offset}")),
            None => "not compared: no answer had a date".into(),
        };
        let log = Clean::concat(["each x-trace-id of this session begins with ".into(), facts.id.into(), "-".into()]);
        rows.extend([
            ("Crashes of the client", snapshot.crashes.into()),
            ("Clock", clock),
            ("Keychain", clean(&snapshot.keychain.to_string())),
            ("In the server's log", log),
            ("Report made", date(made)),
            ("Recorded by", clean(&format!("Ticketscope {}", facts.header.program))),
        ]);
    }
    if facts.view.ended().is_some() {
        rows.push(("Ended", "by a person; the verdict is that of the moment before".into()));
    }
    if !armed.is_empty() {
        rows.push(("Faults armed", clean(&format!("SIMULATED: {}", armed.join(", ")))));
    }
    let lost = facts.losses.entries;
    if lost > 0 {
        rows.push(("Missing", clean(&format!("{lost} entries were dropped for lack of room"))));
    }
    let uncounted = facts.losses.messages.received.saturating_add(facts.losses.messages.sent);
    if uncounted > 0 {
        rows.push(("Not listed", clean(&format!("{uncounted} messages were only counted"))));
    }
    rows
}

/// What an opened file is called, what it is, and who wrote it.
fn named(file: &SourceFile) -> String {
    let writer = if file.writer.is_empty() { String::new() } else { format!(" by {}", file.writer) };
    format!("{}: {}{writer}", file.name, file.kind)
}

fn check_facts(cleaner: &Cleaner, facts: &Facts<'_>, check: &Outcome) -> Vec<(&'static str, Clean)> {
    let Conclusion { status, title, cause, owner, next, .. } = check.conclusion();
    let mut rows = vec![
        ("Result", cleaner.text(&format!("{status}: {title}"))),
        ("Cause", cleaner.text(&cause)),
        ("Who can fix it", cleaner.text(&owner)),
        ("Next step", cleaner.text(&next)),
        ("Took", cleaner.text(&DisplayDuration(check.took).to_string())),
    ];
    rows.retain(|(_, text)| !text.as_str().is_empty());
    for finding in others(check) {
        rows.push(("Also found", cleaner.text(&format!("{}. {}", finding.problem.title, finding.problem.cause))));
    }
    rows.extend(proofs(facts, check).map(|proof| ("Proof", cleaner.text(&proof))));
    rows.extend(armed_line(check).map(|line| ("Faults", cleaner.text(line.trim()))));
    rows
}

fn steps(cleaner: &Cleaner, check: &Outcome) -> Body {
    let rows = check.steps.iter().map(|result| {
        let found: Vec<_> = std::iter::once(&result.found).chain(&result.details).map(|text| text.as_str()).collect();
        vec![
            result.step.label().into(),
            Clean::concat([result.state.icon().into(), " ".into(), result.state.label().into()]),
            cleaner.text(&shown_time(result)),
            cleaner.text(&found.join(" · ")),
        ]
    });
    Body::Table { head: &["Step", "Result", "Took", "Found"], rows: rows.collect() }
}

fn attempts(cleaner: &Cleaner, facts: &Facts<'_>) -> Body {
    let rows = facts.lanes().map(|lane| {
        let outcome = lane.outcome.as_ref();
        let text = outcome.map_or("going on", |outcome| outcome.text.as_str());
        let next = match outcome.map(|outcome| outcome.class) {
            // What a web app does next only its own attempts show.
            _ if facts.view.snapshot().files.is_some() => "",
            None => "",
            Some(Some(Class::Soft)) => "the client tries again",
            Some(Some(Class::Hard)) => "the client stopped",
            Some(None) => "a person ended it",
        };
        let is_simulated = outcome.is_some_and(|outcome| outcome.is_simulated);
        let simulated = if is_simulated { "SIMULATED " } else { "" };
        vec![
            lane.number().map_or_else(|| "–".into(), |number| number.0.into()),
            facts.clock_time(facts.date(lane.start)).map_or_else(|| UNTOLD.into(), |time| cleaner.text(&time)),
            Clean::concat([simulated.into(), cleaner.text(text)]),
            next.into(),
        ]
    });
    let head: &'static [&'static str] = match facts.is_in_utc() {
        true => &["Attempt", "Began (UTC)", "Ended", "What then"],
        false => &["Attempt", "Began", "Ended", "What then"],
    };
    Body::Table { head, rows: rows.collect() }
}

fn closes(cleaner: &Cleaner, facts: &Facts<'_>) -> Body {
    let rows = facts.closes().0.map(|record| {
        let simulated = if record.simulated.is_some() { "SIMULATED " } else { "" };
        vec![
            facts.clock_time(record.time).map_or_else(|| UNTOLD.into(), |time| cleaner.text(&time)),
            Clean::concat([simulated.into(), cleaner.text(&record.close.to_string())]),
            cleaner.text(&record.close.meaning().to_string()),
            cleaner.text(
                &record
                    .open_for
                    .map_or_else(|| "not known".to_owned(), |open_for| DisplayDuration(open_for).to_string()),
            ),
        ]
    });
    let head: &'static [&'static str] = match facts.is_in_utc() {
        true => &["Time (UTC)", "Close", "Meaning", "Was open"],
        false => &["Time", "Close", "Meaning", "Was open"],
    };
    Body::Table { head, rows: rows.collect() }
}
