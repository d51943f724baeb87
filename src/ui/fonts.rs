//! The window's fonts: Inter for words, JetBrains Mono for hashes and console lines, egui's own for the signs that both
//! lack, and this system's for the scripts that all of them lack. Those are read when such a text is first seen.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

/// The family of emphasised text.
pub const SEMIBOLD: &str = "semibold";

/// A letter of each script that the program's own fonts lack: Chinese, Japanese, Korean, Arabic, Hebrew, Thai, Devanagari,
/// Bengali, Tamil, Georgian and Armenian.
const PROBES: [char; 11] = ['中', 'あ', '한', 'ا', 'א', 'ก', 'अ', 'অ', 'அ', 'ა', 'ա'];

/// Whether `text` has letters that the program's own fonts may lack.
pub fn are_lacking(text: &str) -> bool {
    let is_foreign = |letter: char| matches!(u32::from(letter), 0x0530..=0x1dff | 0x2e80..=0xd7ff | 0xf900..=0xfdff | 0xfe70..=0xffef | 0x2_0000..=0x3_ffff);
    !text.is_ascii() && text.chars().any(is_foreign)
}

/// A font of this system.
pub struct SystemFont {
    name: String,
    data: Arc<FontData>,
}

/// Reads the fonts of this system that have the letters of [`PROBES`], each once. It takes a while.
pub fn of_this_system() -> Vec<SystemFont> {
    let mut fonts = fontdb::Database::new();
    fonts.load_system_fonts();
    let mut found: Vec<SystemFont> = Vec::new();
    let mut missing: Vec<char> = PROBES.to_vec();
    // Plain ones first: a bold or narrow one would stand out.
    let mut faces: Vec<&fontdb::FaceInfo> = fonts.faces().collect();
    faces.sort_by_key(|face| {
        let is_plain = face.style == fontdb::Style::Normal && face.stretch == fontdb::Stretch::Normal;
        (!is_plain, face.weight.0.abs_diff(400), face.monospaced, face.post_script_name.clone())
    });
    for face in faces {
        if missing.is_empty() {
            break;
        }
        let covered = fonts.with_face_data(face.id, |bytes, index| {
            let parsed = ttf_parser::Face::parse(bytes, index).ok()?;
            let covered: Vec<char> =
                missing.iter().copied().filter(|letter| parsed.glyph_index(*letter).is_some()).collect();
            (!covered.is_empty()).then(|| (covered, FontData { index, ..FontData::from_owned(bytes.to_vec()) }))
        });
        if let Some((covered, data)) = covered.flatten() {
            missing.retain(|letter| !covered.contains(letter));
            found.push(SystemFont { name: format!("system {}", face.post_script_name), data: Arc::new(data) });
        }
    }
    found
}

/// The fonts that come with the program, and after them those of the system.
pub fn with_system(system: &[SystemFont]) -> FontDefinitions {
    let mut fonts = definitions();
    for SystemFont { name, data } in system {
        fonts.font_data.insert(name.clone(), Arc::clone(data));
        fonts.families.values_mut().for_each(|family| family.push(name.clone()));
    }
    fonts
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_other_scripts_are_told_from_those_that_can_be_drawn() {
        for text in ["plain", "Zürich — 5 µs ✓ → ● “x”", "Привет", "Αθήνα", "🙂"] {
            assert!(!are_lacking(text), "{text}");
        }
        for text in ["客户 A", "カスタマー", "고객", "عميل", "לקוח", "ลูกค้า", "ग्राहक"]
        {
            assert!(are_lacking(text), "{text}");
        }
    }

    #[test]
    fn the_fonts_of_this_system_come_after_the_programs_own_and_each_once() {
        let system = of_this_system();
        let fonts = with_system(&system);
        let family = &fonts.families[&FontFamily::Proportional];
        assert_eq!(family[0], "Inter");
        assert!(system.iter().all(|font| family.iter().filter(|name| **name == font.name).count() == 1));
        assert!(system.len() <= PROBES.len());
    }
}
