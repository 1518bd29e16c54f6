"""The world of the tests: real servers of their own, nobody else's data, no outside network.

Settings are read once, so everything they read is put into the environment here, when pytest
imports this file and before Django is set up. Each xdist worker has its own database (named by
pytest-django), its own Redis database numbers and its own folder for files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import django
import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from config.local.servers import LocalServerError, Servers, ensure_servers

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
FILES = tempfile.TemporaryDirectory(prefix="microlearning-tests-")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
)
# What a developer's shell may hold and a test must not follow.
FOREIGN = (
    *(
        f"{alias}_{what}"
        for alias in ("TEXT", "JUDGE", "MODERATION", "IMAGE", "SPEECH", "CLIP")
        for what in ("PROVIDER", "FALLBACK")
    ),
    "OPENAI_API_KEY",
    "OPENAI_API_KEY_FILE",
    "OPENAI_CUSTOM_HEADERS",
    "ELEVENLABS_API_KEY",
    "ELEVENLABS_API_KEY_FILE",
    "PRICES_FILE",
    "DATABASE_URL_FILE",
    "REDIS_URL_FILE",
    "BROKER_URL_FILE",
    "MEDIA_ROOT",
    "WORK_DIR",
    "STATIC_ROOT",
    "S3_WORK_BUCKET",
    "S3_MEDIA_BUCKET",
)


def _servers() -> Servers:
    version = os.environ.get("PG")
    folder = ROOT / ".local" / (f"test-{version}" if version else "test")
    try:
        return ensure_servers(folder, postgres=int(version) if version else None)
    except LocalServerError as error:
        raise pytest.UsageError(str(error)) from error


def _prepare_environment() -> None:
    """TEST_DATABASE_URL and TEST_REDIS_URL (without a database number) replace the embedded servers."""
    database = os.environ.get("TEST_DATABASE_URL")
    redis = os.environ.get("TEST_REDIS_URL")
    if redis:
        cache, broker = f"{redis.rstrip('/')}/{2 * WORKER}", f"{redis.rstrip('/')}/{2 * WORKER + 1}"
    if not (database and redis):
        servers = _servers()
        database = database or servers.database_url
        if not redis:
            cache, broker = servers.redis_database(2 * WORKER)
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ |= {
        "DATABASE_URL": database,
        "REDIS_URL": cache,
        "BROKER_URL": broker,
        "DEVELOPMENT": "1",
        "CACHE_TIMEOUT_MS": "2000",  # a busy machine must not turn a hit into a miss
        "DATABASE_POOL_SIZE": "20",  # one process plays several: threads, live servers, racing clients
        "LOCAL_DIR": FILES.name,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    (Path(FILES.name) / "static").mkdir()  # the static files' middleware warns where it finds none
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(ROOT / ".local" / "browsers"))


if settings.configured:
    raise pytest.UsageError(
        "Settings were read before the test servers were started; "
        "run make test, or pytest without a DJANGO_SETTINGS_MODULE in pyproject.toml or the environment."
    )
_prepare_environment()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.option.allow_hosts = "127.0.0.1,::1,localhost"
    config.option.allow_unix_socket = True
    django.setup()
    # Argon2 stays, so stored hashes look as in production; only its cost is that of a test.
    Argon2PasswordHasher.time_cost = 1
    Argon2PasswordHasher.memory_cost = 64
    Argon2PasswordHasher.parallelism = 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Workers inherit this environment, and with this name in it they would read settings too early."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.fixture(autouse=True)
def _default_parameters() -> None:
    """Each process has looked for fitted sets and found none: no test pays the statement a minute."""
    from quizzes.parameters import forget_live  # noqa: PLC0415 - Django is set up only after this file is read

    forget_live(known={})


@pytest.fixture
def roles() -> None:
    """The groups that a migration makes, and that a transactional test before this one has flushed."""
    from django.contrib.auth.models import Group  # noqa: PLC0415 - Django is set up by now

    from studio.management.commands.create_creator import ROLES  # noqa: PLC0415

    for role in ROLES:
        Group.objects.get_or_create(name=role)


def pytest_unconfigure() -> None:
    FILES.cleanup()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that runs here; the test is skipped without one, but fails in CI."""
    found = _find_browser()
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("No Chromium was found, and in CI the browser tests must run.")
    if found is None:
        pytest.skip("no Chromium; make browser gets one")
    return found


def _find_browser() -> str | None:
    own = sorted(Path(os.environ["PLAYWRIGHT_BROWSERS_PATH"]).glob("chromium-*/chrome-*/chrome"))
    candidates = [os.environ.get("CHROMIUM", ""), *BROWSERS, *map(str, own)]
    for path in filter(None, map(shutil.which, filter(None, candidates))):
        if subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium a process for all browser tests: Playwright's sync API allows no second one beside it."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - most processes need none

    # It runs an event loop in this thread; Django would refuse the database beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=chromium, args=BROWSER_ARGUMENTS)
            yield opened
            opened.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def own_steps() -> None:
    """The pipeline's own steps, whatever a late fixture of the quick ones has left in this process."""
    if "QUICK_STEPS" in os.environ:  # a test or its package has put them in place
        return
    from pipeline import providers  # noqa: PLC0415 - Django is set up by now
    from pipeline.steps import BY_NAME, STEPS  # noqa: PLC0415

    wanted = {step.name: step for step in STEPS}
    if wanted != BY_NAME:
        BY_NAME.clear()
        BY_NAME.update(wanted)
        providers.configure(settings.PIPELINE_PROVIDERS)
