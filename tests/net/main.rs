//! The driver's network half against servers that do what real ones do on bad days. All of it on loopback.

mod http;
mod proxy;
mod socket;
mod tls;

use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ticketscope::driver::net::{Connection, Net, OpenSocket, PhaseReport, Scope, StepKind};
use ticketscope::journal::{Level, lines};
use ticketscope::model::{
    Class, DialFailure, Entry, Event, Failure, FlowEvent, Jwt, Moment, Phase, Profile, Redactor, RequestFailure,
    SessionId, Source, Ticket, TicketGrant, TokenGrant, TraceId, Values,
};

use support::server::{Server, accept, answer};

/// What every JWT, ticket and session id of these tests contains.
const SECRET: &str = "s3cr3t-marker";

/// Far more than anything here takes: a test that reaches it hangs.
const GENEROUS: Duration = Duration::from_secs(20);

fn profile(address: SocketAddr) -> Profile {
    let mut profile = Profile::local_demo(address);
    profile.timeouts.http = GENEROUS;
    profile.timeouts.dial = GENEROUS;
    profile.timeouts.upgrade = GENEROUS;
    profile
}

fn net(address: SocketAddr) -> Net {
    Net::new(&profile(address)).unwrap()
}

fn trace() -> TraceId {
    TraceId::new(0xabc, 7)
}

async fn dial(net: &Net) -> (Result<Connection, DialFailure>, Vec<PhaseReport>) {
    let mut reports = Vec::new();
    let connection = net.dial(&mut |report| reports.push(report)).await;
    (connection, reports)
}

/// The contract's two requests.
trait Contract {
    async fn token(&self, session_id: Option<&SessionId>, trace: &TraceId) -> Result<TokenGrant, RequestFailure>;
    async fn ticket(&self, jwt: &Jwt, trace: &TraceId) -> Result<TicketGrant, RequestFailure>;
}

impl Contract for Net {
    async fn token(&self, session_id: Option<&SessionId>, trace: &TraceId) -> Result<TokenGrant, RequestFailure> {
        let profile = self.profile();
        let scope = Scope { session_id: session_id.cloned(), ..Scope::default() };
        let taken = self.step(StepKind::Login, &profile.steps().login[0], &scope, trace).await?;
        Ok(taken.into_token(&profile.token_name()))
    }

    async fn ticket(&self, jwt: &Jwt, trace: &TraceId) -> Result<TicketGrant, RequestFailure> {
        let profile = self.profile();
        let scope = Scope { values: Values::one(profile.token_name(), jwt.expose()), ..Scope::default() };
        let taken = self.step(StepKind::Ticket, &profile.steps().ticket[0], &scope, trace).await?;
        Ok(taken.into_ticket(profile))
    }
}

/// Dials and upgrades with a ticket that has to be percent-encoded.
async fn open(net: &Net, profile: &Profile) -> (Result<OpenSocket<Connection>, Failure>, Vec<PhaseReport>) {
    let (connection, mut reports) = dial(net).await;
    let ticket = Ticket::new(format!("{SECRET}/1+2"));
    let mut report = |report| reports.push(report);
    let socket = match connection {
        Ok(connection) => {
            let mut secrets = Redactor::default().hiding_ticket(&ticket);
            let origin = Some(&profile.origin);
            let mut scope = Scope::default();
            scope.spend(ticket, profile.ticket_name());
            net.upgrade(connection, &scope, origin, &trace(), &mut secrets, &mut report).await
        }
        Err(failure) => Err(Failure::Dial(failure)),
    };
    assert_no_secret(&reports);
    (socket, reports)
}

/// How opening the socket fails.
async fn open_failure(profile: &Profile) -> Failure {
    let (socket, _) = open(&Net::new(profile).unwrap(), profile).await;
    let failure = socket.unwrap_err();
    assert_no_secret(&failure);
    failure
}

/// The `[Net]` lines for developers that the console has for `failure`.
fn console(failure: Failure) -> Vec<String> {
    let entry = Entry {
        seq: 0,
        elapsed: Moment::START,
        time: ticketscope::clock::utc_now(),
        attempt: None,
        source: Source::Flow,
        simulated: None,
        event: Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft }),
    };
    let lines = lines(&entry).into_iter().filter(|line| line.tag == "[Net]" && line.level == Level::Debug);
    lines.map(|line| line.text.into_owned()).collect()
}

fn phases(reports: &[PhaseReport]) -> Vec<(Phase, bool)> {
    reports.iter().map(|report| (report.phase, report.ok)).collect()
}

fn shows_secret(value: &impl Debug) -> bool {
    format!("{value:?}").contains(SECRET)
}

fn assert_no_secret(value: &impl Debug) {
    assert!(!shows_secret(value), "{value:?}");
}

#[tokio::test]
async fn no_log_line_of_any_library_holds_a_secret() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let writer = Arc::new(log.reopen().unwrap());
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(writer).init();
    let server = Server::start(|request| {
        if request.contains("/ws?") {
            return accept(request, |head| head);
        }
        answer("200 OK", &[], &format!(r#"{{"token":"{SECRET}","ticket":"{SECRET}","expiresInSeconds":1}}"#))
    });
    let profile = profile(server.await.address);
    let net = Net::new(&profile).unwrap();
    let grant = net.token(Some(&SessionId::new(SECRET)), &trace()).await.unwrap();
    net.ticket(&grant.jwt, &trace()).await.unwrap();
    open(&net, &profile).await.0.unwrap();

    let logged = || std::fs::read_to_string(log.path()).unwrap();
    assert!(!logged().contains(SECRET), "{}", logged());
    log::trace!("control {SECRET}");
    assert!(logged().contains(SECRET));
}

#[test]
fn the_search_for_secrets_finds_one() {
    assert!(shows_secret(&vec![Some(format!("x{SECRET}y"))]));
}
