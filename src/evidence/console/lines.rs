//! The lines of a browser's console: what each of them says.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde_json::Value;
use url::Url;

use crate::evidence::browser_error::BrowserError;
use crate::evidence::exchange::authority;
use crate::evidence::sighting::Time;
use crate::model::{Browser, BrowserRule, Timing};

/// Characters of a line that are looked at.
const MAX_LINE: usize = 4_000;
/// Lines that are kept.
const MAX_LINES: usize = 50_000;

/// What a console's text holds.
#[derive(Debug, Default)]
pub struct ConsoleText {
    /// Its lines, as far as they are understood.
    pub lines: Vec<Line>,
    /// The browser, as far as it can be told.
    pub browser: Option<Browser>,
    /// What it tells of time.
    pub timing: Option<Timing>,
    /// The origin of the page.
    pub origin: Option<String>,
    /// Those of its lines that have no time, where others have.
    pub untimed: Option<Box<ConsoleText>>,
}

/// A line that is understood.
#[derive(Clone, Debug)]
pub struct Line {
    /// When it was printed; of a time of day, on the first day of 1970 in the file's own zone.
    pub at: Option<Time>,
    /// What it says.
    pub said: Said,
}

/// What a line says.
#[derive(Clone, Debug)]
pub enum Said {
    /// `[WS] Ensuring JWT token exists...`
    EnsuringToken,
    /// `[Auth] Fetching JWT token from backend...`
    FetchingToken,
    /// `[Auth] ✅ JWT token acquired`
    TokenAcquired,
    /// `[WS] Requesting WebSocket ticket...`
    RequestingTicket,
    /// `[Auth] Received 401 INVALID_TOKEN, refreshing token...`
    Refreshing {
        /// The status.
        status: u16,
        /// The code.
        code: String,
    },
    /// `[Auth] Retrying request with new token`
    RetryingTicket,
    /// `[WS] Ticket obtained, connecting to WebSocket...`
    TicketObtained,
    /// `[WS] Connected`
    Connected,
    /// A close, as a `CloseEvent` is printed.
    Closed {
        /// Its code.
        code: u16,
        /// Its reason.
        reason: String,
        /// Whether close frames were exchanged.
        was_clean: bool,
    },
    /// The app tells of a refusal.
    Refused {
        /// The status; 0 where the browser tells the page none.
        status: u16,
        /// The code of the answer.
        code: Option<String>,
    },
    /// The browser tells why a socket failed.
    SocketFailed {
        /// Its address.
        url: Box<Url>,
        /// Why.
        error: BrowserError,
    },
    /// The browser tells that a socket failed.
    SocketUnreachable {
        /// Its address.
        url: Box<Url>,
    },
    /// The browser tells how a request failed.
    RequestFailed {
        /// Its address.
        url: Box<Url>,
        /// The status.
        status: Option<u16>,
        /// The error.
        error: Option<BrowserError>,
    },
    /// The browser stopped a request, or kept its answer from the page.
    Blocked {
        /// By which rule.
        rule: BrowserRule,
        /// Its address.
        url: Option<Box<Url>>,
        /// The origin of the page.
        origin: Option<String>,
    },
    /// `[WS] Reconnecting in 312ms (attempt 1)`
    Waiting {
        /// The wait in milliseconds.
        millis: u64,
        /// Which retry in a row follows.
        retry: Option<u32>,
    },
}

/// Reads the text of a console; nothing of use may be in it.
pub fn parse(text: &str) -> ConsoleText {
    if let Some(console) = selenium(text) {
        return console;
    }
    let mut console = ConsoleText::default();
    let mut day = TimeDelta::zero();
    let mut newest: Option<Time> = None;
    let (mut timed, mut untimed) = (0_u32, 0_u32);
    for raw in text.lines().take(MAX_LINES) {
        let raw: String = raw.chars().take(MAX_LINE).collect();
        let (time, rest) = time_of(raw.trim());
        let Some(said) = say(rest, &mut console.browser) else { continue };
        if let Some(host) = page_of(rest) {
            console.browser.get_or_insert(Browser::Firefox);
            console.origin = Some(host);
        }
        let at = time.map(|time| DateTime::<Utc>::UNIX_EPOCH + (time - NaiveTime::MIN) + day);
        // A console that was open at midnight.
        let at = at.map(|at| match newest {
            Some(newest) if newest - at > TimeDelta::hours(12) => {
                day += TimeDelta::days(1);
                at + TimeDelta::days(1)
            }
            _ => at,
        });
        newest = at.or(newest);
        if at.is_some() {
            timed += 1
        } else {
            untimed += 1
        }
        console.lines.push(Line { at, said });
    }
    // Whoever sends a text saves it, finds that it has no times, and saves it again behind the first.
    let (dated, rest): (Vec<_>, Vec<_>) =
        std::mem::take(&mut console.lines).into_iter().partition(|line| line.at.is_some());
    let is_timed = timed > 0;
    if is_timed && untimed > 0 {
        let origin = console.origin.clone();
        console.untimed =
            Some(Box::new(ConsoleText { lines: rest, timing: Some(Timing::Order), origin, ..ConsoleText::default() }));
        console.lines = dated;
    } else {
        console.lines = if is_timed { dated } else { rest };
    }
    console.timing = Some(if is_timed { Timing::TimeOfDay } else { Timing::Order });
    console
}

