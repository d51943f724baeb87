//! Keeping what a peer was sent out of what it says.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;
use zeroize::Zeroizing;

use super::{Jwt, SafeText, SessionId, Ticket, Values};

/// What stands in the place of a secret.
const HIDDEN: &[u8] = b"(secret)";
/// Shorter texts, in bytes, protect nothing, and would be found in every text.
const MIN_SECRET: usize = 3;
/// A piece of a secret's spelling is hidden if it is at least this long, in bytes.
const MIN_PIECE: usize = 12;
/// At an end of a text, where the rest of a secret may be in the text before or after, so long a piece is enough.
const GRAM: usize = 8;
/// Every piece of [`MIN_PIECE`] has a gram that begins at a multiple of this.
const STRIDE: usize = MIN_PIECE - GRAM + 1;

/// What a JWT begins with: `{"` in base64 (RFC 7515 §3.1).
const JWT_START: &[u8] = b"eyJ";

/// The secrets that a peer knows, in the spellings in which it may repeat them, whole or in pieces: as they are,
/// backwards, percent-encoded, in base64, in hex, with JSON's or HTML's escapes, in any case; and whatever has the
/// form of a JWT. Cheap to clone.
#[derive(Clone, Default)]
pub struct Redactor {
    secrets: Arc<Vec<Zeroizing<String>>>,
    /// Made when the first text is long enough to hold a piece.
    index: Arc<OnceLock<Index>>,
}

impl Redactor {
    /// Hides `jwt` as well, but for its header, which is nobody's secret, and the session that it names.
    #[must_use]
    pub fn hiding_jwt(self, jwt: &Jwt) -> Self {
        let jwt = jwt.expose();
        let object = |part: &str| {
            let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(part).ok()?);
            serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes).ok()
        };
        let secret = jwt.split_once('.').filter(|(header, _)| object(header).is_some());
        let claims = secret.and_then(|(_, rest)| object(rest.split('.').next()?));
        let session = claims.as_ref().and_then(|claims| claims.get("sessionId")?.as_str());
        let whole = self.hiding(secret.map_or(jwt, |(_, rest)| rest));
        session.into_iter().fold(whole, Self::hiding)
    }

    /// Hides what steps gave as well.
    #[must_use]
    pub fn hiding_values(self, values: &Values) -> Self {
        values.expose_all().fold(self, |secrets, (_, value)| secrets.hiding_value(value))
    }

    /// Hides `value`, of which nobody knows what it is: a token, the address of a socket, a number. Of an address that is
    /// what can be secret in it; a short number is none.
    #[must_use]
    pub fn hiding_value(self, value: &str) -> Self {
        if let Some((_, rest)) = value.split_once("://")
            && url::Url::parse(value).is_ok()
        {
            let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
            let parts = query.split('&').filter_map(|pair| Some(pair.split_once('=')?.1));
            let segments = address.split('/').skip(1).filter(|segment| segment.len() >= MIN_PIECE);
            return parts.chain(segments).fold(self, Self::hiding);
        }
        let is_number = value.len() < MIN_PIECE && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let is_word = matches!(value, "true" | "false" | "null");
        if is_number || is_word { self } else { self.hiding_jwt(&Jwt::new(value)) }
    }

    /// Hides `ticket` as well.
    #[must_use]
    pub fn hiding_ticket(self, ticket: &Ticket) -> Self {
        self.hiding(ticket.expose())
    }

    /// Hides `session` as well.
    #[must_use]
    pub fn hiding_session(self, session: &SessionId) -> Self {
        self.hiding(session.expose())
    }

    /// Hides the value of an `Authorization` or `Proxy-Authorization` header as well, and the password in it.
    #[must_use]
    pub fn hiding_authorization(self, value: &str) -> Self {
        let credential = value.split_once(' ').map_or(value, |(_, credential)| credential);
        let decoded =
            STANDARD.decode(credential).ok().and_then(|bytes| String::from_utf8(bytes).ok()).map(Zeroizing::new);
        let password = decoded.as_ref().and_then(|decoded| Some(decoded.split_once(':')?.1));
        password.into_iter().fold(self.hiding(credential), Self::hiding)
    }

    /// Hides the value of a `Set-Cookie` header as well, unless it is so short that it means something (`dark`).
    #[must_use]
    pub fn hiding_cookie(self, set_cookie: &str) -> Self {
        let value = set_cookie.split(';').next().and_then(|cookie| Some(cookie.split_once('=')?.1.trim()));
        value.filter(|value| value.len() >= MIN_PIECE).into_iter().fold(self, Self::hiding)
    }

    fn hiding(self, secret: &str) -> Self {
        if secret.len() < MIN_SECRET || self.secrets.iter().any(|known| **known == secret) {
            return self;
        }
        let mut secrets = Arc::unwrap_or_clone(self.secrets);
        secrets.push(Zeroizing::new(secret.to_owned()));
        Self { secrets: Arc::new(secrets), index: Arc::default() }
    }

    /// What a peer says, as text that may be shown, cut to `limit` characters.
    pub fn text(&self, said: &[u8], limit: usize) -> SafeText {
        SafeText::with_limit(String::from_utf8_lossy(&self.bytes(said)).trim(), limit)
    }

    /// What a peer says, without the secrets.
    pub fn bytes<'a>(&self, said: &'a [u8]) -> Cow<'a, [u8]> {
        let kept = without(said, &jwts(said));
        // Neither a piece nor a whole one fits into most pings.
        if kept.len() < GRAM && self.secrets.iter().all(|secret| secret.len() > kept.len()) || self.secrets.is_empty() {
            return kept;
        }
        let found = self.index.get_or_init(|| Index::of(&self.secrets)).pieces(&kept);
        if found.is_empty() { kept } else { without(&kept, &found).into_owned().into() }
    }
}

