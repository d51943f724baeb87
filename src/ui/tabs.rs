//! The tabs below the cards, and what the chosen one shows.

use egui::{Align, Id, Label, Layout, Rect, RichText, Sense, TextEdit, Ui, pos2, vec2};
use strum::IntoEnumIterator as _;

use super::check;
use super::command::{Tab, UiCommand};
use super::herd;
use super::paint::{self, Look};
use super::state::State;
use super::tokens::Tokens;
use super::{closes, machine, messages, rates};
use crate::journal::export::Format;

/// The room that the tools of a log need beside the tabs, and that of the menu of the tabs without room.
const TOOLS: f32 = 390.0;
const MORE: f32 = 70.0;
const TAB_PADDING: f32 = 20.0;

/// The filter's field, so that a shortcut can go there.
pub fn filter_id() -> Id {
    Id::unique("log filter")
}

/// Draws them.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let margin = tokens.size.margin;
    let strip = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), tokens.size.tab_bar));
    ui.painter().rect_filled(strip, 0, *tokens.color.bar);
    ui.painter().hline(strip.x_range(), strip.top(), tokens.outline());
    ui.painter().hline(strip.x_range(), strip.bottom(), tokens.outline());
    let inside = strip.shrink2(vec2(margin, 0.0));
    let mut row = ui.new_child(egui::UiBuilder::new().max_rect(inside).layout(Layout::left_to_right(Align::Center)));
    row.spacing_mut().item_spacing.x = 4.0;
    row.add_space(-12.0);
    let (has_drill_log, has_check) = (state.drills.has_log(), state.check.has_begun());
    let is_there = |tab: &Tab| match tab {
        Tab::Log | Tab::Closes | Tab::Messages | Tab::Rates | Tab::Machine | Tab::Server | Tab::Herd => true,
        Tab::Drill => has_drill_log,
        Tab::Check => has_check,
    };
    let (shown, more) = fitting(&row, state, Tab::iter().filter(is_there).collect(), inside.width() - TOOLS);
    for tab in shown {
        tab_button(&mut row, state, tab, strip, asked);
    }
    if !more.is_empty() {
        row.menu_button("More ▾", |ui| {
            for tab in more {
                paint::button(ui, state, UiCommand::Show(tab), Look::Plain, None, vec2(140.0, 24.0), asked);
            }
        })
        .response
        .on_hover_text("The tabs that have no room here");
    }
    if state.tab.is_log() {
        row.with_layout(Layout::right_to_left(Align::Center), |ui| log_tools(ui, state, asked));
    }
    ui.advance_cursor_after_rect(strip);

    let rest = ui.available_rect_before_wrap();
    let body =
        Rect::from_min_max(pos2(rest.left() + margin, rest.top() + 4.0), pos2(rest.right(), rest.bottom() - 4.0));
    let mut body = ui.new_child(egui::UiBuilder::new().max_rect(body));
    body.shrink_clip_rect(rest);
    let calendar = state.calendar;
    if state.tab == Tab::Log {
        machine::show_filter(&mut body, state, asked);
    }
    match state.tab {
        Tab::Closes => closes::show(&mut body, state),
        Tab::Messages => messages::show(&mut body, state, asked),
        Tab::Rates => rates::show(&mut body, state),
        Tab::Herd => herd::show(&mut body, state, asked),
        Tab::Check => check::show(&mut body, state, asked),
        Tab::Machine => machine::show(&mut body, state, asked),
        Tab::Log => {
            let empty = if state.player.has_recording() {
                "At this moment nothing had happened yet"
            } else {
                "Nothing has happened yet. Press Connect."
            };
            state.log.show(&mut body, &calendar, empty);
        }
        Tab::Drill => state.drill_log.show(&mut body, &calendar, "Its lines are shown here once the drill is over"),
        Tab::Server => {
            let empty = if state.player.has_recording() {
                "At this moment no local server had logged anything"
            } else if state.snapshot.server.is_some() {
                "The local server has logged nothing yet"
            } else {
                "There is no server inside this program: only the local demo has one"
            };
            state.server_log.show(&mut body, &calendar, empty);
        }
    }
    ui.advance_cursor_after_rect(rest);
}

