//! The state diagram of the client: the states in a column, edges that lead on at their right, edges that lead
//! back at their left, with how often each was taken; beside it the same edges in words. Its edges are those of the
//! diagram in `src/flow/mod.rs`, read from there.

use std::sync::LazyLock;

use egui::{
    Align2, FontId, Id, Key, Pos2, Rect, Response, RichText, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use strum::IntoEnumIterator as _;

use super::super::button::{Look, button};
use super::super::command::UiCommand;
use super::super::paint::{self, grouped};
use super::super::panel::Panel;
use super::super::state::State;
use super::super::tab::{Tab, TabId};
use super::super::tokens::Tokens;
use crate::view::{EdgeCount, FlowState};

const BOX: f32 = 128.0;
/// Between two lanes: room for a number of three digits.
const LANE: f32 = 32.0;
/// From one state to the next, at least and at most.
const PITCH: std::ops::RangeInclusive<f32> = 31.0..=50.0;
const GAP: f32 = 12.0;
/// A list that is narrower has its words on a second line.
const WIDE_LIST: f32 = 500.0;
const LIST_ROW: f32 = 20.0;
const WORDS_ROW: f32 = 15.0;

/// The panel.
pub static PANEL: Panel = Panel {
    show: |ui, state, asked| show(ui, state, asked),
    ..Panel::new(Tab {
        key: Some(Key::M),
        wants_room: true,
        ..Tab::new(
            TabId("machine"),
            |_| "Machine".into(),
            "The client's state diagram: where it is, and how often each edge was taken",
        )
    })
};

/// An edge and when it is taken, in a few words.
struct Edge {
    from: FlowState,
    to: FlowState,
    when: &'static str,
    /// How far from the states it runs. Edges that lead to the same state from one side share a lane.
    lane: usize,
    /// Where it leaves and where it arrives, as the number of a port and of how many.
    ports: [(usize, usize); 2],
}

impl Edge {
    /// Whether it runs on the right.
    fn leads_on(&self) -> bool {
        self.from <= self.to
    }

    fn name(&self) -> String {
        let (from, to): (&str, &str) = (self.from.into(), self.to.into());
        format!("{from} → {to}")
    }
}

static EDGES: LazyLock<Vec<Edge>> = LazyLock::new(|| lay_out(diagram()));

/// The lines `From -> To   when` of the machine's own documentation.
fn diagram() -> Vec<Edge> {
    let state = |name: &str| FlowState::iter().find(|state| <&str>::from(state) == name);
    let lines =
        include_str!("../../flow/mod.rs").lines().filter_map(|line| line.strip_prefix("//! ")?.split_once(" -> "));
    let edge = |(from, rest): (&'static str, &'static str)| {
        let (to, when) = rest.split_once(' ')?;
        Some(Edge { from: state(from.trim())?, to: state(to)?, when: when.trim(), lane: 0, ports: [(0, 1); 2] })
    };
    lines.filter_map(edge).collect()
}

/// The edges that end in one state from one side, as a line from the first to the last of the states at it.
struct Bus {
    to: FlowState,
    leads_on: bool,
    first: FlowState,
    last: FlowState,
}

fn buses(edges: &[Edge]) -> Vec<Bus> {
    let mut buses: Vec<Bus> = Vec::new();
    for edge in edges {
        let (first, last) = (edge.from.min(edge.to), edge.from.max(edge.to));
        match buses.iter_mut().find(|bus| (bus.to, bus.leads_on) == (edge.to, edge.leads_on())) {
            Some(bus) => (bus.first, bus.last) = (bus.first.min(first), bus.last.max(last)),
            None => buses.push(Bus { to: edge.to, leads_on: edge.leads_on(), first, last }),
        }
    }
    buses.sort_by_key(|bus| bus.last as usize - bus.first as usize);
    buses
}

/// Gives every bus the nearest lane on which it meets no other, and every edge ports.
fn lay_out(mut edges: Vec<Edge>) -> Vec<Edge> {
    let mut placed: Vec<(Bus, usize)> = Vec::new();
    for bus in buses(&edges) {
        // A bus may end at the state at which another begins: their ports differ.
        let meets = |other: &Bus| {
            other.leads_on == bus.leads_on
                && ((other.first < bus.last && bus.first < other.last) || other.first == bus.first)
        };
        let used: Vec<_> = placed.iter().filter(|(other, _)| meets(other)).map(|(_, lane)| *lane).collect();
        let lane = (0..).find(|lane| !used.contains(lane)).unwrap_or_default();
        placed.push((bus, lane));
    }
    for edge in &mut edges {
        let bus = placed.iter().find(|(bus, _)| (bus.to, bus.leads_on) == (edge.to, edge.leads_on()));
        edge.lane = bus.map_or(0, |(_, lane)| *lane);
    }
    for state in FlowState::iter() {
        for leads_on in [false, true] {
            // From the side that lanes arrive from: one port for all arrivals, a loop, the outermost lane.
            let mut leaving: Vec<_> =
                (0..edges.len()).filter(|&at| edges[at].from == state && edges[at].leads_on() == leads_on).collect();
            leaving.sort_by_key(|&at| (edges[at].to != state, std::cmp::Reverse(edges[at].lane)));
            let arrives = edges.iter().any(|edge| edge.to == state && edge.leads_on() == leads_on);
            let count = leaving.len() + usize::from(arrives);
            let port = |place: usize| (if leads_on { place } else { count - 1 - place }, count);
            for (place, at) in leaving.into_iter().enumerate() {
                edges[at].ports[0] = port(place + usize::from(arrives));
            }
            for edge in edges.iter_mut().filter(|edge| edge.to == state && edge.leads_on() == leads_on) {
                edge.ports[1] = port(0);
            }
        }
    }
    edges
}

/// The width of the lanes on one side.
fn lanes(leads_on: bool) -> f32 {
    let most = EDGES.iter().filter(|edge| edge.leads_on() == leads_on).map(|edge| edge.lane + 1).max();
    (most.unwrap_or(0) as f32 + 0.5) * LANE
}

fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let all = ui.available_rect_before_wrap();
    let width = lanes(false) + BOX + lanes(true);
    let left = Rect::from_min_size(all.min, vec2((width + 14.0).min(all.width()), all.height()));
    let right = Rect::from_min_max(pos2(left.right() + GAP, all.top()), all.max);
    // What is pointed at in one half is lit in the other.
    let lit = Id::unique("lit edge");
    let was_lit = ui.data(|data| data.get_temp::<usize>(lit));
    let mut is_lit = None;
    let mut half = ui.new_child(egui::UiBuilder::new().max_rect(left).id_salt("diagram"));
    ScrollArea::both().id_salt("diagram").auto_shrink(false).show(&mut half, |ui| {
        let states = FlowState::iter().count() as f32;
        let pitch = (all.height() / states).clamp(*PITCH.start(), *PITCH.end()).floor();
        let (rect, _) = ui.allocate_exact_size(vec2(width, pitch * states), Sense::HOVER);
        let place = |state: FlowState| {
            let top = rect.top() + state as usize as f32 * pitch + 3.0;
            Rect::from_min_size(pos2(rect.left() + lanes(false), top), vec2(BOX, pitch - 6.0))
        };
        // What was taken more often lies over what was not.
        let mut order: Vec<_> = (0..EDGES.len()).collect();
        order.sort_by_key(|&at| (was_lit == Some(at), taken(state, &EDGES[at]).times));
        for &at in &order {
            let edge = &EDGES[at];
            let path = Path::of(edge, place(edge.from), place(edge.to));
            if show_edge(ui, state, edge, &path, was_lit == Some(at), asked) {
                is_lit = Some(at);
            }
        }
        for flow_state in FlowState::iter() {
            show_state(ui, flow_state, state.pane.view.machine().state() == flow_state, place(flow_state));
        }
        for &at in &order {
            let edge = &EDGES[at];
            let path = Path::of(edge, place(edge.from), place(edge.to));
            if show_count(ui, state, edge, path.turn, was_lit == Some(at), asked) {
                is_lit = Some(at);
            }
        }
    });
    let mut half = ui.new_child(egui::UiBuilder::new().max_rect(right).id_salt("edges"));
    ScrollArea::vertical().id_salt("edges").auto_shrink(false).show(&mut half, |ui| {
        is_lit = show_list(ui, state, was_lit, asked).or(is_lit);
    });
    if is_lit != was_lit {
        ui.data_mut(|data| match is_lit {
            Some(at) => {
                data.insert_temp(lit, at);
            }
            None => {
                data.remove::<usize>(lit);
            }
        });
        ui.request_repaint();
    }
}

