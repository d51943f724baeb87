//! A sign-in in the browser and with a device code, against an authorization server that holds its clients to the letter:
//! PKCE, one use of each code and refresh token.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use support::watcher::{LIMIT, Watcher};
use ticketscope::diagnosis::Code;
use ticketscope::driver::keychain::Keychain;
use ticketscope::driver::net::Net;
use ticketscope::driver::{Carryover, Clock, Command as DriverCommand, Driver, Recorder};
use ticketscope::journal::Journal;
use ticketscope::model::{DriverEvent, Entry, Event, FlowCommand, FlowEvent, Profile, ValueName};
use ticketscope::session::Command;
use ticketscope::view::SessionView;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use url::Url;
use zeroize::Zeroizing;

use crate::stand_in::{Answer, Gone, Limits, Peer, Request, Service, StandIn};

/// What the person at the page does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Person {
    /// Signs in; on another device, after the client has asked twice.
    #[default]
    SignsIn,
    Denies,
    /// Is not there.
    Sleeps,
}

#[derive(Default)]
struct Server {
    person: Person,
    state: Mutex<State>,
    seen: Notify,
}

#[derive(Default)]
struct State {
    issued: u32,
    /// Codes that are good, each with its challenge.
    codes: BTreeMap<String, String>,
    refresh: Vec<String>,
    access: Vec<String>,
    /// Every grant that was asked for, with what was shown for it.
    grants: Vec<String>,
    /// All that must be in no recording.
    secrets: Vec<String>,
    polls: u32,
}

impl State {
    fn new_secret(&mut self, kind: &str) -> String {
        self.issued += 1;
        let secret = format!("{kind}{}-0123456789abcdef", self.issued);
        self.secrets.push(secret.clone());
        secret
    }

    fn tokens(&mut self) -> Answer {
        let (access, refresh) = (self.new_secret("access"), self.new_secret("refresh"));
        self.access.push(access.clone());
        self.refresh.push(refresh.clone());
        Answer::json(
            200,
            format!(
                r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":3600,"refresh_token":"{refresh}","id_token":"x.y.z"}}"#
            ),
        )
    }
}

impl Server {
    fn of(person: Person) -> Self {
        Self { person, ..Self::default() }
    }

    /// What the browser is sent back with after the page at `address`.
    fn redirect(&self, address: &Url) -> Url {
        let asked: BTreeMap<String, String> = address.query_pairs().into_owned().collect();
        for (name, value) in [("response_type", "code"), ("client_id", "ticketscope"), ("scope", "chat offline")] {
            assert_eq!(asked[name], value, "{asked:?}");
        }
        assert_eq!((asked["code_challenge_method"].as_str(), asked["audience"].as_str()), ("S256", "chat.example"));
        assert!(asked["state"].len() >= 16, "{asked:?}");
        let mut back = Url::parse(&asked["redirect_uri"]).unwrap();
        assert_eq!(back.host_str(), Some("127.0.0.1"));
        let state = &mut *self.state.lock().unwrap();
        state.secrets.push(asked["state"].clone());
        back.query_pairs_mut().append_pair("state", &asked["state"]);
        if self.person == Person::Denies {
            back.query_pairs_mut().append_pair("error", "access_denied");
            return back;
        }
        let code = state.new_secret("code");
        back.query_pairs_mut().append_pair("code", &code);
        state.codes.insert(code, asked["code_challenge"].clone());
        back
    }
}

