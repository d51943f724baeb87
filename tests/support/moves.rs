//! Servers that do exactly what a situation wants: for each request a list of moves.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::StreamExt as _;
use ticketscope::clock::utc_now;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::Role;

pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// `{"alg":"HS256"}`, `{"sessionId":"sess_0123456789abcdef","exp":4102444800}` and no signature worth the name.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJzZXNzXzAxMjM0NTY3ODlhYmNkZWYiLCJleHAiOjQxMDI0NDQ4MDB9.";

/// The routes of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Token,
    Ticket,
    Socket,
    Health,
    /// What a browser asks before it asks for a token or a ticket.
    Preflight,
    /// What only a proxy is asked.
    Tunnel,
    Other,
}

/// What a server does next on a connection.
#[derive(Clone)]
pub enum Move {
    Say(Vec<u8>),
    Wait(Duration),
    /// A byte now and then, for ever.
    Drip,
    /// Nothing more; the connection stays.
    Silence,
    /// The right answer to the upgrade.
    Accept,
    /// A WebSocket server that answers pings until the client goes.
    Serve,
    /// The same for so long.
    ServeFor(Duration),
    /// The end of the connection (FIN).
    End,
    /// The end of the connection (RST).
    Reset,
    /// Passes everything on to another server.
    Tunnel(SocketAddr),
    Do(Arc<dyn Fn() + Send + Sync>),
}

/// A request: its route, how many requests (preflights do not count) there were before, and its text.
pub struct Request {
    pub route: Route,
    pub number: usize,
    pub text: String,
}

/// What is done for a request; `None` is what the contract says.
pub trait Play: Fn(&Request) -> Option<Vec<Move>> + Send + Sync + 'static {}

impl<F: Fn(&Request) -> Option<Vec<Move>> + Send + Sync + 'static> Play for F {}

/// Starts a server at a free port of `ip`; it runs as long as the test.
pub async fn serve(ip: IpAddr, tls: Option<TlsAcceptor>, play: impl Play) -> SocketAddr {
    let listener = TcpListener::bind((ip, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve_at(listener, tls, play));
    address
}

/// The same at `listener`; its connections end with this.
pub async fn serve_at(listener: TcpListener, tls: Option<TlsAcceptor>, play: impl Play) {
    let (play, count) = (Arc::new(play), Arc::new(AtomicUsize::new(0)));
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (play, count, tls) = (Arc::clone(&play), Arc::clone(&count), tls.clone());
        connections.spawn(async move {
            // A client that has gone ends its connection and nothing else.
            let _ = match tls {
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => talk(stream, &*play, &count).await,
                    Err(error) => Err(error),
                },
                None => talk(stream, &*play, &count).await,
            };
        });
    }
}

/// A server that makes the same moves on every connection, before it has heard anything.
pub async fn blurt(ip: IpAddr, moves: Vec<Move>) -> SocketAddr {
    let listener = TcpListener::bind((ip, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let moves = moves.clone();
            tokio::spawn(async move {
                for step in moves {
                    if !matches!(make(&mut stream, step, "").await, Ok(true)) {
                        return;
                    }
                }
            });
        }
    });
    address
}

trait Link: AsyncRead + AsyncWrite + Unpin + Send {
    fn tcp(&self) -> &TcpStream;
}

impl Link for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Link for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

async fn talk(mut stream: impl Link, play: &impl Play, count: &AtomicUsize) -> io::Result<()> {
    while let Some(text) = read_request(&mut stream).await? {
        let route = route(&text);
        let number = count.fetch_add(usize::from(route != Route::Preflight), Ordering::Relaxed);
        let request = Request { route, number, text };
        for step in play(&request).unwrap_or_else(|| contract(&request)) {
            if !make(&mut stream, step, &request.text).await? {
                return stream.shutdown().await;
            }
        }
    }
    Ok(())
}

