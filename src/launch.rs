//! What tells this run of the program from all others.

use std::sync::LazyLock;

static SECRET: LazyLock<String> = LazyLock::new(|| {
    let mut bytes = [0; 16];
    // Without randomness from the system TLS would not work either.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
});

/// A secret of this run, in hex: whoever knows it is part of this program.
pub fn secret() -> &'static str {
    &SECRET
}
