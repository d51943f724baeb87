//! The text of a profile that somebody begins with: a preset, another profile, or an address.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use url::Url;

use crate::model::{SafeText, ValueName, has_secret_shape, is_secret_name, mistyped, name_problem, secret_parts};

/// A query's values that are longer than this, in characters, are taken for secrets.
const LONGEST_WORD: usize = 20;

/// The text `preset` under another name.
pub fn renamed(preset: &str, name: &str) -> String {
    let line = format!("name = {}", quoted(name));
    let mut renamed = String::with_capacity(preset.len() + line.len());
    let (mut is_done, mut is_top) = (false, true);
    for row in preset.split_inclusive('\n') {
        is_top &= !row.trim_start().starts_with('[');
        if is_top && !is_done && is_name(row) {
            renamed.push_str(&line);
            renamed.push_str(if row.ends_with("\r\n") { "\r\n" } else { "\n" });
            is_done = true;
        } else {
            renamed.push_str(row);
        }
    }
    if is_done { renamed } else { format!("{line}\n{preset}") }
}

fn is_name(row: &str) -> bool {
    row.trim_start().strip_prefix("name").is_some_and(|rest| rest.trim_start().starts_with('='))
}

/// A profile called `name` of the service at `address`: a WebSocket's whole address, or that of an API with which
/// a ticket is asked for.
///
/// # Errors
/// What is wrong with the address.
pub fn of_address(name: &str, address: &str) -> Result<String, String> {
    let expected = "expected an address such as \"wss://api.example.com/ws\" or \"https://api.example.com\"";
    let schemes = if address.trim_start().starts_with("ws") { ["ws", "wss"] } else { ["http", "https"] };
    if let Some(problem) = mistyped(address, schemes) {
        return Err(problem);
    }
    let url = Url::parse(address.trim()).map_err(|error| format!("{error}; {expected}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("a user name or password has no place here; {expected}"));
    }
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let (http, ws) = match url.scheme() {
        "wss" | "https" => ("https", "wss"),
        "ws" | "http" => ("http", "ws"),
        scheme => return Err(format!("the scheme is \"{}\"; {expected}", SafeText::new(scheme))),
    };
    if host.is_empty() {
        return Err(format!("there is no host; {expected}"));
    }
    let addresses = Addresses { http: format!("{http}://{host}"), ws: format!("{ws}://{host}") };
    let name = quoted(name);
    Ok(if !url.scheme().starts_with("http") {
        of_socket(&name, &addresses, &url)
    } else if url.query().is_some() || has_secret_shape(url.path()) {
        of_ticket_request(&name, &addresses, &url)
    } else {
        of_api(&name, &addresses, &url)
    })
}

/// Where a service is.
struct Addresses {
    http: String,
    ws: String,
}

/// Where the ticket is asked for, if nothing else is said.
const TICKET: &str = "/api/v1/ws-ticket";

/// What an address of an API says: an address that ends in / is what the others are below; any other one is where the ticket is
/// asked for.
fn base_and_ticket(path: &str) -> (&str, Option<&str>) {
    match path {
        "/" => ("", None),
        base if base.ends_with('/') => (base.trim_end_matches('/'), None),
        path => ("", Some(path)),
    }
}

/// A service of the contract's kind.
fn of_api(name: &str, Addresses { http, ws }: &Addresses, url: &Url) -> String {
    let (base, ticket) = base_and_ticket(url.path());
    format!(
        "name = {name}\n\
         api = {}          # where sign-in and ticket are asked for\n\
         websocket = {}\n\
         origin = {}       # the page's own address; the server may refuse others\n\n\
         [endpoints]\n\
         token = {{ method = \"POST\", path = \"/api/v1/auth/token\", field = \"/token\" }}\n\
         ticket = {{ method = \"GET\", path = {}, field = \"/ticket\" }}\n\
         socket = {{ path = \"/ws\", query = \"ticket\" }}\n\
         health = false\n",
        quoted(&format!("{http}{base}")),
        quoted(ws),
        quoted(http),
        quoted(ticket.unwrap_or(TICKET)),
    )
}

/// The same, with steps of its own: what stands in the address goes with the request for the ticket.
fn of_ticket_request(name: &str, Addresses { http, ws }: &Addresses, url: &Url) -> String {
    let mut secrets = Secrets { taken: &["ticket", "token"], ..Secrets::default() };
    let path = secrets.path(url.path());
    let (base, ticket) = base_and_ticket(&path);
    let ticket = ticket.map_or_else(|| format!("{base}{TICKET}"), str::to_owned);
    let query = secrets.query(url).map_or_else(String::new, |query| format!("{query}\n"));
    format!(
        "name = {name}\n\
         api = {}          # where sign-in and ticket are asked for\n\
         websocket = {}\n\
         origin = {}       # the page's own address; the server may refuse others\n\n\
         {}\
         [[login]]\n\
         post = {}\n\
         json = {{}}\n\
         take = {{ token = \"/token\" }}\n\n\
         [[ticket]]\n\
         get = {}\n\
         {query}\
         auth = \"Bearer {{{{token}}}}\"\n\
         take = {{ ticket = \"/ticket\" }}\n\n\
         [socket]\n\
         path = \"/ws\"\n\
         query = {{ ticket = \"{{{{ticket}}}}\" }}\n",
        quoted(http),
        quoted(ws),
        quoted(http),
        secrets.tables(),
        quoted(&format!("{base}/api/v1/auth/token")),
        quoted(&ticket),
    )
}

/// A socket that is opened without any request before it.
fn of_socket(name: &str, Addresses { http, ws }: &Addresses, url: &Url) -> String {
    let mut secrets = Secrets::default();
    let path = secrets.path(url.path());
    let query = secrets.query(url);
    let mut text = format!(
        "name = {name}\n\
         api = {}\n\
         websocket = {}\n\
         # origin = {}       # for a page; without it none is sent, as by a program\n\n\
         {}[socket]\n",
        quoted(http),
        quoted(ws),
        quoted(http),
        secrets.tables(),
    );
    if path != "/" {
        // A String takes everything.
        let _ = writeln!(text, "path = {}", quoted(&path));
    }
    query.into_iter().for_each(|query| text.push_str(&format!("{query}\n")));
    text
}

/// What of an address is asked for instead of written down: names of secrets, with where they stood.
#[derive(Default)]
struct Secrets {
    asked: BTreeMap<String, String>,
    /// Names that answers have given away.
    taken: &'static [&'static str],
}

