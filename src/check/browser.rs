//! The step that looks with a browser's eyes: what a page would be refused although this program gets through.

use super::plan::{Found, Plan, Step};
use super::{Work, findings};
use crate::diagnosis::Code;
use crate::driver::net::{BrowserView, Net};
use crate::model::{DriverEvent, PageRequest, Source};

impl Work {
    /// Asks what a browser asks before both requests, once they have been answered.
    pub(super) async fn look_as_browser(&self, net: &Net, plan: &mut Plan<'_>) {
        if !plan.begin(Step::Browser, self.now()) {
            return;
        }
        let Some(origin) = self.profile.sent_origin() else {
            let why = "this client is no page: it sends no origin";
            return plan.end(Step::Browser, self.now(), Found::skipped(why));
        };
        let asked = [PageRequest::Token, PageRequest::Ticket].map(|request| request.asked(&self.profile));
        if asked.iter().all(Option::is_none) {
            let why = "there is no request whose address the profile itself names";
            return plan.end(Step::Browser, self.now(), Found::skipped(why));
        }
        let BrowserView { blocks, is_same_origin } = net.as_a_browser().await;
        if blocks.is_empty() {
            let found = match is_same_origin {
                true => {
                    Found::skipped(format!("page and API have the same origin ({origin}): nothing has to be allowed"))
                }
                false => Found::passed(format!("the preflights and the answers allow {origin}")),
            };
            return plan.end(Step::Browser, self.now(), found);
        }
        self.recorder.record(Source::Driver, None, DriverEvent::BrowserStopped { blocks });
        let found = findings(&self.profile, &self.journal.since(0).entries);
        let problem = found.iter().flat_map(|finding| finding.with_symptoms()).map(|(_, finding)| &finding.problem);
        let problem = problem.into_iter().find(|problem| problem.code == Code::BlockedByBrowser);
        let (title, cause) =
            problem.map_or_else(Default::default, |problem| (problem.title.clone(), problem.cause.clone()));
        plan.end(Step::Browser, self.now(), Found::warning(title).with([cause]));
    }
}
