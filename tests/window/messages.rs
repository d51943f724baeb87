//! The messages and rates tabs, and what can be copied for other programs.

use egui::{Key, Modifiers, OutputCommand, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ticketscope::journal::{Direction, Message, MessageKind};
use ticketscope::model::*;
use ticketscope::session::Command;
use tokio::time::Instant;

use crate::scenes::{Session, ms};
use crate::{LIMIT, Window};

const SIZE: [f32; 2] = [1360.0, 860.0];

/// An hour of messages, with a gap, and one of each sort at its end.
pub fn an_hour(session: &Session) {
    session.serve();
    session.connect();
    for second in 0..3_600_u64 {
        session.wait(ms(1_000));
        match second {
            2_000 => {
                session.close(Close::abnormal(CloseCause::EndOfStream), Class::Soft);
                session.back_off(1, 300_000);
            }
            2_300 => {
                session.begin(Trigger::Backoff);
                session.take_token(TokenSource::Memory);
                session.take_ticket();
                session.open();
            }
            2_001..2_300 => {}
            _ => {
                let count = 5 + second * 7_919 % 11 + if second % 600 == 0 { 60 } else { 0 };
                let one = |direction| message(session, direction, MessageKind::Text, br#"{"v":1,"type":"event"}"#);
                let mut batch = vec![one(Direction::In); count as usize];
                batch.extend((second % 3 == 0).then(|| one(Direction::Out)));
                session.journal.append_messages(&mut batch);
                if second % 15 == 0 {
                    session.say(Source::Driver, Event::Driver(DriverEvent::Pong { rtt: ms(20 + second * 31 % 17) }));
                }
            }
        }
    }
    one_of_each(session);
}

fn message(session: &Session, direction: Direction, kind: MessageKind, payload: &[u8]) -> Message {
    Message::new(session.now.get(), AttemptId(0), direction, kind, payload)
}

const RESULT: &str = r#"{"v":1,"type":"event","channel":"search","requestId":"r-1","results":[{"id":7,"name":"Café ✓","tags":["a","b"]}]}"#;

fn one_of_each(session: &Session) {
    let long = format!(r#"{{"long":"{}"}}"#, "x".repeat(40_000));
    session.wait(ms(500));
    let flood = message(session, Direction::In, MessageKind::Text, br#"{"v":1,"type":"event","flood":3}"#);
    session.journal.append_messages(&mut vec![
        message(session, Direction::Out, MessageKind::Ping, &[0, 0, 0, 1]),
        message(session, Direction::In, MessageKind::Pong, &[0, 0, 0, 1]),
        message(session, Direction::Out, MessageKind::Text, br#"{"v":1,"type":"subscribe","channel":"search"}"#),
        message(session, Direction::In, MessageKind::Text, RESULT.as_bytes()),
        message(session, Direction::In, MessageKind::Binary, &[0xca, 0xfe]),
        message(session, Direction::In, MessageKind::Text, br#"{"v":1,"oops":tru}"#),
        message(session, Direction::In, MessageKind::Text, long.as_bytes()),
        Message { is_simulated: true, ..flood },
    ]);
}

fn few(session: &Session) {
    session.serve();
    session.connect();
    one_of_each(session);
}

/// A state of the messages tab and how to get there.
type State = (&'static str, fn(&mut Window));

/// Those that are worth a look.
pub const SCENES: [State; 7] = [
    ("messages", |window| window.look_at("Café")),
    ("messages folded", |window| {
        window.look_at("Café");
        window.press("Fold JSON");
    }),
    ("messages binary", |window| window.look_at("in binary")),
    ("messages huge", |window| window.look_at("39.1 KiB")),
    ("messages not JSON", |window| window.look_at("oops")),
    ("messages paused", |window| {
        window.press("Pause");
        flood(window, 12_345);
        window.write("[1, 2, 3]");
        window.press("Send");
    }),
    ("messages filtered to nothing", |window| {
        flood(window, 1_234_567);
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
        window.harness.run();
        window.harness.get_by_label("Filter").type_text("nowhere");
        window.harness.run();
    }),
];

/// The messages tab after an hour, in one of these states.
pub fn scene(size: [f32; 2], theme: Theme, state: fn(&mut Window)) -> Window {
    let mut window = Window::open(size, theme, an_hour);
    window.keys(Modifiers::COMMAND, Key::Num5);
    state(&mut window);
    window
}

fn flood(window: &mut Window, messages: usize) {
    let session = window.session();
    let one = message(&session, Direction::In, MessageKind::Text, b"{\"n\":1}");
    for start in (0..messages).step_by(1_000) {
        session.journal.append_messages(&mut vec![one.clone(); 1_000.min(messages - start)]);
    }
    window.harness.run();
}

impl Window {
    fn look_at(&mut self, part: &str) {
        self.harness.get_by_label_contains(part).click();
        self.harness.run();
    }

    /// The rows of the message that is looked at.
    fn outline(&self) -> Vec<String> {
        let rows = self.harness.query_all_by_role(egui::accesskit::Role::TreeItem);
        rows.filter_map(|row| row.accesskit_node().label()).collect()
    }

    fn write(&mut self, text: &str) {
        self.harness.get_by_label("Message to send").click();
        self.harness.run();
        self.harness.get_by_label("Message to send").type_text(text);
        self.harness.run();
    }

    pub fn clipboard(&mut self) -> String {
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            for command in &self.harness.output().platform_output.commands {
                if let OutputCommand::CopyText(text) = command {
                    return text.clone();
                }
            }
            self.harness.step();
            std::thread::yield_now();
        }
        panic!("nothing was copied");
    }
}

#[test]
fn tabs_without_room_are_in_a_menu_and_the_one_in_view_is_not() {
    let mut window = Window::open([720.0, 480.0], Theme::Dark, few);
    let is_tab = |window: &Window, label: &str| {
        window.harness.query_all_by_label(label).any(|node| node.accesskit_node().role() == egui::Role::Tab)
    };
    assert!(is_tab(&window, "Messages") && !is_tab(&window, "Rates"));
    window.press("More ▾");
    window.press("Rates");
    assert!(is_tab(&window, "Rates") && is_tab(&window, "Log"));
    let window = Window::open(SIZE, Theme::Dark, few);
    assert!(is_tab(&window, "Rates") && window.harness.query_by_label("More ▾").is_none());
}

#[test]
fn messages_are_listed_with_direction_kind_and_size_and_pings_only_if_chosen() {
    let mut window = Window::open(SIZE, Theme::Dark, few);
    window.press("Messages");
    assert!(window.shows("out text 45 B {\"v\":1,\"type\":\"subscribe\""));
    assert!(window.shows("in binary 2 B ca fe"));
    assert!(window.shows("39.1 KiB") && window.shows("[SIMULATED flood]"));
    assert!(!window.shows(" ping 4 B"));
    window.press("Ping and pong");
    assert!(window.shows("out ping 4 B") && window.shows("in pong 4 B"));
    window.press("In");
    assert!(!window.shows("in pong 4 B") && window.shows("out ping 4 B"));
    window.press("In");
    window.press("Binary");
    assert!(!window.shows("in binary"));
}

#[test]
fn the_filter_looks_into_messages() {
    let mut window = Window::open(SIZE, Theme::Dark, few);
    window.press("Messages");
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.harness.run();
    window.harness.get_by_label("Filter").type_text("CAFé");
    window.harness.run();
    assert!(window.shows("Café") && !window.shows("subscribe\""));
    assert!(window.shows("1 of 8 contain it"));
}

#[test]
fn json_folds_value_by_value_and_is_copied_as_it_came() {
    let mut window = Window::open(SIZE, Theme::Dark, few);
    window.press("Messages");
    assert!(window.harness.query_by_label("Unfold JSON").is_none());
    window.look_at("Café");
    let all = [
        "{ 5 members }, unfolded",
        "  \"v\": 1",
        "  \"type\": \"event\"",
        "  \"channel\": \"search\"",
        "  \"requestId\": \"r-1\"",
        "  \"results\": [ 1 item ], unfolded",
        "    0: { 3 members }, unfolded",
        "      \"id\": 7",
        "      \"name\": \"Café ✓\"",
        "      \"tags\": [ 2 items ], unfolded",
        "        0: \"a\"",
        "        1: \"b\"",
    ];
    assert_eq!(window.outline(), all);
    window.press(all[6]);
    assert_eq!(window.outline()[6..], ["    0: { 3 members }, folded"]);
    window.press("Unfold JSON");
    assert_eq!(window.outline(), all);
    window.press("Fold JSON");
    assert_eq!(window.outline().len(), 6);
    window.harness.get_by_label("Copy message").click();
    assert_eq!(window.clipboard(), RESULT);
    window.look_at("39.1 KiB");
    assert!(window.shows("Cut: only the first 16.0 KiB are kept"));
    assert_eq!(window.outline().len(), 2);
    let long = window.outline()[1].clone();
    assert!(long.starts_with("  \"long\": show all 16376 characters  \"xxx") && long.ends_with("…, folded"), "{long}");
    window.press(&long);
    assert!(window.outline()[1].ends_with("show less, unfolded"));
    window.look_at("oops");
    assert!(window.shows("Not JSON, shown as text: expected ident at line 1 column 18"));
}

#[test]
fn the_keyboard_chooses_a_message_and_folds_what_is_in_it() {
    let mut window = Window::open(SIZE, Theme::Dark, few);
    window.press("Messages");
    window.harness.get_by_label_contains("Messages; up and down").focus();
    window.harness.run();
    let press = |window: &mut Window, key| {
        window.harness.key_press(key);
        window.harness.run();
    };
    press(&mut window, Key::ArrowUp);
    assert!(window.shows("in · text · 32 B · attempt 0"), "the newest");
    for _ in 0..4 {
        press(&mut window, Key::ArrowUp);
    }
    assert_eq!(window.outline().len(), 12);
    press(&mut window, Key::ArrowRight);
    // To the results, fold them; then to the whole, fold it.
    for _ in 0..5 {
        press(&mut window, Key::ArrowDown);
    }
    press(&mut window, Key::ArrowLeft);
    assert_eq!(window.outline()[5..], ["  \"results\": [ 1 item ], folded"]);
    press(&mut window, Key::ArrowLeft);
    press(&mut window, Key::ArrowLeft);
    assert_eq!(window.outline(), ["{ 5 members }, folded"]);
    press(&mut window, Key::Enter);
    assert_eq!(window.outline().len(), 6);
    press(&mut window, Key::ArrowLeft);
    press(&mut window, Key::ArrowRight);
    assert_eq!(window.outline().len(), 6);
}

#[test]
fn a_message_is_copied_from_its_menu_and_its_text_can_be_selected() {
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, few);
    window.keys(Modifiers::COMMAND, Key::Num5);
    let row = window.harness.get_all_by_label_contains("Café").next().unwrap();
    row.click_secondary();
    window.harness.run();
    let copied = window.copied("Copy this message");
    assert!(copied.contains(RESULT) && copied.contains(" in text "), "{copied}");

    window.harness.run();
    window.look_at("Café");
    let at = window.harness.get_by_label_contains("\"requestId\": ").rect();
    let (from, to) = (at.left_center() + egui::vec2(20.0, 0.0), at.left_center() + egui::vec2(300.0, 0.0));
    window.harness.event(egui::Event::PointerMoved(from));
    let button = |pos, pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    for event in [button(from, true), egui::Event::PointerMoved(to), button(to, false)] {
        window.harness.event(event);
        window.harness.run();
    }
    window.harness.event(egui::Event::Copy);
    let selected = window.next_copy();
    assert!(selected.contains("r-1") && !selected.contains("Café"), "{selected}");
}

#[test]
fn a_paused_list_stands_still_and_loses_nothing() {
    let mut window = Window::open(SIZE, Theme::Dark, few);
    window.press("Messages");
    window.press("Pause");
    for number in 0..30 {
        let text = format!(r#"{{"number":{number}}}"#);
        let session = window.session();
        session.journal.append_messages(&mut vec![message(
            &session,
            Direction::In,
            MessageKind::Text,
            text.as_bytes(),
        )]);
    }
    window.harness.run();
    assert!(window.shows("30 new") && !window.shows("\"number\""));
    window.press("Pause");
    assert!(window.shows("{\"number\":29}") && window.shows("{\"number\":20}"));
    assert!(window.shows("38 frames passed, all kept"));
}

#[test]
fn only_json_objects_are_sent_and_only_while_a_socket_is_open() {
    let mut window = Window::open(SIZE, Theme::Dark, few);
    window.press("Messages");
    window.write("[1]");
    window.press("Send");
    assert!(window.shows("this is an array; only a JSON object {…} may be sent, anything else crashes such servers"));
    assert_eq!(window.sent(), []);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.write(r#"{"v":1}"#);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.harness.run();
    window.harness.get_by_label("Message to send").type_text(r#"{"v":1}"#);
    window.harness.run();
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.harness.run();
    assert_eq!(window.sent(), [Command::Send(JsonObject::parse(r#"{"v":1}"#).unwrap())]);
    assert!(!window.shows("only a JSON object"));

    let mut window = Window::open(SIZE, Theme::Dark, |session| session.serve());
    window.press("Messages");
    assert!(window.harness.get_by_label("Send").accesskit_node().is_disabled());
}

#[test]
fn what_is_not_kept_is_counted_and_a_flood_costs_a_screenful() {
    let mut window = Window::open(SIZE, Theme::Dark, few);
    window.press("Messages");
    flood(&mut window, 1_000_000);
    assert!(window.shows("1 000 008 frames passed, 10 000 kept, 990 008 only counted"));
    let mut window = Window::open([720.0, 480.0], Theme::Dark, few);
    window.keys(Modifiers::COMMAND, Key::Num5);
    flood(&mut window, 1_000_000);
    assert!(window.shows("990 008"), "also where there is little room");
}

#[test]
fn an_hour_of_rates_fits_and_an_idle_window_sleeps_between_pings() {
    let mut window = Window::open(SIZE, Theme::Dark, an_hour);
    window.press("Rates");
    for text in
        ["Round trip, highest 36 ms", "Messages per second, highest 75/s", "Payload per second, highest 1650 B/s"]
    {
        assert!(window.shows(text), "{text}");
    }
    assert!(window.harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay > ms(30_000));
    let (asked, frames) = std::sync::mpsc::channel();
    window.harness.ctx.set_repaint_observer(move |info| asked.send(info.delay).unwrap_or_default());
    window.session().say(Source::Driver, Event::Driver(DriverEvent::Pong { rtt: ms(77) }));
    assert!(frames.try_recv().is_ok(), "a pong is news to who looks at round trips");
}

#[test]
fn what_happened_is_copied_for_other_programs() {
    let mut window = Window::open(SIZE, Theme::Dark, crate::scenes::reconnecting);
    for (label, part) in [
        ("Copy as curl", "curl --silent"),
        ("Copy as websocat", "websocat '--header=Origin: http://localhost:4200'"),
        ("Copy as JSON", "\"simulated\": \"simulate-503\""),
        ("Copy as CSV", ",simulate-503\r\n"),
        ("Copy as Perfetto trace", "\"traceEvents\""),
    ] {
        window.harness.get_by_label("Copy as…").click();
        window.harness.run();
        window.harness.get_by_label(label).click();
        let copied = window.clipboard();
        assert!(copied.contains(part), "{label}: {copied}");
        window.harness.run();
    }
}
