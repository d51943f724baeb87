//! The bar at the top: which profile, where it leads, and what to do.

use egui::{Align, Align2, ComboBox, Layout, RichText, Sense, Ui, vec2};

use super::button::{Look, button};
use super::command::UiCommand;
use super::paint;
use super::secrets;
use super::state::State;
use super::tokens::Tokens;

/// What is done seldom, from right to left.
const SELDOM: [UiCommand; 4] = [UiCommand::Palette, UiCommand::Report, UiCommand::Check, UiCommand::NewSession];
/// In less width, beside logo and profile, these go into a menu.
const ROOM_FOR_ALL: f32 = 700.0;

/// Draws it; returns the index of another profile if one was chosen.
pub fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) -> Option<usize> {
    let tokens = Tokens::at(ui);
    ui.spacing_mut().item_spacing.x = 10.0;
    ui.horizontal_centered(|ui| {
        logo(ui, tokens);
        let chosen = profile_picker(ui, state, asked);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            actions(ui, state, asked);
            address(ui, state, tokens);
        });
        chosen
    })
    .inner
}

fn logo(ui: &mut Ui, tokens: &Tokens) {
    let (rect, _) = ui.allocate_exact_size(vec2(11.0, 11.0), Sense::HOVER);
    let accent = *tokens.color.accent;
    ui.painter().circle_stroke(rect.center(), 5.0, egui::Stroke::new(1.5, accent));
    ui.painter().circle_filled(rect.center(), 2.5, accent);
    ui.add_space(-4.0);
    let name = RichText::new("Ticketscope").font(tokens.bold(tokens.size.text)).color(*tokens.color.strong);
    ui.label(name);
}

fn profile_picker(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) -> Option<usize> {
    let mut chosen = state.chosen;
    let name = |index: usize| state.profiles.get(index).map_or("", |profile| profile.name.as_str());
    let response = ComboBox::from_id_salt("profile")
        .selected_text(name(chosen))
        .width(104.0)
        .truncate()
        .show_ui(ui, |ui| {
            for index in 0..state.profiles.len() {
                ui.selectable_value(&mut chosen, index, name(index));
            }
            ui.separator();
            let more = ui.selectable_label(false, &*UiCommand::Profiles.label(state));
            if more.on_hover_text(UiCommand::Profiles.explanation(state)).clicked() {
                asked.push(UiCommand::Profiles);
            }
        })
        .response;
    response.accessible_name("Profile").on_hover_text("What to connect to; choosing another one ends this session");
    (chosen != state.chosen).then_some(chosen)
}

fn actions(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let size = vec2(0.0, Tokens::at(ui).size.button);
    let theme = match ui.visuals().dark_mode {
        true => "🌙",
        false => "☀",
    };
    let response = button(ui, state, UiCommand::Theme, Look::Plain, Some(theme), vec2(30.0, size.y), asked);
    response.accessible_name(UiCommand::Theme.label(state));
    button(ui, state, UiCommand::FaultPanel, Look::Switch, Some("Faults"), size, asked);
    // Most profiles want nothing of a person.
    let wants_secrets = secrets::wanted(&state.pane.view.snapshot().profile).next().is_some();
    let seldom: Vec<UiCommand> = SELDOM.into_iter().chain(wants_secrets.then_some(UiCommand::Secrets)).collect();
    let (apart, together): (&[_], &[_]) =
        if ui.available_width() > ROOM_FOR_ALL { (&seldom, &[]) } else { (&[], &seldom) };
    if !together.is_empty() {
        more(ui, state, together, asked);
    }
    for &command in apart {
        button(ui, state, command, Look::Plain, None, size, asked);
    }
    button(ui, state, UiCommand::RetryNow, Look::Plain, None, size, asked);
    button(ui, state, UiCommand::Connection, Look::Primary, None, vec2(92.0, size.y), asked);
}

/// What has no button of its own where there is no room.
fn more(ui: &mut Ui, state: &State, commands: &[UiCommand], asked: &mut Vec<UiCommand>) {
    let menu = ui.menu_button("⋯", |ui| {
        for &command in commands {
            if button(ui, state, command, Look::Plain, None, vec2(140.0, 0.0), asked).clicked() {
                ui.close();
            }
        }
    });
    menu.response.accessible_name("More commands").on_hover_text("New session, check, all commands");
}

fn address(ui: &mut Ui, state: &State, tokens: &Tokens) {
    let profile = &state.pane.view.snapshot().profile;
    let text = format!("{} · {}", profile.api, profile.said_origin());
    let rect = ui.available_rect_before_wrap();
    paint::cut_text(ui, rect, Align2::LEFT_CENTER, &text, tokens.mono(), *tokens.color.muted);
}
