//! Fault injection: what the driver does for faults that act, and which failures it puts down to them.

use std::time::Duration;

use super::Driver;
use super::net::Net;
use super::socket::Control;
use crate::faults::{Activation, Arming, Fault, FaultKind, Fired, Occasion, Reach};
use crate::flow::Input;
use crate::model::{
    AttemptId, FaultEvent, FaultName, Fingerprint, FlowEvent, Jwt, Moment, Origin, Redactor, SafeText, Source, Ticket,
    TraceId,
};

/// How long a server may take to judge who has opened a socket. A later close has other reasons.
const JUDGEMENT: Duration = Duration::from_secs(5);

/// How long after an outage a request may still be sent on a connection from before; longer than one is kept.
const AFTERMATH: Duration = Duration::from_secs(3);

/// The faults that acted in an attempt, the newest last.
#[derive(Default)]
pub(super) struct Attribution {
    attempt: Option<AttemptId>,
    faults: Vec<FaultKind>,
    /// When the attempt's socket was opened.
    opened: Option<Moment>,
}

impl Attribution {
    /// Nobody but `faults` is to blame for what fails in `attempt`.
    fn of(attempt: Option<AttemptId>, faults: Vec<FaultKind>) -> Self {
        Self { attempt, faults, opened: None }
    }

    /// The fault that is to blame for what fails `now` in `attempt`.
    fn culprit(&self, attempt: Option<AttemptId>, now: Moment) -> Option<FaultKind> {
        let needed = match self.opened {
            None => Reach::Open,
            Some(opened) if now.since(opened) < JUDGEMENT => Reach::Judged,
            Some(_) => Reach::Closed,
        };
        let reaching = self.faults.iter().rfind(|fault| fault.reach() >= needed);
        reaching.copied().filter(|_| self.attempt == attempt)
    }
}

/// What a fault outside the client does to it.
pub(super) struct Outage {
    pub fault: FaultKind,
    /// Since when it does not any more.
    pub over: Option<Moment>,
}

impl Driver {
    /// Takes in who is to blame from here on, and returns the mark that `event` gets: what fails in an attempt in
    /// which a fault acted was simulated.
    pub(super) fn mark(&mut self, attempt: Option<AttemptId>, event: &FlowEvent) -> Option<FaultName> {
        let now = self.recorder.clock().now();
        if let FlowEvent::AttemptStarted { .. } = event {
            self.outage.take_if(|outage| outage.over.is_some_and(|over| now.since(over) > AFTERMATH));
            self.attribution = Attribution::of(attempt, self.outage.iter().map(|outage| outage.fault).collect());
        }
        if let FlowEvent::TokenReady { token, .. } = event
            && let Some(fault) = self.injected_by(token.fingerprint)
        {
            self.attribute(attempt, fault);
        }
        let outage = self.outage.as_ref().map(|outage| outage.fault);
        let blamed = self.attribution.culprit(attempt, now).or(outage).map(FaultKind::name);
        if *event == FlowEvent::Connected {
            self.attribution.opened = Some(now);
        }
        let simulated = match event {
            FlowEvent::RefreshingToken { .. } | FlowEvent::AttemptFailed { .. } => blamed,
            FlowEvent::Disconnected { class: Some(_), .. } => blamed,
            _ => None,
        };
        if let FlowEvent::TokenAcquired { .. } = event
            && self.faults.is_armed(FaultKind::JwtTooLong)
            && !self.keychain.is_small()
        {
            // It was on its way when the fault was armed: the next attempt fetches one on which it can act.
            self.input(Input::ReplaceJwt(None));
        }
        if let FlowEvent::TokenAcquired { .. } | FlowEvent::SessionDropped = event
            && let Some((_, cured)) = self.injected_jwt.take()
        {
            self.attribution.faults.retain(|fault| *fault != cured);
        }
        simulated
    }

    /// An occasion for the faults that act on open sockets.
    pub(super) fn socket_opened(&mut self) {
        if let Some(outage) = self.outage.take_if(|outage| outage.over.is_some()) {
            self.attribution.faults.retain(|fault| *fault != outage.fault);
        }
        let acting = self.fires(Occasion::Socket);
        self.apply_to_wire(&acting);
    }

    pub(super) fn arm(&mut self, arming: Arming) {
        let kind = arming.fault.kind();
        if kind.needs_local_server() && !self.profile.is_local_demo() {
            return self.refused(kind, "only the local demo has its own server");
        }
        if kind.needs_keychain() && !self.keychain.is_used() {
            return self.refused(kind, "the keychain is not used (--keychain memory)");
        }
        if kind.activation() == Activation::Armed {
            let Arming { times, probability, .. } = arming;
            self.faults.arm(arming);
            self.fault_event(FaultEvent::Armed { fault: kind.name(), times, probability });
            let is_occasion = if kind.shapes_wire() { self.wire.is_some() } else { self.socket.is_some() };
            if kind.acts_on_open_socket() && is_occasion {
                let fired = self.faults.fire_kind(kind);
                let acting = self.act(fired);
                self.apply_to_wire(&acting);
            }
            if kind.acts_on_keychain() && self.flow.jwt().is_some() {
                let fired = self.faults.fire_kind(kind);
                let acting = self.act(fired);
                self.keychain.set_faults(&acting);
                self.keychain.ask_again();
            }
            if kind == FaultKind::JwtTooLong && self.flow.jwt().is_some() {
                // Only a new one can be too long.
                self.input(Input::ReplaceJwt(None));
            }
            return;
        }
        if kind.needs_local_server() {
            // It has been taken away on the way here, if there was one.
            return self.refused(kind, "the local server is not running");
        }
        match kind {
            FaultKind::DropConnection if self.socket.is_some() => {
                self.acted(kind, Some(0));
                self.control(Control::Cut);
            }
            FaultKind::DropConnection => self.refused(kind, "no socket is open"),
            FaultKind::CrashClient => {
                self.acted(kind, Some(0));
                self.crashing = Some(kind);
                panic!("crashed on purpose by the fault {}", kind.name());
            }
            _ => match self.flow.jwt().map(|jwt| arming.fault.exchange_jwt(jwt)) {
                Some(Some(jwt)) => self.replace_jwt(kind, jwt),
                Some(None) => {}
                None => self.refused(kind, "there is no JWT yet; connect first"),
            },
        }
    }

