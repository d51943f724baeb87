//! What may be told of the value of a header.

use url::Url;

/// The `value` of the header called `name`, in lower case, of an answer from `url`, without what is meant for one client; `None`
/// if nothing may be told.
pub(super) fn told(name: &str, value: &[u8], url: &Url) -> Option<Vec<u8>> {
    match name {
        "location" => location(url, value),
        "www-authenticate" | "proxy-authenticate" => Some(challenge(value)),
        _ => Some(value.to_vec()),
    }
}

/// Where a header `Location` leads, without user, parameters, query and fragment, which may hold secrets of others.
fn location(url: &Url, value: &[u8]) -> Option<Vec<u8>> {
    let mut target = url.join(std::str::from_utf8(value).ok()?).ok()?;
    // What follows is for another program, and nobody knows what is secret in it.
    if !matches!(target.scheme(), "http" | "https" | "ws" | "wss") {
        return Some(format!("{}:…", target.scheme()).into_bytes());
    }
    target.set_query(None);
    target.set_fragment(None);
    // Parameters of a segment (RFC 3986 §3.3): `;jsessionid=…`.
    if target.path().contains(';') {
        let segments = target.path().split('/').map(|segment| segment.split(';').next().unwrap_or_default());
        let path = segments.collect::<Vec<_>>().join("/");
        target.set_path(&path);
    }
    // Fails only where there can be none.
    let _ = target.set_username("").and_then(|()| target.set_password(None));
    Some(target.as_str().as_bytes().to_vec())
}

/// Parameters whose values are made for one client and one request (RFC 7616 §3.3).
const MADE_FOR_ONE: [&str; 9] =
    ["cnonce", "code", "nextnonce", "nonce", "opaque", "response", "rspauth", "state", "username"];

/// The header's `value` without what is made for one client: nonces, and what Negotiate and NTLM say.
fn challenge(value: &[u8]) -> Vec<u8> {
    let value = String::from_utf8_lossy(value);
    let (mut told, mut rest) = (String::with_capacity(value.len()), &*value);
    while !rest.is_empty() {
        let (part, after) = rest.split_at(end_of_part(rest));
        let start = part.len() - part.trim_start().len();
        let (blank, part) = part.split_at(start);
        let (scheme, said) = match part.split_once(' ') {
            Some((scheme, said)) if !scheme.contains('=') => (&part[..=scheme.len()], said),
            _ => ("", part),
        };
        told.push_str(blank);
        told.push_str(scheme);
        match said.split_once('=') {
            Some((name, given)) if !given.trim_matches('=').is_empty() => {
                let is_told = !MADE_FOR_ONE.contains(&&*name.trim().to_ascii_lowercase());
                told.push_str(if is_told { said } else { name });
                told.push_str(if is_told { "" } else { "=…" });
            }
            // A credential in one piece (`token68`, RFC 9110 §11.2).
            _ if !scheme.is_empty() && !said.trim().is_empty() => told.push('…'),
            Some(_) | None => told.push_str(said),
        }
        let gap = if after.starts_with(',') { "," } else { "" };
        told.push_str(gap);
        rest = &after[gap.len()..];
    }
    told.into_bytes()
}

/// Where the first comma outside quotation marks stands, or else the end.
fn end_of_part(text: &str) -> usize {
    let mut is_quoted = false;
    let end = text.bytes().position(|byte| {
        is_quoted ^= byte == b'"';
        byte == b',' && !is_quoted
    });
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_for_one_client_is_left_out() {
        for (header, expected) in [
            (
                r#"Digest realm="api, all", nonce="S1", opaque=S2, qop="auth""#,
                r#"Digest realm="api, all", nonce=…, opaque=…, qop="auth""#,
            ),
            ("Negotiate YIIabc==, NTLM", "Negotiate …, NTLM"),
            (
                r#"Bearer realm="a",error="invalid_token", Basic realm="b""#,
                r#"Bearer realm="a",error="invalid_token", Basic realm="b""#,
            ),
            ("Bearer", "Bearer"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(challenge(header.as_bytes())).unwrap(), expected);
        }
    }
}
