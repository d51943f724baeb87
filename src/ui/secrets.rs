//! What the window knows of the secrets that people give: which are there, and what is being typed.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::model::{Fingerprint, Jwt, Moment, Presence, Profile, SecretSource, TokenFacts, ValueName, Values};
use crate::session::SecretsView;

/// The window's view of them.
#[derive(Default)]
pub struct SecretsState {
    /// What the session knows.
    pub view: SecretsView,
    typed: BTreeMap<ValueName, Zeroizing<String>>,
    /// The JWT that is being pasted.
    pub jwt: Zeroizing<String>,
    /// What may be known of it.
    facts: Option<TokenFacts>,
    /// The pasted one that the session was told to use.
    used: Option<Fingerprint>,
    /// Whether the dialog came by itself for what is missing; it does so once, and again after an attempt failed for it.
    offered: bool,
    /// The newest failure for which it came.
    failed_at: Option<u64>,
    /// The sign-in for which it came, by its end.
    signing_in: Option<Moment>,
}

/// One that the profile wants.
pub struct WantedSecret<'a> {
    /// Its name.
    pub name: &'a ValueName,
    /// Where it comes from.
    pub source: &'a SecretSource,
}

impl WantedSecret<'_> {
    /// What people call it.
    pub fn label(&self) -> &str {
        if self.source.label.is_empty() { self.name.as_str() } else { self.source.label.as_str() }
    }
}

/// What `profile` wants, in order.
pub fn wanted(profile: &Profile) -> impl Iterator<Item = WantedSecret<'_>> {
    let secrets = profile.service.iter().flat_map(|service| &service.secrets);
    secrets.map(|(name, source)| WantedSecret { name, source })
}

/// Whether `profile` signs in, so that a pasted JWT has a place.
pub fn signs_in(profile: &Profile) -> bool {
    profile.service.as_ref().is_none_or(|service| service.signs_in())
}

impl SecretsState {
    /// Forgets what was typed and known: another session begins.
    pub fn restart(&mut self) {
        *self = Self::default();
    }

    /// Whether it is there; `None` if that is not known yet.
    pub fn presence(&self, name: &ValueName) -> Option<&Presence> {
        self.view.presence.get(name)
    }

