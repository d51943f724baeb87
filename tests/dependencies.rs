//! What a build is made of. Licences, sources, bans and double versions are `.cargo/deny.toml`'s.

use std::collections::BTreeSet;
use std::process::Command;

/// What draws, opens windows or talks to a desktop about them.
const GRAPHICS: [&str; 14] = [
    "accesskit",
    "arboard",
    "eframe",
    "egui",
    "epaint",
    "gl",
    "glow",
    "glutin",
    "kittest",
    "smithay",
    "wayland",
    "winit",
    "x11",
    "x11rb",
];

/// The libraries of a build, one a line.
fn tree(options: &[&str]) -> String {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p}"])
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[cfg(not(windows))]
fn only_windows_draws_with_wgpu() {
    let tree = tree(&["--edges", "normal"]);
    let found: BTreeSet<&str> = tree.lines().filter(|line| line.contains("wgpu") || line.starts_with("naga")).collect();
    assert!(found.is_empty(), "{found:#?}");
    assert!(tree.contains("egui_glow v"), "{tree}");
}

#[test]
fn a_build_without_the_window_needs_no_graphics_library() {
    let tree = tree(&["--no-default-features"]);
    let is_graphics = |line: &&str| {
        let name = line.split(' ').next().unwrap_or_default();
        GRAPHICS.contains(&name.split(['_', '-']).next().unwrap_or_default())
    };
    let found: BTreeSet<&str> = tree.lines().filter(is_graphics).collect();
    assert!(found.is_empty(), "{found:#?}");
    assert!(tree.contains("ticketscope v"), "{tree}");
}
