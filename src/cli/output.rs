//! Console lines with their times and, on a terminal, colours.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};
use chrono::Local;

use crate::journal::{Level, lines};
use crate::model::Entry;
use crate::view::ArmedFault;

/// Prints entries as lines for people.
pub struct Console<W> {
    out: W,
    colours: bool,
    least: Level,
    /// The faults that are armed, in words; empty if there are none.
    armed: String,
}

/// Whether standard output shows colours: a terminal that knows them, and `NO_COLOR` is not set.
pub fn has_colours() -> bool {
    io::stdout().is_terminal() && AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// Standard output for text with colours: consoles of Windows get theirs in their own way.
pub fn coloured_stdout() -> AutoStream<io::Stdout> {
    // What goes elsewhere is not looked through.
    AutoStream::new(io::stdout(), if has_colours() { ColorChoice::Always } else { ColorChoice::AlwaysAnsi })
}

impl Console<AutoStream<io::Stdout>> {
    /// Standard output, coloured where that is of use.
    pub fn stdout(least: Level) -> Self {
        Self { out: coloured_stdout(), colours: has_colours(), least, armed: String::new() }
    }
}

impl Console<Vec<u8>> {
    /// The same, kept until it is [taken](Self::take).
    pub fn kept(least: Level) -> Self {
        Self { out: Vec::new(), colours: has_colours(), least, armed: String::new() }
    }

    /// What has been printed since it was last taken.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// The same, where it is.
    pub fn kept_bytes(&self) -> &[u8] {
        &self.out
    }
}

impl<W: Write> Console<W> {
    /// Prints the lines of `entry`, each with a sign while a fault is armed.
    ///
    /// # Errors
    /// If standard output is closed.
    pub fn print(&mut self, entry: &Entry) -> io::Result<()> {
        self.print_at(&entry.time.with_timezone(&Local).format("%H:%M:%S%.3f"), entry)
    }

    /// Prints the lines of `entry` with the time since the session began.
    ///
    /// # Errors
    /// If standard output is closed.
    pub fn print_relative(&mut self, entry: &Entry) -> io::Result<()> {
        let seconds = entry.elapsed.since_start().as_secs_f64();
        self.print_at(&format_args!("{:>12}", format!("+{seconds:.3} s")), entry)
    }

    /// Prints the lines of `entry` with the time of day that its file has, in the file's own zone.
    ///
    /// # Errors
    /// If standard output is closed.
    pub fn print_time_of_day(&mut self, entry: &Entry) -> io::Result<()> {
        self.print_at(&entry.time.format("%H:%M:%S%.3f"), entry)
    }

    /// Prints the lines of `entry` with its number: nothing else is known of when it was.
    ///
    /// # Errors
    /// If standard output is closed.
    pub fn print_in_order(&mut self, entry: &Entry) -> io::Result<()> {
        self.print_at(&format_args!("{:>5}", format!("#{}", entry.seq)), entry)
    }

    fn print_at(&mut self, time: &dyn Display, entry: &Entry) -> io::Result<()> {
        for line in lines(entry).iter().filter(|line| line.level >= self.least) {
            let (on, off) = if self.colours { (colour(line.level), "\x1b[0m") } else { ("", "") };
            let badge = if self.armed.is_empty() { "" } else { "⚠ " };
            write!(self.out, "{time} {badge}{on}{line}{off}")?;
            if let Some(fault) = &entry.simulated {
                write!(self.out, " [SIMULATED {fault}]")?;
            }
            writeln!(self.out)?;
        }
        self.out.flush()
    }

    /// Takes in which faults are armed, and prints a line if that has changed.
    ///
    /// # Errors
    /// If standard output is closed.
    pub fn badge(&mut self, armed: &[ArmedFault]) -> io::Result<()> {
        let words: Vec<_> = armed.iter().map(|armed| format!("{} ({})", armed.fault, armed.countdown())).collect();
        let words = words.join(", ");
        if words == self.armed {
            return Ok(());
        }
        self.armed = words;
        let (on, off) = if self.colours { ("\x1b[30;43m", "\x1b[0m") } else { ("", "") };
        match (armed.len(), &self.armed) {
            (0, _) => writeln!(self.out, "No fault is armed any more")?,
            (1, words) => writeln!(self.out, "{on}⚠ 1 fault armed: {words}{off}")?,
            (count, words) => writeln!(self.out, "{on}⚠ {count} faults armed: {words}{off}")?,
        }
        self.out.flush()
    }

    /// Prints a line of the program's own.
    ///
    /// # Errors
    /// If standard output is closed.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }
}

const fn colour(level: Level) -> &'static str {
    match level {
        Level::Debug => "\x1b[2m",
        Level::Info => "",
        Level::Warn => "\x1b[33m",
        Level::Error => "\x1b[31m",
    }
}
