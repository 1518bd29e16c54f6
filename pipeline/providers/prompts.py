"""Instructions to models: versioned files in `pipeline/prompts/`, one a task.

The first line of a file is `version: N`; the rest is the text. Raise the version with every change: the
checksum is part of a provider's identity, so a changed prompt makes new work, and an old film keeps the
name of the prompt it was made with.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "prompts"


@dataclass(frozen=True)
class Prompt:
    name: str
    version: int
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 over version and text, the first 16 hex digits."""
        return hashlib.sha256(f"{self.version}\n{self.text}".encode()).hexdigest()[:16]

    @property
    def label(self) -> str:
        """What a record names: "script/1 5f0c…"."""
        return f"{self.name}/{self.version} {self.checksum}"


@cache
def load(name: str) -> Prompt:
    """The prompt of a task. Raises ValueError for a file without its version line."""
    first, _, rest = (FOLDER / f"{name}.md").read_text(encoding="utf-8").partition("\n")
    word, _, number = first.partition(": ")
    if word != "version" or not number.isdigit():
        raise ValueError(f"prompts/{name}.md does not begin with “version: N”.")
    return Prompt(name, int(number), rest.strip() + "\n")


def identity(*names: str) -> dict[str, str]:
    """The checksums of the prompts that decide a provider's output."""
    return {name: load(name).label for name in names}


def fence(text: str) -> str:
    """Somebody's text between two lines that no text can hold but by chance: material, not instruction.

    The line is made from the text itself, so that the same text is always sent as the same bytes.
    """
    mark = f"=== material {hashlib.sha256(text.encode()).hexdigest()[:16]} ==="
    return f"{mark}\n{text}\n{mark}"
