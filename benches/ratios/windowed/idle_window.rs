//! An idle connected window: frames and CPU in 60 s. No frame, and under 0.2 % of a core. Then one that counts down from
//! one failed attempt to the next.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{sleep, spawn};
use std::time::Duration;

use crate::support::{Limits, cpu_time};

/// For the window to open, connect and come to rest.
const SETTLE: Duration = Duration::from_secs(15);
const WATCH: Duration = Duration::from_secs(60);
const SCREEN: &str = ":97";
/// A profile whose every attempt is refused by this computer at once.
const NOBODY_THERE: &str = r#"
name = "Nobody there"
api = "http://127.0.0.1:9"
websocket = "ws://127.0.0.1:9"
origin = "http://localhost"
"#;

/// Ends its process.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Measures the real window on a screen of its own, and prints.
pub fn run(limits: &mut Limits) -> Result<(), Box<dyn Error>> {
    let xvfb = Command::new("Xvfb").args([SCREEN, "-screen", "0", "1400x900x24", "-nolisten", "tcp"]).spawn();
    let Ok(xvfb) = xvfb else {
        println!("idle window: skipped: needs Xvfb");
        return Ok(());
    };
    let _xvfb = Killed(xvfb);
    sleep(Duration::from_secs(1));
    let (before, frames, share) = measure(&[])?;
    println!("idle window: {frames} frames in 60 s (0; {before} before), {share:.3} % of a core (under 0.2)");
    limits.at_most("frames of an idle window", frames as f64, 0.0);
    limits.at_most("an idle window, % of a core", share, 0.2);
    let profile = std::env::temp_dir().join(format!("ticketscope-bench-{}.toml", std::process::id()));
    std::fs::write(&profile, NOBODY_THERE)?;
    let counting = measure(&["--profile", &profile.to_string_lossy()]);
    std::fs::remove_file(&profile)?;
    let (_, frames, share) = counting?;
    println!("counting down: {:.1} frames a second, {share:.1} % of a core", frames as f64 / WATCH.as_secs_f64());
    Ok(())
}

/// Frames before the window came to rest, frames since then, and the share of a core in per cent.
fn measure(arguments: &[&str]) -> Result<(u64, u64, f64), Box<dyn Error>> {
    let mut window = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
    window.args(["--keychain", "memory", "--log", "trace"]).args(arguments);
    window.env("DISPLAY", SCREEN).env_remove("WAYLAND_DISPLAY");
    let mut window = Killed(window.stderr(Stdio::piped()).spawn()?);
    let frames = Arc::new(AtomicU64::new(0));
    let log = window.0.stderr.take().ok_or("no pipe")?;
    spawn({
        let frames = Arc::clone(&frames);
        move || {
            let is_frame = |line: &String| line.contains("frame drawn");
            let drawn = BufReader::new(log).lines().map_while(Result::ok).filter(is_frame);
            drawn.for_each(|_| {
                frames.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    sleep(SETTLE);
    let (drawn, cpu) = (frames.load(Ordering::Relaxed), cpu_time(window.0.id())?);
    sleep(WATCH);
    let cpu = cpu_time(window.0.id())? - cpu;
    Ok((drawn, frames.load(Ordering::Relaxed) - drawn, cpu.as_secs_f64() / WATCH.as_secs_f64() * 100.0))
}
