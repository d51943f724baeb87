//! Each preset against a stand-in of its service: it connects, outlives the server's own limit, comes back with a new ticket,
//! and says the right thing when credential, origin, subprotocol, greeting or heartbeat is wrong.

mod action_cable;
mod any_service;
mod centrifugo;
mod client;
mod dingtalk;
mod documented;
mod drills;
mod graphql;
mod home_assistant;
mod jupyter;
mod oauth;
mod one_time;
mod other_talk;
mod phoenix;
mod pusher;
mod renewed;
mod rest_ticket;
mod serve;
mod signalr;
mod slack;
mod socket_io;

use support::stand_in::{self, GOOD};

/// The credential that no stand-in accepts.
const WRONG: &str = "wrong-0123456789abcdef";
/// The origin that those who look at it accept.
const ORIGIN: &str = "https://app.example.com";
