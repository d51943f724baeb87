//! Handshakes that go wrong, and sockets that do not stay open.

use std::sync::Arc;
use std::time::Duration;

use support::moves::{LOOPBACK, Move, Request, Route, answer, close, header, html, serve, serve_at};
use support::scene::Scene;
use support::tls_front::acceptor;
use tempfile::NamedTempFile;
use ticketscope::diagnosis::Owner::{Developers, Nobody, Operations, ProfileAuthor, User, UserIt};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::gateways::{H2_SETTINGS, NEAR_THE_USER};
use crate::report::{Kind, Report, Words};

pub fn all() -> Vec<Report> {
    let mut all = handshakes();
    all.extend(frames());
    all.extend(closes());
    all
}

/// What a server does with each upgrade.
pub fn upgraded(report: Report, upgrade: fn(&Request) -> Vec<Move>) -> Report {
    report.played(move || move |request: &Request| (request.route == Route::Socket).then(|| upgrade(request)))
}

fn wait(millis: u64) -> Move {
    Move::Wait(Duration::from_millis(millis))
}

/// A server's 101 with these headers beside `Sec-WebSocket-Accept`.
fn switched(request: &Request, headers: &str) -> Move {
    let accept = derive_accept_key(header(&request.text, "sec-websocket-key").unwrap_or_default().as_bytes());
    Move::Say(format!("HTTP/1.1 101 Switching Protocols\r\n{headers}Sec-WebSocket-Accept: {accept}\r\n\r\n").into())
}

fn handshakes() -> Vec<Report> {
    const SUBPROTOCOL: &[&str] = &["subprotocol", "sub-protocol", "sec-websocket-protocol"];
    const XMPP: Words = &[SUBPROTOCOL, &["xmpp"]];
    vec![
        Report::broken("h2only", "jetty/jetty.project#4900", &[Operations, ProfileAuthor, Developers])
            .staged(|_| async {
                let root = NamedTempFile::new().unwrap();
                // SETTINGS, and GOAWAY with PROTOCOL_ERROR (RFC 9113 §6.8).
                let goaway = b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x01";
                let frames = Move::Say([H2_SETTINGS, goaway].concat());
                let play = move |_: &Request| Some(vec![frames.clone(), Move::End]);
                let socket = serve(LOOPBACK, Some(acceptor(&root)), play).await;
                let api = serve(LOOPBACK, None, |_: &Request| None).await;
                let scene = Scene::apart(&format!("http://{api}"), &format!("wss://{socket}")).patient();
                scene.trusting(root.path()).keeping(root)
            })
            .says(&[&["http/2"]])
            .advises(&[&["http/1.1", "port", "http/2", "alpn"]])
            .never(NEAR_THE_USER),
        upgraded(Report::broken("subproto400", "foxglove/foxglove-sdk#347", &[Developers, ProfileAuthor]), |request| {
            let refused = answer(400, &["content-type: text/plain"], "Missing expected sec-websocket-protocol header");
            let is_asked = header(&request.text, "sec-websocket-protocol").is_some();
            if is_asked { vec![Move::Accept, Move::Serve] } else { vec![refused] }
        })
        .says(&[SUBPROTOCOL])
        .advises(&[SUBPROTOCOL])
        .never(NEAR_THE_USER),
        upgraded(Report::broken("subprotoSent", "websockets/wscat#127", &[Developers]), |request| {
            let headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: xmpp\r\n";
            vec![switched(request, headers), Move::Serve]
        })
        .says(XMPP)
        .never(NEAR_THE_USER),
        upgraded(Report::broken("strip101", "TecFancy/dsh-auth-gate#50", &[Operations, UserIt]), |request| {
            vec![switched(request, ""), Move::Serve]
        })
        .says(&[&["101"], &["upgrade", "connection"], &["proxy", "gateway", "on the way", "in between"]])
        .never(&["firewall"]),
        upgraded(Report::broken("zblock2", "the same, no Server header", &[UserIt]), |_| {
            let page = "Your organization has selected Zscaler to protect you.";
            let page = format!("<html><head><title>Access denied</title></head><body><p>{page}</p></body></html>");
            vec![answer(403, &["content-type: text/html"], &page)]
        })
        .says(&[&["zscaler"]])
        .advises(&[&["user's it"]]),
    ]
}

