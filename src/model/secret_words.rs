//! Secrets that a text quotes: by the words before them, and by how they begin. What a report hides and what is hidden of
//! files that are opened go by these rules alike.

use std::borrow::Cow;

use super::secret_name::{is_reference_name, is_secret_word, is_typed_word, is_value_word, secret_words, value_words};

/// What stands in the place of a secret.
pub const SECRET: &str = "(secret)";

/// What begins with one of these and goes on for so long is a key: JWTs, this contract's sessions, and those of large
/// services.
const KEYS: [(&str, usize); 9] = [
    ("eyJ", 12),
    ("sess_", 13),
    ("AKIA", 16),
    ("AIza", 30),
    ("ghp_", 20),
    ("gho_", 20),
    ("github_pat_", 20),
    ("xoxb-", 12),
    ("sk_live_", 12),
];
/// What follows one of these is a secret up to its end.
const SECRET_HEADERS: [&str; 6] =
    ["authorization:", "proxy-authorization:", "cookie:", "set-cookie:", "-----begin", "x-api-key:"];
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
/// Words that say how it stands with a secret, or go on with a sentence about it: they are none.
const STATES: [&str; 113] = [
    "a",
    "absent",
    "accepted",
    "allowed",
    "already",
    "an",
    "and",
    "bad",
    "blocked",
    "by",
    "can",
    "cannot",
    "changed",
    "check",
    "checked",
    "cookie",
    "could",
    "damaged",
    "denied",
    "deprecated",
    "did",
    "disabled",
    "does",
    "empty",
    "enabled",
    "error",
    "exceeded",
    "exists",
    "expired",
    "expires",
    "fail",
    "failed",
    "failure",
    "false",
    "for",
    "forbidden",
    "format",
    "found",
    "from",
    "granted",
    "has",
    "header",
    "in",
    "inactive",
    "incorrect",
    "ineligible",
    "invalid",
    "is",
    "issued",
    "its",
    "length",
    "limited",
    "locked",
    "lost",
    "malformed",
    "may",
    "mismatch",
    "missing",
    "must",
    "needed",
    "nil",
    "no",
    "none",
    "not",
    "null",
    "of",
    "off",
    "ok",
    "on",
    "only",
    "optional",
    "or",
    "origin",
    "parse",
    "passed",
    "pending",
    "present",
    "provided",
    "refused",
    "rejected",
    "replaced",
    "required",
    "reset",
    "revoked",
    "server",
    "should",
    "signature",
    "string",
    "success",
    "successful",
    "the",
    "to",
    "too",
    "true",
    "unauthenticated",
    "unauthorised",
    "unauthorized",
    "undefined",
    "unexpected",
    "unknown",
    "unset",
    "unsupported",
    "unverified",
    "used",
    "user",
    "valid",
    "validation",
    "verification",
    "verified",
    "was",
    "were",
    "with",
    "wrong",
];
/// The most digits of a number that explains something: a status, a close code, an error's number.
const MAX_NUMBER: usize = 5;
/// The fewest digits of a number that somebody would have to type.
const MIN_PIN: usize = 4;
/// The shortest id of a trace that is known without being called so.
const MIN_ID: usize = 8;

/// What may come next in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// Whatever.
    #[default]
    Anything,
    /// After the name of a secret in quotation marks, as JSON has it.
    Colon,
    /// After the name and a colon.
    Secret,
    /// After `Bearer` and the like.
    Credential,
    /// After the name of what people type.
    Typed(Typed),
    /// After `request` and the like, which `id` may follow.
    Id,
    /// After `trace` and the like, which `id` may follow, or the id itself.
    Trace,
    /// After the name of what finds a request in other logs.
    Reference,
    /// The same where several words may stand, up to a semicolon or the end of the line: `via: 1.1 edge (Cache)`.
    References,
}

/// Of what people type, which kind it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// A word or a number.
    Word,
    /// A number, however short, or a word: a PIN, a password.
    Pin,
    /// After `code:` and `code=`, where programs put what errors are called.
    Code,
}

