//! The CPU time of receiving messages of 64 bytes through the whole pipeline, beside a bare
//! tokio-tungstenite loop. At most 1 µs a message.

use std::error::Error;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::{Limits, Server, cpu_time, median, profile};
use futures_util::StreamExt as _;
use ticketscope::model::FlowCommand;
use ticketscope::session::{Command, Engine as _, KeychainChoice, Options, Session};

const MESSAGES: u64 = 2_000_000;
const ROUNDS: usize = 5;

/// Measures and prints.
pub fn run(limits: &mut Limits) -> Result<(), Box<dyn Error>> {
    let server = Server::start(MESSAGES)?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(pipeline(&server)?);
        bare.push(bare_loop(&server)?);
    }
    let (ours, bare) = (median(&mut ours), median(&mut bare));
    println!(
        "messages: ticketscope {ours:.0} ns of CPU a message (at most 1000), bare loop {bare:.0} ns, ratio {:.2}",
        ours / bare
    );
    limits.at_most("CPU of a message, ns", ours, 1_000.0);
    Ok(())
}

/// Nanoseconds of CPU a message, everything in the process counted.
fn per_message(work: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    let before = cpu_time(process::id())?;
    work()?;
    Ok((cpu_time(process::id())? - before).as_nanos() as f64 / MESSAGES as f64)
}

fn pipeline(server: &Server) -> Result<f64, Box<dyn Error>> {
    let options = Options { keychain: KeychainChoice::Memory, seed: Some(1), ..Options::default() };
    // As the window does: the first change since the last look asks for one.
    let changed = Arc::new(AtomicBool::new(false));
    let session = Session::start(profile(server.address), options, {
        let changed = Arc::clone(&changed);
        move |_| changed.store(true, Ordering::Release)
    })?;
    let took = per_message(|| {
        session.send(Command::Flow(FlowCommand::Connect));
        while session.journal().with_traffic(|traffic| traffic.received()) < MESSAGES {
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    });
    session.close();
    took
}

fn bare_loop(server: &Server) -> Result<f64, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let url = format!("ws://{}/ws?ticket=1", server.address);
    per_message(|| {
        runtime.block_on(async {
            let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
            let mut bytes = 0;
            while bytes < MESSAGES * 64 {
                bytes += socket.next().await.ok_or("closed")??.len() as u64;
            }
            Ok(())
        })
    })
}
