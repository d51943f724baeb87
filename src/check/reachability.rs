//! The steps before the client connects: proxy, DNS, TCP, TLS, health, and the clock that health tells.

use std::collections::HashSet;
use std::time::Duration;

use super::plan::{Found, Plan, Step};
use super::{Work, findings};
use crate::diagnosis::Code;
use crate::driver::net::{AddressTry, Certificate, HealthAnswer, Net, Target, TlsSeen, UselessVariable, names_proxy};
use crate::model::failure::{
    BrokenCause, DnsCause, DnsFailure, IoCause, ProxyCause, ProxyFailure, TcpFailure, TlsCause, TlsFailure,
};
use crate::model::{
    ClockOffset, DialFailure, DisplayDuration, DriverEvent, Failure, LostAddress, Phase, RequestFailure,
    RequestFailureKind, SafeText, Source, Transport,
};

impl Work {
    /// Looks at every part of the way.
    ///
    /// # Errors
    /// What the client would say, if it cannot get to a server.
    pub(super) async fn look_at_way(&self, net: &Net, plan: &mut Plan<'_>) -> Result<(), Failure> {
        let mut ends = Ends::of(net);
        self.proxy(net, &mut ends, plan).await?;
        let addresses = self.dns(net, &mut ends, plan).await?;
        self.tcp(net, addresses, &mut ends, plan).await?;
        self.tls(net, &mut ends, plan).await?;
        self.health(net, plan).await;
        Ok(())
    }

    /// Ends `step` at which `failure` ends the way to `end`. Without the WebSocket, the API can be asked all the same.
    ///
    /// # Errors
    /// What the client would say, if nothing more can be asked.
    fn lose(
        &self,
        net: &Net,
        (target, failure): (Target, DialFailure),
        ends: &mut Ends,
        details: Vec<String>,
        step: Step,
        plan: &mut Plan<'_>,
    ) -> Result<(), Failure> {
        let found = Found::failed(ends.named(target, &failure.to_string())).with(details);
        ends.left.retain(|&left| left != target);
        if ends.left == [Target::Api] {
            plan.end(step, self.now(), found.for_the_socket());
            return Ok(());
        }
        plan.end(step, self.now(), found);
        Err(self.failure(net, target, failure))
    }

    async fn proxy(&self, net: &Net, ends: &mut Ends, plan: &mut Plan<'_>) -> Result<(), Failure> {
        plan.begin(Step::Proxy, self.now());
        let proxied: Vec<_> = ends.left.iter().filter_map(|&target| Some((target, net.proxy(target)?))).collect();
        let from = if names_proxy() { "the environment" } else { "the system's settings" };
        let described = |ends: &Ends, target, proxy: &str| format!("{proxy} for {}, from {from}", ends.name(target));
        for (target, proxy) in &proxied {
            if let Err(failure) = net.try_proxy(*target).await {
                let details = [described(ends, *target, proxy)].into_iter().chain(useless_variables(net));
                return self.lose(net, (*target, failure), ends, details.collect(), Step::Proxy, plan);
            }
        }
        let found = match &proxied[..] {
            [] => Found::passed("none, the connection is direct"),
            [(target, proxy), rest @ ..] => {
                let rest = rest.iter().map(|(target, proxy)| described(ends, *target, proxy));
                Found::passed(format!("{} · it connects", described(ends, *target, proxy))).with(rest)
            }
        };
        let missed = net.useless_variables().iter().find(|variable| variable.is_missed);
        let found = match missed.filter(|_| proxied.is_empty()) {
            Some(variable) => Found::warning(format!("{} names no proxy: the connection is direct", variable.name)),
            None => found,
        };
        plan.end(Step::Proxy, self.now(), found.with(useless_variables(net)));
        Ok(())
    }