impl Next {
    /// What comes after `word` and the `gap` behind it.
    fn after(self, word: &str, gap: &str) -> Self {
        let lower = word.to_ascii_lowercase();
        let name = lower.trim_end_matches([':', '=']);
        let is_ended = lower.len() > name.len();
        // What stands in the place of a secret is not its name.
        if lower == "secret" && gap.starts_with(')') {
            return Self::Anything;
        }
        match self {
            Self::Colon | Self::Secret if word == ":" => return Self::Secret,
            Self::Typed(typed) if matches!(&*lower, ":" | "=") => {
                return Self::Typed(if typed == Typed::Word { Typed::Code } else { typed });
            }
            Self::Typed(typed) if matches!(&*lower, "is" | "is:" | "was" | "was:" | "of") => {
                return Self::Typed(typed);
            }
            Self::Reference if matches!(&*lower, ":" | "=" | "is" | "of") => return self,
            Self::References if !word.ends_with(';') && !gap.contains(['\n', ';']) => return self,
            _ => {}
        }
        if matches!(name, "bearer" | "basic" | "digest" | "negotiate" | "ntlm") && gap.trim().is_empty() {
            return Self::Credential;
        }
        if matches!(name, "via" | "x-served-by" | "x-amz-cf-pop" | "x-vercel-id") && is_ended {
            return Self::References;
        }
        if is_reference_name(name) && (is_ended || name.len() > "trace".len())
            || matches!(self, Self::Id | Self::Trace) && name == "id"
            || name == "pod"
        {
            return Self::Reference;
        }
        match name {
            "request" | "correlation" if gap.trim().is_empty() => return Self::Id,
            "trace" | "span" | "ray" if gap.trim().is_empty() => return Self::Trace,
            _ => {}
        }
        let is_quoted = lower.ends_with('=') && gap.starts_with(['"', '\'']);
        if is_secret_word(name) && is_ended || is_quoted && is_value_word(name) {
            Self::Secret
        } else if is_secret_word(name) && gap == "\"" {
            Self::Colon
        } else if is_secret_word(name) || is_typed_word(name) && (!is_ended || lower.ends_with(':')) {
            let is_pin = name.starts_with("pass") || matches!(name, "pin" | "otp" | "pwd" | "pw");
            Self::Typed(match is_pin {
                true => Typed::Pin,
                false if is_ended => Typed::Code,
                false => Typed::Word,
            })
        } else {
            Self::Anything
        }
    }

    /// Whether `word`, which stands here, finds a request in other logs.
    fn is_reference(self, word: &str) -> bool {
        let is_id = || word.len() >= MIN_ID && word.bytes().any(|byte| byte.is_ascii_digit());
        matches!(self, Self::Reference | Self::References) || self == Self::Trace && is_id()
    }
}

/// What somebody else knows of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is a secret, whatever stands before it.
    Secret,
    /// It is none, whatever stands before it.
    Plain,
    /// That depends on the words before it.
    Depends,
}

/// `text` with [`SECRET`] in the place of each secret that it quotes.
pub fn without_quoted_secrets(text: &str) -> Cow<'_, str> {
    let evaluate = |word: &str, _| if is_credential(word) { Judgement::Secret } else { Judgement::Depends };
    let kept = hide_secrets(text, Next::Anything, evaluate, |word| Cow::Borrowed(word));
    if kept == text { Cow::Borrowed(text) } else { Cow::Owned(kept) }
}

/// The words of `text` that find a request in other logs, by the words before them: `request id 7f3a91c0-1234`.
pub fn references(text: &str) -> Vec<String> {
    let found = std::cell::RefCell::new(Vec::new());
    let evaluate = |word: &str, is_reference: bool| {
        if is_reference {
            let id = word.split_once(['=', ':']).map_or(word, |(_, id)| id);
            let id = id.trim_end_matches(['.', ',', ';', ':']);
            found.borrow_mut().extend(Some(id.to_owned()).filter(|id| !id.is_empty()));
        }
        Judgement::Plain
    };
    hide_secrets(text, Next::Anything, evaluate, |word| Cow::Borrowed(word));
    found.into_inner()
}

