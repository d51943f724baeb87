//! Console lines with their times and, on a terminal, colours.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};

use chrono::Local;

use crate::journal::{Level, lines};
use crate::model::Entry;

/// Prints entries as lines for people.
pub struct Console<W> {
    out: W,
    colours: bool,
    least: Level,
}

/// Whether standard output is a terminal and `NO_COLOR` is not set.
pub fn has_colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

impl Console<io::Stdout> {
    /// Standard output, coloured if it is a terminal and `NO_COLOR` is not set.
    pub fn stdout(least: Level) -> Self {
        Self { out: io::stdout(), colours: has_colours(), least }
    }
}

impl<W: Write> Console<W> {
    /// Prints the lines of `entry`.
    ///
    /// # Errors
    /// If nobody reads any more.
    pub fn print(&mut self, entry: &Entry) -> io::Result<()> {
        self.print_at(&entry.time.with_timezone(&Local).format("%H:%M:%S%.3f"), entry)
    }

    /// Prints the lines of `entry` with the time since the session began.
    ///
    /// # Errors
    /// If nobody reads any more.
    pub fn print_relative(&mut self, entry: &Entry) -> io::Result<()> {
        let seconds = entry.elapsed.since_start().as_secs_f64();
        self.print_at(&format_args!("{:>12}", format!("+{seconds:.3} s")), entry)
    }

    fn print_at(&mut self, time: &dyn Display, entry: &Entry) -> io::Result<()> {
        for line in lines(entry).iter().filter(|line| line.level >= self.least) {
            let (on, off) = if self.colours { (colour(line.level), "\x1b[0m") } else { ("", "") };
            write!(self.out, "{time} {on}{line}{off}")?;
            if let Some(fault) = &entry.simulated {
                write!(self.out, " [SIMULATED {fault}]")?;
            }
            writeln!(self.out)?;
        }
        self.out.flush()
    }

    /// Prints a line of the program's own.
    ///
    /// # Errors
    /// If nobody reads any more.
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
