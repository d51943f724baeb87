//! Names that do not resolve and addresses that cannot be connected to.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::model::SafeText;
use crate::model::io_words::io_words;

/// What the operating system said of a connection, sorted by what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IoCause {
    /// Nothing listens there (`ECONNREFUSED`).
    Refused,
    /// The other side reset the connection (`ECONNRESET`), or it was cut in a similar way.
    Reset,
    /// The other side ended the connection in the middle of something.
    EndedEarly,
    /// There is no way to this host (`EHOSTUNREACH`).
    NoRouteToHost,
    /// This computer has no way to this network, or no address of this kind (`ENETUNREACH`, `EAFNOSUPPORT`, and
    /// `EADDRNOTAVAIL` for IPv6).
    NoRouteToNetwork,
    /// Nothing came back in time.
    NoAnswer,
    /// This computer went over to another network meanwhile, by Wi-Fi, cable or VPN.
    NetworkChanged,
    /// This computer went to sleep meanwhile.
    Suspended,
    /// This computer does not let the program do it, whatever the other side.
    Local(LocalLimit),
    /// Anything else, in the system's words.
    Other(SafeText),
}

/// What this computer does not let a program do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalLimit {
    /// The program has no file descriptors left (`EMFILE`).
    Descriptors,
    /// The whole system has none left (`ENFILE`).
    SystemDescriptors,
    /// The system has no memory left for another connection (`ENOBUFS`, `ENOMEM`).
    Memory,
    /// No port of its own is left for another connection (`EADDRNOTAVAIL`).
    Ports,
    /// A rule of this computer's forbids it (`EACCES`, `EPERM`).
    Forbidden,
}

/// The system's number of an error: Linux, Apple's systems, Windows.
const fn errno(linux: i32, apple: i32, windows: i32) -> i32 {
    if cfg!(windows) {
        windows
    } else if cfg!(target_vendor = "apple") {
        apple
    } else {
        linux
    }
}

/// The system does not know this kind of address.
const EAFNOSUPPORT: i32 = errno(97, 47, 10_047);
const EMFILE: i32 = errno(24, 24, 10_024);
/// Windows has no such error.
#[cfg(not(windows))]
const ENFILE: i32 = errno(23, 23, 0);
const ENOBUFS: i32 = errno(105, 55, 10_055);

impl LocalLimit {
    /// The limit that `error` names, if it names one.
    pub fn of(error: &io::Error) -> Option<Self> {
        use io::ErrorKind as E;
        Some(match (error.raw_os_error(), error.kind()) {
            (Some(EMFILE), _) => Self::Descriptors,
            #[cfg(not(windows))]
            (Some(ENFILE), _) => Self::SystemDescriptors,
            (Some(ENOBUFS), _) | (_, E::OutOfMemory) => Self::Memory,
            (_, E::AddrNotAvailable) => Self::Ports,
            (_, E::PermissionDenied) => Self::Forbidden,
            _ => return None,
        })
    }
}

impl fmt::Display for LocalLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Descriptors => "this program may open no more files and connections (EMFILE)",
            Self::SystemDescriptors => "this computer can open no more files and connections (ENFILE)",
            Self::Memory => "this computer has no memory left for another connection (ENOBUFS)",
            Self::Ports => "this computer has no port left for another connection (EADDRNOTAVAIL)",
            Self::Forbidden => "this computer does not allow the connection (EACCES)",
        })
    }
}

impl IoCause {
    /// Sorts what became of connecting to `address`: without IPv6 a computer has no port for its addresses either.
    pub fn of_connecting(address: &SocketAddr, error: &io::Error) -> Self {
        let cause = Self::of(error);
        let has_no_port = cause == Self::Local(LocalLimit::Ports);
        if has_no_port && address.is_ipv6() { Self::NoRouteToNetwork } else { cause }
    }

