//! The whole engine, from a command to the lines on the console, over real sockets.

mod answers;
mod build;
mod console;
mod exports;
mod faults;
mod flood;
mod given;
#[cfg(target_os = "linux")]
mod gone;
mod herd;
mod limits;
mod links;
mod matrix;
mod outputs;
mod page;
mod pings;
mod profiles;
mod program;
mod recording;
mod report;
mod scenarios;
mod secrets;
#[cfg(target_os = "linux")]
mod soak;
#[cfg(target_os = "linux")]
mod system_limits;
#[cfg(feature = "window")]
mod window;
mod wire;

use support::{browser, local_server, redis_server, script, tattle, tls_front, watcher};
