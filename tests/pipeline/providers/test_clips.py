"""A clip is asked for once: its job is known before anybody polls, and a lost worker costs a poll."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline import providers
from pipeline.execution import execute
from pipeline.models import Charge, StepRun
from pipeline.providers import clips, motion
from pipeline.providers.base import ClipRequest, OutputInvalid, RequestRejected, Result, Unsupported
from pipeline.steps import BY_NAME
from pipeline.steps.base import MadeFile, Output, Waiting
from pipeline.steps.clip_work import NoClip, work_on_clip
from pipeline.steps.voice import VoiceStep
from tests.double import OPENAI_KEY, Double
from tests.pipeline.conftest import Bells
from tests.pipeline.films import Film, expire_leases, make_film, skip_pauses, start, work
from tests.pipeline.quick_steps import QuickVoice

REQUEST = ClipRequest("A bee lands on a flower", 4.0, key="f" * 64)


def member(double: Double) -> clips.Http:
    return clips.Http(base_url=double.url, key=OPENAI_KEY, model="any")


def test_a_clip_is_asked_for_polled_and_fetched(double: Double, tmp_path: Path) -> None:
    asked = work_on_clip(member(double), REQUEST, tmp_path / "clip.mp4")
    assert isinstance(asked, Waiting)
    for _ in range(double.settings.clip_polls):
        assert work_on_clip(member(double), REQUEST, tmp_path / "clip.mp4", resume=asked.job_id) == asked
    done = work_on_clip(member(double), REQUEST, tmp_path / "clip.mp4", resume=asked.job_id)
    assert isinstance(done, Result)
    assert done.value.stat().st_size > 1000
    assert (done.usage.requests, done.usage.seconds) == (1, 4.0)
    assert double.calls[0].headers["idempotency-key"] == "f" * 64
    assert [call.route for call in double.paid] == ["/v1/clips"]


@pytest.mark.parametrize(("state", "said"), [("failed", "could not make"), ("refused", "declined")])
def test_a_clip_that_is_not_made_is_named_and_leaves_no_file(
    double: Double, tmp_path: Path, state: str, said: str
) -> None:
    job = member(double).submit(REQUEST)
    double.fail("/v1/clips/{id}", values={"state": state})
    found = work_on_clip(member(double), REQUEST, tmp_path / "clip.mp4", resume=job)
    assert isinstance(found, NoClip)
    assert found.reason == f"clip: the provider {said} it, the picture moves by our own means"
    assert list(tmp_path.iterdir()) == []


def make_clip(double: Double, folder: Path) -> None:
    job = member(double).submit(REQUEST)
    member(double).poll(job)
    member(double).fetch(job, folder / "clip.mp4")


@pytest.mark.parametrize(
    ("route", "fault"),
    [
        ("/v1/clips", {"raw": b"{}"}),
        ("/v1/clips", {"values": {"id": "x" * 201}}),
        ("/v1/clips/{id}", {"values": {"state": "dancing"}}),
        ("/v1/clips/{id}/content", {"content_type": "text/html"}),
        ("/v1/clips/{id}/content", {"raw": b"no film", "content_type": "video/mp4"}),
    ],
)
def test_an_answer_that_is_none_is_no_clip(
    double: Double, tmp_path: Path, route: str, fault: dict[str, Any]
) -> None:
    double.settings.clip_polls = 0
    double.fail(route, **fault)
    with pytest.raises(OutputInvalid):
        make_clip(double, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_clip_of_a_length_that_no_vendor_has_is_not_asked_for(double: Double) -> None:
    with pytest.raises(Unsupported):
        member(double).submit(ClipRequest("A bee", 60.0, key="k"))
    assert double.calls == []


def test_our_own_motion_is_free_and_always_the_same(tmp_path: Path) -> None:
    job = motion.Renderer().submit(REQUEST)
    made = motion.Renderer().fetch(job, tmp_path / "motion.json")
    assert json.loads(made.value.read_text()) == motion.describe(REQUEST)
    assert made.usage.cost == 0
    assert motion.describe(ClipRequest(REQUEST.prompt, 4.0, key="k", seed=1)) != motion.describe(REQUEST)
    with pytest.raises(RequestRejected):
        motion.Renderer().poll("clip_of_somebody_else")


class ClipVoice(QuickVoice):
    """A step that has a clip made, in the quick voice's place; its claim outlasts a call."""

    limits = VoiceStep.limits

    def run(self, inputs: Mapping[str, Any], workdir: Path, **options: Any) -> Output | Waiting:
        request = ClipRequest(str(inputs["text"]), 4.0, key=f"{inputs['concept']}.{inputs['key']}")
        found = work_on_clip(options["provider"], request, workdir / "clip.mp4", resume=options["resume"])
        if isinstance(found, Waiting):
            return found
        assert isinstance(found, Result)
        facts, files = self.make(inputs, workdir)
        return Output(facts, (*files, MadeFile("clip.mp4", found.value, "clip")), found.usage, "clips", "any")


@pytest.mark.django_db
def test_a_lost_worker_polls_on_and_asks_for_no_second_clip(
    double: Double, quick: Bells, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not by monkeypatch, which `quick` uses as well: it would put a quick step back after `quick` has left.
    BY_NAME["voice"] = ClipVoice()
    quick_entry = {"BACKEND": "tests.pipeline.quick_steps.QuickProvider", "OPTIONS": {}}
    http = {"base_url": double.url, "key": OPENAI_KEY, "model": "any"}
    providers.configure(
        {
            "text": quick_entry,
            "image": quick_entry,
            "speech": {"BACKEND": "pipeline.providers.clips.Http", "OPTIONS": http},
        }
    )
    film: Film = start(make_film(scenes=1))
    work(film, until=lambda: bool(film.runs(step="voice", status="waiting")))
    run = film.run("voice.0")
    assert run.vendor_job_id.startswith("clip_")
    assert [call.route for call in double.calls] == ["/v1/clips"]  # nobody has polled before it was stored
    StepRun.objects.filter(pk=run.pk).update(status="running", token=run.pk, lease_until=run.created_at)
    expire_leases(film)  # the worker that came back to it is gone
    for _ in range(4):
        skip_pauses(film)
        execute(run.pk)
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert "clip.mp4" in run.made
    assert len(double.of("/v1/clips")) == 1
    charge = Charge.objects.get(run=run)
    assert (charge.usage["requests"], charge.usage["seconds"]) == (1, 4.0)
