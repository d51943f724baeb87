//! The text of a profile as a form sees it: which tables and values there are, where they stand, and the same text with one
//! of them changed. Everything else stays as it is, comments and order included.

use std::ops::Range;

use strum::IntoEnumIterator as _;
use toml_edit::{Document, InlineTable, Item, Table, TableLike, Value};

use super::table::{Key, Part, Place, Section};

/// The tables of a file in the order in which new ones are put.
const ORDER: [&str; 19] = [
    "secret",
    "oauth",
    "login",
    "ticket",
    "socket",
    "hello",
    "frame",
    "heartbeat",
    "silence",
    "answer",
    "end",
    "endpoints",
    "classify",
    "backoff",
    "timeouts",
    "limits",
    "http",
    "tls",
    "log",
];

/// One table of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum At {
    /// What stands above all tables.
    Top,
    /// The table of this path.
    Table(Vec<String>),
    /// The table at this place of an array of tables.
    Each(&'static str, usize),
}

impl At {
    /// The path of what is below it.
    fn path(&self) -> Vec<String> {
        match self {
            Self::Top => Vec::new(),
            Self::Table(path) => path.clone(),
            Self::Each(name, _) => vec![(*name).to_owned()],
        }
    }
}

/// A place in a file, as the form has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The part that it belongs to.
    pub part: Part,
    /// The table.
    pub at: At,
    /// The key, if it is at one.
    pub key: Option<&'static str>,
}

/// A table as it is written.
#[derive(Clone, Copy)]
pub(super) enum Found<'a> {
    /// With a header of its own, or above all.
    Standard(&'a Table),
    /// Between braces.
    Inline(&'a InlineTable),
}

impl<'a> Found<'a> {
    pub fn of(item: &'a Item) -> Option<Self> {
        match item {
            Item::Table(table) => Some(Self::Standard(table)),
            Item::Value(Value::InlineTable(table)) => Some(Self::Inline(table)),
            Item::Value(_) | Item::ArrayOfTables(_) | Item::None => None,
        }
    }

    pub fn table(self) -> &'a dyn TableLike {
        match self {
            Self::Standard(table) => table,
            Self::Inline(table) => table,
        }
    }

    pub fn get(self, key: &str) -> Option<&'a Item> {
        self.table().get(key)
    }
}

/// A header of a table: where it begins, and its path.
#[derive(Debug)]
struct Header {
    start: usize,
    path: Vec<String>,
}

/// The text of a profile that TOML can be read from.
#[derive(Debug)]
pub struct ProfileText {
    document: Document<String>,
    headers: Vec<Header>,
}

impl ProfileText {
    /// Reads `text`; `None` if it is no TOML.
    pub fn read(text: &str) -> Option<Self> {
        let document = Document::parse(text.to_owned()).ok()?;
        let mut headers = Vec::new();
        collect(document.as_table(), &mut Vec::new(), &mut headers);
        headers.sort_by_key(|header| header.start);
        Some(Self { document, headers })
    }

    /// The text.
    pub fn raw(&self) -> &str {
        self.document.raw()
    }

    /// Whether the steps of a connection are said, and not only where the contract's are.
    pub fn has_steps(&self) -> bool {
        ["oauth", "login", "ticket", "socket"].iter().any(|name| self.document.as_table().contains_key(name))
    }

    /// The tables of `section` that there are.
    pub fn places(&self, section: &Section) -> Vec<At> {
        let root = self.document.as_table();
        match section.place {
            Place::Top => vec![At::Top],
            Place::Table(path) => {
                let at = At::Table(path.iter().map(|&key| key.to_owned()).collect());
                self.found(&at).map(|_| at).into_iter().collect()
            }
            Place::Each(name) => {
                let count = match root.get(name) {
                    Some(Item::ArrayOfTables(tables)) => tables.len(),
                    Some(Item::Value(Value::Array(tables))) => tables.len(),
                    Some(Item::Value(_) | Item::Table(_) | Item::None) | None => 0,
                };
                (0..count).map(|place| At::Each(name, place)).collect()
            }
            Place::Named(name) => {
                let named = root.get(name).and_then(Item::as_table_like);
                let names = named.into_iter().flat_map(|table| table.iter().map(|(key, _)| key.to_owned()));
                names.map(|key| At::Table(vec![name.to_owned(), key])).collect()
            }
        }
    }

