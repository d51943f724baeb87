//! What a service wants to be said and heard before its socket is of use.

use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

use super::frame_stream::Progress;
use super::talk::Unread;
use super::{ANNOUNCED_LIMIT, CLOSE_LIMIT, Control, Socket};
use crate::driver::conversation::{needed, quoted};
use crate::driver::net::{Net, Scope, StepKind, Taken};
use crate::driver::recorder::Recorder;
use crate::model::failure::IoCause;
use crate::model::{
    AttemptId, Close, CloseCause, DriverEvent, GreetingFailure, HelloStep, MissingValue, Phase, ReportId,
    RequestFailure, SafeText, Source, Step, TraceId, Values,
};

/// Why a greeting did not come to its end.
pub enum Ungreeted {
    /// It failed; the socket is closed.
    Failed(GreetingFailure, Option<Zeroizing<String>>),
    /// Somebody here wanted the end.
    Closed(Close),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Says and hears what the service wants before the socket is of use. After a failure the connection is to be closed
    /// ([`Self::hang_up`]).
    ///
    /// # Errors
    /// How it failed, and at which step.
    pub async fn greet(&mut self, requests: &Requests) -> Result<(), Ungreeted> {
        let steps = self.talk.as_ref().map_or_else(Vec::new, |talk| talk.conversation.greeting());
        let (mut outcome, mut heard) = (Ok(()), None);
        for (number, step) in (1..).zip(&steps) {
            outcome = self.greeting_step(number, step, requests, &mut heard).await;
            if outcome.is_err() {
                break;
            }
        }
        let unusable = self.talk.as_ref().and_then(|talk| talk.conversation.problem());
        if let (Ok(()), Some(problem)) = (&outcome, unusable) {
            let step = u32::try_from(steps.len()).unwrap_or(u32::MAX);
            outcome = Err(Ungreeted::Failed(GreetingFailure::Profile { step, problem }, None));
        }
        self.recorder.messages(&mut self.batch);
        if let Some(talk) = &mut self.talk {
            talk.end_greeting();
        }
        outcome
    }

    /// Closes the connection after a greeting that came to this.
    pub async fn hang_up(&mut self, failure: &GreetingFailure) {
        let limit = match failure {
            GreetingFailure::Closed { .. } => return,
            GreetingFailure::Refused { .. } => ANNOUNCED_LIMIT,
            GreetingFailure::Missing { .. } | GreetingFailure::Request { .. } | GreetingFailure::Profile { .. } => {
                CLOSE_LIMIT
            }
        };
        self.close(limit).await;
        self.recorder.messages(&mut self.batch);
    }

    /// What no step has waited for is `heard`, the last of it.
    async fn greeting_step(
        &mut self,
        number: u32,
        step: &HelloStep,
        requests: &Requests,
        heard: &mut Option<SafeText>,
    ) -> Result<(), Ungreeted> {
        let failed = |failure| Ungreeted::Failed(failure, None);
        let missing = |missing: MissingValue| {
            failed(GreetingFailure::Profile { step: number, problem: needed("the greeting", &missing) })
        };
        let deadline = Instant::now() + step.within;
        if let Some(talk) = &mut self.talk {
            talk.conversation.make(&step.make).map_err(missing)?;
            let values = talk.conversation.scope().values.clone();
            self.hide(&values);
        }
        if let Some(request) = &step.request {
            let scope = self.talk.as_ref().map(|talk| talk.conversation.scope().clone()).unwrap_or_default();
            // While it is under way the socket is not read; its own limit is short.
            let taken = requests.send(request, &scope).await;
            let taken = taken.map_err(|request| failed(GreetingFailure::Request { step: number, request }))?;
            self.hide(&taken.values);
            if let Some(talk) = &mut self.talk {
                talk.conversation.keep(&taken.values);
            }
        }
        if let (Some(send), Some(talk)) = (&step.send, &mut self.talk) {
            let text = talk.conversation.say(send).map_err(missing)?;
            if self.ended.is_none() {
                self.ended = self.send_text(&text);
            }
        }
        let Some(expect) = &step.expect else { return Ok(()) };
        loop {
            while let Some(unread) = self.talk.as_mut().and_then(|talk| talk.unread.pop_front()) {
                let Unread { message, ending } = unread;
                if expect.matches(&message) {
                    if let Some(talk) = &mut self.talk {
                        if ending.is_some() {
                            talk.receive_awaited(&message);
                        }
                        talk.conversation.take(&step.take, &message);
                        let values = talk.conversation.scope().values.clone();
                        self.hide(&values);
                    }
                    if self.ended.is_none() {
                        self.ended = self.reply();
                    }
                    return Ok(());
                }
                if let Some((announced, elsewhere)) = ending {
                    return Err(Ungreeted::Failed(GreetingFailure::Refused { step: number, announced }, elsewhere));
                }
                *heard = Some(quoted(&message, &self.secrets));
            }
            if let Some((announced, elsewhere)) = self.talk.as_mut().and_then(|talk| talk.ended.take()) {
                return Err(Ungreeted::Failed(GreetingFailure::Refused { step: number, announced }, elsewhere));
            }
            if let Some(close) = self.ended.take() {
                return Err(failed(GreetingFailure::Closed { step: number, close, heard: heard.take() }));
            }
            self.ended = tokio::select! {
                control = self.control.recv() => match control {
                    Some(Control::Cut) => {
                        let close = Close::abnormal(CloseCause::CutOnPurpose);
                        return Err(failed(GreetingFailure::Closed { step: number, close, heard: heard.take() }));
                    }
                    Some(Control::Ping(every)) => {
                        self.set_pings(every);
                        None
                    }
                    Some(Control::Close) | None => return Err(Ungreeted::Closed(self.close(CLOSE_LIMIT).await)),
                },
                progress = self.wire.next() => match progress {
                    Progress::Arrived(arrival) => self.receive(arrival).await,
                    Progress::Sent => None,
                    Progress::Stuck => Some(Close::abnormal(CloseCause::Io(IoCause::NoAnswer))),
                },
                () = sleep_until(deadline) => {
                    let expected = SafeText::new(&expect.to_string());
                    let (within, heard) = (step.within, heard.take());
                    return Err(failed(GreetingFailure::Missing { step: number, expected, within, heard }));
                }
            };
            // What it said before it ended may be what is waited for, or the reason.
            if self.ended.is_none() {
                self.ended = self.reply();
            }
        }
    }

    fn hide(&mut self, values: &Values) {
        self.secrets = std::mem::take(&mut self.secrets).hiding_values(values);
    }
}

/// Sends the requests between two messages of a greeting.
pub struct Requests {
    net: Net,
    traces: Mutex<Vec<TraceId>>,
    recorder: Recorder,
    attempt: AttemptId,
}

impl Requests {
    /// Over `net` in `attempt`, with one of `traces` each.
    pub fn new(net: Net, traces: Vec<TraceId>, recorder: Recorder, attempt: AttemptId) -> Self {
        Self { net, traces: Mutex::new(traces), recorder, attempt }
    }

    async fn send(&self, step: &Step, scope: &Scope) -> Result<Taken, RequestFailure> {
        let trace = self.traces.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let trace = trace.unwrap_or_else(|| TraceId::of(ReportId::of(0), 0));
        let event = DriverEvent::RequestSent { phase: Phase::Greeting, trace: trace.clone(), head: None };
        self.recorder.record(Source::Driver, Some(self.attempt), event);
        let taken = self.net.step(StepKind::Hello, step, scope, &trace).await?;
        self.recorder.answered(self.attempt, Phase::Greeting, &taken);
        Ok(taken)
    }
}
