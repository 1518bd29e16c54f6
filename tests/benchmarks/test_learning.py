"""The learning benchmark, in small: one seed, sixteen learners (06, section 5)."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.learning import __main__ as command
from benchmarks.learning import gates, running
from benchmarks.learning.people import draw_cohort
from benchmarks.learning.project import DEFAULTS, Fitted, Project
from benchmarks.learning.session import live_month
from benchmarks.learning.worlds import WORLDS, Memories, make_world

ROOM = Path(command.__file__).parent
INDEPENDENT = ("people.py", "worlds.py", "session.py", "policies.py", "oracle.py")
POLICIES = "random,popularity,recall card: Leitner,ours,oracle"


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    jobs = [running.Job(world, 1, 16, tuple(POLICIES.split(","))) for world in WORLDS]
    return running.summarise(running.run_jobs(jobs, processes=1))


def test_ours_keeps_more_than_chance_popularity_and_half_of_the_oracle(summary: dict[str, Any]) -> None:
    for world in summary["worlds"].values():
        ours = world["ours"]["per_hour"]
        assert ours > 1.25 * world["popularity"]["per_hour"]
        assert ours > 1.25 * world["random"]["per_hour"]
        assert world["ours"]["of_oracle"] > 0.4
        assert world["oracle"]["of_oracle"] == 1
    assert summary["mean_of_oracle"] > 0.6
    assert summary["times_popularity"] > 1.6
    assert summary["times_leitner"] > 1.0
    assert summary["day30_times_popularity"] > 1.3


def test_no_film_was_shown_to_an_age_it_does_not_suit(summary: dict[str, Any]) -> None:
    assert {
        policy["age_violations"] for world in summary["worlds"].values() for policy in world.values()
    } == {0}


def test_the_last_line_is_one_object_and_the_plot_is_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "deep" / "plot.png"
    arguments = ["--worlds", "C", "--seeds", "2", "--learners", "2", "--policies", "random,popularity"]
    assert command.main([*arguments, "--json", "--plot", str(picture), "--processes", "1"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(found["worlds"]["C"]) == {"random", "popularity"}
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_an_unknown_policy_is_named_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--policies", "wishful thinking"])
    assert "'wishful thinking' is none of: random;" in capsys.readouterr().err


def test_worlds_and_rivals_import_nothing_of_the_project() -> None:
    ours = {"quizzes", "feed", "students", "videos", "django"}
    for name in INDEPENDENT:
        for node in ast.walk(ast.parse((ROOM / name).read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.module is not None
                assert node.module.split(".")[0] not in ours, name
            elif isinstance(node, ast.Import):
                assert not ours & {alias.name.split(".")[0] for alias in node.names}, name


def test_ours_reads_no_true_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Choosing and learning happen while every look into the world, and at the people, is forbidden."""
    cohort = draw_cohort(3, learners=2)
    fitted = Fitted(DEFAULTS.parameters, concept_spread=0.5, learner_spread=0.5)
    world, project = make_world("B", cohort), Project(cohort, fitted)
    forbidden = {"now": False}
    recall = type(world).recall

    def watched(self: Memories, *arguments: Any) -> Any:
        assert not forbidden["now"], "a true state was read"
        return recall(self, *arguments)

    def closed(method: Any) -> Any:
        def call(*arguments: Any) -> Any:
            forbidden["now"] = True
            try:
                return method(*arguments)
            finally:
                forbidden["now"] = False

        return call

    monkeypatch.setattr(type(world), "recall", watched)
    monkeypatch.setattr(project, "choose", closed(project.choose))
    monkeypatch.setattr(project, "learn", closed(project.learn))
    monkeypatch.setattr(project, "begin_day", closed(project.begin_day))
    month = live_month(cohort, world, project, days=4)
    assert month.cards > 10
    source = (ROOM / "project.py").read_text()
    hidden = ("learners.ability", "learners.interest", "memory_factor", "known_before", "film_quality")
    assert not [name for name in hidden if f"cohort.{name}" in source or f"catalogue.{name}" in source]


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_forgets_and_learns(name: str) -> None:
    cohort = draw_cohort(5, learners=8)
    world = make_world(name, cohort)
    learners, concepts = np.nonzero(~cohort.learners.known_before)
    learners, concepts = learners[:200], concepts[:200]
    at = np.zeros(200)
    assert world.recall(learners, concepts, at).max() == 0
    world.expose(learners, concepts, at, np.ones(200), np.zeros(200, bool))
    soon, late = (world.recall(learners, concepts, day) for day in (0.5, 20.0))
    assert (late < soon).all()
    imagined = world.imagine(learners, concepts).exposed(5.0).recall(20.0)
    world.expose(learners, concepts, at + 5, np.ones(200), np.ones(200, bool))
    again = world.recall(learners, concepts, 20.0)
    assert (again > late).all()
    assert ((imagined > late) & (imagined <= again + 1e-9)).all()


def test_the_same_seed_lives_the_same_month() -> None:
    job = running.Job("A", 7, 3, ("ours, default parameters",))
    first, second = (running.run_job(job)[0].month for _ in range(2))
    assert first == second


# ------------------------------------------------------------------ gates


def figures(violations: int = 0, **goals: float) -> dict[str, Any]:
    return {**goals, "worlds": {"A": {"ours": {"age_violations": violations}}}}


def test_a_figure_below_its_floor_is_named_with_what_it_must_be() -> None:
    found = gates.find_beyond(figures(day30_times_popularity=1.4876), gates.FLOORS)
    assert found == ["day30_times_popularity is 1.488; at least 1.5"]
    assert gates.find_beyond(figures(day30_times_popularity=1.5, mean_of_oracle=0.7), gates.FLOORS) == []


def test_age_and_the_price_of_ranking_are_judged_without_floors() -> None:
    found = gates.find_beyond(figures(violations=2, rank_cpu_ms=8.4, mean_of_oracle=0.1), {})
    assert found == [
        "2 cards were shown to an age that they do not suit; none may be",
        "rank_cpu_ms is 8.4; at most 8",
    ]


def test_a_figure_beyond_its_gate_ends_with_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "WORLDS", {"C": WORLDS["C"]})
    monkeypatch.setattr(command, "QUICK_LEARNERS", 1)
    monkeypatch.setattr(command, "QUICK_POLICIES", ("random", "popularity"))
    assert command.main(["--quick", "--processes", "1"]) == 0
    monkeypatch.setattr(gates, "QUICK_FLOORS", {"times_popularity": 0.5, "mean_of_oracle": 9.0})
    monkeypatch.setattr(command, "QUICK_POLICIES", ("popularity", "ours", "oracle"))
    assert command.main(["--quick", "--processes", "1", "--json"]) == 1
    *printed, last = capsys.readouterr().out.splitlines()
    assert any(line.startswith("beyond its gate: mean_of_oracle is ") for line in printed)
    assert json.loads(last)["rank_times_reference"] > 0