/// Those of `tabs` that have room, the one in view always among them, and the others.
fn fitting(ui: &Ui, state: &State, mut tabs: Vec<Tab>, room: f32) -> (Vec<Tab>, Vec<Tab>) {
    let font = Tokens::at(ui).font();
    let width = |tab: &Tab| {
        let label = UiCommand::Show(*tab).label(state).into_owned();
        ui.painter().layout_no_wrap(label, font.clone(), egui::Color32::PLACEHOLDER).size().x + TAB_PADDING + 4.0
    };
    if tabs.iter().map(width).sum::<f32>() <= room {
        return (tabs, Vec::new());
    }
    let mut left = room - MORE - width(&state.tab);
    let mut is_full = false;
    let has_no_room = |tab: &mut Tab| {
        if *tab == state.tab {
            return false;
        }
        left -= width(tab);
        is_full |= left < 0.0;
        is_full
    };
    let more = tabs.extract_if(.., has_no_room).collect();
    (tabs, more)
}

fn tab_button(ui: &mut Ui, state: &State, tab: Tab, strip: Rect, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let is_shown = state.tab == tab;
    let command = UiCommand::Show(tab);
    let label = command.label(state);
    let text_color = if is_shown { *color.strong } else { *color.muted };
    let galley = ui.painter().layout_no_wrap(label.to_string(), tokens.font(), text_color);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + TAB_PADDING, strip.height()), Sense::CLICK);
    let text_color = if response.hovered() { *color.strong } else { text_color };
    ui.painter().galley_with_override_text_color(rect.center() - galley.size() / 2.0, galley, text_color);
    if is_shown {
        ui.painter().hline(rect.x_range(), strip.bottom() - 1.0, egui::Stroke::new(2.0, color.accent));
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect.shrink(3.0), tokens.size.radius, tokens.outline(), egui::StrokeKind::Inside);
    }
    if response.clicked() {
        asked.push(command);
    }
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, is_shown, &*label));
    response.on_hover_text(command.explanation(state));
}

fn log_tools(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let size = vec2(0.0, 24.0);
    ui.spacing_mut().button_padding.y = 2.0;
    paint::button(ui, state, UiCommand::Copy, Look::Plain, None, size, asked);
    ui.menu_button("Copy as…", |ui| {
        for format in Format::iter() {
            paint::button(ui, state, UiCommand::CopyAs(format), Look::Plain, None, vec2(230.0, 24.0), asked);
        }
    });
    paint::button(ui, state, UiCommand::Follow, Look::Switch, None, size, asked);
    if matches!(state.tab, Tab::Log | Tab::Drill) {
        paint::button(ui, state, UiCommand::Details, Look::Switch, None, size, asked);
    }
    let mut filter = state.filter().to_owned();
    let hint =
        format!("Filter ({})", UiCommand::Filter.shortcut().map_or(String::new(), |k| ui.ctx().format_shortcut(&k)));
    let field = TextEdit::singleline(&mut filter)
        .id(filter_id())
        .hint_text(RichText::new(hint).color(*tokens.color.muted))
        .desired_width((ui.available_width() - 16.0).clamp(60.0, 170.0))
        .align(egui::Align2::LEFT_CENTER)
        .min_size(size)
        .margin(egui::Margin::symmetric(8, 2));
    let response = ui.add(field).accessible_name("Filter");
    if response.changed() {
        state.set_filter(filter);
    }
    let omissions = match state.tab {
        // The list says it itself.
        Tab::Messages => None,
        _ => state.active_log().omissions(),
    };
    if let Some(omissions) = omissions {
        let text = RichText::new(omissions).size(tokens.size.small).color(*tokens.color.muted);
        ui.add(Label::new(text).truncate());
    }
}
