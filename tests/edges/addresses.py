"""Every address of the URL map, filled with ids: one's own, somebody else's, absent and forged ones.

A new variable part of an address has no values here, and the matrix fails until somebody says which
value is whose: no address can be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.urls import get_resolver
from django.utils import timezone

from pipeline.models import ContentProject
from students.models import Erasure, Student
from studio.models import Creator
from tests.clients import make_student, make_video, store_file
from tests.studio.factories import make_draft, make_person
from tests.test_openapi import walk
from videos import tokens as addresses
from videos.models import LearningVideo

KINDS = ("own", "other", "absent", "forged")
FORGED_ID = "00000000-0000-0000-0000-000000000000"
SECRET = "zebra-secret-of-somebody-else"  # in every text of the other side
HIDDEN = "okapi-secret-of-a-hidden-film"  # in a film that the studio sees and no student
PART = re.compile(r"<(?:(\w+):)?(\w+)>")
NAMED_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


@dataclass
class World:
    """Two students, two creators with a project each, two films, and who is whose."""

    student: Student
    other_student: Student
    creator: Creator
    other_creator: Creator
    project: ContentProject
    other_project: ContentProject
    film: LearningVideo
    hidden_film: LearningVideo
    receipt: UUID

    def values(self, part: str, address: str) -> Mapping[str, str]:
        """Kind → value of a variable part. KeyError for a part that nobody has thought of."""
        if part == "object_id":
            return self._object_ids(address)
        return {
            "user_id": self._ids(self.student.pk, self.other_student.pk),
            "student_id": self._ids(self.student.pk, self.other_student.pk),
            "project_id": self._ids(self.project.pk, self.other_project.pk),
            "video_id": self._ids(self.film.pk, self.hidden_film.pk),
            "receipt": self._ids(self.receipt, uuid4()),
            "run_id": self._ids(uuid4(), uuid4()),
            "batch_id": self._ids(uuid4(), uuid4()),
            "position": dict.fromkeys(KINDS, "0"),
            "purpose": {**dict.fromkeys(KINDS, "service"), "absent": "advertising", "forged": "x" * 60},
            "act": dict.fromkeys(KINDS, "archive"),
            "name": self._acts() if "/act/" in address else self._names(),
            "app_label": dict.fromkeys(KINDS, "pipeline"),
            "content_type_id": dict.fromkeys(KINDS, "1"),
            "url": dict.fromkeys(KINDS, "no-such-page"),
            "token": self._tokens(),
            "film_key": {
                "own": self.film.film_key,
                "other": self.hidden_film.film_key,
                "absent": str(uuid4()),
                "forged": "..%2F..%2Fetc",
            },
        }[part]

    def _ids(self, own: UUID, other: UUID) -> Mapping[str, str]:
        return {"own": str(own), "other": str(other), "absent": str(uuid4()), "forged": FORGED_ID}

    def _object_ids(self, address: str) -> Mapping[str, str]:
        if "contentproject" in address:
            return self._ids(self.project.pk, self.other_project.pk)
        if "learningvideo" in address:
            return self._ids(self.film.pk, self.hidden_film.pk)
        if "/student/" in address:
            return self._ids(self.student.pk, self.other_student.pk)
        return self._ids(self.creator.pk, self.other_creator.pk)

    def _names(self) -> Mapping[str, str]:
        return {"own": "film.mp4", "other": "film.mp4", "absent": "no.mp4", "forged": "passwd"}

    def _acts(self) -> Mapping[str, str]:
        """What the page of a student can do, the worst of them with somebody else's id."""
        return {"own": "name", "other": "export", "absent": "erase", "forged": "no-such-act"}

    def _tokens(self) -> Mapping[str, str]:
        token = addresses.sign_folder(
            self.film.film_key, addresses.expiry_of(self.film.film_key, timezone.now())
        )
        return {"own": token, "other": token, "absent": token, "forged": token[:-3] + "AAA"}


def make_world() -> World:
    creator, other = make_person("creator"), make_person("creator", email=f"{SECRET}@example.org")
    film, hidden = make_video(), make_video(title=HIDDEN, topic=HIDDEN, status="unpublished")
    store_file(film, "film.mp4", b"film")
    store_file(hidden, "film.mp4", HIDDEN.encode())
    return World(
        student=make_student(),
        other_student=make_student(username=SECRET[:30].rstrip("-")),
        creator=creator,
        other_creator=other,
        project=make_draft(creator),
        other_project=make_draft(
            other, concept_prompt=SECRET, title=SECRET, source_notes=f"{SECRET}. It is."
        ),
        film=film,
        hidden_film=hidden,
        receipt=Erasure.objects.create(
            tombstone="f" * 64, requested_at=timezone.now(), requested_by="student"
        ).pk,
    )


def all_addresses() -> Iterator[str]:
    """Every route of the map as `/api/…/<part>`, without converters and regular expressions."""
    for route, _ in walk(get_resolver().url_patterns):
        plain = NAMED_GROUP.sub(r"<\1>", PART.sub(r"<\2>", route))
        yield "/" + plain.replace("^", "").replace("$", "")


def parts_of(address: str) -> list[str]:
    return re.findall(r"<(\w+)>", address)


def fill(address: str, world: World, kind: str) -> str:
    for part in parts_of(address):
        address = address.replace(f"<{part}>", world.values(part, address)[kind])
    return address


# --------------------------------------------------------------------------- bodies


def body_for(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """A body that fits the document: every required field, the first choice, the shortest text."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else _example(content["schema"], document)


def _example(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _example(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]], document)
    if "allOf" in schema:
        return _example(schema["allOf"][0], document)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        required = schema.get("required", list(schema.get("properties", {}))[:1])
        return {name: _example(schema["properties"][name], document) for name in required}
    return [_example(schema["items"], document)] if schema.get("type") == "array" else _plain(schema)


def _plain(schema: Mapping[str, Any]) -> Any:
    if schema.get("type") == "string":
        formats = {"uuid": str(uuid4()), "date-time": "2026-03-02T15:00:00Z"}
        return formats.get(schema.get("format", ""), "x" * max(schema.get("minLength", 1), 1))
    return {"boolean": True, "integer": schema.get("minimum", 1), "number": 1.0}.get(str(schema.get("type")))
