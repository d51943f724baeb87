//! Trust: one TLS configuration for HTTP requests and the socket.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, Resumption};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::error::NetError;
use super::identity::Identity;
use super::rejection::Rejected;
use crate::clock;
use crate::model::failure::Certificate;
use crate::model::{Address, FilePath, Profile, Service, Tls, decoded_text, io_words};

/// A larger file of `tls.extra_roots` is refused; all public roots together are 0.2 MB.
const MAX_FILE: u64 = 1 << 20;

/// Certificates of a chain that are remembered.
const MAX_CHAIN: usize = 8;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// Who judges certificates.
pub type CertVerifier = Arc<dyn ServerCertVerifier>;

/// What a client needs for TLS: the configuration, who judges certificates, unless the profile does without TLS, and the
/// client's own certificate, if a password opens it.
pub type TlsSetup = (ClientConfig, Option<CertVerifier>, Option<Arc<Identity>>);

/// TLS as `profile` wants it, offering HTTP/1.1, with the cryptography warmed up so that no handshake's
/// time includes that; and who judges certificates, unless the profile does without TLS.
pub fn client_config(profile: &Profile) -> Result<TlsSetup, NetError> {
    let setup = |error: rustls::Error| NetError::Setup(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    if let Some(group) = provider.kx_groups.first() {
        group.start().map_err(setup)?;
    }

    let mut roots = Vec::new();
    for file in &profile.tls.extra_roots {
        let error = |problem| NetError::Root { file: file.to_string(), problem };
        roots.extend(read_roots(file.as_path()).map_err(error)?);
    }
    let builder = ClientConfig::builder_with_details(provider.clone(), Arc::new(Today));
    let builder = builder.with_safe_default_protocol_versions().map_err(setup)?;
    let verifier: Option<CertVerifier> = if uses_tls(profile) {
        let verifier = Verifier::new_with_extra_roots(roots, provider).map_err(NetError::PlatformRoots)?;
        Some(Arc::new(IssuerNamingVerifier(verifier)))
    } else {
        None
    };
    let builder = match &verifier {
        Some(verifier) => builder.dangerous().with_custom_certificate_verifier(Arc::clone(verifier)),
        // So the local demo needs no root certificates on this computer; with an empty store nothing is trusted.
        None => builder.with_root_certificates(RootCertStore::empty()),
    };
    let mut identity = None;
    let mut config = match (client_certificate(&profile.tls)?, &profile.tls.client_pkcs12) {
        (Some((file, chain, key)), _) => builder.with_client_auth_cert(chain, key).map_err(|error| {
            let problem = format!("certificate and key do not fit: {error}; expected the certificate's own key");
            NetError::ClientCertificate { file, problem }
        })?,
        (None, Some(file)) => {
            let password = profile.tls.client_password.clone().unwrap_or_default();
            let locked = Arc::new(Identity::new(file.clone(), password));
            identity = Some(Arc::clone(&locked));
            builder.with_client_cert_resolver(locked)
        }
        (None, None) => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((config, verifier, identity))
}

/// This computer's clock, at whatever time.
#[derive(Debug)]
struct Today;

impl TimeProvider for Today {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(clock::since_1970()))
    }
}

/// The client's own certificate with those above it, and its key; and the file that they are in.
type ClientCertificate = (String, Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn client_certificate(tls: &Tls) -> Result<Option<ClientCertificate>, NetError> {
    let Some(file) = &tls.client_certificate else {
        return match &tls.client_key {
            Some(file) => Err(NetError::ClientCertificate {
                file: file.to_string(),
                problem: "there is a client_key without a client_certificate".to_owned(),
            }),
            None => Ok(None),
        };
    };
    let wrong = |file: &FilePath, problem| NetError::ClientCertificate { file: file.to_string(), problem };
    let chain = read_roots(file.as_path()).map_err(|problem| wrong(file, problem))?;
    let key_file = tls.client_key.as_ref().unwrap_or(file);
    let text = read_pem(key_file.as_path()).map_err(|problem| wrong(key_file, problem))?;
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| {
        wrong(
            key_file,
            format!("holds no private key that can be used: {error}; expected one in PEM, without a password"),
        )
    })?;
    Ok(Some((file.to_string(), chain, key)))
}

/// Takes signatures as another verifier does.
macro_rules! signatures_by {
    ($verifier:tt) => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            self.$verifier.verify_tls12_signature(message, certificate, signature)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            self.$verifier.verify_tls13_signature(message, certificate, signature)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.$verifier.supported_verify_schemes()
        }
    };
}

