//! The three steps as shell commands. Secrets are variables that whoever runs them has to fill in.

use super::session::Session;
use super::writer::Writer;
use crate::model::{Address, Endpoints, HttpMethod, Phase, Profile, RequestBody, Service, Template};

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
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// How a value is spelt where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As it is.
    Plain,
    /// Within the query of an address.
    Url,
    /// Within a string of JSON.
    Json,
}

/// What spells a value in an address and in JSON, for scripts that need it.
const FUNCTIONS: [(&str, &str); 2] = [
    ("ts_url", r#"ts_url() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'; }"#),
    ("ts_json", r#"ts_json() { printf %s "$1" | sed -e 's/[\\"]/\\&/g' -e '$!s/$/\\n/' | tr -d '\n'; }"#),
];

/// `script` with the functions before it that it calls.
fn with_functions(script: &str) -> String {
    let called = FUNCTIONS.iter().filter(|(name, _)| script.contains(&format!("$({name} ")));
    called.map(|(_, function)| format!("{function}\n")).collect::<String>() + script
}

/// `template` as one word of a POSIX shell: a value is a variable that has to be set.
fn word(template: &Template) -> String {
    spelt(template, Spelling::Plain)
}

fn spelt(template: &Template, spelling: Spelling) -> String {
    let word = template.translated(quoted, |name, filters| {
        let value = format!("\"${{{}:?}}\"", variable(name, filters));
        match spelling {
            Spelling::Plain => value,
            Spelling::Url => format!("\"$(ts_url {value})\""),
            Spelling::Json => format!("\"$(ts_json {value})\""),
        }
    });
    if word.is_empty() { "''".to_owned() } else { word }
}

/// What keeps the command behind it from running while a variable of `templates` is not set: a function's argument that is
/// missing does not.
fn guard<'a>(templates: impl Iterator<Item = &'a Template>) -> String {
    let wanted = |template: &Template| {
        template.translated(|_| String::new(), |name, filters| format!(" \"${{{}:?}}\"", variable(name, filters)))
    };
    let wanted: String = templates.map(wanted).collect();
    if wanted.is_empty() { wanted } else { format!(":{wanted} && ") }
}

/// The variable for a value, which is none of the system's own such as USER: one that stands in another spelling is another
/// one.
pub(super) fn variable(name: &str, filters: &[String]) -> String {
    let parts = ["TS_".to_owned() + name].into_iter().chain(filters.iter().cloned());
    parts.map(|part| part.to_uppercase().replace(':', "_")).collect::<Vec<_>>().join("__")
}

/// What has to be put into the variables of `templates` that are not a value as it came.
pub(super) fn spellings<'a>(templates: impl Iterator<Item = &'a Template>) -> String {
    let lines = std::cell::RefCell::new(std::collections::BTreeSet::new());
    for template in templates {
        template.translated(
            |_| String::new(),
            |name, filters| {
                if !filters.is_empty() {
                    let spelt = format!("# {}: {name}, through {}\n", variable(name, filters), filters.join(", then "));
                    lines.borrow_mut().insert(spelt);
                }
                String::new()
            },
        );
    }
    lines.into_inner().into_iter().collect()
}

/// A header as an option of curl and websocat.
fn header(name: &str, value: &Template) -> String {
    format!(" --header={}{}", quoted(&format!("{name}: ")), word(value))
}

