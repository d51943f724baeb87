//! Which secrets go to which host. What a person gave for one service must not go to another one because an answer names
//! it: to a host that the profile does not name itself, a secret goes only if the profile says so (`hosts` of its
//! `[secret.NAME]`). Values that answers gave are the service's own, and go where it wants them.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::step::{Address, Step};
use super::{Destination, PathTemplate, SecretSource, Service};
use crate::model::profile::Profile;
use crate::model::profile::template::{Algorithm, Template};
use crate::model::values::ValueName;

impl Service {
    /// The secrets that `step` sends, but for keys that only sign. A request of the greeting has what was made for the socket.
    pub fn secrets_in_step<'a>(&'a self, step: &'a Step) -> BTreeSet<&'a ValueName> {
        let made: Vec<_> = self.made_for_socket().into_iter().chain([&step.make]).collect();
        self.secrets_among(step.templates(), &made)
    }

    /// The secrets that the upgrade and what is said over the socket hold.
    pub fn secrets_in_socket(&self) -> BTreeSet<&ValueName> {
        let socket = &self.socket;
        let path = socket.path.as_ref().map(|PathTemplate(path)| path);
        let upgrade = socket.url.iter().chain(path).chain(socket.query.values()).chain(&socket.protocols);
        let upgrade = upgrade.chain(socket.headers.values()).chain(self.destinations());
        self.secrets_among(upgrade.chain(self.said()), &self.made_for_socket())
    }

    /// The values that the socket's address, headers, subprotocols and messages hold, or are made of.
    pub fn names_shown_in_socket(&self) -> BTreeSet<&ValueName> {
        let socket = &self.socket;
        let path = socket.path.as_ref().map(|PathTemplate(path)| path);
        let upgrade = socket.url.iter().chain(path).chain(socket.query.values()).chain(&socket.protocols);
        let upgrade = upgrade.chain(socket.headers.values());
        self.names_among(upgrade.chain(self.said()), &self.made_for_socket())
    }

    /// The secrets that are said over the socket, and not in the upgrade.
    pub fn secrets_said(&self) -> BTreeSet<&ValueName> {
        self.secrets_among(self.said(), &self.made_for_socket())
    }

    /// The private keys that it signs with, and for what.
    pub fn private_keys(&self) -> Vec<(Algorithm, &ValueName)> {
        let requests = self.hello.iter().filter_map(|hello| hello.request.as_ref());
        let steps: Vec<_> = self.login.iter().chain(&self.ticket).chain(requests).collect();
        let made = steps.iter().flat_map(|step| step.make.values());
        let sent = steps.iter().flat_map(|step| step.templates());
        made.chain(sent).flat_map(Template::private_keys).chain(self.private_keys_of_socket()).collect()
    }

    /// Those that the upgrade and what is said over the socket are signed with.
    pub fn private_keys_of_socket(&self) -> Vec<(Algorithm, &ValueName)> {
        let socket = &self.socket;
        let path = socket.path.as_ref().map(|PathTemplate(path)| path);
        let upgrade = socket.url.iter().chain(path).chain(socket.query.values()).chain(&socket.protocols);
        let upgrade = upgrade.chain(socket.headers.values()).chain(self.said());
        let made = self.made_for_socket().into_iter().flat_map(BTreeMap::values);
        made.chain(upgrade).flat_map(Template::private_keys).collect()
    }

    /// What is made for the upgrade and for what is said.
    fn made_for_socket(&self) -> Vec<&BTreeMap<ValueName, Template>> {
        [&self.socket.make].into_iter().chain(self.hello.iter().map(|hello| &hello.make)).collect()
    }

    /// The addresses with values in them to which an end leads.
    pub fn destinations(&self) -> impl Iterator<Item = &Template> {
        self.ends.iter().filter_map(|end| match &end.to {
            Some(Destination::Address(address)) => Some(address),
            Some(Destination::Part(_)) | None => None,
        })
    }

    fn said(&self) -> impl Iterator<Item = &Template> {
        let greeting = self.hello.iter().filter_map(|hello| hello.send.as_ref());
        let heartbeat = self.heartbeat.iter().map(|heartbeat| &heartbeat.send);
        greeting.chain(heartbeat).chain(self.answers.iter().filter_map(|answer| answer.send.as_ref()))
    }

