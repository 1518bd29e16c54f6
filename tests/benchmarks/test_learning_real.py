"""Scores on real logs (06, section 6)."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from benchmarks.learning import real, scores

LOG = Path(real.__file__).parent / "data" / "review_log.csv.gz"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, scores.Score]:
    return real.score_memory(LOG, plot=tmp_path_factory.mktemp("plot") / "calibration.png")


def test_rivals_meet_their_published_figures(found: dict[str, scores.Score]) -> None:
    assert found["constant"].log_loss == pytest.approx(0.4966, abs=5e-4)
    assert found["constant"].auc == 0.5
    assert found["FSRS-6 default"].log_loss == pytest.approx(0.4437, abs=5e-3)
    assert found["FSRS-6 default"].auc == pytest.approx(0.6595, abs=5e-3)


def test_ours_is_better_than_every_rival_and_better_when_fitted(found: dict[str, scores.Score]) -> None:
    ours = found["ours, fitted"]
    assert ours.log_loss < min(score.log_loss for name, score in found.items() if name != "ours, fitted")
    assert ours.rmse_in_bins < found["FSRS-6 default"].rmse_in_bins


def test_the_area_under_the_curve_counts_ties_half() -> None:
    outcome = np.array([True, False, True, False])
    assert scores.area_under_curve(np.array([0.9, 0.1, 0.8, 0.2]), outcome) == 1
    assert scores.area_under_curve(np.array([0.1, 0.9, 0.2, 0.8]), outcome) == 0
    assert scores.area_under_curve(np.array([0.5] * 4), outcome) == 0.5
    assert scores.area_under_curve(np.array([0.9, 0.5, 0.5, 0.1]), outcome) == 0.875


def test_log_loss_and_calibration_are_what_they_say() -> None:
    predicted = np.array([0.8] * 10)
    outcome = np.array([True] * 8 + [False] * 2)
    assert scores.score(predicted, outcome).log_loss == pytest.approx(
        -(0.8 * np.log(0.8) + 0.2 * np.log(0.2))
    )
    assert scores.calibration(predicted, outcome)[:, 2].sum() == 10


def test_difficulties_of_items_are_found_out(tmp_path: Path) -> None:
    random = Random(1)
    lines = ["user_id\titem_id\tcorrect\tskill_id"]
    for learner in range(40):
        for _ in range(90):
            item = random.randrange(30)
            chance = 1 / (1 + np.exp(-(item / 5 - 3)))
            lines.append(f"{learner}\t{item}\t{int(random.random() < chance)}\t{item % 3}")
    table = tmp_path / "attempts.csv"
    table.write_text("\n".join(lines))
    found = real.score_ability(table)
    assert found["ours"].auc > 0.7
    assert found["ours"].log_loss < found["constant"].log_loss


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column card_id, review_rating, review_time"),
        ("card_id,review_rating\n1,3\n", "no column review_time"),
        ("card_id,review_rating,review_time\n1,3,yesterday\n", "times ISO 8601"),
        ("card_id,review_rating,review_time\n1,3,2026-01-01T00:00:00Z\n", "too few reviews"),
    ],
)
def test_a_log_that_cannot_be_read_says_why(
    tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "log.csv"
    table.write_text(text)
    assert real.main(["score_memory", str(table)]) == 2
    assert message in capsys.readouterr().err
    assert real.main(["score_memory", str(tmp_path / "absent.csv")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_command_prints_one_object_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "attempts.csv"
    table.write_text("user_id,item_id,correct\n" + "".join(f"{n % 9},{n % 4},{n % 2}\n" for n in range(90)))
    assert real.main(["score_ability", str(table), "--json"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert set(json.loads(last)) == {"constant", "ours"}
