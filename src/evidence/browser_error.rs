//! What browsers say of requests and sockets that failed, as causes.
//!
//! The names are those of Chromium's `net/base/net_error_list.h`, the texts those of its WebSocket channel; Chrome writes
//! them into HAR files, NetLogs and the console alike. Firefox says little, and always the same.

use std::time::Duration;

use crate::model::failure::{
    BrokenCause, CertificateFault, DnsCause, DnsFailure, HandshakeFault, LocalLimit, ProtocolFault, ProxyCause,
    ProxyFailure, TcpFailure, TlsAlert, TlsCause, TlsFailure,
};
use crate::model::{
    Answer, BrowserRule, DialFailure, Failure, Hidden, IoCause, Phase, RequestFailureKind, SafeText, Transport,
};

/// A request that its page gave up sooner was not given up because the server is silent.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
/// How long Chrome itself waits for the answer to an upgrade.
const BROWSER_PATIENCE: Duration = Duration::from_secs(240);
/// A page that closes a socket sooner does not do so because the server is silent.
const HASTE: Duration = Duration::from_millis(100);

/// Why something failed, as far as the browser says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BrowserError {
    /// The server could not be reached.
    Transport(Transport),
    /// The server refused the upgrade with this status.
    Refused(u16),
    /// The answer to the upgrade is none.
    Handshake(HandshakeFault),
    /// The browser waited for the handshake as long as it does.
    TimedOut,
    /// The page closed the socket before it was open.
    GivenUp,
    /// What came over the open socket is not WebSocket.
    Protocol(ProtocolFault),
    /// A rule of the browser's stopped it.
    Blocked(BrowserRule),
    /// The page or the browser did not want it any more: it was left or loaded again.
    Aborted,
    /// The upgrade was refused, and it does not say with which status.
    RefusedUntold,
    /// It does not say.
    Untold,
}

