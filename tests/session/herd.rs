//! The simulated herd against real clients: the same machine, over real sockets, on real time.

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use ticketscope::backend::{Config, Server};
use ticketscope::flow::{ConnectionFlow, Effect, Input, Output, Policy};
use ticketscope::herd::{Rule, Scenario, run};
use ticketscope::model::failure::{BrokenCause, TcpFailure};
use ticketscope::model::{
    AttemptId, Close, CloseCause, Credential, DialFailure, Failure, FlowCommand, FlowEvent, Jwt, Moment, Profile,
    RequestFailure, RequestFailureKind, Ticket, TicketGrant, TokenGrant, TokenSource, TraceId, Transport,
};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::program::Program;
use crate::watcher::ORIGIN;

/// A server takes 512 connections.
const PER_SERVER: usize = 350;
/// Between the times of the fifth and the sixth attempt: a tenth of a second more or less, which a busy machine may
/// take, does not decide which of them brings a client back.
const OUTAGE: Duration = Duration::from_secs(10);
/// Longer than the longest wait and the busiest machine take.
const LIMIT: Duration = Duration::from_secs(60);

/// What a client tells, and when.
struct Fact {
    at: Instant,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Cut,
    Attempt,
    Connected,
}

/// A machine and the little around it that makes it a real client.
struct Client {
    flow: ConnectionFlow,
    begin: Instant,
    server: SocketAddr,
    http: reqwest::Client,
    jwt: Jwt,
    connection: Option<TcpStream>,
    socket: Option<WebSocketStream<TcpStream>>,
    tell: mpsc::UnboundedSender<Fact>,
    /// Keeps the first attempts of all from being made at the same time.
    door: Arc<Semaphore>,
}

fn no_answer() -> Transport {
    Transport::Tcp(TcpFailure::Addresses(Vec::new()))
}

impl Client {
    async fn run(mut self) {
        let door = Arc::clone(&self.door);
        let mut place = door.acquire().await.ok();
        self.handle(Input::Command(FlowCommand::Connect));
        loop {
            match self.flow.poll() {
                Output::Effect(effect) => {
                    if let Some(input) = self.perform(effect).await {
                        self.handle(input);
                    }
                }
                Output::Event(_, FlowEvent::RequestingTicket) => self.tell(What::Attempt),
                Output::Event(_, FlowEvent::Connected) => {
                    drop(place.take());
                    self.tell(What::Connected);
                }
                Output::Event(..) => {}
                Output::WaitUntil(deadline) => {
                    let at = deadline.map(|(at, _)| self.begin + at.since_start());
                    let at = at.unwrap_or_else(|| Instant::now() + LIMIT);
                    let input = match (&mut self.socket, self.flow.attempt()) {
                        (Some(socket), Some(attempt)) => tokio::select! {
                            () = sleep_until(at) => Input::Timeout,
                            () = ended(socket) => {
                                self.socket = None;
                                Input::Closed(attempt, Close::abnormal(CloseCause::EndOfStream))
                            }
                        },
                        _ => {
                            sleep_until(at).await;
                            Input::Timeout
                        }
                    };
                    if matches!(input, Input::Closed(..)) {
                        self.tell(What::Cut);
                    }
                    self.handle(input);
                }
            }
        }
    }

    fn handle(&mut self, input: Input) {
        self.flow.handle(Moment::START + self.begin.elapsed(), input);
    }

    fn tell(&self, what: What) {
        let _ = self.tell.send(Fact { at: Instant::now(), what });
    }

    async fn perform(&mut self, effect: Effect) -> Option<Input> {
        let jwt = || Some(self.jwt.clone());
        match effect {
            Effect::LoadCredential(attempt) => {
                let credential = Credential { jwt: jwt(), ..Credential::default() };
                Some(Input::CredentialLoaded(attempt, credential, TokenSource::Memory))
            }
            Effect::RequestToken(attempt, session_id) => {
                Some(Input::TokenAnswered(attempt, Ok(TokenGrant { session_id, ..TokenGrant::of(self.jwt.clone()) })))
            }
            Effect::RequestTicket(attempt, jwt) => {
                let failure =
                    RequestFailure { trace: TraceId::new(0, 0), kind: RequestFailureKind::Transport(no_answer()) };
                let jwt = jwt.expect("the contract's login");
                Some(Input::TicketAnswered(attempt, self.ticket(&jwt).await.ok_or(failure)))
            }
            Effect::Dial(attempt) => {
                self.connection = TcpStream::connect(self.server).await.ok();
                let failure = || DialFailure::Transport(no_answer());
                Some(Input::Dialled(attempt, self.connection.as_ref().map(drop).ok_or_else(failure)))
            }
            Effect::Upgrade(attempt, ticket) => {
                self.socket = self.upgrade(ticket.expect("the contract's ticket")).await;
                let failure =
                    || Failure::Dial(DialFailure::Transport(Transport::Broken(BrokenCause::NoAnswerBeforeEnd)));
                Some(Input::Upgraded(attempt, self.socket.as_ref().map(drop).ok_or_else(failure)))
            }
            Effect::Close(_) | Effect::Abort(_) | Effect::SaveCredential(_) | Effect::ForgetCredential => None,
        }
    }

