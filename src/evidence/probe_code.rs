//! What a probe in the user's browser saw, as attempts.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::browser_error::BrowserError;
use super::sighting::{Opened, RequestSeen, Sighting, SocketEnd, SocketSeen, TicketSeen, Time, TokenSeen, later};
use crate::model::failure::{AnswerFault, GreetingFailure, MalformedAnswer, SecretFault};
use crate::model::{
    Answer, BlockCause, Browser, BrowserBlock, BrowserRule, Claims, Close, CloseCause, CorsAnswer, DialFailure,
    Failure, Hidden, PageRequest, Phase, Redactor, RequestFailureKind, SafeText, TokenFacts, TraceId, Unseen,
};
use crate::probe::{Code, Dial, Reply};

/// The browser that ran it.
pub(super) fn browser(code: &Code) -> Browser {
    let name = code.browser.as_str();
    if name.contains("Firefox/") {
        Browser::Firefox
    } else if name.contains("Safari/") && !name.contains("Chrome/") {
        Browser::Safari
    } else {
        Browser::Chromium
    }
}

/// The attempts of `code`.
pub(super) fn sightings(code: &Code, redactor: &Redactor) -> Vec<Sighting> {
    let begun = DateTime::<Utc>::from_timestamp_millis(code.begun).unwrap_or_default();
    code.turns
        .iter()
        .map(|turn| {
            let mut sighting = Sighting::default();
            if let Some(token) = &turn.token {
                let seen = || {
                    let facts =
                        token.given.map(|fingerprint| TokenFacts { fingerprint, claims: Ok(Claims::default()) });
                    TokenSeen { facts, session: None }
                };
                sighting.token = Some(asked(token, begun, redactor, "/token", seen));
                sighting.blocks.extend(block(token, PageRequest::Token));
            }
            if let Some(ticket) = &turn.ticket {
                let lifetime = ticket.lifetime.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                let seen = || TicketSeen { fingerprint: ticket.given, lifetime };
                sighting.ticket = Some(asked(ticket, begun, redactor, "/ticket", seen));
                sighting.blocks.extend(block(ticket, PageRequest::Ticket));
            }
            if let Some(socket) = &turn.socket {
                let ticket = turn.ticket.as_ref().and_then(|ticket| ticket.given);
                let (seen, unseen) = dialled(socket, begun, redactor);
                sighting.socket = Some(SocketSeen { ticket, ..seen });
                sighting.unseen.extend(unseen);
            }
            sighting.unseen.insert(Unseen::Pings);
            sighting
        })
        .collect()
}

fn at(begun: Time, millis: u32) -> Option<Time> {
    later(begun, Duration::from_millis(millis.into()))
}

fn asked<T>(reply: &Reply, begun: Time, redactor: &Redactor, field: &str, seen: impl FnOnce() -> T) -> RequestSeen<T> {
    let took = reply.ms.map(|millis| Duration::from_millis(millis.into()));
    let trace = reply.trace.clone().map_or_else(TraceId::unseen, TraceId::from_file);
    let result = match (reply.status, reply.error.as_ref().map(|error| error.as_str())) {
        (Some(status), _) if (200..300).contains(&status) && (reply.not_json.is_some() || reply.lacks == 1) => {
            let wanted = SafeText::new(field);
            let fault = match reply.not_json {
                Some(bytes) => AnswerFault::NotJson { wanted, content_type: None, bytes },
                None => AnswerFault::Missing { field: wanted },
            };
            let answer = Answer::of_status(status);
            Err(RequestFailureKind::Malformed(Box::new(MalformedAnswer { fault, answer })))
        }
        (Some(status), _) if reply.refuses_inside == 1 => {
            let answer = Answer::of_status(status);
            let code = reply.code.as_ref().map(|code| redactor.text(code.as_str().as_bytes(), 64));
            let answer = code.map_or_else(|| answer.clone(), |code| answer.clone().with_code(code.as_str()));
            Err(RequestFailureKind::Refused(Box::new(answer)))
        }
        (Some(status), _) if (200..300).contains(&status) => Ok(seen()),
        (Some(status), _) => {
            let mut answer = Answer::of_status(status);
            if let Some(code) = &reply.code {
                answer = answer.with_code(redactor.text(code.as_str().as_bytes(), 64).as_str());
            }
            let seconds = reply.retry_after.as_ref().and_then(|value| value.as_str().parse().ok());
            answer.retry_after = seconds.map(Duration::from_secs);
            Err(RequestFailureKind::Status(Box::new(answer)))
        }
        (None, Some("secret")) => Err(RequestFailureKind::SecretMissing {
            name: SafeText::default(),
            label: "what the user has to give".into(),
            why: SecretFault::NotGiven,
        }),
        (None, Some("timeout")) => Err(RequestFailureKind::Timeout { after: took.unwrap_or_default() }),
        (None, Some("blocked")) if reply.reach == Some(1) => {
            Err(RequestFailureKind::Hidden(Hidden::Blocked(BrowserRule::Cors)))
        }
        (None, _) => Err(RequestFailureKind::Hidden(Hidden::Untold { after: took })),
    };
    RequestSeen { took, ..RequestSeen::at(at(begun, reply.at), trace, Some(result)) }
}

