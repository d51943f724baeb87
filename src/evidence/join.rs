//! Several files about the same connection: which attempts of theirs are one, how far their clocks are apart, and what
//! they say together.

use std::collections::HashSet;

use super::browser_error::BrowserError;
use super::roles::is_untold;
use super::sighting::{Opened, RequestSeen, Sighting, SocketEnd, SocketSeen};
use crate::model::failure::{TcpFailure, TlsCause, TlsFailure};
use crate::model::{CloseCause, DialFailure, Failure, Hidden, RequestFailureKind, Timing, Transport, Unseen};

/// What one file tells.
#[derive(Debug)]
pub(super) struct FileObservation {
    /// The attempts, in order.
    pub sightings: Vec<Sighting>,
    /// What it tells of time.
    pub timing: Timing,
}

/// Two attempts by the same clock that began this close together, in milliseconds, can be one.
const SAME: i64 = 2_000;
/// Zones differ by whole quarters of an hour, here in milliseconds.
const ZONE_STEP: i64 = 15 * 60 * 1_000;

/// What of a server's log is about the attempts of a browser's file.
pub(super) struct OfLog {
    /// That part of the log.
    pub testimony: FileObservation,
    /// How many other attempts it tells of.
    pub others: usize,
}

/// Takes out of a server's `log` what is about the attempts of `base`, whose page is at `origin` if that is known: by
/// ticket and trace, else by time and origin. Everybody's attempts are in a log.
pub(super) fn of_log(base: &FileObservation, log: FileObservation, origin: Option<&str>) -> OfLog {
    let mut pairs = by_identity(&base.sightings, &log.sightings);
    let is_dated = base.timing == Timing::Dated && log.timing == Timing::Dated;
    let ahead = offset(base, &log, &pairs).filter(|_| is_dated && !pairs.is_empty()).unwrap_or_default();
    let is_elsewhere =
        |sighting: &Sighting| sighting.origin.as_deref().zip(origin).is_some_and(|(theirs, ours)| theirs != ours);
    let is_free = |pairs: &[(usize, usize)], index: usize| pairs.iter().all(|(_, theirs)| *theirs != index);
    if is_dated {
        let at = |sighting: &Sighting| sighting.socket.as_ref().and_then(|socket| socket.at).or(sighting.first());
        for (index, other) in log.sightings.iter().enumerate() {
            let Some(time) = at(other).filter(|_| is_free(&pairs, index) && !is_elsewhere(other)) else { continue };
            // What is about the ticket alone leaves room for what is about the socket.
            let is_taken = |place: usize| {
                let has_socket = |index: usize| log.sightings[index].socket.is_some();
                pairs.iter().any(|(ours, theirs)| *ours == place && (has_socket(*theirs) || other.socket.is_none()))
            };
            let apart = |one: &Sighting| at(one).map_or(i64::MAX, |at| (time - at).num_milliseconds() - ahead).abs();
            let fits = |place: &usize| {
                let one = &base.sightings[*place];
                !is_taken(*place) && one.outcome().fits(other.outcome()) && apart(one) <= SAME
            };
            let best = (0..base.sightings.len()).filter(fits).min_by_key(|place| apart(&base.sightings[*place]));
            pairs.extend(best.map(|best| (best, index)));
        }
    } else if pairs.is_empty() {
        let ours: Vec<_> = (0..log.sightings.len()).filter(|index| !is_elsewhere(&log.sightings[*index])).collect();
        let candidates: Vec<_> = ours.iter().map(|index| log.sightings[*index].clone()).collect();
        pairs = by_order(&base.sightings, &candidates).into_iter().map(|(one, other)| (one, ours[other])).collect();
    }
    let FileObservation { sightings, timing } = log;
    let all = sightings.len();
    let mut kept: Vec<(usize, Sighting)> = Vec::new();
    for (index, sighting) in sightings.into_iter().enumerate() {
        let Some((place, _)) = pairs.iter().find(|(_, theirs)| *theirs == index) else { continue };
        match kept.iter_mut().find(|(known, _)| known == place) {
            Some((_, known)) => known.merge(sighting),
            None => kept.push((*place, sighting)),
        }
    }
    let others = all - pairs.len();
    OfLog {
        testimony: FileObservation { sightings: kept.into_iter().map(|(_, sighting)| sighting).collect(), timing },
        others,
    }
}

