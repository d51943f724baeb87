//! What the window does when it is used, and what it says.

use std::time::Duration;

use egui::accesskit::Role;
use egui::{Event as Input, Key, Modifiers, OutputCommand, Pos2, Rect, Theme, vec2};
use egui_kittest::kittest::{AccessKitNode, NodeT as _, Queryable as _};
use strum::IntoEnumIterator as _;
use ticketscope::faults::{Arming, Fault, FaultKind};
use ticketscope::model::*;
use ticketscope::session::Command;

use crate::scenes::{self, SCENES, Session, ms};
use crate::{SIZES, Window, playback};

const SIZE: [f32; 2] = [1360.0, 860.0];
const MINUTE: Duration = Duration::from_secs(60);

fn open(scene: fn(&Session)) -> Window {
    Window::open(SIZE, Theme::Dark, scene)
}

fn scene(name: &str) -> fn(&Session) {
    SCENES.iter().find(|(scene, _)| *scene == name).unwrap().1
}

impl Window {
    pub fn press(&mut self, label: &str) {
        let mut nodes = self.harness.query_all_by_label(label);
        nodes.find(|node| node.accesskit_node().role() != Role::Label).expect(label).scroll_to_me();
        drop(nodes);
        self.harness.run();
        let mut nodes = self.harness.query_all_by_label(label);
        nodes.find(|node| node.accesskit_node().role() != Role::Label).expect(label).click();
        drop(nodes);
        self.harness.run();
    }

    pub fn keys(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run();
    }

    pub fn sent(&self) -> Vec<Command> {
        self.session().sent.take()
    }

    pub fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    /// Presses `label` and returns what was put on the clipboard.
    pub fn copied(&mut self, label: &str) -> String {
        self.harness.get_by_label(label).click();
        for _ in 0..8 {
            self.harness.step();
            for command in &self.harness.output().platform_output.commands {
                if let OutputCommand::CopyText(text) = command {
                    return text.clone();
                }
            }
        }
        panic!("nothing was copied");
    }

    fn repaint_delay(&self) -> Duration {
        self.harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay
    }

    /// Lines of the log that are in view.
    pub fn log_lines(&self) -> usize {
        let lines = self.harness.query_all_by_label_contains("14:0");
        lines.filter(|node| node.value().is_some_and(|text| text.contains(" ["))).count()
    }
}

const fn arm(fault: Fault, times: Option<u32>) -> Command {
    Command::Arm(Arming::new(fault, times))
}

const RETRY: Command = Command::Flow(FlowCommand::RetryNow);

#[test]
fn buttons_send_their_commands() {
    let mut window = open(scene("idle"));
    window.press("Connect");
    window.press("New session");
    assert_eq!(window.sent(), [Command::Flow(FlowCommand::Connect), Command::Flow(FlowCommand::NewSession)]);

    let mut window = open(scene("connected"));
    window.press("Disconnect");
    window.press("Retry now");
    assert_eq!(window.sent(), [Command::Flow(FlowCommand::Disconnect), RETRY]);
    window.press("Drop connection");
    window.press("Restart server");
    window.press("Crash client");
    let faults = [Fault::DropConnection, Fault::RestartServer, Fault::CrashClient];
    assert_eq!(window.sent(), faults.map(|fault| arm(fault, None)));
}

#[test]
fn faults_that_show_at_the_next_attempt_begin_one_unless_told_not_to() {
    let mut window = open(scene("connected"));
    for (label, fault) in
        [("Corrupt JWT", Fault::CorruptJwt), ("Clear JWT", Fault::ClearJwt), ("Drop sessionId", Fault::DropSessionId)]
    {
        window.press(label);
        assert_eq!(window.sent(), [arm(fault, None), RETRY], "{label}");
    }
    window.press("Begin a new attempt at once");
    window.press("Block origin");
    assert_eq!(window.sent(), [arm(Fault::BlockOrigin, None)]);
}

