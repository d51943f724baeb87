//! Recordings, whoever wrote them.

use ticketscope::journal::lines;
use ticketscope::journal::recording::Recording;
use ticketscope::replay::verify;
use ticketscope::view::SessionView;

/// The bytes are a file.
pub fn body(data: &[u8]) {
    let Ok(recording) = Recording::from_bytes(data) else { return };
    let mut view = SessionView::recorded(recording.header().profile.clone());
    for entry in recording.entries().take(10_000) {
        view.apply(&entry);
        assert!(!lines(&entry).iter().any(|line| line.text.chars().any(char::is_control)), "{entry:?}");
    }
    let _ = (view.findings(), verify(&recording));
    // What is written again is read again.
    let again: String = recording.upgraded_lines().map(|line| format!("{line}\n")).collect();
    let read = Recording::from_bytes(again.as_bytes()).expect("what this program writes");
    assert_eq!(read.len(), recording.len());
}
