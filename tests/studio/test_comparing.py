"""Two versions side by side, and back to one of them: nothing is lost and nothing is paid again."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from pipeline import arranging, editing, film_versions, own_questions, taking, undoing
from pipeline.editing import EditRefused, NotEditable
from pipeline.models import ContentProject, StepRun
from pipeline.planning import plan
from studio import reviewing
from studio.comparing import compare_versions, find_moved, mark_words
from studio.models import AuditEntry
from studio.versions import list_versions
from tests.studio import factories
from tests.studio.factories import film_of, make_film, make_person, set_status
from tests.studio.test_admin_site import client_of
from tests.studio.test_arranging_acts import send

pytestmark = pytest.mark.django_db


def edit(project: ContentProject, position: int, text: str) -> None:
    editing.edit_scene(project.pk, position, actor_id=project.creator_id, narration=text)


def versions(project: ContentProject) -> list[Any]:
    return list_versions(project, plan(project))


def restore(project: ContentProject, number: int) -> film_versions.Restored:
    run = versions(project)[number - 1].run_id
    return film_versions.restore_version(project.pk, run, actor_id=project.creator_id)


@pytest.fixture
def two() -> ContentProject:
    """A film in its second version: words, order, a picture's take and a scene are others."""
    project = make_film(status="needs_attention")
    who: dict[str, Any] = {"actor_id": project.creator_id}
    edit(project, 1, "Bees live in a big family.")
    editing.edit_scene(project.pk, 1, **who, on_screen_text="<script>alert(1)</script>")
    arranging.move_scene(project.pk, 3, to=5, **who)
    arranging.add_scene(project.pk, 2, narration="Bees need water too.", **who)
    taking.request_take(project.pk, position=2, part="visual", **who)
    factories.finish(project)
    set_status(project, "needs_attention")
    taking.choose_take(project.pk, 2, part="visual", take=1, **who)
    factories.finish(project)
    project.refresh_from_db()
    return project


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("bees fly far", "bees fly home far", ["bees fly", "+home", "far"]),
        ("bees fly far", "bees swim far", ["bees", "-fly", "+swim", "far"]),
        ("", "bees fly", ["+bees fly"]),
        ("the the the", "the the", ["the the", "-the"]),
        ("<script>a</script> b", "b", ["-<script>a</script>", "b"]),
    ],
)
def test_words_are_marked_by_what_happened_to_them(before: str, after: str, marked: list[str]) -> None:
    signs = {"same": "", "added": "+", "removed": "-"}
    assert [signs[one.kind] + one.text for one in mark_words(before, after)] == marked


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ([0, 1, 2, 3, 4], [0, 1, 3, 4, 2], {2}),
        ([0, 1, 2, 3], [0, 9, 1, 2, 3], set()),
        ([0, 1, 2, 3], [0, 2, 3], set()),
        ([0, 1, 2, 3], [0, 3, 2, 1], {2, 3}),
        ([], [1], set()),
    ],
)
def test_the_fewest_scenes_are_said_to_have_moved(
    before: list[int], after: list[int], moved: set[int]
) -> None:
    found = find_moved(before, after)
    assert len(found) == len(moved)
    left = [[key for key in side if key not in found] for side in (before, after)]
    common = set(left[0]) & set(left[1])
    assert [key for key in left[0] if key in common] == [key for key in left[1] if key in common]


def test_a_comparison_names_moved_added_and_changed_scenes_and_nothing_else(two: ContentProject) -> None:
    known = versions(two)
    old, new = film_versions.read_versions(two, [known[0].run_id, known[-1].run_id])
    found = compare_versions(two, old, new)
    said = {one.after: one.words for one in found.scenes if one.is_changed}
    assert said == {
        2: ["Words changed"],
        3: ["Another picture"],
        4: ["Added"],
        7: ["Moved from 4 to 7"],
    }
    back = compare_versions(two, new, old)
    assert {tuple(one.words) for one in back.scenes if one.is_changed} == {
        ("Words changed",),
        ("Another picture",),
        ("Removed",),
        ("Moved from 7 to 4",),
    }
    assert compare_versions(two, new, new).changed == 0


