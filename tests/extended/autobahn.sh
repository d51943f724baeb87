# Autobahn's WebSocket test suite (cases 1 to 7, 9 and 10) against our own connection task, src/driver/socket.
set -euo pipefail
. tests/parts.sh
cargo_command nextest --no-default-features --features default-no-update
# Where pyenv has it, its commands ask this.
two() {
  PYENV_VERSION=2.7.18 python2.7 "$@"
}
two -c '' 2>/dev/null || skipped "Python 2.7, for autobahntestsuite 0.8.2"
folder=$(mktemp -d)
ended() {
  kill "$server" 2>/dev/null || true
  rm -rf "$folder"
}
server=
trap ended EXIT

suite() {
  two -m pip install --quiet --disable-pip-version-check --target "$folder/tools" virtualenv==20.15.1 2>/dev/null &&
    PYTHONPATH="$folder/tools" two -m virtualenv --quiet "$folder/python" &&
    "$folder/python/bin/pip" install --quiet --disable-pip-version-check autobahntestsuite==0.8.2 2>/dev/null
}
step "autobahntestsuite 0.8.2" suite || skipped "PyPI, for autobahntestsuite 0.8.2"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$folder/server.json" <<END
{ "url": "ws://127.0.0.1:$port", "outdir": "$folder/report", "exclude-cases": [], "exclude-agent-cases": {},
  "cases": ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"] }
END
(cd "$folder" && exec python/bin/wstest -m fuzzingserver -s server.json >server.log 2>&1) &
server=$!
for _ in $(seq 100); do
  (exec 4<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  sleep 0.1
done
TICKETSCOPE_AUTOBAHN="127.0.0.1:$port" step "the suite's cases" \
  cargo nextest run --locked --lib --run-ignored only --no-capture -E 'test(=driver::socket::autobahn::the_suites_cases)'

# 6.4.3 and 6.4.4: a text that is not UTF-8 is refused at the end of its frame, not in the middle of it, as RFC 6455 §8.1 allows.
python3 - "$folder/report/index.json" <<'END'
import json, sys
cases = json.load(open(sys.argv[1]))["ticketscope"]
told = {}
for name, case in cases.items():
    for part in ("behavior", "behaviorClose"):
        told.setdefault(case[part], set()).add(name)
for behavior, names in sorted(told.items()):
    print(f"{behavior}: {len(names)}" + (f" ({', '.join(sorted(names))})" if len(names) < 30 else ""))
allowed = {"OK": None, "INFORMATIONAL": None, "NON-STRICT": {"6.4.3", "6.4.4"}}
wrong = {b: n for b, n in told.items() if b not in allowed or allowed[b] is not None and not n <= allowed[b]}
assert len(cases) == 301, f"{len(cases)} cases instead of 301"
assert not wrong, f"not as expected: {wrong}"
END
