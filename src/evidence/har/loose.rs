//! Values of JSON files that other programs write: whatever is not of the expected type is as good as missing.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Accepts every value and makes the default of all but those that `$visit` takes.
macro_rules! otherwise_default {
    ($value:ty, [$($visit:ident: $kind:ty),*]) => {
        $(fn $visit<E>(self, _: $kind) -> Result<$value, E> {
            Ok(<$value>::default())
        })*

        fn visit_unit<E>(self) -> Result<$value, E> {
            Ok(<$value>::default())
        }

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }
    };
}

/// Reads a list or an object to its end, without a trace.
macro_rules! skip {
    (seq $value:ty) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<$value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(<$value>::default())
        }
    };
    (map $value:ty) => {
        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<$value, A::Error> {
            while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(<$value>::default())
        }
    };
}

/// A number.
#[derive(Clone, Copy, Debug, Default)]
pub struct Number(pub Option<f64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Number;

            otherwise_default!(Number, [visit_bool: bool]);
            skip!(seq Number);
            skip!(map Number);

            fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
                Ok(Number(number.is_finite().then_some(number)))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
                Ok(Number(Some(number as f64)))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
                Ok(Number(Some(number as f64)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Number, E> {
                Ok(Number(text.trim().parse().ok().filter(|number: &f64| number.is_finite())))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// A moment, as seconds or milliseconds since 1970 or as a date; in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stamp(pub Option<f64>);

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::<64>::deserialize(deserializer)?;
        let date = || {
            let date = chrono::DateTime::parse_from_rfc3339(text.as_str()).ok()?;
            Some(date.timestamp_micros() as f64 / 1e6)
        };
        let number = text.as_str().trim().parse().ok().filter(|number: &f64| number.is_finite());
        Ok(Self(number.map(|number| if number > 1e11 { number / 1e3 } else { number }).or_else(date)))
    }
}

/// A text of at most `MAX` bytes; a longer one is as good as missing, but for its length.
#[derive(Clone, Debug, Default)]
pub struct Text<const MAX: usize> {
    /// The text.
    pub text: Option<zeroize::Zeroizing<String>>,
    /// Its length in bytes, whether it was kept or not.
    pub len: usize,
}

impl<const MAX: usize> Text<MAX> {
    /// The text; empty if it is missing.
    pub fn as_str(&self) -> &str {
        self.text.as_ref().map_or("", |text| text.as_str())
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<const MAX: usize>;

        impl<'de, const MAX: usize> Visitor<'de> for Any<MAX> {
            type Value = Text<MAX>;

            otherwise_default!(Text<MAX>, [visit_bool: bool, visit_i64: i64]);
            skip!(seq Text<MAX>);
            skip!(map Text<MAX>);

            fn visit_f64<E>(self, number: f64) -> Result<Text<MAX>, E> {
                let text = number.to_string();
                Ok(Text { len: text.len(), text: Some(zeroize::Zeroizing::new(text)) })
            }

            fn visit_u64<E>(self, number: u64) -> Result<Text<MAX>, E> {
                let text = number.to_string();
                Ok(Text { len: text.len(), text: Some(zeroize::Zeroizing::new(text)) })
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<MAX>, E> {
                let kept = (text.len() <= MAX).then(|| zeroize::Zeroizing::new(text.to_owned()));
                Ok(Text { text: kept, len: text.len() })
            }
        }

        deserializer.deserialize_any(Any::<MAX>)
    }
}

/// An object. Of a key that comes twice, as some exporters write it, the first counts.
#[derive(Clone, Debug, Default)]
pub struct Object<T>(pub T);

impl<'de, T: Default + Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<T>(PhantomData<T>);

        impl<'de, T: Default + Deserialize<'de>> Visitor<'de> for Any<T> {
            type Value = Object<T>;

            otherwise_default!(
                Object<T>,
                [visit_bool: bool, visit_f64: f64, visit_i64: i64, visit_u64: u64, visit_str: &str]
            );
            skip!(seq Object<T>);

            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(FirstOfKey { object, seen: Vec::new() })).map(Object)
            }
        }

        deserializer.deserialize_any(Any(PhantomData))
    }
}

/// An object without what a key says that has been there already: a derived `Deserialize` refuses it.
struct FirstOfKey<A> {
    object: A,
    /// Hashes of the keys so far.
    seen: Vec<u64>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for FirstOfKey<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, mut seed: K) -> Result<Option<K::Value>, A::Error> {
        loop {
            match self.object.next_key_seed(NewKey { seed, seen: &mut self.seen })? {
                None => return Ok(None),
                Some(Ok(key)) => return Ok(Some(key)),
                Some(Err(unused)) => seed = unused,
            }
            self.object.next_value::<IgnoredAny>()?;
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.object.next_value_seed(seed)
    }
}

/// Reads a key; gives the seed back if the key is not new.
struct NewKey<'a, K> {
    seed: K,
    seen: &'a mut Vec<u64>,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for NewKey<'_, K> {
    type Value = Result<K::Value, K>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for NewKey<'_, K> {
    type Value = Result<K::Value, K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Self::Value, E> {
        /// Keys of one object that are kept in mind.
        const MOST: usize = 64;
        let hash = fnv1a(key.as_bytes());
        if self.seen.contains(&hash) {
            return Ok(Err(self.seed));
        }
        if self.seen.len() < MOST {
            self.seen.push(hash);
        }
        self.seed.deserialize(StrDeserializer::new(key)).map(Ok)
    }
}

/// A hash (FNV-1a, 64 bits) that costs little: a large file has millions of keys, and two of one hash do no harm.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A list, cut after `MAX` items.
#[derive(Clone, Debug)]
pub struct List<T, const MAX: usize>(pub Vec<T>);

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<T, const MAX: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Any<T, MAX> {
            type Value = List<T, MAX>;

            otherwise_default!(
                List<T, MAX>,
                [visit_bool: bool, visit_f64: f64, visit_i64: i64, visit_u64: u64, visit_str: &str]
            );
            skip!(map List<T, MAX>);

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<T, MAX>, A::Error> {
                let mut kept = Vec::new();
                while kept.len() < MAX {
                    match list.next_element()? {
                        Some(element) => kept.push(element),
                        None => return Ok(List(kept)),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(List(kept))
            }
        }

        deserializer.deserialize_any(Any::<T, MAX>(PhantomData))
    }
}
