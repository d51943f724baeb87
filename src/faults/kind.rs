//! What is known of each fault before it acts: its name, its place in the window, when it acts.

use std::time::Duration;

use strum::IntoEnumIterator as _;

use super::{Fault, FaultKind};
use crate::model::FaultName;

/// Where a fault acts: the window groups by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Group {
    /// The JWT.
    Token,
    /// Where the JWT is kept.
    Keychain,
    /// The ticket request.
    Ticket,
    /// From the server's name to the upgrade.
    Dialling,
    /// The open socket.
    Socket,
    /// The local server, or the program itself.
    Program,
}

impl Group {
    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Token => "JWT",
            Self::Keychain => "Keychain",
            Self::Ticket => "Ticket",
            Self::Dialling => "Dialling",
            Self::Socket => "Socket",
            Self::Program => "Server and program",
        }
    }
}

/// How a fault takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// At once, and over.
    Immediate,
    /// At each occasion while armed.
    Armed,
}

/// When an armed fault acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// A use of the keychain.
    Keychain,
    /// A token request.
    TokenRequest,
    /// A ticket request.
    TicketRequest,
    /// Dialling for the socket.
    Dial,
    /// An upgrade.
    Upgrade,
    /// An open socket.
    Socket,
}

/// Up to where a fault's doing reaches: what fails in the attempt later than that is not put down to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The attempt does not fail because of it.
    Nothing,
    /// Until the socket is open.
    Open,
    /// Until the server has had time to judge who opened the socket: it closes an open one (contract §5).
    Judged,
    /// As long as the socket is open.
    Closed,
}

struct Facts {
    group: Group,
    label: &'static str,
    /// None: it acts at once.
    occasions: &'static [Occasion],
    explanation: &'static str,
}

const fn facts(group: Group, label: &'static str, occasions: &'static [Occasion], explanation: &'static str) -> Facts {
    Facts { group, label, occasions, explanation }
}

