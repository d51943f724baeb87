//! The connection for the socket: DNS, TCP, a proxy's tunnel, TLS.

use std::future::Future;
use std::net::SocketAddr;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::access::{Inner, Net};
use super::connection::Connection;
use super::doubt::with_other_loopback;
use super::network::{Network, System};
use super::phase::{Report, Running};
use super::race::Race;
use super::route::{Route, Target};
use super::{certificate, transport};
use crate::model::failure::{DnsCause, DnsFailure, ProxyCause, TcpFailure};
use crate::model::{DialFailure, DriverEvent, LostAddress, Phase, SafeText, Transport};

impl Net {
    /// Connects to the socket's server, or through the proxy that the environment asks for. Each phase is
    /// limited by `timeouts.dial` and reported when it is over.
    ///
    /// # Errors
    /// The phase that failed, and why.
    pub async fn dial(&self, report: Report<'_>) -> Result<Connection, DialFailure> {
        self.dial_over(&System, report).await
    }

    /// The same over `network`.
    ///
    /// # Errors
    /// As [`Net::dial`].
    pub async fn dial_over(&self, network: &impl Network, report: Report<'_>) -> Result<Connection, DialFailure> {
        let route = self.route(Target::Socket);
        let (stream, peer) = self.reach(route, network, report).await?;
        if !route.is_tls() {
            return Ok(Connection::plain(stream, peer));
        }
        let handshake = async {
            let (connector, name) = network.trust(&self.0.tls, route.server_name()?);
            let handshake = connector.connect(name, stream).await;
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
            Target::Socket if let Some(other) = &self.2 => {
                Route { url: &other.url, proxy: other.proxy.as_ref(), target }
            }
            Target::Socket => Route { url: profile.websocket.url(), proxy: socket_proxy.as_ref(), target },
        }
    }

    /// A TCP connection to the server, or through a proxy's tunnel, and where it leads.
    pub(super) async fn reach(
        &self,
        route: Route<'_>,
        network: &impl Network,
        report: Report<'_>,
    ) -> Result<(TcpStream, SocketAddr), DialFailure> {
        let addresses = self.resolve(route, network, report).await?;
        let (mut stream, peer) = self.connect(route, network, Race::new(addresses), report).await?;
        if let Some(proxy) = route.tunnel() {
            let tunnel = async {
                let result = proxy.tunnel(&mut stream, route.url).await;
                result.map(|()| ((), proxy.to_string().into())).map_err(|cause| Transport::Proxy(proxy.failed(cause)))
            };
            self.phase(Phase::Proxy, tunnel, report).await?;
        }
        Ok((stream, peer))
    }

    /// The addresses to connect to: the server's, or its proxy's.
    pub(super) async fn resolve(
        &self,
        route: Route<'_>,
        network: &impl Network,
        report: Report<'_>,
    ) -> Result<Vec<SocketAddr>, DialFailure> {
        let (host, port) = route.first_hop();
        let limit = self.0.profile.timeouts.dial;
        let mut running = Running::begin_lookup(&host);
        let failure = match timeout(limit, network.lookup(&host)).await {
            Ok(Ok(found)) => {
                let addresses: Vec<_> = found.into_iter().map(|ip| SocketAddr::from((ip, port))).collect();
                let shown: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
                let shown = shown.join(", ");
                running.found(addresses.iter().map(SocketAddr::ip));
                running.end(true, &if shown == host { shown } else { format!("{host}: {shown}") }, report);
                return Ok(addresses);
            }
            Ok(Err(cause)) => DialFailure::Transport(unresolved(route, &host, cause)),
            Err(_) => DialFailure::Timeout { phase: Phase::Dns, after: limit },
        };
        running.end(false, &failure.to_string(), report);
        Err(failure)
    }

    async fn connect(
        &self,
        route: Route<'_>,
        network: &impl Network,
        mut race: Race,
        report: Report<'_>,
    ) -> Result<(TcpStream, SocketAddr), DialFailure> {
        let limit = self.0.profile.timeouts.dial;
        let running = Running::begin(Phase::Tcp);
        let (failure, detail) = match timeout(limit, network.connect(&mut race)).await {
            Ok(Some((stream, address))) => {
                let others = race.to_string();
                let detail = if others.is_empty() { address.to_string() } else { format!("{address} ({others})") };
                let lost = race.lost();
                let observed =
                    (!lost.is_empty()).then_some(DriverEvent::AddressesLost { lost, connected: Some(address) });
                running.end_observing(true, &detail, observed, report);
                return Ok((stream, address));
            }
            Ok(None) => (DialFailure::Transport(unreachable(route, race.lost()).await), String::new()),
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
pub(super) async fn unreachable(route: Route<'_>, lost: Vec<LostAddress>) -> Transport {
    match route.proxy {
        Some(proxy) => Transport::Proxy(proxy.failed(ProxyCause::Unreachable(lost))),
        None => Transport::Tcp(with_other_loopback(TcpFailure::Addresses(lost), route.url).await),
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

    #[tokio::test]
    async fn what_is_looked_up_is_told_as_data() {
        let mut profile = Profile::local_demo("127.0.0.1:9".parse().unwrap());
        profile.timeouts.dial = Duration::from_millis(100);
        let mut reports = Vec::new();
        let (net, mut report) = (Net::new(&profile).unwrap(), |report| reports.push(report));
        let _ = net.dial(&mut report).await;
        let lookup = reports[0].lookup.clone().unwrap();
        assert_eq!((lookup.host.as_str(), lookup.addresses), ("127.0.0.1", vec!["127.0.0.1".parse().unwrap()]));
        assert!(reports[1].lookup.is_none());
    }
}
