//! Performance as ratios in one run. `cargo bench` measures all, `cargo bench -- attempt` one; what is beyond its limit
//! ends it with an error.

mod attempt;
mod herd;
mod messages;
mod support;
#[cfg(feature = "window")]
mod windowed;
#[cfg(not(feature = "window"))]
mod windowed {
    pub const BENCHES: [(&str, crate::Bench); 0] = [];

    pub fn draw_if_asked() -> Result<(), String> {
        Ok(())
    }
}

use std::error::Error;

use support::Limits;

type Bench = fn(&mut Limits) -> Result<(), Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    support::serve_if_asked()?;
    windowed::draw_if_asked()?;
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let benches: [(&str, Bench); 3] = [("attempt", attempt::run), ("messages", messages::run), ("herd", herd::run)];
    let mut limits = Limits::default();
    for (name, run) in benches.into_iter().chain(windowed::BENCHES) {
        if asked.is_empty() || asked.iter().any(|part| name.contains(part.as_str())) {
            run(&mut limits)?;
        }
    }
    limits.result()
}
