//! What a support agent reads of each problem: a title, one sentence of cause, the next step.

use super::problem::Problem;

impl Problem {
    /// What is the matter, in a few words.
    pub fn title(&self) -> String {
        self.code().to_string()
    }

    /// Why, in one sentence.
    pub fn cause(&self) -> String {
        self.code().to_string()
    }

    /// What to do now, and who can do it.
    pub fn next_step(&self) -> String {
        self.owner().to_string()
    }
}
