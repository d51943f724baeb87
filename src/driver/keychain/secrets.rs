//! What people have given a profile: one entry for each of its secrets in the OS keychain, beside the session's own.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::Entry;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::consent::Consents;
use super::task::LIMIT;
use super::{command, entry};
use crate::model::failure::SecretFault;
use crate::model::{
    CommandLine, FilePath, KeychainState, Presence, SafeText, SecretOrigin, SecretSource, Service, ValueName, Values,
    decoded_text,
};

/// The longest secret in a file, in bytes.
const MAX_FILE: u64 = 64 << 10;

/// Where the secrets of a profile are.
pub struct Secrets {
    /// Their entries in the keychain; `None`: they are in memory alone.
    entries: Option<Entries>,
    /// What was given or found, for as long as the program runs.
    known: Mutex<Values>,
    /// What was forgotten, so that an entry which is still there is not read again.
    forgotten: Mutex<BTreeSet<ValueName>>,
    /// Which commands may run.
    consents: Consents,
    /// What commands have printed for the attempt that is going on.
    printed: tokio::sync::Mutex<Values>,
}

/// The entries of a profile's secrets.
struct Entries {
    /// How their names begin.
    account: String,
    open: Open,
}

type Open = Arc<dyn Fn(&str) -> Result<Entry, KeychainState> + Send + Sync>;

/// What there is of a profile's secrets.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// Those that are there.
    pub values: Values,
    /// Why the others are not, where there is more to say than that nobody has given them.
    pub faults: BTreeMap<ValueName, SecretFault>,
}

impl Secrets {
    /// In the OS keychain, in entries whose names begin with `account`.
    pub fn os(account: String) -> Self {
        Self { entries: Some(Entries { account, open: Arc::new(entry::open) }), ..Self::memory() }
    }

    /// In a made-up keychain.
    #[cfg(test)]
    pub fn made_up(open: impl Fn(&str) -> Result<Entry, KeychainState> + Send + Sync + 'static) -> Self {
        Self { entries: Some(Entries { account: "test".to_owned(), open: Arc::new(open) }), ..Self::memory() }
    }

    /// In this process.
    pub fn memory() -> Self {
        Self {
            entries: None,
            known: Mutex::default(),
            forgotten: Mutex::default(),
            consents: Consents::default(),
            printed: tokio::sync::Mutex::default(),
        }
    }

    /// In this process, with what is `known` already.
    pub fn knowing(known: Values) -> Self {
        Self { known: Mutex::new(known), ..Self::memory() }
    }

    /// What people have given so far, as far as the program knows it.
    pub fn known(&self) -> Values {
        self.lock().clone()
    }

    /// The same, which run the commands that `consents` allows.
    #[must_use]
    pub fn with_consents(self, consents: Consents) -> Self {
        Self { consents, ..self }
    }

    /// Whether what is kept outlives the program.
    pub fn are_kept(&self) -> bool {
        self.entries.is_some()
    }

    /// All that is there of what `service` wants, each from where it says. Waits for [`LIMIT`] at most for each that the
    /// keychain or a file has, and for ten seconds for a command.
    pub async fn gather(&self, service: &Service) -> Gathered {
        let (mut gathered, mut silent) = (Gathered::default(), None);
        for (name, source) in &service.secrets {
            let found = match source.origin() {
                SecretOrigin::Command(command) => self.run(name, command).await.map(Some),
                SecretOrigin::Person | SecretOrigin::Variable(_) | SecretOrigin::File(_) => {
                    self.find(name, source, &mut silent).await.map_err(|state| SecretFault::Keychain { state })
                }
            };
            match found {
                Ok(Some(value)) => gathered.values.give(name.clone(), value.as_str()),
                Ok(None) | Err(_) if source.optional => gathered.values.give(name.clone(), ""),
                Ok(None) => {}
                Err(fault) => _ = gathered.faults.insert(name.clone(), fault),
            }
        }
        for (algorithm, name) in service.private_keys() {
            if gathered.values.expose(name).is_some_and(|key| !key.is_empty() && !algorithm.takes(key)) {
                gathered.values.remove(name);
                gathered.faults.insert(name.clone(), SecretFault::NotAKey);
            }
        }
        gathered
    }

