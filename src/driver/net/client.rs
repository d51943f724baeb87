//! The HTTP client that a profile's requests share.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::ClientConfig;
use tokio::time::timeout;

use super::error::NetError;
use super::proxy::Proxy;
use super::resolve;
use crate::model::Timeouts;
use crate::model::failure::DnsCause;

/// An idle connection is used again for this long. Well below what servers allow (Node: 5 s), because a request over
/// a connection that the server is just closing fails.
const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// The share of a request's limit after which a connection that is not there counts as unreachable: before the request
/// itself would count as unanswered.
const CONNECTING: f64 = 0.9;

/// The client for a profile's requests, through `proxy` if there is one.
pub fn client(config: ClientConfig, proxy: Option<&Proxy>, timeouts: &Timeouts) -> Result<reqwest::Client, NetError> {
    let setup = |error: reqwest::Error| NetError::Setup(error.to_string());
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .no_proxy()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .pool_idle_timeout(KEEP_ALIVE)
        .dns_resolver(Resolver { limit: timeouts.dial })
        .connect_timeout((2 * timeouts.dial).min(timeouts.http.mul_f64(CONNECTING)));
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy.for_reqwest().map_err(setup)?);
    }
    builder.build().map_err(setup)
}

/// Looks up names as the dialling of the socket does, with a limit.
struct Resolver {
    limit: Duration,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let limit = self.limit;
        Box::pin(async move {
            let found = timeout(limit, resolve::lookup(name.as_str())).await.unwrap_or(Err(DnsCause::NoAnswer));
            // The port is the request's own.
            let found: Vec<_> = found.map_err(Unresolved)?.into_iter().map(|ip| SocketAddr::from((ip, 0))).collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// A name that has no address, among the causes of a library's error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unresolved(pub DnsCause);
