//! A server that stands in for a vendor's: requests, upgrades, and a conversation for each socket.

#![expect(clippy::disallowed_methods, reason = "a server of its own, on threads of its own")]

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};
use url::Url;

use crate::watcher::LIMIT;

/// The credential that every stand-in accepts.
pub const GOOD: &str = "good-0123456789abcdef";

/// How often a conversation looks whether something is due.
const TURN: Duration = Duration::from_millis(50);

/// What a vendor's server does.
pub trait Service: Send + Sync + 'static {
    /// Answers a request that is no upgrade.
    fn http(&self, _request: &Request) -> Answer {
        Answer::empty(404)
    }

    /// Takes an upgrade, with a subprotocol if the server chooses one, or refuses it.
    fn upgrade(&self, _request: &Request) -> Result<Option<&'static str>, Answer> {
        Ok(None)
    }

    /// Talks over a socket until its end.
    fn talk(&self, request: &Request, peer: &mut Peer) -> Result<(), Gone>;
}

/// How the server is on the day of the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should be.
    Well,
    /// It opens sockets and does not say what it has to.
    NoGreeting,
    /// After the greeting it says nothing more, and answers nothing.
    Silent,
}

/// The limits of a server.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a client may be silent.
    pub silence: Duration,
    /// How long the first connection lasts before the server ends it. All others last.
    pub first_lasts: Duration,
    pub mood: Mood,
}

impl Default for Limits {
    fn default() -> Self {
        Self { silence: Duration::from_secs(4), first_lasts: Duration::from_secs(5), mood: Mood::Well }
    }
}

impl Limits {
    pub fn with_mood(mood: Mood) -> Self {
        Self { mood, ..Self::default() }
    }

    /// As [`Default`], for clients that are silent.
    pub fn impatient() -> Self {
        Self { silence: Duration::from_secs(1), first_lasts: LIMIT, mood: Mood::Well }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub body: String,
    /// Where the server listens.
    pub server: SocketAddr,
    headers: BTreeMap<String, String>,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn parameter(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path == path
    }

    /// The token after `Bearer`.
    pub fn bearer(&self) -> &str {
        self.header("authorization").strip_prefix("Bearer ").unwrap_or_default()
    }

    /// The fields of a form; none of a body that is none.
    pub fn form(&self) -> BTreeMap<String, String> {
        let is_form = self.header("content-type").starts_with("application/x-www-form-urlencoded");
        if is_form { pairs(&self.body) } else { BTreeMap::new() }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    pub fn offers(&self, protocol: &str) -> bool {
        self.header("sec-websocket-protocol").split(',').any(|offered| offered.trim() == protocol)
    }
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let url = Url::parse(&format!("http://x/?{text}")).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// An answer.
pub struct Answer {
    status: u16,
    headers: String,
    body: String,
}

impl Answer {
    pub fn json(status: u16, body: impl std::fmt::Display) -> Self {
        Self { status, headers: "content-type: application/json\r\n".to_owned(), body: body.to_string() }
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: String::new(), body: String::new() }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(self, header: &str) -> Self {
        Self { headers: format!("{}{header}\r\n", self.headers), ..self }
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self { status, headers: "content-type: text/plain\r\n".to_owned(), body: body.to_owned() }
    }
}

/// Tickets that are good for one connection.
#[derive(Default)]
pub struct Tickets(Mutex<(u32, Vec<String>)>);

impl Tickets {
    /// A new one.
    pub fn issue(&self, prefix: &str) -> String {
        let (issued, valid) = &mut *self.0.lock().unwrap();
        *issued += 1;
        valid.push(format!("{prefix}{issued}-0123456789abcdef"));
        valid.last().unwrap().clone()
    }

    /// Whether `ticket` was valid; it is not any more.
    pub fn spend(&self, ticket: &str) -> bool {
        let valid = &mut self.0.lock().unwrap().1;
        let found = valid.iter().position(|it| it == ticket);
        found.map(|index| valid.remove(index)).is_some()
    }

    pub fn issued(&self) -> u32 {
        self.0.lock().unwrap().0
    }
}

/// The client is gone.
#[derive(Debug)]
pub struct Gone;

/// What a server says of itself, and how often.
type Beat<'a> = (Duration, &'a mut dyn FnMut(&mut Peer) -> Result<(), Gone>);

/// A running stand-in.
pub struct StandIn<S> {
    pub address: SocketAddr,
    pub service: Arc<S>,
}

impl<S: Service> StandIn<S> {
    pub fn start(service: S) -> Self {
        Self::at("127.0.0.1:0", service)
    }

    pub fn at(address: &str, service: S) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let service = Arc::new(service);
        let (serving, sockets) = (Arc::clone(&service), Arc::new(Mutex::new(0)));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (service, sockets) = (Arc::clone(&serving), Arc::clone(&sockets));
                thread::spawn(move || serve(stream, address, &*service, &sockets));
            }
        });
        Self { address, service }
    }
}

