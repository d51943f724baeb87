//! Why a certificate is rejected.

use chrono::{DateTime, NaiveDate};
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

use crate::model::failure::Certificate;
use crate::model::failure::{CertificateFault, IssuerKind};
use crate::model::{Issuer, SafeText};

/// What a verifier says of a certificate that it rejects, with the certificate's own words.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct Rejected {
    /// What is wrong with it.
    pub fault: CertificateFault,
    /// Who issued it, unless it cannot be read.
    pub issuer: Option<Issuer>,
}

impl Rejected {
    /// What `problem` is, of a certificate that says this of itself; it came alone if no others were sent with it.
    pub fn new(problem: &CertificateError, certificate: Option<Certificate>, came_alone: bool) -> Self {
        let is_own = certificate.as_ref().is_some_and(|certificate| certificate.is_self_issued);
        let is_authority = certificate.as_ref().is_some_and(|certificate| certificate.is_authority);
        let of_issuer = |wanted: fn(&Certificate) -> bool| certificate.as_ref().is_some_and(wanted);
        // The certificates of public authorities are never signed by a root (CA/Browser Forum, Baseline Requirements §6.1.7).
        let lacks_issuer =
            of_issuer(|certificate| certificate.locates_issuer || certificate.issuer.kind == IssuerKind::Public);
        let may_lack_issuer = came_alone && of_issuer(|certificate| certificate.issuer.kind != IssuerKind::Interceptor);
        let fault = match (problem, certificate_fault(problem)) {
            // The verifier has no name of its own for an authority's certificate in the place of a server's.
            (CertificateError::Other(_), _) if is_authority && is_own => CertificateFault::SelfSignedAuthority,
            (CertificateError::Other(_), _) if is_authority => CertificateFault::Authority,
            (_, CertificateFault::UnknownIssuer | CertificateFault::Forged) if is_own => CertificateFault::SelfSigned,
            (_, CertificateFault::UnknownIssuer) if may_lack_issuer && lacks_issuer => {
                CertificateFault::ChainIncomplete
            }
            (_, CertificateFault::UnknownIssuer) if may_lack_issuer => CertificateFault::CameAlone,
            (_, fault) => fault,
        };
        Self { fault, issuer: certificate.map(|certificate| certificate.issuer) }
    }
}

/// What the verifier found wrong.
pub fn certificate_fault(problem: &CertificateError) -> CertificateFault {
    use CertificateError as C;
    match problem {
        C::Expired => CertificateFault::Expired { on: None },
        C::ExpiredContext { not_after, .. } => CertificateFault::Expired { on: date(*not_after) },
        C::NotValidYet => CertificateFault::NotValidYet { from: None },
        C::NotValidYetContext { not_before, .. } => CertificateFault::NotValidYet { from: date(*not_before) },
        C::NotValidForName => CertificateFault::WrongHost { expected: SafeText::default(), presented: Vec::new() },
        C::NotValidForNameContext { expected, presented } => {
            // rustls gives them as `DnsName("a.example")`.
            let names = presented.iter().map(|name| SafeText::new(name.split('"').nth(1).unwrap_or(name)));
            CertificateFault::WrongHost { expected: SafeText::new(&expected.to_str()), presented: names.collect() }
        }
        C::UnknownIssuer => CertificateFault::UnknownIssuer,
        C::BadSignature => CertificateFault::Forged,
        // Another kind of key than the issuer's has signed it.
        C::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => CertificateFault::Forged,
        C::Revoked => CertificateFault::Revoked,
        other => CertificateFault::Other(SafeText::new(in_words(other))),
    }
}

/// What is wrong where there is no cause of its own for it: the library has no words for people.
fn in_words(problem: &CertificateError) -> &'static str {
    use CertificateError as C;
    match problem {
        C::BadEncoding => "it is damaged",
        C::UnsupportedSignatureAlgorithmContext { .. } => {
            "it is signed in a way that clients no longer accept, such as SHA-1"
        }
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => "it is not for servers (extended key usage)",
        C::UnhandledCriticalExtension => "it has a critical extension that clients do not know",
        C::UnknownRevocationStatus | C::ExpiredRevocationList | C::ExpiredRevocationListContext { .. } => {
            "whether it has been revoked cannot be told"
        }
        _ => "it is not of a form that clients accept",
    }
}

fn date(time: UnixTime) -> Option<NaiveDate> {
    let seconds = i64::try_from(time.as_secs()).ok()?;
    Some(DateTime::from_timestamp(seconds, 0)?.date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_came_alone_lacks_its_issuers_unless_that_opens_connections() {
        use CertificateFault as F;
        let of = |issuer: &str, is_self_issued, locates_issuer| Certificate {
            subject: "api.example".into(),
            issuer: Issuer::new(SafeText::new(issuer), None),
            is_self_issued,
            is_authority: false,
            locates_issuer,
            begins: DateTime::UNIX_EPOCH,
            ends: DateTime::UNIX_EPOCH,
        };
        let unknown = CertificateError::UnknownIssuer;
        for (certificate, came_alone, fault) in [
            (of("R11 Let's Encrypt", false, false), true, F::ChainIncomplete),
            (of("R11 Let's Encrypt", false, false), false, F::UnknownIssuer),
            (of("ACME Corp Issuing CA 1", false, true), true, F::ChainIncomplete),
            (of("ACME Corp Issuing CA 1", false, false), true, F::CameAlone),
            (of("ACME Corp Issuing CA 1", false, false), false, F::UnknownIssuer),
            (of("Zscaler Root CA", false, true), true, F::UnknownIssuer),
            (of("localhost", true, false), true, F::SelfSigned),
        ] {
            let issuer = certificate.issuer.name.clone();
            assert_eq!(Rejected::new(&unknown, Some(certificate), came_alone).fault, fault, "{issuer}");
        }
        for problem in [CertificateError::BadEncoding, CertificateError::ApplicationVerificationFailure] {
            let said = Rejected::new(&problem, None, true).to_string();
            assert!(!said.contains(&format!("{problem:?}")), "{said}");
        }
    }
}