/// `text`, before which stands what `next` says, with [`SECRET`] in the place of each secret that it quotes or that `evaluate`
/// knows, and everything else as `show` has it. `evaluate` is told whether the words before say that what it looks at finds a
/// request in other logs.
pub fn hide_secrets(
    text: &str,
    mut next: Next,
    evaluate: impl Fn(&str, bool) -> Judgement,
    show: impl Fn(&str) -> Cow<'_, str>,
) -> String {
    let lower = text.to_ascii_lowercase();
    let header = SECRET_HEADERS
        .iter()
        .flat_map(|name| lower.match_indices(name).map(|(at, name)| (at, name.len())))
        .filter(|(at, length)| !is_sentence(&lower[at + length..]))
        .min();
    let (said, is_cut) = header.map_or((text, false), |(at, length)| (&text[..at + length], true));
    let mut clean = String::with_capacity(said.len());
    let mut before = "";
    for (word, gap) in words(said) {
        let word = &*without_query(word);
        let named = word.split_once(['=', ':']).filter(|(_, value)| !value.is_empty());
        let is_reference = next.is_reference(word) || named.is_some_and(|(name, _)| is_reference_name(name));
        let is_value = |word: &str| word.len() > 1 && !is_masked(word) && !is_state(word);
        let is_secret = match next {
            Next::Secret => is_value(word),
            // `"pin":4711`
            Next::Colon => word.len() > MIN_PIN && word.starts_with(':') && is_value(&word[1..]),
            Next::Credential => is_after_scheme(word),
            Next::Typed(typed) => is_typed(word, typed) || typed == Typed::Pin && is_quoted(before, word, gap),
            Next::Anything | Next::Id | Next::Trace | Next::Reference | Next::References => false,
        };
        let is_hidden = match evaluate(word, is_reference) {
            Judgement::Secret => true,
            Judgement::Plain => false,
            Judgement::Depends => is_secret,
        };
        if is_hidden && !word.is_empty() {
            clean.push_str(if next == Next::Colon && word.starts_with(':') { ":" } else { "" });
            clean.push_str(SECRET);
        } else {
            clean.push_str(&show(word));
        }
        clean.push_str(gap);
        if !word.is_empty() {
            next = next.after(word, gap);
        }
        before = gap;
    }
    if is_cut {
        clean.push(' ');
        clean.push_str(SECRET);
    }
    clean
}

/// Whether `word`, behind `Bearer` or the like, is a credential: not a parameter (`realm=`), nor a word of a sentence.
fn is_after_scheme(word: &str) -> bool {
    let lower = word.trim_end_matches(['.', ';', ':']).to_ascii_lowercase();
    let is_parameter = lower.ends_with('=') && !lower.ends_with("==");
    lower.len() > 1 && !is_parameter && !AFTER_SCHEME.contains(&&*lower) && !is_state(&lower)
}

/// Whether what stands behind the name of a header, in lower case, goes on with a sentence: `Bearer token required`.
fn is_sentence(rest: &str) -> bool {
    let mut words = rest.split_whitespace();
    let first = words.next().unwrap_or_default();
    let word = if matches!(first, "bearer" | "basic") { words.next().unwrap_or_default() } else { first };
    is_state(word) || AFTER_SCHEME.contains(&word.trim_end_matches(['.', ',', ';', ':']))
}

/// Whether `word` says how it stands with a secret: `expired`, `missing`, `null`.
fn is_state(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ';', ':', ',', '!', '?', ')', '\'', '"']);
    let word = word.trim_start_matches(['(', '\'', '"']);
    let lower = word.to_ascii_lowercase();
    // `TOKEN_EXPIRED`, `not_found`
    let is_name = lower.contains('_')
        && lower.split('_').any(|part| STATES.binary_search(&part).is_ok())
        && lower.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_name || STATES.binary_search(&&*lower).is_ok() || matches!(word, "hidden" | "secret" | "redacted")
}

