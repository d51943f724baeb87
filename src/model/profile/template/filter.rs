//! How a value is spelt where it stands: `{{token|base64url}}`, `{{payload|hmac_sha512:key|base64}}`.

use std::fmt;

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono::format::{Item, StrftimeItems};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};
use zeroize::Zeroizing;

use super::md5::md5;
use super::private_key::Algorithm;
use crate::model::values::{MissingValue, ValueName, Values};

/// What stands in a query's value as it is; everything else is percent-encoded (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Base64 as people and servers write it, with padding or without.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// What a filter makes of bytes. What is not spelt as a filter undoes stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// By a name alone.
    Plain(Plain),
    /// Signed with the value of this name (RFC 2104): bytes, which are hex unless another filter follows.
    Hmac(Signature, ValueName, KeySpelling),
    /// Signed with the private key in the value of this name: bytes, as above.
    Signed(Algorithm, ValueName),
    /// A number, and so much more.
    Plus(i64),
    /// A number, so many times.
    Times(Factor),
    /// Seconds or milliseconds since 1970 as a date in this format (strftime), in UTC.
    Time(String),
    /// The text without this wherever it stands.
    Without(String),
    /// The characters from the first number on, counted from 0, up to the second.
    Part(usize, Option<usize>),
    /// Their number before them in four bytes, which counts so many more.
    Len32(u32),
}

/// What a number is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Factor(f64);

// A factor is never NaN: it is read from digits.
impl Eq for Factor {}

/// Filters that need nothing but their name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Plain {
    /// Percent-encoded.
    Url,
    /// The reverse.
    Unurl,
    /// A JSON string with its quotation marks; a number, `true`, `false` and `null` stay what they are, unless a person has
    /// given them.
    Json,
    Base64,
    /// Of both alphabets, with padding or without.
    Unbase64,
    #[strum(serialize = "base64url")]
    Base64Url,
    Hex,
    Unhex,
    /// A digest: bytes, which are hex unless another filter follows.
    Md5,
    Sha1,
    Sha256,
    Sha512,
    /// Their number before them, in two bytes, as in MQTT's strings (MQTT 3.1.1 §1.5.3).
    Len16,
    /// Their number before them, in as many bytes as it takes, as in MQTT's packets (MQTT 3.1.1 §2.2.3).
    Varlen,
    /// A number in as many bytes as it takes, as in Protocol Buffers (Base 128 Varints).
    Varint,
}

/// The ways to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Signature {
    HmacSha1,
    HmacSha256,
    HmacSha384,
    HmacSha512,
}

/// How the value that is a key spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeySpelling {
    /// As it is.
    Text,
    Base64,
    Hex,
}

impl Filter {
    /// All of them, for whoever wrote another one.
    pub(super) const EXPECTED: &str = "url, json, base64url, base64, hex, md5, sha1, sha256, sha512, hmac_sha256:NAME (or hmac_sha1, \
         hmac_sha384, hmac_sha512; NAME:base64 if the key is in base64), rs256:NAME, es256:NAME or eddsa:NAME with a private key, \
         unurl, unbase64, unhex, plus:N, times:N, time:FORMAT, without:TEXT, part:FROM:TO, len16, len32, varlen or varint";

