"""The brief of a new project or a draft: the form, and its pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from uuid_utils.compat import uuid7

from pipeline import editing, orchestration
from pipeline.models import ContentProject
from pipeline.quality.findings import Finding
from students.models import AGE_GROUPS
from studio import policy
from studio.auditing import audited, record_event

READERS = {
    "5-7": "Very short sentences, everyday words",
    "8-10": "Short sentences, new words explained",
    "11-13": "Longer thoughts, some terms",
    "14-17": "Terms and reasons",
}
STYLES = (
    ("auto", "Chosen by the subject"),
    ("leaf", "Leaf"),
    ("ocean", "Ocean"),
    ("night", "Night"),
    ("ember", "Ember"),
    ("sand", "Sand"),
    ("clips", "Chosen by the subject; pictures move as clips"),
)
# Where a finding of a brief is shown; what is not named here stands above the form.
PLACES: dict[str, str] = {
    "creator:concept-missing": "concept",
    "creator:concept-too-long": "concept",
    "creator:age-group-unknown": "age_group",
    "creator:length-out-of-range": "target_seconds",
    "creator:notes-too-long": "source_notes",
    "creator:notes-not-text": "source_notes",
    "creator:language-not-supported": "source_notes",
    "creator:too-few-facts": "source_notes",
}
FIELDS = {
    "concept": "concept",
    "notes": "source_notes",
    "must_say": "must_say",
    "must_not_say": "must_not_say",
}


class BriefForm(forms.Form):
    """What a creator wishes. The pipeline judges the content; the form only reads it."""

    use_required_attribute = False

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    concept = forms.CharField(
        label="What is the film about?",
        help_text="One idea, in a few words: “How bees make honey”. 200 characters at most.",
        required=False,
        widget=forms.TextInput(attrs={"class": "st-input", "maxlength": 400, "autocomplete": "off"}),
    )
    age_group = forms.ChoiceField(
        label="For whom?",
        choices=[(group, f"{group.replace('-', '–')} years") for group in AGE_GROUPS],
        initial="8-10",
        widget=forms.RadioSelect,
    )
    source_notes = forms.CharField(
        label="Source notes",
        help_text="150 to 600 words, one fact a sentence. Every narrated sentence will point at one of them. "
        "Without notes, our shelf of checked notes is tried.",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "st-input", "rows": 12}),
    )
    target_seconds = forms.IntegerField(
        label="Length in seconds",
        help_text="45 to 90.",
        initial=70,
        widget=forms.NumberInput(attrs={"class": "st-input st-input-short", "min": 45, "max": 90}),
    )
    visual_style = forms.ChoiceField(
        label="Style of the pictures",
        choices=STYLES,
        initial="auto",
        widget=forms.Select(attrs={"class": "st-input"}),
    )
    must_say = forms.CharField(
        label="Must be said",
        help_text="One a line.",
        required=False,
        widget=forms.Textarea(attrs={"class": "st-input", "rows": 3}),
    )
    must_not_say = forms.CharField(
        label="Must not be said",
        help_text="One a line.",
        required=False,
        widget=forms.Textarea(attrs={"class": "st-input", "rows": 3}),
    )
    burned_captions = forms.BooleanField(
        label="Captions in the picture", required=False, initial=True, widget=forms.CheckboxInput
    )

    def wishes(self) -> dict[str, Any]:
        """The arguments of `editing.create_project` and `edit_brief`."""
        data = self.cleaned_data
        return {
            "concept": data["concept"],
            "age_group": data["age_group"],
            "source_notes": data["source_notes"],
            "target_seconds": data["target_seconds"],
            "visual_style": data["visual_style"],
            "must_say": _lines(data["must_say"]),
            "must_not_say": _lines(data["must_not_say"]),
            "burned_captions": data["burned_captions"],
        }

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Each finding beside the field it is about."""
        for finding in findings:
            place = PLACES.get(finding.code)
            if place is None and finding.evidence is not None:
                place = FIELDS.get(finding.evidence.field)
            self.add_error(place, finding.message)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def add_brief(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The page of a new project; its POST saves a draft, and sets it to work where asked."""
    if not policy.can(request.user, "create"):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, context, BriefForm(initial={"request_id": uuid7()}))
    form = BriefForm(request.POST)
    if not form.is_valid():
        return _page(request, context, form, status=400)
    try:
        with transaction.atomic():
            project, is_new = editing.create_project(
                creator_id=request.user.pk, request_id=form.cleaned_data["request_id"], **form.wishes()
            )
            if is_new:
                record_event(project, "create")
    except editing.BriefRefused as error:
        form.show_findings(error.findings)
        return _page(request, context, form, status=400)
    except editing.IdempotencyConflict:
        data = request.POST.copy()
        data["request_id"] = str(uuid7())
        form = BriefForm(data)
        form.is_valid()
        form.add_error(
            None, "This form was saved before with other texts. Save again to make another project."
        )
        return _page(request, context, form, status=409)
    return _go_on(request, project)


def edit_brief(request: HttpRequest, project_id: UUID, context: dict[str, Any]) -> HttpResponse:
    """The brief of a draft."""
    project = get_object_or_404(policy.scope(request.user), pk=project_id)
    refusal = policy.refusal(request.user, "edit_brief", project)
    if refusal is not None:
        raise PermissionDenied(refusal.message)
    context = context | {"project": project}
    if request.method != "POST":
        return _page(request, context, BriefForm(initial=_initial(project)))
    form = BriefForm(request.POST)
    if not form.is_valid():
        return _page(request, context, form, status=400)
    try:
        with audited(project.pk, "edit_brief"):
            project = editing.edit_brief(project.pk, actor_id=request.user.pk, **form.wishes())
    except editing.BriefRefused as error:
        form.show_findings(error.findings)
        return _page(request, context, form, status=400)
    except editing.NotEditable as error:
        form.add_error(None, str(error))
        return _page(request, context, form, status=409)
    return _go_on(request, project)


def _initial(project: ContentProject) -> dict[str, Any]:
    return {
        "concept": project.concept_prompt,
        "age_group": project.age_group,
        "source_notes": project.source_notes,
        "target_seconds": project.target_seconds,
        "visual_style": project.brief.visual_style,
        "must_say": "\n".join(project.must_say),
        "must_not_say": "\n".join(project.must_not_say),
        "burned_captions": project.burned_captions,
    }


def _go_on(request: HttpRequest, project: ContentProject) -> HttpResponse:
    until = "script" if "script" in request.POST else ""
    if ("generate" in request.POST or until) and policy.can(request.user, "generate", project):
        try:
            with audited(project.pk, "generate"):
                orchestration.start(project.pk, actor_id=request.user.pk, until=until)
        except orchestration.NotPossible as error:
            messages.error(request, error.message)
        else:
            said = "The script is being written." if until else "The film is being made."
            messages.success(request, f"{said} This page follows it.")
    else:
        messages.success(request, "The draft is saved.")
    return HttpResponseRedirect(reverse("admin:pipeline_contentproject_review", args=[project.pk]))


def _page(
    request: HttpRequest, context: dict[str, Any], form: BriefForm, *, status: int = 200
) -> TemplateResponse:
    project = context.get("project")
    return TemplateResponse(
        request,
        "studio/brief.html",
        context
        | {
            "form": form,
            "readers": READERS,
            "title": "Edit the brief" if project is not None else "New project",
            "st_title": "Edit the brief" if project is not None else "New project",
        },
        status=status,
    )
