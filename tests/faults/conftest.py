"""The site of the fault tests; here, unlike elsewhere, the servers keep every commit on disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

    from tests.faults.site import Site


@pytest.fixture(scope="package")
def shared_site(django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    from django.conf import settings  # noqa: PLC0415 - pytest reads this file before Django is set up
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from config import env  # noqa: PLC0415
    from config.local.servers import ensure_servers, release_servers  # noqa: PLC0415
    from pipeline import sweeping  # noqa: PLC0415
    from tests.faults.site import Site, Workers  # noqa: PLC0415
    from tests.pipeline import quick_steps  # noqa: PLC0415

    # A folder of its own: between two files of this package a process may run others, and begin anew.
    root = Path(tempfile.mkdtemp(prefix="faults-", dir=settings.LOCAL_DIR))
    stage = root / "stage"
    stage.mkdir()
    servers = ensure_servers(root, durable=True)
    patch = pytest.MonkeyPatch()
    environment = os.environ | {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "BROKER_URL": servers.broker_url,
        "DATABASE_POOL_SIZE": "2",
        quick_steps.STAGE: str(stage),
    }
    patch.setenv("FAULTS_DATABASE_URL", servers.database_url)
    patch.setattr(sweeping, "QUIET", timedelta(seconds=1))
    with django_db_blocker.unblock():
        connection.close()  # it may lead to the database of other tests
        connection.close_pool()  # type: ignore[attr-defined]
        for name, value in env.database("FAULTS_DATABASE_URL").items():
            patch.setitem(connection.settings_dict, name, value)
        try:
            call_command("migrate", verbosity=0)
            with (
                quick_steps.installed(stage),
                Workers(environment, root / "worker.log") as workers,
            ):
                yield Site(root, servers, workers, stage)
        finally:
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]
            patch.undo()
            release_servers(root)


@pytest.fixture
def site(shared_site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The site with a living worker; afterwards no film is left for the next test or its children to find."""
    from pipeline import bell  # noqa: PLC0415
    from pipeline.models import ContentProject  # noqa: PLC0415
    from videos.models import LearningVideo  # noqa: PLC0415

    monkeypatch.setattr(bell, "current_app", shared_site.sender)
    if shared_site.workers.process is None:
        shared_site.workers.start()
    yield shared_site
    (shared_site.stage / "twice").unlink(missing_ok=True)
    ContentProject.objects.exclude(status="archived").update(status="archived")
    LearningVideo.objects.filter(status="published").update(status="unpublished")
