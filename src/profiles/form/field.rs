//! What a field of the form holds, and what the text is once it was changed.

use toml_edit::{Array, Item, Value};

use super::table::{Key, KeyKind, Values};
use super::text::{At, Found, ProfileText, key_span};

/// What a key holds, as a person edits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The key is not there.
    Nothing,
    /// A text, a number, a word, or a value as the file spells it.
    Text(String),
    /// A switch.
    Flag(bool),
    /// Several values.
    List(Vec<String>),
    /// Names with a value each.
    Pairs(Vec<(String, String)>),
    /// One of the kind's units, and what stands there.
    Unit(&'static str, String),
    /// A request's method, and where it goes.
    Request(&'static str, String),
    /// Something that only the file can show.
    InFile,
}

/// A change of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// This text; an empty one takes the key out.
    Text(String),
    /// This switch.
    Flag(bool),
    /// This unit; `None`: a duration.
    Unit(Option<&'static str>),
    /// This method.
    Method(&'static str),
    /// This value at a place of the list.
    Entry(usize, String),
    /// One more value.
    AddEntry,
    /// The value at this place goes.
    RemoveEntry(usize),
    /// This name and value at a place of the pairs.
    Pair(usize, String, String),
    /// One more pair.
    AddPair,
    /// The pair at this place goes.
    RemovePair(usize),
}

/// The methods of a request, as keys and as people write them.
pub const METHODS: [(&str, &str); 3] = [("get", "GET"), ("post", "POST"), ("put", "PUT")];

impl ProfileText {
    /// What `key` holds in the table at `at`.
    pub fn held(&self, at: &At, key: &Key) -> Held {
        let Some(found) = self.found(at) else { return Held::Nothing };
        if key.kind == KeyKind::Request {
            return request(found);
        }
        let Some(item) = found.get(key.name) else { return Held::Nothing };
        let value = item.as_value();
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let held = match key.kind {
            KeyKind::Text | KeyKind::OneOf(_) => text(value).map(Held::Text),
            KeyKind::TextOrNone => match value.and_then(Value::as_bool) {
                Some(false) => Some(Held::Text("none".to_owned())),
                Some(true) | None => text(value).map(Held::Text),
            },
            KeyKind::PathOrNone => match value.and_then(Value::as_bool) {
                Some(false) => Some(Held::Text("none".to_owned())),
                Some(true) | None => {
                    let table = value.and_then(Value::as_inline_table).filter(|table| table.len() == 1);
                    text(table.and_then(|table| table.get("path"))).map(Held::Text)
                }
            },
            KeyKind::Number => value.map(|value| Held::Text(self.shown(value, Values::Any))),
            KeyKind::Flag(_) => value.and_then(Value::as_bool).map(Held::Flag),
            KeyKind::List(values) => value
                .and_then(Value::as_array)
                .map(|array| Held::List(array.iter().map(|value| self.shown(value, values)).collect())),
            KeyKind::Pairs(values, _) => Found::of(item).and_then(|found| self.pairs(found, values)),
            KeyKind::Time(units) => text(value).map(Held::Text).or_else(|| unit(item, units)),
            KeyKind::Toml => value.and_then(Value::span).map(|span| Held::Text(self.piece(span).to_owned())),
            KeyKind::Request => None,
        };
        held.unwrap_or(Held::InFile)
    }

    fn pairs(&self, found: Found<'_>, values: Values) -> Option<Held> {
        let pairs = found.table().iter();
        let pairs = pairs.map(|(name, item)| Some((name.to_owned(), self.shown(item.as_value()?, values))));
        pairs.collect::<Option<_>>().map(Held::Pairs)
    }

    /// A value as it is typed: a text bare, unless it would be taken for something else.
    fn shown(&self, value: &Value, values: Values) -> String {
        match value.as_str() {
            Some(text) if spelt_value(values, text) == quoted(text) => text.to_owned(),
            Some(text) => quoted(text),
            None => value.span().map_or_else(String::new, |span| self.piece(span).to_owned()),
        }
    }

    /// The text with `edit` done to `key` in the table at `at`.
    ///
    /// # Errors
    /// What is wrong with what was typed; the text stays as it is.
    pub fn edited(&self, at: &At, key: &Key, edit: &Edit) -> Result<String, &'static str> {
        let held = self.held(at, key);
        match (edit, &held) {
            (_, Held::InFile) => Err("it stands in the file in another way; change it there"),
            (Edit::Text(text), Held::Unit(unit, _)) => Ok(self.with(at, key.name, &in_unit(unit, text))),
            (Edit::Text(text), _) if key.kind == KeyKind::Request => {
                let name = if let Held::Request(name, _) = held { name } else { key.name };
                Ok(self.with(at, name, &quoted(text)))
            }
            (Edit::Text(text), _) if text.is_empty() => {
                Ok(if held == Held::Nothing { self.raw().to_owned() } else { self.removed(at, None, key.name) })
            }
            (Edit::Text(text), _) => Ok(self.with(at, key.name, &spelling(key.kind, text)?)),
            (Edit::Flag(is_on), _) if key.kind == KeyKind::Flag(*is_on) => Ok(self.removed(at, None, key.name)),
            (Edit::Flag(is_on), _) => Ok(self.with(at, key.name, if *is_on { "true" } else { "false" })),
            (Edit::Unit(unit), _) => {
                let text =
                    if let Held::Text(text) | Held::Unit(_, text) = held { text } else { key.example.to_owned() };
                let value = unit.map_or_else(|| quoted(&text), |unit| in_unit(unit, &text));
                Ok(self.with(at, key.name, &value))
            }
            (Edit::Method(name), Held::Request(old, _)) => {
                let span = self.found(at).and_then(|found| key_span(found, old));
                Ok(span.map_or_else(|| self.raw().to_owned(), |span| self.replaced(span, name)))
            }
            (Edit::Method(name), _) => Ok(self.with(at, name, &quoted(""))),
            (Edit::Entry(..) | Edit::AddEntry | Edit::RemoveEntry(_), _) => Ok(self.with_entry(at, key, edit)),
            (Edit::Pair(place, name, value), Held::Pairs(pairs)) => {
                self.with_pair(at, key, pairs, (*place, name, value))
            }
            (Edit::AddPair, _) => Ok(self.with_new_pair(at, key, &held)),
            (Edit::RemovePair(place), Held::Pairs(pairs)) => Ok(match pairs.get(*place) {
                Some(_)
                    if pairs.len() == 1 && self.found(at).and_then(|f| f.get(key.name)).is_some_and(Item::is_value) =>
                {
                    self.removed(at, None, key.name)
                }
                Some((name, _)) => self.removed(at, Some(key.name), name),
                None => self.raw().to_owned(),
            }),
            (Edit::Pair(..) | Edit::RemovePair(_), _) => Ok(self.raw().to_owned()),
        }
    }

    /// The text with `value`, as TOML has it, for `key`.
    fn with(&self, at: &At, key: &str, value: &str) -> String {
        let span = self.found(at).and_then(|found| found.get(key)).and_then(Item::span);
        match span {
            Some(span) => self.replaced(span, value),
            None => self.inserted(at, None, key, value),
        }
    }

    fn with_entry(&self, at: &At, key: &Key, edit: &Edit) -> String {
        let KeyKind::List(values) = key.kind else { return self.raw().to_owned() };
        let item = self.found(at).and_then(|found| found.get(key.name));
        let array = item.and_then(Item::as_array);
        let span = array.and_then(Array::span);
        let (Some(array), Some(span)) = (array, span) else {
            let value = spelt_value(values, key.example);
            return self.inserted(at, None, key.name, &format!("[{value}]"));
        };
        if let Edit::Entry(place, text) = edit {
            let span = array.get(*place).and_then(Value::span);
            return span.map_or_else(|| self.raw().to_owned(), |span| self.replaced(span, &spelt_value(values, text)));
        }
        let Ok(mut value) = self.piece(span.clone()).parse::<Value>() else { return self.raw().to_owned() };
        let Some(entries) = value.as_array_mut() else { return self.raw().to_owned() };
        match edit {
            Edit::RemoveEntry(_) if entries.len() == 1 => return self.removed(at, None, key.name),
            Edit::RemoveEntry(place) if *place < entries.len() => {
                entries.remove(*place);
            }
            _ => entries.push(spelt_value(values, key.example).parse::<Value>().unwrap_or_else(|_| Value::from(""))),
        }
        self.replaced(span, value.to_string().trim())
    }

    fn with_pair(
        &self,
        at: &At,
        key: &Key,
        pairs: &[(String, String)],
        (place, name, value): (usize, &str, &str),
    ) -> Result<String, &'static str> {
        let KeyKind::Pairs(values, _) = key.kind else { return Ok(self.raw().to_owned()) };
        let (Some((old, was)), Some(found)) = (pairs.get(place), self.below(at, key.name)) else {
            return Ok(self.raw().to_owned());
        };
        if was != value {
            let span = found.get(old).and_then(Item::span);
            return Ok(
                span.map_or_else(|| self.raw().to_owned(), |span| self.replaced(span, &spelt_value(values, value)))
            );
        }
        if old != name && pairs.iter().any(|(other, _)| other == name) {
            return Err("there is one of this name already");
        }
        let span = key_span(found, old);
        let spelt = toml_edit::Key::new(name).display_repr().into_owned();
        Ok(span.map_or_else(|| self.raw().to_owned(), |span| self.replaced(span, &spelt)))
    }

    fn with_new_pair(&self, at: &At, key: &Key, held: &Held) -> String {
        let KeyKind::Pairs(values, first) = key.kind else { return self.raw().to_owned() };
        let is_taken = |name: &str| matches!(held, Held::Pairs(pairs) if pairs.iter().any(|(other, _)| other == name));
        let names = std::iter::once(first.to_owned()).chain((2..).map(|number| format!("{first}{number}")));
        let name = names.into_iter().find(|name| !is_taken(name)).unwrap_or_default();
        self.inserted(at, Some(key.name), &name, &spelt_value(values, key.example))
    }
}

