//! Secrets received so far, for redaction.

use std::collections::VecDeque;

use zeroize::Zeroizing;

use crate::model::{Jwt, Redactor, SessionId, Ticket};

/// Cookies that are remembered, the newest of each name.
const MAX_COOKIES: usize = 16;
/// Tickets, JWTs and session ids that are remembered, the newest of each.
const MAX_CREDENTIALS: usize = 4;

/// The newest secrets, to be hidden when a server repeats them in another place than it should.
#[derive(Default)]
pub struct SeenSecrets {
    cookies: VecDeque<Zeroizing<String>>,
    tickets: VecDeque<Zeroizing<String>>,
    jwts: VecDeque<Zeroizing<String>>,
    sessions: VecDeque<Zeroizing<String>>,
}

impl SeenSecrets {
    /// A `Set-Cookie` came.
    pub fn cookie(&mut self, cookie: &str) {
        let name = |cookie: &str| cookie.find('=').map(|end| cookie[..end].trim().to_owned());
        self.cookies.retain(|known| name(known) != name(cookie));
        keep(&mut self.cookies, cookie, MAX_COOKIES);
    }

    /// A ticket came.
    pub fn ticket(&mut self, ticket: &str) {
        keep(&mut self.tickets, ticket, MAX_CREDENTIALS);
    }

    /// A JWT came.
    pub fn jwt(&mut self, jwt: &str) {
        keep(&mut self.jwts, jwt, MAX_CREDENTIALS);
    }

    /// A session id came.
    pub fn session(&mut self, session: &str) {
        keep(&mut self.sessions, session, MAX_CREDENTIALS);
    }

    /// Hides all of it as well.
    pub fn hide(&self, secrets: Redactor) -> Redactor {
        let Self { cookies, tickets, jwts, sessions } = self;
        let secrets = cookies.iter().fold(secrets, |secrets, cookie| secrets.hiding_cookie(cookie));
        let secrets =
            tickets.iter().fold(secrets, |secrets, ticket| secrets.hiding_ticket(&Ticket::new(ticket.as_str())));
        let secrets = jwts.iter().fold(secrets, |secrets, jwt| secrets.hiding_jwt(&Jwt::new(jwt.as_str())));
        sessions.iter().fold(secrets, |secrets, id| secrets.hiding_session(&SessionId::new(id.as_str())))
    }
}

fn keep(kept: &mut VecDeque<Zeroizing<String>>, secret: &str, most: usize) {
    kept.retain(|known| **known != secret);
    kept.truncate(most - 1);
    kept.push_front(Zeroizing::new(secret.to_owned()));
}
