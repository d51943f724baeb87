//! What a request is for, by its path, where a file has neither bodies nor a profile.

/// Whether tickets are asked for at `path`.
pub(super) fn is_of_ticket(path: &str) -> bool {
    has(path, &["ticket", "negotiate"])
}

/// Whether somebody signs in, or asks for a token, at `path`.
pub(super) fn is_of_token(path: &str) -> bool {
    !is_of_ticket(path) && has(path, &["token", "auth", "login", "session"])
}

/// Whether sockets are opened at `path`, as far as its last part tells.
pub(super) fn is_of_socket(path: &str) -> bool {
    const NAMES: [&str; 8] = ["ws", "wss", "websocket", "websockets", "socket", "sockets", "cable", "socket.io"];
    let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    NAMES.iter().any(|name| last.eq_ignore_ascii_case(name))
}

fn has(path: &str, words: &[&str]) -> bool {
    let path = path.to_ascii_lowercase();
    words.iter().any(|word| path.contains(word))
}
