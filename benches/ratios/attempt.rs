//! A whole attempt on loopback, against the same three requests written by hand with the same libraries.
//!
//! Both sides take turns against one local server; what counts is the ratio of the medians. At most 1.10.

use std::error::Error;
use std::thread;
use std::time::Duration;

use crate::support::{Limits, median, profile};
use ticketscope::backend::{Config, Server};
use ticketscope::model::{Event, FlowCommand, FlowEvent, Moment};
use ticketscope::session::{Command, Engine as _, KeychainChoice, Options, Session};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

const ROUNDS: usize = 400;
const ORIGIN: &str = "http://localhost:4200";

/// Measures and prints.
pub fn run(limits: &mut Limits) -> Result<(), Box<dyn Error>> {
    let servers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (server, _lines) = servers.block_on(Server::start(Config::default()))?;
    // Who writes three requests by hand needs one thread for them.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let api = format!("http://{}", server.address());

    let options = Options { keychain: KeychainChoice::Memory, seed: Some(1), ..Options::default() };
    let session = Session::start(profile(server.address()), options, |_| {})?;
    let http = reqwest::Client::builder().no_proxy().build()?;

    let (mut ours, mut by_hand, mut seen) = (Vec::new(), Vec::new(), 0);
    for round in 0..ROUNDS {
        let took = attempt(&session, round as u64, &mut seen);
        let hand = runtime.block_on(write_by_hand(&http, &api))?;
        if round >= ROUNDS / 10 {
            ours.push(took.as_secs_f64() * 1e6);
            by_hand.push(hand.as_secs_f64() * 1e6);
        }
    }
    session.close();
    let (ours, by_hand) = (median(&mut ours), median(&mut by_hand));
    println!("attempt: ticketscope {ours:.0} µs, by hand {by_hand:.0} µs, ratio {:.3} (at most 1.10)", ours / by_hand);
    limits.at_most("an attempt beside three requests by hand", ours / by_hand, 1.10);
    Ok(())
}

/// New session → token → ticket → socket; the time from the attempt's first entry to `Connected`. What is `seen` of the journal
/// is not looked at again: folding all of it anew took the second core from the server, and with it half of the ratio.
fn attempt(session: &Session, number: u64, seen: &mut u64) -> Duration {
    session.send(Command::Flow(FlowCommand::NewSession));
    let mut started = Moment::START;
    loop {
        // What is measured stands in the journal, so looking seldom disturbs little.
        thread::sleep(Duration::from_millis(2));
        for entry in session.journal().since(*seen).entries {
            *seen = entry.seq + 1;
            match &entry.event {
                _ if entry.attempt.is_none_or(|attempt| attempt.0 != number) => {}
                Event::Flow(FlowEvent::AttemptStarted { .. }) => started = entry.elapsed,
                Event::Flow(FlowEvent::Connected) => return entry.elapsed.since(started),
                _ => {}
            }
        }
    }
}

async fn write_by_hand(http: &reqwest::Client, api: &str) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    let token = http.post(format!("{api}/api/v1/auth/token")).header("origin", ORIGIN).body("{}").send().await?;
    let token: serde_json::Value = serde_json::from_slice(&token.bytes().await?)?;
    let jwt = token["token"].as_str().ok_or("no token")?;
    let ticket = http.get(format!("{api}/api/v1/ws-ticket")).header("origin", ORIGIN).bearer_auth(jwt).send().await?;
    let ticket: serde_json::Value = serde_json::from_slice(&ticket.bytes().await?)?;
    let ticket = ticket["ticket"].as_str().ok_or("no ticket")?;
    let mut request = format!("{}/ws?ticket={ticket}", api.replace("http", "ws")).into_client_request()?;
    request.headers_mut().insert("origin", ORIGIN.parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    let took = start.elapsed();
    socket.close(None).await?;
    Ok(took)
}
