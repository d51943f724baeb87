//! `ticketscope open`: what a user sent, as if Ticketscope had been there.

use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;

use serde::Serialize;

use super::common::Format;
use super::outcome::{Outcome, complain, ended, wrong_use};
use super::output::Console;
use crate::evidence::{self, Input, Opened};
use crate::journal::Level;
use crate::journal::recording::{Header, Recording};
use crate::model::{Profile, SafeText, Timing};
use crate::private_file::save;
use crate::profiles::Profiles;
use crate::replay::Summary;
use crate::view::{SessionView, Standpoint, Support, Tone, Verdict};

/// The version of what `--format json` prints.
const JSON_FORMAT: &str = "1.0";
/// The most that is read from standard input.
const MAX_INPUT: u64 = 256 << 20;

/// What `open` can be told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = include_str!("help/open.txt"))]
pub struct Arguments {
    /// HAR, network log, console text, server log, report or recording; several are put together. - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The profile of the service [default: found in the files]
    #[arg(long, value_name = "P")]
    profile: Option<String>,
    /// Write a copy of a HAR file or network log that is safe to pass on: without secrets, bodies and messages
    #[arg(long, requires = "output", conflicts_with_all = ["save", "format"])]
    clean: bool,
    /// Where to write the clean copy
    #[arg(short, long, value_name = "OUT", requires = "clean")]
    output: Option<PathBuf>,
    /// Save the timeline as a recording, to be compared, exported or reported
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// For people, or one JSON object
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Show what developers want to know as well
    #[arg(long)]
    verbose: bool,
}

impl Arguments {
    /// These files, of the service of that profile, as the bare command opens them where there is no window.
    pub(super) fn of(files: Vec<PathBuf>, profile: Option<String>) -> Self {
        let format = Format::Text;
        Self { files, profile, clean: false, output: None, save: None, format, verbose: false }
    }
}

/// Opens what a user sent, and says what it shows.
pub fn run(arguments: &Arguments) -> Outcome {
    let inputs = match inputs(&arguments.files) {
        Ok(inputs) => inputs,
        Err(error) => return wrong_use(&format!("standard input: {error}")),
    };
    let hint = match arguments.profile.as_deref().map(|name| Profiles::load().choose(name)).transpose() {
        Ok(hint) => hint,
        Err(error) => return wrong_use(&error),
    };
    if let (true, Some(output)) = (arguments.clean, &arguments.output) {
        return clean(inputs, output);
    }
    let opened = match &hint {
        Some(profile) => evidence::open(inputs, Some(profile)),
        None => evidence::open_of_any(inputs, &Profiles::load().usable),
    };
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => return wrong_use(&error),
    };
    if let Some(path) = &arguments.save {
        let lines: String = opened.recording.upgraded_lines().map(|line| format!("{line}\n")).collect();
        if let Err(error) = save(path, lines.as_bytes()) {
            return wrong_use(&format!("{}: {error}", SafeText::new(&path.to_string_lossy())));
        }
    }
    let mut view = SessionView::recorded(opened.recording.header().profile.clone());
    opened.recording.entries().for_each(|entry| view.apply(&entry));
    let verdict = view.verdict(Standpoint::End);
    let outcome = match verdict.tone {
        Tone::Good | Tone::Neutral | Tone::Busy => Outcome::Well,
        Tone::Warning | Tone::Bad => Outcome::NotWell,
    };
    let told = match arguments.format {
        Format::Text => show(&opened, &view, &verdict, arguments.verbose),
        Format::Json => print_json(&opened, &view, verdict),
    };
    ended(told, outcome)
}

fn inputs(files: &[PathBuf]) -> io::Result<Vec<Input>> {
    let input = |path: &PathBuf| {
        if path.as_os_str() != "-" {
            return Ok(Input::File(path.clone()));
        }
        let mut bytes = Vec::new();
        io::stdin().lock().take(MAX_INPUT).read_to_end(&mut bytes)?;
        Ok(Input::Bytes("standard input".into(), bytes))
    };
    files.iter().map(input).collect()
}

