"""How good predictions of right and wrong are: log loss, area under the curve, calibration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.learning.people import Flags, Floats

BINS = 20
LEAST = 1e-4


@dataclass(frozen=True)
class Score:
    """`rmse_in_bins` compares mean prediction and mean outcome in twenty bins of equal count."""

    log_loss: float
    auc: float
    rmse_in_bins: float


def score(predicted: Floats, outcome: Flags) -> Score:
    chance = np.clip(predicted, LEAST, 1 - LEAST)
    loss = -np.where(outcome, np.log(chance), np.log(1 - chance)).mean()
    means = calibration(predicted, outcome)
    gaps = means[:, 0] - means[:, 1]
    rmse = float(np.sqrt((means[:, 2] * gaps**2).sum() / means[:, 2].sum()))
    return Score(float(loss), area_under_curve(predicted, outcome), rmse)


def area_under_curve(predicted: Floats, outcome: Flags) -> float:
    """The chance that a right answer was given a higher prediction than a wrong one; ties count half."""
    _, places, counts = np.unique(predicted, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    right, wrong = int(outcome.sum()), int((~outcome).sum())
    if not right or not wrong:
        return 0.5
    return float((ranks[outcome].sum() - right * (right + 1) / 2) / (right * wrong))


def calibration(predicted: Floats, outcome: Flags) -> Floats:
    """Rows of mean prediction, mean outcome, count."""
    order = np.argsort(predicted, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    return np.array([[predicted[part].mean(), outcome[part].mean(), len(part)] for part in parts])


def show(scores: dict[str, Score]) -> None:
    width = max(len(name) for name in scores)
    print(f"{'':{width}}  log loss     AUC   RMSE in bins")
    for name, value in scores.items():
        print(f"{name:{width}}    {value.log_loss:.4f}  {value.auc:.4f}         {value.rmse_in_bins:.4f}")


def to_json(scores: dict[str, Score]) -> dict[str, dict[str, float]]:
    return {name: asdict(value) for name, value in scores.items()}


def plot_calibration(predictions: dict[str, Floats], outcome: Flags, path: Path) -> None:
    from matplotlib import pyplot as plt  # noqa: PLC0415 - takes a second to come

    plt.switch_backend("Agg")
    figure, axes = plt.subplots(figsize=(6, 6))
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    for name, predicted in predictions.items():
        means = calibration(predicted, outcome)
        axes.plot(means[:, 0], means[:, 1], marker="o", markersize=3, label=name)
    axes.set_xlabel("predicted chance to be right")
    axes.set_ylabel("share that was right")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
