//! The way to the servers: names, addresses, packets, this computer's clock.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::finding::{Evidence, Finding};
use crate::diagnosis::findings::redirect;
use crate::diagnosis::problem::{ForUser, Outlook, Owner, Problem, Severity};
use crate::diagnosis::words::sentence;
use crate::model::failure::{BrokenCause, IoCause, LocalLimit, PageKind, Product, SetupFailure, TcpFailure};
use crate::model::{Claims, ClockOffset, DisplayDuration, LostAddress, SafeText};

/// A clock that is wrong by less does no harm.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

/// IPv6 is broken if it fails at so many connections in a row, and IPv4 does not.
const IPV6_FAILURES: u32 = 2;

/// Nothing can be sent.
pub fn unusable_profile(setup: &SetupFailure) -> Problem {
    Problem {
        code: Code::UnusableProfile,
        severity: Severity::Error,
        owner: Owner::ProfileAuthor,
        outlook: Outlook::Lasting,
        title: "This profile cannot be used on this computer".to_owned(),
        cause: sentence(setup.said.as_str()),
        next: "Whoever set up this computer or wrote the profile can fix it; then press Connect.".into(),
        ..Problem::ALONE
    }
}

/// The profile's host name has no address; `error` says how it was found out.
pub fn name_not_resolved(error: &str) -> Problem {
    Problem {
        code: Code::NameNotResolved,
        severity: Severity::Error,
        owner: Owner::UserIt,
        title: "The server's name cannot be resolved".to_owned(),
        cause: sentence(error),
        next: "If the user is online, their DNS fails: the user's IT can fix it. Check the name in the profile.".into(),
        ..Problem::ALONE
    }
}

/// No address of the server can be connected to.
pub fn of_tcp(failure: &TcpFailure) -> Problem {
    if let TcpFailure::OtherLoopback { refused, listens } = failure {
        return other_loopback(*refused, *listens);
    }
    let has = |wanted: &[IoCause]| failure.causes().any(|cause| wanted.contains(cause));
    if has(&[IoCause::Refused]) {
        connection_refused(failure)
    } else if has(&[IoCause::NoRouteToHost, IoCause::NoRouteToNetwork]) && !has(&[IoCause::NoAnswer]) {
        network_down(failure)
    } else if has(&[IoCause::NetworkChanged, IoCause::Suspended]) {
        interrupted(failure)
    } else if failure.causes().all(|cause| matches!(cause, IoCause::Other(_))) {
        unreachable(failure)
    } else {
        packets_lost(&failure.to_string())
    }
}

/// The user's computer changed its network or slept while it connected.
fn interrupted(failure: &TcpFailure) -> Problem {
    Problem {
        title: "This computer's network was interrupted while it connected".to_owned(),
        next: "If it does not pass by itself: the user can check Wi-Fi, cable and VPN; then the user's IT.".into(),
        ..network_down(failure)
    }
}

/// There is no connection; whether somebody refuses it or nobody answers is not told.
fn unreachable(failure: &TcpFailure) -> Problem {
    Problem {
        title: "The server cannot be reached".to_owned(),
        next: "The user's IT can see whether a firewall or a proxy is in the way; operations, whether the server listens at all. A \
               check of the same address from here tells which."
            .into(),
        ..packets_lost(&failure.to_string())
    }
}

fn connection_refused(failure: &TcpFailure) -> Problem {
    Problem {
        code: Code::ConnectionRefused,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: "The server cannot be reached: nothing listens there".to_owned(),
        cause: sentence(&failure.to_string()),
        next:
            "If others are affected too, the server is down: operations can fix it. Else check the profile's address \
               and port."
                .into(),
        ..Problem::ALONE
    }
}

/// The server is on this computer, and listens to the other kind of addresses only.
fn other_loopback(refused: SocketAddr, listens: SocketAddr) -> Problem {
    let ip = |address: SocketAddr| match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    };
    Problem {
        code: Code::ConnectionRefused,
        severity: Severity::Error,
        owner: Owner::ProfileAuthor,
        title: format!("Nothing listens at {refused}, and something does at {listens}"),
        cause: format!(
            "Both are this computer itself, by IPv4 and by IPv6. {refused} refused the connection, and {listens} takes one: the \
             server listens to one of the two alone, as programs do that are told to listen at “localhost”."
        ),
        next: format!(
            "Whoever wrote the profile can write {} instead of {} in it, or localhost, which stands for both; the developers can \
             let the server listen at both.",
            ip(listens),
            ip(refused)
        )
        .into(),
        ..Problem::ALONE
    }
}

