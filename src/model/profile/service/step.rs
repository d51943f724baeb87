//! An HTTP step: what is sent, which answer is a success, and what is taken from it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::message::Marker;
use super::parameters::Parameters;
use super::parts::{HeaderKey, PathTemplate};
use super::spelling::JsonTemplate;
use crate::model::SafeText;
use crate::model::profile::address::JsonPointer;
use crate::model::profile::literals::Literals;
use crate::model::profile::method::HttpMethod;
use crate::model::profile::template::Template;
use crate::model::values::ValueName;

/// One HTTP request of a login or of a ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its method.
    pub method: HttpMethod,
    /// Where it goes.
    pub address: Address,
    /// The query's parameters.
    pub query: Parameters,
    /// Values made of others before it is sent, such as what a signature is of.
    pub make: BTreeMap<ValueName, Template>,
    /// Further headers.
    pub headers: BTreeMap<HeaderKey, Template>,
    /// The `Authorization` header.
    pub auth: Option<Template>,
    /// What it carries.
    pub body: RequestBody,
    /// Statuses that are a success as any 2xx is.
    pub ok_statuses: Vec<u16>,
    /// What has to stand in the answer beside any 2xx, or it is a refusal.
    pub ok: BTreeMap<JsonPointer, Value>,
    /// Whether it is asked again and again until something is so.
    pub poll: Option<Poll>,
    /// Where an answer that is no success names the refusal.
    pub error: Option<TakeFrom>,
    /// What is kept of the answer.
    pub take: BTreeMap<ValueName, TakeFrom>,
    /// How long that lives.
    pub life: Life,
    /// Which refusals of a later step this one cures; only for a login.
    pub refresh_on: Vec<RefreshRule>,
    /// Whether the same ticket may come again; only for a ticket.
    pub reusable: bool,
}

/// A request that is sent again until its answer says that something is so.
#[derive(Clone, Debug, PartialEq)]
pub struct Poll {
    /// What has to stand in the answer.
    pub until: BTreeMap<JsonPointer, Value>,
    /// How long after an answer it is sent again.
    pub every: Duration,
    /// By when it has to be so.
    pub within: Duration,
}

impl Poll {
    const EVERY: Duration = Duration::from_secs(2);
    const WITHIN: Duration = Duration::from_secs(60);

    /// Whether `json` says that it is so.
    pub fn is_over(&self, json: &Value) -> bool {
        self.until.iter().all(|(pointer, wanted)| is_there(json, pointer, wanted))
    }

    /// What is waited for, in words.
    pub fn wanted(&self) -> String {
        let wanted = self.until.iter().map(|(pointer, wanted)| format!("{pointer} = {wanted}"));
        wanted.collect::<Vec<_>>().join(", ")
    }
}

/// Whether `wanted` stands in `json`, or anything but `null` if it is `"*"`.
pub fn is_there(json: &Value, pointer: &JsonPointer, wanted: &Value) -> bool {
    match pointer.find(json) {
        Some(found) if wanted == Step::ANY => !found.is_null(),
        found => found == Some(wanted),
    }
}

/// Where a step goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Below the profile's `api`.
    Path(PathTemplate),
    /// Anywhere: another host of the profile's, or one that an answer names.
    Url(Template),
}

impl Address {
    /// Its template.
    pub fn template(&self) -> &Template {
        match self {
            Self::Path(path) => &path.0,
            Self::Url(template) => template,
        }
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with('/') {
            return PathTemplate::try_from(text).map(Self::Path);
        }
        let template = Template::try_from(text)?;
        let is_url = ["http://", "https://", "{{"].iter().any(|start| template.to_string().starts_with(start));
        if !is_url {
            return Err("expected a path such as \"/auth/token\", or a whole address".to_owned());
        }
        // What an answer gives may have a query; what is written here has a place for it.
        if template.texts().any(|text| text.contains(['?', '&', '#'])) {
            return Err("an address has no ?, & or #; parameters belong into query = { … }".to_owned());
        }
        Ok(Self::Url(template))
    }
}

/// What a step carries.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum RequestBody {
    /// Nothing.
    #[default]
    None,
    /// The contract's: the session's id, if one is known (contract §1).
    Session,
    /// `application/x-www-form-urlencoded`.
    Form(Parameters),
    /// `application/json`.
    Json(JsonTemplate),
    /// Any other text; what it is says the header `Content-Type`, or else it is `text/plain`.
    Text(Template),
}

