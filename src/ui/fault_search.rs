//! Finding faults by what they are called, what they do, and the codes that follow from them.

use strum::IntoEnumIterator as _;

use crate::faults::FaultKind;

/// What people look for, and how the explanations say it.
const SYNONYMS: [(&str, &[&str]); 5] = [
    ("timeout", &["gives up", "nobody answers", "no ping is answered", "takes longer", "answers later"]),
    ("slow", &["takes longer", "takes its time", "is late", "answers later"]),
    ("certificate", &["issuer of certificates"]),
    ("captive portal", &["hotel"]),
    ("offline", &["nobody answers", "nothing arrives"]),
];

/// The faults in which every word of `query` is found, in their own order.
pub fn found(query: &str) -> Vec<FaultKind> {
    let query = query.trim().to_lowercase();
    FaultKind::iter().filter(|kind| matches(*kind, &query)).collect()
}

fn matches(kind: FaultKind, query: &str) -> bool {
    let name: &str = kind.into();
    let text = [kind.label(), name, kind.group().label(), kind.explanation()].join("\n").to_lowercase();
    let meant = SYNONYMS.iter().filter(|(word, _)| !query.is_empty() && word.starts_with(query));
    let mut meant = meant.flat_map(|(_, phrases)| phrases.iter());
    query.split_whitespace().all(|word| text.contains(word)) || meant.any(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_found_by_name_code_and_what_they_do() {
        let all = found("").len();
        assert_eq!(all, FaultKind::iter().count());
        for (query, kind) in [
            ("corrupt", FaultKind::CorruptJwt),
            ("401", FaultKind::CorruptJwt),
            ("1008", FaultKind::BlockOrigin),
            ("timeout", FaultKind::BlackHole),
            ("TIMEOUT", FaultKind::UpgradeSilent),
            ("503 redis", FaultKind::Simulate503),
        ] {
            let found = found(query);
            assert!(found.contains(&kind) && found.len() < all, "{query}: {found:?}");
        }
        assert!(found("zebra").is_empty());
    }
}