/// The list that Selenium and WebDriver give (`browser` log).
fn selenium(text: &str) -> Option<ConsoleText> {
    let Value::Array(list) = serde_json::from_str(text.trim()).ok()? else { return None };
    let mut console =
        ConsoleText { browser: Some(Browser::Chromium), timing: Some(Timing::Dated), ..ConsoleText::default() };
    for entry in list.iter().take(MAX_LINES) {
        let message = entry.get("message").and_then(Value::as_str)?;
        let at = entry.get("timestamp").and_then(Value::as_f64);
        let at = at.and_then(|millis| DateTime::from_timestamp_millis(millis as i64));
        // It begins with the file, its line and, for what was printed, the text in quotes.
        let words = message.splitn(3, ' ').collect::<Vec<_>>();
        let rest = match words[..] {
            [file, place, rest] if file.contains("://") && place.starts_with(|c: char| c.is_ascii_digit()) => rest,
            _ => message,
        };
        let unquoted = serde_json::from_str::<String>(rest).unwrap_or_else(|_| rest.to_owned());
        if let Some(said) = say(unquoted.trim(), &mut console.browser) {
            console.lines.push(Line { at, said });
        }
    }
    Some(console)
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

/// The time with which a line begins, and the rest of it.
fn time_of(line: &str) -> (Option<NaiveTime>, &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let word = word.trim_matches(|c| c == '[' || c == ']');
    let time =
        ["%H:%M:%S%.3f", "%H:%M:%S:%3f", "%H:%M:%S"].iter().find_map(|form| NaiveTime::parse_from_str(word, form).ok());
    match time {
        Some(time) if word.len() >= 8 => (Some(time), rest.trim_start()),
        Some(_) | None => (None, line),
    }
}

/// What a line says, without its time; `None` if it is not understood.
fn say(line: &str, browser: &mut Option<Browser>) -> Option<Said> {
    let said = by_app(line)
        .or_else(|| by_chrome(line, browser))
        .or_else(|| by_firefox(line, browser))
        .or_else(|| by_safari(line, browser));
    let is_chrome = || line.starts_with("(index)") || line.split(' ').next().is_some_and(|word| word.contains(".js:"));
    if said.is_some() && browser.is_none() && is_chrome() {
        *browser = Some(Browser::Chromium);
    }
    said
}

/// The seed's lines, and closes and refusals as anybody prints them.
fn by_app(line: &str) -> Option<Said> {
    if let Some(place) = line.find("[WS]").or_else(|| line.find("[Auth]")) {
        let said = &line[place..];
        let text = said.split_once("] ").map_or("", |(_, text)| text);
        let begins = |start: &str| text.starts_with(start);
        if begins("Ensuring JWT token") {
            return Some(Said::EnsuringToken);
        } else if begins("Fetching JWT token") {
            return Some(Said::FetchingToken);
        } else if text.contains("JWT token acquired") {
            return Some(Said::TokenAcquired);
        } else if begins("Requesting WebSocket ticket") {
            return Some(Said::RequestingTicket);
        } else if begins("Retrying request with new token") {
            return Some(Said::RetryingTicket);
        } else if begins("Ticket obtained") {
            return Some(Said::TicketObtained);
        } else if begins("Connected") {
            return Some(Said::Connected);
        } else if let Some(rest) = text.strip_prefix("Received ") {
            let mut words = rest.split([' ', ',']);
            let status = words.next()?.parse().ok()?;
            return Some(Said::Refreshing { status, code: words.next().unwrap_or_default().to_owned() });
        } else if let Some(rest) = text.strip_prefix("Reconnecting in ") {
            let millis = rest.split("ms").next()?.trim().parse().ok()?;
            let retry = rest.split("(attempt ").nth(1).and_then(|rest| rest.split(')').next()?.parse().ok());
            return Some(Said::Waiting { millis, retry });
        } else if begins("Hard failure") && !text.contains("status:") {
            return None;
        }
    }
    close_event(line).or_else(|| refusal(line))
}

/// `{code: 1008, reason: 'ORIGIN_BLOCKED', wasClean: true}`, `CloseEvent {isTrusted: true, wasClean: false, code: 1006, …}`.
fn close_event(line: &str) -> Option<Said> {
    let object = &line[line.find('{')?..];
    let code = field(object, "code")?.parse().ok().filter(|code| (1000..5000).contains(code))?;
    if !object.contains("wasClean") && !line.contains("lose") && !line.contains("isconnect") {
        return None;
    }
    let reason = field(object, "reason").unwrap_or_default();
    let was_clean = field(object, "wasClean").is_some_and(|value| value == "true");
    Some(Said::Closed { code, reason, was_clean })
}

/// `{status: 503, error: {…}}`, `HttpErrorResponse { status: 503, error: { code: 'REDIS_UNAVAILABLE' } }`.
fn refusal(line: &str) -> Option<Said> {
    let is_told = line.contains("[WS]") || line.contains("[Auth]") || line.contains("HttpErrorResponse");
    let object = &line[line.find('{').filter(|_| is_told)?..];
    let status: u16 = field(object, "status")?.parse().ok()?;
    let code = field(object, "code").filter(|code| code.starts_with(|c: char| c.is_ascii_uppercase()));
    Some(Said::Refused { status, code })
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

/// The browser's own lines, as Chrome and Edge print them.
fn by_chrome(line: &str, browser: &mut Option<Browser>) -> Option<Said> {
    let said = if let Some((url, rest)) =
        after(line, "WebSocket connection to '").and_then(|rest| rest.split_once('\''))
    {
        let url = Box::new(Url::parse(url).ok()?);
        let text = rest.split_once("failed:").map(|(_, text)| text.trim())?;
        let host = authority(&url);
        // Safari prints its own text behind the same beginning.
        if text.starts_with("There was a bad response") || text.starts_with("The network connection") {
            *browser = Some(Browser::Safari);
            return Some(by_safaris_text(url, text));
        }
        if text.is_empty() {
            Said::SocketUnreachable { url }
        } else {
            Said::SocketFailed { error: BrowserError::of_socket_text(text, &host), url }
        }
    } else if let Some(rest) = after(line, "Access to ") {
        let url = rest.split(" at '").nth(1)?.split('\'').next()?;
        let origin = rest.split("from origin '").nth(1).and_then(|rest| rest.split('\'').next()).map(str::to_owned);
        let is_local =
            rest.contains("address space") || rest.contains("local network") || rest.contains("Permission was denied");
        let rule = if is_local { BrowserRule::LocalNetwork } else { BrowserRule::Cors };
        Said::Blocked { rule, url: Url::parse(url).ok().map(Box::new), origin }
    } else if let Some(rest) = after(line, "Mixed Content: ") {
        let mut quoted: Vec<&str> = rest.split('\'').skip(1).step_by(2).collect();
        let page = quoted.first().and_then(|page| Url::parse(page).ok());
        let url = quoted.pop().and_then(|url| Url::parse(url).ok());
        let origin = page.map(|page| page.origin().ascii_serialization());
        Said::Blocked { rule: BrowserRule::MixedContent, url: url.map(Box::new), origin }
    } else if line.contains("Content Security Policy directive") || line.contains("Content-Security-Policy directive") {
        let url = line.split('\'').find_map(|part| Url::parse(part).ok());
        Said::Blocked { rule: BrowserRule::ContentSecurityPolicy, url: url.map(Box::new), origin: None }
    } else {
        return network_line(line, browser);
    };
    browser.get_or_insert(Browser::Chromium);
    Some(said)
}

/// `GET http://… 503 (Service Unavailable)`, `GET http://… net::ERR_FAILED 429 (Too Many Requests)`.
fn network_line(line: &str, browser: &mut Option<Browser>) -> Option<Said> {
    const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "OPTIONS"];
    let words: Vec<&str> = line.split_whitespace().collect();
    let place = words.iter().position(|word| METHODS.contains(word))?;
    let url = Url::parse(words.get(place + 1)?).ok()?;
    let rest = words.get(place + 2..)?;
    let error = rest.iter().find(|word| word.starts_with("net::ERR_"));
    let status = rest.iter().find_map(|word| word.parse::<u16>().ok()).filter(|status| (100..600).contains(status));
    if status.is_none() && error.is_none() {
        return None;
    }
    browser.get_or_insert(Browser::Chromium);
    let error = error.map(|name| BrowserError::named(name, &authority(&url)));
    Some(Said::RequestFailed { url: Box::new(url), status, error })
}

/// The browser's own lines, as Firefox prints them, whichever apostrophes it has.
fn by_firefox(line: &str, browser: &mut Option<Browser>) -> Option<Said> {
    let first_url = |text: &str| {
        text.split([' ', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}', '(', ')', '"', ',']).find_map(|word| {
            let word = word.trim_end_matches('.');
            Url::parse(word).ok().filter(|url| url.has_host()).map(Box::new)
        })
    };
    let said = if line.contains("establish a connection to the server at") {
        Said::SocketUnreachable { url: first_url(after(line, "server at ")?)? }
    } else if line.contains("was interrupted while the page was loading") {
        Said::SocketFailed { url: first_url(line)?, error: BrowserError::Aborted }
    } else if let Some(rest) = after(line, "Cross-Origin Request Blocked:") {
        Said::Blocked { rule: BrowserRule::Cors, url: first_url(rest), origin: None }
    } else if line.starts_with("Content-Security-Policy:") || line.starts_with("Content Security Policy:") {
        Said::Blocked { rule: BrowserRule::ContentSecurityPolicy, url: first_url(line), origin: None }
    } else if line.contains("Blocked loading mixed active content") {
        Said::Blocked { rule: BrowserRule::MixedContent, url: first_url(line), origin: None }
    } else {
        firefox_network_line(line)?
    };
    *browser = Some(Browser::Firefox);
    Some(said)
}

