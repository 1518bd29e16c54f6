"""Me: what a child and a guardian set, take along and take away, by the player's own pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from students.accounts import register
from students.guardians import issue_code
from students.models import Consent, Student
from tests.clients import PASSWORD
from tests.player.phones import Publish, kept, open_as, run, sign_in
from tests.studio.browser.conftest import Complaints

pytestmark = [
    pytest.mark.browser,
    pytest.mark.film,
    pytest.mark.usefixtures("no_limits"),
    pytest.mark.django_db(transaction=True),
]


def test_a_child_leaves_comes_back_with_the_code_takes_everything_along_and_erases_it(
    page: Page, publish: Publish, tmp_path: Path
) -> None:
    publish()
    made = register(username="brave-otter-17", password=PASSWORD, age_group="8-10")
    child, code = made.student, made.recovery_code
    sign_in(page)
    page.goto("/#/kept")
    page.get_by_role("button", name="Take films along").click()
    page.get_by_text("1 film came along.").wait_for(timeout=60_000)
    page.goto("/#/settings")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="I am new here").wait_for()
    assert kept(page) == []  # whoever comes next sees nothing of this child
    assert run(page, "import('/static/player/store.js').then((s) => s.value('profile'))") is None

    page.goto("/#/recover")
    page.get_by_label("Your name").fill(child.username)
    page.get_by_label("Recovery code").fill(code)
    page.get_by_label("A new secret password").fill("four purple plums")
    page.get_by_role("button", name="Set the new password").click()
    new_code = page.locator(".code").inner_text()
    assert new_code != code
    page.get_by_label("I have written it down").check()
    page.get_by_role("button", name="To the films").click()
    page.locator(".card").first.wait_for()

    page.goto("/#/settings")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my data").click()
    path = tmp_path / "mine.json"
    download.value.save_as(path)
    assert json.loads(path.read_text())["tables"]["students"][0]["username"] == child.username

    page.get_by_text("Erase my account").click()
    page.get_by_label("Your password").fill("four purple plums")
    page.get_by_role("button", name="Erase everything").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase everything").click()
    page.get_by_role("link", name="I am new here").wait_for()
    child.refresh_from_db()
    assert not child.is_active


def test_a_guardian_sets_minutes_and_consent_and_a_wrong_code_sets_nothing(
    page: Page, child: Student, publish: Publish, complaints: Complaints
) -> None:
    complaints.allow(403)  # of the wrong code
    publish()
    code = issue_code(child)
    open_as(page, child)
    page.goto("/#/guardian")
    page.get_by_label("Guardian’s code").fill("not-the-code")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text("This is not the guardian’s code. Nothing was changed.")).to_be_visible()
    page.get_by_label("Guardian’s code").fill(code)
    page.get_by_role("button", name="Open").click()
    page.get_by_role("heading", name=f"The week of {child.username}").wait_for()
    page.get_by_label("Learning minutes a day").fill("25")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    with page.expect_response("**/consents/service"):
        page.get_by_label("Use of this service").check()
    child.refresh_from_db()
    assert child.learning_minutes == 25
    consent = Consent.objects.get(student=child)
    assert (consent.purpose, consent.granted) == ("service", True)
    stored = run(
        page, "import('/static/player/store.js').then(async (s) => JSON.stringify(await s.readAll('values')))"
    )
    assert code not in stored  # it lives as long as the page
    page.goto("/#/me")
    page.goto("/#/guardian")
    expect(page.get_by_label("Guardian’s code")).to_have_value("")
