//! Profiles to begin with, for services that many people use. Each is a commented file, as a person would write it.

/// A profile to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// What it is called in commands: `slack-socket-mode`.
    pub name: &'static str,
    /// What people call the service.
    pub title: &'static str,
    /// How its connection comes about, in one line.
    pub about: &'static str,
    /// The file.
    pub text: &'static str,
}

macro_rules! presets {
    ($($name:literal, $title:literal, $about:literal;)*) => {
        &[$(Preset {
            name: $name,
            title: $title,
            about: $about,
            text: include_str!(concat!("../assets/presets/", $name, ".toml")),
        }),*]
    };
}

const ALL: &[Preset] = presets! {
    "rest-ticket", "REST ticket (OWASP)", "Login → one-time ticket → WebSocket with ?ticket=, as Django Channels, FastAPI and Express do it";
    "slack-socket-mode", "Slack Socket Mode", "App-level token → one-time address → hello";
    "signalr", "ASP.NET Core SignalR", "Access token → negotiation → handshake and heartbeats";
    "azure-signalr", "Azure SignalR Service", "Access token → your server's redirect → negotiation at the service → handshake and heartbeats";
    "socket-io", "Socket.IO", "Engine.IO opens → Socket.IO connects with its auth → pings are answered";
    "home-assistant", "Home Assistant", "Long-lived or refresh token → auth over the open socket → heartbeats";
    "phoenix", "Phoenix Channels", "Token in the query → heartbeats that are answered";
    "supabase-realtime", "Supabase Realtime", "API key in the query → a channel joined → heartbeats that are answered";
    "dingtalk-stream", "DingTalk Stream", "Client id and secret → gateway and ticket → registered → pings are answered";
    "jupyter", "Jupyter Server", "Token → a terminal's name → its socket";
    "action-cable", "Rails Action Cable", "Token or cookie in the upgrade → welcome → the server's pings";
    "centrifugo", "Centrifugo", "Connection JWT → connect over the open socket → pings are answered";
    "pusher", "Pusher, Soketi, Laravel Reverb", "App key → the backend signs the socket's id → a private channel joined";
    "graphql-ws", "GraphQL (graphql-ws, Apollo, Hasura)", "Subprotocol → connection_init with the token → acknowledged";
};

/// All of them, the most general first.
pub const fn all() -> &'static [Preset] {
    ALL
}

/// The one called `name`.
pub fn named(name: &str) -> Option<&'static Preset> {
    ALL.iter().find(|preset| preset.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::{EndOwner, Profile};

    #[test]
    fn each_is_a_profile_that_survives_toml() {
        for preset in all() {
            let profile = Profile::from_toml(preset.text).unwrap_or_else(|error| panic!("{}: {error}", preset.name));
            let text = toml::to_string(&profile).unwrap();
            let again = Profile::from_toml(&text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", preset.name));
            assert_eq!(again, profile, "{}", preset.name);
            assert_eq!(named(preset.name), Some(preset));
        }
    }

    #[test]
    fn names_of_presets_and_profiles_are_unique() {
        let names: BTreeSet<_> = all().iter().map(|preset| preset.name).collect();
        let profiles: BTreeSet<_> =
            all().iter().map(|preset| Profile::from_toml(preset.text).unwrap().name.to_string()).collect();
        assert_eq!((names.len(), profiles.len()), (all().len(), all().len()));
        assert_eq!(named("nobody"), None);
    }

    #[test]
    fn people_are_told_what_each_secret_is_and_where_it_is_found() {
        for preset in all() {
            let service = Profile::from_toml(preset.text).unwrap().steps();
            assert!(!service.secrets.is_empty(), "{}", preset.name);
            for (name, secret) in &service.secrets {
                assert!(!secret.label.is_empty() && !secret.hint.is_empty(), "{}: {name}", preset.name);
            }
        }
    }

    #[test]
    fn ends_say_what_they_mean_and_final_ones_who_can_help() {
        for preset in all() {
            for end in &Profile::from_toml(preset.text).unwrap().steps().ends {
                assert!(end.says.is_some(), "{}: {end:?}", preset.name);
                let is_final = end.then == crate::model::Then::Stop;
                assert!(!is_final || end.owner.is_some_and(|owner| owner != EndOwner::Network), "{}", preset.name);
            }
        }
    }

    /// What stands in comments, to be taken in, is right as well.
    #[test]
    fn what_is_left_out_with_comments_can_be_taken_in() {
        for (preset, left_out, first) in [
            ("home-assistant", Some("token"), "[secret.refresh_token]"),
            ("supabase-realtime", None, "[secret.email]"),
            ("centrifugo", Some("token"), "[secret.session]"),
            ("phoenix", None, "[[hello]]"),
            ("action-cable", None, "[[hello]]"),
            ("rest-ticket", None, "[[hello]]"),
        ] {
            let text = uncommented(named(preset).unwrap().text, left_out, first);
            Profile::from_toml(&text).unwrap_or_else(|error| panic!("{preset}: {error}\n{text}"));
        }
    }

    /// `text` with the block of comments that begins with `first`, and without the secret `left_out`.
    fn uncommented(text: &str, left_out: Option<&str>, first: &str) -> String {
        let mut is_taken_in = false;
        let mut is_left_out = false;
        let mut lines = Vec::new();
        for line in text.lines() {
            is_left_out =
                left_out.is_some_and(|name| line == format!("[secret.{name}]")) || is_left_out && !line.is_empty();
            is_taken_in = line == format!("# {first}") || is_taken_in && line.starts_with("# ");
            if !is_left_out {
                lines.push(if is_taken_in { &line[2..] } else { line });
            }
        }
        lines.join("\n")
    }
}
