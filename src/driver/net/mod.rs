//! The network half of the driver: HTTP requests, dialling and the WebSocket upgrade (contract §1).
//!
//! Every future here is cancelled by dropping it: what it had opened is closed. Every wait has a limit of
//! the profile's. No error, report or log line holds a JWT, a ticket or a session id.

mod access;
mod answer;
mod authority;
mod certificate;
mod client;
mod connection;
mod cookies;
mod cors;
mod cors_heard;
mod dial;
mod doubt;
mod encoding;
mod environment;
mod error;
mod frames;
mod head;
mod http;
mod identity;
mod loopback;
mod network;
mod oauth;
mod percent;
mod phase;
mod probe;
mod proxy;
mod race;
mod refusal;
mod rejection;
mod resolve;
mod route;
mod step;
mod taken;
mod tls;
mod transport;
mod upgrade;

pub use self::access::Net;
pub use self::connection::Connection;
pub use self::cors::BrowserView;
pub use self::environment::{UselessVariable, names_proxy};
pub use self::error::NetError;
pub use self::frames::{Frames, MAX_EMPTY_FRAGMENTS, Oddity, OpenSocket, TooManyFragments};
pub use self::loopback::Loopback;
pub use self::network::{Network, System};
pub use self::oauth::{Granted, SignInPage};
pub use self::phase::{PhaseReport, Report};
pub use self::probe::{AddressTry, HealthAnswer, TlsSeen};
pub use self::race::Race;
pub use self::route::Target;
pub use self::step::Scope;
pub use self::taken::{GoodAnswer, StepKind, Taken};
pub use self::upgrade::SocketAddress;
pub use crate::model::failure::Certificate;
