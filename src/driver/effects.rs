//! What the flow asks for: each effect is work beside the driver, whose result comes back to the flow as an input.

use std::sync::Arc;

use super::conversation::Conversation;
use super::keychain::Loaded;
use super::net::{OpenSocket, PhaseReport, Scope, StepKind, Taken};
use super::requests::StepRunner;
use super::sabotage::{FaultyStream, is_simulated};
use super::socket::{Requests, Socket, Ungreeted};
use super::{Done, Driver};
use crate::clock::utc_now;
use crate::flow::Input;
use crate::model::failure::HandshakeFault;
use crate::model::{
    AttemptId, BuiltIns, DialFailure, DriverEvent, Failure, Jwt, KeychainState, Phase, Redactor, RequestFailure,
    RequestFailureKind, SafeText, SessionId, Source, Ticket, TokenSource,
};

impl Driver {
    pub(super) fn load_credential(&mut self, attempt: AttemptId) {
        self.sabotage.keychain_occasion(self.flow.attempt());
        let (keychain, recorder) = (Arc::clone(&self.keychain), self.recorder.clone());
        self.work.spawn(async move {
            let since = recorder.clock().now();
            let Loaded { credential, state, met } = keychain.load().await;
            let (took, ok, detail) = (recorder.clock().now().since(since), !state.is_failure(), state.to_string());
            let (phase, detail) = (Phase::Keychain, SafeText::new(&detail));
            let report = PhaseReport { phase, took, ok, detail, lookup: None, observed: None };
            recorder.report_marked(attempt, met, report);
            let source = if state == KeychainState::Ready { TokenSource::Keychain } else { TokenSource::Memory };
            Done::Loaded(attempt, credential, source)
        });
    }

    /// What the steps of the attempt that is going on can be made of, but for the profile's secrets.
    fn scope(&self) -> Scope {
        let credential = self.flow.credential().cloned().unwrap_or_default();
        let mut values = credential.values;
        if let Some(jwt) = credential.jwt {
            values.set(self.profile.token_name(), jwt.expose());
        }
        values.extend(self.logins.renewed());
        let elsewhere = self.elsewhere.clone();
        let session_id = credential.session_id;
        Scope { values, session_id, elsewhere, built_ins: built_ins(), ..Scope::default() }
    }

    pub(super) fn request_token(&mut self, attempt: AttemptId, session_id: Option<SessionId>) {
        let net = self.sabotage.token_request(&self.net, self.flow.attempt());
        let service = self.profile.steps();
        let browses = usize::from(service.oauth.is_some());
        let mut runner = self.runner(attempt, Phase::Token, service.login.len() + browses);
        let (keychain, browser) = (Arc::clone(&self.keychain), self.browser);
        let mut scope = Scope { session_id, built_ins: built_ins(), ..Scope::default() };
        let mut all = self.logins.keep(self.recorder.clock().now());
        all.iter().for_each(|taken| scope.values.extend(&taken.values));
        self.work.spawn(async move {
            let secrets = keychain.secrets();
            scope.gather(secrets.gather(&service).await, net.secrets());
            let taken = async {
                runner.prepare(&net, &scope).await?;
                if let Some(oauth) = service.oauth.as_ref().filter(|_| all.is_empty()) {
                    all.push(runner.sign_in(&net, oauth, &mut scope, secrets, browser).await?);
                }
                let kept = all.len() - browses;
                all.extend(runner.run(&net, StepKind::Login, &service, kept, &mut scope, secrets).await?);
                Ok(all)
            };
            Done::Token(attempt, taken.await)
        });
    }

