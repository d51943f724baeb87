//! What a person gives the session: secrets, the sign-in page, a JWT of their own.

use super::super::secrets::{signs_in, wanted};
use super::super::state::State;
use super::Row;
use super::obstacles::recorded;
use crate::model::{Presence, ValueName};
use crate::session::{Command, SecretRequest};

/// Something to do with what a person gives the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum SecretCommand {
    /// Show what the profile wants of a person.
    #[default]
    Show,
    /// Keep what was typed for the secret at this place.
    #[strum(disabled)]
    Keep(usize),
    /// Open the page on which a person is to sign in.
    OpenSignIn,
    /// Copy its address.
    CopySignIn,
    /// Let the command run that gives the secret at this place.
    #[strum(disabled)]
    Allow(usize),
    /// Forget the secret at this place.
    #[strum(disabled)]
    Forget(usize),
    /// Use the JWT that was pasted, for this session alone.
    UseJwt,
    /// Sign in as the profile says again.
    DropJwt,
}

impl SecretCommand {
    /// Its row, as things are now.
    pub(super) fn row(self, state: &State) -> Row {
        let snapshot = state.pane.view.snapshot();
        match self {
            Self::Show => {
                let explanation = "What the profile wants of a person, and a user's JWT for this session alone";
                Row::new("Secrets…", explanation, |cx| cx.show_secrets()).unless(recorded(state))
            }
            Self::Keep(place) => {
                let name = name_of_secret(state, place);
                let is_typed = name.as_ref().is_some_and(|name| state.secrets.is_typed(name));
                let explanation = "Keep it in this system's keychain";
                Row::new("Save the secret", explanation, move |cx| {
                    if let Some(values) = name.and_then(|name| cx.state.secrets.take(&name)) {
                        cx.engine.ask_secrets(SecretRequest::Keep(values));
                    }
                })
                .unless(recorded(state))
                .unless((!is_typed).then_some("Paste the value first"))
            }
            Self::OpenSignIn | Self::CopySignIn => {
                let address = snapshot.token.sign_in.as_ref().map(|sign_in| sign_in.address.to_string());
                let obstacle = address.is_none().then_some("Nobody is asked to sign in just now");
                let row = match self {
                    Self::OpenSignIn => Row::new("Open the sign-in page", "In this computer's browser", |cx| {
                        cx.ctx.open_url(egui::OpenUrl::new_tab(address.unwrap_or_default()));
                    }),
                    _ => Row::new("Copy the sign-in page's address", "For another browser", |cx| {
                        cx.copy(address.unwrap_or_default());
                    }),
                };
                row.unless(recorded(state)).unless(obstacle)
            }
            Self::Allow(place) => {
                let name = name_of_secret(state, place);
                let explanation = "Let this program run on this computer whenever the client connects, until a word of the command changes";
                Row::new("Allow the command", explanation, move |cx| {
                    if let Some(name) = name {
                        cx.engine.ask_secrets(SecretRequest::Allow(name));
                    }
                })
                .unless(recorded(state))
            }
            Self::Forget(place) => {
                let name = name_of_secret(state, place);
                let is_there =
                    name.as_ref().is_some_and(|name| state.secrets.presence(name) != Some(&Presence::Missing));
                Row::new("Forget the secret", "Take it out of this system's keychain", move |cx| {
                    if let Some(name) = name {
                        cx.engine.ask_secrets(SecretRequest::Forget(name));
                    }
                })
                .unless(recorded(state))
                .unless((!is_there).then_some("Nothing is kept"))
            }
            Self::UseJwt => {
                let explanation = "Use it from the next attempt on, for this session alone; it is kept nowhere";
                Row::new("Use the pasted JWT", explanation, |cx| cx.use_jwt())
                    .unless(recorded(state))
                    .unless((!signs_in(&snapshot.profile)).then_some("This service has no sign-in: it takes no JWT"))
                    .unless(state.secrets.jwt_obstacle())
            }
            Self::DropJwt => {
                let explanation = "Drop the pasted JWT: the next attempt signs in as the profile says";
                Row::new("Sign in by itself again", explanation, |cx| {
                    if cx.is_taken(Command::UseJwt(None)) {
                        cx.state.secrets.drop_jwt();
                    }
                })
                .unless(recorded(state))
                .unless((!state.secrets.is_pasted(snapshot.token.token.as_ref())).then_some("No pasted JWT is in use"))
            }
        }
    }
}

/// The secret at `place` among those that the profile wants.
fn name_of_secret(state: &State, place: usize) -> Option<ValueName> {
    wanted(&state.pane.view.snapshot().profile).nth(place).map(|wanted| wanted.name.clone())
}
