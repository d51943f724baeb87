# What memory holds after New session: a client's core is searched for its old JWT, ticket and session id.
set -euo pipefail
. tests/parts.sh
cargo_command nextest --no-default-features --features default-no-update
packages gdb
cargo nextest run --locked --test session --run-ignored only --no-capture -E 'test(=gone::after_new_session_no_buffer_of_ours_holds_the_old_secrets)'
