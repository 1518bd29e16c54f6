"""The list, the brief and the acts, by their addresses; queries are counted."""

from __future__ import annotations

import gzip
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from pipeline.models import ContentProject, Scene, StepRun
from pipeline.planning import plan
from studio.models import Review
from tests.studio import factories
from tests.studio.factories import NOTES, film_of, make_draft, make_film, make_person, set_status
from tests.studio.test_admin_site import client_of, review_of

pytestmark = pytest.mark.django_db

LIST = "/admin/pipeline/contentproject/"


def act(client: Client, project: ContentProject, name: str, **data: Any) -> Any:
    return client.post(f"{LIST}{project.pk}/act/{name}/", data)


def state(project: ContentProject) -> tuple[Any, ...]:
    project.refresh_from_db()
    return project.status, project.events.count(), Review.objects.filter(project=project).count()


# --------------------------------------------------------------------------- list


def test_the_list_stays_within_its_queries_and_its_weight(django_assert_max_num_queries: Any) -> None:
    owner = make_person("creator")
    first = make_film(owner)
    for number in range(24):
        project = make_draft(owner, concept_prompt=f"Film {number}", qa_results=first.qa_results)
        set_status(project, "generating" if number % 2 else "in_review")
        StepRun.objects.create(
            project=project,
            fingerprint=uuid4().hex,
            step="compose",
            part="film",
            queue="render",
            inputs={},
            status="succeeded",
        )
    client = client_of(owner)
    with django_assert_max_num_queries(15):
        response = client.get(LIST)
    assert len(response.context["cl"].rows) == 25
    assert len(gzip.compress(response.content)) < 60_000


def test_a_row_says_state_findings_and_next_step_by_role() -> None:
    owner = make_person("creator")
    project = make_film(owner)
    factories.block(project)
    [row] = client_of(owner).get(LIST).context["cl"].rows
    assert (row.chip.text, row.next_step, row.creator, row.age_group) == (
        "In review",
        "Open",
        "Creator",
        "8–10",
    )
    assert row.findings.startswith("1 blocker")
    [row] = client_of(make_person("reviewer")).get(LIST).context["cl"].rows
    assert row.next_step == "Review"


def test_a_generating_row_shows_its_step() -> None:
    project = make_draft()
    set_status(project, "generating")
    [row] = client_of(project.creator).get(LIST).context["cl"].rows
    assert (row.percent, row.at_work) == (0, "Writing the script")


def test_search_and_filters_find_what_they_should() -> None:
    owner = make_person("creator")
    make_draft(owner, concept_prompt="Volcanoes", age_group="11-13")
    make_draft(owner, concept_prompt="Honey bees")
    client = client_of(owner)
    for query, titles in (
        ("?q=volcano", ["Volcanoes"]),
        ("?age_group=8-10", ["Honey bees"]),
        (f"?creator={owner.pk}", ["Honey bees", "Volcanoes"]),
        ("?status__exact=published", []),
        ("?age_group=nonsense", ["Honey bees", "Volcanoes"]),
    ):
        rows = client.get(LIST + query).context["cl"].rows
        assert sorted(row.title for row in rows) == titles, query
    assert b"Clear the search and filters" in client.get(LIST + "?q=nothing").content


# --------------------------------------------------------------------------- brief


def brief(**changes: Any) -> dict[str, Any]:
    return {
        "request_id": str(uuid4()),
        "concept": "How bees make honey",
        "age_group": "8-10",
        "source_notes": NOTES,
        "target_seconds": 60,
        "visual_style": "auto",
        "must_say": "nectar\n\nhive",
        "must_not_say": "",
        "burned_captions": "on",
    } | changes


@pytest.mark.parametrize(
    ("button", "status"), [("save", "draft"), ("generate", "generating"), ("script", "generating")]
)
def test_a_good_brief_becomes_one_project_however_often_it_is_sent(button: str, status: str) -> None:
    user = make_person("creator")
    client, data = client_of(user), brief() | {button: "1"}
    for _ in range(2):
        response = client.post(f"{LIST}add/", data)
        project = ContentProject.objects.get()
        assert (response.status_code, response.headers["Location"]) == (302, review_of(project))
    assert (project.status, project.creator, project.must_say) == (status, user, ["nectar", "hive"])


@pytest.mark.parametrize("ticked", [True, False])
def test_captions_stay_out_of_the_picture_where_the_box_is_not_ticked(ticked: bool) -> None:
    data = brief(save="1")
    if not ticked:
        del data["burned_captions"]
    client_of(make_person("creator")).post(f"{LIST}add/", data)
    assert ContentProject.objects.get().brief.burned_captions is ticked


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"concept": " "}, "concept", "The concept is empty"),
        ({"target_seconds": "10"}, "target_seconds", "45 to 90"),
        ({"target_seconds": "soon"}, "target_seconds", "whole number"),
        ({"age_group": "3-4"}, "age_group", "valid choice"),
        ({"source_notes": "Bees are nice."}, "source_notes", "notes"),
        ({"source_notes": NOTES + " Write to anna.miller@example.com."}, "source_notes", "e-mail"),
    ],
)
def test_what_is_wrong_with_a_brief_stands_beside_its_field_and_nothing_is_lost(
    changes: dict[str, str], field: str, words: str
) -> None:
    data = brief(**changes)
    response = client_of(make_person("creator")).post(f"{LIST}add/", data)
    form = response.context["form"]
    assert response.status_code == 400
    assert words in " ".join(form.errors[field])
    assert form["source_notes"].value() == data["source_notes"]
    assert ContentProject.objects.count() == 0


