"""Something is wrong with a film, it was withdrawn, or it has to be asked for: what the player does then."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from quizzes.models import Feedback
from students.models import Student
from tests.player.phones import FILM, Publish, install, kept, open_as, until, use
from tests.player.wire import Wire
from videos.models import FilmReport, LearningVideo

pytestmark = [
    pytest.mark.browser,
    pytest.mark.film,
    pytest.mark.usefixtures("no_limits"),
    pytest.mark.django_db(transaction=True),
]
IS_EMPTY = "import('/static/player/queue.js').then((it) => it.count()).then((count) => count === 0)"
DAY = 86_400_000  # ms


def test_a_report_made_without_a_network_arrives_once_and_the_film_does_not_go_on(
    cut_page: Page, child: Student, publish: Publish, wire: Wire
) -> None:
    films = {film.title: film for film in (publish("How bees make honey"), publish("Why volcanoes erupt"))}
    open_as(cut_page, child)
    until(cut_page, f"{FILM}.currentTime > 0.2")
    title = cut_page.locator('[data-place="0"] h2').inner_text()
    wire.cut()
    cut_page.locator('[data-place="0"]').get_by_role("button", name="What do you think?").click()
    cut_page.get_by_role("button", name="Something is wrong").click()
    dialog = cut_page.get_by_role("dialog", name="What is wrong with this film?")
    expect(dialog).to_be_visible()
    until(cut_page, f"{FILM}.paused")
    cut_page.keyboard.press("Escape")  # nothing was meant: the film goes on, and nothing is kept
    expect(dialog).to_be_hidden()
    until(cut_page, f"!{FILM}.paused")
    cut_page.locator('[data-place="0"]').get_by_role("button", name="What do you think?").click()
    cut_page.get_by_role("button", name="Something is wrong").click()
    dialog.get_by_role("button", name="It frightens me").click()
    expect(cut_page.get_by_text("It helps to tell somebody you trust, too.")).to_be_visible()
    until(cut_page, f"document.querySelector('[data-place=\"0\"] h2').textContent !== '{title}'")
    assert FilmReport.objects.count() == 0
    sent = threading.Event()

    def spoil(request: bytes) -> bool:  # it arrives, and nobody hears of it
        is_report = b"POST /api/student/reports " in request
        if is_report:
            sent.set()
        return is_report

    wire.spoil = spoil
    wire.mend()
    cut_page.evaluate("dispatchEvent(new Event('online'))")
    assert sent.wait(60)
    wire.spoil = lambda _: False
    cut_page.reload()
    cut_page.locator(".card, .closing").first.wait_for()
    use(cut_page, "queue", "it.deliver()")
    until(cut_page, IS_EMPTY, seconds=60)
    report = FilmReport.objects.get()
    assert (report.student, report.video, report.kind) == (child, films[title], "frightening")
    assert Feedback.objects.get().kind == "not_interested"


def test_a_film_that_was_withdrawn_goes_from_the_device_and_the_others_live_on(
    cut_page: Page, child: Student, publish: Publish, wire: Wire
) -> None:
    stays, goes = publish("How bees make honey"), publish("Why volcanoes erupt")
    open_as(cut_page, child)
    install(cut_page)
    cut_page.goto("/#/kept")
    cut_page.get_by_role("button", name="Take films along").click()
    cut_page.get_by_text("2 films came along.").wait_for(timeout=60_000)
    until_then = "new Date(Date.now() + DAYS).toISOString()"
    soon = f"it.change('kept', '{stays.pk}', (film) => ({{...film, kept_until: {until_then}}}))"
    use(cut_page, "store", soon.replace("DAYS", str(2 * DAY)))
    cut_page.goto("/#/me")
    cut_page.goto("/#/kept")
    expect(cut_page.get_by_text("then needs a network once")).to_be_visible()
    # Its day has passed: without a network it is not played, and said why.
    use(cut_page, "store", soon.replace("DAYS", str(-DAY)))
    wire.cut()
    cut_page.goto("/#/me")
    cut_page.goto(f"/#/kept/{stays.pk}")
    until(cut_page, f"{FILM}.currentTime > 0.05")
    assert cut_page.locator('[data-place="0"] h2').inner_text() == goes.title
    # With a network it is asked for again; the other was withdrawn meanwhile.
    LearningVideo.objects.filter(pk=goes.pk).update(status="unpublished")
    wire.mend()
    cut_page.goto("/#/kept")
    cut_page.evaluate("dispatchEvent(new Event('online'))")
    expect(cut_page.get_by_text("1 film is not offered any more")).to_be_visible(timeout=30_000)
    (film,) = kept(cut_page)
    assert film["title"] == stays.title
    assert film["kept_until"] > (timezone.now()).isoformat()
    expect(cut_page.get_by_role("link", name=stays.title)).to_be_visible()
    assert cut_page.evaluate(f"caches.match('/kept/{goes.pk}/film').then((found) => found === undefined)")


def test_an_account_that_ends_soon_is_told_so(page: Page, child: Student, publish: Publish) -> None:
    Student.objects.filter(pk=child.pk).update(last_active=timezone.now() - timedelta(days=340))
    publish()
    open_as(page, child)
    page.goto("/#/me")
    expect(page.get_by_text("This account was not used for a long time.")).to_be_visible()
