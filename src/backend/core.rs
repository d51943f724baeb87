//! Who may connect: tokens, tickets and origins, judged without a clock, socket or random source.

#![warn(clippy::disallowed_types, clippy::wildcard_enum_match_arm)]

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::model::{Jwt, Origin, SafeText, SessionId, Ticket};

/// The key that JWTs are signed with (HS256; RFC 7518 §3.2 asks for 256 bits).
#[derive(Clone)]
pub struct SigningSecret(Zeroizing<[u8; 32]>);

impl SigningSecret {
    /// Takes in a key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }
}

impl Default for SigningSecret {
    /// A key that everybody knows and that protects nothing. The server can only be reached from this
    /// computer; a fixed key lets a cached JWT survive a restart and several servers share their tokens.
    fn default() -> Self {
        Self::new(*b"ticketscope local demo no secret")
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

/// Why an `Authorization` header does not authorize. `Display` is the message of the 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// There is no bearer token.
    #[error("send the JWT as \"Authorization: Bearer <JWT>\"")]
    MissingAuth,
    /// The token is damaged, expired or signed with another key.
    #[error("the JWT is damaged, expired or signed by somebody else; ask for a new one")]
    InvalidToken,
    /// The token is good but names no session.
    #[error("the JWT names no sessionId; ask for a new one")]
    MissingSession,
}

impl AuthError {
    /// The code of the 401 (contract §5).
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingAuth => "MISSING_AUTH",
            Self::InvalidToken => "INVALID_TOKEN",
            Self::MissingSession => "MISSING_SESSION",
        }
    }
}

/// The library for JWTs could not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a JWT could not be signed")]
pub struct SigningError;

/// The claims of a token: the contract's (§1), times in seconds since 1970, and what makes each token another one
/// (RFC 7519 §4.1.7). Without it, a session that is refreshed within a second would get the refused token again.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenClaims<S> {
    #[serde(skip_serializing_if = "Option::is_none", default = "Option::default")]
    session_id: Option<S>,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none", default = "Option::default")]
    jti: Option<S>,
}

/// Issues JWTs and recognizes its own.
pub struct TokenAuthority {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    lifetime: Duration,
}

impl TokenAuthority {
    /// Signs with `secret`; tokens live for `lifetime`, in whole seconds.
    pub fn new(secret: &SigningSecret, lifetime: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // The library would read the clock; `authenticate` compares `exp` with the time that it is given.
        validation.validate_exp = false;
        Self {
            encoding: EncodingKey::from_secret(&*secret.0),
            decoding: DecodingKey::from_secret(&*secret.0),
            validation,
            lifetime,
        }
    }

    /// A token called `id`, for `session`; `None` makes one that is validly signed and names no session.
    ///
    /// # Errors
    /// If the library cannot sign.
    pub fn issue(&self, session: Option<&SessionId>, id: &str, now: DateTime<Utc>) -> Result<Jwt, SigningError> {
        let iat = now.timestamp();
        let exp = iat.saturating_add_unsigned(self.lifetime.as_secs());
        let claims = TokenClaims { session_id: session.map(SessionId::expose), iat, exp, jti: Some(id) };
        let header = Header::new(Algorithm::HS256);
        jsonwebtoken::encode(&header, &claims, &self.encoding).map(Jwt::new).map_err(|_| SigningError)
    }

    /// The session of the bearer token in an `Authorization` header (RFC 6750 §2.1).
    ///
    /// # Errors
    /// If there is no token or it does not authorize.
    pub fn authenticate(&self, authorization: Option<&[u8]>, now: DateTime<Utc>) -> Result<SessionId, AuthError> {
        let token = authorization.and_then(bearer).ok_or(AuthError::MissingAuth)?;
        let claims = jsonwebtoken::decode::<TokenClaims<String>>(token, &self.decoding, &self.validation)
            .map_err(|_| AuthError::InvalidToken)?
            .claims;
        if now.timestamp() >= claims.exp {
            return Err(AuthError::InvalidToken);
        }
        claims.session_id.filter(|id| !id.is_empty()).map(SessionId::new).ok_or(AuthError::MissingSession)
    }
}

fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked(b"Bearer ".len())?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty()).then_some(token)
}

/// Why the body of a token request is refused. `Display` is the message of the 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {{}} or {{\"sessionId\":\"…\"}} with at most {} bytes of session", SESSION_LIMIT)]
pub struct BadTokenRequest;

const SESSION_LIMIT: usize = 128;

