//! One file on its way to be opened, and why it cannot be.

use super::exchange::Exchanges;
use super::input::{InputError, Material};
use super::probe_code;
use super::secrets::Secrets;
use crate::model::{Browser, FileKind, SafeText, SourceFile, Timing};

/// Why files cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No file was named.
    #[error("no file was named")]
    Nothing,
    /// One of them cannot be used.
    #[error("{name}: {problem}")]
    Input {
        /// Which.
        name: SafeText,
        /// Why.
        problem: InputError,
    },
    /// There is no login, no ticket and no WebSocket in any of them.
    #[error("{name}: {}", no_socket(.hosts))]
    NoSocket {
        /// The first of them.
        name: SafeText,
        /// The hosts that it has requests to, the most frequent first.
        hosts: Vec<SafeText>,
    },
    /// Recordings are compared, not joined.
    #[error("{name}: a recording or report is opened alone; to set it against another file, compare the two")]
    Mixed {
        /// The recording.
        name: SafeText,
    },
    /// A clean copy can be made of HAR files and network logs only.
    #[error("{name}: a clean copy can be made of a HAR file or a network log only")]
    NotHar {
        /// The file.
        name: SafeText,
    },
    /// Its entries cannot be put together: a fault of this program.
    #[error("the entries cannot be put together: {0}")]
    Internal(SafeText),
}

fn no_socket(hosts: &[SafeText]) -> String {
    let hosts: Vec<_> = hosts.iter().map(SafeText::as_str).collect();
    match hosts[..] {
        [] => "there is no WebSocket in it, no ticket request and no login".to_owned(),
        _ => format!(
            "there is no WebSocket in it, no ticket request and no login; it has requests to {}. A socket that was open \
             before the recording began is never in a HAR file: load the page again while it records.",
            hosts.join(", ")
        ),
    }
}

/// One file, read.
pub(super) struct Read {
    pub file: SourceFile,
    pub material: Material,
    pub browser: Option<Browser>,
}

impl Read {
    pub fn new(name: SafeText, material: Material) -> Self {
        let (kind, writer, timing, browser) = match &material {
            Material::Har(archive) => (FileKind::Har, archive.writer.clone(), Timing::Dated, archive.browser),
            Material::NetLog(log) => (FileKind::NetLog, log.writer.clone(), Timing::Dated, Some(Browser::Chromium)),
            Material::Console(console) => {
                let writer =
                    console.browser.map_or_else(SafeText::default, |browser| SafeText::new(&browser.to_string()));
                (FileKind::Console, writer, console.timing.unwrap_or(Timing::Order), console.browser)
            }
            Material::ServerLog(log) => (FileKind::ServerLog, SafeText::default(), log.timing(), None),
            Material::Recording(_, kind) => (*kind, SafeText::default(), Timing::Dated, None),
            Material::Probe(code) => {
                (FileKind::Probe, code.network.clone(), Timing::Dated, Some(probe_code::browser(code)))
            }
        };
        Self { file: SourceFile { name, kind, writer, timing, ahead_millis: None }, material, browser }
    }

    pub fn exchanges(&self) -> Option<&Exchanges> {
        match &self.material {
            Material::Har(archive) => Some(&archive.exchanges),
            Material::NetLog(log) => Some(&log.exchanges),
            Material::Console(_) | Material::ServerLog(_) | Material::Recording(..) | Material::Probe(_) => None,
        }
    }

    /// Tells which addresses are everybody's, so that nothing of them is taken for a secret.
    pub fn tell_addresses(&self, secrets: &mut Secrets) {
        if let Some(exchanges) = self.exchanges() {
            exchanges.hosts.keys().chain(&exchanges.pages).for_each(|address| secrets.know(address));
            for exchange in &exchanges.kept {
                secrets.know(exchange.url.host_str().unwrap_or_default());
                exchange.origin.iter().for_each(|origin| secrets.know(origin));
            }
        }
        match &self.material {
            Material::Console(console) => console.tell_addresses(secrets),
            Material::ServerLog(log) => {
                log.origins().for_each(|origin| secrets.know(origin));
                log.socket().iter().for_each(|url| secrets.know(url.as_str()));
            }
            Material::Probe(code) => secrets.know(code.origin.as_str()),
            Material::Har(_) | Material::NetLog(_) | Material::Recording(..) => {}
        }
    }

    pub fn take_secrets(&self, secrets: &mut Secrets) {
        self.exchanges()
            .iter()
            .flat_map(|exchanges| &exchanges.kept)
            .for_each(|exchange| secrets.take_exchange(exchange));
        match &self.material {
            Material::Console(console) => console.take_secrets(secrets),
            Material::ServerLog(log) => log.secrets.iter().for_each(|secret| secrets.take(secret)),
            Material::Har(_) | Material::NetLog(_) | Material::Recording(..) | Material::Probe(_) => {}
        }
    }
}
