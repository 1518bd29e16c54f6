"""Overrides: who may, for which findings, and that they lapse with what they were given for."""

from __future__ import annotations

import pytest

from pipeline.editing import edit_scene
from pipeline.models import ContentProject
from pipeline.planning import plan
from studio import overriding, reviewing
from studio.models import AuditEntry, Creator, FindingOverride, Review
from studio.overriding import OverrideRefused, find_checks, override_finding, overrides_in_force
from tests.studio import bending, factories
from tests.studio.factories import film_of, make_film, make_person

pytestmark = pytest.mark.django_db

WHY = "The encyclopedia on my desk says the same."


def blocked(rule: str = "accuracy.contradicts-notes") -> ContentProject:
    project = make_film()
    bending.warn(project, field="scenes.3.narration", rule=rule, verdict="block")
    return project


def found(project: ContentProject, rule: str) -> overriding.FoundCheck:
    present = plan(project)
    assert present.qa_run is not None
    checks = find_checks(present, (present.qa_run.output or {})["results"])
    return next(one for one in checks if one.rule == rule)


def set_aside(project: ContentProject, person: Creator, rule: str, **changes: str) -> FindingOverride:
    values = {"reason": "checked", "text": WHY, "film": film_of(project.pk)} | changes
    return override_finding(project.pk, person=person, finding=found(project, rule).key, **values)


def in_force(project: ContentProject) -> list[str]:
    present = plan(project)
    assert present.qa_run is not None
    checks = find_checks(present, (present.qa_run.output or {})["results"])
    return [row.rule for row in overrides_in_force(project, checks).values()]


def test_an_override_opens_the_approval_once_and_is_kept_with_the_verdict() -> None:
    project, editor = blocked(), make_person("editor_in_chief")
    film = film_of(project.pk)
    with pytest.raises(reviewing.BlockerOpen):
        reviewing.approve(project.pk, reviewer=editor, film=film)
    first = set_aside(project, editor, "accuracy.contradicts-notes")
    assert set_aside(project, editor, "accuracy.contradicts-notes") == first
    review = reviewing.approve(project.pk, reviewer=editor, film=film)
    assert review.findings["overridden"] == [
        {
            "rule": "accuracy.contradicts-notes",
            "severity": "block",
            "reason": "checked",
            "override": str(first.pk),
        }
    ]
    assert AuditEntry.objects.get(verb="override").reason == WHY


@pytest.mark.parametrize(
    ("role", "rule", "severity", "code"),
    [
        ("reviewer", "accuracy.contradicts-notes", "block", "forbidden"),
        ("creator", "age.sentence-length", "review", "forbidden"),
        ("editor_in_chief", "content.blocked-word", "block", "never-overridden"),
    ],
)
def test_some_findings_are_not_for_everybody_and_some_for_nobody(
    role: str, rule: str, severity: str, code: str
) -> None:
    project = make_film()
    bending.warn(project, field="scenes.3.narration", rule=rule, verdict=severity)
    with pytest.raises(OverrideRefused) as refused:
        set_aside(project, make_person(role), rule)
    assert (refused.value.code, FindingOverride.objects.count()) == (code, 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": "Too short."}, "reason-required"),
        ({"text": "a" + " " * 30 + "b"}, "reason-required"),
        ({"reason": "because"}, "reason-required"),
        ({"film": "a.b"}, "stale-film"),
    ],
)
def test_an_override_wants_a_reason_and_the_present_film(changes: dict[str, str], code: str) -> None:
    project = blocked()
    with pytest.raises(OverrideRefused) as refused:
        set_aside(project, make_person("editor_in_chief"), "accuracy.contradicts-notes", **changes)
    assert (refused.value.code, FindingOverride.objects.count()) == (code, 0)


def test_authors_override_nothing_of_their_own() -> None:
    project, editor = blocked(), make_person("editor_in_chief")
    factories.author(project, editor)
    with pytest.raises(OverrideRefused) as refused:
        set_aside(project, editor, "accuracy.contradicts-notes")
    assert refused.value.code == "own-work"


def test_an_override_lapses_with_its_scene_and_not_with_another() -> None:
    project, editor = blocked(), make_person("editor_in_chief")
    set_aside(project, editor, "accuracy.contradicts-notes")
    for position, text, held in (
        (1, "Bees live in a very big colony.", ["accuracy.contradicts-notes"]),
        (3, "Bees sing to their honey.", []),
    ):
        edit_scene(project.pk, position, actor_id=project.creator_id, narration=text)
        factories.finish(project)
        bending.warn(project, field="scenes.3.narration", rule="accuracy.contradicts-notes", verdict="block")
        assert in_force(project) == held
    with pytest.raises(reviewing.BlockerOpen):
        reviewing.approve(project.pk, reviewer=editor, film=film_of(project.pk))
    assert Review.objects.count() == 0


def test_missing_checks_never_pass() -> None:
    project = make_film()
    assert reviewing.explain_blockers(None) == "The checks have not run on this film."
    edit_scene(project.pk, 1, actor_id=project.creator_id, narration="Bees live in a very big colony.")
    with pytest.raises(reviewing.StaleFilm):
        reviewing.approve(project.pk, reviewer=make_person("reviewer"), film=film_of(project.pk))


def test_reasons_of_other_films_are_shown_and_ones_own_are_not() -> None:
    project, other, editor = blocked(), blocked(), make_person("editor_in_chief")
    set_aside(other, editor, "accuracy.contradicts-notes")
    set_aside(project, editor, "accuracy.contradicts-notes")
    similar = overriding.similar_overrides("accuracy.contradicts-notes", besides=project.pk)
    assert [(one.project_id, one.text) for one in similar] == [(other.pk, WHY)]
