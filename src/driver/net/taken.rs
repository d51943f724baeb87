//! What is taken from the answer to a step of a login or of a ticket.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::header::SET_COOKIE;
use http::{HeaderName, Response};
use serde_json::Value;
use zeroize::Zeroizing;

use super::access::Net;
use super::answer::{LONGEST, date_in, text};
use super::http::RawAnswer;
use super::percent::{is_sendable, is_unreserved};
use crate::clock::utc_now;
use crate::model::failure::{Answer, AnswerFault};
use crate::model::{
    Claims, Fingerprint, JsonPointer, Jwt, Life, LifeUnit, Profile, Redactor, RequestBody, RequestFailure,
    RequestFailureKind, SafeText, SecretJson, SessionId, Step, TakeFrom, Ticket, TicketGrant, TokenGrant, TraceId,
    ValueName, Values, is_there,
};

/// A value that is longer is not taken in: no server takes it back in a header or an address.
const MAX_VALUE: usize = 16 << 10;

/// What a step gave.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// What the profile wants of its answer.
    pub values: Values,
    /// The session that the server named.
    pub session_id: Option<SessionId>,
    /// How long that lives; `None` if the answer does not say.
    pub lifetime: Option<Duration>,
    /// Until when that is.
    pub until: Option<DateTime<Utc>>,
    /// The answer that it was taken from, if one came.
    pub answer: Option<GoodAnswer>,
}

/// What may be known of an answer that gave what was asked for.
#[derive(Clone, Debug)]
pub struct GoodAnswer {
    /// Status and headers, without a body.
    pub head: Box<Answer>,
    /// How long after the request the head came.
    pub first_byte: Duration,
    /// How long after that the body was complete.
    pub body: Duration,
}

impl Taken {
    /// What all of these gave, one after the other.
    pub fn of_all(all: Vec<Self>) -> Self {
        let mut whole = Self::default();
        all.into_iter().for_each(|taken| whole.and(taken));
        whole
    }

    /// Adds what a later step gave. What lives shorter decides.
    pub fn and(&mut self, later: Self) {
        self.values.extend(&later.values);
        self.session_id = later.session_id.or(self.session_id.take());
        self.lifetime = [self.lifetime, later.lifetime].into_iter().flatten().min();
        self.until = [self.until, later.until].into_iter().flatten().min();
    }

    /// The token in it, called `name`. A login that gives none has nothing that could be refused: its token is empty.
    pub fn into_token(mut self, name: &ValueName) -> TokenGrant {
        let token = self.values.remove(name).unwrap_or_default();
        let Self { values, session_id, lifetime, until, answer: _ } = self;
        TokenGrant { session_id, values, lifetime, until, ..TokenGrant::of(Jwt::new(token.as_str())) }
    }

    /// The ticket in it, as `profile` calls it. It comes again only if all comes again that the socket shows of it, but for where
    /// it only leads.
    pub fn into_ticket(mut self, profile: &Profile) -> TicketGrant {
        let shown = profile.shown_of_ticket();
        let shown = shown.iter().filter_map(|name| self.values.expose(name)).filter(|value| !is_mere_address(value));
        let shown: Vec<_> = shown.collect();
        let together = (!shown.is_empty()).then(|| Fingerprint::of(&Zeroizing::new(shown.join("\n"))));
        let ticket = self.values.remove(&profile.ticket_name()).unwrap_or_default();
        let ticket = Ticket::new(ticket.as_str()).with(self.values);
        let ticket = together.into_iter().fold(ticket, Ticket::recognized_by);
        TicketGrant { ticket, lifetime: self.lifetime }
    }
}

/// Whether `value` is an address in which there is no secret that could be good for one use.
fn is_mere_address(value: &str) -> bool {
    /// No secret is shorter.
    const SECRET: usize = 16;
    value.split_once("://").is_some_and(|(_, rest)| {
        !rest.contains(['?', '#']) && rest.split('/').skip(1).all(|segment| segment.len() < SECRET)
    })
}

/// Which list of the profile's a step is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// `[[login]]`.
    Login,
    /// `[[ticket]]`.
    Ticket,
    /// Between two messages of the greeting.
    Hello,
}