    /// The secrets that can be read off `templates`. A value that is `made` of secrets is as secret.
    fn secrets_among<'a>(
        &'a self,
        templates: impl Iterator<Item = &'a Template>,
        made: &[&'a BTreeMap<ValueName, Template>],
    ) -> BTreeSet<&'a ValueName> {
        let mut names = self.names_among(templates, made);
        names.retain(|name| self.secrets.contains_key(*name));
        names
    }

    /// The values that can be read off `templates`, and those that the `made` ones among them are of.
    fn names_among<'a>(
        &'a self,
        templates: impl Iterator<Item = &'a Template>,
        made: &[&'a BTreeMap<ValueName, Template>],
    ) -> BTreeSet<&'a ValueName> {
        let mut names: BTreeSet<&ValueName> = BTreeSet::new();
        let mut left: Vec<&ValueName> = templates.flat_map(Template::exposed_names).collect();
        while let Some(name) = left.pop() {
            if names.insert(name) {
                left.extend(made.iter().filter_map(|made| made.get(name)).flat_map(Template::exposed_names));
            }
        }
        names
    }

    /// Whether an answer decides to which host `address` leads; a person may.
    fn is_named_by_answer(&self, address: &Template) -> bool {
        address.authority_names().any(|name| !self.secrets.contains_key(name))
    }

    /// The first of `secrets` that must not go to `host`, which an answer names.
    fn kept_from<'a>(
        &'a self,
        host: &str,
        secrets: BTreeSet<&'a ValueName>,
    ) -> Option<(&'a ValueName, &'a SecretSource)> {
        let mut sources = secrets.into_iter().filter_map(|name| self.secrets.get_key_value(name));
        sources.find(|(_, source)| !source.may_go_to(host))
    }
}

impl Profile {
    /// The secret that must not be sent with `step` to `url`, if there is one.
    pub fn kept_from_step(&self, service: &Service, step: &Step, url: &Url) -> Option<(ValueName, SecretSource)> {
        let is_free = match &step.address {
            Address::Path(_) => true,
            Address::Url(template) => !service.is_named_by_answer(template),
        };
        self.kept_from(service, url, is_free, service.secrets_in_step(step))
    }

    /// The secret that must not be sent to a socket at `url`, if there is one. The server may have sent its client
    /// `elsewhere` than the profile says.
    pub fn kept_from_socket(
        &self,
        service: &Service,
        url: &Url,
        is_elsewhere: bool,
    ) -> Option<(ValueName, SecretSource)> {
        let is_named = service.socket.url.as_ref().is_some_and(|url| service.is_named_by_answer(url));
        self.kept_from(service, url, !is_elsewhere && !is_named, service.secrets_in_socket())
    }

    fn kept_from(
        &self,
        service: &Service,
        url: &Url,
        is_free: bool,
        secrets: BTreeSet<&ValueName>,
    ) -> Option<(ValueName, SecretSource)> {
        let host = url.host_str().unwrap_or_default();
        if is_free || secrets.is_empty() || self.names_host(service, host) {
            return None;
        }
        service.kept_from(host, secrets).map(|(name, source)| (name.clone(), source.clone()))
    }

    /// Whether the profile itself says that `host` is among its own.
    fn names_host(&self, service: &Service, host: &str) -> bool {
        let requests = service.hello.iter().filter_map(|hello| hello.request.as_ref());
        let steps = service.login.iter().chain(&service.ticket).chain(requests);
        let written = steps.filter_map(|step| match &step.address {
            Address::Url(template) => Some(template),
            Address::Path(_) => None,
        });
        let written = written.chain(&service.socket.url).filter(|address| address.authority_names().next().is_none());
        let mut written = written.filter_map(|address| Url::parse(address.beginning()).ok());
        self.api.url().host_str() == Some(host)
            || self.websocket.url().host_str() == Some(host)
            || written.any(|url| url.host_str() == Some(host))
    }

