//! Filtering a log of a million lines. At least 5 million lines a second.

use std::error::Error;
use std::hint::black_box;

use crate::support::{Limits, median};
use chrono::DateTime;
use ticketscope::model::{Entry, Event, Moment, SafeText, ServerEvent, Source};
use ticketscope::ui::{Filter, LineStore, Lines as _};
use tokio::time::Instant;

const LINES: u64 = 1_000_000;
const ROUNDS: usize = 5;

/// Measures and prints.
pub fn run(limits: &mut Limits) -> Result<(), Box<dyn Error>> {
    let mut store = LineStore::new(usize::MAX);
    for seq in 0..LINES {
        let text = format!("[WSTicket] Ticket {seq} for a client with trace id {:08x}-{}", seq * 7_919, seq % 977);
        let (elapsed, time) = (Moment::START, DateTime::UNIX_EPOCH);
        let event = Event::Server(ServerEvent::Log { line: SafeText::new(&text) });
        store.append(&Entry { seq, elapsed, time, attempt: None, source: Source::Server, simulated: None, event });
    }
    for (name, needle) in [("nowhere", "zebra"), ("rare", "-976"), ("everywhere", "ticket"), ("beyond ASCII", "é")] {
        let (mut rates, mut hits) = (Vec::new(), 0);
        for _ in 0..ROUNDS {
            let (mut found, begin) = (Vec::new(), Instant::now());
            store.search(store.numbers(), &Filter::new(needle, true), &mut found);
            rates.push(LINES as f64 / begin.elapsed().as_secs_f64() / 1e6);
            hits = black_box(found).len();
        }
        let rate = median(&mut rates);
        println!("filter: {rate:.1} million lines a second (at least 5), {name}: {hits} found");
        limits.at_least("millions of lines filtered a second", rate, 5.0);
    }
    Ok(())
}
