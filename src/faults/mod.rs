//! What QA can break, as data: no I/O, no clock, no randomness of its own.
//!
//! Window, drills and tests share the one list, [`Fault`]. [`Faults`] says when an armed one acts; the
//! driver, the wire or the local server does what it says, and the journal records that it acted and in
//! which attempt.

#![warn(clippy::disallowed_types, clippy::wildcard_enum_match_arm)]

mod armed;
mod forged;
mod kind;

use std::str::FromStr;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use strum::IntoEnumIterator as _;

use crate::model::{FaultName, SafeText, most_like, span};
pub use armed::{Faults, Fired};
pub use forged::{MadeUpAnswer, corrupt, signed_by_a_stranger};
pub use kind::{Activation, Group, Occasion, Reach};

/// The request header that tells the local server which faults act, as a JSON list; and the answer's, that
/// names those that did.
pub const FAULT_HEADER: &str = "x-ticketscope-fault";

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
    /// The stored JWT is damaged, so that the server refuses it with `INVALID_TOKEN`.
    CorruptJwt,
    /// The stored JWT is exchanged for an expired one.
    ExpireJwt,
    /// The stored JWT gets a signature by another key.
    WrongSignature,
    /// The stored JWT is exchanged for one without `sessionId`.
    DropSessionId,
    /// The stored JWT is removed.
    ClearJwt,

    /// The keychain is locked.
    KeychainLocked,
    /// The keychain takes its time.
    KeychainSlow {
        /// How much longer a call takes.
        #[serde(with = "span")]
        delay: Duration,
    },
    /// There is no keychain service.
    KeychainGone,
    /// The local server's next JWT is larger than what Windows' keychain keeps, and so is the entry.
    JwtTooLong,

    /// Ticket requests are answered with `503 REDIS_UNAVAILABLE`, inside the client.
    #[serde(rename = "simulate-503")]
    #[strum_discriminants(strum(serialize = "simulate-503"))]
    Simulate503,
    /// Ticket requests are refused.
    TicketStatus {
        /// The status, 200 to 599.
        #[serde(deserialize_with = "status")]
        status: u16,
        /// The code in the JSON; empty means that the answer has no body.
        #[serde(default)]
        code: SafeText,
        /// The value of `Retry-After`, in whole seconds, if there is to be one.
        #[serde(with = "humantime_serde", default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<Duration>,
    },
    /// Ticket requests are answered with a web page.
    TicketHtml,
    /// Ticket requests are answered with an empty ticket.
    TicketEmpty,
    /// Tickets have outlived their lifetime when they arrive.
    TicketLate,
    /// Somebody else uses the ticket first.
    TicketReused,

    /// The name of the socket's server is not found.
    NameNotFound,
    /// Finding the name of the socket's server takes longer.
    NameSlow {
        /// How much longer.
        #[serde(with = "span")]
        delay: Duration,
    },
    /// The socket's server refuses the TCP connection.
    ConnectionRefused,
    /// The socket's server does not answer the TCP connection.
    SynLost,
    /// The certificate of the socket's server has expired.
    TlsExpired,
    /// The certificate of the socket's server is for another host.
    TlsWrongHost,
    /// The certificate of the socket's server is by an unknown issuer.
    TlsUnknownIssuer,
    /// The upgrade is refused.
    UpgradeStatus {
        /// The status, 200 to 599.
        #[serde(deserialize_with = "status")]
        status: u16,
    },
    /// The upgrade is never answered.
    UpgradeSilent,
    /// The answer to the upgrade belongs to another request.
    WrongAcceptKey,

    /// The upgrade is sent with an origin that no server allows.
    BlockOrigin,
    /// The open socket is cut without a close frame.
    DropConnection,
    /// A close frame arrives.
    Close {
        /// Its code.
        code: u16,
        /// Its reason, of which 123 bytes are sent (RFC 6455 §5.5).
        #[serde(default)]
        reason: SafeText,
    },
    /// The connection ends without a close frame (FIN).
    CutFin,
    /// The connection is reset (RST).
    CutReset,
    /// Nothing arrives any more in either direction; the connection stays.
    BlackHole,
    /// Nothing that is sent arrives any more: no ping is answered.
    NoPong,
    /// What arrives is late.
    Latency {
        /// By how much.
        #[serde(with = "span")]
        delay: Duration,
        /// By how much more or less, drawn for each piece; order is kept.
        #[serde(with = "span", default)]
        jitter: Duration,
    },
    /// What arrives takes its time.
    Bandwidth {
        /// The rate, at least 1.
        #[serde(deserialize_with = "positive")]
        bytes_per_second: u32,
    },
    /// Bytes arrive and leave in small pieces.
    Slices {
        /// The size of a piece in bytes, at least 1.
        #[serde(deserialize_with = "positive")]
        bytes: u32,
    },
    /// Bytes arrive that are not WebSocket.
    Junk,
    /// Messages arrive, all at once.
    Flood {
        /// How many; at most [`Fault::MAX_FLOOD`] are sent.
        messages: u32,
    },

    /// The local server stops and starts again on the same port.
    RestartServer,
    /// The local server's ticket store is down.
    StopStore,
    /// The local server signs with a new key and refuses JWTs signed with the old one.
    RotateSecret,
    /// The local server allows other origins than the client's.
    ChangeOrigins,
    /// The local server's clock goes ahead, and JWTs live shorter.
    SkewClock {
        /// By how much.
        #[serde(with = "span")]
        ahead: Duration,
    },
    /// The local server acts as deployed ones were measured to (contract §6).
    AsDeployed,
    /// The client's own task panics.
    CrashClient,
}

