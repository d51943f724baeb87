//! What a file of another program shows to have failed without showing why, and what only a browser stops.

use std::time::Duration;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind, TicketKnown};
use crate::diagnosis::problem::{ForUser, Outlook, Owner, Problem, Severity};
use crate::model::{BrowserRule, Close, DisplayDuration, Hidden, Remedy, Unseen};

/// A connection that lasted no longer was refused rather than used.
const AT_ONCE: Duration = Duration::from_secs(1);

/// An open socket ended, and the file does not tell how.
pub fn closed(_: &Close, context: &Context<'_>) -> Problem {
    let after = match context.is_end_timed {
        true => format!(" {} after it had opened", DisplayDuration(context.open_for)),
        false => String::new(),
    };
    let said = context.last_word.filter(|word| !word.reason.is_empty());
    let said =
        said.map_or_else(String::new, |word| format!(" The server's last message before it says: “{}”.", word.reason));
    let before = match context.ticket {
        TicketKnown::Fresh | TicketKnown::New => "Login, ticket and upgrade worked.",
        TicketKnown::Nothing => "The upgrade worked; login and ticket request are not in this file.",
    };
    let is_at_once = !context.is_end_timed || context.open_for < AT_ONCE;
    Problem {
        code: Code::CloseUnseen,
        severity: if is_at_once { Severity::Warning } else { Severity::Notice },
        owner: Owner::Unknown,
        title: format!("The WebSocket closed{after}; why is not in this file"),
        cause: format!(
            "{before} The close code and its reason, which tell who ended it and why, are not \
             written into this kind of file.{said}"
        ),
        next: ask_for(Unseen::CloseReason).into(),
        asks: Unseen::CloseReason.remedy(),
        ..Problem::ALONE
    }
}

/// A request failed in a way that a browser hides.
pub fn hidden(request: RequestKind, how: Hidden, context: &Context<'_>) -> Problem {
    match how {
        Hidden::Blocked(rule) => blocked(request, rule, context),
        Hidden::Refused => refused(request, context),
        Hidden::Untold { after } => untold(request, after),
        Hidden::GivenUp { after } => given_up(request, after),
        Hidden::Absent => absent(request),
    }
}

/// A WebSocket ended, and whether it had been open is not told.
pub fn ended(close: &Close) -> Problem {
    let code = if close.is_told() { format!(" — {}", close.code) } else { String::new() };
    Problem {
        code: Code::FailureUnseen,
        severity: Severity::Error,
        owner: Owner::Unknown,
        title: format!("The WebSocket ended; whether it had been open is not in this file{code}"),
        cause: "The file has only the end. Either the WebSocket could not be opened, or it was open, perhaps for long, and broke."
            .to_owned(),
        next: ask_for(Unseen::Beginning).into(),
        asks: Unseen::Beginning.remedy(),
        ..Problem::ALONE
    }
}

/// The page did not want it any more before it was there.
fn given_up(request: RequestKind, after: Option<Duration>) -> Problem {
    let (after, owner) = match after {
        Some(after) => (format!(" after {}", DisplayDuration(after)), Owner::Developers),
        None => (String::new(), Owner::Unknown),
    };
    Problem {
        code: Code::FailureUnseen,
        severity: Severity::Error,
        owner,
        title: format!("The page itself ended the {request}{after}, before it was answered"),
        cause: format!(
            "{}, or the page was left or loaded again meanwhile. Whether the server was slow, or would have answered at all, \
             does not show.",
            match request {
                RequestKind::Upgrade => "Its code called close()",
                RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting => "Its code gave it up, as by a time limit of its own",
            }
        ),
        next: match owner {
            Owner::Developers => {
                "The developers can see why the page ends it so soon: a part of the page that is built twice, or a limit \
                 that is too short. If a later attempt works, it was harmless."
                    .into()
            }
            Owner::User
            | Owner::UserIt
            | Owner::Operations
            | Owner::ProfileAuthor
            | Owner::Nobody
            | Owner::Unknown => ask_for(Unseen::Times).into(),
        },
        asks: if owner == Owner::Unknown { Unseen::Times.remedy() } else { None },
        ..Problem::ALONE
    }
}