#[test]
fn simulated_503_comes_once_three_times_or_until_it_is_switched_off() {
    let mut window = open(scene("connected"));
    window.press("Simulate 503");
    window.press("Ticket faults: 3×");
    window.press("Simulate 503");
    window.press("Ticket faults: until off");
    window.press("Simulate 503");
    let fault = Fault::Simulate503;
    assert_eq!(
        window.sent(),
        [arm(fault.clone(), Some(1)), RETRY, arm(fault.clone(), Some(3)), RETRY, arm(fault.clone(), None), RETRY]
    );

    window.session().arm(fault, Some(2));
    window.harness.run();
    assert!(window.shows("1 fault active · Clear all"));
    window.press("Simulate 503 · 2 left");
    assert_eq!(window.sent(), [Command::Clear(FaultKind::Simulate503)]);
    window.press("1 fault active · Clear all");
    assert_eq!(window.sent(), [Command::ClearAll]);
}

#[test]
fn what_cannot_be_done_is_disabled_and_says_why() {
    let mut window = open(|_| {});
    for label in ["Retry now", "Drop connection", "Restart server", "Drop sessionId"] {
        assert!(window.harness.get_by_label(label).accesskit_node().is_disabled(), "{label}");
        window.press(label);
    }
    assert_eq!(window.sent(), []);
    window.harness.get_by_label("Restart server").scroll_to_me();
    window.harness.run();
    window.harness.get_by_label("Restart server").hover();
    window.harness.run_steps(6);
    assert!(window.shows("Restart server: only the local demo has its server inside this program"));
}

#[test]
fn a_session_that_cannot_take_a_command_is_told_to_the_person() {
    let mut window = open(scene("idle"));
    window.session().is_full.set(true);
    window.press("Connect");
    assert!(window.shows("Too busy"));
    window.session().is_full.set(false);
    window.press("Connect");
    assert!(!window.shows("Too busy"));
}

#[test]
fn armed_faults_stay_marked_while_the_panel_is_hidden() {
    let mut window = Window::open(SIZES[0], Theme::Dark, scenes::reconnecting);
    assert!(!window.shows("Corrupt JWT"), "a narrow window begins without the panel");
    window.press("1 fault active");
    assert!(window.shows("Corrupt JWT"));
    window.keys(Modifiers::COMMAND, Key::B);
    assert!(!window.shows("Corrupt JWT") && window.shows("1 fault active"));
}

#[test]
fn another_profile_is_another_session() {
    let mut window = open(scene("connected"));
    window.press("Profile");
    window.press("Production");
    assert_eq!(window.session().profile.name.as_str(), "Production");
    assert!(window.shows("https://api.going2eat.food") && window.shows("Nothing has happened yet"));
    window.press("Connect");
    assert_eq!(window.sent(), [Command::Flow(FlowCommand::Connect)]);
    assert_eq!(window.sessions.borrow()[0].sent.take(), []);
}

#[test]
fn every_state_is_said_in_words() {
    let words = [
        ("idle", "NOT CONNECTED: Not connected"),
        ("connecting", "CONNECTING: Opening the WebSocket"),
        ("connected", "CONNECTED: JWT, ticket and WebSocket are in order"),
        ("reconnecting", "RECONNECTING: The ticket service is unavailable — 503 REDIS_UNAVAILABLE"),
        ("stopped", "STOPPED: The JWT has no sessionId — 401 MISSING_SESSION"),
        ("origin blocked", "STOPPED: The server does not allow this origin — 1008 ORIGIN_BLOCKED"),
        ("damaged", "The claims cannot be read: damaged JWT: a part is not base64url"),
        ("crashed", "CRASHED: The client was made to crash"),
        (
            "unreachable",
            "RECONNECTING: The secure connection is opened on the way by Example Corp TLS Inspection CA 2024",
        ),
    ];
    for ((name, text), (scene_name, scene)) in words.into_iter().zip(SCENES) {
        assert_eq!(name, *scene_name);
        assert!(open(*scene).shows(text), "{name}: {text}");
    }
}

#[test]
fn cards_tell_the_life_of_jwt_ticket_and_socket() {
    let window = open(scene("connected"));
    let fingerprint = Fingerprint::of("jwt");
    for text in [
        "OS keychain · 0.4 ms",
        &format!("#{fingerprint}"),
        "25 Jan 2026 13:40:00 · HS256",
        "in 29 d 23 h · 24 Feb 2026",
        "once, 41 ms after it was asked for",
        "DNS 0.2 ms · TCP 0.4 ms",
        "2.1 ms",
        "median 23 ms of 13",
        "14:02:07",
        "Messages 2 in, 1 out",
    ] {
        assert!(window.shows(text), "{text}");
    }
}

