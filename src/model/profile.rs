//! What to connect to, and how: a profile, as a TOML file holds it.

mod address;
mod classify;
mod doubts;
mod endpoints;
mod file;
mod literals;
mod log;
mod method;
mod mistyped;
mod names;
mod service;
mod template;
mod without_literals;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::backoff::Backoff;
use super::durations::{pace, pace_or_none};
use super::file::name_problem;
use super::sizes::size;
use super::values::ValueName;
use super::{Fingerprint, SafeText};
pub use address::{FilePath, HttpUrl, JsonPointer, Origin, Path, SocketUrl, is_loopback};
pub use classify::{Classify, Meaning, UpgradeRefusal};
pub use endpoints::{Endpoints, HealthEndpoint, SocketEndpoint, TicketEndpoint, TokenEndpoint};
pub use log::{LogMapping, LogMeaning};
pub use method::HttpMethod;
pub use mistyped::mistyped;
pub use service::{
    Absent, Address, AnswerRule, CommandLine, Destination, DurationTemplate, EndOwner, EndRule, Frame, FrameKind,
    HeaderKey, Heartbeat, HelloStep, HostPattern, JsonTemplate, Life, LifeUnit, Matcher, MessagePart, OAuth, OAuthFlow,
    OriginChoice, Parameters, PathTemplate, Poll, Ranges, RefreshRule, RequestBody, SecretOrigin, SecretSource,
    Service, Silence, Socket, Step, TakeFrom, Then, WellKnown, in_order, is_there, json_of,
};
pub use template::{BuiltIns, MissingValue, Template, from_hex, hex};

/// A service that follows token → one-time ticket → WebSocket, and the client's rules for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "file::ProfileFile", into = "file::ProfileFile")]
pub struct Profile {
    /// What people call it.
    pub name: SafeText,
    /// Base address of the HTTP endpoints.
    pub api: HttpUrl,
    /// Base address of the WebSocket.
    pub websocket: SocketUrl,
    /// The `Origin` that every request carries.
    pub origin: Origin,
    /// Paths and fields that differ between services of the contract's kind.
    pub endpoints: Endpoints,
    /// The steps of any other service; they take the place of [`endpoints`](Self::endpoints), but for its health check.
    pub service: Option<Arc<Service>>,
    /// The wait between attempts.
    pub backoff: Backoff,
    /// Which answers stop the client.
    pub classify: Classify,
    /// The limits of every wait.
    pub timeouts: Timeouts,
    /// How much is taken in.
    pub limits: Limits,
    /// What requests carry.
    pub http: Http,
    /// Trust.
    pub tls: Tls,
    /// How the service's own log names things.
    pub log: LogMapping,
}

impl Profile {
    /// Stands where files do not tell an address (RFC 6761 §6.4).
    pub const UNKNOWN_HOST: &str = "unknown.invalid";
    /// The name of the built-in profile that runs against the local server.
    pub const LOCAL_DEMO: &str = "Local demo";

    /// The origin that its requests carry; `None` for a program that is no page.
    pub fn sent_origin(&self) -> Option<&Origin> {
        match self.service.as_deref().and_then(|service| service.socket.origin.as_ref()) {
            Some(OriginChoice::None) => None,
            Some(OriginChoice::Other(origin)) => Some(origin),
            None => Some(&self.origin),
        }
    }

    /// Its origin, for people: `origin https://app.example.com`, or that none is sent.
    pub fn said_origin(&self) -> String {
        match self.sent_origin() {
            None => "no origin".to_owned(),
            Some(origin) if origin.as_str().contains(Self::UNKNOWN_HOST) => "origin not known".to_owned(),
            Some(origin) => format!("origin {origin}"),
        }
    }

    /// Whether a ticket is good for more than one use.
    pub fn reuses_tickets(&self) -> bool {
        self.service.as_ref().is_some_and(|service| service.ticket.iter().any(|step| step.reusable))
    }

