//! Values that stand in many places of the earlier formats.

use std::time::Duration;

use serde_json::Value;

use crate::model::SafeText;
use crate::model::failure::IoCause;

/// What this program said of an error of the system.
pub fn io(said: &str) -> IoCause {
    match said {
        "connection refused" => IoCause::Refused,
        "reset by the other side" => IoCause::Reset,
        "ended early by the other side" => IoCause::EndedEarly,
        "no route to this host" => IoCause::NoRouteToHost,
        "no route to this network" => IoCause::NoRouteToNetwork,
        "no answer" => IoCause::NoAnswer,
        _ if said.starts_with("Connection reset by peer") || said.starts_with("Broken pipe") => IoCause::Reset,
        _ => IoCause::Other(SafeText::new(said)),
    }
}

pub fn text(value: &Value) -> Option<SafeText> {
    value.as_str().map(|text| SafeText::from(text.to_owned()))
}

pub fn nanos(value: &Value) -> Option<Duration> {
    value.as_u64().map(Duration::from_nanos)
}