    /// What `command` prints for `name`. It runs once an attempt.
    async fn run(&self, name: &ValueName, command: &CommandLine) -> Result<Zeroizing<String>, SecretFault> {
        if !self.consents.is_allowed(command) {
            return Err(SecretFault::NotAllowed);
        }
        let mut printed = self.printed.lock().await;
        if let Some(known) = printed.expose(name) {
            return Ok(Zeroizing::new(known.to_owned()));
        }
        let value = command::output(command, command::LIMIT).await?;
        printed.set(name.clone(), value.as_str());
        Ok(value)
    }

    /// A new attempt or sign-in begins: what commands have printed may be out of date.
    pub fn begin_attempt(&self) {
        // Whoever runs one just now runs it for what begins.
        if let Ok(mut printed) = self.printed.try_lock() {
            *printed = Values::default();
        }
    }

    /// Lets the command that gives `name` run, as a person wants it.
    ///
    /// # Errors
    /// If that cannot be kept; until the program ends it is allowed all the same.
    pub fn allow(&self, source: &SecretSource) -> io::Result<()> {
        source.command.as_ref().map_or(Ok(()), |command| self.consents.allow(command))
    }

    /// Lets it not run any more.
    ///
    /// # Errors
    /// If what was kept cannot be deleted.
    pub fn withdraw(&self, source: &SecretSource) -> io::Result<()> {
        self.begin_attempt();
        source.command.as_ref().map_or(Ok(()), |command| self.consents.withdraw(command))
    }

    /// Whether what `service` wants is there, each where it says. No command is run. Waits for [`LIMIT`] at most for the
    /// keychain.
    pub async fn presence(&self, service: &Service) -> BTreeMap<ValueName, Presence> {
        let mut all = BTreeMap::new();
        let mut silent = None;
        for (name, source) in &service.secrets {
            let presence = match source.origin() {
                SecretOrigin::Command(command) if self.consents.is_allowed(command) => Presence::OnDemand,
                SecretOrigin::Command(_) => Presence::NotAllowed,
                SecretOrigin::Person | SecretOrigin::Variable(_) | SecretOrigin::File(_) => {
                    match self.find(name, source, &mut silent).await {
                        Ok(Some(_)) => Presence::Given,
                        Ok(None) => Presence::Missing,
                        Err(state) => Presence::Unknown(state),
                    }
                }
            };
            all.insert(name.clone(), presence);
        }
        all
    }

    /// What is there as `name` without a command. A keychain that has not told once, which `silent` remembers, is not asked
    /// again.
    async fn find(
        &self,
        name: &ValueName,
        source: &SecretSource,
        silent: &mut Option<KeychainState>,
    ) -> Result<Option<Zeroizing<String>>, KeychainState> {
        let found = match source.origin() {
            SecretOrigin::Variable(variable) => std::env::var(variable.as_str()).ok().map(Zeroizing::new),
            SecretOrigin::File(file) => read_file(file.clone()).await,
            SecretOrigin::Person if source.once => self.held(name),
            SecretOrigin::Person => match (self.at_hand(name), &*silent) {
                (Some(at_hand), _) => at_hand,
                (None, Some(state)) => return Err(state.clone()),
                (None, None) => self.given(name).await.inspect_err(|state| *silent = Some(state.clone()))?,
            },
            SecretOrigin::Command(_) => None,
        };
        Ok(found.filter(|value| !value.is_empty()))
    }

    /// What a person gave as `name`, if anything.
    ///
    /// # Errors
    /// What keeps the keychain from telling.
    pub async fn given(&self, name: &ValueName) -> Result<Option<Zeroizing<String>>, KeychainState> {
        if let Some(at_hand) = self.at_hand(name) {
            return Ok(at_hand);
        }
        let Some(open) = self.entry(name) else { return Ok(None) };
        let found = call(move || entry::read_text(&open()?)).await?;
        if let Some(value) = &found {
            self.lock().set(name.clone(), value.as_str());
        }
        Ok(found)
    }

    fn held(&self, name: &ValueName) -> Option<Zeroizing<String>> {
        self.lock().expose(name).map(|value| Zeroizing::new(value.to_owned()))
    }

    /// What can be told of `name` without the keychain; `None` if it has to be asked.
    fn at_hand(&self, name: &ValueName) -> Option<Option<Zeroizing<String>>> {
        let known = self.held(name);
        let is_there_no_more = self.entries.is_none() || self.forgotten().contains(name);
        (known.is_some() || is_there_no_more).then_some(known)
    }

