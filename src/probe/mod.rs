//! A look through the user's own browser: a page, or a snippet for the console of the web app's tab, that runs the login
//! there and ends with a code for support. [`Code`] reads it.

mod code;

pub use code::{Code, CodeError, Dial, Reply, Turn};

use serde_json::json;

use crate::model::Profile;

const SCRIPT: &str = include_str!("../../assets/probe/probe.js");
const PAGE: &str = include_str!("../../assets/probe/probe.html");

/// How long a page keeps the socket open to see whether it stays, in milliseconds.
const HOLD_MS: u64 = 3_000;

/// Why there is no probe for a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// It is not of the contract's kind.
    #[error(
        "this profile has steps of its own, and the probe knows token, ticket and WebSocket of the contract's kind only; ask \
         the user for a HAR file instead"
    )]
    OtherSteps,
}

/// What is to be pasted into the console of the web app's own tab.
///
/// # Errors
/// See [`ProbeError`].
pub fn snippet(profile: &Profile) -> Result<String, ProbeError> {
    let script = script(profile, false)?;
    // A line of words is nothing that a console needs.
    let lines = script.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// A page that the web app's own origin has to serve.
///
/// # Errors
/// See [`ProbeError`].
pub fn page(profile: &Profile) -> Result<String, ProbeError> {
    Ok(PAGE.replace("SCRIPT", script(profile, true)?.trim_end()))
}

fn script(profile: &Profile, is_page: bool) -> Result<String, ProbeError> {
    if profile.service.is_some() {
        return Err(ProbeError::OtherSteps);
    }
    let Profile { api, websocket, endpoints, timeouts, .. } = profile;
    let limit = u64::try_from(timeouts.http.max(timeouts.upgrade).as_millis()).unwrap_or(u64::MAX);
    let config = json!({
        "page": is_page,
        "api": api.to_string(),
        "ws": websocket.to_string(),
        "path": endpoints.socket.path.to_string(),
        "query": endpoints.socket.query,
        "token": { "m": endpoints.token.method.name(), "p": endpoints.token.path.to_string(), "f": endpoints.token.field.to_string() },
        "ticket": {
            "m": endpoints.ticket.method.name(), "p": endpoints.ticket.path.to_string(),
            "f": endpoints.ticket.field.to_string(), "l": endpoints.ticket.ttl_field.to_string(),
        },
        "limit": limit, "hold": HOLD_MS,
    });
    // In a page, `</script>` in an address would end the script.
    Ok(SCRIPT.replace("(CONFIG)", &format!("({})", config.to_string().replace('<', "\\u003c"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_fits_into_a_message_and_a_page_shows_what_happens() {
        let profile = Profile::production();
        let snippet = snippet(&profile).unwrap();
        assert!(snippet.len() < 8_000, "{} bytes", snippet.len());
        assert!(snippet.contains("\"api\":\"https://api.going2eat.food\"") && !snippet.contains("CONFIG"));
        let page = page(&profile).unwrap();
        assert!(page.contains("\"page\":true") && page.contains("opened as a file from disk it cannot work"));
        assert_eq!(page.matches("</script>").count(), 1);
    }
}
