//! What will be in the report, before anything is saved.

mod page;

use egui::{Align, Layout, Margin, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::super::button::{Look, button};
use super::super::command::{CopyCommand, ReportCommand, UiCommand};
use super::super::messages::size;
use super::super::report::{Preview, ReportPart, ReportState};
use super::super::scrolling;
use super::super::state::State;
use super::super::tokens::Tokens;
use super::dialog;
use crate::model::SafeText;

/// Draws it; returns whether it is to be closed.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) -> bool {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let muted = |text: String| RichText::new(text).size(tokens.size.small).color(*color.muted);
    ui.label(RichText::new("Report").font(tokens.bold(tokens.size.title)).color(*color.strong));
    ui.add_space(4.0);
    state.report.annotate();
    let Some(preview) = state.report.preview().cloned() else {
        match &state.report.progress {
            ReportState::Failed(problem) => ui.colored_label(*color.bad, format!("✖ No report can be made: {problem}")),
            _ => ui.label("● The report is being made…"),
        };
        return ui.button("Cancel").clicked();
    };
    let id = preview.report.id();
    ui.label(match state.player.has_files() {
        true => format!("This is exactly what will be in it. Report {id}"),
        false => format!("This is exactly what will be in it. Report {id}: the server's log finds it as {id}-…"),
    });
    ui.label(muted(
        "Without tokens, tickets, cookies, message texts, your name, your folders and addresses".to_owned(),
    ));
    ui.add_space(4.0);
    annotation(ui, state);
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        ui.selectable_value(&mut state.report.shown, ReportPart::Page, "As it is read");
        for (index, file) in preview.report.files().iter().enumerate() {
            let text = format!("{} · {}", file.name, size(file.text.as_str().len()));
            ui.selectable_value(&mut state.report.shown, ReportPart::File(index), text);
        }
    });
    // What stands below the text has the room that it needed last time; the text has the rest.
    let (below, least) = (ui.scope_id().with("below"), 90.0);
    let needed = ui.data(|data| data.get_temp::<f32>(below)).unwrap_or(least);
    let end = ui.ctx().content_rect().bottom() - tokens.size.pad - tokens.size.margin;
    let room = (end - needed - ui.cursor().top()).max(least) - 16.0;
    egui::Frame::new().fill(*color.window).inner_margin(8).show(ui, |ui| match state.report.shown {
        ReportPart::Page => page::show(ui, tokens, preview.report.document(), room),
        ReportPart::File(file) => text(ui, tokens, &preview, file, room),
    });
    let top = ui.cursor().top();
    let is_closed = save(ui, tokens, state, asked);
    let height = ui.cursor().top() - top;
    if height != needed {
        ui.data_mut(|data| data.insert_temp(below, height));
        ui.ctx().request_repaint();
    }
    is_closed
}

/// What a person adds, which is in the preview at once.
fn annotation(ui: &mut Ui, state: &mut State) {
    /// The room for a number.
    const NUMBER: f32 = 110.0;
    let can_be_written = state.report.can_be_annotated();
    let annotation = &mut state.report.annotation;
    // A low window has room for one line; what is longer makes room for itself.
    let rows = if ui.ctx().content_rect().height() < Tokens::at(ui).size.low { 1 } else { 2 };
    let contents = |ui: &mut Ui| {
        let margin = Margin::symmetric(8, 4);
        let label = ui.label("Support ticket");
        let ticket = TextEdit::singleline(&mut annotation.ticket).desired_width(NUMBER).char_limit(60);
        ui.add(ticket.margin(margin)).labelled_by(label.id).on_hover_text("Its number in your own system");
        let label = ui.label("Note");
        let note = TextEdit::multiline(&mut annotation.note).desired_width(f32::INFINITY).char_limit(2_000);
        let note = note.desired_rows(rows).margin(margin);
        ui.add(note).labelled_by(label.id).on_hover_text("For who reads it; cleaned as everything else in it");
    };
    ui.add_enabled_ui(can_be_written, |ui| match rows {
        1 => ui.horizontal(contents),
        _ => ui.horizontal_top(contents),
    });
}

/// Draws where it is to be saved, and what has come of it; returns whether the overlay is to be closed.
fn save(ui: &mut Ui, tokens: &Tokens, state: &mut State, asked: &mut Vec<UiCommand>) -> bool {
    let color = &tokens.color;
    ui.add_space(6.0);
    let is_saving = matches!(state.report.progress, ReportState::Saving(_));
    ui.horizontal(|ui| {
        let label = ui.label("Save as");
        let field = TextEdit::singleline(&mut state.report.path).desired_width(f32::INFINITY);
        ui.add_enabled(!is_saving, field.margin(Margin::symmetric(8, 6))).labelled_by(label.id);
    });
    dialog::words(ui, tokens, state);
    match &state.report.progress {
        ReportState::Saved(_, path) => {
            let path = SafeText::of_path(path);
            ui.colored_label(*color.good, format!("✓ Saved: {path}"));
            if state.report.is_folder_asked_for {
                ui.label("If its folder does not open now, this system has no file manager: copy the path");
            }
        }
        ReportState::NotSaved(_, problem) => {
            ui.colored_label(*color.bad, format!("✖ Not saved: {problem}"));
        }
        ReportState::Saving(_) => {
            ui.label("● Saving…");
        }
        ReportState::None | ReportState::Making | ReportState::Made(_) | ReportState::Failed(_) => {}
    }
    ui.add_space(4.0);
    let row = vec2(ui.available_width(), tokens.size.button);
    let buttons = Layout::right_to_left(Align::Center);
    ui.allocate_ui_with_layout(row, buttons, |ui| {
        let least = vec2(0.0, tokens.size.button);
        if state.report.saved_path().is_some() {
            button(ui, state, UiCommand::Report(ReportCommand::CopyPath), Look::Primary, None, least, asked);
            button(ui, state, UiCommand::Report(ReportCommand::ShowFolder), Look::Plain, None, least, asked);
        } else {
            button(ui, state, UiCommand::Report(ReportCommand::Save), Look::Primary, None, least, asked);
            let browse = UiCommand::Report(ReportCommand::Browse);
            let response = button(ui, state, browse, Look::Plain, Some("Browse…"), least, asked);
            response.accessible_name(browse.label(state));
        }
        let summary = UiCommand::Copies(CopyCommand::ReportSummary);
        let response = button(ui, state, summary, Look::Plain, Some("Copy summary"), least, asked);
        response.accessible_name(summary.label(state));
        let word = if state.report.saved_path().is_some() { "Close" } else { "Cancel" };
        ui.button(word).clicked()
    })
    .inner
}

/// The rows that are in view, `room` high.
fn text(ui: &mut Ui, tokens: &Tokens, preview: &Preview, file: usize, room: f32) {
    let (Some(rows), Some(file)) = (preview.rows.get(file), preview.report.files().get(file)) else { return };
    let font = egui::FontId::monospace(tokens.size.small);
    let height = ui.fonts_mut(|fonts| fonts.row_height(&font));
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::both().id_salt(file.name).max_height(room).min_scrolled_height(room);
    scrolling::show(ui, "The file", area.auto_shrink([false, false]), |ui, area| {
        area.show_rows(ui, height, rows.len(), |ui, shown| {
            for row in rows.get(shown).unwrap_or_default() {
                let row = file.text.as_str().get(row.clone()).unwrap_or_default();
                let row = RichText::new(row).font(font.clone()).color(*tokens.color.text);
                ui.add(egui::Label::new(row).extend().selectable(true));
            }
        })
    });
}
