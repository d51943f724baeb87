//! While a recording is shown: its messages and rates, what is copied of it, its attempts, and what goes on beside it.

use std::fs;
use std::path::{Path, PathBuf};

use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ticketscope::drill::Progress;
use ticketscope::journal::recording::{Note, so_far, write_line};
use ticketscope::journal::{Direction, Message, MessageKind};
use ticketscope::model::*;
use ticketscope::session::Engine as _;

use crate::Window;
use crate::playback::{drag_to, has, opened, press, recorded, step_to};
use crate::scenes::{self, Handle, Session, ms};

const SIZE: [f32; 2] = [1360.0, 860.0];

/// A recording of `scene`, in a file of its own.
pub fn written(name: &str, scene: fn(&Session)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("playback");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name} {}.jsonl", std::process::id()));
    if !file.exists() {
        let session = Session::new(Profile::local_demo("127.0.0.1:43117".parse().unwrap()), |_| {});
        scene(&session);
        let handle = Handle(std::rc::Rc::clone(&session));
        let mut bytes = so_far(&handle.header(), &session.journal).unwrap();
        write_line(&mut bytes, &Note::End(session.journal.since(0).entries.len() as u64)).unwrap();
        fs::write(&file, bytes).unwrap();
    }
    file
}

/// Ten minutes with messages of each kind and pings, one gap, and a flood that a fault made up.
pub fn ten_minutes(session: &Session) {
    session.serve();
    session.connect();
    for second in 0..600_u64 {
        session.wait(ms(1_000));
        let message = |direction, kind, len: usize| {
            Message::new(session.now.get(), AttemptId(0), direction, kind, &vec![b'x'; len])
        };
        match second {
            300 => session.close(Close::abnormal(CloseCause::EndOfStream), Class::Soft),
            330 => {
                session.begin(Trigger::Backoff);
                session.take_token(TokenSource::Memory);
                session.take_ticket();
                session.open();
            }
            301..330 | 598.. => {}
            _ => {
                let mut batch = vec![message(Direction::In, MessageKind::Text, 20 + second as usize % 90); 3];
                batch.extend((second % 3 == 0).then(|| message(Direction::Out, MessageKind::Text, 44)));
                batch.extend((second % 50 == 0).then(|| message(Direction::In, MessageKind::Binary, 90_000)));
                if second % 15 == 0 {
                    batch.push(message(Direction::Out, MessageKind::Ping, 8));
                    batch.push(message(Direction::In, MessageKind::Pong, 8));
                    session.say(Source::Driver, Event::Driver(DriverEvent::Pong { rtt: ms(20 + second * 31 % 17) }));
                }
                if second == 596 {
                    let flood = message(Direction::In, MessageKind::Text, 64);
                    batch.extend(vec![Message { is_simulated: true, ..flood }; 40]);
                }
                session.journal.append_messages(&mut batch);
            }
        }
    }
}

/// More attempts than a picture has room for.
pub fn many_attempts(session: &Session) {
    session.serve();
    session.connect();
    session.wait(ms(9_000));
    session.close(Close::received(Some(1001), "SERVER_SHUTDOWN"), Class::Soft);
    for retry in 1..=10_500 {
        session.back_off(retry, 3_900 + u64::from(retry) * 7_919 % 2_300);
        session.wait(ms(4_500));
        session.fail_with_503(retry);
    }
}

fn labels(window: &Window, part: &str) -> Vec<String> {
    let nodes = window.harness.query_all_by_label_contains(part);
    let text = |node: &egui_kittest::Node<'_>| {
        let node = node.accesskit_node();
        node.label().or_else(|| node.value()).unwrap_or_default()
    };
    nodes.map(|node| text(&node)).collect()
}

#[test]
fn messages_are_listed_without_their_text_and_sifted_by_kind() {
    let mut window = opened(SIZE, Theme::Dark, recorded());
    press(&mut window, Key::Num5);
    assert!(has(&window, "The text of messages is not recorded"));
    assert!(has(&window, "in text 4") && has(&window, "out text 45 B"), "{:?}", labels(&window, "text"));
    window.harness.get_by_label("In").click();
    window.harness.run_ok();
    assert!(!has(&window, "in text 4") && has(&window, "out text 45 B"));
    drag_to(&mut window, 0.0);
    assert!(has(&window, "no message that is listed had passed") && has(&window, "0 had passed by this moment"));

    let mut window = opened(SIZE, Theme::Dark, &written("ten minutes", ten_minutes));
    press(&mut window, Key::Num5);
    assert!(has(&window, "[SIMULATED flood]"), "what a fault made up is marked in its recording too");
    assert!(!has(&window, " ping 8 B"), "pings are hidden at first");
    window.harness.get_by_label("Text").click();
    window.harness.get_by_label("Ping and pong").click();
    window.harness.run_ok();
    assert!(has(&window, " ping 8 B") && has(&window, " binary 87.9 KiB") && !has(&window, "in text "));
}

