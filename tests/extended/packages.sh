# What people install: each package is made from a release build, installed where nothing of ours is, run and removed. What was seen is
# said at the end. The window's picture is target/packaging/seen/window.png.
set -euo pipefail
. tests/parts.sh
packages binutils gcc libc6-dev musl-tools python3 python3-venv ca-certificates debootstrap desktop-file-utils appstream man-db rpm wixl msitools \
  xvfb xdotool imagemagick icoutils buildah flatpak-builder ruby
for part in tests/packages/*.sh; do
  . "$part"
done
. tests/cross.sh

folder=$(mktemp -d)
seen=$PWD/target/packaging/seen
mkdir -p "$seen"
: >"$folder/said"
jobs=() mounts=()
ended() {
  local job place
  for job in "${jobs[@]}"; do
    kill "$job" 2>/dev/null || true
  done
  for place in "${mounts[@]}"; do
    umount --lazy "$place" || true
  done
  wine_end
  rm -rf --one-file-system "$folder"
}
trap ended EXIT

# Keeps a line for the end.
note() {
  echo "$*" | tee -a "$folder/said"
}

fail() {
  echo "packages: $*" >&2
  exit 1
}

# The program $@ works: it says its version, and connects to the server inside of it.
works() {
  local out
  out=$("$@" --version) || fail "$* --version ends with $?"
  [[ $out == "ticketscope $version ("*") "* ]] || fail "$* --version says $out"
  out=$("$@" watch --keychain memory --until connected) || fail "$* watch: $out"
  grep -q '\[WS\] Connected' <<<"$out" || fail "$* watch: $out"
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
made=target/packages
rm -rf "$made"
step "papers: sources, notices, SBOM" assets/packaging/build papers
step "linux: release build for glibc 2.28" assets/packaging/build --profile release linux
step "static: release build with musl" static_program
step "what is written for desktops, shells and readers" descriptions
step ".deb in a fresh Debian 11" deb_package
step ".rpm" rpm_package
step ".tar.gz with install.sh" tar_package
step "static program and container" static_package
step "Ticketscope.app" app_bundle
step "Windows" windows_packages
step "manifests, sums, SBOM, notices" papers
step "an archive of the sources" source_archive
printf '\n'
cat "$folder/said"
