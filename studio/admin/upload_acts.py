"""What people send for a scene: their own picture, their own voice. Each returns what to say."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from pipeline import uploading
from pipeline.models import ContentProject
from students import throttles
from studio.admin.scene_acts import Refused, read_number
from studio.auditing import audited
from studio.models import Creator

TOO_LARGE = 413
TOO_MANY = 429


def own_picture(project: ContentProject, user: Creator, data: QueryDict, files: Mapping[str, Any]) -> str:
    position = read_number(data, "position")
    with _received(user, files, "picture") as sent, audited(project.pk, "use_own_picture"):
        uploading.use_own_picture(project.pk, position, sent=sent, **_stated(user, data))
    return f"Scene {position + 1} shows your picture. Rebuild to see it in the film; no picture is paid for."


def own_recording(project: ContentProject, user: Creator, data: QueryDict, files: Mapping[str, Any]) -> str:
    position = read_number(data, "position")
    with _received(user, files, "recording") as sent, audited(project.pk, "use_own_recording"):
        uploading.use_own_recording(project.pk, position, sent=sent, **_stated(user, data))
    return f"Scene {position + 1} speaks with your recording, as long as its words stay. Rebuild to hear it."


def _stated(user: Creator, data: QueryDict) -> dict[str, Any]:
    return {
        "licence": data.get("licence", ""),
        "source": data.get("source", ""),
        "actor_id": user.pk,
        "version": read_number(data, "version"),
    }


@contextmanager
def _received(user: Creator, files: Mapping[str, Any], name: str) -> Iterator[Path]:
    """The sent file in a folder of its own, which goes afterwards. Its name is never looked at."""
    sent = files.get(name)
    if not isinstance(sent, UploadedFile):
        raise Refused(400, f"Choose a {name} first.")
    if (sent.size or 0) > uploading.MOST_BYTES:
        raise Refused(
            TOO_LARGE,
            f"The {name} has {(sent.size or 0) / 1e6:.0f} MB; a page takes"
            f" {uploading.MOST_BYTES // 1_000_000} MB."
            " Save it smaller and send it again. Nothing was changed.",
        )
    wait, _ = throttles.admit("upload", str(user.pk))
    if wait:
        raise Refused(
            TOO_MANY,
            f"You have sent many files within an hour. The next one is taken in {math.ceil(wait / 60)} min;"
            " nothing was changed.",
        )
    settings.WORK_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sent-", dir=settings.WORK_DIR) as folder:
        path = Path(folder) / "file"
        with path.open("wb") as file:
            for chunk in sent.chunks():
                file.write(chunk)
        yield path
