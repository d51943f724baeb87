//! A report as one page that needs nothing but a browser: no network, no script.

use super::clean::Clean;
use super::content::{Body, Document, Section};
use crate::view::Tone;

const HEAD: &str = concat!(
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; ",
    "base-uri 'none'; form-action 'none'\">\n",
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
    "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n",
    "<title>Ticketscope report</title>\n<style>\n",
    include_str!("page.css"),
    "</style>\n</head>\n<body>\n<main>\n",
);

/// The document as HTML.
pub(super) fn text(document: &Document) -> Clean {
    let Document { id, ticket, note, status, tone, title, detail, sections, end } = document;
    let (class, icon) = match tone {
        Tone::Good => ("good", "✓ "),
        Tone::Warning => ("warn", "▲ "),
        Tone::Bad => ("bad", "✖ "),
        Tone::Busy | Tone::Neutral => ("plain", "● "),
    };
    let mut out = Clean::from(HEAD);
    out.push(Clean::concat(["<header class=\"".into(), class.into(), "\">\n".into()]));
    out.push(Clean::concat(["<p class=\"status\">".into(), icon.into(), spelt(status), "</p>\n".into()]));
    out.push(element("h1", spelt(title)));
    out.push(element("p", spelt(detail)));
    out.push(Clean::concat(["<p class=\"id\">Ticketscope report <code>".into(), id.clone(), "</code>".into()]));
    if !ticket.is_empty() {
        out.push(Clean::concat([" · Support ticket <b>".into(), spelt(ticket), "</b>".into()]));
    }
    out.push("</p>\n</header>\n");
    if !note.is_empty() {
        out.push("<section>\n");
        out.push(element("h2", "Note".into()));
        note.iter().for_each(|line| out.push(element("p", spelt(line))));
        out.push("</section>\n");
    }
    for Section { heading, body } in sections {
        out.push("<section>\n");
        if !matches!(body, Body::Lines { long: true, .. }) {
            out.push(element("h2", (*heading).into()));
        }
        match body {
            Body::Facts(facts) => {
                out.push("<dl>\n");
                for (name, value) in facts {
                    out.push(element("dt", (*name).into()));
                    out.push(element("dd", spelt(value)));
                }
                out.push("</dl>\n");
            }
            Body::Table { head, rows } => table(&mut out, head, rows),
            Body::Lines { lines, long: false } => lines.iter().for_each(|line| out.push(element("p", spelt(line)))),
            Body::Lines { lines, long: true } => {
                let count = Clean::concat([" · ".into(), (lines.len() as u64).into(), " lines".into()]);
                out.push("<details>\n");
                out.push(element("summary", Clean::concat([(*heading).into(), count])));
                out.push("<pre>");
                lines.iter().for_each(|line| out.push(element("span", spelt(line))));
                out.push("</pre>\n</details>\n");
            }
        }
        out.push("</section>\n");
    }
    out.push(element("footer", spelt(end)));
    out.push("</main>\n</body>\n</html>\n");
    out
}

/// Cells with so few characters are not broken into lines.
const SHORT: usize = 24;

/// Narrow screens show each row as a block, with the head's words before the cells.
fn table(out: &mut Clean, head: &'static [&'static str], rows: &[Vec<Clean>]) {
    out.push("<table>\n<thead><tr>");
    head.iter().for_each(|&name| out.push(element("th", name.into())));
    out.push("</tr></thead>\n<tbody>\n");
    for cells in rows {
        out.push("<tr>");
        for (&name, cell) in head.iter().zip(cells) {
            let class = if cell.as_str().chars().count() <= SHORT { " class=\"short\"" } else { "" };
            let open = Clean::concat(["<td".into(), class.into(), " data-name=\"".into(), name.into(), "\">".into()]);
            out.push(Clean::concat([open, spelt(cell), "</td>".into()]));
        }
        out.push("</tr>\n");
    }
    out.push("</tbody>\n</table>\n");
}

fn element(name: &'static str, text: Clean) -> Clean {
    Clean::concat(["<".into(), name.into(), ">".into(), text, "</".into(), name.into(), ">\n".into()])
}

/// What HTML would take for its own is escaped.
fn spelt(text: &Clean) -> Clean {
    text.spelt(|text| {
        let amps = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        amps.replace('"', "&quot;").replace('\'', "&#39;")
    })
}
