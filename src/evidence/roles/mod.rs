//! From the requests of a file to attempts: which of them asked for the token, which for the ticket, and which opened the
//! socket.
//!
//! A ticket request is the latest earlier one whose answer holds what the socket's address carries; a token request the
//! one whose answer holds the JWT that the ticket request was sent with. Only where the file lacks bodies do names and
//! order decide, and then the attempt says so.

mod answers;
mod attempts;
mod carried;
mod head;

use std::collections::{BTreeSet, HashMap, HashSet};

use url::Url;

use super::exchange::{Exchange, Exchanges, authority};
pub(super) use answers::{is_untold, unseen_of};
use attempts::Builder;
use carried::{MIN_VALUE, carried, is_ticket_taken_out, ticket_of};

use super::secrets;
use super::sighting::{Sighting, Time};
use crate::journal::Direction;
use crate::model::{Fingerprint, Profile, Redactor};

/// What a request was for, in the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Token,
    Ticket,
    Socket,
}

/// Where the steps of a service were found.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// Where tokens are asked for.
    pub token: Option<Place>,
    /// Where tickets are asked for.
    pub ticket: Option<Place>,
    /// The address of the socket, without what is secret in it.
    pub socket: Option<Url>,
    /// The name of the query's parameter that carries the ticket.
    pub query: Option<String>,
    /// The origin of the page.
    pub origin: Option<String>,
    /// Sockets at other addresses, which belong to something else.
    pub others: BTreeSet<String>,
}

/// An address at which something is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// Its method.
    pub method: String,
    /// Its address, without its query.
    pub url: Url,
}

/// The attempts of one file.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In the order in which they began.
    pub sightings: Vec<Sighting>,
    /// Where the steps were found.
    pub places: Places,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// Finds the attempts that `exchanges` tell of; `hint` says where the steps are where the file does not.
pub(super) fn find(exchanges: &Exchanges, hint: Option<&Profile>, redactor: &Redactor) -> Found {
    let finder = Finder::new(&exchanges.kept, hint);
    let roles = finder.roles();
    let order = finder.order(&roles);
    let mut builder = Builder::new(&exchanges.kept, redactor, &finder.pairs);
    for (index, role) in order {
        match role {
            Role::Token => builder.token(index),
            Role::Ticket => builder.ticket(index),
            Role::Socket => builder.socket(index, finder.is_paired_by_order(index)),
        }
    }
    let sightings = builder.finish(exchanges.latest);
    Found { sightings, places: finder.places(&roles, exchanges), notes: close_frames(&exchanges.kept) }
}

/// Close frames for which the file has only direction and length.
fn close_frames(all: &[Exchange]) -> Vec<String> {
    const SHOWN: usize = 5;
    let frames = all.iter().rev().filter_map(|exchange| {
        let (direction, len) = exchange.socket.as_ref()?.close_frame?;
        let who = if direction == Direction::In { "server" } else { "page, or its browser," };
        let ticket = ticket_of(exchange).map_or_else(String::new, |ticket| format!(" with ticketHash {ticket}"));
        // RFC 6455 §5.5.1: the code has two bytes.
        let reason = match len.checked_sub(2) {
            None => "without a code".to_owned(),
            Some(0) => "with a code and no reason".to_owned(),
            Some(len) => format!("with a code and a reason of {len} bytes"),
        };
        Some(format!("The {who} closed the WebSocket{ticket}: {reason}, which this kind of file does not have."))
    });
    frames.take(SHOWN).collect()
}

struct Finder<'a> {
    all: &'a [Exchange],
    hint: Option<&'a Profile>,
    /// The ticket request of each socket, by what its address carries.
    pairs: HashMap<usize, usize>,
    /// The token request of each ticket request, by the JWT.
    logins: HashMap<usize, usize>,
    /// The parameter of each socket's query that carries the ticket.
    queries: HashMap<usize, String>,
}

impl<'a> Finder<'a> {
    fn new(all: &'a [Exchange], hint: Option<&'a Profile>) -> Self {
        let mut finder = Self { all, hint, pairs: HashMap::new(), logins: HashMap::new(), queries: HashMap::new() };
        let mut given: HashMap<Fingerprint, Vec<usize>> = HashMap::new();
        for (index, exchange) in all.iter().enumerate().filter(|(_, exchange)| exchange.socket.is_none()) {
            let json = exchange.json();
            for (_, value) in json.iter().flat_map(secrets::leaves).filter(|(_, value)| value.len() >= MIN_VALUE) {
                given.entry(secrets::fingerprint(&value)).or_default().push(index);
            }
        }
        let latest = |value: &str, before: usize| {
            let candidates = given.get(&secrets::fingerprint(value))?;
            let is_earlier = |index: &&usize| match (all[**index].at, all[before].at) {
                (Some(one), Some(other)) => one <= other,
                _ => true,
            };
            candidates.iter().filter(is_earlier).max_by_key(|index| (all[**index].at, **index)).copied()
        };
        for (index, socket) in all.iter().enumerate().filter(|(_, exchange)| exchange.socket.is_some()) {
            for (name, value) in carried(socket) {
                if let Some(ticket) = latest(&value, index) {
                    finder.pairs.insert(index, ticket);
                    name.into_iter().for_each(|name| drop(finder.queries.insert(index, name)));
                    break;
                }
            }
        }
        for (index, exchange) in all.iter().enumerate() {
            let bearer = exchange.authorization.as_ref().and_then(|value| value.rsplit(' ').next());
            if let Some(login) = bearer.and_then(|bearer| latest(bearer, index)).filter(|login| *login != index) {
                finder.logins.insert(index, login);
            }
        }
        finder
    }

