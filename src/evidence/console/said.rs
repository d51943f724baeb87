//! What the lines of a browser's console say.

use url::Url;
use zeroize::Zeroizing;

use crate::evidence::browser_error::BrowserError;
use crate::evidence::sighting::Time;
use crate::model::{BlockCause, Browser, BrowserRule, Timing};

/// Characters of a line that are looked at.
pub const MAX_LINE: usize = 4_000;
/// Lines that are kept.
pub const MAX_LINES: usize = 50_000;

/// What a console's text holds.
#[derive(Debug, Default)]
pub struct ConsoleText {
    /// Its lines, as far as they are understood.
    pub lines: Vec<ParsedLine>,
    /// The browser, as far as it can be told.
    pub browser: Option<Browser>,
    /// What it tells of time.
    pub timing: Option<Timing>,
    /// The origin of the page.
    pub origin: Option<String>,
    /// What is secret in its text.
    pub secrets: Vec<Zeroizing<String>>,
    /// The socket that was dialled, as a line says that tells nothing else.
    pub named: Option<Url>,
    /// Those of its lines that have no time, where others have.
    pub untimed: Option<Box<ConsoleText>>,
}

/// A line that is understood.
#[derive(Clone, Debug)]
pub struct ParsedLine {
    /// When it was printed; of a time of day, on the first day of 1970 in the file's own zone.
    pub at: Option<Time>,
    /// What it says.
    pub said: LineMeaning,
}

/// What a line says.
#[derive(Clone, Debug)]
pub enum LineMeaning {
    /// `[WS] Ensuring JWT token exists...`
    EnsuringToken,
    /// `[Auth] Fetching JWT token from backend...`
    FetchingToken,
    /// `[Auth] ✅ JWT token acquired`
    TokenAcquired,
    /// `[WS] Requesting WebSocket ticket...`
    RequestingTicket,
    /// `[Auth] Received 401 INVALID_TOKEN, refreshing token...`
    Refreshing {
        /// The status.
        status: u16,
        /// The code.
        code: String,
    },
    /// `[Auth] Retrying request with new token`
    RetryingTicket,
    /// `[WS] Ticket obtained, connecting to WebSocket...`
    TicketObtained,
    /// `[WS] Connected`
    Connected,
    /// A close, as a `CloseEvent` is printed.
    Closed {
        /// Its code.
        code: u16,
        /// Its reason.
        reason: String,
        /// Whether close frames were exchanged.
        was_clean: bool,
    },
    /// A close whose line has neither code nor reason.
    ClosedUntold,
    /// The app tells of a request that came to nothing.
    RequestGone {
        /// How.
        gone: LostRequest,
    },
    /// The app tells of a refusal.
    Refused {
        /// The status; 0 where the browser tells the page none.
        status: u16,
        /// The code of the answer.
        code: Option<String>,
    },
    /// The browser tells why a socket failed.
    SocketFailed {
        /// Its address.
        url: Box<Url>,
        /// Why.
        error: BrowserError,
    },
    /// The browser tells that a socket failed.
    SocketUnreachable {
        /// Its address.
        url: Box<Url>,
    },
    /// The browser tells how a request failed.
    RequestFailed {
        /// Its address.
        url: Box<Url>,
        /// The status.
        status: Option<u16>,
        /// The error.
        error: Option<BrowserError>,
    },
    /// The browser asked for leave to send a request, and did not get it.
    PreflightFailed {
        /// Its address.
        url: Box<Url>,
    },
    /// The browser stopped a request, or kept its answer from the page.
    Blocked {
        /// By which rule.
        rule: BrowserRule,
        /// Its address; `None` if the line does not say: it is that of what goes on.
        url: Option<Box<Url>>,
        /// The origin of the page.
        origin: Option<String>,
        /// The status of the answer that the page may not read.
        status: Option<u16>,
        /// What is wrong with the answer or its preflight.
        cause: Option<BlockCause>,
    },
    /// `[WS] Reconnecting in 312ms (attempt 1)`
    Waiting {
        /// The wait in milliseconds.
        millis: u64,
        /// Which retry in a row follows.
        retry: Option<u32>,
    },
}

/// How a request came to nothing, as a page is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostRequest {
    /// The page gave it up after the time that it had set.
    TimedOut,
    /// The page gave it up.
    GivenUp,
    /// Its answer is not JSON.
    NotJson {
        /// Whether it begins like a web page.
        is_page: bool,
        /// Whether it ends before it begins.
        is_empty: bool,
    },
    /// It failed.
    Untold,
}
