"""`manage.py create_creator`: a person of the studio with a role."""

from __future__ import annotations

import getpass
import json
import sys
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from studio import policy
from studio.models import Creator

ROLES = (policy.CREATOR, policy.REVIEWER, policy.EDITOR, policy.STAFF, policy.OPERATOR)


class Command(BaseCommand):
    help = "Make a person of the studio. The password is asked for, or read from the standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--role", choices=ROLES, action="append", required=True, help="may be given again"
        )
        parser.add_argument("--name", default="", help="as colleagues see it")
        parser.add_argument("--dry-run", action="store_true", help="only check")
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        email = str(options["email"]).strip().lower()
        try:
            validate_email(email)
            if Creator.objects.filter(email=email).exists():
                raise CommandError(f"{email} is in the studio already. Roles are changed in the studio.")
            password = self._password()
            validate_password(password, Creator(email=email, display_name=options["name"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        groups = list(Group.objects.filter(name__in=options["role"]))
        if missing := sorted(set(options["role"]) - {group.name for group in groups}):
            raise CommandError(f"The database has no role {', '.join(missing)}. A migration makes the roles.")
        made = None
        if not options["dry_run"]:
            with transaction.atomic():
                made = Creator.objects.create_user(email, password, display_name=options["name"])
                made.groups.set(groups)
        found = {"email": email, "roles": options["role"], "id": str(made.pk) if made else None}
        self.stdout.write(json.dumps(found) if options["json"] else f"{email}: {', '.join(options['role'])}")

    def _password(self) -> str:
        if sys.stdin.isatty():
            return getpass.getpass("Password (12 characters or more): ")
        return sys.stdin.readline().rstrip("\n")