/// `XHR GEThttp://…[HTTP/1.1 503 Service Unavailable 5ms]`, `GETws://…NS_ERROR_WEBSOCKET_CONNECTION_REFUSED`.
fn firefox_network_line(line: &str) -> Option<Said> {
    let line = line.strip_prefix("XHR").unwrap_or(line).trim_start();
    let rest = ["GET", "POST", "OPTIONS", "PUT"].iter().find_map(|method| line.strip_prefix(method))?.trim_start();
    if !["http://", "https://", "ws://", "wss://"].iter().any(|scheme| rest.starts_with(scheme)) {
        return None;
    }
    if let Some((url, told)) = rest.split_once("[HTTP/") {
        let status = told.split_whitespace().nth(1)?.parse().ok()?;
        let is_failure = !(100..400).contains(&status);
        let url = Box::new(Url::parse(url.trim()).ok()?);
        return is_failure.then_some(Said::RequestFailed { url, status: Some(status), error: None });
    }
    let (url, name) = rest.split_once("NS_ERROR_").or_else(|| rest.split_once("CORS "))?;
    let url = Box::new(Url::parse(url.trim()).ok()?);
    if matches!(url.scheme(), "ws" | "wss") {
        // Firefox says so of every answer that has a body.
        let is_refused = name.starts_with("WEBSOCKET_CONNECTION_REFUSED");
        let error = if is_refused { BrowserError::RefusedUntold } else { BrowserError::Untold };
        return Some(Said::SocketFailed { url, error });
    }
    Some(Said::RequestFailed { url, status: None, error: Some(BrowserError::Untold) })
}

/// Safari's lines.
fn by_safari(line: &str, browser: &mut Option<Browser>) -> Option<Said> {
    let origin = after(line, "Origin ")?;
    if !origin.contains("is not allowed by Access-Control-Allow-Origin") {
        return None;
    }
    *browser = Some(Browser::Safari);
    Some(Said::Blocked { rule: BrowserRule::Cors, url: None, origin: origin.split(' ').next().map(str::to_owned) })
}

fn by_safaris_text(url: Box<Url>, text: &str) -> Said {
    if text.starts_with("There was a bad response") {
        Said::SocketUnreachable { url }
    } else {
        let error = BrowserError::named("CONNECTION_CLOSED", &authority(&url));
        Said::SocketFailed { url, error }
    }
}

fn after<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.find(start).map(|place| &line[place + start.len()..])
}
