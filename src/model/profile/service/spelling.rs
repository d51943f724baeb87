//! Values of a profile that are spelt in more than one way.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::model::profile::literals::Literals;
use crate::model::profile::template::{BuiltIns, MissingValue, Template};
use crate::model::values::{ValueName, Values};

/// A text that `read` takes, or `false`, which is nothing.
pub(super) fn or_false<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    read: impl FnOnce(&str) -> Result<T, D::Error>,
) -> Result<Option<T>, D::Error> {
    struct Either<T, F, E>(&'static str, F, PhantomData<(T, E)>);

    impl<T, F: FnOnce(&str) -> Result<T, E>, E: Error> Visitor<'_> for Either<T, F, E> {
        type Value = Result<Option<T>, E>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_bool<X: Error>(self, is_there: bool) -> Result<Self::Value, X> {
            if is_there { Err(X::invalid_value(Unexpected::Bool(true), &self)) } else { Ok(Ok(None)) }
        }

        fn visit_str<X: Error>(self, text: &str) -> Result<Self::Value, X> {
            match (self.1)(text) {
                Ok(value) => Ok(Ok(Some(value))),
                Err(error) => Err(X::custom(error)),
            }
        }
    }

    deserializer.deserialize_any(Either(expected, read, PhantomData))?
}

/// A text or a table with exactly one of its keys.
pub(super) fn text_or_keyed<'de, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<(Option<String>, String), D::Error> {
    struct Either(&'static str);

    impl<'de> Visitor<'de> for Either {
        type Value = (Option<String>, String);

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok((None, text.to_owned()))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let wrong = || A::Error::custom(format_args!("expected {}", self.0));
            let (key, value) = map.next_entry::<String, String>()?.ok_or_else(wrong)?;
            match map.next_key::<String>()? {
                None => Ok((Some(key), value)),
                Some(_) => Err(wrong()),
            }
        }
    }

    deserializer.deserialize_any(Either(expected))
}

/// A duration that may hold values: `"30s"`, `"{{ping}}ms"`, `{ millis = "{{ping}}" }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurationTemplate(Template);

impl DurationTemplate {
    const EXPECTED: &str =
        "a duration such as \"30s\" or \"{{ping}}ms\", { seconds = \"{{ping}}\" } or { millis = \"{{ping}}\" }";
    /// The longest.
    const MAX: Duration = crate::model::limit::MAX;

    /// The duration with its `values` in it, at most a day.
    ///
    /// # Errors
    /// What is wrong with it: a value that is not there, or a text that is no duration longer than nothing.
    pub fn resolve(&self, values: &Values) -> Result<Duration, BadDuration> {
        let text = self.0.expand(values, &BuiltIns::default()).map_err(BadDuration::Missing)?;
        match duration(&text) {
            Some(Duration::ZERO) => Err(BadDuration::Nothing),
            Some(duration) => Ok(duration),
            None => Err(BadDuration::NotOne),
        }
    }

    /// The values that it needs.
    pub fn names(&self) -> impl Iterator<Item = &ValueName> {
        self.0.names()
    }
}

/// Why a duration cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDuration {
    /// A value is missing.
    #[error(transparent)]
    Missing(MissingValue),
    /// What came is 0.
    #[error("the server says 0, which is no interval; expected a time longer than nothing")]
    Nothing,
    /// What came is no duration.
    #[error("what the server says is no time with a unit; expected millis = … or seconds = …")]
    NotOne,
}

/// Several parts are added: `"25000ms 20000ms"`.
fn duration(text: &str) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    for part in text.split_whitespace() {
        // What servers say may have a fraction, which humantime does not read.
        let unit = part.find(|c: char| c.is_ascii_alphabetic())?;
        let number: f64 = part[..unit].parse().ok()?;
        let seconds = match &part[unit..] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3_600.0,
            _ => return None,
        };
        sum += Duration::try_from_secs_f64(number * seconds).ok()?;
    }
    (!text.trim().is_empty()).then(|| sum.min(DurationTemplate::MAX))
}

impl Serialize for DurationTemplate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DurationTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = || D::Error::custom(format_args!("expected {}", Self::EXPECTED));
        let (key, text) = text_or_keyed(deserializer, Self::EXPECTED)?;
        let text = match key.as_deref() {
            None => text,
            Some("seconds") => text + "s",
            Some("millis") => text + "ms",
            Some(_) => return Err(wrong()),
        };
        let template = Template::try_from(text).map_err(D::Error::custom)?;
        match template.fixed() {
            Some(fixed) if duration(fixed).is_none_or(|duration| duration.is_zero()) => Err(wrong()),
            Some(_) | None => Ok(Self(template)),
        }
    }
}

