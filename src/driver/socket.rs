//! An open WebSocket: reads what comes, pings, closes, and finds out when it has ended.

use std::time::Duration;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as WireCode;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};

use super::recorder::Recorder;
use crate::journal::{Direction, Message, MessageKind};
use crate::model::failure::{IoCause, ProtocolFault};
use crate::model::{AttemptId, Close, CloseCause, DriverEvent, JsonObject, Moment, Redactor, SafeText, Source};

/// How long the closing handshake may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// Messages taken in at one go before anything else gets its turn.
const BATCH: usize = 256;
/// How long a frame may take to be written where no pings tell that the link is dead.
const WRITE_LIMIT: Duration = Duration::from_secs(15);
/// Messages that wait to be sent, at most.
const MAX_OUTGOING: usize = 16;

/// What an open socket can be told.
#[derive(Clone, Copy, Debug)]
pub enum Control {
    /// Close with a close frame.
    Close,
    /// Cut the connection without one.
    Cut,
    /// Send a ping this often from now on, or none.
    Ping(Option<Duration>),
}

/// What an open socket is told through.
pub struct Handle {
    /// To end it.
    pub control: mpsc::Sender<Control>,
    /// To send a message.
    pub outgoing: mpsc::Sender<JsonObject>,
}

/// An open WebSocket.
pub struct Socket<S> {
    stream: WebSocketStream<S>,
    attempt: AttemptId,
    recorder: Recorder,
    /// What no message may show.
    secrets: Redactor,
    control: mpsc::Receiver<Control>,
    outgoing: mpsc::Receiver<JsonObject>,
    /// `None`: no ping is ever sent, as in a browser.
    pings: Option<Interval>,
    unanswered: Option<Ping>,
    last_heard: Moment,
    batch: Vec<Message>,
    is_simulated: fn(&[u8]) -> bool,
}

struct Ping {
    number: u32,
    sent: Moment,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Takes over `stream`, which was opened by `attempt`. A ping goes out at once and then `ping_every`, or none ever. Of
    /// what the server says, `secrets` are hidden, and messages of which `is_simulated` says so are marked.
    pub fn new(
        stream: WebSocketStream<S>,
        attempt: AttemptId,
        recorder: Recorder,
        ping_every: Option<Duration>,
        secrets: Redactor,
        is_simulated: fn(&[u8]) -> bool,
    ) -> (Self, Handle) {
        let (control_sender, control) = mpsc::channel(4);
        let (outgoing_sender, outgoing) = mpsc::channel(MAX_OUTGOING);
        let pings = ping_every.map(pings);
        let last_heard = recorder.clock().now();
        let batch = Vec::with_capacity(BATCH);
        let socket = Self {
            stream,
            attempt,
            recorder,
            secrets,
            control,
            outgoing,
            pings,
            unanswered: None,
            last_heard,
            batch,
            is_simulated,
        };
        (socket, Handle { control: control_sender, outgoing: outgoing_sender })
    }

    /// Works until the socket has ended, and tells how. The connection is closed when this returns.
    pub async fn run(mut self) -> Close {
        let close = self.until_closed().await;
        self.recorder.messages(&mut self.batch);
        close
    }

    async fn until_closed(&mut self) -> Close {
        let mut ping_number = 0;
        loop {
            let ended = tokio::select! {
                control = self.control.recv() => match control {
                    Some(Control::Close) => Some(self.close().await),
                    Some(Control::Cut) => Some(Close::abnormal(CloseCause::CutOnPurpose)),
                    Some(Control::Ping(every)) => {
                        (self.pings, self.unanswered) = (every.map(pings), None);
                        None
                    }
                    // The driver is gone, and so is everybody who could want the socket.
                    None => Some(self.close().await),
                },
                () = due(&mut self.pings) => match self.take_in_what_waits().await {
                    None => self.ping(&mut ping_number).await,
                    ended => ended,
                },
                Some(object) = self.outgoing.recv() => self.send(&object).await,
                frame = self.stream.next() => self.receive(frame).await,
            };
            if let Some(close) = ended {
                return close;
            }
        }
    }