#[test]
fn the_expiry_of_the_jwt_counts_down_by_the_hour_while_the_window_sleeps() {
    let mut window = open(scene("connected"));
    // It expires at 13:40:00; the pings ended at 14:05:22.
    let until_the_hour = window.repaint_delay();
    assert!(until_the_hour > 34 * MINUTE && until_the_hour < 35 * MINUTE, "{until_the_hour:?}");
    assert!(window.shows("in 29 d 23 h"));
    window.session().wait(until_the_hour + ms(1));
    window.harness.step();
    assert!(window.shows("in 29 d 22 h"));
}

#[test]
fn a_jwt_from_the_server_says_how_long_the_request_took() {
    let window = open(|session| {
        session.begin(Trigger::Person);
        session.take_token(TokenSource::Keychain);
        session.flow([Event::Flow(FlowEvent::RequestingTicket)]);
        session.wait(ms(9));
        session.flow([
            Event::Flow(FlowEvent::RefreshingToken { status: 401, code: "INVALID_TOKEN".into() }),
            Event::Flow(FlowEvent::FetchingToken),
        ]);
        session.wait(ms(87));
        session.flow([
            Event::Flow(FlowEvent::TokenAcquired { token: scenes::token("new"), session_id: None }),
            Event::Flow(FlowEvent::RetryingTicket),
        ]);
    });
    assert!(window.shows("server · 87 ms"));
}

#[test]
fn a_token_that_is_no_jwt_is_no_damage() {
    let window = open(|session| {
        session.begin(Trigger::Person);
        let token = Jwt::new("0123456789abcdef").facts();
        session.flow([Event::Flow(FlowEvent::TokenReady { token, source: TokenSource::Memory })]);
        session.take_ticket();
        session.open();
    });
    assert!(window.shows("1 · JWT: ✓ ready") && window.shows("not a JWT, only the server can read it"));
    assert!(!window.shows("damaged"));
}

#[test]
fn a_connection_that_a_person_ends_is_said_to_be_closing_until_it_has_ended() {
    let mut window = open(scene("connected"));
    for command in [FlowCommand::Disconnect, FlowCommand::Connect] {
        window.session().say(Source::Person, Event::Flow(FlowEvent::Command { command }));
        window.harness.run();
        assert!(window.shows("CLOSING: ") && !window.shows("CONNECTED: "), "{command:?}");
    }
    let close = Close { code: CloseCode::NORMAL, reason: "".into(), was_clean: true, cause: CloseCause::OwnFrame };
    window
        .session()
        .flow([Event::Flow(FlowEvent::Disconnected { close, class: None }), Event::Flow(FlowEvent::Stopped)]);
    window.harness.run();
    assert!(window.shows("NOT CONNECTED: ") && !window.shows("CLOSING: "));
}

#[test]
fn the_countdown_follows_the_deadline() {
    let mut window = open(scenes::reconnecting);
    assert!(window.shows("1.2 s until retry 4"));
    assert_eq!(window.repaint_delay(), ms(100), "1 200 ms are left: the next tenth is 100 ms away");
    window.session().wait(ms(1_130));
    window.harness.step();
    assert!(window.shows("0.1 s until retry 4"));
    assert_eq!(window.repaint_delay(), ms(70));
    window.session().wait(ms(500));
    window.harness.step();
    assert!(window.shows("0.0 s until retry 4"));
    assert!(window.repaint_delay() >= MINUTE, "only news and the next hour can change what is shown");
}

#[test]
fn a_connected_window_sleeps_through_heartbeats() {
    for name in ["connected", "idle", "stopped"] {
        let mut window = open(scene(name));
        assert!(window.repaint_delay() >= MINUTE, "{name}");
        let (asked, frames) = std::sync::mpsc::channel();
        window.harness.ctx.set_repaint_observer(move |info| asked.send(info.delay).unwrap_or_default());
        window.session().say(Source::Driver, Event::Driver(DriverEvent::Pong { rtt: ms(77) }));
        assert!(frames.try_recv().is_err(), "{name}: a pong asks for a frame");
        window.session().say(Source::Flow, Event::Flow(FlowEvent::BackoffReset));
        assert!(frames.try_recv().is_ok(), "{name}: a fact asks for a frame");
        window.harness.step();
        assert!(window.repaint_delay() >= MINUTE, "{name}");
    }
}

