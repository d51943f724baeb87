//! Drops in rhythm. A real session whose connections are cut at once is watched, and then its connections are made as
//! long as a situation wants them: only the times are synthetic.

use std::time::Duration;

use chrono::TimeDelta;
use ticketscope::diagnosis::Diagnoser;
use ticketscope::model::{Entry, Event, FlowEvent, Profile};

use crate::situation::Label;
use crate::{PROGRAM, Row};
use support::moves::LOOPBACK;
use support::moves::{Move, Request, Route, code, serve};
use support::scene::{Said, Scene};

/// How long connections stay open, in seconds, and what the cause has to say.
const CUT: [(&str, [u64; 4], Label, &str); 6] = [
    ("cut every 60 s", [60, 61, 59, 60], Label::Broken("drop-rhythm"), "reverse proxies"),
    ("cut every 100 s", [100, 101, 99, 103], Label::Broken("drop-rhythm"), "CDN"),
    ("cut every 900 s", [900, 900, 901, 902], Label::Broken("drop-rhythm"), "IDLE_TIMEOUT"),
    ("cut every hour", [3_600, 3_590, 3_610, 3_600], Label::Broken("drop-rhythm"), "load balancer"),
    ("cut every 47 s", [47, 45, 49, 47], Label::Broken("drop-rhythm"), "time limit of something"),
    ("cut now and then", NOW_AND_THEN, Label::Healthy, ""),
];

const NOW_AND_THEN: [u64; 4] = [400, 2_000, 900, 7_000];

pub async fn all() -> Vec<Row> {
    let (cut, refreshed) = tokio::join!(entries(cut), entries(used_up));
    let mut rows: Vec<_> = CUT.map(|(name, lengths, label, cause)| row(name, &cut, &lengths, label, cause)).into();
    let label = Label::Broken("refresh-loop");
    rows.push(row("each JWT good for one ticket", &refreshed, &NOW_AND_THEN, label, "accepts only a brand-new one"));
    rows
}

/// The first four connections are cut.
fn cut(request: &Request) -> Option<Vec<Move>> {
    let moves = vec![Move::Accept, Move::Wait(Duration::from_millis(20)), Move::End];
    (request.route == Route::Socket && request.number < 10).then_some(moves)
}

/// The same, and a JWT that has been refused is used up: there are three requests for an attempt's second try.
fn used_up(request: &Request) -> Option<Vec<Move>> {
    let moves = vec![Move::Accept, Move::Wait(Duration::from_millis(20)), Move::End];
    match request.route {
        // Token, ticket, socket; then ticket (refused), token, ticket, socket, and so on.
        Route::Ticket if request.number > 1 && (request.number - 3).is_multiple_of(4) => {
            Some(vec![code(401, "INVALID_TOKEN")])
        }
        Route::Socket if request.number < 18 => Some(moves),
        Route::Token
        | Route::Ticket
        | Route::Socket
        | Route::Health
        | Route::Preflight
        | Route::Tunnel
        | Route::Other => None,
    }
}

/// What happened in a session with such a server, until a person ended it.
async fn entries(play: fn(&Request) -> Option<Vec<Move>>) -> Vec<Entry> {
    let mut scene = Scene::at(serve(LOOPBACK, None, play).await);
    scene.profile += "[backoff]\ncap = '500ms'\njitter = 0.0\n";
    scene.watched = Duration::from_secs(5);
    let entries = PROGRAM.watched(&scene).await;
    let entries = entries.lines().filter_map(|line| serde_json::from_str(line).ok());
    entries.take_while(|entry: &Entry| entry.event != Event::Flow(FlowEvent::Stopped)).collect()
}

fn row(name: &'static str, entries: &[Entry], lengths: &[u64], label: Label, cause: &str) -> Row {
    let mut diagnoser = Diagnoser::new(Profile::production());
    let (mut later, mut connections) = (Duration::ZERO, lengths.iter());
    for entry in entries {
        if let Event::Flow(FlowEvent::Disconnected { .. }) = entry.event
            && let Some(seconds) = connections.next()
        {
            later += Duration::from_secs(*seconds);
        }
        let mut entry = entry.clone();
        entry.elapsed = entry.elapsed + later;
        entry.time += TimeDelta::from_std(later).unwrap();
        diagnoser.apply(&entry);
    }
    assert_eq!(connections.len(), 0, "the session had fewer connections than {name} needs");
    let findings = diagnoser.findings();
    let line = findings.first().map_or_else(String::new, |first| first.problem.cause.clone());
    let first = findings.first().map(|first| first.problem.code.to_string());
    let first = first.filter(|_| line.contains(cause));
    let (words, apart) = (&[][..], None);
    Row {
        name,
        way: "stretched",
        label,
        words,
        apart,
        said: Said { is_well: findings.is_empty(), first, ..Said::only(line, later) },
    }
}
