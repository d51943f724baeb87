//! The profiles of this computer: the list, a new one, and the text of one with what is wrong in it.

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, Align2, Color32, ComboBox, FontId, Key, Label, Layout, RichText, Role, ScrollArea, Sense, TextEdit, Ui,
    WidgetInfo, vec2,
};

use super::super::button::{Look, button};
use super::super::command::{PanelCommand, Row, UiCommand};
use super::super::paint;
use super::super::profiles::{Beginning, Draft, Listed, preset};
use super::super::state::State;
use super::super::tokens::Tokens;
use crate::check::{StepState, step_lines};
use crate::model::SafeText;
use crate::presets;
use crate::profiles::fields;
use crate::profiles::folder::Job;

/// The width of the list.
const LIST: f32 = 270.0;
/// The height of a row of the list.
const ROW: f32 = 42.0;
/// The height of buttons and fields.
const FIELD: f32 = 28.0;

/// Begins a new profile.
static NEW: PanelCommand = PanelCommand {
    name: "new profile",
    row: |_| {
        let explanation = "Make a profile: from a preset, from an address, or as a copy";
        Row::new("New…", explanation, |cx| cx.state.files.begin(Beginning::Preset(0)))
    },
};

/// Makes it.
static CREATE: PanelCommand = PanelCommand {
    name: "create profile",
    row: |state| {
        let new = state.files.new.as_ref();
        let is_ready = new.is_some_and(|new| new.text().is_ok());
        Row::new("Make it", "Write it into the configuration folder", |cx| {
            let Some(new) = cx.state.files.new.clone() else { return };
            if let Ok(text) = new.text() {
                cx.ask_files(Job::Create(new.name.trim().to_owned(), text));
            }
        })
        .unless((!is_ready).then_some("Something is missing: see below"))
    },
};

/// Forgets it.
static CANCEL: PanelCommand = PanelCommand {
    name: "cancel new profile",
    row: |_| Row::new("Cancel", "Make no profile", |cx| cx.state.files.new = None),
};

/// Begins another one with the same text.
static DUPLICATE: PanelCommand = PanelCommand {
    name: "duplicate profile",
    row: |state| {
        let obstacle = state.files.draft.is_none().then_some("Choose a profile first");
        Row::new("Duplicate", "Begin a new profile with this text", |cx| {
            let of = cx.state.files.shown_name().unwrap_or_else(|| "Profile".to_owned());
            if let Some(draft) = &cx.state.files.draft {
                let text = draft.text.clone();
                cx.state.files.begin(Beginning::Copy { of, text });
            }
        })
        .unless(obstacle)
    },
};

/// Keeps what was edited.
static SAVE: PanelCommand = PanelCommand {
    name: "save profile",
    row: |state| {
        let draft = state.files.draft.as_ref();
        let job = draft.and_then(|draft| Some(Job::Replace(draft.file.clone()?, draft.text.clone())));
        Row::new("Save", "Write it into its file", |cx| {
            if let Some(job) = job {
                cx.ask_files(job);
            }
        })
        .key(Key::S)
        .unless(match draft {
            None => Some("Choose a profile first"),
            Some(draft) if draft.file.is_none() => Some("It is built in: duplicate it to change it"),
            Some(draft) if !draft.is_changed() => Some("It is saved"),
            Some(draft) if draft.problem().is_some() => Some("It cannot be used yet: see below the text"),
            Some(_) => None,
        })
    },
};

/// Forgets what was edited.
static REVERT: PanelCommand = PanelCommand {
    name: "revert profile",
    row: |state| {
        let is_changed = state.files.draft.as_ref().is_some_and(|draft| draft.is_changed());
        Row::new("Read the file again", "Forget what was edited here", |cx| {
            if let Some(file) = cx.state.files.revert() {
                cx.ask_files(Job::Read(file));
            }
        })
        .unless((!is_changed).then_some("Nothing was edited"))
    },
};

/// Deletes the file.
static DELETE: PanelCommand = PanelCommand {
    name: "delete profile",
    row: |state| {
        let draft = state.files.draft.as_ref();
        let file = draft.and_then(|draft| draft.file.clone());
        let obstacle = match draft {
            None => Some("Choose a profile first"),
            Some(_) => file.is_none().then_some("It is built in"),
        };
        Row::new("Delete", "Delete its file; that can be undone until this window is closed", |cx| {
            if let Some(file) = file {
                cx.ask_files(Job::Delete(file));
            }
        })
        .unless(obstacle)
    },
};

