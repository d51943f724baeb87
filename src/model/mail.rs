//! Mail addresses: they tell who somebody is.

use std::borrow::Cow;

/// What stands in the place of a mail address.
const STAND_IN: &str = "(mail address)";
/// How an at sign is spelt: as it is, and in an address.
const SIGNS: [&str; 2] = ["@", "%40"];

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
    let is_local = |letter: char| letter.is_alphanumeric() || "._-+".contains(letter);
    let is_host = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '.';
    let next = |from: usize| {
        let found = SIGNS.iter().filter_map(|sign| Some((text[from..].find(sign)? + from, sign.len())));
        found.min()
    };
    let (mut clean, mut copied, mut from) = (String::new(), 0, 0);
    while let Some((at, len)) = next(from) {
        from = at + len;
        let local = &text[copied..at];
        let local = &local[local.trim_end_matches(is_local).len()..];
        let host = &text[from..];
        let host = host[..host.find(|letter| !is_host(letter)).unwrap_or(host.len())].trim_end_matches('.');
        let begin = at - local.len();
        if text[..begin].ends_with("//") || !is_mail(&format!("{local}@{host}")) {
            continue;
        }
        clean.push_str(&text[copied..begin]);
        clean.push_str(STAND_IN);
        copied = from + host.len();
        from = copied;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    Cow::Owned(clean + &text[copied..])
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
        ] {
            assert_eq!(without_mails(text), expected);
        }
    }
}
