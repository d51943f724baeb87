//! What the server says, line by line, through a bounded channel.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use crate::model::SafeText;

/// A line of the server's log: the seed's words, then what finds it (`ticketHash=… traceId=…`). It never holds
/// a token or ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The line, without its end. It says how many lines before it were dropped for lack of room, if any were.
    pub text: SafeText,
}

/// The sending end. A full channel drops lines rather than hold up a connection.
pub(super) struct Log {
    lines: mpsc::Sender<LogLine>,
    dropped: AtomicU64,
}

impl Log {
    /// Lines that wait to be read, at most.
    const CAPACITY: usize = 1_024;
    /// Characters of a line, at most; longer than any line of ours with its bounded foreign parts.
    const LINE_LIMIT: usize = 2_048;

    pub fn new() -> (Self, mpsc::Receiver<LogLine>) {
        let (lines, receiver) = mpsc::channel(Self::CAPACITY);
        (Self { lines, dropped: AtomicU64::new(0) }, receiver)
    }

    pub fn line(&self, mut text: String) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            text.push_str(&format!(" linesDropped={dropped}"));
        }
        let line = LogLine { text: SafeText::with_limit(&text, Self::LINE_LIMIT) };
        if let Err(mpsc::error::TrySendError::Full(_)) = self.lines.try_send(line) {
            self.dropped.fetch_add(dropped + 1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_dropped_is_told_by_the_next_line_that_gets_through() {
        let (log, mut lines) = Log::new();
        for number in 0..Log::CAPACITY + 3 {
            log.line(format!("line {number}"));
        }
        assert_eq!(lines.try_recv().unwrap().text.as_str(), "line 0");
        log.line("next".to_owned());
        log.line("lost".to_owned());
        let last = std::iter::from_fn(|| lines.try_recv().ok()).last().unwrap();
        assert_eq!(last.text.as_str(), "next linesDropped=3");
        log.line("after".to_owned());
        assert_eq!(lines.try_recv().unwrap().text.as_str(), "after linesDropped=1");
    }
}
