//! Values in the lines of logs, of objects and of texts.

use serde_json::Value;
use url::Url;

/// A text or number as text.
pub(super) fn written(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_number().map(ToString::to_string))
}

/// The value of `name` in a text line: `name=value`, `name: 'value'`, `"name":"value"`.
pub(super) fn inline(text: &str, name: &str) -> Option<String> {
    let mut from = 0;
    while let Some(found) = text[from..].find(name) {
        let place = from + found;
        from = place + name.len();
        let is_whole = !text[..place].ends_with(|it: char| it.is_alphanumeric() || it == '_' || it == '-');
        let rest = text[from..].trim_start_matches(['"', '\'']);
        let Some(rest) = rest.strip_prefix([':', '=']).filter(|_| is_whole) else { continue };
        let rest = rest.trim_start();
        let value = match rest.chars().next()? {
            quote @ ('"' | '\'') => rest[1..].split(quote).next()?,
            _ => rest.split([' ', ',', '}', '\t']).next()?,
        };
        return (!value.is_empty()).then(|| value.to_owned());
    }
    None
}

/// The origin of an address of a page.
pub(super) fn origin_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_not_the_end_of_another() {
        assert_eq!(inline("statusCode=5 code=7", "code"), Some("7".to_owned()));
        assert_eq!(inline("x { code: 1008, reason: 'A b' }", "reason"), Some("A b".to_owned()));
        assert_eq!(inline("code", "code"), None);
    }
}