fn request(found: Found<'_>) -> Held {
    let mut both = METHODS.iter().filter_map(|(name, _)| Some((*name, found.get(name)?)));
    match (both.next(), both.next()) {
        (None, _) => Held::Nothing,
        (Some((name, item)), None) => match item.as_str() {
            Some(text) => Held::Request(name, text.to_owned()),
            None => Held::InFile,
        },
        (Some(_), Some(_)) => Held::InFile,
    }
}

fn unit(item: &Item, units: &'static [&'static str]) -> Option<Held> {
    let mut pairs = item.as_table_like()?.iter();
    let (name, item) = pairs.next()?;
    let unit = units.iter().find(|unit| **unit == name)?;
    pairs.next().is_none().then_some(())?;
    item.as_str().map(|text| Held::Unit(unit, text.to_owned()))
}

fn in_unit(unit: &str, text: &str) -> String {
    format!("{{ {unit} = {} }}", quoted(text))
}

/// What was typed for a key of this kind, as TOML has it.
fn spelling(kind: KeyKind, text: &str) -> Result<String, &'static str> {
    match kind {
        KeyKind::TextOrNone | KeyKind::PathOrNone if matches!(text, "none" | "false") => Ok("false".to_owned()),
        KeyKind::PathOrNone => Ok(format!("{{ path = {} }}", quoted(text))),
        KeyKind::Number => Ok(spelt_value(Values::Any, text)),
        KeyKind::Toml => match text.trim().parse::<Value>() {
            Ok(_) => Ok(text.trim().to_owned()),
            Err(_) => Err("this is no TOML value yet"),
        },
        _ => Ok(quoted(text)),
    }
}

/// `text` between quotation marks.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// What was typed among values of this kind, as TOML has it.
fn spelt_value(values: Values, text: &str) -> String {
    if values == Values::Texts {
        return quoted(text);
    }
    match text.trim().parse::<Value>() {
        Ok(Value::Array(_)) => text.trim().to_owned(),
        Ok(Value::Datetime(_)) | Err(_) => quoted(text),
        Ok(_) if values == Values::TextsOrLists => quoted(text),
        Ok(_) => text.trim().to_owned(),
    }
}