impl Secrets {
    /// `path` with places for what looks like a secret in it.
    fn path(&mut self, path: &str) -> String {
        let (mut text, mut from) = (String::with_capacity(path.len()), 0);
        for (index, part) in secret_parts(path).into_iter().enumerate() {
            let name = if index == 0 { "path_key".to_owned() } else { format!("path_key_{}", index + 1) };
            text.push_str(&path[from..part.start]);
            self.asked.insert(name.clone(), format!("In the path after {text}"));
            text.push_str(&format!("{{{{{name}|url}}}}"));
            from = part.end;
        }
        text + &path[from..]
    }

    /// `query = { … }` with places for its secrets.
    fn query(&mut self, url: &Url) -> Option<String> {
        let mut query = BTreeMap::<_, Vec<_>>::new();
        for (key, value) in url.query_pairs() {
            let is_secret = value.chars().count() >= LONGEST_WORD || has_secret_shape(&value) || is_secret_name(&key);
            let value = if is_secret {
                let secret = value_name(&key);
                let secret = if self.taken.contains(&&*secret) { format!("query_{secret}") } else { secret };
                let place = format!("\"{{{{{secret}}}}}\"");
                self.asked.insert(secret, key.clone().into_owned());
                place
            } else {
                quoted(&value.replace("{{", "{ {"))
            };
            query.entry(quoted(&key)).or_default().push(value);
        }
        let pairs = query.into_iter().map(|(key, values)| match values.as_slice() {
            [value] => format!("{key} = {value}"),
            several => format!("{key} = [{}]", several.join(", ")),
        });
        let pairs = pairs.collect::<Vec<_>>().join(", ");
        (!pairs.is_empty()).then(|| format!("query = {{ {pairs} }}"))
    }

    /// The tables that ask for them.
    fn tables(&self) -> String {
        let table = |(secret, label): (&String, &String)| format!("[secret.{secret}]\nlabel = {}\n\n", quoted(label));
        self.asked.iter().map(table).collect()
    }
}

/// A name for a value out of any words.
fn value_name(words: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = words.chars().map(word).take(28).collect();
    // It may begin with a digit, or be a value that is always there.
    if ValueName::try_from(name.clone()).is_ok() { name } else { format!("s_{name}") }
}

