//! Profiles to begin with, one for each kind of service.

/// A profile to begin with.
#[derive(Debug)]
pub struct Preset {
    /// What the console calls it: lower case.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it is for, in one sentence without a full stop.
    pub about: &'static str,
    /// The profile, with comments.
    pub text: &'static str,
}

const ALL: &[Preset] = &[Preset {
    name: "rest-ticket",
    title: "REST ticket",
    about: "A web app's own service: sign in, get a one-time ticket, open the WebSocket with it",
    text: include_str!("../assets/presets/rest-ticket.toml"),
}];

/// All of them.
pub fn all() -> &'static [Preset] {
    ALL
}

/// The one called `name`.
pub fn named(name: &str) -> Option<&'static Preset> {
    ALL.iter().find(|preset| preset.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Profile;

    #[test]
    fn each_is_a_profile() {
        for preset in all() {
            assert!(Profile::from_toml(preset.text).is_ok(), "{}", preset.name);
        }
        assert!(named("REST-ticket").is_some() && named("no such").is_none());
    }
}
