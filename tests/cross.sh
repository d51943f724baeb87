# Building for other systems on Debian, and running Windows programs. Source it after tests/parts.sh:
#
#   cross_prepare x86_64-pc-windows-gnu        once: compilers, and this rustc's standard library built for that target
#   cross x86_64-pc-windows-gnu build …        cargo with it; what it makes is in target/x86_64-pc-windows-gnu/
#   windows_program                            builds ticketscope.exe as tests use it; sets PROGRAM to its path
#   wine_prepare FOLDER                        wine with a home of its own there; afterwards `windows PROGRAM.exe …` runs it
#
# rustup's other targets cannot be had everywhere, so std is built from its sources in trixie-backports, which keeps several
# versions. All that is made once is in target/cross/, by the version of rustc. What is missing ends the part: "skipped: needs …".

CROSS=$PWD/target/cross/$(rustc --version --verbose | sed -n 's/^commit-hash: \(.\{12\}\).*/\1/p')
# Neither .NET nor a browser is asked for, and wine 8's Direct3D 12 ends a program that asks for a device.
export WINEDEBUG=${WINEDEBUG--all} WINEDLLOVERRIDES="mscoree,mshtml,d3d12="

# The sources of this rustc's std.
cross_sources() {
  [ ! -e "$CROSS/library" ] || return 0
  command -v apt-get >/dev/null || skipped "Debian, for the sources of Rust's standard library"
  local release folder=$CROSS/apt version suite mirror
  release=$(rustc --version | cut -d' ' -f2)
  rm -rf "$folder"
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Identifier: Packages" | sed -n '\|/debian/*$|p' | tail -1)
  mirror=${mirror:-http://deb.debian.org/debian}
  for suite in trixie-backports trixie forky; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
  done >"$folder/sources.list"
  local apt=(-qq -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$folder/lists"
    -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root)
  apt-get "${apt[@]}" update || true
  version=$(apt-cache "${apt[@]}" madison rust-src | awk -v release="$release+" 'index($3, release) == 1 { print $3 }' | tail -1)
  [ -n "$version" ] || skipped "Debian's rust-src $release, the sources of this rustc's standard library"
  (cd "$folder" && apt-get "${apt[@]}" download "rust-src=$version") || skipped "Debian's mirror, for rust-src $version"
  dpkg --fsys-tarfile "$folder"/rust-src_*.deb | tar -x -C "$folder" --wildcards './usr/src/*/library'
  mv "$folder"/usr/src/*/library "$CROSS/library"
  rm -rf "$folder"
}

# A toolchain of our own, which takes no room: the real one is not changed.
cross_toolchain() {
  [ ! -e "$CROSS/toolchain" ] || return 0
  local system
  system=$(rustc --print sysroot)
  rm -rf "$CROSS/toolchain.new"
  mkdir -p "$CROSS/toolchain.new"
  cp -al "$system/bin" "$system/lib" "$CROSS/toolchain.new" 2>/dev/null || cp -a "$system/bin" "$system/lib" "$CROSS/toolchain.new"
  mkdir -p "$CROSS/toolchain.new/lib/rustlib/src/rust"
  ln -s "$CROSS/library" "$CROSS/toolchain.new/lib/rustlib/src/rust/library"
  mv "$CROSS/toolchain.new" "$CROSS/toolchain"
}

# The standard library for a target, put where rustc looks for it: from then on the target is like any other.
cross_std() {
  local target=$1 crates=$2 place=$CROSS/toolchain/lib/rustlib/$1 folder=$CROSS/std
  [ ! -e "$place/lib" ] || return 0
  mkdir -p "$folder/src"
  printf '[package]\nname = "empty"\nedition = "2024"\n[workspace]\n[profile.release]\ndebug = false\n' >"$folder/Cargo.toml"
  : >"$folder/src/lib.rs"
  # With what link-time optimisation needs of it.
  (cd "$folder" && RUSTFLAGS=-Cembed-bitcode=yes RUSTC_BOOTSTRAP=1 PATH=$CROSS/toolchain/bin:$PATH cargo build --quiet --release "-Zbuild-std=$crates" --target "$target")
  mkdir -p "$place/lib.new"
  find "$folder/target/$target/release/deps" \( -name '*.rlib' -o -name '*.rmeta' \) ! -name 'libempty*' -exec cp {} "$place/lib.new" \;
  mv "$place/lib.new" "$place/lib"
  rm -rf "$folder"
}

cross_prepare() {
  case $1 in
    x86_64-pc-windows-gnu) packages gcc-mingw-w64-x86-64-win32 nasm ;;
    aarch64-apple-darwin) cross_zig ;;
  esac
  mkdir -p "$CROSS"
  cross_sources
  cross_toolchain
  cross_std "$1" "std,panic_unwind,proc_macro,test"
}

# A C compiler for Apple's systems. There is no linker for them: their frameworks are Apple's.
cross_zig() {
  [ ! -e "$CROSS/zig" ] || return 0
  packages python3 python3-venv
  mkdir -p "$CROSS"
  python3 -m venv "$CROSS/zig.new" && "$CROSS/zig.new/bin/pip" install --quiet --disable-pip-version-check ziglang==0.17.0 ||
    skipped "PyPI, for ziglang"
  local tool
  for tool in cc ar; do
    # Without what cc-rs adds for Apple's own clang. Objective-C needs Apple's headers; as nothing is linked, nothing stands for it.
    printf '%s\n' '#!/bin/bash' 'for word; do shift; case $word in --target=*|-mmacos*-version-min=*|-arch|arm64) ;;' \
      '*.m) set -- "$@" -x c /dev/null ;; *) set -- "$@" "$word" ;; esac; done' \
      "exec \"$CROSS/zig.new/bin/python\" -m ziglang $tool $([ $tool = ar ] || echo '-target aarch64-macos') \"\$@\"" >"$CROSS/zig.new/bin/apple-$tool"
    chmod +x "$CROSS/zig.new/bin/apple-$tool"
  done
  sed -i "s|zig\.new|zig|g" "$CROSS"/zig.new/bin/apple-*
  mv "$CROSS/zig.new" "$CROSS/zig"
}

cross() {
  local target=$1 command=$2
  shift 2
  PATH=$CROSS/toolchain/bin:$PATH RUSTC=$CROSS/toolchain/bin/rustc CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=${CARGO_INCREMENTAL-0} \
    CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc \
    CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER="${WINE-}" \
    CC_aarch64_apple_darwin=$CROSS/zig/bin/apple-cc AR_aarch64_apple_darwin=$CROSS/zig/bin/apple-ar \
    cargo "$command" --locked --target "$target" "$@"
}

# The program for Windows as the tests use it: without debug information, and not optimised.
windows_program() {
  cross_prepare x86_64-pc-windows-gnu
  cross x86_64-pc-windows-gnu build
  PROGRAM=$PWD/target/x86_64-pc-windows-gnu/debug/ticketscope.exe
}

WINE=/usr/lib/wine/wine64

# Wine with a home of its own in a folder. Wine 8 lacks bcryptprimitives.dll, which std asks for random numbers.
wine_prepare() {
  packages wine wine64 gcc-mingw-w64-x86-64-win32
  export WINEPREFIX=$1
  [ ! -e "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" ] || return 0
  WINEARCH=win64 "$WINE" wineboot --init >/dev/null 2>&1
  "$WINE" winecfg -v win10 >/dev/null 2>&1
  printf '%s\n' '#include <windows.h>' 'BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);' \
    '__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE to, SIZE_T size) { return SystemFunction036(to, size); }' |
    x86_64-w64-mingw32-gcc -shared -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" -xc - -ladvapi32
}

# Runs a Windows program.
windows() {
  "$WINE" "$@"
}

# Ends what still runs in wine.
wine_end() {
  "$(dirname "$WINE")/wineserver64" --kill 2>/dev/null || wineserver --kill 2>/dev/null || true
}