    async fn dns(&self, net: &Net, ends: &mut Ends, plan: &mut Plan<'_>) -> Result<Vec<Addresses>, Failure> {
        if ends.left.iter().all(|&target| net.proxy(target).is_some()) {
            plan.end(Step::Dns, self.now(), Found::skipped("the proxy looks up the names"));
            return Ok(Vec::new());
        }
        plan.begin(Step::Dns, self.now());
        let mut all = Vec::new();
        let mut lines = Vec::new();
        for target in ends.left.clone().into_iter().filter(|&target| net.proxy(target).is_none()) {
            match net.addresses(target).await {
                Ok(addresses) => {
                    let shown: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
                    let (host, shown) = (host(net, target), shown.join(", "));
                    let line = if shown == host { host } else { format!("{host}: {shown}") };
                    // Two servers on one host differ by their ports alone.
                    if !lines.contains(&line) {
                        lines.push(line);
                    }
                    all.push(Addresses { target, addresses });
                }
                Err(failure) => {
                    self.lose(net, (target, failure), ends, lines, Step::Dns, plan)?;
                    return Ok(all);
                }
            }
        }
        let found: HashSet<_> = all.iter().flat_map(|found| &found.addresses).map(|address| address.ip()).collect();
        let v6 = found.iter().filter(|address| address.is_ipv6()).count();
        let text = format!("{} IPv4, {v6} IPv6", found.len() - v6);
        plan.end(Step::Dns, self.now(), Found::passed(text).with(lines));
        Ok(all)
    }

    async fn tcp(&self, net: &Net, found: Vec<Addresses>, ends: &mut Ends, plan: &mut Plan<'_>) -> Result<(), Failure> {
        if found.is_empty() {
            plan.end(Step::Tcp, self.now(), Found::skipped("the proxy connects"));
            return Ok(());
        }
        plan.begin(Step::Tcp, self.now());
        let (mut lines, mut good, mut all) = (Vec::new(), 0, 0);
        for Addresses { target, addresses } in found {
            let tries = net.try_each(&addresses).await;
            lines.extend(tries.iter().map(line_of_try));
            let connected = tries.iter().find(|tried| tried.problem.is_none()).map(|tried| tried.address);
            let lost: Vec<_> = tries.iter().filter_map(lost).collect();
            // The client's own dialling tells of the way that it takes.
            let is_dialled = connected.is_some() && (ends.is_one || target == Target::Socket);
            if !lost.is_empty() && !is_dialled {
                self.recorder.record(Source::Driver, None, DriverEvent::AddressesLost { lost, connected });
            }
            all += tries.len();
            good += tries.iter().filter(|tried| tried.problem.is_none()).count();
            if connected.is_none() {
                let failure = net.unreachable(target, &tries).await;
                return self.lose(net, (target, failure), ends, lines, Step::Tcp, plan);
            }
        }
        let text = match (good, all) {
            (1, 1) => "connected".to_owned(),
            (good, all) => format!("{good} of {all} addresses connect"),
        };
        plan.end(Step::Tcp, self.now(), Found::passed(text).with(lines));
        Ok(())
    }

    async fn tls(&self, net: &Net, ends: &mut Ends, plan: &mut Plan<'_>) -> Result<(), Failure> {
        let encrypted: Vec<_> = ends.left.iter().copied().filter(|&target| net.is_tls(target)).collect();
        if encrypted.is_empty() {
            let is_of_socket = net.is_tls(Target::Socket);
            let unused = if is_of_socket {
                "the API does not use it (http)"
            } else {
                "the profile does not use it (http and ws)"
            };
            plan.end(Step::Tls, self.now(), Found::skipped(unused));
            return Ok(());
        }
        plan.begin(Step::Tls, self.now());
        let (mut text, mut lines, mut issuer_seen) = (String::new(), Vec::new(), None);
        for target in encrypted {
            let TlsSeen { result, chain } = net.look_at_tls(target).await;
            lines.extend(chain.iter().map(line_of_certificate));
            match result {
                Ok(version) => {
                    if let Some(Certificate { issuer, ends, .. }) = chain.first() {
                        let issuer = issuer.clone();
                        issuer_seen = Some(issuer.clone());
                        text = format!("{version} · certificate by {issuer} until {}", ends.date_naive());
                        self.recorder.record(Source::Driver, None, DriverEvent::CertificateAccepted { issuer });
                    } else {
                        text = version;
                    }
                }
                Err(failure) => return self.lose(net, (target, failure), ends, lines, Step::Tls, plan),
            }
        }
        let known = findings(&self.profile, &self.journal.since(0).entries);
        let is_read = known.iter().any(|finding| finding.problem.code == Code::TlsIntercepted);
        let found = match issuer_seen.filter(|_| is_read) {
            Some(issuer) => Found::warning(format!("it works, but {issuer} opens it on the way · {text}")),
            None => Found::passed(text),
        };
        plan.end(Step::Tls, self.now(), found.with(lines));
        Ok(())
    }

