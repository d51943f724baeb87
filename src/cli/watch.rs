//! `ticketscope watch`: the same engine and the same lines on a console.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::coop::consume_budget;
use tokio::time::Instant;

use super::common::Common;
use super::interrupt::Interrupt;
use super::one_time;
use super::outcome::{Outcome, complain, ended, own_fault, wrong_use};
use super::output::Console;
use super::stdout::{Stdout, until};
use crate::diagnosis::Severity;
use crate::faults::{Activation, Arming};
use crate::journal::Level;
use crate::journal::recording::{Limits, Note, Plan, Target, write_line};
use crate::model::{DriverEvent, Entry, Event, FaultEvent, FlowCommand, FlowEvent, Profile, ReportId};
use crate::profiles::Profiles;
use crate::session::{Command, Engine as _, Options, Session};
use crate::view::{ArmedFault, SessionView, Standpoint, Status, Verdict};

/// How long what is left of the lines may take to be read after the time of `--for`.
const PATIENCE: Duration = Duration::from_secs(5);
/// What goes out at a time, in bytes.
const ENOUGH: usize = 16 << 10;

const EXIT_CODES: &str = "Exit codes:
  0  with --until, that state was reached; without it, the connection stands and nothing is found that needs to be fixed
  1  it is not so
  2  the command cannot be used as it was given, or a file of it cannot be read
  3  the program itself failed";

/// What `watch` can be told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// End after this long, such as 30s or 5m
    #[arg(long = "for", value_name = "DURATION", value_parser = humantime_serde::re::humantime::parse_duration)]
    limit: Option<Duration>,
    /// End as soon as the connection is in this state
    #[arg(long, value_enum)]
    until: Option<Until>,
    /// Lines for people, or one JSON object per journal entry
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Show what developers want to know as well
    #[arg(long)]
    verbose: bool,
    /// Break something: a fault's name, or a table as in a drill's arm, such as
    /// '{ fault = "simulate-503", times = 3 }'. Can be given several times. What acts at once, such as
    /// restart-server, waits for the first connection
    #[arg(long = "fault", value_name = "NAME|TABLE")]
    faults: Vec<Arming>,
    /// Record the session in this file, whatever it held before [default: as the settings say]
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Repeat the random draws of an earlier run
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Until {
    /// The socket is open and of use; where the profile does not say when it is, that cannot be told
    Connected,
    /// A hard failure has stopped the client
    Stopped,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Jsonl,
}

/// Watches as `arguments` say.
pub fn run(arguments: &Arguments) -> Outcome {
    arguments.common.start_log();
    match arguments.common.profile(&Profiles::load()) {
        Ok(profile) => {
            let mut options = arguments.common.options(arguments.seed);
            if let Some(file) = &arguments.record {
                let target = Target::File(file.clone());
                // An impossible request is rejected before connecting.
                if let Err(problem) = target.check() {
                    return wrong_use(&problem);
                }
                let limits = options.recording.map_or_else(Limits::default, |plan| plan.limits);
                options.recording = Some(Plan { target, limits });
            }
            watch(profile, options, arguments)
        }
        Err(error) => wrong_use(&error),
    }
}

/// Watches a session with `profile` until a person or a hard failure ends it.
pub fn until_stopped(profile: Profile, options: Options, common: Common) -> Outcome {
    let (limit, until, format, verbose, record, seed) = (None, None, Format::Text, false, None, None);
    let faults = Vec::new();
    watch(profile, options, &Arguments { common, limit, until, format, verbose, faults, record, seed })
}

