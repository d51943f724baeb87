//! Where this program and a browser differ: what ours refuses and a browser takes, what a browser refuses and ours
//! does not even notice.

use std::time::Duration;

use crate::diagnosis::Code;
use crate::diagnosis::context::RequestKind;
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::diagnosis::words::sentence;
use crate::model::failure::{ProtocolFault, status_text};
use crate::model::{
    BlockCause, BrowserBlock, Close, CorsAnswer, DisplayDuration, PageRequest, Profile, SafeText, SiteRule,
};

/// A message was longer than the profile lets through.
pub fn message_too_long(fault: &ProtocolFault) -> Problem {
    Problem {
        code: Code::OwnLimit,
        severity: Severity::Warning,
        owner: Owner::ProfileAuthor,
        title: "A message is larger than Ticketscope takes in".to_owned(),
        cause: format!(
            "{} Nothing is wrong with the server: a browser takes such a message. The limit is Ticketscope's own, \
             and it hung up.",
            sentence(&fault.to_string())
        ),
        next: "Whoever wrote the profile can raise message under [limits] in it, up to \"256MiB\".".into(),
        // The server has hung up on nobody.
        explains: &[Code::Flapping, Code::ReconnectStorm, Code::DropRhythm],
        ..Problem::ALONE
    }
}

/// An answer was longer than is read.
pub fn answer_too_long(request: RequestKind, limit_kib: u32) -> Problem {
    Problem {
        code: Code::OwnLimit,
        severity: Severity::Error,
        owner: Owner::Developers,
        title: format!("The answer to the {request} is larger than Ticketscope reads"),
        cause: format!(
            "It has more than {limit_kib} KiB, where a token or a ticket has one or two. That limit is Ticketscope's \
             own: a browser reads such an answer."
        ),
        next: "The developers can tell whether this answer is meant to be so large; a wrong address answers so too."
            .into(),
        ..Problem::ALONE
    }
}

/// A browser stops where this program goes on; `None` if nothing stops it.
pub fn blocked(blocks: &[BrowserBlock], profile: &Profile) -> Option<Problem> {
    let first = blocks.first()?;
    let causes: Vec<_> = blocks.iter().map(|block| why(block, profile)).collect();
    // Whether a service needs its cookies does not show.
    let is_certain = blocks
        .iter()
        .any(|block| !matches!(block.cause, BlockCause::CookiesWithheld { .. } | BlockCause::CookieOfOneSite { .. }));
    Some(Problem {
        code: Code::BlockedByBrowser,
        severity: Severity::Warning,
        owner: Owner::Operations,
        title: match is_certain {
            true => "A browser does not get through, this program does",
            false => "A browser does not get through with cookies, this program does",
        }
        .to_owned(),
        cause: causes.join(" "),
        next: what_to_send(first, profile).into(),
        ..Problem::ALONE
    })
}

