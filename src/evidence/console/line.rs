//! One line of a browser's console: whose it is, and what it says.

use super::said::LineMeaning;
use super::{app, browsers, clients};
use crate::model::Browser;

/// What a line says, without its time; `None` if it is not understood.
pub fn say(line: &str, browser: &mut Option<Browser>) -> Option<LineMeaning> {
    // Safari marks each line with its kind.
    let marks = ["[Log] ", "[Error] ", "[Warning] ", "[Info] ", "[Debug] "];
    let unmarked = marks.iter().find_map(|mark| line.strip_prefix(mark));
    if unmarked.is_some() {
        *browser = Some(Browser::Safari);
    }
    let line = unmarked.unwrap_or(line);
    let said = app::say(line).or_else(|| browsers::say(line, browser)).or_else(|| clients::say(line));
    if said.is_some() && browser.is_none() {
        let is_chrome = line.starts_with("(index)") || line.split(' ').next().is_some_and(|word| word.contains(".js:"));
        let is_firefox = line.contains("Object {") || ends_with_place(line);
        *browser = is_chrome.then_some(Browser::Chromium).or(is_firefox.then_some(Browser::Firefox));
    }
    said
}

/// Whether it ends with `file:line:column`, as what is copied out of Firefox does.
fn ends_with_place(line: &str) -> bool {
    let mut parts = line.rsplit(' ').next().unwrap_or_default().rsplitn(3, ':');
    let mut number =
        || parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    number() && number() && parts.next().is_some_and(|file| !file.is_empty())
}
