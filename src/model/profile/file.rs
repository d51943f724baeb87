//! A profile as a file has it: the keys of all that it may say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::address::{typed, typed_if_there};
use super::service::{
    Absent, AnswerRule, EndRule, Frame, FrameKind, Heartbeat, HelloStep, OAuth, OriginChoice, Ranges, SecretSource,
    Service, Silence, Socket, Step, Then,
};
use super::template::Template;
use super::{Classify, Endpoints, Http, HttpUrl, Limits, LogMapping, Origin, Profile, SocketUrl, Timeouts, Tls};
use crate::model::SafeText;
use crate::model::backoff::Backoff;
use crate::model::file::{FileError, from_toml_advised};
use crate::model::values::ValueName;

/// The tables and keys of a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileFile {
    name: SafeText,
    #[serde(deserialize_with = "typed")]
    api: HttpUrl,
    #[serde(default, deserialize_with = "typed_if_there", skip_serializing_if = "Option::is_none")]
    websocket: Option<SocketUrl>,
    #[serde(default, deserialize_with = "typed_if_there", skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    without: Option<BTreeSet<Absent>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoints: Option<Endpoints>,
    #[serde(default)]
    backoff: Backoff,
    #[serde(default)]
    classify: Classify,
    #[serde(default)]
    timeouts: Timeouts,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    http: Http,
    #[serde(default)]
    tls: Tls,
    #[serde(default, skip_serializing_if = "LogMapping::is_empty")]
    log: LogMapping,
    #[serde(default, rename = "secret", skip_serializing_if = "Option::is_none")]
    secrets: Option<BTreeMap<ValueName, SecretSource>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oauth: Option<OAuth>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    login: Option<Vec<Step>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket: Option<Vec<Step>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    socket: Option<Socket>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hello: Option<Vec<HelloStep>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    frame: Option<Frame>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heartbeat: Option<Heartbeat>,
    #[serde(default, rename = "answer", skip_serializing_if = "Option::is_none")]
    answers: Option<Vec<AnswerRule>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    silence: Option<Silence>,
    #[serde(default, rename = "end", skip_serializing_if = "Option::is_none")]
    ends: Option<Vec<EndRule>>,
}

impl ProfileFile {
    /// Whether the steps of a connection are said, and not only where the contract's are.
    fn has_steps(&self) -> bool {
        self.oauth.is_some() || self.login.is_some() || self.ticket.is_some() || self.socket.is_some()
    }

    /// Whether there is something for which the contract's steps are enough of a beginning.
    fn has_talk(&self) -> bool {
        self.secrets.is_some()
            || self.hello.is_some()
            || self.frame.is_some()
            || self.heartbeat.is_some()
            || self.answers.is_some()
            || self.silence.is_some()
            || self.ends.is_some()
            || self.without.is_some()
    }
}

/// What cannot work although each key by itself could.
#[derive(Debug)]
pub struct Misfit {
    /// The header of the table that it is in; empty: it is about the file.
    table: String,
    /// How many tables with the same header come before that.
    before: usize,
    /// What stands there and is wrong, if it is that alone.
    what: Vec<String>,
    problem: String,
}

impl Misfit {
    fn of_file(problem: &str) -> Self {
        Self::at("", 0, problem)
    }

    pub(super) fn at(table: &str, before: usize, problem: impl Into<String>) -> Self {
        Self { table: table.to_owned(), before, what: Vec::new(), problem: problem.into() }
    }

    pub(super) fn of(self, what: impl Into<String>) -> Self {
        Self { what: vec![what.into()], ..self }
    }

    /// The same, where it stands in `text`.
    pub fn in_text(&self, text: &str) -> FileError {
        FileError::in_table(text, &self.table, self.before, &self.what, &self.problem)
    }
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.problem)
    }
}

impl TryFrom<ProfileFile> for Profile {
    type Error = Misfit;

