//! What QA can break, in groups, and what is armed.

use egui::{Checkbox, DragValue, RichText, ScrollArea, TextEdit, Ui, UiBuilder, vec2};
use strum::IntoEnumIterator as _;

use super::button::{Look, button};
use super::choices::Repeat;
use super::command::{FaultCommand, UiCommand};
use super::drill_list;
use super::fault_result;
use super::fault_search;
use super::parameters;
use super::scrolling;
use super::state::State;
use super::tokens::Tokens;
use crate::faults::{FaultKind, Group};

/// The faults' share of what faults and drills have together.
const FAULTS_SHARE: f32 = 0.68;
/// The drills that are in view at least, and the height for faults; with less room all is scrolled as one.
const LEAST_DRILLS: usize = 4;
const LEAST_FAULTS: f32 = 150.0;
/// The narrowest button that shows a fault and its countdown.
const NARROWEST: f32 = 118.0;

/// Draws it, and nothing of it where something else stands.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let all = ui.available_rect_before_wrap();
    let mut inside = ui.new_child(UiBuilder::new().max_rect(all));
    inside.shrink_clip_rect(ui.clip_rect().with_max_y(all.bottom()));
    contents(&mut inside, state, asked);
    ui.advance_cursor_after_rect(all);
}

fn contents(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    search(ui, state, asked);
    fault_result::show(ui, state);
    let (room, id) = (ui.available_height(), ui.scope_id().with("heights"));
    let known: Heights = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let drills = state.drills.len().min(LEAST_DRILLS) as f32 * Tokens::at(ui).size.drill_row;
    let gap = ui.spacing().item_spacing.y;
    // Faults and drills each scroll by themselves.
    let free = room - known.footer - known.heading - known.summary - 4.0 * gap;
    let measured = if free < LEAST_FAULTS + drills {
        let area = ScrollArea::vertical().id_salt("all").auto_shrink(false).max_height(room - known.summary - gap);
        let inside = area.show(ui, |ui| {
            fault_list(ui, state, asked);
            let footer = height(ui, |ui| footer(ui, state, asked));
            let heading = height(ui, |ui| drill_list::heading(ui, state, asked));
            drill_list::show(ui, state, asked);
            scrolling::follow_focus(ui);
            (footer, heading)
        });
        let (footer, heading) = inside.inner;
        // What is armed and what came of a run are in reach wherever the rest is scrolled to.
        let summary = height(ui, |ui| {
            clear_all(ui, state, asked);
            drill_list::summary(ui, state, asked);
        });
        Heights { footer, heading, summary }
    } else {
        let share = if state.drills.len() == 0 { free } else { (free * FAULTS_SHARE).min(free - drills) };
        let area = ScrollArea::vertical().id_salt("faults").auto_shrink([false, true]).max_height(share);
        area.show(ui, |ui| {
            fault_list(ui, state, asked);
            scrolling::follow_focus(ui);
        });
        let footer = height(ui, |ui| footer(ui, state, asked));
        let armed = height(ui, |ui| clear_all(ui, state, asked));
        let heading = height(ui, |ui| drill_list::heading(ui, state, asked));
        let summary = armed + height(ui, |ui| drill_list::summary(ui, state, asked));
        let area = ScrollArea::vertical().id_salt("drills").auto_shrink(false);
        area.show(ui, |ui| drill_list::show(ui, state, asked));
        Heights { footer, heading, summary }
    };
    if measured != known {
        ui.data_mut(|data| data.insert_temp(id, measured));
        ui.ctx().request_discard("the heights of what stands between the lists are known now");
    }
}

/// How high the parts are that are always seen whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Heights {
    footer: f32,
    heading: f32,
    summary: f32,
}

/// Draws `part` and returns how high it is.
fn height(ui: &mut Ui, part: impl FnOnce(&mut Ui)) -> f32 {
    ui.scope(part).response.rect.height().ceil()
}

fn fault_list(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let all = fault_search::found(&state.faults.query);
    if all.is_empty() {
        let text = format!(
            "No fault has “{}” in its name, its explanation or its codes. Esc shows all again",
            state.faults.query.trim()
        );
        ui.label(RichText::new(text).color(*Tokens::at(ui).color.muted));
    }
    for group in Group::iter() {
        let found: Vec<_> = all.iter().copied().filter(|kind| kind.group() == group).collect();
        if found.is_empty() {
            continue;
        }
        heading(ui, Tokens::at(ui), group);
        faults(ui, state, &found, asked);
        ui.add_space(6.0);
    }
}

fn search(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let height = tokens.size.fault_button;
    ui.horizontal(|ui| {
        let field = TextEdit::singleline(&mut state.faults.query)
            .hint_text(RichText::new("Find a fault: name, “401”, “timeout”").color(*tokens.color.muted))
            .desired_width(ui.available_width() - 34.0)
            .align(egui::Align2::LEFT_CENTER)
            .min_size(vec2(0.0, height))
            .margin(egui::Margin::symmetric(8, 2));
        ui.add(field).accessible_name("Find a fault");
        let close = button(ui, state, UiCommand::FaultPanel, Look::Plain, Some("×"), vec2(22.0, height), asked);
        close.accessible_name("Close the panel");
    });
    ui.add_space(4.0);
}

