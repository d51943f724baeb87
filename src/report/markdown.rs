//! A report to paste into a ticket.

use super::clean::Clean;
use super::content::{Body, Document, Section};

/// The document as Markdown.
pub(super) fn text(document: &Document) -> Clean {
    let Document { id, ticket, note, status, title, detail, sections, end, .. } = document;
    let mut out = Clean::concat(["# ".into(), spelt(status), ": ".into(), spelt(title), "\n\n".into()]);
    out.push(Clean::concat([spelt(detail), "\n\nTicketscope report `".into(), id.clone(), "`\n".into()]));
    if !ticket.is_empty() {
        out.push(Clean::concat(["\nSupport ticket ".into(), spelt(ticket), "\n".into()]));
    }
    if !note.is_empty() {
        out.push("\n## Note\n\n");
        // Two spaces before its end keep a line apart from the next one.
        note.iter().for_each(|line| out.push(Clean::concat([spelt(line), "  \n".into()])));
    }
    for Section { heading, body } in sections {
        if matches!(body, Body::Lines { long: true, .. }) {
            continue;
        }
        out.push(Clean::concat(["\n## ".into(), (*heading).into(), "\n\n".into()]));
        match body {
            Body::Facts(facts) => {
                for (name, value) in facts {
                    out.push(Clean::concat(["- **".into(), (*name).into(), "**: ".into(), spelt(value), "\n".into()]));
                }
            }
            Body::Table { head, rows } => {
                row(&mut out, head.iter().map(|&name| name.into()));
                row(&mut out, head.iter().map(|_| "---".into()));
                rows.iter().for_each(|cells| row(&mut out, cells.iter().map(spelt)));
            }
            Body::Lines { lines, .. } => {
                out.push("```text\n");
                for line in lines {
                    // Nothing in a line may end the block.
                    out.push(line.spelt(|line| line.replace("```", "'''")));
                    out.push("\n");
                }
                out.push("```\n");
            }
        }
    }
    out.push(Clean::concat(["\n".into(), end.clone(), "\n".into()]));
    out
}

fn row(out: &mut Clean, cells: impl Iterator<Item = Clean>) {
    for cell in cells {
        out.push(Clean::concat(["| ".into(), cell, " ".into()]));
    }
    out.push("|\n");
}

/// What Markdown would take for its own is escaped.
fn spelt(text: &Clean) -> Clean {
    text.spelt(|text| {
        text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
            if "\\`*_[]<>|#".contains(character) {
                out.push('\\');
            }
            out.push(character);
            out
        })
    })
}