/// What a browser meets at one request.
fn why(block: &BrowserBlock, profile: &Profile) -> String {
    let BrowserBlock { request, cause } = block;
    let (label, target) = (request.label(), request.target(profile));
    let origin = profile.sent_origin().unwrap_or(&profile.origin);
    let answer = |of: CorsAnswer| match of {
        CorsAnswer::Preflight => format!("The answer to the preflight (OPTIONS) of the {label} ({target})"),
        CorsAnswer::Request => format!("The answer to the {label} ({target}) itself"),
    };
    match cause {
        BlockCause::PreflightStatus { status } => format!(
            "Before the {label} ({target}) a browser sends a preflight (OPTIONS); it is answered {status} {}, and only a \
             success with Access-Control-Allow-Origin lets it go on.",
            status_text(*status)
        ),
        BlockCause::PreflightRedirected { status, to } => format!(
            "Before the {label} ({target}) a browser sends a preflight (OPTIONS); it is answered with a redirect ({status} {}){}, and no \
             browser follows one there.",
            status_text(*status),
            if to.is_empty() { String::new() } else { format!(" to {to}") }
        ),
        BlockCause::PreflightUnanswered => {
            format!("Before the {label} ({target}) a browser sends a preflight (OPTIONS), and that gets no answer.")
        }
        BlockCause::NoOrigin { of } => {
            format!("{} has no Access-Control-Allow-Origin, so a browser stops there.", answer(*of))
        }
        BlockCause::OtherOrigin { of, allowed } if is_several(allowed) => format!(
            "{} has several values of Access-Control-Allow-Origin ({allowed}), and a browser takes one only: two of those \
             who answer, such as a gateway and the program behind it, add the header each.",
            answer(*of)
        ),
        BlockCause::OtherOrigin { of, allowed } => {
            format!("{} has Access-Control-Allow-Origin: {allowed}, and the page's origin is {origin}.", answer(*of))
        }
        BlockCause::HeaderNotAllowed { header, allowed: Some(allowed) } => format!(
            "{} has Access-Control-Allow-Headers: {allowed}, without the {header} that the request carries.",
            answer(CorsAnswer::Preflight)
        ),
        BlockCause::HeaderNotAllowed { header, allowed: None } => format!(
            "{} has no Access-Control-Allow-Headers, and the request carries {header}.",
            answer(CorsAnswer::Preflight)
        ),
        BlockCause::CookiesWithheld { is_any_origin } => format!(
            "The server sets cookies, and a page that sends them with the {label} ({target}) may not read the answer: it has {}. \
             A page that sends none gets through, if the service can do without them.",
            if *is_any_origin {
                "Access-Control-Allow-Origin: *, which does not count with cookies"
            } else {
                "no Access-Control-Allow-Credentials: true"
            }
        ),
        BlockCause::CookieOfOneSite { name, rule } => format!(
            "The server sets a cookie ({name}) that a browser does not send with the {label} ({target}), because the page ({origin}) is \
             of another site: {}. This program sends it.",
            match rule {
                SiteRule::Lax => "it has SameSite=Lax",
                SiteRule::Strict => "it has SameSite=Strict",
                SiteRule::NotSecure => "it has SameSite=None without Secure, and browsers do not take in such a cookie",
            }
        ),
        BlockCause::FalseEncoding { encoding } => format!(
            "The answer to the {label} ({target}) has Content-Encoding: {encoding}, and its body is plain JSON: a browser decodes \
             it and fails (ERR_CONTENT_DECODING_FAILED)."
        ),
        BlockCause::MixedContent => {
            let address = address(*request, profile);
            format!("The page is encrypted ({origin}) and the {label} is not ({address}): no browser sends it.")
        }
        BlockCause::LocalAddress { address } => format!(
            "The page comes from the internet ({origin}) and the {label} goes to {address}, an address of the user's own \
             network or computer: Chrome asks the user first (Local Network Access), and a no stops it."
        ),
    }
}

/// Whether `Access-Control-Allow-Origin` names more than one origin, in one header or in two: no origin has a comma.
fn is_several(allowed: &SafeText) -> bool {
    allowed.as_str().contains(',')
}

fn address(request: PageRequest, profile: &Profile) -> String {
    match request {
        PageRequest::Token | PageRequest::Ticket => profile.api.to_string(),
        PageRequest::Socket => profile.websocket.to_string(),
    }
}

