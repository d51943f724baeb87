//! Values of a recording in words, with their units.

use serde_json::Value;

use crate::model::Backoff;

/// Whether the value called `key` is a time in nanoseconds.
pub fn is_time(key: &str) -> bool {
    matches!(
        key,
        "took"
            | "age"
            | "rtt"
            | "silent_for"
            | "within"
            | "floor"
            | "retry_after"
            | "nominal"
            | "drawn"
            | "wait"
            | "lifetime"
            | "after"
            | "until"
            | "requested_at"
            | "elapsed"
            | "at"
    )
}

/// What people call the value called `key` of a `parent`.
pub fn field(parent: &str, key: &str) -> String {
    match (parent, key) {
        (_, "took") => "took".to_owned(),
        (_, "rtt") => "round trip".to_owned(),
        (_, "drawn") => "wait, drawn".to_owned(),
        (_, "wait") => "wait".to_owned(),
        (_, "nominal") => "wait before jitter".to_owned(),
        (_, "until") => "deadline".to_owned(),
        (_, "floor" | "retry_after") => "Retry-After".to_owned(),
        (_, "within") => "error of the clock's offset, at most".to_owned(),
        (_, "ahead_millis") => "this computer's clock, milliseconds ahead".to_owned(),
        (_, "ok") => "succeeded".to_owned(),
        (_, "seq") => "number of the entry".to_owned(),
        (_, "elapsed" | "at") => "time since the session began".to_owned(),
        (_, "time") => "time by this computer's clock".to_owned(),
        (_, "simulated") => "simulated by".to_owned(),
        (_, "left") => "will act again".to_owned(),
        (_, "len") => "length in bytes".to_owned(),
        (_, "Ok") => "success".to_owned(),
        (_, "Err") => "failure".to_owned(),
        ("backoff", key) => {
            let parameter = Backoff::PARAMETERS.iter().find(|parameter| parameter.key == key);
            format!("{parent}: {}", parameter.map_or_else(|| words(key), |parameter| parameter.name.to_owned()))
        }
        ("close" | "issuer" | "fault" | "token" | "claims" | "classify" | "timeouts" | "limits" | "http", key) => {
            format!("{parent}: {}", words(key))
        }
        (_, key) => words(key),
    }
}

fn words(key: &str) -> String {
    key.replace('_', " ")
}

/// The value called `key`.
pub fn shown(key: &str, value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(is) => if *is { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => match number.as_u64().filter(|_| is_time(key)) {
            Some(nanos) => durations(nanos.into(), nanos.into()).0,
            None => number.to_string(),
        },
        Value::String(text) if text.is_empty() => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| shown(key, item)).collect();
            if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
        }
        Value::Object(parts) => {
            let part = |(name, value): (&String, &Value)| format!("{} {}", field(key, name), shown(name, value));
            let known = parts.iter().filter(|(_, value)| !value.is_null());
            known.map(part).collect::<Vec<_>>().join(", ")
        }
    }
}

/// Two times in nanoseconds, in the same unit and with as many digits as tell them apart.
pub fn durations(a: i128, b: i128) -> (String, String) {
    let (unit, nanos, most) = if a.abs().max(b.abs()) < 10_000_000_000 { ("ms", 1e6, 6) } else { ("s", 1e9, 9) };
    let text = |value: i128, digits: usize| format!("{:.digits$} {unit}", value as f64 / nanos);
    let digits = [1, 3, 6].into_iter().find(|digits| a == b || text(a, *digits) != text(b, *digits));
    let digits = digits.unwrap_or(most);
    (text(a, digits), text(b, digits))
}

/// Numbers of milliseconds from the first that differs on, with as many digits as tell them apart.
pub fn millis(a: &[f64], b: &[f64]) -> (String, String) {
    const SHOWN: usize = 8;
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    // One that is the same before it, so that the place is known.
    let from = same.saturating_sub(1);
    let text = |values: &[f64], digits: usize| {
        let rest = values.get(from..).unwrap_or_default();
        let shown: Vec<_> = rest.iter().take(SHOWN).map(|value| format!("{value:.digits$}")).collect();
        let (before, after) = (if from > 0 { "…, " } else { "" }, if rest.len() > SHOWN { ", …" } else { "" });
        if shown.is_empty() { "none".to_owned() } else { format!("{before}{}{after} ms", shown.join(", ")) }
    };
    let digits = [0, 1, 3].into_iter().find(|digits| text(a, *digits) != text(b, *digits)).unwrap_or(6);
    (text(a, digits), text(b, digits))
}