/// Brings it back.
static UNDO: PanelCommand = PanelCommand {
    name: "undo delete",
    row: |state| {
        let obstacle = state.files.deleted.is_none().then_some("Nothing was deleted");
        Row::new("Undo", "Write the file again", |cx| {
            if let Some((file, text)) = cx.state.files.deleted.clone() {
                cx.ask_files(Job::Restore(file, text));
            }
        })
        .unless(obstacle)
    },
};

/// Checks the service with the text as it stands there.
static TRY: PanelCommand = PanelCommand {
    name: "try profile",
    row: |state| {
        let is_usable = state.files.profile_shown().is_some();
        let explanation = "Check every part of the way with what stands here; this session is not touched";
        Row::new("Try it", explanation, |cx| cx.try_profile())
            .unless((!is_usable).then_some("It cannot be used yet: see below the text"))
            .unless(state.check.is_running().then_some("A check is going on"))
    },
};

/// Makes it the profile of the session.
static USE: PanelCommand = PanelCommand {
    name: "use profile",
    row: |state| {
        let place = state.files.place_shown();
        Row::new("Use it", "End this session and begin one with this profile", move |cx| {
            cx.state.switch_to = place;
            cx.state.overlay = None;
        })
        .unless(place.is_none().then_some("Save it first"))
    },
};

/// Draws it; returns whether it is to be closed.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) -> bool {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let height = (ui.ctx().content_rect().height() - 110.0).max(260.0);
    let is_closed = ui
        .horizontal(|ui| {
            ui.label(RichText::new("Profiles").font(tokens.bold(tokens.size.title)).color(*color.strong));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let is_closed = ui.button("Close").clicked();
                button(ui, state, UiCommand::Panel(&NEW), Look::Plain, None, vec2(0.0, FIELD), asked);
                news(ui, tokens, state, asked);
                is_closed
            })
            .inner
        })
        .inner;
    ui.add_space(4.0);
    let all = ui.available_rect_before_wrap();
    let all = all.with_max_y(all.top() + height - 50.0);
    let list_width = LIST.min(all.width() * 0.36);
    let (left, right) = all.split_left_right_at_x(all.left() + list_width);
    let child = |rect| egui::UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min));
    list(&mut ui.new_child(child(left.with_max_x(left.right() - 10.0)).id_salt("list")), state, asked);
    ui.painter().vline(right.left() - 4.0, right.y_range(), tokens.outline());
    let side = &mut ui.new_child(child(right.with_min_x(right.left() + 6.0)).id_salt("side"));
    if state.files.new.is_some() {
        new(side, state, asked);
    } else if state.files.draft.is_some() {
        draft(side, state, asked);
    } else {
        let words = "Choose a profile at the left, or make a new one";
        side.label(RichText::new(words).color(*color.muted));
    }
    ui.advance_cursor_after_rect(all);
    is_closed
}

/// Takes the keys of the dialog, before those of the window.
pub fn take_keys(ctx: &egui::Context, state: &State, asked: &mut Vec<UiCommand>) {
    let save = UiCommand::Panel(&SAVE);
    if let Some(keys) = save.row(state).keys
        && ctx.input_mut(|input| input.consume_shortcut(&keys))
    {
        asked.push(save);
    }
}

/// What has just been done, or could not be.
fn news(ui: &mut Ui, tokens: &Tokens, state: &State, asked: &mut Vec<UiCommand>) {
    let (color, files) = (&tokens.color, &state.files);
    let say = |ui: &mut Ui, words: String, tone: Color32| {
        ui.add(Label::new(RichText::new(words).size(tokens.size.small).color(tone)).truncate());
    };
    if let Some((file, _)) = &files.deleted {
        button(ui, state, UiCommand::Panel(&UNDO), Look::Plain, None, vec2(0.0, FIELD), asked);
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        say(ui, format!("{} was deleted", SafeText::new(&name)), *color.text);
    }
    match (&files.problem, &files.notice) {
        (Some(problem), _) => say(ui, format!("✖ {problem}"), *color.bad),
        (None, Some(notice)) => say(ui, format!("✓ {notice}"), *color.good),
        (None, None) => {}
    }
}

