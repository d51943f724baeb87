#!/bin/sh
# Installs Ticketscope from this folder, for everybody (as root: /usr/local) or for you alone (~/.local), and removes it again.
#
#   ./install.sh [--prefix FOLDER]
#   ./install.sh [--prefix FOLDER] --remove
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=${HOME:-/root}/.local
[ "$(id -u)" != 0 ] || prefix=/usr/local
remove=no
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) prefix=${2:?"--prefix needs a folder"} && shift 2 ;;
    --remove) remove=yes && shift ;;
    *) echo "usage: $0 [--prefix FOLDER] [--remove]" >&2 && exit 2 ;;
  esac
done

# The same list for both ways round: nothing else of the prefix is touched.
files() {
  (cd "$here" && find bin share -type f)
}

# Menus and icons are found again; both programs belong to the desktop and may be missing.
refresh() {
  [ ! -d "$prefix/share/applications" ] || update-desktop-database "$prefix/share/applications" 2>/dev/null || true
  [ ! -e "$prefix/share/icons/hicolor/index.theme" ] || gtk-update-icon-cache -q "$prefix/share/icons/hicolor" 2>/dev/null || true
}

if [ "$remove" = yes ]; then
  files | while read -r file; do
    rm -f "$prefix/$file"
    # Folders that are empty now; those of others are not.
    (cd "$prefix" 2>/dev/null && rmdir -p "$(dirname "$file")" 2>/dev/null) || true
  done
  refresh
  echo "removed from $prefix; profiles and recordings are left where they are"
  exit
fi

files | while read -r file; do
  mkdir -p "$prefix/$(dirname "$file")"
  # Written beside and moved: a program that is running is not disturbed.
  cp "$here/$file" "$prefix/$file.new" && mv -f "$prefix/$file.new" "$prefix/$file"
done
refresh
echo "installed into $prefix"
case :$PATH: in
  *":$prefix/bin:"*) ;;
  *) echo "$prefix/bin is not in PATH: add it, or call $prefix/bin/ticketscope" ;;
esac
