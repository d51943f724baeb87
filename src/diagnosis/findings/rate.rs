//! A limit of requests or of connections is reached, or a quota is used up.

use std::borrow::Cow;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused};
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::findings::own_numbers;
use crate::diagnosis::problem::{ForUser, Owner, Problem, Severity};
use crate::model::DisplayDuration;
use crate::model::failure::{Answer, BodyKind, Hint, Product, Setting};

/// What a user is told who is not alone in asking.
const TOO_MANY: ForUser = ForUser::said(
    "There were more requests from your network than our service accepts at a time. Please wait a minute and load the page again \
     (F5).",
);

/// The gateway whose limit is reached, as it says so itself.
fn limiting_gateway(answer: &Answer) -> Option<Product> {
    let is_of_edge = answer.hints().has(Hint::Rate) && answer.body.kind != BodyKind::Json;
    let edge = Product::signed(answer).filter(|product| {
        is_of_edge && matches!(product, Product::Cloudflare | Product::CloudRun | Product::Akamai | Product::Cloudfront)
    });
    Product::itself(answer).or(edge).filter(|_| answer.code().is_none())
}

/// Too many requests.
pub fn rate_limited(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    if refused.answer.status != 429 {
        return None;
    }
    let gateway = limiting_gateway(refused.answer);
    let whose = match (refused.answer.code(), gateway) {
        (Some("RATE_LIMIT_EXCEEDED"), _) => {
            "The API's own limit of requests per minute for this user's address is reached".to_owned()
        }
        (Some(_), _) => "The API's own limit of requests is reached".to_owned(),
        (None, Some(gateway)) => {
            format!("The limit of requests of a gateway before the API ({}) is reached", gateway.label())
        }
        (None, None) => "A limit of requests is reached, of the API or of a gateway before it".to_owned(),
    };
    if refused.answer.hints().has(Hint::Connections) {
        let Explanation { owner, cause, next } = explanation::connections();
        let title = refused.titled("Too many connections");
        return Some(Problem {
            code: Code::RateLimited,
            severity: Severity::Warning,
            owner,
            title,
            cause: cause.into_owned(),
            next,
            for_user: TOO_MANY,
            ..Problem::ALONE
        });
    }
    let quota = own_numbers::explained(refused, context).or_else(|| of_quota(refused));
    let whose = quota.as_ref().map_or(whose, |quota| quota.cause.trim_end_matches('.').to_owned());
    let is_longer_than_waits = refused.answer.retry_after.is_some_and(|wait| wait > Answer::MAX_RETRY_AFTER);
    Some(Problem {
        code: Code::RateLimited,
        severity: Severity::Warning,
        owner: match (&quota, gateway) {
            (Some(quota), _) => quota.owner,
            (None, Some(_)) => Owner::Operations,
            (None, None) => Owner::Nobody,
        },
        title: refused.titled("Too many requests"),
        cause: match refused.answer.retry_after {
            Some(wait) => {
                let (end, wait) = (context.time + wait, DisplayDuration(wait));
                format!("{whose}; it ends within {wait}, at {} UTC.", end.format("%H:%M:%S"))
            }
            None if context.is_of_files && refused.answer.headers.is_empty() => {
                format!("{whose}; until when is not in this file.")
            }
            None => format!("{whose}; it does not say until when."),
        },
        next: match gateway {
            _ if quota.is_some() => quota.map_or(Cow::Borrowed(""), |quota| quota.next),
            Some(_) => format!(
                "Operations can raise that limit, or exempt the service's paths from it{}; the client tries again by itself.",
                explanation::set(gateway, Setting::Rate)
            )
            .into(),
            None if is_longer_than_waits => format!(
                "Nobody has to do anything: it ends by itself, and the client tries again each {} until then. Operations own the \
                 limit.",
                DisplayDuration(Answer::MAX_RETRY_AFTER)
            )
            .into(),
            None => "Nobody has to do anything: it ends by itself, and the client waits as long. Operations own the limit.".into(),
        },
        for_user: TOO_MANY,
        ..Problem::ALONE
    })
}

/// What a plan or an account allows is used up, as the answer says: no limit that is over in a minute.
fn of_quota(refused: &Refused<'_>) -> Option<Explanation> {
    let gateway = limiting_gateway(refused.answer);
    let whose = gateway.map_or_else(|| "the API".to_owned(), |gateway| gateway.label().to_owned());
    refused.answer.hints().has(Hint::Quota).then(|| {
        Explanation::new(
            Owner::Operations,
            format!("What {whose} counts for a day, a month or a plan (requests, tokens and the like) is used up"),
            format!(
                "Operations can raise that quota or the plan{}, or see what uses it up; else it ends with the time that is counted.",
                explanation::set(gateway, Setting::Rate)
            ),
        )
    })
}
