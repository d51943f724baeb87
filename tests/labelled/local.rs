//! The local server: as the seed tells it and as deployed, with its ticket store gone in every way.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use ticketscope::backend::{Config, Server, StoreConfig};
use ticketscope::model::Origin;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::situation::Label::{Broken, Healthy};
use crate::situation::Situation;
use support::moves::LOOPBACK;
use support::scene::Scene;

/// A Redis of one situation; it is killed with it.
struct Redis {
    folder: TempDir,
    process: Child,
}

impl Redis {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = Self::spawn(&folder);
        let redis = Self { folder, process };
        redis.is_up().await;
        redis
    }

    fn spawn(folder: &TempDir) -> Child {
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket", "redis.sock"]);
        command.current_dir(folder.path()).stdout(Stdio::null()).spawn().unwrap()
    }

    async fn is_up(&self) {
        let client = redis::Client::open(self.url()).unwrap();
        while client.get_multiplexed_async_connection().await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    }

    fn url(&self) -> String {
        format!("unix://{}", self.folder.path().join("redis.sock").display())
    }

    fn store(&self) -> StoreConfig {
        StoreConfig::Redis(self.url().parse().unwrap())
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn freeze(&self) {
        assert!(Command::new("kill").args(["-STOP", &self.process.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn local(as_deployed: bool) -> Config {
    Config { as_deployed, ..Config::default() }
}

async fn scene(config: Config) -> Scene {
    let (server, _lines) = Server::start(config).await.unwrap();
    Scene::at(server.address()).keeping(server)
}

fn other_origin() -> Vec<Origin> {
    vec![Origin::try_from("https://other.test".to_owned()).unwrap()]
}

/// Asks for a ticket, so that the server notices what its store is like.
async fn ask_ticket(address: SocketAddr) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let origin = ("origin", "http://localhost:4200");
    let token = http.post(format!("http://{address}/api/v1/auth/token")).header(origin.0, origin.1).body("{}");
    let token: serde_json::Value = serde_json::from_str(&token.send().await.unwrap().text().await.unwrap()).unwrap();
    let ticket = http.get(format!("http://{address}/api/v1/ws-ticket")).header(origin.0, origin.1);
    ticket.bearer_auth(token["token"].as_str().unwrap()).send().await.unwrap();
}

pub fn all() -> Vec<Situation> {
    let mut all = healthy();
    all.extend(stores());
    all.extend(servers());
    all
}

fn healthy() -> Vec<Situation> {
    vec![
        Situation::new("local server", Healthy, || async { scene(local(false)).await.patient() }),
        Situation::new("as deployed", Healthy, || async { scene(local(true)).await.patient() }),
        Situation::new("tickets in Redis", Healthy, || async {
            let redis = Redis::start().await;
            scene(Config { store: redis.store(), ..local(false) }).await.patient().keeping(redis)
        }),
        Situation::new("as deployed, tickets in Redis", Healthy, || async {
            let redis = Redis::start().await;
            scene(Config { store: redis.store(), ..local(true) }).await.patient().keeping(redis)
        }),
        Situation::new("on IPv6", Healthy, || async {
            scene(Config { listen: "[::1]:0".parse().unwrap(), ..local(false) }).await.patient()
        }),
        // The server pings and closes what is idle; the client connects again.
        Situation::new("idle closes", Healthy, || async {
            let config = Config { idle_timeout: Duration::from_secs(6), ..local(false) };
            let mut scene = scene(config).await.patient();
            scene.watched = Duration::from_secs(8);
            scene
        }),
        Situation::new("a restart meanwhile", Broken("server-restarting"), || async {
            let (server, mut lines) = Server::start(local(false)).await.unwrap();
            let address = server.address();
            tokio::spawn(async move {
                while let Some(line) = lines.recv().await {
                    if line.text.as_str().contains("websocket_connected") {
                        break;
                    }
                }
                server.stop().await;
                let mut again = Server::start(Config { listen: address, ..local(false) }).await;
                while again.is_err() {
                    sleep(Duration::from_millis(20)).await;
                    again = Server::start(Config { listen: address, ..local(false) }).await;
                }
                sleep(Duration::from_secs(60)).await;
            });
            let mut scene = Scene::at(address).patient();
            scene.watched = Duration::from_secs(6);
            scene
        })
        .apart(Healthy, "a check has one look at it, and that is when the server restarts"),
    ]
}

fn stores() -> Vec<Situation> {
    vec![
        Situation::new("store stopped", Broken("ticket-store-down"), || async {
            scene(Config { store_is_stopped: true, ..local(false) }).await
        }),
        Situation::new("Redis killed", Broken("ticket-store-down"), || async {
            let mut redis = Redis::start().await;
            let scene = scene(Config { store: redis.store(), ..local(false) }).await;
            redis.kill();
            scene.keeping(redis)
        }),
        Situation::new("Redis frozen", Broken("ticket-store-down"), || async {
            let redis = Redis::start().await;
            let scene = scene(Config { store: redis.store(), ..local(false) }).await.patient();
            redis.freeze();
            scene.keeping(redis)
        }),
        Situation::new("as deployed, Redis killed", Broken("ticket-store-lost"), || async {
            let mut redis = Redis::start().await;
            let scene = scene(Config { store: redis.store(), ..local(true) }).await;
            redis.kill();
            scene.keeping(redis)
        }),
        Situation::new("as deployed, Redis away and back", Broken("ticket-store-lost"), || async {
            let mut redis = Redis::start().await;
            let (server, _lines) = Server::start(Config { store: redis.store(), ..local(true) }).await.unwrap();
            redis.kill();
            ask_ticket(server.address()).await;
            sleep(Duration::from_millis(400)).await;
            let _ = std::fs::remove_file(redis.folder.path().join("redis.sock"));
            redis.process = Redis::spawn(&redis.folder);
            redis.is_up().await;
            Scene::at(server.address()).keeping(server).keeping(redis)
        }),
        Situation::new("as deployed, started without Redis", Broken("ticket-store-missing-since-start"), || async {
            scene(Config { store_is_stopped: true, ..local(true) }).await
        }),
        Situation::new("two servers, two stores", Broken("ticket-rejected"), || async { two_stores(false).await }),
        Situation::new("as deployed, two servers, two stores", Broken("fresh-ticket-refused"), || async {
            two_stores(true).await
        }),
    ]
}

async fn two_stores(as_deployed: bool) -> Scene {
    let (api, _lines) = Server::start(local(as_deployed)).await.unwrap();
    let (socket, _lines) = Server::start(local(as_deployed)).await.unwrap();
    let (api_at, socket_at) = (format!("http://{}", api.address()), format!("ws://{}", socket.address()));
    Scene::apart(&api_at, &socket_at).keeping((api, socket))
}

fn servers() -> Vec<Situation> {
    vec![
        Situation::new("nothing listens", Broken("connection-refused"), || async {
            Scene::at(TcpListener::bind((LOOPBACK, 0)).await.unwrap().local_addr().unwrap())
        }),
        Situation::new("only the socket's server is gone", Broken("connection-refused"), || async {
            let (api, _lines) = Server::start(local(false)).await.unwrap();
            let gone = TcpListener::bind((LOOPBACK, 0)).await.unwrap().local_addr().unwrap();
            Scene::apart(&format!("http://{}", api.address()), &format!("ws://{gone}")).keeping(api)
        }),
        Situation::new("origin not allowed", Broken("origin-blocked"), || async {
            scene(Config { origins: other_origin(), ..local(false) }).await
        }),
        Situation::new("as deployed, origin not allowed", Broken("origin-not-listed"), || async {
            scene(Config { origins: other_origin(), ..local(true) }).await
        }),
        Situation::new("another origin in the profile", Broken("origin-blocked"), || async {
            scene(local(false)).await.with_origin("https://typo.test")
        }),
        Situation::new("as deployed, too many requests", Broken("rate-limited"), || async {
            let (server, _lines) = Server::start(local(true)).await.unwrap();
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            for _ in 0..301 {
                http.get(format!("http://{}/api/v1/ws-ticket", server.address())).send().await.unwrap();
            }
            Scene::at(server.address()).keeping(server)
        }),
        Situation::new("the server goes away for good", Broken("server-restarting"), || async {
            let (server, mut lines) = Server::start(local(false)).await.unwrap();
            let address = server.address();
            tokio::spawn(async move {
                while let Some(line) = lines.recv().await {
                    if line.text.as_str().contains("websocket_connected") {
                        return server.stop().await;
                    }
                }
            });
            Scene::at(address)
        })
        .apart(Broken("connection-refused"), "a check ends with the connection, and 1001 says why that ended"),
    ]
}
