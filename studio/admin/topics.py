"""The catalogue of topics and concepts: its list, its file out, and a file in, mended on the page.

The file and its rules are those of `manage.py import_topics` (docs/catalogue.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from studio import policy
from studio.admin.base import ScopedAdmin
from studio.admin.site import site
from studio.auditing import record
from studio.models import Creator
from videos.curriculum.exporting import export_catalogue
from videos.curriculum.importing import Imported, describe, import_catalogue
from videos.curriculum.reading import CatalogueRefused, Mistake
from videos.models import LearningVideo, Topic

LARGEST = 1_000_000  # bytes by the page; the command takes five times as much
SHOWN = 100  # mistakes, names
VERB = "manage_topics"


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("topic", "Topics"), ("concept", "Concepts"), ("waiting", "Concepts without a film")]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen is None:
            return rows
        wanted = Q(parent__isnull=chosen == "topic")
        if chosen == "waiting":
            wanted &= Q(film_count=0)
        return rows.filter(wanted)


@admin.register(Topic, site=site)
class TopicAdmin(ScopedAdmin):
    """Read-only row by row; the whole changes by a file."""

    view_verb = "see_videos"
    list_display = ("name", "parent", "show_ages", "difficulty", "requirements", "films")
    list_filter = (KindFilter, "is_core")
    search_fields = ("name", "objective", "slug")
    ordering = ("name",)
    change_list_template = "studio/topic_list.html"
    fields = (
        *("name", "slug", "parent", "objective", "show_ages", "difficulty", "is_core"),
        *("requirements", "leads_to", "films"),
    )
    readonly_fields = fields

    def scoped(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        counted: QuerySet[Any] = rows.select_related("parent").annotate(
            film_count=Count("videos", filter=Q(videos__status=LearningVideo.Status.PUBLISHED))
        )
        return counted.prefetch_related("requires")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("import/", view(self.import_view), name="videos_topic_import"),
            path("export.csv", view(require_safe(self.export_view)), name="videos_topic_export"),
        ]
        return own + list(super().get_urls())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"can_import": policy.can(request.user, VERB)}
        response: HttpResponse = super().changelist_view(request, extra | (extra_context or {}))
        return response

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """The stored catalogue, to edit and import again."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        response = HttpResponse(export_catalogue(), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="topics.csv"'
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def import_view(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not policy.can(user, VERB) or not isinstance(user, Creator):
            raise PermissionDenied("Your role does not include the catalogue.")
        request.current_app = self.admin_site.name
        context: dict[str, Any] = self.admin_site.each_context(request)
        return _import(request, user, context)

    @admin.display(description="Ages")
    def show_ages(self, topic: Topic) -> str:
        return f"{min(topic.age_groups)}–{max(topic.age_groups)}" if topic.age_groups else "–"

    @admin.display(description="Requires")
    def requirements(self, topic: Topic) -> str:
        return ", ".join(sorted(required.name for required in topic.requires.all())) or "–"

    @admin.display(description="Prepares")
    def leads_to(self, topic: Topic) -> str:
        return ", ".join(sorted(following.name for following in topic.prepares.all())) or "–"

    @admin.display(description="Films with students", ordering="film_count")
    def films(self, topic: Topic) -> int:
        count: int = getattr(topic, "film_count", 0)
        return count


# --------------------------------------------------------------------------- a file in


class CatalogueForm(forms.Form):
    """A file, or its text as it was mended on the page; the file comes first."""

    use_required_attribute = False

    file = forms.FileField(
        label="A CSV file",
        help_text="UTF-8, at most 1 MB; “Export” gives the one that is stored now.",
        required=False,
        widget=forms.FileInput(attrs={"class": "st-input", "accept": ".csv,text/csv,text/plain"}),
    )
    text = forms.CharField(
        label="Or its lines",
        required=False,
        strip=False,
        max_length=LARGEST,
        widget=forms.Textarea(attrs={"class": "st-input st-typed", "rows": 14, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        upload = data.get("file")
        if upload is None and not data.get("text", "").strip():
            self.add_error("file", "Choose a file, or paste its lines.")
        elif upload is not None and upload.size > LARGEST:
            self.add_error(
                "file", "The file is larger than 1 MB. Use manage.py import_topics, or cut it in two."
            )
        return data

    def read(self) -> bytes:
        upload = self.cleaned_data.get("file")
        return upload.read() if upload is not None else str(self.cleaned_data["text"]).encode()


def _import(request: HttpRequest, user: Creator, context: dict[str, Any]) -> HttpResponse:
    """Nothing is written before it was checked, and what is written is all of the file."""
    if request.method != "POST":
        return _show(request, context, CatalogueForm())
    form = CatalogueForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, context, form, status=400)
    content, is_dry = form.read(), request.POST.get("do") != "import"
    try:
        imported = _store(content, user, is_dry=is_dry)
    except CatalogueRefused as refused:
        return _show(request, context, _with_text(content), mistakes=refused.mistakes, status=400)
    if is_dry:
        return _show(request, context, _with_text(content), found=imported)
    messages.success(request, f"Imported: {describe(imported)}.")
    return HttpResponseRedirect(reverse("admin:videos_topic_changelist"))


@transaction.atomic
def _store(content: bytes, user: Creator, *, is_dry: bool) -> Imported:
    imported = import_catalogue(content, is_dry=is_dry)
    if not is_dry and (imported.created or imported.changed):
        counts = {"created": len(imported.created), "changed": len(imported.changed)}
        record(actor=user, verb="import_topics", target="catalogue", after=counts)
    return imported


def _with_text(content: bytes) -> CatalogueForm:
    """The form with the lines of the file, to be mended; one that is no text is left to its program."""
    return CatalogueForm(initial={"text": content.decode(errors="replace")})


def _names(found: Imported) -> list[tuple[str, Sequence[str]]]:
    parts = (("New", found.created), ("Changed", found.changed), ("Renamed", found.renamed))
    return [(title, keys[:SHOWN]) for title, keys in parts if keys]


def _show(
    request: HttpRequest,
    context: dict[str, Any],
    form: CatalogueForm,
    *,
    mistakes: Sequence[Mistake] = (),
    found: Imported | None = None,
    status: int = 200,
) -> TemplateResponse:
    page = {
        "title": "Import topics",
        "st_title": "Import topics",
        "form": form,
        "mistakes": mistakes[:SHOWN],
        "left_out": max(len(mistakes) - SHOWN, 0),
        "found": found,
        "said": describe(found) if found is not None else "",
        "names": [
            (title, keys[:SHOWN])
            for title, keys in (
                ("New", found.created),
                ("Changed", found.changed),
                ("Renamed", found.renamed),
            )
            if keys
        ]
        if found is not None
        else [],
    }
    return TemplateResponse(request, "studio/topic_import.html", context | page, status=status)
