//! JWTs that are refused, sent although they are dead, or do not live; and tickets that come again.

use std::collections::VecDeque;
use std::time::Duration;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::finding::{Evidence, Finding};
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::findings::{ticket, unseen};
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::diagnosis::words::sentence;
use crate::model::failure::{Hint, Product, Side};
use crate::model::{
    AttemptId, DisplayDuration, DriverEvent, Entry, Event, Failure, FaultName, Fingerprint, FlowEvent, Phase,
    RequestFailure, RequestFailureKind, SafeText,
};

/// Credentials remembered of each kind.
const MAX_REMEMBERED: usize = 16;

/// Clocks of servers that differ by less do no harm.
const CLOCKS_APART: Duration = Duration::from_secs(2);

/// Attempts in a row that need a new JWT are a loop.
const LOOP: u32 = 3;

/// The token or ticket request is refused with 401.
pub fn refused(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    if refused.answer.status != 401 {
        return None;
    }
    match (refused.request, refused.answer.code()) {
        (RequestKind::Token, _) => Some(token_refused(refused, context)),
        (RequestKind::Ticket, _) if unseen::is_expired(context) => Some(unseen::expired_jwt(refused)),
        (RequestKind::Ticket, Some("INVALID_TOKEN")) if context.is_of_files && !context.is_jwt_fresh() => {
            Some(unseen::stale_jwt(refused))
        }
        (RequestKind::Ticket, Some("INVALID_TOKEN")) => Some(fresh_jwt_refused(refused, context)),
        (RequestKind::Ticket, Some("MISSING_SESSION")) => Some(without_session(refused, context)),
        (RequestKind::Ticket, Some("MISSING_AUTH")) => Some(authorization_lost(refused, context)),
        (RequestKind::Ticket, _) => Some(jwt_refused(refused, context)),
        (RequestKind::Upgrade, _) => None,
    }
}

/// The server gives this user no JWT.
fn token_refused(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let is_for_missing = refused.answer.challenge().is_some_and(|challenge| challenge.is_for_missing_bearer());
    // The contract's request carries no credential (§1); a profile's own login may.
    if is_for_missing && context.service().is_none() {
        return token_guarded(refused);
    }
    Problem {
        code: Code::TokenRefused,
        severity: Severity::Error,
        owner: Owner::User,
        title: refused.titled("The server gives this user no JWT"),
        cause: "The token request itself was refused.".to_owned(),
        next: "The user can sign in again; if that does not help, the developers can fix it.".into(),
        ..Problem::ALONE
    }
}

/// The request that gives out JWTs is let through only with one.
fn token_guarded(refused: &Refused<'_>) -> Problem {
    let gateway = Product::behind(refused.answer).filter(|product| product.side() == Side::Gateway);
    let (owner, who, next) = match gateway {
        Some(product) => (
            Owner::Operations,
            format!("the gateway ({})", product.label()),
            "Operations can exempt the path of the token request from the gateway's check of tokens.",
        ),
        None => (
            Owner::Developers,
            "the server".to_owned(),
            "The developers can exempt the path of the token request from the check of tokens; if the service no longer has \
             anonymous sessions, whoever wrote the profile can describe how users sign in.",
        ),
    };
    Problem {
        code: Code::TokenRefused,
        severity: Severity::Error,
        owner,
        outlook: Outlook::Lasting,
        title: refused.titled("The token request is let through only with a token"),
        cause: format!(
            "It is the request that gives out the first JWT, so it carries none, and {who} asks for one (WWW-Authenticate: \
             Bearer without error, RFC 6750 §3.1)."
        ),
        next: next.into(),
        ..Problem::ALONE
    }
}

