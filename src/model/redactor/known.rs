//! What is remembered of the secrets of a session: fingerprints of their pieces, in bounded memory.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};
use std::ops::Range;

use memchr::memmem;
use zeroize::Zeroizing;

use super::spelling::{MIN_SECRET, spell};

/// A piece of a secret's spelling is hidden if it is at least this long, in bytes.
pub const MIN_PIECE: usize = 12;
/// At an end of a text, where the rest of a secret may be in the text before or after, so long a piece is enough.
pub const GRAM: usize = 8;
/// Every piece of [`MIN_PIECE`] has a gram that begins at a multiple of this.
const STRIDE: usize = MIN_PIECE - GRAM + 1;
/// Fingerprints that a set holds before its older half is forgotten: what a table of 2¹⁸ places takes.
const MAX_PRINTS: usize = (1 << 18) / 8 * 7;
/// Spellings that are too short for fingerprints, at most: the newest.
const MAX_SHORT: usize = 512;
/// Secrets without fingerprints, at most.
const MAX_NEW: usize = 64;
/// Bits that tell at once of most grams that they are of no secret.
const FILTER: usize = 1 << 20;

/// How a secret is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// As it is.
    Plain,
    /// In every spelling.
    Spelt,
}

/// Everything that is known of a session's secrets: of short ones some ten thousand as they are, and the newest hundred in all
/// spellings.
pub struct Known {
    /// Makes the fingerprints, so that no memory holds a piece of a secret.
    key: u64,
    /// Secrets of which there are no fingerprints yet: making them costs more than a request, and can wait for the first text.
    new: Vec<(Zeroizing<Vec<u8>>, Depth)>,
    /// Secrets that are in the younger half of each set.
    secrets: Recent,
    spellings: Prints,
    plain: Prints,
    /// Spellings that are too short to be found by their pieces, oldest first.
    short: Vec<Zeroizing<Vec<u8>>>,
    /// A bit for each gram, at its fingerprint.
    filter: Box<[u64]>,
}

/// Which secrets need not be learnt again.
#[derive(Default)]
struct Recent {
    spelt: HashSet<u64>,
    plain: HashSet<u64>,
}

/// Fingerprints, of which the oldest are forgotten.
#[derive(Default)]
struct Prints {
    younger: Set,
    older: Set,
}

type Set = HashSet<u32, BuildHasherDefault<Spread>>;

/// Hashes what is a hash already.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u32(&mut self, print: u32) {
        self.0 = u64::from(print).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Default for Known {
    fn default() -> Self {
        Self {
            key: RandomState::new().hash_one(0),
            new: Vec::new(),
            secrets: Recent::default(),
            spellings: Prints::default(),
            plain: Prints::default(),
            short: Vec::new(),
            filter: Box::default(),
        }
    }
}

impl Known {
    /// Whether there is nothing to be hidden.
    pub fn is_empty(&self) -> bool {
        self.filter.is_empty() && self.short.is_empty()
    }

    /// Whether there are secrets of which it has not made fingerprints.
    pub fn has_new(&self) -> bool {
        !self.new.is_empty()
    }

    /// Whether `secret` is among the newest, so that [`learn`](Self::learn) would change nothing.
    pub fn is_recent(&self, secret: &[u8], depth: Depth) -> bool {
        let hash = self.hash(secret);
        (depth == Depth::Plain || self.secrets.spelt.contains(&hash)) && self.secrets.plain.contains(&hash)
            || self
                .new
                .iter()
                .any(|(new, known)| new.as_slice() == secret && (*known == Depth::Spelt || depth == *known))
    }

    /// Remembers `secret`.
    pub fn learn(&mut self, secret: &[u8], depth: Depth) {
        if secret.len() < MIN_SECRET || self.is_recent(secret, depth) {
            return;
        }
        self.new.push((Zeroizing::new(secret.to_owned()), depth));
        if self.new.len() >= MAX_NEW {
            self.settle();
        }
    }

    /// Makes the fingerprints of what is new, and forgets it.
    pub fn settle(&mut self) {
        for (secret, depth) in std::mem::take(&mut self.new) {
            self.remember(&secret);
            if depth == Depth::Spelt {
                self.remember_spellings(&secret);
            }
        }
    }

    fn remember(&mut self, secret: &[u8]) {
        let hash = self.hash(secret);
        if self.secrets.plain.insert(hash) && self.plain.make_room(secret.len()) {
            self.secrets.plain = HashSet::from([hash]);
        }
        let mut plain = std::mem::take(&mut self.plain);
        if secret.len() >= MIN_PIECE {
            self.print_all(secret, &mut plain);
        }
        self.plain = plain;
    }

    fn remember_spellings(&mut self, secret: &[u8]) {
        let hash = self.hash(secret);
        let (long, short): (Vec<_>, _) = spell(secret).partition(|spelling| spelling.len() >= MIN_PIECE);
        if self.spellings.make_room(long.iter().map(|spelling| spelling.len()).sum()) {
            self.secrets.spelt.clear();
        }
        self.secrets.spelt.insert(hash);
        let mut spellings = std::mem::take(&mut self.spellings);
        long.iter().for_each(|spelling| self.print_all(spelling, &mut spellings));
        self.spellings = spellings;
        self.short.retain(|known| !short.contains(known));
        self.short.extend(short);
        self.short.drain(..self.short.len().saturating_sub(MAX_SHORT));
    }

