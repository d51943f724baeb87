//! The state diagram of the client: the states in a row, each edge an arc of its own above or below them, with
//! how often it was taken. Its edges are those of the diagram in `src/flow/mod.rs`, read from there.

use std::sync::LazyLock;

use egui::{
    Align2, FontId, Id, Pos2, Rect, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use strum::IntoEnumIterator as _;

use super::command::UiCommand;
use super::state::State;
use super::tokens::Tokens;
use crate::journal::FlowState;

const BOX: f32 = 30.0;
const LEVEL: f32 = 16.0;
/// The diagram is not drawn narrower: it scrolls.
const NARROWEST: f32 = 1_000.0;

/// An edge and when it is taken, in a few words.
struct Arc {
    from: FlowState,
    to: FlowState,
    when: &'static str,
    /// Whether it leads to the right, above the states.
    is_above: bool,
    /// How far from the states it runs.
    level: usize,
    /// Where it leaves and where it arrives, as the number of a port and of how many.
    ports: [(usize, usize); 2],
}

static ARCS: LazyLock<Vec<Arc>> = LazyLock::new(|| lay_out(diagram()));

/// The lines `From -> To   when` of the machine's own documentation.
fn diagram() -> Vec<(FlowState, FlowState, &'static str)> {
    let state = |name: &str| FlowState::iter().find(|state| <&str>::from(state) == name);
    let lines = include_str!("../flow/mod.rs").lines().filter_map(|line| line.strip_prefix("//! ")?.split_once(" -> "));
    let edge = |(from, rest): (&'static str, &'static str)| {
        let (to, when) = rest.split_once(' ')?;
        Some((state(from.trim())?, state(to)?, when.trim()))
    };
    lines.filter_map(edge).collect()
}

/// Gives every edge the nearest level on which it meets no other, and ports of its own.
fn lay_out(edges: Vec<(FlowState, FlowState, &'static str)>) -> Vec<Arc> {
    let mut arcs: Vec<Arc> = edges
        .into_iter()
        .map(|(from, to, when)| Arc { from, to, when, is_above: from <= to, level: 0, ports: [(0, 1); 2] })
        .collect();
    let ends = |arc: &Arc| (arc.from.min(arc.to), arc.from.max(arc.to));
    let length = |arc: &Arc| ends(arc).1 as usize - ends(arc).0 as usize;
    arcs.sort_by_key(|arc| (arc.is_above, length(arc), ends(arc).0));
    for index in 0..arcs.len() {
        let (first, last) = ends(&arcs[index]);
        let meets = |other: &Arc| {
            let (left, right) = ends(other);
            other.is_above == arcs[index].is_above && left <= last && first <= right
        };
        let used: Vec<_> = arcs[..index].iter().filter(|other| meets(other)).map(|other| other.level).collect();
        let level = (0..).find(|level| !used.contains(level)).unwrap_or_default();
        arcs[index].level = level;
    }
    for state in FlowState::iter() {
        for is_above in [false, true] {
            let mut at: Vec<(usize, usize)> = Vec::new();
            for (index, arc) in arcs.iter().enumerate().filter(|(_, arc)| arc.is_above == is_above) {
                at.extend(
                    [arc.from, arc.to]
                        .into_iter()
                        .enumerate()
                        .filter(|(_, end)| *end == state)
                        .map(|(end, _)| (index, end)),
                );
            }
            // Towards the left first, the far ones innermost, so that arcs cross as little as they can.
            at.sort_by_key(|&(index, end)| {
                let other = if end == 0 { arcs[index].to } else { arcs[index].from };
                let level = arcs[index].level as isize;
                if other < state {
                    (0, level)
                } else if other > state {
                    (2, -level)
                } else {
                    (1, end as isize)
                }
            });
            let count = at.len();
            for (port, (index, end)) in at.into_iter().enumerate() {
                arcs[index].ports[end] = (port, count);
            }
        }
    }
    arcs
}

/// Draws it.
pub fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let levels =
        |is_above| ARCS.iter().filter(|arc| arc.is_above == is_above).map(|arc| arc.level + 1).max().unwrap_or(0);
    let (above, below) = (levels(true) as f32 * LEVEL + 12.0, levels(false) as f32 * LEVEL + 12.0);
    ScrollArea::both().id_salt("machine").auto_shrink(false).show(ui, |ui| {
        let size = vec2(ui.available_width().max(NARROWEST), above + BOX + below);
        let (rect, _) = ui.allocate_exact_size(size, Sense::HOVER);
        let step = rect.width() / FlowState::iter().count() as f32;
        let top = rect.top() + above;
        let place = |state: FlowState| {
            Rect::from_min_size(pos2(rect.left() + state as usize as f32 * step + 4.0, top), vec2(step - 8.0, BOX))
        };
        for arc in ARCS.iter() {
            show_arc(ui, state, arc, place(arc.from), place(arc.to), asked);
        }
        for flow_state in FlowState::iter() {
            show_state(ui, flow_state, state.machine.state() == flow_state, place(flow_state));
        }
    });
}

fn show_state(ui: &mut Ui, flow_state: FlowState, is_current: bool, rect: Rect) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let (fill, stroke, text) = if is_current {
        (*color.primary, Stroke::new(2.0, color.accent), *color.on_primary)
    } else {
        (*color.card, Stroke::new(1.0, color.border_strong), *color.text)
    };
    ui.painter().rect(rect, tokens.size.radius, fill, stroke, StrokeKind::Inside);
    let name: &str = flow_state.into();
    let label = if is_current { format!("▸ {name}") } else { name.to_owned() };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, label, tokens.bold(tokens.size.section), text);
    let response = ui.interact(rect, Id::unique(("state", flow_state)), Sense::HOVER);
    let name = if is_current { format!("State {name}, the machine is here") } else { format!("State {name}") };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
}