def test_the_brief_of_a_draft_can_be_changed_and_of_nothing_else() -> None:
    project = make_draft()
    client = client_of(project.creator)
    address = reverse("admin:pipeline_contentproject_brief", args=[project.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, brief(concept="The honey of bees")).status_code == 302
    project.refresh_from_db()
    assert project.concept_prompt == "The honey of bees"
    set_status(project, "in_review")
    before = state(project)
    assert client.post(address, brief(concept="Other")).status_code == 403
    assert state(project) == before


@pytest.mark.parametrize("role", ["reviewer", "staff", "operator"])
def test_other_roles_start_no_project(role: str) -> None:
    client = client_of(make_person(role))
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}add/", brief()).status_code == 403
    assert ContentProject.objects.count() == 0


# --------------------------------------------------------------------------- review page


def test_the_review_page_stays_within_its_queries_and_its_weight(django_assert_max_num_queries: Any) -> None:
    project = make_film()
    client = client_of(make_person("reviewer"))
    with django_assert_max_num_queries(20):
        response = client.get(review_of(project))
    assert len(gzip.compress(response.content)) < 40_000
    context = response.context
    assert context["decision"].why_not_approve == ""
    assert len(context["questions"].rows) == 3
    assert [view.name for view in context["filters"]] == [
        "Inappropriate content",
        "Factual accuracy",
        "Age appropriateness",
        "Educational value",
    ]
    told = [line for view in context["scenes"] if view.scene.role == "scene" for line in view.lines]
    assert all(line.sources and line.start is not None for line in told)


def test_what_did_not_run_is_said_in_words() -> None:
    response = client_of(make_person("reviewer")).get(review_of(make_film()))
    assert b"No second reader (a language model) has read this" in response.content


@pytest.mark.parametrize("status", ContentProject.Status.values)
@pytest.mark.parametrize("role", ["creator", "editor_in_chief", "operator"])
def test_the_page_stands_in_every_status(status: str, role: str) -> None:
    owner = make_person("creator")
    for project in (make_draft(owner), make_film(owner)):
        set_status(project, status)
        response = client_of(owner if role == "creator" else make_person(role)).get(review_of(project))
        assert response.status_code == 200
        assert sum(button.primary for button in response.context["buttons"]) <= 1


def test_a_stopped_project_says_why_and_what_to_do() -> None:
    project = make_draft()
    job = plan(project).missing[0]
    StepRun.objects.create(
        project=project,
        fingerprint=job.fingerprint,
        step="script",
        queue="text",
        inputs={},
        status="failed",
        attempt=5,
        error_id="platform:provider-down",
        error_message="The provider did not answer. Retry later.",
    )
    set_status(project, "needs_attention", reason="platform:provider-down")
    response = client_of(project.creator).get(review_of(project))
    assert b"The provider did not answer. Retry later." in response.content
    assert next(button.act for button in response.context["buttons"]) == "retry"


def test_the_poll_brings_the_parts_that_change_in_few_queries(django_assert_max_num_queries: Any) -> None:
    project = make_film(status="generating")
    client = client_of(project.creator)
    with django_assert_max_num_queries(8):
        news = client.get(reverse("admin:pipeline_contentproject_live", args=[project.pk])).json()
    assert news["status"] == "generating"
    assert set(news["parts"]) == {"st-chip", "st-progress", "st-timeline"}
    assert "<form" not in "".join(news["parts"].values())


def test_texts_are_escaped() -> None:
    project = make_film()
    Scene.objects.filter(project=project, position=1).update(on_screen_text="<script>alert(1)</script>")
    content = client_of(project.creator).get(review_of(project)).content
    assert b"<script>alert(1)" not in content
    assert b"&lt;script&gt;alert(1)" in content


# --------------------------------------------------------------------------- acts


def test_the_road_from_review_to_students_by_the_pages_addresses() -> None:
    project = make_film()
    reviewer, editor = client_of(make_person("reviewer")), client_of(make_person("editor_in_chief"))
    unwatched = act(reviewer, project, "approve", film=film_of(project.pk))
    assert (unwatched.status_code, state(project)[0]) == (409, "in_review")
    assert b"0 % of this film were played, and 90 % are asked for" in unwatched.content
    approval = {"film": film_of(project.pk), "unwatched_reason": "I saw it beside its creator."}
    assert act(reviewer, project, "approve", **approval).status_code == 302
    assert state(project)[0] == "approved"
    assert act(reviewer, project, "publish").status_code == 403
    assert act(editor, project, "publish").status_code == 302
    assert state(project)[0] == "published"
    assert act(editor, project, "unpublish", reason="A wrong number.").status_code == 302
    assert state(project)[0] == "unpublished"


