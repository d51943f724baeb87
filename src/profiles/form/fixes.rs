//! What a failed try tells of the profile that was tried: which of its values is another one in the service's own answers.

use serde_json::Value;

use super::field::{Edit, Held};
use super::table::{Key, KeyKind, Part};
use super::text::{At, ProfileText};
use crate::model::failure::AnswerFault;
use crate::model::{Failure, GreetingFailure, JsonPointer, RequestFailureKind};

/// One value that can be put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The part that it is in.
    pub part: Part,
    /// What would stand there.
    pub value: String,
    /// The text of the profile with it.
    pub text: String,
}

/// A longer value is none that tells messages apart, in characters.
const LONGEST: usize = 40;

/// Parts of values that say that something is wrong: no message with one of them is the greeting.
const COMPLAINTS: [&str; 10] =
    ["err", "fail", "invalid", "unauth", "denied", "refus", "reject", "disconnect", "close", "ping"];

impl ProfileText {
    /// What of it to put right after `failure`, if its answers tell.
    pub fn fix_of(&self, failure: &Failure) -> Option<Fix> {
        match failure {
            Failure::Greeting(GreetingFailure::Missing { step, heard: Some(heard), .. }) => {
                self.expected_other(*step, heard.as_str())
            }
            Failure::Token(request) => self.taken_elsewhere(Part::SignIn, &request.kind),
            Failure::Ticket(request) => self.taken_elsewhere(Part::Ticket, &request.kind),
            Failure::Greeting(_)
            | Failure::Setup(_)
            | Failure::TicketExpired { .. }
            | Failure::Dial(_)
            | Failure::UpgradeRefused(_)
            | Failure::Closed(_) => None,
        }
    }

    /// The greeting's `step` waits for another value than the server says.
    fn expected_other(&self, step: u32, heard: &str) -> Option<Fix> {
        let section = Part::Greeting.sections().first()?;
        let key = section.keys.iter().find(|key| key.name == "expect")?;
        let at = self.places(section).into_iter().nth(usize::try_from(step).ok()?.checked_sub(1)?)?;
        let Held::Pairs(pairs) = self.held(&at, key) else { return None };
        let wanted = pairs.iter().enumerate().filter(|(_, (name, _))| name.starts_with('/'));
        wanted.into_iter().find_map(|(place, (name, value))| {
            let found = shown(&value_in(heard, name)?)?;
            let is_other = found != *value && value != "*";
            let text =
                is_other.then(|| self.edited(&at, key, &Edit::Pair(place, name.clone(), found.clone())).ok())??;
            Some(Fix { part: Part::Greeting, value: found, text })
        })
    }

    /// A request of `part` takes a value from where the answer has none, and has one of this name elsewhere.
    fn taken_elsewhere(&self, part: Part, kind: &RequestFailureKind) -> Option<Fix> {
        let RequestFailureKind::Malformed(malformed) = kind else { return None };
        let AnswerFault::Missing { field } = &malformed.fault else { return None };
        let missing = field.as_str().trim_start_matches('?');
        let last = |pointer: &str| pointer.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let there = malformed.answer.body.fields.iter().map(|field| field.as_str());
        let same: Vec<_> = there.filter(|pointer| last(pointer) == last(missing)).collect();
        // Of several nobody knows which.
        let [right] = same[..] else { return None };
        for section in part.sections() {
            for at in self.places(section) {
                for key in section.keys {
                    if let Some(text) = self.with_pointer(&at, key, missing, right) {
                        return Some(Fix { part, value: right.to_owned(), text });
                    }
                }
            }
        }
        None
    }

    /// The text with `right` in the place of the pointer `wrong` at `key`, if that stands there.
    fn with_pointer(&self, at: &At, key: &Key, wrong: &str, right: &str) -> Option<String> {
        let put = |edit: Edit| self.edited(at, key, &edit).ok();
        match self.held(at, key) {
            Held::Text(text) if key.kind == KeyKind::Text && text == wrong => put(Edit::Text(right.to_owned())),
            Held::Unit(_, text) if text == wrong => put(Edit::Text(right.to_owned())),
            Held::Pairs(pairs) if key.name == "take" => {
                let (place, (name, _)) = pairs.iter().enumerate().find(|(_, (_, value))| value == wrong)?;
                put(Edit::Pair(place, name.clone(), right.to_owned()))
            }
            _ => None,
        }
    }
}

