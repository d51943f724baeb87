//! The command palette.

use egui::{Key, Modifiers, RichText, ScrollArea, TextEdit, Ui};

use super::super::command::{DrillCommand, Row, UiCommand};
use super::super::panels;
use super::super::state::State;
use super::super::tokens::Tokens;

/// The commands whose label contains every word of `query`.
fn matching(state: &State, query: &str) -> Vec<UiCommand> {
    let query = query.to_lowercase();
    let fits = |command: &UiCommand| {
        let label = command.label(state).to_lowercase();
        *command != UiCommand::Palette && query.split_whitespace().all(|word| label.contains(word))
    };
    let drills = (0..state.drills.len()).map(|row| UiCommand::Drills(DrillCommand::Run(row)));
    panels::commands(state).into_iter().chain(drills).filter(fits).collect()
}

/// Draws it. Returns whether a command was chosen.
pub fn show(
    ui: &mut Ui,
    tokens: &Tokens,
    state: &State,
    query: &mut String,
    chosen_row: &mut usize,
    asked: &mut Vec<UiCommand>,
) -> bool {
    let (down, up, enter) = ui.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
        (pressed(Key::ArrowDown), pressed(Key::ArrowUp), pressed(Key::Enter))
    });
    // Before it is drawn, so that it takes what is typed in its first frame.
    let id = ui.scope_id().with("command");
    ui.memory_mut(|memory| memory.request_focus(id));
    let hint = RichText::new("What do you want to do?").color(*tokens.color.muted);
    let field = TextEdit::singleline(query).id(id).hint_text(hint).desired_width(f32::INFINITY);
    let field = ui.add(field.margin(egui::Margin::symmetric(8, 6))).accessible_name("Command");
    if field.changed() {
        *chosen_row = 0;
    }
    let commands = matching(state, query);
    let last = commands.len().saturating_sub(1);
    *chosen_row = (*chosen_row + usize::from(down)).saturating_sub(usize::from(up)).min(last);

    // What nobody has looked for or gone to is not what is wanted.
    let is_meant = enter && (!query.trim().is_empty() || *chosen_row > 0);
    let mut chosen = commands.get(*chosen_row).copied().filter(|_| is_meant);
    ScrollArea::vertical().max_height(320.0).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        if commands.is_empty() {
            ui.label(RichText::new("No command is called that").color(*tokens.color.muted));
        }
        for (index, command) in commands.iter().enumerate() {
            let Row { label, explanation, keys, obstacle, .. } = command.row(state);
            let keys = keys.map_or(String::new(), |keys| ui.ctx().format_shortcut(&keys));
            let button = egui::Button::selectable(index == *chosen_row, &*label)
                .shortcut_text(RichText::new(keys).color(*tokens.color.muted))
                .min_size(egui::vec2(ui.available_width(), 26.0));
            let response = ui.add_enabled(obstacle.is_none(), button);
            if index == *chosen_row && (up || down) {
                response.scroll_to_me(None);
            }
            if response.clicked() {
                chosen = Some(*command);
            }
            response.on_hover_text(explanation).on_disabled_hover_text(obstacle.unwrap_or_default());
        }
    });
    let chosen = chosen.filter(|command| command.obstacle(state).is_none());
    asked.extend(chosen);
    chosen.is_some()
}
