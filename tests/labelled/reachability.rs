//! What is between client and server: names, routes, packet filters, proxies; and the client's clock.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::net::TcpListener;

use crate::network::{Host, filter};
use crate::situation::Label::{Broken, Healthy, Notice};
use crate::situation::{Label, Situation};
use support::moves::LOOPBACK;
use support::moves::{Move, Request, Route, blurt, contract, html, http_date, serve};
use support::scene::Scene;

pub fn all() -> Vec<Situation> {
    let mut all = network();
    all.extend(proxies());
    all.extend(clocks());
    all
}

const BROKEN_IPV6: Label = Broken("ipv6-broken");

/// What a packet filter does that refuses connections.
const REFUSE: &str = "tcp flags syn reject with tcp reset";

fn at_host(host: &Host, port: u16) -> Scene {
    Scene::apart(&format!("http://{}:{port}", host.name), &format!("ws://{}:{port}", host.name))
}

/// A server of the contract behind a packet filter.
fn filtered(name: &'static str, cause: &'static str, what: &'static str) -> Situation {
    Situation::new(name, Broken(cause), move || async move {
        let host = Host::new();
        let port = serve(host.v4, None, |_| None).await.port();
        filter(host.v4, what);
        at_host(&host, port)
    })
}

/// A server whose name has IPv6 and IPv4, and IPv6 does not work. `cut` ends the first connection: one failure of IPv6
/// is no proof to a live session.
fn half(name: &'static str, label: Label, what: &'static str, cut: bool) -> Situation {
    Situation::new(name, label, move || async move {
        let host = Host::dual();
        let play = move |request: &Request| {
            let is_first = request.route == Route::Socket && request.number < 3;
            (cut && is_first).then(|| vec![Move::Accept, Move::Wait(Duration::from_millis(100)), Move::End])
        };
        let port = serve(host.v4, None, play).await.port();
        filter(host.v6, what);
        at_host(&host, port)
    })
}

fn network() -> Vec<Situation> {
    vec![
        Situation::new("no such name", Broken("name-not-resolved"), || async {
            Scene::apart("http://nowhere.test", "ws://nowhere.test")
        }),
        Situation::new("DNS is silent", Broken("name-not-resolved"), || async {
            Scene::apart("http://silent.test", "ws://silent.test")
        }),
        Situation::new("no route", Broken("network-down"), || async {
            Scene::apart("http://192.0.2.7:8080", "ws://192.0.2.7:8080")
        }),
        filtered("all packets are lost", "packets-lost", "drop"),
        filtered("a firewall refuses", "connection-refused", REFUSE),
        filtered("a router knows no way", "network-down", "tcp flags syn reject with icmp host-unreachable"),
        filtered("large packets are lost", "no-answer", "meta length > 150 drop"),
        Situation::new("the socket's port is blocked", Broken("packets-lost"), || async {
            let host = Host::new();
            let api = serve(host.v4, None, |_| None).await.port();
            let socket = serve(host.v4, None, |_| None).await.port();
            filter(host.v4, &format!("tcp dport {socket} drop"));
            Scene::apart(&format!("http://{}:{api}", host.name), &format!("ws://{}:{socket}", host.name))
        }),
        Situation::new("nothing listens at the socket's port", Broken("connection-refused"), || async {
            let api = serve(LOOPBACK, None, |_| None).await;
            let closed = TcpListener::bind((LOOPBACK, 0)).await.unwrap().local_addr().unwrap();
            Scene::apart(&format!("http://{api}"), &format!("ws://{closed}"))
        }),
        Situation::new("a black hole after opening", Broken("half-open-link"), || async {
            let host = Host::new();
            let to = host.v4;
            let hole: Arc<dyn Fn() + Send + Sync> = Arc::new(move || filter(to, "drop"));
            let play = move |request: &Request| {
                let hole = Move::Do(Arc::clone(&hole));
                let moves = vec![Move::Accept, Move::Wait(Duration::from_millis(300)), hole, Move::Serve];
                (request.route == Route::Socket).then_some(moves)
            };
            let mut scene = at_host(&host, serve(host.v4, None, play).await.port());
            // What is tried afterwards is not over when the live session is.
            scene.profile = scene.profile.replace("1500ms", "1m").replace("1200ms", "1m");
            scene
        }),
        // Silence costs each connection its wait; a refusal costs nothing.
        half("IPv6 packets are lost", BROKEN_IPV6, "drop", false).by_check(),
        half("IPv6 is refused", Notice("ipv6-broken"), REFUSE, false).by_check(),
        half("IPv6 packets are lost, twice", BROKEN_IPV6, "drop", true).by_session(),
        half("IPv6 is refused, twice", Notice("ipv6-broken"), REFUSE, true).by_session(),
        Situation::new("IPv4 and IPv6", Healthy, || async {
            let host = Host::dual();
            let port = serve("::".parse().unwrap(), None, |_| None).await.port();
            at_host(&host, port)
        }),
        Situation::new("a slow server", Healthy, || async {
            let play = |request: &Request| {
                let wait = [Move::Wait(Duration::from_millis(300))];
                Some(wait.into_iter().chain(contract(request)).collect())
            };
            Scene::at(serve(LOOPBACK, None, play).await).patient()
        }),
    ]
}

