//! The card of the ticket.

use super::super::state::State;
use super::super::tokens::Tokens;
use super::card::{Card, Foot, Row, UNKNOWN};
use super::step::{is_simulated, is_unseen, own_steps, step, told_by};
use crate::model::{DisplayDuration, FilePart};
use crate::view::StepState;

/// The card, as things are now.
pub fn card(state: &State, tokens: &Tokens) -> Card {
    let color = &tokens.color;
    let service = own_steps(state);
    if service.is_some_and(|service| service.ticket.is_empty()) {
        return Card {
            title: "2 · Ticket",
            state: "no ticket needed".to_owned(),
            color: *color.muted,
            is_current: false,
            is_simulated: false,
            rows: vec![Row::words("ticket", "the socket is opened without").or_short("none")],
            note: None,
            foot: Foot::Nothing,
        };
    }
    let uses = match service.is_some_and(|service| service.ticket.iter().any(|step| step.reusable)) {
        true => "may come again",
        false => "one use",
    };
    let snapshot = state.pane.view.snapshot();
    let view = &snapshot.ticket;
    let is_spent = view.last.is_some_and(|ticket| ticket.spent_at_age.is_some());
    let done = if is_spent { "used" } else { "ready" };
    let (mut text, mut text_color, is_current) = step(state, tokens, view.state, done);
    let is_unseen = is_unseen(state, view.state);
    if is_unseen {
        (text, text_color) = ("not in this file".to_owned(), *color.muted);
    }
    let mut foot = Foot::Nothing;
    // What a ticket of an earlier attempt was like says nothing of a request that failed.
    let last = view.last.filter(|ticket| view.state != StepState::Failed || ticket.attempt == snapshot.attempt);
    let took = view.took.map_or_else(|| UNKNOWN.to_owned(), |took| DisplayDuration(took).to_string());
    let issued = || Row::words("issued so far", snapshot.tickets.to_string());
    let last_row = told_by(state, FilePart::Ticket).unwrap_or_else(issued);
    let rows = match last {
        None => vec![
            Row::code("last issued", UNKNOWN),
            Row::words("used", UNKNOWN),
            Row::words("lifetime", UNKNOWN),
            Row::words("request took", if view.state == StepState::Pending { UNKNOWN.to_owned() } else { took }),
            last_row,
        ],
        Some(ticket) => {
            let lifetime = match ticket.lifetime {
                Some(lifetime) => format!("{}, {uses}", DisplayDuration(lifetime)),
                None => format!("unknown, {uses}"),
            };
            let left = state.ticket_left().zip(ticket.lifetime);
            let is_over = ticket.lifetime.is_some_and(|lifetime| state.pane.now >= ticket.requested_at + lifetime);
            let used = match (ticket.spent_at_age, left) {
                (Some(age), _) => {
                    let age = DisplayDuration(age);
                    Row::words("used", format!("once, {age} after it was asked for"))
                        .or_short(format!("once, at {age}"))
                }
                (None, Some((left, lifetime))) => {
                    let share = left.as_secs_f32() / lifetime.as_secs_f32().max(f32::EPSILON);
                    foot = Foot::Bar { share, color: if share > 0.2 { *color.good } else { *color.warn } };
                    Row::words("used", format!("not yet, {} s left", left.as_secs_f32().ceil()))
                }
                (None, None) if is_over => {
                    Row { color: Some(*color.warn), ..Row::words("used", "never, it expired unused") }
                }
                (None, None) if is_unseen => Row::words("used", "when is not in this file").or_short(UNKNOWN),
                (None, None) => Row::words("used", "never"),
            };
            vec![
                Row::code("last issued", format!("#{}", ticket.fingerprint)),
                used,
                Row::words("lifetime", lifetime),
                Row::words("request took", took),
                last_row,
            ]
        }
    };
    let is_simulated = is_simulated(state, view.state);
    Card { title: "2 · Ticket", state: text, color: text_color, is_current, is_simulated, rows, note: None, foot }
}
