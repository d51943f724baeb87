//! IP addresses in texts, whatever stands around them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// No spelling of an address is longer (RFC 4291 §2.2).
const LONGEST: usize = 45;

/// The addresses in `text`, in order, and where they are. A port or a dot behind one does not belong to it.
pub(super) fn addresses(text: &str) -> impl Iterator<Item = (Range<usize>, IpAddr)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let start = at;
            if let Some((length, address)) = v6_at(text.as_bytes(), start).or_else(|| v4_at(text.as_bytes(), start)) {
                at += length;
                return Some((start..at, address));
            }
            at += 1;
        }
        None
    })
}

/// The IPv4 address that begins at `start`, and its length.
fn v4_at(bytes: &[u8], start: usize) -> Option<(usize, IpAddr)> {
    if bytes[..start].last().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let (mut octets, mut at) = ([0_u8; 4], start);
    for (index, octet) in octets.iter_mut().enumerate() {
        if index > 0 {
            at += usize::from(*bytes.get(at).filter(|byte| **byte == b'.')? == b'.');
        }
        let digits = bytes[at..].iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
        *octet = std::str::from_utf8(&bytes[at..at + digits]).ok()?.parse().ok()?;
        at += digits;
    }
    Some((at - start, IpAddr::V4(Ipv4Addr::from(octets))))
}

/// The IPv6 address that begins at `start`, and its length.
fn v6_at(bytes: &[u8], start: usize) -> Option<(usize, IpAddr)> {
    if bytes[..start].last().is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let is_part = |byte: &&u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let length = bytes[start..].iter().take(LONGEST).take_while(is_part).count();
    let run = &bytes[start..start + length];
    let colons = run.iter().filter(|byte| **byte == b':').count();
    if colons < 6 && !run.windows(2).any(|pair| pair == b"::") {
        return None;
    }
    (2..=length).rev().find_map(|length| {
        let ends = !bytes.get(start + length).is_some_and(u8::is_ascii_alphanumeric);
        let address: Ipv6Addr = std::str::from_utf8(&run[..length]).ok().filter(|_| ends)?.parse().ok()?;
        Some((length, IpAddr::V6(address)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        addresses(text).map(|(place, _)| &text[place]).collect()
    }

    #[test]
    fn an_address_is_found_whatever_stands_around_it() {
        for (text, expected) in [
            ("upstream:10.0.0.5", "10.0.0.5"),
            ("hosta10.1.2.3 is gone", "10.1.2.3"),
            ("IP 10.0.0.5.443 > x", "10.0.0.5"),
            ("10.0.0.5:123456", "10.0.0.5"),
            (".10.0.0.5.", "10.0.0.5"),
            ("peer:fe80::1%eth0", "fe80::1"),
            ("[fd00::7]:443", "fd00::7"),
            ("::ffff:192.168.1.4,", "::ffff:192.168.1.4"),
            ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1:2:3:4:5"),
            ("é10.0.0.5é", "10.0.0.5"),
        ] {
            assert_eq!(found(text), [expected], "{text}");
        }
        for text in ["12:34:56.789", "1.2.3", "1.2.3.456", "999.1.1.1", "crate::de", "a:b", "7f3a91c0-12", "::", ""] {
            assert!(found(text).is_empty() || text == "::", "{text}: {:?}", found(text));
        }
    }
}
