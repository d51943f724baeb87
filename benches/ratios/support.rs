//! What the benches share: a server made of prepared bytes in a process of its own, CPU time, a profile.

use std::error::Error;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ticketscope::model::Profile;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// What was measured beyond its limit.
#[derive(Default)]
pub struct Limits(Vec<String>);

impl Limits {
    /// `measured` must not be above `most`.
    pub fn at_most(&mut self, what: &str, measured: f64, most: f64) {
        self.keep(measured <= most, format!("{what}: {measured:.2}, at most {most}"));
    }

    /// `measured` must not be below `least`.
    #[cfg(feature = "window")]
    pub fn at_least(&mut self, what: &str, measured: f64, least: f64) {
        self.keep(measured >= least, format!("{what}: {measured:.2}, at least {least}"));
    }

    fn keep(&mut self, is_within: bool, text: String) {
        self.0.extend((!is_within).then_some(text));
    }

    /// # Errors
    /// If something was beyond its limit.
    pub fn result(self) -> Result<(), Box<dyn Error>> {
        if self.0.is_empty() { Ok(()) } else { Err(format!("beyond the limit: {}", self.0.join("; ")).into()) }
    }
}

/// The argument that makes a bench binary the server.
const SERVE: &str = "--serve-messages";

/// What the server does after an upgrade.
#[derive(Clone, Copy, Debug)]
pub enum After {
    /// So many messages as fast as possible, then silence.
    Flood(u64),
    /// A message each second.
    #[cfg(feature = "window")]
    EachSecond,
    /// The end of the connection.
    #[cfg(feature = "window")]
    End,
}

impl After {
    fn name(self) -> String {
        match self {
            Self::Flood(messages) => messages.to_string(),
            #[cfg(feature = "window")]
            Self::EachSecond => "each-second".to_owned(),
            #[cfg(feature = "window")]
            Self::End => "end".to_owned(),
        }
    }

    fn named(name: &str) -> io::Result<Self> {
        match name {
            #[cfg(feature = "window")]
            "each-second" => Ok(Self::EachSecond),
            #[cfg(feature = "window")]
            "end" => Ok(Self::End),
            messages => messages.parse().map(Self::Flood).map_err(io::Error::other),
        }
    }
}

/// A server in another process, so that its CPU time is not counted.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts this bench once more, as the server: `messages` of 64 bytes follow every upgrade.
    pub fn start(messages: u64) -> io::Result<Self> {
        Self::start_with(After::Flood(messages))
    }

    /// Starts this bench once more, as the server, with what it does `after` an upgrade.
    pub fn start_with(after: After) -> io::Result<Self> {
        let mut child =
            Command::new(std::env::current_exe()?).args([SERVE, &after.name()]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no pipe"))?;
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self { child, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves for ever, if this process was started to.
pub fn serve_if_asked() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(at) = arguments.iter().position(|argument| argument == SERVE) else { return Ok(()) };
    let after = After::named(&arguments[at + 1])?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        std::thread::spawn(move || answer(stream, after));
    }
    Ok(())
}

/// Answers token and ticket requests with the contract's JSON, an upgrade with 101 and the messages.
fn answer(mut stream: TcpStream, after: After) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut first, mut key, mut length) = (String::new(), String::new(), 0);
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim().split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "sec-websocket-key" => key = value.to_owned(),
                "content-length" => length = value.parse().map_err(io::Error::other)?,
                _ => {}
            }
        }
        reader.by_ref().take(length).read_to_end(&mut Vec::new())?;
        if first.contains("/ws?") {
            let accept = derive_accept_key(key.as_bytes());
            write!(
                stream,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            )?;
            return match after {
                After::Flood(messages) => flood(stream, messages),
                #[cfg(feature = "window")]
                After::EachSecond => each_second(stream),
                #[cfg(feature = "window")]
                After::End => Ok(()),
            };
        }
        let body = if first.contains("ws-ticket") {
            r#"{"ticket":"0123456789abcdef0123456789abcdef","expiresInSeconds":30}"#
        } else {
            r#"{"token":"eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJzZXNzXzAxMjMifQ.c2ln","sessionId":"sess_0123"}"#
        };
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}

/// Sends `messages` text messages of 64 bytes, then keeps the connection until the client ends it.
fn flood(mut stream: TcpStream, messages: u64) -> io::Result<()> {
    let mut frame = vec![0x81, 64];
    frame.extend([b'x'; 64]);
    let chunk = frame.repeat(1_000);
    for _ in 0..messages / 1_000 {
        stream.write_all(&chunk)?;
    }
    io::copy(&mut stream, &mut io::sink()).map(drop)
}

/// Sends a text message each second until the client ends the connection.
#[cfg(feature = "window")]
fn each_second(mut stream: TcpStream) -> io::Result<()> {
    loop {
        stream.write_all(b"\x81\x05hello")?;
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// The profile of a server at `address`.
pub fn profile(address: SocketAddr) -> Profile {
    let text = format!(
        "name = 'Bench'\napi = 'http://{address}'\nwebsocket = 'ws://{address}'\norigin = 'http://localhost:4200'\n"
    );
    Profile::from_toml(&text).expect("a profile of our own")
}

/// The CPU time of the process `pid` so far, in steps of 10 ms (proc(5): `utime` and `stime` of `stat`).
pub fn cpu_time(pid: u32) -> io::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is a name in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(") ").ok_or_else(|| io::Error::other("no stat"))?;
    let ticks: u64 = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// The middle of `values`.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
