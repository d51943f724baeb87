//! A fault every two seconds for a minute, or for an hour: memory, descriptors and threads stay what they were.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use strum::IntoEnumIterator as _;
use ticketscope::faults::{Activation, FaultKind};
use ticketscope::model::Entry;
use ticketscope::session::Command;
use tokio::time::Instant;

use crate::watcher::Watcher;

/// How often something is broken.
const EVERY: Duration = Duration::from_secs(2);
/// Memory that may be gained in an hour beside what the journal keeps, in bytes.
const PER_HOUR: f64 = (1 << 20) as f64;
/// What an allocator gains and gives back in between, in bytes.
const NOISE: f64 = 3.0 * (1 << 20) as f64;

#[derive(Debug)]
struct Sample {
    resident: u64,
    descriptors: usize,
    threads: u64,
    /// What the entries of the journal take, rather too much than too little.
    journal: u64,
}

impl Sample {
    fn of(watcher: &Watcher) -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let value = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        let entries = watcher.entries();
        let journal =
            entries.iter().map(|entry| (serde_json::to_vec(&**entry).unwrap().len() + size_of::<Entry>()) as u64).sum();
        let descriptors = fs::read_dir("/proc/self/fd").unwrap().count();
        Self { resident: value("VmRSS:") << 10, descriptors, threads: value("Threads:"), journal }
    }
}

#[test]
#[ignore = "takes a minute, or SOAK_SECONDS: bash tests/run extended soak"]
fn a_fault_every_two_seconds_leaves_everything_as_it_was() {
    let seconds = std::env::var("SOAK_SECONDS").map_or(60, |text| text.parse().unwrap());
    let watcher = Watcher::connected_demo();
    // What ends the client's own life has its own tests.
    let kinds: Vec<_> = FaultKind::iter().filter(|kind| *kind != FaultKind::CrashClient).collect();
    let (begin, mut samples) = (Instant::now(), Vec::new());
    for kind in kinds.into_iter().cycle() {
        if begin.elapsed() >= Duration::from_secs(seconds) {
            break;
        }
        let times = (kind.activation() != Activation::Immediate).then_some(1);
        watcher.arm(kind.default_parameters(), times);
        watcher.retry_now();
        sleep(EVERY);
        // All is well again, and whoever had stopped goes on.
        watcher.send(Command::ClearAll);
        watcher.connect();
        if begin.elapsed().as_secs_f64() >= seconds as f64 / 6.0 * (samples.len() + 1) as f64 {
            sleep(EVERY);
            samples.push(Sample::of(&watcher));
            println!("{:>5.0} s {:?}", begin.elapsed().as_secs_f64(), samples.last().unwrap());
        }
    }
    // The first third is for what is made once.
    let (first, last) = (&samples[samples.len() / 3], samples.last().unwrap());
    let gained = last.resident as f64 - first.resident as f64 - (last.journal - first.journal) as f64;
    let hours = seconds as f64 / 3_600.0;
    assert!(gained <= PER_HOUR * hours + NOISE, "{gained} bytes more: {samples:#?}");
    assert!(last.descriptors <= first.descriptors + 8, "{samples:#?}");
    assert!(last.threads <= first.threads + 4, "{samples:#?}");
}
