//! TLS with certificates made here, on a network where names and addresses are our own.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use tempfile::NamedTempFile;
use tokio_rustls::TlsAcceptor;

use crate::network::Host;
use crate::situation::Label::{Broken, Healthy, Notice};
use crate::situation::{Label, Situation};
use support::moves::LOOPBACK;
use support::moves::{Move, blurt, serve};
use support::scene::Scene;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str, organization: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, organization);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn company() -> Self {
        Self::new("Acme Root CA", "Acme Corp")
    }

    fn file(&self) -> NamedTempFile {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), self.0.pem()).unwrap();
        file
    }

    /// A server's side of TLS, with a certificate for `host` that is valid in these years.
    fn acceptor(&self, host: &str, years: (i32, i32)) -> TlsAcceptor {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 12, 31));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        acceptor(certificate.der().clone(), key)
    }
}

fn acceptor(certificate: CertificateDer<'static>, key: KeyPair) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key.into()).unwrap()))
}

/// A server that signed its certificate itself, which the client trusts or not.
fn self_signed(name: &'static str, is_ca: IsCa, is_trusted: bool, label: Label) -> Situation {
    Situation::new(name, label, move || async move {
        let host = Host::new();
        let mut params = CertificateParams::new([host.name.clone()]).unwrap();
        params.is_ca = is_ca;
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let root = NamedTempFile::new().unwrap();
        std::fs::write(root.path(), certificate.pem()).unwrap();
        let port = serve(host.v4, Some(acceptor(certificate.der().clone(), key)), |_| None).await.port();
        let scene = Scene::apart(&format!("https://{}:{port}", host.name), &format!("wss://{}:{port}", host.name));
        if is_trusted { scene.trusting(root.path()).keeping(root) } else { scene }
    })
}

const GOOD: (i32, i32) = (2000, 2099);

/// A server of the contract behind TLS.
struct Secured {
    authority: Authority,
    years: (i32, i32),
    /// What the certificate is for, if not for the server.
    host: Option<&'static str>,
    is_trusted: bool,
}

impl Secured {
    fn by(authority: Authority) -> Self {
        Self { authority, years: GOOD, host: None, is_trusted: true }
    }

    async fn stage(self) -> Scene {
        let host = Host::new();
        let acceptor = self.authority.acceptor(self.host.unwrap_or(&host.name), self.years);
        let port = serve(host.v4, Some(acceptor), |_| None).await.port();
        let scene = Scene::apart(&format!("https://{}:{port}", host.name), &format!("wss://{}:{port}", host.name));
        let root = self.authority.file();
        if self.is_trusted { scene.trusting(root.path()).keeping(root) } else { scene }
    }
}

fn secured(name: &'static str, label: Label, make: fn() -> Secured) -> Situation {
    Situation::new(name, label, move || async move { make().stage().await })
}

/// A server that makes these moves as soon as TCP is open.
fn broken(name: &'static str, cause: &'static str, moves: fn() -> Vec<Move>) -> Situation {
    Situation::new(name, Broken(cause), move || async move {
        let address = blurt(LOOPBACK, moves()).await;
        let root = Authority::company().file();
        let scene = Scene::apart(&format!("https://{address}"), &format!("wss://{address}"));
        scene.trusting(root.path()).keeping(root)
    })
}

pub fn all() -> Vec<Situation> {
    vec![
        secured("a company's own root, trusted", Healthy, || Secured::by(Authority::company())),
        secured("certificate expired", Broken("certificate-out-of-date"), || Secured {
            years: (2000, 2020),
            ..Secured::by(Authority::company())
        }),
        secured("certificate not valid yet", Broken("certificate-out-of-date"), || Secured {
            years: (2090, 2099),
            ..Secured::by(Authority::company())
        }),
        secured("certificate for another host", Broken("certificate-for-another-host"), || Secured {
            host: Some("login.hotel.example"),
            ..Secured::by(Authority::company())
        }),
        secured("a company's root, not trusted", Broken("certificate-not-trusted"), || Secured {
            is_trusted: false,
            ..Secured::by(Authority::company())
        }),
        secured("a company's proxy opens TLS, trusted", Notice("tls-intercepted"), || {
            Secured::by(Authority::new("Zscaler Root CA", "Zscaler Inc."))
        }),
        secured("a virus scanner opens TLS, trusted", Notice("tls-intercepted"), || {
            Secured::by(Authority::new("Avast Web/Mail Shield Root", "Avast"))
        }),
        secured("a company's proxy opens TLS, not trusted", Broken("tls-intercepted"), || Secured {
            is_trusted: false,
            ..Secured::by(Authority::new("Zscaler Root CA", "Zscaler Inc."))
        }),
        secured("a virus scanner opens TLS, not trusted", Broken("tls-intercepted"), || Secured {
            is_trusted: false,
            ..Secured::by(Authority::new("Kaspersky Anti-Virus Personal Root", "AO Kaspersky Lab"))
        }),
        self_signed("a self-signed certificate", IsCa::NoCa, false, Broken("certificate-not-trusted")),
        self_signed("a self-signed certificate, trusted", IsCa::NoCa, true, Healthy),
        self_signed(
            "an authority's certificate as a server's",
            IsCa::Ca(BasicConstraints::Unconstrained),
            true,
            Broken("certificate-not-trusted"),
        ),
        // What a certificate is called says nothing about what is wrong with it.
        secured("not trusted, by names that speak of other things", Broken("certificate-not-trusted"), || Secured {
            is_trusted: false,
            ..Secured::by(Authority::new("Example has expired Ltd", "for another host"))
        }),
        secured("expired, by names that speak of other things", Broken("certificate-out-of-date"), || Secured {
            years: (2000, 2020),
            ..Secured::by(Authority::new("self-signed unknown issuer revoked", "for another host"))
        }),
        secured(
            "for another host, by names that speak of other things",
            Broken("certificate-for-another-host"),
            || Secured {
                host: Some("login.hotel.example"),
                ..Secured::by(Authority::new("self-signed unknown issuer revoked", "Example has expired Ltd"))
            },
        ),
        secured("in order, by names that speak of other things", Healthy, || {
            Secured::by(Authority::new("Example has expired Ltd", "self-signed unknown issuer revoked"))
        }),
        Situation::new("only the socket's certificate has expired", Broken("certificate-out-of-date"), || async {
            let (host, authority) = (Host::new(), Authority::company());
            let api = serve(host.v4, Some(authority.acceptor(&host.name, GOOD)), |_| None).await.port();
            let socket = serve(host.v4, Some(authority.acceptor(&host.name, (2000, 2020))), |_| None).await.port();
            let root = authority.file();
            let scene = Scene::apart(&format!("https://{}:{api}", host.name), &format!("wss://{}:{socket}", host.name));
            scene.trusting(root.path()).keeping(root)
        }),
        broken("plain HTTP where TLS should be", "tls-failed", || {
            vec![Move::Say(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), Move::Silence]
        }),
        broken("hangs up during the handshake", "tls-failed", || vec![Move::End]),
        broken("no common cipher", "tls-failed", || vec![Move::Say(vec![0x15, 3, 3, 0, 2, 2, 40]), Move::Silence]),
        broken("silent during the handshake", "packets-lost", || vec![Move::Silence]),
        Situation::new("a root that is no certificate", Broken("unusable-profile"), || async {
            let file = NamedTempFile::new().unwrap();
            Scene::apart("https://127.0.0.1:1", "wss://127.0.0.1:1").trusting(file.path()).keeping(file)
        }),
    ]
}
