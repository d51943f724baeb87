//! The text of a browser's console: saved or copied from the developer tools of Chrome, Edge, Firefox and Safari, or
//! collected by Selenium.
//!
//! It tells the order of things always, their times sometimes and their date never. The lines of the web app are the
//! seed's (contract §4); those of the browser itself are of the same form everywhere.

mod app;
mod attempt_builder;
mod browsers;
mod clients;
mod line;
mod lines;
mod place;
mod said;
mod transcript;
mod webdriver;

use url::Url;

use super::secrets::Secrets;
use crate::model::Redactor;
pub(super) use attempt_builder::ParsedConsole;
use attempt_builder::{AttemptBuilder, without_secrets};
pub(super) use lines::parse;
pub(super) use said::ConsoleText;
use said::LineMeaning;

impl ConsoleText {
    /// Whether anything in it is of use.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether a browser is known by it, or the lines of a web app are in it.
    pub fn is_of_page(&self) -> bool {
        let is_of_app = |line: &said::ParsedLine| {
            matches!(
                line.said,
                LineMeaning::EnsuringToken
                    | LineMeaning::FetchingToken
                    | LineMeaning::RequestingTicket
                    | LineMeaning::TicketObtained
            )
        };
        self.browser.is_some() || self.lines.iter().any(is_of_app)
    }

    /// Tells which addresses are everybody's.
    pub fn tell_addresses(&self, secrets: &mut Secrets) {
        self.origin.iter().for_each(|origin| secrets.know(origin));
        for line in self.lines.iter().chain(self.untimed.iter().flat_map(|untimed| &untimed.lines)) {
            if let LineMeaning::Blocked { origin: Some(origin), .. } = &line.said {
                secrets.know(origin);
            }
            line.said.url().and_then(Url::host_str).into_iter().for_each(|host| secrets.know(host));
        }
        self.named.as_ref().and_then(Url::host_str).into_iter().for_each(|host| secrets.know(host));
    }

    /// Takes in what is secret in it.
    pub fn take_secrets(&self, secrets: &mut Secrets) {
        self.secrets.iter().for_each(|secret| secrets.take(secret));
        self.named.iter().for_each(|url| secrets.take_url(url, true));
        for line in self.lines.iter().chain(self.untimed.iter().flat_map(|untimed| &untimed.lines)) {
            if let Some(url) = line.said.url() {
                secrets.take_url(url, matches!(url.scheme(), "ws" | "wss"));
            }
        }
    }

    /// The attempts that it tells of.
    pub fn parse(&self, redactor: &Redactor) -> ParsedConsole {
        let mut parsed = AttemptBuilder::new(self, redactor).build(&self.lines);
        parsed.origin = parsed.origin.or_else(|| self.origin.clone());
        // In a browser's console other sockets are named as well.
        let dialled = self.named.as_ref().filter(|_| self.browser.is_none());
        parsed.socket = parsed.socket.or_else(|| dialled.map(without_secrets));
        parsed
    }
}