    fn try_from(file: ProfileFile) -> Result<Self, Misfit> {
        let (has_steps, has_talk) = (file.has_steps(), file.has_talk());
        let mut endpoints = match (&file.endpoints, has_steps) {
            (Some(endpoints), true) => {
                let health = endpoints.health.clone();
                if (Endpoints { health, ..Endpoints::default() }) != *endpoints {
                    let problem = "[oauth], [[login]], [[ticket]] and [socket] take the place of endpoints.token, \
                                   endpoints.ticket and endpoints.socket; expected one or the other";
                    return Err(Misfit::at("[endpoints", 0, problem));
                }
                endpoints.clone()
            }
            (Some(endpoints), false) => endpoints.clone(),
            // Only the contract has a place for it.
            (None, true) => Endpoints { health: None, ..Endpoints::default() },
            (None, false) => Endpoints::default(),
        };
        let websocket = match file.websocket {
            Some(websocket) => websocket,
            None if has_steps => SocketUrl::beside(&file.api),
            None => {
                let beside = SocketUrl::beside(&file.api);
                return Err(Misfit::of_file(&format!(
                    "there is no websocket; expected such as websocket = \"{beside}\""
                )));
            }
        };
        let (origin, has_origin) = match file.origin {
            Some(origin) => (origin, true),
            None if has_steps => (Origin::of(&file.api), false),
            None => {
                let problem = "there is no origin; expected that of the page of the web app, such as origin = \"https://app.example.com\"";
                return Err(Misfit::of_file(problem));
            }
        };
        let mut timeouts = file.timeouts;
        let mut limits = file.limits;
        let service = (has_steps || has_talk).then(|| {
            let contract = if has_steps {
                Service::default()
            } else {
                let steps = endpoints.steps();
                endpoints = Endpoints { health: endpoints.health.take(), ..Endpoints::default() };
                steps
            };
            let mut socket = file.socket.unwrap_or(contract.socket);
            // A program that is no page sends no origin.
            if !has_origin && socket.origin.is_none() {
                socket.origin = Some(OriginChoice::None);
            }
            let mut without = file.without.unwrap_or_default();
            // The contract has no greeting, and its heartbeat is the WebSocket's own.
            if !has_steps {
                without.extend(file.hello.is_none().then_some(Absent::Greeting));
                without.extend(file.heartbeat.is_none().then_some(Absent::Heartbeat));
            }
            if let Some(ping) = socket.ping.take() {
                timeouts.ping = ping.0;
            }
            if let Some(most) = socket.max_message.take() {
                limits.message = most.0;
            }
            Service {
                secrets: file.secrets.unwrap_or_default(),
                oauth: file.oauth,
                login: file.login.unwrap_or(contract.login),
                ticket: file.ticket.unwrap_or(contract.ticket),
                socket,
                hello: file.hello.unwrap_or_default(),
                frame: file.frame.unwrap_or_default(),
                heartbeat: file.heartbeat,
                answers: file.answers.unwrap_or_default(),
                silence: file.silence,
                ends: file.ends.unwrap_or_default(),
                without,
            }
        });
        identity_problem(&file.tls, service.as_ref()).map_or(Ok(()), Err)?;
        if let Some(service) = &service {
            problem(service, &file.classify).map_or(Ok(()), Err)?;
        }
        Ok(Self {
            name: file.name,
            api: file.api,
            websocket,
            origin,
            endpoints,
            service: service.map(Arc::new),
            backoff: file.backoff,
            classify: file.classify,
            timeouts,
            limits,
            http: file.http,
            tls: file.tls,
            log: file.log,
        })
    }
}

/// What of the client's own certificate cannot work although each key by itself could.
fn identity_problem(tls: &Tls, service: Option<&Service>) -> Option<Misfit> {
    let wrong = |problem: &str| Some(Misfit::at("[tls]", 0, problem));
    if tls.client_pkcs12.is_some() && (tls.client_certificate.is_some() || tls.client_key.is_some()) {
        return wrong("client_pkcs12 takes the place of client_certificate and client_key; expected one or the other");
    }
    let password = tls.client_password.as_ref()?;
    if tls.client_pkcs12.is_none() {
        return wrong("client_password opens client_pkcs12, which is not there");
    }
    let is_secret = |name: &ValueName| service.is_some_and(|service| service.secrets.contains_key(name));
    let unknown = password.names().find(|name| !is_secret(name))?;
    wrong(&format!("client_password needs a [secret.{unknown}]"))
}

