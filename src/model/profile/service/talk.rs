//! What is said over the open socket: greeting, heartbeat, answers, ends.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::spelling::DurationTemplate;
use super::step::Step;
use crate::model::SafeText;
use crate::model::profile::address::JsonPointer;
use crate::model::profile::template::Template;
use crate::model::values::ValueName;

/// One step of the greeting: a request, then a message of ours, then one of the server's; each may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelloStep {
    /// A request between two messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Step>,
    /// What is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<Template>,
    /// What the server has to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Matcher>,
    /// By when.
    #[serde(default = "HelloStep::patience", with = "crate::model::durations::limit")]
    pub within: Duration,
    /// What is kept of what it says.
    #[serde(default, deserialize_with = "pointers", skip_serializing_if = "BTreeMap::is_empty")]
    pub take: BTreeMap<ValueName, JsonPointer>,
}

impl HelloStep {
    const fn patience() -> Duration {
        Duration::from_secs(10)
    }
}

/// Pointers into a message. What is not there is not taken, so `?/pointer` is as good as in a step and means the same.
fn pointers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<ValueName, JsonPointer>, D::Error> {
    let pointer = |text: String| {
        let pointer = text.strip_prefix('?').unwrap_or(&text).to_owned();
        JsonPointer::try_from(pointer).map_err(D::Error::custom)
    };
    let texts = BTreeMap::<ValueName, String>::deserialize(deserializer)?;
    texts.into_iter().map(|(name, text)| Ok((name, pointer(text)?))).collect()
}

/// A message that is looked for. All that it names has to be there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matcher {
    /// What it begins with.
    pub text: Option<String>,
    /// What stands where in its JSON; `None`: anything.
    pub fields: BTreeMap<JsonPointer, Option<Value>>,
}

impl Matcher {
    /// The word that stands for any value.
    const ANY: &str = "*";
    /// The key of what a message begins with.
    const TEXT: &str = "text";

    /// Whether `message` is one. Its JSON begins at its first brace or bracket: what stands before that, as with
    /// Socket.IO, is what `text` is for.
    pub fn matches(&self, message: &str) -> bool {
        if self.text.as_ref().is_some_and(|text| !message.starts_with(text.as_str())) {
            return false;
        }
        self.fields.is_empty() || json_of(message).is_some_and(|json| self.is_in(&json))
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

impl std::fmt::Display for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.text.iter().map(|text| format!("a message that begins with {text}"));
        let fields = self.fields.iter().map(|(pointer, wanted)| match wanted {
            Some(wanted) => format!("{pointer} = {wanted}"),
            None => format!("{pointer}"),
        });
        f.write_str(&text.chain(fields).collect::<Vec<_>>().join(", "))
    }
}

impl Serialize for Matcher {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.text.iter().map(|text| (Self::TEXT.to_owned(), Value::from(text.as_str())));
        let fields = self
            .fields
            .iter()
            .map(|(pointer, wanted)| (pointer.to_string(), wanted.clone().unwrap_or_else(|| Value::from(Self::ANY))));
        serializer.collect_map(text.chain(fields))
    }
}

impl<'de> Deserialize<'de> for Matcher {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut matcher = Self::default();
        for (key, value) in BTreeMap::<String, Value>::deserialize(deserializer)? {
            match (key.as_str(), value) {
                (Self::TEXT, Value::String(text)) if !text.is_empty() => matcher.text = Some(text),
                (Self::TEXT, _) => return Err(D::Error::custom("expected text = \"what the message begins with\"")),
                (_, value) => {
                    let pointer = JsonPointer::try_from(key).map_err(|problem| {
                        D::Error::custom(format_args!("{problem}, or text = \"what the message begins with\""))
                    })?;
                    matcher.fields.insert(pointer, (value != Self::ANY).then_some(value));
                }
            }
        }
        if matcher == Self::default() {
            return Err(D::Error::custom("expected a message such as { \"/type\" = \"hello\" } or { text = \"0\" }"));
        }
        Ok(matcher)
    }
}

/// How messages stand in frames.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Frame {
    /// What ends each message; a frame may hold several.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "separator")]
    pub split: Option<String>,
}

impl Frame {
    /// Whether a frame is a message.
    pub fn is_plain(&self) -> bool {
        self.split.is_none()
    }
}

fn separator<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let fits = !text.is_empty() && text.len() <= 8;
    fits.then_some(Some(text)).ok_or_else(|| D::Error::custom("expected what ends a message, such as \"\\u001e\""))
}

/// What the client says again and again, so that the server keeps the connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// How often.
    pub every: DurationTemplate,
    /// What.
    pub send: Template,
    /// What the server answers before the next one is due; without that the connection is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Matcher>,
}

/// What the client answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRule {
    /// To which message.
    pub when: Matcher,
    /// What of it is kept, for this answer or for whatever is said later.
    #[serde(default, deserialize_with = "pointers", skip_serializing_if = "BTreeMap::is_empty")]
    pub take: BTreeMap<ValueName, JsonPointer>,
    /// What is sent; without it the message is only kept in mind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<Template>,
}

/// After which silence the connection is dead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// After how long without any message.
    pub after: DurationTemplate,
}

/// A message that announces the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndRule {
    /// Which.
    pub when: Matcher,
    /// What follows.
    pub then: Then,
    /// Where the message holds the address to go to, for [`Then::Go`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<JsonPointer>,
    /// Where the message holds the server's own reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<JsonPointer>,
    /// What it means, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<SafeText>,
    /// Who can help: `user`, `operations`, `developers` or `network`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<EndOwner>,
}

/// What follows an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// Nothing, until a person wants it.
    Stop,
    /// A new attempt after the usual wait.
    Retry,
    /// A new attempt at once: the server wants its client elsewhere, or with a new ticket.
    Renew,
    /// As `renew`, after a new login.
    Login,
    /// As `renew`, at the address that the message names.
    Go,
}

/// Who can help with an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndOwner {
    /// The user.
    User,
    /// The service's operations.
    Operations,
    /// The application's developers.
    Developers,
    /// Whoever runs the user's network.
    Network,
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
