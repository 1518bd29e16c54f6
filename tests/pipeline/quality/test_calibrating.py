from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from pipeline.quality.calibrating import (
    Item,
    Outcome,
    build_material,
    change_film,
    measure_agreement,
    read_film,
    read_items,
    read_outcome,
)
from pipeline.quality.findings import Verdict
from pipeline.quality.verdicts import FILTERS, examine_by_rules

FOLDER = Path(__file__).parents[3] / "benchmarks" / "quality"
FILMS = {path.stem: read_film(path) for path in sorted((FOLDER / "films").glob("*.txt"))}
ITEMS = read_items(FOLDER)
# Known misses, kept as they were labelled: docs/quality.md says why.
MISSED = {"too-hard-earthquakes-1"}
ALARMS = {"clean-moon-5"}


def look_at(item: Item) -> Outcome:
    material = build_material(change_film(FILMS[item.film], item.change))
    now = datetime.now(UTC)
    return read_outcome(item, {name: examine_by_rules(name, material, now=now)["checks"] for name in FILTERS})


def test_the_set_is_as_large_and_as_mixed_as_promised() -> None:
    clean = [item for item in ITEMS if item.is_clean]
    planted = [item for item in ITEMS if not item.is_clean]
    assert (len(clean) >= 35, len(planted) >= 65, len({item.id for item in ITEMS}) == len(ITEMS)) == (
        True,
    ) * 3
    kinds = [item.kind for item in planted]
    assert min(kinds.count(kind) for kind in set(kinds)) >= 4
    assert {FILMS[item.film]["age_group"] for item in clean} == {"5-7", "8-10", "11-13", "14-17"}
    assert {item.part for item in ITEMS} == {"dev", "held-out"}


@pytest.mark.parametrize("item", [one for one in ITEMS if not one.is_clean], ids=lambda one: one.id)
def test_a_planted_fault_is_caught_where_it_stands(item: Item) -> None:
    outcome = look_at(item)
    assert (outcome.is_caught, outcome.is_located) == (item.id not in MISSED, True)


@pytest.mark.parametrize("item", [one for one in ITEMS if one.is_clean], ids=lambda one: one.id)
def test_a_clean_film_raises_no_alarm(item: Item) -> None:
    outcome = look_at(item)
    flagged = any(outcome.flags(name) for name in FILTERS)
    assert flagged is (item.id in ALARMS)
    assert "block" not in outcome.verdicts.values()


@pytest.mark.parametrize("kind", ["unsafe", "wrong-number", "unanswerable", "injected"])
def test_the_gravest_kinds_keep_their_floors(kind: str) -> None:
    """Recall 0.95 at a precision of 0.9: of what these filters say of planted and of clean films."""
    items = [*ITEMS, *read_items(FOLDER, name="tries.json")]
    planted = [look_at(item) for item in items if item.kind == kind]
    clean = [look_at(item) for item in items if item.is_clean]
    caught = sum(one.is_caught for one in planted)
    named = {name for one in planted for name in one.item.expect}
    alarms = sum(any(one.flags(name) for name in named) for one in clean)
    assert len(planted) >= 10
    assert caught / len(planted) >= 0.95
    assert caught / (caught + alarms) >= 0.9


def outcome(kind: str, expect: dict[str, Verdict], said: dict[str, Verdict]) -> Outcome:
    return Outcome(Item(f"{kind}-{len(said)}", "moon", "dev", kind, expect), said)


def test_agreement_is_counted_as_cohen_does() -> None:
    name = "factual_accuracy"
    seen = [
        *[outcome("wrong", {name: "block"}, {name: "block"})] * 20,
        *[outcome("wrong", {name: "block"}, {name: "pass"})] * 5,
        *[outcome("clean", {}, {name: "review"})] * 10,
        *[outcome("clean", {}, {name: "pass"})] * 15,
    ]
    measured = measure_agreement(seen, [name])
    # observed 35/50, by chance (30·25 + 20·25)/2500 = 0.5
    assert measured["filters"][name] == {
        "true_positives": 20,
        "false_positives": 10,
        "false_negatives": 5,
        "true_negatives": 15,
        "precision": 0.6667,
        "recall": 0.8,
        "kappa": 0.4,
    }
    assert measured["block_recall"] == 0.8
    assert measured["false_alarm_rate"] == 0.4
    assert measured["kinds"]["wrong"]["recall"] == 0.8


def test_a_review_does_not_catch_what_is_labelled_block() -> None:
    assert outcome("x", {"factual_accuracy": "block"}, {"factual_accuracy": "review"}).is_caught is False
    assert outcome("x", {"factual_accuracy": "review"}, {"factual_accuracy": "block"}).is_caught is True


def test_the_command_reports_every_figure_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    written = tmp_path / "calibration.json"
    call_command("calibrate", "--json", "--part", "dev", "--write", str(written))
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert report == json.loads(written.read_text())
    assert report["items"] == sum(item.part == "dev" for item in ITEMS)
    assert "judge" not in report
    rules = report["deterministic"]
    assert {name for name in FILTERS if set(rules[name]) >= {"precision", "recall", "kappa"}} == set(FILTERS)
    assert rules["parts"] == {}  # of one part there is nothing to compare
    for kind in ("unsafe", "wrong-number", "unanswerable", "injected"):
        assert rules["kinds"][kind]["recall"] >= 0.95
    assert min(rules[name]["precision"] for name in FILTERS) >= 0.9


def test_the_command_fails_when_blocks_are_missed_or_clean_films_alarm(tmp_path: Path) -> None:
    items = tmp_path / "items.json"
    planted = {"id": "a", "film": "moon", "kind": "unsafe", "expect": {"factual_accuracy": "block"}}
    items.write_text(json.dumps([planted]))
    with pytest.raises(CommandError, match="0% of the planted blocks"):
        call_command("calibrate", "--items", str(items))
    clean = {"id": "b", "film": "moon", "kind": "clean", "change": {"append": "Kill yourself in 1817."}}
    items.write_text(json.dumps([clean]))
    with pytest.raises(CommandError, match="100% of the clean films"):
        call_command("calibrate", "--items", str(items))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[", "holds no items"),
        ('[{"id": "a", "colour": 1}]', "colour"),
        ('[{"id": "a", "film": "nowhere", "kind": "clean"}]', "does not fit"),
        (
            '[{"id": "a", "film": "moon", "kind": "x", "change": {"replace": {"No.": "Yes."}}}]',
            "does not say",
        ),
        ("[]", "no such item"),
    ],
)
def test_a_wrong_file_of_items_is_refused_in_words(tmp_path: Path, text: str, says: str) -> None:
    items = tmp_path / "items.json"
    items.write_text(text)
    with pytest.raises(CommandError, match=says):
        call_command("calibrate", "--items", str(items))
