# A minute of faults, one every 2 s; by hand for an hour: SOAK_SECONDS=3600 bash tests/run extended soak
set -euo pipefail
. tests/parts.sh
cargo_command nextest --no-default-features --features default-no-update
cargo nextest run --locked --test session --run-ignored only --no-capture -E 'test(soak::)'
