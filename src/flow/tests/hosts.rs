//! Which secret goes to which host in a history: the profile's rule, as the driver applies it to each request, against what a
//! person who wrote the profile would say.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use url::Url;

use super::Effect;
use crate::model::{Address, Announcement, Profile, Step, Then, ValueName};

/// Hosts that answers name: the profile's own, hosts that a secret allows, and others that look alike.
const NAMED: [&str; 6] =
    ["api.example", "login.example", "eu.gate.example", "gate.example", "gate.example.evil.example", "evil.example"];

thread_local! {
    /// The few profiles there are, by their text: reading one takes longer than the history that goes through it.
    static PROFILES: RefCell<HashMap<String, Profile>> = RefCell::default();
}

/// Which of the profile's secrets may go where, in plain words.
fn may_go(secret: &str, host: &str) -> bool {
    let own = ["api.example", "login.example"];
    own.contains(&host) || (secret == "shared" && host == "eu.gate.example")
}

/// The requests of a history's service, and what they carried where.
pub struct Hosts {
    profile: Profile,
    /// What decides which host an answer names.
    drawn: u64,
    /// Where the server has sent its client.
    elsewhere: Option<&'static str>,
    pub seen: Seen,
}

/// How often a secret went to a host that an answer named, and how often it was kept from one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub sent: u32,
    pub kept: u32,
}

impl Hosts {
    /// Of a service that `seed` makes up.
    pub fn new(seed: u64) -> Self {
        let secret = |bit: u32| if seed >> bit & 1 == 1 { "shared" } else { "key" };
        let ticket = ["'/ticket'", "'{{place}}/ticket'", "'https://login.example/ticket'"][(seed >> 7) as usize % 3];
        let socket = ["path = '/ws'", "url = '{{url}}'", "url = 'wss://{{zone}}/ws'"][(seed >> 9) as usize % 3];
        let text = format!(
            "name = 'x'\napi = 'https://api.example'\n[secret.key]\n[secret.shared]\nhosts = ['*.gate.example']\n\
             [[login]]\npost = 'https://login.example/token'\nform = {{ key = '{{{{{0}}}}}' }}\n\
             take = {{ place = '/place' }}\n\
             [[ticket]]\npost = {ticket}\nmake = {{ pair = '{{{{{1}}}}}:x' }}\nauth = 'Basic {{{{pair|base64}}}}'\n\
             take = {{ url = '/url', zone = '/zone' }}\n\
             [socket]\n{socket}\nquery = {{ zone = '{{{{zone}}}}' }}\nmake = {{ proof = '{{{{{2}}}}}' }}\n\
             [[hello]]\nmake = {{ twice = '{{{{proof}}}}{{{{proof}}}}' }}\nsend = '{{{{twice}}}}'\n\
             request = {{ post = '{{{{place}}}}/join', auth = '{{{{{3}}}}}' }}\n",
            secret(11),
            secret(12),
            secret(13),
            secret(14),
        );
        let read = |text: &str| Profile::from_toml(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let profile = PROFILES.with_borrow_mut(|known| known.entry(text).or_insert_with_key(|text| read(text)).clone());
        Self { profile, drawn: seed | 1, elsewhere: None, seen: Seen::default() }
    }

    fn named(&mut self) -> &'static str {
        // xorshift64 (Marsaglia 2003).
        self.drawn ^= self.drawn << 13;
        self.drawn ^= self.drawn >> 7;
        self.drawn ^= self.drawn << 17;
        NAMED[(self.drawn % NAMED.len() as u64) as usize]
    }

    /// The server has said that it ends the connection.
    pub fn announced(&mut self, announced: &Announcement) {
        self.elsewhere = (announced.then == Then::Go).then(|| self.named());
    }

    /// Sends what `effect` asks for. That the machine goes on after a request which is not sent makes for more histories, not
    /// for fewer.
    pub fn effect(&mut self, effect: &Effect) {
        let service = self.profile.steps();
        match effect {
            Effect::RequestToken(..) => service.login.iter().for_each(|step| self.request(step)),
            Effect::RequestTicket(..) => service.ticket.iter().for_each(|step| self.request(step)),
            Effect::Upgrade(..) => {
                let elsewhere = self.elsewhere.take();
                let host = match (elsewhere, &service.socket.url) {
                    (Some(host), _) => host,
                    (None, Some(_)) => self.named(),
                    (None, None) => "api.example",
                };
                let url = url(host);
                let kept = self.profile.kept_from_socket(&service, &url, elsewhere.is_some());
                self.sent(host, service.secrets_in_socket().into_iter().cloned(), kept.is_some());
                if kept.is_none() {
                    service.hello.iter().filter_map(|hello| hello.request.as_ref()).for_each(|step| self.request(step));
                }
            }
            Effect::LoadCredential(_)
            | Effect::Dial(_)
            | Effect::Close(_)
            | Effect::Abort(_)
            | Effect::SaveCredential(_)
            | Effect::ForgetCredential => {}
        }
    }

    fn request(&mut self, step: &Step) {
        let host = match &step.address {
            Address::Path(_) => "api.example",
            Address::Url(template) if template.fixed().is_some() => "login.example",
            Address::Url(_) => self.named(),
        };
        let service = self.profile.steps();
        let kept = self.profile.kept_from_step(&service, step, &url(host));
        self.sent(host, service.secrets_in_step(step).into_iter().cloned(), kept.is_some());
    }

    fn sent(&mut self, host: &str, secrets: impl Iterator<Item = ValueName>, is_kept: bool) {
        let secrets: BTreeMap<_, _> = secrets.map(|name| (name.to_string(), may_go(name.as_str(), host))).collect();
        assert!(!secrets.is_empty(), "every request of this service has a secret");
        let may_go = secrets.values().all(|may_go| *may_go);
        assert_eq!(!is_kept, may_go, "{secrets:?} to {host}");
        if is_kept {
            self.seen.kept += 1;
        } else {
            self.seen.sent += 1;
        }
    }
}

fn url(host: &str) -> Url {
    Url::parse(&format!("https://{host}/")).expect("a host's address")
}
