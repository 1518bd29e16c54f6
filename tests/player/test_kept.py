"""Films kept for later: twenty without a server, the twenty-first, too many bytes, broken downloads."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.storage import storages
from playwright.sync_api import Page, Request, expect

from quizzes.models import QuizResponse
from students.models import Student
from tests.player.phones import FILM, Publish, answer, install, kept, open_as, run, until, use, watch_to_end
from tests.player.wire import Wire
from tests.studio.browser.conftest import Complaints
from videos.delivery import storage_name
from videos.models import LearningVideo, Rendition

pytestmark = [
    pytest.mark.browser,
    pytest.mark.film,
    pytest.mark.usefixtures("no_limits"),
    pytest.mark.django_db(transaction=True),
]

STORED = "import('/static/player/store.js').then((it) => it.readAll('parts'))"  # pieces of a download
DIGEST = """
fetch('/kept/ID/film').then((response) => response.arrayBuffer())
  .then((bytes) => crypto.subtle.digest('SHA-256', bytes))
  .then((digest) => [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join(''))
"""


def keep(page: Page, film: LearningVideo) -> str:
    """Keep one film; what went wrong as a code, or nothing."""
    kept_it = f"it.keepFilm('{film.pk}').then(() => '', (error) => error.code ?? error.name)"
    found: str = use(page, "keep", kept_it)
    return found


def titles(page: Page) -> set[str]:
    return {film["title"] for film in kept(page)}


def test_twenty_films_play_without_the_server(
    cut_page: Page, child: Student, publish: Publish, wire: Wire
) -> None:
    for number in range(22):
        publish(f"Film {number}")
    open_as(cut_page, child)
    install(cut_page)
    cut_page.goto("/#/kept")
    cut_page.get_by_role("button", name="Take films along").click()
    cut_page.get_by_text("20 films came along.").wait_for(timeout=60_000)
    assert len(kept(cut_page)) == 20
    wire.cut()
    cut_page.goto("/#/")
    cut_page.reload()
    expect(cut_page.get_by_text("No network: these are your kept films.")).to_be_visible()
    seen = set()
    for _ in range(20):
        until(cut_page, f"{FILM}.currentTime > 0.05 && {FILM}.videoHeight === 640")
        seen.add(cut_page.locator('[data-place="0"] h2').inner_text())
        cut_page.keyboard.press("ArrowDown")
    assert seen == titles(cut_page)
    cut_page.get_by_role("heading", name="Those were your kept films").wait_for()
    cut_page.keyboard.press("ArrowUp")
    watch_to_end(cut_page)
    cut_page.locator(".ask").wait_for()
    answer(cut_page, "Yes")
    expect(cut_page.get_by_text("They carry nectar home and dry it.")).to_be_visible()
    assert QuizResponse.objects.count() == 0
    wire.mend()
    cut_page.evaluate("dispatchEvent(new Event('online'))")
    until(cut_page, "import('/static/player/queue.js').then((it) => it.count()).then((left) => left === 0)")
    assert QuizResponse.objects.get(student=child).is_correct


def test_the_twenty_first_film_takes_the_place_of_the_least_recently_used(
    page: Page, child: Student, publish: Publish, complaints: Complaints
) -> None:
    complaints.allow(404)  # of the film that went
    films = [publish(f"Film {number}") for number in range(21)]
    open_as(page, child)
    install(page)
    page.goto("/#/me")
    for film in films[:20]:
        assert keep(page, film) == ""
    use(page, "keep", f"it.noteUse('{films[0].pk}')")
    assert keep(page, films[20]) == ""
    assert titles(page) == {"Film 0", *(f"Film {number}" for number in range(2, 21))}
    here = run(page, f"fetch('/kept/{films[1].pk}/film').then((r) => r.status, () => 0)")
    assert here == 404


def test_fifty_megabytes_are_the_most(page: Page, child: Student, publish: Publish) -> None:
    films = [publish(f"Film {number}", padding=9_800_000) for number in range(6)]
    huge = publish("Huge", padding=50_000_001)
    open_as(page, child)
    page.goto("/#/me")
    for film in films:
        assert keep(page, film) == ""
    assert titles(page) == {f"Film {number}" for number in range(1, 6)}
    assert sum(film["bytes"] for film in kept(page)) <= 50_000_000
    assert keep(page, huge) == "not-there"  # the manifest has no room for it either
    assert len(kept(page)) == 5
    page.goto("/#/kept")
    expect(page.get_by_text("5 of 20 films")).to_be_visible()


def test_a_broken_download_goes_on_where_it_was(
    cut_page: Page, child: Student, publish: Publish, wire: Wire
) -> None:
    film = publish("Film", padding=4_000_000)
    open_as(cut_page, child)
    install(cut_page)
    cut_page.goto("/#/me")
    asked: list[str | None] = []

    def note(request: Request) -> None:
        if request.url.endswith("/360.mp4"):
            asked.append(request.headers.get("range"))

    cut_page.on("request", note)
    broken = wire.hold_download_after(1_500_000)
    trying = f"it.keepFilm('{film.pk}').then(() => '', (error) => error.constructor.name)"
    use(cut_page, "keep", f"void (globalThis.trying = {trying})")
    until(cut_page, f"{STORED}.then((pieces) => pieces.length > 0)", seconds=120)
    broken.set()
    assert run(cut_page, "globalThis.trying") == "Unreachable"
    assert kept(cut_page) == []
    cut_page.reload()
    cut_page.locator(".figures").wait_for()
    assert keep(cut_page, film) == ""
    assert asked[0] is None
    first = int(str(asked[1]).removeprefix("bytes=").removesuffix("-"))
    assert 256 * 1024 <= first <= 1_500_000
    size = Rendition.objects.get(video=film, name="360.mp4").size
    digest = run(cut_page, DIGEST.replace("ID", str(film.pk)))
    assert digest == Rendition.objects.get(video=film, name="360.mp4").sha256
    part = run(
        cut_page,
        f"fetch('/kept/{film.pk}/film', {{headers: {{Range: 'bytes=-10'}}}})"
        ".then(async (r) => [r.status, r.headers.get('Content-Range'), (await r.arrayBuffer()).byteLength])",
    )
    assert part == [206, f"bytes {size - 10}-{size - 1}/{size}", 10]


def test_a_film_that_did_not_arrive_whole_is_not_kept(page: Page, child: Student, publish: Publish) -> None:
    film = publish("Film")
    path = Path(storages["published"].path(storage_name(film.film_key, "360.mp4")))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    open_as(page, child)
    page.goto("/#/me")
    assert keep(page, film) == "damaged"
    assert kept(page) == []
    path.write_bytes(whole)
    assert keep(page, film) == ""
