"""`manage.py projects ACT`: what the bulk bar of the studio's list does, from a terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipeline.models import ContentProject
from studio import bulk, policy
from studio.models import Creator


class Command(BaseCommand):
    help = "Retry, cancel, assign or schedule several projects as somebody. Exit 1: some could not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=sorted(bulk.ACTS))
        parser.add_argument("ids", nargs="*", type=UUID, metavar="ID", help="projects; or a file of them")
        parser.add_argument("--ids-from", type=Path, help="a file with an id a line")
        parser.add_argument("--status", choices=ContentProject.Status.values, help="all of this status")
        parser.add_argument("--creator", default="", help="only those of this e-mail address")
        parser.add_argument("--by", required=True, help="whose act it is: an e-mail address of the studio")
        parser.add_argument("--to", default="", help="assign: to whom")
        parser.add_argument("--begin", default="", help="schedule: the first moment, 2030-01-31T09:00 (UTC)")
        parser.add_argument("--hours", default="24", help="schedule: between two films")
        parser.add_argument("--dry-run", action="store_true", help="only say what can and what cannot")
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        user, act = _find_person(options["by"]), bulk.ACTS[options["act"]]
        projects = self._find(user, options)
        person = _find_person(options["to"]) if act.needs == "person" and options["to"] else None
        try:
            wish = bulk.read_wish(act, person=person, begin=options["begin"], hours=options["hours"])
        except bulk.WishRefused as refused:
            raise CommandError(f"{refused.message} Nothing was changed.") from refused
        rows: list[tuple[UUID, str, str]]
        if options["dry_run"]:
            judged = bulk.judge(projects, act=act, user=user)
            rows = [(one.key, one.title, one.why_not) for one in judged]
        else:
            results = bulk.carry_out(projects, act=act, user=user, wish=wish)
            rows = [(one.key, one.title, one.why_not) for one in results]
        self._tell(rows, is_dry=options["dry_run"], as_json=options["json"])
        if any(why_not for _, _, why_not in rows):
            sys.exit(1)

    def _find(self, user: Creator, options: dict[str, Any]) -> list[ContentProject]:
        """The projects that were named, within the person's scope. Raises CommandError."""
        keys = [*options["ids"], *_read_ids(options["ids_from"])]
        if not keys and not options["status"]:
            raise CommandError("Name projects by their ids, or all of a status with --status.")
        if not keys:
            rows = policy.scope(user).filter(status=options["status"])
            if options["creator"]:
                rows = rows.filter(creator=_find_person(options["creator"]))
            keys = list(rows.order_by("updated_at").values_list("pk", flat=True)[: bulk.MOST + 1])
        if len(keys) > bulk.MOST:
            raise CommandError(f"More than {bulk.MOST} projects in one go; name fewer. Nothing was changed.")
        found = bulk.find_projects(user, keys)
        if missing := len(set(keys)) - len(found):
            raise CommandError(f"{missing} of these projects {user} cannot see. Nothing was changed.")
        return found

    def _tell(self, rows: list[tuple[UUID, str, str]], *, is_dry: bool, as_json: bool) -> None:
        done = [key for key, _, why_not in rows if not why_not]
        if as_json:
            refused = {str(key): why_not for key, _, why_not in rows if why_not}
            found = {"done": [str(key) for key in done], "refused": refused, "dry_run": is_dry}
            self.stdout.write(json.dumps(found))
            return
        for key, title, why_not in rows:
            self.stdout.write(f"{key}  {title}: {why_not or ('can' if is_dry else 'done')}")
        self.stdout.write(f"{len(done)} of {len(rows)} {'can' if is_dry else 'done'}")


def _find_person(email: str) -> Creator:
    person = Creator.objects.filter(email=email.strip().lower(), is_active=True).first()
    if person is None:
        raise CommandError(f"{email} is nobody of the studio. Nothing was changed.")
    return person


def _read_ids(path: Path | None) -> list[UUID]:
    if path is None:
        return []
    try:
        return [UUID(line.strip()) for line in path.read_text().splitlines() if line.strip()]
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}. Nothing was changed.") from error
    except ValueError as error:
        raise CommandError(f"{path} has a line that is no id. Nothing was changed.") from error