fn network_down(failure: &TcpFailure) -> Problem {
    Problem {
        code: Code::NetworkDown,
        severity: Severity::Error,
        owner: Owner::User,
        title: "This computer is offline, or has no way to the server".to_owned(),
        cause: sentence(&failure.to_string()),
        next: "The user can check Wi-Fi, cable and VPN; then the user's IT.".into(),
        for_user: ForUser::said(
            "Your computer is not connected to the internet, or its connection was cut. Please check Wi-Fi, cable and VPN, then \
             load the page again (F5).",
        ),
        ..Problem::ALONE
    }
}

/// This computer itself is in the way.
pub fn local_limit(limit: LocalLimit) -> Problem {
    let next = match limit {
        LocalLimit::Descriptors => {
            "The user can close what this program has open and start it again, with a higher limit (ulimit -n, LimitNOFILE)."
        }
        LocalLimit::SystemDescriptors | LocalLimit::Memory => {
            "The user can see which program on this computer has so many files or connections open, and end it."
        }
        LocalLimit::Ports => {
            "The user can see which program on this computer makes so many connections (ss -s); they are free again after a \
             minute or two. With an address of its own to connect from, that address is wrong."
        }
        LocalLimit::Forbidden => "The user can allow it in this computer's own firewall, sandbox or security software.",
    };
    Problem {
        code: Code::LocalLimit,
        severity: Severity::Error,
        owner: Owner::User,
        title: "This computer itself does not let Ticketscope connect".to_owned(),
        cause: format!("{} The server was not asked.", sentence(&limit.to_string())),
        next: next.into(),
        explains: &[Code::ReconnectStorm, Code::Flapping],
        ..Problem::ALONE
    }
}

/// Packets to the server get no answer; `error` says what was waited for.
pub fn packets_lost(error: &str) -> Problem {
    Problem {
        code: Code::PacketsLost,
        severity: Severity::Error,
        owner: Owner::UserIt,
        title: "The server cannot be reached: no answer".to_owned(),
        cause: sentence(error),
        next: "The user's IT can see which firewall swallows the packets; operations, if many users are affected."
            .into(),
        ..Problem::ALONE
    }
}

/// The server takes the connection, and nothing answers the TLS handshake; `error` says how long was waited.
pub fn tls_unanswered(error: &str) -> Problem {
    Problem {
        owner: Owner::ProfileAuthor,
        title: "The port takes connections, and nothing there answers TLS".to_owned(),
        cause: format!(
            "{} What waits for something else than TLS is silent so, such as a server for http:// and ws:// or none of the web, \
             and a server that is stuck.",
            sentence(error)
        ),
        next: "Whoever wrote the profile can check the port, and whether it is https:// and wss:// there; operations can see \
               whether the server is stuck, if it is right; the user's IT, if others get an answer: then a firewall lets no \
               TLS through."
            .into(),
        ..packets_lost(error)
    }
}

/// A connection broke before the answer was there.
pub fn of_broken(request: RequestKind, cause: &BrokenCause, context: &Context<'_>) -> Problem {
    // What has answered without TLS through the same port wants none.
    let is_known_plain = context.is_same_gateway() && context.has_let_in();
    let next = if context.is_encrypted(request) || is_known_plain {
        "Operations can see why the server, or a gateway before it, ends the connection without an answer."
    } else {
        "Operations can see why the server, or a gateway before it, ends the connection without an answer; whoever wrote the \
         profile can check whether the port wants TLS (https:// and wss://)."
    };
    match cause {
        BrokenCause::NotHttp(_) => not_this_api(request, &cause.to_string()),
        BrokenCause::WantsTls => wants_tls(request, context),
        BrokenCause::Io(_) | BrokenCause::NoAnswerBeforeEnd | BrokenCause::Other(_) => Problem {
            code: Code::RequestBroken,
            severity: Severity::Warning,
            owner: Owner::Operations,
            title: format!("The connection broke during the {request}"),
            cause: format!("{}{}", sentence(&cause.to_string()), context.only_this_fails(request)),
            next: next.into(),
            ..Problem::ALONE
        },
    }
}

