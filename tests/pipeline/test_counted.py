"""What the pipeline counts for operators moves when it happens, and only then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from studio.releasing import CopyFailed, copy_film
from tests.pipeline.films import finish, make_film
from tests.pipeline.quick_steps import QuickQa

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_file_that_cannot_be_read_is_counted_by_what_it_was_for() -> None:
    before = {name: count("storage_errors_total", purpose=name) for name in ("step", "publish")}
    film = make_film()
    film.direct({"script": ["away"]})
    finish(film)  # at the second attempt
    assert count("storage_errors_total", purpose="step") == before["step"] + 1
    run = film.run("compose.film")
    run.assets.update(checksum="0" * 64)
    with pytest.raises(CopyFailed):
        copy_film(run, "a" * 32)
    assert count("storage_errors_total", purpose="publish") == before["publish"] + 1


def test_findings_are_counted_by_filter_when_a_film_has_been_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    make: Callable[..., Any] = QuickQa.make

    def make_with_findings(self: QuickQa, inputs: Mapping[str, Any], workdir: Path) -> Any:
        facts, files = make(self, inputs, workdir)
        verdicts = ("review", "pass", "review", "block")
        checks = [{"id": f"accuracy.{number}", "verdict": one} for number, one in enumerate(verdicts)]
        facts["results"]["details"] = {"factual_accuracy": {"checks": checks}}
        return facts, files

    monkeypatch.setattr(QuickQa, "make", make_with_findings)
    labels = [{"filter": "factual_accuracy", "verdict": verdict} for verdict in ("review", "block", "pass")]
    before = [count("quality_findings_total", **one) for one in labels]
    finish(make_film())
    assert [count("quality_findings_total", **one) for one in labels] == [
        before[0] + 2, before[1] + 1, before[2],
    ]  # fmt: skip
