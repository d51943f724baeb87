//! Network logs of Chrome and Edge (`chrome://net-export`), read as a stream: one event after another, each by the thing
//! in the browser that it happened to.
//!
//! A request leads to the job that found its connection, that to the job that connected, that to the sockets that were
//! tried. Addresses, TLS and frames are told at those, so they are looked up when all is read.

mod event;

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use url::Url;

pub(super) use event::is_of_use;
use event::{Constants, Event, NetEventKind};

use super::browser_error::BrowserError;
use super::exchange::{Exchange, Exchanges, RawEnd, RawSocket, SentHeader, authority};
use super::har::Object;
use super::sighting::{MessageSeen, PhaseSeen, Time};
use crate::journal::{Direction, MessageKind};
use crate::model::failure::{BrokenCause, Certificate, ProtocolFault};
use crate::model::{Close, CloseCause, IoCause, Issuer, LostAddress, Phase, SafeText, Transport, Unseen};

/// Things of the browser that are kept in mind.
const MAX_SOURCES: usize = 200_000;
/// Messages kept of one socket.
const MAX_MESSAGES: usize = 10_000;

/// What a network log holds.
#[derive(Default)]
pub(super) struct NetLog {
    /// The browser that wrote it, with its version.
    pub writer: SafeText,
    /// Its requests.
    pub exchanges: Exchanges,
    /// Whether it was copied while it was being written.
    pub is_unfinished: bool,
    constants: Constants,
    requests: HashMap<i64, Request>,
    order: Vec<i64>,
    jobs: HashMap<i64, Links>,
    sockets: HashMap<i64, TcpSocket>,
}

/// A request, from its first event to its last.
#[derive(Default)]
struct Request {
    begun: Option<Time>,
    ended: Option<Time>,
    url: Option<Url>,
    method: String,
    origin: Option<String>,
    job: Option<i64>,
    sent: Option<Time>,
    answered: Option<Time>,
    status: Option<u16>,
    version: String,
    headers: Vec<(String, String)>,
    sent_headers: Vec<SentHeader>,
    error: Option<String>,
    failure: Option<String>,
    frames: Vec<MessageSeen>,
    /// The first close frame: who sent it, when, and how long it was.
    closed: Option<(Direction, Time, u64)>,
    /// What was wrong with a frame.
    fault: Option<(Time, ProtocolFault)>,
    /// Whether somebody wanted a login before anything was answered.
    is_login_wanted: bool,
    asks_for: String,
    asks_method: String,
}

/// What a job led to.
#[derive(Default)]
struct Links {
    connect_job: Option<i64>,
    socket: Option<i64>,
    /// The addresses that were tried, with their sockets.
    tried: Vec<(SocketAddr, i64)>,
    dns: Option<(Time, Option<Duration>)>,
    proxy: Option<String>,
}

/// A connection that was tried.
#[derive(Default)]
struct TcpSocket {
    begun: Option<Time>,
    tcp: Option<Duration>,
    net_error: Option<i64>,
    os_error: Option<i64>,
    tls_begun: Option<Time>,
    tls: Option<Duration>,
    issuer: Option<Issuer>,
    /// When it was over.
    ended: Option<Time>,
    /// Why reading from it failed.
    read_error: Option<i64>,
}

/// Reads one value of the log's outermost object.
pub(super) enum Part<'a> {
    /// `constants`.
    Constants(&'a mut NetLog),
    /// `events`.
    Events(&'a mut NetLog),
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self {
            Self::Constants(log) => {
                let Object(constants) = serde::Deserialize::deserialize(deserializer)?;
                log.constants = constants;
                log.writer = log.constants.client();
                Ok(())
            }
            Self::Events(log) => deserializer.deserialize_any(Events(log)),
        }
    }
}

struct Events<'a>(&'a mut NetLog);

impl<'de> Visitor<'de> for Events<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the list \"events\" of a network log")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(Object(event)) = list.next_element::<Object<Event>>()? {
            self.0.apply(&event);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while object.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

impl NetLog {
    fn apply(&mut self, event: &Event) {
        self.is_unfinished |= event.is_none();
        let Some(at) = self.constants.time(event) else { return };
        self.exchanges.latest = self.exchanges.latest.max(Some(at));
        let Some(kind) = self.constants.kind(event) else { return };
        let id = event.source_id();
        let is_full = self.requests.len() + self.jobs.len() + self.sockets.len() >= MAX_SOURCES;
        if is_full {
            return;
        }
        if kind.is_of_request() {
            if !self.requests.contains_key(&id) {
                self.order.push(id);
            }
            let error = event.number("net_error").map(|number| self.constants.error_name(number));
            self.requests.entry(id).or_default().apply(kind, event, at, error);
        } else if kind.is_of_socket() {
            self.sockets.entry(id).or_default().apply(kind, event, at);
        } else {
            self.jobs.entry(id).or_default().apply(kind, event, at);
        }
    }

