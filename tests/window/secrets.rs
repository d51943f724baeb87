//! What people give a profile: asked for once, never shown, and a user's JWT for one session. The cards of such services.

use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::kittest::Queryable as _;
use ticketscope::model::failure::SecretFault;
use ticketscope::model::*;
use ticketscope::session::{Command, SecretRequest};

use crate::Window;
use crate::scenes::{Session, ms};

const SIZE: [f32; 2] = [1360.0, 860.0];

const SLACK: &str = "name = 'Slack'\napi = 'https://slack.example'\n[secret.app_token]\nlabel = 'App-level token'\n\
                     hint = 'Basic Information, then App-Level Tokens'\n[[ticket]]\npost = '/open'\n\
                     auth = 'Bearer {{app_token}}'\ntake = { url = '/url' }\n[socket]\nurl = '{{url}}'\n\
                     [[hello]]\nexpect = { '/type' = 'hello' }\n";

fn slack() -> Profile {
    Profile::from_toml(SLACK).unwrap()
}

fn name() -> ValueName {
    ValueName::try_from("app_token".to_owned()).unwrap()
}

fn know(session: &Session, presence: Presence) {
    session.secrets.borrow_mut().presence = [(name(), presence)].into();
}

fn nothing_given(session: &Session) {
    know(session, Presence::Missing);
}

fn all_given(session: &Session) {
    know(session, Presence::Given);
}

fn greeting(session: &Session) {
    all_given(session);
    session.flow([
        FlowEvent::AttemptStarted { trigger: Trigger::Person }.into(),
        FlowEvent::RequestingTicket.into(),
        FlowEvent::Dialling.into(),
        FlowEvent::Upgrading.into(),
        FlowEvent::Greeting.into(),
    ]);
}

fn ungreeted(session: &Session) {
    greeting(session);
    let failure = GreetingFailure::Missing {
        step: 1,
        expected: "/type = \"hello\"".into(),
        within: ms(10_000),
        heard: Some("{\"type\":\"helo\"}".into()),
    };
    session.flow([FlowEvent::AttemptFailed { failure: Failure::Greeting(failure), class: Class::Soft }.into()]);
}

impl Window {
    fn writes(&mut self, field: &str, text: &str) {
        self.harness.get_by_label(field).focus();
        self.harness.run();
        self.harness.get_by_label(field).type_text(text);
        self.harness.run();
    }

    fn card(&self, title: &str) -> String {
        let title = format!("{title}: ");
        let mut found = self.harness.query_all_by_label_contains(&title);
        let card = found.next().unwrap_or_else(|| panic!("no card {title}"));
        card.value().unwrap_or_default()
    }
}

/// The dialog in each of its states.
pub fn scene(name: &str, size: [f32; 2], theme: Theme) -> Window {
    match name {
        "secrets" => Window::with_profile(size, theme, slack(), nothing_given),
        "greeting" => Window::with_profile(size, theme, slack(), greeting),
        other => panic!("no scene {other}"),
    }
}

#[test]
fn what_is_missing_is_asked_for_once_saved_and_never_shown() {
    let mut window = scene("secrets", SIZE, Theme::Dark);
    assert!(window.shows("What Slack wants") && window.shows("✖ not given"), "the dialog came by itself");
    assert!(window.shows("Basic Information, then App-Level Tokens"));
    assert_eq!(window.session().asked_secrets.take()[0], SecretRequest::Look);
    assert!(!window.shows("Save App-level token: ") && window.sent().is_empty());
    window.writes("Value of App-level token", "xapp-secret");
    assert!(!window.shows("xapp-secret"), "it is not shown");
    window.press("Save App-level token");
    let asked = window.session().asked_secrets.take();
    let Some(SecretRequest::Keep(values)) = asked.last() else { panic!("{asked:?}") };
    assert_eq!(values.expose(&name()), Some("xapp-secret"));
    all_given(&window.session());
    window.harness.run();
    window.harness.step();
    window.press("Forget App-level token");
    assert_eq!(window.session().asked_secrets.take(), [SecretRequest::Forget(name())]);
    assert!(window.shows("✓ given"));
    window.harness.query_all_by_label("Connect").last().unwrap().click();
    window.harness.run();
    assert_eq!(window.sent(), [Command::Flow(FlowCommand::Connect)]);
    assert!(!window.shows("What Slack wants"), "it is closed");
}

