//! The thundering herd: thousands of clients that lose their server together, and come back together as their reconnect
//! rule has it. This simulates what the rule does to the server, in virtual time. A *herd* is all clients of one server.
//!
//! At time zero every client loses its connection, as when a server crashes. While the server is gone attempts are
//! refused; once it is back it answers as fast as its [`Limits`] allow. Every step of an attempt takes the
//! same [`Scenario::latency`], so what differs between two runs is the rule.
//!
//! This program's rules run through the real [`ConnectionFlow`](crate::flow::ConnectionFlow), one per client.
//! The rules of other libraries are known by their delays only: a client that waits that long between
//! attempts, and nothing else of the library, is what stands for them ([`Rule::is_real_machine`]).
//!
//! Time and chance are arguments: the same scenario, seed included, gives the same [`Outcome`].

mod crowd;
mod limits;
mod outcome;
mod report;
mod rule;
mod scenario;
mod server;
mod table;
#[cfg(test)]
mod tests;
mod world;

pub use limits::Limits;
pub use outcome::{BIN, Distribution, Outcome, Refusals};
pub use report::json;
pub use rule::Rule;
pub use scenario::Scenario;
pub use table::{COLUMNS, best, cells, compare, share};
pub use world::run;

/// Spreads `seed` and `index` over all 64 bits (the finalizer of Steele et al., SplitMix, OOPSLA 2014).
fn mix(seed: u64, index: u64) -> u64 {
    let mut bits = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
