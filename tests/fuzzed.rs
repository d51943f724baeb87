//! What cargo-fuzz does at length (`tests/fuzz`), in short: the bytes that are kept, and what a few thousand changes make of
//! them.

#[path = "fuzz/bodies/mod.rs"]
mod bodies;

use std::fs;
use std::path::Path;

use bodies::BODIES;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

/// The bytes that are kept for the body called `name`.
fn kept(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn what_is_kept_is_small_and_as_harmless_as_ever() {
    for (name, body) in BODIES {
        let kept = kept(name);
        assert!(!kept.is_empty(), "{name} has nothing to begin with");
        assert!(kept.iter().map(Vec::len).sum::<usize>() < 200 << 10, "{name} keeps too much");
        kept.iter().for_each(|bytes| body(bytes));
    }
}

/// One of `kept` with some changes: a byte, a bit, something twice, something less, the end of another.
fn changed(kept: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let change = (0..5_u8, any::<Index>(), any::<Index>(), any::<u8>());
    (any::<Index>(), any::<Index>(), vec(change, 0..6)).prop_map(move |(one, other, changes)| {
        let (mut bytes, other) = (one.get(&kept).clone(), other.get(&kept));
        for (kind, from, to, byte) in changes {
            if bytes.is_empty() {
                bytes.push(byte);
            }
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            let part = from.min(to)..from.max(to);
            match kind {
                0 => bytes[from] = byte,
                1 => bytes[from] ^= 1 << (byte % 8),
                2 => bytes.extend_from_within(part),
                3 => drop(bytes.drain(part)),
                _ => {
                    bytes.truncate(from);
                    bytes.extend_from_slice(&other[other.len().min(to)..]);
                }
            }
        }
        bytes
    })
}

#[test]
fn nothing_that_is_like_it_does_harm() {
    for (name, body) in BODIES {
        let mut runner = TestRunner::new(Config {
            cases: Config::default().cases.max(2_000),
            failure_persistence: None,
            ..Config::default()
        });
        let result = runner.run(&changed(kept(name)), |bytes| {
            body(&bytes);
            Ok(())
        });
        result.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