/// Whether `word`, behind `password` or the like, is what a person would have to type.
fn is_typed(word: &str, typed: Typed) -> bool {
    let word = word.trim_end_matches(['.', ';', ':', '!', '?']);
    let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    if typed == Typed::Pin && is_number {
        return word.len() >= MIN_PIN;
    }
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let is_date = !is_number && word.bytes().all(|byte| byte.is_ascii_digit() || b"-:./+TZ".contains(&byte));
    // As in `JWT RS256`.
    let is_algorithm = matches!(word.as_bytes(), [a, b, rest @ ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase()
        && rest.len() == 3 && rest.iter().all(u8::is_ascii_digit));
    let is_cut = word.contains('…') && is_masked(word);
    let is_error = typed == Typed::Code && is_error_name(word);
    let explains =
        is_number && word.len() <= MAX_NUMBER || is_date || is_algorithm || word.contains('_') || is_cut || is_error;
    has_digit && word.len() > 3 && !explains
}

/// Whether `word`, between `before` and `after`, stands alone in marks, as what somebody quotes: `wrong password (monkey)`.
fn is_quoted(before: &str, word: &str, after: &str) -> bool {
    let mark = before.trim_start();
    let is_marked = before.len() > mark.len()
        && matches!(
            (mark, after.chars().next()),
            ("(", Some(')')) | ("'", Some('\'')) | ("\"", Some('"')) | ("`", Some('`')) | ("“", Some('”'))
        );
    is_marked && word.len() > 2 && !is_state(word)
}

/// Whether `word` is what a program calls an error: `E1001`, `AADSTS50011`, `42P01`.
fn is_error_name(word: &str) -> bool {
    let letters = word.find(|letter: char| letter.is_ascii_digit()).unwrap_or(word.len());
    let (letters, digits) = word.split_at(letters);
    let letters = letters.trim_end_matches('-');
    let is_number = (1..=MAX_NUMBER).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_upper = letters.bytes().all(|byte| byte.is_ascii_uppercase());
    // SQLSTATE (ISO 9075) has five characters.
    let is_of_sql = word.len() == 5
        && word.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        && word.starts_with(|first: char| first.is_ascii_digit());
    let is_known = letters.len() <= 2 || matches!(letters, "ERR" | "ERROR" | "AADSTS" | "ORA" | "HTTP");
    is_upper && is_number && is_known || is_of_sql
}

/// `word` without the query of the address that it is, unless its values are words and short numbers.
fn without_query(word: &str) -> Cow<'_, str> {
    let Some((address, query)) =
        word.split_once('?').filter(|(address, query)| address.contains('/') && query.contains('='))
    else {
        return word.into();
    };
    let is_plain = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        !is_secret_word(&name.to_ascii_lowercase()) && is_word_or_number(value)
    };
    if query.split('&').all(is_plain) { word.into() } else { format!("{address}?…").into() }
}

/// Whether `value` is a word of letters, or a number that explains something.
fn is_word_or_number(value: &str) -> bool {
    let is_word = value.len() <= 32 && value.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_".contains(&byte));
    let is_number = value.len() <= MAX_NUMBER && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_word || is_number
}

/// Whether `word` is an id of which only the ends are shown, or stands in the place of a secret already.
fn is_masked(word: &str) -> bool {
    word == "secret" || word.contains('…') && word.chars().count() <= 12
}

/// Words and what stands behind each.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
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