fn show_arc(ui: &mut Ui, state: &State, arc: &Arc, from: Rect, to: Rect, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let taken = state.machine.taken((arc.from, arc.to));
    let distance = (arc.level as f32 + 1.0) * LEVEL;
    let port = |place: Rect, (port, count): (usize, usize)| {
        let x = place.left() + (port as f32 + 0.5) / count as f32 * place.width();
        pos2(x, if arc.is_above { place.top() } else { place.bottom() })
    };
    let (start, end) = (port(from, arc.ports[0]), port(to, arc.ports[1]));
    let outwards = if arc.is_above { -distance } else { distance };
    let path: [Pos2; 4] = [start, start + vec2(0.0, outwards), pos2(end.x, start.y + outwards), end];
    let (stroke, ink) = match taken.times {
        0 => (Stroke::new(1.0, color.border_strong), *color.muted),
        _ => (Stroke::new(1.6, color.accent), *color.strong),
    };
    ui.painter().add(Shape::line(path.to_vec(), stroke));
    let tip = if arc.is_above { -6.0 } else { 6.0 };
    let head = vec![end, end + vec2(-3.5, tip), end + vec2(3.5, tip)];
    ui.painter().add(Shape::convex_polygon(head, stroke.color, Stroke::NONE));

    let names: (&str, &str) = (arc.from.into(), arc.to.into());
    let times = if taken.times > 0 { format!("{}× ", taken.times) } else { String::new() };
    let run = (end.x - start.x).abs();
    let font = FontId::proportional(tokens.size.badge);
    let mut job = egui::text::LayoutJob::simple_singleline(format!("{times}{}", arc.when), font, ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width((run - 10.0).max(24.0));
    let galley = ui.painter().layout_job(job);
    let middle = pos2((start.x + end.x) / 2.0, start.y + outwards);
    let place = Rect::from_center_size(middle, galley.size() + vec2(6.0, 0.0));
    ui.painter().rect_filled(place, 0, *color.window);
    ui.painter().galley(place.min + vec2(3.0, 0.0), galley, ink);

    let target = place.union(Rect::from_two_pos(path[1], path[2])).expand2(vec2(0.0, 2.0));
    let response = ui.interact(target, Id::unique(("edge", arc.from, arc.to)), Sense::CLICK);
    let name = format!("{} → {}, taken {} times: {}", names.0, names.1, taken.times, arc.when);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if response.clicked() && taken.times > 0 {
        asked.push(UiCommand::Reveal(taken.last));
    }
    response.on_hover_ui(|ui| {
        ui.label(&name);
        ui.weak(if taken.times > 0 {
            "Click for the log where it was taken last"
        } else {
            "Not taken in this session"
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_of_the_flows_diagram_is_drawn_and_no_two_arcs_run_over_one_another() {
        let lines = include_str!("../flow/mod.rs").lines();
        let told = lines.filter(|line| line.starts_with("//! ") && line.contains(" -> ")).count();
        assert_eq!(ARCS.len(), told, "an edge of the diagram names a state that is not drawn");
        assert!(told > 25, "the diagram was not found");
        for (index, arc) in ARCS.iter().enumerate() {
            let ends = |arc: &Arc| (arc.from.min(arc.to), arc.from.max(arc.to));
            for other in &ARCS[..index] {
                let is_same_line = (arc.is_above, arc.level) == (other.is_above, other.level);
                let meets = ends(arc).0 <= ends(other).1 && ends(other).0 <= ends(arc).1;
                assert!(!(is_same_line && meets), "{:?} and {:?}", ends(arc), ends(other));
            }
        }
    }
}
