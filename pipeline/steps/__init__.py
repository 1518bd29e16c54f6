"""The whole pipeline on one screen.

    script ──▶ visuals (a scene) ─┐
        ├────▶ voice   (a scene) ─┴▶ compose (a scene, then the film) ──▶ qa
        └────▶ quiz ─────────────────────────────────────────────────────┘

A step may ask for its jobs as soon as what they need is finished; planning asks again after
every result, so the order below is for people.
"""

from __future__ import annotations

from pipeline.steps.base import Step
from pipeline.steps.compose import ComposeStep
from pipeline.steps.qa import QaStep
from pipeline.steps.quiz import QuizStep
from pipeline.steps.script import ScriptStep
from pipeline.steps.visuals import VisualsStep
from pipeline.steps.voice import VoiceStep

STEPS: tuple[Step, ...] = (
    ScriptStep(),
    VisualsStep(),
    VoiceStep(),
    QuizStep(),
    ComposeStep(),
    QaStep(),
)
BY_NAME: dict[str, Step] = {step.name: step for step in STEPS}