/// The requests of a service of another kind.
fn steps_as_curl(profile: &Profile, service: &Service) -> String {
    let hello = service.hello.iter().filter_map(|hello| hello.request.as_ref());
    let steps = service.login.iter().chain(&service.ticket).chain(hello).enumerate().map(|(index, step)| {
        let mut command = format!("curl --silent --show-error --include --request {}", step.method.name());
        let mut guarded = String::new();
        if let Some(origin) = profile.sent_origin() {
            command += &format!(" --header {}", quoted(&format!("Origin: {origin}")));
        }
        step.auth.iter().for_each(|auth| command += &header("Authorization", auth));
        step.headers.iter().for_each(|(name, value)| command += &header(name.as_str(), value));
        match &step.body {
            RequestBody::None => {}
            RequestBody::Session => command += " --header 'Content-Type: application/json' --data '{}'",
            RequestBody::Form(fields) => {
                for (name, value) in fields.iter() {
                    command += &format!(" --data-urlencode {}{}", quoted(&format!("{name}=")), word(value));
                }
            }
            RequestBody::Json(json) => {
                guarded = guard(json.templates().into_iter());
                let json = serde_json::to_string(json).unwrap_or_default();
                let template = Template::try_from(json.clone());
                let template = template.map_or_else(|_| quoted(&json), |json| spelt(&json, Spelling::Json));
                command += &format!(" --header 'Content-Type: application/json' --data {template}");
            }
            RequestBody::Text(text) => {
                let is_typed = step.headers.keys().any(|name| name.as_str().eq_ignore_ascii_case("content-type"));
                let kind = if is_typed { "" } else { " --header 'Content-Type: text/plain'" };
                command += &format!("{kind} --data-raw {}", word(text));
            }
        }
        let url = match &step.address {
            Address::Path(path) => quoted(profile.api.to_string().trim_end_matches('/')) + &word(&path.0),
            Address::Url(template) => word(template),
        };
        // Since curl 7.87; it knows whether the address has a query already.
        for (name, value) in step.query.iter() {
            command += &format!(" --url-query {}{}", quoted(&format!("{name}=")), word(value));
        }
        let taken = step.take.iter().map(|(name, from)| format!("{from} into {}", variable(name.as_str(), &[])));
        let taken = taken.collect::<Vec<_>>().join(", ");
        let taken = if taken.is_empty() { String::new() } else { format!(": put {taken}") };
        let spelt = spellings(step.templates());
        format!(
            "# {}. {} {}{taken}\n{spelt}{guarded}{command} {url}\n",
            index + 1,
            step.method.name(),
            step.address.template()
        )
    });
    let steps: Vec<_> = steps.collect();
    if steps.is_empty() {
        return "# This service needs no request before its socket.\n".to_owned();
    }
    with_functions(&steps.join("\n"))
}

/// The socket of a service of another kind.
fn socket_as_websocat(profile: &Profile, service: &Service) -> String {
    let socket = &service.socket;
    let mut command = "websocat".to_owned();
    if let Some(origin) = profile.sent_origin() {
        command += &format!(" {}", quoted(&format!("--header=Origin: {origin}")));
    }
    socket.headers.iter().for_each(|(name, value)| command += &header(name.as_str(), value));
    socket.protocols.iter().for_each(|protocol| command += &format!(" --protocol {}", word(protocol)));
    let mut url = socket.url.as_ref().map_or_else(|| quoted(&profile.websocket.to_string()), word);
    url += &socket.path.as_ref().map_or_else(String::new, |path| word(&path.0));
    for (number, (name, value)) in socket.query.iter().enumerate() {
        let sign = match (number, &socket.url) {
            // Whether what an answer names has a query shows only then.
            (0, Some(named)) if named.fixed().is_none() => {
                format!("\"$(case {} in (*\\?*) printf '&';; (*) printf '?';; esac)\"", word(named))
            }
            (0, _) => quoted("?"),
            _ => quoted("&"),
        };
        url += &format!("{sign}{}{}", quoted(&format!("{name}=")), spelt(value, Spelling::Url));
    }
    let said = service.hello.iter().filter_map(|hello| hello.send.as_ref());
    let said: String = said.map(|send| format!("# Then type: {send}\n")).collect();
    let path = socket.path.as_ref().map(|path| &path.0);
    let all = socket.url.iter().chain(path).chain(socket.query.values()).chain(&socket.protocols);
    let spelt = spellings(all.chain(socket.headers.values()));
    let guarded = guard(socket.query.values());
    let script = format!("# The socket; its values are variables\n{spelt}{guarded}{command} {url}\n{said}");
    with_functions(&script)
}

