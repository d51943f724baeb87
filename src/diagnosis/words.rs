//! What a support agent reads of each problem: a title, one sentence of cause, the next step.

use super::problem::{
    AGAIN_AND_AGAIN, ClockEffect, Limit, Owner, Problem, ProxyTrouble, RequestKind, Resent, TypicalCause, UpgradeHint,
};
use crate::model::{Close, Component, DisplayDuration, SafeText};

impl Problem {
    /// What is the matter, in a few words.
    pub fn title(&self) -> String {
        let with = |title: &str, answer: &SafeText| format!("{title} — {answer}");
        match self {
            Self::UnusableProfile { .. } => "This profile cannot be used on this computer".to_owned(),
            Self::NameNotResolved { .. } => "The server's name cannot be resolved".to_owned(),
            Self::NetworkDown { .. } => "This computer is offline, or has no way to the server".to_owned(),
            Self::ConnectionRefused { .. } => "The server cannot be reached: nothing listens there".to_owned(),
            Self::PacketsLost { .. } => "The server cannot be reached: no answer".to_owned(),
            Self::Ipv6Broken { .. } => "IPv6 is broken on this network".to_owned(),
            Self::ProxyRefused { why: ProxyTrouble::Unreachable, .. } => "The proxy cannot be reached".to_owned(),
            Self::ProxyRefused { why: ProxyTrouble::WantsLogin, .. } => "The proxy wants a login".to_owned(),
            Self::ProxyRefused { why: ProxyTrouble::Refuses, .. } => {
                "The proxy does not connect to the server".to_owned()
            }
            Self::CaptivePortal { answer } => match page_title(answer) {
                Some(page) => format!("The network wants a login first — its page is called “{page}”"),
                None => "The network wants a login first".to_owned(),
            },
            Self::TlsIntercepted { issuer, .. } => format!("The secure connection is opened on the way by {issuer}"),
            Self::CertificateNotTrusted { .. } => "No secure connection: the certificate is not trusted".to_owned(),
            Self::CertificateOutOfDate { .. } => "No secure connection: the certificate is out of date".to_owned(),
            Self::CertificateForAnotherHost { .. } => {
                "No secure connection: the certificate is another host's".to_owned()
            }
            Self::TlsFailed { .. } => "No secure connection to the server".to_owned(),
            Self::ClockWrong { offset, .. } => {
                let side = if offset.ahead_millis < 0 { "behind" } else { "ahead" };
                format!("This computer's clock is {} {side}", offset.amount())
            }
            Self::RequestBroken { request, .. } => format!("The connection broke during the {request}"),
            Self::NoAnswer { request: RequestKind::Upgrade, after } => {
                format!("The server does not answer the WebSocket request within {}", DisplayDuration(*after))
            }
            Self::NoAnswer { request, after } => {
                format!("No answer to the {request} within {}", DisplayDuration(*after))
            }
            Self::NotThisApi { request, .. } => format!("The answer to the {request} is not this API's"),
            Self::WrongPath { request: RequestKind::Upgrade, answer } => {
                with("There is no WebSocket at this address", answer)
            }
            Self::WrongPath { request: RequestKind::Token, answer } => {
                with("There is no token endpoint at this address", answer)
            }
            Self::WrongPath { request: RequestKind::Ticket, answer } => {
                with("There is no ticket endpoint at this address", answer)
            }
            Self::Redirected { request, answer } => with(&format!("The {request} was redirected"), answer),
            Self::RateLimited { answer, .. } => with("Too many requests", answer),
            Self::ServerBehindGatewayDown { answer } => with("The server behind the gateway is down", answer),
            Self::ServiceUnavailable { answer } => with("The service is unavailable", answer),
            Self::ServerFailed { answer, .. } => with("The server failed inside", answer),
            Self::UnexpectedAnswer { request, answer } => with(&format!("Unexpected answer to the {request}"), answer),
            Self::HealthDown { server: Component::Down, .. } => "The server says that it is down".to_owned(),
            Self::HealthDown { redis: Component::Down | Component::Missing, .. } => {
                "The server says that its Redis is down".to_owned()
            }
            Self::HealthDown { .. } => "The server says that it is not well".to_owned(),
            Self::TokenRefused { answer } => with("The server gives this user no JWT", answer),
            Self::FreshJwtRefused { has_session: Some(false), answer } => {
                with("The server gives out a JWT without sessionId", answer)
            }
            Self::FreshJwtRefused { answer, .. } => with("The server refuses the JWT that it gives out", answer),
            Self::JwtWithoutSession { answer } => with("The JWT has no sessionId", answer),
            Self::AuthorizationLost { answer } => with("The JWT did not arrive", answer),
            Self::JwtRefused { answer } => with("The server does not accept the JWT", answer),
            Self::RefusedByApi { request, answer } => with(&format!("The API refuses the {request}"), answer),
            Self::TicketRepeated { times, .. } => format!("The server gives out the same ticket again — {times} times"),
            Self::DeadCredentialResent { credential: Resent::Jwt(_), refusals } => {
                format!("The same refused JWT is sent again — refused {refusals} times")
            }
            Self::DeadCredentialResent { credential: Resent::Ticket(_), refusals } => {
                format!("The same ticket is sent again — {refusals} times")
            }
            Self::RefreshLoop { attempts } => format!("Each attempt needs a new JWT — {attempts} in a row"),
            Self::TicketStoreDown { answer } => with("The ticket service is unavailable", answer),
            Self::TicketStoreLost { answer, .. } => with("The API has lost its ticket store", answer),
            Self::TicketStoreMissingSinceStart { answer, .. } => {
                with("The API was started without its ticket store", answer)
            }
            Self::TicketStoreFailedOnSocket { .. } => {
                "The server's ticket store failed — 1008 NOT_AUTHORIZED".to_owned()
            }
            Self::TicketExpired { .. } => "The ticket expired before it could be used".to_owned(),
            Self::TicketRejected { close } => closed("The server did not accept the ticket", close),
            Self::FreshTicketRefused { answer, .. } => with("The server refused the WebSocket", answer),
            Self::OriginBlocked { close } => closed("The server does not allow this origin", close),
            Self::OriginNotListed { is_confirmed: true, answer, .. } => {
                with("The server does not allow this origin", answer)
            }
            Self::OriginNotListed { answer, .. } => {
                with("The server does not allow this origin, or failed inside", answer)
            }
            Self::BlockedOnTheWay { request: RequestKind::Upgrade, answer, .. } => {
                with("The WebSocket was refused on the way", answer)
            }
            Self::BlockedOnTheWay { request, answer, .. } => {
                with(&format!("The {request} was refused on the way"), answer)
            }
            Self::BadHandshake { .. } => "The answer to the upgrade is not a WebSocket server's".to_owned(),
            Self::MessageRefused { close } => closed("The server did not understand the client", close),
            Self::ServerRestarting { close, times } if *times >= AGAIN_AND_AGAIN => {
                closed("The server ends each connection as if it were restarting", close)
            }
            Self::ServerRestarting { close, .. } => closed("The server is restarting", close),
            Self::IdleTimeout { close, .. } => closed("The server closed an idle connection", close),
            Self::HalfOpenLink { close } => closed("The link went dead", close),
            Self::ConnectionLost { close, .. } => closed("The connection broke", close),
            Self::NotWebSocket { close } => closed("What the server sent is not WebSocket", close),
            Self::ServerClosed { close, .. } => closed("The server closed the connection", close),
            Self::DropRhythm { period, close, .. } => {
                let title = format!("The connection is cut after {} each time", DisplayDuration(*period));
                closed_each_time(&title, close.as_ref())
            }
            Self::ReconnectStorm { connections, within, close } => {
                let within = DisplayDuration(*within);
                let title =
                    format!("Reconnect storm: {connections} connections in {within}, and the wait does not grow");
                closed_each_time(&title, close.as_ref())
            }
            Self::Flapping { drops, within, .. } => {
                format!("The connection opens and breaks again — {drops} times in {}", DisplayDuration(*within))
            }
            Self::ClientCrashed { .. } => "Ticketscope's own client crashed".to_owned(),
        }
    }

