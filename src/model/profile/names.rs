//! Whether every value that a template names is there by the time it is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::service::{Life, OAuth, PathTemplate, Service, Step};
use super::template::Template;
use crate::model::values::ValueName;

/// A value that nothing gives, or not yet.
pub struct UnknownValue {
    name: ValueName,
    known: Vec<ValueName>,
}

impl UnknownValue {
    /// How it stands in the file.
    pub fn place(&self) -> String {
        format!("{{{{{}", self.name)
    }
}

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nothing gives a value called “{}” before this", self.name)?;
        if self.known.is_empty() {
            f.write_str("; expected a [secret.NAME], or take = { NAME = … } in an earlier step")
        } else {
            let known: Vec<_> = self.known.iter().map(ValueName::as_str).collect();
            write!(f, "; there are {}", known.join(", "))
        }
    }
}

/// The first value of `service`'s that is used before it is there.
pub fn problem(service: &Service) -> Option<UnknownValue> {
    let mut known: BTreeSet<ValueName> = service.secrets.keys().cloned().collect();
    let outcome = check(service, &mut known);
    outcome.err().map(|name| UnknownValue { name, known: known.into_iter().collect() })
}

fn check(service: &Service, known: &mut BTreeSet<ValueName>) -> Result<(), ValueName> {
    if let Some(oauth) = &service.oauth {
        oauth.templates().try_for_each(|text| template(text, known))?;
        known.extend([OAuth::access_token(), OAuth::id_token()]);
    }
    for step in service.login.iter().chain(&service.ticket) {
        self::step(step, known)?;
    }
    let socket = &service.socket;
    make(&socket.make, known)?;
    let path = socket.path.as_ref().map(|PathTemplate(path)| path);
    let templates = socket.url.iter().chain(path).chain(socket.query.values());
    templates.chain(&socket.protocols).chain(socket.headers.values()).try_for_each(|text| template(text, known))?;
    for hello in &service.hello {
        if let Some(request) = &hello.request {
            step(request, known)?;
        }
        hello.send.iter().try_for_each(|text| template(text, known))?;
        known.extend(hello.take.keys().cloned());
    }
    if let Some(heartbeat) = &service.heartbeat {
        heartbeat.every.names().try_for_each(|name| value(name, known))?;
        template(&heartbeat.send, known)?;
    }
    if let Some(silence) = &service.silence {
        silence.after.names().try_for_each(|name| value(name, known))?;
    }
    for answer in &service.answers {
        let mut known = known.clone();
        known.extend(answer.take.keys().cloned());
        answer.send.iter().try_for_each(|text| template(text, &known))?;
    }
    Ok(())
}

fn step(step: &Step, known: &mut BTreeSet<ValueName>) -> Result<(), ValueName> {
    make(&step.make, known)?;
    step.templates().try_for_each(|text| template(text, known))?;
    known.extend(step.take.keys().cloned());
    match &step.life {
        Life::Jwt(name) => value(name, known),
        Life::Unknown | Life::Fixed(_) | Life::Said { .. } => Ok(()),
    }
}

fn make(made: &BTreeMap<ValueName, Template>, known: &mut BTreeSet<ValueName>) -> Result<(), ValueName> {
    made.values().try_for_each(|text| template(text, known))?;
    known.extend(made.keys().cloned());
    Ok(())
}

fn template(template: &Template, known: &BTreeSet<ValueName>) -> Result<(), ValueName> {
    template.names().try_for_each(|name| value(name, known))
}

fn value(name: &ValueName, known: &BTreeSet<ValueName>) -> Result<(), ValueName> {
    if known.contains(name) { Ok(()) } else { Err(name.clone()) }
}