/// The ticket was given out, and no socket follows.
fn absent(request: RequestKind) -> Problem {
    Problem {
        code: Code::FailureUnseen,
        severity: Severity::Error,
        owner: Owner::Unknown,
        title: format!("After the ticket no {request} follows; why is not in this file"),
        cause: "Login and ticket work. What a rule of the browser's stops (Content Security Policy, mixed content) leaves \
                nothing in this kind of file, and neither does a page that stops by itself; Safari leaves out a WebSocket that \
                is still open."
            .to_owned(),
        next: ask_for(Unseen::Socket).into(),
        asks: Unseen::Socket.remedy(),
        ..Problem::ALONE
    }
}

/// Whether the JWT that was sent had expired, by the clock of whoever wrote the file.
pub fn is_expired(context: &Context<'_>) -> bool {
    let until = context.claims.and_then(|claims| claims.expires_at);
    context.is_of_files && until.is_some_and(|until| until < context.server_time())
}

/// The web app sent a JWT that had expired, and did not renew it.
pub fn expired_jwt(refused: &Refused<'_>) -> Problem {
    Problem { title: refused.titled("The JWT has expired"), ..stale_jwt(refused) }
}

/// The web app sent a JWT that it had kept, and does not renew it in this file.
pub fn stale_jwt(refused: &Refused<'_>) -> Problem {
    Problem {
        code: Code::JwtRefused,
        severity: Severity::Error,
        owner: Owner::User,
        title: refused.titled("The server does not accept the JWT that the page had kept"),
        cause: "A new JWT usually cures that, and the file shows none: the page did not ask for one after this refusal."
            .to_owned(),
        next: "The user can sign out and in again, or load the page again; the developers can let the web app ask for a new \
               JWT after such a refusal, once."
            .into(),
        ..Problem::ALONE
    }
}

/// The web app used a ticket that no longer lived.
pub fn late_ticket(title: String, age: Duration, lifetime: Duration) -> Problem {
    Problem {
        code: Code::TicketExpired,
        severity: Severity::Error,
        owner: Owner::Developers,
        title,
        cause: format!(
            "It was {} old when the page sent it, and lives {}.",
            DisplayDuration(age),
            DisplayDuration(lifetime)
        ),
        next: "The developers can let the web app ask for the ticket just before it opens the WebSocket. A page that slept in \
               the background has to ask anew."
            .into(),
        explains: &[Code::Flapping],
        ..Problem::ALONE
    }
}

/// Somebody answered and refused, with a status that only another file has.
fn refused(request: RequestKind, context: &Context<'_>) -> Problem {
    let file = Unseen::UpgradeStatus.remedy().unwrap_or(Remedy::FreshHar).label();
    Problem {
        code: Code::FailureUnseen,
        severity: Severity::Error,
        owner: Owner::Unknown,
        title: format!("The {request} was refused; with which status is not in this file"),
        cause: format!(
            "{} was reached, and it, or a gateway before it, answered with a refusal instead of a WebSocket. The status \
             tells who refuses and why.",
            context.asked(request)
        ),
        next: format!(
            "Ask the user for {file}; it has the status. A check of the same address from here shows it too."
        )
        .into(),
        asks: Unseen::UpgradeStatus.remedy(),
        ..Problem::ALONE
    }
}

fn untold(request: RequestKind, after: Option<Duration>) -> Problem {
    let unseen = match request {
        RequestKind::Upgrade => Unseen::DialFailure,
        RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting => Unseen::Answer,
    };
    let after = after.map_or_else(String::new, |after| format!(" after {}", DisplayDuration(after)));
    let (title, what) = match request {
        RequestKind::Upgrade => (
            "The WebSocket could not be opened; why is not in this file".to_owned(),
            "the name, the address, the certificate, a proxy, or a refusal by the server",
        ),
        RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting => (
            format!("The {request} failed; why is not in this file"),
            "the network, the certificate, a proxy, or an answer that the page may not read (CORS)",
        ),
    };
    Problem {
        code: Code::FailureUnseen,
        severity: Severity::Error,
        owner: Owner::Unknown,
        title,
        cause: format!("It failed{after}. The browser tells nobody what it was: {what}."),
        next: ask_for(unseen).into(),
        asks: unseen.remedy(),
        ..Problem::ALONE
    }
}

