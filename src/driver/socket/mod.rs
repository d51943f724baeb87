//! An open WebSocket: reads what comes, pings, closes, and finds out when it has ended.

#[cfg(test)]
mod autobahn;
mod frame_stream;
mod greeting;
mod pings;
mod talk;

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, timeout_at};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as WireCode;
use zeroize::Zeroizing;

use super::conversation::{Conversation, NextHeartbeat, needed};
use super::net::OpenSocket;
use super::recorder::{Clock, Recorder};
use crate::journal::{Direction, Message, MessageKind};
use crate::model::failure::{IoCause, LastWord, ProtocolFault};
use crate::model::{
    AttemptId, Close, CloseCause, CloseCode, DriverEvent, JsonObject, Moment, Redactor, SafeText, Source, Values,
};
use frame_stream::{Arrival, FrameStream, Progress};
pub use greeting::{Requests, Ungreeted};
use pings::{PingTimer, Pings};
use talk::{Talk, TalkTimer, talk_timer};

/// How long the closing handshake may take: a person, or a system that shuts down, waits for it.
const CLOSE_LIMIT: Duration = Duration::from_millis(800);
/// How long it may take where the server itself has said that it is over: what follows is not held up.
const ANNOUNCED_LIMIT: Duration = Duration::from_millis(250);
/// How long a server that has closed may take to hang up. It has said what it has to say, and how long the connection lasted
/// is counted until here: one that leaves the connection open would seem to have kept it for longer.
const HANG_UP_LIMIT: Duration = Duration::from_millis(150);
/// The same while the other side does not take what was sent before.
const STUCK_CLOSE_LIMIT: Duration = Duration::from_millis(500);
/// Messages taken in at one go before anything else gets its turn.
const BATCH: usize = 256;
/// Messages that wait to be sent, at most.
const MAX_OUTGOING: usize = 16;
/// What was said longer ago than this before the end is not why.
const LAST_WORD: Duration = Duration::from_secs(3);
/// More of a message than this, in bytes, is not read for that.
const MAX_LAST_WORD: usize = 4 << 10;

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
    wire: FrameStream<S>,
    attempt: AttemptId,
    recorder: Recorder,
    /// What no message may show.
    secrets: Redactor,
    control: mpsc::Receiver<Control>,
    outgoing: mpsc::Receiver<JsonObject>,
    /// `None`: no ping is ever sent, as in a browser.
    pings: Option<Pings>,
    last_heard: Moment,
    /// Whether any frame has come.
    was_heard: bool,
    batch: Vec<Message>,
    is_simulated: fn(&[u8]) -> bool,
    /// The newest text message, in which the server may say why it closes.
    last_text: Option<(Moment, Zeroizing<Vec<u8>>)>,
    /// What the service wants said, and what its messages mean; `None` where the profile has no steps of its own.
    talk: Option<Talk>,
    /// Whether a heartbeat that has to be answered goes out at once.
    beats_at_once: bool,
    /// Sends back what comes, for Autobahn's test suite.
    #[cfg(test)]
    echoes: bool,
    /// How it ended, while the greeting has not looked at all that was said before.
    ended: Option<Close>,
}

/// How a socket ended.
pub struct Ended {
    /// How.
    pub close: Close,
    /// Where the server sends its client.
    pub elsewhere: Option<Zeroizing<String>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Takes over `stream`, which was opened by `attempt`. A ping goes out at once and then `ping_every`, or none ever. Of
    /// what the server says, `secrets` are hidden, and messages of which `is_simulated` says so are marked.
    pub fn new(
        stream: OpenSocket<S>,
        attempt: AttemptId,
        recorder: Recorder,
        ping_every: Option<Duration>,
        secrets: Redactor,
        is_simulated: fn(&[u8]) -> bool,
        conversation: Option<Conversation>,
    ) -> (Self, Handle) {
        let (control_sender, control) = mpsc::channel(4);
        let (outgoing_sender, outgoing) = mpsc::channel(MAX_OUTGOING);
        let last_heard = recorder.clock().now();
        let socket = Self {
            wire: FrameStream::new(stream),
            attempt,
            recorder,
            secrets,
            control,
            outgoing,
            pings: ping_every.map(|every| Pings::new(every, last_heard)),
            last_heard,
            was_heard: false,
            batch: Vec::with_capacity(BATCH),
            is_simulated,
            last_text: None,
            talk: conversation.map(Talk::new),
            beats_at_once: false,
            #[cfg(test)]
            echoes: false,
            ended: None,
        };
        (socket, Handle { control: control_sender, outgoing: outgoing_sender })
    }

