//! The client's own certificate in a file that a password opens (PKCS#12, RFC 7292). The password may be a secret, which is
//! known only when an attempt begins: until then no certificate is shown.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use p12_keystore::error::Error;
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::model::failure::{IdentityFault, IoCause};
use crate::model::{FilePath, Fingerprint, Template};

/// A larger file is none.
const MAX_FILE: u64 = 1 << 20;

/// A certificate that is locked until its password is known.
#[derive(Debug)]
pub struct Identity {
    file: FilePath,
    password: Template,
    opened: Mutex<Option<Opened>>,
}

/// The certificate, and which password opened it.
#[derive(Debug)]
struct Opened {
    password: Fingerprint,
    key: Arc<CertifiedKey>,
}

impl Identity {
    /// In `file`, which `password` opens.
    pub fn new(file: FilePath, password: Template) -> Self {
        Self { file, password, opened: Mutex::default() }
    }

    /// The file.
    pub fn file(&self) -> &FilePath {
        &self.file
    }

    /// What opens it.
    pub fn password(&self) -> &Template {
        &self.password
    }

    /// Opens it with `password`, unless that has been done.
    ///
    /// # Errors
    /// The file is of no use.
    pub async fn open_with(&self, password: Zeroizing<String>) -> Result<(), IdentityFault> {
        let fingerprint = Fingerprint::of(&password);
        if self.lock().as_ref().is_some_and(|opened| opened.password == fingerprint) {
            return Ok(());
        }
        let file = self.file.clone();
        // Passwords are stretched on purpose, which takes its time.
        let read = spawn_blocking(move || open(file.as_path(), &password)).await;
        let key = read.unwrap_or(Err(IdentityFault::NotPkcs12))?;
        *self.lock() = Some(Opened { password: fingerprint, key });
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.lock().as_ref().map(|opened| Arc::clone(&opened.key))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// The certificate and key in `file`.
pub fn open(file: &Path, password: &str) -> Result<Arc<CertifiedKey>, IdentityFault> {
    let unreadable = |error| IdentityFault::Unreadable { cause: IoCause::of(&error) };
    let found = fs::metadata(file).map_err(unreadable)?;
    if !found.is_file() || found.len() > MAX_FILE {
        return Err(IdentityFault::NotPkcs12);
    }
    let bytes = Zeroizing::new(fs::read(file).map_err(unreadable)?);
    let store = KeyStore::from_pkcs12(&bytes, password, Pkcs12ImportPolicy::Strict).map_err(|error| match error {
        Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError => IdentityFault::WrongPassword,
        Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm => IdentityFault::UnknownEncryption,
        _ => IdentityFault::NotPkcs12,
    })?;
    let (_, chain) = store.private_key_chain().ok_or(IdentityFault::NoKey)?;
    let certificates: Vec<_> =
        chain.certs().iter().map(|certificate| CertificateDer::from(certificate.as_der().to_vec())).collect();
    if certificates.is_empty() {
        return Err(IdentityFault::NoKey);
    }
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(chain.key().as_der().to_vec()));
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).map_err(|_| IdentityFault::Unfit)?;
    let certified = CertifiedKey::new(certificates, key);
    match certified.keys_match() {
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => Err(IdentityFault::Unfit),
        Ok(()) | Err(_) => Ok(Arc::new(certified)),
    }
}

#[cfg(test)]
mod tests {
    use p12_keystore::{Certificate, KeyStoreEntry, PrivateKey, PrivateKeyChain};

    use super::*;

    fn store(names: &[&str]) -> Vec<u8> {
        let mut store = KeyStore::new();
        let made: Vec<_> =
            names.iter().map(|name| rcgen::generate_simple_self_signed([(*name).to_owned()]).unwrap()).collect();
        if let (Some(first), Some(last)) = (made.first(), made.last()) {
            let certificate = Certificate::from_der(first.cert.der()).unwrap();
            let key = PrivateKey::from_der(&last.signing_key.serialize_der()).unwrap();
            let chain = PrivateKeyChain::new(vec![1, 2, 3], key, [certificate]);
            store.add_entry("me", KeyStoreEntry::PrivateKeyChain(chain));
        }
        store.writer("hunter2").write().unwrap()
    }

    fn opened(bytes: &[u8], password: &str) -> Result<usize, IdentityFault> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        open(file.path(), password).map(|key| key.cert.len())
    }

    #[test]
    fn a_file_opens_with_its_password_and_each_other_one_has_its_own_cause() {
        let good = store(&["me"]);
        assert_eq!(opened(&good, "hunter2"), Ok(1));
        assert_eq!(opened(&good, "hunter3"), Err(IdentityFault::WrongPassword));
        assert_eq!(opened(&good, ""), Err(IdentityFault::WrongPassword));
        assert_eq!(opened(&store(&["me", "other"]), "hunter2"), Err(IdentityFault::Unfit));
        assert_eq!(opened(&store(&[]), "hunter2"), Err(IdentityFault::NoKey));
        assert_eq!(opened(b"-----BEGIN CERTIFICATE-----", ""), Err(IdentityFault::NotPkcs12));
        assert_eq!(opened(&good[..good.len() / 2], "hunter2"), Err(IdentityFault::NotPkcs12));
        assert!(matches!(open(Path::new("missing.p12"), ""), Err(IdentityFault::Unreadable { .. })));
    }
}
