//! From the libraries' errors to causes.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError, InvalidMessage, OtherError, PeerIncompatible};
use url::{Host, Url};

use super::authority::authority;
use super::client::Unresolved;
use super::proxy::Proxy;
use super::rejection::{Rejected, certificate_fault};
use crate::model::SafeText;
use crate::model::failure::{
    BrokenCause, DnsFailure, IoCause, LocalLimit, ProxyCause, ProxyFailure, TcpFailure, TlsAlert, TlsCause, TlsFailure,
    Transport,
};

/// Which part of reaching `url` failed, for an HTTP request. `proxy` is what it went through.
pub fn of_request(error: &reqwest::Error, url: &Url, proxy: Option<&Proxy>) -> Transport {
    if let Some(error) = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return Transport::Tls(Box::new(tls_failure(error)));
    }
    let io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last().map(IoCause::of);
    let said = || SafeText::new(&causes(error).last().map_or_else(String::new, ToString::to_string));
    if !error.is_connect() {
        return Transport::Broken(match io {
            _ if error.is_timeout() => BrokenCause::Io(IoCause::NoAnswer),
            _ if is_not_http(error) => BrokenCause::NotHttp(said()),
            Some(cause) => BrokenCause::Io(cause),
            None => BrokenCause::Other(said()),
        });
    }
    let unresolved = causes(error).find_map(|cause| cause.downcast_ref::<Unresolved>());
    let cause = io.filter(|_| !error.is_timeout()).map(|cause| match cause {
        // Without IPv6 a computer has no port for its addresses either.
        IoCause::Local(LocalLimit::Ports) if matches!(url.host(), Some(Host::Ipv6(_))) => IoCause::NoRouteToNetwork,
        cause => cause,
    });
    if let Some(proxy) = proxy {
        return Transport::Proxy(ProxyFailure {
            proxy: SafeText::new(&proxy.to_string()),
            cause: match (unresolved, cause) {
                (Some(Unresolved(cause)), _) => ProxyCause::Dns(cause.clone()),
                (None, Some(cause)) => ProxyCause::Io(cause),
                (None, None) if error.is_timeout() => ProxyCause::Io(IoCause::NoAnswer),
                // The library keeps to itself what the proxy answered, but for one answer.
                (None, None) if is_login_wanted(error) => ProxyCause::Answered { status: 407 },
                (None, None) => ProxyCause::Other(said()),
            },
        });
    }
    if let Some(Unresolved(cause)) = unresolved {
        let host = SafeText::new(url.host_str().unwrap_or_default());
        return Transport::Dns(DnsFailure { host, cause: cause.clone() });
    }
    if url.scheme() == "https" && cause.as_ref().is_some_and(IoCause::is_ended_by_peer) {
        return Transport::Tls(Box::new(TlsFailure { cause: TlsCause::EndedByServer, issuer: None }));
    }
    let cause = match cause {
        Some(cause) => cause,
        None if error.is_timeout() => IoCause::NoAnswer,
        None => IoCause::Other(said()),
    };
    Transport::Tcp(TcpFailure::Server { server: SafeText::new(&authority(url)), cause })
}

/// Whether bytes came that are no answer, or came before anything was asked.
fn is_not_http(error: &reqwest::Error) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(|error| {
        // The library has no name for the second.
        error.is_parse() || error.to_string().contains("unexpected message")
    })
}

/// Whether a proxy wants a name and a password. The library has no other name for it.
fn is_login_wanted(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.to_string() == "tunnel error: proxy authorization required")
}

/// Why a TLS handshake failed.
pub fn of_handshake(error: &io::Error) -> TlsFailure {
    let tls = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>());
    if let Some(error) = tls {
        return tls_failure(error);
    }
    let cause = match IoCause::of(error) {
        cause if cause.is_ended_by_peer() => TlsCause::EndedByServer,
        cause => TlsCause::Io(cause),
    };
    TlsFailure { cause, issuer: None }
}

/// The alert with which a server has ended a connection that had been made, if that is how.
pub fn late_alert(error: &io::Error) -> Option<TlsFailure> {
    let error = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>())?;
    matches!(error, rustls::Error::AlertReceived(_)).then(|| tls_failure(error))
}

/// An error and its causes. An [`io::Error`] hides the error inside it from [`Error::source`].
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inside.map(|inside| inside as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

fn tls_failure(error: &rustls::Error) -> TlsFailure {
    use rustls::Error as E;
    let cause = match error {
        E::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
            if let Some(Rejected { fault, issuer }) = inner.downcast_ref() {
                return TlsFailure { cause: TlsCause::Certificate(fault.clone()), issuer: issuer.clone() };
            }
            TlsCause::Certificate(certificate_fault(&CertificateError::Other(OtherError(inner.clone()))))
        }
        E::InvalidCertificate(problem) => TlsCause::Certificate(certificate_fault(problem)),
        E::InvalidMessage(InvalidMessage::InvalidContentType) => TlsCause::NotTls,
        E::AlertReceived(alert) => TlsCause::Refused(tls_alert(*alert)),
        E::PeerIncompatible(problem) => TlsCause::NothingInCommon(SafeText::new(incompatible(problem))),
        other => TlsCause::Other(SafeText::new(&other.to_string())),
    };
    TlsFailure { cause, issuer: None }
}

/// What client and server do not have in common.
fn incompatible(problem: &PeerIncompatible) -> &'static str {
    match problem {
        PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => {
            "it speaks no TLS 1.2 or newer"
        }
        PeerIncompatible::NoCipherSuitesInCommon
        | PeerIncompatible::NoKxGroupsInCommon
        | PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            "it offers no cipher, key exchange or signature of today"
        }
        PeerIncompatible::ExtendedMasterSecretExtensionRequired => "it lacks the extended master secret (RFC 7627)",
        _ => "what it wants is not offered",
    }
}

fn tls_alert(alert: AlertDescription) -> TlsAlert {
    match alert {
        AlertDescription::HandshakeFailure => TlsAlert::HandshakeFailure,
        AlertDescription::ProtocolVersion => TlsAlert::ProtocolVersion,
        AlertDescription::UnrecognisedName => TlsAlert::UnrecognisedName,
        AlertDescription::CertificateRequired => TlsAlert::CertificateRequired,
        other => TlsAlert::Other(SafeText::new(&field_name(other))),
    }
}

/// The name of an alert as RFC 8446 §6 has it: `internal_error`.
fn field_name(alert: AlertDescription) -> String {
    let mut name = String::new();
    for letter in format!("{alert:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
