//! Every fault at every phase: where it ends, and that nothing is stuck, repeated in vain or unmarked.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use strum::IntoEnumIterator as _;
use ticketscope::faults::{Arming, Fault, FaultKind, Group};
use ticketscope::model::{Class, DriverEvent, Entry, Event, FaultEvent, FlowEvent, Profile, Trigger};
use ticketscope::session::{Command, KeychainChoice};
use ticketscope::view::{Snapshot, Status};

use crate::tls_front::TlsFront;
use crate::watcher::Watcher;

/// When a fault is armed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter, strum::IntoStaticStr, strum::EnumString,
)]
#[strum(serialize_all = "kebab-case")]
enum Phase {
    Idle,
    Token,
    Ticket,
    Dialling,
    Upgrading,
    Connected,
    Waiting,
    Stopped,
}

impl Phase {
    /// Whether an event begins it.
    fn begins(self, event: &Event) -> bool {
        match self {
            Self::Idle => false,
            Self::Token => *event == Event::Flow(FlowEvent::FetchingToken),
            Self::Ticket => *event == Event::Flow(FlowEvent::RequestingTicket),
            Self::Dialling => matches!(event, Event::Flow(FlowEvent::TicketObtained { .. })),
            Self::Upgrading => matches!(event, Event::Flow(FlowEvent::TicketSpent { .. })),
            Self::Connected => *event == Event::Flow(FlowEvent::Connected),
            Self::Waiting => matches!(event, Event::Flow(FlowEvent::BackoffScheduled { .. })),
            Self::Stopped => matches!(event, Event::Flow(FlowEvent::AttemptFailed { class: Class::Hard, .. })),
        }
    }

    /// The refusal of the first ticket request that leads there.
    fn refusal(self) -> Option<Fault> {
        let refusal =
            |status, code: &str, retry_after| Some(Fault::TicketStatus { status, code: code.into(), retry_after });
        match self {
            Self::Waiting => refusal(503, "REDIS_UNAVAILABLE", Some(Duration::from_secs(60))),
            Self::Stopped => refusal(401, "MISSING_SESSION", None),
            _ => None,
        }
    }
}

/// One run.
#[derive(Clone, Copy, Debug)]
struct Cell {
    kind: FaultKind,
    phase: Phase,
    seed: u64,
}

impl Cell {
    /// Reads `fault/phase/seed`.
    fn read(text: &str) -> Self {
        let mut parts = text.split('/');
        let mut part = || parts.next().unwrap_or_else(|| panic!("expected fault/phase/seed, got {text}"));
        let (kind, phase) = (part().parse().unwrap(), part().parse().unwrap());
        Self { kind, phase, seed: part().parse().unwrap() }
    }

    /// How to run it alone.
    fn command(&self) -> String {
        let (kind, phase): (&str, &str) = (self.kind.into(), self.phase.into());
        format!("{CELL}={kind}/{phase}/{} cargo nextest run every_fault_at_every_phase", self.seed)
    }
}

const CELL: &str = "TICKETSCOPE_MATRIX_CELL";
const SEEDS: &str = "TICKETSCOPE_MATRIX_SEEDS";

/// What the contract makes of a fault with its usual parameters (§2).
fn is_hard(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::DropSessionId | FaultKind::TicketReused | FaultKind::BlockOrigin | FaultKind::ChangeOrigins
    )
}

/// Whether an open socket does not survive it.
fn ends_connection(kind: FaultKind) -> bool {
    let shows_in_socket = kind.group() == Group::Socket && !kind.shapes_wire() && kind != FaultKind::Flood;
    shows_in_socket || matches!(kind, FaultKind::RestartServer | FaultKind::CrashClient)
}

/// These need TLS, which the local demo does not speak.
fn is_tls(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::TlsExpired | FaultKind::TlsWrongHost | FaultKind::TlsUnknownIssuer)
}