impl BrowserError {
    /// What an error of this name, `ERR_CONNECTION_REFUSED` or `net::ERR_CONNECTION_REFUSED`, stands for where `host`
    /// with its port was asked.
    pub fn named(name: &str, host: &str) -> Self {
        let name = name.trim().trim_start_matches("net::").trim_start_matches("ERR_");
        let tcp = |cause| Self::Transport(Transport::Tcp(TcpFailure::Server { server: SafeText::new(host), cause }));
        let tls = |cause| Self::Transport(Transport::Tls(Box::new(TlsFailure { cause, issuer: None })));
        let certificate = |fault| tls(TlsCause::Certificate(fault));
        let broken = |cause| Self::Transport(Transport::Broken(cause));
        let dns = |cause| {
            let host = SafeText::new(host.rsplit_once(':').map_or(host, |(name, _)| name));
            Self::Transport(Transport::Dns(DnsFailure { host, cause }))
        };
        let proxy = |cause| {
            let proxy = "the user's proxy".into();
            Self::Transport(Transport::Proxy(ProxyFailure { proxy, cause }))
        };
        let said = || SafeText::new(&format!("ERR_{name}"));
        match name {
            "NAME_NOT_RESOLVED" | "NAME_RESOLUTION_FAILED" | "ICANN_NAME_COLLISION" => dns(DnsCause::NoSuchName),
            "DNS_TIMED_OUT" => dns(DnsCause::NoAnswer),
            "DNS_SERVER_FAILED" | "DNS_MALFORMED_RESPONSE" | "DNS_SERVER_REQUIRES_TCP" => dns(DnsCause::TryAgain),
            "CONNECTION_REFUSED" => tcp(IoCause::Refused),
            "CONNECTION_TIMED_OUT" | "TIMED_OUT" => tcp(IoCause::NoAnswer),
            "ADDRESS_UNREACHABLE" | "ADDRESS_INVALID" => tcp(IoCause::NoRouteToHost),
            "INTERNET_DISCONNECTED" | "NETWORK_ACCESS_DENIED" => tcp(IoCause::NoRouteToNetwork),
            "NETWORK_CHANGED" => tcp(IoCause::NetworkChanged),
            "NETWORK_IO_SUSPENDED" => tcp(IoCause::Suspended),
            "INSUFFICIENT_RESOURCES" => tcp(IoCause::Local(LocalLimit::Memory)),
            "CONNECTION_FAILED" => tcp(IoCause::Other(said())),
            "CONNECTION_RESET" | "CONNECTION_ABORTED" => broken(BrokenCause::Io(IoCause::Reset)),
            "CONNECTION_CLOSED" | "EMPTY_RESPONSE" => broken(BrokenCause::NoAnswerBeforeEnd),
            "SOCKET_NOT_CONNECTED" => broken(BrokenCause::Io(IoCause::EndedEarly)),
            "INVALID_HTTP_RESPONSE" => broken(BrokenCause::NotHttp(said())),
            "CERT_AUTHORITY_INVALID" => certificate(CertificateFault::UnknownIssuer),
            "CERT_COMMON_NAME_INVALID" => {
                certificate(CertificateFault::WrongHost { expected: SafeText::new(host), presented: Vec::new() })
            }
            "CERT_DATE_INVALID" => certificate(CertificateFault::Expired { on: None }),
            // Firefox says no more than that.
            "SSL_BROKEN" => tls(TlsCause::Unseen),
            "CERT_REVOKED" => certificate(CertificateFault::Revoked),
            "SSL_VERSION_OR_CIPHER_MISMATCH" => tls(TlsCause::NothingInCommon(said())),
            "SSL_CLIENT_AUTH_CERT_NEEDED" | "BAD_SSL_CLIENT_AUTH_CERT" => {
                tls(TlsCause::Refused(TlsAlert::CertificateRequired))
            }
            "SSL_UNRECOGNIZED_NAME_ALERT" => tls(TlsCause::Refused(TlsAlert::UnrecognisedName)),
            // No proxy is set: whoever is asked answers so.
            "UNEXPECTED_PROXY_AUTH" => Self::Refused(407),
            "PROXY_AUTH_REQUESTED" | "PROXY_AUTH_UNSUPPORTED" => proxy(ProxyCause::Answered { status: 407 }),
            "BLOCKED_BY_CLIENT" | "BLOCKED_BY_ADMINISTRATOR" | "BLOCKED_ENROLLMENT_CHECK_PENDING" => {
                Self::Blocked(BrowserRule::Extension)
            }
            "UNSAFE_PORT" => Self::Blocked(BrowserRule::UnsafePort),
            "CERTIFICATE_TRANSPARENCY_REQUIRED" => certificate(CertificateFault::Other(said())),
            "BLOCKED_BY_CSP" => Self::Blocked(BrowserRule::ContentSecurityPolicy),
            "BLOCKED_BY_RESPONSE" | "BLOCKED_BY_ORB" => Self::Blocked(BrowserRule::Cors),
            "BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS" | "BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS" => {
                Self::Blocked(BrowserRule::LocalNetwork)
            }
            "ABORTED" => Self::Aborted,
            "FAILED" | "" => Self::Untold,
            _ if name.starts_with("CERT_") => certificate(CertificateFault::Other(said())),
            _ if name.contains("SSL") || name.starts_with("ECH_") => tls(TlsCause::Other(said())),
            _ if name.contains("TUNNEL") || name.contains("PROXY") || name.starts_with("SOCKS") => {
                proxy(ProxyCause::Other(said()))
            }
            _ => broken(BrokenCause::Other(said())),
        }
    }

    /// What Chrome's text about a WebSocket stands for.
    pub fn of_socket_text(text: &str, host: &str) -> Self {
        let text = text.trim().trim_end_matches('.');
        if let Some((_, name)) = text.rsplit_once("net::") {
            return Self::named(name, host);
        }
        if let Some((_, code)) = text.split_once("Unexpected response code: ") {
            // Behind it a log may say where the line was printed.
            let code = code.trim().split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
            return code.parse().map_or(Self::Untold, Self::Refused);
        }
        let whole = match text {
            "HTTP Authentication failed; no valid credentials available" => Some(Self::Refused(401)),
            "Proxy authentication failed" => Some(Self::named("PROXY_AUTH_REQUESTED", host)),
            "Establishing a tunnel via proxy server failed" => Some(Self::named("TUNNEL_CONNECTION_FAILED", host)),
            "WebSocket opening handshake timed out" => Some(Self::TimedOut),
            "WebSocket is closed before the connection is established" => Some(Self::GivenUp),
            "WebSocket is closed due to suspension" | "WebSocket is closed due to navigation" => Some(Self::Aborted),
            "Connection closed before receiving a handshake response" => Some(Self::named("EMPTY_RESPONSE", host)),
            _ => None,
        };
        whole
            .or_else(|| handshake(text).map(Self::Handshake))
            .or_else(|| protocol(text).map(Self::Protocol))
            .or_else(|| Self::of_words(text, host))
            .unwrap_or(Self::Untold)
    }

