//! Going back to where a view of a recording once was, without folding everything from the beginning again.

use super::attempts::Bookmark;
use super::{SessionView, State};

/// Where a view was. It does not hold what was over by then, which the view at the end of the recording still has.
#[derive(Debug)]
pub struct Checkpoint {
    state: State,
    attempts: Bookmark,
}

impl Checkpoint {
    /// The memory of its own that it takes, in bytes, about.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.state.snapshot.bytes()
    }
}

impl SessionView {
    /// Where it is now.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { state: self.state.clone(), attempts: self.attempts.bookmark() }
    }

    /// The same at the end of a recording, ready for [`Self::back_at`].
    #[must_use]
    pub fn finished(self) -> Self {
        let Self { state, attempts, marks, findings } = self;
        Self { state, attempts: attempts.finished(), marks: marks.finished(), findings }
    }

    /// The view at `checkpoint`, to go on from there. Its marks are those of the whole recording.
    pub fn back_at(&self, checkpoint: &Checkpoint) -> Self {
        let Checkpoint { state, attempts } = checkpoint;
        let findings = state.diagnoser.findings();
        let (attempts, marks) = (self.attempts.back_at(attempts), self.marks.clone());
        Self { state: state.clone(), attempts, marks, findings }
    }
}
