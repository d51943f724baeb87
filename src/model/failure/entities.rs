//! Character references of HTML (HTML §13.5), with which pages write characters of their sentences.

/// Those that sentences of pages have, by name.
const NAMED: [(&str, char); 20] = [
    ("amp", '&'),
    ("apos", '\''),
    ("bull", '•'),
    ("copy", '©'),
    ("gt", '>'),
    ("hellip", '…'),
    ("laquo", '«'),
    ("ldquo", '“'),
    ("lsquo", '‘'),
    ("lt", '<'),
    ("mdash", '—'),
    ("middot", '·'),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("quot", '"'),
    ("raquo", '»'),
    ("rdquo", '”'),
    ("reg", '®'),
    ("rsquo", '’'),
    ("trade", '™'),
];
/// A longer one is none.
const MAX_NAME: usize = 8;

/// `text` with the characters that its references stand for; what is no reference stays as it is.
pub(super) fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let reference = after.split_once(';').filter(|(name, _)| name.len() <= MAX_NAME);
        match reference.and_then(|(name, behind)| Some((character(name)?, behind))) {
            Some((character, behind)) => {
                decoded.push(character);
                rest = behind;
            }
            None => {
                decoded.push('&');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

/// The character that a reference called `name` stands for.
fn character(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return NAMED.iter().find(|(known, _)| *known == name).map(|(_, character)| *character);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    code.ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_what_only_looks_like_one_stays() {
        for (text, expected) in [
            ("you&#39;re not a bot &amp; more", "you're not a bot & more"),
            ("Reference&#32;&#35;18&#46;5d", "Reference #18.5d"),
            ("We&rsquo;ll be &#x62;ack", "We’ll be back"),
            ("a & b; AT&T; &unknown; &#xfffffff; &;", "a & b; AT&T; &unknown; &#xfffffff; &;"),
            ("&amp;lt;", "&lt;"),
            ("", ""),
        ] {
            assert_eq!(decoded(text), expected);
        }
    }
}