    /// The table at `at`.
    pub(super) fn found(&self, at: &At) -> Option<Found<'_>> {
        let root = self.document.as_table();
        match at {
            At::Top => Some(Found::Standard(root)),
            At::Table(path) => path.iter().try_fold(Found::Standard(root), |found, key| Found::of(found.get(key)?)),
            At::Each(name, place) => match root.get(name)? {
                Item::ArrayOfTables(tables) => tables.get(*place).map(Found::Standard),
                Item::Value(Value::Array(tables)) => tables.get(*place)?.as_inline_table().map(Found::Inline),
                Item::Value(_) | Item::Table(_) | Item::None => None,
            },
        }
    }

    /// The table below `at` that is called `key`.
    pub(super) fn below(&self, at: &At, key: &str) -> Option<Found<'_>> {
        Found::of(self.found(at)?.get(key)?)
    }

    /// What stands at `span`.
    pub(super) fn piece(&self, span: Range<usize>) -> &str {
        self.raw().get(span).unwrap_or_default()
    }

    /// The line of the byte at `at`, from 1.
    fn line(&self, at: usize) -> usize {
        self.raw().as_bytes().iter().take(at).filter(|&&byte| byte == b'\n').count() + 1
    }

    /// The line of `key` in the table at `at`, or else that of the table.
    pub fn line_of(&self, at: &At, key: Option<&str>) -> Option<usize> {
        let found = self.found(at)?;
        let of_key = key.and_then(|key| key_span(found, key));
        let start = of_key.map(|span| span.start).or_else(|| self.range(at).map(|range| range.start));
        start.map(|start| self.line(start))
    }

    /// Where in the form the line is of which something is said.
    pub fn spot(&self, line: usize) -> Option<Spot> {
        // The cursor may stand behind the last line.
        let line = line.min(self.raw().lines().count());
        let mut best: Option<(usize, Spot)> = None;
        for part in Part::iter() {
            for section in part.sections() {
                for at in self.places(section) {
                    let key = section.keys.iter().find(|key| self.is_on(&at, key, line)).map(|key| key.name);
                    let Some(range) = self.range(&at) else { continue };
                    let lines = self.line(range.start)..=self.line(range.end.saturating_sub(1));
                    if key.is_none() && !lines.contains(&line) {
                        continue;
                    }
                    // A key before a table, and of tables the smallest.
                    let length = if key.is_some() { 0 } else { range.len() + 1 };
                    if best.as_ref().is_none_or(|(least, _)| length < *least) {
                        best = Some((length, Spot { part, at, key }));
                    }
                }
            }
        }
        best.map(|(_, spot)| spot)
    }

    /// Whether `key`, with all of its value, stands on `line`.
    fn is_on(&self, at: &At, key: &Key, line: usize) -> bool {
        let Some(found) = self.found(at) else { return false };
        let names: &[&str] = if key.kind == super::table::KeyKind::Request { &["get", "post"] } else { &[key.name] };
        names.iter().any(|name| {
            let Some(span) = key_span(found, name) else { return false };
            let end = match found.get(name) {
                Some(Item::Table(table)) => self.end_of_block(table.span().map_or(span.end, |span| span.start)),
                item => item.and_then(Item::span).map_or(span.end, |span| span.end),
            };
            (self.line(span.start)..=self.line(end.saturating_sub(1).max(span.start))).contains(&line)
        })
    }

    /// Where the table at `at` stands, from its header to what follows it.
    fn range(&self, at: &At) -> Option<Range<usize>> {
        let first = self.headers.first().map_or(self.raw().len(), |header| header.start);
        match self.found(at)? {
            Found::Standard(_) if *at == At::Top => Some(0..first),
            Found::Standard(table) if is_headed(table) => {
                let start = table.span()?.start;
                Some(start..self.end_of_block(start))
            }
            Found::Standard(table) => {
                let spans = table.iter().filter_map(|(_, item)| item.span());
                spans.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
            }
            Found::Inline(table) => table.span(),
        }
    }

    /// Where the table ends whose header is at `start`: tables below it belong to it, comments above the next do not.
    fn end_of_block(&self, start: usize) -> usize {
        let mut later = self.headers.iter().skip_while(|header| header.start < start);
        let Some(own) = later.next() else { return self.raw().len() };
        let next = later.find(|header| header.path.len() <= own.path.len() || !header.path.starts_with(&own.path));
        next.map_or(self.raw().len(), |header| self.start_of_block(header.start))
    }

    /// Where what belongs to the header at `start` begins: with the comments right above it.
    fn start_of_block(&self, start: usize) -> usize {
        let mut begin = self.line_start(start);
        while begin > 0 {
            let above = self.line_start(begin - 1);
            if !self.piece(above..begin).trim_start().starts_with('#') {
                break;
            }
            begin = above;
        }
        begin
    }

    fn line_start(&self, at: usize) -> usize {
        self.piece(0..at).rfind('\n').map_or(0, |newline| newline + 1)
    }

    fn line_end(&self, at: usize) -> usize {
        self.raw().get(at..).and_then(|rest| rest.find('\n')).map_or(self.raw().len(), |newline| at + newline + 1)
    }

    /// The text with `new` in the place of what stands at `span`.
    pub(super) fn replaced(&self, span: Range<usize>, new: &str) -> String {
        let (before, after) = (self.piece(0..span.start), self.piece(span.end..self.raw().len()));
        format!("{before}{new}{after}")
    }

    /// The text with one more value in the table at `at`, or in the one below it that is called `below`; the table is made
    /// if there is none.
    pub(super) fn inserted(&self, at: &At, below: Option<&str>, key: &str, value: &str) -> String {
        let found = match below {
            Some(below) => self.below(at, below),
            None => self.found(at),
        };
        let line = format!("{} = {value}\n", spelt(key));
        match (found, below) {
            (Some(Found::Inline(table)), _) => self.rebuilt(table, |table| {
                if let Ok(value) = value.parse::<Value>() {
                    table.insert(key, value);
                }
            }),
            (Some(Found::Standard(table)), _) if table.is_dotted() => {
                let path: Vec<_> =
                    at.path().iter().chain(below.map(str::to_owned).iter()).map(|key| spelt(key)).collect();
                let end = last_value(table).map_or(0, |end| self.line_end(end));
                self.with_lines(end, &format!("{}.{line}", path.join(".")))
            }
            (Some(Found::Standard(table)), _) if is_headed(table) || *at == At::Top => {
                let after =
                    last_value(table).or_else(|| table.span().filter(|_| is_headed(table)).map(|span| span.end));
                self.with_lines(after.map_or(0, |after| self.line_end(after)), &line)
            }
            (_, Some(below)) => self.inserted(at, None, below, &format!("{{ {} = {value} }}", spelt(key))),
            (_, None) => {
                let path = at.path();
                let header: Vec<_> = path.iter().map(|key| spelt(key)).collect();
                self.with_block(self.place_for(&path), &format!("[{}]\n{line}", header.join(".")))
            }
        }
    }

    /// The text without `key` in the table at `at`, or in the one below it that is called `below`.
    pub(super) fn removed(&self, at: &At, below: Option<&str>, key: &str) -> String {
        let found = match below {
            Some(below) => self.below(at, below),
            None => self.found(at),
        };
        match found {
            Some(Found::Inline(table)) => self.rebuilt(table, |table| {
                table.remove(key);
            }),
            Some(found @ Found::Standard(_)) => {
                let span = key_span(found, key).zip(found.get(key).and_then(Item::span));
                let Some((name, value)) = span else { return self.raw().to_owned() };
                self.replaced(self.line_start(name.start)..self.line_end(value.end), "")
            }
            None => self.raw().to_owned(),
        }
    }

    /// The text with an inline table as `change` leaves it.
    fn rebuilt(&self, table: &InlineTable, change: impl FnOnce(&mut InlineTable)) -> String {
        let Some(span) = table.span() else { return self.raw().to_owned() };
        let Ok(Value::InlineTable(mut table)) = self.piece(span.clone()).parse::<Value>() else {
            return self.raw().to_owned();
        };
        change(&mut table);
        self.replaced(span, Value::InlineTable(table).to_string().trim())
    }

    /// The text with `lines` in it at the beginning of a line.
    fn with_lines(&self, at: usize, lines: &str) -> String {
        let is_open = at > 0 && !self.piece(0..at).ends_with('\n');
        self.replaced(at..at, &format!("{}{lines}", if is_open { "\n" } else { "" }))
    }

    /// The text with `block` in it, set off by empty lines.
    fn with_block(&self, at: usize, block: &str) -> String {
        let (before, after) = (self.piece(0..at), self.piece(at..self.raw().len()));
        let above = match before {
            "" => "",
            before if before.ends_with("\n\n") => "",
            before if before.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        let below = if after.is_empty() || after.starts_with('\n') { "" } else { "\n" };
        format!("{before}{above}{block}{below}{after}")
    }

    /// Where a new table of this path goes.
    fn place_for(&self, path: &[String]) -> usize {
        let rank = |path: &[String]| ORDER.iter().position(|name| path.first().is_some_and(|first| first == name));
        let own = rank(path);
        let next = self.headers.iter().find(|header| rank(&header.path) > own);
        next.map_or(self.raw().len(), |header| self.start_of_block(header.start))
    }

    /// The text with one more table of `section`, and where that is.
    pub fn with_new(&self, section: &Section) -> (String, At) {
        let beginning = section.beginning.unwrap_or_default();
        match section.place {
            Place::Top => (self.raw().to_owned(), At::Top),
            Place::Table(path) => {
                let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
                let block = format!("[{}]\n{beginning}", path.join("."));
                (self.with_block(self.place_for(&path), &block), At::Table(path))
            }
            Place::Each(name) => {
                let count = self.places(section).len();
                let at = At::Each(name, count);
                let empty = self.document.as_table().get(name).filter(|item| item.as_array().is_some());
                if let Some(span) = empty.and_then(Item::span) {
                    // `hello = []`, or tables between braces.
                    return (self.with_inline(span, beginning), at);
                }
                let last = count.checked_sub(1).and_then(|last| self.range(&At::Each(name, last)));
                let place = last.map_or_else(|| self.place_for(&[name.to_owned()]), |range| range.end);
                (self.with_block(place, &format!("[[{name}]]\n{beginning}")), at)
            }
            Place::Named(name) => {
                let is_taken = |at: &At| self.found(at).is_some();
                let named = |key: String| At::Table(vec![name.to_owned(), key]);
                let names = std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name}_{number}")));
                let at = names.map(named).find(|at| !is_taken(at)).unwrap_or(At::Top);
                let path = at.path();
                let block = format!("[{}]\n{beginning}", path.join("."));
                (self.with_block(self.place_for(&path), &block), at)
            }
        }
    }

    fn with_inline(&self, array: Range<usize>, beginning: &str) -> String {
        let pairs: Vec<_> = beginning.lines().collect();
        let table = format!("{{ {} }}", pairs.join(", "));
        let Ok(mut value) = self.piece(array.clone()).parse::<Value>() else { return self.raw().to_owned() };
        if let (Some(tables), Ok(table)) = (value.as_array_mut(), table.parse::<Value>()) {
            tables.push(table);
        }
        self.replaced(array, value.to_string().trim())
    }

    /// The text without the table at `at`, and without what stands below it.
    pub fn without(&self, at: &At) -> String {
        match (self.found(at), at) {
            (Some(Found::Standard(table)), _) if is_headed(table) => {
                let Some(range) = self.range(at) else { return self.raw().to_owned() };
                let start = self.start_of_block(range.start);
                let rest = self.piece(range.end..self.raw().len());
                let before = self.piece(0..start);
                let rest =
                    if before.is_empty() || before.ends_with("\n\n") { rest.trim_start_matches('\n') } else { rest };
                format!("{before}{rest}")
            }
            (Some(_), At::Table(path)) => match path.split_last() {
                Some((key, [])) => self.removed(&At::Top, None, key),
                Some((key, above)) => self.removed(&At::Table(above.to_vec()), None, key),
                None => self.raw().to_owned(),
            },
            (Some(_), At::Each(name, place)) => {
                let span = self.document.as_table().get(name).and_then(Item::span);
                let value = span.clone().and_then(|span| self.piece(span).parse::<Value>().ok());
                let (Some(span), Some(mut value)) = (span, value) else { return self.raw().to_owned() };
                if let Some(tables) = value.as_array_mut().filter(|tables| *place < tables.len()) {
                    tables.remove(*place);
                }
                self.replaced(span, value.to_string().trim())
            }
            (Some(_), At::Top) | (None, _) => self.raw().to_owned(),
        }
    }

    /// The text with another name for the table at `at`, also where it is used as `{{name}}`.
    ///
    /// # Errors
    /// If there is such a table already, or the name is none.
    pub fn renamed(&self, at: &At, name: &str) -> Result<String, &'static str> {
        let At::Table(path) = at else { return Err("it has no name of its own") };
        let Some((old, above)) = path.split_last() else { return Err("it has no name of its own") };
        let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_name {
            return Err("expected a name of small letters, digits and _, such as app_token");
        }
        if name != old && self.found(&At::Table([above, &[name.to_owned()]].concat())).is_some() {
            return Err("there is one of this name already");
        }
        let parent = self.found(&At::Table(above.to_vec())).and_then(|found| key_span(found, old));
        let Some(span) = parent else { return Err("it stands in the file in another way; rename it there") };
        let text = self.replaced(span, name);
        let text = text.replace(&format!("{{{{{old}}}}}"), &format!("{{{{{name}}}}}"));
        Ok(text.replace(&format!("{{{{{old}|"), &format!("{{{{{name}|")))
    }
}