fn problem(service: &Service, classify: &Classify) -> Option<Misfit> {
    let goes = |then: &Then| *then == Then::Go;
    if classify.close.values().chain(classify.reasons.values()).chain(classify.codes.values()).any(goes) {
        return Some(Misfit::at("[classify", 0, "only an [[end]] can say then = \"go\": it has the address"));
    }
    let twice = Ranges::overlap(classify.close.keys()).map(|number| ("close", number));
    if let Some((key, number)) = twice.or(Ranges::overlap(classify.upgrade.keys()).map(|number| ("upgrade", number))) {
        let problem = format!("{number} is in two of the ranges; expected each number once");
        return Some(Misfit::at("[classify", 0, problem).of(key));
    }
    let oauth = service.oauth.as_ref().and_then(OAuth::problem);
    oauth
        .map(|problem| Misfit::at("[oauth]", 0, problem))
        .or_else(|| secret_problem(service))
        .or_else(|| step_problem(service))
        .or_else(|| socket_problem(&service.socket))
        .or_else(|| talk_problem(service))
}

fn secret_problem(service: &Service) -> Option<Misfit> {
    service.secrets.iter().find_map(|(name, source)| {
        let is_taken = |step: &Step| step.take.contains_key(name);
        let problem = if source.is_ambiguous() {
            "it has several of env, file and command; expected one of them"
        } else if let Some(variable) = source.env.as_ref().filter(|variable| variable.as_str().starts_with(['$', '%']))
        {
            let variable = variable.as_str().trim_matches(['$', '%', '{', '}']);
            let problem = format!("env is the name of a variable alone; expected env = \"{variable}\"");
            return Some(Misfit::at(&format!("[secret.{name}]"), 0, problem).of("env"));
        } else if source.once && !source.is_asked_for() {
            "what a person types for one use (once) comes from no env, file or command; expected one or the other"
        } else if name.as_str() == OAuth::REFRESH && service.oauth.is_some() {
            "the refresh token of [oauth] is called so; expected another name"
        } else if !source.is_asked_for() && service.login.iter().any(is_taken) {
            "a take replaces it, which only a value in the keychain can be"
        } else {
            return None;
        };
        Some(Misfit::at(&format!("[secret.{name}]"), 0, problem))
    })
}

/// Whether a header with this value would end before its end.
fn has_control(value: &Template) -> bool {
    value.texts().any(|text| text.chars().any(|c| c.is_control() && c != '\t'))
}

const HEADER: &str = "the value of a header has no line breaks and no other control characters";

/// What a request says that means nothing where it stands, or cannot be sent.
fn step_problem(service: &Service) -> Option<Misfit> {
    const LOGIN: &str = "[[login]]";
    const TICKET: &str = "[[ticket]]";
    let hello = service.hello.iter().enumerate();
    let hello = hello.filter_map(|(place, hello)| Some(("[[hello]]", place, hello.request.as_ref()?)));
    let login = service.login.iter().enumerate().map(|(place, step)| (LOGIN, place, step));
    let ticket = service.ticket.iter().enumerate().map(|(place, step)| (TICKET, place, step));
    login.chain(ticket).chain(hello).find_map(|(table, place, step)| {
        let wrong = |what: &str, problem: &str| Some(Misfit::at(table, place, problem).of(what));
        if table != LOGIN && !step.refresh_on.is_empty() {
            return wrong("refresh_on", "only a [[login]] can be repeated after a refusal; expected refresh_on there");
        }
        if table != TICKET && step.reusable {
            return wrong("reusable", "only a [[ticket]] may come again; expected reusable there");
        }
        if step.auth.as_ref().is_some_and(has_control) {
            return wrong("auth", HEADER);
        }
        if let Some((name, _)) = step.headers.iter().find(|(_, value)| has_control(value)) {
            return wrong(name.as_str(), HEADER);
        }
        let taken = step.take_in_order();
        let (_, from) = step.take.iter().find(|(name, _)| !taken.iter().any(|(taken, _)| taken == name))?;
        let from = from.to_string();
        wrong(&from, "query:NAME of VALUE needs the address as a VALUE in the same take")
    })
}

