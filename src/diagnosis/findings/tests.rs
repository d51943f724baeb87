//! What a peer says is shown and decides nothing.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use url::Url;

use super::*;
use crate::diagnosis::Code;
use crate::diagnosis::context::Answered;
use crate::model::failure::*;
use crate::model::*;

/// What would lead astray whoever looked for causes in sentences.
const PROVOKING: [&str; 24] = [
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
];

fn said() -> impl Strategy<Value = SafeText> {
    let provoking = select(&PROVOKING[..]).prop_map(str::to_owned);
    prop_oneof![provoking, ".{0,80}"].prop_map(|text| SafeText::new(&text))
}

/// Failures of every kind in which nothing but what a peer says depends on `said`.
fn failures(said: &SafeText) -> Vec<Failure> {
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
    ];
    let answers = [301, 400, 401, 403, 404, 405, 407, 410, 418, 426, 429, 451, 500, 501, 502, 503, 504, 511, 530, 599];
    let answers = answers.map(|status| Answer {
        headers: ["x-powered-by", "via", "x-said", "date"]
            .map(|name| Header { name: SafeText::new(name), value: Some(said()) })
            .into(),
        body: Body { kind: BodyKind::Text, excerpt: Some(said()), title: Some(said()), ..Body::default() },
        ..Answer::of_status(status)
    });
    let closes = [1000, 1001, 1002, 1003, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 3000, 4000, 4401, 4403, 4999];
    let closes = closes.map(|code| Close {
        code: CloseCode(code),
        reason: said(),
        was_clean: false,
        cause: CloseCause::Protocol(ProtocolFault::Other(said())),
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
    let of_answers = answers.into_iter().flat_map(|answer| {
        let kind = RequestFailureKind::Status(Box::new(answer.clone()));
        [
            Failure::Token(request(kind.clone())),
            Failure::Ticket(request(kind)),
            Failure::UpgradeRefused(Box::new(answer)),
        ]
    });
    let of_handshakes = handshakes.into_iter().map(|fault| Failure::Dial(DialFailure::BadHandshake(fault)));
    of_transports.chain(of_answers).chain(of_handshakes).chain(closes.into_iter().map(Failure::Closed)).collect()
}

fn codes(said: &SafeText) -> Vec<Code> {
    let api = Url::parse("https://api.example").expect("an address of the test's own");
    let profile = Profile::production();
    let context = Context {
        time: chrono::DateTime::UNIX_EPOCH,
        health: None,
        health_page: None,
        claims: None,
        was_connected: false,
        refusals: 1,
        open_for: Duration::from_secs(3),
        repeats: 0,
        slowest: None,
        endpoints: &profile.endpoints,
        api: &api,
        socket: &api,
        jwt_age: None,
        clock: None,
        is_claims_error: false,
        is_intercepted: false,
        is_certificate_its_own: false,
        answered: Answered::default(),
        pongs: 0,
        last_word: None,
    };
    failures(said).iter().map(|failure| of_failure(failure, &context).code).collect()
}

proptest! {
    #[test]
    fn nothing_that_a_server_says_changes_a_code(said in said()) {
        prop_assert_eq!(codes(&said), codes(&SafeText::new("so it is")));
    }
}
