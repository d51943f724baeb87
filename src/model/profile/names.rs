//! Whether every value that a template names is there by the time it is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::service::{Destination, Life, OAuth, PathTemplate, Service, Step, in_order};
use super::template::Template;
use crate::model::file::{FileError, Meant};
use crate::model::similarity::meant;
use crate::model::values::ValueName;

/// A value that nothing gives, or not yet.
pub struct UnknownValue {
    name: ValueName,
    known: Vec<ValueName>,
    /// The header of the table that it is in, and how many with the same come before that.
    table: (&'static str, usize),
    slip: Slip,
}

/// What is wrong with how a value is named.
enum Slip {
    /// Nothing gives it.
    Unknown,
    /// `{name}`, which is sent as it stands.
    SingleBraces,
    /// A ticket gives it, and nothing uses it.
    Unused,
    /// Another step makes it, for itself alone.
    MadeElsewhere,
    /// It is not among what the step takes, of which `life` is said.
    NotTaken,
}

impl UnknownValue {
    /// The same, where it stands in `text`.
    pub fn in_text(&self, text: &str) -> FileError {
        let name = &self.name;
        let spellings = match self.slip {
            Slip::SingleBraces => vec![format!("{{{name}}}")],
            Slip::Unused => vec!["take".to_owned()],
            Slip::Unknown | Slip::MadeElsewhere | Slip::NotTaken => {
                let within = ["{{", "{{ "].map(|start| format!("{start}{name}"));
                let as_key = ["1", "256", "384", "512"].map(|bits| format!("hmac_sha{bits}:{name}"));
                let as_jwt = [format!("\"{name}\""), format!("'{name}'")];
                within.into_iter().chain(as_key).chain(as_jwt).collect()
            }
        };
        let (table, before) = self.table;
        FileError::in_table(text, table, before, &spellings, &self.to_string()).with_meant(self.meant())
    }
}

impl UnknownValue {
    fn meant(&self) -> Option<Meant> {
        let name = &self.name;
        match self.slip {
            Slip::Unused | Slip::MadeElsewhere | Slip::NotTaken => None,
            Slip::SingleBraces => Some(Meant { wrong: format!("{{{name}}}"), right: format!("{{{{{name}}}}}") }),
            Slip::Unknown => {
                let right = meant(name.as_str(), self.known.iter().map(ValueName::as_str))?;
                Some(Meant { wrong: format!("{{{{{name}"), right: format!("{{{{{right}") })
            }
        }
    }
}

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.slip {
            Slip::SingleBraces => return write!(f, "{{{name}}} is sent as it stands; expected {{{{{name}}}}}"),
            Slip::Unused => return write!(f, "nothing uses what this takes; expected {{{{{name}}}}} in what follows"),
            Slip::MadeElsewhere => {
                return write!(
                    f,
                    "“{name}” is made in another step, for that step alone; expected make = {{ {name} = … }} in this one too"
                );
            }
            Slip::NotTaken => {
                write!(f, "life = {{ jwt = \"{name}\" }} is said of what this step takes, and it takes no “{name}”")?;
                return f.write_str("; expected the name of a value in its take = { … }");
            }
            Slip::Unknown => write!(f, "nothing gives a value called “{name}” before this")?,
        }
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
    let known = service.secrets.keys().cloned().collect();
    let mut reader = Reader { known, made: BTreeSet::new(), used: BTreeSet::new(), table: ("", 0) };
    let (name, slip) = reader.service(service).err()?;
    Some(UnknownValue { name, known: reader.known.into_iter().collect(), table: reader.table, slip })
}

/// The values that something of `service`'s is made of, or that replace a secret.
pub fn used(service: &Service) -> BTreeSet<ValueName> {
    let known = service.secrets.keys().cloned().collect();
    let mut reader = Reader { known, made: BTreeSet::new(), used: BTreeSet::new(), table: ("", 0) };
    // What is wrong has been told when the profile was read.
    let _ = reader.service(service);
    let steps = service.login.iter().chain(&service.ticket);
    reader.used.extend(steps.flat_map(|step| step.take.keys().cloned()));
    reader.used
}

