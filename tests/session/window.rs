//! The window with a real session at a server that tattles: nothing of it is drawn, spoken or copied.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use egui::accesskit::Role;
use egui::epaint::Shape;
use egui::{Key, Modifiers, OutputCommand, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use strum::IntoEnumIterator as _;
use ticketscope::export::Format;
use ticketscope::journal::Journal;
use ticketscope::model::Profile;
use ticketscope::session::{Engine, KeychainChoice, Options, Session};
use ticketscope::ui::{App, Waker};
use ticketscope::view::Status;
use tokio::time::Instant;

use crate::tattle::{Search, Tattle};
use crate::watcher::{profile, snapshot_of};

/// Far more than it takes.
const GENEROUS: Duration = Duration::from_secs(300);

const SIZE: [f32; 2] = [1360.0, 860.0];

type Window = Harness<'static, App>;

/// A window with a real session, which has not been asked for anything, and its journal.
fn real(profile: Profile) -> (Window, Journal) {
    let kept = Rc::new(RefCell::new(None));
    let keep = Rc::clone(&kept);
    let open = move |profile: &Profile, waker: Waker| {
        let options = Options { keychain: KeychainChoice::Memory, ..Options::default() };
        let session = Session::start(profile.clone(), options, move |change| waker.wake(change)).unwrap();
        keep.replace(Some(session.journal().clone()));
        Box::new(session) as Box<dyn Engine>
    };
    let harness = Harness::builder()
        .with_size(SIZE)
        .with_theme(Theme::Dark)
        .with_max_steps(8)
        .with_render_cursor(false)
        .build_eframe(|cc| App::new(cc, vec![profile], 0, Box::new(open)));
    let journal = kept.take().unwrap();
    (harness, journal)
}

/// Everything that is drawn, spoken or put into the clipboard in this frame.
fn shown(window: &Window) -> String {
    fn drawn(shape: &Shape, text: &mut String) {
        match shape {
            Shape::Text(shape) => *text += &format!("{}\n", shape.galley.text()),
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| drawn(shape, text)),
            _ => {}
        }
    }
    let mut text = String::new();
    let output = window.output();
    output.shapes.iter().for_each(|shape| drawn(&shape.shape, &mut text));
    for node in window.query_all_by(|_| true) {
        let node = node.accesskit_node();
        let said = [node.label(), node.value(), node.data().description().map(ToOwned::to_owned)];
        said.into_iter().flatten().for_each(|said| text += &format!("{said}\n"));
    }
    for command in &output.platform_output.commands {
        if let OutputCommand::CopyText(copied) = command {
            text += copied;
        }
    }
    text
}

fn press(window: &mut Window, label: &str) {
    let mut buttons = window.get_all_by_label(label).filter(|node| node.accesskit_node().role() != Role::Label);
    buttons.next_back().expect(label).click();
}

/// Presses the button called `label` and returns what was copied.
fn copied(window: &mut Window, label: &str) -> String {
    press(window, label);
    let begin = Instant::now();
    while begin.elapsed() < GENEROUS {
        window.step();
        for command in &window.output().platform_output.commands {
            if let OutputCommand::CopyText(copied) = command {
                return copied.clone();
            }
        }
    }
    panic!("{label} copies nothing");
}

#[test]
fn what_a_server_tattles_is_neither_drawn_nor_spoken_nor_copied() {
    let (search, tattle) = (Search::default(), Tattle::start());
    let waits = "[backoff]\nbase = '10ms'\ncap = '20ms'\n[timeouts]\nping = '5s'";
    let (mut window, journal) = real(profile(tattle.script.address, waits));
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    let begin = Instant::now();
    while snapshot_of(&journal).status != Status::Stopped {
        assert!(begin.elapsed() < GENEROUS, "it is {:?}", snapshot_of(&journal).status);
        window.step();
        search.assert_clean("the window", &shown(&window));
    }
    window.run();
    search.assert_finds_all(&tattle.told());

    let messages = journal.with_traffic(|traffic| traffic.kept().iter().map(|one| one.text()).collect::<Vec<_>>());
    assert!(messages.iter().filter(|text| text.as_str().contains("(secret)")).count() > 50, "{messages:#?}");
    messages.iter().for_each(|text| search.assert_clean("a message", text.as_str()));

    let seen = Cell::new(0);
    let look = |window: &Window, what: &str| {
        let text = shown(window);
        seen.set(seen.get() + text.matches("(secret)").count());
        search.assert_clean(what, &text);
    };
    for key in [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::M] {
        window.key_press_modifiers(Modifiers::COMMAND, key);
        window.run();
        look(&window, &format!("the tab {key:?}"));
    }
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    window.run();
    press(&mut window, "Details");
    window.run();
    look(&window, "the log with details");
    let log = copied(&mut window, "Copy");
    assert!(log.contains("(secret)") && log.contains("NOT_AUTHORIZED"), "{log}");
    search.assert_clean("the copied log", &log);
    for format in Format::iter() {
        press(&mut window, "Copy as…");
        window.run();
        search.assert_clean(format.label(), &copied(&mut window, &format!("Copy as {}", format.label())));
        window.run();
    }
    window.key_press_modifiers(Modifiers::COMMAND, Key::I);
    window.run();
    look(&window, "the findings");
    assert!(seen.get() > 5, "the control: what was hidden is in view");
}
