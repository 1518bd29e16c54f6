from __future__ import annotations

import pytest

from pipeline.author import shelf
from pipeline.author.composing import CannotCompose, compose
from pipeline.author.questions import bare_statement, write_questions
from pipeline.author.storyboard import estimate_seconds, lay_out, spoken_moment
from pipeline.providers.base import NarratedSentence, Question, Script, ScriptRequest
from pipeline.quality.audience import AUDIENCES, audience
from pipeline.quality.sentences import plain, split
from tests.pipeline.author.material import all_texts, variants

TEXTS = all_texts()


def quiz_of(script: Script, notes: str, age_group: str, concept: str) -> list[Question]:
    narration = [
        NarratedSentence(scene.position, str(line["text"]), tuple(line["sources"]))
        for scene in lay_out(script, age_group)
        for line in scene.lines
    ]
    return write_questions(narration, notes=notes, age_group=age_group, concept=concept)


def test_the_bar_is_measured_on_more_than_sixty_varied_texts() -> None:
    total = sum(len(variants(notes, seed=index)) for index, (_, notes) in enumerate(TEXTS.values()))
    assert len(TEXTS) == 20
    assert total >= 60


@pytest.mark.parametrize("age_group", list(AUDIENCES))
@pytest.mark.parametrize("name", list(TEXTS))
def test_any_notes_become_a_film_that_keeps_every_promise(name: str, age_group: str) -> None:
    concept, original = TEXTS[name]
    for notes in variants(original, seed=list(TEXTS).index(name)):
        script = compose(ScriptRequest(concept=concept, age_group=age_group, notes=notes))
        limits = audience(age_group)
        sentences = {sentence.id: sentence for sentence in split(notes)}

        assert 45 <= estimate_seconds(lay_out(script, age_group), limits.words_per_minute) <= 90
        assert 4 <= len(script.scenes) <= 9
        assert 2 <= len(script.moments) <= 3
        assert len(script.title) <= 60
        assert len(script.hook.text.split()) <= limits.hook_words
        for line in [line for scene in script.scenes for line in scene.narration]:
            assert line.text.rstrip(".") in sentences[line.sources[0]].text
        for line in (script.hook, script.recap):
            if line.sources:
                assert bare_statement(line.text).rstrip(".") in sentences[line.sources[0]].text
        for scene in script.scenes:
            assert 1 <= len(scene.narration) <= 3
            assert 1 <= len(scene.on_screen_text.split()) <= limits.on_screen_words
            assert scene.visual_description
            assert len(scene.items) <= 4

        questions = quiz_of(script, notes, age_group, concept)
        told = plain(notes)
        assert len(questions) == 3
        assert {question.answer for question in questions} == {True, False}
        assert len({question.question for question in questions}) == 3
        assert {moment.prompt for moment in script.moments} <= {question.question for question in questions}
        for question in questions:
            assert question.evidence_quote in told
            assert question.must_confirm is (not question.answer)
            assert question.question.endswith("?")


def test_the_same_notes_give_the_same_bytes() -> None:
    note = shelf.find("volcanoes")
    assert note is not None
    request = ScriptRequest(concept=note.concept, age_group="11-13", notes=note.notes)
    assert compose(request).model_dump_json() == compose(request).model_dump_json()


@pytest.mark.parametrize("seconds", [45, 60, 75, 90])
def test_the_film_comes_close_to_the_wanted_length(seconds: int) -> None:
    note = shelf.find("the water cycle")
    assert note is not None
    script = compose(
        ScriptRequest(concept=note.concept, age_group="8-10", notes=note.notes, target_seconds=seconds)
    )
    assert abs(estimate_seconds(lay_out(script, "8-10"), 130) - min(max(seconds, 48), 85)) <= 5


def test_four_facts_are_too_few() -> None:
    notes = "Bees make honey. Bees have six legs. Bees live in hives. Bees can fly fast. What is a bee?"
    with pytest.raises(CannotCompose) as caught:
        compose(ScriptRequest(concept="Bees", age_group="8-10", notes=notes))
    assert caught.value.code == "creator:too-few-facts"
    assert "4 usable facts" in caught.value.message


def test_what_must_not_be_said_is_left_out_and_what_must_be_said_is_in() -> None:
    note = shelf.find("how the heart works")
    assert note is not None
    request = ScriptRequest(
        concept=note.concept,
        age_group="8-10",
        notes=note.notes,
        must_say=("fist",),
        must_not_say=("pumps blood",),
    )
    told = compose(request).model_dump_json()
    assert "fist" in told
    assert "pumps blood" not in told


def test_a_moment_says_the_question_in_small_letters() -> None:
    assert spoken_moment("Do plants make food?") == "Think about it: do plants make food?"
    assert spoken_moment("Rome fell when?") == "Think about it: Rome fell when?"


def test_a_leaning_sentence_stands_beside_its_predecessor() -> None:
    note = shelf.find("honey bees")
    assert note is not None
    for age_group in AUDIENCES:
        script = compose(
            ScriptRequest(concept=note.concept, age_group=age_group, notes=note.notes, target_seconds=90)
        )
        for scene in script.scenes:
            assert not scene.narration[0].text.startswith(("It ", "They ", "She "))


# One word that names the very thing that is shown; every other lone word is replaced by one that says more.
NAMED = {"Cats", "Hive", "Chlorophyll", "Hawaii", "Mantle"}


@pytest.mark.parametrize("note", [one for one in shelf.all_notes() if not one.demo], ids=lambda one: one.name)
def test_no_scene_of_the_shelf_is_headed_by_a_lone_common_word(note: shelf.ShelfNote) -> None:
    request = ScriptRequest(note.concept, note.age_group, note.notes, target_seconds=60)
    plain = [one for one in lay_out(compose(request), note.age_group) if one.role == "scene"]
    lone = [
        one.on_screen_text
        for one in plain
        if one.visual_kind not in {"definition", "action", "parts"} and " " not in one.on_screen_text
    ]
    assert set(lone) <= NAMED
