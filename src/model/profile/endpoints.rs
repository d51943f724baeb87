//! Where a service has its token, its ticket, its WebSocket and its health.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::address::{JsonPointer, Path};
use super::method::HttpMethod;
use super::service::{
    Address, JsonTemplate, Life, LifeUnit, Parameters, PathTemplate, RequestBody, Service, Socket, Step, TakeFrom,
};
use super::template::Template;
use crate::model::SafeText;
use crate::model::values::ValueName;

/// Where the three steps and the health check are to be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Endpoints {
    /// Step 1.
    pub token: TokenEndpoint,
    /// Step 2.
    pub ticket: TicketEndpoint,
    /// Step 3.
    pub socket: SocketEndpoint,
    /// The health check; `false` in a file says that the service has none.
    #[serde(serialize_with = "endpoint_or_false", deserialize_with = "endpoint_unless_false")]
    pub health: Option<HealthEndpoint>,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            token: TokenEndpoint::default(),
            ticket: TicketEndpoint::default(),
            socket: SocketEndpoint::default(),
            health: Some(HealthEndpoint::default()),
        }
    }
}

impl Endpoints {
    /// The contract's steps (§1) at these endpoints.
    pub(super) fn steps(&self) -> Service {
        let Self { token, ticket, socket, health: _ } = self;
        let name = ValueName::built_in;
        let path = |path: &Path| Address::Path(PathTemplate(Template::literal(&path.to_string())));
        let step = |method, address, body| Step {
            method,
            address,
            query: Parameters::default(),
            make: BTreeMap::new(),
            headers: BTreeMap::new(),
            auth: None,
            body,
            ok: BTreeMap::new(),
            ok_statuses: Vec::new(),
            poll: None,
            error: None,
            take: BTreeMap::new(),
            life: Life::Unknown,
            refresh_on: Vec::new(),
            reusable: false,
        };
        let body = |method, body| if method == HttpMethod::Post { body } else { RequestBody::None };
        let login = Step {
            take: BTreeMap::from([(name("token"), TakeFrom::Json(token.field.clone()))]),
            ..step(token.method, path(&token.path), body(token.method, RequestBody::Session))
        };
        let empty = RequestBody::Json(JsonTemplate::Object(BTreeMap::new()));
        let ticket = Step {
            auth: Some(Template::built_in("Bearer {{token}}")),
            take: BTreeMap::from([(name("ticket"), TakeFrom::Json(ticket.field.clone()))]),
            life: Life::Said { unit: LifeUnit::Seconds, at: TakeFrom::JsonIfThere(ticket.ttl_field.clone()) },
            ..step(ticket.method, path(&ticket.path), body(ticket.method, empty))
        };
        let socket = Socket {
            path: Some(PathTemplate(Template::literal(&socket.path.to_string()))),
            query: Parameters::one(socket.query.as_str(), Template::built_in("{{ticket}}")),
            ..Socket::default()
        };
        Service { login: vec![login], ticket: vec![ticket], socket, ..Service::default() }
    }
}

/// The endpoint that gives a JWT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenEndpoint {
    /// Its method.
    pub method: HttpMethod,
    /// Its path.
    pub path: Path,
    /// Where the answer holds the JWT.
    pub field: JsonPointer,
}

impl Default for TokenEndpoint {
    fn default() -> Self {
        Self {
            method: HttpMethod::Post,
            path: Path::built_in("/api/v1/auth/token"),
            field: JsonPointer::built_in("/token"),
        }
    }
}

/// The endpoint that gives a one-time ticket for a JWT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TicketEndpoint {
    /// Its method.
    pub method: HttpMethod,
    /// Its path.
    pub path: Path,
    /// Where the answer holds the ticket.
    pub field: JsonPointer,
    /// Where the answer holds the ticket's lifetime in seconds.
    pub ttl_field: JsonPointer,
}

impl Default for TicketEndpoint {
    fn default() -> Self {
        Self {
            method: HttpMethod::Get,
            path: Path::built_in("/api/v1/ws-ticket"),
            field: JsonPointer::built_in("/ticket"),
            ttl_field: JsonPointer::built_in("/expiresInSeconds"),
        }
    }
}

/// The endpoint that upgrades to a WebSocket for a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SocketEndpoint {
    /// Its path.
    pub path: Path,
    /// The name of the query parameter that carries the ticket.
    pub query: SafeText,
}

impl Default for SocketEndpoint {
    fn default() -> Self {
        Self { path: Path::built_in("/ws"), query: "ticket".into() }
    }
}

/// The endpoint that tells whether the service is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthEndpoint {
    /// Its path.
    pub path: Path,
}

impl Default for HealthEndpoint {
    fn default() -> Self {
        Self { path: Path::built_in("/healthz") }
    }
}

fn endpoint_or_false<S: Serializer>(endpoint: &Option<HealthEndpoint>, serializer: S) -> Result<S::Ok, S::Error> {
    match endpoint {
        Some(endpoint) => endpoint.serialize(serializer),
        None => serializer.serialize_bool(false),
    }
}

fn endpoint_unless_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<HealthEndpoint>, D::Error> {
    struct Either;

    impl<'de> Visitor<'de> for Either {
        type Value = Option<HealthEndpoint>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("{ path = \"/healthz\" }, or false for a service without one")
        }

        fn visit_bool<E: Error>(self, is_there: bool) -> Result<Self::Value, E> {
            if is_there { Err(E::invalid_value(Unexpected::Bool(true), &self)) } else { Ok(None) }
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            HealthEndpoint::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }
    }

    deserializer.deserialize_any(Either)
}
