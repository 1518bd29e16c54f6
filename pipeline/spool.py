"""A result is kept before anything else happens to it.

Between a provider's answer and the database lies a moment in which a worker can die or the
database be away. The answer is written to storage first; whoever claims the run next finds it
there and settles it, instead of paying again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage

from pipeline.models import StepRun
from pipeline.providers.errors import usage_as_json, usage_from_json
from pipeline.steps.base import MadeFile, Output
from pipeline.storage import Kept, is_whole, write_whole


@dataclass(frozen=True)
class Answer:
    """A result that an earlier claim got; `token` is that claim's, under which its charge stands."""

    output: Output
    kept: list[Kept]
    token: UUID


ROOT = "results"


def _name(run: StepRun) -> str:
    return f"{ROOT}/{run.project_id}/{run.fingerprint}.json"


def put(run: StepRun, output: Output, kept: list[Kept]) -> None:
    """Keep a result whose files are already in storage. A result that is there already stays."""
    value: dict[str, Any] = {
        "token": str(run.token),
        "facts": output.facts,
        "usage": usage_as_json(output.usage),
        "provider": output.provider,
        "model": output.model,
        "request_id": output.request_id,
        "files": [
            {
                "name": item.made.name,
                "kind": item.made.kind,
                "seconds": item.made.seconds,
                "width": item.made.width,
                "height": item.made.height,
                "checksum": item.checksum,
                "size": item.size,
                "content_type": item.content_type,
            }
            for item in kept
        ],
    }
    if not default_storage.exists(_name(run)):
        write_whole(default_storage, _name(run), BytesIO(json.dumps(value).encode()))


def is_kept(run: StepRun) -> bool:
    """Whether an earlier claim left something; `take` finds out whether it is whole."""
    return bool(default_storage.exists(_name(run)))


def take(run: StepRun) -> Answer | None:
    """The result kept by an earlier claim, if it and all its files are there and whole."""
    try:
        with default_storage.open(_name(run)) as file:
            value = json.loads(file.read())
    except FileNotFoundError:
        return None
    except ValueError:  # a write that was cut off
        drop(run)
        return None
    usage = usage_from_json(value["usage"])
    kept = [
        Kept(
            MadeFile(
                item["name"],
                Path(),
                item["kind"],
                seconds=item["seconds"],
                width=item["width"],
                height=item["height"],
            ),
            item["checksum"],
            item["size"],
            item["content_type"],
        )
        for item in value["files"]
    ]
    if not all(is_whole(item.checksum, item.size) for item in kept):
        drop(run)
        return None
    output = Output(
        facts=value["facts"],
        files=tuple(item.made for item in kept),
        usage=usage,
        provider=value["provider"],
        model=value["model"],
        request_id=value["request_id"],
    )
    return Answer(output, kept, UUID(value["token"]))


def drop(run: StepRun) -> None:
    """The result is in the database, or was not whole."""
    default_storage.delete(_name(run))


def list_folders() -> list[str]:
    """The folders of answers that lie here, one a project, by the project's id."""
    return _list(ROOT)[0]


def list_answers(folder: str) -> list[str]:
    """Storage names of the answers in one folder."""
    return [f"{ROOT}/{folder}/{name}" for name in _list(f"{ROOT}/{folder}")[1]]


def _list(path: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = default_storage.listdir(path)
    except FileNotFoundError:
        return [], []
    return sorted(folders), sorted(files)
