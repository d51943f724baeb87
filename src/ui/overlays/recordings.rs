//! Choosing a recording, and tidying up among those that this computer kept.

use egui::{
    Align, Align2, Button, FontId, Key, Label, Layout, Modifiers, Rect, RichText, Role, ScrollArea, Sense, TextEdit,
    Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::super::button::{Look, button};
use super::super::command::{KeptCommand, OpenCommand, UiCommand};
use super::super::mac::PASTE;
use super::super::paint;
use super::super::playback::{Edit, Kept};
use super::super::state::State;
use super::super::tokens::Tokens;
use super::dialog;
use crate::view::Tone;

/// The height of a row, and the room for what can be done with it.
const ROW: f32 = 42.0;
const ACTIONS: f32 = 168.0;

/// Draws what there is to choose from. Returns `false`: opening closes it.
pub fn show(ui: &mut Ui, tokens: &Tokens, state: &mut State, title: &str, asked: &mut Vec<UiCommand>) -> bool {
    let color = &tokens.color;
    let enter = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    ui.label(RichText::new(title).font(tokens.bold(tokens.size.title)).color(*color.strong));
    ui.add_space(6.0);
    let is_editing = state.player.edit.is_some();
    let hint =
        RichText::new(format!("Path of a file, or drop files onto the window, or paste a console text ({PASTE})"))
            .color(*color.muted);
    let field = TextEdit::singleline(&mut state.player.path).hint_text(hint).desired_width(f32::INFINITY);
    let field = ui.add(field.margin(egui::Margin::symmetric(8, 6))).accessible_name("Path");
    if !state.player.is_asked {
        field.request_focus();
        state.player.is_asked = true;
    }
    let is_entered = !state.player.path.trim().is_empty();
    let is_open_pressed = ui.horizontal(|ui| {
        let open = ui.add_enabled(is_entered, Button::new(&*UiCommand::Open(OpenCommand::Path).label(state)));
        let browse = UiCommand::Open(OpenCommand::Browse);
        let response = button(ui, state, browse, Look::Plain, Some("Browse…"), vec2(0.0, 0.0), asked);
        response.accessible_name(browse.label(state));
        dialog::words(ui, tokens, state);
        open.clicked()
    });
    if is_open_pressed.inner || enter && is_entered && !is_editing {
        asked.push(UiCommand::Open(OpenCommand::Path));
    }
    if let Some(reading) = &state.player.reading {
        ui.label(format!("Reading {}: {} entries…", reading.name, reading.entries()));
    }
    if let Some(problem) = &state.player.problem {
        ui.label(RichText::new(format!("⚠ {problem}")).color(*color.bad));
    }
    ui.add_space(6.0);
    let muted = |text: String| RichText::new(text).size(tokens.size.small).color(*color.muted);
    let count = state.player.kept.as_ref().map(Vec::len);
    ui.label(muted(match count {
        None => "Looking for recordings of this computer…".to_owned(),
        Some(0) => "This computer has kept no recordings".to_owned(),
        Some(1) => "The recording that this computer kept".to_owned(),
        Some(count) => format!("The {count} recordings that this computer kept, newest first"),
    }));
    if count.is_some_and(|count| count > 1) {
        let hint = RichText::new("Find a recording: profile, outcome or name").color(*color.muted);
        let field = TextEdit::singleline(&mut state.player.query).hint_text(hint).desired_width(f32::INFINITY);
        ui.add(field.margin(egui::Margin::symmetric(8, 4))).accessible_name("Find a recording");
    }
    if enter && matches!(state.player.edit, Some(Edit::Rename { .. })) {
        asked.push(UiCommand::Kept(KeptCommand::UseName));
    }
    let typed = list(ui, tokens, state, asked);
    if let (Some(typed), Some(Edit::Rename { name, is_shown, .. })) = (typed, &mut state.player.edit) {
        (*name, *is_shown) = (typed, true);
    }
    false
}

/// Draws the recordings; returns what stands in the field for a new name, if there is one.
fn list(ui: &mut Ui, tokens: &Tokens, state: &State, asked: &mut Vec<UiCommand>) -> Option<String> {
    let kept = state.player.kept.as_deref().unwrap_or_default();
    let query = state.player.query.trim().to_lowercase();
    let shown: Vec<(usize, &Kept)> = kept.iter().enumerate().filter(|(_, kept)| kept.has(&query)).collect();
    if shown.is_empty() && !kept.is_empty() {
        ui.label(RichText::new("No recording has that in its profile, outcome or name").color(*tokens.color.muted));
    }
    let room = (ui.ctx().content_rect().bottom() - ui.cursor().top() - 60.0).clamp(2.0 * ROW, 300.0);
    let least = (ROW * shown.len() as f32).min(room);
    let mut typed = None;
    ScrollArea::vertical().max_height(room).min_scrolled_height(least).auto_shrink([false, true]).show_rows(
        ui,
        ROW,
        shown.len(),
        |ui, rows| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (index, kept) in shown.get(rows).unwrap_or_default() {
                match state.player.edit.as_ref().filter(|edit| edit.path() == kept.path) {
                    Some(edit) => typed = edit_row(ui, tokens, state, edit, asked).or(typed.take()),
                    None => row(ui, tokens, state, *index, kept, asked),
                }
            }
        },
    );
    typed
}