    async fn health(&self, net: &Net, plan: &mut Plan<'_>) {
        plan.begin(Step::Clock, self.now());
        let Some(endpoint) = &self.profile.endpoints.health else {
            plan.end(Step::Health, self.now(), Found::skipped("the profile has none"));
            return;
        };
        plan.begin(Step::Health, self.now());
        let answer = net.health(endpoint, &self.trace()).await;
        if let Some(offset) = net.take_clock_offset() {
            self.recorder.record(Source::Driver, None, DriverEvent::ClockCompared { offset });
            plan.end(Step::Clock, self.now(), self.of_clock(offset));
        }
        if let Some(event) = answer.as_ref().ok().and_then(HealthAnswer::event) {
            self.recorder.record(Source::Driver, None, event);
        }
        let found = match &answer {
            Ok(answer) => of_health(answer, &endpoint.path.to_string()),
            Err(failure) => Found::failed(failure.to_string()),
        };
        plan.end(Step::Health, self.now(), found);
    }

    /// What `offset`, which an answer told, shows.
    pub(super) fn of_clock(&self, offset: ClockOffset) -> Found {
        let text = if offset.size() <= offset.within {
            format!("agrees with the server's to ± {}", DisplayDuration(offset.within))
        } else {
            offset.to_string()
        };
        let found = findings(&self.profile, &self.journal.since(0).entries);
        match found.iter().find(|finding| finding.problem.code == Code::ClockWrong) {
            Some(finding) => Found::failed(text).with([finding.problem.cause.clone()]),
            None => Found::passed(text),
        }
    }

    /// What the client says of a request whose connection is not there in time.
    fn late(&self, net: &Net, target: Target, phase: Phase, after: Duration) -> RequestFailureKind {
        let authority = SafeText::new(&net.authority(target));
        RequestFailureKind::Transport(match phase {
            Phase::Dns => {
                let host = SafeText::new(&host(net, target));
                Transport::Dns(DnsFailure { host, cause: DnsCause::NoAnswer })
            }
            Phase::Proxy => {
                let proxy = SafeText::new(&net.proxy(target).unwrap_or_default());
                Transport::Proxy(ProxyFailure { proxy, cause: ProxyCause::Io(IoCause::NoAnswer) })
            }
            Phase::Tcp => Transport::Tcp(TcpFailure::Server { server: authority, cause: IoCause::NoAnswer }),
            Phase::Tls => Transport::Tls(Box::new(TlsFailure { cause: TlsCause::Io(IoCause::NoAnswer), issuer: None })),
            Phase::Keychain | Phase::Token | Phase::Ticket | Phase::Upgrade | Phase::Greeting => {
                return RequestFailureKind::Timeout { after };
            }
        })
    }

    /// What the client would say of `failure` on the way to `end`.
    fn failure(&self, net: &Net, target: Target, failure: DialFailure) -> Failure {
        match target {
            Target::Socket => Failure::Dial(failure),
            Target::Api => {
                let kind = match failure {
                    DialFailure::Transport(transport) => RequestFailureKind::Transport(transport),
                    DialFailure::Timeout { phase, after } => self.late(net, target, phase, after),
                    DialFailure::Unusable { problem } => RequestFailureKind::Unusable { problem },
                    DialFailure::Identity { file, fault } => RequestFailureKind::Identity { file, fault },
                    DialFailure::Hidden(how) => RequestFailureKind::Hidden(how),
                    DialFailure::BadHandshake(fault) => RequestFailureKind::Transport(Transport::Broken(
                        BrokenCause::NotHttp(SafeText::new(&fault.to_string())),
                    )),
                };
                Failure::Token(RequestFailure { trace: self.trace(), kind })
            }
        }
    }
}

