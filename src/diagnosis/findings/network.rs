//! The way to the servers: names, addresses, packets, this computer's clock.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, RequestKind};
use crate::diagnosis::finding::{Evidence, Finding};
use crate::diagnosis::problem::{ForUser, Outlook, Owner, Problem, Severity};
use crate::diagnosis::words::sentence;
use crate::model::failure::{
    BrokenCause, DnsCause, DnsFailure, IoCause, LocalLimit, SetupCause, SetupFailure, TcpFailure,
};
use crate::model::{Claims, ClockOffset, DisplayDuration, LostAddress};

/// A clock that is wrong by less does no harm.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

/// IPv6 is broken if it fails at so many connections in a row, and IPv4 does not.
const IPV6_FAILURES: u32 = 2;

/// Nothing can be sent.
pub fn unusable_profile(setup: &SetupFailure) -> Problem {
    const THIS: &str = "This profile cannot be used on this computer";
    let (owner, title, next) = match setup.cause {
        SetupCause::RootFile => (
            Owner::ProfileAuthor,
            THIS,
            "Whoever wrote the profile can name a file there that is on this computer and can be used; then press Connect.",
        ),
        SetupCause::Proxy => (
            Owner::User,
            "This computer's proxy settings cannot be used",
            "The user can correct that variable in this computer's environment, or name the service's host in NO_PROXY where no \
             proxy is needed; then start Ticketscope again.",
        ),
        SetupCause::PlatformRoots => {
            (Owner::User, THIS, "The user can install this computer's root certificates; then press Connect.")
        }
        SetupCause::LocalServer | SetupCause::Threads => {
            (Owner::User, THIS, "The user can see on this computer what is in the way of it; then press Connect.")
        }
        SetupCause::Other => (
            Owner::ProfileAuthor,
            THIS,
            "Whoever wrote the profile or set up this computer can fix it; then press Connect.",
        ),
    };
    Problem {
        code: Code::UnusableProfile,
        severity: Severity::Error,
        owner,
        outlook: Outlook::Lasting,
        title: title.to_owned(),
        cause: sentence(setup.said.as_str()),
        next: next.into(),
        ..Problem::ALONE
    }
}

/// The host name of `request` has no address.
pub fn of_name(request: RequestKind, failure: &DnsFailure, context: &Context<'_>) -> Problem {
    let asked = context.asked_url(request);
    let host = asked.host_str().unwrap_or_default();
    // Browsers have one error for a name that is not there and a resolver that fails.
    if context.is_of_files || context.was_connected {
        return name_not_resolved(&failure.to_string());
    }
    let is_told = matches!(failure.cause, DnsCause::NoSuchName | DnsCause::NoAddress | DnsCause::TryAgain);
    if let Some((what, next)) = of_private_name(host).filter(|_| is_told) {
        return Problem {
            owner: Owner::ProfileAuthor,
            cause: format!("{} {what}", sentence(&failure.to_string())),
            next: next.into(),
            ..name_not_resolved("")
        };
    }
    match failure.cause {
        DnsCause::NoSuchName => Problem {
            owner: Owner::ProfileAuthor,
            title: "The server's name does not exist".to_owned(),
            cause: format!(
                "{} The resolver answered, so it works: it is the name that is not there.",
                sentence(&failure.to_string())
            ),
            next: "Whoever wrote the profile can check the name for a typo; operations, if it is right, whether its DNS record is \
                   there (A, AAAA or CNAME). A name that only a company's own network knows needs that network or its VPN."
                .into(),
            ..name_not_resolved("")
        },
        DnsCause::NoAddress => Problem {
            owner: Owner::Operations,
            title: "The server's name has no address".to_owned(),
            cause: format!(
                "{} The resolver answered, so it works: the name is there, without an address.",
                sentence(&failure.to_string())
            ),
            next: "Operations can add the name's DNS record (A, AAAA or CNAME); whoever wrote the profile can check the name."
                .into(),
            ..name_not_resolved("")
        },
        DnsCause::TryAgain | DnsCause::NoAnswer | DnsCause::Local(_) | DnsCause::Other(_) => {
            name_not_resolved(&failure.to_string())
        }
    }
}

/// Names that no public DNS ever has: by how they end, what they are, and what to do.
const PRIVATE_NAMES: [(&[&str], &str, &str); 3] = [
    (
        &["invalid", "example", "test"],
        "Names that end so are kept for examples and tests (RFC 6761), and no DNS has them.",
        "Whoever wrote the profile can name the service's real host instead.",
    ),
    (
        &["svc", "cluster.local"],
        "Such names are known inside one Kubernetes cluster alone.",
        "Whoever wrote the profile can name the host by which the cluster's Ingress or load balancer is reached from outside.",
    ),
    (
        &["docker.internal"],
        "Such names are known inside containers alone.",
        "Whoever wrote the profile can name the host by which the service is reached from this computer.",
    ),
];

