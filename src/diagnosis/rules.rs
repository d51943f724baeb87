//! What is to be known of each problem besides its words: how bad it is, who can fix it, what it follows from.

use super::problem::{AGAIN_AND_AGAIN, Code, Limit, Owner, Problem, Severity, UpgradeHint};
use crate::model::{CloseCode, Component};

impl Problem {
    /// Its stable name.
    pub fn code(&self) -> Code {
        self.into()
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        use Severity::{Error, Notice, Warning};
        match self {
            Self::UnusableProfile { .. }
            | Self::NameNotResolved { .. }
            | Self::NetworkDown { .. }
            | Self::ConnectionRefused { .. }
            | Self::PacketsLost { .. }
            | Self::ProxyRefused { .. }
            | Self::CaptivePortal { .. }
            | Self::TlsIntercepted { accepted: false, .. }
            | Self::CertificateNotTrusted { .. }
            | Self::CertificateOutOfDate { .. }
            | Self::CertificateForAnotherHost { .. }
            | Self::TlsFailed { .. }
            | Self::NotThisApi { .. }
            | Self::WrongPath { .. }
            | Self::Redirected { .. }
            | Self::ServerBehindGatewayDown { .. }
            | Self::ServiceUnavailable { .. }
            | Self::ServerFailed { .. }
            | Self::UnexpectedAnswer { .. }
            | Self::TokenRefused { .. }
            | Self::FreshJwtRefused { .. }
            | Self::JwtWithoutSession { .. }
            | Self::AuthorizationLost { .. }
            | Self::JwtRefused { .. }
            | Self::RefusedByApi { .. }
            | Self::DeadCredentialResent { .. }
            | Self::TicketStoreDown { .. }
            | Self::TicketStoreLost { .. }
            | Self::TicketStoreMissingSinceStart { .. }
            | Self::TicketStoreFailedOnSocket { .. }
            | Self::TicketRejected { .. }
            | Self::FreshTicketRefused { .. }
            | Self::OriginBlocked { .. }
            | Self::OriginNotListed { .. }
            | Self::BlockedOnTheWay { .. }
            | Self::BadHandshake { .. }
            | Self::MessageRefused { .. }
            | Self::NotWebSocket { .. } => Error,
            Self::Ipv6Broken { is_silent: true, .. }
            | Self::RequestBroken { .. }
            | Self::NoAnswer { .. }
            | Self::RateLimited { .. }
            | Self::HealthDown { .. }
            | Self::RefreshLoop { .. }
            | Self::TicketExpired { .. }
            | Self::ServerRestarting { .. }
            | Self::IdleTimeout { .. }
            | Self::HalfOpenLink { .. }
            | Self::ConnectionLost { .. }
            | Self::ServerClosed { .. }
            | Self::DropRhythm { .. }
            | Self::ReconnectStorm { .. }
            | Self::Flapping { .. }
            | Self::ClientCrashed { .. } => Warning,
            Self::Ipv6Broken { is_silent: false, .. }
            | Self::TlsIntercepted { accepted: true, .. }
            | Self::ClockWrong { .. }
            | Self::TicketRepeated { .. } => Notice,
        }
    }