/// A page is told nothing of an answer that it may not read; a status without a way to read it is not there.
fn block(reply: &Reply, request: PageRequest) -> Option<BrowserBlock> {
    let is_kept = reply.status.is_none() && reply.error.as_ref().is_some_and(|error| error.as_str() == "blocked");
    // Where no request comes through at all, it is not for what the page may read.
    let is_kept = is_kept && reply.reach != Some(0);
    is_kept.then_some(BrowserBlock { request, cause: BlockCause::NoOrigin { of: CorsAnswer::Request } })
}

fn dialled(socket: &Dial, begun: Time, redactor: &Redactor) -> (SocketSeen, Vec<Unseen>) {
    let begin = at(begun, socket.at);
    let after = |millis: Option<u32>| millis.map(|millis| Duration::from_millis(millis.into()));
    let mut seen = SocketSeen { at: begin, ..SocketSeen::default() };
    let mut unseen = Vec::new();
    let Some(up) = after(socket.up) else {
        let took = after(socket.ms);
        let end = begin.zip(took).and_then(|(begin, took)| later(begin, took));
        let failure = match (socket.error.as_ref().map(|error| error.as_str()), socket.code, socket.reach) {
            (Some("csp"), _, _) => {
                Failure::Dial(DialFailure::Hidden(Hidden::Blocked(BrowserRule::ContentSecurityPolicy)))
            }
            (Some("SecurityError"), _, _) => {
                Failure::Dial(DialFailure::Hidden(Hidden::Blocked(BrowserRule::MixedContent)))
            }
            _ if socket.late == 1 => {
                Failure::Dial(DialFailure::Timeout { phase: Phase::Upgrade, after: took.unwrap_or_default() })
            }
            // Firefox has a code of its own for it.
            (_, Some(1015), _) => BrowserError::named("SSL_BROKEN", "").of_dial(took),
            (_, _, Some(1)) => Failure::Dial(DialFailure::Hidden(Hidden::Refused)),
            _ => Failure::Dial(DialFailure::Hidden(Hidden::Untold { after: took })),
        };
        unseen.extend(super::roles::unseen_of(&failure));
        seen.opened = Opened::No { failure, at: end };
        return (seen, unseen);
    };
    let opened = begin.and_then(|begin| later(begin, up));
    seen.opened = Opened::Yes(opened);
    if let (1, Some(expected)) = (socket.late, &socket.awaited) {
        let within = after(socket.ms).and_then(|ended| ended.checked_sub(up)).unwrap_or_default();
        seen.greeting = Some(GreetingFailure::Missing {
            step: socket.greeting_step.unwrap_or_default(),
            expected: redactor.text(expected.as_str().as_bytes(), 60),
            within,
            heard: None,
        });
        return (seen, unseen);
    }
    if socket.held == 1 {
        seen.end = Some(SocketEnd::of(
            opened.and_then(|at| later(at, Duration::from_secs(3))),
            Close::received(Some(1000), "probe"),
        ));
    } else if let Some(code) = socket.code {
        let reason =
            socket.reason.as_ref().map(|reason| redactor.text(reason.as_str().as_bytes(), 123)).unwrap_or_default();
        let close = match code {
            1006 => Close::abnormal(CloseCause::Unseen),
            code => Close {
                was_clean: socket.was_clean == 1,
                ..Close::received(Some(code).filter(|code| *code != 1005), reason.as_str())
            },
        };
        let end = begin.zip(after(socket.ms)).and_then(|(begin, took)| later(begin, took));
        seen.end = Some(SocketEnd::of(end, close));
    }
    (seen, unseen)
}

/// How far the user's clock is ahead, as the first attempt with a fresh JWT tells.
pub(super) fn ahead(code: &Code) -> Option<(i64, Duration)> {
    let token = code.turns.iter().find_map(|turn| turn.token.as_ref().filter(|token| token.ahead.is_some()))?;
    Some((token.ahead?, Duration::from_millis(1_000 + u64::from(token.ms.unwrap_or_default()))))
}
