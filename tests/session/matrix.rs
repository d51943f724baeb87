//! Every fault at every phase: where it ends, and that nothing is stuck, repeated in vain or unmarked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use strum::IntoEnumIterator as _;
use ticketscope::faults::{Arming, Group, Kind};
use ticketscope::journal::{Snapshot, Status};
use ticketscope::model::{Class, Entry, Event, Profile, Trigger};
use ticketscope::session::Command;

use crate::watcher::Watcher;

/// Whether an event begins a phase.
type Begins = fn(&Event) -> bool;

/// When a fault is armed.
const PHASES: [(&str, Begins); 6] = [
    ("idle", |event| matches!(event, Event::ServerStarted { .. })),
    ("token", |event| *event == Event::FetchingToken),
    ("ticket", |event| *event == Event::RequestingTicket),
    ("dialling", |event| matches!(event, Event::TicketObtained { .. })),
    ("upgrading", |event| matches!(event, Event::TicketSpent { .. })),
    ("connected", |event| *event == Event::Connected),
];

/// What the contract makes of a fault with its usual parameters (§2).
fn is_hard(kind: Kind) -> bool {
    matches!(kind, Kind::DropSessionId | Kind::TicketReused | Kind::BlockOrigin | Kind::ChangeOrigins)
}

/// Whether an open socket does not survive it.
fn ends_connection(kind: Kind) -> bool {
    let shows_in_socket = kind.group() == Group::Socket && !kind.shapes_wire() && kind != Kind::Flood;
    shows_in_socket || matches!(kind, Kind::RestartServer | Kind::CrashClient)
}

fn demo() -> Profile {
    let mut profile = Profile::local_demo(([127, 0, 0, 1], 0).into());
    profile.backoff.base = Duration::from_millis(10);
    profile.backoff.cap = Duration::from_millis(20);
    profile.timeouts.dial = Duration::from_secs(1);
    profile.timeouts.upgrade = Duration::from_secs(1);
    profile.timeouts.ping = Duration::from_millis(400);
    profile
}

/// Once for what ends by itself; what heals, or changes nothing, for good.
fn times(kind: Kind) -> Option<u32> {
    let for_good = is_hard(kind) || kind.shapes_wire() || matches!(kind, Kind::SkewClock | Kind::AsDeployed);
    if for_good { None } else { Some(1) }
}

/// Where a session came to rest after the fault had acted, or had been refused.
fn rest(kind: Kind, entries: &[Arc<Entry>], snapshot: &Snapshot) -> Option<&'static str> {
    let name = kind.name();
    let acted = entries.iter().rev().find(|entry| match &entry.event {
        Event::FaultFired { fault, .. } | Event::FaultRefused { fault, .. } => *fault == name,
        _ => false,
    })?;
    let was_refused = matches!(acted.event, Event::FaultRefused { .. });
    let after = || entries.iter().filter(|entry| entry.seq > acted.seq);
    // A JWT that was on its way when the fault replaced the stored one takes its place.
    let is_cured = after().any(|entry| matches!(entry.event, Event::TokenAcquired { .. }));
    let again = after().rfind(|entry| entry.event == Event::Connected);
    let survives = was_refused || kind.shapes_wire() || kind == Kind::Flood;
    match snapshot.status {
        Status::Stopped => Some("stopped"),
        Status::Connected { .. } if survives => Some("connected"),
        Status::Connected { .. } if is_hard(kind) && !is_cured => None,
        Status::Connected { .. } if ends_connection(kind) => {
            again.filter(|again| again.attempt > acted.attempt).map(|_| "connected")
        }
        Status::Connected { .. } => again.map(|_| "connected"),
        _ => None,
    }
}

fn run(kind: Kind, phase: Begins, seed: u64) -> &'static str {
    let watcher = Watcher::seeded(demo(), seed);
    let name = format!("{kind:?}, seed {seed}");
    let is_idle = phase(&Event::ServerStarted { address: ([127, 0, 0, 1], 1).into() });
    if !is_idle {
        watcher.connect();
    }
    watcher.wait_entry(&name, |entry| phase(&entry.event));
    watcher.send(Command::Arm(Arming::new(kind.usual(), times(kind))));
    if is_idle {
        watcher.connect();
    } else if kind.shows_at_next_attempt() || !kind.acts_on_open_socket() {
        watcher.retry_now();
    }
    let end = watcher.wait(&name, |entries, snapshot| rest(kind, entries, snapshot));
    let entries = watcher.close();
    check(kind, &name, &entries);
    end
}

/// Nothing else was wrong, so whatever failed is the fault's doing and says so; and a hard failure is the end
/// until a person asks.
fn check(kind: Kind, name: &str, entries: &[Arc<Entry>]) {
    let mut is_stopped = false;
    for entry in entries {
        let class = match &entry.event {
            Event::AttemptFailed { class, .. } | Event::Disconnected { class: Some(class), .. } => Some(*class),
            _ => None,
        };
        if class.is_some() || matches!(entry.event, Event::RefreshingToken { .. }) {
            assert_eq!(entry.simulated, Some(kind.name()), "{name}: {:?} is not marked", entry.event);
        }
        if let Event::AttemptStarted { trigger } = &entry.event {
            assert!(!is_stopped || *trigger == Trigger::Person, "{name}: an attempt after a hard failure");
            is_stopped = false;
        }
        is_stopped |= class == Some(Class::Hard);
        assert!(class != Some(Class::Hard) || is_hard(kind), "{name}: {:?} is hard", entry.event);
    }
}

#[test]
fn every_fault_at_every_phase_ends_as_the_contract_says() {
    let seeds = std::env::var("TICKETSCOPE_MATRIX_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(1);
    // These are of TLS, which the local server does not speak.
    let is_tls = |kind: &Kind| matches!(kind, Kind::TlsExpired | Kind::TlsWrongHost | Kind::TlsUnknownIssuer);
    let kinds: Vec<_> = Kind::iter().filter(|kind| !is_tls(kind)).collect();
    let cells = kinds.iter().flat_map(|kind| (0..PHASES.len()).map(|phase| (*kind, phase)));
    let cells = Mutex::new(cells.flat_map(|cell| (0..seeds).map(move |seed| (cell, seed))));
    let ends = Mutex::new(BTreeMap::<_, BTreeMap<&str, u32>>::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let next = || cells.lock().unwrap().next();
                while let Some(((kind, phase), seed)) = next() {
                    let end = run(kind, PHASES[phase].1, seed);
                    let key = (kind.name().to_string(), phase);
                    *ends.lock().unwrap().entry(key).or_default().entry(end).or_default() += 1;
                }
            });
        }
    });
    let ends = ends.into_inner().unwrap();
    println!("{:24}{}", "", PHASES.map(|(phase, _)| format!("{phase:<26}")).concat());
    for kind in kinds {
        let name = kind.name().to_string();
        let cell = |phase| {
            let cell = ends.get(&(name.clone(), phase)).into_iter().flatten();
            format!("{:<26}", cell.map(|(end, count)| format!("{count} {end}")).collect::<Vec<_>>().join(" "))
        };
        println!("{name:24}{}", (0..PHASES.len()).map(cell).collect::<String>());
    }
    println!("0 stuck, 0 attempts after a hard failure, 0 results without their mark");
}
