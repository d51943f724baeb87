//! One HTTP step of a login or of a ticket (contract §1, or whatever the profile says): what is sent.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use url::Url;
use zeroize::Zeroizing;

use super::access::Net;
use super::cookies::others_among;
use super::http::RawAnswer;
use super::percent::{is_sendable, percent_encoded};
use super::taken::{StepKind, Taken};
use crate::driver::keychain::Gathered;
use crate::model::failure::SecretFault;
use crate::model::{
    Address, BuiltIns, HttpMethod, MissingValue, PageRequest, Poll, Redactor, RequestBody, RequestFailure,
    RequestFailureKind, SafeText, SecretSource, SessionId, Step, Template, Ticket, TraceId, ValueName, Values,
    in_order, is_loopback, is_there,
};

/// What a step can be made of.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Secrets of the profile, and what earlier steps gave.
    pub values: Values,
    /// The session that the server has named, of the contract's kind.
    pub session_id: Option<SessionId>,
    /// Why secrets are not among them, where there is more to say than that nobody has given them.
    pub faults: BTreeMap<ValueName, SecretFault>,
    /// Where the server has sent its client, in place of where the profile says.
    pub elsewhere: Option<Zeroizing<String>>,
    /// The time and so on.
    pub built_ins: BuiltIns,
}

impl Scope {
    /// Takes in what there is of the profile's secrets, which `redactor` learns.
    pub fn gather(&mut self, gathered: Gathered, redactor: Redactor) {
        let _ = redactor.hiding_secrets(&gathered.values);
        self.values.extend(&gathered.values);
        self.faults = gathered.faults;
    }

    /// Adds what `make` makes of it.
    ///
    /// # Errors
    /// A value that is not there.
    pub fn make(&mut self, make: &BTreeMap<ValueName, Template>) -> Result<(), MissingValue> {
        for (name, template) in in_order(make) {
            let value = template.expand(&self.values, &self.built_ins)?;
            self.values.set(name.clone(), value.as_str());
        }
        Ok(())
    }

    /// Takes in a ticket, called `name`, which is spent by that.
    pub fn spend(&mut self, ticket: Ticket, name: ValueName) {
        ticket.spend_into(name, &mut self.values);
    }
}

impl Net {
    /// Carries out `step` with what is in `scope`.
    ///
    /// # Errors
    /// Any other answer than a success with what the profile wants of it, no complete answer within `timeouts.http`, no
    /// connection, or something that is missing, so that nothing was sent.
    pub async fn step(
        &self,
        kind: StepKind,
        step: &Step,
        scope: &Scope,
        trace: &TraceId,
    ) -> Result<Taken, RequestFailure> {
        let scope = &match self.made(&step.make, scope) {
            Ok(scope) => scope,
            Err(kind) => return Err(RequestFailure { trace: trace.clone(), kind }),
        };
        let mut secrets = self.secrets().hiding_values(&scope.values);
        if step.body == RequestBody::Session {
            secrets = scope.session_id.iter().fold(secrets, Redactor::hiding_session);
        }
        let taken = async {
            let asked = Instant::now();
            let answer = loop {
                let request = self.step_request(step, scope, trace)?;
                let answer = self.answer(request, step, &mut secrets).await?;
                // What is refused, or is over its time, is what it is.
                let again = step.poll.as_ref().filter(|poll| {
                    asked.elapsed() + poll.every < poll.within && self.is_under_way(step, poll, &answer, &secrets)
                });
                match again {
                    Some(poll) => sleep(poll.every).await,
                    None => break answer,
                }
            };
            match kind {
                StepKind::Login => self.hear_cors(PageRequest::Token, &answer),
                StepKind::Ticket => self.hear_cors(PageRequest::Ticket, &answer),
                StepKind::Hello => {}
            }
            let taken = self.take(kind, step, &answer, &secrets)?;
            let secrets = taken.session_id.iter().fold(secrets.clone(), Redactor::hiding_session);
            let answer = self.good_answer(step, &answer, &secrets.hiding_values(&taken.values));
            Ok(Taken { answer: Some(answer), ..taken })
        };
        taken.await.map_err(|kind| RequestFailure { trace: trace.clone(), kind })
    }

