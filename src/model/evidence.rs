//! What was recorded by other programs: which files there were, and what they cannot tell.

use std::time::Duration;

use super::SafeText;

/// A file that a session was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name, without its folder.
    pub name: SafeText,
    /// What it is.
    pub kind: FileKind,
    /// The program that wrote it, as it calls itself; empty if the file does not say.
    pub writer: SafeText,
    /// What it tells of time.
    pub timing: Timing,
    /// How far its clock is ahead of the first file's, in milliseconds; `None` if that could not be found out.
    pub ahead_millis: Option<i64>,
}

impl SourceFile {
    /// How far its clock is ahead, in words to follow others; empty if that is not known.
    pub fn clock(&self) -> String {
        // Without a sign before what rounds to nothing.
        let seconds = |millis: i64| (millis as f64 / 100.0).round() / 10.0 + 0.0;
        self.ahead_millis.map_or_else(String::new, |millis| format!(", clock {:+.1} s", seconds(millis)))
    }
}

/// A kind of file that users, proxies and servers write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumIter)]
pub enum FileKind {
    /// An HTTP Archive 1.1 or 1.2.
    #[strum(to_string = "HAR")]
    Har,
    /// A network log of Chrome or Edge (`chrome://net-export`).
    #[strum(to_string = "NetLog")]
    NetLog,
    /// The text of a browser's console.
    #[strum(to_string = "console")]
    Console,
    /// The log of the service.
    #[strum(to_string = "server log")]
    ServerLog,
    /// A recording of Ticketscope's.
    #[strum(to_string = "recording")]
    Recording,
    /// A report of Ticketscope's.
    #[strum(to_string = "report")]
    Report,
    /// The code with which the probe ends.
    #[strum(to_string = "probe code")]
    Probe,
}

/// A part of an attempt that files tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
pub enum FilePart {
    /// The request for a token.
    Token,
    /// The request for a ticket.
    Ticket,
    /// The socket, from its address to whether it opened.
    #[strum(to_string = "WebSocket")]
    Socket,
    /// How the open socket ended.
    End,
}

/// What a file tells of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Timing {
    /// When things happened.
    #[default]
    Dated,
    /// The time of day, without date and zone.
    TimeOfDay,
    /// Nothing but the order.
    Order,
}

/// What the files of a session cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter)]
pub enum Unseen {
    /// Why an open socket closed: code and reason.
    CloseReason,
    /// Whether and when an open socket ended.
    SocketEnd,
    /// Why the socket could not be opened: browsers tell their pages nothing of it.
    DialFailure,
    /// With which status the upgrade was refused.
    UpgradeStatus,
    /// What happened to a request that the browser stopped.
    Answer,
    /// Whether the JWT was sent: the program that wrote the file leaves `Authorization` out.
    Authorization,
    /// When some of the entries were: their date is that of no clock.
    EntryTimes,
    /// Any time: there is an order and no duration.
    Times,
    /// Which answer gave the ticket: bodies are missing, so requests belong together by their order only.
    Pairing,
    /// The beginning: the file was begun after the socket had been opened.
    Beginning,
    /// The WebSocket itself: after the ticket the file has none.
    Socket,
    /// The messages on the socket.
    Messages,
    /// Pings and pongs.
    Pings,
    /// The ticket: whoever made the file took it out.
    Ticket,
}

impl Unseen {
    /// What is missing, in a few words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::CloseReason => "close code and reason",
            Self::SocketEnd => "the end of the socket",
            Self::DialFailure => "why the socket did not open",
            Self::UpgradeStatus => "the status of the refused upgrade",
            Self::Answer => "the answer to a blocked request",
            Self::Authorization => "Authorization header",
            Self::EntryTimes => "the time of some requests",
            Self::Times => "times",
            Self::Pairing => "which answer gave the ticket",
            Self::Beginning => "the beginning of the connection",
            Self::Socket => "the WebSocket",
            Self::Messages => "messages",
            Self::Pings => "pings",
            Self::Ticket => "the ticket",
        }
    }

    /// Why, in a few words.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::CloseReason => "not written into this kind of file",
            Self::SocketEnd => "not written, or open at the end",
            Self::DialFailure => "the browser hides it",
            Self::UpgradeStatus | Self::Answer => "the browser hides it",
            Self::Authorization => "left out by the browser",
            Self::EntryTimes => "dated 1969",
            Self::Times => "only an order",
            Self::Pairing => "bodies are missing",
            Self::Beginning => "the file begins later",
            Self::Socket => "nothing follows the ticket",
            Self::Messages => "not in this kind of file",
            Self::Pings => "never in this kind of file",
            Self::Ticket => "taken out of this file",
        }
    }

    /// The file that would tell, if it matters for the cause of a failure.
    pub const fn remedy(self) -> Option<Remedy> {
        match self {
            Self::CloseReason | Self::SocketEnd | Self::Answer | Self::Socket => Some(Remedy::Console),
            Self::DialFailure => Some(Remedy::NetLog),
            Self::Times | Self::EntryTimes => Some(Remedy::ConsoleWithTimes),
            Self::UpgradeStatus | Self::Pairing | Self::Beginning => Some(Remedy::FreshHar),
            Self::Authorization | Self::Messages | Self::Pings | Self::Ticket => None,
        }
    }
}

