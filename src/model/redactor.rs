//! Keeping what a peer was sent out of what it says.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;
use zeroize::Zeroizing;

use super::{Jwt, SafeText, SessionId, Ticket};

/// What stands in the place of a secret.
const HIDDEN: &[u8] = b"(secret)";
/// Shorter texts, in bytes, protect nothing, and would be found in every text.
const MIN_SECRET: usize = 4;
/// A beginning of a secret that a text ends with is hidden if it is at least this long, in bytes.
const MIN_PART: usize = 8;

/// What a JWT begins with: `{"` in base64 (RFC 7515 §3.1).
const JWT_START: &[u8] = b"eyJ";

/// The secrets that a peer knows, in the spellings in which it may repeat them: as they are, percent-encoded,
/// in base64 and in hex; and whatever has the form of a JWT. Cheap to clone.
#[derive(Clone, Default)]
pub struct Redactor {
    spellings: Arc<Vec<Zeroizing<Vec<u8>>>>,
    beginnings: Beginnings,
}

impl Redactor {
    /// Hides `jwt` as well: the whole of it, the parts that are secret, and the session that it names.
    #[must_use]
    pub fn hiding_jwt(self, jwt: &Jwt) -> Self {
        let mut parts = jwt.expose().split('.').skip(1);
        let claims = parts.clone().next().and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok()).map(Zeroizing::new);
        let claims = claims.and_then(|claims| serde_json::from_slice::<serde_json::Value>(&claims).ok());
        let session = claims.as_ref().and_then(|claims| claims.get("sessionId")?.as_str());
        let whole = self.hiding(jwt.expose());
        parts.by_ref().chain(session).fold(whole, Self::hiding)
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

    fn hiding(self, secret: &str) -> Self {
        if secret.len() < MIN_SECRET {
            return self;
        }
        let mut spellings = Arc::unwrap_or_clone(self.spellings);
        spellings.extend(spell(secret.as_bytes()));
        // What begins alike: the longest first, so that nothing of it is left over.
        spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
        let beginnings = Beginnings::of(&spellings);
        Self { spellings: Arc::new(spellings), beginnings }
    }

    /// What a peer says, as text that may be shown, cut to `limit` characters.
    pub fn text(&self, said: &[u8], limit: usize) -> SafeText {
        SafeText::with_limit(String::from_utf8_lossy(&self.bytes(said)).trim(), limit)
    }

    /// What a peer says, without the secrets. A secret that is cut off at the end is hidden too.
    pub fn bytes<'a>(&self, said: &'a [u8]) -> Cow<'a, [u8]> {
        let known = self.without_known(said);
        without_jwts(&known).map_or(known, Cow::Owned)
    }

    fn without_known<'a>(&self, said: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(mut at) = (0..said.len()).find(|&at| self.found(&said[at..]).is_some()) else { return said.into() };
        let mut kept = said[..at].to_vec();
        while at < said.len() {
            match self.found(&said[at..]) {
                Some(length) => {
                    kept.extend_from_slice(HIDDEN);
                    at += length;
                }
                None => {
                    kept.push(said[at]);
                    at += 1;
                }
            }
        }
        kept.into()
    }

    /// The length of the secret that `said` begins with.
    fn found(&self, said: &[u8]) -> Option<usize> {
        if !self.beginnings.contain(said) {
            return None;
        }
        let length = |spelling: &Zeroizing<Vec<u8>>| {
            let is_whole = said.starts_with(spelling);
            let is_cut_off = said.len() >= MIN_PART && spelling.starts_with(said);
            (is_whole || is_cut_off).then(|| spelling.len().min(said.len()))
        };
        self.spellings.iter().find_map(length)
    }
}

/// `said` without what has the form of a JWT (RFC 7515 §7.1), whole or without its end; `None` if there is none.
fn without_jwts(said: &[u8]) -> Option<Vec<u8>> {
    let part = |from: usize| said[from..].iter().take_while(|byte| is_base64url(byte)).count();
    let (mut kept, mut from) = (None::<Vec<u8>>, 0);
    for start in memmem::find_iter(said, JWT_START) {
        let claims = start + part(start) + 1;
        if start < from || said.get(claims - 1) != Some(&b'.') || !said[claims..].starts_with(JWT_START) {
            continue;
        }
        let signature = claims + part(claims);
        let kept = kept.get_or_insert_default();
        kept.extend_from_slice(&said[from..start]);
        kept.extend_from_slice(HIDDEN);
        from = signature + if said.get(signature) == Some(&b'.') { 1 + part(signature + 1) } else { 0 };
    }
    kept.as_mut()?.extend_from_slice(&said[from..]);
    kept
}

fn is_base64url(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Which pairs of bytes the spellings begin with, so that most of a text is passed over quickly.
#[derive(Clone, Default)]
struct Beginnings(Option<Arc<[u64; 1 << 10]>>);

impl Beginnings {
    fn of(spellings: &[Zeroizing<Vec<u8>>]) -> Self {
        let mut pairs = [0; 1 << 10];
        for (word, bit) in spellings.iter().filter_map(|spelling| Self::place(spelling)) {
            pairs[word] |= bit;
        }
        Self(Some(Arc::new(pairs)))
    }

    fn contain(&self, said: &[u8]) -> bool {
        let place = || Self::place(said);
        self.0.as_ref().is_some_and(|pairs| place().is_some_and(|(word, bit)| pairs[word] & bit != 0))
    }

    fn place(text: &[u8]) -> Option<(usize, u64)> {
        let [first, second] = *text.first_chunk()?;
        let pair = usize::from(u16::from_be_bytes([first, second]));
        Some((pair >> 6, 1 << (pair & 63)))
    }
}

/// The spellings of `secret`.
fn spell(secret: &[u8]) -> impl Iterator<Item = Zeroizing<Vec<u8>>> {
    let hex = |byte: &u8, digits: &[u8; 16]| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]];
    let cases = [b"0123456789abcdef", b"0123456789ABCDEF"];
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let mut spellings = vec![secret.to_vec()];
    for digits in cases {
        spellings.push(secret.iter().flat_map(|byte| hex(byte, digits)).collect());
        let encoded = |byte: &u8| [&b"%"[..], &hex(byte, digits)].concat();
        spellings.push(secret.iter().flat_map(encoded).collect());
        spellings
            .push(secret.iter().flat_map(|byte| if is_plain(byte) { vec![*byte] } else { encoded(byte) }).collect());
    }
    // Base64 depends on how many bytes come before; of the characters at the ends, on what is around.
    for (before, shared) in [(0, 0), (1, 2), (2, 3)] {
        let bytes = Zeroizing::new([&[0; 2][..before], secret].concat());
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let mut encoded = engine.encode(&*bytes).into_bytes();
            encoded.truncate(bytes.len() * 8 / 6);
            spellings.push(encoded.split_off(shared));
        }
    }
    spellings.sort();
    spellings.dedup();
    spellings.into_iter().map(Zeroizing::new)
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
        for harmless in ["", "t", "ORIGIN_BLOCKED ✓", "t/k+e&9f8e7d6 is another", "(secret)"] {
            assert_eq!(shown(harmless), harmless);
        }
    }

    #[test]
    fn a_secret_that_is_cut_off_is_hidden_unless_it_gives_nothing_away() {
        assert_eq!(shown("said t/k+e&9f"), "said (secret)");
        assert_eq!(shown("said t/k+e&9"), "said t/k+e&9");
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
