//! What most commands can be told.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::outcome::{Outcome, complain, wrong_use};
use crate::model::Profile;
use crate::profiles::{LoadError, Profiles};
use crate::session::{Browser, KeychainChoice, Options};
use crate::settings::{self, Settings};
use crate::toml_files::state_dir;

#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// A profile's name, or the path of a TOML file [default: Local demo]
    #[arg(long, value_name = "P")]
    pub(super) profile: Option<String>,
    /// Where the JWT is kept between two runs
    #[arg(long, value_enum, default_value = "os")]
    keychain: Keychain,
    /// What the program says about itself, on standard error: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    log: tracing::Level,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Keychain {
    /// In the keychain of the operating system
    Os,
    /// Nowhere
    Memory,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs, as the help says at its end
    Json,
}

impl Common {
    pub(super) fn profile(&self, profiles: &Profiles) -> Result<Profile, LoadError> {
        profiles.choose(self.profile.as_deref().unwrap_or(Profile::LOCAL_DEMO))
    }

    /// Starts the log, and finds the profile among all that there are.
    pub(super) fn begin(&self) -> Result<(Profiles, Profile), Outcome> {
        self.start_log();
        let profiles = Profiles::load();
        let profile = self.profile(&profiles).map_err(|error| wrong_use(&error))?;
        Ok((profiles, profile))
    }

    pub(super) fn options(&self, seed: Option<u64>) -> Options {
        let keychain = match self.keychain {
            Keychain::Os => KeychainChoice::Os,
            Keychain::Memory => KeychainChoice::Memory,
        };
        let state_dir = state_dir();
        let recording = self.settings().recording.plan();
        Options { keychain, seed, state_dir, recording, browser: Browser::System, ..Options::default() }
    }

    /// The settings of this computer; the defaults, with a complaint, if they cannot be used.
    pub(super) fn settings(&self) -> Settings {
        settings::file().map_or_else(Settings::default, |file| {
            Settings::load(&file).unwrap_or_else(|error| {
                complain(&format!("{error}; the defaults are used"));
                Settings::default()
            })
        })
    }

    pub(super) fn start_log(&self) {
        // The libraries' own logs may quote what they send; only their warnings are let through. What the last one says
        // of a certificate is told to the user in better words.
        let filter = Targets::new()
            .with_default(LevelFilter::WARN)
            .with_target("ticketscope", self.log)
            .with_target("rustls_platform_verifier", LevelFilter::OFF);
        let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
        tracing_subscriber::registry().with(lines).with(filter).init();
    }
}
