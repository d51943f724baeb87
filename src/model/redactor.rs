//! Keeping what a peer was sent out of what it says.

mod known;
mod spelling;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use memchr::memmem::Finder;
use zeroize::Zeroizing;

use super::secret_name::is_given;
use super::secret_words::SECRET;
use super::{Jwt, Profile, SafeText, SecretJson, SessionId, Ticket, Values};
use known::{Depth, Known, MIN_PIECE};

/// What stands in the place of a secret.
const HIDDEN: &[u8] = SECRET.as_bytes();
/// Of a longer cookie the rest is not looked for: no browser keeps one.
const MAX_COOKIE: usize = 4 << 10;
/// Bytes of the cookies of one answer that are looked for in every spelling: those of all further ones cost a server nothing,
/// and the driver's thread a tenth of a second.
const MAX_SPELT_COOKIES: usize = 16 << 10;

/// What a JWT begins with: `{"` in base64 (RFC 7515 §3.1).
const JWT_START: &[u8] = b"eyJ";
static JWT_STARTS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(JWT_START));

/// The secrets that a peer knows, in the spellings in which it may repeat them, whole or in pieces: as they are,
/// backwards, percent-encoded, in base64, in hex, with JSON's or HTML's escapes, some of them twice, in any case; and whatever
/// has the form of a JWT.
///
/// A clone knows what the original learns, and the other way round: the secrets of a session are remembered together, in
/// bounded memory.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Known>>,
}

impl Redactor {
    /// Hides `jwt` as well, but for its header, which is nobody's secret, and the session that it names.
    #[must_use]
    pub fn hiding_jwt(self, jwt: &Jwt) -> Self {
        let jwt = jwt.expose();
        let object = |part: &str| {
            let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(part).ok()?);
            SecretJson::read(&bytes).ok().filter(|json| json.is_object())
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

    /// Hides what somebody wrote into `profile` in a secret's place as well.
    #[must_use]
    pub fn hiding_literals(self, profile: &Profile) -> Self {
        profile.literal_secrets().iter().fold(self, |redactor, secret| redactor.hiding(secret))
    }

    /// Hides what a person, a file or a command gave as a secret of the profile, whatever it looks like.
    #[must_use]
    pub fn hiding_secrets(self, secrets: &Values) -> Self {
        let whole = secrets.expose_all().fold(self, |redactor, (_, secret)| redactor.hiding(secret));
        whole.hiding_values(secrets)
    }

    /// Hides `value`, of which nobody knows what it is: a token, the address of a socket, a number. Of an address that is
    /// what can be secret in it; a short number is none.
    #[must_use]
    pub fn hiding_value(self, value: &str) -> Self {
        if let Some((_, rest)) = value.split_once("://")
            && let Ok(url) = url::Url::parse(value)
        {
            let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
            let parts = query.split('&').filter_map(|pair| Some(pair.split_once('=')?.1));
            let segments = address.split('/').skip(1).filter(|segment| segment.len() >= MIN_PIECE);
            // As it is written, and as a server reads it.
            let read = url.query_pairs().fold(self, |redactor, (_, read)| redactor.hiding(&read));
            return parts.chain(segments).fold(read, Self::hiding);
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

    /// Hides the values of an answer's `Set-Cookie` headers as well: of so many bytes in every spelling, of the rest as they
    /// are.
    #[must_use]
    pub fn hiding_cookies<'a>(self, set_cookies: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut spelt = 0;
        for cookie in set_cookies {
            if let Some(value) = cookie_value(cookie) {
                spelt += value.len();
                self.learn(value, if spelt <= MAX_SPELT_COOKIES { Depth::Spelt } else { Depth::Plain });
            }
        }
        self
    }

    /// Hides the value of a `Set-Cookie` header as well, unless it is so short that it means something (`dark`).
    #[must_use]
    pub fn hiding_cookie(self, set_cookie: &[u8]) -> Self {
        self.hiding_cookies([set_cookie])
    }

    fn hiding(self, secret: &str) -> Self {
        self.learn(secret.as_bytes(), Depth::Spelt);
        self
    }

    fn learn(&self, secret: &[u8], depth: Depth) {
        // Most are known: they come again with each attempt.
        if !self.known.read().unwrap_or_else(PoisonError::into_inner).is_recent(secret, depth) {
            self.known.write().unwrap_or_else(PoisonError::into_inner).learn(secret, depth);
        }
    }

    /// Keeps of what was learnt only what is needed to find it again. It does so by itself before a text is looked at.
    pub fn settle(&self) {
        if self.known.read().unwrap_or_else(PoisonError::into_inner).has_new() {
            self.known.write().unwrap_or_else(PoisonError::into_inner).settle();
        }
    }

    /// What a peer says, as text that may be shown, cut to `limit` characters.
    pub fn text(&self, said: &[u8], limit: usize) -> SafeText {
        SafeText::with_limit(String::from_utf8_lossy(&self.bytes(said)).trim(), limit)
    }

    /// What a peer says, without the secrets.
    pub fn bytes<'a>(&self, said: &'a [u8]) -> Cow<'a, [u8]> {
        self.settle();
        let kept = without(said, &jwts(said));
        let credentials = credentials(&kept);
        let kept = if credentials.is_empty() { kept } else { without(&kept, &credentials).into_owned().into() };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            return kept;
        }
        let found = known.pieces(&kept);
        if found.is_empty() { kept } else { without(&kept, &found).into_owned().into() }
    }
}