    /// What the conversation over it is made of.
    pub fn values(&self) -> Option<&Values> {
        self.talk.as_ref().map(|talk| &talk.conversation.scope().values)
    }

    /// The same, which sends a heartbeat that has to be answered at once and not only after its interval.
    #[must_use]
    pub fn beating_at_once(self, beats_at_once: bool) -> Self {
        Self { beats_at_once, ..self }
    }

    /// Works until the socket has ended, and tells how. The connection is closed when this returns.
    pub async fn run(mut self) -> Ended {
        // Now that nobody waits for it.
        self.secrets.settle();
        if let Some(talk) = &mut self.talk {
            talk.begin(self.beats_at_once);
        }
        let mut close = match self.ended.take() {
            Some(close) => close,
            // Announced together with the last of the greeting.
            None if self.talk.as_ref().is_some_and(|talk| talk.ended.is_some()) => self.close(ANNOUNCED_LIMIT).await,
            None => self.until_closed().await,
        };
        self.recorder.messages(&mut self.batch);
        let ended = self.talk.and_then(|talk| talk.ended);
        let elsewhere = ended.and_then(|(announced, elsewhere)| {
            // What the server announced is why it closed, whoever was first.
            close.cause = CloseCause::Announced(announced);
            elsewhere
        });
        Ended { close, elsewhere }
    }

    /// Sends what has to be answered.
    fn reply(&mut self) -> Option<Close> {
        let talk = self.talk.as_mut()?;
        let (replies, problem) = (std::mem::take(&mut talk.replies), talk.problem.take());
        let ended = replies.into_iter().find_map(|reply| self.send_text(&reply));
        ended.or_else(|| Some(Close::abnormal(CloseCause::Profile { problem: problem? })))
    }

    /// Sends `text` as the service frames it.
    fn send_text(&mut self, text: &str) -> Option<Close> {
        let (kind, bytes) = match &self.talk {
            Some(talk) => talk.conversation.frame(text),
            None => (MessageKind::Text, Zeroizing::new(text.as_bytes().to_vec())),
        };
        let now = self.recorder.clock().now();
        self.note(Direction::Out, kind, &bytes, now);
        self.send(match kind {
            MessageKind::Binary => Frame::binary(bytes.to_vec()),
            _ => Frame::text(String::from_utf8_lossy(&bytes).into_owned()),
        })
    }

    /// Sends `frame` as soon as the other side takes it.
    fn send(&mut self, frame: Frame) -> Option<Close> {
        self.recorder.messages(&mut self.batch);
        self.wire.send(frame).err().map(Close::abnormal)
    }

    /// Sends the service's heartbeat, unless the one before is still unanswered: then the connection is dead.
    fn send_heartbeat(&mut self) -> Option<Close> {
        let talk = self.talk.as_mut()?;
        let after = talk.heartbeat.as_ref().map(Interval::period).unwrap_or_default();
        match talk.conversation.heartbeat()? {
            NextHeartbeat::Send(text) => {
                talk.beats();
                self.send_text(&text)
            }
            NextHeartbeat::Unanswered => Some(Close::abnormal(CloseCause::HeartbeatUnanswered { after })),
            NextHeartbeat::Missing(missing) => {
                let problem = needed("the heartbeat", &missing);
                Some(Close::abnormal(CloseCause::Profile { problem }))
            }
        }
    }

