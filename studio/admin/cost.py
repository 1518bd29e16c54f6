"""Cost: what was paid, by step, provider, creator, month or project; one table, its chart and its CSV.

Failed attempts that were paid count. A call whose price is not known yet counts with what was reserved
for it and is named as such; where nothing was reserved either, the sum is not the whole truth and says "?".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from pipeline.models import Charge
from studio import budgets, figures, policy
from studio.admin.charts import Series, draw_bars
from studio.admin.wording import name_step, say_money
from studio.spreadsheets import answer_table

WAYS: dict[str, tuple[str, str]] = {  # name → title, column
    "step": ("Step", "run__step"),
    "provider": ("Provider", "provider"),
    "creator": ("Creator", "creator__email"),
    "month": ("Month", "month"),
    "project": ("Project", "project__concept_prompt"),
}
RANGES = {"30": "30 days", "90": "90 days", "365": "A year"}
MOST_ROWS = 100
GONE = "deleted films"
# Of a film that was deleted nobody knows any more.
REPEATED = Q(run__status="failed") | (Q(run__isnull=False) & ~Q(attempt=F("run__attempt")))
ROLES = frozenset({policy.CREATOR, policy.EDITOR, policy.OPERATOR})


@dataclass(frozen=True)
class Line:
    name: str
    calls: int
    failed: int
    unknown: int
    total: Decimal
    expected: Decimal | None = None  # by project only
    project: Any = None  # its key, likewise

    @property
    def link(self) -> str:
        return reverse("admin:pipeline_contentproject_cost", args=[self.project]) if self.project else ""

    @property
    def expected_shown(self) -> str:
        return say_money(self.expected) if self.expected is not None else "–"

    @property
    def shown(self) -> str:
        return say_money(self.total) + (" + ?" if self.unknown else "")


def _charges(user: Any, days: int) -> QuerySet[Charge]:
    """Those of the person's own projects; of all for who answers for budgets or operates."""
    rows = Charge.objects.filter(created_at__gte=timezone.now() - timedelta(days=days))
    if policy.roles_of(user) & {policy.EDITOR, policy.OPERATOR}:
        return rows
    return rows.filter(creator=user.pk)


def read_lines(user: Any, *, way: str, days: int) -> list[Line]:
    """The table, the dearest first (months in order); one query, by project two."""
    column = WAYS[way][1]
    rows = _charges(user, days)
    if way == "month":
        rows = rows.annotate(month=TruncMonth("created_at"))
    keys = ("project", column) if way == "project" else (column,)
    found = (
        rows.order_by()
        .values(*keys)
        .annotate(
            total=Sum(Coalesce("cost", "reserved")),
            calls=Count("pk"),
            failed=Count("pk", filter=REPEATED),
            unknown=Count("pk", filter=Q(cost__isnull=True, reserved=0)),
        )
        .order_by("month" if way == "month" else "-total")
    )
    keys_of = [row["project"] for row in found if row["project"]] if way == "project" else []
    expected = budgets.sum_estimates(keys_of) if keys_of else {}
    return [
        Line(
            _name(way, row[column]),
            row["calls"],
            row["failed"],
            row["unknown"],
            Decimal(row["total"]),
            expected.get(row.get("project")),
            row.get("project"),
        )
        for row in found
    ]


def _name(way: str, value: Any) -> str:
    if value is None:  # its project has had its time
        return GONE
    if way == "step":
        return name_step(str(value))
    return f"{value:%Y-%m}" if way == "month" else str(value)


def _read(request: HttpRequest) -> tuple[str, str]:
    way, days = request.GET.get("by", "step"), request.GET.get("days", "30")
    return way if way in WAYS else "step", days if days in RANGES else "30"


def _export(kind: str, way: str, lines: list[Line]) -> HttpResponse:
    head: list[str] = [WAYS[way][0], "calls", "repeated or failed", "price unknown"]
    rows: list[list[Any]] = [[line.name, line.calls, line.failed, line.unknown] for line in lines]
    if way == "project":
        head.append("expected, US dollars")
        for row, line in zip(rows, lines, strict=True):
            row.append(line.expected if line.expected is not None else "")
    for row, line in zip(rows, lines, strict=True):
        row.append(line.total.quantize(Decimal("0.0001")))
    return answer_table(kind, "cost", [*head, "US dollars"], rows)


def show_cost(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    if not policy.roles_of(request.user) & ROLES:
        raise PermissionDenied
    way, days = _read(request)
    lines = read_lines(request.user, way=way, days=int(days))
    if request.GET.get("as") in {"csv", "xlsx"}:
        return _export(request.GET["as"], way, lines)
    total = sum((line.total for line in lines), Decimal(0))
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    spent = figures.sum_charges(_charges(request.user, 1).filter(created_at__gte=today))
    minute = figures.cost_per_minute(policy.scope(request.user))
    projects, since = policy.scope(request.user), timezone.now() - timedelta(days=int(days))
    people = budgets.sum_reviewing(projects, since=since)
    shown = lines[:12]
    page = {
        "title": "Cost",
        "st_title": "Cost",
        "lines": lines[:MOST_ROWS],
        "left_out": max(len(lines) - MOST_ROWS, 0),
        "total": say_money(total) + (" + ?" if any(line.unknown for line in lines) else ""),
        "spent": say_money(spent),
        "minute": say_money(minute) if minute is not None else "–",
        "people": f"{people / 60:.0f} min",
        "range_words": RANGES[days].lower(),
        "is_by_project": way == "project",
        "caps": [
            (name.replace("_", " per "), say_money(cap)) for name, cap in settings.PIPELINE_BUDGETS.items()
        ],
        "chart": draw_bars(
            title=f"Spent by {way}, {RANGES[days].lower()}",
            unit="US dollars",
            labels=[line.name[:14] for line in shown],
            series=[Series("dollars", [float(line.total) for line in shown], 1)],
            digits=2,
        ),
        "ways": WAYS,
        "ranges": RANGES,
        "way": way,
        "way_title": WAYS[way][0],
        "days": days,
    }
    return TemplateResponse(request, "studio/cost.html", context | page)
