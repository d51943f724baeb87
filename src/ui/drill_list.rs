//! The drills in the QA panel: which there are, how each went, and why one failed.

use egui::{Align, Align2, Color32, Layout, Rect, RichText, Sense, Ui, WidgetInfo, pos2, vec2};

use super::button::{Look, button, link};
use super::command::{DrillCommand, UiCommand};
use super::drills::{Row, RowState, RunSummary};
use super::paint;
use super::state::State;
use super::tokens::Tokens;
use crate::drill::Outcome;
use crate::model::{DisplayDuration, SafeText};

/// Draws the list.
pub fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    for (index, row) in state.drills.rows.iter().enumerate() {
        show_row(ui, tokens, state, index, row, asked);
        if let RowState::Finished(outcome) = &row.state {
            show_problems(ui, tokens, index, outcome, asked);
        }
    }
    for (problem, whole) in &state.drills.broken {
        ui.add_space(4.0);
        let text = RichText::new(format!("⚠ {problem}")).size(tokens.size.small).color(*tokens.color.bad);
        ui.add(egui::Label::new(text).wrap()).on_hover_text(format!("This drill cannot be used\n{whole}"));
    }
}

/// Draws what stands above the list: what can be done with all of them.
pub fn heading(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    if state.drills.rows.is_empty() && state.drills.broken.is_empty() {
        return;
    }
    let tokens = Tokens::at(ui);
    let (color, size) = (&tokens.color, &tokens.size);
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        let text = RichText::new("DRILLS").font(tokens.bold(size.section)).color(*color.muted);
        ui.label(text.extra_letter_spacing(0.6));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let command = UiCommand::Drills(DrillCommand::RunAll);
            let text = RichText::new("Run all").font(tokens.bold(size.small));
            link(ui, state, command, text, asked).accessible_name(command.label(state));
        });
    });
}

/// Draws what came of those that were run together, and where it was saved.
pub fn summary(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    if let Some((done, all)) = state.drills.progress() {
        ui.label(RichText::new(format!("● {done} of {all} done")).color(*color.warn));
    }
    if let Some(RunSummary { passed, failed, not_run, took }) = state.drills.summary() {
        let skipped = if not_run > 0 { format!(", {not_run} not run") } else { String::new() };
        let text = format!("{passed} passed, {failed} failed{skipped}, {}", DisplayDuration(took));
        let tone = if failed > 0 { *color.bad } else { *color.good };
        ui.add(egui::Label::new(RichText::new(text).color(tone)).selectable(true));
    }
    if state.drills.has_results() {
        let command = UiCommand::Drills(DrillCommand::SaveJunit);
        button(ui, state, command, Look::Plain, None, vec2(0.0, tokens.size.fault_button), asked);
    }
    match state.drills.saved() {
        None => {}
        Some(Ok(path)) => {
            let name = SafeText::of_path(path.file_name().unwrap_or_default().as_ref());
            let text = RichText::new(format!("✓ Saved: {name}")).size(tokens.size.small).color(*color.good);
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let copy = UiCommand::Drills(DrillCommand::CopyJunitPath);
                    let words = RichText::new("Copy path").size(tokens.size.small);
                    link(ui, state, copy, words, asked).accessible_name(copy.label(state));
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let label = ui.add(egui::Label::new(text).truncate().selectable(true));
                        let whole = format!("✓ Saved: {}", SafeText::of_path(path));
                        label.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &whole));
                        label.on_hover_text(whole);
                    });
                });
            });
        }
        Some(Err(problem)) => {
            let text = RichText::new(format!("✖ Not saved: {problem}")).size(tokens.size.small).color(*color.bad);
            ui.add(egui::Label::new(text).wrap());
        }
    }
}

fn words(row: &Row, state: &State, tokens: &Tokens) -> (String, Color32) {
    let color = &tokens.color;
    match &row.state {
        RowState::NotRun => ("not run".to_owned(), *color.muted),
        RowState::Queued => ("queued".to_owned(), *color.muted),
        RowState::Running { since } => {
            let tenths = state.present.since(*since).as_millis() / 100;
            (format!("● running {}.{} s", tenths / 10, tenths % 10), *color.warn)
        }
        RowState::Finished(outcome) if outcome.not_run.is_some() => ("– not run".to_owned(), *color.muted),
        RowState::Finished(outcome) if outcome.passed() => {
            (format!("✓ {}", DisplayDuration(outcome.took)), *color.good)
        }
        RowState::Finished(_) => ("✗ failed".to_owned(), *color.bad),
    }
}

fn show_row(ui: &mut Ui, tokens: &Tokens, state: &State, index: usize, row: &Row, asked: &mut Vec<UiCommand>) {
    let (color, size) = (&tokens.color, &tokens.size);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size.drill_row), Sense::click());
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect.expand2(vec2(4.0, 0.0)), size.radius, *color.raised_hover);
    }
    paint::focus(ui, rect, &response);
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    let (words, words_color) = words(row, state, tokens);
    let galley = ui.painter().layout_no_wrap(words.clone(), egui::FontId::proportional(size.small), words_color);
    let left = rect.right() - galley.size().x;
    let result = Rect::from_min_max(pos2(left - 4.0, rect.top()), rect.max);
    ui.painter().galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, words_color);
    let place = Rect::from_min_max(rect.min, pos2(left - 8.0, rect.bottom()));
    let name = &row.drill.name;
    paint::cut_text(ui, place, Align2::LEFT_CENTER, name, egui::FontId::proportional(size.small), *color.text);

    let command = UiCommand::Drills(DrillCommand::Run(index));
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("{name}: {words}")));
    if response.clicked() {
        asked.push(command);
    }
    if state.drills.is_finished(index) {
        let log = UiCommand::Drills(DrillCommand::Log(index));
        let response = ui.interact(result, ui.scope_id().with(("drill log", index)), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &*log.label(state)));
        if response.clicked() {
            asked.push(log);
        }
        paint::focus(ui, result, &response);
        response.on_hover_text(log.explanation(state)).on_hover_cursor(egui::CursorIcon::PointingHand);
    }
    let what = command.obstacle(state).unwrap_or_else(|| command.explanation(state));
    response.on_hover_text(format!("{}\n{what}", row.drill.shows));
}

fn show_problems(ui: &mut Ui, tokens: &Tokens, index: usize, outcome: &Outcome, asked: &mut Vec<UiCommand>) {
    let (color, size) = (&tokens.color, &tokens.size);
    if let Some(reason) = outcome.not_run {
        ui.label(RichText::new(reason).size(size.small).color(*color.muted));
    }
    for (number, (expectation, problem)) in outcome.failures().enumerate() {
        let text = RichText::new(format!("{expectation}: {}", problem.reason)).size(size.small).color(*color.bad);
        let label = ui.add(egui::Label::new(text).wrap().sense(Sense::CLICK));
        if label.on_hover_text("Show it in the drill's log").clicked() {
            asked.push(UiCommand::Drills(DrillCommand::ShowProblem { drill: index, problem: number }));
        }
        ui.add_space(4.0);
    }
}
