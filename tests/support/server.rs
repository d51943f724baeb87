//! Servers that say exactly what a test tells them to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Far more than a request takes: a test that reaches it hangs.
const LIMIT: Duration = Duration::from_secs(90);

/// A server on a free loopback port that answers every request with the bytes that a function makes of it.
pub struct Server {
    pub address: SocketAddr,
    requests: mpsc::UnboundedReceiver<String>,
}

impl Server {
    pub async fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = listen().await;
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::unbounded_channel();
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer.clone(), sender.clone()));
            }
        });
        Self { address, requests }
    }

    /// The next request that arrived.
    pub async fn request(&mut self) -> String {
        timeout(LIMIT, self.requests.recv()).await.unwrap().unwrap()
    }
}

/// Answers the requests of one connection. An answer with `connection: close` is the last one.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    answer: Arc<impl Fn(&str) -> Vec<u8>>,
    requests: mpsc::UnboundedSender<String>,
) {
    while let Some(request) = read_request(&mut stream).await {
        let bytes = answer(&request);
        let _ = requests.send(request);
        if stream.write_all(&bytes).await.is_err() || bytes.windows(17).any(|part| part == b"connection: close") {
            break;
        }
    }
    let _ = stream.shutdown().await;
}

pub async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// A port on which nobody listens.
pub async fn closed_port() -> SocketAddr {
    listen().await.local_addr().unwrap()
}

/// A request with its body; `None` at the end of the stream.
pub async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received);
        if let Some(head) = text.find("\r\n\r\n")
            && text.len() >= head + 4 + header(&text, "content-length").map_or(0, |length| length.parse().unwrap())
        {
            return Some(text.into_owned());
        }
        if stream.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    }
}

/// A header of a request.
pub fn header(request: &str, name: &str) -> Option<String> {
    let pairs = request.lines().filter_map(|line| line.split_once(':'));
    pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next()
}

/// A whole answer: status line without version, further header lines, body.
pub fn answer(status: &str, headers: &[&str], body: &str) -> Vec<u8> {
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{lines}\r\n{body}", body.len()).into_bytes()
}

/// A handshake that accepts `request`, with `change` made to its text.
pub fn accept(request: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    let accept = derive_accept_key(header(request, "sec-websocket-key").unwrap().as_bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nconnection: keep-alive, Upgrade\r\n\
         sec-websocket-accept: {accept}\r\n\r\n"
    );
    change(head).into_bytes()
}
