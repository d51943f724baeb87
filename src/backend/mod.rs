//! The local server: it answers the contract as the seed tells it (contract §5), on loopback only.
//!
//! `core`, `message` and `rate` judge and issue, and take time and random bytes as arguments; `store` keeps
//! tickets, in a Redis of our own if `redis_server` starts one; `server`, `http` and `socket` are the shell around them,
//! with what they have in common in `shared`.

mod config;
mod connections;
pub mod core;
mod deployed;
mod http;
mod log;
pub mod message;
pub mod rate;
mod redis_server;
mod server;
mod shared;
mod socket;
mod store;

pub use config::Config;
pub use log::LogLine;
pub use redis_server::RedisServer;
pub use server::{Server, StartError};
pub use store::{RedisUrl, RedisUrlError, StoreConfig};
