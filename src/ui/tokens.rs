//! Design tokens: every colour and size of the window, read from the data files in `assets/`.

use std::sync::LazyLock;

use egui::{Color32, CornerRadius, FontFamily, FontId, Stroke, Style, TextStyle, Theme, ThemePreference, Ui};
use serde::{Deserialize, Deserializer};

use super::fonts;
use crate::journal::Level;
use crate::settings;
use crate::view::Tone;

impl From<settings::Theme> for ThemePreference {
    fn from(theme: settings::Theme) -> Self {
        match theme {
            settings::Theme::System => Self::System,
            settings::Theme::Dark => Self::Dark,
            settings::Theme::Light => Self::Light,
        }
    }
}

/// The colours of one theme, named by what they are for; `assets/theme-dark.toml` shows them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colors {
    pub window: Color,
    pub bar: Color,
    pub card: Color,
    pub status_bar: Color,
    pub field: Color,
    pub raised: Color,
    pub raised_hover: Color,
    pub raised_active: Color,
    pub border: Color,
    pub border_strong: Color,
    pub control: Color,
    pub track: Color,
    pub strong: Color,
    pub text: Color,
    pub muted: Color,
    pub accent: Color,
    pub good: Color,
    pub busy: Color,
    pub warn: Color,
    pub bad: Color,
    pub primary: Color,
    pub primary_hover: Color,
    pub primary_border: Color,
    pub on_primary: Color,
    pub armed: Color,
    pub armed_hover: Color,
    pub armed_border: Color,
    pub on_armed: Color,
    pub badge: Color,
    pub on_badge: Color,
    pub selection: Color,
    pub backdrop: Color,
    pub part_keychain: Color,
    pub part_token: Color,
    pub part_refresh: Color,
    pub part_ticket: Color,
    pub part_dns: Color,
    pub part_tcp: Color,
    pub part_tls: Color,
    pub part_upgrade: Color,
    pub part_open: Color,
    pub part_close: Color,
    pub on_part: Color,
    pub tint_neutral: Color,
    pub tint_busy: Color,
    pub tint_good: Color,
    pub tint_warn: Color,
    pub tint_bad: Color,
}

/// A colour as the data files spell it: `#rrggbb` or `#rrggbbaa`.
#[derive(Clone, Copy, Debug)]
pub struct Color(Color32);

impl<'de> Deserialize<'de> for Color {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Color32::from_hex(&text).map(Self).map_err(|error| serde::de::Error::custom(format!("{text}: {error:?}")))
    }
}

impl std::ops::Deref for Color {
    type Target = Color32;

    fn deref(&self) -> &Color32 {
        &self.0
    }
}

impl From<Color> for Color32 {
    fn from(color: Color) -> Self {
        color.0
    }
}

impl Colors {
    /// What a state is written in.
    pub fn tone(&self, tone: Tone) -> Color32 {
        *match tone {
            Tone::Neutral => self.muted,
            Tone::Busy => self.busy,
            Tone::Good => self.good,
            Tone::Warning => self.warn,
            Tone::Bad => self.bad,
        }
    }

    /// What the verdict's background begins with.
    pub fn tint(&self, tone: Tone) -> Color32 {
        *match tone {
            Tone::Neutral => self.tint_neutral,
            Tone::Busy => self.tint_busy,
            Tone::Good => self.tint_good,
            Tone::Warning => self.tint_warn,
            Tone::Bad => self.tint_bad,
        }
    }

    /// What a line of the log is written in.
    pub fn level(&self, level: Level) -> Color32 {
        *match level {
            Level::Debug => self.muted,
            Level::Info => self.text,
            Level::Warn => self.warn,
            Level::Error => self.bad,
        }
    }
}

/// Sizes in points.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    pub text: f32,
    pub small: f32,
    pub title: f32,
    pub verdict_title: f32,
    pub verdict_detail: f32,
    pub countdown: f32,
    pub mono: f32,
    pub section: f32,
    pub badge: f32,
    pub gap: f32,
    pub pad: f32,
    pub margin: f32,
    pub radius: u8,
    pub card_radius: u8,
    pub top_bar: f32,
    pub verdict_bar: f32,
    pub status_bar: f32,
    pub transport: f32,
    pub tab_bar: f32,
    pub button: f32,
    pub fault_button: f32,
    pub log_row: f32,
    pub card_row: f32,
    pub drill_row: f32,
    pub qa_panel: f32,
    pub qa_panel_narrow: f32,
    pub narrow: f32,
    pub low: f32,
    pub roomy: f32,
}

