//! What tells who the user is, and where.

use std::env;

use directories::UserDirs;
use url::Url;

use super::spelling::replace_words;

/// Names that everybody has give nothing away, and some are words that a recording is written in.
const GENERIC: [&str; 19] = [
    "root",
    "admin",
    "administrator",
    "user",
    "guest",
    "test",
    "demo",
    "debian",
    "ubuntu",
    "server",
    "client",
    "driver",
    "person",
    "flow",
    "fault",
    "local",
    "localhost",
    "host",
    "localdomain",
];
/// A shorter name is found in every text.
const MIN_NAME: usize = 3;

/// What belongs to a user and has no place in a report.
#[derive(Clone, Debug, Default)]
pub struct Own {
    home: Option<String>,
    users: Vec<String>,
    hosts: Vec<String>,
}

impl Own {
    /// A home folder, the names of a user, and of hosts of the user's own network.
    pub fn new(home: Option<String>, users: &[&str], hosts: &[&str]) -> Self {
        let mut own = Self { home: home.filter(|home| home.len() > 1), ..Self::default() };
        users.iter().for_each(|user| add(&mut own.users, user));
        hosts.iter().for_each(|host| own.add_host(host));
        own
    }

    /// What this computer knows of its user, itself and its proxies.
    pub fn of_this_computer() -> Self {
        let mut own = Self::default();
        if let Some(dirs) = UserDirs::new() {
            let home = dirs.home_dir();
            let name = home.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            add(&mut own.users, &name);
            own.home = Some(home.to_string_lossy().into_owned()).filter(|home| home.len() > 1);
        }
        for variable in ["USER", "LOGNAME", "USERNAME"] {
            add(&mut own.users, &env::var(variable).unwrap_or_default());
        }
        for variable in ["HOSTNAME", "COMPUTERNAME"] {
            own.add_host(&env::var(variable).unwrap_or_default());
        }
        own.add_host(&gethostname::gethostname().to_string_lossy());
        for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            for variable in [variable.to_owned(), variable.to_lowercase()] {
                let proxy = env::var(variable).unwrap_or_default();
                let proxy = if proxy.contains("://") { proxy } else { format!("http://{proxy}") };
                let Ok(url) = Url::parse(&proxy) else { continue };
                own.add_host(url.host_str().unwrap_or_default());
                add(&mut own.users, url.username());
                add(&mut own.users, url.password().unwrap_or_default());
            }
        }
        own
    }

    /// Adds a host of the user's own network. Addresses are known without being told.
    pub fn add_host(&mut self, host: &str) {
        add(&mut self.hosts, host);
        // A computer often goes by the first part of its name.
        if let Some((first, _)) = host.split_once('.') {
            add(&mut self.hosts, first);
        }
    }

    /// `text` with `~` for the home folder, and nobody's name in anybody's.
    pub(super) fn without_home(&self, text: &str) -> String {
        let mut clean = match &self.home {
            Some(home) => replace_words(text, home, "~"),
            None => text.to_owned(),
        };
        for folder in ["/home/", "/Users/", "\\Users\\"] {
            let is_end = |c: char| c.is_whitespace() || "/\\\"':,;)<>".contains(c);
            let (mut kept, mut rest) = (String::with_capacity(clean.len()), &*clean);
            while let Some(at) = rest.find(folder) {
                let (before, name) = rest.split_at(at + folder.len());
                kept.push_str(before);
                let length = name.find(is_end).unwrap_or(name.len());
                if length > 0 {
                    kept.push_str("(user)");
                }
                rest = &name[if name.starts_with("(user)") { "(user)".len() } else { length }..];
            }
            kept.push_str(rest);
            clean = kept;
        }
        clean
    }

    /// `text` without names of the user and of hosts.
    pub(super) fn without_names(&self, text: &str) -> String {
        let named = |text: String, names: &[String], stand_in| {
            names.iter().fold(text, |text, name| replace_words(&text, name, stand_in))
        };
        named(named(text.to_owned(), &self.hosts, "(host)"), &self.users, "(user)")
    }

    /// Whether `text` holds any of it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.without_names(&self.without_home(text)) != text
    }
}

fn add(names: &mut Vec<String>, name: &str) {
    let is_told = name.len() >= MIN_NAME && !GENERIC.contains(&name.to_lowercase().as_str());
    // Whose parts are numbers only is an address.
    let is_name = name.chars().any(char::is_alphabetic) && !name.contains(':');
    if is_told && is_name && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
        // The longest first, so that nothing of it is left over.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    }
}
