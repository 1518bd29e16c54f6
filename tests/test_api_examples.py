"""The examples of docs/api.md are called as they stand there, and answer as they say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from students.guardians import issue_code
from tests.clients import DOCUMENT, make_student, student_client
from videos.models import Topic

BLOCK = re.compile(r"```http\n(\w+) (\S+)\n(.*?)\n\n(\d{3})\n(.*?)\n```", re.DOTALL)


@dataclass(frozen=True)
class Example:
    method: str
    address: str
    body: str
    status: int
    answer: str


def examples() -> list[Example]:
    text = DOCUMENT.read_text(encoding="utf-8")
    found = [
        Example(method, address, body, int(status), answer)
        for method, address, body, status, answer in BLOCK.findall(text)
    ]
    assert len(found) == text.count("```http")  # each is of the shape that is understood
    return found


def holds(answer: Any, expected: Any) -> bool:
    """Everything the example shows is in the answer, which may hold more fields."""
    if isinstance(expected, dict):
        return isinstance(answer, dict) and all(
            name in answer and holds(answer[name], value) for name, value in expected.items()
        )
    return bool(answer == expected)


@pytest.mark.django_db
@pytest.mark.parametrize("example", examples(), ids=lambda one: f"{one.method} {one.address} {one.status}")
def test_an_example_answers_as_it_says(example: Example) -> None:
    student = make_student()
    topic = Topic.objects.create(slug="space", name="Space")
    values = {"{topic_id}": str(topic.pk), "{guardian_code}": issue_code(student)}

    def fill(text: str) -> Any:
        for name, value in values.items():
            text = text.replace(name, value)
        return json.loads(text)

    call = getattr(student_client(type(student).objects.get(pk=student.pk)), example.method.lower())
    response = call(example.address, fill(example.body))
    assert response.status_code == example.status, response.content
    assert holds(response.json(), fill(example.answer)), response.content


def test_the_page_has_examples() -> None:
    assert len(examples()) >= 4
