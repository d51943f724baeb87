//! Lines of access logs: the common and combined formats of nginx and Apache, what HAProxy, Envoy, Traefik, Caddy, uvicorn
//! and cloud load balancers write instead, requests in JSON, and the errors of nginx that name their request.
//!
//! They have a request and a status and no words: what a request is for is told by its path.

use std::net::{IpAddr, SocketAddr};

use serde_json::Value;
use url::Url;

use super::value::{inline, origin_of, written};
use crate::evidence::paths;
use crate::evidence::secrets::{fingerprint, is_placeholder, is_secret_name};
use crate::model::LogMeaning;

/// Statuses that stand for a client that gave up before the answer: nginx's, AWS load balancers'.
pub const GIVEN_UP: [u16; 2] = [499, 460];
/// What servers for Python's ASGI write in the place of a method.
const ASGI: [(&str, Option<u16>); 3] = [("WebSocket", None), ("WSCONNECT", Some(101)), ("WSREJECT", Some(403))];
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "CONNECT"];
/// What nginx answers after errors of which it writes down the request.
const NGINX_ERRORS: [(&str, u16); 6] = [
    ("upstream timed out", 504),
    ("while connecting to upstream", 502),
    ("no live upstreams", 502),
    ("prematurely closed connection while reading response header from upstream", 502),
    ("could not be resolved", 502),
    ("access forbidden by rule", 403),
];

/// A request and how it was answered.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// What it tells.
    pub meaning: Option<LogMeaning>,
    /// The status of the answer.
    pub status: u16,
    /// The hash of the ticket in its address.
    pub ticket: Option<String>,
    /// The address of the client.
    pub client: Option<String>,
    /// The origin of the page, from the `Referer` or `Origin`.
    pub origin: Option<String>,
    /// What stands where a date may be.
    pub time: Option<String>,
    /// The socket's address without its query, if the line names a host.
    pub socket: Option<Url>,
}

/// Stands for a host that a line does not name.
const UNNAMED: &str = "unnamed.invalid";

impl Request {
    /// That of a line of text; `None` if it has none, or one that is for no step.
    pub fn of_text(line: &str) -> Option<Self> {
        Self::quoted(line).or_else(|| Self::unquoted(line)).or_else(|| Self::of_logfmt(line))
    }

    /// `"GET /ws HTTP/1.1"`, as most servers write it.
    fn quoted(line: &str) -> Option<Self> {
        let mut parts = line.split('"');
        let (mut before, mut rest) = (parts.next()?, Vec::new());
        let mut request = None;
        while let Some(quoted) = parts.next() {
            let after = parts.next().unwrap_or_default();
            match (&request, request_line(quoted)) {
                (None, Some(found)) => request = Some((found, after)),
                (None, None) => before = after,
                (Some(_), _) => rest.push(quoted),
            }
        }
        let ((method, target), after) = request?;
        let said = after.split_whitespace().next();
        let asgi = ASGI.iter().find(|(name, _)| *name == method);
        let status = said.and_then(three_digits).or_else(|| before.split_whitespace().find_map(three_digits));
        let status = status
            .or_else(|| asgi.and_then(|(_, status)| *status))
            .or_else(|| said.filter(|said| *said == "[accepted]").map(|_| 101))
            .or_else(|| NGINX_ERRORS.iter().find(|(words, _)| line.contains(words)).map(|(_, status)| *status))?;
        let origin = rest.into_iter().find_map(origin_of);
        Some(Self { origin, ..Self::new(method, target, status, asgi.is_some())? }.with_line(line))
    }

