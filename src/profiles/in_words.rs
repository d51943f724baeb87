//! What a profile does, in words: which request goes to which host, and with which secrets.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::model::{
    Address, DisplayDuration, EndRule, Frame, FrameKind, HelloStep, Life, LifeUnit, OAuth, OAuthFlow, Profile,
    RequestBody, SafeText, SecretOrigin, SecretSource, Service, Step, TakeFrom, Template, Then, ValueName,
};

/// One part of what a profile does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is: `Ticket`.
    pub title: &'static str,
    /// What happens there, in order.
    pub lines: Vec<String>,
}

/// What `profile` does, part by part.
pub fn parts(profile: &Profile) -> Vec<Part> {
    let service = profile.steps();
    let mut parts = Vec::new();
    if !service.secrets.is_empty() {
        let lines = service.secrets.iter().map(|(name, source)| secret(name, source));
        parts.push(Part { title: "Secrets", lines: lines.chain(kept_back(profile)).collect() });
    }
    let requests = |steps: &[Step]| steps.iter().flat_map(|step| request(profile, step)).collect::<Vec<_>>();
    let mut login: Vec<String> = service.oauth.iter().flat_map(browser).collect();
    login.extend(requests(&service.login));
    if login.is_empty() {
        login.push("none: nothing is asked for and kept".to_owned());
    }
    parts.push(Part { title: "Sign-in", lines: login });
    let ticket = match service.ticket.is_empty() {
        true => vec!["none is needed".to_owned()],
        false => requests(&service.ticket),
    };
    parts.push(Part { title: "Ticket", lines: ticket });
    parts.push(Part { title: "WebSocket", lines: socket(profile, &service) });
    if !service.hello.is_empty() {
        let lines = service.hello.iter().flat_map(|hello| greeting(profile, hello)).collect();
        parts.push(Part { title: "Greeting", lines });
    }
    let open = open(profile, &service);
    if !open.is_empty() {
        parts.push(Part { title: "While it is open", lines: open });
    }
    if !service.ends.is_empty() {
        parts.push(Part { title: "Ends by message", lines: service.ends.iter().map(end).collect() });
    }
    parts
}

/// Where a secret comes from.
pub fn origin(source: &SecretSource) -> String {
    match source.origin() {
        SecretOrigin::Variable(variable) => format!("the environment variable {variable}"),
        SecretOrigin::File(file) => format!("the file {file}"),
        SecretOrigin::Command(command) => format!("what this command prints: {}", SafeText::new(&command.to_string())),
        SecretOrigin::Person => "the keychain".to_owned(),
    }
}

fn secret(name: &ValueName, source: &SecretSource) -> String {
    let mut words = format!("{{{{{name}}}}}");
    if !source.label.is_empty() {
        words += &format!(" {}", source.label);
    }
    words += &match source.is_asked_for() {
        true if source.once => ": a person types it for each sign-in, nothing keeps it".to_owned(),
        true => ": a person gives it, the keychain keeps it".to_owned(),
        false => format!(": from {}", origin(source)),
    };
    if source.optional {
        words += "; it also works without";
    }
    if source.forget {
        words += "; New session forgets it";
    }
    if !source.hosts.is_empty() {
        let hosts: Vec<_> = source.hosts.iter().map(ToString::to_string).collect();
        words += &format!("; it may also go to {}, if an answer names such a host", hosts.join(", "));
    }
    words
}

/// The secrets that an answer decides the way of, and that go nowhere by that.
fn kept_back(profile: &Profile) -> Vec<String> {
    let kept = profile.secrets_for_named_hosts().into_iter().filter(|(_, source)| source.hosts.is_empty());
    kept.map(|(name, _)| {
        format!(
            "⚠ {{{{{name}}}}} goes where an answer says: only to hosts that this profile names, unless [secret.{name}] has \
             hosts = [ … ]"
        )
    })
    .collect()
}

/// A sign-in in the browser.
fn browser(oauth: &OAuth) -> Vec<String> {
    let mut lines = vec![match (oauth.flow, &oauth.authorize, &oauth.device) {
        (OAuthFlow::Browser, Some(authorize), _) => format!("a person signs in in the browser, at {authorize}"),
        (OAuthFlow::Device, _, Some(device)) => format!("a person signs in anywhere, with a code from {device}"),
        (OAuthFlow::Browser | OAuthFlow::Device, _, _) => "a person signs in in the browser".to_owned(),
    }];
    lines.push(format!("  as {}", oauth.client_id));
    if !oauth.scopes.is_empty() {
        lines.push(format!("  for {}", oauth.scopes.join(" ")));
    }
    lines.push(format!("  tokens come from {}; the keychain keeps the refresh token", oauth.token));
    lines
}