/// A request went out without TLS to a port that speaks nothing else.
fn wants_tls(request: RequestKind, context: &Context<'_>) -> Problem {
    let asked = context.asked(request);
    let (plain, encrypted, key) = match request {
        RequestKind::Upgrade => ("ws://", "wss://", "websocket"),
        RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting => ("http://", "https://", "api"),
    };
    Problem {
        code: Code::TlsFailed,
        severity: Severity::Error,
        owner: Owner::ProfileAuthor,
        outlook: Outlook::Lasting,
        title: format!("This port speaks TLS, and was asked without it ({plain})"),
        cause: format!(
            "Asked was {asked}, without encryption; the server ended that connection or answered with TLS, and to a greeting of TLS \
             at the same port it answers."
        ),
        next: format!(
            "Whoever wrote the profile can write {encrypted} instead of {plain} in its {key}; where both addresses are the same \
             server's, https:// and wss:// in both."
        )
        .into(),
        ..Problem::ALONE
    }
}

/// The server took the request and does not answer it.
pub fn no_answer(request: RequestKind, after: Duration) -> Problem {
    let after = DisplayDuration(after);
    let (title, cause, next) = match request {
        RequestKind::Upgrade => (
            format!("The server does not answer the WebSocket request within {after}"),
            "The connection is there, but the WebSocket handshake gets no answer.",
            "Operations can look at the server and its proxies; the user's IT at theirs.",
        ),
        RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting => (
            format!("No answer to the {request} within {after}"),
            "The connection was made or is being made, and nothing comes back.",
            "Operations can look at the server's load; the user's IT at the network.",
        ),
    };
    Problem {
        code: Code::NoAnswer,
        severity: Severity::Warning,
        owner: Owner::Operations,
        title,
        cause: cause.to_owned(),
        next: next.into(),
        ..Problem::ALONE
    }
}

/// The network of the user wants a login first: it says so itself (RFC 6585 §6), or it redirects.
pub fn captive_portal(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let target = refused.answer.location();
    let asked = context.asked_url(refused.request);
    let is_elsewhere = |target: &url::Url| redirect::filter(target).is_some() || redirect::is_sign_on(target, &asked);
    let is_portal = match refused.answer.status {
        // Nobody on the way answers what is encrypted.
        511 => !context.is_api_private() || context.is_intercepted,
        300..=399 if target.as_ref().is_some_and(is_elsewhere) => false,
        // Whoever has let other requests through does not want a login first, and nobody answers what is encrypted.
        300..=399 if !context.has_let_in() && !context.is_api_private() => {
            refused.is_login_page()
                || leads_to_login(refused, context)
                || context.is_health_a_login()
                || context.is_in_the_clear()
        }
        _ => false,
    };
    is_portal.then(|| portal(refused.answer.body.title.as_ref()))
}

