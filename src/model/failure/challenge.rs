//! What an answer asks for in `WWW-Authenticate` (RFC 9110 §11.6.1).

use super::Answer;

/// The first challenge of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    fn read(header: &str) -> Option<Self> {
        let header = header.trim();
        let (scheme, mut rest) = header.split_once([' ', ',']).unwrap_or((header, ""));
        let mut parameters = Vec::new();
        while let Some((name, after)) = rest.split_once('=') {
            let name = name.trim().trim_start_matches(',').trim();
            // The next challenge begins.
            if name.contains(char::is_whitespace) {
                break;
            }
            let after = after.trim_start();
            let (value, left) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => after.split_once(',').unwrap_or((after, "")),
            };
            parameters.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            rest = left;
        }
        (!scheme.is_empty()).then(|| Self { scheme: scheme.to_ascii_lowercase(), parameters })
    }

    /// Its scheme, in lower case.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether it asks for a bearer token as if none had come: what refuses one that came says why (RFC 6750 §3.1).
    pub fn is_for_missing_bearer(&self) -> bool {
        self.scheme == "bearer" && !self.has("error") && !self.has("error_description")
    }

    fn has(&self, parameter: &str) -> bool {
        self.parameters.iter().any(|(name, _)| name == parameter)
    }

    /// Whether it says in words why a token is refused, or who wants a name and a password.
    pub(super) fn is_explained(&self) -> bool {
        self.has("error_description") || matches!(&*self.scheme, "basic" | "digest") && self.has("realm")
    }

    /// Whether it says more than which scheme it wants: why a token is refused, or who wants a name and a password.
    pub(super) fn is_telling(&self) -> bool {
        let wants_password = matches!(&*self.scheme, "basic" | "digest");
        self.parameters.iter().any(|(name, _)| match &**name {
            "realm" => wants_password,
            "charset" | "scope" => false,
            _ => true,
        })
    }
}

/// Parameters whose values are made for one client and one request (RFC 7616 §3.3).
const MADE_FOR_ONE: [&str; 9] =
    ["cnonce", "code", "nextnonce", "nonce", "opaque", "response", "rspauth", "state", "username"];

/// The header's `value` without what is made for one client: nonces, and what Negotiate and NTLM say.
pub(super) fn told(value: &[u8]) -> Vec<u8> {
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

impl Answer {
    /// What it asks for, if it asks for a login.
    pub fn challenge(&self) -> Option<Challenge> {
        self.header("www-authenticate").and_then(Challenge::read)
    }
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
            assert_eq!(String::from_utf8(told(header.as_bytes())).unwrap(), expected);
        }
    }

    #[test]
    fn a_challenge_is_read_by_its_parts() {
        for (header, scheme, is_for_missing, is_telling) in [
            ("Bearer", "bearer", true, false),
            ("bearer realm=\"api, error=none\"", "bearer", true, false),
            ("Bearer realm=api,charset=\"UTF-8\"", "bearer", true, false),
            ("Bearer realm=\"api\", Basic realm=\"x\"", "bearer", true, false),
            ("Bearer error=\"invalid_token\"", "bearer", false, true),
            ("Bearer realm=\"api\" , error = invalid_token", "bearer", false, true),
            ("Key realm=\"kong\"", "key", false, false),
            ("Negotiate", "negotiate", false, false),
            ("Basic realm=\"Staging\", charset=\"UTF-8\"", "basic", false, true),
            ("Bearer error=\"cut off", "bearer", false, true),
        ] {
            let challenge = Challenge::read(header).unwrap();
            assert_eq!(
                (challenge.scheme(), challenge.is_for_missing_bearer(), challenge.is_telling()),
                (scheme, is_for_missing, is_telling),
                "{header}"
            );
        }
        assert_eq!((Challenge::read(""), Challenge::read(" , ")), (None, None));
    }
}
