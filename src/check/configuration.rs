//! Whether a profile makes sense, as far as that can be told by reading it.

use std::time::Duration;

use url::{Host, Url};

use super::plan::Found;
use crate::model::{DisplayDuration, Profile};

/// A quiet connection is cut by many proxies after this long.
const PROXY_IDLE: Duration = Duration::from_secs(60);

/// What is wrong with `profile` and what is unusual about it.
pub fn evaluate(profile: &Profile) -> Found {
    let origin = Url::parse(profile.origin.as_str()).ok();
    let (api, socket) = (profile.api.url(), profile.websocket.url());
    let mut problems = Vec::new();
    if api.scheme() == "https" && socket.scheme() == "ws" && !is_loopback(socket) {
        problems.push("the API is encrypted (https) and the WebSocket is not (ws): the ticket can be read on the way");
    }
    let page_is_encrypted = origin.as_ref().is_some_and(|origin| origin.scheme() == "https");
    if page_is_encrypted && api.scheme() == "http" && !is_loopback(api) {
        problems.push("the origin is https and the API is http: a browser does not let such a page ask it");
    }
    if page_is_encrypted && socket.scheme() == "ws" && !is_loopback(socket) {
        problems.push("the origin is https and the WebSocket is ws: a browser does not let such a page open it");
    }
    let remarks = remarks(profile);
    match problems[..] {
        [] => Found::passed(format!("{} · {}", profile.api, profile.said_origin())).with(remarks),
        [first, ..] => Found::failed(first).with(problems.iter().skip(1).map(|&text| text.to_owned())).with(remarks),
    }
}

fn remarks(profile: &Profile) -> Vec<String> {
    let mut remarks = Vec::new();
    let (api, socket) = (profile.api.url(), profile.websocket.url());
    if api.host() != socket.host() {
        remarks.push(format!("API and WebSocket are on different hosts: {} and {}", profile.api, profile.websocket));
    }
    if [api, socket].iter().any(|url| matches!(url.scheme(), "http" | "ws") && !is_loopback(url)) {
        remarks.push("not encrypted: JWT and ticket can be read on the way".to_owned());
    }
    remarks.extend(profile.backoff.doubts().iter().map(|doubt| format!("backoff: {doubt}")));
    if let Some(ping) = profile.timeouts.ping.filter(|ping| *ping >= PROXY_IDLE) {
        remarks.push(format!(
            "a ping only every {}: many proxies cut a quiet connection after {}",
            DisplayDuration(ping),
            DisplayDuration(PROXY_IDLE)
        ));
    }
    remarks.extend(profile.doubts().iter().map(ToString::to_string));
    if !profile.classify.hard_statuses.contains(&401) {
        remarks.push("a 401 does not stop this client: it goes on asking with a refused JWT".to_owned());
    }
    remarks
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::plan::StepState;

    fn evaluated(api: &str, websocket: &str, origin: &str) -> Found {
        let text = format!("name = 'x'\napi = '{api}'\nwebsocket = '{websocket}'\norigin = '{origin}'\n");
        evaluate(&Profile::from_toml(&text).unwrap())
    }

    #[test]
    fn what_cannot_work_in_a_browser_fails_and_what_is_unusual_is_remarked() {
        let good = evaluated("https://a.test", "wss://a.test", "https://b.test");
        assert_eq!((good.state, good.details.len()), (StepState::Passed, 0));
        assert_eq!(evaluate(&Profile::production()).state, StepState::Passed);
        assert_eq!(evaluate(&Profile::local_demo(([127, 0, 0, 1], 1).into())).details, Vec::<String>::new());
        for (api, websocket, origin, expected) in [
            ("https://a.test", "ws://a.test", "http://b.test", "the ticket can be read"),
            ("http://a.test", "wss://a.test", "https://b.test", "the API is http"),
            ("http://a.test", "ws://a.test", "https://b.test", "the API is http"),
        ] {
            let found = evaluated(api, websocket, origin);
            assert_eq!(found.state, StepState::Failed, "{api} {websocket}");
            assert!(found.text.contains(expected), "{}", found.text);
        }
        let apart = evaluated("https://a.test", "wss://b.test", "https://b.test");
        assert!(apart.state == StepState::Passed && apart.details[0].contains("different hosts"), "{apart:?}");
        let local = evaluated("http://127.0.0.1:1", "ws://localhost:1", "https://b.test");
        assert_eq!(local.state, StepState::Passed);
    }
}
