//! What may be sent over the socket.

use std::fmt;

use serde::de::IgnoredAny;

/// The text of a JSON object. Nothing else may be sent to the contract's servers: it crashes a deployed one (contract §6).
/// A service with steps of its own takes what it takes: [`Self::any`].
#[derive(Clone, PartialEq, Eq)]
pub struct JsonObject(String);

/// Why a text may not be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnObject {
    /// There is no text.
    #[error("Nothing to send: write a JSON object, such as {{\"v\":1}}")]
    Empty,
    /// It is JSON and something else.
    #[error("Not sent: this is {0}; only a JSON object {{…}} may be sent, anything else crashes such servers")]
    Other(&'static str),
    /// It is not JSON.
    #[error("Not sent: this is not JSON: {0}")]
    Syntax(String),
    /// It is nested too deeply.
    #[error("Not sent: nested deeper than {limit} levels, which many servers refuse", limit = JsonObject::MAX_DEPTH)]
    TooDeep,
    /// It is too long.
    #[error("Not sent: {bytes} bytes are more than the {limit} that can be sent", limit = JsonObject::MAX)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

impl JsonObject {
    /// The longest text in bytes.
    pub const MAX: usize = 64 << 10;
    /// Objects and arrays within one another at most.
    pub const MAX_DEPTH: usize = 100;

    /// Takes in `text`, which is sent as it is, without the white space around it.
    ///
    /// # Errors
    /// See [`NotAnObject`].
    pub fn parse(text: &str) -> Result<Self, NotAnObject> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NotAnObject::Empty);
        }
        if text.len() > Self::MAX {
            return Err(NotAnObject::TooLong { bytes: text.len() });
        }
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| NotAnObject::Syntax(error.to_string()))?;
        match text.as_bytes()[0] {
            b'{' if depth(text) > Self::MAX_DEPTH => Err(NotAnObject::TooDeep),
            b'{' => Ok(Self(text.to_owned())),
            b'[' => Err(NotAnObject::Other("an array")),
            b'"' => Err(NotAnObject::Other("a string")),
            b't' | b'f' => Err(NotAnObject::Other("true or false")),
            b'n' => Err(NotAnObject::Other("null")),
            _ => Err(NotAnObject::Other("a number")),
        }
    }

    /// Takes in any `text`, as it is, for a service whose messages need not be JSON.
    ///
    /// # Errors
    /// If there is no text, or too much.
    pub fn any(text: &str) -> Result<Self, NotAnObject> {
        match text.len() {
            0 => Err(NotAnObject::Empty),
            bytes if bytes > Self::MAX => Err(NotAnObject::TooLong { bytes }),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How many objects and arrays of the JSON `text` are within one another at most.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

impl From<&serde_json::Map<String, serde_json::Value>> for JsonObject {
    fn from(object: &serde_json::Map<String, serde_json::Value>) -> Self {
        Self(serde_json::Value::Object(object.clone()).to_string())
    }
}

impl fmt::Debug for JsonObject {
    /// A person may have written a secret into it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonObject({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_are_taken_and_the_others_are_told_why() {
        assert_eq!(JsonObject::any("40{}").unwrap().as_str(), "40{}");
        assert!(JsonObject::any("").is_err() && JsonObject::any(&"x".repeat(JsonObject::MAX + 1)).is_err());
        assert_eq!(JsonObject::parse(" {\"v\": 1}\n").unwrap().as_str(), "{\"v\": 1}");
        for (text, reason) in [
            ("", "Nothing to send"),
            ("[1]", "an array"),
            ("\"x\"", "a string"),
            ("-1", "a number"),
            ("null", "null"),
            ("true", "true or false"),
            ("{\"v\":1", "not JSON: EOF while parsing an object at line 1 column 6"),
            ("{\"v\":1} x", "not JSON: trailing characters"),
            ("hello", "not JSON"),
        ] {
            let error = JsonObject::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        let nested = |levels: usize| format!("{{\"[[\\\"[\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        assert!(JsonObject::parse(&nested(JsonObject::MAX_DEPTH)).is_ok());
        let deep = JsonObject::parse(&nested(JsonObject::MAX_DEPTH + 1)).unwrap_err();
        assert_eq!((&deep, deep.to_string().contains("100 levels")), (&NotAnObject::TooDeep, true));
        assert!(JsonObject::parse(&nested(30_000)).is_err(), "and the program lives on");
        assert!(JsonObject::parse("{\"a\":1,\"a\":2}").is_ok(), "JSON allows it, and servers take the last");
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(JsonObject::MAX));
        assert!(JsonObject::parse(&long).unwrap_err().to_string().contains("65536"));
    }
}
