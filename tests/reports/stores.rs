//! Ticket stores that are not shared, or that answer errors.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use support::moves::{Move, Play, Request, Route, close, json};
use support::redis_server::RedisServer;
use support::scene::Scene;
use ticketscope::diagnosis::Owner::Operations;

use crate::PROGRAM;
use crate::gateways::{NEAR_THE_USER, SOMETIMES};
use crate::report::{Report, Words};

const ANOTHER_NODE: &[&str] = &[
    "another node",
    "other node",
    "another server",
    "another instance",
    "another replica",
    "different node",
    "different server",
    "several nodes",
    "several servers",
    "several instances",
    "not shared",
    "nodes",
    "replicas",
    "instances",
];
const SHARED: Words = &[&["shared", "share", "sticky", "stickiness", "affinity", "redis"]];

/// What does not help where Redis answers errors.
const NO_CURE: &[&str] = &["restart", "newer redis", "user's it", "firewall"];

pub fn all() -> Vec<Report> {
    vec![
        Report::broken("replica", "wasp-lang/wasp#2040, powershell-universal#4064", &[Operations])
            .played(|| nodes(|number| number % 2, false))
            .says(&[ANOTHER_NODE, &["ticket"]])
            .advises(SHARED)
            .never(NEAR_THE_USER),
        Report::broken("replicaRand", "the same", &[Operations])
            .played(|| nodes(random, false))
            .says(&[ANOTHER_NODE, &["ticket"]])
            .repeated("8")
            // The live session stops at the first refusal.
            .check_says(&[SOMETIMES])
            .advises(SHARED)
            .never(NEAR_THE_USER),
        Report::broken("redisErrTG", "", &[Operations])
            .played(|| {
                |request: &Request| {
                    let message = "READONLY You can't write against a read only replica.";
                    let answer = format!(r#"{{"code":"TICKET_GENERATION_FAILED","message":"{message}"}}"#);
                    (request.route == Route::Ticket).then(|| vec![json(500, &answer)])
                }
            })
            .says(&[&["redis"], &["readonly", "read only", "read-only"], &["replica"]])
            .advises(&[&["primary", "master", "writable", "replica", "writ"]])
            .never(NO_CURE),
        served("redisReal-oom", "Redis OOM", ["maxmemory", "1"])
            .says(&[&["redis"], &["out of memory", "oom", "maxmemory", "memory"]])
            .advises(&[&["memory", "maxmemory", "evict"]]),
        served("redisReal-noauth", "openware/peatio#1823, nextcloudpi#1652", ["requirepass", "a password"])
            .says(&[&["redis"], &["password", "noauth", "authentication"]])
            .advises(&[&["password"]]),
    ]
}

/// Two API nodes behind a balancer: `choose` says which one has the n-th ticket request or upgrade. Each keeps the tickets
/// that it gave out, unless the store is shared.
pub fn nodes(choose: fn(usize) -> usize, is_shared: bool) -> impl Play {
    let state = Mutex::new((0, HashMap::<String, usize>::new()));
    move |request: &Request| {
        let mut state = state.lock().unwrap();
        let (count, tickets) = &mut *state;
        if !matches!(request.route, Route::Ticket | Route::Socket) {
            return None;
        }
        let node = if is_shared { 0 } else { choose(*count) };
        *count += 1;
        if request.route == Route::Ticket {
            // The contract's answer has this ticket.
            tickets.insert(format!("{:032x}", request.number), node);
            return None;
        }
        let sent = request.text.split_once("ticket=")?.1.split([' ', '&']).next()?;
        let is_known = tickets.get(sent) == Some(&node);
        tickets.retain(|ticket, at| ticket != sent || *at != node);
        (!is_known).then(|| vec![Move::Accept, close(1008, "NOT_AUTHORIZED"), Move::End])
    }
}

/// Random, and the same in each run: tickets and upgrades meet at the same node in four of eight attempts, and not in the
/// first.
fn random(number: usize) -> usize {
    const DRAWN: [usize; 16] = [0, 1, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 1, 0];
    DRAWN[number % DRAWN.len()]
}

/// `ticketscope serve` over a real Redis with this setting, as the contract says and as deployed.
fn served(name: &'static str, source: &'static str, setting: [&'static str; 2]) -> Report {
    let stage = move |as_deployed: bool| async move {
        let redis = RedisServer::start().await?;
        let [key, value] = setting;
        redis::cmd("CONFIG").arg("SET").arg(key).arg(value).exec_async(&mut redis.connect().await).await.unwrap();
        let server = Served::start(&redis.url(), as_deployed);
        let mut scene = Scene::at(server.address.parse().unwrap()).patient();
        scene.log = Some(Arc::clone(&server.log));
        Some(scene.keeping(server).keeping(redis))
    };
    Report::broken(name, source, &[Operations])
        .staged(move |_| stage(false))
        .staged(move |_| stage(true))
        .never(NO_CURE)
}

/// A running `ticketscope serve`; it is killed when this is dropped.
struct Served {
    process: Child,
    address: String,
    /// What it has said.
    log: Arc<Mutex<String>>,
}

impl Served {
    fn start(redis: &str, as_deployed: bool) -> Self {
        let mut command = Command::new(PROGRAM.0);
        command.args(["serve", "--redis", redis]).args(as_deployed.then_some("--as-deployed"));
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.next().unwrap().replace("http://", "");
        let log = Arc::new(Mutex::new(String::new()));
        let said = Arc::clone(&log);
        std::thread::spawn(move || lines.for_each(|line| *said.lock().unwrap() += &format!("{line}. ")));
        Self { process, address, log }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
