//! The attempts as JSON.

use serde::Serialize;

use super::attempts::{Attempt, attempts};
use super::session::Session;
use super::writer::Writer;
use crate::model::Profile;

pub(super) const JSON: Writer =
    Writer { name: "json", label: "JSON", explanation: "All attempts, with their phases", write: json };

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    profile: &'a Profile,
    earlier_entries_dropped: u64,
    attempts: Vec<Attempt>,
}

fn json(mut session: Session<'_>) -> String {
    let (format, earlier_entries_dropped) = ("ticketscope-attempts 1", session.earlier_dropped());
    let attempts = attempts(session.entries);
    let document = Document { format, profile: &session.header.profile, earlier_entries_dropped, attempts };
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::attempts::tests::{entries, session};
    use super::*;

    #[test]
    fn json_can_be_read_and_is_marked() {
        let document: serde_json::Value = serde_json::from_str(&json(session(entries()))).unwrap();
        assert_eq!(document["attempts"][0]["simulated"], "close");
        assert_eq!(document["attempts"][0]["connected_after_ms"], 20.0);
        assert_eq!(document["attempts"][1]["outcome"], "not over");
        assert_eq!(document["earlier_entries_dropped"], 0);
        let rest: serde_json::Value = serde_json::from_str(&json(session(entries()[2..].to_vec()))).unwrap();
        assert_eq!((&rest["earlier_entries_dropped"], &rest["attempts"][0]["attempt"]), (&2.into(), &1.into()));
    }
}
