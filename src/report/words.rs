//! The words of a text: what is called a secret, and what comes behind such a name.

use std::borrow::Cow;

/// A value behind one of these is a secret, as `name=value`, `"name":"value"` or `name: value`.
pub(super) const SECRET_NAMES: [&str; 26] = [
    "ticket",
    "token",
    "jwt",
    "access_token",
    "refresh_token",
    "id_token",
    "password",
    "passwd",
    "secret",
    "sessionid",
    "session_id",
    "sid",
    "api_key",
    "apikey",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "clientsecret",
    "pwd",
    "auth",
    "otp",
    "pin",
    "passcode",
    "passphrase",
    "csrf",
    "credential",
];
/// A value behind `=` of one of these is a secret unless it is a word or a short number: `code=1006`, `key=value`.
pub(super) const VALUE_NAMES: [&str; 8] = ["key", "code", "nonce", "cnonce", "opaque", "sig", "signature", "state"];
/// What a person is given to type: `your code is 482913`, `password hunter2`.
const TYPED_NAMES: [&str; 12] =
    ["password", "passwd", "passcode", "passphrase", "pwd", "otp", "pin", "secret", "code", "key", "pass", "pw"];
/// What follows `Bearer` and the like in a sentence, and is no credential.
const AFTER_SCHEME: [&str; 10] = [
    "auth",
    "authentication",
    "authorization",
    "challenge",
    "credentials",
    "header",
    "login",
    "scheme",
    "token",
    "tokens",
];
/// The most digits of a number that explains something: a status, a close code, an error's number.
const MAX_NUMBER: usize = 5;
/// What may come next in a text.
#[derive(Clone, Copy)]
pub(super) enum Next {
    Anything,
    /// After the name of a secret in quotation marks, as JSON has it.
    Colon,
    /// After the name and a colon.
    Secret,
    /// After `Bearer` and the like.
    Credential,
    /// After the name of what people type.
    Typed,
}

impl Next {
    /// What comes after `word` and the `gap` behind it.
    pub(super) fn after(self, word: &str, gap: &str) -> Self {
        let lower = word.to_ascii_lowercase();
        let name = lower.trim_end_matches([':', '=']);
        let is_ended = lower.len() > name.len();
        match self {
            Self::Colon | Self::Secret if word == ":" => return Self::Secret,
            Self::Typed if matches!(&*lower, ":" | "=" | "is" | "is:" | "was" | "was:" | "of") => return Self::Typed,
            Self::Anything | Self::Colon | Self::Secret | Self::Credential | Self::Typed => {}
        }
        if matches!(name, "bearer" | "basic" | "digest" | "negotiate" | "ntlm") && gap.trim().is_empty() {
            return Self::Credential;
        }
        let is_quoted = lower.ends_with('=') && gap.starts_with(['"', '\'']);
        if is_secret_name(name) && is_ended || is_quoted && VALUE_NAMES.contains(&name) {
            Self::Secret
        } else if is_secret_name(name) && gap == "\"" {
            Self::Colon
        } else if is_secret_name(name) || TYPED_NAMES.contains(&name) && (!is_ended || lower.ends_with(':')) {
            Self::Typed
        } else {
            Self::Anything
        }
    }
}

/// Whether `word`, behind `Bearer` or the like, is a credential: not a parameter (`realm=`), nor a word of a sentence.
pub(super) fn is_after_scheme(word: &str) -> bool {
    let lower = word.trim_end_matches(['.', ';', ':']).to_ascii_lowercase();
    let is_parameter = lower.ends_with('=') && !lower.ends_with("==");
    lower.len() > 1 && !is_parameter && !AFTER_SCHEME.contains(&&*lower)
}

/// Whether `word`, behind `password` or the like, is what a person would have to type.
pub(super) fn is_typed(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ';', ':', '!']);
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let is_date = !is_number && word.bytes().all(|byte| byte.is_ascii_digit() || b"-:./+TZ".contains(&byte));
    // As in `JWT RS256`.
    let is_algorithm = matches!(word.as_bytes(), [a, b, rest @ ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase()
        && rest.len() == 3 && rest.iter().all(u8::is_ascii_digit));
    let explains = is_number && word.len() <= MAX_NUMBER || is_date || is_algorithm || word.contains(['_', '…']);
    has_digit && word.len() > 3 && !explains
}

/// `word` without the query of the address that it is, unless its values are words and short numbers.
pub(super) fn without_query(word: &str) -> Cow<'_, str> {
    let Some((address, query)) =
        word.split_once('?').filter(|(address, query)| address.contains('/') && query.contains('='))
    else {
        return word.into();
    };
    let is_plain = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        !is_secret_name(&name.to_ascii_lowercase()) && is_word_or_number(value)
    };
    if query.split('&').all(is_plain) { word.into() } else { format!("{address}?…").into() }
}

/// Whether `value` is a word of letters, or a number that explains something.
pub(super) fn is_word_or_number(value: &str) -> bool {
    let is_word = value.len() <= 32 && value.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_".contains(&byte));
    let is_number = value.len() <= MAX_NUMBER && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_word || is_number
}

/// Whether `word` is an id of which only the ends are shown, or stands in the place of a secret already.
pub(super) fn is_masked(word: &str) -> bool {
    word == "secret" || word.contains('…') && word.chars().count() <= 12
}

/// Words and what stands behind each.
pub(super) fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_gap = |c: char| c.is_whitespace() || "\"'<>(){}[],|`“”‘’«»".contains(c);
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let word = rest.find(is_gap).unwrap_or(rest.len());
        let gap = rest[word..].find(|c| !is_gap(c)).unwrap_or(rest.len() - word);
        let found = (&rest[..word], &rest[word..word + gap]);
        rest = &rest[word + gap..];
        Some(found)
    })
}

/// Whether `name`, in lower case, is what a secret is called, or ends with it: `client_secret`.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.rsplit(['.', '/']).next().unwrap_or(name);
    let last = name.rsplit(['_', '-']).next().unwrap_or(name);
    SECRET_NAMES.contains(&name) || SECRET_NAMES.contains(&last)
}