    /// The filter that is spelt so.
    ///
    /// # Errors
    /// What was expected.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let unknown = || format!("there is no filter “{text}”; expected {}", Self::EXPECTED);
        if let Some(read) = Self::with_argument(text) {
            return read;
        }
        let Some((name, key)) = text.split_once(':') else {
            return match (text.parse(), text.parse::<Signature>(), text.parse::<Algorithm>()) {
                (Ok(plain), ..) => Ok(Self::Plain(plain)),
                (Err(_), Ok(_), _) | (Err(_), _, Ok(_)) => {
                    Err(format!("{text} needs the name of its key; expected {text}:NAME"))
                }
                (Err(_), Err(_), Err(_)) => Err(unknown()),
            };
        };
        if let Ok(algorithm) = name.parse() {
            return key_name(key).map(|key| Self::Signed(algorithm, key));
        }
        let signature = name.parse().map_err(|_| unknown())?;
        let (key, spelling) = match key.split_once(':') {
            None => (key, KeySpelling::Text),
            Some((key, "base64")) => (key, KeySpelling::Base64),
            Some((key, "hex")) => (key, KeySpelling::Hex),
            Some((_, other)) => {
                return Err(format!(
                    "“{other}” is no spelling of a key; expected {name}:NAME:base64 or {name}:NAME:hex"
                ));
            }
        };
        Ok(Self::Hmac(signature, key_name(key)?, spelling))
    }

    /// One with a number or a text behind it, if it is one.
    fn with_argument(text: &str) -> Option<Result<Self, String>> {
        /// The longest `times`, so that no number has more digits than are exact.
        const MAX_FACTOR: f64 = 1e12;
        let (name, argument) = text.split_once(':').map_or((text, None), |(name, argument)| (name, Some(argument)));
        let given = argument.filter(|argument| !argument.is_empty());
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let (read, expected) = match name {
            "plus" => (
                given.and_then(|text| Some(Self::Plus(text.parse().ok()?))),
                "plus:N with a whole number, such as plus:3600",
            ),
            "times" => {
                let factor = given.and_then(|text| text.parse::<f64>().ok());
                let factor = factor.filter(|factor| factor.is_finite() && factor.abs() <= MAX_FACTOR);
                (factor.map(|factor| Self::Times(Factor(factor))), "times:N with a number, such as times:1000")
            }
            "time" => {
                let format = given.filter(|format| !StrftimeItems::new(format).any(|item| matches!(item, Item::Error)));
                (format.map(|format| Self::Time(format.to_owned())), "time:FORMAT, such as time:%Y%m%dT%H%M%SZ")
            }
            "without" => (given.map(|text| Self::Without(text.to_owned())), "without:TEXT, such as without:-"),
            "part" => {
                let (from, to) = given.map_or(("", None), |text| {
                    text.split_once(':').map_or((text, None), |(from, to)| (from, Some(to)))
                });
                let part = match (number(from), to.map(number)) {
                    (Some(from), None) => Some(Self::Part(from, None)),
                    (Some(from), Some(Some(to))) if from < to => Some(Self::Part(from, Some(to))),
                    (Some(_) | None, _) => None,
                };
                (
                    part,
                    "part:FROM:TO with the places of characters, such as part:0:8, or part:FROM for all from there on",
                )
            }
            "len32" => {
                let more = argument.map_or(Some(0), |text| text.parse().ok());
                (more.map(Self::Len32), "len32, or len32:N if the number counts N bytes more, such as len32:4")
            }
            _ => return None,
        };
        Some(read.ok_or_else(|| format!("“{text}” cannot be read; expected {expected}")))
    }

    /// Whether it is of a text: what comes before it as bytes is spelt in hex for it.
    pub(super) fn reads_text(&self) -> bool {
        match self {
            Self::Plus(_) | Self::Times(_) | Self::Time(_) | Self::Without(_) | Self::Part(..) => true,
            Self::Plain(_) | Self::Hmac(..) | Self::Signed(..) | Self::Len32(_) => false,
        }
    }

    /// The private key that it signs with, if it does.
    pub(super) fn private_key(&self) -> Option<(Algorithm, &ValueName)> {
        match self {
            Self::Signed(algorithm, key) => Some((*algorithm, key)),
            Self::Plain(_)
            | Self::Hmac(..)
            | Self::Plus(_)
            | Self::Times(_)
            | Self::Time(_)
            | Self::Without(_)
            | Self::Part(..)
            | Self::Len32(_) => None,
        }
    }

    /// The value that it needs beside the one that it is for.
    pub(super) fn key(&self) -> Option<&ValueName> {
        match self {
            Self::Hmac(_, key, _) | Self::Signed(_, key) => Some(key),
            Self::Plain(_)
            | Self::Plus(_)
            | Self::Times(_)
            | Self::Time(_)
            | Self::Without(_)
            | Self::Part(..)
            | Self::Len32(_) => None,
        }
    }

    /// Whether nobody can tell from its result what it was of.
    pub(super) fn is_one_way(&self) -> bool {
        matches!(self, Self::Hmac(..) | Self::Signed(..))
    }

    /// Whether its result is bytes that are shown as hex.
    pub(super) fn gives_bytes(&self) -> bool {
        match self {
            Self::Hmac(..) | Self::Signed(..) => true,
            Self::Plain(plain) => matches!(plain, Plain::Md5 | Plain::Sha1 | Plain::Sha256 | Plain::Sha512),
            Self::Plus(_) | Self::Times(_) | Self::Time(_) | Self::Without(_) | Self::Part(..) | Self::Len32(_) => {
                false
            }
        }
    }

    /// What it makes of `bytes`, which are a text even if they look like a number.
    ///
    /// # Errors
    /// Its key is not there.
    pub(super) fn apply(
        &self,
        bytes: &[u8],
        values: &Values,
        is_text: bool,
    ) -> Result<Zeroizing<Vec<u8>>, MissingValue> {
        let made = match self {
            Self::Plain(Plain::Json) if is_text => json_string(bytes),
            Self::Plain(plain) => plain.apply(bytes),
            Self::Hmac(signature, name, spelling) => {
                let key = values.expose(name).ok_or_else(|| MissingValue(name.clone()))?.as_bytes();
                let key = Zeroizing::new(match spelling {
                    KeySpelling::Text => key.to_vec(),
                    KeySpelling::Base64 => Plain::Unbase64.apply(key),
                    KeySpelling::Hex => Plain::Unhex.apply(key),
                });
                let algorithm = match signature {
                    Signature::HmacSha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
                    Signature::HmacSha256 => hmac::HMAC_SHA256,
                    Signature::HmacSha384 => hmac::HMAC_SHA384,
                    Signature::HmacSha512 => hmac::HMAC_SHA512,
                };
                hmac::sign(&hmac::Key::new(algorithm, &key), bytes).as_ref().to_vec()
            }
            Self::Signed(algorithm, name) => {
                let missing = || MissingValue(name.clone());
                let key = values.expose(name).ok_or_else(missing)?;
                algorithm.sign(key, bytes).ok_or_else(missing)?
            }
            Self::Len32(more) => {
                let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).saturating_add(*more);
                [length.to_be_bytes().as_slice(), bytes].concat()
            }
            Self::Plus(_) | Self::Times(_) | Self::Time(_) | Self::Without(_) | Self::Part(..) => {
                self.of_text(&Zeroizing::new(String::from_utf8_lossy(bytes).into_owned())).into_bytes()
            }
        };
        Ok(Zeroizing::new(made))
    }
}