    /// Who can most likely fix it; the next step names others.
    pub fn owner(&self) -> Owner {
        match self {
            Self::NetworkDown { .. }
            | Self::CaptivePortal { .. }
            | Self::ClockWrong { .. }
            | Self::TokenRefused { .. }
            | Self::JwtWithoutSession { .. }
            | Self::JwtRefused { .. }
            | Self::DeadCredentialResent { .. }
            | Self::TicketRejected { .. }
            | Self::HalfOpenLink { .. } => Owner::User,
            Self::NameNotResolved { .. }
            | Self::PacketsLost { .. }
            | Self::Ipv6Broken { .. }
            | Self::ProxyRefused { .. }
            | Self::TlsIntercepted { .. }
            | Self::CertificateNotTrusted { is_servers: false, .. }
            | Self::TicketExpired { .. }
            | Self::ConnectionLost { .. }
            | Self::NotWebSocket { .. }
            | Self::BadHandshake { .. }
            | Self::BlockedOnTheWay { .. } => Owner::UserIt,
            Self::ConnectionRefused { .. }
            | Self::CertificateNotTrusted { is_servers: true, .. }
            | Self::CertificateOutOfDate { .. }
            | Self::CertificateForAnotherHost { .. }
            | Self::TlsFailed { .. }
            | Self::RequestBroken { .. }
            | Self::NoAnswer { .. }
            | Self::ServerBehindGatewayDown { .. }
            | Self::ServiceUnavailable { .. }
            | Self::ServerFailed { .. }
            | Self::HealthDown { .. }
            | Self::FreshJwtRefused { .. }
            | Self::AuthorizationLost { .. }
            | Self::RefusedByApi { .. }
            | Self::RefreshLoop { .. }
            | Self::TicketStoreDown { .. }
            | Self::TicketStoreLost { .. }
            | Self::TicketStoreMissingSinceStart { .. }
            | Self::TicketStoreFailedOnSocket { .. }
            | Self::FreshTicketRefused { .. }
            | Self::OriginBlocked { .. }
            | Self::OriginNotListed { .. }
            | Self::DropRhythm { .. }
            | Self::Flapping { .. } => Owner::Operations,
            Self::UnexpectedAnswer { .. }
            | Self::MessageRefused { .. }
            | Self::TicketRepeated { .. }
            | Self::ClientCrashed { .. } => Owner::Developers,
            Self::ServerClosed { close, .. } if is_of_protocol(close.code) => Owner::Developers,
            Self::ServerClosed { .. } => Owner::Operations,
            Self::ServerRestarting { times, .. } | Self::IdleTimeout { times, .. } if *times >= AGAIN_AND_AGAIN => {
                Owner::Operations
            }
            Self::UnusableProfile { .. }
            | Self::NotThisApi { .. }
            | Self::WrongPath { .. }
            | Self::Redirected { .. }
            | Self::ReconnectStorm { .. } => Owner::ProfileAuthor,
            Self::RateLimited { limit: Limit::Api | Limit::Gateway, .. }
            | Self::ServerRestarting { .. }
            | Self::IdleTimeout { .. } => Owner::Nobody,
        }
    }

