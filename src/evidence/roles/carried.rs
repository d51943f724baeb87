//! What a socket's request carries that may be a ticket.

use crate::evidence::exchange::Exchange;
use crate::evidence::secrets;
use crate::model::Fingerprint;

/// Values shorter than this are in many answers.
pub const MIN_VALUE: usize = 8;

/// What a socket's request carries that may be a ticket: the likeliest first, with the name of the query's parameter.
pub fn carried(socket: &Exchange) -> impl Iterator<Item = (Option<String>, String)> {
    let mut query: Vec<_> =
        socket.url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    query.sort_by_key(|(name, _)| !secrets::is_secret_name(name));
    let query = query.into_iter().filter(|(name, value)| is_value(value) && name != "EIO" && name != "transport");
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
pub fn ticket_of(socket: &Exchange) -> Option<Fingerprint> {
    let named = socket.url.query_pairs().find(|(name, value)| secrets::is_secret_name(name) && is_value(value));
    let looks = || socket.url.query_pairs().find(|(_, value)| secrets::looks_secret(value));
    named.or_else(looks).map(|(_, value)| secrets::fingerprint(&value))
}

/// Whether a placeholder stands for the ticket, which was removed from the file.
pub fn is_ticket_taken_out(socket: &Exchange) -> bool {
    ticket_of(socket).is_none()
        && socket
            .url
            .query_pairs()
            .any(|(name, value)| secrets::is_secret_name(&name) && secrets::is_placeholder(&value))
}

fn is_value(value: &str) -> bool {
    value.len() >= MIN_VALUE && !secrets::is_placeholder(value)
}
