//! The bar at the top: which profile, where it leads, and what to do.

use egui::{Align, Align2, ComboBox, Sense, Ui, UiBuilder, vec2};
use strum::IntoEnumIterator as _;

use super::button::{Look, button, choice, more};
use super::choices::Switch;
use super::command::{OpenCommand, ReportCommand, SecretCommand, StartCommand, UiCommand, ViewCommand};
use super::layout;
use super::page::Page;
use super::paint;
use super::secrets;
use super::state::State;
use super::tokens::Tokens;
use crate::settings::Layout;

/// Commands that move into a menu where there is little room.
const SELDOM: [UiCommand; 3] = [UiCommand::Check, UiCommand::Report(ReportCommand::Make), UiCommand::Palette];
/// In less width, beside logo and profile, these go into a menu.
const ROOM_FOR_ALL: f32 = 700.0;
/// The room for each button that not every window has.
const ONE_MORE: f32 = 90.0;

/// In less width, only what most is done has a button.
const ROOM_FOR_SOME: f32 = 420.0;
/// The room for the profile's name: what it has unless there is less, and what it is never wider than.
const LEAST_NAME: f32 = 104.0;
const WIDEST_NAME: f32 = 300.0;

/// In less width the logo stands without the program's name, which the title has as well.
const ROOM_FOR_NAME: f32 = 800.0;

/// Draws it.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    ui.spacing_mut().item_spacing.x = 10.0;
    ui.horizontal_centered(|ui| {
        logo(ui, state, tokens, asked);
        if state.page == Page::Start {
            if is_demo_running(state) {
                demo_badge(ui);
            }
            at_right(ui, |ui, room| start_actions(ui, state, room, asked));
            return;
        }
        let rest = ui.available_rect_before_wrap();
        let gap = ui.spacing().item_spacing.x;
        let badge = state.pane.view.snapshot().profile.is_local_demo().then(|| paint::badge_width(ui, "DEMO") + gap);
        let badge = badge.unwrap_or_default();
        let left = at_right(ui, |ui, room| actions(ui, state, room - LEAST_NAME - gap - badge, asked));
        // A name is as long as people like, and gives way to the buttons.
        let place = rest.with_max_x((left - gap).max(rest.left()));
        let builder = UiBuilder::new().max_rect(place).layout(egui::Layout::left_to_right(Align::Center));
        let mut inside = ui.new_child(builder);
        let name = (place.width() - badge).clamp(0.0, WIDEST_NAME);
        if let Some(index) = profile_picker(&mut inside, state, name, asked) {
            state.profiles.switch = Some(Switch { to: index, then: None });
        }
        if badge > 0.0 {
            demo_badge(&mut inside);
        }
        address(&mut inside, state, tokens);
    });
}

/// The logo, which leads to the start page.
fn logo(ui: &mut Ui, state: &State, tokens: &Tokens, asked: &mut Vec<UiCommand>) {
    let accent = *tokens.color.accent;
    let name = if ui.max_rect().width() < ROOM_FOR_NAME { "" } else { "Ticketscope" }.to_owned();
    let galley = ui.painter().layout_no_wrap(name, tokens.bold(tokens.size.text), *tokens.color.strong);
    let (rect, response) = ui.allocate_exact_size(vec2(17.0 + galley.size().x, tokens.size.button), Sense::CLICK);
    let center = rect.left_center() + vec2(5.5, 0.0);
    ui.painter().circle_stroke(center, 5.0, egui::Stroke::new(1.5, accent));
    ui.painter().circle_filled(center, 2.5, accent);
    ui.painter().galley(rect.left_center() + vec2(17.0, -galley.size().y / 2.0), galley, *tokens.color.strong);
    paint::focus(ui, rect, &response);
    let command = UiCommand::Start(match state.page {
        Page::Session => StartCommand::Page,
        Page::Start => StartCommand::Leave,
    });
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &*command.label(state)));
    if response.clicked() {
        asked.push(command);
    }
    response.on_hover_text(command.explanation(state));
}

/// Whether the demo goes on behind the start page.
fn is_demo_running(state: &State) -> bool {
    let snapshot = state.pane.view.snapshot();
    snapshot.profile.is_local_demo() && !state.is_at_rest()
}

