//! What is done with any bytes: whatever they are, nothing panics or hangs, and what is said of them is true. One file and one
//! line each; a folder of the same name in `corpus` has bytes that once were of interest.

mod answers;
mod drill;
mod evidence;
mod frames;
mod head;
mod profile;
mod recording;

/// Does something with bytes.
pub type Body = fn(&[u8]);

/// All of them, by name.
pub const BODIES: [(&str, Body); 7] = [
    ("answers", answers::body),
    ("drill", drill::body),
    ("evidence", evidence::body),
    ("frames", frames::body),
    ("head", head::body),
    ("profile", profile::body),
    ("recording", recording::body),
];