/// Judges as the platform does, and says who the issuer is that it does not trust.
#[derive(Debug)]
struct IssuerNamingVerifier(Verifier);

impl ServerCertVerifier for IssuerNamingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let Err(rustls::Error::InvalidCertificate(problem)) = &verified else { return verified };
        let rejected = Rejected::new(problem, Certificate::read(end_entity), intermediates.is_empty());
        Err(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(rejected)))))
    }

    signatures_by!(0);
}

/// Judges as another one does, and remembers the certificates, accepted or not.
#[derive(Debug)]
pub struct RecordingVerifier {
    verifier: CertVerifier,
    seen: Mutex<Vec<CertificateDer<'static>>>,
}

impl RecordingVerifier {
    /// `tls`, whose certificates `verifier` judges, by way of one that remembers them.
    pub fn of(tls: &TlsConnector, verifier: &CertVerifier) -> (TlsConnector, Arc<Self>) {
        let recording = Arc::new(Self { verifier: Arc::clone(verifier), seen: Mutex::default() });
        let mut config = ClientConfig::clone(tls.config());
        config.dangerous().set_certificate_verifier(Arc::clone(&recording) as CertVerifier);
        // A session that is resumed shows no certificate.
        config.resumption = Resumption::disabled();
        (TlsConnector::from(Arc::new(config)), recording)
    }

    /// What the server showed, its own certificate first.
    pub fn seen(&self) -> Vec<CertificateDer<'static>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(end_entity).chain(intermediates).take(MAX_CHAIN);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) =
            chain.map(|certificate| certificate.clone().into_owned()).collect();
        self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    signatures_by!(verifier);
}

fn uses_tls(profile: &Profile) -> bool {
    let names_an_address = |service: &Service| {
        let steps = service.login.iter().chain(&service.ticket);
        service.oauth.is_some()
            || service.socket.url.is_some()
            || steps.into_iter().any(|step| matches!(step.address, Address::Url(_)))
    };
    profile.api.url().scheme() == "https"
        || profile.websocket.url().scheme() == "wss"
        || profile.service.as_deref().is_some_and(names_an_address)
}

/// The text of a file in PEM, which may hold a key.
fn read_pem(file: &Path) -> Result<Zeroizing<String>, String> {
    let unreadable = |error| format!("cannot be read: {}", io_words(&error));
    // Asked before opening: that alone waits for a pipe's other end.
    if !fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err("is not a regular file; expected one with certificates in PEM".to_owned());
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let read = File::open(file).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes));
    if read.map_err(unreadable)? as u64 > MAX_FILE {
        return Err(format!("is larger than {} MiB; expected a few certificates in PEM", MAX_FILE >> 20));
    }
    Ok(Zeroizing::new(decoded_text(&bytes).unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned())))
}

fn read_roots(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = read_pem(file)?;
    let begins = || text.lines().zip(1..).filter(|(line, _)| line.trim() == BEGIN).map(|(_, number)| number);

    let mut roots = Vec::new();
    for line in begins() {
        let at_line = |problem: &str| format!("line {line}: {problem}; expected a certificate in PEM");
        let from_here: String = text.lines().skip(line - 1).flat_map(|line| [line, "\n"]).collect();
        let root = CertificateDer::from_pem_slice(from_here.as_bytes()).map_err(|error| at_line(&error.to_string()))?;
        RootCertStore::empty().add(root.clone()).map_err(|error| at_line(&error.to_string()))?;
        roots.push(root);
    }
    if roots.is_empty() {
        let instead = other_than_pem(&text).map_or_else(String::new, |what| format!(" but {what}"));
        return Err(format!("holds no certificate in PEM{instead}; expected a line \"{BEGIN}\""));
    }
    Ok(roots)
}