fn watch(profile: Profile, options: Options, arguments: &Arguments) -> Outcome {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return own_fault(&error),
    };
    let options = Options { given: one_time::ask(&profile), ..options };
    let mut interrupt = Interrupt::listen();
    let output = match Stdout::start() {
        Ok(output) => output,
        Err(error) => return own_fault(&error),
    };
    let news = Arc::new(Notify::new());
    let session = Session::start(profile, options, {
        let news = Arc::clone(&news);
        move |_| news.notify_one()
    });
    let session = match session {
        Ok(session) => session,
        Err(error) => return own_fault(&error),
    };
    let (mut at_once, armed): (Vec<_>, Vec<_>) =
        arguments.faults.iter().cloned().partition(|arming| arming.fault.kind().activation() == Activation::Immediate);
    let connect = Command::Flow(FlowCommand::Connect);
    if !armed.into_iter().map(Command::Arm).chain([connect]).all(|command| session.send(command)) {
        return wrong_use(&"these are more faults than a session takes at a time");
    }
    let mut printer = Printer::new(arguments, output);
    let journal = session.journal().clone();
    // What the lines printed so far tell. Whatever has happened since does not count, so that the same lines lead to the
    // same exit code.
    let mut printed = SessionView::live(session.header().profile);
    let deadline = arguments.limit.and_then(|limit| Instant::now().checked_add(limit));
    let followed = runtime.block_on(async {
        // Whatever it waits for, such as somebody who reads the lines.
        tokio::select! {
            followed = follow(&session, &news, arguments, &mut at_once, &mut printer, &mut printed) => followed,
            () = interrupt.asked() => Ok(()),
            () = until(deadline) => Ok(()),
        }
    });
    let id = session.header().report_id();
    session.close();
    let concluded = followed.and_then(|()| {
        // What closing the connection brought about belongs to the record as well.
        journal.since(printed.next_seq()).entries.iter().try_for_each(|entry| printer.print(entry))?;
        printer.conclude(&printed.verdict(Standpoint::Present), id)?;
        let deadline = deadline.and_then(|deadline| deadline.max(Instant::now()).checked_add(PATIENCE));
        runtime.block_on(printer.finish(&mut interrupt, deadline))
    });
    ended(concluded, outcome(&printed, arguments.until))
}

/// Prints until it is time to end. The first connection is for the faults that act `at_once`, if there are any.
async fn follow(
    session: &Session,
    news: &Notify,
    arguments: &Arguments,
    at_once: &mut Vec<Arming>,
    printer: &mut Printer,
    printed: &mut SessionView,
) -> io::Result<()> {
    printer.begin(session)?;
    printer.flush().await?;
    // The attempt whose connection was for these faults alone.
    let mut broken = None;
    loop {
        let fresh = session.journal().since(printed.next_seq());
        if fresh.missed > 0 {
            printer.missed(fresh.missed)?;
            fresh.landmarks.iter().for_each(|entry| printed.apply(entry));
        }
        for entry in fresh.entries {
            printer.print(&entry)?;
            printed.apply(&entry);
            printer.badge(&printed.snapshot().faults)?;
            if entry.event == Event::Flow(FlowEvent::Connected) && !at_once.is_empty() {
                broken = entry.attempt;
                break_at_once(session, std::mem::take(at_once));
            }
            if let Event::Fault(FaultEvent::Refused { .. }) = entry.event {
                broken = None;
            }
            let is_over = match printed.snapshot().status {
                Status::Connected { .. } => {
                    let is_broken = broken.is_some() && broken == printed.snapshot().attempt;
                    arguments.until == Some(Until::Connected) && !is_broken
                }
                // Only a person could go on, and there is none here.
                Status::Stopped | Status::Ended(_) => true,
                Status::Idle | Status::Connecting(_) | Status::Waiting(_) | Status::Crashed { .. } => false,
            };
            if is_over {
                return Ok(());
            }
            if printer.is_full() {
                printer.flush().await?;
            }
        }
        printer.flush().await?;
        news.notified().await;
        // However fast news comes, its end is heard.
        consume_budget().await;
    }
}

/// Does what acts at once, and begins a new attempt if it would not be seen before.
fn break_at_once(session: &Session, faults: Vec<Arming>) {
    let needs_attempt = faults.iter().any(|arming| arming.fault.kind().shows_at_next_attempt());
    let retry = needs_attempt.then_some(Command::Flow(FlowCommand::RetryNow));
    for command in faults.into_iter().map(Command::Arm).chain(retry) {
        // What a session has no room for is not armed, and no line says that it was.
        session.send(command);
    }
}

/// What was asked for was reached. Where nothing was asked for, all is to be well: connected, and nothing is found of which there
/// is no connection until somebody fixes it.
fn outcome(view: &SessionView, until: Option<Until>) -> Outcome {
    let snapshot = view.snapshot();
    let is_of_use = matches!(snapshot.status, Status::Connected { .. }) && !snapshot.is_use_unknown();
    let is_reached = match until {
        Some(Until::Connected) => is_of_use,
        Some(Until::Stopped) => matches!(snapshot.status, Status::Stopped),
        None => is_of_use && view.findings().iter().all(|finding| finding.severity() < Severity::Error),
    };
    if is_reached { Outcome::Well } else { Outcome::NotWell }
}

