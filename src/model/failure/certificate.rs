//! What a certificate says of itself. Nothing is verified here; rustls and browsers do that.

use chrono::{DateTime, Utc};
use x509_parser::extensions::ParsedExtension;
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS;
use x509_parser::prelude::{FromDer as _, X509Certificate, X509Name};

use super::Issuer;
use crate::model::SafeText;

/// Characters of a name that are kept.
const MAX_NAME: usize = 64;

/// A certificate in the few fields that are worth showing (RFC 5280 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is for: a common name, or else an organization or a unit of one.
    pub subject: SafeText,
    /// Who signed it.
    pub issuer: Issuer,
    /// Whether the two are one.
    pub is_self_issued: bool,
    /// Whether it is an authority's (`CA:TRUE`, RFC 5280 §4.2.1.9).
    pub is_authority: bool,
    /// Whether it says where its issuer's certificate can be fetched (RFC 5280 §4.2.2.1), as those of public authorities do.
    pub locates_issuer: bool,
    /// From when it is valid.
    pub begins: DateTime<Utc>,
    /// Until when.
    pub ends: DateTime<Utc>,
}

impl Certificate {
    /// What the certificate in DER says, unless it is damaged.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let validity = certificate.validity();
        let (subject, issuer) = (certificate.subject(), certificate.issuer());
        let organization = issuer.iter_organization().next().map(|name| shown(name.as_slice()));
        Some(Self {
            subject: named(subject).unwrap_or_else(|| "an unnamed server".into()),
            issuer: Issuer::new(named(issuer).unwrap_or_else(|| "an unnamed issuer".into()), organization),
            is_self_issued: issuer.as_raw() == subject.as_raw(),
            is_authority: certificate.is_ca(),
            locates_issuer: certificate.extensions().iter().any(|extension| {
                let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() else { return false };
                access
                    .accessdescs
                    .iter()
                    .any(|described| described.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS)
            }),
            begins: DateTime::from_timestamp(validity.not_before.timestamp(), 0)?,
            ends: DateTime::from_timestamp(validity.not_after.timestamp(), 0)?,
        })
    }
}

/// The common name, or else the organization's unit or the organization itself.
fn named(name: &X509Name<'_>) -> Option<SafeText> {
    let unit = || name.iter_organizational_unit().next();
    let found = name.iter_common_name().next().or_else(unit).or_else(|| name.iter_organization().next())?;
    Some(shown(found.as_slice()))
}

fn shown(name: &[u8]) -> SafeText {
    SafeText::with_limit(&String::from_utf8_lossy(name), MAX_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(der: &[u8]) -> Option<Certificate> {
        Certificate::read(der)
    }

    fn certificate(year: i32, change: impl FnOnce(&mut rcgen::CertificateParams)) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 7, 4);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::OrganizationName, "Some Company");
        params.distinguished_name.push(rcgen::DnType::CommonName, "Test CA");
        change(&mut params);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn issuer_and_end_are_read_in_both_forms_of_time() {
        for year in [1999, 2031, 2070] {
            let read = read(&certificate(year, |_| {})).unwrap();
            assert_eq!((read.subject.as_str(), &*read.issuer.to_string()), ("Test CA", "Test CA (Some Company)"));
            assert!(read.is_self_issued && !read.is_authority);
            let dates = [read.begins, read.ends].map(|date| date.date_naive().to_string());
            assert_eq!(dates, ["1975-01-01".to_owned(), format!("{year}-07-04")]);
        }
    }

    #[test]
    fn an_authority_and_one_without_names_are_told() {
        let authority = certificate(2031, |params| {
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            params.distinguished_name = rcgen::DistinguishedName::new();
        });
        let read = read(&authority).unwrap();
        assert!(read.is_authority);
        assert_eq!((read.subject.as_str(), read.issuer.name.as_str()), ("an unnamed server", "an unnamed issuer"));
    }

    #[test]
    fn a_broken_certificate_gives_nothing() {
        let whole = certificate(2031, |_| {});
        for length in 0..whole.len() {
            assert_eq!(read(&whole[..length]), None);
        }
    }
}
