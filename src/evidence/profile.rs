//! What a session that was read from files connected to: the profile that it would have had.

use super::roles::{Place, Places};
use super::secrets::is_hidden_in_path;
use crate::model::{Endpoints, HttpMethod, HttpUrl, Origin, Path, Profile, Redactor, SafeText, SocketUrl};

/// The profile of a session whose steps were found at `places`; `hint` is the one that the person chose.
pub(super) fn of(places: &Places, hint: Option<&Profile>, redactor: &Redactor) -> Profile {
    if let Some(profile) = hint {
        return profile.clone();
    }
    let step = places.ticket.as_ref().or(places.token.as_ref());
    let socket = places.socket.as_ref();
    let api = step.map(|place| &place.url).or(socket).map(|url| {
        let encrypted = matches!(url.scheme(), "https" | "wss");
        base(if encrypted { "https" } else { "http" }, url)
    });
    let websocket = socket.or(step.map(|place| &place.url)).map(|url| {
        let encrypted = matches!(url.scheme(), "https" | "wss");
        base(if encrypted { "wss" } else { "ws" }, url)
    });
    let api = api.and_then(|api| HttpUrl::try_from(api).ok());
    let websocket = websocket.and_then(|websocket| SocketUrl::try_from(websocket).ok());
    let origin = places.origin.clone().and_then(|origin| Origin::try_from(origin).ok());
    let host = socket.or(step.map(|place| &place.url)).and_then(|url| url.host_str());
    let name = SafeText::new(host.unwrap_or("unknown service"));
    Profile::of_files(name, api, websocket, origin, endpoints(places, redactor))
}

fn base(scheme: &str, url: &url::Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{scheme}://{}{port}", url.host_str().unwrap_or_default())
}

fn endpoints(places: &Places, redactor: &Redactor) -> Endpoints {
    let at = |place| at(place, redactor);
    let mut endpoints = Endpoints { health: None, ..Endpoints::default() };
    if let Some((method, path)) = places.token.as_ref().and_then(at) {
        (endpoints.token.method, endpoints.token.path) = (method.unwrap_or(endpoints.token.method), path);
    }
    if let Some((method, path)) = places.ticket.as_ref().and_then(at) {
        (endpoints.ticket.method, endpoints.ticket.path) = (method.unwrap_or(endpoints.ticket.method), path);
    }
    if let Some(path) = places.socket.as_ref().and_then(|url| path(url, redactor)) {
        endpoints.socket.path = path;
    }
    if let Some(query) = &places.query {
        endpoints.socket.query = SafeText::new(query);
    }
    endpoints
}

/// The path of a step and its method; `None` where the file does not tell the method.
fn at(place: &Place, redactor: &Redactor) -> Option<(Option<HttpMethod>, Path)> {
    let is_post = place.method.eq_ignore_ascii_case("POST");
    let method = (!place.method.is_empty()).then_some(if is_post { HttpMethod::Post } else { HttpMethod::Get });
    Some((method, path(&place.url, redactor)?))
}

/// The path of an address, without what is secret in it.
fn path(url: &url::Url, redactor: &Redactor) -> Option<Path> {
    /// Shorter values that are secret are words, and may be a path's as well.
    const MIN_SECRET: usize = 12;
    let shown = |segment: &str| {
        let is_known = segment.len() >= MIN_SECRET && redactor.bytes(segment.as_bytes()) != segment.as_bytes();
        if is_known || is_hidden_in_path(segment) { "hidden".to_owned() } else { segment.to_owned() }
    };
    Path::try_from(url.path().split('/').map(shown).collect::<Vec<_>>().join("/")).ok()
}
