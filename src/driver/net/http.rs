//! HTTP requests: what all of them carry, and reading their answers within limits.

use std::net::SocketAddr;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, ORIGIN, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, Method, Version};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use url::Url;
use zeroize::Zeroizing;

use super::access::{CacheHit, Net};
use super::answer::{self, Received, date, has_key, text};
use super::doubt::with_other_loopback;
use super::encoding::{decoded, named_encoding};
use super::network::{Network as _, System};
use super::race::Race;
use super::transport;
use crate::clock::utc_now;
use crate::model::failure::{
    Answer, AnswerFault, BrokenCause, Challenge, IoCause, MalformedAnswer, ProxyCause, ProxyFailure, TlsCause,
    TlsFailure,
};
use crate::model::{
    ClockOffset, JsonPointer, PageRequest, Path, Profile, Redactor, RequestFailureKind, SafeText, SecretJson, Step,
    TakeFrom, TraceId, Transport,
};

/// The headers by which caches tell that an answer was not made for this request: its age (RFC 9111 §5.1), if it says so,
/// and the header as it came.
fn cache_hit(headers: &HeaderMap) -> Option<CacheHit> {
    let value = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let shown = |name, value: &str| SafeText::with_limit(&format!("{name}: {value}"), 80);
    let age =
        value("age").and_then(|age| age.trim().parse().ok()).map(Duration::from_secs).filter(|age| !age.is_zero());
    let is_hit = |name| value(name).filter(|value| value.to_ascii_lowercase().contains("hit"));
    let named =
        ["cf-cache-status", "x-cache", "x-cache-status"].into_iter().find_map(|name| Some((name, is_hit(name)?)));
    match (named, age) {
        (Some((name, value)), age) => Some((age, shown(name, value))),
        (None, Some(age)) => Some((Some(age), shown("age", &age.as_secs().to_string()))),
        (None, None) => None,
    }
}

/// More of an answer than this is not read.
const MAX_BODY: usize = 64 << 10;

/// An answer as it came.
pub(super) struct RawAnswer {
    pub status: u16,
    pub version: Version,
    /// The reason phrase, if it is not the usual one.
    pub phrase: Vec<u8>,
    pub headers: HeaderMap,
    pub body: Zeroizing<Vec<u8>>,
    /// How long after the request the head came.
    pub first_byte: Duration,
    /// How long after that the body was complete.
    pub body_took: Duration,
    /// The encoding that `Content-Encoding` names although the body, which is JSON as it came, does not have it.
    pub false_encoding: Option<SafeText>,
}

impl Net {
    /// What a request of the profile's carries beside its own: the cookies for `url`, a header of this access's own, who
    /// asks, and what the answer should be.
    pub(super) fn with_ours(
        &self,
        request: reqwest::RequestBuilder,
        url: &Url,
        trace: &TraceId,
    ) -> reqwest::RequestBuilder {
        let request = match self.cookie_header(url) {
            Some(cookies) => request.header(COOKIE, cookies),
            None => request,
        };
        let request = match &self.1 {
            Some((name, value)) => request.header(name, value),
            None => request,
        };
        let request = match self.0.profile.sent_origin() {
            Some(origin) => request.header(ORIGIN, origin.as_str()),
            None => request,
        };
        request.header("x-trace-id", trace.as_str()).header(ACCEPT, "application/json")
    }

    /// Gets `path`, within `timeouts.http`: the facts and the body. A body that is too long is cut.
    pub(super) async fn get(
        &self,
        path: &Path,
        trace: &TraceId,
    ) -> Result<(Answer, Zeroizing<Vec<u8>>), RequestFailureKind> {
        let url = self.0.profile.api.join(path);
        let request = self.with_ours(self.0.http.request(Method::GET, url.clone()), &url, trace);
        let mut secrets = self.secrets();
        let (answer, whole) = self.heard(request, &mut secrets).await?;
        match whole {
            // Of any other status than success, the status says all.
            Err(problem @ (RequestFailureKind::Timeout { .. } | RequestFailureKind::Transport(_)))
                if answer.is_success(&[]) =>
            {
                Err(problem)
            }
            Ok(()) | Err(_) => Ok((answer.facts(&self.0.profile, &secrets), answer.body)),
        }
    }

