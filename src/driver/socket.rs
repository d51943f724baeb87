//! An open WebSocket: reads what comes, pings, closes, and finds out when it has ended.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, interval_at, sleep_until, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as WireCode;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};
use zeroize::Zeroizing;

use super::conversation::{Conversation, Reaction, quoted};
use super::net::{Net, Scope, StepKind, Taken};
use super::recorder::Recorder;
use crate::journal::{Direction, Message, MessageKind};
use crate::model::failure::{IoCause, LastWord, ProtocolFault};
use crate::model::{
    Announcement, AttemptId, Close, CloseCause, DriverEvent, GreetingFailure, HelloStep, JsonObject, MissingValue,
    Moment, Phase, Redactor, ReportId, RequestFailure, SafeText, Source, Step, TraceId, Values,
};

/// How long the closing handshake may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// How long it may take where the server itself has said that it is over: what follows is not held up.
const ANNOUNCED_LIMIT: Duration = Duration::from_millis(250);
/// Messages taken in at one go before anything else gets its turn.
const BATCH: usize = 256;
/// How long a frame may take to be written where no pings tell that the link is dead.
const WRITE_LIMIT: Duration = Duration::from_secs(15);
/// Messages that wait to be sent, at most.
const MAX_OUTGOING: usize = 16;
/// What was said longer ago than this before the end is not why.
const LAST_WORD: Duration = Duration::from_secs(3);
/// More of a message than this, in bytes, is not read for that.
const MAX_LAST_WORD: usize = 4 << 10;
/// Messages that wait for the greeting to look at them, at most.
const MAX_UNREAD: usize = 256;

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
    /// The newest text message, in which the server may say why it closes.
    last_text: Option<(Moment, Zeroizing<Vec<u8>>)>,
    /// What is said beside what a person says, where the service wants that.
    talk: Option<Talk>,
    /// How it ended, while the greeting has not looked at all that was said before.
    ended: Option<Close>,
}

/// A conversation and when it is its turn.
struct Talk {
    conversation: Conversation,
    heartbeat: Option<Interval>,
    /// When the server's silence is too long.
    silence: Option<(Duration, Instant)>,
    /// Messages that are to be sent.
    replies: Vec<Zeroizing<String>>,
    /// How the server has announced the end, and where it sends its client.
    ended: Option<(Announcement, Option<Zeroizing<String>>)>,
    /// Whole messages that the greeting has not looked at.
    unread: VecDeque<Zeroizing<String>>,
    is_greeting: bool,
}

/// How a socket ended.
pub struct Ended {
    /// How.
    pub close: Close,
    /// Where the server sends its client.
    pub elsewhere: Option<Zeroizing<String>>,
}

