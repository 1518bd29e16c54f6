"""The whole pipeline on one screen."""

from __future__ import annotations

from pipeline.steps.base import Step

STEPS: tuple[Step, ...] = ()
BY_NAME: dict[str, Step] = {step.name: step for step in STEPS}
