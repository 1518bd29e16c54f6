"""popularity_score, 0 to 100, by 06 section 3.6. Pure.

    100 (.6 c + .25 p + .15 g)

c is the share of impressions that are finished, pulled towards .7 by five imagined ones; p the percentile
of the views among all films, each view losing half its weight in seven days (the percentile of a number
and of its logarithm are the same); g what the film taught beyond expectation, mean(π - e), shrunk by
n / (n + 30). Popularity is a prior for the feed, never its goal.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

FINISHED, SEEN = 3.5, 5.0  # the imagined impressions: 3.5 of 5 finished
HALF_LIFE_DAYS = 7.0
ENOUGH_ANSWERS = 30


@dataclass(frozen=True)
class Audience:
    """What is known of a film's audience: `views` is already weighted by age, `gain` is mean(π - e)."""

    impressions: int
    completions: int
    views: float
    gain: float = 0.0
    gain_count: int = 0


def score_popularity(audience: Audience, percentile: float) -> float:
    """The score of one film whose recent views stand at this percentile (0-1)."""
    finishing = (audience.completions + FINISHED) / (audience.impressions + SEEN)
    taught = audience.gain * audience.gain_count / (audience.gain_count + ENOUGH_ANSWERS)
    share = 0.6 * min(finishing, 1.0) + 0.25 * percentile + 0.15 * taught
    return 100 * min(max(share, 0.0), 1.0)


def rank_percentiles(values: Sequence[float]) -> list[float]:
    """For each value the share of the others below it, ties counting half; a single value stands at .5."""
    if len(values) < 2:
        return [0.5] * len(values)
    ordered = sorted(values)
    others = len(values) - 1
    return [
        (bisect_left(ordered, value) + bisect_right(ordered, value) - 1) / (2 * others) for value in values
    ]


def score_all(audiences: Sequence[Audience]) -> list[float]:
    """The scores of a whole catalogue, in its order."""
    percentiles = rank_percentiles([audience.views for audience in audiences])
    return [
        score_popularity(audience, percentile)
        for audience, percentile in zip(audiences, percentiles, strict=True)
    ]
