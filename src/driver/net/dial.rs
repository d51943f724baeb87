//! The connection for the socket: DNS, TCP, a proxy's tunnel, TLS.

use std::future::{Future, pending};
use std::net::{Ipv4Addr, SocketAddr};

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::proxy::Proxy;
use super::race::Race;
use super::resolve::lookup;
use super::{Connection, Inner, Net, Report, Running, Target, certificate, tls, transport};
use crate::faults::Fault;
use crate::model::failure::{DnsCause, DnsFailure, ProxyCause, TcpFailure, TlsCause, TlsFailure};
use crate::model::{DialFailure, DriverEvent, LostAddress, Phase, SafeText, Transport};

/// How one of the profile's servers is reached.
#[derive(Clone, Copy)]
pub struct Route<'a> {
    /// Its address.
    pub url: &'a Url,
    /// The proxy in between.
    pub proxy: Option<&'a Proxy>,
    /// Which it is.
    target: Target,
}

impl Route<'_> {
    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        matches!(self.url.scheme(), "https" | "wss")
    }

    /// What has to be resolved and connected to.
    fn target(&self) -> (String, u16) {
        match (self.proxy, self.url.host()) {
            (Some(proxy), _) => (proxy.address().0.to_owned(), proxy.address().1),
            (None, Some(Host::Ipv6(address))) => (address.to_string(), port(self.url)),
            (None, _) => (self.url.host_str().unwrap_or_default().to_owned(), port(self.url)),
        }
    }

    /// The proxy, if it is asked for a tunnel: plain HTTP requests need none.
    fn tunnel(&self) -> Option<&Proxy> {
        self.proxy.filter(|_| self.target == Target::Socket || self.is_tls())
    }

    /// The name that a certificate has to be for.
    pub fn server_name(&self) -> Result<ServerName<'static>, Transport> {
        server_name(self.url)
    }
}

impl Net {
    /// Connects to the socket's server, or through the proxy that the environment asks for. Each phase is
    /// limited by `timeouts.dial` and reported when it is over.
    ///
    /// # Errors
    /// The phase that failed, and why.
    pub async fn dial(&self, report: Report<'_>) -> Result<Connection, DialFailure> {
        let route = self.route(Target::Socket);
        let (stream, peer) = self.reach(route, report).await?;
        if !route.is_tls() {
            return Ok(Connection::plain(stream, peer));
        }
        let handshake = async {
            let name = if self.has_fault(&Fault::TlsWrongHost) { wrong_name() } else { route.server_name() }?;
            let handshake = self.connector().connect(name, stream).await;
            let stream = handshake.map_err(|error| Transport::Tls(Box::new(transport::of_handshake(&error))))?;
            let tls = stream.get_ref().1;
            let observed = certificate::issuer(tls).map(|issuer| DriverEvent::CertificateAccepted { issuer });
            let detail = Detail { text: certificate::describe(tls), observed };
            Ok((Connection::tls(stream, peer), detail))
        };
        self.phase(Phase::Tls, handshake, report).await
    }

