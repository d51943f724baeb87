//! What a JWT says, read without verifying it: only the server can judge a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike as _, Utc};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{Fingerprint, MaskedId, SafeText, SecretJson, SessionId};

/// The claims of a JWT that this kind of login uses (contract §1), all optional: a server may omit any.
/// One of another type than the contract's is as good as omitted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// `alg` of the header (RFC 7515 §4.1.1).
    pub algorithm: SafeText,
    /// `sessionId`; without it the server answers `MISSING_SESSION`.
    pub session_id: Option<MaskedId>,
    /// `iat`: when the token was issued, by the server's clock (RFC 7519 §4.1.6).
    pub issued_at: Option<DateTime<Utc>>,
    /// `exp`: when it expires, by the server's clock (RFC 7519 §4.1.4).
    pub expires_at: Option<DateTime<Utc>>,
    /// `nbf`: before which it is not valid, by the server's clock (RFC 7519 §4.1.5).
    pub not_before: Option<DateTime<Utc>>,
    /// `aud`: for whom it is (RFC 7519 §4.1.3); of several the first.
    pub audience: Option<SafeText>,
    /// `iss`: who issued it (RFC 7519 §4.1.1).
    pub issuer: Option<SafeText>,
    /// `kid` of the header: which key signed it (RFC 7515 §4.1.4).
    pub key_id: Option<SafeText>,
    /// Whether its times are in milliseconds instead of seconds (RFC 7519 §2, "NumericDate"); they are unknown then.
    pub in_milliseconds: bool,
    /// The length of the whole token in bytes; 0 if it is not known.
    pub bytes: u32,
}

/// Why a token could not be read. The token itself is never quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// There are not three parts between dots.
    #[error("not a JWT: it does not have three parts separated by dots")]
    Parts,
    /// A part is not base64url.
    #[error("damaged JWT: a part is not base64url")]
    Base64,
    /// A part is not a JSON object.
    #[error("damaged JWT: a part is not a JSON object")]
    Json,
    /// It stands between quotation marks.
    #[error("not a JWT alone: it stands between quotation marks")]
    Quoted,
    /// The scheme with which it is sent stands before it.
    #[error("not a JWT alone: the word Bearer stands before it")]
    WithScheme,
}

impl Claims {
    /// Reads the claims of `token`, which [`super::Jwt::facts`] does without exposing it.
    ///
    /// # Errors
    /// If the token is not three base64url parts of which the first two are JSON objects.
    pub(super) fn decode(token: &str) -> Result<Self, ClaimsError> {
        if token.starts_with(['"', '\'']) {
            return Err(ClaimsError::Quoted);
        }
        if token.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
            return Err(ClaimsError::WithScheme);
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, _signature] = parts[..] else { return Err(ClaimsError::Parts) };
        let (header, payload) = (object(header)?, object(payload)?);
        let text = |object: &SecretJson, claim: &str| object.get(claim).and_then(Value::as_str).map(str::to_owned);
        let shown = |text: Option<String>| text.map(|text| SafeText::with_limit(&text, 128));
        let audience = payload.get("aud").map(|aud| aud.get(0).unwrap_or(aud)).and_then(Value::as_str);
        // 100 thousand million seconds are the year 5138, as many milliseconds are 1973.
        let is_long = |claim| payload.get(claim).and_then(Value::as_f64).is_some_and(|number| number > 1e11);
        let date = |claim| payload.get(claim).and_then(Value::as_f64).and_then(numeric_date);
        Ok(Self {
            algorithm: SafeText::with_limit(&text(&header, "alg").unwrap_or_default(), 16),
            session_id: text(&payload, "sessionId").map(|id| SessionId::new(id).masked()),
            issued_at: date("iat"),
            expires_at: date("exp"),
            not_before: date("nbf"),
            audience: shown(audience.map(str::to_owned)),
            issuer: shown(text(&payload, "iss")),
            key_id: shown(text(&header, "kid")),
            in_milliseconds: is_long("exp") || is_long("iat"),
            bytes: u32::try_from(token.len()).unwrap_or(u32::MAX),
        })
    }
}

