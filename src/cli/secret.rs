//! `ticketscope secret`: what people give a profile. Values come from standard input and go nowhere but into the keychain.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _};
use std::sync::Arc;

use serde_json::json;
use zeroize::Zeroizing;

use super::common::Format;
use super::outcome::{Outcome, complain, ended, own_fault, wrong_use};
use crate::driver::keychain::{Consents, Secrets};
use crate::model::{
    KeychainState, OAuth, Presence, Profile, SafeText, SecretOrigin, SecretSource, Service, ValueName, decoded_text,
    did_you_mean,
};
use crate::profiles::{Profiles, in_words};
use crate::toml_files::state_dir;

/// The version of what `--format json` prints.
const FORMAT: &str = "1.0";

/// The longest secret, in bytes.
const LONGEST: u64 = 64 << 10;

/// What `secret` can be told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Keep a secret in this system's keychain: one line from standard input, which a terminal does not show
    Set {
        /// A profile's name, or the path of a TOML file
        #[arg(value_name = "P")]
        profile: String,
        /// The secret's name in the profile: NAME of [secret.NAME]
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Allow the command that gives a secret to run: it is shown, and asked about on a terminal
    Allow {
        /// A profile's name, or the path of a TOML file
        #[arg(value_name = "P")]
        profile: String,
        /// The secret's name in the profile: NAME of [secret.NAME]
        #[arg(value_name = "NAME")]
        name: String,
        /// Allow it without a question
        #[arg(long)]
        yes: bool,
    },
    /// Take a secret out of the keychain, or all of the profile's; a command may not run any more
    Forget {
        /// A profile's name, or the path of a TOML file
        #[arg(value_name = "P")]
        profile: String,
        /// The secret's name in the profile
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// List the secrets that a profile wants: given or not, and from where; never the values
    List {
        /// A profile's name, or the path of a TOML file
        #[arg(value_name = "P")]
        profile: String,
        /// For people, or one JSON object
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
}

/// Does what was asked for.
pub fn run(arguments: &Arguments) -> Outcome {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return own_fault(&error),
    };
    let done = match &arguments.command {
        Command::Set { profile, name } => ProfileSecrets::of(profile).and_then(|desk| runtime.block_on(desk.set(name))),
        Command::Allow { profile, name, yes } => ProfileSecrets::of(profile).and_then(|desk| desk.allow(name, *yes)),
        Command::Forget { profile, name } => {
            ProfileSecrets::of(profile).and_then(|desk| runtime.block_on(desk.forget(name.as_deref())))
        }
        Command::List { profile, format } => {
            ProfileSecrets::of(profile).and_then(|desk| runtime.block_on(desk.list(*format)))
        }
    };
    // A keychain that does not answer holds nothing up.
    runtime.shutdown_background();
    done.unwrap_or_else(|outcome| outcome)
}

/// A profile and its secrets.
struct ProfileSecrets {
    profile: Profile,
    service: Arc<Service>,
    secrets: Secrets,
}

impl ProfileSecrets {
    fn of(choice: &str) -> Result<Self, Outcome> {
        let profile = Profiles::load().choose(choice).map_err(|error| wrong_use(&error))?;
        let (service, account) = (profile.steps(), profile.keychain_account());
        let consents = Consents::new(state_dir().as_deref(), account.clone());
        let secrets = Secrets::os(account).with_consents(consents);
        Ok(Self { profile, service, secrets })
    }

    /// The secret called `name`.
    fn wanted(&self, name: &str) -> Result<(&ValueName, &SecretSource), Outcome> {
        let known = || self.service.secrets.keys().map(ValueName::as_str);
        let Some((known, source)) = self.service.secrets.iter().find(|(known, _)| known.as_str() == name) else {
            let wants = match known().collect::<Vec<_>>().join(", ") {
                none if none.is_empty() => "; it wants none".to_owned(),
                all => match did_you_mean(name, known()) {
                    none if none.is_empty() => format!("; it wants {all}"),
                    nearest => nearest,
                },
            };
            let (profile, name) = (&self.profile.name, name.escape_debug());
            return Err(wrong_use(&format!("{profile} wants no secret called “{name}”{wants}")));
        };
        Ok((known, source))
    }

    /// The secret called `name`, which a person gives.
    fn asked_for(&self, name: &str) -> Result<(&ValueName, &SecretSource), Outcome> {
        let (known, source) = self.wanted(name)?;
        if source.is_asked_for() {
            return Ok((known, source));
        }
        Err(wrong_use(&format!("“{known}” comes from {}, not from the keychain", in_words::origin(source))))
    }

    async fn set(&self, name: &str) -> Result<Outcome, Outcome> {
        let (name, source) = self.asked_for(name)?;
        if source.once {
            let label = label(name, source);
            return Err(wrong_use(&format!(
                "“{label}” is typed for each sign-in and never kept: in the window (Secrets…), or at the terminal when \
                 `ticketscope watch` and `check` ask for it"
            )));
        }
        let value = read_line()?;
        match self.secrets.set(name, value).await {
            Ok(()) => {
                let account = self.profile.keychain_account();
                let line = format!(
                    "“{}” of {} is kept in this system's keychain, as “{account} secret {name}” of ticketscope",
                    label(name, source),
                    self.profile.name
                );
                Ok(ended(writeln!(io::stdout(), "{line}"), Outcome::Well))
            }
            Err(state) => {
                complain(&format!("“{name}” was not kept: {}{INSTEAD}", state.of_secrets()));
                Err(Outcome::NotWell)
            }
        }
    }

    /// Lets the command that gives the secret called `name` run, if that is what a person wants.
    fn allow(&self, name: &str, yes: bool) -> Result<Outcome, Outcome> {
        let (name, source) = self.wanted(name)?;
        let SecretOrigin::Command(command) = source.origin() else {
            return Err(wrong_use(&format!("“{name}” comes from {}: there is no command", in_words::origin(source))));
        };
        let (label, profile) = (label(name, source), &self.profile.name);
        let shown = format!(
            "“{label}” of {profile} is what this command prints:\n\n    {}\n\nIt runs on this computer, as you, whenever the \
             client connects.",
            SafeText::with_limit(&command.to_string(), usize::MAX)
        );
        if writeln!(io::stdout(), "{shown}").is_err() {
            return Err(own_fault(&"the command cannot be shown, so it is not allowed"));
        }
        if !yes && !is_confirmed("Allow it? [y/N] ")? {
            return Err(wrong_use(&"it is not allowed"));
        }
        self.secrets.allow(source).map_err(|error| own_fault(&format!("it was not allowed: {error}")))?;
        Ok(ended(writeln!(io::stdout(), "it is allowed, until a word of it changes"), Outcome::Well))
    }

    async fn forget(&self, name: Option<&str>) -> Result<Outcome, Outcome> {
        let wanted: Vec<(&ValueName, &SecretSource)> = match name {
            Some(name) => vec![self.wanted(name)?],
            None => self.service.secrets.iter().collect(),
        };
        let (is_meant, profile) = (name.is_some(), &self.profile.name);
        // What was done before something failed was done.
        let (mut told, mut problems) = (Vec::new(), Vec::new());
        let mut outcome = Outcome::Well;
        let mut from_keychain = Vec::new();
        for (name, source) in wanted {
            match source.origin() {
                SecretOrigin::Person => from_keychain.push((name.to_string(), name.clone())),
                SecretOrigin::Command(_) => match self.secrets.withdraw(source) {
                    Ok(()) => told.push(format!("{name} of {profile}: its command may not run any more")),
                    Err(error) => {
                        problems.push(format!("{name} of {profile}: its command may still run: {error}"));
                        outcome = Outcome::OwnFault;
                    }
                },
                SecretOrigin::Variable(_) | SecretOrigin::File(_) if is_meant => {
                    return self.asked_for(name.as_str()).map(|_| Outcome::Well);
                }
                SecretOrigin::Variable(_) | SecretOrigin::File(_) => {}
            }
        }
        if self.service.oauth.is_some() && !is_meant {
            from_keychain.push(("the sign-in".to_owned(), OAuth::refresh_token()));
        }
        let mut silent: Option<KeychainState> = None;
        for (called, name) in from_keychain {
            // One that has not done it once is not asked again.
            let forgotten = match &silent {
                Some(state) => Err(state.clone()),
                None => self.secrets.forget(&name).await,
            };
            match forgotten {
                Ok(()) => told.push(format!("{called} of {profile}: not in the keychain any more")),
                Err(state) => {
                    problems.push(format!("{called} of {profile}: not forgotten: {}", state.of_secrets()));
                    silent = Some(state);
                    outcome = outcome.max(Outcome::NotWell);
                }
            }
        }
        if told.is_empty() && problems.is_empty() {
            told.push(format!("{profile} has no secrets in the keychain"));
        }
        let printed = told.iter().try_for_each(|line| writeln!(io::stdout(), "{line}"));
        problems.iter().for_each(|problem| complain(problem));
        Ok(ended(printed, outcome))
    }

    async fn list(&self, format: Format) -> Result<Outcome, Outcome> {
        let presence = self.secrets.presence(&self.service).await;
        let unknown = presence.values().find_map(|presence| match presence {
            Presence::Unknown(state) => Some(state.clone()),
            Presence::Given | Presence::Missing | Presence::OnDemand | Presence::NotAllowed => None,
        });
        let printed = self.tell(&presence, format);
        match unknown {
            Some(state) => {
                complain(&state.of_secrets());
                Ok(ended(printed, Outcome::NotWell))
            }
            None => Ok(ended(printed, Outcome::Well)),
        }
    }

    fn tell(&self, presence: &BTreeMap<ValueName, Presence>, format: Format) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let all = self.service.secrets.iter().zip(presence.values());
        if format == Format::Json {
            let all = all.map(|((name, source), presence)| {
                let given = match presence {
                    Presence::Given => Some(true),
                    Presence::Missing | Presence::NotAllowed => Some(false),
                    Presence::OnDemand | Presence::Unknown(_) => None,
                };
                let from = in_words::origin(source);
                json!({ "name": name, "label": source.label, "hint": source.hint, "given": given, "from": from,
                        "optional": source.optional })
            });
            let json = json!({ "format": FORMAT, "profile": self.profile.name, "secrets": all.collect::<Vec<_>>() });
            return writeln!(out, "{json}");
        }
        if self.service.secrets.is_empty() {
            return writeln!(out, "{} wants no secrets", self.profile.name);
        }
        let width = self.service.secrets.keys().map(|name| name.as_str().len()).max().unwrap_or_default();
        for ((name, source), presence) in all {
            let state = match presence {
                Presence::Given => "✓ given",
                Presence::Missing if source.optional => "– not given, and not needed",
                Presence::Missing => "✗ not given",
                Presence::OnDemand => "✓ given by a command when it is needed",
                Presence::NotAllowed => "✗ its command has not been allowed (ticketscope secret allow)",
                Presence::Unknown(_) => "? not known",
            };
            let (name, label) = (name.as_str(), label(name, source));
            writeln!(out, "{name:width$}  {state}  {label} (from {})", in_words::origin(source))?;
            if *presence == Presence::Missing && !source.hint.is_empty() {
                writeln!(out, "{:width$}  {}", "", source.hint)?;
            }
        }
        Ok(())
    }
}

