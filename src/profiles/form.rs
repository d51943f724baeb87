//! A profile's file as a form: which keys there are, what they hold, and the text with one of them changed.

mod field;
mod fixes;
mod keys;
mod table;
mod text;

pub use field::{Edit, Held, METHODS};
pub use fixes::Fix;
pub use table::{Key, KeyKind, Part, Place, Section, Values};
pub use text::{At, ProfileText, Spot};

#[cfg(test)]
mod tests;
