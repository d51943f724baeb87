//! What the requests of a login have given, so that only those are sent again that a refusal is about or whose life is over.

use super::net::Taken;
use crate::model::{Moment, RequestFailure, Service, ValueName, Values};

/// What a sign-in in the browser, if there is one, and each `[[login]]` after it have given.
#[derive(Default)]
pub struct Logins {
    given: Vec<Given>,
    /// The first that the newest refusal is about.
    refused: Option<usize>,
    /// What all of them had given before some were sent again.
    before: Values,
    /// What a greeting has given in the place of theirs since.
    renewed: Values,
}

struct Given {
    taken: Taken,
    ends: Option<Moment>,
}

impl Logins {
    /// A request that needs them failed with `failure`, or did not.
    pub fn refused(&mut self, service: &Service, failure: Option<&RequestFailure>) {
        self.refused = failure.and_then(|failure| {
            let answer = failure.kind.refusal()?;
            let login = service.login_refused_by(answer.status, answer.body.code.as_ref())?;
            Some(login + usize::from(service.oauth.is_some()))
        });
    }

    /// What those gave that are not sent again `now`: none, unless one of them is refused or over.
    pub fn keep(&mut self, now: Moment) -> Vec<Taken> {
        let over = self.given.iter().position(|given| given.ends.is_some_and(|ends| ends <= now));
        let first = self.refused.take().into_iter().chain(over).min().unwrap_or_default();
        self.before = self.values();
        self.given.truncate(first);
        let kept = self.given.iter().map(|Given { taken, ends }| {
            let lifetime = ends.map(|ends| ends.since(now));
            Taken { lifetime, ..taken.clone() }
        });
        kept.collect()
    }

    /// All of them have given this by `now`. Says whether something of it beside the `token` is another than before.
    pub fn give(&mut self, now: Moment, all: &[Taken], token: &ValueName) -> bool {
        let given = all.iter().map(|taken| {
            let ends = taken.lifetime.map(|lifetime| now + lifetime);
            Given { taken: taken.clone(), ends }
        });
        self.given = given.collect();
        self.renewed = Values::default();
        let (mut before, mut values) = (std::mem::take(&mut self.before), self.values());
        before.remove(token);
        values.remove(token);
        !before.is_empty() && before != values
    }

    /// The greeting of `service` has come to know `values`: what it takes under the name of a login's value counts from
    /// then on, as where a server hands out a new token for each one that is used.
    pub fn renew(&mut self, service: &Service, values: &Values) {
        let is_of_login = |name: &&ValueName| service.login.iter().any(|step| step.take.contains_key(*name));
        for name in service.hello.iter().flat_map(|hello| hello.take.keys()).filter(is_of_login) {
            if let Some(value) = values.expose(name) {
                self.renewed.set(name.clone(), value);
                let given = self.given.iter_mut().filter(|given| given.taken.values.expose(name).is_some());
                given.for_each(|given| given.taken.values.set(name.clone(), value));
            }
        }
    }

    /// What greetings have given in the place of the logins' values.
    pub fn renewed(&self) -> &Values {
        &self.renewed
    }

    fn values(&self) -> Values {
        let mut values = Values::default();
        self.given.iter().for_each(|given| values.extend(&given.taken.values));
        values
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{Answer, Profile, RequestFailureKind, TraceId};

    const PROFILE: &str = "name = 'x'\napi = 'https://a.example'\n\
        [[login]]\npost = '/a'\ntake = { token = '/a' }\nrefresh_on = [401]\n\
        [[login]]\npost = '/b'\ntake = { session = '/b' }\nrefresh_on = ['session_over']\n\
        [[ticket]]\npost = '/t'\nauth = '{{token}} {{session}}'\ntake = { ticket = '/t' }\n\
        [socket]\nquery = { t = '{{ticket}}' }\n";

    fn name(name: &str) -> ValueName {
        ValueName::try_from(name.to_owned()).unwrap()
    }

    fn taken(called: &str, value: &str, seconds: Option<u64>) -> Taken {
        let values = Values::one(name(called), value);
        Taken { values, lifetime: seconds.map(Duration::from_secs), ..Taken::default() }
    }

    fn refusal(status: u16, code: &str) -> RequestFailure {
        let kind = RequestFailureKind::Status(Box::new(Answer::of_status(status).with_code(code)));
        RequestFailure { trace: TraceId::unseen(), kind }
    }

    #[test]
    fn a_login_is_sent_again_from_the_one_that_is_refused_or_over() {
        let service = Profile::from_toml(PROFILE).unwrap().steps();
        let given = [taken("token", "a", Some(600)), taken("session", "b", Some(60))];
        let at = |seconds| Moment::START + Duration::from_secs(seconds);
        let kept = |failure: Option<&RequestFailure>, now| {
            let mut logins = Logins::default();
            logins.give(at(0), &given, &name("token"));
            logins.refused(&service, failure);
            logins.keep(at(now)).len()
        };
        assert_eq!(kept(Some(&refusal(403, "session_over")), 1), 1, "the second alone");
        assert_eq!(kept(Some(&refusal(401, "")), 1), 0, "both");
        assert_eq!(kept(Some(&refusal(403, "session_over")), 700), 0, "the first is over");
        assert_eq!(kept(None, 61), 1, "the second is over");
        assert_eq!(kept(Some(&refusal(403, "other")), 1), 0, "nobody knows which");
    }

    #[test]
    fn what_a_greeting_gives_takes_the_place_of_a_logins_value_until_the_next_login() {
        let hello = "[[hello]]\nexpect = { text = 'ok' }\ntake = { token = 'after:ok ', room = 'after:in ' }\n";
        let service = Profile::from_toml(&format!("{PROFILE}{hello}")).unwrap().steps();
        let mut logins = Logins::default();
        logins.give(Moment::START, &[taken("token", "a", None)], &name("token"));
        let mut heard = Values::one(name("token"), "b");
        heard.set(name("room"), "7");
        logins.renew(&service, &heard);
        assert_eq!(logins.renewed(), &Values::one(name("token"), "b"), "a room is the greeting's alone");
        assert_eq!(logins.values().expose(&name("token")), Some("b"));
        logins.give(Moment::START, &[taken("token", "c", None)], &name("token"));
        assert_eq!(logins.renewed(), &Values::default());
    }

    #[test]
    fn what_comes_beside_the_same_token_is_noticed() {
        let mut logins = Logins::default();
        let mut give = |token: &str, session: &str| {
            logins.keep(Moment::START);
            logins.give(Moment::START, &[taken("token", token, None), taken("session", session, None)], &name("token"))
        };
        assert!(!give("a", "b"), "the first time");
        assert!(!give("a", "b") && !give("c", "b"));
        assert!(give("c", "d"));
    }
}