fn label(name: &ValueName, source: &SecretSource) -> String {
    if source.label.is_empty() { name.to_string() } else { source.label.to_string() }
}

/// What to do where a secret cannot be kept.
const INSTEAD: &str = "; where there is no keychain, [secret.NAME] can name env = \"…\" or file = \"…\" instead";

/// Whether a person at the terminal says yes to `question`.
fn is_confirmed(question: &str) -> Result<bool, Outcome> {
    if !io::stdin().is_terminal() {
        return Err(wrong_use(
            &"nobody can be asked here; run it in a terminal, or with --yes after reading the command",
        ));
    }
    let mut out = io::stdout();
    let _ = write!(out, "{question}").and_then(|()| out.flush());
    let mut answer = String::new();
    let read = io::stdin().lock().take(16).read_line(&mut answer);
    read.map_err(|error| wrong_use(&format!("standard input: {error}")))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// One line of standard input, without its end.
fn read_line() -> Result<Zeroizing<String>, Outcome> {
    if io::stdin().is_terminal() {
        // What is typed is not shown, so something has to say that it is waited for.
        complain(&"type or paste the value and press Enter; it is not shown");
        let typed = rpassword::read_password().map(Zeroizing::new);
        return typed.map_err(|error| wrong_use(&error)).and_then(|typed| checked(&typed));
    }
    // As large as needed from the start: growing would leave a copy behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST as usize + 2));
    let mut input = BufReader::new(io::stdin());
    if let Err(error) = input.by_ref().take(LONGEST + 2).read_until(b'\n', &mut line) {
        return Err(wrong_use(&format!("standard input: {error}")));
    }
    if !input.buffer().is_empty() {
        return Err(wrong_use(&format!(
            "expected one line of at most {LONGEST} bytes on standard input; more belongs into a file: [secret.NAME] file = \"…\""
        )));
    }
    match decoded_text(&line).map(Zeroizing::new) {
        Some(line) => checked(&line),
        None => Err(wrong_use(&"what came on standard input is not text in UTF-8 or UTF-16")),
    }
}

fn checked(line: &str) -> Result<Zeroizing<String>, Outcome> {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(wrong_use(&"nothing came on standard input; expected the value on one line"));
    }
    if line.len() as u64 > LONGEST {
        return Err(wrong_use(&format!("expected a value of at most {LONGEST} bytes")));
    }
    Ok(Zeroizing::new(line.to_owned()))
}
