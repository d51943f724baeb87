//! The requests of a sign-in in the browser (RFC 6749, RFC 7636, RFC 8628), over the same client as all others.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderName};
use oauth2::basic::{BasicClient, BasicErrorResponseType, BasicTokenResponse};
use oauth2::{
    AsyncHttpClient, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, DeviceAuthorizationUrl,
    DeviceCodeErrorResponse, DeviceCodeErrorResponseType, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError,
    StandardDeviceAuthorizationResponse, TokenResponse as _, TokenUrl,
};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::access::Net;
use super::answer::LONGEST;
use super::http::RawAnswer;
use super::step::Scope;
use super::taken::Taken;
use crate::clock::utc_now;
use crate::model::failure::{AnswerFault, SignInFault};
use crate::model::{OAuth, Redactor, RequestFailureKind, SafeText, TraceId, ValueName, Values, is_loopback};

/// The client of the library, of which the token's address is known and that of the sign-in page may be.
type Client = BasicClient<EndpointMaybeSet, EndpointMaybeSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// A page on which a person is to sign in.
pub struct SignInPage {
    /// Its address.
    pub address: String,
    /// What the browser has to come back with.
    pub state: Zeroizing<String>,
    redirect: String,
    verifier: PkceCodeVerifier,
}

/// A code with which a person is to sign in anywhere.
pub struct DeviceSignIn {
    /// The page for it.
    pub address: String,
    /// The code.
    pub code: String,
    /// How long it is good.
    pub expires_in: Duration,
    answer: StandardDeviceAuthorizationResponse,
}

/// What a sign-in gave.
pub struct Granted {
    /// The tokens for the profile's steps, and how long the first lives.
    pub taken: Taken,
    /// What gives new ones without a person.
    pub refresh: Option<Zeroizing<String>>,
}

/// One exchange of requests with an authorization server, and what came last.
struct Exchange<'a> {
    net: &'a Net,
    trace: &'a TraceId,
    secrets: Redactor,
    last: Mutex<Option<Result<RawAnswer, RequestFailureKind>>>,
}

/// A request got no answer; why is kept beside it.
#[derive(Debug)]
struct Unanswered;

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer")
    }
}

impl std::error::Error for Unanswered {}

impl Net {
    /// The page on which a person signs in, for a browser that comes back to `redirect`.
    ///
    /// # Errors
    /// A secret that is missing.
    pub fn sign_in_page(
        &self,
        oauth: &OAuth,
        scope: &Scope,
        redirect: String,
    ) -> Result<SignInPage, RequestFailureKind> {
        let client = self.oauth_client(oauth, scope)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let back = RedirectUrl::new(redirect.clone()).map_err(|error| unusable(&error.to_string()))?;
        let client = client.set_redirect_uri(back);
        let mut request = client.authorize_url(CsrfToken::new_random).map_err(|error| unusable(&error.to_string()))?;
        for scope in &oauth.scopes {
            request = request.add_scope(oauth2::Scope::new(scope.clone()));
        }
        for (name, value) in &oauth.extra {
            request = request.add_extra_param(name.clone(), self.expand(value, scope)?.to_string());
        }
        let (address, state) = request.set_pkce_challenge(challenge).url();
        let state = Zeroizing::new(state.into_secret());
        Ok(SignInPage { address: address.into(), state, redirect, verifier })
    }

