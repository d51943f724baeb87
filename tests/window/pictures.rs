//! Pictures of the window: those that must stay as they are, and one of every state for people to look at.

use std::path::Path;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, Rect, Theme, vec2};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{SnapshotOptions, SnapshotResults, try_image_snapshot_options};
use image::RgbaImage;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};

use crate::cases::CASES;
use crate::scenes::{self, SCENES};
use crate::{
    SIZES, Window, cases, check, differences, drills, herd, messages, playback, requests, settings, timeline_pane,
};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/window.png");

/// The share of pixels that differ noticeably in any channel.
fn difference(a: &RgbaImage, b: &RgbaImage) -> f64 {
    if a.dimensions() != b.dimensions() {
        return 1.0;
    }
    let differs = |(a, b): (&image::Rgba<u8>, &image::Rgba<u8>)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 24);
    let different = a.pixels().zip(b.pixels()).filter(|&pair| differs(pair)).count();
    different as f64 / f64::from(a.width() * a.height())
}

#[test]
fn the_window_looks_as_its_picture_shows() {
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, scenes::reconnecting);
    drills::half_way(&mut window);
    let picture = window.harness.render().unwrap();
    if std::env::var_os("TICKETSCOPE_UPDATE_PICTURE").is_some() {
        picture.save(COMMITTED).unwrap();
    }
    let committed = image::open(COMMITTED).expect("assets/window.png is there").to_rgba8();
    let difference = difference(&picture, &committed);
    if difference > 0.002 {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("window.png");
        picture.save(&path).unwrap();
        panic!(
            "{:.2} % of the pixels changed, see {}; if that is meant, set TICKETSCOPE_UPDATE_PICTURE=1",
            difference * 100.0,
            path.display()
        );
    }
}

/// The size of the pictures of the panels.
const PANEL: [f32; 2] = [900.0, 600.0];

/// The part of the window that is compared.
#[derive(Clone, Copy)]
enum Part {
    /// The tabs and what the chosen one shows.
    Tab,
    /// The panel at the right.
    Faults,
    /// What lies over the window.
    Overlay,
}

impl Part {
    fn of(self, window: &Window) -> Rect {
        let [width, height] = PANEL;
        let all = Rect::from_min_size(Pos2::ZERO, vec2(width, height));
        let faults = window.harness.query_by_label("Find a fault").map(|field| field.rect());
        match self {
            Self::Tab => {
                let tabs = window.harness.get_by_role_and_label(Role::Tab, "Log").rect();
                all.with_min_y(tabs.top()).with_max_x(faults.map_or(width, |faults| faults.left()))
            }
            Self::Faults => all.with_min_x(faults.unwrap().left()).with_min_y(faults.unwrap().top()),
            Self::Overlay => all.shrink2(vec2(110.0, 0.0)),
        }
    }
}

/// Opens a window with something to show.
type Scene = fn(Theme) -> Window;

/// The panels, and what else fills a part of the window, each with something to show and without anything that is
/// different each time.
const PANELS: [(&str, Part, Scene); 14] = [
    ("log", Part::Tab, |theme| Window::open(PANEL, theme, scenes::reconnecting)),
    ("closes", Part::Tab, |theme| showing(theme, scenes::many_closes, Key::Num2)),
    ("messages", Part::Tab, |theme| messages::scene(PANEL, theme, messages::SCENES[0].1)),
    ("machine", Part::Tab, |theme| showing(theme, scenes::reconnecting, Key::M)),
    ("server", Part::Tab, |theme| showing(theme, scenes::many_closes, Key::Num3)),
    ("herd", Part::Tab, |theme| herd::simulated(PANEL, theme)),
    ("rates", Part::Tab, |theme| showing(theme, messages::an_hour, Key::Num6)),
    ("requests", Part::Tab, |theme| showing(theme, requests::refused, Key::U)),
    ("drill", Part::Tab, |theme| drills::logged(PANEL, theme)),
    ("check", Part::Tab, |theme| check::scene("check failed", PANEL, theme)),
    ("faults", Part::Faults, |theme| showing(theme, scenes::many_closes, Key::B)),
    ("palette", Part::Overlay, |theme| showing(theme, scenes::many_closes, Key::K)),
    ("help", Part::Overlay, |theme| {
        let mut window = Window::open(PANEL, theme, scenes::many_closes);
        window.keys(Modifiers::NONE, Key::F1);
        window
    }),
    ("findings", Part::Overlay, |theme| cases::listed(PANEL, theme)),
];

