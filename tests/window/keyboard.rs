//! The window without a pointer: each stop of Tab is seen, what is long is scrolled, and menus close.

use std::collections::BTreeSet;

use egui::epaint::{ClippedShape, Shape};
use egui::{Id, Key, Modifiers, Popup, Rect, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ticketscope::settings::Layout;

use crate::scenes::Session;
use crate::{Window, layouts, report, requests, start};

const LOW: [f32; 2] = [720.0, 480.0];
const USUAL: [f32; 2] = [1360.0, 860.0];
/// More than any page has.
const MOST_STOPS: usize = 150;

impl Window {
    fn focused(&self) -> Option<Id> {
        self.harness.ctx.memory(|memory| memory.focused())
    }

    /// The stop that Tab is at, as a screen reader calls it.
    fn called(&self) -> String {
        let mut nodes = self.harness.query_all_by(|node| node.is_focused());
        let name = nodes.next().map(|node| node.accesskit_node().label().or(node.value()).unwrap_or_default());
        name.unwrap_or_else(|| "nothing".to_owned())
    }

    /// Whether a frame of 2 pixels is drawn that belongs to what is at `place`.
    fn has_ring(&self, place: Rect) -> bool {
        let belongs = |ring: Rect| ring.is_positive() && place.expand(6.0).contains_rect(ring) || ring == place;
        let is_ring = |shape: &ClippedShape| match &shape.shape {
            Shape::Rect(rect) => {
                rect.stroke.width == 2.0 && belongs(rect.rect) && shape.clip_rect.intersects(rect.rect)
            }
            _ => false,
        };
        self.harness.output().shapes.iter().any(is_ring)
    }
}

/// The stops of `window` without a ring.
fn without_ring(mut window: Window, what: &str) -> Vec<String> {
    let (mut seen, mut missing) = (BTreeSet::new(), Vec::new());
    for _ in 0..MOST_STOPS {
        window.keys(Modifiers::NONE, Key::Tab);
        let Some(id) = window.focused().filter(|id| seen.insert(id.value())) else { break };
        let place = window.harness.ctx.read_response(id).map(|response| response.rect);
        if !place.is_some_and(|place| window.has_ring(place)) {
            missing.push(format!("{what}: {} at {place:?}", window.called()));
        }
    }
    assert!(seen.len() > 3, "{what}: Tab stopped {} times", seen.len());
    missing
}

#[test]
fn each_stop_of_tab_is_in_view_and_has_a_ring() {
    let mut missing = Vec::new();
    missing.extend(without_ring(start::at_start_page(LOW, Theme::Light), "start page"));
    missing.extend(without_ring(report::opened(LOW, Theme::Dark), "report"));
    for layout in [Layout::Support, Layout::Developer, Layout::Qa] {
        let window = layouts::laid_out(layout, USUAL, Theme::Dark, requests::refused);
        missing.extend(without_ring(window, &format!("{layout:?}")));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_list_of_shortcuts_is_scrolled_by_keys() {
    let mut window = Window::open(LOW, Theme::Dark, Session::connect);
    window.keys(Modifiers::NONE, Key::F1);
    let last = |window: &Window| window.harness.get_by_label("What the codes of findings mean").rect();
    assert!(last(&window).top() > LOW[1], "it is out of view at first");
    let before = last(&window).top();
    window.keys(Modifiers::NONE, Key::PageDown);
    let page = before - last(&window).top();
    assert!((100.0..LOW[1]).contains(&page), "by {page}");
    window.keys(Modifiers::NONE, Key::ArrowUp);
    assert!(last(&window).top() > before - page);
    window.keys(Modifiers::NONE, Key::End);
    assert!(last(&window).bottom() < LOW[1]);
    window.keys(Modifiers::NONE, Key::Home);
    assert_eq!(last(&window).top(), before);
}

#[test]
fn the_preview_of_a_report_is_scrolled_by_keys_once_tab_is_at_it() {
    let mut window = report::opened(LOW, Theme::Dark);
    let title = |window: &Window| window.harness.get_by_label_contains("Ticketscope report ").rect().top();
    let before = title(&window);
    for _ in 0..20 {
        if window.called() == "The report" {
            break;
        }
        window.keys(Modifiers::NONE, Key::Tab);
    }
    assert_eq!(window.called(), "The report");
    window.keys(Modifiers::NONE, Key::ArrowDown);
    assert!(title(&window) < before);
    assert_eq!(window.called(), "The report", "the arrow did not move the focus");
    window.keys(Modifiers::NONE, Key::Home);
    assert_eq!(title(&window), before);
}

#[test]
fn a_menu_closes_once_something_in_it_was_chosen_by_a_key() {
    let mut still_open = Vec::new();
    for (size, label) in
        [(USUAL, "Profile"), (USUAL, "Copy as…"), (LOW, "Layout"), (LOW, "More commands"), (LOW, "More ▾")]
    {
        let mut window = Window::open(size, Theme::Dark, Session::connect);
        window.harness.get_by_label(label).focus();
        window.harness.run();
        window.keys(Modifiers::NONE, Key::Enter);
        assert!(Popup::is_any_open(&window.harness.ctx), "{label} opens");
        window.keys(Modifiers::NONE, Key::Tab);
        window.keys(Modifiers::NONE, Key::Enter);
        if Popup::is_any_open(&window.harness.ctx) {
            still_open.push(label);
        }
    }
    assert!(still_open.is_empty(), "{still_open:?}");
}
