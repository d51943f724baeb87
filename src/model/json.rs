//! JSON that may hold secrets.

use std::ops::Deref;

use serde_json::Value;
use zeroize::Zeroize as _;

/// A JSON value whose texts are wiped when it is dropped.
#[derive(Debug)]
pub struct SecretJson(Value);

impl SecretJson {
    /// Reads `bytes`.
    ///
    /// # Errors
    /// They are no JSON.
    pub fn read(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes).map(Self)
    }
}

impl Deref for SecretJson {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl Drop for SecretJson {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// The library reads nothing that is nested deeper than 128 times.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_wiped() {
        let mut json = SecretJson::read(br#"{"token":"secret","more":[{"ticket":"secret"},1,null]}"#).unwrap();
        assert_eq!(json["more"][0]["ticket"], "secret");
        wipe(&mut json.0);
        assert_eq!(json.0.to_string(), r#"{"more":[{"ticket":""},1,null],"token":""}"#);
    }
}
