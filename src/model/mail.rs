//! Mail addresses: they tell who somebody is.

use std::borrow::Cow;

/// What stands in the place of a mail address.
const STAND_IN: &str = "(mail address)";
/// How an at sign is spelt besides as it is, in lower case: in HTML and in JSON.
const SIGNS: [&str; 6] = ["&#64;", "&#064;", "&#x40;", "&commat;", "\\u0040", "\\x40"];
/// How people spell it who hide it from programs, in lower case; spaces may stand around it.
const WORDS: [&str; 5] = ["(at)", "[at]", "{at}", "<at>", "(@)"];
/// The same of the dot in a host's name.
const DOTS: [&str; 4] = ["(dot)", "[dot]", "{dot}", "<dot>"];

/// Whether `text` holds a mail address, whose host has a top-level domain of two letters or more (RFC 1123 §2.1).
pub fn is_mail(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let rest = &text[at + 1..];
        let host = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '.').unwrap_or(rest.len())];
        let is_host = host.trim_end_matches('.').rsplit_once('.').is_some_and(|(name, top)| {
            name.ends_with(char::is_alphanumeric) && top.chars().filter(|c| c.is_alphabetic()).count() >= 2
        });
        text[..at].ends_with(|c: char| c.is_alphanumeric() || "_-+".contains(c)) && is_host
    })
}

/// `text` without mail addresses. What stands before the host of an address (`wss://user@host`) is none.
pub fn without_mails(text: &str) -> Cow<'_, str> {
    without(text, |at| sign(at).map(|len| (len, false)).or_else(|| word(at).map(|len| (len, true))))
}

/// `text` without the mail addresses in which the at sign is a word: `jane (at) acme.example`.
pub fn without_worded_mails(text: &str) -> Cow<'_, str> {
    without(text, |at| word(at).map(|len| (len, true)))
}

/// `text` without the mail addresses whose sign is what `sign` finds: its length, and whether spaces may stand around it.
fn without(text: &str, sign: impl Fn(&str) -> Option<(usize, bool)>) -> Cow<'_, str> {
    let is_local = |letter: char| letter.is_alphanumeric() || "._-+".contains(letter);
    let (mut clean, mut copied, mut from) = (String::new(), 0, 0);
    while let Some(at) = text[from..].find(['@', '%', '&', '\\', '(', '[', '{', '<']).map(|found| from + found) {
        let Some((len, is_spaced)) = sign(&text[at..]) else {
            from = at + 1;
            continue;
        };
        from = at + len;
        let (mut before, mut after) = (&text[copied..at], &text[from..]);
        if is_spaced {
            (before, after) = (before.trim_end_matches(' '), after.trim_start_matches(' '));
        }
        let local = &before[before.trim_end_matches(is_local).len()..];
        let (host, length) = host(after);
        let begin = copied + before.len() - local.len();
        if text[..begin].ends_with("//") || !is_mail(&format!("{local}@{host}")) {
            continue;
        }
        clean.push_str(&text[copied..begin]);
        clean.push_str(STAND_IN);
        copied = text.len() - after.len() + length;
        from = copied;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    Cow::Owned(clean + &text[copied..])
}

/// The host's name with which `text` begins, and how many bytes of it that is.
fn host(text: &str) -> (String, usize) {
    let is_host = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '.';
    let (mut name, mut length) = (String::new(), 0);
    loop {
        let rest = &text[length..];
        let part = &rest[..rest.find(|letter| !is_host(letter)).unwrap_or(rest.len())];
        name.push_str(part);
        length += part.len();
        let rest = &text[length..];
        let dot = rest.trim_start_matches(' ');
        let Some(found) = DOTS.iter().find(|dotted| begins(dot, dotted)) else { break };
        name.push('.');
        let behind = &dot[found.len()..];
        length = text.len() - behind.trim_start_matches(' ').len();
    }
    let ended = name.trim_end_matches('.');
    // A full stop ends the sentence.
    let length = length - (name.len() - ended.len()).min(length);
    (ended.to_owned(), length)
}

/// The length of the at sign with which `text` begins, as it is or as programs spell it: percent-encoded once or more.
fn sign(text: &str) -> Option<usize> {
    if let Some(coded) = text.strip_prefix('%') {
        let rest = coded.trim_start_matches("25");
        return rest.starts_with("40").then(|| text.len() - rest.len() + 2);
    }
    if text.starts_with('@') {
        return Some(1);
    }
    SIGNS.iter().find(|sign| begins(text, sign)).map(|sign| sign.len())
}

/// The same as people spell it.
fn word(text: &str) -> Option<usize> {
    WORDS.iter().find(|word| begins(text, word)).map(|word| word.len())
}

fn begins(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_addresses_are_left_out_and_hosts_stay() {
        for (text, expected) in [
            ("user jane.doe+x@acme.example, locked", "user (mail address), locked"),
            ("?user=jane%40acme.example&v=1", "?user=(mail address)&v=1"),
            ("a@b.de b@c.de.", "(mail address) (mail address)."),
            ("wss://jane@api.acme.example/ws", "wss://jane@api.acme.example/ws"),
            ("x@y and @here", "x@y and @here"),
            ("?user=jane%2540acme.example&v=1", "?user=(mail address)&v=1"),
            ("?user=jane%252540acme.example", "?user=(mail address)"),
            ("jane&#64;acme.example is locked", "(mail address) is locked"),
            ("jane&#X40;acme.example, jane&commat;acme.example", "(mail address), (mail address)"),
            ("jane\\u0040acme.example", "(mail address)"),
            ("ask jane (at) acme.example.", "ask (mail address)."),
            ("ask jane [AT] acme [dot] example now", "ask (mail address) now"),
            ("jane(at)acme(dot)example", "(mail address)"),
            ("100 %40 of 5 (at) most, a (dot) b", "100 %40 of 5 (at) most, a (dot) b"),
        ] {
            assert_eq!(without_mails(text), expected);
            assert_eq!(without_mails(expected), expected, "a second time nothing changes");
        }
        assert_eq!(without_worded_mails("a@b.de, jane (at) acme.example"), "a@b.de, (mail address)");
    }
}
