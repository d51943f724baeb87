//! A real Redis of the test's own, on a Unix socket.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// A running `redis-server`; it is killed when this is dropped.
pub struct RedisServer {
    folder: TempDir,
    process: Child,
}

impl RedisServer {
    /// Starts one and waits until it answers; `None`, with a note, if there is no `redis-server` to start.
    pub async fn start() -> Option<Self> {
        if Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_err() {
            assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "redis-server is not installed");
            println!("skipped: needs redis-server");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let process = spawn(&folder);
        let server = Self { folder, process };
        server.wait_until_up().await;
        Some(server)
    }

    /// The address for `--redis`.
    pub fn url(&self) -> String {
        format!("unix://{}", self.folder.path().join("redis.sock").display())
    }

    /// A connection of the test's own.
    pub async fn connect(&self) -> redis::aio::MultiplexedConnection {
        redis::Client::open(self.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
    }

    /// Ends it without warning (SIGKILL).
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    pub fn stop(&mut self) {
        self.signal("TERM");
        self.process.wait().unwrap();
    }

    /// Holds it: connections are taken, nothing is answered (SIGSTOP).
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on after [`Self::freeze`].
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Starts it again after [`Self::kill`] or [`Self::stop`], empty, and waits until it answers.
    pub async fn restart(&mut self) {
        self.process = spawn(&self.folder);
        self.wait_until_up().await;
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.process.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    async fn wait_until_up(&self) {
        let client = redis::Client::open(self.url()).unwrap();
        timeout(Duration::from_secs(20), async {
            while client.get_multiplexed_async_connection().await.is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .expect("redis-server starts within 20 s");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(folder: &TempDir) -> Child {
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket", "redis.sock"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}
