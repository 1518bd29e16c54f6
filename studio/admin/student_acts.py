"""What staff do for one child: show the name, export, erase. Each is a POST, needs a reason, leaves its row.

`students.privacy` does the work; here is only who may, why, and the trail. A name never stands in a list.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from students import privacy
from students.models import Consent, Student
from students.security import record_security_event
from studio import policy
from studio.auditing import record

SHORTEST_REASON = 10  # letters


def show_student(
    request: HttpRequest,
    student: Student,
    context: dict[str, Any],
    *,
    name: str = "",
    wrong: str = "",
) -> HttpResponse:
    """The page of one child: figures and consent, no name unless it was just asked for."""
    page = {
        "title": f"Student {short_id(student)}",
        "st_title": "Student",
        "student": student,
        "short": short_id(student),
        "consents": Consent.objects.filter(student=student).order_by("-at").defer("evidence")[:10],
        "name": name,
        "wrong": wrong,
        "reason": request.POST.get("reason", ""),
    }
    answer = TemplateResponse(request, "studio/student.html", context | page, status=400 if wrong else 200)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def short_id(student: Student) -> str:
    return student.pk.hex[-8:]


def act(request: HttpRequest, student_id: UUID, name: str, context: dict[str, Any]) -> HttpResponse:
    """A POST of the student's page."""
    if not policy.can(request.user, "see_students"):
        raise PermissionDenied("Only staff see students.")
    student = get_object_or_404(Student, pk=student_id)
    reason = request.POST.get("reason", "").strip()
    if len(reason) < SHORTEST_REASON:
        wrong = f"Say why, in {SHORTEST_REASON} letters or more: it is kept with your name."
        return show_student(request, student, context, wrong=wrong)
    target = f"student {short_id(student)}"
    if name == "name":
        record(actor=request.user.pk, verb="show_student_name", target=target, reason=reason)
        return show_student(request, student, context, name=student.username)
    if name == "export":
        with transaction.atomic():
            content = privacy.write_export(student)
            record(actor=request.user.pk, verb="export_student", target=target, reason=reason)
            record_security_event("exported", student.pk)
        answer = HttpResponse(content, content_type="application/json")
        answer.headers["Content-Disposition"] = f'attachment; filename="student-{short_id(student)}.json"'
        answer.headers["Cache-Control"] = "private, no-store"
        return answer
    if name == "erase":
        if request.POST.get("typed", "").strip() != short_id(student):
            wrong = f"Type {short_id(student)} to confirm. Nothing was erased."
            return show_student(request, student, context, wrong=wrong)
        now = timezone.now()
        with transaction.atomic():
            erasure = privacy.request_erasure(student, by="staff", now=now)
            record(actor=request.user.pk, verb="erase_student", target=target, reason=reason)
        privacy.continue_erasure(erasure.pk, now=now)  # what is left of it, the clock goes on with
        messages.success(request, f"Student {short_id(student)} is erased.")
        return HttpResponseRedirect(reverse("admin:students_student_changelist"))
    raise Http404("There is no such act.")
