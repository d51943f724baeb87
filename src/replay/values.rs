//! What two entries say, compared value by value.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::text::{Part, parts};
use super::units::{durations, field, is_time, shown};
use crate::model::{DriverEvent, Entry, Event, ReplayEvent};

/// How far apart two times may be and still be the same: within either limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// In milliseconds.
    pub apart: f64,
    /// So many times the smaller one.
    pub factor: f64,
}

impl Tolerance {
    /// Of a median.
    pub const MEDIAN: Self = Self { apart: 5.0, factor: 1.25 };
    /// Of a time that was taken once: a busy computer holds one up now and then.
    pub const ONCE: Self = Self { apart: 50.0, factor: 2.0 };
    /// Of what is read from clocks that people and servers set, or that count whole seconds.
    pub const CLOCK: Self = Self { apart: 1_050.0, factor: 1.0 };

    /// Whether `a` and `b`, in milliseconds, are the same.
    pub fn allows(self, a: f64, b: f64) -> bool {
        let (low, high) = (a.abs().min(b.abs()), a.abs().max(b.abs()));
        (a - b).abs() <= self.apart || a.signum() == b.signum() && high <= low * self.factor
    }

    fn allows_nanos(self, a: i128, b: i128) -> bool {
        self.allows(a as f64 / 1e6, b as f64 / 1e6)
    }
}

/// What a difference means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// None: another run has another value there.
    Noise,
    /// The course is the same.
    Value,
    /// The course is another one.
    Sequence,
}

/// A value that differs.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub weight: Weight,
    /// Where it is, key by key.
    pub path: String,
    /// What it is, in words.
    pub what: String,
    pub a: String,
    pub b: String,
}

/// Times in nanoseconds that the world decides.
const TIMES: [&str; 8] = ["took", "first_byte", "age", "rtt", "silent_for", "within", "floor", "retry_after"];
/// What was drawn by chance.
const DRAWN: [&str; 2] = ["drawn", "wait"];
/// Informational fields, without effect on the sequence.
const BESIDES: [&str; 9] =
    ["detail", "excerpt", "headers", "message", "line", "address", "connected", "trace", "report_id"];
/// What belongs to one run alone, or is compared as the time since something.
const OF_THE_RUN: [&str; 8] = ["seq", "elapsed", "time", "until", "requested_at", "start", "seed", "at"];
/// Headers that are different in each answer.
const OF_THE_ANSWER: [&str; 3] = ["date", "age", "expires"];

/// Compares two recordings value by value, from their beginning on.
#[derive(Default)]
pub(super) struct Comparer {
    /// Every value counts.
    pub is_exact: bool,
    /// Both draw by the same seed and rules: the same waits.
    pub same_draws: bool,
    names: Names,
    path: Vec<String>,
    found: Vec<Found>,
}

/// Where the values of one side come from.
type Sides<'a> = Option<(&'a Entry, &'a Entry)>;

impl Comparer {
    /// Nothing has been compared yet.
    pub fn new(is_exact: bool, same_draws: bool) -> Self {
        Self { is_exact, same_draws, ..Self::default() }
    }

    /// What differs between two entries, and what was found since the last time.
    pub fn entries(&mut self, a: &Entry, b: &Entry) -> Vec<Found> {
        if what(&a.event) == what(&b.event) {
            let [ours, theirs] = [a, b].map(|entry| serde_json::to_value(entry).unwrap_or_default());
            self.value(&ours, &theirs, Some((a, b)));
        } else {
            self.tell(Weight::Sequence, "what happens".to_owned(), (what(&a.event), what(&b.event)));
        }
        std::mem::take(&mut self.found)
    }

    /// The same of what happens alone, whoever tells it and in which attempt.
    pub fn outcomes(&mut self, a: &Entry, b: &Entry) -> Vec<Found> {
        if what(&a.event) == what(&b.event) {
            let [ours, theirs] = [a, b].map(|entry| serde_json::to_value(&entry.event).unwrap_or_default());
            return self.values(&ours, &theirs);
        }
        self.entries(a, b)
    }

    /// What differs between two values that come from no entry.
    pub fn values(&mut self, a: &Value, b: &Value) -> Vec<Found> {
        self.value(a, b, None);
        std::mem::take(&mut self.found)
    }