fn socket_problem(socket: &Socket) -> Option<Misfit> {
    let wrong = |what: &str, problem: &str| Some(Misfit::at("[socket]", 0, problem).of(what));
    if let Some((name, _)) = socket.headers.iter().find(|(_, value)| has_control(value)) {
        return wrong(name.as_str(), HEADER);
    }
    let again = socket.protocols.iter().enumerate().find(|(place, it)| socket.protocols[..*place].contains(it));
    if let Some((_, protocol)) = again {
        return wrong("protocols", &format!("“{protocol}” is offered twice; expected each subprotocol once"));
    }
    if let Some(url) = &socket.url {
        let beginning = url.beginning();
        let authority = beginning.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
        if authority.is_some_and(|authority| authority.contains('@')) {
            return wrong(beginning, "a user name or password has no place in url; expected a [secret.NAME]");
        }
        // What an answer gives may have a query; what is written here has a place for it.
        if url.texts().any(|text| text.contains(['?', '&', '#'])) {
            return wrong(beginning, "an address has no ?, & or #; parameters belong into query = { … }");
        }
        let is_wrong =
            |url: &str| !["ws://", "wss://", "http://", "https://"].iter().any(|start| url.starts_with(start));
        if url.fixed().is_some_and(is_wrong) {
            let example = "\"wss://gateway.example.com/ws\" or \"{{url}}\"";
            return wrong(beginning, &format!("url is no address; expected one such as {example}"));
        }
    }
    let is_token =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !b"(),/:;<=>?@[\\]{}\"".contains(&byte));
    let is_wrong = |protocol: &&Template| protocol.fixed().is_some_and(|text| text.is_empty() || !is_token(text));
    let protocol = socket.protocols.iter().find(is_wrong)?.to_string();
    wrong(&protocol, &format!("“{protocol}” is no subprotocol; expected a name such as \"graphql-transport-ws\""))
}

fn talk_problem(service: &Service) -> Option<Misfit> {
    let nowhere = service.ends.iter().position(|end| end.then == Then::Go && end.to.is_none());
    let idle = service.answers.iter().position(|answer| answer.send.is_none() && answer.take.is_empty());
    let is_empty = |hello: &HelloStep| hello.send.is_none() && hello.expect.is_none() && hello.request.is_none();
    let mute = service.hello.iter().position(is_empty);
    let deaf = service.hello.iter().position(|hello| hello.expect.is_none() && !hello.take.is_empty());
    let found = [
        (nowhere, "[[end]]", "then = \"go\" needs to = \"/where/the/address/is\""),
        (idle, "[[answer]]", "an [[answer]] without send and take does nothing"),
        (mute, "[[hello]]", "a [[hello]] without request, send and expect says nothing"),
        (deaf, "[[hello]]", "take in a [[hello]] needs an expect: it is taken from that message"),
    ];
    let found = found.into_iter().find_map(|(place, table, problem)| Some(Misfit::at(table, place?, problem)));
    found.or_else(|| bytes_problem(service))
}

/// What is said in bytes and does not spell any.
fn bytes_problem(service: &Service) -> Option<Misfit> {
    if service.frame.binary != FrameKind::Hex {
        return None;
    }
    let is_wrong = |text: &&str| !text.chars().all(|c| c.is_ascii_hexdigit() || c.is_ascii_whitespace());
    let wrong = |send: &Option<Template>| Some(send.as_ref()?.texts().find(is_wrong)?.to_owned());
    let hello = service.hello.iter().enumerate().map(|(place, hello)| ("[[hello]]", place, &hello.send));
    let answers = service.answers.iter().enumerate().map(|(place, answer)| ("[[answer]]", place, &answer.send));
    let beat = service.heartbeat.as_ref().map(|heartbeat| Some(heartbeat.send.clone()));
    let said = hello.chain(answers).chain(beat.iter().map(|send| ("[heartbeat]", 0, send)));
    let unsayable = said.into_iter().find_map(|(table, place, send)| {
        let problem =
            "binary = \"hex\" sends bytes: expected hexadecimal digits, and |hex behind values that are texts";
        Some(Misfit::at(table, place, problem).of(wrong(send)?))
    });
    unsayable.or_else(|| unheard(service))
}

/// What is waited for among bytes and would never be found.
fn unheard(service: &Service) -> Option<Misfit> {
    let hello = service.hello.iter().enumerate().map(|(place, hello)| ("[[hello]]", place, hello.expect.as_ref()));
    let answers = service.answers.iter().enumerate().map(|(place, answer)| ("[[answer]]", place, Some(&answer.when)));
    let ends = service.ends.iter().enumerate().map(|(place, end)| ("[[end]]", place, Some(&end.when)));
    let beat = service.heartbeat.iter().map(|heartbeat| ("[heartbeat]", 0, heartbeat.expect.as_ref()));
    hello.chain(answers).chain(ends).chain(beat).find_map(|(table, place, matcher)| {
        let matcher = matcher?;
        let is_wrong = |text: &&String| !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let wrong = matcher.text.iter().chain(&matcher.contains).find(is_wrong)?;
        let problem =
            "binary = \"hex\" reads bytes as small hexadecimal digits without spaces; expected such as \"0a0b\"";
        Some(Misfit::at(table, place, problem).of(wrong.as_str()))
    })
}

