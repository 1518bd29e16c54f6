"""Labelled films and questions, what the filters say of them, and how well the two agree.

A film is a text file of lines "key: value"; an item is a film with at most one change, and the verdict that
each filter should reach. Nothing here is measured on a real film: word times are laid out at the age group's
pace, so that only texts decide.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pipeline.quality.audience import MOMENT_PAUSE, audience
from pipeline.quality.findings import SEVERITY, Verdict, worst
from pipeline.quality.likeness import compare
from pipeline.quality.material import Material, without_frame
from pipeline.quality.sentences import BOUNDARY, split

LEAD, TAIL = 0.25, 0.1  # seconds of silence before and after the speech of a scene, as composed
ROLES = frozenset({"hook", "scene", "moment", "recap"})


@dataclass(frozen=True)
class Item:
    """One labelled film. `expect` holds the verdict of each filter that should not pass; `quote` is the
    planted text, "" where nothing was planted or the fault has no place.
    """

    id: str
    film: str
    part: Literal["dev", "held-out"]
    kind: str
    expect: Mapping[str, Verdict]
    change: Mapping[str, Any] = field(default_factory=dict)
    quote: str = ""
    also: tuple[str, ...] = ()  # filters that may well find something too, since the change touches them

    @property
    def is_clean(self) -> bool:
        return not self.expect


def read_items(folder: Path, *, name: str = "items.json") -> list[Item]:
    """The items of a folder. ValueError names an item with an unknown key."""
    items: list[Item] = []
    for entry in json.loads((folder / name).read_text(encoding="utf-8")):
        unknown = set(entry) - {"id", "film", "part", "kind", "expect", "change", "quote", "also"}
        if unknown:
            raise ValueError(f"The item {entry.get('id')} has the unknown key {min(unknown)}.")
        items.append(
            Item(
                id=entry["id"],
                film=entry["film"],
                part=entry.get("part", "held-out"),
                kind=entry["kind"],
                expect=entry.get("expect", {}),
                change=entry.get("change", {}),
                quote=entry.get("quote", ""),
                also=tuple(entry.get("also", ())),
            )
        )
    return items


def read_film(path: Path) -> dict[str, Any]:
    """A film as plain values: {"age_group", "title", "objective", "notes", "parts", "questions"}."""
    film: dict[str, Any] = {"parts": [], "questions": []}
    for line in path.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(": ")
        if key in ROLES:
            film["parts"].append([key, value])
        elif key == "question":
            text, answer, evidence = value.split(" | ")
            film["questions"].append({"question": text, "answer": answer == "yes", "evidence": evidence})
        elif line.strip():
            film[key] = value
    return film


def change_film(film: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A film with one change: "replace" (sentence → sentence), "append" (to the third scene), "notes" (more),
    "question" (instead of the first), "set" (any value), "on_screen" (of the third scene).

    ValueError where the sentence to replace is not there.
    """
    changed = copy.deepcopy(dict(film))
    for old, new in change.get("replace", {}).items():
        before = [list(part) for part in changed["parts"]]
        changed["parts"] = [[role, text.replace(old, new)] for role, text in changed["parts"]]
        if changed["parts"] == before:
            raise ValueError(f"The film does not say “{old}”.")
    if "append" in change:
        told = [part for part in changed["parts"] if part[0] == "scene"]
        told[2][1] += " " + change["append"]
    if "notes" in change:
        changed["notes"] += " " + change["notes"]
    if "question" in change:
        changed["questions"][0] = dict(changed["questions"][0]) | dict(change["question"])
    if "questions" in change:
        changed["questions"] = [dict(one) for one in change["questions"]]
    return changed | dict(change.get("set", {})) | {"on_screen": change.get("on_screen", "")}


