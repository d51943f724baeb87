//! The form of one part, drawn from the table of keys.

use egui::{Align, Label, Layout, RichText, ScrollArea, Ui, vec2};

use super::super::super::button::{Look, button};
use super::super::super::command::{SecretCommand, UiCommand};
use super::super::super::profiles::{Draft, Field};
use super::super::super::scrolling;
use super::super::super::state::State;
use super::super::super::tokens::Tokens;
use super::last_try::LastTry;
use super::{tried, values};
use crate::profiles::form::{At, Edit, Fix, Held, Key, KeyKind, Part, Place, ProfileText, Section};

/// The width of the labels.
const LABELS: f32 = 128.0;

/// The name of a table as a field, beside its keys.
pub(super) const NAME: &str = "";

/// What is done to the profile beside what is typed into fields.
enum Change {
    Add(&'static Section),
    Remove(At),
    Edit(Field, &'static Key, Edit),
    Rename(Field, String),
    Open(At, &'static Key),
    GoTo(At, &'static str),
}

/// What is drawn.
struct FormView<'a> {
    draft: &'a Draft,
    form: &'a ProfileText,
    part: Part,
    seen: &'a LastTry<'a>,
}

/// Draws it.
pub(super) fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let part = state.files.part;
    let is_tried = state.files.is_tried && state.check.has_begun();
    let Some(mut draft) = state.files.draft.take() else { return };
    ui.add_space(6.0);
    ScrollArea::vertical().id_salt(("form", part)).auto_shrink(false).show(ui, |ui| {
        ui.set_width(ui.available_width() - 8.0);
        ui.label(RichText::new(part.label()).font(tokens.bold(tokens.size.title)).color(*color.strong));
        let about = RichText::new(part.about()).size(tokens.size.small).color(*color.muted);
        ui.add(Label::new(about).wrap());
        ui.add_space(6.0);
        let Some(form) = draft.form() else {
            let line = draft.problem().map_or(1, |problem| problem.line);
            let words = format!("The file is no TOML at line {line}. Fix it there; the form comes back with it.");
            ui.add(Label::new(RichText::new(words).color(*color.bad)).wrap());
            return;
        };
        let seen = LastTry::new(state, &draft);
        let shown = FormView { draft: &draft, form: &form, part, seen: &seen };
        let change = ui.add_enabled_ui(draft.file.is_some(), |ui| sections(ui, tokens, &shown)).inner;
        scrolling::follow_focus(ui);
        let fix = seen.fix(&draft).filter(|_| draft.file.is_some());
        if let Some(change) = change {
            apply(&mut draft, &form, change);
        }
        if part == Part::Secrets && !form.places(&part.sections()[0]).is_empty() {
            secrets(ui, tokens, state, &draft, asked);
        }
        if is_tried {
            ui.add_space(10.0);
            if tried::show(ui, state, fix.as_ref())
                && let Some(Fix { part, text, .. }) = fix
            {
                draft.set_text(text);
                state.files.part = part;
            }
        }
        ui.add_space(10.0);
    });
    state.files.draft = Some(draft);
}

fn apply(draft: &mut Draft, form: &ProfileText, change: Change) {
    match change {
        Change::Add(section) => draft.add(section),
        Change::Remove(at) => draft.remove(&at),
        Change::Edit(field, key, edit) => draft.edit(field, key, &edit),
        Change::Rename(field, name) => draft.rename(field, &name),
        Change::Open(at, key) => draft.open(at, key),
        Change::GoTo(at, key) => draft.wanted_line = form.line_of(&at, Some(key)),
    }
}

/// Where the values are given: they are the keychain's, and asked for once the profile is in use.
fn secrets(ui: &mut Ui, tokens: &Tokens, state: &State, draft: &Draft, asked: &mut Vec<UiCommand>) {
    let used = &state.pane.view.snapshot().profile;
    let is_in_use = draft.profile().is_some_and(|profile| profile == **used);
    ui.add_space(4.0);
    if is_in_use {
        button(
            ui,
            state,
            UiCommand::Secret(SecretCommand::Show),
            Look::Plain,
            Some("Give the values…"),
            vec2(0.0, 24.0),
            asked,
        );
    } else {
        let words = "Save and use the profile: what is missing is asked for then, and kept in this system's keychain.";
        let words = RichText::new(words).size(tokens.size.small).color(*tokens.color.muted);
        ui.add(Label::new(words).wrap());
    }
}

/// The tables of `part`, and what new ones there could be.
fn sections(ui: &mut Ui, tokens: &Tokens, shown: &FormView<'_>) -> Option<Change> {
    let (form, part, all) = (shown.form, shown.part, shown);
    let mut change = None;
    let has_steps = form.has_steps();
    let is_short =
        |section: &&Section| part.sections().iter().any(|other| other.is_short_form) && section.is_short_form;
    let has_short_form = part.sections().iter().any(|section| section.is_short_form);
    let shown = part.sections().iter().filter(|section| match has_short_form {
        true => is_short(section) != has_steps,
        false => true,
    });
    let shown: Vec<_> = shown.collect();
    for section in &shown {
        let mut places = form.places(section);
        if places.is_empty()
            && section.beginning.is_none()
            && let Place::Table(path) = section.place
        {
            places.push(At::Table(path.iter().map(|&key| key.to_owned()).collect()));
        }
        let is_titled = shown.len() > 1 || matches!(section.place, Place::Each(_) | Place::Named(_));
        let count = places.len();
        for (number, at) in places.into_iter().enumerate() {
            let title = match (section.place, &at) {
                (Place::Named(_), At::Table(path)) => path.last().cloned().unwrap_or_default(),
                (Place::Each(_), _) if count > 1 => format!("{} {} of {count}", section.label, number + 1),
                _ => section.label.to_owned(),
            };
            if is_titled && head(ui, tokens, section, &title) {
                change = Some(Change::Remove(at.clone()));
            }
            if let Some(made) = fields(ui, tokens, all, section, (&at, number), if count > 1 { &title } else { "" }) {
                change = Some(made);
            }
            ui.add_space(8.0);
        }
        let is_addable = section.beginning.is_some() && (count == 0 || !matches!(section.place, Place::Table(_)));
        if is_addable && ui.button(format!("+ {}", section.label)).clicked() {
            change = Some(Change::Add(section));
        }
        if is_addable {
            ui.add_space(8.0);
        }
    }
    change
}

/// The title of a table; returns whether it is to go.
fn head(ui: &mut Ui, tokens: &Tokens, section: &Section, title: &str) -> bool {
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).font(tokens.bold(tokens.size.text)).color(*tokens.color.strong));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let remove = || values::small(ui, "Remove").accessible_name(format!("Remove {title}")).clicked();
            section.beginning.is_some().then(remove).unwrap_or_default()
        })
        .inner
    })
    .inner
}

