//! Frames in and out of an open connection: what waits to be sent never keeps anybody from hearing.

use std::future::{pending, poll_fn};
use std::task::Poll;
use std::time::Duration;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as WireCode;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};

use crate::driver::net::{MAX_EMPTY_FRAGMENTS, Oddity, OpenSocket, TooManyFragments};
use crate::model::failure::{IoCause, ProtocolFault};
use crate::model::{CloseCause, SafeText};

/// How long the other side may take nothing at all of what waits to be sent.
const WRITE_LIMIT: Duration = Duration::from_secs(15);
/// How long an answer to a protocol fault may take.
const REFUSAL_LIMIT: Duration = Duration::from_secs(1);

/// An open connection.
pub struct FrameStream<S> {
    stream: OpenSocket<S>,
    /// Since when something waits to be sent.
    unsent_since: Option<Instant>,
}

/// What [`FrameStream::next`] was waited for.
pub enum Progress {
    /// A frame, or the end.
    Arrived(Arrival),
    /// All that waited has been sent.
    Sent,
    /// Nothing of what waits is taken.
    Stuck,
}

/// A frame, or how the connection ended.
pub type Arrival = Result<Frame, CloseCause>;

impl<S: AsyncRead + AsyncWrite + Unpin> FrameStream<S> {
    /// Over `stream`.
    pub fn new(stream: OpenSocket<S>) -> Self {
        Self { stream, unsent_since: None }
    }

    /// Whether something waits to be sent.
    pub fn is_sending(&self) -> bool {
        self.unsent_since.is_some()
    }

    /// Puts `frame` behind what waits to be sent; it goes out while [`next`](Self::next) is waited for.
    ///
    /// # Errors
    /// The connection has ended, or so much waits that the other side must have stopped reading.
    pub fn send(&mut self, frame: Frame) -> Result<(), CloseCause> {
        self.unsent_since.get_or_insert_with(Instant::now);
        // The library keeps what cannot be written at once, up to a limit, so that there is no need to wait until it is ready.
        self.stream.start_send_unpin(frame).map_err(cause)
    }

    /// What comes next. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Progress {
        let Self { stream, unsent_since } = self;
        let stuck_at = unsent_since.map(|since| since + WRITE_LIMIT);
        let progress = poll_fn(|cx| {
            if unsent_since.is_some()
                && let Poll::Ready(sent) = stream.poll_flush_unpin(cx)
            {
                *unsent_since = None;
                return Poll::Ready(
                    sent.map_or_else(|error| Progress::Arrived(Err(cause(error))), |()| Progress::Sent),
                );
            }
            stream.poll_next_unpin(cx).map(|frame| Progress::Arrived(arrival(frame, stream.get_ref().oddity())))
        });
        tokio::select! {
            biased;
            progress = progress => progress,
            () = until(stuck_at) => Progress::Stuck,
        }
    }

    /// What has arrived already, if anything has.
    pub fn try_next(&mut self) -> Option<Arrival> {
        let frame = self.stream.next().now_or_never()?;
        Some(arrival(frame, self.stream.get_ref().oddity()))
    }

    /// What comes next, once all that waits has been sent or while it is.
    pub async fn arrived(&mut self) -> Arrival {
        let frame = self.stream.next().await;
        arrival(frame, self.stream.get_ref().oddity())
    }

    /// Reads on until the other side has hung up, for so long at most.
    pub async fn hung_up(&mut self, limit: Duration) {
        let deadline = Instant::now() + limit;
        // Whoever never stops sending leaves no time for a timer.
        while Instant::now() < deadline && matches!(timeout_at(deadline, self.arrived()).await, Ok(Ok(_))) {}
    }

    /// Sends a close frame.
    ///
    /// # Errors
    /// The connection has ended.
    pub async fn close(&mut self, code: WireCode) -> Result<(), CloseCause> {
        self.stream.close(Some(CloseFrame { code, reason: "".into() })).await.map_err(cause)
    }

    /// Answers `fault` with a close frame that names it, and ends the connection in bounded time (RFC 6455 §7.1.7).
    pub async fn refuse(&mut self, fault: &ProtocolFault) {
        let code = match fault {
            ProtocolFault::TooLong { .. } | ProtocolFault::EmptyFragments { .. } => WireCode::Size,
            ProtocolFault::NotUtf8 => WireCode::Invalid,
            ProtocolFault::ReservedBits
            | ProtocolFault::Compressed
            | ProtocolFault::Http
            | ProtocolFault::ReservedOpcode(_)
            | ProtocolFault::Masked
            | ProtocolFault::ControlFrame
            | ProtocolFault::Fragments
            | ProtocolFault::CloseFrame
            | ProtocolFault::CloseCode { .. }
            | ProtocolFault::Other(_) => WireCode::Protocol,
        };
        let refusal = async {
            // It may fail while the other side has not read all of it; what was written arrives all the same.
            let _ = self.close(code).await;
            let connection = self.stream.get_mut();
            let _ = connection.shutdown().await;
            // What is left unread would reset the connection, and the other side would never see the frame.
            let mut rest = [0; 4 << 10];
            while connection.read(&mut rest).await.ok()? > 0 {}
            Some(())
        };
        let _ = timeout(REFUSAL_LIMIT, refusal).await;
    }

    /// Code and reason of the close frame that has arrived; a frame without a code has none. The library replaces codes that
    /// no server may send.
    pub fn close_frame(&self) -> Option<(u16, &[u8])> {
        let (code, reason) = self.stream.get_ref().close_body()?.split_first_chunk()?;
        Some((u16::from_be_bytes(*code), reason))
    }
}

/// Waits until `deadline`, for ever without one.
pub async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

fn arrival(frame: Option<Result<Frame, Error>>, oddity: Option<Oddity>) -> Arrival {
    frame.unwrap_or(Err(Error::ConnectionClosed)).map_err(|error| refined(cause(error), oddity))
}

/// `cause` in the light of what was odd: the library waits for the whole of a frame that is none.
fn refined(cause: CloseCause, oddity: Option<Oddity>) -> CloseCause {
    match (oddity, &cause) {
        (Some(Oddity::Http), CloseCause::Protocol(_) | CloseCause::EndOfStream | CloseCause::Io(_)) => {
            CloseCause::Protocol(ProtocolFault::Http)
        }
        (Some(Oddity::Compressed), CloseCause::Protocol(ProtocolFault::ReservedBits)) => {
            CloseCause::Protocol(ProtocolFault::Compressed)
        }
        (Some(_) | None, _) => cause,
    }
}

fn cause(error: Error) -> CloseCause {
    match error {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        | Error::ConnectionClosed
        | Error::AlreadyClosed => CloseCause::EndOfStream,
        Error::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<TooManyFragments>()) => {
            CloseCause::Protocol(ProtocolFault::EmptyFragments { limit: MAX_EMPTY_FRAGMENTS })
        }
        Error::Io(error) => CloseCause::Io(IoCause::of(&error)),
        // Whoever reads nothing answers nothing.
        Error::WriteBufferFull(_) => CloseCause::Io(IoCause::NoAnswer),
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
