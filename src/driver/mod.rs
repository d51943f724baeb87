//! The shell around the flow: a tokio task that carries out its effects, owns clock and sockets, applies
//! the faults that act inside the client, and writes everything into the journal.

mod health_probe;
mod injection;
pub mod keychain;
pub mod net;
mod recorder;
mod socket;

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;

use crate::faults::{Arming, Fault, FaultKind, Faults, Occasion};
use crate::flow::{ConnectionFlow, Effect, Input, Output, Policy};
use crate::model::failure::HandshakeFault;
use crate::model::{
    AttemptId, Backoff, Close, Credential, DialFailure, DriverEvent, Failure, FaultName, Fingerprint, FlowCommand,
    FlowEvent, JsonObject, Jwt, KeychainState, Moment, Origin, Phase, Profile, Redactor, ReplayEvent, ReportId,
    RequestFailure, SafeText, Source, Ticket, TicketGrant, TokenGrant, TokenSource, TraceId,
};
use health_probe::HealthProbe;
use injection::{Attribution, Outage, steal};
use keychain::{Keychain, Loaded};
use net::{Connection, Net, PhaseReport, WireFaults};
pub use recorder::{Clock, Recorder};
use socket::{Control, Handle, Socket};

/// What the driver can be asked.
#[derive(Debug)]
pub enum Command {
    /// Something about the connection.
    Flow(FlowCommand),
    /// Cut the open connection without a close frame, to see whether the client comes back.
    Cut,
    /// Wait by this rule from now on.
    SetBackoff(Backoff),
    /// Ping this often from now on; `None`: never, as a browser.
    SetPing(Option<Duration>),
    /// Arm a fault.
    Arm(Arming),
    /// Put `jwt` in the place of the stored one, on behalf of a fault.
    ReplaceJwt(FaultKind, Option<Jwt>),
    /// A fault has made the stored JWT useless.
    JwtSpoilt(FaultKind),
    /// A fault acts outside the client: what fails in this attempt and in those that begin before it is
    /// over is its doing.
    OutageBegins(FaultKind),
    /// That fault is over.
    OutageOver(FaultKind),
    /// Send a message over the open socket.
    Send(JsonObject),
    /// Clear a fault.
    Clear(FaultKind),
    /// Clear all faults.
    ClearAll,
}

/// The origin that the fault `block-origin` sends. Nobody can own it (RFC 6761 §6.4).
const BLOCKED_ORIGIN: &str = "https://blocked.invalid";

/// The lifetime that the fault `ticket-late` leaves a ticket.
const SPENT_LIFETIME: Duration = Duration::from_nanos(1);

/// The task's state.
pub struct Driver {
    flow: ConnectionFlow,
    recorder: Recorder,
    profile: Profile,
    net: Net,
    keychain: Arc<Keychain>,
    /// The rule of the waits, if a person changed it.
    backoff: Option<Backoff>,
    traces: Traces,
    /// What the effects of the current attempt are doing; never more than one effect and one socket.
    work: JoinSet<Done>,
    /// Questions after the server's health, which no attempt waits for.
    background: JoinSet<()>,
    /// `None`: health is never asked.
    health_probe: Option<HealthProbe>,
    connection: Option<Connection>,
    socket: Option<Handle>,
    /// What the newest connection runs over.
    wire: Option<WireFaults>,
    faults: Faults,
    attribution: Attribution,
    /// A fault that acts outside the client, while it does and until the client has got over it.
    outage: Option<Outage>,
    /// A JWT that a fault put there, or any, until a new one is fetched.
    injected_jwt: Option<(Option<Fingerprint>, FaultKind)>,
    /// The fault that makes the driver crash now.
    crashing: Option<FaultKind>,
}

/// What outlives a driver that crashed.
pub struct Carryover {
    next_attempt: AttemptId,
    was_active: bool,
    asked: Option<FlowCommand>,
    backoff: Option<Backoff>,
    requests: u32,
    faults: Faults,
    injected_jwt: Option<(Option<Fingerprint>, FaultKind)>,
    crashed_by: Option<FaultKind>,
}

