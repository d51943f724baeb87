//! What faults do to requests and to the upgrade.

use std::time::Duration;

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use super::wire::{FaultyStream, WireFaults};
use crate::driver::net::{Connection, Net, OpenSocket, Report, Scope};
use crate::faults::{FAULT_HEADER, Fault, MadeUpAnswer};
use crate::launch;
use crate::model::{Failure, Origin, Redactor, RequestFailure, Ticket, TicketGrant, TraceId};

/// The origin that the fault `block-origin` sends. Nobody can own it (RFC 6761 §6.4).
const BLOCKED_ORIGIN: &str = "https://blocked.invalid";

/// The lifetime that the fault `ticket-late` leaves a ticket.
const SPENT_LIFETIME: Duration = Duration::from_nanos(1);

/// Where requests go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// To the local server, which obeys when it is told which faults act.
    Local,
    /// To any other, which must not hear of them.
    Other,
}

/// `net` for a request to `server` on which `acting` act.
pub fn with_faults(net: &Net, acting: &[Fault], server: Server) -> Net {
    let header = || {
        // The local server takes it from this program alone.
        let fault_header = format!("{} {}", launch::secret()?, serde_json::to_string(acting).ok()?);
        HeaderValue::try_from(fault_header).ok()
    };
    match header().filter(|_| server == Server::Local && !acting.is_empty()) {
        Some(faults) => net.with_header(HeaderName::from_static(FAULT_HEADER), faults),
        None => net.clone(),
    }
}

/// A ticket request.
pub struct TicketRequest {
    net: Net,
    /// The answer that is made up here.
    answer: Option<MadeUpAnswer>,
    is_late: bool,
}

impl TicketRequest {
    /// To `server`, while `acting` act.
    pub fn new(net: &Net, acting: &[Fault], server: Server) -> Self {
        // The local server gives what answers it is told to; any other has them made up here. Simulate 503 is the
        // seed's, which makes it up everywhere.
        let here = acting.iter().filter(|fault| server == Server::Other || **fault == Fault::Simulate503);
        let answer = here.filter_map(Fault::ticket_answer).next();
        Self { net: with_faults(net, acting, server), answer, is_late: acting.contains(&Fault::TicketLate) }
    }

    /// What it comes to without being sent, if its answer is made up here.
    pub fn made_up(&self, trace: &TraceId) -> Option<Result<TicketGrant, RequestFailure>> {
        let MadeUpAnswer { status, content_type, retry_after, body } = self.answer.clone()?;
        let mut answer = Response::new(body.into_bytes());
        *answer.status_mut() = StatusCode::from_u16(status).ok()?;
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer.headers_mut().extend(retry_after.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))));
        Some(self.net.read_ticket(answer, trace))
    }

    /// The network that it goes over.
    pub fn net(&self) -> &Net {
        &self.net
    }

    /// What becomes of the ticket that it gave.
    pub fn granted(&self, grant: TicketGrant) -> TicketGrant {
        if self.is_late { TicketGrant { lifetime: Some(SPENT_LIFETIME), ..grant } } else { grant }
    }
}

/// An upgrade.
pub struct Upgrade {
    stream: FaultyStream,
    net: Net,
    origin: Option<Origin>,
    /// Who spends the ticket first.
    thief: Option<Net>,
}

impl Upgrade {
    /// Of `connection` to `server` for a page from `origin`, or a program that is none, while `acting` act.
    pub fn new(connection: Connection, net: &Net, origin: Option<&Origin>, acting: &[Fault], server: Server) -> Self {
        let stream = FaultyStream::over(connection);
        let wire = stream.wire();
        acting.iter().for_each(|fault| wire.apply(fault));
        let blocked = acting.contains(&Fault::BlockOrigin).then(|| Origin::try_from(BLOCKED_ORIGIN.to_owned()).ok());
        let origin = blocked.flatten().or_else(|| origin.cloned());
        let thief = acting.contains(&Fault::TicketReused).then(|| net.clone());
        Self { stream, net: with_faults(net, acting, server), origin, thief }
    }

    /// Where the faults of its connection are changed.
    pub fn wire(&self) -> WireFaults {
        self.stream.wire()
    }

    /// What has become of `ticket` before it is sent.
    pub async fn ticket(&self, ticket: Option<Ticket>, scope: &Scope, trace: &TraceId) -> Option<Ticket> {
        match (&self.thief, ticket) {
            (Some(thief), Some(ticket)) => Some(steal(thief, ticket, scope, self.origin.as_ref(), trace).await),
            (_, ticket) => ticket,
        }
    }

    /// Sends it; see [`Net::upgrade`].
    pub async fn send(
        self,
        ticket: Option<Ticket>,
        scope: &mut Scope,
        trace: &TraceId,
        secrets: &mut Redactor,
        report: Report<'_>,
    ) -> Result<OpenSocket<FaultyStream>, Failure> {
        if let Some(ticket) = ticket {
            scope.spend(ticket, self.net.profile().ticket_name());
        }
        self.net.upgrade(self.stream, scope, self.origin.as_ref(), trace, secrets, report).await
    }
}

/// Spends `ticket` on a connection of its own, and gives it back used.
async fn steal(net: &Net, ticket: Ticket, scope: &Scope, origin: Option<&Origin>, trace: &TraceId) -> Ticket {
    let (mine, theirs) = ticket.copied_by_a_thief();
    let mut unheard = |_| {};
    if let Ok(connection) = net.dial(&mut unheard).await {
        let (mut secrets, mut scope) = (Redactor::default(), scope.clone());
        // Whatever becomes of it: the server has seen the ticket.
        scope.spend(theirs, net.profile().ticket_name());
        let _ = net.upgrade(connection, &scope, origin, trace, &mut secrets, &mut unheard).await;
    }
    mine
}
