# The public reports that show after minutes of real time: idle limits, cuts in rhythm, JWTs that expire.
set -euo pipefail
. tests/parts.sh
cargo_command nextest --no-default-features --features default-no-update
packages nginx-light
cargo nextest run --locked --test reports --run-ignored only --no-capture
