//! One line of a log: drawn, and as text.

use egui::text::{LayoutJob, TextFormat};
use egui::{Rect, Response, Ui, WidgetInfo, pos2, vec2};

use super::calendar::Calendar;
use super::lines::LineRef;
use super::paint;
use super::tokens::Tokens;
use crate::journal::Level;

/// A line as it is copied.
pub fn copied(line: &LineRef<'_>, calendar: &Calendar) -> String {
    format!("{} {}", calendar.precise(line.time), line.whole)
}

/// Draws a line.
pub fn show_line(
    ui: &Ui,
    tokens: &Tokens,
    calendar: &Calendar,
    line: &LineRef<'_>,
    is_selected: bool,
    rect: Rect,
    response: Response,
) {
    let color = &tokens.color;
    paint::row(ui, rect, &response, is_selected);
    let fault = line.fault();
    let badge = if fault.is_some() { paint::badge_width(ui, "SIMULATED") + 8.0 } else { 0.0 };
    let galley = ui.painter().layout_job(job(line, tokens, calendar, rect.width() - badge - tokens.size.margin));
    let elided = galley.elided;
    let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    let right = at.x + galley.size().x;
    ui.painter().galley(at, galley, *color.text);
    if fault.is_some() {
        paint::badge(ui, Rect::from_min_size(pos2(right + 8.0, rect.top()), vec2(0.0, rect.height())), "SIMULATED");
    }
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, copied(line, calendar)));
    if elided || fault.is_some() {
        response.on_hover_ui(|ui| {
            if elided {
                ui.monospace(format!("{} {}", line.tag(), line.text()));
            }
            if let Some(fault) = fault {
                ui.label(format!("Brought about by the fault “{fault}”"));
            }
        });
    }
}

fn job(line: &LineRef<'_>, tokens: &Tokens, calendar: &Calendar, width: f32) -> LayoutJob {
    let color = &tokens.color;
    let (text_color, tag_color) = match line.level {
        Level::Debug => (*color.muted, *color.muted),
        Level::Info => (*color.text, *color.accent),
        Level::Warn | Level::Error => (color.level(line.level), color.level(line.level)),
    };
    let format =
        |color| TextFormat { font_id: tokens.mono(), color, valign: egui::Align::Center, ..Default::default() };
    let mut job = LayoutJob { break_on_newline: false, ..LayoutJob::default() };
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    job.append(&calendar.precise(line.time), 0.0, format(*color.muted));
    job.append(line.tag(), 12.0, format(tag_color));
    job.append(line.text(), 7.0, format(text_color));
    job
}
