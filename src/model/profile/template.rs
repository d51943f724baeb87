//! Texts with values in them: `Bearer {{token}}`, `{{token|base64url}}`.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::model::values::{ValueName, Values};

/// What stands in a query's value as it is; everything else is percent-encoded (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text with places for values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Place),
}

/// Where a value stands, and how it is spelt there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    what: What,
    filters: Vec<Filter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Named(ValueName),
    BuiltIn(BuiltIn),
}

/// Values that are always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum BuiltIn {
    /// The number of the message that is sent, from 1.
    Id,
    /// The time in seconds since 1970.
    Now,
    /// The same in milliseconds.
    NowMs,
    /// A random UUID (RFC 9562 §5.4).
    Uuid,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Filter {
    /// Percent-encoded.
    Url,
    /// A JSON string with its quotation marks; a number, `true`, `false` and `null` stay what they are.
    Json,
    Base64Url,
    Base64,
    /// Signed with the value of this name (RFC 2104): bytes, which are hex unless another filter follows.
    HmacSha256(ValueName),
}

/// The names of the filters, for whoever wrote another one.
const FILTERS: &str = "url, json, base64url, base64 or hmac_sha256:NAME";

/// What the built-in values are for one request or message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuiltIns {
    /// The number of the message.
    pub id: u64,
    /// The time in milliseconds since 1970.
    pub now_ms: i64,
    /// A random UUID.
    pub uuid: String,
}

/// A value that a template needs and nobody has given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no value called {0}")]
pub struct MissingValue(pub ValueName);

impl Template {
    /// A template of the program's own.
    pub(super) fn built_in(text: &str) -> Self {
        Self::try_from(text.to_owned()).expect("built-in templates are valid")
    }

    /// This text, with nothing in it that could be a value.
    pub(super) fn literal(text: &str) -> Self {
        Self { pieces: vec![Piece::Text(text.to_owned())] }
    }

    /// The text with its `values` in it.
    ///
    /// # Errors
    /// A value that is not there.
    pub fn expand(&self, values: &Values, built_ins: &BuiltIns) -> Result<Zeroizing<String>, MissingValue> {
        let mut parts: Vec<Zeroizing<String>> = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            parts.push(match piece {
                Piece::Text(text) => Zeroizing::new(text.clone()),
                Piece::Value(place) => place.expand(values, built_ins)?,
            });
        }
        // As large as needed from the start: growing would leave a copy of a secret behind.
        let mut whole = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
        parts.iter().for_each(|part| whole.push_str(part));
        Ok(whole)
    }

    /// The values that it needs, but for the built-in ones.
    pub fn names(&self) -> impl Iterator<Item = &ValueName> {
        self.pieces.iter().flat_map(|piece| match piece {
            Piece::Text(_) => Vec::new(),
            Piece::Value(Place { what, filters }) => {
                let named = match what {
                    What::Named(name) => Some(name),
                    What::BuiltIn(_) => None,
                };
                let keys = filters.iter().filter_map(|filter| match filter {
                    Filter::HmacSha256(key) => Some(key),
                    Filter::Url | Filter::Json | Filter::Base64Url | Filter::Base64 => None,
                });
                named.into_iter().chain(keys).collect()
            }
        })
    }

    /// The values that can be read off the text: those that are not only keys or under a signature.
    pub fn exposed_names(&self) -> impl Iterator<Item = &ValueName> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(Place { what: What::Named(name), filters }) => {
                let is_signed = filters.iter().any(|filter| matches!(filter, Filter::HmacSha256(_)));
                (!is_signed).then_some(name)
            }
            Piece::Value(Place { what: What::BuiltIn(_), .. }) | Piece::Text(_) => None,
        })
    }

    /// Of an address: the values that decide to which host it leads.
    pub fn authority_names(&self) -> impl Iterator<Item = &ValueName> {
        let begins_with_value = matches!(self.pieces.first(), Some(Piece::Value(_)));
        let mut before = String::new();
        let in_authority = self.pieces.iter().take_while(move |piece| {
            if let Piece::Text(text) = piece {
                before.push_str(text);
            }
            match before.split_once("://") {
                Some((_, authority)) => !authority.contains('/'),
                None => !(begins_with_value && before.contains('/')),
            }
        });
        in_authority.filter_map(|piece| match piece {
            Piece::Value(Place { what: What::Named(name), .. }) => Some(name),
            Piece::Value(Place { what: What::BuiltIn(_), .. }) | Piece::Text(_) => None,
        })
    }

    /// The text, if there is no value in it.
    pub fn fixed(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// What stands before the first value.
    pub fn beginning(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Text(text)) => text,
            Some(Piece::Value(_)) | None => "",
        }
    }

    /// It in another language: `text` spells what stands in it, `value` a value by its name and the names of its filters.
    pub fn translated(&self, text: impl Fn(&str) -> String, value: impl Fn(&str, &[String]) -> String) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(fixed) => text(fixed),
            Piece::Value(Place { what, filters }) => {
                let filters: Vec<_> = filters.iter().map(ToString::to_string).collect();
                match what {
                    What::Named(name) => value(name.as_str(), &filters),
                    What::BuiltIn(built_in) => value(built_in.into(), &filters),
                }
            }
        });
        pieces.collect()
    }

    /// If it begins with a value: that alone, and what follows it.
    pub fn first_value_and_rest(&self) -> Option<(Self, Self)> {
        match self.pieces.split_first() {
            Some((first @ Piece::Value(_), rest)) => {
                Some((Self { pieces: vec![first.clone()] }, Self { pieces: rest.to_vec() }))
            }
            Some((Piece::Text(_), _)) | None => None,
        }
    }

    /// The texts between the values.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Value(_) => None,
        })
    }

    /// The same with each of its texts changed by `change`.
    #[must_use]
    pub fn with_texts(&self, change: impl Fn(&str) -> String) -> Self {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Piece::Text(change(text)),
            Piece::Value(place) => Piece::Value(place.clone()),
        });
        Self { pieces: pieces.collect() }
    }
}

