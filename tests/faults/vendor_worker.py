"""A worker process of the test of many films: asks the database what is due and does it, until it is killed.

Run as `python -m tests.faults.vendor_worker ADDRESS OF THE DOUBLE`; settings come from the environment.
"""

from __future__ import annotations

import os
import random
import sys
import time

import django

django.setup()

from django.db import connection  # noqa: E402 - models need Django set up
from django.utils import timezone  # noqa: E402

from pipeline import bell, circuit, providers, settling  # noqa: E402
from pipeline.claiming import claimable  # noqa: E402
from pipeline.execution import execute  # noqa: E402
from pipeline.models import ContentProject, StepRun  # noqa: E402
from pipeline.orchestration import advance  # noqa: E402
from pipeline.steps import clip_work  # noqa: E402
from pipeline.steps.base import Limits  # noqa: E402
from tests.double import ELEVENLABS_KEY, OPENAI_KEY  # noqa: E402
from tests.faults import vendor_steps  # noqa: E402

LIMITS = Limits(soft=6, hard=7, lease=8)


def configure(address: str, prices: str) -> None:
    """Every provider is the double; pictures are small, a call ends after four seconds."""
    family = "pipeline.providers"
    openai = {"key": OPENAI_KEY, "base_url": f"{address}/v1", "wall": 4.0, "read": 4.0}
    providers.configure(
        {
            "text": {"BACKEND": f"{family}.openai.Text", "OPTIONS": {"model": "text-model", **openai}},
            "image": {
                "BACKEND": f"{family}.openai.Image",
                "OPTIONS": {"model": "image-model", "size": "272x480", **openai},
            },
            "speech": {
                "BACKEND": f"{family}.elevenlabs.Speech",
                "OPTIONS": {
                    "key": ELEVENLABS_KEY, "base_url": address, "voices": {"": "voice-1"}, "wall": 4.0,
                    "output_format": "wav_44100",
                },
            },
            "judge": {"BACKEND": f"{family}.openai.Judge", "OPTIONS": {"model": "judge-model", **openai}},
            "moderation": {"BACKEND": f"{family}.openai.Moderation", "OPTIONS": openai},
            "clip": {
                "BACKEND": f"{family}.clips.Http",
                "OPTIONS": {
                    "key": OPENAI_KEY, "base_url": address, "model": "clip-model", "wall": 4.0, "read": 4.0,
                },
            },
        },
        prices=prices,
    )  # fmt: skip


def work() -> None:
    """For ever: what is due, in any order; then bring every film forward."""
    while True:
        now = timezone.now()
        at_work = ContentProject.objects.filter(status="generating")
        due = list(
            StepRun.objects.filter(claimable(now), project__in=at_work).values_list("pk", flat=True)[:60]
        )
        random.shuffle(due)
        for run_id in due[:6]:
            if execute(run_id):
                advance(StepRun.objects.get(pk=run_id).project_id)
        if not due:
            for project_id in list(at_work.values_list("pk", flat=True)):
                advance(project_id)
            connection.close()
            time.sleep(0.1)


def main() -> None:
    address, prices = sys.argv[1:]
    random.seed(os.getpid())
    vendor_steps.install(limits=LIMITS)
    configure(address, prices)
    settling.retry_delay = lambda attempt: 0.05
    clip_work.POLL_SECONDS = 0.2
    # Trouble is spread over all films on purpose here; that it opens the circuit is another test's matter.
    circuit.FAILURES = 1_000_000
    with bell.muted():
        work()


if __name__ == "__main__":
    main()
