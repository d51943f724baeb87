//! Happy Eyeballs (RFC 8305): connecting to a host that has several addresses, some of which may be dead.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::transport::io_text;

/// How long an address may stay silent before the next one is tried beside it (RFC 8305 §8).
const STAGGER: Duration = Duration::from_millis(250);

/// Addresses beyond these are not tried.
const MAX_ADDRESSES: usize = 16;

/// Attempts to connect to one of several addresses. Its `Display` lists the attempts that did not succeed.
pub struct Race {
    waiting: std::vec::IntoIter<SocketAddr>,
    lost: Vec<(SocketAddr, Option<io::Error>)>,
}

impl Race {
    /// A race between `addresses`: IPv6 and IPv4 in turns, IPv6 first (RFC 8305 §4).
    pub fn new(addresses: Vec<SocketAddr>) -> Self {
        let (v6, v4): (Vec<_>, Vec<_>) = addresses.into_iter().partition(SocketAddr::is_ipv6);
        let (mut v6, mut v4) = (v6.into_iter(), v4.into_iter());
        let mut order = Vec::new();
        while order.len() < MAX_ADDRESSES && v6.len() + v4.len() > 0 {
            order.extend(v6.next().into_iter().chain(v4.next()));
        }
        Self { waiting: order.into_iter(), lost: Vec::new() }
    }

    /// The first connection that is made, without Nagle's delay; `None` if no address can be connected to.
    /// A silent address has no limit of its own here.
    pub async fn run(&mut self) -> Option<(TcpStream, SocketAddr)> {
        let mut running = FuturesUnordered::new();
        loop {
            if let Some(address) = self.waiting.next() {
                self.lost.push((address, None));
                running.push(async move { (address, connect(address).await) });
            }
            let others_wait = self.waiting.len() > 0;
            tokio::select! {
                Some((address, result)) = running.next() => match result {
                    Ok(stream) => {
                        self.lost.retain(|(other, _)| *other != address);
                        return Some((stream, address));
                    }
                    Err(error) => {
                        if let Some((_, outcome)) = self.lost.iter_mut().find(|(other, _)| *other == address) {
                            *outcome = Some(error);
                        }
                    }
                },
                () = sleep(STAGGER), if others_wait => {}
                else => return None,
            }
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl fmt::Display for Race {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (address, error)) in self.lost.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let outcome = error.as_ref().map_or_else(|| "no answer".to_owned(), io_text);
            write!(f, "{separator}{address}: {outcome}")?;
        }
        Ok(())
    }
}
