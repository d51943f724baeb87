//! Errors of the libraries, in words that say what to look at.

use std::error::Error;
use std::io;

use chrono::DateTime;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, InvalidMessage, OtherError};
use url::Url;

use super::proxy::Proxy;
use super::tls::Untrusted;
use crate::model::Transport;

/// `EAFNOSUPPORT`: the system does not know this kind of address.
const NO_SUCH_FAMILY: i32 = if cfg!(windows) {
    10047
} else if cfg!(target_vendor = "apple") {
    47
} else {
    97
};

/// Which part of reaching `url` failed, for an HTTP request. `proxy` is what it went through.
pub fn of_request(error: &reqwest::Error, url: &Url, proxy: Option<&Proxy>) -> Transport {
    if let Some(error) = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return Transport::Tls(tls_text(error).into());
    }
    let io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last();
    let last = || causes(error).last().map_or_else(String::new, ToString::to_string);
    let text = match io {
        _ if error.is_timeout() => "no answer".to_owned(),
        _ if is_not_http(error) => format!("what answers is not HTTP ({})", last()),
        Some(error) => io_text(error),
        None => last(),
    };
    if !error.is_connect() {
        return Transport::Broken(text.as_str().into());
    }
    if let Some(proxy) = proxy {
        return Transport::Proxy(format!("{proxy}: {text}").as_str().into());
    }
    let server = authority(url);
    if error.is_dns() {
        return Transport::Dns(format!("{server}: {text}").as_str().into());
    }
    if url.scheme() == "https" && io.is_some_and(|error| ended_by_peer(error.kind())) {
        return Transport::Tls(ended_during_handshake().into());
    }
    Transport::Tcp(format!("{server}: {text}").as_str().into())
}

/// Whether bytes came that are no answer, or came before anything was asked.
fn is_not_http(error: &reqwest::Error) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(|error| {
        // The library has no name for the second.
        error.is_parse() || error.to_string().contains("unexpected message")
    })
}

/// Which part failed when a TLS handshake did.
pub fn of_handshake(error: &io::Error) -> Transport {
    let tls = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>());
    let text = match tls {
        Some(error) => tls_text(error),
        None if ended_by_peer(error.kind()) => ended_during_handshake().to_owned(),
        None => io_text(error),
    };
    Transport::Tls(text.as_str().into())
}

/// An error and its causes. An [`io::Error`] hides the error inside it from [`Error::source`].
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inside.map(|inside| inside as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

/// `url`'s value of the `Host` header: the port only if it is not the scheme's own.
pub fn host_header(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Host and port of `url`.
pub fn authority(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

/// An error of the operating system in a few words.
pub fn io_text(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "reset by the other side".to_owned(),
        io::ErrorKind::UnexpectedEof => "ended early by the other side".to_owned(),
        io::ErrorKind::HostUnreachable => "no route to this host".to_owned(),
        // The second: this computer has no address of this kind, as without IPv6.
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable => no_route().to_owned(),
        _ if error.raw_os_error() == Some(NO_SUCH_FAMILY) => no_route().to_owned(),
        io::ErrorKind::TimedOut => "no answer".to_owned(),
        _ => error.to_string().trim_start_matches("failed to lookup address information: ").to_owned(),
    }
}

fn no_route() -> &'static str {
    "no route to this network"
}

fn ended_by_peer(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

fn ended_during_handshake() -> &'static str {
    "the server ended the connection during the handshake"
}

fn tls_text(error: &rustls::Error) -> String {
    use rustls::Error as E;
    match error {
        E::InvalidCertificate(problem) => certificate_text(problem),
        E::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the server does not speak TLS on this port".to_owned()
        }
        E::AlertReceived(alert) => alert_text(*alert),
        E::PeerIncompatible(problem) => format!("the server supports no common version or cipher ({problem:?})"),
        other => other.to_string(),
    }
}

fn alert_text(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::HandshakeFailure => "the server refused the handshake: no common cipher".to_owned(),
        AlertDescription::ProtocolVersion => "the server refused the handshake: no common TLS version".to_owned(),
        AlertDescription::UnrecognisedName => "the server does not know this host name".to_owned(),
        AlertDescription::CertificateRequired => "the server wants a client certificate".to_owned(),
        other => format!("the server refused the handshake ({other:?})"),
    }
}

fn certificate_text(problem: &CertificateError) -> String {
    use CertificateError as C;
    match problem {
        C::Expired => "the certificate has expired".to_owned(),
        C::ExpiredContext { not_after, .. } => format!("the certificate has expired on {}", date(*not_after)),
        C::NotValidYet => "the certificate is not valid yet; is this computer's clock right?".to_owned(),
        C::NotValidYetContext { not_before, .. } => {
            format!("the certificate is not valid before {}; is this computer's clock right?", date(*not_before))
        }
        C::NotValidForName => "the certificate is for another host".to_owned(),
        C::NotValidForNameContext { expected, presented } => {
            // rustls gives them as `DnsName("a.example")`.
            let names = presented.iter().take(5).map(|name| name.split('"').nth(1).unwrap_or(name));
            let presented = names.collect::<Vec<_>>();
            format!("the certificate is for another host: {}, not {}", presented.join(", "), expected.to_str())
        }
        C::UnknownIssuer => of_company("the certificate's issuer is not trusted"),
        C::Other(OtherError(error)) => match error.downcast_ref() {
            Some(untrusted @ Untrusted::Issuer(_)) => of_company(&untrusted.to_string()),
            Some(untrusted) => untrusted.to_string(),
            None => format!("the certificate is not accepted: {error}"),
        },
        C::Revoked => "the certificate has been revoked".to_owned(),
        other => format!("the certificate is not accepted: {other}"),
    }
}

fn of_company(what: &str) -> String {
    format!("{what}; a company's own root belongs into tls.extra_roots of the profile")
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0)
        .map_or_else(|| "a date that is out of range".to_owned(), |d| d.date_naive().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_computer_without_ipv6_has_no_route() {
        // EADDRNOTAVAIL, EAFNOSUPPORT, ENETUNREACH.
        let codes = if cfg!(target_vendor = "apple") { [49, 47, 51] } else { [99, 97, 101] };
        for code in codes {
            assert_eq!(io_text(&io::Error::from_raw_os_error(code)), "no route to this network");
        }
    }
}
