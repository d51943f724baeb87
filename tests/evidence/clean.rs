//! Clean copies: safe to pass on, and they open as the file does.

use ticketscope::evidence::{Input, clean};
use ticketscope::model::SafeText;

use crate::kit::{Session, chrome, http, sample, socket};

#[test]
fn a_clean_copy_opens_as_its_file_does_and_holds_no_secret() {
    for (name, secrets) in [
        ("chrome-ok.har", &["46f578175bc6e0d9be66bc6f60f567b5", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"][..]),
        ("chrome-upgrade401.har", &["d290456d31e7c5f51cc5ab2f5315276e"]),
        ("chrome-nodns.har", &["f1e0939430fd69fa1f9862f8446c2a06"]),
        ("firefox-upgrade401.har", &["fa13a8af6cf1fc89562c18739783024b", "eyJhbGciOiJIUzI1NiI"]),
        ("other-6-httptoolkit.har", &["4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b"]),
    ] {
        let copy = clean(&Input::File(sample(name))).unwrap();
        let text = String::from_utf8(copy.bytes).unwrap();
        let original = std::fs::read_to_string(sample(name)).unwrap();
        for secret in secrets {
            assert!(original.contains(secret), "{name}: the control");
            assert!(!text.contains(secret), "{name}: {secret}");
        }
        let (whole, again) = (Session::of(&[name]), Session::of_text(text));
        assert_eq!((again.code(), again.words()), (whole.code(), whole.words()), "{name}");
        let hash = |session: &Session| session.support().operations.into_iter().find(|fact| fact.name == "ticketHash");
        assert_eq!(hash(&again), hash(&whole), "{name}");
    }
}

#[test]
fn a_clean_copy_is_made_of_what_is_known_to_be_harmless() {
    let body = r#"{"token":"eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln","user":{"name":"Ada Lovelace","pin":4711},"error":{"code":"NO","message":"not now"}}"#;
    let mut asked = http(1, "POST", "https://api.example.com/api/v1/auth/token?tenant=acme-secret-tenant", 403, body);
    asked["request"]["headers"] = serde_json::json!([
        { "name": "Cookie", "value": "sid=s3cr3tc00kie" }, { "name": "X-Api-Key", "value": "k-123456" },
        { "name": "Origin", "value": "https://app.example.com" }
    ]);
    asked["request"]["postData"] = serde_json::json!({ "text": "user=ada&password=hunter2" });
    asked["_initiator"] = serde_json::json!({ "stack": "https://app.example.com/main.js?v=private" });
    let mut open = socket(2, "wss://api.example.com/ws?ticket=4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b", 500.0);
    open["_webSocketMessages"] =
        serde_json::json!([{ "type": "send", "time": 1_769_349_722.1, "opcode": 1, "data": "my private message" }]);
    let input = Input::Bytes(SafeText::new("pasted"), chrome(&[asked, open]).into_bytes());
    let text = String::from_utf8(clean(&input).unwrap().bytes).unwrap();
    for secret in ["Ada", "4711", "acme-secret", "s3cr3t", "k-123456", "hunter2", "private", "main.js"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    for kept in ["NO", "not now", "https://app.example.com", "\"_length\": 18"] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
}

#[test]
fn a_clean_copy_of_a_network_log_opens_as_the_log_does() {
    let copy = clean(&Input::File(sample("chrome-netlog.json"))).unwrap();
    let text = String::from_utf8(copy.bytes).unwrap();
    let original = std::fs::read_to_string(sample("chrome-netlog.json")).unwrap();
    let tickets: Vec<_> = original.split("ticket=").skip(1).filter_map(|rest| rest.get(..32)).collect();
    assert!(tickets.len() > 3 && tickets.iter().all(|ticket| !text.contains(ticket)));
    for private in ["polledData", "command_line", "dns_config", "user-data-dir"] {
        assert!(!text.contains(private), "{private}");
    }
    assert!(text.len() < original.len());
    let (whole, again) = (Session::of(&["chrome-netlog.json"]), Session::of_text(text));
    assert_eq!((again.code(), again.words()), (whole.code(), whole.words()));
    assert_eq!(again.entries().len(), whole.entries().len());
    assert_eq!(again.support().operations, whole.support().operations);
}

#[test]
fn only_har_files_and_network_logs_have_clean_copies() {
    let error = clean(&Input::File(sample("firefox-ok.console.txt"))).unwrap_err().to_string();
    assert!(error.contains("HAR file or a network log only"), "{error}");
}