/// JSON with values in its strings: `{ appId = "{{app_id}}", n = 1 }`.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonTemplate {
    /// A string with values in it.
    Text(Template),
    /// Anything else that does not change.
    Fixed(Value),
    /// An object.
    Object(BTreeMap<String, Self>),
    /// An array.
    Array(Vec<Self>),
}

impl JsonTemplate {
    /// The JSON with its `values` in it.
    ///
    /// # Errors
    /// A value that is not there.
    pub fn expand(&self, values: &Values, built_ins: &BuiltIns) -> Result<Value, MissingValue> {
        Ok(match self {
            Self::Text(template) => Value::String(template.expand(values, built_ins)?.to_string()),
            Self::Fixed(value) => value.clone(),
            Self::Object(fields) => {
                let fields = fields.iter().map(|(key, field)| Ok((key.clone(), field.expand(values, built_ins)?)));
                Value::Object(fields.collect::<Result<_, _>>()?)
            }
            Self::Array(items) => {
                Value::Array(items.iter().map(|item| item.expand(values, built_ins)).collect::<Result<_, _>>()?)
            }
        })
    }

    /// Leaves out of it, which is the field `name`, what may be secret and was written by a person.
    pub(super) fn leave_out_literals(&mut self, name: &str, literals: &mut Literals) {
        match self {
            Self::Text(template) => literals.leave_out_of(name, template),
            Self::Fixed(value) => {
                if let Some(template) = Literals::in_place_of(name, value) {
                    *self = Self::Text(template);
                }
            }
            Self::Object(fields) => {
                fields.iter_mut().for_each(|(name, field)| field.leave_out_literals(name, literals))
            }
            Self::Array(items) => items.iter_mut().for_each(|item| item.leave_out_literals(name, literals)),
        }
    }

    /// Its templates.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Text(template) => vec![template],
            Self::Fixed(_) => Vec::new(),
            Self::Object(fields) => fields.values().flat_map(Self::templates).collect(),
            Self::Array(items) => items.iter().flat_map(Self::templates).collect(),
        }
    }
}

impl TryFrom<Value> for JsonTemplate {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        Ok(match value {
            Value::String(text) => Self::Text(Template::try_from(text)?),
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(key, field)| Ok((key, Self::try_from(field)?)));
                Self::Object(fields.collect::<Result<_, String>>()?)
            }
            Value::Array(items) => Self::Array(items.into_iter().map(Self::try_from).collect::<Result<_, _>>()?),
            fixed @ (Value::Null | Value::Bool(_) | Value::Number(_)) => Self::Fixed(fixed),
        })
    }
}

impl Serialize for JsonTemplate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(template) => template.serialize(serializer),
            Self::Fixed(value) => value.serialize(serializer),
            Self::Object(fields) => fields.serialize(serializer),
            Self::Array(items) => items.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for JsonTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Numbers and ranges of them: `"3500-3999,4500-4999"`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ranges(Vec<(u16, u16)>);

impl Ranges {
    /// A number that is in two of these, or in one of them twice.
    pub fn overlap<'a>(all: impl Iterator<Item = &'a Self>) -> Option<u16> {
        let mut parts: Vec<_> = all.flat_map(|ranges| &ranges.0).copied().collect();
        parts.sort_unstable();
        parts.windows(2).find_map(|pair| match pair {
            [(_, last), (first, _)] => (first <= last).then_some(*first),
            _ => None,
        })
    }

    /// Whether `number` is among them.
    pub fn contains(&self, number: u16) -> bool {
        self.0.iter().any(|(first, last)| RangeInclusive::new(*first, *last).contains(&number))
    }
}

impl TryFrom<String> for Ranges {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || "expected numbers or ranges such as \"1000\" or \"3500-3999,4500-4999\"".to_owned();
        let number = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong());
        let range = |part: &str| match part.split_once('-') {
            Some((first, last)) => Ok((number(first)?, number(last)?)),
            None => number(part).map(|number| (number, number)),
        };
        let ranges = text.split(',').map(range).collect::<Result<Vec<_>, String>>()?;
        if ranges.iter().any(|(first, last)| first > last) { Err(wrong()) } else { Ok(Self(ranges)) }
    }
}

impl From<Ranges> for String {
    fn from(ranges: Ranges) -> Self {
        let shown = ranges.0.iter().map(
            |(first, last)| {
                if first == last { first.to_string() } else { format!("{first}-{last}") }
            },
        );
        shown.collect::<Vec<_>>().join(",")
    }
}
