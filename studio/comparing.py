"""Two versions of a film side by side: words, order, pictures, questions, settings, findings, cost."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any, Literal

from pipeline.film_versions import FilmVersion, ScenePart
from pipeline.models import Charge, ContentProject

Kind = Literal["same", "added", "removed"]


@dataclass(frozen=True)
class Piece:
    """Words that both versions have, or only one of them."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class TextChange:
    label: str
    pieces: list[Piece]


@dataclass(frozen=True)
class SceneChange:
    """One scene in both films. Places count from 1; None: that film does not have it."""

    before: int | None
    after: int | None
    is_moved: bool
    texts: list[TextChange]
    has_new_picture: bool
    has_new_voice: bool
    former: ScenePart | None
    present: ScenePart | None

    @property
    def words(self) -> list[str]:
        """What happened to it; [] where nothing did."""
        if self.before is None:
            return ["Added"]
        if self.after is None:
            return ["Removed"]
        said = [
            f"Moved from {self.before} to {self.after}" if self.is_moved else "",
            "Words changed" if self.texts else "",
            "Another picture" if self.has_new_picture and not self.texts else "",
            "Another voice" if self.has_new_voice and not self.texts else "",
        ]
        return [text for text in said if text]

    @property
    def is_changed(self) -> bool:
        return bool(self.words)


@dataclass(frozen=True)
class Comparison:
    scenes: list[SceneChange]
    questions: list[TextChange]
    settings: list[tuple[str, str, str]]  # name, before, after
    findings: Mapping[str, list[str]] = field(default_factory=dict)  # "new", "fixed", "still" → messages
    cost: Decimal | None = None  # US dollars between the two; None: nobody knows

    @property
    def changed(self) -> int:
        return sum(one.is_changed for one in self.scenes)


def mark_words(before: str, after: str) -> list[Piece]:
    """The words of both texts in reading order; what was taken out stands before what came in its place."""
    old, new = before.split(), after.split()
    pieces: list[Piece] = []
    for deed, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if deed == "equal":
            pieces.append(Piece("same", " ".join(old[a:b])))
            continue
        if a < b:
            pieces.append(Piece("removed", " ".join(old[a:b])))
        if c < d:
            pieces.append(Piece("added", " ".join(new[c:d])))
    return pieces


def find_moved(before: Sequence[int], after: Sequence[int]) -> set[int]:
    """The fewest scenes that must be taken out of both orders so that the rest follows each other alike."""
    places = {key: place for place, key in enumerate(after)}
    common = [key for key in before if key in places]
    ends: list[int] = []  # the smallest place at which a run of each length ends
    last: list[int] = []  # its key
    former: dict[int, int | None] = {}
    for key in common:
        at = bisect_left(ends, places[key])
        former[key] = last[at - 1] if at else None
        ends[at : at + 1], last[at : at + 1] = [places[key]], [key]
    kept, key_now = set(), last[-1] if last else None
    while key_now is not None:
        kept.add(key_now)
        key_now = former[key_now]
    return set(common) - kept


def compare_versions(project: ContentProject, old: FilmVersion, new: FilmVersion) -> Comparison:
    """Everything that differs; scenes in the order of the new film, removed ones where they stood."""
    return Comparison(
        scenes=list(_compare_scenes(old, new)),
        questions=_compare_questions(old, new),
        settings=[
            (name, before, after)
            for name, before, after in zip(
                _settings_of(new), _settings_of(old).values(), _settings_of(new).values(), strict=True
            )
            if before != after
        ],
        findings=_compare_findings(old, new),
        cost=_cost_between(project, old, new),
    )


def _compare_scenes(old: FilmVersion, new: FilmVersion) -> Iterator[SceneChange]:
    before = {int(part.row["key"]): place for place, part in enumerate(old.scenes)}
    after = {int(part.row["key"]): place for place, part in enumerate(new.scenes)}
    moved = find_moved(list(before), list(after))

    def compare(key: int) -> SceneChange:
        former = old.scenes[before[key]] if key in before else None
        present = new.scenes[after[key]] if key in after else None
        return SceneChange(
            before=before[key] + 1 if key in before else None,
            after=after[key] + 1 if key in after else None,
            is_moved=key in moved,
            texts=_compare_texts(former, present),
            has_new_picture=_made(former, "picture") != _made(present, "picture"),
            has_new_voice=_made(former, "voice") != _made(present, "voice"),
            former=former,
            present=present,
        )

    gone = [key for key in before if key not in after]
    for key, place in after.items():
        while gone and before[gone[0]] <= place:
            yield compare(gone.pop(0))
        yield compare(key)
    for key in gone:
        yield compare(key)


