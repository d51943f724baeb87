//! What the profile wants of a person, and a user's JWT for this session alone.

use std::time::Duration;

use egui::text_edit::TextEditState;
use egui::{Align, Id, Label, Layout, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::super::button::{Look, button};
use super::super::command::{SecretCommand, UiCommand};
use super::super::scrolling;
use super::super::secrets::{WantedSecret, signs_in, wanted};
use super::super::state::State;
use super::super::tokens::Tokens;
use crate::model::{CommandLine, DisplayDuration, Presence, Profile, SafeText, SecretOrigin, TokenFacts};
use crate::profiles::in_words;
use crate::view::Status;

/// The height of a field and the buttons beside it.
const FIELD: f32 = 28.0;

/// Draws it; returns whether it is to be closed.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) -> bool {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let muted = |text: String| RichText::new(text).size(tokens.size.small).color(*color.muted);
    let profile = state.pane.view.snapshot().profile.clone();
    ui.label(RichText::new("Secrets").font(tokens.bold(tokens.size.title)).color(*color.strong));
    ui.add_space(2.0);
    let count = wanted(&profile).count();
    let about = match count {
        0 => format!("{} wants no secrets", profile.name),
        _ => format!(
            "What {} wants. A value that is saved {} and is not shown again",
            profile.name,
            if state.secrets.view.is_kept {
                "goes into this system's keychain"
            } else {
                "is known until the program ends"
            }
        ),
    };
    ui.add(Label::new(muted(about)).wrap());
    ui.add_space(6.0);
    let room = (ui.ctx().content_rect().height() - 260.0).max(160.0);
    ScrollArea::vertical().max_height(room).auto_shrink([false, true]).show(ui, |ui| {
        sign_in(ui, state, asked);
        for (place, wanted) in wanted(&profile).enumerate() {
            one(ui, state, place, &wanted, asked);
            ui.add_space(8.0);
        }
        if let Some(problem) = &state.secrets.view.problem {
            let text = format!("⚠ It is known to this session only: {}", problem.of_secrets());
            ui.add(Label::new(RichText::new(text).color(*color.warn)).wrap());
            ui.add_space(6.0);
        }
        if count > 0 {
            ui.separator();
        }
        pasted(ui, state, &profile, asked);
        scrolling::follow_focus(ui);
    });
    ui.add_space(8.0);
    let is_offered = match state.pane.view.snapshot().status {
        Status::Connected { .. } | Status::Crashed { .. } | Status::Ended(_) => false,
        Status::Idle | Status::Stopped | Status::Connecting(_) | Status::Waiting(_) => true,
    };
    let again = if state.is_at_rest() { UiCommand::Connection } else { UiCommand::RetryNow };
    ui.horizontal(|ui| {
        let mut is_over = false;
        if is_offered && state.secrets.is_complete(&profile) {
            let look = if count > 0 { Look::Primary } else { Look::Plain };
            is_over = button(ui, state, again, look, None, vec2(0.0, FIELD), asked).clicked();
        }
        ui.button("Close").clicked() || is_over
    })
    .inner
}

fn one(ui: &mut Ui, state: &mut State, place: usize, wanted: &WantedSecret<'_>, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let (words, tone) = match state.secrets.presence(wanted.name) {
        Some(Presence::Given) => ("✓ given".to_owned(), *color.good),
        Some(Presence::Missing) if wanted.source.optional => ("not given, and not needed".to_owned(), *color.muted),
        Some(Presence::Missing) => ("✖ not given".to_owned(), *color.bad),
        Some(Presence::OnDemand) => ("✓ allowed".to_owned(), *color.good),
        Some(Presence::NotAllowed) => ("✖ not allowed yet".to_owned(), *color.bad),
        Some(Presence::Unknown(state)) => (format!("⚠ {}", state.of_secrets()), *color.warn),
        None => ("asking the keychain…".to_owned(), *color.muted),
    };
    ui.horizontal(|ui| {
        let label = RichText::new(wanted.label()).font(tokens.bold(tokens.size.text)).color(*color.strong);
        ui.label(label);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add(Label::new(RichText::new(words).size(tokens.size.small).color(tone)).truncate());
        });
    });
    let muted = |text: String| RichText::new(text).size(tokens.size.small).color(*color.muted);
    if !wanted.source.hint.is_empty() {
        ui.add(Label::new(muted(wanted.source.hint.to_string())).wrap());
    }
    if let SecretOrigin::Command(command) = wanted.source.origin() {
        return command_of(ui, state, place, wanted, command, asked);
    }
    if !wanted.source.is_asked_for() {
        let from = format!("It comes from {}; it is read at each attempt", in_words::origin(wanted.source));
        ui.add(Label::new(muted(from)).wrap());
        return;
    }
    let (save, forget) =
        (UiCommand::Secret(SecretCommand::Keep(place)), UiCommand::Secret(SecretCommand::Forget(place)));
    line(ui, |ui| {
        let response = button(ui, state, forget, Look::Plain, Some("Forget"), vec2(0.0, FIELD), asked);
        response.accessible_name(format!("Forget {}", wanted.label()));
        let response = button(ui, state, save, Look::Plain, Some("Save"), vec2(0.0, FIELD), asked);
        response.accessible_name(format!("Save {}", wanted.label()));
        let is_given = state.secrets.presence(wanted.name) == Some(&Presence::Given);
        let hint = if is_given { "A new value, to replace the one that is there" } else { "Paste the value" };
        let id = Id::unique(("secret", wanted.name.as_str()));
        let typed = state.secrets.field(wanted.name);
        let is_saved = hidden_field(ui, id, typed, hint, &format!("Value of {}", wanted.label()));
        if is_saved && state.secrets.is_typed(wanted.name) {
            asked.push(save);
        }
    });
}

