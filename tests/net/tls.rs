use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::CertificateDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use ticketscope::driver::FaultyNetwork;
use ticketscope::driver::net::{Net, Scope};
use ticketscope::faults::Fault;
use ticketscope::model::failure::{IdentityFault, TlsCause};
use ticketscope::model::{
    DialFailure, Failure, Jwt, Phase, Profile, RequestFailureKind, Template, Transport, ValueName, Values,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;

use crate::{Contract as _, GENEROUS, open, open_failure, phases, profile, trace};
use support::server::{accept, answer, listen, read_request, serve};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Company Root");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn file(&self) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), self.0.pem()).unwrap();
        file
    }

    /// A server's side of TLS, with a certificate for `host` that ends with `year`.
    fn acceptor(&self, host: &str, year: i32) -> TlsAcceptor {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        acceptor(certificate.der().clone(), key)
    }

    /// A server that answers all three steps.
    async fn serve(&self, host: &str, year: i32) -> SocketAddr {
        serve_tls(self.acceptor(host, year)).await
    }
}

/// A server's side of TLS for localhost, with a certificate that it signed itself, and that certificate as a file.
fn self_signed(is_ca: IsCa) -> (TlsAcceptor, tempfile::NamedTempFile) {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = is_ca;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Mallory");
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), certificate.pem()).unwrap();
    (acceptor(certificate.der().clone(), key), file)
}

fn acceptor(certificate: CertificateDer<'static>, key: KeyPair) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key.into()).unwrap()))
}

/// A server that answers all three steps, behind TLS.
async fn serve_tls(acceptor: TlsAcceptor) -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let (requests, _receiver) = mpsc::unbounded_channel();
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, Arc::new(step), requests).await;
                }
            });
        }
    });
    address
}

fn step(request: &str) -> Vec<u8> {
    match request.contains("/ws?") {
        true => accept(request, |head| head),
        false => answer("200 OK", &[], r#"{"ticket":"a","expiresInSeconds":1}"#),
    }
}

/// A server that answers whatever begins a connection in plain HTTP, as one without TLS does.
async fn plain_http() -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.read_u8().await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
            tokio::spawn(async move { stream.read_to_end(&mut Vec::new()).await });
        }
    });
    address
}

/// A profile for a server on `address`, called `host`, that trusts the certificates in `roots`.
fn trusting(roots: &[&tempfile::NamedTempFile], host: &str, address: SocketAddr) -> Profile {
    let mut profile = profile(address);
    profile.api = format!("https://{host}:{}", address.port()).try_into().unwrap();
    profile.websocket = format!("wss://{host}:{}", address.port()).try_into().unwrap();
    profile.tls.extra_roots = roots.iter().map(|file| file.path().to_owned().into()).collect();
    profile
}