    /// `GET /ws 401 1.2 ms`, `| 401 | 1.2ms | 192.0.2.7 | GET "/ws"`: morgan's and Gin's.
    fn unquoted(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches('"')).collect();
        let place = words.windows(2).position(|pair| METHODS.contains(&pair[0]) && pair[1].starts_with('/'))?;
        let after = words.get(place + 2).copied().and_then(three_digits);
        let barred = || {
            let pair = words[..place].windows(2).find(|pair| pair[0] == "|" && three_digits(pair[1]).is_some())?;
            three_digits(pair[1])
        };
        let status = after.or_else(barred)?;
        Some(Self::new(words[place], words[place + 1], status, false)?.with_line(line))
    }

    /// `method=GET path="/ws" status=503`: Heroku's router and others.
    fn of_logfmt(line: &str) -> Option<Self> {
        let named = |names: &[&str]| names.iter().find_map(|name| inline(line, name));
        let method = named(&["method"]).filter(|method| METHODS.contains(&method.as_str()))?;
        let target = named(&["path", "uri", "url"])?;
        let status = three_digits(&named(&["status", "status_code"])?)?;
        Some(Self::new(&method, &target, status, false)?.with_line(line))
    }

    /// With the client's address and the time that are in `line`.
    fn with_line(self, line: &str) -> Self {
        let client = line.split([' ', ',', '"']).find_map(address);
        let bracketed =
            || line.split('[').skip(1).find_map(|part| part.split_once(']')).map(|(date, _)| date.to_owned());
        let dated = || line.split_whitespace().find(|word| chrono::DateTime::parse_from_rfc3339(word).is_ok());
        let time = dated().map(str::to_owned).or_else(bracketed);
        // Where nginx has the request's; elsewhere it may be the name of the machine.
        let host = line.split_once("host: \"").and_then(|(_, rest)| rest.split('"').next());
        Self { client, time, ..self }.at(host)
    }

    /// At this host, unless its target names one.
    fn at(mut self, host: Option<&str>) -> Self {
        if let Some(url) = self.socket.as_mut().filter(|url| url.host_str() == Some(UNNAMED)) {
            let is_named = host.is_some_and(|host| {
                Url::parse(&format!("wss://{host}")).is_ok_and(|named| {
                    let is_set = url.set_host(named.host_str()).is_ok();
                    is_set && url.set_port(named.port()).is_ok()
                })
            });
            if !is_named {
                self.socket = None;
            }
        }
        self
    }

    /// The requests of a text in the W3C's extended log file format, which IIS and CloudFront write: `#Fields:` names the
    /// columns.
    pub fn all_of_w3c(text: &str) -> Vec<Self> {
        let mut names: Vec<&str> = Vec::new();
        let mut found = Vec::new();
        for line in text.lines() {
            if let Some(fields) = line.strip_prefix("#Fields:") {
                names = fields.split_whitespace().collect();
                continue;
            }
            let values: Vec<&str> = line.split_whitespace().collect();
            let named = |name: &str| {
                let place = names.iter().position(|known| *known == name)?;
                values.get(place).copied().filter(|value| *value != "-")
            };
            found.extend(Self::of_columns(&named));
        }
        found
    }

    fn of_columns<'v>(named: &impl Fn(&str) -> Option<&'v str>) -> Option<Self> {
        let query = named("cs-uri-query").map_or_else(String::new, |query| format!("?{query}"));
        let target = format!("{}{query}", named("cs-uri-stem")?);
        let request = Self::new(named("cs-method")?, &target, three_digits(named("sc-status")?)?, false)?;
        let time = named("date").zip(named("time")).map(|(date, time)| format!("{date} {time}"));
        let client = named("c-ip").map(str::to_owned);
        let origin = named("cs(Referer)").and_then(origin_of);
        Some(Self { time, client, origin, ..request }.at(named("cs(Host)")))
    }

    /// That of an object.
    pub fn of_json(object: &Value) -> Option<Self> {
        const GROUPS: [&str; 6] = ["request", "response", "httpRequest", "req", "http", "res"];
        let named = |names: &[&str]| {
            let places = std::iter::once(object).chain(GROUPS.iter().filter_map(|group| object.get(*group)));
            let mut values = places.flat_map(|place| names.iter().filter_map(|name| place.get(*name)));
            values.find_map(written)
        };
        // As the Elastic Common Schema has them.
        let at = |pointer: &str| object.pointer(pointer).and_then(written);
        let line = named(&["request", "requestLine", "request_line"]);
        let line = line.as_deref().and_then(request_line);
        let target = named(&["request_uri", "requestUrl", "RequestPath", "uri", "url", "path", "originalUrl"]);
        let ecs = || Some(format!("{}?{}", at("/url/path")?, at("/url/query").unwrap_or_default()));
        let target = target.or_else(ecs);
        let method = named(&["request_method", "requestMethod", "RequestMethod", "method", "verb"]);
        let method = method.or_else(|| at("/http/request/method"));
        let (method, target) = match line {
            Some((method, target)) => (method.to_owned(), target.to_owned()),
            None => (method?, target?),
        };
        let status =
            named(&["status", "statusCode", "status_code", "DownstreamStatus", "response_code", "elb_status_code"]);
        let status = status.or_else(|| at("/http/response/status_code"))?;
        let client = named(&["remote_addr", "remote_ip", "ClientHost", "remoteIp", "remoteAddress", "client_ip", "ip"]);
        let header = |name: &str| object.get("request")?.get("headers")?.get(name)?.get(0)?.as_str().map(str::to_owned);
        let origin = header("Origin").or_else(|| named(&["http_origin", "http_referer", "referer", "referrer"]));
        let request = Self::new(&method, &target, status.parse().ok()?, header("Upgrade").is_some())?;
        let host = named(&["http_host", "authority", "RequestHost", "server_name"]);
        let host = host.or_else(|| at("/request/host"));
        Some(Self { client, origin: origin.as_deref().and_then(origin_of), ..request }.at(host.as_deref()))
    }

    /// `None` if the request is for no step.
    fn new(method: &str, target: &str, status: u16, is_socket: bool) -> Option<Self> {
        let base = Url::parse(&format!("https://{UNNAMED}")).ok()?;
        let url = base.join(target).ok()?;
        let path = url.path().to_ascii_lowercase();
        let ticket =
            url.query_pairs().find(|(name, value)| is_secret_name(name) && value.len() >= 8 && !is_placeholder(value));
        let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        let is_polling = url.query_pairs().any(|(name, value)| name == "transport" && value == "polling");
        let shows_ticket = url.query_pairs().any(|(name, _)| name.to_ascii_lowercase().contains("ticket"));
        let (is_of_ticket, is_refused) = (paths::is_of_ticket(&path), status >= 300);
        let meaning = if is_polling || status == 304 || last.contains('.') && last != "socket.io" {
            None
        } else if status == 101 {
            Some(LogMeaning::Opened)
        } else if is_socket || paths::is_of_socket(&path) || shows_ticket && !is_of_ticket {
            // A page that is there, or one that asks for leave first, is no socket.
            (status >= 300 && method != "POST").then_some(LogMeaning::Refused)
        } else if is_of_ticket {
            Some(if is_refused { LogMeaning::TicketRefused } else { LogMeaning::Ticket })
        } else if method == "POST" && paths::is_of_token(&path) {
            Some(if is_refused { LogMeaning::TokenRefused } else { LogMeaning::Token })
        } else {
            None
        };
        let ticket = ticket.map(|(_, value)| fingerprint(&value).to_string());
        let socket =
            matches!(meaning, Some(LogMeaning::Opened | LogMeaning::Refused)).then(|| as_socket(&url)).flatten();
        meaning.is_some().then_some(Self { meaning, status, ticket, socket, ..Self::default() })
    }
}