impl Carryover {
    /// The fault that made the driver crash, if it was one.
    pub fn crashed_by(&self) -> Option<FaultName> {
        self.crashed_by.map(FaultKind::name)
    }

    /// The next driver is not to take up again what this one did.
    pub fn rest(&mut self) {
        self.was_active = false;
    }

    /// For the first driver: what a person asked for before there was one. `seed` decides whether faults that
    /// are left to chance act.
    pub fn new(asked: Option<FlowCommand>, seed: u64) -> Self {
        let (next_attempt, faults) = (AttemptId::default(), Faults::new(seed));
        Self {
            next_attempt,
            was_active: false,
            asked,
            backoff: None,
            requests: 0,
            faults,
            injected_jwt: None,
            crashed_by: None,
        }
    }

    /// The same after so many `requests`, which the trace ids count.
    #[must_use]
    pub fn after(self, requests: u32) -> Self {
        Self { requests, ..self }
    }
}

/// What a piece of work came to.
enum Done {
    Loaded(AttemptId, Credential, TokenSource),
    Token(AttemptId, Result<TokenGrant, RequestFailure>),
    Ticket(AttemptId, Result<TicketGrant, RequestFailure>),
    Dialled(AttemptId, Result<Connection, DialFailure>),
    Upgraded(AttemptId, Result<(Box<WebSocketStream<Connection>>, Redactor), Failure>),
    Closed(AttemptId, Close),
}

impl Driver {
    /// A driver that goes on from `carryover`. `seed` makes its backoff and its trace ids.
    pub fn new(
        profile: Profile,
        net: Net,
        keychain: Arc<Keychain>,
        recorder: Recorder,
        seed: u64,
        carryover: Carryover,
    ) -> Self {
        let first_attempt = carryover.next_attempt;
        recorder.record(Source::Driver, None, ReplayEvent::MachineStarted { first_attempt });
        let mut driver = Self {
            flow: ConnectionFlow::new(Policy::from(&profile), seed, first_attempt),
            recorder,
            profile,
            net,
            keychain,
            backoff: carryover.backoff,
            traces: Traces { session: ReportId::of(seed), requests: carryover.requests },
            work: JoinSet::new(),
            background: JoinSet::new(),
            health_probe: Some(HealthProbe::default()),
            connection: None,
            socket: None,
            faults: carryover.faults,
            wire: None,
            attribution: Attribution::default(),
            outage: None,
            injected_jwt: carryover.injected_jwt,
            crashing: None,
        };
        let begin = if carryover.was_active { Some(Input::Resume) } else { carryover.asked.map(Input::Command) };
        let change = driver.backoff.clone().map(Input::SetBackoff);
        for input in change.into_iter().chain(begin) {
            driver.input(input);
        }
        driver
    }

    /// The same, for somebody who asks the server's health without it.
    pub fn without_health_probe(self) -> Self {
        Self { health_probe: None, ..self }
    }

    /// What the next driver needs to go on, after this one has crashed.
    pub fn into_carryover(self) -> Carryover {
        Carryover {
            next_attempt: self.flow.next_attempt(),
            was_active: self.flow.is_active(),
            asked: None,
            backoff: self.backoff,
            requests: self.traces.requests,
            faults: self.faults,
            injected_jwt: self.injected_jwt,
            crashed_by: self.crashing,
        }
    }

    /// Works until there is nobody left to send commands, then disconnects and ends, in bounded time.
    pub async fn run(&mut self, commands: &mut mpsc::Receiver<Command>) {
        let mut ending = false;
        loop {
            let deadline = self.drain();
            if ending && self.flow.is_at_rest() {
                self.keychain.settled().await;
                return;
            }
            tokio::select! {
                command = commands.recv(), if !ending => match command {
                    Some(command) => self.command(command),
                    None => {
                        ending = true;
                        self.restore_keychain();
                        self.input(Input::Command(FlowCommand::Disconnect));
                    }
                },
                Some(done) = self.work.join_next() => match done {
                    Ok(done) => self.done(done),
                    Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                    Err(_cancelled) => {}
                },
                Some(task) = self.background.join_next() => match task {
                    Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                    Ok(()) | Err(_) => {}
                },
                () = self.recorder.clock().until(deadline) => self.input(Input::Timeout),
            }
        }
    }

