//! What a peer says is shown and decides nothing.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use url::Url;

use super::*;
use crate::diagnosis::Code;
use crate::diagnosis::context::Answered;
use crate::diagnosis::findings::table;
use crate::model::failure::*;
use crate::model::*;

/// What would lead astray whoever looked for causes in sentences.
const PROVOKING: [&str; 56] = [
    "Example has expired Ltd",
    "for another host",
    "self-signed unknown issuer revoked",
    "certificate verify failed: CertNotValidForName",
    "connection refused",
    "connection reset by peer",
    "timed out",
    "no such host",
    "Sign in to Hotel Wi-Fi",
    "Log in",
    "captive portal",
    "cloudflare ray id",
    "squid proxy authentication required",
    "REDIS_UNAVAILABLE",
    "INVALID_TOKEN",
    "TICKET_EXPIRED",
    "rate limit exceeded, retry after 30 seconds",
    "origin not allowed",
    "message too big",
    "server shutting down",
    "IPv6",
    "clock",
    "keychain",
    "\u{1b}[2J\u{202e}",
    "nginx/1.25",
    "envoy",
    "cloudflare",
    "awselb/2.0",
    "AmazonS3",
    "Microsoft-IIS/10.0",
    "vegur",
    "daphne",
    "BigIP",
    "squid/5.7",
    "Protected by Zscaler",
    "FortiGate",
    "READONLY You can't write against a read only replica.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "NOAUTH Authentication required.",
    "ERR max number of clients reached",
    "too many connections",
    "Scheduled maintenance",
    "CSRF cookie missing",
    "The plain HTTP request was sent to HTTPS port",
    "Missing Authentication Token",
    "error code: 1016",
    "No API key found in request",
    "Session ID unknown",
    "Request Header Or Cookie Too Large",
    "WebSockets are not supported",
    "Cannot GET /ws",
    "no healthy upstream",
    "NOT_AUTHORIZED",
    "IDLE_TIMEOUT",
    "SERVER_SHUTDOWN",
    "AccessDenied: Access Denied",
];

fn said() -> impl Strategy<Value = SafeText> {
    let provoking = select(&PROVOKING[..]).prop_map(str::to_owned);
    prop_oneof![provoking, ".{0,80}"].prop_map(|text| SafeText::new(&text))
}

/// What of a peer's text may change a code: nothing but these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depends {
    Not,
    /// A page, or the header `Server`, that names a filter is that filter's; a page whose title names a login, or greets a network's
    /// guests, is a login.
    OnWhoseItIs,
    /// An answer over HTTP/1.0 is a proxy's, unless a product of the service's has signed it.
    OnWhoSignedIt,
    /// A close's reason is the contract's own code, or it is not.
    OnTheContract,
}

impl Depends {
    fn allows(self, said: &str) -> bool {
        match self {
            Self::Not => false,
            Self::OnWhoseItIs => {
                Product::named_in(said).is_some()
                    || PageKind::titled(said) == PageKind::Login
                    || Hints::in_texts([said]).has(Hint::Guests)
            }
            Self::OnWhoSignedIt => {
                Self::OnWhoseItIs.allows(said)
                    || Product::signed(&Answer::of_text(400, &[("server", said)], "")).is_some()
            }
            Self::OnTheContract => CloseReason::from(said).contract().is_some(),
        }
    }
}

