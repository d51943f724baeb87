# For assets/packaging/build: Windows, macOS, and what collections of packages want to have.

make_windows() {
  local name=ticketscope-$version-x86_64-windows folder=$work/windows
  [ -n "${program[windows]-}" ] || fail "windows needs --windows ticketscope.exe"
  needs wixl "wixl msitools"
  needs msibuild "wixl msitools"
  rm -rf "$folder"
  mkdir -p "$folder"
  install -m 644 "${program[windows]}" "$folder/ticketscope.exe"
  licences "$folder"
  mv "$folder/LICENSE-MIT" "$folder/LICENSE-MIT.txt"
  mv "$folder/LICENSE-APACHE" "$folder/LICENSE-APACHE.txt"
  : >"$packages/$name.msi"
  assets/packaging/windows/msi "$folder" "$packages/$name.msi" "$version" "$address"
  zipped "$name" "$folder"
  install -m 644 "$folder/ticketscope.exe" "$packages/$name.exe"
}

make_macos() {
  local name=ticketscope-$version-macos folder=$work/macos
  [ -n "${program[macos]-}" ] || fail "macos needs --macos PROGRAM"
  mkdir -p "$folder"
  assets/packaging/macos/app "${program[macos]}" "$folder"
  zipped "$name" "$folder"
}

# What is in folder $2 as the archive $1.zip, with modes.
zipped() {
  python3 - "$packages/$1.zip" "$2" "$date" <<'END'
import os, sys, zipfile
archive, folder, date = sys.argv[1:]
day = tuple(int(part) for part in date.split("-")) + (0, 0, 0)
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
    for path in sorted(os.path.join(top, name) for top, _, names in os.walk(folder) for name in names):
        entry = zipfile.ZipInfo(os.path.relpath(path, folder), day)
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, os.stat(path).st_mode << 16
        out.writestr(entry, open(path, "rb").read())
END
}

make_manifests() {
  rm -rf "$packages/manifests"
  python3 assets/packaging/manifests.py "$packages" "$packages/manifests" "$version" "$commit" "$address"
}