    /// Does what the flow wants done, until it wants to wait.
    fn drain(&mut self) -> Option<Moment> {
        loop {
            match self.flow.poll() {
                Output::Effect(effect) => self.effect(effect),
                Output::Event(attempt, event) => self.event(attempt, event),
                Output::WaitUntil(deadline) => return deadline.map(|(at, _)| at),
            }
        }
    }

    fn input(&mut self, input: Input) {
        let now = self.recorder.input(&input);
        self.flow.handle(now, input);
    }

    /// Does what was asked.
    pub fn command(&mut self, command: Command) {
        match command {
            Command::Flow(command) => self.input(Input::Command(command)),
            Command::Send(object) => self.send(object),
            Command::Cut => self.control(Control::Cut),
            Command::SetBackoff(rule) => {
                self.backoff = Some(rule.clone());
                self.input(Input::SetBackoff(rule));
            }
            Command::SetPing(every) => {
                self.profile.timeouts.ping = every;
                self.recorder.record(Source::Person, None, DriverEvent::PingSet { every });
                self.control(Control::Ping(every));
            }
            Command::Arm(arming) => self.arm(arming),
            Command::ReplaceJwt(fault, jwt) => self.replace_jwt(fault, jwt),
            Command::JwtSpoilt(fault) => {
                self.injected_jwt = Some((self.flow.jwt().map(Jwt::fingerprint), fault));
                self.acted(fault, Some(0));
            }
            Command::OutageBegins(fault) => {
                self.outage = Some(Outage { fault, over: None });
                self.acted(fault, Some(0));
            }
            Command::OutageOver(fault) => {
                let now = self.recorder.clock().now();
                self.outage
                    .iter_mut()
                    .filter(|outage| outage.fault == fault)
                    .for_each(|outage| outage.over = Some(now));
            }
            Command::Clear(fault) => self.clear(fault),
            Command::ClearAll => {
                for fault in self.faults.clear_all() {
                    self.cleared(fault);
                }
            }
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::LoadCredential(attempt) => self.load_credential(attempt),
            Effect::RequestToken(attempt, session_id) => {
                let acting = self.fires(Occasion::TokenRequest);
                self.keychain.make_small(acting.contains(&Fault::JwtTooLong));
                let (net, trace) = (self.net.with_faults(acting), self.traces.next());
                self.requested(attempt, Phase::Token, trace.clone(), async move {
                    let result = net.token(session_id.as_ref(), &trace).await;
                    (result.is_ok(), Done::Token(attempt, result))
                });
            }
            Effect::RequestTicket(attempt, jwt) => self.request_ticket(attempt, jwt),
            Effect::Dial(attempt) => {
                let acting = self.fires(Occasion::Dial);
                let (net, recorder) = (self.net.with_faults(acting), self.recorder.clone());
                self.work.spawn(async move {
                    Done::Dialled(attempt, net.dial(&mut |report| recorder.report(attempt, report)).await)
                });
            }
            Effect::Upgrade(attempt, ticket) => self.upgrade(attempt, ticket),
            Effect::Close(_) => self.control(Control::Close),
            Effect::Abort(_) => {
                // With what is finished and has not been heard yet: a socket among it would stay open for ever.
                self.work = JoinSet::new();
                (self.connection, self.wire) = (None, None);
            }
            Effect::SaveCredential(credential) => {
                self.keychain_occasion();
                let simulated = credential.jwt.as_ref().and_then(|jwt| self.injected_by(jwt.fingerprint()));
                self.keychain.store(Credential { simulated: simulated.map(FaultKind::name), ..credential });
            }
            Effect::ForgetCredential => {
                self.keychain_occasion();
                self.keychain.forget();
            }
        }
    }

