"""How django-allauth signs people in to the studio: its adapters and form, as settings name them.

Wrong passwords are counted by django-axes alone (`studio.lockout`); allauth counts wrong codes.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.urls import reverse

from students import encryption
from studio import second_factor
from studio.models import Creator

SECRET_COLUMN = "mfa.authenticator.data"  # noqa: S105 - the name of a column


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # people of the studio are made by its editor-in-chief or a command

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Creator | None:
        """django-axes sees the address under the name of its own setting, and counts (07, S10)."""
        email = str(credentials.get("email", "")).strip().lower()
        user = authenticate(request, email=email, password=credentials.get("password", ""))
        return user if isinstance(user, Creator) else None

    def reauthenticate(self, user: Creator, password: str) -> bool:
        return self.authenticate(self.request, email=user.email, password=password) == user

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Who signed in a moment ago is not asked again: setting up the second factor begins there."""
        if not super().is_reauthentication_required(app=app):
            return False
        known = get_authentication_records(self.request, self.request.user)
        newest = max((float(record["at"]) for record in known), default=0.0)
        return time.time() - newest > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("admin:index")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_login")


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text, column=SECRET_COLUMN)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text, column=SECRET_COLUMN)

    def get_totp_issuer(self) -> str:
        return f"{settings.BRAND} Studio"

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        return not second_factor.must_have_factor(authenticator.user)


class SignInForm(LoginForm):  # type: ignore[misc] # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail address"
        self.fields["login"].widget.attrs.update(
            {"class": "st-input", "autocomplete": "username", "autofocus": True, "placeholder": ""}
        )
        self.fields["password"].widget.attrs.update({"class": "st-input", "placeholder": ""})
        self.fields["password"].help_text = ""
