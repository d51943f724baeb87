//! The rule of the waits between attempts (contract §3), and the one description of its parameters: profile files, the
//! window's fields, `--policy` on the console and every text that shows a rule are made from [`Backoff::PARAMETERS`].

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use humantime_serde::re::humantime::{format_duration, parse_duration};
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeStruct as _, Serializer};
use serde::{Deserialize, Serialize};

use super::durations::{limit, pace, span};
use super::similarity::did_you_mean;

/// The wait between attempts (contract §3).
#[derive(Clone, Debug, PartialEq)]
pub struct Backoff {
    /// The first wait.
    pub base: Duration,
    /// What each further wait is multiplied by.
    pub factor: f64,
    /// The longest wait, before the jitter.
    pub cap: Duration,
    /// The share of the wait that is drawn at random on either side, after the cap.
    pub jitter: f64,
    /// How long a connection must have been open for the next wait to be `base` again.
    pub reset_after: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(250),
            factor: 2.0,
            cap: Duration::from_secs(5),
            jitter: 0.25,
            reset_after: Duration::from_secs(5),
        }
    }
}

/// One parameter of the rule: what it is called, what it may be, and how it is written.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// What files and the console call it.
    pub key: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What it changes.
    pub help: &'static str,
    /// What stands before its number where it is edited: `× `.
    pub prefix: &'static str,
    /// The unit in which it is edited, with a space before it: ` ms`.
    pub suffix: &'static str,
    field: Field,
    term: Term,
}

/// Where the value is, and the least and the most that it may be.
#[derive(Clone, Copy)]
enum Field {
    Time { of: fn(&mut Backoff) -> &mut Duration, least: Duration, most: Duration },
    Number { of: fn(&mut Backoff) -> &mut f64, least: f64, most: f64, per_cent: bool },
}

/// How the value stands in the text of a rule.
#[derive(Clone, Copy)]
struct Term {
    before: &'static str,
    after: &'static str,
    /// What stands for it if it is zero.
    zero: &'static str,
}

/// The value of a parameter.
#[derive(Clone, Copy, Debug)]
enum Value {
    Time(Duration),
    Number(f64),
}

/// The shortest time that is not zero: what a recording of an older program may have.
const SHORTEST: Duration = Duration::from_nanos(1);

impl Backoff {
    /// The parameters, in the order of the fields.
    pub const PARAMETERS: [Parameter; 5] = [
        Parameter {
            key: "base",
            name: "first wait",
            help: "The wait before the first retry",
            prefix: "",
            suffix: " ms",
            field: Field::Time { of: |rule| &mut rule.base, least: pace::MIN, most: limit::MAX },
            term: Term { before: "", after: "", zero: "" },
        },
        Parameter {
            key: "factor",
            name: "factor",
            help: "Each further wait is so many times as long",
            prefix: "× ",
            suffix: "",
            field: Field::Number { of: |rule| &mut rule.factor, least: 1.0, most: 100.0, per_cent: false },
            term: Term { before: " ×", after: "", zero: "" },
        },
        Parameter {
            key: "cap",
            name: "cap",
            help: "No wait is longer, before the jitter",
            prefix: "",
            suffix: " ms",
            field: Field::Time { of: |rule| &mut rule.cap, least: pace::MIN, most: limit::MAX },
            term: Term { before: ", cap ", after: "", zero: "" },
        },
        Parameter {
            key: "jitter",
            name: "jitter",
            help: "The share drawn at random on either side, after the cap",
            prefix: "± ",
            suffix: " %",
            field: Field::Number { of: |rule| &mut rule.jitter, least: 0.0, most: 1.0, per_cent: true },
            term: Term { before: ", ±", after: "", zero: ", no jitter" },
        },
        Parameter {
            key: "reset_after",
            name: "reset after",
            help: "After so long an open connection the next wait is the first again",
            prefix: "",
            suffix: " ms",
            field: Field::Time { of: |rule| &mut rule.reset_after, least: Duration::ZERO, most: limit::MAX },
            term: Term { before: ", reset after ", after: " open", zero: ", reset on open" },
        },
    ];

