# For assets/packaging/build: what the program is made of.

# The sources as they were committed: what Homebrew and Flatpak build, and what the SBOM is made of.
make_sources() {
  local name=ticketscope-$version
  git rev-parse --verify --quiet HEAD >/dev/null || fail "needs a clone of the repository for the archive of its sources"
  git archive --format=tar.gz --prefix="$name/" --output="$packages/$name-source.tar.gz" HEAD
  rm -rf "$work/source"
  mkdir -p "$work/source"
  tar -xzf "$packages/$name-source.tar.gz" -C "$work/source" --strip-components=1
}

make_papers() {
  make_sources
  tool cyclonedx 0.5.9
  mkdir -p "$work/papers"
  cargo fetch --quiet --locked
  cargo tree --locked --offline --edges normal --prefix none --format '{p}' \
    --target x86_64-unknown-linux-gnu --target x86_64-pc-windows-msvc --target aarch64-apple-darwin | sed 's/ (.*//' | sort -u >"$work/crates"
  python3 assets/packaging/notices.py "$work/crates" "$work/papers/THIRD-PARTY.html"
  # It writes beside each Cargo.toml, so not here.
  cargo cyclonedx --quiet --manifest-path "$work/source/Cargo.toml" --format json --spec-version 1.5 --target all \
    --no-build-deps --override-filename sbom
  python3 assets/packaging/sbom.py "$work/source" "$work/crates" "$packages/ticketscope-$version.cdx.json"
  install -m 644 "$work/papers/THIRD-PARTY.html" "$packages/ticketscope-$version-third-party.html"
}

# What every package says about licences, into folder $1.
licences() {
  [ -e "$work/papers/THIRD-PARTY.html" ] || fail "the part papers comes first"
  mkdir -p "$1"
  install -m 644 LICENSE-MIT LICENSE-APACHE "$work/papers/THIRD-PARTY.html" "$1/"
}

make_sums() {
  (cd "$packages" && rm -f SHA256SUMS && sha256sum -- *.* >"$OLDPWD/$work/SHA256SUMS")
  mv "$work/SHA256SUMS" "$packages/SHA256SUMS"
}
