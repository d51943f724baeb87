//! The first card: the JWT, or how else a service's user signs in.

use std::time::Duration;

use super::super::secrets::wanted;
use super::super::state::State;
use super::super::tokens::Tokens;
use super::card::{Card, Foot, ROWS, Row, UNKNOWN};
use super::step::{is_simulated, own_steps, step, told_by};
use crate::model::{Claims, ClaimsError, DisplayDuration, FilePart, MaskedId, Presence, TokenSource};
use crate::view::{TokenView, Validity};

/// The share of a token's life from which on little is left.
const LITTLE_LEFT: f32 = 0.1;

/// The card, as things are now.
pub fn card(state: &State, tokens: &Tokens) -> Card {
    let service = own_steps(state);
    if service.is_some_and(|service| !service.signs_in()) {
        return secrets(state, tokens);
    }
    let color = &tokens.color;
    let snapshot = state.pane.view.snapshot();
    let view = &snapshot.token;
    let done = if view.refreshed { "ready, refreshed" } else { "ready" };
    let (text, text_color, is_current) = step(state, tokens, view.state, done);
    let mut card = Card {
        title: if service.is_some() { "1 · Sign-in" } else { "1 · JWT" },
        state: text,
        color: text_color,
        is_current,
        is_simulated: is_simulated(state, view.state),
        rows: vec![told_by(state, FilePart::Token).unwrap_or_else(|| Row::words("source", source(state, view)))],
        note: None,
        foot: Foot::Nothing,
    };
    if snapshot.is_sign_in_unseen() {
        (card.state, card.color) = ("not in this file".to_owned(), *color.muted);
    }
    if let Some(sign_in) = &view.sign_in {
        (card.state, card.color, card.is_current) = ("waiting for you".to_owned(), *color.warn, true);
        card.rows.push(match &sign_in.code {
            Some(code) => Row::code("code", code.to_string()),
            None => Row::words("sign in", "in the browser"),
        });
    }
    match &view.token {
        None => card.rows.extend([
            Row::code("hash", UNKNOWN),
            Row::code("sessionId", masked(view.session_id.as_ref())),
            Row::words("issued", UNKNOWN),
            Row::words("expires", UNKNOWN),
        ]),
        Some(token) => {
            card.rows.push(Row::code("hash", format!("#{}", token.fingerprint)));
            match &token.claims {
                // Nothing says that a server's token has to be a JWT: the connection may be fine.
                Err(ClaimsError::Parts) => card.rows.extend([
                    Row::code("sessionId", masked(view.session_id.as_ref())),
                    Row::words("claims", "not a JWT, only the server can read it").or_short("not a JWT"),
                ]),
                Err(
                    error @ (ClaimsError::Base64 | ClaimsError::Json | ClaimsError::Quoted | ClaimsError::WithScheme),
                ) => {
                    (card.state, card.color, card.is_current) = ("✕ damaged".to_owned(), *color.bad, true);
                    card.note = Some(format!("The claims cannot be read: {error}"));
                }
                Ok(claims) => show_claims(&mut card, state, tokens, claims),
            }
        }
    }
    card
}

/// Where the token came from, and how long that took.
fn source(state: &State, view: &TokenView) -> String {
    let has_files = state.player.has_files();
    let Some(source) = view.source else { return UNKNOWN.to_owned() };
    let name = match source {
        TokenSource::Keychain => "OS keychain",
        TokenSource::Memory if has_files => "kept by the page",
        TokenSource::Memory => "memory",
        TokenSource::Server => "server",
    };
    match view.took {
        Some(took) if took >= Duration::from_micros(50) => format!("{name} · {}", DisplayDuration(took)),
        Some(_) if !has_files => format!("{name} · at once"),
        Some(_) | None => name.to_owned(),
    }
}

