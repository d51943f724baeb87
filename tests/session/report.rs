//! The report: nothing secret in any of its files, and everything that engineers need.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use ticketscope::backend::core::hex;
use ticketscope::journal::recording::{Header, Recording, write_line};
use ticketscope::model::failure::AnswerParts;
use ticketscope::model::*;
use ticketscope::replay::{Verification, verify};
use ticketscope::report::{Annotation, Own, Report};
use tokio_tungstenite::tungstenite::http::Uri;

use crate::program::{Program, command};

/// Twelve kinds of what must never be in a report.
const SECRETS: [(&str, &str); 12] = [
    ("JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJhIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"),
    ("JWT payload", "eyJzZXNzaW9uSWQiOiJzZXNzXzEyMyIsImlhdCI6MX0"),
    ("JWT signature", "9f8Qe7d6Kc5b4Za39f8Re7d6Tc5b4a3W"),
    ("ticket", "4b7d2e9f8a1c3d5e6f708192a3b4c5d6"),
    ("session id", "sess_8f3c0000111122223333444421"),
    ("Authorization", "Basic YW5uZW1hcmllOnBhc3M="),
    ("cookie", "cookie:id=0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
    ("user name", "annemarie.voss"),
    ("home folder", "/home/annemarie.voss/company-ca.pem"),
    ("own address", "192.168.178.47"),
    ("proxy with password", "http://anne:hunter2@proxy.voss-corp.test:3128"),
    ("own host", "laptop-av-0815"),
];

/// Nine spellings in which a text gets about.
const SPELLINGS: [fn(&str) -> String; 9] = [
    |text| text.to_owned(),
    |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
    |text| BASE64_STANDARD.encode(text),
    |text| BASE64_URL_SAFE_NO_PAD.encode(text),
    |text| hex(text.as_bytes()),
    |text| hex(text.as_bytes()).to_uppercase(),
    |text| text.chars().map(|character| format!("\\u{:04x}", character as u32)).collect(),
    |text| text.chars().map(|character| format!("&#{};", character as u32)).collect(),
    |text| text.chars().rev().collect(),
];

fn own() -> Own {
    let hosts = ["laptop-av-0815", "proxy.voss-corp.test"];
    Own::new(Some("/home/annemarie.voss".to_owned()), &["annemarie.voss"], &hosts)
}

/// A recording in which all of `texts` are repeated by servers, wherever a text of theirs can be.
fn tattling(texts: &[String]) -> Recording {
    let start = "2026-01-25T14:02:07Z".parse().unwrap();
    let mut bytes = Vec::new();
    write_line(&mut bytes, &Header::new(&Profile::production(), 7, start)).unwrap();
    let mut events = vec![Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Person })];
    for text in texts {
        let safe: SafeText = text.as_str().into();
        events.push(Event::Server(ServerEvent::Log { line: safe.clone() }));
        events.push(Event::Driver(DriverEvent::PhaseFinished {
            phase: Phase::Tls,
            took: std::time::Duration::from_millis(3),
            ok: false,
            detail: format!("told \"{text}\" by it").as_str().into(),
            lookup: None,
        }));
        let mut refusal = Answer::of_status(401).with_header("server", text);
        refusal.body.excerpt = Some(format!("it says {text}").as_str().into());
        events.push(Event::Flow(FlowEvent::AttemptFailed {
            failure: Failure::UpgradeRefused(Box::new(refusal)),
            class: Class::Soft,
        }));
        let mut answer = Answer::of_status(500).with_code(text);
        answer.body.excerpt = Some(safe);
        let kind = RequestFailureKind::Status(Box::new(answer));
        let failure = Failure::Ticket(RequestFailure { trace: TraceId::of(ReportId::of(7), 2), kind });
        events.push(Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft }));
    }
    for (seq, event) in (0..).zip(events) {
        let (elapsed, time) = (Moment::from_millis(seq), start);
        let entry =
            Entry { seq, elapsed, time, attempt: Some(AttemptId(0)), source: Source::Driver, simulated: None, event };
        write_line(&mut bytes, &entry).unwrap();
    }
    Recording::from_bytes(bytes).unwrap()
}

