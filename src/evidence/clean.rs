//! A copy of a HAR file or a network log that is safe to pass on: made of what is known to be harmless, not by leaving out what is known to
//! be secret. What requests belong together by stands in it as fingerprints, so that the copy opens as the file does.

mod entry;
mod message;
mod netlog;
mod said;

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};
use url::Url;

use super::har::Text;
use super::input::{Input, InputError, Material};
use super::opening::{OpenError, Read};
use super::secrets::Secrets;
use crate::model::{LogMapping, Redactor, SafeText};

/// A copy that is safe to pass on.
#[derive(Debug)]
pub struct CleanCopy {
    /// The file.
    pub bytes: Vec<u8>,
    /// Secrets that are fingerprints in it.
    pub secrets: usize,
    /// What is not in it, in words.
    pub left_out: &'static str,
}

/// Makes a clean copy of a HAR file or a network log.
///
/// # Errors
/// If it is none, or cannot be read.
pub fn clean(input: &Input) -> Result<CleanCopy, OpenError> {
    if let Some(unpacked) = input.members().map_err(|problem| OpenError::Input { name: input.name(), problem })? {
        let mut copies = unpacked.members.iter().map(clean);
        let first = copies.next().unwrap_or(Err(OpenError::Nothing));
        return first.or_else(|error| copies.find_map(Result::ok).ok_or(error));
    }
    let name = input.name();
    let wrong = |problem: InputError| OpenError::Input { name: name.clone(), problem };
    let material = input.read(&LogMapping::default()).map_err(wrong)?;
    let is_net_log = match material {
        Material::Har(_) => false,
        Material::NetLog(_) => true,
        Material::Console(_) | Material::ServerLog(_) | Material::Recording(..) | Material::Probe(_) => {
            return Err(OpenError::NotHar { name });
        }
    };
    let read = Read::new(name.clone(), material);
    let mut secrets = Secrets::default();
    read.tell_addresses(&mut secrets);
    read.take_secrets(&mut secrets);
    let count = secrets.count();
    let redactor = secrets.into_redactor();
    if is_net_log {
        let mut copy = netlog::Copy::new(&redactor);
        input.read_json(|json| json.deserialize_map(&mut copy)).map_err(wrong)?;
        let bytes = serde_json::to_vec(&copy.finish()).map_err(internal)?;
        return Ok(CleanCopy { bytes, secrets: count, left_out: netlog::LEFT_OUT });
    }
    let mut copy = Copy { redactor: &redactor, creator: json!({}), pages: Vec::new(), entries: Vec::new() };
    input.read_json(|json| json.deserialize_map(Top(&mut copy))).map_err(wrong)?;
    let Copy { creator, pages, entries, .. } = copy;
    let comment = "Clean copy by Ticketscope: secrets are fingerprints, texts of bodies and messages are left out";
    let log = Archive { version: "1.2", creator, pages, entries, comment };
    let bytes = serde_json::to_vec_pretty(&HashMap::from([("log", log)])).map_err(internal)?;
    let left_out = "cookies, texts of messages, bodies but for what a refusal is explained by, all that is not needed to \
                    tell what happened";
    Ok(CleanCopy { bytes, secrets: count, left_out })
}

fn internal(error: serde_json::Error) -> OpenError {
    OpenError::Internal(SafeText::new(&error.to_string()))
}

/// The outermost object of a copy. Its order is that in which programs write it: what a file says of its writer and its
/// pages comes before its requests.
#[derive(serde::Serialize)]
struct Archive {
    version: &'static str,
    creator: Value,
    pages: Vec<Value>,
    entries: Vec<Value>,
    comment: &'static str,
}

struct Copy<'a> {
    redactor: &'a Redactor,
    creator: Value,
    /// The pages, each with no more than its origin.
    pages: Vec<Value>,
    entries: Vec<Value>,
}

struct Top<'a, 'b>(&'a mut Copy<'b>);

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<Text<64>>()? {
            match key.as_str() {
                "log" => object.next_value_seed(Log(self.0))?,
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct Log<'a, 'b>(&'a mut Copy<'b>);

impl<'de> DeserializeSeed<'de> for Log<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Log<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the object \"log\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<Text<64>>()? {
            match key.as_str() {
                "creator" => {
                    let creator: Value = object.next_value()?;
                    let said = |name| {
                        let text = creator.get(name).and_then(Value::as_str).unwrap_or_default();
                        self.0.redactor.text(text.as_bytes(), 80)
                    };
                    self.0.creator =
                        json!({ "name": said("name"), "version": said("version"), "comment": said("comment") });
                }
                "pages" => {
                    let pages: Value = object.next_value()?;
                    self.0.pages = pages.as_array().into_iter().flatten().filter_map(page).collect();
                }
                "entries" => object.next_value_seed(Entries(self.0))?,
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// A page as it may be passed on; `None` if it has no origin.
fn page(page: &Value) -> Option<Value> {
    let url = Url::parse(page.get("title")?.as_str()?).ok().filter(Url::has_host)?;
    let began = page.get("startedDateTime").and_then(Value::as_str).and_then(|date| date.parse::<DateTime<Utc>>().ok());
    Some(json!({
        "id": "page", "title": format!("{}/", url.origin().ascii_serialization()), "pageTimings": {},
        "startedDateTime": began,
    }))
}

struct Entries<'a, 'b>(&'a mut Copy<'b>);

impl<'de> DeserializeSeed<'de> for Entries<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the list \"entries\"")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(entry) = list.next_element::<Value>()? {
            self.0.entries.extend(entry::clean(&entry, self.0.redactor));
        }
        Ok(())
    }
}
