"""What the image's build does, done here: its static files are those that its pages ask for."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def build_line() -> tuple[dict[str, str], list[str]]:
    """The environment and the arguments of the build's `collectstatic`, as the Dockerfile has them."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    line = next(line for line in text.splitlines() if "collectstatic" in line)
    words = shlex.split(line.removeprefix("RUN ").split("&&")[0])
    values = dict(word.split("=", 1) for word in words if "=" in word.split("/")[0])
    return values, words[len(values) + 1 :]


@pytest.mark.timeout(180)
def test_the_static_files_of_the_image_have_the_manifest_that_its_pages_read(tmp_path: Path) -> None:
    values, arguments = build_line()
    assert values.pop("STATIC_ROOT") == "/app/.local/static"
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = kept | values | {"STATIC_ROOT": str(tmp_path), "LOCAL_DIR": str(tmp_path / "local")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    known = set(json.loads((tmp_path / "staticfiles.json").read_text())["paths"])
    asked: set[str] = set()
    for folder in ("templates", "studio", "students", "config"):
        for page in (ROOT / folder).rglob("*.html"):
            asked |= set(re.findall(r"{% static ['\"]([^'\"{]+)['\"] %}", page.read_text(encoding="utf-8")))
    assert "studio/studio.css" in asked
    assert asked - known == set()
