//! A sequence that can share its beginning with others, so that a moment of a long recording costs nothing to keep.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The first items are shared, those behind them its own.
#[derive(Clone)]
pub(super) struct Spliced<T> {
    all: Arc<Vec<T>>,
    /// How many of the shared items belong to it.
    shared: usize,
    own: VecDeque<T>,
}

impl<T> Default for Spliced<T> {
    fn default() -> Self {
        Self { all: Arc::default(), shared: 0, own: VecDeque::new() }
    }
}

impl<T: fmt::Debug> fmt::Debug for Spliced<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.range(0..self.len())).finish()
    }
}

impl<T> Spliced<T> {
    pub fn len(&self) -> usize {
        self.shared + self.own.len()
    }

    pub fn get(&self, index: usize) -> Option<&T> {
        match index.checked_sub(self.shared) {
            None => self.all.get(index),
            Some(index) => self.own.get(index),
        }
    }

    pub fn back(&self) -> Option<&T> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The last item, if it is not shared.
    pub fn back_mut(&mut self) -> Option<&mut T> {
        self.own.back_mut()
    }

    pub fn push_back(&mut self, item: T) {
        self.own.push_back(item);
    }

    /// Removes the first item, if it is not shared.
    pub fn pop_front(&mut self) -> Option<T> {
        if self.shared == 0 { self.own.pop_front() } else { None }
    }

    pub fn range(&self, range: Range<usize>) -> impl Iterator<Item = &T> {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        let shared = start.min(self.shared)..end.min(self.shared);
        let own = start.saturating_sub(self.shared)..end.saturating_sub(self.shared);
        self.all.get(shared).into_iter().flatten().chain(self.own.range(own))
    }

    /// The first item that does not fulfil `is_before`, where all that do come first.
    pub fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> usize {
        match self.all.get(..self.shared).map_or(0, |shared| shared.partition_point(&is_before)) {
            at if at < self.shared => at,
            _ => self.shared + self.own.partition_point(is_before),
        }
    }

    /// Room for items, in items.
    pub fn capacity(&self) -> usize {
        self.all.capacity() + self.own.capacity()
    }

    /// The same, with all items ready to be shared.
    pub fn into_shared(self) -> Self {
        debug_assert_eq!(self.shared, 0, "it has been shared already");
        let all: Vec<T> = self.own.into();
        Self { shared: all.len(), all: Arc::new(all), own: VecDeque::new() }
    }

    /// Its first `len` items, shared.
    pub fn until(&self, len: usize) -> Self {
        Self { all: Arc::clone(&self.all), shared: len.min(self.shared), own: VecDeque::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_sequence_wherever_it_is_spliced() {
        let mut all = Spliced::default();
        (0..20).for_each(|item| all.push_back(item));
        let all = all.into_shared();
        for shared in 0..=20 {
            let mut spliced = all.until(shared);
            (shared..23).for_each(|item| spliced.push_back(item));
            assert_eq!((spliced.len(), spliced.back()), (23, Some(&22)));
            for from in 0..=23 {
                assert_eq!(spliced.get(from), (from < 23).then_some(&from), "shared {shared}");
                assert_eq!(spliced.partition_point(|item| *item < from), from);
                for to in from..=24 {
                    let expected: Vec<_> = (from..to.min(23)).collect();
                    assert_eq!(spliced.range(from..to).copied().collect::<Vec<_>>(), expected, "shared {shared}");
                }
            }
        }
    }
}
