//! What a check came to, for people and for programs.

use std::collections::HashSet;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::{Ending, Outcome, Repeats, Step, StepResult, StepState, shown_time};
use crate::diagnosis::{Code, Finding, LogReference, Owner, Severity, sentence};
use crate::model::{ClockOffset, DisplayDuration};
use crate::view::{Tone, Verdict, fault_label, simulated_by};

/// The version of the JSON: `major.minor`. The minor grows with every addition.
const FORMAT: &str = "1.2";

/// What a check came to, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conclusion {
    /// How it should feel.
    #[serde(skip)]
    pub tone: Tone,
    /// One or two words: `ALL WELL`.
    pub status: &'static str,
    /// A stable name for scripts: `all-well`, `cancelled`, `out-of-time`, `incomplete`, the code of a finding, or
    /// `STEP-failed` for a step that no finding explains.
    pub code: String,
    /// What is the matter, in a few words.
    pub title: String,
    /// Why.
    pub cause: String,
    /// Who can fix it; empty if nobody has to.
    pub owner: String,
    /// What to do now.
    pub next: String,
}

impl Outcome {
    /// What it came to.
    pub fn conclusion(&self) -> Conclusion {
        let conclusion = self.of_findings();
        match self.repeats {
            Some(Repeats { well, all }) if well == all => Conclusion {
                cause: format!("{all} of {all} checks found all well. {}", conclusion.cause),
                ..conclusion
            },
            Some(repeats) if repeats.differ() => {
                let Repeats { well, all } = repeats;
                let cause =
                    format!("{} of {all} checks failed, {well} found all well. {}", all - well, conclusion.cause);
                Conclusion { cause, ..conclusion }
            }
            Some(_) | None => conclusion,
        }
    }

    fn of_findings(&self) -> Conclusion {
        let plain = |tone, status, code: &str, title: &str, cause: String, next: &str| Conclusion {
            tone,
            status,
            code: code.to_owned(),
            title: title.to_owned(),
            cause,
            owner: String::new(),
            next: next.to_owned(),
        };
        if self.ending == Ending::Cancelled {
            let cause = format!("{} of {} steps were run.", self.count(is_run), self.steps.len());
            return plain(Tone::Neutral, "CANCELLED", "cancelled", "The check was cancelled", cause, "Run it again.");
        }
        if self.is_well() {
            let mut cause = format!(
                "{} steps passed, {} made no sense here.",
                self.count(|state| state == StepState::Passed),
                self.count(|state| state == StepState::Skipped)
            );
            // What is noted beside it has an advice of its own, and is no reason to look elsewhere.
            let noted = self.findings.first().map(|finding| {
                let said = if self.findings.len() == 1 { "One thing is" } else { "Some things are" };
                cause += &format!(" {said} noted below that ended no connection.");
                finding.problem.next.as_ref()
            });
            let next = "Nothing is wrong with this service as seen from here: look at the user's own computer.";
            return plain(Tone::Good, "ALL WELL", "all-well", &self.what_works(), cause, noted.unwrap_or(next));
        }
        let is_graver = |finding: &&Finding| finding.severity() > Severity::Notice;
        // A wrong clock ends no connection: another step that failed has a cause of its own.
        let stands = |state, step: fn(Step) -> bool| self.steps.iter().find(|it| it.state == state && step(it.step));
        // What only a browser meets explains no step that failed here.
        let failed_here =
            stands(StepState::Failed, |step| !matches!(step, Step::Clock | Step::Configuration | Step::Silence));
        let is_explanation = |finding: &&Finding| {
            failed_here.is_none() || !matches!(finding.problem.code, Code::BlockedByBrowser | Code::IdleCut)
        };
        if let Some(finding) = self.findings.iter().filter(is_graver).find(is_explanation) {
            return of_finding(finding);
        }
        if let Some(step) = stands(StepState::Failed, |step| step != Step::Clock) {
            // A ticket that comes again does no harm until the client comes back with it.
            let repeated = self.findings.iter().find(|finding| finding.problem.code == Code::TicketRepeated);
            return repeated.filter(|_| step.step == Step::Comeback).map_or_else(|| of_step(step), of_finding);
        }
        let noted = stands(StepState::Failed, |_| true).or(stands(StepState::Warning, |_| true));
        match (noted, self.findings.first()) {
            (Some(_), Some(finding)) => of_finding(finding),
            (Some(step), None) => of_step(step),
            (None, _) if self.ending == Ending::OutOfTime => {
                let cause = format!("It was ended after {}.", DisplayDuration(self.took));
                plain(Tone::Bad, "NOT WELL", "out-of-time", "The check took too long", cause, "Run it again.")
            }
            (None, _) => {
                let cause = "Not every step was run.".to_owned();
                plain(Tone::Warning, "NOT KNOWN", "incomplete", "The check is not complete", cause, "Run it again.")
            }
        }
    }

