//! Application messages over the open socket (contract §6, end), answered without a socket.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::ContractReason;

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Channel {
    Search,
    Assistant,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventMessage<'a> {
    v: u8,
    r#type: &'static str,
    channel: Channel,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// What the client's `message` leads to: an answer, nothing, or the end of the connection.
///
/// # Errors
/// With the reason to close the connection for.
pub fn answer_to(message: &[u8]) -> Result<Option<String>, ContractReason> {
    let message: Map<String, Value> = serde_json::from_slice(message).map_err(|_| ContractReason::InvalidRequest)?;
    let text = |key: &str| message.get(key).and_then(Value::as_str);
    let is_subscribe = match text("type") {
        Some("subscribe") => true,
        Some("unsubscribe" | "event") => false,
        _ => return Err(ContractReason::InvalidRequest),
    };
    let channel = message.get("channel").and_then(|channel| Channel::deserialize(channel).ok());
    let channel = channel.ok_or(ContractReason::BadSubscribe)?;
    let event = EventMessage { v: 1, r#type: "event", channel, request_id: text("requestId") };
    Ok(is_subscribe.then(|| serde_json::to_string(&event).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_answered_and_what_else_the_contract_has_is_taken() {
        let subscribe = br#"{"v":1,"type":"subscribe","channel":"search","requestId":"r\"1"}"#;
        let answer = r#"{"v":1,"type":"event","channel":"search","requestId":"r\"1"}"#;
        assert_eq!(answer_to(subscribe), Ok(Some(answer.to_owned())));
        let unnamed = br#"{"v":1,"type":"subscribe","channel":"assistant"}"#;
        assert_eq!(answer_to(unnamed), Ok(Some(r#"{"v":1,"type":"event","channel":"assistant"}"#.to_owned())));
        for kind in ["unsubscribe", "event"] {
            let message = format!(r#"{{"v":1,"type":"{kind}","channel":"assistant","requestId":"r"}}"#);
            assert_eq!(answer_to(message.as_bytes()), Ok(None));
        }
    }

    #[test]
    fn what_the_contract_does_not_have_ends_the_connection() {
        for bad in
            ["", "hello", "7", "null", "[]", "{}", r#"{"type":7}"#, r#"{"type":"publish","channel":"search"}"#, "\u{0}"]
        {
            assert_eq!(answer_to(bad.as_bytes()), Err(ContractReason::InvalidRequest), "{bad}");
        }
        assert_eq!(answer_to(b"\xff\xfe"), Err(ContractReason::InvalidRequest));
        for bad in
            [r#"{"type":"subscribe"}"#, r#"{"type":"subscribe","channel":"news"}"#, r#"{"type":"event","channel":1}"#]
        {
            assert_eq!(answer_to(bad.as_bytes()), Err(ContractReason::BadSubscribe), "{bad}");
        }
    }
}
