//! One event of a network log, and the names that the log has for its numbers.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::evidence::har::Number;
use crate::evidence::sighting::Time;
use crate::model::SafeText;

/// The names of a log's numbers.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Constants {
    log_event_types: HashMap<String, i64>,
    net_error: HashMap<String, i64>,
    time_tick_offset: Value,
    client_info: Value,
    #[serde(skip)]
    kinds: std::cell::OnceCell<HashMap<i64, NetEventKind>>,
    #[serde(skip)]
    errors: std::cell::OnceCell<HashMap<i64, String>>,
}

/// One event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Event {
    time: Value,
    source: Value,
    r#type: Number,
    phase: Number,
    params: Value,
}

/// The events that are of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetEventKind {
    /// A request begins or ends.
    RequestAlive,
    /// Its job does.
    StartJob,
    /// It was not wanted any more.
    Cancelled,
    /// The job that finds its connection.
    BoundToJob,
    /// Its headers go out.
    SendHeaders,
    /// The answer's headers are there.
    ReadHeaders,
    /// The same, without the headers.
    ReadHeadersEnd,
    /// The upgrade failed.
    UpgradeFailure,
    /// A frame went out.
    SentFrame,
    /// A frame came in.
    ReceivedFrame,
    /// A frame that is none came in.
    InvalidFrame,
    /// The request's delegate is asked for a decision, such as for a login.
    Delegate,
    /// The job that connects.
    BoundToConnectJob,
    /// The socket that was used.
    BoundToSocket,
    /// The same.
    SetSocket,
    /// An address is tried.
    ConnectStart,
    /// The name is looked up.
    Resolve,
    /// The proxy was chosen.
    ProxyResolved,
    /// One try of TCP.
    TcpAttempt,
    /// TCP.
    Tcp,
    /// TLS.
    Tls,
    /// The certificates came.
    Certificates,
    /// Reading failed.
    ReadError,
    /// The socket is there, or is not any more.
    SocketAlive,
}

const KINDS: [(&str, NetEventKind); 30] = [
    ("REQUEST_ALIVE", NetEventKind::RequestAlive),
    ("URL_REQUEST_START_JOB", NetEventKind::StartJob),
    ("CANCELLED", NetEventKind::Cancelled),
    ("HTTP_STREAM_REQUEST_BOUND_TO_JOB", NetEventKind::BoundToJob),
    ("HTTP_TRANSACTION_SEND_REQUEST_HEADERS", NetEventKind::SendHeaders),
    ("HTTP_TRANSACTION_HTTP2_SEND_REQUEST_HEADERS", NetEventKind::SendHeaders),
    ("HTTP_TRANSACTION_QUIC_SEND_REQUEST_HEADERS", NetEventKind::SendHeaders),
    ("HTTP_TRANSACTION_READ_RESPONSE_HEADERS", NetEventKind::ReadHeaders),
    ("WEBSOCKET_READ_RESPONSE_HEADERS", NetEventKind::ReadHeaders),
    ("HTTP_TRANSACTION_READ_HEADERS", NetEventKind::ReadHeadersEnd),
    ("WEBSOCKET_UPGRADE_FAILURE", NetEventKind::UpgradeFailure),
    ("WEBSOCKET_SENT_FRAME_HEADER", NetEventKind::SentFrame),
    ("WEBSOCKET_RECV_FRAME_HEADER", NetEventKind::ReceivedFrame),
    ("WEBSOCKET_INVALID_FRAME", NetEventKind::InvalidFrame),
    ("DELEGATE_INFO", NetEventKind::Delegate),
    ("SOCKET_POOL_BOUND_TO_CONNECT_JOB", NetEventKind::BoundToConnectJob),
    ("SOCKET_POOL_BOUND_TO_SOCKET", NetEventKind::BoundToSocket),
    ("CONNECT_JOB_SET_SOCKET", NetEventKind::SetSocket),
    ("TCP_CONNECT_JOB_CONNECTOR_CONNECT_START", NetEventKind::ConnectStart),
    ("TRANSPORT_CONNECT_JOB_CONNECT_ATTEMPT", NetEventKind::ConnectStart),
    ("HOST_RESOLVER_MANAGER_REQUEST", NetEventKind::Resolve),
    ("HOST_RESOLVER_MANAGER_JOB", NetEventKind::Resolve),
    ("HTTP_STREAM_JOB_CONTROLLER_PROXY_SERVER_RESOLVED", NetEventKind::ProxyResolved),
    ("PROXY_RESOLUTION_SERVICE_RESOLVED_PROXY_LIST", NetEventKind::ProxyResolved),
    ("TCP_CONNECT_ATTEMPT", NetEventKind::TcpAttempt),
    ("TCP_CONNECT", NetEventKind::Tcp),
    ("SSL_CONNECT", NetEventKind::Tls),
    ("SSL_CERTIFICATES_RECEIVED", NetEventKind::Certificates),
    ("SOCKET_READ_ERROR", NetEventKind::ReadError),
    ("SOCKET_ALIVE", NetEventKind::SocketAlive),
];

