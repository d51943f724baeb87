//! What people give the profile of a session: asked for, kept and forgotten off the thread that wants it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use zeroize::Zeroizing;

use crate::driver::keychain::Keychain;
use crate::journal::Change;
use crate::model::{KeychainState, Presence, SafeText, Service, ValueName, Values};

/// What is to be done about the secrets of a profile.
#[derive(Clone, Debug, PartialEq)]
pub enum SecretRequest {
    /// See which are there.
    Look,
    /// Keep these.
    Keep(Values),
    /// Let the command that gives this one run.
    Allow(ValueName),
    /// Forget this one; its command may not run any more.
    Forget(ValueName),
}

/// What is known of them; never a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretsView {
    /// Whether each that the profile wants is there; empty until somebody has looked.
    pub presence: BTreeMap<ValueName, Presence>,
    /// Why the keychain did not do what was asked last. What was to be kept is known to this session all the same.
    pub problem: Option<KeychainState>,
    /// Whether what is kept is kept for the next start too.
    pub is_kept: bool,
    /// Requests that are not done yet.
    pub pending: usize,
}

/// Where requests about secrets are done.
pub(super) struct SecretsWorker {
    service: Arc<Service>,
    keychain: Arc<Keychain>,
    view: Arc<Mutex<SecretsView>>,
    changed: Arc<dyn Fn(Change) + Send + Sync>,
    /// Those who wait for their turn: what was asked first is done first.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl SecretsWorker {
    pub fn new(service: Arc<Service>, keychain: Arc<Keychain>, changed: Arc<dyn Fn(Change) + Send + Sync>) -> Self {
        let view = SecretsView { is_kept: keychain.secrets().are_kept(), ..SecretsView::default() };
        Self { service, keychain, view: Arc::new(Mutex::new(view)), changed, turn: Arc::default() }
    }

    /// What people have given, if it is kept nowhere.
    pub fn given(&self) -> Values {
        let secrets = self.keychain.secrets();
        if secrets.are_kept() { Values::default() } else { secrets.known() }
    }

    /// What is known now.
    pub fn view(&self) -> SecretsView {
        lock(&self.view).clone()
    }

    /// Does `request` on `runtime`, soon.
    pub fn ask(&self, runtime: &Handle, request: SecretRequest) {
        lock(&self.view).pending += 1;
        let (service, keychain, view) = (Arc::clone(&self.service), Arc::clone(&self.keychain), Arc::clone(&self.view));
        let (changed, turn) = (Arc::clone(&self.changed), Arc::clone(&self.turn));
        runtime.spawn(async move {
            let _turn = turn.lock().await;
            let secrets = keychain.secrets();
            let mut done = Ok(());
            match &request {
                SecretRequest::Look => {}
                SecretRequest::Keep(values) => {
                    for (name, value) in values.expose_all() {
                        if service.secrets.get(name).is_some_and(|source| source.once) {
                            secrets.hold(name, value);
                        } else {
                            done = done.and(secrets.set(name, Zeroizing::new(value.to_owned())).await);
                        }
                    }
                }
                SecretRequest::Allow(name) => {
                    done =
                        service.secrets.get(name).map_or(Ok(()), |source| secrets.allow(source)).map_err(not_written);
                }
                SecretRequest::Forget(name) => {
                    done = secrets.forget(name).await;
                    let withdrawn = service.secrets.get(name).map_or(Ok(()), |source| secrets.withdraw(source));
                    done = done.and(withdrawn.map_err(not_written));
                }
            }
            let presence = secrets.presence(&service).await;
            {
                let mut view = lock(&view);
                view.presence = presence;
                view.problem = match request {
                    SecretRequest::Look => view.problem.take(),
                    SecretRequest::Keep(_) | SecretRequest::Allow(_) | SecretRequest::Forget(_) => done.err(),
                };
                view.pending = view.pending.saturating_sub(1);
            }
            changed(Change::Fact);
        });
    }
}

/// The leave of a command could not be written down.
fn not_written(error: std::io::Error) -> KeychainState {
    KeychainState::Refused { error: SafeText::new(&error.to_string()) }
}

fn lock(view: &Mutex<SecretsView>) -> std::sync::MutexGuard<'_, SecretsView> {
    view.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::Profile;

    #[tokio::test]
    async fn what_is_kept_is_there_and_what_is_forgotten_is_not() {
        let profile = "name = 'x'\napi = 'https://a.example'\n[socket]\n[secret.one]\n[secret.two]\n";
        let service = Profile::from_toml(profile).unwrap().steps();
        let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
        let changed = Arc::new(move |_| sender.send(()).unwrap_or_default());
        let desk = SecretsWorker::new(service, Arc::new(Keychain::memory()), changed);
        assert_eq!(desk.view(), SecretsView::default());
        let name = |name: &str| ValueName::try_from(name.to_owned()).unwrap();
        desk.ask(&Handle::current(), SecretRequest::Keep(Values::one(name("one"), "secret")));
        desk.ask(&Handle::current(), SecretRequest::Look);
        assert_eq!(desk.view().pending, 2);
        for _ in 0..2 {
            tokio::time::timeout(Duration::from_secs(60), received.recv()).await.unwrap().unwrap();
        }
        let view = desk.view();
        assert_eq!((view.pending, view.problem), (0, None));
        assert_eq!(view.presence[&name("one")], Presence::Given);
        assert_eq!(view.presence[&name("two")], Presence::Missing);
        desk.ask(&Handle::current(), SecretRequest::Forget(name("one")));
        tokio::time::timeout(Duration::from_secs(60), received.recv()).await.unwrap().unwrap();
        assert_eq!(desk.view().presence[&name("one")], Presence::Missing);
        assert!(!format!("{:?}", SecretRequest::Keep(Values::one(name("one"), "xyz"))).contains("xyz"));
    }
}
