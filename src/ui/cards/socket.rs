//! The cards of the socket, and of what is said over it before it is of use.

use super::super::state::State;
use super::super::tokens::Tokens;
use super::card::{Card, Foot, ROWS, Row, UNKNOWN};
use super::step::{is_simulated, own_steps, step, told_by};
use crate::model::{DisplayDuration, Failure, FilePart, HelloStep, Phase};
use crate::view::{AfterClose, PhaseView, Status, Step, StepState};

/// The socket's card, as things are now.
pub fn card(state: &State, tokens: &Tokens) -> Card {
    let snapshot = state.pane.view.snapshot();
    let view = &snapshot.socket;
    // The greeting has a card of its own.
    let socket_state = match greeting_state(state) {
        Some(StepState::Running | StepState::Done | StepState::Failed) => StepState::Done,
        Some(StepState::Pending) | None => view.state,
    };
    let (mut text, mut text_color, is_current) = step(state, tokens, socket_state, "open");
    let is_greeting = greeting_state(state) == Some(StepState::Running);
    if socket_state == StepState::Done && snapshot.open_since().is_none() && !is_greeting {
        (text, text_color) = ("not open".to_owned(), *tokens.color.muted);
    }
    let open = match snapshot.status {
        Status::Connected { since } => {
            let at = state
                .pane
                .calendar
                .date(since)
                .map_or_else(|| UNKNOWN.to_owned(), |date| state.pane.calendar.time(date));
            Row::words("open since", at)
        }
        _ => {
            let last = snapshot.closes.back();
            Row::words(
                "was open",
                last.map_or_else(
                    || UNKNOWN.to_owned(),
                    |l| l.open_for.map_or_else(|| UNKNOWN.to_owned(), |open_for| DisplayDuration(open_for).to_string()),
                ),
            )
        }
    };
    let close = match snapshot.closes.back() {
        None => Row::words("last close", "none so far"),
        Some(record) => {
            let close = &record.close;
            let how = match (close.reason.as_str(), close.was_clean) {
                _ if record.after == AfterClose::ByPerson => record.after.words(),
                ("", true) => "no reason given",
                ("", false) => "no close frame",
                (reason, _) => reason,
            };
            let key = if record.simulated.is_some() { "simulated close" } else { "last close" };
            let files = snapshot.files.as_ref();
            let by =
                files.and_then(|files| files.told_by(FilePart::End)).map(|by| format!(" ({by})")).unwrap_or_default();
            if close.is_told() {
                Row::words(key, format!("{} · {how}{by}", close.code)).or_short(close.code.to_string())
            } else {
                Row::words(key, "code not in this file").or_short("not in file")
            }
        }
    };
    let ping = match view.median_round_trip() {
        Some(median) => format!("median {} of {}", DisplayDuration(median), view.round_trips.len()),
        None if snapshot.ping.is_none() => "none, as a browser".to_owned(),
        None => UNKNOWN.to_owned(),
    };
    let is_on_the_way = |phase: &&PhaseView| (Phase::Dns..=Phase::Upgrade).contains(&phase.phase);
    let dialled: Vec<_> = snapshot.phases.iter().filter(is_on_the_way).collect();
    let rows = vec![
        Row::words("reached by", phases(&dialled, |phase| phase != Phase::Upgrade)).or_short(reached_in(&dialled)),
        Row::words("upgrade", phases(&dialled, |phase| phase == Phase::Upgrade)),
        open,
        told_by(state, FilePart::Socket).unwrap_or_else(|| Row::words("ping", ping)),
        close,
    ];
    let values: Vec<_> = view.round_trips.iter().copied().collect();
    let is_simulated = is_simulated(state, socket_state);
    let foot = Foot::Line { values };
    Card { title: "3 · WebSocket", state: text, color: text_color, is_current, is_simulated, rows, note: None, foot }
}

/// How the greeting of the attempt stands, if the service has one.
fn greeting_state(state: &State) -> Option<StepState> {
    own_steps(state).filter(|service| !service.hello.is_empty())?;
    let snapshot = state.pane.view.snapshot();
    let has_failed = snapshot.failed.as_ref().is_some_and(|failed| matches!(failed.failure, Failure::Greeting(_)));
    Some(match snapshot.status {
        _ if has_failed && snapshot.socket.state == StepState::Failed => StepState::Failed,
        Status::Connecting(Step::Greeting) => StepState::Running,
        Status::Connected { .. } => StepState::Done,
        Status::Connecting(_)
        | Status::Idle
        | Status::Waiting(_)
        | Status::Stopped
        | Status::Crashed { .. }
        | Status::Ended(_) => StepState::Pending,
    })
}

/// What is said before the socket is of use.
pub fn greeting(state: &State, tokens: &Tokens) -> Option<Card> {
    let (service, stands) = (own_steps(state)?, greeting_state(state)?);
    let snapshot = state.pane.view.snapshot();
    let (text, color, is_current) = step(state, tokens, stands, "done");
    let failed_step = match snapshot.failed.as_ref().map(|failed| &failed.failure) {
        Some(Failure::Greeting(failure)) if stands == StepState::Failed => Some(failure.step() as usize),
        _ => None,
    };
    let took = snapshot.phases.iter().rev().find(|phase| phase.phase == Phase::Greeting);
    let mut rows =
        vec![Row::words("took", took.map_or(UNKNOWN.to_owned(), |phase| DisplayDuration(phase.took).to_string()))];
    let most = ROWS as usize - 1;
    let shown = if service.hello.len() > most { most - 1 } else { service.hello.len() };
    for (place, hello) in (1..).zip(&service.hello[..shown]) {
        let tone = (failed_step == Some(place)).then_some(color);
        rows.push(Row { color: tone, ..Row::code(format!("step {place}"), hello_in_words(hello)) });
    }
    if shown < service.hello.len() {
        rows.push(Row::words("and", format!("{} more steps", service.hello.len() - shown)));
    }
    let is_simulated = is_simulated(state, stands);
    let (note, foot) = (None, Foot::Nothing);
    Some(Card { title: "4 · Greeting", state: text, color, is_current, is_simulated, rows, note, foot })
}

/// What a step of the greeting waits for, or else what it does.
fn hello_in_words(hello: &HelloStep) -> String {
    match (&hello.expect, &hello.send) {
        (Some(expect), _) => expect.to_string(),
        (None, Some(send)) => format!("sends {send}"),
        (None, None) => "a request".to_owned(),
    }
}

/// How long the way to the server took.
fn reached_in(all: &[&PhaseView]) -> String {
    let phases = all.iter().filter(|phase| phase.phase != Phase::Upgrade);
    format!("{} in all", DisplayDuration(phases.map(|phase| phase.took).sum()))
}

/// The phases of the way that `wanted` picks, with their times.
fn phases(all: &[&PhaseView], wanted: impl Fn(Phase) -> bool) -> String {
    let shown = |phase: &&&PhaseView| {
        let name = if phase.phase == Phase::Upgrade { String::new() } else { format!("{} ", phase.phase) };
        let failed = if phase.ok { "" } else { " ✕" };
        format!("{name}{}{failed}", DisplayDuration(phase.took))
    };
    let texts: Vec<_> = all.iter().filter(|phase| wanted(phase.phase)).map(|phase| shown(&phase)).collect();
    if texts.is_empty() { UNKNOWN.to_owned() } else { texts.join(" · ") }
}
