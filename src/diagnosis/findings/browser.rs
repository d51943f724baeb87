//! Where this program and a browser differ: what ours refuses and a browser takes, what a browser refuses and ours
//! does not even notice.

use crate::diagnosis::Code;
use crate::diagnosis::context::RequestKind;
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::diagnosis::words::sentence;
use crate::model::failure::{ProtocolFault, status_text};
use crate::model::{BlockCause, BrowserBlock, CorsAnswer, PageRequest, Profile};

/// A message was longer than the profile lets through.
pub fn message_too_long(fault: &ProtocolFault) -> Problem {
    Problem {
        code: Code::OwnLimit,
        severity: Severity::Warning,
        owner: Owner::ProfileAuthor,
        title: "A message is larger than Ticketscope takes in".to_owned(),
        cause: format!(
            "{} Nothing is wrong with the server: a browser takes such a message. Ticketscope hung up because of its \
             own limit.",
            sentence(&fault.to_string())
        ),
        next: "Whoever wrote the profile can raise message under [limits] in it, up to \"256MiB\".".into(),
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
    Some(Problem {
        code: Code::BrowserBlocked,
        severity: Severity::Warning,
        owner: Owner::Operations,
        title: "A browser does not get through, this program does".to_owned(),
        cause: causes.join(" "),
        next: what_to_send(first, profile).into(),
        ..Problem::ALONE
    })
}

/// What a browser meets at one request.
fn why(block: &BrowserBlock, profile: &Profile) -> String {
    let BrowserBlock { request, cause } = block;
    let (label, target, origin) = (request.label(), request.target(profile), &profile.origin);
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
        BlockCause::PreflightUnanswered => {
            format!("Before the {label} ({target}) a browser sends a preflight (OPTIONS), and that gets no answer.")
        }
        BlockCause::NoOrigin { of } => {
            format!("{} has no Access-Control-Allow-Origin, so a browser stops there.", answer(*of))
        }
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

fn address(request: PageRequest, profile: &Profile) -> String {
    match request {
        PageRequest::Token | PageRequest::Ticket => profile.api.to_string(),
        PageRequest::Socket => profile.websocket.to_string(),
    }
}

/// What to change for `block`.
fn what_to_send(block: &BrowserBlock, profile: &Profile) -> String {
    let BrowserBlock { request, cause } = block;
    let (target, origin) = (request.target(profile), &profile.origin);
    let path = target.split(' ').next_back().unwrap_or_default().to_owned();
    let headers = request.asked_headers(profile).join(", ");
    match cause {
        BlockCause::PreflightStatus { .. }
        | BlockCause::PreflightUnanswered
        | BlockCause::NoOrigin { of: CorsAnswer::Preflight }
        | BlockCause::OtherOrigin { of: CorsAnswer::Preflight, .. }
        | BlockCause::HeaderNotAllowed { .. } => format!(
            "Operations can answer OPTIONS {path} with 204 before anything asks for a login, and send \
             Access-Control-Allow-Origin: {origin} and Access-Control-Allow-Headers: {headers} with it."
        ),
        BlockCause::NoOrigin { of: CorsAnswer::Request } | BlockCause::OtherOrigin { of: CorsAnswer::Request, .. } => {
            format!("Operations can send Access-Control-Allow-Origin: {origin} with every answer of {path}.")
        }
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
