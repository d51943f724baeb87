//! Outcomes side by side, as people read them.

use std::cmp::Ordering;
use std::time::Duration;

use super::outcome::Outcome;

/// What the columns of [`cells`] say.
pub const COLUMNS: [&str; 7] =
    ["Back: mean", "Back: 95 %", "Back: last", "Not back", "Busiest 100 ms", "Busiest second", "Attempts each"];

/// The row of `outcome`.
pub fn cells(outcome: &Outcome) -> [String; 7] {
    let time = |of: fn(&super::Distribution) -> Duration| {
        outcome.recovery.as_ref().map_or("–".to_owned(), |all| seconds(of(all)))
    };
    let missing = outcome.clients - outcome.recovered;
    let missing = if missing == 0 { "none".to_owned() } else { share(f64::from(missing) / f64::from(outcome.clients)) };
    [
        time(|all| all.mean),
        time(|all| all.p95),
        time(|all| all.max),
        missing,
        share(outcome.peak_100ms),
        share(outcome.peak_second),
        format!("{:.1}", outcome.attempts_mean),
    ]
}

/// Compares what [`cells`] says of two outcomes in a column. A herd of which nobody came back is last.
pub fn compare(column: usize, one: &Outcome, other: &Outcome) -> Ordering {
    let time = |of: fn(&super::Distribution) -> Duration| {
        let came_back = |outcome: &Outcome| outcome.recovery.as_ref().map_or(Duration::MAX, of);
        came_back(one).cmp(&came_back(other))
    };
    let missing = |outcome: &Outcome| f64::from(outcome.clients - outcome.recovered) / f64::from(outcome.clients);
    match column {
        0 => time(|all| all.mean),
        1 => time(|all| all.p95),
        2 => time(|all| all.max),
        3 => missing(one).total_cmp(&missing(other)),
        4 => one.peak_100ms.total_cmp(&other.peak_100ms),
        5 => one.peak_second.total_cmp(&other.peak_second),
        _ => one.attempts_mean.total_cmp(&other.attempts_mean),
    }
}

/// `2.55 s`, `412 s`.
fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 99.995 { format!("{seconds:.2} s") } else { format!("{seconds:.0} s") }
}

/// `2.5 %`, `97 %` of the herd.
pub fn share(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "0 %".to_owned(),
        0.0..0.05 => "< 0.1 %".to_owned(),
        0.05..9.95 => format!("{percent:.1} %"),
        _ => format!("{percent:.0} %"),
    }
}

/// The places of the outcome that spares the server most, by its busiest second, and of the one whose clients are
/// back first on average. A rule that leaves clients behind is neither.
pub fn best<'a>(outcomes: impl Iterator<Item = &'a Outcome> + Clone) -> Option<(usize, usize)> {
    let complete = || outcomes.clone().enumerate().filter(|(_, outcome)| outcome.recovered == outcome.clients);
    let spares = |(_, outcome): &(usize, &Outcome)| (outcome.peak_second, outcome.peak_100ms);
    let kindest = complete().min_by(|a, b| spares(a).partial_cmp(&spares(b)).unwrap_or(Ordering::Equal))?;
    let quickest = complete().min_by_key(|(_, outcome)| outcome.recovery.map(|recovery| recovery.mean))?;
    Some((kindest.0, quickest.0))
}