/// Goes through a service in the order in which things happen.
struct Reader {
    known: BTreeSet<ValueName>,
    /// Those that steps have made for themselves.
    made: BTreeSet<ValueName>,
    /// Those that something is made of.
    used: BTreeSet<ValueName>,
    /// Where it is.
    table: (&'static str, usize),
}

type Checked = Result<(), (ValueName, Slip)>;

impl Reader {
    fn service(&mut self, service: &Service) -> Checked {
        if let Some(oauth) = &service.oauth {
            self.table = ("[oauth]", 0);
            oauth.templates().try_for_each(|text| self.template(text))?;
            self.known.extend([OAuth::access_token(), OAuth::id_token()]);
        }
        for (table, steps) in [("[[login]]", &service.login), ("[[ticket]]", &service.ticket)] {
            for (before, step) in steps.iter().enumerate() {
                self.table = (table, before);
                self.step(step)?;
            }
        }
        self.table = ("[socket]", 0);
        let socket = &service.socket;
        self.make(&socket.make)?;
        let path = socket.path.as_ref().map(|PathTemplate(path)| path);
        let templates = socket.url.iter().chain(path).chain(socket.query.values());
        templates.chain(&socket.protocols).chain(socket.headers.values()).try_for_each(|text| self.template(text))?;
        for (before, hello) in service.hello.iter().enumerate() {
            self.table = ("[[hello]]", before);
            self.make(&hello.make)?;
            hello.request.iter().try_for_each(|request| self.step(request))?;
            hello.send.iter().try_for_each(|text| self.template(text))?;
            self.known.extend(hello.take.keys().cloned());
        }
        if let Some(heartbeat) = &service.heartbeat {
            self.table = ("[heartbeat]", 0);
            heartbeat.every.names().try_for_each(|name| self.value(name))?;
            self.template(&heartbeat.send)?;
        }
        if let Some(silence) = &service.silence {
            self.table = ("[silence]", 0);
            silence.after.names().try_for_each(|name| self.value(name))?;
        }
        for (before, answer) in service.answers.iter().enumerate() {
            let known = self.known.clone();
            self.table = ("[[answer]]", before);
            self.known.extend(answer.take.keys().cloned());
            answer.send.iter().try_for_each(|text| self.template(text))?;
            self.known = known;
        }
        for (before, end) in service.ends.iter().enumerate() {
            let known = self.known.clone();
            self.table = ("[[end]]", before);
            self.known.extend(end.take.keys().cloned());
            if let Some(Destination::Address(address)) = &end.to {
                self.template(address)?;
            }
            self.known = known;
        }
        for (before, step) in service.ticket.iter().enumerate() {
            self.table = ("[[ticket]]", before);
            let is_used = step.take.keys().any(|name| self.used.contains(name) || service.secrets.contains_key(name));
            if let Some(name) = step.take.keys().next().filter(|_| !is_used) {
                return Err((name.clone(), Slip::Unused));
            }
        }
        Ok(())
    }

    /// What a step makes it makes for itself; what it takes is there for all that follows.
    fn step(&mut self, step: &Step) -> Checked {
        let known = self.known.clone();
        self.make(&step.make)?;
        step.templates().try_for_each(|text| self.template(text))?;
        self.made.extend(step.make.keys().cloned());
        self.known = known;
        self.known.extend(step.take.keys().cloned());
        match &step.life {
            // It is looked for in what the answer gave, and nowhere else.
            Life::Jwt(name) if self.known.contains(name) && !step.take.contains_key(name) => {
                Err((name.clone(), Slip::NotTaken))
            }
            Life::Jwt(name) => self.value(name),
            Life::Unknown | Life::Fixed(_) | Life::Said { .. } => Ok(()),
        }
    }

    fn make(&mut self, made: &BTreeMap<ValueName, Template>) -> Checked {
        for (name, text) in in_order(made) {
            self.template(text)?;
            self.known.insert(name.clone());
        }
        Ok(())
    }

    fn template(&mut self, template: &Template) -> Checked {
        template.names().try_for_each(|name| self.value(name))?;
        let is_slip = |name: &&ValueName| template.texts().any(|text| text.contains(&format!("{{{name}}}")));
        match self.known.iter().find(is_slip) {
            Some(name) => Err((name.clone(), Slip::SingleBraces)),
            None => Ok(()),
        }
    }

    fn value(&mut self, name: &ValueName) -> Checked {
        self.used.insert(name.clone());
        if self.known.contains(name) {
            return Ok(());
        }
        Err((name.clone(), if self.made.contains(name) { Slip::MadeElsewhere } else { Slip::Unknown }))
    }
}