/// What to change for `block`.
fn what_to_send(block: &BrowserBlock, profile: &Profile) -> String {
    let BrowserBlock { request, cause } = block;
    let (target, origin) = (request.target(profile), profile.sent_origin().unwrap_or(&profile.origin));
    let path = target.split(' ').next_back().unwrap_or_default().to_owned();
    let headers = request.asked(profile).map_or_else(Vec::new, |asked| asked.headers).join(", ");
    match cause {
        BlockCause::OtherOrigin { allowed, .. } if is_several(allowed) => format!(
            "Operations can let only one of them send Access-Control-Allow-Origin: the gateway (in nginx: without the \
             add_header, or with proxy_hide_header Access-Control-Allow-Origin) or the program behind it; the one value is \
             {origin}."
        ),
        BlockCause::PreflightRedirected { to, .. } => format!(
            "Operations can answer OPTIONS {path} before the rule that redirects it{}, with 204, \
             Access-Control-Allow-Origin: {origin} and Access-Control-Allow-Headers: {headers}; or whoever wrote web app and profile \
             can ask the address that it leads to.",
            if to.is_empty() { String::new() } else { format!(" to {to}") }
        ),
        BlockCause::PreflightStatus { .. } | BlockCause::PreflightUnanswered => format!(
            "Operations can answer OPTIONS {path} with 204 before anything asks for a login, and send \
             Access-Control-Allow-Origin: {origin} and Access-Control-Allow-Headers: {headers} with it."
        ),
        // It is answered, and with a success.
        BlockCause::NoOrigin { of: CorsAnswer::Preflight }
        | BlockCause::OtherOrigin { of: CorsAnswer::Preflight, .. } => {
            format!(
                "Operations can let the answer to OPTIONS {path}, which is there, carry Access-Control-Allow-Origin: {origin} and \
                 Access-Control-Allow-Headers: {headers}."
            )
        }
        BlockCause::HeaderNotAllowed { header, .. } => format!(
            "Operations can let the answer to OPTIONS {path}, which is there, name {header} as well: Access-Control-Allow-Headers: \
             {headers}."
        ),
        BlockCause::NoOrigin { of: CorsAnswer::Request } | BlockCause::OtherOrigin { of: CorsAnswer::Request, .. } => {
            format!("Operations can send Access-Control-Allow-Origin: {origin} with every answer of {path}.")
        }
        BlockCause::CookiesWithheld { .. } => format!(
            "Operations can send Access-Control-Allow-Credentials: true and Access-Control-Allow-Origin: {origin} with every \
             answer of {path} and with that to its preflight; where no cookie is needed, they can leave all as it is."
        ),
        BlockCause::CookieOfOneSite { name, .. } => format!(
            "Operations can let the server set {name} with SameSite=None; Secure over https, or serve page and API from one site; where \
             no cookie is needed, they can leave all as it is."
        ),
        BlockCause::FalseEncoding { .. } => format!(
            "Operations can leave Content-Encoding out of the answers of {path}, or compress them: most often a gateway undoes \
             the compression and keeps the header, or the program sets the header by hand."
        ),
        BlockCause::MixedContent => {
            "Operations can serve it encrypted (https, wss); the profile gets that address then.".to_owned()
        }
        BlockCause::LocalAddress { .. } => {
            "Operations can give the service an address of the internet, or the page one \
                                            of the same network; until then each user has to allow it in the browser."
                .to_owned()
        }
    }
}

/// Idle limits that are known by name: seconds, and whose default it is.
const IDLE_LIMITS: [(u64, &str); 7] = [
    (30, "the default of Google Cloud's load balancers (backend service timeout)"),
    (55, "that of Heroku's router"),
    (60, "the default of nginx (proxy_read_timeout) and of AWS's ALB (idle timeout)"),
    (100, "that of Cloudflare"),
    (240, "the default of Azure's load balancers and App Service"),
    (350, "that of AWS's NLB and NAT gateways"),
    (600, "that of AWS's API Gateway (idle) and of Google's and many other firewalls"),
];

/// A connection may be cut a little before or after its limit: timers are coarse, and the cut travels.
fn is_at(lasted: Duration, limit: u64) -> bool {
    let limit = Duration::from_secs(limit);
    (limit.saturating_sub(Duration::from_secs(1))..=limit + Duration::from_secs(2) + limit / 50).contains(&lasted)
}

