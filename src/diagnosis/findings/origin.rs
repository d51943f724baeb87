//! Origins that are not on the server's list.

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused};
use crate::diagnosis::findings::answers;
use crate::diagnosis::problem::{ForUser, Owner, Problem, Severity};
use crate::diagnosis::words::closed;
use crate::model::{Close, Health, Profile};

/// The server says that this origin is blocked.
pub fn blocked(close: &Close, profile: &Profile) -> Problem {
    Problem {
        code: Code::OriginBlocked,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: closed("The server does not allow this origin", close),
        cause: "It says so itself, and hangs up.".to_owned(),
        next: "Operations can add it to the server's list of origins; check it in the profile.".into(),
        for_user: not_accepted(profile),
        ..Problem::ALONE
    }
}

/// What a user is told whose page is at an address that the server does not know.
fn not_accepted(profile: &Profile) -> ForUser {
    let origin = profile.origin.as_str().split("://").nth(1).unwrap_or_default();
    let address = match origin.contains(Profile::UNKNOWN_HOST) {
        true => "at which you opened the page",
        false => origin,
    };
    let words = format!(
        "Your computer and your account are fine. Our server does not accept the address {address} yet; our operations team is \
         adding it. You do not have to do anything."
    );
    ForUser::Said(words.into())
}

/// The HTTP routes fail as they do for an origin that is not on the list (contract §6).
pub fn not_listed(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    if (refused.answer.status, refused.answer.code()) != (500, Some("INTERNAL_ERROR")) {
        return None;
    }
    let (title, cause) = match context.health.map(Health::is_well) {
        Some(false) => return Some(answers::server_failed(refused, context)),
        Some(true) => (
            "The server does not allow this origin",
            "Its health page is well and the other requests fail: a server of this kind answers so when the Origin is \
             missing or not on its list.",
        ),
        None => (
            "The server does not allow this origin, or failed inside",
            "A server of this kind answers so when the Origin is missing or not on its list.",
        ),
    };
    Some(Problem {
        code: Code::OriginNotListed,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: refused.titled(title),
        cause: cause.to_owned(),
        next: "Operations can add the profile's origin to the server's list; whoever wrote the profile can check it."
            .into(),
        rests_on_health: context.health.is_some(),
        for_user: not_accepted(context.profile),
        ..Problem::ALONE
    })
}
