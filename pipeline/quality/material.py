"""What the four filters look at: script, scenes, questions, notes and the measured film, and where things
stand in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pipeline.quality.audience import Audience, audience
from pipeline.quality.findings import Check, Evidence, Verdict
from pipeline.quality.sentences import NoteSentence, split

FRAMES = ("Did you know? ", "Remember: ", "Think about it: ")  # phrases of the film's own, no claims


def without_frame(text: str) -> str:
    """A narrated sentence without the film's own phrase before it."""
    for frame in FRAMES:
        text = text.removeprefix(frame)
    return text


@dataclass(frozen=True)
class Sentence:
    """A narrated sentence, its scene (position and role), sources, and its place in the scene's narration."""

    scene: int
    role: str
    text: str
    sources: tuple[int, ...]
    start: int
    end: int

    @property
    def field(self) -> str:
        return f"scenes.{self.scene}.narration"

    @property
    def is_claim(self) -> bool:
        """Questions and bridges say nothing that could be true or false."""
        return not self.text.rstrip("\"'”’").endswith("?")


@dataclass(frozen=True)
class Material:
    """The inputs of quality as plain values. `film` holds the measured facts of the composed film."""

    script: Mapping[str, Any]
    scenes: Sequence[Mapping[str, Any]]
    questions: Sequence[Mapping[str, Any]]
    notes: str
    age_group: str
    film: Mapping[str, Any]
    notes_origin: str = "creator"
    target_seconds: float = 70.0
    fallbacks: Sequence[str] = ()
    film_fingerprint: str = ""

    @property
    def limits(self) -> Audience:
        return audience(self.age_group)

    @cached_property
    def note_sentences(self) -> dict[int, NoteSentence]:
        return {sentence.id: sentence for sentence in split(self.notes)}

    @cached_property
    def sentences(self) -> list[Sentence]:
        found: list[Sentence] = []
        for scene in self.scenes:
            at = 0
            for line in scene["lines"]:
                text = str(line["text"])
                sources = tuple(int(source) for source in line.get("sources") or ())
                found.append(
                    Sentence(int(scene["position"]), str(scene["role"]), text, sources, at, at + len(text))
                )
                at += len(text) + 1
        return found

    @cached_property
    def narration(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)

    @property
    def glossary(self) -> list[str]:
        return [str(term["term"]) for term in self.script.get("glossary") or ()]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text that a child may see or hear, or that asks for a picture: (field, text)."""
        for name in ("title", "learning_objective", "topic"):
            yield f"script.{name}", str(self.script.get(name) or "")
        for index, term in enumerate(self.script.get("glossary") or ()):
            yield f"script.glossary.{index}", f"{term['term']}: {term['meaning']}"
        for scene in self.scenes:
            position = scene["position"]
            yield f"scenes.{position}.narration", " ".join(str(line["text"]) for line in scene["lines"])
            yield f"scenes.{position}.on_screen_text", str(scene["on_screen_text"])
            yield f"scenes.{position}.visual_description", str(scene["visual_description"])
            for index, item in enumerate(scene.get("items") or ()):
                yield f"scenes.{position}.items.{index}", str(item)
        for index, question in enumerate(self.questions):
            yield f"questions.{index}.question", str(question["question"])
            yield f"questions.{index}.explanation", str(question["explanation"])

    def at_second(self, place: str, character: int = 0) -> float | None:
        """When the film says what stands at a character of `scenes.N.narration`; the scene's start for
        other fields.
        """
        found = re.match(r"scenes\.(\d+)\.(\w+)", place)
        if not found:
            return None
        position = int(found.group(1))
        spoken = [word for word in self.film.get("words") or () if int(word[3]) == position]
        if found.group(2) == "narration" and spoken:
            text = next(text for name, text in self.texts() if name == f"scenes.{position}.narration")
            index = len(text[:character].split()) - (
                0 if not text[:character] or text[:character][-1] == " " else 1
            )
            return round(float(spoken[min(max(0, index), len(spoken) - 1)][1]), 1)
        for entry in self.film.get("timeline") or ():
            if int(entry["position"]) == position:
                return round(float(entry["start"]), 1)
        return None

    def evidence(
        self, place: str, *, span: tuple[int, int] | None = None, quote: str = "", source: int | None = None
    ) -> Evidence:
        sentence = self.note_sentences.get(source) if source is not None else None
        return Evidence(
            field=place,
            span=span,
            quote=quote,
            source_span=(sentence.start, sentence.end) if sentence else None,
            at_s=self.at_second(place, span[0] if span else 0),
        )


@dataclass
class Report:
    """Collects the outcomes of a filter's rules: a rule without a finding has passed."""

    material: Material
    checks: list[Check] = field(default_factory=list)

    def add(self, rule: str, verdict: Verdict, message: str, evidence: Evidence | None = None) -> None:
        self.checks.append(Check(rule, verdict, message, evidence))

    def passed(self, rule: str, message: str) -> None:
        """Notes that a rule has been looked at, unless it has found something."""
        if not any(check.id == rule for check in self.checks):
            self.add(rule, "pass", message)

    def measure(
        self, rule: str, value: float | None, *, low: float | None = None, high: float | None = None,
        says: str, verdict: Verdict = "review",
    ) -> None:  # fmt: skip
        """Compares a measured value with its limits; `says` has the places {value} and {limit}.

        A value that was not measured is a `review`: it is never taken as good.
        """
        limit = " to ".join(f"{one:g}" for one in (low, high) if one is not None)
        if low is None and high is not None:
            limit = f"at most {high:g}"
        if high is None and low is not None:
            limit = f"at least {low:g}"
        if value is None:
            self.add(rule, "review", says.format(value="not measured", limit=limit))
            return
        good = (low is None or value >= low) and (high is None or value <= high)
        self.add(rule, "pass" if good else verdict, says.format(value=f"{value:g}", limit=limit))
