//! The text of a profile that somebody begins with: a preset, another profile, or an address.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use url::Url;

use crate::model::{SafeText, ValueName, name_problem};

/// A query's values that are longer than this, in characters, are taken for secrets.
const LONGEST_WORD: usize = 20;

/// Parts of a query's keys whose values are secrets.
const SECRET_KEYS: [&str; 7] = ["token", "key", "secret", "ticket", "auth", "jwt", "pass"];

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
    let name = quoted(name);
    if url.scheme().starts_with("http") {
        // An address that ends in / is what the others are below; any other one is where the ticket is asked for.
        let (base, ticket) = match url.path() {
            "/" => ("", "/api/v1/ws-ticket"),
            base if base.ends_with('/') => (base.trim_end_matches('/'), "/api/v1/ws-ticket"),
            path => ("", path),
        };
        return Ok(format!(
            "name = {name}\n\
             api = {}          # where sign-in and ticket are asked for\n\
             websocket = {}\n\
             origin = {}       # the page's own address; the server may refuse others\n\n\
             [endpoints]\n\
             token = {{ method = \"POST\", path = \"/api/v1/auth/token\", field = \"/token\" }}\n\
             ticket = {{ method = \"GET\", path = {}, field = \"/ticket\" }}\n\
             socket = {{ path = \"/ws\", query = \"ticket\" }}\n\
             health = false\n",
            quoted(&format!("{http}://{host}{base}")),
            quoted(&format!("{ws}://{host}")),
            quoted(&format!("{http}://{host}")),
            quoted(ticket),
        ));
    }
    let mut text = format!(
        "name = {name}\n\
         api = {}\n\
         websocket = {}\n\
         # origin = {}       # for a page; without it none is sent, as by a program\n\n",
        quoted(&format!("{http}://{host}")),
        quoted(&format!("{ws}://{host}")),
        quoted(&format!("{http}://{host}")),
    );
    let (mut query, mut secrets) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
    for (key, value) in url.query_pairs() {
        let is_secret =
            value.chars().count() >= LONGEST_WORD || SECRET_KEYS.iter().any(|part| key.to_lowercase().contains(part));
        if is_secret {
            let secret = value_name(&key);
            query.entry(quoted(&key)).or_default().push(format!("\"{{{{{secret}}}}}\""));
            secrets.insert(secret, key.into_owned());
        } else {
            query.entry(quoted(&key)).or_default().push(quoted(&value.replace("{{", "{ {")));
        }
    }
    for (secret, key) in secrets {
        // A String takes everything.
        let _ = write!(text, "[secret.{secret}]\nlabel = {}\n\n", quoted(&key));
    }
    text.push_str("[socket]\n");
    if url.path() != "/" {
        let _ = writeln!(text, "path = {}", quoted(url.path()));
    }
    if !query.is_empty() {
        let pairs = query.into_iter().map(|(key, values)| match values.as_slice() {
            [value] => format!("{key} = {value}"),
            several => format!("{key} = [{}]", several.join(", ")),
        });
        let _ = writeln!(text, "query = {{ {} }}", pairs.collect::<Vec<_>>().join(", "));
    }
    Ok(text)
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
        for (wrong, expected) in [("example.com", "relative"), ("ftp://x", "the scheme"), ("wss://a:b@c", "password")] {
            assert!(of_address("x", wrong).unwrap_err().contains(expected), "{wrong}");
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
