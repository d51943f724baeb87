//! Where the browser comes back to after a sign-in: a port of this computer's that is open for that long (RFC 8252 §7.3).

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use url::Url;
use zeroize::Zeroizing;

use crate::model::SafeText;
use crate::model::failure::{IoCause, SignInFault};

/// The path to which the browser comes back.
const PATH: &str = "/callback";
/// The longest head of a request that is read, in bytes.
const MAX_HEAD: usize = 16 << 10;
/// How long a connection may take to say what it wants: browsers open some ahead and say nothing.
const CONNECTION_LIMIT: Duration = Duration::from_secs(30);
/// The wait after a connection that could not be taken in.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Connections at a time, at most.
const MAX_CONNECTIONS: usize = 16;

/// An open port that waits for the browser. Dropping it closes it.
pub struct Loopback {
    listener: TcpListener,
    address: SocketAddr,
}

impl Loopback {
    /// Opens `port`, or any that is free.
    ///
    /// # Errors
    /// If there is none.
    pub async fn open(port: Option<u16>) -> Result<Self, SignInFault> {
        let closed = |error: std::io::Error| SignInFault::NoListener { cause: IoCause::of(&error) };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or_default())).await.map_err(closed)?;
        let address = listener.local_addr().map_err(closed)?;
        Ok(Self { listener, address })
    }

    /// Where the browser is to come back to.
    pub fn redirect(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Waits until the browser comes back with an answer to the sign-in called `state`, and takes the code out of it.
    ///
    /// # Errors
    /// A refusal.
    pub async fn code(self, state: &str) -> Result<Zeroizing<String>, SignInFault> {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                    let state = Zeroizing::new(state.to_owned());
                    connections.spawn(async move {
                        let Ok((connection, _)) = accepted else {
                            // The computer has no room for one more just now.
                            sleep(AGAIN_AFTER).await;
                            return None;
                        };
                        timeout(CONNECTION_LIMIT, answer(connection, &state)).await.ok().flatten()
                    });
                }
                Some(heard) = connections.join_next() => {
                    if let Ok(Some(heard)) = heard {
                        return heard;
                    }
                }
            }
        }
    }
}

/// What a request says.
enum RedirectAnswer {
    /// Something else, such as that it wants the page's icon.
    Nothing,
    /// An answer to another sign-in, as by a page of an earlier one, or by somebody who wants to spoil this one.
    Other,
    /// The answer to this one.
    Answer(Result<Zeroizing<String>, SignInFault>),
}

/// Answers one request; `None` if it was not about this sign-in.
async fn answer(mut connection: TcpStream, state: &str) -> Option<Result<Zeroizing<String>, SignInFault>> {
    let mut head = Zeroizing::new(Vec::with_capacity(MAX_HEAD));
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() >= MAX_HEAD || connection.read_buf(&mut *head).await.ok()? == 0 {
            return None;
        }
    }
    let heard = heard(&head, state);
    let (status, text) = match &heard {
        RedirectAnswer::Nothing => ("404 Not Found", "There is nothing here."),
        RedirectAnswer::Other => {
            ("400 Bad Request", "This is an answer to another sign-in. Please go on in the page that opened last.")
        }
        RedirectAnswer::Answer(Ok(_)) => {
            ("200 OK", "You are signed in. This page can be closed: go back to Ticketscope.")
        }
        RedirectAnswer::Answer(Err(_)) => {
            ("400 Bad Request", "The sign-in failed. Ticketscope says why; this page can be closed.")
        }
    };
    let page = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    // Whether the page arrives or not, what came is what counts.
    let _ = connection.write_all(page.as_bytes()).await;
    let _ = connection.shutdown().await;
    match heard {
        RedirectAnswer::Answer(answer) => Some(answer),
        RedirectAnswer::Nothing | RedirectAnswer::Other => None,
    }
}

/// What a request with this `head` says of the sign-in called `state`.
fn heard(head: &[u8], state: &str) -> RedirectAnswer {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    // A head with more headers than that is still a request with a first line.
    let _ = request.parse(head);
    let path = request.path.filter(|_| request.method == Some("GET"));
    let url = path.and_then(|path| Url::parse("http://127.0.0.1").ok()?.join(path).ok());
    let Some(url) = url.filter(|url| url.path() == PATH) else { return RedirectAnswer::Nothing };
    let value = |name: &str| url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned());
    if value("state").as_deref() != Some(state) {
        return RedirectAnswer::Other;
    }
    RedirectAnswer::Answer(match (value("code"), value("error")) {
        (_, Some(code)) if code == "access_denied" => Err(SignInFault::Denied),
        (_, Some(code)) => Err(SignInFault::Refused { code: SafeText::with_limit(&code, 80) }),
        (Some(code), None) if !code.is_empty() => Ok(Zeroizing::new(code)),
        (_, None) => Err(SignInFault::NoCode),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(address: SocketAddr, path: &str) -> String {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut page = String::new();
        connection.read_to_string(&mut page).await.unwrap();
        page
    }

    async fn came_back(paths: &[&str]) -> (Result<String, SignInFault>, String) {
        let loopback = Loopback::open(None).await.unwrap();
        let address = loopback.address;
        assert!(address.ip().is_loopback());
        assert_eq!(loopback.redirect(), format!("http://{address}/callback"));
        // What a browser opens ahead keeps nobody waiting.
        let _idle = TcpStream::connect(address).await.unwrap();
        let waiting = tokio::spawn(async move { loopback.code("s1").await.map(|code| code.to_string()) });
        let mut page = String::new();
        for path in paths {
            page = get(address, path).await;
        }
        let heard = timeout(Duration::from_secs(60), waiting).await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
        (heard, page)
    }

    #[tokio::test]
    async fn the_browser_comes_back_with_a_code_and_sees_a_plain_page() {
        let (code, page) = came_back(&["/favicon.ico", "/callback?state=s1&code=a%2Fb"]).await;
        assert_eq!(code, Ok("a/b".to_owned()));
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("text/plain") && page.contains("signed in"));
        assert!(!page.contains("a/b") && !page.contains("s1"));
    }

    #[tokio::test]
    async fn each_other_answer_has_its_own_cause() {
        for (path, expected) in [
            ("/callback?state=s1&error=access_denied", SignInFault::Denied),
            ("/callback?state=s1&error=invalid_scope&code=a", SignInFault::Refused { code: "invalid_scope".into() }),
            ("/callback?state=s1", SignInFault::NoCode),
            ("/callback?state=s1&code=", SignInFault::NoCode),
        ] {
            let (heard, page) = came_back(&[path]).await;
            assert_eq!(heard, Err(expected), "{path}");
            assert!(page.starts_with("HTTP/1.1 400 "), "{page}");
        }
    }

    #[tokio::test]
    async fn an_answer_to_another_sign_in_does_not_end_this_one() {
        let other = ["/callback?state=s2&code=a", "/callback?code=a", "/callback?state=s2&error=access_denied"];
        for path in other {
            let (heard, _) = came_back(&[path, "/callback?state=s1&code=mine"]).await;
            assert_eq!(heard, Ok("mine".to_owned()), "{path}");
        }
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_no_port() {
        let first = Loopback::open(None).await.unwrap();
        let taken = Loopback::open(Some(first.address.port())).await.map(|_| ());
        assert!(matches!(taken, Err(SignInFault::NoListener { .. })), "{taken:?}");
    }
}
