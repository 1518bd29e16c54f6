"""Every figure that this process counts, for Prometheus. Labels come from closed sets: nobody's id, name or
address, no raw path. What the database knows better (queues, outboxes, films) is in `config.gauges`.

docs/observability.md lists them by question; a test compares it with this module.
"""

from __future__ import annotations

from prometheus_client import Counter, Histogram

CDNS = frozenset({"stream", "cloudfront", "origin"})
OTHER = "other"

http_request_seconds = Histogram(
    "http_request_seconds",
    "Time to an answer, by the template of its address.",
    ("route", "method", "status_class"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
http_problems_total = Counter("http_problems_total", "Answers that are errors.", ("status",))
db_statements = Histogram(
    "db_statements", "Statements of a request.", ("route",), buckets=(0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 50)
)
feed_cache_total = Counter("feed_cache_total", "Pages of the feed, by where they came from.", ("result",))
feed_build_seconds = Histogram(
    "feed_build_seconds",
    "Making a page of the feed that was not kept.",
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
ledger_conflicts_total = Counter(
    "ledger_conflicts_total", "Repeats whose body was another than the first one's.", ("kind",)
)
cdn_first_byte_seconds = Histogram(
    "cdn_first_byte_seconds",
    "From our probe's request to the first byte of a playlist, by CDN.",
    ("cdn",),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3),
)
storage_errors_total = Counter(
    "storage_errors_total", "Files that could not be read or written, by what they were for.", ("purpose",)
)
quality_findings_total = Counter(
    "quality_findings_total",
    "Checks of films that did not pass, by filter and verdict.",
    ("filter", "verdict"),
)
video_start_seconds = Histogram(
    "video_start_seconds",
    "From the tap to the first picture, as players report it.",
    ("cdn",),
    buckets=(0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30),
)
rebuffer_ratio = Histogram(
    "rebuffer_ratio",
    "Time a film stood still, as a share of the time it was watched.",
    ("cdn",),
    buckets=(0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1),
)
watch_completion_ratio = Histogram(
    "watch_completion_ratio",
    "How far a film was watched.",
    ("age_group",),
    buckets=(0.1, 0.25, 0.5, 0.75, 0.9, 1),
)
watches_total = Counter("watches_total", "Playbacks stored.", ("age_group", "completed"))
quiz_answers_total = Counter("quiz_answers_total", "Answers stored.", ("correct", "mode", "age_group"))
step_seconds = Histogram(
    "step_seconds",
    "A step from its claim to its result.",
    ("step",),
    buckets=(0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600),
)
provider_seconds = Histogram(
    "provider_seconds",
    "A step that a provider did, from claim to result.",
    ("provider",),
    buckets=(0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
provider_cost_dollars_total = Counter(
    "provider_cost_dollars_total", "What providers were paid, in US dollars.", ("provider",)
)
step_failures_total = Counter(
    "step_failures_total", "Runs that failed for good, by who must act.", ("step", "actor")
)
task_seconds = Histogram(
    "task_seconds",
    "A message, from its start to its end.",
    ("task",),
    buckets=(0.01, 0.05, 0.25, 1, 5, 30, 120, 600),
)
task_failures_total = Counter("task_failures_total", "Messages that ended with an exception.", ("task",))


def note_loading(cdn: str, *, start_ms: int | None, stalled_ms: int | None, seconds: float) -> None:
    """What a player says about one playback."""
    known = cdn if cdn in CDNS else OTHER
    if start_ms is not None:
        video_start_seconds.labels(known).observe(start_ms / 1000)
    if stalled_ms is not None and seconds > 0:
        rebuffer_ratio.labels(known).observe(min(stalled_ms / 1000 / seconds, 1.0))
