//! JWTs that were issued a moment ago, and are refused.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json as object};
use support::moves::{Move, Request, Route, answer, json};
use ticketscope::clock::utc_now;
use ticketscope::diagnosis::Owner::{Developers, Operations};

use crate::report::Report;

/// What never helps against a server that refuses its own fresh JWT.
const USERS_TURN: &[&str] = &["new session", "sign in again", "user's it", "firewall"];

/// A token answer with a JWT of these claims. Nobody verifies its signature here.
pub fn token(claims: &Value) -> Move {
    let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let (head, claims) = (part(r#"{"alg":"HS256","typ":"JWT","kid":"2026-11"}"#.to_owned()), part(claims.to_string()));
    let token = format!("{head}.{claims}.{}", part("a signature".to_owned()));
    json(200, &object!({ "token": token, "sessionId": "sess_0123456789abcdef" }).to_string())
}

/// The claims of the JWT that a request brings.
pub fn claims(request: &Request) -> Option<Value> {
    let (_, token) = request.text.split_once("Bearer ").or_else(|| request.text.split_once("bearer "))?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// A refusal of the JWT in the API's own words.
pub fn invalid_token(message: &str) -> Move {
    json(401, &object!({ "code": "INVALID_TOKEN", "message": message }).to_string())
}

pub fn all() -> Vec<Report> {
    vec![
        Report::broken("kid", "mckinsey/agents-at-scale-ark#2457, giantswarm/mcp-oauth#452", &[Operations])
            .played(|| {
                |request: &Request| {
                    let refused = || vec![invalid_token("Unable to find key with kid: 2026-11")];
                    let claims = || claims_until(utc_now().timestamp() + 3_600);
                    match request.route {
                        Route::Token => Some(vec![token(&claims())]),
                        Route::Ticket => Some(refused()),
                        _ => None,
                    }
                }
            })
            .says(&[&["unable to find key", "kid", "key"], &["own", "fresh", "just", "moment ago", "issued"]])
            .advises(&[&["restart", "key", "jwks"]])
            .never(USERS_TURN),
        Report::broken("audience", "audience mismatch (RFC 6750 WWW-Authenticate)", &[Developers, Operations])
            .played(|| {
                |request: &Request| {
                    let mut claims = claims_until(utc_now().timestamp() + 3_600);
                    claims["aud"] = object!("https://billing.example.com");
                    let headers = [
                        "content-type: application/json",
                        "www-authenticate: Bearer error=\"invalid_token\", \
                         error_description=\"The audience 'https://billing.example.com' is invalid\"",
                    ];
                    match request.route {
                        Route::Token => Some(vec![token(&claims)]),
                        Route::Ticket => Some(vec![answer(401, &headers, r#"{"error":"invalid_token"}"#)]),
                        _ => None,
                    }
                }
            })
            // The server's own words.
            .says(&[&["audience"], &["is invalid", "billing.example.com"]])
            .advises(&[&["audience", "`aud`", " aud"]])
            .never(USERS_TURN),
        Report::broken("iatFuture", "lcobucci/jwt#191, TykTechnologies/tyk#1670", &[Operations])
            .played(|| {
                |request: &Request| {
                    let now = utc_now().timestamp();
                    let mut ahead = claims_until(now + 3_600);
                    (ahead["iat"], ahead["nbf"]) = (object!(now + 8), object!(now + 8));
                    let is_early = || claims(request).is_none_or(|claims| claims["nbf"].as_i64() > Some(now));
                    match request.route {
                        Route::Token => Some(vec![token(&ahead)]),
                        Route::Ticket if is_early() => Some(vec![invalid_token("Token is not valid yet")]),
                        _ => None,
                    }
                }
            })
            .says(&[
                &["clock"],
                &["future", "ahead", "not valid yet", "differ"],
                &["8 s", "7 s", "9 s", "8.", "7.", "8 seconds", "7 seconds"],
            ])
            .advises(&[&["ntp", "clock", "time"]])
            .never(USERS_TURN),
    ]
}

/// The contract's claims, issued now and good until then.
pub fn claims_until(expires: i64) -> Value {
    object!({ "sessionId": "sess_0123456789abcdef", "iat": utc_now().timestamp(), "exp": expires })
}
