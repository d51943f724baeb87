//! What lies over the window: the command palette, the list of shortcuts, the findings, and what is chosen, made or
//! compared there.

mod dialog;
mod differences;
mod findings;
mod help;
mod palette;
mod profiles;
mod recordings;
mod report;
mod secrets;
mod settings;

use egui::{Frame, Id, Modal};

use super::command::UiCommand;
use super::state::{Overlay, State};
use super::tokens::Tokens;

/// Takes the keys of what is open, before those of the window.
pub fn take_keys(ctx: &egui::Context, state: &State, asked: &mut Vec<UiCommand>) {
    if state.overlay == Some(Overlay::Profiles) {
        profiles::take_keys(ctx, state, asked);
    }
}

/// Draws what is open; closes it on Esc, on a click beside it, and after a choice.
pub fn show(ctx: &egui::Context, state: &mut State, asked: &mut Vec<UiCommand>) {
    let Some(mut overlay) = state.overlay.take() else { return };
    let tokens = Tokens::of(ctx.theme());
    // The preview of a report needs all the height of a low window.
    let is_low = ctx.content_rect().height() < tokens.size.low;
    let is_high = overlay == Overlay::Profiles || overlay == Overlay::Report && is_low;
    let top = if is_high { profiles::MARGIN } else { 60.0 };
    let area = Modal::default_area(Id::unique("overlay")).anchor(egui::Align2::CENTER_TOP, [0.0, top]);
    let frame = Frame::popup(&ctx.global_style()).inner_margin(tokens.size.pad);
    let modal = Modal::new(Id::unique("overlay")).area(area).frame(frame).backdrop_color(*tokens.color.backdrop);
    let response = modal.show(ctx, |ui| {
        ui.set_width(match overlay {
            Overlay::Findings | Overlay::Report => 660.0,
            Overlay::Comparison => (ui.ctx().content_rect().width() - 80.0).min(1_180.0),
            Overlay::Profiles => {
                (ui.ctx().content_rect().width() - 2.0 * profiles::MARGIN - 2.0 * tokens.size.pad).min(1_500.0)
            }
            Overlay::Palette { .. } | Overlay::Settings { .. } => 460.0,
            Overlay::Help => 640.0_f32.min(ui.ctx().content_rect().width() - 60.0),
            Overlay::Recordings | Overlay::CompareWith => 620.0_f32.min(ui.ctx().content_rect().width() - 60.0),
            Overlay::Secrets => 560.0,
        });
        match &mut overlay {
            Overlay::Findings => findings::show(ui, state, asked),
            Overlay::Recordings => recordings::show(ui, tokens, state, "Open what a user sent, or a recording", asked),
            Overlay::CompareWith => recordings::show(ui, tokens, state, "Compare with another recording", asked),
            Overlay::Comparison => differences::show(ui, tokens, state, asked),
            Overlay::Report => report::show(ui, state, asked),
            Overlay::Secrets => secrets::show(ui, state, asked),
            Overlay::Profiles => profiles::show(ui, state, asked),
            Overlay::Palette { query, row } => palette::show(ui, tokens, state, query, row, asked),
            Overlay::Settings { typed } => {
                settings::show(ui, tokens, state, typed, asked);
                false
            }
            Overlay::Help => help::show(ui, tokens, state),
        }
    });
    let is_escaped = response.should_close();
    // The first Esc ends what is being done with a recording, and leaves the list.
    let is_edited = matches!(overlay, Overlay::Recordings | Overlay::CompareWith)
        && is_escaped
        && state.player.edit.take().is_some();
    if !response.inner && (!is_escaped || is_edited) {
        state.overlay = Some(overlay);
    }
}
