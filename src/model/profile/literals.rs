//! Words of a profile that may be secret, and what stands in their place.

use serde_json::Value;
use zeroize::Zeroizing;

use super::service::Matcher;
use super::template::Template;
use crate::model::secret_shape::{has_secret_shape, secret_parts};
use crate::model::{is_password_name, is_secret_name};

/// What stands in its place.
const LEFT_OUT: &str = "(left out)";
/// The same where an address is read again, which has no spaces.
const LEFT_OUT_OF_ADDRESS: &str = "left-out";
/// Shorter words than this, in bytes, are no secrets unless they are called so or look so.
const LONG_WORD: usize = 20;
/// The shortest word, in bytes, that is taken for a secret by its letters and digits where it is called one.
const MIN_NAMED: usize = 8;
/// The shortest word, in bytes, that is a password.
const MIN_PASSWORD: usize = 4;
/// What stands before a credential and says of which kind it is (RFC 9110 §11.1, and what services make of it).
const SCHEMES: [&str; 8] = ["basic", "bearer", "bot", "digest", "jwt", "key", "negotiate", "token"];

/// Leaves out what may be secret, and keeps what surely is.
#[derive(Default)]
pub(super) struct Literals {
    secrets: Vec<Zeroizing<String>>,
}

impl Literals {
    /// Those that were left out and surely are secrets.
    pub(super) fn into_secrets(self) -> Vec<Zeroizing<String>> {
        self.secrets
    }

    /// Leaves out of what `template` says itself what may be secret: long words, what looks like a secret, and what is called
    /// like one.
    pub(super) fn leave_out(&mut self, template: &mut Template) {
        *template = template.with_texts(|text| self.text(text));
    }

    /// The same of the value of a field, parameter or header called `name`.
    pub(super) fn leave_out_of(&mut self, name: &str, template: &mut Template) {
        if is_secret_name(name) {
            let is_scheme = |word: &str| SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
            *template = template.with_texts(|text| self.without_words(name, text, |word| !is_scheme(word)));
        } else {
            self.leave_out(template);
        }
    }

    /// The same of a path or of a whole address, which stay ones.
    pub(super) fn leave_out_of_address(&mut self, address: &mut Template) {
        *address = address.with_texts(|text| self.address_text(text));
    }

    /// The same of what is looked for in a message: its words stay, as it is known by them.
    pub(super) fn leave_out_of_matcher(&mut self, matcher: &mut Matcher) {
        for text in matcher.text.iter_mut().chain(&mut matcher.contains) {
            let named = self.without_named(text, LEFT_OUT);
            *text = self.without_parts(&named, LEFT_OUT);
        }
        for (pointer, wanted) in &mut matcher.fields {
            wanted.iter_mut().for_each(|wanted| self.leave_out_of_value(&pointer.to_string(), wanted));
        }
    }

