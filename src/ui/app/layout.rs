//! Where everything is in the window.

use egui::accesskit::{Action, ActionRequest, TreeId};
use egui::{
    CentralPanel, Event, EventFilter, Frame, Id, Key, Margin, Modifiers, Panel, Rect, ScrollArea, Theme, Ui, UiBuilder,
    Vec2, vec2,
};

use super::App;
use crate::ui::command::UiCommand;
use crate::ui::layout::{self, SidePanel};
use crate::ui::page::Page;
use crate::ui::playback::{self, bars};
use crate::ui::state::State;
use crate::ui::tokens::Tokens;
use crate::ui::{
    cards, overlays, paint, qa_panel, start, status_bar, support_panel, tabs, timeline_pane, top_bar, verdict_bar,
};

/// The least height between the bars in which a tab has room, with the cards above it and without.
const LEAST: f32 = 380.0;
const LEAST_WITHOUT_CARDS: f32 = 300.0;
/// The height of what is scrolled where there is less.
const SCROLLED: f32 = 460.0;

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
        let bottom = Panel::bottom("status bar").exact_size(size.status_bar).frame(bar(*color.status_bar));
        bottom.show(ui, |ui| status_bar::show(ui, state, asked));
        if state.player.has_recording() {
            let bottom = Panel::bottom("transport").exact_size(size.transport).frame(bar(*color.bar)).resizable(false);
            bottom.show(ui, |ui| bars::transport(ui, state, asked));
        }
        let space = Space { is_narrow, is_low, height };
        // A recording leaves the cards out.
        let least = if state.player.has_recording() { LEAST_WITHOUT_CARDS } else { LEAST };
        if ui.available_height() >= least {
            session(ui, state, space, asked);
        } else {
            // In a window that low, as with large text, the bars stay and the rest is scrolled.
            ScrollArea::vertical().id_salt("window").auto_shrink(false).show(ui, |ui| {
                let place = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), SCROLLED));
                session(&mut ui.new_child(UiBuilder::new().max_rect(place)), state, space, asked);
                ui.advance_cursor_after_rect(place);
            });
        }
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

/// What the window has no room for.
#[derive(Clone, Copy)]
struct Space {
    is_narrow: bool,
    is_low: bool,
    height: f32,
}

/// Draws the session between the bars.
fn session(ui: &mut Ui, state: &mut State, Space { is_narrow, is_low, height }: Space, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let (color, size) = (&tokens.color, &tokens.size);
    let margin = size.margin as i8;
    verdict_bar::show(ui, state, asked);
    if let Some(side) = state.side_panel() {
        let frame = Frame::new().fill(*color.card).inner_margin(Margin::symmetric(margin, size.pad as i8));
        let usual = if is_narrow { size.qa_panel_narrow } else { size.qa_panel };
        let width = state.panel_width.filter(|_| !is_narrow).unwrap_or(usual);
        let name = if is_narrow { "narrow side" } else { "side" };
        let panel = Panel::right(name).frame(frame);
        let panel = panel.default_size(width).size_range(size.qa_panel_narrow..=ui.available_width() * 0.5);
        let edge = ui.scope_id().with(name).with("__resize");
        move_edge(ui, edge);
        let shown = panel.resizable(true).show(ui, |ui| match side {
            SidePanel::Faults => qa_panel::show(ui, state, asked),
            SidePanel::Support => support_panel::show(ui, state, asked),
        });
        if let Some(edge) = ui.read_response(edge) {
            paint::focus(ui, edge.rect.intersect(ui.clip_rect()), &edge);
        }
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
}

/// Lets the arrow keys do with the edge of the panel at the right what screen readers can: move it.
fn move_edge(ui: &Ui, edge: Id) {
    if !ui.memory(|memory| memory.has_focus(edge)) {
        return;
    }
    // Else they would move the focus.
    let arrows = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(edge, arrows));
    ui.input_mut(|input| {
        for (key, action) in [(Key::ArrowLeft, Action::Increment), (Key::ArrowRight, Action::Decrement)] {
            for _ in 0..input.count_and_consume_key(Modifiers::NONE, key) {
                let target_node = edge.accesskit_id();
                let request = ActionRequest { action, target_tree: TreeId::ROOT, target_node, data: None };
                input.events.push(Event::AccessKitActionRequest(request));
            }
        }
    });
}