    /// Sends the request of `step` and reads the whole answer, within `timeouts.http`. Of an answer that is no success, the
    /// status counts: it is an answer even if its body is too long or does not arrive.
    pub(super) async fn answer(
        &self,
        request: reqwest::RequestBuilder,
        step: &Step,
        secrets: &mut Redactor,
    ) -> Result<RawAnswer, RequestFailureKind> {
        let (answer, whole) = self.heard(request, secrets).await?;
        if answer.is_success(&step.ok_statuses) {
            whole.map(|()| answer)
        } else {
            Err(RequestFailureKind::Status(Box::new(self.refused(&answer, step, secrets))))
        }
    }

    /// Sends `request` and reads the whole answer, whatever its status, within `timeouts.http`.
    pub(super) async fn whole(
        &self,
        request: reqwest::RequestBuilder,
        secrets: &mut Redactor,
    ) -> Result<RawAnswer, RequestFailureKind> {
        let (answer, whole) = self.heard(request, secrets).await?;
        whole.map(|()| answer)
    }

    /// What is known of an answer that refuses the request of `step`, with the code that it names where the step says.
    pub(super) fn refused(&self, answer: &RawAnswer, step: &Step, secrets: &Redactor) -> Answer {
        let facts = answer.facts(&self.0.profile, secrets);
        match answer.code(step) {
            Some(code) => facts.with_code(secrets.text(code.as_bytes(), SafeText::MAX_CHARS).as_str()),
            None => facts,
        }
    }

    /// What is known of a success with this `fault`.
    pub(super) fn malformed(&self, answer: &RawAnswer, fault: AnswerFault, secrets: &Redactor) -> RequestFailureKind {
        let answer = answer.facts(&self.0.profile, secrets);
        RequestFailureKind::Malformed(Box::new(MalformedAnswer { fault, answer }))
    }

    /// Sends `request` and reads the answer, within `timeouts.http`; and whether all of its body came.
    async fn heard(
        &self,
        request: reqwest::RequestBuilder,
        secrets: &mut Redactor,
    ) -> Result<(RawAnswer, Result<(), RequestFailureKind>), RequestFailureKind> {
        let limit = self.0.profile.timeouts.http;
        let late = |_| RequestFailureKind::Timeout { after: limit };
        let sent = Instant::now();
        let deadline = sent + limit;
        let response = timeout_at(deadline, request.send()).await.map_err(late)?;
        let mut response = match response {
            Ok(response) => response,
            Err(error) => return Err(self.not_connected(&error, deadline).await),
        };
        let (first_byte, headed) = (sent.elapsed(), Instant::now());
        self.hear_answer(response.url());
        self.take_cookies(response.url(), response.headers(), secrets);
        let offset = date(response.headers()).map(|date| ClockOffset::measured(date, utc_now(), sent.elapsed()));
        self.hear_clock(offset);
        self.hear_cache(cache_hit(response.headers()));
        let mut body = Zeroizing::new(Vec::with_capacity(MAX_BODY));
        let read = timeout_at(deadline, self.read_body(&mut response, &mut body)).await;
        let (status, version) = (response.status().as_u16(), response.version());
        let phrase = response.extensions().get::<hyper::ext::ReasonPhrase>();
        let phrase = phrase.map_or_else(Vec::new, |phrase| phrase.as_bytes().to_vec());
        let headers = std::mem::take(response.headers_mut());
        let false_encoding = named_encoding(&headers).filter(|_| SecretJson::read(&body).is_ok());
        let (body, fits) = decoded(&headers, std::mem::take(&mut *body), MAX_BODY);
        let (body, body_took) = (Zeroizing::new(body), headed.elapsed());
        let answer = RawAnswer { status, version, phrase, headers, body, first_byte, body_took, false_encoding };
        let whole = match read.unwrap_or_else(|elapsed| Err(late(elapsed))) {
            Ok(true) if fits => Ok(()),
            Ok(_) => {
                let limit_kib = u32::try_from(MAX_BODY >> 10).unwrap_or(u32::MAX);
                Err(self.malformed(&answer, AnswerFault::TooLong { limit_kib }, secrets))
            }
            Err(problem) => Err(problem),
        };
        Ok((answer, whole))
    }

