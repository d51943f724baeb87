//! What is said over an open socket beside what a person says: greeting, heartbeat, answers, ends. Decisions only: the
//! socket sends and waits.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use super::net::Scope;
use crate::journal::MessageKind;
use crate::model::{
    Announcement, Destination, EndOwner, Frame, FrameKind, HelloStep, MessagePart, MissingValue, Redactor, SafeText,
    Service, Template, Then, ValueName, Values, from_hex, hex, json_of,
};

/// No heartbeat goes out more often, and no silence is too long earlier, whatever a server says: it must not be able to keep its
/// client busy.
const SHORTEST: Duration = Duration::from_millis(200);

/// More of a message than this is not quoted, in characters.
const QUOTED: usize = 160;

/// A service's side of what is said, and what has been said.
pub struct Conversation {
    service: Arc<Service>,
    scope: Scope,
    sent: u64,
    is_heartbeat_answered: bool,
}

/// What a message leads to.
#[derive(Debug, PartialEq)]
pub enum Reaction {
    /// This is to be sent.
    Send(Zeroizing<String>),
    /// The server has announced the end.
    End(Announcement, Option<Zeroizing<String>>),
    /// An answer cannot be made: this is missing.
    Missing(MissingValue),
}

/// What there is to say when a heartbeat is due.
#[derive(Debug, PartialEq)]
pub enum NextHeartbeat {
    /// This.
    Send(Zeroizing<String>),
    /// Nothing: the one before was not answered.
    Unanswered,
    /// It cannot be made: this is missing.
    Missing(MissingValue),
}

impl Conversation {
    /// With `service`, of which `scope` knows what the steps so far gave.
    pub fn new(service: Arc<Service>, mut scope: Scope) -> Self {
        // What the upgrade is made of can be said as well; what is missing for it, it has not gone out without.
        let _ = scope.make(&service.socket.make);
        Self { service, scope, sent: 0, is_heartbeat_answered: true }
    }

    /// The steps of the greeting.
    pub fn greeting(&self) -> Vec<HelloStep> {
        self.service.hello.clone()
    }

    /// What steps can be made of.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The messages in a frame.
    pub fn messages(&self, frame: &str) -> Vec<String> {
        let Frame { split, array, binary: _ } = &self.service.frame;
        let parts = match split {
            Some(separator) => frame.split(separator.as_str()).filter(|message| !message.is_empty()).collect(),
            None => vec![frame],
        };
        let messages = |part: &str| match array.then(|| serde_json::from_str(part)) {
            Some(Ok(Value::Array(items))) => items.iter().map(ToString::to_string).collect(),
            Some(Ok(_) | Err(_)) | None => vec![part.to_owned()],
        };
        parts.into_iter().flat_map(messages).collect()
    }