/// Where in an answer a value stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TakeFrom {
    /// In its JSON.
    Json(JsonPointer),
    /// In its JSON, if it is there.
    JsonIfThere(JsonPointer),
    /// In a header.
    Header(HeaderKey),
    /// In a cookie that it sets.
    Cookie(SafeText),
    /// Behind a text in it, as in a page.
    After(Marker),
    /// It is a parameter of an address that the step takes as well.
    Query {
        /// The parameter's name.
        name: SafeText,
        /// The name of the value that is the address.
        of: ValueName,
    },
    /// It is the answer, as text.
    Text,
}

impl TakeFrom {
    /// Whether an answer without it is no success.
    pub fn is_required(&self) -> bool {
        match self {
            Self::JsonIfThere(_) => false,
            Self::Json(_) | Self::Header(_) | Self::Cookie(_) | Self::After(_) | Self::Query { .. } | Self::Text => {
                true
            }
        }
    }

    /// The header that it is in, if it is in one.
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Header(name) => Some(name.as_str()),
            Self::Json(_)
            | Self::JsonIfThere(_)
            | Self::Cookie(_)
            | Self::After(_)
            | Self::Query { .. }
            | Self::Text => None,
        }
    }
}

impl TryFrom<String> for TakeFrom {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let expected = "expected a JSON pointer such as \"/ticket\", \"header:Token\", \"cookie:sid\", \"after:TEXT\", \
                        \"query:NAME of VALUE\", \"\" for the whole answer if it is one JSON value, or \"text\"";
        match text.split_once(':') {
            Some(("header", name)) => HeaderKey::try_from(name.to_owned()).map(Self::Header),
            Some(("cookie", name)) if HeaderKey::try_from(name.to_owned()).is_ok() => Ok(Self::Cookie(name.into())),
            Some(("after", marker)) => Marker::try_from(marker.to_owned()).map(Self::After),
            Some(("query", parameter)) => {
                let (name, of) = parameter.rsplit_once(" of ").ok_or(expected)?;
                let of = ValueName::try_from(of.trim().to_owned())?;
                Ok(Self::Query { name: name.trim().into(), of })
            }
            _ if text == "text" => Ok(Self::Text),
            _ if text.is_empty() => Ok(Self::Json(JsonPointer::whole())),
            _ if text.starts_with("?/") => JsonPointer::try_from(text[1..].to_owned()).map(Self::JsonIfThere),
            _ if text.starts_with('/') => JsonPointer::try_from(text).map(Self::Json),
            _ => Err(expected.to_owned()),
        }
    }
}

impl From<TakeFrom> for String {
    fn from(from: TakeFrom) -> Self {
        from.to_string()
    }
}

impl fmt::Display for TakeFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(pointer) => pointer.fmt(f),
            Self::JsonIfThere(pointer) => write!(f, "?{pointer}"),
            Self::Header(name) => write!(f, "header:{}", name.as_str()),
            Self::Cookie(name) => write!(f, "cookie:{name}"),
            Self::After(marker) => write!(f, "{}{marker}", Marker::PREFIX),
            Self::Query { name, of } => write!(f, "query:{name} of {of}"),
            Self::Text => f.write_str("text"),
        }
    }
}

/// How long lives what a step gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Life {
    /// The answer does not say.
    #[default]
    Unknown,
    /// Always as long.
    Fixed(Duration),
    /// As the answer says.
    Said {
        /// In which unit.
        unit: LifeUnit,
        /// Where.
        at: TakeFrom,
    },
    /// As long as the JWT in this value: its `exp`.
    Jwt(ValueName),
}

/// The unit in which an answer says how long something lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::EnumString, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LifeUnit {
    /// Seconds from now.
    Seconds,
    /// Milliseconds from now.
    Millis,
    /// Until then, in seconds since 1970.
    Unix,
    /// Until then, in milliseconds since 1970.
    UnixMs,
    /// Until then, as a date (RFC 3339, RFC 9110 §5.6.7).
    Date,
}

impl LifeUnit {
    /// A number of milliseconds that is as near to the number of seconds since 1970 is one of these.
    const NEAR_NOW: f64 = 31.0 * 86_400.0;

