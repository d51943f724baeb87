//! Clean copies: safe to pass on, and they open as the file does.

use ticketscope::evidence::{Input, clean};
use ticketscope::model::SafeText;

use serde_json::{Value, json};

use crate::kit::{Session, chrome, http, open_text, sample, socket};

const TICKETS: &str = "https://api.example.com/api/v1/ws-ticket";
const TICKET: &str = "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
const WSS: &str = "wss://api.example.com/ws?ticket=4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";

/// What a session tells of its cause: the code, who can fix it, and why.
fn told(session: &Session) -> [String; 4] {
    let problem = session.verdict.findings.first().map(|finding| &finding.problem);
    let said = |text: fn(&ticketscope::diagnosis::Problem) -> String| problem.map(text).unwrap_or_default();
    [
        session.code(),
        said(|problem| problem.owner.to_string()),
        said(|problem| problem.title.to_string()),
        said(|problem| problem.cause.to_string()),
    ]
}

fn copy_of(text: impl Into<Vec<u8>>) -> String {
    let copy = clean(&Input::Bytes(SafeText::new("pasted"), text.into())).unwrap();
    String::from_utf8(copy.bytes).unwrap()
}

/// The copy of a HAR file tells the same as the file.
fn assert_same(name: &str, file: &str) -> [String; 4] {
    let copy = copy_of(file);
    let (whole, again) = (Session::of_text(file), Session::of_text(copy.clone()));
    assert_eq!(told(&again), told(&whole), "{name}: {copy}");
    told(&whole)
}

#[test]
fn a_clean_copy_of_every_sample_tells_the_same_cause() {
    let mut all = 0;
    for entry in std::fs::read_dir(sample("")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let Ok(copy) = clean(&Input::File(path.clone())) else { continue };
        let whole = Session::new(open_text(bytes).unwrap());
        let again = Session::new(open_text(copy.bytes).unwrap_or_else(|error| panic!("{path:?}: {error}")));
        assert_eq!(told(&again), told(&whole), "{path:?}");
        all += 1;
    }
    assert!(all >= 17, "{all}");
}