/// What to do instead of `key`, which profiles of other programs have.
fn instead(key: &str) -> Option<&'static str> {
    Some(match key.to_ascii_lowercase().replace('-', "_").as_str() {
        "proxy" | "proxies" | "http_proxy" | "https_proxy" | "all_proxy" | "no_proxy" | "pac" => {
            "a proxy is named by this computer's environment (HTTPS_PROXY, NO_PROXY) or its settings, and in no profile"
        }
        "verify" | "insecure" | "skip_verify" | "verify_ssl" | "ssl_verify" | "tls_verify" | "check_certificate" => {
            "certificates are always checked; expected the certificate of the server's own authority as extra_roots = [\"ca.pem\"] \
             under [tls]"
        }
        "ca" | "ca_file" | "ca_cert" | "cacert" | "cafile" | "root" | "roots" | "ca_bundle" => {
            "expected extra_roots = [\"ca.pem\"] under [tls]"
        }
        "cert" | "certificate" | "client_cert" => "expected client_certificate and client_key under [tls]",
        "token" | "jwt" | "password" | "api_key" | "apikey" | "key" | "secrets" | "username" | "user" => {
            "what a person gives stands in no profile; expected [secret.NAME], and {{NAME}} where it belongs"
        }
        "url" | "base_url" | "host" | "server" | "address" | "api_url" => "expected api = \"https://api.example.com\"",
        "ws" | "wss" | "ws_url" | "websocket_url" | "socket_url" => "expected websocket = \"wss://api.example.com\"",
        "timeout" => "expected http, dial, upgrade under [timeouts]",
        "header" | "headers" => {
            "expected headers = { … } in the [[login]], the [[ticket]] or the [socket] that sends them"
        }
        _ => return None,
    })
}

impl Profile {
    /// Reads a profile from the text of a TOML file.
    ///
    /// # Errors
    /// Any key that is unknown or missing, and any value that cannot work, with its line.
    pub fn from_toml(text: &str) -> Result<Self, FileError> {
        let file: ProfileFile = from_toml_advised(text, instead)?;
        let profile = Self::try_from(file).map_err(|misfit| misfit.in_text(text))?;
        if let Some(problem) = profile.name_problem() {
            return Err(FileError::at_key(text, "name", problem));
        }
        match profile.service.as_deref().and_then(super::names::problem) {
            Some(unknown) => Err(unknown.in_text(text)),
            None => Ok(profile),
        }
    }
}

impl From<Profile> for ProfileFile {
    fn from(profile: Profile) -> Self {
        let Profile {
            name,
            api,
            websocket,
            origin,
            endpoints,
            service,
            backoff,
            classify,
            timeouts,
            limits,
            http,
            tls,
            log,
        } = profile;
        let some = |is_said: bool| is_said.then_some(());
        let service = service.map(Arc::unwrap_or_clone);
        let has_service = service.is_some();
        let Service { secrets, oauth, login, ticket, socket, hello, frame, heartbeat, answers, silence, ends, without } =
            service.unwrap_or_default();
        // Of a service with steps only the health check is left of the endpoints.
        let health = endpoints.health.clone();
        let endpoints = match has_service {
            true => health.map(|health| Endpoints { health: Some(health), ..Endpoints::default() }),
            false => Some(endpoints),
        };
        Self {
            name,
            api,
            websocket: Some(websocket),
            origin: Some(origin).filter(|_| socket.origin != Some(OriginChoice::None)),
            without: some(!without.is_empty()).map(|()| without),
            endpoints,
            backoff,
            classify,
            timeouts,
            limits,
            http,
            tls,
            log,
            secrets: some(!secrets.is_empty()).map(|()| secrets),
            oauth,
            login: some(has_service).map(|()| login),
            ticket: some(has_service).map(|()| ticket),
            socket: some(has_service).map(|()| socket),
            hello: some(!hello.is_empty()).map(|()| hello),
            frame: some(!frame.is_plain()).map(|()| frame),
            heartbeat,
            answers: some(!answers.is_empty()).map(|()| answers),
            silence,
            ends: some(!ends.is_empty()).map(|()| ends),
        }
    }
}
