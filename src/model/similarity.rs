//! Names that somebody may have meant.

use strsim::osa_distance;

/// Names that are offered.
const OFFERED: usize = 3;

/// The three of `names` that are most like `wanted`, best first: those that contain it before those that need the
/// fewest edits (characters added, removed, replaced or swapped with their neighbour). Case does not count.
pub fn most_like<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by_cached_key(|name| {
        let name = name.to_lowercase();
        (!name.contains(&wanted), osa_distance(&name, &wanted))
    });
    names.truncate(OFFERED);
    names
}

/// The one of `names` that `wanted` is most likely a slip of, if it is close enough to one.
pub fn meant<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let close = wanted.chars().count().div_ceil(3);
    let names = names.into_iter().map(|name| (osa_distance(name, wanted), name));
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
        assert_eq!(most_like("staging e", names), ["Staging EU", "Staging", "Local demo"]);
        assert!(most_like("x", []).is_empty());
        let keys = ["get", "post", "query", "take"];
        assert_eq!(
            [meant("pots", keys), meant("qery", keys), meant("retries", keys)],
            [Some("post"), Some("query"), None]
        );
    }
}
