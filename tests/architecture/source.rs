//! One source file, read well enough to know what it names.

use std::collections::BTreeSet;

/// One file, which is one module.
pub struct File {
    /// Below `src/`.
    pub path: String,
    pub module: Vec<String>,
    pub imports: Vec<Import>,
    /// What it names with a path outside of `use`.
    pub paths: Vec<Vec<String>>,
    /// Each word outside of `use`.
    pub words: BTreeSet<String>,
    /// The items that it defines.
    pub items: BTreeSet<String>,
}

/// One name that a `use` brings in.
pub struct Import {
    pub path: Vec<String>,
    /// `None` for `*`.
    pub name: Option<String>,
    pub is_public: bool,
}

impl File {
    pub fn new(path: String, module: Vec<String>, tokens: &[String]) -> Self {
        let mut file = Self {
            path,
            module,
            imports: Vec::new(),
            paths: Vec::new(),
            words: BTreeSet::new(),
            items: BTreeSet::new(),
        };
        let mut at = 0;
        while at < tokens.len() {
            let token = tokens[at].as_str();
            if token == "use" {
                let before = tokens[..at].last().map_or("", String::as_str);
                let end = at + tokens[at..].iter().position(|token| token == ";").unwrap_or(tokens.len() - at);
                file.read_use(&tokens[at + 1..end], &mut Vec::new(), before == "pub" || before == ")");
                at = end + 1;
                continue;
            }
            if !is_word(token) {
                at += 1;
                continue;
            }
            const ITEMS: [&str; 10] =
                ["struct", "enum", "trait", "fn", "const", "static", "type", "union", "macro_rules", "mod"];
            if ITEMS.contains(&token) {
                let name = tokens[at + 1..].iter().find(|token| is_word(token) && !ITEMS.contains(&token.as_str()));
                file.items.extend(name.cloned());
            }
            let mut path = vec![token.to_owned()];
            while tokens.get(at + 1).is_some_and(|next| next == "::")
                && tokens.get(at + 2).is_some_and(|next| is_word(next))
            {
                path.push(tokens[at + 2].clone());
                at += 2;
            }
            if path.len() > 1 {
                file.paths.push(path.clone());
            }
            // Of a path only the first word is looked up in this module.
            file.words.insert(path.swap_remove(0));
            at += 1;
        }
        file
    }

    pub fn place(&self) -> &[String] {
        &self.module
    }

