//! How a value is spelt where it stands: `{{token|base64url}}`, `{{payload|hmac_sha512:key|base64}}`.

use std::fmt;

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};
use zeroize::Zeroizing;

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
}

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
    pub(super) const EXPECTED: &str = "url, json, base64url, base64, hex, sha256, sha512, hmac_sha256:NAME (or hmac_sha1, hmac_sha384, \
         hmac_sha512; NAME:base64 if the key is in base64), unurl, unbase64, unhex, len16, varlen or varint";

    /// The filter that is spelt so.
    ///
    /// # Errors
    /// What was expected.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let unknown = || format!("there is no filter “{text}”; expected {}", Self::EXPECTED);
        let Some((name, key)) = text.split_once(':') else {
            return match (text.parse(), text.parse::<Signature>()) {
                (Ok(plain), _) => Ok(Self::Plain(plain)),
                (Err(_), Ok(_)) => Err(format!("{text} needs the name of its key; expected {text}:NAME")),
                (Err(_), Err(_)) => Err(unknown()),
            };
        };
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
        let key = ValueName::try_from(key.trim().to_owned())
            .map_err(|expected| format!("“{key}” is no name of a key; {expected}"))?;
        Ok(Self::Hmac(signature, key, spelling))
    }

    /// The value that it needs beside the one that it is for.
    pub(super) fn key(&self) -> Option<&ValueName> {
        match self {
            Self::Hmac(_, key, _) => Some(key),
            Self::Plain(_) => None,
        }
    }

    /// Whether nobody can tell from its result what it was of.
    pub(super) fn is_one_way(&self) -> bool {
        matches!(self, Self::Hmac(..))
    }

    /// Whether its result is bytes that are shown as hex.
    pub(super) fn gives_bytes(&self) -> bool {
        match self {
            Self::Hmac(..) | Self::Plain(Plain::Sha256 | Plain::Sha512) => true,
            Self::Plain(_) => false,
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
        };
        Ok(Zeroizing::new(made))
    }
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
        }
    }
}
