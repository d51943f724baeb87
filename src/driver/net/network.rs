//! What dialling finds outside the program: names, addresses and trust.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::race::Race;
use super::resolve;
use crate::model::failure::DnsCause;

/// A network to dial over. What is not implemented is done as the operating system does it; whoever wants to see the
/// client elsewhere implements the rest. Every wait has its limit where it is called.
pub trait Network: Sync {
    /// The addresses of `host`.
    fn lookup(&self, host: &str) -> impl Future<Output = Result<Vec<IpAddr>, DnsCause>> + Send {
        resolve::lookup(host)
    }

    /// The first connection that is made in `race`; `None` if there is none.
    fn connect(&self, race: &mut Race) -> impl Future<Output = Option<(TcpStream, SocketAddr)>> + Send {
        race.run()
    }

    /// What judges the server's certificate, and the name that it has to be for.
    fn trust(&self, tls: &TlsConnector, name: ServerName<'static>) -> (TlsConnector, ServerName<'static>) {
        (tls.clone(), name)
    }
}

/// This computer's network.
#[derive(Clone, Copy, Debug)]
pub struct System;

impl Network for System {}
