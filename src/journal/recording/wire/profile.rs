//! The header: the profile and the rules of a session.
//!
//! A key that a profile gains later is skipped by older programs, and has its default in files that lack it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::facts::SourceFile;
use super::mirror::Mirror;
use crate::journal::recording::{Header, Version};
use crate::model::{
    Backoff, Classify, Endpoints, FilePath, HealthEndpoint, Http, HttpMethod, HttpUrl, JsonPointer, Limits, LogMapping,
    Origin, Path, Policy, Profile, SafeText, Service, SocketEndpoint, SocketUrl, StepsOfFlow, Template, TicketEndpoint,
    Timeouts, Tls, TokenEndpoint,
};

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub struct HeaderRecord {
    format: Version,
    program: SafeText,
    profile: ProfileRecord,
    policy: PolicyRecord,
    seed: u64,
    start: DateTime<Utc>,
    /// Since 1.1.
    #[serde(default)]
    report_id: SafeText,
    /// Since 1.3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<SourceFile>,
}

impl Mirror for HeaderRecord {
    type Model = Header;

    fn of(model: &Header) -> Self {
        let Header { format, program, profile, policy, seed, start, report_id, files } = model;
        Self {
            format: *format,
            program: program.clone(),
            profile: ProfileRecord::of(&profile.without_literals()),
            policy: PolicyRecord::of(policy),
            seed: *seed,
            start: *start,
            report_id: report_id.clone(),
            files: Mirror::of(files),
        }
    }

    fn model(self) -> Header {
        let Self { format, program, profile, policy, seed, start, report_id, files } = self;
        let (profile, policy, files) = (profile.model(), policy.model(), files.model());
        Header { format, program, profile, policy, seed, start, report_id, files }
    }
}

impl Serialize for Header {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        HeaderRecord::of(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        HeaderRecord::deserialize(deserializer).map(Mirror::model)
    }
}

mirror! {
    struct ProfileRecord = Profile {
        name: SafeText,
        api: Leaf<HttpUrl>,
        websocket: Leaf<SocketUrl>,
        origin: Leaf<Origin>,
        #[serde(default)]
        endpoints: EndpointsRecord,
        #[serde(skip_serializing_if = "ServiceRecord::is_none", default)]
        service: ServiceRecord,
        #[serde(default)]
        backoff: BackoffRecord,
        #[serde(default)]
        classify: Section<Classify>,
        #[serde(default)]
        timeouts: Section<Timeouts>,
        #[serde(default)]
        limits: Section<Limits>,
        #[serde(default)]
        http: Section<Http>,
        #[serde(default)]
        tls: TlsRecord,
        #[serde(skip_serializing_if = "Leaf::is_default", default = "no_mapping")]
        log: Leaf<LogMapping>,
    }

    struct PolicyRecord = Policy {
        #[serde(default)]
        backoff: BackoffRecord,
        #[serde(default)]
        classify: Section<Classify>,
        #[serde(skip_serializing_if = "is_contract", default = "contract")]
        steps: Leaf<StepsOfFlow>,
    }

    #[serde(default)]
    struct EndpointsRecord = Endpoints {
        token: TokenRecord,
        ticket: TicketRecord,
        socket: SocketRecord,
        health: HealthOrNone,
    }

    #[serde(default)]
    struct TokenRecord = TokenEndpoint { method: Leaf<HttpMethod>, path: Leaf<Path>, field: Leaf<JsonPointer> }

    #[serde(default)]
    struct TicketRecord = TicketEndpoint {
        method: Leaf<HttpMethod>,
        path: Leaf<Path>,
        field: Leaf<JsonPointer>,
        ttl_field: Leaf<JsonPointer>,
    }

    #[serde(default)]
    struct SocketRecord = SocketEndpoint { path: Leaf<Path>, query: SafeText }

    #[serde(default)]
    struct HealthRecord = HealthEndpoint { path: Leaf<Path> }

    #[serde(default)]
    struct TlsRecord = Tls {
        extra_roots: Vec<FileName>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_certificate: Option<FileName>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_key: Option<FileName>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_pkcs12: Option<FileName>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_password: Option<Leaf<Template>>,
    }
}