    /// Whether `answer` is a success that does not say yet what is waited for.
    fn is_under_way(&self, step: &Step, poll: &Poll, answer: &RawAnswer, secrets: &Redactor) -> bool {
        answer.json("", secrets).is_ok_and(|json| {
            let is_refused = step.ok.iter().any(|(pointer, wanted)| !is_there(&json, pointer, wanted));
            !is_refused && !poll.is_over(&json)
        })
    }

    /// Opens the client's own certificate with what is in `scope`, if the profile has one that is locked.
    ///
    /// # Errors
    /// The password is missing, or the file is of no use.
    pub async fn open_identity(&self, scope: &Scope) -> Result<(), RequestFailureKind> {
        let Some(identity) = &self.0.identity else { return Ok(()) };
        let password = self.expand(identity.password(), scope)?;
        let failed = |fault| RequestFailureKind::Identity { file: SafeText::new(&identity.file().to_string()), fault };
        identity.open_with(password).await.map_err(failed)
    }

    /// What of the profile's values is missing in `scope`.
    pub(super) fn missing(&self, MissingValue(name): MissingValue, scope: &Scope) -> RequestFailureKind {
        let steps = self.0.profile.steps();
        match steps.secrets.get(&name) {
            Some(secret) => RequestFailureKind::SecretMissing {
                name: SafeText::new(name.as_str()),
                label: secret.label.clone(),
                why: scope.faults.get(&name).cloned().unwrap_or_default(),
            },
            None => {
                let problem = format!("nothing was sent: no earlier answer gave “{name}”");
                RequestFailureKind::Unusable { problem: SafeText::new(&problem) }
            }
        }
    }

    fn step_request(
        &self,
        step: &Step,
        scope: &Scope,
        trace: &TraceId,
    ) -> Result<reqwest::RequestBuilder, RequestFailureKind> {
        let expand = |template: &Template| self.expand(template, scope);
        let url = self.step_url(step, scope)?;
        let kept = self.0.profile.kept_from_step(&self.0.profile.steps(), step, &url);
        if let Some((name, source)) = kept {
            return Err(other_host(&name, &source, &url));
        }
        let http = &self.0.http;
        let request = match step.method {
            HttpMethod::Get => http.request(Method::GET, url.clone()),
            HttpMethod::Post => http.request(Method::POST, url.clone()),
            HttpMethod::Put => http.request(Method::PUT, url.clone()),
        };
        let json = |request: reqwest::RequestBuilder, json: &Value| {
            request.header(CONTENT_TYPE, "application/json").body(json.to_string())
        };
        let request = match &step.body {
            RequestBody::None => request,
            RequestBody::Session => json(
                request,
                &match &scope.session_id {
                    Some(id) => json!({ "sessionId": id.expose() }),
                    None => json!({}),
                },
            ),
            RequestBody::Json(template) => {
                let body =
                    template.expand(&scope.values, &scope.built_ins).map_err(|missing| self.missing(missing, scope))?;
                json(request, &body)
            }
            RequestBody::Form(fields) => {
                let fields = fields.iter().map(|(name, value)| {
                    Ok(format!("{}={}", &*percent_encoded(name), &*percent_encoded(&expand(value)?)))
                });
                let body = fields.collect::<Result<Vec<_>, RequestFailureKind>>()?.join("&");
                request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
            }
            RequestBody::Text(template) => {
                request.header(CONTENT_TYPE, "text/plain").body(expand(template)?.to_string())
            }
        };
        let mut request = self.with_ours(request, &url, trace);
        let header = |value: &Template| {
            let text = expand(value)?;
            if !is_sendable(&text) {
                return Err(RequestFailureKind::NotSendable);
            }
            // Wiped when the request is dropped.
            let shared = HeaderValue::from_maybe_shared(Bytes::from_owner(text));
            let mut value = shared.map_err(|_| RequestFailureKind::NotSendable)?;
            value.set_sensitive(true);
            Ok::<_, RequestFailureKind>(value)
        };
        if let Some(auth) = &step.auth {
            request = request.header(AUTHORIZATION, header(auth)?);
        }
        // What the profile says takes the place of what is sent otherwise; cookies are added to.
        let mut own = HeaderMap::new();
        for (name, value) in &step.headers {
            let name = HeaderName::from_bytes(name.as_str().as_bytes()).map_err(|_| RequestFailureKind::NotSendable)?;
            own.insert(name, header(value)?);
        }
        if let Some(cookies) = own.get(COOKIE) {
            let others = self.cookie_header(&url).and_then(|kept| others_among(kept.as_bytes(), cookies.as_bytes()));
            if let Some(others) = others {
                let both = Zeroizing::new([cookies.as_bytes(), b"; ", &others].concat());
                let both = HeaderValue::from_maybe_shared(Bytes::from_owner(both));
                let mut both = both.map_err(|_| RequestFailureKind::NotSendable)?;
                both.set_sensitive(true);
                own.insert(COOKIE, both);
            }
        }
        Ok(if own.is_empty() { request } else { request.headers(own) })
    }

