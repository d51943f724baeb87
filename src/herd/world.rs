//! Virtual time: what happens next happens now.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use super::crowd::{ClientEvent, Crowd, Machines, Next, Step, Timetables};
use super::outcome::{Outcome, Tally};
use super::rule::{Rule, RuleKind};
use super::scenario::Scenario;
use super::server::{Answer, Server};
use crate::model::Moment;

/// Steps between two reports.
const REPORT_EVERY: u64 = 10_000;

/// Leads a herd that follows `rule` through `scenario`. `report` is told now and then which share of it is over, from
/// 0 to 1, and can break it off: then there is no outcome.
pub fn run(scenario: &Scenario, rule: &Rule, report: impl FnMut(f32) -> ControlFlow<()>) -> Option<Outcome> {
    let (clients, seed) = (scenario.clients, scenario.seed);
    match &rule.kind {
        RuleKind::Machine(policy) => World::new(scenario, Machines::new(policy, clients, seed)).run(report),
        RuleKind::Delays(delays) => World::new(scenario, Timetables::new(delays, clients, seed)).run(report),
    }
}

struct World<'a, C> {
    scenario: &'a Scenario,
    crowd: C,
    server: Server<'a>,
    queue: BinaryHeap<Reverse<Scheduled>>,
    tally: Tally,
}

/// Something that will happen to a client; what is due first comes first.
struct Scheduled {
    at: Moment,
    client: u32,
    what: ClientEvent,
}

impl Scheduled {
    const fn key(&self) -> (Moment, u32) {
        (self.at, self.client)
    }
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl<'a, C: Crowd> World<'a, C> {
    fn new(scenario: &'a Scenario, crowd: C) -> Self {
        let cut = |client| Reverse(Scheduled { at: Moment::START, client, what: ClientEvent::Cut });
        let queue = (0..scenario.clients).map(cut).collect();
        Self { scenario, crowd, server: Server::new(scenario), queue, tally: Tally::new(scenario) }
    }

    fn run(mut self, mut report: impl FnMut(f32) -> ControlFlow<()>) -> Option<Outcome> {
        let deadline = self.scenario.end() + Scenario::WATCH;
        while let Some(Reverse(Scheduled { at, client, what })) = self.queue.pop() {
            if at > deadline {
                break;
            }
            let next = self.crowd.handle(client, at, what);
            self.follow(client, at, next);
            self.tally.steps += 1;
            if self.tally.steps.is_multiple_of(REPORT_EVERY) && report(self.progress(at)).is_break() {
                return None;
            }
        }
        Some(self.tally.outcome())
    }

    fn follow(&mut self, client: u32, now: Moment, next: Next) {
        match next {
            Next::Wait(until) => self.schedule(until, client, ClientEvent::WaitIsOver),
            Next::Ask(step) => self.ask(client, now, step),
            Next::Open => {
                if let Some(known) = self.tally.clients.get_mut(client as usize) {
                    known.open_since = Some(now);
                }
                // The server opened it a moment ago, and the news of a cut take as long.
                let one_way = self.scenario.latency / 2;
                if let Some(cut) = self.scenario.next_cut(now - one_way) {
                    self.schedule(cut + one_way, client, ClientEvent::Cut);
                }
            }
            Next::GivenUp => {
                if let Some(known) = self.tally.clients.get_mut(client as usize) {
                    known.has_given_up = true;
                }
            }
        }
    }

    /// All requests take equally long to arrive, so they arrive in the order in which they are sent.
    fn ask(&mut self, client: u32, now: Moment, step: Step) {
        let one_way = self.scenario.latency / 2;
        let arrival = now + one_way;
        if step == Step::Ticket {
            self.tally.attempt(client, arrival);
        }
        let (answered, answer) = match step {
            Step::Token | Step::Ticket | Step::Upgrade => self.server.request(arrival, client),
            Step::Dial => self.server.dial(arrival),
        };
        let refusals = &mut self.tally.refusals;
        match answer {
            Answer::Granted => {}
            Answer::Gone => refusals.gone += 1,
            Answer::TooMany(_) => refusals.too_many += 1,
            Answer::Overloaded(_) => refusals.overloaded += 1,
        }
        self.schedule(answered + one_way, client, ClientEvent::Answered(step, answer));
    }

    fn schedule(&mut self, at: Moment, client: u32, what: ClientEvent) {
        if let (ClientEvent::Cut, Some(known)) = (what, self.tally.clients.get_mut(client as usize)) {
            // It will not have been this connection that brought the client back.
            known.open_since = None;
        }
        self.queue.push(Reverse(Scheduled { at, client, what }));
    }

    fn progress(&self, now: Moment) -> f32 {
        // Most of the work is the outage's; after it, what is left is who is not back.
        let end = self.scenario.end();
        if now < end {
            return 0.9 * (now.as_nanos() as f32 / end.as_nanos() as f32);
        }
        let missing = self.queue.len() as f32 / self.tally.clients.len().max(1) as f32;
        0.9 + 0.1 * (1.0 - missing).clamp(0.0, 1.0)
    }
}