struct Addresses {
    target: Target,
    addresses: Vec<std::net::SocketAddr>,
}

/// The servers that have to be looked at.
struct Ends {
    /// Those to which nothing has failed yet.
    left: Vec<Target>,
    /// Whether API and WebSocket are the same.
    is_one: bool,
}

impl Ends {
    fn of(net: &Net) -> Self {
        let is_same = |what: fn(&Net, Target) -> bool| what(net, Target::Api) == what(net, Target::Socket);
        let is_one = net.authority(Target::Api) == net.authority(Target::Socket)
            && is_same(Net::is_tls)
            && net.proxy(Target::Api) == net.proxy(Target::Socket);
        // The socket stands for both where a proxy has to make a tunnel for it alone.
        let left = match is_one {
            true if net.proxy(Target::Socket).is_some() => vec![Target::Socket],
            true => vec![Target::Api],
            false => vec![Target::Api, Target::Socket],
        };
        Self { left, is_one }
    }

    fn name(&self, target: Target) -> &'static str {
        match (self.is_one, target) {
            (true, Target::Api | Target::Socket) => "API and WebSocket",
            (false, Target::Api) => "the API",
            (false, Target::Socket) => "the WebSocket",
        }
    }

    /// `text` on the way to `end`, which is named if there are two.
    fn named(&self, target: Target, text: &str) -> String {
        if self.is_one { text.to_owned() } else { format!("{}: {text}", self.name(target)) }
    }
}

/// A line for each variable that should name a proxy and does not.
fn useless_variables(net: &Net) -> impl Iterator<Item = String> {
    net.useless_variables().iter().map(|UselessVariable { name, mistake, .. }| {
        format!("{name} is set to what is not a proxy's address, and ignored: {mistake}")
    })
}

fn host(net: &Net, target: Target) -> String {
    let authority = net.authority(target);
    authority.rsplit_once(':').map_or(authority.clone(), |(host, _)| host.to_owned())
}

fn line_of_try(tried: &AddressTry) -> String {
    match &tried.problem {
        None => format!("✓ {} connected in {}", tried.address, DisplayDuration(tried.took)),
        Some(problem) => format!("✗ {}: {problem} after {}", tried.address, DisplayDuration(tried.took)),
    }
}

fn lost(tried: &AddressTry) -> Option<LostAddress> {
    let error = tried.problem.clone()?;
    Some(LostAddress { address: tried.address, cause: Some(error) })
}

fn line_of_certificate(certificate: &Certificate) -> String {
    let Certificate { subject, issuer, begins, ends, .. } = certificate;
    format!("{subject}, by {issuer}, valid {} to {}", begins.date_naive(), ends.date_naive())
}

fn of_health(answer: &HealthAnswer, path: &str) -> Found {
    let HealthAnswer { health, is_report, answer } = answer;
    let page = answer.body.page;
    let title = || answer.body.title.as_ref().map_or_else(String::new, |title| format!(" titled “{title}”"));
    match health.status {
        404 => Found::skipped(format!("the server has no health endpoint ({path}: 404)")),
        401 | 403 | 405 => Found::skipped(format!("the health endpoint is not open to us ({path}: {})", health.status)),
        200 if *is_report && health.is_well() => Found::passed(health.to_string()),
        200 if *is_report => Found::failed(health.to_string()),
        200 if page.is_some() => Found::skipped(format!("no health endpoint: a web page answers at {path}{}", title())),
        200..=299 => Found::passed(format!("{path}: {}", health.status)),
        300..=399 => Found::failed(format!("{path} is redirected ({}): another server answers", health.status)),
        _ if *is_report => Found::failed(health.to_string()),
        _ => Found::failed(format!("{path}: {}{}", health.status, title())),
    }
}