    /// The secrets that go to a host which only an answer names, each with where it may go: nowhere, unless the profile
    /// says more.
    pub fn secrets_for_named_hosts(&self) -> BTreeMap<ValueName, SecretSource> {
        let Some(service) = self.service.as_deref() else { return BTreeMap::new() };
        let requests = service.hello.iter().filter_map(|hello| hello.request.as_ref());
        let steps = service.login.iter().chain(&service.ticket).chain(requests);
        let in_steps = steps.filter(|step| match &step.address {
            Address::Url(template) => service.is_named_by_answer(template),
            Address::Path(_) => false,
        });
        let mut names: BTreeSet<&ValueName> = in_steps.flat_map(|step| service.secrets_in_step(step)).collect();
        if service.socket.url.as_ref().is_some_and(|url| service.is_named_by_answer(url)) {
            names.extend(service.secrets_in_socket());
        }
        let found = names.into_iter().filter_map(|name| service.secrets.get_key_value(name));
        found.map(|(name, source)| (name.clone(), source.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(tables: &str) -> Profile {
        Profile::from_toml(&format!("name = 'x'\napi = 'https://api.example.com'\n{tables}")).unwrap()
    }

    fn socket(profile: &Profile, url: &str, is_elsewhere: bool) -> Option<String> {
        let url = Url::parse(url).unwrap();
        profile.kept_from_socket(&profile.steps(), &url, is_elsewhere).map(|(name, _)| name.to_string())
    }

    const BOT: &str = "[[ticket]]\nget = '/gateway'\nauth = 'Bot {{bot}}'\ntake = { url = '/url' }\n\
                       [socket]\nurl = '{{url}}'\n[[hello]]\nsend = '{\"token\":{{bot|json}}}'\n";

    #[test]
    fn a_secret_goes_to_a_host_that_an_answer_names_only_if_the_profile_says_so() {
        let strict = profile(&format!("[secret.bot]\n{BOT}"));
        assert_eq!(socket(&strict, "wss://gateway.example.net/", false).as_deref(), Some("bot"));
        assert_eq!(socket(&strict, "wss://api.example.com/", false), None, "the profile's own host");
        let open = profile(&format!("[secret.bot]\nhosts = ['*.example.net']\n{BOT}"));
        assert_eq!(socket(&open, "wss://gateway.example.net/", false), None);
        assert_eq!(socket(&open, "wss://gateway.example.org/", false).as_deref(), Some("bot"));
        assert_eq!(strict.secrets_for_named_hosts().len(), 1);
    }

    #[test]
    fn what_answers_gave_goes_where_the_service_wants_it() {
        let taken = "[secret.key]\n[[login]]\npost = '/token'\nauth = '{{key}}'\ntake = { token = '/token', url = '/url' }\n\
                     [socket]\nurl = '{{url}}'\nquery = { t = '{{token}}', s = '{{token|hmac_sha256:key}}' }\n";
        assert_eq!(socket(&profile(taken), "wss://other.example.net/", false), None);
    }

    #[test]
    fn a_server_that_sends_its_client_elsewhere_gets_no_secret_there() {
        let fixed = profile(
            "[secret.key]\n[socket]\nurl = 'wss://ws.example.com/v1'\nmake = { k = 'x{{key}}' }\nprotocols = ['{{k|base64url}}']\n",
        );
        assert_eq!(socket(&fixed, "wss://ws.example.com/v1", false), None);
        assert_eq!(socket(&fixed, "wss://evil.example.net/", true).as_deref(), Some("key"));
        assert_eq!(socket(&fixed, "wss://ws.example.com/v2", true), None);
        assert!(fixed.secrets_for_named_hosts().is_empty());
    }

    #[test]
    fn what_is_made_of_a_secret_for_the_socket_is_kept_from_the_greetings_requests_too() {
        for (socket_make, hello_make) in [("make = { copy = '{{key}}' }\n", ""), ("", "make = { copy = '{{key}}' }\n")]
        {
            let copied = profile(&format!(
                "[secret.key]\n[[ticket]]\npost = '/t'\ntake = {{ url = '/url' }}\n[socket]\npath = '/ws'\n{socket_make}\
                 [[hello]]\n{hello_make}request = {{ post = '{{{{url}}}}/x', headers = {{ X-A = '{{{{copy}}}}' }} }}\n"
            ));
            let (service, url) = (copied.steps(), Url::parse("https://evil.example.net/x").unwrap());
            let request = service.hello[0].request.as_ref().unwrap();
            let kept = copied.kept_from_step(&service, request, &url).map(|(name, _)| name.to_string());
            assert_eq!(kept.as_deref(), Some("key"), "{socket_make}{hello_make}");
        }
    }

    #[test]
    fn a_host_that_a_person_gives_is_the_profiles_own() {
        let tenant = profile(
            "[secret.tenant]\n[secret.key]\n[[ticket]]\npost = 'https://{{tenant}}.example.net/t'\nauth = '{{key}}'\n\
             take = { url = '/url' }\n[socket]\nurl = '{{url}}'\n",
        );
        let (service, url) = (tenant.steps(), Url::parse("https://acme.example.net/t").unwrap());
        assert_eq!(tenant.kept_from_step(&service, &service.ticket[0], &url), None);
        let named = profile(
            "[secret.key]\n[[ticket]]\npost = '/where'\ntake = { host = '/host' }\n\
             [[ticket]]\npost = 'https://{{host}}/t/{{key}}'\ntake = { url = '/url' }\n[socket]\nurl = '{{url}}'\n",
        );
        let (service, url) = (named.steps(), Url::parse("https://evil.example.net/t").unwrap());
        assert!(named.kept_from_step(&service, &service.ticket[1], &url).is_some());
        assert!(named.kept_from_step(&service, &service.ticket[0], &url).is_none());
    }
}
