//! A fault, how often it is to act and how probably: what windows, drills and consoles ask for.

use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use strum::IntoEnumIterator as _;

use super::catalogue::{Fault, FaultKind};
use crate::model::{SafeText, did_you_mean};

/// A fault and when it is to act. In TOML: `{ fault = "ticket-status", status = 429, retry_after = "2s",
/// times = 3 }`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arming {
    /// What to break.
    #[serde(flatten)]
    pub fault: Fault,
    /// How often, `None` until it is cleared. Faults that act at once ignore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The probability that it acts at an occasion. Faults that act at once ignore it.
    pub probability: f64,
}

impl Arming {
    /// `fault` at `times` occasions, without fail.
    pub const fn new(fault: Fault, times: Option<u32>) -> Self {
        Self { fault, times, probability: 1.0 }
    }
}

/// Text that arms no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArmingError {
    /// No fault is called so.
    #[error("there is no fault \"{name}\"{nearest}")]
    Unknown {
        /// What was given.
        name: SafeText,
        /// The names that are most like it.
        nearest: String,
    },
    /// The table is wrong.
    #[error("{0}")]
    Table(SafeText),
}

impl FromStr for Arming {
    type Err = ArmingError;

    /// Reads a fault's name, which arms it as a window would, or a table as in a drill's `arm`.
    fn from_str(text: &str) -> Result<Self, ArmingError> {
        let text = text.trim();
        if text.starts_with('{') {
            #[derive(Deserialize)]
            struct Step {
                arm: Arming,
            }
            let step = toml::from_str::<Step>(&format!("arm = {text}"));
            return step.map(|step| step.arm).map_err(|error| ArmingError::Table(SafeText::new(error.message())));
        }
        match FaultKind::from_str(text) {
            Ok(kind) => Ok(Self::new(kind.default_parameters(), kind.usual_times())),
            Err(_) => {
                let nearest = did_you_mean(text, FaultKind::iter().map(Into::into));
                Err(ArmingError::Unknown { name: SafeText::with_limit(text, 64), nearest })
            }
        }
    }
}

impl<'de> Deserialize<'de> for Arming {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Map::deserialize(deserializer)?;
        let times = table.remove("times").map(|times| times.as_u64().and_then(|times| times.try_into().ok()));
        let Some(times) = times.map_or(Some(None), |times| times.filter(|&times| times > 0).map(Some)) else {
            return Err(D::Error::custom("expected a number of times from 1"));
        };
        let probability = table.remove("probability").map_or(Some(1.0), |probability| probability.as_f64());
        let Some(probability) = probability.filter(|probability| (0.0..=1.0).contains(probability)) else {
            return Err(D::Error::custom("expected a probability from 0.0 to 1.0"));
        };
        let fault = Fault::deserialize(Value::Object(table.clone())).map_err(D::Error::custom)?;
        // serde leaves unknown keys of tagged enums unread; only what is written back was a key.
        let known = serde_json::to_value(&fault).map_err(D::Error::custom)?;
        match table.keys().find(|key| known.get(key).is_none()) {
            Some(key) => Err(D::Error::custom(format!("the fault {} has no {key:?}", fault.name()))),
            None => Ok(Self { fault, times, probability }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parse(table: &str) -> Result<Arming, String> {
        #[derive(Deserialize)]
        struct Step {
            arm: Arming,
        }
        toml::from_str::<Step>(&format!("arm = {table}")).map(|step| step.arm).map_err(|error| error.to_string())
    }

    #[test]
    fn a_delay_that_no_clock_can_take_is_refused() {
        for table in [
            r#"{ fault = "latency", delay = "140000years" }"#,
            r#"{ fault = "latency", delay = "1s", jitter = "2years" }"#,
            r#"{ fault = "skew-clock", ahead = "400days" }"#,
        ] {
            let problem = parse(table).unwrap_err();
            assert!(problem.contains("expected a duration of at most 366days"), "{problem}");
        }
        assert!(parse(r#"{ fault = "latency", delay = "0s", jitter = "1year" }"#).is_ok());
    }

    #[test]
    fn an_arming_is_a_table() {
        let text =
            r#"{ fault = "ticket-status", status = 429, code = "RATE_LIMIT_EXCEEDED", retry_after = "2s", times = 3 }"#;
        let fault = Fault::TicketStatus {
            status: 429,
            code: "RATE_LIMIT_EXCEEDED".into(),
            retry_after: Some(Duration::from_secs(2)),
        };
        assert_eq!(parse(text).unwrap(), Arming::new(fault, Some(3)));
        let half = Arming { fault: Fault::Simulate503, times: None, probability: 0.5 };
        assert_eq!(parse(r#"{ fault = "simulate-503", probability = 0.5 }"#).unwrap(), half);
        for kind in FaultKind::iter() {
            let arming = Arming::new(kind.default_parameters(), Some(2));
            let table = toml::to_string(&arming).unwrap().trim().replace('\n', ", ");
            assert_eq!(parse(&format!("{{ {table} }}")).unwrap(), arming, "{table}");
        }
    }

    #[test]
    fn a_wrong_table_says_what_is_wrong() {
        for (table, expected) in [
            (r#"{ fault = "corrupt-jwt", status = 4 }"#, "the fault corrupt-jwt has no \"status\""),
            (r#"{ fault = "upgrade-status", status = 101 }"#, "from 200 to 599"),
            (r#"{ fault = "latency", delay = "soon" }"#, "duration"),
            (r#"{ fault = "latency" }"#, "delay"),
            (r#"{ fault = "slices", bytes = 0 }"#, "from 1"),
            (r#"{ fault = "nonsense" }"#, "nonsense"),
            (r#"{ fault = "junk", times = 0 }"#, "number of times"),
            (r#"{ fault = "junk", probability = 1.5 }"#, "0.0 to 1.0"),
        ] {
            let error = parse(table).unwrap_err();
            assert!(error.contains(expected) && error.contains("line 1"), "{table}: {error}");
        }
    }

    #[test]
    fn a_name_or_a_table_arms_a_fault_and_a_wrong_name_leads_to_the_right_one() {
        assert_eq!("block-origin".parse(), Ok(Arming::new(Fault::BlockOrigin, None)));
        assert_eq!(" cut-fin ".parse(), Ok(Arming::new(Fault::CutFin, Some(1))), "as a window does");
        let table = r#"{ fault = "simulate-503", times = 3 }"#;
        assert_eq!(table.parse(), Ok(Arming::new(Fault::Simulate503, Some(3))));
        for (wrong, expected) in [
            ("simulate503", "there is no fault \"simulate503\"; did you mean simulate-503"),
            ("keychain", "keychain-"),
            ("Block-Orign", "did you mean block-origin"),
            ("", "there is no fault \"\""),
            (r#"{ fault = "latency" }"#, "delay"),
            ("{ fault", "expected"),
        ] {
            let error = wrong.parse::<Arming>().unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains('\n'), "{wrong}: {error}");
        }
    }
}
