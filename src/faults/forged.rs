//! What faults put in the place of the real thing.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::catalogue::Fault;
use crate::model::Jwt;

/// `jwt` with its signature damaged: still three parts with readable claims, as a browser's storage would
/// hold it after somebody edited a character.
fn corrupt(jwt: &Jwt) -> Jwt {
    let (kept, signature) = parts(jwt);
    // The first character of base64url carries six whole bits, so another one is another signature.
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let rest: String = signature.chars().skip(1).collect();
    Jwt::new(format!("{kept}.{first}{rest}"))
}

/// `jwt` with a proper HS256 signature (RFC 7518 §3.2) by a key that no server has.
fn signed_by_a_stranger(jwt: &Jwt) -> Jwt {
    let (kept, _) = parts(jwt);
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"a key that no server signs with");
    let signature = hmac::sign(&key, kept.as_bytes());
    Jwt::new(format!("{kept}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn parts(jwt: &Jwt) -> (&str, &str) {
    jwt.expose().rsplit_once('.').unwrap_or((jwt.expose(), ""))
}

/// An answer to the ticket request that a fault gives instead of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeUpAnswer {
    /// Its status.
    pub status: u16,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// Its body.
    pub body: String,
}

impl Fault {
    /// What takes the place of the stored `jwt`, which may be nothing, if this fault exchanges it by itself.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a fault exchanges the JWT only if it says so here")]
    pub fn exchange_jwt(&self, jwt: &Jwt) -> Option<Option<Jwt>> {
        match self {
            Self::CorruptJwt => Some(Some(corrupt(jwt))),
            Self::WrongSignature => Some(Some(signed_by_a_stranger(jwt))),
            Self::ClearJwt => Some(None),
            _ => None,
        }
    }

    /// What the ticket request is answered with, if this fault answers it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a fault answers requests only if it says so here")]
    pub fn ticket_answer(&self) -> Option<MadeUpAnswer> {
        let json = |status, body: serde_json::Value| MadeUpAnswer {
            status,
            content_type: "application/json",
            retry_after: None,
            body: body.to_string(),
        };
        let refusal = |status, code: &str| json(status, json!({ "code": code, "message": "refused on purpose" }));
        Some(match self {
            Self::Simulate503 => refusal(503, "REDIS_UNAVAILABLE"),
            Self::TicketStatus { status, code, retry_after } => {
                let refusal = refusal(*status, code.as_str());
                let body = if code.as_str().is_empty() { String::new() } else { refusal.body };
                MadeUpAnswer { body, retry_after: retry_after.map(|wait| wait.as_secs()), ..refusal }
            }
            Self::TicketHtml => MadeUpAnswer {
                status: 200,
                content_type: "text/html; charset=utf-8",
                retry_after: None,
                body: "<!doctype html><title>Welcome</title><p>Please accept the terms of this network".to_owned(),
            },
            Self::TicketEmpty => json(200, json!({ "ticket": "", "expiresInSeconds": 30 })),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forged_jwt_is_another_one_with_the_same_claims() {
        for token in ["eyJh.eyJz.AAAA", "eyJh.eyJz.zzzz", "no dots", ""] {
            for forge in [corrupt, signed_by_a_stranger] {
                let forged = forge(&Jwt::new(token));
                assert_ne!(forged.expose(), token);
                assert_eq!(parts(&forged).0, parts(&Jwt::new(token)).0);
            }
            assert_ne!(corrupt(&corrupt(&Jwt::new(token))), corrupt(&Jwt::new(token)));
        }
        assert_eq!(corrupt(&Jwt::new("eyJh.eyJz.AAAA")).expose(), "eyJh.eyJz.BAAA");
    }
}