/// A connection on which nothing was sent was cut, while the one with pings stayed.
pub fn idle_cut(lasted: Duration, close: &Close) -> Problem {
    let known = IDLE_LIMITS.iter().find(|(limit, _)| is_at(lasted, *limit));
    let limit = known.map_or_else(|| DisplayDuration(lasted).to_string(), |(limit, _)| format!("{limit} s"));
    let whose = known.map(|(limit, whose)| format!(" {limit} s is {whose}.")).unwrap_or_default();
    let how = if close.reason.is_empty() { close.meaning() } else { format!("{} {}", close.code, close.reason) };
    Problem {
        code: Code::IdleCut,
        severity: Severity::Warning,
        owner: Owner::Operations,
        title: format!("An idle limit of {limit} cuts a browser that is silent"),
        cause: format!(
            "A connection on which nothing was sent ended after {} ({how}), while one beside it stayed open with \
             Ticketscope's own pings, which hide this limit: a browser sends none.{whose}",
            DisplayDuration(lasted)
        ),
        next: "Operations can raise that limit in what stands before the service, or let the server send pings more often \
               than that: a browser answers them."
            .into(),
        ..Problem::ALONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CloseCause;

    #[test]
    fn several_allowed_origins_are_told_from_another_one() {
        let profile = Profile::production();
        let of = |allowed: &str, of| {
            let cause = BlockCause::OtherOrigin { of, allowed: SafeText::new(allowed) };
            blocked(&[BrowserBlock { request: PageRequest::Ticket, cause }], &profile).unwrap()
        };
        for answer in [CorsAnswer::Preflight, CorsAnswer::Request] {
            for allowed in ["*, https://a.example", "https://a.example, https://a.example"] {
                let Problem { cause, next, owner, .. } = of(allowed, answer);
                assert!(cause.contains("several values") && cause.contains(allowed), "{cause}");
                assert!(next.contains("only one of them") && owner == Owner::Operations, "{next}");
            }
            let other = of("https://a.example", answer);
            assert!(!other.cause.contains("several") && !other.next.contains("only one"), "{other:?}");
        }
    }

    #[test]
    fn a_preflight_that_is_redirected_names_its_target_and_a_cookie_its_rule() {
        let profile = Profile::production();
        let of = |cause| blocked(&[BrowserBlock { request: PageRequest::Ticket, cause }], &profile).unwrap();
        let to = "https://login.example/";
        let moved = of(BlockCause::PreflightRedirected { status: 301, to: to.into() });
        assert!(moved.cause.contains(&format!("redirect (301 Moved Permanently) to {to}")), "{moved:?}");
        assert!(moved.next.contains("before the rule that redirects it") && moved.next.contains(to), "{moved:?}");
        let refused = of(BlockCause::PreflightStatus { status: 401 });
        assert!(!refused.cause.contains("redirect"), "{refused:?}");
        for (rule, word) in [
            (SiteRule::Lax, "SameSite=Lax"),
            (SiteRule::Strict, "SameSite=Strict"),
            (SiteRule::NotSecure, "without Secure"),
        ] {
            let kept = of(BlockCause::CookieOfOneSite { name: "sid".into(), rule });
            assert!(kept.cause.contains("(sid)") && kept.cause.contains(word), "{kept:?}");
            assert!(kept.title.contains("with cookies") && kept.next.contains("SameSite=None; Secure"), "{kept:?}");
        }
    }

    #[test]
    fn a_preflight_that_is_answered_is_not_asked_to_be_answered() {
        let profile = Profile::production();
        let next = |cause| blocked(&[BrowserBlock { request: PageRequest::Ticket, cause }], &profile).unwrap().next;
        let of = CorsAnswer::Preflight;
        for cause in [
            BlockCause::NoOrigin { of },
            BlockCause::OtherOrigin { of, allowed: "https://a.example".into() },
            BlockCause::HeaderNotAllowed { header: "authorization".into(), allowed: Some("content-type".into()) },
            BlockCause::HeaderNotAllowed { header: "authorization".into(), allowed: None },
        ] {
            let next = next(cause);
            assert!(!next.contains("204") && next.contains("OPTIONS /api/v1/ws-ticket"), "{next}");
            assert!(next.contains("Access-Control-Allow-Headers: authorization"), "{next}");
        }
        for cause in [BlockCause::PreflightStatus { status: 401 }, BlockCause::PreflightUnanswered] {
            assert!(next(cause).contains("with 204"));
        }
    }

    #[test]
    fn an_idle_limit_is_known_by_name_on_both_sides_of_it_and_not_beyond() {
        let title =
            |millis: u64| idle_cut(Duration::from_millis(millis), &Close::abnormal(CloseCause::EndOfStream)).title;
        for (millis, limit) in [
            (29_000, "30 s"),
            (32_600, "30 s"),
            (55_400, "55 s"),
            (59_000, "60 s"),
            (60_020, "60 s"),
            (63_200, "60 s"),
            (100_500, "100 s"),
            (350_000, "350 s"),
            (614_000, "600 s"),
        ] {
            assert!(title(millis).contains(&format!("limit of {limit} cuts")), "{millis}: {}", title(millis));
        }
        for millis in [28_900, 32_700, 53_900, 58_200, 63_300, 90_000, 98_900, 620_000] {
            let title = title(millis);
            assert!(
                !IDLE_LIMITS.iter().any(|(limit, _)| title.contains(&format!("of {limit} s"))),
                "{millis}: {title}"
            );
        }
    }
}