fn serve(mut stream: TcpStream, server: SocketAddr, service: &impl Service, sockets: &Mutex<u32>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let request = read(&mut stream, server)?;
    if request.header("upgrade").is_empty() {
        return answer(&mut stream, &service.http(&request));
    }
    let protocol = match service.upgrade(&request) {
        Ok(protocol) => protocol.map_or_else(String::new, |name| format!("Sec-WebSocket-Protocol: {name}\r\n")),
        Err(refusal) => return answer(&mut stream, &refusal),
    };
    let accept = derive_accept_key(request.header("sec-websocket-key").as_bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{protocol}\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.set_read_timeout(Some(TURN)).ok()?;
    let number = {
        let mut sockets = sockets.lock().unwrap();
        *sockets += 1;
        *sockets - 1
    };
    let socket = WebSocket::from_raw_socket(stream, Role::Server, None);
    let mut peer = Peer { socket, number, opened: Instant::now(), pongs: 0 };
    let _ = service.talk(&request, &mut peer);
    peer.leave();
    Some(())
}

fn read(stream: &mut TcpStream, server: SocketAddr) -> Option<Request> {
    let mut head = Vec::new();
    let mut byte = [0];
    // Byte by byte, so that nothing of what follows the head is taken away.
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let same = headers.entry(name.to_ascii_lowercase()).or_default();
        // As one that has all of them (RFC 9110 §5.3).
        same.push_str(if same.is_empty() { "" } else { ", " });
        same.push_str(value.trim());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Some(Request {
        method,
        path: path.to_owned(),
        query: pairs(query),
        body: String::from_utf8(body).ok()?,
        server,
        headers,
    })
}

fn answer(stream: &mut TcpStream, Answer { status, headers, body }: &Answer) -> Option<()> {
    let length = body.len();
    // Vendors' own clients run in pages as well.
    let cors = "access-control-allow-origin: *\r\naccess-control-allow-headers: *\r\n";
    let head = format!("HTTP/1.1 {status} X\r\n{cors}{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    stream.shutdown(Shutdown::Write).ok()?;
    let _ = stream.read(&mut [0]);
    Some(())
}

/// An open socket, as the server has it.
pub struct Peer {
    socket: WebSocket<TcpStream>,
    /// How many sockets there have been before.
    pub number: u32,
    opened: Instant,
    pongs: u32,
}

/// Why a server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has lasted long enough.
    Lasted,
    /// Nothing came for too long.
    Silence,
}

impl Peer {
    pub fn say(&mut self, text: impl Into<String>) -> Result<(), Gone> {
        self.socket.send(Message::text(text.into())).map_err(|_| Gone)
    }

    pub fn say_bytes(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        self.socket.send(Message::Binary(bytes.to_vec().into())).map_err(|_| Gone)
    }

    /// A ping of WebSocket's own.
    pub fn ping(&mut self) -> Result<(), Gone> {
        self.socket.send(Message::Ping(Vec::new().into())).map_err(|_| Gone)
    }

    /// The next message, if one comes in time.
    pub fn hear(&mut self, within: Duration) -> Result<Option<String>, Gone> {
        let deadline = Instant::now() + within;
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return Ok(Some(text.to_string())),
                // Bytes as a profile spells them.
                Ok(Message::Binary(bytes)) => {
                    return Ok(Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()));
                }
                Ok(Message::Pong(_)) => self.pongs += 1,
                Ok(_) => {}
                Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return Err(Gone),
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
        }
    }

    /// Nothing is ever said again.
    pub fn be_silent(&mut self) -> Result<(), Gone> {
        loop {
            self.hear(LIMIT)?;
        }
    }

    pub fn close(&mut self, code: u16, reason: &str) -> Result<(), Gone> {
        let frame = CloseFrame { code: code.into(), reason: reason.to_owned().into() };
        self.socket.close(Some(frame)).map_err(|_| Gone)?;
        while self.hear(TURN).is_ok() {}
        Err(Gone)
    }

    /// A close frame without a code.
    pub fn close_without_code(&mut self) -> Result<(), Gone> {
        self.socket.close(None).map_err(|_| Gone)?;
        while self.hear(TURN).is_ok() {}
        Err(Gone)
    }

    fn leave(&mut self) {
        let _ = self.socket.get_mut().shutdown(Shutdown::Both);
    }

    /// Serves the client until one of the `limits` is reached. `react` answers messages, and tells whether one shows that
    /// the client is alive; `beat` is what the server itself says so often.
    pub fn serve(
        &mut self,
        limits: Limits,
        mut beat: Option<Beat<'_>>,
        mut react: impl FnMut(&mut Self, &str) -> Result<bool, Gone>,
    ) -> Result<Why, Gone> {
        let (mut alive, mut next_beat) = (Instant::now(), Instant::now());
        let mut pongs = self.pongs;
        loop {
            if let Some(message) = self.hear(TURN)?
                && react(self, &message)?
            {
                alive = Instant::now();
            }
            if self.pongs > pongs {
                pongs = self.pongs;
                // What a WebSocket library answers by itself counts where the server's own beat is a ping.
                if react(self, "")? {
                    alive = Instant::now();
                }
            }
            if let Some((every, beat)) = &mut beat
                && Instant::now() >= next_beat
            {
                next_beat = Instant::now() + *every;
                beat(self)?;
            }
            if self.number == 0 && self.opened.elapsed() >= limits.first_lasts {
                return Ok(Why::Lasted);
            }
            if alive.elapsed() >= limits.silence {
                return Ok(Why::Silence);
            }
        }
    }
}