    /// Whether this follows from `cause`, if both are found at the same time.
    pub fn is_symptom_of(&self, cause: &Self) -> bool {
        match cause {
            Self::DropRhythm { .. } => self.is_drop() || matches!(self, Self::Flapping { .. }),
            Self::ReconnectStorm { .. } => {
                self.is_drop() || matches!(self, Self::Flapping { .. } | Self::RateLimited { .. })
            }
            Self::Flapping { close: None, .. } => self.is_drop(),
            // Each of the drops says the same: that is the matter, and not that there are several.
            Self::Flapping { close: Some(_), .. } => false,
            Self::ServerRestarting { .. }
            | Self::ServerClosed { .. }
            | Self::IdleTimeout { .. }
            | Self::HalfOpenLink { .. }
            | Self::NotWebSocket { .. } => matches!(self, Self::Flapping { close: Some(_), .. }),
            Self::RefreshLoop { .. } => matches!(self, Self::FreshJwtRefused { .. }),
            Self::DeadCredentialResent { .. } => {
                matches!(self, Self::JwtRefused { .. } | Self::FreshTicketRefused { .. } | Self::TicketRejected { .. })
            }
            Self::TicketRepeated { .. } => {
                matches!(self, Self::FreshTicketRefused { .. } | Self::TicketRejected { .. })
            }
            Self::JwtWithoutSession { .. } | Self::AuthorizationLost { .. } | Self::FreshJwtRefused { .. } => {
                matches!(self, Self::DeadCredentialResent { .. })
            }
            Self::TicketStoreDown { .. }
            | Self::TicketStoreLost { .. }
            | Self::TicketStoreMissingSinceStart { .. }
            | Self::TicketStoreFailedOnSocket { .. }
            | Self::FreshTicketRefused { hint: UpgradeHint::RedisDown, .. } => {
                matches!(self, Self::HealthDown { .. } | Self::Flapping { .. })
            }
            Self::ServerFailed { .. } | Self::ServiceUnavailable { .. } => match self {
                Self::HealthDown { server, redis } => !server.is_down() && !redis.is_down(),
                _ => matches!(self, Self::Flapping { .. }),
            },
            Self::HealthDown { server, redis } => match self {
                Self::TicketRejected { .. } => redis.is_down(),
                _ => {
                    let is_failure = matches!(self, Self::ServerFailed { .. } | Self::ServiceUnavailable { .. });
                    is_failure && (server.is_down() || redis.is_down())
                }
            },
            Self::ClockWrong { .. } => matches!(self, Self::CertificateOutOfDate { .. }),
            Self::TlsIntercepted { .. } => matches!(
                self,
                Self::CertificateNotTrusted { .. }
                    | Self::BlockedOnTheWay { .. }
                    | Self::BadHandshake { .. }
                    | Self::NotWebSocket { .. }
            ),
            Self::Ipv6Broken { .. } => matches!(self, Self::TicketExpired { .. }),
            Self::UnusableProfile { .. }
            | Self::NameNotResolved { .. }
            | Self::NetworkDown { .. }
            | Self::ConnectionRefused { .. }
            | Self::PacketsLost { .. }
            | Self::ProxyRefused { .. }
            | Self::CaptivePortal { .. }
            | Self::CertificateNotTrusted { .. }
            | Self::CertificateOutOfDate { .. }
            | Self::CertificateForAnotherHost { .. }
            | Self::TlsFailed { .. }
            | Self::RequestBroken { .. }
            | Self::NoAnswer { .. }
            | Self::NotThisApi { .. }
            | Self::WrongPath { .. }
            | Self::Redirected { .. }
            | Self::RateLimited { .. }
            | Self::ServerBehindGatewayDown { .. }
            | Self::UnexpectedAnswer { .. }
            | Self::TokenRefused { .. }
            | Self::JwtRefused { .. }
            | Self::TicketExpired { .. }
            | Self::TicketRejected { .. }
            | Self::FreshTicketRefused { .. }
            | Self::OriginBlocked { .. }
            | Self::OriginNotListed { .. }
            | Self::RefusedByApi { .. }
            | Self::BlockedOnTheWay { .. }
            | Self::BadHandshake { .. }
            | Self::MessageRefused { .. }
            | Self::ConnectionLost { .. }
            | Self::ClientCrashed { .. } => false,
        }
    }

    /// Whether it could not be told from others without the health endpoint.
    pub(super) fn rests_on_health(&self) -> bool {
        matches!(
            self,
            Self::TicketStoreLost { redis: Component::Up | Component::Down | Component::Missing, .. }
                | Self::TicketStoreMissingSinceStart { .. }
                | Self::OriginNotListed { is_confirmed: true, .. }
                | Self::FreshTicketRefused { hint: UpgradeHint::RedisDown | UpgradeHint::RedisUp, .. }
        )
    }

    /// Whether it is the end of an open connection.
    fn is_drop(&self) -> bool {
        matches!(
            self.code(),
            Code::ConnectionLost
                | Code::ServerClosed
                | Code::IdleTimeout
                | Code::HalfOpenLink
                | Code::ServerRestarting
                | Code::NotWebSocket
        )
    }
}

/// Whether client and server, or something between them, disagree on how to speak.
fn is_of_protocol(code: CloseCode) -> bool {
    matches!(code.0, 0..=999 | 1002..=1004 | 1007 | 1009..=1010 | 1015..=2999 | 5000..)
}