/// Answers as they come from the network, in which one part depends on `said`.
fn read(said: &str) -> Vec<(Depends, Answer)> {
    let quoted = serde_json::to_string(said).unwrap_or_default();
    let json = ("content-type", "application/json");
    let challenge = format!("Bearer realm=\"api\", error=\"invalid_token\", error_description={quoted}");
    let realm = format!("Basic realm={quoted}");
    let statuses = [200, 400, 401, 403, 404, 500, 503];
    statuses
        .into_iter()
        .flat_map(|status| {
            let of = |headers: &[(&str, &str)], body: &str| Answer::of_text(status, headers, body);
            [
                (Depends::OnWhoseItIs, of(&[("server", said)], "")),
                (Depends::Not, of(&[("via", said)], "")),
                (Depends::Not, of(&[("x-powered-by", said), ("server", "nginx")], "")),
                (Depends::OnWhoseItIs, of(&[("server", "envoy")], said)),
                (Depends::OnWhoseItIs, of(&[], &format!("<html><title>{said}</title><p>x</p></html>"))),
                (Depends::OnWhoseItIs, of(&[], &format!("<html><title>Orders</title><p>{said}</p></html>"))),
                (Depends::Not, of(&[json], &format!("{{\"message\":{quoted}}}"))),
                (Depends::Not, of(&[json], &format!("{{\"code\":\"E1\",\"error\":{quoted}}}"))),
                (Depends::Not, of(&[("www-authenticate", &challenge)], "")),
                (Depends::Not, of(&[("www-authenticate", &realm)], "")),
                (Depends::Not, of(&[("x-amzn-errortype", said), json], "{}")),
            ]
        })
        .collect()
}

