//! TLS in front of a local server, which does not speak it.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use tempfile::NamedTempFile;
use ticketscope::backend::Config;
use ticketscope::model::Profile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use super::local_server::LocalServer;
use super::watcher::ORIGIN;

/// A local server whose socket is reached by TLS; it ends with this.
pub struct TlsFront {
    server: LocalServer,
    address: SocketAddr,
    root: NamedTempFile,
    _runtime: Runtime,
}

impl TlsFront {
    pub fn start() -> Self {
        let server = LocalServer::start(Config::default());
        let behind = server.address();
        let root = NamedTempFile::new().unwrap();
        let acceptor = acceptor(&root);
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(stream, acceptor.clone(), address, behind));
            }
        });
        Self { server, address, root, _runtime: runtime }
    }

    /// A profile that asks the server itself for tickets and reaches its socket through TLS.
    pub fn profile(&self) -> Profile {
        let (api, port, root) = (self.server.address(), self.address.port(), self.root.path().display());
        let text = format!(
            "name = 'Behind TLS'\napi = 'http://{api}'\nwebsocket = 'wss://localhost:{port}'\norigin = '{ORIGIN}'\n\
             [tls]\nextra_roots = ['{root}']\n"
        );
        Profile::from_toml(&text).unwrap()
    }
}

/// A server's side of TLS with a certificate for localhost, whose issuer is written into `root`.
pub fn acceptor(root: &NamedTempFile) -> TlsAcceptor {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(root.path(), issuer.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    accepting(vec![certificate.der().clone()], key)
}

/// The same with a certificate of an authority between the server and `root`, which is not sent with it; it says where that
/// authority's own certificate can be fetched.
pub fn acceptor_without_chain(root: &NamedTempFile) -> TlsAcceptor {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params.clone(), KeyPair::generate().unwrap()).unwrap();
    std::fs::write(root.path(), issuer.pem()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "An intermediate");
    let between = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &issuer).unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    params.custom_extensions.push(CustomExtension::from_oid_content(&AUTHORITY_INFO_ACCESS, CA_ISSUERS.to_vec()));
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &between).unwrap();
    accepting(vec![certificate.der().clone()], key)
}

/// `id-pe-authorityInfoAccess` (RFC 5280 §4.2.2.1).
const AUTHORITY_INFO_ACCESS: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 1];
/// One access description: `id-ad-caIssuers` at `http://a/`.
const CA_ISSUERS: &[u8] = b"\x30\x17\x30\x15\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x09http://a/";

/// A server's side of TLS with these certificates.
fn accepting(chain: Vec<CertificateDer<'static>>, key: KeyPair) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(chain, key.into());
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

/// The server only answers to its own name, so the upgrade gets it.
async fn pass_on(stream: TcpStream, acceptor: TlsAcceptor, address: SocketAddr, behind: SocketAddr) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut head).await, Ok(1..)) {
            return;
        }
    }
    let head = String::from_utf8(head).unwrap().replace(&format!("localhost:{}", address.port()), &behind.to_string());
    let mut server = TcpStream::connect(behind).await.unwrap();
    server.write_all(head.as_bytes()).await.unwrap();
    // However it ends, it is over.
    let _ = copy_bidirectional(&mut stream, &mut server).await;
}
