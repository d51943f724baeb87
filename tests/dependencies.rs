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

#[test]
fn a_build_without_the_window_needs_no_graphics_library() {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--locked", "--offline", "--no-default-features", "--prefix", "none", "--format", "{p}"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let is_graphics = |line: &&str| {
        let name = line.split(' ').next().unwrap_or_default();
        GRAPHICS.contains(&name.split(['_', '-']).next().unwrap_or_default())
    };
    let found: BTreeSet<&str> = tree.lines().filter(is_graphics).collect();
    assert!(found.is_empty(), "{found:#?}");
    assert!(tree.contains("ticketscope v"), "{tree}");
}