    /// After the computer slept the pong may be here, unread, when the next ping is due.
    async fn take_in_what_waits(&mut self) -> Option<Close> {
        while self.unanswered.is_some()
            && let Some(frame) = self.stream.next().now_or_never()
        {
            let ended = self.receive(frame).await;
            if ended.is_some() {
                return ended;
            }
        }
        None
    }

    /// Sends the next ping, unless the one before is still unanswered: then the link is dead.
    async fn ping(&mut self, number: &mut u32) -> Option<Close> {
        let now = self.recorder.clock().now();
        if self.unanswered.is_some() {
            return Some(Close::abnormal(CloseCause::NoPong { silent_for: now.since(self.last_heard) }));
        }
        *number = number.wrapping_add(1);
        self.unanswered = Some(Ping { number: *number, sent: now });
        let payload = number.to_be_bytes();
        self.note(Direction::Out, MessageKind::Ping, &payload, now);
        self.recorder.messages(&mut self.batch);
        self.write(Frame::Ping(payload.to_vec().into()), now).await
    }

    /// Sends a message.
    async fn send(&mut self, object: &JsonObject) -> Option<Close> {
        let now = self.recorder.clock().now();
        self.note(Direction::Out, MessageKind::Text, object.as_str().as_bytes(), now);
        self.recorder.messages(&mut self.batch);
        self.write(Frame::text(object.as_str()), now).await
    }

    async fn write(&mut self, frame: Frame, now: Moment) -> Option<Close> {
        let limit = self.pings.as_ref().map_or(WRITE_LIMIT, Interval::period);
        match timeout(limit, self.stream.send(frame)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Close::abnormal(cause(error))),
            // Without pings nothing is known of the link but this.
            Err(_) if self.pings.is_none() => Some(Close::abnormal(CloseCause::Io(IoCause::NoAnswer))),
            Err(_) => Some(Close::abnormal(CloseCause::NoPong { silent_for: now.since(self.last_heard) })),
        }
    }

    /// Takes in `frame` and whatever else has arrived already.
    async fn receive(&mut self, mut frame: Option<Result<Frame, Error>>) -> Option<Close> {
        let now = self.recorder.clock().now();
        self.last_heard = now;
        let mut ended = None;
        loop {
            match frame {
                Some(Ok(Frame::Text(text))) => self.note(Direction::In, MessageKind::Text, text.as_bytes(), now),
                Some(Ok(Frame::Binary(bytes))) => self.note(Direction::In, MessageKind::Binary, &bytes, now),
                Some(Ok(Frame::Ping(payload))) => self.note(Direction::In, MessageKind::Ping, &payload, now),
                Some(Ok(Frame::Pong(payload))) => self.pong(&payload, now),
                Some(Ok(Frame::Close(close))) => {
                    ended = Some(self.received(close, CloseCause::PeerFrame));
                    break;
                }
                Some(Ok(Frame::Frame(_))) => {}
                Some(Err(error)) => {
                    ended = Some(Close::abnormal(cause(error)));
                    break;
                }
                None => {
                    ended = Some(Close::abnormal(CloseCause::EndOfStream));
                    break;
                }
            }
            if self.batch.len() >= BATCH {
                break;
            }
            match self.stream.next().now_or_never() {
                Some(next) => frame = next,
                None => break,
            }
        }
        self.recorder.messages(&mut self.batch);
        if matches!(&ended, Some(close) if close.was_clean) {
            // Polling on sends the answering close frame and waits for the server to hang up.
            let _ = timeout(CLOSE_LIMIT, async { while let Some(Ok(_)) = self.stream.next().await {} }).await;
        }
        ended
    }

    fn pong(&mut self, payload: &[u8], now: Moment) {
        self.note(Direction::In, MessageKind::Pong, payload, now);
        if let Some(ping) = self.unanswered.take_if(|ping| payload == ping.number.to_be_bytes()) {
            let rtt = now.since(ping.sent);
            self.recorder.record(Source::Driver, Some(self.attempt), DriverEvent::Pong { rtt });
        }
    }

    /// Closes from this side: sends a close frame and waits for the answer, in bounded time.
    async fn close(&mut self) -> Close {
        let deadline = Instant::now() + CLOSE_LIMIT;
        let frame = CloseFrame { code: WireCode::Normal, reason: "".into() };
        if let Ok(Err(error)) = timeout_at(deadline, self.stream.close(Some(frame))).await {
            return Close::abnormal(cause(error));
        }
        let mut answer = None;
        let unanswered = loop {
            match timeout_at(deadline, self.stream.next()).await {
                Ok(Some(Ok(Frame::Close(frame)))) => answer = Some(self.received(frame, CloseCause::OwnFrame)),
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => break cause(error),
                Ok(None) => break CloseCause::EndOfStream,
                Err(_) => break CloseCause::Unanswered { after: CLOSE_LIMIT },
            }
        };
        answer.unwrap_or_else(|| Close::abnormal(unanswered))
    }

    fn note(&mut self, direction: Direction, kind: MessageKind, payload: &[u8], at: Moment) {
        let shown = self.secrets.bytes(&payload[..payload.len().min(Message::HEAD)]);
        let message = Message::new(at, self.attempt, direction, kind, &shown);
        let is_simulated = direction == Direction::In && (self.is_simulated)(payload);
        self.batch.push(Message { len: payload.len(), is_simulated, ..message });
    }

    fn received(&self, frame: Option<CloseFrame>, cause: CloseCause) -> Close {
        let close = match frame {
            Some(CloseFrame { code, reason }) => {
                let reason = self.secrets.text(reason.as_bytes(), SafeText::MAX_CHARS);
                Close { reason, ..Close::received(Some(code.into()), "") }
            }
            None => Close::received(None, ""),
        };
        Close { cause, ..close }
    }
}