#[test]
fn a_keychain_that_fails_is_told_and_an_attempt_that_lacks_a_secret_brings_the_dialog_again() {
    let mut window = scene("secrets", SIZE, Theme::Light);
    window.press("Close");
    assert!(!window.shows("What Slack wants"));
    let session = window.session();
    let kind = RequestFailureKind::SecretMissing {
        name: "app_token".into(),
        label: "App-level token".into(),
        why: SecretFault::NotGiven,
    };
    let failure = Failure::Ticket(RequestFailure { trace: TraceId::new(1, 1), kind });
    session.flow([
        FlowEvent::AttemptStarted { trigger: Trigger::Person }.into(),
        FlowEvent::RequestingTicket.into(),
        FlowEvent::AttemptFailed { failure, class: Class::Hard }.into(),
    ]);
    window.harness.run();
    assert!(window.shows("What Slack wants"));
    session.secrets.borrow_mut().problem = Some(KeychainState::NoService);
    window.harness.key_press(Key::Tab);
    window.harness.run();
    assert!(window.shows("known to this session only: this system has no keychain service"));
}

#[test]
fn a_command_is_shown_and_asked_about_before_it_may_run() {
    let text = SLACK.replace("label =", "command = ['pass', 'show', 'a \"b\"']\nlabel =");
    let unasked = |session: &Session| know(session, Presence::NotAllowed);
    let mut window = Window::with_profile(SIZE, Theme::Dark, Profile::from_toml(&text).unwrap(), unasked);
    assert!(window.shows("What Slack wants") && window.shows("✖ not allowed yet"), "the dialog came by itself");
    assert!(window.shows(r#"pass show "a \"b\"""#), "the whole command");
    window.session().asked_secrets.take();
    window.press("Allow it: App-level token");
    assert_eq!(window.session().asked_secrets.take(), [SecretRequest::Allow(name())]);
    know(&window.session(), Presence::OnDemand);
    window.harness.run();
    window.harness.step();
    assert!(window.shows("✓ allowed") && window.sent().is_empty());
    window.press("Do not run it any more: App-level token");
    assert_eq!(window.session().asked_secrets.take(), [SecretRequest::Forget(name())]);
}

#[test]
fn a_pasted_jwt_is_decoded_and_used_for_this_session_alone() {
    let mut window = Window::open(SIZE, Theme::Dark, |session| session.serve());
    assert!(!window.shows("Secrets…"), "the demo wants none");
    window.palette("Secrets");
    assert!(window.shows("wants no secrets"));
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJzZXNzXzAxMjM0NTY3ODlhYmNkZWYiLCJleHAiOjE3NzE4OTEyMDB9.c2ln";
    window.writes("JWT of a user", &format!("Bearer {jwt}"));
    assert!(window.shows("HS256") && window.shows("24 Feb 2026"), "the claims stand beside it");
    assert!(!window.shows(jwt));
    window.press("Use the pasted JWT");
    assert_eq!(window.sent(), [Command::UseJwt(Some(Jwt::new(jwt)))]);
    window.session().flow([FlowEvent::CredentialReplaced { token: Some(Jwt::new(jwt).facts()) }.into()]);
    window.harness.run();
    assert!(window.shows("The pasted one is in use"));
    window.press("Sign in by itself again");
    assert_eq!(window.sent(), [Command::UseJwt(None)]);
}

#[test]
fn the_cards_follow_the_profiles_steps() {
    let window = Window::with_profile(SIZE, Theme::Dark, slack(), all_given);
    assert_eq!(window.card("1 · Sign-in"), "1 · Sign-in: no sign-in");
    assert_eq!(window.card("4 · Greeting"), "4 · Greeting: not started");
    let window = scene("greeting", SIZE, Theme::Dark);
    assert_eq!(window.card("3 · WebSocket"), "3 · WebSocket: ✓ open");
    assert_eq!(window.card("4 · Greeting"), "4 · Greeting: running…");
    let window = Window::with_profile(SIZE, Theme::Dark, slack(), ungreeted);
    assert_eq!(window.card("4 · Greeting"), "4 · Greeting: ✕ greeting failed — will retry");
    assert_eq!(window.card("3 · WebSocket"), "3 · WebSocket: not open");
    let bare = Profile::from_toml("name = 'Bare'\napi = 'https://a.example'\n[socket]\n").unwrap();
    let window = Window::with_profile(SIZE, Theme::Dark, bare, |_| {});
    assert_eq!(window.card("2 · Ticket"), "2 · Ticket: no ticket needed");
    assert!(window.harness.query_by_label_contains("4 · Greeting").is_none());
    let window = Window::open(SIZE, Theme::Dark, |session| session.connect());
    assert!(window.card("1 · JWT").contains("ready"), "the seed's cards are what they were");
    assert_eq!(window.harness.query_all_by_role(Role::Dialog).count(), 0);
}

impl Window {
    /// Runs the first command that the palette finds for `query`.
    pub fn palette(&mut self, query: &str) {
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::K);
        self.harness.run();
        self.harness.get_by_role_and_label(Role::TextInput, "Command").type_text(query);
        self.harness.run();
        self.harness.key_press(Key::Enter);
        self.harness.run();
    }
}
