//! Sockets that do not open, or do not stay open.

use std::time::Duration;

use crate::http::{at, scripted};
use crate::situation::Label::Broken;
use crate::situation::Situation;
use support::moves::LOOPBACK;
use support::moves::{Move, Request, Route, close, code, html, json, serve};
use support::scene::Scene;

const SEVERAL: &str = "the server says nothing, and only several connections tell that it does so each time";

fn say(text: &str) -> Move {
    Move::Say(text.into())
}

fn wait(millis: u64) -> Move {
    Move::Wait(Duration::from_millis(millis))
}

pub fn all() -> Vec<Situation> {
    let mut all = refused();
    all.extend(closed());
    all
}

fn refused() -> Vec<Situation> {
    vec![
        at!("upgrade: 401", "fresh-ticket-refused", Socket, html(401, "Unauthorized")),
        at!("upgrade: 403", "upgrade-refused", Socket, html(403, "Forbidden")),
        at!("upgrade: 404", "wrong-path", Socket, html(404, "Not Found")),
        at!("upgrade: 400", "upgrade-refused", Socket, json(400, "{}")),
        at!("upgrade: 426", "upgrade-refused", Socket, json(426, "{}")),
        at!("upgrade: 200 with a page", "upgrade-refused", Socket, html(200, "Welcome")),
        at!("upgrade: 301", "redirected", Socket, say("HTTP/1.1 301 X\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n")),
        at!("upgrade: RATE_LIMIT_EXCEEDED", "rate-limited", Socket, code(429, "RATE_LIMIT_EXCEEDED")),
        at!("upgrade: 500", "server-failed", Socket, json(500, "{}")),
        at!("upgrade: 502", "server-behind-gateway-down", Socket, html(502, "Bad Gateway")),
        at!("upgrade: 503", "server-behind-gateway-down", Socket, html(503, "Unavailable")),
        at!(
            "upgrade: HTTP/1.0 503 of a proxy",
            "blocked-on-the-way",
            Socket,
            say("HTTP/1.0 503 Service Unavailable\r\n\r\n"),
            Move::End
        ),
        at!(
            "upgrade: 503 of Squid",
            "blocked-on-the-way",
            Socket,
            say("HTTP/1.1 503 X\r\nserver: squid/5.7\r\ncontent-length: 0\r\n\r\n")
        ),
        at!("upgrade: no answer", "no-answer", Socket, Move::Silence),
        at!("upgrade: half an answer", "no-answer", Socket, say("HTTP/1.1 101 Switching"), Move::Silence),
        at!("upgrade: dripping", "no-answer", Socket, say("HTTP/1.1 101 X\r\nx: "), Move::Drip),
        at!(
            "upgrade: wrong accept key",
            "bad-handshake",
            Socket,
            say(
                "HTTP/1.1 101 X\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"
            ),
            Move::Silence
        ),
        at!("upgrade: 101 without its headers", "bad-handshake", Socket, say("HTTP/1.1 101 X\r\n\r\n"), Move::Silence),
        at!("upgrade: hangs up", "request-broken", Socket, Move::End),
    ]
}

