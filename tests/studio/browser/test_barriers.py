"""axe over every page of the studio: nothing serious or critical, by day and night, on a desk and a phone.

The review page has its own tests beside it (`test_review_page.py`). Pages here are as people meet them:
filled, empty, with a dialog open, and refused.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from students.models import Consent, Student
from studio import batches, publishing
from studio.auditing import record
from studio.models import AuditEntry, Creator
from tests.studio import factories
from tests.studio.browser.conftest import Complaints, enter, find_barriers_in_every_look
from tests.studio.factories import NOTES, PASSWORD, make_draft, make_film, make_person, set_status
from videos.models import LearningVideo, Topic

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

LIST = "/admin/pipeline/contentproject/"
DEFAULTS = {"age_group": "8-10", "target_seconds": "70", "visual_style": "auto"}


def tell(found: list[str]) -> str:
    """One barrier a line, each once."""
    return "\n".join(sorted(set(found)))


@pytest.fixture
def everybody(page: Page, live_server: Any) -> Creator:
    """Somebody who may open every page, signed in."""
    user = make_person(is_superuser=True, display_name="Everybody")
    enter(page.context, live_server, user)
    return user


def publish_film(by: Creator) -> LearningVideo:
    project = make_film(make_person("creator"), status="approved")
    video = publishing.publish(project.pk, actor=by)
    assert video is not None
    return video


def test_lists_and_what_stands_behind_their_rows_have_no_barriers(page: Page, everybody: Creator) -> None:
    video = publish_film(everybody)
    judged = make_film()
    factories.block(judged)
    for status in ("draft", "needs_attention", "scheduled"):
        make_draft(everybody, status=status)
    set_status(make_draft(everybody), "generating")
    topic = Topic.objects.create(slug="bees", name="Bees", age_groups=[8, 9])
    concept = Topic.objects.create(slug="nectar", name="Nectar", age_groups=[8], parent=topic)
    child = Student.objects.create(username="brave-otter-17", age_group="8-10")
    Consent.objects.create(
        student=child, purpose="service", granted=True, notice_version="3", given_by="guardian",
        method="guardian-code", at=timezone.now(),
    )  # fmt: skip
    record(actor=everybody, verb="approve", project=judged, after={"status": "approved"}, reason="Seen.")
    entry = AuditEntry.objects.latest("created_at")
    found: list[str] = []
    for address in (
        LIST,
        f"{LIST}?view=scheduled&findings=block",  # empty, with filters to clear
        "/admin/videos/learningvideo/",
        f"/admin/videos/learningvideo/{video.pk}/change/",
        f"/admin/videos/learningvideo/{video.pk}/insights/",
        "/admin/videos/topic/",
        f"/admin/videos/topic/{concept.pk}/change/",
        "/admin/students/student/",
        f"/admin/students/student/{child.pk}/change/",
        "/admin/studio/creator/",
        f"/admin/studio/creator/{everybody.pk}/change/",
        "/admin/studio/auditentry/",
        f"/admin/studio/auditentry/{entry.pk}/change/",
        "/admin/cost/",
        "/admin/cost/?by=month&days=365",
        "/admin/profile/",
        "/admin/password_change/",
    ):
        page.goto(address)
        found += find_barriers_in_every_look(page)
    assert not found, tell(found)


def test_dashboard_palette_bell_dialogs_and_opened_rows_have_no_barriers(
    page: Page, everybody: Creator
) -> None:
    project = make_film(everybody)
    factories.block(project)
    make_draft(everybody, concept_prompt="Axolotls in Mexico", status="needs_attention")
    page.goto("/admin/")
    expect(page.locator(".st-skeleton")).to_have_count(0)
    found = find_barriers_in_every_look(page)
    page.get_by_role("button", name="News").click()
    found += find_barriers_in_every_look(page)
    page.goto("/admin/")
    page.keyboard.press("Control+k")
    page.get_by_role("searchbox", name="Type to search").fill("axolotl")
    expect(page.get_by_role("link", name="Axolotls in Mexico").last).to_be_visible()
    found += find_barriers_in_every_look(page)
    page.goto(f"{LIST}?status__exact=in_review")
    page.get_by_role("button", name="More about").click()
    expect(page.get_by_text("A word that children must not hear")).to_be_visible()
    page.get_by_role("checkbox", name="Select").check()
    found += find_barriers_in_every_look(page)
    page.get_by_role("button", name="Filters").click()
    found += find_barriers_in_every_look(page)
    page.goto(f"{LIST}?status__exact=in_review")
    page.get_by_role("button", name="Keep this view").click()
    found += find_barriers_in_every_look(page)
    assert not found, tell(found)


def test_briefs_batches_and_acts_on_many_have_no_barriers(
    page: Page, everybody: Creator, complaints: Complaints
) -> None:
    complaints.allow(400)
    make_draft(everybody, concept_prompt="Stopped", status="needs_attention")
    make_draft(everybody, concept_prompt="A draft")
    listed = f'concept,source_notes\nHow bees make honey,"{NOTES}"\n,"{NOTES}"\nBees again,Few words.\n'
    batch = batches.open_batch(creator=everybody, content=listed, defaults=DEFAULTS)
    found: list[str] = []
    for address in (f"{LIST}add/", f"{LIST}batch/", f"{LIST}batch/{batch.pk}/"):
        page.goto(address)
        found += find_barriers_in_every_look(page)
    batches.begin(batch.pk, actor=everybody, per_hour=1)
    page.reload()
    found += find_barriers_in_every_look(page)
    page.goto(f"{LIST}add/")
    page.get_by_role("button", name="Generate the film").click()
    expect(page.get_by_role("alert")).to_be_focused()
    found += find_barriers_in_every_look(page)
    page.goto(LIST)
    for title in ("Stopped", "A draft"):
        page.get_by_label(f"Select {title}").check()
    page.get_by_role("button", name="Assign").click()
    found += find_barriers_in_every_look(page)
    assert not found, tell(found)


@override_settings(STUDIO_SECOND_FACTOR=True)
def test_signing_in_and_refusals_have_no_barriers(
    page: Page, live_server: Any, complaints: Complaints
) -> None:
    for status in (403, 404):
        complaints.allow(status)
    user = make_person("reviewer")
    page.goto("/admin/")
    found = find_barriers_in_every_look(page, plain=True)
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("not correct")).to_be_visible()
    found += find_barriers_in_every_look(page, plain=True)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Set up your second factor")).to_be_visible()
    found += find_barriers_in_every_look(page, plain=True)
    with override_settings(STUDIO_SECOND_FACTOR=False):
        for address in ("/admin/students/student/", f"{LIST}{user.pk}/review/"):
            page.goto(address)  # 403, 404: pages of the shell
            found += find_barriers_in_every_look(page)
    assert not found, tell(found)
