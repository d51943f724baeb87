//! A herd of 100 000 real machines through an outage of 30 s, in virtual time, beside a bare binary heap that
//! does as many steps. At most 5 s; the memory of a client is printed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::support::{Limits, median};
use ticketscope::flow::Policy;
use ticketscope::herd::{Rule, Scenario, run as simulate};
use ticketscope::model::Profile;
use tokio::time::Instant;

const ROUNDS: usize = 3;

/// Measures and prints.
pub fn run(limits: &mut Limits) -> Result<(), Box<dyn Error>> {
    let scenario = Scenario { clients: 100_000, ..Scenario::default() };
    let rule = Rule::ours("seed", Policy::from(&Profile::production()));
    let before = memory("VmRSS:")?;
    let (mut ours, mut bare, mut steps) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let outcome = simulate(&scenario, &rule, |_| ControlFlow::Continue(())).ok_or("nobody broke it off")?;
        ours.push(begin.elapsed().as_secs_f64());
        steps = outcome.steps;
        bare.push(bare_heap(scenario.clients, steps).as_secs_f64());
    }
    let (ours, bare) = (median(&mut ours), median(&mut bare));
    let bytes = (memory("VmHWM:")?.saturating_sub(before)) / u64::from(scenario.clients);
    let rate = steps as f64 / ours / 1e6;
    println!(
        "herd: 100 000 clients through 30 s in {ours:.2} s (at most 5), {rate:.2} million steps a second, bare heap \
         {bare:.2} s, ratio {:.1}, {bytes} bytes a client at most",
        ours / bare
    );
    limits.at_most("a herd of 100 000, s", ours, 5.0);
    Ok(())
}

/// As many steps, each with the next thing to happen taken out and another put in.
fn bare_heap(clients: u32, steps: u64) -> Duration {
    let begin = Instant::now();
    let mut heap: BinaryHeap<_> = (0..clients).map(|client| Reverse((0_u64, client))).collect();
    for step in 0..steps {
        if let Some(Reverse((at, client))) = heap.pop() {
            let wait = (u64::from(client) ^ step).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 34;
            heap.push(Reverse((at + wait, client)));
        }
    }
    black_box(heap);
    begin.elapsed()
}

/// A line of proc(5)'s `status`, in bytes.
fn memory(line: &str) -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let number = status.lines().find_map(|text| text.strip_prefix(line)?.trim().split(' ').next()?.parse::<u64>().ok());
    number.map(|kilobytes| kilobytes * 1_024).ok_or_else(|| io::Error::other("no such line"))
}
