//! A request as a file has it: where it went and with which headers.

use super::SafeText;
use super::failure::{Header, is_harmless_header};

/// Headers of requests whose values are harmless, beside those of answers.
const HARMLESS: [&str; 23] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-method",
    "dnt",
    "host",
    "origin",
    "pragma",
    "priority",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "sec-gpc",
    "te",
    "upgrade-insecure-requests",
    "user-agent",
    "x-requested-with",
    "x-trace-id",
];

/// Whether the value of the header called `name`, in lower case, of a request holds nobody's secret. A subprotocol may be
/// a token there.
pub fn is_harmless_request_header(name: &str) -> bool {
    HARMLESS.contains(&name) || is_harmless_header(name) && name != "sec-websocket-protocol"
}

/// Method, address and headers of a request, without anything that may be a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestHead {
    /// Its method.
    pub method: SafeText,
    /// Where it went, without user, query and fragment; what looks like a secret in the path is left out.
    pub address: SafeText,
    /// The names in its query, at most [`Self::MAX_FIELDS`]; their values if they are too short for a secret.
    pub query: Vec<Header>,
    /// Its headers, at most [`Self::MAX_FIELDS`], in lower case; their values if they are known to be harmless.
    pub headers: Vec<Header>,
    /// The scheme of `Authorization`, such as `Bearer`; `None` if there is none or it is not a registered one.
    pub scheme: Option<SafeText>,
}

impl RequestHead {
    /// Headers, and parts of the query, that are kept.
    pub const MAX_FIELDS: usize = 48;
}
