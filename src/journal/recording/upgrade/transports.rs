//! Names, addresses, TLS and proxies.

use std::net::SocketAddr;

use serde_json::Value;

use super::values::{io, nanos};
use crate::model::SafeText;
use crate::model::failure::{
    BrokenCause, CertificateFault, DialFailure, DnsCause, DnsFailure, HandshakeFault, HeadFault, IoCause, Issuer,
    LostAddress, Phase, ProxyCause, ProxyFailure, TcpFailure, TlsAlert, TlsCause, TlsFailure, Transport,
};

pub fn dial(old: &Value) -> Option<DialFailure> {
    Some(match old.get("kind")?.as_str()? {
        "transport" => DialFailure::Transport(transport(old)?),
        "timeout" => {
            DialFailure::Timeout { phase: phase(old.get("phase")?.as_str()?)?, after: nanos(old.get("after")?)? }
        }
        "bad_handshake" => DialFailure::BadHandshake(handshake(old.get("problem")?.as_str()?)),
        _ => return None,
    })
}

fn phase(name: &str) -> Option<Phase> {
    use strum::IntoEnumIterator as _;
    Phase::iter().find(|phase| format!("{phase:?}").eq_ignore_ascii_case(name))
}

pub fn transport(old: &Value) -> Option<Transport> {
    let said = old.get("error")?.as_str()?;
    Some(match old.get("layer")?.as_str()? {
        "dns" => {
            let (host, problem) = said.split_once(": ").unwrap_or((said, ""));
            Transport::Dns(DnsFailure { host: SafeText::new(host), cause: dns(problem) })
        }
        "tcp" => Transport::Tcp(tcp(said)),
        "tls" => Transport::Tls(Box::new(tls(said))),
        "proxy" => Transport::Proxy(proxy(said)),
        "broken" => Transport::Broken(broken(said)),
        _ => return None,
    })
}

/// What this program and the C library said of a name.
fn dns(said: &str) -> DnsCause {
    match said {
        "there is no such name" | "Name or service not known" | "nodename nor servname provided, or not known" => {
            DnsCause::NoSuchName
        }
        "it has no address" | "No address associated with hostname" => DnsCause::NoAddress,
        "Temporary failure in name resolution" => DnsCause::TryAgain,
        "no answer" => DnsCause::NoAnswer,
        _ => DnsCause::Other(SafeText::new(said)),
    }
}

fn tcp(said: &str) -> TcpFailure {
    match lost_addresses(said) {
        Some(lost) => TcpFailure::Addresses(lost),
        None => {
            let (server, cause) = said.rsplit_once(": ").unwrap_or(("", said));
            TcpFailure::Server { server: SafeText::new(server), cause: io(cause) }
        }
    }
}

/// `127.0.0.1:443: connection refused, [::1]:443: no answer`.
fn lost_addresses(said: &str) -> Option<Vec<LostAddress>> {
    let lost = said.split(", ").map(|one| {
        let (address, cause) = one.split_once(": ")?;
        Some(LostAddress { address: address.parse::<SocketAddr>().ok()?, cause: Some(io(cause)) })
    });
    lost.collect()
}

pub fn lost_address(old: &Value) -> Option<LostAddress> {
    let address = old.get("address")?.as_str()?.parse().ok()?;
    Some(LostAddress { address, cause: old.get("error").and_then(Value::as_str).map(io) })
}