/// What is in a file without a certificate in PEM, and how a certificate is had from it.
fn other_than_pem(text: &str) -> Option<&'static str> {
    // The first bytes of all DER (X.690), of which the second is no letter.
    let is_der = text.starts_with("0\u{fffd}");
    let is_pkcs12 = is_der && text.chars().take(8).collect::<String>().contains("\u{2}\u{1}\u{3}");
    let begins = |what: &str| text.contains(&format!("-----BEGIN {what}"));
    let kinds = [
        (
            is_pkcs12,
            "a PKCS#12 container, which may hold a key (openssl pkcs12 -in FILE -cacerts -nokeys -out ca.pem writes the certificates)",
        ),
        (is_der, "DER (openssl x509 -inform der -in FILE -out ca.pem writes it in PEM)"),
        (
            begins("CERTIFICATE REQUEST") || begins("NEW CERTIFICATE REQUEST"),
            "a request for a certificate, which an authority has to sign",
        ),
        (begins("PKCS7"), "PKCS#7 (openssl pkcs7 -print_certs -in FILE -out ca.pem writes the certificates in PEM)"),
        (
            begins("TRUSTED CERTIFICATE"),
            "OpenSSL's own form of a certificate (openssl x509 -in FILE -out ca.pem writes the usual one)",
        ),
        (text.contains("PRIVATE KEY-----"), "a private key, which is for nobody else"),
        (text.contains("PUBLIC KEY-----"), "a public key alone"),
        (text.trim_start().starts_with('<'), "a web page"),
    ];
    kinds.into_iter().find(|(is_it, _)| *is_it).map(|(_, what)| what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_roots(file.path()).unwrap_err()
    }

    #[test]
    fn a_bundle_is_read_whole() {
        let pem = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap().cert.pem();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("a comment\n{}\n{}", pem("a.example"), pem("b.example"))).unwrap();
        assert_eq!(read_roots(file.path()).unwrap().len(), 2);
    }

    #[test]
    fn a_client_certificate_needs_its_own_key() {
        let folder = tempfile::tempdir().unwrap();
        let made = || rcgen::generate_simple_self_signed(["me".to_owned()]).unwrap();
        let (mine, other) = (made(), made());
        let file = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(FilePath::from(path))
        };
        let together = file("both.pem", mine.cert.pem() + &mine.signing_key.serialize_pem());
        let (certificate, key) = (file("c.pem", mine.cert.pem()), file("k.pem", other.signing_key.serialize_pem()));
        let config = |client_certificate, client_key| {
            let mut profile = Profile::local_demo(([127, 0, 0, 1], 1).into());
            profile.tls = Tls { client_certificate, client_key, ..Tls::default() };
            client_config(&profile).map(|(config, _, _)| config.client_auth_cert_resolver.has_certs())
        };
        assert!(config(together, None).unwrap());
        assert!(!config(None, None).unwrap());
        for (certificate, key, expected) in [
            (certificate.clone(), key.clone(), "do not fit"),
            (certificate, None, "no private key"),
            (None, key, "without a client_certificate"),
        ] {
            let error = config(certificate, key).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_used_says_where_and_why() {
        assert!(problem("not PEM").contains(BEGIN));
        for (text, expected) in [
            ("-----BEGIN CERTIFICATE REQUEST-----\n", "authority has to sign"),
            ("-----BEGIN PRIVATE KEY-----\n", "a private key"),
            ("<!DOCTYPE html>", "a web page"),
        ] {
            assert!(problem(text).contains(expected), "{text}: {}", problem(text));
        }
        let der = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap().cert.der().to_vec();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), der).unwrap();
        assert!(read_roots(file.path()).unwrap_err().contains("openssl x509 -inform der"));
        std::fs::write(file.path(), [0x30, 0x82, 0x09, 0xc0, 2, 1, 3, 0x30]).unwrap();
        assert!(read_roots(file.path()).unwrap_err().contains("PKCS#12"));
        assert!(problem(&format!("\n{BEGIN}\nAAAA\n-----END CERTIFICATE-----\n")).starts_with("line 2: "));
        assert!(problem(&format!("{BEGIN}\nAAAA\n")).starts_with("line 1: "));
        assert!(problem(&"x".repeat((1 << 20) + 1)).starts_with("is larger than 1 MiB"));
        assert!(read_roots(Path::new("missing.pem")).unwrap_err().contains("No such file"));
    }

    #[test]
    fn only_a_regular_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = vec![folder.path().to_owned()];
        if cfg!(unix) {
            let pipe = folder.path().join("pipe.pem");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            files.extend([pipe, "/dev/zero".into()]);
        }
        for file in files {
            let (file, (result, read)) = (file.to_owned(), std::sync::mpsc::channel());
            std::thread::spawn(move || result.send(read_roots(&file)));
            let problem =
                read.recv_timeout(std::time::Duration::from_secs(20)).expect("an answer at once").unwrap_err();
            assert!(problem.starts_with("is not a regular file"), "{problem}");
        }
    }
}
