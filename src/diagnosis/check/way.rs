//! The steps before the client connects: proxy, DNS, TCP, TLS, health, and the clock that health tells.

use std::collections::HashSet;
use std::env;
use std::time::Duration;

use super::plan::{Found, Plan, Step};
use super::{Work, findings};
use crate::diagnosis::{Code, Problem};
use crate::driver::net::{AddressTry, Certificate, End, HealthAnswer, Net, TlsSeen};
use crate::model::{
    ClockOffset, Component, DialFailure, DisplayDuration, Event, Failure, LostAddress, Phase, RequestFailure,
    RequestFailureKind, SafeText, Source, TraceId, Transport,
};

/// The variables that name a proxy.
const PROXY_VARIABLES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

impl Work {
    /// Looks at every part of the way.
    ///
    /// # Errors
    /// What the client would say, if it cannot get to a server.
    pub(super) async fn look_at_way(&self, net: &Net, plan: &mut Plan<'_>) -> Result<(), Failure> {
        let ends = ends(net);
        self.proxy(net, &ends, plan).await?;
        let addresses = self.dns(net, &ends, plan).await?;
        self.tcp(net, addresses, plan).await?;
        self.tls(net, &ends, plan).await?;
        self.health(net, plan).await;
        Ok(())
    }

    async fn proxy(&self, net: &Net, ends: &[End], plan: &mut Plan<'_>) -> Result<(), Failure> {
        plan.begin(Step::Proxy, self.now());
        let proxied: Vec<_> = ends.iter().filter_map(|&end| Some((end, net.proxy(end)?))).collect();
        let from = if PROXY_VARIABLES.iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty())) {
            "the environment"
        } else {
            "the system's settings"
        };
        let described = |end: End, proxy: &str| format!("{proxy} for {}, from {from}", name(ends, end));
        for (end, proxy) in &proxied {
            if let Err(failure) = net.try_proxy(*end).await {
                let found = Found::failed(failure.to_string()).with([described(*end, proxy)]);
                plan.end(Step::Proxy, self.now(), found);
                return Err(self.failure(*end, failure));
            }
        }
        let found = match &proxied[..] {
            [] => Found::passed("none, the connection is direct"),
            [(end, proxy), rest @ ..] => {
                let rest = rest.iter().map(|(end, proxy)| described(*end, proxy));
                Found::passed(format!("{} · it connects", described(*end, proxy))).with(rest)
            }
        };
        plan.end(Step::Proxy, self.now(), found);
        Ok(())
    }

    async fn dns(&self, net: &Net, ends: &[End], plan: &mut Plan<'_>) -> Result<Vec<Addresses>, Failure> {
        if ends.iter().all(|&end| net.proxy(end).is_some()) {
            plan.end(Step::Dns, self.now(), Found::skipped("the proxy looks up the names"));
            return Ok(Vec::new());
        }
        plan.begin(Step::Dns, self.now());
        let mut all = Vec::new();
        let mut lines = Vec::new();
        for &end in ends.iter().filter(|&&end| net.proxy(end).is_none()) {
            match net.addresses(end).await {
                Ok(addresses) => {
                    let shown: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
                    lines.push(format!("{}: {}", host(net, end), shown.join(", ")));
                    all.push(Addresses { end, addresses });
                }
                Err(failure) => {
                    plan.end(Step::Dns, self.now(), Found::failed(failure.to_string()).with(lines));
                    return Err(self.failure(end, failure));
                }
            }
        }
        let found: HashSet<_> = all.iter().flat_map(|found| &found.addresses).map(|address| address.ip()).collect();
        let v6 = found.iter().filter(|address| address.is_ipv6()).count();
        let text = format!("{} IPv4, {v6} IPv6", found.len() - v6);
        plan.end(Step::Dns, self.now(), Found::passed(text).with(lines));
        Ok(all)
    }

    async fn tcp(&self, net: &Net, ends: Vec<Addresses>, plan: &mut Plan<'_>) -> Result<(), Failure> {
        if ends.is_empty() {
            plan.end(Step::Tcp, self.now(), Found::skipped("the proxy connects"));
            return Ok(());
        }
        plan.begin(Step::Tcp, self.now());
        let is_one = ends.len() == 1;
        let (mut lines, mut good, mut all) = (Vec::new(), 0, 0);
        for Addresses { end, addresses } in ends {
            let tries = net.try_each(&addresses).await;
            lines.extend(tries.iter().map(line_of_try));
            let connected = tries.iter().find(|tried| tried.problem.is_none()).map(|tried| tried.address);
            let lost: Vec<_> = tries.iter().filter_map(lost).collect();
            // The client's own dialling tells of the way that it takes.
            let is_dialled = connected.is_some() && (is_one || end == End::Socket);
            if !lost.is_empty() && !is_dialled {
                self.recorder.record(Source::Driver, None, Event::AddressesLost { lost, connected });
            }
            all += tries.len();
            good += tries.iter().filter(|tried| tried.problem.is_none()).count();
            if connected.is_none() {
                let failure = net.unreachable(end, &tries);
                plan.end(Step::Tcp, self.now(), Found::failed(failure.to_string()).with(lines));
                return Err(self.failure(end, failure));
            }
        }
        let text = match (good, all) {
            (1, 1) => "connected".to_owned(),
            (good, all) => format!("{good} of {all} addresses connect"),
        };
        plan.end(Step::Tcp, self.now(), Found::passed(text).with(lines));
        Ok(())
    }

    async fn tls(&self, net: &Net, ends: &[End], plan: &mut Plan<'_>) -> Result<(), Failure> {
        let encrypted: Vec<_> = ends.iter().copied().filter(|&end| net.is_tls(end)).collect();
        if encrypted.is_empty() {
            plan.end(Step::Tls, self.now(), Found::skipped("the profile does not use it (http and ws)"));
            return Ok(());
        }
        plan.begin(Step::Tls, self.now());
        let (mut text, mut lines) = (String::new(), Vec::new());
        for end in encrypted {
            let TlsSeen { result, chain } = net.look_at_tls(end).await;
            lines.extend(chain.iter().map(line_of_certificate));
            match result {
                Ok(version) => {
                    if let Some(Certificate { issuer, ends, .. }) = chain.first() {
                        let issuer = issuer.clone();
                        text = format!("{version} · certificate by {issuer} until {}", ends.date_naive());
                        self.recorder.record(Source::Driver, None, Event::CertificateAccepted { issuer });
                    } else {
                        text = version;
                    }
                }
                Err(failure) => {
                    plan.end(Step::Tls, self.now(), Found::failed(failure.to_string()).with(lines));
                    return Err(self.failure(end, failure));
                }
            }
        }
        let known = findings(&self.profile, &self.journal.since(0).entries);
        let reader = known.iter().find_map(|finding| match &finding.problem {
            Problem::TlsIntercepted { issuer, .. } => Some(issuer),
            _ => None,
        });
        let found = match reader {
            Some(issuer) => Found::warning(format!("it works, but {issuer} opens it on the way · {text}")),
            None => Found::passed(text),
        };
        plan.end(Step::Tls, self.now(), found.with(lines));
        Ok(())
    }

    async fn health(&self, net: &Net, plan: &mut Plan<'_>) {
        plan.begin(Step::Health, self.now());
        plan.begin(Step::Clock, self.now());
        let answer = net.health(&TraceId::new(self.session(), 0)).await;
        let clock = answer.as_ref().ok().and_then(|answer| answer.clock);
        if let Some(offset) = net.take_clock_offset() {
            self.recorder.record(Source::Driver, None, Event::ClockCompared { offset });
        }
        if let Ok(HealthAnswer { health, is_report: true, .. }) = &answer {
            self.recorder.record(Source::Driver, None, Event::HealthAnswered { health: *health });
        }
        let found = match &answer {
            Ok(answer) => of_health(answer, &self.profile.endpoints.health.path.to_string()),
            Err(failure) => Found::failed(failure.to_string()),
        };
        plan.end(Step::Health, self.now(), found);
        plan.end(Step::Clock, self.now(), self.of_clock(clock));
    }

    fn of_clock(&self, clock: Option<ClockOffset>) -> Found {
        let Some(offset) = clock else {
            return Found::not_run("no answer told the server's time");
        };
        let text = if offset.size() <= offset.within {
            format!("agrees with the server's to ± {}", DisplayDuration(offset.within))
        } else {
            offset.to_string()
        };
        let found = findings(&self.profile, &self.journal.since(0).entries);
        match found.iter().find(|finding| finding.problem.code() == Code::ClockWrong) {
            Some(finding) => Found::failed(text).with([finding.problem.cause()]),
            None => Found::passed(text),
        }
    }

    /// What the client would say of `failure` on the way to `end`.
    fn failure(&self, end: End, failure: DialFailure) -> Failure {
        match end {
            End::Socket => Failure::Dial(failure),
            End::Api => {
                let kind = match failure {
                    DialFailure::Transport(transport) => RequestFailureKind::Transport(transport),
                    DialFailure::Timeout { phase, after } => late(phase, after),
                    DialFailure::BadHandshake { problem } => RequestFailureKind::Malformed { problem },
                };
                Failure::Token(RequestFailure { trace: TraceId::new(self.session(), 0), kind })
            }
        }
    }
}

