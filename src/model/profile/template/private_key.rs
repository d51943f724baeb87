//! Signatures with a private key: what a client signs its own JWTs with (RFC 7518 §3.3 and §3.4, RFC 8037 §3.1).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use zeroize::Zeroizing;

/// The ways to sign with a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Algorithm {
    /// RSA with SHA-256.
    #[strum(serialize = "rs256")]
    Rs256,
    /// ECDSA over P-256 with SHA-256.
    #[strum(serialize = "es256")]
    Es256,
    /// Ed25519.
    #[strum(serialize = "eddsa")]
    EdDsa,
}

/// A key that is ready to sign.
enum PrivateKey {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Algorithm {
    /// Whether `key` is one for it.
    pub fn takes(self, key: &str) -> bool {
        self.read(key).is_some()
    }

    /// `message` signed with `key`, PEM of a private key; `None` if that is none for it.
    pub fn sign(self, key: &str, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self.read(key)? {
            PrivateKey::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            PrivateKey::Ec(key) => Some(key.sign(&random, message).ok()?.as_ref().to_vec()),
            PrivateKey::Ed(key) => Some(key.sign(message).as_ref().to_vec()),
        }
    }

    fn read(self, key: &str) -> Option<PrivateKey> {
        // As a variable and the JSON of a cloud's key file have it.
        let lines = Zeroizing::new(key.trim().replace("\\n", "\n"));
        let key = PrivateKeyDer::from_pem_slice(lines.as_bytes()).ok()?;
        let der = key.secret_der();
        match self {
            Self::Rs256 => RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)).ok().map(PrivateKey::Rsa),
            Self::Es256 => {
                let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
                EcdsaKeyPair::from_private_key_der(algorithm, der).ok().map(PrivateKey::Ec)
            }
            Self::EdDsa => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().map(PrivateKey::Ed),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};

    use super::*;

    #[test]
    fn what_is_signed_can_be_verified_with_the_public_key() {
        for (algorithm, made, verified) in
            [(Algorithm::Es256, &rcgen::PKCS_ECDSA_P256_SHA256, true), (Algorithm::EdDsa, &rcgen::PKCS_ED25519, false)]
        {
            let pair = rcgen::KeyPair::generate_for(made).unwrap();
            let in_one_line = pair.serialize_pem().replace('\n', "\\n");
            for pem in [pair.serialize_pem(), in_one_line] {
                let signature = algorithm.sign(&pem, b"message").unwrap();
                let public = pair.public_key_raw();
                let is_good = match verified {
                    true => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public).verify(b"message", &signature),
                    false => UnparsedPublicKey::new(&ED25519, public).verify(b"message", &signature),
                };
                assert_eq!(is_good, Ok(()), "{algorithm:?}");
            }
            assert!(!Algorithm::Rs256.takes(&pair.serialize_pem()), "another kind of key");
        }
        assert!(!Algorithm::Es256.takes("no key"));
    }
}
