//! Which commit a build is made of.
//!
//! A macro and not a build script: what `main.rs` alone asks for does not make the library stale, so a commit costs the next build
//! a link and nothing else.

use std::path::Path;
use std::process::Command;

use proc_macro::TokenStream;

/// An `Option<&'static str>`: the commit and its day, as in `"502acd1f7a2d 2026-11-30"`, with `, changed` if files differ from it.
///
/// It is what the variable `TICKETSCOPE_COMMIT` says when it builds, or else what git says of the crate's folder; `None` where neither is
/// known, as in an archive of the sources.
#[proc_macro]
pub fn commit(_: TokenStream) -> TokenStream {
    let found = std::env::var("CARGO_MANIFEST_DIR").ok().and_then(|folder| of(Path::new(&folder)));
    let (said, watched) = match &found {
        Some(found) => (format!("Some({:?})", found.said), found.watched.as_slice()),
        None => ("None".to_owned(), &[][..]),
    };
    // Cargo builds anew when an included file has changed.
    let watched: String = watched.iter().map(|path| format!("const _: &[u8] = include_bytes!({path:?});")).collect();
    let code = format!("{{ {watched} option_env!(\"TICKETSCOPE_COMMIT\").or({said}) }}");
    code.parse().expect("it is Rust, with strings that are quoted")
}

struct Found {
    said: String,
    /// Absolute paths of files that change when another commit is checked out.
    watched: Vec<String>,
}

/// What git says of `folder`, if it is the top of a working tree: the sources may lie inside of somebody else's.
fn of(folder: &Path) -> Option<Found> {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").arg("--no-optional-locks").args(arguments).current_dir(folder).output().ok()?;
        output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
    };
    if !git(&["rev-parse", "--show-prefix"])?.trim().is_empty() {
        return None;
    }
    let commit = git(&["log", "-1", "--abbrev=12", "--format=%h %cs"])?;
    let is_changed = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    let paths = git(&["rev-parse", "--path-format=absolute", "--git-path", "HEAD", "--git-path", "logs/HEAD"])?;
    Some(Found {
        said: format!("{}{}", commit.trim(), if is_changed { ", changed" } else { "" }),
        watched: paths.lines().filter(|path| Path::new(path).is_file()).map(str::to_owned).collect(),
    })
}
