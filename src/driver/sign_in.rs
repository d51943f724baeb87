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

/// Signs in as `oauth` says: with the refresh token that is kept, or by asking a person, of which `tell` tells.
///
/// # Errors
/// Nobody signed in, or the authorization server does not give what it should.
pub async fn sign_in(
    net: &Net,
    oauth: &OAuth,
    scope: &Scope,
    secrets: &Secrets,
    browser: Browser,
    trace: &TraceId,
    tell: &(dyn Fn(DriverEvent) + Send + Sync),
) -> Result<Taken, RequestFailureKind> {
    let sign_in = SignIn { net, oauth, scope, browser, trace, tell };
    let granted = match sign_in.silently(secrets).await? {
        Some(granted) => granted,
        None if browser == Browser::Nobody => return Err(RequestFailureKind::SignIn(SignInFault::NotAsked)),
        None => match oauth.flow {
            OAuthFlow::Browser => sign_in.in_browser().await?,
            OAuthFlow::Device => sign_in.with_code().await?,
        },
    };
    // A new one takes the place of the old one, which the server may take no more.
    if let Some(refresh) = granted.refresh {
        keep(secrets.set(&OAuth::refresh_token(), refresh), tell).await;
    }
    Ok(granted.taken)
}

/// Waits until the keychain has kept something; a failure is told, and costs a sign-in at the next start.
pub async fn keep(kept: impl Future<Output = Result<(), KeychainState>>, tell: &(dyn Fn(DriverEvent) + Send + Sync)) {
    if let Err(state) = kept.await {
        tell(DriverEvent::Keychain { state });
    }
}

/// One sign-in.
struct SignIn<'a> {
    net: &'a Net,
    oauth: &'a OAuth,
    scope: &'a Scope,
    browser: Browser,
    trace: &'a TraceId,
    tell: &'a (dyn Fn(DriverEvent) + Send + Sync),
}

impl SignIn<'_> {
    /// Without a person, if that is possible.
    async fn silently(&self, secrets: &Secrets) -> Result<Option<Granted>, RequestFailureKind> {
        let name = OAuth::refresh_token();
        // A keychain that does not answer has none.
        let Some(refresh) = secrets.given(&name).await.ok().flatten() else { return Ok(None) };
        let granted = self.net.refresh_tokens(self.oauth, self.scope, &refresh, self.trace).await?;
        if granted.is_none() {
            // What cannot be deleted is not used again while the program runs.
            let _ = secrets.forget(&name).await;
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

/// Has the system open a page; whether it says that it did.
async fn open(address: Zeroizing<String>) -> bool {
    let opening = spawn_blocking(move || {
        let options = webbrowser::BrowserOptions::new().with_suppress_output(true).clone();
        webbrowser::open_browser_with_options(webbrowser::Browser::Default, &address, &options).is_ok()
    });
    matches!(timeout(OPENING, opening).await, Ok(Ok(true)))
}
