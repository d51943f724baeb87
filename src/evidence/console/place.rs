//! Where the sockets of a service go, among those of others.

use url::Url;

use super::said::{ConsoleText, LineMeaning};
use crate::evidence::secrets;

/// Where the service's sockets go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// To this host and path.
    Is((String, String)),
    /// To an address that the file does not name.
    Unnamed,
}

/// Host and path.
pub(super) fn of_socket(url: &Url) -> (String, String) {
    (url.host_str().unwrap_or_default().to_owned(), url.path().to_owned())
}

pub(super) fn is_ticket(name: &str, value: &str) -> bool {
    secrets::is_secret_name(name) && value.len() >= 8 && !secrets::is_placeholder(value)
}

impl ConsoleText {
    /// Where the service's sockets go, if others are named beside them: those are the service's whose address carries a
    /// ticket. An app that asks for tickets opens none before it has one.
    pub(super) fn service(&self) -> Option<Place> {
        let named = || self.lines.iter().filter_map(|line| line.said.socket());
        if let Some(url) = named().rfind(|url| url.query_pairs().any(|(name, value)| is_ticket(&name, &value))) {
            return Some(Place::Is(of_socket(url)));
        }
        let asks = self.lines.iter().any(|line| matches!(line.said, LineMeaning::RequestingTicket));
        let mut is_going_on = false;
        let is_of_app = self.lines.iter().any(|line| {
            match &line.said {
                LineMeaning::TicketObtained | LineMeaning::Connected => is_going_on = true,
                LineMeaning::Closed { .. } | LineMeaning::ClosedUntold | LineMeaning::RequestingTicket => {
                    is_going_on = false
                }
                _ => {}
            }
            is_going_on && line.said.socket().is_some()
        });
        (asks && !is_of_app && named().next().is_some()).then_some(Place::Unnamed)
    }
}

impl LineMeaning {
    /// The address of what it is about.
    pub(super) fn url(&self) -> Option<&Url> {
        let (Self::SocketFailed { url, .. }
        | Self::SocketUnreachable { url }
        | Self::RequestFailed { url, .. }
        | Self::Blocked { url: Some(url), .. }) = self
        else {
            return None;
        };
        Some(url)
    }

    /// The address of the socket that it is about.
    pub(super) fn socket(&self) -> Option<&Url> {
        self.url().filter(|url| matches!(url.scheme(), "ws" | "wss"))
    }
}
