//! From requests whose roles are known to attempts.

use std::collections::HashMap;

use url::Url;

use super::answers::{self, unseen_of};
use super::carried::{is_ticket_taken_out, ticket_of};
use super::head::head;
use crate::evidence::exchange::{Exchange, RawEnd};
use crate::evidence::sighting::{Opened, RequestSeen, Sighting, SocketEnd, SocketSeen, Time};
use crate::model::failure::Close;
use crate::model::{
    BlockCause, BrowserBlock, CloseCause, CorsAnswer, DialFailure, Failure, Hidden, PageRequest, Redactor, SafeText,
    Unseen,
};

struct Attempt {
    sighting: Sighting,
    /// The request that gave its ticket.
    ticket: Option<usize>,
}

/// Puts requests together into attempts, in the order in which they were sent.
pub struct Builder<'a> {
    all: &'a [Exchange],
    redactor: &'a Redactor,
    pairs: &'a HashMap<usize, usize>,
    /// What browsers asked before requests to an address.
    preflights: HashMap<&'a Url, Vec<&'a Exchange>>,
    found: Vec<Attempt>,
    /// The attempt that a ticket request belongs to.
    of_ticket: HashMap<usize, usize>,
}

impl<'a> Builder<'a> {
    /// Without any attempt; `pairs` has the ticket request of each socket, by what its address carries.
    pub fn new(all: &'a [Exchange], redactor: &'a Redactor, pairs: &'a HashMap<usize, usize>) -> Self {
        let mut preflights: HashMap<_, Vec<_>> = HashMap::new();
        for preflight in all.iter().filter(|exchange| exchange.is_preflight()) {
            preflights.entry(&preflight.url).or_default().push(preflight);
        }
        Self { all, redactor, pairs, preflights, found: Vec::new(), of_ticket: HashMap::new() }
    }

    /// All of them, in a file that goes on until `latest`.
    pub fn finish(self, latest: Option<Time>) -> Vec<Sighting> {
        let mut sightings: Vec<_> = self.found.into_iter().map(|attempt| attempt.sighting).collect();
        let starts: Vec<_> = sightings.iter().map(Sighting::first).collect();
        for (index, sighting) in sightings.iter_mut().enumerate() {
            let next = starts.get(index + 1).copied().flatten();
            sighting.miss_socket(next.max(latest));
        }
        sightings
    }

    fn begin(&mut self) -> &mut Attempt {
        self.found.push(Attempt { sighting: Sighting::default(), ticket: None });
        let at = self.found.len() - 1;
        &mut self.found[at]
    }

    /// Takes in a token request.
    pub fn token(&mut self, index: usize) {
        let mut asked = answers::token(&self.all[index], self.redactor);
        let blocks = self.blocks(index, PageRequest::Token);
        answers::explain(&mut asked, &blocks, self.preflight(index));
        let is_untold = answers::is_answer_hidden(&asked);
        let last = self.found.last_mut().map(|attempt| &mut attempt.sighting);
        // A ticket request that was refused and is followed by a new token is made again.
        let refused = last.filter(|last| last.socket.is_none()).and_then(|last| {
            let (status, code) = last.ticket.as_ref().and_then(answers::refusal)?;
            let is_curable = matches!(status, 401 | 403);
            is_curable.then(|| {
                last.ticket = None;
                last.cured = Some((status, code));
            })
        });
        let is_new = refused.is_none();
        if is_new {
            self.begin();
        }
        if let Some(attempt) = self.found.last_mut() {
            attempt.sighting.unseen.extend(is_untold.then_some(Unseen::Answer));
            attempt.sighting.token = Some(asked);
            attempt.sighting.blocks.extend(blocks);
        }
    }