def test_going_back_makes_the_very_film_again_for_nothing_and_undo_brings_the_newer_one(
    two: ContentProject,
) -> None:
    known, newest, runs = versions(two), film_of(two.pk), StepRun.objects.count()
    assert [one.is_present for one in known] == [False] * (len(known) - 1) + [True]
    restore(two, 1)
    present = plan(two)
    assert (present.is_complete, present.film_run and present.film_run.fingerprint) == (True, known[0].film)
    assert (StepRun.objects.count(), len(versions(two))) == (runs, len(known))
    event = undoing.find_undoable(two)
    assert event is not None
    undoing.undo_edit(two.pk, event_id=event.pk, actor_id=None)
    assert film_of(two.pk) == newest
    restore(two, 1)
    restore(two, len(known))
    assert (film_of(two.pk), StepRun.objects.count()) == (newest, runs)
    before = two.events.count()
    restore(two, len(known))
    assert two.events.count() == before  # a repeat is no edit


def test_own_questions_go_and_come_with_their_version() -> None:
    project = make_film(status="needs_attention")
    sentence = own_questions.tellable(plan(project))[2][1]
    machine = own_questions.find_questions(project, plan(project)).questions
    own_questions.edit_question(
        project.pk,
        0,
        question=str(machine[0]["question"]),
        answer=bool(machine[0]["answer"]),
        explanation=f"{sentence} Remember it.",
        evidence=str(machine[0]["evidence_sentence"]),
        actor_id=None,
        all_the_same=True,
    )
    project.refresh_from_db()
    factories.finish(project)
    second = film_of(project.pk)
    restore(project, 1)
    project.refresh_from_db()
    assert (project.own_questions, plan(project).is_complete) == (None, True)
    restore(project, 2)
    project.refresh_from_db()
    assert film_of(project.pk) == second
    assert project.own_questions is not None


def test_what_cannot_be_put_back_is_refused(two: ContentProject) -> None:
    with pytest.raises(EditRefused) as refused:
        film_versions.restore_version(two.pk, two.pk, actor_id=None)
    assert refused.value.code == "version-unknown"
    run = versions(two)[0].run_id
    other = make_film(status="needs_attention")
    with pytest.raises(EditRefused):
        film_versions.restore_version(other.pk, run, actor_id=None)
    set_status(two, "approved")
    with pytest.raises(NotEditable):
        film_versions.restore_version(two.pk, run, actor_id=None)


def test_the_page_compares_within_its_budget_and_escapes(
    two: ContentProject, django_assert_max_num_queries: Any
) -> None:
    client = client_of(two.creator)
    address = reverse("admin:pipeline_contentproject_compare", args=[two.pk])
    with django_assert_max_num_queries(12):
        answer = client.get(f"{address}?old=1")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "Moved from 4 to 7" in text
    assert client.get(f"{address}?old=1&new=1").status_code == 200
    assert client.get(f"{address}?old=77").status_code == 404
    assert client.get(f"{address}?old=x").status_code == 404
    assert client_of(make_person("creator")).get(address).status_code == 404
    rows = AuditEntry.objects.count()
    answer = send(client, two, "restore-version", version=versions(two)[0].run_id)
    assert answer.status_code == 200, answer.json()
    assert AuditEntry.objects.count() == rows + 1
    assert send(client_of(make_person("reviewer")), two, "restore-version", version="x").status_code == 404


def test_a_film_that_was_judged_last_is_compared_with_the_one_before_it(two: ContentProject) -> None:
    set_status(two, "in_review")
    reviewer = make_person("reviewer")
    reviewing.request_changes(two.pk, reviewer=reviewer, film=film_of(two.pk), notes="Scene 2: simpler.")
    address = reverse("admin:pipeline_contentproject_compare", args=[two.pk])
    shown = client_of(two.creator).get(address).context
    last = len(versions(two))
    assert (shown["old"]["version"].number, shown["new"]["version"].number) == (last - 1, last)
