//! Any of the bodies, with cargo-fuzz on a nightly compiler:
//! `cd tests/fuzz && BODY=frames cargo +nightly fuzz run --fuzz-dir . bodies corpus/frames`.

#![no_main]

#[path = "../bodies/mod.rs"]
mod bodies;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static BODY: LazyLock<bodies::Body> = LazyLock::new(|| {
    let name = std::env::var("BODY").unwrap_or_default();
    let names = bodies::BODIES.map(|(name, _)| name).join(", ");
    bodies::BODIES.into_iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("BODY is none of {names}")).1
});

fuzz_target!(|data: &[u8]| BODY(data));