fn footer(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    ui.add_space(4.0);
    repeat(ui, state, asked);
    probability(ui, state);
    let mut at_once = state.faults.attempt_at_once;
    let label = UiCommand::Faults(FaultCommand::AttemptAtOnce).label(state);
    ui.visuals_mut().widgets.inactive.bg_stroke.color = *tokens.color.border_strong;
    ui.visuals_mut().widgets.inactive.bg_fill = *tokens.color.field;
    let response = ui.add(Checkbox::new(&mut at_once, &*label));
    if response.on_hover_text(UiCommand::Faults(FaultCommand::AttemptAtOnce).explanation(state)).changed() {
        asked.push(UiCommand::Faults(FaultCommand::AttemptAtOnce));
    }
    ui.add_space(4.0);
}

fn heading(ui: &mut Ui, tokens: &Tokens, group: Group) {
    let text = format!("FAULTS · {}", group.label().to_uppercase());
    let text = RichText::new(text).font(tokens.bold(tokens.size.section)).color(*tokens.color.muted);
    ui.label(text.extra_letter_spacing(0.6));
}

/// Buttons in pairs; one with parameters has its fields beside it.
fn faults(ui: &mut Ui, state: &mut State, kinds: &[FaultKind], asked: &mut Vec<UiCommand>) {
    let width = (ui.available_width() - ui.spacing().item_spacing.x) / 2.0;
    let size = vec2(width, Tokens::at(ui).size.fault_button);
    ui.spacing_mut().button_padding = vec2(3.0, 2.0);
    let (plain, adjustable): (Vec<_>, Vec<_>) =
        kinds.iter().partition(|kind| parameters::none(&kind.default_parameters()));
    // In a narrow panel an armed fault's countdown needs the whole width.
    let (columns, wide) = if width < NARROWEST { (1, vec2(ui.available_width(), size.y)) } else { (2, size) };
    for row in plain.chunks(columns) {
        ui.horizontal(|ui| {
            for &kind in row {
                fault(ui, state, kind, wide, asked);
            }
        });
    }
    for kind in adjustable {
        let is_beside = parameters::fit_beside(&kind.default_parameters());
        ui.horizontal(|ui| {
            fault(ui, state, kind, size, asked);
            if is_beside {
                parameters(ui, state, kind, false);
            }
        });
        if !is_beside {
            ui.horizontal_wrapped(|ui| parameters(ui, state, kind, false));
        }
        parameters(ui, state, kind, true);
    }
}

fn parameters(ui: &mut Ui, state: &mut State, kind: FaultKind, wide: bool) {
    let mut adjusted = state.faults.fault(kind);
    if parameters::edit(ui, &mut adjusted, wide) {
        state.faults.parameters.insert(kind, adjusted);
    }
}

fn fault(ui: &mut Ui, state: &State, kind: FaultKind, size: egui::Vec2, asked: &mut Vec<UiCommand>) {
    ui.scope(|ui| {
        ui.set_max_width(size.x);
        button(ui, state, UiCommand::Faults(FaultCommand::Toggle(kind)), Look::Fault, None, size, asked);
    });
}

fn repeat(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.spacing_mut().button_padding.x = 8.0;
        ui.label(RichText::new("Ticket faults act").size(tokens.size.small).color(*tokens.color.muted));
        for choice in Repeat::iter() {
            let command = UiCommand::Faults(FaultCommand::Repeat(choice));
            let size = vec2(0.0, 22.0);
            let response = button(ui, state, command, Look::Switch, Some(choice.label()), size, asked);
            response.accessible_name(command.label(state));
        }
    });
}

/// In how many cases a fault acts that is armed from now on.
fn probability(ui: &mut Ui, state: &mut State) {
    let tokens = Tokens::at(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let words = |text: &str| RichText::new(text).size(tokens.size.small).color(*tokens.color.muted);
        ui.label(words("Faults act in"));
        let field = DragValue::new(&mut state.faults.percent).range(1..=100).suffix(" %").speed(0.5);
        let why = "At each occasion chance decides whether a fault acts; it counts only when it does";
        ui.add(field).accessible_name("In how many of 100 cases a fault acts").on_hover_text(why);
        ui.label(words("of cases"));
    });
}

fn clear_all(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let text = match state.pane.view.snapshot().faults.len() {
        0 => {
            let text = match fault_result::acting(state) {
                Some(kind) => format!("{} acts until the client notices it", kind.label()),
                None => "No fault is armed".to_owned(),
            };
            let text = RichText::new(text).size(tokens.size.small).color(*tokens.color.muted);
            ui.label(text);
            return;
        }
        1 => "1 fault active · Clear all".to_owned(),
        count => format!("{count} faults active · Clear all"),
    };
    let size = vec2(ui.available_width(), tokens.size.fault_button);
    ui.visuals_mut().widgets.inactive.bg_stroke.color = *tokens.color.armed_border;
    ui.visuals_mut().widgets.inactive.fg_stroke.color = *tokens.color.on_armed;
    ui.vertical_centered(|ui| {
        button(ui, state, UiCommand::Faults(FaultCommand::ClearAll), Look::Plain, Some(&text), size, asked)
    });
}
