# The program for macOS, as far as it can be tried without Apple's frameworks and linker: types and lints.
set -euo pipefail
. tests/parts.sh
. tests/cross.sh
step "a compiler and Rust's standard library for macOS" cross_prepare aarch64-apple-darwin
step "lints for macOS" cross aarch64-apple-darwin clippy --all-targets -- -D warnings