    pub(super) fn request_ticket(&mut self, attempt: AttemptId, jwt: Option<Jwt>) {
        let request = self.sabotage.ticket_request(&self.net, self.flow.attempt());
        let service = self.profile.steps();
        let runner = self.runner(attempt, Phase::Ticket, service.ticket.len());
        if let Some(result) = request.made_up(runner.first_trace()) {
            self.work.spawn(async move { Done::Ticket(attempt, result.map(|grant| (grant, None))) });
            return;
        }
        let (keychain, profile) = (Arc::clone(&self.keychain), self.profile.clone());
        let mut scope = self.scope();
        if let Some(jwt) = jwt {
            scope.values.set(self.profile.token_name(), jwt.expose());
            scope.values.extend(self.logins.renewed());
        }
        self.work.spawn(async move {
            let net = request.net();
            scope.gather(keychain.secrets().gather(&service).await, net.secrets());
            let granted = async {
                let secrets = keychain.secrets();
                runner.prepare(net, &scope).await?;
                let taken = runner.run(net, StepKind::Ticket, &service, 0, &mut scope, secrets).await?;
                let taken = Taken::of_all(taken);
                let is_named = service.socket.url.is_some() || scope.elsewhere.is_some();
                let address = is_named.then(|| net.socket_address(&scope)).transpose();
                let trace = runner.last_trace().clone();
                let address = address.map_err(|kind| RequestFailure { trace, kind })?;
                let url = address.map(|address| address.url);
                Ok((request.granted(taken.into_ticket(&profile)), url))
            };
            Done::Ticket(attempt, granted.await)
        });
    }

    pub(super) fn dial(&mut self, attempt: AttemptId) {
        let network = self.sabotage.network(self.flow.attempt());
        let (net, recorder) = (self.net.clone(), self.recorder.clone());
        let (keychain, service, mut scope) = (Arc::clone(&self.keychain), self.profile.steps(), self.scope());
        let service_wants_identity = self.profile.tls.client_pkcs12.is_some();
        let known = self.socket_at.take();
        self.work.spawn(async move {
            let mut report = |report| recorder.report(attempt, report);
            let dialled = async {
                let is_named = service.socket.url.is_some() || scope.elsewhere.is_some();
                if service_wants_identity {
                    scope.gather(keychain.secrets().gather(&service).await, net.secrets());
                    net.open_identity(&scope).await.map_err(unusable)?;
                }
                let url = match known {
                    Some(url) => Some(url),
                    None if is_named => {
                        scope.gather(keychain.secrets().gather(&service).await, net.secrets());
                        Some(net.socket_address(&scope).map_err(unusable)?.url)
                    }
                    None => None,
                };
                let net = match &url {
                    Some(url) => net
                        .with_socket_at(url)
                        .map_err(|error| DialFailure::Unusable { problem: SafeText::new(&error.to_string()) })?,
                    None => net,
                };
                net.dial_over(&network, &mut report).await
            };
            Done::Dialled(attempt, dialled.await)
        });
    }

    /// Somebody who sends the requests of `phase`, at most so many, and records them.
    fn runner(&mut self, attempt: AttemptId, phase: Phase, steps: usize) -> StepRunner {
        StepRunner::new(attempt, phase, steps, &mut self.traces, self.recorder.clone())
    }

    pub(super) fn upgrade(&mut self, attempt: AttemptId, ticket: Option<Ticket>) {
        let Some(connection) = self.connection.take() else {
            // The flow asks for an upgrade only after a dial that succeeded.
            let failure = Failure::Dial(DialFailure::BadHandshake(HandshakeFault::ConnectionGone));
            return self.input(Input::Upgraded(attempt, Err(failure)));
        };
        let origin = self.profile.sent_origin().cloned();
        let upgrade = self.sabotage.upgrade(connection, &self.net, origin.as_ref(), self.flow.attempt());
        let (recorder, trace) = (self.recorder.clone(), self.traces.next());
        let secrets = ticket.iter().fold(self.net.secrets(), Redactor::hiding_ticket);
        let secrets = self.flow.jwt().into_iter().fold(secrets, Redactor::hiding_jwt);
        let mut secrets = self.flow.session_id().into_iter().fold(secrets, Redactor::hiding_session);
        let (keychain, service, mut scope) = (Arc::clone(&self.keychain), self.profile.steps(), self.scope());
        self.elsewhere = None;
        let known = self.net.secrets();
        self.work.spawn(async move {
            scope.gather(keychain.secrets().gather(&service).await, known);
            secrets = secrets.hiding_values(&scope.values);
            let ticket = upgrade.ticket(ticket, &scope, &trace).await;
            recorder.record(
                Source::Driver,
                Some(attempt),
                DriverEvent::RequestSent { phase: Phase::Upgrade, trace: trace.clone(), head: None },
            );
            let mut report = |report| recorder.report(attempt, report);
            let result = upgrade.send(ticket, &mut scope, &trace, &mut secrets, &mut report).await;
            secrets = secrets.hiding_values(&scope.values);
            Done::Upgraded(attempt, result.map(|stream| (Box::new(stream), secrets, scope)))
        });
    }

