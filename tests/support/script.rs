//! A server that says exactly what a test wants, byte by byte, and remembers what it heard and said.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{Message, WebSocket};

use super::watcher::LIMIT;

/// The credentials that a [`Script`] gives out.
#[derive(Clone)]
pub struct Secrets {
    pub jwt: String,
    pub ticket: String,
    pub session_id: String,
}

impl Default for Secrets {
    fn default() -> Self {
        let secret = |name: &str| format!("{name}-0123456789abcdef");
        Self {
            jwt: format!("eyJhbGciOiJIUzI1NiJ9.e30.{}", secret("jwt")),
            ticket: secret("t"),
            session_id: secret("s"),
        }
    }
}

/// The three steps of the contract, and what is asked beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Token,
    Ticket,
    Socket,
    Health,
}

/// What a browser has to hear before it sends the requests of the contract.
pub const PREFLIGHT: &str = "HTTP/1.1 204 No Content\r\naccess-control-allow-origin: *\r\n\
    access-control-allow-headers: authorization, content-type\r\nconnection: close\r\n\r\n";

/// What a server answers to browsers: to the question before a request, and in each answer.
#[derive(Clone)]
pub struct Cors {
    pub preflight: String,
    pub headers: &'static str,
}

impl Default for Cors {
    fn default() -> Self {
        Self { preflight: PREFLIGHT.to_owned(), headers: "access-control-allow-origin: *\r\n" }
    }
}

/// How a socket that the script had opened ended: the client's close code, or that there was none.
pub type Ending = Option<u16>;

/// A running server. Each connection has one request.
pub struct Script {
    pub address: SocketAddr,
    transcript: Arc<Mutex<Transcript>>,
    closing: Receiver<Ending>,
}

#[derive(Default)]
struct Transcript {
    heard: Vec<String>,
    preflights: Vec<String>,
    said: String,
}

/// A request that waits for its answer.
pub struct Request {
    pub step: Step,
    /// How many requests for this step there have been before.
    pub number: usize,
    pub head: String,
    pub stream: TcpStream,
    secrets: Secrets,
    cors: Cors,
    transcript: Arc<Mutex<Transcript>>,
    closing: Sender<Ending>,
}

impl Script {
    /// A server that keeps to the contract.
    pub fn contract() -> Self {
        Self::new(Request::contract)
    }

    /// A server that answers with `answer`, on a thread for each connection.
    pub fn new(answer: impl Fn(Request) + Send + Sync + 'static) -> Self {
        Self::with_secrets(Secrets::default(), answer)
    }

    pub fn with_secrets(secrets: Secrets, answer: impl Fn(Request) + Send + Sync + 'static) -> Self {
        Self::with_cors(Cors::default(), secrets, answer)
    }

    /// The same, with what only browsers look at.
    pub fn with_cors(cors: Cors, secrets: Secrets, answer: impl Fn(Request) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let transcript = Arc::new(Mutex::new(Transcript::default()));
        let (end, closing) = channel();
        let (answer, heard) = (Arc::new(answer), Arc::clone(&transcript));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, secrets, end, transcript, cors) =
                    (Arc::clone(&answer), secrets.clone(), end.clone(), Arc::clone(&heard), cors.clone());
                thread::spawn(move || {
                    if let Some(request) = Request::read(stream, secrets, cors, transcript, end) {
                        answer(request);
                    }
                });
            }
        });
        Self { address, transcript, closing }
    }

    /// How the next socket ended; waits for it.
    pub fn ending(&self) -> Ending {
        self.closing.recv_timeout(LIMIT).expect("a socket of the client's ends")
    }

    /// The heads of all requests for `step` so far.
    pub fn heard(&self, step: Step) -> Vec<String> {
        let transcript = self.transcript.lock().unwrap();
        transcript.heard.iter().filter(|head| step_of(head) == Some(step)).cloned().collect()
    }

    /// What was asked before the requests, as a browser asks.
    pub fn preflights(&self) -> Vec<String> {
        self.transcript.lock().unwrap().preflights.clone()
    }

    /// Everything that was said in answers.
    pub fn said(&self) -> String {
        self.transcript.lock().unwrap().said.clone()
    }
}

