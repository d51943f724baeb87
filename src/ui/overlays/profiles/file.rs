//! The file as text, in step with the form.

use std::collections::HashSet;

use egui::text::{CCursor, LayoutJob, TextFormat};
use egui::{Align, Color32, FontId, Frame, Label, RichText, ScrollArea, TextBuffer, TextEdit, Ui, vec2};

use super::super::super::profiles::Draft;
use super::super::super::state::State;
use super::super::super::tokens::Tokens;
use crate::model::SafeText;
use crate::profiles::form::Part;

/// Draws it.
pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let part = state.files.part;
    let Some(draft) = &mut state.files.draft else { return };
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new("FILE").font(tokens.bold(tokens.size.section)).color(*color.muted));
        let name = draft.file.as_deref().and_then(|file| file.file_name());
        let name = name.map_or_else(|| "built in".into(), |name| SafeText::of_path(name.as_ref()));
        ui.add(Label::new(RichText::new(name.as_str()).size(tokens.size.small).color(*color.muted)).truncate());
    });
    if let Some(part) = editor(ui, tokens, draft, part) {
        state.files.part = part;
    }
}

/// The text; returns the part in which the cursor was put.
fn editor(ui: &mut Ui, tokens: &Tokens, draft: &mut Draft, part: Part) -> Option<Part> {
    let wrong = draft.problem().map(|problem| problem.line);
    let heads = heads(draft, part);
    let is_editable = draft.file.is_some();
    let wanted = draft.wanted_line.take();
    let mut layouter = |ui: &Ui, text: &dyn TextBuffer, _: f32| {
        ui.fonts_mut(|fonts| fonts.layout_job(coloured(tokens, text.as_str(), wrong, &heads)))
    };
    let mut moved = None;
    let room = (ui.available_height() - 2.0).max(60.0);
    Frame::new().fill(*tokens.color.field).show(ui, |ui| {
        let area = ScrollArea::both().id_salt("text").max_height(room).min_scrolled_height(room).auto_shrink(false);
        area.show(ui, |ui| {
            let output = TextEdit::multiline(&mut draft.text)
                .font(FontId::monospace(tokens.size.small))
                .code_editor()
                .lock_focus(false)
                .interactive(is_editable)
                .desired_width(f32::INFINITY)
                .desired_rows(((room / 16.0) as usize).max(4))
                .layouter(&mut layouter)
                .show(ui);
            let line_of =
                |text: &str, at: CCursor| text.chars().take(at.index.into()).filter(|c| *c == '\n').count() + 1;
            if let Some(line) = wanted {
                let before: usize =
                    draft.text.split_inclusive('\n').take(line - 1).map(|line| line.chars().count()).sum();
                let at = output.galley.pos_from_cursor(CCursor::new(before)).translate(output.galley_pos.to_vec2());
                ui.scroll_to_rect(at.expand2(vec2(0.0, 40.0)), Some(Align::Center));
            }
            let cursor = output.cursor_range.map(|range| line_of(&draft.text, range.primary));
            let response = output.response.response.accessible_name("Text of the profile");
            if response.changed() {
                draft.edited();
            }
            if let Some(line) = cursor.filter(|line| response.has_focus() && *line != draft.cursor_line) {
                draft.cursor_line = line;
                moved = draft.form().and_then(|form| form.spot(line)).map(|spot| spot.part);
            }
        });
    });
    moved
}

/// The lines of the headers that belong to `part`.
fn heads(draft: &Draft, part: Part) -> HashSet<usize> {
    let Some(form) = draft.form() else { return HashSet::new() };
    let places = part.sections().iter().flat_map(|section| form.places(section));
    places.filter_map(|at| form.line_of(&at, None)).filter(|line| *line > 1).collect()
}

/// TOML with its comments, tables and keys in colours, the headers of what is edited, and the line that is wrong on red.
fn coloured(tokens: &Tokens, text: &str, wrong: Option<usize>, heads: &HashSet<usize>) -> LayoutJob {
    let color = &tokens.color;
    let font = FontId::monospace(tokens.size.small);
    let mut job = LayoutJob::default();
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let background = match (wrong == Some(number), heads.contains(&number)) {
            (true, _) => *color.tint_bad,
            (false, true) => *color.selection,
            (false, false) => Color32::TRANSPARENT,
        };
        let mut say = |text: &str, tone: Color32| {
            job.append(text, 0.0, TextFormat { background, ..TextFormat::simple(font.clone(), tone) });
        };
        let trimmed = line.trim_start();
        if trimmed.starts_with('#') {
            say(line, *color.muted);
        } else if trimmed.starts_with('[') {
            say(line, *color.strong);
        } else if let Some((key, value)) = line.split_once('=') {
            say(key, *color.accent);
            say("=", *color.muted);
            say(value, *color.text);
        } else {
            say(line, *color.text);
        }
    }
    job
}
