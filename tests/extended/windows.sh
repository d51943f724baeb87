# The program for Windows: built and linted here, its unit tests, drills and commands run in wine, and its window looked at.
set -euo pipefail
. tests/parts.sh
. tests/cross.sh
target=x86_64-pc-windows-gnu
step "packages" packages wine wine64 xvfb xdotool x11-apps imagemagick
step "a compiler and Rust's standard library for Windows" cross_prepare "$target"

root=$PWD folder=$(mktemp -d)
pictures=$root/target/windows
jobs=()
ended() {
  for job in "${jobs[@]}"; do
    kill "$job" 2>/dev/null || true
  done
  wine_end
  rm -rf "$folder"
}
trap ended EXIT

step "wine" wine_prepare "$folder/wine"
step "lints" cross "$target" clippy --all-targets -- -D warnings
step "the program" windows_program
step "unit tests" cross "$target" test --lib -- --test-threads 2
# For recordings of this system.
step "the program for this system" cargo build --locked
linux=$root/target/debug/ticketscope
cp "$PROGRAM" "$folder/ticketscope.exe"
cd "$folder"
scope() {
  windows ticketscope.exe "$@"
}

# Ends the part unless file $2 holds $1.
has() {
  grep -q -- "$1" "$2" || { echo "expected “$1” in $2:" >&2 && cat "$2" >&2 && exit 1; }
}

# Ends the part unless the exit code of the rest is $1. What it prints goes to the file `said`.
ends_with() {
  local expected=$1 code=0
  shift
  "$@" >said 2>&1 || code=$?
  [ "$code" = "$expected" ] || { echo "exit code $code instead of $expected: $*" >&2 && cat said >&2 && exit 1; }
}

# Waits until file $2 holds $1.
until_said() {
  for _ in $(seq 300); do
    grep -q -- "$1" "$2" 2>/dev/null && return
    sleep 0.1
  done
  echo "“$1” did not come:" >&2
  cat "$2" >&2
  exit 1
}

resources() {
  for word in detached PerMonitorV2 longPathAware; do
    has "$word" ticketscope.exe
  done
  x86_64-w64-mingw32-objdump -p ticketscope.exe >said
  has "VERSION\|Resource Directory" said
}

drills() {
  ends_with 0 scope drill all
  tail -3 said
  # The drill that kills a Redis needs addresses that Windows has not.
  [ "$(grep -c 'not run' said)" -le 2 ] || { cat said >&2 && exit 1; }
}

check() {
  ends_with 0 scope check --profile "Local demo"
  tail -2 said
  ends_with 2 scope check --profile "no such profile"
}

recordings() {
  ends_with 0 scope watch --profile "Local demo" --until connected --record windows.jsonl
  "$linux" watch --profile "Local demo" --until connected --record linux.jsonl >/dev/null
  ends_with 0 scope replay --verify linux.jsonl
  "$linux" replay --verify windows.jsonl
  ends_with 0 scope report windows.jsonl -o report.zip
  "$linux" open report.zip
  # As `>` of Windows PowerShell writes.
  (printf '\377\376' && iconv -f UTF-8 -t UTF-16LE linux.jsonl) >utf16.jsonl
  ends_with 0 scope replay --verify utf16.jsonl
  scope profile preset slack-socket-mode | (printf '\377\376' && iconv -f UTF-8 -t UTF-16LE) >slack.toml
  ends_with 0 scope profile check slack.toml
}

# While a session runs its recording can be copied, read and reported, and nobody else records into it; then it is asked to end.
running() {
  local event=$1 file=$1.jsonl
  (windows console.exe "$event" "$event.now" ticketscope.exe watch --profile "Local demo" --record "$file" >"$event.out" 2>&1; echo "code $?" >>"$event.out") &
  jobs+=($!)
  until_said "Connected" "$event.out"
  if [ "$event" = ctrl-break ]; then
    windows cmd /c copy "$file" copy.jsonl >/dev/null
    ends_with 0 scope replay "$file"
    ends_with 0 scope report copy.jsonl -o copy.zip
    ends_with 2 scope watch --profile "Local demo" --record "$file"
    has "another program is recording into it" said
  fi
  touch "$event.now"
  until_said "^code" "$event.out"
  # The recording has its last line, and the close was asked for and answered.
  tail -1 "$file" | grep -q '"end":' || { tail -3 "$file" >&2 && cat "$event.out" >&2 && exit 1; }
  has '"type":"disconnected","close":{"code":1000' "$file"
}

credentials() {
  printf '%s\n' 'name = "Kept"' 'api = "https://a.example"' '[secret.key]' '[socket]' 'query = { k = "{{key}}" }' >kept.toml
  printf 'from a person\n' >value
  ends_with 0 scope secret set kept.toml key <value
  wine_end
  ends_with 0 scope secret list kept.toml
  cat said
  has "given\|set\|kept" said
  ends_with 0 scope secret forget kept.toml key
}

# A screen of its own for what follows, with options of Xvfb's. What ran before has no windows for as long as it runs.
screen() {
  wine_end
  rm -f screen.number
  Xvfb -displayfd 4 -screen 0 1400x900x24 -nolisten tcp "$@" 4>screen.number 2>/dev/null &
  xvfb=$!
  jobs+=("$xvfb")
  until_said "[0-9]" screen.number
  DISPLAY=:$(cat screen.number)
  export DISPLAY
}

# Takes it away, with everything on it.
no_screen() {
  wine_end
  unset DISPLAY
  kill "$xvfb"
}

# Runs the rest where there can be windows.
on_screen() {
  screen ${without:+-extension "$without"}
  "$@"
  no_screen
}

# $1 is the theme; the picture is for people to look at.
window() {
  local theme=$1 id settings
  settings=$WINEPREFIX/drive_c/users/$(id --user --name)/AppData/Roaming/ticketscope/config
  mkdir -p "$settings" "$pictures"
  printf 'theme = "%s"\n' "$theme" >"$settings/settings.toml"
  windows ticketscope.exe --keychain memory >"window-$theme.out" 2>&1 &
  jobs+=($!)
  # The very first start runs the demo, and the title says how it is.
  id=$(timeout 120 xdotool search --sync --onlyvisible --name "Connected" | tail -1) || { cat "window-$theme.out" >&2 && exit 1; }
  sleep 2
  import -window "$id" "$pictures/$theme.png"
  [ "$(identify -format %k "$pictures/$theme.png")" -gt 200 ] || { echo "nothing is drawn: $pictures/$theme.png" >&2 && exit 1; }
  echo "$pictures/$theme.png"
}

# Without anything to draw with a sentence says so, and the console takes over.
no_graphics() {
  windows ticketscope.exe --keychain memory >no-graphics.out 2>&1 &
  jobs+=($!)
  until_said "neither Direct3D 12 nor OpenGL 2.0" no-graphics.out
  until_said "Connected" no-graphics.out
}

x86_64-w64-mingw32-gcc -Wall -o console.exe "$root/tests/extended/windows/console.c"
step "icon, version, manifest" resources
step "drills" drills
step "check" check
step "recordings of both systems" recordings
for event in ctrl-c ctrl-break close log-off shutdown; do
  step "a running session, and its end by $event" running "$event"
done
step "a running session, and its end by messages to windows" on_screen running session
step "Credential Manager" credentials
for theme in dark light; do
  step "the window, $theme" on_screen window "$theme"
done
without=GLX step "no graphics" on_screen no_graphics
