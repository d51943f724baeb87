//! What the answers to the client's own requests say to browsers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN};

use crate::model::PageRequest;

/// The CORS headers of the newest success of each request.
#[derive(Default)]
pub struct CorsHeard(Mutex<HashMap<PageRequest, HeaderMap>>);

impl CorsHeard {
    /// A request was answered with a success.
    pub fn hear(&self, request: PageRequest, headers: &HeaderMap) {
        let mut kept = HeaderMap::new();
        for name in [ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_ALLOW_CREDENTIALS] {
            for value in headers.get_all(&name) {
                kept.append(name.clone(), value.clone());
            }
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(request, kept);
    }

    /// What was heard of `request`, if there was a success.
    pub fn of(&self, request: PageRequest) -> Option<HeaderMap> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&request).cloned()
    }
}