/// Why a server refuses a JWT that was issued a moment ago, who can fix that, and how.
fn of_fresh(refused: &Refused<'_>, context: &Context<'_>) -> Option<(Owner, String, &'static str)> {
    let (hints, claims) = (refused.answer.hints(), context.claims);
    let ahead = claims.and_then(|claims| {
        let from = claims.issued_at.max(claims.not_before)?;
        let ahead = (from - context.server_time()).to_std().ok()?;
        (ahead >= CLOCKS_APART).then(|| DisplayDuration(Duration::from_secs(ahead.as_secs())))
    });
    let claim = |text: Option<&SafeText>| text.map_or_else(String::new, |text| format!(" “{text}”"));
    let found = if claims.is_some_and(|claims| claims.in_milliseconds) {
        (
            Owner::Developers,
            "Its times (exp, iat) are in milliseconds, and a JWT's are seconds.".to_owned(),
            "The developers of the token service can fix it: NumericDate is seconds since 1970.",
        )
    } else if ahead.is_some() || hints.has(Hint::NotYet) {
        let by = ahead.map_or_else(String::new, |ahead| format!(" by {ahead}"));
        (
            Owner::Operations,
            format!(
                "It says that it begins to be valid in the future (iat, nbf): the clocks of the servers that issue and check \
                 it differ{by}."
            ),
            "Operations can set the clocks of the servers by NTP; the developers can allow some seconds of leeway.",
        )
    } else if hints.has(Hint::Key) {
        let kid = claim(claims.and_then(|claims| claims.key_id.as_ref()));
        (
            Owner::Operations,
            format!("The API does not know the key that signed it{kid}: it still has keys from before a rotation."),
            "Operations can let the API load the current keys, by restarting it, and make it reload them by itself.",
        )
    } else if hints.has(Hint::Audience) {
        let audience = claim(claims.and_then(|claims| claims.audience.as_ref()));
        (
            Owner::Developers,
            format!("It is for another audience{audience} than the API accepts (aud)."),
            "The developers can make the token service's audience and the one that the API expects the same.",
        )
    } else if hints.has(Hint::Issuer) {
        let issuer = claim(claims.and_then(|claims| claims.issuer.as_ref()));
        (
            Owner::Developers,
            format!("The API does not trust its issuer{issuer} (iss)."),
            "The developers can make the token service's issuer and the one that the API expects the same.",
        )
    } else if hints.has(Hint::Signature) {
        (
            Owner::Operations,
            "Its signature does not fit the key that the API checks it with: the two sides have different keys."
                .to_owned(),
            "Operations can give the token service and the API the same key.",
        )
    } else if hints.has(Hint::Expired) {
        (
            Owner::Operations,
            "The API calls it expired although it is new: a clock is wrong, or it lives too short.".to_owned(),
            "Operations can set the clocks of the servers by NTP; the developers can let it live longer.",
        )
    } else if hints.has(Hint::NotAJwt) || context.claims.is_none() && context.is_claims_error {
        (
            Owner::Developers,
            "What the token request gives is no JWT that the API can read.".to_owned(),
            "The developers can compare what the token request gives with what the API expects.",
        )
    } else if hints.has(Hint::Csrf) || hints.has(Hint::Cookie) {
        (
            Owner::Developers,
            "The API wants a cookie, or a token against forged requests, beside it.".to_owned(),
            "The developers can say which cookie or header the web app sends.",
        )
    } else {
        return None;
    };
    Some(found)
}

/// The server refuses a JWT that it has just given out.
fn fresh_jwt_refused(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let has_session = context.claims.map(|claims| claims.session_id.is_some());
    let asked = "The JWT was issued a moment ago, by the same service, and is refused";
    let (title, owner, cause, next) = match (of_fresh(refused, context), has_session) {
        (Some((owner, why, next)), _) => {
            ("The server refuses the JWT that it gives out", owner, format!("{asked}. {why}"), next)
        }
        (None, Some(false)) => (
            "The server gives out a JWT without sessionId",
            Owner::Operations,
            "The JWT was asked for anew, has no sessionId, and is refused; such a server answers the same for both."
                .to_owned(),
            "Operations can fix it, or the developers of the token service.",
        ),
        (None, Some(true) | None) => {
            let session = if has_session.is_none() { ", or the JWT has no sessionId" } else { "" };
            (
                "The server refuses the JWT that it gives out",
                Owner::Operations,
                format!("{asked}: its parts do not agree on the signing key or on the time{session}."),
                "Operations can fix it: restart the API so that it loads the current key, and compare the servers' clocks.",
            )
        }
    };
    Problem {
        code: Code::FreshJwtRefused,
        severity: Severity::Error,
        owner,
        title: refused.titled(title),
        cause,
        next: next.into(),
        explains: &[Code::DeadCredentialResent],
        ..Problem::ALONE
    }
}

