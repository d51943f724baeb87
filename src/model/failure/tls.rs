//! TLS handshakes that fail, and the certificates that they fail over.

use std::fmt;

use chrono::NaiveDate;

use super::{IoCause, Issuer, IssuerKind};
use crate::model::SafeText;

/// A TLS handshake that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFailure {
    /// What went wrong.
    pub cause: TlsCause,
    /// Who issued the certificate that the server showed, where it is known.
    pub issuer: Option<Issuer>,
}

/// Why a TLS handshake failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsCause {
    /// The certificate is not accepted.
    Certificate(CertificateFault),
    /// The server does not speak TLS on this port.
    NotTls,
    /// The server refused the handshake with an alert (RFC 8446 §6.2).
    Refused(TlsAlert),
    /// Client and server have no version or cipher in common; the library's words.
    NothingInCommon(SafeText),
    /// The server ended the connection during the handshake.
    EndedByServer,
    /// No certificate can be for the host name.
    NotAHostName,
    /// The connection failed.
    Io(IoCause),
    /// It failed, and the file does not say how: Firefox tells no more.
    Unseen,
    /// Anything else, in the library's words.
    Other(SafeText),
}

/// An alert with which a server refuses a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsAlert {
    /// `handshake_failure`: no common cipher; until TLS 1.2 a missing client certificate too.
    HandshakeFailure,
    /// `protocol_version`: no common version of TLS.
    ProtocolVersion,
    /// `unrecognized_name`: the server does not know the host name (RFC 6066 §3).
    UnrecognisedName,
    /// `certificate_required`: the server wants a client certificate.
    CertificateRequired,
    /// Another one, by its name.
    Other(SafeText),
}

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateFault {
    /// It has expired.
    Expired {
        /// When, if the verifier says so.
        on: Option<NaiveDate>,
    },
    /// It is not valid yet, or this computer's clock is behind.
    NotValidYet {
        /// From when it is valid, if the verifier says so.
        from: Option<NaiveDate>,
    },
    /// It is for another host.
    WrongHost {
        /// The host that was asked for.
        expected: SafeText,
        /// The hosts that it is for, as far as they were told.
        presented: Vec<SafeText>,
    },
    /// Its issuer is not among the trusted ones.
    UnknownIssuer,
    /// It names where its issuer's certificate can be fetched, and came without that: one of those between it and a trusted
    /// one is missing.
    ChainIncomplete,
    /// It came alone, and its issuer is not known: one between the two is missing, or the issuer is an authority of a company's
    /// own.
    CameAlone,
    /// The server signed it itself.
    SelfSigned,
    /// The server signed it itself, and it is an authority's, which can be no server's (RFC 5280 §4.2.1.9).
    SelfSignedAuthority,
    /// It is an authority's that another one has signed.
    Authority,
    /// A trusted issuer's name is on it, and its signature is not.
    Forged,
    /// Its issuer has revoked it.
    Revoked,
    /// Anything else, in the verifier's words.
    Other(SafeText),
}

/// Hosts of a certificate that are listed.
const MAX_HOSTS: usize = 5;

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(issuer) = &self.issuer else { return self.cause.fmt(f) };
        match &self.cause {
            TlsCause::Certificate(fault) => match fault {
                CertificateFault::UnknownIssuer if issuer.kind == IssuerKind::Public => write!(
                    f,
                    "the certificates that the server sends do not lead to an authority that this computer knows; its own is by \
                     {issuer}"
                ),
                CertificateFault::UnknownIssuer => {
                    write!(f, "the certificate's issuer is not trusted: {issuer}{OWN_ROOT}")
                }
                CertificateFault::CameAlone => write!(
                    f,
                    "the certificate's issuer is not trusted: {issuer}; and the server sends its own certificate alone"
                ),
                CertificateFault::ChainIncomplete => write!(
                    f,
                    "the server sends its own certificate alone, without the intermediate one between it and a trusted \
                     authority: {issuer}"
                ),
                CertificateFault::SelfSigned => write!(f, "the server's certificate is self-signed: {issuer}"),
                CertificateFault::SelfSignedAuthority => write!(
                    f,
                    "the server's certificate is self-signed: {issuer}; and it is an authority's (CA:TRUE), which no \
                     client accepts"
                ),
                CertificateFault::Authority => write!(
                    f,
                    "the server shows an authority's certificate (CA:TRUE), which no client accepts: signed by {issuer}"
                ),
                CertificateFault::Forged => {
                    write!(f, "the certificate is not signed by the issuer that it names: {issuer}")
                }
                CertificateFault::Expired { .. }
                | CertificateFault::NotValidYet { .. }
                | CertificateFault::WrongHost { .. }
                | CertificateFault::Revoked
                | CertificateFault::Other(_) => fault.fmt(f),
            },
            TlsCause::NotTls
            | TlsCause::Refused(_)
            | TlsCause::NothingInCommon(_)
            | TlsCause::EndedByServer
            | TlsCause::NotAHostName
            | TlsCause::Io(_)
            | TlsCause::Unseen
            | TlsCause::Other(_) => self.cause.fmt(f),
        }
    }
}