fn frames() -> Vec<Report> {
    const TEXT: u8 = 0x81;
    const RSV2_AND_RSV3: u8 = 0x30;
    const SIZE: usize = 20 << 20;
    vec![
        upgraded(
            Report::new(
                "big20",
                "fontra/fontra#79, python-websockets#1382",
                Kind::ConnectedOr(&[&[
                    "our own",
                    "our limit",
                    "ticketscope's",
                    "limit of its own",
                    "the profile's limit",
                    "this client's",
                ]]),
            ),
            |_| {
                let head = [&[TEXT, 127][..], &(SIZE as u64).to_be_bytes()].concat();
                vec![Move::Accept, wait(300), Move::Say(head), Move::Say(vec![b'x'; SIZE]), Move::Serve]
            },
        ),
        upgraded(
            Report::broken("rsv", "socketio/socket.io#2543, ChaosGroup/json-ws#36, RocketChat#3174", &[UserIt]),
            |_| {
                let frame = [&[TEXT | RSV2_AND_RSV3, 5][..], b"hello"].concat();
                vec![Move::Accept, wait(300), Move::Say(frame), Move::Serve]
            },
        )
        .says(&[&["rewrit", "scanner", "changes", "alters", "on the way", "proxy"], &["frame", "websocket"]]),
        Report::broken("mute", "justcoding121/titanium-web-proxy#471", &[UserIt, Operations])
            .staged(|_| async {
                let play =
                    |request: &Request| (request.route == Route::Socket).then(|| vec![Move::Accept, Move::Silence]);
                // Its pings go out each second, or it would take half a minute. The next connection would be open, for a
                // while, when the live session ends.
                let mut scene = Scene::at(serve(LOOPBACK, None, play).await);
                scene.profile += "[backoff]\nbase = '1m'\ncap = '1m'\n";
                scene
            })
            .says(&[
                &["handshake", "upgrade", "101", "opened", "opens"],
                &["no frame", "nothing", "never", "not a single", "no pong", "frames", "not one"],
                &["on the way", "proxy", "in between", "gateway", "lets"],
            ]),
    ]
}

fn closes() -> Vec<Report> {
    vec![
        upgraded(Report::broken("close4401", "graphql-ws 4401 kind", &[Developers, User, Operations]), |_| {
            vec![Move::Accept, close(4401, "Unauthorized"), Move::End]
        })
        .says(&[&["4401"], &["unauthorized"], &["credential", "ticket", "jwt", "token", "login", "accept"]])
        .never(&["firewall", "user's it"]),
        upgraded(Report::broken("close1008rate", "1008 rate/limit of connections kind", &[Operations]), |_| {
            vec![Move::Accept, wait(500), close(1008, "Too many connections from this IP"), Move::End]
        })
        .says(&[&["too many connections"], &["limit"]])
        .never(&["firewall", "user's it"]),
        upgraded(Report::broken("close1013", "BasedHardware/omi#5528", &[Operations]), |_| {
            vec![Move::Accept, wait(500), close(1013, "Try again later"), Move::End]
        })
        .says(&[&["1013"], &["overload", "try again later", "too busy"]])
        .never(&["firewall", "user's it"]),
        Report::broken("restart1012", "NousResearch/hermes-agent#95951", &[Nobody])
            .staged(|_| async {
                let mut scene = restarting().await;
                scene.watched = Duration::from_secs(12);
                scene
            })
            .says(&[&["restart"]])
            // It is back by then.
            .live(Kind::ConnectedOr(&[&["restart"]]))
            .never(&["firewall", "user's it"]),
    ]
}

/// A server that says goodbye 3 s after its first socket opened, is away for 4 s, and comes back.
async fn restarting() -> Scene {
    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let gone = Arc::new(Notify::new());
    let goes = Arc::clone(&gone);
    let play = move |request: &Request| {
        let goes = Arc::clone(&goes);
        let end = Move::Do(Arc::new(move || goes.notify_one()));
        let goodbye = [Move::ServeFor(Duration::from_secs(3)), close(1012, "Service Restart"), end, Move::End];
        (request.route == Route::Socket).then(|| [Move::Accept].into_iter().chain(goodbye).collect())
    };
    tokio::spawn(async move {
        let running = tokio::spawn(serve_at(listener, None, play));
        gone.notified().await;
        // The goodbye has to arrive.
        sleep(Duration::from_millis(100)).await;
        running.abort();
        sleep(Duration::from_secs(4)).await;
        serve_at(TcpListener::bind(address).await.unwrap(), None, |_: &Request| None).await;
    });
    Scene::at(address).patient()
}

/// What only looks like a restart that never ends.
pub fn goodbye() -> Report {
    upgraded(Report::broken("1012", "a restart", &[Nobody]), |_| {
        vec![Move::Accept, wait(300), close(1012, "Service Restart"), Move::End]
    })
    .says(&[&["restart"]])
}

/// A page of Zscaler's for everything.
pub fn zscaler() -> Move {
    html(403, "Zscaler: Access to this page is not allowed by your organization")
}
