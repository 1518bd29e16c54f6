"""A list of briefs: paste or upload, repair row by row, see the price, let it run; pause, resume, cancel."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from pipeline.estimates import estimate_new
from pipeline.models import ContentProject
from students.models import AGE_GROUPS
from studio import batches, policy
from studio.admin.brief import STYLES
from studio.admin.wording import Chip, say_money
from studio.models import BatchRow, BriefBatch, Creator
from studio.spreadsheets import answer_csv, answer_table

Status, Outcome = BriefBatch.Status, BatchRow.Outcome
PER_PAGE = 50
LIST = "admin:pipeline_contentproject_batch"
PAGE = "admin:pipeline_contentproject_batch_page"
VERDICT = {
    "block": Chip("error", "Error", "stop"),
    "review": Chip("warning", "Warning", "warn"),
    "pass": Chip("check_circle", "Good", "good"),
}
OUTCOME = {
    Outcome.WAITING: Chip("hourglass_empty", "Waiting", "quiet"),
    Outcome.MADE: Chip("check_circle", "Made", "good"),
    Outcome.FAILED: Chip("error", "Failed", "stop"),
    Outcome.LEFT_OUT: Chip("block", "Left out", "quiet"),
}
STATES = {
    Status.CHECKING: Chip("fact_check", "To be checked", "info"),
    Status.RUNNING: Chip("autorenew", "Running", "work"),
    Status.PAUSED: Chip("pause_circle", "Paused", "warn"),
    Status.CANCELLED: Chip("cancel", "Cancelled", "quiet"),
    Status.DONE: Chip("check_circle", "Done", "good"),
}


class ListForm(forms.Form):
    """Where the list comes from, and what empty cells mean."""

    use_required_attribute = False

    lines = forms.CharField(
        label="Paste a list",
        help_text="One idea a line; or a table with a first line of column names.",
        required=False,
        strip=False,
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"class": "st-input", "rows": 8}),
    )
    file = forms.FileField(
        label="Or upload a CSV file",
        help_text="UTF-8, at most 500 rows and 1 MB; comma, semicolon or tab.",
        required=False,
        widget=forms.FileInput(attrs={"class": "st-input", "accept": ".csv,text/csv,text/plain"}),
    )
    age_group = forms.ChoiceField(
        label="Age group of rows that name none",
        choices=[(group, f"{group.replace('-', '–')} years") for group in AGE_GROUPS],
        initial="8-10",
        widget=forms.Select(attrs={"class": "st-input"}),
    )
    target_seconds = forms.IntegerField(
        label="Their length in seconds",
        min_value=45,
        max_value=90,
        initial=70,
        widget=forms.NumberInput(attrs={"class": "st-input st-input-short"}),
    )
    visual_style = forms.ChoiceField(
        label="Their style",
        choices=STYLES,
        initial="auto",
        widget=forms.Select(attrs={"class": "st-input"}),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("lines", "").strip() and not data.get("file"):
            self.add_error("lines", "Paste a list or choose a file.")
        return data


@dataclass(frozen=True)
class RowView:
    number: int
    cells: dict[str, str]
    chip: Chip
    verdict: str
    findings: list[dict[str, str]]
    message: str
    link: str

    @property
    def wrong_fields(self) -> set[str]:
        return {finding["field"] for finding in self.findings if finding["verdict"] == "block"}


def show_start(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The first step: the list. Its POST makes the batch and goes to the second."""
    user = _demand(request)
    if request.method != "POST":
        return _start(request, context, ListForm())
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _start(request, context, form, status=400)
    data = form.cleaned_data
    upload = data.get("file")
    if upload is not None and upload.size > batches.MOST_BYTES:
        form.add_error("file", "The file is larger than 1 MB. Cut it in two.")
        return _start(request, context, form, status=413)
    try:
        batch = batches.open_batch(
            creator=user,
            content=upload.read() if upload is not None else data["lines"],
            defaults={name: str(data[name]) for name in ("age_group", "target_seconds", "visual_style")},
        )
    except batches.BatchRefused as refused:
        form.add_error("file" if upload is not None else "lines", refused.message)
        return _start(request, context, form, status=400)
    return HttpResponseRedirect(reverse(PAGE, args=[batch.pk]))


def _demand(request: HttpRequest) -> Creator:
    if not policy.can(request.user, "create") or not isinstance(request.user, Creator):
        raise PermissionDenied("Your role does not include new projects.")
    return request.user


def _start(
    request: HttpRequest, context: dict[str, Any], form: ListForm, *, status: int = 200
) -> TemplateResponse:
    known = BriefBatch.objects.filter(creator=request.user.pk).order_by("-created_at")[:10]
    counted = known.annotate(size=Count("rows"), made=Count("rows", filter=Q(rows__outcome=Outcome.MADE)))
    page = {
        "title": "Import a list",
        "st_title": "Import a list",
        "form": form,
        "batches": [
            (batch, STATES[Status(batch.status)], reverse(PAGE, args=[batch.pk])) for batch in counted
        ],
    }
    return TemplateResponse(request, "studio/batch_start.html", context | page, status=status)