/// Pings that go out at once and then `every` so often.
fn pings(every: Duration) -> Interval {
    let mut pings = interval(every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings
}

/// Waits until the next ping is due, for ever if there are none.
async fn due(pings: &mut Option<Interval>) {
    match pings {
        Some(pings) => _ = pings.tick().await,
        None => std::future::pending().await,
    }
}

fn cause(error: Error) -> CloseCause {
    match error {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        | Error::ConnectionClosed
        | Error::AlreadyClosed => CloseCause::EndOfStream,
        Error::Io(error) => CloseCause::Io(IoCause::of(&error)),
        Error::Protocol(error) => CloseCause::Protocol(protocol_fault(&error)),
        Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            CloseCause::Protocol(ProtocolFault::TooLong { bytes: size as u64, limit: max_size as u64 })
        }
        Error::Utf8(_) => CloseCause::Protocol(ProtocolFault::NotUtf8),
        error => CloseCause::Protocol(ProtocolFault::Other(SafeText::new(&error.to_string()))),
    }
}

fn protocol_fault(error: &ProtocolError) -> ProtocolFault {
    use ProtocolError as P;
    match error {
        P::NonZeroReservedBits => ProtocolFault::ReservedBits,
        P::UnknownControlFrameType(opcode) | P::UnknownDataFrameType(opcode) | P::InvalidOpcode(opcode) => {
            ProtocolFault::ReservedOpcode(*opcode)
        }
        P::MaskedFrameFromServer => ProtocolFault::Masked,
        P::FragmentedControlFrame | P::ControlFrameTooBig => ProtocolFault::ControlFrame,
        P::UnexpectedContinueFrame | P::ExpectedFragment(_) => ProtocolFault::Fragments,
        P::InvalidCloseSequence | P::ReceivedAfterClosing => ProtocolFault::CloseFrame,
        other => ProtocolFault::Other(SafeText::new(&other.to_string())),
    }
}