    /// Keeps what a browser would make of `answer`, a success.
    pub(super) fn hear_cors(&self, request: PageRequest, answer: &RawAnswer) {
        self.0.cors.hear(request, &answer.headers, answer.false_encoding.as_ref());
    }

    /// Reads a body; `false` if it is longer than is taken in.
    async fn read_body(
        &self,
        response: &mut reqwest::Response,
        body: &mut Vec<u8>,
    ) -> Result<bool, RequestFailureKind> {
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            let room = MAX_BODY - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Why there is no answer. The library does not tell whether a connection stood that nothing answered with TLS: it is
    /// made once more for that, before `deadline`.
    async fn not_connected(&self, error: &reqwest::Error, deadline: Instant) -> RequestFailureKind {
        let url = error.url().unwrap_or_else(|| self.0.profile.api.url());
        let is_late = error.is_connect() && error.is_timeout() && url.scheme() == "https";
        if is_late && self.0.http_proxy.is_none() && takes_connections(url, deadline).await {
            let failure = TlsFailure { cause: TlsCause::Io(IoCause::NoAnswer), issuer: None };
            return RequestFailureKind::Transport(Transport::Tls(Box::new(failure)));
        }
        let is_direct = self.0.http_proxy.is_none();
        match self.broken(error) {
            RequestFailureKind::Transport(failed) if is_direct && self.wants_tls(&failed, url, deadline).await => {
                RequestFailureKind::Transport(Transport::Broken(BrokenCause::WantsTls))
            }
            RequestFailureKind::Transport(Transport::Tcp(failed)) if is_direct => {
                RequestFailureKind::Transport(Transport::Tcp(with_other_loopback(failed, url).await))
            }
            // The library keeps to itself what the proxy answered.
            RequestFailureKind::Transport(Transport::Proxy(ProxyFailure { proxy, cause: ProxyCause::Other(said) })) => {
                let asked = timeout_at(deadline, self.asked_proxy(url)).await.ok().flatten();
                let cause = asked.unwrap_or(ProxyCause::Other(said));
                RequestFailureKind::Transport(Transport::Proxy(ProxyFailure { proxy, cause }))
            }
            kind => kind,
        }
    }

    /// What the proxy answers who is asked for a tunnel to `url` once more, if it refuses that.
    async fn asked_proxy(&self, url: &Url) -> Option<ProxyCause> {
        let proxy = self.0.http_proxy.as_ref()?;
        let (host, port) = proxy.address();
        let found = System.lookup(host).await.ok()?;
        let addresses = found.into_iter().map(|ip| SocketAddr::from((ip, port))).collect();
        let (mut stream, _) = System.connect(&mut Race::new(addresses)).await?;
        proxy.tunnel(&mut stream, url).await.err()
    }

    fn broken(&self, error: &reqwest::Error) -> RequestFailureKind {
        let url: &Url = self.0.profile.api.url();
        RequestFailureKind::Transport(transport::of_request(error, url, self.0.http_proxy.as_ref()))
    }
}

/// Whether a connection to the host and port of `url` is made before `deadline`.
async fn takes_connections(url: &Url, deadline: Instant) -> bool {
    let connected = async {
        let port = url.port_or_known_default()?;
        let found = System.lookup(url.host_str()?.trim_matches(['[', ']'])).await.ok()?;
        System.connect(&mut Race::new(found.into_iter().map(|ip| SocketAddr::from((ip, port))).collect())).await
    };
    timeout_at(deadline, connected).await.is_ok_and(|connected| connected.is_some())
}

impl RawAnswer {
    /// Any 2xx (contract §1).
    pub(super) fn is_success(&self, also: &[u16]) -> bool {
        (200..300).contains(&self.status) || also.contains(&self.status)
    }

