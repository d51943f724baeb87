//! Where everything is in the window.

use egui::{CentralPanel, Frame, Margin, Panel, Theme, Vec2};

use super::App;
use crate::ui::layout::{self, SidePanel};
use crate::ui::page::Page;
use crate::ui::playback::{self, bars};
use crate::ui::tokens::Tokens;
use crate::ui::{
    cards, overlays, qa_panel, start, status_bar, support_panel, tabs, timeline_pane, top_bar, verdict_bar,
};

impl App {
    /// Draws all of it.
    pub(super) fn draw(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        let height = ui.available_height();
        self.fit(ui.available_size());
        let tokens = Tokens::at(ui);
        let (color, size) = (&tokens.color, &tokens.size);
        let (is_narrow, is_low) = (self.room.was_narrow == Some(true), self.room.was_low == Some(true));
        let (state, asked) = (&mut self.state, &mut self.asked);
        let margin = size.margin as i8;
        let bar = |fill| Frame::new().fill(fill).inner_margin(Margin::symmetric(margin, 0));
        let pane = |fill| Frame::new().fill(fill);

        let top = Panel::top("top bar").exact_size(size.top_bar).frame(bar(*color.bar));
        top.show(ui, |ui| top_bar::show(ui, state, asked));
        if state.page == Page::Start {
            let bottom = Panel::bottom("status bar").exact_size(size.status_bar).frame(bar(*color.status_bar));
            bottom.show(ui, |ui| status_bar::show(ui, state, asked));
            CentralPanel::no_frame().show(ui, |ui| start::show(ui, state, asked));
            overlays::show(&ctx, state, asked);
            playback::drops::hover(&ctx, state);
            return;
        }
        if state.start.has_demo_banner && !state.player.has_recording() {
            let banner = Panel::top("demo").exact_size(size.transport).frame(bar(*color.tint_busy)).resizable(false);
            banner.show(ui, |ui| start::banner(ui, state, asked));
        }
        if state.player.has_recording() {
            let frame = bar(*color.tint_busy);
            let banner = Panel::top("recording").exact_size(size.transport).frame(frame).resizable(false);
            banner.show(ui, |ui| bars::banner(ui, state, asked));
        }
        verdict_bar::show(ui, state, asked);
        let bottom = Panel::bottom("status bar").exact_size(size.status_bar).frame(bar(*color.status_bar));
        bottom.show(ui, |ui| status_bar::show(ui, state, asked));
        if state.player.has_recording() {
            let bottom = Panel::bottom("transport").exact_size(size.transport).frame(bar(*color.bar)).resizable(false);
            bottom.show(ui, |ui| bars::transport(ui, state, asked));
        }
        if let Some(side) = state.side_panel() {
            let frame = pane(*color.card).inner_margin(Margin::symmetric(margin, size.pad as i8));
            let usual = if is_narrow { size.qa_panel_narrow } else { size.qa_panel };
            let width = state.panel_width.filter(|_| !is_narrow).unwrap_or(usual);
            let panel = Panel::right(if is_narrow { "narrow side" } else { "side" }).frame(frame);
            let panel = panel.default_size(width).size_range(size.qa_panel_narrow..=ui.available_width() * 0.5);
            let shown = panel.resizable(true).show(ui, |ui| match side {
                SidePanel::Faults => qa_panel::show(ui, state, asked),
                SidePanel::Support => support_panel::show(ui, state, asked),
            });
            if !is_narrow {
                state.panel_width = Some(shown.response.rect.width());
            }
        }
        // The window is cleared with this area's colour already.
        CentralPanel::no_frame().show(ui, |ui| {
            let cards = Frame::new().inner_margin(Margin::symmetric(margin, size.pad as i8));
            ui.spacing_mut().item_spacing.y = 0.0;
            let wants_room = state.shown_tab().is_some_and(|tab| tab.wants_room);
            // A low window has no room for the cards beside what is larger.
            let is_lowest = state.player.has_recording() && height < size.low;
            let is_crowded = is_low && (state.timeline_open || is_lowest) || height < size.roomy && wants_room;
            if is_crowded {
                ui.add_space(size.gap);
            } else {
                cards.show(ui, |ui| cards::show(ui, state));
            }
            if !wants_room {
                timeline_pane::show(ui, state, asked);
            }
            tabs::show(ui, state, asked);
        });
        overlays::show(&ctx, state, asked);
        playback::drops::hover(&ctx, state);
    }

    /// In a narrow window the QA panel is closed until it is asked for, in a low one the pane.
    fn fit(&mut self, window: Vec2) {
        let size = &Tokens::of(Theme::Dark).size;
        // A recording needs two bars of its own.
        let bars = if self.state.player.has_recording() { 2.0 * size.transport } else { 0.0 };
        let (is_narrow, is_low) = (window.x < size.narrow, window.y - bars < size.low);
        if self.room.was_low.replace(is_low) != Some(is_low) {
            self.state.timeline_open = !is_low && self.state.settings.window.timeline;
        }
        if self.room.was_narrow.replace(is_narrow) != Some(is_narrow) {
            self.state.panel_open = !is_narrow && layout::wants_panel(&self.state);
        }
    }
}
