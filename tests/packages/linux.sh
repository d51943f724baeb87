# For tests/extended/packages.sh: packages for Linux.

# Desktop entry, metainfo, icons, manual pages, completions.
descriptions() {
  local tree=target/packaging/tree/share size page warnings newest
  desktop-file-validate "$tree"/applications/*.desktop
  appstreamcli validate --no-net "$tree"/metainfo/*.xml
  [ "$(sed -n 's/^Icon=//p' "$tree"/applications/*.desktop)" = "$(basename "$tree"/metainfo/*.xml .metainfo.xml)" ]
  for size in 16 24 32 48 64 128 256 512; do
    identify -format '%w %h %[channels]\n' "$tree/icons/hicolor/${size}x$size/apps"/*.png | grep "^$size $size .*a" >/dev/null || fail "icon of $size"
  done
  [ "$(icotool --list assets/icon/ticketscope.ico | wc -l)" = 7 ] || fail "sizes of ticketscope.ico"
  for page in "$tree"/man/man1/*.gz; do
    warnings=$(LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings --local-file "$page" 2>&1 >/dev/null)
    [ -z "$warnings" ] || fail "$page: $warnings"
  done
  LC_ALL=C.UTF-8 man --local-file "$tree/man/man1/ticketscope-check.1.gz" | grep -- --quiet >/dev/null || fail "ticketscope-check(1)"
  # As somebody who presses Tab.
  # shellcheck disable=SC2016
  bash -c '. "$1"; COMP_WORDS=(ticketscope wat); COMP_CWORD=1; _ticketscope ticketscope wat ticketscope; [ "${COMPREPLY[*]}" = watch ]' \
    bash "$tree/bash-completion/completions/ticketscope" || fail "bash completes nothing"
  newest=$(objdump -T target/packaging/tree/bin/ticketscope | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
  [ "$(printf '%s\n' "$newest" GLIBC_2.28 | sort -V | tail -n 1)" = GLIBC_2.28 ] || fail "it asks for $newest"
  note "program for Linux: $(du -h target/packaging/tree/bin/ticketscope | cut -f1), asks for $newest at most; $(find "$tree/man" -name '*.gz' | wc -l) manual pages; bash completes"
}

# A Debian whose libc is as old as can be had.
old_debian() {
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Identifier: Packages" | grep -m 1 '/debian/\?$') || mirror=http://deb.debian.org/debian
  debootstrap --variant=minbase bullseye "$root" "$mirror" >"$folder/debootstrap" 2>&1
}

deb_package() {
  local deb=$made/ticketscope_${version}_amd64.deb shown app title colours left
  root=$folder/debian
  old_debian || { tail -n 3 "$folder/debootstrap" && note ".deb: skipped: needs Debian 11 from a mirror" && return; }
  mount -t proc proc "$root/proc" && mounts+=("$root/proc")
  cp "$deb" "$root/ticketscope.deb"
  # What is recommended is installed as well, as a person's computer does it.
  chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes /ticketscope.deb >"$folder/apt" 2>&1 || { tail "$folder/apt" && fail "apt install"; }
  works chroot "$root" ticketscope
  for file in bin/ticketscope share/man/man1/ticketscope.1.gz "share/applications/$(basename target/packaging/tree/share/applications/*.desktop)" share/doc/ticketscope/copyright; do
    [ -s "$root/usr/$file" ] || fail "the .deb installs no $file"
  done

  exec 5>"$folder/display"
  Xvfb -displayfd 5 -screen 0 1400x900x24 -nolisten tcp >/dev/null 2>&1 &
  jobs+=($!)
  until [ -s "$folder/display" ]; do sleep 0.1; done
  shown=:$(head -n 1 "$folder/display")
  DISPLAY=$shown LIBGL_ALWAYS_SOFTWARE=1 chroot "$root" ticketscope --keychain memory >"$folder/window" 2>&1 &
  app=$!
  jobs+=("$app")
  DISPLAY=$shown timeout 60 xdotool search --sync --onlyvisible --name Ticketscope >/dev/null || { cat "$folder/window" && fail "no window"; }
  # The very first start connects to the demo, and the title says how that went.
  for _ in $(seq 100); do
    title=$(DISPLAY=$shown xdotool search --onlyvisible --name Ticketscope getwindowname | tail -n 1)
    case $title in *Connected*) break ;; esac
    sleep 0.2
  done
  [[ $title == *Connected* ]] || fail "the window's title is $title"
  DISPLAY=$shown import -window root "$seen/window.png"
  colours=$(identify -format %k "$seen/window.png")
  [ "$colours" -gt 100 ] || fail "the window's picture has $colours colours"
  kill "$app"
  wait "$app" || true

  chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get remove -qq --yes ticketscope >/dev/null 2>&1
  left=$(find "$root/usr" "$root/etc" -iname '*ticketscope*')
  [ -z "$left" ] || fail "after removing there is $left"
  note ".deb: installed in Debian 11 ($(chroot "$root" ldd --version | head -n 1 | grep -o '[0-9.]*$')), connected, window “$title” with $colours colours, removed without a rest"
}

rpm_package() {
  local rpm=$made/ticketscope-$version.x86_64.rpm place=$folder/rpm left
  mkdir -p "$place"
  rpm --query --package --requires "$rpm" | grep 'GLIBC_2.28' >/dev/null || fail "the .rpm does not ask for a libc"
  rpm --query --package --recommends "$rpm" | grep libxkbcommon-x11 >/dev/null || fail "the .rpm does not recommend a window's libraries"
  [ "$(rpm --query --package --queryformat '%{NAME} %{VERSION} %{ARCH} %{LICENSE}' "$rpm")" = "ticketscope $version x86_64 MIT OR Apache-2.0" ] || fail "the .rpm's header"
  # The libraries are this computer's, of which rpm knows nothing.
  rpm --root "$place" --install --nodeps "$rpm"
  rpm --root "$place" --verify --nodeps ticketscope || fail "files are not as the .rpm says"
  diff <(cd target/packaging/tree && find bin share -type f | sort) <(cd "$place/usr" && find bin share -type f | sort) || fail "not the same files"
  works "$place/usr/bin/ticketscope"
  rpm --root "$place" --erase ticketscope
  left=$(find "$place/usr" -type f 2>/dev/null) || true
  [ -z "$left" ] || fail "after erasing there is $left"
  note ".rpm: $(rpm --query --package --list "$rpm" | wc -l) files, installed in an empty root, verified, connected, erased without a rest"
}

tar_package() {
  local name=ticketscope-$version-x86_64-linux prefix=$folder/prefix before
  tar -xzf "$made/$name.tar.gz" -C "$folder"
  mkdir -p "$prefix/share/applications"
  echo another >"$prefix/share/applications/another.desktop"
  before=$(find "$prefix" | sort)
  (cd / && sh "$folder/$name/install.sh" --prefix "$prefix") | grep "is not in PATH" >/dev/null || fail "install.sh says nothing of PATH"
  works "$prefix/bin/ticketscope"
  # Installed over itself while it runs.
  "$prefix/bin/ticketscope" watch --keychain memory --for 5s >/dev/null &
  jobs+=($!)
  sh "$folder/$name/install.sh" --prefix "$prefix" >/dev/null
  wait $! || fail "it did not survive being installed anew"
  sh "$folder/$name/install.sh" --prefix "$prefix" --remove >/dev/null
  [ "$(find "$prefix" | grep -v mimeinfo.cache | sort)" = "$before" ] || fail "install.sh --remove left $(find "$prefix")"
  if sh "$folder/$name/install.sh" --everywhere 2>/dev/null; then fail "install.sh takes anything"; fi
  note ".tar.gz: installed into a prefix, connected, installed over itself while running, removed without a rest"
}

# With rustup's standard library for musl, or with one that is built from its sources, where rustup's cannot be had.
static_program() {
  local code=0
  if [ -d "$(rustc --print target-libdir --target x86_64-unknown-linux-musl)" ]; then
    assets/packaging/build static
    return
  fi
  (static_from_sources) || code=$?
  [ "$code" = 0 ] && return
  rm -f "$made/ticketscope-$version-x86_64-linux-static.tar.gz"
  note "static program: skipped: needs Rust's target x86_64-unknown-linux-musl, from rustup; with its sources the build ended with $code"
}

static_from_sources() {
  local inner=$CROSS/toolchain/lib/rustlib/x86_64-unknown-linux-musl/lib/self-contained begins
  cross_prepare x86_64-unknown-linux-musl || return
  # zig has all of these, and leaves out what rustc names from here.
  mkdir -p "$inner" && cp /usr/lib/x86_64-linux-musl/*crt*.o "$inner" || return
  for begins in crtbegin crtbeginS crtbeginT crtend crtendS; do
    cp "$(gcc -print-file-name=$begins.o)" "$inner" || return
  done
  PATH=$CROSS/toolchain/bin:$PATH RUSTC=$CROSS/toolchain/bin/rustc assets/packaging/build static
}

static_package() {
  local name=ticketscope-$version-x86_64-linux-static program size container server
  [ -e "$made/$name.tar.gz" ] || return 0
  tar -xzf "$made/$name.tar.gz" -C "$folder"
  program=$folder/$name/ticketscope
  size=$(stat --format %s "$program")
  [ "$size" -lt 14000000 ] || fail "the static program has $size bytes"
  if readelf --program-headers "$program" | grep INTERP >/dev/null; then fail "it is not static"; fi
  "$program" --version | grep 'x86_64-unknown-linux-musl, without window' >/dev/null || fail "$("$program" --version)"

  image() {
    buildah --root "$folder/store" --runroot "$folder/run" --storage-driver vfs "$@"
  }
  image bud --quiet --isolation chroot --tag ticketscope target/packaging/container >/dev/null 2>&1 || fail "no image"
  container=$(image from --pull-never localhost/ticketscope 2>/dev/null)
  inside() {
    image run --isolation chroot --volume "$folder/data:/data" "$container" -- /usr/bin/ticketscope "$@"
  }
  mkdir -p "$folder/data" && chmod 777 "$folder/data"
  works inside
  inside check --keychain memory >"$folder/checked" || { cat "$folder/checked" && fail "check in the container"; }
  inside watch --keychain memory --until connected --record /data/mine.jsonl >/dev/null
  inside open mine.jsonl | grep CONNECTED >/dev/null || fail "open in the container"
  "$program" serve >"$folder/serve" 2>&1 &
  jobs+=($!)
  for _ in $(seq 100); do
    server=$(grep -o -m 1 'http://127.0.0.1:[0-9]*' "$folder/serve") && break
    sleep 0.1
  done
  python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1] + "/healthz").read().decode())' "$server" | grep UP >/dev/null || fail "serve does not answer"
  note "static program: $((size / 1000)) kB, serve answers; image from scratch: watch, check and open as user 65534"
}
