//! Builds attempts from the lines of a console.

use std::collections::BTreeSet;
use std::time::Duration;

use url::Url;

use super::place::{Place, is_ticket, of_socket};
use super::said::{ConsoleText, LineMeaning, LostRequest, ParsedLine};
use crate::evidence::browser_error::{BrowserError, PATIENCE};
use crate::evidence::exchange::authority;
use crate::evidence::paths;
use crate::evidence::roles::{is_untold, unseen_of};
use crate::evidence::secrets;
use crate::evidence::sighting::{Opened, RequestSeen, Sighting, SocketEnd, SocketSeen, TicketSeen, Time, TokenSeen};
use crate::model::failure::{AnswerFault, BodyKind, MalformedAnswer};
use crate::model::{
    Answer, BlockCause, Browser, BrowserBlock, BrowserRule, Close, CloseCause, Hidden, PageRequest, Profile, Redactor,
    RequestFailureKind, Timing, TraceId, Unseen,
};

/// Two lines about one close are no further apart.
const AT_ONCE: chrono::TimeDelta = chrono::TimeDelta::milliseconds(50);

/// The attempts that a console tells of, and where they went.
#[derive(Debug, Default)]
pub struct ParsedConsole {
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

/// Builds attempts from a console's lines.
pub(super) struct AttemptBuilder<'a> {
    parsed: ParsedConsole,
    /// Whether a rule stopped a request whose address is in the next line.
    is_unnamed: bool,
    redactor: &'a Redactor,
    timing: Timing,
    browser: Option<Browser>,
    service: Option<Place>,
    /// The preflight that failed last.
    preflight: Option<Url>,
    /// Whether the previous line reported a close.
    is_closing: bool,
}

impl<'a> AttemptBuilder<'a> {
    /// Has heard nothing yet of what `text` says.
    pub(super) fn new(text: &ConsoleText, redactor: &'a Redactor) -> Self {
        Self {
            parsed: ParsedConsole::default(),
            is_unnamed: false,
            redactor,
            timing: text.timing.unwrap_or(Timing::Order),
            browser: text.browser,
            service: text.service(),
            preflight: None,
            is_closing: false,
        }
    }

    /// The attempts that `lines` tell of.
    pub(super) fn build(mut self, lines: &[ParsedLine]) -> ParsedConsole {
        lines.iter().for_each(|line| self.hear(line));
        self.parsed
    }

    fn begin(&mut self, at: Option<Time>) -> &mut Sighting {
        self.is_unnamed = false;
        let mut sighting = Sighting { begun: at, ..Sighting::default() };
        if self.timing == Timing::Order {
            sighting.unseen.insert(Unseen::Times);
        }
        self.parsed.sightings.push(sighting);
        let last = self.parsed.sightings.len() - 1;
        &mut self.parsed.sightings[last]
    }

    /// The attempt that is going on, or a new one if the last has come to `is_over`.
    fn current(&mut self, at: Option<Time>, is_over: impl Fn(&Sighting) -> bool) -> &mut Sighting {
        match self.parsed.sightings.last() {
            Some(last) if !is_over(last) => {}
            Some(_) | None => {
                self.begin(at);
            }
        }
        let last = self.parsed.sightings.len() - 1;
        &mut self.parsed.sightings[last]
    }

