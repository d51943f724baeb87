//! Standard output whose reader may be slow or gone.

use std::future::pending;
use std::io::{self, Write as _};
use std::time::Duration;

use tokio::sync::mpsc::Permit;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::interrupt::Interrupt;
use super::output::coloured_stdout;
use crate::watchdog;

/// Pieces that wait to be read, at most.
const MAX_WAITING: usize = 64;
/// How long what is left may take after somebody has asked for the end.
const REST: Duration = Duration::from_millis(300);

/// Standard output, written on a thread of its own so that an interrupt is noticed while a write blocks.
pub struct Stdout {
    pieces: mpsc::Sender<Vec<u8>>,
    ended: oneshot::Receiver<io::Result<()>>,
}

impl Stdout {
    /// Begins to write.
    ///
    /// # Errors
    /// If there is no thread for it.
    pub fn start() -> io::Result<Self> {
        let (pieces, mut waiting) = mpsc::channel::<Vec<u8>>(MAX_WAITING);
        let (end, ended) = oneshot::channel();
        let work = move || {
            let mut out = coloured_stdout();
            let written = std::iter::from_fn(|| waiting.blocking_recv())
                .try_for_each(|piece| out.write_all(&piece).and_then(|()| out.flush()));
            // The receiver may be gone.
            let _ = end.send(written);
        };
        watchdog::spawn_once("output", work)?;
        Ok(Self { pieces, ended })
    }

    /// Waits until there is room for a piece. Dropping the future loses nothing.
    ///
    /// # Errors
    /// If standard output is closed.
    pub async fn room(&mut self) -> io::Result<Permit<'_, Vec<u8>>> {
        if let Ok(room) = self.pieces.reserve().await {
            return Ok(room);
        }
        (&mut self.ended).await.unwrap_or(Ok(())).and(Err(io::ErrorKind::BrokenPipe.into()))
    }

    /// Prints `rest` and waits until all of it is read, or for `deadline`, if there is one; once somebody has asked for the
    /// end, not for long.
    ///
    /// # Errors
    /// If standard output is closed, or not read in time.
    pub async fn finish(
        mut self,
        rest: Vec<u8>,
        interrupt: &mut Interrupt,
        deadline: Option<Instant>,
    ) -> io::Result<()> {
        let read = async {
            self.room().await?.send(rest);
            drop(self.pieces);
            self.ended.await.unwrap_or(Ok(()))
        };
        tokio::pin!(read);
        tokio::select! {
            biased;
            read = &mut read => read,
            () = interrupt.asked() => timeout(REST, read).await.unwrap_or(Err(io::ErrorKind::BrokenPipe.into())),
            () = until(deadline) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

/// Waits for `deadline`; for ever if there is none.
pub async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
