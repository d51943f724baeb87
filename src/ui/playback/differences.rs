//! What comparing two recordings found, side by side.

use std::fmt;
use std::path::PathBuf;

use egui::{Align, Frame, Label, Layout, RichText, ScrollArea, Ui, vec2};

use super::super::command::UiCommand;
use super::super::paint::{self, Look};
use super::super::state::State;
use super::super::tokens::Tokens;
use crate::model::SafeText;
use crate::replay::{Changed, Diff, Divergence, Similarity};

/// One of two recordings that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
pub enum Side {
    /// The one that was shown.
    A,
    /// The other one.
    B,
}

impl Side {
    const BOTH: [Self; 2] = [Self::A, Self::B];

    const fn of<T>(self, pair: &[T; 2]) -> &T {
        let [a, b] = pair;
        match self {
            Self::A => a,
            Self::B => b,
        }
    }
}

/// What comparing two recordings found.
pub struct Comparison {
    /// Their names and files.
    pub sides: [(SafeText, PathBuf); 2],
    pub diff: Diff,
}

impl Comparison {
    /// The name and the file of one of them.
    pub fn side(&self, side: Side) -> &(SafeText, PathBuf) {
        side.of(&self.sides)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [(a, _), (b, _)] = &self.sides;
        write!(f, "A: {a}\nB: {b}\n{}", self.diff)
    }
}

/// Draws it. Returns whether an entry was chosen.
pub fn comparison(ui: &mut Ui, tokens: &Tokens, state: &State, asked: &mut Vec<UiCommand>) -> bool {
    let Some(found) = state.player.comparison() else { return true };
    let (color, diff) = (&tokens.color, &found.diff);
    let before = asked.len();
    let tint = match diff.result {
        Similarity::Same => *color.good,
        Similarity::OtherValues | Similarity::OtherSequence => *color.warn,
    };
    ui.horizontal(|ui| {
        let title = |text: &str| RichText::new(text).font(tokens.bold(tokens.size.title));
        ui.label(title("What differs").color(*color.strong));
        ui.label(title(diff.result.label()).color(tint));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let size = vec2(0.0, tokens.size.button);
            paint::button(ui, state, UiCommand::CopyDifferences, Look::Plain, None, size, asked);
        });
    });
    ui.add(Label::new(RichText::new(diff.summary()).color(*color.muted)).wrap());
    ui.add_space(6.0);
    let height = ui.ctx().content_rect().height() - 190.0;
    ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink([false, true]).show(ui, |ui| {
        sides(ui, |ui, side| {
            let (name, _) = found.side(side);
            let title =
                RichText::new(format!("{side}  {name}")).font(tokens.bold(tokens.size.text)).color(*color.strong);
            ui.add(Label::new(title).truncate());
            for loss in side.of(&diff.losses_in_words()) {
                let loss = RichText::new(format!("⚠ {loss}")).size(tokens.size.small).color(*color.warn);
                ui.add(Label::new(loss).wrap());
            }
        });
        if let Some(divergence) = &diff.first {
            part(ui, tokens, state, diff, divergence, asked);
        }
        let sections = [
            ("Profile, rules and versions", &diff.header),
            ("Numbers", &diff.numbers),
            ("Entry by entry", &diff.values.listed),
        ];
        for (title, changes) in sections.into_iter().filter(|(_, changes)| !changes.is_empty()) {
            ui.add_space(10.0);
            ui.label(RichText::new(title).font(tokens.bold(tokens.size.text)).color(*color.strong));
            table(ui, tokens, state, changes, asked);
        }
        if diff.values.more > 0 {
            ui.label(RichText::new(format!("… and {} more", diff.values.more)).color(*color.muted));
        }
    });
    asked.len() > before && asked.last() != Some(&UiCommand::CopyDifferences)
}

/// Draws something for each of the two, beside each other.
fn sides(ui: &mut Ui, mut draw: impl FnMut(&mut Ui, Side)) {
    ui.columns(2, |columns| {
        for (ui, side) in columns.iter_mut().zip(Side::BOTH) {
            // Not justified, as columns are.
            ui.with_layout(Layout::top_down(Align::Min), |ui| draw(ui, side));
        }
    });
}

/// The steps around the place where the two courses part.
fn part(ui: &mut Ui, tokens: &Tokens, state: &State, diff: &Diff, divergence: &Divergence, asked: &mut Vec<UiCommand>) {
    let color = &tokens.color;
    sides(ui, |ui, side| {
        for steps in &divergence.before {
            let title = RichText::new(side.of(steps).title()).font(tokens.mono()).color(*color.muted);
            ui.add(Label::new(title).wrap());
        }
    });
    sides(ui, |ui, side| {
        let frame = Frame::new().inner_margin(tokens.size.pad / 2.0).stroke(tokens.outline());
        frame.corner_radius(tokens.size.radius).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let said = RichText::new(diff.said(side as usize)).font(tokens.mono()).color(*color.strong);
            ui.add(Label::new(said).wrap());
            let step = match side {
                Side::A => &divergence.a,
                Side::B => &divergence.b,
            };
            if let Some(step) = step {
                let command = UiCommand::JumpToIn(side, step.seq);
                paint::button(ui, state, command, Look::Plain, None, vec2(0.0, tokens.size.button), asked);
            }
        });
    });
    if !divergence.fields.is_empty() {
        table(ui, tokens, state, &divergence.fields, asked);
    }
}

/// What changed, and its value in each of the two; a click on that leads to its entry.
fn table(ui: &mut Ui, tokens: &Tokens, state: &State, changes: &[Changed], asked: &mut Vec<UiCommand>) {
    let color = &tokens.color;
    for changed in changes {
        ui.separator();
        ui.add(Label::new(RichText::new(&changed.what).color(*color.muted)).wrap());
        sides(ui, |ui, side| {
            let value = RichText::new(match side {
                Side::A => &changed.a,
                Side::B => &changed.b,
            });
            let value = value.font(tokens.mono()).color(*color.strong);
            match side.of(&changed.entries) {
                None => {
                    ui.add(Label::new(value).wrap());
                }
                Some(seq) => {
                    let command = UiCommand::JumpToIn(side, *seq);
                    let link = ui.add(egui::Link::new(value)).on_hover_text(command.explanation(state));
                    if link.clicked() {
                        asked.push(command);
                    }
                }
            }
        });
    }
}
