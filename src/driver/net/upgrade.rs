//! Step 3 of contract §1: the WebSocket handshake (RFC 6455 §4.1).

use std::io;

use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use url::Url;
use zeroize::Zeroizing;

use super::access::Net;
use super::answer::{Received, facts, text};
use super::authority::host_header;
use super::cookies::others_among;
use super::frames::{Frames, OpenSocket, TooManyFragments};
use super::head::{Head, HeadError, read_head};
use super::percent::{is_sendable, percent_encoded};
use super::phase::{Report, Running};
use super::refusal;
use super::step::{LEADS_OUT, Scope, leads_out, other_host};
use super::transport;
use crate::model::failure::{BrokenCause, HandshakeFault};
use crate::model::{
    DialFailure, DriverEvent, Failure, IoCause, MissingValue, Origin, Phase, Redactor, RequestFailure,
    RequestFailureKind, SafeText, TraceId, Transport, is_loopback,
};

/// Room for what is being sent: a message is written at once, and if the server takes nothing, at most this is kept.
/// Autobahn's test suite wants more back than this program ever sends.
const MAX_UNSENT: usize = if cfg!(test) { 64 << 20 } else { 2 << 20 };

impl Net {
    /// Upgrades `connection` to a WebSocket with what is in `scope`, a spent ticket among it, within `timeouts.upgrade`; reports the phase when
    /// it is over. Of what the server says, `secrets` are hidden, to which its cookies are added. The
    /// socket takes messages of up to the profile's `limits.message`. Dropping it ends the connection without a close frame.
    ///
    /// # Errors
    /// [`Failure::UpgradeRefused`] if the server answered with anything but 101, else [`Failure::Dial`].
    pub async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        connection: S,
        scope: &Scope,
        origin: Option<&Origin>,
        trace: &TraceId,
        secrets: &mut Redactor,
        report: Report<'_>,
    ) -> Result<OpenSocket<S>, Failure> {
        let running = Running::begin(Phase::Upgrade);
        let result = self.handshake(connection, scope, origin, trace, secrets).await;
        match &result {
            Ok((_, answered)) => {
                running.end_observing(true, "101 Switching Protocols", Some(answered.clone()), report);
            }
            Err(failure) => running.end(false, &failure.to_string(), report),
        }
        result.map(|(socket, _)| socket)
    }

    async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut connection: S,
        scope: &Scope,
        origin: Option<&Origin>,
        trace: &TraceId,
        secrets: &mut Redactor,
    ) -> Result<(OpenSocket<S>, DriverEvent), Failure> {
        let limit = self.0.profile.timeouts.upgrade;
        let deadline = Instant::now() + limit;
        let key = generate_key();
        let unusable = |kind| Failure::Ticket(RequestFailure { trace: trace.clone(), kind });
        let address = self.socket_address(scope).map_err(unusable)?;
        let steps = self.0.profile.steps();
        let kept = self.0.profile.kept_from_socket(&steps, &address.url, scope.elsewhere.is_some());
        if let Some((name, source)) = kept {
            return Err(unusable(other_host(&name, &source, &address.url)));
        }
        // What the greeting lacks it lacks from the beginning.
        let said = steps.secrets_said();
        let keys = steps.private_keys_of_socket().into_iter().map(|(_, name)| name);
        if let Some(name) = said.into_iter().chain(keys).find(|name| scope.values.expose(name).is_none()) {
            return Err(unusable(self.missing(MissingValue(name.clone()), scope)));
        }
        let scope = &self.made(&steps.socket.make, scope).map_err(unusable)?;
        *secrets = std::mem::take(secrets).hiding_values(&scope.values);
        if let Some(problem) = steps.unusable_talk(&scope.values).filter(|_| steps.hello.is_empty()) {
            return Err(unusable(RequestFailureKind::Unusable { problem: SafeText::new(&problem) }));
        }
        let protocols = steps.socket.protocols.iter().map(|protocol| self.expand(protocol, scope));
        let protocols = protocols.collect::<Result<Vec<_>, _>>().map_err(unusable)?;
        let headers = steps.socket.headers.iter().map(|(name, value)| Ok((name.as_str(), self.expand(value, scope)?)));
        let headers = headers.collect::<Result<Vec<_>, _>>().map_err(unusable)?;
        if !headers.iter().map(|(_, value)| value).chain(&protocols).all(|text| is_sendable(text)) {
            return Err(unusable(RequestFailureKind::NotSendable));
        }
        let request = self.upgrade_request(&address, &protocols, &headers, &key, origin, trace);

        let (mut received, sent) = (Vec::new(), Instant::now());
        let exchange = async {
            let sent = async {
                connection.write_all(&request).await?;
                connection.flush().await
            };
            sent.await.map_err(|error| broken(&error))?;
            read_head(&mut connection, &mut received, secrets).await.map_err(|error| match error {
                HeadError::Io(error) => broken(&error),
                HeadError::EndOfStream => DialFailure::Transport(Transport::Broken(BrokenCause::NoAnswerBeforeEnd)),
                HeadError::NotHttp(fault) => DialFailure::BadHandshake(HandshakeFault::Head(fault)),
            })
        };
        let head = timeout_at(deadline, exchange).await;
        let head = head.unwrap_or(Err(DialFailure::Timeout { phase: Phase::Upgrade, after: limit }));
        let head = match head {
            Ok(head) => head,
            Err(failure) => return Err(Failure::Dial(self.second_look(failure, &address.url).await)),
        };
        let (url, first_byte) = (&address.url, sent.elapsed());
        self.hear_answer(url);
        self.take_cookies(url, &head.headers, secrets);
        if head.status != 101 {
            let answer = refusal::read(connection, head, received, deadline, url, secrets).await;
            return Err(Failure::UpgradeRefused(Box::new(answer)));
        }
        verify(&head, &key, &protocols, secrets).map_err(|fault| Failure::Dial(DialFailure::BadHandshake(fault)))?;
        let longest = usize::try_from(self.0.profile.limits.message).unwrap_or(usize::MAX);
        let socket = opened(connection, received, longest).await;
        let socket = socket.map_err(|error| Failure::Dial(broken(&io::Error::other(error))))?;
        let Head { status, version, phrase, headers } = &head;
        let answer =
            facts(&Received { status: *status, version, phrase, headers, body: &[], url, may_grant: true, secrets });
        let (phase, answer, first_byte) = (Phase::Upgrade, Box::new(answer), Some(first_byte));
        Ok((socket, DriverEvent::Answered { phase, answer, first_byte, body: None }))
    }

    /// Where the socket is: where the profile says, or an answer, or the server that sent its client elsewhere.
    ///
    /// # Errors
    /// A value that is missing, or an address to which nothing may be sent.
    pub fn socket_address(&self, scope: &Scope) -> Result<SocketAddress, RequestFailureKind> {
        let profile = &self.0.profile;
        let steps = profile.steps();
        let socket = &steps.socket;
        let scope = &self.made(&socket.make, scope)?;
        let path = socket.path.as_ref().map(|path| self.expand(&path.0, scope)).transpose()?;
        let whole = match (&scope.elsewhere, &socket.url) {
            (Some(elsewhere), _) => Some(elsewhere.clone()),
            (None, Some(url)) => Some(self.expand(url, scope)?),
            (None, None) => None,
        };
        let (mut url, mut query) = match &whole {
            None => (profile.websocket.url().clone(), Zeroizing::default()),
            Some(whole) => self.named_address(whole)?,
        };
        if let Some(path) = path.filter(|_| scope.elsewhere.is_none()) {
            if leads_out(&path) {
                return Err(RequestFailureKind::Unusable { problem: LEADS_OUT.into() });
            }
            let path = format!("{}{}", url.path().trim_end_matches('/'), &*path);
            url.set_path(&path);
        }
        if scope.elsewhere.is_none() {
            for (name, value) in socket.query.iter() {
                let value = percent_encoded(&self.expand(value, scope)?);
                let name = percent_encoded(name);
                // As large as needed from the start: growing would leave a copy of the ticket behind.
                let mut longer = Zeroizing::new(String::with_capacity(query.len() + name.len() + value.len() + 2));
                longer.push_str(&query);
                longer.push_str(if query.is_empty() { "" } else { "&" });
                longer.push_str(&name);
                longer.push('=');
                longer.push_str(&value);
                query = longer;
            }
        }
        Ok(SocketAddress { url, query })
    }

    /// The address that an answer names, and its query. It must not be less safe than the profile's own.
    fn named_address(&self, whole: &str) -> Result<(Url, Zeroizing<String>), RequestFailureKind> {
        let unusable = |problem: &str| RequestFailureKind::Unusable { problem: SafeText::new(problem) };
        let whole = whole.trim();
        let (address, query) = whole.split_once('?').unwrap_or((whole, ""));
        let mut url =
            Url::parse(address).map_err(|_| unusable("an answer should name the socket's address, and names none"))?;
        // SignalR and Centrifugo name the page's own scheme.
        let scheme = match url.scheme() {
            "https" => "wss".to_owned(),
            "http" => "ws".to_owned(),
            other => other.to_owned(),
        };
        let _ = url.set_scheme(&scheme);
        url.set_fragment(None);
        if !matches!(scheme.as_str(), "ws" | "wss") || url.host().is_none() {
            return Err(unusable("an answer should name the socket's address, and names another kind of address"));
        }
        let profile = &self.0.profile;
        let is_safe = profile.api.url().scheme() == "https" || profile.websocket.url().scheme() == "wss";
        if scheme == "ws" && is_safe && !is_loopback(&url) {
            return Err(unusable("an answer names an address without encryption (ws://): nothing was sent there"));
        }
        let query = query.split('#').next().unwrap_or_default();
        if query.bytes().any(|byte| byte <= b' ' || byte >= 0x7f) {
            return Err(unusable("an answer names an address that no request can carry"));
        }
        Ok((url, Zeroizing::new(query.to_owned())))
    }

    fn upgrade_request(
        &self,
        address: &SocketAddress,
        protocols: &[Zeroizing<String>],
        headers: &[(&str, Zeroizing<String>)],
        key: &str,
        origin: Option<&Origin>,
        trace: &TraceId,
    ) -> Zeroizing<Vec<u8>> {
        let SocketAddress { url, query } = address;
        let before = format!("GET {}{}", url.path(), if query.is_empty() { "" } else { "?" });
        let says = |wanted: &str| headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let origin = origin.filter(|_| !says("origin"));
        let origin = origin.map_or_else(String::new, |origin| format!("Origin: {origin}\r\n"));
        let after = format!(
            " HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: {key}\r\n{origin}x-trace-id: {trace}\r\n",
            host_header(url)
        );
        let kept = self.cookie_header(url);
        let (own_cookies, headers): (Vec<_>, Vec<_>) =
            headers.iter().partition(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        let mut cookies: Vec<&[u8]> = own_cookies.iter().map(|(_, value)| value.as_bytes()).collect();
        let own = Zeroizing::new(cookies.join(b"; ".as_slice()));
        let kept = kept.and_then(|kept| others_among(kept.as_bytes(), &own));
        cookies.extend(kept.as_ref().map(|kept| kept.as_slice()));
        // As large as needed from the start: growing would leave a copy of the ticket behind.
        let mut parts = vec![before.as_bytes(), query.as_bytes(), after.as_bytes()];
        for (index, cookie) in cookies.iter().enumerate() {
            parts.extend([if index == 0 { b"Cookie: " } else { b"; ".as_slice() }, cookie]);
        }
        if !cookies.is_empty() {
            parts.push(b"\r\n");
        }
        if let Some((name, value)) = &self.1 {
            parts.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
        }
        for (index, protocol) in protocols.iter().enumerate() {
            parts
                .extend([if index == 0 { b"Sec-WebSocket-Protocol: ".as_slice() } else { b", " }, protocol.as_bytes()]);
        }
        if !protocols.is_empty() {
            parts.push(b"\r\n");
        }
        for (name, value) in headers {
            parts.extend([name.as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
        }
        parts.push(b"\r\n");
        let mut request = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
        parts.into_iter().for_each(|part| request.extend_from_slice(part));
        request
    }
}

/// Where a socket is: its address without the query, which may be all secrets.
pub struct SocketAddress {
    /// The address.
    pub url: Url,
    query: Zeroizing<String>,
}

/// The socket over `connection`, of which `received` has been read already; no message is `longest`er.
///
/// # Errors
/// What was received cannot be taken in.
pub async fn opened<S: AsyncRead + AsyncWrite + Unpin>(
    connection: S,
    received: Vec<u8>,
    longest: usize,
) -> Result<OpenSocket<S>, TooManyFragments> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(longest))
        .max_frame_size(Some(longest))
        .read_buffer_size(16 << 10)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_UNSENT);
    let frames = Frames::new(connection, &received)?;
    Ok(OpenSocket::from_partially_read(frames, received, Role::Client, Some(config)).await)
}