/// What the client says of a request whose connection is not there in time.
fn late(phase: Phase, after: Duration) -> RequestFailureKind {
    let text = SafeText::new(&DialFailure::Timeout { phase, after }.to_string());
    RequestFailureKind::Transport(match phase {
        Phase::Dns => Transport::Dns(text),
        Phase::Proxy => Transport::Proxy(text),
        Phase::Tcp | Phase::Tls => Transport::Tcp(text),
        Phase::Keychain | Phase::Token | Phase::Ticket | Phase::Upgrade => {
            return RequestFailureKind::Timeout { after };
        }
    })
}

struct Addresses {
    end: End,
    addresses: Vec<std::net::SocketAddr>,
}

/// The servers that have to be looked at: one, if API and WebSocket are the same.
fn ends(net: &Net) -> Vec<End> {
    let is_same = |what: fn(&Net, End) -> bool| what(net, End::Api) == what(net, End::Socket);
    let is_one = net.authority(End::Api) == net.authority(End::Socket)
        && is_same(Net::is_tls)
        && net.proxy(End::Api) == net.proxy(End::Socket);
    // The socket stands for both where a proxy has to make a tunnel for it alone.
    match is_one {
        true if net.proxy(End::Socket).is_some() => vec![End::Socket],
        true => vec![End::Api],
        false => vec![End::Api, End::Socket],
    }
}

