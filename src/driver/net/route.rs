//! The way to each of a profile's servers.

use std::net::IpAddr;

use rustls::pki_types::ServerName;
use url::{Host, Url};

use super::proxy::Proxy;
use crate::model::Transport;
use crate::model::failure::{TlsCause, TlsFailure};

/// The two servers that a profile leads to; often they are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The HTTP API: steps 1 and 2.
    Api,
    /// The WebSocket: step 3.
    Socket,
}

/// How one of the profile's servers is reached.
#[derive(Clone, Copy)]
pub struct Route<'a> {
    /// Its address.
    pub url: &'a Url,
    /// The proxy in between.
    pub proxy: Option<&'a Proxy>,
    /// Which it is.
    pub target: Target,
}

impl Route<'_> {
    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        matches!(self.url.scheme(), "https" | "wss")
    }

    /// What has to be resolved and connected to.
    pub fn first_hop(&self) -> (String, u16) {
        match (self.proxy, self.url.host()) {
            (Some(proxy), _) => (proxy.address().0.to_owned(), proxy.address().1),
            (None, Some(Host::Ipv6(address))) => (address.to_string(), port(self.url)),
            (None, _) => (self.url.host_str().unwrap_or_default().to_owned(), port(self.url)),
        }
    }

    /// The proxy, if it is asked for a tunnel: plain HTTP requests need none.
    pub fn tunnel(&self) -> Option<&Proxy> {
        self.proxy.filter(|_| self.target == Target::Socket || self.is_tls())
    }

    /// The name that a certificate has to be for.
    pub fn server_name(&self) -> Result<ServerName<'static>, Transport> {
        let name = match self.url.host() {
            Some(Host::Ipv4(address)) => Ok(ServerName::from(IpAddr::V4(address))),
            Some(Host::Ipv6(address)) => Ok(ServerName::from(IpAddr::V6(address))),
            _ => ServerName::try_from(self.url.host_str().unwrap_or_default().to_owned()),
        };
        name.map_err(|_| Transport::Tls(Box::new(TlsFailure { cause: TlsCause::NotAHostName, issuer: None })))
    }
}

fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or_default()
}