/// The session that the body of a token request asks for; without one, a new session named by `random`.
///
/// # Errors
/// If the body is not a JSON object, or its `sessionId` is not a string or too long.
pub fn requested_session(body: &[u8], random: [u8; 16]) -> Result<SessionId, BadTokenRequest> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct TokenRequest {
        session_id: Option<String>,
    }
    // Through a map, because serde would also take an array for a struct.
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(body).map_err(|_| BadTokenRequest)?;
    let request = TokenRequest::deserialize(serde_json::Value::Object(object)).map_err(|_| BadTokenRequest)?;
    match request.session_id {
        Some(id) if id.len() > SESSION_LIMIT => Err(BadTokenRequest),
        Some(id) if !id.is_empty() => Ok(SessionId::new(id)),
        _ => Ok(SessionId::new(format!("sess_{}", hex(&random)))),
    }
}

/// A ticket of 128 random bits, as 32 hex digits.
pub fn new_ticket(random: [u8; 16]) -> Ticket {
    Ticket::new(hex(&random))
}

/// The lower-case hex digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `lifetime` as it is promised to clients and kept by the store: whole seconds, at least one.
pub fn ticket_seconds(lifetime: Duration) -> u64 {
    lifetime.as_secs().max(1)
}

/// What is remembered for a ticket, and what other servers on the same Redis read (contract §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketRecord {
    /// The user, if one is logged in; this server knows none but accepts other servers' records.
    pub user_id: Option<String>,
    /// The session that asked for the ticket.
    pub session_id: SessionId,
    /// When, in milliseconds since 1970.
    pub created_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordJson<S> {
    user_id: Option<S>,
    session_id: S,
    created_at: i64,
}

impl TicketRecord {
    /// The record for a ticket that `session_id` asks for at `now`.
    pub fn new(session_id: SessionId, now: DateTime<Utc>) -> Self {
        Self { user_id: None, session_id, created_at: now.timestamp_millis() }
    }

    /// The record as JSON; it names the session, so it is a secret.
    pub fn to_json(&self) -> Zeroizing<String> {
        let json = RecordJson {
            user_id: self.user_id.as_deref(),
            session_id: self.session_id.expose(),
            created_at: self.created_at,
        };
        Zeroizing::new(serde_json::to_string(&json).unwrap_or_default())
    }

    /// Reads a record; `None` if it is not one.
    pub fn from_json(json: &[u8]) -> Option<Self> {
        let RecordJson { user_id, session_id, created_at } = serde_json::from_slice::<RecordJson<String>>(json).ok()?;
        Some(Self { user_id, session_id: SessionId::new(session_id), created_at })
    }
}

/// Whether an `Origin` header names one of `allowed`; none does not.
pub fn origin_allowed(allowed: &[Origin], header: Option<&[u8]>) -> bool {
    header.is_some_and(|header| allowed.iter().any(|origin| origin.as_str().as_bytes() == header))
}

/// Whether a `Host` header names this computer and `port`. A page of another site whose name was made to
/// resolve to loopback (DNS rebinding) sends that name.
pub fn host_allowed(host: &str, port: u16) -> bool {
    let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_local = name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    is_local && authority.port_u16().unwrap_or(80) == port && !host.contains('@')
}

