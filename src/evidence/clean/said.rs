//! What of a file's texts and numbers may be passed on.

use serde_json::{Value, json};

use crate::evidence::har::Number;
use crate::evidence::secrets;
use crate::model::{Redactor, SafeText};

/// Makes values of files harmless.
pub struct Cleaner<'a> {
    /// What hides the secrets that were found.
    pub redactor: &'a Redactor,
}

impl Cleaner<'_> {
    /// A text without secrets.
    pub fn text(&self, value: Option<&Value>) -> Value {
        json!(self.said(value.and_then(Value::as_str).unwrap_or_default()))
    }

    /// What somebody says, without secrets and mail addresses.
    pub fn said(&self, text: &str) -> SafeText {
        let known = self.redactor.text(text.trim().as_bytes(), usize::MAX);
        SafeText::with_limit(&secrets::without_told(known.as_str()), 512)
    }

    /// A moment, as a number or as a date.
    pub fn stamp(&self, value: Option<&Value>) -> Value {
        match value {
            Some(Value::String(_)) => self.text(value),
            _ => number(value),
        }
    }
}

/// A number as it may be passed on.
pub fn number(value: Option<&Value>) -> Value {
    let number: Number =
        value.map(|value| serde_json::from_value(value.clone()).unwrap_or_default()).unwrap_or_default();
    number.0.map_or(Value::Null, |number| json!(number))
}
