//! Every value of every kind of entry, changed one at a time: `diff` finds it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use strum::IntoEnumIterator as _;

use super::*;
use crate::journal::EventKind;

/// One of every kind of event, with as many different values as it can have.
fn events() -> Vec<Value> {
    let claims = json!({"algorithm": "HS256", "session_id": "sess_0…9e", "issued_at": "1970-01-01T00:00:07Z",
        "expires_at": "1970-01-31T00:00:07Z"});
    let token = json!({"fingerprint": "84d7d749a436", "claims": {"Ok": claims}});
    let broken = json!({"fingerprint": "95e8e85ab547", "claims": {"Err": "base64"}});
    let trace = "00000007-9";
    let status = json!({"trace": trace, "kind": {"kind": "status", "answer": {"status": 429, "version": "http11",
        "headers": [{"name": "via", "value": "1.1 edge"}, {"name": "x-auth-token"}], "retry_after": 60_000_000_000_u64,
        "body": {"kind": "json", "code": "RATE_LIMIT_EXCEEDED", "excerpt": "slow down"}}}});
    let page = json!({"status": 200, "version": "http2", "headers": [], "retry_after": null,
        "body": {"kind": "page", "title": "Shop", "page": "other"}});
    let failures = [
        json!({"step": "setup", "setup": {"cause": "platform_roots", "said": "no roots"}}),
        json!({"step": "token", "request": {"trace": trace, "kind": {"kind": "malformed", "malformed":
            {"fault": {"what": "missing", "field": "/token"}, "answer": page}}}}),
        json!({"step": "token", "request": {"trace": trace, "kind": {"kind": "timeout", "after": 10_000_000_000_u64}}}),
        json!({"step": "ticket", "request": status}),
        json!({"step": "ticket_expired", "age": 31_000_000_000_u64, "lifetime": 30_000_000_000_u64}),
        json!({"step": "dial", "dial": {"kind": "transport", "transport": {"layer": "dns",
            "dns": {"host": "api.example", "cause": "no_such_name"}}}}),
        json!({"step": "dial", "dial": {"kind": "transport", "transport": {"layer": "tls",
            "tls": {"cause": {"certificate": {"fault": {"expired": {"on": "2026-01-31"}}}}}}}}),
        json!({"step": "dial", "dial": {"kind": "identity", "file": "me.p12", "fault": "wrong_password"}}),
        json!({"step": "ticket", "request": {"trace": trace, "kind": {"kind": "malformed", "malformed":
            {"fault": {"what": "other_unit", "field": "/exp", "wanted": "seconds", "likely": "unix"}, "answer": page}}}}),
        json!({"step": "dial", "dial": {"kind": "timeout", "phase": "tls", "after": 5_000_000_000_u64}}),
        json!({"step": "dial", "dial": {"kind": "bad_handshake", "fault": "wrong_accept_key"}}),
        json!({"step": "ticket", "request": {"trace": trace, "kind": {"kind": "secret_missing", "name": "key",
            "label": "API key"}}}),
        json!({"step": "greeting", "greeting": {"greeting": "missing", "step": 1, "expected": "/type = hello",
            "within": 10_000_000_000_u64, "heard": null}}),
        json!({"step": "upgrade_refused", "answer": {"status": 401, "version": "http11",
            "headers": [{"name": "server", "value": "Caddy"}, {"name": "content-length", "value": "12"}],
            "retry_after": 7, "body": {"kind": "text", "excerpt": "Unauthorized"}}}),
    ];
    let closes = [
        json!({"code": 1006, "reason": "", "was_clean": false, "cause": {"no_pong": {"silent_for": 30_000_000_000_u64}}}),
        json!({"code": 1006, "reason": "", "was_clean": false, "cause": {"io": {"cause": "reset"}}}),
        json!({"code": 1006, "reason": "", "was_clean": false, "cause": {"announced": {"announced":
            {"then": "renew", "said": "refresh_requested"}}}}),
        json!({"code": 1006, "reason": "", "was_clean": false, "cause": {"profile": {"problem": "no sid"}}}),
        json!({"code": 1001, "reason": "SERVER_SHUTDOWN", "was_clean": true, "cause": "peer_frame"}),
    ];
    let backoff = json!({"base": "250ms", "factor": 2.0, "cap": "5s", "jitter": 0.25, "reset_after": "5s"});
    let input = |input| json!({"type": "input", "input": input});
    let failed = |failure| json!({"type": "attempt_failed", "failure": failure, "class": "soft"});
    let keychain = |state| json!({"type": "keychain", "state": state});
    let mut events = vec![
        keychain(json!({"state": "ready"})),
        keychain(json!({"state": "refused", "error": "denied"})),
        keychain(json!({"state": "too_large", "bytes": 9_000, "limit": 2_560})),
        json!({"type": "recording", "state": {"state": "full", "file": "a.jsonl", "limit": 1_000_000}}),
        json!({"type": "recording", "state": {"state": "failed", "problem": "no room"}}),
        json!({"type": "server_started", "address": "127.0.0.1:40469"}),
        json!({"type": "server_log", "line": "[WSTicket] Ticket generated { ttl: 30 } ticketHash=69da900f71f6"}),
        json!({"type": "server_log", "line": "[WSTicket] Answered on purpose { status: 429 } traceId=00000007-9"}),
        json!({"type": "server_stopped"}),
        json!({"type": "clock_compared", "offset": {"ahead_millis": 50, "within": 500_900_000}}),
        json!({"type": "health_answered", "health": {"status": 503, "server": "up", "redis": "missing"}}),
        json!({"type": "health_unanswered", "failure": status}),
        json!({"type": "certificate_accepted", "issuer": {"name": "R3", "organization": "Let's Encrypt", "kind": "public"}}),
        json!({"type": "addresses_lost", "lost": [{"address": "[2001:db8::1]:443", "cause": "refused"}],
            "connected": "192.0.2.1:443"}),
        json!({"type": "proxy_variable_ignored", "variable": "HTTPS_PROXY", "mistake": {"scheme": {"scheme": "htp"}}}),
        json!({"type": "answered_from_cache", "phase": "ticket", "age": 7_000_000_000_u64, "said": "age: 7"}),
        json!({"type": "ticket_characters", "characters": "+ ="}),
        json!({"type": "ping_set", "every": null}),
        json!({"type": "ping_set", "every": 15_000_000_000_u64}),
        json!({"type": "silence_kept", "lasted": 60_000_000_000_u64, "close": closes[0], "was_other_open": true}),
        json!({"type": "browser_stopped", "blocks": [
            {"request": "token", "cause": {"kind": "preflight_status", "status": 401}},
            {"request": "ticket", "cause": {"kind": "header_not_allowed", "header": "authorization", "allowed": "*"}},
            {"request": "ticket", "cause": {"kind": "other_origin", "of": "request", "allowed": "https://a.example"}},
            {"request": "socket", "cause": {"kind": "local_address", "address": "10.0.0.7"}}]}),
        json!({"type": "message_refused", "reason": "not an object"}),
        json!({"type": "thread_crashed", "thread": "export", "message": "index out of bounds", "is_restarted": true}),
        json!({"type": "phase_finished", "phase": "dns", "took": 30_204, "ok": true, "detail": "192.0.2.1",
            "lookup": {"host": "192.0.2.1", "addresses": ["192.0.2.1"]}}),
        json!({"type": "request_sent", "phase": "token", "trace": trace}),
        json!({"type": "request_sent", "phase": "upgrade", "trace": "", "head": {"method": "GET",
            "address": "wss://a.example/ws", "query": [{"name": "ticket"}], "scheme": "Bearer",
            "headers": [{"name": "origin", "value": "https://a.example"}, {"name": "authorization"}]}}),
        json!({"type": "answered", "phase": "ticket", "answer": {"status": 200, "version": "http11",
            "headers": [{"name": "x-request-id", "value": "r-17"}], "retry_after": null, "body": {"kind": "empty"}},
            "first_byte": 60_000_000, "body": 1_000_000}),
        json!({"type": "fetching_token"}),
        json!({"type": "dialling"}),
        json!({"type": "upgrading"}),
        json!({"type": "greeting"}),
        json!({"type": "sign_in_asked", "address": "https://id.example/authorize?…", "code": "(left out)",
            "within": 300_000_000_000_u64, "is_opened": false}),
        json!({"type": "last_word_heard", "word": {"protocol": "action_cable", "reason": "unauthorized",
            "is_welcome_back": false}}),
        json!({"type": "token_acquired", "token": token, "session_id": "sess_0…9e"}),
        json!({"type": "token_ready", "token": token, "source": "server"}),
        json!({"type": "refreshing_token", "status": 401, "code": "INVALID_TOKEN"}),
        json!({"type": "ticket_obtained", "ticket": "69da900f71f6", "lifetime": 30_000_000_000_u64, "requested_at": 9}),
        json!({"type": "ticket_spent", "ticket": "69da900f71f6", "age": 4_000_000}),
        json!({"type": "backoff_changed", "backoff": backoff}),
        json!({"type": "backoff_scheduled", "delay": {"retry": 1, "nominal": 250_000_000, "drawn": 265_370_933,
            "floor": 60_000_000_000_u64, "wait": 60_000_000_000_u64, "until": 999_000_000_000_u64}}),
        json!({"type": "credential_replaced", "token": token}),
        json!({"type": "credential_replaced", "token": broken}),
        json!({"type": "session_dropped"}),
        json!({"type": "late_answer", "from": 3, "what": "a token"}),
        json!({"type": "fault_armed", "fault": "simulate-503", "times": 3, "probability": 0.5}),
        json!({"type": "fault_fired", "fault": "simulate-503", "left": 2}),
        json!({"type": "fault_cleared", "fault": "simulate-503"}),
        json!({"type": "fault_refused", "fault": "corrupt-jwt", "reason": "there is none"}),
        json!({"type": "stopped"}),
        json!({"type": "file_begins", "timing": "dated", "browser": "chromium"}),
        json!({"type": "file_told", "part": "ticket", "by": ["har", "console"]}),
        json!({"type": "not_seen", "what": "close_reason"}),
        json!({"type": "file_ends"}),
        input(json!({"what": "set_backoff", "backoff": backoff})),
        input(json!({"what": "replace_jwt", "token": token})),
        input(json!({"what": "credential_loaded", "credential": {"token": token, "session_id": "sess_0…9e"},
            "source": "keychain"})),
        input(json!({"what": "token_answered", "result": {"Ok": {"token": token, "session_id": "sess_0…9e",
            "is_other": true}}})),
        input(json!({"what": "ticket_answered", "result": {"Err": status}})),
        input(json!({"what": "ticket_answered", "result": {"Ok": {"ticket": "69da900f71f6", "lifetime": 30}}})),
        input(json!({"what": "greeted", "failure": null})),
        input(json!({"what": "dialled", "failure": {"kind": "transport", "transport": {"layer": "tcp",
            "tcp": {"server": {"server": "api.example:443", "cause": "refused"}}}}})),
    ];
    events.extend((0..3).map(|pong| json!({"type": "pong", "rtt": 300_000 + pong})));
    events.extend(failures.iter().map(|failure| input(json!({"what": "upgraded", "failure": failure}))));
    events.extend(failures.map(failed));
    events.extend(closes.iter().map(|close| input(json!({"what": "closed", "close": close}))));
    events.extend(closes.map(|close| json!({"type": "disconnected", "close": close, "class": "soft"})));
    events
}