    /// What the words of Safari, mitmproxy and operating systems stand for, and the names of Firefox's; `None` if they
    /// are not known.
    pub fn of_words(text: &str, host: &str) -> Option<Self> {
        let text = text.to_lowercase().replace('\u{2019}', "'");
        WORDS.iter().find(|(words, _)| text.contains(words)).map(|(_, name)| match *name {
            "CORS" => Self::Blocked(BrowserRule::Cors),
            "CSP" => Self::Blocked(BrowserRule::ContentSecurityPolicy),
            "MIXED" => Self::Blocked(BrowserRule::MixedContent),
            "UNTOLD" => Self::Untold,
            name => Self::named(name, host),
        })
    }

    /// The status that Safari names of an answer that it keeps from the page: `Origin … is not allowed by
    /// Access-Control-Allow-Origin. Status code: 429`. Of one that is good, and of a refused preflight, only the rule counts.
    pub fn status_kept_from_page(text: &str) -> Option<u16> {
        let (_, rest) = text.split_once("is not allowed by Access-Control-Allow-Origin")?;
        let (_, rest) = rest.split_once("Status code: ")?;
        let status = rest.split(|it: char| !it.is_ascii_digit()).next()?.parse().ok()?;
        (400..600).contains(&status).then_some(status)
    }

    /// What an error in a file stands for, whichever program wrote it.
    pub fn of_any(text: &str, host: &str) -> Self {
        match text.contains("net::") || text.starts_with("ERR_") {
            true => Self::named(text, host),
            false => Self::of_words(text, host).unwrap_or(Self::Untold),
        }
    }

    /// What it means for a request.
    pub fn of_request(self) -> RequestFailureKind {
        match self {
            Self::Transport(transport) => RequestFailureKind::Transport(transport),
            Self::Refused(status) => RequestFailureKind::of_status(status),
            Self::Blocked(rule) => RequestFailureKind::Hidden(Hidden::Blocked(rule)),
            Self::RefusedUntold => RequestFailureKind::Hidden(Hidden::Refused),
            Self::Handshake(_) | Self::TimedOut | Self::GivenUp | Self::Protocol(_) | Self::Aborted | Self::Untold => {
                RequestFailureKind::Hidden(Hidden::Untold { after: None })
            }
        }
    }

    /// What it means for a socket that did not open and that was given up or failed `after` this time.
    pub fn of_dial(self, after: Option<Duration>) -> Failure {
        Failure::Dial(match self {
            Self::Transport(transport) => DialFailure::Transport(transport),
            Self::Refused(status) => return Failure::UpgradeRefused(Box::new(Answer::of_file(status))),
            Self::Handshake(fault) => DialFailure::BadHandshake(fault),
            Self::TimedOut => {
                // A console may have the end alone.
                let after = after.filter(|after| *after >= HASTE).unwrap_or(BROWSER_PATIENCE);
                DialFailure::Timeout { phase: Phase::Upgrade, after }
            }
            // After so long a wait the request ended because no answer came.
            Self::GivenUp => match after.filter(|after| *after >= HASTE) {
                Some(after) => DialFailure::Timeout { phase: Phase::Upgrade, after },
                None => DialFailure::Hidden(Hidden::GivenUp { after }),
            },
            Self::Blocked(rule) => DialFailure::Hidden(Hidden::Blocked(rule)),
            Self::RefusedUntold => DialFailure::Hidden(Hidden::Refused),
            Self::Protocol(_) | Self::Aborted | Self::Untold => {
                DialFailure::Hidden(Hidden::Untold { after: after.filter(|after| !after.is_zero()) })
            }
        })
    }
}

