//! What shows after half a minute or more: idle limits, drops in rhythm, JWTs that expire.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use support::gateway::Gateway;
use support::moves::{LOOPBACK, Move, Request, Route, close, serve};
use support::scene::Scene;
use ticketscope::clock::utc_now;
use ticketscope::diagnosis::Owner::{Developers, Operations};

use crate::credentials::{claims, claims_until, invalid_token, token};
use crate::gateways::{behind, passing};
use crate::report::{By, Report};

pub fn all() -> Vec<Report> {
    vec![
        Report::broken("n4-60s", "websockets/ws#1598, kubernetes/ingress-nginx#2917, #5167", &[Operations, Developers])
            .by(By::Quiet)
            .staged(|_| async {
                let server = serve(LOOPBACK, None, |_: &Request| None).await;
                behind(Gateway::nginx(&passing(server)).await).await
            })
            .says(&[&["60 s", "1 min", "59", "60.", "60 seconds"], &["idle", "silent", "quiet"], &["ping"]])
            .advises(&[&["ping", "heartbeat", "proxy_read_timeout", "timeout"]]),
        cut("cut30", "BasedHardware/omi#5194, kubernetes/ingress-gce#1803", 30, 4)
            .says(&[&["30 s", "30 seconds"], &["google"]]),
        cut("cut100", "kubernetes/ingress-nginx#5539", 100, 4)
            .says(&[&["100 s", "100 seconds", "1m 40s"], &["cdn", "cloudflare"]]),
        Report::broken("jwtExpires", "eclipse-ditto/ditto-clients#30", &[Operations, Developers])
            .by(By::Live)
            .staged(|_| async {
                let mut scene = Scene::at(serve(LOOPBACK, None, expiring()).await).patient();
                // Three JWTs, and some time of the fourth.
                scene.watched = Duration::from_secs(3 * 60 + 10);
                scene
            })
            .says(&[&["jwt", "token"], &["expire"]])
            .never(&["firewall", "user's it", "proxy", "load balancer"]),
    ]
}

/// A gateway that cuts each socket after so many seconds, whatever passes; it is watched until it has cut `times`.
fn cut(name: &'static str, source: &'static str, seconds: u64, times: u64) -> Report {
    Report::broken(name, source, &[Operations]).by(By::Live).staged(move |_| async move {
        let limit = Duration::from_secs(seconds);
        let play = move |request: &Request| {
            (request.route == Route::Socket).then(|| vec![Move::Accept, Move::ServeFor(limit), Move::End])
        };
        let mut scene = Scene::at(serve(LOOPBACK, None, play).await).patient();
        scene.watched = Duration::from_secs(seconds * times + 10);
        scene
    })
}

/// A server whose JWTs live a minute, and that closes a socket when the JWT behind it expires.
fn expiring() -> impl Fn(&Request) -> Option<Vec<Move>> + Send + Sync {
    const LIFETIME: i64 = 60;
    let expiries = Mutex::new(HashMap::new());
    move |request: &Request| match request.route {
        Route::Token => Some(vec![token(&claims_until(utc_now().timestamp() + LIFETIME))]),
        Route::Ticket => {
            let expires = claims(request).and_then(|claims| claims["exp"].as_i64()).unwrap_or_default();
            expiries.lock().unwrap().insert(format!("{:032x}", request.number), expires);
            (expires <= utc_now().timestamp()).then(|| vec![invalid_token("jwt expired")])
        }
        Route::Socket => {
            let ticket = request.text.split_once("ticket=")?.1.split([' ', '&']).next()?;
            let expires = *expiries.lock().unwrap().get(ticket)?;
            let left = u64::try_from(expires * 1_000 - utc_now().timestamp_millis()).unwrap_or(0);
            Some(vec![Move::Accept, Move::ServeFor(Duration::from_millis(left)), close(1000, ""), Move::End])
        }
        Route::Health | Route::Preflight | Route::Tunnel | Route::Other => None,
    }
}
