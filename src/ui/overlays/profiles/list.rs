//! The list of profiles.

use egui::text::LayoutJob;
use egui::{Align2, FontId, RichText, Role, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, vec2};

use super::super::super::command::UiCommand;
use super::super::super::paint;
use super::super::super::profiles::Listed;
use super::super::super::state::State;
use super::super::super::tokens::Tokens;
use crate::model::SafeText;

/// The height of a row.
const ROW: f32 = 42.0;

/// Draws it.
pub(super) fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let hint = RichText::new("Search by name or address").color(*tokens.color.muted);
    let field = TextEdit::singleline(&mut state.files.query).hint_text(hint).desired_width(f32::INFINITY);
    ui.add(field.margin(egui::Margin::symmetric(8, 5))).accessible_name("Search profiles");
    let rows = state.files.rows();
    if rows.is_empty() {
        ui.add_space(6.0);
        ui.label(RichText::new("No profile has that in its name or address").color(*tokens.color.muted));
    }
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, rows.len(), |ui, shown| {
        for place in shown {
            if let Some(listed) = rows.get(place) {
                one(ui, tokens, state, place, listed, asked);
            }
        }
    });
}

fn one(ui: &mut Ui, tokens: &Tokens, state: &State, place: usize, listed: &Listed, asked: &mut Vec<UiCommand>) {
    let color = &tokens.color;
    let shown = state.files.draft.as_ref();
    let is_shown = shown.is_some_and(|draft| match &listed.file {
        Some(_) => draft.file == listed.file,
        None => draft.file.is_none() && state.files.shown_name().as_deref() == Some(&listed.name),
    });
    let is_in_use =
        state.profiles.all.get(state.profiles.chosen).is_some_and(|profile| profile.name.as_str() == listed.name);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::CLICK);
    paint::row(ui, rect, &response, is_shown);
    let inside = rect.shrink2(vec2(10.0, 4.0));
    let (upper, lower) = inside.split_top_bottom_at_fraction(0.5);
    let small = FontId::proportional(tokens.size.small);
    let is_unsaved = listed.file.as_deref().is_some_and(|file| state.files.is_unsaved(file));
    let (mark, tone) = match (is_unsaved, is_in_use) {
        (true, _) => ("not saved", *color.warn),
        (false, true) => ("in use", *color.good),
        (false, false) => ("", *color.muted),
    };
    let spoken = if mark.is_empty() { String::new() } else { format!(", {mark}") };
    let mark = ui.painter().text(upper.right_center(), Align2::RIGHT_CENTER, mark, small.clone(), tone);
    let name_color = if listed.is_broken { *color.bad } else { *color.strong };
    let name = format!("{}{}", if listed.is_broken { "⚠ " } else { "" }, SafeText::new(&listed.name));
    let upper = upper.with_max_x(mark.left() - 6.0);
    let about = SafeText::new(&listed.about);
    for (place, text, font, tone) in
        [(upper, name.as_str(), tokens.font(), name_color), (lower, about.as_str(), small, *color.muted)]
    {
        let mut job = LayoutJob::simple_singleline(text.to_owned(), font, tone);
        job.wrap = egui::text::TextWrapping::truncate_at_width(place.width());
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(place.left_center() - vec2(0.0, galley.size().y / 2.0), galley, tone);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{name}: {about}{spoken}")));
    if response.clicked() {
        asked.push(UiCommand::ShowProfile(place));
    }
    let file = listed.file.as_ref().map_or_else(|| "built in".to_owned(), |file| SafeText::of_path(file).to_string());
    response.on_hover_text(format!("{}\n{}", listed.about, file));
}