    /// The text of a binary frame, if it has one.
    pub fn text_of<'a>(&self, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
        match self.service.frame.binary {
            FrameKind::Hex => Some(hex(bytes).into()),
            // Some services send their JSON so.
            FrameKind::Text | FrameKind::Binary => std::str::from_utf8(bytes).ok().map(Cow::from),
        }
    }

    /// The frame that carries `message`, and its bytes.
    pub fn frame(&self, message: &str) -> (MessageKind, Zeroizing<Vec<u8>>) {
        let framed = self.framed(message);
        match self.service.frame.binary {
            FrameKind::Text => (MessageKind::Text, Zeroizing::new(framed.as_bytes().to_vec())),
            FrameKind::Binary => (MessageKind::Binary, Zeroizing::new(framed.as_bytes().to_vec())),
            FrameKind::Hex => {
                let bytes = from_hex(framed.as_bytes()).unwrap_or_else(|| framed.as_bytes().to_vec());
                (MessageKind::Binary, Zeroizing::new(bytes))
            }
        }
    }

    /// How a message stands in a frame.
    fn framed(&self, message: &str) -> Zeroizing<String> {
        let end = self.service.frame.split.as_deref().unwrap_or_default();
        let end = if message.ends_with(end) { "" } else { end };
        // As large as needed from the start: growing would leave a copy of a secret behind.
        let mut frame = Zeroizing::new(String::with_capacity(message.len() + end.len()));
        frame.push_str(message);
        frame.push_str(end);
        frame
    }

    /// What `template` says now.
    ///
    /// # Errors
    /// A value that is missing.
    pub fn say(&mut self, template: &Template) -> Result<Zeroizing<String>, MissingValue> {
        self.sent += 1;
        self.scope.built_ins.id = self.sent;
        template.expand(&self.scope.values, &self.scope.built_ins)
    }

    /// Takes in a message, of which `secrets` are hidden where it is quoted.
    pub fn hear(&mut self, message: &str, secrets: &Redactor) -> Vec<Reaction> {
        match self.end_in(message, secrets) {
            Some((announced, elsewhere)) => vec![Reaction::End(announced, elsewhere)],
            None => self.answer(message),
        }
    }

    /// The end that `message` announces, by the first rule that it fits, and where the server sends its client.
    fn end_in(&self, message: &str, secrets: &Redactor) -> Option<(Announcement, Option<Zeroizing<String>>)> {
        let end = self.service.ends.iter().find(|end| end.when.matches(message))?;
        let json = json_of(message);
        let text = |part: &MessagePart| part.find(message, json.as_ref());
        let said = end.reason.as_ref().and_then(text);
        let said = said.map_or_else(|| quoted(message, secrets), |said| quoted(&said, secrets));
        let to = end.to.as_ref().filter(|_| end.then == Then::Go).and_then(|to| match to {
            Destination::Part(part) => text(part).map(Zeroizing::new),
            Destination::Address(address) => {
                let mut values = self.scope.values.clone();
                for (name, part) in &end.take {
                    values.set(name.clone(), text(part)?);
                }
                address.expand(&values, &self.scope.built_ins).ok()
            }
        });
        let mut announced = Announcement { then: end.then, said, means: end.says.clone(), owner: end.owner };
        if end.then == Then::Go && to.is_none() {
            // It comes again where it was.
            announced.then = Then::Renew;
            announced.means = Some(SafeText::new("the server sends its client elsewhere, and does not say where"));
            announced.owner = Some(EndOwner::Developers);
        }
        Some((announced, to))
    }

    /// What `message`, which announces no end, leads to.
    pub fn answer(&mut self, message: &str) -> Vec<Reaction> {
        let service = Arc::clone(&self.service);
        let pong = service.heartbeat.as_ref().and_then(|heartbeat| heartbeat.expect.as_ref());
        self.is_heartbeat_answered |= pong.is_some_and(|pong| pong.matches(message));
        let answers = service.answers.iter().filter(|answer| answer.when.matches(message));
        answers
            .filter_map(|answer| {
                self.take(&answer.take, message);
                Some(self.say(answer.send.as_ref()?).map_or_else(Reaction::Missing, Reaction::Send))
            })
            .collect()
    }

    /// Keeps what `wanted` says of `message`.
    pub fn take(&mut self, wanted: &BTreeMap<ValueName, MessagePart>, message: &str) {
        if wanted.is_empty() {
            return;
        }
        let json = json_of(message);
        for (name, part) in wanted {
            if let Some(text) = part.find(message, json.as_ref()) {
                self.scope.values.set(name.clone(), text);
            }
        }
    }

    /// Adds what `make` makes of what is known by now.
    ///
    /// # Errors
    /// A value that is missing.
    pub fn make(&mut self, make: &BTreeMap<ValueName, Template>) -> Result<(), MissingValue> {
        self.scope.make(make)
    }

    /// Keeps what a request between two messages gave.
    pub fn keep(&mut self, values: &Values) {
        self.scope.values.extend(values);
    }

    /// How often the heartbeat goes out, if there is one and the service has said how often.
    pub fn heartbeat_every(&self) -> Option<Duration> {
        self.service.heartbeat.as_ref()?.every.resolve(&self.scope.values).ok().map(|every| every.max(SHORTEST))
    }

    /// Why no heartbeat could go out or no silence be too long: a value is missing, or a time is no duration.
    pub fn problem(&self) -> Option<SafeText> {
        self.service.unusable_talk(&self.scope.values).map(|problem| SafeText::new(&problem))
    }

    /// Whether the heartbeat is one that the server has to answer.
    pub fn expects_answer(&self) -> bool {
        self.service.heartbeat.as_ref().is_some_and(|heartbeat| heartbeat.expect.is_some())
    }

    /// Whether the last heartbeat was answered, if it has to be.
    pub fn is_heartbeat_answered(&self) -> bool {
        self.is_heartbeat_answered
    }

    /// The heartbeat that is due; `None` if there is none.
    pub fn heartbeat(&mut self) -> Option<NextHeartbeat> {
        let service = Arc::clone(&self.service);
        let heartbeat = service.heartbeat.as_ref()?;
        if !self.is_heartbeat_answered {
            return Some(NextHeartbeat::Unanswered);
        }
        self.is_heartbeat_answered = heartbeat.expect.is_none();
        Some(self.say(&heartbeat.send).map_or_else(NextHeartbeat::Missing, NextHeartbeat::Send))
    }

    /// After which silence the connection is dead.
    pub fn silence(&self) -> Option<Duration> {
        self.service.silence.as_ref()?.after.resolve(&self.scope.values).ok().map(|after| after.max(SHORTEST))
    }
}

