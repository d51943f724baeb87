//! Opening files, and asking what they show.

use std::path::PathBuf;

use ticketscope::evidence::{self, Input, OpenError, Opened};
use ticketscope::model::{Entry, SafeText};
use ticketscope::view::{SessionView, Standpoint, Support, Verdict};

/// A sample by its name.
pub fn sample(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/evidence/files").join(name)
}

/// A session that was read from files.
pub struct Session {
    pub opened: Opened,
    pub view: SessionView,
    pub verdict: Verdict,
}

impl Session {
    /// The samples with these names, together.
    pub fn of(names: &[&str]) -> Self {
        let inputs = names.iter().map(|name| Input::File(sample(name))).collect();
        Self::new(evidence::open(inputs, None).unwrap_or_else(|error| panic!("{names:?}: {error}")))
    }

    /// What came as text.
    pub fn of_text(text: impl Into<Vec<u8>>) -> Self {
        Self::new(open_text(text).unwrap_or_else(|error| panic!("{error}")))
    }

    /// What was opened.
    pub fn new(opened: Opened) -> Self {
        let mut view = SessionView::recorded(opened.recording.header().profile.clone());
        opened.recording.entries().for_each(|entry| view.apply(&entry));
        let verdict = view.verdict(Standpoint::End);
        Self { opened, view, verdict }
    }

    /// The code of the first finding; empty if all is well.
    pub fn code(&self) -> String {
        self.verdict.code().map(|code| code.to_string()).unwrap_or_default()
    }

    /// All that the verdict says.
    pub fn words(&self) -> String {
        format!("{}: {}. {}", self.verdict.status, self.verdict.title, self.verdict.detail)
    }

    /// What is to be passed on.
    pub fn support(&self) -> Support {
        Support::of(&self.view)
    }

    /// Its entries.
    pub fn entries(&self) -> Vec<Entry> {
        self.opened.recording.entries().collect()
    }

    /// The recording's file.
    pub fn lines(&self) -> String {
        self.opened.recording.upgraded_lines().map(|line| format!("{line}\n")).collect()
    }

    /// What the files cannot tell, by name.
    pub fn unseen(&self) -> Vec<&'static str> {
        self.support().unseen.iter().map(|fact| fact.name).collect()
    }
}

/// Opens what came as text.
pub fn open_text(text: impl Into<Vec<u8>>) -> Result<Opened, OpenError> {
    evidence::open(vec![Input::Bytes(SafeText::new("pasted"), text.into())], None)
}

/// A HAR file of Chrome's with these entries.
pub fn chrome(entries: &[serde_json::Value]) -> String {
    serde_json::json!({ "log": {
        "version": "1.2", "creator": { "name": "WebInspector", "version": "537.36" }, "pages": [], "entries": entries,
    }})
    .to_string()
}

/// One entry of a HAR file: what was asked at this second, and what came back.
pub fn http(second: u32, method: &str, url: &str, status: u16, body: &str) -> serde_json::Value {
    serde_json::json!({
        "startedDateTime": format!("2026-01-25T14:02:{second:02}.000Z"), "time": 50.0, "_resourceType": "fetch",
        "request": { "method": method, "url": url, "headers": [{ "name": "Origin", "value": "https://app.example.com" }] },
        "response": {
            "status": status, "httpVersion": "http/2.0", "headers": [],
            "content": { "size": body.len(), "mimeType": "application/json", "text": body },
        },
        "timings": { "send": 0, "wait": 50, "receive": 0 },
    })
}

/// A socket of Chrome's that opened at this second and lasted so many milliseconds; 0 if its end was not seen.
pub fn socket(second: u32, url: &str, lasted: f64) -> serde_json::Value {
    serde_json::json!({
        "startedDateTime": format!("2026-01-25T14:02:{second:02}.000Z"), "time": lasted, "_resourceType": "websocket",
        "request": { "method": "GET", "url": url, "headers": [{ "name": "Origin", "value": "https://app.example.com" }] },
        "response": { "status": 101, "httpVersion": "HTTP/1.1", "headers": [], "content": { "size": 0, "mimeType": "x-unknown" } },
        "timings": { "send": 0, "wait": 0.5, "receive": if lasted > 0.0 { lasted - 0.5 } else { 0.0 } },
        "_webSocketMessages": [],
    })
}

/// A socket of Chrome's that did not open.
pub fn refused(second: u32, url: &str, text: &str) -> serde_json::Value {
    let mut entry = socket(second, url, 2.0);
    entry["response"]["status"] = 0.into();
    let message = serde_json::json!({ "type": "error", "time": 1_769_349_720.0, "opcode": -1, "data": text });
    entry["_webSocketMessages"] = serde_json::json!([message]);
    entry
}
