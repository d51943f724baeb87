//! A person signs in in the browser: the client shows where, waits, and keeps what makes the next time silent.

use std::future::Future;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::keychain::Secrets;
use super::net::{Granted, Loopback, Net, Scope, Taken};
use crate::model::failure::SignInFault;
use crate::model::{DriverEvent, KeychainState, OAuth, OAuthFlow, RequestFailureKind, SafeText, TraceId};

/// How long a person has to sign in.
const LIMIT: Duration = Duration::from_secs(5 * 60);
/// How long the system may take to open a page.
const OPENING: Duration = Duration::from_secs(10);
/// The longest address that is shown, in characters.
const LONGEST_ADDRESS: usize = 4_096;

/// Who opens the page on which a person signs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Browser {
    /// The system's own, in a window of its own.
    System,
    /// Nobody: the address is shown, and a person goes there.
    #[default]
    Shown,
    /// Nobody, and nobody would see it: what needs a person fails.
    Nobody,
}

/// One sign-in, and what it takes.
pub struct SignIn<'a> {
    /// The network.
    pub net: &'a Net,
    /// How people sign in.
    pub oauth: &'a OAuth,
    /// What the requests are made of.
    pub scope: &'a Scope,
    /// Where the refresh token is kept.
    pub secrets: &'a Secrets,
    /// Who opens the page.
    pub browser: Browser,
    /// The trace id of its requests.
    pub trace: &'a TraceId,
    /// Who is told that a person is asked, and what the keychain does not keep.
    pub tell: &'a (dyn Fn(DriverEvent) + Send + Sync),
}

impl SignIn<'_> {
    /// Signs in with the refresh token that is kept, or by asking a person.
    ///
    /// # Errors
    /// Nobody signed in, or the authorization server does not give what it should.
    pub async fn run(&self) -> Result<Taken, RequestFailureKind> {
        let granted = match self.silently().await? {
            Some(granted) => granted,
            None if self.browser == Browser::Nobody => return Err(RequestFailureKind::SignIn(SignInFault::NotAsked)),
            None => match self.oauth.flow {
                OAuthFlow::Browser => self.in_browser().await?,
                OAuthFlow::Device => self.with_code().await?,
            },
        };
        // A new one takes the place of the old one, which the server may take no more.
        if let Some(refresh) = granted.refresh {
            tell_failure(self.secrets.set(&OAuth::refresh_token(), refresh), self.tell).await;
        }
        Ok(granted.taken)
    }

    /// Without a person, if that is possible.
    async fn silently(&self) -> Result<Option<Granted>, RequestFailureKind> {
        let name = OAuth::refresh_token();
        let refresh = match self.secrets.given(&name).await {
            Ok(Some(refresh)) => refresh,
            Ok(None) => return Ok(None),
            // A person is asked as if there were none.
            Err(state) => {
                (self.tell)(DriverEvent::Keychain { state });
                return Ok(None);
            }
        };
        let granted = self.net.refresh_tokens(self.oauth, self.scope, &refresh, self.trace).await?;
        if granted.is_none() {
            // What cannot be deleted is not used again while the program runs.
            tell_failure(self.secrets.forget(&name), self.tell).await;
        }
        Ok(granted)
    }

    async fn in_browser(&self) -> Result<Granted, RequestFailureKind> {
        let Self { net, oauth, scope, trace, .. } = *self;
        let loopback = Loopback::open(oauth.port).await.map_err(RequestFailureKind::SignIn)?;
        let page = net.sign_in_page(oauth, scope, loopback.redirect())?;
        self.show(&page.address, None, LIMIT).await;
        let state = page.state.clone();
        let code = timeout(LIMIT, loopback.code(&state)).await;
        let code = code.unwrap_or(Err(SignInFault::Expired { after: LIMIT })).map_err(RequestFailureKind::SignIn)?;
        net.exchange_code(oauth, scope, page, &code, trace).await
    }

    async fn with_code(&self) -> Result<Granted, RequestFailureKind> {
        let Self { net, oauth, scope, trace, .. } = *self;
        let device = net.device_code(oauth, scope, trace).await?;
        let limit = device.expires_in.min(LIMIT);
        self.show(&device.address, Some(&device.code), limit).await;
        let polled = timeout(limit, net.poll_device(oauth, scope, &device, limit, trace)).await;
        polled.unwrap_or(Err(RequestFailureKind::SignIn(SignInFault::Expired { after: limit })))
    }

    /// Shows a person where to sign in, and opens the page.
    async fn show(&self, address: &str, code: Option<&str>, within: Duration) {
        let is_opened = self.browser == Browser::System && open(Zeroizing::new(address.to_owned())).await;
        (self.tell)(DriverEvent::SignInAsked {
            address: SafeText::with_limit(address, LONGEST_ADDRESS),
            code: code.map(SafeText::new),
            within,
            is_opened,
        });
    }
}

/// Waits until the keychain has kept or forgotten something. If it could not that is told, and the next start finds what was
/// there before.
pub async fn tell_failure(
    changed: impl Future<Output = Result<(), KeychainState>>,
    tell: &(dyn Fn(DriverEvent) + Send + Sync),
) {
    if let Err(state) = changed.await {
        tell(DriverEvent::Keychain { state });
    }
}

/// Has the system open a page; whether it says that it did.
async fn open(address: Zeroizing<String>) -> bool {
    let opening = spawn_blocking(move || {
        let options = webbrowser::BrowserOptions::new().with_suppress_output(true).clone();
        webbrowser::open_browser_with_options(webbrowser::Browser::Default, &address, &options).is_ok()
    });
    matches!(timeout(OPENING, opening).await, Ok(Ok(true)))
}