/// Puts `other` to `base`, whose clock counts. Returns how far `other`'s clock is ahead, in milliseconds, if that can be
/// told.
pub(super) fn join(base: &mut FileObservation, mut other: FileObservation) -> Option<i64> {
    let known = by_identity(&base.sightings, &other.sightings);
    let ahead = offset(base, &other, &known);
    if let Some(ahead) = ahead {
        other.sightings.iter_mut().for_each(|sighting| sighting.shift(-ahead));
    }
    let is_dated = other.timing == Timing::Dated || other.timing == Timing::TimeOfDay && ahead.is_some();
    let pairs = match known.is_empty() {
        false => rest_by_order(known, &base.sightings, &other.sightings),
        true if is_dated && base.timing == Timing::Dated => by_time(&base.sightings, &other.sightings),
        true => by_order(&base.sightings, &other.sightings),
    };
    let (mut place, mut apart) = (0, Vec::new());
    for (index, mut sighting) in other.sightings.into_iter().enumerate() {
        if base.timing == Timing::Dated && !is_dated {
            sighting.forget_times();
        }
        match pairs.iter().find(|(_, theirs)| *theirs == index) {
            Some((ours, _)) => {
                place = *ours + 1;
                base.sightings[*ours].merge(sighting);
            }
            None if sighting.first().is_some() && base.timing == Timing::Dated => {
                base.sightings.push(sighting);
            }
            // What has no counterpart is about another time.
            None => apart.push((place, sighting)),
        }
    }
    for (place, sighting) in apart.into_iter().rev().filter(|(_, sighting)| sighting.is_telling()) {
        base.sightings.insert(place.min(base.sightings.len()), sighting);
    }
    if base.timing == Timing::Dated {
        base.sightings.sort_by_key(|sighting| (sighting.first().is_none(), sighting.first()));
    }
    ahead
}

/// Attempts that share a ticket or a trace id.
fn by_identity(ours: &[Sighting], theirs: &[Sighting]) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (index, other) in theirs.iter().enumerate() {
        let ticket = other.ticket_fingerprint();
        let traces: HashSet<_> = other.traces().map(|trace| trace.as_str().to_owned()).collect();
        let is_same = |one: &Sighting| {
            ticket.is_some() && one.ticket_fingerprint() == ticket
                || one.traces().any(|trace| traces.contains(trace.as_str()))
        };
        let is_free = |place: usize| pairs.iter().all(|(taken, _)| *taken != place);
        let free = || (0..ours.len()).filter(|place| is_free(*place) && is_same(&ours[*place]));
        // A ticket that is sent again is in several attempts.
        let likeliest = free().find(|place| ours[*place].outcome().fits(other.outcome())).or_else(|| free().next());
        pairs.extend(likeliest.map(|found| (found, index)));
    }
    pairs
}

/// The pairs that are known, and between them those that can be by their order.
fn rest_by_order(known: Vec<(usize, usize)>, ours: &[Sighting], theirs: &[Sighting]) -> Vec<(usize, usize)> {
    let mut pairs = known;
    let (Some(first), Some(last)) = (pairs.first().copied(), pairs.last().copied()) else { return pairs };
    let mut back = first;
    while back.0 > 0 && back.1 > 0 && ours[back.0 - 1].outcome().fits(theirs[back.1 - 1].outcome()) {
        back = (back.0 - 1, back.1 - 1);
        pairs.push(back);
    }
    let mut on = (last.0 + 1, last.1 + 1);
    while on.0 < ours.len() && on.1 < theirs.len() && ours[on.0].outcome().fits(theirs[on.1].outcome()) {
        pairs.push(on);
        on = (on.0 + 1, on.1 + 1);
    }
    pairs
}

