use std::net::SocketAddr;

use hyper_util::client::proxy::matcher::Matcher;
use ticketscope::driver::net::{Net, NetError};
use ticketscope::model::failure::{IoCause, ProxyCause, ProxyFailure};
use ticketscope::model::{DialFailure, Failure, Jwt, Phase, Profile, RequestFailureKind, Transport};
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use crate::{Contract as _, SECRET, assert_no_secret, open, phases, profile, trace};
use support::server::{Server, accept, answer, closed_port, header, listen, read_request};

/// A proxy that connects every tunnel to `server`, and what it was asked for.
async fn tunnel_to(server: SocketAddr) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let request = read_request(&mut client).await.unwrap();
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
        let mut server = TcpStream::connect(server).await.unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
        request
    });
    (address, asked)
}

fn through(proxy: SocketAddr) -> Matcher {
    Matcher::builder().all(format!("http://user:{SECRET}@{proxy}")).build()
}

/// A profile of a service that only a proxy can reach.
fn remote(scheme: &str) -> Profile {
    let mut profile = profile("127.0.0.1:1".parse().unwrap());
    profile.api = format!("http{scheme}://api.test").try_into().unwrap();
    profile.websocket = format!("ws{scheme}://socket.test").try_into().unwrap();
    profile
}

fn of_proxy(proxy: SocketAddr, cause: ProxyCause) -> RequestFailureKind {
    let proxy = proxy.to_string().as_str().into();
    RequestFailureKind::Transport(Transport::Proxy(ProxyFailure { proxy, cause }))
}

#[tokio::test]
async fn the_socket_goes_through_a_tunnel() {
    let mut server = Server::start(|request| accept(request, |head| head)).await;
    let (proxy, asked) = tunnel_to(server.address).await;
    let profile = remote("");
    let (socket, reports) = open(&Net::with_proxies(&profile, through(proxy)).unwrap(), &profile).await;
    let all = [(Phase::Dns, true), (Phase::Tcp, true), (Phase::Proxy, true), (Phase::Upgrade, true)];
    assert_eq!(phases(&reports), all);
    drop(socket.unwrap());
    assert_eq!(header(&server.request().await, "host").unwrap(), "socket.test");
    let request = asked.await.unwrap();
    assert!(request.starts_with("CONNECT socket.test:80 HTTP/1.1\r\nHost: socket.test:80\r\n"), "{request}");
    assert!(header(&request, "proxy-authorization").unwrap().starts_with("Basic "), "{request}");
}

#[tokio::test]
async fn requests_go_through_the_same_proxy() {
    let mut proxy = Server::start(|_| answer("200 OK", &[], r#"{"ticket":"a","expiresInSeconds":1}"#)).await;
    let net = Net::with_proxies(&remote(""), through(proxy.address)).unwrap();
    net.ticket(&Jwt::new("jwt"), &trace()).await.unwrap();
    let request = proxy.request().await;
    assert!(request.starts_with("GET http://api.test/api/v1/ws-ticket HTTP/1.1\r\n"), "{request}");
    assert!(header(&request, "proxy-authorization").unwrap().starts_with("Basic "), "{request}");
}

#[tokio::test]
async fn a_proxy_that_refuses_or_is_down_is_blamed() {
    let server = Server::start(|_| answer("407 x", &[], "")).await;
    for scheme in ["", "s"] {
        let profile = remote(scheme);
        for (proxy, expected) in [
            (server.address, "answered CONNECT with 407 Proxy Authentication Required".to_owned()),
            (closed_port().await, "connection refused".to_owned()),
        ] {
            let net = Net::with_proxies(&profile, through(proxy)).unwrap();
            let (socket, reports) = open(&net, &profile).await;
            let failure = socket.unwrap_err();
            let Failure::Dial(DialFailure::Transport(Transport::Proxy(text))) = &failure else { panic!("{failure:?}") };
            let text = text.to_string();
            assert!(text.starts_with(&format!("{proxy}: {expected}")), "{text}");
            assert_no_secret(&(failure, reports));
        }
    }
    let refusing = Net::with_proxies(&remote("s"), through(server.address)).unwrap();
    let failure = refusing.ticket(&Jwt::new(SECRET), &trace()).await.unwrap_err();
    assert_eq!(failure.kind, of_proxy(server.address, ProxyCause::Answered { status: 407 }));

    let down = closed_port().await;
    let failure = Net::with_proxies(&remote(""), through(down)).unwrap().ticket(&Jwt::new(SECRET), &trace()).await;
    assert_eq!(failure.unwrap_err().kind, of_proxy(down, ProxyCause::Io(IoCause::Refused)));
}

#[tokio::test]
async fn loopback_is_never_proxied() {
    let server = Server::start(|request| match request.contains("/ws?") {
        true => accept(request, |head| head),
        false => answer("200 OK", &[], r#"{"ticket":"a","expiresInSeconds":1}"#),
    })
    .await;
    let closed = closed_port().await;
    let mut profile = profile(server.address);
    for host in ["127.0.0.1", "localhost"] {
        profile.api = format!("http://{host}:{}", server.address.port()).try_into().unwrap();
        profile.websocket = format!("ws://{host}:{}", server.address.port()).try_into().unwrap();
        let net = Net::with_proxies(&profile, through(closed)).unwrap();
        net.ticket(&Jwt::new("jwt"), &trace()).await.unwrap();
        open(&net, &profile).await.0.unwrap();
    }
}

/// Variables are a process's own, so the test above runs once more in a process that has one.
#[test]
fn the_environment_does_not_proxy_loopback_either() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "proxy::loopback_is_never_proxied"])
        .env("ALL_PROXY", "http://127.0.0.1:1")
        .envs([("NO_PROXY", ""), ("no_proxy", "")])
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("1 passed"), "{shown}");
}

#[test]
fn a_proxy_of_another_kind_is_refused_at_once() {
    let socks = Matcher::builder().all(format!("socks5://user:{SECRET}@proxy.test:1080")).build();
    let error = Net::with_proxies(&remote(""), socks).err().unwrap();
    assert!(matches!(error, NetError::Proxy(_)));
    assert!(error.to_string().contains("socks5://proxy.test") && error.to_string().contains("NO_PROXY"), "{error}");
    assert_no_secret(&error);
}