fn profile(kind: FaultKind, tls: &TlsFront) -> Profile {
    let mut profile = if is_tls(kind) { tls.profile() } else { Profile::local_demo(([127, 0, 0, 1], 0).into()) };
    profile.backoff.base = Duration::from_millis(10);
    profile.backoff.cap = Duration::from_millis(20);
    profile.timeouts.dial = Duration::from_secs(1);
    profile.timeouts.upgrade = Duration::from_secs(1);
    profile.timeouts.ping = Some(Duration::from_millis(400));
    profile
}

/// Once for what ends by itself; what heals, or changes nothing, for good.
fn times(kind: FaultKind) -> Option<u32> {
    let for_good = is_hard(kind) || kind.shapes_wire() || matches!(kind, FaultKind::SkewClock | FaultKind::AsDeployed);
    if for_good { None } else { Some(1) }
}

/// Where a session came to rest after the fault had acted, or had been refused, in an entry from `since` on.
fn rest(kind: FaultKind, since: u64, entries: &[Arc<Entry>], snapshot: &Snapshot) -> Option<&'static str> {
    let name = kind.name();
    let acted = entries.iter().rev().filter(|entry| entry.seq >= since).find(|entry| match &entry.event {
        Event::Fault(FaultEvent::Fired { fault, .. }) | Event::Fault(FaultEvent::Refused { fault, .. }) => {
            *fault == name
        }
        _ => false,
    })?;
    let was_refused = matches!(acted.event, Event::Fault(FaultEvent::Refused { .. }));
    let after = || entries.iter().filter(|entry| entry.seq > acted.seq);
    // A JWT that was on its way when the fault replaced the stored one takes its place.
    let is_cured = after().any(|entry| matches!(entry.event, Event::Flow(FlowEvent::TokenAcquired { .. })));
    let again = after().rfind(|entry| entry.event == Event::Flow(FlowEvent::Connected));
    let survives = was_refused || kind.shapes_wire() || kind.acts_on_keychain() || kind == FaultKind::Flood;
    match snapshot.status {
        // Not for what had stopped it before.
        Status::Stopped => after().any(|entry| class(&entry.event) == Some(Class::Hard)).then_some("stopped"),
        Status::Connected { .. } if survives => Some("connected"),
        Status::Connected { .. } if is_hard(kind) && !is_cured => None,
        Status::Connected { .. } if ends_connection(kind) => {
            again.filter(|again| again.attempt > acted.attempt).map(|_| "connected")
        }
        Status::Connected { .. } => again.map(|_| "connected"),
        _ => None,
    }
}

fn class(event: &Event) -> Option<Class> {
    match event {
        Event::Flow(FlowEvent::AttemptFailed { class, .. })
        | Event::Flow(FlowEvent::Disconnected { class: Some(class), .. }) => Some(*class),
        _ => None,
    }
}

fn run(cell: Cell, tls: &TlsFront) -> &'static str {
    let Cell { kind, phase, seed } = cell;
    let watcher = Watcher::keeping(profile(kind, tls), seed, KeychainChoice::InProcess);
    let name = cell.command();
    if let Some(refusal) = phase.refusal() {
        watcher.arm(refusal, Some(1));
    }
    if phase != Phase::Idle {
        watcher.connect();
        watcher.wait_entry(&name, |entry| phase.begins(&entry.event));
    }
    let since = watcher.entries().last().map_or(0, |entry| entry.seq + 1);
    watcher.send(Command::Arm(Arming::new(kind.default_parameters(), times(kind))));
    if matches!(phase, Phase::Idle | Phase::Stopped) {
        watcher.connect();
    } else if kind.shows_at_next_attempt() || !kind.acts_on_open_socket() || phase == Phase::Waiting {
        watcher.retry_now();
    }
    let end = watcher.wait(&name, |entries, snapshot| rest(kind, since, entries, snapshot));
    let entries = watcher.close();
    check(cell, &entries);
    end
}