fn by_time(ours: &[Sighting], theirs: &[Sighting]) -> Vec<(usize, usize)> {
    let mut taken = HashSet::new();
    let mut pairs = Vec::new();
    for (index, other) in theirs.iter().enumerate() {
        let Some(at) = other.first() else { continue };
        let apart = |one: &Sighting| one.first().map_or(i64::MAX, |first| (first - at).num_milliseconds().abs());
        let best = (0..ours.len())
            .filter(|place| !taken.contains(place) && ours[*place].outcome().fits(other.outcome()))
            .min_by_key(|place| apart(&ours[*place]));
        if let Some(best) = best.filter(|best| apart(&ours[*best]) <= SAME) {
            taken.insert(best);
            pairs.push((best, index));
        }
    }
    pairs
}

/// From the end: both files end with what the user complains of.
fn by_order(ours: &[Sighting], theirs: &[Sighting]) -> Vec<(usize, usize)> {
    let (mut one, mut other) = (ours.len(), theirs.len());
    let mut pairs = Vec::new();
    while one > 0 && other > 0 {
        if ours[one - 1].outcome().fits(theirs[other - 1].outcome()) {
            pairs.push((one - 1, other - 1));
            (one, other) = (one - 1, other - 1);
        } else if other > one {
            // The longer file has more attempts, and this is one of them.
            other -= 1;
        } else {
            one -= 1;
        }
    }
    pairs
}

/// How far `other`'s clock is ahead of `base`'s, in milliseconds.
fn offset(base: &FileObservation, other: &FileObservation, known: &[(usize, usize)]) -> Option<i64> {
    if base.timing == Timing::Order || other.timing == Timing::Order {
        return None;
    }
    let apart = |(one, theirs): (usize, usize)| {
        let (one, theirs) = (&base.sightings[one], &other.sightings[theirs]);
        let at = |sighting: &Sighting| {
            let socket = sighting.socket.as_ref().and_then(|socket| socket.at);
            socket.or(sighting.ticket.as_ref().and_then(|ticket| ticket.at)).or(sighting.first())
        };
        Some((at(theirs)? - at(one)?).num_milliseconds())
    };
    if other.timing == Timing::Dated && base.timing == Timing::Dated {
        return median(known.iter().copied().filter_map(apart).collect());
    }
    let pairs = if known.is_empty() { by_order(&base.sightings, &other.sightings) } else { known.to_vec() };
    median(pairs.into_iter().filter_map(apart).collect())
}

fn median(mut all: Vec<i64>) -> Option<i64> {
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}

/// The clock's part of an offset, without whole days and time zones, which a time of day cannot show.
pub(super) fn without_zone(millis: i64) -> i64 {
    let rest = millis.rem_euclid(ZONE_STEP);
    if rest > ZONE_STEP / 2 { rest - ZONE_STEP } else { rest }
}

impl Sighting {
    /// Whether it says how something ended.
    fn is_telling(&self) -> bool {
        let is_failed = self.token.as_ref().is_some_and(|token| matches!(token.result, Some(Err(_))))
            || self.ticket.as_ref().is_some_and(|ticket| matches!(ticket.result, Some(Err(_))));
        is_failed || self.socket.as_ref().is_some_and(|socket| !matches!(socket.opened, Opened::Unseen))
    }

    /// Removes all times: they come from a clock with an unknown offset.
    fn forget_times(&mut self) {
        self.begun = None;
        self.token.iter_mut().for_each(|token| (token.at, token.took) = (None, None));
        self.ticket.iter_mut().for_each(|ticket| (ticket.at, ticket.took) = (None, None));
        if let Some(socket) = &mut self.socket {
            socket.at = None;
            match &mut socket.opened {
                Opened::Yes(at) | Opened::No { at, .. } => *at = None,
                Opened::Unseen => {}
            }
            socket.end.iter_mut().for_each(|end| end.at = None);
        }
        self.unseen.remove(&Unseen::Times);
    }

