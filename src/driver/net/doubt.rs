//! What is tried once more when a connection failed in a way that has two usual causes: whether the port speaks TLS, and
//! whether the server listens at this computer's other address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use url::{Host, Url};

use super::access::Net;
use super::authority::authority;
use super::network::{Network as _, System};
use super::race::Race;
use super::transport;
use crate::model::failure::{BrokenCause, HandshakeFault, HeadFault, TcpFailure, TlsCause};
use crate::model::{DialFailure, IoCause, Transport};

/// How long a second look may take.
const LIMIT: Duration = Duration::from_secs(1);

impl Net {
    /// Whether a connection without TLS to the host of `url` ended as it does at a port that speaks nothing else, and that
    /// port answers a greeting of TLS.
    pub(super) async fn wants_tls(&self, failed: &Transport, url: &Url, until: Instant) -> bool {
        let is_plain = matches!(url.scheme(), "http" | "ws");
        if !is_plain || !is_cut_short(failed) || self.has_answered(url) {
            return false;
        }
        let until = until.min(Instant::now() + LIMIT);
        timeout_at(until, self.speaks_tls(url)).await.ok().flatten().is_some()
    }

    async fn speaks_tls(&self, url: &Url) -> Option<()> {
        let name = match url.host()? {
            Host::Ipv4(address) => ServerName::from(IpAddr::V4(address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::V6(address)),
            Host::Domain(name) => ServerName::try_from(name.to_owned()).ok()?,
        };
        let (stream, _) = System.connect(&mut Race::new(addresses(url).await?)).await?;
        let Err(error) = self.0.tls.connect(name, stream).await else { return Some(()) };
        match transport::of_handshake(&error).cause {
            TlsCause::Certificate(_) | TlsCause::Refused(_) | TlsCause::NothingInCommon(_) => Some(()),
            TlsCause::NotTls
            | TlsCause::EndedByServer
            | TlsCause::NotAHostName
            | TlsCause::Io(_)
            | TlsCause::Unseen
            | TlsCause::Other(_) => None,
        }
    }

    /// The same of an upgrade that got no answer, as what it shows.
    pub(super) async fn second_look(&self, failed: DialFailure, url: &Url) -> DialFailure {
        let as_broken = match &failed {
            DialFailure::Transport(transport) => transport.clone(),
            DialFailure::BadHandshake(HandshakeFault::Head(HeadFault::NotHttp { .. } | HeadFault::Invalid)) => {
                Transport::Broken(BrokenCause::NoAnswerBeforeEnd)
            }
            DialFailure::BadHandshake(_)
            | DialFailure::Timeout { .. }
            | DialFailure::Unusable { .. }
            | DialFailure::Identity { .. }
            | DialFailure::Hidden(_) => return failed,
        };
        let is_direct = self.0.socket_proxy.is_none() && self.2.is_none();
        if is_direct && self.wants_tls(&as_broken, url, Instant::now() + LIMIT).await {
            return DialFailure::Transport(Transport::Broken(BrokenCause::WantsTls));
        }
        failed
    }

    /// Remembers that something came from the host and port of `url` that is HTTP.
    pub(super) fn hear_answer(&self, url: &Url) {
        self.0.answered.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(authority(url));
    }

    fn has_answered(&self, url: &Url) -> bool {
        self.0.answered.lock().unwrap_or_else(std::sync::PoisonError::into_inner).contains(&authority(url))
    }
}

/// Whether the other side ended the connection, or said something that is no HTTP.
fn is_cut_short(failed: &Transport) -> bool {
    match failed {
        Transport::Broken(BrokenCause::Io(cause)) => cause.is_ended_by_peer(),
        Transport::Broken(BrokenCause::NoAnswerBeforeEnd | BrokenCause::NotHttp(_) | BrokenCause::Other(_)) => true,
        Transport::Broken(BrokenCause::WantsTls)
        | Transport::Dns(_)
        | Transport::Tcp(_)
        | Transport::Tls(_)
        | Transport::Proxy(_) => false,
    }
}

/// The addresses that `url` stands for.
async fn addresses(url: &Url) -> Option<Vec<SocketAddr>> {
    let port = url.port_or_known_default()?;
    let found = System.lookup(url.host_str()?.trim_matches(['[', ']'])).await.ok()?;
    Some(found.into_iter().map(|ip| SocketAddr::from((ip, port))).collect())
}

/// What is known of `failed`, a connection to the host of `url` that was refused, once this computer's other address has been
/// tried, if it is one of them.
pub async fn with_other_loopback(failed: TcpFailure, url: &Url) -> TcpFailure {
    let is_refused = failed.causes().all(|cause| *cause == IoCause::Refused);
    let asked = if is_refused { addresses(url).await.unwrap_or_default() } else { Vec::new() };
    match listening_loopback(&asked).await {
        Some((refused, listens)) => TcpFailure::OtherLoopback { refused, listens },
        None => failed,
    }
}

/// Of addresses that are all this computer's own of one kind: the first, and that of the other kind if it takes connections.
async fn listening_loopback(asked: &[SocketAddr]) -> Option<(SocketAddr, SocketAddr)> {
    let refused = *asked.first()?;
    let is_own = |address: &SocketAddr| {
        address.ip().is_loopback() && address.is_ipv4() == refused.is_ipv4() && address.port() == refused.port()
    };
    if !asked.iter().all(is_own) {
        return None;
    }
    let other: IpAddr = if refused.is_ipv4() { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
    let listens = SocketAddr::from((other, refused.port()));
    let connected = timeout(LIMIT, TcpStream::connect(listens)).await;
    matches!(connected, Ok(Ok(_))).then_some((refused, listens))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::model::failure::LostAddress;

    #[tokio::test]
    async fn the_other_address_of_this_computer_is_named_only_if_something_listens_there() {
        let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await else {
            assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "needs IPv6 on loopback");
            return println!("skipped: needs IPv6 on loopback");
        };
        let listens = listener.local_addr().unwrap();
        let refused = SocketAddr::from((Ipv4Addr::LOCALHOST, listens.port()));
        let url = Url::parse(&format!("http://{refused}")).unwrap();
        let failed = |cause| TcpFailure::Addresses(vec![LostAddress { address: refused, cause: Some(cause) }]);
        let known = with_other_loopback(failed(IoCause::Refused), &url).await;
        assert_eq!(known, TcpFailure::OtherLoopback { refused, listens });
        assert_eq!(known.to_string(), format!("{refused}: connection refused, while something listens at {listens}"));
        let silent = with_other_loopback(failed(IoCause::NoAnswer), &url).await;
        assert_eq!(silent, failed(IoCause::NoAnswer));
        drop(listener);
        assert_eq!(with_other_loopback(failed(IoCause::Refused), &url).await, failed(IoCause::Refused));
    }
}