    /// How the server at `target` is reached.
    pub(super) fn route(&self, target: Target) -> Route<'_> {
        let Inner { profile, http_proxy, socket_proxy, .. } = &*self.0;
        match target {
            Target::Api => Route { url: profile.api.url(), proxy: http_proxy.as_ref(), target },
            Target::Socket => Route { url: profile.websocket.url(), proxy: socket_proxy.as_ref(), target },
        }
    }

    /// A TCP connection to the server, or through a proxy's tunnel, and where it leads.
    pub(super) async fn reach(
        &self,
        route: Route<'_>,
        report: Report<'_>,
    ) -> Result<(TcpStream, SocketAddr), DialFailure> {
        let addresses = self.resolve(route, report).await?;
        let addresses = if self.has_fault(&Fault::ConnectionRefused) { vec![closed_port()] } else { addresses };
        let (mut stream, peer) = self.connect(route, Race::new(addresses), report).await?;
        if let Some(proxy) = route.tunnel() {
            let tunnel = async {
                let result = proxy.tunnel(&mut stream, route.url).await;
                result.map(|()| ((), proxy.to_string().into())).map_err(|cause| Transport::Proxy(proxy.failed(cause)))
            };
            self.phase(Phase::Proxy, tunnel, report).await?;
        }
        Ok((stream, peer))
    }

    /// TLS, judging certificates as the acting faults want it.
    fn connector(&self) -> TlsConnector {
        let fault = [Fault::TlsExpired, Fault::TlsUnknownIssuer].into_iter().find(|fault| self.has_fault(fault));
        fault.map_or_else(|| self.0.tls.clone(), |fault| tls::suspicious(&self.0.tls, &fault))
    }

    /// The addresses to connect to: the server's, or its proxy's.
    pub(super) async fn resolve(&self, route: Route<'_>, report: Report<'_>) -> Result<Vec<SocketAddr>, DialFailure> {
        let (host, port) = route.target();
        let lookup = async {
            if self.has_fault(&Fault::NameNotFound) {
                return Err(unresolved(route, &host, DnsCause::NoSuchName));
            }
            if let Some(delay) = self.1.iter().find_map(|fault| match fault {
                Fault::NameSlow { delay } => Some(*delay),
                _ => None,
            }) {
                sleep(delay).await;
            }
            let found = lookup(&host).await.map_err(|cause| unresolved(route, &host, cause))?;
            let addresses: Vec<_> = found.into_iter().map(|ip| SocketAddr::from((ip, port))).collect();
            let shown: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
            let shown = shown.join(", ");
            let detail = if shown == host { host.clone() } else { format!("{host}: {shown}") };
            Ok((addresses, detail.into()))
        };
        self.phase(Phase::Dns, lookup, report).await
    }

    async fn connect(
        &self,
        route: Route<'_>,
        mut race: Race,
        report: Report<'_>,
    ) -> Result<(TcpStream, SocketAddr), DialFailure> {
        let limit = self.0.profile.timeouts.dial;
        let running = Running::begin(Phase::Tcp);
        let run = async {
            if self.has_fault(&Fault::SynLost) {
                pending::<()>().await;
            }
            race.run().await
        };
        let (failure, detail) = match timeout(limit, run).await {
            Ok(Some((stream, address))) => {
                let others = race.to_string();
                let detail = if others.is_empty() { address.to_string() } else { format!("{address} ({others})") };
                let lost = race.lost();
                let observed =
                    (!lost.is_empty()).then_some(DriverEvent::AddressesLost { lost, connected: Some(address) });
                running.end_observing(true, &detail, observed, report);
                return Ok((stream, address));
            }
            Ok(None) => (DialFailure::Transport(unreachable(route, race.lost())), String::new()),
            Err(_) => (DialFailure::Timeout { phase: Phase::Tcp, after: limit }, format!(" ({race})")),
        };
        running.end(false, &format!("{failure}{detail}"), report);
        Err(failure)
    }

    /// Runs a phase within `timeouts.dial` and reports it.
    async fn phase<T>(
        &self,
        phase: Phase,
        work: impl Future<Output = Result<(T, Detail), Transport>>,
        report: Report<'_>,
    ) -> Result<T, DialFailure> {
        let limit = self.0.profile.timeouts.dial;
        let running = Running::begin(phase);
        let failure = match timeout(limit, work).await {
            Ok(Ok((result, Detail { text, observed }))) => {
                running.end_observing(true, &text, observed, report);
                return Ok(result);
            }
            Ok(Err(transport)) => DialFailure::Transport(transport),
            Err(_) => DialFailure::Timeout { phase, after: limit },
        };
        running.end(false, &failure.to_string(), report);
        Err(failure)
    }
}

fn unresolved(route: Route<'_>, host: &str, cause: DnsCause) -> Transport {
    match route.proxy {
        Some(proxy) => Transport::Proxy(proxy.failed(ProxyCause::Dns(cause))),
        None => Transport::Dns(DnsFailure { host: SafeText::new(host), cause }),
    }
}

/// What it means that no address could be connected to.
pub(super) fn unreachable(route: Route<'_>, lost: Vec<LostAddress>) -> Transport {
    match route.proxy {
        Some(proxy) => Transport::Proxy(proxy.failed(ProxyCause::Unreachable(lost))),
        None => Transport::Tcp(TcpFailure::Addresses(lost)),
    }
}

/// What is worth knowing of a phase that succeeded.
struct Detail {
    text: String,
    observed: Option<DriverEvent>,
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self { text, observed: None }
    }
}

/// An address of this computer where nobody listens.
fn closed_port() -> SocketAddr {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    // A port that was free just now; without one, the discard port will do (RFC 863).
    let free = std::net::TcpListener::bind(any).and_then(|listener| listener.local_addr());
    free.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 9)))
}

/// A host that no certificate can be for (RFC 6761 §6.4).
fn wrong_name() -> Result<ServerName<'static>, Transport> {
    ServerName::try_from("another-host.invalid").map_err(|_| not_a_host_name())
}

fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or_default()
}

fn server_name(url: &Url) -> Result<ServerName<'static>, Transport> {
    let name = match url.host() {
        Some(Host::Ipv4(address)) => Ok(ServerName::from(std::net::IpAddr::V4(address))),
        Some(Host::Ipv6(address)) => Ok(ServerName::from(std::net::IpAddr::V6(address))),
        _ => ServerName::try_from(url.host_str().unwrap_or_default().to_owned()),
    };
    name.map_err(|_| not_a_host_name())
}

fn not_a_host_name() -> Transport {
    Transport::Tls(Box::new(TlsFailure { cause: TlsCause::NotAHostName, issuer: None }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::driver::net::race::tests::black_hole;
    use crate::model::Profile;

    #[tokio::test]
    async fn a_silent_server_times_out_and_its_addresses_are_listed() {
        let Some((silent, _held)) = black_hole().await else { return };
        let mut profile = Profile::local_demo(silent);
        profile.timeouts.dial = Duration::from_millis(100);
        let mut reports = Vec::new();
        let (net, mut report) = (Net::new(&profile).unwrap(), |report| reports.push(report));
        let failure = timeout(Duration::from_secs(20), net.dial(&mut report)).await.unwrap().unwrap_err();
        assert_eq!(failure, DialFailure::Timeout { phase: Phase::Tcp, after: profile.timeouts.dial });
        let expected = format!("TCP took longer than 100 ms ({silent}: no answer)");
        assert_eq!((reports[1].ok, reports[1].detail.as_str()), (false, expected.as_str()));
    }
}
