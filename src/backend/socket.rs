//! The life of one WebSocket, from the upgrade to the end of its connection.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error};

use super::message::answer_to;
use super::shared::{Shared, stopped};
use crate::model::{ContractReason, Fingerprint, SafeText};

/// The largest message, in bytes.
const MESSAGE_LIMIT: usize = 1 << 20;
/// The longest that the 101 may take to be sent.
const UPGRADE_LIMIT: Duration = Duration::from_secs(5);
/// The longest that a message may take to be sent, to a client that does not read.
const SEND_LIMIT: Duration = Duration::from_secs(5);
/// The longest that the closing handshake may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// An upgrade that was answered with 101, judged, and is not a WebSocket yet.
pub(super) struct Pending {
    pub upgrade: OnUpgrade,
    /// Whether it may stay, or why not.
    pub admission: Result<(), ContractReason>,
    pub origin_host: SafeText,
    pub ticket_hash: Option<Fingerprint>,
    pub trace: SafeText,
    /// Whether a subscription needs the ticket store (contract §6).
    pub as_deployed: bool,
}

/// What ended a conversation.
enum Ending {
    /// This server, for the contract's reason.
    Reason(ContractReason),
    /// This server, because what arrived is not proper WebSocket.
    Violation(CloseCode),
    /// The client, with a close frame.
    Client(Option<CloseFrame>),
    /// The connection broke, or the client does not read.
    Lost,
}

impl Pending {
    /// Closes it with 1013 (try again later): there are as many sockets as there may be.
    pub async fn turn_away(self) {
        if let Some(mut socket) = opened(self.upgrade).await {
            finish(&mut socket, Ending::Violation(CloseCode::Again)).await;
        }
    }

    /// Runs the socket until it is closed.
    pub async fn run(self, shared: &Shared, stopping: watch::Receiver<bool>) {
        let Self { upgrade, admission, origin_host, ticket_hash, trace, as_deployed } = self;
        let Some(mut socket) = opened(upgrade).await else { return };
        if let Err(reason) = admission {
            finish(&mut socket, Ending::Reason(reason)).await;
            return;
        }
        let hash = ticket_hash.map(|hash| format!(" ticketHash={hash}")).unwrap_or_default();
        let say = |line: String| shared.log.line(format!("{line}{hash} traceId={trace}"));
        say(format!("websocket_connected {{ originHost: '{origin_host}' }}"));
        let end = converse(&mut socket, shared, as_deployed, stopping).await;
        say(format!("websocket_disconnected {}", finish(&mut socket, end).await));
    }
}

/// The socket that `upgrade` becomes; `None` if it takes too long.
async fn opened(upgrade: OnUpgrade) -> Option<Socket> {
    let upgraded = timeout(UPGRADE_LIMIT, upgrade).await.ok()?.ok()?;
    let config = WebSocketConfig::default()
        .read_buffer_size(4_096)
        .write_buffer_size(0)
        .max_write_buffer_size(4 * MESSAGE_LIMIT)
        .max_message_size(Some(MESSAGE_LIMIT))
        .max_frame_size(Some(MESSAGE_LIMIT));
    Some(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await)
}

/// Answers messages until something ends the conversation.
async fn converse(
    socket: &mut Socket,
    shared: &Shared,
    as_deployed: bool,
    mut stopping: watch::Receiver<bool>,
) -> Ending {
    let (heartbeat, idle_timeout) = (shared.config.heartbeat, shared.config.idle_timeout);
    let mut last_data = Instant::now();
    let mut last_ping = Instant::now();
    let mut is_pong_due = false;
    loop {
        let answer = tokio::select! {
            () = stopped(&mut stopping) => return Ending::Reason(ContractReason::ServerShutdown),
            () = sleep(idle_timeout.saturating_sub(last_data.elapsed())) => return Ending::Reason(ContractReason::IdleTimeout),
            () = sleep(heartbeat.saturating_sub(last_ping.elapsed())) => {
                if is_pong_due {
                    return Ending::Reason(ContractReason::HeartbeatTimeout);
                }
                is_pong_due = true;
                last_ping = Instant::now();
                Message::Ping(Bytes::new())
            }
            message = socket.next() => {
                let data = match message {
                    Some(Ok(Message::Text(text))) => Bytes::from(text),
                    Some(Ok(Message::Binary(bytes))) => bytes,
                    Some(Ok(Message::Pong(_))) => {
                        is_pong_due = false;
                        continue;
                    }
                    Some(Ok(Message::Ping(_) | Message::Frame(_))) => continue,
                    Some(Ok(Message::Close(frame))) => return Ending::Client(frame),
                    Some(Err(error)) => return violation(&error).map_or(Ending::Lost, Ending::Violation),
                    None => return Ending::Lost,
                };
                last_data = Instant::now();
                match answer_to(&data) {
                    Ok(Some(_)) if as_deployed && shared.store.check().await.is_err() => {
                        return Ending::Reason(ContractReason::NotAuthorized);
                    }
                    Ok(Some(answer)) => Message::text(answer),
                    Ok(None) => continue,
                    Err(reason) => return Ending::Reason(reason),
                }
            }
        };
        if !matches!(timeout(SEND_LIMIT, socket.send(answer)).await, Ok(Ok(()))) {
            return Ending::Lost;
        }
    }
}

/// The close code (RFC 6455 §7.4.1) for what a client sent; `None` if it did not send but vanish.
fn violation(error: &Error) -> Option<CloseCode> {
    use tokio_tungstenite::tungstenite::error::ProtocolError;
    match error {
        Error::Capacity(_) => Some(CloseCode::Size),
        Error::Utf8(_) => Some(CloseCode::Invalid),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some(CloseCode::Protocol),
        _ => None,
    }
}

/// Ends the connection and says how, for the log.
async fn finish(socket: &mut Socket, end: Ending) -> String {
    let (code, reason, by) = match &end {
        Ending::Reason(reason) => (reason.code().0, SafeText::new(&reason.to_string()), "server"),
        Ending::Violation(code) => ((*code).into(), SafeText::default(), "server"),
        Ending::Client(Some(frame)) => (frame.code.into(), SafeText::new(&frame.reason), "client"),
        Ending::Client(None) => (1005, SafeText::default(), "client"),
        Ending::Lost => (1006, SafeText::default(), "network"),
    };
    let frame = CloseFrame { code: code.into(), reason: reason.as_str().to_owned().into() };
    let was_clean = timeout(CLOSE_LIMIT, say_goodbye(socket, &end, frame)).await.unwrap_or(false);
    format!("{{ code: {code}, reason: '{reason}', wasClean: {was_clean}, by: '{by}' }}")
}

/// Goes through the closing handshake (RFC 6455 §7.1.2); returns whether both sides did.
async fn say_goodbye(socket: &mut Socket, end: &Ending, frame: CloseFrame) -> bool {
    let mut is_answered = false;
    match end {
        Ending::Reason(_) => {
            if socket.close(Some(frame)).await.is_err() {
                return false;
            }
        }
        Ending::Violation(_) => {
            // What is left unread would reset the connection, and the client would never see the frame.
            if socket.close(Some(frame)).await.is_ok() {
                let _ = tokio::io::copy(socket.get_mut(), &mut tokio::io::sink()).await;
            }
            return false;
        }
        Ending::Client(_) => is_answered = true,
        Ending::Lost => return false,
    }
    while let Some(Ok(message)) = socket.next().await {
        is_answered |= message.is_close();
    }
    is_answered
}
