//! The lines that browsers print themselves: Chrome and Edge, Firefox, Safari.

use url::Url;

use super::said::LineMeaning;
use crate::evidence::browser_error::BrowserError;
use crate::evidence::exchange::authority;
use crate::model::{BlockCause, Browser, BrowserRule, CorsAnswer, Profile, SafeText};

/// What a browser says by `line`; tells which, if it is known by that.
pub fn say(line: &str, browser: &mut Option<Browser>) -> Option<LineMeaning> {
    by_chrome(line, browser).or_else(|| by_safari(line, browser)).or_else(|| by_firefox(line, browser))
}

/// As Chrome and Edge print them, and in part Safari.
fn by_chrome(line: &str, browser: &mut Option<Browser>) -> Option<LineMeaning> {
    let said = if let Some((url, rest)) =
        after(line, "WebSocket connection to '").and_then(|rest| rest.split_once('\''))
    {
        let url = Box::new(Url::parse(url).ok()?);
        let (_, text) = rest.split_once("failed")?;
        let text = text.trim_start_matches([':', ' ']).trim();
        return Some(socket_failed(url, text, browser));
    } else if let Some(rest) = after(line, "Access to ") {
        let url = rest.split(" at '").nth(1)?.split('\'').next()?;
        let origin = rest.split("from origin '").nth(1).and_then(|rest| rest.split('\'').next()).map(str::to_owned);
        let is_local =
            rest.contains("address space") || rest.contains("local network") || rest.contains("Permission was denied");
        let rule = if is_local { BrowserRule::LocalNetwork } else { BrowserRule::Cors };
        let cause = cors_cause(rest).filter(|_| !is_local);
        LineMeaning::Blocked { rule, url: Url::parse(url).ok().map(Box::new), origin, status: None, cause }
    } else if let Some(rest) = after(line, "Mixed Content: ") {
        let mut quoted: Vec<&str> = rest.split('\'').skip(1).step_by(2).collect();
        let page = quoted.first().and_then(|page| Url::parse(page).ok());
        let url = quoted.pop().and_then(|url| Url::parse(url).ok());
        let origin = page.map(|page| page.origin().ascii_serialization());
        blocked(BrowserRule::MixedContent, url.map(Box::new), origin)
    } else if line.contains("Failed to construct 'WebSocket'") && line.contains("insecure") {
        blocked(BrowserRule::MixedContent, None, None)
    } else if is_csp(line) {
        // What is only reported is not stopped.
        let is_reported = line.contains("eport Only") || line.contains("report-only");
        if is_reported {
            return None;
        }
        // The page's own address may come first.
        let refused = after(line, "efused to connect to '").or_else(|| after(line, "Connecting to '")).unwrap_or(line);
        blocked(BrowserRule::ContentSecurityPolicy, Some(first_url(refused)?), None)
    } else if line.contains("Failed to load resource:") {
        return resource_line(line, browser);
    } else {
        return network_line(line, browser);
    };
    browser.get_or_insert(Browser::Chromium);
    Some(said)
}

fn blocked(rule: BrowserRule, url: Option<Box<Url>>, origin: Option<String>) -> LineMeaning {
    LineMeaning::Blocked { rule, url, origin, status: None, cause: None }
}

fn is_csp(line: &str) -> bool {
    let policy = [
        "Content Security Policy directive",
        "Content-Security-Policy directive",
        "document's Content Security Policy",
    ];
    policy.iter().any(|words| line.contains(words)) || line.contains("directive of the Content Security Policy")
}

