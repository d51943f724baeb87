//! An hour of services that are well, in virtual time: the client's own rules against servers that do what they should.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::diagnosis::Code;
use crate::flow::{ConnectionFlow, Effect, Input, Output, Policy};
use crate::model::*;
use crate::presets;
use crate::view::{SessionView, Standpoint, Tone};

const MINUTE: Duration = Duration::from_secs(60);
const LATENCY: Duration = Duration::from_millis(80);
const PING: Duration = Duration::from_secs(10);

/// How the server ends the connections, each after so many minutes; the last one stays.
const ENDS: [(u32, u16, &str); 3] =
    [(15, 1000, "IDLE_TIMEOUT"), (9, 1001, "SERVER_SHUTDOWN"), (15, 1000, "IDLE_TIMEOUT")];

struct Session {
    flow: ConnectionFlow,
    view: SessionView,
    now: Moment,
    attempt: Option<AttemptId>,
    seq: u64,
    has_greeting: bool,
    is_contracts: bool,
    tickets: u32,
}

impl Session {
    fn with(profile: Profile) -> Self {
        let policy = Policy::from(&profile);
        Self {
            has_greeting: policy.steps.greeting,
            is_contracts: profile.service.is_none(),
            flow: ConnectionFlow::new(policy, 7, AttemptId(0)),
            view: SessionView::live(profile),
            now: Moment::START,
            attempt: None,
            seq: 0,
            tickets: 0,
        }
    }

    fn date(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + self.now.since_start()
    }

    fn say(&mut self, source: Source, attempt: Option<AttemptId>, event: Event) {
        let (seq, elapsed, time) = (self.seq, self.now, self.date());
        self.view.apply(&Entry { seq, elapsed, time, attempt, source, simulated: None, event });
        self.seq += 1;
    }

    fn tell(&mut self, input: Input) {
        self.flow.handle(self.now, input);
    }

    /// Does what the machine wants until it waits; returns until when, if for anything.
    fn settle(&mut self) -> Option<Moment> {
        loop {
            match self.flow.poll() {
                Output::Event(attempt, event) => {
                    self.attempt = attempt.or(self.attempt);
                    self.say(Source::Flow, attempt, Event::Flow(event));
                }
                Output::Effect(effect) => self.answer(effect),
                Output::WaitUntil(until) => return until.map(|(at, _)| at),
            }
        }
    }

    /// What a service that is well answers, after the time that it takes.
    fn answer(&mut self, effect: Effect) {
        if !matches!(effect, Effect::SaveCredential(_) | Effect::ForgetCredential) {
            self.now = self.now + LATENCY;
        }
        match effect {
            Effect::LoadCredential(attempt) => {
                self.tell(Input::CredentialLoaded(attempt, Credential::default(), TokenSource::Keychain));
            }
            Effect::RequestToken(attempt, _) => {
                let session_id = SessionId::new("sess_0123456789abcdef");
                let claims = Claims {
                    session_id: Some(session_id.masked()),
                    issued_at: Some(self.date()),
                    expires_at: Some(self.date() + TimeDelta::days(30)),
                    ..Claims::default()
                };
                let claims = if self.is_contracts { Ok(claims) } else { Err(ClaimsError::Parts) };
                let jwt = Jwt::stand_in(TokenFacts { fingerprint: Fingerprint::of("jwt"), claims });
                let session_id = self.is_contracts.then_some(session_id);
                self.tell(Input::TokenAnswered(attempt, Ok(TokenGrant { session_id, ..TokenGrant::of(jwt) })));
            }
            Effect::RequestTicket(attempt, _) => {
                self.tickets += 1;
                let ticket = Ticket::new(format!("ticket {}", self.tickets));
                let lifetime = self.is_contracts.then_some(Duration::from_secs(30));
                self.tell(Input::TicketAnswered(attempt, Ok(TicketGrant { ticket, lifetime })));
            }
            Effect::Dial(attempt) => self.tell(Input::Dialled(attempt, Ok(()))),
            Effect::Upgrade(attempt, _) => {
                self.tell(Input::Upgraded(attempt, Ok(())));
                if self.has_greeting {
                    self.tell(Input::Greeted(attempt, Ok(())));
                }
            }
            Effect::Close(_) | Effect::Abort(_) | Effect::SaveCredential(_) | Effect::ForgetCredential => {}
        }
    }

    /// Lets so much time pass in which the server answers pings.
    fn stay(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = self.now + PING;
            if self.settle().is_some_and(|due| due <= self.now) {
                self.tell(Input::Timeout);
                self.settle();
            }
            self.say(Source::Driver, self.attempt, Event::Driver(DriverEvent::Pong { rtt: LATENCY }));
            self.assert_well();
        }
    }

    #[track_caller]
    fn assert_well(&self) {
        let name = &self.view.profile().name;
        let found: Vec<Code> = self.view.findings().iter().map(|finding| finding.problem.code).collect();
        assert_eq!(found, [], "{name} at {}", DisplayDuration(self.now.since_start()));
        let verdict = self.view.verdict(Standpoint::Present);
        assert_eq!(verdict.tone, Tone::Good, "{name}: {verdict:?}");
    }

    fn close(&mut self, code: u16, reason: &str) {
        let attempt = self.attempt.expect("an attempt is going on");
        self.tell(Input::Closed(attempt, Close::received(Some(code), reason)));
        let due = self.settle().expect("the client comes back");
        self.now = due;
        self.tell(Input::Timeout);
        self.settle();
        self.assert_well();
    }
}

#[test]
fn an_hour_of_every_service_that_is_well_has_no_finding() {
    let presets = presets::all().iter().map(|preset| Profile::from_toml(preset.text).expect(preset.name));
    for profile in [Profile::production()].into_iter().chain(presets) {
        let mut session = Session::with(profile);
        session.tell(Input::Command(FlowCommand::Connect));
        session.settle();
        session.assert_well();
        for (minutes, code, reason) in ENDS {
            session.stay(MINUTE * minutes);
            session.close(code, reason);
        }
        session.stay(MINUTE * 21);
        assert!(session.now.since_start() >= MINUTE * 60);
        assert_eq!(session.attempt, Some(AttemptId(3)), "{}", session.view.profile().name);
    }
}