/// Token and ticket request.
fn curl(profile: &Profile) -> String {
    if let Some(service) = &profile.service {
        return steps_as_curl(profile, service);
    }
    format!(
        "# 1. A JWT; put it into the variable JWT\n{}\n# 2. A ticket for one connection\n{}",
        token_as_curl(profile),
        ticket_as_curl(profile)
    )
}

/// A request of a service as the contract has it.
fn request_as_curl(profile: &Profile, method: HttpMethod, url: &str, header: &str) -> String {
    let origin = quoted(&format!("Origin: {}", profile.origin));
    let body = match method {
        HttpMethod::Get => "",
        HttpMethod::Post | HttpMethod::Put => " --header 'Content-Type: application/json' --data '{}'",
    };
    let method = format!("{}{body}", method.name());
    format!("curl --silent --show-error --include --request {method} --header {origin}{header} {}\n", quoted(url))
}

fn token_as_curl(profile: &Profile) -> String {
    let token = &profile.endpoints.token;
    request_as_curl(profile, token.method, profile.api.join(&token.path).as_str(), "")
}

fn ticket_as_curl(profile: &Profile) -> String {
    let ticket = &profile.endpoints.ticket;
    let jwt = r#" --header "Authorization: Bearer ${JWT:?}""#;
    request_as_curl(profile, ticket.method, profile.api.join(&ticket.path).as_str(), jwt)
}

/// The upgrade as a request whose answer curl shows, a refusal as well.
fn upgrade_as_curl(profile: &Profile) -> String {
    let socket = &profile.endpoints.socket;
    let mut url = profile.websocket.join(&socket.path);
    url.query_pairs_mut().append_pair(socket.query.as_str(), "");
    let url = url.as_str().replacen("ws", "http", 1);
    format!(
        "curl --silent --show-error --include --http1.1 --max-time 5 --header {} --header 'Connection: Upgrade' \
         --header 'Upgrade: websocket' --header 'Sec-WebSocket-Version: 13' \
         --header 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' {}\"${{TICKET:?}}\"\n",
        quoted(&format!("Origin: {}", profile.origin)),
        quoted(&url)
    )
}

/// The request of a phase as a shell command; secrets are variables.
pub fn curl_of(profile: &Profile, phase: Phase) -> String {
    match (&profile.service, phase) {
        (None, Phase::Ticket) => ticket_as_curl(profile),
        (None, Phase::Upgrade) => upgrade_as_curl(profile),
        (None, _) => token_as_curl(profile),
        (Some(_), Phase::Upgrade) => websocat(profile),
        (Some(service), _) => steps_as_curl(profile, service),
    }
}

/// The request of a phase as it is sent: method, address and headers, each secret by its name only. The trace id is not
/// among them: it is another one each time.
pub fn request_of(profile: &Profile, phase: Phase) -> String {
    let origin = profile.sent_origin().map_or_else(String::new, |origin| format!("origin: {origin}\n"));
    let Endpoints { token, ticket, socket, .. } = &profile.endpoints;
    match (&profile.service, phase) {
        (None, Phase::Ticket) => {
            let url = profile.api.join(&ticket.path);
            format!("{} {url}\n{origin}authorization: Bearer (the JWT)\n", ticket.method.name())
        }
        (None, Phase::Upgrade) => {
            let url = profile.websocket.join(&socket.path);
            format!(
                "GET {url}?{}=(the ticket)\n{origin}connection: Upgrade\nupgrade: websocket\nsec-websocket-version: 13\n\
                 sec-websocket-key: (a random one)\n",
                socket.query.as_str()
            )
        }
        (None, _) => {
            let url = profile.api.join(&token.path);
            format!("{} {url}\n{origin}content-type: application/json\n", token.method.name())
        }
        (Some(service), Phase::Upgrade) => {
            let url = service.socket.url.as_ref().map_or_else(|| profile.websocket.to_string(), ToString::to_string);
            let path = service.socket.path.as_ref().map_or_else(String::new, |path| path.0.to_string());
            format!("GET {url}{path}\n{origin}connection: Upgrade\nupgrade: websocket\n")
        }
        (Some(service), phase) => {
            let hello = service.hello.iter().filter_map(|hello| hello.request.as_ref());
            let steps: Vec<_> = match phase {
                Phase::Ticket => service.ticket.iter().collect(),
                Phase::Greeting => hello.collect(),
                Phase::Keychain
                | Phase::Token
                | Phase::Dns
                | Phase::Tcp
                | Phase::Proxy
                | Phase::Tls
                | Phase::Upgrade => service.login.iter().collect(),
            };
            let lines = steps.iter().map(|step| format!("{} {}\n", step.method.name(), step.address.template()));
            lines.collect::<String>() + &origin
        }
    }
}