    /// Sorts `error`.
    pub fn of(error: &io::Error) -> Self {
        use io::ErrorKind as E;
        if let Some(limit) = LocalLimit::of(error) {
            return Self::Local(limit);
        }
        #[expect(clippy::wildcard_enum_match_arm, reason = "what else a system can say has its own words")]
        match error.kind() {
            E::ConnectionRefused => Self::Refused,
            E::ConnectionReset | E::ConnectionAborted | E::BrokenPipe => Self::Reset,
            E::UnexpectedEof => Self::EndedEarly,
            E::HostUnreachable => Self::NoRouteToHost,
            E::NetworkUnreachable => Self::NoRouteToNetwork,
            E::TimedOut => Self::NoAnswer,
            _ if error.raw_os_error() == Some(EAFNOSUPPORT) => Self::NoRouteToNetwork,
            _ => Self::Other(SafeText::new(&io_words(error))),
        }
    }

    /// Whether the other side, or something on the way, ended a connection that stood.
    pub const fn is_ended_by_peer(&self) -> bool {
        match self {
            Self::Reset | Self::EndedEarly => true,
            Self::Refused
            | Self::NoRouteToHost
            | Self::NoRouteToNetwork
            | Self::NoAnswer
            | Self::NetworkChanged
            | Self::Suspended
            | Self::Local(_)
            | Self::Other(_) => false,
        }
    }

    /// The limit of this computer's that it is.
    pub const fn local_limit(&self) -> Option<LocalLimit> {
        if let Self::Local(limit) = self { Some(*limit) } else { None }
    }
}

impl fmt::Display for IoCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local(limit) => return limit.fmt(f),
            Self::Refused => "connection refused",
            Self::Reset => "reset by the other side",
            Self::EndedEarly => "ended early by the other side",
            Self::NoRouteToHost => "no route to this host",
            Self::NoRouteToNetwork => "no route to this network",
            Self::NetworkChanged => "the computer went over to another network",
            Self::Suspended => "the computer went to sleep",
            Self::NoAnswer => "no answer",
            Self::Other(said) => said.as_str(),
        })
    }
}

/// A name that has no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsFailure {
    /// The name.
    pub host: SafeText,
    /// Why it has none.
    pub cause: DnsCause,
}

/// Why a name has no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsCause {
    /// The resolver answered: there is no such name (`EAI_NONAME`).
    NoSuchName,
    /// The name exists and has no address (`EAI_NODATA`).
    NoAddress,
    /// The resolver could not answer now (`EAI_AGAIN`).
    TryAgain,
    /// No answer from the resolver in time.
    NoAnswer,
    /// This computer does not let the program ask.
    Local(LocalLimit),
    /// Anything else, in the resolver's words.
    Other(SafeText),
}

impl fmt::Display for DnsCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local(limit) => return limit.fmt(f),
            Self::NoSuchName => "there is no such name",
            Self::NoAddress => "it has no address",
            Self::TryAgain => "the resolver cannot answer now",
            Self::NoAnswer => "no answer",
            Self::Other(said) => said.as_str(),
        })
    }
}

impl fmt::Display for DnsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.host, self.cause)
    }
}

/// No address of a host could be connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TcpFailure {
    /// What became of each address that was tried.
    Addresses(Vec<LostAddress>),
    /// Where the library does not tell the addresses apart: host and port, and what its last attempt came to.
    Server {
        /// Host and port.
        server: SafeText,
        /// What the last attempt came to.
        cause: IoCause,
    },
    /// Nothing listens at an address of this computer itself, and something does at its address of the other kind.
    OtherLoopback {
        /// The address that was asked.
        refused: SocketAddr,
        /// The one that takes connections.
        listens: SocketAddr,
    },
}

impl TcpFailure {
    /// What each attempt came to.
    pub fn causes(&self) -> impl Iterator<Item = &IoCause> {
        let (addresses, server) = match self {
            Self::Addresses(lost) => (lost.as_slice(), None),
            Self::Server { cause, .. } => (&[][..], Some(cause)),
            Self::OtherLoopback { .. } => (&[][..], Some(&IoCause::Refused)),
        };
        addresses.iter().map(LostAddress::cause_or_silence).chain(server)
    }
}

