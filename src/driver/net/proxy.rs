//! The HTTP proxy that the environment may ask for.

use std::fmt;

use http::{HeaderMap, HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use url::Url;
use zeroize::Zeroizing;

use super::authority::authority;
use super::error::NetError;
use super::head::{Head, HeadError, read_head};
use crate::model::failure::{IoCause, ProxyCause, ProxyFailure};
use crate::model::{Redactor, SafeText, is_loopback};

/// An HTTP proxy. Shown without its password.
pub struct Proxy {
    host: String,
    port: u16,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// The proxy that `proxies` puts between this computer and `url`. Loopback is never proxied.
    pub fn between(url: &Url, proxies: &Matcher) -> Result<Option<Self>, NetError> {
        if is_loopback(url) {
            return Ok(None);
        }
        let scheme = if matches!(url.scheme(), "https" | "wss") { "https" } else { "http" };
        let destination = format!("{scheme}://{}/", authority(url)).parse::<Uri>();
        let destination = destination.map_err(|error| NetError::Setup(format!("{}: {error}", authority(url))))?;
        let Some(proxy) = proxies.intercept(&destination) else { return Ok(None) };
        let uri = proxy.uri();
        let host = uri.host().unwrap_or_default().to_owned();
        if uri.scheme_str() != Some("http") {
            return Err(NetError::Proxy(format!("{}://{host}", uri.scheme_str().unwrap_or_default())));
        }
        let named = uri.authority().map_or("", |authority| authority.as_str());
        let port = named.rsplit_once('@').map_or(named, |(_, place)| place).strip_prefix(&*host).unwrap_or_default();
        // What is no port is not taken for one that was left out.
        if let Some(junk) =
            port.strip_prefix(':').filter(|port| !port.is_empty() && uri.port_u16().is_none_or(|port| port == 0))
        {
            return Err(NetError::ProxyPort { host, port: SafeText::with_limit(junk, 16) });
        }
        let authorization = proxy.basic_auth().cloned();
        Ok(Some(Self { host, port: uri.port_u16().unwrap_or(80), authorization }))
    }

    /// What it means that it did not let a connection through.
    pub fn failed(&self, cause: ProxyCause) -> ProxyFailure {
        ProxyFailure { proxy: SafeText::new(&self.to_string()), cause }
    }

    /// Where to connect to.
    pub fn address(&self) -> (&str, u16) {
        (self.host.trim_matches(['[', ']']), self.port)
    }

    /// The value of `Proxy-Authorization`, if it has a password.
    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_ref()?.to_str().ok()
    }

    /// The same for reqwest.
    pub fn for_reqwest(&self) -> reqwest::Result<reqwest::Proxy> {
        let proxy = reqwest::Proxy::all(format!("http://{self}"))?;
        Ok(match &self.authorization {
            Some(value) => proxy.custom_http_auth(value.clone()),
            None => proxy,
        })
    }

    /// Asks for a tunnel to `url` over `stream`, which leads to this proxy (RFC 9110 §9.3.6).
    pub async fn tunnel(&self, stream: &mut TcpStream, url: &Url) -> Result<(), ProxyCause> {
        let target = authority(url);
        let mut request = Zeroizing::new(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes());
        if let Some(value) = &self.authorization {
            let lines: [&[u8]; 3] = [b"Proxy-Authorization: ", value.as_bytes(), b"\r\n"];
            request.extend(lines.concat());
        }
        request.extend(b"\r\n");
        stream.write_all(&request).await.map_err(|error| ProxyCause::Io(IoCause::of(&error)))?;

        let secrets = self.authorization().into_iter().fold(Redactor::default(), Redactor::hiding_authorization);
        let mut received = Vec::new();
        let Head { status, headers, .. } =
            read_head(stream, &mut received, &secrets).await.map_err(|error| match error {
                HeadError::Io(error) => ProxyCause::Io(IoCause::of(&error)),
                HeadError::EndOfStream => ProxyCause::EndedWithoutAnswer,
                HeadError::NotHttp(fault) => ProxyCause::NotHttp(fault),
            })?;
        match status {
            200..=299 if received.is_empty() => Ok(()),
            200..=299 => Err(ProxyCause::SentData),
            502..=504 => Err(ProxyCause::ServerNotReached { status, said: why(&headers, &secrets) }),
            status => Err(ProxyCause::Answered { status }),
        }
    }
}

/// What the headers of a proxy's answer say of why it does not reach a server: Squid's own, or those of RFC 9209.
fn why(headers: &HeaderMap, secrets: &Redactor) -> SafeText {
    let named = ["x-squid-error", "proxy-status"].into_iter().find_map(|name| Some((name, headers.get(name)?)));
    named.map_or_else(SafeText::default, |(name, value)| {
        secrets.text(&[name.as_bytes(), b": ", value.as_bytes()].concat(), 120)
    })
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