/// The JWT belongs to no session.
fn without_session(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let (owner, cause, next) = if context.is_jwt_fresh() {
        (
            Owner::Developers,
            "It was issued a moment ago: the token service gives out a JWT without the session that the API asks for.",
            "The developers of the token service can fix it.",
        )
    } else {
        (
            Owner::User,
            "The server knows the JWT but it belongs to no session.",
            "The user can fix it: New session (in the web app, refresh the page).",
        )
    };
    Problem {
        code: Code::JwtWithoutSession,
        severity: Severity::Error,
        owner,
        title: refused.titled("The JWT has no sessionId"),
        cause: cause.to_owned(),
        next: next.into(),
        explains: &[Code::DeadCredentialResent],
        ..Problem::ALONE
    }
}

/// The Authorization header does not reach the server.
fn authorization_lost(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let (owner, next) = if context.is_of_service(RequestKind::Ticket) {
        (Owner::Operations, "Operations can let the gateway pass the Authorization header (in Apache: CGIPassAuth on).")
    } else {
        (Owner::Operations, "Operations, or the user's IT if only this user is affected, can fix it.")
    };
    Problem {
        code: Code::AuthorizationLost,
        severity: Severity::Error,
        owner,
        title: refused.titled("The JWT did not arrive"),
        cause: "The client sent it, so a proxy or gateway on the way takes the Authorization header out.".to_owned(),
        next: next.into(),
        explains: &[Code::DeadCredentialResent],
        ..Problem::ALONE
    }
}

/// The server refuses the JWT in a way that a new one does not cure.
fn jwt_refused(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let hints = refused.answer.hints();
    if hints.has(Hint::NoCredential) {
        return Problem { code: Code::JwtRefused, ..authorization_lost(refused, context) };
    }
    if hints.has(Hint::ApiKey) {
        let Explanation { owner, cause, next } = explanation::api_key(Product::behind(refused.answer));
        let title = refused.titled("A gateway before the API wants a key");
        let problem = Problem { code: Code::JwtRefused, severity: Severity::Error, owner, next, ..Problem::ALONE };
        return Problem { title, cause: cause.into_owned(), ..problem };
    }
    let of_fresh = of_fresh(refused, context);
    let is_for_missing = refused.answer.challenge().is_some_and(|challenge| challenge.is_for_missing_bearer());
    if of_fresh.is_none() && is_for_missing && !hints.has(Hint::BadCredential) {
        return Problem {
            code: Code::JwtRefused,
            title: refused.titled("The server answers as if no JWT had come"),
            cause: "It asks for a bearer token and says nothing against the one that was sent (WWW-Authenticate: Bearer without \
                    error, RFC 6750 §3.1): most likely a proxy or gateway on the way takes the Authorization header out."
                .to_owned(),
            ..authorization_lost(refused, context)
        };
    }
    let (owner, cause, next) = match (of_fresh, context.is_jwt_fresh()) {
        (Some((owner, why, next)), true) => (owner, format!("It was issued a moment ago. {why}"), next),
        (None, true) => (
            Owner::Developers,
            "It was issued a moment ago and is refused: the user can do nothing about that. Token service and API do not \
             agree on what a valid JWT is."
                .to_owned(),
            "The developers can compare what the token service issues with what the API expects: key, issuer, audience.",
        ),
        (Some((_, why, _)), false) => (
            Owner::User,
            format!("The stored JWT was refused. {why}"),
            "The user can try New session; if that does not help, the developers can fix it.",
        ),
        (None, false) => (
            Owner::User,
            "The ticket request was refused in a way that a new token does not cure.".to_owned(),
            "The user can try New session; if that does not help, the developers can fix it.",
        ),
    };
    Problem {
        code: Code::JwtRefused,
        severity: Severity::Error,
        owner,
        title: refused.titled("The server does not accept the JWT"),
        cause,
        next: next.into(),
        ..Problem::ALONE
    }
}