    fn hear(&mut self, line: &ParsedLine) {
        let at = line.at;
        if let (Some(service), Some(url)) = (&self.service, line.said.socket())
            && *service != Place::Is(of_socket(url))
        {
            self.parsed.others.insert(format!("{}://{}", url.scheme(), authority(url)));
            return;
        }
        if !matches!(line.said, LineMeaning::Closed { .. }) {
            self.is_closing = false;
        }
        let has_socket = |sighting: &Sighting| sighting.socket.is_some();
        let is_done = |sighting: &Sighting| {
            sighting
                .socket
                .as_ref()
                .is_some_and(|socket| socket.end.is_some() || matches!(socket.opened, Opened::No { .. }))
        };
        match &line.said {
            LineMeaning::EnsuringToken => {
                let last = self.parsed.sightings.last();
                // The seed prints the lines of its two parts in either order.
                let is_begun = last.is_some_and(|last| last.ticket.is_none() && last.socket.is_none());
                if !is_begun {
                    self.begin(at);
                }
            }
            LineMeaning::FetchingToken => {
                let redo = |sighting: &Sighting| sighting.socket.is_some();
                let sighting = self.current(at, redo);
                sighting.token = Some(asked(at, None));
            }
            LineMeaning::TokenAcquired => {
                if let Some(token) = self.parsed.sightings.last_mut().and_then(|last| last.token.as_mut()) {
                    token.took = token.at.zip(at).and_then(|(from, to)| (to - from).to_std().ok());
                    token.result = Some(Ok(TokenSeen::default()));
                }
            }
            LineMeaning::RequestingTicket => {
                let sighting = self.current(at, |last| last.ticket.is_some() || has_socket(last));
                sighting.ticket = Some(asked(at, None));
            }
            LineMeaning::Refreshing { status, code } => {
                let (status, code) = (*status, self.redactor.text(code.as_bytes(), 64));
                let sighting = self.current(at, has_socket);
                (sighting.ticket, sighting.cured) = (None, Some((status, code)));
            }
            LineMeaning::RetryingTicket => self.current(at, has_socket).ticket = Some(asked(at, None)),
            LineMeaning::TicketObtained => {
                let sighting = self.current(at, has_socket);
                let ticket = sighting.ticket.get_or_insert_with(|| asked(at, None));
                ticket.took = ticket.at.zip(at).and_then(|(from, to)| (to - from).to_std().ok());
                ticket.result = Some(Ok(TicketSeen::default()));
                sighting.socket = Some(SocketSeen { at, ..SocketSeen::default() });
            }
            LineMeaning::Connected => {
                let socket =
                    self.current(at, is_done).socket.get_or_insert_with(|| SocketSeen { at, ..SocketSeen::default() });
                socket.opened = Opened::Yes(at);
            }
            LineMeaning::Closed { code, reason, was_clean } => self.closed(at, *code, reason, *was_clean),
            LineMeaning::ClosedUntold => self.closed_untold(at),
            LineMeaning::RequestGone { gone } => self.request_gone(at, *gone),
            LineMeaning::Refused { status, code } => self.refused(at, *status, code.as_deref()),
            LineMeaning::SocketFailed { url, error } => self.socket_failed(at, url, error),
            LineMeaning::SocketUnreachable { url } => self.socket_failed(at, url, &BrowserError::Untold),
            LineMeaning::RequestFailed { url, status, error } => {
                // Browsers say of one failure in two lines that a rule stopped it and that it failed.
                let is_echo = matches!(error, Some(BrowserError::Untold | BrowserError::Blocked(_)));
                self.request_failed(at, url, *status, error.as_ref(), is_echo);
            }
            LineMeaning::PreflightFailed { url } => self.preflight = Some(url.as_ref().clone()),
            LineMeaning::Blocked { rule, url, origin, status, cause } => {
                self.parsed.origin = origin.clone().or(self.parsed.origin.take());
                // Firefox has the preflight's status in the line of its request.
                let refused = status.filter(|status| !(200..300).contains(status));
                let is_of_preflight = self.preflight.take().is_some_and(|asked| url.as_deref() == Some(&asked));
                match refused.filter(|_| is_of_preflight) {
                    Some(status) => {
                        let cause = BlockCause::PreflightStatus { status };
                        self.blocked(at, *rule, url.as_deref(), None, Some(&cause));
                    }
                    None => self.blocked(at, *rule, url.as_deref(), *status, cause.as_ref()),
                }
            }
            LineMeaning::Waiting { millis, retry } => {
                if let Some(last) = self.parsed.sightings.last_mut() {
                    last.wait = Some((*retry, Duration::from_millis(*millis)));
                }
            }
        }
    }