#[test]
fn a_ticket_that_waits_counts_down_in_seconds() {
    let mut window = open(scene("connecting"));
    assert!(window.shows("not yet, 30 s left"));
    assert!(window.repaint_delay() <= Duration::from_secs(1));
    window.session().wait(Duration::from_secs(31));
    window.harness.step();
    assert!(window.shows("never, it expired unused"));
    assert!(window.repaint_delay() >= MINUTE);
}

#[test]
fn simulated_results_are_marked_wherever_they_show() {
    let mut window = open(scenes::reconnecting);
    assert!(window.shows("[WS] Failed to connect HttpErrorResponse { status: 503, error: { code: 'REDIS_UNAVAILABLE' } } [SIMULATED simulate-503]"));
    assert!(window.shows("simulate-503 acts, until cleared [SIMULATED simulate-503]"));
    assert!(window.shows("Simulated by the fault “Simulate 503”"));
    assert!(window.shows("simulated close"));
    window.press("Closes 1");
    assert!(window.shows("SIMULATED"));
}

#[test]
fn the_log_is_filtered_by_what_is_typed_until_esc() {
    let mut window = open(scenes::reconnecting);
    let all = window.log_lines();
    window.keys(Modifiers::COMMAND, Key::F);
    assert!(window.harness.get_by_label("Filter").is_focused());
    window.harness.get_by_label("Filter").type_text("redis_UNAVAIL");
    window.harness.run();
    assert_eq!(window.log_lines(), 3);
    window.keys(Modifiers::NONE, Key::Escape);
    assert_eq!(window.log_lines(), all);
    assert!(!window.harness.get_by_label("Filter").is_focused());

    window.keys(Modifiers::COMMAND, Key::F);
    window.harness.get_by_label("Filter").type_text("took 12 ms");
    window.harness.run();
    assert!(window.shows("No line contains “took 12 ms”"), "it is for developers");
    window.press("Details");
    assert!(window.shows("[Net] ticket request took 12 ms: 200 OK"));
}

#[test]
fn the_copied_log_has_times_and_marks_and_obeys_the_filter() {
    let mut window = open(scenes::reconnecting);
    window.keys(Modifiers::COMMAND, Key::F);
    window.harness.get_by_label("Filter").type_text("disconnected");
    window.harness.run();
    assert_eq!(
        window.copied("Copy"),
        "14:06:19.015 [WS] Disconnected { code: 1006, reason: '', wasClean: false } [SIMULATED drop-connection]\n"
    );
}

#[test]
fn a_single_line_can_be_selected_and_copied() {
    let mut window = open(scenes::reconnecting);
    window.keys(Modifiers::COMMAND, Key::J);
    window.harness.get_by_label_contains("Disconnected { code: 1006").click();
    window.harness.run();
    window.harness.event(Input::Copy);
    window.harness.step();
    let copied = &window.harness.output().platform_output.commands[..];
    let [OutputCommand::CopyText(text)] = copied else { panic!("{copied:?}") };
    assert!(
        text.starts_with("14:06:19.015 [WS] Disconnected") && text.ends_with("[SIMULATED drop-connection]"),
        "{text}"
    );
}

#[test]
fn follow_ends_when_a_person_scrolls_up_and_begins_when_asked() {
    let mut window = open(scenes::reconnecting);
    window.keys(Modifiers::COMMAND, Key::J);
    let chatter = |window: &Window| {
        (0..200).for_each(|n| {
            window.session().flow([
                Event::Flow(FlowEvent::LateAnswer { from: AttemptId(n), what: "x".into() }),
                Event::Flow(FlowEvent::RequestingTicket),
            ])
        })
    };
    chatter(&window);
    window.session().flow([Event::Flow(FlowEvent::Stopped)]);
    window.harness.run();
    let newest = "Stopped by the user - not reconnecting";
    assert!(window.shows(newest));
    window.harness.hover_at(Pos2::new(400.0, 600.0));
    window.harness.event(Input::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, 400.0),
        modifiers: Modifiers::NONE,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
    });
    window.harness.run_steps(8);
    assert!(!window.shows(newest));
    chatter(&window);
    window.session().flow([Event::Flow(FlowEvent::Stopped)]);
    window.harness.run_steps(3);
    assert!(!window.shows(newest), "new lines do not move what is being read");
    window.keys(Modifiers::NONE, Key::End);
    assert!(window.shows(newest));
}