    /// The steps that work, in words: those of the contract, or what a service of its own kind has of them.
    fn what_works(&self) -> String {
        let of = |step, word| {
            let passed = |result: &&StepResult| result.step == step && result.state == StepState::Passed;
            self.steps.iter().find(passed).map(|_| word)
        };
        let named = [(Step::Token, "login"), (Step::Ticket, "ticket"), (Step::Upgrade, "WebSocket")];
        let named = named.into_iter().chain([(Step::Greeting, "greeting")]);
        let mut words: Vec<&str> = named.filter_map(|(step, word)| of(step, word)).collect();
        let Some(last) = words.pop() else { return "Nothing is wrong".to_owned() };
        let (all, verb) = if words.is_empty() {
            (last.to_owned(), "works")
        } else {
            (format!("{} and {last}", words.join(", ")), "work")
        };
        let mut all = all.chars();
        let first = all.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{} {verb}", all.as_str())
    }

    /// The same as the line over a session.
    pub fn verdict(&self) -> Verdict {
        let Conclusion { tone, status, title, cause, next, .. } = self.conclusion();
        Verdict { tone, status, title, detail: format!("{cause} {next}"), findings: self.findings.clone() }
    }

    fn count(&self, which: impl Fn(StepState) -> bool) -> usize {
        self.steps.iter().filter(|step| which(step.state)).count()
    }
}

fn is_run(state: StepState) -> bool {
    matches!(state, StepState::Passed | StepState::Warning | StepState::Failed)
}

fn of_finding(finding: &Finding) -> Conclusion {
    let problem = &finding.problem;
    let (tone, status) = match finding.severity() {
        Severity::Notice => (Tone::Warning, "WORKS, BUT"),
        Severity::Warning => (Tone::Warning, "NOT WELL"),
        Severity::Error => (Tone::Bad, "NOT WELL"),
    };
    let mut next = problem.next.clone().into_owned();
    match &finding.log_reference {
        Some(LogReference::Trace(trace)) => next += &format!(" Trace id {trace} finds it in the server's log."),
        Some(LogReference::Ticket(ticket)) => next += &format!(" ticketHash #{ticket} finds it in the server's log."),
        None => {}
    }
    let (mut title, mut cause, owner) = (problem.title.clone(), problem.cause.clone(), problem.owner.to_string());
    if let Some(fault) = &finding.simulated {
        title.insert_str(0, "SIMULATED ");
        cause += &format!(" {}", simulated_by(fault));
    }
    Conclusion { tone, status, code: problem.code.to_string(), title, cause, owner, next }
}

/// For what no finding explains.
fn of_step(failed: &StepResult) -> Conclusion {
    if failed.state == StepState::Warning && matches!(failed.step, Step::Greeting | Step::Open) {
        let details: Vec<_> = failed.details.iter().map(ToString::to_string).collect();
        return Conclusion {
            tone: Tone::Warning,
            status: "NOT KNOWN",
            code: format!("{}-not-known", failed.step),
            title: format!("{}: not all of it can be told", failed.step.label()),
            cause: sentence(failed.found.as_str()),
            owner: Owner::ProfileAuthor.to_string(),
            next: sentence(&details.join("; ")),
        };
    }
    let (owner, next) = remedy(failed.step);
    Conclusion {
        tone: Tone::Bad,
        status: "NOT WELL",
        code: format!("{}-failed", failed.step),
        title: format!("{} failed", failed.step.label()),
        cause: sentence(failed.found.as_str()),
        owner: owner.to_string(),
        next: next.to_owned(),
    }
}

