//! The real program as a child process, with a home of its own and no display.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tempfile::TempDir;

use support::replayed::assert_replayed;
use support::watcher::LIMIT;

/// A running `ticketscope`; it is killed when this is dropped.
pub struct Program {
    child: Child,
    home: TempDir,
    lines: Receiver<String>,
    seen: Vec<String>,
    errors: Option<JoinHandle<String>>,
}

/// What a program that has ended leaves.
pub struct Ended {
    pub code: Option<i32>,
    /// The lines on standard output.
    pub lines: Vec<String>,
    /// Standard error.
    pub errors: String,
    pub home: TempDir,
}

impl Program {
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), arguments)
    }

    /// Starts it with `home` as its home folder.
    pub fn start_in(home: TempDir, arguments: &[&str]) -> Self {
        let mut child = command(home.path(), arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (tell, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let mut error_output = child.stderr.take().unwrap();
        let errors = thread::spawn(move || {
            let mut text = String::new();
            error_output.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, home, lines, seen: Vec::new(), errors: Some(errors) }
    }

    /// Runs it to its end.
    pub fn run(arguments: &[&str]) -> Ended {
        Self::start(arguments).end()
    }

    /// The next line on standard output that holds `part`.
    pub fn line(&mut self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(LIMIT);
            let line = line.unwrap_or_else(|_| panic!("no line with {part:?} after {:#?}", self.seen));
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&self) {
        self.signal("-INT");
    }

    /// Sends it a signal, as kill(1) spells it.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Waits for its end, as long as it goes on saying something.
    pub fn end(mut self) -> Ended {
        loop {
            match self.lines.recv_timeout(LIMIT) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; its last line: {:?}", self.seen.last()),
            }
        }
        let code = wait(&mut self.child).code();
        let errors = self.errors.take().unwrap().join().unwrap();
        let home = std::mem::replace(&mut self.home, tempfile::tempdir().unwrap());
        assert_replayed(home.path());
        Ended { code, lines: std::mem::take(&mut self.seen), errors, home }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !thread::panicking() {
            assert_replayed(self.home.path());
        }
    }
}

/// The command line of the program, with `home` as its home folder.
pub fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
    command.args(arguments).current_dir(home).stdin(Stdio::null());
    for variable in ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "NO_COLOR", "XDG_RUNTIME_DIR"] {
        command.env_remove(variable);
    }
    command.env("HOME", home);
    for (variable, folder) in [("CONFIG", "config"), ("DATA", "data"), ("STATE", "state"), ("CACHE", "cache")] {
        command.env(format!("XDG_{variable}_HOME"), home.join(folder));
    }
    command
}

/// Waits until `child` has ended.
pub fn wait(child: &mut Child) -> ExitStatus {
    for _ in 0..LIMIT.as_millis() / 10 {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("the program does not end within {LIMIT:?}");
}
