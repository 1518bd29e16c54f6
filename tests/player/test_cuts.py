"""A network that comes and goes, at any byte: nothing is missing, nothing counts twice."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from config import player
from quizzes.models import QuizResponse, QuizResponseKey
from students.models import Student
from tests.player.phones import (
    FILM,
    Publish,
    answer,
    install,
    open_as,
    run,
    said,
    until,
    use,
    waiting,
    watch_to_end,
)
from tests.player.wire import Wire
from videos.models import Watch

pytestmark = [
    pytest.mark.browser,
    pytest.mark.film,
    pytest.mark.usefixtures("no_limits"),
    pytest.mark.django_db(transaction=True),
]
ANSWERS = "all.filter((one) => one.kind === 'answer')"
IS_EMPTY = "import('/static/player/queue.js').then((it) => it.count()).then((count) => count === 0)"


def deliver(page: Page) -> int:
    """Until no answer waits; a delivery that the page itself has begun keeps others out meanwhile."""
    tried = "import('/static/player/queue.js').then((it) => it.deliver())"
    left = (
        f"import('/static/player/store.js').then((it) => it.readAll('queue')).then((all) => {ANSWERS}.length)"
    )
    until(page, f"{tried}.then(() => {left}).then((count) => count === 0)")
    return waiting(page)


def answers(student: Student) -> list[UUID]:
    return list(QuizResponseKey.objects.filter(student=student).values_list("response_id", flat=True))


def test_a_film_that_is_cut_waits_and_goes_on(
    cut_page: Page, child: Student, publish: Publish, wire: Wire
) -> None:
    for title in ("How bees make honey", "Why volcanoes erupt"):
        publish(title)
    open_as(cut_page, child)
    until(cut_page, f"{FILM}.currentTime > 0.5")
    wire.cut()
    # What is left of a film that was only prepared ends after a few seconds.
    cut_page.keyboard.press("ArrowDown")
    expect(cut_page.get_by_role("heading", name="The film is taking a break")).to_be_visible(timeout=60_000)
    wire.mend()
    cut_page.get_by_role("button", name="Try again").click()
    watch_to_end(cut_page)
    cut_page.locator(".ask").wait_for()


def test_an_answer_whose_confirmation_is_cut_counts_once(
    cut_page: Page, child: Student, publish: Publish, wire: Wire
) -> None:
    publish()
    open_as(cut_page, child)
    watch_to_end(cut_page)
    cut_page.locator(".ask").wait_for()
    wire.spoil = lambda request: b"POST /api/student/quiz-response " in request
    answer(cut_page, "Yes")
    expect(cut_page.get_by_role("heading", name="Answer kept")).to_be_visible()
    assert waiting(cut_page) == 1
    wire.spoil = lambda _: False
    cut_page.reload()  # the queue outlives the page
    cut_page.locator(".card, .closing").first.wait_for()
    assert deliver(cut_page) == 0
    assert QuizResponse.objects.filter(student=child).count() == 1


@pytest.mark.timeout(200)
def test_no_answer_is_missing_or_counted_twice_after_two_hundred_cuts(
    cut_page: Page, child: Student, publish: Publish, wire: Wire
) -> None:
    film = publish()
    open_as(cut_page, child)
    cut_page.goto("/#/me")  # no film shares the wire
    seed = 20_261_124
    wire.cut_at_random(random.Random(seed))
    made: set[str] = set()
    total = 0
    while wire.cuts < 200:
        # Eight answers at once: six are sent, two only kept; then the queue is delivered.
        kinds = [f"it.answer({said(film, question=n % 2, yes=n % 3 > 0)})" for n in range(6)]
        kinds += [f"it.keep('answer', {said(film)})"] * 2
        use(cut_page, "queue", f"Promise.allSettled([{', '.join(kinds)}]).then(() => it.deliver())")
        total += len(kinds)
        made |= set(
            use(cut_page, "store", f"it.readAll('queue').then((all) => {ANSWERS}.map((one) => one.id))")
        )
    assert wire.cuts >= 200
    wire.cut_at_random(None)
    for _ in range(20):
        if deliver(cut_page) == 0:
            break
    assert waiting(cut_page) == 0
    kept = answers(child)
    assert len(kept) == len(set(kept)) == QuizResponse.objects.filter(student=child).count() == total
    assert made <= {str(one) for one in kept}


def test_two_tabs_deliver_one_queue_once(
    phone: BrowserContext, cut_page: Page, child: Student, publish: Publish, wire: Wire
) -> None:
    film = publish()
    open_as(cut_page, child)
    other = phone.new_page()
    other.goto("/#/me")
    other.locator(".figures").wait_for()
    cut_page.goto("/#/me")
    wire.cut()
    twenty = f"Promise.all(Array.from({{length: 20}}, () => it.keep('answer', {said(film)})))"
    for page in (cut_page, other):
        use(page, "queue", twenty)
    assert waiting(cut_page) == waiting(other) == 40
    wire.mend()
    sent: list[str] = []
    phone.on("request", lambda request: sent.append(request.url) if "quiz-responses" in request.url else None)
    for page in (cut_page, other):
        page.evaluate("dispatchEvent(new Event('online'))")
    until(cut_page, IS_EMPTY)
    assert QuizResponse.objects.filter(student=child).count() == len(set(answers(child))) == 40
    assert len(sent) == 1


def test_a_new_release_of_the_player_leaves_the_queue_alone(
    cut_page: Page, child: Student, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = publish()
    open_as(cut_page, child)
    install(cut_page)
    cut_page.reload()  # from now on the page comes from the worker
    cut_page.locator(".card").first.wait_for()
    cut_page.route("**/api/student/quiz-response*", lambda route: route.abort())
    use(cut_page, "queue", f"it.answer({said(film)})")
    assert waiting(cut_page) == 1
    former = player.present_build()
    following = player.Build("the-next-release", former.files)
    monkeypatch.setattr(player, "present_build", lambda: following)
    cut_page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
    cut_page.get_by_text("A newer version is ready.").wait_for()
    names = "caches.keys().then((names) => names.filter((one) => one !== 'player-kept').sort())"
    assert run(cut_page, names) == sorted([f"player-{former.version}", "player-the-next-release"])
    with cut_page.expect_navigation():
        cut_page.get_by_role("button", name="Use it now").click()
    cut_page.locator(".card").first.wait_for()
    until(cut_page, f"{names}.then((found) => found.join() === 'player-the-next-release')")
    assert waiting(cut_page) == 1
    assert QuizResponse.objects.count() == 0
    cut_page.unroute("**/api/student/quiz-response*")
    assert deliver(cut_page) == 0
    assert QuizResponse.objects.filter(student=child).count() == 1


@pytest.mark.parametrize("is_noticed", [True, False], ids=["by the clock", "by the refusal"])
def test_addresses_that_have_ended_are_renewed_once(
    cut_page: Page, child: Student, publish: Publish, settings: Any, is_noticed: bool
) -> None:
    publish()
    settings.MEDIA_TOKEN_SECONDS = -600
    asked: list[str] = []
    cut_page.on(
        "request", lambda request: asked.append(request.url) if "/api/videos/" in request.url else None
    )

    def hand_out(route: Any) -> None:
        response = route.fetch()
        settings.MEDIA_TOKEN_SECONDS = 600
        cards = response.json()
        for card in cards:
            if not is_noticed:
                card["playback"]["expires_at"] = (timezone.now() + timedelta(minutes=9)).isoformat()
        route.fulfill(response=response, json=cards)

    cut_page.route("**/api/student/feed/me", hand_out)
    open_as(cut_page, child)
    until(cut_page, f"{FILM}.currentTime > 0.3")
    assert len(asked) == 1


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_wrong_by_a_day_dates_nothing_wrongly(
    cut_page: Page, child: Student, publish: Publish, wire: Wire, days: int
) -> None:
    cut_page.context.add_init_script(
        f"""{{ const shift = {days} * 86400000, real = Date;
        globalThis.Date = class extends real {{
          constructor(...given) {{ if (given.length) super(...given); else super(real.now() + shift); }}
          static now() {{ return real.now() + shift; }}
        }}; }}"""
    )
    Student.objects.filter(pk=child.pk).update(created_at=timezone.now() - timedelta(days=40))
    publish()
    open_as(cut_page, child)
    watch_to_end(cut_page)
    cut_page.locator(".ask").wait_for()
    wire.cut()
    answer(cut_page, "Yes")
    wire.mend()
    assert deliver(cut_page) == 0
    now = timezone.now()
    given = QuizResponse.objects.get(student=child)
    assert abs(given.created_at - now) < timedelta(minutes=1)
    assert abs(Watch.objects.filter(student=child, completed=True).get().started_at - now) < timedelta(
        minutes=1
    )