fn name(ends: &[End], end: End) -> &'static str {
    match end {
        _ if ends.len() == 1 => "API and WebSocket",
        End::Api => "the API",
        End::Socket => "the WebSocket",
    }
}

fn host(net: &Net, end: End) -> String {
    let authority = net.authority(end);
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
    Some(LostAddress { address: tried.address, error: Some(error) })
}

fn line_of_certificate(certificate: &Certificate) -> String {
    let Certificate { subject, issuer, begins, ends } = certificate;
    format!("{subject}, by {issuer}, valid {} to {}", begins.date_naive(), ends.date_naive())
}

fn of_health(answer: &HealthAnswer, path: &str) -> Found {
    let HealthAnswer { health, is_report, page, .. } = answer;
    let title = || page.as_ref().map_or_else(String::new, |title| format!(" titled “{title}”"));
    match health.status {
        404 => Found::skipped(format!("the server has no health endpoint ({path}: 404)")),
        401 | 403 | 405 => Found::skipped(format!("the health endpoint is not open to us ({path}: {})", health.status)),
        200 if *is_report => {
            let is_down = |part| matches!(part, Component::Down | Component::Missing);
            match is_down(health.server) || is_down(health.redis) {
                true => Found::failed(health.to_string()),
                false => Found::passed(health.to_string()),
            }
        }
        200 if page.is_some() => {
            Found::skipped(format!("the server has no health endpoint ({path}: a web page{})", title()))
        }
        200..=299 => Found::passed(format!("{path}: {}", health.status)),
        300..=399 => Found::failed(format!("{path} is redirected ({}): another server answers", health.status)),
        _ if *is_report => Found::failed(health.to_string()),
        _ => Found::failed(format!("{path}: {}{}", health.status, title())),
    }
}
