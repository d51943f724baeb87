//! The steps as cards: JWT, ticket, WebSocket, and a service's greeting.

use std::borrow::Cow;
use std::time::Duration;

use chrono::{DateTime, Utc};
use egui::{Align2, Color32, FontId, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::paint;
use super::state::State;
use super::tokens::Tokens;
use crate::model::{
    ClaimsError, Class, DisplayDuration, Failure, HelloStep, Hidden, MaskedId, Phase, Presence, RequestFailure,
    RequestFailureKind, Service, TokenSource,
};
use crate::view::{PhaseView, Status, Step, StepState};

const ARROW: f32 = 26.0;
const NARROW_ARROW: f32 = 18.0;
/// Below this width the cards stand closer.
const NARROW: f32 = 720.0;
const ROWS: f32 = 5.0;
/// From this width on values stand in a column beside the keys, so that the eye finds them.
const WIDE: f32 = 420.0;
const KEYS: f32 = 124.0;

/// Draws them side by side.
pub fn show(ui: &mut Ui, state: &State) {
    let tokens = Tokens::at(ui);
    let size = &tokens.size;
    let height = 2.0 * size.pad + 24.0 + ROWS * size.card_row + 12.0;
    let all = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
    let gap = if all.width() < NARROW { NARROW_ARROW } else { ARROW };
    let cards: Vec<Card> = [jwt(state, tokens), ticket(state, tokens), socket(state, tokens)]
        .into_iter()
        .chain(greeting(state, tokens))
        .collect();
    let count = cards.len() as f32;
    let width = ((all.width() - (count - 1.0) * gap) / count).floor();
    for (index, card) in cards.iter().enumerate() {
        let left = all.left() + index as f32 * (width + gap);
        let rect = Rect::from_min_size(pos2(left, all.top()), vec2(width, height));
        card.draw(ui, tokens, rect, cards.len() > 3);
        if index > 0 {
            arrow(ui, pos2(left - gap / 2.0, rect.center().y), *tokens.color.muted);
        }
    }
    ui.advance_cursor_after_rect(all);
}

fn arrow(ui: &Ui, center: egui::Pos2, color: Color32) {
    let stroke = Stroke::new(1.3, color);
    let tip = center + vec2(5.5, 0.0);
    ui.painter().line_segment([center - vec2(6.0, 0.0), tip], stroke);
    ui.painter().add(Shape::line(vec![tip - vec2(4.0, 4.0), tip, tip - vec2(4.0, -4.0)], stroke));
}

/// What a card says.
struct Card {
    title: &'static str,
    state: String,
    color: Color32,
    /// Whether this is where things stand: its border has the state's colour.
    is_current: bool,
    /// Whether what it says was brought about by a fault.
    is_simulated: bool,
    rows: Vec<Row>,
    /// What needs a sentence.
    note: Option<String>,
    foot: Foot,
}

struct Row {
    key: Cow<'static, str>,
    value: String,
    /// What to say where the value has no room.
    short: Option<String>,
    is_code: bool,
    color: Option<Color32>,
}

impl Row {
    fn words(key: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), short: None, is_code: false, color: None }
    }

    fn code(key: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        Self { is_code: true, ..Self::words(key, value) }
    }

    fn or_short(self, short: impl Into<String>) -> Self {
        Self { short: Some(short.into()), ..self }
    }
}

/// What is drawn below the rows.
enum Foot {
    Nothing,
    Bar { share: f32, color: Color32 },
    Line { values: Vec<Duration> },
}

