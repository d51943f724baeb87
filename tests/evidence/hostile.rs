//! Files that are damaged, foreign or made to do harm: a reason, no panic, no hang.

use ticketscope::evidence::{Input, open};

use crate::kit::{Session, open_text, sample};

#[test]
fn what_cannot_be_used_says_why() {
    for (bytes, says) in [
        (b"".to_vec(), "empty"),
        (b" \n\t ".to_vec(), "empty"),
        (b"{\"log\": {\"entries\": [".to_vec(), "cut off"),
        (b"{\"some\": \"json\"}".to_vec(), "neither a HAR file"),
        (b"Dear support, nothing works.".to_vec(), "no line of it is known"),
        (vec![0xff; 4_000], "neither text"),
        (b"PK\x03\x04rest".to_vec(), "not a report"),
        (vec![0x1f, 0x8b, 1, 2, 3, 4], "cannot be read"),
        (format!("{{\"log\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes(), "damaged"),
    ] {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(30)]).into_owned();
        let error = open_text(bytes).err().unwrap_or_else(|| panic!("{shown} opens")).to_string();
        assert!(error.contains(says), "{shown}: {error}");
    }
    let missing = open(vec![Input::File("/nowhere/at/all.har".into())], None).err().unwrap().to_string();
    assert!(missing.contains("cannot be read"), "{missing}");
    assert!(open(Vec::new(), None).is_err());
}

/// Mutants of every sample: bytes changed, cut out, doubled. `TICKETSCOPE_MUTANTS` sets how many, and
/// `TICKETSCOPE_MUTANT` which one alone.
#[test]
fn no_mutant_of_a_sample_makes_it_panic() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let all: u64 = number("TICKETSCOPE_MUTANTS").unwrap_or(1_000);
    let range = number("TICKETSCOPE_MUTANT").map_or(0..all, |one: u64| one..one + 1);
    let mut samples: Vec<_> = std::fs::read_dir(sample("")).unwrap().map(|entry| entry.unwrap().path()).collect();
    samples.sort();
    let samples: Vec<_> =
        samples.iter().map(|path| std::fs::read(path).unwrap()).filter(|bytes| bytes.len() < 60_000).collect();
    for seed in range {
        println!("TICKETSCOPE_MUTANT={seed}");
        let at_most =
            |index: u64, limit: usize| usize::try_from(mixed(seed * 1_000 + index) % limit.max(1) as u64).unwrap();
        let mut bytes = samples[at_most(0, samples.len())].clone();
        for change in 0..1 + at_most(1, 6) as u64 {
            let place = at_most(10 * change + 2, bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            let length = at_most(10 * change + 3, 40).min(bytes.len() - place);
            match at_most(10 * change + 4, 5) {
                0 => bytes[place] = at_most(10 * change + 5, 256) as u8,
                1 => drop(bytes.drain(place..place + length)),
                2 => {
                    let copy = bytes[place..place + length].to_vec();
                    bytes.splice(place..place, copy);
                }
                3 => bytes.truncate(place),
                _ => {
                    let values: [&[u8]; 8] =
                        [b"null", b"-1e999", b"\"\"", b"[]", b"{}", b"99999999999999999999", b"\"\\ud800\"", b"true"];
                    let value = values[at_most(10 * change + 6, values.len())];
                    bytes.splice(place..place + length, value.iter().copied());
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        if let Ok(opened) = open_text(bytes) {
            assert!(opened.recording.entries().count() == opened.recording.len());
        }
    }
}

/// SplitMix64: an even mixture of the bits of `number`.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[test]
fn a_key_that_comes_twice_counts_once() {
    let har = std::fs::read_to_string(sample("chrome-upgrade401.har")).unwrap();
    let once = Session::of_text(har.clone());
    let twice = har
        .replace("\"startedDateTime\":", "\"_priority\": 1, \"_priority\": 2, \"startedDateTime\":")
        .replace("\"status\": 200,", "\"status\": 200, \"status\": 200,")
        .replace("\"status\":200,", "\"status\":200,\"status\":200,")
        .replace("\"name\": \"WebInspector\"", "\"name\": \"WebInspector\", \"name\": \"WebInspector\"")
        .replace("\"name\":\"WebInspector\"", "\"name\":\"WebInspector\",\"name\":\"WebInspector\"");
    assert!(twice.len() > har.len() + 100);
    let twice = Session::of_text(twice);
    assert_eq!((twice.code(), twice.words()), (once.code(), once.words()));
}