#[test]
fn a_hundred_thousand_lines_cost_a_screenful() {
    let mut window = open(|_| {});
    for _ in 0..100_000 {
        window.session().flow([Event::Flow(FlowEvent::RequestingTicket)]);
    }
    window.harness.run();
    assert!((10..60).contains(&window.log_lines()), "{} lines are drawn", window.log_lines());
}

#[test]
fn shortcuts_and_palette_do_what_buttons_do() {
    let mut window = open(scene("connected"));
    window.keys(Modifiers::COMMAND, Key::Enter);
    window.keys(Modifiers::COMMAND, Key::R);
    assert_eq!(window.sent(), [Command::Flow(FlowCommand::Disconnect), RETRY]);
    window.keys(Modifiers::COMMAND, Key::K);
    window.harness.get_by_label("Command").type_text("drop conn");
    window.harness.run();
    window.keys(Modifiers::NONE, Key::Enter);
    assert_eq!(window.sent(), [arm(Fault::DropConnection, None)]);
    assert!(window.harness.query_by_label("Command").is_none(), "the palette closes");

    window.keys(Modifiers::COMMAND, Key::K);
    window.keys(Modifiers::NONE, Key::ArrowDown);
    window.keys(Modifiers::NONE, Key::Enter);
    assert_eq!(window.sent(), [RETRY], "the second row");
    window.keys(Modifiers::NONE, Key::Questionmark);
    assert!(window.shows("Begin a new attempt now, like refreshing the page"));
    window.keys(Modifiers::NONE, Key::Escape);
    assert!(!window.shows("Begin a new attempt now, like refreshing the page"));
    assert_eq!(window.sent(), []);
}

#[test]
fn what_is_typed_while_the_palette_opens_is_looked_for_and_nothing_else_is_done() {
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, Session::connect);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.harness.step();
    window.harness.event(egui::Event::Text("settings".to_owned()));
    window.harness.key_press(Key::Enter);
    window.harness.step();
    window.harness.run();
    assert!(window.shows("Record every session"), "the settings were asked for");
    window.keys(Modifiers::NONE, Key::Escape);

    window.keys(Modifiers::COMMAND, Key::K);
    window.keys(Modifiers::NONE, Key::Enter);
    assert!(window.sent().is_empty(), "nobody has chosen the first command");
    window.harness.get_by_label("Command");
}

#[test]
fn themes_go_round() {
    let mut window = open(scene("idle"));
    let is_dark = |window: &Window| window.harness.ctx.theme() == Theme::Dark;
    // From the system's, which is dark, to the other one, so that the first press shows.
    window.keys(Modifiers::COMMAND, Key::T);
    assert!(!is_dark(&window));
    window.press("Theme: light");
    assert!(window.harness.query_by_label("Theme: system").is_some() || is_dark(&window));
}

/// Whether this is the name of a button or field in the list of faults.
fn is_in_list(name: &str) -> bool {
    FaultKind::iter().any(|kind| name.starts_with(kind.label()))
}

#[test]
fn the_list_of_faults_is_searched_and_parameters_are_sent() {
    let mut window = open(scene("connected"));
    window.harness.get_by_label("Find a fault").focus();
    window.harness.run();
    window.harness.get_by_label("Find a fault").type_text("frame");
    window.harness.run();
    assert!(window.shows("Close frame"));
    assert!(!window.shows("Corrupt JWT"));
    window.harness.get_by_label("Close frame: reason").focus();
    window.harness.run();
    window.harness.get_by_label("Close frame: reason").type_text("BAD_SUBSCRIBE");
    window.harness.run();
    window.press("Close frame");
    let close = Fault::Close { code: 1011, reason: "BAD_SUBSCRIBE".into() };
    assert_eq!(window.sent(), [arm(close, Some(1))], "once, at once, without a new attempt");
}

