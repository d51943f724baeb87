//! The lines that a web app prints: the seed's (contract §4), and closes, refusals and errors as anybody prints them.

use url::Url;

use super::said::{LineMeaning, LostRequest};
use crate::evidence::browser_error::BrowserError;
use crate::model::{CloseCode, Profile};

/// The seed's lines, and closes, refusals and errors as anybody prints them.
pub fn say(line: &str) -> Option<LineMeaning> {
    if let Some(place) = line.find("[WS]").or_else(|| line.find("[Auth]")) {
        let said = &line[place..];
        let text = said.split_once("] ").map_or("", |(_, text)| text);
        let begins = |start: &str| text.starts_with(start);
        if begins("Ensuring JWT token") {
            return Some(LineMeaning::EnsuringToken);
        } else if begins("Fetching JWT token") {
            return Some(LineMeaning::FetchingToken);
        } else if text.contains("JWT token acquired") {
            return Some(LineMeaning::TokenAcquired);
        } else if begins("Requesting WebSocket ticket") {
            return Some(LineMeaning::RequestingTicket);
        } else if begins("Retrying request with new token") {
            return Some(LineMeaning::RetryingTicket);
        } else if begins("Ticket obtained") {
            return Some(LineMeaning::TicketObtained);
        } else if begins("Connected") {
            return Some(LineMeaning::Connected);
        } else if let Some(rest) = text.strip_prefix("Received ") {
            let mut words = rest.split([' ', ',']);
            let status = words.next()?.parse().ok()?;
            return Some(LineMeaning::Refreshing { status, code: words.next().unwrap_or_default().to_owned() });
        } else if let Some(rest) = text.strip_prefix("Reconnecting in ") {
            let millis = rest.split("ms").next()?.trim().parse().ok()?;
            let retry = rest.split("(attempt ").nth(1).and_then(|rest| rest.split(')').next()?.parse().ok());
            return Some(LineMeaning::Waiting { millis, retry });
        } else if begins("Hard failure") && !text.contains("status:") {
            return None;
        }
    }
    close_event(line)
        .or_else(|| library(line))
        .or_else(|| refusal(line))
        .or_else(|| close_in_words(line))
        .or_else(|| untold_close(line))
        .or_else(|| error(line))
}

/// `{code: 1008, reason: 'ORIGIN_BLOCKED', wasClean: true}`, `CloseEvent {isTrusted: true, wasClean: false, code: 1006, …}`.
fn close_event(line: &str) -> Option<LineMeaning> {
    let object = &line[line.find('{')?..];
    let code = field(object, "code")?.parse().ok().filter(|code| (1000..5000).contains(code))?;
    if !object.contains("wasClean") && !line.contains("lose") && !line.contains("isconnect") {
        return None;
    }
    let reason = field(object, "reason").unwrap_or_default();
    let was_clean = field(object, "wasClean").is_some_and(|value| value == "true");
    Some(LineMeaning::Closed { code, reason, was_clean })
}

/// `{status: 503, error: {…}}`, `HttpErrorResponse { status: 503, error: { code: 'REDIS_UNAVAILABLE' } }`.
fn refusal(line: &str) -> Option<LineMeaning> {
    let marks = ["[WS]", "[Auth]", "HttpErrorResponse", "AxiosError"];
    let is_told = marks.iter().any(|mark| line.contains(mark));
    let object = &line[line.find('{').filter(|_| is_told)?..];
    let status: u16 = field(object, "status")?.parse().ok()?;
    let code = field(object, "code").filter(|code| code.starts_with(|c: char| c.is_ascii_uppercase()));
    Some(LineMeaning::Refused { status, code })
}

/// The value of `name` in an object as consoles print it.
fn field(object: &str, name: &str) -> Option<String> {
    let mut from = 0;
    while let Some(found) = object[from..].find(name) {
        let place = from + found;
        let before = object[..place].chars().next_back();
        let after = object[place + name.len()..].trim_start_matches(['"', '\'']).trim_start();
        from = place + name.len();
        let Some(value) = after.strip_prefix(':') else { continue };
        if before.is_some_and(char::is_alphanumeric) {
            continue;
        }
        let value = value.trim_start();
        return Some(match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split(quote).next()?.to_owned(),
            _ => value.split([',', '}', ' ']).next()?.trim().to_owned(),
        });
    }
    None
}

