//! Looking at the parts of the way to the servers one by one, for a check. Nothing here needs a JWT or a ticket.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::access::Net;
use super::authority::authority;
use super::certificate;
use super::dial::unreachable;
use super::network::System;
use super::route::Target;
use super::tls::RecordingVerifier;
use super::transport;
use crate::model::failure::Answer;
use crate::model::failure::Certificate;
use crate::model::{
    Component, DialFailure, DriverEvent, Health, HealthEndpoint, IoCause, LostAddress, Phase, RequestFailure, TraceId,
    Transport,
};

/// Addresses of one server that are tried.
const MAX_ADDRESSES: usize = 16;

/// What became of connecting to one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressTry {
    /// The address.
    pub address: SocketAddr,
    /// How long it took.
    pub took: Duration,
    /// Why there was no connection; `None` if there was one.
    pub problem: Option<IoCause>,
}

/// What a TLS handshake showed, whether it succeeded or not.
#[derive(Clone, Debug)]
pub struct TlsSeen {
    /// The version and cipher, or why there is no connection.
    pub result: Result<String, DialFailure>,
    /// The certificates that the server showed, its own first, but for those that cannot be read.
    pub chain: Vec<Certificate>,
}

/// What the health endpoint answered.
#[derive(Clone, Debug)]
pub struct HealthAnswer {
    /// The status and what it says of itself and Redis.
    pub health: Health,
    /// Whether it is a report on health: JSON with a `status`.
    pub is_report: bool,
    /// The answer itself.
    pub answer: Answer,
}

impl HealthAnswer {
    /// The fact for the journal; `None` of an answer that is neither a report nor a web page.
    pub fn event(&self) -> Option<DriverEvent> {
        let page = self.answer.body.page.filter(|_| !self.is_report);
        (self.is_report || page.is_some()).then_some(DriverEvent::HealthAnswered { health: self.health, page })
    }
}

/// Where health pages have the state of Redis: the contract's, that of Spring's actuator, of Terminus and of .NET's health checks.
const REDIS_IN_HEALTH: [&str; 5] = [
    "/checks/redis",
    "/checks/redis/status",
    "/components/redis/status",
    "/details/redis/status",
    "/results/redis/status",
];

impl Net {
    /// Host and port of the server at `target`.
    pub fn authority(&self, target: Target) -> String {
        authority(self.route(target).url)
    }

    /// Whether the connection to it is encrypted.
    pub fn is_tls(&self, target: Target) -> bool {
        self.route(target).is_tls()
    }

    /// The proxy on the way to it, without its password.
    pub fn proxy(&self, target: Target) -> Option<String> {
        self.route(target).proxy.map(ToString::to_string)
    }

    /// All addresses of the server at `target`, or of its proxy.
    ///
    /// # Errors
    /// If there are none within `timeouts.dial`.
    pub async fn addresses(&self, target: Target) -> Result<Vec<SocketAddr>, DialFailure> {
        let mut addresses = self.resolve(self.route(target), &System, &mut |_| {}).await?;
        addresses.sort_unstable();
        addresses.dedup();
        Ok(addresses)
    }

    /// Connects to each of `addresses` at the same time, each within `timeouts.dial`, and hangs up.
    pub async fn try_each(&self, addresses: &[SocketAddr]) -> Vec<AddressTry> {
        let limit = self.0.profile.timeouts.dial;
        join_all(addresses.iter().take(MAX_ADDRESSES).map(|&address| async move {
            let since = Instant::now();
            let problem = match timeout(limit, TcpStream::connect(address)).await {
                Ok(Ok(_)) => None,
                Ok(Err(error)) => Some(IoCause::of_connecting(&address, &error)),
                Err(_) => Some(IoCause::NoAnswer),
            };
            AddressTry { address, took: since.elapsed(), problem }
        }))
        .await
    }

    /// What the client says when none of `tries` connected.
    pub async fn unreachable(&self, target: Target, tries: &[AddressTry]) -> DialFailure {
        let limit = self.0.profile.timeouts.dial;
        if tries.iter().all(|tried| tried.took >= limit) {
            return DialFailure::Timeout { phase: Phase::Tcp, after: limit };
        }
        let lost = tries.iter().map(|tried| LostAddress { address: tried.address, cause: tried.problem.clone() });
        DialFailure::Transport(unreachable(self.route(target), lost.collect()).await)
    }

    /// Connects to the server at `target` through its proxy, if it has one, and hangs up.
    ///
    /// # Errors
    /// What the proxy did instead, within three times `timeouts.dial`.
    pub async fn try_proxy(&self, target: Target) -> Result<(), DialFailure> {
        self.reach(self.route(target), &System, &mut |_| {}).await.map(drop)
    }

    /// Does a TLS handshake with the server at `target`, remembers what it shows, and hangs up. Takes four times
    /// `timeouts.dial` at most.
    pub async fn look_at_tls(&self, target: Target) -> TlsSeen {
        let route = self.route(target);
        let Some(verifier) = &self.0.verifier else {
            return TlsSeen { result: Ok("no TLS".to_owned()), chain: Vec::new() };
        };
        let (connector, recording) = RecordingVerifier::of(&self.0.tls, verifier);
        let shake_hands = async {
            let (stream, _) = self.reach(route, &System, &mut |_| {}).await?;
            let name = route.server_name().map_err(DialFailure::Transport)?;
            let limit = self.0.profile.timeouts.dial;
            let late = |_| DialFailure::Timeout { phase: Phase::Tls, after: limit };
            let stream = timeout(limit, connector.connect(name, stream)).await.map_err(late)?;
            let stream = stream
                .map_err(|error| DialFailure::Transport(Transport::Tls(Box::new(transport::of_handshake(&error)))))?;
            Ok(certificate::version(stream.get_ref().1))
        };
        let result = shake_hands.await;
        TlsSeen { result, chain: recording.seen().iter().filter_map(|der| Certificate::read(der)).collect() }
    }

    /// Asks the health endpoint, within `timeouts.http`.
    ///
    /// # Errors
    /// If there is no whole answer; any other status than success is one by itself.
    pub async fn health(&self, endpoint: &HealthEndpoint, trace: &TraceId) -> Result<HealthAnswer, RequestFailure> {
        let answer = self.get(&endpoint.path, trace).await;
        let (answer, body) = answer.map_err(|kind| RequestFailure { trace: trace.clone(), kind })?;
        let json: Option<Value> = serde_json::from_slice(&body).ok();
        let field = |pointer: &str| json.as_ref().and_then(|json| json.pointer(pointer)).and_then(Value::as_str);
        let component = |pointers: &[&str]| {
            pointers.iter().find_map(|pointer| field(pointer)).map_or_else(Component::default, Component::named)
        };
        let server = component(&["/checks/server", "/status"]);
        let redis = component(&REDIS_IN_HEALTH);
        Ok(HealthAnswer {
            health: Health { status: answer.status, server, redis },
            is_report: field("/status").is_some(),
            answer,
        })
    }
}
