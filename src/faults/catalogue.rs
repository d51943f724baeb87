//! The list of faults: each is declared once, with its parameters and all that is known of it.
//!
//! Buttons, fields, names, tooltips, drill files and the attribution of failures follow from it. What a fault does is
//! written where it acts: `driver/sabotage`, `faults::forged`, `backend` or `session/demo`.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::facts::{AtOnce, Facts, Group, Occasion as At, Parameter, Reach};
use crate::model::{SafeText, span};

/// A base for the others: acts at once and decides nothing.
const FAULT: Facts = Facts {
    group: Group::Program,
    label: "",
    explanation: "",
    occasions: &[],
    decides: false,
    reach: Reach::Closed,
    shapes_wire: false,
    at_once: AtOnce::Nothing,
    spoils_jwt: false,
    needs_open_socket: false,
    needs_local_server: false,
    usual_times: None,
};

/// Exchanges the stored JWT.
const TOKEN: Facts =
    Facts { group: Group::Token, at_once: AtOnce::ExchangeJwt, spoils_jwt: true, reach: Reach::Admitted, ..FAULT };

/// Meets each use of the keychain.
const KEYCHAIN: Facts =
    Facts { group: Group::Keychain, occasions: &[At::Keychain], decides: true, reach: Reach::Nothing, ..FAULT };

/// Spoils the ticket or takes the place of the answer to the request for it.
const TICKET: Facts =
    Facts { group: Group::Ticket, occasions: &[At::TicketRequest], decides: true, reach: Reach::Open, ..FAULT };

/// Ends dialling.
const DIAL: Facts =
    Facts { group: Group::Dialling, occasions: &[At::Dial], decides: true, reach: Reach::Open, ..FAULT };

/// Changes how dialling goes on.
const DETOUR: Facts = Facts { decides: false, ..DIAL };

/// Takes the place of the answer to the upgrade.
const UPGRADE: Facts = Facts { occasions: &[At::Upgrade], ..DIAL };

/// Acts once on the open socket.
const SOCKET: Facts = Facts { group: Group::Socket, occasions: &[At::Socket], usual_times: Some(1), ..FAULT };

/// Ends the open socket.
const END: Facts = Facts { decides: true, ..SOCKET };

/// Changes how the wire carries bytes.
const SHAPE: Facts = Facts { group: Group::Socket, occasions: &[At::Upgrade], shapes_wire: true, ..FAULT };

/// The local server does it.
const SERVER: Facts = Facts { group: Group::Program, needs_local_server: true, ..FAULT };

