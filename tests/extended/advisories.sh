# Known weaknesses of the libraries, by the RustSec database: fetched, or else the one that is there.
set -euo pipefail
. tests/parts.sh
cargo_command deny
if ! cargo deny --locked fetch db 2>/dev/null && ! compgen -G "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs/*/.git" >/dev/null; then
  skipped "the advisory database, https://github.com/RustSec/advisory-db"
fi
cargo deny --locked --offline check advisories
