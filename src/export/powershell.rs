//! The three steps for PowerShell, which every Windows has. Secrets are variables that whoever runs them has to fill in.

use super::session::Session;
use super::shell::{Spelling, spellings, variable};
use super::writer::Writer;
use crate::model::{Address, Endpoints, HttpMethod, Parameters, Phase, Profile, RequestBody, Service, Template};

pub(super) const POWERSHELL: Writer = Writer {
    name: "powershell",
    label: "PowerShell",
    explanation: "Token and ticket request and the WebSocket for PowerShell; JWT and ticket are variables",
    write: |session: Session<'_>| {
        let profile = &session.header.profile;
        format!("{BEGIN}\n{}\n{}", requests(profile), socket(profile))
    },
};

/// A variable that nobody has filled in is an error, and nothing is sent.
const BEGIN: &str = "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'\n";

/// JSON, whose letters would be sent as Latin-1 otherwise.
const JSON: &str = "application/json; charset=utf-8";

/// `text` as a string in which nothing is replaced. Typographic quotes end it as the plain one does.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for letter in text.chars() {
        quoted.push(letter);
        if matches!(letter, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(letter);
        }
    }
    quoted + "'"
}

/// `template` as an expression: a value is a variable.
fn expression(template: &Template) -> String {
    spelt(template, Spelling::Plain)
}

fn spelt(template: &Template, spelling: Spelling) -> String {
    let value = |name: &str, filters: &[String]| {
        let value = variable(name, filters);
        match spelling {
            Spelling::Plain => format!("${value} + "),
            Spelling::Url => format!("[Uri]::EscapeDataString(${value}) + "),
            Spelling::Json => format!("(${value} -replace '[\"\\\\]', '\\$0') + "),
        }
    };
    let parts = template.translated(|text| format!("{} + ", quoted(text)), value);
    format!("({})", parts.strip_suffix(" + ").unwrap_or("''"))
}