impl FaultKind {
    #[rustfmt::skip]
    const fn facts(self) -> Facts {
        use Group::{Dialling, Keychain, Program, Socket, Ticket, Token};
        use Occasion as At;
        match self {
            Self::CorruptJwt => facts(Token, "Corrupt JWT", &[],
                "Damages the stored JWT. The server answers 401 INVALID_TOKEN; the client fetches a new JWT and connects"),
            Self::ExpireJwt => facts(Token, "Expire JWT", &[],
                "Exchanges the stored JWT for an expired one. The server answers 401 INVALID_TOKEN; the client fetches a new JWT and connects"),
            Self::WrongSignature => facts(Token, "Wrong signature", &[],
                "Signs the stored JWT with another key. The server answers 401 INVALID_TOKEN; the client fetches a new JWT and connects"),
            Self::DropSessionId => facts(Token, "Drop sessionId", &[],
                "Exchanges the stored JWT for one without sessionId. The server answers 401 MISSING_SESSION; the client stops"),
            Self::ClearJwt => facts(Token, "Clear JWT", &[],
                "Removes the stored JWT. The client fetches a new one and connects"),

            Self::KeychainLocked => facts(Keychain, "Keychain locked", &[At::Keychain],
                "The keychain refuses as if it were locked. The client goes on with the JWT in memory and says so"),
            Self::KeychainSlow => facts(Keychain, "Keychain slow", &[At::Keychain],
                "The keychain answers later. After 2 s the client goes on with the JWT in memory and says so"),
            Self::KeychainGone => facts(Keychain, "Keychain gone", &[At::Keychain],
                "The keychain's service is away. The client goes on with the JWT in memory and says so"),
            Self::JwtTooLong => facts(Keychain, "JWT too long", &[At::TokenRequest],
                "The local server's next JWT is larger than the 2560 bytes that Windows keeps. The client goes on with it in memory and says so"),

            Self::Simulate503 => facts(Ticket, "Simulate 503", &[At::TicketRequest],
                "Ticket requests are answered with 503 REDIS_UNAVAILABLE inside the client, which retries"),
            Self::TicketStatus => facts(Ticket, "Refuse ticket", &[At::TicketRequest],
                "Answers ticket requests with any status and code. A 401 stops the client, INVALID_TOKEN after one refresh; else it retries"),
            Self::TicketHtml => facts(Ticket, "HTML instead", &[At::TicketRequest],
                "Answers ticket requests with a web page, like the login of a hotel's network. The client retries and says so"),
            Self::TicketEmpty => facts(Ticket, "Empty ticket", &[At::TicketRequest],
                "Answers ticket requests with an empty ticket. The client retries and says so"),
            Self::TicketLate => facts(Ticket, "Ticket too late", &[At::TicketRequest],
                "Tickets have outlived their lifetime when they arrive. The client does not send them and retries"),
            Self::TicketReused => facts(Ticket, "Ticket used twice", &[At::Upgrade],
                "Spends the ticket on another connection first. The server closes with 1008 NOT_AUTHORIZED; the client stops"),

            Self::NameNotFound => facts(Dialling, "Name not found", &[At::Dial],
                "The name of the socket's server is not found. The client retries"),
            Self::NameSlow => facts(Dialling, "Name slow", &[At::Dial],
                "Finding the name of the socket's server takes longer. Beyond the profile's limit the client gives up and retries"),
            Self::ConnectionRefused => facts(Dialling, "Refuse connection", &[At::Dial],
                "Dials a port where nobody listens. The client retries"),
            Self::SynLost => facts(Dialling, "Silent server", &[At::Dial],
                "Nobody answers the TCP connection. The client gives up after the profile's limit and retries"),
            Self::TlsExpired => facts(Dialling, "TLS expired", &[At::Dial],
                "Judges the certificate of the socket's server as of 100 years from now. The client retries and says so"),
            Self::TlsWrongHost => facts(Dialling, "TLS wrong host", &[At::Dial],
                "Expects a certificate for another host from the socket's server. The client retries and says so"),
            Self::TlsUnknownIssuer => facts(Dialling, "TLS issuer", &[At::Dial],
                "Trusts no issuer of certificates. The client retries and says so"),
            Self::UpgradeStatus => facts(Dialling, "Refuse upgrade", &[At::Upgrade],
                "Answers the upgrade with any status. The client retries and shows the status"),
            Self::UpgradeSilent => facts(Dialling, "Silent upgrade", &[At::Upgrade],
                "Nobody answers the upgrade. The client gives up after the profile's limit and retries"),
            Self::WrongAcceptKey => facts(Dialling, "Wrong accept key", &[At::Upgrade],
                "Answers the upgrade with a key that belongs to another request, as a cache would. The client retries"),
            Self::BlockOrigin => facts(Dialling, "Block origin", &[At::Upgrade],
                "Sends the upgrade with a foreign Origin. The server closes with 1008 ORIGIN_BLOCKED; the client stops"),

            Self::DropConnection => facts(Socket, "Drop connection", &[],
                "Cuts the open socket without a close frame. The client sees 1006 and reconnects"),
            Self::Close => facts(Socket, "Close frame", &[At::Socket],
                "A close frame with any code and reason arrives. Four reasons stop the client; it reconnects after any other"),
            Self::CutFin => facts(Socket, "Cut with FIN", &[At::Socket],
                "The connection ends without a close frame. The client sees 1006 and reconnects"),
            Self::CutReset => facts(Socket, "Cut with RST", &[At::Socket],
                "The connection is reset. The client sees 1006 and reconnects"),
            Self::BlackHole => facts(Socket, "Black hole", &[At::Socket],
                "Nothing arrives in either direction. The client notices that no ping is answered and reconnects"),
            Self::NoPong => facts(Socket, "No pong", &[At::Socket],
                "What the client sends gets lost, so no ping is answered. The client notices and reconnects"),
            Self::Latency => facts(Socket, "Latency", &[At::Upgrade],
                "What arrives is late. The client stays connected; pings take longer"),
            Self::Bandwidth => facts(Socket, "Bandwidth", &[At::Upgrade],
                "What arrives takes its time. The client stays connected; pings take longer"),
            Self::Slices => facts(Socket, "Slices", &[At::Upgrade],
                "Bytes arrive and leave in small pieces. The client stays connected"),
            Self::Junk => facts(Socket, "Junk bytes", &[At::Socket],
                "Bytes arrive that are not WebSocket. The client sees 1006 and reconnects"),
            Self::Flood => facts(Socket, "Flood", &[At::Socket],
                "Many messages arrive at once. The client stays connected and responsive"),

            Self::RestartServer => facts(Program, "Restart server", &[],
                "Stops the local server and starts it on the same port. The client sees 1001 SERVER_SHUTDOWN and reconnects"),
            Self::StopStore => facts(Program, "Stop ticket store", &[At::TicketRequest, At::Upgrade],
                "Stops the local server's ticket store: tickets in memory are lost, the link to a Redis breaks. It answers 503 REDIS_UNAVAILABLE; the client retries"),
            Self::RotateSecret => facts(Program, "Rotate secret", &[],
                "The local server signs with a new key. It refuses the JWT with 401 INVALID_TOKEN; the client fetches a new one and connects"),
            Self::ChangeOrigins => facts(Program, "Change origins", &[At::Upgrade],
                "The local server allows other origins. It closes with 1008 ORIGIN_BLOCKED; the client stops"),
            Self::SkewClock => facts(Program, "Skew clock", &[At::TokenRequest, At::TicketRequest],
                "The local server's clock goes ahead. A JWT that has expired by it is refused; the client fetches a new one and connects"),
            Self::AsDeployed => facts(Program, "As deployed", &[At::TokenRequest, At::TicketRequest, At::Upgrade],
                "The local server answers as deployed ones were measured to: 401 on the upgrade instead of 1008, other codes"),
            Self::CrashClient => facts(Program, "Crash client", &[],
                "Makes the client's task panic. It is shown as crashed, recorded and started again"),
        }
    }