fn clean(inputs: Vec<Input>, output: &std::path::Path) -> Outcome {
    let mut inputs = inputs.into_iter();
    let (Some(input), None) = (inputs.next(), inputs.next()) else {
        return wrong_use(&"a clean copy is made of one file at a time");
    };
    let copy = match evidence::clean(&input) {
        Ok(copy) => copy,
        Err(error) => return wrong_use(&error),
    };
    let shown = SafeText::new(&output.to_string_lossy());
    if let Err(error) = save(output, &copy.bytes) {
        return wrong_use(&format!("{shown}: {error}"));
    }
    let told = writeln!(
        io::stdout(),
        "{shown}: {} bytes. {} secrets are fingerprints now; left out: {}.",
        copy.bytes.len(),
        copy.secrets,
        copy.left_out
    );
    ended(told, Outcome::Well)
}

/// The files in one line each.
fn files(header: &Header) -> Vec<String> {
    let line = |file: &crate::model::SourceFile| {
        let writer = if file.writer.is_empty() { String::new() } else { format!(" of {}", file.writer) };
        let times = match file.timing {
            Timing::Dated => "",
            Timing::TimeOfDay => ", with times of day",
            Timing::Order => ", without times",
        };
        format!("{}: {}{writer}{times}{}", file.name, file.kind, file.clock())
    };
    header.files.iter().map(line).collect()
}

fn show(opened: &Opened, view: &SessionView, verdict: &Verdict, verbose: bool) -> io::Result<()> {
    let Opened { recording, notes, secrets } = opened;
    let mut console = Console::stdout(if verbose { Level::Debug } else { Level::Info });
    let header = recording.header();
    files(header).iter().try_for_each(|line| console.say(line))?;
    let Profile { name, api, websocket, .. } = &header.profile;
    if websocket.to_string().contains(Profile::UNKNOWN_HOST) {
        console.say("The address of the service is not in these files")?;
    } else {
        console.say(&format!("{name}: {api}, {websocket}, {}", header.profile.said_origin()))?;
    }
    let timing = view.snapshot().files.as_ref().map(|files| files.timing);
    for entry in recording.entries() {
        match timing {
            Some(Timing::Dated) => console.print(&entry)?,
            Some(Timing::TimeOfDay) => console.print_time_of_day(&entry)?,
            Some(Timing::Order) => console.print_in_order(&entry)?,
            None => console.print_relative(&entry)?,
        }
    }
    console.say(&format!("{}: {}. {}", verdict.status, verdict.title, verdict.detail))?;
    for finding in verdict.findings.iter().skip(1) {
        console.say(&format!("Also: {}. {}", finding.problem.title, finding.problem.next))?;
    }
    let support = Support::of(view);
    if !support.unseen.is_empty() {
        console.say("\nNot in these files:")?;
        support.unseen.iter().try_for_each(|fact| console.say(&format!("  {}: {}", fact.name, fact.value)))?;
    }
    console.say(&format!("\nAnswer for the user:\n{}", indented(&support.answer)))?;
    console.say(&format!("\nFor operations:\n{}", indented(support.operations_text().trim_end())))?;
    if *secrets > 0 {
        console.say(&format!("\nSecrets: {secrets} used as fingerprints, none kept"))?;
    }
    for note in notes {
        complain(note);
    }
    for loss in recording.losses().in_words() {
        complain(&loss);
    }
    Ok(())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// What `open --format json` prints.
#[derive(Serialize)]
struct Overview<'a> {
    format: &'static str,
    header: &'a Header,
    verdict: Verdict,
    support: Support,
    notes: &'a [SafeText],
    secrets: usize,
    #[serde(flatten)]
    summary: Summary,
}

fn print_json(opened: &Opened, view: &SessionView, verdict: Verdict) -> io::Result<()> {
    let recording: &Recording = &opened.recording;
    let overview = Overview {
        format: JSON_FORMAT,
        header: recording.header(),
        verdict,
        support: Support::of(view),
        notes: &opened.notes,
        secrets: opened.secrets,
        summary: Summary::of(recording),
    };
    writeln!(io::stdout(), "{}", serde_json::to_string(&overview)?)
}
