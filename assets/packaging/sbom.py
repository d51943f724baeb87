"""Puts right what cargo-cyclonedx wrote into SOURCE/sbom.json.

sbom.py SOURCE CRATES OUT      CRATES has a line such as "tokio v1.54.0" for each library of the program

It lists what any feature of a library could ask for, and says in which folder it was run.
"""

import json
import sys
from pathlib import Path

source, crates, out = (Path(argument) for argument in sys.argv[1:])
used = {tuple(line.split(" v")) for line in crates.read_text().splitlines()}
text = (source / "sbom.json").read_text().replace(f"file://{source.resolve()}", "file:///ticketscope")
bom = json.loads(text)
bom["components"] = [part for part in bom["components"] if (part["name"], part["version"]) in used]
known = {part["bom-ref"] for part in [bom["metadata"]["component"], *bom["components"]]}
bom["dependencies"] = [
    {**entry, "dependsOn": [name for name in entry.get("dependsOn", []) if name in known]}
    for entry in bom["dependencies"]
    if entry["ref"] in known
]
out.write_text(json.dumps(bom, indent=1) + "\n")