    fn load_credential(&mut self, attempt: AttemptId) {
        self.keychain_occasion();
        let (keychain, recorder) = (Arc::clone(&self.keychain), self.recorder.clone());
        self.work.spawn(async move {
            let since = recorder.clock().now();
            let Loaded { credential, state, met } = keychain.load().await;
            let (took, ok, detail) = (recorder.clock().now().since(since), !state.is_failure(), state.to_string());
            let report =
                PhaseReport { phase: Phase::Keychain, took, ok, detail: SafeText::new(&detail), observed: None };
            recorder.report_marked(attempt, met.map(FaultKind::name), report);
            let source = if state == KeychainState::Ready { TokenSource::Keychain } else { TokenSource::Memory };
            Done::Loaded(attempt, credential, source)
        });
    }

    fn request_ticket(&mut self, attempt: AttemptId, jwt: Jwt) {
        let acting = self.fires(Occasion::TicketRequest);
        let (net, trace) = (self.net.clone(), self.traces.next());
        // The local server gives what answers it is told to; any other has them made up here. Simulate 503 is the
        // seed's, which makes it up everywhere.
        let is_demo = self.profile.is_local_demo();
        let here = acting.iter().filter(|fault| !is_demo || **fault == Fault::Simulate503);
        if let Some(answer) = here.filter_map(Fault::ticket_answer).next() {
            let result = net.made_up_ticket(answer, &trace);
            self.work.spawn(async move { Done::Ticket(attempt, result) });
            return;
        }
        let is_late = acting.contains(&Fault::TicketLate);
        let net = net.with_faults(acting);
        self.requested(attempt, Phase::Ticket, trace.clone(), async move {
            let mut result = net.ticket(&jwt, &trace).await;
            if let Ok(grant) = &mut result
                && is_late
            {
                grant.lifetime = Some(SPENT_LIFETIME);
            }
            (result.is_ok(), Done::Ticket(attempt, result))
        });
    }

    /// Sends a request, recording that it went out and how long it took.
    fn requested(
        &mut self,
        attempt: AttemptId,
        phase: Phase,
        trace: TraceId,
        request: impl Future<Output = (bool, Done)> + Send + 'static,
    ) {
        let (recorder, net) = (self.recorder.clone(), self.net.clone());
        self.work.spawn(async move {
            let since = recorder.clock().now();
            let detail = format!("trace id {trace}");
            recorder.record(Source::Driver, Some(attempt), DriverEvent::RequestSent { phase, trace });
            let (ok, done) = request.await;
            recorder.phase(attempt, phase, since, ok, &detail);
            if let Some(offset) = net.take_clock_offset() {
                recorder.record(Source::Driver, Some(attempt), DriverEvent::ClockCompared { offset });
            }
            done
        });
    }