def _compare_texts(former: ScenePart | None, present: ScenePart | None) -> list[TextChange]:
    old, new = (_texts_of(part) for part in (former, present))
    return [
        TextChange(label, mark_words(old.get(label, ""), new.get(label, "")))
        for label in {**old, **new}
        if old.get(label, "") != new.get(label, "")
    ]


def _texts_of(part: ScenePart | None) -> dict[str, str]:
    if part is None:
        return {}
    row = part.row
    return {
        "Narration": " ".join(str(line["text"]) for line in row["lines"]),
        "Text on the screen": str(row["on_screen_text"]),
        "Picture": str(row["visual_description"]),
        "Said as": "; ".join(f"{written}: {spoken}" for written, spoken in sorted(row["say_as"].items())),
    }


def _made(part: ScenePart | None, name: str) -> str:
    run = getattr(part, name) if part is not None else None
    return run.fingerprint if run is not None else ""


def _compare_questions(old: FilmVersion, new: FilmVersion) -> list[TextChange]:
    texts = [[_say_question(one) for one in version.questions] for version in (old, new)]
    length = max(len(texts[0]), len(texts[1]))
    pairs = [(side + [""] * length)[:length] for side in texts]
    return [
        TextChange(f"Question {number}", mark_words(before, after))
        for number, (before, after) in enumerate(zip(*pairs, strict=True), 1)
        if before != after
    ]


def _say_question(one: Mapping[str, Any]) -> str:
    return f"{one['question']} {'Yes' if one['answer'] else 'No'}. {one['explanation']}"


def _settings_of(version: FilmVersion) -> dict[str, str]:
    film = version.film.inputs if version.film is not None else {}
    first = version.scenes[0] if version.scenes else None
    picture = first.picture.inputs if first is not None and first.picture is not None else {}
    voice = first.voice.inputs if first is not None and first.voice is not None else {}
    composed = first.composed.inputs if first is not None and first.composed is not None else {}
    return {
        "Title": str(film.get("title", "")),
        "Ages": str(film.get("age_group", "")),
        "Language": str(film.get("language", "")),
        "Style": str(picture.get("style", "")),
        "Voice": str(voice.get("voice", "")) or "as the language has it",
        "Captions in the picture": "yes" if composed.get("burned_captions", True) else "no",
    }


def _compare_findings(old: FilmVersion, new: FilmVersion) -> dict[str, list[str]]:
    before, after = (_findings_of(version) for version in (old, new))
    return {
        "new": [said for key, said in after.items() if key not in before],
        "fixed": [said for key, said in before.items() if key not in after],
        "still": [said for key, said in after.items() if key in before],
    }


def _findings_of(version: FilmVersion) -> dict[tuple[str, str, str], str]:
    """By rule, words and quote: its place may be another in the other film."""
    details = ((version.checks.output or {}).get("results") or {}).get("details") or {}
    return {
        (
            str(check.get("id")),
            str(check.get("message")),
            str((check.get("evidence") or {}).get("quote") or ""),
        ): str(check.get("message", ""))
        for record in details.values()
        for check in record.get("checks") or ()
        if check.get("verdict") in {"block", "review"}
    }


def _cost_between(project: ContentProject, old: FilmVersion, new: FilmVersion) -> Decimal | None:
    ends = sorted(one for one in (old.checks.finished_at, new.checks.finished_at) if one is not None)
    if len(ends) < 2:
        return None
    rows = Charge.objects.filter(project=project, created_at__gt=ends[0], created_at__lte=ends[1])
    return sum(
        (cost if cost is not None else kept for cost, kept in rows.values_list("cost", "reserved")),
        Decimal(0),
    )
