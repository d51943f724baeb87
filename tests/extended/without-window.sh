# A build without the window: it compiles without a graphics library, as clean as the other, and its tests pass.
set -euo pipefail
. tests/parts.sh
cargo_command nextest --no-default-features --features default-no-update
cargo clippy --workspace --all-targets --no-default-features --locked -- -D warnings
cargo nextest run --locked --no-default-features