fn demo_badge(ui: &mut Ui) {
    let size = vec2(paint::badge_width(ui, "DEMO"), 18.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::HOVER);
    let drawn = paint::badge(ui, rect, "DEMO");
    let badge = paint::describe(ui, drawn, egui::Role::Label, "DEMO");
    badge.on_hover_text("A server inside this program: nothing here is about a real service");
}

/// Draws `contents`, which is told how much room there is, at the right end; Tab goes through it from left to right. Returns
/// where it begins.
fn at_right(ui: &mut Ui, contents: impl FnOnce(&mut Ui, f32)) -> f32 {
    let (all, id) = (ui.available_rect_before_wrap(), ui.scope_id().with("at right"));
    let known: Option<f32> = ui.data(|data| data.get_temp(id));
    // What needs more than before has room for it, so that it is measured as wide as it is.
    let place = all.translate(vec2(all.width() - known.unwrap_or_default(), 0.0));
    let builder = UiBuilder::new().max_rect(place).layout(egui::Layout::left_to_right(Align::Center)).id_salt(id);
    let mut child = ui.new_child(builder);
    contents(&mut child, all.width());
    let width = child.min_rect().width().ceil();
    if known != Some(width) {
        ui.data_mut(|data| data.insert_temp(id, width));
        ui.ctx().request_discard("the width of what stands at the right is known now");
    }
    place.left()
}

/// The buttons of the start page.
fn start_actions(ui: &mut Ui, state: &State, room: f32, asked: &mut Vec<UiCommand>) {
    let size = vec2(0.0, Tokens::at(ui).size.button);
    if state.pane.view.snapshot().attempt.is_some() {
        button(ui, state, UiCommand::Start(StartCommand::Leave), Look::Plain, None, size, asked);
    }
    if room < ROOM_FOR_SOME {
        let layouts = Layout::iter().map(|layout| UiCommand::View(ViewCommand::Layout(layout)));
        let all: Vec<UiCommand> = layouts.chain([UiCommand::Palette, UiCommand::Theme]).collect();
        more(ui, state, "More commands", &all, asked);
        return;
    }
    layouts(ui, state, room > ROOM_FOR_ALL, asked);
    button(ui, state, UiCommand::Palette, Look::Plain, None, size, asked);
    theme(ui, state, asked);
}

fn theme(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let sign = match ui.visuals().dark_mode {
        true => "🌙",
        false => "☀",
    };
    let size = vec2(30.0, Tokens::at(ui).size.button);
    let response = button(ui, state, UiCommand::Theme, Look::Plain, Some(sign), size, asked);
    response.accessible_name(UiCommand::Theme.label(state));
}

/// For whom the window is laid out: as switches, or as a menu where there is little room.
fn layouts(ui: &mut Ui, state: &State, is_wide: bool, asked: &mut Vec<UiCommand>) {
    let size = vec2(0.0, Tokens::at(ui).size.button);
    let mut show = |ui: &mut Ui, layout: Layout, size: egui::Vec2| {
        let command = UiCommand::View(ViewCommand::Layout(layout));
        let response = button(ui, state, command, Look::Switch, Some(layout::name(layout)), size, asked);
        response.accessible_name(command.label(state))
    };
    if is_wide {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for layout in Layout::iter() {
                show(ui, layout, size);
            }
        });
        return;
    }
    let chosen = layout::name(state.settings.window.layout);
    let menu = ui.menu_button(format!("{chosen} ▾"), |ui| {
        for layout in Layout::iter() {
            if show(ui, layout, vec2(140.0, 24.0)).clicked() {
                ui.close();
            }
        }
    });
    menu.response.accessible_name("Layout").on_hover_text("For whom the window is laid out");
}

/// The list of profiles, at most so wide.
fn profile_picker(ui: &mut Ui, state: &State, widest: f32, asked: &mut Vec<UiCommand>) -> Option<usize> {
    let mut chosen = state.profiles.chosen;
    // Files are about the service that is in them, whatever was chosen before.
    let of_files = state.player.has_files().then(|| state.pane.view.snapshot().profile.name.as_str());
    let name = |index: usize| state.profiles.all.get(index).map_or("", |profile| profile.name.as_str());
    let shown = of_files.unwrap_or_else(|| name(chosen));
    let picker = ComboBox::from_id_salt("profile").selected_text(shown).width(LEAST_NAME.min(widest)).truncate();
    let list = |ui: &mut Ui| {
        for index in 0..state.profiles.all.len() {
            if choice(ui, index == chosen, name(index)).clicked() {
                chosen = index;
            }
        }
        ui.separator();
        let more = choice(ui, false, &*UiCommand::Profiles.label(state));
        if more.on_hover_text(UiCommand::Profiles.explanation(state)).clicked() {
            asked.push(UiCommand::Profiles);
        }
    };
    let place = ui.available_rect_before_wrap();
    let place = place.with_max_x(place.left() + widest);
    let builder = UiBuilder::new().max_rect(place).layout(egui::Layout::left_to_right(Align::Center));
    let response = ui.scope_builder(builder, |ui| picker.show_ui(ui, list).response).inner;
    let explanation = "What to connect to; choosing another one ends this session";
    response.accessible_name("Profile").on_hover_text(format!("{shown}\n{explanation}"));
    (chosen != state.profiles.chosen).then_some(chosen)
}