def build_material(film: Mapping[str, Any]) -> Material:
    """The material of the four filters for such a film; sources and quotes are the nearest note sentences."""
    notes, age_group = str(film["notes"]), str(film["age_group"])
    scenes: list[dict[str, Any]] = []
    for position, (role, text) in enumerate(film["parts"]):
        scenes.append(
            {
                "position": position,
                "role": role,
                "lines": [{"text": one, "sources": _sources(one, notes)} for one in sentences_of(text)],
                "on_screen_text": film["title"] if role == "scene" else "",
                "visual_description": "A plain drawing of what is said.",
                "visual_kind": "statement",
                "items": [],
                "pause_seconds": MOMENT_PAUSE if role == "moment" else 0.0,
            }
        )
    if film.get("on_screen"):
        [one for one in scenes if one["role"] == "scene"][2]["on_screen_text"] = film["on_screen"]
    pace = float(film.get("words_per_minute") or audience(age_group).words_per_minute)
    return Material(
        script={
            "title": film["title"],
            "learning_objective": film["objective"],
            "topic": "",
            "glossary": film.get("glossary", []),
        },
        scenes=scenes,
        questions=[_question(one, notes) for one in film["questions"]],
        notes=notes,
        age_group=age_group,
        film=lay_film(scenes, words_per_minute=pace),
    )


def sentences_of(text: str) -> list[str]:
    """A part's text cut at its stops."""
    cuts = [0, *(found.end() for found in BOUNDARY.finditer(text)), len(text)]
    pieces = [text[start:end].strip() for start, end in pairwise(cuts)]
    joined: list[str] = []
    for piece in filter(None, pieces):
        if joined and any(f"{joined[-1]} ".startswith(frame) for frame in ("Did you know? ",)):
            joined[-1] += " " + piece  # the film's own phrase belongs to what follows
        else:
            joined.append(piece)
    return joined


def _sources(text: str, notes: str) -> list[int]:
    if text.endswith("?"):
        return []
    said = without_frame(text)
    best = max(split(notes), key=lambda one: (compare(said, one.text).share, -one.id), default=None)
    return [best.id] if best is not None and compare(said, best.text).share > 0 else []


def _question(one: Mapping[str, Any], notes: str) -> dict[str, Any]:
    evidence = str(one["evidence"])
    best = max(split(notes), key=lambda note: (compare(evidence, note.text).share, -note.id))
    says = "Yes" if one["answer"] else "No"
    return {
        "question": one["question"],
        "answer": one["answer"],
        "explanation": one.get("explanation") or f"{says}. The film says: “{evidence}”",
        "evidence_sentence": evidence,
        "evidence_quote": one.get("quote") or best.text,
        "source_ids": [best.id],
        "must_confirm": False,
    }


def lay_film(scenes: Sequence[Mapping[str, Any]], *, words_per_minute: float) -> dict[str, Any]:
    """The facts of a faultless film of these scenes in which every word takes the same time."""
    step = 60.0 / words_per_minute
    at = 0.0
    words: list[list[Any]] = []
    timeline: list[dict[str, Any]] = []
    for scene in scenes:
        said = " ".join(str(line["text"]) for line in scene["lines"]).split()
        start = at + LEAD
        words += [
            [word, start + place * step, start + (place + 1) * step, scene["position"]]
            for place, word in enumerate(said)
        ]
        spoken = start + len(said) * step
        end = spoken + float(scene["pause_seconds"]) + TAIL
        timeline.append(
            {"position": scene["position"], "role": scene["role"], "start": at, "end": end,
             "speech_start": start, "speech_end": spoken}
        )  # fmt: skip
        at = end
    return {
        "seconds": at,
        "timeline": timeline,
        "words": words,
        "cues": [{"start": 0.25, "end": 2.0, "text": "two words"}],
        "loudness_lufs": -16.0,
        "true_peak_dbtp": -2.0,
        "silences": [],
        "black": [],
        "frozen": [],
        "flashes_per_second": 0.0,
        "red_flashes_per_second": 0.0,
        "timing": "exact",
        "caption_coverage": 1.0,
        "caption_max_characters_per_second": 10.0 * words_per_minute / 130.0,
        "text_contrast": 7.0,
        "fallbacks": [],
    }


# --------------------------------------------------------------------------- agreement