    fn closed(&mut self, at: Option<Time>, code: u16, reason: &str, was_clean: bool) {
        // The browser has said already that what came was not WebSocket, and ended it.
        let is_told = |socket: &SocketSeen| {
            socket.end.as_ref().is_some_and(|end| matches!(end.close.cause, CloseCause::Protocol(_)))
        };
        let last = self.parsed.sightings.last().and_then(|last| last.socket.as_ref());
        // An app may print it twice, in words of its own too.
        let is_again = |socket: &SocketSeen| {
            let end = socket.end.as_ref().filter(|end| end.close.code.0 == code);
            end.is_some_and(|end| end.at.zip(at).is_none_or(|(one, other)| (other - one).abs() <= AT_ONCE))
        };
        let is_next = std::mem::replace(&mut self.is_closing, true);
        if code == 1006 && last.is_some_and(is_told) || is_next && last.is_some_and(is_again) {
            return;
        }
        let reason = self.redactor.text(reason.as_bytes(), 123);
        let is_chrome = self.browser == Some(Browser::Chromium);
        let sighting = self.current(at, |last| last.socket.as_ref().is_some_and(|socket| socket.end.is_some()));
        // An app that prints its steps would have printed that it opened.
        let is_alone = sighting.socket.is_none();
        let socket = sighting.socket.get_or_insert_with(|| SocketSeen { at, ..SocketSeen::default() });
        match &socket.opened {
            // Firefox says no more of any failure than that; the code is TLS's alone.
            Opened::No { failure, .. } if code == 1015 && is_untold(failure) => {
                let failure = BrowserError::named("SSL_BROKEN", "").of_dial(None);
                socket.opened = Opened::No { failure, at };
            }
            // The browser has said why already, or the app tells of a socket that never opened.
            Opened::No { .. } => {}
            // Whether it had been open does not show.
            Opened::Unseen if is_alone && code == 1006 => {
                socket.end = Some(SocketEnd { at, close: Close::abnormal(CloseCause::Unseen), is_ordered: false });
            }
            Opened::Unseen if code == 1006 || code == 1015 => {
                let how = if code == 1015 { BrowserError::named("SSL_BROKEN", "") } else { BrowserError::Untold };
                let after = socket.at.zip(at).and_then(|(from, to)| (to - from).to_std().ok());
                socket.opened = Opened::No { failure: how.of_dial(after), at };
                sighting.unseen.insert(Unseen::DialFailure);
            }
            Opened::Unseen | Opened::Yes(_) => {
                if matches!(socket.opened, Opened::Unseen) {
                    socket.opened = Opened::Yes(socket.at);
                }
                let close = match code {
                    1006 => Close::abnormal(CloseCause::Unseen),
                    1005 => Close { was_clean, ..Close::received(None, reason.as_str()) },
                    code => Close { was_clean, ..Close::received(Some(code), reason.as_str()) },
                };
                let end = SocketEnd::of(at, close);
                // No page of Chrome's sees the 1001 that leaving it sends: this one is the server's.
                let is_ordered = end.is_ordered && !(is_chrome && code == 1001);
                socket.end = Some(SocketEnd { is_ordered, ..end });
            }
        }
    }

    /// The socket closed; the text has no code.
    fn closed_untold(&mut self, at: Option<Time>) {
        let Some(last) = self.parsed.sightings.last_mut() else {
            let end = Some(SocketEnd { at, close: Close::unseen(), is_ordered: false });
            let sighting = self.begin(at);
            sighting.socket = Some(SocketSeen { at, end, ..SocketSeen::default() });
            sighting.unseen.insert(Unseen::CloseReason);
            return;
        };
        let Some(socket) = last.socket.as_mut().filter(|socket| socket.end.is_none()) else { return };
        match &socket.opened {
            Opened::No { .. } => {}
            Opened::Unseen => {
                let after = socket.at.zip(at).and_then(|(from, to)| (to - from).to_std().ok());
                socket.opened = Opened::No { failure: BrowserError::Untold.of_dial(after), at };
                last.unseen.insert(Unseen::DialFailure);
            }
            Opened::Yes(_) => {
                socket.end = Some(SocketEnd { at, close: Close::unseen(), is_ordered: false });
                last.unseen.insert(Unseen::CloseReason);
            }
        }
    }

    /// The request that goes on came to nothing, as the page was told.
    fn request_gone(&mut self, at: Option<Time>, gone: LostRequest) {
        let Some(last) = self.parsed.sightings.last_mut().filter(|last| last.socket.is_none()) else { return };
        let kind = |from: Option<Time>, wanted: &str| {
            let after = from.zip(at).and_then(|(from, to)| (to - from).to_std().ok());
            match gone {
                LostRequest::TimedOut | LostRequest::GivenUp => match after.filter(|after| *after >= PATIENCE) {
                    Some(after) => RequestFailureKind::Timeout { after },
                    None => RequestFailureKind::Hidden(Hidden::GivenUp { after }),
                },
                LostRequest::NotJson { is_page, is_empty } => {
                    let mut answer = Answer::of_file(200);
                    answer.body.kind = match (is_page, is_empty) {
                        (true, _) => BodyKind::Page,
                        (false, true) => BodyKind::Empty,
                        (false, false) => BodyKind::Text,
                    };
                    let fault = AnswerFault::NotJson { wanted: wanted.into(), content_type: None, bytes: 0 };
                    RequestFailureKind::Malformed(Box::new(MalformedAnswer { fault, answer }))
                }
                LostRequest::Untold => RequestFailureKind::Hidden(Hidden::Untold { after }),
            }
        };
        let is_untold = gone == LostRequest::Untold;
        // Whatever the browser said of it before says more.
        if let Some(ticket) = &mut last.ticket {
            if ticket.result.is_none() {
                put(ticket, at, kind(ticket.at, "/ticket"), Option::is_none);
                last.unseen.extend(is_untold.then_some(Unseen::Answer));
            }
        } else if let Some(token) = last.token.as_mut().filter(|token| token.result.is_none()) {
            put(token, at, kind(token.at, "/token"), Option::is_none);
            last.unseen.extend(is_untold.then_some(Unseen::Answer));
        }
    }

