"""Students, films and signed-in clients, as the tests of every interface need them."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from rest_framework.test import APIClient

from students import tokens
from students.models import Student
from studio.authentication import CREATORS
from studio.models import Creator
from videos.delivery import storage_name
from videos.models import LearningVideo, Rendition

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "api.md"
PASSWORD = "three green apples"
QUESTIONS = [
    {
        "question": "Do bees make honey from nectar?",
        "answer": True,
        "explanation": "They carry nectar home and dry it.",
        "scene": 2,
        "taught_at_seconds": 12.5,
        "evidence": "Bees make honey from nectar.",
    },
    {
        "question": "Is a hive led by a king?",
        "answer": False,
        "explanation": "It has one queen.",
        "scene": 3,
        "taught_at_seconds": 20.0,
        "evidence": "A colony has one queen.",
    },
]


def make_student(*, age_group: str = "8-10", password: str = "", **fields: Any) -> Student:
    return Student.objects.create(
        username=fields.pop("username", f"otter-{uuid4().hex[:12]}"),
        age_group=age_group,
        password=make_password(password) if password else "",
        **fields,
    )


def make_video(**fields: Any) -> LearningVideo:
    """A published film for 8 to 10, unless told otherwise."""
    values: dict[str, Any] = {
        "title": "How bees make honey",
        "topic": "Nature",
        "script_content": "Bees make honey from nectar.",
        "video_url": "films/x/film.mp4",
        "duration_seconds": 60,
        "age_groups": [8, 9, 10],
        "quiz_questions": QUESTIONS,
        "status": LearningVideo.Status.PUBLISHED,
        "published_at": timezone.now(),
    } | fields
    return LearningVideo.objects.create(**values)


def store_file(video: LearningVideo, name: str, content: bytes) -> Rendition:
    """One published file of a film, with its row."""
    storages["published"].save(storage_name(video.film_key, name), ContentFile(content))
    return Rendition.objects.create(
        video=video,
        name=name,
        kind="film",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def bearer(access: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


def student_client(student: Student) -> APIClient:
    return bearer(tokens.open_session(tokens.STUDENTS, student, now=timezone.now()).access)


def creator_client(creator: Creator) -> APIClient:
    return bearer(tokens.open_session(CREATORS, creator, now=timezone.now()).access)


def assert_problem(response: Any, status: int, code: str, *, field: str = "", field_code: str = "") -> Any:
    """A problem document with this code, and perhaps an error of this field; returns the document."""
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json"), (
        response.content
    )
    document = response.json()
    assert set(document) == {"type", "title", "status", "code", "detail", "errors"}
    assert (document["status"], document["code"]) == (status, code)
    assert document["detail"]
    assert {code, *(error["code"] for error in document["errors"])} <= documented_codes()
    if field:
        assert (field, field_code) in [(error["field"], error["code"]) for error in document["errors"]]
    return document


@cache
def documented_codes() -> set[str]:
    """Every code that docs/api.md lists."""
    text = DOCUMENT.read_text(encoding="utf-8").partition("## Codes of problems")[2]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return {code for cell in rows for code in re.findall(r"`([^`]+)`", cell)}