#[test]
fn twelve_kinds_of_secret_in_nine_spellings_are_in_no_file_of_a_report() {
    for (kind, secret) in SECRETS {
        for (number, spell) in SPELLINGS.iter().enumerate() {
            let text = spell(secret);
            let recording = tattling(std::slice::from_ref(&text));
            let in_json = serde_json::to_string(&text).unwrap();
            let in_json = in_json.trim_matches('"');
            let planted = recording.lines().filter(|line| line.contains(in_json)).count();
            assert!(planted >= 4, "the control: {kind} in spelling {number} is in {planted} lines");
            let mut report = Report::new(&recording, None, own(), recording.header().start);
            // People paste what they should not.
            report.annotate(&Annotation { ticket: text.clone(), note: format!("It is\n{text} here") });
            for file in report.files() {
                let said = file.text.as_str();
                for part in [in_json, &text, secret] {
                    let at = said.lines().find(|line| line.contains(part));
                    assert_eq!(at, None, "{} holds the {kind} in spelling {number}: {part}", file.name);
                }
                if secret.len() >= 32 {
                    let half = &secret[secret.len() / 2..];
                    assert!(!said.contains(half), "{} holds half of the {kind} in spelling {number}", file.name);
                }
                assert!(said.contains(&report.id().to_string()), "{} has no report id", file.name);
            }
            let copy = report.files().iter().find(|file| file.name == "recording.jsonl").unwrap();
            let copy = Recording::from_bytes(copy.text.as_str().as_bytes()).unwrap();
            assert_eq!(copy.len(), recording.len());
        }
    }
}

#[test]
fn what_a_person_adds_is_in_summary_page_and_json_until_it_is_changed() {
    let recording = tattling(&["nothing".to_owned()]);
    let mut report = Report::new(&recording, None, own(), recording.header().start);
    let said = |report: &Report, name: &str| {
        let file = report.files().iter().find(|file| file.name == name).unwrap();
        file.text.as_str().to_owned()
    };
    let json = |report: &Report| -> serde_json::Value { serde_json::from_str(&said(report, "report.json")).unwrap() };
    assert_eq!((json(&report)["ticket"].clone(), json(&report)["note"].clone()), (json!(null), json!(null)));
    assert!(!said(&report, "summary.md").contains("## Note"));

    let note = "Since Monday.\nOnly in <Zurich>";
    let changed = report.annotate(&Annotation { ticket: " CS-4711 ".to_owned(), note: note.to_owned() });
    assert_eq!(changed.iter().map(|file| file.name).collect::<Vec<_>>(), ["summary.md", "report.html", "report.json"]);
    let summary = said(&report, "summary.md");
    assert!(
        summary.contains("Support ticket CS-4711\n") && summary.contains("Since Monday.  \nOnly in \\<Zurich\\>"),
        "{summary}"
    );
    let page = said(&report, "report.html");
    assert!(page.contains("Support ticket <b>CS-4711</b>") && page.contains("<p>Only in &lt;Zurich&gt;</p>"), "{page}");
    assert_eq!((json(&report)["ticket"].clone(), json(&report)["note"].clone()), (json!("CS-4711"), json!(note)));
    assert_eq!(json(&report)["report_id"], report.id().to_string(), "the rest is still there");

    report.annotate(&Annotation::default());
    assert!(!said(&report, "summary.md").contains("4711") && json(&report)["note"].is_null());
}