impl Fault {
    /// The most messages of a [`Fault::Flood`].
    pub const MAX_FLOOD: u32 = 10_000;
    /// What every message of a [`Fault::Flood`] begins with; a number and `}` follow.
    pub const FLOOD_START: &[u8] = br#"{"v":1,"type":"event","flood":"#;

    /// The name in journals and drill files.
    pub fn name(&self) -> FaultName {
        self.kind().name()
    }

    /// The fault without its parameters.
    pub fn kind(&self) -> FaultKind {
        self.into()
    }
}

/// A fault and when it is to act. In TOML: `{ fault = "ticket-status", status = 429, retry_after = "2s",
/// times = 3 }`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arming {
    /// What to break.
    #[serde(flatten)]
    pub fault: Fault,
    /// How often, `None` until it is cleared. Faults that act at once ignore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The probability that it acts at an occasion. Faults that act at once ignore it.
    pub probability: f64,
}

impl Arming {
    /// `fault` at `times` occasions, without fail.
    pub const fn new(fault: Fault, times: Option<u32>) -> Self {
        Self { fault, times, probability: 1.0 }
    }
}

/// Text that arms no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArmingError {
    /// No fault is called so.
    #[error("there is no fault \"{name}\"; did you mean {}?", nearest.join(", "))]
    Unknown {
        /// What was given.
        name: SafeText,
        /// The names that are most like it.
        nearest: Vec<&'static str>,
    },
    /// The table is wrong.
    #[error("{0}")]
    Table(SafeText),
}

impl FromStr for Arming {
    type Err = ArmingError;

    /// Reads a fault's name, which arms it as a window would, or a table as in a drill's `arm`.
    fn from_str(text: &str) -> Result<Self, ArmingError> {
        let text = text.trim();
        if text.starts_with('{') {
            #[derive(Deserialize)]
            struct Step {
                arm: Arming,
            }
            let step = toml::from_str::<Step>(&format!("arm = {text}"));
            return step.map(|step| step.arm).map_err(|error| ArmingError::Table(SafeText::new(error.message())));
        }
        match FaultKind::from_str(text) {
            Ok(kind) => Ok(Self::new(kind.default_parameters(), kind.usual_times())),
            Err(_) => {
                let nearest = most_like(text, FaultKind::iter().map(Into::into));
                Err(ArmingError::Unknown { name: SafeText::with_limit(text, 64), nearest })
            }
        }
    }
}

