//! The fields of one key, by its kind.

use egui::{Button, ComboBox, Id, Label, Response, RichText, TextEdit, Ui, vec2};

use super::super::super::button;
use super::super::super::profiles::{Draft, Field};
use super::super::super::tokens::Tokens;
use crate::profiles::form::{At, Edit, Held, Key, KeyKind, METHODS};

/// The width of a choice before a field.
const CHOICE: f32 = 96.0;
/// The width of a name before its value.
const NAME: f32 = 150.0;
/// The width that the button behind a field needs.
const BUTTON: f32 = 34.0;
/// The height of buttons beside fields.
const SMALL: f32 = 22.0;

/// Which of a key's fields was changed, and how.
type Changed = Option<((usize, bool), Edit)>;

/// Draws the fields of `key`, which are `called` so.
pub(super) fn show(ui: &mut Ui, draft: &Draft, (at, key): (&At, &'static Key), held: &Held, called: &str) -> Changed {
    let field = |slot| Field { at: at.clone(), key: key.name, slot };
    let text = |ui: &mut Ui, text: &str| {
        line(ui, draft, &field((0, false)), called, text, key.example).map(|text| ((0, false), Edit::Text(text)))
    };
    match (key.kind, held) {
        (KeyKind::Flag(usual), held) => {
            let mut is_on = if let Held::Flag(is_on) = held { *is_on } else { usual };
            let response = ui.checkbox(&mut is_on, RichText::new(key.help).size(Tokens::at(ui).size.small));
            response.accessible_name(called).changed().then_some(((0, false), Edit::Flag(is_on)))
        }
        (KeyKind::OneOf(words), held) => {
            let now = if let Held::Text(word) = held { word.as_str() } else { "" };
            choice(ui, (at, key), called, now, words.iter().map(|word| (*word, *word)))
                .map(|word| ((0, false), Edit::Text(word.to_owned())))
        }
        (KeyKind::Time(units), held) => time(ui, (at, key), units, held, called, text),
        (KeyKind::Request, held) => {
            let (method, address) =
                if let Held::Request(method, text) = held { (*method, text.as_str()) } else { ("", "") };
            ui.horizontal(|ui| {
                let chosen = choice(ui, (at, key), &format!("method of {called}"), method, METHODS.into_iter());
                let chosen = chosen.map(|method| ((0, false), Edit::Method(method)));
                text(ui, address).or(chosen)
            })
            .inner
        }
        (KeyKind::List(_), held) => {
            let entries: &[String] = if let Held::List(entries) = held { entries } else { &[] };
            list(ui, draft, (at, key), entries, called)
        }
        (KeyKind::Pairs(..), held) => {
            let pairs: &[(String, String)] = if let Held::Pairs(pairs) = held { pairs } else { &[] };
            self::pairs(ui, draft, (at, key), pairs, called)
        }
        (
            KeyKind::Text | KeyKind::TextOrNone | KeyKind::PathOrNone | KeyKind::Number | KeyKind::Toml,
            Held::Text(now),
        ) => text(ui, now),
        (KeyKind::Text | KeyKind::TextOrNone | KeyKind::PathOrNone | KeyKind::Number | KeyKind::Toml, _) => {
            text(ui, "")
        }
    }
}

/// A button that is less than what it belongs to.
pub(super) fn small(ui: &mut Ui, text: &str) -> Response {
    let text = RichText::new(text).size(Tokens::at(ui).size.small);
    ui.add(Button::new(text).min_size(vec2(SMALL, SMALL)))
}

/// A field of one line over the width that is left; returns what was typed.
pub(super) fn line(
    ui: &mut Ui,
    draft: &Draft,
    field: &Field,
    called: &str,
    text: &str,
    example: &str,
) -> Option<String> {
    sized(ui, draft, field, called, (text, example), ui.available_width())
}

fn sized(
    ui: &mut Ui,
    draft: &Draft,
    field: &Field,
    called: &str,
    (text, example): (&str, &str),
    width: f32,
) -> Option<String> {
    let tokens = Tokens::at(ui);
    let typed = draft.typed_in(field);
    let mut buffer = typed.map_or(text, |(typed, _)| typed).to_owned();
    // The name of a table is a part of where the table is, and is being typed.
    let at = Some(&field.at).filter(|_| !field.key.is_empty());
    let edit = TextEdit::singleline(&mut buffer)
        .id(Id::unique(("profile field", at, field.key, field.slot)))
        .font(tokens.mono())
        .hint_text(RichText::new(example).font(tokens.mono()).color(*tokens.color.muted))
        .desired_width(width.max(40.0))
        .margin(egui::Margin::symmetric(8, 4));
    let response = ui.add(edit).accessible_name(called);
    if let Some((_, problem)) = typed {
        let words = RichText::new(problem).size(tokens.size.small).color(*tokens.color.bad);
        ui.add(Label::new(words).wrap());
    }
    response.changed().then_some(buffer)
}

/// One of several words; returns the one that was chosen.
fn choice<'a>(
    ui: &mut Ui,
    (at, key): (&At, &Key),
    called: &str,
    now: &str,
    words: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> Option<&'a str> {
    let shown = words.clone().find(|(word, _)| *word == now).map_or("–", |(_, label)| label);
    let mut chosen = None;
    let picker = ComboBox::from_id_salt((at, key.name)).selected_text(shown).width(CHOICE);
    let response = picker.show_ui(ui, |ui| {
        for (word, label) in words {
            if button::choice(ui, word == now, label).clicked() && word != now {
                chosen = Some(word);
            }
        }
    });
    response.response.accessible_name(called);
    chosen
}

