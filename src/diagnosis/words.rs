//! Pieces of sentences that several findings share.

use super::problem::TITLE_DASH;
use crate::model::{Answer, Close, CloseCode, SafeText};

/// `title` with `answer` behind it.
pub(super) fn with(title: &str, answer: &str) -> String {
    format!("{title}{TITLE_DASH}{answer}")
}

/// `title` with how the socket was closed.
pub(super) fn closed(title: &str, close: &Close) -> String {
    let reason = if close.reason.is_empty() { String::new() } else { format!(" {}", close.reason) };
    match close.code {
        CloseCode::UNSEEN => format!("{title}{}{}", TITLE_DASH.trim_end(), reason),
        code => format!("{title}{TITLE_DASH}{code}{reason}"),
    }
}

/// `title` with what the server said each time, if that is known.
pub(super) fn closed_each_time(title: &str, close: Option<&Close>) -> String {
    close.map_or_else(|| title.to_owned(), |close| closed(title, close))
}

/// How often that happened, if it was more than once.
pub(super) fn in_a_row(times: u32) -> String {
    if times > 1 { format!(" It did so {times} times in a row.") } else { String::new() }
}

/// Characters of a peer's own words that are quoted.
const QUOTED: usize = 120;

/// What `answer` says itself, as a sentence behind others; nothing if it says nothing.
pub(super) fn quoted(answer: &Answer) -> String {
    in_quotes(answer.own_words())
}

/// The same of one that refuses a name and a password.
pub(super) fn quoted_to_login(answer: &Answer) -> String {
    in_quotes(answer.words_to_login())
}

fn in_quotes(words: Option<String>) -> String {
    let words = words.map(|words| words.split_whitespace().collect::<Vec<_>>().join(" "));
    words.map_or_else(String::new, |words| {
        let words = SafeText::with_limit(&words, QUOTED);
        let end = if words.as_str().ends_with(['.', '!', '?']) { "" } else { "." };
        format!(" It says: “{words}”{end}")
    })
}

/// `text` with a full stop, and with a capital unless it begins with a name: of a host, a path, a variable.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let is_word = |c: char| c.is_alphabetic() || "'’-,".contains(c);
    if !text.split(' ').next().is_some_and(|first| first.chars().all(is_word)) {
        return format!("{text}.");
    }
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_begins_with_a_capital_and_a_name_does_not() {
        for (text, expected) in [
            ("the certificate has expired", "The certificate has expired."),
            ("nowhere.test: there is no such name", "nowhere.test: there is no such name."),
            ("localhost: connection refused", "localhost: connection refused."),
            ("api.example:443: no answer.", "api.example:443: no answer."),
            ("/healthz: 503", "/healthz: 503."),
            ("what answers, is not HTTP.", "What answers, is not HTTP."),
        ] {
            assert_eq!(sentence(text), expected);
        }
    }
}