impl Net {
    /// What the client makes of `answer` to the step that gives the ticket, wherever it comes from. Nothing is sent.
    ///
    /// # Errors
    /// As [`Net::step`].
    pub fn read_ticket(&self, answer: Response<Vec<u8>>, trace: &TraceId) -> Result<TicketGrant, RequestFailure> {
        let (parts, body) = answer.into_parts();
        let answer = RawAnswer {
            status: parts.status.as_u16(),
            version: parts.version,
            phrase: Vec::new(),
            headers: parts.headers,
            body: Zeroizing::new(body),
            first_byte: Duration::ZERO,
            body_took: Duration::ZERO,
            false_encoding: None,
        };
        let secrets = Redactor::default();
        let steps = self.0.profile.steps();
        let taken = match steps.ticket.last() {
            Some(step) if answer.is_success(&step.ok_statuses) => self.take(StepKind::Ticket, step, &answer, &secrets),
            Some(step) => Err(RequestFailureKind::Status(Box::new(self.refused(&answer, step, &secrets)))),
            None => Err(RequestFailureKind::Status(Box::new(answer.facts(&self.0.profile, &secrets)))),
        };
        let ticket = taken.map(|taken| taken.into_ticket(&self.0.profile));
        ticket.map_err(|kind| RequestFailure { trace: trace.clone(), kind })
    }

    /// The characters, each once, of the ticket in `taken` that an address carries only percent-encoded; `None` if there are none.
    pub fn encoded_in_ticket(&self, taken: &Taken) -> Option<SafeText> {
        let ticket = taken.values.expose(&self.0.profile.ticket_name())?;
        // An address that leads to the socket is none to be encoded.
        if ticket.contains("://") {
            return None;
        }
        let encoded: BTreeSet<_> = ticket.chars().filter(|c| !is_unreserved(*c)).collect();
        let encoded: Vec<_> = encoded.into_iter().map(String::from).collect();
        (!encoded.is_empty()).then(|| SafeText::with_limit(&encoded.join(" "), 16))
    }

    /// What may be known of `answer` besides what `step` takes from it.
    pub(super) fn good_answer(&self, step: &Step, answer: &RawAnswer, secrets: &Redactor) -> GoodAnswer {
        let mut head = answer.head(self.0.profile.api.url(), secrets);
        let taken: Vec<_> = step.take.values().filter_map(TakeFrom::header).collect();
        for header in &mut head.headers {
            if taken.iter().any(|name| name.eq_ignore_ascii_case(header.name.as_str())) {
                header.value = None;
            }
        }
        GoodAnswer { head: Box::new(head), first_byte: answer.first_byte, body: answer.body_took }
    }

    /// What `step` takes from `answer`, a success by its status.
    pub(super) fn take(
        &self,
        kind: StepKind,
        step: &Step,
        answer: &RawAnswer,
        secrets: &Redactor,
    ) -> Result<Taken, RequestFailureKind> {
        let json = Json::new(step, answer, secrets);
        let code = answer.code(step);
        let refused = || RequestFailureKind::Refused(Box::new(self.refused(answer, step, secrets)));
        // Without what was asked for, what names a refusal says why; with it, it says something else.
        let malformed = |fault| match &code {
            Some(_) => refused(),
            None => self.malformed(answer, fault, secrets),
        };
        if !json.is_ok(step).map_err(malformed)? {
            return Err(refused());
        }
        if let Some(poll) = &step.poll
            && !json.json().is_ok_and(|json| poll.is_over(json))
        {
            let wanted = SafeText::new(&poll.wanted());
            return Err(self.malformed(answer, AnswerFault::NotYet { wanted, within: poll.within }, secrets));
        }
        let is_asked_for_nothing =
            step.ok.is_empty() && step.poll.is_none() && !step.take.values().any(TakeFrom::is_required);
        if is_asked_for_nothing && code.is_some() && answer.is_success(&[]) {
            return Err(refused());
        }
        let profile = &self.0.profile;
        let mut taken = Taken::default();
        let is_strict = profile.service.is_none();
        for (name, from) in step.take_in_order() {
            let value = match from {
                TakeFrom::Query { name, of } => parameter(name, taken.values.expose(of).unwrap_or_default())
                    .map(Some)
                    .ok_or_else(|| AnswerFault::Missing { field: SafeText::new(&from.to_string()) }),
                TakeFrom::Json(_)
                | TakeFrom::JsonIfThere(_)
                | TakeFrom::Header(_)
                | TakeFrom::Cookie(_)
                | TakeFrom::After(_)
                | TakeFrom::Text => json.value(from, answer, is_strict),
            };
            if let Some(value) = value.map_err(malformed)? {
                if let Some(limit_kib) = too_long(&value) {
                    let field = SafeText::new(&from.to_string());
                    return Err(malformed(AnswerFault::ValueTooLong { field, limit_kib }));
                }
                // White space around a header's value is none of it (RFC 9110 §5.5): browsers leave it out as well.
                let is_header = kind == StepKind::Login && *name == profile.token_name();
                taken.values.set(name.clone(), if is_header { value.trim() } else { value.as_str() });
            }
        }
        if let Some(token) = taken.values.expose(&profile.token_name())
            && kind == StepKind::Login
            && !is_sendable(token)
        {
            let field = step.take.get(&profile.token_name()).map(ToString::to_string);
            let field = SafeText::new(&field.unwrap_or_default());
            return Err(malformed(AnswerFault::NotSendable { field }));
        }
        if kind == StepKind::Login && (step.body == RequestBody::Session || profile.service.is_none()) {
            let session_id = json.json.as_ref().and_then(|json| json.get("sessionId")?.as_str());
            let session_id = session_id.filter(|id| !id.is_empty());
            if let Some(limit_kib) = session_id.and_then(too_long) {
                return Err(malformed(AnswerFault::ValueTooLong { field: SafeText::new("/sessionId"), limit_kib }));
            }
            taken.session_id = session_id.map(SessionId::new);
        }
        (taken.lifetime, taken.until) = json.life(step, &taken.values, answer, is_strict).map_err(malformed)?;
        // What was given out is remembered as long as the session lives.
        let seen = self.secrets().hiding_values(&taken.values);
        let _ = taken.session_id.iter().fold(seen, Redactor::hiding_session);
        Ok(taken)
    }
}

