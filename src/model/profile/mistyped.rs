//! What people type wrong in an address, and what to write instead.

use std::net::IpAddr;

use strsim::osa_distance;

use crate::model::SafeText;
use crate::model::text::is_unprintable;

/// The schemes that addresses of this program have, each with what it is for.
const SCHEMES: [(&str, &str); 4] =
    [("https", "for requests"), ("http", "for requests"), ("wss", "a WebSocket's"), ("ws", "a WebSocket's")];

/// Longest part of an address that is shown again.
const SHOWN: usize = 80;

/// What is wrong with how `text` is spelt as an address with one of `schemes`, the one without TLS first, and what to write
/// instead; `None` if it is spelt as addresses are (RFC 3986).
pub fn mistyped(text: &str, schemes: [&str; 2]) -> Option<String> {
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return Some(format!("no address stands there; {}", example(schemes)));
    }
    // A query is free to have what addresses do not have elsewhere.
    let base = text.split(['?', '#']).next().unwrap_or_default();
    invisible(text)
        .or_else(|| surrounded(base))
        .or_else(|| placeholder(base))
        .or_else(|| backslashes(base))
        .or_else(|| scheme(base, schemes))
        .or_else(|| space(base))
        .or_else(|| authority(base, schemes))
}

/// What was expected, where nothing nearer is known.
fn example([_, encrypted]: [&str; 2]) -> String {
    format!("expected an address such as \"{encrypted}://api.example.com\"")
}

/// `address` as it may be shown again: without what may be secret in it.
fn shown(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = address.split_once("://").map_or(("", address), |(scheme, rest)| (scheme, rest));
    let (authority, path) =
        rest.split_once('/').map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let dash = if scheme.is_empty() { "" } else { "://" };
    SafeText::with_limit(&format!("{scheme}{dash}{host}{path}"), SHOWN).to_string()
}

/// What is there and is not seen: typed by a word processor, or copied with the rest.
fn invisible(text: &str) -> Option<String> {
    let is_invisible = |c: char| c != ' ' && (c.is_whitespace() || is_unprintable(c));
    let (at, found) = text.char_indices().find(|(_, c)| is_invisible(*c))?;
    let place = match shown(&text[..at]) {
        none if none.is_empty() => "before it".to_owned(),
        before => format!("behind “{before}”"),
    };
    let name = match found {
        '\u{200b}' => "a zero width space",
        '\u{feff}' => "a byte order mark",
        '\u{a0}' | '\u{202f}' => "a no-break space",
        '\t' => "a tab",
        '\n' | '\r' => "a line break",
        _ if found.is_whitespace() => "a space",
        _ => "a mark",
    };
    let number = u32::from(found);
    Some(format!(
        "a character that cannot be seen stands {place} (U+{number:04X}, {name}); expected the address typed anew"
    ))
}

/// Quotation marks, brackets or words around the address.
fn surrounded(text: &str) -> Option<String> {
    let (before, rest) = text.split_once("://")?;
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let scheme = before.rsplit(|c: char| !is_letter(c)).next().unwrap_or_default();
    let inner = rest.trim_end_matches(['"', '\'', '>', ')', '}', '”', '’', ';', ',', ' ']);
    // A path may end with some of them (RFC 3986 §3.3). Placeholders are told of as such.
    let is_of_path = rest.contains('/') && rest[inner.len()..].chars().all(|c| matches!(c, '\'' | ')' | ';' | ','));
    let is_whole =
        before.len() == scheme.len() && (inner.len() == rest.len() || is_of_path || rest.contains(['<', '{']));
    (!is_whole && !scheme.is_empty()).then(|| {
        format!("something stands around the address; expected “{}” alone", shown(&format!("{scheme}://{inner}")))
    })
}

/// A part that somebody was to replace.
fn placeholder(text: &str) -> Option<String> {
    // A path may have a $ of its own.
    let host = text.split_once("://").map_or(0, |(scheme, _)| scheme.len() + 3);
    let begin = text.find(['<', '{']).map(|at| if text[..at].ends_with('$') { at - 1 } else { at });
    let begin = begin.or_else(|| text[host..].starts_with('$').then_some(host))?;
    let end = text.rfind(['>', '}']).map_or(text.len(), |end| end + 1);
    let part = shown(text.get(begin..end).unwrap_or(&text[begin..]));
    Some(format!("“{part}” stands for something else; expected the service's own in its place"))
}

