//! `ticketscope serve`: the local server on its own.

use std::env::VarError;
use std::fs::File;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::interrupt::Interrupt;
use super::outcome::{Outcome, ended, own_fault, wrong_use};
use super::stdout::Stdout;
use crate::backend::{Config, LogLine, RedisUrl, RedisUrlError, Server, StartError, StoreConfig};
use crate::model::{Origin, SafeText, decoded_text, io_words};

/// What `serve` can be told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where to listen: an address of this computer alone; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Keep tickets in this Redis, which other servers can share, such as redis://127.0.0.1:6379
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// The file that holds the password of that Redis; without it TICKETSCOPE_REDIS_PASSWORD, if that is set
    #[arg(long, value_name = "FILE", requires = "redis")]
    redis_password_file: Option<PathBuf>,
    /// The origins that may open a socket, separated by commas [default: http://localhost:4200]
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = origin)]
    origins: Vec<Origin>,
    /// Answer as deployed servers were measured to: 401 on the upgrade instead of 1008, other codes
    #[arg(long)]
    as_deployed: bool,
}

fn origin(text: &str) -> Result<Origin, String> {
    Origin::try_from(text.to_owned())
}

/// Where a password may be that is not in the address.
const PASSWORD: &str = "TICKETSCOPE_REDIS_PASSWORD";
/// A password is not longer, in bytes.
const MAX_PASSWORD: u64 = 4 << 10;

/// `url` with the password in `file`, or else in the environment: neither is seen in a list of processes.
fn with_password(url: RedisUrl, file: Option<&Path>) -> Result<RedisUrl, String> {
    let password = match file {
        Some(file) => {
            // As large as needed from the start: growing would leave a copy behind.
            let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_PASSWORD as usize + 1));
            let read = File::open(file).and_then(|file| file.take(MAX_PASSWORD + 1).read_to_end(&mut bytes));
            let problem = |problem: &str| format!("{}: {problem}", SafeText::of_path(file));
            read.map_err(|error| problem(&io_words(&error)))?;
            if bytes.len() as u64 > MAX_PASSWORD {
                return Err(problem(&format!("expected a password alone, of at most {MAX_PASSWORD} bytes")));
            }
            Some(decoded_text(&bytes).ok_or_else(|| problem("it is no text"))?)
        }
        None => match std::env::var(PASSWORD) {
            Ok(password) => Some(password),
            Err(VarError::NotPresent) => None,
            Err(VarError::NotUnicode(value)) => {
                drop(Zeroizing::new(value.into_encoded_bytes()));
                return Err(format!("what {PASSWORD} holds is not UTF-8; put the password into a file instead"));
            }
        },
    };
    let password = password.map(Zeroizing::new);
    match password.as_ref().map(|password| password.trim_end_matches(['\r', '\n'])).filter(|text| !text.is_empty()) {
        Some(password) => url.with_password(password).map_err(|error| error.to_string()),
        None => Ok(url),
    }
}

/// Serves until it is interrupted.
pub fn run(arguments: &Arguments) -> Outcome {
    let mut config = Config { listen: arguments.listen, as_deployed: arguments.as_deployed, ..Config::default() };
    // Read here, because a complaint about an argument quotes it, and this one may hold a password.
    match arguments.redis.as_deref().map(str::parse) {
        Some(Ok(url)) => match with_password(url, arguments.redis_password_file.as_deref()) {
            Ok(url) => config.store = StoreConfig::Redis(url),
            Err(problem) => return wrong_use(&problem),
        },
        Some(Err(error @ RedisUrlError)) => return wrong_use(&error),
        None => {}
    }
    if !arguments.origins.is_empty() {
        config.origins.clone_from(&arguments.origins);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return own_fault(&error),
    };
    let outcome = runtime.block_on(async {
        match Server::start(config).await {
            Ok((server, lines)) => match Stdout::start() {
                Ok(output) => serve(server, lines, output).await,
                Err(error) => own_fault(&error),
            },
            Err(error @ (StartError::NotLoopback(_) | StartError::Bind { .. } | StartError::Clock)) => {
                wrong_use(&error)
            }
        }
    });
    runtime.shutdown_background();
    outcome
}

async fn serve(server: Server, mut lines: mpsc::Receiver<LogLine>, mut output: Stdout) -> Outcome {
    let mut interrupt = Interrupt::listen();
    let printed = {
        let printing = async {
            // The address alone on the first line, so that a script can read it.
            output.room().await?.send(line(&format!("http://{}", server.address())));
            while let Some(said) = lines.recv().await {
                output.room().await?.send(line(said.text.as_str()));
            }
            io::Result::Ok(())
        };
        tokio::select! {
            printed = printing => printed,
            () = interrupt.asked() => Ok(()),
        }
    };
    let stopping = server.stop();
    tokio::pin!(stopping);
    let mut rest = Vec::new();
    loop {
        tokio::select! {
            Some(said) = lines.recv() => rest.extend(line(said.text.as_str())),
            () = &mut stopping => break,
        }
    }
    while let Ok(said) = lines.try_recv() {
        rest.extend(line(said.text.as_str()));
    }
    // Standard output may be closed; the server has stopped all the same.
    let printed = match printed {
        Ok(()) => output.finish(rest, &mut interrupt, None).await,
        Err(error) => Err(error),
    };
    ended(printed, Outcome::Well)
}

fn line(text: &str) -> Vec<u8> {
    format!("{text}\n").into_bytes()
}
