"""The review page in a real browser. Numbers are those of the forty tests of the studio's chapter."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.storage import default_storage
from playwright.sync_api import Browser, Page, Route, expect

from pipeline import editing, storage, taking
from pipeline.models import ContentProject, StepRun
from pipeline.planning import plan
from studio import changes, commenting, reviewing
from studio.models import ChangeItem, Comment, FindingOverride, Review, Viewing
from tests.studio import bending, factories
from tests.studio.browser.conftest import Complaints
from tests.studio.browser.test_studio_pages import review, sign_in, sign_out
from tests.studio.factories import film_of, make_draft, make_film, make_person, set_status

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VIDEO = "document.getElementById('st-video')"
LISTEN = (
    f"window.landed = null;{VIDEO}.addEventListener('seeking', () => window.landed ??= {VIDEO}.currentTime)"
)
COMPOSED = "{key: 'd', isComposing: true, bubbles: true}"  # a key of an input method
COMPOSE = f"document.body.dispatchEvent(new KeyboardEvent('keydown', {COMPOSED}))"


def open_review(page: Page, project: ContentProject, role: str = "reviewer") -> Any:
    person = project.creator if role == "creator" else make_person(role)
    sign_in(page, person)
    page.goto(review(project))
    return person


def ready(page: Page) -> None:
    page.wait_for_function(f"{VIDEO}.readyState >= 1")


def excuse(page: Page) -> None:
    page.get_by_label("Why you approve with less than 90 % played").fill("Seen at the creator's desk.")


# --------------------------------------------------------------------------- 6, 7, 8: the gates of a verdict


def test_06_each_gate_alone_keeps_approve_off_and_is_its_description(page: Page) -> None:
    reviewer = make_person("reviewer")
    blocked, stale, own, unwatched, locked = (make_film() for _ in range(5))
    factories.block(blocked)
    editing.edit_scene(stale.pk, 1, actor_id=stale.creator_id, narration="Bees live in a big colony.")
    factories.author(own, reviewer)
    bending.lock(locked, make_person("editor_in_chief", display_name="Ada"))
    sign_in(page, reviewer)
    for project, words, is_excused in (
        (blocked, "1 blocker open: A word that children must not hear.", True),
        (stale, "parts of it have to be made anew", False),
        (own, "Somebody else has to judge it.", False),
        (locked, "Ada is editing this project.", True),
        (unwatched, "0 % of this film were played; 90 % are asked for, or a reason.", False),
    ):
        page.goto(review(project))
        if is_excused:
            excuse(page)
        button = page.get_by_role("button", name="Approve…")
        expect(button).to_have_attribute("aria-disabled", "true")
        described = button.evaluate(
            "button => document.getElementById(button.getAttribute('aria-describedby')).innerText"
        )
        assert words in described
        button.dispatch_event("click")
        expect(page.locator("dialog[open]")).to_have_count(0)
        project.refresh_from_db()
        assert project.status == "in_review"


def test_07_of_two_reviewers_at_once_one_decides_and_the_other_sees_who(
    page: Page, complaints: Complaints
) -> None:
    complaints.allow(409)
    project = make_film()
    open_review(page, project)
    excuse(page)
    page.get_by_role("button", name="Approve…").click()
    reviewing.approve(
        project.pk, reviewer=make_person("reviewer", display_name="Rafi"), film=film_of(project.pk)
    )
    page.get_by_role("button", name="Approve this film").click()
    expect(page.get_by_text("Rafi approved this film").first).to_be_visible()
    assert Review.objects.count() == 1


def test_08_a_stale_tab_cannot_decide_and_keeps_what_was_typed(page: Page, complaints: Complaints) -> None:
    complaints.allow(409)
    project = make_film()
    open_review(page, project)
    page.get_by_label("Notes to the creator").fill("Scene 2 is too fast.")
    page.get_by_role("button", name="Request changes…").click()
    editing.edit_scene(project.pk, 1, actor_id=project.creator_id, narration="Bees live in a big colony.")
    factories.finish(project)
    page.get_by_role("button", name="Request changes", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The film has changed since you opened it")
    expect(page.get_by_label("Notes to the creator")).to_have_value("Scene 2 is too fast.")
    assert Review.objects.count() == 0
    expect(page.locator(".st-facts").first).to_contain_text("Version 2 of 2")


def test_09_a_double_click_on_a_verdict_is_one_verdict(page: Page) -> None:
    project = make_film()
    open_review(page, project)
    excuse(page)
    page.get_by_role("button", name="Approve…").click()
    page.get_by_role("button", name="Approve this film").dblclick(no_wait_after=True)
    expect(page.get_by_text("Approved. The editor-in-chief can publish it now.").first).to_be_visible()
    assert Review.objects.count() == 1
    assert project.events.filter(to_status="approved").count() == 1


# --------------------------------------------------------------------------- 10: the poll


def test_10_the_poll_keeps_focus_caret_text_selection_and_video_and_survives_failures(
    page: Page, complaints: Complaints
) -> None:
    complaints.allow(500)
    project = make_film(media=True, status="generating")
    StepRun.objects.filter(project=project, step="qa", part="").update(status="queued")
    open_review(page, project, "creator")
    ready(page)
    page.evaluate(f"{VIDEO}.currentTime = 7")
    page.locator("summary", has_text="Archive").click()
    reason = page.get_by_label("Reason")
    reason.fill("half a sentence")
    reason.evaluate("field => field.setSelectionRange(4, 4)")
    page.evaluate(
        "window.before = [document.getElementById('st-video'), document.querySelector('#scene-2 .st-said')]"
    )
    StepRun.objects.filter(project=project, step="qa", part="").update(
        status="running", token=project.pk, lease_until=project.updated_at
    )
    expect(page.locator("#st-timeline")).to_contain_text("Running")
    assert reason.evaluate(
        "field => [document.activeElement === field, field.value, field.selectionStart]"
    ) == [
        True,
        "half a sentence",
        4,
    ]
    assert page.evaluate(f"{VIDEO} === window.before[0] && {VIDEO}.currentTime") == 7
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#st-timeline .st-step-name'))")
    chosen = page.evaluate("String(getSelection())")
    broken = {"left": 1}

    def fail_once(route: Route) -> None:
        broken["left"] -= 1
        if broken["left"] >= 0:
            route.fulfill(status=500, body="no")
        else:
            route.continue_()

    page.route("**/live/", fail_once)
    expect(page.locator("#st-news")).to_contain_text("Nothing typed is lost")
    StepRun.objects.filter(project=project, step="qa", part="").update(
        status="failed", token=None, lease_until=None, error_message="The provider is down.", error_id="x"
    )
    expect(page.locator("#st-news")).to_be_hidden()
    assert page.evaluate("String(getSelection())") == chosen
    page.evaluate("getSelection().removeAllRanges()")
    expect(page.locator("#st-timeline")).to_contain_text("The provider is down.")
    page.context.set_offline(True)
    complaints.offline = True
    expect(page.locator("#st-news")).to_contain_text("You are offline")
    page.context.set_offline(False)
    set_status(project, "needs_attention", reason="platform:provider-down")
    expect(page.get_by_role("link", name="Load the page to see the result")).to_be_visible(timeout=15_000)
    complaints.offline = False
    expect(reason).to_have_value("half a sentence")


def test_10_a_page_at_rest_does_not_poll(page: Page) -> None:
    project = make_film(status="approved")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/live/") else None)
    open_review(page, project, "editor_in_chief")
    page.wait_for_load_state("networkidle")
    assert asked == []
    answer = page.request.get(review(project).replace("/review/", "/live/"))
    assert answer.status == 286


# --------------------------------------------------------------------------- 11, 12, 13: the player


def test_11_seeks_from_mark_finding_sentence_and_comment_are_exact(page: Page) -> None:
    project = make_film(media=True)
    reviewer = make_person("reviewer")
    commenting.add_comment(project.pk, person=reviewer, text="Too loud here.", at_seconds=12.4)
    bending.warn(project, field="scenes.3.narration", at=17.3)
    sign_in(page, reviewer)
    page.goto(review(project))
    ready(page)
    for place in (
        page.locator(".st-strip-mark").nth(4),
        page.locator(".st-flag").first,
        page.locator("#scene-3 .st-seek").first,
        page.locator(".st-finding [data-seek]").first,
        page.locator(".st-thread [data-seek]").first,
    ):
        wanted = float(place.get_attribute("data-seek") or "nan")
        page.evaluate(LISTEN)
        place.click()
        page.wait_for_function("window.landed !== null")
        assert page.evaluate("window.landed") == pytest.approx(wanted, abs=0.1)
        page.evaluate(f"{VIDEO}.pause()")
    sentence = page.locator("#scene-4 .st-line").first
    page.evaluate(LISTEN)
    sentence.locator(".st-said span").last.click()
    page.wait_for_function("window.landed !== null")
    assert page.evaluate("window.landed") == pytest.approx(
        float(sentence.get_attribute("data-from") or ""), abs=0.1
    )
    expect(sentence).to_have_class("st-line st-now")


def test_11_a_frame_is_stepped_and_a_scene_is_looped(page: Page) -> None:
    project = make_film(media=True)
    open_review(page, project)
    ready(page)
    length = 1 / 30
    page.evaluate(f"{VIDEO}.currentTime = 5.01")
    page.get_by_role("button", name="One frame forward").click()
    assert page.evaluate(f"{VIDEO}.currentTime") == pytest.approx(151.5 * length, abs=0.002)
    page.get_by_role("button", name="One frame back").click()
    assert page.evaluate(f"{VIDEO}.currentTime") == pytest.approx(150.5 * length, abs=0.002)
    mark = page.locator(".st-strip-mark").nth(2)
    start, end = (float(mark.get_attribute(f"data-{name}") or "") for name in ("seek", "until"))
    page.evaluate(f"{VIDEO}.currentTime = {end - 0.6}")
    page.get_by_role("button", name="Loop scene").click()
    page.evaluate(f"{VIDEO}.play()")
    page.wait_for_function(f"{VIDEO}.currentTime < {end - 0.7}")
    assert page.evaluate(f"{VIDEO}.currentTime") >= start - 0.05


def test_12_coverage_counts_play_and_not_seeks(page: Page) -> None:
    project = make_film(media=True)
    reviewer = open_review(page, project)
    ready(page)
    page.evaluate(f"for (const second of [10, 20, 30, 40, 50]) {VIDEO}.currentTime = second")
    page.wait_for_function(f"!{VIDEO}.seeking")
    expect(page.locator("#st-covered")).to_have_text("0")
    approve = page.get_by_role("button", name="Approve…")
    expect(approve).to_have_attribute("aria-disabled", "true")
    excuse(page)
    expect(approve).to_have_attribute("aria-disabled", "false")
    page.get_by_label("Why you approve").fill("")
    expect(approve).to_have_attribute("aria-disabled", "true")
    page.evaluate(f"{VIDEO}.currentTime = 0; {VIDEO}.playbackRate = 12; {VIDEO}.play()")
    page.wait_for_function(f"{VIDEO}.ended", timeout=30_000)
    expect(approve).to_have_attribute("aria-disabled", "false")
    expect(page.get_by_label("Why you approve")).to_be_hidden()
    page.wait_for_function("Number(document.getElementById('st-covered').textContent) >= 95")
    with page.expect_response("**/watch/"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.evaluate(f"{VIDEO}.dispatchEvent(new Event('ended'))")
    page.reload()
    expect(page.locator("#st-covered")).to_have_text("100")
    row = Viewing.objects.get(project=project, person=reviewer)
    assert (row.share, row.film) == (1.0, film_of(project.pk))
    approve.click()
    page.get_by_role("button", name="Approve this film").click()
    expect(page.get_by_text("Approved. The editor-in-chief can publish it now.").first).to_be_visible()
    verdict = Review.objects.get()
    assert (verdict.share_played, verdict.unwatched_reason) == (1.0, "")
    assert verdict.played == row.ranges


def test_13_a_film_not_made_a_failed_one_and_a_lost_file_say_what_to_do(
    page: Page, complaints: Complaints
) -> None:
    complaints.allow(404)
    owner = make_person("creator")
    draft, working, failed, lost = (
        make_draft(owner),
        make_draft(owner),
        make_draft(owner),
        make_film(owner, media=True),
    )
    set_status(working, "generating")
    set_status(
        failed,
        "needs_attention",
        reason="platform:provider-down",
    )
    sign_in(page, owner)
    for project, words in (
        (draft, "Not made yet."),
        (working, "Writing the script. The film appears here when it is joined."),
        (failed, "No film was made: provider down."),
    ):
        page.goto(review(project))
        expect(page.locator(".st-no-film")).to_contain_text(words)
    film = plan(lost).film_run
    assert film is not None
    default_storage.delete(storage.path_of(film.made["film.mp4"]))
    page.goto(review(lost))
    expect(page.get_by_role("alert")).to_contain_text("The film's file is missing.")
    page.get_by_role("button", name="Rebuild the film").click()
    expect(page.get_by_text("Making again what storage has lost.").first).to_be_visible()
    lost.refresh_from_db()
    assert lost.status == "generating"
    assert list(StepRun.objects.filter(project=lost, status="queued").values_list("step", "part")) == [
        ("compose", "film")
    ]


def test_13_the_ladder_is_played_as_a_student_sees_it_with_captions(page: Page) -> None:
    project = make_film(media=True)
    bending.add_ladder(project)
    open_review(page, project)
    page.get_by_role("button", name="View as student").click()
    student = page.locator("#st-student-video")
    page.wait_for_function("document.getElementById('st-student-video').currentTime > 0.2")
    assert student.evaluate("video => video.src.startsWith('blob:')")
    assert student.evaluate("video => video.textTracks[0].mode") == "showing"
    expect(page.locator("#st-student-state")).to_contain_text("144 × 256")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="View as student")).to_be_focused()
    assert student.evaluate("video => video.paused")


# --------------------------------------------------------------------------- 20, 21: findings and changes


def test_20_an_override_wants_right_and_reason_opens_approve_is_listed_and_lapses(page: Page) -> None:
    project = make_film()
    bending.warn(
        project, field="scenes.3.narration", at=17.3, rule="accuracy.contradicts-notes", verdict="block"
    )
    open_review(page, project, "reviewer")
    assert page.locator(".st-finding.st-stop summary", has_text="Override").count() == 0
    sign_out(page)
    open_review(page, project, "editor_in_chief")
    excuse(page)
    approve = page.get_by_role("button", name="Approve…")
    expect(approve).to_have_attribute("aria-disabled", "true")
    finding = page.locator(".st-finding.st-stop")
    finding.locator("summary", has_text="Evidence").click()
    expect(finding).to_contain_text("Never in another film.")
    finding.locator("summary", has_text="Override").click()
    finding.get_by_label("In your words").fill("Too short")
    finding.get_by_role("button", name="Override this finding").click()
    assert FindingOverride.objects.count() == 0  # the browser asks for 20 characters
    finding.get_by_label("In your words").fill("The encyclopedia on my desk says the same.")
    finding.get_by_role("button", name="Override this finding").click()
    expect(page.get_by_text("Overridden. It is listed on approval").first).to_be_visible()
    excuse(page)
    expect(approve).to_have_attribute("aria-disabled", "false")
    approve.click()
    expect(page.locator("#st-dialog-approve")).to_contain_text("The encyclopedia on my desk says the same.")
    page.keyboard.press("Escape")
    editing.edit_scene(project.pk, 3, actor_id=project.creator_id, narration="Bees sing to their honey.")
    factories.finish(project)
    bending.warn(
        project, field="scenes.3.narration", at=17.3, rule="accuracy.contradicts-notes", verdict="block"
    )
    page.reload()
    expect(approve).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#st-gates")).to_contain_text("1 blocker open")


def test_21_the_checklist_goes_to_the_creator_and_comes_back_twice(page: Page, browser: Browser) -> None:
    project = make_film()
    reviewer = make_person("reviewer")
    for turn, (notes, answer) in enumerate(
        (("Scene 2 is too fast.\n- Say what nectar is.", "Done"), ("Scene 2 is still too fast.", "Won't do")),
        1,
    ):
        sign_in(page, reviewer)
        page.goto(review(project))
        page.get_by_label("Notes to the creator").fill(notes)
        page.get_by_role("button", name="Request changes…").click()
        expect(page.locator("#st-dialog-changes").get_by_role("button", name="Cancel")).to_be_focused()
        expect(page.locator("#st-dialog-changes [data-st-preview] li")).to_have_count(len(notes.splitlines()))
        page.get_by_label("Tone", exact=True).check()
        page.get_by_role("button", name="Request changes", exact=True).click()
        expect(page.get_by_text("The creator has your notes.").first).to_be_visible()
        sign_out(page)
        sign_in(page, project.creator)
        page.goto(review(project))
        items = page.locator(".st-change")
        expect(items).to_have_count(len(notes.splitlines()))
        expect(items.first).to_contain_text("Scene 2")
        if answer == "Won't do":
            items.first.get_by_label("Won't do, because").fill("Slower, it would not fit.")
        items.first.get_by_role("button", name=answer, exact=True).click()
        expect(page.locator(".st-change").first).to_contain_text(f"{answer}:")
        page.get_by_role("button", name="Send to review again").click()
        expect(page.locator("#st-chip")).to_contain_text("Generating")
        set_status(project, "in_review")
        assert Review.objects.filter(verdict="changes_requested").count() == turn
        sign_out(page)
    sign_in(page, reviewer)
    page.goto(review(project))
    expect(page.locator(".st-change")).to_contain_text("Slower, it would not fit.")
    assert ChangeItem.objects.count() == 3
    assert [item.text for item in changes.present_checklist(project)] == ["Scene 2 is still too fast."]
    assert Review.objects.filter(reasons=["tone"]).count() == 2


def test_21_a_request_can_be_taken_back_for_ten_seconds(page: Page) -> None:
    project, other = make_film(), make_film()
    open_review(page, project)
    page.get_by_label("Notes to the creator").fill("Scene 2 is too fast.")
    page.get_by_role("button", name="Request changes…").click()
    page.get_by_role("button", name="Request changes", exact=True).click()
    page.wait_for_url(f"**{review(other)}?judged={project.pk}")  # the next of the queue
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Taken back. The film waits for a verdict again.").first).to_be_visible()
    project.refresh_from_db()
    assert project.status == "in_review"
    assert list(Review.objects.order_by("created_at").values_list("verdict", flat=True)) == [
        "changes_requested",
        "taken_back",
    ]
    assert ChangeItem.objects.count() == 0


# --------------------------------------------------------------------------- 32, 33: locks and keys


def test_32_a_lock_is_taken_by_typing_and_handed_over_with_the_text(
    page: Page, browser: Browser, live_server: Any
) -> None:
    project = make_film(status="needs_attention")
    page.clock.install()
    open_review(page, project, "creator")
    page.locator("#scene-2 summary", has_text="Change").click()
    with page.expect_response("**/lock/"):
        page.locator("#narration-2").press_sequentially("X")
    typed = page.locator("#narration-2").input_value()
    editor = make_person("editor_in_chief", display_name="Ada")
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900})
    other = context.new_page()
    other.clock.install()
    sign_in(other, editor)
    other.goto(review(project))
    expect(other.locator("#st-lock")).to_contain_text("is editing this project; you read along.")
    other.get_by_role("button", name="Ask for a hand-over").click()
    expect(other.locator("#st-lock")).to_contain_text("Ada has asked for a hand-over.")
    page.clock.fast_forward("00:11")
    expect(page.locator("#st-lock")).to_contain_text("Ada asks to edit.")
    page.get_by_role("button", name="Hand over").click()
    expect(page.locator("#st-lock")).to_contain_text("Ada is editing this project")
    other.clock.fast_forward("00:11")
    expect(other.locator("#narration-2")).to_have_value(typed)
    context.close()


def test_33_no_key_fires_while_somebody_types_chooses_or_has_a_dialog_open(page: Page) -> None:
    project = make_film(media=True)
    open_review(page, project)
    ready(page)
    keys = ["a", "d", "x", " ", "j", "m", "n", "]"]
    for place in (page.get_by_label("Notes to the creator"), page.locator("[data-st-rate]")):
        place.focus()
        for key in keys:
            page.keyboard.press(key)
        expect(page.locator("dialog[open]")).to_have_count(0)
        assert page.evaluate(f"{VIDEO}.paused && {VIDEO}.currentTime === 0")
    page.locator("body").evaluate("body => { document.activeElement.blur(); }")
    page.evaluate(COMPOSE)
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("d")
    expect(page.locator("#st-dialog-changes")).to_be_visible()
    page.keyboard.press("x")
    expect(page.locator("dialog[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#st-keys")).to_be_visible()
    page.get_by_label("Single keys work in this browser").uncheck()
    page.keyboard.press("Escape")
    page.locator("body").evaluate("body => { document.activeElement.blur(); }")
    page.keyboard.press("d")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_33_three_films_are_judged_without_a_mouse(page: Page) -> None:
    films = [make_film() for _ in range(3)]
    sign_in(page, make_person("reviewer"))
    page.goto(review(films[0]))
    for number, key in enumerate("dda"):
        expect(page.locator(".st-queue")).to_contain_text(f"1 of {3 - number} waiting")
        page.locator("body").evaluate("body => { document.activeElement.blur(); }")
        if key == "d":
            page.keyboard.press("n")
            page.keyboard.type(f"Change {number}.")
            page.keyboard.press("Tab")
            page.locator("body").evaluate("body => { document.activeElement.blur(); }")
            page.keyboard.press("d")
        else:
            page.locator("#st-excuse").focus()
            page.keyboard.type("Seen at the creator's desk.")
            page.locator("body").evaluate("body => { document.activeElement.blur(); }")
            page.keyboard.press("a")
        expect(page.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_load_state()
        expect(page.locator("dialog[open]")).to_have_count(0)
    assert Review.objects.count() == 3


def test_comments_are_written_answered_and_resolved(page: Page) -> None:
    project = make_film(media=True)
    open_review(page, project)
    ready(page)
    page.evaluate(f"{VIDEO}.currentTime = 9.5")
    page.get_by_label("A comment").fill("<b>Lovely</b> bees")
    page.get_by_role("button", name="Take the player's time").click()
    page.get_by_role("button", name="Add comment").click()
    thread = page.locator(".st-thread")
    expect(thread).to_contain_text("<b>Lovely</b> bees")
    expect(thread).to_contain_text("9.5 s")
    thread.locator("summary", has_text="Answer").click()
    thread.get_by_label("Your answer").fill("Thank you.")
    thread.get_by_role("button", name="Answer").click()
    expect(page.locator(".st-reply")).to_contain_text("Thank you.")
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator(".st-thread")).to_contain_text("Resolved by")
    assert json.dumps(list(Comment.objects.values_list("at_seconds", flat=True))) == "[9.5, null]"


# --------------------------------------------------------------------------- 14, 15, 17: scenes


def test_14_one_edited_sentence_shows_exactly_its_parts_and_rebuilds_them_alone(page: Page) -> None:
    project = make_film(status="needs_attention")
    sign_in(page, project.creator)
    page.goto(review(project))
    before = set(StepRun.objects.values_list("fingerprint", flat=True))
    page.locator("#scene-3 summary", has_text="Change").click()
    page.locator("#narration-3").fill("Bees dance for each other.")
    page.get_by_role("button", name="Save scene 3").click()
    expect(page.locator("#scene-3 .st-stale")).to_contain_text("Voice")
    assert page.locator(".st-stale").count() == 1
    page.get_by_role("button", name="Rebuild what changed").click()
    expect(page.locator("#st-chip")).to_contain_text("Generating")
    factories.finish(project)
    new = StepRun.objects.exclude(fingerprint__in=before)
    assert set(new.filter(scene__isnull=False).values_list("scene", flat=True)) == {2}
    assert new.filter(step="voice").count() == 1
    assert not new.filter(step="script").exists()


def test_15_takes_stand_side_by_side_and_another_is_used_on_a_click(page: Page) -> None:
    project = make_film(status="needs_attention")
    taking.request_take(project.pk, position=2, part="visual", actor_id=project.creator_id)
    factories.finish(project)
    set_status(project, "needs_attention")
    sign_in(page, project.creator)
    page.goto(review(project))
    takes = page.locator("#scene-3 .st-take")
    expect(takes).to_have_count(2)
    expect(takes.first).to_contain_text("Picture 1, in the film")
    page.get_by_role("button", name="Use picture 2 of scene 3").click()
    expect(page.locator("#scene-3 .st-take").nth(1)).to_contain_text("Picture 2, in the film")
    page.get_by_role("button", name="Use picture 1 of scene 3").click()
    expect(page.locator("#scene-3 .st-take").first).to_contain_text("Picture 1, in the film")
    expect(page.get_by_text("This film is not whole.")).to_have_count(0)


def test_17_a_conflict_shows_both_texts(page: Page, complaints: Complaints) -> None:
    complaints.allow(409)
    project = make_film(status="needs_attention")
    sign_in(page, project.creator)
    page.goto(review(project))
    page.locator("#scene-3 summary", has_text="Change").click()
    page.locator("#narration-3").fill("Mine: bees sing.")
    editing.edit_scene(project.pk, 2, actor_id=project.creator_id, narration="Theirs: bees dance.")
    page.get_by_role("button", name="Save scene 3").click()
    both = page.get_by_role("group", name="Both texts of scene 3")
    expect(both).to_contain_text("Theirs: bees dance.")
    expect(both).to_contain_text("Mine: bees sing.")
    expect(page.locator("#narration-3")).to_have_value("Mine: bees sing.")
    page.get_by_role("button", name="Save scene 3").click()
    expect(page.get_by_text("Scene 3 is saved.").first).to_be_visible()
    assert plan(project).scenes[2].narration == "Mine: bees sing."


# --------------------------------------------------------------------------- 24: out at a time in two zones


def test_24_a_schedule_names_both_zones_across_a_change_of_the_clock(
    browser: Browser, live_server: Any, complaints: Complaints
) -> None:
    project = make_film(status="approved")
    context = browser.new_context(base_url=live_server.url, timezone_id="Europe/Berlin", locale="en-GB")
    page = context.new_page()
    complaints.hear(page)
    open_review(page, project, "editor_in_chief")
    expect(page.get_by_role("list", name="Before it goes out").get_by_role("listitem")).to_have_count(6)
    page.locator("summary", has_text="Publish later").click()
    for written, read in (
        ("2030-03-31T00:30", "31 Mar 2030, 01:30"),
        ("2030-03-31T01:30", "31 Mar 2030, 03:30"),
    ):
        page.get_by_label("Date and time, in UTC").fill(written)
        expect(page.locator("#publish-zone")).to_have_text(f"That is {read}, Europe/Berlin.")
    page.get_by_role("button", name="Schedule").click()
    expect(
        page.get_by_text("Goes out 2030-03-31 01:30 UTC (31 Mar 2030, 03:30, Europe/Berlin).")
    ).to_be_visible()
    context.close()
    project.refresh_from_db()
    assert project.publish_at == datetime(2030, 3, 31, 1, 30, tzinfo=UTC)