    /// Why, in one sentence.
    pub fn cause(&self) -> String {
        match self {
            Self::UnusableProfile { problem: text }
            | Self::NameNotResolved { error: text }
            | Self::NetworkDown { error: text }
            | Self::ConnectionRefused { error: text }
            | Self::PacketsLost { error: text }
            | Self::ProxyRefused { error: text, .. }
            | Self::CertificateNotTrusted { error: text, .. }
            | Self::CertificateOutOfDate { error: text }
            | Self::CertificateForAnotherHost { error: text }
            | Self::TlsFailed { error: text }
            | Self::RequestBroken { error: text, .. }
            | Self::NotThisApi { problem: text, .. }
            | Self::BadHandshake { problem: text }
            | Self::ClientCrashed { message: text } => sentence(text.as_str()),
            Self::Ipv6Broken { error, is_silent: true } => {
                format!("Each connection tries IPv6 first, waits for it in vain, and then goes by IPv4: {error}.")
            }
            Self::Ipv6Broken { error, is_silent: false } => {
                format!("Each connection tries IPv6 first, fails at once, and goes by IPv4: {error}.")
            }
            Self::CaptivePortal { .. } => {
                "A login page of this network, a hotel's or a guest Wi-Fi's, answers in the server's place.".to_owned()
            }
            Self::TlsIntercepted { accepted: true, .. } => {
                "A company's proxy or a virus scanner shows a certificate of its own and reads along; the connection \
                 may work, but such devices break WebSockets and cut idle ones."
                    .to_owned()
            }
            Self::TlsIntercepted { accepted: false, .. } => {
                "A company's proxy or a virus scanner shows a certificate of its own, which this computer does not trust."
                    .to_owned()
            }
            Self::ClockWrong { offset, effect } => {
                let jwt = match effect {
                    ClockEffect::Unknown => "JWT and certificates are judged by dates",
                    ClockEffect::None => "the JWT is valid by both clocks",
                    ClockEffect::SeemsExpired => {
                        "by this clock the JWT has expired, by the server's it has not: an app that looks at exp throws it away"
                    }
                    ClockEffect::SeemsValid => {
                        "by this clock the JWT is valid, by the server's it has expired: it will be refused"
                    }
                    ClockEffect::SeemsFromTheFuture => {
                        "by this clock the JWT was issued in the future: an app that looks at iat refuses it"
                    }
                };
                format!("The server's clock says so (± {}); {jwt}.", DisplayDuration(offset.within))
            }
            Self::NoAnswer { request: RequestKind::Upgrade, .. } => {
                "The connection is there, but the WebSocket handshake gets no answer.".to_owned()
            }
            Self::NoAnswer { .. } => "The connection was made or is being made, and nothing comes back.".to_owned(),
            Self::WrongPath { request: RequestKind::Upgrade, .. } => {
                "The path of the profile's WebSocket address is wrong, or the server is another one.".to_owned()
            }
            Self::WrongPath { .. } => "The profile's address or path is wrong, or the server is another one.".to_owned(),
            Self::Redirected { .. } => {
                "Redirects are not followed: the profile's address is not the API's, or a login page is in the way.".to_owned()
            }
            Self::RateLimited { limit, wait, .. } => {
                let whose = match limit {
                    Limit::Api => "The API's own limit of requests per minute for this user's address is reached",
                    Limit::Gateway => "A gateway before the API limits how often this user's address may ask",
                };
                match wait {
                    Some((wait, end)) => format!(
                        "{whose}; it ends within {}, at {} UTC.",
                        DisplayDuration(*wait),
                        end.format("%H:%M:%S")
                    ),
                    None => format!("{whose}; it does not say until when."),
                }
            }
            Self::ServerBehindGatewayDown { .. } => {
                "The gateway answered in its place; nothing is wrong with this user's token.".to_owned()
            }
            Self::ServiceUnavailable { .. } => {
                "Nothing is wrong with this user's token; the API, or what it needs, is down.".to_owned()
            }
            Self::ServerFailed { .. } => "It does not say why.".to_owned(),
            Self::RefusedByApi { .. } => {
                "The code is the API's own: nothing on the way refused it. The contract does not know this code.".to_owned()
            }
            Self::TicketRepeated { ticket, .. } => {
                format!("A ticket is good for one upgrade, and #{ticket} had gone out before; the client asks for a new one each time.")
            }
            Self::UnexpectedAnswer { .. } => "The contract does not know this status.".to_owned(),
            Self::HealthDown { server, redis } => {
                format!("Its health endpoint calls the server {server} and Redis {redis}.")
            }
            Self::TokenRefused { .. } => "The token request itself was refused.".to_owned(),
            Self::FreshJwtRefused { has_session: Some(false), .. } => {
                "The JWT was request for anew, has no sessionId, and is refused; such a server answers the same for both.".to_owned()
            }
            Self::FreshJwtRefused { has_session, .. } => {
                let session = if has_session.is_none() { ", or the JWT has no sessionId" } else { "" };
                format!(
                    "The JWT was request for anew, and what the server gave is refused: its parts do not agree on the \
                     signing key or on the time{session}."
                )
            }
            Self::JwtWithoutSession { .. } => "The server knows the JWT but it belongs to no session.".to_owned(),
            Self::AuthorizationLost { .. } => {
                "The client sent it, so a proxy or gateway on the way takes the Authorization header out.".to_owned()
            }
            Self::JwtRefused { .. } => {
                "The ticket request was refused in a way that a new token does not cure.".to_owned()
            }
            Self::DeadCredentialResent { credential: Resent::Jwt(jwt), .. } => {
                format!("This login (JWT #{jwt}) was refused before, and nothing replaced it in between.")
            }
            Self::DeadCredentialResent { credential: Resent::Ticket(ticket), .. } => {
                format!("Ticket #{ticket} was good for one upgrade and is spent.")
            }
            Self::RefreshLoop { .. } => {
                "The server refuses the JWT of the attempt before each time, and accepts only a brand-new one: its \
                 tokens expire at once or its parts disagree on the signing key."
                    .to_owned()
            }
            Self::TicketStoreDown { .. } => {
                "Nothing is wrong with this user's token; Redis behind the API is down.".to_owned()
            }
            Self::TicketStoreLost { redis: Component::Down | Component::Missing, .. } => {
                "Nothing is wrong with this user's token; the API lost its Redis, which is down, and does not find it again \
                 by itself."
                    .to_owned()
            }
            Self::TicketStoreLost { redis: Component::Up, .. } => {
                "Nothing is wrong with this user's token; Redis is up again, but the API does not find it by itself."
                    .to_owned()
            }
            Self::TicketStoreLost { .. } => {
                "Nothing is wrong with this user's token; the API lost its Redis and does not find it again by itself."
                    .to_owned()
            }
            Self::TicketStoreMissingSinceStart { redis: Component::Up, .. } => {
                "Nothing is wrong with this user's token; Redis is up, but it was down when the API started, which it does \
                 not get over by itself."
                    .to_owned()
            }
            Self::TicketStoreMissingSinceStart { .. } => {
                "Nothing is wrong with this user's token; Redis was down when the API started, which it does not get over \
                 by itself, even when Redis is back."
                    .to_owned()
            }
            Self::TicketStoreFailedOnSocket { open_for } => format!(
                "The connection had worked for {}, so neither ticket nor origin is at fault; a server of this kind \
                 answers so when its Redis is gone.",
                DisplayDuration(*open_for)
            ),
            Self::TicketExpired { age, lifetime, slowest } => {
                let slowest = slowest.map_or_else(String::new, |(phase, took)| {
                    format!(" ({phase} alone took {})", DisplayDuration(took))
                });
                format!(
                    "Connecting took {}{slowest}, a ticket lives {}; it was not sent.",
                    DisplayDuration(*age),
                    DisplayDuration(*lifetime)
                )
            }
            Self::TicketRejected { .. } => {
                "The ticket was spent or unknown there: the servers do not share their ticket store, or their ticket store failed.".to_owned()
            }
            Self::FreshTicketRefused { hint, times, .. } => {
                let times = if *times > 1 { format!(" {times} times in a row") } else { String::new() };
                let cause = match hint {
                    UpgradeHint::None => "the server does not allow this origin, or its ticket store fails",
                    UpgradeHint::OriginWorked => "this origin was let in before, so the server's ticket store fails",
                    UpgradeHint::RedisUp => "its Redis is well, so the server does not allow this origin",
                    UpgradeHint::RedisDown => "its health page says that its Redis is down, so it cannot check tickets",
                };
                format!("The login works and the ticket was fresh, and yet it was refused{times}: {cause}.")
            }
            Self::OriginBlocked { .. } => "It says so itself, and hangs up.".to_owned(),
            Self::OriginNotListed { is_confirmed: true, .. } => {
                "Its health page is well and the other requests fail: a server of this kind answers so when the Origin is \
                 missing or not on its list."
                    .to_owned()
            }
            Self::OriginNotListed { .. } => {
                "A server of this kind answers so when the Origin is missing or not on its list.".to_owned()
            }
            Self::BlockedOnTheWay { by: Some(by), .. } => format!("{by} answered in the server's place."),
            Self::BlockedOnTheWay { request: RequestKind::Upgrade, .. } => {
                "A proxy or gateway on the way, or the server itself, does not let WebSockets through.".to_owned()
            }
            Self::BlockedOnTheWay { .. } => "A firewall or gateway before the API does not let it through.".to_owned(),
            Self::MessageRefused { close } | Self::HalfOpenLink { close } | Self::NotWebSocket { close } => {
                sentence(&close.meaning())
            }
            Self::ServerRestarting { close, times } => {
                format!("{}{}", sentence(&close.meaning()), in_a_row(*times))
            }
            Self::ServerClosed { close, times } => {
                let usual_cause = close.code.entry().usual_cause;
                format!("{} TypicalCause cause: {usual_cause}.{}", sentence(&close.meaning()), in_a_row(*times))
            }
            Self::IdleTimeout { close, open_for, times } => {
                let open_for = DisplayDuration(*open_for);
                format!("{} It had been open for {open_for}.{}", sentence(&close.meaning()), in_a_row(*times))
            }
            Self::ConnectionLost { close, open_for } => {
                format!("{} It had been open for {}.", sentence(&close.meaning()), DisplayDuration(*open_for))
            }
            Self::DropRhythm { drops, typical, .. } => {
                let typical = match typical {
                    TypicalCause::ProxyIdle => "60 s is what reverse proxies allow a connection on which nothing is sent",
                    TypicalCause::Cdn => "100 s is what a CDN allows a connection on which nothing is sent",
                    TypicalCause::ApiIdle => "it is this API's own IDLE_TIMEOUT, for a client that sends nothing",
                    TypicalCause::Balancer => "1 h is the longest life that a load balancer gives a connection",
                    TypicalCause::Unknown => "so regular a cut is a time limit of something on the way, not bad luck",
                };
                format!("{drops} drops in a row came after the same time (± 10 %): {typical}.")
            }
            Self::ReconnectStorm { .. } => {
                "The server takes each connection and ends it at once, and the client's count of retries begins anew \
                 each time."
                    .to_owned()
            }
            Self::Flapping { .. } => {
                "Login and ticket work each time; what is open does not stay open.".to_owned()
            }
        }
    }