/// `said` with [`HIDDEN`] in the place of each of `parts`, which are in order.
fn without<'a>(said: &'a [u8], parts: &[Range<usize>]) -> Cow<'a, [u8]> {
    if parts.is_empty() {
        return said.into();
    }
    let mut kept = Vec::with_capacity(said.len());
    let mut from = 0;
    for part in parts {
        kept.extend_from_slice(&said[from..part.start]);
        kept.extend_from_slice(HIDDEN);
        from = part.end;
    }
    kept.extend_from_slice(&said[from..]);
    kept.into()
}

/// Where in `said` something has the form of a JWT (RFC 7515 §7.1), whole or without its end.
fn jwts(said: &[u8]) -> Vec<Range<usize>> {
    let part = |from: usize| said[from..].iter().take_while(|byte| is_base64url(byte)).count();
    let (mut found, mut from) = (Vec::new(), 0);
    for start in memmem::find_iter(said, JWT_START) {
        if start < from {
            continue;
        }
        // Whatever else begins within this run ends with it.
        let dot = start + part(start);
        from = dot;
        if said.get(dot) != Some(&b'.') || !said[dot + 1..].starts_with(JWT_START) {
            continue;
        }
        let signature = dot + 1 + part(dot + 1);
        from = signature + if said.get(signature) == Some(&b'.') { 1 + part(signature + 1) } else { 0 };
        found.push(start..from);
    }
    found
}

