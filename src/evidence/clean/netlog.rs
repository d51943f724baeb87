//! A clean copy of a network log: the events that tell of requests and connections, with what is known to be harmless in
//! them. What else the browser did meanwhile, its command line, DNS servers and proxies are the user's affair.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use url::Url;

use super::said::Cleaner;
use crate::evidence::har::Text;
use crate::evidence::netlog;
use crate::model::Redactor;

/// What is not in a copy, in words.
pub const LEFT_OUT: &str = "cookies, other pages, the command line, names of proxies and DNS servers, all that is not needed to \
                            tell what happened";
/// Constants that name the numbers in events, or the browser.
const CONSTANTS: [&str; 5] = ["logEventTypes", "logEventPhase", "logSourceType", "netError", "timeTickOffset"];
/// Parameters that are numbers or lead from one event to another.
const HARMLESS: [&str; 6] = ["net_error", "os_error", "opcode", "payload_length", "source_dependency", "final"];

/// The copy, as far as it has been read.
pub struct Copy<'a> {
    cleaner: Cleaner<'a>,
    constants: Map<String, Value>,
    kinds: HashMap<i64, String>,
    events: Vec<Value>,
}

impl<'a> Copy<'a> {
    /// An empty copy, without the secrets that `redactor` knows.
    pub fn new(redactor: &'a Redactor) -> Self {
        let cleaner = Cleaner { redactor };
        Self { cleaner, constants: Map::new(), kinds: HashMap::new(), events: Vec::new() }
    }

    /// All of it.
    pub fn finish(self) -> Value {
        json!({ "constants": self.constants, "events": self.events })
    }

    fn constants(&mut self, all: &Value) {
        for name in CONSTANTS {
            self.constants.extend(all.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        let client = |name: &str| self.cleaner.text(all.pointer(&format!("/clientInfo/{name}")));
        self.constants.insert("clientInfo".to_owned(), json!({ "name": client("name"), "version": client("version") }));
        let kinds = all.get("logEventTypes").and_then(Value::as_object).into_iter().flatten();
        self.kinds = kinds.filter_map(|(name, kind)| Some((kind.as_i64()?, name.clone()))).collect();
    }

    /// The event as it may be passed on; `None` if it is of no use.
    fn event(&self, event: &Value) -> Option<Value> {
        let kind = event.get("type")?;
        let name = self.kinds.get(&kind.as_i64()?).filter(|name| netlog::is_of_use(name))?;
        let is_request = name.contains("SEND_REQUEST_HEADERS");
        let source = event.get("source");
        let of_source = |name: &str| source.and_then(|source| source.get(name)).cloned().unwrap_or_default();
        let params = event.get("params").and_then(Value::as_object).into_iter().flatten();
        let params = params.filter_map(|(name, value)| Some((name.clone(), self.parameter(name, value, is_request)?)));
        Some(json!({
            "phase": whole(event.get("phase")),
            "source": { "id": whole(Some(&of_source("id"))), "type": whole(Some(&of_source("type"))) },
            "time": self.cleaner.text(Some(&event.get("time").map(as_text).unwrap_or_default())),
            "type": kind,
            "params": params.collect::<Map<_, _>>(),
        }))
    }

    fn parameter(&self, name: &str, value: &Value, is_request: bool) -> Option<Value> {
        let text = || value.as_str().unwrap_or_default();
        Some(match name {
            "url" => json!(self.cleaner.url(&Url::parse(text()).ok()?)),
            "initiator" => json!(Url::parse(text()).ok()?.origin().ascii_serialization()),
            "method" | "message" | "address" | "internal_reason" => self.cleaner.text(Some(value)),
            "delegate_blocked_by" if text().ends_with("OnAuthRequired") => json!("OnAuthRequired"),
            "proxy_chain" | "proxy_info" if text().to_ascii_lowercase().contains("direct") => json!("[direct://]"),
            "proxy_chain" | "proxy_info" => json!("[a proxy]"),
            // The server's own certificate is public; those behind it are not needed.
            "certificates" => json!([value.get(0)?.as_str()?]),
            "headers" => {
                let lines = value.as_array()?.iter().filter_map(Value::as_str);
                lines.filter_map(|line| self.header_line(line, is_request)).collect()
            }
            name if HARMLESS.contains(&name) => match value {
                Value::Object(link) => json!({ "id": whole(link.get("id")), "type": whole(link.get("type")) }),
                value => whole(Some(value)),
            },
            _ => return None,
        })
    }

    /// A header, or the line with the status.
    fn header_line(&self, line: &str, is_request: bool) -> Option<Value> {
        if line.starts_with("HTTP/") || line.starts_with(":status") {
            return Some(self.cleaner.text(Some(&json!(line))));
        }
        let (name, value) = line.split_once(':').filter(|(name, _)| !name.is_empty())?;
        let value = self.cleaner.header(name, value.trim(), None, is_request)?;
        Some(json!(format!("{name}: {value}")))
    }
}

/// A whole number as it may be passed on.
fn whole(value: Option<&Value>) -> Value {
    value.and_then(Value::as_i64).map_or(Value::Null, |number| json!(number))
}

fn as_text(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.to_string()),
        value => value.clone(),
    }
}

impl<'de> Visitor<'de> for &mut Copy<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a network log")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<Text<64>>()? {
            match key.as_str() {
                "constants" => {
                    let constants: Value = object.next_value()?;
                    self.constants(&constants);
                }
                "events" => object.next_value_seed(Events(self))?,
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct Events<'a, 'b>(&'a mut Copy<'b>);

impl<'de> DeserializeSeed<'de> for Events<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Events<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the list \"events\"")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(event) = list.next_element::<Value>()? {
            let kept = self.0.event(&event);
            self.0.events.extend(kept);
        }
        Ok(())
    }
}
