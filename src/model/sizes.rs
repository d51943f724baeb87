//! Sizes in files: `"16MiB"`, `"512KiB"`, or a number of bytes.

/// A number of bytes that is a limit, for serde's `with`.
pub mod size {
    use std::fmt;

    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    /// The smallest: less would refuse the contract's own messages.
    pub const MIN: u64 = 1 << 10;
    /// The largest: one message has to fit into memory.
    pub const MAX: u64 = 256 << 20;

    const EXPECTED: &str = "expected a size from 1KiB to 256MiB, such as \"16MiB\"";

    /// The units, largest first.
    const UNITS: [(&str, u64); 3] = [("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

    /// `bytes` in the largest unit that needs no fraction.
    pub fn shown(bytes: u64) -> String {
        let (unit, factor) = UNITS.into_iter().find(|(_, factor)| bytes.is_multiple_of(*factor)).unwrap_or(("B", 1));
        format!("{}{unit}", bytes / factor)
    }

    /// Writes `bytes` as [`shown`] does.
    ///
    /// # Errors
    /// Those of `serializer`.
    pub fn serialize<S: Serializer>(bytes: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&shown(*bytes))
    }

    /// Reads a number of bytes, or one with a unit.
    ///
    /// # Errors
    /// If it is none, or out of bounds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = u64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_u64<E: Error>(self, bytes: u64) -> Result<u64, E> {
                if (MIN..=MAX).contains(&bytes) { Ok(bytes) } else { Err(E::custom(EXPECTED)) }
            }

            fn visit_i64<E: Error>(self, bytes: i64) -> Result<u64, E> {
                self.visit_u64(u64::try_from(bytes).map_err(|_| E::custom(EXPECTED))?)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
                let wrong = || E::custom(EXPECTED);
                let text = text.trim();
                let (number, factor) = UNITS
                    .into_iter()
                    .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
                    .ok_or_else(wrong)?;
                let number: u64 = number.trim_end().parse().map_err(|_| wrong())?;
                self.visit_u64(number.checked_mul(factor).ok_or_else(wrong)?)
            }
        }

        deserializer.deserialize_any(Either)
    }
}