/// Beginnings of what other programs than Chrome say, in lower case, each with the name that Chrome has for it.
const WORDS: [(&str, &str); 56] = [
    ("is not allowed by access-control-allow-origin", "CORS"),
    ("due to access control checks", "CORS"),
    ("preflight response is not successful", "CORS"),
    ("cross-origin request blocked", "CORS"),
    ("content security policy", "CSP"),
    ("insecure content", "MIXED"),
    ("mixed content", "MIXED"),
    ("hostname could not be found", "NAME_NOT_RESOLVED"),
    ("name or service not known", "NAME_NOT_RESOLVED"),
    ("nodename nor servname", "NAME_NOT_RESOLVED"),
    ("getaddrinfo", "NAME_NOT_RESOLVED"),
    ("enotfound", "NAME_NOT_RESOLVED"),
    ("name resolution", "NAME_NOT_RESOLVED"),
    ("dns lookup", "NAME_NOT_RESOLVED"),
    ("could not resolve host", "NAME_NOT_RESOLVED"),
    ("unable to resolve host", "NAME_NOT_RESOLVED"),
    ("failed host lookup", "NAME_NOT_RESOLVED"),
    ("no such host", "NAME_NOT_RESOLVED"),
    ("name lookup failed", "NAME_NOT_RESOLVED"),
    ("actively refused", "CONNECTION_REFUSED"),
    ("dns error", "NAME_NOT_RESOLVED"),
    ("unknown_host", "NAME_NOT_RESOLVED"),
    ("connection refused", "CONNECTION_REFUSED"),
    ("connect call failed", "CONNECTION_REFUSED"),
    ("econnrefused", "CONNECTION_REFUSED"),
    ("ns_error_connection_refused", "CONNECTION_REFUSED"),
    ("couldn't connect to server", "CONNECTION_FAILED"),
    ("could not connect to the server", "CONNECTION_FAILED"),
    ("appears to be offline", "INTERNET_DISCONNECTED"),
    ("ns_error_offline", "INTERNET_DISCONNECTED"),
    ("network is unreachable", "INTERNET_DISCONNECTED"),
    ("network is down", "INTERNET_DISCONNECTED"),
    ("no route to host", "ADDRESS_UNREACHABLE"),
    ("request timed out", "TIMED_OUT"),
    ("operation timed out", "TIMED_OUT"),
    ("etimedout", "TIMED_OUT"),
    ("i/o timeout", "TIMED_OUT"),
    ("ns_error_net_timeout", "TIMED_OUT"),
    ("unable to get local issuer certificate", "CERT_AUTHORITY_INVALID"),
    ("trust anchor for certification path not found", "CERT_AUTHORITY_INVALID"),
    ("unable to find valid certification path", "CERT_AUTHORITY_INVALID"),
    ("self signed certificate", "CERT_AUTHORITY_INVALID"),
    ("self-signed certificate", "CERT_AUTHORITY_INVALID"),
    ("certificate has expired", "CERT_DATE_INVALID"),
    ("hostname mismatch", "CERT_COMMON_NAME_INVALID"),
    ("does not match certificate's altnames", "CERT_COMMON_NAME_INVALID"),
    ("certificate", "CERT_INVALID"),
    ("tls handshake", "SSL_PROTOCOL_ERROR"),
    ("ssl", "SSL_PROTOCOL_ERROR"),
    ("connection reset", "CONNECTION_RESET"),
    ("connection was lost", "CONNECTION_CLOSED"),
    ("closed connection", "CONNECTION_CLOSED"),
    ("did not return a complete response", "EMPTY_RESPONSE"),
    ("server disconnected", "EMPTY_RESPONSE"),
    ("client disconnected", "ABORTED"),
    ("cancelled", "ABORTED"),
];

