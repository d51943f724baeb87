//! A screen without a monitor, and the real program in a window on it, used with a real pointer and keyboard.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use image::{Rgb, RgbImage};
use tempfile::TempDir;
use tokio::time::Instant;

use super::replayed::assert_replayed;

/// Longer than anything takes, on any machine.
const LIMIT: Duration = Duration::from_secs(40);

/// A screen; it is gone when this is dropped.
pub struct Screen {
    xvfb: Child,
    display: String,
}

impl Screen {
    /// A screen of `size`; `None`, with a note, if the tools for it are missing.
    pub fn start(size: &str) -> Option<Self> {
        for tool in ["Xvfb", "xdotool", "import", "xclip"] {
            let found = Command::new("which").arg(tool).stdout(Stdio::null()).status().is_ok_and(|s| s.success());
            if !found {
                assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "{tool} is not installed");
                println!("skipped: needs {tool} (Debian: xvfb xdotool imagemagick xclip)");
                return None;
            }
        }
        let mut xvfb = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{size}x24"), "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut display = String::new();
        BufReader::new(xvfb.stdout.take().unwrap()).read_line(&mut display).unwrap();
        Some(Self { xvfb, display: format!(":{}", display.trim()) })
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(program).args(arguments).env("DISPLAY", &self.display).output().unwrap();
        output.stdout
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.xvfb.kill();
        let _ = self.xvfb.wait();
    }
}

/// The program in its window.
pub struct Desktop {
    program: Child,
    window: String,
    screen: Screen,
    home: TempDir,
}

impl Desktop {
    /// Starts `command` on `screen`, with a home of its own, and waits for its window.
    pub fn start(screen: Screen, command: Command) -> Self {
        Self::start_in(screen, command, tempfile::tempdir().unwrap())
    }

    /// The same, with `home` as its home.
    pub fn start_in(screen: Screen, mut command: Command, home: TempDir) -> Self {
        command.env("DISPLAY", &screen.display).env_remove("WAYLAND_DISPLAY").env("HOME", home.path());
        for folder in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"] {
            command.env_remove(folder);
        }
        let program = command.stderr(Stdio::null()).spawn().unwrap();
        let found = screen.run("xdotool", &["search", "--sync", "--onlyvisible", "--name", "^Ticketscope$"]);
        let window = String::from_utf8(found).unwrap().lines().last().unwrap().to_owned();
        screen.run("xdotool", &["windowfocus", "--sync", &window]);
        Self { program, window, screen, home }
    }

    /// Moves the pointer to `(x, y)` in the window and clicks.
    pub fn click(&self, (x, y): (f32, f32)) {
        let (x, y) = (x.round().to_string(), y.round().to_string());
        // Without `--sync`, which waits for long where the pointer is there already.
        self.screen.run("xdotool", &["mousemove", "--window", &self.window, &x, &y, "click", "1"]);
    }

    /// Turns the wheel at `(x, y)` down to the end of what is there.
    pub fn scroll_down(&self, (x, y): (f32, f32)) {
        let (x, y) = (x.round().to_string(), y.round().to_string());
        let wheel = ["click", "--repeat", "80", "--delay", "10", "5"];
        self.screen.run("xdotool", &[&["mousemove", "--window", &self.window, &x, &y][..], &wheel].concat());
    }

    /// Presses keys, as xdotool spells them.
    pub fn press(&self, keys: &str) {
        self.screen.run("xdotool", &["key", "--clearmodifiers", keys]);
    }

    /// Types a text.
    pub fn write(&self, text: &str) {
        self.screen.run("xdotool", &["type", text]);
    }

    /// Makes the window this large.
    pub fn resize(&self, width: u32, height: u32) {
        let (width, height) = (width.to_string(), height.to_string());
        self.screen.run("xdotool", &["windowsize", "--sync", &self.window, &width, &height]);
    }

    /// What the window shows.
    pub fn picture(&self) -> RgbImage {
        let png = self.screen.run("import", &["-window", &self.window, "png:-"]);
        image::load_from_memory(&png).unwrap().to_rgb8()
    }

    /// What is on the clipboard.
    pub fn clipboard(&self) -> String {
        String::from_utf8(self.screen.run("xclip", &["-out", "-selection", "clipboard"])).unwrap()
    }

    /// Waits until the pixel at `(x, y)` has about this colour.
    pub fn wait_for_colour(&self, (x, y): (u32, u32), colour: Rgb<u8>) -> RgbImage {
        let deadline = Instant::now() + LIMIT;
        loop {
            let picture = self.picture();
            let seen = picture.get_pixel_checked(x, y).copied().unwrap_or(Rgb([0; 3]));
            if seen.0.iter().zip(colour.0).all(|(seen, wanted)| seen.abs_diff(wanted) < 24) {
                return picture;
            }
            assert!(Instant::now() < deadline, "{seen:?} at ({x}, {y}) did not become {colour:?}");
        }
    }

    /// What the program's threads are called.
    pub fn threads(&self) -> Vec<String> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.program.id())).into_iter().flatten().flatten();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        names.map(|name| name.trim().to_owned()).collect()
    }

    /// Waits for the program to end.
    pub fn end(mut self) -> ExitStatus {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.program.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the program does not end");
            std::thread::yield_now();
        }
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
        if !std::thread::panicking() {
            assert_replayed(self.home.path());
        }
    }
}