/// Whether an event of this name is of use.
pub fn is_of_use(name: &str) -> bool {
    KINDS.iter().any(|(known, _)| *known == name)
}

impl NetEventKind {
    /// Whether it happens to a request.
    pub const fn is_of_request(self) -> bool {
        matches!(
            self,
            Self::RequestAlive
                | Self::StartJob
                | Self::Cancelled
                | Self::BoundToJob
                | Self::SendHeaders
                | Self::ReadHeaders
                | Self::ReadHeadersEnd
                | Self::UpgradeFailure
                | Self::SentFrame
                | Self::ReceivedFrame
                | Self::InvalidFrame
                | Self::Delegate
        )
    }

    /// Whether it happens to a socket.
    pub const fn is_of_socket(self) -> bool {
        matches!(
            self,
            Self::TcpAttempt | Self::Tcp | Self::Tls | Self::Certificates | Self::ReadError | Self::SocketAlive
        )
    }
}

impl Constants {
    /// The browser that wrote the log.
    pub fn client(&self) -> SafeText {
        let said = |name| self.client_info.get(name).and_then(Value::as_str).unwrap_or_default();
        SafeText::with_limit(format!("{} {}", said("name"), said("version")).trim(), 80)
    }

    /// What happened.
    pub fn kind(&self, event: &Event) -> Option<NetEventKind> {
        let kinds = self.kinds.get_or_init(|| {
            KINDS.iter().filter_map(|(name, kind)| Some((*self.log_event_types.get(*name)?, *kind))).collect()
        });
        kinds.get(&(event.r#type.0? as i64)).copied()
    }

    /// When it happened.
    pub fn time(&self, event: &Event) -> Option<Time> {
        let millis = number(&event.time)? + number(&self.time_tick_offset).unwrap_or_default();
        DateTime::<Utc>::from_timestamp_millis(millis as i64)
    }

    /// The name of an error: `ERR_CONNECTION_REFUSED`.
    pub fn error_name(&self, number: i64) -> String {
        let errors =
            self.errors.get_or_init(|| self.net_error.iter().map(|(name, number)| (*number, name.clone())).collect());
        errors.get(&number).cloned().unwrap_or_else(|| format!("ERR_{number}"))
    }
}

impl Event {
    /// Whether it is nothing at all.
    pub fn is_none(&self) -> bool {
        self.r#type.0.is_none()
    }

    /// The number of the thing that it happened to.
    pub fn source_id(&self) -> i64 {
        self.source.get("id").and_then(Value::as_i64).unwrap_or(-1)
    }

    /// Whether it is the beginning of something.
    pub fn is_begin(&self) -> bool {
        self.phase.0 == Some(1.0)
    }

    /// A text among its parameters.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.params.get(name)?.as_str()
    }

    /// A number among its parameters.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.params.get(name)?.as_i64()
    }

    /// The number of the thing that it leads to.
    pub fn dependency(&self) -> Option<i64> {
        self.params.get("source_dependency")?.get("id")?.as_i64()
    }

    /// Its headers, each a line.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.params.get("headers").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The first of its certificates, in DER.
    pub fn first_certificate(&self) -> Option<Vec<u8>> {
        let pem = self.params.get("certificates")?.get(0)?.as_str()?;
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        STANDARD.decode(body).ok()
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}
