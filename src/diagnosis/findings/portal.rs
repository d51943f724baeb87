//! Logins that stand in the way: those of networks for guests, and the service's own.

use url::{Host, Url};

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused};
use crate::diagnosis::findings::redirect;
use crate::diagnosis::problem::{ForUser, Outlook, Owner, Problem, Severity};
use crate::model::SafeText;
use crate::model::failure::{PageKind, Product};

/// The network of the user wants a login first: it says so itself (RFC 6585 §6), or it redirects.
pub fn captive_portal(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let target = refused.answer.location();
    let asked = context.asked_url(refused.request);
    let is_elsewhere = |target: &Url| {
        redirect::filter(target, refused.request, context).is_some() || redirect::is_sign_on(target, &asked)
    };
    let is_portal = match refused.answer.status {
        // Nobody on the way answers what is encrypted.
        511 => !context.is_api_private() || context.is_intercepted(),
        300..=399 if target.as_ref().is_some_and(is_elsewhere) => false,
        // Whoever has let other requests through does not want a login first, and nobody answers what is encrypted.
        300..=399 if !context.has_let_in() && !context.is_api_private() => {
            let is_temporary = matches!(refused.answer.status, 302 | 303 | 307);
            refused.is_login_page()
                || leads_to_login(refused, context)
                || context.is_health_a_login()
                || target.is_some_and(|target| is_temporary && leads_to_guests(&target, &asked, context))
        }
        _ => false,
    };
    is_portal.then(|| portal(refused.answer.body.title.as_ref()))
}

/// The tunnel to a developer's computer shows a page of its own, or sends there: only a person gets past it.
pub fn of_tunnel(refused: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    let target = refused.answer.location().filter(|_| matches!(refused.answer.status, 300..=399));
    let by_target = target
        .and_then(|target| Product::named_in(&format!("{}{}", target.host_str().unwrap_or_default(), target.path())));
    let tunnel = by_target.or(refused.answer.body.names)?;
    let how = tunnel.open_tunnel()?;
    Some(Problem {
        code: Code::LoginInFront,
        severity: Severity::Error,
        owner: Owner::Developers,
        outlook: Outlook::Lasting,
        title: refused.titled("The tunnel to the service shows a page of its own first"),
        cause: format!(
            "{} answered in the server's place, with a page that only a person in a browser gets past; the service behind the \
             tunnel was not asked.",
            tunnel.label()
        ),
        next: format!("The developers, who opened the tunnel, can {how}.").into(),
        ..Problem::ALONE
    })
}

/// A page to log in came, without a code of the API's.
pub fn login_page(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let is_portal =
        matches!(refused.answer.status, 200..=499) && refused.answer.code().is_none() && (refused.is_login_page());
    let is_own = context.is_api_private()
        || context.has_let_in()
        || refused.answer.body.names.is_some_and(Product::is_sign_on)
        || Product::signed(refused.answer).is_some_and(Product::is_of_services_alone);
    is_portal.then(|| match is_own {
        false => portal(refused.answer.body.title.as_ref()),
        true => own_login(refused.answer.body.title.as_ref()),
    })
}

/// A page to log in came over TLS that nobody opens, or names what stands before services: it is the service's own.
pub fn own_login(title: Option<&SafeText>) -> Problem {
    Problem {
        code: Code::LoginInFront,
        severity: Severity::Error,
        owner: Owner::Operations,
        outlook: Outlook::Lasting,
        title: match title {
            Some(page) => format!("A login stands in front of the service — its page is called “{page}”"),
            None => "A login stands in front of the service".to_owned(),
        },
        cause:
            "This page is the service's own and no network's: a single sign-on in front of the API, which a program \
                cannot pass."
                .to_owned(),
        next: "Operations can exempt the API's paths from that login.".into(),
        ..Problem::ALONE
    }
}

/// Whether a redirect leads to a page to log in, on another server. Nobody on the way can redirect what is encrypted.
fn leads_to_login(refused: &Refused<'_>, context: &Context<'_>) -> bool {
    let target = refused.answer.location();
    target.is_some_and(|target| {
        context.api.scheme() == "http"
            && target.host() != context.api.host()
            && PageKind::titled(target.as_str()) == PageKind::Login
    })
}

/// Whether a redirect that is not for good leads to where networks for guests send those who have not logged in: by the
/// address, to one of the network itself, or to another site.
fn leads_to_guests(target: &Url, asked: &Url, context: &Context<'_>) -> bool {
    const WORDS: [&str; 10] = [
        "network-auth.com",
        "arubanetworks.com",
        "splash",
        "guest",
        "captive",
        "hotspot",
        "fgtauth",
        // That of Palo Alto Networks.
        "/php/uid.php",
        "wifi",
        "wlan",
    ];
    let is_private = |url: &Url| matches!(url.host(), Some(Host::Ipv4(ip)) if ip.is_private() || ip.is_link_local());
    let place = format!("{}{}", target.host_str().unwrap_or_default(), target.path()).to_ascii_lowercase();
    let is_other = target.host().is_some() && target.host() != asked.host();
    // A page of another kind as the service's health speaks against it.
    let is_health_unknown = context.health_page.is_none() && !context.answered.health;
    is_other
        && (is_private(target) && !is_private(asked) && is_health_unknown
            || WORDS.iter().any(|word| place.contains(word))
            || context.is_in_the_clear() && !redirect::is_same_site(target, asked))
}

/// A page to log in to the network stands in the way; this is its title.
pub fn portal(title: Option<&SafeText>) -> Problem {
    Problem {
        code: Code::CaptivePortal,
        severity: Severity::Error,
        owner: Owner::User,
        outlook: Outlook::Lasting,
        title: match title {
            Some(page) => format!("The network wants a login first — its page is called “{page}”"),
            None => "The network wants a login first".to_owned(),
        },
        cause: "A login page of this network, a hotel's or a guest Wi-Fi's, answers in the server's place.".to_owned(),
        next: "The user can fix it: open any web page, log in to the network, and connect again; else the user's IT."
            .into(),
        for_user: ForUser::said(
            "Your network wants you to sign in first, as in a hotel or on a train. Please open any web page, sign in there, then \
             load our page again (F5).",
        ),
        ..Problem::ALONE
    }
}