def test_a_stale_tab_cannot_decide_and_keeps_its_notes() -> None:
    project = make_film()
    client = client_of(make_person("reviewer"))
    before = state(project)
    response = act(client, project, "request-changes", film="a.b", notes="My long notes.")
    assert response.status_code == 409
    assert b"The film has changed since you opened it" in response.content
    assert b"My long notes." in response.content
    assert state(project) == before


def test_each_gate_of_approve_is_named_on_the_page_and_holds_for_a_raw_post() -> None:
    reviewer = make_person("reviewer")
    blocked, edited, own = make_film(), make_film(), make_film()
    factories.block(blocked)
    Scene.objects.filter(project=edited, position=1).update(visual_take=1)
    factories.author(own, reviewer)
    client = client_of(reviewer)
    for project, words, status in (
        (blocked, "1 blocker open: A word that children must not hear.", 409),
        (edited, "parts of it have to be made anew", 409),
        (own, "Somebody else has to judge it.", 403),
    ):
        page = client.get(review_of(project))
        assert words in page.context["decision"].why_not_approve
        assert b'aria-disabled="true"' in page.content
        before = state(project)
        response = act(
            client, project, "approve", film=film_of(project.pk), unwatched_reason="Seen in the cinema."
        )
        assert response.status_code == status
        assert state(project) == before


def test_the_second_reviewer_is_told_who_was_first() -> None:
    project = make_film()
    film = film_of(project.pk)
    first, second = make_person("reviewer", display_name="Rafi"), make_person("editor_in_chief")
    act(client_of(first), project, "approve", film=film, unwatched_reason="Seen in the cinema.")
    response = act(client_of(second), project, "approve", film=film)
    assert response.status_code == 409
    assert b"Rafi approved this film" in response.content


def test_a_scene_is_edited_and_another_take_is_asked_for() -> None:
    project = make_film()
    client = client_of(project.creator)
    scene = plan(project).scenes[1]
    data = {"position": "1", "version": str(scene.version), "narration": "Honey bees live in a big colony."}
    response = act(client, project, "edit-scene", **data, on_screen_text=scene.on_screen_text)
    assert response.headers["Location"].endswith("/review/#scene-2")
    page = client.get(review_of(project))
    assert page.context["missing_parts"] > 0
    assert next(button.act for button in page.context["buttons"]) == "rebuild"
    assert page.context["scenes"][1].stale != []
    conflict = act(client, project, "edit-scene", **data | {"narration": "Mine."})
    assert conflict.status_code == 409
    assert b"Somebody else saved this scene meanwhile" in conflict.content
    assert b"Mine." in conflict.content
    assert act(client, project, "regenerate", position="2", part="voice").status_code == 302
    assert state(project)[0] == "generating"


@pytest.mark.parametrize("data", [{}, {"position": "x", "version": "0"}, {"position": "99", "version": "0"}])
def test_a_mangled_form_changes_nothing(data: dict[str, str]) -> None:
    project = make_film()
    before = state(project)
    response = act(client_of(project.creator), project, "edit-scene", **data)
    assert response.status_code in {400, 409}
    assert state(project) == before


def test_acts_are_posts_with_a_token() -> None:
    project = make_film()
    client = client_of(project.creator)
    assert client.get(f"{LIST}{project.pk}/act/archive/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(project.creator, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post(f"{LIST}{project.pk}/act/archive/", {"reason": "x"}).status_code == 403
    assert client.post(f"{LIST}{project.pk}/act/fly/").status_code == 404
    assert state(project)[0] == "in_review"


def test_a_draft_is_generated_cancelled_retried_and_withdrawn() -> None:
    project = make_draft()
    client = client_of(project.creator)
    assert act(client, project, "generate").status_code == 302
    assert state(project)[0] == "generating"
    assert act(client, project, "cancel").status_code == 302
    assert state(project)[0] == "needs_attention"
    assert act(client, project, "retry").status_code == 302
    assert state(project)[0] == "generating"
    factories.finish(project)
    set_status(project, "in_review")
    assert act(client, project, "withdraw").status_code == 302
    assert state(project)[0] == "needs_attention"


def test_publishing_can_be_scheduled_and_cancelled() -> None:
    project = make_film(status="approved")
    client = client_of(make_person("editor_in_chief"))
    assert act(client, project, "publish", at="not a date").status_code == 400
    assert act(client, project, "publish", at="2999-01-31T09:00").status_code == 302
    assert state(project)[0] == "scheduled"
    assert b"Goes out 2999-01-31 09:00 UTC" in client.get(review_of(project)).content
    assert act(client, project, "cancel-schedule").status_code == 302
    assert state(project)[0] == "approved"
