"""The second factor of the studio: who must have one, and whether this session has shown it (07, S11).

django-allauth keeps the factors (a code of an app, recovery codes) and asks for them at sign-in. This
module only decides. A session that has shown its factor is marked, so that a page needs no query for it.
Outside development the factor is always demanded (`studio.E001`).
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from studio import policy
from studio.models import Creator

MARK = "studio_second_factor"
ROLES = frozenset({policy.REVIEWER, policy.EDITOR, policy.STAFF, policy.OPERATOR})


def must_have_factor(user: Any) -> bool:
    """Whether this person's roles demand one; a superuser has all roles."""
    return bool(settings.STUDIO_SECOND_FACTOR and policy.roles_of(user) & ROLES)


def has_shown_factor(request: HttpRequest) -> bool:
    """Whether this session was opened with a second factor, or has set one up."""
    key = str(request.user.pk)
    if request.session.get(MARK) == key:
        return True
    records = get_authentication_records(request, request.user)
    if any(record.get("method") == "mfa" for record in records):
        request.session[MARK] = key
        return True
    return False


def mark_session(request: HttpRequest) -> None:
    """To be called when the person has just set a factor up."""
    request.session[MARK] = str(request.user.pk)


def is_missing(request: HttpRequest) -> bool:
    """Whether this session may not be served yet."""
    return must_have_factor(request.user) and not has_shown_factor(request)


def send_to_factor(request: HttpRequest) -> HttpResponse | None:
    """Where somebody without the factor goes first: to its set-up, or to show it. None: nowhere."""
    if not is_missing(request):
        return None
    is_set_up = Authenticator.objects.filter(user=request.user.pk, type=Authenticator.Type.TOTP).exists()
    page = reverse("mfa_reauthenticate" if is_set_up else "mfa_activate_totp")
    return HttpResponseRedirect(f"{page}?{urlencode({'next': request.get_full_path()})}")


def check_code(user: Creator, code: str) -> bool | None:
    """Whether a code of the person's app is right; None where no app is set up. A code counts once."""
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    return None if found is None else TOTP(found).validate_code(code.strip().replace(" ", ""))