/// Nothing else was wrong, so whatever failed is the fault's doing, or that of the refusal before it, and says so;
/// and a hard failure is the end until a person asks.
fn check(cell: Cell, entries: &[Arc<Entry>]) {
    let (kind, name) = (cell.kind, cell.command());
    let mut expected = if cell.phase.refusal().is_some() { FaultKind::TicketStatus } else { kind };
    let mut is_stopped = false;
    for entry in entries {
        let class = class(&entry.event);
        if class.is_some() || matches!(entry.event, Event::Flow(FlowEvent::RefreshingToken { .. })) {
            assert_eq!(entry.simulated, Some(expected.name()), "{name}: {:?} is not marked", entry.event);
        }
        if let Event::Driver(DriverEvent::Keychain { state }) = &entry.event {
            assert_eq!(entry.simulated.is_some(), state.is_failure(), "{name}: {state}");
        }
        if let Event::Flow(FlowEvent::AttemptStarted { trigger }) = &entry.event {
            assert!(!is_stopped || *trigger == Trigger::Person, "{name}: an attempt after a hard failure");
            is_stopped = false;
        }
        is_stopped |= class == Some(Class::Hard);
        let may_stop =
            is_hard(kind) || expected != kind || cell.phase == Phase::Stopped && kind == FaultKind::TicketStatus;
        assert!(class != Some(Class::Hard) || may_stop, "{name}: {:?} is hard", entry.event);
        if class.is_some() {
            expected = kind;
        }
    }
}

#[test]
fn every_fault_at_every_phase_ends_as_the_contract_says() {
    let seeds: u64 = std::env::var(SEEDS).map_or(1, |seeds| seeds.parse().unwrap());
    let all = || FaultKind::iter().flat_map(|kind| Phase::iter().map(move |phase| (kind, phase)));
    let cells: Vec<_> = match std::env::var(CELL) {
        Ok(cell) => vec![Cell::read(&cell)],
        Err(_) => all().flat_map(|(kind, phase)| (0..seeds).map(move |seed| Cell { kind, phase, seed })).collect(),
    };
    let tls = TlsFront::start();
    let (next, ends, failed) = (Mutex::new(cells.iter()), Mutex::new(Ends::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let take = || next.lock().unwrap().next();
                while let Some(&cell) = take() {
                    let end = catch_unwind(AssertUnwindSafe(|| run(cell, &tls)));
                    if end.is_err() {
                        failed.lock().unwrap().push(cell.command());
                    }
                    let end = end.unwrap_or("FAILED");
                    *ends.lock().unwrap().entry((cell.kind.into(), cell.phase)).or_default().entry(end).or_default() +=
                        1;
                }
            });
        }
    });
    print(&ends.into_inner().unwrap());
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {} failed:\n{}", failed.len(), cells.len(), failed.join("\n"));
    println!("{} runs: 0 stuck, 0 attempts after a hard failure, 0 simulated results without their mark", cells.len());
}

/// How often each fault at each phase ended how.
type Ends = BTreeMap<(&'static str, Phase), BTreeMap<&'static str, u32>>;

fn print(ends: &Ends) {
    let column = |text: &str| format!("{text:<26}");
    println!("{:24}{}", "", Phase::iter().map(|phase| column(phase.into())).collect::<String>());
    let mut totals = BTreeMap::<_, u32>::new();
    for kind in FaultKind::iter() {
        let cell = |phase| {
            let cell = ends.get(&(kind.into(), phase)).into_iter().flatten();
            column(&cell.map(|(end, count)| format!("{count} {end}")).collect::<Vec<_>>().join(" "))
        };
        println!("{:24}{}", kind.name().as_str(), Phase::iter().map(cell).collect::<String>());
    }
    for (end, count) in ends.values().flatten() {
        *totals.entry(end).or_default() += count;
    }
    println!("in all: {totals:?}");
}