/// What is wrong with a handshake that says 101 to `key`, if anything (RFC 6455 §4.1).
fn verify(head: &Head, key: &str, offered: &[Zeroizing<String>], secrets: &Redactor) -> Result<(), HandshakeFault> {
    let has_token = |name, token: &str| {
        let values = head.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
    };
    let chosen = |name| head.headers.get(name).map(|value| secrets.text(value.as_bytes(), 64));
    if head.version != "HTTP/1.1" {
        return Err(HandshakeFault::Version);
    }
    if !has_token(UPGRADE, "websocket") {
        return Err(HandshakeFault::NoUpgrade);
    }
    for header in [UPGRADE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL] {
        if head.headers.get_all(&header).iter().nth(1).is_some() {
            return Err(HandshakeFault::Twice { header: SafeText::new(header.as_str()) });
        }
    }
    if !has_token(CONNECTION, "upgrade") {
        return Err(HandshakeFault::NoConnection);
    }
    match text(&head.headers, &SEC_WEBSOCKET_ACCEPT).map(str::trim) {
        None => return Err(HandshakeFault::NoAcceptKey),
        Some(accept) if accept != derive_accept_key(key.as_bytes()) => return Err(HandshakeFault::WrongAcceptKey),
        Some(_) => {}
    }
    if let Some(extension) = chosen(SEC_WEBSOCKET_EXTENSIONS) {
        return Err(HandshakeFault::UnofferedExtension { extension });
    }
    let protocol = text(&head.headers, &SEC_WEBSOCKET_PROTOCOL).map(str::trim);
    match protocol {
        Some(protocol) if offered.iter().any(|offered| offered.as_str() == protocol) => Ok(()),
        Some(_) => {
            let protocol = chosen(SEC_WEBSOCKET_PROTOCOL).unwrap_or_default();
            Err(HandshakeFault::UnofferedSubprotocol { protocol })
        }
        // Browsers end the connection, although RFC 6455 §4.1 leaves it open.
        None if !offered.is_empty() => {
            let offered = secrets.text(offered[0].as_bytes(), 64);
            Err(HandshakeFault::NoSubprotocol { offered })
        }
        None => Ok(()),
    }
}

fn broken(error: &io::Error) -> DialFailure {
    // With TLS 1.3 a server may refuse the client's certificate after the handshake (RFC 8446 §4.4.2.4).
    if let Some(refused) = transport::late_alert(error) {
        return DialFailure::Transport(Transport::Tls(Box::new(refused)));
    }
    DialFailure::Transport(Transport::Broken(BrokenCause::Io(IoCause::of(error))))
}