/// What the text behind `WebSocket connection to '…' failed:` says.
fn socket_failed(url: Box<Url>, text: &str, browser: &mut Option<Browser>) -> LineMeaning {
    const SAFARIS: [&str; 8] = [
        "There was a bad response",
        "The network connection",
        "The certificate for this server",
        "Could not connect to the server",
        "A server with the specified hostname",
        "The Internet connection",
        "The operation couldn",
        "The request timed out",
    ];
    if SAFARIS.iter().any(|start| text.starts_with(start)) {
        *browser = Some(Browser::Safari);
    }
    browser.get_or_insert(Browser::Chromium);
    // A refusal in Safari's words, whichever status it has.
    if text.starts_with("There was a bad response") {
        return LineMeaning::SocketFailed { url, error: BrowserError::RefusedUntold };
    }
    if text.is_empty() {
        return LineMeaning::SocketUnreachable { url };
    }
    let host = authority(&url);
    LineMeaning::SocketFailed { error: BrowserError::of_socket_text(text, &host), url }
}

/// What is wrong with an answer, as Chrome and Firefox say behind the rule's name.
fn cors_cause(text: &str) -> Option<BlockCause> {
    let is_of_preflight = text.contains("reflight");
    let of = if is_of_preflight { CorsAnswer::Preflight } else { CorsAnswer::Request };
    if text.contains("No 'Access-Control-Allow-Origin'") || text.contains("Access-Control-Allow-Origin\u{2019} missing")
    {
        Some(BlockCause::NoOrigin { of })
    } else if let Some(rest) = after(text, "'Access-Control-Allow-Origin' header has a value '") {
        let allowed = SafeText::new(rest.split('\'').next().unwrap_or_default());
        Some(BlockCause::OtherOrigin { of, allowed })
    } else if let Some(rest) = after(text, "Access-Control-Allow-Origin\u{2019} does not match \u{2018}") {
        let allowed = SafeText::new(rest.split('\u{2019}').next().unwrap_or_default());
        Some(BlockCause::OtherOrigin { of, allowed })
    } else if let Some(rest) = after(text, "Request header field ") {
        let header = SafeText::new(rest.split(' ').next().unwrap_or_default());
        Some(BlockCause::HeaderNotAllowed { header, allowed: None })
    } else {
        None
    }
}

/// `GET http://… 503 (Service Unavailable)`, `GET http://… net::ERR_FAILED 429 (Too Many Requests)`.
fn network_line(line: &str, browser: &mut Option<Browser>) -> Option<LineMeaning> {
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];
    // Firefox's own form.
    if line.contains("[HTTP/") || line.contains("NS_ERROR_") {
        return None;
    }
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
    Some(LineMeaning::RequestFailed { url: Box::new(url), status, error })
}

/// `api.example.com/api/v1/ws-ticket:1 Failed to load resource: the server responded with a status of 503 ()`; Selenium
/// has the whole address before it, Safari `(ws-ticket, line 0)` behind it.
fn resource_line(line: &str, browser: &mut Option<Browser>) -> Option<LineMeaning> {
    let (before, text) = line.split_once("Failed to load resource:")?;
    let name = before.split_whitespace().rev().find(|word| *word != "-").unwrap_or_default();
    let name = match text.rsplit_once('(').filter(|_| name.is_empty()) {
        Some((_, place)) if place.contains(", line ") => {
            *browser = Some(Browser::Safari);
            place.split(',').next()?
        }
        _ => name,
    };
    let without_line = name.rsplit_once(':').filter(|(_, number)| number.parse::<u32>().is_ok());
    let path = without_line.map_or(name, |(path, _)| path);
    let url = match name.contains("://") {
        true => Url::parse(name).or_else(|_| Url::parse(path)).ok()?,
        // A file's name alone, or one with its host.
        false if path.split('/').next().is_some_and(|host| host.contains('.')) && path.contains('/') => {
            Url::parse(&format!("https://{path}")).ok()?
        }
        false => Url::parse(&format!("https://{}/{}", Profile::UNKNOWN_HOST, path.trim_start_matches('/'))).ok()?,
    };
    let host = match url.host_str() {
        Some(Profile::UNKNOWN_HOST) => "the server".to_owned(),
        _ => authority(&url),
    };
    let said = after(text, "status of ");
    // Safari says it of what it keeps from the page.
    let kept = || after(text, "Status code: ").filter(|rest| !rest.starts_with('2'));
    let status = said.or_else(kept).and_then(|rest| rest.split(|it: char| !it.is_ascii_digit()).next()?.parse().ok());
    let error = status.is_none().then(|| BrowserError::of_any(text.trim(), &host));
    browser.get_or_insert(Browser::Chromium);
    Some(LineMeaning::RequestFailed { url: Box::new(url), status, error })
}

