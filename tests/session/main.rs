//! The whole engine, from a command to the lines on the console, over real sockets.

#[path = "../support/browser.rs"]
mod browser;
#[path = "../support/local_server.rs"]
mod local_server;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/redis.rs"]
mod redis_server;
#[path = "../support/replayed.rs"]
mod replayed;
#[path = "../support/script.rs"]
mod script;
#[path = "../support/tattle.rs"]
mod tattle;
#[path = "../support/tls_front.rs"]
mod tls_front;
#[path = "../support/watcher.rs"]
mod watcher;

mod answers;
mod console;
mod exports;
mod faults;
mod flood;
mod herd;
mod limits;
mod links;
mod matrix;
mod outputs;
mod page;
mod recording;
mod report;
mod scenarios;
mod secrets;
mod window;
mod wire;
