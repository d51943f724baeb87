//! The only place in the driver where faults act. Network, socket and keychain have no code for them: [`Sabotage`] gives
//! the driver an altered network, request, stream or keychain for each of its steps, and says which failures were
//! simulated.

mod attribution;
mod keychain;
mod network;
mod requests;
mod wire;

use std::sync::Arc;

use self::attribution::{Attribution, Outage};
use self::keychain::KeychainFaults;
pub use self::network::FaultyNetwork;
use self::requests::{Server, with_faults};
pub use self::requests::{TicketRequest, Upgrade};
use self::wire::WireFaults;
pub use self::wire::{FaultyStream, is_simulated};
use super::keychain::Keychain;
use super::net::{Connection, Net};
use super::recorder::Recorder;
use crate::faults::{Activation, Arming, AtOnce, Fault, FaultKind, Faults, Fired, Occasion};
use crate::model::{
    AttemptId, Credential, FaultEvent, FaultName, Fingerprint, FlowEvent, Jwt, Origin, SafeText, Source,
};

/// What the client has just now.
pub struct Client<'a> {
    /// The attempt that is going on, or was the last.
    pub attempt: Option<AttemptId>,
    /// The JWT that it holds.
    pub jwt: Option<&'a Jwt>,
    /// Whether its socket is open.
    pub has_socket: bool,
}

/// What the driver has to do because of a fault.
pub enum Action {
    /// This is the JWT from now on.
    ReplaceJwt(Option<Jwt>),
    /// The open socket is cut without a close frame.
    Cut,
}

/// The faults that are armed, what they do, and what is put down to them.
pub struct Sabotage {
    recorder: Recorder,
    keychain: Arc<Keychain>,
    server: Server,
    faults: Faults,
    keychain_faults: KeychainFaults,
    /// What the newest connection runs over.
    wire: Option<WireFaults>,
    attribution: Attribution,
    /// A fault that acts outside the client, while it does and until the client has got over it.
    outage: Option<Outage>,
    injected_jwt: Option<InjectedJwt>,
    /// The fault that makes the driver crash now.
    crashing: Option<FaultKind>,
}

/// A JWT that a fault put there, until a new one is fetched.
#[derive(Clone, Copy)]
struct InjectedJwt {
    /// Which it is; `None` is any.
    token: Option<Fingerprint>,
    by: FaultKind,
}

/// What outlives a driver that crashed.
pub struct Carryover {
    faults: Faults,
    keychain_faults: KeychainFaults,
    injected_jwt: Option<InjectedJwt>,
    crashed_by: Option<FaultKind>,
}

impl Carryover {
    /// Of a driver that never was: nothing is armed. `seed` decides whether faults that are left to chance act.
    pub fn new(seed: u64) -> Self {
        let (faults, keychain_faults) = (Faults::new(seed), KeychainFaults::default());
        Self { faults, keychain_faults, injected_jwt: None, crashed_by: None }
    }

    /// The fault that made the driver crash, if it was one.
    pub fn crashed_by(&self) -> Option<FaultName> {
        self.crashed_by.map(FaultKind::name)
    }
}

impl Sabotage {
    /// What goes on from `carryover`.
    pub fn new(carryover: Carryover, recorder: Recorder, keychain: Arc<Keychain>, is_local_demo: bool) -> Self {
        let Carryover { faults, keychain_faults, injected_jwt, .. } = carryover;
        keychain.intercept(Arc::new(keychain_faults.clone()));
        Self {
            recorder,
            keychain,
            server: if is_local_demo { Server::Local } else { Server::Other },
            faults,
            keychain_faults,
            wire: None,
            attribution: Attribution::default(),
            outage: None,
            injected_jwt,
            crashing: None,
        }
    }

    /// What the next driver needs.
    pub fn into_carryover(self) -> Carryover {
        let Self { faults, keychain_faults, injected_jwt, crashing, .. } = self;
        Carryover { faults, keychain_faults, injected_jwt, crashed_by: crashing }
    }

