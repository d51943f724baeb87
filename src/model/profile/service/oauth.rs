//! A sign-in in the browser (OAuth 2.0): with an authorization code and PKCE, or with a code for another device.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::profile::address::{HttpUrl, is_loopback};
use crate::model::profile::literals::Literals;
use crate::model::profile::template::Template;
use crate::model::values::ValueName;

/// How a person signs in at an authorization server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    /// In which way.
    #[serde(default)]
    pub flow: OAuthFlow,
    /// Where the browser goes (RFC 6749 §3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorize: Option<HttpUrl>,
    /// Where the code for another device comes from (RFC 8628 §3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<HttpUrl>,
    /// Where tokens come from (RFC 6749 §3.2).
    pub token: HttpUrl,
    /// Who asks.
    pub client_id: Template,
    /// What proves that, where the server wants it of a program on somebody's computer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Template>,
    /// What is asked for; `offline_access` or the like, if the sign-in is to last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Further parameters of the first request, such as `audience`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Template>,
    /// The port to which the browser comes back, where the server wants to know it before; else any that is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// The ways to sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OAuthFlow {
    /// In the browser of this computer, which comes back to it (RFC 7636, RFC 8252).
    #[default]
    Browser,
    /// In any browser, with a code that is typed there (RFC 8628).
    Device,
}

impl OAuth {
    /// The name of the entry in the keychain that keeps the refresh token.
    pub const REFRESH: &str = "oauth_refresh";

    /// The value that it gives.
    pub fn access_token() -> ValueName {
        ValueName::built_in("access_token")
    }

    /// The value that an OpenID provider gives beside it.
    pub fn id_token() -> ValueName {
        ValueName::built_in("id_token")
    }

    /// The refresh token, as the keychain knows it.
    pub fn refresh_token() -> ValueName {
        ValueName::built_in(Self::REFRESH)
    }

    /// The templates of what it sends.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        [&self.client_id].into_iter().chain(&self.client_secret).chain(self.extra.values())
    }

    /// Leaves out what may be a secret that somebody wrote into the file.
    pub(super) fn leave_out_literals(&mut self, literals: &mut Literals) {
        self.client_secret.iter_mut().for_each(|secret| literals.leave_out_of("client_secret", secret));
        self.extra.iter_mut().for_each(|(name, value)| literals.leave_out_of(name.as_str(), value));
    }

    /// What cannot work although each key by itself could.
    pub fn problem(&self) -> Option<&'static str> {
        let is_ours = |name: &String| {
            ["response_type", "client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method"]
                .contains(&name.as_str())
        };
        let mut all = self.authorize.iter().chain(&self.device).chain([&self.token]);
        let is_open = |address: &HttpUrl| address.url().scheme() != "https" && !is_loopback(address.url());
        match self.flow {
            OAuthFlow::Browser | OAuthFlow::Device if all.any(is_open) => {
                Some("a sign-in goes over https only: authorize, device and token have to begin with https://")
            }
            OAuthFlow::Browser if self.authorize.is_none() => {
                Some("flow = \"browser\" needs authorize = \"https://…\", where the browser goes")
            }
            OAuthFlow::Device if self.device.is_none() => {
                Some("flow = \"device\" needs device = \"https://…\", where the code comes from")
            }
            OAuthFlow::Browser | OAuthFlow::Device if self.extra.keys().any(is_ours) => {
                Some("extra says what Ticketscope says itself, such as state, scope or redirect_uri")
            }
            OAuthFlow::Browser | OAuthFlow::Device => None,
        }
    }
}
