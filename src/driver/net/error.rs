//! What keeps a profile from being used at all.

use crate::model::SafeText;
use crate::model::failure::{SetupCause, SetupFailure};

/// Why a profile cannot be connected with at all on this computer.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// A file of `tls.extra_roots` cannot be used.
    #[error("{file}: {problem}")]
    Root {
        /// The file, as the profile spells it.
        file: String,
        /// What is wrong with it, where, and what was expected.
        problem: String,
    },
    /// The files of the client's own certificate cannot be used.
    #[error("{file}: {problem}")]
    ClientCertificate {
        /// The file, as the profile spells it.
        file: String,
        /// What is wrong with it, and what was expected.
        problem: String,
    },
    /// The platform's root certificates cannot be used.
    #[error(
        "this computer's root certificates cannot be loaded ({0}); install them (Debian: ca-certificates) or name your \
         own in the profile's tls.extra_roots"
    )]
    PlatformRoots(rustls::Error),
    /// The environment asks for a proxy of a kind that is not supported.
    #[error(
        "the environment asks for the proxy {0}, but only http:// proxies are supported; change the proxy variables or \
         name the host in NO_PROXY"
    )]
    Proxy(String),
    /// The environment asks for a proxy at a port that is none.
    #[error(
        "the environment asks for the proxy {host} at the port “{port}”, which is none from 1 to 65535; correct the proxy variables"
    )]
    ProxyPort {
        /// The proxy.
        host: String,
        /// What stands in the place of its port.
        port: SafeText,
    },
    /// TLS or HTTP cannot be set up; a fault of the program's.
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
}

impl NetError {
    /// What ends an attempt because of it.
    pub fn failure(&self) -> SetupFailure {
        let cause = match self {
            Self::Root { .. } | Self::ClientCertificate { .. } => SetupCause::RootFile,
            Self::PlatformRoots(_) => SetupCause::PlatformRoots,
            Self::Proxy(_) | Self::ProxyPort { .. } => SetupCause::Proxy,
            Self::Setup(_) => SetupCause::Other,
        };
        SetupFailure { cause, said: SafeText::new(&self.to_string()) }
    }
}