fn request(profile: &Profile, step: &Step) -> Vec<String> {
    let address = match &step.address {
        Address::Path(path) => format!("{}{}", profile.api, path.0),
        Address::Url(template) => template.to_string(),
    };
    let mut lines = vec![format!("{} {address}", step.method.name())];
    let mut say = |words: String| lines.push(format!("  {words}"));
    if !step.query.is_empty() {
        say(format!("query {}", pairs(step.query.iter())));
    }
    if let Some(auth) = &step.auth {
        say(format!("Authorization: {auth}"));
    }
    for (name, value) in &step.headers {
        say(format!("{}: {value}", name.as_str()));
    }
    match &step.body {
        RequestBody::None => {}
        RequestBody::Session => say("with the session's id, once one is known".to_owned()),
        RequestBody::Form(fields) => say(format!("as a form: {}", pairs(fields.iter()))),
        RequestBody::Json(json) => match serde_json::to_string(json) {
            Ok(json) if json != "{}" => say(format!("as JSON: {json}")),
            Ok(_) | Err(_) => {}
        },
        RequestBody::Text(text) => say(format!("as text: {text}")),
    }
    if !step.ok_statuses.is_empty() {
        let statuses: Vec<_> = step.ok_statuses.iter().map(ToString::to_string).collect();
        say(format!("the status {} is a success too", statuses.join(" or ")));
    }
    if !step.ok.is_empty() {
        let wanted = step.ok.iter().map(|(pointer, value)| format!("{pointer} is {value}"));
        say(format!("it worked if the status is 2xx and {}", wanted.collect::<Vec<_>>().join(" and ")));
    }
    if let Some(poll) = &step.poll {
        let (every, within) = (DisplayDuration(poll.every), DisplayDuration(poll.within));
        say(format!("it is sent again every {every} until {}, for {within} at most", poll.wanted()));
    }
    if let Some(pointer) = &step.error {
        say(format!("the server's reason is at {pointer}"));
    }
    for (name, from) in &step.take {
        say(format!("takes {{{{{name}}}}} from {from}"));
    }
    match &step.life {
        Life::Unknown => {}
        Life::Fixed(duration) => say(format!("it lives for {}", DisplayDuration(*duration))),
        Life::Said { unit, at } => {
            let unit = match unit {
                LifeUnit::Seconds => "seconds",
                LifeUnit::Millis => "milliseconds",
                LifeUnit::Unix => "the second when it ends",
                LifeUnit::UnixMs => "the millisecond when it ends",
                LifeUnit::Date => "the date when it ends",
            };
            let at = match at {
                TakeFrom::JsonIfThere(pointer) => format!("{pointer}, if that is there"),
                at => at.to_string(),
            };
            say(format!("how long it lives ({unit}) is at {at}"));
        }
        Life::Jwt(name) => say(format!("it lives as long as the JWT {{{{{name}}}}}")),
    }
    if step.reusable {
        say("the same ticket may come again".to_owned());
    }
    lines
}

fn pairs<'a>(pairs: impl Iterator<Item = (&'a String, impl Display + 'a)>) -> String {
    pairs.map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
}

fn socket(profile: &Profile, service: &Service) -> Vec<String> {
    let socket = &service.socket;
    let path = socket.path.as_ref().map(|path| path.0.to_string()).unwrap_or_default();
    let base = socket.url.as_ref().map_or_else(|| profile.websocket.to_string(), ToString::to_string);
    let mut lines = vec![format!("{base}{path}")];
    if !socket.query.is_empty() {
        lines.push(format!("  query {}", pairs(socket.query.iter())));
    }
    if !socket.protocols.is_empty() {
        let offered: Vec<_> = socket.protocols.iter().map(ToString::to_string).collect();
        lines.push(format!("  offers the subprotocols {}", offered.join(", ")));
    }
    for (name, value) in &socket.headers {
        lines.push(format!("  {}: {value}", name.as_str()));
    }
    lines.push(match profile.sent_origin() {
        Some(origin) => format!("  as a page of {}", origin.as_str()),
        None => "  as a program: no origin is sent".to_owned(),
    });
    lines
}

fn greeting(profile: &Profile, hello: &HelloStep) -> Vec<String> {
    let made = hello.make.iter().map(|(name, template)| format!("makes {{{{{name}}}}} of {template}"));
    let mut lines: Vec<String> = made.collect();
    lines.extend(hello.request.iter().flat_map(|step| request(profile, step)));
    lines.extend(hello.send.iter().map(|text| format!("sends {text}")));
    if let Some(expect) = &hello.expect {
        lines.push(format!("waits at most {} for {expect}", DisplayDuration(hello.within)));
    }
    lines.extend(hello.take.iter().map(|(name, at)| format!("  takes {{{{{name}}}}} from {at}")));
    lines
}