/// Recordings, line by line, that hold all of them together.
fn everything() -> Vec<Vec<Value>> {
    let mut entries = session(7);
    let is_there = |kind: EventKind, entry: &Entry| EventKind::from(&entry.event) == kind;
    let begin = entries.last().unwrap().elapsed;
    for (place, event) in events().into_iter().enumerate() {
        let event = serde_json::from_value(event.clone()).unwrap_or_else(|error| panic!("{event}: {error}"));
        let elapsed = begin + Duration::from_millis(2 * place as u64);
        let simulated = (place % 3 == 0).then(|| crate::model::FaultName::new("simulate-503"));
        let (seq, time) = (entries.len() as u64, DateTime::UNIX_EPOCH + elapsed.since_start());
        let attempt = Some(AttemptId(4 + place as u64 / 9));
        entries.push(Entry { seq, elapsed, time, attempt, source: Source::Driver, simulated, event });
    }
    for kind in EventKind::iter() {
        assert!(entries.iter().any(|entry| is_there(kind, entry)), "no {kind}");
    }
    let mut header = Header::new(&Profile::local_demo(([127, 0, 0, 1], 40_469).into()), 7, DateTime::UNIX_EPOCH);
    header.profile.tls.extra_roots.push("company.pem".into());
    let header = serde_json::to_value(header).unwrap();
    let messages = [("in", "text"), ("in", "text"), ("in", "binary"), ("out", "ping"), ("in", "pong")];
    let messages = messages.map(|(direction, kind)| {
        json!({"message": {"at": 3_000_000, "attempt": 3, "direction": direction, "kind": kind, "len": 17}})
    });
    // Short ones: each is read and compared once for every value in it.
    let chunks = entries.chunks(14).map(|chunk| {
        let entries = (0..).zip(chunk).map(|(seq, entry)| Entry { seq, ..entry.clone() });
        let entries = entries.map(|entry| serde_json::to_value(entry).unwrap());
        let lines = std::iter::once(header.clone()).chain(entries).chain(messages.clone());
        lines.chain([json!({"end": chunk.len()})]).collect()
    });
    chunks.collect()
}

