//! What a clean copy has in the place of a secret: its fingerprint, by which requests that belong together are found
//! again, and of a JWT the claims that are shown of it anyway.

use chrono::DateTime;

use crate::model::{Claims, ClaimsError, Fingerprint, Jwt, SafeText, SessionId, TokenFacts};

/// How a stand-in names what is wrong with a JWT.
const DAMAGED: [(ClaimsError, &str); 4] = [
    (ClaimsError::Base64, "base64"),
    (ClaimsError::Json, "json"),
    (ClaimsError::Quoted, "quoted"),
    (ClaimsError::WithScheme, "scheme"),
];

/// What a clean copy has in the place of a secret, before its fingerprint.
pub(super) const STAND_IN: &str = "redacted-";

/// The fingerprint of a secret of a file, or of the one that a clean copy has a stand-in for.
pub(super) fn fingerprint(value: &str) -> Fingerprint {
    stood_for(value).unwrap_or_else(|| Fingerprint::of(value))
}

pub(super) fn stood_for(value: &str) -> Option<Fingerprint> {
    let digits = value.strip_prefix(STAND_IN)?.split(CLAIM).next()?;
    serde_json::from_value(digits.into()).ok()
}

/// What begins each of the claims behind a stand-in for a JWT.
const CLAIM: char = '~';

/// What a clean copy has in the place of `value`: its fingerprint, and of a JWT what is shown of it, as `show` has it.
pub(super) fn stand_in(value: &str, show: impl Fn(&str) -> SafeText) -> String {
    let TokenFacts { fingerprint, claims } = Jwt::new(value).facts();
    let mut stand_in = format!("{STAND_IN}{fingerprint}");
    let mut add = |name: &str, value: &str| {
        let coded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        stand_in.push_str(&format!("{CLAIM}{name}={coded}"));
    };
    let claims = match claims {
        Ok(claims) => claims,
        Err(ClaimsError::Parts) => return stand_in,
        Err(error) => {
            let name = DAMAGED.iter().find(|(known, _)| *known == error).map_or("", |(_, name)| *name);
            add("damaged", name);
            return stand_in;
        }
    };
    add("alg", show(claims.algorithm.as_str()).as_str());
    for (name, date) in [("iat", claims.issued_at), ("exp", claims.expires_at), ("nbf", claims.not_before)] {
        date.into_iter().for_each(|date| add(name, &date.timestamp_millis().to_string()));
    }
    for (name, text) in [("aud", claims.audience), ("iss", claims.issuer), ("kid", claims.key_id)] {
        text.into_iter().for_each(|text| add(name, show(text.as_str()).as_str()));
    }
    if claims.session_id.is_some() {
        add("session", "1");
    }
    if claims.in_milliseconds {
        add("ms", "1");
    }
    add("bytes", &claims.bytes.to_string());
    stand_in
}

/// What may be shown of the token `value`, or of the one that it is the stand-in for.
pub(super) fn token_facts(value: &str) -> TokenFacts {
    let Some(fingerprint) = stood_for(value) else { return Jwt::new(value).facts() };
    let mut claims = Claims::default();
    let mut is_jwt = false;
    for claim in value.split(CLAIM).skip(1) {
        is_jwt = true;
        let (name, coded) = claim.split_once('=').unwrap_or((claim, ""));
        let text = url::form_urlencoded::parse(format!("v={coded}").as_bytes())
            .next()
            .map_or_else(String::new, |(_, value)| value.into_owned());
        let date = || DateTime::from_timestamp_millis(text.parse().ok()?);
        let shown = || Some(SafeText::with_limit(&text, 128));
        match name {
            "damaged" => {
                let error = DAMAGED.iter().find(|(_, known)| *known == text).map(|(error, _)| *error);
                return TokenFacts { fingerprint, claims: Err(error.unwrap_or(ClaimsError::Base64)) };
            }
            "alg" => claims.algorithm = SafeText::with_limit(&text, 16),
            "iat" => claims.issued_at = date(),
            "exp" => claims.expires_at = date(),
            "nbf" => claims.not_before = date(),
            "aud" => claims.audience = shown(),
            "iss" => claims.issuer = shown(),
            "kid" => claims.key_id = shown(),
            "session" => claims.session_id = Some(SessionId::new("redacted").masked()),
            "ms" => claims.in_milliseconds = true,
            "bytes" => claims.bytes = text.parse().unwrap_or_default(),
            _ => {}
        }
    }
    TokenFacts { fingerprint, claims: if is_jwt { Ok(claims) } else { Err(ClaimsError::Parts) } }
}

/// Whether `value` is a JWT, or stands for one.
pub(super) fn is_jwt(value: &str) -> bool {
    value.starts_with("eyJ") && value.split('.').count() == 3 || stood_for(value).is_some() && value.contains(CLAIM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_keeps_the_fingerprint() {
        let secret = "46f578175bc6e0d9be66bc6f60f567b5";
        assert_eq!(fingerprint(&stand_in(secret, SafeText::new)), fingerprint(secret));
        let payload =
            r#"{"sessionId":"sess_0123456789abcdef","iat":1769299200,"exp":1771891200,"iss":"https://a.example/"}"#;
        let coded = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text);
        for jwt in [
            format!("{}.{}.c2ln", coded(r#"{"alg":"HS256","kid":"k~1"}"#), coded(payload)),
            format!("{}.!.c2ln", coded(r#"{"alg":"HS256"}"#)),
            format!("{}.{}.c2ln", coded(r#"{"alg":"HS256"}"#), coded("7")),
        ] {
            let (told, mut known) = (token_facts(&stand_in(&jwt, SafeText::new)), token_facts(&jwt));
            if let Ok(claims) = &mut known.claims {
                claims.session_id = Some(SessionId::new("redacted").masked());
            }
            assert_eq!(told, known);
        }
    }
}
