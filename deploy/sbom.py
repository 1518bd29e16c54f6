"""What is inside: a CycloneDX list of everything that production installs, and its licences.

`make sbom` runs it: the list goes to `.local/sbom.json`, with the hashes of requirements.lock; the table of
licences into docs/licences.md, where a package of the lock may not be missing (tests/test_supply_chain.py).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
LIST = ROOT / ".local" / "sbom.json"
PAGE = ROOT / "docs" / "licences.md"
HEADING = "## Packages in production"
# Where a package says nothing in its metadata: as its repository says.
STATED = {
    "espeakng-loader": "GPL-3.0-or-later (eSpeak NG, loaded as a library of its own)",
    "protobuf": "BSD-3-Clause",
    "python-crontab": "LGPL-3.0-or-later",
    "uritemplate": "BSD-3-Clause OR Apache-2.0",
}


def normalize(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Name → (version, SHA-256 of its files)."""
    found: dict[str, tuple[str, list[str]]] = {}
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        head = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", line)
        if head:
            name = normalize(head[1])
            found[name] = (head[2], [])
        elif name and (digest := re.search(r"--hash=sha256:([0-9a-f]{64})", line)):
            found[name][1].append(digest[1])
    return found


def make_list() -> dict[str, Any]:
    """The installed packages that the lock of production names, as CycloneDX with the lock's hashes."""
    raw = subprocess.run(
        [
            *(sys.executable, "-m", "cyclonedx_py", "environment", sys.executable, "--of", "JSON"),
            *("--output-reproducible", "--pyproject", str(ROOT / "pyproject.toml")),
        ],
        check=True,
        capture_output=True,
    ).stdout
    document: dict[str, Any] = json.loads(raw)
    locked = read_lock(LOCK)
    kept = [entry for entry in document["components"] if normalize(entry["name"]) in locked]
    for entry in kept:
        _, digests = locked[normalize(entry["name"])]
        entry["hashes"] = [{"alg": "SHA-256", "content": digest} for digest in digests]
    document["components"] = kept
    refs = {entry["bom-ref"] for entry in kept} | {document["metadata"]["component"]["bom-ref"]}
    document["dependencies"] = [
        {**entry, "dependsOn": [ref for ref in entry.get("dependsOn", []) if ref in refs]}
        for entry in document.get("dependencies", [])
        if entry["ref"] in refs
    ]
    return document


def licence_of(entry: dict[str, Any]) -> str:
    stated = STATED.get(normalize(entry["name"]))
    found = [
        choice.get("expression") or choice["license"].get("id") or choice["license"].get("name", "")
        for choice in entry.get("licenses", [])
    ]
    return stated or " · ".join(sorted({text.splitlines()[0][:60] for text in found if text})) or "not stated"


def write_page(document: dict[str, Any]) -> None:
    """The table below HEADING; the rest of the page stays."""
    kept = PAGE.read_text(encoding="utf-8").partition(HEADING)[0].rstrip()
    lines = [f"| {normalize(entry['name'])} | {licence_of(entry)} |" for entry in document["components"]]
    table = "\n".join(["| package | licence |", "| --- | --- |", *sorted(lines)])
    page = f"{kept}\n\n{HEADING}\n\nAs the packages declare it; made by `make sbom`.\n\n{table}\n"
    PAGE.write_text(page, encoding="utf-8")


def main() -> None:
    document = make_list()
    LIST.parent.mkdir(exist_ok=True)
    LIST.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    write_page(document)
    missing = set(read_lock(LOCK)) - {normalize(entry["name"]) for entry in document["components"]}
    sys.stdout.write(
        f"{len(document['components'])} packages: {LIST.relative_to(ROOT)}, docs/licences.md. "
        f"For other systems only: {', '.join(sorted(missing)) or 'none'}.\n"
    )


if __name__ == "__main__":
    main()
