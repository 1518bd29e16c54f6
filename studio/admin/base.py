"""The one base class of every admin of the studio: rows through a scope, rights through the policy.

Nothing is deleted in the studio, nothing changes on GET, and nobody's page shows another's rows.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from unfold.admin import ModelAdmin

from studio import policy


class ScopedAdmin(ModelAdmin):  # type: ignore[misc] # Unfold has no types
    """`view_verb` names the right (of `policy.GENERAL`) that opens the list; subclasses narrow the rows."""

    view_verb: ClassVar[str]
    actions = None
    list_per_page = 25
    show_full_result_count = False
    view_on_site = False

    def scoped(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that this person may see."""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return self.scoped(request, rows) if self.has_view_permission(request) else rows.none()

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return policy.can(request.user, self.view_verb)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The events of a project are its history; the admin's own log is not kept."""
        raise Http404(f"There is no such page for {unquote(object_id)}.")