    /// Puts together what was read.
    pub fn finish(mut self) -> Self {
        for id in std::mem::take(&mut self.order) {
            let Some(request) = self.requests.remove(&id) else { continue };
            let Some(url) = request.url.clone() else { continue };
            self.exchanges.count(&url);
            let is_socket = matches!(url.scheme(), "ws" | "wss");
            if !is_socket && !matches!(url.scheme(), "http" | "https") {
                continue;
            }
            let exchange = self.exchange(request, url, is_socket);
            self.exchanges.push(exchange);
        }
        self.exchanges.add_stopped();
        self
    }

    fn exchange(&self, request: Request, url: Url, is_socket: bool) -> Exchange {
        let host = authority(&url);
        let mut exchange = Exchange::to(url);
        let end = request.answered.or(request.ended);
        exchange.at = request.begun;
        exchange.took = request.begun.zip(end).and_then(|(from, to)| (to - from).to_std().ok());
        (exchange.method, exchange.origin) = (request.method.clone(), request.origin.clone());
        (exchange.asks_for, exchange.asks_method) = (request.asks_for.clone(), request.asks_method.clone());
        exchange.status = request.status;
        exchange.version.clone_from(&request.version);
        exchange.sent_headers.clone_from(&request.sent_headers);
        let headers =
            request.headers.iter().map(|(name, value)| (name.clone(), zeroize::Zeroizing::new(value.clone())));
        exchange.headers = headers.collect();
        let is_upgraded = request.error.as_deref() == Some("ERR_WS_UPGRADE")
            || !request.frames.is_empty()
            || request.closed.is_some();
        if is_socket && is_upgraded {
            exchange.status = Some(101);
        }
        if exchange.status.is_none() {
            let text = request.failure.as_deref().map(|text| BrowserError::of_socket_text(text, &host));
            let named = request.error.as_deref().map(|name| BrowserError::named(name, &host));
            let ended = match request.ended {
                // The service has not answered: it is the proxy that wants it.
                Some(_) if request.is_login_wanted => BrowserError::named("PROXY_AUTH_REQUESTED", &host),
                Some(_) => BrowserError::GivenUp,
                None => BrowserError::Untold,
            };
            exchange.error = text.or(named).or(is_socket.then_some(ended));
        }
        if is_socket {
            self.socket(&mut exchange, &request);
        }
        exchange
    }

    fn socket(&self, exchange: &mut Exchange, request: &Request) {
        let job = request.job.and_then(|job| self.jobs.get(&job));
        let connect = job.and_then(|job| job.connect_job).and_then(|job| self.jobs.get(&job));
        let links = || [job, connect].into_iter().flatten();
        let tried: Vec<_> = links().flat_map(|links| &links.tried).copied().collect();
        let mut raw = RawSocket::default();
        for (address, socket) in &tried {
            match self.sockets.get(socket) {
                Some(TcpSocket { net_error: Some(error), os_error, tcp: None, .. }) => {
                    let cause = Some(self.io_cause(*error, *os_error));
                    raw.lost.push(LostAddress { address: *address, cause });
                }
                Some(TcpSocket { tcp: Some(_), .. }) => raw.connected = Some(*address),
                Some(_) | None => {}
            }
        }
        let won = links().find_map(|links| links.socket);
        let won = won.or_else(|| {
            tried
                .iter()
                .rev()
                .map(|(_, socket)| *socket)
                .find(|socket| self.sockets.get(socket).is_some_and(|socket| socket.tcp.is_some()))
        });
        if let Some(dns) = links().find_map(|links| links.dns.and_then(|(_, took)| took)) {
            exchange.phases.push(PhaseSeen { phase: Phase::Dns, took: dns, ok: true, detail: SafeText::default() });
        }
        if let Some(socket) = won.and_then(|socket| self.sockets.get(&socket)) {
            let mut push = |phase, took: Option<Duration>, ok, detail: String| {
                if let Some(took) = took {
                    exchange.phases.push(PhaseSeen { phase, took, ok, detail: SafeText::new(&detail) });
                }
            };
            push(Phase::Tcp, socket.tcp, true, raw.connected.map_or_else(String::new, |address| address.to_string()));
            let issuer = socket.issuer.as_ref().map_or_else(String::new, |issuer| format!("certificate by {issuer}"));
            push(Phase::Tls, socket.tls, socket.net_error.is_none(), issuer);
            raw.issuer.clone_from(&socket.issuer);
        }
        if let (Some(from), Some(to)) =
            (request.sent, request.answered.or(request.ended.filter(|_| exchange.status == Some(101))))
        {
            let took = (to - from).to_std().unwrap_or_default();
            let ok = exchange.status == Some(101);
            exchange.phases.push(PhaseSeen { phase: Phase::Upgrade, took, ok, detail: SafeText::default() });
        }
        raw.opened_at = request.answered.or(request.ended);
        raw.messages.clone_from(&request.frames);
        if exchange.status == Some(101) {
            self.end(&mut raw, request, won.and_then(|socket| self.sockets.get(&socket)));
        }
        exchange.socket = Some(raw);
    }