    /// What a number in this unit is.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Seconds => "seconds from now",
            Self::Millis => "milliseconds from now",
            Self::Unix => "seconds since 1970",
            Self::UnixMs => "milliseconds since 1970",
            Self::Date => "a date",
        }
    }

    /// The unit in which `number` makes sense, if it makes none in this one; `now` is in seconds since 1970.
    pub fn instead(self, number: f64, now: f64) -> Option<Self> {
        let (is_unix, is_unix_ms) = ((1e9..1e11).contains(&number), (1e12..1e14).contains(&number));
        let makes_sense = match self {
            Self::Seconds => number < 1e9,
            Self::Millis => number < 1e12 && (number - now).abs() > Self::NEAR_NOW,
            Self::Unix => is_unix,
            Self::UnixMs => is_unix_ms,
            Self::Date => true,
        };
        let likely = match number {
            _ if is_unix => Self::Unix,
            _ if is_unix_ms => Self::UnixMs,
            _ if number < 1e5 => Self::Seconds,
            _ => Self::Millis,
        };
        (!makes_sense).then_some(likely)
    }
}

impl Life {
    const EXPECTED: &str = "a duration such as \"24h\", or one of { seconds = \"/expires_in\" }, { millis = … }, \
                            { unix = … }, { unix_ms = … }, { date = … } and { jwt = \"token\" }";

    fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}

impl Serialize for Life {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown => serializer.serialize_none(),
            Self::Fixed(duration) => crate::model::limit::serialize(duration, serializer),
            Self::Said { unit, at } => serializer.collect_map([(<&str>::from(unit), at.to_string())]),
            Self::Jwt(name) => serializer.collect_map([("jwt", name.as_str())]),
        }
    }
}

impl<'de> Deserialize<'de> for Life {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (key, text) = super::spelling::text_or_keyed(deserializer, Self::EXPECTED)?;
        match key.as_deref() {
            None => {
                let deserializer = serde::de::value::StringDeserializer::<D::Error>::new(text);
                crate::model::limit::deserialize(deserializer).map(Self::Fixed)
            }
            Some("jwt") => ValueName::try_from(text).map(Self::Jwt).map_err(D::Error::custom),
            Some(unit) => {
                let unit = unit.parse().map_err(|_| D::Error::custom(format_args!("expected {}", Self::EXPECTED)))?;
                let at = TakeFrom::try_from(text).map_err(D::Error::custom)?;
                Ok(Self::Said { unit, at })
            }
        }
    }
}

/// Refusals that a login cures: `401`, `"401 *"`, `"401 INVALID_TOKEN"`, `"token_expired"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct RefreshRule {
    /// Of this status; `None`: of any.
    pub status: Option<u16>,
    /// With this code; `None`: with any, or none.
    pub code: Option<SafeText>,
}

impl RefreshRule {
    /// What is cured where a profile does not say: any 401.
    pub const UNAUTHORIZED: Self = Self { status: Some(401), code: None };

    /// Whether a refusal with this status and code is one.
    pub fn matches(&self, status: u16, code: Option<&SafeText>) -> bool {
        self.status.is_none_or(|wanted| wanted == status)
            && self.code.as_ref().is_none_or(|wanted| Some(wanted) == code)
    }
}

impl From<RefreshRule> for String {
    fn from(RefreshRule { status, code }: RefreshRule) -> Self {
        match (status, code) {
            (Some(status), None) => format!("{status} *"),
            (Some(status), Some(code)) => format!("{status} {code}"),
            (None, Some(code)) => code.to_string(),
            (None, None) => "*".to_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for RefreshRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = RefreshRule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status such as 401, or a text such as \"401 INVALID_TOKEN\" or \"token_expired\"")
            }

