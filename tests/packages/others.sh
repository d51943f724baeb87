# For tests/extended/packages.sh: Windows, macOS, and what is written about packages.

# The bundle around a stand-in: nothing here links a program for macOS. What Apple's own tools alone can tell, such as the signature, is
# done where releases are made.
app_bundle() {
  local place=$folder/app
  mkdir -p "$place"
  printf '#!/bin/sh\necho stand-in\n' >"$folder/mac-program"
  assets/packaging/build --macos "$folder/mac-program" macos 2>/dev/null
  python3 - "$made/ticketscope-$version-macos.zip" "$version" "$place" <<'END'
import plistlib, struct, sys, zipfile
archive, version, place = sys.argv[1:]
zipped = zipfile.ZipFile(archive)
contents = "Ticketscope.app/Contents/"
names = set(zipped.namelist())
info = plistlib.loads(zipped.read(contents + "Info.plist"))
assert info["CFBundleShortVersionString"] == info["CFBundleVersion"] == version, info
assert info["CFBundleIdentifier"] == "io.github.ticketscope.Ticketscope" and info["CFBundlePackageType"] == "APPL", info
program = zipped.getinfo(f"{contents}MacOS/{info['CFBundleExecutable']}")
assert program.external_attr >> 16 & 0o111 == 0o111, "the program cannot be run"
for name in ("LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.html"):
    assert f"{contents}Resources/{name}" in names, name
icon = zipped.read(f"{contents}Resources/{info['CFBundleIconFile']}.icns")
assert icon[:4] == b"icns" and struct.unpack(">I", icon[4:8])[0] == len(icon), "the icon's length"
at, sizes = 8, set()
while at < len(icon):
    length = struct.unpack(">I", icon[at + 4 : at + 8])[0]
    assert icon[at + 8 : at + 16] == b"\x89PNG\r\n\x1a\n", icon[at : at + 4]
    sizes.add(struct.unpack(">I", icon[at + 24 : at + 28])[0])
    at += length
assert sizes == {16, 32, 64, 128, 256, 512, 1024}, sizes
entitlements = plistlib.load(open("assets/packaging/macos/entitlements.plist", "rb"))
assert entitlements and not any(entitlements.values()), "the hardened runtime has exceptions"
END
  note "Ticketscope.app: around a stand-in; Info.plist, icon in 7 sizes, entitlements and modes read back; not signed, not started"
}

windows_packages() {
  local name=ticketscope-$version-x86_64-windows home=$folder/wine place msi
  # A skipped part must not end the others.
  local code=0
  (windows_program && wine_prepare "$home" && echo "$PROGRAM" >"$folder/exe") || code=$?
  if [ "$code" = "$SKIPPED" ]; then
    note "Windows: skipped, see above"
    return
  fi
  [ "$code" = 0 ] || return "$code"
  wine_prepare "$home"
  assets/packaging/build --windows "$(cat "$folder/exe")" windows 2>/dev/null

  place="$WINEPREFIX/drive_c/Program Files/Ticketscope"
  msi=$(windows winepath --windows "$PWD/$made/$name.msi" 2>/dev/null)
  path() {
    windows reg query 'HKLM\System\CurrentControlSet\Control\Session Manager\Environment' /v PATH 2>/dev/null
  }
  windows msiexec /i "$msi" /qn || fail "msiexec /i ends with $?"
  for file in ticketscope.exe LICENSE-MIT.txt LICENSE-APACHE.txt THIRD-PARTY.html; do
    [ -s "$place/$file" ] || fail "the .msi installs no $file"
  done
  path | grep -F 'Program Files\Ticketscope' >/dev/null || fail "the .msi does not add to PATH"
  find "$WINEPREFIX/drive_c" -name Ticketscope.lnk | grep 'Start Menu' >/dev/null || fail "nothing in the start menu"
  windows reg query 'HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall' /s 2>/dev/null | grep Ticketscope >/dev/null || fail "not among the programs that are installed"
  # By its name, as from a new prompt.
  windows_works windows cmd /c ticketscope
  windows msiexec /x "$msi" /qn || fail "msiexec /x ends with $?"
  [ ! -e "$place" ] || fail "after removing there is $(find "$place")"
  if path | grep Ticketscope >/dev/null; then fail "after removing it is in PATH"; fi
  if find "$WINEPREFIX/drive_c" -name Ticketscope.lnk | grep .; then fail "after removing it is in the start menu"; fi

  python3 -m zipfile --extract "$made/$name.zip" "$folder/portable"
  windows_works windows "$folder/portable/ticketscope.exe"
  note ".msi under $(windows --version): installed, in PATH, start menu and list of programs, connected, removed without a rest"
  # As it comes down from a browser, by any name.
  cp "$made/$name.exe" "$folder/from the browser.exe"
  windows_works windows "$folder/from the browser.exe"
  note ".zip and portable .exe under wine: unpacked, started, connected"
  wine_end
}

windows_works() {
  local out
  out=$("$@" --version | tr -d '\r') || fail "$* --version ends with $?"
  [[ $out == "ticketscope $version ("*"windows"* ]] || fail "$* --version says $out"
  out=$("$@" watch --keychain memory --until connected) || fail "$* watch: $out"
  grep -q '\[WS\] Connected' <<<"$out" || fail "$* watch: $out"
}