    /// The sockets that count: those that a ticket was asked for, or that the hint names, or all of the address that most
    /// have.
    fn socket_address(&self) -> Option<(String, String)> {
        let sockets = || self.all.iter().enumerate().filter(|(_, exchange)| exchange.socket.is_some());
        let address = |exchange: &Exchange| socket_place(&exchange.url);
        let hinted = self.hint.map(|profile| profile.websocket.join(&profile.endpoints.socket.path));
        let hinted = hinted.map(|url| socket_place(&url));
        let of_hint = || hinted.filter(|wanted| sockets().any(|(_, exchange)| address(exchange) == *wanted));
        let paired = || sockets().rfind(|(index, _)| self.pairs.contains_key(index));
        let by_ticket = || {
            let named =
                |exchange: &Exchange| exchange.url.query_pairs().any(|(name, _)| secrets::is_secret_name(&name));
            sockets().rfind(|(_, exchange)| named(exchange) && !exchange.is_of_tools())
        };
        let of_app = || sockets().rfind(|(_, exchange)| !exchange.is_of_tools());
        of_hint().or_else(|| {
            paired()
                .or_else(by_ticket)
                .or_else(of_app)
                .or_else(|| sockets().next_back())
                .map(|(_, exchange)| address(exchange))
        })
    }

    fn roles(&self) -> Vec<(usize, Role)> {
        let socket = self.socket_address();
        let is_ours = |exchange: &Exchange| socket.as_ref() == Some(&socket_place(&exchange.url));
        let place = |index: usize| place(&self.all[index]);
        let mut tickets: Vec<Place> = self.pairs.values().map(|index| place(*index)).collect();
        if tickets.is_empty() {
            tickets = self.by_path(Role::Ticket);
        }
        let keys = |places: &[Place]| places.iter().map(|place| key(&place.url)).collect::<HashSet<_>>();
        let of_tickets = keys(&tickets);
        let is_ticket = |exchange: &Exchange| {
            exchange.socket.is_none() && !exchange.is_preflight() && of_tickets.contains(&key(&exchange.url))
        };
        let before_tickets = self.logins.iter().filter(|(ticket, _)| is_ticket(&self.all[**ticket]));
        let mut tokens: Vec<Place> = before_tickets.map(|(_, login)| place(*login)).collect();
        if tokens.is_empty() {
            tokens = self.by_path(Role::Token);
        }
        let tickets: HashSet<_> = tickets.into_iter().collect();
        tokens.retain(|token| !tickets.contains(token));
        let of_tokens = keys(&tokens);
        let is_token = |exchange: &Exchange| {
            exchange.socket.is_none() && !exchange.is_preflight() && of_tokens.contains(&key(&exchange.url))
        };
        let role = |exchange: &Exchange| {
            if exchange.socket.is_some() {
                is_ours(exchange).then_some(Role::Socket)
            } else if is_ticket(exchange) {
                Some(Role::Ticket)
            } else {
                is_token(exchange).then_some(Role::Token)
            }
        };
        self.all.iter().enumerate().filter_map(|(index, exchange)| Some((index, role(exchange)?))).collect()
    }

    /// Requests whose paths are the hint's, or the contract's, or are called so.
    fn by_path(&self, role: Role) -> Vec<Place> {
        let endpoints = self.hint.map(|profile| profile.endpoints.clone()).unwrap_or_default();
        let exact = match role {
            Role::Token => endpoints.token.path.to_string(),
            Role::Ticket | Role::Socket => endpoints.ticket.path.to_string(),
        };
        let http = || self.all.iter().filter(|exchange| exchange.socket.is_none() && !exchange.is_preflight());
        let ends = |wanted: &str| -> Vec<Place> {
            http().filter(|exchange| exchange.url.path().ends_with(wanted)).map(place).collect()
        };
        let found = ends(exact.split('?').next().unwrap_or_default());
        if !found.is_empty() || self.hint.is_some() {
            return found;
        }
        let words: &[&str] = match role {
            Role::Token => &["/auth/token", "/oauth/token", "/login", "/token", "/session"],
            Role::Ticket | Role::Socket => &["ticket", "negotiate", "ws-token", "socket-token", "connect-token"],
        };
        let called = |exchange: &&Exchange| {
            let path = exchange.url.path().to_ascii_lowercase();
            words.iter().any(|word| path.contains(word))
        };
        http().filter(called).map(place).collect()
    }

