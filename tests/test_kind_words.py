"""No sentence that a child can meet threatens, hurries or shames (06, 4.4)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LISTED = re.compile(
    r"""\b(
        los(e|es|er|ers|ing|t) | hurry(\ up)? | (last|final)\ chance | run(ning)?\ out | too\ late
      | time('s|\ is)\ up | miss(ing)?\ out | don['’]?t\ (break|miss|stop|let|give\ up|forget)
      | do\ not\ (break|miss|stop|give\ up) | (keep|save)\ your\ streak | streak\ (ends|dies|is\ over)
      | only\ today | act\ now | (hours|minutes|days)\ left | countdown | fall(ing|en)?\ behind
      | failure | you\ failed | disappoint(s|ed|ing)? | wasted? | guilty? | ashamed | shame | lazy | stupid
      | punish(ed|ment)? | leader\ ?board | rank(ed|ing)? | (beat(s|en)?|better\ than)\ (others|everyone)
      | wrong\ again | broke\ (it|your) | you\ missed
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
APPS = ("students", "videos", "quizzes", "feed")
# What staff read at a terminal, and SQL, are no messages to a child.
NO_MESSAGE = re.compile(r"^\s*(WITH|SELECT|INSERT|UPDATE|LOCK|DELETE)\b|/management/", re.IGNORECASE)
PAGES = ("templates", "static")
# The studio's pages are for grown-ups; the code of others speaks to nobody.
ELSEWHERE = ("templates/studio", "templates/admin", "templates/unfold", "static/studio", "static/vendor")


def sentences() -> Iterator[tuple[str, str]]:
    """(where, text) of every message and page of the code base that a child can see."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "/migrations/" not in name and "/management/" not in name:
                for line, text in texts_of(ast.parse(path.read_text(encoding="utf-8"))):
                    yield f"{name}:{line}", text
    for folder in PAGES:
        for path in sorted((ROOT / folder).rglob("*")):
            name = str(path.relative_to(ROOT))
            if name.startswith(ELSEWHERE) or not path.is_file():
                continue
            if path.suffix in {".html", ".js", ".txt", ".json", ".md"}:
                yield name, path.read_text(encoding="utf-8")


def texts_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """String constants that hold words; no docstrings, no SQL, no single names such as keys."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
            and (" " in node.value or node.value[-1:] in {".", "!", "?"})
            and not NO_MESSAGE.match(node.value)
        ):
            yield node.lineno, node.value


def test_no_message_and_no_page_of_a_child_has_a_listed_word() -> None:
    found = [
        f"{where}: {match.group(0)!r} in {text.strip()[:80]!r}"
        for where, text in sentences()
        for match in LISTED.finditer(text)
    ]
    assert found == []


def test_the_search_reads_titles_messages_and_pages() -> None:
    read = dict(sentences())
    assert len(read) > 150
    assert "templates/404.html" in read
    texts = set(read.values())
    assert "Too many wrong passwords. Wait, then try again." in texts
    assert "You answered every question of a film." in texts


@pytest.mark.parametrize(
    "text",
    [
        "You lost your streak!",
        "Don't break your streak",
        "Hurry up, 3 hours left",
        "Your last chance today",
        "You will lose 5 points",
        "Do not miss it",
        "Only today!",
        "See the leaderboard",
        "Wrong again.",
        "You're falling behind",
        "Time is up",
    ],
)
def test_the_list_knows_the_tricks(text: str) -> None:
    assert LISTED.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "Not yet. Bees make honey from nectar.",
        "You have learned enough for today.",
        "Closed for now",
        "The lastname",
    ],
)
def test_the_list_lets_kind_words_pass(text: str) -> None:
    assert not LISTED.search(text)


def test_the_search_finds_a_message_that_is_hidden_in_a_function() -> None:
    code = '''
def f():
    """You lost."""
    return f"You lost {1} days"
KEY, SQL, SHORT = "lost", "SELECT lost FROM x", "Hurry!"
'''
    assert [text for _, text in texts_of(ast.parse(code))] == ["Hurry!", "You lost ", " days"]