/// Makes the types and what depends on them of declarations `Name { parameter: Type = default => Meaning("name") }: facts;`.
macro_rules! faults {
    ($(
        $(#[$about:meta])*
        $name:ident $({ $(
            $(#[$parameter_about:meta])*
            $parameter:ident: $type:ty = $default:expr => $meaning:ident($words:literal),
        )* })?: $facts:expr;
    )*) => {
        /// Something that QA can break, with its parameters. [`FaultKind`] is the same without them.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, strum::EnumDiscriminants)]
        #[serde(tag = "fault", rename_all = "kebab-case")]
        #[strum_discriminants(
            name(FaultKind),
            derive(Hash, strum::EnumIter, strum::IntoStaticStr, strum::EnumString),
            strum(serialize_all = "kebab-case"),
            doc = "A fault without its parameters: what buttons, names and explanations belong to."
        )]
        pub enum Fault {
            $(
                $(#[$about])*
                $name $({ $( $(#[$parameter_about])* $parameter: $type, )* })?,
            )*
        }

        impl Fault {
            /// The parameters, each with what people call it.
            pub fn parameters(&mut self) -> Vec<(&'static str, Parameter<'_>)> {
                match self {
                    $( Self::$name $({ $($parameter),* })? => vec![$( $( ($words, Parameter::$meaning($parameter)) ),* )?], )*
                }
            }
        }

        impl FaultKind {
            /// The fault with parameters to begin with.
            pub fn default_parameters(self) -> Fault {
                match self {
                    $( Self::$name => Fault::$name $({ $($parameter: $default),* })?, )*
                }
            }

            pub(super) const fn facts(self) -> Facts {
                match self {
                    $( Self::$name => $facts, )*
                }
            }
        }
    };
}

faults! {
    /// The stored JWT is damaged, so that the server refuses it with `INVALID_TOKEN`.
    CorruptJwt: Facts {
        label: "Corrupt JWT",
        explanation: "Damages the stored JWT. The server answers 401 INVALID_TOKEN; the client fetches a new JWT and connects",
        ..TOKEN
    };
    /// The stored JWT is exchanged for an expired one.
    ExpireJwt: Facts {
        label: "Expire JWT",
        explanation: "Exchanges the stored JWT for an expired one. The server answers 401 INVALID_TOKEN; the client fetches a \
                      new JWT and connects",
        needs_local_server: true,
        ..TOKEN
    };
    /// The stored JWT gets a signature by another key.
    WrongSignature: Facts {
        label: "Wrong signature",
        explanation: "Signs the stored JWT with another key. The server answers 401 INVALID_TOKEN; the client fetches a new \
                      JWT and connects",
        ..TOKEN
    };
    /// The stored JWT is exchanged for one without `sessionId`.
    DropSessionId: Facts {
        label: "Drop sessionId",
        explanation: "Exchanges the stored JWT for one without sessionId. The server answers 401 MISSING_SESSION; the client \
                      stops",
        needs_local_server: true,
        ..TOKEN
    };
    /// The stored JWT is removed.
    ClearJwt: Facts {
        label: "Clear JWT",
        explanation: "Removes the stored JWT. The client fetches a new one and connects",
        reach: Reach::Open,
        ..TOKEN
    };

    /// The keychain is locked.
    KeychainLocked: Facts {
        label: "Keychain locked",
        explanation: "The keychain refuses as if it were locked. The client goes on with the JWT in memory and says so",
        ..KEYCHAIN
    };
    /// The keychain takes its time.
    KeychainSlow {
        /// How much longer a call takes.
        #[serde(with = "span")]
        delay: Duration = Duration::from_secs(5) => Seconds("delay"),
    }: Facts {
        label: "Keychain slow",
        explanation: "The keychain answers later. After 2 s the client goes on with the JWT in memory and says so",
        ..KEYCHAIN
    };
    /// There is no keychain service.
    KeychainGone: Facts {
        label: "Keychain gone",
        explanation: "The keychain's service is away. The client goes on with the JWT in memory and says so",
        ..KEYCHAIN
    };
    /// The local server's next JWT is larger than what Windows' keychain keeps, and so is the entry.
    JwtTooLong: Facts {
        label: "JWT too long",
        explanation: "The local server's next JWT is larger than the 2560 bytes that Windows keeps. The client goes on with it \
                      in memory and says so",
        occasions: &[At::TokenRequest],
        decides: false,
        needs_local_server: true,
        usual_times: Some(1),
        ..KEYCHAIN
    };

    /// Ticket requests are answered with `503 REDIS_UNAVAILABLE`, inside the client.
    #[serde(rename = "simulate-503")]
    #[strum_discriminants(strum(serialize = "simulate-503"))]
    Simulate503: Facts {
        label: "Simulate 503",
        explanation: "Ticket requests are answered with 503 REDIS_UNAVAILABLE inside the client, which retries",
        ..TICKET
    };
    /// Ticket requests are refused.
    TicketStatus {
        /// The status, 200 to 599.
        #[serde(deserialize_with = "status")]
        status: u16 = 429 => Status("status"),
        /// The code in the JSON; empty means that the answer has no body.
        #[serde(default)]
        code: SafeText = "RATE_LIMIT_EXCEEDED".into() => Line("code"),
        /// The value of `Retry-After`, in whole seconds, if there is to be one.
        #[serde(with = "humantime_serde", default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<Duration> = Some(Duration::from_secs(2)) => Wait("Retry-After"),
    }: Facts {
        label: "Refuse ticket",
        explanation: "Answers ticket requests with any status and code. A 401 stops the client, INVALID_TOKEN after one \
                      refresh; else it retries",
        ..TICKET
    };
    /// Ticket requests are answered with a web page.
    TicketHtml: Facts {
        label: "HTML instead",
        explanation: "Answers ticket requests with a web page, like the login of a hotel's network. The client retries and \
                      says so",
        ..TICKET
    };
    /// Ticket requests are answered with an empty ticket.
    TicketEmpty: Facts {
        label: "Empty ticket",
        explanation: "Answers ticket requests with an empty ticket. The client retries and says so",
        ..TICKET
    };
    /// Tickets have outlived their lifetime when they arrive.
    TicketLate: Facts {
        label: "Ticket too late",
        explanation: "Tickets have outlived their lifetime when they arrive. The client does not send them and retries",
        ..TICKET
    };
    /// Somebody else uses the ticket first.
    TicketReused: Facts {
        label: "Ticket used twice",
        explanation: "Spends the ticket on another connection first. The server closes with 1008 NOT_AUTHORIZED; the client \
                      stops",
        occasions: &[At::Upgrade],
        decides: false,
        reach: Reach::Admitted,
        ..TICKET
    };

    /// The name of the socket's server is not found.
    NameNotFound: Facts {
        label: "Name not found",
        explanation: "The name of the socket's server is not found. The client retries",
        ..DIAL
    };
    /// Finding the name of the socket's server takes longer.
    NameSlow {
        /// How much longer.
        #[serde(with = "span")]
        delay: Duration = Duration::from_secs(2) => Seconds("delay"),
    }: Facts {
        label: "Name slow",
        explanation: "Finding the name of the socket's server takes longer. Beyond the profile's limit the client gives up and \
                      retries",
        ..DETOUR
    };
    /// The socket's server refuses the TCP connection.
    ConnectionRefused: Facts {
        label: "Refuse connection",
        explanation: "Dials a port where nobody listens. The client retries",
        ..DIAL
    };
    /// The socket's server does not answer the TCP connection.
    SynLost: Facts {
        label: "Silent server",
        explanation: "Nobody answers the TCP connection. The client gives up after the profile's limit and retries",
        ..DIAL
    };
    /// The certificate of the socket's server has expired.
    TlsExpired: Facts {
        label: "TLS expired",
        explanation: "Judges the certificate of the socket's server as of 100 years from now. The client retries and says so",
        ..DETOUR
    };
    /// The certificate of the socket's server is for another host.
    TlsWrongHost: Facts {
        label: "TLS wrong host",
        explanation: "Expects a certificate for another host from the socket's server. The client retries and says so",
        ..DETOUR
    };
    /// The certificate of the socket's server is by an unknown issuer.
    TlsUnknownIssuer: Facts {
        label: "TLS issuer",
        explanation: "Trusts no issuer of certificates. The client retries and says so",
        ..DETOUR
    };
    /// The upgrade is refused.
    UpgradeStatus {
        /// The status, 200 to 599.
        #[serde(deserialize_with = "status")]
        status: u16 = 502 => Status("status"),
    }: Facts {
        label: "Refuse upgrade",
        explanation: "Answers the upgrade with any status. The client retries and shows the status",
        ..UPGRADE
    };
    /// The upgrade is never answered.
    UpgradeSilent: Facts {
        label: "Silent upgrade",
        explanation: "Nobody answers the upgrade. The client gives up after the profile's limit and retries",
        ..UPGRADE
    };
    /// The answer to the upgrade belongs to another request.
    WrongAcceptKey: Facts {
        label: "Wrong accept key",
        explanation: "Answers the upgrade with a key that belongs to another request, as a cache would. The client retries",
        ..UPGRADE
    };
    /// The upgrade is sent with an origin that no server allows.
    BlockOrigin: Facts {
        label: "Block origin",
        explanation: "Sends the upgrade with a foreign Origin. The server closes with 1008 ORIGIN_BLOCKED; the client stops",
        decides: false,
        reach: Reach::Admitted,
        ..UPGRADE
    };

    /// The open socket is cut without a close frame.
    DropConnection: Facts {
        label: "Drop connection",
        explanation: "Cuts the open socket without a close frame. The client sees 1006 and reconnects",
        occasions: &[],
        at_once: AtOnce::Cut,
        needs_open_socket: true,
        usual_times: None,
        ..SOCKET
    };
    /// A close frame arrives.
    Close {
        /// Its code.
        code: u16 = 1011 => CloseCode("code"),
        /// Its reason, of which 123 bytes are sent (RFC 6455 §5.5).
        #[serde(default)]
        reason: SafeText = "".into() => Text("reason"),
    }: Facts {
        label: "Close frame",
        explanation: "A close frame with any code and reason arrives. Four reasons stop the client; it reconnects after any \
                      other",
        ..END
    };
    /// The connection ends without a close frame (FIN).
    CutFin: Facts {
        label: "Cut with FIN",
        explanation: "The connection ends without a close frame. The client sees 1006 and reconnects",
        ..END
    };
    /// The connection is reset (RST).
    CutReset: Facts {
        label: "Cut with RST",
        explanation: "The connection is reset. The client sees 1006 and reconnects",
        ..END
    };
    /// Nothing arrives any more in either direction; the connection stays.
    BlackHole: Facts {
        label: "Black hole",
        explanation: "Nothing arrives in either direction. The client notices that no ping is answered and reconnects",
        ..END
    };
    /// Nothing that is sent arrives any more: no ping is answered.
    NoPong: Facts {
        label: "No pong",
        explanation: "What the client sends gets lost, so no ping is answered. The client notices and reconnects",
        ..SOCKET
    };
    /// What arrives is late.
    Latency {
        /// By how much.
        #[serde(with = "span")]
        delay: Duration = Duration::from_millis(300) => Seconds("delay"),
        /// By how much more or less, drawn for each piece; order is kept.
        #[serde(with = "span", default)]
        jitter: Duration = Duration::from_millis(100) => Seconds("jitter"),
    }: Facts {
        label: "Latency",
        explanation: "What arrives is late. The client stays connected; pings take longer",
        ..SHAPE
    };
    /// What arrives takes its time.
    Bandwidth {
        /// The rate, at least 1.
        #[serde(deserialize_with = "positive")]
        bytes_per_second: u32 = 1_000 => Bytes("bytes per second"),
    }: Facts {
        label: "Bandwidth",
        explanation: "What arrives takes its time. The client stays connected; pings take longer",
        ..SHAPE
    };
    /// Bytes arrive and leave in small pieces.
    Slices {
        /// The size of a piece in bytes, at least 1.
        #[serde(deserialize_with = "positive")]
        bytes: u32 = 1 => Bytes("bytes"),
    }: Facts {
        label: "Slices",
        explanation: "Bytes arrive and leave in small pieces. The client stays connected",
        ..SHAPE
    };
    /// Bytes arrive that are not WebSocket.
    Junk: Facts {
        label: "Junk bytes",
        explanation: "Bytes arrive that are not WebSocket. The client sees 1006 and reconnects",
        ..END
    };
    /// Messages arrive, all at once.
    Flood {
        /// How many; at most [`Fault::MAX_FLOOD`] are sent.
        messages: u32 = 1_000 => Messages("messages"),
    }: Facts {
        label: "Flood",
        explanation: "Many messages arrive at once. The client stays connected and responsive",
        ..SOCKET
    };

    /// The local server stops and starts again on the same port.
    RestartServer: Facts {
        label: "Restart server",
        explanation: "Stops the local server and starts it on the same port. The client sees 1001 SERVER_SHUTDOWN and \
                      reconnects",
        ..SERVER
    };
    /// The local server's ticket store is down.
    StopStore: Facts {
        label: "Stop ticket store",
        explanation: "Stops the local server's ticket store: tickets in memory are lost, the link to a Redis breaks. It \
                      answers 503 REDIS_UNAVAILABLE; the client retries",
        occasions: &[At::TicketRequest, At::Upgrade],
        reach: Reach::Open,
        ..SERVER
    };
    /// The local server signs with a new key and refuses JWTs signed with the old one.
    RotateSecret: Facts {
        label: "Rotate secret",
        explanation: "The local server signs with a new key. It refuses the JWT with 401 INVALID_TOKEN; the client fetches a \
                      new one and connects",
        spoils_jwt: true,
        reach: Reach::Admitted,
        ..SERVER
    };
    /// The local server allows other origins than the client's.
    ChangeOrigins: Facts {
        label: "Change origins",
        explanation: "The local server allows other origins. It closes with 1008 ORIGIN_BLOCKED; the client stops",
        occasions: &[At::Upgrade],
        reach: Reach::Admitted,
        ..SERVER
    };
    /// The local server's clock goes ahead, and JWTs live shorter.
    SkewClock {
        /// By how much.
        #[serde(with = "span")]
        ahead: Duration = Duration::from_secs(31 * 86_400) => Days("ahead"),
    }: Facts {
        label: "Skew clock",
        explanation: "The local server's clock goes ahead. A JWT that has expired by it is refused; the client fetches a new \
                      one and connects",
        occasions: &[At::TokenRequest, At::TicketRequest],
        reach: Reach::Admitted,
        ..SERVER
    };
    /// The local server acts as deployed ones were measured to (contract §6).
    AsDeployed: Facts {
        label: "As deployed",
        explanation: "The local server answers as deployed ones were measured to: 401 on the upgrade instead of 1008, other \
                      codes",
        occasions: &[At::TokenRequest, At::TicketRequest, At::Upgrade],
        ..SERVER
    };
    /// The client's own task panics.
    CrashClient: Facts {
        label: "Crash client",
        explanation: "Makes the client's task panic. It is shown as crashed, recorded and started again",
        at_once: AtOnce::Crash,
        ..FAULT
    };
}

impl Fault {
    /// The most messages of a [`Fault::Flood`].
    pub const MAX_FLOOD: u32 = 10_000;
    /// What every message of a [`Fault::Flood`] begins with; a number and `}` follow.
    pub const FLOOD_START: &[u8] = br#"{"v":1,"type":"event","flood":"#;
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    let fits = (200..=599).contains(&status);
    fits.then_some(status).ok_or_else(|| D::Error::custom("expected a status from 200 to 599"))
}

fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(deserializer)?;
    (number > 0).then_some(number).ok_or_else(|| D::Error::custom("expected a number from 1"))
}