def show_batch(
    request: HttpRequest, batch_id: UUID, context: dict[str, Any], *, wrong: str = "", status: int = 200
) -> HttpResponse:
    """The second step, and later the batch's own page."""
    _demand(request)
    batch = _find(request, batch_id)
    counts = {
        row["outcome"]: row["count"]
        for row in batch.rows.order_by().values("outcome").annotate(count=Count("pk"))
    }
    all_rows = list(batch.rows.all()) if batch.status == Status.CHECKING else []
    waiting = [row for row in all_rows if row.outcome == Outcome.WAITING]
    good = [row for row in waiting if row.verdict != "block"]
    pages = Paginator(_sort(all_rows) if all_rows else batch.rows.all(), PER_PAGE)
    shown = pages.get_page(request.GET.get("p"))
    size = sum(counts.values())
    finished = size - counts.get(Outcome.WAITING, 0)
    page = {
        "title": "A list of briefs",
        "st_title": "A list of briefs",
        "batch": batch,
        "chip": STATES[Status(batch.status)],
        "page": shown,
        "rows": [_view(batch, row) for row in shown],
        "size": size,
        "counts": [(OUTCOME[Outcome(name)], count) for name, count in sorted(counts.items())],
        "percent": 100 * finished // size if size else 100,
        "good": len(good),
        "broken": len(waiting) - len(good),
        "price": _price(batch, len(good)) if good else "",
        "groups": AGE_GROUPS,
        "wrong": wrong,
        "is_checking": batch.status == Status.CHECKING,
        "is_running": batch.status == Status.RUNNING,
        "is_paused": batch.status == Status.PAUSED,
    }
    return TemplateResponse(request, "studio/batch.html", context | page, status=status)


def _find(request: HttpRequest, batch_id: UUID) -> BriefBatch:
    batch = BriefBatch.objects.filter(pk=batch_id, creator=request.user.pk).first()
    if batch is None:
        raise Http404("There is no such batch.")
    return batch


def _sort(rows: list[BatchRow]) -> list[BatchRow]:
    """What wants repair comes first, else the list's own order."""
    order = {"block": 0, "review": 1, "pass": 2}
    return sorted(rows, key=lambda row: (row.outcome == Outcome.LEFT_OUT, order[row.verdict], row.number))


def _view(batch: BriefBatch, row: BatchRow) -> RowView:
    is_open = batch.status == Status.CHECKING and row.outcome == Outcome.WAITING
    return RowView(
        number=row.number,
        cells=row.cells,
        chip=VERDICT[row.verdict] if is_open else OUTCOME[Outcome(row.outcome)],
        verdict=row.verdict if is_open else "",
        findings=row.findings if is_open else [],
        message=row.message,
        link=reverse("admin:pipeline_contentproject_review", args=[row.project_id]) if row.project_id else "",
    )


def _price(batch: BriefBatch, films: int) -> str:
    """What so many new films cost; an unknown price is "?"."""
    one, _ = estimate_new(ContentProject(creator_id=batch.creator_id, age_group="8-10").brief)
    return say_money(None if one is None else one * Decimal(films))


def act(request: HttpRequest, batch_id: UUID, name: str, context: dict[str, Any]) -> HttpResponse:
    """A POST of the batch's page: repair, begin, pause, resume, cancel."""
    user = _demand(request)
    _find(request, batch_id)
    try:
        _act(request, batch_id, name, user)
    except batches.BatchRefused as refused:
        return show_batch(request, batch_id, context, wrong=refused.message, status=409)
    query = f"?p={request.POST['p']}" if request.POST.get("p", "").isdecimal() else ""
    return HttpResponseRedirect(reverse(PAGE, args=[batch_id]) + query)


def _act(request: HttpRequest, batch_id: UUID, name: str, user: Creator) -> None:
    if name == "repair":
        batches.repair_rows(
            batch_id,
            actor=user,
            changes=_read_changes(request),
            leave_out={int(number) for number in request.POST.getlist("leave_out") if number.isdecimal()},
        )
        messages.success(request, "The rows were checked again.")
    elif name == "begin":
        pace = request.POST.get("per_hour", "0") if request.POST.get("how") == "start" else "0"
        if not (pace.isascii() and pace.isdigit() and len(pace) < 4):
            raise batches.BatchRefused("batch:pace", "Between 1 and 60 films an hour, or drafts only.")
        batches.begin(batch_id, actor=user, per_hour=int(pace))
        batches.run_batch(batch_id, now=timezone.now())  # the first rows now, the rest by the clock
        messages.success(request, "The list is being worked through.")
    elif name in {"pause", "resume", "cancel"}:
        {"pause": batches.pause, "resume": batches.resume, "cancel": batches.cancel_rest}[name](
            batch_id, actor=user
        )
    else:
        raise Http404("There is no such action.")


def _read_changes(request: HttpRequest) -> dict[int, dict[str, str]]:
    """Fields are named `<row number>-<column>`."""
    changes: dict[int, dict[str, str]] = {}
    for key, value in request.POST.items():
        number, _, column = key.partition("-")
        if number.isascii() and number.isdigit() and column in batches.COLUMNS and isinstance(value, str):
            changes.setdefault(int(number), {})[column] = value
    return changes


def answer_result(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """What became of each row, as CSV or XLSX without formulas."""
    _demand(request)
    batch = _find(request, batch_id)
    rows = batch.rows.select_related("project")
    return answer_table(
        request.GET.get("as", "csv"),
        "batch-result",
        ("row", "concept", "age_group", "outcome", "message", "project", "status"),
        [
            (
                row.number,
                row.cells.get("concept", ""),
                row.cells.get("age_group", ""),
                row.get_outcome_display(),
                row.message or " ".join(finding["message"] for finding in row.findings),
                row.project_id or "",
                row.project.get_status_display() if row.project is not None else "",
            )
            for row in rows
        ],
    )


def answer_template(request: HttpRequest) -> HttpResponse:
    """A list to fill in."""
    _demand(request)
    example = (
        "How bees make honey",
        "8-10",
        "Honey bees live in a colony. Worker bees visit flowers. (150 to 600 words, one fact a sentence)",
        "60",
        "auto",
    )
    return answer_csv("briefs.csv", batches.COLUMNS, [example])