    /// The same of a value that a message or an answer has to have where `pointer` leads.
    pub(super) fn leave_out_of_value(&mut self, pointer: &str, wanted: &mut Value) {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        match wanted {
            Value::String(text) => {
                let is_word = text.chars().all(|c| c.is_alphabetic() || "-_.: ".contains(c));
                let is_secret = is_password_name(name) || is_secret_name(name) && !is_word;
                *text = if is_secret {
                    self.without_words(name, text, |_| true)
                } else {
                    self.without_parts(text, LEFT_OUT)
                };
            }
            Value::Number(_) if is_password_name(name) => *wanted = LEFT_OUT.into(),
            Value::Array(items) => items.iter_mut().for_each(|item| self.leave_out_of_value(name, item)),
            Value::Object(fields) => fields.iter_mut().for_each(|(name, field)| self.leave_out_of_value(name, field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// What stands in the place of `value`, which no text is, in JSON that is sent as the field `name`, if it is left out.
    pub(super) fn in_place_of(name: &str, value: &Value) -> Option<Template> {
        (value.is_number() && is_password_name(name)).then(|| Template::literal(LEFT_OUT))
    }

    fn text(&mut self, text: &str) -> String {
        let named = self.without_named(text, LEFT_OUT);
        self.without_words("", &named, |word| word.len() >= LONG_WORD || has_secret_shape(word))
    }

    /// The same of the text of an address.
    pub(super) fn address_text(&mut self, text: &str) -> String {
        // Of a host nothing is left out; of who is to sign in there, all.
        let path = text.find("://").map_or(0, |scheme| {
            let authority = scheme + 3;
            authority + text[authority..].find(['/', '?']).unwrap_or(text.len() - authority)
        });
        let (host, path) = text.split_at(path);
        let host = match (host.find("://"), host.rfind('@')) {
            (Some(scheme), Some(at)) if at > scheme + 3 => {
                self.keep(&host[scheme + 3..at]);
                format!("{}{LEFT_OUT_OF_ADDRESS}{}", &host[..scheme + 3], &host[at..])
            }
            (Some(_) | None, Some(_) | None) => host.to_owned(),
        };
        let named = self.without_named(path, LEFT_OUT_OF_ADDRESS);
        host + &self.without_parts(&named, LEFT_OUT_OF_ADDRESS)
    }

    fn keep(&mut self, secret: &str) {
        self.secrets.push(Zeroizing::new(secret.to_owned()));
    }

    /// Keeps what of `word`, the value of `name`, is surely a secret and no word that a server may say.
    fn keep_sure(&mut self, name: &str, word: &str) {
        let parts = secret_parts(word);
        let has = |is_one: fn(&u8) -> bool| word.as_bytes().iter().any(is_one);
        if !parts.is_empty() {
            parts.into_iter().for_each(|part| self.keep(&word[part]));
        } else if is_password_name(name) && word.len() >= MIN_PASSWORD
            || is_secret_name(name)
                && word.len() >= MIN_NAMED
                && has(u8::is_ascii_digit)
                && has(u8::is_ascii_alphabetic)
        {
            self.keep(word);
        }
    }

    /// `text`, the value of `name`, without its words that are `secret`.
    fn without_words(&mut self, name: &str, text: &str, is_secret: impl Fn(&str) -> bool) -> String {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/' | '=');
        let mut word = |word: &str| {
            let alone = word.trim_end_matches(|c| !is_part(c));
            if alone.is_empty() || !is_secret(alone) {
                return word.to_owned();
            }
            self.keep_sure(name, alone);
            word.replacen(alone, LEFT_OUT, 1)
        };
        // What has been left out before stays so.
        let parts = text.split(LEFT_OUT);
        let parts = parts.map(|part| part.split_inclusive(|c| !is_part(c)).map(&mut word).collect::<String>());
        parts.collect::<Vec<_>>().join(LEFT_OUT)
    }

    /// `text` with `stand_in` for what looks like a secret.
    fn without_parts(&mut self, text: &str, stand_in: &str) -> String {
        let (mut kept, mut from) = (String::with_capacity(text.len()), 0);
        for part in secret_parts(text) {
            self.keep(&text[part.clone()]);
            kept.push_str(&text[from..part.start]);
            kept.push_str(stand_in);
            from = part.end;
        }
        kept + &text[from..]
    }

    /// `text` with `stand_in` for the values that it gives itself to names of secrets, as JSON (`"name": "value"`) or as a
    /// form (`name=value`).
    fn without_named(&mut self, text: &str, stand_in: &str) -> String {
        // What has been left out before stays so.
        let parts: Vec<_> = text.split(stand_in).map(|part| self.without_named_in(part, stand_in)).collect();
        parts.join(stand_in)
    }

    fn without_named_in(&mut self, text: &str, stand_in: &str) -> String {
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
                self.keep_sure(name, &after[start..end]);
                kept.push_str(&after[..start]);
                kept.push_str(stand_in);
                rest = &after[end..];
            } else {
                rest = after;
            }
        }
        kept + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(template: &str) -> String {
        let mut template = Template::try_from(template.to_owned()).unwrap();
        Literals::default().leave_out(&mut template);
        template.to_string()
    }

    fn left_of(name: &str, template: &str) -> String {
        let mut template = Template::try_from(template.to_owned()).unwrap();
        Literals::default().leave_out_of(name, &mut template);
        template.to_string()
    }

    fn left_of_address(address: &str) -> String {
        let mut template = Template::try_from(address.to_owned()).unwrap();
        Literals::default().leave_out_of_address(&mut template);
        template.to_string()
    }

    #[test]
    fn what_is_called_a_secret_is_left_out_however_short_it_is() {
        for (name, template, expected) in [
            ("password", "hunter2", "(left out)"),
            ("Authorization", "Basic dXNlcjp4", "Basic (left out)"),
            ("Authorization", "Bearer {{jwt}}", "Bearer {{jwt}}"),
            ("X-Api-Key", "k1-{{app_id}}", "(left out){{app_id}}"),
            ("X-Api-Key", "(left out){{app_id}}", "(left out){{app_id}}"),
            ("grant_type", "password", "password"),
            ("channel", "room-1", "room-1"),
            ("channel", "k9X2mQ7vB4nL8pR1", "(left out)"),
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
            ("user=ada&pass=(left out)&x=1", "user=ada&pass=(left out)&x=1"),
            (r#"{"op":"4c1f0e9a7b3d4e5f"}"#, r#"{"op":"(left out)"}"#),
        ] {
            assert_eq!(left(template), expected);
        }
    }

    #[test]
    fn an_address_keeps_its_host_and_its_words_and_stays_one() {
        const JWT: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln";
        for (address, expected) in [
            (&*format!("/hooks/{JWT}/ws"), "/hooks/left-out/ws"),
            ("/api/v1/terminals/websocket/{{name|url}}", "/api/v1/terminals/websocket/{{name|url}}"),
            ("wss://a1b2c3d4e5f6g7h8.example.com/k9X2mQ7vB4nL8pR1", "wss://a1b2c3d4e5f6g7h8.example.com/left-out"),
            ("wss://ada:hunter2@h.example/ws", "wss://left-out@h.example/ws"),
            ("wss://h.example/ws?v=2&pwd=x&a={{b}}", "wss://h.example/ws?v=2&pwd=left-out&a={{b}}"),
            ("{{url}}/feed/4c1f0e9a7b3d4e5f", "{{url}}/feed/left-out"),
        ] {
            assert_eq!(left_of_address(address), expected);
        }
    }
}