fn object(part: &str) -> Result<SecretJson, ClaimsError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map(Zeroizing::new).map_err(|_| ClaimsError::Base64)?;
    SecretJson::read(&bytes).ok().filter(|json| json.is_object()).ok_or(ClaimsError::Json)
}

/// RFC 7519's NumericDate: seconds since 1970, possibly with a fraction. Only years that every calendar
/// computation and every reader can deal with.
fn numeric_date(seconds: f64) -> Option<DateTime<Utc>> {
    let date = DateTime::from_timestamp_millis((seconds * 1_000.0) as i64)?;
    (1..=9_999).contains(&date.year()).then_some(date)
}

/// What may be known and shown of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFacts {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Its claims, or why they cannot be read.
    pub claims: Result<Claims, ClaimsError>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(header: &str, payload: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn claims_are_read_and_the_session_is_masked() {
        let payload = r#"{"sessionId":"sess_0123456789abcdef","iat":1769299200,"exp":1771891200.5}"#;
        let claims = Claims::decode(&jwt(r#"{"alg":"HS256"}"#, payload)).unwrap();
        assert_eq!(claims.algorithm.as_str(), "HS256");
        assert_eq!(claims.bytes as usize, jwt(r#"{"alg":"HS256"}"#, payload).len());
        assert_eq!(claims.session_id.unwrap().to_string(), "ses…ef");
        assert_eq!(claims.expires_at.unwrap().timestamp_millis(), 1_771_891_200_500);
    }

    #[test]
    fn what_is_missing_is_none_and_what_is_no_jwt_is_an_error() {
        let claims = Claims::decode(&jwt("{}", "{}")).unwrap();
        assert_eq!((claims.session_id, claims.expires_at), (None, None));
        assert_eq!(Claims::decode("one.two"), Err(ClaimsError::Parts));
        assert!(Claims::decode("invalid.jwt.token").is_err());
        assert_eq!(Claims::decode("!.!.!"), Err(ClaimsError::Base64));
        assert_eq!(Claims::decode("\"a.b.c\""), Err(ClaimsError::Quoted));
        assert_eq!(Claims::decode("Bearer a.b.c"), Err(ClaimsError::WithScheme));
        assert_eq!(Claims::decode(&jwt("[]", "7")), Err(ClaimsError::Json));
    }

    #[test]
    fn who_made_it_for_whom_is_read_and_milliseconds_are_told() {
        let payload = r#"{"aud":["api","other"],"iss":"https://login.example","nbf":1769299200,"exp":1771891200000}"#;
        let claims = Claims::decode(&jwt(r#"{"alg":"RS256","kid":"k1"}"#, payload)).unwrap();
        let text = |text: &Option<SafeText>| text.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default();
        assert_eq!(
            [text(&claims.audience), text(&claims.issuer), text(&claims.key_id)],
            ["api", "https://login.example", "k1"]
        );
        assert_eq!(claims.not_before.unwrap().timestamp(), 1_769_299_200);
        assert!(claims.in_milliseconds);
    }

    #[test]
    fn a_claim_of_another_type_is_unknown_and_the_others_are_read() {
        let claims = Claims::decode(&jwt(r#"{"alg":7}"#, r#"{"sessionId":42,"iat":1769299200,"exp":"soon"}"#)).unwrap();
        assert_eq!((claims.algorithm.as_str(), claims.session_id, claims.expires_at), ("", None, None));
        assert_eq!(claims.issued_at.unwrap().timestamp(), 1_769_299_200);
    }

    #[test]
    fn dates_beyond_four_digit_years_are_unknown() {
        let year = |exp: &str| {
            let claims = Claims::decode(&jwt("{}", &format!(r#"{{"exp":{exp}}}"#))).unwrap();
            claims.expires_at.map(|date| date.year())
        };
        assert_eq!(year("253402300799"), Some(9_999));
        assert_eq!(year("-62135596800"), Some(1));
        for absurd in ["253402300800", "-62135596801", "8210266876799", "-8334601228800", "1e300"] {
            assert_eq!(year(absurd), None, "{absurd}");
        }
    }
}
