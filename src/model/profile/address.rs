//! Addresses, paths and pointers of a profile, checked when they are read.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use url::{Host, Url};

use super::mistyped::mistyped;
use crate::model::SafeText;

/// Whether `url` leads to this computer (RFC 6761 §6.3 for names), where nobody is on the way.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

macro_rules! address {
    ($(#[$doc:meta])* $name:ident, $schemes:expr, $example:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Url);

        impl $name {
            /// The address of `path` below this one.
            pub fn join(&self, path: &Path) -> Url {
                let mut url = self.0.clone();
                url.set_path(&format!("{}{}", self.0.path().trim_end_matches('/'), path.0));
                url
            }

            /// An address of the program's own, known to be well-formed.
            pub(super) fn built_in(address: &str) -> Self {
                Self(Url::parse(address).expect("built-in addresses are valid"))
            }

            /// The address itself.
            pub fn url(&self) -> &Url {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                base_address(&text, Self::SCHEMES, Self::EXPECTED).map(Self)
            }
        }

        impl BaseAddress for $name {
            const SCHEMES: [&'static str; 2] = $schemes;
            const EXPECTED: &'static str = concat!("an address such as \"", $example, "\"");
        }

        impl From<$name> for String {
            fn from(address: $name) -> Self {
                address.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0.as_str().trim_end_matches('/'))
            }
        }
    };
}

address!(
    /// The base address of an HTTP API: `http` or `https`, without user, query or fragment.
    HttpUrl, ["http", "https"], "https://api.example.com"
);
address!(
    /// The base address of a WebSocket: `ws` or `wss`, without user, query or fragment.
    SocketUrl, ["ws", "wss"], "wss://api.example.com"
);

impl SocketUrl {
    /// The address beside `api`: the same host, `ws` for `http` and `wss` for `https`.
    pub(super) fn beside(api: &HttpUrl) -> Self {
        let text = api.0.as_str();
        Self::built_in(&text.replacen("http", "ws", 1))
    }
}

/// A base address, of which it is known how people write it.
pub(super) trait BaseAddress: TryFrom<String, Error = String> {
    /// The schemes that it can have, the one without TLS first.
    const SCHEMES: [&'static str; 2];
    /// What was expected, where nothing nearer is known.
    const EXPECTED: &'static str;
}

/// Reads an address as a person wrote it: a slip is named even where a URL parser would make something of it. What a recording
/// has was taken once and is taken again.
///
/// # Errors
/// What is wrong with it, and what was expected.
pub(super) fn typed<'de, D: Deserializer<'de>, T: BaseAddress>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    let slip = mistyped(&text, T::SCHEMES);
    match (T::try_from(text), slip) {
        (Ok(_), Some(slip)) => Err(slip),
        (taken, _) => taken,
    }
    .map_err(serde::de::Error::custom)
}

/// As [`typed`], of an address that may be missing.
///
/// # Errors
/// As [`typed`].
pub(super) fn typed_if_there<'de, D: Deserializer<'de>, T: BaseAddress>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    typed(deserializer).map(Some)
}

/// Reads a base address with one of `schemes`, the one without TLS first.
///
/// # Errors
/// What is wrong with it, and what was expected: `expected`, where nothing nearer is known.
fn base_address(text: &str, schemes: [&str; 2], expected: &str) -> Result<Url, String> {
    if let Some(address) = bare_ipv6(text) {
        return Err(format!("an IPv6 address needs brackets, {address}; expected {expected}"));
    }
    whole_address(text, schemes)
        .map_err(|problem| mistyped(text, schemes).unwrap_or_else(|| format!("{problem}; expected {expected}")))
}