fn taken(state: &State, edge: &Edge) -> EdgeCount {
    state.pane.view.machine().taken((edge.from, edge.to))
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

/// The way of an edge: out of a state to its lane, along that, and into the other state.
struct Path {
    start: Pos2,
    turn: Pos2,
    arrival: Pos2,
    end: Pos2,
    /// Away from the states.
    outwards: f32,
}

impl Path {
    fn of(edge: &Edge, from: Rect, to: Rect) -> Self {
        let outwards = if edge.leads_on() { 1.0 } else { -1.0 };
        let port = |place: Rect, (port, count): (usize, usize)| {
            let y = place.top() + (port as f32 + 0.5) / count as f32 * place.height();
            pos2(if edge.leads_on() { place.right() } else { place.left() }, y)
        };
        let (start, end) = (port(from, edge.ports[0]), port(to, edge.ports[1]));
        let turn = pos2(start.x + outwards * (edge.lane as f32 + 0.75) * LANE, start.y);
        Self { start, turn, arrival: pos2(turn.x, end.y), end, outwards }
    }

    fn points(&self) -> [Pos2; 4] {
        [self.start, self.turn, self.arrival, self.end]
    }
}

fn edge_stroke(tokens: &Tokens, taken: EdgeCount, is_lit: bool) -> Stroke {
    match taken.times {
        _ if is_lit => Stroke::new(2.5, tokens.color.strong),
        0 => Stroke::new(1.0, tokens.color.border_strong),
        _ => Stroke::new(1.8, tokens.color.accent),
    }
}

/// Draws an edge; returns whether it is pointed at.
fn show_edge(ui: &mut Ui, state: &State, edge: &Edge, path: &Path, is_lit: bool, asked: &mut Vec<UiCommand>) -> bool {
    let taken = taken(state, edge);
    let stroke = edge_stroke(Tokens::at(ui), taken, is_lit);
    let points = path.points();
    ui.painter().add(Shape::line(points.to_vec(), stroke));
    let tip = path.end + vec2(path.outwards, 0.0);
    let head = vec![tip, tip + vec2(path.outwards * 6.0, -3.5), tip + vec2(path.outwards * 6.0, 3.5)];
    ui.painter().add(Shape::convex_polygon(head, stroke.color, Stroke::NONE));
    let parts = points.windows(2).enumerate().map(|(part, ends)| {
        let place = Rect::from_two_pos(ends[0], ends[1]).expand(3.5);
        ui.interact(place, Id::unique(("edge", edge.from, edge.to, part)), Sense::CLICK)
    });
    let Some(response) = parts.reduce(|all, part| all | part) else { return false };
    react(response, edge, taken, asked)
}

/// Draws how often an edge was taken, over all edges; returns whether it is pointed at.
fn show_count(ui: &mut Ui, state: &State, edge: &Edge, at: Pos2, is_lit: bool, asked: &mut Vec<UiCommand>) -> bool {
    let tokens = Tokens::at(ui);
    let taken = taken(state, edge);
    let text = if taken.times == 0 { String::new() } else { format!("{}×", grouped(taken.times)) };
    let galley = ui.painter().layout_no_wrap(text, tokens.bold(tokens.size.badge), *tokens.color.strong);
    let place = Rect::from_center_size(at, galley.size() + vec2(6.0, 0.0));
    if taken.times > 0 {
        let stroke = Stroke::new(1.0, edge_stroke(tokens, taken, is_lit).color);
        ui.painter().rect(place, 3, *tokens.color.window, stroke, StrokeKind::Inside);
        ui.painter().galley(place.min + vec2(3.0, 0.0), galley, *tokens.color.strong);
    }
    let response = ui.interact(place, Id::unique(("edge", edge.from, edge.to)), Sense::CLICK);
    let name = format!("{}, taken {} times: {}", edge.name(), taken.times, edge.when);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    react(response, edge, taken, asked)
}

/// Does what a press asks for, and says what it would do; returns whether it is pointed at.
fn react(response: Response, edge: &Edge, taken: EdgeCount, asked: &mut Vec<UiCommand>) -> bool {
    if response.clicked() && taken.times > 0 {
        asked.push(UiCommand::ShowEdge((edge.from, edge.to)));
    }
    let is_lit = response.hovered() || response.has_focus();
    response.on_hover_ui(|ui| {
        ui.label(format!("{}: {}", edge.name(), edge.when));
        ui.weak(match taken.times {
            0 => "Not taken in this session".to_owned(),
            1 => "Taken once; click for its line in the log".to_owned(),
            times => format!("Taken {} times; click for all its lines in the log", grouped(times)),
        });
    });
    is_lit
}

/// Says above the log which edge's lines are shown, if it is one's, and leads back to all.
pub fn show_filter(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let Some((from, to)) = state.pane.log.edge() else { return };
    let tokens = Tokens::at(ui);
    let times = state.pane.view.machine().taken((from, to)).times;
    let (from, to): (&str, &str) = (from.into(), to.into());
    ui.horizontal(|ui| {
        let size = vec2(0.0, tokens.size.fault_button);
        button(ui, state, UiCommand::AllEdges, Look::Plain, Some("✕ Show all lines"), size, asked);
        let text = format!("Edge {from} → {to}, taken {}×: its lines alone are shown", grouped(times));
        ui.add(egui::Label::new(RichText::new(text).color(*tokens.color.accent)).truncate());
    });
}

/// Draws the edges in words, those that were taken first; returns the one that is pointed at.
fn show_list(ui: &mut Ui, state: &State, lit: Option<usize>, asked: &mut Vec<UiCommand>) -> Option<usize> {
    let tokens = Tokens::at(ui);
    let (color, size) = (&tokens.color, &tokens.size);
    ui.spacing_mut().item_spacing.y = 0.0;
    let is_wide = ui.available_width() >= WIDE_LIST;
    let (of_taken, others): (Vec<_>, Vec<_>) =
        EDGES.iter().enumerate().partition(|(_, edge)| taken(state, edge).times > 0);
    let mut is_lit = None;
    for (heading, edges) in [("Taken in this session", of_taken), ("Not taken yet", others)] {
        if edges.is_empty() {
            continue;
        }
        let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), LIST_ROW + 4.0), Sense::HOVER);
        paint::cut_text(ui, line, Align2::LEFT_CENTER, heading, tokens.bold(size.section), *color.muted);
        for (at, edge) in edges {
            let taken = taken(state, edge);
            let height = if is_wide { LIST_ROW } else { LIST_ROW + WORDS_ROW };
            let (row, response) = ui.allocate_exact_size(vec2(ui.available_width() - 8.0, height), Sense::CLICK);
            if lit == Some(at) {
                ui.painter().rect_filled(row, 3, *color.selection);
            }
            let ink = if taken.times > 0 { *color.strong } else { *color.muted };
            let head = Rect::from_min_size(row.min, vec2(row.width(), LIST_ROW));
            let times = if taken.times > 0 { format!("{}×", grouped(taken.times)) } else { "–".to_owned() };
            ui.painter().text(head.left_center() + vec2(34.0, 0.0), Align2::RIGHT_CENTER, times, tokens.mono(), ink);
            let head = head.with_min_x(head.left() + 44.0);
            let font = FontId::proportional(size.small);
            let words = if is_wide {
                head.with_min_x(head.left() + 226.0)
            } else {
                Rect::from_min_max(head.left_bottom() - vec2(0.0, 3.0), row.max)
            };
            paint::cut_text(ui, head, Align2::LEFT_CENTER, &edge.name(), font.clone(), ink);
            paint::cut_text(ui, words, Align2::LEFT_CENTER, edge.when, font, *color.muted);
            response
                .widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{}× {}", taken.times, edge.name())));
            if react(response, edge, taken, asked) {
                is_lit = Some(at);
            }
        }
    }
    is_lit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_of_the_flows_diagram_is_drawn_and_no_two_buses_run_over_one_another() {
        let lines = include_str!("../../flow/mod.rs").lines();
        let named = lines.filter(|line| line.starts_with("//! ") && line.contains(" -> ")).count();
        assert_eq!(EDGES.len(), named, "an edge of the diagram names a state that is not drawn");
        assert!(named > 25, "the diagram was not found");
        for (index, edge) in EDGES.iter().enumerate() {
            // Where it runs, in ports from the first state on.
            let run = |edge: &Edge| {
                let at = |state: FlowState, (port, count): (usize, usize)| {
                    state as usize as f32 + (port as f32 + 0.5) / count as f32
                };
                let (start, end) = (at(edge.from, edge.ports[0]), at(edge.to, edge.ports[1]));
                (start.min(end), start.max(end))
            };
            let side = |edge: &Edge| (edge.leads_on(), edge.lane);
            for other in EDGES[..index].iter().filter(|other| side(other) == side(edge) && other.to != edge.to) {
                let (one, two) = (run(edge), run(other));
                assert!(one.1 < two.0 || two.1 < one.0, "{} and {}", edge.name(), other.name());
            }
        }
    }
}
