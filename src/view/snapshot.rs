//! The state of a session: a fold over its journal, the same for a live one and a recorded one.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::parts::{
    AfterClose, ArmedFault, CloseRecord, Failed, FilesView, LastSeen, PhaseView, SignInView, SocketView, Status, Step,
    StepState, TicketLife, TicketView, TokenView,
};
use crate::model::{
    AttemptId, Backoff, Class, ClockOffset, Delay, DriverEvent, Entry, Event, Failure, FaultEvent, FaultName,
    FileEvent, FlowCommand, FlowEvent, KeychainState, Moment, Phase, Profile, RecordingState, ReplayEvent, ServerEvent,
    Service, Source, Timing, TokenSource, Unseen,
};

/// What is going on, as far as the journal tells. Cheap to clone, because every change makes a new one while
/// a reader holds the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// What the session connects to.
    pub profile: Arc<Profile>,
    /// The rule of the waits: the profile's, unless it was changed for this session.
    pub backoff: Backoff,
    /// How often the open socket is pinged: as the profile says, unless it was changed for this session.
    pub ping: Option<Duration>,
    /// What the client is doing.
    pub status: Status,
    /// The attempt that is going on or was the last.
    pub attempt: Option<AttemptId>,
    /// When it began.
    pub attempt_started: Moment,
    /// The first card.
    pub token: TokenView,
    /// The second card.
    pub ticket: TicketView,
    /// The third card.
    pub socket: SocketView,
    /// The parts of the attempt so far, in order.
    pub phases: Vec<PhaseView>,
    /// The failure that ended the last attempt or connection; gone once connected again.
    pub failed: Option<Failed>,
    /// The keychain.
    pub keychain: KeychainState,
    /// The recording.
    pub recording: RecordingState,
    /// The fault that brought the keychain there.
    pub keychain_simulated: Option<FaultName>,
    /// Every close of an open socket, oldest first, at most [`Self::MAX_CLOSES`].
    pub closes: Arc<VecDeque<Arc<CloseRecord>>>,
    /// Closes that were dropped for lack of room.
    pub closes_dropped: u64,
    /// Every wait so far, oldest first, at most [`Self::MAX_DELAYS`].
    pub delays: Arc<VecDeque<Delay>>,
    /// How many of [`Self::delays`], from the oldest on, were before retries were last counted from one again.
    pub delays_over: usize,
    /// How far this computer's clock is ahead of the server's, as last compared.
    pub clock: Option<ClockOffset>,
    /// Faults that will act, or go on acting.
    pub faults: Vec<ArmedFault>,
    /// Where the local server listens, if it runs.
    pub server: Option<SocketAddr>,
    /// Tickets obtained so far.
    pub tickets: u64,
    /// Times the client crashed.
    pub crashes: u64,
    /// What is known of the files that it was read from; `None` if Ticketscope saw it itself.
    pub files: Option<FilesView>,
}

impl Snapshot {
    /// Closes kept.
    pub const MAX_CLOSES: usize = 1_000;
    /// Waits kept.
    pub const MAX_DELAYS: usize = 208;
    /// Phases of an attempt kept; there are fewer, but a file may tell of more.
    pub const MAX_PHASES: usize = 32;
    /// Armed faults kept; there are fewer, but a file may have any names.
    pub const MAX_FAULTS: usize = 64;
    /// Round trips kept.
    pub const MAX_ROUND_TRIPS: usize = 120;

    /// Whether the socket is open and nothing shows that it is of use: the profile does not say when it is.
    pub fn is_use_unknown(&self) -> bool {
        let is_open = matches!(self.status, Status::Connected { .. });
        is_open && self.profile.service.as_deref().is_some_and(Service::leaves_greeting_open)
    }

    /// Whether the files that it was read from tell of what came after the sign-in, and not of the sign-in: neither that
    /// a JWT was asked for, nor with which one the ticket was.
    pub fn is_sign_in_unseen(&self) -> bool {
        let TokenView { state, source, requested_at, .. } = &self.token;
        let is_told = source.is_some() || requested_at.is_some();
        *state == StepState::Done && self.files.as_ref().is_some_and(|files| !files.has_requests || !is_told)
    }

    /// A session with `profile` in which nothing has happened.
    pub fn new(profile: impl Into<Arc<Profile>>) -> Self {
        let profile = profile.into();
        Self {
            backoff: profile.backoff.clone(),
            ping: profile.timeouts.ping,
            profile,
            status: Status::Idle,
            attempt: None,
            attempt_started: Moment::START,
            token: TokenView::default(),
            ticket: TicketView::default(),
            socket: SocketView::default(),
            phases: Vec::new(),
            failed: None,
            keychain: KeychainState::default(),
            recording: RecordingState::default(),
            keychain_simulated: None,
            closes: Arc::default(),
            closes_dropped: 0,
            delays: Arc::default(),
            delays_over: 0,
            clock: None,
            faults: Vec::new(),
            server: None,
            tickets: 0,
            crashes: 0,
            files: None,
        }
    }