/// A page to log in came, without a code of the API's.
pub fn login_page(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let is_portal =
        matches!(refused.answer.status, 200..=499) && refused.answer.code().is_none() && (refused.is_login_page());
    let is_own =
        context.is_api_private() || context.has_let_in() || refused.answer.body.names.is_some_and(Product::is_sign_on);
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

/// What answers is another service, or a wrong address of the right one.
pub fn not_this_api(request: RequestKind, problem: &str) -> Problem {
    Problem {
        code: Code::NotThisApi,
        severity: Severity::Error,
        owner: Owner::ProfileAuthor,
        outlook: Outlook::Lasting,
        title: format!("The answer to the {request} is not this API's"),
        cause: sentence(problem),
        next:
            "Whoever wrote the profile can check its address and the pointers to token and ticket; a captive portal or \
               proxy may answer in the server's place."
                .into(),
        ..Problem::ALONE
    }
}

/// How IPv6 fares beside IPv4.
#[derive(Clone, Debug, Default)]
pub struct Ipv6 {
    failures: u32,
    evidence: Evidence,
    last: Option<LostAddress>,
}

impl Ipv6 {
    /// Takes in that `lost` could not be connected to, and `connected`, if any, could.
    pub fn apply(&mut self, seq: u64, lost: &[LostAddress], connected: Option<SocketAddr>) {
        let Some(connected) = connected else { return };
        // A computer without IPv6 has no route, and a local server may well listen on 127.0.0.1 only.
        let is_broken = |lost: &&LostAddress| {
            let has_route = lost.cause != Some(IoCause::NoRouteToNetwork);
            lost.address.is_ipv6() && !lost.address.ip().is_loopback() && has_route
        };
        let failure = lost.iter().filter(is_broken).max_by_key(|lost| lost.is_silent());
        match failure.filter(|_| connected.is_ipv4()) {
            Some(failure) => {
                self.failures += 1;
                self.evidence.push(seq);
                self.last = Some(failure.clone());
            }
            None => *self = Self::default(),
        }
    }

    /// Only IPv6 fails: IPv4 has to step in at each connection.
    pub fn finding(&self) -> Option<Finding> {
        let last = self.last.as_ref().filter(|_| self.failures >= IPV6_FAILURES)?;
        let (severity, how) = match last.is_silent() {
            true => (Severity::Warning, "waits for it in vain, and then goes"),
            false => (Severity::Notice, "fails at once, and goes"),
        };
        let problem = Problem {
            code: Code::Ipv6Broken,
            severity,
            owner: Owner::UserIt,
            title: "IPv6 is broken on this network".to_owned(),
            cause: format!("Each connection tries IPv6 first, {how} by IPv4: {last}."),
            next:
                "The user's IT can fix IPv6 or switch it off; if many users are affected, operations on the server's \
                   side."
                    .into(),
            explains: &[Code::TicketExpired],
            ..Problem::ALONE
        };
        Some(Finding::new(problem, self.evidence.to_vec()))
    }
}

/// This computer's clock beside the server's.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The difference.
    pub offset: ClockOffset,
    /// When it was compared, by this computer's clock.
    pub time: DateTime<Utc>,
    /// The entry that says so.
    pub seq: u64,
}

impl Clock {
    /// This computer's clock is wrong; what that does to the JWT with these `claims`.
    pub fn finding(&self, claims: Option<&Claims>) -> Option<Finding> {
        let Self { offset, time, seq } = *self;
        if offset.size().saturating_sub(offset.within) < CLOCK_TOLERANCE {
            return None;
        }
        let side = if offset.ahead_millis < 0 { "behind" } else { "ahead" };
        let (within, effect) = (DisplayDuration(offset.within), effect_on_jwt(offset, time, claims));
        let problem = Problem {
            code: Code::ClockWrong,
            severity: Severity::Notice,
            owner: Owner::User,
            title: format!("This computer's clock is {} {side}", offset.amount()),
            cause: format!("The server's clock says so (± {within}); {effect}."),
            next: "The user can fix it: switch on “set the time automatically”. Until then times in logs differ by as \
                   much."
                .into(),
            explains: &[Code::CertificateOutOfDate],
            for_user: ForUser::said(
                "The clock of your computer is wrong, so our service does not accept your sign-in. Please let it set the time by \
                 itself (in the settings for date and time), then load the page again (F5).",
            ),
            ..Problem::ALONE
        };
        Some(Finding::new(problem, vec![seq]))
    }
}

/// What a clock that is wrong by `offset` at `time` makes of a JWT.
fn effect_on_jwt(offset: ClockOffset, time: DateTime<Utc>, claims: Option<&Claims>) -> &'static str {
    let server = TimeDelta::try_milliseconds(offset.ahead_millis).and_then(|ahead| time.checked_sub_signed(ahead));
    match (claims, server) {
        (Some(Claims { expires_at: Some(end), .. }), Some(server)) if *end <= time && *end > server => {
            "by this clock the JWT has expired, by the server's it has not: an app that looks at exp throws it away"
        }
        (Some(Claims { expires_at: Some(end), .. }), Some(server)) if *end > time && *end <= server => {
            "by this clock the JWT is valid, by the server's it has expired: it will be refused"
        }
        (Some(Claims { issued_at: Some(begin), .. }), _) if *begin > time => {
            "by this clock the JWT was issued in the future: an app that looks at iat refuses it"
        }
        (Some(_), _) => "the JWT is valid by both clocks",
        (None, _) => "JWT and certificates are judged by dates",
    }
}
