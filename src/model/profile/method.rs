//! The methods of requests.

use serde::{Deserialize, Serialize};

/// The method of an HTTP endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// `GET`, without a body.
    Get,
    /// `POST`, with a JSON body.
    Post,
    /// `PUT`; only a service's own steps use it.
    #[serde(skip_deserializing)]
    Put,
}

impl HttpMethod {
    /// Its name in a request.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}