/// `WebSocket closed: 1008 ORIGIN_BLOCKED`, `socket closed with code 4001 (session expired)`, `close code=1011 reason=…`.
fn close_in_words(line: &str) -> Option<LineMeaning> {
    let lower = line.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if !has(&["clos", "disconnect"]) || !has(&["socket", "[ws]", "ws ", "ws:", "connection", "server", "code"]) {
        return None;
    }
    // Python's websockets has no number for it.
    if lower.contains("no close frame received") {
        return Some(LineMeaning::Closed { code: CloseCode::ABNORMAL.0, reason: String::new(), was_clean: false });
    }
    let (code, end) = codes(&lower).next()?;
    let end = end + name_of(CloseCode(code), &lower[end..]);
    // What the client itself sent back.
    let line = line.split("; then sent").next().unwrap_or(line);
    let rest = line.get(end..).unwrap_or_default();
    let reason = match rest.to_ascii_lowercase().find("reason") {
        Some(place) => rest[place + "reason".len()..].split([',', '}']).next().unwrap_or_default(),
        None => rest,
    };
    let words = reason.split_whitespace().filter(|word| !is_place(word)).collect::<Vec<_>>().join(" ");
    let reason = words.trim_matches(|letter: char| !letter.is_alphanumeric()).to_owned();
    Some(LineMeaning::Closed { code, reason, was_clean: code != CloseCode::ABNORMAL.0 })
}

/// How long the registry's name for `code` is in `rest`, if that begins with it: ` (policy violation)`.
fn name_of(code: CloseCode, rest: &str) -> usize {
    let name = format!(" ({})", code.entry().name.to_ascii_lowercase());
    if rest.starts_with(&name) { name.len() } else { 0 }
}

/// What libraries print of a socket: SignalR and Phoenix.
fn library(line: &str) -> Option<LineMeaning> {
    let has = |words: &str| line.contains(words);
    if has("Failed to complete negotiation with the server") {
        let url = Url::parse(&format!("https://{}/negotiate", Profile::UNKNOWN_HOST)).ok()?;
        let status = line.split_once("Status code '").and_then(|(_, rest)| rest.split('\'').next()?.parse().ok());
        let error = status.is_none().then_some(BrowserError::Untold);
        Some(LineMeaning::RequestFailed { url: Box::new(url), status, error })
    } else if has("WebSocket connected to ws") || has("transport: connected to ws") {
        Some(LineMeaning::Connected)
    } else if has("Connection disconnected with error") {
        Some(LineMeaning::ClosedUntold)
    } else {
        None
    }
}

/// A close of which the line has no code: WebDriver prints an object as its kind, `"[WS] Disconnected" Object`, and an app
/// may say no more.
fn untold_close(line: &str) -> Option<LineMeaning> {
    let lower = line.to_ascii_lowercase();
    let text = lower.trim_end_matches(['.', ' ']);
    let is_seeds = lower.split_once("[ws] ").is_some_and(|(_, text)| text.starts_with("disconnected"));
    let is_printed =
        ["object", "closeevent", "[object object]", "[object closeevent]"].iter().any(|end| text.ends_with(end));
    let is_of_socket = ["socket", "ws ", "ws:"].iter().any(|word| lower.contains(word));
    let is_close = ["closed", "disconnect", "onclose"].iter().any(|word| lower.contains(word));
    (is_seeds || is_printed && is_of_socket && is_close || text.ends_with(" closeevent"))
        .then_some(LineMeaning::ClosedUntold)
}