/// The JWT holds characters that no HTTP header can carry.
pub fn not_sendable(failure: &RequestFailure) -> Problem {
    Problem {
        code: Code::JwtNotSendable,
        severity: Severity::Error,
        owner: Owner::User,
        title: "The stored JWT cannot be sent".to_owned(),
        cause: sentence(&failure.to_string()),
        next: "The user can fix it: New session (in the web app, refresh the page).".into(),
        ..Problem::ALONE
    }
}

/// A JWT that was refused so often is sent again, unchanged.
pub fn resent_jwt(jwt: Fingerprint, refusals: u32) -> Problem {
    Problem {
        code: Code::DeadCredentialResent,
        severity: Severity::Error,
        owner: Owner::User,
        title: format!("The same refused JWT is sent again — refused {refusals} times"),
        cause: format!("This login (JWT #{jwt}) was refused before, and nothing replaced it in between."),
        next: "The user can fix it: New session (in the web app, refresh the page); Connect alone only repeats it."
            .into(),
        explains: &[Code::JwtRefused, Code::FreshTicketRefused, Code::TicketRejected],
        ..Problem::ALONE
    }
}

/// A ticket that was spent is sent again, unchanged.
fn resent_ticket(ticket: Fingerprint, times: u32) -> Problem {
    Problem {
        title: format!("The same ticket is sent again — {times} times"),
        cause: format!("Ticket #{ticket} was good for one upgrade and is spent."),
        ..resent_jwt(ticket, times)
    }
}

/// Each of so many attempts in a row needed a new JWT.
fn refresh_loop(attempts: u32) -> Problem {
    Problem {
        code: Code::RefreshLoop,
        severity: Severity::Warning,
        owner: Owner::Operations,
        title: format!("Each attempt needs a new JWT — {attempts} in a row"),
        cause:
            "The server refuses the JWT of the attempt before each time, and accepts only a brand-new one: its tokens \
                expire at once or its parts disagree on the signing key."
                .to_owned(),
        next: "Operations can compare keys and clocks of the servers; the developers can let the JWT live longer."
            .into(),
        explains: &[Code::FreshJwtRefused],
        ..Problem::ALONE
    }
}

/// What was sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resent {
    Jwt(Fingerprint),
    Ticket(Fingerprint),
}

/// What became of each JWT and ticket, in bounded memory.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    jwt: Option<Fingerprint>,
    /// JWTs that were refused.
    refused: VecDeque<Dead>,
    /// Tickets that went out.
    spent: VecDeque<Dead>,
    /// The ticket that the server gave for this attempt.
    obtained: Option<Fingerprint>,
    /// The newest ticket, if the server had given it before.
    repeated: Option<Dead>,
    /// What a cache said of itself that gave a ticket.
    cached: Option<(SafeText, u64)>,
    /// The newest credential that was sent although it was dead.
    resent: Option<(Resent, Dead)>,
    refreshes: Refreshes,
}

#[derive(Clone, Debug)]
struct Dead {
    credential: Fingerprint,
    attempt: Option<AttemptId>,
    times: u32,
    evidence: Evidence,
    simulated: Option<FaultName>,
}

#[derive(Clone, Debug, Default)]
struct Refreshes {
    attempts: u32,
    last: Option<AttemptId>,
    evidence: Evidence,
    simulated: Option<FaultName>,
}