/// Where a person is to sign in, while that is waited for.
fn sign_in(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let Some(view) = state.pane.view.snapshot().token.sign_in.as_ref() else { return };
    ui.label(RichText::new("Sign in").font(tokens.bold(tokens.size.text)).color(*color.strong));
    let left = DisplayDuration(Duration::from_secs(view.until.since(state.pane.now).as_secs()));
    let about = match (&view.code, view.is_opened) {
        (Some(_), _) => format!("Open this page in any browser and type the code; the client waits for {left}"),
        (None, true) => format!("The browser was opened; the client waits for {left} until you are signed in there"),
        (None, false) => format!("Open this page in a browser of this computer; the client waits for {left}"),
    };
    ui.add(Label::new(RichText::new(about).size(tokens.size.small).color(*color.muted)).wrap());
    if let Some(code) = &view.code {
        ui.label(RichText::new(code.as_str()).font(tokens.mono()).size(tokens.size.title).color(*color.strong));
    }
    let address = RichText::new(view.address.as_str()).font(tokens.mono()).color(*color.text);
    ui.add(Label::new(address).truncate());
    line(ui, |ui| {
        button(
            ui,
            state,
            UiCommand::Secret(SecretCommand::CopySignIn),
            Look::Plain,
            Some("Copy the address"),
            vec2(0.0, FIELD),
            asked,
        );
        button(ui, state, UiCommand::Secret(SecretCommand::OpenSignIn), Look::Primary, None, vec2(0.0, FIELD), asked);
    });
    ui.add_space(8.0);
}

/// The command that gives a secret, and the question whether it may run.
fn command_of(
    ui: &mut Ui,
    state: &State,
    place: usize,
    wanted: &WantedSecret<'_>,
    command: &CommandLine,
    asked: &mut Vec<UiCommand>,
) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let muted = |text: &str| RichText::new(text).size(tokens.size.small).color(*color.muted);
    let is_allowed = state.secrets.presence(wanted.name) == Some(&Presence::OnDemand);
    ui.add(Label::new(muted(if is_allowed {
        "It is what this command prints, which runs on this computer at each attempt:"
    } else {
        "The profile wants to run this command on this computer at each attempt, and to use what it prints. Read it: it can \
         do whatever you can"
    }))
    .wrap());
    let shown = SafeText::with_limit(&command.to_string(), usize::MAX);
    ui.add(Label::new(RichText::new(shown.as_str()).font(tokens.mono()).color(*color.text)).wrap());
    line(ui, |ui| {
        let (command, word) = match is_allowed {
            true => (UiCommand::Secret(SecretCommand::Forget(place)), "Do not run it any more"),
            false => (UiCommand::Secret(SecretCommand::Allow(place)), "Allow it"),
        };
        let response = button(ui, state, command, Look::Plain, Some(word), vec2(0.0, FIELD), asked);
        response.accessible_name(format!("{word}: {}", wanted.label()));
    });
}

/// Draws from right to left what has the height of a field.
fn line(ui: &mut Ui, draw: impl FnOnce(&mut Ui)) {
    let size = vec2(ui.available_width(), FIELD);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), draw);
}

