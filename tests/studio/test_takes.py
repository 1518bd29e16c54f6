"""Takes stand side by side: the old one stays until another is chosen, and choosing pays nothing."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline import editing, taking
from pipeline.editing import EditRefused, SceneConflict
from pipeline.models import ContentProject, Scene, StepRun
from pipeline.orchestration import NotPossible, advance, rebuild
from pipeline.planning import plan
from studio.models import AuditEntry
from tests.studio import factories
from tests.studio.factories import film_of, make_film, make_person, set_status
from tests.studio.test_admin_projects import act
from tests.studio.test_admin_site import client_of, review_of

pytestmark = pytest.mark.django_db


def ask(project: ContentProject, part: str, position: int = 2) -> int:
    return taking.request_take(project.pk, position=position, part=part, actor_id=project.creator_id)


def missing(project: ContentProject) -> list[tuple[str, str, int | None]]:
    return [(one.job.step, one.job.part, one.job.scene) for one in plan(project).missing]


def choose(project: ContentProject, take: int, part: str = "visual", **more: Any) -> Scene:
    return taking.choose_take(project.pk, 2, part=part, take=take, actor_id=project.creator_id, **more)


@pytest.mark.parametrize(("part", "steps"), [("visual", ["visuals", "compose"]), ("voice", ["voice"])])
def test_15_another_take_is_made_beside_the_film_which_stays_the_same(part: str, steps: list[str]) -> None:
    project = make_film()
    film = film_of(project.pk)
    assert ask(project, part) == 1
    project.refresh_from_db()
    assert project.status == "generating"
    assert missing(project) == [(steps[0], "", 2)]
    factories.finish(project)
    made = StepRun.objects.filter(project=project, scene=2).values_list("step", flat=True)
    assert [list(made).count(step) for step in steps] == [2] * len(steps)
    advance(project.pk)
    project.refresh_from_db()
    assert (project.status, film_of(project.pk)) == ("in_review", film)
    takes = plan(project).takes
    assert [(one.number, one.is_chosen, one.run is not None) for one in takes] == [
        (0, True, True),
        (1, False, True),
    ]


def test_15_choosing_a_take_changes_the_film_and_restoring_the_old_one_costs_nothing() -> None:
    project = make_film()
    first = film_of(project.pk)
    ask(project, "visual")
    factories.finish(project)
    set_status(project, "needs_attention")
    choose(project, 1)
    assert missing(project) == [("compose", "film", None)]  # the scene was composed to be compared
    factories.finish(project)
    second = film_of(project.pk)
    assert second != first
    runs = StepRun.objects.count()
    choose(project, 0)
    assert (missing(project), film_of(project.pk)) == ([], first)
    choose(project, 1)
    assert (missing(project), film_of(project.pk), StepRun.objects.count()) == ([], second, runs)


def test_a_take_of_other_words_is_not_made() -> None:
    project = make_film()
    ask(project, "voice")
    set_status(project, "needs_attention")
    editing.edit_scene(project.pk, 2, actor_id=project.creator_id, narration="Bees dance for each other.")
    assert ("voice", "", 2) in missing(project)
    assert missing(project).count(("voice", "", 2)) == 1
    assert plan(project).takes == ()


def test_what_cannot_be_chosen_or_asked_for_is_refused() -> None:
    project = make_film()
    with pytest.raises(EditRefused):
        choose(project, 1)
    with pytest.raises(NotPossible):
        ask(project, "smell")
    with pytest.raises(NotPossible):
        ask(project, "voice", position=77)
    ask(project, "visual")
    with pytest.raises(editing.NotEditable):
        choose(project, 1)
    factories.finish(project)
    set_status(project, "needs_attention")
    with pytest.raises(SceneConflict):
        choose(project, 1, version=99)
    assert Scene.objects.get(project=project, position=2).visual_take == 0


def test_a_take_that_failed_is_given_up_and_holds_nothing_up() -> None:
    project = make_film()
    ask(project, "visual")
    set_status(project, "needs_attention")
    assert plan(project).film == ""
    taking.drop_take(project.pk, 2, part="visual", take=1, actor_id=project.creator_id)
    assert plan(project).is_complete


def test_16_a_late_result_of_an_old_fingerprint_is_kept_and_not_used() -> None:
    project = make_film(status="needs_attention")
    editing.edit_scene(project.pk, 2, actor_id=project.creator_id, narration="Bees dance for each other.")
    rebuild(project.pk, actor_id=project.creator_id)
    late = next(one for one in plan(project).missing if one.job.step == "voice")
    set_status(project, "needs_attention")
    editing.edit_scene(project.pk, 2, actor_id=project.creator_id, narration="Bees sing for each other.")
    run = factories._succeed(project, late, media=False)  # the worker ends after the second edit
    present = plan(project)
    assert run.pk not in {one.run.pk for one in present.jobs if one.run}
    assert [one.job.inputs["text"] for one in present.missing if one.job.step == "voice"] == [
        "Bees sing for each other."
    ]
    editing.edit_scene(project.pk, 2, actor_id=project.creator_id, narration="Bees dance for each other.")
    assert run.pk in {one.run.pk for one in plan(project).jobs if one.run}


def test_the_page_shows_takes_and_each_act_leaves_one_row() -> None:
    project = make_film()
    client = client_of(project.creator)
    rows = AuditEntry.objects.count()
    place = {"position": "2", "part": "visual"}
    assert act(client, project, "request-take", **place).status_code == 302
    factories.finish(project)
    set_status(project, "needs_attention")
    [view] = [one for one in client.get(review_of(project)).context["scenes"] if one.takes]
    assert [(one.number, one.is_chosen, bool(one.picture)) for one in view.takes] == [
        (1, True, True),
        (2, False, True),
    ]
    assert act(client, project, "choose-take", **place, take="1", version="0").status_code == 302
    assert act(client, project, "drop-take", **place, take="0").status_code == 302
    verbs = list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))[rows:]
    assert verbs == ["request_take", "choose_take", "drop_take"]
    stranger = client_of(make_person("creator"))
    assert act(stranger, project, "request-take", **place).status_code == 404