/// The fields of one table. `of` tells its fields from those of others for those who hear them.
fn fields(
    ui: &mut Ui,
    tokens: &Tokens,
    shown: &FormView<'_>,
    section: &'static Section,
    (at, number): (&At, usize),
    of: &str,
) -> Option<Change> {
    let &FormView { draft, form, part, seen } = shown;
    let mut change = None;
    if let (Place::Named(_), At::Table(path)) = (section.place, at) {
        let field = Field { at: at.clone(), key: NAME, slot: (number, true) };
        let name = path.last().map_or("", String::as_str);
        row(ui, tokens, ("name", "As the other parts use it: {{name}}"), (None, None), |ui| {
            let called = if of.is_empty() { "name of the secret".to_owned() } else { format!("name of {of}") };
            if let Some(name) = values::line(ui, draft, &field, &called, name, "app_token") {
                change = Some(Change::Rename(field.clone(), name));
            }
        });
    }
    let mut hidden = Vec::new();
    for key in section.keys {
        let held = form.held(at, key);
        if key.is_rare && held == Held::Nothing && !draft.is_open(at, key) {
            hidden.push(key);
            continue;
        }
        let problem = draft.problem_of(at, key).map(ToString::to_string);
        let seen = seen.of(part, key).filter(|_| held != Held::Nothing);
        row(ui, tokens, (key.label, key.help), (problem.as_deref(), seen.as_deref()), |ui| {
            if held == Held::InFile {
                if ui.button("In the file").accessible_name(format!("{} in the file", key.label)).clicked() {
                    change = Some(Change::GoTo(at.clone(), key.name));
                }
                return;
            }
            let called = if of.is_empty() { key.label.to_owned() } else { format!("{} of {of}", key.label) };
            if let Some((slot, edit)) = values::show(ui, draft, (at, key), &held, &called) {
                let field = Field { at: at.clone(), key: key.name, slot };
                change = Some(Change::Edit(field, key, edit));
            }
        });
    }
    if !hidden.is_empty() {
        row(ui, tokens, ("", ""), (None, None), |ui| {
            ui.horizontal_wrapped(|ui| {
                for key in hidden {
                    let response = values::small(ui, &format!("+ {}", key.label)).on_hover_text(key.help);
                    let name = if of.is_empty() { key.label.to_owned() } else { format!("{} to {of}", key.label) };
                    if response.accessible_name(format!("Add {name}")).clicked() {
                        change = Some(added(at, key));
                    }
                }
            });
        });
    }
    change
}

/// What the field of a key begins with that was not there.
fn added(at: &At, key: &'static Key) -> Change {
    let field = Field { at: at.clone(), key: key.name, slot: (0, false) };
    match key.kind {
        KeyKind::Pairs(..) => Change::Edit(field, key, Edit::AddPair),
        KeyKind::List(_) => Change::Edit(field, key, Edit::AddEntry),
        KeyKind::Flag(usual) => Change::Edit(field, key, Edit::Flag(!usual)),
        KeyKind::Text
        | KeyKind::TextOrNone
        | KeyKind::PathOrNone
        | KeyKind::Number
        | KeyKind::OneOf(_)
        | KeyKind::Time(_)
        | KeyKind::Request
        | KeyKind::Toml => Change::Open(at.clone(), key),
    }
}

/// A label with what belongs to it, and below that what is wrong with it, or what a try has shown of it.
fn row(
    ui: &mut Ui,
    tokens: &Tokens,
    (label, help): (&str, &str),
    (problem, seen): (Option<&str>, Option<&str>),
    draw: impl FnOnce(&mut Ui),
) {
    let color = &tokens.color;
    ui.horizontal_top(|ui| {
        let tone = if problem.is_some() { *color.bad } else { *color.muted };
        ui.allocate_ui_with_layout(vec2(LABELS, 28.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_width(LABELS);
            let label = Label::new(RichText::new(label).color(tone)).truncate();
            ui.add(label).on_hover_text(help);
        });
        ui.vertical(|ui| {
            draw(ui);
            if let Some(problem) = problem {
                let words = RichText::new(problem).size(tokens.size.small).color(*color.bad);
                ui.add(Label::new(words).wrap());
            }
            if let Some(seen) = seen {
                let words = RichText::new(seen).size(tokens.size.small).color(*color.good);
                ui.add(Label::new(words).wrap());
            }
        });
    });
    ui.add_space(2.0);
}
