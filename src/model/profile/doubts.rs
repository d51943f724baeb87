//! What a profile says that can be read, and is probably not what was meant.

use super::Profile;
use super::file::Misfit;
use super::names::used;
use super::service::{Address, EndRule, HelloStep, Service, Step};
use crate::model::is_loopback;
use crate::model::profile::service::Matcher;

/// The word for "is not there", which the language does not have.
const NOT: &str = "!";

impl Profile {
    /// What of it is probably not meant so. Nothing of this keeps it from being used.
    pub fn doubts(&self) -> Vec<Misfit> {
        let mut doubts: Vec<_> = self.with_dot().into_iter().collect();
        let Some(service) = self.service.as_deref() else { return doubts };
        doubts.extend(self.unencrypted(service));
        doubts.extend(self.unused(service));
        doubts.extend(below_whole_address(service));
        doubts.extend(negated(service));
        doubts.extend(self.never_meant());
        doubts
    }

    /// The name of a host ends with a dot, as that of the DNS's root does; certificates, gateways and lists of origins have none.
    fn with_dot(&self) -> Option<Misfit> {
        let (key, url) = [("api", self.api.url()), ("websocket", self.websocket.url())]
            .into_iter()
            .find(|(_, url)| url.domain().is_some_and(|name| name.ends_with('.')))?;
        let host = url.domain().unwrap_or_default();
        let problem = format!(
            "a dot stands at the end of {host}, and many gateways do not know the name with it; expected {}",
            host.trim_end_matches('.')
        );
        Some(Misfit::at("", 0, problem).of(key))
    }

    /// What a person gave can be read on the way.
    fn unencrypted(&self, service: &Service) -> Option<Misfit> {
        let is_open = |url: &url::Url| matches!(url.scheme(), "http" | "ws") && !is_loopback(url);
        let requests = service.hello.iter().filter_map(|hello| hello.request.as_ref());
        let mut steps = service.login.iter().chain(&service.ticket).chain(requests);
        let goes_to_api =
            |step: &Step| matches!(step.address, Address::Path(_)) && !service.secrets_in_step(step).is_empty();
        let place = if is_open(self.api.url()) && steps.any(goes_to_api) {
            ("api", format!("{}", self.api))
        } else if service.socket.url.is_none()
            && is_open(self.websocket.url())
            && !service.secrets_in_socket().is_empty()
        {
            ("websocket", format!("{}", self.websocket))
        } else {
            return None;
        };
        let (key, address) = place;
        let problem = format!("{address} is not encrypted: everybody on the way can read the secrets that go there");
        Some(Misfit::at("", 0, problem).of(key))
    }

    fn unused(&self, service: &Service) -> Option<Misfit> {
        let used = used(service);
        let opens =
            |name: &_| self.tls.client_password.as_ref().is_some_and(|password| password.names().any(|it| it == name));
        let name = service.secrets.keys().find(|name| !used.contains(*name) && !opens(name))?;
        let problem = format!("nothing uses this secret; expected {{{{{name}}}}} where it belongs");
        Some(Misfit::at(&format!("[secret.{name}]"), 0, problem))
    }

    /// A number of which a meaning is said, and that no refusal and no close ever has.
    fn never_meant(&self) -> Option<Misfit> {
        let numbers = |key: &str| -> Option<(u16, u16)> {
            let (first, last) = key.split_once('-').unwrap_or((key, key));
            Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
        };
        // Refusals (RFC 9110 §15.4 to §15.6) and closes (RFC 6455 §7.4).
        let comes = |(first, last): (u16, u16)| first <= 599 && last >= 300 || first <= 4_999 && last >= 1_000;
        let mut parts = self.classify.means.keys().flat_map(|key| key.as_str().split(','));
        let key = parts.find(|part| numbers(part).is_some_and(|range| !comes(range)))?;
        let problem = format!(
            "{} never comes: expected a status from 300 to 599, a close code from 1000 to 4999, a close reason or a refusal's code",
            key.trim()
        );
        Some(Misfit::at("[classify", 0, problem).of(key.trim()))
    }
}

/// The address is written out, and there is a path too.
fn below_whole_address(service: &Service) -> Option<Misfit> {
    let socket = &service.socket;
    let (url, path) = (socket.url.as_ref()?.fixed()?, socket.path.as_ref()?);
    let whole = format!("{}{}", url.trim_end_matches('/'), path.0);
    Some(Misfit::at("[socket]", 0, format!("path is put behind url: the socket is at {whole}")).of("path"))
}