/// What a server says beside a refusal, in every place where it can be a secret that no list of secrets knows.
fn gossip() -> (Vec<(&'static str, String)>, String, Vec<&'static str>) {
    let values = [
        "tok3nA1",
        "s3ss10n",
        "csrfX9",
        "nextN0nce",
        "c0deQ4",
        "s1gZ5",
        "0tp42x",
        "k3yV7",
        "sidM2",
        "plain55",
        "SAID83",
        "SAID84",
        "SAID85",
        "SAID87",
        "d1gestN",
        "d1gestO",
        "YIIblob7",
        "served89",
        "jsid91",
    ];
    let [token, session, csrf, nonce, code, sig, otp, key, sid, plain, said_code, said_otp, said_password, ..] = values;
    let [.., said_sig, digest, opaque, blob, served, jsid] = values;
    let headers = vec![
        ("X-Auth-Token", token.to_owned()),
        ("X-Session", session.to_owned()),
        ("X-Csrf-Token", csrf.to_owned()),
        ("Authentication-Info", format!("nextnonce=\"{nonce}\"")),
        ("Location", format!("https://login.example/done;jsessionid={jsid}?code={code}#{sid}")),
        ("Link", format!("<https://files.example/a?sig={sig}>; rel=next")),
        ("X-Anything", plain.to_owned()),
        ("WWW-Authenticate", format!("Digest realm=\"api\", nonce=\"{digest}\", opaque=\"{opaque}\"")),
        ("Proxy-Authenticate", format!("Negotiate {blob}")),
        ("X-Served-By", format!("x key={served}")),
    ];
    let words = format!(
        "no entry. Your code is {said_code} otp: {said_otp}, password {said_password}: https://a.example/x?sig={said_sig}"
    );
    let body = format!("{{\"otp\":\"{otp}\",\"key\":\"{key}\",\"message\":\"{words}\"}}");
    (headers, body, values.to_vec())
}

/// What is hidden in one file of a report is hidden in all, whichever version of the program recorded the session.
#[test]
fn what_one_file_of_a_report_hides_all_of_them_hide() {
    let (headers, body, values) = gossip();
    let start = "2026-01-25T14:02:07Z".parse().unwrap();
    let mut header = serde_json::to_value(Header::new(&Profile::production(), 7, start)).unwrap();
    let heard: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    let url = "https://api.example/ws".parse().unwrap();
    let (status, version, headers_heard, body_heard) = (401, "HTTP/1.1", &heard[..], body.as_bytes());
    let parts = AnswerParts {
        status,
        version,
        headers: headers_heard,
        retry_after: None,
        body: body_heard,
        url: &url,
        may_grant: false,
    };
    let answer = Answer::read(&parts, &Redactor::default());
    let failure = Failure::UpgradeRefused(Box::new(answer));
    let event = Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Hard });
    let (attempt, source, simulated) = (Some(AttemptId(0)), Source::Driver, None);
    let entry = Entry { seq: 0, elapsed: Moment::START, time: start, attempt, source, simulated, event };
    let entry = serde_json::to_value(&entry).unwrap();
    let now = format!("{header}\n{entry}\n");
    // Earlier versions wrote down headers with their values.
    header["format"] = "1.2".into();
    let lower: Vec<_> = headers.iter().map(|(name, value)| json!([name.to_lowercase(), value])).collect();
    let mut old = entry.clone();
    old["event"]["failure"] = json!({
        "step": "upgrade_refused",
        "failure": { "status": 401, "version": "HTTP/1.1", "headers": lower, "excerpt": body, "retry_after": null },
    });
    let then = format!("{header}\n{old}\n");
    assert!(values.iter().all(|value| then.contains(value)), "the control: {then}");
    for (version, file) in [("now", now), ("1.2", then)] {
        let recording = Recording::from_bytes(file.into_bytes()).unwrap();
        let report = Report::new(&recording, None, own(), start);
        for file in report.files() {
            let said = file.text.as_str();
            let found: Vec<_> = values.iter().filter(|value| said.contains(**value)).collect();
            assert!(found.is_empty(), "{} of a recording of {version} holds {found:?}:\n{said}", file.name);
        }
        let told = report.files().iter().find(|file| file.name == "recording.jsonl").unwrap().text.as_str();
        assert!(told.contains("no entry") && told.contains("x-auth-token"), "what explains stays: {told}");
    }
}

/// The files of the archive at `path`.
fn unpacked(path: &Path) -> HashMap<String, String> {
    let mut archive = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut files = HashMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.insert(file.name().unwrap().into_owned(), text);
    }
    files
}

