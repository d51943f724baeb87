//! Text with the names in it that only one run knows: ids, fingerprints, ports.

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// What another run calls by another name.
    Name(&'a str),
    /// What it says as well.
    Plain(&'a str),
}

/// The pieces of `text`.
pub fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let (mut at, mut pending) = (0, None);
    std::iter::from_fn(move || {
        if let Some(part) = pending.take() {
            return Some(part);
        }
        let (before, rest) = text.split_at(at);
        let is_word = rest.starts_with(of_a_word);
        let length = rest.find(|character| of_a_word(character) != is_word).unwrap_or(rest.len());
        let piece = rest.get(..length).filter(|piece| !piece.is_empty())?;
        at += length;
        Some(match trace(piece) {
            Some((session, request)) => {
                pending = Some(Part::Plain(request));
                Part::Name(session)
            }
            None if is_name(piece) || is_port(before, piece) => Part::Name(piece),
            None => Part::Plain(piece),
        })
    })
}

fn of_a_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '…')
}

/// A trace id of ours: the session, and which request of it.
fn trace(word: &str) -> Option<(&str, &str)> {
    let (session, request) = word.split_at_checked(8)?;
    let number = request.strip_prefix('-').filter(|number| number.len() < 8 && is_number(number));
    number.filter(|_| is_name(session)).map(|_| (session, request))
}

/// A fingerprint, a UUID, or a session of which only the ends are shown.
fn is_name(word: &str) -> bool {
    let is_hex = word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_hex || word.contains('…') && !word.ends_with('…')
}

/// A port of this computer, behind its address: whatever was free.
fn is_port(before: &str, word: &str) -> bool {
    let of_an_address = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b':' | b'[' | b']');
    let Some(before) = before.strip_suffix(':').filter(|_| is_number(word)) else { return false };
    let length = before.bytes().rev().take_while(|byte| of_an_address(*byte)).count();
    let address = before.get(before.len() - length..).unwrap_or_default();
    address.starts_with("127.") || address == "[::1]"
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_words() {
        let names = |text| {
            let name = |part| if let Part::Name(name) = part { Some(name) } else { None };
            parts(text).filter_map(name).collect::<Vec<_>>()
        };
        assert_eq!(names("trace id 0a000003-17"), ["0a000003"]);
        assert_eq!(names("{ sessionId: 'sess_7…9e' } tokenHash=84d7d749a436"), ["sess_7…9e", "84d7d749a436"]);
        assert_eq!(names("ws://127.0.0.1:40469 [::1]:9"), ["40469", "9"]);
        assert_eq!(names("id 123e4567-e89b-12d3-a456-426614174000"), ["123e4567-e89b-12d3-a456-426614174000"]);
        assert!(names("10.0.0.1:8443, 503 Service Unavailable after 10000 ms, feedback…").is_empty());
        let text = "trace id 0a000003-17 … 127.0.0.1:80";
        let whole: String = parts(text)
            .map(|part| match part {
                Part::Name(text) | Part::Plain(text) => text,
            })
            .collect();
        assert_eq!(whole, text);
    }
}
