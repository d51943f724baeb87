"""Writes THIRD-PARTY.html: the licences of the libraries in the program, as their authors wrote them.

notices.py CRATES OUT      CRATES has a line such as "tokio v1.54.0" for each library

Every file of a library that speaks of licence, copyright or notice is taken whole, from the sources that cargo has; equal files are
shown once. Nothing is asked of the network.
"""

import html
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPEAKS_OF_RIGHTS = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense|ofl|ufl)", re.IGNORECASE)
CODE = {".rs", ".py", ".toml", ".json", ".sh", ".c", ".h"}

HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>What Ticketscope is made of</title>
<style>
  body { font: 15px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark; }
  pre { white-space: pre-wrap; border-left: 3px solid gray; padding-left: 1rem; }
</style>
<h1>What Ticketscope is made of</h1>
<p>Ticketscope is under MIT or Apache-2.0, as you like. It contains these libraries of others, and the fonts Inter and JetBrains Mono.
Where there is a choice of licences, each is one that this program may be passed on under.</p>
"""


def texts(package: dict) -> list[str]:
    """What the authors wrote, file by file."""
    folder = Path(package["manifest_path"]).parent
    files = {path for path in folder.glob("*") if SPEAKS_OF_RIGHTS.search(path.name) and path.suffix not in CODE}
    files |= {inner for path in files if path.is_dir() for inner in path.iterdir()}
    files |= {path for path in folder.glob("fonts/*") if SPEAKS_OF_RIGHTS.search(path.name)}
    if package["license_file"]:
        files.add(folder / package["license_file"])
    return [path.read_text(errors="replace").strip() for path in sorted(files) if path.is_file()]


def standard(package: dict, others: list[dict]) -> list[str]:
    """The terms where none came with the library: they are the same for everything under that licence."""
    choices = re.split(r"\s+OR\s+|/", (package["license"] or "").strip("()"))
    if "MIT" in choices:
        holder = "Copyright: " + (", ".join(package["authors"]) or "its authors")
        return [re.sub(r"(?m)^Copyright .*$", holder, (ROOT / "LICENSE-MIT").read_text().strip())]
    if "Apache-2.0" in choices:
        return [(ROOT / "LICENSE-APACHE").read_text().strip()]
    for other in others:
        if other["license"] == package["license"] and (found := texts(other)):
            return found
    sys.exit(f"notices: {package['name']} {package['version']} comes without the text of {package['license']}")


wanted = set(Path(sys.argv[1]).read_text().splitlines())
metadata = subprocess.run(
    ["cargo", "metadata", "--locked", "--offline", "--format-version", "1"], cwd=ROOT, check=True, capture_output=True, text=True
)
packages = [
    package
    for package in json.loads(metadata.stdout)["packages"]
    if package["source"] and f"{package['name']} v{package['version']}" in wanted
]
used_by: dict[str, list[str]] = {}
rows = []
for package in sorted(packages, key=lambda package: (package["name"], package["version"])):
    name = f"{package['name']} {package['version']}"
    rows.append(f"<li>{html.escape(name)}: {html.escape(package['license'] or 'see its file')}</li>")
    for text in texts(package) or standard(package, packages):
        used_by.setdefault(text, []).append(name)
for path in sorted((ROOT / "assets/fonts").glob("*LICENSE*")):
    used_by.setdefault(path.read_text().strip(), []).append("the font " + path.name.split("-")[0])
sections = [
    f"<h2>{html.escape(', '.join(names))}</h2>\n<pre>{html.escape(text)}</pre>"
    for text, names in sorted(used_by.items(), key=lambda item: -len(item[1]))
]
Path(sys.argv[2]).write_text("\n".join([HEAD + "<ul>", *rows, "</ul>", *sections, "</html>", ""]))