    async fn ticket(&self, jwt: &Jwt) -> Option<TicketGrant> {
        let request = self.http.get(format!("http://{}/api/v1/ws-ticket", self.server));
        let answer = request.header("origin", ORIGIN).bearer_auth(jwt.expose()).send().await.ok()?;
        let answer = answer.error_for_status().ok()?;
        let answer: serde_json::Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
        let ticket = Ticket::new(answer["ticket"].as_str()?);
        Some(TicketGrant { ticket, lifetime: Some(Duration::from_secs(30)) })
    }

    async fn upgrade(&mut self, ticket: Ticket) -> Option<WebSocketStream<TcpStream>> {
        let connection = self.connection.take()?;
        let address = format!("ws://{}/ws?ticket={}", self.server, *ticket.spend());
        let mut request = address.into_client_request().ok()?;
        request.headers_mut().insert("origin", ORIGIN.parse().ok()?);
        Some(client_async(request, connection).await.ok()?.0)
    }
}

async fn ended(socket: &mut WebSocketStream<TcpStream>) {
    while let Some(Ok(_)) = socket.next().await {}
}

async fn serve(listen: SocketAddr) -> Server {
    Server::start(Config { listen, ..Config::default() }).await.unwrap().0
}

/// The next `count` connections, and every attempt meanwhile.
async fn connected(told: &mut mpsc::UnboundedReceiver<Fact>, count: usize) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut missing = count;
    let wait = async {
        while missing > 0 {
            let fact = told.recv().await.unwrap();
            missing -= usize::from(fact.what == What::Connected);
            facts.push(fact);
        }
    };
    timeout(LIMIT, wait).await.unwrap_or_else(|_| panic!("{missing} of {count} clients are not back"));
    facts
}

/// The largest difference between two distributions (Kolmogorov and Smirnov's).
fn distance(real: &[f64], simulated: &[f64]) -> f64 {
    let below = |values: &[f64], limit: f64| {
        values.iter().filter(|value| **value <= limit).count() as f64 / values.len() as f64
    };
    (0..70)
        .map(|tenth| f64::from(tenth) / 10.0)
        .map(|at| (below(real, at) - below(simulated, at)).abs())
        .fold(0.0, f64::max)
}

