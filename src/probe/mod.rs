//! A look through the user's own browser: a page, or a snippet for the console of the web app's tab, that runs the login
//! there and ends with a code for support. [`Code`] reads it.

mod code;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub use code::{Code, CodeError, Dial, Reply, Turn};

use crate::model::{Profile, SecretSource, Service, ValueName};

/// What every probe does: the frame, with a place for what one attempt does.
const FRAME: &str = include_str!("../../assets/probe/probe.js");
/// One attempt by the contract.
const CONTRACT: &str = include_str!("../../assets/probe/contract.js");
/// One attempt by a profile's own steps.
const STEPS: &str = include_str!("../../assets/probe/steps.js");
const PAGE: &str = include_str!("../../assets/probe/probe.html");

/// How long a page keeps the socket open to see whether it stays, in milliseconds.
const HOLD_MS: u64 = 3_000;

/// What is to be pasted into the console of the web app's own tab.
pub fn snippet(profile: &Profile) -> String {
    let script = script(profile, false);
    // A line of words is nothing that a console needs.
    let lines = script.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// A page that the web app's own origin has to serve.
pub fn page(profile: &Profile) -> String {
    PAGE.replace("SCRIPT", script(profile, true).trim_end())
}

fn script(profile: &Profile, is_page: bool) -> String {
    let Profile { api, websocket, timeouts, .. } = profile;
    let limit = u64::try_from(timeouts.http.max(timeouts.upgrade).as_millis()).unwrap_or(u64::MAX);
    let mut config = json!({
        "page": is_page, "api": api.to_string(), "ws": websocket.to_string(), "limit": limit, "hold": HOLD_MS,
    });
    let (turn, further) = match &profile.service {
        None => (CONTRACT, contract(profile)),
        Some(service) => (STEPS, steps(service)),
    };
    if let (Value::Object(config), Value::Object(further)) = (&mut config, further) {
        config.extend(further);
    }
    // In a page, `</script>` in an address would end the script.
    let config = config.to_string().replace('<', "\\u003c");
    FRAME.replace("  // @turn\n", turn).replace("(CONFIG)", &format!("({config})"))
}

fn contract(profile: &Profile) -> Value {
    let (token, ticket, socket) = (&profile.endpoints.token, &profile.endpoints.ticket, &profile.endpoints.socket);
    json!({
        "path": socket.path.to_string(),
        "query": socket.query,
        "token": { "m": token.method.name(), "p": token.path.to_string(), "f": token.field.to_string() },
        "ticket": {
            "m": ticket.method.name(), "p": ticket.path.to_string(),
            "f": ticket.field.to_string(), "l": ticket.ttl_field.to_string(),
        },
    })
}

/// The steps as data, and of secrets nothing but what people call them.
fn steps(service: &Service) -> Value {
    let label = |(name, source): (&ValueName, &SecretSource)| {
        let label = if source.label.is_empty() { name.to_string() } else { source.label.to_string() };
        (name.to_string(), label)
    };
    let mut secrets: BTreeMap<_, _> = service.secrets.iter().map(label).collect();
    if service.oauth.is_some() {
        secrets.insert("access_token".to_owned(), "access token of whoever is signed in".to_owned());
    }
    json!({
        "login": service.login, "ticket": service.ticket, "socket": service.socket, "hello": service.hello,
        "frame": service.frame, "answer": service.answers, "secrets": secrets,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_fits_into_a_message_and_a_page_shows_what_happens() {
        let profile = Profile::production();
        let snippet = snippet(&profile);
        assert!(snippet.len() < 8_000, "{} bytes", snippet.len());
        assert!(snippet.contains("\"api\":\"https://api.going2eat.food\"") && !snippet.contains("CONFIG"));
        let page = page(&profile);
        assert!(page.contains("\"page\":true") && page.contains("opened as a file from disk it cannot work"));
        assert_eq!(page.matches("</script>").count(), 1);
    }

    #[test]
    fn the_steps_of_another_service_get_into_the_probe_as_data_without_secrets() {
        let text = "name = 'x'\napi = 'https://a.example'\n[secret.key]\nlabel = 'API key'\nenv = 'MY_KEY'\n[[login]]\npost = '/t'\n\
                    auth = 'Bearer {{key}}'\ntake = { token = '/token' }\n[socket]\npath = '/</script>'\n";
        let page = page(&Profile::from_toml(text).unwrap());
        assert!(page.contains("\"key\":\"API key\"") && page.contains("Bearer {{key}}"));
        assert!(!page.contains("MY_KEY") && page.matches("</script>").count() == 1);
    }
}
