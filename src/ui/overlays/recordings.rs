//! Choosing a recording.

use egui::{Key, Modifiers, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::super::button::{Look, button};
use super::super::command::UiCommand;
use super::super::messages;
use super::super::state::State;
use super::super::tokens::Tokens;
use super::dialog;

/// Draws what there is to choose from. Returns `false`: opening closes it.
pub fn show(ui: &mut Ui, tokens: &Tokens, state: &mut State, title: &str, asked: &mut Vec<UiCommand>) -> bool {
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
    let is_open_pressed = ui.horizontal(|ui| {
        let open = ui.add_enabled(is_entered, egui::Button::new(&*UiCommand::OpenPath.label(state)));
        let browse = UiCommand::BrowseForRecording;
        let response = button(ui, state, browse, Look::Plain, Some("Browse…"), vec2(0.0, 0.0), asked);
        response.accessible_name(browse.label(state));
        dialog::words(ui, tokens, state);
        open.clicked()
    });
    if is_open_pressed.inner || enter && is_entered {
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
            let when =
                format!("{} {}", state.pane.calendar.day(file.modified), state.pane.calendar.time(file.modified));
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