/// What stands at `pointer` in a message of which only the beginning may be left.
fn value_in(heard: &str, pointer: &str) -> Option<Value> {
    let json = &heard[heard.find(['{', '['])?..];
    if let Ok(whole) = serde_json::from_str::<Value>(json) {
        return JsonPointer::try_from(pointer.to_owned()).ok()?.find_within_strings(&whole);
    }
    // Of one that was cut off, what stands at its top.
    let name = pointer.strip_prefix('/').filter(|name| !name.contains('/'))?;
    let (_, rest) = json.split_once(&format!("\"{name}\""))?;
    let rest = rest.trim_start().strip_prefix(':')?;
    serde_json::Deserializer::from_str(rest).into_iter().next()?.ok()
}

/// A value as a form has it, if it is one that tells messages apart.
fn shown(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let lower = text.to_lowercase();
    let is_one = !text.is_empty()
        && text.chars().count() <= LONGEST
        && !COMPLAINTS.iter().any(|complaint| lower.contains(complaint));
    is_one.then_some(text)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::failure::MalformedAnswer;
    use crate::model::{Answer, RequestFailure, TraceId};

    const TEXT: &str = "name = \"x\"\napi = \"https://a.example\"\n\n[[ticket]]\npost = \"/t\"\n\
                        take = { url = \"/url\", n = \"/n\" } # both\nlife = { seconds = \"/ttl\" }\n\n[socket]\nurl = \"{{url}}\"\n\n\
                        [[hello]]\nsend = \"hi\"\n\n[[hello]]\nexpect = { \"/type\" = \"helo\" }\n";

    fn fixed(failure: &Failure) -> Option<(Part, String)> {
        let fix = ProfileText::read(TEXT).unwrap().fix_of(failure)?;
        let changed = fix.text.lines().zip(TEXT.lines()).find(|(new, old)| new != old);
        Some((fix.part, changed.map(|(new, _)| new.to_owned()).unwrap_or_default()))
    }

    #[test]
    fn a_greeting_that_was_heard_takes_the_place_of_the_one_that_was_expected() {
        let missing = |heard: &str| {
            let within = Duration::from_secs(10);
            let heard = Some(heard.into());
            Failure::Greeting(GreetingFailure::Missing { step: 2, expected: "/type = \"helo\"".into(), within, heard })
        };
        let line = "expect = { \"/type\" = \"hello\" }".to_owned();
        assert_eq!(fixed(&missing(r#"{"type":"hello","n":1}"#)), Some((Part::Greeting, line.clone())));
        assert_eq!(fixed(&missing(r#"{"n":1,"type":"hello","long":"and cut o"#)), Some((Part::Greeting, line)));
        for none in [r#"{"type":"error"}"#, r#"{"type":{}}"#, r#"{"kind":"hello"}"#, "hello"] {
            assert_eq!(fixed(&missing(none)), None, "{none}");
        }
    }

    #[test]
    fn a_value_that_stands_elsewhere_in_the_answer_is_taken_from_there() {
        let failure = |field: &str, fields: &[&str]| {
            let mut answer = Answer::of_status(200);
            answer.body.fields = fields.iter().map(|field| (*field).into()).collect();
            let malformed = MalformedAnswer { fault: AnswerFault::Missing { field: field.into() }, answer };
            let kind = RequestFailureKind::Malformed(Box::new(malformed));
            Failure::Ticket(RequestFailure { trace: TraceId::new(0, 0), kind })
        };
        let line = "take = { url = \"/data/url\", n = \"/n\" } # both".to_owned();
        assert_eq!(fixed(&failure("/url", &["/ok", "/data/url"])), Some((Part::Ticket, line)));
        let line = "life = { seconds = \"/data/ttl\" }".to_owned();
        assert_eq!(fixed(&failure("/ttl", &["/data/ttl"])), Some((Part::Ticket, line)));
        assert_eq!(fixed(&failure("/url", &["/a/url", "/b/url"])), None, "nobody knows which");
        assert_eq!(fixed(&failure("/url", &[])), None);
    }
}
