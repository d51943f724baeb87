//! What faults do to dialling.

use std::future::pending;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::{ClientConfig, Resumption};
use rustls::pki_types::{ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_rustls::TlsConnector;

use crate::clock;
use crate::driver::net::{Network, Race, System};
use crate::faults::Fault;
use crate::model::failure::DnsCause;

/// This computer's network, as faults have it.
#[derive(Clone, Debug)]
pub struct FaultyNetwork(Vec<Fault>);

impl FaultyNetwork {
    /// `acting` act on it; those that do not act on dialling change nothing.
    pub fn new(acting: Vec<Fault>) -> Self {
        Self(acting)
    }
}

impl Network for FaultyNetwork {
    async fn lookup(&self, host: &str) -> Result<Vec<IpAddr>, DnsCause> {
        for fault in &self.0 {
            match fault {
                Fault::NameNotFound => return Err(DnsCause::NoSuchName),
                Fault::NameSlow { delay } => sleep(*delay).await,
                _ => {}
            }
        }
        System.lookup(host).await
    }

    async fn connect(&self, race: &mut Race) -> Option<(TcpStream, SocketAddr)> {
        for fault in &self.0 {
            match fault {
                Fault::ConnectionRefused => *race = Race::new(vec![closed_port()]),
                Fault::SynLost => pending().await,
                _ => {}
            }
        }
        System.connect(race).await
    }

    fn trust(&self, tls: &TlsConnector, name: ServerName<'static>) -> (TlsConnector, ServerName<'static>) {
        let (mut tls, mut name) = System.trust(tls, name);
        for fault in &self.0 {
            match fault {
                Fault::TlsExpired => tls = changed(&tls, in_100_years),
                Fault::TlsUnknownIssuer => tls = changed(&tls, trusting_nobody),
                // No certificate can be for it (RFC 6761 §6.4).
                Fault::TlsWrongHost => name = ServerName::try_from("another-host.invalid").unwrap_or(name),
                _ => {}
            }
        }
        (tls, name)
    }
}

/// An address of this computer where nobody listens.
fn closed_port() -> SocketAddr {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    // A port that was free just now; without one, the discard port will do (RFC 863).
    let free = TcpListener::bind(any).and_then(|listener| listener.local_addr());
    free.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 9)))
}

fn changed(tls: &TlsConnector, change: impl FnOnce(ClientConfig) -> ClientConfig) -> TlsConnector {
    let mut config = ClientConfig::clone(tls.config());
    // A session that is resumed has no certificate to be judged.
    config.resumption = Resumption::disabled();
    TlsConnector::from(Arc::new(change(config)))
}

fn in_100_years(mut config: ClientConfig) -> ClientConfig {
    config.time_provider = Arc::new(FarFuture);
    config
}

fn trusting_nobody(config: ClientConfig) -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(Arc::clone(config.crypto_provider()));
    match builder.with_safe_default_protocol_versions() {
        Ok(builder) => builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
        Err(_) => config,
    }
}

/// A clock that goes 100 years ahead.
#[derive(Debug)]
struct FarFuture;

impl TimeProvider for FarFuture {
    fn current_time(&self) -> Option<UnixTime> {
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);
        Some(UnixTime::since_unix_epoch(clock::since_1970() + CENTURY))
    }
}
