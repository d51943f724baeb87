//! Application messages over the open socket (contract §6, end), judged without a socket.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A close that a server of this kind sends, as code and reason (contract §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum CloseReason {
    /// The ticket is missing, spent or expired.
    NotAuthorized,
    /// The origin is not on the list.
    OriginBlocked,
    /// A message named a channel that there is not.
    BadSubscribe,
    /// A message was not one of the contract's.
    InvalidRequest,
    /// The server stops.
    ServerShutdown,
    /// The client sent no data for too long.
    IdleTimeout,
    /// The client left a ping unanswered.
    HeartbeatTimeout,
}

impl CloseReason {
    /// The close code (RFC 6455 §7.4.1).
    pub const fn code(self) -> u16 {
        match self {
            Self::NotAuthorized | Self::OriginBlocked | Self::BadSubscribe | Self::InvalidRequest => 1008,
            Self::ServerShutdown => 1001,
            Self::IdleTimeout | Self::HeartbeatTimeout => 1000,
        }
    }
}

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
pub fn judge_message(message: &[u8]) -> Result<Option<String>, CloseReason> {
    let message: Map<String, Value> = serde_json::from_slice(message).map_err(|_| CloseReason::InvalidRequest)?;
    let text = |key: &str| message.get(key).and_then(Value::as_str);
    let is_subscribe = match text("type") {
        Some("subscribe") => true,
        Some("unsubscribe" | "event") => false,
        _ => return Err(CloseReason::InvalidRequest),
    };
    let channel = message.get("channel").and_then(|channel| Channel::deserialize(channel).ok());
    let channel = channel.ok_or(CloseReason::BadSubscribe)?;
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
        assert_eq!(judge_message(subscribe), Ok(Some(answer.to_owned())));
        let unnamed = br#"{"v":1,"type":"subscribe","channel":"assistant"}"#;
        assert_eq!(judge_message(unnamed), Ok(Some(r#"{"v":1,"type":"event","channel":"assistant"}"#.to_owned())));
        for kind in ["unsubscribe", "event"] {
            let message = format!(r#"{{"v":1,"type":"{kind}","channel":"assistant","requestId":"r"}}"#);
            assert_eq!(judge_message(message.as_bytes()), Ok(None));
        }
    }

    #[test]
    fn what_the_contract_does_not_have_ends_the_connection() {
        for bad in
            ["", "hello", "7", "null", "[]", "{}", r#"{"type":7}"#, r#"{"type":"publish","channel":"search"}"#, "\u{0}"]
        {
            assert_eq!(judge_message(bad.as_bytes()), Err(CloseReason::InvalidRequest), "{bad}");
        }
        assert_eq!(judge_message(b"\xff\xfe"), Err(CloseReason::InvalidRequest));
        for bad in
            [r#"{"type":"subscribe"}"#, r#"{"type":"subscribe","channel":"news"}"#, r#"{"type":"event","channel":1}"#]
        {
            assert_eq!(judge_message(bad.as_bytes()), Err(CloseReason::BadSubscribe), "{bad}");
        }
    }

    #[test]
    fn reasons_are_spelt_as_the_client_knows_them() {
        use CloseReason::*;
        let all =
            [NotAuthorized, OriginBlocked, BadSubscribe, InvalidRequest, ServerShutdown, IdleTimeout, HeartbeatTimeout];
        for reason in all {
            assert!(crate::model::reason_entry(&reason.to_string()).is_some(), "{reason}");
        }
        assert_eq!((ServerShutdown.code(), IdleTimeout.code(), OriginBlocked.code()), (1001, 1000, 1008));
    }
}
