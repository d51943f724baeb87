//! The code with which a probe ends: `TS1-` and base64url of deflated JSON (RFC 1951). It comes from a user, so nothing in
//! it is believed to be well-formed.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::read::DeflateDecoder;
use serde::Deserialize;

use crate::model::{Fingerprint, SafeText};

/// What a code begins with.
const START: &str = "TS1-";
/// Characters of a code that are read.
const MAX_CODE: usize = 16 << 10;
/// Bytes that it may unpack to.
const MAX_JSON: u64 = 64 << 10;
/// Attempts in it that are read.
const MAX_TURNS: usize = 10;

/// What a probe saw.
#[derive(Clone, Debug, Deserialize)]
pub struct Code {
    /// The version of its form.
    v: u32,
    /// When it began, in milliseconds since 1970 by the user's clock.
    #[serde(rename = "t")]
    pub begun: i64,
    /// The origin of the page.
    #[serde(rename = "o", default)]
    pub origin: SafeText,
    /// The browser, as it calls itself.
    #[serde(rename = "u", default)]
    pub browser: SafeText,
    /// The kind of network, where the browser tells.
    #[serde(rename = "n", default)]
    pub network: SafeText,
    /// Whether the browser says that it is offline: 1.
    #[serde(rename = "off", default)]
    pub is_offline: u8,
    /// The attempts.
    #[serde(rename = "a", default)]
    pub turns: Vec<Turn>,
}

/// One attempt.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Turn {
    /// Step 1.
    pub token: Option<Reply>,
    /// Step 2.
    pub ticket: Option<Reply>,
    /// Step 3.
    pub socket: Option<Dial>,
}

/// A request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reply {
    /// When it was sent, in milliseconds since the probe began.
    pub at: u32,
    /// How long it took, in milliseconds.
    pub ms: Option<u32>,
    /// The status.
    #[serde(rename = "s")]
    pub status: Option<u16>,
    /// `code` of the answer.
    #[serde(rename = "c")]
    pub code: Option<SafeText>,
    /// `Retry-After`.
    #[serde(rename = "r")]
    pub retry_after: Option<SafeText>,
    /// What finds it in the server's log.
    #[serde(rename = "x")]
    pub trace: Option<SafeText>,
    /// The length of an answer that is not JSON.
    #[serde(rename = "j")]
    pub not_json: Option<u64>,
    /// Whether the service refuses inside an answer that is a success: 1.
    #[serde(rename = "i")]
    pub refuses_inside: u8,
    /// Whether the answer has no token or ticket where it should: 1.
    #[serde(rename = "n")]
    pub lacks: u8,
    /// `timeout`; `blocked`: the browser shows no answer; `secret`: the user gave none.
    #[serde(rename = "e")]
    pub error: Option<SafeText>,
    /// Whether the server could be reached by a request whose answer nobody reads: 1, 0.
    #[serde(rename = "a")]
    pub reach: Option<u8>,
    /// The fingerprint of what it gave.
    #[serde(rename = "h")]
    pub given: Option<Fingerprint>,
    /// How far the user's clock is ahead of the server's, by a fresh JWT's `iat`, in milliseconds.
    #[serde(rename = "d")]
    pub ahead: Option<i64>,
    /// How long it lives, in seconds.
    #[serde(rename = "l")]
    pub lifetime: Option<f64>,
}

/// A socket.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Dial {
    /// When it was asked for, in milliseconds since the probe began.
    pub at: u32,
    /// How long opening it took, in milliseconds.
    pub up: Option<u32>,
    /// When it ended, in milliseconds since it was asked for.
    pub ms: Option<u32>,
    /// The close code.
    #[serde(rename = "c")]
    pub code: Option<u16>,
    /// The close reason.
    #[serde(rename = "r")]
    pub reason: Option<SafeText>,
    /// Whether close frames were exchanged: 1.
    #[serde(rename = "w")]
    pub was_clean: u8,
    /// Whether it stayed open until the probe closed it: 1.
    pub held: u8,
    /// Whether nothing came of it in time: 1.
    pub late: u8,
    /// At which step of the service's greeting it is or was.
    #[serde(rename = "g")]
    pub greeting_step: Option<u32>,
    /// What is awaited there.
    #[serde(rename = "ge")]
    pub awaited: Option<SafeText>,
    /// `csp`, or the name of the exception.
    #[serde(rename = "e")]
    pub error: Option<SafeText>,
    /// Whether the server could be reached otherwise: 1, 0.
    pub reach: Option<u8>,
}

/// Why a code cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// It is none.
    #[error("it is no code of a probe: that begins with TS1-")]
    NotACode,
    /// Something of it is missing or changed.
    #[error("the code is damaged or a part of it is missing: ask the user to copy it whole, or for the file")]
    Damaged,
    /// A newer program made it.
    #[error("the code is of a newer probe: use a newer Ticketscope")]
    Newer,
}

impl Code {
    /// Reads a code. White space in it, as mail programs put it, does not matter.
    ///
    /// # Errors
    /// See [`CodeError`].
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let text: String = text.chars().filter(|letter| !letter.is_whitespace()).take(MAX_CODE).collect();
        let packed = text.strip_prefix(START).ok_or(CodeError::NotACode)?;
        let bytes = URL_SAFE_NO_PAD.decode(packed.trim_end_matches('=')).map_err(|_| CodeError::Damaged)?;
        let mut json = Vec::new();
        DeflateDecoder::new(bytes.as_slice()).take(MAX_JSON).read_to_end(&mut json).map_err(|_| CodeError::Damaged)?;
        let mut code: Self = serde_json::from_slice(&json).map_err(|_| CodeError::Damaged)?;
        if code.v != 1 {
            return Err(CodeError::Newer);
        }
        code.turns.truncate(MAX_TURNS);
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn pack(json: &str) -> String {
        let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(json.as_bytes()).unwrap();
        format!("{START}{}", URL_SAFE_NO_PAD.encode(packed.finish().unwrap()))
    }

    #[test]
    fn a_code_survives_a_mail_program_and_nothing_else() {
        let code =
            pack(r#"{"v":1,"t":1769349721000,"a":[{"socket":{"at":5,"c":1008,"r":"ORIGIN_BLOCKED","w":1,"up":3}}]}"#);
        let wrapped: String = code
            .chars()
            .enumerate()
            .flat_map(|(place, letter)| {
                let gap = (place % 40 == 39).then_some("\r\n ");
                std::iter::once(letter).chain(gap.into_iter().flat_map(str::chars))
            })
            .collect();
        let read = Code::parse(&wrapped).unwrap();
        assert_eq!(read.turns[0].socket.as_ref().unwrap().code, Some(1008));
        assert_eq!(Code::parse(&code[..code.len() - 9]).unwrap_err(), CodeError::Damaged);
        assert_eq!(Code::parse("hello").unwrap_err(), CodeError::NotACode);
        assert_eq!(Code::parse(&pack(r#"{"v":2,"t":0}"#)).unwrap_err(), CodeError::Newer);
        assert_eq!(Code::parse(&pack(&" ".repeat(1 << 20))).unwrap_err(), CodeError::Damaged);
    }
}
