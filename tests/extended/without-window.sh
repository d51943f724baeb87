# The tests of a build without the window: they compile without a graphics library and pass.
set -euo pipefail
. tests/parts.sh
cargo_command nextest --no-default-features --features default-no-update
cargo nextest run --locked --no-default-features