/// The server's ticket arrives as it was sent, and the socket opens over TLS 1.3 with a certificate of which the report
/// says `certificate`.
async fn assert_all_steps_work(net: &Net, profile: &Profile, certificate: &str) {
    let grant = net.ticket(&Jwt::new("jwt"), &trace()).await.unwrap();
    let (lifetime, ticket) = (grant.lifetime, grant.ticket.spend());
    assert_eq!((ticket.as_str(), lifetime), ("a", Some(Duration::from_secs(1))));
    let (socket, reports) = open(net, profile).await;
    socket.unwrap();
    let all = [(Phase::Dns, true), (Phase::Tcp, true), (Phase::Tls, true), (Phase::Upgrade, true)];
    assert_eq!(phases(&reports), all);
    let detail = reports[2].detail.as_str();
    assert!(detail.starts_with("TLS 1.3, TLS13_") && detail.contains(certificate), "{certificate}: {detail}");
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_of_the_client_gets_the_one_that_a_password_opens() {
    let authority = Authority::new();
    let root = authority.file();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["me".to_owned()]).unwrap().signed_by(&key, &authority.0).unwrap();
    let mut store = KeyStore::new();
    let mine = Certificate::from_der(certificate.der()).unwrap();
    let chain = PrivateKeyChain::new(vec![1], PrivateKey::from_der(&key.serialize_der()).unwrap(), [mine]);
    store.add_entry("me", KeyStoreEntry::PrivateKeyChain(chain));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), store.writer("hunter2").write().unwrap()).unwrap();

    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.0.der().clone()).unwrap();
    let wants = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &authority.0).unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_client_cert_verifier(wants).with_single_cert(vec![own.der().clone()], key.into());
    let address = serve_tls(TlsAcceptor::from(Arc::new(config.unwrap()))).await;

    let mut profile = trusting(&[&root], "localhost", address);
    profile.tls.client_pkcs12 = Some(file.path().to_owned().into());
    profile.tls.client_password = Some(Template::try_from("{{password}}".to_owned()).unwrap());
    let name = ValueName::try_from("password".to_owned()).unwrap();
    let scope = |password: &str| Scope { values: Values::one(name.clone(), password), ..Scope::default() };
    let net = Net::new(&profile).unwrap();
    let missing = net.open_identity(&Scope::default()).await.unwrap_err();
    assert!(matches!(missing, RequestFailureKind::Unusable { .. }), "{missing:?}");
    let wrong = net.open_identity(&scope("hunter3")).await.unwrap_err();
    let RequestFailureKind::Identity { fault: IdentityFault::WrongPassword, .. } = wrong else { panic!("{wrong:?}") };
    assert!(net.ticket(&Jwt::new("jwt"), &trace()).await.is_err(), "it is still locked");
    // With TLS 1.3 the handshake is over by the time that the server misses it.
    let failure = open_failure(&profile).await;
    let Failure::Dial(DialFailure::Transport(Transport::Tls(failed))) = &failure else { panic!("{failure:?}") };
    assert!(failed.to_string().contains("wants a client certificate"), "{failed:?}");
    net.open_identity(&scope("hunter2")).await.unwrap();
    assert_all_steps_work(&net, &profile, "").await;
}

