//! What a WebSocket runs over.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::wire::{FaultyStream, Reading, WireFaults};

/// A connection to the server, plain or inside TLS, possibly through a proxy.
///
/// Dropping it, or the WebSocket around it, ends the TCP connection at once, without a close frame.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    peer: SocketAddr,
    line: Box<FaultyStream>,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    pub(super) fn plain(stream: TcpStream, peer: SocketAddr) -> Self {
        Self::over(Stream::Plain(stream), peer)
    }

    pub(super) fn tls(stream: TlsStream<TcpStream>, peer: SocketAddr) -> Self {
        Self::over(Stream::Tls(Box::new(stream)), peer)
    }

    fn over(stream: Stream, peer: SocketAddr) -> Self {
        // The jitter of a connection is the same each time; which connection comes when is not up to chance.
        Self { stream, peer, line: Box::new(FaultyStream::new(0)) }
    }

    /// Where faults act on its bytes.
    pub fn wire(&self) -> WireFaults {
        self.line.wire()
    }

    fn tcp(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream.get_ref().0,
        }
    }

    /// Where the TCP connection leads: the server, or the proxy if there is one.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }
}

macro_rules! with_stream {
    ($connection:ident, $stream:ident => $call:expr) => {
        match &mut $connection.stream {
            Stream::Plain(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
            Stream::Tls(stream) => {
                let $stream = Pin::new(stream.as_mut());
                $call
            }
        }
    };
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match with_stream!(this, stream => this.line.poll_read(cx, stream, buffer)) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(Reading::Done)) => Poll::Ready(Ok(())),
            Poll::Ready(Ok(Reading::Reset)) => {
                // With nothing lingering, the end of the stream is a reset for the server too.
                let _ = this.tcp().set_zero_linger();
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            // TLS without `close_notify`. What a WebSocket lacks at its end, its own framing tells.
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        with_stream!(this, stream => this.line.poll_write(cx, stream, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        with_stream!(this, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        with_stream!(this, stream => stream.poll_shutdown(cx))
    }
}