    /// Arms a fault, or lets it act if it acts at once.
    pub fn arm(&mut self, arming: Arming, client: &Client<'_>) -> Option<Action> {
        let kind = arming.fault.kind();
        if let Some(obstacle) = self.obstacle(kind, client) {
            self.refused(client.attempt, kind, obstacle);
            return None;
        }
        match kind.activation() {
            Activation::Armed => self.arm_for_later(arming, client),
            Activation::Immediate => self.act_at_once(&arming.fault, client),
        }
    }

    fn obstacle(&self, kind: FaultKind, client: &Client<'_>) -> Option<&'static str> {
        if kind.needs_local_server() && self.server == Server::Other {
            Some("only the local demo has its own server")
        } else if kind.needs_keychain() && !self.keychain.is_used() {
            Some("the keychain is not used (--keychain memory)")
        } else if kind.needs_local_server() && kind.activation() == Activation::Immediate {
            // A server that runs would have taken it away on the way here.
            Some("the local server is not running")
        } else if kind.needs_open_socket() && !client.has_socket {
            Some("no socket is open")
        } else {
            None
        }
    }

    fn arm_for_later(&mut self, arming: Arming, client: &Client<'_>) -> Option<Action> {
        let kind = arming.fault.kind();
        let Arming { times, probability, .. } = arming;
        self.faults.arm(arming);
        self.fault_event(client.attempt, FaultEvent::Armed { fault: kind.name(), times, probability });
        let is_occasion = if kind.shapes_wire() { self.wire.is_some() } else { client.has_socket };
        if kind.acts_on_open_socket() && is_occasion {
            let fired = self.faults.fire_kind(kind);
            let acting = self.act(client.attempt, fired);
            self.apply_to_wire(&acting);
        }
        if kind.acts_on_keychain() && client.jwt.is_some() {
            let fired = self.faults.fire_kind(kind);
            let acting = self.act(client.attempt, fired);
            self.keychain_faults.change(&acting);
            self.keychain.ask_again();
        }
        // Only a new one can be too long.
        (kind == FaultKind::JwtTooLong && client.jwt.is_some()).then_some(Action::ReplaceJwt(None))
    }

    fn act_at_once(&mut self, fault: &Fault, client: &Client<'_>) -> Option<Action> {
        let kind = fault.kind();
        match kind.at_once() {
            AtOnce::Nothing => None,
            AtOnce::Cut => {
                self.acted(client.attempt, kind, Some(0));
                Some(Action::Cut)
            }
            AtOnce::Crash => {
                self.acted(client.attempt, kind, Some(0));
                self.crashing = Some(kind);
                panic!("crashed on purpose by the fault {}", kind.name());
            }
            AtOnce::ExchangeJwt => {
                // Without a JWT there is nothing to exchange, which is said there.
                let exchanged = client.jwt.map_or(Some(None), |jwt| fault.exchange_jwt(jwt))?;
                self.replace_jwt(kind, exchanged, client)
            }
        }
    }

    /// Puts `jwt` in the place of the stored one, on behalf of a fault.
    pub fn replace_jwt(&mut self, fault: FaultKind, jwt: Option<Jwt>, client: &Client<'_>) -> Option<Action> {
        // Before the keychain has been read there is nothing to replace, and a sessionId to lose.
        if client.jwt.is_none() {
            self.refused(client.attempt, fault, "there is no JWT yet; connect first");
            return None;
        }
        self.fault_event(client.attempt, FaultEvent::Fired { fault: fault.name(), left: Some(0) });
        self.injected_jwt = jwt.as_ref().map(|jwt| InjectedJwt { token: Some(jwt.fingerprint()), by: fault });
        Some(Action::ReplaceJwt(jwt))
    }

    /// A fault has made the stored JWT useless.
    pub fn jwt_spoilt(&mut self, fault: FaultKind, client: &Client<'_>) {
        self.injected_jwt = Some(InjectedJwt { token: client.jwt.map(Jwt::fingerprint), by: fault });
        self.acted(client.attempt, fault, Some(0));
    }

    /// A fault acts outside the client: what fails in this attempt and in those that begin before it is over is its
    /// doing.
    pub fn outage_begins(&mut self, fault: FaultKind, client: &Client<'_>) {
        self.outage = Some(Outage { fault, over: None });
        self.acted(client.attempt, fault, Some(0));
    }

    /// That fault is over.
    pub fn outage_over(&mut self, fault: FaultKind) {
        let now = self.recorder.clock().now();
        if let Some(outage) = self.outage.as_mut().filter(|outage| outage.fault == fault) {
            outage.over = Some(now);
        }
    }

    /// Clears a fault.
    pub fn clear(&mut self, fault: FaultKind, attempt: Option<AttemptId>) {
        if self.faults.clear(fault) {
            self.cleared(attempt, fault);
        }
    }

    /// Clears all faults.
    pub fn clear_all(&mut self, attempt: Option<AttemptId>) {
        for fault in self.faults.clear_all() {
            self.cleared(attempt, fault);
        }
    }

    fn cleared(&self, attempt: Option<AttemptId>, fault: FaultKind) {
        if let Some(wire) = &self.wire {
            wire.lift(fault);
        }
        if fault.acts_on_keychain() {
            self.keychain_faults.change(&[]);
            self.keychain.ask_again();
        }
        self.fault_event(attempt, FaultEvent::Cleared { fault: fault.name() });
    }

    /// The keychain is going to be used.
    pub fn keychain_occasion(&mut self, attempt: Option<AttemptId>) {
        let acting = self.fires(Occasion::Keychain, attempt);
        self.keychain_faults.change(&acting);
    }

    /// The keychain gave `credential`. A program that was killed leaves a JWT of a fault there, and a check finds what
    /// the window's session has.
    pub fn loaded(&mut self, credential: &mut Credential) {
        if let Some(by) = credential.simulated.take().as_ref().and_then(FaultKind::named) {
            self.injected_jwt = Some(InjectedJwt { token: credential.jwt.as_ref().map(Jwt::fingerprint), by });
        }
    }

    /// `credential` as it is to be kept: with the mark of the fault that put its JWT there.
    pub fn marked(&self, credential: Credential) -> Credential {
        let by = credential.jwt.as_ref().and_then(|jwt| self.injected_by(jwt.fingerprint()));
        Credential { simulated: by.map(FaultKind::name), ..credential }
    }

    /// Restores the keychain to its fault-free state.
    pub fn restore_keychain(&self) {
        self.keychain_faults.change(&[]);
        if self.injected_jwt.is_some() {
            self.keychain.forget();
        } else if self.keychain.was_met() {
            self.keychain.ask_again();
        }
    }

    /// The network for a token request.
    pub fn token_request(&mut self, net: &Net, attempt: Option<AttemptId>) -> Net {
        let acting = self.fires(Occasion::TokenRequest, attempt);
        self.keychain_faults.make_small(acting.contains(&Fault::JwtTooLong));
        with_faults(net, &acting, self.server)
    }

    /// A ticket request.
    pub fn ticket_request(&mut self, net: &Net, attempt: Option<AttemptId>) -> TicketRequest {
        let acting = self.fires(Occasion::TicketRequest, attempt);
        TicketRequest::new(net, &acting, self.server)
    }

    /// The network to dial over.
    pub fn network(&mut self, attempt: Option<AttemptId>) -> FaultyNetwork {
        FaultyNetwork::new(self.fires(Occasion::Dial, attempt))
    }

    /// An upgrade of `connection` for a page from `origin`.
    pub fn upgrade(
        &mut self,
        connection: Connection,
        net: &Net,
        origin: Option<&Origin>,
        attempt: Option<AttemptId>,
    ) -> Upgrade {
        let acting = self.fires(Occasion::Upgrade, attempt);
        let upgrade = Upgrade::new(connection, net, origin, &acting, self.server);
        self.wire = Some(upgrade.wire());
        upgrade
    }

    /// The socket is open, which is an occasion for the faults that act on it.
    pub fn socket_opened(&mut self, attempt: Option<AttemptId>) {
        if let Some(outage) = self.outage.take_if(|outage| outage.over.is_some()) {
            self.attribution.remove(outage.fault);
        }
        let acting = self.fires(Occasion::Socket, attempt);
        self.apply_to_wire(&acting);
    }

    /// The connection is gone.
    pub fn connection_gone(&mut self) {
        self.wire = None;
    }

    /// Attributes `event` to the faults that acted in its attempt, and returns the mark it gets if they brought it about.
    pub fn mark(&mut self, attempt: Option<AttemptId>, event: &FlowEvent) -> (Option<FaultName>, Option<Action>) {
        let now = self.recorder.clock().now();
        if let FlowEvent::AttemptStarted { .. } = event {
            self.outage.take_if(|outage| outage.is_past(now));
            self.attribution = Attribution::of(attempt, self.outage.iter().map(|outage| outage.fault).collect());
        }
        if let FlowEvent::TokenReady { token, .. } = event
            && let Some(fault) = self.injected_by(token.fingerprint)
        {
            self.attribution.add(attempt, fault);
        }
        let outage = self.outage.as_ref().map(|outage| outage.fault);
        let blamed = self.attribution.culprit(attempt, now).or(outage).map(FaultKind::name);
        if *event == FlowEvent::Connected {
            self.attribution.opened(now);
        }
        let simulated = match event {
            FlowEvent::RefreshingToken { .. } | FlowEvent::AttemptFailed { .. } => blamed,
            FlowEvent::Disconnected { class: Some(_), .. } => blamed,
            _ => None,
        };
        if let FlowEvent::TokenAcquired { .. } | FlowEvent::SessionDropped = event
            && let Some(cured) = self.injected_jwt.take()
        {
            self.attribution.remove(cured.by);
        }
        // It was on its way when the fault was armed: the next attempt fetches one on which it can act.
        let is_too_early = matches!(event, FlowEvent::TokenAcquired { .. })
            && self.faults.is_armed(FaultKind::JwtTooLong)
            && !self.keychain_faults.is_small();
        (simulated, is_too_early.then_some(Action::ReplaceJwt(None)))
    }

    /// The fault that put the JWT called `token` there, if one did.
    fn injected_by(&self, token: Fingerprint) -> Option<FaultKind> {
        let injected = self.injected_jwt.filter(|injected| injected.token.is_none_or(|injected| injected == token));
        injected.map(|injected| injected.by)
    }

    fn apply_to_wire(&self, acting: &[Fault]) {
        if let Some(wire) = &self.wire {
            acting.iter().for_each(|fault| wire.apply(fault));
        }
    }

    /// The faults that act in `attempt` at this occasion.
    fn fires(&mut self, occasion: Occasion, attempt: Option<AttemptId>) -> Vec<Fault> {
        let fired = self.faults.fire(occasion);
        self.act(attempt, fired)
    }

    fn act(&mut self, attempt: Option<AttemptId>, fired: Vec<Fired>) -> Vec<Fault> {
        let act = |Fired { fault, left }: Fired| {
            self.acted(attempt, fault.kind(), left);
            fault
        };
        fired.into_iter().map(act).collect()
    }

    fn acted(&mut self, attempt: Option<AttemptId>, fault: FaultKind, left: Option<u32>) {
        self.attribution.add(attempt, fault);
        self.fault_event(attempt, FaultEvent::Fired { fault: fault.name(), left });
    }

    fn refused(&self, attempt: Option<AttemptId>, fault: FaultKind, reason: &str) {
        self.fault_event(attempt, FaultEvent::Refused { fault: fault.name(), reason: SafeText::new(reason) });
    }

    fn fault_event(&self, attempt: Option<AttemptId>, event: FaultEvent) {
        self.recorder.record(Source::Fault, attempt, event);
    }
}