fn backslashes(text: &str) -> Option<String> {
    let with_slashes = text.contains('\\').then(|| text.replace('\\', "/"))?;
    let (scheme, rest) = with_slashes.split_once(':')?;
    let parts: Vec<_> = rest.split('/').filter(|part| !part.is_empty()).collect();
    let address = shown(&format!("{scheme}://{}", parts.join("/")));
    Some(format!("an address has slashes (/) and no backslashes (\\); expected “{address}”"))
}

/// No scheme, half of one, two of them, or another one.
fn scheme(text: &str, [plain, encrypted]: [&str; 2]) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let known = |begins: &str| {
        let all = SCHEMES.iter().map(|(name, _)| *name);
        all.filter(|name| begins.starts_with(name)).max_by_key(|name| name.len())
    };
    let Some((scheme, rest)) = text.split_once("://") else {
        if let Some(half) = known(&lower) {
            let behind = &text[half.len()..];
            let rest = behind.trim_start_matches([':', '/']);
            let is_port = behind.starts_with(':') && rest.starts_with(|c: char| c.is_ascii_digit()) && half.len() > 2;
            if behind.starts_with([':', '/']) && !is_port && !rest.is_empty() && behind != format!("/{rest}") {
                return Some(format!("behind {half} belongs “://”; expected “{}”", shown(&format!("{half}://{rest}"))));
            }
        }
        if text.starts_with('/') && !text.starts_with("//") {
            return Some(format!("this is a path, and the host is missing; {}", example([plain, encrypted])));
        }
        let rest = text.trim_start_matches('/');
        let usual = if is_near(rest) { plain } else { encrypted };
        return Some(format!("the scheme is missing; expected “{}”", shown(&format!("{usual}://{rest}"))));
    };
    if let Some(second) = known(&rest.to_ascii_lowercase())
        && let Some(behind) = rest[second.len()..].strip_prefix(':').or_else(|| rest[second.len()..].strip_prefix("//"))
        && !behind.starts_with(|c: char| c.is_ascii_digit())
    {
        let rest = behind.trim_start_matches('/');
        return Some(format!("the scheme stands there twice; expected “{}”", shown(&format!("{second}://{rest}"))));
    }
    let named = scheme.to_ascii_lowercase();
    if [plain, encrypted].contains(&&*named) {
        return None;
    }
    let meant = if named.ends_with('s') && named != "ws" { encrypted } else { plain };
    let slip = if named.len() < plain.len().max(4) { 1 } else { 2 };
    let expected = shown(&format!("{meant}://{rest}"));
    match SCHEMES.iter().find(|(name, _)| *name == named) {
        Some((_, what)) => Some(format!("the scheme is \"{named}\", which is {what}; expected “{expected}”")),
        None if osa_distance(&named, meant) <= slip => {
            Some(format!("the scheme is \"{}\"; expected “{expected}”", SafeText::with_limit(scheme, 16)))
        }
        None => None,
    }
}

/// Whether the host of `rest`, which follows a scheme, is one that is rarely asked by TLS: this computer, or an IP address.
fn is_near(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

fn space(text: &str) -> Option<String> {
    let (before, _) = text.split_once(' ')?;
    Some(format!("a space stands behind “{}”; expected an address without spaces", shown(before)))
}

/// A host that cannot be one, and a port that is none.
fn authority(text: &str, schemes: [&str; 2]) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return None;
    }
    let (host, port) = match authority.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((_, port)) => ("", port.strip_prefix(':')),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    if let Some(port) = port.filter(|port| !port.is_empty() && !port.parse::<u16>().is_ok_and(|port| port > 0)) {
        let port = SafeText::with_limit(port, 16);
        return Some(format!("“{port}” is no port; expected a number from 1 to 65535"));
    }
    if let Some(wrong) = host.chars().find(|c| c.is_ascii_punctuation() && !matches!(c, '.' | '-' | '_' | '%')) {
        return Some(format!(
            "“{wrong}” has no place in the name of a host; expected one name such as api.example.com"
        ));
    }
    if host.starts_with('.') || host.contains("..") {
        return Some(format!("a part is missing between the dots of “{}”; {}", shown(host), example(schemes)));
    }
    host.split('.').find_map(look_alike)
}

