# For assets/packaging/build: packages for Linux.

# One tree below /usr or a folder like it, which all three kinds of package hold.
make_linux() {
  local tree=$work/tree share=$work/tree/share size shell page
  built linux x86_64-unknown-linux-gnu.2.28
  rm -rf "$tree"
  mkdir -p "$tree/bin" "$share"/{applications,metainfo,man/man1,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
  install -m 755 "$work/linux/ticketscope" "$tree/bin/ticketscope"
  install -m 644 assets/packaging/linux/ticketscope.desktop "$share/applications/$id.desktop"
  filled assets/packaging/linux/ticketscope.metainfo.xml >"$share/metainfo/$id.metainfo.xml"
  for size in 16 24 32 48 64 128 256 512; do
    install -D -m 644 "assets/icon/$size.png" "$share/icons/hicolor/${size}x$size/apps/$id.png"
  done
  install -D -m 644 assets/icon/ticketscope.svg "$share/icons/hicolor/scalable/apps/$id.svg"
  # The program writes what describes it.
  "$tree/bin/ticketscope" man "$share/man/man1"
  for page in "$share"/man/man1/*.1; do
    gzip -9 --no-name "$page"
  done
  "$tree/bin/ticketscope" completions bash >"$share/bash-completion/completions/ticketscope"
  "$tree/bin/ticketscope" completions zsh >"$share/zsh/site-functions/_ticketscope"
  "$tree/bin/ticketscope" completions fish >"$share/fish/vendor_completions.d/ticketscope.fish"
  licences "$share/doc/ticketscope"

  tool deb 3.8.0
  # What compresses is worth the time that it takes to build it well.
  tool generate-rpm 0.21.1 --config profile.release.package.zstd-sys.opt-level=3
  # A small file is worth its time in a release.
  local fast=()
  [ "$profile" = dist ] || fast=(--fast)
  cargo deb --quiet --no-build --no-strip "${fast[@]}" --target x86_64-unknown-linux-gnu --output "$packages/ticketscope_${version}_amd64.deb"
  cargo generate-rpm --arch x86_64 --auto-req disabled --output "$packages/ticketscope-$version.x86_64.rpm"

  local name=ticketscope-$version-x86_64-linux
  rm -rf "$work/$name"
  cp -r "$tree" "$work/$name"
  install -m 755 assets/packaging/linux/install.sh "$work/$name/install.sh"
  archive "$name"
}

# The folder $1 of target/packaging as an archive, the same bytes each time.
archive() {
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="$date" -C "$work" -c "$1" | gzip -9 --no-name >"$packages/$1.tar.gz"
}

make_static() {
  # Of this one people look at the size first.
  local profile=small name=ticketscope-$version-x86_64-linux-static context=$work/container
  built static x86_64-unknown-linux-musl --no-default-features
  rm -rf "$work/$name" "$context"
  install -D -m 755 "$work/static/ticketscope" "$work/$name/ticketscope"
  licences "$work/$name"
  archive "$name"

  [ -e /etc/ssl/certs/ca-certificates.crt ] || fail "needs /etc/ssl/certs/ca-certificates.crt (Debian: ca-certificates)"
  install -D -m 755 "$work/static/ticketscope" "$context/ticketscope"
  install -m 644 /etc/ssl/certs/ca-certificates.crt assets/packaging/container/Containerfile "$context/"
  licences "$context/licences"
}
