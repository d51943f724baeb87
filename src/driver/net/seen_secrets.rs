//! Secrets received so far, for redaction.

use std::collections::VecDeque;

use zeroize::Zeroizing;

use crate::model::{Redactor, SessionId, Values};

/// Cookies that are remembered, the newest of each name.
const MAX_COOKIES: usize = 16;
/// Session ids that are remembered, the newest.
const MAX_CREDENTIALS: usize = 4;
/// Tokens, tickets and what else steps give that is remembered, the newest.
const MAX_VALUES: usize = 16;

/// The newest secrets, to be hidden when a server repeats them in another place than it should.
#[derive(Default)]
pub struct SeenSecrets {
    cookies: VecDeque<Zeroizing<String>>,
    values: VecDeque<Zeroizing<String>>,
    sessions: VecDeque<Zeroizing<String>>,
}

impl SeenSecrets {
    /// A `Set-Cookie` came.
    pub fn cookie(&mut self, cookie: &str) {
        let name = |cookie: &str| cookie.find('=').map(|end| cookie[..end].trim().to_owned());
        self.cookies.retain(|known| name(known) != name(cookie));
        keep(&mut self.cookies, cookie, MAX_COOKIES);
    }

    /// A step gave values.
    pub fn values(&mut self, values: &Values) {
        for (_, value) in values.expose_all() {
            keep(&mut self.values, value, MAX_VALUES);
        }
    }

    /// A session id came.
    pub fn session(&mut self, session: &str) {
        keep(&mut self.sessions, session, MAX_CREDENTIALS);
    }

    /// Hides all of it as well.
    pub fn hide(&self, secrets: Redactor) -> Redactor {
        let Self { cookies, values, sessions } = self;
        let secrets = cookies.iter().fold(secrets, |secrets, cookie| secrets.hiding_cookie(cookie));
        let secrets = values.iter().fold(secrets, |secrets, value| secrets.hiding_value(value));
        sessions.iter().fold(secrets, |secrets, id| secrets.hiding_session(&SessionId::new(id.as_str())))
    }
}

fn keep(kept: &mut VecDeque<Zeroizing<String>>, secret: &str, most: usize) {
    kept.retain(|known| **known != secret);
    kept.truncate(most - 1);
    kept.push_front(Zeroizing::new(secret.to_owned()));
}
