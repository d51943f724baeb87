//! The step that keeps quiet: a second connection on which this client sends nothing at all, as a page in a browser
//! that has nothing to say. The client's own pings would hide whatever cuts such a connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

use super::Work;
use super::plan::{Found, Plan, Step};
use crate::driver::keychain::Keychain;
use crate::driver::net::Net;
use crate::driver::{Carryover, Clock, Driver, Recorder};
use crate::journal::Journal;
use crate::model::{
    Close, CloseCause, DisplayDuration, DriverEvent, Event, Failure, FlowCommand, FlowEvent, Moment, Source,
};

/// How long it is kept where nobody says how long: longer than the commonest limit, 60 s.
pub const USUAL_SILENCE: Duration = Duration::from_secs(90);

/// The trace ids of its requests come this far behind those of the check.
const REQUESTS_APART: u32 = 500;

/// What ends so soon is not ended for its silence.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What became of the silent connection.
enum Silence {
    /// It could not be opened.
    Unopened(Failure),
    /// It ended so long after it was opened.
    Cut(Duration, Close),
    /// It was open until the check ended it.
    Kept(Duration),
    /// The client is gone.
    Lost,
}

impl Work {
    /// Keeps a second connection silent for `length`, with a JWT of its own, while the first one stays open. Returns the
    /// number of the first entry that is not part of the case; those before `seen` have been looked at.
    pub(super) async fn keep_silent(&self, net: &Net, length: Duration, seen: u64, plan: &mut Plan<'_>) -> u64 {
        if !plan.begin(Step::Silence, self.now()) {
            return seen;
        }
        let silence = self.silent_connection(net, length).await;
        let entries = self.journal.since(seen).entries;
        let was_other_open = !entries.iter().any(|entry| {
            matches!(entry.event, Event::Flow(FlowEvent::Disconnected { .. } | FlowEvent::AttemptFailed { .. }))
        });
        let found = match silence {
            // One socket for each session, or a limit of attempts, refuses the second where the first is open and well.
            Silence::Unopened(failure) if was_other_open && is_refusal(&failure) => Found::skipped(format!(
                "not tried: the service refuses a second connection beside the first, which stays open ({failure})"
            )),
            Silence::Unopened(failure) => Found::failed(format!("the second connection was not opened: {failure}")),
            Silence::Lost => Found::not_run("the second client ended by itself"),
            Silence::Kept(lasted) => {
                self.note(lasted, None, was_other_open);
                Found::passed(format!(
                    "a connection on which nothing was sent stayed open for {}",
                    DisplayDuration(lasted)
                ))
            }
            Silence::Cut(lasted, close)
                if was_other_open && lasted < AT_ONCE && close.cause == CloseCause::PeerFrame =>
            {
                let how = format!("{} {}", close.code.0, close.reason);
                Found::skipped(format!(
                    "not tried: the service ends a second connection at once ({}), and the first stays open",
                    how.trim_end()
                ))
            }
            Silence::Cut(lasted, close) => {
                let how = format!("{} {}", close.code.0, close.reason);
                let (how, meaning) = (how.trim_end().to_owned(), close.meaning());
                self.note(lasted, Some(close), was_other_open);
                let lasted = DisplayDuration(lasted);
                match was_other_open {
                    true => Found::failed(format!("cut after {lasted} of silence: {meaning}"))
                        .with(["the one with pings stayed open".to_owned()]),
                    // One socket for each session, or one user, is the usual reason.
                    false => Found::not_run(format!(
                        "two connections at once did not last: the second ended after {lasted} with {how}, and the one with pings \
                         ended too, so that silence is not the reason"
                    )),
                }
            }
        };
        plan.end(Step::Silence, self.now(), found);
        self.journal.since(seen).entries.last().map_or(seen, |entry| entry.seq + 1)
    }

    fn note(&self, lasted: Duration, close: Option<Close>, was_other_open: bool) {
        self.recorder.record(Source::Driver, None, DriverEvent::SilenceKept { lasted, close, was_other_open });
    }

    async fn silent_connection(&self, net: &Net, length: Duration) -> Silence {
        let mut profile = self.profile.clone();
        profile.timeouts.ping = None;
        let news = Arc::new(Notify::new());
        // A journal of its own: what happens here is no part of the first connection's story.
        let journal = Journal::new({
            let news = Arc::clone(&news);
            move |_| news.notify_one()
        });
        let recorder = Recorder::new(journal.clone(), Clock::start());
        let (commands, mut received) = mpsc::channel(1);
        let carryover =
            Carryover::new(Some(FlowCommand::Connect), self.seed).after(self.requests.saturating_add(REQUESTS_APART));
        let keychain = Arc::new(Keychain::memory());
        let mut driver =
            Driver::new(profile, net.clone(), keychain, recorder, self.seed, carryover).without_health_probe();
        let watch = async {
            let silence = watch(&journal, &news, length).await;
            drop(commands);
            silence
        };
        let (_, silence) = tokio::join!(driver.run(&mut received), watch);
        match silence {
            Silence::Kept(lasted) => match lost_unseen(&journal) {
                Some(close) => Silence::Cut(lasted, close),
                None => Silence::Kept(lasted),
            },
            known @ (Silence::Unopened(_) | Silence::Cut(..) | Silence::Lost) => known,
        }
    }
}

/// Whether the service itself said no to a second connection, or to so many requests.
fn is_refusal(failure: &Failure) -> bool {
    match failure.answer() {
        Some(answer) => matches!(answer.status, 401 | 403 | 409 | 423 | 429),
        None => matches!(failure, Failure::Closed(_) | Failure::Greeting(_)),
    }
}

/// Watches the client of `journal` until its connection has been open for `length`, or has ended.
async fn watch(journal: &Journal, news: &Notify, length: Duration) -> Silence {
    let mut next = 0;
    let mut opened: Option<(Moment, Instant)> = None;
    loop {
        for entry in journal.since(next).entries {
            next = entry.seq + 1;
            match (&entry.event, opened) {
                (Event::Flow(FlowEvent::Connected), _) => opened = Some((entry.elapsed, Instant::now() + length)),
                (Event::Flow(FlowEvent::AttemptFailed { failure, .. }), _) => {
                    return Silence::Unopened(failure.clone());
                }
                (Event::Flow(FlowEvent::Disconnected { close, .. }), Some((since, _))) => {
                    return Silence::Cut(entry.elapsed.since(since), close.clone());
                }
                (Event::Driver(DriverEvent::Crashed { .. }), _) => return Silence::Lost,
                _ => {}
            }
        }
        // Until it is open the client's own limits hold.
        match opened {
            None => news.notified().await,
            Some((_, end)) => tokio::select! {
                () = news.notified() => {}
                () = sleep_until(end) => return Silence::Kept(length),
            },
        }
    }
}

/// What the goodbye showed: some middleboxes forget a silent connection and tell nobody.
fn lost_unseen(journal: &Journal) -> Option<Close> {
    journal.since(0).entries.iter().find_map(|entry| {
        let Event::Flow(FlowEvent::Disconnected { close, .. }) = &entry.event else { return None };
        matches!(close.cause, CloseCause::Io(_) | CloseCause::Unanswered { .. }).then(|| close.clone())
    })
}