            fn visit_u64<E: Error>(self, status: u64) -> Result<RefreshRule, E> {
                match u16::try_from(status) {
                    Ok(status @ 100..=599) => Ok(RefreshRule { status: Some(status), code: None }),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Unsigned(status), &self)),
                }
            }

            fn visit_i64<E: Error>(self, status: i64) -> Result<RefreshRule, E> {
                let status = u64::try_from(status);
                status.map_or_else(
                    |_| Err(E::custom("expected a status from 100 to 599, such as 401")),
                    |it| self.visit_u64(it),
                )
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<RefreshRule, E> {
                let code = |code: &str| (code != "*").then(|| SafeText::new(code));
                if text.trim().is_empty() {
                    return Err(E::invalid_value(serde::de::Unexpected::Str(text), &self));
                }
                let (first, rest) = text.split_once(' ').map_or((text, None), |(first, rest)| (first, Some(rest)));
                Ok(match first.parse::<u16>() {
                    Ok(status) => RefreshRule { status: Some(status), code: rest.and_then(code) },
                    Err(_) => RefreshRule { status: None, code: code(text) },
                })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// How often something is sent.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Pace(#[serde(with = "crate::model::durations::pace")] Duration);

/// A duration that is a limit.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Limit(#[serde(with = "crate::model::limit")] Duration);

/// A step as a file has it.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct StepFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    get: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    put: Option<Address>,
    #[serde(skip_serializing_if = "Parameters::is_empty")]
    query: Parameters,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    make: BTreeMap<ValueName, Template>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<HeaderKey, Template>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<Template>,
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<Parameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    json: Option<JsonTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Template>,
    /// The contract's body (§1): the session's id, if the server has named one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    session: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ok_statuses: Vec<u16>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    ok: BTreeMap<JsonPointer, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    until: BTreeMap<JsonPointer, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    every: Option<Pace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<Limit>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "place_of_error")]
    error: Option<TakeFrom>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    take: BTreeMap<ValueName, TakeFrom>,
    #[serde(skip_serializing_if = "Life::is_unknown")]
    life: Life,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refresh_on: Vec<RefreshRule>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reusable: bool,
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.template())
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Step {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let step = self.clone();
        let session = step.body == RequestBody::Session;
        let (form, json, text) = match step.body {
            RequestBody::None | RequestBody::Session => (None, None, None),
            RequestBody::Form(form) => (Some(form), None, None),
            RequestBody::Json(json) => (None, Some(json), None),
            RequestBody::Text(text) => (None, None, Some(text)),
        };
        let (until, every, within) = match step.poll {
            Some(Poll { until, every, within }) => (until, Some(Pace(every)), Some(Limit(within))),
            None => (BTreeMap::new(), None, None),
        };
        let mut file = StepFile {
            until,
            every,
            within,
            query: step.query,
            make: step.make,
            headers: step.headers,
            auth: step.auth,
            form,
            json,
            text,
            session,
            ok_statuses: step.ok_statuses,
            ok: step.ok,
            error: step.error,
            take: step.take,
            life: step.life,
            refresh_on: step.refresh_on,
            reusable: step.reusable,
            ..StepFile::default()
        };
        *match step.method {
            HttpMethod::Get => &mut file.get,
            HttpMethod::Post => &mut file.post,
            HttpMethod::Put => &mut file.put,
        } = Some(step.address);
        file.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let file = StepFile::deserialize(deserializer)?;
        let (method, address) = match (file.get, file.post, file.put) {
            (Some(address), None, None) => (HttpMethod::Get, address),
            (None, Some(address), None) => (HttpMethod::Post, address),
            (None, None, Some(address)) => (HttpMethod::Put, address),
            _ => return Err(D::Error::custom("expected either get, post or put, such as post = \"/auth/token\"")),
        };
        let session = file.session.then_some(RequestBody::Session);
        let bodies = [session, file.form.map(RequestBody::Form), file.json.map(RequestBody::Json)];
        let mut bodies = bodies.into_iter().chain([file.text.map(RequestBody::Text)]).flatten();
        let body = bodies.next().unwrap_or_default();
        if bodies.next().is_some() {
            return Err(D::Error::custom("a request has a form, json, text or the session, one of them"));
        }
        let poll = match (file.until.is_empty(), file.every, file.within) {
            (true, None, None) => None,
            (true, ..) => {
                return Err(D::Error::custom("every and within are of until; expected until = { \"/ready\" = true }"));
            }
            (false, every, within) => Some(Poll {
                until: file.until,
                every: every.map_or(Poll::EVERY, |Pace(every)| every),
                within: within.map_or(Poll::WITHIN, |Limit(within)| within),
            }),
        };
        if body != RequestBody::None && method == HttpMethod::Get {
            return Err(D::Error::custom("a GET has no body: query = { … } instead of form, json or text"));
        }
        Ok(Self {
            method,
            address,
            query: file.query,
            make: file.make,
            headers: file.headers,
            auth: file.auth,
            body,
            ok_statuses: file.ok_statuses,
            ok: file.ok,
            poll,
            error: file.error,
            take: file.take,
            life: file.life,
            refresh_on: file.refresh_on,
            reusable: file.reusable,
        })
    }
}

