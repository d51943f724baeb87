//! A report's first page to paste into a mail, a chat or a ticket that knows no Markdown.

use std::fmt::Write as _;

use super::content::{Body, Document, Section};

/// The document as plain text: nothing is escaped, so that it can be read and searched as it is.
pub fn plain_text(document: &Document) -> String {
    let Document { id, ticket, note, status, title, detail, sections, end, .. } = document;
    let mut out = format!("{}: {}\n\n{}\n\n", status.as_str(), title.as_str(), detail.as_str());
    let _ = writeln!(out, "Ticketscope report {}", id.as_str());
    if !ticket.is_empty() {
        let _ = writeln!(out, "Support ticket {}", ticket.as_str());
    }
    if !note.is_empty() {
        out.push_str("\nNOTE\n");
        note.iter().for_each(|line| out.extend([line.as_str(), "\n"]));
    }
    for Section { heading, body } in sections {
        if matches!(body, Body::Lines { long: true, .. }) {
            continue;
        }
        let _ = writeln!(out, "\n{}", heading.to_uppercase());
        match body {
            Body::Facts(facts) => {
                for (name, value) in facts {
                    let _ = writeln!(out, "{name}: {}", value.as_str());
                }
            }
            Body::Table { head, rows } => {
                let _ = writeln!(out, "{}", head.join("  "));
                for cells in rows {
                    let cells: Vec<&str> = cells.iter().map(|cell| cell.as_str()).collect();
                    let _ = writeln!(out, "{}", cells.join("  "));
                }
            }
            Body::Lines { lines, .. } => lines.iter().for_each(|line| out.extend([line.as_str(), "\n"])),
        }
    }
    out.extend(["\n", end.as_str(), "\n"]);
    out
}
