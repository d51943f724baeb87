//! What an open TLS connection says of itself.

use rustls::{ClientConnection, ProtocolVersion};

use crate::model::Issuer;
use crate::model::failure::Certificate;

/// TLS version, cipher, and the certificate's issuer and end.
pub fn describe(tls: &ClientConnection) -> String {
    let cipher = tls.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or("unknown cipher");
    let leaf = tls.peer_certificates().and_then(|chain| chain.first());
    let certificate = leaf
        .and_then(|leaf| Certificate::read(leaf))
        .map_or_else(String::new, |Certificate { issuer, ends, .. }| {
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
    Some(Certificate::read(tls.peer_certificates()?.first()?)?.issuer)
}