/// How Firefox says, in English, German, French, Spanish and Italian, that a page was left while its socket opened.
const INTERRUPTED: [&str; 5] = [
    "was interrupted while the page was loading",
    "wurde unterbrochen, w\u{e4}hrend die Seite",
    "interrompue pendant le chargement",
    "interrumpida mientras",
    "interrotta durante il caricamento",
];

/// As Firefox prints them, whichever apostrophes and, as far as that can be, whichever language it has.
fn by_firefox(line: &str, browser: &mut Option<Browser>) -> Option<LineMeaning> {
    let socket = || first_url(line).filter(|url| matches!(url.scheme(), "ws" | "wss"));
    let said = if INTERRUPTED.iter().any(|words| line.contains(words)) {
        LineMeaning::SocketFailed { url: first_url(line)?, error: BrowserError::Aborted }
    } else if line.contains("establish a connection to the server at")
        || line.contains("stabilire una connessione")
        || line.starts_with("Firefox ") && !line.contains("NS_ERROR") && socket().is_some()
    {
        LineMeaning::SocketUnreachable { url: first_url(line)? }
    } else if line.starts_with("Content-Security-Policy:") || line.starts_with("Content Security Policy:") {
        let is_reported =
            line.contains("eport-only") || line.contains("would have been blocked") || line.contains("Report Only");
        if is_reported {
            return None;
        }
        blocked(BrowserRule::ContentSecurityPolicy, first_url(line), None)
    } else if line.contains("mixed active content") {
        blocked(BrowserRule::MixedContent, first_url(line), None)
    } else if line.contains("The operation is insecure") {
        blocked(BrowserRule::MixedContent, None, None)
    } else if line.contains("CORS") && line.contains("Cross-Origin") || line.contains("Access-Control-Allow-Origin") {
        cors(line, first_url(line)?)
    } else {
        firefox_network_line(line)?
    };
    *browser = Some(Browser::Firefox);
    Some(said)
}

/// `Cross-Origin Request Blocked: … (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 429.`
fn cors(line: &str, url: Box<Url>) -> LineMeaning {
    // No answer: not a browser's rule but the network, or the consequence of a refused preflight.
    if line.contains("did not succeed") && !line.contains("reflight") {
        return LineMeaning::RequestFailed { url, status: None, error: Some(BrowserError::Untold) };
    }
    let (_, behind) = line.rsplit_once(')').unwrap_or_default();
    let status = behind.split(|it: char| !it.is_ascii_digit()).find(|digits| !digits.is_empty());
    let status = status.and_then(|digits| digits.parse().ok()).filter(|status| (100..600).contains(status));
    if line.contains("reflight") {
        let refused = status.filter(|status| !(200..300).contains(status));
        let cause = refused.map(|status| BlockCause::PreflightStatus { status }).or_else(|| cors_cause(line));
        return LineMeaning::Blocked { rule: BrowserRule::Cors, url: Some(url), origin: None, status: None, cause };
    }
    let cause = cors_cause(line);
    // An answer that is good is none that failed: the rule alone stops it.
    let status = status.filter(|status| !(200..300).contains(status));
    LineMeaning::Blocked { rule: BrowserRule::Cors, url: Some(url), origin: None, status, cause }
}

