//! Taking secrets out of what a server says.

use std::borrow::Cow;

use memchr::memmem;
use zeroize::Zeroizing;

use super::{Fingerprint, Jwt, SessionId, Ticket};

/// The secrets of a connection, to be taken out of messages before they are kept.
#[derive(Default)]
pub struct Secrets(Vec<(Zeroizing<String>, String)>);

impl Secrets {
    /// The shortest text that is looked for; what is shorter is no secret and would be everywhere.
    const MIN: usize = 8;

    /// Takes out `ticket`.
    pub fn add_ticket(&mut self, ticket: &Ticket) {
        self.add(ticket.text(), format!("‹ticket #{}›", ticket.fingerprint()));
    }

    /// Takes out `jwt`.
    pub fn add_jwt(&mut self, jwt: &Jwt) {
        self.add(jwt.expose(), format!("‹JWT #{}›", jwt.fingerprint()));
    }

    /// Takes out the session id.
    pub fn add_session(&mut self, id: &SessionId) {
        self.add(id.expose(), format!("‹session {}›", id.masked()));
    }

    fn add(&mut self, secret: &str, instead: String) {
        if secret.len() >= Self::MIN {
            self.0.push((Zeroizing::new(secret.to_owned()), instead));
        }
    }

    /// `bytes` with what may be shown in the place of each secret, and of anything else that looks like a JWT.
    pub fn redacted<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut text = Cow::Borrowed(bytes);
        for (secret, instead) in &self.0 {
            if memmem::find(&text, secret.as_bytes()).is_some() {
                text = Cow::Owned(replaced(&text, secret.as_bytes(), instead.as_bytes()));
            }
        }
        match without_jwts(&text) {
            Some(redacted) => Cow::Owned(redacted),
            None => text,
        }
    }
}

fn replaced(text: &[u8], secret: &[u8], instead: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut start = 0;
    for hit in memmem::find_iter(text, secret) {
        result.extend_from_slice(&text[start..hit]);
        result.extend_from_slice(instead);
        start = hit + secret.len();
    }
    result.extend_from_slice(&text[start..]);
    result
}

/// `text` without what has the form of a JWT (RFC 7515 §7.1): `eyJ….….…`; `None` if there is none.
fn without_jwts(text: &[u8]) -> Option<Vec<u8>> {
    const START: &[u8] = b"eyJ";
    let is_base64url = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut result: Option<Vec<u8>> = None;
    let (mut from, mut search) = (0, 0);
    while let Some(hit) = memmem::find(&text[search..], START) {
        let start = search + hit;
        let mut end = start;
        let mut parts = 0;
        loop {
            end += text[end..].iter().take_while(|byte| is_base64url(byte)).count();
            parts += 1;
            if parts == 3 || text.get(end) != Some(&b'.') {
                break;
            }
            end += 1;
        }
        search = end.max(start + START.len());
        if parts >= 2 {
            let token = String::from_utf8_lossy(&text[start..end]);
            let result = result.get_or_insert_default();
            result.extend_from_slice(&text[from..start]);
            result.extend_from_slice(format!("‹JWT #{}›", Fingerprint::of(&token)).as_bytes());
            from = end;
        }
    }
    result.map(|mut result| {
        result.extend_from_slice(&text[from..]);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_echo_of_a_secret_is_replaced_by_what_support_can_search_for() {
        let mut secrets = Secrets::default();
        let ticket = Ticket::new("0123456789abcdef0123456789abcdef");
        let jwt = Jwt::new("eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJ4In0.c2ln-_");
        secrets.add_ticket(&ticket);
        secrets.add_jwt(&jwt);
        secrets.add_session(&SessionId::new("sess_8f3c0000111122221"));
        secrets.add_session(&SessionId::new("s"));
        let other = "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.";
        let text = format!(
            r#"{{"a":"{0}","b":"{0}{1}","c":"{other}","d":"sess_8f3c0000111122221","e":"eyJust a word"}}"#,
            "0123456789abcdef0123456789abcdef",
            jwt.expose()
        );
        let shown = String::from_utf8(secrets.redacted(text.as_bytes()).into_owned()).unwrap();
        let (ticket, jwt, other) = (ticket.fingerprint(), jwt.fingerprint(), Fingerprint::of(other));
        let expected = format!(
            r#"{{"a":"‹ticket #{ticket}›","b":"‹ticket #{ticket}›‹JWT #{jwt}›","c":"‹JWT #{other}›","d":"‹session ses…21›","e":"eyJust a word"}}"#
        );
        assert_eq!(shown, expected);
        assert!(matches!(secrets.redacted(b"{\"v\":1}"), Cow::Borrowed(_)));
    }
}