/// Prints into standard output, piece by piece.
struct Printer {
    lines: Lines,
    output: Stdout,
}

enum Lines {
    Text(Console<Vec<u8>>),
    Jsonl(Vec<u8>),
}

impl Lines {
    /// What has been printed and has not gone out.
    fn kept(&self) -> &[u8] {
        match self {
            Self::Text(console) => console.kept_bytes(),
            Self::Jsonl(text) => text,
        }
    }

    fn is_empty(&self) -> bool {
        self.kept().is_empty()
    }

    fn take(&mut self) -> Vec<u8> {
        match self {
            Self::Text(console) => console.take(),
            Self::Jsonl(text) => std::mem::take(text),
        }
    }
}

impl Printer {
    fn new(arguments: &Arguments, output: Stdout) -> Self {
        let lines = match arguments.format {
            Format::Text => Lines::Text(Console::kept(if arguments.verbose { Level::Debug } else { Level::Info })),
            Format::Jsonl => Lines::Jsonl(Vec::new()),
        };
        Self { lines, output }
    }

    fn begin(&mut self, session: &Session) -> io::Result<()> {
        match &mut self.lines {
            Lines::Text(console) => {
                let profile = session.header().profile;
                console.say(&format!("{}: {}, {}", profile.name, profile.api, profile.said_origin()))
            }
            Lines::Jsonl(text) => write_line(text, &session.header()).map_err(io::Error::from),
        }
    }

    fn print(&mut self, entry: &Entry) -> io::Result<()> {
        match &mut self.lines {
            Lines::Text(console) => console.print(entry),
            Lines::Jsonl(text) => {
                // What a person needs and no program is not in the line.
                if let Event::Driver(DriverEvent::SignInAsked { address, code, .. }) = &entry.event {
                    let code = code.as_ref().map_or_else(String::new, |code| format!(" with the code {code}"));
                    complain(&format!("sign in{code} at {address}"));
                }
                write_line(text, entry).map_err(io::Error::from)
            }
        }
    }

    /// What is armed now.
    fn badge(&mut self, armed: &[ArmedFault]) -> io::Result<()> {
        match &mut self.lines {
            Lines::Text(console) => console.badge(armed),
            Lines::Jsonl(_) => Ok(()),
        }
    }

    /// Entries were dropped before they could be printed.
    fn missed(&mut self, entries: u64) -> io::Result<()> {
        match &mut self.lines {
            Lines::Text(console) => console.say(&format!("… {entries} entries were dropped for lack of room")),
            Lines::Jsonl(text) => write_line(text, &Note::Dropped(entries)).map_err(io::Error::from),
        }
    }

    fn conclude(&mut self, verdict: &Verdict, id: ReportId) -> io::Result<()> {
        match &mut self.lines {
            Lines::Text(console) => {
                let Verdict { status, title, detail, .. } = verdict;
                verdict.findings.iter().try_for_each(|finding| console.say(&finding.to_string()))?;
                console.say(&format!("{status}: {title}. {detail} Each x-trace-id of this session begins with {id}."))
            }
            Lines::Jsonl(text) => write_line(text, &serde_json::json!({ "verdict": verdict })).map_err(io::Error::from),
        }
    }

    /// Whether so much has been printed that it should go out.
    fn is_full(&self) -> bool {
        self.lines.kept().len() >= ENOUGH
    }

    /// Flushes what has been printed; blocks until it is read.
    async fn flush(&mut self) -> io::Result<()> {
        if !self.lines.is_empty() {
            self.output.room().await?.send(self.lines.take());
        }
        Ok(())
    }

    /// Hands out the rest and waits until it is read, or for `deadline`; once somebody has asked for the end, not for long.
    async fn finish(mut self, interrupt: &mut Interrupt, deadline: Option<Instant>) -> io::Result<()> {
        let rest = self.lines.take();
        self.output.finish(rest, interrupt, deadline).await
    }
}