/// `TICKETSCOPE_SEED` replays the clients' draws, `TICKETSCOPE_HERD` is the number of clients.
#[test]
fn a_thousand_real_clients_come_back_as_predicted() {
    let number = |name| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seed = number("TICKETSCOPE_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let count = number("TICKETSCOPE_HERD").map_or(1_000, |count| count as usize);
    println!("replay with: TICKETSCOPE_SEED={seed} cargo nextest run thousand_real_clients");
    let policy = Policy::from(&Profile::production());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (outage, facts, end) = runtime.block_on(herd_of_real_clients(Arc::new(policy.clone()), seed, count));

    let since_end = |what| {
        facts.iter().filter(move |fact| fact.what == what && fact.at >= end).map(|fact| (fact.at - end).as_secs_f64())
    };
    let (arrivals, back): (Vec<f64>, Vec<f64>) =
        (since_end(What::Attempt).collect(), since_end(What::Connected).collect());
    assert_eq!(back.len(), count);

    let scenario = Scenario { clients: 20_000, outage, seed, ..Scenario::default() };
    let predicted = run(&scenario, &Rule::ours("seed", policy), |_| ControlFlow::Continue(())).unwrap();
    // In the middle of their columns.
    let spread = |bins: &[u32]| -> Vec<f64> {
        let at = |bin: usize| (bin as f64 + 0.5) / 10.0;
        bins.iter().enumerate().flat_map(|(bin, count)| vec![at(bin); (*count / 4) as usize]).collect()
    };
    let mean = back.iter().sum::<f64>() / count as f64;
    let predicted_mean = predicted.recovery.unwrap().mean.as_secs_f64();
    let (arrivals, back) = (distance(&arrivals, &spread(&predicted.after)), distance(&back, &spread(&predicted.back)));
    println!(
        "outage {outage:?}: mean {mean:.3} s, predicted {predicted_mean:.3} s; arrivals differ by {arrivals:.3}, recoveries by {back:.3}"
    );
    assert!((mean / predicted_mean - 1.0).abs() <= 0.10, "back after {mean:.2} s, predicted {predicted_mean:.2} s");
    assert!(arrivals <= 0.10 && back <= 0.10, "arrivals differ by {arrivals:.3}, recoveries by {back:.3}");
}

/// Leads real clients through a real outage: how long it was, what they did, and when it was over.
async fn herd_of_real_clients(policy: Arc<Policy>, seed: u64, count: usize) -> (Duration, Vec<Fact>, Instant) {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut servers = Vec::new();
    for _ in 0..count.div_ceil(PER_SERVER) {
        servers.push(serve(any).await);
    }
    let addresses: Vec<_> = servers.iter().map(Server::address).collect();
    let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(20).build().unwrap();
    let token = http.post(format!("http://{}/api/v1/auth/token", addresses[0])).header("origin", ORIGIN).body("{}");
    let token: serde_json::Value = serde_json::from_slice(&token.send().await.unwrap().bytes().await.unwrap()).unwrap();
    let jwt = Jwt::new(token["token"].as_str().unwrap());

    let (tell, mut told) = mpsc::unbounded_channel();
    let (begin, door) = (Instant::now(), Arc::new(Semaphore::new(40)));
    for index in 0..count {
        let client = Client {
            flow: ConnectionFlow::new(Arc::clone(&policy), seed.wrapping_mul(1_000_003) + index as u64, AttemptId(0)),
            begin,
            server: addresses[index % addresses.len()],
            http: http.clone(),
            jwt: jwt.clone(),
            connection: None,
            socket: None,
            tell: tell.clone(),
            door: Arc::clone(&door),
        };
        tokio::spawn(client.run());
    }
    connected(&mut told, count).await;

    let cut = Instant::now();
    // Saying goodbye to each client would take up to a second, and the outage would be another for each of them.
    drop(servers);
    sleep_until(cut + OUTAGE).await;
    for address in addresses {
        // The servers live as long as this process.
        std::mem::forget(serve(address).await);
    }
    let end = Instant::now();
    let facts = connected(&mut told, count).await;
    // The outage counts from when the clients were cut, on average.
    let cuts: Vec<f64> =
        facts.iter().filter(|fact| fact.what == What::Cut).map(|fact| (end - fact.at).as_secs_f64()).collect();
    assert_eq!(cuts.len(), count);
    let (shortest, longest) = cuts.iter().fold((f64::MAX, 0.0_f64), |(low, high), cut| (low.min(*cut), high.max(*cut)));
    println!("clients were without a server for {shortest:.3} to {longest:.3} s");
    (Duration::from_secs_f64(cuts.iter().sum::<f64>() / count as f64), facts, end)
}

#[test]
fn the_command_compares_rules_in_words_and_as_json() {
    let arguments = ["herd", "--clients", "500", "--outage", "2s", "--policy", "base=1s,jitter=0.5", "--seed", "3"];
    let ended = Program::run(&arguments);
    let text = ended.lines.join("\n");
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    for part in [
        "Simulated: 500 clients",
        "Your edit",
        "Profile Local demo",
        "Phoenix *",
        "Kindest to the server: ",
        "█",
        "attempts in each 100 ms",
        "until the server is back, the busiest of each ",
        "   -2.0 s  ",
        "    0.0 s  ",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    // The busiest 100 ms are in the plot as they were, however many share its row.
    let json = Program::run(&[&arguments[..], &["--format", "json"]].concat()).lines.join("");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let bins = ["before", "after"].map(|part| json["rules"][0][part].as_array().unwrap().clone()).concat();
    let most = bins.iter().filter_map(serde_json::Value::as_u64).max().unwrap();
    let bars: Vec<u64> = text
        .lines()
        .filter(|line| line.contains('█'))
        .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
        .collect();
    assert_eq!(bars.iter().max(), Some(&most), "{text}");
    assert!(Program::run(&["herd", "--clients", "1"]).lines.join("").contains("Simulated: 1 client, "));
    let ended = Program::run(&[&arguments[..], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&ended.lines.join("")).unwrap();
    assert_eq!(
        (&json["format"], &json["simulated"], &json["scenario"]["seed"]),
        (&"1.0".into(), &true.into(), &3.into())
    );
    assert_eq!(json["rules"][0]["terms"], "1 s ×2, cap 5 s, ±50 %, reset after 5 s open");
    assert_eq!(json["rules"][0]["recovered"], 500);
}

#[test]
fn a_policy_that_cannot_work_is_wrong_use() {
    for (policy, expected) in
        [("bass=1s", "did you mean base?"), ("base=0s", "from 10ms to 1day"), ("jitter", "KEY=VALUE")]
    {
        let ended = Program::run(&["herd", "--policy", policy]);
        assert_eq!(ended.code, Some(2), "{policy}");
        assert!(ended.errors.contains(expected), "{policy}: {}", ended.errors);
    }
}