/// What our own client can do about an unknown issuer.
pub const OWN_ROOT: &str = "; a company's own root belongs into tls.extra_roots of the profile";

impl fmt::Display for TlsCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(fault) => fault.fmt(f),
            Self::NotTls => f.write_str("the server does not speak TLS on this port"),
            Self::Refused(alert) => alert.fmt(f),
            Self::NothingInCommon(said) => write!(f, "the server supports no common version or cipher ({said})"),
            Self::EndedByServer => f.write_str("the server ended the connection during the handshake"),
            Self::NotAHostName => f.write_str("no certificate can be for this host name"),
            Self::Io(cause) => cause.fmt(f),
            Self::Unseen => f.write_str("the TLS handshake failed; the browser does not say why"),
            Self::Other(said) => said.fmt(f),
        }
    }
}

impl fmt::Display for TlsAlert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HandshakeFailure => {
                f.write_str("the server refused the handshake: no common cipher, or it wants a client certificate")
            }
            Self::ProtocolVersion => f.write_str("the server refused the handshake: no common TLS version"),
            Self::UnrecognisedName => f.write_str("the server does not know this host name"),
            Self::CertificateRequired => f.write_str("the server wants a client certificate"),
            Self::Other(name) => write!(f, "the server refused the handshake ({name})"),
        }
    }
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired { on: Some(date) } => write!(f, "the certificate has expired on {date}"),
            Self::Expired { on: None } => f.write_str("the certificate has expired or is not valid yet"),
            Self::NotValidYet { from: Some(date) } => {
                write!(f, "the certificate is not valid before {date}; is this computer's clock right?")
            }
            Self::NotValidYet { from: None } => {
                f.write_str("the certificate is not valid yet; is this computer's clock right?")
            }
            Self::WrongHost { presented, .. } if presented.is_empty() => {
                f.write_str("the certificate is for another host")
            }
            Self::WrongHost { expected, presented } => {
                let presented: Vec<_> = presented.iter().take(MAX_HOSTS).map(SafeText::as_str).collect();
                write!(f, "the certificate is for another host: {}, not {expected}", presented.join(", "))
            }
            Self::UnknownIssuer => write!(f, "the certificate's issuer is not trusted{OWN_ROOT}"),
            Self::ChainIncomplete => f.write_str(
                "the server sends its own certificate alone, without the intermediate one between it and a trusted authority",
            ),
            Self::CameAlone => f.write_str(
                "the certificate's issuer is not trusted, and the server sends its own certificate alone",
            ),
            Self::SelfSigned => f.write_str("the server's certificate is self-signed"),
            Self::SelfSignedAuthority => {
                f.write_str("the server's certificate is self-signed and an authority's (CA:TRUE)")
            }
            Self::Authority => f.write_str("the server shows an authority's certificate (CA:TRUE)"),
            Self::Forged => f.write_str("the certificate is not signed by the issuer that it names"),
            Self::Revoked => f.write_str("the certificate has been revoked"),
            Self::Other(said) => write!(f, "the certificate is not accepted: {said}"),
        }
    }
}
