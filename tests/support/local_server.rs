//! The local server as a test's own, on threads of its own.

use std::net::SocketAddr;

use ticketscope::backend::{Config, LogLine, Server};
use ticketscope::model::Profile;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::Receiver;

use super::watcher::profile;

/// A running server; it ends with this.
pub struct LocalServer {
    server: Server,
    lines: Receiver<LogLine>,
    _runtime: Runtime,
}

impl LocalServer {
    pub fn start(config: Config) -> Self {
        let runtime = Runtime::new().unwrap();
        let (server, lines) = runtime.block_on(Server::start(config)).unwrap();
        Self { server, lines, _runtime: runtime }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub fn profile(&self) -> Profile {
        profile(self.server.address(), "")
    }

    /// The lines that it has logged since the last time.
    pub fn log(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.lines.try_recv().ok()).map(|line| line.text.to_string()).collect()
    }
}
