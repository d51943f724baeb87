//! Pictures of the window: one that must stay as it is, and one of every state for people to look at.

use std::path::Path;

use egui::Theme;
use image::RgbaImage;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};

use crate::Window;
use crate::scenes::{self, SCENES};

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

fn draw_all(theme: Theme) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("pictures");
    std::fs::create_dir_all(&folder).unwrap();
    for &(name, scene) in SCENES {
        for size in [[900.0, 600.0], [1360.0, 860.0], [2560.0, 1440.0]] {
            let mut window = Window::open(size, theme, scene);
            let picture = window.harness.render().unwrap();
            let colors: std::collections::HashSet<_> = picture.pixels().step_by(13).collect();
            assert!(colors.len() > 50, "{name} is blank");
            save(&picture, &folder.join(format!("{name} {theme:?} {}.png", size[0])));
        }
    }
}

fn save(picture: &RgbaImage, path: &Path) {
    let file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let encoder = PngEncoder::new_with_quality(file, CompressionType::Fast, FilterType::NoFilter);
    picture.write_with_encoder(encoder).unwrap();
}