    /// Takes in a ticket request.
    pub fn ticket(&mut self, index: usize) {
        let exchange = &self.all[index];
        let mut asked = answers::ticket(exchange, self.redactor);
        let blocks = self.blocks(index, PageRequest::Ticket);
        answers::explain(&mut asked, &blocks, self.preflight(index));
        let is_free = self.found.last().is_some_and(|last| {
            let Sighting { token, ticket, socket, .. } = &last.sighting;
            ticket.is_none() && socket.is_none() && token.as_ref().is_some_and(RequestSeen::is_granted)
        });
        if !is_free {
            self.begin();
        }
        let stored = answers::bearer(exchange);
        if let Some(attempt) = self.found.last_mut() {
            if attempt.sighting.token.is_none() {
                attempt.sighting.stored = stored;
            }
            if exchange.authorization.is_none() {
                attempt.sighting.unseen.insert(Unseen::Authorization);
            }
            attempt.sighting.unseen.extend(answers::is_answer_hidden(&asked).then_some(Unseen::Answer));
            attempt.sighting.unseen.extend(answers::is_taken_out(exchange).then_some(Unseen::Ticket));
            attempt.sighting.cached = exchange.cached;
            attempt.sighting.ticket = Some(asked);
            attempt.sighting.blocks.extend(blocks);
            attempt.ticket = Some(index);
        }
        self.of_ticket.insert(index, self.found.len() - 1);
    }

    /// Takes in a socket; of one that is paired by order no answer has the ticket.
    pub fn socket(&mut self, index: usize, is_paired_by_order: bool) {
        let exchange = &self.all[index];
        let pair = self.pairs.get(&index);
        let is_open = |attempt: &Attempt| attempt.sighting.socket.is_none();
        let by_value = pair.and_then(|ticket| {
            let place = *self.of_ticket.get(ticket)?;
            self.found.get(place).filter(|attempt| attempt.ticket == Some(*ticket) && is_open(attempt)).map(|_| place)
        });
        let by_order = || {
            let last = self.found.len().checked_sub(1)?;
            let granted = self.found[last].sighting.ticket.as_ref().is_none_or(RequestSeen::is_granted);
            (pair.is_none() && is_open(&self.found[last]) && granted).then_some(last)
        };
        let place = by_value.or_else(by_order).unwrap_or_else(|| {
            self.begin();
            self.found.len() - 1
        });
        let (seen, unseen) = self.seen(exchange);
        let sighting = &mut self.found[place].sighting;
        sighting.unseen.extend(unseen);
        if is_paired_by_order && sighting.ticket.is_some() {
            sighting.unseen.insert(Unseen::Pairing);
        }
        sighting.socket = Some(seen);
    }

    fn seen(&self, exchange: &Exchange) -> (SocketSeen, Vec<Unseen>) {
        let raw = exchange.socket.as_ref();
        let opened = match exchange.status {
            Some(101) => Opened::Yes(raw.and_then(|raw| raw.opened_at).or(exchange.at)),
            _ => answers::not_opened(exchange, self.redactor),
        };
        let Some(raw) = raw else {
            return (SocketSeen { opened, at: exchange.at, ..SocketSeen::default() }, Vec::new());
        };
        let mut last_word = raw.last_word.clone();
        if let Some(word) = &mut last_word {
            word.reason = self.redactor.text(word.reason.as_str().as_bytes(), 200);
        }
        let end = match &raw.end {
            RawEnd::Unseen => None,
            RawEnd::Closed { at, close, is_by_page } => {
                let reason = self.redactor.text(close.reason.as_str().as_bytes(), 123);
                let end = SocketEnd::of(*at, Close { reason: reason.into(), ..close.clone() });
                Some(SocketEnd { is_ordered: end.is_ordered || *is_by_page, ..end })
            }
        };
        let mut unseen = raw.unseen.clone();
        unseen.extend(is_ticket_taken_out(exchange).then_some(Unseen::Ticket));
        if let Opened::No { failure, .. } = &opened {
            unseen.extend(unseen_of(failure));
        }
        if exchange.status != Some(101) {
            unseen.retain(|what| {
                !matches!(what, Unseen::Messages | Unseen::SocketEnd | Unseen::CloseReason | Unseen::Pings)
            });
        }
        let seen = SocketSeen {
            at: exchange.at,
            ticket: ticket_of(exchange),
            head: head(exchange, self.redactor),
            answer: answers::good(exchange, self.redactor).filter(|answer| answer.status == 101),
            phases: exchange.phases.clone(),
            lost: raw.lost.clone(),
            connected: raw.connected,
            issuer: raw.issuer.clone(),
            opened,
            greeting: None,
            end,
            messages: raw.messages.clone(),
            last_word,
            refusal: None,
        };
        (seen, unseen)
    }

