"""Questions by hand: each check refuses, three stay three, and what changed is checked and approved anew."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline import editing, own_questions, undoing
from pipeline.editing import EditRefused
from pipeline.models import ContentProject, StepRun
from pipeline.own_questions import QuestionDoubtful
from pipeline.planning import plan
from tests.studio import factories
from tests.studio.factories import film_of, make_film

pytestmark = pytest.mark.django_db

SENTENCE = "Worker bees visit flowers and drink a sweet juice called nectar."
GOOD: dict[str, Any] = {
    "question": "Do worker bees drink nectar from flowers?",
    "answer": True,
    "explanation": "Worker bees visit flowers and drink a sweet juice called nectar.",
}


@pytest.fixture
def project() -> ContentProject:
    """A film whose third scene says a sentence that is good to ask about."""
    project = make_film(status="needs_attention")
    editing.edit_scene(project.pk, 2, actor_id=None, narration=SENTENCE)
    factories.finish(project)
    project.refresh_from_db()
    return project


def edit(project: ContentProject, number: int = 0, **changes: Any) -> Any:
    given = {**GOOD, "evidence": SENTENCE, **changes}
    return own_questions.edit_question(project.pk, number, actor_id=project.creator_id, **given)


def questions(project: ContentProject) -> list[dict[str, Any]]:
    project.refresh_from_db()
    return list(own_questions.find_questions(project, plan(project)).questions)


def as_it_is(project: ContentProject, number: int) -> dict[str, Any]:
    """A question as it stands, with yes as its answer."""
    one = questions(project)[number]
    kept = {name: one[name] for name in ("question", "explanation")}
    return {**kept, "evidence": one["evidence_sentence"], "answer": True}


def missing(project: ContentProject) -> set[tuple[str, str]]:
    return {(one.job.step, one.job.part) for one in plan(project).missing}


def test_a_changed_question_asks_for_questions_and_checks_and_for_no_scene_and_no_vendor(
    project: ContentProject,
) -> None:
    film, before = film_of(project.pk), questions(project)
    edit(project)
    now = questions(project)
    assert (now[0]["question"], now[1:]) == (GOOD["question"], before[1:])
    assert now[0]["evidence_sentence"] == SENTENCE
    assert {step for step, _ in missing(project)} == {"quiz"}
    factories.finish(project)
    own = StepRun.objects.get(project=project, step="quiz", part="own")
    assert (own.output or {})["questions"] == now
    assert film_of(project.pk).partition(".")[0] == film.partition(".")[0]
    assert film_of(project.pk) != film  # an approval of the former questions does not hold for these


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"question": "Why do bees drink nectar?"}, "not a question that yes or no answers"),
        ({"question": "Is it untrue that bees do not drink nectar?"}, "double negation"),
        ({"question": "Do worker bees not drink nectar?"}, "negation"),
        ({"question": "Do worker bees usually drink nectar?"}, "hedged"),
        ({"question": "Is nectar the best juice?"}, "matter of taste"),
        ({"question": "Do bees drink nectar and do they visit flowers?"}, "two things at once"),
        ({"question": "Do submarines measure barometric turbulence?"}, "telling words"),
        ({"explanation": "Elephants weigh six tonnes."}, "explanation does not say"),
        ({"question": "Do " + "very " * 20 + "small bees drink nectar?"}, "words; at most"),
    ],
)
def test_each_check_refuses_at_once_says_why_and_changes_nothing(
    project: ContentProject, changes: dict[str, Any], words: str
) -> None:
    before = questions(project)
    with pytest.raises(QuestionDoubtful) as refused:
        edit(project, **changes)
    assert words in refused.value.message
    assert questions(project) == before
    assert project.own_questions is None


def test_a_warning_can_be_kept_and_a_blocker_cannot(project: ContentProject) -> None:
    edit(project, question="Do worker bees usually drink nectar?", all_the_same=True)
    assert questions(project)[0]["question"] == "Do worker bees usually drink nectar?"
    with pytest.raises(QuestionDoubtful) as refused:
        edit(project, 1, question="Is it untrue that bees do not drink nectar?", all_the_same=True)
    assert refused.value.is_final


def test_the_same_twice_and_three_equal_answers_are_doubted(project: ContentProject) -> None:
    edit(project)
    with pytest.raises(QuestionDoubtful, match="ask the same"):
        edit(project, 1)
    [*others, last] = [
        number for number, one in enumerate(questions(project)) if number and not one["answer"]
    ]
    for number in others:
        edit(project, number, **as_it_is(project, number), all_the_same=True)
    with pytest.raises(QuestionDoubtful) as refused:
        edit(project, last, **as_it_is(project, last))
    assert "All answers are the same" in [found.message for found in refused.value.findings]


@pytest.mark.parametrize(
    ("number", "changes", "code"),
    [
        (3, {}, "question-unknown"),
        (-1, {}, "question-unknown"),
        (0, {"evidence": "Bees play the violin."}, "evidence-unknown"),
        (0, {"question": " "}, "text-empty"),
        (0, {"explanation": "x" * 401}, "text-too-long"),
        (0, {"seen": "0123456789abcdef"}, "question-conflict"),
    ],
)
def test_what_is_no_question_is_refused(
    project: ContentProject, number: int, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(EditRefused) as refused:
        edit(project, number, **changes)
    assert refused.value.code == code
    assert questions(project)
    assert project.own_questions is None


def test_a_changed_sentence_makes_an_own_question_stale_and_the_checks_block_it(
    project: ContentProject,
) -> None:
    edit(project)
    editing.edit_scene(project.pk, 2, actor_id=None, narration="Worker bees fly to flowers for nectar.")
    assert own_questions.is_stale(questions(project)[0], plan(project))
    factories.finish(project)
    project.refresh_from_db()
    checks = (project.qa_results or {})["details"]["educational_value"]["checks"]
    found = [one["verdict"] for one in checks if one["id"] == "value.question-stale"]
    assert set(found) == {"block"}


def test_a_changed_sentence_has_the_machine_write_its_own_questions_again_and_shows_the_former(
    project: ContentProject,
) -> None:
    before = questions(project)
    editing.edit_scene(project.pk, 2, actor_id=None, narration="Worker bees fly to flowers for nectar.")
    asked = own_questions.find_questions(project, plan(project))
    assert (list(asked.questions), asked.is_lost) == (before, True)


def test_questions_are_undone_and_given_back_for_nothing(project: ContentProject) -> None:
    film, before = film_of(project.pk), questions(project)
    edit(project)
    event = undoing.find_undoable(project)
    assert event is not None
    undoing.undo_edit(project.pk, event_id=event.pk, actor_id=None)
    assert (questions(project), film_of(project.pk)) == (before, film)
    edit(project)
    own_questions.give_back_questions(project.pk, actor_id=None)
    own_questions.give_back_questions(project.pk, actor_id=None)
    assert (questions(project), film_of(project.pk), project.own_questions) == (before, film, None)
