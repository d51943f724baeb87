//! What a person gives the driver: a JWT for one session, and secrets that a new session forgets.

use std::sync::Arc;

use ticketscope::driver::keychain::Keychain;
use ticketscope::driver::net::Net;
use ticketscope::driver::{Carryover, Clock, Command, Driver, Recorder};
use ticketscope::journal::Journal;
use ticketscope::model::{Credential, FlowCommand, Jwt, Profile, ValueName};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// What the keychain holds after a driver with `profile` was asked for all of this, and its end.
async fn after(profile: Profile, keychain: Arc<Keychain>, asked: Vec<Command>) -> Option<Jwt> {
    let recorder = Recorder::new(Journal::new(|_| {}), Clock::start());
    let net = Net::new(&profile).unwrap();
    let carryover = Carryover::new(None, 1);
    let mut driver = Driver::new(profile, net, Arc::clone(&keychain), recorder, 1, carryover);
    let (commands, mut received) = mpsc::channel(8);
    for command in asked {
        commands.send(command).await.unwrap();
    }
    drop(commands);
    driver.run(&mut received).await;
    keychain.load().await.credential.jwt
}

#[tokio::test]
async fn a_pasted_jwt_never_gets_into_the_keychain() {
    let own = Jwt::new("x.y.z");
    for given in [Some(Jwt::new("a.b.c")), None] {
        let keychain = Arc::new(Keychain::in_process(|_, _| {}));
        keychain.store(Credential { jwt: Some(own.clone()), ..Credential::default() });
        let kept = after(Profile::production(), keychain, vec![Command::UseJwt(given)]).await;
        assert_eq!(kept.as_ref(), Some(&own), "what is kept is not replaced");
    }
}

#[tokio::test]
async fn a_new_session_forgets_the_secrets_of_which_the_profile_says_so() {
    let text = "name = 'x'\napi = 'http://127.0.0.1:9'\n[socket]\nurl = '{{one}}'\n[secret.one]\nforget = true\n[secret.two]\n";
    let profile = Profile::from_toml(text).unwrap();
    let keychain = Arc::new(Keychain::in_process(|_, _| {}));
    let name = |name: &str| ValueName::try_from(name.to_owned()).unwrap();
    for secret in ["one", "two"] {
        keychain.secrets().set(&name(secret), Zeroizing::new("value".to_owned())).await.unwrap();
    }
    after(profile, Arc::clone(&keychain), vec![Command::Flow(FlowCommand::NewSession)]).await;
    assert_eq!(keychain.secrets().given(&name("one")).await, Ok(None));
    assert!(keychain.secrets().given(&name("two")).await.unwrap().is_some());
}