fn ask_for(what: Unseen) -> String {
    ask(what.remedy().unwrap_or(Remedy::NetLog))
}

/// What to ask the user for.
pub fn ask(remedy: Remedy) -> String {
    let file = remedy.label();
    format!(
        "Ask the user for {file}; it tells. A check of the same address from here tells whether others are affected."
    )
}

fn blocked(request: RequestKind, rule: BrowserRule, context: &Context<'_>) -> Problem {
    let (asked, origin) = (context.asked(request), &context.profile.origin);
    let (owner, title, cause, next) = match rule {
        BrowserRule::Cors => (
            Owner::Operations,
            format!("The browser does not let the page read the answer to the {request} (CORS)"),
            format!(
                "The page runs at {origin}, and the answer from {asked} does not allow that origin. No other client minds: \
                 what the server answered is hidden from the page, not from Ticketscope's check."
            ),
            format!(
                "Operations can send Access-Control-Allow-Origin: {origin} with every answer, refusals and preflights \
                 (OPTIONS) included."
            ),
        ),
        BrowserRule::ContentSecurityPolicy => (
            Owner::Developers,
            format!("The page's own rules forbid the {request} (Content Security Policy)"),
            format!("The page's Content-Security-Policy does not list {asked}, so the browser sends nothing."),
            format!("The developers can add {asked} to connect-src of the page's Content-Security-Policy."),
        ),
        BrowserRule::MixedContent => (
            Owner::Developers,
            format!("The browser sends no unencrypted {request} from an encrypted page"),
            format!("The page is encrypted ({origin}) and {asked} is not (mixed content): no browser connects."),
            "The developers can use wss:// and https:// addresses; operations, offer TLS there.".to_owned(),
        ),
        BrowserRule::LocalNetwork => (
            Owner::User,
            format!("The browser did not allow the {request} to reach the local network"),
            format!(
                "The page comes from {origin} and {asked} is in the user's own network or computer: Chrome asks the user \
                 first (Local Network Access), and the answer was no."
            ),
            "The user can allow it: the icon left of the address, then \"Local network access\". The user's IT can allow it \
             for all by policy."
                .to_owned(),
        ),
        BrowserRule::UnsafePort => (
            Owner::Operations,
            format!("The browser never connects to this port: it blocked the {request}"),
            format!("The port of {asked} belongs to another protocol, and browsers refuse such ports (Fetch standard)."),
            "Operations can serve it at another port, such as 443.".to_owned(),
        ),
        BrowserRule::Extension => (
            Owner::User,
            format!("An extension or policy of the browser blocked the {request}"),
            format!("The browser did not send it to {asked}: an ad blocker, another extension or a company's policy."),
            "The user can try once in a private window without extensions; the user's IT knows the policies.".to_owned(),
        ),
    };
    let for_user = match rule {
        BrowserRule::Extension => ForUser::said(
            "Our service and your account are fine. Something in your browser stops the connection: an ad blocker, another \
             extension, or a rule of your company. Please open the page once in a private window, where extensions are off. If it \
             works there, switch the extension off for our page; if it does not, please pass this on to your IT.",
        ),
        BrowserRule::LocalNetwork => ForUser::said(
            "Our service and your account are fine. Your browser asks whether our page may connect within your own network, and \
             the answer was no. Please press the icon left of the page's address, allow \"Local network access\", and load the page \
             again (F5).",
        ),
        BrowserRule::Cors
        | BrowserRule::ContentSecurityPolicy
        | BrowserRule::MixedContent
        | BrowserRule::UnsafePort => ForUser::ByOwner,
    };
    Problem {
        code: Code::BlockedByBrowser,
        severity: Severity::Error,
        owner,
        outlook: Outlook::Lasting,
        title,
        cause,
        next: next.into(),
        for_user,
        ..Problem::ALONE
    }
}
