//! Texts with values in them: `Bearer {{token}}`, `{{token|base64url}}`.

mod filter;
mod md5;
mod private_key;

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use self::filter::Filter;
pub use self::filter::{from_hex, hex};
pub use self::private_key::Algorithm;
pub use crate::model::values::MissingValue;
use crate::model::values::{ValueName, Values};

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
    /// The same as a date (RFC 3339): `2026-01-25T12:00:00.123Z`.
    NowIso,
    /// The same as a header has it (RFC 9110 §5.6.7): `Sun, 25 Jan 2026 12:00:00 GMT`.
    NowHttp,
    /// A random UUID (RFC 9562 §5.4).
    Uuid,
}

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
                named.into_iter().chain(filters.iter().filter_map(Filter::key)).collect()
            }
        })
    }

    /// The values that can be read off the text: those that are not only keys or under a signature.
    pub fn exposed_names(&self) -> impl Iterator<Item = &ValueName> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(Place { what: What::Named(name), filters }) => {
                let is_signed = filters.iter().any(Filter::is_one_way);
                (!is_signed).then_some(name)
            }
            Piece::Value(Place { what: What::BuiltIn(_), .. }) | Piece::Text(_) => None,
        })
    }

    /// The private keys that it signs with, and for what.
    pub fn private_keys(&self) -> impl Iterator<Item = (Algorithm, &ValueName)> {
        self.pieces.iter().flat_map(|piece| match piece {
            Piece::Text(_) => Vec::new(),
            Piece::Value(place) => place.filters.iter().filter_map(Filter::private_key).collect(),
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
    pub fn with_texts(&self, mut change: impl FnMut(&str) -> String) -> Self {
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
            What::BuiltIn(BuiltIn::NowIso) => {
                let date = built_ins.date().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
                Zeroizing::new(date.into_bytes())
            }
            What::BuiltIn(BuiltIn::NowHttp) => {
                Zeroizing::new(built_ins.date().format("%a, %d %b %Y %H:%M:%S GMT").to_string().into_bytes())
            }
            What::BuiltIn(BuiltIn::Uuid) => Zeroizing::new(built_ins.uuid.clone().into_bytes()),
        };
        // What people give is text, whatever it looks like.
        let is_text = matches!(&self.what, What::Named(name) if values.is_given(name));
        let mut is_in_bytes = false;
        for filter in &self.filters {
            if is_in_bytes && filter.reads_text() {
                bytes = Zeroizing::new(hex(&bytes).into_bytes());
            }
            bytes = filter.apply(&bytes, values, is_text)?;
            is_in_bytes = filter.gives_bytes();
        }
        let text = if is_in_bytes { hex(&bytes) } else { String::from_utf8_lossy(&bytes).into_owned() };
        Ok(Zeroizing::new(text))
    }
}

impl BuiltIns {
    fn date(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from_timestamp_millis(self.now_ms).unwrap_or_default()
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
        let template = Self { pieces };
        // JSON has as many { as }.
        let mut open = 0_i32;
        let is_stray = template.texts().flat_map(str::chars).any(|c| {
            open += i32::from(c == '{') - i32::from(c == '}');
            open <= -2
        });
        if is_stray {
            return Err("a }} has no {{; expected a value such as {{token}}".to_owned());
        }
        Ok(template)
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
    let filters = parts.map(Filter::read);
    Ok(Place { what, filters: filters.collect::<Result<_, _>>()? })
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.to_string()
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
        values.set(ValueName::built_in("key_in_base64"), "a2V5");
        values.set(ValueName::built_in("key_in_hex"), "6b 65 79");
        values.set(ValueName::built_in("number"), "25000");
        values.give(ValueName::built_in("pin"), "48151623");
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
            ("{{number|sha256}}", "0812a4ef4ea9e800e2cb87a311317fdb06f80ab8700c7185b35588b3d6953739"),
            ("{{number|sha256|base64}}", "CBKk706p6ADiy4ejETF/2wb4CrhwDHGFs1WIs9aVNzk="),
            (
                "{{number|sha512|base64url}}",
                "uap63vjEEY1gNfL-kyMSUGRYSwpw7t_eHhtFKXLSSDmWDT60xoo0JjpHeW3ATdRabPYuycVGHALQ5GpxupB66Q",
            ),
            ("{{number|hmac_sha1:key}}", "ff5e7a42accf78c8baa290555d784ce74be27caf"),
            (
                "{{number|hmac_sha384:key}}",
                "7240b929b471cb9840dc221893e13abbc07ad941914ff77ed64164ecf4cd7b992a08294a8027757c7caec11243807963",
            ),
            (
                "{{number|hmac_sha512:key|base64}}",
                "kVBiSVNjxqp/wL7QKCORCWtzRix5nny78BSJ02aJkrLmFIR1dj33B5txwE6+49l5t2/eZYaHObGVarOifrQu+w==",
            ),
            (
                "{{number|hmac_sha256:key_in_base64:base64}}",
                "1b088d17b0ee2564bc2f8276314897c6f64e8d83bfcee2aa207911e4aba7d952",
            ),
            (
                "{{number|hmac_sha256:key_in_hex:hex}}",
                "1b088d17b0ee2564bc2f8276314897c6f64e8d83bfcee2aa207911e4aba7d952",
            ),
            ("{{token|hex|unhex}}{{number|hex}}", "a b&\"c\"3235303030"),
            ("{{token|url|unurl}}{{token|base64url|unbase64}}", "a b&\"c\"a b&\"c\""),
            ("{{number|len16|hex}} {{number|varlen|hex}}", "00053235303030 053235303030"),
            ("{{now|plus:3600}} {{now_ms|plus:-123}} {{token|plus:1}}", "1700003600 1700000000000 a b&\"c\""),
            ("{{now|times:1000}} {{number|times:0.5}} {{token|times:2}}", "1700000000000 12500 a b&\"c\""),
            ("{{now|time:%Y%m%dT%H%M%SZ}} {{now_ms|time:%Y-%m-%d}}", "20231114T221320Z 2023-11-14"),
            ("{{now_iso|without:-}} {{number|part:1:3}} {{number|part:3}}", "20231114T22:13:20.123Z 50 00"),
            ("{{key|md5}} {{key|md5|part:0:8}}", "3c6e0b8a9c15224a8228b9a98ca1531d 3c6e0b8a"),
            ("{{number|len32|hex}} {{number|len32:4|hex}}", "000000053235303030 000000093235303030"),
            ("{{number|varint|hex}} {{pin|json}} {{now|json}}", "a8c301 \"48151623\" 1700000000"),
            ("{\"a\":{\"b\":{{number|json}}}}", "{\"a\":{\"b\":25000}}"),
            ("{{now_iso}} {{now_http}}", "2023-11-14T22:13:20.123Z Tue, 14 Nov 2023 22:13:20 GMT"),
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
            ("Bearer tok}}", "has no {{"),
            ("{{Token}}", "small letters"),
            ("{{}}", "small letters"),
            ("{{token|upper}}", "url, json, base64url"),
            ("{{token|hmac_sha256:A}}", "small letters"),
            ("{{token|hmac_sha256}}", "hmac_sha256:NAME"),
            ("{{token|hmac_sha256:a:b}}", "hmac_sha256:NAME:base64"),
            ("{{token|es256}}", "es256:NAME"),
            ("{{now|plus:1h}}", "plus:N with a whole number"),
            ("{{now|times}}", "times:N"),
            ("{{now|time:%Q}}", "time:FORMAT"),
            ("{{token|part:8:2}}", "part:FROM:TO"),
            ("{{token|without:}}", "without:TEXT"),
            ("{{token|len32:x}}", "len32:4"),
        ] {
            let problem = Template::try_from(wrong.to_owned()).unwrap_err();
            assert!(problem.contains(expected), "{wrong}: {problem}");
        }
    }
}