#[test]
fn rates_of_a_recording_are_those_of_the_session() {
    let mut live = Window::open(SIZE, Theme::Dark, ten_minutes);
    press(&mut live, Key::Num6);
    let mut window = opened(SIZE, Theme::Dark, &written("ten minutes", ten_minutes));
    press(&mut window, Key::Num6);
    let rates = labels(&live, ", highest ");
    assert_eq!((labels(&window, ", highest "), rates.len()), (rates.clone(), 3));
    drag_to(&mut window, 0.3);
    let past = labels(&window, ", highest ");
    assert!(past.len() == 3 && past != rates, "the flood was later: {past:?}");
    drag_to(&mut window, 0.0);
    assert!(has(&window, "At this moment nothing had been measured"));
}

#[test]
fn what_is_copied_is_the_recordings_until_its_moment() {
    let mut window = opened(SIZE, Theme::Dark, &written("reconnecting", scenes::reconnecting));
    let copy = |window: &mut Window, label: &str| {
        window.harness.get_by_label("Copy as…").click();
        window.harness.run_ok();
        window.harness.get_by_label(label).click();
        let copied = window.clipboard();
        window.harness.run_ok();
        copied
    };
    for (label, part) in [
        ("Copy as curl", "http://127.0.0.1:43117/api/v1/ws-ticket"),
        ("Copy as websocat", "${TICKET:?}"),
        ("Copy as JSON", "\"simulated\": \"simulate-503\""),
        ("Copy as CSV", ",simulate-503\r\n"),
        ("Copy as Perfetto trace", "\"traceEvents\""),
    ] {
        let copied = copy(&mut window, label);
        assert!(copied.contains(part), "{label}: {copied}");
    }
    step_to(&mut window, "CONNECTED");
    let copied = copy(&mut window, "Copy as JSON");
    assert!(copied.contains("\"outcome\": \"connected\"") && !copied.contains("simulate-503"), "{copied}");
}

#[test]
fn more_than_ten_thousand_attempts_are_all_there() {
    let mut window = opened(SIZE, Theme::Dark, &written("many", many_attempts));
    assert!(has(&window, "Attempts · 10501"));
    drag_to(&mut window, 0.5);
    let half = labels(&window, "Attempts · ");
    assert!(half.iter().any(|label| label.starts_with("Attempts · 5")), "{half:?}");
    drag_to(&mut window, 0.0);
    assert_eq!(labels(&window, "Attempts · "), ["Attempts · 1"]);
}

#[test]
fn what_runs_beside_a_recording_is_timed_by_the_session() {
    let mut window = opened(SIZE, Theme::Dark, recorded());
    press(&mut window, Key::L);
    window.harness.get_by_label("Run all drills").click();
    window.harness.run_ok();
    let mut window = {
        crate::playback::enter(&mut window, recorded(), Key::O);
        crate::playback::wait_for(&mut window, "RECORDING");
        window
    };
    window.tell(0, Progress::Running);
    window.session().wait(ms(3_250));
    window.harness.step();
    assert!(has(&window, "running 3.2 s"), "{:?}", labels(&window, "running"));
}

#[test]
fn a_recording_is_looked_at_with_the_keyboard_alone() {
    let mut window = opened([900.0, 600.0], Theme::Dark, recorded());
    let moment = |window: &Window| labels(window, "Moment ").remove(0);
    let end = moment(&window);
    let many = |window: &mut Window, key| (0..30).for_each(|_| press(window, key));
    many(&mut window, Key::OpenBracket);
    let before = moment(&window);
    assert_ne!(end, before);
    many(&mut window, Key::CloseBracket);
    assert_ne!(moment(&window), before);
    press(&mut window, Key::K);
    window.harness.key_press(Key::Escape);
    window.harness.run_ok();
    assert!(has(&window, "RECORDING"), "Esc closes the palette and not the recording");
    // The bar itself: with the arrow keys once it has the focus.
    window.harness.get_by_label_contains("Moment ").focus();
    window.harness.run_ok();
    window.harness.key_press(Key::Home);
    window.harness.run_ok();
    assert!(moment(&window).starts_with("Moment 0:00.000 of"), "{}", moment(&window));
    window.harness.key_press_modifiers(Modifiers::NONE, Key::ArrowRight);
    window.harness.run_ok();
    assert!(!moment(&window).starts_with("Moment 0:00.000 of"));
    window.harness.key_press(Key::End);
    window.harness.run_ok();
    assert_eq!(moment(&window), end);
    press(&mut window, Key::L);
    assert!(!has(&window, "RECORDING"));
}
