//! A `redis-server` of our own, on a Unix socket that only this user can reach: it can be killed without harm to
//! anybody else's.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::core::hex;
use super::store::RedisUrl;

/// How long it may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(5);
/// How often it is asked until then.
const ASK_EVERY: Duration = Duration::from_millis(5);
const PROGRAM: &str = "redis-server";

/// A running `redis-server`, which forgets everything when it is killed. Dropping it kills it.
#[derive(Debug)]
pub struct RedisServer {
    folder: PathBuf,
    process: Child,
}

impl RedisServer {
    /// Whether this computer has the program, and the kind of address that keeps it from others.
    pub fn is_installed() -> bool {
        if cfg!(not(unix)) {
            return false;
        }
        let version = Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    }

    /// Starts one and waits until it answers, 5 s at most.
    ///
    /// # Errors
    /// If the program or a folder for it is missing, or it does not answer.
    pub async fn start() -> io::Result<Self> {
        let mut random = [0; 16];
        aws_lc_rs::rand::fill(&mut random).map_err(io::Error::other)?;
        let folder = std::env::temp_dir().join(format!("ticketscope-{}", hex(&random)));
        fs::create_dir(&folder)?;
        let process = match spawn(&folder) {
            Ok(process) => process,
            Err(error) => {
                let _ = fs::remove_dir(&folder);
                return Err(error);
            }
        };
        let mut server = Self { folder, process };
        server.wait_until_up().await?;
        Ok(server)
    }

    /// Its address.
    ///
    /// # Errors
    /// If this platform has no Unix sockets.
    pub fn url(&self) -> io::Result<RedisUrl> {
        let url = format!("unix://{}", self.folder.join("redis.sock").to_string_lossy());
        url.parse().map_err(io::Error::other)
    }

    /// Ends it without warning (SIGKILL).
    pub fn kill(&mut self) {
        // It fails only if the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again, empty, and waits until it answers, 5 s at most.
    ///
    /// # Errors
    /// As [`RedisServer::start`].
    pub async fn restart(&mut self) -> io::Result<()> {
        self.kill();
        self.process = spawn(&self.folder)?;
        self.wait_until_up().await
    }

    async fn wait_until_up(&mut self) -> io::Result<()> {
        let (url, begin) = (self.url()?, Instant::now());
        while let Err(error) = url.ping().await {
            if let Some(status) = self.process.try_wait()? {
                return Err(io::Error::other(format!(
                    "{PROGRAM} ended at once ({status}); start it by hand to see why"
                )));
            }
            if begin.elapsed() > START_LIMIT {
                return Err(io::Error::other(format!("{PROGRAM} does not answer: {error}")));
            }
            sleep(ASK_EVERY).await;
        }
        Ok(())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        // What is left of the folder is a socket that nobody listens to.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn spawn(folder: &PathBuf) -> io::Result<Child> {
    let socket = ["--port", "0", "--unixsocket", "redis.sock", "--unixsocketperm", "700"];
    let mut command = Command::new(PROGRAM);
    command.args(socket).args(["--save", "", "--appendonly", "no"]).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_that_ends_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap().keep();
        let process = Command::new("sh").args(["-c", "exit 3"]).spawn().unwrap();
        let begin = Instant::now();
        let error = RedisServer { folder, process }.wait_until_up().await.unwrap_err().to_string();
        assert!(error.contains("redis-server ended at once (exit status: 3)"), "{error}");
        assert!(begin.elapsed() < START_LIMIT);
    }
}
