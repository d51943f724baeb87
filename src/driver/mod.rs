//! The shell around the flow: a tokio task that carries out its effects, owns clock and sockets, and writes
//! everything into the journal.

mod conversation;
mod effects;
mod health_probe;
pub mod keychain;
mod logins;
pub mod net;
mod recorder;
mod requests;
mod sabotage;
mod sign_in;
pub mod socket;

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::Url;
use zeroize::Zeroizing;

use crate::faults::{Arming, FaultKind};
use crate::flow::{ConnectionFlow, Effect, Input, Output, Policy};
use crate::model::{
    AttemptId, Backoff, Credential, DialFailure, DriverEvent, Failure, FaultName, FlowCommand, FlowEvent,
    GreetingFailure, JsonObject, Jwt, Moment, OAuth, Profile, Redactor, ReplayEvent, ReportId, RequestFailure,
    SafeText, SecretSource, Source, TicketGrant, TokenGrant, TokenSource,
};
use health_probe::HealthProbe;
use keychain::Keychain;
use logins::Logins;
use net::{Connection, Net, OpenSocket, Scope, Taken};
pub use recorder::{Clock, Recorder};
use requests::Traces;
pub use sabotage::FaultyNetwork;
use sabotage::{Action, Client, FaultyStream, Sabotage};
pub use sign_in::Browser;
use socket::{Control, Ended, Handle, Socket, Ungreeted};

/// After how many steps of tasks a runtime with connections looks at its timers again. A peer that never stops sending makes
/// each step long: with tokio's 61, a limit of 2 s was over after 14 s.
pub const EVENT_INTERVAL: u32 = 4;

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
    /// Use this JWT, which is kept nowhere, from the next attempt on; `None`: sign in again.
    UseJwt(Option<Jwt>),
    /// Clear a fault.
    Clear(FaultKind),
    /// Clear all faults.
    ClearAll,
}

/// The task's state.
pub struct Driver {
    flow: ConnectionFlow,
    recorder: Recorder,
    profile: Profile,
    net: Net,
    keychain: Arc<Keychain>,
    /// The rule of the waits, if a person changed it.
    backoff: Option<Backoff>,
    /// How often the socket is pinged, if a person changed it.
    ping: Option<Option<Duration>>,
    traces: Traces,
    /// What the effects of the current attempt are doing; never more than one effect and one socket.
    work: JoinSet<Done>,
    /// Questions after the server's health, which no attempt waits for.
    background: JoinSet<()>,
    /// Secrets that the keychain is to forget, which no attempt waits for either.
    forgetting: JoinSet<()>,
    /// What it begins with.
    beginning: Vec<Input>,
    /// `None`: health is never asked.
    health_probe: Option<HealthProbe>,
    /// Whether a heartbeat that has to be answered goes out as soon as the socket is of use.
    beats_at_once: bool,
    /// What the requests of the login gave.
    logins: Logins,
    connection: Option<Connection>,
    /// Where an answer says that the socket is.
    socket_at: Option<Url>,
    /// Where the server has sent its client, for the next attempt.
    elsewhere: Option<Zeroizing<String>>,
    socket: Option<Handle>,
    sabotage: Sabotage,
    /// What a person put in the place of the JWT, which the keychain must not get, until there is another.
    given_jwt: Option<Option<Jwt>>,
    browser: Browser,
}

/// What outlives a driver that crashed.
pub struct Carryover {
    next_attempt: AttemptId,
    was_active: bool,
    asked: Option<FlowCommand>,
    backoff: Option<Backoff>,
    ping: Option<Option<Duration>>,
    requests: u32,
    sabotage: sabotage::Carryover,
    given_jwt: Option<Option<Jwt>>,
    forgetting: JoinSet<()>,
}

impl Carryover {
    /// The fault that made the driver crash, if it was one.
    pub fn crashed_by(&self) -> Option<FaultName> {
        self.sabotage.crashed_by()
    }

    /// The next driver is not to take up again what this one did.
    pub fn rest(&mut self) {
        self.was_active = false;
    }

