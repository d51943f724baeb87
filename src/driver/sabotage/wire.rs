//! What a fault does to the bytes between client and server: it delays, cuts up, loses, adds and ends.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::driver::net::Connection;
use crate::faults::{Fault, FaultKind};

/// Bytes that wait for their time, at most; the rest waits in the system's buffer.
const MAX_DELAYED: usize = 64 << 10;
/// Bytes taken in at one go while they are delayed.
const PIECE: usize = 16 << 10;
/// A close frame's reason, at most (RFC 6455 §5.5).
const MAX_REASON: usize = 123;

/// The faults of a connection, which can be changed while it is in use. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct WireFaults(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    delay: Duration,
    jitter: Duration,
    bytes_per_second: Option<u32>,
    slice: Option<usize>,
    /// Nothing arrives.
    deaf: bool,
    /// Nothing that is sent leaves.
    mute: bool,
    /// What arrives before anything else.
    injected: BytesMut,
    ending: Option<Ending>,
    waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug)]
enum Ending {
    Fin,
    Reset,
}

impl WireFaults {
    /// `fault` acts from now on; one that does not act on the wire changes nothing.
    pub fn apply(&self, fault: &Fault) {
        let mut plan = self.plan();
        match fault {
            Fault::Latency { delay, jitter } => (plan.delay, plan.jitter) = (*delay, *jitter),
            Fault::Bandwidth { bytes_per_second } => plan.bytes_per_second = Some(*bytes_per_second),
            Fault::Slices { bytes } => plan.slice = usize::try_from(*bytes).ok(),
            Fault::UpgradeSilent | Fault::BlackHole => (plan.deaf, plan.mute) = (true, true),
            Fault::NoPong => plan.mute = true,
            Fault::CutFin => plan.ending = Some(Ending::Fin),
            Fault::CutReset => plan.ending = Some(Ending::Reset),
            Fault::UpgradeStatus { status } => {
                plan.answer(&format!("{status} Refused on purpose"), "Content-Length: 0")
            }
            Fault::WrongAcceptKey => plan.answer(
                "101 Switching Protocols",
                // The key and answer of RFC 6455 §1.3.
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            ),
            Fault::Close { code, reason } => {
                let mut reason = reason.as_str().to_owned();
                reason.truncate(reason.floor_char_boundary(MAX_REASON));
                let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
                plan.frame(0x88, &payload);
            }
            // Reserved bits and a reserved opcode.
            Fault::Junk => plan.injected.extend_from_slice(&[0xff; 64]),
            Fault::Flood { messages } => {
                for number in 0..(*messages).min(Fault::MAX_FLOOD) {
                    plan.frame(0x81, &[Fault::FLOOD_START, format!("{number}}}").as_bytes()].concat());
                }
            }
            _ => {}
        }
        if let Some(waker) = plan.waker.take() {
            waker.wake();
        }
    }