/// Failures of every kind in which nothing but what a peer says depends on `said`.
fn failures(said: &SafeText) -> Vec<(Depends, Failure)> {
    let said = || said.clone();
    let issuer = || Some(Issuer { name: said(), organization: Some(said()), kind: IssuerKind::Private });
    let tls = |cause| Transport::Tls(Box::new(TlsFailure { cause, issuer: issuer() }));
    let certificate = |fault| tls(TlsCause::Certificate(fault));
    let dns = |cause| Transport::Dns(DnsFailure { host: said(), cause });
    let proxy = |cause| Transport::Proxy(ProxyFailure { proxy: said(), cause });
    let transports = [
        dns(DnsCause::NoSuchName),
        dns(DnsCause::Other(said())),
        Transport::Tcp(TcpFailure::Server { server: said(), cause: IoCause::Refused }),
        Transport::Tcp(TcpFailure::Server { server: said(), cause: IoCause::Other(said()) }),
        Transport::Tcp(TcpFailure::Server { server: said(), cause: IoCause::Local(LocalLimit::Descriptors) }),
        Transport::Tcp(TcpFailure::Server { server: said(), cause: IoCause::Local(LocalLimit::Ports) }),
        dns(DnsCause::Local(LocalLimit::SystemDescriptors)),
        proxy(ProxyCause::Io(IoCause::Local(LocalLimit::Forbidden))),
        certificate(CertificateFault::Expired { on: None }),
        certificate(CertificateFault::NotValidYet { from: None }),
        certificate(CertificateFault::WrongHost { expected: said(), presented: vec![said()] }),
        certificate(CertificateFault::UnknownIssuer),
        certificate(CertificateFault::SelfSigned),
        certificate(CertificateFault::SelfSignedAuthority),
        certificate(CertificateFault::Authority),
        certificate(CertificateFault::Forged),
        certificate(CertificateFault::Revoked),
        certificate(CertificateFault::Other(said())),
        tls(TlsCause::NotTls),
        tls(TlsCause::Refused(TlsAlert::Other(said()))),
        tls(TlsCause::NothingInCommon(said())),
        tls(TlsCause::Other(said())),
        proxy(ProxyCause::Dns(DnsCause::Other(said()))),
        proxy(ProxyCause::NotHttp(HeadFault::NotHttp { begins: said() })),
        proxy(ProxyCause::Answered { status: 502 }),
        proxy(ProxyCause::Other(said())),
        Transport::Broken(BrokenCause::NotHttp(said())),
        Transport::Broken(BrokenCause::Other(said())),
        Transport::Broken(BrokenCause::WantsTls),
    ];
    let answers = [301, 400, 401, 403, 404, 405, 407, 410, 418, 426, 429, 451, 500, 501, 502, 503, 504, 511, 530, 599];
    let versions = [HttpVersion::Http11, HttpVersion::Http10, HttpVersion::Other(said())];
    let answers = answers.into_iter().flat_map(|status| versions.clone().map(|version| (status, version)));
    let answers = answers.map(|(status, version)| Answer {
        version,
        headers: ["x-powered-by", "via", "x-said", "date"]
            .map(|name| Header { name: SafeText::new(name), value: Some(said()) })
            .into(),
        body: Body { kind: BodyKind::Text, excerpt: Some(said()), title: Some(said()), ..Body::default() },
        ..Answer::of_status(status)
    });
    let closes = [1000, 1001, 1002, 1003, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 3000, 4000, 4401, 4403, 4999];
    let closes = closes.into_iter().flat_map(|code| {
        let close = |cause| Close { code: CloseCode(code), reason: said().into(), was_clean: false, cause };
        [
            (Depends::Not, close(CloseCause::Protocol(ProtocolFault::Other(said())))),
            (
                Depends::Not,
                close(CloseCause::Protocol(ProtocolFault::CloseCode { code: CloseCode(1005), reason: said() })),
            ),
            (Depends::Not, close(CloseCause::Io(IoCause::Other(said())))),
            (Depends::Not, close(CloseCause::EndOfStream)),
            (Depends::OnTheContract, close(CloseCause::PeerFrame)),
            (Depends::OnTheContract, close(CloseCause::OwnFrame)),
        ]
    });
    let handshakes = [
        HandshakeFault::UnofferedExtension { extension: said() },
        HandshakeFault::UnofferedSubprotocol { protocol: said() },
        HandshakeFault::Head(HeadFault::NotHttp { begins: said() }),
    ];
    let request = |kind| RequestFailure { trace: TraceId::new(1, 1), kind };
    let of_transports = transports.into_iter().flat_map(|transport| {
        let kind = RequestFailureKind::Transport(transport.clone());
        [Failure::Ticket(request(kind)), Failure::Dial(DialFailure::Transport(transport))]
    });
    let answers = answers.into_iter().map(|answer| (Depends::Not, answer)).chain(
        read(said().as_str()).into_iter().flat_map(|(depends, answer)| {
            let old = Answer { version: HttpVersion::Http10, ..answer.clone() };
            let of_old = if depends == Depends::OnWhoseItIs { Depends::OnWhoSignedIt } else { depends };
            [(depends, answer), (of_old, old)]
        }),
    );
    let of_answers = answers.flat_map(|(depends, answer)| {
        let refused = (depends, Failure::UpgradeRefused(Box::new(answer.clone())));
        // The version counts only where the socket is refused.
        if answer.version != HttpVersion::Http11 {
            return vec![refused];
        }
        let kind = RequestFailureKind::Status(Box::new(answer.clone()));
        let fault = AnswerFault::NotJson { wanted: said(), content_type: Some(said()), bytes: 9 };
        let malformed = RequestFailureKind::Malformed(Box::new(MalformedAnswer { fault, answer }));
        vec![
            (depends, Failure::Token(request(kind.clone()))),
            (depends, Failure::Ticket(request(kind))),
            (depends, Failure::Ticket(request(malformed))),
            refused,
        ]
    });
    let of_handshakes = handshakes.into_iter().map(|fault| Failure::Dial(DialFailure::BadHandshake(fault)));
    let others = of_transports.chain(of_handshakes).map(|failure| (Depends::Not, failure));
    let of_closes = closes.map(|(depends, close)| (depends, Failure::Closed(close)));
    others.chain(of_answers).chain(of_closes).collect()
}

#[test]
fn the_next_step_of_every_failure_is_for_its_owner_first() {
    let profile = Profile::production();
    let url = Url::parse("https://api.example").expect("an address of the test's own");
    let mut others = std::collections::BTreeSet::new();
    for said in ["so it is", "Unauthorized", "SERVER_SHUTDOWN", "ORIGIN_BLOCKED"] {
        for (_, failure) in failures(&SafeText::new(said)) {
            let context = Context { repeats: 4, ..table::context(&profile, &url, &url) };
            let Problem { owner, next, title, .. } = of_failure(&failure, &context);
            let first = table::first_named(&next);
            if first != Some(owner) {
                others.insert(format!("{title}: {owner}: {next}"));
            }
        }
    }
    assert!(others.is_empty(), "{others:#?}");
}