/// Who can do what about a step that failed and that no finding explains.
fn remedy(step: Step) -> (Owner, &'static str) {
    match step {
        Step::Clock => (Owner::User, "The user can set this computer's clock by the network's time."),
        Step::Configuration => {
            (Owner::ProfileAuthor, "Whoever wrote the profile can correct the line that the step names.")
        }
        Step::Proxy => {
            (Owner::UserIt, "The user's IT can say which proxy this computer has to take, and whether it is up.")
        }
        Step::Dns | Step::Tcp | Step::Tls => (
            Owner::UserIt,
            "Whose it is cannot be told from here: run the check from another network. If it passes there, the user's IT can \
             see what on this one stops the connection; if it fails there too, operations have to.",
        ),
        Step::Health => (
            Owner::Operations,
            "Operations can see why the health endpoint says so; whoever wrote the profile can take it out, if the service has \
             none.",
        ),
        // One that has expired is exchanged; what is still wrong was issued so.
        Step::Claims => (
            Owner::Operations,
            "Operations can see why the token service gives out such a JWT: its clock, or the lifetime that it is set to.",
        ),
        Step::Token | Step::Ticket | Step::Upgrade => (
            Owner::Operations,
            "Operations can find this request in the service's log by its trace id or ticketHash; if it is not there, a gateway \
             before the service stopped it.",
        ),
        Step::Browser => (
            Owner::Operations,
            "Operations can let the service answer what a browser asks before it sends the request.",
        ),
        Step::Greeting => (
            Owner::Developers,
            "The developers can see in the server's log what it waits for after the upgrade; whoever wrote the profile can \
             compare its [[hello]] with that.",
        ),
        Step::Open => (
            Owner::Developers,
            "The developers can let the server answer pings (RFC 6455 §5.5.3), which a WebSocket library does by itself.",
        ),
        Step::Comeback => (
            Owner::Operations,
            "Whether the service or the way to it is slow cannot be told: run the check once more. If it fails again, operations \
             can see in the service's log what becomes of the second ticket request and upgrade.",
        ),
        Step::Silence => (
            Owner::Operations,
            "Operations can see what before the service ends a connection on which nothing is sent, or let the server send pings.",
        ),
    }
}

/// The check as one JSON object, whose fields `ticketscope check --help` lists.
///
/// # Errors
/// Serialization errors; none expected.
pub fn json(outcome: &Outcome) -> serde_json::Result<String> {
    let Outcome { profile, started, took, ending, steps, findings, armed, entries, .. } = outcome;
    let all = findings.iter().flat_map(Finding::with_symptoms);
    let evidence: HashSet<_> = all.flat_map(|(_, finding)| finding.evidence.iter().copied()).collect();
    let proof: Vec<_> = entries.iter().map(|entry| &**entry).filter(|entry| evidence.contains(&entry.seq)).collect();
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let clock = outcome
        .clock()
        .map(|ClockOffset { ahead_millis, within }| json!({ "ahead_ms": ahead_millis, "within_ms": millis(within) }));
    serde_json::to_string_pretty(&json!({
        "format": FORMAT,
        "program": env!("CARGO_PKG_VERSION"),
        "profile": profile.name,
        "api": profile.api,
        "websocket": profile.websocket,
        "origin": profile.origin,
        "started": started,
        "took_ms": millis(*took),
        "ending": ending,
        "well": outcome.is_well(),
        "steps": steps,
        "clock": clock,
        "findings": findings,
        "entries": proof,
        "conclusion": outcome.conclusion(),
        "repeats": outcome.repeats,
        "not_tried": not_tried(outcome).iter().map(|_| Step::Silence).collect::<Vec<_>>(),
        "faults_armed": armed,
    }))
}

/// The check as text that can be pasted into a ticket.
pub fn text(outcome: &Outcome) -> String {
    let mut text = format!("{}\n", heading(outcome.profile.name.as_str(), &outcome.profile));
    for result in &outcome.steps {
        step_lines(result).into_iter().for_each(|line| text += &(line + "\n"));
    }
    conclusion_lines(outcome).into_iter().for_each(|line| text += &(line + "\n"));
    text
}

/// What is checked.
pub fn heading(name: &str, profile: &crate::model::Profile) -> String {
    format!("Check of {name}: {}, {}", profile.api, profile.said_origin())
}

/// A step in words: itself, then its details.
pub fn step_lines(result: &StepResult) -> Vec<String> {
    let StepResult { step, state, found, details, .. } = result;
    let (icon, label, word) = (state.icon(), step.label(), state.label());
    let mut lines = vec![format!("  {icon} {label:<14} {word:<7} {:>8}  {found}", shown_time(result))];
    lines.extend(details.iter().map(|detail| format!("{:>37}{detail}", "")));
    lines
}

