//! What can be copied besides whole lists.

use super::super::answer;
use super::super::state::State;
use super::Row;
use crate::export;
use crate::model::TraceId;

/// A text for the clipboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum CopyCommand {
    /// What is the matter and who can fix it.
    #[default]
    Answer,
    /// What to tell the user, in plain words.
    UserAnswer,
    /// What operations need to find it.
    Operations,
    /// Everything that was found wrong.
    Findings,
    /// The finding in this row of the list.
    #[strum(disabled)]
    Finding(usize),
    /// The summary of the report that is shown.
    ReportSummary,
    /// What finds the request that was sent with this entry, or last before it, in the server's log.
    #[strum(disabled)]
    TraceId(u64),
    /// That request as a command of a shell.
    #[strum(disabled)]
    Curl(u64),
}

impl CopyCommand {
    /// Its row, as things are now.
    pub(super) fn row(self, state: &State) -> Row {
        let nothing_found = state.verdict().findings.is_empty().then_some("Nothing was found wrong");
        match self {
            Self::Answer => {
                let explanation = "Copy what is the matter, who can fix it and how";
                Row::new("Copy verdict", explanation, |cx| cx.copy(answer::verdict(cx.state)))
                    .keys(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::A)
            }
            Self::UserAnswer => {
                let explanation = "Copy the answer for the user, in plain words and without anything internal";
                let obstacle = (!state.support().is_answered).then_some("There is no answer yet");
                Row::new("Copy answer", explanation, |cx| {
                    let answer = cx.state.support().into_owned().answer;
                    cx.copy(answer);
                })
                .unless(obstacle)
            }
            Self::Operations => {
                let explanation = "Copy origin, trace id, ticketHash and time, by which the server's log is searched";
                Row::new("Copy for operations", explanation, |cx| cx.copy(answer::for_operations(cx.state)))
            }
            Self::Findings => {
                let explanation = "Copy everything that was found wrong, with who can fix it";
                Row::new("Copy findings", explanation, |cx| cx.copy(answer::findings(cx.state))).unless(nothing_found)
            }
            Self::Finding(place) => Row::new("Copy this finding", "Copy it with who can fix it", move |cx| {
                let text = cx.state.findings().nth(place).map(|(_, finding)| answer::finding(finding));
                cx.copy(text.unwrap_or_default());
            })
            .unless(nothing_found),
            Self::TraceId(seq) => {
                let trace = state.pane.exchanges.at(seq).map(|exchange| exchange.trace.clone());
                let trace = trace.filter(TraceId::is_known);
                let obstacle = trace.is_none().then_some("No request with an id had been sent then");
                let explanation = "Copy the id that finds the request in the server's log";
                let text = trace.map_or_else(String::new, |trace| trace.to_string());
                Row::new("Copy its trace id", explanation, move |cx| cx.copy(text)).unless(obstacle)
            }
            Self::Curl(seq) => {
                let exchange = state.pane.exchanges.at(seq);
                let profile = &state.pane.view.snapshot().profile;
                let command = exchange.map(|exchange| export::curl_of(profile, exchange.phase));
                let obstacle = command.is_none().then_some("No request had been sent then");
                let explanation = "Copy its request as a shell command; secrets are variables";
                Row::new("Copy as curl", explanation, move |cx| cx.copy(command.unwrap_or_default())).unless(obstacle)
            }
            Self::ReportSummary => {
                let explanation = "Copy the report's first page, for a ticket";
                let text = state.report.summary();
                let obstacle = text.is_none().then_some("Make a report first");
                Row::new("Copy the report's summary", explanation, move |cx| cx.copy(text.unwrap_or_default()))
                    .unless(obstacle)
            }
        }
    }
}
