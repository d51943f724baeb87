//! An idle connected window: frames and CPU in 60 s. No frame, and under 0.2 % of a core.

use std::error::Error;
use std::time::Duration;

use super::screen::{Screen, Watched};
use crate::support::Limits;

/// Three to lay everything out, and what the first connection shows.
const MOST_BEFORE_REST: f64 = 8.0;

const WATCH: Duration = Duration::from_secs(60);
/// Measures the real window on a screen of its own, and prints.
pub fn run(limits: &mut Limits) -> Result<(), Box<dyn Error>> {
    let Some(screen) = Screen::start("idle window") else { return Ok(()) };
    let Watched { before, frames, share, .. } = screen.watch(Screen::program(&[]), WATCH)?;
    println!("idle window: {frames} frames in 60 s (0; {before} before), {share:.3} % of a core (under 0.2)");
    limits.at_most("frames of an idle window", frames as f64, 0.0);
    limits.at_most("an idle window, % of a core", share, 0.2);
    limits.at_most("frames before the window came to rest", before as f64, MOST_BEFORE_REST);
    Ok(())
}
