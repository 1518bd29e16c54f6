"""A whole session in the player: sign up, watch, answer, next; a recall card; hands off the mouse."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from quizzes.models import QuizResponse
from students.models import Student
from students.streaks import learning_day
from tests.player.phones import FILM, Publish, answer, install, open_as, run, until, watch_to_end
from videos.models import LearningVideo, Watch

pytestmark = [pytest.mark.browser, pytest.mark.film, pytest.mark.django_db(transaction=True)]


def test_a_child_signs_up_watches_answers_and_goes_on(page: Page, publish: Publish) -> None:
    for title in ("How bees make honey", "Why volcanoes erupt"):
        publish(title)
    page.goto("/")
    page.get_by_role("link", name="I am new here").click()
    page.get_by_role("group", name="Suggested names").get_by_role("button").first.click()
    name = page.get_by_label("Your name here").input_value()
    page.get_by_label("8–10 years").check()
    page.get_by_label("A secret password").fill("three green apples")
    page.get_by_role("button", name="Let’s begin").click()
    code = page.locator(".code").inner_text()
    assert len(code) >= 20
    expect(page.get_by_role("button", name="To the films")).to_be_disabled()
    page.get_by_label("I have written it down").check()
    page.get_by_role("button", name="To the films").click()

    first = page.locator('[data-place="0"] h2').inner_text()
    watch_to_end(page)
    expect(page.get_by_role("heading", name="Do bees make honey from nectar?")).to_be_focused()
    answer(page, "Yes")
    expect(page.get_by_text("They carry nectar home and dry it.")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    answer(page, "Yes")
    expect(page.get_by_role("heading", name="Not yet")).to_be_visible()
    page.get_by_role("button", name="Show me again").click()
    page.get_by_role("heading", name="That was the part").wait_for()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="You know 1 thing more")).to_be_visible()
    page.get_by_role("button", name="Next film").last.click()
    until(page, f"document.querySelector('[data-place=\"0\"] h2').textContent !== '{first}'")

    student = Student.objects.get(username=name)
    assert (student.age_group, student.total_videos_watched) == ("8-10", 1)
    given = QuizResponse.objects.filter(student=student).order_by("question_index")
    assert [(one.question_index, one.user_answer, one.is_correct) for one in given] == [
        (0, True, True),
        (1, True, False),
    ]
    assert all(0 < one.response_time_ms < 10_000 for one in given)
    assert Watch.objects.get(student=student, completed=True).furthest_second == pytest.approx(10, abs=0.2)
    assert first in {video.title for video in LearningVideo.objects.filter(watches__student=student)}

    page.reload()
    page.locator(".card").first.wait_for()
    stored = run(
        page,
        "import('/static/player/store.js').then(async (s) => JSON.stringify(await Promise.all("
        "['values', 'queue', 'kept', 'parts'].map((name) => s.readAll(name)))))",
    )
    assert name in stored
    assert code not in stored
    assert "refresh" not in stored + page.evaluate("document.cookie")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_recall_card_asks_first_and_opens_no_film_before(
    page: Page, child: Student, publish: Publish
) -> None:
    film = publish()
    asked: list[str] = []
    told: list[str] = []

    def listen(request: Any) -> None:
        asked.append(request.url)
        if request.url.endswith("/quiz-response"):
            told.append(request.post_data_json["mode"])

    page.on("request", listen)

    def as_recall(route: Any) -> None:
        response = route.fetch()
        cards = response.json()
        for card in cards:
            card.update(mode="recall", reasons=["recall"], why="You learned this yesterday.")
        route.fulfill(response=response, json=cards)

    page.route("**/api/student/feed/me", as_recall)
    open_as(page, child)
    expect(page.get_by_text("Do you remember? · Question 1 of 2")).to_be_visible()
    answer(page, "Yes")
    assert [url for url in asked if "film.mp4" in url or ".m3u8" in url] == []
    page.get_by_role("button", name="Go on").click()
    answer(page, "Yes")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Watch the film").click()
    until(page, f"{FILM}.currentTime > 0.3")
    assert told == ["recall", "recall"]  # as the card says; the server decides what it believes
    assert QuizResponse.objects.filter(video=film).count() == 2


def test_the_youngest_are_asked_at_the_second_that_teaches(
    page: Page, child: Student, publish: Publish
) -> None:
    publish(age_groups=[5, 6, 7])
    Student.objects.filter(pk=child.pk).update(age_group="5-7")
    child.refresh_from_db()
    open_as(page, child)
    page.get_by_role("heading", name="Do bees make honey from nectar?").wait_for()
    assert page.evaluate(f"{FILM}.paused && {FILM}.currentTime") == pytest.approx(3.4, abs=0.8)
    answer(page, "Yes")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="Is a hive led by a king?").wait_for()
    assert page.evaluate(f"{FILM}.currentTime") == pytest.approx(6.4, abs=0.8)


def test_keys_alone_lead_through_a_card(page: Page, child: Student, publish: Publish) -> None:
    for title in ("How bees make honey", "Why volcanoes erupt"):
        publish(title)
    open_as(page, child)
    until(page, f"{FILM}.currentTime > 0.2")
    page.keyboard.press(" ")
    until(page, f"{FILM}.paused")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("m")
    until(page, f"{FILM}.muted")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    page.locator(".ask").wait_for()
    page.keyboard.press("y")
    page.locator(".told").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".ask").wait_for()
    page.keyboard.press("n")
    page.get_by_role("heading", name="Yes, that’s it!").wait_for()
    title = page.locator('[data-place="0"] h2').inner_text()
    page.keyboard.press("ArrowDown")
    until(page, f"document.querySelector('[data-place=\"0\"] h2').textContent !== '{title}'")
    assert page.evaluate("document.activeElement.className") == "title"
    page.keyboard.press("ArrowUp")
    until(page, f"document.querySelector('[data-place=\"0\"] h2').textContent === '{title}'")
    until(page, "document.querySelector('[data-place=\"0\"] .told') !== null")


def test_enough_for_today_closes_kindly_and_goes_on_only_when_asked(
    page: Page, child: Student, publish: Publish
) -> None:
    for number in range(3):
        publish(f"Film {number}")
    pages: list[str] = []
    page.on("request", lambda request: pages.append(request.url) if "/feed/" in request.url else None)
    today = learning_day(timezone.now())
    Student.objects.filter(pk=child.pk).update(learning_minutes=5, studied_on=today, studied_seconds=400)
    open_as(page, child)
    until(page, f"{FILM}.currentTime > 0.2")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("heading", name="Enough for today")).to_be_focused()
    assert not any("more=1" in url for url in pages)
    page.get_by_role("button", name="A little more").click()
    until(page, f"{FILM}.currentTime > 0.2")
    assert any("more=1" in url for url in pages)


def test_nothing_is_asked_of_any_other_host(page: Page, child: Student, publish: Publish) -> None:
    publish()
    hosts: set[str] = set()
    page.context.on(
        "request", lambda request: hosts.add(re.sub(r"^(blob:)?(\w+://[^/]*).*", r"\2", request.url))
    )
    open_as(page, child)
    until(page, f"{FILM}.currentTime > 0.2")
    install(page)
    assert hosts == {page.evaluate("location.origin")}
