//! The attempts as a table with a head (RFC 4180).

use chrono::SecondsFormat;

use super::attempts::attempts;
use super::session::Session;
use super::writer::Writer;
use crate::model::{Phase, Trigger};

pub(super) const CSV: Writer =
    Writer { name: "csv", label: "CSV", explanation: "All attempts, as a table", write: csv };

const PHASES: [Phase; 8] =
    [Phase::Keychain, Phase::Token, Phase::Ticket, Phase::Dns, Phase::Tcp, Phase::Proxy, Phase::Tls, Phase::Upgrade];

fn csv(session: Session<'_>) -> String {
    let mut head = vec!["attempt".to_owned(), "started".to_owned(), "trigger".to_owned()];
    head.extend(PHASES.iter().map(|phase| format!("{phase} (ms)")));
    head.extend(["connected after (ms)", "outcome", "next wait (ms)", "simulated"].map(str::to_owned));
    let mut table = record(&head);
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.3}"));
    for attempt in attempts(session.entries) {
        let trigger = match attempt.trigger {
            Trigger::Person => "person",
            Trigger::Backoff => "backoff",
            Trigger::Restart => "restart",
            Trigger::Renewal => "renewal",
            Trigger::Unseen => "unknown",
        };
        let started = attempt.started.to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut cells = vec![attempt.attempt.to_string(), started, trigger.to_owned()];
        for phase in PHASES {
            let times = attempt.phases.iter().filter(|time| time.phase == phase);
            cells.push(number(times.map(|time| time.took_ms).reduce(|sum, more| sum + more)));
        }
        cells.push(number(attempt.connected_after_ms));
        cells.push(attempt.outcome);
        cells.push(number(attempt.next_wait_ms));
        cells.push(attempt.simulated.map_or_else(String::new, |fault| fault.to_string()));
        table += &record(&cells);
    }
    table
}

fn record(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    cells.join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    // A spreadsheet would take it for a formula.
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    // Where the decimal mark is a comma, spreadsheets take semicolons to be between cells.
    if text.contains(['"', ',', ';', '\t', '\r', '\n']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::attempts::tests::{entries, session};
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_attempt_and_quotes_what_needs_it() {
        let table = csv(session(entries()));
        let rows: Vec<_> = table.split("\r\n").collect();
        assert_eq!(rows.len(), 4, "{table}");
        assert_eq!(rows[0].split(',').count(), 15);
        assert!(rows[1].starts_with("0,1970-01-01T00:00:01.000Z,person,,,12.000,,"), "{table}");
        assert!(rows[1].contains("\"\"a\"\"") && rows[1].ends_with(",,close"), "{table}");
        assert!(rows[2].starts_with("1,") && rows[2].contains(",not over,"), "{table}");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("a,b"), "\"a,b\"");
    }
}
