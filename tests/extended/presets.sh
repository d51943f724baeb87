# The presets and what they are tested with, against others' programs: vendors' own clients connect to our stand-ins, and our
# presets to real servers that can be installed.
set -euo pipefail
. tests/parts.sh
command -v npm >/dev/null || packages nodejs npm
command -v python3 >/dev/null || packages python3 python3-venv
root=$PWD folder=$(mktemp -d)
jobs=()
ended() {
  for job in "${jobs[@]}"; do
    kill "$job" 2>/dev/null || true
  done
  rm -rf "$folder"
}
trap ended EXIT

cd "$folder"
step "clients and servers from npm" npm install --silent --no-audit --no-fund --ignore-scripts \
  @slack/socket-mode @microsoft/signalr socket.io socket.io-client home-assistant-js-websocket phoenix dingtalk-stream \
  centrifuge pusher-js graphql-ws graphql ws @rails/actioncable || skipped "npm's registry"
step "a place for Python" python3 -m venv python || skipped "python3-venv"
step "servers from PyPI" python/bin/pip install --quiet --disable-pip-version-check \
  jupyter_server daphne channels uvicorn websockets fastapi || skipped "PyPI"
cd "$root"
step build cargo build --locked
step "build of the stand-ins" cargo test --locked --test presets --no-run

# Prints what comes after $2 in file $1, as soon as it is there.
said() {
  for _ in $(seq 300); do
    if grep -q -- "$2" "$1"; then
      grep -m 1 -- "$2" "$1" | sed "s/.*$2 *//"
      return
    fi
    sleep 0.2
  done
  cat "$1" >&2
  return 1
}

vendors() {
  mkfifo "$folder/open"
  cargo test --locked --quiet --test presets -- --ignored --nocapture serve_until \
    <"$folder/open" >"$folder/stand-ins" 2>&1 &
  jobs+=($!)
  exec 3>"$folder/open"
  cp tests/presets/vendors.mjs "$folder"
  (cd "$folder" && node vendors.mjs "$(said stand-ins STAND-INS)")
  exec 3>&-
}

# The preset $1 for a server at $2. Its secrets come from the environment: PRESET_TOKEN and so on.
profile() {
  sed -E "s|^api = \"[^\"]*\"|api = \"http://$2\"|; s|^websocket = \"[^\"]*\"|websocket = \"ws://$2\"|
    s|^\[secret\.([a-z_]+)\]|&\nenv = \"PRESET_\U\1\"|; s|https://jupyter.example.com|http://$2|" "assets/presets/$1.toml"
}

# $1 stays up with the right credential past the limits of the server at $2, and does not connect with a wrong one.
real() {
  local preset=$1 address=$2 file="$folder/$1-${3:-real}.toml" out="$folder/out"
  export PRESET_USERNAME=ada
  profile "$preset" "$address" >"$file"
  PRESET_TOKEN=good-0123456789abcdef PRESET_PASSWORD=good-0123456789abcdef \
    target/debug/ticketscope watch --profile "$file" --keychain memory --for 12s >"$out" || { cat "$out"; return 1; }
  [ "$(grep -c '\[WS\] Connected' "$out")" = 1 ] || { cat "$out"; return 1; }
  if PRESET_TOKEN=wrong-0123456789abcdef PRESET_PASSWORD=wrong-0123456789abcdef \
    target/debug/ticketscope watch --profile "$file" --keychain memory --for 8s >"$out"; then
    cat "$out"
    return 1
  fi
  if grep -q '\[WS\] Connected' "$out"; then cat "$out"; return 1; fi
  echo "$preset at ${3:-a real server}: up and past its limits; with a wrong credential: $(tail -n 1 "$out" | cut -d. -f1)"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Waits until somebody listens at port $1.
listens() {
  for _ in $(seq 300); do
    (exec 4<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.2
  done
  return 1
}

servers() {
  local port name address
  cp tests/presets/real/servers.mjs "$folder"
  (cd "$folder" && exec node servers.mjs >npm-servers) &
  jobs+=($!)
  said "$folder/npm-servers" '^{' >/dev/null
  for name in socket-io graphql-ws; do
    address=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$folder/npm-servers" "$name")
    real "$name" "$address"
  done

  port=$(free_port)
  "$folder/python/bin/python" -m jupyter_server --allow-root --no-browser --ServerApp.port="$port" --ServerApp.ip=127.0.0.1 \
    --IdentityProvider.token=good-0123456789abcdef --ServerApp.root_dir="$folder" >"$folder/jupyter" 2>&1 &
  jobs+=($!)
  listens "$port" && real jupyter "127.0.0.1:$port"

  port=$(free_port)
  (cd tests/presets/real && PYTHONDONTWRITEBYTECODE=1 exec "$folder/python/bin/python" -m uvicorn fastapi_app:app --port "$port") >"$folder/uvicorn" 2>&1 &
  jobs+=($!)
  listens "$port" && real rest-ticket "127.0.0.1:$port" uvicorn

  port=$(free_port)
  (cd tests/presets/real && PYTHONDONTWRITEBYTECODE=1 exec "$folder/python/bin/daphne" -p "$port" channels_app:application) >"$folder/daphne" 2>&1 &
  jobs+=($!)
  listens "$port" && real rest-ticket "127.0.0.1:$port" daphne
}

step "vendors' clients with our stand-ins" vendors
step "our presets with real servers" servers