    /// Keeps `value` as `name`.
    ///
    /// # Errors
    /// What keeps the keychain from keeping it; until the program ends it is known all the same.
    pub async fn set(&self, name: &ValueName, value: Zeroizing<String>) -> Result<(), KeychainState> {
        self.lock().set(name.clone(), value.as_str());
        self.forgotten().remove(name);
        match self.entry(name) {
            Some(open) => call(move || entry::write_text(&open()?, &value)).await,
            None => Ok(()),
        }
    }

    /// Holds `value` as `name` until it is used, and keeps it nowhere.
    pub fn hold(&self, name: &ValueName, value: &str) {
        self.lock().set(name.clone(), value);
        self.forgotten().remove(name);
    }

    /// Forgets `name`; nothing happens if there is none.
    ///
    /// # Errors
    /// What keeps the keychain from forgetting it.
    pub async fn forget(&self, name: &ValueName) -> Result<(), KeychainState> {
        self.drop_at_once(name);
        match self.entry(name) {
            Some(open) => call(move || entry::delete(&open()?)).await,
            None => Ok(()),
        }
    }

    /// Uses `name` no more, without waiting for the keychain, which is to [`forget`](Self::forget) it too.
    pub fn drop_at_once(&self, name: &ValueName) {
        self.forgotten().insert(name.clone());
        self.lock().remove(name);
    }

    fn forgotten(&self) -> std::sync::MutexGuard<'_, BTreeSet<ValueName>> {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the entry of `name`, if they are in a keychain.
    fn entry(&self, name: &ValueName) -> Option<impl FnOnce() -> Result<Entry, KeychainState> + Send + use<>> {
        let Entries { account, open } = self.entries.as_ref()?;
        let (account, open) = (format!("{account} secret {name}"), Arc::clone(open));
        Some(move || open(&account))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Values> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call to the keychain, which may hang for as long as a person looks at a prompt.
async fn call<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, KeychainState> + Send + 'static,
) -> Result<T, KeychainState> {
    match timeout(LIMIT, spawn_blocking(job)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => Err(KeychainState::Refused { error: SafeText::new(&error.to_string()) }),
        Err(_) => Err(KeychainState::Slow),
    }
}

/// The text of `file`, without space around it.
async fn read_file(file: FilePath) -> Option<Zeroizing<String>> {
    let read = move || {
        let length = std::fs::metadata(file.as_path()).ok().filter(|data| data.is_file())?.len();
        let bytes = (length <= MAX_FILE).then(|| std::fs::read(file.as_path()).ok().map(Zeroizing::new))??;
        decoded_text(&bytes).map(|text| Zeroizing::new(Zeroizing::new(text).trim().to_owned()))
    };
    timeout(LIMIT, spawn_blocking(read)).await.ok()?.ok()?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Profile;

    #[tokio::test]
    async fn a_command_runs_once_an_attempt_and_only_when_somebody_has_allowed_it() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        let (shell, option, and) = if cfg!(windows) { ("cmd", "/c", "&") } else { ("sh", "-c", ";") };
        let script = format!("echo run>> {}{and} echo from a command", runs.display());
        let profile = format!(
            "name = 'x'\napi = 'https://a.example'\n[socket]\n[secret.one]\ncommand = ['{shell}', '{option}', '{script}']\n"
        );
        let service = Profile::from_toml(&profile).unwrap().steps();
        let (name, source) = service.secrets.first_key_value().unwrap();
        let secrets = Secrets::memory();
        assert_eq!(secrets.presence(&service).await[name], Presence::NotAllowed);
        assert_eq!(secrets.gather(&service).await.faults[name], SecretFault::NotAllowed);
        assert!(!runs.exists());
        secrets.allow(source).unwrap();
        assert_eq!(secrets.presence(&service).await[name], Presence::OnDemand);
        assert!(!runs.exists(), "looking runs nothing");
        for _ in 0..3 {
            assert_eq!(secrets.gather(&service).await.values.expose(name), Some("from a command"));
        }
        let count = || std::fs::read_to_string(&runs).unwrap().lines().count();
        assert_eq!(count(), 1);
        secrets.begin_attempt();
        secrets.gather(&service).await;
        assert_eq!(count(), 2);
        secrets.withdraw(source).unwrap();
        assert_eq!(secrets.gather(&service).await.faults[name], SecretFault::NotAllowed);
        assert_eq!(count(), 2);
    }