    pub(super) fn replace_jwt(&mut self, fault: FaultKind, jwt: Option<Jwt>) {
        // Before the keychain has been read there is nothing to replace, and a sessionId to lose.
        if self.flow.jwt().is_none() {
            return self.refused(fault, "there is no JWT yet; connect first");
        }
        self.fault_event(FaultEvent::Fired { fault: fault.name(), left: Some(0) });
        self.injected_jwt = jwt.as_ref().map(|jwt| (Some(jwt.fingerprint()), fault));
        self.input(Input::ReplaceJwt(jwt));
    }

    /// The fault that put the JWT called `token` there, if one did.
    pub(super) fn injected_by(&self, token: Fingerprint) -> Option<FaultKind> {
        self.injected_jwt
            .filter(|(injected_jwt, _)| injected_jwt.is_none_or(|injected_jwt| injected_jwt == token))
            .map(|(_, fault)| fault)
    }

    /// An occasion for the faults that act on the keychain.
    pub(super) fn keychain_occasion(&mut self) {
        let acting = self.fires(Occasion::Keychain);
        self.keychain.set_faults(&acting);
    }

    /// Leaves nothing in the keychain that the next start would find because of a fault, and nothing out.
    pub(super) fn restore_keychain(&mut self) {
        self.keychain.set_faults(&[]);
        if self.injected_jwt.is_some() {
            self.keychain.forget();
        } else if self.keychain.was_met() {
            self.keychain.ask_again();
        }
    }

    fn apply_to_wire(&self, acting: &[Fault]) {
        if let Some(wire) = &self.wire {
            acting.iter().for_each(|fault| wire.apply(fault));
        }
    }

    /// The faults that act in the current attempt at this occasion.
    pub(super) fn fires(&mut self, occasion: Occasion) -> Vec<Fault> {
        let fired = self.faults.fire(occasion);
        self.act(fired)
    }

    fn act(&mut self, fired: Vec<Fired>) -> Vec<Fault> {
        let act = |Fired { fault, left }: Fired| {
            self.acted(fault.kind(), left);
            fault
        };
        fired.into_iter().map(act).collect()
    }

    pub(super) fn acted(&mut self, fault: FaultKind, left: Option<u32>) {
        self.attribute(self.flow.attempt(), fault);
        self.fault_event(FaultEvent::Fired { fault: fault.name(), left });
    }

    fn attribute(&mut self, attempt: Option<AttemptId>, fault: FaultKind) {
        if self.attribution.attempt != attempt {
            self.attribution = Attribution::of(attempt, Vec::new());
        }
        self.attribution.faults.retain(|blamed| *blamed != fault);
        self.attribution.faults.push(fault);
    }

    pub(super) fn clear(&mut self, fault: FaultKind) {
        if self.faults.clear(fault) {
            self.cleared(fault);
        }
    }

    pub(super) fn cleared(&self, fault: FaultKind) {
        if let Some(wire) = &self.wire {
            wire.lift(fault);
        }
        if fault.acts_on_keychain() {
            self.keychain.set_faults(&[]);
            self.keychain.ask_again();
        }
        self.fault_event(FaultEvent::Cleared { fault: fault.name() });
    }

    fn refused(&self, fault: FaultKind, reason: &str) {
        self.fault_event(FaultEvent::Refused { fault: fault.name(), reason: SafeText::new(reason) });
    }

    fn fault_event(&self, event: FaultEvent) {
        self.recorder.record(Source::Fault, self.flow.attempt(), event);
    }
}

/// Spends `ticket` on a connection of its own, and gives it back used.
pub(super) async fn steal(net: &Net, ticket: Ticket, origin: &Origin, trace: &TraceId) -> Ticket {
    let ticket = ticket.spend();
    let mut unheard = |_| {};
    if let Ok(connection) = net.dial(&mut unheard).await {
        let theirs = Ticket::new(ticket.as_str());
        // Whatever becomes of it: the server has seen the ticket.
        let _ = net.upgrade(connection, theirs, origin, trace, &mut Redactor::default(), &mut unheard).await;
    }
    Ticket::new(ticket.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blame_ends_where_a_fault_has_had_its_effect() {
        let (attempt, at) = (Some(AttemptId(3)), Moment::from_millis);
        let mut attribution =
            Attribution::of(attempt, vec![FaultKind::Latency, FaultKind::BlockOrigin, FaultKind::NameSlow]);
        assert_eq!(attribution.culprit(attempt, at(9_000)), Some(FaultKind::NameSlow), "the newest");
        assert_eq!(attribution.culprit(Some(AttemptId(4)), at(9_000)), None);
        attribution.opened = Some(at(10_000));
        assert_eq!(attribution.culprit(attempt, at(14_999)), Some(FaultKind::BlockOrigin));
        assert_eq!(attribution.culprit(attempt, at(15_000)), Some(FaultKind::Latency));
        assert_eq!(
            Attribution { opened: Some(at(0)), ..Attribution::of(attempt, vec![FaultKind::Simulate503]) }
                .culprit(attempt, at(1)),
            None
        );
    }
}