/// Why a greeting did not come to its end.
pub enum Ungreeted {
    /// It failed; the socket is closed.
    Failed(GreetingFailure, Option<Zeroizing<String>>),
    /// Somebody here wanted the end.
    Closed(Close),
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
        conversation: Option<Conversation>,
    ) -> (Self, Handle) {
        let (control_sender, control) = mpsc::channel(4);
        let (outgoing_sender, outgoing) = mpsc::channel(MAX_OUTGOING);
        let pings = ping_every.map(pings);
        let last_heard = recorder.clock().now();
        let batch = Vec::with_capacity(BATCH);
        let talk = conversation.map(Talk::new);
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
            last_text: None,
            talk,
            ended: None,
        };
        (socket, Handle { control: control_sender, outgoing: outgoing_sender })
    }

    /// Works until the socket has ended, and tells how. The connection is closed when this returns.
    pub async fn run(mut self) -> Ended {
        if let Some(talk) = &mut self.talk {
            talk.begin();
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

    /// Says and hears what the service wants before the socket is of use. After a failure the connection is closed when
    /// this returns.
    ///
    /// # Errors
    /// How it failed, and at which step.
    pub async fn greet(&mut self, requests: &Requests) -> Result<(), Ungreeted> {
        let steps = self.talk.as_ref().map_or_else(Vec::new, |talk| talk.conversation.greeting());
        let mut outcome = Ok(());
        for (number, step) in (1..).zip(&steps) {
            outcome = self.greeting_step(number, step, requests).await;
            if outcome.is_err() {
                break;
            }
        }
        let unusable = self.talk.as_ref().and_then(|talk| talk.conversation.problem());
        if let (Ok(()), Some(problem)) = (&outcome, unusable) {
            let (step, problem) = (u32::try_from(steps.len()).unwrap_or(u32::MAX), SafeText::new(&problem));
            outcome = Err(Ungreeted::Failed(GreetingFailure::Profile { step, problem }, None));
        }
        self.recorder.messages(&mut self.batch);
        if let Some(talk) = &mut self.talk {
            talk.is_greeting = false;
        }
        if let Err(Ungreeted::Failed(failure, _)) = &outcome
            && !matches!(failure, GreetingFailure::Closed { .. })
        {
            let is_announced = matches!(failure, GreetingFailure::Refused { .. });
            self.close(if is_announced { ANNOUNCED_LIMIT } else { CLOSE_LIMIT }).await;
            self.recorder.messages(&mut self.batch);
        }
        outcome
    }

    async fn greeting_step(&mut self, number: u32, step: &HelloStep, requests: &Requests) -> Result<(), Ungreeted> {
        let failed = |failure| Ungreeted::Failed(failure, None);
        let missing = |MissingValue(name): MissingValue| {
            let problem = SafeText::new(&format!("the greeting needs “{name}”, which nothing has given"));
            failed(GreetingFailure::Profile { step: number, problem })
        };
        let deadline = Instant::now() + step.within;
        if let Some(request) = &step.request {
            let scope = self.talk.as_ref().map(|talk| talk.conversation.scope().clone()).unwrap_or_default();
            // While it is under way the socket is not read; its own limit is short.
            let taken = requests.send(request, &scope).await;
            let taken = taken.map_err(|request| failed(GreetingFailure::Request { step: number, request }))?;
            self.hide(&taken.values);
            if let Some(talk) = &mut self.talk {
                talk.conversation.keep(&taken.values);
            }
        }
        if let (Some(send), Some(talk)) = (&step.send, &mut self.talk) {
            let text = talk.conversation.say(send).map_err(missing)?;
            let ended = match self.ended.take() {
                None => self.send_text(&text).await,
                ended => ended,
            };
            if let Some(close) = ended {
                return Err(failed(GreetingFailure::Closed { step: number, close, heard: None }));
            }
        }
        let Some(expect) = &step.expect else { return Ok(()) };
        let mut heard = None;
        loop {
            while let Some(message) = self.talk.as_mut().and_then(|talk| talk.unread.pop_front()) {
                if !expect.matches(&message) {
                    heard = Some(quoted(&message, &self.secrets));
                    continue;
                }
                if let Some(talk) = &mut self.talk {
                    talk.conversation.take(&step.take, &message);
                    let values = talk.conversation.scope().values.clone();
                    self.hide(&values);
                }
                return Ok(());
            }
            if let Some((announced, elsewhere)) = self.talk.as_mut().and_then(|talk| talk.ended.take()) {
                return Err(Ungreeted::Failed(GreetingFailure::Refused { step: number, announced }, elsewhere));
            }
            if let Some(close) = self.ended.take() {
                return Err(failed(GreetingFailure::Closed { step: number, close, heard }));
            }
            self.ended = tokio::select! {
                control = self.control.recv() => match control {
                    Some(Control::Cut) => {
                        let close = Close::abnormal(CloseCause::CutOnPurpose);
                        return Err(failed(GreetingFailure::Closed { step: number, close, heard }));
                    }
                    Some(Control::Ping(every)) => {
                        (self.pings, self.unanswered) = (every.map(pings), None);
                        None
                    }
                    Some(Control::Close) | None => return Err(Ungreeted::Closed(self.close(CLOSE_LIMIT).await)),
                },
                frame = self.stream.next() => self.receive(frame).await,
                () = sleep_until(deadline) => {
                    let expected = SafeText::new(&expect.to_string());
                    let failure = GreetingFailure::Missing { step: number, expected, within: step.within, heard };
                    return Err(failed(failure));
                }
            };
            // What it said before it ended may be what is waited for, or the reason.
            if self.ended.is_none() {
                self.ended = self.reply().await;
            }
        }
    }

    fn hide(&mut self, values: &Values) {
        self.secrets = std::mem::take(&mut self.secrets).hiding_values(values);
    }

    /// Sends what has to be answered.
    async fn reply(&mut self) -> Option<Close> {
        let replies = self.talk.as_mut().map(|talk| std::mem::take(&mut talk.replies)).unwrap_or_default();
        for reply in replies {
            if let Some(close) = self.send_text(&reply).await {
                return Some(close);
            }
        }
        None
    }

    /// Sends `text` as the service frames it.
    async fn send_text(&mut self, text: &str) -> Option<Close> {
        let frame = match &self.talk {
            Some(talk) => talk.conversation.framed(text),
            None => Zeroizing::new(text.to_owned()),
        };
        let now = self.recorder.clock().now();
        self.note(Direction::Out, MessageKind::Text, frame.as_bytes(), now);
        self.recorder.messages(&mut self.batch);
        self.write(Frame::text(frame.as_str()), now).await
    }

    /// Sends the service's heartbeat, unless the one before is still unanswered: then the connection is dead.
    async fn beat(&mut self) -> Option<Close> {
        let talk = self.talk.as_mut()?;
        let after = talk.heartbeat.as_ref().map(Interval::period).unwrap_or_default();
        match talk.conversation.heartbeat() {
            Some(text) => self.send_text(&text).await,
            None => Some(Close::abnormal(CloseCause::HeartbeatUnanswered { after })),
        }
    }

    async fn until_closed(&mut self) -> Close {
        let mut ping_number = 0;
        loop {
            let ended = tokio::select! {
                control = self.control.recv() => match control {
                    Some(Control::Close) => Some(self.close(CLOSE_LIMIT).await),
                    Some(Control::Cut) => Some(Close::abnormal(CloseCause::CutOnPurpose)),
                    Some(Control::Ping(every)) => {
                        (self.pings, self.unanswered) = (every.map(pings), None);
                        None
                    }
                    // The driver is gone, and so is everybody who could want the socket.
                    None => Some(self.close(CLOSE_LIMIT).await),
                },
                () = due(&mut self.pings) => match self.take_in_what_waits().await {
                    None => self.ping(&mut ping_number).await,
                    ended => ended,
                },
                turn = turn(&mut self.talk) => match turn {
                    Turn::Heartbeat => self.beat().await,
                    Turn::TooSilent(after) => Some(Close::abnormal(CloseCause::ServerSilent { after })),
                },
                Some(object) = self.outgoing.recv() => self.send(&object).await,
                frame = self.stream.next() => self.receive(frame).await,
            };
            if let Some(close) = ended {
                return close;
            }
            if self.talk.as_ref().is_some_and(|talk| talk.ended.is_some()) {
                return self.close(ANNOUNCED_LIMIT).await;
            }
            if let Some(close) = self.reply().await {
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
        self.send_text(object.as_str()).await
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
                Some(Ok(Frame::Text(text))) => {
                    self.note(Direction::In, MessageKind::Text, text.as_bytes(), now);
                    let head = &text.as_bytes()[..text.len().min(MAX_LAST_WORD)];
                    self.last_text = Some((now, Zeroizing::new(head.to_vec())));
                    self.hear(text.as_str());
                }
                Some(Ok(Frame::Binary(bytes))) => {
                    self.note(Direction::In, MessageKind::Binary, &bytes, now);
                    // Some services send their JSON so.
                    if let Ok(text) = std::str::from_utf8(&bytes) {
                        self.hear(text);
                    }
                }
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
        if ended.is_some() {
            self.tell_last_word(now);
        }
        if matches!(&ended, Some(close) if close.was_clean) {
            // Polling on sends the answering close frame and waits for the server to hang up.
            let _ = timeout(CLOSE_LIMIT, async { while let Some(Ok(_)) = self.stream.next().await {} }).await;
        }
        ended
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
        let Some(talk) = &mut self.talk else { return };
        if let Some((after, deadline)) = &mut talk.silence {
            *deadline = Instant::now() + *after;
        }
        let messages: Vec<String> = talk.conversation.messages(frame).into_iter().map(str::to_owned).collect();
        for message in messages {
            for reaction in talk.conversation.hear(&message, &self.secrets) {
                match reaction {
                    Reaction::Send(text) => talk.replies.push(text),
                    Reaction::End(announced, elsewhere) => talk.ended = Some((announced, elsewhere)),
                }
            }
            if talk.is_greeting {
                if talk.unread.len() == MAX_UNREAD {
                    talk.unread.pop_front();
                }
                talk.unread.push_back(Zeroizing::new(message));
            }
        }
    }

    fn pong(&mut self, payload: &[u8], now: Moment) {
        self.note(Direction::In, MessageKind::Pong, payload, now);
        if let Some(ping) = self.unanswered.take_if(|ping| payload == ping.number.to_be_bytes()) {
            let rtt = now.since(ping.sent);
            self.recorder.record(Source::Driver, Some(self.attempt), DriverEvent::Pong { rtt });
        }
    }

    /// Closes from this side: sends a close frame and waits for the answer, in bounded time.
    async fn close(&mut self, limit: Duration) -> Close {
        let deadline = Instant::now() + limit;
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

impl Talk {
    fn new(conversation: Conversation) -> Self {
        let (replies, unread) = (Vec::new(), VecDeque::new());
        Self { conversation, heartbeat: None, silence: None, replies, ended: None, unread, is_greeting: true }
    }

    /// The greeting is over: heartbeats go out, and silence counts.
    fn begin(&mut self) {
        self.is_greeting = false;
        self.unread.clear();
        self.heartbeat = self.conversation.heartbeat_every().map(|every| {
            let mut beats = interval_at(Instant::now() + every, every);
            beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
            beats
        });
        self.silence = self.conversation.silence().map(|after| (after, Instant::now() + after));
    }
}

/// Whose turn it is in a conversation.
enum Turn {
    /// The client's heartbeat is due.
    Heartbeat,
    /// The server has been silent for so long.
    TooSilent(Duration),
}

/// Waits until it is somebody's turn, for ever if it never is.
async fn turn(talk: &mut Option<Talk>) -> Turn {
    let Some(Talk { heartbeat, silence, .. }) = talk else { return std::future::pending().await };
    let silence = async {
        match silence {
            Some((after, deadline)) => {
                sleep_until(*deadline).await;
                *after
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = due(heartbeat) => Turn::Heartbeat,
        after = silence => Turn::TooSilent(after),
    }
}

/// Sends the requests between two messages of a greeting.
pub struct Requests {
    net: Net,
    traces: Mutex<Vec<TraceId>>,
    recorder: Recorder,
    attempt: AttemptId,
}

impl Requests {
    /// Over `net` in `attempt`, with one of `traces` each.
    pub fn new(net: Net, traces: Vec<TraceId>, recorder: Recorder, attempt: AttemptId) -> Self {
        Self { net, traces: Mutex::new(traces), recorder, attempt }
    }

    async fn send(&self, step: &Step, scope: &Scope) -> Result<Taken, RequestFailure> {
        let trace = self.traces.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let trace = trace.unwrap_or_else(|| TraceId::of(ReportId::of(0), 0));
        let event = DriverEvent::RequestSent { phase: Phase::Greeting, trace: trace.clone() };
        self.recorder.record(Source::Driver, Some(self.attempt), event);
        self.net.step(StepKind::Hello, step, scope, &trace).await
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