/// Adds what the token says of itself.
fn show_claims(card: &mut Card, state: &State, tokens: &Tokens, claims: &Claims) {
    let (color, calendar) = (&tokens.color, &state.pane.calendar);
    card.rows.push(match &claims.session_id {
        Some(id) => Row::code("sessionId", id.to_string()),
        None => Row { color: Some(*color.bad), ..Row::words("sessionId", "missing") },
    });
    let (issued, day) = claims.issued_at.map_or_else(
        || (UNKNOWN.to_owned(), UNKNOWN.to_owned()),
        |at| (format!("{} {}", calendar.day(at), calendar.time(at)), calendar.day(at)),
    );
    card.rows.push(Row::words("issued", format!("{issued} · {}", claims.algorithm)).or_short(day));
    let day = |at| calendar.day(at);
    let (expires, short, text_color) = match Validity::of(claims, state.date()) {
        Validity::Unlimited => ("never, it does not say".to_owned(), None, None),
        Validity::Until(at) => (day(at), None, None),
        Validity::Expired { at, ago } => {
            card.foot = Foot::Bar { share: 0.0, color: *color.warn };
            let ago = format!("expired {} ago", coarse(ago));
            (format!("{ago} · {}", day(at)), Some(ago), Some(*color.bad))
        }
        Validity::Valid { until, left, share } => {
            if let Some(share) = share {
                let color = if share > LITTLE_LEFT { *color.good } else { *color.warn };
                card.foot = Foot::Bar { share, color };
            }
            let left = format!("in {}", coarse(left));
            (format!("{left} · {}", day(until)), Some(left), None)
        }
    };
    let row = Row { color: text_color, ..Row::words("expires", expires.clone()) };
    card.rows.push(row.or_short(short.unwrap_or(expires)));
}

/// A long duration without units that change while one looks.
fn coarse(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    match minutes {
        1_440.. => format!("{} d {} h", minutes / 1_440, minutes / 60 % 24),
        60.. => format!("{} h", minutes / 60),
        1.. => format!("{minutes} min"),
        0 => "less than a minute".to_owned(),
    }
}

fn masked(id: Option<&MaskedId>) -> String {
    id.map_or_else(|| UNKNOWN.to_owned(), ToString::to_string)
}

/// The first card of a service without a sign-in: which secrets it needs.
fn secrets(state: &State, tokens: &Tokens) -> Card {
    let color = &tokens.color;
    let mut rows = vec![Row::words("sign-in", "none is asked for")];
    let wanted: Vec<_> = wanted(&state.pane.view.snapshot().profile).collect();
    let shown = if wanted.len() < ROWS as usize { wanted.len() } else { ROWS as usize - 2 };
    for wanted in &wanted[..shown] {
        // Who gave it is not in a recording.
        let presence = state.secrets.presence(wanted.name).filter(|_| !state.player.has_recording());
        let (words, color) = match presence {
            Some(Presence::Given) => ("given", None),
            Some(Presence::Missing) if wanted.source.optional => ("not given, not needed", None),
            Some(Presence::Missing) => ("not given", Some(*color.bad)),
            Some(Presence::OnDemand) => ("from a command", None),
            Some(Presence::NotAllowed) => ("command not allowed", Some(*color.bad)),
            Some(Presence::Unknown(_)) => ("not known", Some(*color.warn)),
            None => (UNKNOWN, None),
        };
        rows.push(Row { color, ..Row::words(wanted.label().to_owned(), words) });
    }
    if shown < wanted.len() {
        rows.push(Row::words("and", format!("{} more secrets", wanted.len() - shown)));
    }
    Card {
        title: "1 · Sign-in",
        state: "no sign-in".to_owned(),
        color: *color.muted,
        is_current: false,
        is_simulated: false,
        rows,
        note: None,
        foot: Foot::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_durations_stand_still() {
        let shown = |seconds| coarse(Duration::from_secs(seconds));
        assert_eq!(shown(29 * 86_400 + 23 * 3_600 + 59), "29 d 23 h");
        assert_eq!(shown(23 * 3_600 + 3_599), "23 h");
        assert_eq!(shown(61), "1 min");
        assert_eq!(shown(59), "less than a minute");
    }
}
