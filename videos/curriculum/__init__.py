"""The catalogue of topics and concepts: read from a file, checked whole, then stored (docs/catalogue.md)."""

from __future__ import annotations

from pathlib import Path

STARTER = Path(__file__).parent / "starter.csv"  # the curriculum that comes with the project
