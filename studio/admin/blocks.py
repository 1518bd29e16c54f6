"""The parts of the dashboard that are fetched after it: each alone, so that one that fails leaves the rest.

`GET /admin/blocks/<name>/` answers with the part; without htmx it is a small page of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from pipeline import circuit
from pipeline.models import Charge, StepRun
from studio import figures, policy
from studio.admin.charts import Series, draw_bars
from studio.admin.wording import RUN, name_step, say_age, say_money

logger = logging.getLogger(__name__)
DAYS = 14
UNFINISHED = (StepRun.Status.QUEUED, StepRun.Status.RUNNING, StepRun.Status.WAITING)
LATE = timedelta(minutes=15)  # a job that has waited so long wants somebody to look


@dataclass(frozen=True)
class Block:
    title: str
    template: str
    make: Callable[[HttpRequest], dict[str, Any]]
    verb: str = "see_own_acts"


def _say_hours(hours: float | None) -> str:
    if hours is None:
        return "–"
    return (
        f"{hours * 60:.0f} min" if hours < 1 else f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"
    )


def make_measures(request: HttpRequest) -> dict[str, Any]:
    """Waiting, first-pass approval and money: six queries."""
    now, projects = timezone.now(), policy.scope(request.user)
    verdicts = figures.read_verdicts(projects, since=now - timedelta(days=30))
    oldest = projects.filter(status="in_review").aggregate(oldest=Min("updated_at"))["oldest"]
    right = figures.first_pass(verdicts)
    published = figures.count_published(projects, since=now - timedelta(days=7))
    today = Charge.objects.filter(created_at__gte=now.replace(hour=0, minute=0, second=0, microsecond=0))
    if policy.can(request.user, "manage_rules"):
        whose, cap = "all creators", None
    else:
        whose, cap = "you", settings.PIPELINE_BUDGETS["creator_day"]
        today = today.filter(creator=request.user.pk)
    spent = figures.sum_charges(today)
    minute = figures.cost_per_minute(projects)
    return {
        "measures": [
            ("Oldest wait for a verdict", say_age(oldest, now) if oldest else "–", "view=in-review"),
            ("Median time to a verdict, 30 days", _say_hours(figures.median_hours(verdicts)), ""),
            ("Approved at the first verdict", "–" if right is None else f"{right:.0%}", ""),
            ("Published in 7 days", str(published), "view=published"),
            (
                f"Spent today, {whose}",
                f"{say_money(spent)} of {say_money(Decimal(cap))}" if cap is not None else say_money(spent),
                "",
            ),
            ("Cost per published minute", "–" if minute is None else say_money(minute), ""),
        ],
        "list": reverse("admin:pipeline_contentproject_changelist"),
    }


def make_charts(request: HttpRequest) -> dict[str, Any]:
    """Throughput, time to a verdict, spend by step: three queries."""
    now, projects = timezone.now(), policy.scope(request.user)
    days = figures.read_throughput(projects, today=now.date(), days=DAYS)
    verdicts = figures.read_verdicts(projects, since=now - timedelta(days=DAYS))
    labels = [f"{day.day:%d %b}" for day in days]
    waits = [figures.median_hours([one for one in verdicts if one.day == day.day]) for day in days]
    spent = figures.spend_by_step(projects, since=now - timedelta(days=30))
    as_of = f"{now:%H:%M} UTC"
    return {
        "charts": [
            draw_bars(
                title="Films finished and published",
                unit="films a day",
                labels=labels,
                series=[
                    Series("finished", [day.finished for day in days], 1),
                    Series("published", [day.published for day in days], 2),
                ],
                as_of=as_of,
            ),
            draw_bars(
                title="Time to a verdict",
                unit="hours, median of the day",
                labels=labels,
                series=[Series("hours", waits, 1)],
                as_of=as_of,
                digits=1,
            ),
            draw_bars(
                title="Spent by step, 30 days",
                unit="US dollars",
                labels=[name_step(step) for step, _ in spent],
                series=[Series("dollars", [float(total) for _, total in spent], 1)],
                as_of=as_of,
                digits=2,
            ),
        ]
    }


def make_tracker(request: HttpRequest) -> dict[str, Any]:
    """The last thirty runs of the checks: one query."""
    runs = figures.read_check_runs(policy.scope(request.user))
    return {
        "runs": [
            (RUN[run.status], run.title, reverse("admin:pipeline_contentproject_review", args=[run.project]))
            for run in runs
        ]
    }


def make_health(request: HttpRequest) -> dict[str, Any]:
    """Queues from the database, providers from their circuits: one query. Red where somebody must act."""
    now = timezone.now()
    queues = (
        StepRun.objects.filter(status__in=UNFINISHED)
        .order_by("queue")
        .values("queue")
        .annotate(
            waiting=Count("pk", filter=Q(status=StepRun.Status.QUEUED)),
            running=Count("pk", filter=Q(status=StepRun.Status.RUNNING)),
            oldest=Min("created_at", filter=Q(status=StepRun.Status.QUEUED)),
        )
    )
    openings = [circuit.find_opening(alias, now=now) for alias in sorted(settings.PIPELINE_PROVIDERS)]
    return {
        "queues": [
            {
                "name": row["queue"],
                "waiting": row["waiting"],
                "running": row["running"],
                "oldest": say_age(row["oldest"], now) if row["oldest"] else "",
                "late": row["oldest"] is not None and now - row["oldest"] > LATE,
            }
            for row in queues
        ],
        "openings": [one for one in openings if one is not None],
        "providers": len(settings.PIPELINE_PROVIDERS),
    }


BLOCKS: dict[str, Block] = {
    "measures": Block("How we are doing", "studio/blocks/measures.html", make_measures),
    "charts": Block("The last weeks", "studio/blocks/charts.html", make_charts),
    "tracker": Block("The last checks", "studio/blocks/tracker.html", make_tracker),
    "health": Block("Health", "studio/blocks/health.html", make_health),
}


def show_block(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """One part. Where it fails it says so and offers to try again; still a 200, so that it is shown."""
    block = BLOCKS.get(name)
    if block is None:
        raise Http404("There is no such part of the dashboard.")
    if not policy.can(request.user, block.verb):
        raise Http404("There is no such part of the dashboard.")
    try:
        made: dict[str, Any] = block.make(request)
        template = block.template
    except Exception:
        logger.exception("A part of the dashboard failed: %s", name)
        made, template = {}, "studio/blocks/failed.html"
    page = {"block": block, "name": name, "part": template, "st_title": block.title, "title": block.title}
    is_part = request.headers.get("HX-Request") == "true"
    response = TemplateResponse(
        request,
        template if is_part else "studio/blocks/page.html",
        (context if not is_part else {}) | page | made,
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response
