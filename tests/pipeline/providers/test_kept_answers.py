"""A moderation's answers are kept one by one: what arrived is not asked for again, whatever came after it."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from pipeline import answers, storage
from pipeline.providers import offline
from pipeline.providers.base import PictureToModerate
from pipeline.providers.errors import ProviderDown
from pipeline.providers.openai_moderation import Moderation
from tests.double import OPENAI_KEY, Double

ROUTE = "/v1/moderations"
TEXTS = ["The Moon goes round the Earth.", "A stabbing.", "", "The Moon goes round the Earth."]
PROJECT = uuid4()

pytestmark = pytest.mark.usefixtures("files")


class Killed(BaseException):
    """The worker dies here."""


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as running:
        yield running


@pytest.fixture
def frames(tmp_path: Path) -> list[PictureToModerate]:
    found = []
    for number in range(6):
        path = tmp_path / f"frame-{number}.png"
        Image.new("RGB", (9, 16), (40 * number, 20, 90)).save(path)
        found.append(PictureToModerate(path, "Words of a scene."))
    return found


def vendor(double: Double, *, model: str = "omni-moderation-latest") -> Moderation:
    return Moderation(key=OPENAI_KEY, base_url=f"{double.url}/v1", model=model)


def keeping(double: Double, **options: Any) -> answers.KeepingModeration:
    made = answers.keep_each(vendor(double, **options), project_id=PROJECT)
    assert isinstance(made, answers.KeepingModeration)
    return made


def shown(double: Double, frames: Sequence[PictureToModerate]) -> list[int]:
    """Which frames the calls were about, in their order; calls of texts are left out."""
    known = {base64.b64encode(one.path.read_bytes()).decode(): number for number, one in enumerate(frames)}
    bodies = [call.json["input"] for call in double.of(ROUTE)]
    pictures = [part for body in bodies for part in body if isinstance(part, dict) and "image_url" in part]
    return [known[one["image_url"]["url"].partition(",")[2]] for one in pictures]


def test_after_a_lost_answer_only_what_has_not_arrived_is_asked_for(
    double: Double, frames: list[PictureToModerate]
) -> None:
    plain = vendor(double).moderate(TEXTS, frames)
    double.forget()
    for _ in range(4):
        double.fail(ROUTE)
    double.fail(ROUTE, drop="body")
    with pytest.raises(ProviderDown) as lost:
        keeping(double).moderate(TEXTS, frames)
    assert lost.value.usage is not None
    assert (lost.value.usage.requests, lost.value.usage.estimated) == (5, True)
    assert shown(double, frames) == [0, 1, 2, 3]
    double.forget()
    again = keeping(double).moderate(TEXTS, frames)
    assert shown(double, frames) == [3, 4, 5]
    assert (len(double.of(ROUTE)), again.usage.requests) == (3, 3)
    assert again.value == plain.value
    assert (again.provider, again.model) == (plain.provider, plain.model)
    double.forget()
    known = keeping(double).moderate(TEXTS, frames)
    assert (known.value, known.usage.requests, known.model) == (plain.value, 0, plain.model)
    assert double.calls == []


def test_a_worker_that_dies_between_two_frames_leaves_what_it_has_got(
    double: Double, frames: list[PictureToModerate], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, calls = Moderation.moderate, []

    def die_at_the_fourth(self: Moderation, *asked: Any) -> Any:
        calls.append(asked)
        if len(calls) == 4:
            raise Killed
        return plain(self, *asked)

    with monkeypatch.context() as patch:
        patch.setattr(Moderation, "moderate", die_at_the_fourth)
        with pytest.raises(Killed):
            keeping(double).moderate(TEXTS, frames)
    double.forget()
    assert len(keeping(double).moderate(TEXTS, frames).value) == len(TEXTS) + len(frames)
    assert shown(double, frames) == [2, 3, 4, 5]


def test_another_frame_another_text_and_another_model_are_asked_about(
    double: Double, frames: list[PictureToModerate]
) -> None:
    keeping(double).moderate(TEXTS, frames)
    double.forget()
    Image.new("RGB", (9, 16), (1, 2, 3)).save(frames[4].path)
    keeping(double).moderate([*TEXTS, "One more."], frames)
    assert shown(double, frames) == [4]
    assert double.of(ROUTE)[0].json["input"] == ["One more."]
    double.forget()
    other = keeping(double, model="text-model").moderate(TEXTS, frames)
    assert (other.usage.requests, other.model) == (1 + len(frames), "text-model")
    double.forget()
    elsewhere = answers.keep_each(vendor(double), project_id=uuid4())  # another film's answers are its own
    assert elsewhere.moderate(TEXTS, frames).usage.requests == 1 + len(frames)


def test_a_kept_answer_that_was_cut_off_is_asked_for_again(
    double: Double, frames: list[PictureToModerate]
) -> None:
    keeping(double).moderate([], frames[:1])
    folder = Path(default_storage.path(f"results/{PROJECT}"))
    (kept,) = folder.iterdir()
    kept.write_text(kept.read_text()[:20])
    double.forget()
    assert keeping(double).moderate([], frames[:1]).usage.requests == 1
    assert keeping(double).moderate([], frames[:1]).usage.requests == 0


def test_a_storage_that_is_away_costs_the_copy_and_not_the_answer(
    double: Double,
    frames: list[PictureToModerate],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def is_away(*_: Any) -> None:
        raise OSError("away")

    monkeypatch.setattr(storage, "write_whole", is_away)
    caplog.set_level(logging.WARNING)
    assert len(keeping(double).moderate(TEXTS, frames).value) == len(TEXTS) + len(frames)
    assert "could not be kept" in caplog.text


def test_who_moderates_nothing_is_not_asked_twice_and_other_members_stay_themselves() -> None:
    nobody = answers.keep_each(offline.NoModeration(), project_id=PROJECT)
    assert nobody.moderate(TEXTS).value == "not_run"
    judge = offline.NoJudge()
    assert answers.keep_each(judge, project_id=PROJECT) is judge
    assert answers.keep_each(None, project_id=PROJECT) is None
