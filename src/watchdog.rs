//! Threads that are started again when they panic, and say so.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::model::SafeText;

/// A thread that panics more often than this is left alone.
const MAX_RESTARTS: u32 = 5;
/// The wait before the first restart; doubles with each.
const PAUSE: Duration = Duration::from_millis(100);

/// Does `work` on a thread called `name`. Each time it panics, `crashed` is told of it, with the panic's words and whether the
/// work is done again: five times at most.
///
/// # Errors
/// The system has no thread to give.
pub fn spawn(
    name: &'static str,
    mut work: impl FnMut() + Send + 'static,
    crashed: impl Fn(&SafeText, bool) + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        for restarts in 0..=MAX_RESTARTS {
            let Err(panic) = catch_unwind(AssertUnwindSafe(&mut work)) else { return };
            let (said, goes_on) = (panic_text(&*panic), restarts < MAX_RESTARTS);
            tracing::error!("the thread “{name}” crashed: {said}");
            // Whoever is told may crash for the same reason.
            let _ = catch_unwind(AssertUnwindSafe(|| crashed(&said, goes_on)));
            if goes_on {
                thread::sleep(PAUSE * 2_u32.pow(restarts));
            }
        }
    })
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