impl fmt::Display for TcpFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses(lost) => write!(f, "{}", LostAddresses(lost)),
            Self::Server { server, cause } => write!(f, "{server}: {cause}"),
            Self::OtherLoopback { refused, listens } => {
                write!(f, "{refused}: {}, while something listens at {listens}", IoCause::Refused)
            }
        }
    }
}

/// An address that could not be connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostAddress {
    /// The address.
    pub address: SocketAddr,
    /// Why; `None` if it was silent until another had won.
    pub cause: Option<IoCause>,
}

impl LostAddress {
    /// Whether it did not answer at all, so that it cost its wait.
    pub fn is_silent(&self) -> bool {
        *self.cause_or_silence() == IoCause::NoAnswer
    }

    fn cause_or_silence(&self) -> &IoCause {
        self.cause.as_ref().unwrap_or(&IoCause::NoAnswer)
    }
}

impl fmt::Display for LostAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.cause_or_silence())
    }
}

/// Several of them in a row, separated by commas.
#[derive(Clone, Copy, Debug)]
pub struct LostAddresses<'a>(pub &'a [LostAddress]);

impl fmt::Display for LostAddresses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, lost) in self.0.iter().enumerate() {
            write!(f, "{}{lost}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// A connection that was made and then broke, or over which came something else than HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokenCause {
    /// The system's error.
    Io(IoCause),
    /// The server ended it without an answer.
    NoAnswerBeforeEnd,
    /// It was made without TLS, and the port speaks nothing else.
    WantsTls,
    /// What answers does not speak HTTP; the library's words.
    NotHttp(SafeText),
    /// Another error of the HTTP library, in its words.
    Other(SafeText),
}

impl fmt::Display for BrokenCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(cause) => cause.fmt(f),
            Self::NoAnswerBeforeEnd => f.write_str("the server ended it without an answer"),
            Self::WantsTls => f.write_str("the port speaks TLS, and was asked without it"),
            Self::NotHttp(said) => write!(f, "what answers is not HTTP ({said})"),
            Self::Other(said) => said.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computer_without_ipv6_has_no_route() {
        // EADDRNOTAVAIL, EAFNOSUPPORT, ENETUNREACH.
        let codes = [errno(99, 49, 10_049), errno(97, 47, 10_047), errno(101, 51, 10_051)];
        let address = "[::1]:443".parse().unwrap();
        for code in codes {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(IoCause::of_connecting(&address, &error), IoCause::NoRouteToNetwork);
        }
    }

    #[test]
    fn what_this_computer_does_not_allow_is_told_from_what_others_do() {
        use LocalLimit as L;
        let address = "192.0.2.1:443".parse().unwrap();
        for (code, limit) in [
            (EMFILE, L::Descriptors),
            #[cfg(not(windows))]
            (ENFILE, L::SystemDescriptors),
            (ENOBUFS, L::Memory),
            (errno(12, 12, 8), L::Memory),
            (errno(99, 49, 10_049), L::Ports),
            (errno(13, 13, 10_013), L::Forbidden),
            (errno(1, 1, 5), L::Forbidden),
        ] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(IoCause::of_connecting(&address, &error), IoCause::Local(limit), "{error}");
        }
    }

    #[test]
    fn each_address_is_listed_with_its_own_cause() {
        let lost = |address: &str, cause| LostAddress { address: address.parse().unwrap(), cause };
        let failure =
            TcpFailure::Addresses(vec![lost("[::1]:443", None), lost("127.0.0.1:443", Some(IoCause::Refused))]);
        assert_eq!(failure.to_string(), "[::1]:443: no answer, 127.0.0.1:443: connection refused");
        assert!(failure.causes().eq([&IoCause::NoAnswer, &IoCause::Refused]));
    }
}
