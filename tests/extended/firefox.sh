# The probe in a real Firefox.
set -euo pipefail
. tests/parts.sh
packages firefox-esr || { echo "skipped: needs firefox-esr"; exit "$SKIPPED"; }
TICKETSCOPE_TEST_ALL=1 cargo nextest run --locked --test evidence --run-ignored only -E 'test(firefox)'
