//! Text that came from outside and may be shown.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Text from a server, a file or the network, made harmless when it is taken in.
///
/// Control characters (terminal escapes, newlines) and Unicode's bidirectional and invisible
/// formatting characters stand as `\u{…}`, and the length is bounded, so it can be printed, logged and
/// drawn as it is.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct SafeText(Box<str>);

impl SafeText {
    /// Characters kept of a text; what is beyond is replaced by `…`.
    pub const MAX_CHARS: usize = 512;

    /// Takes in `text`, escaped and cut to [`Self::MAX_CHARS`].
    pub fn new(text: &str) -> Self {
        Self::with_limit(text, Self::MAX_CHARS)
    }

    /// Takes in `text`, escaped and cut to `limit` of its characters.
    pub fn with_limit(text: &str, limit: usize) -> Self {
        let mut safe = String::with_capacity(text.len().min(limit));
        let mut characters = text.chars();
        for character in characters.by_ref().take(limit) {
            if is_unprintable(character) {
                safe.extend(character.escape_unicode());
            } else {
                safe.push(character);
            }
        }
        if characters.next().is_some() {
            safe.push('…');
        }
        Self(safe.into())
    }

    /// Takes in bytes of unknown encoding; what is not UTF-8 stands as `\u{fffd}`.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self::new(&String::from_utf8_lossy(bytes))
    }

    /// Takes in a path; what of it is not Unicode stands as `\u{fffd}`.
    pub fn of_path(path: &Path) -> Self {
        Self::with_limit(&path.to_string_lossy(), usize::MAX)
    }

    /// The harmless text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `text` without what would have to be escaped, in one line with single spaces: to be quoted among other words.
    pub fn readable(text: &str) -> String {
        let words = text.split_whitespace().map(|word| word.replace(is_unprintable, ""));
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether `character` does something to a terminal or a line of text instead of being seen.
pub(crate) fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl From<String> for SafeText {
    fn from(text: String) -> Self {
        // A recording holds text that was cut already; it may be longer by the escapes and the `…`.
        Self::with_limit(&text, usize::MAX)
    }
}

impl From<&str> for SafeText {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<SafeText> for String {
    fn from(text: SafeText) -> Self {
        text.0.into()
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_bidi_characters_are_spelt_out() {
        assert_eq!(SafeText::new("\u{1b}[31mred\u{202e}evil\n").as_str(), r"\u{1b}[31mred\u{202e}evil\u{a}");
        assert_eq!(SafeText::new("ORIGIN_BLOCKED ✓ 日本").as_str(), "ORIGIN_BLOCKED ✓ 日本");
    }

    #[test]
    fn length_is_bounded_and_taking_in_twice_changes_nothing() {
        let once = SafeText::new(&"\u{7}".repeat(2_000));
        assert_eq!(once.as_str().chars().filter(|&c| c == '\\').count(), SafeText::MAX_CHARS);
        assert!(once.as_str().ends_with('…'));
        assert_eq!(SafeText::from(once.as_str().to_owned()), once);
    }
}