fn tls(said: &str) -> TlsFailure {
    let after = |before: &str| said.strip_prefix(before);
    let certificate = |fault, issuer| TlsFailure { cause: TlsCause::Certificate(fault), issuer };
    let of_issuer = |fault, named: &str| certificate(fault, Some(issuer(named)));
    if let Some(rest) = after("the certificate has expired") {
        let on = rest.strip_prefix(" on ").and_then(|date| date.parse().ok());
        return certificate(CertificateFault::Expired { on }, None);
    }
    if let Some(rest) = after("the certificate is not valid before ") {
        let from = rest.split(';').next().and_then(|date| date.parse().ok());
        return certificate(CertificateFault::NotValidYet { from }, None);
    }
    if said.starts_with("the certificate is not valid yet") {
        return certificate(CertificateFault::NotValidYet { from: None }, None);
    }
    if let Some(rest) = after("the certificate is for another host") {
        let hosts = rest.strip_prefix(": ").and_then(|hosts| hosts.rsplit_once(", not "));
        let (presented, expected) = hosts.unwrap_or_default();
        let presented = presented.split(", ").filter(|host| !host.is_empty()).map(SafeText::new).collect();
        return certificate(CertificateFault::WrongHost { expected: SafeText::new(expected), presented }, None);
    }
    if let Some(named) = after("the certificate's issuer is not trusted: ") {
        return of_issuer(CertificateFault::UnknownIssuer, named.strip_suffix(OWN_ROOT).unwrap_or(named));
    }
    if said.starts_with("the certificate's issuer is not trusted") {
        return certificate(CertificateFault::UnknownIssuer, None);
    }
    if let Some(named) = after("the server's certificate is self-signed: ") {
        return match named.strip_suffix(AUTHORITYS) {
            Some(named) => of_issuer(CertificateFault::SelfSignedAuthority, named),
            None => of_issuer(CertificateFault::SelfSigned, named),
        };
    }
    if let Some(named) =
        after("the server shows an authority's certificate (CA:TRUE), which no client accepts: signed by ")
    {
        return of_issuer(CertificateFault::Authority, named);
    }
    if let Some(named) = after("the certificate is not signed by the issuer that it names: ") {
        return of_issuer(CertificateFault::Forged, named);
    }
    if said == "the certificate has been revoked" {
        return certificate(CertificateFault::Revoked, None);
    }
    if let Some(rest) = after("the certificate is not accepted: ") {
        return certificate(CertificateFault::Other(SafeText::new(rest)), None);
    }
    TlsFailure { cause: tls_cause(said), issuer: None }
}

const OWN_ROOT: &str = "; a company's own root belongs into tls.extra_roots of the profile";
const AUTHORITYS: &str = "; and it is an authority's (CA:TRUE), which no client accepts";

fn tls_cause(said: &str) -> TlsCause {
    let in_brackets = |before: &str| {
        let inner = said.strip_prefix(before)?.strip_prefix(" (")?.strip_suffix(')')?;
        Some(SafeText::new(inner))
    };
    match said {
        "the server does not speak TLS on this port" => TlsCause::NotTls,
        "the server refused the handshake: no common cipher" => TlsCause::Refused(TlsAlert::HandshakeFailure),
        "the server refused the handshake: no common TLS version" => TlsCause::Refused(TlsAlert::ProtocolVersion),
        "the server does not know this host name" => TlsCause::Refused(TlsAlert::UnrecognisedName),
        "the server wants a client certificate" => TlsCause::Refused(TlsAlert::CertificateRequired),
        "the server ended the connection during the handshake" => TlsCause::EndedByServer,
        "no certificate can be for this host name" | "not a host name" => TlsCause::NotAHostName,
        _ => {
            if let Some(name) = in_brackets("the server refused the handshake") {
                TlsCause::Refused(TlsAlert::Other(name))
            } else if let Some(problem) = in_brackets("the server supports no common version or cipher") {
                TlsCause::NothingInCommon(problem)
            } else {
                sorted(said, TlsCause::Other, TlsCause::Io)
            }
        }
    }
}

/// What was said as a cause of the system's, if it is a known one.
fn sorted<T>(said: &str, other: impl Fn(SafeText) -> T, known: impl Fn(IoCause) -> T) -> T {
    let cause = io(said);
    if let IoCause::Other(said) = cause { other(said) } else { known(cause) }
}

/// `Name (Organization)`.
fn issuer(named: &str) -> Issuer {
    let parts = named.strip_suffix(')').and_then(|named| named.rsplit_once(" ("));
    match parts {
        Some((name, organization)) => Issuer::new(SafeText::new(name), Some(SafeText::new(organization))),
        None => Issuer::new(SafeText::new(named), None),
    }
}

