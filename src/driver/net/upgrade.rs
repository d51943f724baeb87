//! Step 3 of contract §1: the WebSocket handshake (RFC 6455 §4.1).

use std::io;

use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use zeroize::Zeroizing;

use super::access::Net;
use super::answer::text;
use super::authority::host_header;
use super::head::{Head, HeadError, read_head};
use super::phase::{Report, Running};
use super::refusal;
use crate::model::failure::{BrokenCause, HandshakeFault};
use crate::model::{DialFailure, Failure, IoCause, Origin, Phase, Redactor, Ticket, TraceId, Transport};

/// Room for what is being sent: a message is written at once, and if the server takes nothing, at most this is kept.
const MAX_UNSENT: usize = 2 << 20;

impl Net {
    /// Upgrades `connection` to a WebSocket, spending `ticket`, within `timeouts.upgrade`; reports the phase when
    /// it is over. Of what the server says, `secrets` are hidden, to which its cookies are added. The
    /// socket takes messages of up to the profile's `limits.message`. Dropping it ends the connection without a close frame.
    ///
    /// # Errors
    /// [`Failure::UpgradeRefused`] if the server answered with anything but 101, else [`Failure::Dial`].
    pub async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        connection: S,
        ticket: Ticket,
        origin: &Origin,
        trace: &TraceId,
        secrets: &mut Redactor,
        report: Report<'_>,
    ) -> Result<WebSocketStream<S>, Failure> {
        let running = Running::begin(Phase::Upgrade);
        let result = self.handshake(connection, ticket, origin, trace, secrets).await;
        match &result {
            Ok(_) => running.end(true, "101 Switching Protocols", report),
            Err(failure) => running.end(false, &failure.to_string(), report),
        }
        result
    }

    async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut connection: S,
        ticket: Ticket,
        origin: &Origin,
        trace: &TraceId,
        secrets: &mut Redactor,
    ) -> Result<WebSocketStream<S>, Failure> {
        let limit = self.0.profile.timeouts.upgrade;
        let deadline = Instant::now() + limit;
        let ticket = ticket.spend();
        let key = generate_key();
        let request = self.upgrade_request(&percent_encoded(&ticket), &key, origin, trace);

        let mut received = Vec::new();
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
        let head = head.map_err(Failure::Dial)?;
        let url = self.0.profile.websocket.join(&self.0.profile.endpoints.socket.path);
        self.take_cookies(&url, &head.headers, secrets);
        if head.status != 101 {
            let url = self.0.profile.websocket.url();
            let answer = refusal::read(connection, head, received, deadline, url, secrets).await;
            return Err(Failure::UpgradeRefused(Box::new(answer)));
        }
        verify(&head, &key, secrets).map_err(|fault| Failure::Dial(DialFailure::BadHandshake(fault)))?;
        let longest = usize::try_from(self.0.profile.limits.message).unwrap_or(usize::MAX);
        let config = WebSocketConfig::default()
            .max_message_size(Some(longest))
            .max_frame_size(Some(longest))
            .read_buffer_size(16 << 10)
            .write_buffer_size(0)
            .max_write_buffer_size(MAX_UNSENT);
        Ok(WebSocketStream::from_partially_read(connection, received, Role::Client, Some(config)).await)
    }

    fn upgrade_request(&self, ticket: &str, key: &str, origin: &Origin, trace: &TraceId) -> Zeroizing<Vec<u8>> {
        let socket = &self.0.profile.endpoints.socket;
        let url = self.0.profile.websocket.join(&socket.path);
        let before = format!("GET {}?{}=", url.path(), percent_encoded(socket.query.as_str()).as_str());
        let after = format!(
            " HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: {key}\r\nOrigin: {origin}\r\nx-trace-id: {trace}\r\n",
            host_header(&url)
        );
        let cookies = self.cookie_header(&url);
        // As large as needed from the start: growing would leave a copy of the ticket behind.
        let mut parts = vec![before.as_bytes(), ticket.as_bytes(), after.as_bytes()];
        if let Some(cookies) = &cookies {
            parts.extend([b"Cookie: ", cookies.as_bytes(), b"\r\n"]);
        }
        if let Some((name, value)) = &self.1 {
            parts.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
        }
        parts.push(b"\r\n");
        let mut request = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
        parts.into_iter().for_each(|part| request.extend_from_slice(part));
        request
    }
}

/// What is wrong with a handshake that says 101 to `key`, if anything (RFC 6455 §4.1).
fn verify(head: &Head, key: &str, secrets: &Redactor) -> Result<(), HandshakeFault> {
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
    match chosen(SEC_WEBSOCKET_PROTOCOL) {
        Some(protocol) => Err(HandshakeFault::UnofferedSubprotocol { protocol }),
        None => Ok(()),
    }
}

fn broken(error: &io::Error) -> DialFailure {
    DialFailure::Transport(Transport::Broken(BrokenCause::Io(IoCause::of(error))))
}

/// What stands in a query's value as it is; everything else is percent-encoded (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `text` as a query's value.
fn percent_encoded(text: &str) -> Zeroizing<String> {
    // As large as needed from the start: growing would leave a copy of the ticket behind.
    let mut encoded = Zeroizing::new(String::with_capacity(3 * text.len()));
    encoded.extend(utf8_percent_encode(text, UNRESERVED));
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_value_cannot_change_the_request() {
        assert_eq!(percent_encoded("aZ09-._~").as_str(), "aZ09-._~");
        assert_eq!(percent_encoded("a b&c=d\r\n#é+/").as_str(), "a%20b%26c%3Dd%0D%0A%23%C3%A9%2B%2F");
    }
}
