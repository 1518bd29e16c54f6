"""The shell: every admin is scoped, no GET changes a row, nothing of one creator reaches another."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import unfold
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.urls.resolvers import RoutePattern
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from pipeline.models import ContentProject
from pipeline.planning import plan
from students.models import Student
from studio.admin import look
from studio.admin.base import ScopedAdmin
from studio.admin.site import site
from studio.models import Creator
from tests.studio import factories
from tests.studio.factories import make_draft, make_film, make_person
from videos.curriculum import STARTER
from videos.curriculum.importing import import_catalogue
from videos.models import LearningVideo, Topic

pytestmark = pytest.mark.django_db

UPSTREAM = {  # templates of Unfold that ours replace: a new hash means "compare, then adapt ours"
    "admin/base.html": "7428a8411d69ed8180178d888e37eaf05d73658d78c9e14eb04b79f0e8fe131c",
    "unfold/helpers/change_list_filter_button.html": (
        "f5492043bcfa9373f53ecf4ce06cd86f4cbf196c68fe4e5397375bd74b1fe7fe"
    ),
    "unfold/helpers/userlinks.html": "9a2aeacfb3ec59a8aa865c19bf1f54745e53d897720e3263fa2b80a476528918",
    "unfold/helpers/welcomemsg.html": "91ac76169f4c93b57e54cdd03af5aac3311f695014a529314f17ff4c2170c28a",
}
SECRET = "Secretive axolotls"
OWN = {"/admin/profile/"}  # a POST there changes what a person has set for themselves


def client_of(user: Creator) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        part = pattern.pattern
        route = str(part) if isinstance(part, RoutePattern) else str(part).lstrip("^").rstrip("$")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, prefix + route)
        elif isinstance(pattern, URLPattern):
            yield prefix + route


def addresses(keys: dict[str, str]) -> list[str]:
    """Every address of the studio, filled with the ids of one world's rows."""
    found = []
    for route in sorted(set(routes(site.get_urls()))):
        if route.startswith(("login", "logout", "(?P")):
            continue
        if "<" not in route:
            found.append(f"/admin/{route}")
        found += [f"/admin/{_fill(route, value)}" for key, value in keys.items() if key in route]
    return found


def _fill(route: str, value: str) -> str:
    fixed = {"<slug:act>": "archive", "<str:name>": "film.mp4"}
    return re.sub(r"<[^>]+>", lambda part: fixed.get(part[0], value), route)


def world(owner: Creator, **columns: Any) -> tuple[ContentProject, dict[str, str]]:
    """A finished film whose concept nobody else uses, and ids of everything around it."""
    project = make_film(owner, concept_prompt=SECRET, **columns)
    ContentProject.objects.filter(pk=project.pk).update(title=SECRET)
    run = plan(project).film_run
    assert run is not None
    return project, {
        "uuid:run_id": str(run.pk),
        "uuid:project_id": str(project.pk),
        "pipeline": str(project.pk),
    }


