//! Waking a thread that has something new to look at.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Wakes a thread. However often it is woken before it looks, it looks once. It ends when all of its wake-ups are dropped.
#[derive(Clone)]
pub struct WakeUp(SyncSender<()>);

impl WakeUp {
    /// A wake-up, and what receives it.
    pub fn new() -> (Self, Receiver<()>) {
        let (wake_up, received) = sync_channel(1);
        (Self(wake_up), received)
    }

    /// Rings. Never waits.
    pub fn ring(&self) {
        // If it is full, the thread is about to look.
        let _ = self.0.try_send(());
    }
}