/// `key` as a file has it.
fn spelt(key: &str) -> String {
    toml_edit::Key::new(key).display_repr().into_owned()
}

/// Where `key` itself stands.
pub(super) fn key_span(found: Found<'_>, key: &str) -> Option<Range<usize>> {
    match found {
        Found::Standard(table) => table.get_key_value(key).and_then(|(key, _)| key.span()),
        Found::Inline(table) => table.get_key_value(key).and_then(|(key, _)| key.span()),
    }
}

/// Whether a table has a header of its own.
fn is_headed(table: &Table) -> bool {
    !table.is_implicit() && !table.is_dotted() && table.span().is_some_and(|span| !span.is_empty())
}

/// The end of the last value that stands in the table itself.
fn last_value(table: &Table) -> Option<usize> {
    table.iter().filter(|(_, item)| item.is_value()).filter_map(|(_, item)| item.span()).map(|span| span.end).max()
}

fn collect(table: &Table, path: &mut Vec<String>, headers: &mut Vec<Header>) {
    if is_headed(table)
        && let Some(span) = table.span()
    {
        headers.push(Header { start: span.start, path: path.clone() });
    }
    for (key, item) in table {
        path.push(key.to_owned());
        match item {
            Item::Table(table) => collect(table, path, headers),
            Item::ArrayOfTables(tables) => tables.iter().for_each(|table| collect(table, path, headers)),
            Item::Value(_) | Item::None => {}
        }
        path.pop();
    }
}