/// A field whose text is not shown, over all the width that is left; returns whether Enter ended the typing.
fn hidden_field(ui: &mut Ui, id: Id, text: &mut String, hint: &str, name: &str) -> bool {
    let tokens = Tokens::at(ui);
    let field = TextEdit::singleline(text)
        .id(id)
        .password(true)
        .hint_text(RichText::new(hint).color(*tokens.color.muted))
        .desired_width(ui.available_width() - 8.0)
        .margin(egui::Margin::symmetric(8, 5));
    let response = ui.add(field).accessible_name(name);
    // Or else what was typed would stay in memory, to be undone.
    if let Some(mut edited) = TextEditState::load(ui.ctx(), id) {
        edited.clear_undoer();
        edited.store(ui.ctx(), id);
    }
    response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))
}

/// A user's token for this session.
fn pasted(ui: &mut Ui, state: &mut State, profile: &Profile, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let muted = |text: &str| RichText::new(text).size(tokens.size.small).color(*color.muted);
    ui.label(RichText::new("Paste a JWT").font(tokens.bold(tokens.size.text)).color(*color.strong));
    if !signs_in(profile) {
        ui.add(Label::new(muted("This service has no sign-in: it takes no JWT")).wrap());
        return;
    }
    let about = "A user's token, for this session alone: it is kept nowhere. If the server refuses it, the client \
                 signs in by itself as the profile says";
    ui.add(Label::new(muted(about)).wrap());
    line(ui, |ui| {
        let response = button(
            ui,
            state,
            UiCommand::Secret(SecretCommand::UseJwt),
            Look::Plain,
            Some("Use it"),
            vec2(0.0, FIELD),
            asked,
        );
        response.accessible_name(UiCommand::Secret(SecretCommand::UseJwt).label(state));
        let before = state.secrets.jwt.len();
        let id = Id::unique("pasted JWT");
        let is_used = hidden_field(ui, id, &mut state.secrets.jwt, "eyJ… or Bearer eyJ…", "JWT of a user");
        if state.secrets.jwt.len() != before || state.secrets.facts().is_none() {
            state.secrets.decode();
        }
        if is_used && state.secrets.jwt_obstacle().is_none() {
            asked.push(UiCommand::Secret(SecretCommand::UseJwt));
        }
    });
    if let Some(facts) = state.secrets.facts() {
        claims(ui, state, facts);
    }
    let token = state.pane.view.snapshot().token.token.clone();
    if state.secrets.is_pasted(token.as_ref()) {
        ui.horizontal(|ui| {
            let words = token.map(|token| format!("✓ The pasted one is in use: #{}", token.fingerprint));
            ui.label(RichText::new(words.unwrap_or_default()).color(*color.good));
            button(ui, state, UiCommand::Secret(SecretCommand::DropJwt), Look::Plain, None, vec2(0.0, 0.0), asked);
        });
    }
}

/// What a token says of itself.
fn claims(ui: &mut Ui, state: &State, facts: &TokenFacts) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let claims = match &facts.claims {
        Ok(claims) => claims,
        Err(error) => {
            let words = format!("⚠ #{}: {error}. It can be used all the same", facts.fingerprint);
            ui.add(Label::new(RichText::new(words).size(tokens.size.small).color(*color.warn)).wrap());
            return;
        }
    };
    let calendar = &state.pane.calendar;
    let date = |date| format!("{} {}", calendar.day(date), calendar.time(date));
    let is_over = claims.expires_at.zip(state.date()).is_some_and(|(expires, now)| expires <= now);
    let unknown = || "—".to_owned();
    let shown = |text: &Option<crate::model::SafeText>| text.as_ref().map_or_else(unknown, ToString::to_string);
    let rows = [
        ("hash", format!("#{}", facts.fingerprint), false),
        ("sessionId", claims.session_id.as_ref().map_or_else(|| "missing".to_owned(), ToString::to_string), false),
        ("issued", claims.issued_at.map_or_else(unknown, date), false),
        (
            if is_over { "expired" } else { "expires" },
            claims.expires_at.map_or_else(|| "never, it does not say".to_owned(), date),
            is_over,
        ),
        ("issuer", shown(&claims.issuer), false),
        ("audience", shown(&claims.audience), false),
        ("signed with", claims.algorithm.to_string(), false),
    ];
    egui::Grid::new("pasted claims").num_columns(2).spacing([24.0, 3.0]).show(ui, |ui| {
        for (key, value, is_bad) in rows {
            ui.label(RichText::new(key).size(tokens.size.small).color(*color.muted));
            let tone = if is_bad { *color.bad } else { *color.text };
            ui.add(Label::new(RichText::new(value).size(tokens.size.small).color(tone)).truncate());
            ui.end_row();
        }
    });
}