fn proxy(said: &str) -> ProxyFailure {
    if let Some(lost) = lost_addresses(said) {
        let proxy = lost.first().map_or_else(SafeText::default, |lost| SafeText::new(&lost.address.to_string()));
        return ProxyFailure { proxy, cause: ProxyCause::Unreachable(lost) };
    }
    let (proxy, said) = said.split_once(": ").unwrap_or(("", said));
    let after = |before: &str| said.strip_prefix(before);
    let cause = if let Some(cause) = after("its name could not be resolved: ") {
        ProxyCause::Dns(dns(cause))
    } else if let Some(lost) = after("no TCP connection: ") {
        ProxyCause::Unreachable(lost_addresses(lost).unwrap_or_default())
    } else if let Some(answer) = after("answered CONNECT with ") {
        let status = answer.split(' ').next().and_then(|status| status.parse().ok());
        status.map_or_else(|| ProxyCause::Other(SafeText::new(said)), |status| ProxyCause::Answered { status })
    } else {
        match (said, head(said)) {
            ("ended the connection without an answer", _) => ProxyCause::EndedWithoutAnswer,
            ("sent data of its own after opening the tunnel", _) => ProxyCause::SentData,
            ("proxy authorization required", _) => ProxyCause::Answered { status: 407 },
            (_, Some(fault)) => ProxyCause::NotHttp(fault),
            (_, None) => sorted(said, ProxyCause::Other, ProxyCause::Io),
        }
    };
    ProxyFailure { proxy: SafeText::new(proxy), cause }
}

fn broken(said: &str) -> BrokenCause {
    let not_http = said.strip_prefix("what answers is not HTTP (").and_then(|said| said.strip_suffix(')'));
    match (said, not_http) {
        (_, Some(said)) => BrokenCause::NotHttp(SafeText::new(said)),
        ("the server ended it without an answer to the upgrade", None) => BrokenCause::NoAnswerBeforeEnd,
        (_, None) => sorted(said, BrokenCause::Other, BrokenCause::Io),
    }
}

fn head(said: &str) -> Option<HeadFault> {
    let number = |before: &str, behind: &str| said.strip_prefix(before)?.strip_suffix(behind)?.parse().ok();
    if let Some(begins) = said.strip_prefix("the answer is not HTTP/1, it begins with \"") {
        return Some(HeadFault::NotHttp { begins: SafeText::new(begins.trim_end_matches('"')) });
    }
    if said == "the head of the answer is not valid HTTP" {
        return Some(HeadFault::Invalid);
    }
    if let Some(limit_kib) = number("the head of the answer is longer than ", " KiB") {
        return Some(HeadFault::TooLong { limit_kib });
    }
    if let Some(limit) = number("the answer has more than ", " headers") {
        return Some(HeadFault::TooManyHeaders { limit });
    }
    number("more than ", " interim answers").map(|limit| HeadFault::TooManyInterim { limit })
}

fn handshake(said: &str) -> HandshakeFault {
    match said {
        "101 in another version than HTTP/1.1, the one that has the upgrade" => HandshakeFault::Version,
        "101 without \"Upgrade: websocket\"" => HandshakeFault::NoUpgrade,
        "101 without \"Connection: Upgrade\"" => HandshakeFault::NoConnection,
        "101 without Sec-WebSocket-Accept" => HandshakeFault::NoAcceptKey,
        "Sec-WebSocket-Accept does not belong to this request's key; a cache or proxy may have answered" => {
            HandshakeFault::WrongAcceptKey
        }
        "the server chose an extension that was not offered" => {
            HandshakeFault::UnofferedExtension { extension: SafeText::default() }
        }
        "the server chose a subprotocol that was not offered" => {
            HandshakeFault::UnofferedSubprotocol { protocol: SafeText::default() }
        }
        "the connection was gone before the upgrade" => HandshakeFault::ConnectionGone,
        _ => HandshakeFault::Head(head(said).unwrap_or(HeadFault::Invalid)),
    }
}
