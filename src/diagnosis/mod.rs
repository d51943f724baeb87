//! What is wrong, who can mend it, and what to do next.

#[cfg(test)]
mod tests;
mod verdict;

pub use verdict::{Tone, Verdict, verdict};
