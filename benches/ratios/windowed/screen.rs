//! A screen without a monitor, and what a window on it costs.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::{sleep, spawn};
use std::time::Duration;

use tokio::time::Instant;

use crate::support::cpu_time;

/// For a window to open, connect and come to rest.
const SETTLE: Duration = Duration::from_secs(15);
const DISPLAY: &str = ":97";
/// No window takes longer to appear.
const LONGEST: Duration = Duration::from_secs(60);

/// What a window prints for each frame.
pub const FRAME: &str = "frame drawn";

/// A screen; gone when it is dropped.
pub struct Screen {
    _xvfb: Killed,
    home: PathBuf,
}

/// What was seen of a window.
pub struct Watched {
    /// From the start of the program to its first frame.
    pub first: Duration,
    /// Frames before the window came to rest.
    pub before: u64,
    /// Frames since then.
    pub frames: u64,
    /// The share of a core since then, in per cent.
    pub share: f64,
}

/// Ends its process.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

impl Screen {
    /// A screen; `None`, with a note, if there is none.
    pub fn start(bench: &str) -> Option<Self> {
        let xvfb = Command::new("Xvfb").args([DISPLAY, "-screen", "0", "1400x900x24", "-nolisten", "tcp"]).spawn();
        let Ok(xvfb) = xvfb else {
            println!("{bench}: skipped: needs Xvfb");
            return None;
        };
        sleep(Duration::from_secs(1));
        let home = std::env::temp_dir().join(format!("ticketscope-bench-{}", std::process::id()));
        Some(Self { _xvfb: Killed(xvfb), home })
    }

    /// The program.
    pub fn program(arguments: &[&str]) -> Command {
        let mut window = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
        window.args(["--keychain", "memory", "--log", "trace"]).args(arguments);
        window
    }

    /// Runs a window that prints [`FRAME`] for each of its frames, with a home of its own that is empty, and watches it
    /// for so long once it has come to rest.
    pub fn watch(&self, mut window: Command, long: Duration) -> Result<Watched, Box<dyn Error>> {
        let _ = std::fs::remove_dir_all(&self.home);
        std::fs::create_dir_all(&self.home)?;
        window.env("DISPLAY", DISPLAY).env_remove("WAYLAND_DISPLAY").env("HOME", &self.home);
        for folder in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"] {
            window.env_remove(folder);
        }
        let begin = Instant::now();
        let mut window = Killed(window.stderr(Stdio::piped()).spawn()?);
        let frames = Arc::new(AtomicU64::new(0));
        let log = window.0.stderr.take().ok_or("no pipe")?;
        let (tell, first) = sync_channel(1);
        spawn({
            let frames = Arc::clone(&frames);
            move || {
                let is_frame = |line: &String| line.contains(FRAME);
                let drawn = BufReader::new(log).lines().map_while(Result::ok).filter(is_frame);
                drawn.for_each(|_| {
                    if frames.fetch_add(1, Ordering::Relaxed) == 0 {
                        let _ = tell.send(begin.elapsed());
                    }
                });
            }
        });
        let first = first.recv_timeout(LONGEST)?;
        sleep(SETTLE);
        let (before, cpu) = (frames.load(Ordering::Relaxed), cpu_time(window.0.id())?);
        sleep(long);
        let cpu = cpu_time(window.0.id())? - cpu;
        let share = cpu.as_secs_f64() / long.as_secs_f64() * 100.0;
        Ok(Watched { first, before, frames: frames.load(Ordering::Relaxed) - before, share })
    }
}