/// A file that a user can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Remedy {
    /// The text of the console.
    Console,
    /// The same with times.
    ConsoleWithTimes,
    /// A network log of the browser.
    NetLog,
    /// A HAR file that was begun before the page was loaded.
    FreshHar,
}

impl Remedy {
    /// What it is called.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Console => "the text of the browser's console",
            Self::ConsoleWithTimes => "the text of the browser's console, with times",
            Self::NetLog => "a network log of the browser",
            Self::FreshHar => "a HAR file that begins before the page is loaded",
        }
    }

    /// How a user makes it, step by step, to be sent as it is.
    pub const fn steps(self, browser: Browser) -> &'static str {
        match (self, browser) {
            (Self::Console, Browser::Chromium) => {
                "1. On the page, press F12 and choose Console.\n2. Load the page again (F5) and wait until it fails.\n\
                 3. Right-click among the lines, choose \"Save as…\", and send that file."
            }
            (Self::ConsoleWithTimes, Browser::Chromium) => {
                "1. On the page, press F12, then F1, and under Console tick \"Show timestamps\".\n2. Choose Console, load \
                 the page again (F5) and wait until it fails.\n3. Right-click among the lines, choose \"Save as…\", and \
                 send that file."
            }
            (Self::Console | Self::ConsoleWithTimes, Browser::Firefox) => {
                "1. On the page, press Ctrl+Shift+K (on a Mac ⌥⌘K). At the gear on the right tick \"Show Timestamps\".\n2. Load the page \
                 again (F5) and wait until it fails.\n3. Right-click among the lines, choose \"Save all Messages to File\", \
                 and send that file."
            }
            (Self::Console | Self::ConsoleWithTimes, Browser::Safari) => {
                "1. On the page, press ⌥⌘C.\n2. Load the page again (⌘R) and wait until it fails.\n3. Mark all lines \
                 (⌘A), right-click, choose \"Save Selected\", and send that file."
            }
            (Self::NetLog, Browser::Chromium) => {
                "1. Open a new tab with the address chrome://net-export (in Edge: edge://net-export).\n2. Press \"Start \
                 Logging to Disk\" and choose where.\n3. In another tab load the page and wait until it fails.\n4. Press \
                 \"Stop Logging\" and send that file."
            }
            (Self::NetLog, Browser::Firefox | Browser::Safari) => {
                "This browser writes no network log. Please try once with Chrome or Edge:\n1. Open a new tab with the \
                 address chrome://net-export.\n2. Press \"Start Logging to Disk\" and choose where.\n3. In another tab load \
                 the page and wait until it fails.\n4. Press \"Stop Logging\" and send that file."
            }
            (Self::FreshHar, Browser::Chromium) => {
                "1. On the page, press F12 and choose Network.\n2. Tick \"Preserve log\" off, load the page again (F5) and \
                 wait until it fails.\n3. Press the arrow down (\"Export HAR\") and send that file."
            }
            (Self::FreshHar, Browser::Firefox) => {
                "1. On the page, press Ctrl+Shift+E.\n2. Load the page again (F5) and wait until it fails.\n3. Right-click \
                 among the requests, choose \"Save All As HAR\", and send that file."
            }
            (Self::FreshHar, Browser::Safari) => {
                "1. On the page, press ⌥⌘I and choose Network.\n2. Load the page again (⌘R) and wait until it fails.\n\
                 3. Press Export and send that file."
            }
        }
    }
}

/// A family of browsers, as far as it matters for how a user makes a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::Display)]
pub enum Browser {
    /// Chrome, Edge and all that are built on Chromium.
    #[default]
    #[strum(to_string = "Chrome or Edge")]
    Chromium,
    /// Firefox.
    Firefox,
    /// Safari.
    Safari,
}

/// What became of a request of which a browser told its page, and so the file, little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hidden {
    /// A rule of the browser's stopped it, or kept its answer from the page.
    Blocked(BrowserRule),
    /// The server, or something before it, answered and refused; the file does not say with which status.
    Refused,
    /// It failed, and the file does not say how.
    Untold {
        /// How long it had taken; `None` if the file does not say.
        after: Option<Duration>,
    },
    /// The page itself did not want it any more.
    GivenUp {
        /// After how long; `None` if the file does not say.
        after: Option<Duration>,
    },
    /// The file has nothing of it, although what comes before it is there.
    Absent,
}

/// A rule of browsers that no other client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumIter)]
pub enum BrowserRule {
    /// The answer does not allow the page's origin (Fetch standard, "CORS protocol").
    #[strum(to_string = "CORS")]
    Cors,
    /// The page forbids itself to connect there (Content Security Policy, `connect-src`).
    #[strum(to_string = "Content Security Policy")]
    ContentSecurityPolicy,
    /// An encrypted page may not connect without encryption.
    #[strum(to_string = "mixed content")]
    MixedContent,
    /// A page of the internet may not connect to the user's own network without being allowed to.
    #[strum(to_string = "Local Network Access")]
    LocalNetwork,
    /// An extension of the browser's, such as an ad blocker, or a policy of the user's company.
    #[strum(to_string = "an extension")]
    Extension,
    /// A port that browsers never connect to (Fetch standard, "Port blocking").
    #[strum(to_string = "a blocked port")]
    UnsafePort,
}