    #[tokio::test]
    async fn a_keychain_that_does_not_tell_is_asked_once_and_named() {
        let profile =
            "name = 'x'\napi = 'https://a.example'\n[socket]\n[secret.a]\n[secret.b]\n[secret.c]\noptional = true\n";
        let service = Profile::from_toml(profile).unwrap().steps();
        let calls = Arc::new(Mutex::new(0));
        let secrets = {
            let calls = Arc::clone(&calls);
            Secrets::made_up(move |_| {
                *calls.lock().unwrap() += 1;
                Err(KeychainState::Locked)
            })
        };
        let name = |name: &str| ValueName::try_from(name.to_owned()).unwrap();
        let Gathered { values, faults } = secrets.gather(&service).await;
        let fault = SecretFault::Keychain { state: KeychainState::Locked };
        assert_eq!(faults, BTreeMap::from([(name("a"), fault.clone()), (name("b"), fault)]));
        assert_eq!((values.expose(&name("c")), *calls.lock().unwrap()), (Some(""), 1));
        // What was given in spite of it is there.
        secrets.set(&name("b"), Zeroizing::new("value".to_owned())).await.unwrap_err();
        assert_eq!(secrets.gather(&service).await.values.expose(&name("b")), Some("value"));
        let presence = secrets.presence(&service).await;
        let unknown = || Presence::Unknown(KeychainState::Locked);
        assert_eq!(presence.into_values().collect::<Vec<_>>(), [unknown(), Presence::Given, unknown()]);
    }

    #[tokio::test]
    async fn what_is_good_for_one_use_is_held_and_kept_nowhere() {
        let profile = "name = 'x'\napi = 'https://a.example'\n[secret.code]\nonce = true\n[socket]\n";
        let service = Profile::from_toml(profile).unwrap().steps();
        // A keychain that is asked would be told of.
        let secrets = Secrets::made_up(|_| Err(KeychainState::Locked));
        let name = ValueName::try_from("code".to_owned()).unwrap();
        assert_eq!(secrets.presence(&service).await[&name], Presence::Missing);
        secrets.hold(&name, "123456");
        assert_eq!(secrets.gather(&service).await.values.expose(&name), Some("123456"));
        secrets.drop_at_once(&name);
        assert_eq!(secrets.gather(&service).await.values.expose(&name), None);
    }

    #[tokio::test]
    async fn what_is_no_key_is_not_signed_with() {
        let profile =
            "name = 'x'\napi = 'https://a.example'\n[secret.pem]\n[socket]\nquery = { s = '{{now|es256:pem}}' }\n";
        let service = Profile::from_toml(profile).unwrap().steps();
        let name = ValueName::try_from("pem".to_owned()).unwrap();
        let secrets = Secrets::memory();
        secrets.hold(&name, "no key");
        assert_eq!(secrets.gather(&service).await.faults[&name], SecretFault::NotAKey);
        secrets.hold(&name, &rcgen::KeyPair::generate().unwrap().serialize_pem());
        assert!(secrets.gather(&service).await.faults.is_empty());
    }

    #[tokio::test]
    async fn each_secret_comes_from_where_the_profile_says() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "from file\n").unwrap();
        let profile = format!(
            "name = 'x'\napi = 'https://a.example'\n[socket]\n[secret.person]\n[secret.file]\nfile = '{}'\n\
             [secret.env]\nenv = 'PATH'\n[secret.nobody]\n[secret.free]\noptional = true\n",
            file.to_str().unwrap()
        );
        let service = Profile::from_toml(&profile).unwrap().steps();
        let secrets = Secrets::memory();
        let name = |name: &str| ValueName::try_from(name.to_owned()).unwrap();
        secrets.set(&name("person"), Zeroizing::new("from a person".to_owned())).await.unwrap();
        let values = secrets.gather(&service).await.values;
        assert_eq!(values.expose(&name("person")), Some("from a person"));
        assert_eq!(values.expose(&name("file")), Some("from file"));
        assert_eq!(values.expose(&name("env")), std::env::var("PATH").ok().as_deref());
        assert_eq!(values.expose(&name("free")), Some(""));
        assert_eq!(values.expose(&name("nobody")), None);
        let missing = secrets.presence(&service).await;
        let missing: Vec<_> = missing.iter().filter(|(_, found)| **found != Presence::Given).collect();
        assert_eq!(missing, [(&name("free"), &Presence::Missing), (&name("nobody"), &Presence::Missing)]);
        secrets.forget(&name("person")).await.unwrap();
        assert_eq!(secrets.gather(&service).await.values.expose(&name("person")), None);
    }
}