/// `XHR GEThttp://…[HTTP/1.1 503 Service Unavailable 5ms]`, `GETws://…NS_ERROR_WEBSOCKET_CONNECTION_REFUSED`.
fn firefox_network_line(line: &str) -> Option<LineMeaning> {
    let line = line.strip_prefix("XHR").unwrap_or(line).trim_start();
    if let Some(rest) = line.strip_prefix("OPTIONS") {
        let is_granted = rest.contains("[HTTP/") && rest.split_once("[HTTP/")?.1.contains(" 20");
        let url = first_url(rest.split("[HTTP/").next()?).filter(|_| !is_granted)?;
        return Some(LineMeaning::PreflightFailed { url });
    }
    let rest = ["GET", "POST", "PUT"].iter().find_map(|method| line.strip_prefix(method))?.trim_start();
    if !["http://", "https://", "ws://", "wss://"].iter().any(|scheme| rest.starts_with(scheme)) {
        return None;
    }
    if let Some((url, told)) = rest.split_once("[HTTP/") {
        let status = told.split_whitespace().nth(1)?.parse().ok()?;
        let is_failure = !(100..400).contains(&status);
        let url = Box::new(Url::parse(url.trim()).ok()?);
        return is_failure.then_some(LineMeaning::RequestFailed { url, status: Some(status), error: None });
    }
    let (url, name) = rest.split_once("NS_ERROR_").or_else(|| rest.split_once("CORS "))?;
    let url = Box::new(Url::parse(url.trim()).ok()?);
    if matches!(url.scheme(), "ws" | "wss") {
        // Firefox says so of every answer that has a body.
        let is_refused = name.starts_with("WEBSOCKET_CONNECTION_REFUSED");
        let error = if is_refused { BrowserError::RefusedUntold } else { BrowserError::Untold };
        return Some(LineMeaning::SocketFailed { url, error });
    }
    let host = authority(&url);
    let error = BrowserError::of_words(&format!("NS_ERROR_{name}"), &host).unwrap_or(BrowserError::Untold);
    Some(LineMeaning::RequestFailed { url, status: None, error: Some(error) })
}

/// As Safari prints them.
fn by_safari(line: &str, browser: &mut Option<Browser>) -> Option<LineMeaning> {
    let said = if let Some(url) = after(line, "cannot load ").filter(|_| line.contains("due to access control checks"))
    {
        blocked(BrowserRule::Cors, Some(first_url(url)?), None)
    } else if line.contains("was not allowed to run insecure content from") {
        let url = first_url(after(line, "insecure content from")?)?;
        let page = after(line, "The page at ").and_then(first_url);
        blocked(BrowserRule::MixedContent, Some(url), page.map(|page| page.origin().ascii_serialization()))
    } else {
        let origin =
            after(line, "Origin ").filter(|rest| rest.contains("is not allowed by Access-Control-Allow-Origin"))?;
        let status = BrowserError::status_kept_from_page(line);
        let origin = origin.split(' ').next().map(str::to_owned);
        let cause = Some(BlockCause::NoOrigin { of: CorsAnswer::Request });
        LineMeaning::Blocked { rule: BrowserRule::Cors, url: None, origin, status, cause }
    };
    *browser = Some(Browser::Safari);
    Some(said)
}

/// The first address in `text`, in quotes or without.
pub(super) fn first_url(text: &str) -> Option<Box<Url>> {
    let ends = [
        ' ', '\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}', '\u{ab}', '\u{bb}', '(', ')', '"', '\'', ',',
        '<', '>', '`',
    ];
    text.split(ends).find_map(|word| {
        let word = word.trim_end_matches(['.', ':', ';', '\u{a0}']);
        // `NSErrorFailingURLStringKey=wss://…`
        let scheme = word.find("://")?;
        let begin = word[..scheme].trim_end_matches(|letter: char| letter.is_ascii_alphabetic()).len();
        let word = word.get(begin..)?;
        let url = Url::parse(word).ok().filter(Url::has_host)?;
        matches!(url.scheme(), "http" | "https" | "ws" | "wss").then(|| Box::new(url))
    })
}

fn after<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.find(start).map(|place| &line[place + start.len()..])
}