/// The socket's address where a request names `url`; what a server writes down came to it in the open at times.
fn as_socket(url: &Url) -> Option<Url> {
    let mut socket = url.clone();
    socket.set_query(None);
    socket.set_scheme(if url.scheme() == "http" { "ws" } else { "wss" }).ok().map(|()| socket)
}

/// Method and target of `GET /ws?v=1 HTTP/1.1`.
fn request_line(text: &str) -> Option<(&str, &str)> {
    let mut words = text.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let is_method = METHODS.contains(&method) || ASGI.iter().any(|(name, _)| *name == method);
    let is_target = target.starts_with('/') || target.contains("://");
    (is_method && is_target).then_some((method, target))
}

fn three_digits(word: &str) -> Option<u16> {
    word.parse().ok().filter(|status| word.len() == 3 && (100..600).contains(status))
}

fn address(word: &str) -> Option<String> {
    let word = word.trim_matches(['(', ')', ':']);
    let alone = word.parse::<IpAddr>().ok();
    alone.or_else(|| word.parse::<SocketAddr>().ok().map(|address| address.ip())).map(|address| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = "/ws?ticket=4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";

    #[test]
    fn a_request_is_found_in_every_format() {
        let json = serde_json::json!({ "req": { "method": "GET", "url": TARGET }, "res": { "statusCode": 502 } });
        let of_json = Request::of_json(&json).unwrap();
        assert_eq!((of_json.status, of_json.meaning), (502, Some(LogMeaning::Refused)));
        for line in [
            format!(
                "192.0.2.7 - - [04/Mar/2026:09:15:02 +0000] \"GET {TARGET} HTTP/1.1\" 502 0 \"https://a.example/x\" \"M\""
            ),
            format!(
                "lb haproxy[8]: 192.0.2.7:5 [04/Mar/2026:09:15:02.1] f b/s 0/0/0/0/0 502 217 - - SC-- 1/1 0/0 \"GET {TARGET} HTTP/1.1\""
            ),
            format!("[2026-03-04T09:15:02.120Z] \"GET {TARGET} HTTP/1.1\" 502 UF 0 91 5 - \"192.0.2.7\" \"M\" \"b4\""),
            format!("INFO:     192.0.2.7:51236 - \"WebSocket {TARGET}\" 502"),
            format!("[GIN] 2026/03/04 - 09:15:02 | 502 | 1.2ms | 192.0.2.7 | GET \"{TARGET}\""),
            format!(
                "heroku[router]: at=error method=GET path=\"{TARGET}\" host=a.example fwd=\"192.0.2.7\" status=502 bytes=0"
            ),
            format!(
                "2026/03/04 09:15:02 [error] 9#9: *1 connect() failed (111: Connection refused) while connecting to \
                     upstream, client: 192.0.2.7, request: \"GET {TARGET} HTTP/1.1\", upstream: \"http://10.0.0.9/ws\""
            ),
        ] {
            let request = Request::of_text(&line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((request.status, request.meaning), (502, Some(LogMeaning::Refused)), "{line}");
            assert_eq!(request.client.as_deref(), Some("192.0.2.7"), "{line}");
            assert_eq!(request.ticket, of_json.ticket, "{line}");
        }
    }

    #[test]
    fn the_w3cs_columns_have_names() {
        let text = "#Version: 1.0\n#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip sc-status\n\
                    2026-03-04 09:15:01 GET /app.js - 192.0.2.7 404\n\
                    2026-03-04 09:15:02 GET /ws ticket=4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b 192.0.2.7 502\n";
        let [request] = &Request::all_of_w3c(text)[..] else { panic!() };
        assert_eq!((request.status, request.time.as_deref()), (502, Some("2026-03-04 09:15:02")));
        assert_eq!(request.ticket, Request::of_text(&format!("\"GET {TARGET} HTTP/1.1\" 502")).unwrap().ticket);
        assert!(Request::all_of_w3c("2026-03-04 09:15:02 GET /ws - 192.0.2.7 502").is_empty(), "without names");
    }

    #[test]
    fn the_address_is_told_where_a_line_names_a_host() {
        for (line, address) in [
            (
                format!("request: \"GET {TARGET} HTTP/1.1\", no live upstreams, host: \"api.example.com:8443\""),
                Some("wss://api.example.com:8443/ws"),
            ),
            (format!("\"GET https://api.example.com:443{TARGET} HTTP/1.1\" 502 0"), Some("wss://api.example.com/ws")),
            (format!("192.0.2.7 - - \"GET {TARGET} HTTP/1.1\" 502 0 host=web-1"), None),
        ] {
            let request = Request::of_text(&line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(request.socket.as_ref().map(Url::as_str), address, "{line}");
        }
    }

    #[test]
    fn what_is_for_no_step_tells_nothing() {
        for (request, status) in [
            ("GET /assets/ticket.png", 404),
            ("GET /orders/7", 500),
            ("GET /socket.io/?EIO=4&transport=polling", 400),
            ("GET /auth/me", 401),
            ("GET /files/7?token=4c1f0e9a7b3d4e5f8a6b", 302),
            ("OPTIONS /api/v1/ws-ticket", 403),
            ("GET /api/v1/ws-ticket", 304),
        ] {
            let line = format!("192.0.2.7 - - [04/Mar/2026:09:15:02 +0000] \"{request} HTTP/1.1\" {status} 0");
            assert_eq!(Request::of_text(&line), None, "{line}");
        }
        for line in [
            "he said \"GET /ws HTTP/1.1\" to me",
            "GET https://api.example.com/ws 503 (Service Unavailable)",
            "GET /ws",
        ] {
            assert_eq!(Request::of_text(line), None, "{line}");
        }
    }
}
