//! Which build this is.

use std::env::consts::{ARCH, OS};
use std::sync::OnceLock;

/// Version, commit and system, as in `0.1.0 (502acd1f7a2d 2026-11-30) x86_64-unknown-linux-gnu`. The first call decides for all.
pub fn version(commit: Option<&str>) -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let window = if cfg!(feature = "window") { "" } else { ", without window" };
        format!("{} ({}) {}{window}", env!("CARGO_PKG_VERSION"), commit.unwrap_or("commit unknown"), target())
    })
}

/// The system that it was built for, by Rust's name of it.
fn target() -> String {
    let vendor = if cfg!(target_vendor = "apple") {
        "apple"
    } else if cfg!(target_vendor = "pc") {
        "pc"
    } else {
        "unknown"
    };
    let system = if OS == "macos" { "darwin" } else { OS };
    let library = if cfg!(target_env = "gnu") {
        "-gnu"
    } else if cfg!(target_env = "musl") {
        "-musl"
    } else if cfg!(target_env = "msvc") {
        "-msvc"
    } else {
        ""
    };
    format!("{ARCH}-{vendor}-{system}{library}")
}