    /// The preflight of the request numbered `index`: the nearest to the same address.
    fn preflight(&self, index: usize) -> Option<&'a Exchange> {
        let exchange = &self.all[index];
        let apart = |other: &Exchange| exchange.at.zip(other.at).map(|(one, other)| (one - other).abs());
        let same = self.preflights.get(&exchange.url)?;
        same.iter().copied().min_by_key(|other| (apart(other).is_none(), apart(other)))
    }

    /// Where the browser stopped at the request numbered `index`, although the server answered it.
    fn blocks(&self, index: usize, request: PageRequest) -> Vec<BrowserBlock> {
        let exchange = &self.all[index];
        let is_kept_from_page = exchange.error.is_some() && exchange.status.is_some();
        let of = CorsAnswer::Request;
        let cause = is_kept_from_page.then(|| match exchange.header("access-control-allow-origin") {
            None => BlockCause::NoOrigin { of },
            Some(allowed) => BlockCause::OtherOrigin { of, allowed: self.redactor.text(allowed.as_bytes(), 200) },
        });
        let preflight = || {
            let preflight = self.preflight(index).filter(|_| exchange.status.is_none())?;
            let of = CorsAnswer::Preflight;
            match preflight.status? {
                200..300 => {}
                status => return Some(BlockCause::PreflightStatus { status }),
            }
            // Of a request that was never sent the file has no headers.
            let origin = exchange.origin.as_deref().or(preflight.origin.as_deref())?;
            match preflight.header("access-control-allow-origin") {
                None => return Some(BlockCause::NoOrigin { of }),
                Some(allowed) if allowed != "*" && allowed != origin => {
                    let allowed = self.redactor.text(allowed.as_bytes(), 200);
                    return Some(BlockCause::OtherOrigin { of, allowed });
                }
                Some(_) => {}
            }
            let allowed = preflight.header("access-control-allow-headers");
            preflight.forbidden_header().map(|header| BlockCause::HeaderNotAllowed {
                header: SafeText::with_limit(header, 64),
                allowed: allowed.map(|allowed| self.redactor.text(allowed.as_bytes(), 200)),
            })
        };
        cause.or_else(preflight).map(|cause| BrowserBlock { request, cause }).into_iter().collect()
    }
}

impl Sighting {
    /// Says that the ticket was followed by no socket, if the file goes on long enough after it, until `latest`.
    fn miss_socket(&mut self, latest: Option<Time>) {
        const SOON: chrono::TimeDelta = chrono::TimeDelta::seconds(2);
        let Some(ticket) = self.ticket.as_ref().filter(|ticket| ticket.is_granted() && self.socket.is_none()) else {
            return;
        };
        let at = ticket.answered_at().or(ticket.at);
        if at.zip(latest).is_some_and(|(at, latest)| latest - at > SOON) {
            let failure = Failure::Dial(DialFailure::Hidden(Hidden::Absent));
            self.socket = Some(SocketSeen { opened: Opened::No { failure, at }, ..SocketSeen::default() });
            self.unseen.insert(Unseen::Socket);
        }
    }
}

impl SocketEnd {
    /// An end by `close`; 1000, and 1001 when the page was left, are orderly.
    pub fn of(at: Option<Time>, close: Close) -> Self {
        let is_by_frame = close.cause == CloseCause::PeerFrame;
        let is_ordered = is_by_frame && matches!(close.code.0, 1000 | 1001) && close.reason.contract().is_none();
        Self { at, close, is_ordered }
    }
}