@dataclass(frozen=True)
class Outcome:
    """What an engine said of an item: the verdict of each filter, and the quotes of its findings."""

    item: Item
    verdicts: Mapping[str, Verdict]
    quotes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def flags(self, name: str) -> bool:
        return SEVERITY[self.verdicts.get(name, "pass")] > 0

    @property
    def is_caught(self) -> bool:
        """At least as grave as labelled, in every filter that was labelled."""
        return all(
            SEVERITY[self.verdicts.get(name, "pass")] >= SEVERITY[wanted]
            for name, wanted in self.item.expect.items()
        )

    @property
    def is_located(self) -> bool:
        """Whether a finding quotes the planted text, or a part of it."""
        quotes = [quote for name in self.item.expect for quote in self.quotes.get(name, ())]
        wanted = self.item.quote
        return not wanted or any(quote and (quote in wanted or wanted in quote) for quote in quotes)


def read_outcome(item: Item, records: Mapping[str, Sequence[Mapping[str, Any]]]) -> Outcome:
    """From the checks of each filter; what did not run says nothing here."""
    verdicts = {
        name: worst(str(check["verdict"]) for check in checks if check["verdict"] != "not_run")
        for name, checks in records.items()
    }
    quotes = {
        name: [
            str((check.get("evidence") or {}).get("quote") or "")
            for check in checks
            if check["verdict"] in {"review", "block"}
        ]
        for name, checks in records.items()
    }
    return Outcome(item, verdicts, quotes)


def measure_agreement(outcomes: Iterable[Outcome], filters: Iterable[str]) -> dict[str, Any]:
    """Precision, recall and Cohen's κ a filter; recall a kind of fault; blocks caught and false alarms.

    A filter flags an item when it says review or block; an item is positive for a filter that is labelled.
    """
    seen = list(outcomes)
    planted = [one for one in seen if not one.item.is_clean]
    clean = [one for one in seen if one.item.is_clean]
    blocks = [one for one in planted if "block" in one.item.expect.values()]
    kinds: dict[str, dict[str, Any]] = {}
    for kind in sorted({one.item.kind for one in planted}):
        of_kind = [one for one in planted if one.item.kind == kind]
        caught = [one for one in of_kind if one.is_caught]
        kinds[kind] = {
            "items": len(of_kind),
            "caught": len(caught),
            "recall": _share(len(caught), len(of_kind)),
            "located": _share(sum(one.is_located for one in caught), len(caught)),
            "missed": [one.item.id for one in of_kind if not one.is_caught],
        }
    alarms = [one.item.id for one in clean if any(one.flags(name) for name in one.verdicts)]
    return {
        "items": len(seen),
        "clean": len(clean),
        "planted": len(planted),
        "filters": {name: _agree(seen, name) for name in filters},
        "kinds": kinds,
        "block_recall": _share(sum(one.is_caught for one in blocks), len(blocks)),
        "false_alarm_rate": round(len(alarms) / max(1, len(clean)), 4),
        "false_alarms": alarms,
        "false_blocks": [one.item.id for one in clean if "block" in one.verdicts.values()],
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _agree(outcomes: Sequence[Outcome], name: str) -> dict[str, Any]:
    """Cohen (1960): κ = (observed - chance agreement) / (1 - chance agreement)."""
    outcomes = [one for one in outcomes if name not in one.item.also]
    both = sum(one.flags(name) and name in one.item.expect for one in outcomes)
    ours = sum(one.flags(name) for one in outcomes)
    theirs = sum(name in one.item.expect for one in outcomes)
    total = len(outcomes)
    observed = (both + total - ours - theirs + both) / max(1, total)
    chance = (ours * theirs + (total - ours) * (total - theirs)) / max(1, total * total)
    kappa = (
        1.0 if chance == 1 and observed == 1 else (observed - chance) / (1 - chance) if chance < 1 else 0.0
    )
    return {
        "true_positives": both,
        "false_positives": ours - both,
        "false_negatives": theirs - both,
        "true_negatives": total - ours - theirs + both,
        "precision": _share(both, ours),
        "recall": _share(both, theirs),
        "kappa": round(kappa, 4),
    }
