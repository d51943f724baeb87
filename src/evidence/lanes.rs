//! Concurrent attempts, as of two tabs: sequential within a lane; one lane is the session.

use chrono::SecondsFormat;

use super::sighting::{Opened, Outcome, Sighting};

/// The attempts of files, those of one tab apart from those of another.
#[derive(Debug)]
pub(super) struct Lanes {
    /// The lane that is shown: one that ends with a failure before one that does not, then the one with more attempts.
    pub chosen: Vec<Sighting>,
    /// The outcome of the others, in words.
    pub beside: Vec<String>,
}

/// Puts attempts, ordered by when they began, into lanes.
pub(super) fn of(sightings: Vec<Sighting>) -> Lanes {
    let mut lanes: Vec<Vec<Sighting>> = Vec::new();
    for sighting in sightings {
        let begun = sighting.first();
        let ended = |lane: &[Sighting]| lane.last().and_then(Sighting::last);
        let is_free = |lane: &[Sighting]| ended(lane).zip(begun).is_none_or(|(last, first)| last <= first);
        // The one that came to its end last: a reconnect follows soon.
        let free = lanes.iter_mut().filter(|lane| is_free(lane)).max_by_key(|lane| ended(lane));
        match free {
            Some(lane) => lane.push(sighting),
            None => lanes.push(vec![sighting]),
        }
    }
    let rank = |lane: &Vec<Sighting>| (lane.last().is_some_and(is_failed), lane.len());
    let best = (0..lanes.len()).rev().max_by_key(|place| rank(&lanes[*place]));
    let chosen = best.map(|best| lanes.remove(best)).unwrap_or_default();
    Lanes { chosen, beside: lanes.iter().map(|lane| in_words(lane)).collect() }
}

/// Whether it came to a bad end.
pub(super) fn is_failed(sighting: &Sighting) -> bool {
    if sighting.socket.as_ref().is_some_and(|socket| socket.refusal.is_some()) {
        return true;
    }
    match sighting.outcome() {
        Outcome::TokenFailed | Outcome::TicketFailed | Outcome::NotOpened => true,
        Outcome::Opened => {
            let end = sighting.socket.as_ref().and_then(|socket| socket.end.as_ref());
            end.is_some_and(|end| !end.is_ordered && end.close.is_told())
        }
        Outcome::Unknown => false,
    }
}

/// A lane's outcome in words, shown while another lane is the session.
fn in_words(lane: &[Sighting]) -> String {
    let count = match lane.len() {
        1 => "1 attempt".to_owned(),
        count => format!("{count} attempts"),
    };
    let begun = lane.first().and_then(Sighting::first);
    let begun =
        begun.map_or_else(String::new, |at| format!(" from {} on", at.to_rfc3339_opts(SecondsFormat::Millis, true)));
    let ended = lane.last().map_or_else(String::new, last_words);
    format!("At the same time, as in a second tab, ran {count}{begun} that are not shown: {ended}.")
}

fn last_words(sighting: &Sighting) -> String {
    let ticket = sighting.ticket_fingerprint().map_or_else(String::new, |ticket| format!(" (ticketHash {ticket})"));
    let told = match (sighting.outcome(), sighting.socket.as_ref()) {
        (Outcome::TokenFailed, _) => "it got no JWT".to_owned(),
        (Outcome::TicketFailed, _) => "it got no ticket".to_owned(),
        (_, Some(socket)) => match (&socket.opened, &socket.end) {
            (Opened::No { failure, .. }, _) => format!("its WebSocket did not open, {failure}"),
            (_, Some(end)) if end.close.is_told() => format!("its WebSocket closed with {}", end.close),
            (_, Some(_)) => "its WebSocket opened and closed".to_owned(),
            (Opened::Yes(_), None) => "its WebSocket opened".to_owned(),
            (Opened::Unseen, None) => "how it ended is not in these files".to_owned(),
        },
        (_, None) => "how it ended is not in these files".to_owned(),
    };
    format!("{told}{ticket}")
}
