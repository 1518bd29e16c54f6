"""The bell of every page, and what a person sets for themselves."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from studio import notifying
from studio.auditing import record
from studio.models import Creator


def _person(request: HttpRequest) -> Creator:
    if not isinstance(request.user, Creator):
        raise Http404
    return request.user


def show_bell(request: HttpRequest) -> HttpResponse:
    """A fragment that each page fetches after itself, so that it costs no page a query."""
    profile, news, count = notifying.read_news(_person(request))
    newest = news[0].key if news else 0
    context = {"profile": profile, "news": news, "count": count, "newest": newest}
    answer = TemplateResponse(request, "studio/parts/bell.html", context)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def mark_seen(request: HttpRequest) -> HttpResponse:
    person, up_to = _person(request), request.POST.get("up_to", "")
    if up_to.isascii() and up_to.isdigit() and len(up_to) < 19:
        known = notifying.events_for(person).filter(pk__lte=int(up_to)).values_list("pk", flat=True).first()
        notifying.mark_seen(person, up_to=known or 0)
    return HttpResponseRedirect(reverse("admin:index"))


def show_profile(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    person = _person(request)
    if request.method == "POST":
        wanted = set(request.POST.getlist("mail"))
        with transaction.atomic():
            profile = notifying.save_settings(
                person,
                single_keys=request.POST.get("single_keys") == "1",
                muted=set(notifying.KINDS) - wanted,
            )
            after = {"single_keys": profile.single_keys, "muted": profile.muted}
            record(actor=person, verb="set_profile", after=after)
        messages.success(request, "Saved.")
        return HttpResponseRedirect(reverse("admin:studio-profile"))
    profile = notifying.profile_of(person)
    kinds = [(kind, words, kind not in profile.muted) for kind, (words, _, _) in notifying.KINDS.items()]
    page = {"title": "Your settings", "st_title": "Your settings", "profile": profile, "kinds": kinds}
    return TemplateResponse(request, "studio/profile.html", context | page)
