//! `ticketscope profile`: the profiles of this computer, and how new ones begin.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::common::Format;
use super::outcome::{Outcome, ended, own_fault, wrong_use};
use crate::model::{FileError, Profile, SafeText, did_you_mean};
use crate::presets::{self, Preset};
use crate::profiles::{self, LoadError, Profiles, WriteError, beginning, in_words};

/// The version of what `--format json` prints.
const FORMAT: &str = "1.0";

/// What `profile` can be told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the profiles of this computer, and the files that cannot be used
    List {
        /// For people, or one JSON object
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Show a profile: its file, and in words which request goes where with which secrets
    Show {
        /// A profile's name, or the path of a TOML file
        #[arg(value_name = "P")]
        profile: String,
        /// For people, or one JSON object
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Say whether a file can be used, or where it is wrong
    Check {
        /// A TOML file
        #[arg(value_name = "FILE")]
        file: String,
        /// For people, or one JSON object
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// List the presets: profiles to begin with, one for each kind of service
    Presets {
        /// For people, or one JSON object
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Print a preset
    Preset {
        /// Its name, as `profile presets` lists it
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Make a new profile in the configuration folder, and print its path
    New {
        /// What people are to call it
        #[arg(value_name = "NAME")]
        name: String,
        /// Begin with this preset [default: a web app's own service, with tickets]
        #[arg(long, value_name = "PRESET", conflicts_with = "url")]
        preset: Option<String>,
        /// Begin with this address: wss://… of a WebSocket, or https://…/ticket where tickets are asked for
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
}

/// Does what was asked for.
pub fn run(arguments: &Arguments) -> Outcome {
    match &arguments.command {
        Command::List { format } => ended(list(&Profiles::load(), *format), Outcome::Well),
        Command::Show { profile, format } => show(profile, *format),
        Command::Check { file, format } => check(file, *format),
        Command::Presets { format } => ended(list_presets(*format), Outcome::Well),
        Command::Preset { name } => match preset(name) {
            Ok(preset) => ended(io::stdout().write_all(preset.text.as_bytes()), Outcome::Well),
            Err(outcome) => outcome,
        },
        Command::New { name, preset, url } => begin(name, preset.as_deref(), url.as_deref()),
    }
}

/// Where requests go, in one line.
fn addresses(profile: &Profile) -> String {
    match profile.is_local_demo() {
        true => "a server inside this program".to_owned(),
        false => in_words::addresses(profile).join(" · "),
    }
}

fn list(profiles: &Profiles, format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let files = || profiles.files.iter().map(Option::as_deref);
    if format == Format::Json {
        let usable = profiles.usable.iter().zip(files()).map(|(profile, file)| {
            let addresses = if profile.is_local_demo() { Vec::new() } else { in_words::addresses(profile) };
            json!({ "name": profile.name, "addresses": addresses, "file": file.map(SafeText::of_path) })
        });
        let broken = profiles.broken.iter().map(|(file, error)| {
            let mut broken = problem(error);
            broken["file"] = json!(SafeText::of_path(file));
            broken
        });
        let (usable, broken): (Vec<_>, Vec<_>) = (usable.collect(), broken.collect());
        return writeln!(out, "{}", json!({ "format": FORMAT, "profiles": usable, "broken": broken }));
    }
    let width = profiles.usable.iter().map(|profile| profile.name.as_str().chars().count()).max().unwrap_or_default();
    for (profile, file) in profiles.usable.iter().zip(files()) {
        let file = file.map_or_else(|| "built in".to_owned(), |file| SafeText::of_path(file).to_string());
        writeln!(out, "{:width$}  {}", profile.name.as_str(), SafeText::new(&addresses(profile)))?;
        writeln!(out, "{:width$}  {file}", "")?;
    }
    if !profiles.broken.is_empty() {
        writeln!(out, "\nThese files cannot be used:")?;
    }
    profiles.broken.iter().try_for_each(|(_, error)| writeln!(out, "  {}", SafeText::new(&error.to_string())))
}

/// What is wrong, for programs.
fn problem(error: &LoadError) -> serde_json::Value {
    match error {
        LoadError::Wrong { error, .. } => {
            json!({ "line": error.line, "column": error.column, "problem": error.problem })
        }
        LoadError::Unknown { .. } | LoadError::Unreadable { .. } | LoadError::Duplicate { .. } => {
            json!({ "line": null, "column": null, "problem": SafeText::new(&error.to_string()) })
        }
    }
}

fn show(choice: &str, format: Format) -> Outcome {
    let (profile, file) = match Profiles::load().find(choice) {
        Ok(found) => found,
        Err(error) => return wrong_use(&error),
    };
    let text = match &file {
        Some(file) => match profiles::text_of(file) {
            Ok(text) => text,
            Err(error) => return wrong_use(&error),
        },
        None => match toml::to_string(&profile) {
            Ok(text) => text,
            Err(error) => return own_fault(&error),
        },
    };
    ended(say(&profile, file.as_deref(), &text, format), Outcome::Well)
}

fn say(profile: &Profile, file: Option<&Path>, text: &str, format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let parts = in_words::parts(profile);
    if format == Format::Json {
        let parts = parts.iter().map(|part| json!({ "part": part.title, "lines": part.lines }));
        let json = json!({
            "format": FORMAT,
            "name": profile.name,
            "file": file.map(SafeText::of_path),
            "addresses": in_words::addresses(profile),
            "parts": parts.collect::<Vec<_>>(),
            "toml": text,
        });
        return writeln!(out, "{json}");
    }
    let file = file.map_or_else(|| "built in".to_owned(), |file| SafeText::of_path(file).to_string());
    writeln!(out, "# {} ({file})\n", profile.name)?;
    // A file may hold characters that a terminal obeys.
    text.lines().try_for_each(|line| writeln!(out, "{}", SafeText::with_limit(line, usize::MAX)))?;
    writeln!(out, "\n# What it does\n")?;
    for part in &parts {
        writeln!(out, "{}", part.title)?;
        part.lines.iter().try_for_each(|line| writeln!(out, "  {}", SafeText::new(line)))?;
    }
    Ok(())
}

fn check(choice: &str, format: Format) -> Outcome {
    let found = Profiles::load().find(choice);
    match (found, format) {
        (Ok((profile, file)), Format::Text) => ended(well(&profile, file.as_deref()), Outcome::Well),
        (Ok((profile, file)), Format::Json) => {
            let doubts = doubts(&profile, file.as_deref())
                .into_iter()
                .map(|doubt| json!({ "line": doubt.line, "column": doubt.column, "problem": doubt.problem }));
            let doubts: Vec<_> = doubts.collect();
            let file = file.as_deref().map(SafeText::of_path);
            let json = json!({ "format": FORMAT, "ok": true, "name": profile.name, "file": file, "doubts": doubts });
            ended(writeln!(io::stdout(), "{json}"), Outcome::Well)
        }
        (Err(error), Format::Text) => wrong_use(&error),
        (Err(error), Format::Json) => {
            let mut json = problem(&error);
            (json["format"], json["ok"], json["file"]) = (json!(FORMAT), json!(false), json!(SafeText::new(choice)));
            ended(writeln!(io::stdout(), "{json}"), Outcome::WrongUse)
        }
    }
}

/// That a profile can be used, and what of it is probably not meant so.
fn well(profile: &Profile, file: Option<&Path>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "OK: {} · {}", profile.name, SafeText::new(&addresses(profile)))?;
    let called = file.map_or_else(|| profile.name.clone(), SafeText::of_path);
    doubts(profile, file).iter().try_for_each(|FileError { line, column, problem, .. }| {
        writeln!(out, "  perhaps not meant so: {called}:{line}:{column}: {problem}")
    })
}

fn doubts(profile: &Profile, file: Option<&Path>) -> Vec<FileError> {
    let text = file.and_then(|file| profiles::text_of(file).ok()).unwrap_or_default();
    profile.doubts().iter().map(|doubt| doubt.in_text(&text)).collect()
}

fn list_presets(format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if format == Format::Json {
        let all = presets::all().iter();
        let all = all.map(|preset| json!({ "name": preset.name, "title": preset.title, "about": preset.about }));
        return writeln!(out, "{}", json!({ "format": FORMAT, "presets": all.collect::<Vec<_>>() }));
    }
    let width = presets::all().iter().map(|preset| preset.name.len()).max().unwrap_or_default();
    presets::all().iter().try_for_each(|preset| writeln!(out, "{:width$}  {}", preset.name, preset.about))
}

/// What a profile begins with if nothing is said: the kind of service that is closest to the contract.
fn usual_preset() -> Result<&'static Preset, Outcome> {
    let first = presets::named("rest-ticket").or(presets::all().first());
    first.ok_or_else(|| own_fault(&"there are no presets in this program"))
}

fn preset(name: &str) -> Result<&'static Preset, Outcome> {
    presets::named(name).ok_or_else(|| {
        let nearest = did_you_mean(name, presets::all().iter().map(|preset| preset.name));
        let name = name.escape_debug();
        wrong_use(&format!("there is no preset called “{name}”{nearest} (`profile presets` lists all)"))
    })
}

fn begin(name: &str, preset_name: Option<&str>, url: Option<&str>) -> Outcome {
    let text = match url {
        Some(url) => match beginning::of_address(name, url) {
            Ok(text) => text,
            Err(problem) => return wrong_use(&format!("--url: {problem}")),
        },
        None => match preset_name.map_or_else(usual_preset, preset) {
            Ok(preset) => beginning::renamed(preset.text, name),
            Err(outcome) => return outcome,
        },
    };
    let created: Result<PathBuf, WriteError> =
        profiles::folder().ok_or(WriteError::NoFolder).and_then(|folder| profiles::create(&folder, name, &text));
    match created {
        Ok(file) => ended(writeln!(io::stdout(), "{}", SafeText::of_path(&file)), Outcome::Well),
        Err(error) => wrong_use(&error),
    }
}
