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

/// The value of a variable, if it is set.
type Values<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Those of this process.
fn of_process(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// The first of `names` that is set, with its value.
fn set(names: [&'static str; 2], values: Values<'_>) -> Option<(&'static str, String)> {
    names.into_iter().find_map(|name| Some((name, values(name)?)))
}

/// Whether the environment names a proxy.
pub fn names_proxy() -> bool {
    VARIABLES.iter().any(|(names, _)| set(*names, &of_process).is_some_and(|(_, value)| !value.is_empty()))
}

/// The variable that names the proxy for `url`.
pub fn variable_for(url: &Url) -> Option<&'static str> {
    let scheme = scheme(url);
    let is_for = |of: &Option<&str>| of.is_none_or(|of| of == scheme);
    let all = VARIABLES.iter().filter(|(_, of)| is_for(of)).filter_map(|(names, _)| set(*names, &of_process));
    all.into_iter().find(|(_, value)| !value.is_empty() && ProxyMistake::of(value).is_none()).map(|(name, _)| name)
}

/// The proxies of this computer, without those that are none; and the variables that name none, for a profile that leads to
/// `targets`.
pub fn proxies(targets: [&Url; 2]) -> (Matcher, Vec<UselessVariable>) {
    proxies_of(targets, &of_process)
}

fn proxies_of(targets: [&Url; 2], values: Values<'_>) -> (Matcher, Vec<UselessVariable>) {
    let exceptions = set(EXCEPTIONS, values).map_or_else(String::new, |(_, value)| value);
    let named = VARIABLES.map(|(names, of)| (set(names, values), of));
    let wrong: Vec<_> = named
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
        let value = named[place].0.as_ref().map_or("", |(_, value)| value);
        if ProxyMistake::of(value).is_none() { value.to_owned() } else { String::new() }
    };
    let proxies = Matcher::builder().https(good(0)).http(good(1)).all(good(2)).no(exceptions.clone()).build();
    let any = Matcher::builder().all("http://proxy.invalid").no(exceptions).build();
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

fn scheme(url: &Url) -> &'static str {
    if matches!(url.scheme(), "https" | "wss") { "https" } else { "http" }
}

/// Whether `proxies` has one for `url`.
fn goes_through(proxies: &Matcher, url: &Url) -> bool {
    let target = format!("{}://{}/", scheme(url), authority(url)).parse::<http::Uri>();
    !is_loopback(url) && target.is_ok_and(|target| proxies.intercept(&target).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variables that name none and are missed, and whether there is a proxy, for a service at `url`.
    fn found(url: &str, set: &[(&str, &str)]) -> (Vec<&'static str>, bool) {
        let url = Url::parse(url).unwrap();
        let values = |name: &str| set.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned());
        let (proxies, useless) = proxies_of([&url, &url], &values);
        let missed = useless.iter().filter(|variable| variable.is_missed).map(|variable| variable.name);
        (missed.collect(), goes_through(&proxies, &url))
    }

    #[test]
    fn a_variable_is_missed_where_nothing_else_names_the_proxy() {
        const WRONG: &str = "http//proxy:3128";
        let service = "https://api.example";
        assert_eq!(found(service, &[("HTTPS_PROXY", WRONG)]), (vec!["HTTPS_PROXY"], false));
        assert_eq!(found(service, &[("ALL_PROXY", WRONG), ("https_proxy", "http://proxy:3128")]), (vec![], true));
        assert_eq!(found(service, &[("HTTPS_PROXY", WRONG), ("all_proxy", "http://proxy:3128")]), (vec![], true));
        assert_eq!(found(service, &[("HTTP_PROXY", WRONG)]), (vec![], false));
        assert_eq!(found(service, &[("HTTPS_PROXY", WRONG), ("NO_PROXY", ".example")]), (vec![], false));
        assert_eq!(found("http://127.0.0.1:9", &[("HTTP_PROXY", WRONG)]), (vec![], false));
    }
}