def everything() -> dict[str, str]:
    """All rows as a checksum a table; sessions are left out, and the notes that something was refused."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            if table in {"django_session", "security_events"} or not model._meta.managed:
                continue
            rows = f'select md5(t::text) as row from "{table}" t'  # noqa: S608 - names of our own tables
            cursor.execute(f"select string_agg(row, '' order by row) from ({rows}) r")  # noqa: S608
            found[table] = str(cursor.fetchone())
    return found


def test_every_admin_is_scoped_and_none_can_delete() -> None:
    assert site._registry
    for model, model_admin in site._registry.items():
        assert isinstance(model_admin, ScopedAdmin), model
        assert model_admin.has_delete_permission(None) is False  # type: ignore[arg-type]
        assert not model_admin.actions


@pytest.mark.parametrize("template", sorted(UPSTREAM))
def test_the_templates_we_replace_are_those_we_know(template: str) -> None:
    original = Path(unfold.__file__).parent / "templates" / template
    assert hashlib.sha256(original.read_bytes()).hexdigest() == UPSTREAM[template]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_palette_is_readable() -> None:
    base, primary, font = look.COLORS["base"], look.COLORS["primary"], look.COLORS["font"]
    for text, ground in (
        ("#ffffff", primary["600"]),
        (primary["600"], "#ffffff"),
        (primary["600"], base["100"]),
        (primary["500"], base["900"]),
        (font["subtle-light"], base["50"]),
        (font["subtle-dark"], base["900"]),
        (font["default-light"], base["100"]),
        (font["default-dark"], base["800"]),
    ):
        assert contrast(text, ground) >= 4.5, (text, ground)


def test_without_a_role_there_is_no_way_in() -> None:
    response = client_of(make_person()).get("/admin/")
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/login/?next=/admin/")


def test_the_sign_in_page_has_the_strict_policy_and_the_shell_adds_only_what_it_needs() -> None:
    strict = Client().get("/account/sign-in/").headers["Content-Security-Policy"]
    shell = client_of(make_person("creator")).get("/admin/").headers["Content-Security-Policy"]
    assert "unsafe" not in strict
    assert dict(re.findall(r"([\w-]+) ([^;]*unsafe[^;]*)", shell)) == {
        "script-src": "'self' 'unsafe-eval'",
        "style-src": "'self' 'unsafe-inline'",
    }


@pytest.mark.parametrize("role", ["creator", "editor_in_chief", "staff", "operator", "reviewer"])
def test_pages_hold_no_inline_script_and_no_handler_attributes(role: str) -> None:
    project, _ = world(make_person("creator"))
    client = client_of(make_person(role))
    for address in ("/admin/", "/admin/pipeline/contentproject/", review_of(project)):
        text = client.get(address).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text), address
        assert not re.search(r"\son(click|load|change|submit|input)=", text), address


def review_of(project: ContentProject) -> str:
    return reverse("admin:pipeline_contentproject_review", args=[project.pk])


@pytest.mark.parametrize("status", ["draft", "generating", "needs_attention", "in_review", "published"])
def test_nothing_of_one_creator_reaches_another_by_any_address(status: str) -> None:
    project, keys = world(make_person("creator", display_name="Owner Unknown"), status=status)
    client = client_of(make_person("creator"))
    before = everything()  # signing in has written its time already
    visited = addresses(keys)
    assert len(visited) > 20
    for address in visited:
        answers = [client.get(address), client.head(address)]
        if address not in OWN:
            answers.append(client.post(address, {"s": SECRET}))
        for response in answers:
            body = b"" if response.streaming else response.content
            assert SECRET.encode() not in body, address
            assert b"Owner Unknown" not in body, address
            if response.headers.get("Location") == f"{address}change/":
                continue  # Django's former address of a row: it forwards whatever the id is
            if str(project.pk) in address or keys["uuid:run_id"] in address:
                assert response.status_code in {403, 404, 405}, address
    for query in ("?q=axolotl", f"?creator={project.creator_id}", "?status__exact=" + status):
        assert SECRET.encode() not in client.get("/admin/pipeline/contentproject/" + query).content
    assert SECRET.encode() not in client.get("/admin/search/", {"s": "axolotl"}).content
    assert everything() == before


def test_no_get_changes_a_row() -> None:
    owner = make_person("creator")
    _, keys = world(owner)
    boss = make_person(is_superuser=True)
    Student.objects.create(username="brave-otter-17", age_group="8-10")
    topic = Topic.objects.create(name="Animals", slug="animals")
    client = client_of(boss)
    before = everything()
    for address in addresses(keys):
        client.get(address)
    for name, key in (
        ("students_student", Student.objects.get().pk),
        ("videos_topic", topic.pk),
        ("studio_creator", owner.pk),
    ):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:{name}_change", args=[key])).status_code == 200
    assert everything() == before


def test_the_catalogue_is_listed_with_what_leads_where_and_which_concepts_wait_for_a_film(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    import_catalogue(STARTER.read_bytes())
    client = client_of(make_person("creator"))
    page = reverse("admin:videos_topic_changelist")
    with django_assert_max_num_queries(10):
        shown = client.get(page, {"q": "butterfly"}).content.decode()
    assert "The life cycle of a butterfly" in shown
    assert "Living and non-living" in shown  # which it requires
    assert "Photosynthesis" not in shown
    waiting = client.get(page, {"kind": "waiting", "q": "Photosynthesis"}).content.decode()
    assert "Parts of a plant" in waiting
    plant = Topic.objects.get(slug="parts-of-a-plant")
    one = client.get(reverse("admin:videos_topic_change", args=[plant.pk])).content.decode()
    assert "How seeds grow, Photosynthesis, Pollination" in one
    assert "Name root, stem, leaf and flower" in one


def test_students_are_shown_to_staff_alone_and_without_their_names() -> None:
    student = Student.objects.create(username="brave-otter-17", age_group="8-10")
    page = reverse("admin:students_student_changelist")
    for role in ("creator", "reviewer", "editor_in_chief", "operator"):
        assert client_of(make_person(role)).get(page).status_code == 403
    client = client_of(make_person("staff"))
    for address in (page, reverse("admin:students_student_change", args=[student.pk])):
        text = client.get(address).content.decode()
        assert student.pk.hex[-8:] in text
        assert "brave-otter" not in text


def test_people_are_shown_to_the_editor_in_chief_alone() -> None:
    page = reverse("admin:studio_creator_changelist")
    for role in ("creator", "reviewer", "staff", "operator"):
        assert client_of(make_person(role)).get(page).status_code == 403
    assert (
        b"Reviewer" in client_of(make_person("editor_in_chief")).get(page).content or Group.objects.exists()
    )


def test_the_video_list_works_for_every_role_within_its_queries(django_assert_max_num_queries: Any) -> None:
    for number in range(25):
        LearningVideo.objects.create(
            title=f"Film {number}",
            topic="Animals",
            script_content="Bees.",
            video_url="films/x/film.mp4",
            duration_seconds=60,
            age_groups=[8, 9, 10],
            quiz_questions=[],
            status="published",
            published_at=timezone.now(),
        )
    for role in ("creator", "staff"):
        client = client_of(make_person(role))
        with django_assert_max_num_queries(10):
            response = client.get(reverse("admin:videos_learningvideo_changelist"))
        assert response.content.count(b"st-thumb") == 25


def test_the_palette_finds_new_projects_at_once_and_reassigned_ones_no_more() -> None:
    owner = make_person("creator")
    client = client_of(owner)
    assert b"Nothing of yours" in client.get("/admin/search/", {"s": "axolotl"}).content
    project = make_draft(owner, concept_prompt=SECRET)
    assert SECRET.encode() in client.get("/admin/search/", {"s": "axolotl"}).content
    ContentProject.objects.filter(pk=project.pk).update(creator=make_person("creator"))
    assert SECRET.encode() not in client.get("/admin/search/", {"s": "axolotl"}).content


def test_the_dashboards_figures_equal_the_lists_of_each_role(django_assert_max_num_queries: Any) -> None:
    owner = make_person("creator")
    for status in ("draft", "in_review", "in_review", "needs_attention", "approved"):
        make_draft(owner, status=status)
    make_draft(status="in_review")
    for role, waiting in (
        ("creator", 0),
        ("reviewer", 3),
        ("editor_in_chief", 3),
        ("staff", 0),
        ("operator", 3),
    ):
        user = owner if role == "creator" else make_person(role)
        client = client_of(user)
        with django_assert_max_num_queries(12):
            figures = client.get("/admin/").context["figures"]
        counted = next(one for one in figures if one.chip.text == "In review").count
        assert counted == (2 if role == "creator" else waiting)
        rows = client.get("/admin/pipeline/contentproject/?status__exact=in_review").context["cl"].rows
        assert len(rows) == counted


def test_a_file_is_served_in_ranges_and_never_cached() -> None:
    owner = make_person("creator")
    project, keys = world(owner)
    asset = factories.asset_of(project, "film.mp4")
    address = f"/admin/media/{keys['uuid:run_id']}/film.mp4"
    client = client_of(owner)
    whole = client.get(address)
    content = b"".join(whole)
    assert (whole.status_code, len(content)) == (200, asset.size)
    assert {"private", "no-store"} <= set(whole.headers["Cache-Control"].split(", "))
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Content-Type"] == "video/mp4"
    part = client.get(address, headers={"Range": "bytes=2-5"})
    assert (part.status_code, b"".join(part), part.headers["Content-Range"]) == (
        206,
        content[2:6],
        f"bytes 2-5/{asset.size}",
    )
    assert client.get(address, headers={"Range": f"bytes={asset.size}-"}).status_code == 416
    head = client.head(address)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(asset.size))
    assert client.post(address).status_code == 405
    assert client.get(f"/admin/media/{keys['uuid:run_id']}/other.mp4").status_code == 404


def test_there_is_one_page_to_sign_in_and_the_admins_own_is_none() -> None:
    for answer in (Client().get("/admin/login/?next=/admin/studio/"), Client().post("/admin/login/")):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/account/sign-in/?next=%2Fadmin%2F")
    assert client_of(make_person()).get("/admin/login/").status_code == 403
    assert client_of(make_person("creator")).get("/admin/login/").headers["Location"] == "/admin/"
