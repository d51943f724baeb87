//! What a browser would not let through, although every request of this program is answered.

use super::{HttpMethod, Path, Profile, SafeText};

/// A request that the page in the browser makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageRequest {
    /// Step 1.
    Token,
    /// Step 2.
    Ticket,
    /// Step 3.
    Socket,
}

impl PageRequest {
    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Token => "token request",
            Self::Ticket => "ticket request",
            Self::Socket => "WebSocket",
        }
    }

    /// Its method and path.
    pub fn target(self, profile: &Profile) -> String {
        let endpoints = &profile.endpoints;
        let shown = |method: HttpMethod, path: &Path| format!("{} {path}", method.name());
        match self {
            Self::Token => shown(endpoints.token.method, &endpoints.token.path),
            Self::Ticket => shown(endpoints.ticket.method, &endpoints.ticket.path),
            Self::Socket => shown(HttpMethod::Get, &endpoints.socket.path),
        }
    }

    /// The headers for which a browser asks first, sorted (Fetch standard, "CORS-unsafe request-header names"): those
    /// of the web app, not those that only this program sends.
    pub fn asked_headers(self, profile: &Profile) -> &'static [&'static str] {
        let endpoints = &profile.endpoints;
        match (self, endpoints.token.method, endpoints.ticket.method) {
            (Self::Token, HttpMethod::Post, _) => &["content-type"],
            (Self::Ticket, _, HttpMethod::Get) => &["authorization"],
            (Self::Ticket, _, HttpMethod::Post) => &["authorization", "content-type"],
            (Self::Token, HttpMethod::Get, _) | (Self::Socket, _, _) => &[],
        }
    }
}

/// Which answer a browser looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CorsAnswer {
    /// The one to the `OPTIONS` that it sends before the request.
    Preflight,
    /// The one to the request itself.
    Request,
}

/// What stops a browser at one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserBlock {
    /// At which.
    pub request: PageRequest,
    /// Why.
    pub cause: BlockCause,
}

/// Why a browser does not send a request, or does not let the page read its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockCause {
    /// The preflight was answered with a status that is no success.
    PreflightStatus {
        /// Which.
        status: u16,
    },
    /// The preflight got no answer.
    PreflightUnanswered,
    /// `Access-Control-Allow-Origin` is missing.
    NoOrigin {
        /// In which answer.
        of: CorsAnswer,
    },
    /// `Access-Control-Allow-Origin` names another origin.
    OtherOrigin {
        /// In which answer.
        of: CorsAnswer,
        /// What it says.
        allowed: SafeText,
    },
    /// `Access-Control-Allow-Headers` does not name a header that the request has.
    HeaderNotAllowed {
        /// Which.
        header: SafeText,
        /// What it says; `None` if it is missing.
        allowed: Option<SafeText>,
    },
    /// An encrypted page asks without encryption.
    MixedContent,
    /// A page of the internet asks an address of the user's own network or computer.
    LocalAddress {
        /// Which.
        address: SafeText,
    },
}