/// `text` as the rest of a comment, which it cannot end.
fn comment(text: &str) -> String {
    format!("# {}", text.replace(|letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}'), " "))
}

/// A request: its parts are expressions.
struct Request {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    /// The kind of the body, and the body.
    body: Option<(String, String)>,
}

impl Request {
    fn command(&self) -> String {
        let mut command = format!("Invoke-WebRequest -UseBasicParsing -Method {} -Uri {}", self.method, self.url);
        if !self.headers.is_empty() {
            command += &format!(" -Headers {}", table(self.headers.iter().cloned()));
        }
        if let Some((kind, body)) = &self.body {
            command += &format!(" -ContentType {kind} -Body {body}");
        }
        command + "\n"
    }
}

/// Names, which are quoted here, with values, which are expressions.
fn table(rows: impl Iterator<Item = (String, String)>) -> String {
    let rows: Vec<_> = rows.map(|(name, value)| format!("{} = {value}", quoted(&name))).collect();
    format!("@{{ {} }}", rows.join("; "))
}

/// The query behind an address, which may have one already if it is `named` by an answer.
fn query(parameters: &Parameters, named: Option<&Template>) -> String {
    let pairs = parameters.iter().enumerate().map(|(number, (name, value))| {
        let sign = match (number, named.filter(|named| named.fixed().is_none())) {
            (0, Some(named)) => format!("$(if ({}.Contains('?')) {{ '&' }} else {{ '?' }})", expression(named)),
            (0, None) => quoted("?"),
            _ => quoted("&"),
        };
        format!(" + {sign} + {} + {}", quoted(&format!("{name}=")), spelt(value, Spelling::Url))
    });
    pairs.collect()
}

/// The requests of the phases before the socket.
fn requests(profile: &Profile) -> String {
    match &profile.service {
        Some(service) => steps(profile, service),
        None => format!(
            "# 1. A JWT; put it into the variable $JWT\n{}\n# 2. A ticket for one connection; put it into the variable $TICKET\n{}",
            token(profile),
            ticket(profile)
        ),
    }
}

/// The requests of a service of another kind.
fn steps(profile: &Profile, service: &Service) -> String {
    let hello = service.hello.iter().filter_map(|hello| hello.request.as_ref());
    let steps = service.login.iter().chain(&service.ticket).chain(hello).enumerate().map(|(index, step)| {
        let mut headers: Vec<_> = profile
            .sent_origin()
            .map(|origin| ("Origin".to_owned(), quoted(&origin.to_string())))
            .into_iter()
            .collect();
        headers.extend(step.auth.iter().map(|auth| ("Authorization".to_owned(), expression(auth))));
        headers.extend(step.headers.iter().map(|(name, value)| (name.as_str().to_owned(), expression(value))));
        let body = match &step.body {
            RequestBody::None => None,
            RequestBody::Session => Some((quoted(JSON), quoted("{}"))),
            // A table of PowerShell's would hold each name once.
            RequestBody::Form(fields) => {
                let field = |(name, value): (&String, &Template)| {
                    format!("{} + [Uri]::EscapeDataString({})", quoted(&format!("{name}=")), expression(value))
                };
                let fields: Vec<_> = fields.iter().map(field).collect();
                Some((quoted("application/x-www-form-urlencoded"), format!("({})", fields.join(" + '&' + "))))
            }
            RequestBody::Json(json) => {
                let json = serde_json::to_string(json).unwrap_or_default();
                let text = Template::try_from(json.clone())
                    .map_or_else(|_| quoted(&json), |json| spelt(&json, Spelling::Json));
                Some((quoted(JSON), text))
            }
            // A kind among the headers would be refused there.
            RequestBody::Text(text) => {
                let is_kind = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
                let kind = headers.iter().position(is_kind).map(|at| headers.remove(at).1);
                Some((kind.unwrap_or_else(|| quoted("text/plain; charset=utf-8")), expression(text)))
            }
        };
        let mut url = match &step.address {
            Address::Path(path) => {
                format!("{} + {}", quoted(profile.api.to_string().trim_end_matches('/')), expression(&path.0))
            }
            Address::Url(template) => expression(template),
        };
        let named = match &step.address {
            Address::Path(_) => None,
            Address::Url(template) => Some(template),
        };
        url += &query(&step.query, named);
        let taken = step.take.iter().map(|(name, from)| format!("{from} into ${}", variable(name.as_str(), &[])));
        let taken = taken.collect::<Vec<_>>().join(", ");
        let taken = if taken.is_empty() { String::new() } else { format!(": put {taken}") };
        let what = format!("{}. {} {}{taken}", index + 1, step.method.name(), step.address.template());
        let request = Request { method: step.method.name(), url: format!("({url})"), headers, body };
        format!("{}\n{}{}", comment(&what), spellings(step.templates()), request.command())
    });
    let steps: Vec<_> = steps.collect();
    if steps.is_empty() { "# This service needs no request before its socket.\n".to_owned() } else { steps.join("\n") }
}

/// A request of a service as the contract has it.
fn of_contract(profile: &Profile, method: HttpMethod, url: &str, auth: Option<&str>) -> String {
    let mut headers = vec![("Origin".to_owned(), quoted(&profile.origin.to_string()))];
    headers.extend(auth.map(|auth| ("Authorization".to_owned(), auth.to_owned())));
    let body = match method {
        HttpMethod::Get => None,
        HttpMethod::Post | HttpMethod::Put => Some((quoted(JSON), quoted("{}"))),
    };
    Request { method: method.name(), url: quoted(url), headers, body }.command()
}

fn token(profile: &Profile) -> String {
    let token = &profile.endpoints.token;
    of_contract(profile, token.method, profile.api.join(&token.path).as_str(), None)
}

fn ticket(profile: &Profile) -> String {
    let ticket = &profile.endpoints.ticket;
    of_contract(profile, ticket.method, profile.api.join(&ticket.path).as_str(), Some("('Bearer ' + $JWT)"))
}

/// The socket: its state, and every message until it is closed.
fn socket(profile: &Profile) -> String {
    let Endpoints { socket: contract, .. } = &profile.endpoints;
    let mut script = String::new();
    let (mut url, mut headers, mut protocols) = (String::new(), Vec::new(), Vec::new());
    let mut said = String::new();
    match &profile.service {
        None => {
            script += "# 3. The socket; a ticket is good for one connection\n";
            let mut address = profile.websocket.join(&contract.path);
            address.query_pairs_mut().append_pair(contract.query.as_str(), "");
            url += &format!("{} + $TICKET", quoted(address.as_str()));
            headers.push(("Origin".to_owned(), quoted(&profile.origin.to_string())));
        }
        Some(service) => {
            let socket = &service.socket;
            script += "# The socket; its values are variables\n";
            let path = socket.path.as_ref().map(|path| &path.0);
            let all = socket.url.iter().chain(path).chain(socket.query.values()).chain(&socket.protocols);
            script += &spellings(all.chain(socket.headers.values()));
            url += &socket.url.as_ref().map_or_else(|| quoted(&profile.websocket.to_string()), expression);
            url += &path.map_or_else(String::new, |path| format!(" + {}", expression(path)));
            url += &query(&socket.query, socket.url.as_ref());
            headers.extend(profile.sent_origin().map(|origin| ("Origin".to_owned(), quoted(&origin.to_string()))));
            headers.extend(socket.headers.iter().map(|(name, value)| (name.as_str().to_owned(), expression(value))));
            protocols.extend(socket.protocols.iter().map(expression));
            let hello = service.hello.iter().filter_map(|hello| hello.send.as_ref());
            said.extend(hello.map(|send| comment(&format!("It then waits for: {send}")) + "\n"));
        }
    }
    script += "$socket = [Net.WebSockets.ClientWebSocket]::new(); $none = [Threading.CancellationToken]::None\n";
    for (name, value) in headers {
        script += &format!("$socket.Options.SetRequestHeader({}, {value})\n", quoted(&name));
    }
    for protocol in protocols {
        script += &format!("$socket.Options.AddSubProtocol({protocol})\n");
    }
    script += &format!("$socket.ConnectAsync([Uri]({url}), $none).GetAwaiter().GetResult(); $socket.State\n");
    script += &said;
    script
        + "$buffer = [byte[]]::new(65536)\n\
           while ($socket.State -eq 'Open') {\n    \
               $got = $socket.ReceiveAsync([ArraySegment[byte]]::new($buffer), $none).GetAwaiter().GetResult()\n    \
               [Text.Encoding]::UTF8.GetString($buffer, 0, $got.Count)\n\
           }\n\
           \"$($socket.CloseStatus) $($socket.CloseStatusDescription)\"\n"
}

/// The request of a phase for PowerShell; secrets are variables.
pub fn powershell_of(profile: &Profile, phase: Phase) -> String {
    let command = match (&profile.service, phase) {
        (_, Phase::Upgrade) => socket(profile),
        (None, Phase::Ticket) => ticket(profile),
        (None, _) => token(profile),
        (Some(service), _) => steps(profile, service),
    };
    format!("{BEGIN}{command}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PowerShell makes of `script`, by about_Quoting_Rules: the code outside of strings and comments, and the strings in
    /// single quotes. Strings in double quotes are ours alone, and count as code.
    fn read(script: &str) -> (String, Vec<String>) {
        let is_quote = |letter: &char| matches!(letter, '\'' | '\u{2018}'..='\u{201b}');
        let (mut code, mut strings) = (String::new(), Vec::new());
        let mut letters = script.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter == '#' {
                while letters.next_if(|letter| *letter != '\n').is_some() {}
            } else if is_quote(&letter) {
                let mut text = String::new();
                loop {
                    let letter = letters.next().expect("a string that ends");
                    if is_quote(&letter) && letters.next_if(is_quote).is_none() {
                        break;
                    }
                    text.push(letter);
                }
                strings.push(text);
            } else {
                code.push(letter);
            }
        }
        (code, strings)
    }

    fn script(profile: &Profile) -> String {
        format!("{BEGIN}\n{}\n{}", requests(profile), socket(profile))
    }

    #[test]
    fn what_a_profile_says_is_never_code() {
        let text = r#"
            name = "x"
            api = "https://a.example"
            [secret.jwt]
            [[ticket]]
            post = "/t's$(id);id;"
            auth = "Bearer {{jwt}}"
            json = { a = "{{jwt}}‛;id ’;id;‘\n id" }
            query = { q = "$(id)`n\"" }
            headers = { x-a = "';id;'" }
            take = { ticket = "/url" }
            [socket]
            url = "{{ticket}}"
            protocols = ["p'1", "b.{{jwt|base64url}}"]
        "#;
        let profile = Profile::from_toml(text).unwrap();
        let script = script(&profile);
        let (code, strings) = read(&script);
        assert!(!code.contains("id;") && !code.contains("$(id)") && !code.contains("\n id"), "{code}");
        for known in ["Bearer ", "p'1", "';id;'", "https://a.example"] {
            assert!(strings.iter().any(|text| text == known), "{known} in {strings:?}");
        }
        assert!(script.contains("# TS_JWT__BASE64URL: jwt, through base64url\n"), "{script}");
        assert!(code.contains("$TS_JWT__BASE64URL"), "{code}");
        assert!(code.contains("Set-StrictMode -Version Latest"), "what is not filled in is not sent");
    }

    #[test]
    fn the_contracts_steps_are_requests_and_a_socket() {
        let profile = Profile::production();
        let (code, strings) = read(&script(&profile));
        let ticket = profile.api.join(&profile.endpoints.ticket.path).to_string();
        assert!(strings.contains(&ticket) && strings.contains(&profile.origin.to_string()), "{strings:?}");
        assert_eq!(code.matches("Invoke-WebRequest -UseBasicParsing -Method ").count(), 2, "{code}");
        assert!(code.contains("$socket.ConnectAsync([Uri]( + $TICKET), $none)"), "{code}");
        for (phase, word) in [(Phase::Token, "Invoke-WebRequest"), (Phase::Ticket, "$JWT"), (Phase::Upgrade, "$TICKET")]
        {
            let command = powershell_of(&profile, phase);
            assert!(command.starts_with(BEGIN) && command.contains(word), "{command}");
        }
    }
}
