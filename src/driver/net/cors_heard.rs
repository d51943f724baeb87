//! What a browser would make of the answers to the client's own requests.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN};

use crate::model::{PageRequest, SafeText};

/// The newest success of each request.
#[derive(Default)]
pub struct CorsHeard(Mutex<HashMap<PageRequest, CorsHeaders>>);

/// What of an answer matters to a browser alone.
#[derive(Clone, Default)]
pub struct CorsHeaders {
    /// The CORS headers.
    pub headers: HeaderMap,
    /// The encoding that `Content-Encoding` names although the body does not have it.
    pub false_encoding: Option<SafeText>,
}

impl CorsHeard {
    /// A request was answered with a success.
    pub fn hear(&self, request: PageRequest, headers: &HeaderMap, false_encoding: Option<&SafeText>) {
        let mut kept = HeaderMap::new();
        for name in [ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_ALLOW_CREDENTIALS] {
            for value in headers.get_all(&name) {
                kept.append(name.clone(), value.clone());
            }
        }
        let heard = CorsHeaders { headers: kept, false_encoding: false_encoding.cloned() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(request, heard);
    }

    /// What was heard of `request`, if there was a success.
    pub fn of(&self, request: PageRequest) -> Option<CorsHeaders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&request).cloned()
    }
}