    /// Adds what another file tells of the same attempt.
    pub(super) fn merge(&mut self, other: Self) {
        self.begun = self.begun.or(other.begun);
        self.origin = self.origin.take().or(other.origin);
        merge_asked(&mut self.token, other.token, |mine, theirs| {
            mine.facts = mine.facts.take().or(theirs.facts);
            mine.session = mine.session.take().or(theirs.session);
        });
        merge_asked(&mut self.ticket, other.ticket, |mine, theirs| {
            mine.fingerprint = mine.fingerprint.or(theirs.fingerprint);
            mine.lifetime = mine.lifetime.or(theirs.lifetime);
        });
        self.stored = self.stored.take().or(other.stored);
        self.cured = self.cured.take().or(other.cured);
        self.wait = self.wait.or(other.wait);
        self.blocks.extend(other.blocks);
        for (part, kinds) in other.told {
            let mine = self.told.entry(part).or_default();
            mine.extend(kinds);
            mine.sort_by_key(|kind| *kind as u8);
            mine.dedup();
        }
        let mut unseen = &self.unseen | &other.unseen;
        // What one file leaves out is known if the other has it.
        for what in [Unseen::Pings, Unseen::Messages, Unseen::Authorization, Unseen::Pairing] {
            if !(self.unseen.contains(&what) && other.unseen.contains(&what))
                && other.socket.as_ref().is_some_and(|socket| !socket.phases.is_empty())
            {
                unseen.remove(&what);
            }
        }
        self.unseen = unseen;
        match (&mut self.socket, other.socket) {
            (Some(mine), Some(theirs)) => mine.merge(theirs),
            (mine @ None, theirs) => *mine = theirs,
            (Some(_), None) => {}
        }
        if let Some(socket) = &self.socket {
            let is_told = socket.end.as_ref().is_some_and(|end| end.close.is_told());
            let is_failure_told = matches!(&socket.opened, Opened::No { failure, .. } if !is_untold(failure));
            let is_timed = socket.end.as_ref().is_some_and(|end| end.at.is_some());
            let solved = [
                (Unseen::CloseReason, is_told),
                (Unseen::SocketEnd, is_timed),
                (Unseen::DialFailure, is_failure_told || matches!(socket.opened, Opened::Yes(_))),
                (Unseen::UpgradeStatus, is_failure_told),
                (Unseen::Socket, !socket.opened.is_absent()),
            ];
            for (what, _) in solved.iter().filter(|(_, is_solved)| *is_solved) {
                self.unseen.remove(what);
            }
        }
    }
}

fn merge_asked<T>(mine: &mut Option<RequestSeen<T>>, theirs: Option<RequestSeen<T>>, fill: impl FnOnce(&mut T, T)) {
    let Some(theirs) = theirs else { return };
    let Some(mine) = mine else {
        *mine = Some(theirs);
        return;
    };
    mine.at = mine.at.or(theirs.at);
    mine.took = mine.took.or(theirs.took);
    if !mine.trace.is_known() {
        mine.trace = theirs.trace;
    }
    mine.head = mine.head.take().or(theirs.head);
    mine.answer = mine.answer.take().or(theirs.answer);
    match (&mut mine.result, theirs.result) {
        (Some(Ok(known)), Some(Ok(more))) => fill(known, more),
        (Some(Err(known)), Some(Err(more))) if is_vague(known) => *known = more,
        (known @ None, more) => *known = more,
        (Some(_), _) => {}
    }
}

fn is_vague(kind: &RequestFailureKind) -> bool {
    match kind {
        RequestFailureKind::Hidden(_) => true,
        RequestFailureKind::Status(answer) => answer.headers.is_empty() && answer.body.code.is_none(),
        _ => false,
    }
}