impl Card {
    /// Where many stand side by side what follows is left out of the state.
    fn draw(&self, ui: &mut Ui, tokens: &Tokens, rect: Rect, is_one_of_many: bool) {
        let (color, size) = (&tokens.color, &tokens.size);
        let border = if self.is_current { self.color.gamma_multiply(0.7) } else { *color.border };
        let stroke = Stroke::new(1.0, border);
        ui.painter().rect(rect, size.card_radius, *color.card, stroke, StrokeKind::Inside);

        paint::describe(ui, rect, Role::Label, &format!("{}: {}", self.title, self.state));
        let inside = rect.shrink(size.pad);
        let head = Rect::from_min_size(inside.min, vec2(inside.width(), 18.0));
        let title = paint::cut_text(ui, head, Align2::LEFT_CENTER, self.title, tokens.bold(size.text), *color.strong);
        let rest = Rect::from_min_max(pos2(title.rect.right() + 8.0, head.top()), head.max);
        let state = match self.state.split_once(" — ") {
            Some((state, _)) if is_one_of_many => state,
            _ => &self.state,
        };
        paint::cut_text(ui, rest, Align2::RIGHT_CENTER, state, tokens.bold(size.small), self.color);

        let mut top = head.bottom() + 6.0;
        for row in &self.rows {
            let line = Rect::from_min_size(pos2(inside.left(), top), vec2(inside.width(), size.card_row));
            let small = FontId::proportional(size.small);
            let key = paint::cut_text(ui, line, Align2::LEFT_CENTER, &row.key, small.clone(), *color.muted);
            let font = if row.is_code && row.value != UNKNOWN { tokens.mono() } else { small };
            let is_wide = inside.width() > WIDE;
            let (left, align) = if is_wide {
                (inside.left() + KEYS, Align2::LEFT_CENTER)
            } else {
                (key.rect.right() + 8.0, Align2::RIGHT_CENTER)
            };
            let place = Rect::from_min_max(pos2(left, line.top()), line.max);
            let value_color = row.color.unwrap_or(*color.text);
            let width = ui.painter().layout_no_wrap(row.value.clone(), font.clone(), value_color).size().x;
            let response = match &row.short {
                Some(short) if width > place.width() => {
                    paint::cut_text(ui, place, align, short, font, value_color).on_hover_text(&row.value)
                }
                _ => paint::cut_text(ui, place, align, &row.value, font, value_color),
            };
            if row.value != UNKNOWN {
                paint::copy_menu(&response.interact(Sense::CLICK), &row.value);
            }
            top += size.card_row;
        }
        if let Some(note) = &self.note {
            let galley =
                ui.painter().layout(note.clone(), FontId::proportional(size.small), self.color, inside.width());
            let place = Rect::from_min_size(pos2(inside.left(), top + 2.0), galley.size());
            ui.painter().galley(place.min, galley, self.color);
            paint::describe(ui, place, Role::Label, note);
        }
        if self.is_simulated {
            let left = inside.right() - paint::badge_width(ui, "SIMULATED");
            let on_border = Rect::from_center_size(pos2(left, rect.top()), vec2(0.0, 0.0));
            paint::badge(ui, on_border, "SIMULATED");
        }
        let foot = Rect::from_min_max(pos2(inside.left(), inside.bottom() - 4.0), inside.max);
        match &self.foot {
            Foot::Nothing => {}
            Foot::Bar { share, color } => paint::bar(ui, foot, *share, *color),
            Foot::Line { values } => sparkline(ui, foot.expand2(vec2(0.0, 4.0)), values, *color.accent),
        }
    }
}

fn sparkline(ui: &Ui, rect: Rect, values: &[Duration], color: Color32) {
    let highest = values.iter().max().map_or(0.0, Duration::as_secs_f32);
    if values.len() < 2 || highest <= 0.0 {
        return;
    }
    let step = rect.width() / (values.len() - 1) as f32;
    let point = |(index, value): (usize, &Duration)| {
        pos2(rect.left() + index as f32 * step, rect.bottom() - rect.height() * value.as_secs_f32() / highest)
    };
    ui.painter().add(Shape::line(values.iter().enumerate().map(point).collect(), Stroke::new(1.5, color)));
}

/// The state of a step, its colour, and whether things stand there.
fn step(state: &State, tokens: &Tokens, step: StepState, done: &str) -> (String, Color32, bool) {
    let color = &tokens.color;
    let snapshot = state.pane.view.snapshot();
    match (step, &snapshot.failed) {
        (StepState::Pending, _) if snapshot.attempt.is_none() => ("not started".to_owned(), *color.muted, false),
        (StepState::Pending, _) => {
            let text = match snapshot.status {
                Status::Idle => "idle",
                Status::Stopped => "not reached",
                _ => "waiting",
            };
            (text.to_owned(), *color.muted, false)
        }
        (StepState::Running, _) => ("running…".to_owned(), *color.busy, true),
        (StepState::Done, _) => (format!("✓ {done}"), *color.good, false),
        (StepState::Failed, Some(cause)) => {
            let (next, color) = match cause.class {
                Class::Soft => ("will retry", *color.warn),
                Class::Hard => ("stopped", *color.bad),
            };
            (format!("✕ {} — {next}", outcome(&cause.failure)), color, true)
        }
        (StepState::Failed, None) => ("✕ failed".to_owned(), *color.bad, true),
    }
}

/// Whether a step failed because of a fault.
fn is_simulated(state: &State, step: StepState) -> bool {
    step == StepState::Failed
        && state.pane.view.snapshot().failed.as_ref().is_some_and(|failed| failed.simulated.is_some())
}