/// Whether `text` holds what opens a door.
pub fn is_credential(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let begins = |at: usize| !lower[..at].ends_with(is_word);
    // As a word of its own, or as the last one of `client_secret` or `accessToken`.
    let begins_name = |at: usize| {
        let before = &text[..at];
        let is_hump = text[at..].starts_with(|c: char| c.is_ascii_uppercase());
        !before.ends_with(|c: char| c.is_ascii_alphanumeric()) || is_hump && before.ends_with(char::is_lowercase)
    };
    let follows = |at: usize| text[at..].chars().take_while(|&c| is_word(c)).count();
    let end = |value: &str| value.find(|c: char| "&;,".contains(c)).unwrap_or(value.len());
    let is_named = secret_words().chain(["authorization", "cookie"]).any(|name| {
        lower.match_indices(name).any(|(at, _)| {
            let value = lower[at + name.len()..].trim_start_matches(['"', ' ']);
            let said = value.trim_start_matches(['=', ':', '"', ' ']);
            begins_name(at)
                && value.len() > 1
                && value.starts_with(['=', ':'])
                && !value.starts_with("://")
                && !is_state(&said[..end(said)])
        })
    });
    let is_given = value_words().any(|name| {
        lower.match_indices(name).any(|(at, _)| {
            let from = at + name.len();
            let value = text[from..].strip_prefix('=').map(|value| &value[..end(value)]);
            let is_plain = |value: &str| {
                is_word_or_number(value) || name == "code" && !text[..at].ends_with(['?', '&']) && is_error_name(value)
            };
            begins_name(at) && value.is_some_and(|value| value.len() > 1 && !is_plain(value))
        })
    });
    let has_user =
        lower.split("://").skip(1).any(|rest| rest.split(['/', '?']).next().is_some_and(|a| a.contains('@')));
    let has = |part: &str, least: usize| text.match_indices(part).any(|(at, _)| begins(at) && follows(at) >= least);
    let is_scheme = ["bearer ", "basic "].iter().any(|scheme| lower.contains(scheme));
    is_named || is_given || has_user || is_scheme || KEYS.iter().any(|(begin, least)| has(begin, *least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_in_words_is_hidden() {
        for (text, expected) in [
            ("your code is 482913", "your code is (secret)"),
            ("wrong password (hunter2)", "wrong password ((secret))"),
            ("wrong password (monkey)", "wrong password ((secret))"),
            ("password 'monkey' is wrong", "password '(secret)' is wrong"),
            ("the PIN is 4711.", "the PIN is (secret)"),
            ("token abc123def456ghi7 expired", "token (secret) expired"),
            ("token: abc123def456 is expired", "token: (secret) is expired"),
            (r#"{"pin":482913,"code":"NO"}"#, r#"{"pin":(secret),"code":"NO"}"#),
            ("Authorization: Bearer abc and more", "Authorization: (secret)"),
            ("see https://a.example/x?sig=SEKRET87", "see https://a.example/x?…"),
        ] {
            assert_eq!(without_quoted_secrets(text), expected);
            assert_eq!(without_quoted_secrets(expected), expected, "a second time nothing changes");
        }
    }

    #[test]
    fn how_it_stands_with_a_secret_is_none() {
        for text in [
            "token: expired",
            "auth: failed",
            "password: required",
            "ticket=null",
            "auth=failed; token=missing",
            "jwt: INVALID_SIGNATURE",
            "token: not_found",
            "code=E1001",
            "code: E1001, error code 40142",
            r#"{"code":"E1001","token":"invalid","password":"is too short"}"#,
            "password (required)",
            "Authorization: missing",
            "send Authorization: Bearer token, please",
            "cookie: none; cf-ray: 8f2b1c3d4e5f6a7b-FRA",
            "Bearer token is missing; Basic auth failed",
            "code: AADSTS50011",
            "(secret) web12",
        ] {
            assert_eq!(without_quoted_secrets(text), text);
        }
    }

    #[test]
    fn what_finds_a_request_is_told_apart() {
        assert_eq!(references("Trace id 7f3a91c0 finds it"), ["7f3a91c0"]);
        assert_eq!(references("request id: 7f3a91c0, Ray ID 8f2b"), ["7f3a91c0", "8f2b"]);
        assert_eq!(references("cf-ray: 8f2b-FRA; server: cloudflare"), ["8f2b-FRA"]);
        assert_eq!(references("via: 1.1 edge (Cache); age: 5"), ["1.1", "edge", "Cache"]);
        assert_eq!(references("traceId=7f3a x-request-id: 9a"), ["7f3a", "9a"]);
        assert_eq!(references("trace 0af7651916cd43dd8448eb211c80319c"), ["0af7651916cd43dd8448eb211c80319c"]);
        assert_eq!(references("a request of this trace, via nobody"), [""; 0]);
    }
}