/// `text` as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// The name of the file of a profile called `name`.
///
/// # Errors
/// What is wrong with the name.
pub fn file_name(name: &str) -> Result<String, &'static str> {
    if let Some(problem) = name_problem(name) {
        return Err(problem);
    }
    let mut stem = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            stem.push(c);
        } else if !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
        }
    }
    let stem = stem.trim_end_matches('-');
    // Windows keeps these for its devices.
    let is_device = ["con", "prn", "aux", "nul"].contains(&stem)
        || ["com", "lpt"].iter().any(|port| stem.strip_prefix(port).is_some_and(|rest| rest.len() == 1));
    match stem {
        "" => Err("expected a name with a letter or a digit in it"),
        stem if is_device => Ok(format!("profile-{stem}.toml")),
        stem => Ok(format!("{stem}.toml")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Profile;

    #[test]
    fn an_address_becomes_a_profile_and_what_is_secret_in_it_does_not_stay() {
        let text = of_address("My \"bot\"", "wss://gw.example:8443/a/b?v=10&token=xoxb-1234&id=012345678901234567890")
            .unwrap();
        let profile = Profile::from_toml(&text).unwrap();
        assert_eq!(profile.name.as_str(), "My \"bot\"");
        let service = profile.service.unwrap();
        let secrets: Vec<_> = service.secrets.keys().map(|name| name.as_str()).collect();
        assert_eq!(secrets, ["s_id", "token"]);
        assert_eq!(service.socket.query.get("v").unwrap().to_string(), "10");
        assert_eq!(service.socket.path.as_ref().unwrap().0.to_string(), "/a/b");
        assert!(!text.contains("xoxb") && !text.contains("0123456789"), "{text}");
        assert_eq!(profile.websocket.to_string(), "wss://gw.example:8443");
        let api = Profile::from_toml(&of_address("x", "https://api.example/base/").unwrap()).unwrap();
        assert_eq!((api.api.to_string().as_str(), api.service), ("https://api.example/base", None));
        let ticket = Profile::from_toml(&of_address("x", "https://api.example/v2/ticket").unwrap()).unwrap();
        assert_eq!(ticket.api.join(&ticket.endpoints.ticket.path).as_str(), "https://api.example/v2/ticket");
        for (wrong, expected) in
            [("example.com", "expected “https://example.com”"), ("ftp://x", "the scheme"), ("wss://a:b@c", "password")]
        {
            assert!(of_address("x", wrong).unwrap_err().contains(expected), "{wrong}");
        }
    }

    #[test]
    fn a_secret_of_any_address_is_asked_for_and_not_written_down() {
        const JWT: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln";
        for (address, names) in [
            ("wss://host.example/ws?pwd=hunter2&v=10", &["pwd"][..]),
            ("https://host.example/ws?pwd=hunter2&v=10", &["pwd"]),
            ("https://host.example/v2/?otp=hunter2", &["otp"]),
            ("https://host.example/ws?token=hunter2", &["query_token"]),
            (&*format!("wss://host.example/feed/{JWT}/x"), &["path_key"]),
            (&*format!("https://host.example/{JWT}/hunter-k9X2mQ7vB4nL8pR1/"), &["path_key", "path_key_2"]),
        ] {
            let text = of_address("x", address).unwrap();
            assert!(!text.contains("hunter") && !text.contains("eyJ"), "{text}");
            let service = Profile::from_toml(&text).unwrap_or_else(|error| panic!("{error}\n{text}")).service.unwrap();
            let secrets: Vec<_> = service.secrets.keys().map(|name| name.as_str()).collect();
            assert_eq!(secrets, names, "{text}");
            let query = service.ticket.first().map_or(&service.socket.query, |ticket| &ticket.query);
            assert!(!address.contains("v=10") || query.get("v").unwrap().to_string() == "10", "{text}");
        }
    }

    #[test]
    fn a_copy_has_another_name_and_keeps_its_comments() {
        let text = "# About\nnames = 1\n  name='Old' # here\nx = 1\n[t]\nname = 'y'\n";
        assert_eq!(renamed(text, "New"), "# About\nnames = 1\nname = \"New\"\nx = 1\n[t]\nname = 'y'\n");
        assert_eq!(renamed("[t]\nname = 1\n", "New"), "name = \"New\"\n[t]\nname = 1\n");
    }

    #[test]
    fn a_name_makes_a_file_name_for_every_system() {
        for (name, file) in [
            ("Customer A — Staging", "customer-a-staging.toml"),
            ("../../etc", "etc.toml"),
            ("CON", "profile-con.toml"),
            ("Émile 2", "émile-2.toml"),
        ] {
            assert_eq!(file_name(name).unwrap(), file);
        }
        assert!(file_name("…").is_err() && file_name(" ").is_err());
    }
}
