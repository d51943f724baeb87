//! The proxies that this computer's environment names, and what in it names none.

use std::env;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::authority::authority;
use crate::model::failure::ProxyMistake;
use crate::model::is_loopback;

/// The variables that name a proxy, each pair with the scheme of what goes through it; `None`: both. Of a pair the first that is
/// set counts.
const VARIABLES: [([&str; 2], Option<&str>); 3] = [
    (["HTTPS_PROXY", "https_proxy"], Some("https")),
    (["HTTP_PROXY", "http_proxy"], Some("http")),
    (["ALL_PROXY", "all_proxy"], None),
];
/// The variables that except hosts from them.
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// A variable that should name a proxy, and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UselessVariable {
    /// Its name.
    pub name: &'static str,
    /// What is wrong with it.
    pub mistake: ProxyMistake,
    /// Whether what the profile asks for would have gone through the proxy.
    pub is_missed: bool,
}

/// The first of `names` that is set, with its value.
fn set(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    names.into_iter().find_map(|name| Some((name, env::var(name).ok()?)))
}

/// Whether the environment names a proxy.
pub fn names_proxy() -> bool {
    VARIABLES.iter().any(|(names, _)| set(*names).is_some_and(|(_, value)| !value.is_empty()))
}

/// The variable that names the proxy for `url`.
pub fn variable_for(url: &Url) -> Option<&'static str> {
    let scheme = scheme(url);
    let is_for = |of: &Option<&str>| of.is_none_or(|of| of == scheme);
    let all = VARIABLES.iter().filter(|(_, of)| is_for(of)).filter_map(|(names, _)| set(*names));
    all.into_iter().find(|(_, value)| !value.is_empty() && ProxyMistake::of(value).is_none()).map(|(name, _)| name)
}

/// The proxies of this computer, without those that are none; and the variables that name none, for a profile that leads to
/// `targets`.
pub fn proxies(targets: [&Url; 2]) -> (Matcher, Vec<UselessVariable>) {
    let values = VARIABLES.map(|(names, of)| (set(names), of));
    let wrong: Vec<_> = values
        .iter()
        .filter_map(|(set, of)| {
            let (name, value) = set.as_ref()?;
            Some((*name, ProxyMistake::of(value)?, *of))
        })
        .collect();
    if wrong.is_empty() {
        return (Matcher::from_system(), Vec::new());
    }
    let good = |place: usize| {
        let value = values[place].0.as_ref().map_or("", |(_, value)| value);
        if ProxyMistake::of(value).is_none() { value.to_owned() } else { String::new() }
    };
    let proxies = Matcher::builder().https(good(0)).http(good(1)).all(good(2)).no(exceptions()).build();
    let any = Matcher::builder().all("http://proxy.invalid").no(exceptions()).build();
    let is_missed = |url: &Url, of: Option<&str>| {
        of.is_none_or(|of| of == scheme(url)) && !goes_through(&proxies, url) && goes_through(&any, url)
    };
    let useless = wrong.into_iter().map(|(name, mistake, of)| UselessVariable {
        name,
        mistake,
        is_missed: targets.iter().any(|url| is_missed(url, of)),
    });
    let useless = useless.collect();
    (proxies, useless)
}

fn exceptions() -> String {
    set(EXCEPTIONS).map_or_else(String::new, |(_, value)| value)
}

fn scheme(url: &Url) -> &'static str {
    if matches!(url.scheme(), "https" | "wss") { "https" } else { "http" }
}

/// Whether `proxies` has one for `url`.
fn goes_through(proxies: &Matcher, url: &Url) -> bool {
    let target = format!("{}://{}/", scheme(url), authority(url)).parse::<http::Uri>();
    !is_loopback(url) && target.is_ok_and(|target| proxies.intercept(&target).is_some())
}