impl Filter {
    /// What it makes of a text. One that is no number stays as it is where a number is needed.
    fn of_text(&self, text: &str) -> String {
        let number = |text: &str| text.trim().parse::<i64>().ok();
        let changed = match self {
            Self::Plus(more) => match number(text) {
                Some(number) => number.checked_add(*more).map(|sum| sum.to_string()),
                None => text.trim().parse::<f64>().ok().map(|number| (number + *more as f64).to_string()),
            },
            Self::Times(Factor(factor)) => {
                let product = text.trim().parse::<f64>().ok().map(|number| number * factor);
                product.filter(|product| product.is_finite()).map(|product| product.to_string())
            }
            Self::Time(format) => number(text).and_then(|number| {
                /// In seconds that is the year 5138.
                const FIRST_MILLIS: i64 = 100_000_000_000;
                let millis = if number < FIRST_MILLIS { number.checked_mul(1_000)? } else { number };
                Some(chrono::DateTime::from_timestamp_millis(millis)?.format(format).to_string())
            }),
            Self::Without(what) => Some(text.replace(what, "")),
            Self::Part(from, to) => {
                let taken = to.map_or(usize::MAX, |to| to.saturating_sub(*from));
                Some(text.chars().skip(*from).take(taken).collect())
            }
            Self::Plain(_) | Self::Hmac(..) | Self::Signed(..) | Self::Len32(_) => None,
        };
        changed.unwrap_or_else(|| text.to_owned())
    }
}