impl SocketSeen {
    fn merge(&mut self, mut other: Self) {
        let is_refused =
            |socket: &Self| matches!(socket.opened, Opened::No { failure: Failure::UpgradeRefused(_), .. });
        if self.refusal.is_some() && is_refused(&other) {
            std::mem::swap(self, &mut other);
        }
        self.at = self.at.or(other.at);
        self.ticket = self.ticket.or(other.ticket);
        if self.phases.len() < other.phases.len() {
            self.phases = other.phases;
        }
        if self.lost.is_empty() {
            self.lost = other.lost;
        }
        self.connected = self.connected.or(other.connected);
        self.head = self.head.take().or(other.head);
        self.answer = self.answer.take().or(other.answer);
        self.issuer = self.issuer.take().or(other.issuer);
        self.last_word = self.last_word.take().or(other.last_word);
        self.greeting = self.greeting.take().or(other.greeting);
        if self.messages.is_empty() {
            self.messages = other.messages;
        }
        if let (Opened::No { failure: Failure::UpgradeRefused(answer), .. }, Some(reason)) =
            (&mut self.opened, other.refusal)
        {
            // The log knows why, and the browser's file how.
            if answer.body.code.is_none() {
                answer.body.code = Some(reason);
            }
            return;
        }
        match (&mut self.opened, other.opened) {
            (mine @ Opened::Unseen, theirs) => *mine = theirs,
            (mine @ Opened::No { .. }, theirs) if mine.is_absent() && !matches!(theirs, Opened::Unseen) => {
                *mine = theirs
            }
            (Opened::No { failure, .. }, theirs @ Opened::Yes(_)) if is_untold(failure) => self.opened = theirs,
            (Opened::No { .. }, theirs) if theirs.is_absent() => {}
            (Opened::No { failure, at }, Opened::No { failure: theirs, at: their_at }) => {
                if is_untold(failure) || has_more(failure, &theirs) {
                    *failure = theirs;
                }
                *at = at.or(their_at);
            }
            (Opened::Yes(at), Opened::Yes(theirs)) => *at = at.or(theirs),
            (Opened::Yes(_) | Opened::No { .. }, _) => {}
        }
        match (&mut self.end, other.end) {
            (Some(mine), Some(theirs)) if !mine.close.is_told() || mine.close.cause == CloseCause::Unseen => {
                let at = mine.at.or(theirs.at);
                *mine = SocketEnd { at, ..theirs };
            }
            (Some(mine), Some(theirs)) => mine.at = mine.at.or(theirs.at),
            (mine @ None, theirs) => *mine = theirs,
            (Some(_), None) => {}
        }
    }
}

impl Opened {
    /// Whether a file has nothing of the socket.
    fn is_absent(&self) -> bool {
        matches!(self, Self::No { failure: Failure::Dial(DialFailure::Hidden(Hidden::Absent)), .. })
    }
}

/// Whether `theirs` is the same refusal with more to it, or names a cause where `mine` has none.
fn has_more(mine: &Failure, theirs: &Failure) -> bool {
    match (mine, theirs) {
        (Failure::UpgradeRefused(mine), Failure::UpgradeRefused(theirs)) => {
            mine.status == theirs.status && mine.headers.len() < theirs.headers.len()
        }
        (
            Failure::Dial(DialFailure::Transport(Transport::Tls(mine))),
            Failure::Dial(DialFailure::Transport(Transport::Tls(theirs))),
        ) => mine.issuer.is_none() && theirs.issuer.is_some() || mine == &tls_broken(),
        (
            Failure::Dial(DialFailure::Transport(Transport::Tcp(_))),
            Failure::Dial(DialFailure::Transport(Transport::Tcp(theirs))),
        ) => {
            matches!(theirs, TcpFailure::Addresses(_))
        }
        _ => false,
    }
}

/// What Firefox's word for every failure of TLS stands for.
fn tls_broken() -> Box<TlsFailure> {
    match BrowserError::named("SSL_BROKEN", "") {
        BrowserError::Transport(Transport::Tls(tls)) => tls,
        _ => Box::new(TlsFailure { cause: TlsCause::EndedByServer, issuer: None }),
    }
}
