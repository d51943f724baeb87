//! HTTP Archives 1.1 and 1.2, as browsers and proxies write them, read as a stream: of the largest file no more is kept
//! than what can be of use.

mod entry;
mod loose;
mod messages;
mod times;

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use url::Url;

use entry::{Dialect, Entry, Read};
pub(super) use entry::{body_of, is_of_recorder};
pub(super) use loose::{List, Number, Object, Text};
pub(super) use messages::{close_frame, is_sent};

use super::exchange::Exchanges;
use crate::model::{Browser, SafeText};

/// What a HAR file holds.
#[derive(Debug, Default)]
pub(super) struct Archive {
    /// The program that wrote it, with its version.
    pub writer: SafeText,
    /// The browser, as far as it is known.
    pub browser: Option<Browser>,
    /// Its requests.
    pub exchanges: Exchanges,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Creator {
    name: Text<200>,
    version: Text<200>,
    comment: Text<200>,
}

impl Creator {
    fn dialect(&self) -> Dialect {
        match self.name.as_str() {
            "WebInspector" => Dialect::Chromium,
            "Firefox" => Dialect::Firefox,
            _ => Dialect::Other,
        }
    }

    fn browser(&self) -> Option<Browser> {
        match self.name.as_str() {
            "WebInspector" => Some(Browser::Chromium),
            "Firefox" => Some(Browser::Firefox),
            name if name.starts_with("WebKit") || name.contains("Safari") => Some(Browser::Safari),
            _ => None,
        }
    }

    fn shown(&self) -> SafeText {
        let name = match self.name.as_str() {
            "WebInspector" => "Chrome or Edge",
            name => name,
        };
        let version = if name == "Chrome or Edge" { "" } else { self.version.as_str() };
        match self.comment.as_str() {
            comment if !name.is_empty() && comment.starts_with(name) => SafeText::new(comment),
            _ => SafeText::new(format!("{name} {version}").trim()),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Page {
    title: Text<2_000>,
}

/// Reads the value of `log` into an [`Archive`].
pub(super) struct Log<'a>(pub &'a mut Archive);

impl<'de> DeserializeSeed<'de> for Log<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Log<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the object \"log\" of a HAR file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut dialect = Dialect::Other;
        while let Some(key) = object.next_key::<Text<64>>()? {
            match key.as_str() {
                "creator" => {
                    let Object(creator) = object.next_value::<Object<Creator>>()?;
                    dialect = creator.dialect();
                    (self.0.writer, self.0.browser) = (creator.shown(), creator.browser());
                }
                "pages" => {
                    let List(pages) = object.next_value::<List<Object<Page>, 1_000>>()?;
                    let origins = pages.iter().filter_map(|page| origin(&Url::parse(page.0.title.as_str()).ok()?));
                    self.0.exchanges.pages.extend(origins);
                }
                "entries" => object.next_value_seed(Entries { exchanges: &mut self.0.exchanges, dialect })?,
                _ => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The origin of `url`, if it has one.
fn origin(url: &Url) -> Option<String> {
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

struct Entries<'a> {
    exchanges: &'a mut Exchanges,
    dialect: Dialect,
}

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the list \"entries\" of a HAR file")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(Object(entry)) = list.next_element::<Object<Entry>>()? {
            self.exchanges.latest = self.exchanges.latest.max(entry.began());
            match entry.read(self.dialect) {
                Read::Exchange(exchange) => {
                    self.exchanges.count(&exchange.url);
                    self.exchanges.push(*exchange);
                }
                Read::Page(url) => {
                    self.exchanges.count(&url);
                    self.exchanges.pages.extend(origin(&url));
                }
                Read::Aside(url) => self.exchanges.count(&url),
                Read::Nothing => {}
            }
        }
        Ok(())
    }
}
