"""Writes what winget, Homebrew and Flatpak want to have submitted: the templates in manifests/, filled with what was built.

manifests.py PACKAGES OUT VERSION COMMIT ADDRESS      COMMIT is hash and date, as `ticketscope --version` says them

A manifest is written if the package that it names was built.
"""

import hashlib
import json
import re
import shutil
import sys
import tomllib
import uuid
from pathlib import Path

PACKAGES, OUT = Path(sys.argv[1]), Path(sys.argv[2])
VERSION, COMMIT, ADDRESS = sys.argv[3:]
HERE = Path(__file__).parent
TEMPLATES = HERE / "manifests"


def values() -> dict[str, str | None]:
    """What stands for each @name@; None for the sum of a package that was not built."""
    release = f"{ADDRESS}/releases/download/v{VERSION}/"
    found: dict[str, str | None] = {
        "version": VERSION,
        "commit": COMMIT,
        "date": COMMIT.split(" ")[1],
        "address": ADDRESS,
    }
    for name, file in {
        "source": f"ticketscope-{VERSION}-source.tar.gz",
        "msi": f"ticketscope-{VERSION}-x86_64-windows.msi",
        "macos": f"ticketscope-{VERSION}-macos.zip",
    }.items():
        path = PACKAGES / file
        found[name] = release + file
        found[name + "_sum"] = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
    # As windows/msi makes it.
    found["product_code"] = "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, "ticketscope msi " + VERSION)).upper() + "}"
    return found


def fill(template: Path, to: Path, known: dict[str, str | None]) -> None:
    text = template.read_text()
    names = set(re.findall(r"@(\w+)@", text))
    missing = sorted(name for name in names if known[name] is None)
    if missing:
        print(f"manifests: without {template.name}, for {', '.join(missing)}", file=sys.stderr)
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(re.sub(r"@(\w+)@", lambda match: str(known[match[1]]), text))


def crates() -> list[dict[str, object]]:
    """The libraries as Flatpak's builder fetches them: it has no network while it builds."""
    sources: list[dict[str, object]] = []
    for package in tomllib.loads((HERE / "../../Cargo.lock").read_text())["package"]:
        if "checksum" not in package:
            continue
        name = f"{package['name']}-{package['version']}"
        sources += [
            {
                "type": "archive",
                "archive-type": "tar-gzip",
                "url": f"https://static.crates.io/crates/{package['name']}/{name}.crate",
                "sha256": package["checksum"],
                "dest": f"cargo/vendor/{name}",
            },
            {
                "type": "inline",
                "contents": json.dumps({"package": package["checksum"], "files": {}}),
                "dest": f"cargo/vendor/{name}",
                "dest-filename": ".cargo-checksum.json",
            },
        ]
    config = '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "cargo/vendor"\n'
    return [*sources, {"type": "inline", "contents": config, "dest": "cargo", "dest-filename": "config.toml"}]


known = values()
winget = OUT / "winget/manifests/t/Ticketscope/Ticketscope" / VERSION
for kind in ["", ".installer", ".locale.en-US"]:
    fill(TEMPLATES / f"winget/Ticketscope.Ticketscope{kind}.yaml", winget / f"Ticketscope.Ticketscope{kind}.yaml", known)
if known["msi_sum"] is None:
    shutil.rmtree(OUT / "winget", ignore_errors=True)
fill(TEMPLATES / "homebrew/ticketscope.rb", OUT / "homebrew/Formula/ticketscope.rb", known)
fill(TEMPLATES / "homebrew/ticketscope-app.rb", OUT / "homebrew/Casks/ticketscope-app.rb", known)
flatpak = OUT / "flatpak"
fill(TEMPLATES / "flatpak/io.github.ticketscope.Ticketscope.yml", flatpak / "io.github.ticketscope.Ticketscope.yml", known)
(flatpak / "cargo-sources.json").write_text(json.dumps(crates(), indent=1))
