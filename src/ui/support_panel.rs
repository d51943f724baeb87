//! What those who answer users need beside the verdict: what was found, what operations search for, and whether it works
//! from here.

use egui::{Align, Align2, Frame, Label, Layout, Rect, RichText, ScrollArea, Ui, vec2};

use super::answer;
use super::button::{Look, button};
use super::command::{CopyCommand, ReportCommand, UiCommand, ViewCommand};
use super::paint;
use super::scrolling;
use super::state::State;
use super::tokens::Tokens;
use crate::diagnosis::Severity;
use crate::view::{Fact, Tone};

/// A part of the panel: what it is called, whether there is something in it, and how it is drawn.
struct Block {
    title: &'static str,
    is_shown: fn(&State) -> bool,
    show: fn(&mut Ui, &State, &mut Vec<UiCommand>),
}

/// All of them, from top to bottom.
const BLOCKS: [Block; 6] = [
    Block { title: "Answer for the user", is_shown: |_| true, show: answer_for_user },
    Block { title: "Not in these files", is_shown: |state| !unseen(state).is_empty(), show: not_in_files },
    Block { title: "Also in these files", is_shown: |state| !state.player.notes().is_empty(), show: also_in_files },
    Block { title: "Findings", is_shown: |_| true, show: findings },
    Block { title: "For operations", is_shown: |_| true, show: operations },
    Block {
        title: "Does it work from here?",
        is_shown: |state| !state.player.has_recording() || state.player.has_files(),
        show: from_here,
    },
];

/// The column of the names of facts.
const NAMES: f32 = 82.0;

/// Draws it.
pub fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let area = ScrollArea::vertical().id_salt("support").auto_shrink(false);
    scrolling::show(ui, "Answer and findings", area, |ui, area| {
        area.show(ui, |ui| {
            for (place, block) in BLOCKS.iter().filter(|block| (block.is_shown)(state)).enumerate() {
                let title = RichText::new(block.title).font(tokens.bold(tokens.size.text)).color(*tokens.color.strong);
                if place == 0 {
                    ui.horizontal(|ui| {
                        ui.label(title);
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| close(ui, state, asked));
                    });
                } else {
                    ui.label(title);
                }
                (block.show)(ui, state, asked);
                ui.add_space(tokens.size.margin);
            }
            scrolling::follow_focus(ui);
        })
    });
}

fn close(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let hide = UiCommand::View(ViewCommand::AnswerPanel);
    let size = vec2(22.0, Tokens::at(ui).size.fault_button);
    button(ui, state, hide, Look::Plain, Some("×"), size, asked).accessible_name("Close the panel");
}

/// The answer in plain words, and the button that copies it.
fn answer_for_user(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let (color, size) = (&tokens.color, &tokens.size);
    let text = state.support().into_owned().answer;
    let frame = Frame::new().fill(*color.field).corner_radius(size.card_radius).inner_margin(size.pad as i8);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(RichText::new(text).color(*color.text)).wrap().selectable(true));
    });
    let least = vec2(0.0, size.fault_button);
    button(ui, state, UiCommand::Copies(CopyCommand::UserAnswer), Look::Primary, Some("Copy"), least, asked)
        .accessible_name("Copy the answer for the user");
}

fn unseen(state: &State) -> Vec<Fact> {
    state.support().into_owned().unseen
}

/// What the files cannot tell, and whether that matters.
fn not_in_files(ui: &mut Ui, state: &State, _: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let (color, size) = (&tokens.color, &tokens.size);
    for Fact { name, value } in unseen(state) {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(name).color(*color.text));
            ui.label(RichText::new(value).size(size.small).color(*color.muted));
        });
    }
    let text = match &state.support().ask {
        Some(ask) => format!("What would tell: {}. How to get it is in the answer.", ask.file),
        None => "Nothing of it is needed for the answer.".to_owned(),
    };
    ui.add(Label::new(RichText::new(text).size(size.small).color(*color.muted)).wrap());
}

/// What is in the files and not shown.
fn also_in_files(ui: &mut Ui, state: &State, _: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    for note in state.player.notes() {
        let text = RichText::new(note.as_str()).size(tokens.size.small).color(*tokens.color.text);
        ui.add(Label::new(text).wrap().selectable(true));
    }
}

fn findings(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let (color, size) = (&tokens.color, &tokens.size);
    if state.verdict().findings.is_empty() {
        ui.label(RichText::new("Nothing is wrong at this moment").color(*color.muted));
        return;
    }
    for (depth, finding) in state.findings() {
        let tone = match finding.severity() {
            Severity::Error => Tone::Bad,
            Severity::Warning => Tone::Warning,
            Severity::Notice => Tone::Neutral,
        };
        let sign = if depth > 0 { "└" } else { "●" };
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.label(RichText::new(sign).color(color.tone(tone)));
            ui.add(Label::new(RichText::new(&finding.problem.title).color(*color.text)).wrap().selectable(true));
        });
        let owner = format!("Owner: {}", finding.problem.owner);
        ui.label(RichText::new(owner).size(size.small).color(*color.muted));
    }
    ui.horizontal_wrapped(|ui| {
        let least = vec2(0.0, size.fault_button);
        button(ui, state, UiCommand::Copies(CopyCommand::Findings), Look::Plain, Some("Copy"), least, asked)
            .accessible_name("Copy findings");
        button(ui, state, UiCommand::Proof(0), Look::Plain, None, least, asked);
    });
}

fn operations(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let (color, size) = (&tokens.color, &tokens.size);
    // Title, cause, owner and advice stand above.
    let is_short = |name: &str| !matches!(name, "problem" | "cause" | "who can fix it" | "what to do");
    for (name, value) in answer::operations(state).into_iter().filter(|(name, _)| is_short(name)) {
        let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), size.card_row), egui::Sense::HOVER);
        let small = egui::FontId::proportional(size.small);
        let left = Rect::from_min_size(line.min, vec2(NAMES, line.height()));
        paint::cut_text(ui, left, Align2::LEFT_CENTER, name, small, *color.muted);
        let right = line.with_min_x(left.right());
        paint::cut_text(ui, right, Align2::LEFT_CENTER, &value, tokens.mono(), *color.text);
    }
    ui.horizontal_wrapped(|ui| {
        let least = vec2(0.0, size.fault_button);
        button(ui, state, UiCommand::Copies(CopyCommand::Operations), Look::Plain, Some("Copy"), least, asked)
            .accessible_name("Copy for operations");
        button(ui, state, UiCommand::Report(ReportCommand::Make), Look::Plain, None, least, asked);
    });
}

fn from_here(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let text = match state.check.outcome() {
        Some(outcome) => {
            let verdict = outcome.verdict();
            format!("{}: {}", verdict.status, verdict.title)
        }
        None => "A check of the same address from this computer tells whether only this user is affected.".to_owned(),
    };
    ui.add(Label::new(RichText::new(text).color(*tokens.color.muted)).wrap().selectable(true));
    button(ui, state, UiCommand::Check, Look::Plain, None, vec2(0.0, tokens.size.fault_button), asked);
}
