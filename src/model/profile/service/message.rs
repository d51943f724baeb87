//! What is looked for in a message, and what is kept of one.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::model::SafeText;
use crate::model::profile::address::JsonPointer;

/// A message that is looked for. All that it names has to be there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matcher {
    /// What it begins with.
    pub text: Option<String>,
    /// What stands anywhere in it.
    pub contains: Option<String>,
    /// What stands where in its JSON; `None`: anything.
    pub fields: BTreeMap<JsonPointer, Option<Value>>,
}

impl Matcher {
    /// The word that stands for any value.
    const ANY: &str = "*";
    /// The key of what a message begins with.
    const TEXT: &str = "text";
    /// The key of what stands anywhere in it.
    const CONTAINS: &str = "contains";

    /// Whether `message` is one. Its JSON begins at its first brace or bracket: what stands before that, as with
    /// Socket.IO, is what `text` is for.
    pub fn matches(&self, message: &str) -> bool {
        self.text.as_ref().is_none_or(|text| message.starts_with(text.as_str()))
            && self.contains.as_ref().is_none_or(|text| message.contains(text.as_str()))
            && (self.fields.is_empty() || json_of(message).is_some_and(|json| self.is_in(&json)))
    }

    fn is_in(&self, json: &Value) -> bool {
        self.fields.iter().all(|(pointer, wanted)| match (pointer.find_within_strings(json), wanted) {
            (Some(found), Some(wanted)) => found == *wanted,
            (Some(_), None) => true,
            (None, _) => false,
        })
    }
}

/// The JSON of a message, after whatever stands before it.
pub fn json_of(message: &str) -> Option<Value> {
    let start = message.find(['{', '['])?;
    serde_json::from_str(&message[start..]).ok()
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text.iter().map(|text| format!("a message that begins with {}", shown(text)));
        let contains = self.contains.iter().map(|text| format!("a message with {} in it", shown(text)));
        let fields = self.fields.iter().map(|(pointer, wanted)| match wanted {
            Some(wanted) => format!("{pointer} = {wanted}"),
            None => format!("{pointer}"),
        });
        f.write_str(&text.chain(contains).chain(fields).collect::<Vec<_>>().join(", "))
    }
}

/// `text` with its control characters spelt out.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}

impl Serialize for Matcher {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.text.iter().map(|text| (Self::TEXT.to_owned(), Value::from(text.as_str())));
        let contains = self.contains.iter().map(|text| (Self::CONTAINS.to_owned(), Value::from(text.as_str())));
        let fields = self
            .fields
            .iter()
            .map(|(pointer, wanted)| (pointer.to_string(), wanted.clone().unwrap_or_else(|| Value::from(Self::ANY))));
        serializer.collect_map(text.chain(contains).chain(fields))
    }
}

impl<'de> Deserialize<'de> for Matcher {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut matcher = Self::default();
        let wrong = "expected a message such as { \"/type\" = \"hello\" } or { text = \"0\" }";
        let fields = BTreeMap::<String, Value>::deserialize(deserializer).map_err(|_| D::Error::custom(wrong))?;
        for (key, value) in fields {
            match (key.as_str(), value) {
                (Self::TEXT, Value::String(text)) if !text.is_empty() => matcher.text = Some(text),
                (Self::TEXT, _) => return Err(D::Error::custom("expected text = \"what the message begins with\"")),
                (Self::CONTAINS, Value::String(text)) if !text.is_empty() => matcher.contains = Some(text),
                (Self::CONTAINS, _) => {
                    return Err(D::Error::custom("expected contains = \"what stands anywhere in the message\""));
                }
                (_, value) => {
                    let pointer = JsonPointer::try_from(key).map_err(|problem| {
                        D::Error::custom(format_args!(
                            "{problem}, text = \"what the message begins with\" or contains = \"…\""
                        ))
                    })?;
                    matcher.fields.insert(pointer, (value != Self::ANY).then_some(value));
                }
            }
        }
        if matcher == Self::default() {
            return Err(D::Error::custom(wrong));
        }
        Ok(matcher)
    }
}

/// Where in a message something stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MessagePart {
    /// In its JSON.
    Json(JsonPointer),
    /// Behind this text.
    After(Marker),
    /// It is the whole message.
    Text,
}

