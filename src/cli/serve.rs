//! `ticketscope serve`: the local server on its own.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::pin::pin;

use tokio::sync::mpsc;

use super::outcome::{Outcome, ended, own_fault, wrong_use};
use crate::backend::{Config, LogLine, RedisUrlError, Server, StartError, StoreConfig};
use crate::model::Origin;

/// What `serve` can be told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where to listen: an address of this computer alone; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Keep tickets in this Redis, which other servers can share, such as redis://127.0.0.1:6379
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
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

/// Serves until it is interrupted.
pub fn run(arguments: &Arguments) -> Outcome {
    let mut config = Config { listen: arguments.listen, as_deployed: arguments.as_deployed, ..Config::default() };
    // Read here, because a complaint about an argument quotes it, and this one may hold a password.
    match arguments.redis.as_deref().map(str::parse) {
        Some(Ok(url)) => config.store = StoreConfig::Redis(url),
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
            Ok((server, lines)) => serve(server, lines).await,
            Err(error @ (StartError::NotLoopback(_) | StartError::Bind { .. })) => wrong_use(&error),
        }
    });
    runtime.shutdown_background();
    outcome
}

async fn serve(server: Server, mut lines: mpsc::Receiver<LogLine>) -> Outcome {
    // The address alone on the first line, so that a script can read it.
    let mut printing = print(&format!("http://{}", server.address()));
    // One for all rounds: a signal that comes while a line is printed is not lost.
    let mut interrupted = pin!(super::interrupt::interrupted());
    while printing.is_ok() {
        tokio::select! {
            Some(line) = lines.recv() => printing = print(line.text.as_str()),
            () = &mut interrupted => break,
        }
    }
    let stopping = server.stop();
    tokio::pin!(stopping);
    loop {
        tokio::select! {
            // Nobody may be reading any more; the server stops all the same.
            Some(line) = lines.recv() => drop(print(line.text.as_str())),
            () = &mut stopping => break,
        }
    }
    while let Ok(line) = lines.try_recv() {
        drop(print(line.text.as_str()));
    }
    ended(printing, Outcome::Well)
}

fn print(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
