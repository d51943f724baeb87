//! The first card: the JWT, or how else a service's user signs in.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::super::secrets::wanted;
use super::super::state::State;
use super::super::tokens::Tokens;
use super::card::{Card, Foot, ROWS, Row, UNKNOWN};
use super::step::{is_simulated, own_steps, step, told_by};
use crate::model::{ClaimsError, DisplayDuration, FilePart, MaskedId, Presence, TokenSource};

/// The card, as things are now.
pub fn card(state: &State, tokens: &Tokens) -> Card {
    let service = own_steps(state);
    if service.is_some_and(|service| !service.signs_in()) {
        return secrets(state, tokens);
    }
    let title = if service.is_some() { "1 · Sign-in" } else { "1 · JWT" };
    let color = &tokens.color;
    let view = &state.pane.view.snapshot().token;
    let done = if view.refreshed { "ready, refreshed" } else { "ready" };
    let (mut text, mut text_color, mut is_current) = step(state, tokens, view.state, done);
    if state.pane.view.snapshot().is_sign_in_unseen() {
        (text, text_color) = ("not in this file".to_owned(), *color.muted);
    }
    let source = match (view.source, view.took) {
        (None, _) => UNKNOWN.to_owned(),
        (Some(source), took) => {
            let name = match source {
                TokenSource::Keychain => "OS keychain",
                TokenSource::Memory if state.player.has_files() => "kept by the page",
                TokenSource::Memory => "memory",
                TokenSource::Server => "server",
            };
            match took {
                Some(took) if took >= Duration::from_micros(50) => format!("{name} · {}", DisplayDuration(took)),
                Some(_) if !state.player.has_files() => format!("{name} · at once"),
                Some(_) | None => name.to_owned(),
            }
        }
    };
    let mut rows = vec![told_by(state, FilePart::Token).unwrap_or_else(|| Row::words("source", source))];
    if let Some(sign_in) = &view.sign_in {
        (text, text_color, is_current) = ("waiting for you".to_owned(), *color.warn, true);
        rows.push(match &sign_in.code {
            Some(code) => Row::code("code", code.to_string()),
            None => Row::words("sign in", "in the browser"),
        });
    }
    let (mut foot, mut note) = (Foot::Nothing, None);
    match &view.token {
        None => {
            rows.push(Row::code("hash", UNKNOWN));
            rows.push(Row::code("sessionId", masked(view.session_id.as_ref())));
            rows.push(Row::words("issued", UNKNOWN));
            rows.push(Row::words("expires", UNKNOWN));
        }
        Some(token) => {
            rows.push(Row::code("hash", format!("#{}", token.fingerprint)));
            match &token.claims {
                // Nothing says that a server's token has to be a JWT: the connection may be fine.
                Err(ClaimsError::Parts) => {
                    rows.push(Row::code("sessionId", masked(view.session_id.as_ref())));
                    rows.push(Row::words("claims", "not a JWT, only the server can read it").or_short("not a JWT"));
                }
                Err(error @ (ClaimsError::Base64 | ClaimsError::Json)) => {
                    (text, text_color, is_current) = ("✕ damaged".to_owned(), *color.bad, true);
                    note = Some(format!("The claims cannot be read: {error}"));
                }
                Ok(claims) => {
                    let id = match &claims.session_id {
                        Some(id) => Row::code("sessionId", id.to_string()),
                        None => Row { color: Some(*color.bad), ..Row::words("sessionId", "missing") },
                    };
                    rows.push(id);
                    let issued = claims.issued_at.map_or_else(
                        || UNKNOWN.to_owned(),
                        |at| format!("{} {}", state.pane.calendar.day(at), state.pane.calendar.time(at)),
                    );
                    let issued = Row::words("issued", format!("{issued} · {}", claims.algorithm));
                    rows.push(
                        issued.or_short(claims.issued_at.map_or(UNKNOWN.to_owned(), |at| state.pane.calendar.day(at))),
                    );
                    let (expiry, share) = expiry(state, claims.issued_at, claims.expires_at);
                    let expired = share == Some(0.0);
                    let short = expiry.split(" · ").next().unwrap_or_default().to_owned();
                    rows.push(Row {
                        color: expired.then_some(*color.bad),
                        ..Row::words("expires", expiry).or_short(short)
                    });
                    if let Some(share) = share {
                        let color = if share > 0.1 { *color.good } else { *color.warn };
                        foot = Foot::Bar { share, color };
                    }
                }
            }
        }
    }
    let is_simulated = is_simulated(state, view.state);
    Card { title, state: text, color: text_color, is_current, is_simulated, rows, note, foot }
}

/// When a JWT expires, in words, and the share of its life that is left.
fn expiry(state: &State, issued: Option<DateTime<Utc>>, expires: Option<DateTime<Utc>>) -> (String, Option<f32>) {
    let Some(expires) = expires else { return ("never, it does not say".to_owned(), None) };
    let day = state.pane.calendar.day(expires);
    let Some(now) = state.date() else { return (day, None) };
    match (expires - now).to_std() {
        Err(_) => {
            let ago = (now - expires).to_std().unwrap_or_default();
            (format!("expired {} ago · {day}", coarse(ago)), Some(0.0))
        }
        Ok(left) => {
            let life = issued.and_then(|issued| (expires - issued).to_std().ok());
            let share = life.map(|life| left.as_secs_f32() / life.as_secs_f32().max(1.0));
            (format!("in {} · {day}", coarse(left)), share)
        }
    }
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

/// The first card of a service that nobody signs in to: which secrets it wants.
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