impl Request {
    fn read(
        mut stream: TcpStream,
        secrets: Secrets,
        cors: Cors,
        transcript: Arc<Mutex<Transcript>>,
        closing: Sender<Ending>,
    ) -> Option<Self> {
        stream.set_nodelay(true).unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        // Byte by byte, so that nothing of what follows the head is taken away.
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        let mut head = String::from_utf8(head).unwrap();
        let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        head.push_str(&String::from_utf8(body).unwrap());
        let step = step_of(&head)?;
        if head.starts_with("OPTIONS ") {
            transcript.lock().unwrap().preflights.push(head);
            stream.write_all(cors.preflight.as_bytes()).ok()?;
            return None;
        }
        let number = {
            let mut transcript = transcript.lock().unwrap();
            let number = transcript.heard.iter().filter(|head| step_of(head) == Some(step)).count();
            transcript.heard.push(head.clone());
            number
        };
        Some(Self { step, number, head, stream, secrets, cors, transcript, closing })
    }

    /// Answers as the contract says; a socket stays open until the client ends it.
    pub fn contract(self) {
        let Secrets { jwt, ticket, session_id } = self.secrets.clone();
        match self.step {
            Step::Token => self.json(200, &format!(r#"{{"token":"{jwt}","sessionId":"{session_id}"}}"#)),
            Step::Ticket => self.json(200, &format!(r#"{{"ticket":"{ticket}","expiresInSeconds":30}}"#)),
            Step::Socket => self.open(|_| ()),
            Step::Health => self.json(404, "{}"),
        }
    }

    pub fn json(self, status: u16, body: &str) {
        self.answer(status, "content-type: application/json\r\n", body);
    }

    /// A whole answer with `headers`, each ending in CRLF.
    pub fn answer(self, status: u16, headers: &str, body: &str) {
        let length = body.len();
        let cors = self.cors.headers;
        self.raw(&format!(
            "HTTP/1.1 {status} X\r\n{cors}{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ));
    }

    /// Any bytes, and the end of the connection.
    pub fn raw(mut self, bytes: &str) {
        self.transcript.lock().unwrap().said.push_str(bytes);
        // The client may not want to hear all of it.
        let _ = self.stream.write_all(bytes.as_bytes());
        let _ = self.stream.shutdown(Shutdown::Write);
        let _ = self.stream.read(&mut [0; 1]);
    }

    /// Answers the upgrade with 101 and hands over the connection.
    pub fn upgraded(mut self) -> TcpStream {
        let accept = derive_accept_key(header(&self.head, "sec-websocket-key").unwrap().as_bytes());
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        self.stream.write_all(head.as_bytes()).unwrap();
        self.stream
    }

    /// Opens the socket, does `then` with it, and serves it until its end.
    pub fn open(self, then: impl FnOnce(&mut WebSocket<TcpStream>)) {
        let closing = self.closing.clone();
        let mut socket = WebSocket::from_raw_socket(self.upgraded(), Role::Server, None);
        then(&mut socket);
        let mut ending = None;
        // What arrives is answered as the protocol asks for; an error is the end of the connection.
        while let Ok(message) = socket.read() {
            if let Message::Close(frame) = message {
                ending = Some(frame.map_or(1005, |frame| frame.code.into()));
            }
        }
        let _ = closing.send(ending);
    }

    /// Opens the socket and closes it at once.
    pub fn open_and_close(self, code: u16, reason: &str) {
        let frame = CloseFrame { code: code.into(), reason: reason.to_owned().into() };
        self.open(|socket| socket.close(Some(frame)).unwrap());
    }
}

fn step_of(head: &str) -> Option<Step> {
    let target = head.split(' ').nth(1)?;
    Some(match target.split('?').next()? {
        "/api/v1/auth/token" => Step::Token,
        "/api/v1/ws-ticket" => Step::Ticket,
        "/ws" => Step::Socket,
        "/healthz" => Step::Health,
        _ => return None,
    })
}

/// The value of a header of `head`.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().filter_map(|line| line.split_once(": ")).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|h| h.1)
}
