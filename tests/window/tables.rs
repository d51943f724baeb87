//! Tables: sorted by a press on a title, and with columns that are dragged wider.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Rect, Theme, pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::{Window, herd, playback, scenes};

const SIZE: [f32; 2] = [1360.0, 860.0];

impl Window {
    fn title(&self, name: &str) -> Rect {
        self.harness.get_by_role_and_label(Role::ColumnHeader, name).rect()
    }

    fn sort_by(&mut self, name: &str) {
        self.harness.get_by_role_and_label(Role::ColumnHeader, name).click();
        self.harness.run();
    }

    /// The texts in the column with this title, from top to bottom.
    fn column(&self, name: &str) -> Vec<String> {
        let title = self.title(name);
        let status_bar = SIZE[1] - 30.0;
        let is_below = |rect: Rect| {
            rect.top() >= title.bottom() && rect.bottom() < status_bar && title.x_range().contains(rect.center().x)
        };
        let nodes = self.harness.get_all_by_role(Role::Label);
        let mut texts: Vec<_> = nodes
            .filter(|node| is_below(node.rect()))
            .map(|node| (node.rect().top(), node.accesskit_node().value().unwrap_or_default()))
            .collect();
        texts.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        texts.into_iter().map(|(_, text)| text).collect()
    }

    fn drag(&mut self, from: egui::Pos2, by: egui::Vec2) {
        let button = |pos, pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        let steps =
            [Event::PointerMoved(from), button(from, true), Event::PointerMoved(from + by), button(from + by, false)];
        for event in steps {
            self.harness.event(event);
            self.harness.step();
        }
        self.harness.run();
    }
}

#[test]
fn closes_are_the_newest_first_and_are_sorted_by_what_is_pressed() {
    let mut window = Window::open(SIZE, Theme::Dark, scenes::many_closes);
    window.keys(Modifiers::COMMAND, Key::Num2);
    let newest_first = window.column("Time");
    assert!(newest_first.len() > 5 && newest_first.iter().rev().is_sorted(), "{newest_first:?}");

    let codes =
        |window: &Window| -> Vec<u16> { window.column("Code").iter().map(|code| code.parse().unwrap()).collect() };
    window.sort_by("Code");
    assert!(codes(&window).is_sorted(), "{:?}", codes(&window));
    window.sort_by("Code");
    assert!(codes(&window).iter().rev().is_sorted(), "{:?}", codes(&window));
    assert_ne!(window.column("Time"), newest_first);
    window.sort_by("Code");
    assert_eq!(window.column("Time"), newest_first, "as at first");
}

#[test]
fn a_column_is_dragged_wider_and_shows_more() {
    let mut window = Window::open(SIZE, Theme::Light, scenes::many_closes);
    window.keys(Modifiers::COMMAND, Key::Num2);
    let (reason, clean) = (window.title("Reason"), window.title("Clean"));
    let edge = pos2((reason.right() + clean.left()) / 2.0, reason.center().y + 60.0);
    window.drag(edge, vec2(120.0, 0.0));
    let wider = window.title("Reason");
    assert!((wider.width() - reason.width() - 120.0).abs() < 2.0, "{reason:?} became {wider:?}");
    assert!(window.title("Clean").left() > clean.left() + 100.0, "what is right of it makes room");
}

#[test]
fn the_rules_of_the_herd_are_sorted_by_what_they_do() {
    let mut window = herd::simulated(SIZE, Theme::Dark);
    let own = window.column("Rule");
    assert!(own[0].starts_with("Profile "), "{own:?}");
    window.sort_by("Busiest second");
    let busiest = window.column("Busiest second");
    let percent =
        |text: &String| text.trim_start_matches(['✓', '<', ' ']).trim_end_matches(" %").parse::<f64>().unwrap();
    assert!(busiest.iter().map(percent).is_sorted(), "{busiest:?}");
    assert!(busiest[0].starts_with('✓'), "the kindest is first: {busiest:?}");
    window.sort_by("Busiest second");
    window.sort_by("Busiest second");
    assert_eq!(window.column("Rule"), own, "as at first");
}

#[test]
fn differences_are_sorted_by_what_is_pressed() {
    let mut window = playback::opened(SIZE, Theme::Dark, playback::recorded());
    let (_folder, other) = playback::changed();
    playback::compare(&mut window, &other);
    // Two tables, the lower one with the numbers.
    let titles = |window: &Window| -> Vec<Rect> {
        let titles = window.harness.get_all_by_role(Role::ColumnHeader);
        titles
            .filter(|title| title.accesskit_node().label().as_deref() == Some("What"))
            .map(|title| title.rect())
            .collect()
    };
    let [_, numbers] = titles(&window)[..] else { panic!("{:?}", titles(&window)) };
    let rows = |window: &Window| {
        let at = |text: &str| window.harness.get_by_label(text).rect().top();
        [at("events: requesting ticket"), at("events: retrying ticket")]
    };
    let press = |window: &mut Window| {
        let nodes = window.harness.get_all_by_role(Role::ColumnHeader);
        let mut nodes = nodes.filter(|node| node.rect() == numbers);
        nodes.next().unwrap().click();
        drop(nodes);
        window.harness.run();
    };
    press(&mut window);
    let [requesting, retrying] = rows(&window);
    assert!(requesting < retrying);
    press(&mut window);
    let [requesting, retrying] = rows(&window);
    assert!(retrying < requesting, "the other way round");
}
