//! Happy Eyeballs (RFC 8305): connecting to a host that has several addresses, some of which may be dead.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::model::failure::{IoCause, LostAddress, LostAddresses};

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

    /// The addresses that did not succeed so far.
    pub fn lost(&self) -> Vec<LostAddress> {
        let cause = |address, error: &Option<io::Error>| Some(IoCause::of_connecting(address, error.as_ref()?));
        let lost = self.lost.iter();
        lost.map(|(address, error)| LostAddress { address: *address, cause: cause(address, error) }).collect()
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
        write!(f, "{}", LostAddresses(&self.lost()))
    }
}

#[cfg(test)]
pub mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use tokio::net::{TcpListener, TcpSocket};
    use tokio::time::{Instant, timeout};

    use super::*;

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// An IPv6 address that answers nothing, a listener with a full backlog, and what must stay alive for that.
    /// `None` if this computer has no IPv6 or no bound of the backlog.
    pub async fn black_hole() -> Option<(SocketAddr, impl Sized)> {
        let hole = fill_backlog().await;
        if hole.is_none() {
            assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "needs IPv6 and a bounded backlog on loopback");
            println!("skipped: needs IPv6 and a bounded backlog on loopback");
        }
        hole
    }

    async fn fill_backlog() -> Option<(SocketAddr, impl Sized)> {
        let socket = TcpSocket::new_v6().ok()?;
        socket.bind((Ipv6Addr::LOCALHOST, 0).into()).ok()?;
        let listener = socket.listen(1).ok()?;
        let address = listener.local_addr().ok()?;
        let mut held = Vec::new();
        for _ in 0..64 {
            match timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
                Ok(connected) => held.push(connected.ok()?),
                Err(_) => return Some((address, (listener, held))),
            }
        }
        None
    }

    #[test]
    fn families_take_turns_and_ipv6_is_first() {
        let addresses = ["1.1.1.1:1", "2.2.2.2:1", "[::1]:1", "3.3.3.3:1", "[::2]:1"].map(|a| a.parse().unwrap());
        let order: Vec<_> = Race::new(addresses.to_vec()).waiting.map(|address| address.ip().to_string()).collect();
        assert_eq!(order, ["::1", "1.1.1.1", "::2", "2.2.2.2", "3.3.3.3"]);
        assert_eq!(Race::new(vec![addresses[0]; 100]).waiting.len(), MAX_ADDRESSES);
    }

    #[tokio::test]
    async fn an_address_that_refuses_is_passed_over_at_once() {
        let (_listener, open) = listener().await;
        let mut addresses: Vec<_> = (1..15).map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).collect();
        addresses.push(open);
        let mut race = Race::new(addresses);
        let at_once = STAGGER * 10;
        let (stream, address) = timeout(at_once, race.run()).await.expect("14 refusals cost no stagger").unwrap();
        assert_eq!(address, open);
        assert!(stream.nodelay().unwrap());
        assert!(race.to_string().starts_with("127.0.0.1:1: connection refused, "), "{race}");
    }

    #[tokio::test]
    async fn a_silent_address_delays_the_next_by_the_stagger_only() {
        let Some((silent, _held)) = black_hole().await else { return };
        let (_open, open) = listener().await;
        let mut race = Race::new(vec![silent, open]);
        let started = Instant::now();
        let (_, address) = timeout(Duration::from_secs(20), race.run()).await.unwrap().unwrap();
        assert!(started.elapsed() >= STAGGER);
        assert_eq!((address, race.to_string()), (open, format!("{silent}: no answer")));
    }

    #[tokio::test]
    async fn a_lost_race_lists_every_address() {
        let closed = listener().await.1;
        let mut race = Race::new(vec![closed, SocketAddr::from((Ipv6Addr::LOCALHOST, 1))]);
        assert!(race.run().await.is_none());
        let lost = race.to_string();
        assert!(lost.contains(&format!("{closed}: connection refused")) && lost.starts_with("[::1]:1: "), "{lost}");
        assert!(Race::new(Vec::new()).run().await.is_none());
    }
}
