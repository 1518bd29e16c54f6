"""What the studio's tests share: no messages are sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def silent_bell() -> Iterator[None]:
    from pipeline import bell  # noqa: PLC0415 - Django is set up only after this file is read

    with bell.muted():
        yield