/// Where an answer names a refusal.
fn place_of_error<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TakeFrom>, D::Error> {
    let wrong = || {
        D::Error::custom(
            "expected where an answer names a refusal: \"/error\", \"header:Name\", \"after:TEXT\" or \"text\"",
        )
    };
    match TakeFrom::try_from(String::deserialize(deserializer)?) {
        Ok(TakeFrom::Cookie(_) | TakeFrom::Query { .. }) | Err(_) => Err(wrong()),
        Ok(
            place @ (TakeFrom::Json(_)
            | TakeFrom::JsonIfThere(_)
            | TakeFrom::Header(_)
            | TakeFrom::After(_)
            | TakeFrom::Text),
        ) => Ok(Some(place)),
    }
}

impl Step {
    /// In `ok`, the word that stands for any value but `null`.
    pub const ANY: &str = "*";

    /// What is taken, each value after the address that it is a parameter of. None of a circle of addresses.
    pub fn take_in_order(&self) -> Vec<(&ValueName, &TakeFrom)> {
        let mut ordered: Vec<(&ValueName, &TakeFrom)> = Vec::with_capacity(self.take.len());
        for _ in 0..self.take.len() {
            for (name, from) in &self.take {
                let is_taken = |name: &ValueName| ordered.iter().any(|(taken, _)| *taken == name);
                let is_ready = match from {
                    TakeFrom::Query { of, .. } => is_taken(of),
                    TakeFrom::Json(_)
                    | TakeFrom::JsonIfThere(_)
                    | TakeFrom::Header(_)
                    | TakeFrom::Cookie(_)
                    | TakeFrom::After(_)
                    | TakeFrom::Text => true,
                };
                if is_ready && !is_taken(name) {
                    ordered.push((name, from));
                }
            }
        }
        ordered
    }

    /// Leaves out what may be a secret that somebody wrote into the file.
    pub(super) fn leave_out_literals(&mut self, literals: &mut Literals) {
        match &mut self.address {
            Address::Path(PathTemplate(address)) | Address::Url(address) => literals.leave_out_of_address(address),
        }
        match &mut self.body {
            RequestBody::None | RequestBody::Session => {}
            RequestBody::Form(form) => {
                form.iter_mut().for_each(|(name, value)| literals.leave_out_of(name.as_str(), value));
            }
            RequestBody::Json(json) => json.leave_out_literals("", literals),
            RequestBody::Text(text) => literals.leave_out(text),
        }
        self.query.iter_mut().for_each(|(name, value)| literals.leave_out_of(name.as_str(), value));
        self.headers.iter_mut().for_each(|(name, value)| literals.leave_out_of(name.as_str(), value));
        self.make.values_mut().for_each(|text| literals.leave_out(text));
        self.auth.iter_mut().for_each(|value| literals.leave_out_of("authorization", value));
        let until = self.poll.iter_mut().flat_map(|poll| poll.until.iter_mut());
        self.ok
            .iter_mut()
            .chain(until)
            .for_each(|(pointer, wanted)| literals.leave_out_of_value(&pointer.to_string(), wanted));
    }

    /// The templates of what it sends.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let body = match &self.body {
            RequestBody::None | RequestBody::Session => Vec::new(),
            RequestBody::Form(form) => form.values().collect(),
            RequestBody::Json(json) => json.templates(),
            RequestBody::Text(text) => vec![text],
        };
        let fields = self.query.values().chain(self.headers.values()).chain(&self.auth).chain(body);
        [self.address.template()].into_iter().chain(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_another_unit_is_told_from_one_that_fits() {
        const NOW: f64 = 1.795e9;
        for (unit, number, instead) in [
            (LifeUnit::Seconds, 30.0, None),
            (LifeUnit::Seconds, NOW + 30.0, Some(LifeUnit::Unix)),
            (LifeUnit::Seconds, 1e3 * NOW, Some(LifeUnit::UnixMs)),
            (LifeUnit::Millis, 30_000.0, None),
            (LifeUnit::Millis, NOW + 30.0, Some(LifeUnit::Unix)),
            (LifeUnit::Millis, 2.592e9, None),
            (LifeUnit::Unix, NOW + 30.0, None),
            (LifeUnit::Unix, 30.0, Some(LifeUnit::Seconds)),
            (LifeUnit::Unix, 1e3 * NOW, Some(LifeUnit::UnixMs)),
            (LifeUnit::UnixMs, NOW, Some(LifeUnit::Unix)),
            (LifeUnit::UnixMs, 300_000.0, Some(LifeUnit::Millis)),
        ] {
            assert_eq!(unit.instead(number, NOW), instead, "{unit:?} {number}");
        }
    }
}
