//! Variables that should name a proxy, and do not.

use std::fmt;

use crate::model::SafeText;

/// What is wrong with the value of a variable that should name a proxy, such as `HTTPS_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyMistake {
    /// Quotation marks stand around it.
    Quoted,
    /// A space or a line break is in it.
    Space,
    /// It is an entry of a PAC file (`PROXY host:port`).
    PacEntry,
    /// It is the address of a file, as that of a PAC file is.
    FileAddress,
    /// The colon behind the scheme is missing (`http//host`).
    NoColon,
    /// A scheme that no proxy has.
    Scheme(SafeText),
    /// A proxy of the kind SOCKS, named by a scheme of which the version is missing.
    Socks,
    /// A backslash is in its user name (`DOMAIN\user`).
    Backslash,
    /// A character in user name or password that has to be percent-encoded there (RFC 3986 §3.2.1).
    Login,
    /// What stands in the place of its port.
    Port(SafeText),
    /// It is not an address for another reason.
    Other,
}

impl ProxyMistake {
    /// What is wrong with `value`; `None` if it names a proxy, of whatever kind, or nothing at all.
    pub fn of(value: &str) -> Option<Self> {
        const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
        const ENTRIES: [&str; 5] = ["PROXY ", "HTTP ", "HTTPS ", "SOCKS ", "SOCKS5 "];
        if value.is_empty() {
            return None;
        }
        if value.starts_with(['"', '\'']) || value.ends_with(['"', '\'']) {
            return Some(Self::Quoted);
        }
        if value == "DIRECT" || ENTRIES.iter().any(|entry| value.starts_with(entry)) {
            return Some(Self::PacEntry);
        }
        if value.contains(char::is_whitespace) {
            return Some(Self::Space);
        }
        let rest = match value.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("socks") => return Some(Self::Socks),
            Some((scheme, _)) if !SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
                let is_scheme = scheme.len() <= 12 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
                return Some(if is_scheme { Self::Scheme(SafeText::new(scheme)) } else { Self::Other });
            }
            Some((_, rest)) => rest,
            None if ["http:", "https:", "http/", "https/"].iter().any(|begin| value.starts_with(begin)) => {
                let behind = value.trim_start_matches("http").trim_start_matches('s');
                // A host may be called so, and have a port.
                match behind.starts_with(':') && behind[1..].starts_with(|c: char| c.is_ascii_digit()) {
                    true => value,
                    false => return Some(Self::NoColon),
                }
            }
            None => value,
        };
        let (login, place) = rest.rsplit_once('@').map_or(("", rest), |(login, place)| (login, place));
        if login.contains('\\') {
            return Some(Self::Backslash);
        }
        if login.contains(['@', '/', '#', '?', '[', ']', '%']) && !is_percent_encoded(login) {
            return Some(Self::Login);
        }
        let (authority, path) = place.split_once('/').unwrap_or((place, ""));
        if !path.is_empty() || authority.contains(['?', '#']) {
            return Some(Self::FileAddress);
        }
        let port = match authority.strip_prefix('[') {
            Some(inside) => inside.split_once(']').map_or("", |(_, port)| port.trim_start_matches(':')),
            None => authority.split_once(':').map_or("", |(_, port)| port),
        };
        if port.contains(':') {
            return Some(Self::Port(SafeText::with_limit(port, 16)));
        }
        let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']' | '%');
        (authority.is_empty() || !authority.chars().all(is_host)).then_some(Self::Other)
    }
}

/// Whether all that may not stand in `login` is spelt `%` and two digits.
fn is_percent_encoded(login: &str) -> bool {
    let digits = |rest: &str| rest.len() >= 2 && rest.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit);
    !login.contains(['@', '/', '#', '?', '[', ']']) && login.split('%').skip(1).all(digits)
}

impl fmt::Display for ProxyMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quoted => f.write_str("quotation marks stand around it"),
            Self::Space => f.write_str("a space is in it"),
            Self::PacEntry => f.write_str("it is an entry of a PAC file"),
            Self::FileAddress => f.write_str("it is the address of a file, such as a PAC file"),
            Self::NoColon => f.write_str("“://” is missing behind its scheme"),
            Self::Scheme(scheme) => write!(f, "no proxy has the scheme “{scheme}”"),
            Self::Socks => f.write_str("it names a SOCKS proxy"),
            Self::Backslash => f.write_str("a backslash is in its user name"),
            Self::Login => f.write_str("its user name or password has a character that is not percent-encoded"),
            Self::Port(port) => write!(f, "“{port}” is no port"),
            Self::Other => f.write_str("it is not an address"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_proxy_is_told_by_what_is_wrong_with_it() {
        use ProxyMistake as M;
        for (value, expected) in [
            ("\"http://proxy:3128\"", M::Quoted),
            ("http://proxy:3128 ", M::Space),
            ("PROXY proxy:3128", M::PacEntry),
            ("DIRECT", M::PacEntry),
            ("http://wpad.corp/proxy.pac", M::FileAddress),
            ("http//proxy:3128", M::NoColon),
            ("http:/proxy:3128", M::NoColon),
            ("http:proxy:3128", M::NoColon),
            ("htp://proxy:3128", M::Scheme("htp".into())),
            ("socks://proxy:1080", M::Socks),
            ("DOM\\bob:pw@proxy:8080", M::Backslash),
            ("http://bob:p@ss@proxy:8080", M::Login),
            ("http://bob:p#ss@proxy:8080", M::Login),
            ("http://bob:50%@proxy:8080", M::Login),
            ("host:8080:3", M::Port("8080:3".into())),
            ("http://", M::Other),
            ("::::", M::Port(":::".into())),
        ] {
            assert_eq!(M::of(value), Some(expected), "{value}");
        }
        for value in [
            "",
            "proxy",
            "proxy:3128",
            "http://proxy:3128/",
            "HTTP://proxy",
            "http://bob:p%40ss@proxy:8080",
            "http://[::1]:3128",
            "socks5h://proxy:1080",
            "https://proxy",
            "http:3128",
            // What is no port is told where the proxy is used.
            "http://proxy:70000",
        ] {
            assert_eq!(M::of(value), None, "{value}");
        }
    }
}
