//! The browser's log as Selenium and WebDriver give it: as a JSON list, JSON Lines, or as Python prints it.

use chrono::DateTime;
use serde_json::Value;

use super::line::say;
use super::said::{ConsoleText, MAX_LINES, ParsedLine};
use crate::evidence::sighting::Time;
use crate::model::{Browser, Timing};

/// Reads it; `None` if it is something else.
pub fn parse(text: &str) -> Option<ConsoleText> {
    let entries = of_json(text).or_else(|| of_python(text))?;
    let mut console = ConsoleText { browser: Some(Browser::Chromium), ..ConsoleText::default() };
    for (at, message) in entries.iter().take(MAX_LINES) {
        // It begins with the file, its line and, for what was printed, the text in quotes.
        let words = message.splitn(3, ' ').collect::<Vec<_>>();
        let rest = match words[..] {
            [file, place, rest] if file.contains("://") && place.starts_with(|c: char| c.is_ascii_digit()) => rest,
            // Of what no line of a script did the place is a dash; what was not loaded stands before it.
            [page, "-", rest] if page.contains("://") && !rest.starts_with("Failed to load resource") => rest,
            _ => message,
        };
        let unquoted = serde_json::from_str::<String>(rest).unwrap_or_else(|_| rest.to_owned());
        if let Some(said) = say(unquoted.trim(), &mut console.browser) {
            console.lines.push(ParsedLine { at: *at, said });
        }
    }
    let is_dated = console.lines.iter().all(|line| line.at.is_some()) && !is_of_one_moment(&console.lines);
    if !is_dated {
        console.lines.iter_mut().for_each(|line| line.at = None);
    }
    console.timing = Some(if is_dated { Timing::Dated } else { Timing::Order });
    Some(console)
}

/// Whether the lines have the time at which they were fetched, all together, and not that at which they were printed: no
/// chain of three requests is that fast.
fn is_of_one_moment(lines: &[ParsedLine]) -> bool {
    const AT_ONCE: chrono::TimeDelta = chrono::TimeDelta::milliseconds(20);
    let times = || lines.iter().filter_map(|line| line.at);
    let span = times().max().zip(times().min()).map(|(last, first)| last - first);
    lines.len() > 2 && span.is_some_and(|span| span <= AT_ONCE)
}

type Entry = (Option<Time>, String);

fn of_json(text: &str) -> Option<Vec<Entry>> {
    let list = match text.trim_start().as_bytes().first()? {
        b'[' => match serde_json::from_str(text.trim()).ok()? {
            Value::Array(list) => list,
            _ => return None,
        },
        b'{' => {
            let lines = text.lines().filter(|line| !line.trim().is_empty()).take(MAX_LINES);
            lines.map(|line| serde_json::from_str(line).ok()).collect::<Option<Vec<Value>>>()?
        }
        _ => return None,
    };
    let entry = |entry: &Value| {
        let message = entry.get("message")?.as_str()?.to_owned();
        entry.get("level")?;
        Some((entry.get("timestamp").and_then(Value::as_f64).and_then(date), message))
    };
    list.iter().map(entry).collect()
}

/// `{'level': 'SEVERE', 'message': "…", 'source': 'network', 'timestamp': 1539770336993}`, one or many.
fn of_python(text: &str) -> Option<Vec<Entry>> {
    const MESSAGE: &str = "'message': ";
    if !text.contains("'level': ") {
        return None;
    }
    let mut entries = Vec::new();
    let mut rest = text;
    while let Some(place) = rest.find(MESSAGE).filter(|_| entries.len() < MAX_LINES) {
        rest = &rest[place + MESSAGE.len()..];
        let Some(quote) = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"')) else { continue };
        let mut message = String::new();
        let mut letters = rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => message.extend(letters.next().map(|(_, letter)| letter)),
                letter if letter == quote => {
                    rest = &rest[at + 1..];
                    break;
                }
                letter => message.push(letter),
            }
        }
        let end = rest.find(MESSAGE).unwrap_or(rest.len());
        let millis = rest[..end].split_once("'timestamp': ").map(|(_, rest)| rest.trim_start());
        let millis = millis.and_then(|rest| rest.split(|it: char| !it.is_ascii_digit()).next()?.parse().ok());
        entries.push((millis.and_then(date), message));
    }
    (!entries.is_empty()).then_some(entries)
}

fn date(millis: f64) -> Option<Time> {
    DateTime::from_timestamp_millis(millis as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_read_as_json_and_as_python_prints_it() {
        let message = r#"https://app.example.com/main.js 39221 WebSocket connection to 'wss://api.example.com/ws' failed: Error during WebSocket handshake: Unexpected response code: 502"#;
        let json = format!(r#"{{"level":"SEVERE","message":"{message}","timestamp":1539770336993}}"#);
        let python = format!(
            r#"{{'level': 'SEVERE', 'message': "{message}", 'source': 'javascript', 'timestamp': 1539770336993}}"#
        );
        for text in
            [format!("[{json}]"), format!("{json}\n{json}"), format!("[{python}]"), format!("{python}\n{python}\n")]
        {
            let console = parse(&text).unwrap();
            assert!(!console.lines.is_empty() && console.timing == Some(Timing::Dated), "{text}");
            assert!(console.lines.iter().all(|line| line.at.unwrap().timestamp() == 1_539_770_336), "{text}");
        }
        assert!(parse("[1, 2]").is_none() && parse("hello").is_none());
    }
}