impl<'de> Deserialize<'de> for Arming {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Map::deserialize(deserializer)?;
        let times = table.remove("times").map(|times| times.as_u64().and_then(|times| times.try_into().ok()));
        let Some(times) = times.map_or(Some(None), |times| times.filter(|&times| times > 0).map(Some)) else {
            return Err(D::Error::custom("expected a number of times from 1"));
        };
        let probability = table.remove("probability").map_or(Some(1.0), |probability| probability.as_f64());
        let Some(probability) = probability.filter(|probability| (0.0..=1.0).contains(probability)) else {
            return Err(D::Error::custom("expected a probability from 0.0 to 1.0"));
        };
        let fault = Fault::deserialize(Value::Object(table.clone())).map_err(D::Error::custom)?;
        // serde leaves unknown keys of tagged enums unread; only what is written back was a key.
        let known = serde_json::to_value(&fault).map_err(D::Error::custom)?;
        match table.keys().find(|key| known.get(key).is_none()) {
            Some(key) => Err(D::Error::custom(format!("the fault {} has no {key:?}", fault.name()))),
            None => Ok(Self { fault, times, probability }),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(table: &str) -> Result<Arming, String> {
        #[derive(Deserialize)]
        struct Step {
            arm: Arming,
        }
        toml::from_str::<Step>(&format!("arm = {table}")).map(|step| step.arm).map_err(|error| error.to_string())
    }

    #[test]
    fn a_delay_that_no_clock_can_take_is_refused() {
        for table in [
            r#"{ fault = "latency", delay = "140000years" }"#,
            r#"{ fault = "latency", delay = "1s", jitter = "2years" }"#,
            r#"{ fault = "skew-clock", ahead = "400days" }"#,
        ] {
            let problem = parse(table).unwrap_err();
            assert!(problem.contains("expected a duration of at most 366days"), "{problem}");
        }
        assert!(parse(r#"{ fault = "latency", delay = "0s", jitter = "1year" }"#).is_ok());
    }

    #[test]
    fn an_arming_is_a_table() {
        let text =
            r#"{ fault = "ticket-status", status = 429, code = "RATE_LIMIT_EXCEEDED", retry_after = "2s", times = 3 }"#;
        let fault = Fault::TicketStatus {
            status: 429,
            code: "RATE_LIMIT_EXCEEDED".into(),
            retry_after: Some(Duration::from_secs(2)),
        };
        assert_eq!(parse(text).unwrap(), Arming::new(fault, Some(3)));
        let half = Arming { fault: Fault::Simulate503, times: None, probability: 0.5 };
        assert_eq!(parse(r#"{ fault = "simulate-503", probability = 0.5 }"#).unwrap(), half);
        for kind in FaultKind::iter() {
            let arming = Arming::new(kind.default_parameters(), Some(2));
            let table = toml::to_string(&arming).unwrap().trim().replace('\n', ", ");
            assert_eq!(parse(&format!("{{ {table} }}")).unwrap(), arming, "{table}");
        }
    }

    #[test]
    fn a_wrong_table_says_what_is_wrong() {
        for (table, expected) in [
            (r#"{ fault = "corrupt-jwt", status = 4 }"#, "the fault corrupt-jwt has no \"status\""),
            (r#"{ fault = "upgrade-status", status = 101 }"#, "from 200 to 599"),
            (r#"{ fault = "latency", delay = "soon" }"#, "duration"),
            (r#"{ fault = "latency" }"#, "delay"),
            (r#"{ fault = "slices", bytes = 0 }"#, "from 1"),
            (r#"{ fault = "nonsense" }"#, "nonsense"),
            (r#"{ fault = "junk", times = 0 }"#, "number of times"),
            (r#"{ fault = "junk", probability = 1.5 }"#, "0.0 to 1.0"),
        ] {
            let error = parse(table).unwrap_err();
            assert!(error.contains(expected) && error.contains("line 1"), "{table}: {error}");
        }
    }

    #[test]
    fn a_name_or_a_table_arms_a_fault_and_a_wrong_name_leads_to_the_right_one() {
        assert_eq!("block-origin".parse(), Ok(Arming::new(Fault::BlockOrigin, None)));
        assert_eq!(" cut-fin ".parse(), Ok(Arming::new(Fault::CutFin, Some(1))), "as a window does");
        let table = r#"{ fault = "simulate-503", times = 3 }"#;
        assert_eq!(table.parse(), Ok(Arming::new(Fault::Simulate503, Some(3))));
        for (wrong, expected) in [
            ("simulate503", "there is no fault \"simulate503\"; did you mean simulate-503, "),
            ("keychain", "keychain-"),
            ("Block-Orign", "did you mean block-origin, "),
            ("", "there is no fault \"\""),
            (r#"{ fault = "latency" }"#, "delay"),
            ("{ fault", "expected"),
        ] {
            let error = wrong.parse::<Arming>().unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains('\n'), "{wrong}: {error}");
        }
    }
}