    /// Takes in the next entry of the journal.
    pub fn apply(&mut self, entry: &Entry) {
        let now = entry.elapsed;
        if let Event::Flow(event) = &entry.event
            && !matches!(event, FlowEvent::LateAnswer { .. } | FlowEvent::BackoffChanged { .. })
        {
            self.token.sign_in = None;
        }
        match &entry.event {
            Event::Flow(FlowEvent::AttemptStarted { .. }) => {
                self.attempt = entry.attempt;
                self.attempt_started = now;
                if let Some(files) = &mut self.files {
                    files.has_requests = false;
                    files.told.clear();
                }
                self.phases.clear();
                self.token =
                    TokenView { state: StepState::Running, took: None, refreshed: false, ..self.token.clone() };
                self.ticket = TicketView { state: StepState::Pending, took: None, ..self.ticket.clone() };
                self.socket.state = StepState::Pending;
                self.status = Status::Connecting(Step::Token);
            }
            Event::Flow(FlowEvent::FetchingToken) => {
                self.token.requested_at = Some(now);
                self.files.iter_mut().for_each(|files| files.has_requests = true);
            }
            Event::Flow(FlowEvent::TokenAcquired { token, session_id }) => {
                self.token.token = Some(token.clone());
                self.token.session_id = session_id.clone();
                self.token.source = Some(TokenSource::Server);
                self.token.took = self.token.requested_at.filter(|_| self.has_times()).map(|at| now.since(at));
            }
            Event::Flow(FlowEvent::TokenReady { token, source }) => {
                self.token.state = StepState::Done;
                self.token.token = Some(token.clone());
                if let Ok(claims) = &token.claims
                    && claims.session_id.is_some()
                {
                    self.token.session_id = claims.session_id.clone();
                }
                self.token.source = Some(*source);
                if *source != TokenSource::Server {
                    self.token.took = self.has_times().then(|| now.since(self.attempt_started));
                }
            }
            Event::Flow(FlowEvent::RequestingTicket | FlowEvent::RetryingTicket) => {
                self.token.state = StepState::Done;
                self.files.iter_mut().for_each(|files| files.has_requests = true);
                self.ticket.state = StepState::Running;
                self.status = Status::Connecting(Step::Ticket);
            }
            Event::Flow(FlowEvent::RefreshingToken { .. }) => {
                self.token.state = StepState::Running;
                self.token.refreshed = true;
                self.ticket.state = StepState::Pending;
                self.status = Status::Connecting(Step::Token);
            }
            Event::Flow(FlowEvent::TicketObtained { ticket, lifetime, requested_at }) => {
                self.tickets += 1;
                self.ticket.state = StepState::Done;
                // The requests alone, as they are listed; without a word of them, all that the client did for it.
                let requests = self.phases.iter().filter(|phase| phase.phase == Phase::Ticket && phase.ok);
                let took: Duration =
                    requests.filter(|phase| phase.ended >= *requested_at).map(|phase| phase.took).sum();
                let all = now.since(*requested_at);
                self.ticket.took = self.has_times().then_some(if took.is_zero() { all } else { took });
                self.ticket.last = Some(TicketLife {
                    fingerprint: *ticket,
                    attempt: entry.attempt,
                    requested_at: *requested_at,
                    lifetime: *lifetime,
                    spent_at_age: None,
                });
                self.socket.state = StepState::Running;
                self.status = Status::Connecting(Step::Socket);
            }
            Event::Flow(FlowEvent::TicketSpent { ticket, age }) => {
                let life = TicketLife {
                    fingerprint: *ticket,
                    attempt: entry.attempt,
                    requested_at: now,
                    lifetime: None,
                    spent_at_age: None,
                };
                // A file may tell of its use alone.
                let known = self.ticket.last.filter(|last| last.fingerprint == *ticket || entry.source != Source::File);
                self.ticket.last = Some(TicketLife { spent_at_age: *age, ..known.unwrap_or(life) });
            }
            Event::Flow(FlowEvent::Dialling) => {
                for state in [&mut self.token.state, &mut self.ticket.state] {
                    *state = StepState::Done;
                }
                self.socket.state = StepState::Running;
                self.status = Status::Connecting(Step::Socket);
            }
            Event::Flow(FlowEvent::Greeting) => self.status = Status::Connecting(Step::Greeting),
            Event::Flow(FlowEvent::Connected) => {
                self.socket.state = StepState::Done;
                self.socket.round_trips.clear();
                self.failed = None;
                self.status = Status::Connected { since: now };
                self.socket.closing = false;
            }
            Event::Flow(FlowEvent::BackoffChanged { backoff }) => self.backoff = backoff.clone(),
            Event::Flow(FlowEvent::BackoffReset) | Event::Replay(ReplayEvent::MachineStarted { .. }) => {
                self.delays_over = self.delays.len()
            }
            Event::Flow(FlowEvent::AttemptFailed { failure, class }) => {
                let running = [&mut self.token.state, &mut self.ticket.state, &mut self.socket.state];
                running.into_iter().filter(|state| **state == StepState::Running).for_each(|s| *s = StepState::Failed);
                self.fail(entry, failure.clone(), *class);
            }
            Event::Flow(FlowEvent::Disconnected { close, class }) => {
                let is_timed = self.has_times()
                    && self.files.as_ref().is_none_or(|files| {
                        ![Unseen::SocketEnd, Unseen::Beginning].iter().any(|what| files.lacks(*what, entry.attempt))
                    });
                let open_for = self.open_since().map_or(Duration::ZERO, |since| now.since(since));
                let open_for = is_timed.then_some(open_for);
                self.socket.state = if class.is_some() { StepState::Failed } else { StepState::Pending };
                let closes = Arc::make_mut(&mut self.closes);
                if closes.len() == Self::MAX_CLOSES {
                    closes.pop_front();
                    self.closes_dropped += 1;
                }
                closes.push_back(Arc::new(CloseRecord {
                    attempt: entry.attempt,
                    time: entry.time,
                    close: close.clone(),
                    open_for,
                    after: AfterClose::of(*class, entry.source),
                    simulated: entry.simulated.clone(),
                }));
                self.status = Status::Idle;
                if let Some(class) = class {
                    self.fail(entry, Failure::Closed(close.clone()), *class);
                }
            }
            Event::Flow(FlowEvent::BackoffScheduled { delay }) => {
                self.push_delay(*delay);
                self.status = Status::Waiting(*delay);
            }
            Event::Flow(FlowEvent::Stopped) => {
                let steps = [&mut self.token.state, &mut self.ticket.state, &mut self.socket.state];
                steps.into_iter().filter(|state| **state == StepState::Running).for_each(|s| *s = StepState::Pending);
                self.failed = None;
                self.delays_over = self.delays.len();
                self.status = Status::Idle;
            }
            Event::Flow(FlowEvent::CredentialReplaced { token }) => self.token.token = token.clone(),
            Event::Flow(FlowEvent::SessionDropped) => self.token = TokenView::default(),
            Event::Driver(DriverEvent::PhaseFinished { phase, took, ok, detail, .. }) => {
                // A ticket that was got has its own time.
                if *phase == Phase::Ticket && !ok {
                    self.ticket.took = Some(*took);
                }
                self.phases.truncate(Self::MAX_PHASES - 1);
                self.phases.push(PhaseView { phase: *phase, ended: now, took: *took, ok: *ok, detail: detail.clone() });
            }
            Event::Driver(DriverEvent::Keychain { state }) => {
                self.keychain = state.clone();
                self.keychain_simulated = entry.simulated.clone();
            }
            Event::Driver(DriverEvent::Pong { rtt }) => {
                if self.socket.round_trips.len() == Self::MAX_ROUND_TRIPS {
                    self.socket.round_trips.pop_front();
                }
                self.socket.round_trips.push_back(*rtt);
            }
            Event::Driver(DriverEvent::Crashed { message }) => {
                self.crashes += 1;
                self.status = Status::Crashed { message: message.clone(), simulated: entry.simulated.clone() };
            }
            // What was going on before is begun anew by an attempt, if anything was.
            Event::Driver(DriverEvent::Restarted) => {
                let was_stopped = self.failed.as_ref().is_some_and(|failed| failed.class == Class::Hard);
                self.status = if was_stopped { Status::Stopped } else { Status::Idle };
            }
            Event::Driver(DriverEvent::SignInAsked { address, code, within, is_opened }) => {
                let (address, code) = (address.clone(), code.clone());
                let until = now + *within;
                self.token.sign_in = Some(SignInView { address, code, until, is_opened: *is_opened });
            }
            Event::Driver(DriverEvent::PingSet { every }) => self.ping = *every,
            Event::Driver(DriverEvent::ClockCompared { offset }) => self.clock = Some(*offset),
            Event::Server(ServerEvent::Started { address }) => {
                self.server = Some(*address);
                // The demo's server takes a port that is free, which its profile could not name.
                if self.profile.is_local_demo() {
                    self.profile = Arc::new(Profile::clone(&self.profile).moved_to(*address));
                }
            }
            Event::Server(ServerEvent::Stopped) => self.server = None,
            Event::Fault(FaultEvent::Armed { fault, times, probability }) => {
                self.faults.retain(|armed| armed.fault != *fault);
                self.faults.truncate(Self::MAX_FAULTS - 1);
                self.faults.push(ArmedFault { fault: fault.clone(), left: *times, probability: *probability });
            }
            Event::Fault(FaultEvent::Fired { fault, left }) => {
                for armed in self.faults.iter_mut().filter(|armed| armed.fault == *fault) {
                    armed.left = *left;
                }
                self.faults.retain(|armed| armed.left != Some(0));
            }
            Event::Fault(FaultEvent::Cleared { fault }) => self.faults.retain(|armed| armed.fault != *fault),
            Event::Flow(FlowEvent::Command { command }) => {
                let is_open = self.open_since().is_some() || self.status == Status::Connecting(Step::Greeting);
                self.socket.closing |= is_open && *command != FlowCommand::Connect;
                // A manual start resets the retry count without an event.
                if matches!(self.status, Status::Idle | Status::Stopped) {
                    self.delays_over = self.delays.len();
                }
            }
            Event::Driver(DriverEvent::Recording { state }) => self.recording = state.clone(),
            Event::File(event) => self.apply_file(entry, event),
            Event::Flow(FlowEvent::EnsuringToken | FlowEvent::Upgrading | FlowEvent::LateAnswer { .. })
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_) => {}
        }
    }

    fn apply_file(&mut self, entry: &Entry, event: &FileEvent) {
        match event {
            FileEvent::Begins { timing, browser } => {
                self.files = Some(FilesView {
                    has_requests: false,
                    timing: *timing,
                    browser: *browser,
                    unseen: BTreeMap::new(),
                    told: BTreeMap::new(),
                });
            }
            FileEvent::Told { part, by } => {
                if let Some(files) = &mut self.files {
                    files.told.insert(*part, by.clone());
                }
            }
            FileEvent::NotSeen { what } => {
                if let Some(files) = &mut self.files {
                    files.unseen.insert(*what, entry.attempt);
                }
            }
            FileEvent::Ends => {
                self.status = Status::Ended(match self.status {
                    Status::Connecting(step) => LastSeen::Connecting(step),
                    Status::Connected { since } => LastSeen::Open { since },
                    Status::Idle | Status::Waiting(_) | Status::Crashed { .. } => LastSeen::Quiet,
                    Status::Stopped | Status::Ended(_) => return,
                });
            }
        }
    }

    /// Whether the times between entries mean something.
    fn has_times(&self) -> bool {
        self.files.as_ref().is_none_or(|files| files.timing != Timing::Order)
    }

    fn fail(&mut self, entry: &Entry, failure: Failure, class: Class) {
        let (simulated, at, seq) = (entry.simulated.clone(), entry.elapsed, entry.seq);
        self.failed = Some(Failed { failure, class, simulated, at, seq });
        if class == Class::Hard {
            self.status = Status::Stopped;
        }
    }

    fn push_delay(&mut self, delay: Delay) {
        let delays = Arc::make_mut(&mut self.delays);
        if delays.len() == Self::MAX_DELAYS {
            delays.pop_front();
            self.delays_over = self.delays_over.saturating_sub(1);
        }
        delays.push_back(delay);
    }

    /// The waits since retries were last counted from one, oldest first.
    pub fn delays_in_a_row(&self) -> impl DoubleEndedIterator<Item = &Delay> {
        self.delays.range(self.delays_over.min(self.delays.len())..)
    }

    /// The memory of its own that it takes, in bytes, about.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.closes.capacity() * size_of::<Arc<CloseRecord>>()
            + self.delays.capacity() * size_of::<Delay>()
            + self.phases.capacity() * size_of::<PhaseView>()
            + self.socket.round_trips.capacity() * size_of::<Duration>()
    }

    /// When the open socket was opened.
    pub fn open_since(&self) -> Option<Moment> {
        match self.status {
            Status::Connected { since } => Some(since),
            Status::Idle
            | Status::Connecting(_)
            | Status::Waiting(_)
            | Status::Stopped
            | Status::Crashed { .. }
            | Status::Ended(_) => None,
        }
    }
}