/// The row of a recording that gets another name or is to be deleted; returns the name as it is written now.
fn edit_row(ui: &mut Ui, tokens: &Tokens, state: &State, edit: &Edit, asked: &mut Vec<UiCommand>) -> Option<String> {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::HOVER);
    let builder = UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 0.0))).id_salt("edited");
    let mut ui = ui.new_child(builder.layout(Layout::right_to_left(Align::Center)));
    let command = match edit {
        Edit::Rename { .. } => KeptCommand::UseName,
        Edit::Delete { .. } => KeptCommand::ReallyDelete,
    };
    let least = vec2(0.0, tokens.size.fault_button);
    button(&mut ui, state, UiCommand::Kept(KeptCommand::Leave), Look::Plain, None, least, asked);
    button(&mut ui, state, UiCommand::Kept(command), Look::Primary, None, least, asked);
    match edit {
        Edit::Rename { name, is_shown, .. } => {
            let mut name = name.clone();
            let field = TextEdit::singleline(&mut name).desired_width(f32::INFINITY).char_limit(120);
            let field = ui.add(field.margin(egui::Margin::symmetric(8, 4))).accessible_name("New name");
            if !is_shown {
                field.request_focus();
            }
            Some(name)
        }
        Edit::Delete { name, .. } => {
            let question = Label::new(format!("Delete “{name}”? It cannot be brought back")).truncate();
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| ui.add(question));
            None
        }
    }
}

fn row(ui: &mut Ui, tokens: &Tokens, state: &State, index: usize, kept: &Kept, asked: &mut Vec<UiCommand>) {
    let (color, size) = (&tokens.color, &tokens.size);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::HOVER);
    let place = rect.with_max_x(rect.right() - ACTIONS);
    let response = ui.interact(place, ui.scope_id().with(("recording", index)), Sense::click());
    paint::row(ui, rect, &response, false);
    paint::focus(ui, place, &response);
    let calendar = state.own_calendar();
    let (profile, outcome, tone) = match &kept.summary {
        Some(summary) if summary.is_demo => {
            (format!("{} · DEMO", summary.profile), summary.outcome.clone(), Tone::Neutral)
        }
        Some(summary) => (summary.profile.to_string(), summary.outcome.clone(), summary.tone),
        None => (kept.name.clone(), String::new(), Tone::Neutral),
    };
    let began = kept.began();
    let about = format!("{} {} · {} · {}", calendar.day(began), calendar.time(began), kept.length(), kept.name);
    let line =
        |top: f32| Rect::from_min_size(pos2(place.left() + 6.0, rect.top() + top), vec2(place.width() - 12.0, 17.0));
    let first = line(4.0);
    let name = paint::cut_text(ui, first, Align2::LEFT_CENTER, &profile, tokens.font(), *color.strong);
    let rest = first.with_min_x(name.rect.right() + 10.0);
    let small = FontId::proportional(size.small);
    paint::cut_text(ui, rest, Align2::LEFT_CENTER, &outcome, small.clone(), color.tone(tone));
    paint::cut_text(ui, line(21.0), Align2::LEFT_CENTER, &about, small, *color.muted);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{}: {profile}, {outcome}", kept.name)));
    if response.clicked() {
        asked.push(UiCommand::Open(OpenCommand::Kept(index)));
    }
    let builder =
        UiBuilder::new().max_rect(rect.with_min_x(place.right())).layout(Layout::right_to_left(Align::Center));
    let mut actions = ui.new_child(builder.id_salt(("actions", index)));
    for command in [KeptCommand::Delete(index), KeptCommand::Rename(index)] {
        let command = UiCommand::Kept(command);
        let least = vec2(0.0, size.fault_button);
        let response = button(&mut actions, state, command, Look::Plain, None, least, asked);
        response.accessible_name(format!("{} {}", command.label(state), kept.name));
    }
}