/// The value of a `Set-Cookie` header, cut where it is longer than any browser keeps; `None` if it is so short that it means
/// something.
fn cookie_value(set_cookie: &[u8]) -> Option<&[u8]> {
    let mut parts = set_cookie.split(|byte| *byte == b';').next().unwrap_or_default().splitn(2, |byte| *byte == b'=');
    let value = parts.nth(1).map(<[u8]>::trim_ascii).filter(|value| value.len() >= MIN_PIECE)?;
    Some(&value[..value.len().min(MAX_COOKIE)])
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
    for start in JWT_STARTS.find_iter(said) {
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

/// What stands before a credential in a header (RFC 9110 §11.4).
const SCHEMES: [&[u8]; 2] = [b"basic ", b"bearer "];
/// A longer name, or the user's part of an address, is none.
const MAX_NAME: usize = 256;

/// Where in `said` a peer gives credentials of its own away: in an address (`redis://:password@host`), by name
/// (`password=…`), or as in a header (`Basic …`).
fn credentials(said: &[u8]) -> Vec<Range<usize>> {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"\"'&;,)]}<>".contains(byte);
    let until =
        |from: usize, is_end: &dyn Fn(&u8) -> bool| from + said[from..].iter().take_while(|byte| !is_end(byte)).count();
    let mut found = Vec::new();
    for place in memchr::memmem::find_iter(said, b"://") {
        let (from, end) = (place + 3, until(place + 3, &|byte| is_end(byte) || matches!(byte, b'/' | b'?')));
        let Some(at) = said[from..end.min(from + MAX_NAME)].iter().rposition(|byte| *byte == b'@') else { continue };
        let user = said[from..from + at].iter().position(|byte| *byte == b':').map_or(0, |colon| colon + 1);
        found.push(from + user..from + at);
    }
    for place in memchr::memchr_iter(b'=', said) {
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let begin = place - said[place.saturating_sub(MAX_NAME)..place].iter().rev().take_while(is_name).count();
        let name = said[begin..place].to_ascii_lowercase();
        if is_given(&name) {
            let from =
                place + 1 + said[place + 1..].iter().take_while(|byte| matches!(byte, b'"' | b'\'' | b'\\')).count();
            found.push(from..until(from, &|byte| is_end(byte) || *byte == b'\\'));
        }
    }
    for place in memchr::memchr2_iter(b'b', b'B', said) {
        let rest = &said[place..];
        let Some(scheme) = SCHEMES
            .iter()
            .find(|scheme| rest.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme)))
        else {
            continue;
        };
        let from = place + scheme.len();
        let is_token = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/-_.~".contains(byte);
        let end = from + said[from..].iter().take_while(is_token).count();
        // Not "Bearer authentication", nor `Bearer realm="…"`.
        if end - from >= 8 && said[from..end].iter().any(u8::is_ascii_digit) {
            let padding = said[end..].iter().take_while(|byte| **byte == b'=').count();
            found.push(from..end + padding);
        }
    }
    found.retain(|part| !part.is_empty() && !said[part.start..].starts_with(HIDDEN));
    found.sort_by_key(|part| part.start);
    found.dedup_by(|next, last| next.start < last.end);
    found
}