    /// How many fingerprints are kept.
    #[cfg(test)]
    pub fn prints(&self) -> usize {
        [&self.spellings, &self.plain].iter().map(|prints| prints.younger.len() + prints.older.len()).sum()
    }

    fn print_all(&mut self, spelling: &[u8], prints: &mut Prints) {
        if self.filter.is_empty() {
            self.filter = vec![0; FILTER / 64].into();
        }
        for gram in spelling.array_windows() {
            let print = self.print(gram);
            let (word, bit) = place(print);
            self.filter[word] |= bit;
            prints.younger.insert(print);
        }
    }

    /// The fingerprint of [`GRAM`] bytes, in which letters have one case.
    fn print(&self, bytes: &[u8; GRAM]) -> u32 {
        mixed(u64::from_le_bytes(bytes.map(|byte| byte.to_ascii_lowercase())) ^ self.key)
    }

    fn hash(&self, secret: &[u8]) -> u64 {
        let chunks = secret.chunks(GRAM);
        chunks.fold(self.key ^ secret.len() as u64, |hash, chunk| {
            let mut bytes = [0; GRAM];
            bytes[..chunk.len()].copy_from_slice(chunk);
            let next = hash ^ u64::from_le_bytes(bytes);
            u64::from(mixed(next)) << 32 | u64::from(mixed(next.wrapping_add(0x9e37_79b9_7f4a_7c15)))
        })
    }

    fn has(&self, said: &[u8], at: usize) -> bool {
        let Some(bytes) = said.get(at..).and_then(|rest| rest.first_chunk()) else { return false };
        let print = self.print(bytes);
        let (word, bit) = place(print);
        self.filter.get(word).is_some_and(|bits| bits & bit != 0)
            && [&self.spellings, &self.plain]
                .iter()
                .any(|prints| prints.younger.contains(&print) || prints.older.contains(&print))
    }

    /// Where `said` holds pieces of secrets, in order.
    pub fn pieces(&self, said: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for spelling in self.short.iter().filter(|spelling| spelling.len() <= said.len()) {
            found.extend(memmem::find_iter(said, &**spelling).map(|at| at..at + spelling.len()));
        }
        // What is before this place has been looked at.
        let mut next = 0;
        let last = said.len().saturating_sub(GRAM);
        for at in (0..last).step_by(STRIDE).chain([last]) {
            if at < next || !self.has(said, at) {
                continue;
            }
            let first = (next..at).rev().take_while(|&before| self.has(said, before)).last().unwrap_or(at);
            let final_one = (at + 1..).take_while(|&after| self.has(said, after)).last().unwrap_or(at);
            next = final_one + 1;
            let piece = first..final_one + GRAM;
            if piece.len() >= MIN_PIECE || piece.start == 0 || piece.end == said.len() {
                found.push(piece);
            }
        }
        found.sort_by_key(|piece| piece.start);
        found.dedup_by(|piece, before| {
            let is_joined = piece.start <= before.end;
            if is_joined {
                before.end = before.end.max(piece.end);
            }
            is_joined
        });
        found
    }
}

impl Prints {
    /// Makes room for so many more; `true` if what was the younger half is the older one now.
    fn make_room(&mut self, more: usize) -> bool {
        let is_full = self.younger.len() + more > MAX_PRINTS && !self.younger.is_empty();
        if is_full {
            self.older = std::mem::take(&mut self.younger);
        }
        is_full
    }
}

/// Word and bit of a fingerprint in the filter.
fn place(print: u32) -> (usize, u64) {
    let at = print as usize & (FILTER - 1);
    (at / 64, 1 << (at % 64))
}

/// The upper half of a number that has been mixed thoroughly (the finalizer of SplitMix64).
fn mixed(number: u64) -> u32 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (number >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_thousand_secrets_take_bounded_memory_and_the_newest_are_all_known() {
        let mut known = Known::default();
        let secret = |number: u32| {
            format!("{number:08x}{:08x}{:016x}", number.reverse_bits(), u64::from(number) * 0x9e37_79b9_7f4a)
        };
        for number in 0..100_000 {
            // Only as it is: the spellings are counted on their own.
            let mut plain = std::mem::take(&mut known.plain);
            plain.make_room(32);
            known.print_all(secret(number).as_bytes(), &mut plain);
            known.plain = plain;
        }
        assert!(known.plain.younger.len() <= MAX_PRINTS && known.plain.older.len() <= MAX_PRINTS);
        for number in 92_000..100_000 {
            let text = format!("it was {} once", secret(number));
            // A fingerprint that another piece has too may hide a neighbour.
            let found = known.pieces(text.as_bytes());
            assert!(found.iter().any(|piece| piece.start <= 7 && piece.end >= 39), "{number}: {found:?}");
        }
    }

    #[test]
    fn no_memory_holds_a_piece_of_a_long_secret() {
        let mut known = Known::default();
        known.learn(b"0123456789abcdef", Depth::Spelt);
        assert!(known.has_new());
        known.settle();
        assert!(!known.has_new());
        assert!(known.short.is_empty());
        assert!(
            known.is_recent(b"0123456789abcdef", Depth::Spelt) && !known.is_recent(b"0123456789abcdeg", Depth::Plain)
        );
        let before = known.spellings.younger.len();
        known.learn(b"0123456789abcdef", Depth::Spelt);
        assert_eq!(known.spellings.younger.len(), before);
    }
}