#[tokio::test]
async fn a_companys_own_root_is_trusted_by_requests_and_socket() {
    let authority = Authority::new();
    let root = authority.file();
    let address = authority.serve("localhost", 2099).await;
    let profile = trusting(&[&root], "localhost", address);
    let net = Net::new(&profile).unwrap();
    assert_all_steps_work(&net, &profile, "certificate by Company Root until 2099-12-31").await;
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_told_apart() {
    let authority = Authority::new();
    let root = authority.file();
    let expired = authority.serve("localhost", 2001).await;
    let good = authority.serve("localhost", 2099).await;
    let plain = plain_http().await;
    let (own, own_file) = self_signed(IsCa::NoCa);
    let own = serve_tls(own).await;
    let (of_authority, authority_file) = self_signed(IsCa::Ca(BasicConstraints::Unconstrained));
    let of_authority = serve_tls(of_authority).await;
    let cases = [
        (trusting(&[&root], "localhost", expired), "the certificate has expired on 2001-12-31"),
        (trusting(&[&root], "127.0.0.1", good), "for another host: localhost, not 127.0.0.1"),
        (trusting(&[], "localhost", good), "issuer is not trusted"),
        (trusting(&[&root], "localhost", plain), "does not speak TLS"),
        (trusting(&[], "localhost", own), "the server's certificate is self-signed: Mallory"),
        (trusting(&[&authority_file], "localhost", of_authority), "self-signed: Mallory; and it is an authority's"),
    ];
    for (profile, expected) in cases {
        let net = Net::new(&profile).unwrap();
        let request = net.ticket(&Jwt::new("jwt"), &trace()).await.unwrap_err();
        let RequestFailureKind::Transport(Transport::Tls(failed)) = &request.kind else { panic!("{request:?}") };
        let text = failed.to_string();
        assert!(text.contains(expected), "{expected}: {text}");

        let (socket, reports) = open(&net, &profile).await;
        let failure = socket.unwrap_err();
        assert_eq!(failure, Failure::Dial(DialFailure::Transport(Transport::Tls(failed.clone()))));
        assert_eq!(phases(&reports).last(), Some(&(Phase::Tls, false)));
    }
    // A self-signed one can be trusted by itself.
    let profile = trusting(&[&own_file], "localhost", own);
    let trusted = Net::new(&profile).unwrap();
    assert_all_steps_work(&trusted, &profile, "certificate by Mallory until ").await;
}

#[tokio::test]
async fn a_server_that_hangs_up_during_the_handshake_is_a_tls_failure() {
    let listener = listen().await;
    let profile = trusting(&[], "127.0.0.1", listener.local_addr().unwrap());
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let net = Net::new(&profile).unwrap();
    let request = net.ticket(&Jwt::new("jwt"), &trace()).await.unwrap_err();
    let RequestFailureKind::Transport(Transport::Tls(failed)) = &request.kind else { panic!("{request:?}") };
    // Bytes that nobody reads make some systems reset the connection.
    let is_hang_up = |cause: &TlsCause| matches!(cause, TlsCause::EndedByServer | TlsCause::Io(_));
    assert!(is_hang_up(&failed.cause), "{failed:?}");
    let (socket, reports) = open(&net, &profile).await;
    let failure = socket.unwrap_err();
    let Failure::Dial(DialFailure::Transport(Transport::Tls(failed))) = &failure else { panic!("{failure:?}") };
    assert!(is_hang_up(&failed.cause), "{failed:?}");
    assert_eq!(phases(&reports), [(Phase::Dns, true), (Phase::Tcp, true), (Phase::Tls, false)]);
}

#[tokio::test]
async fn the_end_of_tcp_inside_tls_is_an_end_of_stream() {
    let authority = Authority::new();
    let root = authority.file();
    let acceptor = authority.acceptor("localhost", 2099);
    let listener = listen().await;
    let profile = trusting(&[&root], "localhost", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
        let request = read_request(&mut stream).await.unwrap();
        stream.write_all(&accept(&request, |head| head)).await.unwrap();
        stream.flush().await.unwrap();
        // Dropped: the connection ends without `close_notify`.
    });
    let mut socket = open(&Net::new(&profile).unwrap(), &profile).await.0.unwrap();
    let end = timeout(GENEROUS, socket.next()).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(end, Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)), "{end:?}");
}

#[test]
fn a_root_that_cannot_be_used_names_its_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Net::new(&trusting(&[&file], "localhost", "127.0.0.1:1".parse().unwrap())).err().unwrap();
    assert!(error.to_string().starts_with(&file.path().display().to_string()), "{error}");
}

#[tokio::test]
async fn faults_make_a_good_certificate_look_bad_to_the_socket_alone() {
    let authority = Authority::new();
    let root = authority.file();
    let profile = trusting(&[&root], "localhost", authority.serve("localhost", 2099).await);
    let net = Net::new(&profile).unwrap();
    for (fault, expected) in [
        (Fault::TlsExpired, "the certificate has expired on 2099-12-31"),
        (Fault::TlsWrongHost, "for another host: localhost, not another-host.invalid"),
        (Fault::TlsUnknownIssuer, "issuer is not trusted"),
    ] {
        // A session that could be resumed must not hide the certificate.
        assert_all_steps_work(&net, &profile, "certificate by Company Root until 2099-12-31").await;
        let (network, mut reports) = (FaultyNetwork::new(vec![fault]), Vec::new());
        let failure = net.dial_over(&network, &mut |report| reports.push(report)).await.unwrap_err();
        let DialFailure::Transport(Transport::Tls(text)) = &failure else { panic!("{failure:?}") };
        let text = text.to_string();
        assert!(text.contains(expected), "{expected}: {text}");
        assert_eq!(phases(&reports).last(), Some(&(Phase::Tls, false)));
    }
}