    /// The tokens for the `code` with which the browser came back from `page`.
    ///
    /// # Errors
    /// Any other answer than tokens, or none.
    pub async fn exchange_code(
        &self,
        oauth: &OAuth,
        scope: &Scope,
        page: SignInPage,
        code: &str,
        trace: &TraceId,
    ) -> Result<Granted, RequestFailureKind> {
        let back = RedirectUrl::new(page.redirect).map_err(|error| unusable(&error.to_string()))?;
        let client = self.oauth_client(oauth, scope)?.set_redirect_uri(back);
        let exchange = Exchange::new(self, scope, &[code, page.verifier.secret()], trace);
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned())).set_pkce_verifier(page.verifier);
        let answered = request.request_async(&exchange).await;
        exchange.granted(answered)
    }

    /// New tokens for a `refresh` token; `None` if the server does not take it any more.
    ///
    /// # Errors
    /// Any other answer, or none.
    pub async fn refresh_tokens(
        &self,
        oauth: &OAuth,
        scope: &Scope,
        refresh: &str,
        trace: &TraceId,
    ) -> Result<Option<Granted>, RequestFailureKind> {
        let client = self.oauth_client(oauth, scope)?;
        let exchange = Exchange::new(self, scope, &[refresh], trace);
        let token = RefreshToken::new(refresh.to_owned());
        let answered = client.exchange_refresh_token(&token).request_async(&exchange).await;
        if let Err(RequestTokenError::ServerResponse(said)) = &answered
            && *said.error() == BasicErrorResponseType::InvalidGrant
        {
            return Ok(None);
        }
        exchange.granted(answered).map(Some)
    }

    /// A code with which a person signs in on another device.
    ///
    /// # Errors
    /// Any other answer than a code, or none.
    pub async fn device_code(
        &self,
        oauth: &OAuth,
        scope: &Scope,
        trace: &TraceId,
    ) -> Result<DeviceSignIn, RequestFailureKind> {
        let client = self.oauth_client(oauth, scope)?;
        let mut request = client.exchange_device_code().map_err(|error| unusable(&error.to_string()))?;
        for scope in &oauth.scopes {
            request = request.add_scope(oauth2::Scope::new(scope.clone()));
        }
        for (name, value) in &oauth.extra {
            request = request.add_extra_param(name.clone(), self.expand(value, scope)?.to_string());
        }
        let exchange = Exchange::new(self, scope, &[], trace);
        let answered = request.request_async(&exchange).await;
        let answer: StandardDeviceAuthorizationResponse =
            answered.map_err(|error: RequestTokenError<Unanswered, _>| exchange.failed(&error, "/device_code"))?;
        let whole = answer.verification_uri_complete().map(|whole| whole.secret().to_owned());
        let address = whole.unwrap_or_else(|| answer.verification_uri().to_string());
        // It is opened on this computer: nothing but a page may be.
        let is_page = |url: &Url| url.scheme() == "https" || url.scheme() == "http" && is_loopback(url);
        if !Url::parse(&address).as_ref().is_ok_and(is_page) {
            return Err(unusable("the authorization server names no page that begins with https:// for the sign-in"));
        }
        let code = answer.user_code().secret().to_owned();
        Ok(DeviceSignIn { address, code, expires_in: answer.expires_in(), answer })
    }

    /// Asks again and again, as the server wants it, until somebody has signed in with `device`'s code.
    ///
    /// # Errors
    /// A refusal, or nobody within `limit`.
    pub async fn poll_device(
        &self,
        oauth: &OAuth,
        scope: &Scope,
        device: &DeviceSignIn,
        limit: Duration,
        trace: &TraceId,
    ) -> Result<Granted, RequestFailureKind> {
        let client = self.oauth_client(oauth, scope)?;
        let exchange = Exchange::new(self, scope, &[device.answer.device_code().secret()], trace);
        let polling = client.exchange_device_access_token(&device.answer);
        let answered = polling.request_async(&exchange, tokio::time::sleep, Some(limit)).await;
        match answered {
            Err(RequestTokenError::ServerResponse(said)) => Err(match said.error() {
                DeviceCodeErrorResponseType::AccessDenied => RequestFailureKind::SignIn(SignInFault::Denied),
                DeviceCodeErrorResponseType::ExpiredToken => {
                    RequestFailureKind::SignIn(SignInFault::Expired { after: limit })
                }
                DeviceCodeErrorResponseType::AuthorizationPending
                | DeviceCodeErrorResponseType::SlowDown
                | DeviceCodeErrorResponseType::Basic(_) => {
                    exchange.failed(&RequestTokenError::<Unanswered, DeviceCodeErrorResponse>::ServerResponse(said), "")
                }
            }),
            other => exchange.granted(other),
        }
    }

    fn oauth_client(&self, oauth: &OAuth, scope: &Scope) -> Result<Client, RequestFailureKind> {
        let id = self.expand(&oauth.client_id, scope)?;
        let (authorize, device) = (oauth.authorize.as_ref(), oauth.device.as_ref());
        let client = BasicClient::new(ClientId::new(id.to_string()))
            .set_auth_uri_option(authorize.map(|url| AuthUrl::from_url(url.url().clone())))
            .set_device_authorization_url_option(device.map(|url| DeviceAuthorizationUrl::from_url(url.url().clone())))
            .set_token_uri(TokenUrl::from_url(oauth.token.url().clone()))
            // A program on somebody's computer has no secret worth the name; most servers want it in the form, if at all.
            .set_auth_type(oauth2::AuthType::RequestBody);
        Ok(match &oauth.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(self.expand(secret, scope)?.to_string())),
            None => client,
        })
    }
}