    /// Its steps: as it says them, or those of the contract's (§1) with its endpoints.
    pub fn steps(&self) -> Arc<Service> {
        self.service.clone().unwrap_or_else(|| Arc::new(self.endpoints.steps()))
    }

    /// The value of a login that counts as its token: what is shown of it, and what faults act on.
    pub fn token_name(&self) -> ValueName {
        let service = self.steps();
        match &service.oauth {
            Some(_) if service.login.is_empty() => OAuth::access_token(),
            Some(_) | None => principal(&service.login, &["token", "access_token", "jwt", "id_token"], "token"),
        }
    }

    /// The value of a ticket request that counts as its ticket. Of several requests the last gives it: the address that an
    /// earlier one names may be the same each time.
    pub fn ticket_name(&self) -> ValueName {
        let service = self.steps();
        let last = service.ticket.iter().rposition(|step| !step.take.is_empty()).unwrap_or_default();
        principal(service.ticket.get(last..).unwrap_or_default(), &["ticket", "token", "url"], "ticket")
    }

    /// What the last ticket request gives and the socket shows: in its address, headers, subprotocols or messages.
    pub fn shown_of_ticket(&self) -> Vec<ValueName> {
        let service = self.steps();
        let last = service.ticket.iter().rfind(|step| !step.take.is_empty());
        let shown = service.names_shown_in_socket();
        last.iter().flat_map(|step| step.take.keys()).filter(|name| shown.contains(name)).cloned().collect()
    }

    fn name_problem(&self) -> Option<&'static str> {
        let taken = "this name belongs to the built-in profile with the local server; expected another one";
        name_problem(self.name.as_str()).or(self.is_local_demo().then_some(taken))
    }

    /// The seed's service. Nothing connects to it until a person chooses it.
    pub fn production() -> Self {
        Self::at(
            "Production",
            HttpUrl::built_in("https://api.going2eat.food"),
            SocketUrl::built_in("wss://api.going2eat.food"),
            Origin::built_in("https://app.going2eat.food"),
        )
    }

    /// A local server that listens at `address`.
    pub fn local_demo(address: SocketAddr) -> Self {
        Self::at(
            Self::LOCAL_DEMO,
            HttpUrl::built_in(&format!("http://{address}")),
            SocketUrl::built_in(&format!("ws://{address}")),
            Origin::built_in("http://localhost:4200"),
        )
    }

    /// The same rules for a local server that listens at `address`.
    #[must_use]
    pub fn moved_to(self, address: SocketAddr) -> Self {
        let Self { api, websocket, .. } = Self::local_demo(address);
        Self { api, websocket, ..self }
    }

    /// Whether this is the built-in profile that brings its own server.
    pub fn is_local_demo(&self) -> bool {
        self.name.as_str() == Self::LOCAL_DEMO
    }

    /// The service that files of other programs tell of, as far as they do: an address that they do not have is one that
    /// nothing answers at.
    pub fn of_files(
        name: SafeText,
        api: Option<HttpUrl>,
        websocket: Option<SocketUrl>,
        origin: Option<Origin>,
        endpoints: Endpoints,
    ) -> Self {
        let api = api.unwrap_or_else(|| HttpUrl::built_in(&format!("https://{}", Self::UNKNOWN_HOST)));
        let websocket = websocket.unwrap_or_else(|| SocketUrl::built_in(&format!("wss://{}", Self::UNKNOWN_HOST)));
        let origin = origin.unwrap_or_else(|| Origin::built_in(&format!("https://{}", Self::UNKNOWN_HOST)));
        Self { endpoints, ..Self::at(name.as_str(), api, websocket, origin) }
    }

    fn at(name: &str, api: HttpUrl, websocket: SocketUrl, origin: Origin) -> Self {
        Self {
            name: SafeText::new(name),
            api,
            websocket,
            origin,
            endpoints: Endpoints::default(),
            service: None,
            backoff: Backoff::default(),
            classify: Classify::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            http: Http::default(),
            tls: Tls::default(),
            log: LogMapping::default(),
        }
    }

    /// The keychain entry that belongs to this profile and to no other one: its name and whatever decides
    /// which service a token is for. The local demo has a free port each time and one entry all the same.
    pub fn keychain_account(&self) -> String {
        if self.is_local_demo() {
            return self.name.as_str().to_owned();
        }
        let Self { name, api, websocket, origin, endpoints, .. } = self;
        let paths = (&endpoints.token.path, &endpoints.ticket.path, &endpoints.socket.path);
        let mut identity = format!("{:?}", (api.to_string(), websocket.to_string(), origin.as_str(), paths));
        if let Some(service) = &self.service {
            let addresses = service.login.iter().chain(&service.ticket).map(|step| step.address.template().to_string());
            let server = service.oauth.iter().map(|oauth| format!("{} {}", oauth.token, oauth.client_id));
            identity += &addresses.chain(server).collect::<Vec<_>>().join(" ");
            identity += &service.further_places().concat();
        }
        format!("{name} ({})", Fingerprint::of(&identity))
    }
}

