//! What QA can break, in groups, and what is armed.

use egui::{Checkbox, RichText, ScrollArea, Ui, vec2};
use strum::IntoEnumIterator as _;

use super::command::{Repeat, UiCommand};
use super::drills;
use super::paint::{self, Look};
use super::state::State;
use super::tokens::Tokens;
use crate::faults::{Fault, Group};

/// Draws it.
pub fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    ScrollArea::vertical().id_salt("faults").auto_shrink(false).show(ui, |ui| {
        let tokens = Tokens::at(ui);
        for group in Group::iter() {
            heading(ui, tokens, group);
            faults(ui, state, group, asked);
            if group == Group::Ticket {
                repeat(ui, state, asked);
            }
            ui.add_space(8.0);
        }
        let mut at_once = state.attempt_at_once;
        let label = UiCommand::AttemptAtOnce.label(state);
        ui.visuals_mut().widgets.inactive.bg_stroke.color = *tokens.color.border_strong;
        ui.visuals_mut().widgets.inactive.bg_fill = *tokens.color.field;
        let response = ui.add(Checkbox::new(&mut at_once, &*label));
        if response.on_hover_text(UiCommand::AttemptAtOnce.explanation(state)).changed() {
            asked.push(UiCommand::AttemptAtOnce);
        }
        ui.add_space(8.0);
        clear_all(ui, state, tokens, asked);
        drills::show(ui, state, asked);
    });
}

fn heading(ui: &mut Ui, tokens: &Tokens, group: Group) {
    let text = format!("FAULTS · {}", group.label().to_uppercase());
    let text = RichText::new(text).font(tokens.bold(tokens.size.section)).color(*tokens.color.muted);
    ui.label(text.extra_letter_spacing(0.6));
}

fn faults(ui: &mut Ui, state: &State, group: Group, asked: &mut Vec<UiCommand>) {
    let faults: Vec<_> = Fault::iter().filter(|fault| fault.group() == group).collect();
    let columns = faults.len().min(2) as f32;
    let width = (ui.available_width() - (columns - 1.0) * ui.spacing().item_spacing.x) / columns;
    let size = vec2(width, Tokens::at(ui).size.fault_button);
    ui.spacing_mut().button_padding = vec2(3.0, 2.0);
    for pair in faults.chunks(2) {
        ui.horizontal(|ui| {
            for &fault in pair {
                ui.scope(|ui| {
                    ui.set_max_width(size.x);
                    paint::button(ui, state, UiCommand::Fault(fault), Look::Fault, None, size, asked);
                });
            }
        });
    }
}

fn repeat(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.spacing_mut().button_padding.x = 8.0;
        ui.label(RichText::new("503 for").size(tokens.size.small).color(*tokens.color.muted));
        for choice in Repeat::iter() {
            let command = UiCommand::Repeat(choice);
            let size = vec2(0.0, 22.0);
            let response = paint::button(ui, state, command, Look::Switch, Some(choice.label()), size, asked);
            response.accessible_name(command.label(state));
        }
    });
}

fn clear_all(ui: &mut Ui, state: &State, tokens: &Tokens, asked: &mut Vec<UiCommand>) {
    let text = match state.snapshot.faults.len() {
        0 => {
            let text = RichText::new("No fault is armed").size(tokens.size.small).color(*tokens.color.muted);
            ui.label(text);
            return;
        }
        1 => "1 fault active · Clear all".to_owned(),
        count => format!("{count} faults active · Clear all"),
    };
    let size = vec2(ui.available_width(), tokens.size.fault_button);
    ui.visuals_mut().widgets.inactive.bg_stroke.color = *tokens.color.armed_border;
    ui.visuals_mut().widgets.inactive.fg_stroke.color = *tokens.color.on_armed;
    ui.vertical_centered(|ui| paint::button(ui, state, UiCommand::ClearFaults, Look::Plain, Some(&text), size, asked));
}
