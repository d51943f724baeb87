//! What secrets are called: one list, and the views that go by it.
//!
//! Each view asks another question, so each name says which of them it answers. A name that is added here is known to all
//! views whose letters stand beside it, and to nobody else.

/// In the name of a field, parameter or header, anywhere in it: `clientSecret`, `X-Auth-Key` ([`is_secret_name`]).
const FIELD: u8 = 1;
/// In the name of what a peer writes as `name=value`, anywhere in it: whatever the value is, it is hidden ([`is_given`]).
const GIVEN: u8 = 1 << 1;
/// As a word of a text, or the last part of one: what stands behind it is a secret, as `name=value`, `"name":"value"` or
/// `name: value` ([`is_secret_word`]).
const WORD: u8 = 1 << 2;
/// As a word with `=`: what stands behind is a secret unless it is a word or a short number: `code=1006`, `key=value`
/// ([`is_value_word`]).
const VALUE: u8 = 1 << 3;
/// What a person is given to type: `your code is 482913`, `password hunter2` ([`is_typed_word`]).
const TYPED: u8 = 1 << 4;

/// The names, each with the views that know it.
const NAMES: [(&str, u8); 42] = [
    ("access_token", WORD),
    ("accesstoken", WORD),
    ("api-key", FIELD),
    ("api_key", FIELD | GIVEN | WORD),
    ("apikey", FIELD | WORD),
    ("assertion", FIELD),
    ("auth", FIELD | WORD),
    ("bearer", FIELD),
    ("clientsecret", WORD),
    ("cnonce", VALUE),
    ("code", FIELD | VALUE | TYPED),
    ("cookie", FIELD),
    ("credential", FIELD | WORD),
    ("csrf", FIELD | WORD),
    ("id_token", WORD),
    ("idtoken", WORD),
    ("jwt", FIELD | WORD),
    ("key", FIELD | VALUE | TYPED),
    ("nonce", FIELD | VALUE),
    ("opaque", VALUE),
    ("otp", FIELD | WORD | TYPED),
    ("pass", FIELD | TYPED),
    ("passcode", WORD | TYPED),
    ("passphrase", WORD | TYPED),
    ("passw", GIVEN),
    ("passwd", WORD | TYPED),
    ("password", WORD | TYPED),
    ("pin", FIELD | WORD | TYPED),
    ("pw", TYPED),
    ("pwd", FIELD | GIVEN | WORD | TYPED),
    ("refresh_token", WORD),
    ("refreshtoken", WORD),
    ("secret", FIELD | GIVEN | WORD | TYPED),
    ("session", FIELD),
    ("session_id", WORD),
    ("sessionid", WORD),
    ("sid", FIELD | WORD),
    ("sig", FIELD | VALUE),
    ("signature", VALUE),
    ("state", VALUE),
    ("ticket", FIELD | WORD),
    ("token", FIELD | WORD),
];

fn known(view: u8) -> impl Iterator<Item = &'static str> {
    NAMES.iter().filter(move |(_, views)| views & view != 0).map(|(name, _)| *name)
}

/// Whether what has this name, of a field, parameter or header, is a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    known(FIELD).any(|word| name.contains(word))
}

/// Whether what a peer writes as `name=value`, with `name` in lower case, is nobody's to read.
pub(super) fn is_given(name: &[u8]) -> bool {
    known(GIVEN).any(|word| memchr::memmem::find(name, word.as_bytes()).is_some())
}

/// Whether `word`, in lower case, is what a secret is called, or ends with it: `client_secret`.
pub(super) fn is_secret_word(word: &str) -> bool {
    let word = word.rsplit(['.', '/']).next().unwrap_or(word);
    let last = word.rsplit(['_', '-']).next().unwrap_or(word);
    known(WORD).any(|name| name == word || name == last)
}

/// The words behind which a secret stands.
pub(super) fn secret_words() -> impl Iterator<Item = &'static str> {
    known(WORD)
}

/// The words behind which, with `=`, a secret stands unless it is a word or a short number.
pub(super) fn value_words() -> impl Iterator<Item = &'static str> {
    known(VALUE)
}

/// Whether `word`, in lower case, is one of those.
pub(super) fn is_value_word(word: &str) -> bool {
    known(VALUE).any(|name| name == word)
}

/// Whether `word`, in lower case, is what people are given to type.
pub(super) fn is_typed_word(word: &str) -> bool {
    known(TYPED).any(|name| name == word)
}

