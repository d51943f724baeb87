//! What a new profile begins with.

use egui::{ComboBox, Label, RichText, TextEdit, Ui, vec2};

use super::super::super::button::{Look, button, choice};
use super::super::super::command::UiCommand;
use super::super::super::profiles::{Beginning, preset};
use super::super::super::state::State;
use super::super::super::tokens::Tokens;
use super::commands::{CANCEL, CREATE};
use super::news::FIELD;
use crate::model::SafeText;
use crate::presets;

/// Draws it.
pub(super) fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
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
    let choices =
        [Beginning::Address].into_iter().chain((0..presets::all().len()).map(Beginning::Preset)).chain(is_copy);
    let picker = ComboBox::from_id_salt("begin with").selected_text(new.beginning.label()).width(360.0).height(480.0);
    let picker = picker.show_ui(ui, |ui| {
        for beginning in choices {
            if choice(ui, new.beginning == beginning, beginning.label()).clicked() {
                new.beginning = beginning;
            }
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