    const KEYS: [&str; Self::PARAMETERS.len()] = {
        let mut keys = [""; Self::PARAMETERS.len()];
        let mut index = 0;
        while index < keys.len() {
            keys[index] = Self::PARAMETERS[index].key;
            index += 1;
        }
        keys
    };

    /// `min(base · factor^retries, cap)`: the wait after so many retries in a row, before the jitter.
    pub fn nominal(&self, retries: u32) -> Duration {
        let grown = self.base.as_secs_f64() * self.factor.powf(f64::from(retries));
        if grown < self.cap.as_secs_f64() { Duration::from_secs_f64(grown) } else { self.cap }
    }

    /// The shortest and the longest wait that can be drawn after so many retries in a row.
    pub fn window(&self, retries: u32) -> (Duration, Duration) {
        let nominal = self.nominal(retries);
        (nominal.mul_f64((1.0 - self.jitter).max(0.0)), nominal.mul_f64(1.0 + self.jitter))
    }

    /// What is unwise about a rule that works all the same, each in lower case and without a full stop.
    pub fn doubts(&self) -> Vec<String> {
        let doubts = [
            (
                self.base > self.cap,
                format!("the first wait is longer than the cap, so every wait is {}", written(self.cap)),
            ),
            (self.jitter == 0.0, "without jitter all clients come back at the same moment after an outage".to_owned()),
            (
                self.reset_after.is_zero(),
                "it starts over on every open: a server that accepts and closes is stormed".to_owned(),
            ),
        ];
        doubts.into_iter().filter_map(|(is_so, doubt)| is_so.then_some(doubt)).collect()
    }

    /// This rule with what `edit` changes: `base=1s,jitter=0.5`, each value as a profile has it.
    ///
    /// # Errors
    /// What is wrong with `edit`, in words.
    pub fn edited(&self, edit: &str) -> Result<Self, String> {
        let mut rule = self.clone();
        for pair in edit.split(',') {
            let Some((key, text)) = pair.split_once('=') else {
                return Err(format!("{pair:?} is not KEY=VALUE, such as base=100ms"));
            };
            let key = key.trim();
            let Some(parameter) = Self::PARAMETERS.iter().find(|parameter| parameter.key == key) else {
                let near = did_you_mean(key, Self::KEYS);
                return Err(format!("{key:?} is no part of a rule{near} ({})", Self::KEYS.join(", ")));
            };
            let value = parameter.parse(text).map_err(|problem| format!("{key}: {problem}"))?;
            parameter.set(&mut rule, value);
        }
        Ok(rule)
    }
}

impl fmt::Display for Backoff {
    /// `250 ms ×2, cap 5 s, ±25 %, reset after 5 s open`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::PARAMETERS.iter().try_for_each(|parameter| {
            let Term { before, after, zero } = parameter.term;
            match parameter.value(self).is_zero() {
                true => f.write_str(zero),
                false => write!(f, "{before}{}{after}", parameter.text(self)),
            }
        })
    }
}

impl Parameter {
    /// The same for a recording, which may come from a program with other bounds.
    fn as_recorded(mut self) -> Self {
        if let Field::Time { least, most, .. } = &mut self.field {
            *least = SHORTEST.min(*least);
            *most = span::MAX;
        }
        self
    }

    /// Its value in `rule`, exactly, with its unit: `250 ms`, `2`, `25 %`.
    pub fn text(&self, rule: &Backoff) -> String {
        match self.value(rule) {
            Value::Time(time) => written(time),
            Value::Number(_) if self.is_per_cent() => format!("{} %", self.number(rule)),
            Value::Number(number) => number.to_string(),
        }
    }

    /// Its value in `rule` as a profile has it: `250ms`, `0.25`.
    pub fn in_file(&self, rule: &Backoff) -> String {
        match self.value(rule) {
            Value::Time(time) => format_duration(time).to_string(),
            Value::Number(number) => number.to_string(),
        }
    }