    /// How an open socket ended: of close frames only who sent the first and how long it was is written down; where there is
    /// none, when the connection below it was over.
    fn end(&self, raw: &mut RawSocket, request: &Request, connection: Option<&TcpSocket>) {
        // The browser itself closes so, without a reason, what it cannot read (RFC 6455 §7.1.7).
        const CODE_ALONE: u64 = 2;
        if let Some((at, fault)) = &request.fault {
            let close = Close::abnormal(CloseCause::Protocol(fault.clone()));
            raw.end = RawEnd::Closed { at: Some(*at), close, is_by_page: false };
            return;
        }
        if let Some((direction, at, len)) = request.closed {
            let is_by_page = direction == Direction::Out && len != CODE_ALONE;
            raw.end = RawEnd::Closed { at: Some(at), close: Close::unseen(), is_by_page };
            raw.close_frame = Some((direction, len));
            raw.unseen.extend((!is_by_page).then_some(Unseen::CloseReason));
            return;
        }
        let Some((at, connection)) = connection.and_then(|connection| Some((connection.ended?, connection))) else {
            return raw.unseen.push(Unseen::SocketEnd);
        };
        // A page that is left sends a close frame: without one the other side hung up.
        let cause = connection.read_error.map(|error| CloseCause::Io(self.io_cause(error, connection.os_error)));
        let close = Close::abnormal(cause.unwrap_or(CloseCause::EndOfStream));
        raw.end = RawEnd::Closed { at: Some(at), close, is_by_page: false };
    }

    fn io_cause(&self, net_error: i64, os_error: Option<i64>) -> IoCause {
        let name = self.constants.error_name(net_error);
        match BrowserError::named(&name, "") {
            BrowserError::Transport(Transport::Tcp(failure)) => {
                failure.causes().next().cloned().unwrap_or(IoCause::NoAnswer)
            }
            BrowserError::Transport(Transport::Broken(BrokenCause::Io(cause))) => cause,
            _ => {
                let system = os_error.map_or_else(String::new, |number| format!(", system error {number}"));
                IoCause::Other(SafeText::new(&format!("{name}{system}")))
            }
        }
    }
}

impl Request {
    fn apply(&mut self, kind: NetEventKind, event: &Event, at: Time, error: Option<String>) {
        match kind {
            NetEventKind::RequestAlive if event.is_begin() => {
                self.begun = Some(at);
                self.url = event.text("url").and_then(|url| Url::parse(url).ok());
            }
            NetEventKind::RequestAlive => {
                self.ended = Some(at);
                self.error = error.or(self.error.take());
            }
            NetEventKind::StartJob if event.is_begin() => {
                self.method = event.text("method").unwrap_or_default().to_owned();
                self.origin = event.text("initiator").filter(|origin| origin.starts_with("http")).map(str::to_owned);
                if let Some(url) = event.text("url").and_then(|url| Url::parse(url).ok()) {
                    // A proxy or HSTS may have changed the scheme meanwhile.
                    self.url.get_or_insert(url);
                }
            }
            NetEventKind::StartJob | NetEventKind::Cancelled => self.error = error.or(self.error.take()),
            NetEventKind::BoundToJob => self.job = event.dependency(),
            NetEventKind::SendHeaders => {
                self.sent = Some(at);
                let asked = |wanted: &str| {
                    let mut lines = event.headers().filter_map(|line| line.split_once(':'));
                    lines.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim().to_owned())
                };
                self.asks_for = asked("access-control-request-headers").unwrap_or_default();
                self.asks_method = asked("access-control-request-method").unwrap_or_default();
                let lines = event.headers().filter_map(|line| line.split_once(':'));
                self.sent_headers = SentHeader::kept(lines.map(|(name, value)| (name, value.trim())));
            }
            NetEventKind::InvalidFrame => {
                let text = event.text("internal_reason").unwrap_or_default();
                let fault = match BrowserError::of_socket_text(text, "") {
                    BrowserError::Protocol(fault) => fault,
                    _ => ProtocolFault::Other(SafeText::with_limit(text, 200)),
                };
                self.fault.get_or_insert((at, fault));
            }
            NetEventKind::Delegate => {
                let is_login = |by: &str| by.ends_with("OnAuthRequired");
                self.is_login_wanted |= event.text("delegate_blocked_by").is_some_and(is_login);
            }
            NetEventKind::ReadHeaders => {
                self.answered = Some(at);
                self.read_headers(event);
            }
            NetEventKind::ReadHeadersEnd if !event.is_begin() => {
                self.answered.get_or_insert(at);
            }
            NetEventKind::UpgradeFailure => {
                self.answered.get_or_insert(at);
                self.failure = event.text("message").map(str::to_owned);
            }
            NetEventKind::SentFrame => self.frame(Direction::Out, event, at),
            NetEventKind::ReceivedFrame => self.frame(Direction::In, event, at),
            _ => {}
        }
    }

