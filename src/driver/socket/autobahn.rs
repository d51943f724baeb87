//! Autobahn's WebSocket test suite: its server is talked to through this very task, with an echo in it.
//! `tests/extended/autobahn.sh` starts the server and judges what it reports.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{Handle, Socket};
use crate::driver::net::{Connection, Net, OpenSocket, Scope};
use crate::driver::recorder::{Clock, Recorder};
use crate::journal::Journal;
use crate::model::{AttemptId, Profile, Redactor, TraceId};

/// Far more than the slowest case takes, which is a thousand messages of 128 KiB there and back.
const LIMIT: Duration = Duration::from_secs(300);

/// Where the server is: `127.0.0.1:9001`.
const SERVER: &str = "TICKETSCOPE_AUTOBAHN";

async fn open(net: &Net, server: SocketAddr, target: &str) -> OpenSocket<Connection> {
    let connection = net.dial(&mut |_| {}).await.expect("the server listens");
    let elsewhere = Some(Zeroizing::new(format!("ws://{server}/{target}")));
    let scope = Scope { elsewhere, ..Scope::default() };
    let (trace, mut secrets) = (TraceId::new(1, 1), Redactor::default());
    net.upgrade(connection, &scope, None, &trace, &mut secrets, &mut |_| {}).await.expect("a WebSocket")
}

/// Talks to the server until it ends the connection; what it said.
async fn talk(net: &Net, server: SocketAddr, target: &str, echoes: bool) -> String {
    let stream = open(net, server, target).await;
    let journal = Journal::new(|_| {});
    let recorder = Recorder::new(journal.clone(), Clock::start());
    let (mut socket, handle) = Socket::new(stream, AttemptId(0), recorder, None, Redactor::default(), |_| false, None);
    socket.echoes = echoes;
    timeout(LIMIT, socket.run()).await.unwrap_or_else(|_| panic!("{target} does not end"));
    let Handle { .. } = handle;
    journal.with_traffic(|traffic| traffic.kept().front().map(|first| first.text().to_string())).unwrap_or_default()
}

#[tokio::test]
#[ignore = "needs Autobahn's server: bash tests/run extended autobahn"]
async fn the_suites_cases() {
    let server: SocketAddr = std::env::var(SERVER).expect(SERVER).parse().expect("an address");
    let mut profile = Profile::local_demo(server);
    profile.limits.message = 64 << 20;
    profile.timeouts.upgrade = LIMIT;
    let net = Net::new(&profile).expect("a profile that can be used");
    let count: u32 = talk(&net, server, "getCaseCount", false).await.parse().expect("a number of cases");
    println!("{count} cases");
    for case in 1..=count {
        talk(&net, server, &format!("runCase?case={case}&agent=ticketscope"), true).await;
    }
    talk(&net, server, "updateReports?agent=ticketscope", false).await;
}
