//! Who issued a certificate and until when it is valid: the few fields of X.509 (RFC 5280 §4.1) that are worth
//! showing. Nothing is verified here; rustls does that.

use chrono::{DateTime, NaiveDateTime, Utc};
use rustls::{ClientConnection, ProtocolVersion};

use crate::model::{Issuer, SafeText};

const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];

/// A certificate in the few fields that are worth showing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is for: a common name, or else an organization.
    pub subject: SafeText,
    /// Who signed it.
    pub issuer: Issuer,
    /// Whether the two are one.
    pub is_self_issued: bool,
    /// From when it is valid.
    pub begins: DateTime<Utc>,
    /// Until when.
    pub ends: DateTime<Utc>,
}

/// TLS version, cipher, and the certificate's issuer and end.
pub fn describe(tls: &ClientConnection) -> String {
    let cipher = tls.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or("unknown cipher");
    let leaf = tls.peer_certificates().and_then(|chain| chain.first());
    let certificate =
        leaf.and_then(|leaf| read(leaf)).map_or_else(String::new, |Certificate { issuer, ends, .. }| {
            format!(", certificate by {} until {}", issuer.name, ends.date_naive())
        });
    format!("{}, {cipher}{certificate}", version(tls))
}

/// The TLS version, if it has been agreed on.
pub fn version(tls: &ClientConnection) -> String {
    match tls.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Who issued the server's certificate.
pub fn issuer(tls: &ClientConnection) -> Option<Issuer> {
    Some(read(tls.peer_certificates()?.first()?)?.issuer)
}

/// What the certificate in DER says, unless it is damaged.
pub fn read(certificate: &[u8]) -> Option<Certificate> {
    let certificate = element(certificate)?;
    let to_be_signed = element(certificate.content)?;
    let first = element(to_be_signed.content)?;
    let serial = if first.tag == VERSION { element(first.rest)? } else { first };
    let algorithm = element(serial.rest)?;
    let issuer = element(algorithm.rest)?;
    let validity = element(issuer.rest)?;
    let subject = element(validity.rest)?;
    let begins = element(validity.content)?;
    let ends = element(begins.rest)?;
    Some(Certificate {
        subject: name(subject.content, "an unnamed server"),
        issuer: Issuer {
            name: name(issuer.content, "an unnamed issuer"),
            organization: attribute(issuer.content, ORGANIZATION).map(shown),
        },
        is_self_issued: issuer.content == subject.content,
        begins: date(&begins)?,
        ends: date(&ends)?,
    })
}

fn date(time: &Element<'_>) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(time.content).ok()?;
    let text = match time.tag {
        // Two digits of the year: 50 and above are of the last century (RFC 5280 §4.1.2.5.1).
        UTC_TIME => format!("{}{text}", if *text.as_bytes().first()? >= b'5' { "19" } else { "20" }),
        _ => text.to_owned(),
    };
    Some(NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?.and_utc())
}

fn name(name: &[u8], without: &str) -> SafeText {
    let found = attribute(name, COMMON_NAME).or_else(|| attribute(name, ORGANIZATION));
    found.map_or_else(|| without.into(), shown)
}

fn shown(name: &[u8]) -> SafeText {
    SafeText::with_limit(&String::from_utf8_lossy(name), 64)
}

/// The value of the attribute `wanted` of a name: a sequence of sets of pairs.
fn attribute<'a>(mut name: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    loop {
        let set = element(name)?;
        let pair = element(set.content)?;
        let kind = element(pair.content)?;
        if kind.content == wanted {
            return Some(element(kind.rest)?.content);
        }
        name = set.rest;
    }
}

struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    rest: &'a [u8],
}

/// The first DER element of `bytes` (X.690 §8.1).
fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (&tag, bytes) = bytes.split_first()?;
    let (&first, bytes) = bytes.split_first()?;
    let (length, bytes) = match first {
        0..=0x7f => (usize::from(first), bytes),
        0x81..=0x83 => {
            let (digits, bytes) = bytes.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit)), bytes)
        }
        0x80 | 0x84.. => return None,
    };
    let (content, rest) = bytes.split_at_checked(length)?;
    Some(Element { tag, content, rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(year: i32) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 7, 4);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::OrganizationName, "Some Company");
        params.distinguished_name.push(rcgen::DnType::CommonName, "Test CA");
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn issuer_and_end_are_read_in_both_forms_of_time() {
        for year in [1999, 2031, 2070] {
            let Certificate { subject, issuer, is_self_issued, begins, ends } = read(&certificate(year)).unwrap();
            assert_eq!((subject.as_str(), issuer.to_string().as_str()), ("Test CA", "Test CA (Some Company)"));
            assert!(is_self_issued);
            let dates = [begins, ends].map(|date| date.date_naive().to_string());
            assert_eq!(dates, ["1975-01-01".to_owned(), format!("{year}-07-04")]);
        }
    }

    #[test]
    fn a_broken_certificate_gives_nothing() {
        let whole = certificate(2031);
        for length in 0..whole.len() {
            assert_eq!(read(&whole[..length]), None);
        }
    }
}
