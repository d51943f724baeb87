//! The text of a browser's console: when each of its lines was printed, and what it says.

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::line::say;
use super::said::{ConsoleText, MAX_LINE, MAX_LINES, ParsedLine};
use super::transcript::Transcript;
use super::webdriver;
use crate::evidence::sighting::Time;
use crate::model::{Browser, Timing};

/// When a line was printed, as far as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamp {
    /// The time of day.
    Day(NaiveTime),
    /// The date too.
    Date(Time),
}

/// Reads the text of a console; nothing of use may be in it.
pub fn parse(text: &str) -> ConsoleText {
    if let Some(console) = webdriver::parse(text) {
        return console;
    }
    let mut console = ConsoleText::default();
    let mut day = TimeDelta::zero();
    let mut newest: Option<Time> = None;
    let (mut timed, mut dated, mut untimed) = (0_u32, 0_u32, 0_u32);
    let mut transcript = Transcript::default();
    for raw in whole(text) {
        let raw = raw.as_str();
        let (stamp, rest) = match of_log(raw) {
            Some((stamp, text)) => (Some(stamp), text),
            None => {
                let (stamp, rest) = time_of(raw);
                (stamp, rest.to_owned())
            }
        };
        let said = say(&rest, &mut console.browser).map(|said| transcript.placed(said));
        let said = said.or_else(|| transcript.say(&rest));
        if let Some(named) = transcript.named.as_ref().filter(|url| matches!(url.scheme(), "ws" | "wss")) {
            console.named = Some(named.clone());
        }
        let Some(said) = said else { continue };
        if let Some(host) = page_of(&rest) {
            console.browser.get_or_insert(Browser::Firefox);
            console.origin = Some(host);
        }
        let at = stamp.map(|stamp| match stamp {
            Stamp::Date(at) => at,
            // A console that was open at midnight.
            Stamp::Day(time) => {
                let at = DateTime::<Utc>::UNIX_EPOCH + (time - NaiveTime::MIN) + day;
                match newest {
                    Some(newest) if newest - at > TimeDelta::hours(12) => {
                        day += TimeDelta::days(1);
                        at + TimeDelta::days(1)
                    }
                    _ => at,
                }
            }
        });
        newest = at.or(newest);
        timed += u32::from(at.is_some());
        dated += u32::from(matches!(stamp, Some(Stamp::Date(_))));
        untimed += u32::from(at.is_none());
        console.lines.push(ParsedLine { at, said });
    }
    // Whoever sends a text saves it, finds that it has no times, and saves it again behind the first.
    let (with_time, rest): (Vec<_>, Vec<_>) =
        std::mem::take(&mut console.lines).into_iter().partition(|line| line.at.is_some());
    let is_timed = timed > 0;
    if is_timed && untimed > 0 {
        let origin = console.origin.clone();
        console.untimed =
            Some(Box::new(ConsoleText { lines: rest, timing: Some(Timing::Order), origin, ..ConsoleText::default() }));
        console.lines = with_time;
    } else {
        console.lines = if is_timed { with_time } else { rest };
    }
    console.timing = Some(match is_timed {
        true if dated == timed => Timing::Dated,
        true => Timing::TimeOfDay,
        false => Timing::Order,
    });
    console
}

/// The lines of `text`, those put together that Firefox breaks when they are marked and copied: the address of a request,
/// its status, an object and the place in the code stand in lines of their own.
fn whole(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for raw in text.lines().take(MAX_LINES) {
        let raw: String = raw.chars().take(MAX_LINE).collect();
        // A mail program's mark of what is quoted.
        let line = raw.trim_start_matches(['>', ' ', '\t']).trim_end();
        match lines.last_mut().filter(|last| last.len() < MAX_LINE && continues(last, line)) {
            Some(last) => {
                last.push(' ');
                last.push_str(line);
            }
            None => lines.push(line.to_owned()),
        }
    }
    lines
}

/// Whether `line` is the rest of `last`.
fn continues(last: &str, line: &str) -> bool {
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];
    let mut words = last.split(' ').skip_while(|word| *word == "XHR" || clock(word).is_some());
    let is_request = words.next().is_some_and(|word| METHODS.contains(&word));
    let is_address = ["http://", "https://", "ws://", "wss://"].iter().any(|scheme| line.starts_with(scheme));
    let is_end = ["[HTTP/", "NS_ERROR_", "CORS "].iter().any(|start| line.starts_with(start));
    if is_request && (is_address || is_end) {
        return true;
    }
    let is_object =
        ["Object {", "close {", "error {", "Response {", "CloseEvent {"].iter().any(|start| line.starts_with(start));
    !last.is_empty() && !is_placed(last) && (is_object || is_placed(line) && !line.contains(' '))
}

