use std::any::Any;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use keyring_core::api::{Credential as AnyCredential, CredentialApi};
use keyring_core::{Entry, Error, Result};
use tokio::time::{Instant, timeout};

use super::*;
use crate::model::{Jwt, SafeText, SessionId};

/// Far more than anything here takes.
const GENEROUS: Duration = Duration::from_secs(30);

/// A keychain with one entry, which can hang and fail.
#[derive(Default)]
struct Fake {
    inner: Mutex<Inner>,
    released: Condvar,
}

#[derive(Default)]
struct Inner {
    held: Option<Vec<u8>>,
    hangs: bool,
    sets: usize,
    get_error: Option<fn() -> Error>,
    set_error: Option<fn() -> Error>,
    delete_error: Option<fn() -> Error>,
}

impl Fake {
    fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.inner.lock().unwrap());
        self.released.notify_all();
    }

    fn holding(credential: Option<&str>) -> Arc<Self> {
        let fake = Self::default();
        fake.change(|inner| inner.held = credential.map(|text| text.as_bytes().to_vec()));
        Arc::new(fake)
    }

    fn held(&self) -> Option<String> {
        self.inner.lock().unwrap().held.clone().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn call<T>(&self, call: impl FnOnce(&mut Inner) -> Result<T>) -> Result<T> {
        let inner = self.inner.lock().unwrap();
        call(&mut self.released.wait_while(inner, |inner| inner.hangs).unwrap())
    }

    fn keychain(self: &Arc<Self>, marker: Option<&Path>) -> (Keychain, States) {
        self.limited_keychain(marker, None)
    }

    fn limited_keychain(self: &Arc<Self>, marker: Option<&Path>, limit: Option<usize>) -> (Keychain, States) {
        let fake = Arc::clone(self);
        let open = move || Ok(Entry::new_with_credential(Arc::new(Handle(Arc::clone(&fake)))));
        let states = States::default();
        let told = Arc::clone(&states.0);
        let tell = move |state, _| told.lock().unwrap().push(state);
        (Keychain::start(Store::made_up(open, limit), Secrets::memory(), marker.map(Path::to_owned), tell), states)
    }
}

struct Handle(Arc<Fake>);

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}

impl CredentialApi for Handle {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        self.0.call(|inner| {
            inner.sets += 1;
            inner.set_error.map_or(Ok(()), |error| Err(error()))?;
            inner.held = Some(secret.to_vec());
            Ok(())
        })
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        self.0.call(|inner| match inner.get_error {
            Some(error) => Err(error()),
            None => inner.held.clone().ok_or(Error::NoEntry),
        })
    }

    fn delete_credential(&self) -> Result<()> {
        self.0.call(|inner| match inner.delete_error {
            Some(error) => Err(error()),
            None => inner.held.take().map(drop).ok_or(Error::NoEntry),
        })
    }

    fn get_credential(&self) -> Result<Option<Arc<AnyCredential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Default)]
struct States(Arc<Mutex<Vec<KeychainState>>>);

impl States {
    fn told(&self) -> Vec<KeychainState> {
        self.0.lock().unwrap().clone()
    }