    /// For the first driver: what a person asked for before there was one. `seed` decides whether faults that
    /// are left to chance act.
    pub fn new(asked: Option<FlowCommand>, seed: u64) -> Self {
        Self {
            next_attempt: AttemptId::default(),
            was_active: false,
            asked,
            backoff: None,
            ping: None,
            requests: 0,
            sabotage: sabotage::Carryover::new(seed),
            given_jwt: None,
            forgetting: JoinSet::new(),
        }
    }

    /// The first driver begins with this command, and no other.
    pub fn ask(&mut self, command: FlowCommand) {
        self.asked = Some(command);
    }

    /// The next driver waits by this rule.
    pub fn set_backoff(&mut self, rule: Backoff) {
        self.backoff = Some(rule);
    }

    /// The next driver pings this often; `None`: never.
    pub fn set_ping(&mut self, every: Option<Duration>) {
        self.ping = Some(every);
    }

    /// The next driver uses this JWT; `None`: it signs in again.
    pub fn use_jwt(&mut self, jwt: Option<Jwt>) {
        self.given_jwt = Some(jwt);
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
    Token(AttemptId, Result<Vec<Taken>, RequestFailure>),
    Ticket(AttemptId, Result<(TicketGrant, Option<Url>), RequestFailure>),
    Dialled(AttemptId, Result<Connection, DialFailure>),
    Upgraded(AttemptId, Result<(Box<OpenSocket<FaultyStream>>, Redactor, Scope), Failure>),
    Greeted(AttemptId, Result<Box<Socket<FaultyStream>>, Ungreeted>),
    Closed(AttemptId, Ended),
}

impl Driver {
    /// A driver that goes on from `carryover`, once it [`begin`](Self::begin)s. `seed` makes its backoff and its trace ids.
    pub fn new(
        mut profile: Profile,
        net: Net,
        keychain: Arc<Keychain>,
        recorder: Recorder,
        seed: u64,
        carryover: Carryover,
    ) -> Self {
        let first_attempt = carryover.next_attempt;
        recorder.record(Source::Driver, None, ReplayEvent::MachineStarted { first_attempt });
        let is_local_demo = profile.is_local_demo();
        profile.timeouts.ping = carryover.ping.unwrap_or(profile.timeouts.ping);
        let begin = if carryover.was_active { Some(Input::Resume) } else { carryover.asked.map(Input::Command) };
        let change = carryover.backoff.clone().map(Input::SetBackoff);
        let given = carryover.given_jwt.clone().map(Input::ReplaceJwt);
        let sabotage = Sabotage::new(carryover.sabotage, recorder.clone(), Arc::clone(&keychain), is_local_demo);
        Self {
            flow: ConnectionFlow::new(Policy::from(&profile), seed, first_attempt),
            recorder,
            profile,
            net,
            keychain,
            backoff: carryover.backoff,
            ping: carryover.ping,
            traces: Traces::new(ReportId::of(seed), carryover.requests),
            work: JoinSet::new(),
            background: JoinSet::new(),
            forgetting: carryover.forgetting,
            beginning: change.into_iter().chain(given).chain(begin).collect(),
            health_probe: Some(HealthProbe::default()),
            beats_at_once: false,
            logins: Logins::default(),
            connection: None,
            socket_at: None,
            elsewhere: None,
            socket: None,
            sabotage,
            given_jwt: carryover.given_jwt,
            browser: Browser::default(),
        }
    }

    /// The same, which never asks the server's health by itself.
    pub fn without_health_probe(self) -> Self {
        Self { health_probe: None, ..self }
    }

    /// The same, which does not wait for a heartbeat's time to see whether it is answered.
    pub fn beating_at_once(self) -> Self {
        Self { beats_at_once: true, ..self }
    }

    /// The same, which has people sign in by way of `browser`.
    pub fn with_browser(self, browser: Browser) -> Self {
        Self { browser, ..self }
    }