    pub(super) fn expand(&self, template: &Template, scope: &Scope) -> Result<Zeroizing<String>, RequestFailureKind> {
        template.expand(&scope.values, &scope.built_ins).map_err(|missing| self.missing(missing, scope))
    }

    /// `scope` and what `make` makes of it.
    pub(super) fn made(
        &self,
        make: &BTreeMap<ValueName, Template>,
        scope: &Scope,
    ) -> Result<Scope, RequestFailureKind> {
        let mut made = scope.clone();
        made.make(make).map_err(|missing| self.missing(missing, scope))?;
        Ok(made)
    }

    fn step_url(&self, step: &Step, scope: &Scope) -> Result<Url, RequestFailureKind> {
        let unusable = |problem: &str| RequestFailureKind::Unusable { problem: SafeText::new(problem) };
        let api = self.0.profile.api.url();
        let below = |url: &Url, path: &str| {
            let mut below = url.clone();
            below.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
            below
        };
        let mut url = match &step.address {
            Address::Path(path) => {
                let path = self.expand(&path.0, scope)?;
                if leads_out(&path) {
                    return Err(unusable(LEADS_OUT));
                }
                below(api, &path)
            }
            Address::Url(template) => {
                // What an answer names may have a query, before which the path belongs, as with Azure SignalR.
                let (address, path) = match template.first_value_and_rest() {
                    Some((address, path)) => (self.expand(&address, scope)?, self.expand(&path, scope)?),
                    None => (self.expand(template, scope)?, Zeroizing::default()),
                };
                if leads_out(&path) {
                    return Err(unusable(LEADS_OUT));
                }
                let url = Url::parse(&address).map_err(|_| unusable("nothing was sent: an answer gave no address"))?;
                let url = if path.is_empty() { url } else { below(&url, &path) };
                let is_http = matches!(url.scheme(), "http" | "https") && url.host().is_some();
                if !is_http || (url.scheme() == "http" && api.scheme() == "https" && !is_loopback(&url)) {
                    return Err(unusable("nothing was sent: an answer gave an address without https"));
                }
                url
            }
        };
        if !step.query.is_empty() {
            let pairs = step.query.iter().map(|(name, value)| {
                Ok(format!("{}={}", &*percent_encoded(name), &*percent_encoded(&self.expand(value, scope)?)))
            });
            let pairs = pairs.collect::<Result<Vec<_>, RequestFailureKind>>()?.join("&");
            url.set_query(Some(&match url.query() {
                Some(query) if !query.is_empty() => format!("{query}&{pairs}"),
                Some(_) | None => pairs,
            }));
        }
        Ok(url)
    }
}

/// What is wrong with a path of which [`leads_out`] says so.
pub(super) const LEADS_OUT: &str = "nothing was sent: with what stands in it, the path leads elsewhere (..)";

/// Whether `path` has segments that lead to other ones (RFC 3986 §5.2.4), which a value must not bring in.
pub(super) fn leads_out(path: &str) -> bool {
    let dots = |segment: &str| matches!(segment.replace("%2e", ".").replace("%2E", ".").as_str(), "." | "..");
    path.split(['/', '\\']).any(dots)
}

/// A secret was not sent to the host of `url`, which an answer names.
pub(super) fn other_host(name: &ValueName, source: &SecretSource, url: &Url) -> RequestFailureKind {
    let host = SafeText::new(url.host_str().unwrap_or_default());
    RequestFailureKind::OtherHost { name: SafeText::new(name.as_str()), label: source.label.clone(), host }
}
