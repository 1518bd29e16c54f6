"""What the project list can be narrowed to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.db.models import (
    BooleanField,
    DecimalField,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest
from django.utils import timezone

from pipeline.models import Charge, ContentProject
from students.models import AGE_GROUPS
from studio import policy
from studio.models import Creator, FindingOverride, Review
from studio.staleness import find_stale
from studio.subjects import with_topic
from videos.models import Topic

LANGUAGES = {"en": "English"}


class AgeGroupFilter(admin.SimpleListFilter):
    title = "age group"
    parameter_name = "age_group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(group, f"{group.replace('-', '–')} years") for group in AGE_GROUPS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(age_group=self.value()) if self.value() in AGE_GROUPS else queryset


class LanguageFilter(admin.SimpleListFilter):
    """The languages that a brief may have; an address may name another, of a project from elsewhere."""

    title = "language"
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(name, LANGUAGES.get(name, name)) for name in with_present(list(LANGUAGES), self.value())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(language=self.value()) if self.value() else queryset


class CreatorFilter(admin.SimpleListFilter):
    """Only creators whose projects the person sees anyway."""

    title = "creator"
    parameter_name = "creator"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        seen = policy.scope(request.user).order_by().values("creator")
        return _name(Creator.objects.filter(pk__in=seen))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = {key for key, _ in self.lookup_choices}
        return queryset.filter(creator=self.value()) if self.value() in known else queryset


class ReviewerFilter(admin.SimpleListFilter):
    title = "reviewer"
    parameter_name = "reviewer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        if not policy.roles_of(request.user) & {policy.REVIEWER, policy.EDITOR, policy.OPERATOR}:
            return []
        return _name(Creator.objects.filter(groups__name__in=[policy.REVIEWER, policy.EDITOR]).distinct())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = {key for key, _ in self.lookup_choices}
        if (chosen := self.value()) is None or chosen not in known:
            return queryset
        return queryset.filter(pk__in=Review.objects.filter(reviewer=UUID(chosen)).values("project"))


def _name(people: QuerySet[Creator]) -> list[tuple[str, str]]:
    return [(str(person.pk), str(person)) for person in people.order_by("display_name", "email")[:50]]


class ChoiceFilter(admin.SimpleListFilter):
    """A filter whose choices are fixed: word, label, condition."""

    choices_of: ClassVar[dict[str, tuple[str, Callable[[datetime], Q]]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(key, label) for key, (label, _) in self.choices_of.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.choices_of.get(self.value() or "")
        return queryset.filter(chosen[1](timezone.now())) if chosen is not None else queryset


class FindingFilter(ChoiceFilter):
    title = "findings"
    parameter_name = "findings"
    choices_of: ClassVar = {
        "block": ("With a blocker", lambda _: Q(qa_results__verdict="block")),
        "review": ("With warnings only", lambda _: Q(qa_results__verdict="review")),
        "pass": ("All passed", lambda _: Q(qa_results__verdict="pass")),
        "none": ("Not checked yet", lambda _: Q(qa_results__isnull=True)),
    }


def times_of(column: str) -> dict[str, tuple[str, Callable[[datetime], Q]]]:
    """Choices by age of a column of times."""

    def since(days: int) -> Callable[[datetime], Q]:
        return lambda now: Q(**{f"{column}__gte": now - timedelta(days=days)})

    return {
        "day": ("In the last 24 hours", since(1)),
        "week": ("In the last 7 days", since(7)),
        "month": ("In the last 30 days", since(30)),
        "older": ("Longer ago", lambda now: Q(**{f"{column}__lt": now - timedelta(days=30)})),
    }


class UpdatedFilter(ChoiceFilter):
    title = "last change"
    parameter_name = "updated"
    choices_of: ClassVar = times_of("updated_at")


MONEY: DecimalField[Any, Any] = DecimalField(max_digits=9, decimal_places=4)


def with_cost(projects: QuerySet[ContentProject]) -> QuerySet[Any]:
    """Annotated with `spent` (US dollars, reservations included) and `cap`."""
    charges = (
        Charge.objects.filter(project=OuterRef("pk"))
        .order_by()
        .values("project")
        .annotate(total=Sum(Coalesce("cost", "reserved")))
        .values("total")
    )
    return projects.annotate(
        spent=Coalesce(Subquery(charges), Value(Decimal(0)), output_field=MONEY),
        cap=Coalesce("budget_cap", Value(settings.PIPELINE_BUDGETS["project"]), output_field=MONEY),
    )


class CostFilter(admin.SimpleListFilter):
    title = "cost"
    parameter_name = "cost"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("free", "Free so far"), ("paid", "Paid for"), ("near", "Over 80 % of its cap")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"free": Q(spent=0), "paid": Q(spent__gt=0), "near": Q(spent__gt=F("cap") * Decimal("0.8"))}
        condition = wanted.get(self.value() or "")
        return with_cost(queryset).filter(condition) if condition is not None else queryset


class TopicFilter(admin.SimpleListFilter):
    """The catalogue's topics; an address may name any other, such as a school subject of a script."""

    title = "topic"
    parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        names = list(Topic.objects.filter(parent=None).order_by("name").values_list("name", flat=True)[:60])
        return [(name, name) for name in with_present(names, self.value())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return with_topic(queryset).filter(topic_name=chosen) if chosen else queryset


def with_present(names: list[str], chosen: str | None) -> list[str]:
    """The choices, and what the address names beside them."""
    return [*names, chosen] if chosen and chosen not in names else names


class StaleFilter(admin.SimpleListFilter):
    title = "state of the film"
    parameter_name = "stale"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("yes", "Edited since it was made")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(pk__in=find_stale(policy.scope(request.user)))


class OverriddenFilter(ChoiceFilter):
    """Overrides that lapsed count too: somebody has set a finding of this project aside."""

    title = "overrides"
    parameter_name = "overridden"
    choices_of: ClassVar = {
        "yes": ("A finding was overridden", lambda _: Q(pk__in=_overridden())),
        "blocker": ("A blocker was overridden", lambda _: Q(pk__in=_overridden(severity="block"))),
        "no": ("Never", lambda _: ~Q(pk__in=_overridden())),
    }


def _overridden(**columns: str) -> QuerySet[Any]:
    return FindingOverride.objects.filter(**columns).values("project")


class RuleFilter(admin.SimpleListFilter):
    """An open finding of one rule, or of a family of rules; an address may name any rule."""

    title = "rule of a finding"
    parameter_name = "rule"
    families: ClassVar = {
        "content.": "Content",
        "accuracy.": "Facts",
        "age.": "Age",
        "value.": "Teaching",
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        names = with_present(list(self.families), self.value())
        return [(name, self.families.get(name, name)) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(HasFinding(F("qa_results"), Value(chosen))) if chosen else queryset


class HasFinding(Func):
    """Whether checks name a blocker or a warning of a rule that begins so."""

    template = "jsonb_path_exists(%(expressions)s)"  # the path is ours; the rule comes as its variable
    output_field = BooleanField()
    path = (
        '$.details.*.checks[*] ? (@.verdict == "block" || @.verdict == "review") ? (@.id starts with $rule)'
    )

    def __init__(self, results: Any, rule: Any) -> None:
        variables = Func(
            Cast(Value("rule"), TextField()), Cast(rule, TextField()), function="jsonb_build_object"
        )
        super().__init__(results, _Path(Value(self.path)), variables)


class _Path(Func):
    template = "%(expressions)s::jsonpath"
