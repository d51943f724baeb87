//! Performance as ratios in one run. `cargo bench` measures all, `cargo bench -- attempt` one; what is beyond its limit
//! ends it with an error.

mod attempt;
mod filter;
mod flood;
mod frame;
mod herd;
mod idle_window;
mod messages;
mod recording;
mod support;
mod window;

use std::error::Error;

use support::Limits;

type Bench = fn(&mut Limits) -> Result<(), Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    support::serve_if_asked()?;
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let benches: [(&str, Bench); 8] = [
        ("attempt", attempt::run),
        ("messages", messages::run),
        ("herd", herd::run),
        ("idle_window", idle_window::run),
        ("recording", recording::run),
        ("filter", filter::run),
        ("frame", frame::run),
        ("flood", flood::run),
    ];
    let mut limits = Limits::default();
    for (name, run) in benches {
        if asked.is_empty() || asked.iter().any(|part| name.contains(part.as_str())) {
            run(&mut limits)?;
        }
    }
    limits.result()
}