/// The value of `steps` that counts most: the first of `usual` that they give, or else the last step's first.
fn principal(steps: &[Step], usual: &[&str], otherwise: &str) -> ValueName {
    let given = |name: &&&str| steps.iter().any(|step| step.take.keys().any(|given| given.as_str() == **name));
    match usual.iter().find(given) {
        Some(name) => ValueName::built_in(name),
        None => {
            let last = steps.iter().rev().find_map(|step| step.take.keys().next());
            last.cloned().unwrap_or_else(|| ValueName::built_in(otherwise))
        }
    }
}

/// The limit of every wait on the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// A whole HTTP request, from its start to the end of the answer.
    #[serde(with = "pace")]
    pub http: Duration,
    /// Each of DNS, TCP, proxy and TLS of the socket.
    #[serde(with = "pace")]
    pub dial: Duration,
    /// The WebSocket handshake.
    #[serde(with = "pace")]
    pub upgrade: Duration,
    /// A ping goes out this often; if nothing comes back in time (contract §9) the link is dead. `None`: as in a browser,
    /// which sends none, and finds out that a link is dead when it has something to send.
    #[serde(with = "pace_or_none")]
    pub ping: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            http: Duration::from_secs(10),
            dial: Duration::from_secs(5),
            upgrade: Duration::from_secs(10),
            ping: Some(Duration::from_secs(10)),
        }
    }
}

/// How much is taken in. These are Ticketscope's own limits: a browser has none of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The longest message over the socket, in bytes; a longer one ends the connection.
    #[serde(with = "size")]
    pub message: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message: 16 << 20 }
    }
}

/// What requests carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Whether cookies that the servers set are sent back to them, as a browser does, until the session ends.
    pub cookies: bool,
}

impl Default for Http {
    fn default() -> Self {
        Self { cookies: true }
    }
}

/// Trust beyond the platform's. Verification itself cannot be switched off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// PEM files with further root certificates, for a company's own CA.
    pub extra_roots: Vec<FilePath>,
    /// The PEM file with the client's own certificate, for servers that ask for one (RFC 8446 §4.4.2), and its key unless
    /// that is in [`client_key`](Self::client_key).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<FilePath>,
    /// The PEM file with the key of that certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key: Option<FilePath>,
    /// The PKCS#12 file (RFC 7292) with both of them, in their place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_pkcs12: Option<FilePath>,
    /// What opens that: a secret, `"{{NAME}}"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_password: Option<Template>,
}

