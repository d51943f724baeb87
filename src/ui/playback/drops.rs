//! Files that are dropped onto the window: one is shown, two recordings are compared, and what else users send is put
//! together.

use std::path::PathBuf;

use egui::{Area, Id, Order, RichText, Role, StrokeKind, WidgetInfo, pos2};

use super::super::command::{OpenCommand, UiCommand};
use super::super::state::{Overlay, State};
use super::super::tokens::Tokens;
use super::Purpose;

/// Opens what was dropped; while a second recording is asked for, as that.
pub fn take_drops(ctx: &egui::Context, state: &mut State, asked: &mut Vec<UiCommand>) {
    let dropped: Vec<PathBuf> =
        ctx.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
    let [first, more @ ..] = &dropped[..] else { return };
    let player = &mut state.player;
    player.path = first.to_string_lossy().into_owned();
    if state.overlay != Some(Overlay::CompareWith) || !more.is_empty() {
        player.purpose = Purpose::Show;
        state.overlay = Some(Overlay::Recordings);
    }
    let are_recordings = dropped.iter().all(|path| path.extension().is_some_and(|end| end == "jsonl"));
    (player.then, player.together) = match more {
        [second] if are_recordings => (Some(second.clone()), Vec::new()),
        _ if are_recordings => (None, Vec::new()),
        // Whatever else users send is about one connection.
        _ => (None, more.to_vec()),
    };
    let is_clear = !are_recordings || more.len() <= 1;
    state.note(is_clear, "Only the first file is opened: drop two to compare them");
    asked.push(UiCommand::Open(OpenCommand::Path));
}

/// Says what happens to the files above the window if they are dropped.
pub fn hover(ctx: &egui::Context, state: &State) {
    let text = match (ctx.input(|input| input.raw.hovered_files.len()), &state.overlay) {
        (0, _) => return,
        (1, Some(Overlay::CompareWith)) => "Drop to compare it with the recording that is shown",
        (1, _) => "Drop to open",
        (2.., _) => "Drop to open them together; two recordings are compared",
    };
    let tokens = Tokens::of(ctx.theme());
    let (color, window) = (&tokens.color, ctx.content_rect());
    let area = Area::new(Id::unique("drop")).order(Order::Tooltip).interactable(false).fixed_pos(pos2(0.0, 0.0));
    area.show(ctx, |ui| {
        ui.painter().rect_filled(window, 0.0, *color.backdrop);
        let stroke = egui::Stroke::new(3.0, color.accent);
        ui.painter().rect_stroke(window.shrink(6.0), tokens.size.card_radius, stroke, StrokeKind::Inside);
        let galley = ui.painter().layout_no_wrap(text.to_owned(), tokens.bold(tokens.size.title), *color.strong);
        let plate = egui::Rect::from_center_size(window.center(), galley.size() + egui::vec2(48.0, 32.0));
        ui.painter().rect(plate, tokens.size.card_radius, *color.card, stroke, StrokeKind::Inside);
        let response = ui.put(plate, egui::Label::new(RichText::new(text).font(tokens.bold(tokens.size.title))));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    });
}
