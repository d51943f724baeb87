//! Parts of requests: paths, names of headers, and what may be said of them.

use serde::{Deserialize, Serialize};

use crate::model::profile::template::Template;

/// A path with values in it, such as `/terminals/websocket/{{name|url}}`: no query, no fragment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathTemplate(pub Template);

impl TryFrom<String> for PathTemplate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let template = Template::try_from(text)?;
        if template.texts().any(|text| text.chars().any(|c| c.is_control() || c.is_whitespace())) {
            return Err("a path has no spaces and no line breaks".to_owned());
        }
        if template.texts().any(|text| text.contains(['?', '&', '#'])) {
            return Err("a path has no ?, & or #; parameters belong into query = { … }".to_owned());
        }
        if !template.beginning().starts_with('/') {
            return Err("expected a path such as \"/api/v1/ws\"".to_owned());
        }
        Ok(Self(template))
    }
}

impl From<PathTemplate> for String {
    fn from(path: PathTemplate) -> Self {
        path.0.to_string()
    }
}

/// The name of a header (RFC 9110 §5.1) that a profile may set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderKey(String);

impl HeaderKey {
    /// Headers that decide where a request goes or ends, which is not a profile's to say.
    const OURS: [&str; 9] = [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-extensions",
        "sec-websocket-protocol",
    ];

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HeaderKey {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err("expected the name of a header, such as \"X-Api-Key\"".to_owned());
        }
        if Self::OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
            return Err(format!("the header {name} is Ticketscope's own; subprotocols belong into protocols = [ … ]"));
        }
        Ok(Self(name))
    }
}

impl From<HeaderKey> for String {
    fn from(name: HeaderKey) -> Self {
        name.0
    }
}
