"""A film as the review page shows it: player, scenes with their sources, questions.

Everything is read from one plan and a few bounded queries, and turned into plain values for templates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from pipeline.arranging import FEWEST
from pipeline.models import ContentProject, Scene, StepRun
from pipeline.planning import Plan, Take
from pipeline.quality.audience import audience
from pipeline.quality.reading import reading_grade
from studio.admin.wording import ROLE, name_step, say_clock

# --------------------------------------------------------------------------- player


@dataclass(frozen=True)
class Mark:
    """A scene on the strip below the player: where it starts and ends, its share of the film in percent."""

    position: int
    label: str
    start: float
    end: float
    share: float


@dataclass(frozen=True)
class Player:
    """Addresses of the film's files, and whether it is the film of the present texts."""

    film: str
    captions: str
    poster: str
    seconds: float
    clock: str
    is_present: bool
    burned_captions: bool
    playlist: str  # the ladder that the app plays; "" where there is none
    frame_rate: float
    marks: list[Mark]


def asset_address(run: StepRun, name: str) -> str:
    return reverse("admin:studio-asset", args=[run.pk, name])


def show_player(project: ContentProject, run: StepRun | None, *, is_present: bool) -> Player | None:
    """The player of a finished film; None where there is none yet."""
    if run is None or "film.mp4" not in run.made:
        return None
    facts = run.output or {}
    seconds = float(facts.get("seconds") or 0.0)
    marks = [
        Mark(
            int(part["position"]),
            f"{ROLE.get(part['role'], 'Scene')} {int(part['position']) + 1}",
            float(part["start"]),
            float(part["end"]),
            round(100 * (float(part["end"]) - float(part["start"])) / seconds, 2) if seconds else 0.0,
        )
        for part in facts.get("timeline", [])
    ]
    return Player(
        film=asset_address(run, "film.mp4"),
        captions=asset_address(run, "captions.vtt") if "captions.vtt" in run.made else "",
        poster=asset_address(run, "poster.jpg") if "poster.jpg" in run.made else "",
        seconds=seconds,
        clock=say_clock(seconds),
        is_present=is_present,
        burned_captions=project.burned_captions,
        playlist=asset_address(run, "master.m3u8") if "master.m3u8" in run.made else "",
        frame_rate=float(facts.get("fps") or 30.0),
        marks=marks,
    )


# --------------------------------------------------------------------------- scenes


@dataclass(frozen=True)
class Line:
    """A narrated sentence, the second at which it is spoken, and the note sentences behind it."""

    text: str
    start: float | None
    end: float | None
    clock: str
    sources: list[str]
    is_kept: bool = False


@dataclass(frozen=True)
class Place:
    """What can be done to a scene's place: where up and down lead (None: nowhere), and what else fits it."""

    up: int | None
    down: int | None
    can_split: bool
    can_merge: bool
    can_add: bool
    can_remove: bool


@dataclass(frozen=True)
class TakeView:
    """A take as it is shown beside the others; `failed` says why it could not be made."""

    part: str
    number: int  # as people count, from 1
    take: int
    is_chosen: bool
    is_made: bool
    failed: str
    picture: str
    sound: str
    made_by: str


@dataclass(frozen=True)
class SceneView:
    scene: Scene
    number: int
    role: str
    lines: list[Line]
    start: float | None
    clock: str
    stale: list[str]  # names of the parts that have to be made anew
    still: str
    speech: str  # the address of the spoken scene, to be heard before there is a film
    grade: float  # Flesch-Kincaid
    hardest_grade: float  # that the age group allows
    words: int
    pace: str  # words a second as spoken, "" while there is no voice
    seconds: str
    takes: list[TakeView]
    place: Place

    @property
    def key(self) -> int:
        """The scene's own number, by which its controls are found again wherever it moves."""
        return self.scene.number

    @property
    def has_old_recording(self) -> bool:
        """Whether a person has spoken the scene, and its words have changed since."""
        take = self.scene.voice_take
        given = (self.scene.own.get("voice") or {}).get(str(take))
        return given is not None and self.scene.own_take("voice", take) is None

    @property
    def said(self) -> list[tuple[str, str]]:
        """The words that sound otherwise than they are written."""
        return sorted(self.scene.say_as.items())

    @property
    def is_hard(self) -> bool:
        return self.grade > self.hardest_grade