fn is_base64url(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// [`GRAM`] bytes, with letters in one case.
fn gram(bytes: &[u8; GRAM]) -> u64 {
    u64::from_le_bytes(*bytes) | 0x2020_2020_2020_2020
}

/// What the spellings of secrets consist of. A text is looked at in one place of [`STRIDE`], and more closely only
/// where there is a gram.
struct Index {
    /// A bit for each gram, at its hash: most of what is no secret is passed over by it.
    bits: Box<[u64]>,
    /// All grams, in order.
    grams: Zeroizing<Vec<u64>>,
    /// Spellings that are too short to be found by their pieces.
    short: Vec<Zeroizing<Vec<u8>>>,
}

impl Index {
    fn of(secrets: &[Zeroizing<String>]) -> Self {
        let (long, short): (Vec<_>, _) =
            secrets.iter().flat_map(|secret| spell(secret)).partition(|spelling| spelling.len() >= MIN_PIECE);
        let mut grams = Zeroizing::new(Vec::with_capacity(long.iter().map(|spelling| spelling.len()).sum()));
        grams.extend(long.iter().flat_map(|spelling| spelling.array_windows()).map(gram));
        grams.sort_unstable();
        grams.dedup();
        // With 32 bits for each, one in 32 of the others is looked up in vain.
        let mut bits = vec![0; (grams.len() / 2).next_power_of_two()].into_boxed_slice();
        for gram in grams.iter() {
            let (word, bit) = place(*gram, bits.len());
            bits[word] |= bit;
        }
        Self { bits, grams, short }
    }

    fn has(&self, said: &[u8], at: usize) -> bool {
        let Some(bytes) = said.get(at..).and_then(|rest| rest.first_chunk()) else { return false };
        let gram = gram(bytes);
        let (word, bit) = place(gram, self.bits.len());
        self.bits[word] & bit != 0 && self.grams.binary_search(&gram).is_ok()
    }

    /// Where `said` holds pieces of secrets, in order.
    fn pieces(&self, said: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for spelling in &self.short {
            found.extend(memmem::find_iter(said, &**spelling).map(|at| at..at + spelling.len()));
        }
        // What is before this place has been looked at.
        let mut next = 0;
        let last = said.len().saturating_sub(GRAM);
        for at in (0..last).step_by(STRIDE).chain([last]) {
            if at < next || !self.has(said, at) {
                continue;
            }
            let first = (next..at).rev().take_while(|&before| self.has(said, before)).last().unwrap_or(at);
            let final_one = (at + 1..).take_while(|&after| self.has(said, after)).last().unwrap_or(at);
            next = final_one + 1;
            let piece = first..final_one + GRAM;
            if piece.len() >= MIN_PIECE || piece.start == 0 || piece.end == said.len() {
                found.push(piece);
            }
        }
        found.sort_by_key(|piece| piece.start);
        found.dedup_by(|piece, before| {
            let is_joined = piece.start <= before.end;
            if is_joined {
                before.end = before.end.max(piece.end);
            }
            is_joined
        });
        found
    }
}

/// Word and bit of `gram` among `words`, a power of two.
fn place(gram: u64, words: usize) -> (usize, u64) {
    // Fibonacci hashing: the upper bits are the good ones.
    let hash = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    ((hash >> 6) as usize & (words - 1), 1 << (hash & 63))
}

/// `bytes` in base32 (RFC 4648 §6), without what fills up its end.
fn base32(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut encoded = Zeroizing::new(Vec::with_capacity(bytes.len() * 8 / 5 + 1));
    let (mut bits, mut count) = (0_u32, 0);
    for &byte in bytes {
        (bits, count) = (bits << 8 | u32::from(byte), count + 8);
        while count >= 5 {
            count -= 5;
            encoded.push(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(bits >> count & 31) as usize]);
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        encoded.push(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(bits << (5 - count) & 31) as usize]);
    }
    encoded
}

