//! What is wrong, who can mend it, and what to do next.

mod verdict;

pub use verdict::{Tone, Verdict, verdict};