    /// What to do now, and who can do it.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::UnusableProfile { .. } => {
                "Whoever set up this computer or wrote the profile can fix it; then press Connect."
            }
            Self::NameNotResolved { .. } => {
                "If the user is online, their DNS fails: the user's IT can fix it. Check the name in the profile."
            }
            Self::NetworkDown { .. } => "The user can check Wi-Fi, cable and VPN; then the user's IT.",
            Self::ConnectionRefused { .. } => {
                "If others are affected too, the server is down: operations can fix it. Else check the profile's \
                 address and port."
            }
            Self::PacketsLost { .. } => {
                "The user's network or their IT: a firewall swallows the packets. If many users are affected, operations."
            }
            Self::Ipv6Broken { .. } => {
                "The user's IT can fix IPv6 or switch it off; if many users are affected, operations on the server's side."
            }
            Self::ProxyRefused { why: ProxyTrouble::Unreachable, .. } => {
                "The user's IT can fix it: the proxy is down, or this computer's settings name one that is not there."
            }
            Self::ProxyRefused { why: ProxyTrouble::WantsLogin, .. } => {
                "The user's IT can fix it: name and password belong into this computer's proxy settings."
            }
            Self::ProxyRefused { why: ProxyTrouble::Refuses, .. } => {
                "The user's IT can fix it: let the proxy through to the server, or log in to it."
            }
            Self::CaptivePortal { .. } => {
                "The user can fix it: open any web page, log in to the network, and connect again; else the user's IT."
            }
            Self::TlsIntercepted { accepted: true, .. } => {
                "Nothing to do while it works. If connections break, the user's IT can exempt this server."
            }
            Self::CertificateNotTrusted { is_servers: true, .. } => {
                "Operations can fix it: the server needs a certificate that an authority signed for it. Whoever wrote \
                 the profile can name a self-signed one in tls.extra_roots."
            }
            Self::TlsIntercepted { accepted: false, .. } | Self::CertificateNotTrusted { .. } => {
                "A company's proxy, a captive portal, or the server's own certificate: the user's IT or operations can \
                 fix it."
            }
            Self::CertificateOutOfDate { .. } => {
                "First check this computer's date; if it is right, operations can fix it: renew the certificate."
            }
            Self::CertificateForAnotherHost { .. } => {
                "A captive portal, a wrong address, or the server's certificate: check the profile, then operations, or \
                 the user's IT if only this user is affected."
            }
            Self::TlsFailed { .. } => "Operations can fix it, or the user's IT if only this user is affected.",
            Self::ClockWrong { .. } => {
                "The user can fix it: switch on “set the time automatically”. Until then times in logs differ by as much."
            }
            Self::RequestBroken { .. } => "The network or the server: operations can look, if it goes on.",
            Self::NoAnswer { request: RequestKind::Upgrade, .. } => {
                "Operations can look at the server and its proxies; the user's IT at theirs."
            }
            Self::NoAnswer { .. } => "Operations can look at the server's load; the user's IT at the network.",
            Self::NotThisApi { .. } => {
                "Check the profile's address; a captive portal or proxy may answer in the server's place. The user's IT \
                 or the developers can fix it."
            }
            Self::WrongPath { .. } => "Whoever wrote the profile can fix it.",
            Self::Redirected { .. } => "Whoever wrote the profile, or the user's IT, can fix it.",
            Self::RateLimited { .. } => {
                "Nobody has to do anything: it ends by itself, and the client waits as long. Operations own the limit."
            }
            Self::ServerBehindGatewayDown { .. } | Self::ServiceUnavailable { .. } => "Operations can fix it.",
            Self::ServerFailed { .. } => "Operations can look it up in its log; the developers may have to fix it.",
            Self::UnexpectedAnswer { .. } => "The developers can tell what it means.",
            Self::HealthDown { .. } => "Operations can fix it. What is open may stay open; new connections fail.",
            Self::TokenRefused { .. } => {
                "The user can sign in again; if that does not help, the developers can fix it."
            }
            Self::FreshJwtRefused { .. } | Self::RefreshLoop { .. } => "The developers or operations can fix it.",
            Self::JwtWithoutSession { .. } => "The user can fix it: New session (in the web app, refresh the page).",
            Self::AuthorizationLost { .. } => "Operations, or the user's IT if only this user is affected, can fix it.",
            Self::JwtRefused { .. } => {
                "The user can try New session; if that does not help, the developers can fix it."
            }
            Self::RefusedByApi { .. } => {
                "Operations can look the code up in the server's log; its developers know what it means."
            }
            Self::TicketRepeated { .. } => "The developers can fix it: each ticket has to be a new one.",
            Self::DeadCredentialResent { .. } => {
                "The user can fix it: New session (in the web app, refresh the page); Connect alone only repeats it."
            }
            Self::TicketStoreDown { .. } => "Operations can fix it; if Redis is up again, the API has to be restarted.",
            Self::TicketStoreLost { .. } | Self::TicketStoreMissingSinceStart { .. } => {
                "Operations can fix it by restarting the API, once Redis is up."
            }
            Self::TicketStoreFailedOnSocket { .. } => {
                "Press Connect; if it happens again, operations can fix Redis and restart the API."
            }
            Self::TicketExpired { .. } => "The user's network is very slow: their IT can look into it.",
            Self::TicketRejected { .. } => "Press Connect; if it happens again, operations can fix it.",
            Self::FreshTicketRefused { hint: UpgradeHint::RedisUp, .. } => {
                "Operations can add the origin to the server's list; check it in the profile."
            }
            Self::FreshTicketRefused { .. } => {
                "Operations can fix it: add the origin to the server's list, or repair its ticket store."
            }
            Self::OriginBlocked { .. } => {
                "Operations can add it to the server's list of origins; check it in the profile."
            }
            Self::OriginNotListed { .. } => {
                "Whoever wrote the profile can check its origin; operations can add it to the server's list."
            }
            Self::BlockedOnTheWay { .. } => "Operations, or the user's IT if only this user is affected, can fix it.",
            Self::BadHandshake { .. } => {
                "A proxy in between, or a wrong address: the user's IT or the developers can fix it."
            }
            Self::MessageRefused { .. } => "The developers can fix it.",
            Self::ServerRestarting { times, .. } if *times >= AGAIN_AND_AGAIN => {
                "Operations can look why the server or a proxy ends what has just begun: it restarts again and again, or \
                 never ends shutting down."
            }
            Self::IdleTimeout { times, .. } if *times >= AGAIN_AND_AGAIN => {
                "Operations can look at the server's limit, which is far too short."
            }
            Self::ServerRestarting { .. } => "Nobody has to do anything, unless it stays away: then operations.",
            Self::IdleTimeout { .. } => "Nobody has to do anything: the client connects again.",
            Self::HalfOpenLink { .. } => {
                "The user's network: a sleeping laptop, a lost Wi-Fi, a firewall that forgets connections."
            }
            Self::ConnectionLost { .. } => {
                "The network, a proxy's time limit, or a server that died. If it goes on, the user's IT and operations \
                 can look."
            }
            Self::NotWebSocket { .. } => "A proxy in between or the server: the user's IT and the developers can look.",
            Self::ServerClosed { close, .. } => match close.code.0 {
                1011 | 1013 | 1014 => "Operations can fix it: the server's load and log tell why.",
                3000 | 3003 => "The user can try New session; if that does not help, operations can look why.",
                _ if self.owner() == Owner::Developers => "If it goes on, the developers can tell why.",
                _ => "Operations can look up why; the developers know what the server's own codes and reasons mean.",
            },
            Self::DropRhythm { typical: TypicalCause::ApiIdle, .. } => {
                "Nobody has to do anything: the client connects again."
            }
            Self::DropRhythm { typical: TypicalCause::ProxyIdle | TypicalCause::Cdn, .. } => {
                "Operations can raise that limit, or the user's IT if the proxy is theirs; or the server pings more often."
            }
            Self::DropRhythm { typical: TypicalCause::Balancer | TypicalCause::Unknown, .. } => {
                "Operations can look for this time limit in balancers and proxies; the user's IT in firewalls."
            }
            Self::ReconnectStorm { .. } => {
                "Raise backoff.reset_after in the profile, and let operations see why the server hangs up."
            }
            Self::Flapping { .. } => {
                "Operations can look why the server or a proxy hangs up; the user's IT, if only this user is affected."
            }
            Self::ClientCrashed { .. } => "It is started again by itself. Please tell the developers of Ticketscope.",
        }
    }

    /// Whether every retry ends the same until somebody fixes the cause (contract §2).
    pub fn is_lasting(&self) -> bool {
        matches!(
            self,
            Self::UnusableProfile { .. }
                | Self::CaptivePortal { .. }
                | Self::TlsIntercepted { accepted: false, .. }
                | Self::CertificateNotTrusted { .. }
                | Self::CertificateOutOfDate { .. }
                | Self::CertificateForAnotherHost { .. }
                | Self::NotThisApi { .. }
                | Self::WrongPath { .. }
                | Self::Redirected { .. }
                | Self::BadHandshake { .. }
                | Self::TicketStoreLost { .. }
                | Self::TicketStoreMissingSinceStart { .. }
        )
    }
}

/// The title of the web page that came instead of an answer, as the driver's words have it.
fn page_title(answer: &SafeText) -> Option<&str> {
    let (_, title) = answer.as_str().split_once("with the title \"")?;
    title.strip_suffix('"')
}

fn closed(title: &str, close: &Close) -> String {
    let reason = if close.reason.is_empty() { String::new() } else { format!(" {}", close.reason) };
    format!("{title} — {}{reason}", close.code)
}

/// `title` with what the server said each time, if that is known.
fn closed_each_time(title: &str, close: Option<&Close>) -> String {
    close.map_or_else(|| title.to_owned(), |close| closed(title, close))
}

/// How often that happened, if it was more than once.
fn in_a_row(times: u32) -> String {
    if times > 1 { format!(" It did so {times} times in a row.") } else { String::new() }
}

/// `text` with a full stop, and with a capital unless it begins with a name: of a host, a path, a variable.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let is_word = |c: char| c.is_alphabetic() || "'’-,".contains(c);
    if !text.split(' ').next().is_some_and(|first| first.chars().all(is_word)) {
        return format!("{text}.");
    }
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain(['.']).collect()
}
