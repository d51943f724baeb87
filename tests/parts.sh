# What tests/run and the parts in tests/extended/ share.

# A part that ends with this was not run; it has said why.
SKIPPED=77

# Says loudly that this part is not run, and ends it.
skipped() {
  echo "skipped: needs $*"
  exit "$SKIPPED"
}

# Does something that has a name, and says how long it took.
step() {
  local name=$1 begin=$SECONDS
  shift
  echo "== $name"
  "$@"
  echo "== $name: $((SECONDS - begin)) s"
}

# Installs Debian packages that are missing.
packages() {
  local package missing=()
  for package in "$@"; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || skipped "Debian and root, to install ${missing[*]}"
  echo "installing: ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "${missing[@]}" >/dev/null
}

# Installs a command of cargo's that is missing. It is needed for this run, so it is built quickly, not well.
cargo_command() {
  local name=$1
  shift
  cargo "$name" --version >/dev/null 2>&1 || CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=false cargo install --locked "cargo-$name" "$@"
}
