//! One entry of a HAR file.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::loose::{List, Number, Object, Stamp, Text};
use super::messages::Messages;
use super::times::{date, millis, seconds};
use crate::evidence::browser_error::BrowserError;
use crate::evidence::exchange::{Exchange, MAX_BODY, RawEnd, RawSocket, SentHeader, authority};
use crate::evidence::secrets::is_placeholder;
use crate::evidence::sighting::{PhaseSeen, Time, later};
use crate::journal::Direction;
use crate::model::{Close, CloseCause, CloseCode, Phase, SafeText, Unseen};

/// An address, a header, a name.
type Short = Text<{ 16 << 10 }>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Entry {
    started_date_time: Short,
    time: Number,
    request: Object<Request>,
    response: Object<Response>,
    timings: Object<Timings>,
    #[serde(rename = "_resourceType")]
    resource_type: Short,
    // Each program has a name of its own for them, and some write two.
    #[serde(rename = "_webSocketMessages")]
    messages: Messages,
    #[serde(rename = "_websocketMessages")]
    lower_messages: Messages,
    #[serde(rename = "webSocketMessages")]
    plain_messages: Messages,
    #[serde(rename = "_webSocketFrames")]
    frames: Messages,
    #[serde(rename = "_webSocketClose")]
    close: Option<Object<CloseSeen>>,
    #[serde(rename = "_securityState")]
    security_state: Short,
    #[serde(rename = "_fromCache")]
    from_cache: Short,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Request {
    method: Short,
    url: Short,
    headers: List<Object<Pair>, 200>,
    cookies: List<Object<Pair>, 200>,
    post_data: Object<PostData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Response {
    status: Number,
    http_version: Short,
    headers: List<Object<Pair>, 200>,
    cookies: List<Object<Pair>, 200>,
    content: Object<Content>,
    #[serde(rename = "_error")]
    error: Short,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pair {
    name: Short,
    value: Short,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PostData {
    text: Short,
    params: List<Object<Pair>, 200>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Content {
    mime_type: Short,
    text: Text<MAX_BODY>,
    encoding: Short,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Timings {
    dns: Number,
    connect: Number,
    ssl: Number,
    wait: Number,
    receive: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CloseSeen {
    code: Number,
    reason: Short,
    timestamp: Stamp,
}

/// How the pages begin with which Fiddler and Charles say that they did not reach a server.
const PAGES: [&str; 2] = ["[Fiddler]", "Charles Error Report"];
/// The title that Charles has where it writes a whole page.
const TITLE: &str = "<title>Charles Error Report";

/// Which family of programs wrote a file: each measures the life of a socket in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Chrome and Edge.
    Chromium,
    /// Firefox.
    Firefox,
    /// Anything else.
    Other,
}

/// What an entry turns out to be.
#[derive(Debug)]
pub enum Read {
    /// A request that can be of use.
    Exchange(Box<Exchange>),
    /// One that cannot: a picture, a script.
    Aside(Url),
    /// The page itself.
    Page(Url),
    /// Nothing that has an address.
    Nothing,
}

impl Entry {
    /// When it was sent.
    pub fn began(&self) -> Option<Time> {
        date(self.started_date_time.as_str())
    }

    /// What it says, in a file of this dialect.
    pub fn read(mut self, dialect: Dialect) -> Read {
        let others = [&mut self.lower_messages, &mut self.plain_messages, &mut self.frames].map(std::mem::take);
        if let Some(messages) = others.into_iter().find(|messages| !messages.is_empty() && self.messages.is_empty()) {
            self.messages = messages;
        }
        let Ok(url) = Url::parse(self.request.0.url.as_str()) else { return Read::Nothing };
        // A proxy that passes TLS on.
        if self.request.0.method.as_str().eq_ignore_ascii_case("CONNECT") {
            return Read::Aside(url);
        }
        let kind = self.resource_type.as_str();
        let is_socket = self.is_socket(&url);
        let mime = self.response.0.content.0.mime_type.as_str();
        let is_page = kind == "document" || kind.is_empty() && mime.starts_with("text/html") && self.is_navigation();
        if is_page && !is_socket {
            return Read::Page(url);
        }
        let is_aside =
            |kind| ["image", "stylesheet", "script", "font", "media", "manifest", "texttrack"].contains(&kind);
        let is_picture =
            ["image/", "font/", "video/", "audio/", "text/css"].iter().any(|start| mime.starts_with(start));
        if !is_socket && (is_aside(kind) || kind.is_empty() && is_picture) {
            return Read::Aside(url);
        }
        Read::Exchange(Box::new(self.exchange(url, is_socket, dialect)))
    }

    /// Whether the browser went to another page by it.
    fn is_navigation(&self) -> bool {
        let sends = |name: &str, value: &str| self.request_header(name).is_some_and(|given| given.contains(value));
        sends("accept", "text/html") || sends("sec-fetch-mode", "navigate")
    }

    fn request_header(&self, name: &str) -> Option<&str> {
        let headers = &self.request.0.headers.0;
        headers.iter().find(|pair| pair.0.name.as_str().eq_ignore_ascii_case(name)).map(|pair| pair.0.value.as_str())
    }

    /// Whether a page may not read the answer: it asked another origin, which does not allow its own (Fetch standard, "CORS
    /// check").
    fn is_kept_from_page(&self) -> bool {
        let sends =
            |name: &str, values: &[&str]| self.request_header(name).is_some_and(|given| values.contains(&given));
        let is_asked = sends("sec-fetch-mode", &["cors"]) && sends("sec-fetch-site", &["same-site", "cross-site"]);
        let Some(origin) = self.request_header("origin").filter(|_| is_asked) else { return false };
        let headers = &self.response.0.headers.0;
        let is_preflight = self.request.0.method.as_str().eq_ignore_ascii_case("OPTIONS");
        let is_allowed = headers.iter().any(|pair| {
            let (name, value) = (pair.0.name.as_str(), pair.0.value.as_str());
            name.eq_ignore_ascii_case("access-control-allow-origin") && (value == "*" || value == origin)
        });
        !is_preflight && !headers.is_empty() && !is_allowed
    }

    fn is_socket(&self, url: &Url) -> bool {
        matches!(url.scheme(), "ws" | "wss")
            || self.resource_type.as_str() == "websocket"
            || !self.messages.is_empty()
            || self.response.0.status.0 == Some(101.0)
            || self.request_header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
    }

    fn exchange(self, url: Url, is_socket: bool, dialect: Dialect) -> Exchange {
        let mut url = url;
        // A proxy writes down what passed through it.
        let scheme = match (is_socket, url.scheme()) {
            (true, "https") => Some("wss"),
            (true, "http") => Some("ws"),
            _ => None,
        };
        // Fails only for schemes that are none of these.
        if let Some(scheme) = scheme {
            let _ = url.set_scheme(scheme);
        }
        let at = self.began();
        let took = self.time.0.filter(|_| at.is_some()).and_then(millis);
        let host = authority(&url);
        let header = |name: &str| self.request_header(name).map(str::to_owned);
        let secret = |pair: &Object<Pair>| pair.0.value.text.clone();
        let cookies = self.request.0.cookies.0.iter().chain(&self.response.0.cookies.0).filter_map(secret);
        let posted = self.request.0.post_data.0.params.0.iter().filter_map(secret);
        let fields = posted_fields(self.request.0.post_data.0.text.as_str());
        let raw = &self.response.0;
        let status = raw.status.0.filter(|status| (100.0..1000.0).contains(status)).map(|status| status as u16);
        let headers = raw
            .headers
            .0
            .iter()
            .filter(|pair| !pair.0.name.as_str().starts_with(':'))
            .map(|pair| (pair.0.name.as_str().to_ascii_lowercase(), pair.0.value.text.clone().unwrap_or_default()));
        let text = body(&raw.content.0, encoding_of(raw).as_deref());
        // What a cache had and the server found unchanged, with the text that it had.
        let is_unchanged = status == Some(304) && text.is_some();
        let status = if is_unchanged { Some(200) } else { status };
        let cached = match self.from_cache.as_str() {
            "disk" | "memory" => Some("the browser's own"),
            _ => is_unchanged.then_some("304 Not Modified"),
        };
        let sent = self.request.0.headers.0.iter().map(|pair| (pair.0.name.as_str(), pair.0.value.as_str()));
        let name = raw.error.as_str();
        let is_mitmproxy = raw.headers.0.iter().any(|pair| {
            pair.0.name.as_str().eq_ignore_ascii_case("server") && pair.0.value.as_str().starts_with("mitmproxy")
        });
        let page = text.as_ref().filter(|text| is_mitmproxy || text.contains(TITLE) || is_of_recorder(text));
        let by_proxy = page.and_then(|page| BrowserError::of_words(page, &host));
        let status = status.or_else(|| BrowserError::status_kept_from_page(name));
        // The recording proxy answered in the place of a server that it did not reach.
        let (status, text) = if by_proxy.is_some() { (None, None) } else { (status, text) };
        let error = by_proxy.or_else(|| (!name.is_empty()).then(|| BrowserError::of_any(name, &host)));
        let mut exchange = Exchange {
            at,
            took,
            method: self.request.0.method.as_str().to_owned(),
            origin: header("origin").filter(|origin| origin != "null"),
            authorization: header("authorization").filter(|value| !is_taken_out(value)).map(Zeroizing::new),
            protocols: header("sec-websocket-protocol")
                .iter()
                .flat_map(|value| value.split(','))
                .map(|value| Zeroizing::new(value.trim().to_owned()))
                .collect(),
            asks_for: header("access-control-request-headers").unwrap_or_default(),
            asks_method: header("access-control-request-method").unwrap_or_default(),
            sent: cookies.chain(posted).chain(fields).collect(),
            status,
            version: raw.http_version.as_str().to_ascii_uppercase(),
            headers: headers.collect(),
            body: text,
            error,
            cached,
            phases: Vec::new(),
            socket: None,
            sent_headers: SentHeader::kept(sent),
            url,
        };
        let is_kept = dialect != Dialect::Chromium && exchange.is_success() && self.is_kept_from_page();
        if is_socket {
            self.socket(&mut exchange, dialect, &host);
        } else if is_kept {
            // Chrome says so itself, and leaves the answer's text out.
            (exchange.error, exchange.body) = (Some(BrowserError::Untold), None);
        } else if exchange.status.is_none() && exchange.error.is_none() && dialect != Dialect::Chromium {
            // Chrome names an error wherever there is one: what has none goes on.
            let is_tls = self.security_state.as_str() == "broken";
            exchange.error = Some(if is_tls { BrowserError::named("SSL_BROKEN", &host) } else { BrowserError::Untold });
        }
        exchange
    }

    fn socket(self, exchange: &mut Exchange, dialect: Dialect, host: &str) {
        let Self { time, timings, messages, close, security_state, .. } = self;
        let mut socket = RawSocket::default();
        let text = messages.errors.last().map(|text| BrowserError::of_socket_text(text.as_str(), host));
        let is_open = exchange.status == Some(101);
        if !is_open && exchange.status.is_none() {
            exchange.error = text.clone().or(exchange.error.take()).or_else(|| {
                // Firefox tells no more of a certificate than that.
                let is_tls = security_state.as_str() == "broken";
                Some(if is_tls { BrowserError::named("SSL_BROKEN", host) } else { BrowserError::Untold })
            });
        }
        let (wait, receive) = (timings.0.wait.0, timings.0.receive.0);
        let end = match dialect {
            // Until the last frame it waits, and then it receives: 0 as long as it is open.
            Dialect::Chromium => {
                let is_over = receive.is_some_and(|receive| receive > 0.0);
                exchange.took.filter(|_| is_over)
            }
            Dialect::Firefox => {
                socket.unseen.extend([Unseen::SocketEnd, Unseen::Messages]);
                None
            }
            Dialect::Other => None,
        };
        if is_open {
            let protocol = text.and_then(|error| match error {
                BrowserError::Protocol(fault) => Some(Close::abnormal(crate::model::CloseCause::Protocol(fault))),
                _ => None,
            });
            let given = close.map(|close| {
                let CloseSeen { code, reason, timestamp } = close.0;
                let code = code.0.filter(|code| (0.0..65_536.0).contains(code)).map(|code| code as u16);
                let close = match code {
                    Some(1006) => Close::abnormal(crate::model::CloseCause::Unseen),
                    _ => Close::received(code.filter(|code| *code != 1005), &reason.text.clone().unwrap_or_default()),
                };
                (timestamp.0.and_then(seconds), close)
            });
            let frame = messages.close.map(|frame| {
                let reason = SafeText::new(&frame.reason);
                let close = match (frame.direction, frame.code) {
                    (Direction::In, None) if !reason.is_empty() => {
                        Close { code: CloseCode::UNSEEN, ..Close::received(None, reason.as_str()) }
                    }
                    (Direction::In, code) => Close::received(code, reason.as_str()),
                    (Direction::Out, code) => {
                        Close { cause: CloseCause::OwnFrame, ..Close::received(code, reason.as_str()) }
                    }
                };
                (frame.at, close)
            });
            socket.end = match (given.or(frame), protocol, end) {
                (Some((at, close)), _, _) => RawEnd::Closed { at, close, is_by_page: false },
                (None, Some(close), _) => {
                    let at = messages.list.last().map(|message| message.at);
                    RawEnd::Closed { at, close, is_by_page: false }
                }
                (None, None, Some(took)) => {
                    socket.unseen.push(Unseen::CloseReason);
                    let at = exchange.at.and_then(|at| later(at, took));
                    RawEnd::Closed { at, close: Close::unseen(), is_by_page: false }
                }
                (None, None, None) => RawEnd::Unseen,
            };
            if matches!(socket.end, RawEnd::Unseen) {
                socket.unseen.push(Unseen::SocketEnd);
            }
            let handshake =
                if dialect == Dialect::Chromium { None } else { time.0.and_then(millis).or(wait.and_then(millis)) };
            socket.opened_at = exchange.at.map(|at| handshake.and_then(|took| later(at, took)).unwrap_or(at));
            if dialect == Dialect::Firefox
                && let Some(took) = handshake
            {
                let detail = "101".into();
                exchange.phases.push(PhaseSeen { phase: Phase::Upgrade, took, ok: true, detail });
            }
        }
        if dialect != Dialect::Firefox {
            socket.unseen.push(Unseen::Pings);
        }
        if exchange.at.is_none() {
            socket.unseen.push(Unseen::EntryTimes);
        }
        // Chrome counts the time of an entry without a date from the computer's start.
        exchange.took = exchange.took.filter(|_| !is_open);
        (socket.messages, socket.last_word, socket.secrets) = (messages.list, messages.last_word, messages.secrets);
        exchange.socket = Some(socket);
        for (phase, took) in [(Phase::Dns, timings.0.dns), (Phase::Tcp, timings.0.connect), (Phase::Tls, timings.0.ssl)]
        {
            if let Some(took) = took.0.filter(|took| *took > 0.0).and_then(millis) {
                exchange.phases.insert(0, PhaseSeen { phase, took, ok: true, detail: SafeText::default() });
            }
        }
        exchange.phases.sort_by_key(|seen| seen.phase);
    }
}

fn encoding_of(response: &Response) -> Option<String> {
    let headers = &response.headers.0;
    let header = headers.iter().find(|pair| pair.0.name.as_str().eq_ignore_ascii_case("content-encoding"));
    header.map(|pair| pair.0.value.as_str().to_ascii_lowercase())
}

/// Whether something stands in the place of the credential of an `Authorization`.
fn is_taken_out(authorization: &str) -> bool {
    is_placeholder(authorization.split_once(' ').map_or(authorization, |(_, credential)| credential))
}

/// The values that a form or a JSON object was sent with.
fn posted_fields(text: &str) -> Vec<Zeroizing<String>> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json) => crate::evidence::secrets::leaves(&json).into_iter().map(|(_, value)| value).collect(),
        Err(_) => {
            url::form_urlencoded::parse(text.as_bytes()).map(|(_, value)| Zeroizing::new(value.into_owned())).collect()
        }
    }
}

/// Whether `text` is what Fiddler or Charles say in the place of a server.
pub fn is_of_recorder(text: &str) -> bool {
    PAGES.iter().any(|start| text.trim_start().starts_with(start))
}

/// The body of the answer that `response` is, as it is read of an entry.
pub fn body_of(response: &serde_json::Value) -> Option<Zeroizing<String>> {
    let Object(response) = Object::<Response>::deserialize(response).ok()?;
    body(&response.content.0, encoding_of(&response).as_deref())
}

fn body(content: &Content, encoding: Option<&str>) -> Option<Zeroizing<String>> {
    let text = content.text.text.clone().filter(|text| !is_placeholder(text))?;
    if content.encoding.as_str() != "base64" {
        return Some(text);
    }
    let bytes = Zeroizing::new(STANDARD.decode(text.as_bytes()).ok()?);
    let bytes = unpacked(bytes, encoding);
    std::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
}

/// A body as it was before the server compressed it: some proxies write down what passed through them.
fn unpacked(bytes: Zeroizing<Vec<u8>>, encoding: Option<&str>) -> Zeroizing<Vec<u8>> {
    let packed = bytes.as_slice();
    let mut whole = Zeroizing::new(Vec::new());
    let most = MAX_BODY as u64;
    let read = match (packed, encoding) {
        ([0x1f, 0x8b, ..], _) => MultiGzDecoder::new(packed).take(most).read_to_end(&mut whole),
        ([0x78, ..], Some("deflate")) => ZlibDecoder::new(packed).take(most).read_to_end(&mut whole),
        (_, Some("deflate")) => DeflateDecoder::new(packed).take(most).read_to_end(&mut whole),
        _ => return bytes,
    };
    if read.is_ok() { whole } else { bytes }
}
