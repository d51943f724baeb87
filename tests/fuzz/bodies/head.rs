//! What a server answers to the upgrade.

use std::io;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use ticketscope::driver::net::{Net, Scope};
use ticketscope::model::{Profile, Redactor, TraceId};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

static NET: LazyLock<Net> =
    LazyLock::new(|| Net::new(&Profile::local_demo(([127, 0, 0, 1], 1).into())).expect("a profile that can be used"));
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    // Whether a port that answers oddly speaks TLS is asked with a connection of its own.
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime needs nothing")
});

/// A server that says something whatever it hears. `{accept}` in it becomes the answer to the client's key.
pub struct Says {
    heard: Vec<u8>,
    says: Vec<u8>,
    at: usize,
}

impl Says {
    /// A server that says `says`.
    pub fn new(says: &[u8]) -> Self {
        Self { heard: Vec::new(), says: says.to_vec(), at: 0 }
    }

    fn accept(&mut self) {
        const MARK: &[u8] = b"{accept}";
        let heard = String::from_utf8_lossy(&self.heard);
        let key = heard.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap_or_default();
        if let Some(at) = self.says.windows(MARK.len()).position(|part| part == MARK) {
            self.says.splice(at..at + MARK.len(), derive_accept_key(key.trim().as_bytes()).into_bytes());
        }
    }
}

impl AsyncRead for Says {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.at == 0 {
            self.accept();
        }
        let this = &mut *self;
        let length = (this.says.len() - this.at).min(buffer.remaining());
        buffer.put_slice(&this.says[this.at..this.at + length]);
        this.at += length;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Says {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.heard.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// For an upgrade that needs no ticket.
pub fn scope() -> Scope {
    Scope { elsewhere: Some("ws://127.0.0.1:1/ws".to_owned().into()), ..Scope::default() }
}

/// The bytes are what the server says.
pub fn body(data: &[u8]) {
    let (trace, mut secrets) = (TraceId::new(1, 1), Redactor::default());
    let scope = scope();
    let mut report = |_| {};
    let upgraded = NET.upgrade(Says::new(data), &scope, None, &trace, &mut secrets, &mut report);
    if let Err(failure) = RUNTIME.block_on(upgraded) {
        assert!(!failure.to_string().chars().any(char::is_control), "what is told of it can be printed: {failure}");
    }
}
