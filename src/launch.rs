//! What tells this run of the program from all others.

use std::sync::LazyLock;

use aws_lc_rs::error::Unspecified;

static SECRET: LazyLock<Option<String>> = LazyLock::new(|| made(aws_lc_rs::rand::fill));

/// A secret of this run, in hex: whoever knows it is part of this program. Without randomness from the system there is none,
/// and nobody is taken for a part of it.
pub fn secret() -> Option<&'static str> {
    SECRET.as_deref()
}

fn made(fill: impl FnOnce(&mut [u8]) -> Result<(), Unspecified>) -> Option<String> {
    let mut bytes = [0; 16];
    fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_randomness_there_is_no_secret_that_anybody_could_guess() {
        assert_eq!(made(|_| Err(Unspecified)), None);
        assert_eq!(secret().map(str::len), Some(32));
    }
}