    /// A request of the app's was refused, as the app says.
    fn refused(&mut self, at: Option<Time>, status: u16, code: Option<&str>) {
        let Some(last) = self.parsed.sightings.last_mut() else { return };
        let is_of_ticket = last.ticket.is_some();
        let mut answer = Answer::of_file(status);
        if let Some(code) = code {
            answer = answer.with_code(self.redactor.text(code.as_bytes(), 64).as_str());
        }
        let is_better = |known: &Option<RequestFailureKind>| match known {
            Some(RequestFailureKind::Status(known)) => known.body.code.is_none() && known.status == status,
            // What the browser says of it is more than that the app was told nothing.
            Some(_) => status != 0,
            None => true,
        };
        let kind = if status == 0 {
            RequestFailureKind::Hidden(Hidden::Untold { after: None })
        } else {
            RequestFailureKind::Status(Box::new(answer))
        };
        if is_of_ticket {
            let ticket = last.ticket.get_or_insert_with(|| asked(at, None));
            put(ticket, at, kind, is_better);
        } else {
            let token = last.token.get_or_insert_with(|| asked(at, None));
            put(token, at, kind, is_better);
        }
    }

    fn socket_failed(&mut self, at: Option<Time>, url: &Url, error: &BrowserError) {
        self.parsed.socket = Some(without_secrets(url));
        let ticket = url.query_pairs().find(|(name, value)| is_ticket(name, value));
        let ticket = ticket.map(|(_, value)| secrets::fingerprint(&value));
        let is_over = |last: &Sighting| {
            last.socket.as_ref().is_some_and(|socket| {
                let is_other = socket.ticket.is_some() && socket.ticket != ticket;
                is_other || socket.end.is_some()
            })
        };
        let sighting = self.current(at, is_over);
        let socket = sighting.socket.get_or_insert_with(|| SocketSeen { at, ..SocketSeen::default() });
        socket.ticket = socket.ticket.or(ticket);
        if let BrowserError::Protocol(fault) = error {
            // Frames come over an open socket only.
            if !matches!(socket.opened, Opened::Yes(_)) {
                socket.opened = Opened::Yes(socket.at);
            }
            let close = Close::abnormal(CloseCause::Protocol(fault.clone()));
            socket.end = Some(SocketEnd { at, close, is_ordered: false });
            return;
        }
        if let (Opened::No { failure, .. }, BrowserError::Untold) = (&socket.opened, error)
            && unseen_of(failure) != Some(Unseen::DialFailure)
        {
            return;
        }
        if matches!(socket.opened, Opened::Yes(_)) {
            return;
        }
        let after = socket.at.zip(at).and_then(|(from, to)| (to - from).to_std().ok());
        let failure = error.clone().of_dial(after);
        sighting.unseen.remove(&Unseen::DialFailure);
        sighting.unseen.extend(unseen_of(&failure));
        if let Some(socket) = &mut sighting.socket {
            socket.opened = Opened::No { failure, at };
        }
    }