/// The tokens of one theme.
#[derive(Debug)]
pub struct Tokens {
    /// The theme's colours.
    pub color: Colors,
    /// The sizes, the same in all themes.
    pub size: Sizes,
}

static DARK: LazyLock<Tokens> = LazyLock::new(|| Tokens::read(include_str!("../../assets/theme-dark.toml")));
static LIGHT: LazyLock<Tokens> = LazyLock::new(|| Tokens::read(include_str!("../../assets/theme-light.toml")));

impl Tokens {
    fn read(colors: &str) -> Self {
        Self {
            color: toml::from_str(colors).expect("the built-in theme is valid"),
            size: toml::from_str(include_str!("../../assets/sizes.toml")).expect("the built-in sizes are valid"),
        }
    }

    /// The tokens of `theme`.
    pub fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Dark => &DARK,
            Theme::Light => &LIGHT,
        }
    }

    /// The tokens of the theme that `ui` is drawn in.
    pub fn at(ui: &Ui) -> &'static Self {
        Self::of(Theme::from_dark_mode(ui.visuals().dark_mode))
    }

    /// Body text.
    pub fn font(&self) -> FontId {
        FontId::proportional(self.size.text)
    }

    /// Emphasised text of `size`.
    pub fn bold(&self, size: f32) -> FontId {
        FontId::new(size, FontFamily::Name(fonts::SEMIBOLD.into()))
    }

    /// Hashes, codes, times and console lines.
    pub fn mono(&self) -> FontId {
        FontId::monospace(self.size.mono)
    }

    /// The line around things.
    pub fn outline(&self) -> Stroke {
        Stroke::new(1.0, self.color.border)
    }

    /// The ring around what has the keyboard's focus.
    pub fn focus_ring(&self) -> Stroke {
        Stroke::new(2.0, self.color.accent)
    }

    /// The same inside of what is filled with a colour of its own, in the colour of its text.
    pub fn focus_ring_on_fill(text: Color32) -> Stroke {
        Stroke::new(2.0, text)
    }

    /// egui's style, so that its own widgets follow the tokens.
    pub fn style(theme: Theme) -> Style {
        let Self { color, size } = Self::of(theme);
        let mut style = theme.default_style();
        style.text_styles = [
            (TextStyle::Body, FontId::proportional(size.text)),
            (TextStyle::Button, FontId::proportional(size.text)),
            (TextStyle::Small, FontId::proportional(size.small)),
            (TextStyle::Heading, FontId::proportional(size.title)),
            (TextStyle::Monospace, FontId::monospace(size.mono)),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(size.gap, size.gap);
        style.spacing.button_padding = egui::vec2(10.0, 4.0);
        style.spacing.interact_size.y = size.button;
        style.spacing.scroll = egui::style::ScrollStyle::solid();
        style.spacing.scroll.bar_width = 8.0;
        // A log that jumps to its end would swing back and forth for many frames.
        style.spacing.scroll.kinetic.rubber_band = false;
        style.interaction.selectable_labels = false;
        style.animation_time = 0.0;

        let visuals = &mut style.visuals;
        visuals.text_cursor.blink = false;
        visuals.text_cursor.stroke.color = *color.accent;
        visuals.weak_text_color = Some(*color.muted);
        visuals.hyperlink_color = *color.busy;
        visuals.warn_fg_color = *color.warn;
        visuals.error_fg_color = *color.bad;
        visuals.panel_fill = *color.window;
        visuals.window_fill = *color.card;
        visuals.window_stroke = Stroke::new(1.0, color.border_strong);
        visuals.extreme_bg_color = *color.field;
        visuals.text_edit_bg_color = Some(*color.field);
        visuals.faint_bg_color = *color.raised;
        visuals.code_bg_color = *color.raised;
        visuals.selection.bg_fill = *color.selection;
        visuals.selection.stroke = Stroke::new(1.0, color.strong);
        let radius = CornerRadius::same(size.radius);
        visuals.menu_corner_radius = radius;
        visuals.window_corner_radius = CornerRadius::same(size.card_radius);
        let states = [
            (&mut visuals.widgets.noninteractive, color.card, color.border, color.text),
            (&mut visuals.widgets.inactive, color.raised, color.control, color.text),
            (&mut visuals.widgets.hovered, color.raised_hover, color.muted, color.strong),
            (&mut visuals.widgets.active, color.raised_active, color.muted, color.strong),
            (&mut visuals.widgets.open, color.raised_hover, color.muted, color.strong),
        ];
        for (state, fill, border, text) in states {
            state.bg_fill = *fill;
            state.weak_bg_fill = *fill;
            state.bg_stroke = Stroke::new(1.0, border);
            state.fg_stroke = Stroke::new(1.0, text);
            state.corner_radius = radius;
            state.expansion = 0.0;
        }
        // What has the keyboard's focus looks active.
        visuals.widgets.active.bg_stroke = Self::of(theme).focus_ring();
        visuals.selection.stroke.width = 2.0;
        // Scroll bars are drawn with it.
        visuals.widgets.inactive.bg_fill = *color.border_strong;
        style
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(color: Color32) -> f64 {
        let [r, g, b] = [color.r(), color.g(), color.b()].map(|channel| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_is_readable_on_what_it_stands_on() {
        for theme in [Theme::Dark, Theme::Light] {
            let c = &Tokens::of(theme).color;
            let texts = [
                ("strong", c.strong),
                ("text", c.text),
                ("muted", c.muted),
                ("accent", c.accent),
                ("good", c.good),
                ("busy", c.busy),
                ("warn", c.warn),
                ("bad", c.bad),
            ];
            let grounds = [
                ("window", c.window),
                ("bar", c.bar),
                ("card", c.card),
                ("status_bar", c.status_bar),
                ("tint_neutral", c.tint_neutral),
                ("tint_busy", c.tint_busy),
                ("tint_good", c.tint_good),
                ("tint_warn", c.tint_warn),
                ("tint_bad", c.tint_bad),
            ];
            let mut pairs: Vec<_> =
                texts.iter().flat_map(|&(t, text)| grounds.map(|(g, ground)| (t, text, g, ground))).collect();
            for (g, ground) in [("raised", c.raised), ("raised_hover", c.raised_hover), ("field", c.field)] {
                pairs.extend([("text", c.text, g, ground), ("muted", c.muted, g, ground)]);
            }
            for (t, text) in texts {
                pairs.push((t, text, "selection", c.selection));
            }
            pairs.extend([
                ("on_primary", c.on_primary, "primary", c.primary),
                ("on_primary", c.on_primary, "primary_hover", c.primary_hover),
                ("on_armed", c.on_armed, "armed", c.armed),
                ("on_armed", c.on_armed, "armed_hover", c.armed_hover),
                ("on_badge", c.on_badge, "badge", c.badge),
            ]);
            for (g, ground) in [("window", c.window), ("bar", c.bar), ("card", c.card), ("tint_bad", c.tint_bad)] {
                let edges = [
                    ("control", c.control),
                    ("primary_border", c.primary_border),
                    ("armed_border", c.armed_border),
                    ("accent, the focus", c.accent),
                    ("strong, a field's focus", c.strong),
                ];
                for (e, edge) in edges {
                    let contrast = contrast(*edge, *ground);
                    assert!(contrast >= 3.0, "{theme:?}: {e} on {g} has a contrast of {contrast:.2}");
                }
            }
            for (f, fill, text) in [
                ("primary", c.primary, c.on_primary),
                ("primary_hover", c.primary_hover, c.on_primary),
                ("armed", c.armed, c.on_armed),
                ("armed_hover", c.armed_hover, c.on_armed),
                ("selection", c.selection, c.strong),
            ] {
                let contrast = contrast(Tokens::focus_ring_on_fill(*text).color, *fill);
                assert!(contrast >= 3.0, "{theme:?}: the focus on {f} has a contrast of {contrast:.2}");
            }
            let parts = [
                ("part_keychain", c.part_keychain),
                ("part_token", c.part_token),
                ("part_refresh", c.part_refresh),
                ("part_ticket", c.part_ticket),
                ("part_dns", c.part_dns),
                ("part_tcp", c.part_tcp),
                ("part_tls", c.part_tls),
                ("part_upgrade", c.part_upgrade),
                ("part_open", c.part_open),
                ("part_close", c.part_close),
                ("warn", c.warn),
            ];
            pairs.extend(parts.map(|(p, part)| ("on_part", c.on_part, p, part)));
            for (t, text, g, ground) in pairs {
                let contrast = contrast(*text, *ground);
                assert!(contrast >= 4.5, "{theme:?}: {t} on {g} has a contrast of {contrast:.2}");
            }
        }
    }
}