    fn value(&mut self, a: &Value, b: &Value, sides: Sides<'_>) {
        match (a, b) {
            (Value::Object(a), Value::Object(b)) => self.objects(a, b, sides),
            (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
                for (a, b) in ours.iter().zip(theirs) {
                    let is_of_the_answer = |pair: &Value| {
                        let name = pair.get("name").and_then(Value::as_str).unwrap_or_default();
                        OF_THE_ANSWER.iter().any(|header| header.eq_ignore_ascii_case(name))
                    };
                    if self.key() == "headers" && is_of_the_answer(a) && is_of_the_answer(b) {
                        self.differ(Weight::Noise, a, b);
                    } else {
                        self.value(a, b, sides);
                    }
                }
            }
            _ => self.leaf(a, b),
        }
    }

    fn objects(&mut self, a: &Map<String, Value>, b: &Map<String, Value>, sides: Sides<'_>) {
        if let Some((ours, theirs)) = sides {
            self.clock_offset(a, b);
            self.relative(a, b, ours, theirs);
        }
        let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
        for key in keys {
            let is_done = matches!(&**key, "issued_at" | "expires_at") && sides.is_some() && !self.is_exact;
            if !is_done {
                self.path.push(key.clone());
                let side = |object: &Map<String, Value>| object.get(key).cloned().unwrap_or_default();
                self.value(&side(a), &side(b), sides);
                self.path.pop();
            }
        }
    }

    /// A clock's offset is as good as it was measured.
    fn clock_offset(&mut self, a: &Map<String, Value>, b: &Map<String, Value>) {
        let part = |object: &Map<String, Value>, key| object.get(key).and_then(Value::as_i64);
        let parts = |object| Some((part(object, "ahead_millis")?, part(object, "within")?));
        let (Some((ours, our_error)), Some((theirs, their_error))) = (parts(a), parts(b)) else { return };
        let error = our_error.saturating_add(their_error) / 1_000_000;
        if ours.abs_diff(theirs) > error.unsigned_abs() {
            let millis = |millis: i64| format!("{millis} ms");
            self.tell(Weight::Value, "this computer's clock, ahead".to_owned(), (millis(ours), millis(theirs)));
        }
    }

    /// Moments, as times from or to the moment of their entry.
    fn relative(&mut self, a: &Map<String, Value>, b: &Map<String, Value>, ours: &Entry, theirs: &Entry) {
        let nanos = |object: &Map<String, Value>, key| object.get(key).and_then(Value::as_u64).map(i128::from);
        let since = |object, key, entry: &Entry| Some(nanos(object, key)? - i128::from(entry.elapsed.as_nanos()));
        let left = |object, entry| Some(since(object, "until", entry)? - nanos(object, "wait")?);
        self.times("deadline, beyond the wait", Tolerance::ONCE, left(a, ours), left(b, theirs));
        let (one, other) = (since(a, "requested_at", ours), since(b, "requested_at", theirs));
        self.times("asked for, before that", Tolerance::ONCE, one.map(|at| -at), other.map(|at| -at));
        let date = |object: &Map<String, Value>, key| object.get(key)?.as_str()?.parse::<DateTime<Utc>>().ok();
        let between = |from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>| {
            Some(i128::from(to?.signed_duration_since(from?).num_milliseconds()) * 1_000_000)
        };
        let life = |object| between(date(object, "issued_at"), date(object, "expires_at"));
        let age = |object, entry: &Entry| between(date(object, "issued_at"), Some(entry.time));
        let remaining = |object: &Map<String, Value>, entry: &Entry| {
            let is_dated = object.get("issued_at").is_some_and(|date| !date.is_null());
            between(Some(entry.time), date(object, "expires_at")).filter(|_| !is_dated)
        };
        self.times("time until the token expires", Tolerance::CLOCK, remaining(a, ours), remaining(b, theirs));
        self.times("lifetime of the token", Tolerance { apart: 0.0, factor: 1.0 }, life(a), life(b));
        self.times("age of the token", Tolerance { factor: 2.0, ..Tolerance::CLOCK }, age(a, ours), age(b, theirs));
    }