    async fn until_closed(&mut self) -> Close {
        loop {
            let ended = tokio::select! {
                control = self.control.recv() => match control {
                    Some(Control::Close) => Some(self.close(CLOSE_LIMIT).await),
                    Some(Control::Cut) => Some(Close::abnormal(CloseCause::CutOnPurpose)),
                    Some(Control::Ping(every)) => {
                        self.set_pings(every);
                        None
                    }
                    // The driver is gone, and so is everybody who could want the socket.
                    None => Some(self.close(CLOSE_LIMIT).await),
                },
                timer = ping_timer(self.pings.as_ref(), self.recorder.clock()) => match timer {
                    PingTimer::Due => self.ping(),
                    PingTimer::Overdue => self.is_dead().await,
                },
                timer = talk_timer(&mut self.talk) => match timer {
                    TalkTimer::Heartbeat => self.send_heartbeat(),
                    TalkTimer::AnswerOverdue(after) => Some(Close::abnormal(CloseCause::HeartbeatUnanswered { after })),
                    TalkTimer::ServerSilent(after) => Some(Close::abnormal(CloseCause::ServerSilent { after })),
                },
                Some(object) = self.outgoing.recv(), if !self.wire.is_sending() => self.send_text(object.as_str()),
                progress = self.wire.next() => match progress {
                    Progress::Arrived(arrival) => self.receive(arrival).await,
                    Progress::Sent => None,
                    Progress::Stuck => Some(Close::abnormal(CloseCause::Io(IoCause::NoAnswer))),
                },
            };
            if let Some(close) = ended {
                return close;
            }
            if self.talk.as_ref().is_some_and(|talk| talk.ended.is_some()) {
                return self.close(ANNOUNCED_LIMIT).await;
            }
            if let Some(close) = self.reply() {
                return close;
            }
        }
    }

    /// Pings go out `every` so often from now on, or none.
    fn set_pings(&mut self, every: Option<Duration>) {
        let now = self.recorder.clock().now();
        self.pings = every.map(|every| Pings::new(every, now));
    }

    /// Sends the next ping.
    fn ping(&mut self) -> Option<Close> {
        let now = self.recorder.clock().now();
        let payload = self.pings.as_mut()?.send(now);
        self.note(Direction::Out, MessageKind::Ping, &payload, now);
        self.send(Frame::Ping(payload.to_vec().into()))
    }

    /// The link is dead, unless something has arrived that nobody has read: the computer may have slept.
    async fn is_dead(&mut self) -> Option<Close> {
        while self.pings.as_ref().is_some_and(Pings::is_waiting) {
            let Some(arrival) = self.wire.try_next() else {
                let silent_for = self.recorder.clock().now().since(self.last_heard);
                let was_heard = Some(self.was_heard);
                return Some(Close::abnormal(CloseCause::NoPong { silent_for, was_heard }));
            };
            let ended = self.receive(arrival).await;
            if ended.is_some() {
                return ended;
            }
        }
        None
    }

    /// Takes in what arrived and whatever else is there already.
    async fn receive(&mut self, mut arrival: Arrival) -> Option<Close> {
        let now = self.recorder.clock().now();
        let ended = loop {
            let ended = match arrival {
                Ok(frame) => {
                    (self.last_heard, self.was_heard) = (now, true);
                    if let Some(pings) = &mut self.pings {
                        pings.heard();
                    }
                    self.take(frame, now)
                }
                Err(cause) => Some(Close::abnormal(cause)),
            };
            if ended.is_some() || self.batch.len() >= BATCH {
                break ended;
            }
            match self.wire.try_next() {
                Some(next) => arrival = next,
                None => break None,
            }
        };
        self.recorder.messages(&mut self.batch);
        let close = ended?;
        self.tell_last_word(now);
        match &close.cause {
            CloseCause::PeerFrame | CloseCause::Protocol(ProtocolFault::CloseCode { .. }) => {
                // Reading on sends the answering close frame and waits for the server to hang up.
                self.wire.hung_up(HANG_UP_LIMIT).await;
            }
            CloseCause::Protocol(fault) => self.wire.refuse(fault).await,
            _ => {}
        }
        Some(close)
    }