fn list(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let hint = RichText::new("Search by name or address").color(*tokens.color.muted);
    let field = TextEdit::singleline(&mut state.files.query).hint_text(hint).desired_width(f32::INFINITY);
    ui.add(field.margin(egui::Margin::symmetric(8, 5))).accessible_name("Search profiles");
    let rows = state.files.rows();
    if rows.is_empty() {
        ui.add_space(6.0);
        ui.label(RichText::new("No profile has that in its name or address").color(*tokens.color.muted));
    }
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, rows.len(), |ui, shown| {
        for place in shown {
            if let Some(listed) = rows.get(place) {
                one(ui, tokens, state, place, listed, asked);
            }
        }
    });
}

fn one(ui: &mut Ui, tokens: &Tokens, state: &State, place: usize, listed: &Listed, asked: &mut Vec<UiCommand>) {
    let color = &tokens.color;
    let shown = state.files.draft.as_ref();
    let is_shown = shown.is_some_and(|draft| match &listed.file {
        Some(_) => draft.file == listed.file,
        None => draft.file.is_none() && state.files.shown_name().as_deref() == Some(&listed.name),
    });
    let is_in_use = state.profiles.get(state.chosen).is_some_and(|profile| profile.name.as_str() == listed.name);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::CLICK);
    paint::row(ui, rect, &response, is_shown);
    let inside = rect.shrink2(vec2(10.0, 4.0));
    let (upper, lower) = inside.split_top_bottom_at_fraction(0.5);
    let small = FontId::proportional(tokens.size.small);
    let is_unsaved = listed.file.as_deref().is_some_and(|file| state.files.is_unsaved(file));
    let (mark, tone) = match (is_unsaved, is_in_use) {
        (true, _) => ("not saved", *color.warn),
        (false, true) => ("in use", *color.good),
        (false, false) => ("", *color.muted),
    };
    let mark = ui.painter().text(upper.right_center(), Align2::RIGHT_CENTER, mark, small.clone(), tone);
    let name_color = if listed.is_broken { *color.bad } else { *color.strong };
    let name = format!("{}{}", if listed.is_broken { "⚠ " } else { "" }, SafeText::new(&listed.name));
    let upper = upper.with_max_x(mark.left() - 6.0);
    let about = SafeText::new(&listed.about);
    for (place, text, font, tone) in
        [(upper, name.as_str(), tokens.font(), name_color), (lower, about.as_str(), small, *color.muted)]
    {
        let mut job = LayoutJob::simple_singleline(text.to_owned(), font, tone);
        job.wrap = egui::text::TextWrapping::truncate_at_width(place.width());
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(place.left_center() - vec2(0.0, galley.size().y / 2.0), galley, tone);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{name}: {about}")));
    if response.clicked() {
        asked.push(UiCommand::ShowProfile(place));
    }
    let file = listed.file.as_ref().map_or_else(|| "built in".to_owned(), |file| file.to_string_lossy().into_owned());
    response.on_hover_text(format!("{}\n{}", listed.about, SafeText::new(&file)));
}

fn new(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let muted = |text: &str| RichText::new(text).size(tokens.size.small).color(*color.muted);
    ui.label(RichText::new("New profile").font(tokens.bold(tokens.size.title)).color(*color.strong));
    ui.add_space(6.0);
    let Some(mut new) = state.files.new.take() else { return };
    ui.label("Name");
    let hint = RichText::new("What people call it, such as Customer A").color(*color.muted);
    let field = TextEdit::singleline(&mut new.name).hint_text(hint).desired_width(360.0).char_limit(64);
    let field = ui.add(field.margin(egui::Margin::symmetric(8, 5))).accessible_name("Name");
    if std::mem::take(&mut new.is_fresh) {
        field.request_focus();
    }
    ui.add_space(6.0);
    ui.label("Begin with");
    let is_copy = matches!(new.beginning, Beginning::Copy { .. }).then(|| new.beginning.clone());
    let choices = (0..presets::all().len()).map(Beginning::Preset).chain([Beginning::Address]).chain(is_copy);
    let picker = ComboBox::from_id_salt("begin with").selected_text(new.beginning.label()).width(360.0);
    let picker = picker.show_ui(ui, |ui| {
        for choice in choices {
            let label = choice.label();
            ui.selectable_value(&mut new.beginning, choice, label);
        }
    });
    picker.response.accessible_name("Begin with");
    match &new.beginning {
        Beginning::Preset(place) => {
            let about = preset(*place).map_or("", |preset| preset.about);
            ui.add(Label::new(muted(about)).wrap());
        }
        Beginning::Address => {
            ui.add_space(6.0);
            ui.label("Address");
            let hint = RichText::new("wss://api.example.com/ws or https://api.example.com").color(*color.muted);
            let field = TextEdit::singleline(&mut new.address).hint_text(hint).desired_width(360.0);
            ui.add(field.margin(egui::Margin::symmetric(8, 5))).accessible_name("Address");
            let about = "wss:// for a WebSocket; https:// for an API that signs in and gives tickets. \
                         What looks like a secret in the address becomes a secret of the profile and is not written down";
            ui.add(Label::new(muted(about)).wrap());
        }
        Beginning::Copy { .. } => {}
    }
    ui.add_space(8.0);
    let problem = new.text().err();
    state.files.new = Some(new);
    ui.horizontal(|ui| {
        button(ui, state, UiCommand::Panel(&CREATE), Look::Primary, None, vec2(0.0, FIELD), asked);
        button(ui, state, UiCommand::Panel(&CANCEL), Look::Plain, None, vec2(0.0, FIELD), asked);
    });
    if let Some(problem) = problem {
        ui.add(Label::new(muted(&SafeText::new(&problem).to_string())).wrap());
    }
}