    fn read_headers(&mut self, event: &Event) {
        for (index, line) in event.headers().enumerate() {
            match line.split_once(':').filter(|(name, _)| index > 0 && !name.is_empty()) {
                Some((name, value)) => self.headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned())),
                None => {
                    let mut words = line.split_whitespace();
                    self.version = words.next().unwrap_or_default().to_ascii_uppercase();
                    // HTTP/2 has it as a header of its own.
                    let status = words.next().and_then(|status| status.parse().ok());
                    self.status =
                        status.or_else(|| line.strip_prefix(":status: ")?.trim().parse().ok()).or(self.status);
                }
            }
        }
        if self.version.starts_with(":STATUS") {
            self.version = "HTTP/2".to_owned();
        }
    }

    fn frame(&mut self, direction: Direction, event: &Event, at: Time) {
        let len = event.number("payload_length").and_then(|len| u64::try_from(len).ok()).unwrap_or_default();
        // RFC 6455 §5.2.
        let kind = match event.number("opcode") {
            Some(8) => {
                self.closed.get_or_insert((direction, at, len));
                return;
            }
            Some(2) => MessageKind::Binary,
            Some(9) => MessageKind::Ping,
            Some(10) => MessageKind::Pong,
            Some(_) | None => MessageKind::Text,
        };
        if self.frames.len() < MAX_MESSAGES {
            self.frames.push(MessageSeen { at, direction, kind, len: usize::try_from(len).unwrap_or(usize::MAX) });
        }
    }
}

impl Links {
    fn apply(&mut self, kind: NetEventKind, event: &Event, at: Time) {
        match kind {
            NetEventKind::BoundToConnectJob => self.connect_job = event.dependency(),
            NetEventKind::BoundToSocket | NetEventKind::SetSocket => self.socket = event.dependency(),
            NetEventKind::ConnectStart => {
                let address = event.text("address").and_then(|address| address.parse().ok());
                self.tried.extend(address.zip(event.dependency()));
            }
            NetEventKind::Resolve if event.is_begin() => self.dns = Some((at, None)),
            NetEventKind::Resolve => {
                if let Some((begun, took)) = &mut self.dns {
                    *took = (at - *begun).to_std().ok();
                }
            }
            NetEventKind::ProxyResolved => {
                self.proxy = event.text("proxy_chain").or(event.text("proxy_info")).map(str::to_owned)
            }
            _ => {}
        }
    }
}

impl TcpSocket {
    fn apply(&mut self, kind: NetEventKind, event: &Event, at: Time) {
        match kind {
            NetEventKind::TcpAttempt => self.os_error = event.number("os_error").or(self.os_error),
            NetEventKind::Tcp if event.is_begin() => self.begun = Some(at),
            NetEventKind::Tcp => {
                self.net_error = event.number("net_error");
                let took = self.begun.and_then(|begun| (at - begun).to_std().ok());
                self.tcp = took.filter(|_| self.net_error.is_none());
            }
            NetEventKind::Tls if event.is_begin() => self.tls_begun = Some(at),
            NetEventKind::Tls => {
                self.net_error = event.number("net_error");
                self.tls = self.tls_begun.and_then(|begun| (at - begun).to_std().ok());
            }
            NetEventKind::ReadError => {
                self.read_error = event.number("net_error");
                self.os_error = event.number("os_error").or(self.os_error);
            }
            NetEventKind::SocketAlive if !event.is_begin() => self.ended = Some(at),
            NetEventKind::Certificates => {
                let der = event.first_certificate();
                self.issuer = der.and_then(|der| Certificate::read(&der)).map(|certificate| certificate.issuer);
            }
            _ => {}
        }
    }
}