/// A value that is looked for and reads as its contrary.
fn negated(service: &Service) -> Option<Misfit> {
    let hello = service.hello.iter().enumerate();
    let hello = hello.filter_map(|(place, HelloStep { expect, .. })| Some(("[[hello]]", place, expect.as_ref()?)));
    let answers = service.answers.iter().enumerate().map(|(place, answer)| ("[[answer]]", place, &answer.when));
    let ends = service.ends.iter().enumerate().map(|(place, EndRule { when, .. })| ("[[end]]", place, when));
    let is_negated = |matcher: &Matcher| {
        matcher.fields.values().flatten().any(|wanted| wanted.as_str().is_some_and(|wanted| wanted.starts_with(NOT)))
    };
    let (table, place, _) = hello.chain(answers).chain(ends).find(|(_, _, matcher)| is_negated(matcher))?;
    let problem =
        "“!” is looked for as it stands; that something is not there cannot be said: expected what the message has";
    Some(Misfit::at(table, place, problem).of("\"!"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubts(tables: &str) -> Vec<String> {
        let text = format!("name = 'x'\n{tables}");
        let profile = Profile::from_toml(&text).unwrap();
        profile
            .doubts()
            .iter()
            .map(|doubt| doubt.in_text(&text))
            .map(|it| format!("{}: {}", it.line, it.problem))
            .collect()
    }

    const SOCKET: &str = "[socket]\npath = '/ws'\nquery = { k = '{{key}}' }\n";

    #[test]
    fn what_is_probably_not_meant_so_is_told_with_its_line() {
        let https = "api = 'https://a.example'\n[secret.key]\n";
        for (tables, line, said) in [
            (format!("{https}[secret.other]\n{SOCKET}"), 4, "nothing uses this secret"),
            (
                format!("{https}[socket]\nurl = 'wss://b.example/a'\npath = '/ws'\nquery = {{ k = '{{{{key}}}}' }}\n"),
                6,
                "wss://b.example/a/ws",
            ),
            (
                format!("api = 'http://a.example'\nwebsocket = 'ws://a.example'\n[secret.key]\n{SOCKET}"),
                3,
                "not encrypted",
            ),
            (
                format!("{https}{SOCKET}[[hello]]\nexpect = {{ \"/problem\" = \"!\" }}\n"),
                8,
                "is looked for as it stands",
            ),
            (
                "api = 'https://a.example.'\nwebsocket = 'wss://a.example'\norigin = 'https://a.example'\n".to_owned(),
                2,
                "dot",
            ),
            (format!("{https}{SOCKET}[classify]\nmeans = {{ \"200\" = 'x' }}\n"), 8, "200 never comes"),
        ] {
            let told = doubts(&tables);
            assert!(
                told.len() == 1 && told[0].starts_with(&format!("{line}: ")) && told[0].contains(said),
                "{tables}{told:?}"
            );
        }
    }

    #[test]
    fn what_is_meant_so_is_not_told() {
        let https = "api = 'https://a.example'\n[secret.key]\n";
        for tables in [
            format!("{https}{SOCKET}[[hello]]\nexpect = {{ \"/text\" = \"hello!\" }}\n"),
            format!("{https}[socket]\npath = '/ws'\nquery = {{ k = '{{{{now|hmac_sha256:key}}}}' }}\n"),
            format!("{https}{SOCKET}[classify]\nmeans = {{ \"429\" = 'x', \"4000-4099\" = 'y', \"expired\" = 'z' }}\n"),
            format!("api = 'http://localhost:1'\n[secret.key]\n{SOCKET}"),
            "api = 'http://a.example'\n[socket]\npath = '/ws'\n".to_owned(),
        ] {
            assert_eq!(doubts(&tables), Vec::<String>::new(), "{tables}");
        }
    }

    #[test]
    fn no_preset_leaves_a_doubt() {
        for preset in std::fs::read_dir("assets/presets").unwrap() {
            let text = std::fs::read_to_string(preset.unwrap().path()).unwrap();
            let doubts = Profile::from_toml(&text).unwrap().doubts();
            assert!(doubts.is_empty(), "{doubts:?}");
        }
    }
}