    /// Its value in `rule` as a number in the unit in which it is edited.
    pub fn number(&self, rule: &Backoff) -> f64 {
        match self.value(rule) {
            Value::Time(time) => time.as_secs_f64() * 1e3,
            // With no more digits than it has.
            Value::Number(number) if self.is_per_cent() => (number * 1e4).round() / 1e2,
            Value::Number(number) => number,
        }
    }

    /// Sets it in `rule`, from a number in the unit in which it is edited.
    pub fn set_number(&self, rule: &mut Backoff, number: f64) {
        let range = self.numbers();
        let number = number.clamp(*range.start(), *range.end());
        let value = match self.field {
            Field::Time { .. } => Value::Time(Duration::try_from_secs_f64(number / 1e3).unwrap_or_default()),
            Field::Number { per_cent: true, .. } => Value::Number(number / 1e2),
            Field::Number { .. } => Value::Number(number),
        };
        self.set(rule, value);
    }

    /// What [`Self::number`] may be where it is edited: times in whole milliseconds.
    pub fn numbers(&self) -> RangeInclusive<f64> {
        match self.field {
            Field::Time { least, most, .. } => least.as_secs_f64() * 1e3..=most.as_secs_f64() * 1e3,
            Field::Number { least, most, per_cent, .. } => {
                let scale = if per_cent { 1e2 } else { 1.0 };
                least * scale..=most * scale
            }
        }
    }

    /// Reads what somebody typed where it is edited: a number in the unit there, or a value as a profile has it.
    pub fn parse_number(&self, typed: &str) -> Option<f64> {
        let typed: String = typed.chars().filter(|character| !character.is_whitespace()).collect();
        if let Ok(number) = typed.parse() {
            return Some(number).filter(|number: &f64| number.is_finite());
        }
        match (self.field, parse_duration(&typed)) {
            (Field::Time { .. }, Ok(time)) => Some(time.as_secs_f64() * 1e3),
            _ => None,
        }
    }

    /// Reads a value as a profile has it.
    fn parse(&self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        let value = match self.field {
            Field::Time { .. } => parse_duration(text).ok().map(Value::Time),
            Field::Number { .. } => text.parse().ok().map(Value::Number),
        };
        self.checked(value.ok_or_else(|| self.expected())?)
    }

    fn checked(&self, value: Value) -> Result<Value, String> {
        let fits = match (self.field, value) {
            (Field::Time { least, most, .. }, Value::Time(time)) => (least..=most).contains(&time),
            (Field::Number { least, most, .. }, Value::Number(number)) => (least..=most).contains(&number),
            _ => false,
        };
        fits.then_some(value).ok_or_else(|| self.expected())
    }

    /// What its value must be, in words.
    fn expected(&self) -> String {
        match self.field {
            Field::Time { least, most, .. } => {
                let most = format_duration(most);
                match least.is_zero() {
                    true => format!("expected a duration of at most {most}, such as \"10s\""),
                    false => format!("expected a duration from {} to {most}, such as \"10s\"", format_duration(least)),
                }
            }
            Field::Number { least, most, .. } => format!("expected a {} from {least:.1} to {most:.1}", self.name),
        }
    }

    const fn is_per_cent(&self) -> bool {
        matches!(self.field, Field::Number { per_cent: true, .. })
    }

    fn value(&self, rule: &Backoff) -> Value {
        let mut rule = rule.clone();
        match self.field {
            Field::Time { of, .. } => Value::Time(*of(&mut rule)),
            Field::Number { of, .. } => Value::Number(*of(&mut rule)),
        }
    }

    fn set(&self, rule: &mut Backoff, value: Value) {
        match (self.field, value) {
            (Field::Time { of, .. }, Value::Time(time)) => *of(rule) = time,
            (Field::Number { of, .. }, Value::Number(number)) => *of(rule) = number,
            (Field::Time { .. }, Value::Number(_)) | (Field::Number { .. }, Value::Time(_)) => {}
        }
    }
}

/// `time`, exactly, with its unit: `250 ms`, `1.5 s`, `2m`.
fn written(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_secs_f64() * 1e3)
    } else if time < Duration::from_secs(120) {
        format!("{} s", time.as_secs_f64())
    } else {
        format_duration(time).to_string()
    }
}