# What is written about the packages, and what others read of it.
papers() {
  local tools=$folder/python
  rm -rf "$made/manifests"
  assets/packaging/build manifests sums
  (cd "$made" && sha256sum --check --quiet SHA256SUMS) || fail "SHA256SUMS"
  cargo tree --locked --offline --edges normal --prefix none --format '{p}' \
    --target x86_64-unknown-linux-gnu --target x86_64-pc-windows-msvc --target aarch64-apple-darwin | sed 's/ (.*//' | sort -u >"$folder/crates"
  python3 - "$made" "$version" "$folder/crates" <<'END'
import hashlib, json, re, sys, tomllib
from pathlib import Path
made, version, crates = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_text().split("\n")
crates = {tuple(line.split(" v")) for line in crates if line}

def digest(name):
    return hashlib.sha256((made / name).read_bytes()).hexdigest()

sums = dict(reversed(line.split()) for line in (made / "SHA256SUMS").read_text().splitlines())
packages = {path.name for path in made.iterdir() if path.is_file() and path.name != "SHA256SUMS"}
assert set(sums) == packages, set(sums) ^ packages

listed = json.loads((made / f"ticketscope-{version}.cdx.json").read_text())
assert listed["bomFormat"] == "CycloneDX" and listed["metadata"]["component"]["version"] == version
components = {(part["name"], part["version"]) for part in listed["components"]}
ours = {crate for crate in crates if crate[0].startswith("ticketscope")}
assert components - ours == crates - ours, f"the SBOM differs in {sorted((crates ^ components) - ours)}"
refs = {part["bom-ref"] for part in [listed["metadata"]["component"], *listed["components"]]}
assert {entry["ref"] for entry in listed["dependencies"]} <= refs and "file:///ticketscope" in json.dumps(listed)
unlicensed = [part["name"] for part in listed["components"] if not part.get("licenses")]
assert not unlicensed, f"the SBOM says no licence of {unlicensed}"

notices = (made / f"ticketscope-{version}-third-party.html").read_text()
missing = [f"{name} {number}" for name, number in crates - ours if f"{name} {number}" not in notices]
assert not missing, f"the notices lack {missing}"
assert "Permission is hereby granted" in notices and "SIL OPEN FONT LICENSE" in notices and "<pre></pre>" not in notices

manifests = made / "manifests"
left = [path for path in manifests.rglob("*") if path.is_file() and re.search(r"@\w+@", path.read_text())]
assert not left, f"not filled: {left}"
formula = (manifests / "homebrew/Formula/ticketscope.rb").read_text()
assert digest(f"ticketscope-{version}-source.tar.gz") in formula
assert digest(f"ticketscope-{version}-macos.zip") in (manifests / "homebrew/Casks/ticketscope-app.rb").read_text()
msi = made / f"ticketscope-{version}-x86_64-windows.msi"
winget = list((manifests / "winget").rglob("*.yaml"))
assert len(winget) == (3 if msi.exists() else 0), winget
if msi.exists():
    assert digest(msi.name) in "".join(path.read_text() for path in winget)
locked = [part for part in tomllib.loads(Path("Cargo.lock").read_text())["package"] if "checksum" in part]
sources = json.loads((manifests / "flatpak/cargo-sources.json").read_text())
assert {source.get("sha256") for source in sources} >= {part["checksum"] for part in locked}
print(f"{len(packages)} packages with their sums; SBOM of {len(components)}; notices of {len(crates - ours)} libraries")
END
  if python3 -m venv "$tools" && "$tools/bin/pip" install --quiet --disable-pip-version-check check-jsonschema==0.39.0 2>/dev/null; then
    "$tools/bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/release.yml
    # The same reader, for manifests whose schemas are not with it: they are YAML.
    "$tools/bin/python" -c 'import ruamel.yaml, sys
for path in sys.argv[1:]:
    assert ruamel.yaml.YAML(typ="safe").load(open(path)), path' $(find "$made/manifests" -name '*.y*ml')
    note "release.yml: as GitHub's schema says; winget's manifests are YAML"
  else
    note "release.yml and manifests: skipped: needs PyPI, for check-jsonschema"
  fi
  find "$made/manifests" -name '*.rb' -exec ruby -c {} + >/dev/null || fail "a Homebrew manifest is no Ruby"
  # It leaves a folder where it is run.
  (cd "$folder" && flatpak-builder --show-manifest "$OLDPWD/$made/manifests/flatpak/io.github.ticketscope.Ticketscope.yml" >/dev/null) || fail "Flatpak's manifest"
  note "manifests: Homebrew's are Ruby, flatpak-builder reads Flatpak's; none was submitted"
}

# The sources as a tarball build, know of no commit, and of none that is not theirs.
source_archive() {
  local place=$folder/sources/ticketscope-$version commit
  mkdir -p "$folder/sources"
  git -C "$folder/sources" init --quiet
  tar -xzf "$made/ticketscope-$version-source.tar.gz" -C "$folder/sources"
  for file in Cargo.lock README.md LICENSE-MIT LICENSE-APACHE assets/packaging/build; do
    [ -e "$place/$file" ] || fail "the archive lacks $file"
  done
  rustc --edition 2024 --crate-name ticketscope_commit --crate-type proc-macro --extern proc_macro --out-dir "$folder" "$place/assets/packaging/commit/lib.rs"
  echo 'fn main() { println!("{:?}", ticketscope_commit::commit!()) }' >"$folder/main.rs"
  said() {
    CARGO_MANIFEST_DIR=$1 rustc --edition 2024 --extern "ticketscope_commit=$(echo "$folder"/libticketscope_commit.*)" -o "$folder/main" "$folder/main.rs" && "$folder/main"
  }
  commit=$(said "$place")
  [ "$commit" = None ] || fail "an archive says it is commit $commit"
  said "$PWD" | grep "$(git log -1 --abbrev=12 --format='%h %cs')" >/dev/null || fail "a clone does not say its commit: $(said "$PWD")"
  note "archive of the sources: knows no commit, even inside of another repository"
}
