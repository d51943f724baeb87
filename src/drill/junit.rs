//! Results as JUnit XML, which build servers understand.

use std::fmt::Write as _;
use std::time::Duration;

use super::file::Drill;
use super::run::Outcome;
use crate::journal::lines;
use crate::model::DisplayDuration;

/// The results of `drills` as a JUnit document; `took` is the time from the first to the last.
pub fn junit<'a>(results: impl Iterator<Item = (&'a Drill, &'a Outcome)>, took: Duration) -> String {
    let (mut cases, mut tests, mut failed, mut skipped) = (String::new(), 0, 0, 0);
    for (drill, outcome) in results {
        tests += 1;
        failed += usize::from(outcome.failures().next().is_some());
        skipped += usize::from(outcome.not_run.is_some());
        // Writing into a string cannot fail.
        let _ = case(&mut cases, drill, outcome);
    }
    let time = took.as_secs_f64();
    let counts =
        format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\" time=\"{time:.3}\"");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n\
         <testsuite name=\"ticketscope drill\" {counts}>\n{cases}</testsuite>\n</testsuites>\n"
    )
}

fn case(out: &mut String, drill: &Drill, outcome: &Outcome) -> std::fmt::Result {
    let (name, time) = (escape(&drill.name), outcome.took.as_secs_f64());
    writeln!(out, "<testcase classname=\"ticketscope.drill\" name=\"{name}\" time=\"{time:.3}\">")?;
    if let Some(reason) = outcome.not_run {
        writeln!(out, "<skipped message=\"{}\"/>", escape(reason))?;
    }
    let failures: Vec<_> = outcome.failures().collect();
    if let Some((expectation, problem)) = failures.first() {
        writeln!(out, "<failure message=\"{}\">", escape(&format!("{expectation}: {}", problem.reason)))?;
        for (expectation, problem) in &failures {
            writeln!(out, "{}", escape(&format!("{expectation}: {} (entries {:?})", problem.reason, problem.entries)))?;
        }
        writeln!(out, "</failure>")?;
        writeln!(out, "<system-out>seed {}", outcome.seed)?;
        for entry in &outcome.entries {
            for line in lines(entry) {
                let mark = entry.simulated.as_ref().map_or_else(String::new, |fault| format!(" [SIMULATED {fault}]"));
                let at = DisplayDuration(entry.elapsed.since_start());
                writeln!(out, "{}", escape(&format!("{} +{at} {line}{mark}", entry.seq)))?;
            }
        }
        writeln!(out, "</system-out>")?;
    }
    writeln!(out, "</testcase>")
}

/// `text` for an attribute or between tags. What XML 1.0 cannot hold (§2.2) becomes U+FFFD.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                escaped.push('\u{fffd}');
            }
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escape("a<b> & \"c\" 'd'\u{1}"), "a&lt;b&gt; &amp; &quot;c&quot; 'd'\u{fffd}");
    }
}