/// A window in which `scene` has happened and `key` was pressed with Ctrl.
fn showing(theme: Theme, scene: fn(&scenes::Session), key: Key) -> Window {
    let mut window = Window::open(PANEL, theme, scene);
    window.keys(Modifiers::COMMAND, key);
    window
}

#[test]
fn every_panel_looks_as_in_its_dark_picture() {
    compare_panels(Theme::Dark);
}

#[test]
fn every_panel_looks_as_in_its_light_picture() {
    compare_panels(Theme::Light);
}

/// Compares each panel with its picture in `tests/snapshots`; `UPDATE_SNAPSHOTS=1` draws those anew that differ.
fn compare_panels(theme: Theme) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots");
    // Pixels of one picture that may look different: rounding, no more.
    let options = SnapshotOptions::new().output_path(folder).threshold(1.0).max_failed_pixels(20);
    let mut results = SnapshotResults::new();
    for (name, part, open) in PANELS {
        let mut window = open(theme);
        let part = part.of(&window);
        let [left, top, width, height] =
            [part.left(), part.top(), part.width(), part.height()].map(|edge| edge.round() as u32);
        let picture = window.harness.render().unwrap();
        let picture = image::imageops::crop_imm(&picture, left, top, width, height).to_image();
        let name = format!("{name} {}", if theme == Theme::Dark { "dark" } else { "light" });
        results.add(try_image_snapshot_options(&picture, name, &options));
    }
    results.unwrap();
}

#[test]
fn every_dark_state_is_drawn() {
    draw_all(Theme::Dark);
}

#[test]
fn every_light_state_is_drawn() {
    draw_all(Theme::Light);
}

/// Draws every state in a small window: a glyph that is missing, a field without a name or a window that never comes to
/// rest ends the test. If `TICKETSCOPE_PICTURES` is set to 1, or to a part of the names of those that are to be drawn,
/// they are drawn in all sizes, into `target/pictures` for people to look at. `TICKETSCOPE_PICTURES_WIDTH` chooses one
/// size.
fn draw_all(theme: Theme) {
    let asked = std::env::var("TICKETSCOPE_PICTURES").ok();
    let sizes = if asked.is_some() { &SIZES[..] } else { &SIZES[..1] };
    let width = std::env::var("TICKETSCOPE_PICTURES_WIDTH").ok();
    let is_wanted = |size: &&[f32; 2]| width.as_ref().is_none_or(|width| *width == size[0].to_string());
    let part = asked.filter(|asked| asked != "1").unwrap_or_default();
    for &size in sizes.iter().filter(is_wanted) {
        for &(name, scene) in SCENES.iter().filter(|(name, _)| name.contains(&part)) {
            draw(&mut Window::open(size, theme, scene), name, theme, size);
        }
        for (name, scene, press) in VIEWS.into_iter().filter(|(name, ..)| name.contains(&part)) {
            let mut window = Window::open(size, theme, scene);
            press(&mut window.harness);
            draw(&mut window, name, theme, size);
        }
        let wanted = |name: &str| name.contains(&part);
        for name in check::SCENES.into_iter().filter(|name| wanted(name)) {
            draw(&mut check::scene(name, size, theme), name, theme, size);
        }
        if wanted("drill failed") {
            draw(&mut drills::failed(size, theme), "drill failed", theme, size);
        }
        if wanted("recording") {
            for (name, scene) in playback::SCENES {
                draw(&mut scene(size, theme), name, theme, size);
            }
        }
        for (name, scene) in differences::SCENES.into_iter().filter(|(name, _)| wanted(name)) {
            draw(&mut scene(size, theme), name, theme, size);
        }
        if wanted("herd") {
            draw(&mut herd::opened(size, theme), "herd", theme, size);
            draw(&mut herd::simulated(size, theme), "herd simulated", theme, size);
        }
        for (name, scene, ..) in CASES.into_iter().filter(|(name, ..)| wanted(name)) {
            draw(&mut Window::open(size, theme, scene), name, theme, size);
        }
        if wanted("report") {
            draw(&mut crate::report::opened(size, theme), "report", theme, size);
            draw(&mut crate::report::not_saved(size, theme), "report not saved", theme, size);
        }
        for name in settings::SCENES.into_iter().filter(|name| wanted(name)) {
            draw(&mut settings::scene(name, size, theme), name, theme, size);
        }
        if wanted("findings") {
            let mut findings = Window::open(size, theme, CASES[4].1);
            findings.harness.key_press_modifiers(Modifiers::COMMAND, Key::I);
            findings.harness.run();
            draw(&mut findings, "findings", theme, size);
            draw(&mut cases::listed(size, theme), "findings of all sorts", theme, size);
        }
        for (name, state) in messages::SCENES.into_iter().filter(|(name, _)| wanted(name)) {
            draw(&mut messages::scene(size, theme, state), name, theme, size);
        }
        if wanted("rates") {
            let mut rates = Window::open(size, theme, messages::an_hour);
            rates.harness.key_press_modifiers(Modifiers::COMMAND, Key::Num6);
            rates.harness.run();
            draw(&mut rates, "rates", theme, size);
        }
    }
}

