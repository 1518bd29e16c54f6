"""Pictures of the benchmark's figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt

SHOWN = ("popularity", "recall card: Leitner", "recall card: FSRS .9", "ours", "oracle")


def plot_summary(summary: dict[str, Any], path: Path) -> None:
    """Above, every policy in every world; below, what is remembered from day to day."""
    worlds = summary["worlds"]
    policies = list(dict.fromkeys(name for world in worlds.values() for name in world))
    figure, axes = plt.subplots(2, len(worlds), figsize=(5 * len(worlds), 9), squeeze=False)
    for column, (name, world) in enumerate(worlds.items()):
        bars, curves = axes[0][column], axes[1][column]
        own = [policy for policy in policies if policy in world]
        colours = ["tab:green" if policy.startswith("ours") else "tab:blue" for policy in own]
        bars.barh(range(len(own)), [world[policy]["per_hour"] for policy in own], color=colours)
        bars.set_yticks(range(len(own)), own if column == 0 else [""] * len(own), fontsize=8)
        bars.invert_yaxis()
        bars.set_title(f"World {name}")
        bars.set_xlabel("concepts remembered on day 60 per hour watched")
        for policy in [policy for policy in SHOWN if policy in world]:
            curve = world[policy]["curve"]
            curves.plot([int(day) for day in curve], list(curve.values()), label=policy)
        curves.axvline(30, color="grey", linewidth=0.8)
        curves.set_xlabel("day (no use after day 30)")
        curves.set_ylabel("concepts per hour of the whole month")
        curves.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
