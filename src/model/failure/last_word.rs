//! The message with which a server says why it is about to close: its protocols have one for that, and the close frame
//! after it says nothing.

use std::fmt;

use serde_json::Value;

use crate::model::SafeText;

/// Characters of a reason that are kept.
const MAX_REASON: usize = 200;

/// What a server said last before it closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastWord {
    /// Whose way of saying so it is.
    pub protocol: Protocol,
    /// Why it closes, in its own words; empty if it does not say.
    pub reason: SafeText,
    /// Whether it wants the client back, if it says so.
    pub is_welcome_back: Option<bool>,
}

/// A protocol over WebSocket that has a message for "this ends, because".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// ASP.NET Core SignalR: `{"type":7,"error":…}`.
    SignalR,
    /// socket.io: `44{"message":…}`, `41`.
    SocketIo,
    /// Rails' Action Cable: `{"type":"disconnect","reason":…}`.
    ActionCable,
    /// GraphQL over WebSocket: `{"type":"connection_error","payload":…}`.
    GraphQl,
    /// Pusher: `{"event":"pusher:error","data":…}`.
    Pusher,
    /// Slack's Socket Mode: `{"type":"disconnect","reason":…,"debug_info":…}`, and RTM: `{"type":"goodbye"}`.
    Slack,
    /// Phoenix: `[…,"phx_error",{…}]`, `[…,"phx_close",{…}]`.
    Phoenix,
    /// Nobody's in particular: `{"type":"error","message":…}`, `{"error":…}`.
    Plain,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignalR => "a close message of SignalR",
            Self::SocketIo => "a packet of socket.io",
            Self::ActionCable => "a disconnect message of Action Cable",
            Self::GraphQl => "an error message of GraphQL over WebSocket",
            Self::Pusher => "an error event of Pusher",
            Self::Slack => "a goodbye of Slack",
            Self::Phoenix => "an end of a channel of Phoenix",
            Self::Plain => "an error message",
        })
    }
}

impl LastWord {
    /// Reads a text message; `None` if it is none of these.
    pub fn read(message: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(message).ok()?.trim_end_matches('\u{1e}').trim();
        if let Some(packet) = text.strip_prefix('4') {
            return socket_io(packet);
        }
        // SignalR puts several messages into one, a record separator behind each.
        let json: Value = serde_json::from_str(text.rsplit('\u{1e}').next()?).ok()?;
        if let Some(message) = json.as_array() {
            return phoenix(message);
        }
        let object = json.as_object()?;
        let field = |name: &str| object.get(name);
        let kind = field("type").and_then(Value::as_str);
        let is_welcome_back = |name: &str| field(name).and_then(Value::as_bool);
        let says = |protocol, reason: Option<&Value>, is_welcome_back| {
            Some(Self { protocol, reason: reason.map(said).unwrap_or_default(), is_welcome_back })
        };
        if field("type").and_then(Value::as_u64) == Some(7) {
            return says(Protocol::SignalR, field("error"), is_welcome_back("allowReconnect"));
        }
        match (kind, field("event").and_then(Value::as_str)) {
            (Some("disconnect"), _) if field("debug_info").is_some() => says(Protocol::Slack, field("reason"), None),
            (Some("goodbye"), _) => says(Protocol::Slack, field("reason"), Some(true)),
            (Some("disconnect"), _) => says(Protocol::ActionCable, field("reason"), is_welcome_back("reconnect")),
            (Some("connection_error"), _) => says(Protocol::GraphQl, field("payload"), None),
            (_, Some("pusher:error")) => says(Protocol::Pusher, field("data"), None),
            (Some("error"), _) => {
                let reason = ["message", "error", "reason", "payload", "code"].into_iter().find_map(field);
                says(Protocol::Plain, reason, None)
            }
            (None, None) => says(Protocol::Plain, Some(field("error").filter(|error| !error.is_null())?), None),
            (Some(_) | None, _) => None,
        }
    }
}

/// A message of Phoenix' channels: two references, the topic, the event, and what it carries.
fn phoenix(message: &[Value]) -> Option<LastWord> {
    let [_, _, _, event, payload] = message else { return None };
    let is_end = matches!(event.as_str(), Some("phx_error" | "phx_close"));
    is_end.then(|| LastWord { protocol: Protocol::Phoenix, reason: said(payload), is_welcome_back: None })
}