macro_rules! default_of_model {
    ($($record:ident),* $(,)?) => {$(
        impl Default for $record {
            fn default() -> Self {
                Self::of(&Default::default())
            }
        }
    )*};
}

default_of_model! {
    EndpointsRecord, TokenRecord, TicketRecord, SocketRecord, HealthRecord, BackoffRecord, TlsRecord,
}

/// A value that a profile spells the same way.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Leaf<T>(T);

impl<T: Default + PartialEq> Leaf<T> {
    fn is_default(&self) -> bool {
        self.0 == T::default()
    }
}

fn no_mapping() -> Leaf<LogMapping> {
    Leaf(LogMapping::default())
}

fn contract() -> Leaf<StepsOfFlow> {
    Leaf(StepsOfFlow::CONTRACT)
}

fn is_contract(steps: &Leaf<StepsOfFlow>) -> bool {
    steps.0 == StepsOfFlow::CONTRACT
}

/// The steps of a service that is not the contract's. What a newer program wrote and this one
/// does not know is left out.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceRecord(Option<serde_json::Value>);

impl ServiceRecord {
    fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

impl Mirror for ServiceRecord {
    type Model = Option<Arc<Service>>;

    fn of(model: &Self::Model) -> Self {
        Self(model.as_ref().and_then(|service| serde_json::to_value(&**service).ok()))
    }

    fn model(self) -> Self::Model {
        self.0.and_then(|service| serde_json::from_value(service).ok()).map(Arc::new)
    }
}

impl<T: Clone> Mirror for Leaf<T> {
    type Model = T;

    fn of(model: &T) -> Self {
        Self(model.clone())
    }

    fn model(self) -> T {
        self.0
    }
}

/// A file that a profile names, without its folders.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileName(SafeText);

impl Mirror for FileName {
    type Model = FilePath;

    fn of(model: &FilePath) -> Self {
        Self(SafeText::of_path(model.without_folders().as_path()))
    }

    fn model(self) -> FilePath {
        FilePath::from(self.0.as_str())
    }
}

/// A part of a profile as a profile spells it. A key that only a newer program knows is left out, and so is a value that is
/// none to this one.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Section<T>(T);

impl<'de, T: DeserializeOwned + Default> Deserialize<'de> for Section<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = serde_json::Map::deserialize(deserializer)?;
        let (mut kept, mut section) = (serde_json::Map::new(), T::default());
        for (key, value) in written {
            kept.insert(key.clone(), value);
            match serde_json::from_value(kept.clone().into()) {
                Ok(known) => section = known,
                Err(_) => _ = kept.remove(&key),
            }
        }
        Ok(Self(section))
    }
}

impl<T: Clone> Mirror for Section<T> {
    type Model = T;

    fn of(model: &T) -> Self {
        Self(model.clone())
    }

    fn model(self) -> T {
        self.0
    }
}

/// The rule of the waits as a profile spells it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BackoffRecord(#[serde(deserialize_with = "Backoff::deserialize_known")] Backoff);

impl Mirror for BackoffRecord {
    type Model = Backoff;

    fn of(model: &Backoff) -> Self {
        Self(model.clone())
    }

    fn model(self) -> Backoff {
        self.0
    }
}

/// The health endpoint, or `false` of a service without one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HealthOrNone {
    None(bool),
    Some(HealthRecord),
}

impl Mirror for HealthOrNone {
    type Model = Option<HealthEndpoint>;

    fn of(model: &Self::Model) -> Self {
        model.as_ref().map_or(Self::None(false), |endpoint| Self::Some(HealthRecord::of(endpoint)))
    }

    fn model(self) -> Self::Model {
        match self {
            Self::None(_) => None,
            Self::Some(endpoint) => Some(endpoint.model()),
        }
    }
}
