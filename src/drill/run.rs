//! Runs a drill: starts a session of its own, does the steps, evaluates what was expected.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use super::evaluate::{Problem, Record, Verdict, evaluate, prints, status_name, stops};
use super::file::{Drill, ServerOptions};
use super::request::Request;
use super::step::{Repeat, Step, Until, Wait};
use crate::backend::RedisServer;
use crate::model::{DisplayDuration, Entry, Moment, Profile, SafeText};
use crate::session::{Engine as _, KeychainChoice, Options, Session};
use crate::view::{SessionView, Status};
use crate::watchdog::panic_text;

/// How long what is expected may still come true once the steps are done: the server's lines come from
/// another task than the client's.
const SETTLE: Duration = Duration::from_secs(1);
/// The most often that steps are done, all repetitions together.
const MAX_STEPS: u32 = 10_000;

/// How a drill went.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The steps, if one could not be done, then every expectation.
    pub verdicts: Vec<Verdict>,
    /// Why it was not run at all.
    pub not_run: Option<&'static str>,
    /// From the first step to the verdict.
    pub took: Duration,
    /// What decided every random draw.
    pub seed: u64,
    /// Whether a fault brought about any of it.
    pub simulated: bool,
    /// Everything that was recorded.
    pub entries: Vec<Arc<Entry>>,
}

impl Outcome {
    /// Whether it was run and everything expected came true.
    pub fn passed(&self) -> bool {
        self.not_run.is_none() && self.failures().next().is_none()
    }

    /// What did not come true, and why.
    pub fn failures(&self) -> impl Iterator<Item = (&SafeText, &Problem)> {
        self.verdicts.iter().filter_map(|verdict| Some((&verdict.expectation, verdict.problem.as_ref()?)))
    }

    /// There was no session, or it did not last.
    fn failed(seed: u64, reason: &str) -> Self {
        let problem = Some(Problem::new(reason, Vec::new()));
        let verdicts = vec![Verdict { expectation: SafeText::new("a session"), problem }];
        Self { verdicts, ..Self::without_session(seed) }
    }

    fn without_session(seed: u64) -> Self {
        Self { verdicts: Vec::new(), not_run: None, took: Duration::ZERO, seed, simulated: false, entries: Vec::new() }
    }
}

/// Runs `drill` against the service of `profile`, with a keychain of its own, and waits for its end: the
/// drill's limit and a few seconds at most. `seed` replaces the drill's.
pub fn run(drill: &Drill, profile: &Profile, seed: Option<u64>) -> Outcome {
    let seed = seed.unwrap_or(drill.seed);
    // Whoever waits for its end hears of it.
    catch_unwind(AssertUnwindSafe(|| attempt(drill, profile, seed))).unwrap_or_else(|panic| {
        let words = panic_text(&*panic);
        Outcome::failed(seed, &format!("the program crashed, which is a fault of its own: {words}"))
    })
}

fn attempt(drill: &Drill, profile: &Profile, seed: u64) -> Outcome {
    if drill.needs_local_server() && !profile.is_local_demo() {
        let not_run = Some("needs the local server inside the program, which only the local demo has");
        return Outcome { not_run, ..Outcome::without_session(seed) };
    }
    if drill.preset.is_some() && profile.is_local_demo() {
        let not_run = Some("needs a service of its kind: name a profile that was made of the preset (--profile)");
        return Outcome { not_run, ..Outcome::without_session(seed) };
    }
    if drill.needs_redis() && !RedisServer::is_installed() {
        let not_run = Some("needs redis-server, which this computer does not have");
        return Outcome { not_run, ..Outcome::without_session(seed) };
    }
    let options = Options {
        keychain: KeychainChoice::InProcess,
        seed: Some(seed),
        server: drill.server.as_ref().map(ServerOptions::config),
        own_redis: drill.needs_redis(),
        state_dir: crate::toml_files::state_dir(),
        has_os_secrets: !profile.is_local_demo(),
        ..Options::default()
    };
    let (tell, news) = sync_channel(1);
    let session = Session::start(drill.profile.apply(profile.clone()), options, move |_| {
        // One that is waiting to be received is enough.
        let _ = tell.try_send(());
    });
    let session = match session {
        Ok(session) => session,
        Err(error) => return Outcome::failed(seed, &error.to_string()),
    };
    let view = SessionView::live(session.header().profile);
    let begin = session.now();
    let deadline = begin + drill.limit;
    let mut runner = Runner { session, news, view, seen: 0, entries: Vec::new(), missed: 0, steps: 0, deadline };
    let stuck = runner.steps(&drill.steps).err();
    let verdicts = stuck.into_iter().chain(runner.settle(drill)).collect();
    let took = runner.session.now().since(begin);
    let simulated = runner.entries.iter().any(|entry| entry.simulated.is_some());
    runner.session.close();
    Outcome { verdicts, not_run: None, took, seed, simulated, entries: runner.entries }
}

struct Runner {
    session: Session,
    news: Receiver<()>,
    /// The state after the entries that a wait has seen.
    view: SessionView,
    /// How many entries those are.
    seen: usize,
    entries: Vec<Arc<Entry>>,
    /// Entries that came too fast to be kept.
    missed: u64,
    /// Steps done so far.
    steps: u32,
    deadline: Moment,
}