const NO_TUNNEL: &str = "a check tries the tunnel first, which the proxy does not make either";

/// A scene of a service that only the proxy at `address` can reach.
fn behind(address: SocketAddr) -> Scene {
    let mut scene = Scene::apart("http://service.test", "ws://service.test");
    scene.variables.push(("http_proxy", format!("http://{address}")));
    scene.variables.push(("https_proxy", format!("http://{address}")));
    scene
}

fn proxied(name: &'static str, label: Label, play: fn(&Request) -> Option<Vec<Move>>) -> Situation {
    Situation::new(name, label, move || async move { behind(serve(LOOPBACK, None, play).await) })
}

fn proxies() -> Vec<Situation> {
    const SQUID: &str = "ERROR: The requested URL could not be retrieved (squid/5.7)";
    vec![
        Situation::new("through a proxy", Healthy, || async {
            let server = serve(LOOPBACK, None, |_| None).await;
            let play = move |request: &Request| (request.route == Route::Tunnel).then(|| vec![Move::Tunnel(server)]);
            behind(serve(LOOPBACK, None, play).await).patient()
        }),
        Situation::new("no proxy there", Broken("proxy-refused"), || async {
            behind(TcpListener::bind((LOOPBACK, 0)).await.unwrap().local_addr().unwrap())
        }),
        Situation::new("a proxy of another kind", Broken("unusable-profile"), || async {
            let mut scene = Scene::apart("http://service.test", "ws://service.test");
            scene.variables.push(("all_proxy", "socks5://127.0.0.1:1080".to_owned()));
            scene
        }),
        Situation::new("a silent proxy", Broken("proxy-refused"), || async {
            behind(blurt(LOOPBACK, vec![Move::Silence]).await)
        })
        .apart(
            Broken("no-answer"),
            "the request is the proxy's to answer: whether it or the server is silent cannot be seen",
        ),
        proxied("a proxy wants a login", Broken("proxy-refused"), |_| {
            Some(vec![html(407, "Proxy Authentication Required")])
        }),
        proxied("a proxy refuses tunnels", Broken("proxy-refused"), |request| {
            (request.route == Route::Tunnel).then(|| vec![html(403, "Forbidden by policy")])
        }),
        proxied("a proxy hangs up on tunnels", Broken("proxy-refused"), |request| {
            (request.route == Route::Tunnel).then(|| vec![Move::End])
        }),
        proxied("a proxy answers in the server's place", Broken("proxy-refused"), |request| match request.route {
            Route::Preflight | Route::Tunnel | Route::Other => None,
            Route::Token | Route::Ticket | Route::Socket | Route::Health => Some(vec![html(503, SQUID)]),
        })
        .apart(Broken("blocked-on-the-way"), NO_TUNNEL),
        proxied("a proxy's login page", Broken("proxy-refused"), |request| {
            (request.route != Route::Tunnel).then(|| vec![html(200, "Corporate Web Login")])
        })
        .apart(Broken("captive-portal"), NO_TUNNEL),
    ]
}

/// A server of the contract, and a client whose clock is ahead by this.
fn clock(name: &'static str, label: Label, ahead: &'static str) -> Situation {
    Situation::new(name, label, move || async move {
        let mut scene = Scene::at(serve(LOOPBACK, None, |_| None).await);
        scene.clock = Some(ahead);
        scene
    })
}

fn a_day_ahead(step: Move) -> Move {
    let Move::Say(answer) = step else { return step };
    let text = String::from_utf8(answer).unwrap();
    let date = text.lines().find(|line| line.starts_with("date: ")).unwrap();
    Move::Say(text.replace(date, &format!("date: {}", http_date(TimeDelta::days(1)))).into())
}

fn clocks() -> Vec<Situation> {
    vec![
        Situation::new("the server's clock is a day ahead", Notice("clock-wrong"), || async {
            let ahead = |request: &Request| Some(contract(request).into_iter().map(a_day_ahead).collect());
            Scene::at(serve(LOOPBACK, None, ahead).await)
        }),
        clock("clock 2 s ahead", Healthy, "+2s"),
        clock("clock 2 s behind", Healthy, "-2s"),
        clock("clock 2 min behind", Notice("clock-wrong"), "-120s"),
        clock("clock an hour ahead", Notice("clock-wrong"), "+1h"),
        clock("clock a day behind", Notice("clock-wrong"), "-1d"),
        clock("clock 100 years ahead", Notice("clock-wrong"), "+36500d"),
    ]
}
