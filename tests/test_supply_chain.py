"""What is installed is pinned, hashed, explained, and its licence is known (08, S7)."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
FREE = re.compile(r"^[A-Za-z0-9._-]+")


def load_sbom() -> Any:
    spec = importlib.util.spec_from_file_location("sbom", ROOT / "deploy" / "sbom.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sbom = load_sbom()


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_one_version_and_its_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    locked = sbom.read_lock(ROOT / name)
    heads = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(locked) == len(heads) >= 50
    assert all("==" in head for head in heads)
    assert [package for package, (_, digests) in locked.items() if not digests] == []
    assert not re.search(r"(?:git\+|https?://|file:)", re.sub(r"#.*", "", text))


def test_production_is_a_part_of_development_with_the_same_versions() -> None:
    production, development = (sbom.read_lock(ROOT / name) for name in LOCKS)
    assert {name: version for name, (version, _) in production.items()}.items() <= {
        name: version for name, (version, _) in development.items()
    }.items()


def test_every_direct_dependency_is_locked_and_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    direct = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = [found[0] for one in direct if (found := FREE.match(one))]
    locked = sbom.read_lock(ROOT / "requirements-dev.lock")
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    assert len(names) >= 50
    assert [name for name in names if sbom.normalize(name) not in locked] == []
    assert [name for name in names if f"| {name.lower()}" not in page] == []


def test_the_licence_of_every_package_in_production_is_listed() -> None:
    """`make sbom` writes the list anew."""
    table = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8").partition(sbom.HEADING)[2]
    listed = dict(re.findall(r"^\| ([a-z0-9-]+) \| (.+) \|$", table, re.MULTILINE))
    elsewhere = {"colorama", "httpx2-jsfetch", "tzdata"}  # of other systems
    assert set(sbom.read_lock(ROOT / "requirements.lock")) - set(listed) <= elsewhere
    assert [name for name, licence in listed.items() if licence == "not stated"] == []
