//! A message bus of a test's own, on which nothing is started by itself.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The bus; it is gone when this is dropped.
pub struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    /// A bus with its files in `folder`.
    ///
    /// # Panics
    /// Without dbus-daemon.
    pub fn start(folder: &Path) -> Self {
        let address = format!("unix:path={}", folder.join("bus").display());
        let policy = r#"<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>"#;
        let policy = format!(r#"<policy context="default">{policy}</policy>"#);
        let text = format!("<busconfig><listen>{address}</listen><auth>EXTERNAL</auth>{policy}</busconfig>");
        let config = folder.join("bus.conf");
        fs::write(&config, text).unwrap();
        let mut daemon = Command::new("dbus-daemon");
        daemon.args(["--nofork", "--print-address", "--config-file"]).arg(config).env("HOME", folder);
        daemon.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut daemon = daemon.spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        Self { daemon, address }
    }

    /// Where it is, as `DBUS_SESSION_BUS_ADDRESS` has it.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}