/// The limit in KiB, if `value` is longer.
fn too_long(value: &str) -> Option<u32> {
    (value.len() > MAX_VALUE).then(|| u32::try_from(MAX_VALUE >> 10).unwrap_or(u32::MAX))
}

/// The JSON of an answer, if it is needed and there.
struct Json {
    json: Option<SecretJson>,
    fault: Option<AnswerFault>,
}

impl Json {
    fn new(step: &Step, answer: &RawAnswer, secrets: &Redactor) -> Self {
        let wanted = step.take.values().find_map(|from| match from {
            TakeFrom::Json(pointer) | TakeFrom::JsonIfThere(pointer) => Some(pointer.to_string()),
            TakeFrom::Header(_)
            | TakeFrom::Cookie(_)
            | TakeFrom::After(_)
            | TakeFrom::Query { .. }
            | TakeFrom::Text => None,
        });
        let wanted = wanted.or_else(|| step.ok.keys().next().map(ToString::to_string)).unwrap_or_default();
        match answer.json(&wanted, secrets) {
            Ok(json) => Self { json: Some(json), fault: None },
            Err(fault) => Self { json: None, fault: Some(fault) },
        }
    }

    fn json(&self) -> Result<&Value, AnswerFault> {
        self.json
            .as_deref()
            .ok_or_else(|| self.fault.clone().unwrap_or(AnswerFault::Missing { field: SafeText::default() }))
    }

    /// Whether it says what a success of `step` has to say.
    fn is_ok(&self, step: &Step) -> Result<bool, AnswerFault> {
        if step.ok.is_empty() {
            return Ok(true);
        }
        let json = self.json()?;
        Ok(step.ok.iter().all(|(pointer, wanted)| is_there(json, pointer, wanted)))
    }

    fn value(
        &self,
        from: &TakeFrom,
        answer: &RawAnswer,
        is_strict: bool,
    ) -> Result<Option<Zeroizing<String>>, AnswerFault> {
        let field = || shown(&from.to_string());
        let found = match from {
            TakeFrom::Json(pointer) => return string(self.json()?, pointer, is_strict).map(Some),
            TakeFrom::JsonIfThere(pointer) => {
                return Ok(self.json.as_deref().and_then(|json| string(json, pointer, is_strict).ok()));
            }
            TakeFrom::Header(name) => {
                let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok();
                name.and_then(|name| text(&answer.headers, &name)).map(|text| text.trim().to_owned())
            }
            TakeFrom::Cookie(name) => {
                let cookies = answer.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
                let mut pairs = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
                pairs.find(|(found, _)| found.trim() == name.as_str()).map(|(_, value)| value.trim().to_owned())
            }
            TakeFrom::After(marker) => marker.find(&String::from_utf8_lossy(&answer.body)).map(str::to_owned),
            TakeFrom::Text => Some(String::from_utf8_lossy(&answer.body).trim().to_owned()),
            TakeFrom::Query { .. } => None,
        };
        match found {
            Some(text) if text.is_empty() => Err(AnswerFault::Empty { field: field() }),
            Some(text) => Ok(Some(Zeroizing::new(text))),
            None => Err(AnswerFault::Missing { field: field() }),
        }
    }

