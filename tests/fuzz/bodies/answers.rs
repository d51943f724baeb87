//! Answers to the requests for token and ticket: status, headers and body.

use std::sync::LazyLock;

use http::{HeaderName, HeaderValue, Response};
use ticketscope::driver::net::Net;
use ticketscope::model::{Profile, TraceId};

static NET: LazyLock<Net> =
    LazyLock::new(|| Net::new(&Profile::local_demo(([127, 0, 0, 1], 1).into())).expect("a profile that can be used"));

/// The first two bytes are the status, then come headers, one a line, an empty line and the body.
pub fn body(data: &[u8]) {
    let Some((status, rest)) = data.split_first_chunk() else { return };
    let end = rest.windows(2).position(|two| two == b"\n\n").unwrap_or(rest.len());
    let (head, content) = (&rest[..end], rest.get(end + 2..).unwrap_or_default());
    let Ok(mut answer) = Response::builder().status(100 + u16::from_le_bytes(*status) % 500).body(content.to_vec())
    else {
        return;
    };
    for line in head.split(|byte| *byte == b'\n').take(64) {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        if let (Some(Ok(name)), Some(Ok(value))) =
            (parts.next().map(HeaderName::from_bytes), parts.next().map(HeaderValue::from_bytes))
        {
            answer.headers_mut().append(name, value);
        }
    }
    if let Err(failure) = NET.read_ticket(answer, &TraceId::new(1, 1)) {
        assert!(!failure.to_string().chars().any(char::is_control), "what is told of it can be printed: {failure}");
    }
}
