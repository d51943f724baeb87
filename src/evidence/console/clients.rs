//! What the WebSocket libraries of apps and scripts print of a refused upgrade: those of Node.js, React Native, Android,
//! Flutter, Java, .NET, Python and Rust.

use url::Url;

use super::browsers::first_url;
use super::said::LineMeaning;
use crate::evidence::browser_error::BrowserError;
use crate::model::Profile;

/// What stands before the status of the answer, in lower case.
const BEFORE_STATUS: [&str; 19] = [
    // ws, wscat
    "unexpected server response: ",
    // React Native on Android, OkHttp
    "expected http 101 response but was '",
    // React Native on Apple's systems
    "received bad response code from server: ",
    // Dart and Flutter
    "was not upgraded to websocket, http status code: ",
    // Java-WebSocket
    "invalid status code received: ",
    // .NET
    "the server returned status code '",
    // Python's websockets
    "server rejected websocket connection: http ",
    // Python's websocket-client
    "handshake status ",
    // aiohttp
    "wsserverhandshakeerror: ",
    // Rust's tungstenite
    "websocket connection failed: http error: ",
    "http(response { status: ",
    // websocat
    "received unexpected status code (",
    // Go's coder/websocket
    "expected handshake response status code 101 but got ",
    // Tyrus, Jetty, Tomcat and Spring
    "response code was not 101: ",
    "unexpected http response status code: ",
    "the http response from the server [",
    "invalid handshake response getstatus: ",
    // Netty
    "invalid handshake response status: ",
    // faye-websocket
    "websocket handshake: unexpected response code: ",
];

/// What libraries say of a refusal whose status they keep to themselves, in lower case: gorilla/websocket, Apple's
/// URLSession, undici.
const UNTOLD: [&str; 3] =
    ["websocket: bad handshake", "there was a bad response from the server", "network error or non-101 status code"];

/// The refused upgrade that `line` tells of, if it does.
pub fn say(line: &str) -> Option<LineMeaning> {
    let lower = line.to_ascii_lowercase();
    let error = match BEFORE_STATUS.iter().find_map(|words| lower.find(words).map(|place| place + words.len())) {
        Some(end) => {
            let status = lower[end..].split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()?;
            BrowserError::Refused(Some(status).filter(|status| (200..600).contains(status))?)
        }
        None => UNTOLD.iter().any(|words| lower.contains(words)).then_some(BrowserError::RefusedUntold)?,
    };
    let url = match first_url(line) {
        Some(url) => url,
        None => Box::new(Url::parse(&format!("wss://{}", Profile::UNKNOWN_HOST)).ok()?),
    };
    Some(LineMeaning::SocketFailed { url: as_socket(url), error })
}

/// The socket's address where a library names that of its request.
pub(super) fn as_socket(url: Box<Url>) -> Box<Url> {
    let scheme = match url.scheme() {
        "http" => "ws",
        "https" => "wss",
        _ => return url,
    };
    let written = url.as_str().replacen(url.scheme(), scheme, 1);
    Url::parse(&written).map_or(url, Box::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_of_apps_and_scripts_tell_the_status_of_a_refused_upgrade() {
        for (line, status, host) in [
            ("error: Unexpected server response: 401", 401, Profile::UNKNOWN_HOST),
            ("Expected HTTP 101 response but was '403 Forbidden'", 403, Profile::UNKNOWN_HOST),
            (
                "WebSocketException: Connection to 'https://api.example.com:443/ws?ticket=abc#' was not upgraded to \
                 websocket, HTTP status code: 503",
                503,
                "api.example.com",
            ),
            (
                "System.Net.WebSockets.WebSocketException (0x80004005): The server returned status code '502' when \
                 status code '101' was expected.",
                502,
                Profile::UNKNOWN_HOST,
            ),
            (
                "websockets.exceptions.InvalidStatus: server rejected WebSocket connection: HTTP 429",
                429,
                Profile::UNKNOWN_HOST,
            ),
            (
                "WebSocketBadStatusException: Handshake status 404 Not Found -+-+- {'server': 'nginx'}",
                404,
                Profile::UNKNOWN_HOST,
            ),
            (
                "aiohttp.client_exceptions.WSServerHandshakeError: 401, message='Invalid response status', \
                 url='wss://api.example.com/ws?ticket=abc'",
                401,
                "api.example.com",
            ),
            (
                "websocat: WebSocketError: WebSocketError: Received unexpected status code (401 Unauthorized)",
                401,
                Profile::UNKNOWN_HOST,
            ),
            (
                "failed to WebSocket dial: expected handshake response status code 101 but got 503",
                503,
                Profile::UNKNOWN_HOST,
            ),
            (
                "jakarta.websocket.DeploymentException: The HTTP response from the server [403] did not permit the HTTP \
                 upgrade to WebSocket",
                403,
                Profile::UNKNOWN_HOST,
            ),
        ] {
            let Some(LineMeaning::SocketFailed { url, error }) = say(line) else { panic!("{line}") };
            assert_eq!((error, url.host_str()), (BrowserError::Refused(status), Some(host)), "{line}");
            assert!(matches!(url.scheme(), "ws" | "wss"), "{line}");
        }
    }

    #[test]
    fn a_refusal_without_its_status_is_one_all_the_same() {
        let said = say("2026/03/04 09:15:02 dial: websocket: bad handshake");
        assert!(matches!(said, Some(LineMeaning::SocketFailed { error: BrowserError::RefusedUntold, .. })), "{said:?}");
        assert!(say("websocket: close sent").is_none());
    }

    #[test]
    fn other_lines_with_a_number_tell_nothing_of_it() {
        for line in ["unexpected server response: timeout", "handshake status 0", "status code: 403", "HTTP 503"] {
            assert!(say(line).is_none(), "{line}");
        }
    }
}
