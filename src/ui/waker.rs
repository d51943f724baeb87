//! How a session on other threads gets the window to draw, and no more often than is of use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};

use super::pace::Pace;
use crate::journal::Change;
use crate::watchdog;

/// Asks the window for a frame. Hand [`Waker::wake`] to [`crate::journal::Journal::new`].
#[derive(Clone)]
pub struct Waker {
    ctx: egui::Context,
    pace: Pace,
    asked: Arc<AtomicU8>,
    /// Whether what is in view changes with every ping.
    heartbeats: Arc<AtomicBool>,
    /// Whether the system ends the program, which waits for nobody.
    is_ending: Arc<AtomicBool>,
}

/// Wakes when it is dropped.
struct WakeOnDrop(Waker);

impl Drop for WakeOnDrop {
    fn drop(&mut self) {
        self.0.wake(Change::Fact);
    }
}

const NOTHING: u8 = 0;
const LATER: u8 = 1;
const SOON: u8 = 2;

impl Waker {
    /// A waker of the window that `ctx` belongs to, which is drawn as often as `pace` says.
    pub fn new(ctx: egui::Context, pace: Pace) -> Self {
        Self { ctx, pace, asked: Arc::default(), heartbeats: Arc::default(), is_ending: Arc::default() }
    }

    /// Does `work` on a thread of its own and draws the window when it is over; `None` if there is no thread.
    pub fn in_background<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<Receiver<T>> {
        let (tell, received) = sync_channel(1);
        let over = WakeOnDrop(self.clone());
        let work = move || {
            // Also if it panics.
            let _over = over;
            // The receiver is gone when something else has been asked for meanwhile.
            let _ = tell.send(work());
        };
        watchdog::spawn_once(name, work).ok().map(|_| received)
    }

    /// Something was appended to the journal. Cheap if a frame was asked for already; heartbeats ask for
    /// none, the next frame shows them, unless they are what is looked at.
    pub fn wake(&self, change: Change) {
        let (urgency, delay) = match change {
            Change::Fact => (SOON, self.pace.fact),
            Change::Traffic => (LATER, self.pace.traffic),
            Change::Heartbeat if self.heartbeats.load(Ordering::Relaxed) => (LATER, self.pace.traffic),
            Change::Heartbeat => return,
        };
        if self.asked.load(Ordering::Acquire) < urgency && self.asked.fetch_max(urgency, Ordering::AcqRel) < urgency {
            self.ctx.request_repaint_after(delay);
        }
    }

    /// Closes the window because the system ends the program.
    pub fn close_window(&self) {
        self.is_ending.store(true, Ordering::Relaxed);
        self.ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        self.ctx.request_repaint();
    }

    /// Whether the system ends the program.
    pub(super) fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::Relaxed)
    }

    /// Whether heartbeats ask for a frame too.
    pub(super) fn show_heartbeats(&self, show: bool) {
        self.heartbeats.store(show, Ordering::Relaxed);
    }

    /// The window is about to look; what is appended from now on has to ask again.
    pub(super) fn drained(&self) {
        self.asked.store(NOTHING, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_flood_asks_once_and_heartbeats_never() {
        let ctx = egui::Context::default();
        // A context that has not drawn yet wants its first frame at once.
        for _ in 0..3 {
            ctx.run_ui(egui::RawInput::default(), |_| {}).textures_delta.clear();
        }
        let (tell, received) = mpsc::channel();
        ctx.set_request_repaint_callback(move |info| tell.send(info.delay).unwrap());
        let waker = Waker::new(ctx, Pace::HARDWARE);
        let wake = |change| (0..1_000).for_each(|_| waker.wake(change));
        wake(Change::Heartbeat);
        assert_eq!(received.try_iter().count(), 0);
        wake(Change::Traffic);
        wake(Change::Fact);
        wake(Change::Traffic);
        assert_eq!(received.try_iter().collect::<Vec<_>>(), [Pace::HARDWARE.traffic, Pace::HARDWARE.fact]);
        waker.drained();
        wake(Change::Traffic);
        assert_eq!(waker.asked.load(Ordering::Relaxed), LATER);
    }
}