/// `TypeError: Failed to fetch`, `TimeoutError: signal timed out`: what a page is told of a request without an answer, or
/// of an answer that it cannot read.
fn error(line: &str) -> Option<LineMeaning> {
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    let gone = if has(&["SyntaxError"]) && has(&["JSON", "Unexpected token", "Unexpected end"]) {
        LostRequest::NotJson {
            is_page: has(&["'<'", "<!doctype", "<html"]),
            is_empty: has(&["Unexpected end", "Unexpected EOF"]),
        }
    } else if has(&["TimeoutError", "ECONNABORTED", "signal timed out", "The operation timed out"])
        || line.contains("timeout of ") && line.contains("exceeded")
    {
        LostRequest::TimedOut
    } else if has(&["AbortError", "signal is aborted", "CanceledError", "The operation was aborted"]) {
        LostRequest::GivenUp
    } else if has(&[
        "TypeError: Failed to fetch",
        "TypeError: NetworkError when attempting to fetch",
        "TypeError: Load failed",
        "AxiosError: Network Error",
        "Http failure response for (unknown url): 0",
    ]) {
        LostRequest::Untold
    } else {
        return None;
    };
    Some(LineMeaning::RequestGone { gone })
}

/// The numbers in `text` that can be close codes, each with where it ends.
fn codes(text: &str) -> impl Iterator<Item = (u16, usize)> {
    let bytes = text.as_bytes();
    let is_digit = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_digit);
    (0..bytes.len().saturating_sub(3)).filter_map(move |place| {
        let end = place + 4;
        let is_whole = (place..end).all(is_digit) && !is_digit(end) && (place == 0 || !is_digit(place - 1));
        let before = place.checked_sub(1).and_then(|before| bytes.get(before)).copied().unwrap_or(b' ');
        // `file.js:1006` is a line, `1500ms` a time, `1000.5` and `-1000` are other numbers.
        let is_alone = matches!(before, b' ' | b'(' | b'=' | b'"' | b'\'' | b'[' | b'#' | b'\t');
        let after = bytes.get(end).copied().unwrap_or(b' ');
        let is_number = is_whole && is_alone && !after.is_ascii_alphanumeric() && !matches!(after, b'.' | b'-' | b'/');
        let code: u16 = text.get(place..end).filter(|_| is_number)?.parse().ok()?;
        matches!(code, 1000..=1015 | 3000..=4999).then_some((code, end))
    })
}

/// Whether `word` is where a line was printed: `app.js:9:1`.
fn is_place(word: &str) -> bool {
    word.rsplit(':').take(2).all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        && word.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_as_its_kind_alone_is_a_close_without_a_code() {
        for line in [
            r#""[WS] Disconnected" Object"#,
            "[WS] Disconnected",
            r#""socket closed" CloseEvent"#,
            "websocket onclose [object CloseEvent]",
        ] {
            assert!(matches!(say(line), Some(LineMeaning::ClosedUntold)), "{line}");
        }
        for line in
            ["WebSocket is closed before the connection is established.", "dialog closed Object", "[WS] Connected"]
        {
            assert!(!matches!(say(line), Some(LineMeaning::ClosedUntold)), "{line}");
        }
    }

    #[test]
    fn closes_are_told_in_many_words() {
        for (line, code, reason) in [
            ("WebSocket closed: 1008 ORIGIN_BLOCKED", 1008, "ORIGIN_BLOCKED"),
            ("app.js:1009 socket closed with code 4001 (session expired)", 4001, "session expired"),
            ("[ws] close code=1011 reason=internal", 1011, "internal"),
            ("Disconnected from server, code: 1012, reason: Service Restart app.js:9:1", 1012, "Service Restart"),
            ("read: websocket: close 1008 (policy violation): NOT_AUTHORIZED", 1008, "NOT_AUTHORIZED"),
            (
                "ConnectionClosedError: received 1008 (policy violation) BLOCKED; then sent 1008 (policy violation) BLOCKED",
                1008,
                "BLOCKED",
            ),
            ("ConnectionClosedError: no close frame received or sent", 1006, ""),
            ("close { target: WebSocket, isTrusted: true, wasClean: false, code: 1006, reason: \"\", … }", 1006, ""),
        ] {
            let Some(LineMeaning::Closed { code: found, reason: said, .. }) = say(line) else { panic!("{line}") };
            assert_eq!((found, said.as_str()), (code, reason), "{line}");
        }
        for line in [
            "socket closed after 1500ms",
            "connection closed, main.js:1006",
            "closed 1008",
            "cart: 1000 items disclosed",
        ] {
            assert!(say(line).is_none(), "{line}");
        }
    }
}