    /// Reads what stands after `use`, or one part of a `{…}` in it.
    fn read_use(&mut self, tree: &[String], before: &mut Vec<String>, is_public: bool) {
        let known = before.len();
        let mut at = 0;
        while at < tree.len() {
            match tree[at].as_str() {
                "{" => {
                    let (mut depth, mut begin) = (0, at + 1);
                    for (place, token) in tree.iter().enumerate().skip(at) {
                        match token.as_str() {
                            "{" => depth += 1,
                            "}" => depth -= 1,
                            _ => {}
                        }
                        if (depth == 1 && token == ",") || depth == 0 {
                            if begin < place {
                                self.read_use(&tree[begin..place], before, is_public);
                            }
                            begin = place + 1;
                        }
                    }
                    before.truncate(known);
                    return;
                }
                "*" => {
                    self.imports.push(Import { path: before.clone(), name: None, is_public });
                    before.truncate(known);
                    return;
                }
                "as" => break,
                "::" => {}
                // `{self}` is what stands before it.
                "self" if !before.is_empty() => {}
                word => before.push(word.to_owned()),
            }
            at += 1;
        }
        let name = tree.get(at + 1).or(before.last()).cloned();
        self.imports.push(Import { path: before.clone(), name, is_public });
        before.truncate(known);
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The words and signs of a source text, without comments, texts and numbers.
pub fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let at = |place: usize| chars.get(place).copied().unwrap_or('\0');
    let (mut found, mut place) = (Vec::new(), 0);
    while place < chars.len() {
        let first = at(place);
        if first == '/' && at(place + 1) == '/' {
            while place < chars.len() && at(place) != '\n' {
                place += 1;
            }
        } else if first == '/' && at(place + 1) == '*' {
            let mut depth = 0;
            loop {
                match (at(place), at(place + 1)) {
                    ('/', '*') => (depth, place) = (depth + 1, place + 2),
                    ('*', '/') => (depth, place) = (depth - 1, place + 2),
                    _ => place += 1,
                }
                if depth == 0 || place >= chars.len() {
                    break;
                }
            }
        } else if first == '"' {
            place = after_text(&chars, place + 1);
        } else if first == '\'' {
            // A character, or else a lifetime.
            if at(place + 1) == '\\' {
                place += 3;
                while place < chars.len() && at(place) != '\'' {
                    place += 1;
                }
                place += 1;
            } else if at(place + 2) == '\'' {
                place += 3;
            } else {
                place += 1;
                while at(place).is_alphanumeric() || at(place) == '_' {
                    place += 1;
                }
            }
        } else if first.is_alphanumeric() || first == '_' {
            let begin = place;
            while at(place).is_alphanumeric() || at(place) == '_' {
                place += 1;
            }
            let word: String = chars[begin..place].iter().collect();
            let hashes = (place..).take_while(|&place| at(place) == '#').count();
            if matches!(word.as_str(), "r" | "br" | "cr") && at(place + hashes) == '"' {
                place += hashes + 1;
                while place < chars.len() && !(at(place) == '"' && (1..=hashes).all(|hash| at(place + hash) == '#')) {
                    place += 1;
                }
                place += hashes + 1;
            } else if !(first.is_ascii_digit() || matches!(word.as_str(), "b" | "c") && at(place) == '"') {
                found.push(word);
            }
        } else if first == ':' && at(place + 1) == ':' {
            found.push("::".to_owned());
            place += 2;
        } else {
            if !first.is_whitespace() {
                found.push(first.to_string());
            }
            place += 1;
        }
    }
    found
}

/// The place after the end of a text that began before `place`.
fn after_text(chars: &[char], mut place: usize) -> usize {
    while place < chars.len() && chars[place] != '"' {
        place += if chars[place] == '\\' { 2 } else { 1 };
    }
    place + 1
}

/// The tokens without what `#[cfg(test)]` stands before. Modules that are files of their own are `hidden`.
pub fn without_tests(tokens: &[String], module: &[String], hidden: &mut BTreeSet<Vec<String>>) -> Vec<String> {
    let is = |place: usize, text: &str| tokens.get(place).is_some_and(|token| token == text);
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let is_test = ["#", "[", "cfg", "("].iter().enumerate().all(|(offset, text)| is(at + offset, text));
        let end = end_of_group(tokens, at + 1);
        if !is_test
            || !tokens[at..end].iter().any(|token| token == "test")
            || tokens[at..end].iter().any(|token| token == "not")
        {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at = end;
        while is(at, "#") {
            at = end_of_group(tokens, at + 1);
        }
        if let Some(word) = tokens[at..].iter().position(|token| token == "mod").filter(|&word| word < 5) {
            hidden.insert(module.iter().chain([&tokens[at + word + 1]]).cloned().collect());
        }
        let head: Vec<&str> = tokens[at..]
            .iter()
            .map(String::as_str)
            .take_while(|token| *token != "{" && *token != "=")
            .take(4)
            .collect();
        let ends_with_semicolon =
            !head.contains(&"fn") && head.iter().any(|token| matches!(*token, "use" | "const" | "static" | "type"));
        while at < tokens.len() {
            match tokens[at].as_str() {
                ";" => {
                    at += 1;
                    break;
                }
                "{" if !ends_with_semicolon => {
                    at = end_of_group(tokens, at);
                    break;
                }
                "{" | "(" | "[" => at = end_of_group(tokens, at),
                _ => at += 1,
            }
        }
    }
    kept
}

/// The place after the group that opens at `at`.
fn end_of_group(tokens: &[String], at: usize) -> usize {
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    tokens.len()
}

#[test]
fn what_a_file_uses_is_read_from_its_source() {
    let source = r##"
        //! use crate::comment::A;
        use crate::{flow::{self, io::Input as In}, model::*};
        pub use super::close::Close;
        #[cfg(test)]
        use crate::hidden::B;
        #[cfg(feature = "window")]
        const TEXT: (&str, char) = (r#"crate::text::C""#, '"');
        /* use crate::comment::D; /* nested */ */
        fn f<'a>(it: &'a In) -> crate::driver::net::Answer { std::fs::read("crate::text::E") }
        #[cfg(test)]
        mod tests { use crate::hidden::F; fn g() { crate::hidden::g(); } }
        #[cfg(test)]
        mod elsewhere;
    "##;
    let module = vec!["model".to_owned(), "event".to_owned()];
    let mut hidden = BTreeSet::new();
    let tokens = without_tests(&tokens(source), &module, &mut hidden);
    let file = File::new("model/event.rs".to_owned(), module, &tokens);
    let imports: Vec<String> = file
        .imports
        .iter()
        .map(|import| format!("{} {:?} {}", import.path.join("::"), import.name, import.is_public))
        .collect();
    let expected = [
        r#"crate::flow Some("flow") false"#,
        r#"crate::flow::io::Input Some("In") false"#,
        "crate::model None false",
        r#"super::close::Close Some("Close") true"#,
    ];
    assert_eq!(imports, expected);
    let paths: Vec<String> = file.paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["crate::driver::net::Answer", "std::fs::read"]);
    assert!(
        ["tests", "elsewhere"].iter().all(|name| hidden.contains(&["model", "event", name].map(str::to_owned)[..]))
    );
    assert!(file.items.contains("f") && file.items.contains("TEXT") && !file.items.contains("g"));
}