impl<'c> AsyncHttpClient<'c> for Exchange<'_> {
    type Error = Unanswered;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unanswered>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl<'a> Exchange<'a> {
    /// Of what the server says, the scope's values and `own` are hidden.
    fn new(net: &'a Net, scope: &Scope, own: &[&str], trace: &'a TraceId) -> Self {
        let secrets = net.secrets().hiding_values(&scope.values);
        let name = OAuth::refresh_token;
        let secrets = own.iter().fold(secrets, |secrets, own| secrets.hiding_values(&Values::one(name(), *own)));
        Self { net, trace, secrets, last: Mutex::default() }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
        let (parts, body) = request.into_parts();
        let sent = self.net.0.http.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
        let sent = sent.header(HeaderName::from_static("x-trace-id"), self.trace.as_str());
        let mut secrets = self.secrets.clone();
        let answered = self.net.whole(sent, &mut secrets).await;
        let response = answered.as_ref().ok().map(|answer| {
            let mut response = http::Response::new(answer.body.to_vec());
            *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
            response.headers_mut().extend(answer.headers.get(CONTENT_TYPE).map(|kind| (CONTENT_TYPE, kind.clone())));
            response
        });
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(answered);
        response.ok_or(Unanswered)
    }

    fn granted<E: oauth2::ErrorResponse + 'static>(
        &self,
        answered: Result<BasicTokenResponse, RequestTokenError<Unanswered, E>>,
    ) -> Result<Granted, RequestFailureKind> {
        let tokens = answered.map_err(|error| self.failed(&error, "/access_token"))?;
        let mut taken = Taken::default();
        taken.values.set(OAuth::access_token(), tokens.access_token().secret().as_str());
        if let Some(id) = self.id_token() {
            taken.values.set(OAuth::id_token(), id.as_str());
        }
        taken.lifetime = tokens.expires_in().map(|lifetime| lifetime.min(LONGEST));
        let lifetime = taken.lifetime.and_then(|lifetime| chrono::Duration::from_std(lifetime).ok());
        taken.until = lifetime.map(|lifetime| utc_now() + lifetime);
        let refresh = tokens.refresh_token().map(|token| Zeroizing::new(token.secret().clone()));
        // A clone tells the others.
        let mut seen = self.net.secrets().hiding_values(&taken.values);
        if let Some(token) = &refresh {
            seen = seen.hiding_values(&Values::one(OAuth::refresh_token(), token.as_str()));
        }
        seen.settle();
        Ok(Granted { taken, refresh })
    }

    /// What OpenID Connect gives beside the access token.
    fn id_token(&self) -> Option<Zeroizing<String>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let json: Value = serde_json::from_slice(&last.as_ref()?.as_ref().ok()?.body).ok()?;
        let name: ValueName = OAuth::id_token();
        json.get(name.as_str())?.as_str().map(|token| Zeroizing::new(token.to_owned()))
    }

    /// Why there is nothing of use in the answer that came last, which should have had `wanted`.
    fn failed<E: oauth2::ErrorResponse + 'static>(
        &self,
        error: &RequestTokenError<Unanswered, E>,
        wanted: &str,
    ) -> RequestFailureKind {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        let answer = match last {
            Some(Ok(answer)) => answer,
            Some(Err(kind)) => return kind,
            None => return unusable(&error.to_string()),
        };
        if answer.is_success(&[]) {
            let fault = match answer.json(wanted, &self.secrets) {
                Ok(_) => AnswerFault::Missing { field: SafeText::new(wanted) },
                Err(fault) => fault,
            };
            return self.net.malformed(&answer, fault, &self.secrets);
        }
        let code = serde_json::from_slice::<Value>(&answer.body).ok();
        let code = code.as_ref().and_then(|json| json.get("error")?.as_str());
        let facts = answer.facts(self.net.profile(), &self.secrets);
        RequestFailureKind::Status(Box::new(match code {
            Some(code) => facts.with_code(self.secrets.text(code.as_bytes(), SafeText::MAX_CHARS).as_str()),
            None => facts,
        }))
    }
}

fn unusable(problem: &str) -> RequestFailureKind {
    RequestFailureKind::Unusable { problem: SafeText::new(problem) }
}
