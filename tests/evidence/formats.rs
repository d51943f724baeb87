//! Files of every kind and encoding, told by what is in them.

use std::io::Write as _;

use ticketscope::model::{FileKind, Timing};

use crate::kit::{Session, sample};

fn kind(session: &Session) -> (FileKind, Timing) {
    let file = &session.opened.recording.header().files[0];
    (file.kind, file.timing)
}

#[test]
fn kinds_are_told_by_content() {
    for (name, expected) in [
        ("chrome-ok.har", (FileKind::Har, Timing::Dated)),
        ("chrome-netlog.json", (FileKind::NetLog, Timing::Dated)),
        ("firefox-ok.console.txt", (FileKind::Console, Timing::Order)),
        ("chrome-origin-timed.console.txt", (FileKind::Console, Timing::TimeOfDay)),
        ("other-7b-selenium-browserlogs.json", (FileKind::Console, Timing::Dated)),
    ] {
        let bytes = std::fs::read(sample(name)).unwrap();
        assert_eq!(kind(&Session::of_text(bytes)), expected, "{name}");
    }
}

#[test]
fn encodings_and_packings_make_no_difference() {
    let text = std::fs::read_to_string(sample("chrome-upgrade401.har")).unwrap();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let marked = [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat();
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(text.as_bytes()).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    for bytes in [utf16, marked, zlib.finish().unwrap(), gzip.finish().unwrap(), text.replace('\n', "").into_bytes()] {
        assert_eq!(Session::of_text(bytes).code(), "fresh-ticket-refused");
    }
}

#[test]
fn values_of_other_types_than_expected_are_as_good_as_missing() {
    let text = std::fs::read_to_string(sample("chrome-upgrade401.har")).unwrap();
    for (from, to) in [
        ("\"bodySize\": 0", "\"bodySize\": -1e308"),
        ("\"cookies\": []", "\"cookies\": null"),
        ("\"redirectURL\": \"\"", "\"redirectURL\": {\"a\": [1]}"),
        ("\"queryString\": [", "\"_x\": [true], \"queryString\": ["),
        ("\"statusText\": \"\"", "\"statusText\": 5"),
    ] {
        let changed = text.replace(from, to);
        assert_eq!(Session::of_text(changed).code(), "fresh-ticket-refused", "{from}");
    }
}

#[test]
fn a_servers_log_tells_by_ticket_hash() {
    let log = r#"{"level":30,"time":1769349721000,"msg":"[WSTicket] Ticket generated","traceId":"t-1","ticketHash":"05ace096c47e","ttl":30}
{"level":40,"time":1769349722000,"msg":"WS: Rejected - ticket invalid or expired","ip":"192.0.2.1","origin":"https://app.example.com","ticketHash":"05ace096c47e"}
"#;
    let session = Session::of_text(log);
    assert_eq!(kind(&session), (FileKind::ServerLog, Timing::Dated));
    assert_eq!(session.code(), "ticket-rejected", "{}", session.words());
    assert_eq!(session.view.attempts().len(), 1);

    let text = "[WSTicket] Ticket generated { hasUserId: false, ttl: 30 } ticketHash=05ace096c47e traceId=0000000f-2\n\
                WS: Connection rejected { origin: 'https://blocked.invalid', reason: 'ORIGIN_BLOCKED' } ticketHash=05ace096c47e \
                traceId=0000000f-3\n";
    let session = Session::of_text(text);
    assert_eq!(session.code(), "origin-blocked", "{}", session.words());
}

#[test]
fn our_own_archive_opens_again() {
    let opened = Session::of(&["chrome-upgrade401.har"]);
    let har = ticketscope::export::Format::Har.write(ticketscope::export::Session::recorded(&opened.opened.recording));
    let again = Session::of_text(har);
    assert_eq!(again.code(), "fresh-ticket-refused", "{}", again.words());
}

#[test]
fn what_was_opened_is_a_recording_that_opens_again() {
    let first = Session::of(&["chrome-ticket503.har"]);
    let again = Session::of_text(first.lines());
    assert_eq!((again.code(), again.words()), (first.code(), first.words()));
    assert_eq!(again.opened.recording.header().files, first.opened.recording.header().files);
}

#[test]
fn a_report_opens() {
    let recording = Session::of(&["chrome-ticket503.har"]).opened.recording;
    let own = ticketscope::report::Own::of_this_computer();
    let report = ticketscope::report::Report::new(&recording, None, own, chrono::DateTime::UNIX_EPOCH);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.zip");
    report.save(&path).unwrap();
    assert_eq!(Session::of_text(std::fs::read(path).unwrap()).code(), "ticket-store-down");
}

#[test]
fn what_only_a_browser_stops_is_told_from_its_console() {
    let wss = "wss://api.example.com/ws?ticket=4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
    let begin =
        "(index):7 [WS] Requesting WebSocket ticket...\n(index):10 [WS] Ticket obtained, connecting to WebSocket...\n";
    for (line, says) in [
        (
            format!(
                "(index):11 Refused to connect to '{wss}' because it violates the following Content Security Policy directive: \"connect-src 'self'\"."
            ),
            "Content Security Policy",
        ),
        (
            format!(
                "(index):11 Mixed Content: The page at 'https://app.example.com/' was loaded over HTTPS, but attempted to connect to the insecure WebSocket endpoint '{}'. This request has been blocked.",
                wss.replace("wss:", "ws:")
            ),
            "mixed content",
        ),
        (
            format!(
                "(index):11 WebSocket connection to '{wss}' failed: Error in connection establishment: net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"
            ),
            "Local Network Access",
        ),
        (
            format!(
                "(index):11 WebSocket connection to '{wss}' failed: Error in connection establishment: net::ERR_BLOCKED_BY_CLIENT"
            ),
            "extension",
        ),
    ] {
        let session = Session::of_text(format!("{begin}{line}\n"));
        assert_eq!(session.code(), "blocked-by-browser", "{line}: {}", session.words());
        assert!(session.words().contains(says), "{line}: {}", session.words());
    }
    let cors = "(index):7 [WS] Requesting WebSocket ticket...\nAccess to fetch at 'https://api.example.com/api/v1/ws-ticket' from \
                origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is \
                present on the requested resource.\n(index):9 [WS] Failed to connect HttpErrorResponse { status: 0, ... }\n";
    let session = Session::of_text(cors);
    assert_eq!(session.code(), "blocked-by-browser", "{}", session.words());
    assert!(session.words().contains("https://app.example.com"), "{}", session.words());
}