/// What is wrong with a handshake, by Chrome's text.
fn handshake(text: &str) -> Option<HandshakeFault> {
    let text = text.strip_prefix("Error during WebSocket handshake: ").unwrap_or(text);
    let quoted = || SafeText::new(text.split('\'').nth(3).or_else(|| text.rsplit(": ").next()).unwrap_or_default());
    let is_about = |header: &str| text.contains(&format!("'{header}'"));
    Some(if is_about("Sec-WebSocket-Accept") {
        if text.contains("missing") { HandshakeFault::NoAcceptKey } else { HandshakeFault::WrongAcceptKey }
    } else if is_about("Sec-WebSocket-Extensions") {
        HandshakeFault::UnofferedExtension { extension: SafeText::new(text.split('\'').nth(1).unwrap_or_default()) }
    } else if is_about("Sec-WebSocket-Protocol") {
        if text.contains("no response was received") {
            HandshakeFault::NoSubprotocol { offered: SafeText::default() }
        } else {
            HandshakeFault::UnofferedSubprotocol { protocol: quoted() }
        }
    } else if is_about("Upgrade") && text.contains("'Upgrade' header") {
        HandshakeFault::NoUpgrade
    } else if is_about("Connection") {
        HandshakeFault::NoConnection
    } else if text.contains("status line") || text.contains("HTTP version") || text.contains("version must be") {
        HandshakeFault::Version
    } else {
        return None;
    })
}

/// What was wrong with a frame, by Chrome's text.
fn protocol(text: &str) -> Option<ProtocolFault> {
    let opcode = || text.rsplit(' ').next().and_then(|number| number.parse().ok());
    let is_about = |words: &str| text.to_ascii_lowercase().contains(words);
    Some(if text.starts_with("One or more reserved bits are on") {
        ProtocolFault::ReservedBits
    } else if text.starts_with("Unrecognized frame opcode") {
        opcode().map_or(ProtocolFault::ReservedOpcode(0), ProtocolFault::ReservedOpcode)
    } else if text.starts_with("A server must not mask") {
        ProtocolFault::Masked
    } else if text.starts_with("Received fragmented control frame") || text.contains("control frame") {
        ProtocolFault::ControlFrame
    } else if text.contains("continuation frame") || text.contains("previous message is unfinished") {
        ProtocolFault::Fragments
    } else if text.contains("UTF-8") && !text.contains("close frame") {
        ProtocolFault::NotUtf8
    } else if text.contains("close frame") {
        ProtocolFault::CloseFrame
    } else if ["frame", "after close", "inflate", "invalid message", "message too big"].iter().any(|it| is_about(it)) {
        ProtocolFault::Other(SafeText::new(text))
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_of_chromes_has_its_cause() {
        let of = |text| BrowserError::of_socket_text(text, "api.example:443");
        assert_eq!(of("HTTP Authentication failed; no valid credentials available"), BrowserError::Refused(401));
        assert_eq!(of("Error during WebSocket handshake: Unexpected response code: 503"), BrowserError::Refused(503));
        assert_eq!(
            of("Error during WebSocket handshake: Incorrect 'Sec-WebSocket-Accept' header value"),
            BrowserError::Handshake(HandshakeFault::WrongAcceptKey)
        );
        assert_eq!(of("WebSocket is closed before the connection is established."), BrowserError::GivenUp);
        assert_eq!(
            of("Error during WebSocket handshake: net::ERR_CONNECTION_RESET"),
            BrowserError::Transport(Transport::Broken(BrokenCause::Io(IoCause::Reset)))
        );
        let name = of("Error in connection establishment: net::ERR_NAME_NOT_RESOLVED");
        let expected = DnsFailure { host: "api.example".into(), cause: DnsCause::NoSuchName };
        assert_eq!(name, BrowserError::Transport(Transport::Dns(expected)));
        let closed = BrowserError::Protocol(ProtocolFault::Other("Close received after close".into()));
        assert_eq!(of("Close received after close"), closed);
        assert_eq!(of("Unrecognized frame opcode: 3"), BrowserError::Protocol(ProtocolFault::ReservedOpcode(3)));
        let protocol = "Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response \
                        was received";
        let expected = HandshakeFault::NoSubprotocol { offered: SafeText::default() };
        assert_eq!(of(protocol), BrowserError::Handshake(expected));
    }

    #[test]
    fn what_no_other_client_meets_is_the_browsers() {
        for (name, rule) in [
            ("net::ERR_BLOCKED_BY_CLIENT", BrowserRule::Extension),
            ("ERR_BLOCKED_BY_CSP", BrowserRule::ContentSecurityPolicy),
            ("ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS", BrowserRule::LocalNetwork),
        ] {
            assert_eq!(BrowserError::named(name, "h:1"), BrowserError::Blocked(rule), "{name}");
        }
    }
}