#[test]
fn everything_fits_in_every_size() {
    for size in SIZES {
        for theme in [Theme::Dark, Theme::Light] {
            for (name, scene) in SCENES {
                fits(&Window::open(size, theme, *scene), name, size);
            }
        }
        for (name, scene) in playback::SCENES.into_iter().take(2) {
            fits(&scene(size, Theme::Dark), name, size);
        }
    }
}

/// Fails if a part of the window is outside of it or covers another one.
fn fits(window: &Window, name: &str, size: [f32; 2]) {
    let screen = Rect::from_min_size(Pos2::ZERO, size.into());
    let name_of = |node: &AccessKitNode<'_>| node.label().or_else(|| node.value()).unwrap_or_default();
    let parts = window.harness.query_all_by(|node| {
        let label = name_of(node);
        let begins = ["1 · JWT:", "2 · Ticket:", "3 · WebSocket:", "Attempts · ", "Moment "];
        let is_part = begins.iter().any(|part| label.starts_with(part)) || is_axis(&label);
        let is_control = matches!(node.role(), Role::Button | Role::Tab | Role::TextInput | Role::CheckBox);
        (is_part || is_control) && node.raw_bounds().is_some()
    });
    let parts: Vec<_> = parts.map(|node| (name_of(&node.accesskit_node()), node.rect())).collect();
    // The list of faults scrolls; what is out of sight ends above what is always in reach below it.
    let list_end = parts.iter().find(|(name, _)| name == "Ticket faults: 1×");
    let list_end = list_end.map_or(f32::INFINITY, |(_, rect)| rect.top());
    let is_seen = |(name, rect): &(String, Rect)| rect.bottom() < list_end || !is_in_list(name);
    let parts: Vec<_> = parts.into_iter().filter(is_seen).collect();
    // Marks point at what they lie on.
    let is_mark = |name: &str| name.starts_with("The fault “") || name.starts_with("Found here: ");
    let parts: Vec<_> = parts.into_iter().filter(|(name, _)| !is_mark(name)).collect();
    // What is below the end of the list of drills can be scrolled to.
    let bar = parts.iter().find(|(name, _)| name.starts_with("Moment ")).map(|(_, rect)| rect.top());
    let list_end = bar.unwrap_or(size[1] - 26.0);
    let is_hidden = |label: &str, rect: &Rect| label.ends_with(": not run") && rect.bottom() > list_end;
    let parts: Vec<_> = parts.into_iter().filter(|(label, rect)| !is_hidden(label, rect)).collect();
    assert!(parts.len() > 14, "{name}: {parts:?}");
    for (index, (label, rect)) in parts.iter().enumerate() {
        assert!(screen.contains_rect(*rect), "{name} {size:?}: {label} is outside at {rect}");
        for (other, other_rect) in &parts[..index] {
            let is_inside = rect.contains_rect(*other_rect) || other_rect.contains_rect(*rect);
            let overlap = rect.shrink(1.0).intersects(other_rect.shrink(1.0));
            assert!(is_inside || !overlap, "{name} {size:?}: {label} covers {other}");
        }
    }
}

/// Whether it is what the axis of the attempts is called.
fn is_axis(label: &str) -> bool {
    label.starts_with("From ") && label.contains(" to ")
}

#[test]
fn the_status_bar_says_what_became_of_the_recording() {
    let full = RecordingState::Full { file: "20260122T140211Z-production.jsonl".into(), limit: 64_000_000 };
    let problem =
        "20260122T140211Z-production.jsonl: the disk is full; make room, or switch recording off in the settings";
    for (state, said) in [
        (full, "⚠ not recording any more: 20260122T140211Z-production.jsonl has its largest size of 64 MB"),
        (
            RecordingState::Failed { problem: problem.into() },
            "⚠ not recording: 20260122T140211Z-production.jsonl: the disk is full; make room, or switch recording off",
        ),
    ] {
        let mut window = Window::open([1360.0, 860.0], Theme::Dark, Session::connect);
        window.session().say(Source::Driver, Event::Driver(DriverEvent::Recording { state }));
        window.harness.run();
        assert!(window.shows(said), "{said}");
        assert!(window.shows("CONNECTED"), "the connection is as it was");
    }
}