    /// The browser says how a request was answered; the app says of what it was in its own lines.
    fn request_failed(
        &mut self,
        at: Option<Time>,
        url: &Url,
        status: Option<u16>,
        error: Option<&BrowserError>,
        is_echo: bool,
    ) {
        if matches!(url.scheme(), "ws" | "wss") {
            let error = status.map(BrowserError::Refused).or(error.cloned()).unwrap_or(BrowserError::Untold);
            return self.socket_failed(at, url, &error);
        }
        let path = url.path();
        let (is_ticket, is_token) = (paths::is_of_ticket(path), paths::is_of_token(path));
        // A picture that is missing has nothing to do with it.
        let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        let is_asked =
            self.parsed.sightings.last().is_some_and(|last| {
                last.socket.is_none() && (last.ticket.is_some() || last.token.is_some()) && !is_file
            });
        if !is_ticket && !is_token && !is_asked {
            return;
        }
        if url.host_str() != Some(Profile::UNKNOWN_HOST) {
            self.parsed.request = Some(without_secrets(url));
        }
        let kind = match (status, error) {
            (Some(status), _) => RequestFailureKind::of_status(status),
            (None, Some(error)) => error.clone().of_request(),
            (None, None) => RequestFailureKind::Hidden(Hidden::Untold { after: None }),
        };
        let sighting = self.current(at, |last| {
            let failed = |result: Option<&RequestFailureKind>| match result {
                Some(RequestFailureKind::Hidden(_) | RequestFailureKind::Status(_)) if is_echo => false,
                Some(_) => true,
                None => false,
            };
            let ticket = last.ticket.as_ref().map(|ticket| failed(ticket.failure()) || ticket.is_granted());
            let token = last.token.as_ref().filter(|_| is_token).map(|token| failed(token.failure()));
            last.socket.is_some() || ticket.or(token).unwrap_or(false)
        });
        let is_better = |known: &Option<RequestFailureKind>| match known {
            Some(RequestFailureKind::Hidden(_)) => status.is_some(),
            known => known.is_none(),
        };
        if is_ticket || sighting.ticket.is_some() {
            put(sighting.ticket.get_or_insert_with(|| asked(at, None)), at, kind, is_better);
        } else {
            put(sighting.token.get_or_insert_with(|| asked(at, None)), at, kind, is_better);
        }
        let is_hidden = |failure: Option<&RequestFailureKind>| {
            matches!(failure, Some(RequestFailureKind::Hidden(Hidden::Untold { .. })))
        };
        let ticket = sighting.ticket.as_ref().and_then(RequestSeen::failure);
        let token = sighting.token.as_ref().and_then(RequestSeen::failure);
        if is_hidden(ticket) || is_hidden(token) {
            sighting.unseen.insert(Unseen::Answer);
        } else {
            sighting.unseen.remove(&Unseen::Answer);
        }
    }

    fn blocked(
        &mut self,
        at: Option<Time>,
        rule: BrowserRule,
        url: Option<&Url>,
        status: Option<u16>,
        cause: Option<&BlockCause>,
    ) {
        let error = BrowserError::Blocked(rule);
        match url {
            Some(url) if matches!(url.scheme(), "ws" | "wss") => return self.socket_failed(at, url, &error),
            Some(url) if std::mem::take(&mut self.is_unnamed) => self.parsed.request = Some(without_secrets(url)),
            Some(url) => self.request_failed(at, url, status, Some(&error), false),
            None => self.current_blocked(at, status, error),
        }
        if let (Some(cause), Some(last)) = (cause, self.parsed.sightings.last_mut()) {
            let request = if last.ticket.is_some() { PageRequest::Ticket } else { PageRequest::Token };
            let block = BrowserBlock { request, cause: cause.clone() };
            if !last.blocks.contains(&block) {
                last.blocks.push(block);
            }
        }
    }

    /// A rule stopped what goes on; the line does not say what that is.
    fn current_blocked(&mut self, at: Option<Time>, status: Option<u16>, error: BrowserError) {
        let Some(last) = self.parsed.sightings.last_mut() else { return };
        self.is_unnamed = true;
        if let Some(socket) = &mut last.socket {
            if matches!(socket.opened, Opened::Unseen) {
                socket.opened = Opened::No { failure: error.of_dial(None), at };
            }
            return;
        }
        let kind = status.map_or_else(|| error.of_request(), RequestFailureKind::of_status);
        if let Some(ticket) = &mut last.ticket {
            put(ticket, at, kind, Option::is_none);
        } else if let Some(token) = &mut last.token {
            put(token, at, kind, Option::is_none);
        }
    }
}

fn asked<T>(at: Option<Time>, took: Option<Duration>) -> RequestSeen<T> {
    RequestSeen { took, ..RequestSeen::at(at, TraceId::unseen(), None) }
}

/// Says how a request failed, unless something better is known.
fn put<T>(
    asked: &mut RequestSeen<T>,
    at: Option<Time>,
    kind: RequestFailureKind,
    is_better: impl Fn(&Option<RequestFailureKind>) -> bool,
) {
    let known = match &asked.result {
        Some(Err(known)) => Some(known.clone()),
        Some(Ok(_)) | None => None,
    };
    if is_better(&known) {
        asked.took = asked.at.zip(at).and_then(|(from, to)| (to - from).to_std().ok());
        asked.result = Some(Err(kind));
    }
}

/// `url` without its query.
pub(super) fn without_secrets(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}
