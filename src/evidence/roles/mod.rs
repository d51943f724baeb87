//! From the requests of a file to attempts: which of them asked for the token, which for the ticket, and which opened the
//! socket.
//!
//! A ticket request is the latest earlier one whose answer holds what the socket's address carries; a token request the
//! one whose answer holds the JWT that the ticket request was sent with. Only where the file lacks bodies do names and
//! order decide, and then the attempt says so.

mod answers;

use std::collections::{BTreeSet, HashMap, HashSet};

use url::Url;

use super::exchange::{Exchange, Exchanges, RawEnd, authority};
pub(super) use answers::{is_untold, unseen_of};

use super::secrets;
use super::sighting::{Asked, End, Opened, Sighting, SocketSeen, Time};
use crate::model::failure::Close;
use crate::model::{
    BlockCause, BrowserBlock, CloseCause, CorsAnswer, Fingerprint, PageRequest, Profile, Redactor, Unseen,
};

/// Values shorter than this are in many answers.
const MIN_VALUE: usize = 8;

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

/// Finds the attempts that `exchanges` tell of; `hint` says where the steps are where the file does not.
pub(super) fn find(exchanges: &Exchanges, hint: Option<&Profile>, redactor: &Redactor) -> Found {
    let finder = Finder::new(&exchanges.kept, hint);
    let roles = finder.roles();
    let order = finder.order(&roles);
    let preflights = exchanges.kept.iter().filter(|exchange| exchange.is_preflight());
    let preflights = preflights.filter_map(|exchange| Some((&exchange.url, exchange.status?))).collect();
    let (found, of_ticket) = (Vec::new(), HashMap::new());
    let mut builder = Builder { all: &exchanges.kept, redactor, pairs: &finder.pairs, preflights, found, of_ticket };
    for (index, role) in order {
        match role {
            Role::Token => builder.token(index),
            Role::Ticket => builder.ticket(index),
            Role::Socket => builder.socket(index, finder.is_paired_by_order(index)),
        }
    }
    let sightings = builder.found.into_iter().map(|attempt| attempt.sighting).collect();
    Found { sightings, places: finder.places(&roles, exchanges) }
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
            sockets().rfind(|(_, exchange)| named(exchange))
        };
        of_hint().or_else(|| {
            paired().or_else(by_ticket).or_else(|| sockets().next_back()).map(|(_, exchange)| address(exchange))
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
        keyed.into_iter().map(|(_, index, role)| (index, role)).collect()
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
        !self.pairs.contains_key(&socket) && carried(&self.all[socket]).next().is_some()
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
    let segments = url.path().split('/').map(|segment| if secrets::looks_secret(segment) { "hidden" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// What sockets of one service have in common: host and path. A second port is a way round, not another service.
fn socket_place(url: &Url) -> (String, String) {
    (url.host_str().unwrap_or_default().to_owned(), steady_path(url))
}

/// What a socket's request carries that may be a ticket: the likeliest first, with the name of the query's parameter.
fn carried(socket: &Exchange) -> impl Iterator<Item = (Option<String>, String)> {
    let mut query: Vec<_> =
        socket.url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    query.sort_by_key(|(name, _)| !secrets::is_secret_name(name));
    let query =
        query.into_iter().filter(|(name, value)| value.len() >= MIN_VALUE && name != "EIO" && name != "transport");
    let query = query.map(|(name, value)| (Some(name), value));
    let whole = std::iter::once((None, socket.url.to_string()));
    let segments: Vec<_> =
        socket.url.path().split('/').filter(|segment| segment.len() >= 16).map(str::to_owned).collect();
    let protocols: Vec<_> =
        socket.protocols.iter().filter(|value| value.len() >= 16).map(|value| value.to_string()).collect();
    let has_any = socket.url.query().is_some() || !segments.is_empty() || !protocols.is_empty();
    let rest = segments.into_iter().chain(protocols).map(|value| (None, value));
    query.chain(whole.filter(move |_| has_any)).chain(rest)
}

/// The ticket that a socket's request carries, if it looks like one.
fn ticket_of(socket: &Exchange) -> Option<Fingerprint> {
    let named =
        socket.url.query_pairs().find(|(name, value)| secrets::is_secret_name(name) && value.len() >= MIN_VALUE);
    let looks = || socket.url.query_pairs().find(|(_, value)| secrets::looks_secret(value));
    named.or_else(looks).map(|(_, value)| secrets::fingerprint(&value))
}

struct Attempt {
    sighting: Sighting,
    /// The request that gave its ticket.
    ticket: Option<usize>,
}

struct Builder<'a> {
    all: &'a [Exchange],
    redactor: &'a Redactor,
    pairs: &'a HashMap<usize, usize>,
    /// How the newest question before a request to an address was answered.
    preflights: HashMap<&'a Url, u16>,
    found: Vec<Attempt>,
    /// The attempt that a ticket request belongs to.
    of_ticket: HashMap<usize, usize>,
}

impl Builder<'_> {
    fn begin(&mut self) -> &mut Attempt {
        self.found.push(Attempt { sighting: Sighting::default(), ticket: None });
        let at = self.found.len() - 1;
        &mut self.found[at]
    }

    fn token(&mut self, index: usize) {
        let mut asked = answers::token(&self.all[index], self.redactor);
        let blocks = self.blocks(index, PageRequest::Token);
        answers::explain(&mut asked, &blocks);
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
            attempt.sighting.token = Some(asked);
            attempt.sighting.blocks.extend(blocks);
        }
    }

    fn ticket(&mut self, index: usize) {
        let exchange = &self.all[index];
        let mut asked = answers::ticket(exchange, self.redactor);
        let blocks = self.blocks(index, PageRequest::Ticket);
        answers::explain(&mut asked, &blocks);
        let is_free = self.found.last().is_some_and(|last| {
            let Sighting { token, ticket, socket, .. } = &last.sighting;
            ticket.is_none() && socket.is_none() && token.as_ref().is_some_and(Asked::is_granted)
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
            attempt.sighting.ticket = Some(asked);
            attempt.sighting.blocks.extend(blocks);
            attempt.ticket = Some(index);
        }
        self.of_ticket.insert(index, self.found.len() - 1);
    }

    fn socket(&mut self, index: usize, is_paired_by_order: bool) {
        let exchange = &self.all[index];
        let pair = self.pairs.get(&index);
        let is_open = |attempt: &Attempt| attempt.sighting.socket.is_none();
        let by_value = pair.and_then(|ticket| {
            let place = *self.of_ticket.get(ticket)?;
            self.found.get(place).filter(|attempt| attempt.ticket == Some(*ticket) && is_open(attempt)).map(|_| place)
        });
        let by_order = || {
            let last = self.found.len().checked_sub(1)?;
            let granted = self.found[last].sighting.ticket.as_ref().is_none_or(Asked::is_granted);
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
            RawEnd::Closed { at, close } => {
                let reason = self.redactor.text(close.reason.as_str().as_bytes(), 123);
                Some(End::of(*at, Close { reason: reason.into(), ..close.clone() }))
            }
        };
        let mut unseen = raw.unseen.clone();
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
            phases: exchange.phases.clone(),
            lost: raw.lost.clone(),
            connected: raw.connected,
            issuer: raw.issuer.clone(),
            opened,
            end,
            messages: raw.messages.clone(),
            last_word,
        };
        (seen, unseen)
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
            let status = *self.preflights.get(&exchange.url)?;
            (!(200..300).contains(&status) && exchange.status.is_none())
                .then_some(BlockCause::PreflightStatus { status })
        };
        cause.or_else(preflight).map(|cause| BrowserBlock { request, cause }).into_iter().collect()
    }
}

impl End {
    /// An end by `close`. What was closed normally, or because its page was left, needs nobody.
    pub fn of(at: Option<Time>, close: Close) -> Self {
        let is_by_frame = close.cause == CloseCause::PeerFrame;
        let is_ordered = is_by_frame && matches!(close.code.0, 1000 | 1001) && close.reason.contract().is_none();
        Self { at, close, is_ordered }
    }
}
