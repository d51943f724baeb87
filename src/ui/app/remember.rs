//! What the window finds again when it is opened next time.

use egui::{Vec2, ViewportBuilder, vec2};
use strum::IntoEnumIterator as _;

use super::room::Geometry;
use crate::settings::{Layout, Settings, WindowSettings};
use crate::ui::command::TEXT_PERCENT;
use crate::ui::layout;
use crate::ui::state::State;
use crate::ui::timeline::Span;

/// The size of a window that was never resized, and the smallest.
const USUAL: Vec2 = Vec2::new(1_360.0, 860.0);
const SMALLEST: Vec2 = Vec2::new(720.0, 480.0);

/// A window as large as it was last, and the first one, as `number` says, where it was: others would hide it there.
pub fn viewport(settings: &WindowSettings, number: u32) -> ViewportBuilder {
    let size = settings.size.map_or(USUAL, |[width, height]| vec2(width as f32, height as f32)).max(SMALLEST);
    let viewport = ViewportBuilder::default()
        .with_title("Ticketscope")
        .with_app_id("ticketscope")
        .with_inner_size(size)
        .with_min_inner_size(SMALLEST)
        .with_maximized(settings.is_maximized);
    match settings.position.filter(|_| number <= 1) {
        Some([x, y]) => viewport.with_position([x as f32, y as f32]),
        None => viewport,
    }
}

/// Shows what was shown last.
pub fn restore(state: &mut State, ctx: &egui::Context, settings: Settings) {
    let window = &settings.window;
    if window.text_percent != 100 && TEXT_PERCENT.contains(&window.text_percent) {
        ctx.set_zoom_factor(f32::from(window.text_percent) / 100.0);
    }
    let named = |name: &str| state.tabs.iter().find(|tab| tab.id.0 == name && (tab.obstacle)(state).is_none());
    if let Some(id) = window.tab.as_ref().and_then(|name| named(name.as_str())).map(|tab| tab.id) {
        state.tab = id;
    }
    if let Some(span) = Span::of_seconds(window.span_seconds) {
        state.pane.timeline.choose(span, crate::model::Moment::START);
    }
    let (layout, times) = (window.layout, settings.times);
    state.timeline_open = window.timeline;
    state.timeline_share = f32::from(window.timeline_percent.clamp(10, 90)) / 100.0;
    state.panel_width = window.panel_width.map(f32::from);
    state.settings = settings;
    if layout != Layout::default() {
        layout::choose(state, layout);
        state.panel_open = layout::wants_panel(state);
    }
    state.show_times(times);
}

/// Writes what is shown, and where, into the settings.
pub fn keep(state: &mut State, geometry: Geometry) {
    let span = Span::iter().find(|span| state.pane.timeline.is(*span));
    let profile = state.profiles.all.get(state.profiles.chosen).map(|profile| profile.name.clone());
    let tab = state.tab.0.into();
    let window = &mut state.settings.window;
    window.was_opened = true;
    window.timeline_percent = (state.timeline_share * 100.0).round() as u8;
    window.panel_width = state.panel_width.map(|width| width.round() as u16);
    window.profile = profile;
    window.tab = Some(tab);
    window.span_seconds = span.map_or(window.span_seconds, Span::seconds);
    window.is_maximized = geometry.is_maximized;
    // A window that fills the screen keeps the size that it has otherwise.
    if !geometry.is_maximized {
        window.size = geometry.inner_size.map(|size| [size.x.round() as u32, size.y.round() as u32]).or(window.size);
        // Further windows were put beside the first one, which is to be found where it was.
        if state.window_number <= 1 {
            window.position = geometry.outer.map(|rect| [rect.left().round() as i32, rect.top().round() as i32]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_window_is_where_it_was_and_the_second_beside_it() {
        let settings =
            WindowSettings { position: Some([40, 30]), size: Some([1_000, 700]), ..WindowSettings::default() };
        assert_eq!(viewport(&settings, 1).position, Some(egui::pos2(40.0, 30.0)));
        let second = viewport(&settings, 2);
        assert_eq!((second.position, second.inner_size), (None, Some(vec2(1_000.0, 700.0))));

        let mut state = State::new(vec![], crate::model::Profile::production(), crate::ui::panels::tabs());
        let outer = egui::Rect::from_min_size(egui::pos2(300.0, 200.0), vec2(1_000.0, 730.0));
        let geometry = Geometry { outer: Some(outer), ..Geometry::default() };
        state.settings.window.position = Some([40, 30]);
        state.window_number = 2;
        keep(&mut state, geometry);
        assert_eq!(state.settings.window.position, Some([40, 30]), "the first one is to be found where it was");
        state.window_number = 1;
        keep(&mut state, geometry);
        assert_eq!(state.settings.window.position, Some([300, 200]));
    }
}
