//! A local server and somebody who uses it properly.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use ticketscope::backend::{Config, LogLine, Server};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything takes, on any machine.
pub const LIMIT: Duration = Duration::from_secs(20);
/// The origin that the default configuration allows.
pub const ORIGIN: &str = "http://localhost:4200";
/// A message that is answered.
pub const SUBSCRIBE: &str = r#"{"v":1,"type":"subscribe","channel":"search","requestId":"r-1"}"#;

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server, its log, and an HTTP client.
pub struct Bench {
    pub server: Server,
    pub lines: mpsc::Receiver<LogLine>,
    pub http: reqwest::Client,
}

impl Bench {
    pub async fn new(config: Config) -> Self {
        let (server, lines) = Server::start(config).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().timeout(LIMIT).build().unwrap();
        Self { server, lines, http }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.address())).header("x-trace-id", "trace-1")
    }

    pub fn ask_ticket(&self, jwt: &str) -> RequestBuilder {
        self.request(Method::GET, "/api/v1/ws-ticket").header("authorization", format!("Bearer {jwt}"))
    }

    pub async fn token(&self) -> String {
        let (status, answer) = send(self.request(Method::POST, "/api/v1/auth/token").body("{}")).await;
        assert_eq!(status, 200, "{answer}");
        answer["token"].as_str().unwrap().to_owned()
    }

    pub async fn ticket(&self) -> String {
        let (status, answer) = send(self.ask_ticket(&self.token().await)).await;
        assert_eq!(status, 200, "{answer}");
        answer["ticket"].as_str().unwrap().to_owned()
    }

    /// A WebSocket to `/ws` with `query`.
    pub async fn dial(&self, ticket: &str) -> Socket {
        dial(self.address(), &format!("?ticket={ticket}"), Some(ORIGIN)).await
    }

    pub async fn connect(&self) -> Socket {
        self.dial(&self.ticket().await).await
    }

    /// The next log line that begins with `start`.
    pub async fn line(&mut self, start: &str) -> String {
        let wait = async {
            while let Some(line) = self.lines.recv().await {
                if line.text.as_str().starts_with(start) {
                    return line.text.as_str().to_owned();
                }
            }
            panic!("the log ended without {start:?}");
        };
        timeout(LIMIT, wait).await.unwrap_or_else(|_| panic!("no log line {start:?}"))
    }
}

/// Status and JSON of an answer.
pub async fn send(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

/// Status and code of an answer that must be the contract's error.
pub async fn refusal(request: RequestBuilder) -> (u16, String) {
    let (status, answer) = send(request).await;
    assert_eq!(answer["traceId"], "trace-1", "{answer}");
    assert!(answer["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer}");
    (status, answer["code"].as_str().unwrap().to_owned())
}

pub async fn dial(address: SocketAddr, query: &str, origin: Option<&str>) -> Socket {
    try_dial(address, query, origin).await.unwrap()
}

/// As [`dial`], for upgrades that may be refused.
pub async fn try_dial(address: SocketAddr, query: &str, origin: Option<&str>) -> Result<Socket, Error> {
    let mut request = format!("ws://{address}/ws{query}").into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    request.headers_mut().insert("x-trace-id", "trace-ws".parse().unwrap());
    timeout(LIMIT, connect_async(request)).await.unwrap().map(|(socket, _)| socket)
}

/// The next message that is not a ping.
pub async fn receive(socket: &mut Socket) -> Message {
    let wait = async {
        loop {
            match socket.next().await.expect("the connection ends with a close frame").unwrap() {
                Message::Ping(_) => {}
                message => return message,
            }
        }
    };
    timeout(LIMIT, wait).await.expect("a message arrives")
}

/// Code and reason of the close frame that must come next.
pub async fn closed(socket: &mut Socket) -> (u16, String) {
    match receive(socket).await {
        Message::Close(Some(CloseFrame { code, reason })) => (code.into(), reason.to_string()),
        other => panic!("expected a close frame, got {other:?}"),
    }
}

/// Whether the server answers messages on `socket`, rather than close it.
pub async fn is_accepted(socket: &mut Socket) -> bool {
    // A server that closes at once may be gone by now.
    let _ = socket.send(Message::text(SUBSCRIBE)).await;
    match receive(socket).await {
        Message::Text(answer) => answer == SUBSCRIBE.replace("subscribe", "event"),
        _ => false,
    }
}

/// What [`closed`] is to return.
pub fn close(code: u16, reason: &str) -> (u16, String) {
    (code, reason.to_owned())
}
