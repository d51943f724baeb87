//! The start page, drawn.

use egui::{
    Align, ComboBox, Frame, Key, KeyboardShortcut, Label, Layout, Margin, Modifiers, Rect, Response, RichText, Role,
    ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::super::button::{Look, button, choice, link};
use super::super::command::{OpenCommand, StartCommand, UiCommand};
use super::super::paint;
use super::super::scrolling;
use super::super::state::State;
use super::super::tokens::Tokens;
use super::recent;
use crate::model::{Browser, Profile, RecordingState};
use crate::view::Tone;

/// The page is not wider.
const WIDEST: f32 = 1_440.0;
/// From this width on the parts stand side by side.
const BESIDE: f32 = 820.0;
/// The height of a card beside others.
const CARD: f32 = 168.0;
/// The height of a row of profiles or files.
const ROW: f32 = 46.0;

/// The room for what can be done with a row.
const ONE_ACTION: f32 = 54.0;
const TWO_ACTIONS: f32 = 118.0;

/// Draws it.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let all = ui.available_rect_before_wrap();
    let width = (all.width() - 2.0 * tokens.size.margin).min(WIDEST);
    ScrollArea::vertical().id_salt("start page").auto_shrink(false).show(ui, |ui| {
        let left = (all.width() - width) / 2.0;
        let place = Rect::from_min_size(ui.cursor().min + vec2(left, 0.0), vec2(width, f32::INFINITY));
        let mut inside = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Min)));
        page(&mut inside, tokens, state, asked);
        ui.advance_cursor_after_rect(inside.min_rect());
        ui.add_space(tokens.size.margin);
        scrolling::follow_focus(ui);
    });
}

fn page(ui: &mut Ui, tokens: &Tokens, state: &mut State, asked: &mut Vec<UiCommand>) {
    let (color, size) = (&tokens.color, &tokens.size);
    ui.add_space(if ui.ctx().content_rect().height() < size.roomy { size.pad } else { 36.0 });
    let title = RichText::new("What would you like to look at?").font(tokens.bold(size.countdown));
    ui.label(title.color(*color.strong));
    ui.label(RichText::new("Nothing is contacted before you press a button.").color(*color.muted));
    ui.add_space(size.pad);
    let cards: [fn(&mut Ui, &mut State, &mut Vec<UiCommand>); 3] = [check, open, demo];
    let is_wide = ui.available_width() >= BESIDE;
    side_by_side(ui, is_wide.then_some(CARD), cards, state, asked);
    ui.add_space(size.margin);
    let lists: [fn(&mut Ui, &mut State, &mut Vec<UiCommand>); 2] = [profiles, files];
    side_by_side(ui, is_wide.then_some(0.0), lists, state, asked);
}

/// Draws `parts` side by side, each at least so high, or else below one another.
fn side_by_side<const COUNT: usize>(
    ui: &mut Ui,
    height: Option<f32>,
    parts: [fn(&mut Ui, &mut State, &mut Vec<UiCommand>); COUNT],
    state: &mut State,
    asked: &mut Vec<UiCommand>,
) {
    let gap = Tokens::at(ui).size.margin;
    let Some(height) = height else {
        for part in parts {
            part(ui, state, asked);
            ui.add_space(gap);
        }
        return;
    };
    let top = ui.cursor().min;
    let width = ((ui.available_width() - gap * (COUNT - 1) as f32) / COUNT as f32).floor();
    let mut bottom = top.y;
    for (index, part) in parts.into_iter().enumerate() {
        let left = top.x + index as f32 * (width + gap);
        let place = Rect::from_min_size(pos2(left, top.y), vec2(width, height.max(ROW)));
        let builder = UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Min)).id_salt(index);
        let mut child = ui.new_child(builder);
        part(&mut child, state, asked);
        bottom = bottom.max(child.min_rect().bottom());
    }
    let all = Rect::from_min_max(top, pos2(top.x + ui.available_width(), bottom.max(top.y + height)));
    ui.advance_cursor_after_rect(all);
}