/// The client's `x-trace-id`, if it has one that may be echoed (contract §1).
pub fn client_trace(header: Option<&[u8]>) -> Option<SafeText> {
    let text = str::from_utf8(header?).ok()?;
    let is_valid =
        (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    is_valid.then(|| SafeText::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONTH: Duration = Duration::from_secs(30 * 86_400);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn authority() -> TokenAuthority {
        TokenAuthority::new(&SigningSecret::default(), MONTH)
    }

    fn header(jwt: &Jwt) -> Vec<u8> {
        format!("Bearer {}", jwt.expose()).into_bytes()
    }

    #[test]
    fn a_token_authorizes_its_session_until_it_expires() {
        let session = SessionId::new("sess_1");
        let jwt = authority().issue(Some(&session), "1", at(1_000)).unwrap();
        let authenticate = |now| authority().authenticate(Some(&header(&jwt)), at(now));
        assert_eq!(authenticate(1_000), Ok(session));
        assert!(authenticate(1_000 + 30 * 86_400 - 1).is_ok());
        assert_eq!(authenticate(1_000 + 30 * 86_400), Err(AuthError::InvalidToken));

        let claims = jwt.facts().claims.unwrap();
        assert_eq!((claims.issued_at, claims.expires_at), (Some(at(1_000)), Some(at(1_000) + MONTH)));
        assert_eq!(claims.algorithm.as_str(), "HS256");
        let again = authority().issue(Some(&SessionId::new("sess_1")), "2", at(1_000)).unwrap();
        assert_ne!(again, jwt, "within a second");
    }

    #[test]
    fn what_does_not_authorize_says_why() {
        let authenticate = |header: &[u8]| authority().authenticate(Some(header), at(0)).unwrap_err();
        assert_eq!(authority().authenticate(None, at(0)), Err(AuthError::MissingAuth));
        for none in ["", "Bearer", "Bearer  ", "Basic dXNlcjpwYXNz"] {
            assert_eq!(authenticate(none.as_bytes()), AuthError::MissingAuth, "{none:?}");
        }
        for bad in ["Bearer x", "Bearer invalid.jwt.token", "bearer a b", "Bearer \u{fe}.é.b"] {
            assert_eq!(authenticate(bad.as_bytes()), AuthError::InvalidToken, "{bad:?}");
        }
        // {"alg":"none"} with good claims and no signature.
        let unsigned = "Bearer eyJhbGciOiJub25lIn0.eyJzZXNzaW9uSWQiOiJzIiwiaWF0IjowLCJleHAiOjk5OTk5OTk5OTl9.";
        assert_eq!(authenticate(unsigned.as_bytes()), AuthError::InvalidToken);

        let stranger = TokenAuthority::new(&SigningSecret::new([7; 32]), MONTH);
        let foreign = stranger.issue(Some(&SessionId::new("sess_1")), "1", at(0)).unwrap();
        assert_eq!(authenticate(&header(&foreign)), AuthError::InvalidToken);

        let empty = authority().issue(None, "1", at(0)).unwrap();
        assert_eq!(authenticate(&header(&empty)), AuthError::MissingSession);
        let late = authority().authenticate(Some(&header(&empty)), at(0) + MONTH);
        assert_eq!(late, Err(AuthError::InvalidToken), "an expired token is not read any further");
    }

    #[test]
    fn a_token_request_keeps_its_session_or_gets_a_new_one() {
        let session = |body: &str| requested_session(body.as_bytes(), [0xab; 16]).map(|id| id.expose().to_owned());
        let fresh = format!("sess_{}", "ab".repeat(16));
        assert_eq!(session("{}"), Ok(fresh.clone()));
        assert_eq!(session(r#"{"sessionId":null,"more":1}"#), Ok(fresh.clone()));
        assert_eq!(session(r#"{"sessionId":""}"#), Ok(fresh));
        assert_eq!(session(r#"{"sessionId":"sess_1"}"#), Ok("sess_1".to_owned()));
        let long = format!(r#"{{"sessionId":"{}"}}"#, "x".repeat(129));
        for bad in ["", "[]", "[\"sess_1\"]", "7", "{", r#"{"sessionId":7}"#, &long] {
            assert_eq!(session(bad), Err(BadTokenRequest), "{bad:?}");
        }
    }

    #[test]
    fn tickets_and_records_are_as_the_contract_writes_them() {
        let ticket = new_ticket([0x0f; 16]);
        assert_eq!(*ticket.spend(), "0f".repeat(16));
        let record = TicketRecord::new(SessionId::new("sess_\"1"), at(2));
        assert_eq!(*record.to_json(), r#"{"userId":null,"sessionId":"sess_\"1","createdAt":2000}"#);
        assert_eq!(TicketRecord::from_json(record.to_json().as_bytes()), Some(record));
        assert_eq!(TicketRecord::from_json(b"{}"), None);
    }

    #[test]
    fn only_listed_origins_are_allowed() {
        let allowed = [Origin::try_from("https://app.example".to_owned()).unwrap()];
        assert!(origin_allowed(&allowed, Some(b"https://app.example")));
        for blocked in ["https://app.example.evil", "http://app.example", "https://app.example:444", "null", ""] {
            assert!(!origin_allowed(&allowed, Some(blocked.as_bytes())), "{blocked}");
        }
        assert!(!origin_allowed(&allowed, None));
    }

    #[test]
    fn only_this_computers_names_are_hosts() {
        for good in ["localhost:81", "LOCALHOST:81", "127.0.0.1:81", "127.9.9.9:81", "[::1]:81"] {
            assert!(host_allowed(good, 81), "{good}");
        }
        for bad in
            ["localhost", "localhost:82", "evil.example:81", "10.0.0.1:81", "localhost.evil:81", "", "a@localhost:81"]
        {
            assert!(!host_allowed(bad, 81), "{bad}");
        }
        assert!(host_allowed("localhost", 80));
    }

    #[test]
    fn only_harmless_trace_ids_are_echoed() {
        assert_eq!(client_trace(Some(b"aB3_-")).unwrap().as_str(), "aB3_-");
        let long = [b'a'; 129];
        for bad in [&b""[..], b"a b", b"a\"b", b"\xff", &long] {
            assert_eq!(client_trace(Some(bad)), None);
        }
        assert!(client_trace(Some(&long[1..])).is_some());
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert_eq!(format!("{:?}", SigningSecret::default()), "SigningSecret(…)");
    }
}