/// The spellings of `secret`. Case does not matter where they are looked for in pieces.
fn spell(secret: &str) -> impl Iterator<Item = Zeroizing<Vec<u8>>> {
    let bytes = secret.as_bytes();
    let hex = |byte: u8| [byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]);
    let each = |spell: &dyn Fn(u8, &mut Vec<u8>)| {
        let mut spelling = Zeroizing::new(Vec::with_capacity(6 * bytes.len()));
        bytes.iter().for_each(|&byte| spell(byte, &mut spelling));
        spelling
    };
    let percent = |byte: u8, out: &mut Vec<u8>| {
        out.push(b'%');
        out.extend(hex(byte));
    };
    let mut spellings = vec![
        each(&|byte, out| out.push(byte)),
        each(&|byte, out| out.extend(hex(byte))),
        each(&percent),
        each(&|byte, out| match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => out.push(byte),
            false => percent(byte, out),
        }),
        each(&|byte, out| {
            out.extend_from_slice(b"\\u00");
            out.extend(hex(byte));
        }),
        each(&|byte, out| out.extend_from_slice(format!("&#{byte};").as_bytes())),
    ];
    let mut backwards = spellings[0].clone();
    backwards.reverse();
    spellings.push(backwards);
    // Base64 depends on how many bytes come before, and its first characters on which.
    for (before, shared) in [(0, 0), (1, 2), (2, 3)] {
        let mut padded = Zeroizing::new(Vec::with_capacity(before + bytes.len()));
        padded.resize(before, 0);
        padded.extend_from_slice(bytes);
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = Zeroizing::new(engine.encode(&*padded).into_bytes());
            spellings.push(Zeroizing::new(encoded[shared..].to_vec()));
        }
    }
    // Base32 the same way, with five places to begin at.
    for (before, shared) in [(0, 0), (1, 2), (2, 4), (3, 5), (4, 7)] {
        let mut padded = Zeroizing::new(Vec::with_capacity(before + bytes.len()));
        padded.resize(before, 0);
        padded.extend_from_slice(bytes);
        spellings.push(Zeroizing::new(base32(&padded)[shared..].to_vec()));
    }
    // Encoded twice: a header in base64 with a credential that is base64 itself, an address within an address.
    if bytes.len() >= MIN_PIECE {
        let inner = [STANDARD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)].map(Zeroizing::new);
        for inner in &inner {
            for (before, shared) in [(0, 0), (1, 2), (2, 3)] {
                let padded = Zeroizing::new([&vec![0; before], inner.as_bytes()].concat());
                let encoded = Zeroizing::new(STANDARD_NO_PAD.encode(&*padded).into_bytes());
                spellings.push(Zeroizing::new(encoded[shared..].to_vec()));
            }
        }
        let twice = |encoded: &[u8]| {
            let mut spelling = Zeroizing::new(Vec::with_capacity(3 * encoded.len()));
            for &byte in encoded {
                match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    true => spelling.push(byte),
                    false => percent(byte, &mut spelling),
                }
            }
            spelling
        };
        let once = [spellings[2].clone(), spellings[3].clone(), Zeroizing::new(inner[0].as_bytes().to_vec())];
        spellings.extend(once.iter().map(|once| twice(once)));
    }
    spellings.sort_by(|a, b| a.as_slice().cmp(b));
    spellings.dedup();
    spellings.into_iter().filter(|spelling| spelling.len() >= MIN_SECRET)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: &str = "t/k+e&9f8e7d6c";

    fn shown(said: &str) -> String {
        let redactor = Redactor::default().hiding_ticket(&Ticket::new(TICKET));
        redactor.text(said.as_bytes(), 500).as_str().to_owned()
    }

    #[test]
    fn every_spelling_of_a_secret_is_hidden_and_nothing_else_is() {
        let upper: String = TICKET.bytes().map(|byte| format!("{byte:02X}")).collect();
        for spelling in [
            TICKET.to_owned(),
            "t%2Fk%2Be%269f8e7d6c".to_owned(),
            "t%2fk%2be%269f8e7d6c".to_owned(),
            TICKET.bytes().map(|byte| format!("%{byte:02X}")).collect(),
            upper.to_lowercase(),
            upper,
        ] {
            assert_eq!(shown(&format!("no {spelling} here, {spelling}")), "no (secret) here, (secret)");
        }
        for before in ["", "-", "--", "---"] {
            for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                let text = shown(&engine.encode(format!("{before}{TICKET}--")));
                assert!(text.contains("(secret)") && text.len() <= before.len() * 2 + 16, "{before}: {text}");
            }
        }
        for harmless in ["", "t", "ORIGIN_BLOCKED ✓", "not t/k+e&9f8e7, but another", "(secret)"] {
            assert_eq!(shown(harmless), harmless);
        }
    }

    /// The spellings in which a server may repeat something, for each of which there is one in `spell`.
    fn respelt(secret: &str) -> Vec<String> {
        let bytes = |spell: &dyn Fn(u8) -> String| secret.bytes().map(spell).collect::<String>();
        vec![
            secret.to_owned(),
            secret.to_ascii_uppercase(),
            secret.chars().rev().collect(),
            bytes(&|byte| format!("{byte:02x}")),
            bytes(&|byte| format!("%{byte:02X}")),
            bytes(&|byte| format!("\\u{byte:04X}")),
            bytes(&|byte| format!("&#{byte};")),
            STANDARD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
        ]
    }

    #[test]
    fn base32_and_what_is_encoded_twice_are_hidden_and_so_is_a_very_short_secret() {
        let encoded = |text: &str| String::from_utf8(base32(text.as_bytes()).to_vec()).unwrap();
        // As RFC 4648 §10 says.
        assert_eq!(encoded("foobar"), "MZXW6YTBOI");
        for before in ["", "-", "--", "---", "----"] {
            let text = shown(&encoded(&format!("{before}{TICKET}--")));
            assert!(text.contains("(secret)") && text.len() <= 22, "{before}: {text}");
        }
        let percent = |text: &str| {
            text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect::<String>()
        };
        for twice in [
            percent(&percent(TICKET)),
            percent(&STANDARD.encode(TICKET)),
            STANDARD.encode(format!("user:{}", STANDARD.encode(TICKET))),
            STANDARD.encode(format!("x{}", URL_SAFE_NO_PAD.encode(TICKET))),
        ] {
            let text = shown(&format!("said {twice} here"));
            assert!(text.contains("(secret)") && text.len() <= 40, "{twice}: {text}");
        }
        let redactor = Redactor::default().hiding_value("abc");
        assert_eq!(redactor.text(b"pin abc, YWJj", 99).as_str(), "pin (secret), (secret)");
        assert_eq!(Redactor::default().hiding_value("ab").text(b"ab", 9).as_str(), "ab");
    }

    #[test]
    fn a_secret_split_over_two_texts_leaves_seven_characters_of_it_at_most() {
        let secret = "sess_8f3c0000-1111/2222+3333444421";
        let redactor = Redactor::default().hiding_session(&SessionId::new(secret));
        for spelling in respelt(secret) {
            let spelling = spelling.trim_end_matches('=');
            for at in 0..=spelling.len() {
                for (before, after) in [("{\"id\":\"", "\"}"), ("", "")] {
                    let (first, second) = spelling.split_at(at);
                    for text in [format!("{before}{first}"), format!("{second}{after}")] {
                        let shown = redactor.text(text.as_bytes(), 500).as_str().to_owned();
                        let left = spelling
                            .as_bytes()
                            .windows(GRAM)
                            .find(|left| shown.contains(str::from_utf8(left).unwrap()));
                        assert_eq!(left, None, "{spelling} at {at}: {shown}");
                        assert!(shown.starts_with(before) || shown.ends_with(after), "{text}: {shown}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_piece_of_twelve_characters_is_hidden_wherever_it_stands() {
        let secret = "4b7d2e9f8a1c3d5e6f708192a3b4c5d6";
        let redactor = Redactor::default().hiding_ticket(&Ticket::new(secret));
        for spelling in respelt(secret) {
            for (at, piece) in spelling.trim_end_matches('=').as_bytes().windows(MIN_PIECE).enumerate() {
                let before = &"!~!~!~!~!~!"[..at % 12];
                let piece = str::from_utf8(piece).unwrap();
                let shown = redactor.text(format!("|{before}{piece} is it").as_bytes(), 500);
                assert_eq!(shown.as_str(), format!("|{before}(secret) is it"), "{piece}");
            }
        }
    }

    #[test]
    fn a_long_secret_of_one_letter_takes_no_longer_than_another() {
        let redactor = Redactor::default().hiding_jwt(&Jwt::new("a".repeat(64 << 10)));
        let said = "ab".repeat(8 << 10) + &"a".repeat(100);
        assert_eq!(redactor.bytes(said.as_bytes()), ("ab".repeat((8 << 10) - 1) + "ab(secret)").as_bytes());
        // A thousand beginnings of a JWT are one run.
        let said = "eyJ".repeat(300_000);
        assert_eq!(redactor.bytes(said.as_bytes()).len(), said.len());
    }

    #[test]
    fn a_proxys_password_and_a_long_cookie_are_hidden() {
        let redactor = Redactor::default()
            .hiding_authorization("Basic YW5uZW1hcmllOmh1bnRlcjItaHVudGVyMg==")
            .hiding_cookie("sid=0a1b2c3d4e5f6071; Path=/; HttpOnly")
            .hiding_cookie("theme=dark; Path=/");
        for (said, expected) in [
            ("Proxy-Authorization: Basic YW5uZW1hcmllOmh1bnRlcjItaHVudGVyMg==", "Proxy-Authorization: Basic (secret)"),
            ("annemarie:hunter2-hunter2", "annemarie:(secret)"),
            ("Cookie: theme=dark; sid=0a1b2c3d4e5f6071", "Cookie: theme=dark; sid=(secret)"),
        ] {
            assert_eq!(redactor.text(said.as_bytes(), 500).as_str(), expected);
        }
    }

    #[test]
    fn a_secret_that_is_cut_off_is_hidden_unless_it_gives_nothing_away() {
        assert_eq!(shown("said t/k+e&9f"), "said (secret)");
        assert_eq!(shown("said t/k+e&9"), "said t/k+e&9");
        assert_eq!(shown("&9f8e7d6c, said it"), "(secret), said it");
    }

    #[test]
    fn whatever_looks_like_a_jwt_is_hidden() {
        let other = "eyJhbGciOiJub25lIn0.eyJhIjoxfQ";
        assert_eq!(shown(&format!("a {other}.c2ln-_, {other}., {other}")), "a (secret), (secret), (secret)");
        for harmless in ["eyJust.a.word", "eyJust", "eyJ.", "eyJ"] {
            assert_eq!(shown(harmless), harmless);
        }
    }

    #[test]
    fn of_a_jwt_the_parts_and_the_session_are_hidden_and_the_header_is_not() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let (header, claims) = (part(r#"{"alg":"HS256"}"#), part(r#"{"sessionId":"sess_4711"}"#));
        let jwt = Jwt::new(format!("{header}.{claims}.c2lnbmF0dXJl"));
        let redactor = Redactor::default().hiding_jwt(&jwt);
        let shown = |said: &str| redactor.text(said.as_bytes(), 500).as_str().to_owned();
        let said = format!("{} {header} {claims} c2lnbmF0dXJl sess_4711", jwt.expose());
        assert_eq!(shown(&said), format!("(secret) {header} (secret) (secret) (secret)"));
        assert_eq!(Redactor::default().hiding_jwt(&Jwt::new("")).text(b"any", 9).as_str(), "any");
    }
}
