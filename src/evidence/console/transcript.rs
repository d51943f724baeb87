//! What command-line clients and scripts print of one connection: the address that was dialled, the heads of request and
//! answer (`curl -v`, the traces of websocket libraries), and an error without an address.
//!
//! Only what fits to an address named before counts: the words of errors alone are in texts of every kind.

use url::Url;

use super::browsers::first_url;
use super::clients::as_socket;
use super::said::LineMeaning;
use crate::evidence::browser_error::BrowserError;
use crate::evidence::exchange::authority;
use crate::evidence::paths;
use crate::model::Profile;

/// What the text said before the line that is read now.
#[derive(Debug, Default)]
pub struct Transcript {
    /// The address that was dialled last and that nothing was said of.
    pub named: Option<Url>,
    /// The request whose answer is to come.
    request: Option<RequestHead>,
    /// Why curl could not connect to the last of the server's addresses.
    unconnected: Option<BrowserError>,
    /// Whether an address without TLS was named.
    is_plain: bool,
}

/// The beginning of an HTTP request.
#[derive(Debug)]
struct RequestHead {
    target: String,
    host: Option<String>,
    is_upgrade: bool,
}

/// What lines begin with that tell of an error, or have in them, in lower case.
const ERRORS: [&str; 6] = ["error", "exception", "curl: (", "websocat: ", "wget: ", "fatal"];

impl Transcript {
    /// What `line`, which is no browser's and no library's own, says together with what came before.
    pub fn say(&mut self, line: &str) -> Option<LineMeaning> {
        // The marks of `curl -v`.
        let head = line.trim_start_matches(['>', '<', ' ']);
        if let Some(said) = self.head(head) {
            return Some(said);
        }
        self.name(line);
        self.error(line)
    }

    /// Remembers the address that `line` dials.
    fn name(&mut self, line: &str) {
        let Some(url) = first_url(line) else { return };
        // OkHttp has the address of its request in the place of the socket's.
        let is_upgrade = line.to_ascii_lowercase().contains("upgrade: websocket") || paths::is_of_socket(url.path());
        let is_socket = is_upgrade || matches!(url.scheme(), "ws" | "wss");
        if !is_socket && !line.contains("curl ") {
            return;
        }
        self.is_plain = matches!(url.scheme(), "ws" | "http");
        self.named = Some(if is_upgrade { *as_socket(url) } else { *url });
    }

