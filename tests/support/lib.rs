//! What several integration tests share: servers that say what a test wants, real Redis and browser, somebody who
//! watches a session, the program at work in a situation, and what holds for every recording.

pub mod bench;
pub mod browser;
pub mod bus;
pub mod gateway;
pub mod local_server;
pub mod moves;
pub mod redis_server;
pub mod replayed;
pub mod scene;
pub mod script;
pub mod server;
pub mod slack;
pub mod stand_in;
pub mod tattle;
pub mod tls_front;
pub mod watcher;
