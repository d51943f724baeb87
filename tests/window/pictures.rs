//! Pictures of the window: one that must stay as it is, and one of every state for people to look at.

use std::path::Path;

use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use image::RgbaImage;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};

use crate::scenes::{self, SCENES};
use crate::support::CASES;
use crate::{SIZES, Window, check, differences, drills, herd, messages, playback, settings, support, timeline_pane};

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

#[test]
fn every_dark_state_can_be_looked_at() {
    draw_all(Theme::Dark);
}

#[test]
fn every_light_state_can_be_looked_at() {
    draw_all(Theme::Light);
}

/// Draws every state into `target/pictures`, in a small size; in all sizes if `TICKETSCOPE_PICTURES` is set to 1, or
/// to a part of the names of those that are to be drawn. `TICKETSCOPE_PICTURES_WIDTH` chooses one size.
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
            draw(&mut support::listed(size, theme), "findings of all sorts", theme, size);
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
            harness.key_press_modifiers(Modifiers::COMMAND, Key::Plus);
            harness.run();
        }
    }),
    ("stage of many", scenes::long_outage, |harness| {
        show_stage(harness);
        for _ in 0..6 {
            harness.key_press_modifiers(Modifiers::COMMAND, Key::Minus);
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
    let picture = window.harness.render().unwrap();
    let colors: std::collections::HashSet<_> = picture.pixels().step_by(13).collect();
    assert!(colors.len() > 50, "{name} is blank");

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("pictures");
    std::fs::create_dir_all(&folder).unwrap();
    let file = std::fs::File::create(folder.join(format!("{name} {theme:?} {}.png", size[0]))).unwrap();
    let file = std::io::BufWriter::new(file);
    let encoder = PngEncoder::new_with_quality(file, CompressionType::Fast, FilterType::NoFilter);
    picture.write_with_encoder(encoder).unwrap();
}