impl Service for Server {
    fn http(&self, request: &Request) -> Answer {
        let form = request.form();
        let field = |name: &str| form.get(name).cloned().unwrap_or_default();
        let state = &mut *self.state.lock().unwrap();
        let wrong = || Answer::json(400, r#"{"error":"invalid_grant"}"#);
        if request.is("POST", "/device") {
            assert_eq!((field("client_id").as_str(), field("scope").as_str()), ("ticketscope", "chat offline"));
            state.secrets.push("WDJB-MJHT".to_owned());
            let code = state.new_secret("device");
            let expires = if self.person == Person::Sleeps { 1 } else { 600 };
            let page = format!("http://{}/activate", request.server);
            return Answer::json(
                200,
                format!(
                    r#"{{"device_code":"{code}","user_code":"WDJB-MJHT","verification_uri":"{page}","expires_in":{expires},"interval":0}}"#
                ),
            );
        }
        if !request.is("POST", "/token") {
            return Answer::empty(404);
        }
        assert_eq!((field("client_id").as_str(), request.header("origin")), ("ticketscope", ""));
        let shown = [field("code"), field("refresh_token"), field("device_code")].concat();
        state.grants.push(format!("{} {}", field("grant_type"), shown.split('-').next().unwrap_or_default()));
        match field("grant_type").as_str() {
            "authorization_code" => {
                let verifier = field("code_verifier");
                let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
                state.secrets.push(verifier);
                assert!(field("redirect_uri").ends_with("/callback"));
                match state.codes.remove(&shown) {
                    Some(expected) if expected == challenge => state.tokens(),
                    Some(_) | None => wrong(),
                }
            }
            "refresh_token" => match state.refresh.iter().position(|known| *known == shown) {
                Some(place) => {
                    state.refresh.remove(place);
                    state.tokens()
                }
                None => wrong(),
            },
            "urn:ietf:params:oauth:grant-type:device_code" => {
                state.polls += 1;
                match self.person {
                    Person::SignsIn if state.polls > 2 => state.tokens(),
                    Person::Denies => Answer::json(400, r#"{"error":"access_denied"}"#),
                    Person::SignsIn | Person::Sleeps => Answer::json(400, r#"{"error":"authorization_pending"}"#),
                }
            }
            _ => Answer::json(400, r#"{"error":"unsupported_grant_type"}"#),
        }
    }

    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        let token = request.parameter("access_token").to_owned();
        let is_known = self.state.lock().unwrap().access.contains(&token);
        if is_known { Ok(None) } else { Err(Answer::empty(401)) }
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        self.seen.notify_one();
        peer.serve(Limits::default(), None, |_, _| Ok(true)).map(|_| ())
    }
}

fn profile(address: SocketAddr, flow: &str) -> Profile {
    Profile::from_toml(&format!(
        "name = 'Chat'\napi = 'http://{address}'\n[oauth]\nflow = '{flow}'\nauthorize = 'http://{address}/authorize'\n\
         device = 'http://{address}/device'\ntoken = 'http://{address}/token'\nclient_id = 'ticketscope'\n\
         scopes = ['chat', 'offline']\nextra = {{ audience = 'chat.example' }}\n[socket]\npath = '/ws'\n\
         query = {{ access_token = '{{{{access_token}}}}' }}\n[classify]\nupgrade = {{ \"401\" = 'login' }}\n\
         [backoff]\nbase = '10ms'\ncap = '20ms'\n"
    ))
    .unwrap()
}

/// The `number`th page that a person is asked to sign in at, from 0, and the code to be typed there.
fn asked(watcher: &Watcher, number: usize) -> (Url, Option<String>) {
    watcher.wait("a person is asked to sign in", |entries, _| {
        let asked = entries.iter().filter_map(|entry| match &entry.event {
            Event::Driver(DriverEvent::SignInAsked { address, code, is_opened, .. }) => {
                assert!(!is_opened);
                Some((Url::parse(address.as_str()).unwrap(), code.as_ref().map(ToString::to_string)))
            }
            _ => None,
        });
        asked.into_iter().nth(number)
    })
}

/// The browser goes to `url`; returns the page.
fn visit(url: &Url) -> String {
    let mut connection = TcpStream::connect((url.host_str().unwrap(), url.port().unwrap())).unwrap();
    let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    connection.write_all(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    let mut page = String::new();
    connection.read_to_string(&mut page).unwrap();
    page
}

/// Nothing of what the server and its client told each other in secret is in a recording of `entries`.
fn assert_clean(entries: &[Arc<Entry>], server: &Server) {
    let recorded: String = entries.iter().map(|entry| serde_json::to_string(&**entry).unwrap() + "\n").collect();
    for secret in &server.state.lock().unwrap().secrets {
        assert!(!recorded.contains(secret.as_str()), "{secret} is in the recording");
    }
    assert!(recorded.contains("sign_in_asked"));
}

fn code_of(watcher: &Watcher, profile: &Profile) -> Code {
    watcher.stopped();
    let view = SessionView::of(profile.clone(), watcher.entries());
    println!("{}", view.findings()[0]);
    view.findings()[0].problem.code
}

#[test]
fn a_person_signs_in_once_and_a_rotated_refresh_token_does_it_from_then_on() {
    let server = StandIn::start(Server::default());
    let watcher = Watcher::start(profile(server.address, "browser"));
    watcher.connect();
    let (page, code) = asked(&watcher, 0);
    assert_eq!((page.path(), code), ("/authorize", None));
    assert!(watcher.snapshot().token.sign_in.is_some(), "the window shows it");
    let told = visit(&server.service.redirect(&page));
    assert!(told.starts_with("HTTP/1.1 200") && told.contains("signed in"), "{told}");
    watcher.connected(0);
    assert!(watcher.snapshot().token.sign_in.is_none());
    for number in 1..3 {
        // The token is not good any more: nobody is asked, and the newest refresh token is shown.
        server.service.state.lock().unwrap().access.clear();
        watcher.retry_now();
        watcher.wait("connected again", |entries, _| {
            let connected = entries.iter().filter(|entry| entry.event == Event::Flow(FlowEvent::Connected)).count();
            (connected > number).then_some(())
        });
    }
    let grants = server.service.state.lock().unwrap().grants.clone();
    assert_eq!(grants, ["authorization_code code1", "refresh_token refresh3", "refresh_token refresh5"]);
    // A new session is somebody else's.
    watcher.send(Command::Flow(FlowCommand::NewSession));
    asked(&watcher, 1);
    assert_clean(&watcher.close(), &server.service);
}

#[test]
fn a_sign_in_that_is_denied_says_so() {
    let server = StandIn::start(Server::of(Person::Denies));
    let profile = profile(server.address, "browser");
    let watcher = Watcher::start(profile.clone());
    watcher.connect();
    let (page, _) = asked(&watcher, 0);
    assert!(visit(&server.service.redirect(&page)).starts_with("HTTP/1.1 400"));
    assert_eq!(code_of(&watcher, &profile), Code::SignInRefused);
    assert!(server.service.state.lock().unwrap().grants.is_empty(), "no code is shown");
    watcher.close();
}

#[test]
fn an_answer_to_another_sign_in_does_not_end_this_one() {
    let server = StandIn::start(Server::of(Person::SignsIn));
    let watcher = Watcher::start(profile(server.address, "browser"));
    watcher.connect();
    let (page, _) = asked(&watcher, 0);
    let back = server.service.redirect(&page);
    let mut other = back.clone();
    other.set_query(Some(&back.query().unwrap().replacen("state=", "state=x", 1)));
    assert!(visit(&other).starts_with("HTTP/1.1 400"));
    assert!(server.service.state.lock().unwrap().grants.is_empty(), "no code is shown");
    assert!(visit(&back).starts_with("HTTP/1.1 200"));
    watcher.connected(0);
    assert_clean(&watcher.close(), &server.service);
}

#[test]
fn a_wait_for_a_person_ends_when_somebody_disconnects() {
    let server = StandIn::start(Server::default());
    let watcher = Watcher::start(profile(server.address, "browser"));
    watcher.connect();
    let (page, _) = asked(&watcher, 0);
    watcher.disconnect();
    watcher.idle();
    let back = server.service.redirect(&page);
    let deadline = Instant::now() + LIMIT;
    while TcpStream::connect((back.host_str().unwrap(), back.port().unwrap())).is_ok() {
        assert!(Instant::now() < deadline, "the port is still open");
        std::thread::yield_now();
    }
    watcher.close();
}

#[test]
fn a_code_is_typed_on_another_device() {
    let server = StandIn::start(Server::default());
    let watcher = Watcher::start(profile(server.address, "device"));
    watcher.connect();
    let (page, code) = asked(&watcher, 0);
    assert_eq!((page.path(), code.as_deref()), ("/activate", Some("WDJB-MJHT")));
    watcher.connected(0);
    assert_eq!(server.service.state.lock().unwrap().polls, 3);
    assert_clean(&watcher.close(), &server.service);

    for (person, expected) in [(Person::Denies, Code::SignInRefused), (Person::Sleeps, Code::SignInUnanswered)] {
        let server = StandIn::start(Server::of(person));
        let profile = profile(server.address, "device");
        let watcher = Watcher::start(profile.clone());
        watcher.connect();
        assert_eq!(code_of(&watcher, &profile), expected);
        watcher.close();
    }
}

#[tokio::test]
async fn a_refresh_token_that_a_profiles_own_step_gets_takes_the_place_of_the_old_one() {
    let server = StandIn::start(Server::default());
    let old = {
        let state = &mut *server.service.state.lock().unwrap();
        let old = state.new_secret("refresh");
        state.refresh.push(old.clone());
        old
    };
    let profile = Profile::from_toml(&format!(
        "name = 'Chat'\napi = 'http://{}'\n[secret.refresh]\n[[login]]\npost = '/token'\n\
         form = {{ grant_type = 'refresh_token', client_id = 'ticketscope', refresh_token = '{{{{refresh}}}}' }}\n\
         take = {{ access_token = '/access_token', refresh = '?/refresh_token' }}\n\
         [socket]\npath = '/ws'\nquery = {{ access_token = '{{{{access_token}}}}' }}\n",
        server.address
    ))
    .unwrap();
    let keychain = Arc::new(Keychain::memory());
    let name = ValueName::try_from("refresh".to_owned()).unwrap();
    keychain.secrets().set(&name, Zeroizing::new(old)).await.unwrap();
    let net = Net::new(&profile).unwrap();
    let recorder = Recorder::new(Journal::new(|_| {}), Clock::start());
    let mut driver = Driver::new(profile, net, Arc::clone(&keychain), recorder, 1, Carryover::new(None, 1));
    let (commands, mut received) = mpsc::channel(8);
    commands.send(DriverCommand::Flow(FlowCommand::Connect)).await.unwrap();
    let connected = async {
        server.service.seen.notified().await;
        drop(commands);
    };
    tokio::join!(driver.run(&mut received), connected);
    let kept = keychain.secrets().given(&name).await.unwrap().unwrap();
    assert_eq!(server.service.state.lock().unwrap().refresh, [kept.to_string()]);
}