    fn upgrade(&mut self, attempt: AttemptId, ticket: Ticket) {
        let acting = self.fires(Occasion::Upgrade);
        let blocked = acting.contains(&Fault::BlockOrigin).then(|| Origin::try_from(BLOCKED_ORIGIN.to_owned()).ok());
        let origin = blocked.flatten().unwrap_or_else(|| self.profile.origin.clone());
        let (recorder, trace, thief) = (self.recorder.clone(), self.traces.next(), self.net.clone());
        let Some(connection) = self.connection.take() else {
            // The flow asks for an upgrade only after a dial that succeeded.
            let failure = Failure::Dial(DialFailure::BadHandshake(HandshakeFault::ConnectionGone));
            return self.input(Input::Upgraded(attempt, Err(failure)));
        };
        let wire = connection.wire();
        acting.iter().for_each(|fault| wire.apply(fault));
        self.wire = Some(wire);
        let is_stolen = acting.contains(&Fault::TicketReused);
        let net = self.net.with_faults(acting);
        let secrets = self.net.secrets().hiding_ticket(&ticket);
        let secrets = self.flow.jwt().into_iter().fold(secrets, Redactor::hiding_jwt);
        let mut secrets = self.flow.session_id().into_iter().fold(secrets, Redactor::hiding_session);
        self.work.spawn(async move {
            let ticket = if is_stolen { steal(&thief, ticket, &origin, &trace).await } else { ticket };
            recorder.record(
                Source::Driver,
                Some(attempt),
                DriverEvent::RequestSent { phase: Phase::Upgrade, trace: trace.clone() },
            );
            let mut report = |report| recorder.report(attempt, report);
            let result = net.upgrade(connection, ticket, &origin, &trace, &mut secrets, &mut report).await;
            Done::Upgraded(attempt, result.map(|stream| (Box::new(stream), secrets)))
        });
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Loaded(attempt, mut credential, source) => {
                // A program that was killed leaves it there, and a check finds what the window's session has.
                if let Some(fault) = credential.simulated.take().as_ref().and_then(FaultKind::named) {
                    self.injected_jwt = Some((credential.jwt.as_ref().map(Jwt::fingerprint), fault));
                }
                self.input(Input::CredentialLoaded(attempt, credential, source));
            }
            Done::Token(attempt, result) => self.input(Input::TokenAnswered(attempt, result)),
            Done::Ticket(attempt, result) => self.input(Input::TicketAnswered(attempt, result)),
            Done::Dialled(attempt, result) => {
                let result = result.map(|connection| {
                    self.connection = Some(connection);
                });
                self.input(Input::Dialled(attempt, result));
            }
            Done::Upgraded(attempt, Ok((stream, secrets))) => {
                let (recorder, ping) = (self.recorder.clone(), self.profile.timeouts.ping);
                let (socket, handle) = Socket::new(*stream, attempt, recorder, ping, secrets);
                self.socket = Some(handle);
                self.input(Input::Upgraded(attempt, Ok(())));
                self.work.spawn(async move { Done::Closed(attempt, socket.run().await) });
            }
            Done::Upgraded(attempt, Err(failure)) => {
                self.wire = None;
                self.input(Input::Upgraded(attempt, Err(failure)));
            }
            Done::Closed(attempt, close) => {
                self.socket = None;
                self.wire = None;
                self.input(Input::Closed(attempt, close));
            }
        }
    }

    /// Writes down what the flow says; what fails in an attempt in which a fault acted is marked.
    fn event(&mut self, attempt: Option<AttemptId>, event: FlowEvent) {
        let simulated = self.mark(attempt, &event);
        let is_connected = event == FlowEvent::Connected;
        let source = if matches!(event, FlowEvent::Command { .. }) { Source::Person } else { Source::Flow };
        let attempt = attempt.filter(|_| source == Source::Flow);
        // What was made up here is no server's doing.
        let is_told_by_health = simulated.is_none() && self.must_probe_health(&event);
        self.recorder.record_marked(source, attempt, simulated, event);
        if is_told_by_health {
            self.probe_health(attempt);
        }
        if is_connected {
            self.socket_opened();
        }
    }

    fn control(&self, control: Control) {
        if let Some(socket) = &self.socket {
            // Four orders fit; more could only repeat them, and a socket that is gone needs none.
            let _ = socket.control.try_send(control);
        }
    }

    fn send(&self, object: JsonObject) {
        let reason = match &self.socket {
            None => "no socket is open",
            Some(socket) if socket.outgoing.try_send(object).is_err() => "too many others wait; try again",
            Some(_) => return,
        };
        let attempt = self.flow.attempt();
        self.recorder.record(Source::Driver, attempt, DriverEvent::MessageRefused { reason: SafeText::new(reason) });
    }
}

/// Makes the `x-trace-id`s of a session.
struct Traces {
    session: ReportId,
    requests: u32,
}

impl Traces {
    fn next(&mut self) -> TraceId {
        self.requests += 1;
        TraceId::of(self.session, self.requests)
    }
}