    /// Whether something that only a person can give, and that the service does not work without, is missing.
    pub fn is_missing(&self, profile: &Profile) -> bool {
        let is_missing = |wanted: WantedSecret<'_>| match self.presence(wanted.name) {
            Some(Presence::Missing) => wanted.source.is_asked_for(),
            Some(Presence::NotAllowed) => true,
            Some(Presence::Given | Presence::OnDemand | Presence::Unknown(_)) | None => false,
        };
        wanted(profile).filter(|wanted| !wanted.source.optional).any(is_missing)
    }

    /// Whether everything that the service does not work without is there.
    pub fn is_complete(&self, profile: &Profile) -> bool {
        let is_there = |wanted: WantedSecret<'_>| {
            let presence = self.presence(wanted.name);
            wanted.source.optional || matches!(presence, Some(Presence::Given | Presence::OnDemand))
        };
        wanted(profile).all(is_there)
    }

    /// Whether the dialog is to come by itself; asked once a frame. `failed_at` is the entry of the failure for want
    /// of a secret that things stand at, if they do.
    pub fn is_due(&mut self, profile: &Profile, failed_at: Option<u64>) -> bool {
        let is_new_failure = failed_at.is_some() && failed_at != self.failed_at;
        if is_new_failure {
            self.failed_at = failed_at;
        }
        let is_first = !self.offered && self.is_missing(profile);
        self.offered |= is_first || is_new_failure;
        is_first || is_new_failure
    }

    /// Whether the dialog is to come by itself for a sign-in that is waited for until then; asked once a frame.
    pub fn is_sign_in_due(&mut self, until: Option<Moment>) -> bool {
        let is_new = until.is_some() && until != self.signing_in;
        if is_new {
            self.signing_in = until;
        }
        is_new
    }

    /// Whether the sign-in for which the dialog came is over; said once.
    pub fn is_sign_in_over(&mut self, until: Option<Moment>) -> bool {
        until.is_none() && self.signing_in.take().is_some()
    }

    /// The field in which `name` is typed.
    pub fn field(&mut self, name: &ValueName) -> &mut String {
        self.typed.entry(name.clone()).or_default()
    }

    /// Whether something is typed for `name`.
    pub fn is_typed(&self, name: &ValueName) -> bool {
        self.typed.get(name).is_some_and(|typed| !typed.trim().is_empty())
    }

    /// What was typed for `name`, which is not in the field any more.
    pub fn take(&mut self, name: &ValueName) -> Option<Values> {
        let typed = self.typed.remove(name)?;
        let value = typed.trim();
        (!value.is_empty()).then(|| Values::one(name.clone(), value))
    }

    /// The text of the JWT's field has changed.
    pub fn decode(&mut self) {
        self.facts = self.pasted().map(|jwt| jwt.facts());
    }

    /// What may be known of the JWT that is being pasted.
    pub fn facts(&self) -> Option<&TokenFacts> {
        self.facts.as_ref()
    }

    fn pasted(&self) -> Option<Jwt> {
        let text = self.jwt.trim();
        let text = text.strip_prefix("Bearer ").unwrap_or(text).trim();
        (!text.is_empty()).then(|| Jwt::new(text))
    }

    /// Why the JWT cannot be used; `None` if it can.
    pub fn jwt_obstacle(&self) -> Option<&'static str> {
        match self.pasted() {
            None => Some("Paste a JWT first: it is among the secrets"),
            Some(jwt) if !jwt.expose().bytes().all(|byte| byte.is_ascii_graphic()) => {
                Some("It cannot be sent: there are spaces or other characters in it that no token has")
            }
            Some(_) => None,
        }
    }

    /// The JWT, which is not in the field any more.
    pub fn take_jwt(&mut self) -> Option<Jwt> {
        let jwt = self.pasted()?;
        self.jwt = Zeroizing::default();
        self.facts = None;
        self.used = Some(jwt.fingerprint());
        Some(jwt)
    }

    /// The session signs in by itself again.
    pub fn drop_jwt(&mut self) {
        self.used = None;
    }

    /// Whether `token` is the one that was pasted.
    pub fn is_pasted(&self, token: Option<&TokenFacts>) -> bool {
        self.used.is_some() && token.map(|token| token.fingerprint) == self.used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        let text = "name = 'x'\napi = 'https://a.example'\n[socket]\n[secret.one]\n[secret.free]\noptional = true\n\
                    [secret.set]\nenv = 'X'\n";
        Profile::from_toml(text).unwrap()
    }

    #[test]
    fn the_dialog_comes_once_for_what_is_missing_and_again_for_each_failure() {
        let (profile, mut secrets) = (profile(), SecretsState::default());
        let name = |name: &str| ValueName::try_from(name.to_owned()).unwrap();
        assert!(!secrets.is_due(&profile, None), "nobody has looked yet");
        secrets.view.presence = [("one", Presence::Missing), ("free", Presence::Missing), ("set", Presence::Missing)]
            .map(|(text, presence)| (name(text), presence))
            .into();
        assert!(secrets.is_due(&profile, None) && !secrets.is_due(&profile, None));
        assert!(secrets.is_due(&profile, Some(7)) && !secrets.is_due(&profile, Some(7)));
        secrets.view.presence.insert(name("one"), Presence::Given);
        assert!(!secrets.is_missing(&profile) && !secrets.is_complete(&profile), "a variable is missing");
        assert!(!secrets.is_due(&profile, None));
    }

    #[test]
    fn what_is_typed_leaves_the_field_when_it_is_kept() {
        let mut secrets = SecretsState::default();
        let name = ValueName::try_from("one".to_owned()).unwrap();
        secrets.field(&name).push_str("  xapp-1 \n");
        assert!(secrets.is_typed(&name));
        assert_eq!(secrets.take(&name).unwrap().expose(&name), Some("xapp-1"));
        assert!(!secrets.is_typed(&name) && secrets.take(&name).is_none());
        secrets.jwt.push_str(" Bearer a.b.c ");
        secrets.decode();
        assert!(secrets.facts().unwrap().claims.is_err() && secrets.jwt_obstacle().is_none());
        assert_eq!(secrets.take_jwt().unwrap().expose(), "a.b.c");
        assert!(secrets.jwt.is_empty() && secrets.jwt_obstacle().is_some());
        secrets.jwt.push_str("two words");
        assert!(secrets.jwt_obstacle().unwrap().contains("cannot be sent"));
    }
}