/// A card with a title and a sentence below it.
fn card(ui: &mut Ui, is_first: bool, title: &str, about: &str, contents: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::at(ui);
    let (color, size) = (&tokens.color, &tokens.size);
    let border = if is_first { color.primary_border } else { color.border };
    let margin = Margin::same(size.margin as i8);
    let frame = Frame::new().fill(*color.card).stroke(egui::Stroke::new(1.0, border)).corner_radius(size.card_radius);
    frame.inner_margin(margin).show(ui, |ui| {
        ui.set_width(ui.available_width());
        // With the margins it is as high as the cards beside it; below one another each is as high as it needs.
        if ui.max_rect().height().is_finite() {
            ui.set_min_height(ui.max_rect().height().clamp(0.0, CARD - 2.0 * size.margin));
        }
        ui.label(RichText::new(title).font(tokens.bold(size.title)).color(*color.strong));
        ui.add(Label::new(about).wrap());
        ui.add_space(2.0);
        contents(ui);
    });
}

fn check(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let about = "Every step from this computer, in a few seconds: what is wrong, who can fix it, what to do next.";
    card(ui, true, "Check a service", about, |ui| {
        let others: Vec<usize> = own_profiles(state).map(|(place, _)| place).collect();
        let name = |place: usize| state.profiles.all.get(place).map_or("", |profile| profile.name.as_str());
        let wanted = preselected(state);
        let mut chosen = wanted;
        ui.horizontal_wrapped(|ui| {
            let width = (ui.available_width() - 150.0).clamp(110.0, 190.0);
            let response = ComboBox::from_id_salt("start profile")
                .selected_text(chosen.map_or("No profile yet", name))
                .width(width)
                .truncate()
                .show_ui(ui, |ui| {
                    for &place in &others {
                        if choice(ui, chosen == Some(place), name(place)).clicked() {
                            chosen = Some(place);
                        }
                    }
                })
                .response;
            response.accessible_name("Service to check");
            if let Some(place) = chosen {
                let (check, connect) = (StartCommand::Check(place), StartCommand::Connect(place));
                let size = vec2(0.0, 0.0);
                let named =
                    |response: Response, what: &str| response.accessible_name(format!("{what} {}", name(place)));
                named(button(ui, state, UiCommand::Start(check), Look::Primary, Some("Check"), size, asked), "Check");
                named(
                    button(ui, state, UiCommand::Start(connect), Look::Plain, Some("Connect"), size, asked),
                    "Connect to",
                );
            }
        });
        if chosen != wanted {
            state.start.choice = chosen;
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let tokens = Tokens::at(ui);
            let muted = |text: &str| RichText::new(text).size(tokens.size.small).color(*tokens.color.muted);
            let question = if others.len() > 1 { "Another service?" } else { "No profile yet?" };
            ui.label(muted(question));
            link(ui, state, UiCommand::Start(StartCommand::NewProfile), "New profile…", asked);
            ui.label(muted("from a URL or a preset"));
        });
    });
}

fn open(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let about = "HAR, console text, network log, server log, report or recording. Several at once are joined.";
    card(ui, false, "Open what a user sent", about, |ui| {
        let tokens = Tokens::at(ui);
        let (color, size) = (&tokens.color, &tokens.size);
        let muted = |text: String| RichText::new(text).size(size.small).color(*color.muted);
        ui.horizontal_wrapped(|ui| {
            button(ui, state, UiCommand::Open(OpenCommand::Choose), Look::Plain, Some("Open…"), vec2(0.0, 0.0), asked);
            let paste = ui.ctx().format_shortcut(&KeyboardShortcut::new(Modifiers::COMMAND, Key::V));
            ui.label(muted(format!("or drop files here, or paste text ({paste})")));
        });
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            ui.label(muted("Copy what to ask for:".to_owned()));
            for browser in [Browser::Chromium, Browser::Firefox, Browser::Safari] {
                let copy = UiCommand::Start(StartCommand::CopySteps(browser));
                let name = browser.to_string();
                link(ui, state, copy, name.as_str(), asked)
                    .accessible_name(format!("Copy what to ask a user of {name} for"));
            }
        });
    });
}

