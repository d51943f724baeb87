//! Choosing a recording, and what comparing two of them found.

use egui::{Grid, Key, Label, Modifiers, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::super::command::UiCommand;
use super::super::messages;
use super::super::state::State;
use super::super::tokens::Tokens;
use super::files::Side;

/// Draws what there is to choose from. Returns `false`: opening closes it.
pub fn choose(ui: &mut Ui, tokens: &Tokens, state: &mut State, title: &str, asked: &mut Vec<UiCommand>) -> bool {
    let color = &tokens.color;
    let muted = |text: String| RichText::new(text).size(tokens.size.small).color(*color.muted);
    let enter = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    ui.label(RichText::new(title).font(tokens.bold(tokens.size.title)).color(*color.strong));
    ui.add_space(6.0);
    let hint = RichText::new("Path of a recording, or drop one onto the window").color(*color.muted);
    let field = TextEdit::singleline(&mut state.player.path).hint_text(hint).desired_width(f32::INFINITY);
    let field = ui.add(field.margin(egui::Margin::symmetric(8, 6))).accessible_name("Path");
    field.request_focus();
    let is_entered = !state.player.path.trim().is_empty();
    let button = ui.add_enabled(is_entered, egui::Button::new(&*UiCommand::OpenPath.label(state)));
    if button.clicked() || enter && is_entered {
        asked.push(UiCommand::OpenPath);
    }
    if let Some(reading) = &state.player.reading {
        ui.label(format!("Reading {}: {} entries…", reading.name, reading.entries()));
    }
    if let Some(problem) = &state.player.problem {
        ui.label(RichText::new(format!("⚠ {problem}")).color(*color.bad));
    }
    ui.add_space(6.0);
    let kept = state.player.kept.as_deref().unwrap_or_default();
    ui.label(muted(match (state.player.kept.is_some(), kept.len()) {
        (false, _) => "Looking for recordings of this computer…".to_owned(),
        (true, 0) => "This computer has kept no recordings".to_owned(),
        (true, 1) => "The recording that this computer kept".to_owned(),
        (true, count) => format!("The {count} recordings that this computer kept, newest first"),
    }));
    let row = 26.0;
    ScrollArea::vertical().max_height(260.0).auto_shrink([false, true]).show_rows(ui, row, kept.len(), |ui, rows| {
        for index in rows {
            let Some(file) = kept.get(index) else { continue };
            let size = messages::size(usize::try_from(file.bytes).unwrap_or(usize::MAX));
            let when = format!("{} {}", state.calendar.day(file.modified), state.calendar.time(file.modified));
            let button = egui::Button::new(&file.name)
                .shortcut_text(muted(format!("{when} · {size}")))
                .truncate()
                .min_size(vec2(ui.available_width(), row));
            if ui.add(button).clicked() {
                asked.push(UiCommand::OpenKept(index));
            }
        }
    });
    false
}

/// Draws what differs. Returns whether an entry was chosen.
pub fn comparison(ui: &mut Ui, tokens: &Tokens, state: &State, asked: &mut Vec<UiCommand>) -> bool {
    let color = &tokens.color;
    let Some(tape) = &state.player.tape else { return true };
    let Some(found) = &tape.comparison else { return true };
    let muted = |text: &str| RichText::new(text).size(tokens.size.small).color(*color.muted);
    let before = asked.len();
    ui.label(RichText::new("What differs").font(tokens.bold(tokens.size.title)).color(*color.strong));
    ui.add(Label::new(muted(&format!("A is shown: {} · B: {}", tape.name, found.name))).truncate());
    ui.add_space(6.0);
    let same = found.same_steps;
    match &found.first {
        None => {
            ui.label(RichText::new(format!("✓ Same course: {same} steps")).color(*color.good));
        }
        Some([ours, theirs]) => {
            ui.label(RichText::new(format!("≠ After {same} steps that are the same:")).color(*color.warn));
            side(ui, tokens, "A", ours.as_ref());
            side(ui, tokens, "B", theirs.as_ref());
            if let Some(side) = ours
                && ui.button("Show it in A").on_hover_text(UiCommand::JumpTo(side.seq).explanation(state)).clicked()
            {
                asked.push(UiCommand::JumpTo(side.seq));
            }
        }
    }
    if let Some((what, seq)) = &found.slower {
        ui.horizontal(|ui| {
            ui.label(RichText::new(format!("≠ {what}")).color(*color.warn));
            if ui.button("Show it in A").on_hover_text(UiCommand::JumpTo(*seq).explanation(state)).clicked() {
                asked.push(UiCommand::JumpTo(*seq));
            }
        });
    }
    ui.add_space(6.0);
    if found.changes.is_empty() {
        ui.label("Rules, phases, delays, codes and counts are the same");
    }
    ScrollArea::vertical().max_height(300.0).min_scrolled_height(220.0).auto_shrink([false, true]).show(ui, |ui| {
        Grid::new("differences").num_columns(3).striped(true).spacing([20.0, 5.0]).show(ui, |ui| {
            for heading in ["What changed", "A", "B"].into_iter().filter(|_| !found.changes.is_empty()) {
                ui.label(muted(heading));
            }
            ui.end_row();
            for changed in &found.changes {
                ui.label(&changed.what);
                for value in [&changed.a, &changed.b] {
                    ui.scope(|ui| {
                        ui.set_max_width(190.0);
                        ui.add(Label::new(RichText::new(value).font(tokens.mono())).truncate());
                    });
                }
                ui.end_row();
            }
        });
    });
    asked.len() > before
}

fn side(ui: &mut Ui, tokens: &Tokens, name: &str, side: Option<&Side>) {
    let text = side.map_or_else(|| "has ended".to_owned(), |side| side.title.clone());
    let label = ui.add(Label::new(RichText::new(format!("{name}  {text}")).font(tokens.mono())).truncate());
    if let Some(side) = side {
        label.on_hover_text(&side.fact);
        ui.add(Label::new(RichText::new(&side.fact).font(tokens.mono()).color(*tokens.color.muted)).truncate());
    }
}