    /// The requests that have a role, in the order in which they were sent.
    fn order(&self, roles: &[(usize, Role)]) -> Vec<(usize, Role)> {
        let mut keyed: Vec<_> = roles.iter().map(|(index, role)| (self.time_of(*index), *index, *role)).collect();
        // What has no time at all comes in the file's order, behind what it belongs to.
        keyed.sort_by_key(|(at, index, _)| (at.is_none(), *at, *index));
        let mut ordered = Vec::with_capacity(keyed.len());
        for at_once in keyed.chunk_by(|(one, ..), (next, ..)| one.is_some() && one == next) {
            let mut at_once: Vec<_> = at_once.iter().map(|(_, index, role)| (*index, *role)).collect();
            if self.is_one_attempt(&at_once) {
                at_once.sort_by_key(|(_, role)| *role);
            }
            ordered.extend(at_once);
        }
        ordered
    }

    /// Whether requests of one moment, in the file's order, are the steps of one attempt: each of them is there once, and
    /// none was made because another was refused.
    fn is_one_attempt(&self, at_once: &[(usize, Role)]) -> bool {
        let of = |wanted| at_once.iter().filter(move |(_, role)| *role == wanted).map(|(index, _)| *index);
        let is_once = [Role::Token, Role::Ticket, Role::Socket].into_iter().all(|role| of(role).count() <= 1);
        let is_again = of(Role::Ticket).zip(of(Role::Token)).any(|(ticket, token)| {
            let is_refused = matches!(self.all[ticket].status, Some(401 | 403));
            is_refused && ticket < token && self.logins.get(&ticket) != Some(&token)
        });
        is_once && !is_again
    }

    /// When a request was sent; for a socket without a time, when its ticket was there.
    fn time_of(&self, index: usize) -> Option<Time> {
        let exchange = &self.all[index];
        exchange.at.or_else(|| {
            let ticket = &self.all[*self.pairs.get(&index)?];
            ticket.at.and_then(|at| super::sighting::later(at, ticket.took.unwrap_or_default()))
        })
    }

    /// Whether a ticket was carried, and no answer in the file holds it.
    fn is_paired_by_order(&self, socket: usize) -> bool {
        let exchange = &self.all[socket];
        !self.pairs.contains_key(&socket) && !is_ticket_taken_out(exchange) && carried(exchange).next().is_some()
    }

    fn places(&self, roles: &[(usize, Role)], exchanges: &Exchanges) -> Places {
        let last = |wanted| roles.iter().rev().find(|(_, role)| *role == wanted).map(|(index, _)| *index);
        let of = |role| last(role).map(|index| place(&self.all[index]));
        let socket = last(Role::Socket).map(|index| &self.all[index]);
        let query = socket.and_then(|socket| {
            let index = last(Role::Socket).and_then(|index| self.queries.get(&index).cloned());
            index.or_else(|| {
                let mut names = socket.url.query_pairs().map(|(name, _)| name.into_owned());
                names.find(|name| secrets::is_secret_name(name))
            })
        });
        let origins = roles.iter().rev().filter_map(|(index, _)| self.all[*index].origin.clone());
        let origin = origins.chain(exchanges.pages.iter().rev().cloned()).next();
        let ours = self.socket_address();
        let others = self.all.iter().filter(|exchange| exchange.socket.is_some());
        let others = others.filter(|exchange| ours.as_ref() != Some(&socket_place(&exchange.url)));
        let shown = |exchange: &Exchange| format!("{}://{}", exchange.url.scheme(), exchange.host());
        Places {
            token: of(Role::Token),
            ticket: of(Role::Ticket),
            socket: socket.map(|socket| {
                let mut url = socket.url.clone();
                url.set_query(None);
                url.set_path(&steady_path(&socket.url));
                url
            }),
            query,
            origin,
            others: others.map(shown).collect(),
        }
    }
}

/// Server and path of an address.
fn key(url: &Url) -> (String, String) {
    (authority(url), url.path().to_owned())
}

fn place(exchange: &Exchange) -> Place {
    let mut url = exchange.url.clone();
    url.set_query(None);
    url.set_fragment(None);
    Place { method: exchange.method.clone(), url }
}

/// The path of a socket, without what is secret in it.
fn steady_path(url: &Url) -> String {
    let shown = |segment| if secrets::is_hidden_in_path(segment) { "hidden" } else { segment };
    let segments = url.path().split('/').map(shown);
    segments.collect::<Vec<_>>().join("/")
}

/// What sockets of one service have in common: host and path. A second port is a way round, not another service.
fn socket_place(url: &Url) -> (String, String) {
    (url.host_str().unwrap_or_default().to_owned(), steady_path(url))
}