impl Credentials {
    /// Takes in the next entry.
    pub fn apply(&mut self, entry: &Entry) -> bool {
        match &entry.event {
            Event::Flow(FlowEvent::AttemptStarted { .. }) => self.obtained = None,
            Event::Flow(FlowEvent::TokenReady { token, .. }) => self.jwt = Some(token.fingerprint),
            Event::Flow(FlowEvent::TokenAcquired { token, .. }) => {
                // The server vouches for it anew, even if it is the same.
                self.refused.retain(|dead| dead.credential != token.fingerprint);
                self.jwt = Some(token.fingerprint);
                self.resent = None;
            }
            Event::Flow(FlowEvent::CredentialReplaced { token }) => {
                self.jwt = token.as_ref().map(|token| token.fingerprint)
            }
            Event::Driver(DriverEvent::AnsweredFromCache { phase: Phase::Ticket, said, .. }) => {
                self.cached = Some((said.clone(), entry.seq));
                return false;
            }
            Event::Flow(FlowEvent::SessionDropped) => *self = Self::default(),
            Event::Flow(FlowEvent::RefreshingToken { .. }) => {
                self.refuse(entry);
                self.refresh(entry);
            }
            Event::Flow(FlowEvent::AttemptFailed { failure: Failure::Ticket(request), .. }) => {
                if matches!(&request.kind, RequestFailureKind::Status(answer) if answer.status == 401) {
                    self.refuse(entry);
                }
            }
            Event::Flow(FlowEvent::TicketObtained { ticket, .. }) => {
                self.resent = None;
                self.obtained = Some(*ticket);
                self.repeated.take_if(|repeated| repeated.credential != *ticket);
                if self.refreshes.last != entry.attempt {
                    self.refreshes = Refreshes::default();
                }
            }
            Event::Flow(FlowEvent::TicketSpent { ticket, .. }) => {
                if let Some(dead) = again(&mut self.spent, *ticket, entry) {
                    if self.obtained == Some(*ticket) {
                        self.repeated = Some(dead);
                    } else {
                        self.resent = Some((Resent::Ticket(*ticket), dead));
                    }
                }
            }
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => return false,
        }
        true
    }

    fn refuse(&mut self, entry: &Entry) {
        let Some(jwt) = self.jwt else { return };
        if let Some(dead) = again(&mut self.refused, jwt, entry) {
            self.resent = Some((Resent::Jwt(jwt), dead));
        }
    }

    fn refresh(&mut self, entry: &Entry) {
        let refreshes = &mut self.refreshes;
        if refreshes.last != entry.attempt || refreshes.attempts == 0 {
            refreshes.attempts += 1;
        }
        refreshes.last = entry.attempt;
        refreshes.evidence.push(entry.seq);
        refreshes.simulated.clone_from(&entry.simulated);
    }

    /// What is wrong with them now.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        let resent = self.resent.as_ref().map(|(credential, dead)| {
            let problem = match *credential {
                Resent::Jwt(jwt) => resent_jwt(jwt, dead.times),
                Resent::Ticket(ticket) => resent_ticket(ticket, dead.times),
            };
            Finding { simulated: dead.simulated.clone(), ..Finding::new(problem, dead.evidence.to_vec()) }
        });
        let repeated = self.repeated.as_ref().map(|dead| {
            let problem = match &self.cached {
                Some((said, _)) => ticket::cached(said),
                None => ticket::repeated(dead.credential, dead.times),
            };
            Finding { simulated: dead.simulated.clone(), ..Finding::new(problem, dead.evidence.to_vec()) }
        });
        let Refreshes { attempts, evidence, simulated, .. } = &self.refreshes;
        let refreshing = (*attempts >= LOOP).then(|| {
            let problem = refresh_loop(*attempts);
            Finding { simulated: simulated.clone(), ..Finding::new(problem, evidence.to_vec()) }
        });
        let cached = self.cached.as_ref().filter(|_| self.repeated.is_none() && !self.spent.is_empty());
        let cached = cached.map(|(said, seq)| Finding::new(ticket::cached(said), vec![*seq]));
        resent.into_iter().chain(repeated).chain(cached).chain(refreshing)
    }
}

/// Takes in that `credential` died in `entry`; what is known of it if it had died in an earlier attempt.
fn again(dead: &mut VecDeque<Dead>, credential: Fingerprint, entry: &Entry) -> Option<Dead> {
    if let Some(known) = dead.iter_mut().find(|known| known.credential == credential) {
        let is_again = known.attempt != entry.attempt;
        known.attempt = entry.attempt;
        known.times += u32::from(is_again);
        known.evidence.push(entry.seq);
        known.simulated.clone_from(&entry.simulated);
        return (known.times > 1).then(|| known.clone());
    }
    if dead.len() == MAX_REMEMBERED {
        dead.pop_front();
    }
    let mut evidence = Evidence::default();
    evidence.push(entry.seq);
    dead.push_back(Dead { credential, attempt: entry.attempt, times: 1, evidence, simulated: entry.simulated.clone() });
    None
}
