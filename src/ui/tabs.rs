//! The tabs below the cards, and what the chosen one shows.

use egui::{Align, Label, Layout, Rect, RichText, Sense, TextEdit, Ui, pos2, vec2};
use strum::IntoEnumIterator as _;

use super::button::{Look, button, menu_entry, more};
use super::command::{Row, UiCommand, filter_id};
use super::paint;
use super::panels;
use super::state::State;
use super::tab::TabId;
use super::tokens::Tokens;
use crate::export::Format;

/// The room that the tools of a log need beside the tabs, and that of the menu of the tabs without room.
const TOOLS: f32 = 390.0;
const MORE: f32 = 70.0;
/// In less width the tools are a menu and the filter, which need so much.
const ROOM_FOR_TOOLS: f32 = 560.0;
const FEW_TOOLS: f32 = 170.0;
const TAB_PADDING: f32 = 20.0;

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
    let is_narrow = inside.width() < ROOM_FOR_TOOLS;
    let tools = if is_narrow { FEW_TOOLS } else { TOOLS };
    let (shown, others) = fitting(&row, state, inside.width() - tools);
    for tab in shown {
        tab_button(&mut row, state, tab, strip, asked);
    }
    if !others.is_empty() {
        row.menu_button("More ▾", |ui| {
            for tab in others {
                menu_entry(ui, state, UiCommand::Show(tab), 140.0, asked);
            }
        })
        .response
        .on_hover_text("The tabs that have no room here");
    }
    if state.has_listing_in_view() {
        row.with_layout(Layout::right_to_left(Align::Center), |ui| listing_tools(ui, state, is_narrow, asked));
    }
    ui.advance_cursor_after_rect(strip);

    let rest = ui.available_rect_before_wrap();
    let body =
        Rect::from_min_max(pos2(rest.left() + margin, rest.top() + 4.0), pos2(rest.right(), rest.bottom() - 4.0));
    let mut body = ui.new_child(egui::UiBuilder::new().max_rect(body));
    body.shrink_clip_rect(rest);
    if let Some(panel) = panels::shown(state.tab) {
        (panel.show)(&mut body, state, asked);
    }
    ui.advance_cursor_after_rect(rest);
}

/// The tabs that have room, the one in view always among them, and the others. Room is kept for those that cannot be shown yet:
/// no other moves when one of them can.
fn fitting(ui: &Ui, state: &State, room: f32) -> (Vec<TabId>, Vec<TabId>) {
    let all: Vec<(TabId, f32)> =
        state.tabs.iter().map(|tab| (tab.id, width(ui, &UiCommand::Show(tab.id).label(state)) + 4.0)).collect();
    let fitting = |room: f32| {
        let ends = all.iter().scan(0.0, |end, (_, width)| {
            *end += width;
            Some(*end)
        });
        ends.take_while(|end| *end <= room).count()
    };
    let is_there = |id: TabId| state.tabs.iter().any(|tab| tab.id == id && (tab.obstacle)(state).is_none());
    let mut count = fitting(room);
    if all.iter().skip(count).any(|(tab, _)| is_there(*tab)) {
        count = fitting(room - MORE);
        let beyond = all.iter().skip(count).find(|(tab, _)| *tab == state.tab);
        if let Some((_, width)) = beyond {
            count = fitting(room - MORE - width);
        }
    }
    let there = all.iter().enumerate().filter(|(_, (tab, _))| is_there(*tab));
    let (shown, others): (Vec<_>, Vec<_>) = there.partition(|(place, (tab, _))| *place < count || *tab == state.tab);
    let ids = |tabs: Vec<(usize, &(TabId, f32))>| tabs.into_iter().map(|(_, (tab, _))| *tab).collect();
    (ids(shown), ids(others))
}

/// How wide the tab called `label` is. A count has room for three digits, so that one that grows moves no other tab.
fn width(ui: &Ui, label: &str) -> f32 {
    let name = label.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let label =
        if name.len() < label.len() && label.len() < name.len() + 3 { format!("{name}000") } else { label.to_owned() };
    let font = Tokens::at(ui).font();
    ui.painter().layout_no_wrap(label, font, egui::Color32::PLACEHOLDER).size().x + TAB_PADDING
}

fn tab_button(ui: &mut Ui, state: &State, tab: TabId, strip: Rect, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let Row { label, explanation, is_on: is_shown, .. } = UiCommand::Show(tab).row(state);
    let text_color = if is_shown { *color.strong } else { *color.muted };
    let galley = ui.painter().layout_no_wrap(label.to_string(), tokens.font(), text_color);
    let (rect, response) = ui.allocate_exact_size(vec2(width(ui, &label), strip.height()), Sense::click());
    let text_color = if response.hovered() { *color.strong } else { text_color };
    ui.painter().galley_with_override_text_color(rect.center() - galley.size() / 2.0, galley, text_color);
    if is_shown {
        ui.painter().hline(rect.x_range(), strip.bottom() - 1.0, egui::Stroke::new(2.0, color.accent));
    }
    paint::focus(ui, rect.shrink(3.0), &response);
    if response.clicked() {
        asked.push(UiCommand::Show(tab));
    }
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, is_shown, &*label));
    response.on_hover_text(explanation);
}

/// What can be done with the lines in view.
fn listing_tools(ui: &mut Ui, state: &mut State, is_narrow: bool, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let size = vec2(0.0, 24.0);
    ui.spacing_mut().button_padding.y = 2.0;
    let details = state.has_details_in_view().then_some(UiCommand::Details);
    if is_narrow {
        let all = [UiCommand::Copy, UiCommand::Follow].into_iter().chain(details);
        let all: Vec<UiCommand> = all.chain(Format::iter().map(UiCommand::CopyAs)).collect();
        more(ui, state, "More for these lines", &all, asked);
    } else {
        button(ui, state, UiCommand::Copy, Look::Plain, None, size, asked);
        ui.menu_button("Copy as…", |ui| {
            for format in Format::iter() {
                menu_entry(ui, state, UiCommand::CopyAs(format), 230.0, asked);
            }
        });
        for command in [UiCommand::Follow].into_iter().chain(details) {
            button(ui, state, command, Look::Switch, None, size, asked);
        }
    }
    let keys = UiCommand::Filter.row(state).keys;
    let hint = format!("Filter ({})", keys.map_or(String::new(), |keys| ui.ctx().format_shortcut(&keys)));
    let listing = state.listing_mut();
    let mut filter = listing.filter().to_owned();
    let field = TextEdit::singleline(&mut filter)
        .id(filter_id())
        .hint_text(RichText::new(hint).color(*tokens.color.muted))
        .desired_width((ui.available_width() - 16.0).clamp(60.0, 170.0))
        .align(egui::Align2::LEFT_CENTER)
        .min_size(size)
        .margin(egui::Margin::symmetric(8, 2));
    let response = ui.add(field).accessible_name("Filter");
    if response.changed() {
        listing.set_filter(filter);
    }
    if let Some(omissions) = listing.omissions() {
        let text = RichText::new(omissions).size(tokens.size.small).color(*tokens.color.muted);
        ui.add(Label::new(text).truncate());
    }
}
