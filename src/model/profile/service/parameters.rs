//! Parameters of an address or of a form: names with one value each, or several.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::profile::template::Template;

/// Names with one value each, or several: `{ v = "2", "channels[]" = ["a", "b"] }`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, Vec<Template>>);

impl Parameters {
    /// This one alone.
    pub fn one(name: &str, value: Template) -> Self {
        Self(BTreeMap::from([(name.to_owned(), vec![value])]))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<&Template> {
        self.0.get(name)?.first()
    }

    /// Each name with each of its values.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Template)> {
        self.0.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
    }

    /// The values.
    pub fn values(&self) -> impl Iterator<Item = &Template> {
        self.0.values().flatten()
    }

    /// The same, to change the values.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&String, &mut Template)> {
        self.0.iter_mut().flat_map(|(name, values)| values.iter_mut().map(move |value| (name, value)))
    }
}

impl Serialize for Parameters {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Spelt<'a> {
            One(&'a Template),
            Several(&'a [Template]),
        }
        serializer.collect_map(self.0.iter().map(|(name, values)| match values.as_slice() {
            [one] => (name, Spelt::One(one)),
            several => (name, Spelt::Several(several)),
        }))
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = BTreeMap::<Name, OneOrMore>::deserialize(deserializer)?;
        Ok(Self(read.into_iter().map(|(Name(name), OneOrMore(values))| (name, values)).collect()))
    }
}

/// The name of a parameter.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let is_name = !name.is_empty() && !name.contains(['?', '&', '=', '#', ' ']);
        is_name.then_some(Self(name)).ok_or_else(|| {
            "expected the name of a parameter, without ?, &, = or #, such as token = \"{{token}}\"".to_owned()
        })
    }
}

/// A value, or a list of them.
struct OneOrMore(Vec<Template>);

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Either {
            fn one<E: Error>(text: &str) -> Result<OneOrMore, E> {
                Template::try_from(text.to_owned()).map(|value| OneOrMore(vec![value])).map_err(E::custom)
            }
        }

        impl<'de> Visitor<'de> for Either {
            type Value = OneOrMore;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text such as \"{{token}}\", or a list of them")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMore, E> {
                Self::one(text)
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<OneOrMore, E> {
                Self::one(&value.to_string())
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<OneOrMore, E> {
                Self::one(&value.to_string())
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<OneOrMore, E> {
                Self::one(&value.to_string())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<OneOrMore, A::Error> {
                let mut values = Vec::new();
                while let Some(OneOrMore(more)) = items.next_element()? {
                    values.extend(more);
                }
                Ok(OneOrMore(values))
            }

            fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<OneOrMore, A::Error> {
                Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Parameters, String> {
        toml::from_str(toml).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_name_has_a_value_or_several() {
        let parameters = read("v = 2\n'c[]' = ['a', '{{b}}']\nx = true\n").unwrap();
        let pairs: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(pairs, ["c[]=a", "c[]={{b}}", "v=2", "x=true"]);
        let written = toml::to_string(&parameters).unwrap();
        assert_eq!(read(&written).unwrap(), parameters, "{written}");
    }

    #[test]
    fn what_is_no_parameter_says_what_was_expected() {
        for (wrong, expected) in
            [("'?a' = 'x'", "without ?, &"), ("a = { b = 'x' }", "a text such as"), ("a = '{{b'", "has no }}")]
        {
            let problem = read(wrong).unwrap_err();
            assert!(problem.contains(expected), "{wrong}: {problem}");
        }
    }
}
