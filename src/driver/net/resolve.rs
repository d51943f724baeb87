//! Names to addresses, as the operating system resolves them, with a cause where it cannot.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, SockType, getaddrinfo};
use tokio::task::spawn_blocking;

use crate::model::failure::{DnsCause, LocalLimit};
use crate::model::{SafeText, without_number};

/// The addresses of `host`, in the order in which the system wants them tried (RFC 6724). There is no limit here.
pub async fn lookup(host: &str) -> Result<Vec<IpAddr>, DnsCause> {
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    let host = host.to_owned();
    match spawn_blocking(move || system(&host)).await {
        Ok(result) => result,
        Err(error) => Err(DnsCause::Other(SafeText::new(&error.to_string()))),
    }
}

fn system(host: &str) -> Result<Vec<IpAddr>, DnsCause> {
    // One kind of socket, so that each address is listed once.
    let hints = AddrInfoHints { socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
    let found = getaddrinfo(Some(host), None, Some(hints)).map_err(|error| match cause(&error) {
        cause @ (DnsCause::TryAgain | DnsCause::Other(_)) => out_of_resources().map_or(cause, DnsCause::Local),
        cause => cause,
    })?;
    let addresses: Vec<_> = found.filter_map(|found| Some(found.ok()?.sockaddr.ip())).collect();
    if addresses.is_empty() { Err(DnsCause::NoAddress) } else { Ok(addresses) }
}

/// What a resolver of the system's keeps to itself: it says “try again” where it cannot open a socket either.
fn out_of_resources() -> Option<LocalLimit> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).err().and_then(|error| LocalLimit::of(&error))
}

fn cause(error: &LookupError) -> DnsCause {
    // Windows' resolver answers with numbers of its sockets (WSAHOST_NOT_FOUND and the like).
    match (cfg!(windows), error.error_num()) {
        (true, 11_001) => return DnsCause::NoSuchName,
        (true, 11_002) => return DnsCause::TryAgain,
        (true, 11_004) => return DnsCause::NoAddress,
        (true, 11_003) => return DnsCause::Other(SafeText::new("the resolver failed")),
        _ => {}
    }
    match error.kind() {
        LookupErrorKind::NoName => DnsCause::NoSuchName,
        LookupErrorKind::NoData => DnsCause::NoAddress,
        LookupErrorKind::Again => DnsCause::TryAgain,
        LookupErrorKind::Badflags
        | LookupErrorKind::Fail
        | LookupErrorKind::Family
        | LookupErrorKind::Socktype
        | LookupErrorKind::Service
        | LookupErrorKind::Memory
        | LookupErrorKind::System
        | LookupErrorKind::Unknown
        | LookupErrorKind::IO => {
            let said = error.to_string();
            let said = without_number(said.trim_start_matches("failed to lookup address information: "));
            DnsCause::Other(SafeText::new(&said))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_its_own_and_a_name_that_nobody_has_is_none() {
        assert_eq!(lookup("127.0.0.1").await, Ok(vec!["127.0.0.1".parse().unwrap()]));
        assert_eq!(lookup("::1").await, Ok(vec!["::1".parse().unwrap()]));
        assert!(lookup("localhost").await.unwrap().iter().all(IpAddr::is_loopback));
        // RFC 6761 §6.4: nobody has it, and a computer without a resolver cannot tell.
        let cause = lookup("nobody.invalid").await.unwrap_err();
        assert!(matches!(cause, DnsCause::NoSuchName | DnsCause::NoAddress | DnsCause::TryAgain), "{cause:?}");
    }
}
