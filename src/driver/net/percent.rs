//! Percent-encoding of values in queries and forms.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

/// What stands in a query's value as it is; everything else is percent-encoded (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `text` as a query's value.
pub fn percent_encoded(text: &str) -> Zeroizing<String> {
    // As large as needed from the start: growing would leave a copy of the ticket behind.
    let mut encoded = Zeroizing::new(String::with_capacity(3 * text.len()));
    encoded.extend(utf8_percent_encode(text, UNRESERVED));
    encoded
}

/// Whether `c` stands in a query's value as it is.
pub fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~".contains(c)
}

/// Whether a header can carry `text`. A `HeaderValue` would tell it too, and leave a copy behind.
pub fn is_sendable(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_value_cannot_change_the_request() {
        assert_eq!(percent_encoded("aZ09-._~").as_str(), "aZ09-._~");
        assert_eq!(percent_encoded("a b&c=d\r\n#é+/").as_str(), "a%20b%26c%3Dd%0D%0A%23%C3%A9%2B%2F");
    }
}