impl Value {
    fn is_zero(self) -> bool {
        match self {
            Self::Time(time) => time.is_zero(),
            Self::Number(number) => number == 0.0,
        }
    }
}

impl Serialize for Backoff {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("Backoff", Self::PARAMETERS.len())?;
        for parameter in &Self::PARAMETERS {
            match parameter.value(self) {
                Value::Time(_) => record.serialize_field(parameter.key, &parameter.in_file(self))?,
                Value::Number(number) => record.serialize_field(parameter.key, &number)?,
            }
        }
        record.end()
    }
}

impl<'de> Deserialize<'de> for Backoff {
    /// Reads the parameters that are given; the others have their defaults.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer, false)
    }
}

impl Backoff {
    /// Reads one that a newer program may have written, and skips the parameters that this one does not know.
    ///
    /// # Errors
    /// If a value cannot work.
    pub fn deserialize_known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer, true)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D, skips_unknown: bool) -> Result<Self, D::Error> {
        struct Rule {
            skips_unknown: bool,
        }
        struct Key {
            skips_unknown: bool,
        }
        struct ValueOf(Parameter);

        impl<'de> Visitor<'de> for Rule {
            type Value = Backoff;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the rule of the waits")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Backoff, A::Error> {
                let (mut rule, mut given) = (Backoff::default(), Vec::new());
                while let Some(parameter) = map.next_key_seed(Key { skips_unknown: self.skips_unknown })? {
                    let Some(parameter) = parameter else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    let accepted = if self.skips_unknown { parameter.as_recorded() } else { parameter };
                    let value = map.next_value_seed(ValueOf(accepted))?;
                    if given.contains(&parameter.key) {
                        return Err(de::Error::duplicate_field(parameter.key));
                    }
                    given.push(parameter.key);
                    parameter.set(&mut rule, value);
                }
                Ok(rule)
            }
        }

        impl<'de> DeserializeSeed<'de> for Key {
            type Value = Option<Parameter>;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                let key = String::deserialize(deserializer)?;
                match Backoff::PARAMETERS.into_iter().find(|parameter| parameter.key == key) {
                    None if !self.skips_unknown => Err(de::Error::unknown_field(&key, &Backoff::KEYS)),
                    parameter => Ok(parameter),
                }
            }
        }

        impl<'de> DeserializeSeed<'de> for ValueOf {
            type Value = Value;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
                let value = match self.0.field {
                    Field::Time { .. } => Value::Time(humantime_serde::deserialize(deserializer)?),
                    Field::Number { .. } => Value::Number(f64::deserialize(deserializer)?),
                };
                self.0.checked(value).map_err(de::Error::custom)
            }
        }

        deserializer.deserialize_struct("Backoff", &Self::KEYS, Rule { skips_unknown })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_its_terms() {
        assert_eq!(Backoff::default().to_string(), "250 ms ×2, cap 5 s, ±25 %, reset after 5 s open");
        let hour = Duration::from_secs(3_600);
        let rule = Backoff { base: Duration::from_millis(1_500), factor: 1.3, cap: hour, jitter: 0.125, ..flat() };
        assert_eq!(rule.to_string(), "1.5 s ×1.3, cap 1h, ±12.5 %, reset on open");
        assert_eq!(flat().to_string(), "250 ms ×2, cap 5 s, no jitter, reset on open");
    }

    fn flat() -> Backoff {
        Backoff { jitter: 0.0, reset_after: Duration::ZERO, ..Backoff::default() }
    }

    #[test]
    fn what_is_unwise_is_said() {
        assert_eq!(Backoff::default().doubts(), Vec::<String>::new());
        let rule = Backoff { base: Duration::from_secs(9), ..flat() };
        let doubts = rule.doubts();
        assert_eq!(doubts[0], "the first wait is longer than the cap, so every wait is 5 s");
        assert!(doubts[1].starts_with("without jitter") && doubts[2].starts_with("it starts over"), "{doubts:?}");
    }

    #[test]
    fn an_edit_changes_what_it_names_and_says_what_is_wrong() {
        let edited = Backoff::default().edited("base=1s, jitter = 0.5,reset_after=0s").unwrap();
        assert_eq!(edited.to_string(), "1 s ×2, cap 5 s, ±50 %, reset on open");
        for (edit, expected) in [
            ("bass=1s", "\"bass\" is no part of a rule; did you mean base? (base, factor, cap, jitter, reset_after)"),
            ("base=0s", "base: expected a duration from 10ms to 1day"),
            ("cap=5", "cap: expected a duration"),
            ("factor=0.5", "factor: expected a factor from 1.0 to 100.0"),
            ("jitter=NaN", "jitter: expected a jitter from 0.0 to 1.0"),
            ("reset_after=400days", "reset_after: expected a duration of at most 1day"),
            ("jitter", "\"jitter\" is not KEY=VALUE"),
        ] {
            let problem = Backoff::default().edited(edit).unwrap_err();
            assert!(problem.starts_with(expected), "{edit}: {problem}");
        }
    }

    #[test]
    fn every_parameter_comes_back_from_a_file_the_console_and_the_window() {
        let rule = Backoff::default().edited("base=17ms,factor=1.5,cap=90s,jitter=0.3,reset_after=2m").unwrap();
        assert_eq!(toml::from_str::<Backoff>(&toml::to_string(&rule).unwrap()).unwrap(), rule);
        assert_eq!(serde_json::from_value::<Backoff>(serde_json::to_value(&rule).unwrap()).unwrap(), rule);
        let pairs = Backoff::PARAMETERS.map(|parameter| format!("{}={}", parameter.key, parameter.in_file(&rule)));
        assert_eq!(Backoff::default().edited(&pairs.join(",")).unwrap(), rule);
        let mut shown = Backoff::default();
        Backoff::PARAMETERS.iter().for_each(|parameter| parameter.set_number(&mut shown, parameter.number(&rule)));
        assert_eq!(shown, rule);
    }

    #[test]
    fn what_is_typed_is_in_the_fields_unit_or_has_its_own() {
        let [base, _, _, jitter, reset] = Backoff::PARAMETERS;
        assert_eq!((base.parse_number("1 500"), base.parse_number("1.5s")), (Some(1_500.0), Some(1_500.0)));
        assert_eq!((jitter.parse_number("25"), jitter.parse_number("2s")), (Some(25.0), None));
        assert_eq!((base.parse_number("abc"), base.parse_number("inf")), (None, None));
        let mut rule = Backoff::default();
        base.set_number(&mut rule, 0.0);
        reset.set_number(&mut rule, -1.0);
        jitter.set_number(&mut rule, 400.0);
        assert_eq!((rule.base, rule.reset_after, rule.jitter), (Duration::from_millis(10), Duration::ZERO, 1.0));
    }

    #[test]
    fn a_key_that_is_given_twice_or_is_unknown_is_refused() {
        let problem = |text: &str| serde_json::from_str::<Backoff>(text).unwrap_err().to_string();
        assert!(problem(r#"{"base":"1s","base":"2s"}"#).contains("duplicate field `base`"));
        assert!(problem(r#"{"bass":"1s"}"#).contains("unknown field `bass`, expected one of `base`"));
        let newer = serde_json::json!({ "jitter": 0.5, "curve": { "steps": [1, 2] } });
        assert_eq!(Backoff::deserialize_known(newer).unwrap(), Backoff { jitter: 0.5, ..Backoff::default() });
        assert!(Backoff::deserialize_known(serde_json::json!({ "jitter": 2 })).is_err());
        let older = serde_json::json!({ "base": "1us", "reset_after": "2days" });
        assert_eq!(Backoff::deserialize_known(older.clone()).unwrap().base, Duration::from_micros(1));
        assert!(serde_json::from_value::<Backoff>(older).is_err());
        let lines = "factor = 2\nbass = '1s'\n";
        let error = toml::from_str::<Backoff>(lines).unwrap_err();
        assert_eq!(error.span().map(|span| &lines[span]), Some("bass"));
    }
}