    /// The name in journals and drill files.
    pub fn name(self) -> FaultName {
        FaultName::new(self.into())
    }

    /// The fault called `name`.
    pub fn named(name: &FaultName) -> Option<Self> {
        Self::iter().find(|kind| kind.name() == *name)
    }

    /// What the button says.
    pub const fn label(self) -> &'static str {
        self.facts().label
    }

    /// What it does and what should follow, for a tooltip.
    pub const fn explanation(self) -> &'static str {
        self.facts().explanation
    }

    /// Where it acts.
    pub const fn group(self) -> Group {
        self.facts().group
    }

    /// When it acts while armed; never, if it acts at once.
    pub const fn occasions(self) -> &'static [Occasion] {
        self.facts().occasions
    }

    /// Whether it acts at once or at each occasion while armed.
    pub const fn activation(self) -> Activation {
        if self.occasions().is_empty() { Activation::Immediate } else { Activation::Armed }
    }

    /// Whether it decides how its occasion ends, so that others of this sort have to wait for the next.
    pub const fn decides(self) -> bool {
        use FaultKind as K;
        let ticket = matches!(self, K::Simulate503 | K::TicketStatus | K::TicketHtml | K::TicketEmpty | K::TicketLate);
        let dial = matches!(self, K::NameNotFound | K::ConnectionRefused | K::SynLost);
        let upgrade = matches!(self, K::UpgradeStatus | K::UpgradeSilent | K::WrongAcceptKey);
        ticket
            || dial
            || upgrade
            || matches!(self, K::Close | K::CutFin | K::CutReset | K::BlackHole | K::Junk)
            || self.acts_on_keychain()
    }

    /// Whether it changes how the wire carries bytes for as long as it is armed.
    pub const fn shapes_wire(self) -> bool {
        matches!(self, Self::Latency | Self::Bandwidth | Self::Slices)
    }

    /// Whether it acts on each use of the keychain.
    pub const fn acts_on_keychain(self) -> bool {
        matches!(self.occasions(), [Occasion::Keychain])
    }

    /// Whether an open socket shows it at once.
    pub const fn acts_on_open_socket(self) -> bool {
        self.shapes_wire() || matches!(self.occasions(), [Occasion::Socket])
    }

    /// Whether nothing would be seen of it before the next attempt, so that a window begins one.
    pub const fn shows_at_next_attempt(self) -> bool {
        match self.activation() {
            Activation::Immediate => matches!(self.group(), Group::Token) || matches!(self, Self::RotateSecret),
            Activation::Armed => !self.acts_on_open_socket() && !self.acts_on_keychain(),
        }
    }

    /// Up to where its doing reaches.
    pub const fn reach(self) -> Reach {
        use FaultKind as K;
        if matches!(self, K::TicketReused | K::BlockOrigin | K::ChangeOrigins | K::RotateSecret | K::SkewClock) {
            return Reach::Judged;
        }
        if matches!(self, K::ClearJwt | K::StopStore) {
            return Reach::Open;
        }
        match self.group() {
            Group::Keychain => Reach::Nothing,
            Group::Token => Reach::Judged,
            Group::Ticket | Group::Dialling => Reach::Open,
            Group::Socket | Group::Program => Reach::Closed,
        }
    }

    /// Whether it needs the local server inside the program.
    pub const fn needs_local_server(self) -> bool {
        matches!(self, Self::ExpireJwt | Self::DropSessionId | Self::JwtTooLong)
            || matches!(self.group(), Group::Program) && !matches!(self, Self::CrashClient)
    }

    /// The fault with parameters to begin with.
    pub fn default_parameters(self) -> Fault {
        let seconds = Duration::from_secs;
        match self {
            Self::CorruptJwt => Fault::CorruptJwt,
            Self::ExpireJwt => Fault::ExpireJwt,
            Self::WrongSignature => Fault::WrongSignature,
            Self::DropSessionId => Fault::DropSessionId,
            Self::ClearJwt => Fault::ClearJwt,
            Self::KeychainLocked => Fault::KeychainLocked,
            Self::KeychainSlow => Fault::KeychainSlow { delay: seconds(5) },
            Self::KeychainGone => Fault::KeychainGone,
            Self::JwtTooLong => Fault::JwtTooLong,
            Self::Simulate503 => Fault::Simulate503,
            Self::TicketStatus => {
                Fault::TicketStatus { status: 429, code: "RATE_LIMIT_EXCEEDED".into(), retry_after: Some(seconds(2)) }
            }
            Self::TicketHtml => Fault::TicketHtml,
            Self::TicketEmpty => Fault::TicketEmpty,
            Self::TicketLate => Fault::TicketLate,
            Self::TicketReused => Fault::TicketReused,
            Self::NameNotFound => Fault::NameNotFound,
            Self::NameSlow => Fault::NameSlow { delay: seconds(2) },
            Self::ConnectionRefused => Fault::ConnectionRefused,
            Self::SynLost => Fault::SynLost,
            Self::TlsExpired => Fault::TlsExpired,
            Self::TlsWrongHost => Fault::TlsWrongHost,
            Self::TlsUnknownIssuer => Fault::TlsUnknownIssuer,
            Self::UpgradeStatus => Fault::UpgradeStatus { status: 502 },
            Self::UpgradeSilent => Fault::UpgradeSilent,
            Self::WrongAcceptKey => Fault::WrongAcceptKey,
            Self::BlockOrigin => Fault::BlockOrigin,
            Self::DropConnection => Fault::DropConnection,
            Self::Close => Fault::Close { code: 1011, reason: "".into() },
            Self::CutFin => Fault::CutFin,
            Self::CutReset => Fault::CutReset,
            Self::BlackHole => Fault::BlackHole,
            Self::NoPong => Fault::NoPong,
            Self::Latency => Fault::Latency { delay: Duration::from_millis(300), jitter: Duration::from_millis(100) },
            Self::Bandwidth => Fault::Bandwidth { bytes_per_second: 1_000 },
            Self::Slices => Fault::Slices { bytes: 1 },
            Self::Junk => Fault::Junk,
            Self::Flood => Fault::Flood { messages: 1_000 },
            Self::RestartServer => Fault::RestartServer,
            Self::StopStore => Fault::StopStore,
            Self::RotateSecret => Fault::RotateSecret,
            Self::ChangeOrigins => Fault::ChangeOrigins,
            Self::SkewClock => Fault::SkewClock { ahead: seconds(31 * 86_400) },
            Self::AsDeployed => Fault::AsDeployed,
            Self::CrashClient => Fault::CrashClient,
        }
    }

    /// How often a window arms it, unless told otherwise: what ends a connection, and a long JWT, once.
    pub const fn usual_times(self) -> Option<u32> {
        if matches!(self.occasions(), [Occasion::Socket]) || matches!(self, Self::JwtTooLong) { Some(1) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_are_distinct_and_names_lead_back() {
        let labels: std::collections::HashSet<_> = FaultKind::iter().map(FaultKind::label).collect();
        assert_eq!(labels.len(), FaultKind::iter().count());
        for kind in FaultKind::iter() {
            assert_eq!(FaultKind::named(&kind.name()), Some(kind));
            assert_eq!(kind.default_parameters().kind(), kind);
            let table = serde_json::to_value(kind.default_parameters()).unwrap();
            assert_eq!(table["fault"], kind.name().as_str(), "both lists spell it the same");
        }
        assert_eq!(FaultKind::Simulate503.name().as_str(), "simulate-503");
    }
}