fn draft(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let small = |text: String, tone: Color32| RichText::new(text).size(tokens.size.small).color(tone);
    let Some(draft) = &state.files.draft else { return };
    let file = match &draft.file {
        Some(file) => SafeText::new(&file.to_string_lossy()).to_string(),
        None => "built in: duplicate it to change it".to_owned(),
    };
    let (is_changed, is_outdated) = (draft.is_changed(), draft.is_outdated);
    ui.horizontal(|ui| {
        let file_name = || draft.file.as_deref()?.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = state.files.shown_name().or_else(file_name).unwrap_or_default();
        let name = SafeText::new(&name).to_string();
        ui.add(Label::new(RichText::new(name).font(tokens.bold(tokens.size.title)).color(*color.strong)).truncate());
        if is_changed {
            ui.label(small("not saved".to_owned(), *color.warn));
        }
    });
    ui.add(Label::new(small(file, *color.muted)).truncate());
    ui.horizontal_wrapped(|ui| {
        let size = vec2(0.0, FIELD);
        button(ui, state, UiCommand::Panel(&SAVE), Look::Primary, None, size, asked);
        button(ui, state, UiCommand::Panel(&TRY), Look::Plain, None, size, asked);
        button(ui, state, UiCommand::Panel(&USE), Look::Plain, None, size, asked);
        button(ui, state, UiCommand::Panel(&DUPLICATE), Look::Plain, None, size, asked);
        button(ui, state, UiCommand::Panel(&DELETE), Look::Plain, None, size, asked);
        if is_changed {
            button(ui, state, UiCommand::Panel(&REVERT), Look::Plain, None, size, asked);
        }
    });
    if is_outdated {
        let words = "⚠ The file was changed elsewhere meanwhile: Save puts this text in its place";
        ui.add(Label::new(small(words.to_owned(), *color.warn)).wrap());
    }
    if let Some(mut draft) = state.files.draft.take() {
        if draft.file.is_some() {
            form(ui, tokens, &mut draft);
        }
        state.files.draft = Some(draft);
    }
    let tried = if state.files.is_tried && state.check.has_begun() { 190.0 } else { 0.0 };
    let room = (ui.available_height() - 44.0 - tried).max(80.0);
    if let Some(mut draft) = state.files.draft.take() {
        editor(ui, tokens, &mut draft, room);
        problem(ui, tokens, &draft);
        state.files.draft = Some(draft);
    }
    if tried > 0.0 {
        steps(ui, tokens, state);
    }
}

/// The fields that are used most: key, label, and what stands there while there is nothing.
const FIELDS: [(&str, &str, &str); 4] = [
    ("name", "Name", "What people call it"),
    ("api", "API", "https://api.example.com"),
    ("websocket", "WebSocket", "beside the API, unless an answer or this says where: wss://api.example.com"),
    ("origin", "Origin", "none is sent, as by a program; of a page: https://app.example.com"),
];

