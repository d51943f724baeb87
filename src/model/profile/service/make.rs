//! Values made of others: `make = { pair = "{{id}}:{{key}}" }`.

use std::collections::BTreeMap;

use crate::model::profile::template::Template;
use crate::model::values::ValueName;

/// Each of `made` after those that it needs. Of a circle nothing can be made: its values come last, and need what is not
/// there yet.
pub fn in_order(made: &BTreeMap<ValueName, Template>) -> Vec<(&ValueName, &Template)> {
    let mut left: Vec<_> = made.iter().collect();
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_ready = |template: &Template| !template.names().any(|name| left.iter().any(|(other, _)| *other == name));
        let (ready, rest): (Vec<_>, Vec<_>) = left.iter().copied().partition(|(_, template)| is_ready(template));
        ordered.extend(if ready.is_empty() { &rest } else { &ready });
        left = if ready.is_empty() { Vec::new() } else { rest };
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_of_something_made_comes_after_it() {
        let names = |made: &[(&str, &str)]| {
            let made = made
                .iter()
                .map(|(name, text)| (ValueName::built_in(name), Template::try_from((*text).to_owned()).unwrap()));
            in_order(&made.collect()).iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&[("a", "{{b}}"), ("b", "{{c|sha256}}"), ("c", "{{key}}")]), "c b a");
        assert_eq!(names(&[("a", "{{b}}"), ("b", "{{a}}"), ("c", "x")]), "c a b");
        assert_eq!(names(&[("a", "{{a}}")]), "a");
    }
}