    /// How long lives what `step` took, and until when that is.
    fn life(
        &self,
        step: &Step,
        taken: &Values,
        answer: &RawAnswer,
        is_strict: bool,
    ) -> Result<(Option<Duration>, Option<DateTime<Utc>>), AnswerFault> {
        let now = utc_now();
        let until = |at: DateTime<Utc>| {
            let lifetime = (at - now).to_std().unwrap_or(Duration::from_nanos(1));
            (Some(lifetime.min(LONGEST)), Some(at))
        };
        let lasting = |lifetime: Duration| {
            let lifetime = lifetime.min(LONGEST);
            (Some(lifetime), chrono::Duration::from_std(lifetime).ok().map(|lifetime| now + lifetime))
        };
        Ok(match &step.life {
            Life::Unknown => (None, None),
            Life::Fixed(lifetime) => lasting(*lifetime),
            Life::Jwt(name) => {
                let claims = taken.expose(name).and_then(|token| Jwt::new(token).facts().claims.ok());
                match claims {
                    Some(Claims { expires_at: Some(at), .. }) => until(at),
                    Some(_) | None => (None, None),
                }
            }
            Life::Said { unit: LifeUnit::Date, at } => {
                let fault = || AnswerFault::NotADate { field: SafeText::new(at.to_string().trim_start_matches('?')) };
                match self.value(at, answer, is_strict)? {
                    Some(text) => until(date_in(&text).ok_or_else(fault)?),
                    None => (None, None),
                }
            }
            Life::Said { unit, at } => {
                let fault = || AnswerFault::NotSeconds { field: SafeText::new(at.to_string().trim_start_matches('?')) };
                let Some(number) = self.number(at, answer, &fault)? else { return Ok((None, None)) };
                let date = |millis: f64| DateTime::from_timestamp_millis(millis as i64);
                // The contract's are what they are.
                let is_contracts = matches!(at, TakeFrom::JsonIfThere(_) if is_strict);
                if let Some(likely) = unit.instead(number, now.timestamp() as f64).filter(|_| !is_contracts) {
                    let field = SafeText::new(at.to_string().trim_start_matches('?'));
                    return Err(AnswerFault::OtherUnit { field, wanted: *unit, likely });
                }
                match unit {
                    LifeUnit::Seconds => lasting(Duration::from_secs_f64(number.min(LONGEST.as_secs_f64()))),
                    LifeUnit::Millis => lasting(Duration::from_secs_f64((number / 1e3).min(LONGEST.as_secs_f64()))),
                    LifeUnit::Unix => until(date(number * 1e3).ok_or_else(fault)?),
                    LifeUnit::UnixMs | LifeUnit::Date => until(date(number).ok_or_else(fault)?),
                }
            }
        })
    }

    /// The number there, more than nothing. The contract's may be missing (§1); a number that is written as a text is one, too, as
    /// it is for the web app that multiplies it.
    fn number(
        &self,
        at: &TakeFrom,
        answer: &RawAnswer,
        fault: &impl Fn() -> AnswerFault,
    ) -> Result<Option<f64>, AnswerFault> {
        let number = match at {
            TakeFrom::JsonIfThere(pointer) => match self.json.as_ref().and_then(|json| pointer.find(json)) {
                None | Some(Value::Null) => return Ok(None),
                Some(Value::String(text)) => text.trim().parse().ok(),
                Some(value) => value.as_f64(),
            },
            TakeFrom::Json(_)
            | TakeFrom::Header(_)
            | TakeFrom::Cookie(_)
            | TakeFrom::After(_)
            | TakeFrom::Query { .. }
            | TakeFrom::Text => self.value(at, answer, false)?.and_then(|text| text.parse().ok()),
        };
        number.filter(|&number: &f64| number > 0.0 && number.is_finite()).map(Some).ok_or_else(fault)
    }
}

/// The value of the first parameter called `name` in the query of `address`.
fn parameter(name: &SafeText, address: &str) -> Option<Zeroizing<String>> {
    // It may be one without a host, as where it is itself a parameter of another.
    let (_, query) = address.split_once('?')?;
    let query = query.split('#').next().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(found, value)| found == name.as_str() && !value.is_empty());
    found.map(|(_, value)| Zeroizing::new(value.into_owned()))
}

/// What is wanted of an answer, as people read it.
fn shown(field: &str) -> SafeText {
    SafeText::new(if field.is_empty() { "one text and nothing else" } else { field })
}

fn string(json: &Value, field: &JsonPointer, is_strict: bool) -> Result<Zeroizing<String>, AnswerFault> {
    let shown = || shown(&field.to_string());
    match field.find(json) {
        Some(Value::String(text)) if !text.is_empty() => Ok(Zeroizing::new(text.clone())),
        Some(Value::String(_)) => Err(AnswerFault::Empty { field: shown() }),
        Some(value @ (Value::Number(_) | Value::Bool(_))) if !is_strict => Ok(Zeroizing::new(value.to_string())),
        Some(_) => Err(AnswerFault::NotText { field: shown() }),
        None => Err(AnswerFault::Missing { field: shown() }),
    }
}
