//! Real gateways and proxies of Debian's, each with a configuration of the test's own.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::moves::LOOPBACK;

/// A running gateway; it is killed when this is dropped.
pub struct Gateway {
    pub address: SocketAddr,
    process: Child,
    /// Its configuration and whatever it writes.
    folder: TempDir,
}

impl Gateway {
    /// An nginx with these lines in its `http` block. In them, `{port}` is where to listen and `{folder}` is its folder, whose
    /// `index.html` is the page of a web app. `None`, with a note, if there is no nginx.
    pub async fn nginx(lines: &str) -> Option<Self> {
        let config = format!(
            "daemon off; master_process off; pid nginx.pid; error_log stderr crit;\nevents {{}}\nhttp {{\n\
             access_log off; default_type text/html;\n\
             client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;\n\
             scgi_temp_path scgi;\n{lines}\n}}\n"
        );
        Self::start("nginx", &config, &["-e", "stderr", "-p", ".", "-c", "config"]).await
    }

    /// An HAProxy with these lines after its limits of time.
    pub async fn haproxy(lines: &str) -> Option<Self> {
        let limits = "timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n  timeout tunnel 1h";
        let config = format!("defaults\n  mode http\n  {limits}\n{lines}\n");
        Self::start("haproxy", &config, &["-q", "-db", "-f", "config"]).await
    }

    /// A Squid with these lines, as one process that can be killed. Its user cannot write here, and has nothing to write.
    pub async fn squid(lines: &str) -> Option<Self> {
        let config = format!(
            "http_port 127.0.0.1:{{port}}\npid_filename none\ncache_log /dev/null\naccess_log none\ncache deny all\n\
             netdb_filename none\npinger_enable off\nshutdown_lifetime 0 seconds\n{lines}\n"
        );
        Self::start("squid", &config, &["-N", "-f", "config"]).await
    }

    async fn start(program: &str, config: &str, arguments: &[&str]) -> Option<Self> {
        if Command::new(program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "{program} is not installed");
            println!("skipped: needs {program}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        // The port is free until somebody else takes it, and this one is quick.
        let address = TcpListener::bind((LOOPBACK, 0)).unwrap().local_addr().unwrap();
        let here = folder.path().display().to_string();
        let config = config.replace("{port}", &address.port().to_string()).replace("{folder}", &here);
        std::fs::write(folder.path().join("config"), config).unwrap();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null());
        let gateway = Self { address, process: command.spawn().unwrap(), folder };
        let up = async {
            while TcpStream::connect(address).is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(20), up).await.unwrap_or_else(|_| panic!("{program} listens within 20 s"));
        Some(gateway)
    }

    /// Puts a file into its folder.
    pub fn with_file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