    /// What it says where `step` has the name of a refusal: a word, a number or a sentence.
    pub(super) fn code(&self, step: &Step) -> Option<Zeroizing<String>> {
        let body = || Zeroizing::new(String::from_utf8_lossy(&self.body).into_owned());
        let said = match step.error.as_ref()? {
            TakeFrom::Json(pointer) | TakeFrom::JsonIfThere(pointer) => {
                match pointer.find(&*SecretJson::read(&self.body).ok()?)? {
                    Value::String(text) => text.clone(),
                    Value::Number(number) => number.to_string(),
                    Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
                }
            }
            TakeFrom::Header(name) => {
                let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
                let value = text(&self.headers, &name)?;
                if name == WWW_AUTHENTICATE { Challenge::reason(value)? } else { value.to_owned() }
            }
            TakeFrom::After(marker) => marker.find(&body())?.to_owned(),
            TakeFrom::Text => body().to_string(),
            TakeFrom::Cookie(_) | TakeFrom::Query { .. } => return None,
        };
        let said = Zeroizing::new(said);
        (!said.trim().is_empty()).then(|| Zeroizing::new(said.trim().to_owned()))
    }

    /// What may be known of it. One that says success may hold a fresh secret, wherever it likes.
    pub(super) fn facts(&self, profile: &Profile, secrets: &Redactor) -> Answer {
        let may_grant = self.is_success(&[]) || self.may_grant(profile);
        answer::facts(&Received {
            status: self.status,
            version: &format!("{:?}", self.version),
            phrase: &self.phrase,
            headers: &self.headers,
            body: &self.body,
            url: profile.api.url(),
            may_grant,
            secrets,
        })
    }

    /// What may be known of it without its body.
    pub(super) fn head(&self, url: &Url, secrets: &Redactor) -> Answer {
        let Self { status, version, headers, .. } = self;
        let version = &format!("{version:?}");
        answer::facts(&Received {
            status: *status,
            version,
            phrase: &[],
            headers,
            body: &[],
            url,
            may_grant: true,
            secrets,
        })
    }

    /// Whether the body is JSON that holds something that a step takes, or a session id, or is cut off so that it cannot be told.
    fn may_grant(&self, profile: &Profile) -> bool {
        let Ok(json) = SecretJson::read(&self.body) else {
            return matches!(self.body.trim_ascii_start().first(), Some(b'{' | b'['));
        };
        let is_there = |field: &JsonPointer| {
            let pointer = field.to_string();
            field.find(&json).is_some() || pointer.rsplit('/').next().is_some_and(|name| has_key(&json, name))
        };
        let steps = profile.steps();
        let requests = steps.hello.iter().filter_map(|hello| hello.request.as_ref());
        let taken = steps.login.iter().chain(&steps.ticket).chain(requests).flat_map(|step| step.take.values());
        let mut pointers = taken.filter_map(|from| match from {
            TakeFrom::Json(pointer) | TakeFrom::JsonIfThere(pointer) => Some(pointer),
            TakeFrom::Header(_)
            | TakeFrom::Cookie(_)
            | TakeFrom::After(_)
            | TakeFrom::Query { .. }
            | TakeFrom::Text => None,
        });
        pointers.any(is_there) || has_key(&json, "sessionId")
    }

    /// The body, which should be JSON with `field`.
    pub(super) fn json(&self, field: &str, secrets: &Redactor) -> Result<SecretJson, AnswerFault> {
        SecretJson::read(&self.body).map_err(|_| {
            let wanted = SafeText::new(field);
            match self.before_json() {
                Some(before) => AnswerFault::NotAlone { wanted, before: before as u64 },
                None => AnswerFault::NotJson {
                    wanted,
                    content_type: text(&self.headers, &CONTENT_TYPE).map(|kind| secrets.text(kind.as_bytes(), 64)),
                    bytes: self.body.len() as u64,
                },
            }
        })
    }

    /// How many bytes come before the JSON with which the body ends.
    fn before_json(&self) -> Option<usize> {
        /// A page has many braces, and no JSON at its end.
        const TRIED: usize = 8;
        let braces = self.body.iter().enumerate().filter(|(_, byte)| **byte == b'{').map(|(at, _)| at);
        braces.filter(|at| *at > 0).take(TRIED).find(|at| SecretJson::read(&self.body[*at..]).is_ok())
    }
}
