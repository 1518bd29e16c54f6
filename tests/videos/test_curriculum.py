"""The catalogue file: read, checked whole, then stored (docs/catalogue.md)."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import random
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.models import TopicMemory
from students.models import AGE_GROUPS, ages_of
from tests.quizzes.learners import make_film, make_student
from videos.catalogue import catalogue_version
from videos.curriculum import STARTER
from videos.curriculum.checking import check_catalogue
from videos.curriculum.exporting import export_catalogue
from videos.curriculum.importing import Imported, import_catalogue
from videos.curriculum.reading import COLUMNS, CatalogueRefused, Entry, read_catalogue
from videos.models import LearningVideo, Topic

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
SPACE = {"key": "space", "name": "Space"}
SUN = {
    "key": "sun",
    "parent": "space",
    "name": "The Sun",
    "ages": "5-10",
    "difficulty": "2",
    "objective": "Know that the Sun is a star.",
}
MOON = SUN | {"key": "moon", "name": "The Moon", "requires": "sun"}


def write(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def mistakes_of(content: bytes) -> list[tuple[int, str]]:
    with pytest.raises(CatalogueRefused) as refused:
        import_catalogue(content)
    return [(mistake.line, mistake.code) for mistake in refused.value.mistakes]


def everything() -> list[Any]:
    rows = Topic.objects.order_by("slug").values_list(
        "slug", "name", "parent__slug", "age_groups", "difficulty", "is_core", "objective"
    )
    edges = Topic.requires.through.objects.order_by("from_topic__slug", "to_topic__slug")
    return [list(rows), list(edges.values_list("from_topic__slug", "to_topic__slug"))]


# --------------------------------------------------------------------------- what is stored


@pytest.mark.django_db
def test_topics_and_concepts_are_stored_with_all_that_the_file_says() -> None:
    imported = import_catalogue(write(SPACE, SUN, MOON | {"ages": "8-13", "core": "no"}))
    assert imported == Imported(("space", "sun", "moon"), (), (), 0, False)
    assert everything() == [
        [
            ("moon", "The Moon", "space", list(range(8, 14)), 2, False, "Know that the Sun is a star."),
            ("space", "Space", None, list(range(5, 14)), None, True, ""),
            ("sun", "The Sun", "space", list(range(5, 11)), 2, True, "Know that the Sun is a star."),
        ],
        [("moon", "sun")],
    ]


@pytest.mark.django_db
def test_a_repeat_changes_nothing_and_a_dry_run_writes_nothing() -> None:
    assert import_catalogue(write(SPACE, SUN, MOON), is_dry=True).created == ("space", "sun", "moon")
    assert Topic.objects.count() == 0
    import_catalogue(write(SPACE, SUN, MOON))
    before, version = everything(), catalogue_version()
    assert import_catalogue(write(SPACE, SUN, MOON)) == Imported((), (), (), 3, False)
    assert (everything(), catalogue_version()) == (before, version)


@pytest.mark.django_db
def test_the_order_of_lines_and_of_columns_does_not_matter() -> None:
    content = write(MOON, SUN, SPACE, columns=tuple(reversed(COLUMNS)))
    assert set(import_catalogue(content).created) == {"space", "sun", "moon"}
    assert import_catalogue(write(SPACE, SUN, MOON)).unchanged == 3


@pytest.mark.django_db(transaction=True)
def test_a_new_name_keeps_the_row_its_memories_and_renames_the_topic_on_its_films() -> None:
    import_catalogue(write(SPACE, SUN))
    sun, student = Topic.objects.get(slug="sun"), make_student()
    film = make_film(sun, now=NOW)
    TopicMemory.objects.create(
        student=student, concept=sun, known=0.9, stability=9, difficulty=5, reviewed_at=NOW, due_at=NOW
    )
    version = catalogue_version()
    imported = import_catalogue(write(SPACE | {"name": "The sky"}, SUN | {"name": "Our star"}))
    assert (imported.changed, imported.renamed) == (("space", "sun"), ("space", "sun"))
    assert Topic.objects.get(pk=sun.pk).name == "Our star"
    assert TopicMemory.objects.get(student=student).concept_id == sun.pk
    assert LearningVideo.objects.get(pk=film.pk).topic == "The sky"
    assert catalogue_version() != version


@pytest.mark.django_db
def test_requirements_follow_the_file_and_the_rest_of_the_catalogue_stays() -> None:
    import_catalogue(write(SPACE, SUN, MOON))
    earth = SUN | {"key": "earth", "name": "The Earth"}
    imported = import_catalogue(write(earth, MOON | {"requires": "earth"}))
    assert (imported.created, imported.changed, imported.unchanged) == (("earth",), ("moon",), 0)
    assert everything()[1] == [("moon", "earth")]
    assert Topic.objects.filter(slug="sun").exists()


@pytest.mark.django_db
def test_a_concept_that_moves_takes_its_ages_and_films_along() -> None:
    import_catalogue(write(SPACE, SUN, MOON | {"ages": "8-13"}, {"key": "sky", "name": "Sky"}))
    film = make_film(Topic.objects.get(slug="moon"), now=NOW)
    import_catalogue(write(MOON | {"ages": "8-13", "parent": "sky"}))
    film.refresh_from_db()
    assert (film.topic, film.subject) == ("Sky", Topic.objects.get(slug="sky"))
    ages = dict(Topic.objects.topics().values_list("slug", "age_groups"))
    assert ages == {"space": list(range(5, 11)), "sky": list(range(8, 14))}


@pytest.mark.django_db
def test_a_concept_that_a_publication_made_becomes_the_catalogues_and_keeps_its_memories() -> None:
    space = Topic.objects.create(slug="space", name="Space")
    made = Topic.objects.create(slug="the-sun-0a1b2c3d4e5f", name="the sun", parent=space)
    Topic.objects.create(slug="the-sun-0a1b2c3d4e60", name="The Sun", parent=space)
    imported = import_catalogue(write(SPACE, SUN))
    assert imported.changed == ("space", "sun")
    made.refresh_from_db()
    assert (made.slug, made.name, made.difficulty) == ("sun", "The Sun", 2)
    assert Topic.objects.count() == 3
    assert import_catalogue(write(SPACE, SUN)).unchanged == 2


# --------------------------------------------------------------------------- what is refused


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([SPACE, SUN, SUN], [(4, "duplicate-key")]),
        ([SPACE, SUN, SUN | {"key": "sol"}], [(4, "duplicate-name")]),
        ([SPACE, SPACE | {"key": "sky", "name": "space"}], [(3, "duplicate-name")]),
        ([SPACE, SUN | {"parent": "sky"}], [(3, "parent-unknown")]),
        ([SPACE, SUN, MOON | {"parent": "sun"}], [(4, "parent-is-concept")]),
        ([SPACE, MOON], [(3, "requires-unknown")]),
        ([SPACE, MOON | {"requires": "moon"}], [(3, "requires-itself")]),
        ([SPACE, MOON | {"requires": "space"}], [(3, "requires-topic")]),
        ([SPACE, SUN | {"ages": "8-10"}, MOON], [(4, "requires-older")]),
        ([SPACE, SUN | {"requires": "moon"}, MOON], [(3, "circle")]),
        ([SPACE | {"ages": "5-7"}, SUN], [(2, "topic")]),
        ([SPACE, SUN | {"key": "The Sun"}], [(3, "key")]),
        ([SPACE, SUN | {"key": "sun--2"}], [(3, "key")]),
        ([SPACE, SUN | {"name": " "}], [(3, "name")]),
        ([SPACE, SUN | {"objective": ""}], [(3, "objective")]),
        ([SPACE, SUN | {"objective": "x" * 301}], [(3, "objective")]),
        ([SPACE, SUN | {"core": "maybe"}], [(3, "core")]),
        *[
            ([SPACE, SUN | {"ages": ages}], [(3, "ages")])
            for ages in ("", "8", "4-10", "8-18", "10-8", "6-9", "eight-ten", "٨-١٠")
        ],
        *[
            ([SPACE, SUN | {"difficulty": level}], [(3, "difficulty")])
            for level in ("", "0", "11", "2.5", "hard", "-1", "²")
        ],
        # Every mistake at once, by line; who names a broken line is not scolded for it.
        (
            [
                SPACE | {"key": "S"},
                SUN | {"ages": "1-2", "difficulty": "x"},
                MOON | {"requires": "sun pluto"},
            ],
            [(2, "key"), (3, "ages"), (3, "difficulty"), (4, "parent-unknown"), (4, "requires-unknown")],
        ),
    ],
)
def test_a_file_with_mistakes_is_refused_whole_with_their_lines(
    rows: list[dict[str, str]], expected: list[tuple[int, str]]
) -> None:
    assert mistakes_of(write(*rows)) == expected
    assert Topic.objects.count() == 0


@pytest.mark.django_db
def test_mistakes_against_what_is_stored_change_nothing() -> None:
    import_catalogue(write(SPACE, SUN, MOON, {"key": "sky", "name": "Sky"}))
    before = everything()
    assert mistakes_of(write(SUN | {"requires": "moon"})) == [(2, "circle")]
    assert mistakes_of(write({"key": "sun", "name": "Sun"})) == [(2, "kind-changed")]
    assert mistakes_of(write({"key": "heaven", "name": "SKY"})) == [(2, "duplicate-name")]
    assert mistakes_of(write(SUN | {"key": "sol"})) == [(2, "duplicate-name")]
    assert everything() == before


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "columns"),
        (b"key,name\nsun,Sun\n", "columns"),
        (write(), "empty"),
        (b"\xff\xfe\x00k", "not-utf8"),
        (write(SPACE) + b"\x00", "not-text"),
        (write(SPACE) + b'"open quote,,,,,,,\n', "not-csv"),
        (b"PK\x03\x04 a spreadsheet", "columns"),
    ],
)
def test_what_is_no_catalogue_is_told_so(content: bytes, code: str) -> None:
    with pytest.raises(CatalogueRefused) as refused:
        read_catalogue(content)
    assert [mistake.code for mistake in refused.value.mistakes] == [code]


def test_a_line_with_too_few_or_too_many_values_is_named() -> None:
    read = read_catalogue(write(SPACE) + b"sun,space,The Sun\n" + b"a,b,c,d,e,f,g,h,i\n" + b"\n")
    assert [(mistake.line, mistake.code) for mistake in read.mistakes] == [(3, "columns"), (4, "columns")]


def test_a_line_is_numbered_by_where_it_begins_though_a_text_runs_over_two() -> None:
    two = SUN | {"objective": "Know that the Sun\nis a star."}
    read = read_catalogue(write(SPACE, two, MOON | {"ages": "1-2"}))
    assert [entry.line for entry in read.entries] == [2, 3]
    assert read.entries[1].objective == "Know that the Sun is a star."
    assert [mistake.line for mistake in read.mistakes] == [5]


def test_a_byte_order_mark_and_other_line_ends_are_understood() -> None:
    content = b"\xef\xbb\xbf" + write(SPACE, SUN).replace(b"\r\n", b"\n")
    assert [entry.key for entry in read_catalogue(content).entries] == ["space", "sun"]


@given(st.integers(2, 40), st.randoms(use_true_random=False))
def test_requirements_that_only_point_back_are_never_a_circle_and_one_more_may_be(
    count: int, chance: random.Random
) -> None:
    requires = {
        number: {chance.randrange(number) for _ in range(2)} if number else set() for number in range(count)
    }
    entries = make_entries(requires)
    assert check_catalogue(entries, known={}) == []
    last = count - 1
    reached = reach(requires, last)
    back = chance.choice(sorted(reached)) if reached else last
    requires[back] = requires[back] | {last}
    codes = {mistake.code for mistake in check_catalogue(make_entries(requires), known={})}
    assert codes == ({"circle"} if back != last else {"requires-itself"})


def make_entries(requires: dict[int, set[int]]) -> list[Entry]:
    topic = Entry(2, "t", "", "T", (), None, True, (), "")
    return [topic] + [
        Entry(
            n + 3, f"c{n}", "t", f"C{n}", (8, 9, 10), 3, True, tuple(f"c{one}" for one in sorted(needed)), "o"
        )
        for n, needed in requires.items()
    ]


def reach(requires: dict[int, set[int]], start: int) -> set[int]:
    found: set[int] = set()
    waiting = list(requires[start])
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += requires[one]
    return found


@settings(max_examples=200)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    for tail in (content, write(SPACE) + content):
        with contextlib.suppress(CatalogueRefused):
            read_catalogue(tail)


# --------------------------------------------------------------------------- the command


def run(*arguments: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.suppress(SystemExit):
        call_command("import_topics", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_the_command_tells_counts_mistakes_and_one_object(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_bytes(write(SPACE, SUN))
    assert run(file, "--dry-run")[0] == "would be: 2 created, 0 changed, 0 as they were\n"
    assert run(file)[0] == "2 created, 0 changed, 0 as they were\n"
    file.write_bytes(write(SPACE, SUN | {"name": "Our star"}, MOON))
    assert json.loads(run(file, "--json")[0].splitlines()[-1]) == {
        "created": ["moon"],
        "changed": ["sun"],
        "renamed": ["sun"],
        "unchanged": 1,
        "dry_run": False,
    }
    file.write_bytes(write(SPACE, SUN | {"ages": "99"}))
    with pytest.raises(SystemExit) as end:
        call_command("import_topics", file, stdout=io.StringIO(), stderr=io.StringIO())
    assert end.value.code == 1
    out, err = run(file, "--json")
    assert [one["code"] for one in json.loads(out.splitlines()[-1])["mistakes"]] == ["ages"]
    assert err.startswith("line 3: ages: ")
    assert "Nothing was written." in err
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "none.csv")


# --------------------------------------------------------------------------- export


@pytest.mark.django_db
def test_an_export_is_imported_again_without_a_change(tmp_path: Path) -> None:
    import_catalogue(STARTER.read_bytes())
    space = Topic.objects.get(slug="space")
    Topic.objects.create(slug="a-film-0a1b2c3d4e5f", name="A film of its own", parent=space)
    file = tmp_path / "out.csv"
    call_command("export_topics", file, stdout=io.StringIO())
    imported = import_catalogue(file.read_bytes())
    assert (imported.created, imported.changed, imported.unchanged) == ((), (), 189)
    out = io.StringIO()
    call_command("export_topics", stdout=out)
    assert out.getvalue() == file.read_text(encoding="utf-8")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_topics", tmp_path / "none" / "out.csv")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["=1+1", "@home", "+ and -", "-40 degrees", "''=quoted", "'tis", "a, b"])
def test_an_export_holds_no_formula_and_loses_no_name(name: str) -> None:
    import_catalogue(write(SPACE, SUN | {"name": name}))
    content = export_catalogue()
    cells = [cell for row in csv.reader(io.StringIO(content)) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert import_catalogue(content.encode()).unchanged == 2
    assert Topic.objects.get(slug="sun").name == name.replace("''", "'")  # one of two guards it


# --------------------------------------------------------------------------- the starter curriculum


def starter() -> tuple[list[Entry], list[Entry]]:
    read = read_catalogue(STARTER.read_bytes())
    assert read.mistakes == ()
    return [one for one in read.entries if not one.is_concept], [
        one for one in read.entries if one.is_concept
    ]


@pytest.mark.django_db
def test_the_starter_curriculum_is_imported_whole_and_a_repeat_is_no_change() -> None:
    topics, concepts = starter()
    assert len(run()[0].split()) > 0
    assert (Topic.objects.topics().count(), Topic.objects.concepts().count()) == (len(topics), len(concepts))
    assert run()[0] == f"0 created, 0 changed, {len(topics) + len(concepts)} as they were\n"


def test_the_starter_curriculum_is_large_enough_for_every_age() -> None:
    topics, concepts = starter()
    assert len(topics) >= 8
    assert len(concepts) >= 130
    for topic in topics:
        assert sum(one.parent == topic.key for one in concepts) >= 6, topic.name
    for group in AGE_GROUPS:
        suited = [one for one in concepts if set(ages_of(group)) <= set(one.ages)]
        assert len(suited) >= 45, group
        assert len({one.parent for one in suited}) >= 8, group


def test_requirements_of_the_starter_curriculum_lead_from_easy_to_hard() -> None:
    _, concepts = starter()
    known = {one.key: one for one in concepts}
    for one in concepts:
        assert len(one.requires) <= 1, one.key
        for key in one.requires:
            assert (known[key].difficulty or 0) <= (one.difficulty or 0), one.key
            # Somebody must be able to have learned it: it suits a whole age group of those who need it.
            shared = set(known[key].ages) & set(one.ages)
            assert any(set(ages_of(group)) <= shared for group in AGE_GROUPS), one.key
    assert sum(bool(one.requires) for one in concepts) >= 0.6 * len(concepts)


def test_difficulty_of_the_starter_curriculum_fits_the_ages() -> None:
    """06, 2.5: an age group begins at 2.2, 4.4, 6.6 or 8.6; a first film should be about that hard."""
    _, concepts = starter()
    highest = {5: 3, 8: 6, 11: 8, 14: 10}
    for one in concepts:
        low = max(age for age in highest if age <= min(one.ages))
        assert (one.difficulty or 0) <= highest[low], one.key


def test_every_objective_of_the_starter_curriculum_is_one_plain_sentence() -> None:
    _, concepts = starter()
    for one in concepts:
        assert re.fullmatch(r"[A-Z][^.!?]*\.", one.objective), one.key
        assert 20 <= len(one.objective) <= 120, one.key
    assert len({one.objective for one in concepts}) == len(concepts)