/// A letter of another script among Latin ones, which looks like one of them (UTS #39 §5.1).
fn look_alike(label: &str) -> Option<String> {
    let script = |c: char| match c {
        '\u{370}'..='\u{3ff}' => Some("Greek"),
        '\u{400}'..='\u{52f}' => Some("Cyrillic"),
        _ => None,
    };
    let has_latin = label.chars().any(|c| c.is_ascii_alphabetic());
    let (letter, script) = label.chars().filter(|_| has_latin).find_map(|c| Some((c, script(c)?)))?;
    Some(format!(
        "the letter “{letter}” of “{}” is {script} (U+{:04X}) and only looks like a Latin one; expected the name typed anew",
        shown(label),
        u32::from(letter)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_wrong_is_named_with_what_to_write() {
        for (text, expected) in [
            ("", "no address"),
            ("api.example.com", "scheme is missing; expected “https://api.example.com”"),
            ("api.example.com:8443/x", "“https://api.example.com:8443/x”"),
            ("localhost:8080", "“http://localhost:8080”"),
            ("127.0.0.1:8080", "“http://127.0.0.1:8080”"),
            ("//api.example.com", "“https://api.example.com”"),
            ("/api/v1", "this is a path"),
            ("http.example.com", "“https://http.example.com”"),
            ("https//api.example.com", "“://”; expected “https://api.example.com”"),
            ("https:/api.example.com", "“https://api.example.com”"),
            ("https:api.example.com", "“https://api.example.com”"),
            ("htps://api.example.com", "\"htps\"; expected “https://api.example.com”"),
            ("ws://api.example.com", "\"ws\", which is a WebSocket's; expected “http://api.example.com”"),
            ("wss://api.example.com", "expected “https://api.example.com”"),
            ("https://https://api.example.com", "twice; expected “https://api.example.com”"),
            ("https://http//api.example.com", "twice"),
            (r"https:\\api.example.com\api", "no backslashes (\\); expected “https://api.example.com/api”"),
            (r"https://api.example.com\\api", "“https://api.example.com/api”"),
            ("https://api example.com", "a space stands behind “https://api”"),
            ("https://api.example.com/a b", "a space"),
            ("https://api.example.com:abc", "“abc” is no port"),
            ("https://api.example.com:70000", "from 1 to 65535"),
            ("https://api.example.com:0", "“0” is no port"),
            ("https://api.example.com:8080:3", "“8080:3” is no port"),
            ("https://[::1]:x", "“x” is no port"),
            ("https://api.exam\u{200b}ple.com", "behind “https://api.exam” (U+200B, a zero width space)"),
            ("\u{feff}https://api.example.com", "before it (U+FEFF"),
            ("https://api\u{a0}.example.com", "U+00A0, a no-break space"),
            ("https://api.example.com\t", "a tab"),
            ("'https://api.example.com'", "around the address; expected “https://api.example.com” alone"),
            ("<https://api.example.com>", "“https://api.example.com” alone"),
            ("[the API](https://api.example.com)", "“https://api.example.com” alone"),
            ("url: https://api.example.com", "“https://api.example.com” alone"),
            ("https://api.example.com;", "“https://api.example.com” alone"),
            ("https://<host>", "“<host>” stands for something else"),
            ("https://{{host}}/x", "“{{host}}” stands"),
            ("https://${API_HOST}/x", "“${API_HOST}” stands"),
            ("https://api,example.com", "“,” has no place"),
            ("https://*.example.com", "“*” has no place"),
            ("https://api..example.com", "between the dots"),
            ("https://\u{430}pi.example.com", "Cyrillic (U+0430)"),
            // What may be secret is not shown again.
            ("user:secret@api.example.com", "“https://api.example.com”"),
            ("api.example.com?token=secret", "“https://api.example.com”"),
        ] {
            let said = mistyped(text, ["http", "https"]).unwrap_or_default();
            assert!(said.contains(expected) && !said.contains("secret"), "{text}: {said}");
            assert!(said.contains("; expected "), "{text}: {said}");
        }
        let socket = mistyped("https://api.example.com", ["ws", "wss"]).unwrap();
        assert!(socket.contains("for requests; expected “wss://api.example.com”"), "{socket}");
    }

    #[test]
    fn what_is_an_address_is_left_alone() {
        for text in [
            "https://api.example.com",
            " https://api.example.com/ ",
            "HTTPS://api.example.com:443/a/b",
            "http://localhost:8080",
            "http://[::1]:8080/a",
            "https://b\u{fc}cher.example",
            "https://\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}.\u{440}\u{444}",
            "https://api_v1.example.com",
            "http://ws:8080",
            "http://http.example.com/https",
            "https://api.example.com.",
            "https://api.example.com/odata/$batch",
            "https://api.example.com/users('me')",
            "https://api.example.com/a?filter={b c}",
            // These are told of elsewhere.
            "https://user:pw@api.example.com",
            "ftp://api.example.com",
        ] {
            assert_eq!(mistyped(text, ["http", "https"]), None, "{text}");
        }
    }
}
