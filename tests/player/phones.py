"""What a child does with a phone, as the tests of the player need it; and films for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, ViewportSize

from students import tokens
from students.cookies import cookie_name
from students.models import Student
from tests.clients import PASSWORD, QUESTIONS, make_video, store_file
from videos.models import LearningVideo, Topic

PHONE: ViewportSize = {"width": 390, "height": 844}
TABLET: ViewportSize = {"width": 820, "height": 1180}
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
SCENES, SECONDS = 2, 5.0
FILM = "document.querySelector('[data-place=\"0\"] video')"  # the one on the screen
Publish = Callable[..., LearningVideo]


def publish_film(
    files: dict[str, bytes], title: str = "How bees make honey", *, padding: int = 0, **fields: Any
) -> LearningVideo:
    """Publish one more film of these files; `padding` makes its download so many bytes larger."""
    asked = [
        {**question, "taught_at_seconds": 3.0 + 3.0 * number} for number, question in enumerate(QUESTIONS)
    ]
    name = fields.pop("topic", "Nature")
    topic, _ = Topic.objects.get_or_create(slug=name.lower().replace(" ", "-"), defaults={"name": name})
    concept = Topic.objects.create(name=title, slug=f"concept-{Topic.objects.count()}", parent=topic)
    values = {
        "concept": concept,
        "topic": topic.name,
        "quiz_questions": asked,
        "duration_seconds": int(SCENES * SECONDS),
    } | fields
    video = make_video(title=title, **values)
    for name, content in files.items():
        store_file(video, name, content + pad(padding) if name == "360.mp4" and padding else content)
    return video


def pad(size: int) -> bytes:
    """A box of MP4 that says nothing, of so many bytes."""
    return size.to_bytes(4) + b"free" + bytes(size - 8)


def until(page: Page, condition: str, *, seconds: float = 45) -> None:
    """Wait until the page's own script finds it true; Playwright's own wait needs `unsafe-eval`."""
    end = time.monotonic() + seconds
    tried = f"(async () => {{ try {{ return await ({condition}) }} catch {{ return false }} }})()"
    while not page.evaluate(tried):
        assert time.monotonic() < end, f"never true: {condition}"
        page.wait_for_timeout(40)


def sign_in(page: Page, *, name: str = "brave-otter-17") -> None:
    page.goto("/#/sign-in")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Come in").click()
    page.locator(".card, .closing").first.wait_for()


def install(page: Page) -> None:
    """Wait until the worker has the page: from now on it opens without a network."""
    until(page, "navigator.serviceWorker.controller !== null")


def watch_to_end(page: Page) -> None:
    """Skip to shortly before the film's end, and let it end."""
    until(page, f"{FILM}.currentTime > 0.2")
    page.evaluate(f"{FILM}.currentTime = {FILM}.duration - 0.7")


def answer(page: Page, said: str) -> None:
    page.get_by_role("button", name=said, exact=True).click()
    page.locator(".told").wait_for()


def folder_of_pictures() -> Path:
    return Path(__file__).resolve().parents[2] / "docs" / "images"


def open_as(page: Page, student: Student) -> None:
    """The player with this child signed in: the cookie of a session, and the page once loaded."""
    pair = tokens.open_session(tokens.STUDENTS, student, now=timezone.now())
    page.goto("/#/welcome")
    page.context.add_cookies(
        [
            {
                "name": cookie_name(),
                "value": pair.refresh,
                "url": page.evaluate("location.origin"),
                "httpOnly": True,
                "sameSite": "Strict",
            }
        ]
    )
    until(page, "document.querySelector('#main[data-ready]') !== null")
    run(
        page,
        "(async () => { const { call } = await import('/static/player/api.js'); "
        "const store = await import('/static/player/store.js'); "
        "await store.setValue('profile', (await call('GET', 'student/me')).value); })()",
    )
    page.goto("/#/")
    page.reload()
    page.locator(".card, .closing").first.wait_for()


def run(page: Page, script: str) -> Any:
    """What a promise of the page resolves to."""
    return page.evaluate(script)


def use(page: Page, module: str, expression: str) -> Any:
    """What `expression` gives, with one of the player's own modules as `it`."""
    return page.evaluate(f"import('/static/player/{module}.js').then((it) => {expression})")


def waiting(page: Page) -> int:
    """Answers that the server has not confirmed."""
    answers = "all.filter((one) => one.kind === 'answer')"
    found: int = use(page, "store", f"it.readAll('queue').then((all) => {answers}.length)")
    return found


def kept(page: Page) -> list[dict[str, Any]]:
    """Films on the device, the one used last first."""
    found: list[dict[str, Any]] = use(page, "keep", "it.keptFilms()")
    return found


def said(film: LearningVideo, *, question: int = 0, yes: bool = True) -> str:
    """An answer as the player's queue takes it, in JavaScript."""
    return (
        f"{{video_id: '{film.pk}', question_index: {question}, user_answer: {str(yes).lower()}, "
        "response_time_ms: 2000, mode: 'watch'}"
    )