fn demo(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let about =
        "A local server inside the program. Break it with every fault, run the drills. Marked DEMO wherever it shows.";
    card(ui, false, "Try the demo", about, |ui| {
        button(ui, state, UiCommand::Start(StartCommand::Demo), Look::Plain, None, vec2(0.0, 0.0), asked);
    });
}

/// The profiles that lead to somebody's service, each with its place.
fn own_profiles(state: &State) -> impl Iterator<Item = (usize, &Profile)> {
    state.profiles.all.iter().enumerate().filter(|(_, profile)| !profile.is_local_demo())
}

/// The profile to check unless a person says otherwise: this computer's own that is in use, or else the first of its own,
/// so that nobody contacts the service of others by mistake.
fn preselected(state: &State) -> Option<usize> {
    let chosen = own_profiles(state).find(|(place, _)| Some(*place) == state.start.choice);
    let mut own = own_profiles(state).filter(|(_, profile)| !is_built_in(profile));
    let in_use = own_profiles(state).find(|(place, profile)| *place == state.profiles.chosen && !is_built_in(profile));
    let known = chosen.or(in_use).or_else(|| own.next()).or_else(|| own_profiles(state).next());
    known.map(|(place, _)| place)
}

fn is_built_in(profile: &Profile) -> bool {
    profile.name == Profile::production().name
}

fn heading(ui: &mut Ui, text: &str) {
    let tokens = Tokens::at(ui);
    let text = RichText::new(text).font(tokens.bold(tokens.size.section)).color(*tokens.color.muted);
    ui.label(text.extra_letter_spacing(0.6));
}

fn profiles(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    ui.horizontal(|ui| {
        heading(ui, "PROFILES");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let edit = button(ui, state, UiCommand::Profiles, Look::Plain, Some("Edit…"), vec2(0.0, 24.0), asked);
            edit.accessible_name("Edit profiles");
            let hint = RichText::new("Find a profile").color(*tokens.color.muted);
            let field = TextEdit::singleline(&mut state.start.query).hint_text(hint);
            let field =
                field.desired_width((ui.available_width() - 16.0).clamp(60.0, 180.0)).margin(Margin::symmetric(8, 4));
            ui.add(field).accessible_name("Find a profile");
        });
    });
    let query = state.start.query.trim().to_lowercase();
    let shown: Vec<(usize, String, String)> = own_profiles(state)
        .map(|(place, profile)| (place, profile.name.to_string(), profile.api.to_string()))
        .filter(|(_, name, about)| format!("{name} {about}").to_lowercase().contains(&query))
        .collect();
    list(ui, |ui| {
        for (place, name, about) in &shown {
            let (tone, outcome) = last_outcome(state, name);
            row(ui, tone, [name, about, &outcome], TWO_ACTIONS, |ui| {
                let (check, connect) = (StartCommand::Check(*place), StartCommand::Connect(*place));
                link(ui, state, UiCommand::Start(connect), "Connect", asked)
                    .accessible_name(format!("Connect to {name}, in the list"));
                link(ui, state, UiCommand::Start(check), "Check", asked)
                    .accessible_name(format!("Check {name}, in the list"));
            });
        }
        for listed in state.files.rows().iter().filter(|listed| listed.is_broken) {
            row(ui, Some(Tone::Warning), [&listed.name, &listed.about, "cannot be used"], ONE_ACTION, |ui| {
                link(ui, state, UiCommand::Profiles, "Fix…", asked).accessible_name(format!("Fix {}", listed.name));
            });
        }
        if shown.is_empty() {
            let text = if query.is_empty() { "No profile yet" } else { "No profile is called that" };
            ui.label(RichText::new(text).color(*tokens.color.muted));
        }
    });
}

