//! The messages of a socket in a clean copy: when they came and how long they were, and of those with which a server closes
//! what they say.

use serde_json::{Value, json};

use super::said::{Cleaner, number};
use crate::evidence::har::{close_frame, is_sent};
use crate::model::SafeText;
use crate::model::failure::{LastWord, Protocol};

/// What programs call the list of messages.
pub const NAMES: [&str; 4] = ["_webSocketMessages", "_websocketMessages", "webSocketMessages", "_webSocketFrames"];

/// The messages as they may be passed on.
pub fn all(messages: &[Value], cleaner: &Cleaner<'_>) -> Vec<Value> {
    let is_text = |message: &Value| {
        let opcode = number(message.get("opcode")).as_f64();
        opcode.is_none_or(|opcode| opcode == 1.0) && !is_error(message) && !is_from_page(message)
    };
    // What a server said last may tell why it closes.
    let last = messages.iter().rposition(is_text);
    let one = |(place, message)| cleaned(message, last == Some(place), cleaner);
    messages.iter().enumerate().map(one).collect()
}

fn cleaned(message: &Value, is_last: bool, cleaner: &Cleaner<'_>) -> Value {
    let texts = ["data", "payload", "text"].into_iter().filter_map(|name| message.get(name)?.as_str());
    let data = texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let time = cleaner.stamp(message.get("time").filter(|time| !time.is_null()).or(message.get("timestamp")));
    let kind = match (is_error(message), is_from_page(message)) {
        (true, _) => "error",
        (false, true) => "send",
        (false, false) => "receive",
    };
    let opcode = number(message.get("opcode"));
    let len = if opcode.as_f64() == Some(2.0) { data.len() / 4 * 3 } else { data.len() };
    let said = if is_error(message) {
        cleaner.said(data).to_string()
    } else if opcode.as_f64() == Some(8.0) {
        let (code, reason) = close_frame(data);
        let code = code.map_or_else(String::new, |code| code.to_string());
        format!("{code} {}", cleaner.said(&reason)).trim().to_owned()
    } else if is_last {
        LastWord::read(data.as_bytes()).map_or_else(String::new, |word| last_word(&word, cleaner))
    } else {
        String::new()
    };
    let len = number(message.get("_length")).as_f64().map_or(len, |len| len as usize);
    json!({ "type": kind, "time": time, "opcode": opcode, "data": said, "_length": len })
}

/// Whether the page sent it.
fn is_from_page(message: &Value) -> bool {
    let said = |name| message.get(name).and_then(Value::as_str).unwrap_or_default();
    is_sent(said("type")) || is_sent(said("direction"))
}

/// Whether it is what the browser says between messages.
fn is_error(message: &Value) -> bool {
    let is_negative = number(message.get("opcode")).as_f64().is_some_and(|opcode| opcode < 0.0);
    is_negative || message.get("type").and_then(Value::as_str) == Some("error")
}

/// The message that says the same in the same protocol, and nothing else.
fn last_word(word: &LastWord, cleaner: &Cleaner<'_>) -> String {
    let reason: SafeText = cleaner.said(word.reason.as_str());
    let json = match word.protocol {
        Protocol::SignalR => json!({ "type": 7, "error": reason, "allowReconnect": word.is_welcome_back }),
        Protocol::SocketIo if reason.is_empty() => return "41".to_owned(),
        Protocol::SocketIo => return format!("44{}", json!(reason)),
        Protocol::ActionCable => {
            json!({ "type": "disconnect", "reason": reason, "reconnect": word.is_welcome_back })
        }
        Protocol::GraphQl => json!({ "type": "connection_error", "payload": reason }),
        Protocol::Pusher => json!({ "event": "pusher:error", "data": reason }),
        Protocol::Slack if word.is_welcome_back == Some(true) => json!({ "type": "goodbye", "reason": reason }),
        Protocol::Slack => json!({ "type": "disconnect", "debug_info": {}, "reason": reason }),
        Protocol::Phoenix => json!([null, null, "", "phx_error", { "reason": reason }]),
        Protocol::Plain => json!({ "type": "error", "message": reason }),
    };
    json.to_string()
}