/// What follows the 4 of a message of Engine.IO: the kind of the packet, a namespace, JSON.
fn socket_io(packet: &str) -> Option<LastWord> {
    let kind = packet.chars().next().filter(|kind| matches!(kind, '1' | '4'))?;
    let rest = &packet[kind.len_utf8()..];
    let data = match rest.strip_prefix('/') {
        Some(named) => named.split_once(',').map_or("", |(_, data)| data),
        None => rest,
    };
    let reason = match (kind, data) {
        ('1', "") => SafeText::default(),
        ('4', data) => said(&serde_json::from_str(data).ok()?),
        (_, _) => return None,
    };
    Some(LastWord { protocol: Protocol::SocketIo, reason, is_welcome_back: None })
}

/// What `reason` says to people: itself, or its message.
fn said(reason: &Value) -> SafeText {
    const KEYS: [&str; 5] = ["message", "reason", "error", "description", "code"];
    let inner = match reason {
        Value::Object(fields) => KEYS.iter().find_map(|key| fields.get(*key)),
        // Pusher has JSON within JSON.
        Value::String(text) if text.starts_with('{') => {
            return serde_json::from_str::<Value>(text)
                .map_or_else(|_| SafeText::with_limit(text, MAX_REASON), |inner| said_flat(&inner, &KEYS));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Some(reason),
    };
    inner.map_or_else(SafeText::default, |inner| said_flat(inner, &KEYS))
}

fn said_flat(reason: &Value, keys: &[&str]) -> SafeText {
    let reason = keys.iter().find_map(|key| reason.get(*key)).unwrap_or(reason);
    match reason {
        Value::String(text) => SafeText::with_limit(text, MAX_REASON),
        Value::Number(number) => SafeText::new(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => SafeText::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_of_protocols_that_say_why_they_close_are_read() {
        for (message, protocol, reason, is_welcome_back) in [
            (
                "{\"type\":7,\"error\":\"Connection closed with an error.\",\"allowReconnect\":true}\u{1e}",
                Protocol::SignalR,
                "Connection closed with an error.",
                Some(true),
            ),
            ("{\"type\":6}\u{1e}{\"type\":7}\u{1e}", Protocol::SignalR, "", None),
            (r#"44{"message":"Invalid namespace"}"#, Protocol::SocketIo, "Invalid namespace", None),
            (r#"44/admin,{"message":"not authorized","data":{}}"#, Protocol::SocketIo, "not authorized", None),
            (r#"44"Authentication error""#, Protocol::SocketIo, "Authentication error", None),
            ("41", Protocol::SocketIo, "", None),
            ("41/admin,", Protocol::SocketIo, "", None),
            (
                r#"{"type":"disconnect","reason":"unauthorized","reconnect":false}"#,
                Protocol::ActionCable,
                "unauthorized",
                Some(false),
            ),
            (
                r#"{"type":"connection_error","payload":{"message":"Missing auth"}}"#,
                Protocol::GraphQl,
                "Missing auth",
                None,
            ),
            (
                r#"{"event":"pusher:error","data":"{\"code\":4001,\"message\":\"App key not in this cluster\"}"}"#,
                Protocol::Pusher,
                "App key not in this cluster",
                None,
            ),
            (
                r#"{"type":"disconnect","reason":"refresh_requested","debug_info":{"host":"a"}}"#,
                Protocol::Slack,
                "refresh_requested",
                None,
            ),
            (r#"{"type":"goodbye"}"#, Protocol::Slack, "", Some(true)),
            (
                r#"["3","3","room:1","phx_error",{"reason":"unmatched topic"}]"#,
                Protocol::Phoenix,
                "unmatched topic",
                None,
            ),
            (r#"{"type":"error","message":"token expired"}"#, Protocol::Plain, "token expired", None),
            (r#"{"error":{"code":"E1","message":"no such room"}}"#, Protocol::Plain, "no such room", None),
        ] {
            let expected = LastWord { protocol, reason: SafeText::new(reason), is_welcome_back };
            assert_eq!(LastWord::read(message.as_bytes()), Some(expected), "{message}");
        }
        for message in [
            "",
            "4",
            "44",
            "44{",
            "42[\"disconnect\",\"unauthorized\"]",
            "4\u{e9}",
            "40{\"sid\":\"x\"}",
            "unauthorized",
            "[7]",
            "{\"type\":6}",
            "{\"type\":\"ping\",\"error\":\"x\"}",
            "{\"error\":null}",
            "{\"text\":\"disconnect\"}",
            "\u{1e}",
        ] {
            assert_eq!(LastWord::read(message.as_bytes()), None, "{message}");
        }
        assert_eq!(LastWord::read(b"\xff"), None);
    }
}
