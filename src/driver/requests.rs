//! The requests of an attempt: each with its trace id, one after the other, and recorded.

use super::net::{Net, Scope, StepKind, Taken};
use super::recorder::Recorder;
use crate::model::{AttemptId, DriverEvent, Phase, ReportId, RequestFailure, Source, Step, TraceId};

/// Sends the requests of a login or of a ticket one after the other, and records each.
pub struct StepRunner {
    attempt: AttemptId,
    phase: Phase,
    /// One for each request, at least one.
    traces: Vec<TraceId>,
    recorder: Recorder,
}

impl StepRunner {
    /// For the requests of `phase` in `attempt`, of which there are at most so many.
    pub fn new(attempt: AttemptId, phase: Phase, steps: usize, traces: &mut Traces, recorder: Recorder) -> Self {
        let traces = (0..steps.max(1)).map(|_| traces.next()).collect();
        Self { attempt, phase, traces, recorder }
    }

    /// The trace id of the first request, whether or not it is sent.
    pub fn first_trace(&self) -> &TraceId {
        &self.traces[0]
    }

    /// The trace id of the last request.
    pub fn last_trace(&self) -> &TraceId {
        self.traces.last().unwrap_or(&self.traces[0])
    }

    /// Sends `steps`; what they gave is in `scope` too.
    ///
    /// # Errors
    /// The first that failed.
    pub async fn run(
        &self,
        net: &Net,
        kind: StepKind,
        steps: &[Step],
        scope: &mut Scope,
    ) -> Result<Taken, RequestFailure> {
        let mut all = Taken::default();
        for (index, (step, trace)) in steps.iter().zip(&self.traces).enumerate() {
            let which =
                if steps.len() > 1 { format!("request {} of {}, ", index + 1, steps.len()) } else { String::new() };
            let taken = self.record(net, trace, &which, net.step(kind, step, scope, trace)).await?;
            scope.values.extend(&taken.values);
            scope.session_id = taken.session_id.clone().or(scope.session_id.take());
            all.and(taken);
        }
        Ok(all)
    }

    /// Sends a request, recording that it went out and how long it took.
    async fn record(
        &self,
        net: &Net,
        trace: &TraceId,
        which: &str,
        request: impl Future<Output = Result<Taken, RequestFailure>>,
    ) -> Result<Taken, RequestFailure> {
        let Self { attempt, phase, recorder, .. } = self;
        let (attempt, phase) = (*attempt, *phase);
        let since = recorder.clock().now();
        recorder.record(Source::Driver, Some(attempt), DriverEvent::RequestSent { phase, trace: trace.clone() });
        let result = request.await;
        recorder.phase(attempt, phase, since, result.is_ok(), &format!("{which}trace id {trace}"));
        if let Some(offset) = net.take_clock_offset() {
            recorder.record(Source::Driver, Some(attempt), DriverEvent::ClockCompared { offset });
        }
        if let Some((age, said)) = net.take_cache_hit().filter(|_| result.is_ok()) {
            recorder.record(Source::Driver, Some(attempt), DriverEvent::AnsweredFromCache { phase, age, said });
        }
        result
    }
}

/// Makes the `x-trace-id`s of a session.
pub struct Traces {
    session: ReportId,
    requests: u32,
}

impl Traces {
    /// Of a session with this report id, which has sent so many `requests`.
    pub fn new(session: ReportId, requests: u32) -> Self {
        Self { session, requests }
    }

    /// So many have been made.
    pub fn requests(&self) -> u32 {
        self.requests
    }

    /// The next.
    pub fn next(&mut self) -> TraceId {
        self.requests += 1;
        TraceId::of(self.session, self.requests)
    }
}