    /// What is said at the first line of an answer; the lines of its request are remembered.
    fn head(&mut self, line: &str) -> Option<LineMeaning> {
        const METHODS: [&str; 4] = ["GET", "POST", "PUT", "CONNECT"];
        let mut words = line.split(' ');
        let (first, second, third) = (words.next()?, words.next()?, words.next());
        if METHODS.contains(&first) && third.is_some_and(|version| version.starts_with("HTTP/")) {
            // A tunnel through a proxy has a head of its own.
            let target = second.to_owned();
            self.request = (first != "CONNECT").then_some(RequestHead { target, host: None, is_upgrade: false });
            return None;
        }
        let request = self.request.as_mut()?;
        if let Some(status) = first.strip_prefix("HTTP/").and(second.parse::<u16>().ok()) {
            let is_interim = (102..200).contains(&status) || status == 100;
            let request = if is_interim { return None } else { self.request.take()? };
            return self.answered(&request, status);
        }
        let (name, value) = line.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "host" => request.host = Some(value.trim().to_owned()),
            "upgrade" => request.is_upgrade |= value.trim().eq_ignore_ascii_case("websocket"),
            _ => {}
        }
        None
    }

    fn answered(&mut self, request: &RequestHead, status: u16) -> Option<LineMeaning> {
        self.named = None;
        let host = request.host.as_deref().unwrap_or(Profile::UNKNOWN_HOST);
        let scheme = if self.is_plain { "http" } else { "https" };
        let url = Box::new(Url::parse(&format!("{scheme}://{host}{}", request.target)).ok()?);
        match (request.is_upgrade, status) {
            (true, 101) => Some(LineMeaning::Connected),
            (true, status) => {
                Some(LineMeaning::SocketFailed { url: as_socket(url), error: BrowserError::Refused(status) })
            }
            (false, 400..600) => Some(LineMeaning::RequestFailed { url, status: Some(status), error: None }),
            (false, _) => None,
        }
    }

    /// What an error means for the address that was dialled.
    fn error(&mut self, line: &str) -> Option<LineMeaning> {
        let lower = line.to_lowercase();
        let url = self.named.as_ref()?;
        let error = BrowserError::of_words(line, &authority(url));
        let error = error.filter(|error| matches!(error, BrowserError::Transport(_)))?;
        // With a star curl tells of its progress: the next address may do.
        if line.starts_with("* ") {
            if lower.starts_with("* connect to ") {
                self.unconnected = Some(error);
            }
            return None;
        }
        if !ERRORS.iter().any(|mark| lower.contains(mark)) {
            return None;
        }
        let connects_to_none = lower.starts_with("curl: (7)");
        let error = self.unconnected.take().filter(|_| connects_to_none).unwrap_or(error);
        let url = Box::new(self.named.take()?);
        Some(match url.scheme() {
            "ws" | "wss" => LineMeaning::SocketFailed { url, error },
            _ => LineMeaning::RequestFailed { url, status: None, error: Some(error) },
        })
    }

    /// `said`, with the address that was dialled where the line has none.
    pub fn placed(&self, said: LineMeaning) -> LineMeaning {
        let named = self.named.as_ref().filter(|url| matches!(url.scheme(), "ws" | "wss"));
        match (said, named) {
            (LineMeaning::SocketFailed { url, error }, Some(named))
                if url.host_str() == Some(Profile::UNKNOWN_HOST) =>
            {
                LineMeaning::SocketFailed { url: Box::new(named.clone()), error }
            }
            (said, _) => said,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lines: &[&str]) -> Vec<LineMeaning> {
        let mut transcript = Transcript::default();
        lines.iter().filter_map(|line| transcript.say(line)).collect()
    }

    #[test]
    fn an_answer_belongs_to_the_request_before_it() {
        let upgrade = ["> GET /ws?v=1 HTTP/1.1", "> Host: api.example.com", "> Upgrade: websocket", ">"];
        let of = |status: &'static str| said(&[&upgrade[..], &[status]].concat());
        let [LineMeaning::SocketFailed { url, error }] = &of("< HTTP/1.1 403 Forbidden")[..] else { panic!() };
        assert_eq!((url.as_str(), error), ("wss://api.example.com/ws?v=1", &BrowserError::Refused(403)));
        assert!(matches!(of("< HTTP/1.1 101 Switching Protocols")[..], [LineMeaning::Connected]));
        let plain = said(&["GET /api/v1/ws-ticket HTTP/2", "Host: api.example.com", "HTTP/2 503"]);
        assert!(matches!(plain[..], [LineMeaning::RequestFailed { status: Some(503), .. }]), "{plain:?}");
        assert!(said(&["HTTP/1.1 503 Service Unavailable"]).is_empty(), "no request is known");
    }

    #[test]
    fn an_error_counts_where_an_address_was_dialled() {
        let tried = "* connect to 192.0.2.9 port 443 failed: Connection refused";
        let error = "curl: (7) Failed to connect to api.example.com port 443: Couldn't connect to server";
        assert!(said(&[tried, error]).is_empty());
        let found = said(&["$ curl -v wss://api.example.com/ws", tried, error, error]);
        let [LineMeaning::SocketFailed { url, error }] = &found[..] else { panic!("{found:?}") };
        assert_eq!(url.host_str(), Some("api.example.com"));
        assert_eq!(*error, BrowserError::named("CONNECTION_REFUSED", "api.example.com:443"));
    }
}
