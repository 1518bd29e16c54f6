"""From a moderation's scores to verdicts: what is moderated, and from which score on it is a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.providers.base import ModerationScores
from pipeline.quality.findings import Check, Evidence, Verdict
from pipeline.quality.material import Material, Report

GRAVE = 0.05  # of what is never right for a child
HIGH = 0.40
LOW = 0.15
NEVER = ("sexual", "sexual/minors", "self-harm")  # with everything below: "self-harm/intent"


@dataclass(frozen=True)
class ModeratedText:
    field: str
    text: str


@dataclass(frozen=True)
class ModeratedFrame:
    """A frame of the film: second, scene, and what is said and shown with it."""

    at_s: float
    scene: int
    text: str


def texts_to_moderate(material: Material) -> list[ModeratedText]:
    """Every text that is told or shown, notes included, empty ones left out."""
    found = [ModeratedText(field, text) for field, text in material.texts() if text.strip()]
    return [*found, *([ModeratedText("notes", material.notes)] if material.notes.strip() else [])]


def frames_to_moderate(material: Material) -> list[ModeratedFrame]:
    """One frame a second, with its scene's words, in the middle of each second."""
    frames: list[ModeratedFrame] = []
    for entry in material.film.get("timeline") or ():
        scene = next((one for one in material.scenes if one["position"] == entry["position"]), None)
        text = " ".join(str(line["text"]) for line in scene["lines"]) if scene else ""
        first, last = int(float(entry["start"])), int(float(entry["end"]))
        frames += [
            ModeratedFrame(second + 0.5, int(entry["position"]), text)
            for second in range(first, max(last, first + 1))
            if not frames or second + 0.5 > frames[-1].at_s
        ]
    return frames


def find_frame(film: Mapping[str, Any], at_s: float) -> str:
    """The name of a film's frame that is nearest to a second; "" where it has none. Facts that do not tell
    the frames' seconds mean one a second from the start."""
    names = [str(name) for name in film.get("frame_files") or ()]
    told = [float(second) for second in film.get("frame_seconds") or ()]
    seconds = told if len(told) == len(names) else [number + 0.5 for number in range(len(names))]
    return min(zip(seconds, names, strict=True), key=lambda one: abs(one[0] - at_s), default=(0.0, ""))[1]


def check_scores(
    material: Material,
    texts: Sequence[ModeratedText],
    frames: Sequence[ModeratedFrame],
    scores: Sequence[ModerationScores],
) -> list[Check]:
    """Checks from the scores of the texts, then of the frames. ValueError where their numbers differ."""
    if len(scores) != len(texts) + len(frames):
        raise ValueError(f"{len(texts) + len(frames)} texts and frames were sent, {len(scores)} came back.")
    report = Report(material)
    for text, score in zip(texts, scores, strict=False):
        place = material.evidence(text.field, span=(0, len(text.text)), quote=text.text[:200])
        _check(report, score, place)
    for number, (frame, score) in enumerate(zip(frames, scores[len(texts) :], strict=True)):
        place = Evidence(f"scenes.{frame.scene}.picture", quote="", at_s=frame.at_s, frame=number)
        _check(report, score, place)
    if not frames:
        says = "Moderation: no frame of the film was there to look at"
        report.add("content.moderation-frames", "review", says)
    report.passed("content.moderation-frames", f"Moderation: {len(frames)} frames were looked at")
    report.passed("content.moderation-never", "Moderation: nothing sexual and no self-harm")
    report.passed("content.moderation", "Moderation: nothing else that is unfit for children")
    return report.checks


def _check(report: Report, scores: ModerationScores, place: Evidence) -> None:
    """The gravest category of one text or frame."""
    ranked = sorted(scores.scores.items(), key=lambda one: -one[1])
    for category, score in ranked:
        if _is_never(category) and score >= GRAVE:
            says = f"Moderation: {category} {score:.2f} (below {GRAVE:.2f})"
            report.add("content.moderation-never", "block", says, place)
            return
    top, score = ranked[0] if ranked else ("flagged", 0.0)
    verdict: Verdict = "block" if scores.flagged or score >= HIGH else "review" if score >= LOW else "pass"
    if verdict != "pass":
        word = ", flagged" if scores.flagged else ""
        says = f"Moderation: {top} {score:.2f}{word} (review from {LOW:.2f}, block from {HIGH:.2f})"
        report.add("content.moderation", verdict, says, place)


def _is_never(category: str) -> bool:
    plain = category.replace("_", "-").lower().replace("sexual-minors", "sexual/minors")
    return any(plain == one or plain.startswith((f"{one}/", f"{one}-")) for one in NEVER)