/// Makes one move; says whether the connection goes on.
async fn make(stream: &mut impl Link, step: Move, request: &str) -> io::Result<bool> {
    match step {
        Move::Say(bytes) => stream.write_all(&bytes).await?,
        Move::Wait(time) => sleep(time).await,
        Move::Drip => loop {
            sleep(Duration::from_millis(50)).await;
            stream.write_all(b"x").await?;
        },
        Move::Silence => {
            while stream.read(&mut [0; 1024]).await? > 0 {}
            return Ok(false);
        }
        Move::Accept => {
            let key = header(request, "sec-websocket-key").unwrap_or_default();
            let accept = derive_accept_key(key.as_bytes());
            let head = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {accept}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await?;
        }
        Move::Serve => {
            answer_pings(stream).await;
            return Ok(false);
        }
        Move::ServeFor(time) => return Ok(timeout(time, answer_pings(stream)).await.is_err()),
        Move::End => return Ok(false),
        Move::Reset => {
            stream.tcp().set_zero_linger()?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Move::Tunnel(address) => {
            let mut server = TcpStream::connect(address).await?;
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            tokio::io::copy_bidirectional(stream, &mut server).await?;
            return Ok(false);
        }
        Move::Do(act) => act(),
    }
    Ok(true)
}

async fn answer_pings(stream: &mut impl Link) {
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    while let Some(Ok(_)) = socket.next().await {}
}

/// What the contract says (§1), with the `Date` of this computer.
pub fn contract(request: &Request) -> Vec<Move> {
    match request.route {
        Route::Socket => vec![Move::Accept, Move::Serve],
        Route::Health => vec![json(200, r#"{"status":"UP","checks":{"server":"UP","redis":"UP"}}"#)],
        Route::Token => vec![token(&format!("{}", request.number))],
        Route::Ticket => vec![ticket(&format!("{:032x}", request.number), 30)],
        Route::Preflight => vec![answer(204, &[ALLOW_ORIGIN, ALLOW_CREDENTIALS, ALLOW_METHODS, ALLOW_HEADERS], "")],
        Route::Tunnel | Route::Other => vec![json(404, r#"{"code":"NOT_FOUND"}"#)],
    }
}

/// A JWT of the contract with this signature.
pub fn token(signature: &str) -> Move {
    json(200, &format!(r#"{{"token":"{TOKEN}{signature}","sessionId":"sess_0123456789abcdef"}}"#))
}

/// A ticket that lives for so many seconds.
pub fn ticket(ticket: &str, lives: u32) -> Move {
    json(200, &format!(r#"{{"ticket":"{ticket}","expiresInSeconds":{lives}}}"#))
}

/// What lets a page of the web app's read an answer (Fetch standard, "CORS protocol").
pub const ALLOW_ORIGIN: &str = "access-control-allow-origin: http://localhost:4200";
pub const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials: true";
const ALLOW_METHODS: &str = "access-control-allow-methods: GET, POST";
const ALLOW_HEADERS: &str = "access-control-allow-headers: authorization, content-type, x-trace-id";

/// An answer of the API's own, which the web app can read.
pub fn json(status: u16, body: &str) -> Move {
    answer(status, &["content-type: application/json", ALLOW_ORIGIN, ALLOW_CREDENTIALS], body)
}

pub fn code(status: u16, code: &str) -> Move {
    json(status, &format!(r#"{{"code":"{code}","message":"no"}}"#))
}

pub fn html(status: u16, title: &str) -> Move {
    let page = format!("<!doctype html><html><head><title>{title}</title></head><body>{title}</body></html>");
    answer(status, &["content-type: text/html"], &page)
}

/// A whole answer, with these headers.
pub fn answer(status: u16, headers: &[&str], body: &str) -> Move {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let (date, length) = (http_date(TimeDelta::zero()), body.len());
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    // What has no content has no length either (RFC 9110 §8.6).
    let length = if status == 204 { String::new() } else { format!("content-length: {length}\r\n") };
    Move::Say(format!("HTTP/1.1 {status} {reason}\r\ndate: {date}\r\n{length}{headers}\r\n{body}").into())
}

/// The `Date` of a server whose clock is `ahead` of this computer's.
pub fn http_date(ahead: TimeDelta) -> String {
    (utc_now() + ahead).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A close frame of a server (RFC 6455 §5.5.1).
pub fn close(code: u16, reason: &str) -> Move {
    let length = u8::try_from(reason.len() + 2).unwrap();
    Move::Say([&[0x88, length], &code.to_be_bytes()[..], reason.as_bytes()].concat())
}

fn route(request: &str) -> Route {
    let mut words = request.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match target.split('?').next().unwrap_or_default() {
        _ if method == "CONNECT" => Route::Tunnel,
        _ if method == "OPTIONS" => Route::Preflight,
        path if path.ends_with("/api/v1/auth/token") => Route::Token,
        path if path.ends_with("/api/v1/ws-ticket") => Route::Ticket,
        path if path.ends_with("/ws") => Route::Socket,
        path if path.ends_with("/healthz") => Route::Health,
        _ => Route::Other,
    }
}

pub fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let pairs = request.lines().filter_map(|line| line.split_once(':'));
    pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

/// A request with its body; `None` at the end of the stream.
async fn read_request(stream: &mut impl Link) -> io::Result<Option<String>> {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received);
        let length = header(&text, "content-length").and_then(|length| length.parse::<usize>().ok());
        if text.find("\r\n\r\n").is_some_and(|head| text.len() >= head + 4 + length.unwrap_or(0)) {
            return Ok(Some(text.into_owned()));
        }
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(None);
        }
    }
}