fn read(lines: &[Value]) -> Result<Recording, String> {
    let text: Vec<_> = lines.iter().map(ToString::to_string).collect();
    Recording::from_bytes((text.join("\n") + "\n").into_bytes()).map_err(|error| error.to_string())
}

/// The paths of the values in `value` that have no parts.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(parts) => parts.iter().for_each(|(key, part)| leaves(part, &format!("{path}/{key}"), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| leaves(item, &format!("{path}/{index}"), found));
        }
        _ => found.push(path.to_owned()),
    }
}

fn key(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Other values for `value`: by the least, and by far. `known` are those that have the same name elsewhere.
fn others(value: &Value, known: &BTreeSet<String>) -> Vec<(bool, Value)> {
    let mut others = match value {
        Value::Number(number) if number.is_u64() => {
            let number = number.as_u64().unwrap();
            let far = [7, 7_200_000_000_000].map(|more| (more > 7 || number < 100_000, json!(number + more)));
            let near = [(false, json!(number + 1)), (false, json!(number.saturating_sub(1)))];
            near.into_iter().chain(far).collect()
        }
        Value::Number(number) => vec![(true, json!(number.as_f64().unwrap() * 0.5))],
        Value::Bool(is) => vec![(true, json!(!is))],
        Value::String(text) => {
            let mut others = vec![(true, json!(format!("{text}x")))];
            let other_digit = |digit: char| char::from_digit((digit.to_digit(10).unwrap() + 1) % 10, 10).unwrap();
            let mut digits = text.char_indices().filter(|(_, character)| character.is_ascii_digit());
            others.extend(digits.next_back().map(|(at, digit)| {
                (false, json!(format!("{}{}{}", &text[..at], other_digit(digit), &text[at + 1..])))
            }));
            if let Ok(time) = text.parse::<DateTime<Utc>>() {
                others.push((true, json!(time + TimeDelta::hours(1))));
            }
            others
        }
        _ => Vec::new(),
    };
    others.extend(known.iter().map(|known| (true, serde_json::from_str(known).unwrap())));
    others.push((true, Value::Null));
    others.retain(|(_, other)| other != value);
    others
}

/// Changes every value of `lines`, and gives `check` what it was and what came of it.
fn change_each(lines: &[Value], seen: &mut BTreeSet<(String, String)>, mut check: impl FnMut(&str, bool, &Recording)) {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let leaves = |line: &Value| {
        let mut found = Vec::new();
        leaves(line, "", &mut found);
        found
    };
    for line in lines {
        for path in leaves(line) {
            known.entry(key(&path).to_owned()).or_default().insert(line.pointer(&path).unwrap().to_string());
        }
    }
    for values in known.values_mut() {
        // What is another in each entry need not be tried with all of them.
        *values = values.iter().take(6).cloned().collect();
    }
    for (number, line) in lines.iter().enumerate() {
        let what = &line["event"]["input"]["what"];
        let kind = if number == 0 { "header".to_owned() } else { format!("{}{what}", line["event"]["type"]) };
        for path in leaves(line) {
            if !seen.insert((kind.clone(), path.clone())) {
                continue;
            }
            for (is_far, other) in others(line.pointer(&path).unwrap(), &known[key(&path)]) {
                let change = format!("{kind} {path}: {} → {other}", line.pointer(&path).unwrap());
                let mut changed = lines.to_vec();
                *changed[number].pointer_mut(&path).unwrap() = other;
                // A file that is refused is found as well.
                if let Ok(changed) = read(&changed) {
                    check(&change, is_far, &changed);
                }
            }
        }
    }
}

fn is_found(a: &Recording, b: &Recording, is_exact: bool) -> bool {
    let diff = diff(a, b, is_exact);
    let is_told = diff.first.is_some() || diff.changes().next().is_some();
    assert_eq!(is_told, diff.result != Similarity::Same, "{diff}");
    is_told
}

#[test]
fn an_injected_difference_is_found_every_time() {
    let old = include_str!("../../../tests/recordings/1.1.jsonl");
    let old: Vec<Value> = old.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (mut seen, mut changes, mut missed, mut noise) = (BTreeSet::new(), 0, Vec::new(), Vec::new());
    for lines in everything().into_iter().chain([old]) {
        let original = read(&lines).unwrap();
        change_each(&lines, &mut seen, |change, is_far, changed| {
            changes += 1;
            if !is_found(&original, changed, true) {
                missed.push(change.to_owned());
            }
            if is_far && !is_found(&original, changed, false) {
                noise.push(change.to_owned());
            }
        });
    }
    println!("{changes} changes");
    println!("{noise:#?}");
    assert!(changes > 1_000 && missed.is_empty(), "not found by --exact: {missed:#?}");
}

/// Gives the entries their numbers, and the end theirs.
fn renumber(lines: &mut [Value]) {
    let mut next = 0;
    for line in lines {
        if line.get("seq").is_some() {
            line["seq"] = json!(next);
            next += 1;
        } else if line.get("end").is_some() {
            line["end"] = json!(next);
        }
    }
}

#[test]
fn an_entry_more_or_less_or_in_another_place_is_found() {
    for lines in everything() {
        let original = read(&lines).unwrap();
        for at in (1..lines.len()).filter(|at| lines[*at].get("seq").is_some()) {
            let (mut less, mut more, mut swapped) = (lines.clone(), lines.clone(), lines.clone());
            less.remove(at);
            more.insert(at, lines[at].clone());
            for changed in [&mut less, &mut more] {
                renumber(changed);
                assert!(is_found(&original, &read(changed).unwrap(), false), "{}", lines[at]);
            }
            if swapped[at + 1].get("seq").is_some() && swapped[at]["event"] != swapped[at + 1]["event"] {
                let event = swapped[at]["event"].take();
                swapped[at]["event"] = swapped[at + 1]["event"].take();
                swapped[at + 1]["event"] = event;
                assert!(is_found(&original, &read(&swapped).unwrap(), true), "{}", lines[at]);
            }
        }
    }
}

#[test]
fn another_run_with_its_own_names_and_a_busy_computer_is_the_same() {
    const MORE: u64 = 4_000_000;
    const LATER: u64 = 2_500_000;
    for lines in everything() {
        let original = read(&lines).unwrap();
        let mut other = lines.clone();
        for (place, line) in (1_u64..).zip(&mut other) {
            let add = |value: &mut Value, more: u64| {
                if let Some(nanos) = value.as_u64() {
                    *value = json!(nanos + more);
                }
            };
            let later = place * LATER;
            for moment in ["/elapsed", "/event/requested_at", "/event/delay/until"] {
                line.pointer_mut(moment).into_iter().for_each(|moment| add(moment, later));
            }
            for time in ["/event/took", "/event/rtt", "/event/age"] {
                line.pointer_mut(time).into_iter().for_each(|time| add(time, MORE));
            }
            let names = [("00000007", "1ddd01be"), ("84d7d749a436", "0123456789ab"), (":40469", ":9"), ("sess_0", "s")];
            let text = names.iter().fold(line.to_string(), |text, (ours, theirs)| text.replace(ours, theirs));
            *line = serde_json::from_str(&text).unwrap();
        }
        other[0]["seed"] = json!(0x1ddd_01be);
        let other = read(&other).unwrap();
        let noise = diff(&original, &other, false);
        assert_eq!(noise.result, Similarity::Same, "{noise}");
        assert_ne!(diff(&original, &other, true).result, Similarity::Same);
    }
}