/// Who refuses, with which status, headers and text.
type Page = (&'static str, u16, &'static [(&'static str, &'static str)], &'static str);

/// Pages with which somebody between refuses.
const PAGES: [Page; 14] = [
    ("Fiddler", 502, &[], "[Fiddler] The connection to 'api.example.com' failed. The remote certificate is invalid"),
    (
        "Charles",
        503,
        &[],
        "<html><head><title>Charles Error Report</title></head><body><p>Connection refused</p></body></html>",
    ),
    (
        "nginx",
        502,
        &[("Server", "nginx/1.25.3")],
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n\
         <hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>\r\n",
    ),
    ("nginx 413", 413, &[("Server", "nginx")], "<html><head><title>413 Request Entity Too Large</title></head></html>"),
    (
        "Cloudflare challenge",
        403,
        &[("Server", "cloudflare"), ("cf-mitigated", "challenge"), ("CF-RAY", "8f2b1c3d4e5f6a7b-FRA")],
        "<!DOCTYPE html><html lang=\"en-US\"><head><title>Just a moment...</title><script>var k='s3cr3tc0de12345678';\
         </script></head><body><p>Enable JavaScript and cookies to continue</p></body></html>",
    ),
    (
        "Cloudflare 521",
        521,
        &[("Server", "cloudflare"), ("CF-RAY", "8f2b1c3d4e5f6a7b-FRA")],
        "<!DOCTYPE html><html><head><title>api.example.com | 521: Web server is down</title></head><body>Error 521 \
         Ray ID: 8f2b1c3d4e5f6a7b</body></html>",
    ),
    (
        "Zscaler",
        403,
        &[("Server", "Zscaler/6.2")],
        "<html><head><title>Internet Security by Zscaler</title></head><body>Sorry, your organization has blocked this \
         site</body></html>",
    ),
    (
        "Zscaler by its script alone",
        403,
        &[],
        "<html><head><script src=\"https://login.zscaler.net/x.js\"></script></head><body>Access denied</body></html>",
    ),
    (
        "ALB",
        503,
        &[("Server", "awselb/2.0")],
        "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service \
         Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n",
    ),
    (
        "maintenance",
        503,
        &[("Retry-After", "3600")],
        "<html><head><title>Scheduled maintenance</title></head><body>We will be back at 14:00 UTC</body></html>",
    ),
    (
        "an SSO login",
        200,
        &[],
        "<!doctype html><html><head><title>Sign in to Contoso</title></head><body><form><input name=\"csrf\" \
         value=\"s3cr3tc0de12345678\"></form></body></html>",
    ),
    (
        "Keycloak by its address alone",
        200,
        &[],
        "<!doctype html><html><body><form action=\"https://id.example.com/keycloak/realms/x?code=s3cr3tc0de12345678\">\
         </form></body></html>",
    ),
    ("text", 403, &[("Server", "Squid/5.7")], "Access denied by policy 17, category: web sockets"),
    (
        "storage",
        403,
        &[("Server", "AmazonS3")],
        "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message>\
         <RequestId>7F3A91C0</RequestId></Error>",
    ),
];

fn answered(status: u16, headers: &[(&str, &str)], body: &str) -> Value {
    let kind = if body.starts_with('<') && !body.starts_with("<?xml") { "text/html" } else { "text/plain" };
    let mut entry = http(2, "GET", TICKETS, status, body);
    let all = headers.iter().copied().chain([("Content-Type", kind)]);
    entry["response"]["headers"] = all.map(|(name, value)| json!({ "name": name, "value": value })).collect();
    entry["response"]["content"]["mimeType"] = kind.into();
    entry
}

#[test]
fn a_clean_copy_tells_the_same_of_answers_that_are_no_json() {
    let mut codes = std::collections::BTreeSet::new();
    for (name, status, headers, body) in PAGES {
        let entry = answered(status, headers, body);
        let [code, ..] = assert_same(name, &chrome(std::slice::from_ref(&entry)));
        codes.insert(code);
        assert!(!copy_of(chrome(std::slice::from_ref(&entry))).contains("s3cr3t"), "{name}");
        // The same of the upgrade, as Firefox and proxies have it.
        let mut upgrade = answered(status, headers, body);
        upgrade["request"]["url"] = WSS.into();
        upgrade["_resourceType"] = "websocket".into();
        let granted = http(1, "GET", TICKETS, 200, &json!({ "ticket": TICKET }).to_string());
        let all =
            json!({ "log": { "creator": { "name": "Firefox", "version": "153" }, "entries": [granted, upgrade] } });
        assert_same(name, &all.to_string());
        // The same in base64, as mitmproxy writes what it took for no text.
        let mut coded = entry;
        coded["response"]["content"]["encoding"] = "base64".into();
        coded["response"]["content"]["text"] =
            base64::Engine::encode(&base64::engine::general_purpose::STANDARD, body).into();
        assert_same(name, &chrome(&[coded]));
    }
    assert!(codes.len() >= 6, "{codes:?}");
}

#[test]
fn a_clean_copy_keeps_what_tells_the_cause() {
    let jwt = |payload: Value| {
        let coded = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text);
        format!("{}.{}.c2ln", coded(r#"{"alg":"HS256"}"#), coded(&payload.to_string()))
    };
    let bearing = |mut entry: Value, token: String| {
        entry["request"]["headers"] = json!([
            { "name": "Origin", "value": "https://app.example.com" },
            { "name": "Authorization", "value": format!("Bearer {token}") },
        ]);
        entry
    };
    let granted = || http(1, "GET", TICKETS, 200, &json!({ "ticket": TICKET, "expiresInSeconds": 30 }).to_string());
    let refused = || http(2, "GET", TICKETS, 401, r#"{"error":{"code":"INVALID_TOKEN","message":"no"}}"#);
    let stale = jwt(json!({ "sessionId": "sess_0123456789abcdef", "iat": 1_769_299_200, "exp": 1_769_300_000 }));
    let sessionless = jwt(json!({ "iat": 1_769_299_200, "exp": 1_799_300_000 }));
    let framed = |kind: Value, frame: Value| {
        let mut open = socket(2, WSS, 500.0);
        open["_webSocketMessages"] = json!([
            { "type": "receive", "time": 1_769_349_722.1, "opcode": 1, "data": kind },
            frame,
        ]);
        open
    };
    let cut = json!({ "type": "receive", "time": 1_769_349_722.4, "opcode": 8, "data": "A/BPUklHSU5fQkxPQ0tFRA==" });
    let last = r#"{"type":"error","message":"session expired"}"#;
    let mut called_otherwise = framed(json!("hello"), cut.clone());
    let list = called_otherwise.as_object_mut().unwrap().remove("_webSocketMessages").unwrap();
    called_otherwise["webSocketMessages"] = list;
    let mut named_twice = called_otherwise.clone();
    named_twice["_webSocketMessages"] = Value::Null;
    named_twice["webSocketMessages"][1]["direction"] = "received".into();
    named_twice["webSocketMessages"][1]["payload"] = "1008 ORIGIN_BLOCKED".into();
    named_twice["webSocketMessages"][1]["data"] = Value::Null;
    let mut redirected = socket(2, WSS, 3.0);
    redirected["response"]["status"] = 302.into();
    redirected["response"]["headers"] = json!([{ "name": "Location", "value": "/login?next=%2Fws" }]);
    let mut cached = granted();
    cached["_fromCache"] = "disk".into();
    let mut relative = http(2, "GET", TICKETS, 302, "");
    relative["response"]["headers"] = json!([{ "name": "Location", "value": "/login?next=%2F" }]);
    let mut hidden = answered(403, &[("X-Iinfo", "12-34567-89 sNNN")], "<html><title>Error</title></html>");
    hidden["request"]["headers"] = json!([{ "name": "Accept", "value": "*/*" }]);
    for (name, entries) in [
        ("an expired JWT", vec![bearing(refused(), stale)]),
        ("a JWT without a session", vec![bearing(refused(), sessionless)]),
        ("what is no JWT", vec![bearing(refused(), "opaque-0123456789abcdef".to_owned())]),
        ("a close frame", vec![granted(), framed(json!("hello"), cut)]),
        ("messages that are called otherwise", vec![granted(), called_otherwise]),
        ("an answer without a body", vec![http(1, "GET", TICKETS, 200, "")]),
        ("an upgrade that is redirected", vec![granted(), redirected]),
        ("messages with two names", vec![granted(), named_twice]),
        ("a last word", vec![granted(), framed(json!(last), json!({ "type": "send", "opcode": 1, "data": "x" }))]),
        ("a cache", vec![cached, socket(20, WSS, 3.0)]),
        ("a redirect without a host", vec![relative]),
        ("who answered by a header's name", vec![hidden]),
        ("text that is no ticket", vec![http(1, "GET", TICKETS, 200, "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b")]),
        ("JSON that is cut off", vec![http(1, "GET", TICKETS, 503, r#"{"code":"REDIS_UNAVAILABLE","mess"#)]),
        (
            "a ticket that is a number",
            vec![
                http(1, "GET", TICKETS, 200, r#"{"ticket":4182093371820}"#),
                socket(2, "wss://api.example.com/ws?ticket=4182093371820", 0.0),
            ],
        ),
    ] {
        let told = assert_same(name, &chrome(&entries));
        let is_good = ["a ticket that is a number"].contains(&name);
        assert_eq!(told[0].is_empty(), is_good, "{name}: {told:?}");
    }
    // Where no request says so the pages do.
    let mut page = granted();
    page["request"]["headers"] = json!([]);
    let file = json!({ "log": {
        "creator": { "name": "WebInspector", "version": "537.36" },
        "pages": [{ "id": "page_1", "title": "https://app.example.com/inbox/4711", "startedDateTime": "2026-01-25T14:02:00Z" }],
        "entries": [page, crate::kit::refused(2, WSS, "Unexpected response code: 503")],
    }})
    .to_string();
    let origin = |text: &str| {
        let facts = Session::of_text(text).support().operations;
        facts.into_iter().find(|fact| fact.name == "origin").map(|fact| fact.value)
    };
    let copy = copy_of(file.as_str());
    let origins = [origin(&copy), origin(&file)];
    assert!(!copy.contains("inbox"), "{copy}");
    // Those of the socket itself come first in both.
    assert_eq!(origins[0], origins[1]);
}

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