/// How the newest recording with a profile ended, if there is one.
fn last_outcome(state: &State, name: &str) -> (Option<Tone>, String) {
    let kept = state.player.kept.iter().flatten();
    let newest = kept.filter_map(|kept| kept.summary.as_ref()).find(|summary| summary.profile.as_str() == name);
    match newest {
        Some(summary) => {
            (Some(summary.tone), format!("{}, {}", summary.outcome, state.own_calendar().day(summary.start)))
        }
        None => (None, "never contacted".to_owned()),
    }
}

fn files(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(26.0);
        heading(ui, "RECENT");
    });
    let recent = recent(state);
    list(ui, |ui| {
        for (place, file) in recent.iter().enumerate() {
            let (outcome, tone) = &file.outcome;
            row(ui, Some(*tone), [&file.title, &file.about, outcome], ONE_ACTION, |ui| {
                let open = UiCommand::Start(StartCommand::Open(place));
                link(ui, state, open, "Open", asked).accessible_name(format!("Open {}", file.title));
            });
        }
        if recent.is_empty() {
            let text = match state.pane.view.snapshot().recording {
                RecordingState::On { .. } => {
                    "The running session is being recorded; nothing else was recorded or opened"
                }
                RecordingState::Off | RecordingState::Full { .. } | RecordingState::Failed { .. } => {
                    "Nothing was recorded or opened yet"
                }
            };
            ui.label(RichText::new(text).color(*tokens.color.muted));
        }
    });
}

/// The frame around rows.
fn list(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::at(ui);
    let (color, size) = (&tokens.color, &tokens.size);
    let frame = Frame::new().fill(*color.card).stroke(tokens.outline()).corner_radius(size.card_radius);
    frame.inner_margin(Margin::symmetric(size.pad as i8, 6)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 0.0;
        contents(ui);
    });
}

/// A row: how it feels; what it is called, what it is, what came of it; and what can be done with it, in so much room.
fn row(ui: &mut Ui, tone: Option<Tone>, [name, about, outcome]: [&str; 3], room: f32, actions: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::at(ui);
    let (color, size) = (&tokens.color, &tokens.size);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::HOVER);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {outcome}")));
    let dot = pos2(rect.left() + 6.0, rect.top() + 15.0);
    match tone {
        Some(tone) => ui.painter().circle_filled(dot, 4.5, color.tone(tone)),
        None => ui.painter().circle_stroke(dot, 4.0, egui::Stroke::new(1.2, color.muted)),
    };
    let left = rect.left() + 22.0;
    let right = rect.right() - room;
    let small = egui::FontId::proportional(size.small);
    // The outcome begins in the middle; where it has no room there, it has what the name leaves free.
    let middle = rect.left() + rect.width() * 0.5;
    let after_name = left + paint::text_width(ui, name, tokens.font()) + 20.0;
    let before_end = right - paint::text_width(ui, outcome, small.clone()) - 10.0;
    let middle = middle.min(before_end.max(after_name));
    let line = |top: f32, from: f32, to: f32| {
        Rect::from_min_max(pos2(from, rect.top() + top), pos2(to - 8.0, rect.top() + top + 18.0))
    };
    let left_center = egui::Align2::LEFT_CENTER;
    paint::cut_text(ui, line(6.0, left, middle), left_center, name, tokens.font(), *color.strong);
    paint::cut_text(ui, line(24.0, left, right), left_center, about, small.clone(), *color.muted);
    let ink = tone.map_or(*color.muted, |tone| color.tone(tone));
    paint::cut_text(ui, line(6.0, middle, right), left_center, outcome, small, ink);
    let place = Rect::from_min_max(pos2(right, rect.top()), rect.max);
    let builder = UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Center)).id_salt(name);
    let mut child = ui.new_child(builder);
    child.spacing_mut().item_spacing.x = 10.0;
    actions(&mut child);
}