def show_scenes(present: Plan, film: StepRun | None, *, age_group: str) -> list[SceneView]:
    script = present.script_run
    notes = {
        int(one["id"]): str(one["text"])
        for one in ((script.output or {}) if script is not None else {}).get("notes_sentences", [])
    }
    facts: Mapping[str, Any] = (film.output or {}) if film is not None else {}
    starts = {int(part["position"]): float(part["start"]) for part in facts.get("timeline", [])}
    words: dict[int, list[Sequence[Any]]] = {}
    for word in facts.get("words", []):
        words.setdefault(int(word[3]), []).append(word)
    stills = {
        planned.job.scene: asset_address(planned.run, "still.jpg")
        for planned in present.jobs
        if planned.job.part == "scene"
        and not planned.is_alternative
        and planned.run is not None
        and "still.jpg" in planned.run.made
    }
    voices = {
        planned.job.scene: planned.run
        for planned in present.jobs
        if planned.job.step == "voice"
        and planned.run is not None
        and planned.is_done
        and not planned.is_alternative
    }
    return [
        SceneView(
            scene=scene,
            number=scene.position + 1,
            role=ROLE.get(scene.role, "Scene"),
            lines=_lines(scene, words.get(scene.position, []), notes),
            start=starts.get(scene.position),
            clock=say_clock(starts[scene.position]) if scene.position in starts else "",
            stale=_stale(present, scene.position),
            still=stills.get(scene.position, ""),
            takes=[_take(one) for one in present.takes if one.scene == scene.position],
            place=_place(present.scenes, scene.position),
            **_measures(scene, voices.get(scene.position), age_group),
        )
        for scene in present.scenes
    ]


def _place(scenes: Sequence[Scene], position: int) -> Place:
    """The opening stays first and the recap last (`pipeline.arranging`)."""
    last = len(scenes) - 1
    is_free = 0 < position < last
    tells = scenes[position].role == "scene"
    return Place(
        up=position - 1 if is_free and position > 1 else None,
        down=position + 1 if is_free and position + 1 < last else None,
        can_split=is_free and tells and len(scenes[position].lines) > 1,
        can_merge=is_free and tells and scenes[position + 1].role == "scene",
        can_add=position < last,
        can_remove=is_free and last + 1 > FEWEST,
    )


def _take(take: Take) -> TakeView:
    run, still = take.run, take.still
    is_made = run is not None and run.status == StepRun.Status.SUCCEEDED
    has_still = still is not None and "still.jpg" in still.made
    return TakeView(
        part=take.part,
        number=take.number + 1,
        take=take.number,
        is_chosen=take.is_chosen,
        is_made=is_made,
        failed=run.error_message if run is not None and run.status == StepRun.Status.FAILED else "",
        picture=asset_address(still, "still.jpg") if still is not None and has_still else "",
        sound=asset_address(run, "speech.wav") if run is not None and "speech.wav" in run.made else "",
        made_by=" ".join(filter(None, (run.provider, run.model))) if run is not None else "",
    )


def _measures(scene: Scene, voice: StepRun | None, age_group: str) -> dict[str, Any]:
    """How hard a scene is to read, how fast it is spoken, and how long it takes."""
    words = len(scene.narration.split())
    spoken = float((voice.output or {}).get("seconds") or 0.0) if voice is not None else 0.0
    return {
        "speech": asset_address(voice, "speech.wav")
        if voice is not None and "speech.wav" in voice.made
        else "",
        "grade": reading_grade(scene.narration),
        "hardest_grade": audience(age_group).grade,
        "words": words,
        "pace": f"{words / spoken:.1f}" if spoken and words else "",
        "seconds": f"{spoken:.1f}" if spoken else "",
    }


def _lines(scene: Scene, spoken: list[Sequence[Any]], notes: Mapping[int, str]) -> list[Line]:
    """Each sentence takes as many spoken words as it has; where they differ, it has no time."""
    lines, place = [], 0
    for line in scene.lines:
        wanted = str(line["text"]).split()
        found = spoken[place : place + len(wanted)]
        place += len(wanted)
        fits = bool(wanted) and [str(word[0]) for word in found] == wanted
        lines.append(
            Line(
                text=str(line["text"]),
                start=float(found[0][1]) if fits else None,
                end=float(found[-1][2]) if fits else None,
                clock=say_clock(float(found[0][1])) if fits else "",
                sources=[notes[number] for number in line.get("sources", []) if number in notes],
                is_kept=str(line["text"]) in scene.kept,
            )
        )
    return lines


def _stale(present: Plan, position: int) -> list[str]:
    names = [
        name_step(planned.job.step, planned.job.part)
        for planned in present.missing
        if planned.job.scene == position
    ]
    return list(dict.fromkeys(names))
