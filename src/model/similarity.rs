//! Names that somebody may have meant.

use strsim::osa_distance;

/// Names that are offered.
const OFFERED: usize = 3;

/// The names, at most three, that are most like `wanted`, best first: those that contain it before those that need the
/// fewest edits (characters added, removed, replaced or swapped with their neighbour). Case does not count, and what has
/// little in common with it is none of them.
pub fn most_like<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by_cached_key(|name| {
        let name = name.to_lowercase();
        (!name.contains(&wanted), osa_distance(&name, &wanted))
    });
    names.retain(|name| {
        let name = name.to_lowercase();
        name.contains(&wanted) || 2 * osa_distance(&name, &wanted) <= wanted.chars().count()
    });
    names.truncate(OFFERED);
    names
}

/// Those of `names` that are most like `wanted`, as the end of a sentence: `; did you mean A, B?`, or nothing.
pub fn did_you_mean<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    match most_like(wanted, names).join(", ") {
        none if none.is_empty() => none,
        nearest => format!("; did you mean {nearest}?"),
    }
}

/// The one of `names` that `wanted` is most likely a slip of, if it is close enough to one. Case does not count.
pub fn meant<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let close = match wanted.chars().count() {
        0..=2 => 0,
        length => (length / 4).max(1),
    };
    let wanted = wanted.to_lowercase();
    let names = names.into_iter().map(|name| (osa_distance(&name.to_lowercase(), &wanted), name));
    names.filter(|(distance, _)| *distance <= close).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_comes_first() {
        let names = ["Local demo", "Production", "Staging", "Staging EU"];
        for (wanted, meant) in [("prod", "Production"), ("Stagign", "Staging"), ("local", "Local demo")] {
            assert_eq!(most_like(wanted, names)[0], meant, "{wanted}");
        }
        assert_eq!(most_like("staging e", names), ["Staging EU", "Staging"]);
        assert!(most_like("rest", ["slack", "jupyter"]).is_empty());
        assert!(most_like("x", []).is_empty());
        let keys = ["get", "post", "query", "take"];
        assert_eq!(
            [
                meant("pots", keys),
                meant("qery", keys),
                meant("POST", keys),
                meant("type", keys),
                meant("retries", keys)
            ],
            [Some("post"), Some("query"), Some("post"), None, None]
        );
    }
}
