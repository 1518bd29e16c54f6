"""What the list can be narrowed to beyond its columns: topic, rule, overrides, films left behind by edits."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline import editing
from pipeline.models import ContentProject, Scene, StepRun
from studio import publishing
from studio.models import Creator
from studio.staleness import find_stale
from tests.studio import bending
from tests.studio.factories import make_film, make_person
from tests.studio.test_admin_site import client_of
from tests.studio.test_overriding import blocked, set_aside
from tests.studio.test_project_list import LIST, titles
from videos.models import Topic

pytestmark = pytest.mark.django_db

RULE = "accuracy.contradicts-notes"


def name(project: ContentProject, title: str) -> ContentProject:
    ContentProject.objects.filter(pk=project.pk).update(title=title)
    return project


def edit(project: ContentProject, narration: str | None = None, position: int = 1) -> str:
    """Another first sentence of a scene, or the former one back; returns the text before."""
    scene = Scene.objects.filter(project=project, position=position).order_by("-script_run__id")[0]
    former = " ".join(line["text"] for line in scene.lines)
    editing.edit_scene(
        project.pk, position, actor_id=project.creator_id, narration=narration or "Bees hum on a summer day."
    )
    return former


def script_about(project: ContentProject, topic: str) -> None:
    run = StepRun.objects.get(project=project, step="script")
    assert run.output is not None
    run.output["script"]["topic"] = topic
    run.save(update_fields=["output"])


def test_a_topic_is_the_films_and_before_that_the_scripts() -> None:
    owner = make_person("creator")
    bees, moon = name(make_film(owner), "Of bees"), name(make_film(owner), "Of the moon")
    script_about(bees, "Animals")
    script_about(moon, "Space")
    Topic.objects.create(slug="space", name="Space", age_groups=[8])
    client = client_of(owner)
    assert titles(client, "?topic=Animals") == ["Of bees"]
    assert titles(client, "?topic=Space") == ["Of the moon"]
    assert titles(client, "?topic=Nothing") == []
    choices = client.get(LIST + "?topic=Animals").content.decode()
    assert "Space" in choices  # the catalogue's
    assert 'value="Animals"' in choices or "topic=Animals" in choices  # what the address names stays chosen


def test_a_rule_is_found_by_its_name_or_its_family_and_only_while_it_is_open() -> None:
    owner = make_person("creator")
    project = make_film(owner)
    bending.warn(project, field="scenes.3.narration", rule=RULE, verdict="block")
    name(project, "Contradicts")
    name(make_film(owner), "Sound")
    client = client_of(owner)
    assert titles(client, f"?rule={RULE}") == ["Contradicts"]
    assert titles(client, "?rule=accuracy.contra") == ["Contradicts"]
    assert titles(client, '?rule=x")+||+true') == []
    assert "Sound" not in titles(client, "?rule=accuracy.contradicts")


def test_overrides_are_found_and_blockers_among_them() -> None:
    project, editor = blocked(), make_person("editor_in_chief")
    set_aside(project, editor, RULE)
    name(project, "Set aside")
    warned = make_film()
    bending.warn(warned, field="scenes.3.narration", rule="age.sentence-length", verdict="review")
    set_aside(warned, editor, "age.sentence-length")
    name(warned, "Warning set aside")
    name(make_film(), "Never")
    client = client_of(editor)
    assert titles(client, "?overridden=yes") == ["Set aside", "Warning set aside"]
    assert titles(client, "?overridden=blocker") == ["Set aside"]
    assert titles(client, "?overridden=no") == ["Never"]


def test_a_film_is_left_behind_by_an_edit_and_whole_again_when_it_is_undone() -> None:
    owner = make_person("creator")
    edited = name(make_film(owner, status="needs_attention"), "Edited")
    name(make_film(owner, status="needs_attention"), "As it was made")
    client = client_of(owner)
    assert titles(client, "?stale=yes") == []
    former = edit(edited)
    assert titles(client, "?stale=yes") == ["Edited"]
    assert titles(client, "?stale=yes&view=needs-attention") == ["Edited"]
    edit(edited, former)
    assert titles(client, "?stale=yes") == []


def test_filters_cost_the_same_whatever_they_find_and_find_nothing_of_others() -> None:
    owner, other = make_person("creator"), make_person("creator")
    edit(make_film(owner, status="needs_attention"))
    client = client_of(owner)

    def count(person: Creator) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as stale:
            find_stale(ContentProject.objects.filter(creator=person))
        with CaptureQueriesContext(connection) as page:
            client.get(LIST + "?stale=yes&topic=Animals&rule=age.&overridden=no")
        return len(stale), len(page)

    first = count(owner)
    for _ in range(2):
        edit(make_film(owner, status="needs_attention"))
        edit(make_film(other, status="needs_attention"))
    assert count(owner) == first
    assert first[0] == 3
    assert first[1] <= 18
    assert len(client.get(LIST + "?stale=yes").context["cl"].rows) == 3


def test_a_kept_view_holds_these_filters_too() -> None:
    owner = make_person("creator")
    client = client_of(owner)
    query = "overridden=no&rule=age.&topic=Animals"
    client.post(LIST + "views/", {"name": "My animals", "query": query})
    assert f"?{query}" in client.get(LIST).content.decode().replace("&amp;", "&")


def test_a_published_film_keeps_its_own_topic() -> None:
    project = name(make_film(status="approved"), "Out")
    video = publishing.publish(project.pk, actor=make_person("editor_in_chief"))
    assert video is not None
    script_about(project, "Space")
    client = client_of(project.creator)
    assert titles(client, f"?topic={video.topic}") == ["Out"]
    assert titles(client, "?topic=Space") == []
