//! The report's page as its readers see it.

use egui::{CollapsingHeader, Grid, Label, RichText, ScrollArea, Ui, vec2};

use super::super::super::paint;
use super::super::super::scrolling;
use super::super::super::tokens::Tokens;
use crate::report::{Body, Clean, Document, Section};

/// The column of the names of facts.
const NAMES: f32 = 140.0;

/// Draws it, `room` high.
pub fn show(ui: &mut Ui, tokens: &Tokens, document: &Document, room: f32) {
    let (color, size) = (&tokens.color, &tokens.size);
    let area = ScrollArea::vertical().id_salt("report page").max_height(room).min_scrolled_height(room);
    scrolling::show(ui, "The report", area.auto_shrink([false, false]), |ui, area| {
        area.show(ui, |ui| {
            let status = RichText::new(document.status.as_str()).font(tokens.bold(size.text));
            text(ui, status.color(color.tone(document.tone)));
            text(ui, RichText::new(document.title.as_str()).font(tokens.bold(size.title)).color(*color.strong));
            text(ui, RichText::new(document.detail.as_str()).color(*color.text));
            let mut id = format!("Ticketscope report {}", document.id.as_str());
            if !document.ticket.is_empty() {
                id = format!("{id} · Support ticket {}", document.ticket.as_str());
            }
            text(ui, RichText::new(id).size(size.small).color(*color.muted));
            if !document.note.is_empty() {
                heading(ui, tokens, "Note");
                lines(ui, tokens, &document.note);
            }
            for (place, section) in document.sections.iter().enumerate() {
                ui.push_id(place, |ui| part(ui, tokens, section));
            }
            ui.add_space(size.pad);
            text(ui, RichText::new(document.end.as_str()).size(size.small).color(*color.muted));
            scrolling::follow_focus(ui);
        })
    });
}

fn part(ui: &mut Ui, tokens: &Tokens, Section { heading: title, body }: &Section) {
    let (color, size) = (&tokens.color, &tokens.size);
    match body {
        Body::Facts(facts) => {
            heading(ui, tokens, title);
            for (name, value) in facts {
                ui.horizontal_top(|ui| {
                    let name = Label::new(RichText::new(*name).color(*color.muted)).wrap().selectable(true);
                    ui.allocate_ui(vec2(NAMES, size.card_row), |ui| {
                        ui.set_width(NAMES);
                        ui.add(name);
                    });
                    text(ui, RichText::new(value.as_str()).color(*color.text));
                });
            }
        }
        Body::Table { head, rows } => {
            heading(ui, tokens, title);
            let widest = (ui.available_width() - 12.0 * head.len() as f32) / head.len().max(1) as f32;
            let grid = Grid::new("rows").spacing(vec2(12.0, 4.0)).min_col_width(40.0).max_col_width(widest);
            grid.show(ui, |ui| {
                for name in *head {
                    text(ui, RichText::new(*name).size(size.small).color(*color.muted));
                }
                ui.end_row();
                for cells in rows {
                    for cell in cells {
                        text(ui, RichText::new(cell.as_str()).size(size.small).color(*color.text));
                    }
                    ui.end_row();
                }
            });
        }
        Body::Lines { lines: all, long: false } => {
            heading(ui, tokens, title);
            lines(ui, tokens, all);
        }
        Body::Lines { lines: all, long: true } => {
            ui.add_space(size.pad);
            // As in the page, it is folded at first.
            let title = RichText::new(format!("{title} · {} lines", all.len())).color(*color.strong);
            let folded = CollapsingHeader::new(title).show(ui, |ui| {
                for line in all {
                    text(ui, RichText::new(line.as_str()).font(tokens.mono()).color(*color.text));
                }
            });
            paint::focus(ui, folded.header_response.rect, &folded.header_response);
        }
    }
}

fn heading(ui: &mut Ui, tokens: &Tokens, title: &str) {
    ui.add_space(tokens.size.pad);
    text(ui, RichText::new(title).font(tokens.bold(tokens.size.text)).color(*tokens.color.strong));
}

fn lines(ui: &mut Ui, tokens: &Tokens, lines: &[Clean]) {
    for line in lines {
        text(ui, RichText::new(line.as_str()).color(*tokens.color.text));
    }
}

fn text(ui: &mut Ui, text: RichText) {
    ui.add(Label::new(text).wrap().selectable(true));
}
