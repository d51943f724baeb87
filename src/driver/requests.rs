//! The requests of an attempt: each with its trace id, one after the other, and recorded.

use zeroize::Zeroizing;

use super::keychain::Secrets;
use super::net::{Net, Scope, StepKind, Taken};
use super::recorder::Recorder;
use super::sign_in::{Browser, SignIn, tell_failure};
use crate::model::{
    AttemptId, DriverEvent, OAuth, Phase, ReportId, RequestFailure, SecretSource, Service, Source, TraceId, ValueName,
};

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

    /// Makes ready what every request needs.
    ///
    /// # Errors
    /// If the client certificate cannot be used.
    pub async fn prepare(&self, net: &Net, scope: &Scope) -> Result<(), RequestFailure> {
        let trace = || self.first_trace().clone();
        net.open_identity(scope).await.map_err(|kind| RequestFailure { trace: trace(), kind })
    }

    /// Has a person sign in, unless that goes without one.
    ///
    /// # Errors
    /// If nobody signed in.
    pub async fn sign_in(
        &mut self,
        net: &Net,
        oauth: &OAuth,
        scope: &mut Scope,
        secrets: &Secrets,
        browser: Browser,
    ) -> Result<Taken, RequestFailure> {
        // There is one for each request and one more.
        let trace = self.traces.remove(0);
        let tell = self.teller();
        let asked = async {
            let sign_in = SignIn { net, oauth, scope, secrets, browser, trace: &trace, tell: &tell };
            sign_in.run().await.map_err(|kind| RequestFailure { trace: trace.clone(), kind })
        };
        let taken = self.record(net, &trace, "sign-in, ", asked).await?;
        scope.values.extend(&taken.values);
        Ok(taken)
    }

    /// Writes down what happens beside the requests.
    fn teller(&self) -> impl Fn(DriverEvent) + Send + Sync + use<> {
        let (recorder, attempt) = (self.recorder.clone(), self.attempt);
        move |event| recorder.record(Source::Driver, Some(attempt), event)
    }

    /// Sends the requests of this kind but for as many as are `kept` from before; what they gave is in `scope` too.
    ///
    /// # Errors
    /// The first that failed.
    pub async fn run(
        &self,
        net: &Net,
        kind: StepKind,
        service: &Service,
        kept: usize,
        scope: &mut Scope,
        secrets: &Secrets,
    ) -> Result<Vec<Taken>, RequestFailure> {
        let steps = if kind == StepKind::Login { &service.login } else { &service.ticket };
        let mut all = Vec::with_capacity(steps.len());
        for ((index, step), trace) in steps.iter().enumerate().skip(kept).zip(&self.traces) {
            let which =
                if steps.len() > 1 { format!("request {} of {}, ", index + 1, steps.len()) } else { String::new() };
            let result = self.record(net, trace, &which, net.step(kind, step, scope, trace)).await;
            let was_answered = result.as_ref().map_or_else(|failure| failure.kind.refusal().is_some(), |_| true);
            let shown = service.secrets_in_step(step).into_iter().filter(|_| was_answered);
            let used = shown.filter(|name| service.secrets.get(*name).is_some_and(|source| source.once));
            used.for_each(|name| secrets.drop_at_once(name));
            let taken = result?;
            // A secret that the service has replaced, such as a refresh token: the old one is of no use any more.
            let is_replaced = |name: &ValueName| service.secrets.get(name).is_some_and(SecretSource::is_asked_for);
            let replaced = taken.values.expose_all().filter(|(name, _)| is_replaced(name));
            let replaced: Vec<_> = replaced.map(|(name, value)| (name, Zeroizing::new(value.to_owned()))).collect();
            for (name, value) in replaced {
                tell_failure(secrets.set(name, value), &self.teller()).await;
            }
            scope.values.extend(&taken.values);
            scope.session_id = taken.session_id.clone().or(scope.session_id.take());
            all.push(taken);
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
        recorder.record(
            Source::Driver,
            Some(attempt),
            DriverEvent::RequestSent { phase, trace: trace.clone(), head: None },
        );
        let result = request.await;
        recorder.phase(attempt, phase, since, result.is_ok(), &format!("{which}trace id {trace}"));
        result.iter().for_each(|taken| recorder.answered(attempt, phase, taken));
        if let Some(offset) = net.take_clock_offset() {
            recorder.record(Source::Driver, Some(attempt), DriverEvent::ClockCompared { offset });
        }
        if let Some((age, said)) = net.take_cache_hit().filter(|_| result.is_ok()) {
            recorder.record(Source::Driver, Some(attempt), DriverEvent::AnsweredFromCache { phase, age, said });
        }
        if let Some(characters) = result.as_ref().ok().and_then(|taken| net.encoded_in_ticket(taken)) {
            recorder.record(Source::Driver, Some(attempt), DriverEvent::TicketCharacters { characters });
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