fn open(profile: &Profile, service: &Service) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(every) = profile.timeouts.ping {
        lines.push(format!("a ping every {}", DisplayDuration(every)));
    }
    let spelt = |duration: &crate::model::DurationTemplate| match serde_json::to_value(duration) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(_) | Err(_) => String::new(),
    };
    if let Some(heartbeat) = &service.heartbeat {
        let every = spelt(&heartbeat.every);
        let answer = heartbeat.expect.iter().map(|expect| format!("; the server has to answer {expect}"));
        lines.push(format!("a heartbeat every {every}: {}{}", heartbeat.send, answer.collect::<String>()));
    }
    let answers = service.answers.iter();
    lines.extend(answers.map(|answer| match &answer.send {
        Some(send) => format!("answers {} with {send}", answer.when),
        None => format!("keeps in mind what {} says", answer.when),
    }));
    if let Some(silence) = &service.silence {
        lines.push(format!("without any message for {} the connection is dead", spelt(&silence.after)));
    }
    let Frame { split, array, binary } = &service.frame;
    if let Some(split) = split {
        lines.push(format!("messages in a frame end with {}", split.escape_debug()));
    }
    if *array {
        lines.push("a frame is a JSON array of messages".to_owned());
    }
    match binary {
        FrameKind::Text => {}
        FrameKind::Binary => lines.push("messages go in binary frames".to_owned()),
        FrameKind::Hex => lines.push("messages are bytes, which are spelt in hexadecimal digits".to_owned()),
    }
    lines
}

fn end(end: &EndRule) -> String {
    let then = match end.then {
        Then::Stop => "the client stops",
        Then::Retry => "a new attempt after the usual wait",
        Then::Renew => "a new attempt at once",
        Then::Login => "a new sign-in and attempt at once",
        Then::Go => "a new attempt at once, at the address that it names",
    };
    let says = end.says.iter().map(|says| format!(" ({says})")).collect::<String>();
    format!("{}: {then}{says}", end.when)
}

/// Where its requests go: the profile's hosts, and those that its steps name, each once.
pub fn addresses(profile: &Profile) -> Vec<String> {
    let service = profile.steps();
    let mut addresses = BTreeMap::new();
    let mut add = |address: String| {
        let place = addresses.len();
        addresses.entry(address).or_insert(place);
    };
    if let Some(oauth) = &service.oauth {
        oauth.authorize.iter().chain(&oauth.device).chain([&oauth.token]).for_each(|address| add(address.to_string()));
    }
    let asked_in_greeting = || service.hello.iter().filter_map(|hello| hello.request.as_ref());
    let steps = || service.login.iter().chain(&service.ticket).chain(asked_in_greeting());
    if steps().any(|step| matches!(step.address, Address::Path(_))) {
        add(profile.api.to_string());
    }
    for step in steps() {
        if let Address::Url(template) = &step.address {
            add(named(template));
        }
    }
    add(service.socket.url.as_ref().map_or_else(|| profile.websocket.to_string(), named));
    let mut all: Vec<_> = addresses.into_iter().collect();
    all.sort_by_key(|(_, place)| *place);
    all.into_iter().map(|(address, _)| address).collect()
}

/// An address for people; one that begins with a value is known only when the service has answered.
fn named(address: &Template) -> String {
    if address.beginning().is_empty() { "where an answer says".to_owned() } else { address.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLACK: &str = r#"
name = "Slack"
api = "https://slack.com"
[secret.app_token]
label = "App-level token (xapp-…)"
[[ticket]]
post = "/api/apps.connections.open"
auth = "Bearer {{app_token}}"
ok = { "/ok" = true }
error = "/error"
take = { url = "/url" }
[socket]
url = "{{url}}"
[[hello]]
expect = { "/type" = "hello" }
[[end]]
when = { "/type" = "disconnect" }
then = "renew"
"#;

    #[test]
    fn each_part_says_what_goes_where_with_what() {
        let profile = Profile::from_toml(SLACK).unwrap();
        let parts = parts(&profile);
        let titles: Vec<_> = parts.iter().map(|part| part.title).collect();
        assert_eq!(
            titles,
            ["Secrets", "Sign-in", "Ticket", "WebSocket", "Greeting", "While it is open", "Ends by message"]
        );
        let all = parts.iter().flat_map(|part| part.lines.clone()).collect::<Vec<_>>().join("\n");
        for expected in [
            "{{app_token}} App-level token (xapp-…): a person gives it, the keychain keeps it",
            "POST https://slack.com/api/apps.connections.open",
            "Authorization: Bearer {{app_token}}",
            "it worked if the status is 2xx and /ok is true",
            "takes {{url}} from /url",
            "{{url}}\n  as a program: no origin is sent",
            "waits at most 10 s for /type = \"hello\"",
            "/type = \"disconnect\": a new attempt at once",
        ] {
            assert!(all.contains(expected), "{expected} is not in\n{all}");
        }
        assert_eq!(addresses(&profile), ["https://slack.com", "where an answer says"]);
    }

    #[test]
    fn the_contracts_steps_are_told_as_well() {
        let parts = parts(&Profile::production());
        let all = parts.iter().flat_map(|part| part.lines.clone()).collect::<Vec<_>>().join("\n");
        assert!(all.contains("POST https://api.going2eat.food/api/v1/auth/token"), "{all}");
        assert!(all.contains("as a page of https://app.going2eat.food"), "{all}");
        assert_eq!(addresses(&Profile::production()), ["https://api.going2eat.food", "wss://api.going2eat.food"]);
    }
}
