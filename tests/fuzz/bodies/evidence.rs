//! What users send, whatever it is.

use ticketscope::evidence::{Input, clean, open};
use ticketscope::view::{SessionView, Standpoint, Support};

/// The bytes are a file.
pub fn body(data: &[u8]) {
    let input = || Input::Bytes("fuzzed".into(), data.to_vec());
    if let Ok(copy) = clean(&input()) {
        let copied = Input::Bytes("copy".into(), copy.bytes);
        let (whole, again) = (open(vec![input()], None).is_ok(), open(vec![copied], None).is_ok());
        assert_eq!(whole, again, "a clean copy opens as its file does");
    }
    let Ok(opened) = open(vec![input()], None) else { return };
    let mut view = SessionView::recorded(opened.recording.header().profile.clone());
    for entry in opened.recording.entries().take(10_000) {
        view.apply(&entry);
    }
    let verdict = view.verdict(Standpoint::End);
    let text = format!("{} {} {}", verdict.title, verdict.detail, Support::of(&view).operations_text());
    assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'), "{text:?}");
}