/// Names, without `-` and `_`, of what finds a request in the logs of others, or tells through whom it went.
const REFERENCES: [&str; 14] = [
    "cfray",
    "flyrequestid",
    "pod",
    "podname",
    "ray",
    "trace",
    "traceparent",
    "tracestate",
    "via",
    "xamzcfid",
    "xamzcfpop",
    "xazureref",
    "xservedby",
    "xvercelid",
];
/// How such names end.
const REFERENCE_ENDS: [&str; 5] = ["traceid", "spanid", "requestid", "correlationid", "rayid"];

/// Whether what has this name finds a request in other logs, or tells through whom it went, and is no secret: trace ids,
/// `cf-ray`, `via`, pods.
pub fn is_reference_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['_', '-'], "");
    REFERENCES.contains(&name.as_str()) || REFERENCE_ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether `name` is that of a Kubernetes pod: words, the hash of its template, and five characters of its own
/// (`api-7d9f8b6c5d-x2k4q`). A pod of a daemon set has no hash (`ws-gateway-x2k4q`).
pub fn is_pod_name(name: &str) -> bool {
    let is_part =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) && !part.is_empty();
    // A word with its version at most: no run of letters and digits in turns.
    let is_word = |part: &str| {
        let letters = part.trim_end_matches(|it: char| it.is_ascii_digit());
        part.len() - letters.len() <= 3 && letters.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let parts: Vec<_> = name.split('-').collect();
    let Some((own, rest)) = parts.split_last().filter(|(own, rest)| own.len() == 5 && !rest.is_empty()) else {
        return false;
    };
    let words = match rest {
        [words @ .., hash] if (8..=10).contains(&hash.len()) && !is_word(hash) => words,
        words => words,
    };
    parts.iter().all(|part| is_part(part))
        && is_part(own)
        && words.first().is_some_and(|first| first.starts_with(|it: char| it.is_ascii_lowercase()))
        && words.iter().all(|part| is_word(part))
}

/// Whether what has this name is what a person would type, whatever it is: a word or a number.
pub fn is_password_name(name: &str) -> bool {
    const NAMES: [&str; 5] = ["pass", "pwd", "secret", "otp", "pin"];
    let name = name.to_ascii_lowercase();
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        NAMES.contains(&word) || ["passw", "passcode", "passphrase", "secret"].iter().any(|part| word.contains(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_knows_what_it_is_to_know() {
        for (name, is_secret) in
            [("clientSecret", true), ("X-Api-Key", true), ("sid", true), ("theme", false), ("status", false)]
        {
            assert_eq!(is_secret_name(name), is_secret, "{name}");
        }
        assert!(is_given(b"db_password") && is_given(b"user_pwd") && !is_given(b"token"));
        assert!(is_secret_word("client_secret") && is_secret_word("x-csrf") && !is_secret_word("key"));
        assert!(is_value_word("code") && !is_value_word("token"));
        assert!(is_typed_word("pin") && is_typed_word("pw") && !is_typed_word("token"));
        assert!(NAMES.iter().is_sorted_by(|one, next| one.0 < next.0), "each stands once");
    }

    #[test]
    fn what_finds_a_request_is_known_by_its_name() {
        for name in ["cf-ray", "X-Request-Id", "traceparent", "trace_id", "traceId", "x-b3-traceid", "via", "pod_name"]
        {
            assert!(is_reference_name(name), "{name}");
        }
        for name in ["session", "token", "aviator", "x-trace-token", "ticket"] {
            assert!(!is_reference_name(name), "{name}");
        }
    }

    #[test]
    fn pods_are_known_by_the_form_of_their_names() {
        for name in [
            "api-7d9f8b6c5d-x2k4q",
            "ws-gateway-6d4cf56db6-x7k2p",
            "ticket-service-v2-5f4d8c7b9a-zx81c",
            "fluentd-x2k4q",
        ] {
            assert!(is_pod_name(name), "{name}");
        }
        for name in [
            "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b",
            "7f3a91c0-1234-4abc-8def-0123456789ab",
            "sk-live-4eC39HqLyjWDarjtT1zdp7dc",
            "tk-4c1f0e9a7b3d4e5f-x2k4q",
            "a1b2c3d4e5-f6g7h",
            "x2k4q",
        ] {
            assert!(!is_pod_name(name), "{name}");
        }
    }
}
