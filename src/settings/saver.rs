//! Saving settings without waiting for the disk.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Settings;
use crate::model::{SafeText, io_words};
use crate::wake_up::WakeUp;
use crate::watchdog;

/// How long the end of the program waits for a disk.
const END_LIMIT: Duration = Duration::from_secs(2);

/// Is told why settings could not be saved, in words for people.
pub type SaveFailed = Box<dyn FnOnce(String) + Send>;

/// Saves settings in a thread of its own, the newest last. Dropping it waits for that, in bounded time.
pub struct Saver {
    newest: Arc<Mutex<Option<(Settings, SaveFailed)>>>,
    /// Why there is no thread; nothing is saved then.
    no_thread: Option<String>,
    /// `None`: no more is saved.
    wake_up: Option<WakeUp>,
    done: Receiver<()>,
}

impl Saver {
    /// Saves what differs from `before` into `file`.
    pub fn new(file: PathBuf, mut before: Settings) -> Self {
        let (wake_up, woken) = WakeUp::new();
        let (end, done) = channel::<()>();
        let newest = Arc::<Mutex<Option<(Settings, SaveFailed)>>>::default();
        let slot = Arc::clone(&newest);
        let work = move || {
            let _end = &end;
            while woken.recv().is_ok() {
                let newest = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
                let Some((settings, failed)) = newest else { continue };
                match settings.save(&before, &file) {
                    Ok(()) => before = settings,
                    Err(error) => {
                        let problem = format!("{}: {}", SafeText::of_path(&file), io_words(&error));
                        tracing::warn!("the settings cannot be saved: {problem}");
                        failed(problem);
                    }
                }
            }
        };
        let started = watchdog::spawn("settings", work, |_, _| ());
        let no_thread = started.err().map(|error| format!("no thread can be started: {}", io_words(&error)));
        Self { newest, no_thread, wake_up: Some(wake_up), done }
    }

    /// Saves `settings`, soon, or tells `failed` why not. If others follow before it could begin only those are saved.
    pub fn save(&self, settings: Settings, failed: SaveFailed) {
        if let Some(problem) = &self.no_thread {
            return failed(problem.clone());
        }
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some((settings, failed));
        self.wake_up.iter().for_each(WakeUp::ring);
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.wake_up = None;
        if self.done.recv_timeout(END_LIMIT) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the settings were not saved: the disk does not answer");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_cannot_be_saved_is_told_with_the_file_and_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let in_the_way = folder.path().join("a file");
        fs::write(&in_the_way, "").unwrap();
        let saver = Saver::new(in_the_way.join("settings.toml"), Settings::default());
        let (tell, told) = channel();
        saver.save(Settings::default(), Box::new(move |problem| tell.send(problem).unwrap()));
        let problem = told.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!(problem.contains("settings.toml: "), "{problem}");
    }
}
