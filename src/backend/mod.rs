//! The local server: it answers the contract as the seed tells it (contract §5), on loopback only.
//!
//! `core`, `message` and `rate` judge and issue, and take time and random bytes as arguments; `store` keeps
//! tickets, in a Redis of our own if `redis_server` starts one; `server`, `http` and `socket` are the shell around them.

pub mod core;
mod deployed;
mod http;
mod log;
pub mod message;
pub mod rate;
mod redis_server;
mod server;
mod socket;
mod store;

pub use log::LogLine;
pub use redis_server::RedisServer;
pub use server::{Config, Server, StartError, StoreConfig};
pub use store::{RedisUrl, RedisUrlError};
