//! The three steps as shell commands. Secrets are variables that whoever runs them has to fill in.

use super::session::Session;
use super::writer::Writer;
use crate::model::{HttpMethod, Profile};

pub(super) const CURL: Writer = Writer {
    name: "curl",
    label: "curl",
    explanation: "Token and ticket request as shell commands; the JWT is a variable",
    write: |session: Session<'_>| curl(&session.header.profile),
};

pub(super) const WEBSOCAT: Writer = Writer {
    name: "websocat",
    label: "websocat",
    explanation: "The WebSocket as a shell command; the ticket is a variable",
    write: |session: Session<'_>| websocat(&session.header.profile),
};

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Token and ticket request.
fn curl(profile: &Profile) -> String {
    let origin = quoted(&format!("Origin: {}", profile.origin));
    let endpoints = &profile.endpoints;
    let request = |method: HttpMethod, url: &str, header: &str| {
        let method = match method {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST --header 'Content-Type: application/json' --data '{}'",
        };
        format!("curl --silent --show-error --include --request {method} --header {origin}{header} {}\n", quoted(url))
    };
    let token = profile.api.join(&endpoints.token.path);
    let ticket = profile.api.join(&endpoints.ticket.path);
    format!(
        "# 1. A JWT; put it into the variable JWT\n{}\n# 2. A ticket for one connection\n{}",
        request(endpoints.token.method, token.as_str(), ""),
        request(endpoints.ticket.method, ticket.as_str(), r#" --header "Authorization: Bearer ${JWT:?}""#),
    )
}

/// The socket.
fn websocat(profile: &Profile) -> String {
    let socket = &profile.endpoints.socket;
    let mut url = profile.websocket.join(&socket.path);
    url.query_pairs_mut().append_pair(socket.query.as_str(), "");
    let origin = quoted(&format!("--header=Origin: {}", profile.origin));
    format!(
        "# 3. The socket; a ticket is good for one connection: put a new one into the variable TICKET\n\
         websocat {origin} {}\"${{TICKET:?}}\"\n",
        quoted(url.as_str())
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// The words that a shell hands to the programs that `script` runs.
    fn words(script: &str) -> String {
        let script = format!(
            "JWT='a b$c'\nTICKET='t\"'\ncurl() {{ printf '<%s>' \"$@\"; }}\nwebsocat() {{ curl \"$@\"; }}\n{script}"
        );
        let run = Command::new("sh").args(["-euc", &script]).output().unwrap();
        assert!(run.status.success(), "{}\n{script}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap()
    }

    #[test]
    fn a_shell_takes_a_hostile_profile_as_plain_words() {
        let text = r#"
            name = "x"
            api = "http://127.0.0.1/a'$(touch${IFS}pwned)`id`"
            websocket = "ws://127.0.0.1/b';id;'"
            origin = "http://localhost"
            endpoints.token = { method = "POST", path = "/`id`';id;", field = "/token" }
            endpoints.socket = { path = "/w's", query = "t'$(id)`id`" }
        "#;
        let profile = Profile::from_toml(text).unwrap();
        let words = words(&(curl(&profile) + &websocat(&profile)));
        assert!(words.contains("<Authorization: Bearer a b$c>"), "{words}");
        for url in [
            profile.api.join(&profile.endpoints.token.path).to_string(),
            profile.api.join(&profile.endpoints.ticket.path).to_string(),
        ] {
            assert!(words.contains(&format!("<{url}>")), "{url}: {words}");
        }
        assert!(words.contains("=t\">") && words.contains("<--header=Origin: http://localhost>"), "{words}");
        assert!(!words.contains("uid="), "{words}");
    }

    #[test]
    fn without_the_variable_nothing_is_sent() {
        let script = format!("curl() {{ :; }}\n{}", curl(&Profile::production()));
        let run = Command::new("sh").args(["-c", &script]).env_remove("JWT").output().unwrap();
        assert!(!run.status.success());
    }
}
