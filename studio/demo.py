"""The demo's people and films: one user per role, a few students, films made from the shelf's notes.

Everything is found by a fixed id, so that loading it again makes nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid5

from django.conf import settings
from django.contrib.auth.models import Group

from pipeline import bell, editing, orchestration
from pipeline.author.shelf import ShelfNote, all_notes
from pipeline.inline import Listener, run_to_end
from pipeline.models import ContentProject
from pipeline.planning import plan
from studio import publishing, reviewing
from studio.models import Creator

NAMESPACE = UUID("6a0f6f0e-6f0b-4c53-9a49-6f3f8f1f2f10")
PASSWORD = "try-the-studio"  # noqa: S105 - of the demo, printed on the terminal
STUDENT_PASSWORD = "learn-a-little"  # noqa: S105
Status = ContentProject.Status


@dataclass(frozen=True)
class Person:
    email: str
    display_name: str
    role: str
    what: str


@dataclass(frozen=True)
class DemoStudent:
    username: str
    age_group: str
    time_zone: str


@dataclass(frozen=True)
class DemoFilm:
    """A shelf note by name, and what becomes of its film."""

    note: str
    outcome: str  # published | waiting | stopped | draft
    seconds: int = 60


PEOPLE = (
    Person("creator@example.org", "Cleo Creator", "creator", "makes films"),
    Person("reviewer@example.org", "Rafi Reviewer", "reviewer", "judges them"),
    Person("editor@example.org", "Edda Editor", "editor_in_chief", "publishes them"),
    Person("staff@example.org", "Sam Staff", "staff", "helps students"),
    Person("operator@example.org", "Oli Operator", "operator", "keeps it running"),
)
STUDENTS = (
    DemoStudent("brave-otter-17", "8-10", "Europe/Berlin"),
    DemoStudent("curious-comet-42", "5-7", "America/Chicago"),
    DemoStudent("quiet-maple-88", "14-17", "Asia/Tokyo"),
)
FILMS = (
    DemoFilm("water-cycle", "published"),
    DemoFilm("honey-bees", "waiting"),
    DemoFilm("demo-too-hard", "stopped"),
    DemoFilm("volcanoes", "draft"),
)
# one of each subject, made on request (`FILMS=12`); the first two are above
SUBJECTS = (
    *("water-cycle", "honey-bees", "inside-the-earth", "fractions", "ancient-egypt", "english-words"),
    *("healthy-sleep", "the-heart", "day-and-night", "sound-and-music", "atoms", "computers"),
)


def choose_films(number: int = 3) -> tuple[DemoFilm, ...]:
    """The films of a demonstration: three, or one of each subject up to twelve, published for the feed."""
    shown = {film.note for film in FILMS}
    more = [DemoFilm(name, "published") for name in SUBJECTS if name not in shown]
    return (*FILMS, *more[: max(0, number - 2)]) if number > 3 else FILMS


class DemoFailed(Exception):
    """Something of the demo did not work; the message says what."""


def make_people() -> dict[str, Creator]:
    """One user per role, by role."""
    people = {}
    for person in PEOPLE:
        user = Creator.objects.filter(email=person.email).first()
        if user is None:
            user = Creator.objects.create_user(person.email, PASSWORD, display_name=person.display_name)
        user.groups.set([Group.objects.get(name=person.role)])
        people[person.role] = user
    return people


def note_named(name: str) -> ShelfNote:
    return next(note for note in all_notes() if note.name == name)


def find_or_make_film(
    film: DemoFilm, people: dict[str, Creator], *, listen: Callable[[str], Listener]
) -> tuple[ContentProject, bool]:
    """The film's project, brought to its outcome, and whether work was done for it now."""
    note = note_named(film.note)
    creator = people["creator"]
    with bell.muted():
        project, is_new = editing.create_project(
            creator_id=creator.pk,
            concept=note.concept,
            age_group=note.age_group,
            source_notes=note.notes,
            target_seconds=film.seconds,
            request_id=uuid5(NAMESPACE, film.note),
        )
        if film.outcome == "draft":
            return project, is_new
        if project.status == Status.DRAFT:
            orchestration.start(project.pk, actor_id=creator.pk)
            project.refresh_from_db()
        if project.status == Status.GENERATING:
            project = run_to_end(
                project.pk, workers=settings.PIPELINE_PARALLEL, listener=listen(note.concept)
            )
            is_new = True
        if film.outcome == "published":
            _publish(project, people)
    project.refresh_from_db()
    _check(project, film)
    return project, is_new


def _publish(project: ContentProject, people: dict[str, Creator]) -> None:
    """The road of every film: other eyes approve exactly this film, the editor-in-chief publishes it."""
    if project.status == Status.IN_REVIEW:
        reviewing.approve(
            project.pk, reviewer=people["reviewer"], film=plan(project).film, notes="Approved for the demo."
        )
        project.refresh_from_db()
    if project.status == Status.APPROVED:
        publishing.publish(project.pk, actor=people["editor_in_chief"])


def _check(project: ContentProject, film: DemoFilm) -> None:
    """A project that a person has moved on since is fine; one that never arrived is not."""
    event = project.last_event
    if project.status in {Status.GENERATING, Status.DRAFT} or (
        project.status == Status.NEEDS_ATTENTION and event is not None and event.actor_id is None
    ):
        why = f"{event.reason}: {event.message}" if event else "no reason is recorded"
        raise DemoFailed(f"The film about {project.concept_prompt!r} was not made. {why}")
    verdict = (project.qa_results or {}).get("verdict")
    if film.outcome == "stopped" and project.status == Status.IN_REVIEW and verdict != "block":
        raise DemoFailed(f"The filters should have stopped {project.concept_prompt!r}, but said {verdict!r}.")


def blockers(project: ContentProject) -> list[str]:
    """The sentences of the checks that stop a film."""
    details = (project.qa_results or {}).get("details", {})
    return [
        str(check["message"])
        for result in details.values()
        for check in result.get("checks", [])
        if check.get("verdict") == "block"
    ]


def try_refused_brief(people: dict[str, Creator]) -> editing.BriefRefused | None:
    """A brief with somebody's address in its notes: refused before any work. None: it was not refused."""
    note = next(note for note in all_notes() if note.demo == "refused")
    try:
        editing.create_project(
            creator_id=people["creator"].pk,
            concept=note.concept,
            age_group=note.age_group,
            source_notes=note.notes,
        )
    except editing.BriefRefused as error:
        return error
    return None
