"""Beside the brief: what it will cost and take, what is left of the day, what is similar, what to mind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from pipeline.estimates import estimate_new
from pipeline.models import Charge, ContentProject
from pipeline.quality.notes import check_brief
from students.models import AGE_GROUPS
from studio import figures, policy
from studio.admin.wording import STATUS, say_money

LONG_WORD = 4  # letters from which a word of the concept makes projects similar
WARN_AT = Decimal("0.8")  # of a cap


def show_panel(request: HttpRequest) -> HttpResponse:
    """A fragment for the present fields of the form. A POST because of its length; it changes nothing."""
    if not policy.can(request.user, "create"):
        raise PermissionDenied
    concept = request.POST.get("concept", "").strip()[:400]
    notes = request.POST.get("source_notes", "")[:20_000]
    group = request.POST.get("age_group", "")
    group = group if group in AGE_GROUPS else AGE_GROUPS[1]
    text = request.POST.get("target_seconds", "")
    seconds = min(max(int(text), 45), 90) if text.isascii() and text.isdigit() and len(text) < 5 else 70
    wish = ContentProject(concept_prompt=concept, age_group=group, source_notes=notes, target_seconds=seconds)
    cost, takes = estimate_new(wish.brief)
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    spent = figures.sum_charges(Charge.objects.filter(creator=request.user.pk, created_at__gte=today))
    cap = Decimal(settings.PIPELINE_BUDGETS["creator_day"])
    after = spent + (cost or Decimal(0))
    context = {
        "cost": say_money(cost),
        "takes": _say_time(takes),
        "left": say_money(max(cap - spent, Decimal(0))),
        "cap": say_money(cap),
        "is_over": bool(cost) and after > cap,
        "is_near": bool(cost) and cap * WARN_AT < after <= cap,
        "similar": _find_similar(request.user, concept),
        "minds": [one.message for one in check_brief(concept, group, notes, seconds)] if concept else [],
    }
    response = TemplateResponse(request, "studio/parts/brief_panel.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _say_time(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"


def _find_similar(user: Any, concept: str) -> list[tuple[str, Any, Any]]:
    """Up to three projects of the person's scope that share a long word: (title, chip, key)."""
    words = [word.strip(".,:;!?") for word in concept.split()]
    wanted = Q(pk__in=[])
    for word in [word for word in words if len(word) > LONG_WORD][:6]:
        wanted |= Q(concept_prompt__icontains=word)
    if not wanted.children or len(wanted.children) == 1:
        return []
    rows = policy.scope(user).filter(wanted).exclude(status=ContentProject.Status.ARCHIVED)
    return [
        (project.title or project.concept_prompt, STATUS[project.status], project.pk)
        for project in rows.only("title", "concept_prompt", "status").order_by("-updated_at")[:3]
    ]
