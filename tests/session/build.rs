//! What the program says of itself: its version, manual pages, completions.

use std::fs;
use std::process::Command;

use crate::program::{Program, command};

fn lines_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_version_says_commit_date_and_target() {
    let ended = Program::run(&["--version"]);
    let [line] = ended.lines.as_slice() else { panic!("{:#?}", ended.lines) };
    let rest = line.strip_prefix(concat!("ticketscope ", env!("CARGO_PKG_VERSION"), " (")).unwrap();
    let (commit, target) = rest.split_once(") ").unwrap();

    let rustc = lines_of("rustc", &["--version", "--verbose"]).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let expected = if cfg!(feature = "window") { host.to_owned() } else { format!("{host}, without window") };
    assert_eq!(target, expected);

    // A build from an archive inside of another repository knows as little as one outside.
    let is_clone = fs::exists(concat!(env!("CARGO_MANIFEST_DIR"), "/.git")).unwrap();
    let git = ["log", "-1", "--abbrev=12", "--format=%h %cs"];
    let of_git = is_clone.then(|| lines_of("git", &git)).flatten();
    let expected = of_git.as_deref().map_or("commit unknown", str::trim);
    assert_eq!(commit.trim_end_matches(", changed"), option_env!("TICKETSCOPE_COMMIT").unwrap_or(expected));
    assert_eq!(Program::run(&["-V"]).lines, ended.lines);
}

#[test]
fn every_command_has_a_manual_page_and_completions() {
    let help = Program::run(&["--help"]).lines.join("\n");
    let commands: Vec<&str> = help
        .split_once("Commands:\n")
        .and_then(|(_, rest)| rest.split_once("\n\n"))
        .map(|(commands, _)| commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect())
        .unwrap();
    let commands: Vec<&str> = commands.into_iter().filter(|name| !name.is_empty() && *name != "help").collect();
    assert!(commands.contains(&"watch") && commands.contains(&"completions"), "{help}");

    let home = tempfile::tempdir().unwrap();
    let written = command(home.path(), &["man", "pages"]).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let page = |name: &str| fs::read_to_string(home.path().join("pages").join(name)).unwrap();
    assert!(page("ticketscope.1").contains("one\\-time ticket"), "{}", page("ticketscope.1"));
    assert!(page("ticketscope-watch.1").contains("\\-\\-until"), "{}", page("ticketscope-watch.1"));
    for name in &commands {
        assert!(page(&format!("ticketscope-{name}.1")).starts_with(".ie"), "{name}");
    }

    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = Program::run(&["completions", shell]).lines.join("\n");
        let missing: Vec<_> = commands.iter().filter(|name| !script.contains(**name)).collect();
        assert!(missing.is_empty() && script.contains("until"), "{shell} completes none of {missing:?}");
    }
    let nowhere = command(home.path(), &["man", "pages/ticketscope.1/below"]).output().unwrap();
    assert_eq!(nowhere.status.code(), Some(2), "{}", String::from_utf8_lossy(&nowhere.stderr));
}
