//! The text of a browser's console: saved or copied from the developer tools of Chrome, Edge, Firefox and Safari, or
//! collected by Selenium.
//!
//! It tells the order of things always, their times sometimes and their date never. The lines of the web app are the
//! seed's (contract §4); those of the browser itself are of the same form everywhere.

mod app;
mod browsers;
mod line;
mod lines;
mod said;
mod teller;
mod webdriver;

use std::collections::BTreeSet;

use url::Url;

use super::secrets::{self, Secrets};
use super::sighting::Sighting;
use crate::model::Redactor;
pub(super) use lines::parse;
pub(super) use said::ConsoleText;
use said::Said;
use teller::Teller;

/// The attempts that a console tells of, and where they went.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// In order.
    pub sightings: Vec<Sighting>,
    /// The address of the socket, if one is named.
    pub socket: Option<Url>,
    /// The address of a request that failed.
    pub request: Option<Url>,
    /// The origin of the page.
    pub origin: Option<String>,
    /// Sockets at other addresses, which belong to something else.
    pub others: BTreeSet<String>,
}

impl ConsoleText {
    /// Whether anything in it is of use.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Tells which addresses are everybody's.
    pub fn tell_addresses(&self, secrets: &mut Secrets) {
        self.origin.iter().for_each(|origin| secrets.know(origin));
        for line in self.lines.iter().chain(self.untimed.iter().flat_map(|untimed| &untimed.lines)) {
            if let Said::Blocked { origin: Some(origin), .. } = &line.said {
                secrets.know(origin);
            }
            line.said.url().and_then(Url::host_str).into_iter().for_each(|host| secrets.know(host));
        }
    }

    /// Takes in what is secret in it.
    pub fn take_secrets(&self, secrets: &mut Secrets) {
        self.secrets.iter().for_each(|secret| secrets.take(secret));
        for line in self.lines.iter().chain(self.untimed.iter().flat_map(|untimed| &untimed.lines)) {
            if let Some(url) = line.said.url() {
                secrets.take_url(url, matches!(url.scheme(), "ws" | "wss"));
            }
        }
    }

    /// Where the service's sockets go, if others are named beside them: those are the service's whose address carries a
    /// ticket. An app that asks for tickets opens none before it has one.
    fn service(&self) -> Option<Place> {
        let named = || self.lines.iter().filter_map(|line| line.said.socket());
        if let Some(url) = named().rfind(|url| url.query_pairs().any(|(name, value)| is_ticket(&name, &value))) {
            return Some(Place::Is(of_socket(url)));
        }
        let asks = self.lines.iter().any(|line| matches!(line.said, Said::RequestingTicket));
        let mut is_going_on = false;
        let is_of_app = self.lines.iter().any(|line| {
            match &line.said {
                Said::TicketObtained | Said::Connected => is_going_on = true,
                Said::Closed { .. } | Said::ClosedUntold | Said::RequestingTicket => is_going_on = false,
                _ => {}
            }
            is_going_on && line.said.socket().is_some()
        });
        (asks && !is_of_app && named().next().is_some()).then_some(Place::Unnamed)
    }

    /// The attempts that it tells of.
    pub fn told(&self, redactor: &Redactor) -> Told {
        let mut told = Teller::new(self, redactor).told(&self.lines);
        told.origin = told.origin.or_else(|| self.origin.clone());
        told
    }
}

/// Where the service's sockets go.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// To this host and path.
    Is((String, String)),
    /// To an address that the file does not name.
    Unnamed,
}

/// Host and path.
fn of_socket(url: &Url) -> (String, String) {
    (url.host_str().unwrap_or_default().to_owned(), url.path().to_owned())
}

fn is_ticket(name: &str, value: &str) -> bool {
    secrets::is_secret_name(name) && value.len() >= 8 && !secrets::is_placeholder(value)
}

impl Said {
    /// The address of what it is about.
    fn url(&self) -> Option<&Url> {
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
    fn socket(&self) -> Option<&Url> {
        self.url().filter(|url| matches!(url.scheme(), "ws" | "wss"))
    }
}
