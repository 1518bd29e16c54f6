"""The edge's check of a path token is the platform's own: the same vectors, and the same on random ones."""

from __future__ import annotations

import json
import random
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright._impl._driver import compute_driver_executable
from pytest_django import Settings

from videos.tokens import AddressRefused, check_token, sign_folder

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
RUN = """
const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(cases.map((one) => check(one.path, one.keys, one.now))));
"""


@pytest.fixture(autouse=True)
def _keys_of_the_vectors(settings: Settings) -> None:
    settings.MEDIA_SIGNING_KEY, settings.MEDIA_SIGNING_KEY_FORMER = VECTORS["keys"]


def at_the_edge(cases: list[dict[str, Any]]) -> list[str | None]:
    """What `deploy/edge/token.js` says of each case, in the JavaScript of the browser tests' driver."""
    script = (ROOT / "deploy" / "edge" / "token.js").read_text() + RUN
    result = subprocess.run(
        [str(compute_driver_executable()[0]), "-e", script],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    found: list[str | None] = json.loads(result.stdout)
    return found


def case(token: str, *, film_key: str = VECTORS["film_key"], now: int = VECTORS["now"]) -> dict[str, Any]:
    return {"path": f"/media/{token}/{film_key}/480.m3u8", "keys": VECTORS["keys"], "now": now}


def here(one: dict[str, Any]) -> str | None:
    """What the platform says of the same case."""
    _, _, token, film_key, name = one["path"].split("/")
    try:
        check_token(token, film_key, now=datetime.fromtimestamp(one["now"], UTC))
    except AddressRefused:
        return None
    return f"/films/{film_key}/{name}"


def test_both_accept_and_refuse_the_vectors() -> None:
    good = [case(token) for token in VECTORS["accepted"]]
    bad = [
        case(
            one["token"],
            film_key=one.get("film_key", VECTORS["film_key"]),
            now=one.get("now", VECTORS["now"]),
        )
        for one in VECTORS["refused"].values()
    ]
    expected = [f"/films/{VECTORS['film_key']}/480.m3u8"] * len(good) + [None] * len(bad)
    assert [here(one) for one in good + bad] == expected
    assert at_the_edge(good + bad) == expected


def test_both_agree_on_tokens_of_either_key_and_on_what_is_changed_in_them(settings: Settings) -> None:
    dice = random.Random(7)
    cases = []
    for number in range(300):
        settings.MEDIA_SIGNING_KEY = VECTORS["keys"][number % 2]
        film_key = "".join(dice.choices("0123456789abcdef", k=32))
        token = sign_folder(film_key, VECTORS["now"] + dice.choice([-1, 0, 1, 600]))
        if number % 3 == 0:
            place = dice.randrange(len(token))
            token = token[:place] + dice.choice("abc019-_.") + token[place + 1 :]
        cases.append(case(token, film_key=film_key))
    settings.MEDIA_SIGNING_KEY = VECTORS["keys"][0]
    expected = [here(one) for one in cases]
    assert at_the_edge(cases) == expected
    assert sum(one is None for one in expected) > 100
    assert sum(one is not None for one in expected) > 80


@pytest.mark.parametrize("name", ["edge/cloudfront.js", "nginx/films.js"])
def test_the_wrappers_are_whole_programs_with_the_check_before_them(name: str, tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "edge" / "token.js").read_text() + (ROOT / "deploy" / name).read_text()
    (tmp_path / "whole.mjs").write_text(text)
    node = str(compute_driver_executable()[0])
    checked = subprocess.run(
        [node, "--check", str(tmp_path / "whole.mjs")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