fn request_outcome(request: &RequestFailure) -> String {
    match &request.kind {
        RequestFailureKind::Status(answer) => answer.status.to_string(),
        RequestFailureKind::Refused(answer) => format!("{} refused", answer.status),
        RequestFailureKind::SecretMissing { .. } => "secret missing".to_owned(),
        RequestFailureKind::OtherHost { .. } => "another host".to_owned(),
        RequestFailureKind::SignIn(_) => "not signed in".to_owned(),
        RequestFailureKind::Identity { .. } => "client certificate".to_owned(),
        RequestFailureKind::Malformed(_) | RequestFailureKind::Unusable { .. } => "unexpected answer".to_owned(),
        RequestFailureKind::NotSendable => "JWT cannot be sent".to_owned(),
        RequestFailureKind::Timeout { .. } => "no answer".to_owned(),
        RequestFailureKind::Transport(_) => "not reached".to_owned(),
        RequestFailureKind::Hidden(Hidden::Blocked(_)) => "blocked by browser".to_owned(),
        RequestFailureKind::Hidden(Hidden::Refused) => "refused".to_owned(),
        RequestFailureKind::Hidden(Hidden::Untold { .. }) => "failed".to_owned(),
        RequestFailureKind::Hidden(Hidden::GivenUp { .. }) => "given up".to_owned(),
        RequestFailureKind::Hidden(Hidden::Absent) => "not in this file".to_owned(),
    }
}

fn outcome(failure: &Failure) -> String {
    match failure {
        Failure::Token(request) | Failure::Ticket(request) => request_outcome(request),
        Failure::TicketExpired { .. } => "ticket expired".to_owned(),
        Failure::Setup(_) => "not possible here".to_owned(),
        Failure::Dial(_) => "not reached".to_owned(),
        Failure::UpgradeRefused(refusal) => format!("{} refused", refusal.status),
        Failure::Greeting(_) => "greeting failed".to_owned(),
        Failure::Closed(close) => close.code.to_string(),
    }
}

const UNKNOWN: &str = "—";

fn masked(id: Option<&MaskedId>) -> String {
    id.map_or_else(|| UNKNOWN.to_owned(), ToString::to_string)
}

/// The steps of the profile that is shown, if they are not the contract's.
fn own_steps(state: &State) -> Option<&Service> {
    state.pane.view.snapshot().profile.service.as_deref()
}

/// The first card of a service that nobody signs in to: which secrets it wants.
fn secrets(state: &State, tokens: &Tokens) -> Card {
    let color = &tokens.color;
    let mut rows = vec![Row::words("sign-in", "none is asked for")];
    let wanted: Vec<_> = super::secrets::wanted(&state.pane.view.snapshot().profile).collect();
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

fn jwt(state: &State, tokens: &Tokens) -> Card {
    let service = own_steps(state);
    if service.is_some_and(|service| !service.signs_in()) {
        return secrets(state, tokens);
    }
    let title = if service.is_some() { "1 · Sign-in" } else { "1 · JWT" };
    let color = &tokens.color;
    let view = &state.pane.view.snapshot().token;
    let done = if view.refreshed { "ready, refreshed" } else { "ready" };
    let (mut text, mut text_color, mut is_current) = step(state, tokens, view.state, done);
    let source = match (view.source, view.took) {
        (None, _) => UNKNOWN.to_owned(),
        (Some(source), took) => {
            let name = match source {
                TokenSource::Keychain => "OS keychain",
                TokenSource::Memory => "memory",
                TokenSource::Server => "server",
            };
            match took {
                Some(took) if took >= Duration::from_micros(50) => format!("{name} · {}", DisplayDuration(took)),
                Some(_) => format!("{name} · at once"),
                None => name.to_owned(),
            }
        }
    };
    let mut rows = vec![Row::words("source", source)];
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

fn ticket(state: &State, tokens: &Tokens) -> Card {
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
    let (text, text_color, is_current) = step(state, tokens, view.state, done);
    let mut foot = Foot::Nothing;
    // What a ticket of an earlier attempt was like says nothing of a request that failed.
    let last = view.last.filter(|ticket| view.state != StepState::Failed || ticket.attempt == snapshot.attempt);
    let took = view.took.map_or_else(|| UNKNOWN.to_owned(), |took| DisplayDuration(took).to_string());
    let rows = match last {
        None => vec![
            Row::code("last issued", UNKNOWN),
            Row::words("used", UNKNOWN),
            Row::words("lifetime", UNKNOWN),
            Row::words("request took", if view.state == StepState::Pending { UNKNOWN.to_owned() } else { took }),
            Row::words("issued so far", snapshot.tickets.to_string()),
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
                (None, None) => Row::words("used", "never"),
            };
            vec![
                Row::code("last issued", format!("#{}", ticket.fingerprint)),
                used,
                Row::words("lifetime", lifetime),
                Row::words("request took", took),
                Row::words("issued so far", snapshot.tickets.to_string()),
            ]
        }
    };
    let is_simulated = is_simulated(state, view.state);
    Card { title: "2 · Ticket", state: text, color: text_color, is_current, is_simulated, rows, note: None, foot }
}

fn socket(state: &State, tokens: &Tokens) -> Card {
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
                ("", true) => "no reason given",
                ("", false) => "no close frame",
                (reason, _) => reason,
            };
            let key = if record.simulated.is_some() { "simulated close" } else { "last close" };
            Row::words(key, format!("{} · {how}", close.code)).or_short(close.code.to_string())
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
        Row::words("ping", ping),
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
fn greeting(state: &State, tokens: &Tokens) -> Option<Card> {
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