    /// A fault that shapes the wire is over.
    pub fn lift(&self, kind: FaultKind) {
        let mut plan = self.plan();
        match kind {
            FaultKind::Latency => (plan.delay, plan.jitter) = Default::default(),
            FaultKind::Bandwidth => plan.bytes_per_second = None,
            FaultKind::Slices => plan.slice = None,
            _ => {}
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    /// The server hears nothing, and its answer is this one.
    fn answer(&mut self, status: &str, headers: &str) {
        self.mute = true;
        self.deaf = true;
        self.injected.extend_from_slice(format!("HTTP/1.1 {status}\r\n{headers}\r\n\r\n").as_bytes());
    }

    /// An unmasked frame whose first byte is `first` (RFC 6455 §5.2).
    fn frame(&mut self, first: u8, payload: &[u8]) {
        // No payload here is longer than a control frame's may be, so that one byte tells its length.
        let length = u8::try_from(payload.len()).unwrap_or(u8::MAX).min(125);
        self.injected.extend_from_slice(&[first, length]);
        self.injected.extend_from_slice(&payload[..usize::from(length)]);
    }

    fn delays(&self) -> bool {
        !self.delay.is_zero() || self.bytes_per_second.is_some() || self.slice.is_some()
    }
}

/// The client's end of a wire that faults can act on.
#[derive(Debug)]
pub struct FaultyStream {
    connection: Connection,
    wire: WireFaults,
    rng: ChaCha8Rng,
    delayed: VecDeque<(Instant, Bytes)>,
    /// Bytes in `delayed`.
    held: usize,
    last_release: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    /// How the stream ended, behind what is delayed.
    end: Option<io::Result<()>>,
}

impl FaultyStream {
    /// `connection`, on which none acts yet.
    pub fn over(connection: Connection) -> Self {
        Self {
            connection,
            wire: WireFaults::default(),
            // The jitter of a connection is the same each time; which connection comes when is not up to chance.
            rng: ChaCha8Rng::seed_from_u64(0),
            delayed: VecDeque::new(),
            held: 0,
            last_release: Instant::now(),
            timer: None,
            end: None,
        }
    }

    /// Where its faults are changed.
    pub fn wire(&self) -> WireFaults {
        self.wire.clone()
    }

    /// Takes in what has arrived and sets the time of each piece.
    fn hold_back(&mut self, cx: &mut Context<'_>, plan: &Plan) {
        let mut piece = [0; PIECE];
        // Where bytes have a price, each slice has its own time.
        let size = plan.slice.filter(|_| plan.bytes_per_second.is_some()).unwrap_or(PIECE).min(PIECE);
        while self.end.is_none() && self.held < MAX_DELAYED {
            let mut read = ReadBuf::new(&mut piece[..size]);
            match Pin::new(&mut self.connection).poll_read(cx, &mut read) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) if !read.filled().is_empty() => {
                    let bytes = Bytes::copy_from_slice(read.filled());
                    let mut at = (Instant::now() + self.delay(plan)).max(self.last_release);
                    if let Some(rate) = plan.bytes_per_second {
                        at += Duration::from_secs_f64(bytes.len() as f64 / f64::from(rate.max(1)));
                    }
                    self.last_release = at;
                    self.held += bytes.len();
                    self.delayed.push_back((at, bytes));
                }
                Poll::Ready(end) => self.end = Some(end),
            }
        }
    }

    /// `delay ± jitter`, drawn uniformly.
    fn delay(&mut self, plan: &Plan) -> Duration {
        let share = f64::from(self.rng.next_u32()) / f64::from(u32::MAX);
        (plan.delay + plan.jitter.mul_f64(2.0 * share)).saturating_sub(plan.jitter)
    }

    /// Gives out what is due, at most `most` bytes.
    fn release(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>, most: usize) -> Poll<io::Result<()>> {
        let Some((at, bytes)) = self.delayed.front_mut() else {
            return match self.end.take() {
                Some(end) => Poll::Ready(end),
                None => Poll::Pending,
            };
        };
        if *at > Instant::now() {
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(*at)));
            timer.as_mut().reset(*at);
            ready!(timer.as_mut().poll(cx));
        }
        let length = bytes.len().min(buffer.remaining()).min(most);
        buffer.put_slice(&bytes[..length]);
        bytes.advance(length);
        self.held -= length;
        if bytes.is_empty() {
            self.delayed.pop_front();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for FaultyStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let wire = this.wire.clone();
        let mut plan = wire.plan();
        if plan.waker.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker())) {
            plan.waker = Some(cx.waker().clone());
        }
        match plan.ending {
            Some(Ending::Fin) => return Poll::Ready(Ok(())),
            Some(Ending::Reset) => {
                // The end of the stream is a reset for the server too, unless the system has no such thing.
                let _ = this.connection.reset_on_drop();
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            None => {}
        }
        if !plan.injected.is_empty() {
            let length = plan.injected.len().min(buffer.remaining()).min(plan.slice.unwrap_or(usize::MAX));
            buffer.put_slice(&plan.injected[..length]);
            plan.injected.advance(length);
            return Poll::Ready(Ok(()));
        }
        if plan.deaf {
            return Poll::Pending;
        }
        if !plan.delays() && this.delayed.is_empty() && this.end.is_none() {
            drop(plan);
            return Pin::new(&mut this.connection).poll_read(cx, buffer);
        }
        this.hold_back(cx, &plan);
        let most = plan.slice.unwrap_or(usize::MAX);
        drop(plan);
        this.release(cx, buffer, most)
    }
}

impl AsyncWrite for FaultyStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let (mute, slice) = {
            let plan = self.wire.plan();
            (plan.mute, plan.slice)
        };
        if mute {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.connection).poll_write(cx, &bytes[..bytes.len().min(slice.unwrap_or(usize::MAX))])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(cx)
    }
}

/// Whether `message` is one of a flood.
pub fn is_simulated(message: &[u8]) -> bool {
    message.starts_with(Fault::FLOOD_START)
}
