//! What lies over the window: the command palette, the list of shortcuts, the findings.

use egui::{Frame, Grid, Id, Key, Modal, Modifiers, RichText, ScrollArea, TextEdit, Ui};

use super::command::UiCommand;
use super::state::{Overlay, State};
use super::tokens::Tokens;
use super::{findings, playback, report, settings};

/// Draws what is open; closes it on Esc, on a click beside it, and after a choice.
pub fn show(ctx: &egui::Context, state: &mut State, asked: &mut Vec<UiCommand>) {
    let Some(mut overlay) = state.overlay.take() else { return };
    let tokens = Tokens::of(ctx.theme());
    let area = Modal::default_area(Id::unique("overlay")).anchor(egui::Align2::CENTER_TOP, [0.0, 60.0]);
    let frame = Frame::popup(&ctx.global_style()).inner_margin(tokens.size.pad);
    let modal = Modal::new(Id::unique("overlay")).area(area).frame(frame).backdrop_color(*tokens.color.backdrop);
    let response = modal.show(ctx, |ui| {
        ui.set_width(match overlay {
            Overlay::Findings | Overlay::Report => 660.0,
            Overlay::Comparison => (ui.ctx().content_rect().width() - 80.0).min(1_180.0),
            Overlay::Palette { .. }
            | Overlay::Settings
            | Overlay::Help
            | Overlay::Recordings
            | Overlay::CompareWith => 460.0,
        });
        match &mut overlay {
            Overlay::Findings => findings::show(ui, state, asked),
            Overlay::Recordings => playback::choose(ui, tokens, state, "Open a recording", asked),
            Overlay::CompareWith => playback::choose(ui, tokens, state, "Compare with another recording", asked),
            Overlay::Comparison => playback::comparison(ui, tokens, state, asked),
            Overlay::Report => report::show(ui, state, asked),
            Overlay::Palette { query, row } => palette(ui, tokens, state, query, row, asked),
            Overlay::Settings => {
                settings::show(ui, tokens, state, asked);
                false
            }
            Overlay::Help => {
                help(ui, tokens, state);
                false
            }
        }
    });
    if !response.inner && !response.should_close() {
        state.overlay = Some(overlay);
    }
}

/// The commands whose label contains every word of `query`.
fn matching(state: &State, query: &str) -> Vec<UiCommand> {
    let query = query.to_lowercase();
    let fits = |command: &UiCommand| {
        let label = command.label(state).to_lowercase();
        *command != UiCommand::Palette && query.split_whitespace().all(|word| label.contains(word))
    };
    UiCommand::all().chain((0..state.drills.len()).map(UiCommand::Drill)).filter(fits).collect()
}

/// Returns whether a command was chosen.
fn palette(
    ui: &mut Ui,
    tokens: &Tokens,
    state: &State,
    query: &mut String,
    row: &mut usize,
    asked: &mut Vec<UiCommand>,
) -> bool {
    let (down, up, enter) = ui.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
        (pressed(Key::ArrowDown), pressed(Key::ArrowUp), pressed(Key::Enter))
    });
    let hint = RichText::new("What do you want to do?").color(*tokens.color.muted);
    let field = TextEdit::singleline(query).hint_text(hint).desired_width(f32::INFINITY);
    let field = ui.add(field.margin(egui::Margin::symmetric(8, 6))).accessible_name("Command");
    field.request_focus();
    if field.changed() {
        *row = 0;
    }
    let commands = matching(state, query);
    let last = commands.len().saturating_sub(1);
    *row = (*row + usize::from(down)).saturating_sub(usize::from(up)).min(last);

    let mut chosen = commands.get(*row).copied().filter(|_| enter);
    ScrollArea::vertical().max_height(320.0).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        if commands.is_empty() {
            ui.label(RichText::new("No command is called that").color(*tokens.color.muted));
        }
        for (index, command) in commands.iter().enumerate() {
            let keys = command.shortcut().map_or(String::new(), |keys| ui.ctx().format_shortcut(&keys));
            let button = egui::Button::selectable(index == *row, &*command.label(state))
                .shortcut_text(RichText::new(keys).color(*tokens.color.muted))
                .min_size(egui::vec2(ui.available_width(), 26.0));
            let obstacle = command.obstacle(state);
            let response = ui.add_enabled(obstacle.is_none(), button);
            if index == *row && (up || down) {
                response.scroll_to_me(None);
            }
            if response.clicked() {
                chosen = Some(*command);
            }
            response.on_hover_text(command.explanation(state)).on_disabled_hover_text(obstacle.unwrap_or_default());
        }
    });
    let chosen = chosen.filter(|command| command.obstacle(state).is_none());
    asked.extend(chosen);
    chosen.is_some()
}

fn help(ui: &mut Ui, tokens: &Tokens, state: &State) {
    let color = &tokens.color;
    ui.label(RichText::new(UiCommand::Help.label(state)).font(tokens.bold(tokens.size.title)).color(*color.strong));
    ui.add_space(6.0);
    ui.spacing_mut().interact_size.y = 18.0;
    Grid::new("shortcuts").num_columns(2).spacing([24.0, 7.0]).show(ui, |ui| {
        for command in UiCommand::all() {
            let Some(keys) = command.shortcut() else { continue };
            let mut keys = ui.ctx().format_shortcut(&keys);
            if command == UiCommand::Help {
                keys += " or ?";
            }
            ui.label(RichText::new(keys).font(tokens.mono()).color(*color.accent));
            ui.label(command.explanation(state));
            ui.end_row();
        }
        for (keys, explanation) in [
            ("← → ↑ ↓", "Move through the attempts, or through a recording, once its picture was clicked"),
            ("+ − Home End", "There: closer, less close, the beginning, the present or the end"),
        ] {
            ui.label(RichText::new(keys).font(tokens.mono()).color(*color.accent));
            ui.label(explanation);
            ui.end_row();
        }
        ui.label(RichText::new("Esc").font(tokens.mono()).color(*color.accent));
        ui.label("Close this, clear the filter");
        ui.end_row();
    });
}