impl Runner {
    fn steps(&mut self, steps: &[Step]) -> Result<(), Verdict> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step) -> Result<(), Verdict> {
        self.steps += 1;
        let number = self.steps;
        let stuck = |reason: &str, entries| Verdict {
            expectation: SafeText::new(&format!("step {number}: {step}")),
            problem: Some(Problem::new(reason, entries)),
        };
        if number > MAX_STEPS {
            return Err(stuck(&format!("a drill has {MAX_STEPS} steps at most"), Vec::new()));
        }
        match step {
            Step::Repeat(Repeat { times, steps }) => (0..*times).try_for_each(|_| self.steps(steps)),
            Step::Wait(wait) => {
                self.wait(wait).map_err(|reason| stuck(&reason, self.entries.last().iter().map(|e| e.seq).collect()))
            }
            Step::Request(request) => self.request(request).map_err(|reason| stuck(&reason, Vec::new())),
            Step::Connect
            | Step::Disconnect
            | Step::RetryNow
            | Step::NewSession
            | Step::Arm(_)
            | Step::Clear(_)
            | Step::ClearAll
            | Step::RestartServer
            | Step::StopServer
            | Step::StartServer
            | Step::StopStore
            | Step::StartStore
            | Step::Send(_) => {
                // What has happened before does not end a later wait.
                self.read();
                while self.look().is_some() {}
                let is_taken = step.command().is_some_and(|command| self.session.send(command));
                if is_taken { Ok(()) } else { Err(stuck("the session has too much to do", Vec::new())) }
            }
        }
    }

    /// Asks the local server, once it runs.
    fn request(&mut self, request: &Request) -> Result<(), String> {
        let until = (self.session.now() + Request::LIMIT).min(self.deadline);
        loop {
            self.read();
            while self.look().is_some() {}
            if let Some(address) = self.view.snapshot().server {
                return request.check(address, until.since(self.session.now()));
            }
            if !self.sleep(until) {
                return Err("the local server is not running".to_owned());
            }
        }
    }

    /// Waits for something that no earlier wait has seen.
    fn wait(&mut self, wait: &Wait) -> Result<(), String> {
        let within = match wait.until {
            Until::Elapsed(time) => time,
            Until::Status(_) | Until::Line(_) => wait.within,
        };
        let until = (self.session.now() + within).min(self.deadline);
        loop {
            self.read();
            while let Some((entry, before)) = self.look() {
                match &wait.until {
                    Until::Status(status) if status.is(&self.view.snapshot().status) && !status.is(&before) => {
                        return Ok(());
                    }
                    Until::Status(_) if stops(&entry) => return Err("the client stopped".to_owned()),
                    Until::Line(text) if prints(&entry, text) => return Ok(()),
                    Until::Status(_) | Until::Line(_) | Until::Elapsed(_) => {}
                }
            }
            if !self.sleep(until) {
                let is_over = until == self.deadline;
                return match wait.until {
                    Until::Elapsed(_) if !is_over => Ok(()),
                    Until::Elapsed(_) | Until::Status(_) | Until::Line(_) if is_over => {
                        Err("the drill's limit is over".to_owned())
                    }
                    Until::Elapsed(_) | Until::Status(_) | Until::Line(_) => {
                        let status = status_name(&self.view.snapshot().status);
                        Err(format!("not within {}; the client is {status}", DisplayDuration(wait.within)))
                    }
                };
            }
        }
    }

    /// Evaluates, again and again until everything is well or no more time is given.
    fn settle(&mut self, drill: &Drill) -> Vec<Verdict> {
        let until = self.session.now() + SETTLE;
        loop {
            self.read();
            while self.look().is_some() {}
            let record = Record { entries: &self.entries, status: &self.view.snapshot().status };
            let mut verdicts: Vec<_> = drill.expect.iter().map(|expectation| evaluate(expectation, &record)).collect();
            if self.missed > 0 {
                let problem = Some(Problem::new(&format!("{} entries came too fast", self.missed), Vec::new()));
                verdicts.push(Verdict { expectation: SafeText::new("a whole record"), problem });
            }
            if verdicts.iter().all(|verdict| verdict.problem.is_none()) || !self.sleep(until) {
                return verdicts;
            }
        }
    }

    /// Takes in what is new in the journal.
    fn read(&mut self) {
        let news = self.session.journal().since(self.entries.last().map_or(0, |entry| entry.seq + 1));
        self.missed += news.missed;
        self.entries.extend(news.entries);
    }

    /// The next entry that no wait has seen, and the state before it.
    fn look(&mut self) -> Option<(Arc<Entry>, Status)> {
        let entry = Arc::clone(self.entries.get(self.seen)?);
        self.seen += 1;
        let before = self.view.snapshot().status.clone();
        self.view.apply(&entry);
        Some((entry, before))
    }

    /// Sleeps until there is news; `false` if it is `until` instead.
    fn sleep(&self, until: Moment) -> bool {
        let left = until.since(self.session.now());
        !left.is_zero() && {
            // Whichever it is, the caller looks for itself.
            let _ = self.news.recv_timeout(left);
            true
        }
    }
}