fn key_name(key: &str) -> Result<ValueName, String> {
    ValueName::try_from(key.trim().to_owned()).map_err(|expected| format!("“{key}” is no name of a key; {expected}"))
}

impl Plain {
    fn apply(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Url => percent_encode(bytes, UNRESERVED).to_string().into_bytes(),
            Self::Unurl => percent_decode(bytes).collect(),
            Self::Json => as_json(bytes),
            Self::Base64 => STANDARD.encode(bytes).into_bytes(),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(bytes).into_bytes(),
            Self::Unbase64 => {
                let decoded = [&alphabet::STANDARD, &alphabet::URL_SAFE]
                    .into_iter()
                    .find_map(|alphabet| GeneralPurpose::new(alphabet, LENIENT).decode(bytes.trim_ascii()).ok());
                decoded.unwrap_or_else(|| bytes.to_vec())
            }
            Self::Hex => hex(bytes).into_bytes(),
            Self::Unhex => from_hex(bytes).unwrap_or_else(|| bytes.to_vec()),
            Self::Md5 => md5(bytes).to_vec(),
            Self::Sha1 => digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec(),
            Self::Sha256 => digest::digest(&digest::SHA256, bytes).as_ref().to_vec(),
            Self::Sha512 => digest::digest(&digest::SHA512, bytes).as_ref().to_vec(),
            Self::Len16 => {
                let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
                let counted = &bytes[..usize::from(length).min(bytes.len())];
                [length.to_be_bytes().as_slice(), counted].concat()
            }
            Self::Varlen => {
                let mut counted = varint(bytes.len() as u64);
                counted.extend_from_slice(bytes);
                counted
            }
            Self::Varint => {
                let number = std::str::from_utf8(bytes).ok().and_then(|text| text.trim().parse().ok());
                number.map_or_else(|| bytes.to_vec(), varint)
            }
        }
    }
}

/// `number` in groups of seven bits, the lowest first.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(10);
    loop {
        let low = u8::try_from(number % 0x80).unwrap_or_default();
        number /= 0x80;
        bytes.push(if number > 0 { low | 0x80 } else { low });
        if number == 0 {
            return bytes;
        }
    }
}

/// `bytes` in small hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that `text` spells in hexadecimal digits, between which there may be spaces.
pub fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
    let digits: Vec<u8> =
        text.iter().filter(|byte| !byte.is_ascii_whitespace()).map(|byte| digit(*byte)).collect::<Option<_>>()?;
    let (pairs, odd) = digits.as_chunks::<2>();
    odd.is_empty().then(|| pairs.iter().map(|[high, low]| (high << 4) | low).collect())
}

/// `bytes` as a JSON value.
fn as_json(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(serde_json::Value::Number(_) | serde_json::Value::Bool(_) | serde_json::Value::Null) => bytes.to_vec(),
        _ => json_string(bytes),
    }
}

/// `bytes` as a JSON string.
fn json_string(bytes: &[u8]) -> Vec<u8> {
    serde_json::Value::from(String::from_utf8_lossy(bytes)).to_string().into_bytes()
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(plain) => f.write_str(plain.into()),
            Self::Hmac(signature, key, spelling) => {
                write!(f, "{}:{key}", <&str>::from(signature))?;
                f.write_str(match spelling {
                    KeySpelling::Text => "",
                    KeySpelling::Base64 => ":base64",
                    KeySpelling::Hex => ":hex",
                })
            }
            Self::Signed(algorithm, key) => write!(f, "{}:{key}", <&str>::from(algorithm)),
            Self::Plus(more) => write!(f, "plus:{more}"),
            Self::Times(Factor(factor)) => write!(f, "times:{factor}"),
            Self::Time(format) => write!(f, "time:{format}"),
            Self::Without(what) => write!(f, "without:{what}"),
            Self::Part(from, None) => write!(f, "part:{from}"),
            Self::Part(from, Some(to)) => write!(f, "part:{from}:{to}"),
            Self::Len32(0) => f.write_str("len32"),
            Self::Len32(more) => write!(f, "len32:{more}"),
        }
    }
}
