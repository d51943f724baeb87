//! All files of the program, and what each uses of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::source::{File, Import, tokens, without_tests};

/// All files of `src/`.
pub struct Program {
    pub files: Vec<File>,
    /// The place in `files` of each module.
    modules: BTreeMap<Vec<String>, usize>,
}

impl Program {
    pub fn read() -> Self {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut sources = Vec::new();
        collect(&src, &src, &mut sources);
        sources.sort();
        let mut hidden = BTreeSet::new();
        let mut files = Vec::new();
        for (path, text) in sources {
            let module = module_of(&path);
            let tokens = without_tests(&tokens(&text), &module, &mut hidden);
            files.push(File::new(path, module, &tokens));
        }
        files.retain(|file| !hidden.iter().any(|module| file.module.starts_with(module)));
        let modules = files.iter().enumerate().map(|(place, file)| (file.module.clone(), place)).collect();
        Self { files, modules }
    }

    /// The other files whose items this one uses. A name that a module only passes on counts for where it comes from.
    pub fn uses(&self, file: &File) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for import in &file.imports {
            match &import.name {
                // What is only passed on is not used.
                Some(name) if import.is_public && !file.words.contains(name) => {}
                Some(_) => found.extend(self.find(&file.module, &import.path, 0)),
                None if import.is_public => {}
                None => {
                    let words = file.words.iter().filter(|word| self.has(&file.module, &import.path, word));
                    found.extend(words.filter_map(|word| {
                        let path: Vec<String> = import.path.iter().chain([word]).cloned().collect();
                        self.find(&file.module, &path, 0)
                    }));
                }
            }
        }
        found.extend(file.paths.iter().filter_map(|path| self.find(&file.module, path, 0)));
        found.remove(&file.place());
        found
            .into_iter()
            .filter_map(|module| self.modules.get(module))
            .map(|&at| self.files[at].path.as_str())
            .collect()
    }

    /// The module that has what `path` names, as seen from `module`; `None` for other crates.
    fn find<'a>(&'a self, module: &[String], path: &[String], depth: usize) -> Option<&'a [String]> {
        let (mut at, rest) = self.start(module, path)?;
        for (place, name) in rest.iter().enumerate() {
            let child: Vec<String> = at.iter().chain([name]).cloned().collect();
            if self.modules.contains_key(&child) {
                at = child;
                continue;
            }
            let file = &self.files[*self.modules.get(&at)?];
            if file.items.contains(name) || depth > 8 {
                break;
            }
            let passed_on = |import: &Import| {
                let target = match &import.name {
                    Some(known) if known == name => import.path.clone(),
                    None if self.has(&file.module, &import.path, name) => {
                        import.path.iter().chain([name]).cloned().collect()
                    }
                    _ => return None,
                };
                let target: Vec<String> = target.iter().chain(&rest[place + 1..]).cloned().collect();
                self.find(&file.module, &target, depth + 1)
            };
            if let Some(found) = file.imports.iter().find_map(passed_on) {
                return Some(found);
            }
            break;
        }
        self.modules.get_key_value(&at).map(|(module, _)| module.as_slice())
    }

    /// Whether the module at `path` defines `name` or passes it on.
    fn has(&self, module: &[String], path: &[String], name: &str) -> bool {
        let Some((mut at, rest)) = self.start(module, path) else { return false };
        at.extend(rest.iter().cloned());
        self.modules.get(&at).is_some_and(|&place| {
            let file = &self.files[place];
            file.items.contains(name) || file.imports.iter().any(|import| import.name.as_deref() == Some(name))
        })
    }

    /// The module that `path` begins with, and the rest of it; `None` if it begins with another crate.
    fn start<'p>(&self, module: &[String], path: &'p [String]) -> Option<(Vec<String>, &'p [String])> {
        let (first, mut rest) = path.split_first()?;
        let mut at = module.to_vec();
        match first.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => {
                at.pop();
                while rest.first().is_some_and(|name| name == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            _ => {
                let child: Vec<String> = module.iter().chain([first]).cloned().collect();
                return self.modules.contains_key(&child).then_some((child, rest));
            }
        }
        Some((at, rest))
    }

    /// Groups of files each of which uses all others of its group, directly or by way of others.
    pub fn circles(&self) -> Vec<Vec<&str>> {
        let uses: BTreeMap<&str, BTreeSet<&str>> =
            self.files.iter().map(|file| (file.path.as_str(), self.uses(file))).collect();
        let mut reach: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for from in uses.keys() {
            let (seen, mut open) = (reach.entry(from).or_default(), vec![*from]);
            while let Some(at) = open.pop() {
                open.extend(uses[at].iter().copied().filter(|to| seen.insert(*to)));
            }
        }
        let circle =
            |from: &&str| -> Vec<&str> { reach[from].iter().copied().filter(|to| reach[to].contains(from)).collect() };
        let found: BTreeSet<Vec<&str>> = uses.keys().map(circle).filter(|circle| !circle.is_empty()).collect();
        found.into_iter().collect()
    }
}

fn collect(folder: &Path, src: &Path, sources: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() {
            collect(&path, src, sources);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let below = path.strip_prefix(src).expect("it is below").to_string_lossy().replace('\\', "/");
            if below != "main.rs" {
                sources.push((below, fs::read_to_string(&path).expect("UTF-8")));
            }
        }
    }
}

fn module_of(path: &str) -> Vec<String> {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(ToOwned::to_owned).collect() }
}