/// Whether a line ends with `file:line:column`, as all do that Firefox prints for the page.
fn is_placed(line: &str) -> bool {
    let mut parts = line.rsplit(' ').next().unwrap_or_default().rsplit(':');
    let mut is_number =
        || parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    is_number() && is_number() && parts.next().is_some_and(|file| !file.is_empty())
}

/// A line of Chrome's own log file: `[811:811:1128/224757.123456:INFO:CONSOLE:14] "text", source: https://… (14)`.
fn of_log(line: &str) -> Option<(Stamp, String)> {
    let (head, rest) = line.strip_prefix('[')?.split_once("] \"")?;
    let (_, clock) = head.split_once(":CONSOLE").and_then(|(head, _)| head.rsplit_once('/'))?;
    let clock = clock.split(':').next()?;
    let time =
        NaiveTime::parse_from_str(clock, "%H%M%S%.6f").or_else(|_| NaiveTime::parse_from_str(clock, "%H%M%S")).ok()?;
    let (text, _) = rest.rsplit_once("\", source:")?;
    Some((Stamp::Day(time), text.to_owned()))
}

/// The time with which a line begins, and the rest of it.
fn time_of(line: &str) -> (Option<Stamp>, &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let is_bracketed = word.starts_with('[');
    let word = word.trim_matches(['[', ']', ',']);
    // Chrome's bracket ends behind a space.
    let rest = rest.trim_start();
    let rest = if is_bracketed { rest.strip_prefix(']').unwrap_or(rest).trim_start() } else { rest };
    if word.len() >= 19
        && let Ok(date) = DateTime::parse_from_rfc3339(word)
    {
        return (Some(Stamp::Date(date.with_timezone(&Utc))), rest);
    }
    if let Ok(date) = NaiveDateTime::parse_from_str(word, "%Y-%m-%dT%H:%M:%S%.f") {
        return (Some(Stamp::Day(date.time())), rest);
    }
    // `2026-03-03 14:02:01.123`: in whichever zone. Android's log leaves the year out.
    if matches!(word.len(), 5 | 10)
        && word.contains(['-', '/', '.'])
        && word.split(['-', '/', '.']).all(|part| part.parse::<u32>().is_ok())
    {
        let (time, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        return match clock(time) {
            Some(time) => half_of_day(time, rest),
            None => (None, line),
        };
    }
    match clock(word) {
        Some(time) if word.len() >= 7 => half_of_day(time, rest),
        Some(_) | None => (None, line),
    }
}

fn clock(word: &str) -> Option<NaiveTime> {
    let word = word.trim_matches(['[', ']', ',']);
    let forms = ["%H:%M:%S%.f", "%H:%M:%S:%3f", "%H:%M:%S,%3f", "%H.%M.%S%.f"];
    forms.iter().find_map(|form| NaiveTime::parse_from_str(word, form).ok())
}

/// The time of a clock with twelve hours, if that is what follows.
fn half_of_day(time: NaiveTime, rest: &str) -> (Option<Stamp>, &str) {
    use chrono::Timelike as _;

    let rest = rest.trim_start();
    let (word, after) = rest.split_once([' ', '\u{202f}']).unwrap_or((rest, ""));
    let half = word.trim_matches(['[', ']', ',']).to_ascii_lowercase().replace('.', "");
    let hour = match half.as_str() {
        "am" => time.hour() % 12,
        "pm" => time.hour() % 12 + 12,
        _ => return (Some(Stamp::Day(time)), rest),
    };
    (time.with_hour(hour).map(Stamp::Day), after.trim_start())
}

/// The origin of the page, from `host:line:column` at the end of a line that was copied out of Firefox. It does not have
/// the scheme: without TLS pages are served from the developer's own computer only.
fn page_of(line: &str) -> Option<String> {
    let place = line.rsplit(' ').next()?;
    let (rest, column) = place.rsplit_once(':')?;
    let (host, _) = rest.rsplit_once(':').filter(|(_, number)| number.parse::<u32>().is_ok())?;
    column.parse::<u32>().ok()?;
    let name = host.split(':').next()?;
    let is_host = name == "localhost" || name.contains('.') && !name.ends_with(".js") && !name.ends_with(".ts");
    let is_plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '.' || letter == '-');
    let scheme = if name == "localhost" || name.starts_with("127.") { "http" } else { "https" };
    (is_host && is_plain).then(|| format!("{scheme}://{host}"))
}