impl Tls {
    /// Every file that it names.
    pub fn files_mut(&mut self) -> impl Iterator<Item = &mut FilePath> {
        let Self { extra_roots, client_certificate, client_key, client_pkcs12, client_password: _ } = self;
        extra_roots.iter_mut().chain(client_certificate).chain(client_key).chain(client_pkcs12)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::file::FileError;

    const MINIMAL: &str =
        "name = 'x'\napi = 'https://a.example'\nwebsocket = 'wss://a.example/base/'\norigin = 'https://b.example'\n";

    fn error(text: &str) -> FileError {
        Profile::from_toml(text).unwrap_err()
    }

    #[test]
    fn defaults_are_the_contracts_and_survive_toml() {
        let profile = Profile::from_toml(MINIMAL).unwrap();
        assert_eq!(profile.backoff.cap, Duration::from_secs(5));
        assert_eq!(profile.classify.hard_statuses, [401]);
        assert_eq!(profile.websocket.join(&profile.endpoints.socket.path).as_str(), "wss://a.example/base/ws");
        let text = toml::to_string(&profile).unwrap();
        assert_eq!(Profile::from_toml(&text).unwrap(), profile);
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said_at_the_table() {
        let base = "name = 'x'\napi = 'https://a.example'\n";
        for (tables, line, expected) in [
            ("[socket]\n[[hello]]\nexpect = { text = '0' }\n[[hello]]\nwithin = '1s'\n", 6, "says nothing"),
            ("[socket]\n[[end]]\nwhen = { text = '4' }\nthen = 'go'\n", 4, "needs to"),
            ("[socket]\n[secret.a]\n[secret.b]\nenv = 'X'\nfile = 'y'\n", 5, "expected one of them"),
            ("[secret.a]\n[socket]\nurl = 'ftp://x'\n", 5, "no address"),
            ("[secret.a]\n[socket]\nurl = 'wss://x.example/ws?v=1'\n", 5, "belong into query"),
            ("[secret.a]\n[socket]\npath = '/ws'\nquery = { '?v' = '1' }\n", 6, "without ?, &"),
            ("[secret.a]\n[socket]\nprotocols = ['a', 'b c']\n", 5, "no subprotocol"),
            (
                "[secret.a]\n[[login]]\npost = '/a'\ntake = { t = '/t' }\nlife = { jwt = 'tt' }\n[socket]\n",
                7,
                "a value called “tt”",
            ),
            (
                "[secret.a]\n[[login]]\npost = '/a'\ntake = { t = '/t' }\nlife = { jwt = 'a' }\n[socket]\n",
                7,
                "it takes no “a”",
            ),
            (
                "[[login]]\npost = '/a'\nmake = { pair = 'x{{now}}' }\nauth = '{{pair}}'\n[[ticket]]\npost = '/b'\n\
                 auth = 'Basic {{pair|base64}}'\n[socket]\n",
                9,
                "“pair” is made in another step",
            ),
            (
                "[socket]\n[[hello]]\nsend = '{{p}}'\nrequest = { post = '/a', make = { p = 'x' }, auth = '{{p}}' }\n",
                5,
                "“p” is made in another step",
            ),
            ("[secret.a]\n[socket]\nquery = { s = '{{a|hmac_sha256:b}}' }\n", 5, "a value called “b”"),
            ("[secret.a]\n[socket]\nquery = { s = '{a}' }\n", 5, "expected {{a}}"),
            (
                "[secret.a]\n[socket]\n[frame]\nbinary = 'hex'\n[[hello]]\nsend = 'c0'\n[[hello]]\nsend = 'hi'\n",
                10,
                "hexadecimal",
            ),
            ("[socket]\n[hello]\nexpect = { text = 'x' }\n", 4, "expected [[hello]]"),
            ("[socket]\n[[hello]]\nexpect = 'x'\n", 5, "such as { \"/type\""),
            ("[socket]\n[[hello]]\nexpct = { text = 'x' }\n", 5, "did you mean expect?"),
            ("[socket]\n[classify]\ncodes = { a = 'go' }\n", 4, "only an [[end]]"),
            ("[socket]\n[oauth]\ntoken = 'https://a.example'\nclient_id = 'x'\n", 4, "authorize"),
            ("[socket]\n[tls]\nclient_password = 'x'\n", 4, "client_pkcs12"),
            ("[socket]\n[[login]]\nget = '/a'\n[[ticket]]\ntake = { a = '/b' }\n", 6, "either get, post or put"),
            ("[socket]\n\n[[login]]\nget = '/a'\njson = {}\n", 5, "a GET has no body"),
        ] {
            let FileError { line: found, problem, .. } = error(&format!("{base}{tables}"));
            assert!(problem.as_str().contains(expected), "{tables}: {problem}");
            assert_eq!(found, line, "{tables}: {problem}");
        }
        let taken = "[socket]\n[[hello]]\nexpect = { text = '0' }\ntake = { a = '?/a' }\n[[answer]]\nwhen = { text = '1' }\ntake = { b = '?/b' }\n";
        assert!(Profile::from_toml(&format!("{base}{taken}")).is_ok());
    }

    #[test]
    fn the_profile_in_the_documentation_is_one_and_shows_the_defaults() {
        let page = include_str!("../../assets/docs/services.md");
        let (_, rest) = page.split_once("```toml\n").unwrap();
        let (text, _) = rest.split_once("```").unwrap();
        let profile = Profile::from_toml(text).unwrap();
        let Profile { name, api, websocket, origin, .. } = profile.clone();
        assert_eq!(profile, Profile { name, api, websocket, origin, ..Profile::production() });
        let is_shown = |key: &str| text.contains(&format!("\n{key} = "));
        assert!(Backoff::PARAMETERS.iter().all(|parameter| is_shown(parameter.key)), "{text}");
    }

    #[test]
    fn the_service_in_the_documentation_is_one_and_survives_toml() {
        let (_, rest) = include_str!("../../assets/docs/services.md").split_once("## Any service").unwrap();
        let (_, rest) = rest.split_once("```toml\n").unwrap();
        let (text, _) = rest.split_once("```").unwrap();
        let profile = Profile::from_toml(text).unwrap();
        let service = profile.service.clone().unwrap();
        assert_eq!((service.login.len(), service.ticket.len(), service.hello.len()), (1, 1, 2));
        assert_eq!((profile.token_name().as_str(), profile.ticket_name().as_str()), ("token", "url"));
        assert_eq!(profile.sent_origin(), None);
        let written = toml::to_string(&profile).unwrap();
        assert_eq!(Profile::from_toml(&written).unwrap(), profile, "{written}");
    }

    #[test]
    fn todays_keys_are_a_short_form_of_steps() {
        let steps = Profile::from_toml(MINIMAL).unwrap().steps();
        let long = format!(
            "{MINIMAL}[[login]]\npost = '/api/v1/auth/token'\ntake = {{ token = '/token' }}\n\
             [[ticket]]\nget = '/api/v1/ws-ticket'\nauth = 'Bearer {{{{token}}}}'\ntake = {{ ticket = '/ticket' }}\n\
             life = {{ seconds = '?/expiresInSeconds' }}\n[socket]\npath = '/ws'\nquery = {{ ticket = '{{{{ticket}}}}' }}\n"
        );
        let long = Profile::from_toml(&long).unwrap().steps();
        assert_eq!((&steps.ticket, &steps.socket), (&long.ticket, &long.socket));
        assert_eq!(steps.login[0], Step { body: RequestBody::Session, ..long.login[0].clone() });
    }

    #[test]
    fn a_greeting_can_follow_the_contracts_own_steps() {
        let text = format!("{MINIMAL}[endpoints]\nhealth = false\n[[hello]]\nexpect = {{ text = 'hi' }}\n");
        let profile = Profile::from_toml(&text).unwrap();
        let steps = profile.steps();
        assert_eq!(steps.login, Profile::from_toml(MINIMAL).unwrap().steps().login);
        assert_eq!((profile.endpoints.health.is_none(), steps.hello.len()), (true, 1));
        assert_eq!(profile.sent_origin().map(Origin::as_str), Some("https://b.example"));
        let written = toml::to_string(&profile).unwrap();
        assert_eq!(Profile::from_toml(&written).unwrap(), profile, "{written}");
    }

    #[test]
    fn steps_that_cannot_work_say_where_and_why() {
        let with = |tail: &str| error(&format!("name = 'x'\napi = 'https://a.example'\n{tail}"));
        for (tail, line, expected) in [
            ("[socket]\npath = '/ws?x=1'\n", 4, "no ?, & or #"),
            ("[socket]\nquery = { t = '{{nobody}}' }\n", 4, "nothing gives a value called “nobody”"),
            ("[socket]\nquery = { t = '{{token|uper}}' }\n", 4, "no filter “uper”"),
            ("[socket]\nheaders = { Host = 'x' }\n", 4, "Ticketscope's own"),
            ("[socket]\nurl = '{{a}}'\n[[ticket]]\npost = '/t'\ntake = { a = 'b' }\n", 7, "JSON pointer"),
            ("[[ticket]]\nget = '/t'\njson = { a = 1 }\n", 3, "a GET has no body"),
            ("[[ticket]]\nget = '/t'\npost = '/t'\n", 3, "either get, post or put"),
            ("[socket]\n[[hello]]\nexpect = { type = 'x' }\n", 5, "JSON pointer"),
            ("[socket]\n[heartbeat]\nevery = 'often'\nsend = 'x'\n", 5, "a duration such as"),
            ("[socket]\n[[end]]\nwhen = { text = 'x' }\nthen = 'explode'\n", 6, "unknown variant"),
            ("[socket]\n[[end]]\nwhen = { text = 'x' }\nthen = 'go'\n", 4, "to = "),
            ("[socket]\n[classify]\nclose = { '9-1' = 'stop' }\n", 5, "numbers or ranges"),
            ("[socket]\nqery = {}\n", 4, "qery"),
            ("[[ticket]]\npost = '/t'\ntake = { a = '/to~2ken' }\n[socket]\n", 5, "~0"),
            ("[[ticket]]\npost = '/t'\nrefresh_on = [401]\n[socket]\n", 5, "only a [[login]]"),
            ("[[login]]\npost = '/t'\nreusable = true\n[socket]\n", 5, "only a [[ticket]]"),
            ("[[login]]\npost = '/t'\nrefresh_on = [-401]\n[socket]\n", 5, "from 100 to 599"),
            ("[socket]\n[classify]\nclose = { '4000-4099' = 'stop', '4050' = 'retry' }\n", 5, "4050 is in two"),
            ("[socket]\n[secret.k]\nenv = '$KEY'\n", 5, "expected env = \"KEY\""),
            ("[socket]\n[secret.k]\nenv = 'KEY'\nonce = true\n", 4, "types for one use"),
            ("[[ticket]]\npost = '/t'\nevery = '2s'\n[socket]\n", 3, "every and within are of until"),
            ("[[ticket]]\npost = '/t'\nerror = 'cookie:a'\n[socket]\n", 5, "where an answer names a refusal"),
            (
                "[[ticket]]\npost = '/t'\ntake = { a = 'query:x of b', b = 'query:x of a' }\n[socket]\n",
                5,
                "query:NAME of VALUE",
            ),
            ("[socket]\n[[end]]\nwhen = { text = 'x' }\nthen = 'go'\nto = '{{host}}'\n", 7, "called “host”"),
            ("[socket]\n[[end]]\nwhen = { text = 'x' }\nthen = 'go'\nto = 'x{{host}}'\n", 7, "an address such as"),
            ("[socket]\nquery = { t = '{{now|plus:soon}}' }\n", 4, "plus:N with a whole number"),
            ("[socket]\n[frame]\nbinary = 'hex'\n[[hello]]\nexpect = { text = '0A0B' }\n", 7, "small hexadecimal"),
            ("[socket]\n[frame]\nbinary = 'hex'\n[[hello]]\nexpect = { text = '0a 0b' }\n", 7, "without spaces"),
            ("[socket]\nprotocols = ['a', 'b', 'a']\n", 4, "offered twice"),
            ("[socket]\nheaders = { X-A = \"a\\r\\nb\" }\n", 4, "no line breaks"),
            ("[[ticket]]\npost = '/t'\nauth = \"a\\nb\"\n[socket]\n", 5, "no line breaks"),
            ("[[ticket]]\npost = '/t'\nauth = 'Bearer tok}}'\n[socket]\n", 5, "has no {{"),
            ("[[ticket]]\npost = '/t'\ntake = { a = '/a' }\n[socket]\n", 5, "nothing uses"),
            ("[[ticket]]\npost = '/t'\ntake = { a = 'query:x of b' }\n[socket]\n", 5, "in the same take"),
        ] {
            let error = with(tail);
            assert!(error.problem.as_str().contains(expected), "{tail}: {error}");
            assert_eq!(error.line, line, "{tail}: {error}");
        }
    }

    #[test]
    fn the_health_check_can_be_switched_off_and_stays_so() {
        let with_health = |health: &str| Profile::from_toml(&format!("{MINIMAL}[endpoints]\nhealth = {health}\n"));
        let without = with_health("false").unwrap();
        assert_eq!(without.endpoints.health, None);
        assert_eq!(Profile::from_toml(&toml::to_string(&without).unwrap()).unwrap(), without);
        let json = serde_json::to_string(&without).unwrap();
        assert_eq!(serde_json::from_str::<Profile>(&json).unwrap(), without);
        let path = with_health("{ path = '/up' }").unwrap().endpoints.health.unwrap().path.to_string();
        assert_eq!(path, "/up");
        for (wrong, expected) in [("true", "or false"), ("'/up'", "or false"), ("{ paht = '/up' }", "paht")] {
            let error = with_health(wrong).unwrap_err();
            assert_eq!(error.line, 6, "{wrong}: {error}");
            assert!(error.problem.as_str().contains(expected), "{wrong}: {error}");
        }
    }

    #[test]
    fn pings_can_be_switched_off_as_in_a_browser() {
        let with_ping = |ping: &str| Profile::from_toml(&format!("{MINIMAL}[timeouts]\nping = {ping}\n"));
        let without = with_ping("'none'").unwrap();
        assert_eq!(without.timeouts.ping, None);
        assert_eq!(Profile::from_toml(&toml::to_string(&without).unwrap()).unwrap(), without);
        assert_eq!(with_ping("'7s'").unwrap().timeouts.ping, Some(Duration::from_secs(7)));
        for (wrong, expected) in [("'0s'", "longer than 0s"), ("'never'", "duration"), ("5", "or \"none\"")] {
            let error = with_ping(wrong).unwrap_err();
            assert_eq!(error.line, 6, "{wrong}: {error}");
            assert!(error.problem.as_str().contains(expected), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_size_has_a_unit_or_is_a_number_of_bytes() {
        let with_limit = |size: &str| Profile::from_toml(&format!("{MINIMAL}[limits]\nmessage = {size}\n"));
        for (size, bytes, shown) in [
            ("'16MiB'", 16 << 20, "16MiB"),
            ("' 512 KiB'", 512 << 10, "512KiB"),
            ("2048", 2_048, "2KiB"),
            ("'1500B'", 1_500, "1500B"),
        ] {
            let profile = with_limit(size).unwrap();
            assert_eq!(profile.limits.message, bytes, "{size}");
            assert!(toml::to_string(&profile).unwrap().contains(&format!("message = \"{shown}\"")), "{size}");
        }
    }

    #[test]
    fn a_wrong_file_names_the_line_and_what_was_expected() {
        let unknown = error(&format!("{MINIMAL}[backof]\nbase='1s'\n"));
        assert_eq!(unknown.line, 5);
        assert!(unknown.problem.as_str().contains("backof"), "{unknown}");

        let cases = [
            ("[backoff]\nbase = '9ms'\n", 6, "from 10ms to 1day"),
            ("[backoff]\nfactor = 0.5\n", 6, "1.0 to 100.0"),
            ("[backoff]\njitter = 2\n", 6, "0.0 to 1.0"),
            ("[backoff]\nbass = '1s'\n", 6, "did you mean base?"),
            ("[backoff]\ncap = 5\n", 6, "expected a duration"),
            ("[limits]\nmessage = '1B'\n", 6, "from 1KiB to 256MiB"),
            ("[limits]\nmessage = '16 MB'\n", 6, "such as \"16MiB\""),
            ("[limits]\nmessage = -1\n", 6, "from 1KiB to 256MiB"),
            ("[classify]\nhard_statuses = ['401']\n", 6, "u16"),
            ("[endpoints]\ntoken = { path = 'api' }\n", 6, "expected a path"),
            ("[endpoints]\ntoken = { field = 'token' }\n", 6, "JSON pointer"),
            ("[endpoints]\ntoken = { method = 'PUT' }\n", 6, "POST"),
        ];
        for (tail, line, expected) in cases {
            let error = error(&format!("{MINIMAL}{tail}"));
            assert_eq!(error.line, line, "{tail}: {error}");
            assert!(error.problem.as_str().contains(expected), "{tail}: {error}");
        }
    }

    #[test]
    fn addresses_that_cannot_work_are_refused() {
        let with_api = |api: &str| error(&MINIMAL.replace("https://a.example", api));
        for (api, expected) in [
            ("ftp://a.example", "scheme is \"ftp\""),
            ("https://user:pw@a.example", "user name"),
            ("https://a.example?x=1", "query"),
            ("/nonsense", "the host is missing"),
        ] {
            let error = with_api(api);
            assert_eq!(error.line, 2);
            assert!(error.problem.as_str().contains(expected), "{api}: {error}");
            assert!(error.problem.as_str().contains("https://api.example.com"), "{api}: {error}");
        }
        for origin in ["capacitor://localhost", "chrome-extension://abcdefghijklmnop"] {
            let profile = Profile::from_toml(&MINIMAL.replace("https://b.example", origin)).unwrap();
            assert_eq!(profile.origin.as_str(), origin, "the pages of apps and extensions have origins too");
        }
        for origin in ["*", "null"] {
            let problem = error(&MINIMAL.replace("https://b.example", origin)).problem;
            assert!(problem.as_str().contains("no page's own origin"), "{problem}");
        }
        let typed = with_api("localhost:8080").problem;
        assert!(typed.as_str().ends_with("expected “http://localhost:8080”"), "{typed}");
        assert!(error(&MINIMAL.replace("'x'", "' '")).problem.as_str().contains("1 to 64"));
        assert!(error("name = 1").problem.as_str().contains("expected a text"));
    }

    #[test]
    fn two_profiles_never_share_a_keychain_entry() {
        let one = Profile::from_toml(MINIMAL).unwrap();
        let mut accounts = vec![one.keychain_account(), Profile::production().keychain_account()];
        for (from, to) in
            [("'x'", "'y'"), ("https://a.", "https://c."), ("wss://a.", "wss://c."), ("https://b.", "https://c.")]
        {
            accounts.push(Profile::from_toml(&MINIMAL.replace(from, to)).unwrap().keychain_account());
        }
        // Where else a secret can go: another of these is another service.
        let steps = "[[ticket]]\nget = '/t'\ntake = { url = '/url' }\n[secret.pw]\n";
        let usual = "[socket]\nquery = { t = '{{url}}' }\n";
        let device = |host: &str| {
            format!(
                "{usual}[oauth]\nflow = 'device'\nclient_id = 'c'\ntoken = 'https://a.example/t'\ndevice = 'https://{host}/d'\n"
            )
        };
        for more in [
            usual.to_owned(),
            format!("hosts = ['*.example.net']\n{usual}"),
            "[socket]\nurl = '{{url}}'\n".to_owned(),
            format!("{usual}[[hello]]\nrequest = {{ get = '/hello' }}\n"),
            device("a.example"),
            device("b.example"),
        ] {
            let profile = Profile::from_toml(&format!("{MINIMAL}{steps}{more}"));
            accounts.push(profile.unwrap_or_else(|error| panic!("{more}: {error}")).keychain_account());
        }
        let distinct: std::collections::HashSet<_> = accounts.iter().collect();
        assert_eq!(distinct.len(), accounts.len(), "{accounts:?}");
    }
}
