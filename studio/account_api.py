"""Sign-in to the creator API. Where a person signs in by the studio's page, its session serves too."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from students.api import RefreshEndpoint, SignOutEndpoint
from students.endpoints import OpenEndpoint
from students.problems import TooManyRequests, Unauthorized, problems
from students.serializers import RefreshSerializer, TokensSerializer
from students.tokens import open_session
from studio.authentication import CREATORS, FactorRefused, LockedOut, SignInRefused, sign_in
from studio.serializers import CreatorSignInSerializer

TAGS = ["creator account"]


class CreatorSignIn(OpenEndpoint):
    throttle_scope: ClassVar[str] = "sign-in"

    @extend_schema(
        operation_id="sign_in_creator",
        tags=TAGS,
        auth=[],
        request=CreatorSignInSerializer,
        responses={200: TokensSerializer, **problems(400, 401, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """Tokens for an e-mail address and its password. The session ends after twelve hours."""
        body = CreatorSignInSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            creator = sign_in(request._request, **body.validated_data)  # noqa: SLF001 - Django's request
        except LockedOut as error:
            raise TooManyRequests(
                "locked-out", "Too many wrong passwords. Wait, then try again.", wait=error.seconds
            ) from error
        except FactorRefused as error:
            raise Unauthorized(
                error.code,
                "Send the present code of your authenticator app as code. No app yet? Open the studio.",
            ) from error
        except SignInRefused as error:
            raise Unauthorized("sign-in-failed", "The address or the password is wrong.") from error
        return Response(TokensSerializer(open_session(CREATORS, creator, now=timezone.now())).data)


class CreatorRefresh(RefreshEndpoint):
    kind = CREATORS

    @extend_schema(
        operation_id="refresh_creator_token",
        tags=TAGS,
        auth=[],
        request=RefreshSerializer,
        responses={200: TokensSerializer, **problems(400, 401, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """New tokens. A refresh token works once; repeated within 30 seconds it gives the same one again."""
        return self.rotate(request)


class CreatorSignOut(SignOutEndpoint):
    kind = CREATORS

    @extend_schema(
        operation_id="sign_out_creator",
        tags=TAGS,
        auth=[],
        request=RefreshSerializer,
        responses={204: None, **problems(400, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """End the session of a refresh token, at once and for every token of it."""
        return self.end(request)