fn time(
    ui: &mut Ui,
    at: (&At, &'static Key),
    units: &'static [&'static str],
    held: &Held,
    called: &str,
    text: impl FnOnce(&mut Ui, &str) -> Changed,
) -> Changed {
    const DURATION: &str = "duration";
    let (unit, now) = match held {
        Held::Unit(unit, text) => (*unit, text.as_str()),
        Held::Text(text) => (DURATION, text.as_str()),
        _ => ("", ""),
    };
    ui.horizontal(|ui| {
        let words = [DURATION].iter().chain(units).map(|word| (*word, *word));
        let chosen = choice(ui, at, &format!("unit of {called}"), unit, words);
        let chosen = chosen.map(|word| units.iter().copied().find(|unit| *unit == word));
        text(ui, now).or(chosen.map(|unit| ((0, false), Edit::Unit(unit))))
    })
    .inner
}

fn list(ui: &mut Ui, draft: &Draft, (at, key): (&At, &'static Key), entries: &[String], called: &str) -> Changed {
    let mut changed = None;
    for (place, text) in entries.iter().enumerate() {
        ui.horizontal(|ui| {
            let field = Field { at: at.clone(), key: key.name, slot: (place, false) };
            let called = format!("{called} {}", place + 1);
            let width = ui.available_width() - BUTTON;
            if let Some(text) = sized(ui, draft, &field, &called, (text, key.example), width) {
                changed = Some(((place, false), Edit::Entry(place, text)));
            }
            if small(ui, "×").accessible_name(format!("Remove {called}")).clicked() {
                changed = Some(((place, false), Edit::RemoveEntry(place)));
            }
        });
    }
    let add = small(ui, "+ value").accessible_name(format!("Add a value to {called}"));
    if add.clicked() {
        changed = Some(((entries.len(), false), Edit::AddEntry));
    }
    changed
}

fn pairs(
    ui: &mut Ui,
    draft: &Draft,
    (at, key): (&At, &'static Key),
    pairs: &[(String, String)],
    called: &str,
) -> Changed {
    let mut changed = None;
    for (place, (name, value)) in pairs.iter().enumerate() {
        ui.horizontal(|ui| {
            let field = |is_name| Field { at: at.clone(), key: key.name, slot: (place, is_name) };
            let width = NAME.min(ui.available_width() * 0.4);
            let name_called = format!("{called} {} name", place + 1);
            if let Some(name) = sized(ui, draft, &field(true), &name_called, (name, ""), width) {
                changed = Some(((place, true), Edit::Pair(place, name, value.clone())));
            }
            ui.label("=");
            let width = ui.available_width() - BUTTON;
            let called = format!("{called} {}", place + 1);
            if let Some(value) = sized(ui, draft, &field(false), &called, (value, key.example), width) {
                changed = Some(((place, false), Edit::Pair(place, name.clone(), value)));
            }
            if small(ui, "×").accessible_name(format!("Remove {called}")).clicked() {
                changed = Some(((place, false), Edit::RemovePair(place)));
            }
        });
    }
    let add = small(ui, "+ value").accessible_name(format!("Add a value to {called}"));
    if add.clicked() {
        changed = Some(((pairs.len(), false), Edit::AddPair));
    }
    changed
}