/// A session of the real program that met two 503, and its report.
fn reported() -> (tempfile::TempDir, HashMap<String, String>) {
    let home = tempfile::tempdir().unwrap();
    let fault = "{ fault = \"simulate-503\", times = 2 }";
    let watch = ["watch", "--keychain", "memory", "--until", "connected", "--record", "mine.jsonl", "--fault", fault];
    let ended = Program::start_in(home, &watch).end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let home = ended.home;
    let made = command(home.path(), &["report", "mine.jsonl", "-o", "out.zip"]).output().unwrap();
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let files = unpacked(&home.path().join("out.zip"));
    (home, files)
}

#[test]
fn a_recording_becomes_a_report_that_holds_together() {
    let (home, files) = reported();
    let mut names: Vec<_> = files.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["recording.jsonl", "report.html", "report.json", "session.har", "summary.md"]);
    #[cfg(unix)]
    {
        let found = fs::metadata(home.path().join("out.zip")).unwrap();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o777, 0o600);
    }
    let again = command(home.path(), &["report", "mine.jsonl", "-o", "out.zip"]).output().unwrap();
    assert_eq!(again.status.code(), Some(2), "what is there is not replaced");
    let usual = command(home.path(), &["report", "mine.jsonl"]).output().unwrap();
    assert!(String::from_utf8_lossy(&usual.stdout).contains(" is in ticketscope-report-2"), "{usual:?}");

    let json: serde_json::Value = serde_json::from_str(&files["report.json"]).unwrap();
    let id = json["report_id"].as_str().unwrap();
    assert!(files.values().all(|text| text.contains(id)), "the id is in every file");
    assert_eq!(json["counts"]["attempts"], 3);
    let recording = Recording::from_bytes(files["recording.jsonl"].as_bytes()).unwrap();
    assert!(matches!(verify(&recording), Verification::Same { inputs: 1.., .. }));
    let server_has = |line: &str| line.contains("server_log") && line.contains(&format!("traceId={id}-"));
    let original = fs::read_to_string(home.path().join("mine.jsonl")).unwrap();
    assert!(original.lines().any(server_has), "the server's log has the report id");
    for part in ["# CONNECTED: ", "SIMULATED 503 REDIS\\_UNAVAILABLE", "No check was run", "ahead of", "Origin"] {
        let is_there =
            files["summary.md"].contains(part) || part == "ahead of" && files["summary.md"].contains("behind");
        assert!(is_there, "{part} is not in {}", files["summary.md"]);
    }
}

#[test]
fn the_archive_of_requests_is_valid() {
    let (_home, files) = reported();
    let har: serde_json::Value = serde_json::from_str(&files["session.har"]).unwrap();
    let log = &har["log"];
    assert_eq!((&log["version"], &log["creator"]["name"]), (&"1.2".into(), &"Ticketscope".into()));
    let entries = log["entries"].as_array().unwrap();
    for entry in entries {
        let has = |place: &str, keys: &[&str]| {
            let object = if place.is_empty() { entry } else { &entry[place] };
            keys.iter().for_each(|key| assert!(!object[key].is_null(), "{place}.{key} is missing in {entry}"));
        };
        has("", &["startedDateTime", "time", "request", "response", "cache", "timings"]);
        let request = ["method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"];
        has("request", &request);
        has("response", &["status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL"]);
        has("response", &["headersSize", "bodySize"]);
        has("timings", &["send", "wait", "receive"]);
        assert!(entry["request"]["url"].as_str().unwrap().parse::<Uri>().unwrap().query().is_none());
        assert!(entry["time"].as_f64().unwrap() >= 0.0);
        let started = entry["startedDateTime"].as_str().unwrap();
        started.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    }
    let statuses: Vec<_> = entries.iter().map(|entry| entry["response"]["status"].as_u64().unwrap()).collect();
    assert_eq!((statuses.first(), statuses.last()), (Some(&200), Some(&101)), "{statuses:?}");
    let frames = entries.last().unwrap()["_webSocketMessages"].as_array().unwrap();
    assert!(frames.iter().all(|frame| frame["data"] == "" && frame["time"].is_f64()));
}