/// The socket.
fn websocat(profile: &Profile) -> String {
    if let Some(service) = &profile.service {
        return socket_as_websocat(profile, service);
    }
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

// Elsewhere there is no shell to ask; what Windows has is powershell.rs'.
#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::process::Command;

    use super::*;

    /// The words that a shell hands to the programs that `script` runs.
    fn words(script: &str) -> String {
        let script = format!(
            "JWT='a b$c'\nTICKET='t\"'\nTS_JWT='a \"b$c'\nTS_TICKET='wss://t/?a=1'\ncurl() {{ printf '<%s>' \"$@\"; }}\nwebsocat() {{ curl \"$@\"; }}\n{script}"
        );
        let run = Command::new("sh").args(["-euc", &script]).output().unwrap();
        assert!(run.status.success(), "{}\n{script}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap()
    }

    #[test]
    fn the_steps_of_any_service_are_commands_whose_values_are_variables() {
        let text = r#"
            name = "x"
            api = "https://a.example"
            [secret.jwt]
            [[ticket]]
            post = "/t's"
            auth = "Bearer {{jwt}}"
            json = { a = "{{jwt}}" }
            query = { q = "$(id)" }
            take = { ticket = "/url" }
            [socket]
            url = "{{ticket}}"
            query = { user = "{{jwt}}" }
            protocols = ["p'1", "b.{{jwt|base64url}}"]
        "#;
        let profile = Profile::from_toml(text).unwrap();
        let script = curl(&profile) + &websocat(&profile);
        assert!(script.contains("# TS_JWT__BASE64URL: jwt, through base64url\n"), "{script}");
        let words = words(&format!("TS_JWT__BASE64URL=YSBi\n{script}"));
        for word in [
            "<b.YSBi>",
            "<--header=Authorization: Bearer a \"b$c>",
            r#"<{"a":"a \"b$c"}>"#,
            "<--url-query><q=$(id)><https://a.example/t's>",
            "<wss://t/?a=1&user=%61%20%22%62%24%63>",
            "<p'1>",
        ] {
            assert!(words.contains(word), "{word} in {words}");
        }
    }

    #[test]
    fn a_shell_takes_a_hostile_profile_as_plain_words() {
        let text = r#"
            name = "x"
            api = "http://127.0.0.1/a'$(id)`id`"
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
    fn what_an_answer_names_without_a_query_gets_one() {
        let text = "name = 'x'\napi = 'https://a.example'\n[[ticket]]\npost = '/t'\ntake = { user = '/url' }\n\
                    [socket]\nurl = '{{user}}'\nquery = { v = '2' }\n";
        let script = websocat(&Profile::from_toml(text).unwrap());
        assert!(
            words(&format!("TS_USER=wss://a.example/ws\n{script}")).contains("<wss://a.example/ws?v=2>"),
            "{script}"
        );
    }

    #[test]
    fn without_the_variable_nothing_is_sent() {
        let script = format!("curl() {{ :; }}\n{}", curl(&Profile::production()));
        let run = Command::new("sh").args(["-c", &script]).env_remove("JWT").output().unwrap();
        assert!(!run.status.success());
    }
}
