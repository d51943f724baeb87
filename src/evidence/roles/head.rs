//! What was sent with a request, without secrets.

use super::super::exchange::{AUTHORIZATION, Exchange, SentHeader};
use super::super::secrets::is_hidden_in_path;
use crate::model::failure::Header;
use crate::model::{Redactor, RequestHead, SafeText};

/// Characters of a name that are kept.
const MAX_NAME: usize = 64;
/// Characters of a value that are kept.
const MAX_VALUE: usize = 256;
/// Values of a query that are shorter can be no secret.
const MIN_SECRET: usize = 4;

/// The request itself; `None` if the file has no header of it.
pub fn head(exchange: &Exchange, secrets: &Redactor) -> Option<Box<RequestHead>> {
    if exchange.sent_headers.is_empty() {
        return None;
    }
    let scheme = exchange.sent_headers.iter().find(|header| header.name == AUTHORIZATION);
    let scheme =
        scheme.and_then(|header| header.value.as_ref()).map(|scheme| secrets.text(scheme.as_bytes(), MAX_NAME));
    let query = exchange.url.query_pairs().take(RequestHead::MAX_FIELDS).map(|(name, value)| Header {
        name: secrets.text(name.as_bytes(), MAX_NAME),
        value: (value.len() < MIN_SECRET).then(|| secrets.text(value.as_bytes(), MAX_VALUE)),
    });
    let headers = exchange.sent_headers.iter().map(|SentHeader { name, value }| Header {
        value: value.as_ref().filter(|_| name != AUTHORIZATION).map(|value| secrets.text(value.as_bytes(), MAX_VALUE)),
        name: secrets.text(name.as_bytes(), MAX_NAME),
    });
    Some(Box::new(RequestHead {
        method: secrets.text(exchange.method.as_bytes(), MAX_NAME),
        address: address(exchange, secrets),
        query: query.collect(),
        headers: headers.collect(),
        scheme,
    }))
}

/// Where it went, without user, query and fragment.
fn address(exchange: &Exchange, secrets: &Redactor) -> SafeText {
    let mut url = exchange.url.clone();
    // Fails only where there can be none.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    let segments = exchange.url.path().split('/').map(|segment| if is_hidden_in_path(segment) { "…" } else { segment });
    let path = segments.collect::<Vec<_>>().join("/");
    url.set_path("");
    let base = url.as_str().trim_end_matches('/');
    secrets.text(format!("{base}{path}").as_bytes(), SafeText::MAX_CHARS)
}
