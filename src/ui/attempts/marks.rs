//! What is marked where it happened: faults that acted, and the moments at which something was found wrong.

use egui::{Id, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::super::command::UiCommand;
use super::super::state::State;
use super::super::tokens::Tokens;
use super::chart::Chart;
use crate::diagnosis::Severity;
use crate::model::Moment;
use crate::view::Tone;

/// Marks drawn at most: more would be a smear.
const MAX_MARKS: usize = 300;

/// How a mark looks, besides its colour.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A triangle that points down from a lane's upper edge.
    Fault,
    /// A triangle that points up from a lane's lower edge.
    Finding,
}

impl Shape {
    /// Its corners, if `tip` is where it points to.
    pub fn draw(self, ui: &Ui, tokens: &Tokens, tip: egui::Pos2, tone: Tone) {
        let back = match self {
            Self::Fault => -7.0,
            Self::Finding => 7.0,
        };
        let color = match tone {
            Tone::Warning => *tokens.color.badge,
            tone => tokens.color.tone(tone),
        };
        let points = vec![tip, tip + vec2(-4.5, back), tip + vec2(4.5, back)];
        ui.painter().add(egui::Shape::convex_polygon(points, color, Stroke::new(1.0, tokens.color.card)));
    }
}

/// Something that is marked.
struct Mark {
    at: Moment,
    /// The journal entry that tells it.
    seq: u64,
    label: String,
    tone: Tone,
    shape: Shape,
}

/// What is to be marked between `from` and `to`.
fn marks(state: &State, from: Moment, to: Moment) -> impl Iterator<Item = Mark> {
    let faults = state.pane.view.attempts().faults(from, to).map(|fault| Mark {
        at: fault.at,
        seq: fault.seq,
        label: format!("The fault “{}” acted here", fault.name),
        tone: Tone::Warning,
        shape: Shape::Fault,
    });
    let findings = state.pane.view.marks().findings(from, to).map(|found| Mark {
        at: found.at,
        seq: found.seq,
        label: format!("Found here: {}", found.title),
        tone: match found.severity {
            Severity::Error => Tone::Bad,
            Severity::Warning => Tone::Warning,
            Severity::Notice => Tone::Neutral,
        },
        shape: Shape::Finding,
    });
    faults.take(MAX_MARKS).chain(findings.take(MAX_MARKS))
}

/// Draws the marks of the attempts in `rows`.
pub(super) fn show_marks(
    ui: &mut Ui,
    tokens: &Tokens,
    chart: &Chart,
    state: &State,
    rows: &std::ops::Range<usize>,
    asked: &mut Vec<UiCommand>,
) {
    let Some(first) = state.pane.view.attempts().lane(rows.start) else { return };
    let to = state.pane.view.attempts().lane(rows.end).map_or(chart.view.1, |next| next.start.min(chart.view.1));
    // What a recording holds of the time after its moment is not known yet.
    let to = if state.player.has_recording() { to.min(state.pane.now) } else { to };
    for mark in marks(state, first.start.max(chart.view.0), to) {
        let Some(row) = state.pane.view.attempts().row_of(mark.seq).filter(|row| rows.contains(row)) else { continue };
        let line = tokens.size.drill_row;
        let top = chart.rect.top() + (row - rows.start) as f32 * line;
        let (tip, middle) = match mark.shape {
            Shape::Fault => (pos2(chart.x(mark.at), top + 8.0), -3.5),
            Shape::Finding => (pos2(chart.x(mark.at), top + line - 8.0), 3.5),
        };
        mark.shape.draw(ui, tokens, tip, mark.tone);
        let place = Rect::from_center_size(tip + vec2(0.0, middle), vec2(9.0, 7.0));
        let is_fault = mark.shape == Shape::Fault;
        let response = ui.interact(place, Id::unique(("mark", mark.seq, is_fault, &mark.label)), Sense::CLICK);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &mark.label));
        if response.clicked() {
            asked.push(UiCommand::Reveal(mark.seq));
        }
        response.on_hover_text(&mark.label);
    }
}
