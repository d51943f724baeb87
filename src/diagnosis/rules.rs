//! What is to be known of each problem besides its words: how bad it is, who can mend it, what it follows from.

use super::problem::{Code, Limit, Owner, Problem, Severity, UpgradeHint};
use crate::model::Component;

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
            Self::RequestBroken { .. }
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
            Self::Ipv6Broken { .. } | Self::TlsIntercepted { accepted: true, .. } | Self::ClockWrong { .. } => Notice,
        }
    }

    /// Who can most likely mend it; the next step names others.
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
            | Self::ServerClosed { .. }
            | Self::ClientCrashed { .. } => Owner::Developers,
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
            Self::Flapping { .. } => {
                matches!(self, Self::ConnectionLost { .. } | Self::ServerClosed { .. } | Self::IdleTimeout { .. })
            }
            Self::ServerRestarting { .. } | Self::HalfOpenLink { .. } | Self::NotWebSocket { .. } => {
                matches!(self, Self::Flapping { .. })
            }
            Self::RefreshLoop { .. } => matches!(self, Self::FreshJwtRefused { .. }),
            Self::DeadCredentialResent { .. } => {
                matches!(self, Self::JwtRefused { .. } | Self::FreshTicketRefused { .. } | Self::TicketRejected { .. })
            }
            Self::JwtWithoutSession { .. } | Self::AuthorizationLost { .. } | Self::FreshJwtRefused { .. } => {
                matches!(self, Self::DeadCredentialResent { .. })
            }
            Self::TicketStoreDown { .. }
            | Self::TicketStoreLost { .. }
            | Self::TicketStoreMissingSinceStart { .. }
            | Self::TicketStoreFailedOnSocket { .. }
            | Self::ServerFailed { .. }
            | Self::ServiceUnavailable { .. }
            | Self::FreshTicketRefused { hint: UpgradeHint::RedisDown, .. } => {
                matches!(self, Self::HealthDown { .. } | Self::Flapping { .. })
            }
            Self::HealthDown { redis, .. } => {
                let is_of_store = matches!(self, Self::TicketRejected { .. });
                is_of_store && matches!(redis, Component::Down | Component::Missing)
            }
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
            | Self::BlockedOnTheWay { .. }
            | Self::BadHandshake { .. }
            | Self::MessageRefused { .. }
            | Self::IdleTimeout { .. }
            | Self::ConnectionLost { .. }
            | Self::ServerClosed { .. }
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
            Code::ConnectionLost | Code::ServerClosed | Code::IdleTimeout | Code::HalfOpenLink | Code::ServerRestarting
        )
    }
}