fn whole_address(text: &str, schemes: [&str; 2]) -> Result<Url, String> {
    let mut url = Url::parse(text).map_err(|error| error.to_string())?;
    if !schemes.contains(&url.scheme()) {
        return Err(format!("the scheme is \"{}\"", url.scheme()));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("there is no host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a user name or password has no place here".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a query or fragment has no place here".to_owned());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// The IPv6 address that is the host in `text` and lacks its brackets (RFC 3986 §3.2.2).
fn bare_ipv6(text: &str) -> Option<String> {
    let host = text.split_once("://")?.1.split('/').next()?;
    // `::1:8080` is an address as well; what looks like a port is meant to be one.
    let with_port = host.rsplit_once(':').filter(|(_, port)| port.len() > 2 && port.parse::<u16>().is_ok());
    let with_port = with_port.and_then(|(host, port)| Some(format!("[{}]:{port}", host.parse::<Ipv6Addr>().ok()?)));
    with_port.or_else(|| Some(format!("[{}]", host.parse::<Ipv6Addr>().ok()?)))
}

/// A web origin (RFC 6454): scheme, host and port only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

impl Origin {
    /// An origin of the program's own.
    pub(super) fn built_in(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// That of a page of `api`'s own.
    pub fn of(api: &HttpUrl) -> Self {
        Self(api.0.origin().ascii_serialization())
    }

    /// The header's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let expected = Self::EXPECTED;
        if matches!(text.as_str(), "*" | "null") {
            return Err(format!("“{text}” is no page's own origin; expected {expected}, that of the web app"));
        }
        if let Some(origin) = of_app(&text) {
            return Ok(Self(origin));
        }
        let url = base_address(&text, Self::SCHEMES, expected)?;
        if url.path() != "/" {
            return Err(format!("an origin has no path; expected \"{}\"", url.origin().ascii_serialization()));
        }
        Ok(Self(url.origin().ascii_serialization()))
    }
}

/// The origin of an app's or an extension's own pages, such as `capacitor://localhost` or `chrome-extension://…`, as browsers send
/// it: a scheme of its own and a host.
fn of_app(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_own = !matches!(url.scheme(), "http" | "https" | "ws" | "wss" | "ftp" | "file");
    let is_origin = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let is_plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    let host = url.host_str().filter(|host| !host.is_empty() && is_own && is_origin && is_plain)?;
    Some(format!("{}://{host}", url.scheme()))
}

impl BaseAddress for Origin {
    const SCHEMES: [&'static str; 2] = ["http", "https"];
    const EXPECTED: &'static str = "an origin such as \"https://app.example.com\"";
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The path of an endpoint, such as `/api/v1/ws-ticket`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Path(String);

impl Path {
    /// A path of the program's own.
    pub(super) fn built_in(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_path = text.starts_with('/') && text.bytes().all(|b| b.is_ascii_graphic() && b != b'?' && b != b'#');
        is_path.then_some(Self(text)).ok_or_else(|| "expected a path such as \"/api/v1/ws-ticket\"".to_owned())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Path> for String {
    fn from(path: Path) -> Self {
        path.0
    }
}

/// A JSON Pointer (RFC 6901) to a field of an answer, such as `/ticket`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JsonPointer(String);

impl JsonPointer {
    /// The pointer to the whole document (RFC 6901 §5).
    pub fn whole() -> Self {
        Self(String::new())
    }

    /// A pointer of the program's own.
    pub(super) fn built_in(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The value that this points to within `json`.
    pub fn find<'a>(&self, json: &'a Value) -> Option<&'a Value> {
        json.pointer(&self.0)
    }

    /// As [`find`](Self::find), and on into strings that hold JSON themselves, as Pusher's `data` does.
    pub fn find_within_strings(&self, json: &Value) -> Option<Value> {
        if let Some(found) = self.find(json) {
            return Some(found.clone());
        }
        let ends = self.0.match_indices('/').map(|(end, _)| end).filter(|end| *end > 0);
        ends.into_iter().find_map(|end| {
            let inner = serde_json::from_str::<Value>(json.pointer(&self.0[..end])?.as_str()?).ok()?;
            Self(self.0[end..].to_owned()).find_within_strings(&inner)
        })
    }
}

impl TryFrom<String> for JsonPointer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_pointer = text.starts_with('/') && text.len() > 1 && SafeText::new(&text).as_str() == text;
        if is_pointer && text.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) {
            return Err("expected a JSON pointer, in which ~ is ~0 and / in a name is ~1 (RFC 6901)".to_owned());
        }
        is_pointer.then_some(Self(text)).ok_or_else(|| "expected a JSON pointer such as \"/ticket\"".to_owned())
    }
}

impl From<JsonPointer> for String {
    fn from(pointer: JsonPointer) -> Self {
        pointer.0
    }
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The path of a file on this computer, as a profile names it. It is shown with unprintable characters spelt out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FilePath(PathBuf);

impl FilePath {
    /// The path itself: to open the file.
    pub fn as_path(&self) -> &std::path::Path {
        &self.0
    }

    /// The file without its folders.
    #[must_use]
    pub fn without_folders(&self) -> Self {
        Self(self.0.file_name().map_or_else(PathBuf::new, PathBuf::from))
    }
}

impl From<PathBuf> for FilePath {
    fn from(path: PathBuf) -> Self {
        Self(path)
    }
}

impl From<&str> for FilePath {
    fn from(path: &str) -> Self {
        Self(path.into())
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SafeText::of_path(&self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pointers_lead_into_strings_that_hold_json() {
        let message = json!({ "data": r#"{"socket_id":"1.2","more":"{\"n\":[5]}"}"#, "plain": "text" });
        assert!(JsonPointer::try_from("/a~1b~0".to_owned()).is_ok());
        assert!(JsonPointer::try_from("/to~2ken".to_owned()).unwrap_err().contains("~0"));
        let found = |pointer: &str| JsonPointer::built_in(pointer).find_within_strings(&message);
        assert_eq!(found("/data/socket_id"), Some(json!("1.2")));
        assert_eq!(found("/data/more/n/0"), Some(json!(5)));
        assert_eq!(found("/plain"), Some(json!("text")));
        assert_eq!(found("/plain/a"), None);
        assert_eq!(found("/data/other"), None);
    }
}