/// The contract's service, and others: with a ticket alone, with a login, with neither and an upgrade that the profile
/// explains.
fn profiles() -> Vec<Profile> {
    let service = |name: &str, rest: &str| {
        let text = format!("name = '{name}'\napi = 'https://api.example'\n[secret.key]\nlabel = 'API key'\n{rest}");
        Profile::from_toml(&text).expect("a profile of the test's own")
    };
    vec![
        Profile::production(),
        service(
            "ticket",
            "[[ticket]]\npost = '/open'\nauth = 'Bearer {{key}}'\ntake = { url = '/url' }\n[socket]\nurl = '{{url}}'\n",
        ),
        service(
            "login",
            "[[login]]\npost = '/token'\nform = { key = '{{key}}' }\ntake = { token = '/t' }\n[socket]\nquery = { t = '{{token}}' }\n",
        ),
        service(
            "bare",
            "[socket]\nquery = { key = '{{key}}' }\n[classify]\nupgrade = { '401,403' = 'ticket', '404' = 'stop' }\n",
        ),
    ]
}

/// Whether a failure is told of a profile's own steps in another way than of the contract's: the refusals are.
fn matters(profile: &Profile, failure: &Failure) -> bool {
    let is_refusal = |answer: &Answer| matches!(answer.status, 400 | 401 | 403 | 404);
    profile.service.is_none() || failure.answer().is_some_and(is_refusal)
}

/// The codes of all failures with `said`, in sessions of which different things are known.
fn codes(said: &SafeText) -> Vec<(Depends, Code, String)> {
    let all = profiles();
    let word = LastWord { protocol: Protocol::Plain, reason: said.clone(), is_welcome_back: None };
    let failures = failures(said);
    let mut codes = Vec::new();
    let sessions =
        [("https://api.example", "wss://api.example", true), ("http://api.example", "ws://api.example", false)];
    for (profile, (api, socket, is_known)) in all.iter().flat_map(|profile| {
        let count = if profile.service.is_none() { 2 } else { 1 };
        sessions.into_iter().take(count).map(move |session| (profile, session))
    }) {
        let [api, socket] = [api, socket].map(|url| Url::parse(url).expect("an address of the test's own"));
        let context = Context {
            answered: Answered { token: is_known, ticket: is_known, health: is_known },
            was_connected: is_known,
            is_certificate_its_own: is_known,
            jwt_age: is_known.then_some(Duration::ZERO),
            last_word: is_known.then_some(&word),
            ..table::context(profile, &api, &socket)
        };
        let of_interest = failures.iter().filter(|(_, failure)| matters(profile, failure));
        codes.extend(of_interest.map(|(depends, failure)| {
            (*depends, of_failure(failure, &context).code, format!("{} {api} {is_known} {failure}", profile.name))
        }));
    }
    codes
}

/// The same with a text that provokes nothing.
static PLAIN: LazyLock<Vec<(Depends, Code, String)>> = LazyLock::new(|| codes(&SafeText::new("so it is")));

/// Failures whose code `said` changes, and may not.
fn changed(said: &SafeText) -> Vec<String> {
    let codes = codes(said);
    assert_eq!(codes.len(), PLAIN.len());
    let pairs = codes
        .iter()
        .zip(&*PLAIN)
        .filter(|((depends, code, _), (_, plain, _))| code != plain && !depends.allows(said.as_str()));
    pairs.map(|((_, code, what), (_, plain, _))| format!("{what}: {code} instead of {plain}")).collect()
}

#[test]
fn nothing_provoking_that_a_server_says_changes_a_code() {
    for said in PROVOKING {
        assert_eq!(changed(&SafeText::new(said)), Vec::<String>::new(), "{said}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn nothing_that_a_server_says_changes_a_code(said in said()) {
        prop_assert_eq!(changed(&said), Vec::<String>::new());
    }
}