    async fn wait_for(&self, state: &KeychainState) {
        let seen = async {
            while !self.told().contains(state) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(GENEROUS, seen).await.unwrap_or_else(|_| panic!("{state:?} is not among {:?}", self.told()));
    }
}

async fn loaded(keychain: &Keychain) -> (Credential, KeychainState) {
    let Loaded { credential, state, .. } = keychain.load().await;
    (credential, state)
}

fn credential(jwt: &str) -> Credential {
    Credential { jwt: Some(Jwt::new(jwt)), session_id: Some(SessionId::new("sess_0001")), ..Credential::default() }
}

fn json(jwt: &str) -> String {
    format!(r#"{{"jwt":"{jwt}","session_id":"sess_0001"}}"#)
}

fn locked() -> Error {
    Error::NoStorageAccess("object locked".into())
}

fn broken() -> Error {
    Error::PlatformFailure("service went away".into())
}

#[tokio::test]
async fn what_is_stored_is_there_at_the_next_start_and_what_is_forgotten_is_not() {
    let fake = Fake::holding(None);
    let (keychain, states) = fake.keychain(None);
    assert_eq!(loaded(&keychain).await, (Credential::default(), KeychainState::Empty));
    keychain.store(credential("one"));
    assert_eq!(keychain.load().await.credential, credential("one"));
    assert_eq!(keychain.settled().await, KeychainState::Ready);
    assert_eq!(fake.held().unwrap(), json("one"));

    let (next, _) = fake.keychain(None);
    assert_eq!(loaded(&next).await, (credential("one"), KeychainState::Ready));
    next.forget();
    assert_eq!(next.settled().await, KeychainState::Empty);
    assert_eq!((fake.held(), next.load().await.credential), (None, Credential::default()));
    assert_eq!(states.told(), [KeychainState::Empty, KeychainState::Ready]);
}

#[tokio::test]
async fn a_wish_made_just_before_the_holder_goes_away_is_carried_out() {
    let fake = Fake::holding(None);
    let (keychain, states) = fake.keychain(None);
    keychain.store(credential("one"));
    drop(keychain);
    states.wait_for(&KeychainState::Ready).await;
    assert_eq!(fake.held().unwrap(), json("one"));
}

#[tokio::test]
async fn a_keychain_that_hangs_holds_nobody_up_and_then_gets_the_newest_wish() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("stale");
    let fake = Fake::holding(Some(&json("old")));
    fake.change(|inner| inner.hangs = true);
    let (keychain, states) = fake.keychain(Some(&marker));

    let start = Instant::now();
    assert_eq!(loaded(&keychain).await, (Credential::default(), KeychainState::Slow));
    assert!(start.elapsed() >= LIMIT && start.elapsed() < GENEROUS, "{:?}", start.elapsed());
    states.wait_for(&KeychainState::Slow).await;
    assert!(!marker.exists());

    let start = Instant::now();
    for wish in ["first", "second", "third"] {
        keychain.store(credential(wish));
    }
    assert_eq!(loaded(&keychain).await, (credential("third"), KeychainState::Slow));
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
    assert_eq!(keychain.settled().await, KeychainState::Slow);
    assert!(marker.exists(), "the program may end now, and the old entry is still there");

    fake.change(|inner| inner.hangs = false);
    assert_eq!(keychain.settled().await, KeychainState::Ready);
    assert_eq!(fake.held().unwrap(), json("third"));
    assert_eq!(fake.inner.lock().unwrap().sets, 1);
    assert_eq!(keychain.load().await.credential, credential("third"));
    assert!(!marker.exists());
}

#[tokio::test]
async fn an_answer_that_came_too_late_is_given_to_the_next_who_asks() {
    let fake = Fake::holding(Some(&json("old")));
    fake.change(|inner| inner.hangs = true);
    let (keychain, states) = fake.keychain(None);
    assert_eq!(keychain.load().await.state, KeychainState::Slow);
    fake.change(|inner| inner.hangs = false);
    states.wait_for(&KeychainState::Ready).await;
    assert_eq!(loaded(&keychain).await, (credential("old"), KeychainState::Ready));
}

#[tokio::test]
async fn after_a_failed_store_no_older_entry_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("stale");
    let fake = Fake::holding(Some(&json("old")));
    let (keychain, _) = fake.keychain(Some(&marker));
    assert_eq!(keychain.load().await.credential, credential("old"));
    fake.change(|inner| inner.delete_error = Some(broken));
    keychain.store(credential("new"));
    let refused = KeychainState::Refused { error: SafeText::new("service went away") };
    assert_eq!(keychain.settled().await, refused);
    assert_eq!(loaded(&keychain).await, (credential("new"), refused.clone()), "it stays in memory");
    assert_eq!(fake.held().unwrap(), json("old"));

    let (next, _) = fake.keychain(Some(&marker));
    assert_eq!(loaded(&next).await, (Credential::default(), refused), "not deleted, but ignored");
    assert!(marker.exists());

    fake.change(|inner| inner.delete_error = None);
    let (next, _) = fake.keychain(Some(&marker));
    assert_eq!(loaded(&next).await, (Credential::default(), KeychainState::Empty));
    assert_eq!((fake.held(), marker.exists()), (None, false));
}

#[tokio::test]
async fn a_store_that_fails_half_way_leaves_nothing_even_without_a_marker() {
    let fake = Fake::holding(Some(&json("old")));
    fake.change(|inner| inner.set_error = Some(locked));
    let (keychain, _) = fake.keychain(None);
    keychain.store(credential("new"));
    assert_eq!(keychain.settled().await, KeychainState::Locked);
    assert_eq!(fake.held(), None);
}

#[tokio::test]
async fn what_is_too_large_is_not_tried_and_the_older_entry_goes() {
    let fake = Fake::holding(Some(&json("old")));
    let limit = json("123456").len();
    let (keychain, _) = fake.limited_keychain(None, Some(limit));
    keychain.store(credential("1234567"));
    assert_eq!(keychain.settled().await, KeychainState::TooLarge { bytes: limit + 1, limit });
    assert_eq!((fake.held(), fake.inner.lock().unwrap().sets), (None, 0));
    keychain.store(credential("123456"));
    assert_eq!(keychain.settled().await, KeychainState::Ready);

    fake.change(|inner| inner.set_error = Some(|| Error::TooLong("secret".to_owned(), 9)));
    keychain.store(credential("123456"));
    assert_eq!(keychain.settled().await, KeychainState::TooLarge { bytes: limit, limit: 9 });
}