type View = (&'static str, fn(&scenes::Session), fn(&mut egui_kittest::Harness<'static, ticketscope::ui::App>));

const VIEWS: [View; 11] = [
    ("tab closes", scenes::many_closes, |harness| {
        harness.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
        harness.run();
    }),
    ("tab server", scenes::many_closes, |harness| {
        harness.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
        harness.run();
    }),
    ("panel", scenes::many_closes, |harness| {
        if harness.query_by_label("Corrupt JWT").is_none() {
            harness.get_by_label("Faults").click();
            harness.run();
        }
    }),
    ("palette", scenes::many_closes, |harness| {
        harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
        harness.run();
    }),
    ("help", scenes::many_closes, |harness| {
        harness.key_press(Key::F1);
        harness.run();
    }),
    ("stage", scenes::reconnecting, |harness| {
        show_stage(harness);
        for _ in 0..4 {
            harness.key_press_modifiers(Modifiers::ALT, Key::Plus);
            harness.run();
        }
    }),
    ("stage of many", scenes::long_outage, |harness| {
        show_stage(harness);
        for _ in 0..6 {
            harness.key_press_modifiers(Modifiers::ALT, Key::Minus);
            harness.run();
        }
    }),
    ("stage gives way to the machine", scenes::reconnecting, |harness| {
        harness.key_press_modifiers(Modifiers::COMMAND, Key::M);
        harness.run();
    }),
    ("stage rationed", timeline_pane::rationed, show_stage),
    ("stage with editor in a long outage", scenes::long_outage, |harness| {
        show_stage(harness);
        harness.get_by_label("Edit the backoff…").click();
        harness.run();
    }),
    ("stage with editor", scenes::reconnecting, |harness| {
        show_stage(harness);
        harness.get_by_label("Edit the backoff…").click();
        harness.run();
    }),
];

fn show_stage(harness: &mut egui_kittest::Harness<'static, ticketscope::ui::App>) {
    if harness.query_by_label("Attempts over time").is_none() {
        harness.key_press_modifiers(Modifiers::COMMAND, Key::J);
        harness.run();
    }
}

fn draw(window: &mut Window, name: &str, theme: Theme, size: [f32; 2]) {
    if std::env::var_os("TICKETSCOPE_PICTURES").is_none() {
        return;
    }
    let picture = window.harness.render().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("pictures");
    std::fs::create_dir_all(&folder).unwrap();
    let file = std::fs::File::create(folder.join(format!("{name} {theme:?} {}.png", size[0]))).unwrap();
    let file = std::io::BufWriter::new(file);
    let encoder = PngEncoder::new_with_quality(file, CompressionType::Fast, FilterType::NoFilter);
    picture.write_with_encoder(encoder).unwrap();
}
