//! Threads that say so when they panic, and those that have more to do are started again. The program makes its threads
//! here, but for those of tokio and the scoped ones that whoever makes them waits for.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::model::SafeText;

/// A thread that panics more often than this is left alone.
const MAX_RESTARTS: u32 = 5;
/// The wait before the first restart; doubles with each.
const PAUSE: Duration = Duration::from_millis(100);

/// A thread that has panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// What the thread is called.
    pub thread: SafeText,
    /// What the panic said.
    pub said: SafeText,
    /// Whether its work is done again.
    pub is_restarted: bool,
}

type Listener = Arc<dyn Fn(&Crash) + Send + Sync>;

/// Those who are told of crashes. Threads belong to the process, and so do they.
static LISTENERS: Mutex<Vec<(u64, Listener)>> = Mutex::new(Vec::new());

/// Somebody is told of crashes until this is dropped.
#[derive(Debug)]
pub struct Listening(u64);

impl Drop for Listening {
    fn drop(&mut self) {
        listeners().retain(|(number, _)| *number != self.0);
    }
}

fn listeners() -> MutexGuard<'static, Vec<(u64, Listener)>> {
    LISTENERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has `tell` told of every thread of this program that crashes, on that thread.
#[must_use]
pub fn listen(tell: impl Fn(&Crash) + Send + Sync + 'static) -> Listening {
    let mut listeners = listeners();
    let number = listeners.last().map_or(0, |(number, _)| number + 1);
    listeners.push((number, Arc::new(tell)));
    Listening(number)
}

/// Does `work` again and again on a thread called `name` until it ends without a panic. Of each panic, those who listen are told
/// and `crashed`, with the panic's words and whether the work is done again: five times at most.
///
/// # Errors
/// The system has no thread to give.
pub fn spawn(
    name: &str,
    mut work: impl FnMut() + Send + 'static,
    crashed: impl Fn(&SafeText, bool) + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let thread = SafeText::new(name);
    builder(name).spawn(move || {
        for restarts in 0..=MAX_RESTARTS {
            let Err(panic) = catch_unwind(AssertUnwindSafe(&mut work)) else { return };
            let is_restarted = restarts < MAX_RESTARTS;
            let crash = tell(&thread, &*panic, is_restarted);
            // Whoever is told may crash for the same reason.
            let _ = catch_unwind(AssertUnwindSafe(|| crashed(&crash.said, is_restarted)));
            if is_restarted {
                thread::sleep(PAUSE * 2_u32.pow(restarts));
            }
        }
    })
}

/// Does `work` once on a thread called `name`. If it panics, those who listen are told.
///
/// # Errors
/// The system has no thread to give.
pub fn spawn_once(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let thread = SafeText::new(name);
    builder(name).spawn(move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            tell(&thread, &*panic, false);
        }
    })
}

fn builder(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.to_owned())
}

fn tell(thread: &SafeText, panic: &(dyn Any + Send), is_restarted: bool) -> Crash {
    let crash = Crash { thread: thread.clone(), said: panic_text(panic), is_restarted };
    tracing::error!("the thread “{thread}” crashed: {}", crash.said);
    let listeners: Vec<_> = listeners().iter().map(|(_, listener)| Arc::clone(listener)).collect();
    for listener in listeners {
        let _ = catch_unwind(AssertUnwindSafe(|| listener(&crash)));
    }
    crash
}

/// What a panic said.
pub fn panic_text(panic: &(dyn Any + Send)) -> SafeText {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    SafeText::new(text.unwrap_or("no message"))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn whoever_listens_is_told_of_every_crash_until_it_does_not_any_more() {
        let (tell, heard) = channel();
        let listening = listen(move |crash| {
            // Other tests crash as well.
            if crash.thread.as_str().starts_with("listened to") {
                tell.send(crash.clone()).unwrap();
            }
        });
        let _panics_as_well = listen(|crash| assert!(!crash.thread.as_str().starts_with("listened to"), "no"));
        let crash = |thread: &str, said: &str, is_restarted| Crash {
            thread: SafeText::new(thread),
            said: SafeText::new(said),
            is_restarted,
        };
        spawn_once("listened to once", || panic!("boom")).unwrap().join().unwrap();
        let mut calls = 0;
        let again = move || {
            calls += 1;
            assert_ne!(calls, 1, "at first");
        };
        spawn("listened to again", again, |_, _| {}).unwrap().join().unwrap();
        let told: Vec<_> = heard.try_iter().collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[0], crash("listened to once", "boom", false));
        assert_eq!((told[1].thread.as_str(), told[1].is_restarted), ("listened to again", true));
        drop(listening);
        spawn_once("listened to no more", || panic!("boom")).unwrap().join().unwrap();
        assert_eq!(heard.iter().count(), 0);
    }

    #[test]
    fn a_thread_that_panics_is_told_of_and_started_again_but_not_for_ever() {
        for (panics, told) in [(0, 0), (2, 2), (u32::MAX, MAX_RESTARTS + 1)] {
            let (tell, heard) = channel();
            let mut calls = 0_u32;
            let work = move || {
                calls += 1;
                assert!(calls > panics, "call {calls}");
            };
            let thread = spawn("test", work, move |said, goes_on| tell.send((said.to_string(), goes_on)).unwrap());
            thread.unwrap().join().unwrap();
            let heard: Vec<_> = heard.iter().collect();
            assert_eq!(heard.len(), told as usize);
            for (number, (said, goes_on)) in (1..).zip(heard) {
                assert_eq!((said, goes_on), (format!("call {number}"), number <= MAX_RESTARTS));
            }
        }
    }
}