    /// Compares two times in nanoseconds.
    pub fn times(&mut self, what: &str, tolerance: Tolerance, a: Option<i128>, b: Option<i128>) {
        match (a, b) {
            (Some(a), Some(b)) if !tolerance.allows_nanos(a, b) => {
                self.tell(Weight::Value, what.to_owned(), durations(a, b));
            }
            (None, Some(_)) | (Some(_), None) => {
                let said = |time: Option<i128>| if time.is_some() { "known" } else { "not known" }.to_owned();
                self.tell(Weight::Value, what.to_owned(), (said(a), said(b)));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn leaf(&mut self, a: &Value, b: &Value) {
        self.names.known = None;
        let key = self.path.last().map_or("", String::as_str);
        let is_same = match (a, b) {
            // Who may connect is decided by it, port and all.
            (Value::String(_), Value::String(_)) if key == "origin" => a == b,
            (Value::String(_), Value::String(_)) if key == "file" => true,
            (Value::String(a), Value::String(b)) => self.names.same(a, b),
            _ => a == b,
        };
        let weight = match key {
            key if OF_THE_RUN.contains(&key) => Weight::Noise,
            _ if is_same => Weight::Noise,
            key if TIMES.contains(&key) => match (a.as_u64(), b.as_u64()) {
                (Some(a), Some(b)) if Tolerance::ONCE.allows_nanos(a.into(), b.into()) => Weight::Noise,
                _ => Weight::Value,
            },
            "ahead_millis" => Weight::Noise,
            key if DRAWN.contains(&key) && !self.same_draws || BESIDES.contains(&key) => Weight::Value,
            _ => Weight::Sequence,
        };
        self.differ(weight, a, b);
    }

    fn differ(&mut self, weight: Weight, a: &Value, b: &Value) {
        let weight = if self.is_exact { weight.max(Weight::Value) } else { weight };
        if a == b && weight < Weight::Sequence || weight == Weight::Noise {
            return;
        }
        let key = self.key().to_owned();
        let parent = self.path.iter().rev().nth(1).map_or("", String::as_str);
        let words = match (a.as_u64(), b.as_u64(), self.names.known) {
            (Some(a), Some(b), _) if is_time(&key) => durations(a.into(), b.into()),
            (_, _, Some([ours, theirs])) => {
                let again = |is_known| if is_known { "as before" } else { "new" };
                (format!("{}, {}", shown(&key, a), again(ours)), format!("{}, {}", shown(&key, b), again(theirs)))
            }
            _ => (shown(&key, a), shown(&key, b)),
        };
        self.tell(weight, field(parent, &key), words);
    }

    fn tell(&mut self, weight: Weight, what: String, (a, b): (String, String)) {
        self.found.push(Found { weight, path: self.path.join("."), what, a, b });
    }

    fn key(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// What an entry is about, in words.
pub(super) fn what(event: &Event) -> String {
    let words = |what: &dyn std::fmt::Display| what.to_string().replace('_', " ");
    match event {
        Event::Replay(ReplayEvent::Input { input }) => {
            let what = serde_json::to_value(input).unwrap_or_default();
            format!("the client is told: {}", words(&what["what"].as_str().unwrap_or_default()))
        }
        Event::Driver(DriverEvent::PhaseFinished { phase, .. }) => phase.to_string(),
        Event::Driver(DriverEvent::RequestSent { phase, .. }) => format!("{phase} sent"),
        Event::Flow(_) | Event::Driver(_) | Event::Replay(_) | Event::Server(_) | Event::Fault(_) | Event::File(_) => {
            words(&crate::journal::EventKind::from(event))
        }
    }
}

/// What has another name in each run: a name of the one is a name of the other as long as both keep to it.
#[derive(Default)]
struct Names {
    ours: HashMap<u64, u64>,
    theirs: HashMap<u64, u64>,
    /// Whether the names that did not fit the last time were known, in the one and in the other.
    known: Option<[bool; 2]>,
}

impl Names {
    /// Whether both say the same but for names.
    fn same(&mut self, a: &str, b: &str) -> bool {
        let (mut ours, mut theirs) = (parts(a), parts(b));
        self.known = None;
        let mut is_same = true;
        loop {
            is_same &= match (ours.next(), theirs.next()) {
                (None, None) => return is_same,
                (Some(Part::Name(a)), Some(Part::Name(b))) => self.pair(a, b),
                (Some(Part::Plain(a)), Some(Part::Plain(b))) => a == b,
                _ => return false,
            };
        }
    }

    fn pair(&mut self, a: &str, b: &str) -> bool {
        let [a, b] = [a, b].map(|name| BuildHasherDefault::<DefaultHasher>::default().hash_one(name));
        match (self.ours.get(&a), self.theirs.get(&b)) {
            (None, None) => {
                self.ours.insert(a, b);
                self.theirs.insert(b, a);
                true
            }
            (ours, theirs) if ours == Some(&b) && theirs == Some(&a) => true,
            (ours, theirs) => {
                self.known = Some([ours.is_some(), theirs.is_some()]);
                false
            }
        }
    }
}