impl Place {
    fn expand(&self, values: &Values, built_ins: &BuiltIns) -> Result<Zeroizing<String>, MissingValue> {
        let value = |name: &ValueName| values.expose(name).ok_or_else(|| MissingValue(name.clone()));
        let mut bytes = match &self.what {
            What::Named(name) => Zeroizing::new(value(name)?.as_bytes().to_vec()),
            What::BuiltIn(BuiltIn::Id) => Zeroizing::new(built_ins.id.to_string().into_bytes()),
            What::BuiltIn(BuiltIn::Now) => Zeroizing::new((built_ins.now_ms / 1_000).to_string().into_bytes()),
            What::BuiltIn(BuiltIn::NowMs) => Zeroizing::new(built_ins.now_ms.to_string().into_bytes()),
            What::BuiltIn(BuiltIn::Uuid) => Zeroizing::new(built_ins.uuid.clone().into_bytes()),
        };
        for filter in &self.filters {
            bytes = Zeroizing::new(match filter {
                Filter::Url => percent_encode(&bytes, UNRESERVED).to_string().into_bytes(),
                Filter::Json => as_json(&bytes),
                Filter::Base64Url => URL_SAFE_NO_PAD.encode(&*bytes).into_bytes(),
                Filter::Base64 => STANDARD.encode(&*bytes).into_bytes(),
                Filter::HmacSha256(key) => {
                    let key = hmac::Key::new(hmac::HMAC_SHA256, value(key)?.as_bytes());
                    hmac::sign(&key, &bytes).as_ref().to_vec()
                }
            });
        }
        let ends_in_bytes = matches!(self.filters.last(), Some(Filter::HmacSha256(_)));
        let text = if ends_in_bytes {
            bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        } else {
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ok(Zeroizing::new(text))
    }
}

/// `bytes` as a JSON value.
fn as_json(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(serde_json::Value::Number(_) | serde_json::Value::Bool(_) | serde_json::Value::Null) => bytes.to_vec(),
        _ => serde_json::Value::from(text).to_string().into_bytes(),
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            // `{"a":{{{token}}}}`: the value's braces are the inner ones.
            let braces = after.bytes().take_while(|byte| *byte == b'{').count();
            let (before, after) = (&rest[..before.len() + braces], &after[braces..]);
            let (inside, after) =
                after.split_once("}}").ok_or("a {{ has no }}; expected a value such as {{token}}".to_owned())?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Value(place(inside)?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }
}

fn place(inside: &str) -> Result<Place, String> {
    let mut parts = inside.split('|').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let what = match name.parse() {
        Ok(built_in) => What::BuiltIn(built_in),
        Err(_) => {
            let wrong = |expected: String| format!("“{name}” between {{{{ and }}}} is no name; {expected}");
            What::Named(ValueName::try_from(name.to_owned()).map_err(wrong)?)
        }
    };
    let filters = parts.map(|filter| match filter.split_once(':') {
        None if filter == "url" => Ok(Filter::Url),
        None if filter == "json" => Ok(Filter::Json),
        None if filter == "base64url" => Ok(Filter::Base64Url),
        None if filter == "base64" => Ok(Filter::Base64),
        Some(("hmac_sha256", key)) => ValueName::try_from(key.trim().to_owned()).map(Filter::HmacSha256),
        _ => Err(format!("there is no filter “{filter}”; expected {FILTERS}")),
    });
    Ok(Place { what, filters: filters.collect::<Result<_, _>>()? })
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.to_string()
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("url"),
            Self::Json => f.write_str("json"),
            Self::Base64Url => f.write_str("base64url"),
            Self::Base64 => f.write_str("base64"),
            Self::HmacSha256(key) => write!(f, "hmac_sha256:{key}"),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => f.write_str(text)?,
                Piece::Value(Place { what, filters }) => {
                    match what {
                        What::Named(name) => write!(f, "{{{{{name}")?,
                        What::BuiltIn(built_in) => write!(f, "{{{{{}", <&str>::from(built_in))?,
                    }
                    filters.iter().try_for_each(|filter| write!(f, "|{filter}"))?;
                    f.write_str("}}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(template: &str) -> Result<String, MissingValue> {
        let mut values = Values::one(ValueName::built_in("token"), "a b&\"c\"");
        values.set(ValueName::built_in("key"), "key");
        values.set(ValueName::built_in("number"), "25000");
        let built_ins = BuiltIns { id: 7, now_ms: 1_700_000_000_123, uuid: "u".to_owned() };
        let template = Template::try_from(template.to_owned()).unwrap();
        assert_eq!(Template::try_from(template.to_string()).unwrap(), template, "as it is written");
        template.expand(&values, &built_ins).map(|text| text.to_string())
    }

    #[test]
    fn values_stand_where_they_are_named_in_the_spelling_that_is_asked_for() {
        for (template, expected) in [
            ("Bearer {{token}}", "Bearer a b&\"c\""),
            ("{{token|url}}", "a%20b%26%22c%22"),
            ("{\"t\":{{token|json}},\"n\":{{number|json}}}", "{\"t\":\"a b&\\\"c\\\"\",\"n\":25000}"),
            ("{\"a\":{{{token|url}}}}", "{\"a\":{a%20b%26%22c%22}}"),
            ("{{token|base64url}}.{{token|base64}}", "YSBiJiJjIg.YSBiJiJjIg=="),
            ("{{ id }} {{now}} {{now_ms}} {{uuid}}", "7 1700000000 1700000000123 u"),
            // As `openssl dgst -sha256 -hmac key` says.
            ("{{number|hmac_sha256:key}}", "1b088d17b0ee2564bc2f8276314897c6f64e8d83bfcee2aa207911e4aba7d952"),
            ("{{number|hmac_sha256:key|base64}}", "GwiNF7DuJWS8L4J2MUiXxvZOjYO/zuKqIHkR5Kun2VI="),
            ("", ""),
        ] {
            assert_eq!(expanded(template).unwrap(), expected, "{template}");
        }
        assert_eq!(expanded("{{nobody}}"), Err(MissingValue(ValueName::built_in("nobody"))));
    }

    #[test]
    fn no_value_can_be_called_as_one_that_is_always_there() {
        assert_eq!(<BuiltIn as strum::VariantNames>::VARIANTS, ValueName::BUILT_IN);
    }

    #[test]
    fn a_wrong_template_says_what_was_expected() {
        for (wrong, expected) in [
            ("{{token", "has no }}"),
            ("{{Token}}", "small letters"),
            ("{{}}", "small letters"),
            ("{{token|upper}}", "url, json, base64url"),
            ("{{token|hmac_sha256:A}}", "small letters"),
        ] {
            let problem = Template::try_from(wrong.to_owned()).unwrap_err();
            assert!(problem.contains(expected), "{wrong}: {problem}");
        }
    }
}
