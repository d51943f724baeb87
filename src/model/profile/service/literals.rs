//! What a person wrote into a profile and meant for nobody else: it is left out of recordings and reports.

use crate::model::is_secret_name;
use crate::model::profile::template::Template;

/// What stands in its place.
const LEFT_OUT: &str = "(left out)";
/// Shorter words than this, in bytes, are no secrets unless they are called so.
const LONG_WORD: usize = 20;
/// What stands before a credential and says of which kind it is (RFC 9110 §11.1, and what services make of it).
const SCHEMES: [&str; 8] = ["basic", "bearer", "bot", "digest", "jwt", "key", "negotiate", "token"];

/// Leaves out of what `template` says itself what may be secret: long words, and what is called like a secret.
pub(super) fn leave_out(template: &mut Template) {
    *template = template.with_texts(|text| without_words(&without_named(text), |word| word.len() >= LONG_WORD));
}

/// The same of the value of a field, parameter or header called `name`.
pub(super) fn leave_out_of(name: &str, template: &mut Template) {
    if is_secret_name(name) {
        let is_scheme = |word: &str| SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
        *template = template.with_texts(|text| without_words(text, |word| !is_scheme(word)));
    } else {
        leave_out(template);
    }
}

/// `text` without its words that are `secret`.
fn without_words(text: &str, secret: impl Fn(&str) -> bool) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/' | '=');
    let word = |word: &str| {
        let alone = word.trim_end_matches(|c| !is_part(c));
        if !alone.is_empty() && secret(alone) { word.replacen(alone, LEFT_OUT, 1) } else { word.to_owned() }
    };
    text.split_inclusive(|c| !is_part(c)).map(word).collect()
}

/// `text` without the values that it gives itself to names of secrets, as JSON (`"name": "value"`) or as a form
/// (`name=value`).
fn without_named(text: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find([':', '=']) {
        let (before, after) = rest.split_at(at + 1);
        let quoted = before[..at].trim_end().strip_suffix('"');
        let name = quoted.unwrap_or(&before[..at]).rsplit(|c| !is_name(c)).next().unwrap_or_default();
        kept.push_str(before);
        let start = after.len() - after.trim_start_matches([' ', '"']).len();
        let is_string = after[..start].contains('"');
        let is_end = |c: char| if is_string { c == '"' } else { c.is_whitespace() || ",;&}]\"".contains(c) };
        let end = start + after[start..].find(is_end).unwrap_or(after.len() - start);
        if end > start && is_secret_name(name) && (is_string || quoted.is_none() && before.ends_with('=')) {
            kept.push_str(&after[..start]);
            kept.push_str(LEFT_OUT);
            rest = &after[end..];
        } else {
            rest = after;
        }
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(template: &str) -> String {
        let mut template = Template::try_from(template.to_owned()).unwrap();
        leave_out(&mut template);
        template.to_string()
    }

    fn left_of(name: &str, template: &str) -> String {
        let mut template = Template::try_from(template.to_owned()).unwrap();
        leave_out_of(name, &mut template);
        template.to_string()
    }

    #[test]
    fn what_is_called_a_secret_is_left_out_however_short_it_is() {
        for (name, template, expected) in [
            ("password", "hunter2", "(left out)"),
            ("Authorization", "Basic dXNlcjp4", "Basic (left out)"),
            ("Authorization", "Bearer {{jwt}}", "Bearer {{jwt}}"),
            ("X-Api-Key", "k1-{{app_id}}", "(left out){{app_id}}"),
            ("grant_type", "password", "password"),
            ("channel", "room-1", "room-1"),
        ] {
            assert_eq!(left_of(name, template), expected, "{name}");
        }
        for (template, expected) in [
            (
                r#"{"type":"auth","password": "hunter2","room":"a"}"#,
                r#"{"type":"auth","password": "(left out)","room":"a"}"#,
            ),
            (r#"{"token":"{{jwt}}","op":1}"#, r#"{"token":"{{jwt}}","op":1}"#),
            ("user=ada&pass=hunter2&x=1", "user=ada&pass=(left out)&x=1"),
            (r#"{"op":"ping","at":"12:30"}"#, r#"{"op":"ping","at":"12:30"}"#),
            ("0123456789abcdefghijk", "(left out)"),
        ] {
            assert_eq!(left(template), expected);
        }
    }
}