    /// What the next driver needs to go on, after this one has crashed.
    pub fn into_carryover(self) -> Carryover {
        Carryover {
            next_attempt: self.flow.next_attempt(),
            was_active: self.flow.is_active(),
            asked: None,
            backoff: self.backoff,
            ping: self.ping,
            requests: self.traces.requests(),
            sabotage: self.sabotage.into_carryover(),
            given_jwt: self.given_jwt,
            forgetting: self.forgetting,
        }
    }

    /// Takes up what it goes on from, unless it has done so already.
    pub fn begin(&mut self) {
        for input in std::mem::take(&mut self.beginning) {
            self.input(input);
        }
    }

    /// Begins, and works until there is nobody left to send commands, then disconnects and ends, in bounded time.
    pub async fn run(&mut self, commands: &mut mpsc::Receiver<Command>) {
        self.begin();
        let mut ending = false;
        loop {
            let deadline = self.drain();
            if ending && self.flow.is_at_rest() {
                let forgotten =
                    timeout(keychain::LIMIT, async { while self.forgetting.join_next().await.is_some() {} });
                // Each of them says what it could not do, and none may hold up the end.
                let _ = tokio::join!(self.keychain.settled(), forgotten);
                return;
            }
            tokio::select! {
                // Commands first: an outage is announced before the server goes, and its failures are put down to it.
                biased;
                command = commands.recv(), if !ending => match command {
                    Some(command) => self.command(command),
                    None => {
                        ending = true;
                        self.sabotage.restore_keychain();
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
                Some(task) = self.forgetting.join_next() => match task {
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
        let client = Client { attempt: self.flow.attempt(), jwt: self.flow.jwt(), has_socket: self.socket.is_some() };
        match command {
            Command::Flow(command) => self.input(Input::Command(command)),
            Command::Send(object) => self.send(object),
            Command::UseJwt(jwt) => {
                self.given_jwt = Some(jwt.clone());
                let input = Input::ReplaceJwt(jwt);
                let now = self.recorder.input_by(Source::Person, &input);
                self.flow.handle(now, input);
            }
            Command::Cut => self.control(Control::Cut),
            Command::SetBackoff(rule) => {
                self.backoff = Some(rule.clone());
                self.input(Input::SetBackoff(rule));
            }
            Command::SetPing(every) => {
                (self.ping, self.profile.timeouts.ping) = (Some(every), every);
                self.recorder.record(Source::Person, None, DriverEvent::PingSet { every });
                self.control(Control::Ping(every));
            }
            Command::Arm(arming) => {
                let action = self.sabotage.arm(arming, &client);
                self.act(action);
            }
            Command::ReplaceJwt(fault, jwt) => {
                let action = self.sabotage.replace_jwt(fault, jwt, &client);
                self.act(action);
            }
            Command::JwtSpoilt(fault) => self.sabotage.jwt_spoilt(fault, &client),
            Command::OutageBegins(fault) => self.sabotage.outage_begins(fault, &client),
            Command::OutageOver(fault) => self.sabotage.outage_over(fault),
            Command::Clear(fault) => self.sabotage.clear(fault, client.attempt),
            Command::ClearAll => self.sabotage.clear_all(client.attempt),
        }
    }

    /// Does what a fault wants done.
    fn act(&mut self, action: Option<Action>) {
        match action {
            Some(Action::ReplaceJwt(jwt)) => self.input(Input::ReplaceJwt(jwt)),
            Some(Action::Cut) => self.control(Control::Cut),
            None => {}
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::LoadCredential(attempt) => self.load_credential(attempt),
            Effect::RequestToken(attempt, session_id) => self.request_token(attempt, session_id),
            Effect::RequestTicket(attempt, jwt) => self.request_ticket(attempt, jwt),
            Effect::Dial(attempt) => self.dial(attempt),
            Effect::Upgrade(attempt, ticket) => self.upgrade(attempt, ticket),
            Effect::Close(_) => self.control(Control::Close),
            Effect::Abort(_) => {
                // With what is finished and has not been heard yet: a socket among it would stay open for ever.
                self.work = JoinSet::new();
                (self.connection, self.socket) = (None, None);
                self.sabotage.connection_gone();
            }
            // It is for this session alone.
            Effect::SaveCredential(credential) if self.given_jwt.as_ref() == Some(&credential.jwt) => {}
            Effect::SaveCredential(credential) => {
                self.given_jwt = None;
                self.sabotage.keychain_occasion(self.flow.attempt());
                self.keychain.store(self.sabotage.marked(credential));
            }
            Effect::ForgetCredential => {
                self.given_jwt = None;
                self.sabotage.keychain_occasion(self.flow.attempt());
                self.keychain.forget();
                self.logins = Logins::default();
                self.forget_secrets();
            }
        }
    }

    /// Forgets what the profile says that a new session forgets: at once, and the keychain soon.
    fn forget_secrets(&mut self) {
        let Some(service) = &self.profile.service else { return };
        let is_forgotten = |source: &SecretSource| source.forget && source.is_asked_for();
        let names = service.secrets.iter().filter(|(_, source)| is_forgotten(source)).map(|(name, _)| name.clone());
        // Another person may be about to sign in.
        let sign_in = service.oauth.iter().map(|_| OAuth::refresh_token());
        for name in names.chain(sign_in) {
            let (keychain, recorder) = (Arc::clone(&self.keychain), self.recorder.clone());
            keychain.secrets().drop_at_once(&name);
            self.forgetting.spawn(async move {
                // What is still there is not read again while the program runs, but at its next start.
                let tell = |event| recorder.record(Source::Driver, None, event);
                sign_in::tell_failure(keychain.secrets().forget(&name), &tell).await;
            });
        }
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Loaded(attempt, mut credential, source) => {
                self.sabotage.loaded(&mut credential);
                self.input(Input::CredentialLoaded(attempt, credential, source));
            }
            Done::Token(attempt, result) => {
                let now = self.recorder.clock().now();
                let token = self.profile.token_name();
                let grant = result.map(|all| {
                    let is_other = self.logins.give(now, &all, &token);
                    TokenGrant { is_other, ..Taken::of_all(all).into_token(&token) }
                });
                self.input(Input::TokenAnswered(attempt, grant));
            }
            Done::Ticket(attempt, result) => {
                self.logins.refused(&self.profile.steps(), result.as_ref().err());
                let result = result.map(|(grant, url)| {
                    self.socket_at = url;
                    grant
                });
                self.input(Input::TicketAnswered(attempt, result));
            }
            Done::Dialled(attempt, result) => {
                let result = result.map(|connection| {
                    self.connection = Some(connection);
                });
                self.input(Input::Dialled(attempt, result));
            }
            Done::Upgraded(attempt, Ok((stream, secrets, scope))) => self.upgraded(attempt, *stream, secrets, scope),
            Done::Upgraded(attempt, Err(failure)) => {
                self.sabotage.connection_gone();
                self.input(Input::Upgraded(attempt, Err(failure)));
            }
            Done::Greeted(attempt, Ok(socket)) => {
                if let (Some(service), Some(values)) = (&self.profile.service, socket.values()) {
                    self.logins.renew(service, values);
                }
                self.work.spawn(async move { Done::Closed(attempt, socket.run().await) });
                self.input(Input::Greeted(attempt, Ok(())));
            }
            Done::Greeted(attempt, Err(ungreeted)) => {
                self.socket = None;
                self.sabotage.connection_gone();
                match ungreeted {
                    Ungreeted::Failed(failure, elsewhere) => {
                        self.elsewhere = elsewhere;
                        if let GreetingFailure::Request { request, .. } = &failure {
                            self.logins.refused(&self.profile.steps(), Some(request));
                        }
                        self.input(Input::Greeted(attempt, Err(failure)));
                    }
                    Ungreeted::Closed(close) => self.input(Input::Closed(attempt, close)),
                }
            }
            Done::Closed(attempt, Ended { close, elsewhere }) => {
                self.socket = None;
                self.elsewhere = elsewhere;
                self.sabotage.connection_gone();
                self.input(Input::Closed(attempt, close));
            }
        }
    }

    /// Writes down what the flow says; what fails in an attempt in which a fault acted is marked.
    fn event(&mut self, attempt: Option<AttemptId>, event: FlowEvent) {
        let (simulated, action) = self.sabotage.mark(attempt, &event);
        self.act(action);
        let is_connected = event == FlowEvent::Connected;
        if matches!(event, FlowEvent::AttemptStarted { .. } | FlowEvent::RefreshingToken { .. }) {
            self.keychain.secrets().begin_attempt();
        }
        let source = if matches!(event, FlowEvent::Command { .. }) { Source::Person } else { Source::Flow };
        let attempt = attempt.filter(|_| source == Source::Flow);
        // What was made up here is no server's doing.
        let now = self.recorder.clock().now();
        let is_told_by_health = simulated.is_none()
            && self.health_probe.as_mut().is_some_and(|health_probe| health_probe.is_due(&event, now));
        self.recorder.record_marked(source, attempt, simulated, event);
        if is_told_by_health && let Some(endpoint) = self.profile.endpoints.health.clone() {
            let (net, recorder, trace) = (self.net.clone(), self.recorder.clone(), self.traces.next());
            self.background.spawn(health_probe::ask(net, endpoint, trace, recorder, attempt));
        }
        if is_connected {
            self.sabotage.socket_opened(self.flow.attempt());
        }
    }

    fn control(&self, control: Control) {
        if let Some(socket) = &self.socket {
            // Four of them fit; more could only repeat those, and a socket that is gone needs none.
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use keychain::Secrets;

    use super::*;
    use crate::journal::Journal;
    use crate::model::{Event, KeychainState};

    #[tokio::test]
    async fn what_a_new_session_cannot_make_the_keychain_forget_is_told_before_the_end() {
        let text = "name = 'x'\napi = 'http://127.0.0.1:9'\n[socket]\nurl = '{{one}}'\n[secret.one]\nforget = true\n";
        let profile = Profile::from_toml(text).unwrap();
        let was_asked = Arc::new(AtomicBool::new(false));
        let secrets = {
            let was_asked = Arc::clone(&was_asked);
            Secrets::made_up(move |_| {
                std::thread::sleep(Duration::from_millis(200));
                was_asked.store(true, Ordering::Relaxed);
                Err(KeychainState::Locked)
            })
        };
        let journal = Journal::new(|_| {});
        let recorder = Recorder::new(journal.clone(), Clock::start());
        let net = Net::new(&profile).unwrap();
        let keychain = Arc::new(Keychain::memory().with_secrets(secrets));
        let mut driver = Driver::new(profile, net, keychain, recorder, 1, Carryover::new(None, 1));
        let (commands, mut received) = mpsc::channel(1);
        commands.send(Command::Flow(FlowCommand::NewSession)).await.unwrap();
        drop(commands);
        driver.run(&mut received).await;
        assert!(was_asked.load(Ordering::Relaxed), "the end waits for it");
        let told = |state: KeychainState| {
            let event = Event::Driver(DriverEvent::Keychain { state });
            journal.all().entries.iter().any(|entry| entry.event == event)
        };
        assert!(told(KeychainState::Locked));
    }

    #[tokio::test]
    async fn a_driver_that_is_only_made_does_nothing_yet() {
        let profile = Profile::production();
        let journal = Journal::new(|_| {});
        let recorder = Recorder::new(journal.clone(), Clock::start());
        let (net, keychain) = (Net::new(&profile).unwrap(), Arc::new(Keychain::memory()));
        let asked = Carryover::new(Some(FlowCommand::Connect), 1);
        let mut driver = Driver::new(profile, net, keychain, recorder, 1, asked);
        assert_eq!(journal.all().entries.len(), 1, "a machine is there; whatever it does may crash, and is caught");
        driver.begin();
        assert!(driver.flow.is_active());
    }
}