    /// Takes in a frame that arrived `now`; how the socket ended, if it was a close frame.
    fn take(&mut self, frame: Frame, now: Moment) -> Option<Close> {
        #[cfg(test)]
        if self.echoes
            && (frame.is_text() || frame.is_binary())
            && let Err(cause) = self.wire.send(frame.clone())
        {
            return Some(Close::abnormal(cause));
        }
        match frame {
            Frame::Text(text) => {
                self.note(Direction::In, MessageKind::Text, text.as_bytes(), now);
                let head = &text.as_bytes()[..text.len().min(MAX_LAST_WORD)];
                self.last_text = Some((now, Zeroizing::new(head.to_vec())));
                self.hear(text.as_str());
            }
            Frame::Binary(bytes) => {
                self.note(Direction::In, MessageKind::Binary, &bytes, now);
                let text = self.talk.as_ref().and_then(|talk| talk.conversation.text_of(&bytes));
                if let Some(text) = text {
                    self.hear(&text);
                }
            }
            Frame::Ping(payload) => self.note(Direction::In, MessageKind::Ping, &payload, now),
            Frame::Pong(payload) => self.pong(&payload, now),
            Frame::Close(frame) => return Some(self.received(frame.as_ref(), CloseCause::PeerFrame)),
            Frame::Frame(_) => {}
        }
        None
    }

    /// Writes down what the server said just before it closed, if it was why.
    fn tell_last_word(&mut self, now: Moment) {
        let Some((at, text)) = self.last_text.take() else { return };
        if now.since(at) > LAST_WORD {
            return;
        }
        if let Some(word) = LastWord::read(&self.secrets.bytes(&text)) {
            self.recorder.record(Source::Driver, Some(self.attempt), DriverEvent::LastWordHeard { word });
        }
    }

    /// Takes in what the service said.
    fn hear(&mut self, frame: &str) {
        if let Some(talk) = &mut self.talk {
            talk.hear(frame, &self.secrets);
        }
    }

    fn pong(&mut self, payload: &[u8], now: Moment) {
        self.note(Direction::In, MessageKind::Pong, payload, now);
        if let Some(rtt) = self.pings.as_mut().and_then(|pings| pings.pong(payload, now)) {
            self.recorder.record(Source::Driver, Some(self.attempt), DriverEvent::Pong { rtt });
        }
    }

    /// Closes from this side: sends a close frame and waits for the answer, in bounded time.
    async fn close(&mut self, limit: Duration) -> Close {
        let limit = if self.wire.is_sending() { limit.min(STUCK_CLOSE_LIMIT) } else { limit };
        let deadline = Instant::now() + limit;
        if let Ok(Err(cause)) = timeout_at(deadline, self.wire.close(WireCode::Normal)).await {
            return Close::abnormal(cause);
        }
        let mut answer = None;
        let unanswered = loop {
            // Whoever never stops sending leaves no time for a timer.
            if Instant::now() >= deadline {
                break CloseCause::Unanswered { after: limit };
            }
            match timeout_at(deadline, self.wire.arrived()).await {
                Ok(Ok(Frame::Close(frame))) => answer = Some(self.received(frame.as_ref(), CloseCause::OwnFrame)),
                Ok(Ok(_)) => {}
                Ok(Err(cause)) => break cause,
                Err(_) => break CloseCause::Unanswered { after: limit },
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

    /// What a close frame says. The library has put another in the place of one with a code that no server may send.
    fn received(&self, frame: Option<&CloseFrame>, cause: CloseCause) -> Close {
        let own = frame.map(|frame| (u16::from(frame.code), frame.reason.as_bytes()));
        let Some((code, reason)) = self.wire.close_frame().or(own) else {
            return Close { cause, ..Close::received(None, "") };
        };
        let reason = self.secrets.text(reason, SafeText::MAX_CHARS);
        let code = CloseCode(code);
        if !code.may_be_sent() {
            return Close::abnormal(CloseCause::Protocol(ProtocolFault::CloseCode { code, reason }));
        }
        Close { code, reason: reason.into(), was_clean: true, cause }
    }
}

/// Waits until something is to be done about pings, for ever if there are none.
async fn ping_timer(pings: Option<&Pings>, clock: Clock) -> PingTimer {
    let Some(pings) = pings else { return std::future::pending().await };
    let (at, timer) = pings.timer();
    clock.until(Some(at)).await;
    timer
}