#[tokio::test]
async fn a_malformed_entry_is_an_empty_one_and_is_overwritten() {
    for malformed in ["", "\u{0}", "[]", r#"{"jwt":7}"#, r#"{"jwt":"x""#, r#"{"jwt":"no header carries this"}"#] {
        let fake = Fake::holding(Some(malformed));
        let (keychain, _) = fake.keychain(None);
        assert_eq!(loaded(&keychain).await, (Credential::default(), KeychainState::Empty), "{malformed:?}");
        keychain.store(credential("new"));
        assert_eq!(keychain.settled().await, KeychainState::Ready);
        assert_eq!(fake.held().unwrap(), json("new"));
    }
}

#[tokio::test]
async fn every_failure_has_its_words_and_none_quotes_a_secret() {
    const SECRET: &str = "token-of-the-user";
    let refused = |text: &str| KeychainState::Refused { error: SafeText::new(text) };
    let cases: [(fn() -> Error, KeychainState); 8] = [
        (locked, KeychainState::Locked),
        (broken, refused("service went away")),
        (|| Error::NoDefaultStore, KeychainState::NoService),
        (|| Error::BadDataFormat(SECRET.into(), SECRET.into()), refused("the entry is damaged")),
        (|| Error::BadEncoding(SECRET.into()), refused("the entry is damaged")),
        (|| Error::Invalid("user".to_owned(), "empty\n".to_owned()), refused("Value of 'user' is invalid: empty\n")),
        (|| Error::BadStoreFormat("v0".to_owned()), refused("Store data is malformed: v0")),
        (|| Error::NotSupportedByStore("set".to_owned()), refused("Unsupported: set")),
    ];
    let mut shown = String::new();
    for (error, expected) in cases {
        let fake = Fake::holding(None);
        fake.change(|inner| inner.set_error = Some(error));
        let (keychain, states) = fake.keychain(None);
        keychain.store(credential(SECRET));
        assert_eq!(keychain.settled().await, expected);
        shown += &format!("{expected} {expected:?} {:?} {:?}", states.told(), keychain.load().await);
    }
    assert!(!shown.contains(SECRET) && !shown.contains("sess_0001"), "{shown}");
    assert!(json(SECRET).contains(SECRET) && shown.contains(&Jwt::new(SECRET).fingerprint().to_string()));
}

#[tokio::test]
async fn a_locked_keychain_is_told_at_the_first_load() {
    let fake = Fake::holding(Some(&json("old")));
    fake.change(|inner| inner.get_error = Some(locked));
    let (keychain, states) = fake.keychain(None);
    assert_eq!(loaded(&keychain).await, (Credential::default(), KeychainState::Locked));
    assert_eq!(states.told(), [KeychainState::Locked]);
}

#[tokio::test]
async fn a_crash_in_the_keychains_library_is_a_refusal() {
    let states = States::default();
    let told = Arc::clone(&states.0);
    let store = Store::made_up(|| panic!("a bug of the library"), None);
    let keychain = Keychain::start(store, Secrets::memory(), None, move |state, _| told.lock().unwrap().push(state));
    let (nothing, state) = loaded(&keychain).await;
    assert!(nothing == Credential::default() && matches!(state, KeychainState::Refused { .. }), "{state}");
    keychain.store(credential("new"));
    assert!(matches!(keychain.settled().await, KeychainState::Refused { .. }));
    assert_eq!(keychain.load().await.credential, credential("new"));
    assert_eq!(states.told().len(), 2);
}

#[tokio::test]
async fn without_a_keychain_what_is_stored_stays_in_memory() {
    let keychain = Keychain::memory();
    assert_eq!(loaded(&keychain).await, (Credential::default(), KeychainState::MemoryOnly));
    keychain.store(credential("one"));
    assert_eq!(loaded(&keychain).await, (credential("one"), KeychainState::MemoryOnly));
    assert_eq!(keychain.settled().await, KeychainState::MemoryOnly);
    keychain.forget();
    assert_eq!(keychain.load().await.credential, Credential::default());
}

#[tokio::test]
async fn a_peek_reads_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("stale");
    let fake = Fake::holding(Some(r#"{"jwt":"a.b.c"}"#));
    let peek = async || {
        let handle = Arc::clone(&fake);
        let open = move || Ok(Entry::new_with_credential(Arc::new(Handle(Arc::clone(&handle)))));
        Keychain::peek_into(Store::made_up(open, None), StaleMarker::new(Some(marker.clone()))).await
    };
    let (credential, state) = peek().await;
    assert_eq!((credential.jwt, state), (Some(Jwt::new("a.b.c")), KeychainState::Ready));
    std::fs::write(&marker, "").unwrap();
    assert_eq!(peek().await, (Credential::default(), KeychainState::Empty));
    assert!(marker.exists());
    std::fs::remove_file(&marker).unwrap();
    fake.change(|inner| inner.hangs = true);
    assert_eq!(timeout(GENEROUS, peek()).await.unwrap(), (Credential::default(), KeychainState::Slow));
    fake.change(|inner| inner.hangs = false);
    assert_eq!(fake.held().as_deref(), Some(r#"{"jwt":"a.b.c"}"#));
    assert_eq!(fake.inner.lock().unwrap().sets, 0);
}