/// What it came to.
pub fn conclusion_lines(outcome: &Outcome) -> Vec<String> {
    let Conclusion { status, title, cause, owner, next, .. } = outcome.conclusion();
    let mut lines = vec![String::new(), format!("{status}: {title}"), format!("  {cause}")];
    if !owner.is_empty() {
        lines.push(format!("  Who can fix it: {owner}"));
    }
    lines.push(format!("  Next step: {next}"));
    for finding in others(outcome) {
        lines.push(format!(
            "  Also ({}): {}. {}",
            finding.problem.severity, finding.problem.title, finding.problem.cause
        ));
    }
    lines.extend(not_tried(outcome).map(|what| format!("  {what} (--quiet 90s)")));
    lines.extend(armed_line(outcome));
    let open = outcome.steps.iter().find(|step| step.step == Step::Open && step.state == StepState::Passed);
    let of_which = open.map_or_else(String::new, |open| {
        let waited = if open.took < super::UNPROVEN_FOR { super::OPEN_FOR } else { super::UNPROVEN_FOR };
        format!(", {} of them waiting for the socket to stay open", DisplayDuration(waited))
    });
    lines.push(format!("  {} in all{of_which}", DisplayDuration(outcome.took)));
    lines
}

/// Findings and their symptoms that the conclusion is not about.
pub fn others(outcome: &Outcome) -> Vec<&Finding> {
    let main = outcome.conclusion().title;
    let all = outcome.findings.iter().flat_map(Finding::with_symptoms).map(|(_, finding)| finding);
    all.filter(|finding| !main.ends_with(&finding.problem.title)).collect()
}

/// What the check did not find out and could have: our own pings keep a connection open that a browser would lose.
pub fn not_tried(outcome: &Outcome) -> Option<&'static str> {
    let was_open = outcome.steps.iter().any(|step| step.step == Step::Open && step.state == StepState::Passed);
    let is_tried = outcome.steps.iter().any(|step| step.step == Step::Silence);
    (was_open && !is_tried).then_some("Not tried: whether a silent connection is cut")
}

/// What has to be said of faults that are armed in the window.
pub fn armed_line(outcome: &Outcome) -> Option<String> {
    let names: Vec<_> = outcome.armed.iter().map(fault_label).collect();
    let names = (!names.is_empty()).then(|| names.join(", "))?;
    Some(format!("  SIMULATED faults are armed in this window ({names}): they act on its session, not on this check"))
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;
    use crate::diagnosis::Diagnoser;
    use crate::model::{DriverEvent, Entry, Event, Moment, Profile, SafeText, Source};

    #[test]
    fn what_no_finding_explains_has_somebody_who_can_do_something_or_says_what_would_settle_it() {
        let names = ["The user ", "The user's IT ", "Operations ", "The developers ", "Whoever wrote the profile "];
        let owners = [Owner::User, Owner::UserIt, Owner::Operations, Owner::Developers, Owner::ProfileAuthor];
        for step in Step::iter() {
            let (owner, next) = remedy(step);
            let named =
                names.iter().zip(owners).rev().find(|(name, _)| next.starts_with(**name)).map(|(_, owner)| owner);
            let is_open = next.contains("cannot be told") && next.contains("run the check");
            assert!(named == Some(owner) || is_open, "{step}: {owner}, {next}");
        }
    }

    /// A check of which every step passed, in which this was found.
    fn passed(findings: Vec<Finding>) -> Outcome {
        let step = |step| StepResult {
            step,
            state: StepState::Passed,
            found: SafeText::default(),
            details: Vec::new(),
            began: Moment::START,
            took: Duration::ZERO,
        };
        Outcome {
            profile: Profile::production(),
            started: chrono::DateTime::UNIX_EPOCH,
            took: Duration::ZERO,
            seed: 0,
            ending: Ending::Complete,
            steps: [Step::Token, Step::Ticket, Step::Upgrade].map(step).into(),
            repeats: None,
            findings,
            armed: Vec::new(),
            entries: Vec::new(),
        }
    }

    #[test]
    fn what_is_noted_beside_a_check_that_is_well_is_what_to_do_next() {
        let well = passed(Vec::new()).conclusion();
        assert!(well.next.contains("Nothing is wrong") && !well.cause.contains("noted"), "{well:?}");
        let mut diagnoser = Diagnoser::new(Profile::production());
        let offset = ClockOffset { ahead_millis: 300_000, within: Duration::from_millis(50) };
        diagnoser.apply(&Entry {
            seq: 0,
            elapsed: Moment::START,
            time: chrono::DateTime::UNIX_EPOCH,
            attempt: None,
            source: Source::Driver,
            simulated: None,
            event: Event::Driver(DriverEvent::ClockCompared { offset }),
        });
        let findings = diagnoser.findings();
        assert_eq!(findings[0].severity(), Severity::Notice);
        let next = findings[0].problem.next.clone();
        let noted = passed(findings).conclusion();
        assert_eq!((noted.status, noted.code.as_str()), ("ALL WELL", "all-well"));
        assert!(noted.next == next && noted.cause.contains("One thing is noted below"), "{noted:?}");
    }
}
