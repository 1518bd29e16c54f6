"""What the pages for operators tell to type works in the order in which it stands; every option exists."""

from __future__ import annotations

import io
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import CommandError
from pytest_django import Settings

from config.diagram import PAGE, fill_in, unserved
from studio.models import Creator
from videos.models import Topic

DOCS = Path(__file__).resolve().parent.parent / "docs"
TYPED = re.compile(r"manage\.py ([a-z_]+)((?:[ \t]+[^\s`|#&>;]+)*)")
PASSWORD = "a long enough password\n"


def blocks(page: Path) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def typed_in(text: str) -> Iterator[tuple[str, list[str]]]:
    for name, rest in TYPED.findall(text):
        yield name, shlex.split(rest)


@pytest.mark.django_db(transaction=True)
def test_the_first_hour_can_be_typed_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, roles: None, capsys: pytest.CaptureFixture[str]
) -> None:
    # Browser tests in the same process run under this, and need it until the end.
    settings.SILENCED_SYSTEM_CHECKS = [*settings.SILENCED_SYSTEM_CHECKS, "async.E001"]
    (block,) = blocks(DOCS / "operations.md")
    commands = list(typed_in(block))
    assert [name for name, _ in commands] == [
        *("check", "migrate_safely", "import_topics", "create_creator", "doctor")
    ]
    ends = {}
    for name, arguments in commands:
        monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD))
        try:
            call_command(name, *arguments)
            ends[name] = 0
        except SystemExit as ended:
            ends[name] = int(ended.code or 0)
    assert ends == {**dict.fromkeys(ends, 0), "doctor": 1}  # nobody works in a test, and it says so
    assert "Nobody works for" in capsys.readouterr().out
    person = Creator.objects.get(email="you@example.org")
    assert set(person.groups.values_list("name", flat=True)) == {"operator", "editor_in_chief"}
    assert Topic.objects.count() > 100


def test_every_command_that_a_page_tells_to_type_takes_its_options() -> None:
    apps, wrong = get_commands(), []
    for page in sorted(DOCS.glob("**/*.md")):
        for name, arguments in typed_in("\n".join(blocks(page))):
            parser = load_command_class(apps[name], name).create_parser("manage.py", name)
            parser.called_from_command_line = False  # a mistake is raised instead of ending the process
            try:
                parser.parse_args([one for one in arguments if not one.startswith(("…", "["))])
            except CommandError as error:
                wrong.append(f"{page.name}: manage.py {name} {' '.join(arguments)}: {error}")
    assert wrong == []


def test_the_diagrams_are_as_the_code_is_and_no_queue_is_without_a_worker() -> None:
    text = (DOCS.parent / PAGE).read_text(encoding="utf-8")
    assert fill_in(text) == text, "manage.py draw_architecture"
    assert "step_compose([compose]) --> q_render" in text
    assert "q_render --> s_render[render]" in text
    assert list(unserved()) == []
    with pytest.raises(ValueError, match="no place for the diagram queues"):
        fill_in(text.replace("<!-- drawn: queues -->", ""))