fn actions(ui: &mut Ui, state: &State, room: f32, asked: &mut Vec<UiCommand>) {
    let size = vec2(0.0, Tokens::at(ui).size.button);
    button(ui, state, UiCommand::Connection, Look::Primary, None, vec2(92.0, size.y), asked);
    // Most profiles need no secrets.
    let wants_secrets = secrets::wanted(&state.pane.view.snapshot().profile).next().is_some();
    // Support opens files; the other layouts start sessions.
    let own = match state.settings.window.layout {
        Layout::Support => UiCommand::Open(OpenCommand::Choose),
        Layout::Developer | Layout::Qa => UiCommand::NewSession,
    };
    let seldom: Vec<UiCommand> = wants_secrets
        .then_some(UiCommand::Secret(SecretCommand::Show))
        .into_iter()
        .chain([own])
        .chain(SELDOM)
        .collect();
    if room < ROOM_FOR_SOME {
        let panel = closed_panel(state).map(|(panel, _)| panel);
        let layouts = Layout::iter().map(|layout| UiCommand::View(ViewCommand::Layout(layout)));
        let rest: Vec<UiCommand> = [UiCommand::RetryNow].into_iter().chain(panel).chain(seldom).collect();
        let all: Vec<UiCommand> = rest.into_iter().chain(layouts).chain([UiCommand::Theme]).collect();
        more(ui, state, "More commands", &all, asked);
        return;
    }
    button(ui, state, UiCommand::RetryNow, Look::Plain, None, size, asked);
    let others = [wants_secrets, closed_panel(state).is_some()].map(|is_shown| if is_shown { ONE_MORE } else { 0.0 });
    let is_wide = room > ROOM_FOR_ALL + others.iter().sum::<f32>();
    if is_wide {
        for &command in &seldom {
            button(ui, state, command, Look::Plain, None, size, asked);
        }
    } else {
        more(ui, state, "More commands", &seldom, asked);
    }
    if let Some((panel, name)) = closed_panel(state) {
        button(ui, state, panel, Look::Switch, Some(name), size, asked);
    }
    layouts(ui, state, is_wide, asked);
    theme(ui, state, asked);
}

/// What brings back the panel at the right if it is closed, and what its button says.
fn closed_panel(state: &State) -> Option<(UiCommand, &'static str)> {
    if state.side_panel().is_some() {
        return None;
    }
    match state.settings.window.layout {
        Layout::Qa if !state.player.has_files() => Some((UiCommand::FaultPanel, "Faults")),
        Layout::Developer if !state.player.has_files() => None,
        Layout::Support | Layout::Developer | Layout::Qa => Some((UiCommand::View(ViewCommand::AnswerPanel), "Answer")),
    }
}

fn address(ui: &mut Ui, state: &State, tokens: &Tokens) {
    let rect = ui.available_rect_before_wrap();
    if rect.width() <= 0.0 {
        return;
    }
    let profile = &state.pane.view.snapshot().profile;
    let whole = format!("{} · {}", profile.api, profile.said_origin());
    // With little room the host says more than the beginning of the whole address.
    let host = profile.api.url().host_str().unwrap_or_default().to_owned();
    let font = tokens.mono();
    let width = |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), *tokens.color.muted).size().x;
    let text = [&whole, &profile.api.to_string()].into_iter().find(|text| width(text) <= rect.width()).cloned();
    let text = text.unwrap_or(host);
    let drawn = paint::cut_text(ui, rect, Align2::LEFT_CENTER, &text, font, *tokens.color.muted);
    ui.interact(drawn.rect, ui.scope_id().with("address"), Sense::hover()).on_hover_text(whole);
}