    pub(super) fn upgraded(
        &mut self,
        attempt: AttemptId,
        stream: OpenSocket<FaultyStream>,
        secrets: Redactor,
        scope: Scope,
    ) {
        let (recorder, ping) = (self.recorder.clone(), self.profile.timeouts.ping);
        let service = self.profile.service.clone();
        let greets = service.as_ref().is_some_and(|service| !service.hello.is_empty());
        let requests = service.iter().flat_map(|service| &service.hello).filter(|hello| hello.request.is_some());
        let traces = requests.map(|_| self.traces.next()).collect();
        let conversation = service.map(|service| Conversation::new(service, scope));
        let (socket, handle) = Socket::new(stream, attempt, recorder, ping, secrets, is_simulated, conversation);
        let mut socket = socket.beating_at_once(self.beats_at_once);
        self.socket = Some(handle);
        self.input(Input::Upgraded(attempt, Ok(())));
        if !greets {
            self.work.spawn(async move { Done::Closed(attempt, socket.run().await) });
            return;
        }
        let recorder = self.recorder.clone();
        let requests = Requests::new(self.net.clone(), traces, recorder.clone(), attempt);
        self.work.spawn(async move {
            let since = recorder.clock().now();
            let result = socket.greet(&requests).await;
            let detail = match &result {
                Ok(()) => "the socket is of use".to_owned(),
                Err(Ungreeted::Failed(failure, _)) => failure.to_string(),
                Err(Ungreeted::Closed(_)) => "ended before its end".to_owned(),
            };
            recorder.phase(attempt, Phase::Greeting, since, result.is_ok(), &detail);
            if let Err(Ungreeted::Failed(failure, _)) = &result {
                socket.hang_up(failure).await;
            }
            Done::Greeted(attempt, result.map(|()| Box::new(socket)))
        });
    }
}

fn unusable(kind: RequestFailureKind) -> DialFailure {
    let problem = match kind {
        RequestFailureKind::Identity { file, fault } => return DialFailure::Identity { file, fault },
        RequestFailureKind::Unusable { problem } => problem,
        RequestFailureKind::SecretMissing { label, why, .. } => {
            SafeText::new(&format!("the socket's address needs “{label}”: {why}"))
        }
        RequestFailureKind::Status(_)
        | RequestFailureKind::Refused(_)
        | RequestFailureKind::Malformed(_)
        | RequestFailureKind::NotSendable
        | RequestFailureKind::OtherHost { .. }
        | RequestFailureKind::SignIn(_)
        | RequestFailureKind::Timeout { .. }
        | RequestFailureKind::Hidden(_)
        | RequestFailureKind::Transport(_) => SafeText::new("the socket's address cannot be made"),
    };
    DialFailure::Unusable { problem }
}

/// The values that are always there, as they are now.
fn built_ins() -> BuiltIns {
    let mut bytes = [0; 16];
    // Without randomness there is no TLS either; a UUID of zeros is the least of it.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    (bytes[6], bytes[8]) = (bytes[6] & 0x0f | 0x40, bytes[8] & 0x3f | 0x80);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let uuid = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
    BuiltIns { id: 1, now_ms: utc_now().timestamp_millis(), uuid }
}