fn is_base64url(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD_NO_PAD;

    use super::known::GRAM;
    use super::spelling::base32;
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

    #[test]
    fn what_a_peer_gives_away_of_its_own_is_hidden() {
        for (said, expected) in [
            ("no redis://:hunter2pass@10.0.0.5:6379/0 here", "no redis://:(secret)@10.0.0.5:6379/0 here"),
            ("postgres://app:hunter2@db/x failed", "postgres://app:(secret)@db/x failed"),
            ("password=SuperSecret99; host=db", "password=(secret); host=db"),
            ("AWS_SECRET_ACCESS_KEY=abc/def+1 is set", "AWS_SECRET_ACCESS_KEY=(secret) is set"),
            (r#"{"m":"pwd=\"a b\""}"#, r#"{"m":"pwd=\"(secret) b\""}"#),
            ("Authorization: Basic YWRhOnNlY3JldDE= sent", "Authorization: Basic (secret) sent"),
        ] {
            assert_eq!(shown(said), expected);
        }
        for harmless in [
            "Bearer authentication is required",
            "Bearer realm=\"api1\", error=\"invalid_token\"",
            "https://api.example.com/a?b=c@d",
            "the secret is out, the password: missing",
            "basic auth",
        ] {
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
            bytes(&|byte| format!("\\x{byte:02x}")),
            bytes(&|byte| format!("&#{byte};")),
            bytes(&|byte| format!("&#x{byte:02X};")),
            bytes(&|byte| format!("%25{byte:02X}")),
            bytes(&|byte| {
                format!(
                    "%25%{:02x}%{:02x}",
                    b"0123456789abcdef"[usize::from(byte >> 4)],
                    b"0123456789abcdef"[usize::from(byte & 15)]
                )
            }),
            bytes(&|byte| format!("\\\\u{byte:04x}")),
            bytes(&|byte| format!("&amp;#{byte};")),
            bytes(&|byte| format!("&amp;#x{byte:02x};")),
            STANDARD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
        ]
    }

    #[test]
    fn a_secret_is_hidden_as_json_html_and_forms_have_it() {
        for (secret, spellings) in [
            ("pa\"ss\\wo/rd1", &[r#"pa\"ss\\wo/rd1"#, r#"pa\"ss\\wo\/rd1"#, "pa&quot;ss\\wo/rd1"][..]),
            ("Tr0ub4dor&3", &["Tr0ub4dor&amp;3", "Tr0ub4dor%263"]),
            ("correct horse+1", &["correct+horse%2B1", "correct%20horse%2B1"]),
            ("пароль12", &["пароль12", "\\u043f\\u0430\\u0440\\u043e\\u043b\\u044c12"]),
        ] {
            let redactor =
                Redactor::default().hiding_secrets(&Values::one(crate::model::ValueName::built_in("pw"), secret));
            for spelling in spellings {
                let shown = redactor.text(format!("you sent [{spelling}] here").as_bytes(), 200);
                assert_eq!(shown.as_str(), "you sent [(secret)] here", "{spelling}");
            }
        }
    }

    #[test]
    fn a_number_is_hidden_if_it_is_a_persons_secret_and_not_if_an_answer_gave_it() {
        let pin = || Values::one(crate::model::ValueName::built_in("pin"), "48151623");
        let shown = |redactor: Redactor| redactor.text(br#"{"pin":48151623}"#, 99).as_str().to_owned();
        assert_eq!(shown(Redactor::default().hiding_secrets(&pin())), r#"{"pin":(secret)}"#);
        assert_eq!(shown(Redactor::default().hiding_values(&pin())), r#"{"pin":48151623}"#);
    }

    #[test]
    fn what_an_address_holds_is_hidden_as_it_is_written_and_as_it_is_read() {
        let redactor = Redactor::default().hiding_value("wss://a.example/ws?ticket=3q2%2B7w%2Fabc%2Bde%3D%3D");
        for spelling in ["3q2%2B7w%2Fabc%2Bde%3D%3D", "3q2+7w/abc+de=="] {
            assert_eq!(redactor.text(format!("no {spelling}!").as_bytes(), 99).as_str(), "no (secret)!");
        }
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
            text.bytes()
                .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
                .collect::<String>()
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
            .hiding_cookie(b"sid=0a1b2c3d4e5f6071; Path=/; HttpOnly")
            .hiding_cookie(b"name=M\xfcller-0a1b2c3d; Path=/")
            .hiding_cookie(b"theme=dark; Path=/");
        for (said, expected) in [
            ("Proxy-Authorization: Basic YW5uZW1hcmllOmh1bnRlcjItaHVudGVyMg==", "Proxy-Authorization: Basic (secret)"),
            ("annemarie:hunter2-hunter2", "annemarie:(secret)"),
            ("Cookie: theme=dark; sid=0a1b2c3d4e5f6071", "Cookie: theme=dark; sid=(secret)"),
        ] {
            assert_eq!(redactor.text(said.as_bytes(), 500).as_str(), expected);
        }
        let beyond_ascii = redactor.bytes(b"you are M\xfcller-0a1b2c3d").into_owned();
        assert_eq!(beyond_ascii, b"you are (secret)");
    }

    #[test]
    fn large_cookies_in_each_answer_neither_grow_what_is_remembered_nor_take_long() {
        let redactor = Redactor::default();
        let begin = tokio::time::Instant::now();
        for number in 0_u64..60 {
            let value: String = (0..3_750)
                .map(|part| format!("{:016x}", (number * 3_750 + part).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
                .collect();
            let _ = redactor.clone().hiding_cookie(format!("c{number}={value}; Path=/").as_bytes());
        }
        redactor.settle();
        // Ten answers with six cookies of 60 KB each took 47 s, and 379 MB.
        assert!(begin.elapsed() < std::time::Duration::from_secs(120), "{:?}", begin.elapsed());
        assert!(redactor.known.read().unwrap().prints() <= 4 * 230_000, "4 MB at most");
    }

    #[test]
    fn of_many_cookies_in_one_answer_all_are_hidden_as_they_are_and_few_in_other_spellings() {
        let value = |number: u128| format!("{:032x}", u128::MAX / (number + 3)).repeat(100);
        let cookies: Vec<_> = (0..50).map(|number| format!("c={}; Path=/", value(number))).collect();
        let redactor = Redactor::default().hiding_cookies(cookies.iter().map(String::as_bytes));
        let shown = |said: &str| redactor.text(format!("you are {said}").as_bytes(), 32).as_str().to_owned();
        for number in [0, 49] {
            assert_eq!(shown(&value(number)), "you are (secret)");
        }
        // Sixteen spellings of 150 KB took the driver's thread 150 ms for each answer.
        assert_ne!(shown(&STANDARD.encode(value(49))), "you are (secret)");
    }

    #[test]
    fn every_secret_of_a_session_is_remembered_whoever_learnt_it() {
        let session = Redactor::default();
        let secret = |number: u32| Ticket::new(format!("ticket-{number:04}-{:016x}", u64::from(number) << 40 | 0xabcd));
        for number in 0..2_000 {
            let _ = session.clone().hiding_ticket(&secret(number));
        }
        for number in 0..2_000 {
            let shown = session.text(format!("you sent {}", secret(number).expose()).as_bytes(), 500);
            assert_eq!(shown.as_str(), "you sent (secret)", "{number}");
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