/// That `what` cannot be made.
pub fn needed(what: &str, MissingValue(name): &MissingValue) -> SafeText {
    SafeText::new(&format!("{what} needs “{name}”, which nothing has given"))
}

/// `message` as it may be shown.
pub fn quoted(message: &str, secrets: &Redactor) -> SafeText {
    secrets.text(message.as_bytes(), QUOTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Profile;

    fn conversation(tables: &str) -> Conversation {
        let profile = format!("name = 'x'\napi = 'https://a.example'\n[socket]\n{tables}");
        let service = Profile::from_toml(&profile).unwrap().steps();
        Conversation::new(service, Scope::default())
    }

    fn sent(reactions: &[Reaction]) -> Vec<&str> {
        let sent = reactions.iter().map(|reaction| match reaction {
            Reaction::Send(text) => text.as_str(),
            Reaction::End(..) => "end",
            Reaction::Missing(_) => "missing",
        });
        sent.collect()
    }

    #[test]
    fn what_has_to_be_answered_is_answered_with_what_was_said() {
        let mut talk = conversation(
            "[[answer]]\nwhen = { \"/topic\" = \"ping\" }\ntake = { data = \"/data\" }\n\
             send = '{\"code\":200,\"data\":{{data|json}}}'\n[[answer]]\nwhen = { text = \"2\" }\nsend = \"3\"\n",
        );
        let none = Redactor::default();
        assert_eq!(sent(&talk.hear(r#"{"topic":"ping","data":"a\"b"}"#, &none)), [r#"{"code":200,"data":"a\"b"}"#]);
        assert_eq!(sent(&talk.hear("2", &none)), ["3"]);
        assert!(talk.hear("{}", &none).is_empty());
    }

    #[test]
    fn a_heartbeat_that_nobody_answered_is_the_last() {
        let mut talk = conversation(
            "[heartbeat]\nevery = \"30s\"\nsend = '{\"id\":{{id}},\"type\":\"ping\"}'\nexpect = { \"/type\" = \"pong\" }\n",
        );
        assert_eq!(talk.heartbeat_every(), Some(Duration::from_secs(30)));
        let sent = |text: &str| Some(NextHeartbeat::Send(text.to_owned().into()));
        assert_eq!(talk.heartbeat(), sent(r#"{"id":1,"type":"ping"}"#));
        talk.hear(r#"{"id":1,"type":"pong"}"#, &Redactor::default());
        assert_eq!(talk.heartbeat(), sent(r#"{"id":2,"type":"ping"}"#));
        assert_eq!(talk.heartbeat(), Some(NextHeartbeat::Unanswered));
    }

    #[test]
    fn what_cannot_be_said_for_want_of_a_value_is_told() {
        let mut talk = conversation(
            "[[hello]]\nexpect = { text = \"hi\" }\ntake = { sid = \"/sid\" }\n[heartbeat]\nevery = \"30s\"\nsend = \"{{sid}}\"\n\
             [[answer]]\nwhen = { text = \"?\" }\ntake = { n = \"/n\" }\nsend = \"{{n}}\"\n",
        );
        let hello = talk.greeting().remove(0);
        talk.take(&hello.take, "hi {}");
        assert_eq!(talk.problem().unwrap().as_str(), "the heartbeat needs “sid”, which nothing has given");
        assert_eq!(sent(&talk.hear("?", &Redactor::default())), ["missing"]);
        talk.take(&hello.take, r#"hi {"sid":"7"}"#);
        assert_eq!(talk.problem(), None);
    }

    #[test]
    fn an_end_is_announced_in_the_servers_own_words() {
        let mut talk = conversation(
            "[[end]]\nwhen = { \"/type\" = \"bye\" }\nthen = \"go\"\nto = \"/url\"\nreason = \"/why\"\nsays = \"x\"\n",
        );
        let reactions = talk.hear(r#"{"type":"bye","url":"wss://b.example","why":"moved"}"#, &Redactor::default());
        let [Reaction::End(announced, Some(to))] = reactions.as_slice() else { panic!("{reactions:?}") };
        assert_eq!((announced.said.as_str(), to.as_str(), announced.then), ("moved", "wss://b.example", Then::Go));
    }

    #[test]
    fn an_end_that_leads_nowhere_says_so() {
        let mut talk = conversation("[[end]]\nwhen = { \"/type\" = \"bye\" }\nthen = \"go\"\nto = \"/url\"\n");
        let reactions = talk.hear(r#"{"type":"bye"}"#, &Redactor::default());
        let [Reaction::End(announced, None)] = reactions.as_slice() else { panic!("{reactions:?}") };
        assert_eq!((announced.then, announced.owner), (Then::Renew, Some(EndOwner::Developers)));
        assert!(announced.means.as_ref().is_some_and(|means| means.as_str().contains("does not say where")));
    }

    #[test]
    fn messages_stand_in_frames_as_the_service_wants_it() {
        let talk = conversation("[frame]\nsplit = \"\\u001e\"\n");
        assert_eq!(talk.messages("{}\u{1e}{\"type\":6}\u{1e}"), ["{}", "{\"type\":6}"]);
        assert_eq!(talk.framed("{}").as_str(), "{}\u{1e}");
        assert_eq!(talk.framed("{}\u{1e}").as_str(), "{}\u{1e}");
    }

    #[test]
    fn a_frame_may_be_an_array_of_messages_or_bytes() {
        let talk = conversation("[frame]\narray = true\n");
        assert_eq!(talk.messages(r#"[{"a":1},{"b":2}]"#), [r#"{"a":1}"#, r#"{"b":2}"#]);
        assert_eq!(talk.messages(r#"{"a":1}"#), [r#"{"a":1}"#]);
        assert_eq!(conversation("").messages("[1]"), ["[1]"]);
        let frame = |tables: &str, message: &str| {
            let (kind, bytes) = conversation(tables).frame(message);
            (kind, bytes.to_vec())
        };
        assert_eq!(frame("", "hi"), (MessageKind::Text, b"hi".to_vec()));
        assert_eq!(frame("[frame]\nbinary = true\n", "hi"), (MessageKind::Binary, b"hi".to_vec()));
        assert_eq!(frame("[frame]\nbinary = \"hex\"\n", "c0 00"), (MessageKind::Binary, vec![0xc0, 0]));
        assert_eq!(conversation("[frame]\nbinary = \"hex\"\n").text_of(&[0x20, 0xff]).as_deref(), Some("20ff"));
        assert_eq!(conversation("").text_of(&[0xff]), None);
    }

    #[test]
    fn what_stands_behind_a_text_is_the_reason_and_can_be_kept() {
        let mut talk = conversation(
            "[[hello]]\nexpect = { contains = \"welcome\" }\ntake = { name = \"after:hello \" }\nmake = { twice = \"x{{now}}\" }\n\
             [[end]]\nwhen = { text = \"ERROR\" }\nthen = \"stop\"\nreason = \"after:message:\"\n",
        );
        let hello = talk.greeting().remove(0);
        assert!(hello.expect.as_ref().unwrap().matches("you are welcome"));
        talk.make(&hello.make).unwrap();
        talk.take(&hello.take, "hello you\nwelcome");
        let template = Template::try_from("{{name}} {{twice}}".to_owned()).unwrap();
        assert_eq!(talk.say(&template).unwrap().as_str(), "you x0");
        let reactions = talk.hear("ERROR\nmessage:no such user\n\n\0", &Redactor::default());
        let [Reaction::End(announced, None)] = reactions.as_slice() else { panic!("{reactions:?}") };
        assert_eq!(announced.said.as_str(), "no such user");
    }

    #[test]
    fn how_often_may_be_the_servers_to_say() {
        let mut talk = conversation(
            "[[hello]]\nexpect = { text = \"0\" }\ntake = { a = \"/pingInterval\", b = \"/pingTimeout\" }\n\
             [silence]\nafter = \"{{a}}ms {{b}}ms\"\n",
        );
        assert_eq!(talk.silence(), None);
        let hello = talk.greeting().remove(0);
        talk.take(&hello.take, r#"0{"pingInterval":25000,"pingTimeout":20000}"#);
        assert_eq!(talk.silence(), Some(Duration::from_secs(45)));
    }
}