/// Fields for what is used most; each is read from the text and written into it.
fn form(ui: &mut Ui, tokens: &Tokens, draft: &mut Draft) {
    let color = &tokens.color;
    let wrong = draft.problem().map(|problem| problem.line);
    egui::Grid::new("fields").num_columns(2).spacing([12.0, 4.0]).show(ui, |ui| {
        for (key, label, hint) in FIELDS {
            let is_wrong = wrong.is_some() && fields::line_number(&draft.text, key) == wrong;
            let tone = if is_wrong { *color.bad } else { *color.muted };
            let name = ui.label(RichText::new(label).size(tokens.size.small).color(tone));
            let mut value = fields::value_of(&draft.text, key).unwrap_or_default();
            let field = TextEdit::singleline(&mut value)
                .id_salt(key)
                .hint_text(RichText::new(hint).size(tokens.size.small).color(*color.muted))
                .text_color(if is_wrong { *color.bad } else { *color.text })
                .desired_width((ui.available_width() - 16.0).min(520.0))
                .margin(egui::Margin::symmetric(8, 3));
            if ui.add(field).labelled_by(name.id).changed() {
                draft.text = fields::with_value(&draft.text, key, &value);
                draft.edited();
            }
            ui.end_row();
        }
    });
}

fn editor(ui: &mut Ui, tokens: &Tokens, draft: &mut Draft, room: f32) {
    let wrong = draft.problem().map(|problem| problem.line);
    let is_editable = draft.file.is_some();
    let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, _: f32| {
        ui.fonts_mut(|fonts| fonts.layout_job(coloured(tokens, text.as_str(), wrong)))
    };
    egui::Frame::new().fill(*tokens.color.field).show(ui, |ui| {
        ScrollArea::both().id_salt("text").max_height(room).min_scrolled_height(room).auto_shrink(false).show(
            ui,
            |ui| {
                let field = TextEdit::multiline(&mut draft.text)
                    .font(tokens.mono())
                    .code_editor()
                    .interactive(is_editable)
                    .desired_width(f32::INFINITY)
                    .desired_rows(((room / 16.0) as usize).max(4))
                    .layouter(&mut layouter);
                if ui.add(field).accessible_name("Text of the profile").changed() {
                    draft.edited();
                }
            },
        );
    });
}

/// TOML with its comments, tables and keys in colours, and the line that is wrong on red.
fn coloured(tokens: &Tokens, text: &str, wrong: Option<usize>) -> LayoutJob {
    let color = &tokens.color;
    let mut job = LayoutJob::default();
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let background = if wrong == Some(number) { *color.tint_bad } else { Color32::TRANSPARENT };
        let mut say = |text: &str, tone: Color32| {
            job.append(text, 0.0, TextFormat { background, ..TextFormat::simple(tokens.mono(), tone) });
        };
        let trimmed = line.trim_start();
        if trimmed.starts_with('#') {
            say(line, *color.muted);
        } else if trimmed.starts_with('[') {
            say(line, *color.strong);
        } else if let Some((key, value)) = line.split_once('=') {
            say(key, *color.accent);
            say("=", *color.muted);
            say(value, *color.text);
        } else {
            say(line, *color.text);
        }
    }
    job
}

/// What is wrong with the text, or that nothing is.
fn problem(ui: &mut Ui, tokens: &Tokens, draft: &Draft) {
    let color = &tokens.color;
    let (words, tone) = match draft.problem() {
        // Only this name may not be used by others.
        Some(_) if draft.file.is_none() => return,
        Some(error) => (format!("✖ {error}"), *color.bad),
        None => ("✓ It can be used".to_owned(), *color.good),
    };
    ui.add(Label::new(RichText::new(words).size(tokens.size.small).color(tone)).wrap());
}

/// How the check goes.
fn steps(ui: &mut Ui, tokens: &Tokens, state: &State) {
    let color = &tokens.color;
    let small = |text: String, tone: Color32| RichText::new(text).size(tokens.size.small).color(tone);
    ui.separator();
    if let Some(outcome) = state.check.outcome() {
        let conclusion = outcome.conclusion();
        let words = format!("{}: {}. {}", conclusion.status, conclusion.title, conclusion.next);
        ui.add(Label::new(small(words, color.tone(conclusion.tone))).wrap());
    }
    ScrollArea::vertical().id_salt("steps").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for step in state.check.results().iter().filter(|step| step.state != StepState::Waiting) {
            let tone = match step.state {
                StepState::Passed => *color.good,
                StepState::Warning => *color.warn,
                StepState::Failed => *color.bad,
                StepState::Running => *color.busy,
                StepState::Skipped | StepState::NotRun | StepState::Waiting => *color.muted,
            };
            for line in step_lines(step) {
                let line = RichText::new(line).font(FontId::monospace(tokens.size.small)).color(tone);
                ui.add(Label::new(line).truncate());
            }
        }
    });
}
