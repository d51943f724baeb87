//! The window's fonts: Inter for words, JetBrains Mono for hashes and console lines, egui's own for the
//! signs that both lack.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

/// The family of emphasised text.
pub const SEMIBOLD: &str = "semibold";

/// The fonts that come with the program.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let own: [(&str, &'static [u8]); 3] = [
        ("Inter", include_bytes!("../../assets/fonts/Inter-Regular.ttf")),
        ("Inter SemiBold", include_bytes!("../../assets/fonts/Inter-SemiBold.ttf")),
        ("JetBrains Mono", include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf")),
    ];
    for (name, bytes) in own {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let fallback = fonts.families.get(&FontFamily::Monospace).cloned().unwrap_or_default();
    let families = [
        (FontFamily::Proportional, ["Inter", "JetBrains Mono"]),
        (FontFamily::Name(SEMIBOLD.into()), ["Inter SemiBold", "JetBrains Mono"]),
        (FontFamily::Monospace, ["JetBrains Mono", "Inter"]),
    ];
    for (family, own) in families {
        let names = own.iter().map(|&name| name.to_owned()).chain(fallback.iter().cloned()).collect();
        fonts.families.insert(family, names);
    }
    fonts
}