fn closed() -> Vec<Situation> {
    vec![
        at!(
            "closed: 1001",
            "server-restarting",
            Socket,
            Move::Accept,
            wait(300),
            close(1001, "SERVER_SHUTDOWN"),
            Move::End
        ),
        at!("closed: 1012", "server-restarting", Socket, Move::Accept, wait(300), close(1012, ""), Move::End),
        at!("closed: 1011", "server-closed", Socket, Move::Accept, wait(300), close(1011, "crashed"), Move::End)
            .saying(&["1011 crashed", "Operations"]),
        at!("closed: 1013", "server-closed", Socket, Move::Accept, wait(200), close(1013, ""), Move::End).saying(&[
            "1013",
            "overloaded",
            "Operations",
        ]),
        at!(
            "closed: RATE_LIMITED",
            "server-closed",
            Socket,
            Move::Accept,
            wait(200),
            close(1008, "RATE_LIMITED"),
            Move::End
        )
        .saying(&["1008 RATE_LIMITED"]),
        at!("closed: 3000", "server-closed", Socket, Move::Accept, wait(200), close(3000, "Unauthorized"), Move::End)
            .saying(&["3000 Unauthorized", "New session"]),
        at!("closed: 4001", "server-closed", Socket, Move::Accept, wait(300), close(4001, "kicked"), Move::End),
        at!(
            "closed: 4403",
            "server-closed",
            Socket,
            Move::Accept,
            wait(300),
            close(4403, "banned by admin"),
            Move::End
        )
        .saying(&["4403 banned by admin", "Operations"]),
        at!("closed: 1001 each time", "server-restarting", Socket, Move::Accept, wait(300), close(1001, ""), Move::End)
            .by_session()
            .saying(&["ends each connection", "Operations"]),
        Situation::new("closed at once, and the wait never grows", Broken("server-closed"), || async {
            let play = |request: &Request| {
                (request.route == Route::Socket).then(|| vec![Move::Accept, close(1013, "full"), Move::End])
            };
            let mut scene = Scene::at(serve(LOOPBACK, None, play).await);
            scene.profile += "[backoff]\nreset_after = '0s'\n";
            scene
        })
        .apart(Broken("reconnect-storm"), "only several connections tell that the wait does not grow")
        .saying(&["1013 full"]),
        at!(
            "closed: IDLE_TIMEOUT at once",
            "idle-timeout",
            Socket,
            Move::Accept,
            wait(300),
            close(1000, "IDLE_TIMEOUT"),
            Move::End
        ),
        at!(
            "closed: HEARTBEAT_TIMEOUT",
            "half-open-link",
            Socket,
            Move::Accept,
            wait(300),
            close(1000, "HEARTBEAT_TIMEOUT"),
            Move::End
        ),
        at!(
            "closed: NOT_AUTHORIZED at once",
            "ticket-rejected",
            Socket,
            Move::Accept,
            close(1008, "NOT_AUTHORIZED"),
            Move::End
        ),
        Situation::new("closed: NOT_AUTHORIZED after a while", Broken("ticket-store-failed-on-socket"), || async {
            let play = |request: &Request| {
                let moves = vec![Move::Accept, wait(1_300), close(1008, "NOT_AUTHORIZED"), Move::End];
                (request.route == Route::Socket).then_some(moves)
            };
            Scene::at(serve(LOOPBACK, None, play).await).patient()
        }),
        at!("closed: ORIGIN_BLOCKED", "origin-blocked", Socket, Move::Accept, close(1008, "ORIGIN_BLOCKED"), Move::End),
        at!(
            "closed: BAD_SUBSCRIBE",
            "message-refused",
            Socket,
            Move::Accept,
            wait(100),
            close(1008, "BAD_SUBSCRIBE"),
            Move::End
        ),
        at!(
            "closed: INVALID_REQUEST",
            "message-refused",
            Socket,
            Move::Accept,
            wait(100),
            close(1008, "INVALID_REQUEST"),
            Move::End
        ),
        at!("open, then FIN", "connection-lost", Socket, Move::Accept, wait(300), Move::End)
            .apart(Broken("flapping"), SEVERAL),
        at!("open, then RST", "connection-lost", Socket, Move::Accept, wait(300), Move::Reset)
            .apart(Broken("flapping"), SEVERAL),
        at!(
            "open, then junk",
            "not-web-socket",
            Socket,
            Move::Accept,
            wait(100),
            Move::Say(vec![0xff; 64]),
            Move::Silence
        ),
        at!(
            "open, then a page",
            "not-web-socket",
            Socket,
            Move::Accept,
            wait(100),
            say("<html>down</html>"),
            Move::Silence
        ),
        Situation::new("open, and no pong", Broken("half-open-link"), || async {
            let play = |request: &Request| (request.route == Route::Socket).then(|| vec![Move::Accept, Move::Silence]);
            let mut scene = Scene::at(serve(LOOPBACK, None, play).await);
            // The next connection would be open, for a while, when the live session ends.
            scene.profile += "[backoff]
base = '1m'
cap = '1m'
";
            scene
        }),
        scripted("it does not come back", "service-unavailable", |request| {
            (request.route == Route::Ticket && request.number > 3).then(|| vec![json(503, "{}")])
        })
        .by_check(),
    ]
}
