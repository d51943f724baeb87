//! What is known when something fails, for the detectors to look at.

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use super::words::with;
use crate::model::{Claims, Component, Health, PageKind, Phase, is_loopback};

/// What is known besides the failure itself.
pub(super) struct Context<'a> {
    /// When, by this computer's clock.
    pub time: DateTime<Utc>,
    /// What the health endpoint said last.
    pub health: Option<Health>,
    /// What came instead.
    pub health_page: Option<PageKind>,
    /// The claims of the JWT in use.
    pub claims: Option<&'a Claims>,
    /// Whether this session has been connected.
    pub was_connected: bool,
    /// Upgrades refused in a row, with this one.
    pub refusals: u32,
    /// How long the connection had been open.
    pub open_for: Duration,
    /// Short connections in a row that ended as this one.
    pub repeats: u32,
    /// What took the longest since the ticket was asked for.
    pub slowest: Option<(Phase, Duration)>,
    /// Where the API is.
    pub api: &'a Url,
}

impl Context<'_> {
    /// Whether the API is asked without TLS by a way that others can answer on.
    pub fn is_in_the_clear(&self) -> bool {
        self.api.scheme() == "http" && !is_loopback(self.api)
    }

    /// Whether a page to log in to the network came instead of the server's health. Nobody on the way can answer what
    /// is encrypted: that page is the server's own.
    pub fn is_health_a_login(&self) -> bool {
        self.api.scheme() == "http" && self.health_page == Some(PageKind::Login)
    }

    /// What health says of Redis.
    pub fn redis(&self) -> Component {
        self.health.map_or(Component::Unknown, |health| health.redis)
    }
}

/// What was asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
pub(super) enum RequestKind {
    /// `POST /api/v1/auth/token`.
    #[strum(to_string = "token request")]
    Token,
    /// `GET /api/v1/ws-ticket`.
    #[strum(to_string = "ticket request")]
    Ticket,
    /// The upgrade to WebSocket.
    #[strum(to_string = "WebSocket request")]
    Upgrade,
}

/// An answer that refuses, and what was asked.
#[derive(Clone, Copy)]
pub(super) struct Refused<'a> {
    /// What was asked.
    pub request: RequestKind,
    /// What came.
    pub answer: &'a crate::model::Answer,
}

impl Refused<'_> {
    /// `title` with what was answered behind it.
    pub fn titled(&self, title: &str) -> String {
        match (self.request, self.answer.code()) {
            (RequestKind::Upgrade, None) => with(title, &format!("{} ({})", self.answer, self.answer.version)),
            (RequestKind::Token | RequestKind::Ticket | RequestKind::Upgrade, _) => {
                with(title, &self.answer.to_string())
            }
        }
    }

    /// Whether it is a page to log in.
    pub fn is_login_page(&self) -> bool {
        self.answer.body.page == Some(PageKind::Login)
    }
}