impl MessagePart {
    /// What stands there in `message`, of which `json` is the JSON.
    pub fn find(&self, message: &str, json: Option<&Value>) -> Option<String> {
        match self {
            Self::Json(pointer) => {
                let value = pointer.find_within_strings(json?)?;
                Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            }
            Self::After(marker) => marker.find(message).map(str::to_owned),
            Self::Text => Some(message.to_owned()),
        }
    }
}

impl TryFrom<String> for MessagePart {
    type Error = String;

    /// What is not there is not taken, so `?/pointer` is as good as in a step and means the same.
    fn try_from(text: String) -> Result<Self, String> {
        if text == "text" {
            return Ok(Self::Text);
        }
        if let Some(marker) = text.strip_prefix(Marker::PREFIX) {
            return Marker::try_from(marker.to_owned()).map(Self::After);
        }
        let pointer = text.strip_prefix('?').unwrap_or(&text).to_owned();
        if !pointer.starts_with('/') {
            return Err("expected a JSON pointer such as \"/ticket\", \"after:TEXT\" or \"text\"".to_owned());
        }
        JsonPointer::try_from(pointer).map(Self::Json)
    }
}

impl From<MessagePart> for String {
    fn from(part: MessagePart) -> Self {
        part.to_string()
    }
}

impl fmt::Display for MessagePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(pointer) => pointer.fmt(f),
            Self::After(marker) => write!(f, "{}{marker}", Marker::PREFIX),
            Self::Text => f.write_str("text"),
        }
    }
}

/// A text behind which something stands, as in pages and in headers of messages: `name="csrf" content="`, `message:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker(String);

impl Marker {
    /// What it begins with where a place is named.
    pub const PREFIX: &str = "after:";

    /// What follows it in `text`: up to the next quotation mark if it ends with one, up to the next tag if it ends with one,
    /// else up to the end of the line.
    pub fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        let (_, rest) = text.split_once(self.0.as_str())?;
        let found = match self.0.chars().last() {
            Some(quote @ ('"' | '\'')) => rest.split(quote).next(),
            Some('>') => rest.split('<').next(),
            Some(_) | None => rest.split(['\r', '\n', '\0']).next(),
        };
        found.map(str::trim).filter(|found| !found.is_empty())
    }
}

impl TryFrom<String> for Marker {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_one = !text.trim().is_empty() && SafeText::new(&text).as_str() == text;
        is_one
            .then_some(Self(text))
            .ok_or_else(|| "expected the text behind which it stands: \"after:TEXT\"".to_owned())
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(toml: &str) -> Matcher {
        #[derive(Deserialize)]
        struct File {
            expect: Matcher,
        }
        toml::from_str::<File>(&format!("expect = {toml}")).unwrap().expect
    }

    #[test]
    fn a_message_is_found_by_its_beginning_and_by_what_stands_in_it() {
        for (expect, message, found) in [
            (r#"{ "/type" = "hello" }"#, r#"{"type":"hello"}"#, true),
            (r#"{ "/type" = "hello" }"#, r#"{"type":"helloo"}"#, false),
            (r#"{ "/type" = "*" }"#, r#"{"type":null}"#, true),
            (r#"{ "/type" = "*" }"#, "type", false),
            (r#"{ "/d/n" = 5, "/op" = 10 }"#, r#"{"op":10,"d":{"n":5}}"#, true),
            (r#"{ "/3" = "phx_reply" }"#, r#"["1","1","t","phx_reply",{}]"#, true),
            (r#"{ text = "0{" }"#, r#"0{"sid":"a"}"#, true),
            (r#"{ text = "40", "/sid" = "*" }"#, r#"40{"sid":"a"}"#, true),
            (r#"{ text = "40" }"#, "44{}", false),
            (r#"{ text = "2" }"#, "2", true),
            (r#"{ "/data/code" = 4009 }"#, r#"{"data":"{\"code\":4009}"}"#, true),
            (r#"{ "/data/code" = 4009 }"#, r#"{"data":"{\"code\":4001}"}"#, false),
            (r#"{ "/data/code" = 4009 }"#, r#"{"data":"4009"}"#, false),
        ] {
            assert_eq!(matcher(expect).matches(message), found, "{expect} {message}");
        }
    }
}