/// What is known of a name that only a part of the world has.
fn of_private_name(host: &str) -> Option<(&'static str, &'static str)> {
    let ends = |end: &&str| host.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'));
    let known = PRIVATE_NAMES.iter().find(|(all, ..)| all.iter().any(ends)).map(|(_, what, next)| (*what, *next));
    let is_alone = !host.contains(['.', ':']) && !host.is_empty();
    known.or_else(|| {
        is_alone.then_some((
            "It is a name without a domain, as services have among containers (Docker Compose) and computers in one network.",
            "Whoever wrote the profile can write the whole name, with its domain; where it is one of a company's network, the user \
             can check the VPN.",
        ))
    })
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

/// No address of the server can be connected to, for `request`.
pub fn of_tcp(request: RequestKind, failure: &TcpFailure, context: &Context<'_>) -> Problem {
    if let TcpFailure::OtherLoopback { refused, listens } = failure {
        return other_loopback(*refused, *listens);
    }
    let has = |wanted: &[IoCause]| failure.causes().any(|cause| wanted.contains(cause));
    if has(&[IoCause::Refused]) {
        only_this_port(request, connection_refused(failure), context)
    } else if has(&[IoCause::NoRouteToHost, IoCause::NoRouteToNetwork]) && !has(&[IoCause::NoAnswer]) {
        network_down(failure)
    } else if has(&[IoCause::NetworkChanged, IoCause::Suspended]) {
        interrupted(failure)
    } else if failure.causes().all(|cause| matches!(cause, IoCause::Other(_))) {
        unreachable(failure)
    } else {
        unanswered(request, &failure.to_string(), context)
    }
}

/// Packets to the server of `request` get no answer; `error` says what was waited for.
pub fn unanswered(request: RequestKind, error: &str, context: &Context<'_>) -> Problem {
    only_this_port(request, packets_lost(error), context)
}

/// `problem` of the socket's port, where another port of the same host has just answered: it is about that port.
fn only_this_port(request: RequestKind, problem: Problem, context: &Context<'_>) -> Problem {
    let port = |url: &url::Url| url.port_or_known_default();
    let (api, socket) = (context.api, context.socket);
    let is_other_port = api.host() == socket.host() && port(api) != port(socket);
    let (Some(which), Some(wanted), Some(answers)) = (context.answered.in_words(request), port(socket), port(api))
    else {
        return problem;
    };
    if request != RequestKind::Upgrade || !is_other_port {
        return problem;
    }
    let next = match problem.code == Code::ConnectionRefused {
        true => format!(
            "Operations can start what listens at port {wanted}, or publish that port; whoever wrote the profile can check the \
             port of its WebSocket address."
        ),
        false => format!(
            "Operations can open port {wanted} in the firewall or security group before the server; if others get through, the \
             user's IT can let that port out of their network. Whoever wrote the profile can check the port."
        ),
    };
    Problem {
        owner: Owner::Operations,
        cause: format!(
            "{} Only the WebSocket's port {wanted} fails: {which} answered by the same host at port {answers}.",
            problem.cause
        ),
        next: next.into(),
        ..problem
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
    let next = if context.is_encrypted(request)
        || is_known_plain
        || request == RequestKind::Upgrade && context.is_same_gateway() && context.answered.count() > 0
    {
        "Operations can see why the server, or a gateway before it, ends the connection without an answer."
    } else {
        "Operations can see why the server, or a gateway before it, ends the connection without an answer; whoever wrote the \
         profile can check whether the port wants TLS (https:// and wss://)."
    };
    match cause {
        BrokenCause::NotHttp(_) => not_this_api(request, &cause.to_string()),
        BrokenCause::WantsTls => wants_tls(request, context),
        BrokenCause::Io(_) | BrokenCause::NoAnswerBeforeEnd | BrokenCause::Other(_)
            if let Some(issuer) = context.interceptor.filter(|_| context.is_encrypted(request)) =>
        {
            Problem {
                code: Code::RequestBroken,
                severity: Severity::Warning,
                owner: Owner::UserIt,
                title: format!("The connection broke during the {request}"),
                cause: format!(
                    "{}{} On the way the secure connection is opened by {issuer}, and such devices break off what they do not let \
                     through, WebSockets first.",
                    sentence(&cause.to_string()),
                    context.only_this_fails(request)
                ),
                next: "The user's IT can exempt this server from that inspection, and see in its log why it ends the connection; \
                       operations, if users without it meet the same."
                    .into(),
                ..Problem::ALONE
            }
        }
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
pub fn no_answer(request: RequestKind, after: Duration, context: &Context<'_>) -> Problem {
    let after = DisplayDuration(after);
    let others = context.only_this_fails(request);
    let is_known_to_come = !others.is_empty() && !context.is_proxied && !context.is_intercepted();
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
        cause: format!("{cause}{others}"),
        next: match is_known_to_come {
            true => "Operations can see in the logs of gateway and server what that request waits for.",
            false => next,
        }
        .into(),
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
