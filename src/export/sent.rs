//! A request that a file tells of: as it was sent, and as a shell command that sends it again. What the file's reader left out
//! is a variable that whoever runs the command has to fill in.

use std::fmt::Write as _;

use url::form_urlencoded;

use super::shell::quoted;
use crate::model::failure::Header;
use crate::model::{Phase, RequestHead};

/// Headers that curl writes itself.
const OF_CURL: [&str; 4] = ["accept-encoding", "content-length", "host", "transfer-encoding"];
/// Any key will do for an upgrade whose answer is only looked at (RFC 6455 §4.1).
const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAA==";

/// The request as it was sent: method, address and headers, each secret by its name only.
pub fn request_of_head(head: &RequestHead) -> String {
    let fields = head.query.iter().map(|Header { name, value }| match value {
        Some(value) => format!("{name}={value}"),
        None => format!("{name}=(hidden)"),
    });
    let query = fields.collect::<Vec<_>>().join("&");
    let sign = if query.is_empty() { "" } else { "?" };
    let mut text = format!("{} {}{sign}{query}\n", head.method, head.address);
    for Header { name, value } in &head.headers {
        let _ = match (value, &head.scheme) {
            (Some(value), _) => writeln!(text, "{name}: {value}"),
            (None, Some(scheme)) if is_authorization(name.as_str()) => {
                writeln!(text, "{name}: {scheme} (hidden: it may hold a secret)")
            }
            (None, _) => writeln!(text, "{name}: (hidden: it may hold a secret)"),
        };
    }
    text
}

/// The request as a shell command. Of an upgrade curl shows the answer, a refusal as well.
pub fn curl_of_head(head: &RequestHead, phase: Phase) -> String {
    let is_upgrade = phase == Phase::Upgrade;
    let mut command = "curl --silent --show-error --include".to_owned();
    if is_upgrade {
        command += " --http1.1 --max-time 5";
    }
    let method = if head.method.is_empty() { "GET" } else { head.method.as_str() };
    command += &format!(" --request {}", quoted(method));
    for Header { name, value } in &head.headers {
        let name = name.as_str();
        if OF_CURL.contains(&name) || name == "connection" && !is_upgrade {
            continue;
        }
        let given = match (value, &head.scheme) {
            (Some(value), _) => quoted(&format!("{name}: {value}")),
            (None, _) if name == "sec-websocket-key" => quoted(&format!("{name}: {KEY}")),
            (None, Some(scheme)) if is_authorization(name) => quoted(&format!("{name}: {scheme} ")) + &filled_in(name),
            (None, _) => quoted(&format!("{name}: ")) + &filled_in(name),
        };
        command += &format!(" --header {given}");
    }
    if matches!(method, "POST" | "PUT" | "PATCH") {
        command += &format!(" --data-raw {}", filled_in("body"));
    }
    let mut url = quoted(&head.address.as_str().replacen("ws", "http", usize::from(is_upgrade)));
    for (number, Header { name, value }) in head.query.iter().enumerate() {
        let sign = if number == 0 { '?' } else { '&' };
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let known = value.as_ref().map_or_else(String::new, |value| encoded(value.as_str()));
        url += &quoted(&format!("{sign}{}={known}", encoded(name.as_str())));
        if value.is_none() {
            url += &filled_in(name.as_str());
        }
    }
    format!("# As the file has it; what may be a secret is a variable\n{command} {url}\n")
}

fn is_authorization(name: &str) -> bool {
    name == "authorization"
}

/// A variable without which the shell runs nothing.
fn filled_in(name: &str) -> String {
    let name =
        name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' });
    format!("\"${{TS_{}:?}}\"", name.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: Option<&str>) -> Header {
        Header { name: name.into(), value: value.map(Into::into) }
    }

    fn upgrade() -> RequestHead {
        RequestHead {
            method: "GET".into(),
            address: "wss://a.example/ws".into(),
            query: vec![field("v", Some("2")), field("ticket", None)],
            headers: vec![
                field("host", Some("a.example")),
                field("connection", Some("Upgrade")),
                field("origin", Some("https://it's.example")),
                field("authorization", None),
                field("cookie", None),
                field("sec-websocket-key", None),
            ],
            scheme: Some("Bearer".into()),
        }
    }

    #[test]
    fn secrets_of_a_file_are_variables_and_the_rest_is_as_it_was_sent() {
        let command = curl_of_head(&upgrade(), Phase::Upgrade);
        for part in [
            "--http1.1",
            "--header 'connection: Upgrade'",
            r"--header 'origin: https://it'\''s.example'",
            "--header 'authorization: Bearer '\"${TS_AUTHORIZATION:?}\"",
            "--header 'cookie: '\"${TS_COOKIE:?}\"",
            "--header 'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA=='",
            "'https://a.example/ws''?v=2''&ticket='\"${TS_TICKET:?}\"",
        ] {
            assert!(command.contains(part), "{part} in {command}");
        }
        assert!(!command.contains("host:") && !command.contains("--data"), "{command}");
    }

    #[test]
    fn a_request_with_a_body_asks_for_it_and_keeps_its_own_scheme() {
        let head = RequestHead { method: "POST".into(), address: "http://a.example/ws/token".into(), ..upgrade() };
        let command = curl_of_head(&head, Phase::Token);
        assert!(command.contains("--request 'POST'") && command.contains("--data-raw \"${TS_BODY:?}\""), "{command}");
        assert!(command.contains("'http://a.example/ws/token'") && !command.contains("connection"), "{command}");
    }

    #[test]
    fn what_was_sent_is_read_with_its_secrets_by_name() {
        let text = request_of_head(&upgrade());
        assert!(text.starts_with("GET wss://a.example/ws?v=2&ticket=(hidden)\nhost: a.example\n"), "{text}");
        assert!(text.contains("authorization: Bearer (hidden: it may hold a secret)\n"), "{text}");
    }
}
